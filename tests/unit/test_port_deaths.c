/* SPDX-License-Identifier: MIT */
/*
 * Some of the processes that share a machine die: the others go on, or end with an error. A hang
 * ends by SIGALRM, which no test accepts.
 */
#include "support/processes.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "memory/memory.h"
#include "support/death.h"
#include "support/scale.h"

static bool never(struct hs_task *self, void *arg)
{
	(void)arg;
	return hs_u32_load(self, &sh->never, HS_ACQUIRE) != 0;
}

static void hold_for_ever(struct hs_task *self)
{
	hs_u32_store(self, &sh->holding, 1, HS_RELEASE);
	for (;;)
		pause();
}

static void holds_mutex(void *arg)
{
	struct hs_task *self = join_machine("holder");

	(void)arg;
	hs_mutex_lock(self, &sh->mutex);
	hold_for_ever(self);
}

static void holds_spinlock(void *arg)
{
	struct hs_task *self = join_machine("holder");

	(void)arg;
	hs_spin_lock(self, &sh->spin);
	hold_for_ever(self);
}

static void holds_for_reading(void *arg)
{
	struct hs_task *self = join_machine("holder");

	(void)arg;
	hs_down_read(self, &sh->sem);
	hold_for_ever(self);
}

static void holds_for_writing(void *arg)
{
	struct hs_task *self = join_machine("holder");

	(void)arg;
	hs_down_write(self, &sh->sem);
	hold_for_ever(self);
}

static void holds_mutex_and_section(void *arg)
{
	struct hs_task *self = join_machine("holder");

	(void)arg;
	hs_mutex_lock(self, &sh->mutex);
	hs_rcu_read_lock(self);
	hold_for_ever(self);
}

static void callback_holds(struct hs_task *self, struct hs_rcu_head *head)
{
	(void)head;
	hold_for_ever(self);
}

static void holds_in_callback(void *arg)
{
	struct hs_task *self = join_machine("holder");

	(void)arg;
	hs_call_rcu(self, &sh->object.head, callback_holds);
	hs_rcu_barrier(self);
}

static void holds_section(void *arg)
{
	struct hs_task *self = join_machine("holder");

	(void)arg;
	hs_rcu_read_lock(self);
	hold_for_ever(self);
}

static void holds_nothing(void *arg)
{
	struct hs_task *self = join_machine("holder");

	(void)arg;
	hs_mutex_lock(self, &sh->mutex);
	hs_mutex_unlock(self, &sh->mutex);
	hold_for_ever(self);
}

static void sleeps(void *arg)
{
	struct hs_task *self = join_machine("holder");

	(void)arg;
	hs_u32_store(self, &sh->holding, 1, HS_RELEASE);
	hs_wait_event(self, &sh->queue, never, NULL);
}

static int wants_mutex(struct hs_task *self, void *arg)
{
	(void)arg;
	hs_mutex_lock(self, &sh->mutex);
	return 1;
}

static int wants_spinlock(struct hs_task *self, void *arg)
{
	(void)arg;
	hs_spin_lock(self, &sh->spin);
	return 1;
}

static int wants_to_write(struct hs_task *self, void *arg)
{
	(void)arg;
	hs_down_write(self, &sh->sem);
	return 1;
}

static int wants_to_read(struct hs_task *self, void *arg)
{
	(void)arg;
	hs_down_read(self, &sh->sem);
	return 1;
}

static int wants_event(struct hs_task *self, void *arg)
{
	(void)arg;
	hs_wait_event(self, &sh->queue, never, NULL);
	return 1;
}

static int wants_timed_event(struct hs_task *self, void *arg)
{
	(void)arg;
	hs_wait_event_until(self, &sh->queue, never, NULL, UINT64_MAX);
	return 1;
}

static int wants_grace_period(struct hs_task *self, void *arg)
{
	(void)arg;
	hs_synchronize_rcu(self);
	return 1;
}

