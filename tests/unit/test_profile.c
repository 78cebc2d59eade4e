/* SPDX-License-Identifier: MIT */
/* Cost profiles as text: errors and their texts, canonical printing, the table of errors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <errno.h>

#include "cost/cost.h"

static int parse(const char *string, struct hs_cost_profile *p, char error[1024])
{
	struct hs_hostmem mem = { .attempts = 0 };
	struct hs_text text;
	int ret;

	hs_text_init(&text, &mem, "x.cost", string, strlen(string));
	ret = hs_cost_parse(&text, p);
	memcpy(error, text.error, sizeof(text.error));
	assert_int_equal(mem.attempts, 0);
	return ret;
}

#define MINE "hmmsim 1\nprofile mine base=light\n"
#define CLASSES                                                                                     \
	"page, leaf-page, hole, unreadable, empty-pte, private-own, private-foreign, devmap-page, " \
	"devmap-leaf-page, call, table, hit, miss, put, fault, zero-fault, read or grace-period"
#define NS "NS, decimal, below 10^12, at most 3 digits after the point"

static const struct {
	const char *text, *error;
} refused[] = {
	{ "", "x.cost:0: expected profile NAME before the end of the text" },
	{ "hmmsim 1\n\n", "x.cost:2: expected profile NAME before the end of the text" },
	{ "profile mine base=light\n", "x.cost:1: profile: expected a first line hmmsim 1" },
	{ "# cost\ncost hit 1\n", "x.cost:2: cost: expected a first line hmmsim 1" },
	{ "hmmsim 1\ncost hit 1\n", "x.cost:2: cost: expected profile NAME first" },
	{ MINE "profile b\n", "x.cost:3: profile: expected once in a text, found again" },
	{ "hmmsim 1\nprofile\n", "x.cost:2: profile: expected NAME, found 0 words" },
	{ "hmmsim 1\nprofile a b\n", "x.cost:2: profile: expected NAME, found 2 words" },
	{ "hmmsim 1\nprofile 12345678901234567890123456789012\n",
	  "x.cost:2: profile: expected NAME of at most 31 bytes, found "
	  "\"12345678901234567890123456789012\"" },
	{ "hmmsim 1\nprofile mine base=dark\n",
	  "x.cost:2: profile: expected base=light or base=distro, found \"dark\"" },
	{ "hmmsim 1\nprofile mine base=\n",
	  "x.cost:2: profile: expected base=light or base=distro, found \"\"" },
	{ "hmmsim 1\nprofile mine bsae=light\n",
	  "x.cost:2: profile: expected base=, found \"bsae=light\"" },
	{ MINE "cost hit\n", "x.cost:3: cost: expected CLASS NS [estimated], found 1 word" },
	{ MINE "cost hti 1\n", "x.cost:3: cost: expected " CLASSES ", found \"hti\"" },
	{ MINE "cost hit 1\ncost hit 1\n",
	  "x.cost:4: cost: expected each class once, found \"hit\"" },
	{ MINE "cost hit 1 guessed\n",
	  "x.cost:3: cost: expected estimated, or no third word, found \"guessed\"" },
	{ MINE "cost hit 0x10\n", "x.cost:3: cost: expected " NS ", found \"0x10\"" },
	{ MINE "cost hit -1\n", "x.cost:3: cost: expected " NS ", found \"-1\"" },
	{ MINE "cost hit 1e3\n", "x.cost:3: cost: expected " NS ", found \"1e3\"" },
	{ MINE "cost hit .5\n", "x.cost:3: cost: expected " NS ", found \".5\"" },
	{ MINE "cost hit 5.\n", "x.cost:3: cost: expected " NS ", found \"5.\"" },
	{ MINE "cost hit 1.2.3\n", "x.cost:3: cost: expected " NS ", found \"1.2.3\"" },
	{ MINE "cost hit 1.2345\n", "x.cost:3: cost: expected " NS ", found \"1.2345\"" },
	{ MINE "cost hit 1,5\n", "x.cost:3: cost: expected " NS ", found \"1,5\"" },
	{ MINE "cost hit nan\n", "x.cost:3: cost: expected " NS ", found \"nan\"" },
	{ MINE "cost hit 1000000000000\n",
	  "x.cost:3: cost: expected " NS ", found \"1000000000000\"" },
	{ MINE "scenario a\n", "x.cost:3: scenario: expected profile and cost lines only" },
	{ "hmmsim 1\nprofile mine\ncost page 1\ncost hole 1\n",
	  "x.cost:4: expected cost leaf-page before the end of the text, or a profile with "
	  "base=light or base=distro" },
};

static void bad_profiles_are_refused_in_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		struct hs_cost_profile p = { .name = "untouched" };
		char error[1024];

		if (parse(refused[i].text, &p, error) != -EINVAL)
			fail_msg("not refused: %s", refused[i].text);
		assert_string_equal(error, refused[i].error);
		assert_string_equal(p.name, "untouched");
	}
}

static void assert_profiles_equal(const struct hs_cost_profile *a, const struct hs_cost_profile *b)
{
	assert_string_equal(a->name, b->name);
	assert_int_equal(a->base, b->base);
	for (unsigned int i = 0; i < HS_COST_CLASS_COUNT; i++) {
		if (a->ns[i] != b->ns[i] || a->estimated[i] != b->estimated[i])
			fail_msg("%s: %s differs", a->name, hs_cost_class_names[i]);
	}
}

static void a_profile_has_its_lines_and_the_rest_of_its_base(void **state)
{
	struct hs_cost_profile expected = *hs_cost_builtin(HS_COST_DISTRO), p;
	char error[1024];

	(void)state;
	strcpy(expected.name, "mine");
	expected.ns[HS_COST_HIT] = 0.001;
	expected.estimated[HS_COST_HIT] = true;
	expected.ns[HS_COST_PAGE] = 7;
	expected.estimated[HS_COST_PAGE] = false;
	expected.ns[HS_COST_GRACE] = 999999999999.25;
	expected.ns[HS_COST_PUT] = 0;
	expected.estimated[HS_COST_GRACE] = false;
	assert_int_equal(parse("# mine\nhmmsim 1\n\nprofile mine base=distro\r\n"
			       "cost hit 0.001 estimated\ncost\tpage 007\ncost put 0.0\n"
			       "cost grace-period 999999999999.25",
			       &p, error),
			 0);
	assert_string_equal(error, "");
	assert_profiles_equal(&p, &expected);
}

static void round_trip(const struct hs_cost_profile *p)
{
	struct hs_hostmem mem = { .attempts = 0 };
	struct hs_out first = { .mem = &mem }, second = { .mem = &mem };
	struct hs_cost_profile again;
	char error[1024];

	hs_cost_print(p, &first);
	hs_cost_error_table(p, &first);
	hs_out_char(&first, '\0');
	if (parse(first.bytes, &again, error))
		fail_msg("%s", error);
	assert_profiles_equal(p, &again);
	hs_cost_print(&again, &second);
	hs_cost_error_table(&again, &second);
	hs_out_char(&second, '\0');
	assert_string_equal(first.bytes, second.bytes);
	hs_out_free(&first);
	hs_out_free(&second);
	assert_int_equal(mem.live, 0);
}

static void profiles_survive_a_round_trip(void **state)
{
	struct hs_cost_profile own = { .name = "own", .base = HS_COST_BUILD_COUNT };

	(void)state;
	for (int b = 0; b < HS_COST_BUILD_COUNT; b++)
		round_trip(hs_cost_builtin((enum hs_cost_build)b));
	for (unsigned int i = 0; i < HS_COST_CLASS_COUNT; i++) {
		own.ns[i] = (double)(i * i * 1000 + i) / 1000.0;
		own.estimated[i] = i % 3 == 1;
	}
	round_trip(&own);
	own.base = HS_COST_LIGHT;
	round_trip(&own);
}

static void the_error_table_has_a_line_a_row(void **state)
{
	struct hs_cost_profile p = *hs_cost_builtin(HS_COST_DISTRO);
	struct hs_hostmem mem = { .attempts = 0 };
	struct hs_out out = { .mem = &mem };
	unsigned int count, lines = 0;

	(void)state;
	hs_cost_rows(HS_COST_DISTRO, &count);
	hs_cost_error_table(&p, &out);
	for (size_t i = 0; i < out.used; i++)
		lines += out.bytes[i] == '\n';
	assert_int_equal(lines, count + 1);
	hs_out_char(&out, '\0');
	assert_non_null(strstr(out.bytes, "# devmap PTEs, none                 ns/page         9.83"
					  "       9.83    +0.0  used\n"));
	assert_non_null(strstr(out.bytes, "# devmap 2M leaves, per-range       times none     14-17"
					  "      14.95    -3.6\n"));
	hs_out_reset(&out);
	p.base = HS_COST_BUILD_COUNT; /* a profile without a base has no rows */
	hs_cost_error_table(&p, &out);
	assert_int_equal(out.used, 0);
	hs_out_free(&out);
}

