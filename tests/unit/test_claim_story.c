/* SPDX-License-Identifier: MIT */
/* A claim told as a story: its bytes, its width, memory that fails. */
#include "support/claim_told.h"
#include "support/test.h"

static int print_claim(struct told_kit *kit, unsigned int i, struct hs_out *out)
{
	return hs_claim_story_print(&kit->mem, &kit->told[i], out);
}

static int print_stories(struct told_kit *kit, struct hs_out *out)
{
	int ret = 0;

	for (unsigned int i = 0; !ret && i < TOLD_CLAIMS; i++)
		ret = print_claim(kit, i, out);
	return ret;
}

/* The story of claim @i in *out, with a 0 behind it; the caller ends both. */
static void tell(struct told_kit *kit, unsigned int i, struct hs_out *out)
{
	told_kit_begin(kit);
	*out = (struct hs_out){ .mem = &kit->mem };
	assert_int_equal(print_claim(kit, i, out), 0);
	hs_out_char(out, '\0');
	assert_false(out->failed);
}

static void end(struct told_kit *kit, struct hs_out *out)
{
	hs_out_free(out);
	told_kit_end(kit);
}

static void a_story_has_these_bytes(void **state)
{
	struct told_kit kit;
	struct hs_out out;

	(void)state;
	told_kit_begin(&kit);
	out = (struct hs_out){ .mem = &kit.mem };
	assert_int_equal(print_stories(&kit, &out), 0);
	told_kit_golden(&out, "story.out");
	end(&kit, &out);
}

static void no_line_is_wider_than_a_terminal(void **state)
{
	struct told_kit kit;
	struct hs_out out;

	(void)state;
	for (unsigned int i = 0; i < TOLD_CLAIMS; i++) {
		tell(&kit, i, &out);
		for (const char *at = out.bytes; *at; at += strcspn(at, "\n") + 1)
			assert_in_range(strcspn(at, "\n"), 0, 100);
		end(&kit, &out);
	}
}

/* Words without a blank are not cut: they may be wider. */
static void columns_that_are_too_wide_are_wrapped(void **state)
{
	const char *words = "a step of as many words as make two columns of it too wide";
	struct hs_claim_counterexample *c;
	struct told_kit kit;
	struct hs_out out;

	(void)state;
	told_kit_begin(&kit);
	c = told_kit_violate(&kit, &kit.found[0].cell[0], HS_CLAIM_S1, "hmmsim1:wide");
	for (unsigned int task = 0; task < 2; task++)
		told_kit_moment(&kit, c, task, words);
	out = (struct hs_out){ .mem = &kit.mem };
	assert_int_equal(print_claim(&kit, 0, &out), 0);
	hs_out_char(&out, '\0');
	assert_non_null(strstr(out.bytes, "hmmsim replay hmmsim1:wide\n"));
	assert_non_null(strstr(out.bytes, "\n    a step of as many words as make two columns"));
	for (const char *at = out.bytes; *at; at += strcspn(at, "\n") + 1)
		assert_in_range(strcspn(at, "\n"), 0, 100);
	end(&kit, &out);
}

static void a_race_that_cannot_be_parsed_is_an_error(void **state)
{
	static const char text[] = "hmmsim 1\nrace map-outside\nwrong\n";
	struct told_kit kit;
	struct hs_out out;

	(void)state;
	told_kit_begin(&kit);
	kit.text[0].bytes = text;
	kit.text[0].length = sizeof(text) - 1;
	out = (struct hs_out){ .mem = &kit.mem };
	assert_int_equal(print_claim(&kit, 0, &out), -EINVAL);
	end(&kit, &out);
}

static void steps_are_told_without_what_is_for_machines(void **state)
{
	struct told_kit kit;
	struct hs_out out;

	(void)state;
	tell(&kit, 0, &out);
	assert_non_null(strstr(out.bytes, "walk D 0x0 0x1000 rw"));
	assert_null(strstr(out.bytes, "as="));
	assert_null(strstr(out.bytes, "optional="));
	end(&kit, &out);
}

