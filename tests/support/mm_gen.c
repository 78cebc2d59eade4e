/* SPDX-License-Identifier: MIT */
/* Random operations that have a ground in the state that they are drawn in. */
#include "support/mm_ops.h"

struct draw {
	const struct mm_world *w;
	uint64_t *seed;
	struct mm_op *op;
};

static uint32_t below(const struct draw *d, uint32_t n)
{
	return (uint32_t)(mm_random(d->seed) % n);
}

static bool one_in(const struct draw *d, uint32_t n)
{
	return below(d, n) == 0;
}

static uint32_t leaf_pages(const struct draw *d)
{
	return 1u << d->w->g->order[d->w->model.mapping[MODEL_DEVICE_DAX].level];
}

/* ---- where --------------------------------------------------------------------------------- */

/* Is what is there of use to the operation? */
static bool of_use(const struct draw *d, uint32_t mm, uint32_t page)
{
	const struct model_entry *e = &d->w->model.mm[mm].entry[page];

	switch ((enum mm_op_code)d->op->code) {
	case MM_OP_MIGRATION_START:
		return (e->what == MODEL_PAGE && !e->protnone) || e->what == MODEL_PRIVATE;
	case MM_OP_SWAP_OUT:
	case MM_OP_EXCLUSIVE:
	case MM_OP_PROTNONE:
		return e->what == MODEL_PAGE && !e->protnone;
	case MM_OP_PIN:
		return e->what == MODEL_PAGE;
	case MM_OP_FAILURE:
		return (e->what == MODEL_PAGE || e->what == MODEL_DEVMAP) && !e->protnone;
	case MM_OP_INSERT_PRIVATE:
	case MM_OP_INSERT_COHERENT:
		return e->what == MODEL_NONE || e->what == MODEL_ZERO;
	default:
		return true;
	}
}

static bool find(struct draw *d, enum mm_kind kind, bool picky)
{
	uint32_t from = below(d, MODEL_MMS * MODEL_PAGES);

	for (uint32_t n = 0; n < MODEL_MMS * MODEL_PAGES; n++) {
		uint32_t i = (from + n) % (MODEL_MMS * MODEL_PAGES);
		uint32_t mm = i / MODEL_PAGES, page = i % MODEL_PAGES;

		if (mm_kind_of(d->w, mm, page) != kind || (picky && !of_use(d, mm, page)))
			continue;
		d->op->mm = (uint8_t)mm;
		d->op->page = (uint8_t)page;
		return true;
	}
	return false;
}

static void draw_count(struct draw *d, uint32_t most)
{
	uint32_t count = 1 + below(d, most), room = MODEL_PAGES - d->op->page;

	d->op->count = (uint8_t)(count < room ? count : room);
}

static void draw_wrong(struct draw *d)
{
	if (one_in(d, 24))
		d->op->wrong = (uint8_t)(1 + below(d, 2));
}

/* ---- what ---------------------------------------------------------------------------------- */

static uint32_t mapping_of(const struct draw *d, enum mm_kind kind)
{
	switch (kind) {
	case MM_KIND_DAX_SHARED:
	case MM_KIND_DAX_PRIVATE:
		return one_in(d, 2) ? MODEL_FILE_0 : MODEL_FILE_1;
	case MM_KIND_DEVICE_DAX:
		return MODEL_DEVICE_DAX;
	case MM_KIND_P2PDMA:
		return MODEL_P2P;
	default:
		return MODEL_ANON;
	}
}

static void draw_munmap(struct draw *d)
{
	d->op->code = MM_OP_MUNMAP;
	d->op->mm = (uint8_t)below(d, MODEL_MMS);
	d->op->page = (uint8_t)below(d, MODEL_PAGES);
	draw_count(d, 16);
}

static void draw_mmap(struct draw *d, enum mm_kind kind)
{
	struct mm_op *op = d->op;
	uint64_t pgoff;

	op->code = MM_OP_MMAP;
	op->kind = (uint8_t)kind;
	if (one_in(d, 40)) {
		op->mm = (uint8_t)below(d, MODEL_MMS);
		op->page = (uint8_t)below(d, MODEL_PAGES);
	} else if (!find(d, MM_KIND_GAP, false)) {
		draw_munmap(d);
		return;
	}
	draw_count(d, 8);
	op->slot = (uint8_t)mapping_of(d, kind);
	pgoff = one_in(d, 2) ? op->page : below(d, MODEL_FILE_PAGES + 4);
	if (kind == MM_KIND_DEVICE_DAX && !one_in(d, 16)) {
		op->page = (uint8_t)(op->page & ~(leaf_pages(d) - 1));
		op->count = (uint8_t)((op->count + leaf_pages(d) - 1) & ~(leaf_pages(d) - 1));
		pgoff &= ~(uint64_t)(leaf_pages(d) - 1);
	}
	op->number = (uint32_t)pgoff;
	if (op->slot != MODEL_ANON && one_in(d, 16))
		op->number |= 0x100;
	if (one_in(d, 4))
		op->number |= 0x200;
	if (one_in(d, 2))
		op->number |= 0x400;
	draw_wrong(d);
}

