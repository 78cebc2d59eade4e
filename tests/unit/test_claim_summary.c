/* SPDX-License-Identifier: MIT */
/* The strategies side by side: which cells count, what is counted, the table. */
#include "claims/summary.h"
#include "support/claim_told.h"
#include "support/test.h"

#define WHOSE "by A\ndate 2019-08-15\nsays It holds.\nmethod search\n"

static struct hs_hostmem mem;

/* A claim whose rows, and a control for the first, are run with every strategy. */
static void parse(struct hs_claim *claim, const char *text)
{
	struct hs_text in;

	hs_text_init(&in, &mem, "x.txt", text, strlen(text));
	if (hs_claim_parse(&in, claim) != 1)
		fail_msg("%s", in.error);
}

static const char c8[] = "hmmsim 1\nclaim C8\n" WHOSE "row flag r strategy=* validity=flag\n"
			 "row sequence r strategy=*\ncontrol skips of=sequence r strategy=*\n"
			 "change the callback skips\nclaimed sequence.S1 = holds\n";
static const char c18[] = "hmmsim 1\nclaim C18\n" WHOSE "row confined r walker=* strategy=*\n"
			  "control unchecked of=confined r strategy=*\nchange no check\n"
			  "claimed confined.S1 = holds\n";
static const char c6[] = "hmmsim 1\nclaim C6\n" WHOSE "row waits r strategy=*\n"
			 "row waits-uncached r strategy=*\n"
			 "control other of=waits r\nchange it does not wait\n"
			 "claimed waits.live = holds\n";

/* One cell of the row, with this word for each property. */
static void take(struct hs_claims_summary *summary, const struct hs_claim *claim, const char *row,
		 const char *settings, enum hs_claim_word word)
{
	struct hs_claim_cell cell = { .settings = (char *)(uintptr_t)settings };
	const struct hs_claim_found found = { .claim = claim, .cell = &cell, .cells = 1 };
	const struct hs_word name = { row, strlen(row) };

	cell.row = hs_claim_find_row(claim, &name);
	assert_int_not_equal(cell.row, HS_CLAIM_NO_ROW);
	for (int f = 0; f < HS_CLAIM_PROPERTIES; f++)
		cell.value[f] = (struct hs_claim_value){ .kind = HS_CLAIM_WORD, .word = word };
	hs_claims_summary_take(summary, &found);
}

static void expect(const struct hs_claims_summary *summary, enum hs_strategy strategy,
		   enum hs_summary_answer answer, enum hs_claim_word word)
{
	const struct hs_claim_value *value = &summary->row[strategy].answer[answer];

	assert_int_equal(value->kind, HS_CLAIM_WORD);
	assert_int_equal(value->word, word);
}

static bool has_answer(const struct hs_claims_summary *summary, enum hs_strategy strategy,
		       enum hs_summary_answer answer)
{
	return summary->row[strategy].answer[answer].kind != HS_CLAIM_UNSET;
}

/* ---- what was found ----------------------------------------------------------------------- */

static void a_violation_in_one_claim_outweighs_what_holds_in_another(void **state)
{
	struct hs_claims_summary summary = { .cost_pages = 0 };
	struct hs_claim eight, eighteen;

	(void)state;
	parse(&eight, c8);
	parse(&eighteen, c18);
	take(&summary, &eight, "sequence", "strategy=none", HS_CLAIM_HOLDS);
	expect(&summary, HS_STRATEGY_NONE, HS_SUMMARY_SAFE, HS_CLAIM_HOLDS);
	take(&summary, &eighteen, "confined", "walker=5.3,strategy=none", HS_CLAIM_NOT_JUDGED);
	expect(&summary, HS_STRATEGY_NONE, HS_SUMMARY_SAFE, HS_CLAIM_NOT_JUDGED);
	take(&summary, &eighteen, "confined", "walker=6.12,strategy=none", HS_CLAIM_VIOLATED);
	expect(&summary, HS_STRATEGY_NONE, HS_SUMMARY_SAFE, HS_CLAIM_VIOLATED);
	take(&summary, &eight, "sequence", "strategy=none", HS_CLAIM_HOLDS);
	take(&summary, &eight, "sequence", "strategy=none", HS_CLAIM_NOT_JUDGED);
	expect(&summary, HS_STRATEGY_NONE, HS_SUMMARY_SAFE, HS_CLAIM_VIOLATED);
	expect(&summary, HS_STRATEGY_NONE, HS_SUMMARY_LIVE, HS_CLAIM_VIOLATED);
	assert_false(has_answer(&summary, HS_STRATEGY_NONE, HS_SUMMARY_UNCHECKED));
	hs_claim_free(&mem, &eight);
	hs_claim_free(&mem, &eighteen);
}

static void rows_that_are_not_named_do_not_count(void **state)
{
	struct hs_claims_summary summary = { .cost_pages = 0 };
	struct hs_claim eight;

	(void)state;
	parse(&eight, c8);
	take(&summary, &eight, "flag", "strategy=none", HS_CLAIM_VIOLATED);
	take(&summary, &eight, "skips", "strategy=none", HS_CLAIM_VIOLATED);
	for (int a = 0; a < HS_SUMMARY_ANSWER_COUNT; a++)
		assert_false(has_answer(&summary, HS_STRATEGY_NONE, (enum hs_summary_answer)a));
	hs_claim_free(&mem, &eight);
}

