/* SPDX-License-Identifier: MIT */
/*
 * Code that takes no step is found: by the processor's time that it uses, or because it sleeps. No
 * assertion here depends on how fast the machine is, or on how busy.
 */
#include "support/play.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "port/explore/sched.h"
#include "support/death.h"

#define SANITIZED (HS_ASAN || HS_TSAN)
#define LIMIT 8 /* ms */

static struct timespec cpu_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return t;
}

static int64_t cpu_ms_since(const struct timespec *begin)
{
	struct timespec t = cpu_now();

	return (t.tv_sec - begin->tv_sec) * 1000 + (t.tv_nsec - begin->tv_nsec) / 1000000;
}

static void explore_watched(const struct play *play, uint32_t stall_ms, enum hs_search search,
			    const char *schedule, struct hs_explore_result *r)
{
	struct hs_explore_options options;

	hs_explore_options_init(&options);
	options.stall_ms = stall_ms;
	options.search = schedule ? HS_SEARCH_REPLAY : search;
	options.schedule = schedule;
	assert_int_equal(hs_explore(&play_scenario, play, &options, r), 0);
}

/* ---- no stall ---------------------------------------------------------------------------- */

static void touches_a_word(struct hs_task *self, void *state)
{
	hs_u64_add(self, &((struct play_state *)state)->word[3], 1, HS_RELAXED);
}

static void computes(int64_t ms)
{
	struct timespec begin = cpu_now();

	while (cpu_ms_since(&begin) < ms)
		;
}

static void computes_between_steps(struct hs_task *self, void *state)
{
	for (int i = 0; i < 12; i++) {
		touches_a_word(self, state);
		computes(LIMIT / 8);
	}
}

static void computes_for_a_while(struct hs_task *self, void *state)
{
	touches_a_word(self, state);
	computes(2 * LIMIT);
}

static void computes_between_operations(struct hs_task *self, struct play_state *st)
{
	computes_between_steps(self, st);
}

static void time_with_steps_in_it_is_no_stall(void **state)
{
	const struct play plays[] = {
		{ .task = { computes_between_steps } },
		{ .setup = computes_between_operations, .task = { touches_a_word } },
		{ .task = { touches_a_word }, .check = computes_between_operations },
	};

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct hs_explore_result r;

		explore_watched(&plays[i], LIMIT, HS_SEARCH_SLEEP, NULL, &r);
		assert_string_equal(r.message, "");
	}
}

static void touches_words(struct hs_task *self, void *state)
{
	for (int i = 0; i < 3; i++)
		touches_a_word(self, state);
}

/* Its executions are short and equal, and there are many of them within the limit. */
static void a_long_search_is_no_stall(void **state)
{
	const struct play play = { .task = { touches_words, touches_words, touches_words } };
	struct timespec begin = cpu_now();

	(void)state;
	do {
		struct hs_explore_result r;

		explore_watched(&play, 4, HS_SEARCH_DFS, NULL, &r);
		assert_string_equal(r.message, "");
	} while (cpu_ms_since(&begin) < 20);
}

static void computes_after_its_step(struct hs_task *self, void *state)
{
	touches_a_word(self, state);
	computes(1);
}

/* Each tick finds the task behind its only step, each time in another execution. */
static void equal_executions_are_no_stall(void **state)
{
	const struct play play = { .task = { computes_after_its_step } };
	struct hs_explore_options options;
	struct hs_explore_result r;

	(void)state;
	hs_explore_options_init(&options);
	options.stall_ms = LIMIT;
	options.search = HS_SEARCH_RANDOM;
	options.max_executions = 3 * LIMIT;
	assert_int_equal(hs_explore(&play_scenario, &play, &options, &r), 0);
	assert_string_equal(r.message, "");
}

#define HOGS 6