static int wants_callbacks(struct hs_task *self, void *arg)
{
	(void)arg;
	hs_rcu_barrier(self);
	return 1;
}

static int wants_retry(struct hs_task *self, void *arg)
{
	(void)arg;
	while (!never(self, NULL))
		hs_retry_wait(self, "what never comes");
	return 1;
}

struct death_case {
	const char *name;
	void (*holder)(void *arg);
	int (*waiter)(struct hs_task *self, void *arg);
	const char *lock;
};

static const struct death_case cases[] = {
	{ "mutex", holds_mutex, wants_mutex, "died holding the driver lock" },
	{ "spinlock", holds_spinlock, wants_spinlock, "died holding the page table lock" },
	{ "reader, writer waits", holds_for_reading, wants_to_write, "died holding the mmap lock" },
	{ "writer, writer waits", holds_for_writing, wants_to_write, "died holding the mmap lock" },
	{ "writer, reader waits", holds_for_writing, wants_to_read, "died holding the mmap lock" },
	{ "mutex, event waits", holds_mutex, wants_event, "died holding the driver lock" },
	{ "mutex, timed wait", holds_mutex, wants_timed_event, "died holding the driver lock" },
	{ "mutex, grace period", holds_mutex_and_section, wants_grace_period,
	  "died holding the driver lock" },
	{ "mutex, retry", holds_mutex, wants_retry, "died holding the driver lock" },
	{ "callback, barrier", holds_in_callback, wants_callbacks, "died in an RCU callback" },
};

#define CASES (sizeof(cases) / sizeof(cases[0]))

static int outer_guard(struct hs_task *self, void *arg)
{
	const struct death_case *c = arg;

	hs_u32_store(self, &sh->waiting, 1, HS_RELEASE);
	return hs_guard(self, c->waiter, NULL);
}

static void waits_guarded(void *arg)
{
	struct hs_task *self = join_machine("waiter");

	if (hs_guard(self, outer_guard, arg) != -EOWNERDEAD)
		_exit(2);
	/* From now on nothing is even begun. */
	if (hs_guard(self, outer_guard, arg) != -EOWNERDEAD)
		_exit(3);
	if (hs_task_detach(self))
		_exit(4);
}

static void waits_unguarded(void *arg)
{
	const struct death_case *c = arg;
	struct hs_task *self = join_machine("waiter");

	hs_u32_store(self, &sh->waiting, 1, HS_RELEASE);
	c->waiter(self, NULL);
}

static void a_dead_owner_ends_the_wait_with_an_error(void **state)
{
	const struct death_case *c = *state;
	struct timespec nap = { .tv_nsec = 5000000 };
	struct hs_machine_info info;
	pid_t holder, early, late;

	holder = spawn(c->holder, NULL);
	until(&sh->holding);
	early = spawn(waits_guarded, (void *)(uintptr_t)c);
	until(&sh->waiting);
	nanosleep(&nap, NULL); /* it may sleep by then, or not: it ends with an error in any case */
	kill_holder(holder);
	assert_ended_well(early);
	late = spawn(waits_guarded, (void *)(uintptr_t)c);
	assert_ended_well(late);
	hs_machine_info(machine, &info);
	assert_int_equal(info.dead_tasks, 1);
	assert_int_equal(info.tasks, 0);
}

static void a_dead_owner_aborts_an_unguarded_wait(void **state)
{
	const struct death_case *c = *state;
	struct death death;
	pid_t holder;

	holder = spawn(c->holder, NULL);
	until(&sh->holding);
	kill_holder(holder);
	death_of(waits_unguarded, (void *)(uintptr_t)c, &death);
	if (death.signal != SIGABRT || !strstr(death.text, "task holder") ||
	    !strstr(death.text, c->lock) || !strstr(death.text, "(task waiter)"))
		fail_msg("signal %d, status %d: %s", death.signal, death.status, death.text);
}

static void nothing_happens(struct hs_task *self, struct hs_rcu_head *head)
{
	(void)self;
	(void)head;
}

