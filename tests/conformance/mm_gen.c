/* SPDX-License-Identifier: MIT */
/* Random operations that have a ground in the state that they are drawn in. */
#include "conformance/mm_ops.h"

struct draw {
	const struct mm_world *w;
	uint64_t *seed;
	struct mm_op *op;
};

static uint32_t below(const struct draw *d, uint32_t n)
{
	return (uint32_t)(hs_random_next(d->seed) % n);
}

static bool one_in(const struct draw *d, uint32_t n)
{
	return below(d, n) == 0;
}

/* ---- where --------------------------------------------------------------------------------- */

#define IS(what) (1u << MODEL_##what)
#define PROTNONE_TOO (1u << 31)

/* What must be there for the operation to be of use; 0: anything. */
static const uint32_t uses[MM_OP_CODES] = {
	[MM_OP_MIGRATION_START] = IS(PAGE) | IS(PRIVATE),
	[MM_OP_SWAP_OUT] = IS(PAGE),
	[MM_OP_EXCLUSIVE] = IS(PAGE),
	[MM_OP_PROTNONE] = IS(PAGE),
	[MM_OP_PIN] = IS(PAGE) | PROTNONE_TOO,
	[MM_OP_FAILURE] = IS(PAGE) | IS(DEVMAP),
	[MM_OP_INSERT_PRIVATE] = IS(NONE) | IS(ZERO) | PROTNONE_TOO,
	[MM_OP_INSERT_COHERENT] = IS(NONE) | IS(ZERO) | PROTNONE_TOO,
};

static bool of_use(const struct draw *d, uint32_t at)
{
	const struct model_entry *e = &d->w->model.place[at].entry;
	uint32_t use = uses[d->op->code];

	return !use || (use & 1u << e->what && (use & PROTNONE_TOO || !e->protnone));
}

static bool find(struct draw *d, enum mm_kind kind, bool picky)
{
	uint32_t from = below(d, MODEL_PLACES);

	for (uint32_t n = 0; n < MODEL_PLACES; n++) {
		uint32_t at = (from + n) % MODEL_PLACES;

		if (mm_kind_of(d->w, at) != kind || (picky && !of_use(d, at)))
			continue;
		d->op->at = (uint8_t)at;
		return true;
	}
	return false;
}

static void draw_count(struct draw *d, uint32_t most)
{
	uint32_t count = 1 + below(d, most), room = MODEL_PAGES - d->op->at % MODEL_PAGES;

	d->op->count = (uint8_t)(count < room ? count : room);
}

static void draw_anywhere(struct draw *d)
{
	uint32_t mm = below(d, MODEL_MMS);

	d->op->at = (uint8_t)(mm * MODEL_PAGES + below(d, MODEL_PAGES));
}

static void draw_wrong(struct draw *d)
{
	if (one_in(d, 24))
		d->op->wrong = (uint8_t)(1 + below(d, 2));
}

/* ---- what ---------------------------------------------------------------------------------- */

static uint8_t draw_mapping(const struct draw *d, enum mm_kind kind)
{
	if (kind == MM_KIND_DAX_SHARED || kind == MM_KIND_DAX_PRIVATE)
		return one_in(d, 2) ? MODEL_FILE_0 : MODEL_FILE_1;
	if (kind == MM_KIND_DEVICE_DAX)
		return MODEL_DEVICE_DAX;
	return kind == MM_KIND_P2PDMA ? MODEL_P2P : MODEL_ANON;
}

static void draw_munmap(struct draw *d)
{
	d->op->code = MM_OP_MUNMAP;
	draw_anywhere(d);
	draw_count(d, 16);
}

