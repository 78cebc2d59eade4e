/* SPDX-License-Identifier: MIT */
/*
 * What an exploration keeps of objects beside them: it can be told whatever the code under test has
 * written over them.
 */
#include "port/explore/sched.h"
#include "support/play.h"

/* As code does that is not built with ASan. */
HS_NO_ASAN static void writes_beyond(volatile char *object, size_t size)
{
	for (size_t i = 0; i < size; i++)
		object[i] = 'x';
}

#define OBJECT_SIZE 64

/* The links, the name and the places of the second are written over, its state is not. */
static void *makes_two_and_breaks_one(struct hs_task *self)
{
	char *first = hs_tracked_alloc_at(self, "request", OBJECT_SIZE, "a.c:1");
	char *next = hs_tracked_alloc_at(self, "reply", OBJECT_SIZE, "a.c:2");

	writes_beyond(first, OBJECT_SIZE + offsetof(struct hs_tracked, freed));
	return next;
}

static void uses_what_is_freed(struct hs_task *self, void *state)
{
	hs_u64 *next = makes_two_and_breaks_one(self);

	(void)state;
	hs_tracked_free_at(self, next, "a.c:3");
	hs_u64_add(self, next, 1, HS_RELAXED);
}

static void what_is_freed_is_named_though_it_was_written_over(void **state)
{
	const struct play play = { .task = { uses_what_is_freed } };
	struct hs_explore_result r;

	(void)state;
	play_expect(&play, HS_VERDICT_FREED, 1, &r);
	assert_non_null(strstr(r.message, "of an object that is freed (task one): reply from "
					  "a.c:2, freed at a.c:3 by one"));
	hs_explore_result_free(&r);
}

static void leaves_two(struct hs_task *self, void *state)
{
	hs_u64_add(self, &((struct play_state *)state)->word[0], 1, HS_RELAXED);
	makes_two_and_breaks_one(self);
	hs_tracked_alloc_at(self, "timer", OBJECT_SIZE, "a.c:4");
	hs_tracked_alloc_at(self, "timer", OBJECT_SIZE, "a.c:4");
	hs_tracked_alloc_at(self, "timer", OBJECT_SIZE, "a.c:5");
	hs_tracked_free_at(self, hs_tracked_alloc_at(self, "timer", OBJECT_SIZE, "a.c:4"), "a.c:6");
}

static void what_is_left_is_named_though_it_was_written_over(void **state)
{
	const struct play play = { .task = { leaves_two } };
	struct hs_explore_result r;

	(void)state;
	play_expect(&play, HS_VERDICT_LEAK, 1, &r);
	assert_string_equal(r.message, "1 timer from a.c:5, 2 timer from a.c:4, 1 reply from "
				       "a.c:2, 1 request from a.c:1 left at the end");
	hs_explore_result_free(&r);
}

/* ---- what was freed before the first decision ---------------------------------------------- */

static void what_is_freed_without_a_decision_lives_in_the_next_execution(void **state)
{
	struct hs_sched *s = hs_sched_get();
	char object[3];

	(void)state;
	s->decisions = 0;
	hs_births_begin(&s->births, true);
	for (int i = 0; i < 3; i++)
		hs_births_add(&s->task[0], &object[i], 1, HS_KIND_OTHER, "a.c:1");
	hs_births_end(&s->task[0], &object[0], "a.c:2");
	hs_births_stand(&s->births);
	hs_births_end(&s->task[0], &object[1], "a.c:3");
	assert_non_null(hs_births_find(&s->births, (uintptr_t)&object[1])->freed);
	hs_births_reset(&s->births);
	assert_string_equal(hs_births_find(&s->births, (uintptr_t)&object[0])->freed, "a.c:2");
	assert_null(hs_births_find(&s->births, (uintptr_t)&object[1])->freed);
	assert_null(hs_births_find(&s->births, (uintptr_t)&object[2])->freed);
	hs_births_begin(&s->births, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_freed_is_named_though_it_was_written_over),
		cmocka_unit_test(what_is_left_is_named_though_it_was_written_over),
		cmocka_unit_test(what_is_freed_without_a_decision_lives_in_the_next_execution),
	};

	return cmocka_run_group_tests_name("port births", tests, NULL, NULL);
}
