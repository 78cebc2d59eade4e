/* SPDX-License-Identifier: MIT */
/*
 * Every operation of a percpu_ref in each of its states: percpu, atomic from the start, dead with
 * the callback pending, dead after it.
 */
#include "pgmap/percpu_ref.h"
#include "support/death.h"
#include "support/machine.h"

#define BIAS HS_PERCPU_REF_BIAS

struct counted {
	struct hs_percpu_ref ref;
	int released;
};

static void note_release(struct hs_task *self, struct hs_percpu_ref *ref)
{
	(void)self;
	((struct counted *)ref)->released++;
}

static void begin(struct hs_task *self, struct counted *c, uint32_t flags)
{
	memset(c, 0, sizeof(*c));
	assert_int_equal(hs_percpu_ref_init(self, &c->ref, note_release, flags), 0);
}

static uint64_t *counter_of(struct counted *c)
{
	return (uint64_t *)(uintptr_t)(c->ref.state.raw & ~(uint64_t)HS_PERCPU_REF_FLAGS);
}

static uint64_t sum(struct hs_task *self, struct counted *c)
{
	return hs_pcpu_sum(self, (hs_u64 *)counter_of(c));
}

static void percpu_operations_touch_the_counters_only(void **state)
{
	struct hs_task *self = machine_task(state);
	struct counted c;

	begin(self, &c, 0);
	assert_int_equal(c.ref.count.raw, BIAS + 1);
	assert_int_equal(sum(self, &c), 0);
	hs_percpu_ref_get_many(self, &c.ref, 5);
	assert_int_equal(sum(self, &c), 5);
	assert_true(hs_percpu_ref_tryget_live(self, &c.ref));
	assert_int_equal(sum(self, &c), 6);
	/* In percpu mode no put detects zero: the last one releases nothing. */
	hs_percpu_ref_put_many(self, &c.ref, 7);
	assert_int_equal(sum(self, &c), (uint64_t)-1);
	assert_int_equal(c.ref.count.raw, BIAS + 1);
	assert_int_equal(c.released, 0);
	assert_int_equal(hs_percpu_ref_sum(self, &c.ref), 0);
	assert_false(hs_percpu_ref_is_dying(self, &c.ref));
	hs_percpu_ref_exit(self, &c.ref);
}

/* The callback and exit may run between the two loads of a sum. */
static void sum_asks_no_counters_that_are_gone(void **state)
{
	struct hs_task *self = machine_task(state);
	struct counted c;

	begin(self, &c, 0);
	hs_percpu_ref_exit(self, &c.ref);
	assert_int_equal(hs_percpu_ref_sum(self, &c.ref), 1);
}

static void atomic_operations_touch_the_count_only(void **state)
{
	struct hs_task *self = machine_task(state);
	struct counted c;

	begin(self, &c, HS_PERCPU_REF_ATOMIC);
	assert_int_equal(c.ref.count.raw, 1);
	hs_percpu_ref_get_many(self, &c.ref, 5);
	assert_true(hs_percpu_ref_tryget_live(self, &c.ref));
	assert_int_equal(c.ref.count.raw, 7);
	hs_percpu_ref_put_many(self, &c.ref, 6);
	assert_int_equal(c.released, 0);
	hs_percpu_ref_put_many(self, &c.ref, 1);
	assert_int_equal(c.released, 1);
	assert_false(hs_percpu_ref_tryget_live(self, &c.ref));
	assert_int_equal(sum(self, &c), 0);
	hs_percpu_ref_exit(self, &c.ref);
}

