/* SPDX-License-Identifier: MIT */
#include "regress/regress.h"

#include "port/common/sanitize.h"

#define SETTINGS 8

/* Only the library with faults defines it. */
#pragma weak hs_break_set

static const char *const faults[HS_BREAK_COUNT] = {
#define HS_BREAK_DEF(name, file, what) [HS_BREAK_##name] = #name,
#include "port/common/breaks.def"
#undef HS_BREAK_DEF
};

static const struct regress *bug;

/* What a run explores. */
struct program {
	struct hs_scenario_text *text; /* NULL: a scenario in C */
	const struct hs_scenario *scenario;
	const void *param;
};

/* ---- a run ------------------------------------------------------------------------------- */

/* The words of the switch, as README.md has them; "": it is off. */
static void say_switch(const struct regress_run *run, char *words, size_t size)
{
	const char *const parts[] = { run->race, run->settings,
				      run->fault ? faults[run->fault] : NULL, run->words };
	size_t length = 0;

	*words = '\0';
	for (size_t i = 0; i < COUNT(parts); i++)
		if (parts[i])
			length += (size_t)snprintf(words + length, size - length, "%s%s",
						   length ? " " : "", parts[i]);
}

/* "refs=6.1,walker=5.3", which is cut into pieces. */
static size_t cut_settings(char *text, struct hs_scenario_setting settings[SETTINGS])
{
	size_t count = 0;

	for (char *word = strtok(text, ","); word; word = strtok(NULL, ",")) {
		char *value = strchr(word, '=');

		if (!value || count == SETTINGS)
			fail_msg("expected at most %d settings NAME=VALUE, found %s", SETTINGS,
				 word);
		*value = '\0';
		settings[count++] = (struct hs_scenario_setting){ word, value + 1 };
	}
	return count;
}

static void load(const struct regress_run *run, struct program *p)
{
	struct hs_scenario_setting settings[SETTINGS];
	char words[256], file[32], error[512] = "";

	*p = (struct program){ .scenario = bug->scenario, .param = run->param };
	if (!bug->text || (bug->scenario && !run->race))
		return;
	snprintf(words, sizeof(words), "%s", run->settings ? run->settings : "");
	snprintf(file, sizeof(file), "bug-%02u", bug->number);
	if (hs_scenario_load(file, bug->text, strlen(bug->text), run->race, settings,
			     cut_settings(words, settings), NULL, 0, &p->text, error,
			     sizeof(error)))
		fail_msg("%s", error);
	p->scenario = hs_scenario_of(p->text);
	p->param = hs_scenario_param(p->text);
}

static void explore(const struct program *p, const char *token, struct hs_explore_result *r)
{
	struct hs_explore_options options;

	hs_explore_options_init(&options);
	if (p->text)
		hs_scenario_options(p->text, &options);
	if (token)
		options.search = HS_SEARCH_REPLAY;
	options.token = token;
	/* A sanitizer ends the process where an execution crashes that the search does not need. */
	if (HS_ASAN || HS_TSAN)
		options.shrink = 0;
	assert_int_equal(hs_explore(p->scenario, p->param, &options, r), 0);
	if (p->text && *hs_scenario_error(p->text))
		fail_msg("%s", hs_scenario_error(p->text));
}

static void set_fault(enum hs_break fault)
{
	if (hs_break_set)
		hs_break_set(fault);
	else if (fault)
		fail_msg("%s needs the word BROKEN in CMakeLists.txt", faults[fault]);
}

/* ---- what it must come to ---------------------------------------------------------------- */

/* All of it at once, because who adds a run learns from it what to write there. */
static void expect_outcome(const struct regress_run *run, const struct hs_explore_result *r)
{
	const char *message = run->message ? run->message : "";
	uint64_t executions = r->violations ? r->first_violation : r->complete;
	char words[256];

	if (r->verdict == run->verdict && strstr(r->message, message) &&
	    executions == run->executions && (r->violations || r->exhaustive))
		return;
	say_switch(run, words, sizeof(words));
	print_error("%s", r->report ? r->report : "");
	fail_msg("%s: found %s%s, executions %llu: %s\n  expected %s, executions %llu: %s",
		 *words ? words : "as it stands", hs_verdict_name(r->verdict),
		 r->exhaustive || r->violations ? "" : ", not exhaustive",
		 (unsigned long long)executions, r->message, hs_verdict_name(run->verdict),
		 (unsigned long long)run->executions, message);
}

