/* SPDX-License-Identifier: MIT */
/*
 * touch.c (explore) - which steps depend on each other
 */
#include "port/explore/touch.h"

#include <stdlib.h>
#include <string.h>

#include "port/explore/arena.h"
#include "port/explore/sched.h"

#define TOUCH_SHORT ((uintptr_t)1)	/* of a word: it has 4 bytes */
#define TOUCH_QUEUE ((uintptr_t)2)	/* no word, but a queue */
#define TOUCH_PAST ((uintptr_t)1 << 63) /* a word that a predicate read in an earlier state */
#define TOUCH_TAGS (TOUCH_SHORT | TOUCH_QUEUE | TOUCH_PAST)

/* ---- memory ------------------------------------------------------------------------------ */

bool hs_grow(void *list, uint32_t *room, uint32_t need, size_t size)
{
	uint32_t more = *room ? *room : 256;
	void *bigger;

	if (need <= *room)
		return true;
	while (more < need)
		more *= 2;
	memcpy(&bigger, list, sizeof(bigger));
	bigger = realloc(bigger, more * size);
	if (!bigger)
		return false;
	memcpy(list, &bigger, sizeof(bigger));
	*room = more;
	return true;
}

void hs_words_free(struct hs_words *words)
{
	free(words->word);
	memset(words, 0, sizeof(*words));
}

static void touch_add_word(struct hs_words *words, uintptr_t word)
{
	if (hs_grow(&words->word, &words->room, words->count + 1, sizeof(*words->word)))
		words->word[words->count++] = word;
	else
		words->failed = true;
}

/* ---- what a step touches ----------------------------------------------------------------- */

static void touch_add_watch(struct hs_touch *touch, struct hs_words *words, const struct hs_task *t)
{
	touch->varies = t->watch_varies;
	touch->reads_all |= t->watch_count == HS_WATCH_MAX ||
			    (words->past && touch->varies && t->past_count == HS_WATCH_MAX);
	for (uint32_t i = 0; i < t->watch_count; i++)
		touch_add_word(words, t->watch[i]);
	for (uint32_t i = 0; t->watch_varies && i < t->past_count; i++)
		touch_add_word(words, t->past[i] | TOUCH_PAST);
}

static bool touch_overlaps(uintptr_t a, uintptr_t a_size, uintptr_t b, uintptr_t b_size)
{
	return a < b + b_size && b < a + a_size;
}

static bool touch_has_word(const struct hs_touch *touch, uintptr_t word)
{
	return touch_overlaps(word & ~TOUCH_TAGS, word & TOUCH_SHORT ? 4 : 8, touch->addr,
			      touch->size);
}

bool hs_touch_meets_watch(const struct hs_touch *touch, const struct hs_task *t)
{
	if (touch->access == HS_READ)
		return false;
	if (t->watch_count == HS_WATCH_MAX)
		return true;
	for (uint32_t i = 0; i < t->watch_count; i++)
		if (touch_has_word(touch, t->watch[i]))
			return true;
	return false;
}

/*
 * Of a wake: the words that those read who sleep on its queue. Of a write: the queues of those who
 * read its word. They may sleep no more when the step meets another one.
 */
static void touch_add_sleepers(const struct hs_sched *s, struct hs_touch *touch,
			       struct hs_words *words)
{
	for (uint32_t c = s->conditional; c; c &= c - 1) {
		const struct hs_task *t = &s->task[__builtin_ctz(c)];

		if (!hs_op_sleeps(&t->op))
			continue;
		if (touch->kind != HS_OP_WAKE && hs_touch_meets_watch(touch, t))
			touch_add_word(words, (uintptr_t)t->queue | TOUCH_QUEUE);
		else if (touch->kind == HS_OP_WAKE && (uintptr_t)t->queue == touch->addr)
			touch_add_watch(touch, words, t);
	}
}

