/* SPDX-License-Identifier: MIT */
/*
 * anon.h - which address space an anonymous page belongs to: the key of the reverse map
 *
 * A struct hs_anon stands for the anonymous memory of one address space, and has a number. The key
 * of a page is that number and the page of the address space (address >> 12) in one word beside the
 * struct page, so that it is never torn. 0: the page has none.
 */
#ifndef HS_MEMORY_ANON_H
#define HS_MEMORY_ANON_H

#include "memory/memory.h"

struct hs_mm;

struct hs_anon {
	struct hs_rwsem lock; /* held for read: .mm is not cleared, so that the mm stays */
	hs_ptr mm;	      /* its struct hs_mm; NULL: that has ended */
	uint64_t number;      /* from 1 */
	struct hs_anon *next; /* of a free one: the next free one */
};

/* Bits of the page in a key: addresses end at 2^56. */
#define HS_ANON_PAGE_BITS 44

static inline uint64_t hs_anon_key(const struct hs_anon *anon, uint64_t page)
{
	return anon->number << HS_ANON_PAGE_BITS | page;
}

static inline uint64_t hs_anon_page(uint64_t key)
{
	return key & (((uint64_t)1 << HS_ANON_PAGE_BITS) - 1);
}

/* One for a new address space. 0 or -ENOMEM. */
int hs_anon_create(struct hs_task *self, struct hs_mm *mm, struct hs_anon **out);
/*
 * The address space has ended: waits until no task is in a walk of the reverse map that leads to
 * it. No entry of it maps a page any more.
 */
void hs_anon_end(struct hs_task *self, struct hs_anon *anon);
/* The one that @key names; NULL: the key is 0. */
struct hs_anon *hs_anon_of(struct hs_task *self, uint64_t key);
/* Frees what the machine has made for them. */
void hs_anon_destroy(struct hs_task *boot, struct hs_machine *machine);

static inline uint64_t hs_page_key(struct hs_task *self, struct hs_page *page)
{
	return hs_u64_load(self, &hs_page_ext_of(self, page)->key, HS_ACQUIRE);
}

/*
 * The page is the caller's, no entry maps it yet. A device page may be found by its pfn meanwhile,
 * so that this is a step. A system page is found by its entry alone: no step.
 */
static inline void hs_page_set_key(struct hs_task *self, struct hs_page *page, uint64_t key)
{
	hs_u64 *at = &hs_page_ext_of(self, page)->key;

	if (page->pgmap.raw)
		hs_u64_store(self, at, key, HS_RELEASE);
	else
		hs_u64_init(at, key);
}

#endif
