/* SPDX-License-Identifier: MIT */
/* Race scenarios as text: loading, errors, functions of the program, runs on either backend. */
#include <hmmsim/scenario.h>

#include "run/scenario.h"
#include "support/machine.h"

#define LINES(...) "hmmsim 1\n" __VA_ARGS__
#define SPACE            \
	"pgmap A 8 10\n" \
	"file F A 8 2\n" \
	"mm M\n"         \
	"mmap M 0x0 0x2000 rws of=F\n"

struct outcome {
	int ret;
	char sentence[512]; /* of a violation, a set-up, what is left */
};

static struct hs_scenario_text *load(const char *text, const char *race)
{
	struct hs_scenario_text *out = NULL;
	char error[512] = "";

	if (hs_scenario_load("a.txt", text, strlen(text), race, NULL, 0, NULL, 0, &out, error,
			     sizeof(error)))
		fail_msg("%s", error);
	return out;
}

static void expect_refused(int ret, const char *text, const char *race,
			   const struct hs_scenario_setting *settings, size_t count,
			   const char *sentence)
{
	struct hs_scenario_text *out = NULL;
	char error[512] = "";

	assert_int_equal(hs_scenario_load("a.txt", text, strlen(text), race, settings, count, NULL,
					  0, &out, error, sizeof(error)),
			 ret);
	assert_null(out);
	assert_string_equal(error, sentence);
}

#ifdef HS_BACKEND_EXPLORE
static void run(const struct hs_scenario_text *text, struct outcome *o)
{
	struct hs_explore_options options;
	struct hs_explore_result r;

	hs_explore_options_init(&options);
	hs_scenario_options(text, &options);
	o->ret = hs_explore(hs_scenario_of(text), hs_scenario_param(text), &options, &r);
	snprintf(o->sentence, sizeof(o->sentence), "%s%s", r.message, hs_scenario_error(text));
	hs_explore_result_free(&r);
}
#else
static void run(const struct hs_scenario_text *text, struct outcome *o)
{
	struct hs_machine_config config;
	struct hs_leaks left;

	hs_machine_config_init(&config);
	hs_scenario_config(text, &config);
	o->ret = hs_scenario_run(hs_scenario_of(text), hs_scenario_param(text), &config, &left);
	snprintf(o->sentence, sizeof(o->sentence), "%s%s", o->ret == -ENOTEMPTY ? left.text : "",
		 hs_scenario_error(text));
}
#endif

static void run_text(const char *text, struct outcome *o)
{
	struct hs_scenario_text *loaded = load(text, NULL);

	run(loaded, o);
	hs_scenario_free(loaded);
}

/* ---- loading ----------------------------------------------------------------------------- */

static const char two[] = LINES("race one\n"
				"axis refs 5.3 6.1\n"
				"pgmap A 8 10 refs=$refs\n"
				"task T\n"
				"  kill A\n"
				"must S1\n"
				"expect holds executions=2\n"
				"expect refs=6.1 deadlock\n"
				"race other\n"
				"about nothing\n"
				"machine cpus=3 section=4 memory=views retries=5\n"
				"pgmap B 8 10\n"
				"task T\n"
				"  put-pages B\n");

static void a_race_is_found_by_its_name(void **state)
{
	struct hs_scenario_text *first = load(two, NULL), *other = load(two, "other");

	(void)state;
	assert_string_equal(hs_scenario_of(first)->name, "one");
	assert_string_equal(hs_scenario_of(other)->name, "other");
	hs_scenario_free(first);
	hs_scenario_free(other);
	expect_refused(-ENOENT, two, "third", NULL, 0,
		       "a.txt:15: expected race third, and there is none");
}

static void a_setting_takes_another_value_of_an_axis(void **state)
{
	static const struct hs_scenario_setting newer = { "refs", "6.1" }, none = { "refs", "7" },
						strange = { "order", "6.0" };
	struct hs_scenario_text *out;

	(void)state;
	assert_int_equal(hs_scenario_load("a.txt", two, strlen(two), "one", &newer, 1, NULL, 0,
					  &out, NULL, 0),
			 0);
	assert_string_equal(hs_scenario_of(out)->name, "one,refs=6.1");
	hs_scenario_free(out);
	expect_refused(-EINVAL, two, "one", &none, 1,
		       "a.txt:3: axis: expected refs=5.3 or 6.1, found \"7\"");
	expect_refused(-EINVAL, two, "one", &strange, 1,
		       "a.txt:2: race: expected a setting of its axes (refs), found \"order\"");
}

