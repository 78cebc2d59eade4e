/* SPDX-License-Identifier: MIT */
/* Locks under threads: which tasks may be inside together, and that none is kept out for ever. */
#include "support/play.h"

#include <errno.h>

#include "port/native/arena.h"
#include "support/scale.h"

#define THREADS 4

struct shared {
	struct hs_mutex mutex;
	struct hs_spinlock spin;
	struct hs_rwsem sem;
	uint64_t plain; /* TSan sees it if the lock does not order */
	uint64_t writes;
	hs_u32 inside, readers_met, overlaps;
	hs_u32 stop, done;
	uint32_t rounds;
};

static struct shared *sh;
static struct hs_arena *arena;
static struct hs_task *boot;

static int up(void **state)
{
	static struct shared zero;
	struct hs_machine_config config;

	(void)state;
	hs_machine_config_init(&config);
	if (hs_arena_create(&config, &arena))
		return -1;
	boot = hs_arena_boot(arena);
	sh = hs_alloc(boot, HS_KIND_OTHER, sizeof(*sh));
	*sh = zero;
	hs_mutex_init(&sh->mutex, HS_LOCK_DRIVER);
	hs_spin_init(&sh->spin, HS_LOCK_PAGE_TABLE);
	hs_rwsem_init(&sh->sem, HS_LOCK_MMAP);
	sh->rounds = test_scaled(40000);
	return 0;
}

static int down(void **state)
{
	(void)state;
	hs_free(boot, sh, HS_KIND_OTHER, sizeof(*sh));
	return hs_arena_destroy(arena, NULL);
}

static void run(void (*fn[])(struct hs_task *, void *), unsigned int n)
{
	struct hs_thread *t[THREADS];

	for (unsigned int i = 0; i < n; i++) {
		t[i] = hs_thread_start(boot, "worker", fn[i], NULL);
		assert_non_null(t[i]);
	}
	for (unsigned int i = 0; i < n; i++)
		hs_thread_join(boot, t[i]);
}

static void run_all(void (*fn)(struct hs_task *, void *))
{
	void (*all[THREADS])(struct hs_task *, void *) = { fn, fn, fn, fn };

	run(all, THREADS);
}

static void alone(struct hs_task *self)
{
	if (hs_u32_add(self, &sh->inside, 1, HS_RELAXED))
		hs_u32_add(self, &sh->overlaps, 1, HS_RELAXED);
	sh->plain++;
	hs_u32_add(self, &sh->inside, -1u, HS_RELAXED);
}

static void mutex_main(struct hs_task *self, void *arg)
{
	(void)arg;
	for (uint32_t i = 0; i < sh->rounds; i++) {
		hs_mutex_lock(self, &sh->mutex);
		alone(self);
		hs_mutex_unlock(self, &sh->mutex);
	}
}

static void mutex_excludes(void **state)
{
	(void)state;
	run_all(mutex_main);
	assert_int_equal(sh->overlaps.raw, 0);
	assert_int_equal(sh->plain, (uint64_t)THREADS * sh->rounds);
	assert_int_equal(sh->mutex.word.raw, 0);
}

static void spin_main(struct hs_task *self, void *arg)
{
	(void)arg;
	for (uint32_t i = 0; i < sh->rounds; i++) {
		hs_spin_lock(self, &sh->spin);
		alone(self);
		hs_spin_unlock(self, &sh->spin);
	}
}

static void spinlock_excludes(void **state)
{
	(void)state;
	run_all(spin_main);
	assert_int_equal(sh->overlaps.raw, 0);
	assert_int_equal(sh->plain, (uint64_t)THREADS * sh->rounds);
}

/* Half of the threads block, half of them try: both kinds of acquisition meet. */
static void trylock_main(struct hs_task *self, void *arg)
{
	(void)arg;
	for (uint32_t i = 0; i < sh->rounds; i++) {
		while (!hs_mutex_trylock(self, &sh->mutex))
			hs_retry_wait(self, "trylock");
		alone(self);
		hs_mutex_unlock(self, &sh->mutex);
		while (!hs_spin_trylock(self, &sh->spin))
			hs_retry_wait(self, "trylock");
		sh->writes++;
		hs_spin_unlock(self, &sh->spin);
	}
}

static void trylocks_exclude_as_well(void **state)
{
	void (*fn[])(struct hs_task *, void *) = { trylock_main, mutex_main, trylock_main };

	(void)state;
	run(fn, 3);
	assert_int_equal(sh->overlaps.raw, 0);
	assert_int_equal(sh->plain, 3ull * sh->rounds);
	assert_int_equal(sh->writes, 2ull * sh->rounds);
}

