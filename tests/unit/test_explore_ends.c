/* SPDX-License-Identifier: MIT */
/* How an execution ended: who waits for whom, who holds what, what was used that is freed. */
#include "support/report_text.h"

/* ---- who holds what ----------------------------------------------------------------------- */

static void takes_mutex_then_waits(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_mutex_lock(self, &st->mutex);
	hs_u64_store(self, &st->word[1], 300, HS_RELAXED);
	hs_wait_event(self, &st->queue, play_flag, st);
	hs_mutex_unlock(self, &st->mutex);
}

static void sets_the_flag_under_the_mutex(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_mutex_lock(self, &st->mutex);
	hs_u32_store(self, &st->flag, 1, HS_RELEASE);
	hs_wake_all(self, &st->queue);
	hs_mutex_unlock(self, &st->mutex);
}

static void locks_that_are_held_are_named(void **state)
{
	const struct play play = { .task = { takes_mutex_then_waits,
					     sets_the_flag_under_the_mutex } };

	(void)state;
	report_expect(&play, HS_MEMORY_SC, 100,
		      "deadlock: nothing can move: one in wait at F:L; two in lock at F:L (the "
		      "driver lock, held by one)\n"
		      "\n"
		      "1 one                   2 two\n"
		      "lock scenario state+0x58 (driver lock)  F:L\n"
		      "store scenario state+0x8  0 -> 0x12c  F:L\n"
		      "wait scenario state+0x78  F:L\n"
		      "\n"
		      "one waits at F:L: wait scenario state+0x78\n"
		      "one holds the driver lock (scenario state+0x58) since F:L\n"
		      "two waits at F:L: lock scenario state+0x58 (driver lock), which one took at "
		      "F:L\n"
		      "\n"
		      "token: 1x3\n");
}

static void takes_the_mutex(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_mutex_lock(self, &st->mutex);
	hs_mutex_unlock(self, &st->mutex);
}

static void stores_then_takes_the_mutex(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_u64_store(self, &st->word[1], 1, HS_RELAXED);
	takes_the_mutex(self, state);
}

static void a_switch_says_which_lock_is_held_by_whom(void **state)
{
	const struct play play = { .task = { takes_the_mutex, stores_then_takes_the_mutex } };

	(void)state;
	report_replay(&play, "1 2 1 2*2",
		      "1 one                   2 two\n"
		      "lock scenario state+0x58 (driver lock)  F:L\n"
		      "~ preempted\n"
		      "                        store scenario state+0x8  0 -> 1  F:L\n"
		      "                        ~ waits for the driver lock, held by one\n"
		      "unlock scenario state+0x58 (driver lock)  F:L\n"
		      "~ ends\n"
		      "                        lock scenario state+0x58 (driver lock)  F:L\n"
		      "                        unlock scenario state+0x58 (driver lock)  F:L\n"
		      "                        ~ ends\n"
		      "\n"
		      "token: 1,2,1,2x2\n");
}

/* ---- who waits for whom ------------------------------------------------------------------- */

static void takes_the_rwsem_then_the_mutex(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_down_read(self, &st->sem);
	hs_mutex_lock(self, &st->mutex);
	hs_mutex_unlock(self, &st->mutex);
	hs_up_read(self, &st->sem);
}

static void holds_the_mutex_for_a_grace_period(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_mutex_lock(self, &st->mutex);
	hs_synchronize_rcu(self);
	hs_mutex_unlock(self, &st->mutex);
}

static void reads_until_the_rwsem_is_free(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_rcu_read_lock(self);
	while (hs_rwsem_is_locked(&st->sem) || !hs_u64_load(self, &st->word[0], HS_RELAXED))
		hs_retry_wait(self, "the rwsem");
	hs_rcu_read_unlock(self);
}

static void a_task_that_waits_says_for_whom(void **state)
{
	const struct play play = { .task = { takes_the_rwsem_then_the_mutex,
					     holds_the_mutex_for_a_grace_period,
					     reads_until_the_rwsem_is_free } };

	(void)state;
	report_replay(
		&play, "3*2 2*2 1",
		"deadlock: nothing can move: one in lock at F:L (the driver lock, held by two); two "
		"in grace period at F:L; three in retry at F:L: the rwsem\n"
		"\n"
		"1 one           2 two           3 three\n"
		"                                rcu_read_lock  F:L\n"
		"                                load scenario state  0  F:L\n"
		"                                ~ waits until it may try again\n"
		"                lock scenario state+0x58 (driver lock)  F:L\n"
		"                synchronize_rcu  F:L\n"
		"                ~ waits for a grace period: three reads\n"
		"down_read scenario state+0x68 (mmap lock)  F:L\n"
		"\n"
		"one waits at F:L: lock scenario state+0x58 (driver lock), which two took at F:L\n"
		"one holds the mmap lock (scenario state+0x68) since F:L\n"
		"two waits at F:L: grace period, three, in a read section since F:L\n"
		"two holds the driver lock (scenario state+0x58) since F:L\n"
		"three waits at F:L: retry: the rwsem\n"
		"three is in an RCU read section since F:L\n"
		"\n"
		"token: 3x2,2x2,1\n");
}

