/* SPDX-License-Identifier: MIT */
/*
 * What each primitive of the shim does to code that uses it as the kernel does (shim_code.c), under
 * every schedule.
 */
#include <hmmsim/hmmsim.h>

#include "shim/shim.h"
#include "shim_code.h"
#include "support/test.h"

struct row {
	const char *name;
	shim_fn *task[3];
	enum hs_verdict verdict;
	const char *text;  /* in the message */
	uint64_t outcomes; /* bit n: shim_result() may be n */
	shim_fn *at_end;   /* on the boot task */
	enum hs_memory memory;
};

#define BIT(n) ((uint64_t)1 << (n))

static uint64_t seen;

struct role {
	struct shim_objects *o;
	shim_fn *fn;
};

static struct role roles[3];

static void task_main(struct hs_task *self, void *arg)
{
	const struct role *role = arg;

	(void)self;
	role->fn(role->o);
}

static int set_up(struct hs_task *self, struct hs_plan *plan, void *state, const void *param)
{
	static const char *const names[] = { "one", "two", "three" };
	const struct row *row = param;
	int ret = 0;

	(void)self;
	shim_begin(state);
	for (size_t i = 0; i < COUNT(row->task) && row->task[i] && !ret; i++) {
		roles[i] = (struct role){ state, row->task[i] };
		ret = hs_plan_task(plan, names[i], task_main, &roles[i]);
	}
	return ret;
}

static void check(struct hs_task *self, void *state, const void *param)
{
	const struct row *row = param;

	hs_sync_rcu_barrier(self);
	if (row->at_end)
		row->at_end(state);
	seen |= BIT(shim_result(state));
	shim_end(state);
}

static void explore_row(const struct row *row)
{
	struct hs_scenario scenario = { row->name, shim_objects_size(), set_up, check };
	struct hs_explore_options options;
	struct hs_explore_result r;

	seen = 0;
	hs_explore_options_init(&options);
	options.memory = row->memory;
	assert_int_equal(hs_explore(&scenario, row, &options, &r), 0);
	if (r.verdict != row->verdict || (row->text && !strstr(r.message, row->text)) ||
	    (!r.violations && (seen != row->outcomes || !r.exhaustive)))
		fail_msg("%s: %s: %s, outcomes %#llx; expected %s: %s, %#llx", row->name,
			 hs_verdict_name(r.verdict), r.message, (unsigned long long)seen,
			 hs_verdict_name(row->verdict), row->text ? row->text : "",
			 (unsigned long long)row->outcomes);
	hs_explore_result_free(&r);
}

static void explore_rows(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		explore_row(&rows[i]);
}

#define HOLDS .verdict = HS_VERDICT_NONE, .outcomes
#define FAILS(as, message) .verdict = (as), .text = (message)
#define VIEWS .memory = HS_MEMORY_VIEWS

static void locks_exclude(void **state)
{
	static const struct row rows[] = {
		{ "no lock", { shim_count_plain, shim_count_plain }, HOLDS = BIT(1) | BIT(2) },
		{ "spinlock", { shim_count_locked, shim_count_locked }, HOLDS = BIT(2) },
		{ "static", { shim_count_static, shim_count_static }, HOLDS = BIT(2) },
		{ "rwsem", { shim_count_written, shim_count_written }, HOLDS = BIT(2) },
		{ "readers", { shim_read_pair, shim_write_pair, shim_read_pair }, HOLDS = BIT(0) },
		{ "two locks", { shim_count_locked, shim_count_static }, HOLDS = BIT(1) | BIT(2) },
	};

	(void)state;
	explore_rows(rows, COUNT(rows));
}

static void waits_end_with_a_wake_and_lose_none(void **state)
{
	static const struct row rows[] = {
		{ "wake", { shim_wait_for_flag, shim_set_flag }, HOLDS = BIT(1) },
		{ "two wait",
		  { shim_wait_for_flag, shim_set_flag, shim_wait_for_flag },
		  HOLDS = BIT(1) },
		{ "no wake",
		  { shim_wait_for_flag, shim_set_flag_silently },
		  FAILS(HS_VERDICT_DEADLOCK, "one in wait at ") },
		{ "locked", { shim_wait_locked, shim_set_locked }, HOLDS = BIT(2) },
		{ "two locked",
		  { shim_wait_locked, shim_set_locked, shim_wait_locked },
		  HOLDS = BIT(3) },
	};

	(void)state;
	explore_rows(rows, COUNT(rows));
}

static void grace_periods_wait_for_readers(void **state)
{
	static const struct row rows[] = {
		{ "synchronize", { shim_read_published, shim_replace }, HOLDS = BIT(0) | BIT(1) },
		{ "call", { shim_read_published, shim_replace_later }, HOLDS = BIT(0) | BIT(1) },
		{ "at once",
		  { shim_read_published, shim_replace_at_once },
		  FAILS(HS_VERDICT_FREED, "kernel object") },
	};

	(void)state;
	explore_rows(rows, COUNT(rows));
}

