/* SPDX-License-Identifier: MIT */
/*
 * rmap.h - the reverse map: from an anonymous page to the entries that map it
 */
#ifndef HS_MM_RMAP_H
#define HS_MM_RMAP_H

#include "memory/anon.h"
#include "mm/mm.h"

static inline uint64_t hs_rmap_key(const struct hs_mm *mm, uint64_t addr)
{
	return hs_anon_key(mm->anon, addr >> HS_PAGE_SHIFT);
}

/* An entry of @mm at @addr is about to map the page, which the caller holds. */
static inline void hs_rmap_set(struct hs_task *self, struct hs_mm *mm, uint64_t addr,
			       struct hs_page *page)
{
	hs_page_set_key(self, page, hs_rmap_key(mm, addr));
}

/* What mapped @from will map @to, which the caller holds as well. */
static inline void hs_rmap_move(struct hs_task *self, struct hs_page *to, struct hs_page *from)
{
	hs_page_set_key(self, to, hs_page_key(self, from));
}

/*
 * Looks at, or changes, the entry of level 0 at @addr, if it still has to do with the page. The
 * mmap lock is not held, so tables may come and go: hs_rmap_look().
 */
typedef void (*hs_rmap_fn)(struct hs_task *self, struct hs_mm *mm, uint64_t addr, void *arg);

/*
 * Calls @fn for each place at which an entry may map the page: today one, or none. The caller holds
 * the page, and the page lock, so that the key stays. The mm stays during the call, although its
 * address space may end. May sleep.
 */
void hs_rmap_walk(struct hs_task *self, struct hs_page *page, hs_rmap_fn fn, void *arg);

struct hs_fault;
/*
 * Finds the entry at f->addr, for a task with the page table lock and no other. False: there are no
 * tables any more, or it is above level 0.
 */
bool hs_rmap_look(struct hs_fault *f);

#endif
