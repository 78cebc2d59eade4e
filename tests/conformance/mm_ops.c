/* SPDX-License-Identifier: MIT */
/* Operations, each on the model first and then on the machine. */
#include <inttypes.h>

#include "conformance/mm_ops.h"

#define RW (HS_VM_READ | HS_VM_WRITE)

static struct model before; /* the model before the operation that runs */

bool mm_equal(struct mm_run *r, long long real)
{
	r->done = !r->wanted;
	return real == r->wanted || mm_differs(r->w, "%s: %lld, wanted %lld",
					       mm_rows[r->op->code].words, real, r->wanted);
}

bool mm_waits(struct mm_run *r)
{
	r->idle |= r->m->waits;
	if (r->idle)
		*r->m = before;
	return r->idle;
}

void mm_write(struct mm_run *r, uint64_t pfn)
{
	hs_dma_set_contents(r->self, hs_pfn_to_page(r->self, pfn), ++r->w->contents);
	model_written(r->m, r->at, r->w->contents);
}

/* ---- one call of each ---------------------------------------------------------------------- */

#define MM_RUN(name, predicted, real)               \
	static bool mm_run_##name(struct mm_run *r) \
	{                                           \
		return MM_BOTH(r, predicted, real); \
	}

MM_RUN(munmap, model_munmap(r->m, r->at, r->last), hs_munmap(r->self, r->mm, r->start, r->end))
MM_RUN(mprotect, model_mprotect(r->m, r->at, r->last, r->op->number & 0xf),
       hs_mprotect(r->self, r->mm, r->start, r->end, r->op->number & 0xf))
MM_RUN(set_gate, model_set_gate(r->m, r->at, r->last, r->op->number & 1),
       hs_vma_set_gate(r->self, r->mm, r->start, r->end, r->op->number & 1 ? r->w->gate : NULL))
MM_RUN(protnone, model_make_protnone(r->m, r->at, r->last),
       hs_make_protnone(r->self, r->mm, r->start, r->end))
MM_RUN(swap_out, model_swap_out(r->m, r->at), hs_swap_out(r->self, r->mm, r->start))

/* ---- VMAs ---------------------------------------------------------------------------------- */

static bool mm_run_mmap(struct mm_run *r)
{
	static const uint32_t flags[MM_KIND_COUNT] = {
		[MM_KIND_ANON_RW] = RW | HS_VM_MAYWRITE,
		[MM_KIND_ANON_RO] = HS_VM_READ,
		[MM_KIND_PROT_NONE] = HS_VM_MAYWRITE,
		[MM_KIND_PFNMAP] = RW | HS_VM_IO | HS_VM_PFNMAP,
		[MM_KIND_DAX_SHARED] = RW | HS_VM_SHARED | HS_VM_MAYWRITE,
		[MM_KIND_DAX_PRIVATE] = RW | HS_VM_MAYWRITE,
		[MM_KIND_DEVICE_DAX] = RW | HS_VM_SHARED | HS_VM_MAYWRITE,
		[MM_KIND_P2PDMA] = RW | HS_VM_SHARED | HS_VM_MAYWRITE,
	};
	uint32_t f = flags[r->op->kind], mapping = r->op->slot;
	uint64_t pgoff = r->op->number & 0xff;

	/* Now and then what is refused, or a read-only one that may be written later. */
	f ^= r->op->number & 0x100 ? HS_VM_SHARED : 0;
	f &= r->op->number & 0x200 ? ~HS_VM_WRITE : ~0u;
	f |= r->op->number & 0x400 ? HS_VM_MAYWRITE : 0;
	f &= r->op->number & 0x800 ? ~HS_VM_IO : ~0u;
	f &= r->op->number & 0x1000 ? ~HS_VM_PFNMAP : ~0u;
	r->column = r->op->kind;
	return MM_BOTH(r, model_mmap(r->m, r->at, r->last, f, mapping, pgoff),
		       hs_mmap(r->self, r->mm, r->start, r->end, f, r->w->mapping[mapping], pgoff));
}

static bool mm_run_zap(struct mm_run *r)
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
	bool refuse = r->op->number & 8, same;

	r->w->refuse = refuse;
	same = MM_BOTH(r, refuse && !inv.blockable ? -EAGAIN : model_zap_call(r->m, r->at, r->last),
		       hs_zap_range_event(r->self, r->mm, &inv));
	r->w->refuse = false;
	return same;
}

