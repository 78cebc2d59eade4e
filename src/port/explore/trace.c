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
	uint32_t more = *room ? *room : 256;
	void *bigger;

	if (need <= *room)
		return true;
	while (more < need)
		more *= 2;
	memcpy(&bigger, list, sizeof(bigger));
	bigger = realloc(bigger, more * size);
	if (!bigger) {
		trace->failed = true;
		return false;
	}
	memcpy(list, &bigger, sizeof(bigger));
	*room = more;
	return true;
}

void hs_trace_begin(struct hs_trace *trace, bool on)
{
	hs_trace_end(trace);
	trace->on = on;
}

void hs_trace_reset(struct hs_trace *trace)
{
	trace->events = trace->words = trace->births = 0;
	trace->sum = 0;
	memset(trace->steps, 0, sizeof(trace->steps));
	memset(trace->made, 0, sizeof(trace->made));
	memset(trace->counter, 0, sizeof(trace->counter));
}

void hs_trace_end(struct hs_trace *trace)
{
	free(trace->event);
	free(trace->word);
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

static void trace_note_word(struct hs_trace *trace, uintptr_t word)
{
	if (trace_grow(trace, &trace->word, &trace->word_room, trace->words + 1,
		       sizeof(*trace->word)))
		trace->word[trace->words++] = word;
}

/* What the step reads besides its object: the predicate's words, or those of a retry. */
static void trace_note_words(struct hs_trace *trace, const struct hs_task *t,
			     struct hs_trace_event *e)
{
	e->first_word = trace->words;
	switch ((enum hs_op_kind)t->op.kind) {
	case HS_OP_RETRY:
		e->reads_all = t->reads_lost;
		for (uint32_t i = 0; i < t->read_count; i++)
			trace_note_word(trace, t->reads[i].word);
		break;
	case HS_OP_LOOK:
	case HS_OP_WAIT:
	case HS_OP_WAIT_UNTIL:
	case HS_OP_SPIN:
	case HS_OP_COMPLETION:
		/* Words do not overlap in part, so that the first 4 bytes stand for all. */
		e->reads_all = t->watch_count == HS_WATCH_MAX;
		for (uint32_t i = 0; i < t->watch_count; i++)
			trace_note_word(trace, (uintptr_t)t->watch[i] | 1);
		break;
	default:
		break;
	}
	e->words = trace->words - e->first_word;
}

static bool trace_overlap(uintptr_t a, uintptr_t a_size, uintptr_t b, uintptr_t b_size)
{
	return a < b + b_size && b < a + a_size;
}

/* @writer changes a word that @reader reads besides its object. */
static bool trace_disturbs(const struct hs_trace *trace, const struct hs_trace_event *writer,
			   const struct hs_trace_event *reader)
{
	if (writer->access == HS_READ)
		return false;
	if (reader->reads_all)
		return true;
	for (uint32_t i = 0; i < reader->words; i++) {
		uintptr_t word = trace->word[reader->first_word + i];

		if (trace_overlap(word & ~(uintptr_t)1, word & 1 ? 4 : 8, writer->addr,
				  writer->size))
			return true;
	}
	return false;
}

static bool trace_depend(const struct hs_trace *trace, const struct hs_trace_event *a,
			 const struct hs_trace_event *b)
{
	if (a->task == b->task || a->alone || b->alone)
		return true;
	if (trace_overlap(a->addr, a->size, b->addr, b->size) &&
	    !(a->access == HS_READ && b->access == HS_READ) &&
	    !(a->access == HS_COMMUTE && b->access == HS_COMMUTE))
		return true;
	return trace_disturbs(trace, a, b) || trace_disturbs(trace, b, a);
}

/* Adds @e, whose hash so far is @what, as the next step of @t. */
static void trace_add(struct hs_trace *trace, const struct hs_task *t, struct hs_trace_event *e,
		      uint64_t what)
{
	uint64_t before = 0;

	for (uint32_t i = 0; i < trace->events; i++)
		if (trace_depend(trace, &trace->event[i], e))
			before += trace->event[i].hash;
	e->hash = hs_trace_name(t->key, trace->steps[t->id]++);
	e->hash = hs_mix64(hs_mix64(e->hash ^ what) + before);
	trace->sum += hs_mix64(e->hash);
	trace->events++;
}

static struct hs_trace_event *trace_new_event(struct hs_trace *trace, const struct hs_task *t)
{
	if (!trace_grow(trace, &trace->event, &trace->event_room, trace->events + 1,
			sizeof(*trace->event)))
		return NULL;
	trace->event[trace->events] = (struct hs_trace_event){ .task = (uint8_t)t->id };
	return &trace->event[trace->events];
}

void hs_trace_step(struct hs_sched *s, const struct hs_task *t)
{
	struct hs_trace *trace = &s->trace;
	struct hs_trace_event *e = trace_new_event(trace, t);

	if (!e)
		return;
	e->addr = (uintptr_t)t->op.addr;
	e->size = t->op.size;
	e->access = t->op.access;
	e->alone = s->alone;
	trace_note_words(trace, t, e);
	trace_add(trace, t, e, hs_mix64(trace_name_object(s, e->addr)) + t->op.kind);
}

/* It touches nothing. */
void hs_trace_choice(struct hs_sched *s, const struct hs_task *t, uint32_t answer)
{
	struct hs_trace_event *e = trace_new_event(&s->trace, t);

	if (e)
		trace_add(&s->trace, t, e, hs_mix64(HS_OP_KIND_COUNT + answer));
}
