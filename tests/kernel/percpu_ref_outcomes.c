/* SPDX-License-Identifier: MIT */
/*
 * percpu_ref_outcomes.c - what walkers and a killer see of a percpu reference
 *
 * Of each walker: whether the kill had returned before it tried, whether it got a reference, and
 * whether the kill had returned, and the object was released, after it put it. Of the killer: how
 * many walkers had got and put one, and whether the object was released, when the kill returned.
 * And which task released it.
 */
#include "pgmap/percpu_ref.h"

#include "outcomes.h"
#include "percpu_ref_outcomes.h"

#define WALKERS 2

struct object {
	struct hs_percpu_ref ref;
	hs_u32 released;
};

struct state {
	struct object *object;
	uint32_t gets; /* of each walker */
	hs_u32 killed, got, put;
	uint32_t walkers;
	uint32_t walker_saw[WALKERS], killer_saw, releaser;
};

struct walker {
	struct state *st;
	uint32_t number;
};

static struct state *current_state;

static void release(struct hs_task *self, struct hs_percpu_ref *ref)
{
	struct object *o = (struct object *)ref;

	current_state->releaser = hs_task_in_callback(self) ? 7 : hs_task_id(self);
	hs_assert(self, !hs_u32_xchg(self, &o->released, 1, HS_ACQ_REL), "released twice");
}

static uint32_t load(struct hs_task *self, const hs_u32 *word)
{
	return hs_u32_load(self, word, HS_ACQUIRE);
}

static void walk(struct hs_task *self, struct state *st, uint32_t *saw)
{
	struct object *o = st->object;
	bool got;

	*saw = *saw << 4 | load(self, &st->killed);
	got = hs_percpu_ref_tryget_live(self, &o->ref);
	*saw |= got ? 2 : 0;
	if (!got)
		return;
	hs_u32_add(self, &st->got, 1, HS_ACQ_REL);
	hs_assert(self, !load(self, &o->released), "released while held");
	hs_percpu_ref_put_many(self, &o->ref, 1);
	*saw |= load(self, &st->killed) << 2 | load(self, &o->released) << 3;
	hs_u32_add(self, &st->put, 1, HS_ACQ_REL);
}

static void walker_main(struct hs_task *self, void *arg)
{
	const struct walker *w = arg;

	for (uint32_t i = 0; i < w->st->gets; i++)
		walk(self, w->st, &w->st->walker_saw[w->number]);
}

static void killer_main(struct hs_task *self, void *arg)
{
	struct state *st = arg;

	hs_percpu_ref_kill(self, &st->object->ref);
	hs_u32_store(self, &st->killed, 1, HS_RELEASE);
	st->killer_saw = load(self, &st->got) | load(self, &st->put) << 2 |
			 load(self, &st->object->released) << 4;
}

struct param {
	uint32_t walkers, gets;
};

static int setup(struct hs_task *self, struct hs_plan *plan, void *state, const void *param)
{
	static struct walker walker[WALKERS];
	const struct param *p = param;
	struct state *st = state;
	int ret;

	current_state = st;
	st->gets = p->gets;
	st->object = hs_alloc(self, HS_KIND_OTHER, sizeof(*st->object));
	ret = st->object ? hs_percpu_ref_init(self, &st->object->ref, release, 0) : -1;
	for (uint32_t i = 0; i < p->walkers && !ret; i++) {
		walker[i] = (struct walker){ st, i };
		ret = hs_plan_task(plan, "walker", walker_main, &walker[i]);
	}
	return ret ? ret : hs_plan_task(plan, "killer", killer_main, st);
}

static void check(struct hs_task *self, void *state, const void *param)
{
	struct state *st = state;

	(void)param;
	hs_rcu_barrier(self);
	hs_assert(self, load(self, &st->object->released), "never released");
	hs_percpu_ref_exit(self, &st->object->ref);
	hs_free(self, st->object, HS_KIND_OTHER, sizeof(*st->object));
}

static uint64_t look(const void *state)
{
	const struct state *st = state;
	uint64_t outcome = st->releaser | st->killer_saw << 4;

	for (uint32_t i = 0; i < WALKERS; i++)
		outcome = outcome << 12 | st->walker_saw[i];
	return outcome;
}

int main(void)
{
	static const struct hs_scenario scenario = { "percpu ref", sizeof(struct state), setup,
						     check };
	static const struct param twice = { 1, 2 }, two = { 2, 1 };

	outcomes_print("one walker, twice", &scenario, &twice, look, true);
	outcomes_print("two walkers", &scenario, &two, look, false);
	if (outcomes_of_a_switch)
		outcomes_of_a_switch();
	outcomes_print_races();
	return 0;
}