/* S3 has a step more, flag has no steps, and S1 of the control is none of a row. */
static void the_simplest_execution_is_shown_with_its_token(void **state)
{
	const char *title = "The simplest execution: outside, strategy=none, where S2 is violated";
	struct told_kit kit;
	struct hs_out out;

	(void)state;
	tell(&kit, 0, &out);
	assert_non_null(strstr(out.bytes, title));
	assert_non_null(strstr(out.bytes, "hmmsim replay hmmsim1:a:none:1\n"));
	end(&kit, &out);
}

static void expect_end(struct told_kit *kit, const char *message, const char *words)
{
	struct hs_claim_counterexample *c = kit->found[0].cell[0].counterexample;
	struct hs_told_table table;
	char *kept = c->message, *copy = strdup(message);
	const struct hs_told_cell *last;

	assert_non_null(copy);
	c->message = copy;
	assert_int_equal(hs_told_moments(&kit->mem, c, &table), 0);
	last = &table.cell[(table.rows - 1) * table.columns];
	assert_int_equal(last->words.length, strlen(words));
	assert_memory_equal(last->words.at, words, strlen(words));
	hs_told_table_free(&kit->mem, &table);
	c->message = kept;
	free(copy);
}

static void a_step_that_goes_on_says_what_it_met(void **state)
{
	struct told_kit kit;

	(void)state;
	told_kit_begin(&kit);
	expect_end(&kit, "../src/a.c:137: load of an object that is freed (task W): b from c.c:1",
		   "walk D 0x0 0x1000 rw goes on: load of an object that is freed");
	expect_end(&kit, "c15.txt:29: S1: D maps page 0x8, and it is gone (task W)",
		   "walk D 0x0 0x1000 rw goes on: S1: D maps page 0x8, and it is gone");
	expect_end(&kit, "S1: no place", "walk D 0x0 0x1000 rw goes on: S1: no place");
	expect_end(&kit, ": 1: x", "walk D 0x0 0x1000 rw goes on: : 1: x");
	told_kit_end(&kit);
}

static void what_is_claimed_is_shown_before_what_is_shorter(void **state)
{
	const char *title = "The simplest execution: outside, strategy=none, where S2 is violated";
	struct told_kit kit;
	struct hs_out out;

	(void)state;
	told_kit_begin(&kit);
	told_kit_moment(&kit,
			told_kit_violate(&kit, &kit.found[0].cell[0], HS_CLAIM_LIVE, "hmmsim1:l"),
			0, "begin D");
	out = (struct hs_out){ .mem = &kit.mem };
	assert_int_equal(print_claim(&kit, 0, &out), 0);
	hs_out_char(&out, '\0');
	assert_non_null(strstr(out.bytes, title));
	end(&kit, &out);
}

/* The counterexamples of rows are hidden, until they are freed. */
static void where_all_rows_hold_the_execution_of_a_control_is_shown(void **state)
{
	unsigned int hidden[8] = { 0 };
	struct hs_claim_cell *cell;
	struct told_kit kit;
	struct hs_out out;

	(void)state;
	told_kit_begin(&kit);
	cell = kit.found[0].cell;
	for (size_t i = 0; i < kit.found[0].cells; i++)
		if (!hs_claim_is_control(&kit.claim[0].row[cell[i].row])) {
			hidden[i] = cell[i].counterexamples;
			cell[i].counterexamples = 0;
		} else if (strcmp(kit.claim[0].row[cell[i].row].name, "inside") == 0)
			told_kit_moment(&kit,
					told_kit_violate(&kit, &cell[i], HS_CLAIM_S2, "hmmsim1:in"),
					0, "kill A");
	out = (struct hs_out){ .mem = &kit.mem };
	assert_int_equal(print_claim(&kit, 0, &out), 0);
	hs_out_char(&out, '\0');
	assert_non_null(strstr(out.bytes, "What was run\n    map-outside: "));
	assert_non_null(strstr(out.bytes, "The simplest execution of a control: inside, where S2"));
	for (size_t i = 0; i < kit.found[0].cells; i++)
		if (hidden[i])
			cell[i].counterexamples = hidden[i];
	end(&kit, &out);
}