static uint32_t draw_access(struct draw *d)
{
	static const uint32_t access[] = { HS_VM_READ | HS_VM_WRITE, HS_VM_READ | HS_VM_WRITE,
					   HS_VM_READ, 0 };

	if (one_in(d, 40))
		return HS_VM_SHARED;
	return one_in(d, 3) ? below(d, 8) : access[below(d, 4)];
}

/* The end of something that was begun on such a VMA; otherwise its begin. */
static bool draw_held(struct draw *d, const struct mm_held *slots, enum mm_kind kind,
		      enum mm_op_code begin)
{
	uint32_t from = below(d, MM_SLOTS);

	for (uint32_t n = 0; n < MM_SLOTS; n++) {
		uint32_t i = (from + n) % MM_SLOTS;

		d->op->slot = (uint8_t)i;
		if (slots[i].used && slots[i].kind == kind)
			return true;
	}
	for (uint32_t i = 0; i < MM_SLOTS; i++)
		if (!slots[i].used) {
			d->op->code = (uint8_t)begin;
			d->op->slot = (uint8_t)i;
			return false;
		}
	return true; /* whatever it is */
}

static void draw_slot(struct draw *d, const struct mm_held *slots, enum mm_op_code end)
{
	for (uint32_t i = 0; i < MM_SLOTS; i++)
		if (!slots[i].used) {
			d->op->slot = (uint8_t)i;
			return;
		}
	d->op->code = (uint8_t)end;
	d->op->slot = (uint8_t)below(d, MM_SLOTS);
}

static void draw_mapping_op(struct draw *d, enum mm_kind kind)
{
	struct mm_op *op = d->op;

	op->slot = (uint8_t)mapping_of(d, kind);
	if (op->code == MM_OP_RENEW_POOL)
		op->slot = (uint8_t)below(d, MODEL_POOLS);
	else if (op->code == MM_OP_KILL_MAPPING && !d->w->model.mapping[op->slot].alive)
		op->code = MM_OP_RENEW_MAPPING;
	draw_count(d, 8);
}

/* The third part of it: who is it for, and where? False: there is no such VMA. */
static bool draw_place(struct draw *d, enum mm_kind kind)
{
	struct mm_op *op = d->op;

	if (op->code == MM_OP_MIGRATION_END &&
	    draw_held(d, d->w->migration, kind, MM_OP_MIGRATION_START))
		return true;
	if (op->code == MM_OP_RELEASE && draw_held(d, d->w->exclusive, kind, MM_OP_EXCLUSIVE))
		return true;
	if (op->code == MM_OP_UNPIN && draw_held(d, d->w->pin, kind, MM_OP_PIN))
		return true;
	if (!(!one_in(d, 4) && find(d, kind, true)) && !find(d, kind, false))
		return false;
	draw_count(d, op->code >= MM_OP_WALK_6_12 && one_in(d, 3) ? 20 : 6);
	switch ((enum mm_op_code)op->code) {
	case MM_OP_MIGRATION_START:
		draw_slot(d, d->w->migration, MM_OP_MIGRATION_END);
		break;
	case MM_OP_EXCLUSIVE:
		draw_slot(d, d->w->exclusive, MM_OP_RELEASE);
		break;
	case MM_OP_PIN:
		draw_slot(d, d->w->pin, MM_OP_UNPIN);
		break;
	case MM_OP_MPROTECT:
		op->number = draw_access(d);
		break;
	default:
		op->slot = (uint8_t)below(d, 4);
		break;
	}
	draw_wrong(d);
	return true;
}

static enum mm_op_code draw_code(const struct draw *d)
{
	/* What takes everything away is rare. */
	static const uint8_t weights[MM_OP_CODES] = {
		[MM_OP_KILL_MAPPING] = 2,  [MM_OP_RENEW_MAPPING] = 3, [MM_OP_RENEW_POOL] = 2,
		[MM_OP_UNMAP_MAPPING] = 5, [MM_OP_UNMAP_COWS] = 3,    [MM_OP_MUNMAP] = 7,
	};
	uint32_t at = below(d, 10 * MM_OP_CODES), code = at / 10;

	if (weights[code] && at % 10 >= weights[code])
		code = one_in(d, 2) ? MM_OP_CPU_WRITE : MM_OP_FAULT_WRITE;
	return (enum mm_op_code)code;
}

void mm_op_draw(const struct mm_world *w, uint64_t *seed, struct mm_op *op)
{
	struct draw d = { w, seed, op };
	enum mm_kind kind;

	*op = (struct mm_op){ .code = (uint8_t)draw_code(&d), .count = 1 };
	do
		kind = (enum mm_kind)below(&d, MM_KIND_COUNT);
	while (mm_op_impossible((enum mm_op_code)op->code, kind));
	op->kind = (uint8_t)kind;
	op->number = (uint32_t)mm_random(seed);
	op->seed = mm_random(seed);
	if (op->code == MM_OP_MMAP)
		draw_mmap(&d, kind);
	else if (op->code >= MM_OP_ALLOCATE)
		draw_mapping_op(&d, kind);
	else if (!draw_place(&d, kind) && kind != MM_KIND_GAP)
		draw_mmap(&d, kind);
	else if (kind == MM_KIND_GAP && mm_kind_of(w, op->mm, op->page) != MM_KIND_GAP)
		draw_munmap(&d);
}
