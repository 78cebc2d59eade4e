/* SPDX-License-Identifier: MIT */
/*
 * clocks.c (explore) - clocks of tasks, and what words carry
 */
#include "port/explore/clocks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "port/explore/sched.h"

_Static_assert(HS_CLOCK_TASKS == HS_SCHED_TASKS, "a clock has each task of an execution");

/* ---- making and ending ------------------------------------------------------------------- */

int hs_clocks_begin(struct hs_sched *s)
{
	struct hs_clocks *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	c->count = 1;
	if (!hs_grow(&c->sent, &c->room, c->count, sizeof(*c->sent))) {
		free(c);
		return -ENOMEM;
	}
	memset(&c->sent[0], 0, sizeof(c->sent[0]));
	hs_keys_reset(&c->word);
	s->clocks = c;
	return 0;
}

void hs_clocks_end(struct hs_sched *s)
{
	struct hs_clocks *c = s->clocks;

	if (!c)
		return;
	s->clocks = NULL;
	hs_keys_free(&c->word);
	free(c->sent);
	free(c);
}

void hs_clocks_stand(struct hs_sched *s)
{
	memcpy(s->clocks->first, s->clocks->task, sizeof(s->clocks->first));
}

void hs_clocks_reset(struct hs_sched *s)
{
	struct hs_clocks *c = s->clocks;

	c->count = 1;
	hs_keys_reset(&c->word);
	memset(&c->begun, 0, sizeof(c->begun));
	memset(&c->ran, 0, sizeof(c->ran));
	memcpy(c->task, c->first, sizeof(c->task));
}

/* ---- clocks ------------------------------------------------------------------------------ */

static struct hs_clock_task *clocks_of(const struct hs_task *self)
{
	return &self->sched->clocks->task[self->id];
}

static void clocks_join(struct hs_clock *clock, const struct hs_clock *other)
{
	for (uint32_t i = 0; i < HS_CLOCK_TASKS; i++)
		clock->at[i] = clock->at[i] < other->at[i] ? other->at[i] : clock->at[i];
}

void hs_clocks_tick(struct hs_task *self)
{
	clocks_of(self)->now.at[self->id]++;
}

uint32_t hs_clocks_part(const struct hs_task *self)
{
	return clocks_of(self)->now.at[self->id] + 1;
}

bool hs_clocks_ordered(const struct hs_task *self, uint32_t other, uint32_t part)
{
	return other == self->id || part <= clocks_of(self)->now.at[other];
}

/* ---- words ------------------------------------------------------------------------------- */

static bool clocks_acquires(enum hs_order o)
{
	return o == HS_ACQUIRE || o == HS_ACQ_REL || o == HS_SEQ_CST;
}

static bool clocks_releases(enum hs_order o)
{
	return o == HS_RELEASE || o == HS_ACQ_REL || o == HS_SEQ_CST;
}

/* What a store with order @o carries of its own. */
static const struct hs_clock *clocks_own(const struct hs_task *self, enum hs_order o)
{
	return clocks_releases(o) ? &clocks_of(self)->now : &clocks_of(self)->released;
}

/* A new number, which carries nothing. 0: no memory. */
static uint32_t clocks_new(struct hs_clocks *c)
{
	if (!hs_grow(&c->sent, &c->room, c->count + 1, sizeof(*c->sent))) {
		c->failed = true;
		return 0;
	}
	memset(&c->sent[c->count], 0, sizeof(c->sent[0]));
	return c->count++;
}

uint32_t hs_clocks_send(struct hs_task *self, uint32_t earlier, enum hs_order o)
{
	struct hs_clocks *c = self->sched->clocks;
	uint32_t number = clocks_new(c);

	if (!number)
		return 0;
	c->sent[number] = c->sent[earlier];
	clocks_join(&c->sent[number], clocks_own(self, o));
	return number;
}

void hs_clocks_receive(struct hs_task *self, uint32_t sent, enum hs_order o)
{
	struct hs_clock_task *t = clocks_of(self);

	clocks_join(clocks_acquires(o) ? &t->now : &t->acquired, &self->sched->clocks->sent[sent]);
}

