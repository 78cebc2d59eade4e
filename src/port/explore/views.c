/* SPDX-License-Identifier: MIT */
/*
 * views.c (explore) - store histories and views
 *
 * All of it belongs to the execution and lies outside the image. hs_views_reset() forgets it
 * without touching it, so that its cost does not grow with what the last execution did.
 */
#include "port/explore/views.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "port/explore/keys.h"
#include "port/explore/sched.h"

/* For each word, by its number, the oldest store that may be read; 0 for those behind .count. */
struct view {
	uint32_t *at;
	uint32_t count, room;
};

/* A view that does not change any more: a part of the pool. */
struct kept {
	uint32_t start, count;
};

struct message {
	uint64_t value;
	uint32_t earlier; /* the store to the word before this one */
	uint32_t clock;	  /* what it carries besides the view (clocks.h) */
	struct kept view;
};

/* Stores to a word have the numbers .first .. .last; those before .first are not to be seen. */
struct word {
	uintptr_t key;
	uint32_t first, last;
	uint32_t newest; /* of hs_views.message */
};

struct task_views {
	struct view now;      /* what the task may read */
	struct view acquired; /* and what it may after an acquire fence */
	struct view released; /* at its last release fence: what its relaxed stores carry */
	struct view left;     /* when it left its last read section */
	struct view grace;    /* what the end of the grace period that it waits for brings */
};

struct hs_views {
	bool failed;
	struct message *message;
	uint32_t messages, message_room;
	struct word *word;
	uint32_t words, word_room;
	struct hs_keys key; /* of a word: its number and 1 */
	uint32_t *pool;
	uint32_t pool_used, pool_room;
	struct view strong; /* SEQ_CST stores and fences */
	struct view begun;  /* grace periods */
	struct view ran;    /* RCU callbacks */
	struct task_views task[HS_SCHED_TASKS];
};

/* What hands a view over and is no word has a key that is not aligned to 4 bytes (order.c). */
#define VIEWS_NO_WORD ((uintptr_t)3)

/* ---- memory ------------------------------------------------------------------------------ */

/* Makes room for @need items of @size bytes. False: no memory. */
static bool views_grow(struct hs_views *v, void *list, uint32_t *room, uint32_t need, size_t size)
{
	v->failed |= !hs_grow(list, room, need, size);
	return !v->failed;
}

int hs_views_begin(struct hs_sched *s)
{
	struct hs_views *v = calloc(1, sizeof(*v));

	if (!v)
		return -ENOMEM;
	hs_keys_reset(&v->key);
	s->views = v;
	return 0;
}

void hs_views_end(struct hs_sched *s)
{
	struct hs_views *v = s->views;

	if (!v)
		return;
	s->views = NULL;
	for (uint32_t i = 0; i < HS_SCHED_TASKS; i++) {
		free(v->task[i].now.at);
		free(v->task[i].acquired.at);
		free(v->task[i].released.at);
		free(v->task[i].left.at);
		free(v->task[i].grace.at);
	}
	free(v->strong.at);
	free(v->begun.at);
	free(v->ran.at);
	free(v->pool);
	hs_keys_free(&v->key);
	free(v->word);
	free(v->message);
	free(v);
}

void hs_views_reset(struct hs_sched *s)
{
	struct hs_views *v = s->views;

	if (!v)
		return;
	hs_keys_reset(&v->key);
	v->messages = v->words = v->pool_used = 0;
	v->strong.count = v->begun.count = v->ran.count = 0;
	for (uint32_t i = 0; i < HS_SCHED_TASKS; i++) {
		struct task_views *t = &v->task[i];

		t->now.count = t->acquired.count = t->released.count = 0;
		t->left.count = t->grace.count = 0;
	}
}

bool hs_views_failed(const struct hs_sched *s)
{
	return s->views && s->views->failed;
}

/* ---- views ------------------------------------------------------------------------------- */

static uint32_t views_at(const struct view *view, uint32_t word)
{
	return word < view->count ? view->at[word] : 0;
}

/* Makes @view cover @count words. False: no memory. */
static bool views_cover(struct hs_views *v, struct view *view, uint32_t count)
{
	if (count <= view->count)
		return true;
	if (!views_grow(v, &view->at, &view->room, count, sizeof(*view->at)))
		return false;
	memset(view->at + view->count, 0, (count - view->count) * sizeof(*view->at));
	view->count = count;
	return true;
}

