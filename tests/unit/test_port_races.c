/* SPDX-License-Identifier: MIT */
/*
 * Plain accesses that are told to the explorer: what orders two of them, and what does not.
 */
#include "port/port.h"
#include "support/race_rows.h"

/* ---- nothing ------------------------------------------------------------------------------ */

TASK(writes, STEP; WRITE;)
TASK(reads, STEP; (void)READ;)
TASK(writes_beside, STEP; hs_races_access((char *)&st->plain + 1, 3, HS_RACES_WRITE);)
TASK(reads_beside, STEP; hs_races_access(&st->plain, 1, HS_RACES_READ);)
TASK(writes_across, STEP; hs_races_access((char *)&st->plain - 9, 10, HS_RACES_WRITE);)
TASK(writes_at_once, WRITE; STEP;)
TASK(writes_long_before, WRITE; STEP; STEP; STEP;)
TASK(reads_long_after, STEP; STEP; (void)READ; STEP;)

static void what_nothing_orders_races_in_each_execution(void **state)
{
	static const struct row rows[] = {
		{ { "writes", NULL, { writes, writes }, NULL }, RACE_EACH },
		{ { "write, read", NULL, { writes, reads }, NULL }, RACE_EACH },
		{ { "read, write", NULL, { reads, writes }, NULL }, RACE_EACH },
		{ { "reads", NULL, { reads, reads }, NULL }, NONE },
		{ { "bytes", NULL, { writes_beside, reads_beside }, NULL }, NONE },
		{ { "across", NULL, { writes_across, reads_beside }, NULL }, RACE_EACH },
		{ { "before", NULL, { writes_at_once, writes_at_once }, NULL }, RACE_EACH },
		{ { "apart", NULL, { writes_long_before, reads_long_after }, NULL }, RACE_EACH },
	};

	(void)state;
	search_rows(rows, COUNT(rows));
}

/* ---- locks -------------------------------------------------------------------------------- */

#define UNDER(name, take, release, access) \
	TASK(name, take(self, &st->LOCK); access; release(self, &st->LOCK);)
#define LOCK first
UNDER(writes_locked, hs_sync_mutex_lock, hs_sync_mutex_unlock, WRITE)
UNDER(locks, hs_sync_mutex_lock, hs_sync_mutex_unlock, (void)st)
#undef LOCK
#define LOCK second
UNDER(writes_other_locked, hs_sync_mutex_lock, hs_sync_mutex_unlock, WRITE)
#undef LOCK
#define LOCK spin
UNDER(writes_spinning, hs_sync_spin_lock, hs_sync_spin_unlock, WRITE)
#undef LOCK
#define LOCK sem
UNDER(writes_exclusive, hs_sync_down_write, hs_sync_up_write, WRITE)
UNDER(writes_shared, hs_sync_down_read, hs_sync_up_read, WRITE)
UNDER(reads_shared, hs_sync_down_read, hs_sync_up_read, (void)READ)
#undef LOCK
TASK(writes_then_locks, WRITE; locks(self, st);)
TASK(locks_then_reads, locks(self, st); (void)READ;)
TASK(locks_then_writes, locks(self, st); WRITE;)
TASK(
	writes_if_free, if (hs_sync_mutex_trylock(self, &st->first)) {
		WRITE;
		hs_sync_mutex_unlock(self, &st->first);
	})
TASK(writes_anyway, {
	bool took = hs_sync_mutex_trylock(self, &st->first);

	WRITE;
	if (took)
		hs_sync_mutex_unlock(self, &st->first);
})

static void a_lock_orders_what_it_guards(void **state)
{
	static const struct row rows[] = {
		{ { "mutex", NULL, { writes_locked, writes_locked, writes_locked }, NULL }, NONE },
		{ { "two", NULL, { writes_locked, writes_other_locked }, NULL }, RACE_EACH },
		{ { "one", NULL, { writes_locked, writes }, NULL }, RACE_EACH },
		{ { "spinlock", NULL, { writes_spinning, writes_spinning }, NULL }, NONE },
		{ { "rwsem", NULL, { writes_exclusive, reads_shared, reads_shared }, NULL }, NONE },
		{ { "readers", NULL, { writes_shared, writes_shared }, NULL }, RACE_EACH },
		{ { "before", NULL, { writes_then_locks, locks_then_reads }, NULL }, RACE },
		{ { "after", NULL, { locks_then_writes, locks_then_reads }, NULL }, RACE_EACH },
		{ { "trylock", NULL, { writes_if_free, writes_locked }, NULL }, NONE },
		{ { "failed", NULL, { writes_anyway, writes_locked }, NULL }, RACE },
	};

	(void)state;
	search_rows(rows, COUNT(rows));
}