static void joins_what_needs_its_mutex(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_mutex_lock(self, &st->mutex);
	hs_thread_join(self, hs_thread_start(self, "child", takes_the_mutex, st));
	hs_mutex_unlock(self, &st->mutex);
}

static void tasks_that_wait_for_each_other_are_a_cycle(void **state)
{
	const struct play play = { .task = { joins_what_needs_its_mutex } };

	(void)state;
	report_expect(
		&play, HS_MEMORY_SC, 100,
		"deadlock: nothing can move: one in join at F:L; child in lock at F:L (the "
		"driver lock, held by one)\n"
		"\n"
		"1 one                   2 child\n"
		"lock scenario state+0x58 (driver lock)  F:L\n"
		"\n"
		"one waits at F:L: join task child, child, which has not ended\n"
		"one holds the driver lock (scenario state+0x58) since F:L\n"
		"child waits at F:L: lock scenario state+0x58 (driver lock), which one took at "
		"F:L\n"
		"a cycle: one waits for child, child for one\n"
		"\n"
		"token: 1\n");
}

/* ---- what was used that is freed ---------------------------------------------------------- */

static void with_request(struct hs_task *self, struct play_state *st)
{
	hs_ptr_init(&st->ptr, hs_tracked_alloc_at(self, "request", 40, HS_HERE));
	assert_non_null(st->ptr.raw);
}

static void uses_the_request(struct hs_task *self, void *state)
{
	struct play_state *st = state;
	hs_u64 *request = hs_ptr_load(self, &st->ptr, HS_ACQUIRE);

	if (request)
		hs_u64_add(self, &request[2], 1, HS_RELAXED);
}

static void frees_the_request(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_tracked_free_at(self, hs_ptr_xchg(self, &st->ptr, NULL, HS_ACQ_REL), HS_HERE);
}

static void objects_of_the_author_have_his_words(void **state)
{
	const struct play play = { .setup = with_request,
				   .task = { uses_the_request, frees_the_request } };

	(void)state;
	report_expect(
		&play, HS_MEMORY_SC, 100,
		"use after free: F:L: read-modify-write of an object that is freed (task one): "
		"request from F:L, freed at F:L by two\n"
		"\n"
		"request 0 (40 bytes):\n"
		"  allocated at F:L by boot\n"
		"  freed at F:L by two\n"
		"  used at F:L by one: request 0+0x10\n"
		"\n"
		"1 one                   2 two\n"
		"load scenario state+0x48  request 0  F:L\n"
		"~ preempted\n"
		"                        xchg scenario state+0x48  request 0 -> NULL  F:L\n"
		"                        free request 0  F:L\n"
		"                        ~ ends\n"
		"add request 0+0x10  <-- use after free  F:L\n"
		"\n"
		"token: 1,2x2,1\n");
}

static void uses_the_request_under_the_rwsem(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_down_read(self, &st->sem);
	uses_the_request(self, state);
	hs_up_read(self, &st->sem);
}

static void frees_the_request_under_the_mutex(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_mutex_lock(self, &st->mutex);
	frees_the_request(self, state);
	hs_mutex_unlock(self, &st->mutex);
}

static void both_accesses_of_what_is_freed_have_their_locks(void **state)
{
	const struct play play = { .setup = with_request,
				   .task = { uses_the_request_under_the_rwsem,
					     frees_the_request_under_the_mutex } };

	(void)state;
	report_replay(
		&play, "1*2 2*4 1",
		"use after free: F:L: read-modify-write of an object that is freed (task one): "
		"request from F:L, freed at F:L by two\n"
		"\n"
		"request 0 (40 bytes):\n"
		"  allocated at F:L by boot\n"
		"  freed at F:L by two, holding the driver lock (F:L)\n"
		"  used at F:L by one: request 0+0x10, holding the mmap lock (F:L)\n"
		"\n"
		"1 one                   2 two\n"
		"down_read scenario state+0x68 (mmap lock)  F:L\n"
		"load scenario state+0x48  request 0  F:L\n"
		"~ preempted\n"
		"                        lock scenario state+0x58 (driver lock)  F:L\n"
		"                        xchg scenario state+0x48  request 0 -> NULL  F:L\n"
		"                        free request 0  F:L\n"
		"                        unlock scenario state+0x58 (driver lock)  F:L\n"
		"                        ~ ends\n"
		"add request 0+0x10  <-- use after free  F:L\n"
		"\n"
		"one holds the mmap lock (scenario state+0x68) since F:L\n"
		"\n"
		"token: 1x2,2x4,1\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(locks_that_are_held_are_named),
		cmocka_unit_test(a_switch_says_which_lock_is_held_by_whom),
		cmocka_unit_test(a_task_that_waits_says_for_whom),
		cmocka_unit_test(tasks_that_wait_for_each_other_are_a_cycle),
		cmocka_unit_test(objects_of_the_author_have_his_words),
		cmocka_unit_test(both_accesses_of_what_is_freed_have_their_locks),
	};

	return cmocka_run_group_tests_name("explore ends", tests, NULL, NULL);
}
