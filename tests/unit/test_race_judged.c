/* SPDX-License-Identifier: MIT */
/*
 * The setting only of races: each property is found violated by a search of its own, past
 * violations of the others, also where these come first in every execution.
 */
#include <string.h>

#include "support/race_play.h"
#include "support/test.h"

static const char *const properties[] = { "S1", "S2", "S3", "S4", "live", "answer" };

static struct hs_scenario_text *load_judged(const char *text, const char *judged)
{
	const struct hs_scenario_setting setting = { "only", judged };
	struct hs_scenario_text *out = NULL;
	char error[512] = "";

	if (hs_scenario_load("r.txt", text, strlen(text), NULL, &setting, judged ? 1 : 0, NULL, 0,
			     &out, error, sizeof(error)))
		fail_msg("%s", error);
	return out;
}

static void explore_judged(const struct hs_scenario_text *loaded, enum hs_search search,
			   const char *token, struct hs_explore_result *r)
{
	struct hs_explore_options o;

	hs_explore_options_init(&o);
	hs_scenario_options(loaded, &o);
	o.search = search;
	o.shrink = 100;
	o.token = token;
	assert_int_equal(hs_explore(hs_scenario_of(loaded), hs_scenario_param(loaded), &o, r), 0);
}

/* ---- one race that violates all ----------------------------------------------------------- */

/*
 * W programs without a check. R removes the memory: S1 if W is late, S2 if W uses the page then.
 * G comes too late after the kill, and X waits for it for ever. What G pins it never puts. The
 * check wants the entry of W.
 */
static const char all_of_them[] =
	"hmmsim 1\nrace all\npgmap A 8 10\nfile F A 8 2\nmm M\nmmap M 0x0 0x1000 rws of=F\n"
	"driver D M 0x0 0x1000\nflag f\nsetup\naccess M 0x0 w\n"
	"task W\nbegin D\nwalk D 0x0 0x1000\nlock D\nprogram D 0x0\nunlock D\n"
	"dma D 0x0 optional=yes\n"
	"task R\ndisable F\nunmap F 0 1\nremove-memory A\n"
	"task G\npin 9\nset f\n"
	"task X\nawait f\n"
	"must S1 S2 S3 live\ncheck\nassert-entry D 0x0 yes\n";

struct found {
	const char *judged;
	enum hs_verdict verdict;
	const char *message;
	uint64_t execution;
};

static const struct found found_in_all[] = {
	{ NULL, HS_VERDICT_DEADLOCK, "X in spin at r.txt:26", 1 },
	{ "S1", HS_VERDICT_ASSERT, "S1: D maps page 0x8", 115 },
	{ "S2", HS_VERDICT_FREED, "(task W)", 118 },
	{ "S3", HS_VERDICT_LEAK, "removed device memory (pfn 0x9) left at the end", 21 },
	{ "live", HS_VERDICT_DEADLOCK, "X in spin at r.txt:26", 1 },
	{ "answer", HS_VERDICT_ASSERT, "D has no entry for 0x0, expected one", 21 },
};

static void each_property_is_found_with_a_token_that_replays(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(found_in_all); i++) {
		const struct found *f = &found_in_all[i];
		struct hs_scenario_text *loaded = load_judged(all_of_them, f->judged);
		struct hs_explore_result r, again;

		explore_judged(loaded, HS_SEARCH_DPOR, NULL, &r);
		if (r.verdict != f->verdict || !strstr(r.message, f->message) ||
		    r.first_violation != f->execution)
			fail_msg("%s: %s in %llu: %s", f->judged ? f->judged : "all",
				 hs_verdict_name(r.verdict), (unsigned long long)r.first_violation,
				 r.message);
		assert_int_equal(r.violations, 1);
		if (f->judged)
			assert_non_null(strstr(hs_scenario_of(loaded)->name, f->judged));
		explore_judged(loaded, HS_SEARCH_REPLAY, r.token, &again);
		assert_int_equal(again.verdict, f->verdict);
		assert_string_equal(again.message, r.message);
		assert_string_equal(again.token, r.token);
		hs_explore_result_free(&again);
		hs_explore_result_free(&r);
		hs_scenario_free(loaded);
	}
}

