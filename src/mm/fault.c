/* SPDX-License-Identifier: MIT */
/*
 * fault.c - the fault handler: anonymous memory, copy-on-write, and what its other parts share
 *
 * reduced: handle_mm_fault() and what it calls (v6.12, mm/memory.c). One entry is changed at most; a
 * fault that was overtaken changes nothing and says 0: look again.
 *
 * States of an entry, by predicate, and what a fault does about them:
 *
 *	e == 0, or type MARKER		nothing: a page, a block or the zero page is put there
 *	VALID or ERROR, WRITE		nothing to do
 *	VALID or ERROR, !WRITE		a write copies, or reuses a page that is this entry's alone;
 *					device memory of a shared VMA becomes writable in place
 *	DEVPRIV				device memory that the CPU cannot reach: the driver is asked
 *	PROTNONE			as it was, without WRITE: the next write decides as above
 *	EXCLUSIVE			present again, when the page lock can be had
 *	MIGRATION			somebody else's: waited for
 *	SWAP				a page with these contents, read-only after a read
 *	HWPOISON, POISON, BAD		errors
 *
 * COUNTED says that the entry holds what hs_entry_put() gives back: for a page with a reference and a
 * mapcount both, for EXCLUSIVE the reference alone, for FS_DAX and GENERIC memory what
 * hs_pgmap_page_map() took of the leaf's first page. ZERO, SWAP, MIGRATION and HWPOISON hold nothing.
 * Of an entry that was made by hand (not COUNTED) no page is known: a copy of it has private 0.
 *
 * Legal: an entry changes by hs_fault_replace() and its kin alone, under mm->page_table_lock, and only
 * from the value that was seen. Pages and tables are had before the lock is taken; mapcounts are
 * right before an entry can be seen. Where something goes away that a device may have mapped (page to
 * page, zero page to page, leaf to nothing) the notifiers are told around the change. Nobody is told
 * of what appears, nor of access that grows.
 *
 * Lock order: mmap lock (read) < dax entry lock < mapping lock < what drivers take in callbacks <
 * page table lock. The page lock is taken with the mmap lock held and no other of these.
 *
 * Who may free what: whoever replaced an entry puts what that entry held, after the notifiers' end;
 * a zap does so at once, under the page table lock, so that page_free may run inside a section.
 * A fault that needs the page behind an entry takes a reference under the page table lock, where the
 * entry's own keeps it alive. Tables stay while the mmap lock is held.
 *
 * Two faults on one entry:
 *
 *	fault A				fault B
 *	sees nothing, has a page	sees nothing, has a page
 *	lock, still nothing: map it	lock, something: unlock
 *	unlock				put its page, 0
 *
 *	Required outcome: one page is mapped, no other is left, both get it.
 *	(tests/model/test_fault_model.c: two_faults_on_one_entry)
 *
 * Fault against zap:
 *
 *	fault				zap
 *	sees a read-only page		tell the notifiers
 *	lock, still it: get the page	lock, take the entry away, unlock
 *	unlock				put the page
 *	copy, lock: nothing there
 *	put the page, put the copy
 *
 *	Required outcome: the page is not touched after it is free; whatever is mapped in the end is
 *	the only page allocated.
 *	(tests/model/test_fault_model.c: fault_against_zap)
 *
 * Copy-on-write against a device that reads the old page (src/notifier/notifier.c has the reader):
 *
 *	fault				device
 *					read_begin, look: the old page
 *	start: wait for the user lock	user lock, no change: read the page
 *	  clear the device's entry	user unlock
 *	switch the entry
 *	end, put the old page
 *
 *	Required outcome: the device does not read a page that is free, and has none mapped but the
 *	one that is in the entry.
 *	(tests/model/test_fault_model.c: copy_on_write_against_a_device)
 *
 * migrate_to_ram twice, for one page:
 *
 *	fault A				fault B
 *	lock, get the page, unlock	lock, get the page, unlock
 *	the driver: new page, switch	the driver: new page, the entry is another
 *	put the entry's reference	put the new page
 *	put its own			put its own: the page is free
 *
 *	Required outcome: both say 0, one system page is mapped, the device page is free once.
 *	(tests/model/test_fault_model.c: migrate_to_ram_twice)
 */
