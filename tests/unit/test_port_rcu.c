/* SPDX-License-Identifier: MIT */
/* RCU outside an execution: what both backends promise to a few tasks on one thread. */
#include "support/play.h"

struct note {
	struct hs_rcu_head head;
	uint32_t order;
	uint32_t in_section;
};

static struct hs_arena *arena;
static struct hs_task *a, *b;
static struct note note[8];
static uint32_t ran;

static int up(void **state)
{
	struct hs_machine_config config;

	(void)state;
	hs_machine_config_init(&config);
	ran = 0;
	for (int i = 0; i < 8; i++)
		note[i] = (struct note){ .order = 0 };
	return hs_arena_create(&config, &arena) || hs_arena_attach(arena, "a", &a) ||
	       hs_arena_attach(arena, "b", &b);
}

static int down(void **state)
{
	(void)state;
	return hs_arena_detach(a) || hs_arena_detach(b) || hs_arena_destroy(arena, NULL);
}

static uint64_t grace_periods(void)
{
	struct hs_machine_info info;

	hs_arena_info(arena, &info);
	return info.grace_periods;
}

static void note_order(struct hs_task *self, struct hs_rcu_head *head)
{
	struct note *n = (struct note *)head;

	(void)self;
	n->order = ++ran;
	n->in_section = hs_rcu_held(a);
}

static void sections_nest(void **state)
{
	(void)state;
	assert_false(hs_rcu_held(a));
	hs_rcu_read_lock(a);
	hs_rcu_read_lock(a);
	hs_rcu_read_unlock(a);
	assert_true(hs_rcu_held(a));
	assert_false(hs_rcu_held(b));
	hs_rcu_read_unlock(a);
	assert_false(hs_rcu_held(a));
}

static void callback_waits_for_the_outermost_section(void **state)
{
	(void)state;
	hs_rcu_read_lock(a);
	hs_rcu_read_lock(a);
	hs_call_rcu(b, &note[0].head, note_order);
	for (int i = 0; i < 50; i++)
		assert_true(hs_rcu_poll(b));
	hs_rcu_read_unlock(a);
	for (int i = 0; i < 50; i++)
		assert_true(hs_rcu_poll(b));
	assert_int_equal(ran, 0);
	hs_rcu_read_unlock(a);
	while (hs_rcu_poll(b))
		;
	assert_int_equal(ran, 1);
	assert_false(note[0].in_section);
	assert_true(grace_periods() >= 1);
}

static void a_new_section_of_the_same_reader_is_another_one(void **state)
{
	(void)state;
	hs_rcu_read_lock(a);
	hs_call_rcu(b, &note[0].head, note_order);
	assert_true(hs_rcu_poll(b));
	hs_rcu_read_unlock(a);
	hs_rcu_read_lock(a);
	hs_rcu_poll(b);
#ifdef HS_BACKEND_NATIVE
	/* Outside an execution the explorer waits until no task is in a section. */
	assert_int_equal(ran, 1);
#endif
	hs_rcu_read_unlock(a);
	while (hs_rcu_poll(b))
		;
	assert_int_equal(ran, 1);
}

static void callbacks_run_once_each_in_their_order(void **state)
{
	(void)state;
	for (int i = 0; i < 8; i++)
		hs_call_rcu(i & 1 ? a : b, &note[i].head, note_order);
	hs_rcu_barrier(a);
	assert_int_equal(ran, 8);
	for (uint32_t i = 0; i < 8; i++)
		assert_int_equal(note[i].order, i + 1);
	assert_false(hs_rcu_poll(a));
	assert_int_equal(ran, 8);
}

static void requeue(struct hs_task *self, struct hs_rcu_head *head)
{
	note_order(self, head);
	if (ran < 5)
		hs_call_rcu(self, head, requeue);
}

