/* SPDX-License-Identifier: MIT */
/* What is said when the process dies: of a crash under a sanitizer, or of one outside tasks. */
#include "support/crashes.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "port/explore/sched.h"
#include "support/death.h"

static void asserts(struct hs_task *self, struct play_state *st)
{
	hs_assert(self, st->plain[7], "never");
}

static void dies(void (*fn)(void *arg), int signal, const char *text, bool said)
{
	struct death death;

	death_of(fn, NULL, &death);
	assert_int_equal(death.signal, signal);
	if (!strstr(death.text, text) == said)
		fail_msg("%s: \"%s\"", said ? text : "said too much", death.text);
}

static void explore_lost_update(void *arg)
{
	(void)arg;
	explore_plainly(&play_scenario, &lost_update, 0);
}

static void the_schedule_is_printed_when_the_process_dies(void **state)
{
	struct death death;

	(void)state;
	if (!HS_ASAN) /* TSan does not follow fibers into a forked child */
		skip();
	crash = abort;
	dies(explore_lost_update, SIGABRT, "SIGABRT in task one, after read-modify-write", true);
	dies(explore_lost_update, SIGABRT, "; schedule: 1*", true);
	crash = reads_behind_a_block;
	death_of(explore_lost_update, NULL, &death);
	assert_non_null(strstr(death.text, "the process dies in task one; schedule: 1*"));
}

static void crashes_in_the_explorer(void *arg)
{
	struct hs_sched *s = hs_sched_get();

	(void)arg;
	hs_crash_begin(s);
	crash();
}

static void crashes_in_the_explorer_later(void *arg)
{
	const struct play play = { .task = { touches_a_word }, .check = asserts };

	explore_plainly(&play_scenario, &play, 0);
	crashes_in_the_explorer(arg);
}

static struct play_state *far; /* outside the region */

static void locks_far(struct hs_task *self, void *state)
{
	(void)state;
	hs_mutex_lock(self, &far->mutex);
}

static void unmaps_far(struct hs_task *self, void *state)
{
	touches_a_word(self, state);
	munmap(far, sizeof(*far));
}

/* The scheduler looks at the mutex itself. */
static void crashes_in_the_scheduler(void *arg)
{
	const struct play play = { .task = { unmaps_far, locks_far } };

	(void)arg;
	far = mmap(NULL, sizeof(*far), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	explore_plainly(&play_scenario, &play, 0);
}

static void breaks_the_heap_for_good(void)
{
	/* What hs_explore() calls next when it has a finding. */
	hs_sched_get()->chooser = NULL;
	memset(hs_sched_get()->schedule - 16, 0x41, 16);
	abort();
}

static void kills_its_parent(struct hs_task *self, void *state)
{
	touches_a_word(self, state);
	if (!fork()) {
		kill(getppid(), SIGSEGV);
		_exit(0);
	}
	for (;;)
		pause();
}

static void explore_kills_its_parent(void *arg)
{
	const struct play play = { .task = { kills_its_parent } };

	(void)arg;
	explore_plainly(&play_scenario, &play, 0);
}

static void other_signals_kill_the_process(void **state)
{
	(void)state;
	needs_handlers();
	crash = writes_to_null;
	dies(crashes_in_the_explorer, SIGSEGV, "internal error: SIGSEGV outside tasks", true);
	crash = abort;
	dies(crashes_in_the_explorer, SIGABRT, "internal error: SIGABRT outside tasks", true);
	crash = raises;
	dies(crashes_in_the_explorer, SIGSEGV, "internal error: SIGSEGV outside tasks", true);
	crash = writes_to_null;
	dies(crashes_in_the_explorer_later, SIGSEGV, "internal error: SIGSEGV outside", true);
	dies(crashes_in_the_scheduler, SIGSEGV, "internal error: SIGSEGV outside", true);
	dies(explore_kills_its_parent, SIGSEGV, "hmmsim", false);
}

/* free() of a heap that a task has damaged ends the process, but says what was found. */
static void what_was_found_is_said_before_the_process_dies(void **state)
{
	(void)state;
	needs_handlers();
	crash = breaks_the_heap_for_good;
	dies(explore_lost_update, SIGABRT, "found before: SIGABRT in task one, after", true);
	dies(explore_lost_update, SIGABRT, "; schedule: 1*", true);
}

static void a_debugger_gets_the_signal(void **state)
{
	static void (*const fns[])(void) = { writes_to_null, abort };

	(void)state;
	needs_handlers();
	for (int i = 0; i < 2; i++) {
		struct death death;

		crash = fns[i];
		if (!death_of_traced(explore_lost_update, NULL, &death))
			skip();
		assert_int_equal(death.signal, i ? SIGABRT : SIGSEGV);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_schedule_is_printed_when_the_process_dies),
		cmocka_unit_test(other_signals_kill_the_process),
		cmocka_unit_test(what_was_found_is_said_before_the_process_dies),
		cmocka_unit_test(a_debugger_gets_the_signal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
