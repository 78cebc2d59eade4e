/* SPDX-License-Identifier: MIT */
/* Locks of the author of a scenario: what they do, and what they refuse. */
#include "support/machine.h"
#include "support/sync_play.h"

/* ---- what locks do ------------------------------------------------------------------------ */

static void adds_under_mutex(struct hs_task *self, void *state)
{
	struct sync_state *st = state;

	hs_sync_mutex_lock(self, &st->first);
	hs_sync_assert(self, hs_sync_mutex_held(self, &st->first), "not held");
	hs_sync_u32_store(self, &st->a, hs_sync_u32_load(self, &st->a, HS_SYNC_RELAXED) + 1,
			  HS_SYNC_RELAXED);
	hs_sync_mutex_unlock(self, &st->first);
	hs_sync_assert(self, !hs_sync_mutex_held(self, &st->first), "held");
}

static void adds_under_spinlock(struct hs_task *self, void *state)
{
	struct sync_state *st = state;

	hs_sync_spin_lock(self, &st->spin);
	hs_sync_assert(self, hs_sync_spin_held(self, &st->spin), "not held");
	hs_sync_u32_store(self, &st->a, hs_sync_u32_load(self, &st->a, HS_SYNC_RELAXED) + 1,
			  HS_SYNC_RELAXED);
	hs_sync_spin_unlock(self, &st->spin);
}

static void adds_as_writer(struct hs_task *self, void *state)
{
	struct sync_state *st = state;

	hs_sync_down_write(self, &st->sem);
	hs_sync_assert(self, hs_sync_rwsem_held_write(self, &st->sem), "not held");
	hs_sync_u32_store(self, &st->a, hs_sync_u32_load(self, &st->a, HS_SYNC_RELAXED) + 1,
			  HS_SYNC_RELAXED);
	hs_sync_u32_store(self, &st->b, hs_sync_u32_load(self, &st->b, HS_SYNC_RELAXED) + 1,
			  HS_SYNC_RELAXED);
	hs_sync_up_write(self, &st->sem);
}

static void reads_both(struct hs_task *self, void *state)
{
	struct sync_state *st = state;

	hs_sync_down_read(self, &st->sem);
	hs_sync_assert(self, hs_sync_rwsem_held(self, &st->sem), "not held");
	hs_sync_assert(self, !hs_sync_rwsem_held_write(self, &st->sem), "held for writing");
	hs_sync_assert(self,
		       hs_sync_u32_load(self, &st->a, HS_SYNC_RELAXED) ==
			       hs_sync_u32_load(self, &st->b, HS_SYNC_RELAXED),
		       "a writer is inside");
	hs_sync_up_read(self, &st->sem);
}

static void adds_are_2(struct hs_task *self, struct sync_state *st)
{
	uint32_t n = hs_sync_u32_load(self, &st->a, HS_SYNC_RELAXED);

	hs_sync_assert(self, n == 2, "2 adds left %u", n);
}

static void a_lock_lets_one_task_in(void **state)
{
	const struct sync_play mutex = { .task = { adds_under_mutex, adds_under_mutex },
					 .check = adds_are_2 };
	const struct sync_play spin = { .task = { adds_under_spinlock, adds_under_spinlock },
					.check = adds_are_2 };
	const struct sync_play sem = { .task = { adds_as_writer, adds_as_writer, reads_both },
				       .check = adds_are_2 };

	(void)state;
	sync_holds(&mutex);
	sync_holds(&spin);
	sync_holds(&sem);
}

static void tries(struct hs_task *self, void *state)
{
	struct sync_state *st = state;

	hs_sync_assert(self, hs_sync_mutex_trylock(self, &st->first), "mutex");
	hs_sync_assert(self, !hs_sync_mutex_trylock(self, &st->first), "mutex twice");
	hs_sync_assert(self, hs_sync_spin_trylock(self, &st->spin), "spinlock");
	hs_sync_assert(self, !hs_sync_spin_trylock(self, &st->spin), "spinlock twice");
	hs_sync_spin_unlock(self, &st->spin);
	hs_sync_assert(self, hs_sync_down_read_trylock(self, &st->sem), "rwsem");
	hs_sync_up_read(self, &st->sem);
	hs_sync_down_write(self, &st->sem);
	hs_sync_assert(self, !hs_sync_down_read_trylock(self, &st->sem), "rwsem for writing");
	hs_sync_up_write(self, &st->sem);
	hs_sync_mutex_unlock(self, &st->first);
}