static void a_callback_may_queue_itself_again(void **state)
{
	(void)state;
	hs_call_rcu(a, &note[0].head, requeue);
	hs_rcu_barrier(a);
	assert_true(ran >= 1);
	while (hs_rcu_poll(a))
		;
	assert_int_equal(ran, 5);
}

static void grace_periods_are_counted(void **state)
{
	(void)state;
	assert_int_equal(grace_periods(), 0);
	for (uint64_t i = 1; i <= 3; i++) {
		hs_synchronize_rcu(a);
		assert_int_equal(grace_periods(), i);
	}
}

static void callbacks_left_over_run_when_the_arena_is_destroyed(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++)
		hs_call_rcu(a, &note[i].head, i ? note_order : requeue);
	assert_int_equal(hs_arena_detach(a), 0);
	assert_int_equal(hs_arena_detach(b), 0);
	assert_int_equal(hs_arena_destroy(arena, NULL), 0);
	assert_true(ran >= 5);
	assert_int_equal(hs_arena_create(&(struct hs_machine_config){ .max_tasks = 4 }, &arena), 0);
	assert_int_equal(hs_arena_attach(arena, "a", &a), 0);
	assert_int_equal(hs_arena_attach(arena, "b", &b), 0);
}

static void poll_with_nothing_queued_says_so(void **state)
{
	(void)state;
	assert_false(hs_rcu_poll(a));
	hs_rcu_read_lock(b);
	assert_false(hs_rcu_poll(a));
	hs_rcu_read_unlock(b);
	assert_int_equal(grace_periods(), 0);
}

static struct hs_waitq queue;
static hs_u32 called;

static void wake(struct hs_task *self, struct hs_rcu_head *head)
{
	(void)head;
	hs_u32_store(self, &called, 1, HS_RELEASE);
	hs_wake_all(self, &queue);
}

static bool was_called(struct hs_task *self, void *arg)
{
	(void)arg;
	return hs_u32_load(self, &called, HS_ACQUIRE);
}

static void who_waits_runs_the_callback_that_it_waits_for(void **state)
{
	(void)state;
	hs_waitq_init(&queue);
	hs_u32_init(&called, 0);
	hs_call_rcu(a, &note[0].head, wake);
	hs_wait_event(a, &queue, was_called, NULL);
	assert_int_equal(called.raw, 1);
	assert_false(hs_rcu_poll(a));
}

static void assert_callback_waits_for(struct hs_task *reader)
{
	ran = 0;
	hs_rcu_read_lock(reader);
	hs_call_rcu(b, &note[0].head, note_order);
	for (int i = 0; i < 50; i++)
		assert_true(hs_rcu_poll(b));
	assert_int_equal(ran, 0);
	hs_rcu_read_unlock(reader);
	while (hs_rcu_poll(b))
		;
	assert_int_equal(ran, 1);
}

static void a_callback_waits_for_readers_in_the_first_and_the_last_slot(void **state)
{
	struct hs_task *task[HS_TASKS_MAX];
	uint32_t count = 0;

	(void)state;
	assert_callback_waits_for(hs_arena_boot(arena));
	while (!hs_arena_attach(arena, "more", &task[count]))
		count++;
	assert_in_range(count, 1, HS_TASKS_MAX - 3);
	assert_callback_waits_for(task[count - 1]);
	while (count)
		assert_int_equal(hs_arena_detach(task[--count]), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, up, down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(sections_nest),
		TEST(callback_waits_for_the_outermost_section),
		TEST(a_new_section_of_the_same_reader_is_another_one),
		TEST(callbacks_run_once_each_in_their_order),
		TEST(a_callback_may_queue_itself_again),
		TEST(grace_periods_are_counted),
		TEST(callbacks_left_over_run_when_the_arena_is_destroyed),
		TEST(poll_with_nothing_queued_says_so),
		TEST(who_waits_runs_the_callback_that_it_waits_for),
		TEST(a_callback_waits_for_readers_in_the_first_and_the_last_slot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
