/* SPDX-License-Identifier: MIT */
/*
 * plains.c (explore) - plain accesses: which of them are looked at, and steps
 */
#include "port/explore/plains.h"

#include <string.h>

#include <hmmsim/races.h>

#include "port/explore/arena.h"
#include "port/explore/foreign.h"
#include "port/explore/sched.h"

#define PLAIN_WORD sizeof(uint32_t)
/* Where objects of a process may be. */
#define PLAIN_LEAST ((uintptr_t)1 << 16)
#define PLAIN_MOST ((uintptr_t)1 << 47)

/* The scheduler whose exploration runs on this thread. */
static __thread struct hs_sched *plains_sched;

/* ---- modes ------------------------------------------------------------------------------- */

void hs_plains_begin(struct hs_sched *s, enum hs_plain mode)
{
	plains_sched = s;
	s->plain.on = true;
	s->plain.foreign = hs_foreign_is_there();
	if (s->plain.foreign && mode == HS_PLAIN_CHECKED)
		mode = HS_PLAIN_STEPS;
	s->plain.steps = mode == HS_PLAIN_STEPS;
	s->plain.mode = (uint8_t)mode;
	s->plain.count = 0;
}

void hs_plains_end(struct hs_sched *s)
{
	if (plains_sched == s)
		plains_sched = NULL;
	s->plain.on = s->plain.steps = false;
	s->plain.count = 0;
}

void hs_plains_add(struct hs_sched *s, struct hs_plains_rule rule)
{
	s->plain.rule[s->plain.count++] = rule;
	s->plain.steps |= rule.mode == HS_PLAIN_STEPS;
}

bool hs_plains_has(const struct hs_sched *s, enum hs_plain mode)
{
	bool has = s->plain.mode == mode;

	for (uint32_t i = 0; i < s->plain.count; i++)
		has |= s->plain.rule[i].mode == mode;
	return s->plain.on && has;
}

static const struct hs_plains_rule *plains_kind_rule(const struct hs_plains *p,
						     const struct hs_birth *birth)
{
	for (uint32_t i = 0; i < p->count && birth && birth->name; i++)
		if (p->rule[i].kind && !strcmp(p->rule[i].kind, birth->name))
			return &p->rule[i];
	return NULL;
}

enum hs_plain hs_plains_mode(const struct hs_sched *s, const struct hs_birth *birth, uintptr_t addr,
			     uintptr_t *end)
{
	const struct hs_plains *p = &s->plain;
	const struct hs_plains_rule *best = NULL;

	if (hs_likely(!p->count))
		return (enum hs_plain)p->mode;
	for (uint32_t i = 0; i < p->count; i++) {
		const struct hs_plains_rule *r = &p->rule[i];
		bool has = !r->kind && addr - r->start < r->size;
		uintptr_t border = has ? r->start + r->size : r->start;

		if (!r->kind && border > addr && border < *end)
			*end = border;
		if (has && (!best || r->size < best->size))
			best = r;
	}
	if (!best)
		best = plains_kind_rule(p, birth);
	return (enum hs_plain)(best ? best->mode : p->mode);
}

/* ---- values ------------------------------------------------------------------------------ */

/* All bytes, which may be more than the value of a word. */
HS_NO_ASAN static uint64_t plains_sum(uintptr_t addr, size_t size)
{
	const volatile unsigned char *byte = (const volatile unsigned char *)addr;
	uint64_t sum = 0;

	for (size_t i = 0; i < size; i++)
		sum = hs_mix64(sum ^ byte[i]) + 1;
	return sum;
}

union plains_number {
	uint8_t u8;
	uint16_t u16;
	uint32_t u32;
	uint64_t u64;
} __attribute__((__packed__, __may_alias__));

/* What is there, if it has the size of a number. */
HS_NO_ASAN static uint64_t plains_value(uintptr_t addr, size_t size)
{
	const union plains_number *n = (const union plains_number *)addr;

	switch (size) {
	case sizeof(n->u8):
		return n->u8;
	case sizeof(n->u16):
		return n->u16;
	case sizeof(n->u32):
		return n->u32;
	case sizeof(n->u64):
		return n->u64;
	default:
		return 0;
	}
}