/* ---- faults -------------------------------------------------------------------------------- */

bool mm_run_fault(struct mm_run *r)
{
	const struct hs_vma *vma;
	uint32_t ret;

	r->wanted = model_fault(r->m, r->at, r->with);
	if (r->m->waits && r->m->private_fault == HS_PRIVATE_FAULT_TRYLOCK &&
	    r->m->place[r->at].entry.what == MODEL_PRIVATE) {
		r->m->waits = false; /* once it returns 0 */
		model_reach(r->m, REACHED_FAULT, 0, FAULT_AGAIN);
	}
	if (mm_waits(r))
		return true;
	hs_mm_lock_read(r->self, r->mm);
	vma = hs_vma_find(r->mm, r->start);
	if (vma && vma->start > r->start)
		vma = NULL;
	ret = hs_handle_mm_fault(
		r->self, r->mm, vma, r->start,
		(r->with ? HS_FAULT_WRITE : 0) | (r->op->number & 1 ? HS_FAULT_REMOTE : 0), NULL);
	hs_mm_unlock_read(r->self, r->mm);
	return mm_equal(r, ret & (HS_VM_FAULT_ERROR | HS_VM_FAULT_RETRY));
}

/* With what is read and written. */
static bool access_contents(struct mm_run *r, uint64_t addr)
{
	uint64_t value = ++r->w->contents;
	uint32_t real = r->with ? hs_cpu_write(r->self, r->mm, addr, value)
				: hs_cpu_read(r->self, r->mm, addr, &value);

	if (!mm_equal(r, real) || r->wanted)
		return real == r->wanted;
	if (r->with)
		model_written(r->m, r->at, value);
	return MM_SAME(r->w, value, model_contents(r->m, r->at), "access: contents");
}

/* The pfn is right, and what was written stays written. */
static bool mm_run_access(struct mm_run *r)
{
	uint64_t pfn = 0;
	uint32_t real;

	r->wanted = model_access(r->m, r->at, r->with);
	if (mm_waits(r))
		return true;
	if (r->op->number & 0x1000)
		return access_contents(r, r->start + r->op->number % 0x800);
	real = hs_cpu_access(r->self, r->mm, r->start + r->op->number % 0x800, r->with, &pfn);
	if (!mm_equal(r, real) || r->wanted)
		return real == r->wanted;
	if (!MM_SAME(r->w, pfn, hs_entry_pfn(mm_real_entry(r->w, r->at, NULL)), "access: pfn"))
		return false;
	if (r->with)
		mm_write(r, pfn);
	return true;
}

/* ---- entries that are not present ------------------------------------------------------------ */

static bool mm_run_failure(struct mm_run *r)
{
	struct model_object o = r->m->object[r->m->place[r->at].entry.object];
	bool same = MM_BOTH(r, model_memory_failure(r->m, r->at),
			    hs_memory_failure(r->self, r->mm, r->start));

	if (r->done && o.used && o.memory == MODEL_SYSTEM)
		r->w->poisoned[o.pfn - (1 << 15)] = true;
	return same;
}

struct hs_page *mm_new_page(struct mm_run *r, uint32_t memory, uint64_t contents, uint32_t *object)
{
	struct hs_page *page;
	int ret = memory == MODEL_SYSTEM ? hs_page_alloc(r->self, &page)
					 : hs_pgmap_page_alloc(r->self, r->w->pgmap[memory], &page);

	if (ret)
		return NULL;
	*object = model_object_new(r->m, memory, contents);
	r->m->object[*object].pfn = hs_page_to_pfn(r->self, page);
	r->m->object[*object].bound = true;
	hs_dma_set_contents(r->self, page, contents);
	return page;
}

static bool mm_run_insert(struct mm_run *r)
{
	uint32_t memory = r->with + (r->with == MODEL_PRIVATE_0 ? r->op->slot % 2 : 0);
	bool write = r->op->number & 1, same;
	uint32_t object;
	struct hs_page *page = mm_new_page(r, memory, ++r->w->contents, &object);

	r->idle = !page;
	if (!page)
		return true;
	same = MM_BOTH(r, model_insert_device(r->m, r->at, object, write),
		       hs_migrate_insert_page(r->self, r->mm, r->start, page, write));
	if (same && r->wanted) {
		hs_page_put(r->self, page);
		model_object_put(r->m, object);
	}
	return same;
}

