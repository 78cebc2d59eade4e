/* SPDX-License-Identifier: MIT */
/*
 * Processors that a task keeps until it sleeps: each way to sleep leaves them, and no other wait
 * does. Natively what does not leave one hangs.
 */
#include "port/port.h"
#include "support/exploration.h"

#define ROUNDS 200

struct lab {
	struct hs_processor cpu[2];
	struct hs_mutex mutex;
	struct hs_rwsem sem;
	struct hs_waitq queue;
	hs_u32 flag[2];
	struct hs_rcu_head head;
};

/* What one task does to sleep on processor 0, and what the others do to end that. */
struct sleep {
	void (*task[3])(struct hs_task *self, void *arg);
	uint64_t complete;
};

static bool lab_flag(struct hs_task *self, void *arg)
{
	return hs_u32_load(self, &((struct lab *)arg)->flag[0], HS_ACQUIRE) != 0;
}

static bool lab_other_flag(struct hs_task *self, void *arg)
{
	return hs_u32_load(self, &((struct lab *)arg)->flag[1], HS_ACQUIRE) != 0;
}

/* ---- ways to sleep ----------------------------------------------------------------------- */

static void waits(struct hs_task *self, void *arg)
{
	struct lab *lab = arg;

	hs_processor_take(self, &lab->cpu[0]);
	hs_wait_event(self, &lab->queue, lab_flag, lab);
	hs_processor_leave(self);
}

static void waits_for_completion(struct hs_task *self, void *arg)
{
	struct lab *lab = arg;

	hs_processor_take(self, &lab->cpu[0]);
	hs_wait_for_completion(self, NULL, &lab->flag[0], 1);
	hs_processor_leave(self);
}

static void completes(struct hs_task *self, void *arg)
{
	struct lab *lab = arg;

	hs_processor_take(self, &lab->cpu[0]);
	hs_complete(self, NULL, &lab->flag[0], 1);
	hs_processor_leave(self);
}

static void sleeps_until(struct hs_task *self, void *arg)
{
	struct lab *lab = arg;

	hs_processor_take(self, &lab->cpu[0]);
	hs_sleep_until(self, lab_flag, lab);
	hs_processor_leave(self);
}

static void sets(struct hs_task *self, void *arg)
{
	struct lab *lab = arg;

	hs_processor_take(self, &lab->cpu[0]);
	hs_u32_store(self, &lab->flag[0], 1, HS_RELEASE);
	hs_wake_all(self, &lab->queue);
	hs_processor_leave(self);
}

static void locks(struct hs_task *self, void *arg)
{
	struct lab *lab = arg;

	hs_processor_take(self, &lab->cpu[0]);
	hs_mutex_lock(self, &lab->mutex);
	hs_mutex_unlock(self, &lab->mutex);
	hs_processor_leave(self);
}

static void holds_the_lock(struct hs_task *self, void *arg)
{
	struct lab *lab = arg;

	hs_mutex_lock(self, &lab->mutex);
	hs_processor_take(self, &lab->cpu[0]);
	hs_mutex_unlock(self, &lab->mutex);
	hs_processor_leave(self);
}

static void reads(struct hs_task *self, void *arg)
{
	struct lab *lab = arg;

	hs_processor_take(self, &lab->cpu[0]);
	hs_down_read(self, &lab->sem);
	hs_up_read(self, &lab->sem);
	hs_processor_leave(self);
}

static void holds_for_read(struct hs_task *self, void *arg)
{
	struct lab *lab = arg;

	hs_down_read(self, &lab->sem);
	hs_processor_take(self, &lab->cpu[0]);
	hs_up_read(self, &lab->sem);
	hs_processor_leave(self);
}

static void writes(struct hs_task *self, void *arg)
{
	struct lab *lab = arg;

	hs_processor_take(self, &lab->cpu[0]);
	hs_down_write(self, &lab->sem);
	hs_up_write(self, &lab->sem);
	hs_processor_leave(self);
}