#include "mm/mm.h"

/* ---- what the parts share ---------------------------------------------------------------- */

void hs_fault_look(struct hs_fault *f)
{
	f->level = 0;
	f->entry = hs_pt_descend(f->self, f->mm, f->addr, &f->level);
	f->seen = hs_u64_load(f->self, f->entry, HS_ACQUIRE);
}

bool hs_fault_populate(struct hs_fault *f, uint32_t level)
{
	f->level = level;
	f->entry = hs_pt_populate(f->self, f->mm, f->addr, &f->level);
	if (!f->entry)
		return false;
	f->seen = hs_u64_load(f->self, f->entry, HS_ACQUIRE);
	return true;
}

bool hs_fault_replace(struct hs_fault *f, uint64_t to)
{
	bool same;

	hs_spin_lock(f->self, &f->mm->page_table_lock);
	same = hs_u64_load(f->self, f->entry, HS_RELAXED) == f->seen;
	if (same)
		hs_u64_store(f->self, f->entry, to, HS_RELEASE);
	hs_spin_unlock(f->self, &f->mm->page_table_lock);
	return same;
}

bool hs_fault_switch(struct hs_fault *f, uint64_t to, enum hs_invalidate_event event,
		     const void *owner)
{
	uint64_t bytes = hs_level_bytes(f->mm->geometry, f->level);
	uint64_t start = f->addr & ~(bytes - 1);
	struct hs_invalidation inv =
		hs_mm_invalidate_start(f->self, f->mm, start, start + bytes, event, owner);
	bool done = hs_fault_replace(f, to);

	hs_mm_invalidate_end(f->self, f->mm, &inv);
	return done;
}

struct hs_page *hs_fault_get_page(struct hs_fault *f)
{
	struct hs_page *page = NULL;

	hs_spin_lock(f->self, &f->mm->page_table_lock);
	if (hs_u64_load(f->self, f->entry, HS_RELAXED) == f->seen)
		page = hs_pfn_to_page(f->self, hs_entry_pfn(f->seen));
	if (page)
		hs_page_get(f->self, page);
	hs_spin_unlock(f->self, &f->mm->page_table_lock);
	return page;
}

uint64_t hs_fault_present(const struct hs_fault *f, uint64_t pfn, bool write)
{
	uint64_t flags = HS_ENTRY_VALID | HS_ENTRY_COUNTED;

	if (write && f->vma->flags & HS_VM_WRITE)
		flags |= HS_ENTRY_WRITE;
	return hs_entry_typed(HS_TYPE_NORMAL, pfn, flags);
}

uint32_t hs_fault_new_page(struct hs_fault *f, uint64_t private, struct hs_page **out)
{
	struct hs_page *page;

	if (hs_page_alloc(f->self, &page))
		return HS_VM_FAULT_OOM;
	hs_page_set_private(f->self, page, private);
	hs_u32_or(f->self, &page->state, HS_PAGE_EXCLUSIVE, HS_RELAXED);
	hs_page_map(f->self, page);
	*out = page;
	return 0;
}

void hs_fault_drop_page(struct hs_fault *f, struct hs_page *page)
{
	hs_page_unmap(f->self, page);
	hs_page_put(f->self, page);
}

uint32_t hs_fault_map_page(struct hs_fault *f, struct hs_page *from, bool write)
{
	struct hs_page *page;
	uint64_t to;
	uint32_t ret;
	bool done;

	ret = hs_fault_new_page(f, from ? hs_page_private(f->self, from) : 0, &page);
	if (ret)
		return ret;
	to = hs_fault_present(f, hs_page_to_pfn(f->self, page), write);
	if (hs_fault_is_present(f->seen))
		done = hs_fault_switch(f, to, HS_INVALIDATE_CLEAR, NULL);
	else
		done = hs_fault_replace(f, to);
	if (!done)
		hs_fault_drop_page(f, page);
	else
		hs_entry_put(f->self, f->seen);
	return 0;
}

/* ---- anonymous memory -------------------------------------------------------------------- */

bool hs_fault_is_none(uint64_t entry)
{
	return !entry || hs_entry_type(entry) == HS_TYPE_MARKER;
}

