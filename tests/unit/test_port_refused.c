/* SPDX-License-Identifier: MIT */
/*
 * Calls that wait, or let others go on, outside the model: in explored code each is refused by its
 * name, everywhere else it is what it is. With public headers, as another program is built.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <hmmsim/explore.h>
#include <hmmsim/sync.h>

#include "support/outside_calls.h"
#include "support/test.h"

static const struct hs_sync_kind item = { "item" };

struct state {
	struct hs_sync_u32 word;
	struct hs_sync_waitq queue;
	struct hs_sync_rcu_head head;
};

/* Where the call is made. */
enum place {
	SET_UP,
	BEFORE_STEPS,
	TASK,
	PREDICATE,
	CALLBACK,
	CHECK,
	PLACES
};

static const struct outside_call *chosen;
static enum place chosen_place;
static bool call_passed;

static void make_call(enum place place)
{
	if (place == chosen_place)
		call_passed = chosen->make();
}

static const int store_line = __LINE__ + 6;

static void steps_and_calls(struct hs_task *self, void *state)
{
	struct state *st = state;
	make_call(BEFORE_STEPS);
	hs_sync_u32_store(self, &st->word, 1, HS_SYNC_RELAXED);
	make_call(TASK);
	hs_sync_wake_all(self, &st->queue);
}

static bool word_is_set(struct hs_task *self, void *state)
{
	bool set = hs_sync_u32_load(self, &((struct state *)state)->word, HS_SYNC_RELAXED) != 0;

	if (set)
		make_call(PREDICATE);
	return set;
}

static void ends_later(struct hs_task *self, struct hs_sync_rcu_head *head)
{
	(void)self;
	(void)head;
	make_call(CALLBACK);
}

static void waits(struct hs_task *self, void *state)
{
	struct state *st = state;

	hs_sync_wait(self, &st->queue, word_is_set, st);
	hs_sync_call_rcu(self, &st->head, ends_later);
	hs_sync_rcu_barrier(self);
}

static int set_up(struct hs_task *self, struct hs_plan *plan, void *state, const void *param)
{
	struct state *st = state;
	int err;

	(void)param;
	hs_sync_waitq_init(&st->queue);
	hs_sync_free(self, hs_sync_alloc(self, &item, 8));
	make_call(SET_UP);
	err = hs_plan_task(plan, "one", steps_and_calls, st);
	return err ? err : hs_plan_task(plan, "two", waits, st);
}

static void check(struct hs_task *self, void *state, const void *param)
{
	(void)self;
	(void)state;
	(void)param;
	make_call(CHECK);
}

static const struct hs_scenario scenario = { "calls", sizeof(struct state), set_up, check };

static const struct outside_call *call_of(const char *symbol)
{
	for (size_t i = 0; i < outside_call_count; i++)
		if (!strcmp(outside_calls[i].symbol, symbol))
			return &outside_calls[i];
	fail_msg("%s is in no list", symbol);
	return NULL;
}

/* ---- passed on ---------------------------------------------------------------------------- */

static void outside_the_explorer_all_calls_pass(void **state)
{
	(void)state;
	outside_first = false;
	for (size_t i = 0; i < outside_call_count; i++)
		if (!outside_calls[i].make())
			fail_msg("%s() does not do what it does", outside_calls[i].symbol);
}

/* On threads of the native library, and in the explorer outside of what it explores. */
static void in_a_native_task_calls_pass(void **state)
{
	static const char *const symbols[] = { "pthread_mutex_lock", "sem_post",
					       "nanosleep",	     "read",
					       "pthread_create",     "sched_yield" };

	(void)state;
	outside_first = false;
	for (size_t i = 0; i < COUNT(symbols); i++) {
		chosen = call_of(symbols[i]);
		for (chosen_place = SET_UP; chosen_place < PLACES; chosen_place++) {
			int err = hs_scenario_run(&scenario, NULL, NULL, NULL);

			if (err == -EOPNOTSUPP)
				skip();
			assert_int_equal(err, 0);
			assert_true(call_passed);
			call_passed = false;
		}
	}
}

static void explore(const char *schedule, struct hs_explore_result *r)
{
	struct hs_explore_options options;
	int err;

	hs_explore_options_init(&options);
	options.search = schedule ? HS_SEARCH_REPLAY : HS_SEARCH_DPOR;
	options.schedule = schedule;
	options.go_on = true;
	options.stall_ms = 0;
	call_passed = false;
	err = hs_explore(&scenario, NULL, &options, r);
	if (err == -EOPNOTSUPP)
		skip();
	assert_int_equal(err, 0);
}