/*
 * The size of the word at @at, which is where the access begins, or a multiple of PLAIN_WORD. Words
 * of 4 bytes share none with a word of the model beside them; a number of 8 bytes is one.
 */
static size_t plains_word(uintptr_t addr, size_t size)
{
	return size == sizeof(uint64_t) && !(addr % sizeof(uint64_t)) ? size : PLAIN_WORD;
}

/* Notes what @t has read, for its retries, and the value for reports. */
static void plains_saw(struct hs_task *t, uintptr_t addr, size_t size)
{
	size_t word = plains_word(addr, size);

	for (uintptr_t at = addr & ~(uintptr_t)(PLAIN_WORD - 1); at < addr + size; at += word)
		hs_saw(t, (const void *)at, word, hs_word_value(at | (word == PLAIN_WORD)));
	t->op.value = plains_value(addr, size);
}

/* A word that @t has read has a byte of the @size at @addr. */
static bool plains_meets(const struct hs_read *read, uintptr_t addr, size_t size)
{
	uintptr_t word = read->word & ~(uintptr_t)1;

	return word < addr + size && addr < word + (read->word & 1 ? 4 : 8);
}

void hs_plains_before_write(struct hs_task *t, uintptr_t addr, size_t size)
{
	for (uint32_t i = 0; i < t->read_count; i++)
		t->reads_torn |= plains_meets(&t->reads[i], addr, size) &&
				 hs_word_value(t->reads[i].word) != t->reads[i].value;
}

void hs_plains_after_write(struct hs_task *t, uintptr_t addr, size_t size)
{
	for (uint32_t i = 0; i < t->read_count; i++)
		if (plains_meets(&t->reads[i], addr, size))
			t->reads[i].value = hs_word_value(t->reads[i].word);
}

/* The last step wrote what is there only now: a plain access, or one of what is volatile. */
static bool plains_writes_late(const struct hs_repeat_note *n)
{
	return n->kind == HS_OP_PLAIN_WRITE || n->kind == HS_OP_PLAIN_COPY ||
	       (n->kind == HS_OP_STORE && (n->detail & HS_DETAIL_WHAT) == HS_WHAT_VOLATILE);
}

void hs_plains_settle(struct hs_sched *s, struct hs_task *t)
{
	const struct hs_repeat_note *n = &s->repeat.note[s->repeat.step];
	uintptr_t addr = (uintptr_t)n->addr;

	if (!plains_writes_late(n))
		return;
	hs_plains_after_write(t, addr, n->size);
	t->op.value = n->kind == HS_OP_PLAIN_COPY ? 0 : plains_value(addr, n->size);
}

/* ---- steps ------------------------------------------------------------------------------- */

/* What is told: an access, or the part of it that has one mode. */
struct plains_told {
	uintptr_t addr;
	size_t size;
	enum hs_races_access access;
	bool writes, marked; /* marked: what it accesses is volatile */
	const char *where;   /* NULL: not known */
};

static const char *plains_place(const struct hs_task *t, const struct plains_told *a)
{
	return a->where ? a->where : t->place;
}

static void plains_announce(struct hs_task *t, const struct plains_told *a, enum hs_op_kind kind)
{
	enum hs_access access = kind == HS_OP_PLAIN_READ ? HS_READ : HS_WRITE;

	hs_step_detail(t, kind, access, (const void *)a->addr, a->size, plains_place(t, a),
		       a->where ? HS_WHAT_PLACED : 0);
}

/* A write of @t is its last step, and what was there before is there now. */
static bool plains_write_is_due(const struct hs_task *t, const struct plains_told *a)
{
	const struct hs_sched *s = t->sched;
	const struct hs_plains *p = &s->plain;

	if (p->write.execution != s->executions || p->write.task != t->id ||
	    p->write.decisions != s->decisions)
		return false;
	if (a->where && p->write.where && strcmp(a->where, p->write.where))
		return false;
	return plains_sum(p->write.addr, p->write.size) == p->write.sum;
}

