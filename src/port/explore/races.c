/* SPDX-License-Identifier: MIT */
/*
 * races.c (explore) - notes of accesses, and what they show
 */
#include "port/explore/races.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hmmsim/races.h>

#include "port/explore/arena.h"
#include "port/explore/sched.h"

#define RACES_CELL 8u
#define RACES_NAME 96
#define RACES_SIDE 192

enum races_kind {
	RACES_READ,
	RACES_WRITE,
	RACES_WORD_READ,
	RACES_WORD_WRITE,
};

/* An access of which some bytes lie in a cell. */
struct races_note {
	uintptr_t addr;
	const char *place; /* of the task's step before it, or of the word's */
	size_t size;
	uint32_t next; /* of the cell; 0: none */
	uint32_t part; /* of the task (clocks.h) */
	uint32_t held; /* the first of its locks */
	uint8_t held_count;
	uint8_t task;
	uint8_t kind;  /* enum races_kind */
	uint8_t bytes; /* of the cell: a mask */
	bool placed;   /* .place is its own */
};

/* A note with which executions begin. */
struct races_first {
	uintptr_t cell;
	struct races_note note;
};

struct hs_races {
	bool failed;
	struct hs_keys cell;	 /* by address / 8: the first note */
	struct races_note *note; /* number 0 is none */
	uint32_t count, room;
	struct hs_held *held; /* locks that notes name */
	uint32_t held_count, held_room;
	struct races_first *first;
	uint32_t first_count, first_room, first_held;
};

static bool races_reported;

/* hs_races_watch() */
static struct {
	void (*fn)(void *ctx, const struct hs_races_side *first,
		   const struct hs_races_side *second);
	void *ctx;
} races_watch;

/* ---- making and ending ------------------------------------------------------------------- */

void hs_races_report(void)
{
	races_reported = true;
}

bool hs_races_are_reported(void)
{
	return races_reported;
}

void hs_races_watch(void (*fn)(void *ctx, const struct hs_races_side *first,
			       const struct hs_races_side *second),
		    void *ctx)
{
	races_watch.fn = fn;
	races_watch.ctx = ctx;
}

bool hs_races_are_watched(void)
{
	return races_watch.fn;
}

int hs_races_begin(struct hs_sched *s)
{
	int ret = hs_clocks_begin(s);

	if (ret)
		return ret;
	s->races = calloc(1, sizeof(*s->races));
	if (!s->races) {
		hs_clocks_end(s);
		return -ENOMEM;
	}
	s->races->count = 1;
	hs_keys_reset(&s->races->cell);
	return 0;
}

void hs_races_end(struct hs_sched *s)
{
	struct hs_races *r = s->races;

	hs_clocks_end(s);
	if (!r)
		return;
	s->races = NULL;
	hs_keys_free(&r->cell);
	free(r->note);
	free(r->held);
	free(r->first);
	free(r);
}

void hs_races_drop(struct hs_sched *s)
{
	hs_races_end(s);
	for (uint32_t i = 1; i < s->tasks; i++)
		s->task[i].followed = s->task[i].weak;
}

bool hs_races_failed(const struct hs_sched *s)
{
	return s->races && (s->races->failed || s->clocks->failed);
}

static bool races_grow(struct hs_races *r, void *list, uint32_t *room, uint32_t need, size_t size)
{
	r->failed |= !hs_grow(list, room, need, size);
	return !r->failed;
}

/* ---- where executions begin -------------------------------------------------------------- */

static void races_keep_cell(struct hs_races *r, const struct hs_keys_slot *slot)
{
	for (uint32_t i = slot->number; i; i = r->note[i].next) {
		if (!races_grow(r, &r->first, &r->first_room, r->first_count + 1,
				sizeof(*r->first)))
			return;
		r->first[r->first_count++] = (struct races_first){ slot->key, r->note[i] };
	}
}