static void a_pending_kill_counts_below_the_bias(void **state)
{
	struct hs_task *self = machine_task(state);
	struct counted c;

	begin(self, &c, 0);
	hs_percpu_ref_get_many(self, &c.ref, 2);
	hs_percpu_ref_kill(self, &c.ref);
	assert_true(hs_percpu_ref_is_dying(self, &c.ref));
	assert_int_equal(c.ref.count.raw,
			 BIAS + 1); /* the initial reference is put, the callback has one */
	hs_percpu_ref_get_many(self, &c.ref, 3);
	assert_false(hs_percpu_ref_tryget_live(self, &c.ref));
	assert_int_equal(c.ref.count.raw, BIAS + 4);
	hs_percpu_ref_put_many(self, &c.ref, 5);
	assert_int_equal(c.ref.count.raw, BIAS - 1);
	assert_int_equal(c.released, 0);
	assert_int_equal(sum(self, &c), 2);
	hs_rcu_barrier(self);
	assert_int_equal(c.released, 1);
	hs_percpu_ref_exit(self, &c.ref);
}

static void after_the_callback_the_count_is_exact(void **state)
{
	struct hs_task *self = machine_task(state);
	struct counted c;

	begin(self, &c, 0);
	hs_percpu_ref_get_many(self, &c.ref, 1);
	hs_percpu_ref_kill(self, &c.ref);
	hs_rcu_barrier(self);
	assert_int_equal(c.ref.count.raw, 1);
	hs_percpu_ref_get_many(self, &c.ref, 1);
	assert_false(hs_percpu_ref_tryget_live(self, &c.ref));
	assert_int_equal(c.ref.count.raw, 2);
	hs_percpu_ref_put_many(self, &c.ref, 1);
	assert_int_equal(c.released, 0);
	hs_percpu_ref_put_many(self, &c.ref, 1);
	assert_int_equal(c.released, 1);
	hs_percpu_ref_exit(self, &c.ref);
}

/*
 * Two CPUs and a map of 8 pages, counted as in v5.4: the pages hold 8 references, a walker one
 * more. After the kill the pages put theirs, then the walker its own, then the grace period ends.
 */
static void the_worked_example(void **state)
{
	struct hs_task *remover = machine_task(state), *walker;
	struct counted c;

	assert_int_equal(hs_task_attach(hs_task_machine(remover), "walker", &walker), 0);
	begin(remover, &c, 0);
	hs_percpu_ref_get_many(remover, &c.ref, 8);
	assert_true(hs_percpu_ref_tryget_live(walker, &c.ref));
	assert_int_equal(sum(remover, &c), 9);
	hs_percpu_ref_kill(remover, &c.ref);
	assert_int_equal(c.ref.count.raw, BIAS + 1);
	for (int page = 0; page < 8; page++)
		hs_percpu_ref_put_many(remover, &c.ref, 1);
	assert_int_equal(c.ref.count.raw, BIAS - 7);
	hs_percpu_ref_put_many(walker, &c.ref, 1);
	assert_int_equal(c.ref.count.raw, BIAS - 8);
	assert_int_equal(c.released, 0);
	hs_rcu_barrier(remover);
	assert_int_equal(c.released, 1);
	hs_percpu_ref_exit(remover, &c.ref);
	assert_int_equal(hs_task_detach(walker), 0);
}

static void a_holder_is_what_is_left_after_the_callback(void **state)
{
	struct hs_task *self = machine_task(state);
	struct counted c;

	begin(self, &c, 0);
	assert_true(hs_percpu_ref_tryget_live(self, &c.ref));
	hs_percpu_ref_kill(self, &c.ref);
	hs_rcu_barrier(self);
	assert_int_equal(c.ref.count.raw, 1);
	assert_int_equal(hs_percpu_ref_sum(self, &c.ref), 1);
	assert_int_equal(c.released, 0);
	hs_percpu_ref_put_many(self, &c.ref, 1);
	assert_int_equal(c.released, 1);
	hs_percpu_ref_exit(self, &c.ref);
}

static void kill_to_release_without_a_holder_is_one_grace_period(void **state)
{
	struct hs_task *self = machine_task(state);
	struct hs_machine_info before, after;
	struct counted c;

	begin(self, &c, 0);
	hs_machine_info(hs_task_machine(self), &before);
	hs_percpu_ref_kill(self, &c.ref);
	assert_int_equal(c.released, 0);
	hs_rcu_barrier(self);
	assert_int_equal(c.released, 1);
	hs_machine_info(hs_task_machine(self), &after);
	assert_int_equal(after.grace_periods - before.grace_periods, 1);
	hs_percpu_ref_exit(self, &c.ref);
}

