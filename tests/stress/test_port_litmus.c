/* SPDX-License-Identifier: MIT */
/*
 * The orders that the native port relies on, each at the moment at which its absence shows.
 *
 * x86 delays stores only, so that it shows a load that overtakes a store, and no more. That a store
 * or load passes a locked instruction, or two stores each other, cannot be seen here: the orders of
 * these are listed in tests/lint/orders.txt, and TSan sees the plain data that they protect.
 */
#include "support/litmus.h"

#include <sched.h>
#include <stdlib.h>

#include "pgmap/percpu_ref.h"
#include "support/scale.h"
#include "support/test.h"

#define SECTION_LOOKS 40
#define EARLY 64 /* turns at most that the lines are fetched before the change */

struct shared {
	struct litmus l;
	_Alignas(HS_CACHE_LINE) hs_u64 changed; /* what readers look for */
	_Alignas(HS_CACHE_LINE) hs_u64 ended;	/* the change whose grace period is over */
	_Alignas(HS_CACHE_LINE) hs_u32 stop;
	_Alignas(HS_CACHE_LINE) hs_u32 sections;
	_Alignas(HS_CACHE_LINE) hs_u32 word;
	hs_u32 bad, asked, answered;
	bool by_queue; /* sleeps in a wait queue, not parked at the word */
	int hand_over;
	hs_u32 released;
	uint32_t round, wrote[2];
	struct hs_percpu_ref ref;
	uint32_t rounds;
	struct hs_rcu_head head;
	struct hs_rwsem sem;
	struct hs_waitq queue;
};

static struct hs_arena *arena;
static struct hs_task *boot;
static struct shared *sh;

static int up_mode(uint32_t fence)
{
	struct hs_machine_config config;

	hs_machine_config_init(&config);
	config.max_tasks = 4;
	if (hs_arena_create(&config, &arena))
		return -1;
	boot = hs_arena_boot(arena);
	if (fence)
		arena->rcu_fence = boot->hot.rcu_fence = 1;
	sh = hs_alloc(boot, HS_KIND_SCENARIO, sizeof(*sh));
	hs_rwsem_init(&sh->sem, HS_LOCK_MMAP);
	hs_waitq_init(&sh->queue);
	return 0;
}

static int up(void **state)
{
	(void)state;
	return up_mode(0);
}

static int up_fenced(void **state)
{
	(void)state;
	return up_mode(1);
}

static int down(void **state)
{
	(void)state;
	hs_free(boot, sh, HS_KIND_SCENARIO, sizeof(*sh));
	return hs_arena_destroy(arena, NULL);
}

/*
 * A round shows an order that is missing with a probability of 1 % or more; on a busy machine too.
 * With one processor none shows: the rounds are few.
 */
static uint32_t rounds(uint32_t n)
{
	const char *times = getenv("HMMSIM_LITMUS_TIMES");

	n = test_scaled(n);
	if (!litmus_has_two_processors())
		return n / 50 + 1;
	return times ? n * (uint32_t)strtoul(times, NULL, 10) : n;
}

static void duel(void (*first)(struct hs_task *, void *), void (*second)(struct hs_task *, void *),
		 uint32_t n)
{
	struct hs_thread *t[2];

	memset(&sh->l, 0, sizeof(sh->l));
	sh->rounds = rounds(n);
	t[0] = hs_thread_start(boot, "first", first, NULL);
	t[1] = hs_thread_start(boot, "second", second, NULL);
	assert_true(t[0] && t[1]);
	hs_thread_join(boot, t[0]);
	hs_thread_join(boot, t[1]);
	if (sh->bad.raw)
		print_error("%u of %u rounds were bad\n", sh->bad.raw, sh->rounds);
	assert_int_equal(sh->bad.raw, 0);
}

/* ---- grace periods ----------------------------------------------------------------------- */

/* A section that still saw an old value must have ended before the grace period of the new one. */
static void section(struct hs_task *self)
{
	bool bad = false;
	uint64_t seen;

	litmus_fill(self, &sh->l);
	hs_rcu_read_lock(self);
	seen = hs_u64_load(self, &sh->changed, HS_ACQUIRE);
	for (int i = 0; i < SECTION_LOOKS && !bad; i++) {
		bad = hs_u64_load(self, &sh->ended, HS_ACQUIRE) > seen;
		hs_spin_hint();
	}
	hs_rcu_read_unlock(self);
	hs_u32_add(self, &sh->sections, 1, HS_RELAXED);
	if (bad)
		hs_u32_add(self, &sh->bad, 1, HS_RELAXED);
}

