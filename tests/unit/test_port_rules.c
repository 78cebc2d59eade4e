/* SPDX-License-Identifier: MIT */
/*
 * What the seam refuses. Natively the process aborts and names place, locks and task; the explorer
 * finds the same in a schedule and can replay it.
 */
#include "support/play.h"

#include <signal.h>
#include <string.h>

#include "support/death.h"

struct rule {
	const char *name;
	void (*setup)(struct hs_task *self, struct play_state *st);
	void (*task)(struct hs_task *self, void *state);
	const char *says[3]; /* all of them */
	bool debug_only;
};

static void order_inverted(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_spin_lock(self, &st->spin);
	hs_mutex_lock(self, &st->mutex);
}

static void mutex_twice(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_mutex_lock(self, &st->mutex);
	hs_mutex_lock(self, &st->mutex);
}

static void spin_twice(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_spin_lock(self, &st->spin);
	hs_spin_lock(self, &st->spin);
}

static void write_twice(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_down_write(self, &st->sem);
	hs_down_write(self, &st->sem);
}

static void read_under_write(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_down_write(self, &st->sem);
	hs_down_read(self, &st->sem);
}

static void mutex_in_section(struct hs_task *self, void *state)
{
	hs_rcu_read_lock(self);
	hs_mutex_lock(self, &((struct play_state *)state)->mutex);
}

static void write_in_section(struct hs_task *self, void *state)
{
	hs_rcu_read_lock(self);
	hs_down_write(self, &((struct play_state *)state)->sem);
}

static void sleep_in_section(struct hs_task *self, void *state)
{
	(void)state;
	hs_rcu_read_lock(self);
	hs_might_sleep(self);
}

static void sleep_under_mutex_and_spinlock(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_mutex_lock(self, &st->mutex);
	hs_might_sleep(self);
	hs_spin_lock(self, &st->spin);
	hs_might_sleep(self);
}

/* What another lock, or the same one held for less, does not allow. */
static void data_of_a_mutex(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_mutex_lock(self, &st->mutex);
	hs_assert_mutex(self, &st->mutex);
	hs_mutex_unlock(self, &st->mutex);
	hs_assert_mutex(self, &st->mutex);
}

static void data_of_a_spinlock(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_spin_lock(self, &st->spin);
	hs_assert_spin(self, &st->spin);
	hs_spin_unlock(self, &st->spin);
	hs_mutex_lock(self, &st->mutex);
	hs_assert_spin(self, &st->spin);
}

static void data_read_without_the_rwsem(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_down_read(self, &st->sem);
	hs_assert_read(self, &st->sem);
	hs_up_read(self, &st->sem);
	hs_mutex_lock(self, &st->mutex);
	hs_assert_read(self, &st->sem);
}

static void data_written_by_a_reader(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_down_write(self, &st->sem);
	hs_assert_read(self, &st->sem);
	hs_assert_write(self, &st->sem);
	hs_up_write(self, &st->sem);
	hs_down_read(self, &st->sem);
	hs_assert_write(self, &st->sem);
}

static void two_of_a_class(struct hs_task *self, void *state)
{
	struct play_state *st = state;
	struct hs_mutex other;

	hs_mutex_init(&other, HS_LOCK_DRIVER);
	hs_mutex_lock(self, &st->mutex);
	hs_mutex_lock(self, &other);
}

static void unlock_of_free_mutex(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_mutex_lock(self, &st->mutex);
	hs_mutex_unlock(self, &st->mutex);
	hs_mutex_unlock(self, &st->mutex);
}

static void unlock_of_free_spinlock(struct hs_task *self, void *state)
{
	hs_spin_unlock(self, &((struct play_state *)state)->spin);
}

static void up_read_of_free(struct hs_task *self, void *state)
{
	hs_up_read(self, &((struct play_state *)state)->sem);
}

static void up_write_of_free(struct hs_task *self, void *state)
{
	hs_up_write(self, &((struct play_state *)state)->sem);
}

static void boot_locks(struct hs_task *self, struct play_state *st)
{
	hs_mutex_lock(self, &st->mutex);
	hs_spin_lock(self, &st->spin);
}

static void boot_writes(struct hs_task *self, struct play_state *st)
{
	hs_down_write(self, &st->sem);
}

static void boot_reads(struct hs_task *self, struct play_state *st)
{
	hs_down_read(self, &st->sem);
}

static void unlock_of_other_mutex(struct hs_task *self, void *state)
{
	hs_mutex_unlock(self, &((struct play_state *)state)->mutex);
}

