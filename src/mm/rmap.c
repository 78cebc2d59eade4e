/* SPDX-License-Identifier: MIT */
/*
 * rmap.c - the reverse map: from an anonymous page to the entries that map it
 *
 * reduced: rmap_walk() (v6.12, mm/rmap.c) for anonymous pages of one mm, and no mremap(): the key
 * of a page says where it would be mapped, and the entry there whether it is.
 *
 * The key of a page is, by predicate:
 *
 *	0		no entry has mapped it yet
 *	of mm, addr	the entry there maps it, or waits for it (a migration entry), or did
 *
 * A task writes the key before it publishes the first entry that maps the page. A system page is
 * found by that entry alone, so the key is no step there. A device page is found by its pfn, too
 * (src/migrate/device.c), so there it is one.
 *
 *	insert				eviction
 *	map the page, key
 *					get the page, its lock
 *					walk: nothing is there; but mapcount is 1
 *	page table lock: the entry	refuse it
 *
 *	Required outcome: the page is not moved.
 *	(tests/model/test_migrate_device_model.c: eviction_of_a_page_that_is_being_mapped)
 *
 * Only the mm that a key names is walked; what was made by hand has no key and is not found.
 *
 * Lock order: page lock < lock of the struct hs_anon < what drivers take in callbacks < page table
 * lock. The mmap lock comes before all of these, and need not be held.
 */
#include "mm/rmap.h"

#include "mm/fault_entry.h"

void hs_rmap_walk(struct hs_task *self, struct hs_page *page, hs_rmap_fn fn, void *arg)
{
	uint64_t key = hs_page_key(self, page);
	struct hs_anon *anon = hs_anon_of(self, key);
	struct hs_mm *mm = NULL;

	hs_might_sleep(self);
	if (!anon)
		return;
	if (HS_BREAK(RMAP_MM_EARLY))
		mm = hs_ptr_load(self, &anon->mm, HS_ACQUIRE);
	hs_down_read(self, &anon->lock);
	if (!HS_BREAK(RMAP_MM_EARLY))
		mm = hs_ptr_load(self, &anon->mm, HS_ACQUIRE);
	if (mm)
		fn(self, mm, hs_anon_page(key) << HS_PAGE_SHIFT, arg);
	hs_up_read(self, &anon->lock);
}

bool hs_rmap_look(struct hs_fault *f)
{
	hs_assert_spin(f->self, &f->mm->page_table_lock);
	if (!f->mm->root)
		return false;
	hs_fault_look(f);
	return !f->level;
}