static void reader(struct hs_task *self, void *arg)
{
	(void)arg;
	litmus_pin(1);
	while (!hs_u32_load(self, &sh->stop, HS_ACQUIRE))
		section(self);
}

static void reader_that_comes_and_goes(struct hs_task *self, void *arg)
{
	(void)arg;
	litmus_pin(1);
	while (!hs_u32_load(self, &sh->stop, HS_ACQUIRE)) {
		struct hs_task *t;

		hs_assert(self, !hs_arena_attach(arena, "short", &t), "attach");
		section(t);
		hs_assert(self, !hs_arena_detach(t), "detach");
	}
}

/*
 * In one round of two the lines are fetched before the change, so that only the reader's entry is
 * delayed; in the other the change is delayed as well.
 */
static void change(struct hs_task *self, uint64_t i)
{
	litmus_fill(self, &sh->l);
	if (i & 1) {
		hs_fence(self, HS_SEQ_CST);
		for (uint64_t n = hs_random(self) % EARLY; n; n--)
			hs_spin_hint();
	}
	hs_u64_store(self, &sh->changed, i, HS_RELEASE);
}

/* Only rounds in which the reader ran count. */
static void change_until_enough(struct hs_task *self,
				void (*await)(struct hs_task *self, uint64_t i))
{
	uint32_t before, met = 0;

	litmus_pin(0);
	for (uint64_t i = 1; met < sh->rounds; i++) {
		before = hs_u32_load(self, &sh->sections, HS_RELAXED);
		change(self, i);
		await(self, i);
		met += hs_u32_load(self, &sh->sections, HS_RELAXED) != before;
	}
	hs_u32_store(self, &sh->stop, 1, HS_RELEASE);
}

static void synchronize(struct hs_task *self, uint64_t i)
{
	hs_synchronize_rcu(self);
	hs_u64_store(self, &sh->ended, i, HS_RELEASE);
}

static void synchronizer(struct hs_task *self, void *arg)
{
	(void)arg;
	change_until_enough(self, synchronize);
}

static void change_has_ended(struct hs_task *self, struct hs_rcu_head *head)
{
	(void)head;
	hs_u64_store(self, &sh->ended, hs_u64_load(self, &sh->changed, HS_RELAXED), HS_RELEASE);
}

static void call(struct hs_task *self, uint64_t i)
{
	(void)i;
	hs_call_rcu(self, &sh->head, change_has_ended);
	hs_rcu_barrier(self);
}

static void caller(struct hs_task *self, void *arg)
{
	(void)arg;
	change_until_enough(self, call);
}

static void grace_period_waits_for_a_reader_whose_entry_is_not_visible(void **state)
{
	(void)state;
	duel(synchronizer, reader, 5000);
}

static void callbacks_wait_for_a_reader_whose_entry_is_not_visible(void **state)
{
	(void)state;
	duel(caller, reader, 5000);
}

static void grace_period_waits_for_a_reader_that_has_just_attached(void **state)
{
	(void)state;
	duel(synchronizer, reader_that_comes_and_goes, 5000);
}

/* What a callback wrote is seen after the barrier, whichever task ran it: for TSan. */
static void writes_plain(struct hs_task *self, struct hs_rcu_head *head)
{
	(void)self;
	(void)head;
	sh->wrote[0]++;
}

static void waits_for_callbacks(struct hs_task *self, void *arg)
{
	(void)arg;
	litmus_pin(0);
	for (uint32_t i = 1; i <= sh->rounds; i++) {
		hs_call_rcu(self, &sh->head, writes_plain);
		litmus_meet(self, &sh->l, 0, i);
		if (i % 2)
			litmus_delay(self, &sh->l);
		hs_rcu_barrier(self);
		if (sh->wrote[0] != i)
			hs_u32_add(self, &sh->bad, 1, HS_RELAXED);
	}
}

static void runs_callbacks(struct hs_task *self, void *arg)
{
	(void)arg;
	litmus_pin(1);
	for (uint32_t i = 1; i <= sh->rounds; i++) {
		litmus_meet(self, &sh->l, 1, i);
		hs_rcu_poll(self);
	}
}