/* ---- holds ----------------------------------------------------------------------------------- */

/* The slot; idle unless it is @used. */
static struct mm_held *held(struct mm_run *r, bool used)
{
	struct mm_held *h = &r->w->held[r->with][r->op->slot % MM_SLOTS];

	r->idle = h->used != used;
	if (!used && !r->idle)
		*h = (struct mm_held){ .at = r->at, .kind = r->column };
	return h;
}

/* A migration starts, or a page becomes exclusive to a device. */
static bool mm_run_hold(struct mm_run *r)
{
	struct mm_held *h = held(r, false);
	const void *owner = r->op->number & 1 ? &r->w->pgmap[MODEL_PRIVATE_0] : NULL;
	bool same;

	if (r->idle)
		return true;
	if (r->with == MM_MIGRATION)
		same = MM_BOTH(r, model_migration_start(r->m, r->at, &h->object),
			       hs_migration_start(r->self, r->mm, r->start, owner, &h->migration));
	else
		same = MM_BOTH(r, model_make_exclusive(r->m, r->at, &h->object),
			       hs_make_exclusive(r->self, r->mm, r->start, r->w, &h->real));
	h->used = r->done;
	return same;
}

/* There is a page that another task could get: by its entry, or by its pfn. */
static bool has_page(const struct mm_run *r)
{
	const struct model_place *p = &r->m->place[r->at];

	return p->vma.mapping != MODEL_P2P &&
	       (p->entry.what == MODEL_PAGE || p->entry.what == MODEL_PRIVATE ||
		p->entry.what == MODEL_MIGRATION);
}

static void hold_page(struct mm_run *r, struct mm_held *h)
{
	h->object = r->m->place[r->at].entry.object;
	h->real = hs_pfn_to_page(r->self, r->m->object[h->object].pfn);
	r->m->object[h->object].refs++;
	hs_page_get(r->self, h->real);
}

static bool mm_run_pin(struct mm_run *r)
{
	struct mm_held *h = held(r, false);

	r->idle |= !has_page(r);
	if (r->idle)
		return true;
	h->refs = r->op->number & 3 ? 1 : 2;
	h->used = r->done = true;
	for (uint32_t i = 0; i < h->refs; i++)
		hold_page(r, h);
	return true;
}

/* Another task locks the page, if it can. */
static bool mm_run_lock(struct mm_run *r)
{
	struct mm_held *h = held(r, false);
	bool locked;

	r->idle |= !has_page(r);
	if (r->idle)
		return true;
	hold_page(r, h);
	locked = hs_page_trylock(r->self, h->real);
	if (!MM_SAME(r->w, locked, !r->m->object[h->object].locked, "the page can be locked"))
		return false;
	r->m->object[h->object].locked = true;
	h->used = r->done = locked;
	if (locked)
		return true;
	model_object_put(r->m, h->object);
	hs_page_put(r->self, h->real);
	return true;
}

/* The end of a hold: that of a migration has a new page, or none. */
static bool mm_run_let_go(struct mm_run *r)
{
	struct mm_held *h = held(r, true);
	uint32_t to = 0, kinds = MODEL_SYSTEM + 2 - MODEL_PRIVATE_0;
	uint32_t memory = MODEL_PRIVATE_0 + r->op->number % kinds;
	struct model_object *o = &r->m->object[h->object];
	struct hs_page *page = NULL;

	r->done = !r->idle;
	if (r->idle)
		return true;
	r->column = h->kind;
	if (r->with == MM_MIGRATION) {
		if (memory <= MODEL_SYSTEM)
			page = mm_new_page(r, memory, o->contents, &to);
		model_migration_end(r->m, h->at, h->object, to);
	} else {
		if (r->with != MM_PIN)
			o->locked = false;
		for (uint32_t i = 0; i < 1 + (h->refs == 2); i++)
			model_object_put(r->m, h->object);
	}
	mm_let_go(r->w, (enum mm_hold)r->with, h, page);
	return true;
}

/* ---- mappings and pools ---------------------------------------------------------------------- */