static void reader_main(struct hs_task *self, void *arg)
{
	(void)arg;
	for (uint32_t i = 0; i < sh->rounds; i++) {
		uint64_t seen;

		if (i % 8)
			hs_down_read(self, &sh->sem);
		else if (!hs_down_read_trylock(self, &sh->sem))
			continue;
		seen = sh->plain;
		if (seen != sh->writes)
			hs_u32_add(self, &sh->overlaps, 1, HS_RELAXED);
		hs_up_read(self, &sh->sem);
	}
}

static void writer_main(struct hs_task *self, void *arg)
{
	(void)arg;
	for (uint32_t i = 0; i < sh->rounds; i++) {
		hs_down_write(self, &sh->sem);
		alone(self);
		sh->writes++;
		hs_up_write(self, &sh->sem);
	}
}

static void rwsem_writers_exclude_every_other_task(void **state)
{
	void (*fn[])(struct hs_task *, void *) = { reader_main, writer_main, reader_main,
						   writer_main };

	(void)state;
	run(fn, 4);
	assert_int_equal(sh->overlaps.raw, 0);
	assert_int_equal(sh->plain, 2ull * sh->rounds);
	assert_int_equal(sh->sem.word.raw, 0);
	assert_int_equal(sh->sem.wanted.raw, 0);
}

/* Each waits inside for the other one. */
static void meeting_main(struct hs_task *self, void *arg)
{
	(void)arg;
	hs_down_read(self, &sh->sem);
	hs_u32_add(self, &sh->readers_met, 1, HS_SEQ_CST);
	while (hs_u32_load(self, &sh->readers_met, HS_SEQ_CST) < 2)
		hs_retry_wait(self, "meeting");
	hs_up_read(self, &sh->sem);
}

static void rwsem_readers_are_inside_together(void **state)
{
	void (*fn[])(struct hs_task *, void *) = { meeting_main, meeting_main };

	(void)state;
	run(fn, 2);
	assert_int_equal(sh->readers_met.raw, 2);
}

/*
 * One of the two readers is inside at any time: each enters and then lets the other leave. Once a
 * writer waits, the reader that wants to enter stays out.
 */
static void relay_main(struct hs_task *self, void *arg)
{
	(void)arg;
	while (!hs_u32_load(self, &sh->done, HS_ACQUIRE)) {
		uint32_t baton;

		hs_down_read(self, &sh->sem);
		baton = hs_u32_add(self, &sh->readers_met, 1, HS_SEQ_CST) + 1;
		while (hs_u32_load(self, &sh->readers_met, HS_SEQ_CST) == baton &&
		       !hs_u32_load(self, &sh->sem.wanted, HS_SEQ_CST) &&
		       !hs_u32_load(self, &sh->done, HS_ACQUIRE))
			hs_retry_wait(self, "relay");
		hs_up_read(self, &sh->sem);
	}
}

static void late_writer_main(struct hs_task *self, void *arg)
{
	(void)arg;
	while (hs_u32_load(self, &sh->readers_met, HS_SEQ_CST) < 10)
		hs_retry_wait(self, "relay under way");
	for (int i = 0; i < 20; i++) {
		hs_down_write(self, &sh->sem);
		sh->writes++;
		hs_up_write(self, &sh->sem);
	}
	hs_u32_store(self, &sh->done, 1, HS_RELEASE);
}

static void writer_is_served_under_a_stream_of_readers(void **state)
{
	void (*fn[])(struct hs_task *, void *) = { relay_main, relay_main, late_writer_main };

	(void)state;
	run(fn, 3);
	assert_int_equal(sh->writes, 20);
}

static void one_write_main(struct hs_task *self, void *arg)
{
	(void)arg;
	hs_down_write(self, &sh->sem);
	sh->writes++;
	hs_up_write(self, &sh->sem);
}

static void a_waiting_writer_holds_off_new_readers(void **state)
{
	struct hs_thread *writer;
	struct hs_task *a, *b;
	bool before, after;

	(void)state;
	assert_int_equal(hs_arena_attach(arena, "a", &a), 0);
	assert_int_equal(hs_arena_attach(arena, "b", &b), 0);
	hs_down_read(a, &sh->sem);
	before = hs_down_read_trylock(b, &sh->sem);
	if (before)
		hs_up_read(b, &sh->sem);
	writer = hs_thread_start(boot, "writer", one_write_main, NULL);
	assert_non_null(writer);
	while (!hs_u32_load(a, &sh->sem.wanted, HS_SEQ_CST))
		hs_retry_wait(a, "writer waits");
	after = hs_down_read_trylock(b, &sh->sem);
	if (after)
		hs_up_read(b, &sh->sem);
	hs_up_read(a, &sh->sem);
	hs_thread_join(boot, writer);
	assert_true(before);
	assert_false(after);
	assert_int_equal(sh->writes, 1);
	assert_int_equal(hs_arena_detach(a), 0);
	assert_int_equal(hs_arena_detach(b), 0);
}

