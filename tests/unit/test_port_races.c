/* SPDX-License-Identifier: MIT */
/*
 * Plain accesses that are told to the explorer: what orders two of them, what does not, and what is
 * said where nothing does. Each row is searched by DFS and by DPOR, with both kinds of memory.
 */
#include <hmmsim/hmmsim.h>

#include "port/port.h"
#include "support/sync_play.h"

#define TIMES_SEARCHED 4

static uint32_t read_plain(const uint32_t *word)
{
	hs_races_access(word, sizeof(*word), HS_RACES_READ);
	return *word;
}

static void write_plain(uint32_t *word, uint32_t value)
{
	hs_races_access(word, sizeof(*word), HS_RACES_WRITE);
	*word = value;
}

#define TASK(name, ...)                                     \
	static void name(struct hs_task *self, void *state) \
	{                                                   \
		struct sync_state *st = state;              \
                                                            \
		(void)self;                                 \
		(void)st;                                   \
		__VA_ARGS__                                 \
	}

#define STORE(word, value, order) hs_sync_u32_store(self, &st->word, value, HS_SYNC_##order)
#define LOAD(word, order) hs_sync_u32_load(self, &st->word, HS_SYNC_##order)
#define ADD(word, n, order) hs_sync_u32_add(self, &st->word, n, HS_SYNC_##order)
#define FENCE(order) hs_sync_fence(self, HS_SYNC_##order)
#define WRITE write_plain(&st->plain, 1)
#define READ read_plain(&st->plain)
#define STEP LOAD(words[7], RELAXED)

struct row {
	struct sync_play play;
	enum hs_verdict verdict;
	bool always; /* in each execution */
	const char *text;
};

static void search(const struct row *row, enum hs_search how, enum hs_memory memory, bool go_on,
		   struct hs_explore_result *r)
{
	struct hs_explore_options options;

	hs_explore_options_init(&options);
	options.search = how;
	options.memory = memory;
	options.go_on = go_on;
	assert_int_equal(hs_explore(&sync_scenario, &row->play, &options, r), 0);
}

static void expect_row(const struct row *row, const struct hs_explore_result *r)
{
	bool fine = r->verdict == row->verdict && strstr(r->message, row->text ? row->text : "");

	fine &= row->verdict == HS_VERDICT_NONE ? r->exhaustive
						: !row->always || r->violations == r->complete;
	if (!fine)
		fail_msg("%s: %s in %llu of %llu executions, expected %s%s: %s", row->play.name,
			 hs_verdict_name(r->verdict), (unsigned long long)r->violations,
			 (unsigned long long)r->complete, hs_verdict_name(row->verdict),
			 row->always ? " in each" : "", r->message);
}

static void expect_replay(const struct row *row, enum hs_memory memory,
			  const struct hs_explore_result *found)
{
	struct hs_explore_options options;
	struct hs_explore_result again;

	hs_explore_options_init(&options);
	options.search = HS_SEARCH_REPLAY;
	options.memory = memory;
	options.schedule = found->schedule;
	assert_int_equal(hs_explore(&sync_scenario, &row->play, &options, &again), 0);
	assert_int_equal(again.verdict, found->verdict);
	assert_string_equal(again.message, found->message);
	hs_explore_result_free(&again);
}

static void search_rows(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count * TIMES_SEARCHED; i++) {
		const struct row *row = &rows[i / TIMES_SEARCHED];
		enum hs_memory memory = i & 1 ? HS_MEMORY_VIEWS : HS_MEMORY_SC;
		struct hs_explore_result r;

		search(row, i & 2 ? HS_SEARCH_DFS : HS_SEARCH_DPOR, memory, row->always, &r);
		expect_row(row, &r);
		if (r.verdict != HS_VERDICT_NONE && !row->always)
			expect_replay(row, memory, &r);
		hs_explore_result_free(&r);
	}
}

