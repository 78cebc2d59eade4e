/* SPDX-License-Identifier: MIT */
/* Crashes of the code under test are findings, and leave the process as it was. */
#include "support/crashes.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "port/explore/sched.h"

/* ---- where ------------------------------------------------------------------------------- */

static void crashes_at_once(struct hs_task *self, void *state)
{
	(void)self;
	(void)state;
	crash();
}

static void crashes_in_boot(struct hs_task *self, struct play_state *st)
{
	crashes_at_once(self, st);
}

static void crashes_in_callback(struct hs_task *self, struct hs_rcu_head *head)
{
	crashes_at_once(self, head);
}

static void calls_back(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	st->tasks[0] = play_object(self);
	hs_call_rcu(self, st->tasks[0], crashes_in_callback);
}

static void starts_a_thread(struct hs_task *self, void *state)
{
	hs_u64_add(self, &((struct play_state *)state)->word[0], 1, HS_RELAXED);
	hs_thread_start(self, "child", crashes_at_once, state);
}

static bool crashes_in_predicate(struct hs_task *self, void *arg)
{
	if (play_flag(self, arg))
		crash();
	return false;
}

static bool asserts_in_predicate(struct hs_task *self, void *arg)
{
	hs_assert(self, !play_flag(self, arg), "the flag is set");
	return false;
}

static bool (*predicate)(struct hs_task *self, void *arg);

static void waits(struct hs_task *self, void *state)
{
	hs_wait_event(self, &((struct play_state *)state)->queue, predicate, state);
}

static void sets_flag(struct hs_task *self, void *state)
{
	hs_u32_store(self, &((struct play_state *)state)->flag, 1, HS_RELEASE);
}

static int starts;

static void counts_its_start(struct hs_task *self, void *state)
{
	starts++;
	touches_a_word(self, state);
}

static void crashes_after_a_lost_update(struct hs_task *self, struct play_state *st)
{
	if (st->word[0].raw == 1)
		crash();
	touches_a_word(self, st);
}

static void adds(struct hs_task *self, void *state)
{
	struct play_state *st = state;
	uint64_t v = hs_u64_load(self, &st->word[0], HS_RELAXED);

	hs_u64_store(self, &st->word[0], v + 1, HS_RELAXED);
}

static void asserts(struct hs_task *self, struct play_state *st)
{
	hs_assert(self, st->plain[7], "never");
}

static bool asserts_at_once(struct hs_task *self, void *arg)
{
	asserts(self, arg);
	return false;
}

/* ---- the process as it was --------------------------------------------------------------- */

static const int signals[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGVTALRM };

#define FLAGS \
	(SA_ONSTACK | SA_SIGINFO | SA_RESTART | SA_NODEFER) /* of the user; libc has its own */
#define SIGNALS (sizeof(signals) / sizeof(signals[0]))

struct process {
	struct sigaction action[SIGNALS];
	sigset_t mask;
	stack_t stack;
};

static void process_look(struct process *p)
{
	memset(p, 0, sizeof(*p));
	for (unsigned int i = 0; i < SIGNALS; i++)
		assert_int_equal(sigaction(signals[i], NULL, &p->action[i]), 0);
	sigprocmask(SIG_SETMASK, NULL, &p->mask);
	assert_int_equal(sigaltstack(NULL, &p->stack), 0);
}

static void process_expect(const struct process *before)
{
	struct process now;

	process_look(&now);
	for (unsigned int i = 0; i < SIGNALS; i++) {
		assert_ptr_equal(now.action[i].sa_sigaction, before->action[i].sa_sigaction);
		assert_int_equal(now.action[i].sa_flags & FLAGS,
				 before->action[i].sa_flags & FLAGS);
		assert_int_equal(sigismember(&now.mask, signals[i]),
				 sigismember(&before->mask, signals[i]));
	}
	assert_ptr_equal(now.stack.ss_sp, before->stack.ss_sp);
	assert_int_equal(now.stack.ss_size, before->stack.ss_size);
	assert_int_equal(now.stack.ss_flags, before->stack.ss_flags);
}

