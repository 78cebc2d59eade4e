/* SPDX-License-Identifier: MIT */
/*
 * fault.c - the fault handler, and accesses by a CPU
 *
 * reduced: handle_mm_fault() and what it calls (v6.12, mm/memory.c). A fault changes at most one
 * entry, and takes away those that map the zero page where it allocates a block. If another task
 * has changed the entry first, the fault changes nothing and returns 0, which means: look again.
 * fault_anon.c, fault_dax.c and fault_swap.c are the parts of the handler, and fault_entry.c is
 * what they share.
 *
 * States of an entry, by predicate, and what a fault does about them:
 *
 *	e == 0, or type MARKER		maps a page, a block or the zero page
 *	VALID or ERROR, WRITE		nothing
 *	VALID or ERROR, !WRITE		a write copies, or reuses a page that belongs to this entry
 *					alone; device memory of a shared VMA becomes writable
 *	DEVPRIV				asks the driver: the CPU cannot reach device-private memory
 *	PROTNONE			makes it present without WRITE: the next write decides
 *	EXCLUSIVE			takes the page lock, then makes it present
 *	MIGRATION			waits until the migration ends
 *	SWAP				maps a page with what the slot holds, read-only after a read
 *	HWPOISON, POISON, BAD		fails
 *
 * COUNTED says that the entry holds what hs_entry_put() gives back: a reference and a mapcount of
 * the page; for EXCLUSIVE the reference alone; for FS_DAX and GENERIC memory what
 * hs_pgmap_page_map() took of the leaf's first page; for SWAP the slot that it names. ZERO,
 * MIGRATION and HWPOISON hold nothing. An entry that was made by hand (not COUNTED) names no page
 * that may be touched: a copy of it holds 0.
 *
 * Legal operations: an entry changes only under mm->page_table_lock, and only from the value that
 * was seen (hs_fault_replace() and the like). Pages and tables are allocated before the lock is
 * taken. A mapcount is raised before the entry can be seen. Where something goes away that a device
 * may have mapped (page to page, zero page to page, leaf to nothing), the subscribers are notified
 * around the change. They are not notified when an entry appears or gains access.
 *
 * Lock order: mmap lock (read) < dax entry lock < mapping lock < what drivers take in callbacks <
 * page table lock. The page lock is waited for with the mmap lock held and none of the others, and
 * tried under the page table lock.
 *
 * Who may free what: the task that replaced an entry puts what that entry held, after the
 * notifiers' end. A zap puts it at once, under the page table lock, so that page_free may run
 * inside an invalidation. A fault that needs the page behind an entry takes a reference under the
 * page table lock, because the entry's own reference keeps the page alive there. Tables stay while
 * the mmap lock is held.
 *
 * Two faults on one entry:
 *
 *	fault A				fault B
 *	sees nothing, allocates a page	sees nothing, allocates a page
 *	lock, still nothing: map it	lock, something: unlock
 *	unlock				put its page, return 0
 *
 *	Required outcome: one page is mapped, no other is left, both faults return 0.
 *	(tests/model/test_fault_model.c: two_faults_on_one_entry)
 *
 * Fault against zap:
 *
 *	fault				zap
 *	sees a read-only page		notify the subscribers
 *	lock, still it: get the page	lock, take the entry away, unlock
 *	unlock				put the page
 *	copy, lock: nothing there
 *	put the page, put the copy
 *
 *	Required outcome: the page is not touched after it is free; if a page is mapped in the end,
 *	it is the only page allocated.
 *	(tests/model/test_fault_model.c: fault_against_zap)
 *
 * Copy-on-write against a device that reads the old page (src/notifier/notifier.c has the reader):
 *
 *	fault				device
 *					read_begin, look: the old page
 *	start: wait for the driver lock	driver lock, no change: read the page
 *	  clear the device's entry	driver unlock
 *	switch the entry
 *	end, put the old page
 *
 *	Required outcome: the device does not read a page that is free, and maps no page but the one
 *	that is in the entry.
 *	(tests/model/test_fault_model.c: copy_on_write_against_a_device)
 *
 * migrate_to_ram twice, for one page:
 *
 *	fault A				fault B
 *	lock, get the page, unlock	lock, get the page, unlock
 *	the driver: new page, switch	the driver: new page, the entry has changed
 *	put the entry's reference	put the new page
 *	put its own			put its own: the page is free
 *
 *	Required outcome: both return 0, one system page is mapped, the device page is freed once.
 *	(tests/model/test_fault_model.c: migrate_to_ram_twice)
 *
 * The same where the driver migrates a page only if no other task holds a reference, as all real
 * ones do (enum hs_private_fault):
 *
 *	fault A				fault B
 *	lock, get the page, unlock
 *					lock, get the page, unlock
 *	the driver: two hold it, give up	the driver: two hold it, give up
 *	put, fault again		put, fault again
 *
 *	Required outcome: with REFERENCE this can go on for ever. With TRYLOCK and WAIT one of them
 *	alone has the lock and a reference: the page is migrated, both return 0.
 *	(tests/model/test_fault_policies_model.c: faults_that_hold_the_page_keep_each_other_from_it,
 *	walks_that_hold_the_page_keep_each_other_from_it,
 *	one_fault_holds_the_page_while_its_driver_runs)
 *
 * A fault that finds a migration entry, against a migration that checks references once more
 * (enum hs_migration_wait):
 *
 *	fault				migration
 *					page lock, migration entry
 *	lock, still it: get the page
 *	unlock, wait for the page lock
 *					checks references: one too many
 *					the entry is the page again, unlock
 *	put the page, fault again
 *
 *	Required outcome: with REFERENCE the migration fails; with ENTRY it does not.
 *	(tests/model/test_fault_policies_model.c: a_waiter_with_a_reference_makes_a_migration_fail)
 */
