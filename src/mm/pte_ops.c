/* SPDX-License-Identifier: MIT */
/*
 * pte_ops.c - what happens to a page other than by a fault, one entry at a time
 *
 * The rules for entries are those of fault.c. Each function finds its entry under the mmap lock,
 * checks the kind of the entry before it notifies the subscribers, and changes the entry under the
 * page table lock if it is still the one that was seen. The page behind the entry is looked up and
 * checked there too, because the entry keeps the page alive: no struct page is a violation.
 *
 * The end of a migration takes no mmap lock. It finds its entry under the page table lock:
 *
 *	fault			mmap				migration
 *	mmap lock, for read
 *	a migration entry: wait
 *				mmap lock, for write: waits,
 *				keeps readers out
 *								end: the entry is a page
 *								again, wake
 *	mmap lock released
 *				goes on
 *
 *	Required outcome: all three come to their end.
 *	(tests/model/test_fault_waits_model.c: a_migration_ends_while_a_writer_waits)
 *
 * Meanwhile munmap() may free the table that the entry was in, and the address space may end. So
 * the migration holds the struct.
 *	(tests/model/test_fault_waits_model.c: a_migration_ends_in_an_mm_that_is_unmapped)
 */
#include <hmmsim/pte_ops.h>

#include "memory/memory.h"
#include "memory/swap.h"
#include "mm/migration.h"
#include "mm/rmap.h"
#include "mm/table.h"
#include "mm/vma.h"
#include "mm/zap.h"
#include "pgmap/pgmap.h"

#include <errno.h>

/* Finds the entry. The mmap lock is held. */
static int pte_ops_look(struct hs_task *self, struct hs_mm *mm, uint64_t addr, struct hs_fault *f)
{
	*f = (struct hs_fault){ .self = self, .mm = mm, .addr = addr };
	if (addr & (HS_PAGE_BYTES - 1))
		return -EINVAL;
	f->vma = hs_vma_at(mm, addr);
	if (!f->vma)
		return -EINVAL;
	hs_fault_look(f);
	return 0;
}

/* Takes the mmap lock for read and finds the entry. After 0, pte_ops_finish() unlocks. */
static int pte_ops_begin(struct hs_task *self, struct hs_mm *mm, uint64_t addr, struct hs_fault *f)
{
	int ret;

	if (addr & (HS_PAGE_BYTES - 1))
		return -EINVAL;
	hs_down_read(self, &mm->lock);
	hs_assert_read(self, &mm->lock);
	ret = pte_ops_look(self, mm, addr, f);
	if (ret)
		hs_up_read(self, &mm->lock);
	return ret;
}

static int pte_ops_finish(struct hs_fault *f, int ret)
{
	hs_up_read(f->self, &f->mm->lock);
	return ret;
}

typedef int (*pte_ops_change_fn)(struct hs_fault *f, struct hs_page *page, void *arg);

/*
 * Notifies the subscribers and, if the entry is still what was seen, calls @change under the page
 * table lock, which stores the new entry or returns an error. -ENOENT: the entry has changed.
 */
static int pte_ops_change(struct hs_fault *f, enum hs_invalidate_event event, const void *owner,
			  pte_ops_change_fn change, void *arg)
{
	uint64_t bytes = hs_level_bytes(f->mm->geometry, f->level);
	uint64_t start = f->addr & ~(bytes - 1);
	struct hs_invalidation inv =
		hs_mm_invalidate_start(f->self, f->mm, start, start + bytes, event, owner);
	int ret = -ENOENT;

	hs_spin_lock(f->self, &f->mm->page_table_lock);
	if (hs_fault_is_same(f) || HS_BREAK(CHANGE_BLIND))
		ret = change(f, hs_entry_page(f->self, f->seen), arg);
	hs_spin_unlock(f->self, &f->mm->page_table_lock);
	hs_mm_invalidate_end(f->self, f->mm, &inv);
	return ret;
}

/* ---- swap -------------------------------------------------------------------------------- */

struct swap_out {
	uint64_t slot;
	struct hs_page *page; /* that is free then */
};

/*
 * The count goes from 1, this entry's, to 0 in one step, so that no other task gets the page. What
 * the page holds is copied when no CPU can write it any more.
 */
