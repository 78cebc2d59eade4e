/* SPDX-License-Identifier: MIT */
/*
 * page.c - references to a page, the page lock, page->private
 *
 * same: get_page(), get_page_unless_zero() (v6.12, include/linux/mm.h), lock_page()
 * (include/linux/pagemap.h). hs_page_put() is in pgmap/page_refs.c, because what the last put does
 * depends on the pgmap.
 */
#include "memory/memory.h"

uint32_t hs_page_count(struct hs_task *self, struct hs_page *page)
{
	hs_page_live(self, page);
	return hs_u32_load(self, &page->refcount, HS_ACQUIRE);
}

void hs_page_get(struct hs_task *self, struct hs_page *page)
{
	hs_page_live(self, page);
	hs_assert_at(self, HS_HERE, hs_u32_count(self, &page->refcount, 1, 0, HS_RELAXED),
		     "hs_page_get: refcount is 0");
}

static bool page_inc_not_zero(struct hs_task *self, struct hs_page *page)
{
	uint32_t seen = hs_u32_load(self, &page->refcount, HS_RELAXED);

	while (seen)
		if (HS_BREAK(PAGE_TRYGET_BLIND)
			    ? hs_u32_add(self, &page->refcount, 1, HS_ACQUIRE) + 1
			    : hs_u32_cmpxchg(self, &page->refcount, &seen, seen + 1, HS_ACQUIRE))
			return true;
	return false;
}

bool hs_page_tryget(struct hs_task *self, struct hs_page *page)
{
	hs_page_live(self, page);
	return page_inc_not_zero(self, page);
}

uint32_t hs_page_mapcount(struct hs_task *self, struct hs_page *page)
{
	hs_page_live(self, page);
	return hs_u32_load(self, &page->mapcount, HS_ACQUIRE);
}

/* ---- the page lock ----------------------------------------------------------------------- */

/*
 * A task that waits for an unlock holds a reference, or has noted itself in the state of the page
 * and touches the page no more:
 *
 *	waiter				holder of the lock
 *	page table lock, entry still it
 *	  unlocks: 3
 *	  state: locked, so add WAITERS
 *	unlock
 *					take the entry away
 *					state: clear LOCKED, WAITERS was
 *					there: unlocks 4, wake
 *					put the page: it is free, and its
 *					memory may be removed
 *	unlocks is no longer 3: goes on
 *
 *	Required outcome: no wake-up is lost, and the page is not touched after it is free.
 *	(tests/model/test_fault_policies_model.c: a_fault_waits_for_a_page_that_goes)
 *
 * The count is the machine's, so that the unlock of another page with WAITERS ends the wait, too.
 */

static bool page_is_unlocked(struct hs_task *self, void *arg)
{
	const struct hs_page *page = arg;

	return !(hs_u32_load(self, &page->state, HS_ACQUIRE) & HS_PAGE_LOCKED);
}

bool hs_page_trylock(struct hs_task *self, struct hs_page *page)
{
	hs_page_live(self, page);
	return !(hs_u32_or(self, &page->state, HS_PAGE_LOCKED, HS_ACQUIRE) & HS_PAGE_LOCKED);
}

void hs_page_lock(struct hs_task *self, struct hs_page *page)
{
	hs_might_sleep(self);
	while (!hs_page_trylock(self, page)) {
		hs_wait_event(self, &hs_machine_of(self)->page_queue, page_is_unlocked, page);
		if (HS_BREAK(PAGE_LOCK_ONE_LOOK))
			break;
	}
}

void hs_page_wait_unlocked(struct hs_task *self, struct hs_page *page)
{
	hs_page_live(self, page);
	hs_wait_event(self, &hs_machine_of(self)->page_queue, page_is_unlocked, page);
}

bool hs_page_note_waiter(struct hs_task *self, struct hs_page *page, uint64_t *unlocks)
{
	hs_u64 *count = &hs_machine_of(self)->page_unlocks;
	uint32_t state = hs_page_live(self, page);

	*unlocks = hs_u64_load(self, count, HS_RELAXED);
	/* A failed exchange means that another task's succeeded. */
	while (state & HS_PAGE_LOCKED) {
		uint32_t noted = state | HS_PAGE_WAITERS;

		if (!hs_u32_cmpxchg(self, &page->state, &state, noted, HS_ACQ_REL))
			continue;
		if (HS_BREAK(PAGE_NOTE_LATE))
			*unlocks = hs_u64_load(self, count, HS_RELAXED);
		return true;
	}
	return false;
}

static bool page_was_unlocked(struct hs_task *self, void *arg)
{
	const uint64_t *unlocks = arg;

	return hs_u64_load(self, &hs_machine_of(self)->page_unlocks, HS_ACQUIRE) != *unlocks;
}

void hs_page_wait_noted(struct hs_task *self, uint64_t unlocks)
{
	hs_wait_event(self, &hs_machine_of(self)->page_queue, page_was_unlocked, &unlocks);
}

void hs_page_unlock(struct hs_task *self, struct hs_page *page)
{
	uint32_t was;

	hs_page_live(self, page);
	was = hs_u32_and(self, &page->state, ~(HS_PAGE_LOCKED | HS_PAGE_WAITERS), HS_RELEASE);
	hs_assert(self, was & HS_PAGE_LOCKED, "hs_page_unlock: the page is not locked");
	if (was & HS_PAGE_WAITERS && !HS_BREAK(PAGE_UNLOCK_NO_COUNT))
		hs_u64_add(self, &hs_machine_of(self)->page_unlocks, 1, HS_RELEASE);
	if (!HS_BREAK(PAGE_UNLOCK_NO_WAKE))
		hs_wake_all(self, &hs_machine_of(self)->page_queue);
}

/* ---- page->private ----------------------------------------------------------------------- */

uint64_t hs_page_private(struct hs_task *self, struct hs_page *page)
{
	hs_page_live(self, page);
	return hs_u64_load(self, &page->private, HS_RELAXED);
}

void hs_page_set_private(struct hs_task *self, struct hs_page *page, uint64_t value)
{
	hs_page_live(self, page);
	hs_u64_store(self, &page->private, value, HS_RELAXED);
}