static void a_token_does_not_lead_there_where_another_property_is_judged(void **state)
{
	struct hs_scenario_text *s2 = load_judged(all_of_them, "S2");
	struct hs_scenario_text *s1 = load_judged(all_of_them, "S1");
	struct hs_explore_result r, again;

	(void)state;
	explore_judged(s2, HS_SEARCH_DPOR, NULL, &r);
	explore_judged(s1, HS_SEARCH_REPLAY, r.token, &again);
	assert_int_equal(again.verdict, HS_VERDICT_DIVERGED);
	hs_explore_result_free(&again);
	hs_explore_result_free(&r);
	hs_scenario_free(s1);
	hs_scenario_free(s2);
}

/* ---- races that violate one thing --------------------------------------------------------- */

/* A driver whose entry was written by hand, of a page that R takes away. */
#define STALE(steps, rest)                                                                           \
	"hmmsim 1\nrace r\npgmap A 8 10\nmm M\nmmap M 0x0 0x1000 rw\ndriver D M 0x0 0x1000\nsetup\n" \
	"entry M 0x0 devrw 8\nbegin D\nwalk D 0x0 0x1000 -\nprogram D 0x0\ntask R\n" steps           \
	"\n" rest

#define REMOVES "remove-memory A"

/* The same of another page, beside memory on both sides that stays. */
#define STALE_OF(pfn)                                                                              \
	"hmmsim 1\nrace r\npgmap A 8 10\npgmap B 6 8\npgmap C 10 12\nmm M\nmmap M 0x0 0x1000 rw\n" \
	"driver D M 0x0 0x1000\nsetup\nentry M 0x0 devrw " pfn "\nbegin D\nwalk D 0x0 0x1000 -\n"  \
	"program D 0x0\ntask R\nremove-memory A\nmust S1 S2 S3 live\n"

/* amdgpu of 2019 maps private pages of any owner. */
#define FOREIGN(memory, device, range)                                                        \
	"hmmsim 1\nrace r\npgmap P 8 10 type=private" memory "\nmm M\nmmap M 0x0 0x2000 rw\n" \
	"device X amdgpu-2019 M 0x0 0x2000" device "\nsetup\nstore M 0x0 7\n"                 \
	"store M 0x1000 8\nmigrate-to P M 0x0 0x2000\ntask T\npopulate X " range              \
	"\nmust S3 S4 live\n"

static const struct {
	const char *text;
	uint32_t violated; /* a bit for each of properties */
} single[] = {
	/* S1 */
	{ STALE(REMOVES, "must S1 S2 S3 live\n"), 1 },
	{ STALE_OF("8"), 1 },
	{ STALE_OF("9"), 1 },
	{ STALE_OF("7"), 0 },
	{ STALE_OF("0xa"), 0 },
	/* S4; a device without an owner has no page of its own */
	{ FOREIGN(" owner=1", " owner=2", "0x0 0x1000"), 8 },
	{ FOREIGN(" owner=1", " owner=2", "0x1000 0x2000"), 8 },
	{ FOREIGN(" owner=1", " owner=1", "0x0 0x2000"), 0 },
	{ FOREIGN(" owner=1", "", "0x0 0x1000"), 8 },
	/* S2, which comes after S1 in every execution */
	{ STALE(REMOVES "\ndma D 0x0", "must S1 S2 S3 live\n"), 3 },
	{ STALE(REMOVES "\ndma D 0x0", "must S2\n"), 2 },
	/* S2 by the step of a page, and by a dmirror, whose assertion is the model's */
	{ "hmmsim 1\nrace r\npgmap A 8 10\ntask R\nremove-memory A\npage-touch 8\n", 2 },
	{ "hmmsim 1\nrace r\npgmap A 8 10\ntask R\nremove-memory A\npin 8 optional=yes\n", 0 },
	{ "hmmsim 1\nrace r\npgmap A 8 10\nmm M\nmmap M 0x0 0x1000 rw\n"
	  "dmirror X M 0x0 0x1000 touch=yes protocol=touch-outside\nflag f\nsetup\n"
	  "entry M 0x0 devrw 8\ntask W\npopulate X 0x0 0x1000\ntask R\nremove-memory A\n"
	  "must S2 S3 live\n",
	  2 },
	{ "hmmsim 1\nrace r\npgmap A 8 10\nmm M\nmmap M 0x0 0x1000 rw\n"
	  "dmirror X M 0x0 0x1000 touch=yes protocol=touch-outside\nflag f\nsetup\n"
	  "entry M 0x0 devrw 8\ntask W\nawait f\npopulate X 0x0 0x1000\ntask R\n"
	  "remove-memory A\nset f\nmust S2 S3 live\n",
	  2 },
	/* the zero page is not gone, where memory of a device is */
	{ "hmmsim 1\nrace r\nmm M\nmmap M 0x0 0x1000 rw\ndriver D M 0x0 0x1000\nsetup\n"
	  "access M 0x0\ntask R\nbegin D\nwalk D 0x0 0x1000\nlock D\ncheck D\nprogram D 0x0\n"
	  "dma D 0x0\nunlock D\n",
	  0 },
	/* S3 */
	{ "hmmsim 1\nrace r\npgmap A 8 10\ntask T\nget 8\n", 4 },
	{ "hmmsim 1\nrace r\npgmap A 8 10\ntask T\npin 8\ncheck\nassert-turns T 0\n", 4 },
	/* S3 behind a check that fails in every execution */
	{ "hmmsim 1\nrace r\npgmap A 8 10\ntask T\nget 8\ncheck\nassert-pages A 1\n", 4 | 32 },
	/* live: a task waits for ever, one tries again for ever, a removal is not gone on with */
	{ "hmmsim 1\nrace r\nflag f\ntask T\nawait f\n", 16 },
	{ "hmmsim 1\nrace r\npgmap A 8 10\nsetup\nkill A\ntask T\nretry\nget 8\nuntil\nmust -\n",
	  16 },
	{ "hmmsim 1\nrace r\npgmap A 8 10\ntask T\nkill A\n", 16 },
	{ "hmmsim 1\nrace r\npgmap A 8 10 refs=5.3\ntask T\npin 8\nremove-memory A\n", 16 },
	/* answer */
	{ "hmmsim 1\nrace r\npgmap A 8 10\ntask T\nrcu-sync\ncheck\nassert-pages A 1\n", 32 },
	{ "hmmsim 1\nrace r\nmm M\nmmap M 0x0 0x1000 rw\ntask T\nstore M 0x0 1\n"
	  "assert-value M 0x0 2\n",
	  32 },
	{ "hmmsim 1\nrace r\nmm M\nmmap M 0x0 0x1000 rw\ntask T\nrcu-sync\ncheck\n"
	  "assert-value M 0x2000 2\n",
	  32 },
	/* none */
	{ "hmmsim 1\nrace r\nmm M\nmmap M 0x0 0x1000 rw\ntask T\nstore M 0x0 1\n"
	  "assert-value M 0x0 1\n",
	  0 },
};

