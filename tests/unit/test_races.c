/* SPDX-License-Identifier: MIT */
/*
 * This file is compiled with -fsanitize=thread and linked with hmmsim::races: plain code of a
 * driver, of which the explorer is told each access.
 */
#include <hmmsim/hmmsim.h>

#include "support/test.h"

#define PLACE_TEXT 128
/* A constant @name: the line that is @down lines below. */
#define LINE_BELOW(name, down) static const int name = __LINE__ + (down)

static const struct hs_sync_class queue_lock = { "queue lock", false };
static const struct hs_sync_class device_lock = { "device lock", false };
static const struct hs_sync_kind request_kind = { "request" };

struct packed {
	char tag;
	uint32_t value;
} __attribute__((__packed__));

struct pair {
	uint64_t words[6];
};

struct request {
	uint64_t bytes;
	struct hs_sync_rcu_head rcu;
};

struct driver {
	struct hs_sync_mutex queue, device;
	struct hs_sync_u32 ready;
	struct hs_sync_ptr current;
	uint32_t counted;
	uint16_t half;
	uint8_t bytes[6];
	struct packed packed;
	struct pair one, two;
	volatile uint64_t shown;
};

typedef void task_fn(struct hs_task *self, void *driver);

static int set_up(struct hs_task *self, struct hs_plan *plan, void *state, const void *param)
{
	task_fn *const *task = param;
	struct driver *d = state;
	struct request *r = hs_sync_alloc(self, &request_kind, sizeof(*r));
	int ret = r ? 0 : -ENOMEM;

	if (!ret)
		r->bytes = 512;
	d->counted = 0;
	hs_sync_ptr_init(&d->current, r);
	ret = ret ? ret : hs_sync_mutex_init(self, &d->queue, &queue_lock);
	ret = ret ? ret : hs_sync_mutex_init(self, &d->device, &device_lock);
	ret = ret ? ret : hs_plan_task(plan, "one", task[0], d);
	return ret ? ret : hs_plan_task(plan, "two", task[1], d);
}

static void check(struct hs_task *self, void *state, const void *param)
{
	struct driver *d = state;

	(void)param;
	d->counted = 0;
	hs_sync_free(self, hs_sync_ptr_xchg(self, &d->current, NULL, HS_SYNC_RELAXED));
}

static const struct hs_scenario scenario = {
	.name = "driver",
	.state_size = sizeof(struct driver),
	.setup = set_up,
	.check = check,
};

static enum hs_plain plain = HS_PLAIN_CHECKED;

static void explore(task_fn *one, task_fn *two, struct hs_explore_result *r)
{
	task_fn *const tasks[] = { one, two };
	struct hs_explore_options options;

	hs_explore_options_init(&options);
	options.plain = plain;
	assert_int_equal(hs_explore(&scenario, tasks, &options, r), 0);
}

static void expect(task_fn *one, task_fn *two, enum hs_verdict verdict, const char *text)
{
	struct hs_explore_result r;

	explore(one, two, &r);
	if (r.verdict != verdict || !strstr(r.message, text))
		fail_msg("%s: %s; expected %s: %s", hs_verdict_name(r.verdict), r.message,
			 hs_verdict_name(verdict), text);
	if (verdict == HS_VERDICT_NONE)
		assert_true(r.exhaustive);
	hs_explore_result_free(&r);
}

#define STEP hs_sync_u32_load(self, &d->ready, HS_SYNC_RELAXED)

/* ---- a driver of two locks ---------------------------------------------------------------- */

LINE_BELOW(submits_at, 5);

static void submits(struct hs_task *self, void *driver)
{
	struct driver *d = driver;
	hs_sync_mutex_lock(self, &d->queue);
	d->counted++;
	hs_sync_mutex_unlock(self, &d->queue);
}

LINE_BELOW(resets_at, 5);

static void resets(struct hs_task *self, void *driver)
{
	struct driver *d = driver;
	hs_sync_mutex_lock(self, &d->device);
	d->counted = 0;
	hs_sync_mutex_unlock(self, &d->device);
}

static void resets_with_both(struct hs_task *self, void *driver)
{
	struct driver *d = driver;
	struct pair local = { { 0 } };

	hs_sync_mutex_lock(self, &d->queue);
	hs_sync_mutex_lock(self, &d->device);
	local.words[0] = d->counted;
	d->counted = (uint32_t)local.words[0] - 1;
	hs_sync_mutex_unlock(self, &d->device);
	hs_sync_mutex_unlock(self, &d->queue);
}