static void draw_mmap(struct draw *d, enum mm_kind kind)
{
	const struct mm_world *w = d->w;
	uint32_t leaf = (1u << w->model.g->order[w->model.mapping[MODEL_DEVICE_DAX].level]) - 1;
	struct mm_op *op = d->op;

	op->code = MM_OP_MMAP;
	op->kind = (uint8_t)kind;
	if (one_in(d, 40)) {
		draw_anywhere(d);
	} else if (!find(d, MM_KIND_GAP, false)) {
		draw_munmap(d);
		return;
	}
	draw_count(d, 8);
	op->slot = draw_mapping(d, kind);
	op->number = one_in(d, 2) ? op->at % MODEL_PAGES : below(d, MODEL_FILE_PAGES + 4);
	if (kind == MM_KIND_DEVICE_DAX && !one_in(d, 16)) {
		op->at = (uint8_t)(op->at & ~leaf);
		op->count = (uint8_t)((op->count + leaf) & ~leaf);
		op->number &= ~leaf;
	}
	op->number |= op->slot != MODEL_ANON && one_in(d, 16) ? 0x100 : 0;
	op->number |= one_in(d, 4) ? 0x200 : 0;
	op->number |= one_in(d, 2) ? 0x400 : 0;
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

static bool ends_hold(uint32_t code)
{
	return mm_rows[code].run == mm_rows[MM_OP_UNPIN].run;
}

/* A free slot. False: there is none. */
static bool find_slot(struct draw *d, const struct mm_held *slots)
{
	uint32_t i = 0;

	while (i < MM_SLOTS && slots[i].used)
		i++;
	if (i < MM_SLOTS)
		d->op->slot = (uint8_t)i;
	return i < MM_SLOTS;
}

/* The end of a hold that was begun on such a VMA; otherwise the begin of one: false. */
static bool draw_end(struct draw *d, enum mm_kind kind)
{
	const struct mm_held *slots = d->w->held[mm_rows[d->op->code].with];
	uint32_t from = below(d, MM_SLOTS);

	for (uint32_t n = 0; n < MM_SLOTS; n++) {
		uint32_t i = (from + n) % MM_SLOTS;

		d->op->slot = (uint8_t)i;
		if (slots[i].used && slots[i].kind == kind)
			return true;
	}
	if (!find_slot(d, slots))
		return true; /* of whatever kind it is */
	d->op->code--;
	return false;
}

/* The begin of a hold, or the end of one if there is no slot left. */
static void draw_begin(struct draw *d)
{
	if (find_slot(d, d->w->held[mm_rows[d->op->code].with]))
		return;
	d->op->code++;
	d->op->slot = (uint8_t)below(d, MM_SLOTS);
}

static void draw_mapping_op(struct draw *d, enum mm_kind kind)
{
	struct mm_op *op = d->op;

	op->slot = draw_mapping(d, kind);
	if (op->code == MM_OP_RENEW_POOL)
		op->slot = (uint8_t)below(d, MODEL_PGMAPS - MODEL_PRIVATE_0);
	else if (op->code == MM_OP_KILL_MAPPING && !d->w->model.mapping[op->slot].alive)
		op->code = MM_OP_RENEW_MAPPING;
	draw_count(d, 8);
}

/* False: there is no such VMA. */
static bool draw_place(struct draw *d, enum mm_kind kind)
{
	struct mm_op *op = d->op;

	if (ends_hold(op->code) && draw_end(d, kind))
		return true;
	if (!(!one_in(d, 4) && find(d, kind, true)) && !find(d, kind, false))
		return false;
	draw_count(d, op->code >= MM_OP_WALK_6_12 && one_in(d, 3) ? 20 : 6);
	if (ends_hold(op->code + 1))
		draw_begin(d);
	else if (op->code == MM_OP_MPROTECT)
		op->number = draw_access(d);
	else
		op->slot = (uint8_t)below(d, 4);
	draw_wrong(d);
	return true;
}

static uint8_t draw_code(const struct draw *d)
{
	/* What takes everything away is rare. */
	static const uint8_t weights[MM_OP_CODES] = {
		[MM_OP_KILL_MAPPING] = 2,  [MM_OP_RENEW_MAPPING] = 3, [MM_OP_RENEW_POOL] = 2,
		[MM_OP_UNMAP_MAPPING] = 5, [MM_OP_UNMAP_COWS] = 3,    [MM_OP_MUNMAP] = 7,
	};
	uint32_t at = below(d, 10 * MM_OP_CODES), code = at / 10;

	if (weights[code] && at % 10 >= weights[code])
		code = one_in(d, 2) ? MM_OP_CPU_WRITE : MM_OP_FAULT_WRITE;
	return (uint8_t)code;
}

void mm_op_draw(const struct mm_world *w, uint64_t *seed, struct mm_op *op)
{
	struct draw d = { w, seed, op };
	enum mm_kind kind;

	*op = (struct mm_op){ .code = draw_code(&d), .count = 1 };
	do
		kind = (enum mm_kind)below(&d, MM_KIND_COUNT);
	while (!(mm_rows[op->code].kinds & 1u << kind));
	op->kind = (uint8_t)kind;
	op->number = (uint32_t)hs_random_next(seed);
	op->seed = hs_random_next(seed);
	if (op->code == MM_OP_MMAP)
		draw_mmap(&d, kind);
	else if (op->code >= MM_OP_ALLOCATE)
		draw_mapping_op(&d, kind);
	else if (!draw_place(&d, kind) && kind != MM_KIND_GAP)
		draw_mmap(&d, kind);
	else if (kind == MM_KIND_GAP && mm_kind_of(w, op->at) != MM_KIND_GAP)
		draw_munmap(&d);
}
