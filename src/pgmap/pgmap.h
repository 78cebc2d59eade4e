/* SPDX-License-Identifier: MIT */
/*
 * pgmap.h - struct hs_pgmap, for the rooms above
 *
 * reduced: struct dev_pagemap (v6.12, include/linux/memremap.h)
 */
#ifndef HS_PGMAP_PGMAP_H
#define HS_PGMAP_PGMAP_H

#include <hmmsim/pgmap.h>

#include "memory/memory.h"
#include "pgmap/percpu_ref.h"

struct hs_pgmap {
	uint64_t start, end; /* pfns */
	uint64_t first;	     /* the first pfn whose struct page belongs to it */
	enum hs_pgmap_type type;
	enum hs_page_refs page_refs;
	enum hs_removal_order removal_order;
	bool own_list; /* its owner keeps the free list: the last four fields are not used */
	bool embedded; /* in a struct of its owner (struct hs_pgmap_storage) */
	const void *owner;
	const struct hs_pgmap_ops *ops;
	void *driver_data;
	struct hs_pgmap *next; /* in the list of the machine, under its pagemap_lock */
	struct hs_percpu_ref ref;
	hs_u32 started, done; /* steps of the removal, one bit each; pagemap_queue is woken */
	struct hs_rcu_head erased;
	struct hs_spinlock pages_lock; /* protects the next three */
	struct hs_page *free_pages;    /* linked by .private */
	uint64_t next_page;	       /* the lowest pfn that was never handed out */
	uint64_t pages_allocated;
};

_Static_assert(sizeof(struct hs_pgmap_storage) == sizeof(struct hs_pgmap) &&
		       _Alignof(struct hs_pgmap) <= sizeof(uint64_t),
	       "a storage holds one pgmap");

/*
 * Lookups that obtained a reference, less puts of such references, by this task. The references of
 * pages are not in it, because one task may take and another put them.
 */
static inline int64_t hs_pgmap_tally(struct hs_task *self)
{
	return *hs_task_tally(self);
}

/* Puts a reference that a page held. */
static inline void hs_pgmap_put_of_page(struct hs_task *self, struct hs_pgmap *pgmap)
{
	hs_percpu_ref_put_many(self, &pgmap->ref, 1);
}

/* ---- what the era of its page references changes (enum hs_page_refs) ----------------------- */

static inline bool hs_pgmap_is_private_or_coherent(const struct hs_pgmap *pgmap)
{
	return pgmap->type == HS_PGMAP_PRIVATE || pgmap->type == HS_PGMAP_COHERENT;
}

/* The count of a page that is not in use. */
static inline uint32_t hs_page_idle_count(const struct hs_pgmap *pgmap)
{
	if (pgmap->type == HS_PGMAP_GENERIC)
		return 1;
	return pgmap->page_refs <
	       (hs_pgmap_is_private_or_coherent(pgmap) ? HS_PAGE_REFS_6_1 : HS_PAGE_REFS_6_15);
}

/* References of an allocated page beside its users': with those of 5.3 the core's. */
static inline uint32_t hs_page_core_count(const struct hs_pgmap *pgmap)
{
	return pgmap->page_refs == HS_PAGE_REFS_5_3;
}

/* An allocated page holds a reference to the pgmap. */
static inline bool hs_pgmap_pages_hold_it(const struct hs_pgmap *pgmap)
{
	return pgmap->page_refs >= HS_PAGE_REFS_6_1 &&
	       (hs_pgmap_is_private_or_coherent(pgmap) || pgmap->type == HS_PGMAP_P2PDMA);
}

/* The core's references to the pgmap on behalf of its pages, until PUT_PAGES. */
static inline uint64_t hs_pgmap_bulk(const struct hs_pgmap *pgmap)
{
	if (pgmap->page_refs >= HS_PAGE_REFS_6_1 && hs_pgmap_is_private_or_coherent(pgmap))
		return 0;
	return pgmap->end - pgmap->first;
}

/* ---- inside the room --------------------------------------------------------------------- */

/* create.c: the end of the object, unless its owner's struct holds it. */
void hs_pgmap_release_object(struct hs_task *self, struct hs_pgmap *pgmap);
/* pgmap.c: index and list. 0, -EEXIST or -ENOMEM; unregistering needs no memory. */
int hs_pgmap_register(struct hs_task *self, struct hs_pgmap *pgmap);
void hs_pgmap_unregister(struct hs_task *self, struct hs_pgmap *pgmap);
/* pages.c: a page that hs_pgmap_page_alloc() handed out is free again. */
void hs_pgmap_page_free(struct hs_task *self, struct hs_pgmap *pgmap, struct hs_page *page);
/* pages.c: a page that hs_zone_device_page_init() handed out is in use no more. */
void hs_pgmap_page_leave(struct hs_task *self, struct hs_page *page);
/* remove.c: release function of the reference: the last one is put. */
void hs_pgmap_released(struct hs_task *self, struct hs_percpu_ref *ref);

#endif