#define NONE HS_VERDICT_NONE, false, NULL
#define RACE HS_VERDICT_RACE, false, "nothing orders them"
#define RACE_EACH HS_VERDICT_RACE, true, "nothing orders them"

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

/* ---- RCU ---------------------------------------------------------------------------------- */

struct node {
	struct hs_sync_rcu_head head;
	uint32_t value;
};

static void publish(struct hs_task *self, struct sync_state *st, enum hs_sync_order order)
{
	struct node *n = hs_sync_alloc(self, &sync_node, sizeof(*n));

	hs_sync_assert(self, n, "no memory");
	hs_sync_ptr_store(self, &st->ptr, n, order);
}

static void with_node(struct hs_task *self, struct sync_state *st)
{
	publish(self, st, HS_SYNC_RELAXED);
}

static void without_node(struct hs_task *self, struct sync_state *st)
{
	hs_sync_free(self, hs_sync_ptr_xchg(self, &st->ptr, NULL, HS_SYNC_RELAXED));
}

static struct node *take_node(struct hs_task *self, struct sync_state *st)
{
	return hs_sync_ptr_xchg(self, &st->ptr, NULL, HS_SYNC_ACQ_REL);
}

static void free_node(struct hs_task *self, struct hs_sync_rcu_head *head)
{
	struct node *n = CONTAINER_OF(head, struct node, head);

	write_plain(&n->value, 2);
	hs_sync_free(self, n);
}

TASK(reads_node, {
	const struct node *n;

	hs_sync_rcu_read_lock(self);
	n = hs_sync_ptr_load(self, &st->ptr, HS_SYNC_ACQUIRE);
	if (n)
		read_plain(&n->value);
	hs_sync_rcu_read_unlock(self);
})
TASK(waits_and_frees, {
	struct node *n = take_node(self, st);

	hs_sync_synchronize_rcu(self);
	write_plain(&n->value, 1);
	hs_sync_free(self, n);
})
TASK(writes_and_waits, {
	struct node *n = take_node(self, st);

	write_plain(&n->value, 1);
	hs_sync_synchronize_rcu(self);
	hs_sync_free(self, n);
})
TASK(calls_free, {
	struct node *n = take_node(self, st);

	hs_sync_call_rcu(self, &n->head, free_node);
})
TASK(calls_and_waits, {
	struct node *n = take_node(self, st);

	WRITE;
	hs_sync_call_rcu(self, &n->head, free_node);
	hs_sync_rcu_barrier(self);
	WRITE;
})
TASK(frees_at_once, hs_sync_free(self, take_node(self, st));)

TASK(writes_before_a_grace_period, {
	WRITE;
	hs_sync_synchronize_rcu(self);
	STORE(a, 1, RELAXED);
})
TASK(
	reads_in_a_later_section, if (LOAD(a, RELAXED)) {
		hs_sync_rcu_read_lock(self);
		(void)READ;
		hs_sync_rcu_read_unlock(self);
	})
TASK(reads_in_no_section, if (LOAD(a, RELAXED))(void) READ;)

static void write_node(struct hs_task *self, struct hs_sync_rcu_head *head)
{
	(void)self;
	write_plain(&CONTAINER_OF(head, struct node, head)->value, 2);
}

TASK(calls_and_polls, {
	struct node *n = hs_sync_ptr_load(self, &st->ptr, HS_SYNC_ACQUIRE);

	hs_sync_call_rcu(self, &n->head, write_node);
	while (hs_rcu_poll(self))
		hs_sync_retry_wait(self, "callbacks");
	write_plain(&n->value, 3);
})

static void a_grace_period_orders_readers(void **state)
{
	static const struct row rows[] = {
		{ { "wait", with_node, { reads_node, waits_and_frees }, NULL }, NONE },
		{ { "write", with_node, { reads_node, writes_and_waits }, NULL }, RACE },
		{ { "call", with_node, { reads_node, calls_free }, NULL }, NONE },
		{ { "barrier", with_node, { reads_node, calls_and_waits }, NULL }, NONE },
		{ { "poll", with_node, { calls_and_polls, NULL }, without_node }, NONE },
		{ { "later",
		    NULL,
		    { writes_before_a_grace_period, reads_in_a_later_section },
		    NULL },
		  NONE },
		{ { "none", NULL, { writes_before_a_grace_period, reads_in_no_section }, NULL },
		  RACE },
	};

	(void)state;
	search_rows(rows, COUNT(rows));
}

