/* SPDX-License-Identifier: MIT */
/*
 * percpu_ref_switch.c - what a walker sees of a percpu reference that a task switches to atomic
 * mode, waiting for the switch, and then kills
 *
 * No pgmap switches its reference, so that the model has no such function. Of the walker: whether
 * the switch had returned when it began, and whether it got a reference; of the object: whether it
 * was released when the kill returned.
 */
#include <hmmsim/races.h>

#include "port/port.h"

#include "outcomes.h"
#include "percpu_ref_kernel.h"
#include "percpu_ref_outcomes.h"

struct object {
	void *kernel[2]; /* its struct percpu_ref */
	hs_u32 released;
};

struct switched {
	struct object *object;
	hs_u32 atomic;
	uint32_t walker_saw, killer_saw;
};

static struct percpu_ref *switch_ref(struct object *o)
{
	return (struct percpu_ref *)(void *)o->kernel;
}

static void switch_release(struct percpu_ref *ref)
{
	struct object *o = (struct object *)(void *)ref;
	struct hs_task *self = hs_races_task();

	hs_assert(self, !hs_u32_xchg(self, &o->released, 1, HS_ACQ_REL), "released twice");
}

static void switch_walker(struct hs_task *self, void *arg)
{
	struct switched *st = arg;
	struct percpu_ref *ref = switch_ref(st->object);

	st->walker_saw = hs_u32_load(self, &st->atomic, HS_ACQUIRE);
	if (!kernel_ref_tryget_live(ref))
		return;
	hs_assert(self, !hs_u32_load(self, &st->object->released, HS_ACQUIRE),
		  "released while held");
	kernel_ref_put_many(ref, 1);
	st->walker_saw |= 2;
}

static void switch_killer(struct hs_task *self, void *arg)
{
	struct switched *st = arg;

	kernel_ref_switch_to_atomic(switch_ref(st->object));
	hs_u32_store(self, &st->atomic, 1, HS_RELEASE);
	kernel_ref_kill(switch_ref(st->object));
	st->killer_saw = hs_u32_load(self, &st->object->released, HS_ACQUIRE);
}

static int switch_setup(struct hs_task *self, struct hs_plan *plan, void *state, const void *param)
{
	struct switched *st = state;
	int ret = -1;

	(void)param;
	st->object = hs_alloc(self, HS_KIND_OTHER, sizeof(*st->object));
	if (st->object)
		ret = kernel_ref_init(switch_ref(st->object), switch_release, false, true);
	if (!ret)
		ret = hs_plan_task(plan, "walker", switch_walker, st);
	return ret ? ret : hs_plan_task(plan, "killer", switch_killer, st);
}

static void switch_check(struct hs_task *self, void *state, const void *param)
{
	struct switched *st = state;

	(void)param;
	hs_rcu_barrier(self);
	hs_assert(self, hs_u32_load(self, &st->object->released, HS_ACQUIRE), "never released");
	kernel_ref_exit(switch_ref(st->object));
	hs_free(self, st->object, HS_KIND_OTHER, sizeof(*st->object));
}

static uint64_t switch_look(const void *state)
{
	const struct switched *st = state;

	return st->walker_saw << 4 | st->killer_saw;
}

void outcomes_of_a_switch(void)
{
	static const struct hs_scenario scenario = { "percpu ref switch", sizeof(struct switched),
						     switch_setup, switch_check };

	outcomes_print("kernel alone: a switch and a walker", &scenario, NULL, switch_look, false);
}