/* A count of 4 bytes may be below 0 as well. */
static void touch_note_count(struct hs_touch *touch, const struct hs_task *t)
{
	touch->before = hs_word_value(hs_read_word(t->op.addr, t->op.size));
	touch->delta = t->op.delta;
	touch->near = t->op.near;
	if (t->op.size == sizeof(uint32_t)) {
		touch->before = (uint64_t)(int32_t)touch->before;
		touch->delta = (uint64_t)(int32_t)touch->delta;
	}
}

static bool touch_is_rcu(const struct hs_touch *touch)
{
	return touch->kind == HS_OP_RCU_ENTER || touch->kind == HS_OP_RCU_LEAVE ||
	       touch->kind == HS_OP_RCU_SNAPSHOT || touch->kind == HS_OP_RCU_WAIT;
}

struct hs_touch hs_touch_of(const struct hs_sched *s, const struct hs_task *t,
			    struct hs_words *words)
{
	struct hs_touch touch = { .addr = (uintptr_t)t->op.addr,
				  .size = t->op.size,
				  .queue = (uintptr_t)t->queue,
				  .first_word = words->count,
				  .access = t->op.access,
				  .kind = t->op.kind,
				  .strong = t->op.strong,
				  .task = (uint8_t)t->id,
				  .alone = s->alone };

	switch ((enum hs_op_kind)t->op.kind) {
	case HS_OP_RETRY:
		touch.reads_all = t->reads_lost;
		for (uint32_t i = 0; i < t->read_count; i++)
			touch_add_word(words, t->reads[i].word);
		break;
	case HS_OP_WAIT_UNTIL:
		touch_add_word(words, (uintptr_t)t->queue);
		touch_add_watch(&touch, words, t);
		break;
	case HS_OP_LOOK:
		touch.patient = words->counts && !t->timed;
		touch.passes = t->pred_held;
		touch_add_watch(&touch, words, t);
		break;
	case HS_OP_WAIT:
		touch.passes = t->pred_held && !t->woken;
		touch_add_watch(&touch, words, t);
		break;
	case HS_OP_SPIN:
	case HS_OP_COMPLETION:
		touch_add_watch(&touch, words, t);
		break;
	case HS_OP_RCU_LEAVE:
		touch.since = t->rcu_entered;
		break;
	case HS_OP_RCU_WAIT:
		touch.since = t->rcu_snapped;
		break;
	default:
		break;
	}
	if (touch.access == HS_COUNT && words->counts)
		touch_note_count(&touch, t);
	if (touch.access != HS_READ || touch.kind == HS_OP_WAKE)
		touch_add_sleepers(s, &touch, words);
	touch.words = words->count - touch.first_word;
	touch.plain = !touch.words && !touch.reads_all && !touch.alone && !touch_is_rcu(&touch) &&
		      !(touch.strong && s->views);
	return touch;
}

/* ---- dependence -------------------------------------------------------------------------- */

/* @writer changes a word of the list of @reader. */
static bool touch_changes(const struct hs_words *words, const struct hs_touch *writer,
			  const struct hs_touch *reader, uintptr_t not )
{
	if (writer->access == HS_READ)
		return false;
	if (reader->reads_all)
		return true;
	for (uint32_t i = 0; i < reader->words; i++) {
		uintptr_t word = words->word[reader->first_word + i];

		if (!(word & not ) && touch_has_word(writer, word))
			return true;
	}
	return false;
}

bool hs_touch_changes_word(const struct hs_words *words, const struct hs_touch *writer,
			   const struct hs_touch *reader)
{
	return touch_changes(words, writer, reader, TOUCH_QUEUE | TOUCH_PAST);
}

bool hs_touch_changed_past(const struct hs_words *words, const struct hs_touch *writer,
			   const struct hs_touch *reader)
{
	return words->past && reader->varies && touch_changes(words, writer, reader, TOUCH_QUEUE);
}

static bool touch_disturbs(const struct hs_words *words, const struct hs_touch *writer,
			   const struct hs_touch *reader)
{
	return reader->kind != HS_OP_WAKE && hs_touch_changes_word(words, writer, reader);
}