static void a_counter_under_two_locks_races(void **state)
{
	char one[PLACE_TEXT], two[PLACE_TEXT], at[PLACE_TEXT];
	struct hs_explore_result r;

	(void)state;
	explore(submits, resets, &r);
	assert_int_equal(r.verdict, HS_VERDICT_RACE);
	snprintf(at, sizeof(at), "of 4 bytes at scenario state+0x%zx by ",
		 offsetof(struct driver, counted));
	snprintf(one, sizeof(one), "by one after %s:%d, with the queue lock held", __FILE__,
		 submits_at);
	snprintf(two, sizeof(two), "by two after %s:%d, with the device lock held", __FILE__,
		 resets_at);
	assert_non_null(strstr(r.message, at));
	assert_non_null(strstr(r.message, one));
	assert_non_null(strstr(r.message, two));
	hs_explore_result_free(&r);
}

static void a_counter_under_one_lock_does_not(void **state)
{
	(void)state;
	expect(submits, resets_with_both, HS_VERDICT_NONE, "");
	expect(submits, submits, HS_VERDICT_NONE, "");
}

/* ---- every kind of access ----------------------------------------------------------------- */

#define TASK(name, ...)                                      \
	static void name(struct hs_task *self, void *driver) \
	{                                                    \
		struct driver *d = driver;                   \
                                                             \
		STEP;                                        \
		__VA_ARGS__                                  \
	}

TASK(writes_half, d->half = 1;)
TASK(writes_byte, d->bytes[3] = 1;)
TASK(writes_other_byte, d->bytes[4] = 1;)
TASK(writes_packed, d->packed.value = 1;)
TASK(writes_tag, d->packed.tag = 1;)
TASK(copies, d->one = d->two;)
TASK(writes_source, d->two.words[5] = 1;)
TASK(writes_target, d->one.words[5] = 1;)
TASK(shows, d->shown = 1;)
TASK(looks, (void)d->shown;)

static void expect_race(task_fn *one, task_fn *two, const char *one_text)
{
	expect(one, two, HS_VERDICT_RACE, one_text);
}

static void every_size_is_seen(void **state)
{
	(void)state;
	expect_race(writes_half, writes_half, "write of 2 bytes");
	expect_race(writes_byte, writes_byte, "write of 1 bytes");
	expect(writes_byte, writes_other_byte, HS_VERDICT_NONE, "");
	expect_race(writes_packed, writes_packed, "write of 4 bytes");
	expect(writes_packed, writes_tag, HS_VERDICT_NONE, "");
	expect_race(shows, looks, "read of 8 bytes");
	expect(looks, looks, HS_VERDICT_NONE, "");
}

static void a_copy_is_a_read_and_a_write(void **state)
{
	(void)state;
	expect_race(copies, copies, "");
	expect_race(copies, writes_source, "read of 48 bytes");
	expect_race(copies, writes_target, "write of 48 bytes");
}

/* ---- calls -------------------------------------------------------------------------------- */

TASK(calls_memcpy, memcpy(&d->one, &d->two, sizeof(d->one));)
TASK(calls_memmove, memmove(&d->one.words[0], &d->one.words[1], sizeof(d->one) - 8);)
TASK(calls_memset, memset(&d->one, 0, sizeof(d->one));)
TASK(reads_pair, (void)*(volatile uint64_t *)&d->two.words[5];)
TASK(writes_first, d->one.words[0] = 1;)
/* Neither is declared. */
TASK(copies_its_own, {
	static struct pair mine;
	struct pair local;

	memcpy(&local, &mine, sizeof(local));
	memset(&local, 1, sizeof(local));
	memcpy(&mine, &local, sizeof(local));
})

static void a_call_that_copies_or_sets_is_seen(void **state)
{
	(void)state;
	expect_race(calls_memcpy, writes_source, "read of 48 bytes");
	expect_race(calls_memcpy, writes_target, "write of 48 bytes");
	expect(calls_memcpy, reads_pair, HS_VERDICT_NONE, "");
	expect_race(calls_memmove, writes_target, "read of 40 bytes");
	expect_race(calls_memmove, writes_first, "write of 40 bytes");
	expect_race(calls_memset, writes_target, "write of 48 bytes");
	expect_race(calls_memset, calls_memcpy, "");
	expect(copies_its_own, copies_its_own, HS_VERDICT_NONE, "");
}