/* What the word carries. NULL: no memory. */
static struct hs_clock *clocks_word(struct hs_clocks *c, uintptr_t word)
{
	uint32_t *number = hs_keys_add(&c->word, word);

	c->failed |= !number;
	if (number && !*number)
		*number = clocks_new(c);
	return number && *number ? &c->sent[*number] : NULL;
}

void hs_clocks_load(struct hs_task *self, uintptr_t word, enum hs_order o)
{
	const uint32_t *number = hs_keys_find(&self->sched->clocks->word, word);

	if (number)
		hs_clocks_receive(self, *number, o);
}

void hs_clocks_store(struct hs_task *self, uintptr_t word, enum hs_order o)
{
	struct hs_clock *sent = clocks_word(self->sched->clocks, word);

	if (sent)
		*sent = *clocks_own(self, o);
}

void hs_clocks_rmw(struct hs_task *self, uintptr_t word, enum hs_order o)
{
	struct hs_clock *sent;

	hs_clocks_load(self, word, o);
	sent = clocks_word(self->sched->clocks, word);
	if (sent)
		clocks_join(sent, clocks_own(self, o));
}

void hs_clocks_add(struct hs_task *self, uintptr_t word)
{
	struct hs_clock *sent = clocks_word(self->sched->clocks, word);

	if (sent)
		clocks_join(sent, &clocks_of(self)->now);
}

/* ---- what else orders tasks -------------------------------------------------------------- */

/* The part before a fence that releases is over: what comes after it is not released. */
void hs_clocks_fence(struct hs_task *self, enum hs_order o)
{
	struct hs_clock_task *t = clocks_of(self);

	if (clocks_acquires(o))
		clocks_join(&t->now, &t->acquired);
	if (!clocks_releases(o))
		return;
	hs_clocks_tick(self);
	clocks_join(&t->released, &t->now);
}

void hs_clocks_start(struct hs_task *parent, struct hs_task *child)
{
	hs_clocks_tick(parent);
	clocks_join(&clocks_of(child)->now, &clocks_of(parent)->now);
}

void hs_clocks_join(struct hs_task *self, uint64_t ended)
{
	struct hs_clocks *c = self->sched->clocks;
	struct hs_clock *now = &clocks_of(self)->now;

	for (; ended; ended &= ended - 1) {
		uint32_t i = (uint32_t)__builtin_ctzll(ended);

		clocks_join(now, &c->task[i].now);
		now->at[i] = c->task[i].now.at[i] + 1; /* its last part is over as well */
	}
}

void hs_clocks_rcu_enter(struct hs_task *self)
{
	clocks_join(&clocks_of(self)->now, &self->sched->clocks->begun);
}

void hs_clocks_rcu_leave(struct hs_task *self)
{
	const struct hs_sched *s = self->sched;
	const struct hs_clock *now = &clocks_of(self)->now;

	clocks_of(self)->left = *now;
	for (uint32_t i = 1; i < s->tasks; i++)
		if (s->task[i].rcu_wait >> self->id & 1)
			clocks_join(&s->clocks->task[i].grace, now);
}

void hs_clocks_rcu_begin(struct hs_task *self, struct hs_task *waiter)
{
	const struct hs_sched *s = self->sched;

	clocks_join(&s->clocks->begun, &clocks_of(self)->now);
	for (uint32_t i = 1; i < s->tasks; i++)
		clocks_join(&clocks_of(waiter)->grace, &s->clocks->task[i].left);
}

void hs_clocks_rcu_end(struct hs_task *self)
{
	clocks_join(&clocks_of(self)->now, &clocks_of(self)->grace);
}

void hs_clocks_rcu_ran(struct hs_task *self)
{
	clocks_join(&self->sched->clocks->ran, &clocks_of(self)->now);
}

void hs_clocks_rcu_poll(struct hs_task *self)
{
	clocks_join(&clocks_of(self)->now, &self->sched->clocks->ran);
}