/* ---- words -------------------------------------------------------------------------------- */

TASK(sends, WRITE; STORE(a, 1, RELEASE);)
TASK(sends_strong, WRITE; STORE(a, 1, SEQ_CST);)
TASK(sends_relaxed, WRITE; STORE(a, 1, RELAXED);)
TASK(sends_early, STORE(a, 1, RELEASE); WRITE;)
TASK(sends_by_fence, WRITE; FENCE(RELEASE); STORE(a, 1, RELAXED);)
TASK(sends_before_fence, FENCE(RELEASE); WRITE; STORE(a, 1, RELAXED);)
TASK(sends_by_add, WRITE; ADD(a, 1, RELEASE);)
TASK(sends_twice, WRITE; STORE(a, 1, RELEASE); STORE(a, 1, RELAXED);)
TASK(receives, if (LOAD(a, ACQUIRE))(void) READ;)
TASK(receives_strong, if (LOAD(a, SEQ_CST))(void) READ;)
TASK(receives_relaxed, if (LOAD(a, RELAXED))(void) READ;)
TASK(
	receives_by_fence, if (LOAD(a, RELAXED)) {
		FENCE(ACQUIRE);
		(void)READ;
	})
TASK(
	receives_before_fence, if (LOAD(a, RELAXED)) {
		(void)READ;
		FENCE(ACQUIRE);
	})
TASK(receives_second, if (LOAD(a, ACQUIRE) == 2)(void) READ;)
TASK(adds_relaxed, ADD(a, 1, RELAXED);)
TASK(stores_second, if (LOAD(a, RELAXED)) STORE(a, 2, RELAXED);)
TASK(passes_on, if (LOAD(a, ACQUIRE)) STORE(b, 1, RELEASE);)
TASK(receives_passed, if (LOAD(b, ACQUIRE))(void) READ;)
TASK(receives_failing, {
	uint32_t expected = 7;

	hs_sync_u32_cmpxchg(self, &st->a, &expected, 8, HS_SYNC_ACQUIRE);
	if (expected)
		(void)READ;
})
TASK(strong_one, WRITE; FENCE(SEQ_CST); STORE(a, 1, RELAXED); FENCE(SEQ_CST); STEP;)
TASK(strong_two, STEP; FENCE(SEQ_CST); (void)READ;)

static void a_release_orders_what_acquires_it(void **state)
{
	static const struct row rows[] = {
		{ { "release", NULL, { sends, receives }, NULL }, NONE },
		{ { "strong", NULL, { sends_strong, receives_strong }, NULL }, NONE },
		{ { "relaxed store", NULL, { sends_relaxed, receives }, NULL }, RACE },
		{ { "relaxed load", NULL, { sends, receives_relaxed }, NULL }, RACE },
		{ { "early", NULL, { sends_early, receives }, NULL }, RACE },
		{ { "add", NULL, { sends_by_add, receives }, NULL }, NONE },
		{ { "overwritten", NULL, { sends_twice, receives }, NULL }, RACE },
		{ { "failing", NULL, { sends, receives_failing }, NULL }, NONE },
		{ { "sequence", NULL, { sends, adds_relaxed, receives_second }, NULL }, NONE },
		{ { "no sequence", NULL, { sends, stores_second, receives_second }, NULL }, RACE },
		{ { "passed on", NULL, { sends, passes_on, receives_passed }, NULL }, NONE },
	};

	(void)state;
	search_rows(rows, COUNT(rows));
}