static void up_write_by_reader(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_down_read(self, &st->sem);
	hs_up_write(self, &st->sem);
}

static void too_many_locks(struct hs_task *self, void *state)
{
	struct hs_mutex m[HS_HELD_MAX + 1];

	(void)state;
	for (int i = 0; i <= HS_HELD_MAX; i++) {
		hs_mutex_init(&m[i], HS_LOCK_DRIVER);
		hs_mutex_trylock(self, &m[i]);
	}
}

static void no_object(struct hs_task *self, struct play_state *st)
{
	hs_ptr_init(&st->ptr, play_object(self));
}

static struct play_state *the_state; /* callbacks have no argument */

static void queue_callback(struct hs_task *self, struct play_state *st,
			   void (*fn)(struct hs_task *, struct hs_rcu_head *))
{
	the_state = st;
	hs_call_rcu(self, &((struct play_object *)st->ptr.raw)->head, fn);
	hs_synchronize_rcu(self);
	hs_rcu_barrier(self);
}

static void callback_locks(struct hs_task *self, struct hs_rcu_head *head)
{
	(void)head;
	hs_mutex_lock(self, &the_state->mutex);
}

static void callback_reads(struct hs_task *self, struct hs_rcu_head *head)
{
	(void)head;
	hs_down_read(self, &the_state->sem);
}

static void callback_writes(struct hs_task *self, struct hs_rcu_head *head)
{
	(void)head;
	hs_down_write(self, &the_state->sem);
}

static void callback_waits(struct hs_task *self, struct hs_rcu_head *head)
{
	(void)head;
	hs_wait_event(self, &the_state->queue, play_flag, the_state);
}

static void callback_synchronizes(struct hs_task *self, struct hs_rcu_head *head)
{
	(void)head;
	hs_synchronize_rcu(self);
}

static void mutex_in_callback(struct hs_task *self, void *state)
{
	queue_callback(self, state, callback_locks);
}

static void read_in_callback(struct hs_task *self, void *state)
{
	queue_callback(self, state, callback_reads);
}

static void write_in_callback(struct hs_task *self, void *state)
{
	queue_callback(self, state, callback_writes);
}

static void wait_in_callback(struct hs_task *self, void *state)
{
	queue_callback(self, state, callback_waits);
}

static void synchronize_in_callback(struct hs_task *self, void *state)
{
	queue_callback(self, state, callback_synchronizes);
}

static void wait_in_section(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_rcu_read_lock(self);
	hs_wait_event(self, &st->queue, play_flag, st);
}

static void wait_under_a_spinlock(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_u32_store(self, &st->flag, 1, HS_RELAXED); /* it would not even sleep */
	hs_spin_lock(self, &st->spin);
	hs_wait_event(self, &st->queue, play_flag, st);
}

static void synchronize_under_a_spinlock(struct hs_task *self, void *state)
{
	hs_spin_lock(self, &((struct play_state *)state)->spin);
	hs_synchronize_rcu(self);
}

static void barrier_under_a_spinlock(struct hs_task *self, void *state)
{
	hs_spin_lock(self, &((struct play_state *)state)->spin);
	hs_rcu_barrier(self);
}

/* On threads at its end, when it is detached again. */
static void task_of_a_scenario_detaches(struct hs_task *self, void *state)
{
	(void)state;
	hs_task_detach(self);
}

static void timed_wait_in_section(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_rcu_read_lock(self);
	hs_wait_event_until(self, &st->queue, play_flag, st, 5);
}

static void synchronize_in_section(struct hs_task *self, void *state)
{
	(void)state;
	hs_rcu_read_lock(self);
	hs_rcu_read_lock(self);
	hs_rcu_read_unlock(self);
	hs_synchronize_rcu(self);
}

static void barrier_in_section(struct hs_task *self, void *state)
{
	(void)state;
	hs_rcu_read_lock(self);
	hs_rcu_barrier(self);
}

static void section_left_twice(struct hs_task *self, void *state)
{
	(void)state;
	hs_rcu_read_lock(self);
	hs_rcu_read_unlock(self);
	hs_rcu_read_unlock(self);
}

static void ends_with_lock(struct hs_task *self, void *state)
{
	hs_mutex_lock(self, &((struct play_state *)state)->mutex);
}

static void ends_in_section(struct hs_task *self, void *state)
{
	(void)state;
	hs_rcu_read_lock(self);
}

static void empty_object(struct hs_task *self, void *state)
{
	(void)state;
	hs_alloc(self, HS_KIND_PAGE, 0);
}

