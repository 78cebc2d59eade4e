/* SPDX-License-Identifier: MIT */
/* Axes of a race: what is refused of them and of expect lines, and what settings change. */
#include "support/race_refusal.h"

/* ---- refused ------------------------------------------------------------------------------ */

static const struct race_refusal refused[] = {
	/* axes */
	{ RACE_TOP("axis"), "x.in:3: axis: expected NAME VALUE..., found 0 words" },
	{ RACE_TOP("axis refs"), "x.in:3: axis: expected NAME VALUE..., found 1 word" },
	{ RACE_TOP("axis refs 5.3\naxis refs 6.1"),
	  "x.in:4: axis: expected NAME, another than of the axes before, found \"refs\"" },
	{ RACE_TOP("axis refs 5.3 5.3"), "x.in:3: axis: expected each VALUE once, found \"5.3\"" },
	{ RACE_TOP("axis a=b c"),
	  "x.in:3: axis: expected NAME, a word without =, comma and $, found \"a=b\"" },
	{ RACE_TOP("axis a b,c"),
	  "x.in:3: axis: expected VALUE, a word without =, comma and $, found \"b,c\"" },
	{ RACE_TOP("axis a $b"),
	  "x.in:3: axis: expected VALUE, a word without =, comma and $, found \"$b\"" },
	{ RACE_TOP("axis refs 5.3 6.1"), "x.in:3: axis: expected $refs in a line of the race" },
	{ RACE_TOP("pgmap A 8 10 refs=$refs\naxis refs 5.3"),
	  "x.in:3: pgmap: expected $NAME of an axis line above, found \"$refs\"" },
	{ RACE_TOP("mm $m"), "x.in:3: mm: expected $NAME of an axis line above, found \"$m\"" },
	{ RACE_TOP("axis refs 5.3 7.0\npgmap A 8 10 refs=$refs\npgmap B 10 12 refs=$ref"),
	  "x.in:5: pgmap: expected $NAME of an axis line above, found \"$ref\"" },
	{ RACE_TOP("axis refs 7.0\npgmap A 8 10 refs=$refs"),
	  "x.in:4: pgmap: expected refs=5.3, 5.18, 6.1 or 6.15, found \"7.0\"" },
	{ RACE_TOP(
		  "axis a 1\naxis b 1\naxis c 1\naxis d 1\naxis e 1\naxis f 1\naxis g 1\naxis h 1\naxis i 1"),
	  "x.in:11: axis: expected at most 8 axes, found \"i\"" },
	{ RACE_TOP("axis a 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17"),
	  "x.in:3: axis: expected at most 16 values, found \"17\"" },
	/* expect */
	{ RACE_IN("expect"), "x.in:11: expect: expected VERDICT, found 0 words" },
	{ RACE_IN("expect none"),
	  "x.in:11: expect: expected holds, assertion, deadlock or another verdict, found \"none\"" },
	{ RACE_IN("expect executions=3"),
	  "x.in:11: expect: expected NAME=VALUE of an axis line above, found \"executions=3\"" },
	{ RACE_IN("expect holds 3"),
	  "x.in:11: expect: expected executions=N, or no further word, found \"3\"" },
	{ RACE_IN("expect holds executions=0"),
	  "x.in:11: expect: expected executions=N, a number from 1, found \"0\"" },
	{ RACE_IN("expect holds executions=1 executions=2"),
	  "x.in:11: expect: expected executions=N, or no further word, found \"executions=2\"" },
	{ RACE_IN("expect holds executions"),
	  "x.in:11: expect: expected executions=N, or no further word, found \"executions\"" },
	{ RACE_IN("expect holds\nexpect leak"),
	  "x.in:12: expect: expected other settings than in line 11" },
	{ RACE_IN("expect refs=1 holds"),
	  "x.in:11: expect: expected NAME=VALUE of an axis line above, found \"refs=1\"" },
	{ RACE_IN("axis l L M\nexpect l=N holds"),
	  "x.in:12: expect: expected l=L or M, found \"N\"" },
	{ RACE_IN("axis l L M\nexpect l=M l=M holds"),
	  "x.in:12: expect: expected each axis once, found \"l=M\"" },
	{ RACE_IN("axis l L M\nexpect l=L holds\nexpect holds\ncheck\nset $l"),
	  "x.in:13: expect: expected other settings than in line 12" },
	{ RACE_IN("axis l L M\nexpect l=M"),
	  "x.in:12: expect: expected [NAME=VALUE...] VERDICT [executions=N], found no verdict" },
};

