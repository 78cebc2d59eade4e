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
#define UNHELD (1u << 30) /* nothing but the entry has a reference */

/* What must be there for the operation to be of use; 0: anything. */
static const uint32_t uses[MM_OP_CODES] = {
	[MM_OP_MIGRATION_START] = IS(PAGE) | IS(PRIVATE) | UNHELD,
	[MM_OP_SWAP_OUT] = IS(PAGE) | UNHELD,
	[MM_OP_EXCLUSIVE] = IS(PAGE),
	[MM_OP_PROTNONE] = IS(PAGE),
	[MM_OP_PIN] = IS(PAGE) | IS(PRIVATE) | IS(MIGRATION) | PROTNONE_TOO,
	[MM_OP_LOCK] = IS(PAGE) | IS(PRIVATE) | IS(MIGRATION) | PROTNONE_TOO,
	[MM_OP_MPROTECT] = IS(PAGE) | IS(ZERO) | IS(MIGRATION) | PROTNONE_TOO,
	[MM_OP_MOVE_FAULT] = IS(PRIVATE),
	[MM_OP_FAILURE] = IS(PAGE) | IS(DEVMAP),
	[MM_OP_INSERT_PRIVATE] = IS(NONE) | IS(ZERO) | PROTNONE_TOO,
	[MM_OP_INSERT_COHERENT] = IS(NONE) | IS(ZERO) | PROTNONE_TOO,
};

static const struct model_object *object_of(const struct draw *d, uint32_t at)
{
	return &d->w->model.object[d->w->model.place[at].entry.object];
}

static bool of_use(const struct draw *d, uint32_t at)
{
	const struct model_entry *e = &d->w->model.place[at].entry;
	uint32_t use = uses[d->op->code];

	if (use & UNHELD && object_of(d, at)->refs != 1)
		return false;
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

/* Such an entry, if there is any; one that is not held, to hold it. */
static void find_entry(struct draw *d, uint32_t kinds, enum reached_entry row)
{
	bool unheld = d->op->code == MM_OP_PIN || d->op->code == MM_OP_LOCK;
	uint32_t from = below(d, MODEL_PLACES);

	for (uint32_t n = 0; n < MODEL_PLACES; n++) {
		uint32_t at = (from + n) % MODEL_PLACES;

		if (!(kinds >> mm_kind_of(d->w, at) & 1) ||
		    model_entry_row(&d->w->model, at) != row ||
		    (unheld && object_of(d, at)->refs != 1))
			continue;
		d->op->at = (uint8_t)at;
		return;
	}
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
	op->number |= kind == MM_KIND_PFNMAP ? below(d, 3) << 11 : 0;
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

static bool is_move(uint32_t code)
{
	return code >= MM_OP_MOVE && code <= MM_OP_MOVE_END;
}

/* A migration that is at this stage. */
static bool find_move(struct draw *d, enum mm_stage stage, enum mm_kind kind)
{
	uint32_t from = below(d, MM_MOVES);
	bool found = false;

	for (uint32_t n = 0; n < MM_MOVES; n++) {
		uint32_t i = (from + n) % MM_MOVES;
		const struct mm_move *v = &d->w->move[i];

		if (v->stage != stage || (found && v->kind != kind))
			continue;
		d->op->slot = (uint8_t)i;
		found = true;
	}
	return found;
}

/* The begin of a migration if there is a slot, or the step that is to come. */
static void draw_step(struct draw *d, enum mm_kind kind)
{
	struct mm_op *op = d->op;

	if (op->code == MM_OP_MOVE_PAGES && find_move(d, MM_SET_UP, kind))
		return;
	if (op->code == MM_OP_MOVE_END && find_move(d, MM_DECIDED, kind))
		return;
	if (op->code > MM_OP_MOVE_DEVICE)
		op->code = MM_OP_MOVE;
	if (find_move(d, MM_FREE, kind))
		return;
	op->code = find_move(d, MM_SET_UP, kind) ? MM_OP_MOVE_PAGES : MM_OP_MOVE_END;
	if (op->code == MM_OP_MOVE_END)
		find_move(d, MM_DECIDED, kind);
}

/* Ranges end with the VMA, because others are refused. */
static void draw_move_range(struct draw *d)
{
	struct mm_op *op = d->op;
	uint32_t end = model_vma(&d->w->model, op->at).end;

	draw_count(d, MODEL_SLOTS);
	if (op->at + op->count > end && !one_in(d, 16))
		op->count = (uint8_t)(end - op->at);
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
	if (op->code == MM_OP_RENEW_SPACE)
		op->slot = (uint8_t)below(d, MODEL_MMS);
	else if (op->code == MM_OP_RENEW_POOL)
		op->slot = (uint8_t)below(d, MODEL_PGMAPS - MODEL_PRIVATE_0);
	else if (op->code == MM_OP_KILL_MAPPING && !d->w->model.mapping[op->slot].alive)
		op->code = MM_OP_RENEW_MAPPING;
	draw_count(d, 8);
}

/* False: there is no such VMA. */
static bool draw_place(struct draw *d, enum mm_kind kind)
{
	struct mm_op *op = d->op;

	if (ends_hold(op->code) && draw_end(d, kind)) {
		if (kind == MM_KIND_DAX_PRIVATE && one_in(d, 2))
			op->number = 0; /* a migration to private memory */
		return true;
	}
	if (!(!one_in(d, 4) && find(d, kind, true)) && !find(d, kind, false))
		return false;
	/* A setup is to meet each kind of entry, rare ones too. */
	if (op->code == MM_OP_MOVE && one_in(d, 6))
		find_entry(d, MM_ANON, ENTRY_COHERENT_PROTNONE);
	else if (op->code == MM_OP_MOVE && one_in(d, 2))
		find_entry(d, MM_ANON, (enum reached_entry)below(d, REACHED_ROWS));
	else if (op->code == MM_OP_MOVE_FAULT && one_in(d, 3))
		find_entry(d, 1u << MM_KIND_DAX_PRIVATE, ENTRY_PRIVATE);
	else if (op->code == MM_OP_MPROTECT && one_in(d, 3))
		find_entry(d, MM_ANON, one_in(d, 3) ? ENTRY_ZERO : ENTRY_COHERENT);
	else if (one_in(d, 3) &&
		 (op->code == MM_OP_PIN || (op->code == MM_OP_LOCK && one_in(d, 4))))
		find_entry(d, MM_ANON, ENTRY_COHERENT_PROTNONE);
	if (is_move(op->code))
		draw_move_range(d);
	else
		draw_count(d, op->code >= MM_OP_WALK_6_12 && one_in(d, 3) ? 20 : 6);
	if (is_move(op->code))
		draw_step(d, kind);
	else if (ends_hold(op->code + 1))
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
		[MM_OP_KILL_MAPPING] = 3,  [MM_OP_RENEW_MAPPING] = 3, [MM_OP_RENEW_POOL] = 4,
		[MM_OP_UNMAP_MAPPING] = 5, [MM_OP_UNMAP_COWS] = 3,    [MM_OP_MUNMAP] = 7,
		[MM_OP_RENEW_SPACE] = 1,
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