static void options_are_what_the_machine_line_says(void **state)
{
	struct hs_scenario_text *other = load(two, "other");
	struct hs_explore_options options;
	struct hs_machine_config config;

	(void)state;
	hs_explore_options_init(&options);
	hs_scenario_options(other, &options);
	assert_int_equal(options.cpus, 3);
	assert_int_equal(options.memory, HS_MEMORY_VIEWS);
	assert_int_equal(options.retry_bound, 5);
	assert_int_equal(options.section_order, 4);
	assert_int_equal(options.subsection_order, 1);
	hs_machine_config_init(&config);
	hs_scenario_config(other, &config);
	assert_int_equal(config.section_order, 4);
	assert_int_equal(config.subsection_order, 1);
	hs_scenario_free(other);
}

static int show(void *ctx, const struct hs_scenario_race *race)
{
	char *text = ctx;

	sprintf(text + strlen(text), "%lu %s %s", race->line, race->name,
		race->about ? race->about : "-");
	for (size_t i = 0; i < race->expects; i++)
		sprintf(text + strlen(text), " [%lu %s %d %d]", race->expect[i].line,
			race->expect[i].settings, race->expect[i].verdict,
			(int)race->expect[i].executions);
	strcat(text, "\n");
	return race->line == 10 ? 7 : 0;
}

static void races_are_told_with_what_they_expect(void **state)
{
	char text[512] = "", error[512] = "";

	(void)state;
	assert_int_equal(
		hs_scenario_races("a.txt", two, strlen(two), show, text, error, sizeof(error)), 7);
	assert_string_equal(text, "2 one - [8  0 2] [9 refs=6.1 3 0]\n10 other nothing\n");
	assert_int_equal(hs_scenario_races("a.txt", LINES("race\n"), 14, show, text, error,
					   sizeof(error)),
			 -EINVAL);
	assert_string_equal(error, "a.txt:2: race: expected NAME, found 0 words");
}

static int refuse(void *ctx, const struct hs_scenario_race *race)
{
	(void)race;
	return *(int *)ctx;
}

/* It knows why, and the text is in order. */
static void what_the_caller_refuses_is_no_error_of_the_text(void **state)
{
	char error[128] = "untouched";
	int ret = -EINVAL;

	(void)state;
	assert_int_equal(hs_scenario_races("a.txt", two, strlen(two), refuse, &ret, error,
					   sizeof(error)),
			 -EINVAL);
	assert_string_equal(error, "untouched");
	ret = -ENOMEM;
	assert_int_equal(hs_scenario_races("a.txt", two, strlen(two), refuse, &ret, error,
					   sizeof(error)),
			 -ENOMEM);
	assert_string_equal(error, "no memory");
}

static const char calls[] = LINES("race called\n"
				  "flag done\n"
				  "task one\n"
				  "  call bump\n"
				  "  set done\n"
				  "task two\n"
				  "  await done\n"
				  "  call bump\n"
				  "  call stop\n");

static void bump(struct hs_task *self, void *arg)
{
	hs_u32_add(self, arg, 1, HS_RELAXED);
}

static void stop(struct hs_task *self, void *arg)
{
	assert_int_equal(hs_u32_load(self, arg, HS_RELAXED), 2);
	hs_u32_store(self, arg, 0, HS_RELAXED);
}

static void a_text_calls_functions_of_the_program(void **state)
{
	static hs_u32 count;
	const struct hs_scenario_function functions[] = { { "bump", bump, &count },
							  { "stop", stop, &count } };
	struct hs_scenario_text *text;
	struct outcome o;

	(void)state;
	assert_int_equal(hs_scenario_load("a.txt", calls, strlen(calls), NULL, NULL, 0, functions,
					  COUNT(functions), &text, NULL, 0),
			 0);
	run(text, &o);
	assert_string_equal(o.sentence, "");
	assert_int_equal(o.ret, 0);
	hs_scenario_free(text);
	expect_refused(-EINVAL, calls, NULL, NULL, 0,
		       "a.txt:5: call: expected a function of the program, found \"bump\"");
}

