/* SPDX-License-Identifier: MIT */
/* Where the seam refuses to sleep: in a read section, in a callback, under a spinlock. */
#include "support/rules.h"

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

static void ends_in_section(struct hs_task *self, void *state)
{
	(void)state;
	hs_rcu_read_lock(self);
}

static const struct rule rules[] = {
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
	{ "ends_in_section", NULL, ends_in_section, { "ends", "read section", "task one" }, false },
};

int main(void)
{
	return rules_run("sleeps", rules, COUNT(rules));
}