/* Some in a row, so that leaves can map them. */
static bool mm_run_allocate(struct mm_run *r)
{
	uint64_t index = r->op->number & (r->op->number & 0x80 ? 0x3e : 0x3f);
	uint32_t count = r->op->number & 0x80 ? r->op->count : 1;
	bool same = true;

	for (; same && count; count--, index++) {
		r->wanted = model_allocate(r->m, r->op->slot, index);
		same = mm_equal(r, hs_mapping_allocate(r->self, r->w->mapping[r->op->slot], index));
	}
	return same;
}

static bool unmap_mapping(struct mm_run *r, uint64_t first, uint64_t count, bool even_cows)
{
	model_unmap_mapping(r->m, r->op->slot, first, count, even_cows);
	hs_unmap_mapping_range(r->self, r->w->mapping[r->op->slot], first, count, even_cows);
	r->done = true;
	return true;
}

static bool mm_run_unmap(struct mm_run *r)
{
	uint64_t count = (r->op->number & 0x1c0) == 0x40 ? UINT64_MAX : r->op->count;

	return unmap_mapping(r, r->op->number & 0x3f, count, r->with);
}

static bool kill_mapping(struct mm_run *r, bool even_cows)
{
	struct hs_mapping *mapping = r->w->mapping[r->op->slot];

	hs_mapping_disable(r->self, mapping);
	r->m->mapping[r->op->slot].alive = false;
	unmap_mapping(r, 0, UINT64_MAX, even_cows);
	return !hs_mapping_alive(r->self, mapping) || mm_differs(r->w, "a dead mapping is alive");
}

static bool mm_run_kill(struct mm_run *r)
{
	r->idle = !r->m->mapping[r->op->slot].alive;
	return r->idle || kill_mapping(r, r->op->number & 1);
}

/* Disable, invalidate, drain, remove; and all of it anew. */
static bool mm_run_renew_mapping(struct mm_run *r)
{
	struct mm_world *w = r->w;
	bool good;

	r->idle = mm_memory_is_held(w, r->op->slot);
	if (r->idle)
		return true;
	good = mm_moves_decide(r, w->mm[0]) && mm_moves_decide(r, w->mm[1]) &&
	       (!r->m->mapping[r->op->slot].alive || kill_mapping(r, false));
	r->done = true;
	for (uint32_t at = 0; good && at < MODEL_PLACES; at++) {
		const struct model_vma *v = &r->m->place[at].vma;
		uint32_t end;

		if (!v->mapped || v->mapping != r->op->slot)
			continue;
		end = model_vma(r->m, at).end;
		model_munmap(r->m, at, end);
		if (hs_munmap(r->self, mm_of(w, at), mm_addr(w, at), mm_end(w, end)))
			good = mm_differs(w, "a VMA cannot be unmapped");
	}
	return good && mm_memory_end(w, r->op->slot) &&
	       mm_memory_make(w, r->op->slot, r->op->number & 0x18);
}

/* The owner takes its page away: by a CPU's fault, where one can bring it back, or by a zap. */
static void evict(struct mm_run *r, uint32_t at)
{
	struct hs_mm *mm = mm_of(r->w, at);
	struct hs_invalidation inv = {
		.start = mm_addr(r->w, at),
		.end = mm_end(r->w, at + 1),
		.event = HS_INVALIDATE_MIGRATE,
		.owner = r->w->pgmap[MODEL_PRIVATE_0 + r->op->slot],
		.blockable = true,
	};

	if (r->m->place[at].entry.what == MODEL_PRIVATE && r->op->number & 1 &&
	    !model_access(r->m, at, false)) {
		hs_cpu_access(r->self, mm, inv.start, false, NULL);
		return;
	}
	model_clear(r->m, at);
	hs_zap_range_event(r->self, mm, &inv);
}

static bool mm_run_renew_pool(struct mm_run *r)
{
	uint32_t memory = MODEL_PRIVATE_0 + r->op->slot;

	r->idle = mm_memory_is_held(r->w, memory);
	r->done = !r->idle;
	if (r->idle)
		return true;
	for (uint32_t at = 0; at < MODEL_PLACES; at++) {
		uint32_t object = r->m->place[at].entry.object;

		if (object && r->m->object[object].memory == memory)
			evict(r, at);
	}
	return mm_memory_end(r->w, memory) && mm_memory_make(r->w, memory, 0);
}