static void memory_may_fail_at_each_allocation(void **state)
{
	static const struct hs_scenario_function functions[] = { { "bump", bump, NULL },
								 { "stop", stop, NULL } };
	static const struct hs_scenario_setting setting = { "way", "flag" };
	static const char text[] = LINES("race all\n"
					 "about every list\n"
					 "axis way seq flag\n" SPACE
					 "driver D M 0x0 0x1000 validity=$way\n"
					 "task T\n"
					 "  pin 8 as=a\n"
					 "  page-put 8 as=b\n"
					 "  page-touch 8\n"
					 "  call bump\n"
					 "task U\n"
					 "  access M 0x0 as=c\n"
					 "  call stop\n"
					 "order a | c~ | b\n"
					 "check\n"
					 "  assert-idle M\n");
	uint64_t fail = 0;
	int ret;

	(void)state;
	do {
		struct hs_hostmem mem = { .fail_at = ++fail };
		struct hs_scenario_text *out = NULL;
		char error[512] = "";

		ret = hs_scenario_load_from(&mem, "a.txt", text, strlen(text), "all", &setting, 1,
					    functions, COUNT(functions), &out, error,
					    sizeof(error));
		if (ret && ret != -ENOMEM)
			fail_msg("%s", error);
		assert_int_equal(!ret, out != NULL);
		assert_true(!ret || strstr(error, "memory"));
		hs_scenario_free(out);
		assert_int_equal(mem.live, 0);
	} while (ret);
	assert_true(fail > 20);
}

static int count(void *ctx, const struct hs_scenario_race *race)
{
	++*(int *)ctx;
	return race->name[0] ? 0 : 1;
}

static void memory_may_fail_where_races_are_told(void **state)
{
	uint64_t fail = 0;
	int ret, races;

	(void)state;
	do {
		struct hs_hostmem mem = { .fail_at = ++fail };
		char error[512] = "";

		races = 0;
		ret = hs_scenario_races_from(&mem, "a.txt", two, strlen(two), count, &races, error,
					     sizeof(error));
		assert_true(!ret || ret == -ENOMEM);
		assert_true(!ret || strstr(error, "memory"));
		assert_int_equal(mem.live, 0);
	} while (ret);
	assert_int_equal(races, 2);
	assert_true(fail > 10);
}

/* ---- runs -------------------------------------------------------------------------------- */

static void a_race_that_holds_leaves_nothing(void **state)
{
	struct outcome o;

	(void)state;
	run_text(LINES("race all\n" SPACE "driver D M 0x0 0x1000\n"
		       "task W\n"
		       "  retry\n"
		       "    begin D\n"
		       "    walk D 0x0 0x1000 rw\n"
		       "    lock D\n"
		       "    check D\n"
		       "    touch D 0x0\n"
		       "    program D 0x0\n"
		       "    unlock D\n"
		       "  until\n"
		       "task R\n"
		       "  dontneed M 0x0 0x1000\n"),
		 &o);
	assert_string_equal(o.sentence, "");
	assert_int_equal(o.ret, 0);
}

static void a_step_of_the_set_up_that_fails_is_named(void **state)
{
	struct outcome o;

	(void)state;
	run_text(LINES("race all\n" SPACE "setup\n"
		       "  access M 0x2000 w\n"
		       "  access M 0x0 w\n"
		       "task T\n"
		       "  access M 0x0\n"),
		 &o);
	assert_string_equal(o.sentence, "a.txt:8: access M 0x2000 w: the set-up failed: -EFAULT");
	assert_int_equal(o.ret, -EFAULT);
}

/* No task could release it. */
static void a_set_up_that_ends_with_a_lock_is_named(void **state)
{
	static const char space[] = "race all\nmm M\ndriver D M 0x0 0x1000\nsetup\n";
	struct outcome o;
	char text[256];

	(void)state;
	snprintf(text, sizeof(text), LINES("%s  lock D\ntask T\n  rcu-sync\n"), space);
	run_text(text, &o);
	assert_string_equal(o.sentence,
			    "a.txt:6: lock D: the set-up failed: it ends with the driver lock");
	assert_int_equal(o.ret, -EINVAL);
	snprintf(text, sizeof(text), LINES("%s  rcu-read\ntask T\n  lock D\n  unlock D\n"), space);
	run_text(text, &o);
	assert_string_equal(o.sentence,
			    "a.txt:6: rcu-read: the set-up failed: it ends in an RCU read section");
	assert_int_equal(o.ret, -EINVAL);
}