/* One counter is below zero, another above: only the sum has a meaning. */
static void gets_and_puts_on_different_cpus_sum_up(void **state)
{
	struct hs_task *a = machine_task(state), *b;
	struct counted c;

	assert_int_equal(hs_task_attach(hs_task_machine(a), "other", &b), 0);
	begin(a, &c, 0);
	hs_percpu_ref_get_many(a, &c.ref, 1000);
	hs_percpu_ref_put_many(b, &c.ref, 1000);
	assert_int_equal(hs_percpu_ref_sum(a, &c.ref), 1);
	hs_percpu_ref_kill(b, &c.ref);
	hs_rcu_barrier(b);
	assert_int_equal(c.released, 1);
	hs_percpu_ref_exit(a, &c.ref);
	assert_int_equal(hs_task_detach(b), 0);
}

/* A task that can still reach it after the counters are freed finds it dead. */
static void after_exit_the_ref_is_dead(void **state)
{
	struct hs_task *self = machine_task(state);

	for (uint32_t flags = 0; flags <= HS_PERCPU_REF_ATOMIC; flags++) {
		struct counted c;

		begin(self, &c, flags);
		hs_percpu_ref_kill(self, &c.ref);
		hs_rcu_barrier(self);
		assert_int_equal(c.released, 1);
		hs_percpu_ref_exit(self, &c.ref);
		assert_int_equal(c.ref.state.raw,
				 HS_PERCPU_REF_ATOMIC | HS_PERCPU_REF_DEAD | HS_PERCPU_REF_EXITED);
		assert_false(hs_percpu_ref_tryget_live(self, &c.ref));
		assert_true(hs_percpu_ref_is_dying(self, &c.ref));
		assert_int_equal(hs_percpu_ref_sum(self, &c.ref), 0);
	}
}

/* As percpu_ref_is_zero() of the kernel: what was left is known. */
static void after_exit_the_count_is_known(void **state)
{
	struct hs_task *self = machine_task(state);
	struct counted c;

	begin(self, &c, 0);
	hs_percpu_ref_get_many(self, &c.ref, 3);
	hs_percpu_ref_kill(self, &c.ref);
	hs_rcu_barrier(self);
	hs_percpu_ref_exit(self, &c.ref);
	assert_int_equal(c.released, 0);
	assert_int_equal(hs_percpu_ref_sum(self, &c.ref), 3);
}

static void the_kill_of_an_atomic_ref_needs_no_grace_period(void **state)
{
	struct hs_task *self = machine_task(state);
	struct hs_machine_info before, after;
	struct counted c;

	begin(self, &c, HS_PERCPU_REF_ATOMIC);
	hs_machine_info(hs_task_machine(self), &before);
	hs_percpu_ref_kill(self, &c.ref);
	assert_int_equal(c.released, 1);
	assert_int_equal(c.ref.count.raw, 0);
	assert_false(hs_percpu_ref_tryget_live(self, &c.ref));
	hs_machine_info(hs_task_machine(self), &after);
	assert_int_equal(after.grace_periods, before.grace_periods);
	hs_percpu_ref_exit(self, &c.ref);
}

/* No get or put changes the counters after the kill. */
static void after_the_kill_the_counters_stand_still(void **state)
{
	struct hs_task *self = machine_task(state);
	struct counted c;

	begin(self, &c, 0);
	hs_percpu_ref_get_many(self, &c.ref, 3);
	hs_percpu_ref_kill(self, &c.ref);
	hs_percpu_ref_get_many(self, &c.ref, 2);
	assert_false(hs_percpu_ref_tryget_live(self, &c.ref));
	hs_percpu_ref_put_many(self, &c.ref, 4);
	assert_int_equal(sum(self, &c), 3);
	hs_rcu_barrier(self);
	assert_int_equal(sum(self, &c), 3);
	assert_int_equal(c.ref.count.raw, 1);
	hs_percpu_ref_put_many(self, &c.ref, 1);
	assert_int_equal(sum(self, &c), 3);
	assert_int_equal(c.released, 1);
	hs_percpu_ref_exit(self, &c.ref);
}