static void survives_and_calls(void *arg)
{
	struct hs_task *self = join_machine("survivor");

	(void)arg;
	hs_u32_store(self, &sh->waiting, 1, HS_RELEASE);
	hs_synchronize_rcu(self);
	hs_call_rcu(self, &sh->object.head, nothing_happens);
	hs_rcu_barrier(self);
	hs_mutex_lock(self, &sh->mutex);
	hs_mutex_unlock(self, &sh->mutex);
	/* Dead tasks neither stop the clock nor move it. */
	if (hs_wait_event_until(self, &sh->queue, never, NULL, 30) || hs_ticks(self) != 30)
		_exit(3);
	if (hs_task_detach(self))
		_exit(4);
}

static const struct death_case harmless[] = {
	{ "in a read section", holds_section, NULL, NULL },
	{ "holding nothing", holds_nothing, NULL, NULL },
	{ "asleep", sleeps, NULL, NULL },
};

#define HARMLESS (sizeof(harmless) / sizeof(harmless[0]))

static void others_go_on_after_a_death(void **state)
{
	const struct death_case *c = *state;
	struct hs_machine_info info;
	pid_t holder, survivor;

	holder = spawn(c->holder, NULL);
	until(&sh->holding);
	survivor = spawn(survives_and_calls, NULL);
	until(&sh->waiting);
	kill_holder(holder);
	assert_ended_well(survivor);
	hs_machine_info(machine, &info);
	assert_int_equal(info.dead_tasks, 1);
	assert_int_equal(info.tasks, 0);
}

static void waits_for_never(void *arg)
{
	struct hs_task *self = join_machine("patient");

	(void)arg;
	hs_u32_store(self, &sh->waiting, 1, HS_RELEASE);
	if (!hs_wait_event_until(self, &sh->queue, never, NULL, 1000) || hs_ticks(self))
		_exit(3);
	if (hs_task_detach(self))
		_exit(4);
}

/* Another task has the slot now and runs: until it sleeps, no deadline comes. */
static void the_next_task_in_the_slot_of_a_dead_sleeper_is_awake(void **state)
{
	struct hs_machine_info info;
	struct hs_task *self;
	pid_t holder, patient;

	(void)state;
	holder = spawn(sleeps, NULL);
	until_it_sleeps(1);
	kill_holder(holder);
	hs_machine_info(machine, &info);
	assert_int_equal(info.dead_tasks, 1);
	assert_int_equal(hs_task_attach(machine, "next", &self), 0);
	assert_int_equal(hs_task_id(self), 1);
	patient = spawn(waits_for_never, NULL);
	until_it_sleeps(2);
	hs_u32_store(self, &sh->never, 1, HS_RELEASE);
	hs_wake_all(self, &sh->queue);
	assert_ended_well(patient);
	assert_int_equal(hs_task_detach(self), 0);
}

/* ---- the end of a broken machine --------------------------------------------------------- */

/*
 * The next object of this size is the free one, and in the child its memory cannot be read: the
 * child dies inside the allocator, which holds the arena lock.
 */
static void forbid(void *free_object, size_t size)
{
	if (mprotect(free_object, size, PROT_NONE))
		_exit(5);
}

#define TRAP_BYTES ((size_t)128 << 10)

static void dies_in_the_allocator(void *arg)
{
	struct hs_task *self = join_machine("allocator");

	if (!hs_alloc(self, HS_KIND_PAGE, 64))
		_exit(6);
	forbid(arg, TRAP_BYTES);
	hs_alloc(self, HS_KIND_OTHER, TRAP_BYTES);
}

static void dies_under_two_locks(void *arg)
{
	struct hs_task *self = join_machine("allocator");
	struct hs_page *page;

	forbid(arg, 4096);
	hs_page_alloc(self, &page);
}

static void dies_with_the_mmap_lock(void *arg)
{
	struct hs_task *self = join_machine("writer");

	(void)arg;
	hs_down_write(self, &sh->sem);
	raise(SIGSEGV);
}