static void views_raise(struct hs_views *v, struct view *view, uint32_t word, uint32_t store)
{
	if (views_cover(v, view, word + 1) && view->at[word] < store)
		view->at[word] = store;
}

static void views_join_words(struct hs_views *v, struct view *view, const uint32_t *at,
			     uint32_t count)
{
	if (!views_cover(v, view, count))
		return;
	for (uint32_t i = 0; i < count; i++)
		view->at[i] = view->at[i] < at[i] ? at[i] : view->at[i];
}

static void views_join(struct hs_views *v, struct view *view, const struct view *other)
{
	views_join_words(v, view, other->at, other->count);
}

static void views_join_kept(struct hs_views *v, struct view *view, struct kept kept)
{
	if (kept.count)
		views_join_words(v, view, v->pool + kept.start, kept.count);
}

/* Keeps what @view and @more are together. */
static struct kept views_keep(struct hs_views *v, const struct view *view, struct kept more)
{
	uint32_t count = view->count > more.count ? view->count : more.count;
	struct kept kept = { v->pool_used, count };
	uint32_t *at;

	if (!view->count)
		return more;
	if (!views_grow(v, &v->pool, &v->pool_room, v->pool_used + count, sizeof(*v->pool)))
		return (struct kept){ 0, 0 };
	v->pool_used += count;
	at = v->pool + kept.start;
	memcpy(at, view->at, view->count * sizeof(*at));
	memset(at + view->count, 0, (count - view->count) * sizeof(*at));
	for (uint32_t i = 0; i < more.count; i++)
		if (at[i] < v->pool[more.start + i])
			at[i] = v->pool[more.start + i];
	return kept;
}

/* ---- words ------------------------------------------------------------------------------- */

static bool views_add_message(struct hs_views *v, struct word *w, uint64_t value, struct kept view,
			      uint32_t clock)
{
	if (!views_grow(v, &v->message, &v->message_room, v->messages + 1, sizeof(*v->message)))
		return false;
	v->message[v->messages] = (struct message){ value, w->newest, clock, view };
	w->newest = v->messages++;
	return true;
}

/* NULL: no memory. */
static struct word *views_new_word(struct hs_views *v, uintptr_t key, uint32_t *number,
				   uint64_t value)
{
	struct word *w;

	if (!views_grow(v, &v->word, &v->word_room, v->words + 1, sizeof(*v->word)))
		return NULL;
	w = &v->word[v->words];
	*w = (struct word){ .key = key };
	if (!views_add_message(v, w, value, (struct kept){ 0, 0 }, 0))
		return NULL;
	*number = ++v->words;
	return w;
}

/* The word whose value is @newest. NULL: no memory. */
static struct word *views_word(struct hs_views *v, uintptr_t key, uint64_t newest)
{
	uint32_t *number = hs_keys_add(&v->key, key);
	struct word *w;

	v->failed |= !number;
	if (!number)
		return NULL;
	if (!*number)
		return views_new_word(v, key, number, newest);
	w = &v->word[*number - 1];
	if (hs_likely(v->message[w->newest].value == newest))
		return w;
	/* It was written without a store: plain data, which every task sees. */
	if (!views_add_message(v, w, newest, (struct kept){ 0, 0 }, 0))
		return NULL;
	w->first = ++w->last;
	return w;
}

static uint32_t views_number(const struct hs_views *v, const struct word *w)
{
	return (uint32_t)(w - v->word);
}

/* ---- loads and stores -------------------------------------------------------------------- */

static struct task_views *views_of(struct hs_task *self)
{
	return &self->sched->views->task[self->id];
}

/* Outside an execution and in a predicate that is asked, a word has the newest value. */
static bool views_apply(const struct hs_task *self)
{
	return self->mode >= HS_MODE_LOG;
}

static bool views_acquires(enum hs_order o)
{
	return o == HS_ACQUIRE || o == HS_ACQ_REL || o == HS_SEQ_CST;
}

static bool views_releases(enum hs_order o)
{
	return o == HS_RELEASE || o == HS_ACQ_REL || o == HS_SEQ_CST;
}

static bool views_has_clock(const struct hs_task *self, const struct word *w)
{
	return self->sched->clocks && !(w->key & VIEWS_NO_WORD);
}