static void held_names_the_owner_only(void **state)
{
	struct hs_task *a, *b;

	(void)state;
	assert_int_equal(hs_arena_attach(arena, "a", &a), 0);
	assert_int_equal(hs_arena_attach(arena, "b", &b), 0);
	hs_mutex_lock(a, &sh->mutex);
	hs_spin_lock(b, &sh->spin);
	assert_true(hs_mutex_held(a, &sh->mutex) && !hs_mutex_held(b, &sh->mutex));
	assert_true(hs_spin_held(b, &sh->spin) && !hs_spin_held(a, &sh->spin));
	assert_false(hs_mutex_trylock(b, &sh->mutex));
	assert_int_equal(hs_arena_detach(a), -EBUSY);
	hs_mutex_unlock(a, &sh->mutex);
	hs_spin_unlock(b, &sh->spin);
	assert_false(hs_rwsem_is_locked(&sh->sem) || hs_rwsem_held(a, &sh->sem));
	hs_down_read(a, &sh->sem);
	assert_true(hs_rwsem_is_locked(&sh->sem) && hs_rwsem_held(a, &sh->sem));
	assert_false(hs_rwsem_held_write(a, &sh->sem) || hs_rwsem_held(b, &sh->sem));
	hs_up_read(a, &sh->sem);
	hs_down_write(a, &sh->sem);
	assert_true(hs_rwsem_held(a, &sh->sem) && hs_rwsem_held_write(a, &sh->sem));
	hs_spin_lock(b, &sh->spin);
	assert_false(hs_rwsem_held(b, &sh->sem) || hs_rwsem_held_write(b, &sh->sem));
	hs_spin_unlock(b, &sh->spin);
	hs_up_write(a, &sh->sem);
	assert_false(hs_rwsem_is_locked(&sh->sem));
	hs_rcu_read_lock(a);
	assert_int_equal(hs_arena_detach(a), -EBUSY);
	hs_rcu_read_unlock(a);
	assert_int_equal(hs_arena_detach(a), 0);
	assert_int_equal(hs_arena_detach(b), 0);
}

/* A task that sleeps while the owner does not know of it would sleep for ever: it is woken here. */
static void queued_main(struct hs_task *self, void *arg)
{
	(void)arg;
	hs_mutex_lock(self, &sh->mutex);
	for (uint32_t i = 1; i <= THREADS; i++) {
		uint64_t on = hs_u64_load(self, &arena->sleeps_on[i], HS_SEQ_CST);

		if (on != (uintptr_t)&sh->mutex.word)
			continue;
		hs_u32_add(self, &sh->readers_met, 1, HS_RELAXED);
		if (!(hs_u32_or(self, &sh->mutex.word, HS_LOCK_SLEEPERS, HS_SEQ_CST) &
		      HS_LOCK_SLEEPERS))
			hs_u32_add(self, &sh->overlaps, 1, HS_RELAXED);
	}
	hs_mutex_unlock(self, &sh->mutex);
}

static uint32_t sleepers_on(const hs_u32 *word)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < arena->slots; i++)
		n += hs_u64_load(boot, &arena->sleeps_on[i], HS_SEQ_CST) == (uintptr_t)word;
	return n;
}

static void the_owner_that_was_woken_knows_of_the_others_that_sleep(void **state)
{
	struct hs_thread *t[THREADS];

	(void)state;
	hs_mutex_lock(boot, &sh->mutex);
	for (int i = 0; i < THREADS; i++) {
		t[i] = hs_thread_start(boot, "queued", queued_main, NULL);
		assert_non_null(t[i]);
	}
	while (sleepers_on(&sh->mutex.word) < THREADS)
		hs_retry_wait(boot, "sleepers");
	hs_mutex_unlock(boot, &sh->mutex);
	for (int i = 0; i < THREADS; i++)
		hs_thread_join(boot, t[i]);
	assert_true(sh->readers_met.raw >= THREADS - 1);
	assert_int_equal(sh->overlaps.raw, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(mutex_excludes, up, down),
		cmocka_unit_test_setup_teardown(spinlock_excludes, up, down),
		cmocka_unit_test_setup_teardown(trylocks_exclude_as_well, up, down),
		cmocka_unit_test_setup_teardown(rwsem_writers_exclude_every_other_task, up, down),
		cmocka_unit_test_setup_teardown(rwsem_readers_are_inside_together, up, down),
		cmocka_unit_test_setup_teardown(writer_is_served_under_a_stream_of_readers, up,
						down),
		cmocka_unit_test_setup_teardown(a_waiting_writer_holds_off_new_readers, up, down),
		cmocka_unit_test_setup_teardown(held_names_the_owner_only, up, down),
		cmocka_unit_test_setup_teardown(
			the_owner_that_was_woken_knows_of_the_others_that_sleep, up, down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