static void bad_axes_and_expect_lines_are_refused_in_words(void **state)
{
	(void)state;
	race_must_refuse_all(refused, COUNT(refused));
}

/* ---- settings ----------------------------------------------------------------------------- */

#define AXES                                                                                \
	RACE_HEAD                                                                           \
	"axis refs 5.3 6.1\naxis end 0x1000 0x2000 0x3000\npgmap A 8 10 refs=$refs\nmm M\n" \
	"task W\nzap M 0 $end as=$refs\norder $refs\nexpect end=0x3000 refs=6.1 leak\n"     \
	"expect refs=5.3 holds executions=3\n"

static void a_setting_takes_another_value_of_an_axis(void **state)
{
	static const struct hs_race_setting settings[] = { { "end", "0x3000" }, { "refs", "6.1" } };
	static const char *const names[] = { "", "end=0x3000", "refs=6.1,end=0x3000" };
	struct hs_hostmem mem = { .attempts = 0 };

	(void)state;
	for (size_t count = 0; count <= 2; count++) {
		struct hs_race race;
		char error[1024];

		if (race_parse(&mem, AXES, settings, count, &race, error) != 1)
			fail_msg("%s", error);
		assert_string_equal(race.settings, names[count]);
		assert_int_equal(race.axis[1].chosen, count ? 2 : 0);
		assert_int_equal(race.object[0].pgmap.refs,
				 count == 2 ? HS_PAGE_REFS_6_1 : HS_PAGE_REFS_5_3);
		assert_int_equal(race.task[0].steps.step[0].arg[2], count ? 0x3000 : 0x1000);
		assert_string_equal(race.order[0], count == 2 ? "6.1" : "5.3");
		assert_string_equal(race.expect[0].settings, names[2]);
		assert_string_equal(race.expect[1].settings, names[0]);
		race_round_trip(&mem, &race);
		hs_race_free(&mem, &race);
	}
	assert_int_equal(mem.live, 0);
}

static void settings_must_fit_the_axes(void **state)
{
	static const struct {
		const char *text;
		struct hs_race_setting settings[2];
		size_t count;
		const char *error;
	} cases[] = {
		{ AXES,
		  { { "ref", "5.3" } },
		  1,
		  "x.in:2: race: expected a setting of its axes (refs or end), found \"ref\"" },
		{ AXES,
		  { { "refs", "6.2" } },
		  1,
		  "x.in:3: axis: expected refs=5.3 or 6.1, found \"6.2\"" },
		{ AXES,
		  { { "refs", "" } },
		  1,
		  "x.in:3: axis: expected refs=5.3 or 6.1, found \"\"" },
		{ AXES,
		  { { "refs", "6.1" }, { "refs", "6.1" } },
		  2,
		  "x.in:2: race: expected a value of refs once" },
		{ RACE_TOP(""),
		  { { "refs", "6.1" } },
		  1,
		  "x.in:2: race: expected no setting, because it has no axis, found \"refs\"" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		race_must_refuse(cases[i].text, cases[i].settings, cases[i].count, cases[i].error);
}

/* ---- verdicts ----------------------------------------------------------------------------- */

static void every_verdict_has_a_word(void **state)
{
	enum hs_verdict verdict;

	(void)state;
	assert_true(hs_race_verdict("holds", &verdict) && verdict == HS_VERDICT_NONE);
	assert_true(hs_race_verdict("use-after-free", &verdict) && verdict == HS_VERDICT_FREED);
	assert_true(hs_race_verdict("lost-wake-up", &verdict) && verdict == HS_VERDICT_LOST_WAKE);
	assert_true(hs_race_verdict("not-repeatable", &verdict) &&
		    verdict == HS_VERDICT_UNREPEATABLE);
	assert_false(hs_race_verdict("none", &verdict));
	assert_false(hs_race_verdict("?", &verdict));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_axes_and_expect_lines_are_refused_in_words),
		cmocka_unit_test(a_setting_takes_another_value_of_an_axis),
		cmocka_unit_test(settings_must_fit_the_axes),
		cmocka_unit_test(every_verdict_has_a_word),
	};

	return cmocka_run_group_tests_name("race_axes", tests, NULL, NULL);
}