static void holds_for_write(struct hs_task *self, void *arg)
{
	struct lab *lab = arg;

	hs_down_write(self, &lab->sem);
	hs_processor_take(self, &lab->cpu[0]);
	hs_up_write(self, &lab->sem);
	hs_processor_leave(self);
}

static void waits_for_readers(struct hs_task *self, void *arg)
{
	struct lab *lab = arg;

	hs_processor_take(self, &lab->cpu[0]);
	hs_synchronize_rcu(self);
	hs_processor_leave(self);
}

static void reads_until_it_is_set(struct hs_task *self, void *arg)
{
	hs_rcu_read_lock(self);
	while (!lab_flag(self, arg))
		hs_retry_wait(self, "the flag");
	hs_rcu_read_unlock(self);
}

static void waits_at_most(struct hs_task *self, void *arg)
{
	struct lab *lab = arg;

	hs_processor_take(self, &lab->cpu[0]);
	hs_wait_event_until(self, &lab->queue, lab_flag, lab, 1);
	hs_processor_leave(self);
}

static void called_back(struct hs_task *self, struct hs_rcu_head *head)
{
	(void)self;
	(void)head;
}

static void waits_for_callbacks(struct hs_task *self, void *arg)
{
	struct lab *lab = arg;

	hs_call_rcu(self, &lab->head, called_back);
	hs_processor_take(self, &lab->cpu[0]);
	hs_rcu_barrier(self);
	hs_processor_leave(self);
}

static const struct sleep sleeps[] = {
	{ { waits, sets }, 6 },
	{ { waits_for_completion, completes }, 6 },
	{ { sleeps_until, sets }, 6 },
	{ { locks, holds_the_lock }, 7 },
	{ { reads, holds_for_write }, 8 },
	{ { writes, holds_for_read }, 7 },
	{ { waits_for_readers, reads_until_it_is_set, sets }, 49 },
	{ { waits_at_most, sets }, 26 },
	{ { waits_for_callbacks, reads_until_it_is_set, sets }, 104 },
};

/* ---- three tasks -------------------------------------------------------------------- */

static void sleeps_for_the_sleeper(struct hs_task *self, void *arg)
{
	struct lab *lab = arg;

	hs_processor_take(self, &lab->cpu[0]);
	hs_sleep_until(self, lab_other_flag, lab);
	hs_processor_leave(self);
}

static void waits_for_the_worker(struct hs_task *self, void *arg)
{
	struct lab *lab = arg;

	hs_processor_take(self, &lab->cpu[1]);
	hs_sleep_until(self, lab_flag, lab);
	hs_u32_store(self, &lab->flag[1], 1, HS_RELEASE);
	hs_processor_leave(self);
}

static const struct sleep sharing = { { sleeps_for_the_sleeper, waits_for_the_worker, sets }, 18 };

/* ---- two tasks --------------------------------------------------------------------------- */

static void waits_for_what_holds(struct hs_task *self, void *arg)
{
	struct lab *lab = arg;

	hs_processor_take(self, &lab->cpu[0]);
	hs_u32_store(self, &lab->flag[0], 1, HS_RELEASE);
	hs_wait_event(self, &lab->queue, lab_flag, lab);
	hs_wait_event_until(self, &lab->queue, lab_flag, lab, UINT64_MAX);
	hs_wait_for_completion(self, NULL, &lab->flag[0], 1);
	hs_sleep_until(self, lab_flag, lab);
	hs_u32_store(self, &lab->flag[1], 1, HS_RELEASE);
	hs_processor_leave(self);
}

static void finds_both_or_none(struct hs_task *self, void *arg)
{
	struct lab *lab = arg;

	hs_processor_take(self, &lab->cpu[0]);
	hs_assert(self, lab_flag(self, lab) == lab_other_flag(self, lab), "it was left");
	hs_processor_leave(self);
}

static const struct sleep awake = { { waits_for_what_holds, finds_both_or_none }, 6 };