static void a_call_does_what_the_function_does(void **state)
{
	char text[] = "abcdef", other[sizeof(text)];
	static uint16_t many[1000];

	(void)state;
	assert_ptr_equal(memcpy(other, text, sizeof(text)), other);
	assert_ptr_equal(memmove(text + 1, text, 4), text + 1);
	assert_ptr_equal(memset(other, 'x', 2), other);
	assert_string_equal(text, "aabcdf");
	assert_string_equal(other, "xxcdef");
	/* More than the archive moves at once, both ways. */
	for (size_t i = 0; i < COUNT(many); i++)
		many[i] = (uint16_t)i;
	memmove(many + 3, many, 700 * sizeof(many[0]));
	for (size_t i = 0; i < 700; i++)
		assert_int_equal(many[i + 3], i);
	memmove(many, many + 3, 700 * sizeof(many[0]));
	for (size_t i = 0; i < 700; i++)
		assert_int_equal(many[i], i);
}

/* ---- use after free ----------------------------------------------------------------------- */

TASK(reads_request, {
	const struct request *r = hs_sync_ptr_load(self, &d->current, HS_SYNC_ACQUIRE);

	if (r && r->bytes > 512)
		d->half = 1;
})
TASK(cancels, hs_sync_free(self, hs_sync_ptr_xchg(self, &d->current, NULL, HS_SYNC_ACQ_REL));)

TASK(reads_in_section, {
	const struct request *r;

	hs_sync_rcu_read_lock(self);
	r = hs_sync_ptr_load(self, &d->current, HS_SYNC_ACQUIRE);
	if (r && r->bytes > 512)
		d->half = 1;
	hs_sync_rcu_read_unlock(self);
})
TASK(cancels_after_grace_period, {
	struct request *r = hs_sync_ptr_xchg(self, &d->current, NULL, HS_SYNC_ACQ_REL);

	hs_sync_synchronize_rcu(self);
	r->bytes = 0;
	hs_sync_free(self, r);
})

TASK(copies_request, {
	const struct request *r = hs_sync_ptr_load(self, &d->current, HS_SYNC_ACQUIRE);
	struct request mine;

	if (!r)
		return;
	memcpy(&mine, r, sizeof(mine));
	if (mine.bytes > 512)
		d->half = 1;
})

static void a_plain_read_after_free_is_found(void **state)
{
	(void)state;
	expect(copies_request, cancels, HS_VERDICT_FREED, "bytes at request 0+0x0");
	expect(reads_request, cancels, HS_VERDICT_FREED, "plain read of 8 bytes at request 0+0x0");
	expect(reads_in_section, cancels_after_grace_period, HS_VERDICT_NONE, "");
}

/* ---- what is no word ---------------------------------------------------------------------- */

TASK(adds, __atomic_fetch_add(&d->counted, 1, __ATOMIC_SEQ_CST);)
TASK(compares, {
	uint32_t expected = 0;

	__atomic_compare_exchange_n(&d->counted, &expected, 1, false, __ATOMIC_ACQUIRE,
				    __ATOMIC_RELAXED);
})
TASK(steps, (void)d;)

static void atomics_that_the_explorer_does_not_see_are_refused(void **state)
{
	uint32_t own = 1, expected = 3;
	uint8_t byte = 6;

	(void)state;
	expect(adds, steps, HS_VERDICT_ASSERT, "an atomic access to scenario state+0x");
	expect(compares, steps, HS_VERDICT_ASSERT, "an atomic access to scenario state+0x");
	expect(steps, steps, HS_VERDICT_NONE, "");
	assert_int_equal(__atomic_fetch_add(&own, 2, __ATOMIC_RELAXED), 1);
	assert_true(__atomic_compare_exchange_n(&own, &expected, 5, false, __ATOMIC_RELAXED,
						__ATOMIC_RELAXED));
	assert_false(__atomic_compare_exchange_n(&own, &expected, 5, true, __ATOMIC_RELAXED,
						 __ATOMIC_RELAXED));
	assert_int_equal(expected, 5);
	assert_int_equal(__atomic_fetch_nand(&byte, 2, __ATOMIC_RELAXED), 6);
	assert_int_equal(__atomic_load_n(&byte, __ATOMIC_ACQUIRE), 0xfd);
}

