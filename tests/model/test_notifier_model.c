/* SPDX-License-Identifier: MIT */
/*
 * A device copies one entry of a CPU's page table while the page is taken away, under every
 * schedule that matters: the scenarios in which faults of the model are looked for. The drawings of
 * src/notifier have the names of races in src/text/scenarios/notifier.txt.
 */
#include "support/broken.h"
#include "support/notifier_race.h"

/* ---- faults of the model ------------------------------------------------------------------ */

static const struct race_param reads_2 = { .judged = S2 };
static const struct race_param reads_twice = { .judged = S2, .warm_ups = 1 };
static const struct race_param overlap = { .judged = S2, .other = true };
static const struct race_param inserts = { .judged = S2, .late = true };
static const struct race_param inserts_frozen = { .judged = S2, .late = true, .bystander = true };
static const struct race_param removes = { .judged = S2, .remove = true, .no_reader = true };
static const struct race_param refused = { .judged = S2, .nonblocking = true };

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

/* Where S2 is judged; the races judge S1, too. */
static void scenarios_of_the_faults_hold_without_them(void **state)
{
	static const struct {
		const struct race_param *param;
		uint64_t complete;
	} rows[] = {
		{ &reads_2, 10 },	 { &reads_twice, 65 }, { &overlap, 370 }, { &inserts, 13 },
		{ &inserts_frozen, 13 }, { &removes, 3 },      { &refused, 12 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		explore_holds(&notifier_race, rows[i].param, rows[i].complete);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scenarios_of_the_faults_hold_without_them),
	};

	return model_main("notifier model", tests, faults);
}
