/* SPDX-License-Identifier: MIT */
/*
 * A device copies one entry of a CPU's page table while the page is taken away, under every
 * schedule that matters. The tests bear the names of the drawings in src/notifier.
 */
#include "support/broken.h"
#include "support/notifier_race.h"

/* ---- exploring --------------------------------------------------------------------------- */

/* holds(s1, s2, p): so many executions complete where S1 is judged, and S2. */
#define holds(...) holds_at(TEST_PLACE, __VA_ARGS__)

static void holds_at(struct test_place at, uint64_t s1, uint64_t s2, struct race_param p)
{
	p.judged = S1;
	explore_holds_at(at, &notifier_race, &p, s1);
	p.judged = S2;
	explore_holds_at(at, &notifier_race, &p, s2);
}

#define violates(...) violates_at(TEST_PLACE, __VA_ARGS__)

static void violates_at(struct test_place at, struct race_param p, enum judged judged,
			uint64_t first)
{
	p.judged = judged;
	if (judged == S1)
		explore_fails_at(at, &notifier_race, &p, HS_VERDICT_ASSERT,
				 "a device entry is left", first);
	else
		explore_fails_at(at, &notifier_race, &p, HS_VERDICT_FREED, "is freed (task reader)",
				 first);
}

static void reader_against_invalidator(void **state)
{
	(void)state;
	holds(10, 10, (struct race_param){ .validity = SEQ });
	holds(65, 65, (struct race_param){ .validity = SEQ, .warm_ups = 1 });
}

