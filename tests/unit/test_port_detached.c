/* SPDX-License-Identifier: MIT */
/* What the seam refuses of a task that is detached. Outside an execution both backends abort. */
#include "support/play.h"

#include <signal.h>
#include <string.h>

#include "support/death.h"

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

static void never(struct hs_task *self, struct hs_rcu_head *head)
{
	(void)head;
	hs_assert(self, false, "a callback of a detached task runs");
}

static void detached_calls(void *arg)
{
	struct detached *d = arg;

	hs_call_rcu(d->self, &d->o->head, never);
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
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_detached_task_is_refused),
	};

	return cmocka_run_group_tests_name("detached", tests, NULL, NULL);
}