static void dies_of_a_fault(void (*fn)(void *arg), void *arg)
{
	struct death death;
	pid_t pid = spawn(fn, arg);

	assert_true(death_wait(pid, &death));
	assert_int_equal(death.signal, SIGSEGV);
}

static void destroy_names_what_a_task_left_that_died_in_the_allocator(void **state)
{
	void *trap = hs_alloc(boot, HS_KIND_OTHER, TRAP_BYTES);
	struct hs_leaks left;

	(void)state;
	hs_free(boot, trap, HS_KIND_OTHER, TRAP_BYTES);
	dies_of_a_fault(dies_in_the_allocator, trap);
	hs_pcpu_free(boot, sh->counter);
	hs_free(boot, sh, HS_KIND_SCENARIO, sizeof(*sh));
	assert_int_equal(hs_machine_destroy(machine, &left), -ENOTEMPTY);
	assert_string_equal(left.text, "1 page");
}

/* The memory lock too: the end of a machine may take each lock of it. */
static void boot_takes_over_what_a_dead_task_held(void **state)
{
	size_t memmap = (sizeof(struct hs_page) + sizeof(struct hs_page_ext))
			<< HS_SUBSECTION_ORDER;
	void *trap = hs_alloc(boot, HS_KIND_MEMMAP, memmap);

	(void)state;
	assert_int_equal(hs_memory_add(boot, 0, (uint64_t)1 << HS_SECTION_ORDER, true), 0);
	hs_free(boot, trap, HS_KIND_MEMMAP, memmap);
	dies_of_a_fault(dies_under_two_locks, trap);
	assert_int_equal(hs_pages_allocated(boot), 0);
}

static void boot_takes_over_an_rwsem_of_a_dead_writer(void **state)
{
	struct hs_machine_info info;

	(void)state;
	dies_of_a_fault(dies_with_the_mmap_lock, NULL);
	hs_machine_info(machine, &info);
	hs_down_read(boot, &sh->sem);
	hs_up_read(boot, &sh->sem);
	hs_down_write(boot, &sh->sem);
	hs_up_write(boot, &sh->sem);
	assert_int_equal(sh->sem.wanted.raw, 0);
}

static void *exits_in_section(void *arg)
{
	struct hs_task *self;

	(void)arg;
	if (!hs_task_attach(machine, "quitter", &self))
		hs_rcu_read_lock(self);
	pthread_exit(NULL);
}

static void a_thread_that_forgets_to_detach_is_reaped(void **state)
{
	struct hs_machine_info info;
	struct hs_task *self;
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, exits_in_section, NULL), 0);
	pthread_join(thread, NULL);
	assert_int_equal(hs_task_attach(machine, "parent", &self), 0);
	hs_synchronize_rcu(self);
	assert_int_equal(hs_task_detach(self), 0);
	hs_machine_info(machine, &info);
	assert_int_equal(info.dead_tasks, 1);
	assert_int_equal(info.tasks, 0);
}

static void comes_and_goes(void *arg)
{
	(void)arg;
	for (;;) {
		struct hs_task *self = join_machine("restless");

		hs_rcu_read_lock(self);
		hs_pcpu_add(self, sh->counter, 1);
		hs_rcu_read_unlock(self);
		hs_u32_store(self, &sh->holding, 1, HS_RELEASE);
		hs_task_detach(self);
	}
}

static void a_kill_at_any_moment_leaves_no_task(void **state)
{
	uint64_t rng = 7;

	(void)state;
	for (uint32_t i = 0; i < test_scaled(300) + 30; i++) {
		struct timespec nap = { .tv_nsec = (long)hs_random_below(&rng, 200000) };
		struct hs_machine_info info;
		pid_t pid[2];

		sh->holding.raw = 0;
		for (int n = 0; n < 2; n++)
			pid[n] = spawn(comes_and_goes, NULL);
		until(&sh->holding);
		nanosleep(&nap, NULL);
		kill_holder(pid[0]);
		kill_holder(pid[1]);
		hs_machine_info(machine, &info);
		assert_int_equal(info.tasks, 0);
	}
}