/* A read that may be that of a copy whose write has been a step. */
static void plains_copy(struct hs_task *t, const struct plains_told *a)
{
	uintptr_t other = t->sched->plain.write.addr,
		  other_end = other + t->sched->plain.write.size;
	struct plains_told both = *a;
	uintptr_t end = a->addr + a->size > other_end ? a->addr + a->size : other_end;

	both.addr = a->addr < other ? a->addr : other;
	both.size = end - both.addr;
	if (both.size > UINT32_MAX)
		hs_fail(t, plains_place(t, a) ? plains_place(t, a) : HS_HERE,
			"after here: a copy from one piece of memory to another, both with accesses "
			"that are steps, and too far apart for one step: use memcpy()");
	plains_announce(t, &both, HS_OP_PLAIN_COPY);
	plains_saw(t, a->addr, a->size);
	hs_plains_before_write(t, other, other_end - other);
}

static void plains_keep_write(struct hs_task *t, const struct plains_told *a)
{
	struct hs_sched *s = t->sched;

	s->plain.write.addr = a->addr;
	s->plain.write.size = a->size;
	s->plain.write.where = a->where;
	s->plain.write.execution = s->executions;
	s->plain.write.task = t->id;
	s->plain.write.decisions = s->decisions;
	s->plain.write.sum = plains_sum(a->addr, a->size);
}

static void plains_step(struct hs_task *t, const struct plains_told *a)
{
	if (!a->writes && plains_write_is_due(t, a)) {
		plains_copy(t, a);
		return;
	}
	plains_announce(t, a, a->writes ? HS_OP_PLAIN_WRITE : HS_OP_PLAIN_READ);
	if (!a->writes) {
		plains_saw(t, a->addr, a->size);
		return;
	}
	hs_plains_before_write(t, a->addr, a->size);
	plains_keep_write(t, a);
}

/* What is volatile is a relaxed access to clocks, too. Views have no store of it to carry them. */
static void plains_marked(struct hs_task *t, const struct plains_told *a)
{
	const void *word = (const void *)(a->addr & ~(uintptr_t)(PLAIN_WORD - 1));

	if (!t->followed || t->sched->views)
		return;
	if (a->writes)
		hs_order_store(t, word, 0, 0, HS_RELAXED);
	else
		hs_order_load(t, word, 0, HS_RELAXED);
}

static void plains_marked_step(struct hs_task *t, const struct plains_told *a)
{
	hs_step_detail(t, a->writes ? HS_OP_STORE : HS_OP_LOAD, a->writes ? HS_WRITE : HS_READ,
		       (const void *)a->addr, a->size, plains_place(t, a),
		       HS_DETAIL(HS_WHAT_VOLATILE, HS_RELAXED));
	plains_marked(t, a);
	if (a->writes)
		hs_plains_before_write(t, a->addr, a->size);
	else
		plains_saw(t, a->addr, a->size);
}

/* In a predicate, where it is asked and where its wait ends: no step, but a word that it reads. */
static void plains_look(struct hs_task *t, const struct plains_told *a)
{
	size_t word = plains_word(a->addr, a->size);
	uintptr_t first = a->addr & ~(uintptr_t)(PLAIN_WORD - 1);

	for (uintptr_t at = first; at < a->addr + a->size; at += word)
		hs_step(t, a->writes ? HS_OP_PLAIN_WRITE : HS_OP_PLAIN_READ,
			a->writes ? HS_WRITE : HS_READ, (const void *)at, word, t->place);
	if (a->marked)
		plains_marked(t, a);
	plains_saw(t, a->addr, a->size);
}

static void plains_take(struct hs_task *t, const struct plains_told *a)
{
	if (t->mode != HS_MODE_STEP)
		plains_look(t, a);
	else if (a->marked)
		plains_marked_step(t, a);
	else
		plains_step(t, a);
}

/* ---- accesses ---------------------------------------------------------------------------- */

static bool plains_in_region(const struct hs_sched *s, uintptr_t addr)
{
	return addr - (uintptr_t)s->region < HS_ARENA_BYTES;
}

/* Some byte of it belongs to no live object. */
static bool plains_is_dead(const struct hs_sched *s, uintptr_t addr, size_t size)
{
	for (uintptr_t at = addr; at < addr + size; at += HS_GRANULE)
		if (hs_life_of(s, (const void *)at) != HS_LIFE_LIVE)
			return true;
	return hs_life_of(s, (const void *)(addr + size - 1)) != HS_LIFE_LIVE;
}