/* ---- objects ------------------------------------------------------------------------------ */

TASK(publishes, publish(self, st, HS_SYNC_RELEASE);)
TASK(publishes_relaxed, publish(self, st, HS_SYNC_RELAXED);)
TASK(reads_published, {
	const struct node *n = hs_sync_ptr_load(self, &st->ptr, HS_SYNC_ACQUIRE);

	if (n)
		read_plain(&n->value);
})

static void memory_is_zeroed_where_it_is_allocated(void **state)
{
	static const struct row rows[] = {
		{ { "release", NULL, { publishes, reads_published }, without_node }, NONE },
		{ { "relaxed", NULL, { publishes_relaxed, reads_published }, without_node },
		  HS_VERDICT_RACE,
		  false,
		  "its allocation by one at " },
	};

	(void)state;
	search_rows(rows, COUNT(rows));
}

TASK(reads_freed, {
	const struct node *n = hs_sync_ptr_load(self, &st->ptr, HS_SYNC_ACQUIRE);

	if (!n)
		return;
	STEP;
	read_plain(&n->value);
})
TASK(frees_and_reads, {
	struct node *n = take_node(self, st);

	hs_sync_free(self, n);
	read_plain(&n->value);
})
TASK(reads_beyond, STEP; hs_races_access((char *)st + (1 << 20), 4, HS_RACES_READ);)

static void read_freed(struct hs_task *self, struct sync_state *st)
{
	struct node *n = take_node(self, st);

	hs_sync_free(self, n);
	read_plain(&n->value);
}

static void a_plain_access_to_what_is_freed_is_found(void **state)
{
	static const struct row rows[] = {
		{ { "same task", with_node, { frees_and_reads, NULL }, NULL },
		  HS_VERDICT_FREED,
		  true,
		  "which is freed (task one): from " },
		{ { "check", with_node, { reads, NULL }, read_freed },
		  HS_VERDICT_FREED,
		  true,
		  "which is freed (task boot): from " },
		{ { "other task", with_node, { reads_freed, frees_at_once }, without_node },
		  HS_VERDICT_FREED,
		  false,
		  "node 0+0x18" },
		{ { "never", NULL, { reads_beyond, NULL }, NULL },
		  HS_VERDICT_FREED,
		  true,
		  "of 4 bytes of an object that was never allocated" },
	};

	(void)state;
	search_rows(rows, COUNT(rows));
}

/* Whether the access or the free comes first depends on the order, what is found does not. */
TASK(reads_and_goes_on, {
	const struct node *n = hs_sync_ptr_load(self, &st->ptr, HS_SYNC_ACQUIRE);

	read_plain(&n->value);
	STEP;
})
TASK(frees_without_looking, {
	void *n = hs_sync_ptr_load(self, &st->ptr, HS_SYNC_ACQUIRE);

	hs_sync_free(self, n);
})

static void an_access_that_a_free_is_not_ordered_after_is_found(void **state)
{
	static const struct row rows[] = {
		{ { "free", with_node, { reads_and_goes_on, frees_without_looking }, NULL },
		  HS_VERDICT_FREED,
		  true,
		  "node 0+0x18" },
	};

	(void)state;
	search_rows(rows, COUNT(rows));
}