static int pte_ops_to_swap(struct hs_fault *f, struct hs_page *page, void *arg)
{
	struct swap_out *out = arg;
	uint32_t one = 1;

	if (HS_BREAK(SWAP_COUNT_TORN)
		    ? hs_u32_load(f->self, &page->refcount, HS_ACQUIRE) != one
		    : !hs_u32_cmpxchg(f->self, &page->refcount, &one, 0, HS_ACQ_REL))
		return -EBUSY;
	if (HS_BREAK(SWAP_COUNT_TORN))
		hs_u32_store(f->self, &page->refcount, 0, HS_RELEASE);
	hs_fault_store(f, hs_entry_typed(HS_TYPE_SWAP, out->slot, HS_ENTRY_COUNTED));
	hs_swap_set_contents(f->self, out->slot, hs_page_contents(f->self, page));
	hs_page_unmap(f->self, page);
	out->page = page;
	return 0;
}

int hs_swap_out(struct hs_task *self, struct hs_mm *mm, uint64_t addr)
{
	struct hs_fault f;
	struct swap_out out;
	int ret = pte_ops_begin(self, mm, addr, &f);

	if (ret)
		return ret;
	if (!hs_entry_is_page(f.seen))
		return pte_ops_finish(&f, -ENOENT);
	if (!hs_pfn_online(self, hs_entry_pfn(f.seen))) {
		hs_entry_expect_page(self, f.entry, f.seen);
		return pte_ops_finish(&f, -ENOENT);
	}
	if (hs_swap_alloc(self, &out.slot))
		return pte_ops_finish(&f, -ENOMEM);
	ret = pte_ops_change(&f, HS_INVALIDATE_CLEAR, NULL, pte_ops_to_swap, &out);
	if (ret)
		hs_swap_free(self, out.slot);
	else
		hs_page_free(self, out.page);
	return pte_ops_finish(&f, ret);
}

/* ---- migration --------------------------------------------------------------------------- */

/* With the references of 5.3 the pgmap holds one of each device page as well. */
static bool pte_ops_has_others(struct hs_fault *f, struct hs_page *page)
{
	struct hs_pgmap *pgmap = hs_page_pgmap(f->self, page);
	uint32_t own;

	if (pgmap)
		hs_deref(f->self, pgmap);
	own = 1 + (pgmap ? hs_page_core_count(pgmap) : 0);
	return hs_page_count(f->self, page) != own || hs_page_mapcount(f->self, page) != 1;
}

static int pte_ops_to_migration(struct hs_fault *f, struct hs_page *page, void *arg)
{
	struct hs_migration *m = arg;

	if (pte_ops_has_others(f, page))
		return -EBUSY;
	m->before = f->seen;
	m->page = page;
	m->entry = hs_migration_begin(f, page);
	return 0;
}

static int pte_ops_migrate(struct hs_fault *f, const void *owner, struct hs_migration *m)
{
	int ret;

	m->mm = f->mm;
	m->addr = f->addr;
	if (f->vma->flags & HS_VM_SHARED ||
	    (!hs_entry_is_page(f->seen) && !hs_entry_is_device_private(f->seen)))
		return -ENOENT;
	ret = pte_ops_change(f, owner ? HS_INVALIDATE_MIGRATE : HS_INVALIDATE_CLEAR, owner,
			     pte_ops_to_migration, m);
	if (!ret)
		hs_mmgrab(f->self, f->mm);
	return ret;
}

int hs_migration_start_locked(struct hs_task *self, struct hs_mm *mm, uint64_t addr,
			      const void *owner, struct hs_migration *m)
{
	struct hs_fault f;
	int ret;

	hs_mm_expect_locked(self, mm, "hs_migration_start_locked");
	hs_might_sleep(self);
	ret = pte_ops_look(self, mm, addr, &f);
	return ret ? ret : pte_ops_migrate(&f, owner, m);
}

int hs_migration_start(struct hs_task *self, struct hs_mm *mm, uint64_t addr, const void *owner,
		       struct hs_migration *m)
{
	struct hs_fault f;
	int ret = pte_ops_begin(self, mm, addr, &f);

	return ret ? ret : pte_ops_finish(&f, pte_ops_migrate(&f, owner, m));
}

static bool pte_ops_end_entry(struct hs_task *self, const struct hs_migration *m,
			      struct hs_page *to)
{
	struct hs_fault f = { .self = self, .mm = m->mm, .addr = m->addr };