static void a_fence_orders_only_with_a_word(void **state)
{
	static const struct row rows[] = {
		{ { "release", NULL, { sends_by_fence, receives }, NULL }, NONE },
		{ { "acquire", NULL, { sends, receives_by_fence }, NULL }, NONE },
		{ { "both", NULL, { sends_by_fence, receives_by_fence }, NULL }, NONE },
		{ { "too early", NULL, { sends_before_fence, receives }, NULL }, RACE },
		{ { "too late", NULL, { sends, receives_before_fence }, NULL }, RACE },
		{ { "alone", NULL, { strong_one, strong_two }, NULL }, RACE_EACH },
	};

	(void)state;
	search_rows(rows, COUNT(rows));
}

/* ---- waits -------------------------------------------------------------------------------- */

static bool is_sent(struct hs_task *self, void *state)
{
	return hs_sync_u32_load(self, &((struct sync_state *)state)->a, HS_SYNC_ACQUIRE) != 0;
}

static bool is_sent_relaxed(struct hs_task *self, void *state)
{
	return hs_sync_u32_load(self, &((struct sync_state *)state)->a, HS_SYNC_RELAXED) != 0;
}

TASK(sends_and_wakes, sends(self, st); hs_sync_wake_all(self, &st->queue);)
TASK(wakes_before, STORE(a, 1, RELEASE); WRITE; hs_sync_wake_all(self, &st->queue);)
TASK(waits, hs_sync_wait(self, &st->queue, is_sent, st); (void)READ;)
TASK(waits_relaxed, hs_sync_wait(self, &st->queue, is_sent_relaxed, st); (void)READ;)
TASK(completes, WRITE; hs_sync_complete(self, &st->done);)
TASK(completes_early, hs_sync_complete(self, &st->done); WRITE;)
TASK(waits_for_completion, hs_sync_wait_for_completion(self, &st->done); (void)READ;)
TASK(tries_again, while (!LOAD(a, ACQUIRE)) hs_sync_retry_wait(self, "a message"); (void)READ;)
TASK(tries_relaxed, while (!LOAD(a, RELAXED)) hs_sync_retry_wait(self, "a message"); (void)READ;)

static void a_wait_orders_by_the_words_of_its_predicate(void **state)
{
	static const struct row rows[] = {
		{ { "wait", NULL, { sends_and_wakes, waits }, NULL }, NONE },
		{ { "relaxed", NULL, { sends_and_wakes, waits_relaxed }, NULL }, RACE_EACH },
		{ { "wake", NULL, { wakes_before, waits }, NULL }, RACE_EACH },
		{ { "completion", NULL, { completes, waits_for_completion }, NULL }, NONE },
		{ { "early", NULL, { completes_early, waits_for_completion }, NULL }, RACE_EACH },
		{ { "retry", NULL, { sends, tries_again }, NULL }, NONE },
		{ { "relaxed retry", NULL, { sends, tries_relaxed }, NULL }, RACE_EACH },
	};

	(void)state;
	search_rows(rows, COUNT(rows));
}

/* ---- tasks -------------------------------------------------------------------------------- */

TASK(starts, {
	struct hs_thread *thread;

	STEP;
	WRITE;
	thread = hs_thread_start(self, "child", reads, st);
	hs_assert(self, thread, "no memory");
	hs_thread_join(self, thread);
	WRITE;
})
TASK(starts_and_writes, STEP; hs_assert(self, hs_thread_start(self, "child", reads, st), "?");
     WRITE;)
TASK(starts_writer, {
	struct hs_thread *thread = hs_thread_start(self, "child", writes, st);

	hs_assert(self, thread, "no memory");
	STEP;
	WRITE;
	hs_thread_join(self, thread);
})

static void a_task_is_after_its_start_and_before_its_join(void **state)
{
	static const struct row rows[] = {
		{ { "start", NULL, { starts, NULL }, NULL }, NONE },
		{ { "after", NULL, { starts_and_writes, NULL }, NULL }, RACE_EACH },
		{ { "beside", NULL, { starts_writer, NULL }, NULL }, RACE_EACH },
	};

	(void)state;
	search_rows(rows, COUNT(rows));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_nothing_orders_races_in_each_execution),
		cmocka_unit_test(a_lock_orders_what_it_guards),
		cmocka_unit_test(a_release_orders_what_acquires_it),
		cmocka_unit_test(a_fence_orders_only_with_a_word),
		cmocka_unit_test(a_wait_orders_by_the_words_of_its_predicate),
		cmocka_unit_test(a_task_is_after_its_start_and_before_its_join),
	};

	hs_races_report();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