void hs_races_stand(struct hs_sched *s)
{
	struct hs_races *r = s->races;

	hs_clocks_stand(s);
	r->first_count = 0;
	r->first_held = r->held_count;
	for (uint32_t i = 0; i < r->cell.slots; i++)
		if (r->cell.slot[i].age == r->cell.age)
			races_keep_cell(r, &r->cell.slot[i]);
}

/* Number of a new note of the cell. 0: no memory. */
static uint32_t races_add(struct hs_races *r, uint32_t *cell, const struct races_note *note)
{
	if (!races_grow(r, &r->note, &r->room, r->count + 1, sizeof(*r->note)))
		return 0;
	r->note[r->count] = *note;
	r->note[r->count].next = *cell;
	*cell = r->count;
	return r->count++;
}

void hs_races_reset(struct hs_sched *s)
{
	struct hs_races *r = s->races;

	hs_clocks_reset(s);
	hs_keys_reset(&r->cell);
	r->count = 1;
	r->held_count = r->first_held;
	for (uint32_t i = 0; i < r->first_count; i++) {
		uint32_t *cell = hs_keys_add(&r->cell, r->first[i].cell);

		r->failed |= !cell;
		if (cell)
			races_add(r, cell, &r->first[i].note);
	}
}

/* ---- what is accessed -------------------------------------------------------------------- */

bool hs_races_find_object(const struct hs_sched *s, uintptr_t addr, struct hs_races_object *o)
{
	o->birth = hs_births_find(&s->births, addr);
	if (o->birth) {
		bool head = o->birth->kind == HS_KIND_TRACKED;

		o->start = o->birth->start + (head ? HS_TRACKED_HEAD : 0);
		o->end = o->birth->start + o->birth->size;
		return addr >= o->start;
	}
	for (o->data = 0; o->data < s->data_count; o->data++) {
		o->start = (uintptr_t)s->data[o->data].start;
		o->end = o->start + s->data[o->data].size;
		if (addr - o->start < o->end - o->start)
			return true;
	}
	return false;
}

/* The author's own name, or "request 0+0x8". */
static void races_name(const struct hs_sched *s, const struct hs_races_object *o, uintptr_t addr,
		       char text[RACES_NAME])
{
	const struct hs_birth *b = o->birth;
	bool foreign = !b && o->data < s->foreign_count;
	const char *kind = foreign ? "foreign data" : "named data";
	uint32_t number = b	    ? hs_births_number(&s->births, b)
			  : foreign ? o->data
				    : o->data - s->foreign_count;
	const struct hs_label *label = hs_label_of(s, addr);

	if (label) {
		hs_label_print(label, addr, text, RACES_NAME);
		return;
	}
	if (b)
		kind = b->name ? b->name : hs_kind_name((enum hs_kind)b->kind);
	if (b && b->kind == HS_KIND_SCENARIO)
		snprintf(text, RACES_NAME, "%s+0x%zx", kind, (size_t)(addr - o->start));
	else
		snprintf(text, RACES_NAME, "%s %u+0x%zx", kind, number, (size_t)(addr - o->start));
}

/* ---- verdicts ---------------------------------------------------------------------------- */

static const char *races_kind_name(enum races_kind kind)
{
	static const char *const names[] = {
		[RACES_READ] = "plain read",
		[RACES_WRITE] = "plain write",
		[RACES_WORD_READ] = "read of a word",
		[RACES_WORD_WRITE] = "write of a word",
	};

	return names[kind];
}

/* "plain write of 4 bytes at request 0+0x8 by one after pump.c:12, with the queue lock held". */
static void races_describe(const struct hs_sched *s, const struct hs_races_object *o,
			   const struct races_note *n, char text[RACES_SIDE])
{
	const struct hs_task *t = &s->task[n->task];
	char name[RACES_NAME];
	int used;

	races_name(s, o, n->addr, name);
	used = snprintf(text, RACES_SIDE, "%s of %zu bytes at %s by %s %s %s",
			races_kind_name((enum races_kind)n->kind), n->size, name, t->name,
			n->kind >= RACES_WORD_READ || n->placed ? "at" : "after",
			n->place ? n->place : "its start");
	for (uint32_t i = 0; i < n->held_count && used < RACES_SIDE; i++)
		used += snprintf(text + used, RACES_SIDE - (size_t)used, "%s the %s",
				 i ? "," : ", with",
				 hs_lock_name(t, s->races->held[n->held + i].cls));
	if (n->held_count && used < RACES_SIDE)
		snprintf(text + used, RACES_SIDE - (size_t)used, " held");
}

