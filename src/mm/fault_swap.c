/* SPDX-License-Identifier: MIT */
/*
 * fault_swap.c - faults on entries that are not present
 *
 * reduced: do_swap_page(), do_numa_page() (v6.12, mm/memory.c). The entry alone decides: whatever
 * the VMA maps, an entry that is not present and not device memory of a file counts as anonymous.
 * After each of these steps the fault is over. A task that wanted to write faults again and finds
 * an ordinary read-only page, or a writable one.
 *
 * A page that comes back from swap is read-only after a read, as in v5.3; from v5.19 on the kernel
 * makes it writable if it can.
 */
#include "mm/fault.h"

#include "memory/swap.h"
#include "mm/table.h"
#include "mm/zap.h"
#include "pgmap/pgmap.h"

/* Maps the page, with what the slot holds now, if the entry still names the slot. */
static bool swap_in_from_slot(struct hs_fault *f, struct hs_page *page)
{
	uint64_t slot = hs_entry_pfn(f->seen), to, contents = 0;
	bool same;

	to = hs_fault_present(f, hs_page_to_pfn(f->self, page), f->write);
	if (HS_BREAK(SWAP_IN_EARLY))
		contents = hs_swap_contents(f->self, slot);
	hs_spin_lock(f->self, &f->mm->page_table_lock);
	same = hs_fault_is_same(f);
	if (same) {
		if (!HS_BREAK(SWAP_IN_EARLY))
			contents = hs_swap_contents(f->self, slot);
		hs_page_set_contents(f->self, page, contents);
		hs_fault_store(f, to);
	}
	hs_spin_unlock(f->self, &f->mm->page_table_lock);
	return same;
}

/* An entry that was made by hand has no slot: its pfn field is what the page holds. */
static uint32_t swap_in(struct hs_fault *f)
{
	bool counted = f->seen & HS_ENTRY_COUNTED, done;
	struct hs_page *page;
	uint32_t ret = hs_fault_new_page(f, counted ? 0 : hs_entry_pfn(f->seen), &page);

	if (ret)
		return ret;
	if (counted)
		done = swap_in_from_slot(f, page);
	else
		done = hs_fault_replace(f, hs_fault_present(f, hs_page_to_pfn(f->self, page),
							    f->write));
	if (done)
		hs_entry_put(f->self, f->seen);
	else
		hs_fault_drop_page(f, page);
	return 0;
}

/* Present again without WRITE: the next write decides whether the page is copied. */
static uint32_t swap_numa(struct hs_fault *f)
{
	uint64_t keep = HS_ENTRY_COUNTED | HS_ENTRY_DEVMAP | HS_ENTRY_ORDER;
	uint64_t pfn = hs_entry_pfn(f->seen);
	enum hs_entry_type type = pfn == HS_ZERO_PFN ? HS_TYPE_ZERO : HS_TYPE_NORMAL;

	hs_fault_keep(f, hs_entry_typed(type, pfn, HS_ENTRY_VALID | (f->seen & keep)));
	return 0;
}

/* ---- device-exclusive -------------------------------------------------------------------- */

static bool swap_still_there(struct hs_fault *f)
{
	return hs_u64_load(f->self, f->entry, HS_ACQUIRE) == f->seen;
}

/* What hs_fault_get_page() failed for: the entry has changed, or it was made by hand. */
static uint32_t swap_no_page(struct hs_fault *f)
{
	return swap_still_there(f) ? HS_VM_FAULT_SIGBUS : 0;
}

/* Makes the entry present. It keeps its reference; an entry made by hand holds nothing. */
static void swap_restore(struct hs_fault *f, struct hs_page *page)
{
	uint64_t counted = f->seen & HS_ENTRY_COUNTED;
	uint64_t to = hs_fault_present(f, hs_entry_pfn(f->seen), f->seen & HS_ENTRY_WRITE);

	if (counted)
		hs_page_map(f->self, page);
	to = (to & ~HS_ENTRY_COUNTED) | counted;
	if (!hs_fault_switch(f, to, HS_INVALIDATE_EXCLUSIVE, NULL) && counted)
		hs_page_unmap(f->self, page);
}

