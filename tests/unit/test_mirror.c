/* SPDX-License-Identifier: MIT */
/* The mirror of v5.3, one task: what each operation does in each state. */
#include "support/notifier_lab.h"

static int mirror_sync(struct hs_task *self, struct hs_mirror *m, const struct hs_invalidation *inv)
{
	(void)self;
	return probe_told(CONTAINER_OF(m, struct probe, mirror), inv) ? 0 : -EAGAIN;
}

static void mirror_release(struct hs_task *self, struct hs_mirror *m)
{
	(void)self;
	probe_note(CONTAINER_OF(m, struct probe, mirror), '!');
}

static const struct hs_mirror_ops mirror_ops = { mirror_sync, mirror_release };

static int up_mirror(void **state)
{
	struct notifier_lab *f;

	notifier_lab_setup(state);
	f = *state;
	assert_int_equal(hs_hmm_create(f->m.self, f->ns, &f->hmm), 0);
	assert_int_equal(hs_mirror_register(f->m.self, &f->probe[0].mirror, f->hmm, &mirror_ops),
			 0);
	return 0;
}

static int down_mirror(void **state)
{
	struct notifier_lab *f = *state;

	hs_mirror_unregister(f->m.self, &f->probe[0].mirror);
	hs_hmm_destroy(f->m.self, f->hmm);
	return notifier_lab_teardown(state);
}

#define mirror_unit_test(f) cmocka_unit_test_setup_teardown(f, up_mirror, down_mirror)

static void range_register(struct hs_mirror_range *r, uint64_t start, uint64_t end)
{
	assert_int_equal(
		hs_mirror_range_register(now->m.self, r, &now->probe[0].mirror, start, end, 12), 0);
}

static void range_unregister(struct hs_mirror_range *r)
{
	hs_mirror_range_unregister(now->m.self, r);
	assert_false(r->valid);
	assert_null(r->hmm);
}

static bool valid(struct hs_mirror_range *r)
{
	return hs_mirror_range_valid(now->m.self, r);
}

static void mirrors_need_ops_and_ranges_alignment(void **state)
{
	static const struct hs_mirror_ops no_sync = { NULL, mirror_release };
	static const uint64_t bad[][3] = {
		{ PAGE, PAGE, 12 },	{ 2 * PAGE, PAGE, 12 }, { PAGE + 1, 2 * PAGE, 12 },
		{ PAGE, 2 * PAGE, 13 }, { 0, 3 * PAGE, 13 },	{ 0, PAGE, 64 },
	};
	struct hs_mirror_range r;

	(void)state;
	assert_int_equal(hs_mirror_register(now->m.self, &now->probe[1].mirror, now->hmm, &no_sync),
			 -EINVAL);
	assert_int_equal(hs_mirror_register(now->m.self, &now->probe[1].mirror, now->hmm, NULL),
			 -EINVAL);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(hs_mirror_range_register(now->m.self, &r, &now->probe[0].mirror,
							  bad[i][0], bad[i][1],
							  (uint32_t)bad[i][2]),
				 -EINVAL);
		assert_null(r.hmm);
	}
	assert_null(now->hmm->ranges);
}

static void a_range_is_valid_if_nothing_at_all_is_in_progress(void **state)
{
	struct hs_invalidation far = range(64 * PAGE, 65 * PAGE);
	struct hs_mirror_range idle, busy;

	(void)state;
	range_register(&idle, 0, PAGE);
	assert_true(valid(&idle));
	section_start(&far);
	range_register(&busy, 0, PAGE);
	assert_false(valid(&busy));
	assert_true(valid(&idle)); /* P3: valid while another invalidation is in progress */
	assert_int_equal(now->hmm->active, 1);
	section_end(&far);
	assert_true(valid(&busy));
	range_unregister(&idle);
	range_unregister(&busy);
	assert_null(now->hmm->ranges);
}

static void an_invalidation_that_ends_where_a_range_starts_hits_it(void **state)
{
	static const struct {
		uint64_t start, end;
		bool hit;
	} table[] = {
		{ PAGE, 3 * PAGE, false },	  { PAGE, 4 * PAGE - 1, false },
		{ PAGE, 4 * PAGE, true }, /* it only ends where the range starts */
		{ PAGE, 4 * PAGE + 1, true },	  { 5 * PAGE, 6 * PAGE, true },
		{ 8 * PAGE - 1, 9 * PAGE, true }, { 8 * PAGE, 9 * PAGE, false },
		{ 10 * PAGE, 11 * PAGE, false },  { 0, UINT64_MAX, true },
	};
	struct hs_mirror_range r;

	(void)state;
	range_register(&r, 4 * PAGE, 8 * PAGE);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct hs_invalidation inv = range(table[i].start, table[i].end);

		section_start(&inv);
		assert_int_equal(valid(&r), !table[i].hit);
		expect_log("a+"); /* the mirror is told of everything */
		section_end(&inv);
		assert_true(valid(&r));
	}
	range_unregister(&r);
}