/* Whether a finding, or a race to tell of, is to be looked for in the notes. */
static bool plains_is_noted(const struct hs_task *t, const struct plains_told *a,
			    enum hs_plain mode)
{
	if (!t->id)
		return false;
	return mode == HS_PLAIN_CHECKED ||
	       (mode == HS_PLAIN_STEPS && !a->marked && hs_races_are_watched());
}

/* An access all of which has the mode @mode. @object: it is declared, as this. */
static void plains_access(struct hs_task *t, const struct plains_told *a, enum hs_plain mode,
			  const struct hs_races_object *object)
{
	const struct hs_sched *s = t->sched;
	const void *data = (const void *)a->addr;
	bool atomic = a->access == HS_RACES_ATOMIC;
	bool fine = true;

	if (mode == HS_PLAIN_STEPS && t->id && !atomic)
		plains_take(t, a);
	if (s->asking)
		return;
	if (plains_in_region(s, a->addr) && plains_is_dead(s, a->addr, a->size)) {
		hs_races_report_dead(t, data, a->size, a->access, a->where);
		fine = false;
	} else if (object && atomic && t->id) {
		hs_races_refuse_atomic(t, object, a->addr);
	} else if (object && plains_is_noted(t, a, mode)) {
		fine = hs_races_plain(t, object, data, a->size, a->writes, mode, a->where);
	}
	if (!fine)
		hs_sched_stop(t);
}

/* The task whose accesses are looked at now. NULL: none. */
static struct hs_task *plains_task(struct hs_sched *s)
{
	if (!s || !(s->running || s->boot_guard))
		return NULL;
	return s->asking ? s->asking : &s->task[s->current];
}

struct hs_task *hs_plains_task(void)
{
	return plains_task(plains_sched);
}

struct hs_task *hs_races_task(void)
{
	return hs_plains_task();
}

bool hs_plains_are_steps(const struct hs_task *t, uintptr_t addr)
{
	const struct hs_sched *s = t->sched;
	uintptr_t end = addr + 1;
	struct hs_races_object object;
	bool declared = hs_races_find_object(s, addr, &object);

	return (declared || plains_in_region(s, addr)) &&
	       hs_plains_mode(s, object.birth, addr, &end) == HS_PLAIN_STEPS;
}

/* A pointer that leads to no object of any process, such as NULL or the poison of a list. */
static void plains_check_pointer(struct hs_task *t, uintptr_t addr, size_t size,
				 enum hs_races_access access, const char *where)
{
	if (!t->sched->plain.foreign || (addr >= PLAIN_LEAST && addr < PLAIN_MOST))
		return;
	hs_races_report_wild(t, addr, size, access, where);
	hs_sched_stop(t);
}

void hs_races_access_at(const void *data, size_t size, enum hs_races_access access,
			const char *where)
{
	struct hs_sched *s = plains_sched;
	struct hs_task *t = plains_task(s);
	uintptr_t addr = (uintptr_t)data, last = addr + size;
	bool marked = access == HS_RACES_VOLATILE_READ || access == HS_RACES_VOLATILE_WRITE;
	bool writes = access != HS_RACES_READ && access != HS_RACES_VOLATILE_READ;

	if (t && size)
		plains_check_pointer(t, addr, size, access, where);
	while (t && addr < last) {
		struct hs_races_object object;
		bool declared = hs_races_find_object(s, addr, &object);
		uintptr_t end = last;
		enum hs_plain mode = hs_plains_mode(s, object.birth, addr, &end);
		const struct plains_told told = { addr, end - addr, access, writes, marked, where };

		if (mode != HS_PLAIN_IGNORED && (declared || plains_in_region(s, addr)) &&
		    (!s->asking || mode == HS_PLAIN_STEPS))
			plains_access(t, &told, mode, declared ? &object : NULL);
		addr = end;
	}
}

void hs_races_access(const void *data, size_t size, enum hs_races_access access)
{
	hs_races_access_at(data, size, access, NULL);
}