#include "mm/fault.h"

#include "mm/gate.h"
#include "mm/table.h"
#include "mm/vma.h"
#include "mm/zap.h"

static uint32_t fault_write_protected(struct hs_fault *f)
{
	bool of_file = f->seen & HS_ENTRY_DEVMAP || hs_entry_type(f->seen) == HS_TYPE_ZERO ||
		       f->vma->flags & HS_VM_SHARED;

	return f->vma->mapping && of_file ? hs_fault_dax(f) : hs_fault_copy(f);
}

/* ---- entering ---------------------------------------------------------------------------- */

/* Why the VMA refuses the access. It allows a write without WRITE that ends in a private copy. */
static uint32_t fault_refusal(const struct hs_vma *vma, bool write)
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

/*
 * A fault that may drop the mmap lock waits without it. It is counted as a waiter before it drops
 * the lock, because without the lock its VMA may lose the gate.
 */
static uint32_t fault_wait_at_gate(struct hs_task *self, struct hs_mm *mm, struct hs_gate *gate,
				   uint32_t flags)
{
	bool drop = flags & HS_FAULT_ALLOW_RETRY;

	if (hs_gate_is_open(self, gate))
		return 0;
	if (!HS_BREAK(GATE_COUNT_LATE))
		hs_u32_count(self, &gate->waiters, 1, 0, HS_ACQ_REL);
	if (drop)
		hs_up_read(self, &mm->lock);
	if (HS_BREAK(GATE_COUNT_LATE))
		hs_u32_count(self, &gate->waiters, 1, 0, HS_ACQ_REL);
	hs_gate_wait(self, gate);
	hs_u32_count(self, &gate->waiters, (uint32_t)-1, 0, HS_ACQ_REL);
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
	uint32_t ret;

	(void)arg;
	hs_mm_expect_locked(self, mm, "hs_handle_mm_fault");
	hs_might_sleep(self);
	hs_assert_at(self, HS_HERE,
		     !vma || (vma->mm == mm && addr >= vma->start && addr < vma->end),
		     "hs_handle_mm_fault: the VMA does not contain address %#llx",
		     (unsigned long long)addr);
	ret = fault_refusal(vma, f.write);
	if (!ret && vma->gate)
		ret = fault_wait_at_gate(self, mm, vma->gate, flags);
	if (ret)
		return ret;
	hs_fault_look(&f);
	if (hs_fault_is_none(f.seen))
		return vma->mapping ? hs_fault_dax(&f) : hs_fault_anon(&f);
	if (!hs_fault_is_present(f.seen))
		return hs_fault_swap(&f);
	if (!f.write || f.seen & HS_ENTRY_WRITE)
		return 0;
	return fault_write_protected(&f);
}

static void fault_migration_wait(struct hs_task *self, struct hs_mm *mm, uint64_t addr,
				 uint32_t level, void *arg)
{
	struct hs_fault f = {
		.self = self,
		.mm = mm,
		.addr = addr & ~(HS_PAGE_BYTES - 1),
		.flags = HS_FAULT_REMOTE,
	};

	(void)level;
	(void)arg;
	hs_mm_expect_locked(self, mm, "migration_wait");
	hs_might_sleep(self);
	hs_fault_look(&f);
	hs_fault_migration_wait(&f);
}

const struct hs_fault_ops hs_mm_fault_ops = {
	.fault = hs_handle_mm_fault,
	.migration_wait = fault_migration_wait,
};

/* ---- the CPU ----------------------------------------------------------------------------- */

static bool fault_vma_allows(const struct hs_vma *vma, bool write)
{
	return vma && vma->flags & HS_VM_READ && (!write || vma->flags & HS_VM_WRITE);
}

/* Of the page at f->addr, which the entry that was seen maps. */
static uint64_t fault_pfn(const struct hs_fault *f)
{
	uint64_t in_leaf = f->addr & (hs_level_bytes(f->mm->geometry, f->level) - 1);

	return hs_entry_pfn(f->seen) + (in_leaf >> HS_PAGE_SHIFT);
}

