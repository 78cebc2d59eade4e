/* SPDX-License-Identifier: MIT */
/* What a report calls each step: its operation, what it read and wrote, where it was called. */
#include <hmmsim/sync.h>

#include "support/report_text.h"

/* ---- operations --------------------------------------------------------------------------- */

static void tries_what_fails(struct hs_task *self, void *state)
{
	struct play_state *st = state;
	uint64_t expected = 7;

	hs_u64_cmpxchg(self, &st->word[0], &expected, 1, HS_RELAXED);
	hs_u64_cmpxchg(self, &st->word[0], &expected, 1, HS_RELAXED);
	hs_u64_or(self, &st->word[0], 6, HS_RELAXED);
	hs_u64_and(self, &st->word[0], 3, HS_RELAXED);
	hs_u64_xchg(self, &st->word[0], 9, HS_RELAXED);
	hs_mutex_trylock(self, &st->mutex);
	hs_mutex_trylock(self, &st->mutex);
	hs_mutex_unlock(self, &st->mutex);
	REPORT_NEVER;
}

static void each_operation_has_its_name_and_outcome(void **state)
{
	(void)state;
	report_never(tries_what_fails,
		     "cmpxchg scenario state  0  failed  F:L\n"
		     "cmpxchg scenario state  0 -> 1  F:L\n"
		     "or scenario state  1 -> 7  F:L\n"
		     "and scenario state  7 -> 3  F:L\n"
		     "xchg scenario state  3 -> 9  F:L\n"
		     "trylock scenario state+0x58 (driver lock)  F:L\n"
		     "trylock scenario state+0x58 (driver lock)  failed  F:L\n"
		     "unlock scenario state+0x58 (driver lock)  F:L\n",
		     "1x8");
}

/* ---- choices and older values ------------------------------------------------------------- */

static void chooses_and_stores(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_u64_store(self, &st->word[0], 5, HS_RELAXED);
	hs_u64_store(self, &st->word[1], hs_choose(self, 3, "a value"), HS_RELAXED);
}

static void expects_what_is_not_so(struct hs_task *self, void *state)
{
	struct play_state *st = state;
	uint64_t second = hs_u64_load(self, &st->word[1], HS_RELAXED);
	uint64_t first = hs_u64_load(self, &st->word[0], HS_RELAXED);

	hs_assert(self, second != 2 || first == 5, "second %u, first %u", (unsigned int)second,
		  (unsigned int)first);
}

static void a_choice_has_a_line_and_a_load_what_it_saw(void **state)
{
	const struct play play = { .task = { chooses_and_stores, expects_what_is_not_so } };

	(void)state;
	report_expect(&play, HS_MEMORY_VIEWS, 100,
		      "assertion: F:L: second 2, first 0 (task two)\n"
		      "\n"
		      "1 one                   2 two\n"
		      "store.rlx scenario state  0 -> 5  F:L\n"
		      "choice 2 of 3: a value\n"
		      "store.rlx scenario state+0x8  0 -> 2  F:L\n"
		      "~ ends\n"
		      "                        load.rlx scenario state+0x8  2  F:L\n"
		      "                        load.rlx scenario state  0  (1 store behind: of the "
		      "set-up)  F:L\n"
		      "                        <-- assertion\n"
		      "\n"
		      "token: 1,c2,1,2,c0,2,c1\n");
}

static void stores_twice(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_u64_store(self, &st->word[0], 1, HS_RELEASE);
	hs_u64_store(self, &st->word[0], 2, HS_SEQ_CST);
}

static void expects_no_store_between(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_assert(self, hs_u64_load(self, &st->word[0], HS_ACQUIRE) != 1, "not 1");
}