static bool touch_rcu_depends(const struct hs_touch *a, const struct hs_touch *b)
{
	if (a->kind == HS_OP_RCU_ENTER)
		return b->kind == HS_OP_RCU_SNAPSHOT;
	if (a->kind == HS_OP_RCU_SNAPSHOT)
		return b->kind == HS_OP_RCU_ENTER;
	return a->kind == HS_OP_RCU_LEAVE && b->kind == HS_OP_RCU_WAIT && a->since < b->since;
}

/* With this value where both steps begin, an order of them brings the count near zero. */
static bool touch_counts_near(uint64_t value, const struct hs_touch *a, const struct hs_touch *b)
{
	int near = a->near > b->near ? a->near : b->near;
	uint64_t values[] = { value, value + a->delta, value + b->delta,
			      value + a->delta + b->delta };

	for (unsigned int i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		if (near >= 0 && (int64_t)values[i] <= near)
			return true;
	return false;
}

/* Other counts may lie between @a, which comes first, and @b. So the value is asked for at both. */
static bool touch_counts_commute(const struct hs_words *words, const struct hs_touch *a,
				 const struct hs_touch *b)
{
	return words->counts && a->access == HS_COUNT && b->access == HS_COUNT &&
	       !touch_counts_near(a->before, a, b) &&
	       !touch_counts_near(b->before - a->delta, a, b);
}

static bool touch_fence_depends(const struct hs_touch *a, const struct hs_touch *b)
{
	return a->kind == HS_OP_MEMBARRIER || b->kind == HS_OP_MEMBARRIER ||
	       (a->strong && b->strong);
}

bool hs_touches_depend(const struct hs_words *words, const struct hs_touch *a,
		       const struct hs_touch *b)
{
	if (a->task == b->task || a->alone || b->alone)
		return true;
	if (hs_unlikely(a->strong == HS_STRONG_FENCE || b->strong == HS_STRONG_FENCE) &&
	    touch_fence_depends(a, b))
		return true;
	if (touch_is_rcu(a) && touch_is_rcu(b) && touch_rcu_depends(a, b))
		return true;
	if (touch_overlaps(a->addr, a->size, b->addr, b->size) &&
	    !(a->access == HS_READ && b->access == HS_READ) &&
	    !(a->access == HS_COMMUTE && b->access == HS_COMMUTE) &&
	    !touch_counts_commute(words, a, b))
		return true;
	return touch_disturbs(words, a, b) || touch_disturbs(words, b, a);
}

bool hs_touch_meets_sleepers(const struct hs_words *words, const struct hs_touch *a,
			     const struct hs_touch *b)
{
	const struct hs_touch *wake = a->kind == HS_OP_WAKE ? a : b, *write = wake == a ? b : a;

	if (wake->kind != HS_OP_WAKE || write->access == HS_READ)
		return false;
	for (uint32_t i = 0; i < write->words; i++)
		if (words->word[write->first_word + i] == (wake->addr | TOUCH_QUEUE))
			return true;
	return hs_touch_changes_word(words, write, wake);
}

uint32_t hs_independent_tasks(struct hs_sched *s, uint32_t mask, const struct hs_task *t)
{
	struct hs_words *words = &s->scratch;
	struct hs_touch step, other;
	uint32_t independent = 0;

	words->count = 0;
	step = hs_touch_of(s, t, words);
	for (; mask; mask &= mask - 1) {
		uint32_t i = (uint32_t)__builtin_ctz(mask), kept = words->count;

		other = hs_touch_of(s, &s->task[i], words);
		if (step.access == HS_COUNT && other.addr == step.addr)
			other.before += step.delta; /* as if it came next */
		if (!hs_touches_depend(words, &step, &other) &&
		    !hs_touch_meets_sleepers(words, &step, &other) &&
		    !hs_touch_changed_past(words, &step, &other) &&
		    !hs_touch_changed_past(words, &other, &step))
			independent |= 1u << i;
		words->count = kept;
	}
	return independent;
}