/* Migrations that were decided, and holds, outlive the address space. */
static bool mm_run_renew_space(struct mm_run *r)
{
	uint32_t mm = r->op->slot, first = mm * MODEL_PAGES;

	if (!mm_moves_decide(r, r->w->mm[mm]))
		return false;
	r->done = true;
	model_zap(r->m, first, first + MODEL_PAGES);
	for (uint32_t at = first; at < first + MODEL_PAGES; at++)
		r->m->place[at].vma = (struct model_vma){ 0 };
	mm_space_end(r->w, mm);
	return mm_space_make(r->w, mm);
}

/* ---- all of them ----------------------------------------------------------------------------- */

const struct mm_row mm_rows[MM_OP_CODES] = {
#define X(name, words, function, with, kinds) { words, mm_run_##function, with, kinds },
	MM_OPS(X)
#undef X
};

const char *const mm_kind_names[MM_KIND_COUNT] = { "gap",      "anon rw", "anon ro",
						   "none",     "pfnmap",  "dax shr",
						   "dax priv", "dev dax", "p2pdma" };

void mm_op_print(FILE *to, const struct mm_op *op)
{
	static const char *const wrongs[] = { "", "misaligned, ", "empty, " };
	uint32_t page = op->at % MODEL_PAGES;

	fprintf(to,
		"%-22s mm %u pages %u to %u, aimed at %s, slot %u, %s0x%" PRIx32 " 0x%" PRIx64 "\n",
		mm_rows[op->code].words, op->at / MODEL_PAGES, page, page + op->count,
		mm_kind_names[op->kind], op->slot, wrongs[op->wrong], op->number, op->seed);
}

enum mm_kind mm_kind_of(const struct mm_world *w, uint32_t at)
{
	const struct model_vma *v = &w->model.place[at].vma;

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

/* The operation waits for the mmap lock until it has it for write. */
static bool writes_vmas(uint32_t code)
{
	return code <= MM_OP_SET_GATE;
}

/* Whether the page is being migrated: which column of mm_counts.between; or -1. */
static int between(const struct mm_world *w, uint32_t at)
{
	uint32_t object = w->model.place[at].entry.object;

	for (uint32_t i = 0; i < MM_MOVES; i++) {
		const struct mm_move *v = &w->move[i];
		bool here = at - v->model.first < v->model.count && !v->model.device;

		for (uint32_t n = 0; v->model.device && n < v->model.count; n++)
			here |= object && v->model.slot[n].src == object;
		if (v->stage != MM_FREE && here)
			return (v->stage == MM_DECIDED) + 2 * v->model.device;
	}
	return -1;
}

bool mm_op_run(struct mm_world *w, const struct mm_op *op, struct mm_counts *counts, bool all)
{
	const struct mm_row *row = &mm_rows[op->code];
	bool one_page = op->code >= MM_OP_SWAP_OUT && op->code < MM_OP_WALK_6_12 &&
			op->code != MM_OP_PROTNONE;
	struct mm_run r = {
		.w = w,
		.self = w->self,
		.m = &w->model,
		.op = op,
		.with = row->with,
		.mm = mm_of(w, op->at),
		.start = mm_addr(w, op->at),
		.at = op->at,
		.last = op->at + op->count,
		.column = op->code >= MM_OP_ALLOCATE || op->code == MM_OP_MOVE_DEVICE
				  ? op->kind
				  : mm_kind_of(w, op->at),
	};
	int stage;

	/* Of one page both wrongs are a misaligned address. */
	if (op->wrong == 1 || (op->wrong && one_page))
		r.start += 0x10;
	r.end = op->wrong == 2 ? r.start : mm_end(w, r.last);
	if ((op->code >= MM_OP_FAULT_READ && op->code <= MM_OP_CPU_WRITE) ||
	    (op->code >= MM_OP_WALK_6_12 && op->code < MM_OP_ALLOCATE)) {
		mm_learn_depth(w);
		before = w->model;
	}
	w->message[0] = 0;
	if (writes_vmas(op->code) && !mm_moves_decide(&r, r.mm))
		return false;
	stage = between(w, row->run == mm_run_let_go ? w->held[row->with][op->slot % MM_SLOTS].at
						     : op->at);
	if (!row->run(&r) || !mm_compare(w, all) || w->message[0])
		return false;
	if (!r.idle) {
		counts->calls[op->code][r.column]++;
		counts->done[op->code][r.column] += r.done;
		if (stage >= 0)
			counts->between[op->code][stage]++;
	}
	return true;
}
