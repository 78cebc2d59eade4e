/* SPDX-License-Identifier: MIT */
#include "conformance/races_trace.h"

#include <string.h>

struct races_trace races_trace;

bool races_event_loads(const struct event *e)
{
	return e->op.kind == LOAD || e->op.kind == XCHG || e->op.kind == WAIT;
}

static bool before[EVENTS][EVENTS];

static bool acquires(const struct event *e)
{
	return e->op.order == HS_SYNC_ACQUIRE || e->op.order == HS_SYNC_ACQ_REL ||
	       e->op.order == HS_SYNC_SEQ_CST;
}

static bool releases(const struct event *e)
{
	return e->op.order == HS_SYNC_RELEASE || e->op.order == HS_SYNC_ACQ_REL ||
	       e->op.order == HS_SYNC_SEQ_CST;
}

static bool stores(const struct event *e)
{
	return e->op.kind == STORE || e->op.kind == XCHG;
}

/* The store that wrote @value. EVENTS: none, it is what the word begins with. */
static uint32_t store_of(uint32_t value)
{
	uint32_t i = 0;

	while (i < races_trace.events &&
	       !(stores(&races_trace.event[i]) && races_trace.event[i].wrote == value))
		i++;
	return value && i < races_trace.events ? i : EVENTS;
}

/* What store @store carries comes before event @to. */
static void order_after_store(uint32_t store, uint32_t to)
{
	while (store != EVENTS) {
		const struct event *s = &races_trace.event[store];

		if (releases(s))
			before[store][to] = true;
		for (uint32_t i = 0; i < store; i++)
			if (races_trace.event[i].task == s->task &&
			    races_trace.event[i].op.kind == FENCE &&
			    releases(&races_trace.event[i]))
				before[i][to] = true;
		store = s->op.kind == XCHG ? store_of(s->read) : EVENTS;
	}
}

/* Event @i, a load: what it, and the fences after it, acquire. */
static void order_load(uint32_t i)
{
	const struct event *e = &races_trace.event[i];
	uint32_t store = store_of(e->read);

	if (acquires(e))
		order_after_store(store, i);
	for (uint32_t f = i + 1; f < races_trace.events; f++)
		if (races_trace.event[f].task == e->task && races_trace.event[f].op.kind == FENCE &&
		    acquires(&races_trace.event[f]))
			order_after_store(store, f);
}

static bool hands_over(const struct event *a, const struct event *b)
{
	switch (a->op.kind) {
	case UNLOCK:
		return b->op.kind == LOCK && a->op.object % LOCKS == b->op.object % LOCKS;
	case UP_WRITE:
		return b->op.kind == DOWN_READ || b->op.kind == DOWN_WRITE;
	case UP_READ:
		return b->op.kind == DOWN_WRITE;
	case COMPLETE:
		return b->op.kind == AWAIT;
	default:
		return false;
	}
}

/*
 * The step in which the grace period that begins with event @begin noted its readers, before as
 * many decisions as @after says. @after: it did not.
 */
static uint32_t snapshot_of(const struct hs_sched *s, uint32_t begin, uint32_t after)
{
	uint32_t i = races_trace.event[begin].decisions;

	while (i < after && !(s->schedule[i] == races_trace.event[begin].task + 1 &&
			      s->repeat.note[i].kind == HS_OP_RCU_SNAPSHOT))
		i++;
	return i;
}

/*
 * A section that was entered by then has ended before event @end, if there is one yet; a later one
 * comes after @begin.
 */
static void order_grace(const struct hs_sched *s, uint32_t begin, uint32_t end)
{
	uint32_t after = end < races_trace.events ? races_trace.event[end].decisions : s->decisions;
	uint32_t snapshot = snapshot_of(s, begin, after);

	for (uint32_t i = 0; i < races_trace.events && snapshot < after; i++) {
		const struct event *e = &races_trace.event[i];
		bool later = e->decisions - 1 > snapshot;

		if (e->op.kind != RCU_LOCK)
			continue;
		before[begin][i] |= later;
		for (uint32_t j = i + 1; !later && j < end && end < races_trace.events; j++) {
			if (races_trace.event[j].task != e->task ||
			    races_trace.event[j].op.kind != RCU_UNLOCK)
				continue;
			before[j][end] = true;
			break;
		}
	}
}