static void a_loop_ends_after_its_turns(void **state)
{
	struct outcome o;

	(void)state;
	run_text(LINES("race all\n"
		       "pgmap A 8 10\n"
		       "setup\n"
		       "  kill A\n"
		       "task T\n"
		       "  retry 3\n"
		       "    get 8\n"
		       "    put-pages A\n" /* skipped */
		       "    put\n"
		       "  until\n"
		       "  put-pages A\n"
		       "must S1 S2 S3 S4\n"
		       "check\n"
		       "  assert-result T -EBUSY\n"
		       "  assert-turns T 2\n"),
		 &o);
	assert_string_equal(o.sentence, "");
	assert_int_equal(o.ret, 0);
}

#ifdef HS_BACKEND_EXPLORE
/* The report of the violation that the race ends in; the caller frees @r. */
static void report_of(const char *source, struct hs_explore_result *r)
{
	struct hs_scenario_text *text = load(source, NULL);
	struct hs_explore_options options;

	hs_explore_options_init(&options);
	hs_scenario_options(text, &options);
	assert_int_equal(hs_explore(hs_scenario_of(text), hs_scenario_param(text), &options, r), 0);
	assert_non_null(r->report);
	hs_scenario_free(text);
}

static void a_report_shows_the_line_that_fails_before_its_first_step(void **state)
{
	struct hs_explore_result r;

	(void)state;
	report_of(LINES("race all\n" SPACE "driver D M 0x0 0x1000\n"
			"setup\n"
			"task T\n"
			"  lock D\n"
			"  lock D\n"
			"  unlock D\n"),
		  &r);
	if (!strstr(r.report, "\n> lock D  a.txt:11\n<-- assertion\n"))
		fail_msg("%s", r.report);
	hs_explore_result_free(&r);
}

static void a_report_shows_the_lines_in_which_tasks_wait_for_ever(void **state)
{
	struct hs_explore_result r;

	(void)state;
	report_of(LINES("race all\n"
			"flag one\n"
			"flag two\n"
			"setup\n"
			"task A\n"
			"  await two\n"
			"  set one\n"
			"task B\n"
			"  await one\n"
			"  set two\n"),
		  &r);
	if (!strstr(r.report, "\n> await two  a.txt:7\n"
			      "                        > await one  a.txt:10\n"))
		fail_msg("%s", r.report);
	hs_explore_result_free(&r);
}

static void a_report_names_the_subscriptions_of_a_driver(void **state)
{
	static const char *const shown[] = {
		"\nsubscription 1 (",
		"\ndereference D.subscription  src/notifier/",
		"\ndereference subscription 1",
		"\nfree subscription 1  a.txt:12\n",
	};
	struct hs_explore_result r;

	(void)state;
	report_of(LINES("race all\n" SPACE "driver D M 0x0 0x1000\n"
			"setup\n"
			"task T\n"
			"  plain-insert D\n"
			"  dontneed M 0x0 0x1000\n"
			"  plain-remove D\n"
			"check\n"
			"  assert-entry D 0x0 yes\n"),
		  &r);
	for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++)
		if (!strstr(r.report, shown[i]))
			fail_msg("no %s in %s", shown[i], r.report);
	hs_explore_result_free(&r);
}

static const char flag[] = LINES("race all\n" SPACE "driver D M 0x0 0x1000\n"
				 "setup\n"
				 "  access M 0x0 w\n"
				 "task W\n"
				 "  begin D\n"
				 "  walk D 0x0 0x1000 rw\n"
				 "  lock D\n"
				 "  program D 0x0\n"
				 "  unlock D\n"
				 "task R\n"
				 "  disable F\n"
				 "  unmap F 0 2\n"
				 "  remove-memory A\n");