static void free_of_nothing(struct hs_task *self, void *state)
{
	hs_free(self, &((struct play_state *)state)->word, HS_KIND_TABLE, 16);
}

static void choice_among_none(struct hs_task *self, void *state)
{
	(void)state;
	hs_choose(self, 0, "nothing to choose");
}

#ifdef HS_BACKEND_NATIVE /* in the explorer it is a use after free */
static void counter_freed_twice(struct hs_task *self, void *state)
{
	hs_u64 *counter = hs_pcpu_alloc(self);

	(void)state;
	hs_pcpu_free(self, counter);
	hs_pcpu_free(self, counter);
}
#endif

static void own_assertion(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_assert(self, st->plain[0] == 3, "expected %d, found %d", 3, (int)st->plain[0]);
}

#define HERE __FILE__ ":"

static const struct rule rules[] = {
	{ "order_inverted",
	  NULL,
	  order_inverted,
	  { HERE, "takes the driver lock while it holds the page table lock from " HERE,
	    "task one" },
	  true },
	{ "mutex_twice", NULL, mutex_twice, { HERE, "driver lock", "task one" }, false },
	{ "spin_twice", NULL, spin_twice, { HERE, "page table lock", "task one" }, false },
	{ "write_twice", NULL, write_twice, { HERE, "mmap lock", "task one" }, false },
	{ "read_under_write", NULL, read_under_write, { HERE, "mmap lock", "task one" }, false },
	{ "two_of_a_class",
	  NULL,
	  two_of_a_class,
	  { HERE, "takes the driver lock while it holds the driver lock", "task one" },
	  true },
	{ "unlock_of_free_mutex",
	  NULL,
	  unlock_of_free_mutex,
	  { HERE, "unlock of the driver lock, which is not held", "task one" },
	  false },
	{ "unlock_of_free_spinlock",
	  NULL,
	  unlock_of_free_spinlock,
	  { HERE, "unlock of the page table lock, which is not held", "task one" },
	  false },
	{ "up_read_of_free",
	  NULL,
	  up_read_of_free,
	  { HERE, "unlock of the mmap lock, which is not held", "task one" },
	  false },
	{ "up_write_of_free",
	  NULL,
	  up_write_of_free,
	  { HERE, "unlock of the mmap lock, which is not held", "task one" },
	  false },
	{ "unlock_of_other_mutex",
	  boot_locks,
	  unlock_of_other_mutex,
	  { HERE, "unlock of the driver lock, which task boot holds", "task one" },
	  false },
	{ "unlock_of_other_spinlock",
	  boot_locks,
	  unlock_of_free_spinlock,
	  { HERE, "unlock of the page table lock, which task boot holds", "task one" },
	  false },
	{ "up_read_of_writer",
	  boot_writes,
	  up_read_of_free,
	  { HERE, "unlock of the mmap lock, which task boot holds", "task one" },
	  false },
	{ "up_write_of_other_writer",
	  boot_writes,
	  up_write_of_free,
	  { HERE, "up_write of the mmap lock, which is held by another writer", "task one" },
	  false },
	{ "up_write_by_reader",
	  NULL,
	  up_write_by_reader,
	  { HERE, "up_write of the mmap lock, which is held for reading", "task one" },
	  false },
	{ "up_read_by_stranger",
	  boot_reads,
	  up_read_of_free,
	  { HERE, "unlock of the mmap lock, which this task does not hold", "task one" },
	  true },
	{ "too_many_locks",
	  NULL,
	  too_many_locks,
	  { HERE, "more than 8 locks held", "task one" },
	  true },
	{ "mutex_in_callback",
	  no_object,
	  mutex_in_callback,
	  { HERE, "an RCU callback takes the driver lock", "task" },
	  false },
	{ "read_in_callback",
	  no_object,
	  read_in_callback,
	  { HERE, "an RCU callback takes the mmap lock", "task" },
	  false },
	{ "write_in_callback",
	  no_object,
	  write_in_callback,
	  { HERE, "an RCU callback takes the mmap lock", "task" },
	  false },
	{ "wait_in_callback",
	  no_object,
	  wait_in_callback,
	  { HERE, "an RCU callback waits", "task" },
	  false },
	{ "synchronize_in_callback",
	  no_object,
	  synchronize_in_callback,
	  { HERE, "grace period inside an RCU callback", "task" },
	  false },
	{ "wait_in_section",
	  NULL,
	  wait_in_section,
	  { HERE, "wait inside an RCU read section", "task one" },
	  false },
	{ "wait_under_a_spinlock",
	  NULL,
	  wait_under_a_spinlock,
	  { HERE, "with the page table lock", "task one" },
	  true },
	{ "synchronize_under_a_spinlock",
	  NULL,
	  synchronize_under_a_spinlock,
	  { HERE, "with the page table lock", "task one" },
	  true },
	{ "barrier_under_a_spinlock",
	  NULL,
	  barrier_under_a_spinlock,
	  { "with the page table lock", "task one", "" },
	  true },
	{ "task_of_a_scenario_detaches",
	  NULL,
	  task_of_a_scenario_detaches,
	  { "detached", "task one", "" },
	  false },
	{ "timed_wait_in_section",
	  NULL,
	  timed_wait_in_section,
	  { HERE, "wait inside an RCU read section", "task one" },
	  false },
	{ "synchronize_in_section",
	  NULL,
	  synchronize_in_section,
	  { HERE, "grace period inside a read section", "task one" },
	  false },
	{ "barrier_in_section",
	  NULL,
	  barrier_in_section,
	  { "wait for callbacks inside a read section", "task one", "" },
	  false },
	{ "section_left_twice",
	  NULL,
	  section_left_twice,
	  { "RCU read section left more often than entered", "task one", "" },
	  false },
	{ "mutex_in_section",
	  NULL,
	  mutex_in_section,
	  { HERE, "the driver lock is taken inside an RCU read section", "task one" },
	  false },
	{ "write_in_section",
	  NULL,
	  write_in_section,
	  { HERE, "the mmap lock is taken inside an RCU read section", "task one" },
	  false },
	{ "sleep_in_section",
	  NULL,
	  sleep_in_section,
	  { HERE, "may sleep here, inside an RCU read section", "task one" },
	  false },
	{ "sleep_under_mutex_and_spinlock",
	  NULL,
	  sleep_under_mutex_and_spinlock,
	  { HERE, "may sleep here, with the page table lock", "task one" },
	  true },
	{ "data_of_a_mutex",
	  NULL,
	  data_of_a_mutex,
	  { HERE, "the driver lock is not held", "task one" },
	  false },
	{ "data_of_a_spinlock",
	  NULL,
	  data_of_a_spinlock,
	  { HERE, "the page table lock is not held", "task one" },
	  false },
	{ "data_read_without_the_rwsem",
	  NULL,
	  data_read_without_the_rwsem,
	  { HERE, "the mmap lock is not held", "task one" },
	  false },
	{ "data_written_by_a_reader",
	  NULL,
	  data_written_by_a_reader,
	  { HERE, "the mmap lock is not held", "task one" },
	  false },
	{ "ends_with_lock", NULL, ends_with_lock, { "ends with", "lock", "task one" }, false },
	{ "ends_in_section", NULL, ends_in_section, { "ends", "read section", "task one" }, false },
	{ "empty_object",
	  NULL,
	  empty_object,
	  { HERE, "allocation of 0 bytes", "task one" },
	  false },
	{ "free_of_nothing",
	  NULL,
	  free_of_nothing,
	  { HERE, "free of a page table of 16 bytes, but none is live", "task one" },
	  false },
	{ "choice_among_none",
	  NULL,
	  choice_among_none,
	  { "nothing to choose", "task one", "" },
	  false },
#ifdef HS_BACKEND_NATIVE
	{ "counter_freed_twice",
	  NULL,
	  counter_freed_twice,
	  { "free of a counter that is not live", "task one", "" },
	  false },
#endif
	{ "own_assertion",
	  NULL,
	  own_assertion,
	  { HERE, "expected 3, found 0", "task one" },
	  false },
};