static void expect_passed(const char *symbol, bool (*make)(void))
{
	static struct outside_call call;
	struct hs_explore_result r;

	call = (struct outside_call){ symbol, symbol, make };
	chosen = &call;
	for (chosen_place = SET_UP; chosen_place < PLACES; chosen_place++) {
		explore(NULL, &r);
		if (!call_passed || r.verdict)
			fail_msg("%s in place %d: %s", symbol, chosen_place, r.message);
		hs_explore_result_free(&r);
	}
}

static bool reads_a_regular_file(void)
{
	char byte = 0;
	int fd = outside_file();

	return lseek(fd, 0, SEEK_SET) == 0 && write(fd, "x", 1) == 1 &&
	       lseek(fd, 0, SEEK_SET) == 0 && read(fd, &byte, 1) == 1 && byte == 'x';
}

static bool reads_nothing(void)
{
	char byte;

	return read(-1, &byte, 1) == -1 && errno == EBADF;
}

static bool asks_for_flags(void)
{
	return fcntl(outside_file(), F_GETFD) >= 0;
}

static bool asks_the_kernel(void)
{
	return syscall(SYS_getpid) == getpid();
}

static bool makes_a_mutex(void)
{
	pthread_mutex_t mutex;

	return !pthread_mutex_init(&mutex, NULL) && !pthread_mutex_destroy(&mutex);
}

static bool writes(void)
{
	return write(outside_file(), "x", 1) == 1 && printf("%s", "") == 0;
}

static bool asks_for_the_time(void)
{
	struct timespec now;

	return !clock_gettime(CLOCK_MONOTONIC, &now) && time(NULL) != (time_t)-1;
}

static void what_waits_for_nothing_passes(void **state)
{
	(void)state;
	expect_passed("read() of a file", reads_a_regular_file);
	expect_passed("read() of no file", reads_nothing);
	expect_passed("fcntl()", asks_for_flags);
	expect_passed("syscall()", asks_the_kernel);
	expect_passed("pthread_mutex_init()", makes_a_mutex);
	expect_passed("write()", writes);
	expect_passed("clock_gettime()", asks_for_the_time);
}

/* ---- other threads ------------------------------------------------------------------------ */

static pthread_mutex_t shared = PTHREAD_MUTEX_INITIALIZER;
static atomic_int rounds, wanted;

static void *takes_and_sleeps(void *arg)
{
	struct timespec little = { 0, 1000 };

	while (atomic_load(&wanted) >= 0) {
		pthread_mutex_lock(&shared);
		nanosleep(&little, NULL);
		pthread_mutex_unlock(&shared);
		atomic_fetch_add(&rounds, 1);
	}
	return arg;
}

/* In a task, while the other thread goes on. */
static bool waits_for_the_thread(void)
{
	int now = atomic_load(&rounds);

	while (atomic_load(&rounds) < now + 2)
		;
	return true;
}

static int takes_between_executions(void *ctx, const struct hs_explore_progress *progress)
{
	struct timespec little = { 0, 1 };

	(void)progress;
	pthread_mutex_lock(&shared);
	nanosleep(&little, NULL);
	pthread_mutex_unlock(&shared);
	++*(int *)ctx;
	return 0;
}

static void other_threads_and_what_is_between_executions_are_free(void **state)
{
	static const struct outside_call waits_for = { "", "", waits_for_the_thread };
	struct hs_explore_options options;
	struct hs_explore_result r;
	pthread_t thread;
	int times = 0, err;

	(void)state;
	chosen = &waits_for;
	hs_explore_options_init(&options);
	options.stall_ms = 0;
	options.progress = takes_between_executions;
	options.progress_ctx = &times;
	options.progress_every = 1;
	options.search = HS_SEARCH_DFS;
	assert_int_equal(pthread_create(&thread, NULL, takes_and_sleeps, NULL), 0);
	for (chosen_place = TASK; chosen_place <= CHECK; chosen_place++) {
		err = hs_explore(&scenario, NULL, &options, &r);
		if (err == -EOPNOTSUPP)
			break;
		assert_int_equal(err, 0);
		assert_string_equal(r.message, "");
		assert_true(r.exhaustive);
		assert_true(call_passed);
	}
	atomic_store(&wanted, -1);
	assert_int_equal(pthread_join(thread, NULL), 0);
	if (err == -EOPNOTSUPP)
		skip();
	assert_true(times > 0);
}