/* Tables and an entry of level 0 that is still empty: true. Otherwise *ret is the answer. */
bool hs_fault_want_page(struct hs_fault *f, uint32_t *ret)
{
	*ret = 0;
	if (!hs_fault_populate(f, 0))
		*ret = HS_VM_FAULT_OOM;
	return !*ret && !f->level && hs_fault_is_none(f->seen);
}

static uint32_t anonymous(struct hs_fault *f)
{
	uint32_t ret;

	if (!hs_fault_want_page(f, &ret))
		return ret;
	if (f->write)
		return hs_fault_map_page(f, NULL, true);
	hs_fault_replace(f, HS_FAULT_ZERO_ENTRY);
	return 0;
}

/* The page table lock is held. */
static bool is_alone(struct hs_fault *f, struct hs_page *page)
{
	return hs_page_live(f->self, page) & HS_PAGE_EXCLUSIVE || hs_page_count(f->self, page) == 1;
}

/* Reused, or another's by now: true. Otherwise a COUNTED entry's page with a reference. */
static bool reuse(struct hs_fault *f, struct hs_page **from)
{
	bool done = true;

	*from = NULL;
	hs_spin_lock(f->self, &f->mm->page_table_lock);
	if (hs_u64_load(f->self, f->entry, HS_RELAXED) != f->seen)
		goto unlock;
	if (f->seen & HS_ENTRY_COUNTED && hs_entry_type(f->seen) == HS_TYPE_NORMAL)
		*from = hs_pfn_to_page(f->self, hs_entry_pfn(f->seen));
	if (*from && is_alone(f, *from)) {
		hs_u32_or(f->self, &(*from)->state, HS_PAGE_EXCLUSIVE, HS_RELAXED);
		if (f->vma->flags & HS_VM_WRITE)
			hs_u64_store(f->self, f->entry, f->seen | HS_ENTRY_WRITE, HS_RELEASE);
		goto unlock;
	}
	if (*from)
		hs_page_get(f->self, *from);
	done = false;
unlock:
	hs_spin_unlock(f->self, &f->mm->page_table_lock);
	return done;
}

/* A write to a read-only page of a VMA that copies. There are no huge pages of such memory. */
static uint32_t copy_on_write(struct hs_fault *f)
{
	struct hs_page *from;
	uint32_t ret;

	if (f->level)
		return HS_VM_FAULT_SIGBUS;
	if (reuse(f, &from))
		return 0;
	ret = hs_fault_map_page(f, from, true);
	if (from)
		hs_page_put(f->self, from);
	return ret;
}

static uint32_t write_protected(struct hs_fault *f)
{
	bool of_file = f->seen & HS_ENTRY_DEVMAP || hs_entry_type(f->seen) == HS_TYPE_ZERO ||
		       f->vma->flags & HS_VM_SHARED;

	return f->vma->mapping && of_file ? hs_fault_dax(f) : copy_on_write(f);
}

/* ---- entering ---------------------------------------------------------------------------- */

/* A write that the VMA does not allow is fine where it ends in a private copy. */
static uint32_t refusal(const struct hs_vma *vma, bool write)
{
	if (!vma || !(vma->flags & HS_VM_READ))
		return HS_VM_FAULT_SIGSEGV;
	if (write && !(vma->flags & HS_VM_WRITE) &&
	    (vma->flags & (HS_VM_SHARED | HS_VM_MAYWRITE)) != HS_VM_MAYWRITE)
		return HS_VM_FAULT_SIGSEGV;
	if (vma->flags & (HS_VM_HUGETLB | HS_VM_PFNMAP | HS_VM_IO))
		return HS_VM_FAULT_SIGBUS;
	return 0;
}

/* Who may drop the mmap lock waits without it; the gate knows of the waiter before that. */
static uint32_t stand_before(struct hs_task *self, struct hs_mm *mm, struct hs_gate *gate,
			     uint32_t flags)
{
	bool drop = flags & HS_FAULT_ALLOW_RETRY;

	if (hs_gate_is_open(self, gate))
		return 0;
	hs_u32_add(self, &gate->waiters, 1, HS_ACQ_REL);
	if (drop)
		hs_mm_unlock_read(self, mm);
	hs_gate_wait(self, gate);
	hs_u32_add(self, &gate->waiters, (uint32_t)-1, HS_ACQ_REL);
	return drop ? HS_VM_FAULT_RETRY : 0;
}

