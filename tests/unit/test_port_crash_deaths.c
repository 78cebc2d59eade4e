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

static char finds_one[] = "finds one"; /* as an argument */

/* A sanitizer knows fibers only in the process that made them, so that the child begins anew. */
static void begins_anew(void *kind)
{
	execl("/proc/self/exe", "test_port_crash_deaths", kind, NULL);
	_exit(127);
}

static void crashes_as_asked(const char *kind)
{
	unsigned int i = (unsigned int)atoi(kind);

	crash = i < CRASHES ? crashes[i].fn : reads_behind_a_block;
	explore_lost_update(NULL);
}

static void a_sanitizer_says_the_schedule_when_the_process_dies(void **state)
{
	(void)state;
	if (!SANITIZED)
		skip();
	for (unsigned int i = 0; i < CRASHES + HS_ASAN; i++) {
		struct death death;
		char kind[16];

		snprintf(kind, sizeof(kind), "%u", i);
		death_of(begins_anew, kind, &death);
		if (!strstr(death.text, " in task one") || !strstr(death.text, "; schedule: 1*"))
			fail_msg("crash %u: signal %d, status %d: %s", i, death.signal,
				 death.status, death.text);
		assert_true(death.signal || death.status);
	}
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

static void an_abort_outside_tasks_is_an_internal_error(void **state)
{
	(void)state;
	crash = abort;
	dies(crashes_in_the_explorer, SIGABRT, "internal error: SIGABRT outside tasks", true);
}

static void other_signals_kill_the_process(void **state)
{
	(void)state;
	needs_handlers();
	crash = writes_to_null;
	dies(crashes_in_the_explorer, SIGSEGV, "internal error: SIGSEGV outside tasks", true);
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

static void stores_twice_and_looks(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_u64_store(self, &st->word[0], 1, HS_RELAXED);
	hs_u64_store(self, &st->word[1], 1, HS_RELAXED);
	hs_assert(self, !hs_u64_load(self, &st->word[2], HS_RELAXED), "the other was here");
}

/* The scheduler dies of it at the next decision, in all builds. */
static void breaks_the_scheduler_if_it_is_first(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	if (!hs_u64_load(self, &st->word[1], HS_RELAXED))
		hs_sched_get()->chooser = (const struct hs_chooser *)4096; /* no memory */
	hs_u64_store(self, &st->word[2], 1, HS_RELAXED);
}

static void finds_one_before_it_dies(void)
{
	const struct play play = { .task = { stores_twice_and_looks,
					     breaks_the_scheduler_if_it_is_first } };

	explore_plainly(&play_scenario, &play, 0);
}

/* An execution that is run to make the finding simpler ends the process. */
static void the_finding_is_said_before_the_process_dies(void **state)
{
	struct death death;

	(void)state;
	death_of(begins_anew, finds_one, &death);
	assert_true(death.signal || death.status);
	assert_non_null(strstr(death.text, "; schedule: 2\nhmmsim: found before: assertion: "));
	assert_non_null(strstr(death.text, ": the other was here (task one); schedule: 1*2 2*2 1"));
}

static void a_debugger_gets_the_signal(void **state)
{
	static void (*const fns[])(void) = { writes_to_null, abort };

	(void)state;
	if (HS_TSAN) /* in a forked child */
		skip();
	for (int i = HS_ASAN; i < 2; i++) { /* ASan keeps faults for itself */
		struct death death;

		crash = fns[i];
		if (!death_of_traced(explore_lost_update, NULL, &death))
			skip();
		assert_int_equal(death.signal, i ? SIGABRT : SIGSEGV);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sanitizer_says_the_schedule_when_the_process_dies),
		cmocka_unit_test(an_abort_outside_tasks_is_an_internal_error),
		cmocka_unit_test(other_signals_kill_the_process),
		cmocka_unit_test(what_was_found_is_said_before_the_process_dies),
		cmocka_unit_test(the_finding_is_said_before_the_process_dies),
		cmocka_unit_test(a_debugger_gets_the_signal),
	};

	if (argc == 2) {
		if (!strcmp(argv[1], finds_one))
			finds_one_before_it_dies();
		else
			crashes_as_asked(argv[1]);
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
