/* SPDX-License-Identifier: MIT */
/* What is expected of claims: lines that are refused, which line counts, what differs. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "claims/expected.h"
#include "support/test.h"

static struct hs_hostmem mem;

static int parse(const char *string, struct hs_claim_expected *out, char error[256])
{
	struct hs_claim_text text = { "x.in", string, strlen(string) };

	error[0] = '\0';
	return hs_claim_expected_parse(&mem, &text, out, error, 256);
}

static const struct {
	const char *text, *error;
} refused[] = {
	{ "8\n", "x.in:1: expected ID.ROW[NAME=VALUE,...] or ID, found \"8\"" },
	{ "\n# no\nC0.a S1=holds\n",
	  "x.in:3: expected ID.ROW[NAME=VALUE,...] or ID, found \"C0.a\"" },
	{ ".a S1=holds\n", "x.in:1: expected ID.ROW[NAME=VALUE,...] or ID, found \".a\"" },
	{ "C100 verdict=refuted\n",
	  "x.in:1: expected ID.ROW[NAME=VALUE,...] or ID, found \"C100\"" },
	{ "C1. S1=holds\n", "x.in:1: expected ID.ROW[NAME=VALUE,...] or ID, found \"C1.\"" },
	{ "C1.a[] S1=holds\n", "x.in:1: expected ID.ROW[NAME=VALUE,...] or ID, found \"C1.a[]\"" },
	{ "C1.a[b=1 S1=holds\n",
	  "x.in:1: expected ID.ROW[NAME=VALUE,...] or ID, found \"C1.a[b=1\"" },
	{ "C1.a[b] S1=holds\n", "x.in:1: expected NAME=VALUE, at most 8, found \"b\"" },
	{ "C1.a[b=] S1=holds\n", "x.in:1: expected NAME=VALUE, at most 8, found \"b=\"" },
	{ "C1.a[a=1,b=1,c=1,d=1,e=1,f=1,g=1,h=1,i=1] S1=holds\n",
	  "x.in:1: expected NAME=VALUE, at most 8, found \"i=1\"" },
	{ "C1.a\n", "x.in:1: expected FIELD=VALUE, found no word" },
	{ "C1\n", "x.in:1: expected verdict=WORD, found no word" },
	{ "C1 S1=holds\n", "x.in:1: expected verdict=WORD, found \"S1=holds\"" },
	{ "C1.a verdict=refuted\n", "x.in:1: expected FIELD=VALUE, found \"verdict=refuted\"" },
	{ "C1 verdict=right\n", "x.in:1: expected verdict=confirmed, verdict=refuted, "
				"verdict=in-part or verdict=none, found \"verdict=right\"" },
	{ "C1.a S1\n", "x.in:1: expected FIELD=VALUE, found \"S1\"" },
	{ "C1.a S1=1\n", "x.in:1: expected holds, violated or not-judged, found \"1\"" },
	{ "C1.a ret=x\n", "x.in:1: expected a number, found \"x\"" },
	{ "C1.a S1=holds S1=holds\n",
	  "x.in:1: expected another field than in line 1, found \"S1=holds\"" },
	{ "C1.a[b=1] S1=holds\n\nC1.a[b=1] S2=holds S1=violated\n",
	  "x.in:3: expected another field than in line 1, found \"S1=violated\"" },
	{ "C1 verdict=refuted\nC1 verdict=refuted\n",
	  "x.in:2: expected another field than in line 1, found \"verdict=refuted\"" },
};

static void bad_lines_are_refused_in_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(refused); i++) {
		struct hs_claim_expected expected;
		char error[256];

		if (parse(refused[i].text, &expected, error) != -EINVAL)
			fail_msg("not refused: %s", refused[i].text);
		assert_string_equal(error, refused[i].error);
		hs_claim_expected_free(&mem, &expected);
		assert_int_equal(mem.live, 0);
	}
}

#define GOOD                                                                          \
	"# first\nC8 verdict=in-part\nC8.a S1=holds S2=violated\n"                    \
	"C8.a[s=one] S1=violated\nC8.a[s=one,t=1] S1=not-judged\nC8.w slots=0,V:8+\n" \
	"C9.a S1=violated\n"

static void each_allocation_may_fail_and_nothing_is_left(void **state)
{
	struct hs_claim_expected expected;
	char error[256];
	uint64_t n = 0;
	int ret;

	(void)state;
	do {
		mem = (struct hs_hostmem){ .fail_at = ++n };
		ret = parse(GOOD, &expected, error);
		if (ret) {
			assert_int_equal(ret, -ENOMEM);
			assert_string_equal(error, "out of memory");
		}
		hs_claim_expected_free(&mem, &expected);
		assert_int_equal(mem.live, 0);
	} while (ret);
	assert_true(n > 10);
	mem = (struct hs_hostmem){ .attempts = 0 };
}

/* ---- which line counts -------------------------------------------------------------------- */

