/* SPDX-License-Identifier: MIT */
/* What the seam refuses of locks and of memory. */
#include "support/rules.h"

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

/* On threads at its end, when it is detached again. */
static void task_of_a_scenario_detaches(struct hs_task *self, void *state)
{
	(void)state;
	hs_task_detach(self);
}

static void ends_with_lock(struct hs_task *self, void *state)
{
	hs_mutex_lock(self, &((struct play_state *)state)->mutex);
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
	  { HERE, "takes the driver lock while it holds one from ", "task one" },
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
	{ "task_of_a_scenario_detaches",
	  NULL,
	  task_of_a_scenario_detaches,
	  { "detached", "task one", "" },
	  false },
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

int main(void)
{
	return rules_run("rules", rules, COUNT(rules));
}