static void races_report_pair(struct hs_sched *s, const struct hs_races_object *o,
			      const struct races_note *earlier, const struct races_note *later)
{
	char first[RACES_SIDE], second[RACES_SIDE];

	races_describe(s, o, earlier, first);
	races_describe(s, o, later, second);
	hs_sched_violation(s, HS_VERDICT_RACE, "%s; %s: nothing orders them", first, second);
}

static struct hs_races_side races_side(const struct hs_sched *s, const struct races_note *n)
{
	return (struct hs_races_side){
		.place = n->place ? n->place : "its start",
		.task = s->task[n->task].name,
		.addr = n->addr,
		.size = n->size,
		.plain = n->kind <= RACES_WRITE,
		.writes = n->kind == RACES_WRITE || n->kind == RACES_WORD_WRITE,
	};
}

/* The access @n of a step races. False: it is no step, but a finding. */
static bool races_tell_pair(const struct hs_sched *s, const struct hs_races_object *o,
			    const struct races_note *earlier, const struct races_note *later)
{
	struct hs_races_side first, second;
	uintptr_t end = later->addr + 1;

	if (hs_plains_mode(s, o->birth, later->addr, &end) != HS_PLAIN_STEPS)
		return false;
	if (races_watch.fn) {
		first = races_side(s, earlier);
		second = races_side(s, later);
		races_watch.fn(races_watch.ctx, &first, &second);
	}
	return true;
}

static void races_report_allocation(struct hs_sched *s, const struct hs_races_object *o,
				    const struct races_note *n)
{
	char text[RACES_SIDE];

	races_describe(s, o, n, text);
	hs_sched_violation(s, HS_VERDICT_RACE,
			   "%s; its allocation by %s at %s: nothing orders them", text,
			   s->task[o->birth->maker].name, o->birth->allocated);
}

/* Another task frees the object in the step @free, and the access @n could come after that. */
static void races_report_free(struct hs_task *free, const struct hs_races_object *o,
			      const struct races_note *n)
{
	char text[RACES_SIDE];

	races_describe(free->sched, o, n, text);
	hs_sched_violation(free->sched, HS_VERDICT_FREED,
			   "%s; its free by %s at %s: nothing orders them (allocated at %s)", text,
			   free->name, free->op.where ? free->op.where : "?", o->birth->allocated);
}

/* Of one that is told, and noted nowhere. */
static const char *races_access_name(enum hs_races_access access)
{
	static const char *const names[] = {
		[HS_RACES_READ] = "plain read",
		[HS_RACES_WRITE] = "plain write",
		[HS_RACES_ATOMIC] = "atomic access",
		[HS_RACES_VOLATILE_READ] = "volatile read",
		[HS_RACES_VOLATILE_WRITE] = "volatile write",
	};

	return names[access];
}

void hs_races_report_dead(struct hs_task *t, const void *data, size_t size,
			  enum hs_races_access access, const char *where)
{
	struct hs_sched *s = t->sched;
	const struct hs_birth *b = hs_births_find(&s->births, (uintptr_t)data);
	const char *place = where ? where : t->place ? t->place : "its start";
	const char *after = where ? "at" : "after";
	const char *kind = races_access_name(access);
	struct hs_races_object o;
	char name[RACES_NAME];

	if (!b || !b->freed || !hs_races_find_object(s, (uintptr_t)data, &o)) {
		hs_sched_violation(s, HS_VERDICT_FREED,
				   "%s %s: %s of %zu bytes of an object that %s (task %s)", after,
				   place, kind, size, b ? "is freed" : "was never allocated",
				   t->name);
		return;
	}
	races_name(s, &o, (uintptr_t)data, name);
	hs_sched_violation(s, HS_VERDICT_FREED,
			   "%s %s: %s of %zu bytes at %s, which is freed (task %s): from %s, "
			   "freed at %s by %s",
			   after, place, kind, size, name, t->name, b->allocated, b->freed,
			   s->task[b->freer].name);
}