/* All on one processor, so that the caller waits for it most of the time. */
static void hogs_start(pid_t hogs[HOGS])
{
	for (int i = 0; i < HOGS; i++) {
		hogs[i] = fork();
		while (!hogs[i])
			cpu_now();
	}
}

static void hogs_end(const pid_t hogs[HOGS])
{
	for (int i = 0; i < HOGS; i++) {
		kill(hogs[i], SIGKILL);
		waitpid(hogs[i], NULL, 0);
	}
}

/* The task takes seven times as long as it computes, which is far beyond the limit. */
static void waiting_for_a_processor_is_no_stall(void **state)
{
	const struct play play = { .task = { computes_for_a_while } };
	unsigned long before[16] = { 0 }, one[16] = { 1 };
	struct hs_explore_result r;
	pid_t hogs[HOGS];

	(void)state;
	syscall(SYS_sched_getaffinity, 0, sizeof(before), before);
	syscall(SYS_sched_setaffinity, 0, sizeof(one), one);
	hogs_start(hogs);
	explore_watched(&play, 5 * LIMIT, HS_SEARCH_SLEEP, NULL, &r);
	hogs_end(hogs);
	syscall(SYS_sched_setaffinity, 0, sizeof(before), before);
	assert_string_equal(r.message, "");
}

static void computes_for_long(struct hs_task *self, void *state)
{
	touches_a_word(self, state);
	computes(3 * LIMIT);
}

static void without_a_limit_nothing_is_a_stall(void **state)
{
	const struct play play = { .task = { computes_for_long } };
	struct hs_explore_result r;

	(void)state;
	explore_watched(&play, 0, HS_SEARCH_SLEEP, NULL, &r);
	assert_string_equal(r.message, "");
}

static void explore_long_task(void *arg)
{
	const struct play play = { .task = { computes_for_long } };
	struct hs_explore_result r;

	(void)arg;
	explore_watched(&play, LIMIT, HS_SEARCH_SLEEP, NULL, &r);
	_exit(r.verdict ? 1 : 0);
}

static void under_a_debugger_nothing_is_a_stall(void **state)
{
	struct death death;

	(void)state;
	if (SANITIZED)
		skip();
	if (!death_of_traced(explore_long_task, NULL, &death))
		skip();
	assert_int_equal(death.signal, 0);
	assert_int_equal(death.status, 0);
}

static void limits_out_of_range_are_refused(void **state)
{
	const struct play play = { .task = { touches_a_word } };
	struct hs_explore_options options;
	struct hs_explore_result r;

	(void)state;
	hs_explore_options_init(&options);
	assert_int_equal(options.stall_ms, 5000);
	options.stall_ms = 3600001;
	assert_int_equal(hs_explore(&play_scenario, &play, &options, &r), -EINVAL);
	options.stall_ms = 3600000;
	assert_int_equal(hs_explore(&play_scenario, &play, &options, &r), 0);
}

static void a_watch_needs_a_timer(void *arg)
{
	const struct play play = { .task = { touches_a_word } };
	struct hs_explore_options options;
	struct hs_explore_result r;
	struct rlimit none = { 0, 0 };
	int ret;

	(void)arg;
	hs_explore_options_init(&options);
	setrlimit(RLIMIT_SIGPENDING, &none);
	ret = hs_explore(&play_scenario, &play, &options, &r);
	options.stall_ms = 0;
	_exit(ret == -ENOMEM && !hs_explore(&play_scenario, &play, &options, &r) ? 0 : 1);
}

static void without_a_timer_nothing_is_watched_in_secret(void **state)
{
	struct death death;

	(void)state;
	if (SANITIZED)
		skip();
	death_of(a_watch_needs_a_timer, NULL, &death);
	assert_int_equal(death.signal, 0);
	assert_int_equal(death.status, 0);
}

/* ---- stalls ------------------------------------------------------------------------------ */

static void computes_for_ever(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	touches_a_word(self, state);
	if (hs_u64_add(self, &st->word[0], 1, HS_RELAXED) == 1)
		for (;;)
			cpu_now();
}