/* The CPU reaches the page by the entry that was seen. */
static bool fault_reached(const struct hs_fault *f, uint64_t *pfn)
{
	if (!hs_fault_is_present(f->seen) || (f->write && !(f->seen & HS_ENTRY_WRITE)))
		return false;
	hs_entry_expect_page(f->self, f->entry, f->seen);
	if (pfn)
		*pfn = fault_pfn(f);
	return true;
}

/* What an attempt of an access comes to. */
enum attempt {
	ATTEMPT_OVER,  /* the entry allows it, or *error says why not */
	ATTEMPT_AGAIN, /* the fault has changed something, or has dropped the mmap lock */
	ATTEMPT_STUCK, /* the entry is what it was before: another attempt waits first */
};

/* Of a device-private page that stays the handler has ended the body of the loop already. */
static bool fault_has_waited(const struct hs_fault *f, uint64_t entry)
{
	return entry & HS_ENTRY_DEVPRIV && hs_mm_private_fault_locks(f->mm) &&
	       f->mm->ops == &hs_mm_fault_ops;
}

static uint32_t fault_touch(const struct hs_fault *f, uint64_t *value)
{
	uint64_t pfn = fault_pfn(f);
	struct hs_page *page = hs_pfn_to_page(f->self, pfn);

	if (pfn == HS_ZERO_PFN)
		*value = 0;
	else if (!page)
		return HS_VM_FAULT_SIGBUS;
	else if (f->write)
		hs_page_set_contents(f->self, page, *value);
	else
		*value = hs_page_contents(f->self, page);
	return 0;
}

/*
 * Loads or stores *value by the entry, if it is still the one that was seen. The page table lock is
 * held, because a task that takes an entry away goes on when no CPU has it in its TLB any more: the
 * access is complete by then, or it faults.
 */
static enum attempt fault_carry(struct hs_fault *f, uint64_t *value, uint32_t *error)
{
	enum attempt attempt = ATTEMPT_AGAIN;

	hs_spin_lock(f->self, &f->mm->page_table_lock);
	if (hs_fault_is_same(f)) {
		attempt = ATTEMPT_OVER;
		HS_BREAK_SPIN_GAP(CPU_TOUCH_LATE, f->self, &f->mm->page_table_lock);
		*error = fault_touch(f, value);
	}
	hs_spin_unlock(f->self, &f->mm->page_table_lock);
	return attempt;
}

/* The mmap lock is held for read, before and after. @value: NULL: the access carries none. */
static enum attempt fault_attempt(struct hs_fault *f, uint64_t *pfn, uint64_t *value,
				  uint32_t *error)
{
	uint64_t before;
	uint32_t ret;

	*error = 0;
	hs_assert_read(f->self, &f->mm->lock);
	f->vma = hs_vma_at(f->mm, f->addr);
	if (!fault_vma_allows(f->vma, f->write)) {
		*error = HS_VM_FAULT_SIGSEGV;
		return ATTEMPT_OVER;
	}
	hs_fault_look(f);
	if (fault_reached(f, pfn))
		return value ? fault_carry(f, value, error) : ATTEMPT_OVER;
	before = f->seen;
	ret = hs_mm_fault(f->self, f->mm, f->vma, f->addr, f->flags);
	*error = ret & HS_VM_FAULT_ERROR;
	if (*error)
		return ATTEMPT_OVER;
	if (ret & HS_VM_FAULT_RETRY) {
		hs_down_read(f->self, &f->mm->lock);
		return ATTEMPT_AGAIN;
	}
	hs_fault_look(f);
	return f->seen == before && !fault_has_waited(f, before) ? ATTEMPT_STUCK : ATTEMPT_AGAIN;
}

static uint32_t fault_access(struct hs_task *self, struct hs_mm *mm, uint64_t addr, bool write,
			     uint64_t *pfn, uint64_t *value)
{
	struct hs_fault f = {
		.self = self,
		.mm = mm,
		.addr = addr & ~(HS_PAGE_BYTES - 1),
		.flags = HS_FAULT_ALLOW_RETRY | (write ? HS_FAULT_WRITE : 0),
		.write = write,
	};
	enum attempt attempt;
	uint32_t error;

	do {
		hs_down_read(self, &mm->lock);
		attempt = fault_attempt(&f, pfn, value, &error);
		hs_up_read(self, &mm->lock);
		if (attempt == ATTEMPT_STUCK)
			hs_retry_wait(self, "access by a CPU");
	} while (attempt != ATTEMPT_OVER);
	return error;
}

uint32_t hs_cpu_access(struct hs_task *self, struct hs_mm *mm, uint64_t addr, bool write,
		       uint64_t *pfn)
{
	return fault_access(self, mm, addr, write, pfn, NULL);
}

uint32_t hs_cpu_read(struct hs_task *self, struct hs_mm *mm, uint64_t addr, uint64_t *value)
{
	return fault_access(self, mm, addr, false, NULL, value);
}

uint32_t hs_cpu_write(struct hs_task *self, struct hs_mm *mm, uint64_t addr, uint64_t value)
{
	return fault_access(self, mm, addr, true, NULL, &value);
}