/* ---- steps -------------------------------------------------------------------------------- */

#define LAST_OF_TWO (hs_sync_u32_add(self, &d->ready, 1, HS_SYNC_SEQ_CST) == 1)

TASK(increments, {
	d->counted++;
	if (LAST_OF_TWO)
		hs_sync_assert(self, d->counted == 2, "%u counted", d->counted);
})
TASK(changes_and_sees, {
	uint64_t seen;

	d->two.words[1] = 7;
	seen = d->one.words[1];
	hs_sync_assert(self, !seen, "%llu was seen", (unsigned long long)seen);
})

TASK(changes, d->two.words[1] = 7;)
TASK(copies_before, {
	memcpy(&d->one, &d->two, sizeof(d->one));
	hs_sync_assert(self, !d->one.words[1], "the change was copied");
})

/* Of one a step, the read of the copy; the other task; the write, and the look at it. */
static void a_copy_has_what_was_there_when_it_read(void **state)
{
	task_fn *const tasks[] = { copies_before, changes };
	struct hs_explore_options options;
	struct hs_explore_result r;

	(void)state;
	hs_explore_options_init(&options);
	options.plain = HS_PLAIN_STEPS;
	options.search = HS_SEARCH_REPLAY;
	options.schedule = "1*2 2*2 1*2";
	assert_int_equal(hs_explore(&scenario, tasks, &options, &r), 0);
	assert_string_equal(r.message, "");
	hs_explore_result_free(&r);
	options.schedule = "1 2*2 1*3";
	assert_int_equal(hs_explore(&scenario, tasks, &options, &r), 0);
	assert_non_null(strstr(r.message, "the change was copied"));
	hs_explore_result_free(&r);
}

TASK(counts, d->counted++;)

static void an_increment_is_two_steps(void **state)
{
	struct hs_explore_result none, one;

	(void)state;
	plain = HS_PLAIN_STEPS;
	explore(steps, steps, &none);
	explore(counts, steps, &one);
	plain = HS_PLAIN_CHECKED;
	assert_int_equal(one.steps_max, none.steps_max + 2);
	hs_explore_result_free(&none);
	hs_explore_result_free(&one);
}

/* An atomic access is a step there, too: one loses no other one, but a plain one may. */
TASK(adds_at_once, {
	__atomic_fetch_add(&d->counted, 1, __ATOMIC_RELAXED);
	if (LAST_OF_TWO)
		hs_sync_assert(self, d->counted == 2, "%u counted", d->counted);
})

static void accesses_that_are_steps_are_explored_in_each_order(void **state)
{
	(void)state;
	plain = HS_PLAIN_STEPS;
	expect(increments, increments, HS_VERDICT_ASSERT, "1 counted");
	expect(copies, changes_and_sees, HS_VERDICT_ASSERT, "7 was seen");
	expect(calls_memcpy, changes_and_sees, HS_VERDICT_ASSERT, "7 was seen");
	expect(copies_request, cancels, HS_VERDICT_FREED, "plain read of an object that is freed");
	expect(writes_packed, calls_memset, HS_VERDICT_NONE, "");
	expect(adds_at_once, adds_at_once, HS_VERDICT_NONE, "");
	expect(adds_at_once, increments, HS_VERDICT_ASSERT, "1 counted");
	plain = HS_PLAIN_CHECKED;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_counter_under_two_locks_races),
		cmocka_unit_test(a_counter_under_one_lock_does_not),
		cmocka_unit_test(every_size_is_seen),
		cmocka_unit_test(a_copy_is_a_read_and_a_write),
		cmocka_unit_test(a_call_that_copies_or_sets_is_seen),
		cmocka_unit_test(a_call_does_what_the_function_does),
		cmocka_unit_test(a_plain_read_after_free_is_found),
		cmocka_unit_test(atomics_that_the_explorer_does_not_see_are_refused),
		cmocka_unit_test(a_copy_has_what_was_there_when_it_read),
		cmocka_unit_test(an_increment_is_two_steps),
		cmocka_unit_test(accesses_that_are_steps_are_explored_in_each_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
