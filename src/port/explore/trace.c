/* SPDX-License-Identifier: MIT */
/*
 * trace.c (explore) - fingerprints of executions
 */
#include "port/explore/trace.h"

#include <stdlib.h>
#include <string.h>

#include "port/explore/arena.h"
#include "port/explore/sched.h"

_Static_assert(HS_TRACE_TASKS == HS_SCHED_TASKS, "a place for each task");

uint64_t hs_trace_name(uint64_t parent, uint32_t number)
{
	return hs_mix64(hs_mix64(parent) + number);
}

/* ---- memory ------------------------------------------------------------------------------ */

/* Makes room for @need items of @size bytes. False: no memory. */
static bool trace_grow(struct hs_trace *trace, void *list, uint32_t *room, uint32_t need,
		       size_t size)
{
	trace->failed |= !hs_grow(list, room, need, size);
	return !trace->failed;
}

void hs_trace_begin(struct hs_trace *trace, bool on)
{
	hs_trace_end(trace);
	trace->on = on;
}

void hs_trace_reset(struct hs_trace *trace)
{
	trace->events = trace->births = trace->words.count = 0;
	trace->sum = 0;
	memset(trace->steps, 0, sizeof(trace->steps));
	memset(trace->made, 0, sizeof(trace->made));
	memset(trace->counter, 0, sizeof(trace->counter));
}

void hs_trace_end(struct hs_trace *trace)
{
	free(trace->event);
	hs_words_free(&trace->words);
	free(trace->birth);
	free(trace->set);
	memset(trace, 0, sizeof(*trace));
}

/* ---- the set ----------------------------------------------------------------------------- */

/* True: @value was not in the table. */
static bool trace_insert(uint64_t *set, uint64_t room, uint64_t value)
{
	uint64_t i = hs_mix64(value) & (room - 1);

	for (; set[i]; i = (i + 1) & (room - 1))
		if (set[i] == value)
			return false;
	set[i] = value;
	return true;
}

static bool trace_grow_set(struct hs_trace *trace)
{
	uint64_t room = trace->set_room ? 2 * trace->set_room : 1024;
	uint64_t *set;

	if (2 * trace->set_count < trace->set_room)
		return true;
	set = calloc(room, sizeof(*set));
	if (!set) {
		trace->failed = true;
		return false;
	}
	for (uint64_t i = 0; i < trace->set_room; i++)
		if (trace->set[i])
			trace_insert(set, room, trace->set[i]);
	free(trace->set);
	trace->set = set;
	trace->set_room = room;
	return true;
}

void hs_trace_keep(struct hs_trace *trace)
{
	uint64_t value = hs_mix64(trace->sum) | 1;

	if (!trace->on || !trace_grow_set(trace) ||
	    !trace_insert(trace->set, trace->set_room, value))
		return;
	trace->set_count++;
	trace->set_hash += hs_mix64(value);
}

/* ---- names ------------------------------------------------------------------------------- */

void hs_trace_alloc(struct hs_sched *s, const struct hs_task *t, const void *object)
{
	struct hs_trace *trace = &s->trace;

	if (!s->running || !trace_grow(trace, &trace->birth, &trace->birth_room, trace->births + 1,
				       sizeof(*trace->birth)))
		return;
	trace->birth[trace->births++] =
		(struct hs_trace_birth){ (uintptr_t)object,
					 hs_trace_name(t->key, ++trace->made[t->id]) };
}

void hs_trace_alloc_counter(struct hs_sched *s, const struct hs_task *t, unsigned int number)
{
	if (s->running)
		s->trace.counter[number] = hs_trace_name(t->key, ++s->trace.made[t->id]);
}

/* Objects of the set-up lie below the end of the image, at the same address in each execution. */
static uint64_t trace_name_in_region(const struct hs_sched *s, uintptr_t addr)
{
	const struct hs_trace *trace = &s->trace;
	uint32_t low = 0, high = trace->births;
	size_t slot = addr - (uintptr_t)s->arena->pcpu;

	if (slot < s->arena->cpus * (size_t)HS_PCPU_STRIDE &&
	    trace->counter[slot % HS_PCPU_STRIDE / HS_GRANULE])
		return trace->counter[slot % HS_PCPU_STRIDE / HS_GRANULE] + slot / HS_PCPU_STRIDE;
	if (addr - (uintptr_t)s->region < s->image.used)
		return addr - (uintptr_t)s->region;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (trace->birth[middle].start <= addr)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low)
		return addr;
	return trace->birth[low - 1].name + (addr - trace->birth[low - 1].start);
}

static uint64_t trace_name_object(const struct hs_sched *s, uintptr_t addr)
{
	if (addr - (uintptr_t)s->region < HS_ARENA_BYTES)
		return trace_name_in_region(s, addr);
	if (addr - (uintptr_t)s->task < sizeof(s->task))
		return s->task[(addr - (uintptr_t)s->task) / sizeof(s->task[0])].key;
	for (uint32_t i = 1; i < s->tasks; i++)
		if (addr - (uintptr_t)s->task[i].fiber.stack < s->task[i].fiber.size)
			return s->task[i].key + (addr - (uintptr_t)s->task[i].fiber.stack);
	return addr;
}

/* ---- steps ------------------------------------------------------------------------------- */

/* Adds @e, whose hash so far is @what, as the next step of @t. */
static void trace_add(struct hs_trace *trace, const struct hs_task *t, struct hs_trace_event *e,
		      uint64_t what)
{
	uint64_t before = 0;

	for (uint32_t i = 0; i < trace->events; i++)
		if (hs_touches_depend(&trace->words, &trace->event[i].touch, &e->touch))
			before += trace->event[i].hash;
	e->hash = hs_trace_name(t->key, trace->steps[t->id]++);
	e->hash = hs_mix64(hs_mix64(e->hash ^ what) + before);
	trace->sum += hs_mix64(e->hash);
	trace->events++;
}

static struct hs_trace_event *trace_new_event(struct hs_trace *trace)
{
	if (!trace_grow(trace, &trace->event, &trace->event_room, trace->events + 1,
			sizeof(*trace->event)))
		return NULL;
	trace->event[trace->events] = (struct hs_trace_event){ 0 };
	return &trace->event[trace->events];
}

void hs_trace_step(struct hs_sched *s, const struct hs_task *t)
{
	struct hs_trace *trace = &s->trace;
	struct hs_trace_event *e = trace_new_event(trace);

	if (!e)
		return;
	e->touch = hs_touch_of(s, t, &trace->words);
	trace->failed |= trace->words.failed;
	trace_add(trace, t, e, hs_mix64(trace_name_object(s, e->touch.addr)) + t->op.kind);
}

/* It touches nothing. */
void hs_trace_choice(struct hs_sched *s, const struct hs_task *t, uint32_t answer)
{
	struct hs_trace_event *e = trace_new_event(&s->trace);

	if (!e)
		return;
	e->touch.task = (uint8_t)t->id;
	trace_add(&s->trace, t, e, hs_mix64(HS_OP_KIND_COUNT + answer));
}