/* ---- refused ------------------------------------------------------------------------------ */

static void expect_words(const struct hs_explore_result *r, const char *words)
{
	if (r->verdict != HS_VERDICT_REFUSED || !strstr(r->message, words))
		fail_msg("%s: \"%s\" without \"%s\"", hs_verdict_name(r->verdict), r->message,
			 words);
}

static void expect_refused(const char *words)
{
	struct hs_explore_result r, again;

	explore(NULL, &r);
	assert_false(call_passed);
	expect_words(&r, words);
	assert_ptr_equal(strstr(r.message, chosen->name), r.message);
	assert_int_equal(r.message[strlen(chosen->name)], '(');
	assert_int_equal(r.violations, 1);
	assert_int_equal(r.stop, HS_STOP_VIOLATION);
	assert_non_null(strstr(r.report, "refused call"));
	explore(r.schedule, &again);
	assert_int_equal(again.verdict, r.verdict);
	assert_string_equal(again.message, r.message);
	assert_string_equal(again.schedule, r.schedule);
	hs_explore_result_free(&r);
	hs_explore_result_free(&again);
}

static void each_call_is_refused_by_name(void **state)
{
	(void)state;
	outside_first = true;
	chosen_place = TASK;
	for (size_t i = 0; i < outside_call_count; i++) {
		chosen = &outside_calls[i];
		expect_refused(") in task one, after store at ");
	}
}

static void it_is_refused_wherever_the_scenario_has_code(void **state)
{
	char stored[512];
	const struct {
		enum place place;
		const char *words;
	} rows[] = {
		{ SET_UP, "sleep() in task boot, after free at " },
		{ BEFORE_STEPS,
		  "sleep() in task one, before its first step: the explorer does not" },
		{ TASK, stored },
		{ PREDICATE, "sleep() in the predicate of task two, after " },
		{ CALLBACK, "sleep() in task rcu callback, after " },
		{ CHECK, "sleep() in task boot, " },
	};

	(void)state;
	snprintf(stored, sizeof(stored), "task one, after store at %s:%d: ", __FILE__, store_line);
	outside_first = true;
	chosen = call_of("sleep");
	for (size_t i = 0; i < COUNT(rows); i++) {
		chosen_place = rows[i].place;
		expect_refused(rows[i].words);
	}
}

static long system_call;

static bool calls_the_kernel(void)
{
	static int word;

	return syscall(system_call, &word, FUTEX_WAKE, 1, NULL, NULL, 0) == 0;
}

static void a_system_call_is_refused_by_its_number(void **state)
{
	static const struct outside_call call = { "syscall", "syscall", calls_the_kernel };
	static const struct {
		long number;
		const char *says;
	} rows[] = {
		{ SYS_futex, "syscall(SYS_futex) in task one, " },
		{ SYS_nanosleep, "syscall(SYS_nanosleep) in task one, " },
		{ SYS_clock_nanosleep, "syscall(SYS_clock_nanosleep) in task one, " },
		{ SYS_sched_yield, "syscall(SYS_sched_yield) in task one, " },
		{ SYS_exit, "syscall(SYS_exit) in task one, " },
		{ SYS_exit_group, "syscall(SYS_exit_group) in task one, " },
	};

	(void)state;
	chosen = &call;
	chosen_place = TASK;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct hs_explore_result r;

		system_call = rows[i].number;
		explore(NULL, &r);
		expect_words(&r, rows[i].says);
		hs_explore_result_free(&r);
	}
}

static void after_it_another_search_is_what_it_was(void **state)
{
	struct hs_explore_result r;

	(void)state;
	chosen_place = PLACES;
	explore(NULL, &r);
	assert_string_equal(r.message, "");
	assert_true(r.exhaustive);
}

static int begin(void **state)
{
	(void)state;
	outside_begin();
	return 0;
}

static int end(void **state)
{
	(void)state;
	outside_end();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(outside_the_explorer_all_calls_pass),
		cmocka_unit_test(in_a_native_task_calls_pass),
		cmocka_unit_test(what_waits_for_nothing_passes),
		cmocka_unit_test(other_threads_and_what_is_between_executions_are_free),
		cmocka_unit_test(each_call_is_refused_by_name),
		cmocka_unit_test(it_is_refused_wherever_the_scenario_has_code),
		cmocka_unit_test(a_system_call_is_refused_by_its_number),
		cmocka_unit_test(after_it_another_search_is_what_it_was),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