	if (!hs_migration_find(&f, hs_entry_pfn(m->entry)))
		return false;
	if (to != m->page)
		hs_rmap_set(self, m->mm, m->addr, to);
	hs_page_map_first(self, to, "hs_migration_end");
	hs_migration_finish(&f, to);
	return true;
}

void hs_migration_end(struct hs_task *self, struct hs_migration *m, struct hs_page *to)
{
	bool done;

	hs_assert(self, m->mm, "hs_migration_end: the migration has ended already");
	if (!to)
		to = m->page;
	hs_spin_lock(self, &m->mm->page_table_lock);
	done = pte_ops_end_entry(self, m, to);
	hs_spin_unlock(self, &m->mm->page_table_lock);
	if (!HS_BREAK(MIGRATION_NO_WAKE))
		hs_wake_all(self, &m->mm->migrations);
	hs_mmdrop(self, m->mm);
	m->mm = NULL;
	if (to != m->page || !done)
		hs_page_put(self, m->page);
	if (to != m->page && !done)
		hs_page_put(self, to);
}

/* ---- device-exclusive -------------------------------------------------------------------- */

static int pte_ops_to_exclusive(struct hs_fault *f, struct hs_page *page, void *arg)
{
	uint64_t keep = f->seen & (HS_ENTRY_WRITE | HS_ENTRY_COUNTED);

	(void)arg;
	hs_fault_store(f, hs_entry_typed(HS_TYPE_EXCLUSIVE, hs_entry_pfn(f->seen), keep));
	hs_page_unmap(f->self, page);
	return 0;
}

static int pte_ops_exclude(struct hs_fault *f, const void *owner, struct hs_page **page)
{
	bool fits = hs_entry_is_page(f->seen) && !(f->vma->flags & HS_VM_SHARED);
	struct hs_page *p = fits ? hs_fault_get_page(f) : NULL;
	int ret;

	if (!p)
		return -ENOENT;
	if (!hs_page_trylock(f->self, p)) {
		hs_page_put(f->self, p);
		return -EBUSY;
	}
	ret = pte_ops_change(f, HS_INVALIDATE_EXCLUSIVE, owner, pte_ops_to_exclusive, NULL);
	if (ret) {
		hs_page_unlock(f->self, p);
		hs_page_put(f->self, p);
		return ret;
	}
	*page = p;
	return 0;
}

int hs_make_exclusive_locked(struct hs_task *self, struct hs_mm *mm, uint64_t addr,
			     const void *owner, struct hs_page **page)
{
	struct hs_fault f;
	int ret;

	hs_mm_expect_locked(self, mm, "hs_make_exclusive_locked");
	hs_might_sleep(self);
	ret = pte_ops_look(self, mm, addr, &f);
	return ret ? ret : pte_ops_exclude(&f, owner, page);
}

int hs_make_exclusive(struct hs_task *self, struct hs_mm *mm, uint64_t addr, const void *owner,
		      struct hs_page **page)
{
	struct hs_fault f;
	int ret = pte_ops_begin(self, mm, addr, &f);

	return ret ? ret : pte_ops_finish(&f, pte_ops_exclude(&f, owner, page));
}

/* ---- prot-none --------------------------------------------------------------------------- */

/* Only system memory, as in the kernel: device memory has no other node to go to. */
static void pte_ops_to_protnone(struct hs_fault *f)
{
	hs_spin_lock(f->self, &f->mm->page_table_lock);
	hs_assert_spin(f->self, &f->mm->page_table_lock);
	f->seen = hs_u64_load(f->self, f->entry, HS_RELAXED);
	if (!f->level && hs_entry_is_page(f->seen)) {
		struct hs_page *page = hs_entry_page(f->self, f->seen);

		hs_page_live(f->self, page);
		if (!hs_page_is_device(f->self, page))
			hs_fault_store(f, hs_entry_typed(HS_TYPE_PROTNONE, hs_entry_pfn(f->seen),
							 HS_ENTRY_COUNTED));
	}
	hs_spin_unlock(f->self, &f->mm->page_table_lock);
}

static bool pte_ops_is_covered(struct hs_task *self, const struct hs_mm *mm, uint64_t start,
			       uint64_t end)
{
	hs_assert_read(self, &mm->lock);
	while (start < end) {
		const struct hs_vma *vma = hs_vma_at(mm, start);

		if (!vma)
			return false;
		start = vma->end;
	}
	return true;
}