static void values_of_axes_stand_where_the_text_names_them(void **state)
{
	struct told_kit kit;
	struct hs_out out;

	(void)state;
	tell(&kit, 0, &out);
	assert_non_null(strstr(out.bytes, "driver D M 0x0 0x2000 strategy=none validity=seq"));
	assert_non_null(strstr(out.bytes, "set-up: entry M 0x0 devrw 8; set a\n"));
	assert_non_null(strstr(out.bytes, "    retry                   await a\n"));
	assert_null(strstr(out.bytes, "$"));
	end(&kit, &out);
}

static void what_is_neither_claimed_nor_violated_has_no_column(void **state)
{
	struct told_kit kit;
	struct hs_out out;

	(void)state;
	tell(&kit, 0, &out);
	assert_non_null(strstr(out.bytes, "Not violated in any row: live\n"));
	assert_null(strstr(out.bytes, "live: "));
	end(&kit, &out);
	tell(&kit, 1, &out);
	assert_non_null(strstr(out.bytes, "Not violated in any row: S1, S2, S3\n"));
	assert_non_null(strstr(out.bytes, "live: "));
	end(&kit, &out);
}

static void of_many_lines_claimed_those_that_hold_are_counted(void **state)
{
	struct hs_claim claim;
	struct hs_claim_found found;
	struct hs_claim_told told;
	struct told_kit kit;
	struct hs_out out;

	(void)state;
	told_kit_begin(&kit);
	claim = kit.claim[0];
	found = kit.found[0];
	told = kit.told[0];
	found.claim = &claim;
	told.found = &found;
	for (claim.statements = 3; claim.statements < 13; claim.statements++) {
		claim.statement[claim.statements] = claim.statement[0];
		found.judged[claim.statements] = found.judged[0];
	}
	out = (struct hs_out){ .mem = &kit.mem };
	assert_int_equal(hs_claim_story_print(&kit.mem, &told, &out), 0);
	hs_out_char(&out, '\0');
	assert_null(strstr(out.bytes, "outside.S2 = violated: in 2"));
	assert_non_null(strstr(out.bytes, "flag.S1 = violated: in 1"));
	assert_non_null(strstr(out.bytes, "    lines more that hold in each cell: 11\n"));
	end(&kit, &out);
}

/* Five cells of row outside, the last of which holds if @all is not set. */
static void expect_settings(struct told_kit *kit, size_t cells, bool all, const char *words)
{
	static const char *const settings[] = { "strategy=a", "strategy=b", "strategy=c",
						"strategy=d", "strategy=e" };
	struct hs_claim_cell cell[5] = { { .row = 0 } };
	struct hs_claim_found found = { .claim = &kit->claim[0], .cell = cell, .cells = cells };
	struct hs_out out = { .mem = &kit->mem };

	for (size_t i = 0; i < cells; i++) {
		cell[i].settings = (char *)(uintptr_t)settings[i];
		cell[i].value[HS_CLAIM_S1] = (struct hs_claim_value){
			.kind = HS_CLAIM_WORD,
			.word = i + 1 == cells && !all ? HS_CLAIM_HOLDS : HS_CLAIM_VIOLATED,
		};
	}
	hs_told_settings(&found, 0, &out);
	hs_out_char(&out, '\0');
	assert_string_equal(out.bytes, words);
	hs_out_free(&out);
}

static void values_of_an_axis_are_listed_unless_they_are_many_and_all(void **state)
{
	struct told_kit kit;

	(void)state;
	told_kit_begin(&kit);
	expect_settings(&kit, 5, true, "every strategy");
	expect_settings(&kit, 5, false, "strategy=a, b, c, d");
	expect_settings(&kit, 4, true, "strategy=a, b, c, d");
	expect_settings(&kit, 1, true, "strategy=a");
	told_kit_end(&kit);
}