/* @self has read store number @store of @w, which is @m. */
static void views_receive(struct hs_task *self, const struct word *w, uint32_t store,
			  const struct message *m, enum hs_order o)
{
	struct hs_views *v = self->sched->views;
	struct task_views *t = views_of(self);

	if (views_has_clock(self, w))
		hs_clocks_receive(self, m->clock, o);
	views_raise(v, &t->now, views_number(v, w), store);
	views_join_kept(v, views_acquires(o) ? &t->now : &t->acquired, m->view);
}

/* @self stores to @w what also carries @view and @clock. */
static void views_send(struct hs_task *self, struct word *w, uint64_t value, struct kept view,
		       uint32_t clock, enum hs_order o)
{
	struct hs_views *v = self->sched->views;
	struct task_views *t = views_of(self);
	uint32_t number = views_number(v, w);

	if (views_has_clock(self, w))
		clock = hs_clocks_send(self, clock, o);
	views_raise(v, &t->now, number, w->last + 1);
	view = views_keep(v, views_releases(o) ? &t->now : &t->released, view);
	if (!views_add_message(v, w, value, view, clock))
		return;
	w->last++;
	if (o == HS_SEQ_CST)
		views_raise(v, &v->strong, number, w->last);
}

/* How many stores before the newest one the load sees. */
static uint32_t views_decide(struct hs_task *self, uint32_t candidates)
{
	struct hs_sched *s = self->sched;

	if (candidates == 1 || self->mode != HS_MODE_STEP)
		return 0;
	if (candidates < HS_CHOICE && s->decisions - s->step < s->max_steps)
		return hs_sched_choose(self, candidates, NULL);
	hs_sched_violation(s, HS_VERDICT_STEPS,
			   "more than %u values that a load may see, or %u choices", HS_CHOICE - 1,
			   s->max_steps);
	return 0;
}

uint64_t hs_views_load(struct hs_task *self, const void *addr, uint64_t newest, enum hs_order o)
{
	struct hs_views *v = self->sched->views;
	struct task_views *t = views_of(self);
	const struct word *w;
	uint32_t oldest, back, at;

	if (!views_apply(self))
		return newest;
	w = views_word(v, (uintptr_t)addr, newest);
	if (!w)
		return newest;
	oldest = views_at(&t->now, views_number(v, w));
	if (o == HS_SEQ_CST && oldest < views_at(&v->strong, views_number(v, w)))
		oldest = views_at(&v->strong, views_number(v, w));
	if (oldest < w->first)
		oldest = w->first;
	back = views_decide(self, w->last - oldest + 1);
	at = w->newest;
	for (uint32_t i = 0; i < back; i++)
		at = v->message[at].earlier;
	views_receive(self, w, w->last - back, &v->message[at], o);
	return v->message[at].value;
}

void hs_views_store(struct hs_task *self, const void *addr, uint64_t before, uint64_t value,
		    enum hs_order o)
{
	struct hs_views *v = self->sched->views;
	struct word *w;

	if (!views_apply(self))
		return;
	w = views_word(v, (uintptr_t)addr, before);
	if (w)
		views_send(self, w, value, (struct kept){ 0, 0 }, 0, o);
}

void hs_views_see(struct hs_task *self, const void *addr, uint64_t newest, enum hs_order o)
{
	struct hs_views *v = self->sched->views;
	const struct word *w;

	if (!views_apply(self))
		return;
	w = views_word(v, (uintptr_t)addr, newest);
	if (w)
		views_receive(self, w, w->last, &v->message[w->newest], o);
}

void hs_views_rmw(struct hs_task *self, const void *addr, uint64_t before, uint64_t value,
		  enum hs_order o)
{
	struct hs_views *v = self->sched->views;
	const struct message *m;
	struct word *w;

	if (!views_apply(self))
		return;
	w = views_word(v, (uintptr_t)addr, before);
	if (!w)
		return;
	m = &v->message[w->newest];
	views_receive(self, w, w->last, m, o);
	views_send(self, w, value, m->view, m->clock, o);
}

