/* SPDX-License-Identifier: MIT */
/* Words that a set-up names. What else it names: test_port_scenario, test_port_repeat. */
#include <hmmsim/explore.h>
#include <hmmsim/sync.h>

#include "port/port.h"
#include "support/test.h"

static const struct hs_sync_kind ring_kind = { "ring" };

struct ring {
	hs_u64 unnamed, head, tail, slot[2];
	struct hs_plan *plan;
};

static void ring_write(struct hs_task *self, void *state)
{
	struct ring *r = state;
	hs_u64 *const word[] = { &r->unnamed, &r->head, &r->tail, &r->slot[0], &r->slot[1] };

	for (size_t i = 0; i < COUNT(word); i++)
		hs_u64_store(self, word[i], 1, HS_RELAXED);
	hs_assert(self, !r->slot[1].raw, "all are written");
}

static int ring_setup(struct hs_task *self, struct hs_plan *plan, void *state, const void *param)
{
	struct ring *r = state;

	(void)self;
	(void)param;
	assert_int_equal(hs_plan_name(plan, "ring", &r->head, 4 * sizeof(hs_u64)), 0);
	assert_int_equal(hs_plan_name(plan, "tail of it", &r->tail, sizeof(hs_u64)), 0);
	assert_int_equal(hs_plan_name(plan, "another", &r->tail, sizeof(hs_u64)), 0);
	assert_int_equal(hs_plan_name(plan, "a slot whose name has 32 letters", &r->slot[1],
				      sizeof(hs_u64)),
			 0);
	return hs_plan_task(plan, "writer", ring_write, r);
}

static void a_report_calls_words_by_the_smallest_name(void **state)
{
	static const char *const called[] = { "store scenario state  0 -> 1  ",
					      "store ring  0 -> 1  ", "store tail of it  0 -> 1  ",
					      "store ring+0x10  0 -> 1  ",
					      "store a slot whose name has 32 letter  0 -> 1  " };
	const struct hs_scenario ring = { "ring", sizeof(struct ring), ring_setup, NULL };
	struct hs_explore_options options;
	struct hs_explore_result r;
	const char *at;

	(void)state;
	hs_explore_options_init(&options);
	assert_int_equal(hs_explore(&ring, NULL, &options, &r), 0);
	assert_int_equal(r.verdict, HS_VERDICT_ASSERT);
	at = r.report;
	for (size_t i = 0; i < COUNT(called); i++) {
		at = strstr(at, called[i]);
		assert_non_null(at);
	}
	hs_explore_result_free(&r);
}

static int limits_setup(struct hs_task *self, struct hs_plan *plan, void *state, const void *param)
{
	struct ring *r = state;

	(void)self;
	(void)param;
	r->plan = plan;
	assert_int_equal(hs_plan_name(plan, NULL, r, 1), -EINVAL);
	assert_int_equal(hs_plan_name(plan, "ring", NULL, 1), -EINVAL);
	assert_int_equal(hs_plan_name(plan, "ring", r, 0), -EINVAL);
	for (int i = 0; i < 64; i++)
		assert_int_equal(hs_plan_name(plan, "ring", r, 1), 0);
	assert_int_equal(hs_plan_name(plan, "ring", r, 1), -EINVAL);
	assert_int_equal(hs_plan_plain(plan, HS_PLAIN_COUNT, r, 1), -EINVAL);
	assert_int_equal(hs_plan_plain(plan, HS_PLAIN_STEPS, NULL, 1), -EINVAL);
	assert_int_equal(hs_plan_plain(plan, HS_PLAIN_STEPS, r, 0), -EINVAL);
	assert_int_equal(hs_plan_plain_kind(plan, HS_PLAIN_STEPS, NULL), -EINVAL);
	assert_int_equal(hs_plan_plain_kind(plan, HS_PLAIN_COUNT, &ring_kind), -EINVAL);
	for (int i = 0; i < 16; i++) {
		assert_int_equal(hs_plan_plain(plan, HS_PLAIN_STEPS, r, 1), 0);
		assert_int_equal(hs_plan_plain_kind(plan, HS_PLAIN_IGNORED, &ring_kind), 0);
	}
	assert_int_equal(hs_plan_plain(plan, HS_PLAIN_STEPS, r, 1), -EINVAL);
	assert_int_equal(hs_plan_plain_kind(plan, HS_PLAIN_STEPS, &ring_kind), -EINVAL);
	return 0;
}

static int closed_setup(struct hs_task *self, struct hs_plan *plan, void *state, const void *param)
{
	(void)self;
	(void)param;
	((struct ring *)state)->plan = plan;
	return 0;
}

/* There is room: it is too late. */
static void closed_check(struct hs_task *self, void *state, const void *param)
{
	struct hs_plan *plan = ((struct ring *)state)->plan;

	(void)param;
	assert_int_equal(hs_plan_task(plan, "task", ring_write, state), -EINVAL);
	assert_int_equal(hs_plan_data(plan, self, 1), -EINVAL);
	assert_int_equal(hs_plan_name(plan, "ring", state, 1), -EINVAL);
	assert_int_equal(hs_plan_plain(plan, HS_PLAIN_STEPS, state, 1), -EINVAL);
	assert_int_equal(hs_plan_plain_kind(plan, HS_PLAIN_STEPS, &ring_kind), -EINVAL);
}

static void explore_calls(const struct hs_scenario *calls)
{
	struct hs_explore_options options;
	struct hs_explore_result r;

	hs_explore_options_init(&options);
	assert_int_equal(hs_explore(calls, NULL, &options, &r), 0);
	assert_string_equal(r.message, "");
	hs_explore_result_free(&r);
}

static void a_plan_has_64_names_and_32_modes(void **state)
{
	const struct hs_scenario limits = { "limits", sizeof(struct ring), limits_setup, NULL };

	(void)state;
	explore_calls(&limits);
}

static void a_plan_takes_nothing_after_the_set_up(void **state)
{
	const struct hs_scenario closed = { "closed", sizeof(struct ring), closed_setup,
					    closed_check };

	(void)state;
	explore_calls(&closed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_report_calls_words_by_the_smallest_name),
		cmocka_unit_test(a_plan_has_64_names_and_32_modes),
		cmocka_unit_test(a_plan_takes_nothing_after_the_set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
