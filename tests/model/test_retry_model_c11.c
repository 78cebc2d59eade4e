/* SPDX-License-Identifier: MIT */
/*
 * The text of retry_model_c11.c under the explorer, its atomics and mutex taken for words and a
 * lock of the seam. So what other model checkers are given has the accesses of
 * support/retry_model.c: as many interleavings and as many classes.
 */
#include "support/exploration.h"

#include <pthread.h>
#include <stdatomic.h>

#include "port/port.h"

static int shim_load(const atomic_int *at);
static void shim_store(const atomic_int *at, int value);
static void shim_lock(const pthread_mutex_t *at);
static void shim_unlock(const pthread_mutex_t *at);
#if TEAR
static void shim_await(const atomic_int *at);
#endif
int played_elsewhere(void);

#undef atomic_load
#undef atomic_store
#define atomic_load(at) shim_load(at)
#define atomic_store(at, value) shim_store(at, value)
#define pthread_mutex_lock(at) shim_lock(at)
#define pthread_mutex_unlock(at) shim_unlock(at)
#define AWAIT(condition) shim_await(&done)
#define main played_elsewhere
#include "model/retry_model_c11.c" /* NOLINT(bugprone-suspicious-include): it is the subject */
#undef main

enum word {
	WORD_SEQ,
	WORD_DONE,
	WORD_CPU_PTE,
	WORD_LIVE,
	WORD_DEV_PTE,
	WORD_COUNT = WORD_DEV_PTE + SLOTS
};

/* What the explorer puts back for each execution. */
struct model {
	struct hs_mutex lock;
	hs_u32 word[WORD_COUNT];
};

static struct model *model;

static hs_u32 *shim_word(const atomic_int *at)
{
	if (at == &seq)
		return &model->word[WORD_SEQ];
	if (at == &done)
		return &model->word[WORD_DONE];
	if (at == &cpu_pte)
		return &model->word[WORD_CPU_PTE];
	if (at == &page_is_live)
		return &model->word[WORD_LIVE];
	return &model->word[WORD_DEV_PTE + (at - dev_pte)];
}

static int shim_load(const atomic_int *at)
{
	return (int)hs_u32_load(hs_task_current(), shim_word(at), HS_SEQ_CST);
}

static void shim_store(const atomic_int *at, int value)
{
	hs_u32_store(hs_task_current(), shim_word(at), (uint32_t)value, HS_SEQ_CST);
}

static void shim_lock(const pthread_mutex_t *at)
{
	(void)at;
	hs_mutex_lock(hs_task_current(), &model->lock);
}

static void shim_unlock(const pthread_mutex_t *at)
{
	(void)at;
	hs_mutex_unlock(hs_task_current(), &model->lock);
}

#if TEAR
static bool shim_is_set(struct hs_task *self, void *word)
{
	return hs_u32_load(self, word, HS_SEQ_CST) != 0;
}

static void shim_await(const atomic_int *at)
{
	hs_spin_until(hs_task_current(), shim_is_set, shim_word(at));
}
#endif

static void driver_main(struct hs_task *self, void *arg)
{
	(void)self;
	driver(arg);
}

static void invalidator_main(struct hs_task *self, void *arg)
{
	(void)self;
	invalidator(arg);
}

#if TEAR
static void teardown_main(struct hs_task *self, void *arg)
{
	(void)self;
	teardown(arg);
}
#endif

static int setup(struct hs_task *self, struct hs_plan *plan, void *state, const void *param)
{
	(void)self;
	(void)param;
	model = state;
	hs_mutex_init(&model->lock, HS_LOCK_DRIVER);
	hs_u32_init(&model->word[WORD_CPU_PTE], 1);
	hs_u32_init(&model->word[WORD_LIVE], 1);
	for (int i = 0; i < NDRV; i++) {
		first_slot[i] = i * NPG;
		hs_plan_task(plan, "driver", driver_main, &first_slot[i]);
	}
	hs_plan_task(plan, "invalidator", invalidator_main, NULL);
#if TEAR
	hs_plan_task(plan, "teardown", teardown_main, NULL);
#endif
	return 0;
}

static void check(struct hs_task *self, void *state, const void *param)
{
	(void)state;
	(void)param;
	for (int i = 0; i < SLOTS; i++)
		hs_assert(self, !atomic_load(&dev_pte[i]) || atomic_load(&cpu_pte),
			  "device entry %d is left, the page is gone", i);
}

static const struct hs_scenario scenario = { "retry in C11", sizeof(struct model), setup, check };

static void the_text_for_other_tools_has_these_classes(void **state)
{
	struct hs_explore_result r;

	(void)state;
	explore_none(&scenario, NULL, 0, CLASSES, &r);
	assert_true(r.exhaustive);
}

static void the_text_for_other_tools_has_these_interleavings(void **state)
{
	struct hs_explore_result r;

	(void)state;
	if (!INTERLEAVINGS)
		skip(); /* too many */
	explore(&scenario, NULL, HS_SEARCH_DFS, 0, NULL, &r);
	assert_string_equal(r.message, "");
	assert_int_equal(r.executions, INTERLEAVINGS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_text_for_other_tools_has_these_classes),
		cmocka_unit_test(the_text_for_other_tools_has_these_interleavings),
	};

	return cmocka_run_group_tests_name("retry model in C11", tests, NULL, NULL);
}