static void a_trylock_does_not_wait(void **state)
{
	const struct sync_play play = { .task = { tries } };

	(void)state;
	sync_holds(&play);
}

/* ---- misuse ------------------------------------------------------------------------------- */

static void locks_what_is_zero(struct hs_task *self, void *state)
{
	struct sync_state *st = state;

	memset(&st->first, 0, sizeof(st->first));
	hs_sync_mutex_lock(self, &st->first);
}

static void spins_on_zero(struct hs_task *self, void *state)
{
	struct sync_state *st = state;

	memset(&st->spin, 0, sizeof(st->spin));
	hs_sync_spin_trylock(self, &st->spin);
}

static void reads_under_zero(struct hs_task *self, void *state)
{
	struct sync_state *st = state;

	memset(&st->sem, 0, sizeof(st->sem));
	hs_sync_down_read(self, &st->sem);
}

static void a_lock_needs_its_class(void **state)
{
	const struct sync_play mutex = { .task = { locks_what_is_zero } };
	const struct sync_play spin = { .task = { spins_on_zero } };
	const struct sync_play sem = { .task = { reads_under_zero } };

	(void)state;
	sync_refused(&mutex, "the mutex is not initialised");
	sync_refused(&spin, "the spinlock is not initialised");
	sync_refused(&sem, "the rwsem is not initialised");
}

static void unlocks_free_mutex(struct hs_task *self, void *state)
{
	hs_sync_mutex_unlock(self, &((struct sync_state *)state)->first);
}

static void writes_twice(struct hs_task *self, void *state)
{
	struct sync_state *st = state;

	hs_sync_mutex_lock(self, &st->any);
	hs_sync_mutex_lock(self, &st->any);
}

static void misuse_names_the_class(void **state)
{
	const struct sync_play unlock = { .task = { unlocks_free_mutex } };
	const struct sync_play twice = { .task = { writes_twice } };

	(void)state;
	sync_refused(&unlock, "unlock of the first lock, which is not held");
	sync_refused(&twice, "the unordered lock is taken twice");
}

static void gives_mutex_class_to_spinlock(struct hs_task *self, void *state)
{
	hs_sync_spin_init(self, &((struct sync_state *)state)->spin, &sync_first);
}

static void gives_spinlock_class_to_mutex(struct hs_task *self, void *state)
{
	hs_sync_mutex_init(self, &((struct sync_state *)state)->third, &sync_spins);
}

static void a_class_is_of_locks_that_sleep_or_of_spinlocks(void **state)
{
	const struct sync_play spins = { .task = { gives_mutex_class_to_spinlock } };
	const struct sync_play sleeps = { .task = { gives_spinlock_class_to_mutex } };

	(void)state;
	sync_refused(&spins, "the class first lock has locks that sleep, but this lock spins");
	sync_refused(&sleeps, "the class spinning lock has spinlocks, but this lock sleeps");
}

static void a_machine_knows_48_classes_and_each_has_a_name(void **state)
{
	static const struct hs_sync_class none = { NULL, false };
	static struct hs_sync_class many[HS_SYNC_CLASSES_MAX + 1];
	struct hs_task *self = machine_task(state);
	struct hs_sync_mutex m;

	assert_int_equal(hs_sync_mutex_init(self, &m, &none), -EINVAL);
	for (size_t i = 0; i < COUNT(many); i++) {
		int ret;

		many[i].name = "one of many";
		ret = hs_sync_mutex_init(self, &m, &many[i]);
		assert_int_equal(ret, i < HS_SYNC_CLASSES_MAX ? 0 : -ENOSPC);
	}
	/* Those that it knows it goes on knowing. */
	assert_int_equal(hs_sync_mutex_init(self, &m, &many[0]), 0);
	assert_int_equal(hs_sync_mutex_init(self, &m, &many[HS_SYNC_CLASSES_MAX - 1]), 0);
	hs_sync_mutex_lock(self, &m);
	hs_sync_mutex_unlock(self, &m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_lock_lets_one_task_in),
		cmocka_unit_test(a_trylock_does_not_wait),
		cmocka_unit_test(a_lock_needs_its_class),
		cmocka_unit_test(misuse_names_the_class),
		cmocka_unit_test(a_class_is_of_locks_that_sleep_or_of_spinlocks),
		machine_unit_test(a_machine_knows_48_classes_and_each_has_a_name),
	};

	return cmocka_run_group_tests_name("sync locks", tests, NULL, NULL);
}