static void sleeps_for_ever(struct hs_task *self, void *state)
{
	int ends[2];
	char byte;

	touches_a_word(self, state);
	if (pipe(ends))
		abort();
	while (read(ends[0], &byte, 1) < 1)
		;
}

static void computes_in_boot(struct hs_task *self, struct play_state *st)
{
	(void)self;
	(void)st;
	for (;;)
		cpu_now();
}

static bool computes_in_predicate(struct hs_task *self, void *arg)
{
	(void)arg;
	while (hs_task_is_live(self))
		cpu_now();
	return true;
}

static void waits(struct hs_task *self, void *state)
{
	hs_wait_event(self, &((struct play_state *)state)->queue, computes_in_predicate, state);
}

static void explore_stall(void *arg)
{
	struct hs_explore_result r;

	explore_watched(arg, LIMIT, HS_SEARCH_SLEEP, NULL, &r);
}

static void a_stall_ends_the_process_with_its_schedule(void **state)
{
	static struct play plays[] = { { .task = { computes_for_ever, computes_for_ever } },
				       { .task = { sleeps_for_ever } } };

	(void)state;
	if (!HS_ASAN) /* TSan watches nothing */
		skip();
	for (int i = 0; i < 2; i++) {
		struct death death;

		death_of(explore_stall, &plays[i], &death);
		assert_int_equal(death.signal, SIGABRT);
		assert_non_null(strstr(death.text, "0.008 s without a step"));
		assert_non_null(strstr(death.text, "; schedule: 1"));
	}
}

/* Twice: the timer, the handlers and their stack serve again. */
static void expect_stall(const struct play *play, const char *says)
{
	struct hs_explore_result r, again;

	if (SANITIZED)
		skip();
	for (int i = 0; i < 2; i++) {
		explore_watched(play, LIMIT, HS_SEARCH_SLEEP, NULL, &r);
		assert_int_equal(r.verdict, HS_VERDICT_STALL);
		if (!strstr(r.message, says))
			fail_msg("\"%s\" without \"%s\"", r.message, says);
		explore_watched(play, LIMIT, HS_SEARCH_SLEEP, r.schedule, &again);
		assert_int_equal(again.verdict, HS_VERDICT_STALL);
		assert_string_equal(again.message, r.message);
		assert_string_equal(again.schedule, r.schedule);
		hs_explore_result_free(&r);
		hs_explore_result_free(&again);
	}
}

static void a_task_that_computes_for_ever_is_a_stall(void **state)
{
	const struct play play = { .task = { computes_for_ever, computes_for_ever } };

	(void)state;
	expect_stall(&play, "task two runs 0.008 s without a step, after read-modify-write");
}

/* The sleep is interrupted by each tick and begins again. */
static void a_task_that_sleeps_for_ever_is_a_stall(void **state)
{
	const struct play play = { .task = { sleeps_for_ever, touches_a_word } };

	(void)state;
	expect_stall(&play, "task one sleeps 0.008 s without a step, after read-modify-write");
}

static void a_blocked_signal_is_no_obstacle(void **state)
{
	const struct play play = { .task = { sleeps_for_ever } };
	sigset_t block, before;

	(void)state;
	sigemptyset(&block);
	sigaddset(&block, SIGVTALRM);
	sigprocmask(SIG_BLOCK, &block, &before);
	expect_stall(&play, "task one sleeps");
	sigprocmask(SIG_SETMASK, &before, NULL);
}

static void set_up_check_and_predicates_are_watched(void **state)
{
	const struct play setup = { .setup = computes_in_boot };
	const struct play check = { .task = { touches_a_word }, .check = computes_in_boot };
	const struct play pred = { .task = { waits, touches_a_word } };

	(void)state;
	expect_stall(&setup, "task boot runs 0.008 s without a step, before its first step");
	expect_stall(&check, "task boot runs 0.008 s without a step, before its first step");
	expect_stall(&pred, "the predicate of task one runs 0.008 s without a step");
}