/* The device holds the page lock for as long as it needs the page to itself. */
static uint32_t swap_take_back(struct hs_fault *f)
{
	struct hs_page *page = hs_fault_get_page(f);

	if (!page)
		return swap_no_page(f);
	hs_page_lock(f->self, page);
	if (swap_still_there(f) || HS_BREAK(TAKE_BACK_BLIND))
		swap_restore(f, page);
	hs_page_unlock(f->self, page);
	hs_page_put(f->self, page);
	return 0;
}

/* ---- device-private ---------------------------------------------------------------------- */

/*
 * The page of f->seen with a reference and its lock. NULL: the entry has changed, or it was made by
 * hand, or the lock is not free (*@busy), for which the fault has waited if the mm wants that.
 */
static struct hs_page *swap_lock_page(struct hs_fault *f, bool *busy)
{
	bool waits = false;
	struct hs_page *page = NULL;
	uint64_t unlocks;

	hs_spin_lock(f->self, &f->mm->page_table_lock);
	if (hs_fault_is_same(f))
		page = hs_entry_page(f->self, f->seen);
	HS_BREAK_SPIN_GAP(PRIVATE_LOCK_GAP, f->self, &f->mm->page_table_lock);
	*busy = page && !hs_page_trylock(f->self, page);
	if (page && !*busy)
		hs_page_get(f->self, page);
	else if (page && f->mm->private_fault == HS_PRIVATE_FAULT_WAIT)
		waits = hs_page_note_waiter(f->self, page, &unlocks);
	hs_spin_unlock(f->self, &f->mm->page_table_lock);
	if (waits && HS_BREAK(PRIVATE_WAIT_TOUCHES))
		hs_page_wait_unlocked(f->self, page);
	else if (waits)
		hs_page_wait_noted(f->self, unlocks);
	return *busy ? NULL : page;
}

static void swap_let_page_go(struct hs_fault *f, struct hs_page *page, bool locked)
{
	if (locked)
		hs_page_unlock(f->self, page);
	hs_page_put(f->self, page);
}

/*
 * The caller faults again at once, as the kernel's does: so the body of its loop ends here. Where
 * the lock was waited for, or the entry has changed, there is nothing to wait for. An access by a
 * CPU without the lock looks at the entry itself; a walk never does.
 */
static void swap_try_again(struct hs_fault *f, bool busy)
{
	if (busy ? f->mm->private_fault == HS_PRIVATE_FAULT_TRYLOCK : swap_still_there(f))
		hs_retry_wait(f->self, "a device-private page stays where it is");
}

static uint32_t swap_ask_driver(struct hs_fault *f)
{
	bool locks = hs_mm_private_fault_locks(f->mm), busy = false;
	struct hs_vm_fault vmf = {
		.mm = f->mm,
		.vma = f->vma,
		.addr = f->addr,
		.flags = f->flags,
		.entry = f->seen,
		.page = locks ? swap_lock_page(f, &busy) : hs_fault_get_page(f),
	};
	struct hs_pgmap *pgmap;
	uint32_t ret;

	if (busy)
		swap_try_again(f, true);
	if (!vmf.page)
		return busy ? 0 : swap_no_page(f);
	pgmap = hs_page_pgmap(f->self, vmf.page);
	if (pgmap)
		hs_deref(f->self, pgmap);
	if (pgmap && pgmap->ops && pgmap->ops->migrate_to_ram)
		ret = pgmap->ops->migrate_to_ram(f->self, &vmf);
	else
		ret = HS_VM_FAULT_SIGBUS;
	swap_let_page_go(f, vmf.page, locks);
	if (!ret && (locks || f->flags & HS_FAULT_REMOTE))
		swap_try_again(f, false);
	return ret;
}

/*
 * Copies the contents after the subscribers were notified, because no device writes the page then.
 */