static void domains_of_srcu_wait_for_their_own_readers(void **state)
{
	static const struct row rows[] = {
		{ "two readers",
		  { shim_read_sleepable, shim_replace_sleepable, shim_read_sleepable },
		  HOLDS = BIT(0) | BIT(1) | BIT(2) },
		{ "nested",
		  { shim_read_nested, shim_replace_sleepable },
		  HOLDS = BIT(0) | BIT(1) | BIT(2) },
		{ "asleep", { shim_read_asleep, shim_replace_sleepable }, HOLDS = BIT(0) | BIT(1) },
		{ "of RCU",
		  { shim_read_sleepable, shim_replace },
		  FAILS(HS_VERDICT_FREED, "kernel object") },
		{ "a reader of RCU",
		  { shim_read_published, shim_replace_sleepable },
		  FAILS(HS_VERDICT_FREED, "kernel object") },
		{ "its own",
		  { shim_synchronize_in_section },
		  FAILS(HS_VERDICT_ASSERT, "the task waits for itself") },
		{ "no section",
		  { shim_leave_no_section },
		  FAILS(HS_VERDICT_ASSERT, "the task is in no section of SRCU") },
		{ "call", { shim_call_sleepable }, FAILS(HS_VERDICT_ASSERT, "call_srcu(): a bug") },
		{ "end, weak",
		  { shim_write_in_section, shim_look_behind_section },
		  HOLDS = BIT(0),
		  VIEWS },
		{ "weak",
		  { shim_read_sleepable, shim_replace_sleepable },
		  HOLDS = BIT(0) | BIT(1),
		  VIEWS },
	};

	(void)state;
	explore_rows(rows, COUNT(rows));
}

static void memory_is_zeroed_and_its_misuse_found(void **state)
{
	static const struct row rows[] = {
		{ "zeroed", { shim_look_zeroed, shim_look_zeroed }, HOLDS = BIT(0) },
		{ "leak", { shim_leak }, FAILS(HS_VERDICT_LEAK, "1 kernel object from") },
		{ "twice", { shim_free_twice }, FAILS(HS_VERDICT_FREED, "free of an object") },
		{ "poison",
		  { shim_poisons },
		  FAILS(HS_VERDICT_FREED, "at address 0xdead000000000122, where no object is") },
		{ "errors", { shim_errors }, HOLDS = BIT(1) },
	};

	(void)state;
	explore_rows(rows, COUNT(rows));
}

static void each_cpu_has_a_counter(void **state)
{
	static const struct row rows[] = {
		{ "one", { shim_add_cpu }, HOLDS = BIT(25), .at_end = shim_sum_cpus },
		{ "two", { shim_add_cpu, shim_add_cpu }, HOLDS = BIT(50), .at_end = shim_sum_cpus },
	};

	(void)state;
	explore_rows(rows, COUNT(rows));
}

static void atomics_have_the_orders_of_the_kernel(void **state)
{
	static const struct row rows[] = {
		{ "unless", { shim_get_unless_zero, shim_put_to_zero }, HOLDS = BIT(1) },
		{ "inc", { shim_inc_dec, shim_inc_dec }, HOLDS = BIT(1) | BIT(2) },
		{ "once", { shim_publish_once, shim_consume_once }, HOLDS = BIT(0) },
		{ "once, weak",
		  { shim_publish_once, shim_consume_once },
		  HOLDS = BIT(0) | BIT(1),
		  VIEWS },
		{ "acquire, weak",
		  { shim_publish_once, shim_consume_acquire },
		  HOLDS = BIT(0) | BIT(1),
		  VIEWS },
		{ "release, weak",
		  { shim_publish_release, shim_consume_once },
		  HOLDS = BIT(0) | BIT(1),
		  VIEWS },
		{ "both, weak",
		  { shim_publish_release, shim_consume_acquire },
		  HOLDS = BIT(0),
		  VIEWS },
		{ "pointer, weak",
		  { shim_publish_pointer, shim_consume_pointer },
		  HOLDS = BIT(0),
		  VIEWS },
		{ "smp_wmb, weak",
		  { shim_publish_fence, shim_consume_pointer },
		  HOLDS = BIT(0),
		  VIEWS },
		{ "smp_mb, weak",
		  { shim_fenced_one, shim_fenced_two },
		  HOLDS = BIT(1) | BIT(2),
		  VIEWS,
		  .at_end = shim_inc_dec },
	};

	(void)state;
	explore_rows(rows, COUNT(rows));
}

static void what_the_kernel_excludes_is_found(void **state)
{
	static const struct row rows[] = {
		{ "warning",
		  { shim_warns },
		  FAILS(HS_VERDICT_ASSERT, "o->result == 0: the kernel warns") },
		{ "bug",
		  { shim_dies },
		  FAILS(HS_VERDICT_ASSERT, "o->result == 0: a bug for the kernel") },
		{ "sleep", { shim_sleeps_locked }, FAILS(HS_VERDICT_ASSERT, "") },
		{ "held", { shim_asserts_held }, HOLDS = BIT(0) },
		{ "not held",
		  { shim_asserts_held_not },
		  FAILS(HS_VERDICT_ASSERT, "a lock is not held") },
	};
	static const struct row counted = { "counted", { shim_warns }, HOLDS = BIT(1) };

	(void)state;
	explore_rows(rows, COUNT(rows));
	shim_warnings_are_counted = true;
	shim_warnings = 0;
	explore_row(&counted);
	shim_warnings_are_counted = false;
	assert_true(shim_warnings);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(locks_exclude),
		cmocka_unit_test(waits_end_with_a_wake_and_lose_none),
		cmocka_unit_test(grace_periods_wait_for_readers),
		cmocka_unit_test(domains_of_srcu_wait_for_their_own_readers),
		cmocka_unit_test(memory_is_zeroed_and_its_misuse_found),
		cmocka_unit_test(each_cpu_has_a_counter),
		cmocka_unit_test(atomics_have_the_orders_of_the_kernel),
		cmocka_unit_test(what_the_kernel_excludes_is_found),
	};

	return cmocka_run_group_tests_name("shim", tests, NULL, NULL);
}