static void expect_searches(struct told_kit *kit, const struct hs_claim_cell *cell,
			    const char *words)
{
	struct hs_out out = { .mem = &kit->mem };

	hs_told_searches(cell, &out);
	hs_out_char(&out, '\0');
	assert_string_equal(out.bytes, words);
	hs_out_free(&out);
}

static void where_searches_went_as_far_it_is_said_once(void **state)
{
	struct hs_claim_cell cell = { .row = 0 };
	struct told_kit kit;

	(void)state;
	told_kit_begin(&kit);
	expect_searches(&kit, &cell, "");
	cell.search[HS_CLAIM_S2] = (struct hs_claim_search){ 7, "yes" };
	cell.search[HS_CLAIM_LIVE] = (struct hs_claim_search){ 9, "yes" };
	expect_searches(&kit, &cell, "yes");
	cell.search[HS_CLAIM_S3] = (struct hs_claim_search){ 2, "no" };
	expect_searches(&kit, &cell, "S2 yes (7), S3 no (2), live yes (9)");
	told_kit_end(&kit);
}

static void the_bound_of_any_search_is_that_of_the_claim(void **state)
{
	struct told_kit kit;
	struct hs_claim_search *search;

	(void)state;
	told_kit_begin(&kit);
	assert_string_equal(hs_told_extent(&kit.found[0]), "every schedule");
	search = &kit.found[0].cell[3].search[HS_CLAIM_LIVE];
	*search = (struct hs_claim_search){ 9, "within 8 retries" };
	assert_string_equal(hs_told_extent(&kit.found[0]), "within 8 retries");
	assert_string_equal(hs_told_extent(&kit.found[1]), "counts");
	assert_string_equal(hs_told_extent(&kit.found[2]), "no run");
	told_kit_end(&kit);
}

static void each_allocation_of_a_story_may_fail(void **state)
{
	struct told_kit kit;

	(void)state;
	told_kit_begin(&kit);
	told_kit_fail_each(&kit, print_stories);
	told_kit_end(&kit);
}

static void an_expectation_that_no_cell_fits_is_told_as_that(void **state)
{
	char row[] = "nowhere";
	const struct hs_claim_expectation expectation = { .claim = 15, .row = row, .line = 7 };
	const struct hs_claim_difference difference = { .expectation = &expectation };
	struct told_kit kit;
	struct hs_out out;

	(void)state;
	told_kit_begin(&kit);
	out = (struct hs_out){ .mem = &kit.mem };
	hs_told_difference(&kit.claim[0], &difference, &kit.found[0], &out);
	hs_out_char(&out, '\0');
	assert_string_equal(out.bytes, "no cell; expected nowhere, line 7");
	end(&kit, &out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_story_has_these_bytes),
		cmocka_unit_test(no_line_is_wider_than_a_terminal),
		cmocka_unit_test(columns_that_are_too_wide_are_wrapped),
		cmocka_unit_test(a_race_that_cannot_be_parsed_is_an_error),
		cmocka_unit_test(steps_are_told_without_what_is_for_machines),
		cmocka_unit_test(the_simplest_execution_is_shown_with_its_token),
		cmocka_unit_test(a_step_that_goes_on_says_what_it_met),
		cmocka_unit_test(what_is_claimed_is_shown_before_what_is_shorter),
		cmocka_unit_test(an_expectation_that_no_cell_fits_is_told_as_that),
		cmocka_unit_test(where_all_rows_hold_the_execution_of_a_control_is_shown),
		cmocka_unit_test(values_of_axes_stand_where_the_text_names_them),
		cmocka_unit_test(what_is_neither_claimed_nor_violated_has_no_column),
		cmocka_unit_test(of_many_lines_claimed_those_that_hold_are_counted),
		cmocka_unit_test(values_of_an_axis_are_listed_unless_they_are_many_and_all),
		cmocka_unit_test(where_searches_went_as_far_it_is_said_once),
		cmocka_unit_test(the_bound_of_any_search_is_that_of_the_claim),
		cmocka_unit_test(each_allocation_of_a_story_may_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