static struct hs_claim claim = {
	.number = 8,
	.row = { { .name = (char *)(uintptr_t) "a", .of = HS_CLAIM_NO_ROW },
		 { .name = (char *)(uintptr_t) "w", .walk = true, .of = HS_CLAIM_NO_ROW },
		 { .name = (char *)(uintptr_t) "c", .of = 0 } },
	.rows = 3,
	.statement = { { .row = 0, .field = HS_CLAIM_S1, .other = HS_CLAIM_NO_ROW } },
	.statements = 1,
};

static enum hs_claim_word expected_s1(const struct hs_claim_expected *expected,
				      const char *settings)
{
	struct hs_claim_cell cell = { .settings = (char *)(uintptr_t)settings };
	const struct hs_claim_expectation *e =
		hs_claim_expected_field(expected, &claim, &cell, HS_CLAIM_S1);

	assert_non_null(e);
	return e->value.word;
}

static void of_several_lines_the_one_with_most_settings_counts(void **state)
{
	struct hs_claim_expected expected;
	char error[256];

	(void)state;
	assert_int_equal(parse(GOOD, &expected, error), 0);
	assert_int_equal(expected_s1(&expected, ""), HS_CLAIM_HOLDS);
	assert_int_equal(expected_s1(&expected, "s=two"), HS_CLAIM_HOLDS);
	assert_int_equal(expected_s1(&expected, "s=one"), HS_CLAIM_VIOLATED);
	assert_int_equal(expected_s1(&expected, "s=one-more"), HS_CLAIM_HOLDS);
	assert_int_equal(expected_s1(&expected, "ss=one"), HS_CLAIM_HOLDS);
	assert_int_equal(expected_s1(&expected, "t=2,s=one"), HS_CLAIM_VIOLATED);
	assert_int_equal(expected_s1(&expected, "t=1,s=one"), HS_CLAIM_NOT_JUDGED);
	hs_claim_expected_free(&mem, &expected);
	assert_int_equal(mem.live, 0);
}

/* ---- what differs ------------------------------------------------------------------------- */

#define WORD(is)                                             \
	{                                                    \
		.kind = HS_CLAIM_WORD, .word = HS_CLAIM_##is \
	}

static char none[] = "", one[] = "s=one";

static struct hs_claim_cell cells[] = {
	{ .row = 0, .settings = none, .value = { WORD(HOLDS), WORD(VIOLATED) } },
	{ .row = 0, .settings = one, .value = { WORD(VIOLATED), WORD(VIOLATED) } },
	{ .row = 2, .settings = none, .value = { WORD(VIOLATED) } },
};

static struct hs_claim_expected compared; /* differences point into it, until done() */

static long differences(const char *text, struct hs_claim_difference **out)
{
	struct hs_claim_found found = {
		.claim = &claim, .verdict = HS_CLAIM_IN_PART, .cell = cells, .cells = COUNT(cells)
	};
	char error[256];

	assert_int_equal(parse(text, &compared, error), 0);
	return hs_claim_compare(&mem, &found, &compared, out);
}

static void done(struct hs_claim_difference *d)
{
	hs_hostmem_free(&mem, d);
	hs_claim_expected_free(&mem, &compared);
	assert_int_equal(mem.live, 0);
}

#define AS_FOUND                                                                   \
	"C8 verdict=in-part\nC8.a S1=holds S2=violated\nC8.a[s=one] S1=violated\n" \
	"C8.c S1=violated\n"

static void nothing_differs_where_all_is_as_expected(void **state)
{
	struct hs_claim_difference *d;

	(void)state;
	assert_int_equal(differences(AS_FOUND, &d), 0);
	assert_null(d);
	done(d);
}