static void a_report_shows_the_lines_of_the_text(void **state)
{
	static const char *const shown[] = {
		"\n> begin D  a.txt:11\n",
		"\n> walk D 0x0 0x1000 rw  a.txt:12\n",
		"> disable F  a.txt:17\n",
		"\n> lock D  a.txt:13\nlock D.lock  a.txt:13\n",
		"\n> program D 0x0  a.txt:14\nstore D.entry[0x0]  0 -> pfn 0x8 valid write  ",
		"> remove-memory A  a.txt:19\n",
		"load D.entry[0x0]  pfn 0x8 valid write  a.txt:19\n",
	};
	struct hs_scenario_text *text = load(flag, NULL);
	struct hs_explore_options options;
	struct hs_explore_result r;

	(void)state;
	hs_explore_options_init(&options);
	assert_int_equal(hs_explore(hs_scenario_of(text), hs_scenario_param(text), &options, &r),
			 0);
	assert_string_equal(r.message, "a.txt:19: S1: D maps page 0x8, and its struct page is gone "
				       "(task R)");
	for (size_t i = 0; i < COUNT(shown); i++)
		if (!strstr(r.report, shown[i]))
			fail_msg("not shown: %s\n%s", shown[i], r.report);
	hs_explore_result_free(&r);
	hs_scenario_free(text);
}
#endif

#ifdef HS_BACKEND_NATIVE
/* The first allocations are those of the machine and of the state, which no line asks for. */
static void memory_that_fails_in_the_set_up_is_named_by_its_line(void **state)
{
	static const char text[] = LINES("race all\n" SPACE "gate G\n"
					 "driver D M 0x0 0x1000 validity=flag\n"
					 "dmirror X M 0x0 0x1000\n"
					 "setup\n"
					 "  access M 0x0 w\n"
					 "task T\n"
					 "  disable F\n");
	struct hs_scenario_text *loaded = load(text, NULL);
	bool seen[16] = { false };
	int ret;

	(void)state;
	for (uint64_t fail = 1;; fail++) {
		struct hs_machine_config config;
		unsigned int line = 0;

		hs_machine_config_init(&config);
		hs_scenario_config(loaded, &config);
		config.fail_at = fail;
		ret = hs_scenario_run(hs_scenario_of(loaded), hs_scenario_param(loaded), &config,
				      NULL);
		if (!ret)
			break;
		if (strstr(hs_scenario_error(loaded), "a.txt:"))
			line = (unsigned int)atoi(strstr(hs_scenario_error(loaded), "a.txt:") + 6);
		assert_true(line < COUNT(seen));
		seen[line] = true;
		assert_true(!line || ret == -ENOMEM || ret == -EFAULT);
	}
	for (unsigned int line = 3; line <= 9; line++)
		assert_true(seen[line]);
	assert_true(seen[11]);
	hs_scenario_free(loaded);
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_race_is_found_by_its_name),
		cmocka_unit_test(a_setting_takes_another_value_of_an_axis),
		cmocka_unit_test(options_are_what_the_machine_line_says),
		cmocka_unit_test(races_are_told_with_what_they_expect),
		cmocka_unit_test(what_the_caller_refuses_is_no_error_of_the_text),
		cmocka_unit_test(a_text_calls_functions_of_the_program),
		cmocka_unit_test(memory_may_fail_at_each_allocation),
		cmocka_unit_test(memory_may_fail_where_races_are_told),
		cmocka_unit_test(a_race_that_holds_leaves_nothing),
		cmocka_unit_test(a_step_of_the_set_up_that_fails_is_named),
		cmocka_unit_test(a_set_up_that_ends_with_a_lock_is_named),
		cmocka_unit_test(a_loop_ends_after_its_turns),
#ifdef HS_BACKEND_NATIVE
		cmocka_unit_test(memory_that_fails_in_the_set_up_is_named_by_its_line),
#else
		cmocka_unit_test(a_report_shows_the_lines_of_the_text),
		cmocka_unit_test(a_report_names_the_subscriptions_of_a_driver),
		cmocka_unit_test(a_report_shows_the_line_that_fails_before_its_first_step),
		cmocka_unit_test(a_report_shows_the_lines_in_which_tasks_wait_for_ever),
#endif
	};

	return cmocka_run_group_tests_name("scenario", tests, NULL, NULL);
}