static bool swap_migrate(struct hs_fault *f, struct hs_page *page, struct hs_page *from)
{
	struct hs_pgmap *pgmap = hs_page_pgmap(f->self, from);
	uint64_t pfn = hs_page_to_pfn(f->self, page);
	struct hs_invalidation inv;
	bool done;

	if (pgmap)
		hs_deref(f->self, pgmap);
	inv = hs_mm_invalidate_start(f->self, f->mm, f->addr, f->addr + HS_PAGE_BYTES,
				     HS_INVALIDATE_MIGRATE, pgmap ? pgmap->owner : NULL);
	hs_page_set_contents(f->self, page, hs_dma_contents(f->self, from));
	done = hs_fault_replace(f, hs_fault_present(f, pfn, f->seen & HS_ENTRY_WRITE));
	hs_mm_invalidate_end(f->self, f->mm, &inv);
	return done;
}

uint32_t hs_migrate_to_ram(struct hs_task *self, struct hs_vm_fault *vmf)
{
	struct hs_fault f = { .self = self, .mm = vmf->mm, .vma = vmf->vma, .addr = vmf->addr };
	struct hs_page *page;
	uint32_t ret;

	hs_mm_expect_locked(self, vmf->mm, "hs_migrate_to_ram");
	hs_might_sleep(self);
	hs_fault_look(&f);
	if (f.seen != vmf->entry)
		return 0;
	ret = hs_fault_new_page(&f, 0, &page);
	if (ret)
		return ret;
	if (!swap_migrate(&f, page, vmf->page)) {
		if (!HS_BREAK(MIGRATE_TO_RAM_KEEPS))
			hs_fault_drop_page(&f, page);
	} else {
		hs_entry_put(self, f.seen);
	}
	return 0;
}

/* ---- migration --------------------------------------------------------------------------- */

static bool swap_is_gone(struct hs_task *self, void *arg)
{
	const struct hs_fault *f = arg;

	return hs_u64_load(self, f->entry, HS_ACQUIRE) != f->seen;
}

/* The page of a migration entry, with a reference. Until the entry goes the migration has one. */
static struct hs_page *swap_get_migrating(struct hs_fault *f, bool *same)
{
	struct hs_page *page = NULL;

	hs_spin_lock(f->self, &f->mm->page_table_lock);
	*same = hs_fault_is_same(f);
	if (*same)
		page = hs_pfn_to_page(f->self, hs_entry_pfn(f->seen));
	HS_BREAK_SPIN_GAP(MIGRATION_GET_GAP, f->self, &f->mm->page_table_lock);
	if (page && !hs_page_tryget(f->self, page))
		page = NULL;
	hs_spin_unlock(f->self, &f->mm->page_table_lock);
	return page;
}

/* False: no struct page, or no task holds it, because the entry was made by hand. */
static bool swap_wait_with_page(struct hs_fault *f)
{
	bool same;
	struct hs_page *page = swap_get_migrating(f, &same);

	if (!page)
		return !same;
	hs_page_wait_unlocked(f->self, page);
	hs_page_put(f->self, page);
	return true;
}

void hs_fault_migration_wait(struct hs_fault *f)
{
	if (hs_entry_type(f->seen) != HS_TYPE_MIGRATION || hs_entry_is_table(f->seen))
		return;
	if (f->mm->migration_wait == HS_MIGRATION_WAIT_REFERENCE && !f->level &&
	    swap_wait_with_page(f)) {
		/* As in swap_try_again(): a walk comes again and has not looked. */
		if (f->flags & HS_FAULT_REMOTE && swap_still_there(f))
			hs_retry_wait(f->self, "a page that migrates is not locked");
		return;
	}
	hs_wait_event(f->self, &f->mm->migrations, swap_is_gone, f);
}

uint32_t hs_fault_swap(struct hs_fault *f)
{
	if (f->seen & HS_ENTRY_DEVPRIV)
		return swap_ask_driver(f);
	switch (hs_entry_type(f->seen)) {
	case HS_TYPE_PROTNONE:
		return swap_numa(f);
	case HS_TYPE_SWAP:
		return swap_in(f);
	case HS_TYPE_MIGRATION:
		hs_fault_migration_wait(f);
		return 0;
	case HS_TYPE_EXCLUSIVE:
		return swap_take_back(f);
	case HS_TYPE_HWPOISON:
	case HS_TYPE_POISON:
		return HS_VM_FAULT_HWPOISON;
	default:
		return HS_VM_FAULT_SIGBUS;
	}
}