/* P1. An invalidation that began and ended is invisible. */
static void the_flag_has_an_aba(void **state)
{
	struct hs_invalidation inv = range(0, PAGE);
	struct hs_mirror_range r;

	(void)state;
	range_register(&r, 0, PAGE);
	assert_true(valid(&r));
	section_start(&inv);
	assert_false(valid(&r));
	section_end(&inv);
	assert_true(valid(&r));
	range_unregister(&r);
}

/* P2. A long invalidation of another range keeps the range that was hit invalid. */
static void a_long_invalidation_of_something_else_keeps_what_was_hit_invalid(void **state)
{
	struct hs_invalidation far = range(64 * PAGE, 65 * PAGE), inv = range(0, PAGE);
	struct hs_mirror_range hit, other;

	(void)state;
	range_register(&hit, 0, PAGE);
	range_register(&other, 8 * PAGE, 9 * PAGE);
	section_start(&far);
	for (int i = 0; i < 3; i++) {
		section_start(&inv);
		section_end(&inv);
		assert_false(valid(&hit));
		assert_true(valid(&other));
	}
	section_end(&far);
	assert_true(valid(&hit));
	range_unregister(&hit);
	range_unregister(&other);
}

static void waiting_for_validity_ends_at_the_deadline(void **state)
{
	struct hs_task *self = now->m.self;
	struct hs_invalidation inv = range(0, PAGE);
	struct hs_mirror_range r;
	uint64_t deadline = hs_ticks(self) + HS_RANGE_DEFAULT_TICKS;

	(void)state;
	range_register(&r, 0, PAGE);
	assert_true(hs_mirror_range_wait_until_valid(self, &r, deadline));
	assert_true(hs_ticks(self) < deadline);
	section_start(&inv);
	assert_false(hs_mirror_range_wait_until_valid(self, &r, deadline));
	assert_true(hs_ticks(self) >= deadline);
	section_end(&inv);
	assert_true(hs_mirror_range_wait_until_valid(self, &r, 0));
	range_unregister(&r);
}

static void a_mirror_that_refuses_leaves_the_counter_idle(void **state)
{
	struct hs_invalidation inv = { 0, PAGE, HS_INVALIDATE_UNMAP, NULL, false };
	struct hs_task *self = now->m.self;
	struct hs_mirror_range r;

	(void)state;
	assert_int_equal(hs_mirror_register(self, &now->probe[1].mirror, now->hmm, &mirror_ops), 0);
	range_register(&r, 0, PAGE);
	now->probe[0].refuse = true;
	assert_int_equal(hs_invalidate_start(self, now->ns, &inv), -EAGAIN);
	expect_log("a?");
	assert_int_equal(now->hmm->active, 0);
	assert_true(valid(&r));
	now->probe[0].refuse = false;
	hs_down_write(self, &now->hmm->mirrors_sem);
	assert_int_equal(hs_invalidate_start(self, now->ns, &inv), -EAGAIN);
	hs_up_write(self, &now->hmm->mirrors_sem);
	expect_log("");
	assert_int_equal(now->hmm->active, 0);
	assert_true(valid(&r));
	assert_true(hs_notifiers_idle(now->ns));
	section_start(&inv);
	expect_log("a+b+");
	section_end(&inv);
	range_unregister(&r);
	hs_mirror_unregister(self, &now->probe[1].mirror);
}

static void release_reaches_mirrors_and_ends_registration(void **state)
{
	struct hs_mirror_range r;

	(void)state;
	hs_notifiers_release(now->m.self, now->ns);
	expect_log("a!");
	assert_int_equal(hs_mirror_range_register(now->m.self, &r, &now->probe[0].mirror, 0, PAGE,
						  12),
			 -EFAULT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		mirror_unit_test(mirrors_need_ops_and_ranges_alignment),
		mirror_unit_test(a_range_is_valid_if_nothing_at_all_is_in_progress),
		mirror_unit_test(an_invalidation_that_ends_where_a_range_starts_hits_it),
		mirror_unit_test(the_flag_has_an_aba),
		mirror_unit_test(a_long_invalidation_of_something_else_keeps_what_was_hit_invalid),
		mirror_unit_test(waiting_for_validity_ends_at_the_deadline),
		mirror_unit_test(a_mirror_that_refuses_leaves_the_counter_idle),
		mirror_unit_test(release_reaches_mirrors_and_ends_registration),
	};

	return cmocka_run_group_tests_name("mirror", tests, NULL, NULL);
}