static void order_graces(const struct hs_sched *s)
{
	for (uint32_t i = 0; i < races_trace.events; i++) {
		uint32_t end = i + 1;

		if (races_trace.event[i].op.kind != BEGIN_GRACE)
			continue;
		while (end < races_trace.events &&
		       !(races_trace.event[end].op.kind == END_GRACE &&
			 races_trace.event[end].task == races_trace.event[i].task))
			end++;
		order_grace(s, i, end);
	}
}

void races_order_events(const struct hs_sched *s)
{
	memset(before, 0, sizeof(before));
	for (uint32_t i = 0; i < races_trace.events; i++) {
		for (uint32_t j = i + 1; j < races_trace.events; j++)
			before[i][j] = races_trace.event[i].task == races_trace.event[j].task ||
				       hands_over(&races_trace.event[i], &races_trace.event[j]);
	}
	for (uint32_t i = 0; i < races_trace.events; i++)
		if (races_event_loads(&races_trace.event[i]))
			order_load(i);
	order_graces(s);
	for (uint32_t k = 0; k < races_trace.events; k++)
		for (uint32_t i = 0; i < races_trace.events; i++)
			for (uint32_t j = 0; before[i][k] && j < races_trace.events; j++)
				before[i][j] |= before[k][j];
}

/* The bytes: a plain object, or a word. EVENTS: none. */
static uint32_t object_of(const struct event *e)
{
	if (e->op.kind < FENCE)
		return PLAINS + e->op.object % WORDS;
	return e->op.kind == READ || e->op.kind == WRITE ? e->op.object : EVENTS;
}

static bool conflict(const struct event *a, const struct event *b)
{
	bool plain = !(a->op.kind < FENCE && b->op.kind < FENCE);
	bool writes = stores(a) || stores(b) || a->op.kind == WRITE || b->op.kind == WRITE;

	return object_of(a) != EVENTS && object_of(a) == object_of(b) && plain && writes;
}

/* Of the object, which is one. */
static enum hs_plain mode_of(const struct program *p, uint32_t object)
{
	return object < PLAINS ? p->mode[object] : p->plain;
}

bool races_are_there(const struct program *p, uint32_t count)
{
	for (uint32_t j = 0; j < count; j++)
		for (uint32_t i = 0; i < j; i++)
			if (conflict(&races_trace.event[i], &races_trace.event[j]) &&
			    mode_of(p, object_of(&races_trace.event[i])) == HS_PLAIN_CHECKED &&
			    !before[i][j])
				return true;
	return false;
}

/* ---- accesses that are steps --------------------------------------------------------------- */

bool races_event_steps(const struct program *p, const struct event *e)
{
	return (e->op.kind == READ || e->op.kind == WRITE) &&
	       mode_of(p, e->op.object) == HS_PLAIN_STEPS;
}

bool races_reads_are_fresh(const struct program *p)
{
	uint32_t value[PLAINS] = { 0 };

	for (uint32_t i = 0; i < races_trace.events; i++) {
		const struct event *e = &races_trace.event[i];

		if (!races_event_steps(p, e) || e->op.object >= PLAINS)
			continue;
		if (e->op.kind == WRITE)
			value[e->op.object] = e->wrote;
		else if (e->read != value[e->op.object])
			return false;
	}
	return true;
}

uint64_t races_outcome(const struct program *p)
{
	uint64_t sum = 0, task[TASKS] = { 0 };
	uint32_t left[PLAINS] = { 0 };

	for (uint32_t i = 0; i < races_trace.events; i++) {
		const struct event *e = &races_trace.event[i];
		bool steps = races_event_steps(p, e) && e->op.object < PLAINS;
		uint32_t read = races_event_loads(e) || (steps && e->op.kind == READ) ? e->read : 0;

		if (steps && e->op.kind == WRITE)
			left[e->op.object] = e->wrote;
		task[e->task] = hs_mix64(task[e->task] ^ ((uint64_t)e->op.kind << 32 | read)) + 1;
	}
	for (uint32_t t = 0; t < TASKS; t++)
		sum = hs_mix64(sum ^ task[t]) + 1;
	for (uint32_t i = 0; i < PLAINS; i++)
		sum = hs_mix64(sum ^ left[i]) + 1;
	return sum;
}