uint32_t hs_handle_mm_fault(struct hs_task *self, struct hs_mm *mm, const struct hs_vma *vma,
			    uint64_t addr, uint32_t flags, void *arg)
{
	struct hs_fault f = {
		.self = self,
		.mm = mm,
		.vma = vma,
		.addr = addr & ~(HS_PAGE_BYTES - 1),
		.flags = flags,
		.write = flags & HS_FAULT_WRITE,
	};
	uint32_t ret = refusal(vma, f.write);

	(void)arg;
	if (!ret && vma->gate)
		ret = stand_before(self, mm, vma->gate, flags);
	if (ret)
		return ret;
	hs_fault_look(&f);
	if (hs_fault_is_none(f.seen))
		return vma->mapping ? hs_fault_dax(&f) : anonymous(&f);
	if (!hs_fault_is_present(f.seen))
		return hs_fault_swap(&f);
	if (!f.write || f.seen & HS_ENTRY_WRITE)
		return 0;
	return write_protected(&f);
}

static void migration_wait(struct hs_task *self, struct hs_mm *mm, uint64_t addr, uint32_t level,
			   void *arg)
{
	struct hs_fault f = { .self = self, .mm = mm, .addr = addr & ~(HS_PAGE_BYTES - 1) };

	(void)level;
	(void)arg;
	hs_fault_look(&f);
	hs_fault_migration_wait(&f);
}

const struct hs_fault_ops hs_mm_fault_ops = {
	.fault = hs_handle_mm_fault,
	.migration_wait = migration_wait,
};

/* ---- the CPU ----------------------------------------------------------------------------- */

static bool allows(const struct hs_vma *vma, bool write)
{
	return vma && vma->flags & HS_VM_READ && (!write || vma->flags & HS_VM_WRITE);
}

static bool reached(const struct hs_fault *f, uint64_t *pfn)
{
	uint64_t in_leaf = f->addr & (hs_level_bytes(f->mm->geometry, f->level) - 1);

	if (!hs_fault_is_present(f->seen) || (f->write && !(f->seen & HS_ENTRY_WRITE)))
		return false;
	if (pfn)
		*pfn = hs_entry_pfn(f->seen) + (in_leaf >> HS_PAGE_SHIFT);
	return true;
}

/*
 * One attempt, with the mmap lock; *again: nothing has come of it yet. *stuck: and the entry is what
 * it was before, so that to try again at once would be no use.
 */
static uint32_t attempt(struct hs_fault *f, uint64_t *pfn, bool *again, bool *stuck)
{
	uint64_t before;
	uint32_t ret;

	*again = *stuck = false;
	f->vma = hs_vma_at(f->mm, f->addr);
	if (!allows(f->vma, f->write))
		return HS_VM_FAULT_SIGSEGV;
	hs_fault_look(f);
	if (reached(f, pfn))
		return 0;
	before = f->seen;
	ret = hs_mm_fault(f->self, f->mm, f->vma, f->addr, f->flags);
	if (ret & HS_VM_FAULT_ERROR)
		return ret & HS_VM_FAULT_ERROR;
	*again = true;
	if (ret & HS_VM_FAULT_RETRY) {
		hs_mm_lock_read(f->self, f->mm);
		return 0;
	}
	hs_fault_look(f);
	*stuck = f->seen == before;
	return 0;
}

uint32_t hs_cpu_access(struct hs_task *self, struct hs_mm *mm, uint64_t addr, bool write,
		       uint64_t *pfn)
{
	struct hs_fault f = {
		.self = self,
		.mm = mm,
		.addr = addr & ~(HS_PAGE_BYTES - 1),
		.flags = HS_FAULT_ALLOW_RETRY | (write ? HS_FAULT_WRITE : 0),
		.write = write,
	};
	bool again, stuck;
	uint32_t ret;

	do {
		hs_mm_lock_read(self, mm);
		ret = attempt(&f, pfn, &again, &stuck);
		hs_mm_unlock_read(self, mm);
		if (stuck)
			hs_retry_wait(self, "access by a CPU");
	} while (again);
	return ret;
}