/* ---- the scenario ------------------------------------------------------------------------ */

static int setup(struct hs_task *self, struct hs_plan *plan, void *state, const void *param)
{
	static const char *const names[] = { "spinner", "sleeper", "worker" };
	const struct sleep *sleep = param;
	struct lab *lab = state;
	int ret = 0;

	(void)self;
	hs_processor_init(&lab->cpu[0]);
	hs_processor_init(&lab->cpu[1]);
	hs_mutex_init(&lab->mutex, HS_LOCK_DRIVER);
	hs_rwsem_init(&lab->sem, HS_LOCK_MMAP);
	hs_waitq_init(&lab->queue);
	hs_u32_init(&lab->flag[0], 0);
	hs_u32_init(&lab->flag[1], 0);
	for (int i = 0; !ret && i < 3 && sleep->task[i]; i++)
		ret = hs_plan_task(plan, names[i], sleep->task[i], lab);
	return ret;
}

static void check(struct hs_task *self, void *state, const void *param)
{
	struct lab *lab = state;

	(void)param;
	hs_assert(self, hs_processor_is_free(self, &lab->cpu[0]), "a task is left on it");
	hs_assert(self, hs_processor_is_free(self, &lab->cpu[1]), "a task is left on it");
}

static const struct hs_scenario scenario = {
	.name = "processors",
	.state_size = sizeof(struct lab),
	.setup = setup,
	.check = check,
};

/* ---- tests ------------------------------------------------------------------------------- */

#ifdef HS_BACKEND_NATIVE
static void expect_end(const struct sleep *sleep)
{
	for (int i = 0; i < ROUNDS; i++)
		assert_int_equal(hs_scenario_run(&scenario, sleep, NULL, NULL), 0);
}
#else
static void spins(struct hs_task *self, void *arg)
{
	struct lab *lab = arg;

	hs_processor_take(self, &lab->cpu[0]);
	while (!lab_other_flag(self, lab))
		hs_retry_wait(self, "the sleeper");
	hs_processor_leave(self);
}

static const struct sleep starving = { { spins, waits_for_the_worker, sets }, 0 };

static void takes_another_one(struct hs_task *self, void *arg)
{
	struct lab *lab = arg;

	hs_processor_take(self, &lab->cpu[0]);
	hs_processor_take(self, &lab->cpu[1]);
}

static const struct sleep taking_two = { { takes_another_one }, 0 };

static void expect_end(const struct sleep *sleep)
{
	explore_holds(&scenario, sleep, sleep->complete);
}

static void a_task_that_spins_keeps_others_from_its_processor(void **state)
{
	(void)state;
	explore_fails(&scenario, &starving, HS_VERDICT_LIVELOCK,
		      "the sleeper) on the processor that worker waits for; nothing else can "
		      "move: spinner in retry",
		      1);
}

static void a_task_has_one_processor(void **state)
{
	(void)state;
	explore_fails(&scenario, &taking_two, HS_VERDICT_ASSERT, "the task has a processor already",
		      1);
}
#endif

static void each_way_to_sleep_leaves_the_processor(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(sleeps); i++)
		expect_end(&sleeps[i]);
}

static void a_task_that_sleeps_leaves_its_processor(void **state)
{
	(void)state;
	expect_end(&sharing);
}

static void a_wait_for_what_holds_keeps_the_processor(void **state)
{
	(void)state;
	expect_end(&awake);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_way_to_sleep_leaves_the_processor),
		cmocka_unit_test(a_task_that_sleeps_leaves_its_processor),
		cmocka_unit_test(a_wait_for_what_holds_keeps_the_processor),
#ifdef HS_BACKEND_EXPLORE
		cmocka_unit_test(a_task_that_spins_keeps_others_from_its_processor),
		cmocka_unit_test(a_task_has_one_processor),
#endif
	};

	return cmocka_run_group_tests_name("processors", tests, NULL, NULL);
}