static void handler_of_the_user(int signal)
{
	(void)signal;
}

static struct process inside; /* as set-up sees it */

static void looks(struct hs_task *self, struct play_state *st)
{
	(void)self;
	(void)st;
	process_look(&inside);
}

static int refuses(struct hs_task *self, struct hs_plan *plan, void *state, const void *param)
{
	(void)self, (void)plan, (void)state, (void)param;
	return -EXDEV;
}

/* Every way out of hs_explore(), also with signals that were blocked or handled before. */
static void explore_leaves_signals_as_they_were(void **state)
{
	const struct play fine = { .setup = looks, .task = { touches_a_word } };
	const struct play failing = { .task = { increments_badly }, .check = crashes_in_boot };
	const struct hs_scenario refused = { "refused", 8, refuses, NULL };
	const struct hs_scenario huge = { "huge", (size_t)1 << 60, refuses, NULL };
	struct process fresh, own;
	struct sigaction action = { .sa_handler = handler_of_the_user };
	sigset_t block;

	(void)state;
	process_look(&fresh);
	sigemptyset(&block);
	for (unsigned int i = 0; i < SIGNALS; i++) {
		sigaction(signals[i], &action, NULL);
		if (i % 2)
			sigaddset(&block, signals[i]);
	}
	sigprocmask(SIG_BLOCK, &block, NULL);
	process_look(&own);
	explore_plainly(&play_scenario, &fine, 0);
	process_expect(&own);
	explore_plainly(&refused, NULL, -EXDEV);
	process_expect(&own);
	explore_plainly(&huge, NULL, -ENOMEM);
	process_expect(&own);
	for (unsigned int i = 0; !SANITIZED && i < CRASHES; i++) {
		crash = crashes[i].fn;
		explore_plainly(&play_scenario, &lost_update, 0);
		process_expect(&own);
		explore_plainly(&play_scenario, &failing, 0);
		process_expect(&own);
	}
	for (unsigned int i = 0; i < SIGNALS; i++)
		sigaction(signals[i], &fresh.action[i], NULL);
	sigprocmask(SIG_SETMASK, &fresh.mask, NULL);
	process_expect(&fresh);
}

static void handlers_are_there_while_it_runs(void **state)
{
	const struct play fine = { .setup = looks, .task = { touches_a_word } };
	struct process before;

	(void)state;
	process_look(&before);
	explore_plainly(&play_scenario, &fine, 0);
	for (unsigned int i = 0; i < SIGNALS; i++) {
		if (SANITIZED && signals[i] != SIGABRT && signals[i] != SIGILL)
			continue;
		assert_ptr_not_equal(inside.action[i].sa_sigaction, before.action[i].sa_sigaction);
		assert_true(inside.action[i].sa_flags & SA_ONSTACK);
		assert_int_equal(!(inside.action[i].sa_flags & SA_RESTART),
				 signals[i] != SIGVTALRM);
	}
	if (!SANITIZED)
		assert_ptr_not_equal(inside.stack.ss_sp, before.stack.ss_sp);
}

/* ---- findings ---------------------------------------------------------------------------- */

static void expect_crash(const struct play *play, uint64_t first, const char *says,
			 const char *where)
{
	struct hs_explore_result r;

	play_expect(play, HS_VERDICT_CRASH, first, &r);
	if (strncmp(r.message, says, strlen(says)) || !strstr(r.message, where))
		fail_msg("\"%s\" is not \"%s\" ... \"%s\"", r.message, says, where);
	hs_explore_result_free(&r);
}

