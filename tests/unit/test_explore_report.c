/* SPDX-License-Identifier: MIT */
/* The text of a violation: what was violated, the objects, one column a task, one line a step. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hmmsim/sync.h>

#include "support/play.h"

/* Of the token only the switches are left, because its hash and its version move. */
static void shorten_token(char *text)
{
	char *token = strstr(text, "\ntoken: "), *sum, *switches;

	assert_non_null(token);
	sum = strrchr(token, ':');
	*sum = '\0';
	switches = strrchr(token, ':') + 1;
	memmove(token + strlen("\ntoken: "), switches, strlen(switches) + 1);
	strcat(token, "\n");
}

/* Lines fit into a mail, but for the token. Those that were wrapped are whole again. */
static void unwrap(char *text)
{
	const char *token = strstr(text, "\ntoken: ");
	char *at = text;

	assert_non_null(token);
	for (const char *line = text; line < token; line += strcspn(line, "\n") + 1)
		assert_true(strcspn(line, "\n") <= 100);
	while ((at = strstr(at, "\n    ")) != NULL) {
		if (at[5] != ' ')
			memmove(at, at + 4, strlen(at + 4) + 1);
		at++;
	}
}

/* A part of a line that has no room there is below it, as long as places are: it comes back. */
static void unwrap_parts(char *text)
{
	for (char *at = text; (at = strstr(at, "\n        ")) != NULL; at++) {
		char *part = at + 1 + strspn(at + 1, " ");

		if (strncmp(part, "F:L\n", 4) && strncmp(part, "(1 store", 8))
			continue;
		memmove(at + 2, part, strlen(part) + 1);
		at[0] = at[1] = ' ';
	}
}

/* Lines move: "F:L" stands for a place of this file, "play.c:N" for one there. Frees @text. */
static char *without_lines(char *text)
{
	static const char here[] = "tests/unit/test_explore_report.c:", play[] = "/play.c:";
	char *out = calloc(1, strlen(text) + 1), *to = out;

	assert_non_null(out);
	unwrap(text);
	for (const char *from = text; *from;) {
		bool is_here = !strncmp(from, here, sizeof(here) - 1);

		if (!is_here && strncmp(from, play, sizeof(play) - 1)) {
			*to++ = *from++;
			continue;
		}
		from += is_here ? sizeof(here) - 1 : sizeof(play) - 1;
		from += strspn(from, "0123456789");
		to = stpcpy(to, is_here ? "F:L" : "/play.c:N");
	}
	free(text);
	unwrap_parts(out);
	shorten_token(out);
	return out;
}

static void look(const struct play *play, enum hs_memory memory, uint32_t max_steps,
		 struct hs_explore_result *r)
{
	struct hs_explore_options options;

	hs_explore_options_init(&options);
	options.memory = memory;
	options.max_steps = max_steps;
	assert_int_equal(hs_explore(&play_scenario, play, &options, r), 0);
}

static void expect_report(const struct play *play, enum hs_memory memory, uint32_t max_steps,
			  const char *expected)
{
	struct hs_explore_options options;
	struct hs_explore_result r, again;
	char *text;

	look(play, memory, max_steps, &r);
	assert_non_null(r.report);
	hs_explore_options_init(&options);
	options.memory = memory;
	options.max_steps = max_steps;
	options.search = HS_SEARCH_REPLAY;
	options.schedule = r.schedule;
	assert_int_equal(hs_explore(&play_scenario, play, &options, &again), 0);
	assert_string_equal(again.report, r.report);
	hs_explore_result_free(&again);
	text = without_lines(r.report);
	r.report = NULL;
	hs_explore_result_free(&r);
	assert_null(r.report);
	assert_string_equal(text, expected);
	free(text);
}

/* ---- a use after free --------------------------------------------------------------------- */

static void reads_the_object(struct hs_task *self, void *state)
{
	struct play_state *st = state;
	struct play_object *o = hs_ptr_load(self, &st->ptr, HS_ACQUIRE);

	if (o)
		hs_u64_add(self, &o->value, 1, HS_RELAXED);
}

static void frees_the_object(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	play_object_free(self, hs_ptr_xchg(self, &st->ptr, NULL, HS_ACQ_REL));
}