/* The same digits in every locale: all of them, and no more. */
static void the_time_of_a_stall_is_exact(void **state)
{
	static const struct {
		uint32_t ms;
		const char *says;
	} rows[] = { { 1, "boot runs 0.001 s without" },
		     { 250, "boot runs 0.25 s without" },
		     { 1000, "boot runs 1 s without" },
		     { 10000, "boot runs 10 s without" },
		     { 1234567, "runs 1234.567 s without" } };
	struct hs_sched *s = hs_sched_get();
	uint32_t before = s->stall_ms;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		s->verdict = HS_VERDICT_STALL;
		s->message[0] = '\0';
		s->crash = (struct hs_crash){ .kind = HS_CRASH_RUNS };
		s->stall_ms = rows[i].ms;
		hs_crash_explain(s);
		assert_non_null(strstr(s->message, rows[i].says));
	}
	s->crash.kind = HS_CRASH_NONE;
	s->stall_ms = before;
	s->message[0] = '\0';
	s->verdict = HS_VERDICT_NONE;
}

static void the_search_stops_after_a_stall(void **state)
{
	const struct play play = { .task = { computes_for_ever, computes_for_ever } };
	struct hs_explore_options options;
	struct hs_explore_result r;

	(void)state;
	if (SANITIZED)
		skip();
	hs_explore_options_init(&options);
	options.stall_ms = LIMIT;
	options.go_on = true;
	assert_int_equal(hs_explore(&play_scenario, &play, &options, &r), 0);
	assert_int_equal(r.violations, 1);
	assert_false(r.exhaustive);
	hs_explore_result_free(&r);
}

static void computes_and_asks(struct hs_task *self, void *state)
{
	struct timespec begin;

	touches_a_word(self, state);
	begin = cpu_now();
	for (;;)
		hs_assert(self, cpu_ms_since(&begin) < 20 * LIMIT, "it ran for long");
}

/* What a stall is measured by is what the thread used, so that it comes neither early nor late. */
static void a_stall_takes_the_processors_time_that_was_asked_for(void **state)
{
	const struct play play = { .task = { computes_and_asks } };
	struct timespec begin = cpu_now();
	struct hs_explore_result r;

	(void)state;
	if (SANITIZED)
		skip();
	explore_watched(&play, 4 * LIMIT, HS_SEARCH_SLEEP, NULL, &r);
	assert_string_equal(hs_verdict_name(r.verdict), "no step");
	assert_true(cpu_ms_since(&begin) >= 4 * LIMIT - 1);
	hs_explore_result_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(time_with_steps_in_it_is_no_stall),
		cmocka_unit_test(a_long_search_is_no_stall),
		cmocka_unit_test(equal_executions_are_no_stall),
		cmocka_unit_test(waiting_for_a_processor_is_no_stall),
		cmocka_unit_test(under_a_debugger_nothing_is_a_stall),
		cmocka_unit_test(without_a_limit_nothing_is_a_stall),
		cmocka_unit_test(limits_out_of_range_are_refused),
		cmocka_unit_test(without_a_timer_nothing_is_watched_in_secret),
		cmocka_unit_test(a_stall_ends_the_process_with_its_schedule),
		cmocka_unit_test(a_task_that_computes_for_ever_is_a_stall),
		cmocka_unit_test(a_task_that_sleeps_for_ever_is_a_stall),
		cmocka_unit_test(a_blocked_signal_is_no_obstacle),
		cmocka_unit_test(set_up_check_and_predicates_are_watched),
		cmocka_unit_test(the_time_of_a_stall_is_exact),
		cmocka_unit_test(the_search_stops_after_a_stall),
		cmocka_unit_test(a_stall_takes_the_processors_time_that_was_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