static void a_barrier_sees_what_callbacks_wrote(void **state)
{
	(void)state;
	duel(waits_for_callbacks, runs_callbacks, 2000);
}

/* ---- sleeping ---------------------------------------------------------------------------- */

static bool word_is(struct hs_task *self, void *arg)
{
	return hs_u32_load(self, &sh->word, HS_RELAXED) == *(uint32_t *)arg;
}

static void sleep_until_word_is(struct hs_task *self, uint32_t i)
{
	if (sh->by_queue) {
		hs_wait_event(self, &sh->queue, word_is, &i);
		return;
	}
	while (!word_is(self, &i))
		hs_park(self, &sh->word, i - 1, false);
}

static void sleeps(struct hs_task *self, void *arg)
{
	(void)arg;
	litmus_pin(1);
	for (uint32_t i = 1; i <= sh->rounds; i++) {
		litmus_begin(self, &sh->l, i);
		litmus_fill(self, &sh->l);
		sleep_until_word_is(self, i);
		litmus_through(self, &sh->l, i);
	}
}

static void changes_and_wakes(struct hs_task *self, void *arg)
{
	(void)arg;
	litmus_pin(0);
	for (uint32_t i = 1; i <= sh->rounds; i++) {
		litmus_meet(self, &sh->l, 0, i);
		litmus_delay(self, &sh->l);
		litmus_fill(self, &sh->l);
		hs_u32_store(self, &sh->word, i, HS_RELAXED);
		if (sh->by_queue)
			hs_wake_all(self, &sh->queue);
		else
			hs_unpark(self, &sh->word, 1);
		litmus_expect_through(self, &sh->l, i);
	}
}

static void a_change_wakes_the_task_that_is_about_to_sleep(void **state)
{
	(void)state;
	duel(changes_and_wakes, sleeps, 3000);
}

static void a_wake_reaches_the_task_that_begins_to_wait(void **state)
{
	(void)state;
	sh->by_queue = true;
	duel(changes_and_wakes, sleeps, 3000);
}

/* The wake comes while the predicate is asked, for the first or second time, and says false. */
static bool word_was(struct hs_task *self, void *arg)
{
	uint32_t *asked = arg, round = hs_u32_load(self, &sh->l.at[1], HS_RELAXED);
	bool was = hs_u32_load(self, &sh->word, HS_ACQUIRE) == round;

	if (++*asked != 1 + round % 2)
		return was;
	hs_u32_store(self, &sh->asked, round, HS_RELEASE);
	while (hs_u32_load(self, &sh->answered, HS_ACQUIRE) != round)
		sched_yield();
	return was;
}

static void waits_meanwhile(struct hs_task *self, void *arg)
{
	(void)arg;
	for (uint32_t i = 1; i <= sh->rounds; i++) {
		uint32_t asked = 0;

		litmus_begin(self, &sh->l, i);
		hs_wait_event(self, &sh->queue, word_was, &asked);
		litmus_through(self, &sh->l, i);
	}
}

static void wakes_inside_the_predicate(struct hs_task *self, void *arg)
{
	(void)arg;
	for (uint32_t i = 1; i <= sh->rounds; i++) {
		litmus_meet(self, &sh->l, 0, i);
		while (hs_u32_load(self, &sh->asked, HS_ACQUIRE) != i)
			sched_yield();
		hs_u32_store(self, &sh->word, i, HS_RELEASE);
		hs_wake_all(self, &sh->queue);
		hs_u32_store(self, &sh->answered, i, HS_RELEASE);
		litmus_expect_through(self, &sh->l, i);
	}
}

/* A task asks twice before it sleeps. */
static void a_wake_inside_the_predicate_is_not_missed(void **state)
{
	(void)state;
	duel(wakes_inside_the_predicate, waits_meanwhile, 200);
}

/* ---- rwsem ------------------------------------------------------------------------------- */

/* Who holds the rwsem, and for what the other task waits. */
enum hand_over {
	WRITER_TO_WRITER,
	WRITER_TO_READER,
	READER_TO_WRITER,
};

static void wants(struct hs_task *self, void *arg)
{
	(void)arg;
	litmus_pin(1);
	for (uint32_t i = 1; i <= sh->rounds; i++) {
		litmus_begin(self, &sh->l, i);
		if (sh->hand_over == WRITER_TO_READER) {
			hs_down_read(self, &sh->sem);
			hs_up_read(self, &sh->sem);
		} else {
			hs_down_write(self, &sh->sem);
			hs_up_write(self, &sh->sem);
		}
		litmus_through(self, &sh->l, i);
	}
}