/* What no execution has done was not tried. */
static void expect_done(const struct program *p)
{
	const char *undone = p->text ? hs_scenario_undone(p->text, 0) : NULL;

	if (undone)
		fail_msg("never done: %s", undone);
}

/* The execution comes again, and only with the switch. */
static void expect_replay(const struct regress_run *run, const struct program *p,
			  const struct hs_explore_result *found)
{
	struct hs_explore_result again;

	explore(p, found->token, &again);
	assert_int_equal(again.verdict, found->verdict);
	assert_string_equal(again.message, found->message);
	assert_string_equal(again.token, found->token);
	assert_string_equal(again.report, found->report);
	hs_explore_result_free(&again);
	if (!run->fault)
		return;
	set_fault(HS_BREAK_NONE);
	explore(p, found->token, &again);
	assert_int_not_equal(again.verdict, found->verdict);
	hs_explore_result_free(&again);
}

static void run_ends_as_it_says(void **state)
{
	const struct regress_run *run = *state;
	struct hs_explore_result r;
	struct program p;

	load(run, &p);
	set_fault(run->fault);
	explore(&p, NULL, &r);
	if (getenv("HMMSIM_TEST_VERBOSE"))
		print_message("%llu complete of %llu executions\n%s\n",
			      (unsigned long long)r.complete, (unsigned long long)r.executions,
			      r.report ? r.report : "");
	expect_outcome(run, &r);
	if (r.violations)
		expect_replay(run, &p, &r);
	else
		expect_done(&p);
	hs_explore_result_free(&r);
	hs_scenario_free(p.text);
}

static int mend(void **state)
{
	(void)state;
	set_fault(HS_BREAK_NONE);
	return 0;
}

/* ---- the program ------------------------------------------------------------------------- */

static size_t runs_of(const struct regress *b)
{
	size_t runs = 0;

	while (runs < REGRESS_RUNS && b->run[runs].executions)
		runs++;
	return runs;
}

/* A bug that is not found, or is not repaired, shows nothing. */
static void both_are_shown(void **state)
{
	size_t clean = 0, runs = runs_of(bug);

	(void)state;
	for (size_t i = 0; i < runs; i++)
		clean += bug->run[i].verdict == HS_VERDICT_NONE;
	if (!clean || clean == runs)
		fail_msg("expected runs of both kinds, REGRESS_FOUND and REGRESS_CLEAN");
}

/* The rows of README.md: the first has the name of the file, which is that of the program. */
static void list(const char *program)
{
	const char *name = strrchr(program, '/') ? strrchr(program, '/') + 1 : program;

	for (size_t i = 0; i < runs_of(bug); i++) {
		const struct regress_run *run = &bug->run[i];
		bool found = run->verdict != HS_VERDICT_NONE;
		char words[256];

		say_switch(run, words, sizeof(words));
		if (i)
			printf("| | ");
		else
			printf("| [%u](%s.c) | %s ", bug->number, name, bug->title);
		printf("| %s%s%s | ", *words ? "`" : "-", words, *words ? "`" : "");
		if (found)
			printf("%s: %s", hs_verdict_name(run->verdict), run->message);
		else
			printf("clean");
		printf(" | %llu |\n", (unsigned long long)run->executions);
	}
}

static int run_all(void)
{
	struct CMUnitTest tests[REGRESS_RUNS + 1] = { { .name = "both are shown",
							.test_func = both_are_shown } };
	char words[REGRESS_RUNS][256];
	size_t runs = runs_of(bug);

	for (size_t i = 0; i < runs; i++) {
		const struct regress_run *run = &bug->run[i];

		say_switch(run, words[i], sizeof(words[i]));
		tests[i + 1].name = *words[i] ? words[i] : "as it stands";
		tests[i + 1].test_func = run_ends_as_it_says;
		tests[i + 1].teardown_func = mend;
		tests[i + 1].initial_state = (void *)(uintptr_t)run;
	}
	return _cmocka_run_group_tests(bug->title, tests, runs + 1, NULL, NULL);
}

int regress_main(int argc, char **argv, const struct regress *b)
{
	bug = b;
	if (argc == 2 && !strcmp(argv[1], "--list")) {
		list(argv[0]);
		return 0;
	}
	if (argc == 2 && !strcmp(argv[1], "--text") && b->text) {
		fputs(b->text, stdout);
		return 0;
	}
	if (argc > 1) {
		fprintf(stderr, "usage: %s [--list%s]\n", argv[0], b->text ? " | --text" : "");
		return 2;
	}
	return run_all();
}