static void reader_without_the_protocol_is_found_out(void **state)
{
	static const struct {
		enum mutant mutant;
		uint64_t s1, s2; /* the execution that violates it; 0: none does */
	} table[] = {
		{ NO_CHECK, 2, 2 },	    { CHECK_OUTSIDE, 2, 2 }, { CALLBACK_NO_LOCK, 2, 3 },
		{ CALLBACK_SKIPPED, 1, 2 }, { TOUCH_OUTSIDE, 0, 4 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct race_param p = { .validity = SEQ,
					.mutant = table[i].mutant,
					.event = HS_INVALIDATE_MIGRATE };

		violates(p, S2, table[i].s2);
		if (table[i].s1)
			violates(p, S1, table[i].s1);
		else
			explore_holds(&notifier_race, &p, 10);
	}
}

static void flag_does_not_see_what_came_and_went(void **state)
{
	struct race_param p = { .validity = FLAG };

	(void)state;
	violates(p, S1, 9);
	violates(p, S2, 9);
}

static void hit_reader_waits_for_the_last_invalidation(void **state)
{
	(void)state;
	holds(466, 370, (struct race_param){ .validity = SEQ, .other = true });
}

/* With a bystander the invalidation freezes the tree; without one it hits no subscription yet. */
static void insert_meets_invalidation(void **state)
{
	(void)state;
	for (int bystander = 0; bystander < 2; bystander++) {
		struct race_param p = { .validity = SEQ, .late = true, .bystander = bystander };

		holds(13, 13, p);
		p.warm_ups = 1;
		holds(97, 97, p);
	}
}

static void remove_meets_invalidation(void **state)
{
	/* [late][bystander]: alone, after a first invalidation, with another one (S1, S2) */
	static const struct {
		uint64_t alone, warm, other[2];
	} complete[2][2] = {
		{ { 3, 5, { 56, 46 } }, { 3, 7, { 96, 86 } } },
		{ { 6, 15, { 124, 106 } }, { 6, 17, { 208, 186 } } },
	};

	(void)state;
	for (int late = 0; late < 2; late++)
		for (int bystander = 0; bystander < 2; bystander++) {
			struct race_param p = { .validity = SEQ,
						.remove = true,
						.no_reader = true,
						.late = late,
						.bystander = bystander };
			uint64_t alone = complete[late][bystander].alone;
			uint64_t warm = complete[late][bystander].warm;
			const uint64_t *other = complete[late][bystander].other;

			holds(alone, alone, p);
			p.warm_ups = 1;
			holds(warm, warm, p);
			p.warm_ups = 0;
			p.other = true;
			holds(other[0], other[1], p);
		}
}

/*
 * An invalidator that may not wait for the reader's lock is refused, leaves the counters idle, and
 * tries again.
 */
static void refusal_leaves_no_trace(void **state)
{
	(void)state;
	holds(12, 12, (struct race_param){ .validity = SEQ, .nonblocking = true });
	holds(12, 12,
	      (struct race_param){ .validity = SEQ, .nonblocking = true, .bystander = true });
}

/* ---- faults of the model ------------------------------------------------------------------ */

static const struct race_param reads_2 = { .validity = SEQ, .judged = S2 };
static const struct race_param reads_twice = { .validity = SEQ, .judged = S2, .warm_ups = 1 };
static const struct race_param overlap = { .validity = SEQ, .judged = S2, .other = true };
static const struct race_param inserts = { .validity = SEQ, .judged = S2, .late = true };
static const struct race_param inserts_frozen = { .validity = SEQ,
						  .judged = S2,
						  .late = true,
						  .bystander = true };
static const struct race_param removes = { .validity = SEQ,
					   .judged = S2,
					   .remove = true,
					   .no_reader = true };
static const struct race_param refused = { .validity = SEQ, .judged = S2, .nonblocking = true };

static const struct broken faults[] = {
	{ HS_BREAK_START_SEQ_EARLY, true, &notifier_race, &overlap, HS_VERDICT_ASSERT,
	  "hs_interval_set_seq: the callback's number is expected", 2 },
	{ HS_BREAK_START_NO_CALL, false, &notifier_race, &overlap, HS_VERDICT_FREED,
	  "dereference of an object that is freed (task reader)", 7 },
	{ HS_BREAK_END_OF_ANY, false, &notifier_race, &overlap, HS_VERDICT_ASSERT,
	  "hs_interval_set_seq: the callback's number is expected", 4 },
	{ HS_BREAK_END_DEFERRED_LATE, false, &notifier_race, &removes, HS_VERDICT_FREED,
	  "dereference of an object that is freed (task invalidator)", 4 },
	{ HS_BREAK_END_NO_WAKE, false, &notifier_race, &reads_2, HS_VERDICT_LOST_WAKE,
	  "the predicate of reader became true", 4 },
	{ HS_BREAK_REFUSED_NO_END, false, &notifier_race, &refused, HS_VERDICT_ASSERT,
	  "the counters are not idle at the end (task boot)", 2 },
	{ HS_BREAK_INSERT_SETTLED, false, &notifier_race, &inserts_frozen, HS_VERDICT_FREED,
	  "dereference of an object that is freed (task reader)", 15 },
	{ HS_BREAK_INSERT_NO_ODD, false, &notifier_race, &inserts, HS_VERDICT_FREED,
	  "dereference of an object that is freed (task reader)", 15 },
	{ HS_BREAK_REMOVE_FROM_FROZEN, false, &notifier_race, &removes, HS_VERDICT_FREED,
	  "store of an object that is freed (task invalidator)", 4 },
	{ HS_BREAK_REMOVE_SUB_NO_WAIT, false, &notifier_race, &removes, HS_VERDICT_FREED,
	  "dereference of an object that is freed (task invalidator)", 3 },
	{ HS_BREAK_READ_BEGIN_NO_WAIT, true, &notifier_race, &reads_2, HS_VERDICT_FREED,
	  "dereference of an object that is freed (task reader)", 5 },
	{ HS_BREAK_READ_BEGIN_SEQ_LATE, true, &notifier_race, &reads_twice, HS_VERDICT_FREED,
	  "dereference of an object that is freed (task reader)", 10 },
};

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reader_against_invalidator),
		cmocka_unit_test(reader_without_the_protocol_is_found_out),
		cmocka_unit_test(flag_does_not_see_what_came_and_went),
		cmocka_unit_test(hit_reader_waits_for_the_last_invalidation),
		cmocka_unit_test(insert_meets_invalidation),
		cmocka_unit_test(remove_meets_invalidation),
		cmocka_unit_test(refusal_leaves_no_trace),
	};

	return model_main("notifier model", tests, faults);
}