static bool is_judged(const char *text, const char *property)
{
	const char *must = strstr(text, "\nmust ");

	return !must || strstr(must, property) || (property[0] != 'S' || property[1] % 3 != 1);
}

static void what_is_violated_is_told_apart(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(single); i++)
		for (size_t p = 0; p < COUNT(properties); p++) {
			struct hs_scenario_text *loaded;
			struct hs_explore_result r;
			bool violated = single[i].violated >> p & 1;

			if (!is_judged(single[i].text, properties[p]))
				continue; /* S1 and S4, where they need not hold */
			loaded = load_judged(single[i].text, properties[p]);
			explore_judged(loaded, HS_SEARCH_DPOR, NULL, &r);
			if ((r.verdict != HS_VERDICT_NONE) != violated ||
			    (!violated && !r.exhaustive))
				fail_msg("%s%s: %s: %s", single[i].text, properties[p],
					 hs_verdict_name(r.verdict), r.message);
			hs_explore_result_free(&r);
			hs_scenario_free(loaded);
		}
}

static void a_race_that_holds_holds_in_each_property(void **state)
{
	static const char text[] =
		"hmmsim 1\nrace r\npgmap A 8 10\nfile F A 8 2\nmm M\nmmap M 0x0 0x1000 rws of=F\n"
		"driver D M 0x0 0x1000\ntask W\nretry\nbegin D\nwalk D 0x0 0x1000 optional=yes\n"
		"lock D\ncheck D optional=yes\nprogram D 0x0\nunlock D\nuntil\ntask R\ndisable F\n"
		"unmap F 0 1\nremove-memory A\nmust S1 S2 S3 live\n";
	struct hs_explore_result whole, r;
	struct hs_scenario_text *loaded = load_judged(text, NULL);

	(void)state;
	explore_judged(loaded, HS_SEARCH_DPOR, NULL, &whole);
	assert_int_equal(whole.verdict, HS_VERDICT_NONE);
	hs_scenario_free(loaded);
	for (size_t p = 0; p < COUNT(properties); p++) {
		if (p == 3)
			continue;
		loaded = load_judged(text, properties[p]);
		explore_judged(loaded, HS_SEARCH_DPOR, NULL, &r);
		assert_int_equal(r.verdict, HS_VERDICT_NONE);
		assert_int_equal(r.uncounted, 0);
		assert_true(r.exhaustive);
		hs_explore_result_free(&r);
		hs_scenario_free(loaded);
	}
	hs_explore_result_free(&whole);
}