TASK(stores_word, STORE(a, 1, RELAXED);)
TASK(loads_word, (void)LOAD(a, ACQUIRE);)
TASK(writes_word, STEP; hs_races_access(&st->a, sizeof(st->a), HS_RACES_WRITE);)
TASK(reads_word, STEP; hs_races_access(&st->a, sizeof(st->a), HS_RACES_READ);)
TASK(sends_word, STORE(a, 1, RELEASE);)
TASK(receives_word, if (LOAD(a, ACQUIRE)) write_plain(&st->a.opaque, 2);)
TASK(writes_lock, STEP; hs_races_access(&st->first, sizeof(st->first), HS_RACES_WRITE);)

static void a_word_is_for_the_calls_of_a_word_alone(void **state)
{
	static const struct row rows[] = {
		{ { "store, read", NULL, { stores_word, reads_word }, NULL }, RACE_EACH },
		{ { "load, write", NULL, { loads_word, writes_word }, NULL }, RACE_EACH },
		{ { "load, read", NULL, { loads_word, reads_word }, NULL }, NONE },
		{ { "words", NULL, { stores_word, loads_word }, NULL }, NONE },
		{ { "ordered", NULL, { sends_word, receives_word }, NULL }, NONE },
		{ { "lock", NULL, { locks, writes_lock }, NULL }, RACE_EACH },
		{ { "predicate", NULL, { writes_word, waits }, NULL }, RACE_EACH },
	};

	(void)state;
	search_rows(rows, COUNT(rows));
}

static bool went_on;

TASK(waits_and_goes_on, hs_sync_wait(self, &st->queue, is_sent, st); went_on = true;)
TASK(writes_word_at_once, hs_races_access(&st->a, sizeof(st->a), HS_RACES_WRITE);
     STORE(a, 1, RELAXED);)

static void a_task_ends_where_its_predicate_races(void **state)
{
	static const struct row rows[] = {
		{ { "end", NULL, { waits_and_goes_on, writes_word_at_once }, NULL }, RACE_EACH },
	};

	(void)state;
	search_rows(rows, COUNT(rows));
	assert_false(went_on);
}

/* ---- what is said ------------------------------------------------------------------------- */

LINE_BELOW(takes_first_at, 6);

static void writes_between(struct hs_task *self, void *state)
{
	struct sync_state *st = state;

	hs_sync_mutex_lock(self, &st->first);
	hs_sync_u32_store(self, &st->words[0], 1, HS_SYNC_RELAXED);
	WRITE;
	hs_sync_mutex_unlock(self, &st->first);
}

LINE_BELOW(steps_at, 5);

static void reads_after_a_step(struct hs_task *self, void *state)
{
	struct sync_state *st = state;
	(void)hs_sync_u32_load(self, &st->words[1], HS_SYNC_RELAXED);
	(void)READ;
}

static void both_accesses_are_named(void **state)
{
	static const struct row row = {
		{ "named", NULL, { writes_between, reads_after_a_step }, NULL },
		RACE,
	};
	const unsigned int at = offsetof(struct sync_state, plain);
	struct hs_explore_result r;
	char expected[2 * SYNC_TEXT];

	(void)state;
	search(&row, HS_SEARCH_DPOR, HS_MEMORY_SC, false, &r);
	snprintf(expected, sizeof(expected),
		 "plain write of 4 bytes at scenario state+0x%x by one after %s:%d, with the first "
		 "lock held; plain read of 4 bytes at scenario state+0x%x by two after %s:%d: "
		 "nothing orders them",
		 at, __FILE__, takes_first_at + 1, at, __FILE__, steps_at);
	assert_string_equal(r.message, expected);
	assert_non_null(strstr(r.report, expected));
	/* Task two does not go on, and does not end. */
	assert_null(strstr(strstr(r.report, "~ ends") + 1, "~ ends"));
	assert_string_equal(hs_verdict_name(r.verdict), "data race");
	hs_explore_result_free(&r);
}

TASK(is_atomic, STEP; hs_races_access(&st->plain, 4, HS_RACES_ATOMIC);)