void hs_races_report_wild(struct hs_task *t, uintptr_t addr, size_t size,
			  enum hs_races_access access, const char *where)
{
	hs_sched_violation(t->sched, HS_VERDICT_FREED,
			   "%s %s: %s of %zu bytes at address %#llx, where no object is (task %s)",
			   where ? "at" : "after",
			   where      ? where
			   : t->place ? t->place
				      : "its start",
			   races_access_name(access), size, (unsigned long long)addr, t->name);
}

/* ---- cells ------------------------------------------------------------------------------- */

static bool races_conflict(enum races_kind a, enum races_kind b)
{
	bool writes = a == RACES_WRITE || a == RACES_WORD_WRITE || b == RACES_WRITE ||
		      b == RACES_WORD_WRITE;

	return writes && (a <= RACES_WRITE || b <= RACES_WRITE);
}

static bool races_is_against(const struct hs_task *t, const struct races_note *other,
			     const struct races_note *n)
{
	return other->bytes & n->bytes &&
	       races_conflict((enum races_kind)other->kind, (enum races_kind)n->kind) &&
	       !hs_clocks_ordered(t, other->task, other->part);
}

/* Tells each note of the cell with which @n races. False: one is a verdict. */
static bool races_look(const struct hs_task *t, const struct hs_races_object *o, uint32_t cell,
		       const struct races_note *n)
{
	const struct hs_races *r = t->sched->races;

	for (uint32_t i = cell; i; i = r->note[i].next) {
		const struct races_note *other = &r->note[i];

		if (!races_is_against(t, other, n) || races_tell_pair(t->sched, o, other, n))
			continue;
		races_report_pair(t->sched, o, other, n);
		return false;
	}
	return true;
}

/* Puts @n in the place of what it follows. */
static void races_note_cell(struct hs_races *r, uint32_t *cell, const struct races_note *n)
{
	struct races_note *free = NULL;

	for (uint32_t i = *cell; i; i = r->note[i].next) {
		struct races_note *other = &r->note[i];

		if (other->task != n->task || other->kind != n->kind)
			continue;
		other->bytes &= (uint8_t)~n->bytes;
		if (!other->bytes)
			free = other;
	}
	if (free) {
		uint32_t next = free->next;

		*free = *n;
		free->next = next;
	} else {
		races_add(r, cell, n);
	}
}

/* Which bytes of the cell at @at lie between @start and @end. */
static uint8_t races_bytes(uintptr_t at, uintptr_t start, uintptr_t end)
{
	uint32_t first = start > at ? (uint32_t)(start - at) : 0;
	uint32_t after = end < at + RACES_CELL ? (uint32_t)(end - at) : RACES_CELL;

	return (uint8_t)((0xffu << first) & (0xffu >> (RACES_CELL - after)));
}

/* Looks at each cell of the access, and notes it. False: there is a verdict now. */
static bool races_take(struct hs_task *t, const struct hs_races_object *o, struct races_note *n)
{
	struct hs_races *r = t->sched->races;
	uintptr_t end = o->end - n->addr < n->size ? o->end : n->addr + n->size;

	for (uintptr_t at = n->addr & ~(uintptr_t)(RACES_CELL - 1); at < end; at += RACES_CELL) {
		uint32_t *cell = hs_keys_add(&r->cell, at / RACES_CELL);

		if (!cell) {
			r->failed = true;
			return true;
		}
		n->bytes = races_bytes(at, n->addr, end);
		if (!races_look(t, o, *cell, n))
			return false;
		races_note_cell(r, cell, n);
	}
	return true;
}

/* ---- accesses ---------------------------------------------------------------------------- */