static void hands_over(struct hs_task *self, void *arg)
{
	bool reads = sh->hand_over == READER_TO_WRITER;

	(void)arg;
	litmus_pin(0);
	for (uint32_t i = 1; i <= sh->rounds; i++) {
		if (reads)
			hs_down_read(self, &sh->sem);
		else
			hs_down_write(self, &sh->sem);
		litmus_meet(self, &sh->l, 0, i);
		litmus_delay(self, &sh->l);
		litmus_fill(self, &sh->l);
		if (reads)
			hs_up_read(self, &sh->sem);
		else
			hs_up_write(self, &sh->sem);
		litmus_expect_through(self, &sh->l, i);
	}
}

static void a_release_reaches_the_task_that_begins_to_wait_for_the_rwsem(void **state)
{
	for (int i = WRITER_TO_WRITER; i <= READER_TO_WRITER; i++) {
		sh->hand_over = (enum hand_over)i;
		duel(hands_over, wants, 2000);
	}
	(void)state;
}

/* ---- the last put ------------------------------------------------------------------------ */

/* Releases see what each holder wrote. An order that is missing here only TSan sees. */
static void all_put(struct hs_task *self, struct hs_percpu_ref *ref)
{
	(void)ref;
	if (sh->wrote[0] != sh->round || sh->wrote[1] != sh->round)
		hs_u32_add(self, &sh->bad, 1, HS_RELAXED);
	hs_u32_store(self, &sh->released, sh->round, HS_RELEASE);
}

static void puts_last(struct hs_task *self, uint32_t me, uint32_t round)
{
	litmus_meet(self, &sh->l, me, 2 * round);
	sh->wrote[me] = round;
	hs_percpu_ref_put_many(self, &sh->ref, 1);
}

static void kills(struct hs_task *self, void *arg)
{
	(void)arg;
	litmus_pin(0);
	for (uint32_t i = 1; i <= sh->rounds; i++) {
		sh->round = i;
		hs_assert(self, !hs_percpu_ref_init(self, &sh->ref, all_put, i % 2), "init");
		hs_percpu_ref_get_many(self, &sh->ref, 1);
		hs_percpu_ref_get_many(self, &sh->ref, 1);
		hs_percpu_ref_kill(self, &sh->ref);
		hs_rcu_barrier(self);
		litmus_meet(self, &sh->l, 0, 2 * i - 1);
		puts_last(self, 0, i);
		while (hs_u32_load(self, &sh->released, HS_ACQUIRE) != i)
			hs_retry_wait(self, "the last put");
		hs_percpu_ref_exit(self, &sh->ref);
	}
}

static void holds(struct hs_task *self, void *arg)
{
	(void)arg;
	litmus_pin(1);
	for (uint32_t i = 1; i <= sh->rounds; i++) {
		litmus_meet(self, &sh->l, 1, 2 * i - 1);
		puts_last(self, 1, i);
	}
}

static void the_last_put_sees_what_other_holders_wrote(void **state)
{
	(void)state;
	duel(kills, holds, 2000);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, up, down)
#define FENCED(name)                                           \
	{                                                      \
#name " (fenced)", name, up_fenced, down, NULL \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(grace_period_waits_for_a_reader_whose_entry_is_not_visible),
		FENCED(grace_period_waits_for_a_reader_whose_entry_is_not_visible),
		TEST(callbacks_wait_for_a_reader_whose_entry_is_not_visible),
		FENCED(callbacks_wait_for_a_reader_whose_entry_is_not_visible),
		TEST(grace_period_waits_for_a_reader_that_has_just_attached),
		FENCED(grace_period_waits_for_a_reader_that_has_just_attached),
		TEST(a_barrier_sees_what_callbacks_wrote),
		TEST(a_change_wakes_the_task_that_is_about_to_sleep),
		TEST(a_wake_reaches_the_task_that_begins_to_wait),
		TEST(a_wake_inside_the_predicate_is_not_missed),
		TEST(a_release_reaches_the_task_that_begins_to_wait_for_the_rwsem),
		TEST(the_last_put_sees_what_other_holders_wrote),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