#ifdef HS_BACKEND_NATIVE
static void kill_twice(void *arg)
{
	struct counted c;
	struct machine m;

	(void)arg;
	machine_open_failing(&m, 0);
	begin(m.self, &c, 0);
	hs_percpu_ref_kill(m.self, &c.ref);
	hs_percpu_ref_kill(m.self, &c.ref);
}

static void put_too_many(void *arg)
{
	struct counted c;
	struct machine m;

	(void)arg;
	machine_open_failing(&m, 0);
	begin(m.self, &c, HS_PERCPU_REF_ATOMIC);
	hs_percpu_ref_put_many(m.self, &c.ref, 2);
}

static void after_exit(void (*use)(struct hs_task *self, struct hs_percpu_ref *ref, uint64_t n))
{
	struct counted c;
	struct machine m;

	machine_open_failing(&m, 0);
	begin(m.self, &c, 0);
	hs_percpu_ref_kill(m.self, &c.ref);
	hs_rcu_barrier(m.self);
	hs_percpu_ref_exit(m.self, &c.ref);
	use(m.self, &c.ref, 1);
}

static void get_after_exit(void *arg)
{
	(void)arg;
	after_exit(hs_percpu_ref_get_many);
}

static void put_after_exit(void *arg)
{
	(void)arg;
	after_exit(hs_percpu_ref_put_many);
}

static void exit_before_the_callback(void *arg)
{
	struct counted c;
	struct machine m;

	(void)arg;
	machine_open_failing(&m, 0);
	begin(m.self, &c, 0);
	hs_percpu_ref_kill(m.self, &c.ref);
	hs_percpu_ref_exit(m.self, &c.ref);
	hs_rcu_barrier(m.self);
}

static void wrong_use_fails_the_assertion(void **state)
{
	(void)state;
	death_expect(get_after_exit, NULL,
		     "hs_percpu_ref_get_many: the count is used after hs_percpu_ref_exit()");
	death_expect(exit_before_the_callback, NULL,
		     "hs_percpu_ref_exit: the callback of the kill has not run");
	death_expect(put_after_exit, NULL,
		     "hs_percpu_ref_put_many: the count is used after hs_percpu_ref_exit()");
	death_expect(kill_twice, NULL, "hs_percpu_ref_kill: already killed");
	death_expect(put_too_many, NULL, "the count is 1, 2 are put");
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		machine_unit_test(percpu_operations_touch_the_counters_only),
		machine_unit_test(sum_asks_no_counters_that_are_gone),
		machine_unit_test(atomic_operations_touch_the_count_only),
		machine_unit_test(a_pending_kill_counts_below_the_bias),
		machine_unit_test(after_the_callback_the_count_is_exact),
		machine_unit_test(the_worked_example),
		machine_unit_test(a_holder_is_what_is_left_after_the_callback),
		machine_unit_test(kill_to_release_without_a_holder_is_one_grace_period),
		machine_unit_test(gets_and_puts_on_different_cpus_sum_up),
		machine_unit_test(after_exit_the_ref_is_dead),
		machine_unit_test(after_exit_the_count_is_known),
		machine_unit_test(the_kill_of_an_atomic_ref_needs_no_grace_period),
		machine_unit_test(after_the_kill_the_counters_stand_still),
#ifdef HS_BACKEND_NATIVE
		cmocka_unit_test(wrong_use_fails_the_assertion),
#endif
	};

	return cmocka_run_group_tests_name("percpu ref", tests, NULL, NULL);
}