#define RULES (sizeof(rules) / sizeof(rules[0]))

static void assert_says(const char *text, const struct rule *rule)
{
	for (unsigned int i = 0; i < 3; i++)
		if (!strstr(text, rule->says[i]))
			fail_msg("%s: no \"%s\" in: %s", rule->name, rule->says[i], text);
}

#ifdef HS_BACKEND_NATIVE
static void run_natively(void *arg)
{
	hs_scenario_run(&play_scenario, arg, NULL, NULL);
}
#endif

static void a_broken_rule_is_named(void **state)
{
	const struct rule *rule = *state;
	struct play play = { .setup = rule->setup, .task = { rule->task } };

	if (rule->debug_only && !HS_DEBUG)
		skip();
#ifdef HS_BACKEND_NATIVE
	struct death death;

	death_of(run_natively, &play, &death);
	if (death.signal != SIGABRT)
		fail_msg("%s: signal %d, status %d: %s", rule->name, death.signal, death.status,
			 death.text);
	assert_says(death.text, rule);
#else
	struct hs_explore_result r;

	play_expect(&play, HS_VERDICT_ASSERT, 1, &r);
	assert_says(r.message, rule);
	hs_explore_result_free(&r);
#endif
}

/* ---- detached tasks: outside an execution, so that both backends abort -------------------- */

