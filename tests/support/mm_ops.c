/* SPDX-License-Identifier: MIT */
/* Operations, each on the model first and then on the machine. */
#include <inttypes.h>

#include "support/mm_run.h"

/* ---- names --------------------------------------------------------------------------------- */

const char *mm_op_name(enum mm_op_code code)
{
	static const char *const names[] = {
#define X(name, words) words,
		MM_OPS(X)
#undef X
	};

	return names[code];
}

const char *mm_kind_name(enum mm_kind kind)
{
	static const char *const names[] = {
#define X(name, words) words,
		MM_KINDS(X)
#undef X
	};

	return names[kind];
}

void mm_op_print(FILE *to, const struct mm_op *op)
{
	fprintf(to,
		"%-22s mm %u pages %u to %u, aimed at %s, slot %u, %s0x%" PRIx32 " 0x%" PRIx64 "\n",
		mm_op_name((enum mm_op_code)op->code), op->mm, op->page, op->page + op->count,
		mm_kind_name((enum mm_kind)op->kind), op->slot,
		op->wrong == 1	 ? "misaligned, "
		: op->wrong == 2 ? "empty, "
				 : "",
		op->number, op->seed);
}

static bool is_anonymous(enum mm_kind kind)
{
	return kind == MM_KIND_ANON_RW || kind == MM_KIND_ANON_RO || kind == MM_KIND_PROT_NONE;
}

const char *mm_op_impossible(enum mm_op_code code, enum mm_kind kind)
{
	bool copies = is_anonymous(kind) || kind == MM_KIND_DAX_PRIVATE;

	switch (code) {
	case MM_OP_MMAP:
		return kind == MM_KIND_GAP ? "nothing is mapped as a gap" : NULL;
	case MM_OP_MIGRATION_END:
	case MM_OP_RELEASE:
	case MM_OP_PIN:
	case MM_OP_UNPIN:
		return copies ? NULL : "no anonymous page is ever there to be held";
	case MM_OP_ALLOCATE:
	case MM_OP_UNMAP_MAPPING:
	case MM_OP_UNMAP_COWS:
	case MM_OP_KILL_MAPPING:
	case MM_OP_RENEW_MAPPING:
		return kind < MM_KIND_DAX_SHARED ? "no mapping is behind it" : NULL;
	case MM_OP_RENEW_POOL:
		return is_anonymous(kind) ? NULL : "it has no device page to take away";
	default:
		return NULL;
	}
}

enum mm_kind mm_kind_of(const struct mm_world *w, uint32_t mm, uint32_t page)
{
	const struct model_vma *v = &w->model.mm[mm].vma[page];

	if (!v->mapped)
		return MM_KIND_GAP;
	if (v->mapping == MODEL_P2P)
		return MM_KIND_P2PDMA;
	if (v->mapping == MODEL_DEVICE_DAX)
		return MM_KIND_DEVICE_DAX;
	if (v->mapping != MODEL_ANON)
		return v->flags & HS_VM_SHARED ? MM_KIND_DAX_SHARED : MM_KIND_DAX_PRIVATE;
	if (v->flags & (HS_VM_IO | HS_VM_PFNMAP))
		return MM_KIND_PFNMAP;
	if (!(v->flags & HS_VM_READ))
		return MM_KIND_PROT_NONE;
	return v->flags & HS_VM_WRITE ? MM_KIND_ANON_RW : MM_KIND_ANON_RO;
}

bool mm_equal(struct mm_run *r, const char *what, long long real, long long wanted)
{
	r->done = !wanted;
	if (real == wanted)
		return true;
	return mm_differs(r->w, "%s: %lld, wanted %lld", what, real, wanted);
}

/* ---- all of them ----------------------------------------------------------------------------- */

static bool run(struct mm_run *r)
{
	switch ((enum mm_op_code)r->op->code) {
	case MM_OP_MMAP:
		return mm_run_mmap(r);
	case MM_OP_MUNMAP:
		return mm_run_munmap(r);
	case MM_OP_MPROTECT:
		return mm_run_mprotect(r);
	case MM_OP_SET_GATE:
		return mm_run_set_gate(r);
	case MM_OP_ZAP:
		return mm_run_zap(r);
	case MM_OP_FAULT_READ:
	case MM_OP_FAULT_WRITE:
		return mm_run_fault(r, r->op->code == MM_OP_FAULT_WRITE);
	case MM_OP_CPU_READ:
	case MM_OP_CPU_WRITE:
		return mm_run_access(r, r->op->code == MM_OP_CPU_WRITE);
	case MM_OP_SWAP_OUT:
		return mm_run_swap_out(r);
	case MM_OP_MIGRATION_START:
		return mm_run_migration_start(r);
	case MM_OP_MIGRATION_END:
		return mm_run_migration_end(r);
	case MM_OP_EXCLUSIVE:
		return mm_run_exclusive(r);
	case MM_OP_RELEASE:
		return mm_run_release(r);
	case MM_OP_PROTNONE:
		return mm_run_protnone(r);
	case MM_OP_FAILURE:
		return mm_run_failure(r);
	case MM_OP_INSERT_PRIVATE:
		return mm_run_insert(r, r->op->slot % 2 ? MODEL_PRIVATE_1 : MODEL_PRIVATE_0);
	case MM_OP_INSERT_COHERENT:
		return mm_run_insert(r, MODEL_COHERENT);
	case MM_OP_PIN:
		return mm_run_pin(r);
	case MM_OP_UNPIN:
		return mm_run_unpin(r);
	case MM_OP_POPULATE_6_12:
		return mm_run_populate(r, MM_MIRROR_6_12);
	case MM_OP_POPULATE_5_3:
		return mm_run_populate(r, MM_MIRROR_5_3);
	case MM_OP_ALLOCATE:
		return mm_run_allocate(r);
	case MM_OP_UNMAP_MAPPING:
	case MM_OP_UNMAP_COWS:
		return mm_run_unmap(r, r->op->code == MM_OP_UNMAP_COWS);
	case MM_OP_KILL_MAPPING:
		return mm_run_kill(r);
	case MM_OP_RENEW_MAPPING:
		return mm_run_renew_mapping(r);
	case MM_OP_RENEW_POOL:
		return mm_run_renew_pool(r);
	default:
		return mm_walk_run(r->w, r->op, &r->done, &r->idle);
	}
}

/* Those that are about a mapping or a pool: there is no page. */
static bool without_page(enum mm_op_code code)
{
	return code >= MM_OP_ALLOCATE;
}

/* Of these both wrongs are a misaligned address. */
static bool of_one_page(enum mm_op_code code)
{
	return code >= MM_OP_SWAP_OUT && code < MM_OP_WALK_6_12 && code != MM_OP_PROTNONE;
}

bool mm_op_run(struct mm_world *w, const struct mm_op *op, struct mm_counts *counts, bool all)
{
	struct mm_run r = {
		.w = w,
		.op = op,
		.mm = w->mm[op->mm],
		.start = mm_addr(w, op->page),
		.first = op->page,
		.last = op->page + op->count,
	};

	if (op->wrong == 1 || (op->wrong && of_one_page((enum mm_op_code)op->code)))
		r.start += 0x10;
	r.end = op->wrong == 2 ? r.start : mm_addr(w, r.last);
	r.column = without_page((enum mm_op_code)op->code) ? op->kind
							   : mm_kind_of(w, op->mm, op->page);
	w->message[0] = 0;
	if (!run(&r) || !mm_compare(w, all) || w->message[0])
		return false;
	if (!r.idle) {
		counts->calls[op->code][r.column]++;
		counts->done[op->code][r.column] += r.done;
	}
	return true;
}