static void an_older_store_is_named(void **state)
{
	const struct play play = { .task = { stores_twice, expects_no_store_between } };

	(void)state;
	report_expect(
		&play, HS_MEMORY_VIEWS, 100,
		"assertion: F:L: not 1 (task two)\n"
		"\n"
		"1 one                   2 two\n"
		"store.rel scenario state  0 -> 1  F:L\n"
		"store.sc scenario state  1 -> 2  F:L\n"
		"~ ends\n"
		"                        load.acq scenario state  1  (1 store behind: of one, "
		"F:L)  F:L\n"
		"                        <-- assertion\n"
		"\n"
		"token: 1x2,2,c1\n");
}

/* ---- places ------------------------------------------------------------------------------- */

static void takes_steps_of_all_kinds(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_rcu_read_lock(self);
	hs_pcpu_add(self, st->counter, 2);
	hs_pcpu_sum(self, st->counter);
	hs_rcu_read_unlock(self);
	hs_rcu_poll(self);
	hs_ticks_advance(self, 3);
	hs_ticks(self);
	hs_complete(self, NULL, &st->flag, 1);
	hs_synchronize_rcu(self);
	hs_pcpu_free(self, st->counter);
	hs_rcu_read_lock(self);
}

static void every_step_names_the_place_of_its_call(void **state)
{
	const struct play play = { .setup = play_with_counter,
				   .task = { takes_steps_of_all_kinds } };

	(void)state;
	report_expect(&play, HS_MEMORY_SC, 100,
		      "assertion: F:L: the task ends in an RCU read section (task one)\n"
		      "\n"
		      "1 one\n"
		      "rcu_read_lock  F:L\n"
		      "add percpu counter 0[1]  0 -> 2  F:L\n"
		      "load percpu counter 0[0]  0  F:L\n"
		      "load percpu counter 0[1]  2  F:L\n"
		      "rcu_read_unlock  F:L\n"
		      "poll RCU callbacks  F:L\n"
		      "add clock  0 -> 3  F:L\n"
		      "load clock  3  F:L\n"
		      "complete scenario state+0x40  0 -> 1  F:L\n"
		      "synchronize_rcu  F:L\n"
		      "grace period ends  F:L\n"
		      "free percpu counter 0[0]  F:L\n"
		      "free percpu counter 0[1]  F:L\n"
		      "rcu_read_lock  F:L\n"
		      "<-- assertion\n"
		      "\n"
		      "one is in an RCU read section since F:L\n"
		      "\n"
		      "token: 1x14\n");
}

static void uses_the_public_calls(struct hs_task *self, void *state)
{
	(void)state;
	hs_sync_rcu_read_lock(self);
	hs_sync_ticks_advance(self, 3);
	hs_sync_ticks(self);
	hs_sync_rcu_read_unlock(self);
	hs_sync_u32_init(NULL, 1);
}

/* Also of those that are no step, if they crash: with a sanitizer the process ends instead. */
static void public_calls_name_the_line_of_their_caller(void **state)
{
	const struct play play = { .task = { uses_the_public_calls } };

	(void)state;
	if (HS_ASAN || HS_TSAN)
		return;
	report_once(&play, HS_VERDICT_CRASH,
		    "crash: SIGSEGV (address 0) in task one, after rcu_read_unlock at "
		    "F:L, the last place known is F:L\n"
		    "\n"
		    "1 one\n"
		    "rcu_read_lock  F:L\n"
		    "add clock  0 -> 3  F:L\n"
		    "load clock  3  F:L\n"
		    "rcu_read_unlock  F:L\n"
		    "<-- crash\n"
		    "\n"
		    "token: 1x4\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_operation_has_its_name_and_outcome),
		cmocka_unit_test(a_choice_has_a_line_and_a_load_what_it_saw),
		cmocka_unit_test(an_older_store_is_named),
		cmocka_unit_test(every_step_names_the_place_of_its_call),
		cmocka_unit_test(public_calls_name_the_line_of_their_caller),
	};

	return cmocka_run_group_tests_name("explore steps", tests, NULL, NULL);
}