/* Of all_of_them sleep sets run each class of executions, DPOR fewer: both must find the same. */
static void sleep_sets_find_what_dpor_finds(void **state)
{
	(void)state;
	for (size_t i = 1; i < COUNT(found_in_all); i++) {
		struct hs_scenario_text *loaded = load_judged(all_of_them, found_in_all[i].judged);
		struct hs_explore_result r;

		explore_judged(loaded, HS_SEARCH_SLEEP, NULL, &r);
		assert_int_equal(r.verdict, found_in_all[i].verdict);
		hs_explore_result_free(&r);
		hs_scenario_free(loaded);
	}
}

/* ---- the setting -------------------------------------------------------------------------- */

static void refuses(const char *text, const char *judged, const char *expected)
{
	const struct hs_scenario_setting setting = { "only", judged };
	struct hs_scenario_text *out = NULL;
	char error[512] = "";

	assert_int_equal(hs_scenario_load("r.txt", text, strlen(text), NULL, &setting,
					  judged ? 1 : 0, NULL, 0, &out, error, sizeof(error)),
			 -EINVAL);
	assert_string_equal(error, expected);
}

static void only_what_must_hold_is_judged(void **state)
{
	static const char text[] = "hmmsim 1\n\nrace r\ntask T\nrcu-sync\nmust S2\n";

	(void)state;
	refuses(text, "S5",
		"r.txt:3: race: expected only=S1, S2, S3, S4, live or answer, found \"S5\"");
	refuses(text, "S1",
		"r.txt:3: race: expected only= of something that must hold, found "
		"\"S1\"");
	refuses(text, "S4",
		"r.txt:3: race: expected only= of something that must hold, found "
		"\"S4\"");
	refuses("hmmsim 1\nrace r\naxis only S1\ntask T\nrcu-sync\n", NULL,
		"r.txt:3: axis: expected NAME, another than only, found \"only\"");
	refuses("hmmsim 1\nrace r\ntask T\nrcu-sync\nexpect only=S2 only=S1 holds\n", NULL,
		"r.txt:5: expect: expected only= once, found \"only=S1\"");
	refuses("hmmsim 1\nrace r\ntask T\nrcu-sync\nexpect only=x holds\n", NULL,
		"r.txt:5: expect: expected only=S1, S2, S3, S4, live or answer, found \"x\"");
}

static int see_settings(void *ctx, const struct hs_scenario_race *race)
{
	const char **seen = ctx;

	assert_int_equal(race->expects, 2);
	assert_string_equal(race->expect[0].settings, "only=answer");
	assert_string_equal(race->expect[1].settings, "a=w,only=S2");
	*seen = race->name;
	return 0;
}

static void the_setting_comes_last_in_names_and_expectations(void **state)
{
	static const char plain[] = "hmmsim 1\nrace r\naxis a r w\nmm M\ntask T\naccess M 0x0 $a\n"
				    "expect only=answer holds\nexpect only=S2 a=w holds\n";
	const struct hs_scenario_setting settings[] = { { "only", "live" }, { "a", "w" } };
	struct hs_scenario_text *out;
	const char *seen = NULL;
	char error[512] = "";

	(void)state;
	assert_int_equal(hs_scenario_load("r.txt", plain, sizeof(plain) - 1, NULL, settings, 2,
					  NULL, 0, &out, error, sizeof(error)),
			 0);
	assert_string_equal(hs_scenario_of(out)->name, "r,a=w,only=live");
	hs_scenario_free(out);
	assert_int_equal(hs_scenario_races("r.txt", plain, sizeof(plain) - 1, see_settings, &seen,
					   error, sizeof(error)),
			 0);
	assert_non_null(seen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_property_is_found_with_a_token_that_replays),
		cmocka_unit_test(a_token_does_not_lead_there_where_another_property_is_judged),
		cmocka_unit_test(what_is_violated_is_told_apart),
		cmocka_unit_test(a_race_that_holds_holds_in_each_property),
		cmocka_unit_test(sleep_sets_find_what_dpor_finds),
		cmocka_unit_test(only_what_must_hold_is_judged),
		cmocka_unit_test(the_setting_comes_last_in_names_and_expectations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