static void each_field_that_is_another_one_differs(void **state)
{
	struct hs_claim_difference *d;

	(void)state;
	assert_int_equal(
		differences("C8 verdict=refuted\nC8.a S1=holds S2=holds\nC8.c S1=violated\n", &d),
		4);
	assert_null(d[0].cell);
	assert_ptr_equal(d[1].cell, &cells[0]);
	assert_int_equal(d[1].field, HS_CLAIM_S2);
	assert_ptr_equal(d[2].cell, &cells[1]);
	assert_int_equal(d[2].field, HS_CLAIM_S1);
	assert_int_equal(d[3].field, HS_CLAIM_S2);
	done(d);
}

static void what_is_claimed_without_an_expectation_differs_in_row_and_control(void **state)
{
	struct hs_claim_difference *d;

	(void)state;
	assert_int_equal(differences("C8.a S2=violated\nC9 verdict=in-part\n", &d), 4);
	assert_null(d[0].cell);
	for (int i = 1; i < 4; i++) {
		assert_ptr_equal(d[i].cell, &cells[i - 1]);
		assert_int_equal(d[i].field, HS_CLAIM_S1);
	}
	done(d);
}

static void of_a_control_one_field_that_is_claimed_is_enough(void **state)
{
	struct hs_claim_difference *d;

	(void)state;
	claim.statement[1] =
		(struct hs_claim_statement){ .field = HS_CLAIM_S2, .other = HS_CLAIM_NO_ROW };
	claim.statements = 2;
	cells[2].value[HS_CLAIM_S2] = (struct hs_claim_value)WORD(HOLDS);
	assert_int_equal(differences(AS_FOUND, &d), 0);
	done(d);
	assert_int_equal(differences("C8 verdict=in-part\nC8.a S1=holds S2=violated\n"
				     "C8.a[s=one] S1=violated\n",
				     &d),
			 2);
	assert_ptr_equal(d[0].cell, &cells[2]);
	assert_ptr_equal(d[1].cell, &cells[2]);
	done(d);
	claim.statements = 1;
}

static void what_is_expected_of_no_cell_differs(void **state)
{
	struct hs_claim_difference *d;

	(void)state;
	assert_int_equal(
		differences(AS_FOUND "C8.b S1=holds\nC8.a[s=two] S1=holds\nC9.b S1=holds\n", &d),
		2);
	assert_true(hs_claim_is_lost(&d[0]));
	assert_int_equal(d[0].expectation->line, 5);
	assert_true(hs_claim_is_lost(&d[1]));
	done(d);
}

static void what_is_expected_of_a_field_that_the_cell_lacks_differs(void **state)
{
	struct hs_claim_difference *d;

	(void)state;
	assert_int_equal(differences(AS_FOUND "C8.c reached=4\n", &d), 1);
	assert_int_equal(d[0].field, HS_CLAIM_REACHED);
	done(d);
}

static void a_comparison_without_memory_fails(void **state)
{
	struct hs_claim_found found = { .claim = &claim };
	struct hs_claim_expected expected = { .count = 0 };
	struct hs_claim_difference *d;

	(void)state;
	mem = (struct hs_hostmem){ .fail_at = 1 };
	assert_int_equal(hs_claim_compare(&mem, &found, &expected, &d), -ENOMEM);
	assert_int_equal(mem.live, 0);
	mem = (struct hs_hostmem){ .attempts = 0 };
}

static void the_built_in_text_is_good(void **state)
{
	struct hs_claim_expected expected;
	char error[256] = "";

	(void)state;
	hs_claim_expected_parse(&mem, hs_claim_expected_text(), &expected, error, sizeof(error));
	assert_string_equal(error, "");
	assert_true(expected.count > 0);
	hs_claim_expected_free(&mem, &expected);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_lines_are_refused_in_words),
		cmocka_unit_test(each_allocation_may_fail_and_nothing_is_left),
		cmocka_unit_test(of_several_lines_the_one_with_most_settings_counts),
		cmocka_unit_test(nothing_differs_where_all_is_as_expected),
		cmocka_unit_test(each_field_that_is_another_one_differs),
		cmocka_unit_test(what_is_claimed_without_an_expectation_differs_in_row_and_control),
		cmocka_unit_test(of_a_control_one_field_that_is_claimed_is_enough),
		cmocka_unit_test(what_is_expected_of_no_cell_differs),
		cmocka_unit_test(what_is_expected_of_a_field_that_the_cell_lacks_differs),
		cmocka_unit_test(a_comparison_without_memory_fails),
		cmocka_unit_test(the_built_in_text_is_good),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