/* ---- what is left of a task that leaves by its guard --------------------------------------- */

static void callback_wants_spinlock(struct hs_task *self, struct hs_rcu_head *head)
{
	(void)head;
	hs_u32_store(self, &sh->waiting, 1, HS_RELEASE);
	hs_spin_lock(self, &sh->spin);
}

static int runs_callback(struct hs_task *self, void *arg)
{
	(void)arg;
	hs_call_rcu(self, &sh->object.head, callback_wants_spinlock);
	hs_rcu_barrier(self);
	return 1;
}

static int wants_spinlock_with_all(struct hs_task *self, void *arg)
{
	(void)arg;
	hs_mutex_lock(self, &sh->mutex);
	hs_rcu_read_lock(self);
	hs_rcu_read_lock(self);
	hs_u32_store(self, &sh->waiting, 1, HS_RELEASE);
	hs_spin_lock(self, &sh->spin);
	return 1;
}

/* It may wait and run callbacks as before. The mutex stays with it if it held it. */
static void leaves_by_its_guard(void *arg)
{
	struct hs_task *self = join_machine("leaver");
	const struct death_case *c = arg;

	if (hs_guard(self, c->waiter, NULL) != -EOWNERDEAD)
		_exit(2);
	if (hs_rcu_held(self))
		_exit(3);
	hs_down_write(self, &sh->sem);
	hs_synchronize_rcu(self);
	hs_up_write(self, &sh->sem);
	if (hs_task_detach(self))
		_exit(4);
}

static const struct death_case left_behind[] = {
	{ "a callback", NULL, runs_callback, NULL },
	{ "a lock and a section", NULL, wants_spinlock_with_all, NULL },
};

static void a_task_that_left_by_its_guard_holds_nothing_and_is_in_nothing(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < sizeof(left_behind) / sizeof(left_behind[0]); i++) {
		void *leaving = (void *)(uintptr_t)&left_behind[i];
		pid_t holder, leaver;

		if (i) {
			assert_int_equal(processes_down(state), 0);
			assert_int_equal(processes_up(state), 0);
		}
		holder = spawn(holds_spinlock, NULL);
		until(&sh->holding);
		leaver = spawn(leaves_by_its_guard, leaving);
		until(&sh->waiting);
		kill_holder(holder);
		assert_ended_well(leaver);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, processes_up, processes_down)

int main(void)
{
	struct CMUnitTest tests[7 + 2 * CASES + HARMLESS] = {
		cmocka_unit_test_setup(destroy_names_what_a_task_left_that_died_in_the_allocator,
				       processes_up),
		TEST(boot_takes_over_what_a_dead_task_held),
		TEST(boot_takes_over_an_rwsem_of_a_dead_writer),
		TEST(a_thread_that_forgets_to_detach_is_reaped),
		TEST(the_next_task_in_the_slot_of_a_dead_sleeper_is_awake),
		TEST(a_kill_at_any_moment_leaves_no_task),
		TEST(a_task_that_left_by_its_guard_holds_nothing_and_is_in_nothing),
	};
	struct CMUnitTest *t = &tests[7];

	for (unsigned int i = 0; i < CASES; i++) {
		void *c = (void *)(uintptr_t)&cases[i];

		*t++ = (struct CMUnitTest){ cases[i].name, a_dead_owner_ends_the_wait_with_an_error,
					    processes_up, processes_down, c };
		*t++ = (struct CMUnitTest){ cases[i].name, a_dead_owner_aborts_an_unguarded_wait,
					    processes_up, processes_down, c };
	}
	for (unsigned int i = 0; i < HARMLESS; i++)
		*t++ = (struct CMUnitTest){ harmless[i].name, others_go_on_after_a_death,
					    processes_up, processes_down,
					    (void *)(uintptr_t)&harmless[i] };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