static void steps_are_columns_with_objects_values_and_places(void **state)
{
	const struct play play = { .setup = play_with_object,
				   .task = { reads_the_object, frees_the_object } };

	(void)state;
	expect_report(
		&play, HS_MEMORY_SC, 100,
		"use after free: F:L: read-modify-write of an object that is freed (task one)\n"
		"\n"
		"other object 0 (32 bytes):\n"
		"  allocated at tests/support/play.c:N by boot\n"
		"  freed at tests/support/play.c:N by two\n"
		"  used at F:L by one: other object 0+0x10\n"
		"\n"
		"1 one                   2 two\n"
		"load scenario state+0x48  other object 0  F:L\n"
		"~ preempted\n"
		"                        xchg scenario state+0x48  other object 0 -> NULL  F:L\n"
		"                        free other object 0  tests/support/play.c:N\n"
		"                        ~ ends\n"
		"add other object 0+0x10  <-- use after free  F:L\n"
		"\n"
		"token: 1,2x2,1\n");
}

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
	expect_report(
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

/* ---- a deadlock --------------------------------------------------------------------------- */

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
	expect_report(&play, HS_MEMORY_SC, 100,
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

/* ---- choices, ends, older values ---------------------------------------------------------- */

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
	expect_report(&play, HS_MEMORY_VIEWS, 100,
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

/* ---- a leak, RCU and what has no object ----------------------------------------------------- */

static void leaks_in_a_section(struct hs_task *self, void *state)
{
	(void)state;
	hs_rcu_read_lock(self);
	assert_non_null(hs_tracked_alloc_at(self, "request", 40, HS_HERE));
	hs_rcu_read_unlock(self);
}

static void a_leak_has_its_object_and_rcu_none(void **state)
{
	const struct play play = { .task = { leaks_in_a_section } };
	struct hs_explore_result r;
	char *text;

	(void)state;
	look(&play, HS_MEMORY_SC, 100, &r);
	assert_int_equal(r.verdict, HS_VERDICT_LEAK);
	text = without_lines(r.report);
	r.report = NULL;
	hs_explore_result_free(&r);
	assert_non_null(
		strstr(text, "request 0 (40 bytes): allocated at F:L by one, never freed\n"));
	assert_non_null(strstr(text, "\n1 one\nrcu_read_lock  F:L\nrcu_read_unlock  F:L\n"));
	assert_non_null(strstr(text, "\n~ ends\n"));
	assert_null(strstr(text, "machine"));
	free(text);
}

/* ---- rounds ------------------------------------------------------------------------------- */

static void tries_for_ever(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	while (!hs_u32_load(self, &st->flag, HS_RELAXED)) {
		hs_u64_add(self, &st->word[0], 1, HS_RELAXED);
		hs_u64_add(self, &st->word[0], (uint64_t)-1, HS_RELAXED);
		hs_retry_wait(self, "the flag");
	}
}

static void rounds_that_repeat_are_one_line(void **state)
{
	const struct play play = { .task = { tries_for_ever } };

	(void)state;
	expect_report(&play, HS_MEMORY_SC, 1000,
		      "livelock: one tries again for ever (the flag): no other task changes what "
		      "it read, and it does not get on alone: scenario state+0x40 is 0, scenario "
		      "state is 0\n"
		      "\n"
		      "1 one\n"
		      "load scenario state+0x40  0  F:L\n"
		      "add scenario state  0 -> 1  F:L\n"
		      "add scenario state  1 -> 0  F:L\n"
		      "retry: the flag  F:L\n"
		      "~ the same 4 steps 127 times more\n"
		      "load scenario state+0x40  0  F:L\n"
		      "add scenario state  0 -> 1  F:L\n"
		      "add scenario state  1 -> 0  F:L\n"
		      "\n"
		      "one waits at F:L: retry: the flag\n"
		      "\n"
		      "token: 1x515\n");
}

static void adds_many_times(struct hs_task *self, void *state)
{
	for (int i = 0; i < 20; i++)
		hs_u64_add(self, &((struct play_state *)state)->word[0], 1, HS_RELAXED);
	hs_assert(self, !self, "never");
}

static void rounds_with_other_values_show_the_last_one(void **state)
{
	const struct play play = { .task = { adds_many_times } };

	(void)state;
	expect_report(&play, HS_MEMORY_SC, 100,
		      "assertion: F:L: never (task one)\n"
		      "\n"
		      "1 one\n"
		      "add scenario state  0 -> 1  F:L\n"
		      "~ the same step 18 times more, with other values\n"
		      "add scenario state  0x13 -> 0x14  F:L\n"
		      "<-- assertion\n"
		      "\n"
		      "token: 1x20\n");
}

static void adds_in_three_rounds(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	for (int i = 0; i < 3; i++) {
		hs_u64_add(self, &st->word[0], 1, HS_RELAXED);
		hs_u64_store(self, &st->word[1], 7, HS_RELAXED);
	}
	hs_assert(self, !self, "never");
}

static void one_round_between_is_once_more(void **state)
{
	const struct play play = { .task = { adds_in_three_rounds } };

	(void)state;
	expect_report(&play, HS_MEMORY_SC, 100,
		      "assertion: F:L: never (task one)\n"
		      "\n"
		      "1 one\n"
		      "add scenario state  0 -> 1  F:L\n"
		      "store scenario state+0x8  0 -> 7  F:L\n"
		      "~ the same 2 steps once more, with other values\n"
		      "add scenario state  2 -> 3  F:L\n"
		      "store scenario state+0x8  7 -> 7  F:L\n"
		      "<-- assertion\n"
		      "\n"
		      "token: 1x6\n");
}

static void chooses_again_and_again(struct hs_task *self, void *state)
{
	hs_u64_store(self, &((struct play_state *)state)->word[0], 1, HS_RELAXED);
	for (int i = 0; i < 5; i++)
		hs_choose(self, 2, "a bit");
	hs_assert(self, !self, "never");
}

static void stores_as_well(struct hs_task *self, void *state)
{
	hs_u64_store(self, &((struct play_state *)state)->word[1], 1, HS_RELAXED);
}

static void choices_that_repeat_are_no_steps(void **state)
{
	const struct play play = { .task = { stores_as_well, chooses_again_and_again } };

	(void)state;
	expect_report(&play, HS_MEMORY_SC, 100,
		      "assertion: F:L: never (task two)\n"
		      "\n"
		      "1 one                   2 two\n"
		      "                        store scenario state  0 -> 1  F:L\n"
		      "                        choice 0 of 2: a bit\n"
		      "                        ~ the same choice 4 times more\n"
		      "                        <-- assertion\n"
		      "\n"
		      "token: 2,c0,c0,c0,c0,c0\n");
}

/* ---- outside the machine, outcomes, the places of all that is a step */

static char outside[16];

static void keeps_addresses(struct hs_task *self, void *state)
{
	struct play_state *st = state;
	char local;

	hs_ptr_store(self, &st->ptr, outside, HS_RELAXED);
	hs_ptr_store(self, &st->ptr, &local, HS_RELAXED);
	hs_u64_store(self, &st->word[0], (uintptr_t)(outside + 8), HS_RELAXED);
	hs_assert(self, !self, "never");
}

static void addresses_of_the_program_have_no_digits(void **state)
{
	const struct play play = { .task = { keeps_addresses } };

	(void)state;
	if ((uintptr_t)outside < 1ull << 44) /* a program at an address of its own */
		return;
	expect_report(&play, HS_MEMORY_SC, 100,
		      "assertion: F:L: never (task one)\n"
		      "\n"
		      "1 one\n"
		      "store scenario state+0x48  NULL -> own memory #1  F:L\n"
		      "store scenario state+0x48  own memory #1 -> stack of one #2  F:L\n"
		      "store scenario state  0 -> own memory #3  F:L\n"
		      "<-- assertion\n"
		      "\n"
		      "token: 1x3\n");
}

static void reads_an_address_for_ever(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_ptr_store(self, &st->ptr, outside, HS_RELAXED);
	while (hs_ptr_load(self, &st->ptr, HS_RELAXED))
		hs_retry_wait(self, "NULL");
}

static void a_message_has_no_digits_of_an_address_either(void **state)
{
	const struct play play = { .task = { reads_an_address_for_ever } };
	struct hs_explore_result r;

	(void)state;
	look(&play, HS_MEMORY_SC, 1000, &r);
	assert_non_null(strstr(r.message, "alone: scenario state+0x48 is own memory #1"));
	hs_explore_result_free(&r);
}

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
	hs_assert(self, !self, "never");
}

static void each_operation_has_its_name_and_outcome(void **state)
{
	const struct play play = { .task = { tries_what_fails } };

	(void)state;
	expect_report(&play, HS_MEMORY_SC, 100,
		      "assertion: F:L: never (task one)\n"
		      "\n"
		      "1 one\n"
		      "cmpxchg scenario state  0  failed  F:L\n"
		      "cmpxchg scenario state  0 -> 1  F:L\n"
		      "or scenario state  1 -> 7  F:L\n"
		      "and scenario state  7 -> 3  F:L\n"
		      "xchg scenario state  3 -> 9  F:L\n"
		      "trylock scenario state+0x58 (driver lock)  F:L\n"
		      "trylock scenario state+0x58 (driver lock)  failed  F:L\n"
		      "unlock scenario state+0x58 (driver lock)  F:L\n"
		      "<-- assertion\n"
		      "\n"
		      "token: 1x8\n");
}

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
	expect_report(&play, HS_MEMORY_SC, 100,
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
	struct hs_explore_result r;
	char *text;

	(void)state;
	if (HS_ASAN || HS_TSAN)
		return;
	look(&play, HS_MEMORY_SC, 100, &r);
	assert_int_equal(r.verdict, HS_VERDICT_CRASH);
	text = without_lines(r.report);
	r.report = NULL;
	hs_explore_result_free(&r);
	assert_string_equal(text,
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
	free(text);
}

/* ---- tasks that wait for each other ---------------------------------------------------------- */

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

static void replay(const struct play *play, const char *schedule, const char *expected)
{
	struct hs_explore_options options;
	struct hs_explore_result r;
	char *text;

	hs_explore_options_init(&options);
	options.search = HS_SEARCH_REPLAY;
	options.schedule = schedule;
	assert_int_equal(hs_explore(&play_scenario, play, &options, &r), 0);
	text = without_lines(r.report);
	r.report = NULL;
	hs_explore_result_free(&r);
	assert_string_equal(text, expected);
	free(text);
}

static void a_task_that_waits_says_for_whom(void **state)
{
	const struct play play = { .task = { takes_the_rwsem_then_the_mutex,
					     holds_the_mutex_for_a_grace_period,
					     reads_until_the_rwsem_is_free } };

	(void)state;
	replay(&play, "3*2 2*2 1",
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

static void takes_the_mutex(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_mutex_lock(self, &st->mutex);
	hs_mutex_unlock(self, &st->mutex);
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
	expect_report(
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
	replay(&play, "1 2 1 2*2",
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
	replay(&play, "1*2 2*4 1",
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
	expect_report(
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

/* ---- long executions ---------------------------------------------------------------------- */

#define LONG 20000u
#define MANY 60

static void frees_many_and_goes_on_for_ever(struct hs_task *self, void *state)
{
	for (int i = 0; i < MANY; i++) {
		void *request = hs_tracked_alloc_at(self, "request", 40, HS_HERE);

		assert_non_null(request);
		hs_tracked_free_at(self, request, HS_HERE);
	}
	/* The sequence of Thue and Morse: nowhere the same three times in a row. */
	for (unsigned int i = 0;; i++)
		hs_u64_add(self, &((struct play_state *)state)->word[__builtin_popcount(i) & 1], 1,
			   HS_RELAXED);
}

static unsigned int count_lines(const char *text, const char *with)
{
	unsigned int count = 0;

	while ((text = strstr(text, with)) != NULL) {
		count++;
		text += strlen(with);
	}
	return count;
}

static void of_much_the_first_and_the_last_is_shown(void **state)
{
	const struct play play = { .task = { frees_many_and_goes_on_for_ever } };
	struct hs_explore_options options;
	struct hs_explore_result r;
	char last[64];

	(void)state;
	hs_explore_options_init(&options);
	options.max_steps = LONG;
	assert_int_equal(hs_explore(&play_scenario, &play, &options, &r), 0);
	assert_int_equal(r.verdict, HS_VERDICT_STEPS);
	assert_int_equal(count_lines(r.report, "\nfree request "), MANY);
	assert_int_equal(count_lines(r.report, "\nadd "), 1000 - MANY);
	assert_int_equal(count_lines(r.report, "\n... 19000 decisions ...\n"), 1);
	assert_int_equal(count_lines(r.report, ", freed"), 50);
	assert_int_equal(count_lines(r.report, "\n... 10 objects ...\nrequest 10 "), 1);
	snprintf(last, sizeof(last), "  0x%x -> 0x%x  ", (LONG - MANY) / 2 - 1, (LONG - MANY) / 2);
	assert_int_equal(count_lines(r.report, last), 2); /* of two words */
	hs_explore_result_free(&r);
}

/* ---- the check ---------------------------------------------------------------------------- */

static void check_uses_the_request(struct hs_task *self, struct play_state *st)
{
	hs_u64_load(self, (hs_u64 *)st->tasks[0], HS_RELAXED);
}

static void frees_a_request_of_its_own(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	st->tasks[0] = hs_tracked_alloc_at(self, "request", 40, HS_HERE);
	assert_non_null(st->tasks[0]);
	hs_tracked_free_at(self, st->tasks[0], HS_HERE);
}

static void a_use_after_free_in_the_check_is_one(void **state)
{
	const struct play play = { .task = { frees_a_request_of_its_own },
				   .check = check_uses_the_request };

	(void)state;
	expect_report(&play, HS_MEMORY_SC, 100,
		      "use after free: F:L: load of an object that is freed (task boot): request "
		      "from F:L, freed at F:L by one\n"
		      "\n"
		      "request 0 (40 bytes):\n"
		      "  allocated at F:L by one\n"
		      "  freed at F:L by one\n"
		      "  used at F:L by boot: request 0\n"
		      "\n"
		      "1 one\n"
		      "free request 0  F:L\n"
		      "~ ends\n"
		      "\n"
		      "check:\n"
		      "load request 0  <-- use after free  F:L\n"
		      "\n"
		      "token: 1\n");
}

static void fails_in_set_up(struct hs_task *self, struct play_state *st)
{
	hs_u64_store(self, &st->word[1], 4, HS_RELAXED);
	hs_assert(self, hs_mutex_trylock(self, &st->mutex), "the mutex is free");
	hs_assert(self, hs_mutex_trylock(self, &st->mutex), "the mutex is free");
}

static int set_up_with_a_name(struct hs_task *self, struct hs_plan *plan, void *state,
			      const void *param)
{
	char name[] = "gone when the set-up has returned";

	(void)self;
	(void)param;
	return hs_plan_name(plan, name, state, 64);
}

/* No name of an exploration before is left. */
static void steps_of_a_set_up_that_fails_are_shown(void **state)
{
	const struct hs_scenario named = { "named", sizeof(struct play_state), set_up_with_a_name,
					   NULL };
	const struct play play = { .setup = fails_in_set_up, .task = { reads_the_object } };
	struct hs_explore_options options;
	struct hs_explore_result r;
	char *text;

	(void)state;
	hs_explore_options_init(&options);
	assert_int_equal(hs_explore(&named, NULL, &options, &r), 0);
	hs_explore_result_free(&r);
	look(&play, HS_MEMORY_SC, 100, &r);
	text = without_lines(r.report);
	r.report = NULL;
	hs_explore_result_free(&r);
	assert_string_equal(text, "assertion: F:L: the mutex is free (task boot)\n"
				  "\n"
				  "set-up:\n"
				  "store scenario state+0x8  0 -> 4  F:L\n"
				  "trylock scenario state+0x58 (driver lock)  F:L\n"
				  "trylock scenario state+0x58 (driver lock)  failed  F:L\n"
				  "\n"
				  "token: \n");
	free(text);
}

/* ---- a crash ------------------------------------------------------------------------------ */

/* As code does that is not built with ASan. */
HS_NO_ASAN static void writes_beyond(volatile char *object, size_t size)
{
	for (size_t i = 0; i < size; i++)
		object[i] = 'x';
}

static void writes_over_the_next_object(struct hs_task *self, void *state)
{
	char *first = hs_tracked_alloc_at(self, "request", 64, HS_HERE);
	hs_u64 *next = hs_tracked_alloc_at(self, "reply", 64, HS_HERE);

	(void)state;
	hs_u64_add(self, next, 1, HS_RELAXED);
	writes_beyond(first, (size_t)((char *)next - first));
	hs_tracked_free_at(self, next, HS_HERE);
}

static void what_is_written_over_keeps_its_name(void **state)
{
	const struct play play = { .task = { writes_over_the_next_object } };
	struct hs_explore_result r;

	(void)state;
	look(&play, HS_MEMORY_SC, 100, &r);
	assert_int_equal(r.verdict, HS_VERDICT_ASSERT);
	assert_non_null(strstr(r.message, "free of what hs_sync_alloc() did not return"));
	assert_non_null(strstr(r.report, "\nadd reply 1  "));
	hs_explore_result_free(&r);
}

static void aborts(struct hs_task *self, void *state)
{
	hs_u64_add(self, &((struct play_state *)state)->word[2], 1, HS_RELAXED);
	abort();
}

/* It is not run again for it. With a sanitizer the process ends instead. */
static void a_crash_has_a_report(void **state)
{
	const struct play play = { .task = { aborts, frees_the_object } };
	struct hs_explore_result r;
	char *text;

	(void)state;
	if (HS_ASAN || HS_TSAN)
		return;
	look(&play, HS_MEMORY_SC, 100, &r);
	assert_int_equal(r.verdict, HS_VERDICT_CRASH);
	text = without_lines(r.report);
	r.report = NULL;
	hs_explore_result_free(&r);
	assert_string_equal(text, "crash: SIGABRT in task one, after read-modify-write at F:L\n"
				  "\n"
				  "1 one                   2 two\n"
				  "add scenario state+0x10  0 -> 1  F:L\n"
				  "<-- crash\n"
				  "\n"
				  "token: 1\n");
	free(text);
}

/* It is not the execution that was asked for. */
static void what_diverges_has_a_schedule_in_place_of_a_token(void **state)
{
	const struct play play = { .task = { reads_the_object } };
	struct hs_explore_options options;
	struct hs_explore_result r;

	(void)state;
	hs_explore_options_init(&options);
	options.search = HS_SEARCH_REPLAY;
	options.schedule = "1 2";
	assert_int_equal(hs_explore(&play_scenario, &play, &options, &r), 0);
	assert_int_equal(r.verdict, HS_VERDICT_DIVERGED);
	assert_null(r.token);
	assert_non_null(strstr(r.report, "\nschedule: 1\n"));
	hs_explore_result_free(&r);
}

static void without_a_violation_there_is_none(void **state)
{
	const struct play play = { .task = { reads_the_object } };
	struct hs_explore_result r;

	(void)state;
	look(&play, HS_MEMORY_SC, 100, &r);
	assert_null(r.report);
	hs_explore_result_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(steps_are_columns_with_objects_values_and_places),
		cmocka_unit_test(objects_of_the_author_have_his_words),
		cmocka_unit_test(locks_that_are_held_are_named),
		cmocka_unit_test(a_choice_has_a_line_and_a_load_what_it_saw),
		cmocka_unit_test(a_leak_has_its_object_and_rcu_none),
		cmocka_unit_test(rounds_that_repeat_are_one_line),
		cmocka_unit_test(rounds_with_other_values_show_the_last_one),
		cmocka_unit_test(one_round_between_is_once_more),
		cmocka_unit_test(choices_that_repeat_are_no_steps),
		cmocka_unit_test(addresses_of_the_program_have_no_digits),
		cmocka_unit_test(a_message_has_no_digits_of_an_address_either),
		cmocka_unit_test(each_operation_has_its_name_and_outcome),
		cmocka_unit_test(every_step_names_the_place_of_its_call),
		cmocka_unit_test(public_calls_name_the_line_of_their_caller),
		cmocka_unit_test(a_task_that_waits_says_for_whom),
		cmocka_unit_test(tasks_that_wait_for_each_other_are_a_cycle),
		cmocka_unit_test(a_switch_says_which_lock_is_held_by_whom),
		cmocka_unit_test(both_accesses_of_what_is_freed_have_their_locks),
		cmocka_unit_test(an_older_store_is_named),
		cmocka_unit_test(of_much_the_first_and_the_last_is_shown),
		cmocka_unit_test(a_use_after_free_in_the_check_is_one),
		cmocka_unit_test(steps_of_a_set_up_that_fails_are_shown),
		cmocka_unit_test(what_is_written_over_keeps_its_name),
		cmocka_unit_test(a_crash_has_a_report),
		cmocka_unit_test(what_diverges_has_a_schedule_in_place_of_a_token),
		cmocka_unit_test(without_a_violation_there_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