int hs_make_protnone(struct hs_task *self, struct hs_mm *mm, uint64_t start, uint64_t end)
{
	struct hs_fault f = { .self = self, .mm = mm, .addr = start };
	struct hs_invalidation inv;

	if (!hs_range_fits(mm, start, end))
		return -EINVAL;
	hs_down_read(self, &mm->lock);
	if (!pte_ops_is_covered(self, mm, start, end)) {
		hs_up_read(self, &mm->lock);
		return -EINVAL;
	}
	inv = hs_mm_invalidate_start(self, mm, start, end, HS_INVALIDATE_PROTECTION_VMA, NULL);
	while (f.addr < end) {
		hs_fault_look(&f);
		pte_ops_to_protnone(&f);
		f.addr = hs_level_end(mm->geometry, f.addr, end, f.level);
	}
	hs_mm_invalidate_end(self, mm, &inv);
	hs_up_read(self, &mm->lock);
	return 0;
}

/* ---- memory failure ---------------------------------------------------------------------- */

static int pte_ops_to_hwpoison(struct hs_fault *f, struct hs_page *page, void *arg)
{
	uint64_t keep = f->seen & HS_ENTRY_ORDER;

	(void)arg;
	hs_u32_or(f->self, &page->state, HS_PAGE_POISONED, HS_RELAXED);
	hs_fault_store(f, hs_entry_typed(HS_TYPE_HWPOISON, hs_entry_pfn(f->seen), keep));
	return 0;
}

/* A poisoned page of system memory is not allocated again after the last put. */
int hs_memory_failure(struct hs_task *self, struct hs_mm *mm, uint64_t addr)
{
	struct hs_fault f;
	int ret = pte_ops_begin(self, mm, addr, &f);

	if (ret)
		return ret;
	if (!hs_entry_can_fail(f.seen))
		return pte_ops_finish(&f, -ENOENT);
	ret = pte_ops_change(&f, HS_INVALIDATE_CLEAR, NULL, pte_ops_to_hwpoison, NULL);
	if (!ret)
		hs_entry_put(self, f.seen);
	return pte_ops_finish(&f, ret);
}

/* ---- device memory ----------------------------------------------------------------------- */

static bool pte_ops_is_migratable(struct hs_task *self, const struct hs_pgmap *pgmap)
{
	if (!pgmap)
		return false;
	hs_deref(self, pgmap);
	return pgmap->type == HS_PGMAP_PRIVATE || pgmap->type == HS_PGMAP_COHERENT;
}

int hs_migrate_insert_page(struct hs_task *self, struct hs_mm *mm, uint64_t addr,
			   struct hs_page *page, bool write)
{
	struct hs_pgmap *pgmap = hs_page_pgmap(self, page);
	struct hs_fault f;
	uint64_t to;
	int ret = pte_ops_begin(self, mm, addr, &f);

	if (ret)
		return ret;
	if (!pte_ops_is_migratable(self, pgmap) || f.vma->mapping ||
	    f.vma->flags & (HS_VM_IO | HS_VM_PFNMAP))
		return pte_ops_finish(&f, -EINVAL);
	if (!hs_fault_populate(&f, 0))
		return pte_ops_finish(&f, -ENOMEM);
	if (!hs_entry_is_vacant(&f))
		return pte_ops_finish(&f, -ENOENT);
	write = write && f.vma->flags & HS_VM_WRITE;
	to = hs_entry_for(self, page, write ? HS_ENTRY_WRITE : 0);
	hs_page_map_first(self, page, "hs_migrate_insert_page");
	hs_rmap_set(self, mm, addr, page);
	if (!hs_fault_switch(&f, to, HS_INVALIDATE_MIGRATE, pgmap->owner)) {
		hs_page_unmap(self, page);
		ret = -ENOENT;
	}
	return pte_ops_finish(&f, ret);
}

int hs_pt_set_page(struct hs_task *self, struct hs_mm *mm, uint64_t addr, struct hs_page *page,
		   uint64_t entry)
{
	int ret;

	hs_page_map_first(self, page, "hs_pt_set_page");
	hs_rmap_set(self, mm, addr, page);
	ret = hs_pt_set(self, mm, addr, 0, entry | HS_ENTRY_COUNTED);
	if (ret)
		hs_page_unmap(self, page);
	return ret;
}