/* Three times each, alternating: the handlers, their stack and the mask serve again. */
static void each_kind_is_found_again_and_again(void **state)
{
	(void)state;
	needs_handlers();
	for (unsigned int i = 0; i < 3 * CRASHES; i++) {
		struct hs_explore_result r;

		crash = crashes[i % CRASHES].fn;
		expect_crash(&lost_update, 3, crashes[i % CRASHES].says,
			     "task one, after read-modify-write at "
			     "tests/support/crashes.c:");
		play_expect(&lost_update, HS_VERDICT_CRASH, 3, &r);
		assert_int_equal(r.first_violation, r.executions);
		hs_explore_result_free(&r);
	}
}

static void wherever_user_code_runs(void **state)
{
	const struct {
		struct play play;
		uint64_t first;
		const char *where;
	} cases[] = {
		{ { crashes_in_boot, { touches_a_word }, NULL }, 0, "task boot, before its first" },
		{ { NULL, { touches_a_word }, crashes_in_boot }, 1, "task boot, before its first" },
		{ { NULL, { touches_a_word, crashes_at_once }, NULL }, 1, "task two, before its" },
		{ { NULL, { crashes_at_once }, NULL }, 1, "task one, before its first step" },
		{ { NULL, { starts_a_thread }, NULL }, 1, "task child, before its first step" },
		{ { NULL, { adds, adds }, crashes_after_a_lost_update },
		  2,
		  "task boot, before its first step" },
		{ { NULL, { calls_back }, NULL }, 1, "rcu callback, after grace period at tests" },
		{ { NULL, { waits, sets_flag }, NULL },
		  1,
		  "the predicate of task one, after load at tests/support/play.c:" },
	};

	(void)state;
	needs_handlers();
	predicate = crashes_in_predicate;
	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (unsigned int k = 0; k < 3; k++) {
			crash = crashes[k].fn;
			/* The thread that explores has a stack of its own size. */
			if (k == 2 &&
			    (strstr(cases[i].where, "boot") || strstr(cases[i].where, "predicate")))
				continue;
			expect_crash(&cases[i].play, cases[i].first, crashes[k].says,
				     cases[i].where);
		}
	}
}

static void no_task_starts_after_a_crash(void **state)
{
	const struct play play = { .task = { crashes_at_once, counts_its_start } };

	(void)state;
	needs_handlers();
	crash = abort;
	starts = 0;
	expect_crash(&play, 1, "SIGABRT", "one");
	assert_int_equal(starts, 0);
}

static void an_assertion_in_a_predicate_is_a_finding(void **state)
{
	const struct play later = { .task = { waits, sets_flag } };
	const struct play first = { .task = { waits, touches_a_word } };
	struct hs_explore_result r;

	(void)state;
	predicate = asserts_in_predicate;
	play_expect(&later, HS_VERDICT_ASSERT, 1, &r);
	assert_non_null(strstr(r.message, "the flag is set (task one)"));
	hs_explore_result_free(&r);
	predicate = asserts_at_once;
	play_expect(&first, HS_VERDICT_ASSERT, 1, &r);
	assert_string_equal(r.schedule, "");
	hs_explore_result_free(&r);
}

static void a_predicate_that_failed_is_not_asked_any_more(void **state)
{
	const struct play setup = { .setup = crashes_in_boot };

	an_assertion_in_a_predicate_is_a_finding(state);
	needs_handlers();
	crash = abort;
	expect_crash(&setup, 0, "SIGABRT in task boot", "");
}

static void the_search_stops_after_a_crash(void **state)
{
	struct hs_explore_options options;
	struct hs_explore_result r;

	(void)state;
	needs_handlers();
	crash = abort;
	hs_explore_options_init(&options);
	options.search = HS_SEARCH_DFS;
	options.go_on = true;
	assert_int_equal(hs_explore(&play_scenario, &lost_update, &options, &r), 0);
	assert_int_equal(r.verdict, HS_VERDICT_CRASH);
	assert_int_equal(r.violations, 1);
	assert_int_equal(r.first_violation, r.executions);
	assert_false(r.exhaustive);
	hs_explore_result_free(&r);
}

static void explores(struct hs_task *self, struct play_state *st)
{
	(void)self;
	(void)st;
	explore_plainly(&play_scenario, &lost_update, -EBUSY);
}

