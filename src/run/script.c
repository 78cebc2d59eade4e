/* SPDX-License-Identifier: MIT */
/*
 * script.c - what an action does to the entry at the address of a fault
 *
 * "wr" is a write fault, or action okrw in a VMA with VM_WRITE. A new page at address A has the pfn
 * 0x8000000 + ((A >> 12) & 0x7ffffff).
 *
 *	none, swap, device-private, marker	a new page, writable if wr
 *	none, action zero, on a read		the zero page
 *	none, action thp, where the 2 MiB	a 2M leaf
 *	are empty and inside the VMA
 *	zero page				on a write: a new page
 *	present, special and devmap too		on a write: writable; on a read: unchanged
 *	prot-none				present, writable if wr
 *	migration, exclusive			present, writable if it was or wr
 *	hwpoison, poison marker			VM_FAULT_HWPOISON
 *
 * In hugetlb VMAs a page is a leaf of the size of the VMA:
 *
 *	none					a new page, writable if wr, with every action
 *	present					writable if wr
 *	prot-none, migration			present, writable if wr
 *	hwpoison				VM_FAULT_HWPOISON
 */
#include "run/script.h"

#include <errno.h>

#include "text/space.h"

#define NEW_PFN 0x8000000u
#define PRESENT (HS_ENTRY_VALID | HS_ENTRY_ERROR)

struct fault {
	struct hs_task *self;
	struct hs_mm *mm;
	const struct hs_vma *vma;
	struct hs_script *script;
	uint64_t addr;
	enum hs_fault_action action;
	bool write; /* a write fault */
	bool wr;
};

/* ---- the log ----------------------------------------------------------------------------- */

static bool script_event_continues(const struct hs_walk_event *last,
				   const struct hs_walk_event *event)
{
	return last->kind == HS_LOGGED_FAULT && event->kind == HS_LOGGED_FAULT &&
	       last->addr + last->count * HS_PAGE_BYTES == event->addr &&
	       last->write == event->write && last->may_drop == event->may_drop &&
	       last->action == event->action;
}

static int script_log_event(struct hs_script *script, const struct hs_walk_event *event)
{
	struct hs_walk_event *log = script->log;
	size_t n = script->log_count;

	if (n && script_event_continues(&log[n - 1], event)) {
		log[n - 1].count++;
		return 0;
	}
	log = hs_hostmem_grow(script->mem, log, n, sizeof(*log));
	if (!log) {
		script->error = -ENOMEM;
		return -ENOMEM;
	}
	script->log = log;
	log[n] = *event;
	script->log_count++;
	return 0;
}

/* ---- entries ----------------------------------------------------------------------------- */

/* OOM answers a fault for which the simulator has no memory; the runner reports -ENOMEM. */
static uint32_t script_put_entry(struct fault *f, uint32_t level, uint64_t entry)
{
	uint64_t bytes = hs_map_pages(level) * HS_PAGE_BYTES, addr = f->addr & ~(bytes - 1);
	bool changes = hs_pt_get(f->self, f->mm, addr, level) != entry;
	int ret = hs_pt_set(f->self, f->mm, addr, level, entry);

	f->script->changes += changes;
	if (!ret)
		return 0;
	f->script->error = ret;
	return HS_VM_FAULT_OOM;
}

static uint64_t script_write_bit(bool write)
{
	return write ? HS_ENTRY_WRITE : 0;
}

static uint32_t script_new_page(struct fault *f, uint32_t level)
{
	uint64_t bytes = hs_map_pages(level) * HS_PAGE_BYTES;
	uint64_t pfn = NEW_PFN + (((f->addr & ~(bytes - 1)) >> HS_PAGE_SHIFT) & (NEW_PFN - 1));

	return script_put_entry(f, level, hs_map_entry(f->wr ? HS_MAP_RW : HS_MAP_RO, level, pfn));
}

static uint32_t script_make_present(struct fault *f, uint32_t level, uint64_t e, bool write)
{
	uint64_t flags = HS_ENTRY_VALID | script_write_bit(write) | (e & HS_ENTRY_ORDER);

	return script_put_entry(f, level, hs_entry_typed(HS_TYPE_NORMAL, hs_entry_pfn(e), flags));
}

/* The entry of the address on the lowest level that has a table. */
static uint64_t script_find_entry(const struct fault *f, uint32_t *level)
{
	*level = 0;
	if (hs_pt_find(f->mm, f->addr, 0, level))
		*level = 0;
	return hs_pt_get(f->self, f->mm, f->addr, *level);
}

/* ---- the table --------------------------------------------------------------------------- */

static uint32_t script_fault_none(struct fault *f, uint32_t level)
{
	uint64_t bytes = hs_map_pages(1) * HS_PAGE_BYTES, start = f->addr & ~(bytes - 1);

	if (f->action == HS_ACTION_ZERO && !f->write)
		return script_put_entry(f, 0, hs_map_entry(HS_MAP_ZERO, 0, 0));
	if (f->action == HS_ACTION_THP && level && f->vma->start <= start &&
	    start + bytes <= f->vma->end)
		return script_new_page(f, 1);
	return script_new_page(f, 0);
}