static void an_atomic_access_that_is_no_word_is_refused(void **state)
{
	static const struct row rows[] = {
		{ { "atomic", NULL, { is_atomic, NULL }, NULL },
		  HS_VERDICT_ASSERT,
		  true,
		  "an atomic access to scenario state+0x" },
	};

	(void)state;
	search_rows(rows, COUNT(rows));
}

static void accesses_can_be_ignored(void **state)
{
	static const struct sync_play play = { "ignored", NULL, { writes, writes }, NULL };
	struct hs_explore_options options;
	struct hs_explore_result r;

	(void)state;
	hs_explore_options_init(&options);
	options.plain = HS_PLAIN_IGNORED;
	assert_int_equal(hs_explore(&sync_scenario, &play, &options, &r), 0);
	assert_int_equal(r.verdict, HS_VERDICT_NONE);
	assert_true(r.exhaustive);
	hs_explore_result_free(&r);
	options.plain = HS_PLAIN_COUNT;
	assert_int_equal(hs_explore(&sync_scenario, &play, &options, &r), -EINVAL);
}

/* Neither the host's memory nor the stack of a task is declared, and no task runs out here. */
TASK(writes_undeclared, {
	static uint32_t undeclared;
	uint32_t local = 0;

	STEP;
	write_plain(&undeclared, 1);
	write_plain(&local, 1);
	undeclared = 0;
})

static void what_is_not_declared_is_ignored(void **state)
{
	static const struct row rows[] = {
		{ { "own", NULL, { writes_undeclared, writes_undeclared }, NULL }, NONE },
	};
	uint32_t mine = 0;

	(void)state;
	write_plain(&mine, 1);
	search_rows(rows, COUNT(rows));
	write_plain(&mine, 1);
	hs_races_access(NULL, 0, HS_RACES_READ);
}

/* ---- named data --------------------------------------------------------------------------- */

static uint32_t named[4];

static void writes_named(struct hs_task *self, void *state)
{
	hs_sync_u32_load(self, state, HS_SYNC_RELAXED);
	write_plain(&named[2], 1);
}

static int set_up_named(struct hs_task *self, struct hs_plan *plan, void *state, const void *param)
{
	(void)self;
	assert_int_equal(hs_plan_data(plan, named, sizeof(named)), 0);
	if (param)
		assert_int_equal(hs_plan_name(plan, "a counter", &named[1], 8), 0);
	assert_int_equal(hs_plan_task(plan, "one", writes_named, state), 0);
	return hs_plan_task(plan, "two", writes_named, state);
}

static void named_data_is_declared(void **state)
{
	static const struct hs_scenario scenario = { "named data", 64, set_up_named, NULL };
	struct hs_explore_options options;
	struct hs_explore_result r;

	(void)state;
	hs_explore_options_init(&options);
	assert_int_equal(hs_explore(&scenario, NULL, &options, &r), 0);
	assert_int_equal(r.verdict, HS_VERDICT_RACE);
	assert_non_null(strstr(r.message, "at named data 0+0x8 by "));
	hs_explore_result_free(&r);
	assert_int_equal(hs_explore(&scenario, &named, &options, &r), 0);
	assert_non_null(strstr(r.message, "at a counter+0x4 by "));
	hs_explore_result_free(&r);
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
		cmocka_unit_test(a_grace_period_orders_readers),
		cmocka_unit_test(memory_is_zeroed_where_it_is_allocated),
		cmocka_unit_test(a_plain_access_to_what_is_freed_is_found),
		cmocka_unit_test(an_access_that_a_free_is_not_ordered_after_is_found),
		cmocka_unit_test(a_word_is_for_the_calls_of_a_word_alone),
		cmocka_unit_test(a_task_ends_where_its_predicate_races),
		cmocka_unit_test(both_accesses_are_named),
		cmocka_unit_test(an_atomic_access_that_is_no_word_is_refused),
		cmocka_unit_test(accesses_can_be_ignored),
		cmocka_unit_test(what_is_not_declared_is_ignored),
		cmocka_unit_test(named_data_is_declared),
	};

	hs_races_report();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