static void an_exploration_inside_another_changes_nothing(void **state)
{
	const struct play play = { explores, { increments_badly, increments_badly }, NULL };

	(void)state;
	needs_handlers();
	crash = recurses_deeply;
	expect_crash(&play, 3, "SIGSEGV (stack overflow)", "task one");
}

static void damages_the_machine(void)
{
	memset(hs_sched_get()->region, 0x5a, 4096);
	writes_to_null();
}

static void explorations_after_a_crash_are_as_before(void **state)
{
	const struct play play = { .task = { increments_badly, touches_a_word, sets_flag } };
	struct hs_explore_result before, after;

	(void)state;
	needs_handlers();
	explore(&play_scenario, &play, HS_SEARCH_DFS, 0, NULL, &before);
	assert_string_equal(before.message, "");
	crash = damages_the_machine;
	expect_crash(&lost_update, 3, "SIGSEGV", "one");
	explore(&play_scenario, &play, HS_SEARCH_DFS, 0, NULL, &after);
	assert_memory_equal(&before, &after, sizeof(before));
}

/* ---- stacks ------------------------------------------------------------------------------ */

static int depth; /* in frames of a kilobyte */

static void recurses_and_steps(struct hs_task *self, void *state)
{
	touches_a_word(self, state);
	recurses(depth);
	touches_a_word(self, state);
}

static enum hs_verdict verdict_with_stack(uint32_t size, int frames)
{
	const struct play play = { .task = { recurses_and_steps, touches_a_word } };
	struct hs_explore_options options;
	struct hs_explore_result r;

	depth = frames;
	hs_explore_options_init(&options);
	options.stack_size = size;
	assert_int_equal(hs_explore(&play_scenario, &play, &options, &r), 0);
	assert_true(!r.verdict || strstr(r.message, "stack overflow"));
	hs_explore_result_free(&r);
	return r.verdict;
}

/* A frame is a little more than a kilobyte, and twice that under a sanitizer. */
static void the_stack_has_the_size_that_was_asked_for(void **state)
{
	static const uint32_t sizes[] = { 16384, 65536, 1 << 20, 16384, 70001, 16 << 20, 65536 };

	(void)state;
	for (unsigned int i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		int frames = (int)(sizes[i] / 1024);

		assert_int_equal(verdict_with_stack(sizes[i],
						    SANITIZED ? frames / 4 : frames * 3 / 4),
				 HS_VERDICT_NONE);
		if (!SANITIZED)
			assert_int_equal(verdict_with_stack(sizes[i], frames + 8),
					 HS_VERDICT_CRASH);
	}
}

static void sizes_out_of_range_are_refused(void **state)
{
	static const uint32_t bad[] = { 0, 1, 16383, (16 << 20) + 1, UINT32_MAX };
	struct hs_explore_options options;
	struct hs_explore_result r;

	(void)state;
	hs_explore_options_init(&options);
	assert_int_equal(options.stack_size, 65536);
	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		options.stack_size = bad[i];
		assert_int_equal(hs_explore(&play_scenario, &lost_update, &options, &r), -EINVAL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(explore_leaves_signals_as_they_were),
		cmocka_unit_test(handlers_are_there_while_it_runs),
		cmocka_unit_test(an_assertion_in_a_predicate_is_a_finding),
		cmocka_unit_test(the_stack_has_the_size_that_was_asked_for),
		cmocka_unit_test(sizes_out_of_range_are_refused),
		cmocka_unit_test(each_kind_is_found_again_and_again),
		cmocka_unit_test(wherever_user_code_runs),
		cmocka_unit_test(no_task_starts_after_a_crash),
		cmocka_unit_test(a_predicate_that_failed_is_not_asked_any_more),
		cmocka_unit_test(the_search_stops_after_a_crash),
		cmocka_unit_test(an_exploration_inside_another_changes_nothing),
		cmocka_unit_test(explorations_after_a_crash_are_as_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