static void a_cell_counts_for_its_own_strategy_alone(void **state)
{
	struct hs_claims_summary summary = { .cost_pages = 0 };
	struct hs_claim six;

	(void)state;
	parse(&six, c6);
	take(&summary, &six, "waits", "strategy=per-table-local", HS_CLAIM_VIOLATED);
	take(&summary, &six, "waits", "", HS_CLAIM_VIOLATED);
	take(&summary, &six, "waits", "astrategy=none", HS_CLAIM_VIOLATED);
	for (int s = 0; s < HS_STRATEGY_BUILTIN_COUNT; s++)
		assert_int_equal(has_answer(&summary, (enum hs_strategy)s, HS_SUMMARY_WAITING),
				 s == HS_STRATEGY_PER_TABLE_LOCAL);
	assert_false(has_answer(&summary, HS_STRATEGY_PER_TABLE_LOCAL, HS_SUMMARY_LIVE));
	hs_claim_free(&mem, &six);
}

static void a_trimmed_claim_has_only_rows_that_count(void **state)
{
	struct hs_claim claim, rest;

	(void)state;
	assert_true(hs_claims_summary_needs(18));
	assert_false(hs_claims_summary_needs(17));
	parse(&claim, c18);
	hs_claims_summary_trim(&claim, &rest);
	assert_int_equal(claim.rows, 2);
	assert_string_equal(claim.row[1].name, "unchecked");
	assert_false(hs_claim_is_control(&claim.row[1]));
	assert_int_equal(claim.statements, 0);
	hs_claim_free(&mem, &claim);
	hs_claim_free(&mem, &rest);
	parse(&claim, c8);
	hs_claims_summary_trim(&claim, &rest);
	assert_int_equal(claim.rows, 1);
	assert_string_equal(claim.row[0].name, "sequence");
	assert_int_equal(rest.rows, 2);
	assert_int_equal(rest.statements, 1);
	hs_claim_free(&mem, &claim);
	hs_claim_free(&mem, &rest);
	assert_int_equal(mem.live, 0);
}

/* ---- the table ---------------------------------------------------------------------------- */

/* What the claims find: the same for all, but that three strategies keep a reference in a fault. */
static void take_all(struct hs_claims_summary *summary)
{
	struct hs_claim eight, eighteen, six;

	parse(&eight, c8);
	parse(&eighteen, c18);
	parse(&six, c6);
	for (int s = 0; s < HS_STRATEGY_BUILTIN_COUNT; s++) {
		bool keeps = s >= HS_STRATEGY_PER_RANGE;
		char settings[64];

		snprintf(settings, sizeof(settings), "strategy=%s",
			 hs_strategy_name((enum hs_strategy)s));
		take(summary, &eight, "sequence", settings, HS_CLAIM_HOLDS);
		take(summary, &eighteen, "unchecked", settings, HS_CLAIM_VIOLATED);
		take(summary, &six, keeps ? "waits" : "waits-uncached", settings,
		     keeps ? HS_CLAIM_VIOLATED : HS_CLAIM_HOLDS);
	}
	hs_claim_free(&mem, &eight);
	hs_claim_free(&mem, &eighteen);
	hs_claim_free(&mem, &six);
}

static void the_table_has_these_bytes(void **state)
{
	struct hs_claims_summary summary = { .cost_pages = 0 };
	struct hs_out out = { .mem = &mem };

	(void)state;
	take_all(&summary);
	assert_int_equal(hs_claims_summary_measure(&mem, &summary), 0);
	assert_int_equal(hs_claims_summary_print(&mem, &summary, &out), 0);
	told_kit_golden(&out, "summary.out");
	hs_out_free(&out);
	assert_int_equal(mem.live, 0);
}

static void what_no_claim_has_found_is_a_dash(void **state)
{
	const struct hs_claims_summary summary = { .cost_pages = 1 };
	struct hs_out out = { .mem = &mem };

	(void)state;
	hs_claims_summary_cells(&summary, &out);
	hs_out_char(&out, '\0');
	assert_non_null(strstr(out.bytes, "\nnone\tnothing\t-\t-\t-\t-\t0\t0.00\t0.00\t\n"));
	hs_out_free(&out);
}

/* Each of the first ones, then fewer and fewer. */
static void allocations_of_what_is_counted_may_fail(void **state)
{
	struct hs_claims_summary summary = { .cost_pages = 0 };
	uint64_t first = mem.attempts, count;

	(void)state;
	assert_int_equal(hs_claims_summary_measure(&mem, &summary), 0);
	count = mem.attempts - first;
	for (uint64_t i = 1; i <= count; i += 1 + i / 2) {
		mem.fail_at = mem.attempts + i;
		if (hs_claims_summary_measure(&mem, &summary) != -ENOMEM)
			fail_msg("allocation %llu", (unsigned long long)i);
		mem.fail_at = 0;
		assert_int_equal(mem.live, 0);
	}
}

static void allocations_of_the_table_may_fail(void **state)
{
	const struct hs_claims_summary summary = { .cost_pages = 1 };

	(void)state;
	for (uint64_t i = 1; i <= 2; i++) {
		struct hs_out out = { .mem = &mem };

		mem.fail_at = mem.attempts + i;
		assert_int_equal(hs_claims_summary_print(&mem, &summary, &out), -ENOMEM);
		mem.fail_at = 0;
		hs_out_free(&out);
		assert_int_equal(mem.live, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_violation_in_one_claim_outweighs_what_holds_in_another),
		cmocka_unit_test(rows_that_are_not_named_do_not_count),
		cmocka_unit_test(a_cell_counts_for_its_own_strategy_alone),
		cmocka_unit_test(a_trimmed_claim_has_only_rows_that_count),
		cmocka_unit_test(the_table_has_these_bytes),
		cmocka_unit_test(what_no_claim_has_found_is_a_dash),
		cmocka_unit_test(allocations_of_what_is_counted_may_fail),
		cmocka_unit_test(allocations_of_the_table_may_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