/* A row is without a prediction if its divisor is 0 or its sum is too large. */
static void a_row_without_a_prediction_has_none(void **state)
{
	struct hs_cost_profile p = *hs_cost_builtin(HS_COST_LIGHT);
	struct hs_hostmem mem = { .attempts = 0 };
	struct hs_out out = { .mem = &mem };

	(void)state;
	p.ns[HS_COST_CALL] = p.ns[HS_COST_DEVMAP_LEAF_PAGE] = 0;
	p.ns[HS_COST_PRIVATE_OWN] = 999999999999;
	hs_cost_error_table(&p, &out);
	hs_out_char(&out, '\0');
	assert_non_null(strstr(out.bytes, "# devmap 2M leaves, none            ns/page         0.38"
					  "       0.00  -100.0  used\n"));
	assert_non_null(strstr(out.bytes, "# devmap 2M leaves, per-page        times none        20"
					  "          -       -\n"));
	assert_non_null(strstr(out.bytes, "# device-private, own, 1 GiB        ns/page      3.8-4.6"
					  "          -       -\n"));
	assert_null(strstr(out.bytes, "inf"));
	assert_null(strstr(out.bytes, "nan"));
	hs_out_free(&out);
}

static void printing_fails_cleanly_without_memory(void **state)
{
	uint64_t index = 0;
	bool done = false;

	(void)state;
	while (!done) {
		struct hs_hostmem mem = { .fail_at = ++index };
		struct hs_out out = { .mem = &mem };

		for (int b = 0; b < HS_COST_BUILD_COUNT; b++) {
			hs_cost_print(hs_cost_builtin((enum hs_cost_build)b), &out);
			hs_cost_error_table(hs_cost_builtin((enum hs_cost_build)b), &out);
		}
		done = !out.failed;
		hs_out_free(&out);
		assert_int_equal(mem.live, 0);
	}
	assert_int_equal(index, 3); /* the text grows once */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_profiles_are_refused_in_words),
		cmocka_unit_test(a_profile_has_its_lines_and_the_rest_of_its_base),
		cmocka_unit_test(profiles_survive_a_round_trip),
		cmocka_unit_test(the_error_table_has_a_line_a_row),
		cmocka_unit_test(a_row_without_a_prediction_has_none),
		cmocka_unit_test(printing_fails_cleanly_without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
