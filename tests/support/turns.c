/* SPDX-License-Identifier: MIT */
#include "support/turns.h"

#include "support/scale.h"

struct hs_arena *turns_arena;
struct hs_task *turns_boot;
struct turns *turns;

int turns_up_with(const struct hs_machine_config *config)
{
	if (hs_arena_create(config, &turns_arena))
		return -1;
	turns_boot = hs_arena_boot(turns_arena);
	turns = hs_alloc(turns_boot, HS_KIND_OTHER, sizeof(*turns));
	hs_waitq_init(&turns->queue);
	hs_mutex_init(&turns->mutex, HS_LOCK_DRIVER);
	turns->rounds = test_scaled(20000);
	return 0;
}

int turns_up(void **state)
{
	struct hs_machine_config config;

	(void)state;
	hs_machine_config_init(&config);
	return turns_up_with(&config);
}

int turns_down(void **state)
{
	(void)state;
	hs_free(turns_boot, turns, HS_KIND_OTHER, sizeof(*turns));
	return hs_arena_destroy(turns_arena, NULL);
}

void turns_run(void (*a)(struct hs_task *, void *), void (*b)(struct hs_task *, void *))
{
	struct hs_thread *t[2] = { hs_thread_start(turns_boot, "a", a, NULL),
				   hs_thread_start(turns_boot, "b", b, NULL) };

	assert_true(t[0] && t[1]);
	hs_thread_join(turns_boot, t[0]);
	hs_thread_join(turns_boot, t[1]);
}

void turns_begin(struct hs_task *self)
{
	hs_u32_add(self, &turns->present, 1, HS_SEQ_CST);
	while (hs_u32_load(self, &turns->present, HS_SEQ_CST) < 2)
		hs_retry_wait(self, "the other one");
}

bool turns_even(struct hs_task *self, void *arg)
{
	(void)arg;
	return hs_u32_load(self, &turns->turn, HS_ACQUIRE) % 2 == 0;
}

bool turns_odd(struct hs_task *self, void *arg)
{
	return !turns_even(self, arg);
}

void turns_pass_on(struct hs_task *self)
{
	turns->plain++;
	hs_u32_add(self, &turns->turn, 1, HS_RELEASE);
	hs_wake_all(self, &turns->queue);
}