void hs_views_retry(struct hs_task *self)
{
	struct hs_views *v = self->sched->views;
	struct view *now = &views_of(self)->now;

	for (uint32_t i = 0; self->sched->alone && i < v->words; i++)
		v->word[i].first = v->word[i].last;
	for (uint32_t i = 0; self->reads_lost && i < v->words; i++)
		views_raise(v, now, i, v->word[i].last);
	for (uint32_t i = 0; i < self->read_count; i++) {
		uintptr_t key = self->reads[i].word & ~(uintptr_t)1;
		const uint32_t *number = hs_keys_find(&v->key, key);

		if (number && *number)
			views_raise(v, now, *number - 1, v->word[*number - 1].last);
	}
}

/* ---- fences ------------------------------------------------------------------------------ */

/* The share of a SEQ_CST fence that concerns @t alone. */
static void views_see_strong(struct hs_views *v, struct task_views *t)
{
	views_join(v, &t->now, &t->acquired);
	views_join(v, &t->now, &v->strong);
	views_join(v, &t->released, &t->now);
}

void hs_views_fence(struct hs_task *self, enum hs_order o)
{
	struct hs_views *v = self->sched->views;
	struct task_views *t = views_of(self);

	if (!views_apply(self))
		return;
	if (o == HS_SEQ_CST && self->mode == HS_MODE_STEP) {
		hs_step_strong(self, HS_OP_FENCE, HS_WRITE, &self->sched->views, 1, self->site,
			       HS_STRONG_FENCE, HS_DETAIL(0, HS_SEQ_CST));
		views_see_strong(v, t);
		views_join(v, &v->strong, &t->now);
		return;
	}
	if (views_acquires(o))
		views_join(v, &t->now, &t->acquired);
	if (views_releases(o))
		views_join(v, &t->released, &t->now);
}

void hs_views_membarrier(struct hs_task *self)
{
	struct hs_sched *s = self->sched;
	struct hs_views *v = s->views;

	if (!self->weak || self->mode != HS_MODE_STEP)
		return;
	hs_step_strong(self, HS_OP_MEMBARRIER, HS_WRITE, &s->views, 1, HS_HERE, HS_STRONG_FENCE, 0);
	views_see_strong(v, views_of(self));
	views_join(v, &v->strong, &views_of(self)->now);
	for (uint32_t i = 1; i < s->tasks; i++)
		views_see_strong(v, &v->task[i]);
	for (uint32_t i = 1; i < s->tasks; i++)
		views_join(v, &v->strong, &v->task[i].now);
	views_see_strong(v, views_of(self));
}

/* ---- what else orders tasks -------------------------------------------------------------- */

void hs_views_start(struct hs_task *parent, struct hs_task *child)
{
	views_join(parent->sched->views, &views_of(child)->now, &views_of(parent)->now);
}

void hs_views_join(struct hs_task *self, uint64_t ended)
{
	struct hs_views *v = self->sched->views;

	for (; ended; ended &= ended - 1)
		views_join(v, &views_of(self)->now, &v->task[__builtin_ctzll(ended)].now);
}

void hs_views_rcu_enter(struct hs_task *self)
{
	struct hs_views *v = self->sched->views;

	if (views_apply(self))
		views_join(v, &views_of(self)->now, &v->begun);
}

void hs_views_rcu_leave(struct hs_task *self)
{
	const struct hs_sched *s = self->sched;
	struct hs_views *v = s->views;
	const struct view *now = &views_of(self)->now;

	if (!views_apply(self))
		return;
	views_join(v, &views_of(self)->left, now);
	for (uint32_t i = 1; i < s->tasks; i++)
		if (s->task[i].rcu_wait >> self->id & 1)
			views_join(v, &v->task[i].grace, now);
}

void hs_views_rcu_begin(struct hs_task *self, struct hs_task *waiter)
{
	const struct hs_sched *s = self->sched;
	struct hs_views *v = s->views;

	if (!views_apply(self))
		return;
	views_join(v, &v->begun, &views_of(self)->now);
	for (uint32_t i = 1; i < s->tasks; i++)
		views_join(v, &views_of(waiter)->grace, &v->task[i].left);
}

void hs_views_rcu_end(struct hs_task *self)
{
	if (views_apply(self))
		views_join(self->sched->views, &views_of(self)->now, &views_of(self)->grace);
}

void hs_views_rcu_ran(struct hs_task *self)
{
	if (views_apply(self))
		views_join(self->sched->views, &self->sched->views->ran, &views_of(self)->now);
}

void hs_views_rcu_poll(struct hs_task *self)
{
	if (views_apply(self))
		views_join(self->sched->views, &views_of(self)->now, &self->sched->views->ran);
}