struct detached {
	struct hs_arena *arena;
	struct hs_task *self;
	struct play_state *st;
	struct play_object *o;
};

static void detached_locks(void *arg)
{
	struct detached *d = arg;

	hs_mutex_lock(d->self, &d->st->mutex);
}

static void detached_spins(void *arg)
{
	struct detached *d = arg;

	hs_spin_trylock(d->self, &d->st->spin);
}

static void detached_reads(void *arg)
{
	struct detached *d = arg;

	hs_down_read(d->self, &d->st->sem);
}

static void detached_writes(void *arg)
{
	struct detached *d = arg;

	hs_down_write(d->self, &d->st->sem);
}

static void detached_allocates(void *arg)
{
	hs_alloc(((struct detached *)arg)->self, HS_KIND_PAGE, 32);
}

static void detached_waits(void *arg)
{
	struct detached *d = arg;

	hs_u32_init(&d->st->flag, 1);
	hs_wait_event(d->self, &d->st->queue, play_flag, d->st);
}

static void detached_spins_until(void *arg)
{
	struct detached *d = arg;

	hs_u32_init(&d->st->flag, 1);
	hs_spin_until(d->self, play_flag, d->st);
}

static void detached_synchronizes(void *arg)
{
	hs_synchronize_rcu(((struct detached *)arg)->self);
}

static void detached_calls(void *arg)
{
	struct detached *d = arg;

	hs_call_rcu(d->self, &d->o->head, callback_locks);
}

static void detached_detaches(void *arg)
{
	hs_arena_detach(((struct detached *)arg)->self);
}

static void boot_detaches(void *arg)
{
	hs_arena_detach(hs_arena_boot(((struct detached *)arg)->arena));
}

static void a_detached_task_is_refused(void **state)
{
	static void (*const misuse[])(void *) = {
		detached_locks,	       detached_spins,	     detached_reads,	detached_writes,
		detached_allocates,    detached_waits,	     detached_detaches, detached_calls,
		detached_synchronizes, detached_spins_until,
	};
	struct hs_machine_config config;
	struct detached d;
	struct death death;

	(void)state;
	hs_machine_config_init(&config);
	assert_int_equal(hs_arena_create(&config, &d.arena), 0);
	d.st = hs_alloc(hs_arena_boot(d.arena), HS_KIND_OTHER, sizeof(*d.st));
	d.o = play_object(hs_arena_boot(d.arena));
	hs_mutex_init(&d.st->mutex, HS_LOCK_DRIVER);
	hs_spin_init(&d.st->spin, HS_LOCK_PAGE_TABLE);
	hs_rwsem_init(&d.st->sem, HS_LOCK_MMAP);
	assert_int_equal(hs_arena_attach(d.arena, "ghost", &d.self), 0);
	assert_int_equal(hs_arena_detach(d.self), 0);
	for (unsigned int i = 0; i < sizeof(misuse) / sizeof(misuse[0]); i++) {
		death_of(misuse[i], &d, &death);
		if (death.signal != SIGABRT || !strstr(death.text, "detached") ||
		    !strstr(death.text, "ghost"))
			fail_msg("misuse %u: signal %d: %s", i, death.signal, death.text);
	}
	death_of(boot_detaches, &d, &death);
	assert_int_equal(death.signal, SIGABRT);
	assert_non_null(strstr(death.text, "the boot task is never detached"));
	play_object_free(hs_arena_boot(d.arena), d.o);
	hs_free(hs_arena_boot(d.arena), d.st, HS_KIND_OTHER, sizeof(*d.st));
	assert_int_equal(hs_arena_destroy(d.arena, NULL), 0);
}

int main(void)
{
	struct CMUnitTest tests[RULES + 1];

	for (unsigned int i = 0; i < RULES; i++)
		tests[i] = (struct CMUnitTest){ .name = rules[i].name,
						.test_func = a_broken_rule_is_named,
						.initial_state = (void *)(uintptr_t)&rules[i] };
	tests[RULES] = (struct CMUnitTest)cmocka_unit_test(a_detached_task_is_refused);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
