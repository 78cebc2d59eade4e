/* SPDX-License-Identifier: MIT */
/*
 * threads.c - a scenario on real threads: hs_scenario_run(), in the native library only
 */
#include <errno.h>

#include "memory/machine.h"
#include "port/port.h"
#include "explore/plan.h"

/* Threads wait here until all of them have started, so that either all tasks run or none. */
struct gate {
	struct hs_waitq queue;
	hs_u32 open; /* 1: run the task; 2: end, because a thread did not start */
};

struct runner {
	struct gate *gate;
	const struct hs_plan_entry *task;
};

static bool threads_gate_is_open(struct hs_task *self, void *arg)
{
	struct gate *gate = arg;

	return hs_u32_load(self, &gate->open, HS_ACQUIRE) != 0;
}

static void threads_main(struct hs_task *self, void *arg)
{
	struct runner *r = arg;

	hs_wait_event(self, &r->gate->queue, threads_gate_is_open, r->gate);
	if (hs_u32_load(self, &r->gate->open, HS_ACQUIRE) == 1)
		r->task->fn(self, r->task->arg);
}

static int threads_run_tasks(struct hs_task *boot, const struct hs_plan *plan)
{
	struct hs_thread *threads[HS_PLAN_TASKS];
	struct runner runners[HS_PLAN_TASKS];
	struct gate gate = { .open = { 0 } };
	unsigned int started = 0;

	hs_waitq_init(&gate.queue);
	for (; started < plan->count; started++) {
		runners[started] = (struct runner){ &gate, &plan->task[started] };
		threads[started] = hs_thread_start(boot, plan->task[started].name, threads_main,
						   &runners[started]);
		if (!threads[started])
			break;
	}
	hs_u32_store(boot, &gate.open, started == plan->count ? 1 : 2, HS_RELEASE);
	hs_wake_all(boot, &gate.queue);
	for (unsigned int i = 0; i < started; i++)
		hs_thread_join(boot, threads[i]);
	return started == plan->count ? 0 : -ENOMEM;
}

static int threads_run_on(struct hs_task *boot, const struct hs_scenario *scenario,
			  const void *param)
{
	struct hs_plan plan = { .count = 0 };
	void *state = hs_alloc(boot, HS_KIND_SCENARIO, scenario->state_size);
	int ret;

	if (!state)
		return -ENOMEM;
	ret = scenario->setup(boot, &plan, state, param);
	plan.closed = true;
	if (!ret)
		ret = threads_run_tasks(boot, &plan);
	if (!ret && scenario->check)
		scenario->check(boot, state, param);
	hs_free(boot, state, HS_KIND_SCENARIO, scenario->state_size);
	return ret;
}

int hs_scenario_run(const struct hs_scenario *scenario, const void *param,
		    const struct hs_machine_config *config, struct hs_leaks *left)
{
	struct hs_machine_config standard;
	struct hs_machine *machine;
	struct hs_task *outer, *boot;
	int ret, end;

	if (!scenario->setup || !scenario->state_size)
		return -EINVAL;
	hs_machine_config_init(&standard);
	ret = hs_machine_create(config ? config : &standard, &machine);
	if (ret)
		return ret;
	boot = hs_arena_boot(machine->arena);
	outer = hs_task_make_current(boot);
	ret = threads_run_on(boot, scenario, param);
	hs_task_make_current(outer);
	end = hs_machine_destroy(machine, left);
	return ret ? ret : end;
}