/* The locks that @t holds, which its last note may name already. */
static void races_note_held(struct hs_task *t, struct races_note *n)
{
	struct hs_races *r = t->sched->races;
	uint32_t count = t->held_count, from = r->held_count - count;

	n->held_count = (uint8_t)count;
	n->held = from;
	if (!count ||
	    (r->held_count >= count && !memcmp(r->held + from, t->held, count * sizeof(*t->held))))
		return;
	n->held = r->held_count;
	if (races_grow(r, &r->held, &r->held_room, r->held_count + count, sizeof(*r->held))) {
		memcpy(r->held + r->held_count, t->held, count * sizeof(*t->held));
		r->held_count += count;
	} else {
		n->held_count = 0;
	}
}

static struct races_note races_note_of(struct hs_task *t, const void *addr, size_t size,
				       enum races_kind kind)
{
	struct races_note n = { .addr = (uintptr_t)addr,
				.size = size,
				.place = t->place,
				.part = hs_clocks_part(t),
				.task = (uint8_t)t->id,
				.kind = (uint8_t)kind };

	races_note_held(t, &n);
	return n;
}

bool hs_races_word(struct hs_task *t, const void *addr, size_t size, bool writes)
{
	struct hs_races_object o;
	struct races_note n;

	if (!hs_races_find_object(t->sched, (uintptr_t)addr, &o))
		return true;
	n = races_note_of(t, addr, size, writes ? RACES_WORD_WRITE : RACES_WORD_READ);
	n.part--; /* it is released by the step that it is */
	return races_take(t, &o, &n);
}

/* @t is about to free an object: every plain access to it must have come before. */
static bool races_free(struct hs_task *t)
{
	const struct hs_races *r = t->sched->races;
	uintptr_t start = (uintptr_t)t->op.addr, end = start + t->op.size;
	struct hs_races_object o;

	if (r->count == 1 || !hs_births_find(&t->sched->births, start) ||
	    !hs_races_find_object(t->sched, end - 1, &o) || !o.birth)
		return true;
	for (uintptr_t at = o.start & ~(uintptr_t)(RACES_CELL - 1); at < end; at += RACES_CELL) {
		const uint32_t *cell = hs_keys_find(&r->cell, at / RACES_CELL);

		for (uint32_t i = cell ? *cell : 0; i; i = r->note[i].next) {
			const struct races_note *n = &r->note[i];

			if (n->kind > RACES_WRITE || hs_clocks_ordered(t, n->task, n->part))
				continue;
			races_report_free(t, &o, n);
			return false;
		}
	}
	return true;
}

bool hs_races_step(struct hs_task *t)
{
	hs_clocks_tick(t);
	if (t->op.kind == HS_OP_FREE)
		return races_free(t);
	if (t->op.kind == HS_OP_DEREF || hs_op_is_plain((enum hs_op_kind)t->op.kind))
		return true; /* what is plain is noted where it is told */
	return hs_races_word(t, t->op.addr, t->op.size, t->op.access != HS_READ);
}

/* The memory of an object is zeroed where it is allocated, by its maker. */
static bool races_is_fresh(const struct hs_task *t, const struct hs_birth *b)
{
	return b && b->maker && !hs_clocks_ordered(t, b->maker, b->part);
}

bool hs_races_plain(struct hs_task *t, const struct hs_races_object *o, const void *data,
		    size_t size, bool writes, enum hs_plain mode, const char *where)
{
	struct races_note n = races_note_of(t, data, size, writes ? RACES_WRITE : RACES_READ);

	n.placed = where;
	if (where)
		n.place = where;
	if (mode == HS_PLAIN_CHECKED && races_is_fresh(t, o->birth)) {
		races_report_allocation(t->sched, o, &n);
		return false;
	}
	return races_take(t, o, &n);
}

void hs_races_refuse_atomic(struct hs_task *t, const struct hs_races_object *o, uintptr_t addr)
{
	char name[RACES_NAME];

	races_name(t->sched, o, addr, name);
	hs_fail(t, t->place ? t->place : HS_HERE,
		"after here: an atomic access to %s that the explorer does not see: use a word of "
		"hmmsim/sync_words.h",
		name);
}