static uint32_t script_fault_absent(struct fault *f, uint64_t e, uint32_t level)
{
	switch (hs_entry_type(e)) {
	case HS_TYPE_PROTNONE:
		return script_make_present(f, level, e, f->wr);
	case HS_TYPE_MIGRATION:
	case HS_TYPE_EXCLUSIVE:
		return script_make_present(f, level, e, f->wr || e & HS_ENTRY_WRITE);
	case HS_TYPE_HWPOISON:
	case HS_TYPE_POISON:
		return HS_VM_FAULT_HWPOISON;
	case HS_TYPE_BAD:
		return HS_VM_FAULT_SIGBUS;
	default:
		return script_new_page(f, 0);
	}
}

static uint32_t script_fault_usual(struct fault *f)
{
	uint32_t level;
	uint64_t e = script_find_entry(f, &level);

	if (!e)
		return script_fault_none(f, level);
	if (!(e & PRESENT))
		return script_fault_absent(f, e, level);
	if (!f->write)
		return 0;
	if (hs_entry_type(e) == HS_TYPE_ZERO)
		return script_new_page(f, 0);
	return script_put_entry(f, level, e | HS_ENTRY_WRITE);
}

static uint32_t script_fault_hugetlb(struct fault *f)
{
	uint32_t level = hs_space_huge_level(f->vma->flags);
	uint64_t e = hs_pt_get(f->self, f->mm, f->addr, level);

	if (!e)
		return script_new_page(f, level);
	if (e & HS_ENTRY_TABLE) /* smaller pages: no hugetlb VMA has them */
		return HS_VM_FAULT_SIGBUS;
	if (e & PRESENT)
		return f->wr ? script_put_entry(f, level, e | HS_ENTRY_WRITE) : 0;
	switch (hs_entry_type(e)) {
	case HS_TYPE_PROTNONE:
	case HS_TYPE_MIGRATION:
		return script_make_present(f, level, e, f->wr);
	case HS_TYPE_HWPOISON:
		return HS_VM_FAULT_HWPOISON;
	default:
		return HS_VM_FAULT_SIGBUS;
	}
}

static uint32_t script_carry_out(struct fault *f)
{
	switch (f->action) {
	case HS_ACTION_NOOP:
		return 0;
	case HS_ACTION_SIGBUS:
		return HS_VM_FAULT_SIGBUS;
	case HS_ACTION_OOM:
		return HS_VM_FAULT_OOM;
	case HS_ACTION_HWPOISON:
		return HS_VM_FAULT_HWPOISON;
	case HS_ACTION_RETRY:
		return HS_VM_FAULT_RETRY;
	case HS_ACTION_COMPLETED:
		return HS_VM_FAULT_COMPLETED;
	case HS_ACTION_INVAL:
		f->script->invalidated = true;
		break;
	default:
		break;
	}
	return f->vma->flags & HS_VM_HUGETLB ? script_fault_hugetlb(f) : script_fault_usual(f);
}

/* ---- the ops ----------------------------------------------------------------------------- */

static uint32_t script_fault(struct hs_task *self, struct hs_mm *mm, const struct hs_vma *vma,
			     uint64_t addr, uint32_t flags, void *arg)
{
	struct hs_script *script = arg;
	struct fault f = {
		self, mm, vma, script, addr, HS_ACTION_OK, flags & HS_FAULT_WRITE, false
	};
	struct hs_walk_event event = { .addr = addr, .count = 1, .write = f.write };

	if (!vma) {
		script->null_vmas++;
		event.kind = HS_LOGGED_NULL_VMA;
		script_log_event(script, &event);
		return HS_VM_FAULT_SIGSEGV;
	}
	script->calls++;
	f.action = hs_fault_rules_find(script->rules, script->calls, addr);
	f.wr = f.write || (f.action == HS_ACTION_OKRW && vma->flags & HS_VM_WRITE);
	event.action = f.action;
	event.may_drop = flags & HS_FAULT_ALLOW_RETRY;
	if (script_log_event(script, &event))
		return HS_VM_FAULT_OOM;
	return script_carry_out(&f);
}

static void script_migration_wait(struct hs_task *self, struct hs_mm *mm, uint64_t addr,
				  uint32_t level, void *arg)
{
	struct hs_script *script = arg;
	struct fault f = { .self = self, .mm = mm, .script = script, .addr = addr };
	struct hs_walk_event event = { .addr = addr, .count = 1, .kind = HS_LOGGED_WAIT_PTE };
	uint64_t e = hs_pt_get(self, mm, addr, level);

	if (level)
		event.kind = HS_LOGGED_WAIT_PMD;
	if (script_log_event(script, &event) || script->rules->migration_stays)
		return;
	if (!(e & (PRESENT | HS_ENTRY_TABLE)) && hs_entry_type(e) == HS_TYPE_MIGRATION)
		script_make_present(&f, level, e, e & HS_ENTRY_WRITE);
}

const struct hs_fault_ops hs_script_ops = { script_fault, script_migration_wait };
