/* SPDX-License-Identifier: MIT */
/*
 * race_cpu.c - tasks that are bound to a CPU, and workers: work that is queued and waited for
 *
 * invented: struct hs_processor (port/port.h) is the CPU; reduced: schedule_work_on(),
 * flush_work() of linux/workqueue.h, each worker with one work.
 *
 * The word of a work, by predicate:
 *
 *	PENDING		it is queued, and has not begun
 *	RUNNING		it has begun, and is not done; both: it is queued again meanwhile
 *	from bit 2 on	how often it was done
 *
 * Legal: any task queues, which is the same as once until the work begins, and flushes: waits for
 * the last work that was queued then. The worker alone begins and ends it. It ends itself when no
 * work is pending and the tasks that queue it are gone.
 */
#include "run/race_state.h"

#define RACE_CPU_PENDING 1u
#define RACE_CPU_RUNNING 2u
#define RACE_CPU_DONE 2 /* how often starts here */
/* What is added when the work begins, and when it is done. */
#define RACE_CPU_BEGIN (RACE_CPU_RUNNING - RACE_CPU_PENDING)
#define RACE_CPU_END ((1u << RACE_CPU_DONE) - RACE_CPU_RUNNING)

static const struct hs_race_task *race_cpu_task(const struct hs_race_actor *a)
{
	return &hs_race_of(a)->task[a->index - 1];
}

static bool race_cpu_is_worker(const struct hs_race_actor *a)
{
	return a->index && race_cpu_task(a)->worker;
}

/* ---- what runs where --------------------------------------------------------------------- */

void hs_race_cpu_enter(struct hs_task *self, struct hs_race_actor *a)
{
	if (a->running || !a->index)
		return;
	hs_processor_take_at(self, a->processor, a->place);
	if (race_cpu_is_worker(a))
		HS_RACE_WORD(self, a, hs_u32_add(self, &a->work, RACE_CPU_BEGIN, HS_ACQ_REL));
	a->running = true;
}

void hs_race_cpu_leave(struct hs_task *self, struct hs_race_actor *a)
{
	if (!a->running)
		return;
	a->running = false;
	if (race_cpu_is_worker(a))
		HS_RACE_WORD(self, a, hs_u32_add(self, &a->work, RACE_CPU_END, HS_ACQ_REL));
	hs_processor_leave_at(self, a->place);
}

/* ---- work -------------------------------------------------------------------------------- */

/* A task that queued it and is gone has queued it before. */
static bool race_cpu_may_go_on(struct hs_task *self, void *arg)
{
	const struct hs_race_actor *a = arg;

	return hs_u32_load(self, &a->work, HS_ACQUIRE) & RACE_CPU_PENDING ||
	       !hs_u32_load(self, &a->queuers, HS_ACQUIRE);
}

bool hs_race_cpu_next(struct hs_task *self, struct hs_race_actor *a)
{
	unsigned long line = race_cpu_task(a)->line;
	uint32_t work;

	if (!race_cpu_is_worker(a))
		return !a->begun++;
	a->place = hs_race_place(a->state, line);
	hs_act(self, a->state->program->line[line].words);
	hs_spin_until_at(self, race_cpu_may_go_on, a, a->place);
	HS_RACE_WORD(self, a, work = hs_u32_load(self, &a->work, HS_ACQUIRE));
	return work & RACE_CPU_PENDING;
}

static bool race_cpu_queues(const struct hs_race_task *task, uint32_t worker)
{
	for (size_t i = 0; i < task->steps.count; i++)
		if (task->steps.step[i].op == HS_RACE_QUEUE && task->steps.step[i].arg[0] == worker)
			return true;
	return false;
}

void hs_race_cpu_begin(struct hs_race_state *s)
{
	const struct hs_race *race = s->program->race;

	for (uint32_t i = 0; i < race->tasks; i++) {
		struct hs_race_actor *a = &s->actor[i + 1];
		uint32_t queuers = 0;

		if (race->task[i].cpu != HS_RACE_NONE)
			a->processor = &s->cpu[race->task[i].cpu];
		for (uint32_t t = 0; t < race->tasks; t++)
			queuers += race_cpu_queues(&race->task[t], i);
		hs_u32_init(&a->queuers, queuers);
	}
}

void hs_race_cpu_end(struct hs_task *self, struct hs_race_actor *a)
{
	for (uint32_t i = 0; i < hs_race_of(a)->tasks; i++) {
		hs_u32 *queuers = &a->state->actor[i + 1].queuers;

		if (race_cpu_queues(race_cpu_task(a), i))
			HS_RACE_WORD(self, a, hs_u32_add(self, queuers, -1u, HS_RELEASE));
	}
}

/* A plan keeps no copies of names. */
void hs_race_cpu_name(struct hs_plan *plan, const struct hs_race_state *s)
{
	static const char *const names[HS_RACE_CPUS] = {
		"cpu 0", "cpu 1", "cpu 2",  "cpu 3",  "cpu 4",	"cpu 5",  "cpu 6",  "cpu 7",
		"cpu 8", "cpu 9", "cpu 10", "cpu 11", "cpu 12", "cpu 13", "cpu 14", "cpu 15",
	};
	const struct hs_race *race = s->program->race;
	uint32_t named = 0;

	for (uint32_t i = 0; i < race->tasks; i++) {
		const struct hs_race_task *task = &race->task[i];

		if (task->worker)
			hs_plan_name(plan, task->name, &s->actor[i + 1].work, sizeof(hs_u32));
		if (task->cpu == HS_RACE_NONE || named >> task->cpu & 1)
			continue;
		named |= 1u << task->cpu;
		hs_plan_name(plan, names[task->cpu], &s->cpu[task->cpu], sizeof(s->cpu[0]));
	}
}

HS_RACE_DO(QUEUE)
{
	hs_u32 *work = &a->state->actor[step->arg[0] + 1].work;

	HS_RACE_WORD(self, a, hs_u32_or(self, work, RACE_CPU_PENDING, HS_ACQ_REL));
	return 0;
}

struct race_cpu_flush {
	hs_u32 *work;
	uint32_t done;
};

/* Within a race no count comes round. */
static bool race_cpu_is_done(struct hs_task *self, void *arg)
{
	const struct race_cpu_flush *f = arg;

	return hs_u32_load(self, f->work, HS_ACQUIRE) >> RACE_CPU_DONE >= f->done;
}

HS_RACE_DO(FLUSH)
{
	struct race_cpu_flush f = { .work = &a->state->actor[step->arg[0] + 1].work };
	uint32_t work;

	HS_RACE_WORD(self, a, work = hs_u32_load(self, f.work, HS_ACQUIRE));
	if (!(work & (RACE_CPU_PENDING | RACE_CPU_RUNNING)))
		return 0;
	f.done =
		(work >> RACE_CPU_DONE) + !!(work & RACE_CPU_PENDING) + !!(work & RACE_CPU_RUNNING);
	hs_sleep_until_at(self, race_cpu_is_done, &f, a->place);
	return 0;
}
