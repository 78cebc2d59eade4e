/* SPDX-License-Identifier: MIT */
/* VMAs, zaps and faults. */
#include "support/mm_run.h"

/* ---- VMAs ---------------------------------------------------------------------------------- */

bool mm_run_mmap(struct mm_run *r)
{
	static const uint32_t flags[MM_KIND_COUNT] = {
		[MM_KIND_ANON_RW] = HS_VM_READ | HS_VM_WRITE | HS_VM_MAYWRITE,
		[MM_KIND_ANON_RO] = HS_VM_READ,
		[MM_KIND_PROT_NONE] = HS_VM_MAYWRITE,
		[MM_KIND_PFNMAP] = HS_VM_READ | HS_VM_WRITE | HS_VM_IO | HS_VM_PFNMAP,
		[MM_KIND_DAX_SHARED] = HS_VM_READ | HS_VM_WRITE | HS_VM_SHARED | HS_VM_MAYWRITE,
		[MM_KIND_DAX_PRIVATE] = HS_VM_READ | HS_VM_WRITE | HS_VM_MAYWRITE,
		[MM_KIND_DEVICE_DAX] = HS_VM_READ | HS_VM_WRITE | HS_VM_SHARED | HS_VM_MAYWRITE,
		[MM_KIND_P2PDMA] = HS_VM_READ | HS_VM_WRITE | HS_VM_SHARED | HS_VM_MAYWRITE,
	};
	const struct mm_op *op = r->op;
	uint32_t f = flags[op->kind], mapping = op->slot;
	uint64_t pgoff = op->number & 0xff;
	int wanted;

	/* Now and then what nobody should ask for, or a read-only one that may be written later. */
	if (op->number & 0x100)
		f ^= HS_VM_SHARED;
	if (op->number & 0x200)
		f &= ~HS_VM_WRITE;
	if (op->number & 0x400)
		f |= HS_VM_MAYWRITE;
	r->column = op->kind;
	wanted = r->op->wrong
			 ? -EINVAL
			 : model_mmap(&r->w->model, op->mm, r->first, r->last, f, mapping, pgoff);
	return mm_equal(r, "mmap",
			hs_mmap(r->w->self, r->mm, r->start, r->end, f,
				mapping == MODEL_ANON ? NULL : r->w->mapping[mapping], pgoff),
			wanted);
}

bool mm_run_munmap(struct mm_run *r)
{
	int wanted = r->op->wrong ? -EINVAL
				  : model_munmap(&r->w->model, r->op->mm, r->first, r->last);

	return mm_equal(r, "munmap", hs_munmap(r->w->self, r->mm, r->start, r->end), wanted);
}

bool mm_run_mprotect(struct mm_run *r)
{
	uint32_t access = r->op->number & 0xf;
	int wanted = r->op->wrong
			     ? -EINVAL
			     : model_mprotect(&r->w->model, r->op->mm, r->first, r->last, access);

	return mm_equal(r, "mprotect", hs_mprotect(r->w->self, r->mm, r->start, r->end, access),
			wanted);
}

bool mm_run_set_gate(struct mm_run *r)
{
	bool gate = r->op->number & 1;
	int wanted = r->op->wrong
			     ? -EINVAL
			     : model_set_gate(&r->w->model, r->op->mm, r->first, r->last, gate);

	return mm_equal(r, "set gate",
			hs_vma_set_gate(r->w->self, r->mm, r->start, r->end,
					gate ? r->w->gate : NULL),
			wanted);
}

bool mm_run_zap(struct mm_run *r)
{
	static const enum hs_invalidate_event events[] = { HS_INVALIDATE_CLEAR, HS_INVALIDATE_UNMAP,
							   HS_INVALIDATE_MIGRATE,
							   HS_INVALIDATE_SOFT_DIRTY };
	struct hs_invalidation inv = {
		.start = r->start,
		.end = r->end,
		.event = events[r->op->number & 3],
		.blockable = !(r->op->number & 4),
	};
	int wanted, real;

	r->w->refuse = r->op->number & 8;
	if (r->op->wrong)
		wanted = -EINVAL;
	else if (r->w->refuse && !inv.blockable)
		wanted = -EAGAIN;
	else
		wanted = model_zap_call(&r->w->model, r->op->mm, r->first, r->last);
	real = hs_zap_range_event(r->w->self, r->mm, &inv);
	r->w->refuse = false;
	return mm_equal(r, "zap", real, wanted);
}

/* ---- faults -------------------------------------------------------------------------------- */

static uint32_t fault(struct mm_run *r, bool write)
{
	const struct hs_vma *vma;
	uint32_t ret;

	hs_mm_lock_read(r->w->self, r->mm);
	vma = hs_vma_find(r->mm, r->start);
	if (vma && vma->start > r->start)
		vma = NULL;
	ret = hs_handle_mm_fault(
		r->w->self, r->mm, vma, r->start,
		(write ? HS_FAULT_WRITE : 0) | (r->op->number & 1 ? HS_FAULT_REMOTE : 0), NULL);
	hs_mm_unlock_read(r->w->self, r->mm);
	return ret & (HS_VM_FAULT_ERROR | HS_VM_FAULT_RETRY);
}

bool mm_run_fault(struct mm_run *r, bool write)
{
	static struct model before;
	uint32_t wanted;

	mm_learn_depth(r->w);
	before = r->w->model;
	wanted = model_fault(&r->w->model, r->op->mm, r->first, write);
	if (r->w->model.waits) {
		r->w->model = before;
		r->idle = true;
		return true;
	}
	return mm_equal(r, "fault", fault(r, write), wanted);
}

/* The pfn is right, and what was written stays written. */
static bool accessed(struct mm_run *r, uint64_t pfn, bool write)
{
	struct mm_world *w = r->w;
	uint64_t entry = mm_real_entry(w, r->op->mm, r->first, NULL);

	if (hs_entry_pfn(entry) != pfn)
		return mm_differs(w, "access: pfn %llx, the entry says %llx",
				  (unsigned long long)pfn, (unsigned long long)entry);
	if (!write)
		return true;
	hs_page_set_private(w->self, hs_pfn_to_page(w->self, pfn), ++w->contents);
	model_written(&w->model, r->op->mm, r->first, w->contents);
	return true;
}

bool mm_run_access(struct mm_run *r, bool write)
{
	static struct model before;
	uint32_t wanted, real;
	uint64_t pfn = 0;

	mm_learn_depth(r->w);
	before = r->w->model;
	wanted = model_access(&r->w->model, r->op->mm, r->first, write);
	if (r->w->model.waits) {
		r->w->model = before;
		r->idle = true;
		return true;
	}
	real = hs_cpu_access(r->w->self, r->mm, r->start + r->op->number % 0x800, write, &pfn);
	return mm_equal(r, "access", real, wanted) && (wanted || accessed(r, pfn, write));
}
