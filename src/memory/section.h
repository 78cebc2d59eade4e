/* SPDX-License-Identifier: MIT */
/*
 * section.h - sections, their struct pages, ranges of system memory; for this room only
 *
 * reduced: struct mem_section (v6.12, include/linux/mmzone.h)
 */
#ifndef HS_MEMORY_SECTION_H
#define HS_MEMORY_SECTION_H

#include "memory/memory.h"

struct hs_section {
	hs_u32 early;	 /* 0, then 1 for ever once early memory is added */
	hs_u64 present;	 /* one bit a subsection: it has memory */
	hs_u64 ram;	 /* one bit a subsection: system memory */
	hs_u64 stale;	 /* one bit a subsection of an early section: its memory was removed */
	hs_ptr memmap[]; /* per subsection: its struct pages; NULL: never touched */
};

static inline struct hs_section *hs_section_of(struct hs_task *self, uint64_t pfn)
{
	struct hs_machine *m = hs_machine_of(self);

	return hs_radix_load(self, &m->sections, pfn >> m->section_order);
}

static inline uint32_t hs_subsection_of(const struct hs_machine *m, uint64_t pfn)
{
	uint64_t in_section = pfn & (((uint64_t)1 << m->section_order) - 1);

	return (uint32_t)(in_section >> m->subsection_order);
}

static inline uint32_t hs_subsections(const struct hs_machine *m)
{
	return 1u << (m->section_order - m->subsection_order);
}

/* Whether the subsection is set in @bits: .present, .ram or .stale. */
static inline bool hs_subsection_is(struct hs_task *self, const hs_u64 *bits, uint32_t sub)
{
	return hs_u64_load(self, bits, HS_ACQUIRE) >> sub & 1;
}

static inline size_t hs_section_bytes(const struct hs_machine *m)
{
	return sizeof(struct hs_section) + hs_subsections(m) * sizeof(hs_ptr);
}

static inline size_t hs_memmap_bytes(const struct hs_machine *m)
{
	return (sizeof(struct hs_page) + sizeof(struct hs_page_ext)) << m->subsection_order;
}

static inline struct hs_page *hs_memmap_of(struct hs_task *self, const struct hs_section *s,
					   uint32_t sub)
{
	return hs_ptr_load(self, &s->memmap[sub], HS_ACQUIRE);
}

/* A state word: @life and the upper bits of the pfn, no flags. */
static inline uint32_t hs_page_state(uint64_t pfn, enum hs_page_life life)
{
	return (uint32_t)(pfn >> 32) << HS_PAGE_PFN_SHIFT | (uint32_t)life;
}

/* memory.c: makes the struct page live, with @count references. */
void hs_page_init(struct hs_task *self, struct hs_page *page, uint64_t pfn, struct hs_pgmap *pgmap,
		  uint32_t count);

/* leaks.c: references of a page whose memory is about to go. The memory lock is held. */
void hs_memory_count_lost(struct hs_machine *m, const struct hs_page *page, uint64_t pfn,
			  uint32_t idle);

/* hs_page_touch() for a caller that holds the memory lock. */
struct hs_page *hs_page_touch_locked(struct hs_task *self, uint64_t pfn);

/* ---- page_alloc.c ------------------------------------------------------------------------ */

/* A range of system memory, as it was added, or the rest of it after a removal. */
struct hs_ram {
	uint64_t start, end; /* pfns */
	uint64_t fresh;	     /* the lowest pfn that was never handed out */
	struct hs_ram *next;
};

/* The memory lock is held, except for new and free. */
struct hs_ram *hs_ram_new(struct hs_task *self, uint64_t start, uint64_t end);
void hs_ram_free(struct hs_task *self, struct hs_ram *ram);
void hs_ram_insert(struct hs_task *self, struct hs_machine *m, struct hs_ram *ram);
/* Takes [start, end) out of every range. Returns @spare, or NULL if a range became two. */
struct hs_ram *hs_ram_cut(struct hs_task *self, struct hs_machine *m, uint64_t start, uint64_t end,
			  struct hs_ram *spare);
/* Takes the pages of [start, end) off the free list. */
void hs_ram_drop_free(struct hs_task *self, struct hs_machine *m, uint64_t start, uint64_t end);
void hs_ram_destroy(struct hs_task *self, struct hs_machine *m);

#endif
