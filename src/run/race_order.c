/* SPDX-License-Identifier: MIT */
/*
 * race_order.c - one interleaving, written down: order w1 w2 | r1 r2~ | w5
 *
 * invented. A task that comes to a step which the rest of the line names waits for its turn. A turn
 * lasts until the task comes to its next step, or to an until, or ends; with ~ it passes on as soon
 * as the step has begun, for steps that block. Steps that the rest of the line does not name are
 * free.
 */
#include "run/race_state.h"

bool hs_race_order_is_over(const struct hs_race_state *s)
{
	return s->at.raw == s->program->race->order_words;
}

static bool race_order_is_turn(struct hs_task *self, void *arg)
{
	const struct hs_race_actor *a = arg;

	return hs_u32_load(self, &a->state->at, HS_ACQUIRE) == a->next;
}

void hs_race_order_end(struct hs_task *self, struct hs_race_actor *a)
{
	if (!a->turn)
		return;
	a->turn = false;
	HS_RACE_WORD(self, a, hs_u32_add(self, &a->state->at, 1, HS_RELEASE));
}

/* The next word that names the step. False: there is none. */
static bool race_order_next(struct hs_race_actor *a)
{
	const struct hs_race_program *p = a->state->program;

	for (size_t i = a->next; a->index && i < p->race->order_words; i++)
		if (p->turn[i].task + 1 == a->index && p->turn[i].step == a->step) {
			a->next = (uint32_t)i;
			return true;
		}
	return false;
}

/* Inside an RCU read section a task may not wait, but it may try again. */
static void race_order_wait(struct hs_task *self, struct hs_race_actor *a)
{
	if (!hs_rcu_held(self)) {
		hs_spin_until_at(self, race_order_is_turn, a, a->place);
		return;
	}
	hs_site(self, a->place);
	while (!race_order_is_turn(self, a))
		hs_retry_wait_at(self, "the turn of another step", a->place);
	hs_site(self, NULL);
}

void hs_race_order_begin(struct hs_task *self, struct hs_race_actor *a)
{
	hs_race_order_end(self, a);
	if (!race_order_next(a))
		return;
	race_order_wait(self, a);
	a->turn = true;
	if (a->state->program->turn[a->next++].passes_on)
		hs_race_order_end(self, a);
}
