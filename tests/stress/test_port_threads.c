/* SPDX-License-Identifier: MIT */
/*
 * RCU, counters and memory under threads, with the kernel's barriers and without: where
 * membarrier(2) is missing, readers fence themselves.
 */
#include "support/play.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/membarrier.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "port/native/arena.h"
#include "support/death.h"
#include "support/scale.h"

#define LIVE 0x11fe11fe11fe11feull
#define DEAD 0xdeaddeaddeaddeadull
#define THREADS_MAX 6

struct shared {
	hs_ptr ptr;
	hs_u32 stop, bad, inside, begun, done, release;
	hs_u32 callback_ran, returned;
	hs_u64 *counter;
	hs_u64 callbacks;
	struct hs_mutex mutex;
	uint32_t rounds;
	struct hs_rcu_head head[2];
};

static struct hs_arena *arena;
static struct hs_task *boot;
static struct shared *sh;
static struct hs_rcu_head *slow_head;

static int up_mode(uint32_t fence, enum hs_arena_kind kind)
{
	struct hs_machine_config config;

	hs_machine_config_init(&config);
	config.kind = kind;
	if (hs_arena_create(&config, &arena))
		return -1;
	boot = hs_arena_boot(arena);
	if (fence)
		arena->rcu_fence = boot->hot.rcu_fence = 1;
	sh = hs_alloc(boot, HS_KIND_SCENARIO, sizeof(*sh));
	hs_mutex_init(&sh->mutex, HS_LOCK_DRIVER);
	sh->rounds = test_scaled(10000);
	return 0;
}

static int up(void **state)
{
	(void)state;
	return up_mode(0, HS_ARENA_HEAP);
}

static int up_fenced(void **state)
{
	(void)state;
	return up_mode(1, HS_ARENA_HEAP);
}

static int up_region(void **state)
{
	(void)state;
	return up_mode(0, HS_ARENA_REGION);
}

static int down(void **state)
{
	(void)state;
	hs_free(boot, sh, HS_KIND_SCENARIO, sizeof(*sh));
	return hs_arena_destroy(arena, NULL);
}

static void run(void (*const fn[])(struct hs_task *, void *), unsigned int n)
{
	struct hs_thread *t[THREADS_MAX];

	for (unsigned int i = 0; i < n; i++) {
		t[i] = hs_thread_start(boot, "worker", fn[i], NULL);
		assert_non_null(t[i]);
	}
	for (unsigned int i = 0; i < n; i++)
		hs_thread_join(boot, t[i]);
}

/* ---- readers ----------------------------------------------------------------------------- */

static void reader(struct hs_task *self, void *arg)
{
	(void)arg;
	while (!hs_u32_load(self, &sh->stop, HS_ACQUIRE)) {
		struct play_object *o;

		hs_rcu_read_lock(self);
		o = hs_ptr_load(self, &sh->ptr, HS_ACQUIRE);
		for (int i = 0; o && i < 20; i++) {
			hs_deref(self, o);
			if (hs_u64_load(self, &o->value, HS_RELAXED) != LIVE || o->plain != 7)
				hs_u32_store(self, &sh->bad, 1, HS_RELAXED);
		}
		hs_rcu_read_unlock(self);
	}
}

static struct play_object *exchange(struct hs_task *self)
{
	struct play_object *o = play_object(self);

	o->plain = 7;
	hs_u64_init(&o->value, LIVE);
	return hs_ptr_xchg(self, &sh->ptr, o, HS_ACQ_REL);
}

static void bury_object(struct hs_task *self, struct play_object *o)
{
	hs_u64_store(self, &o->value, DEAD, HS_RELAXED);
	o->plain = 0;
	play_object_free(self, o);
}

static void finish(struct hs_task *self)
{
	bury_object(self, hs_ptr_xchg(self, &sh->ptr, NULL, HS_ACQ_REL));
}

static void synchronizer(struct hs_task *self, void *arg)
{
	(void)arg;
	for (uint32_t i = 0; i < sh->rounds; i++) {
		struct play_object *old = exchange(self);

		hs_synchronize_rcu(self);
		if (old)
			bury_object(self, old);
	}
	hs_u32_store(self, &sh->stop, 1, HS_RELEASE);
}

static void grace_period_waits_for_reader(void **state)
{
	void (*const fn[])(struct hs_task *, void *) = { reader, reader, synchronizer };

	(void)state;
	run(fn, 3);
	finish(boot);
	assert_int_equal(sh->bad.raw, 0);
}

static void free_object(struct hs_task *self, struct hs_rcu_head *head)
{
	bury_object(self, (struct play_object *)head);
	hs_u64_add(self, &sh->callbacks, 1, HS_RELAXED);
}

static void caller(struct hs_task *self, void *arg)
{
	(void)arg;
	for (uint32_t i = 0; i < sh->rounds; i++) {
		struct play_object *old = exchange(self);

		if (old)
			hs_call_rcu(self, &old->head, free_object);
		if (i % 16 == 0)
			hs_rcu_poll(self);
		if (i % 256 == 0)
			hs_rcu_barrier(self);
	}
	hs_u32_store(self, &sh->stop, 1, HS_RELEASE);
}

static void callbacks_wait_for_readers(void **state)
{
	void (*const fn[])(struct hs_task *, void *) = { reader, reader, caller, caller };

	(void)state;
	run(fn, 4);
	hs_rcu_barrier(boot);
	assert_int_equal(sh->callbacks.raw, 2ull * sh->rounds - 1);
	finish(boot);
	assert_int_equal(sh->bad.raw, 0);
}

/* Leaves the section after the other task had every chance to go on too early. */
static void long_reader(struct hs_task *self, void *arg)
{
	(void)arg;
	hs_rcu_read_lock(self);
	hs_u32_store(self, &sh->inside, 1, HS_SEQ_CST);
	while (!hs_u32_load(self, &sh->begun, HS_SEQ_CST))
		hs_retry_wait(self, "begun");
	for (int i = 0; i < 500; i++)
		sched_yield();
	if (hs_u32_load(self, &sh->done, HS_SEQ_CST))
		hs_u32_store(self, &sh->bad, 1, HS_RELAXED);
	hs_rcu_read_unlock(self);
}

static void waits_for_long_reader(struct hs_task *self, void *arg)
{
	(void)arg;
	while (!hs_u32_load(self, &sh->inside, HS_SEQ_CST))
		hs_retry_wait(self, "reader");
	hs_u32_store(self, &sh->begun, 1, HS_SEQ_CST);
	hs_synchronize_rcu(self);
	hs_u32_store(self, &sh->done, 1, HS_SEQ_CST);
}

static void synchronize_lasts_as_long_as_the_section(void **state)
{
	void (*const fn[])(struct hs_task *, void *) = { long_reader, waits_for_long_reader };

	(void)state;
	run(fn, 2);
	assert_int_equal(sh->bad.raw, 0);
	assert_int_equal(sh->done.raw, 1);
}

/* ---- barrier ----------------------------------------------------------------------------- */

static void slow_callback(struct hs_task *self, struct hs_rcu_head *head)
{
	(void)head;
	hs_u32_store(self, &sh->begun, 1, HS_SEQ_CST);
	while (!hs_u32_load(self, &sh->release, HS_ACQUIRE))
		sched_yield();
	hs_u32_store(self, &sh->callback_ran, 1, HS_RELEASE);
}

static void quick_callback(struct hs_task *self, struct hs_rcu_head *head)
{
	(void)head;
	hs_u64_add(self, &sh->callbacks, 1, HS_RELEASE);
}

static void runs_slow_callback(struct hs_task *self, void *arg)
{
	(void)arg;
	hs_call_rcu(self, slow_head, slow_callback);
	while (hs_rcu_poll(self))
		;
}

static void calls_barrier(struct hs_task *self, void *arg)
{
	(void)arg;
	while (!hs_u32_load(self, &sh->begun, HS_SEQ_CST))
		hs_retry_wait(self, "slow callback");
	hs_rcu_barrier(self);
	if (!hs_u32_load(self, &sh->callback_ran, HS_ACQUIRE))
		hs_u32_store(self, &sh->bad, 1, HS_RELAXED);
	hs_u32_store(self, &sh->returned, 1, HS_RELEASE);
}

/* While the barrier waits for the slow one, a later callback wants to run. */
static void overtakes(struct hs_task *self, void *arg)
{
	(void)arg;
	while (!hs_u32_load(self, &sh->begun, HS_SEQ_CST))
		hs_retry_wait(self, "slow callback");
	for (int i = 0; i < 200; i++)
		sched_yield();
	hs_call_rcu(self, &sh->head[1], quick_callback);
	for (int i = 0; i < 2000 && !hs_u32_load(self, &sh->returned, HS_ACQUIRE); i++) {
		hs_rcu_poll(self);
		sched_yield();
	}
	hs_u32_store(self, &sh->release, 1, HS_RELEASE);
}

static void barrier_waits_for_a_callback_that_another_task_runs(void **state)
{
	void (*const fn[])(struct hs_task *, void *) = { runs_slow_callback, calls_barrier,
							 overtakes };

	(void)state;
	slow_head = &sh->head[0];
	run(fn, 3);
	hs_rcu_barrier(boot);
	assert_int_equal(sh->bad.raw, 0);
	assert_int_equal(sh->callbacks.raw, 1);
}

/* ---- tasks that come and go -------------------------------------------------------------- */

static void short_lives(struct hs_task *self, void *arg)
{
	(void)arg;
	for (uint32_t i = 0; i < sh->rounds / 4 + 1; i++) {
		struct hs_task *t;

		if (hs_arena_attach(arena, "short", &t)) {
			hs_u32_store(self, &sh->bad, 1, HS_RELAXED);
			return;
		}
		hs_rcu_read_lock(t);
		hs_pcpu_add(t, sh->counter, 1);
		hs_rcu_read_unlock(t);
		hs_pcpu_add(self, sh->counter, 2);
		if (hs_arena_detach(t))
			hs_u32_store(self, &sh->bad, 1, HS_RELAXED);
	}
	hs_u32_store(self, &sh->stop, 1, HS_RELEASE);
}

static void synchronizes_meanwhile(struct hs_task *self, void *arg)
{
	struct hs_machine_info info;

	(void)arg;
	while (!hs_u32_load(self, &sh->stop, HS_ACQUIRE)) {
		hs_synchronize_rcu(self);
		hs_arena_info(arena, &info);
		if (info.dead_tasks || info.tasks < 1 || info.tasks > 7)
			hs_u32_store(self, &sh->bad, 1, HS_RELAXED);
	}
}

static void counts_survive_their_tasks(void **state)
{
	void (*const fn[])(struct hs_task *, void *) = { short_lives, short_lives, short_lives,
							 synchronizes_meanwhile };
	uint64_t sum;

	(void)state;
	sh->counter = hs_pcpu_alloc(boot);
	assert_non_null(sh->counter);
	run(fn, 4);
	sum = hs_pcpu_sum(boot, sh->counter);
	hs_pcpu_free(boot, sh->counter);
	assert_int_equal(sh->bad.raw, 0);
	assert_int_equal(sum, 9ull * (sh->rounds / 4 + 1));
}

static void allocates_counters(struct hs_task *self, void *arg)
{
	hs_u64 *mine[5];

	(void)arg;
	for (uint32_t i = 0; i < sh->rounds / 4 + 1; i++) {
		for (uint32_t n = 0; n < 5; n++) {
			mine[n] = hs_pcpu_alloc(self);
			if (!mine[n] || hs_pcpu_sum(self, mine[n]))
				hs_u32_store(self, &sh->bad, 1, HS_RELAXED);
			hs_pcpu_add(self, mine[n], n + 1);
		}
		for (uint32_t n = 0; n < 5; n++) {
			if (hs_pcpu_sum(self, mine[n]) != n + 1)
				hs_u32_store(self, &sh->bad, 1, HS_RELAXED);
			hs_pcpu_free(self, mine[n]);
		}
	}
}

static void counters_come_and_go_under_threads(void **state)
{
	void (*const fn[])(struct hs_task *, void *) = { allocates_counters, allocates_counters,
							 allocates_counters };

	(void)state;
	run(fn, 3);
	assert_int_equal(sh->bad.raw, 0);
}

static void allocates(struct hs_task *self, void *arg)
{
	static const size_t sizes[] = { 1, 16, 32, 48, 100, 512, 600, 4096, 9000, 70000 };
	unsigned char *p[10];

	(void)arg;
	for (uint32_t i = 0; i < sh->rounds / 8 + 1; i++) {
		for (uint32_t n = 0; n < 10; n++) {
			p[n] = hs_alloc(self, HS_KIND_OTHER, sizes[n]);
			if (!p[n] || p[n][0] || p[n][sizes[n] / 2] || p[n][sizes[n] - 1])
				hs_u32_store(self, &sh->bad, 1, HS_RELAXED);
			memset(p[n], (int)(self->hot.id + n), sizes[n]);
		}
		for (uint32_t n = 0; n < 10; n++) {
			if (p[n][0] != (unsigned char)(self->hot.id + n) ||
			    p[n][sizes[n] - 1] != (unsigned char)(self->hot.id + n))
				hs_u32_store(self, &sh->bad, 1, HS_RELAXED);
			hs_free(self, p[n], HS_KIND_OTHER, sizes[n]);
		}
	}
}

static void asks_for_info(struct hs_task *self, void *arg)
{
	struct hs_machine_info info;

	(void)self;
	(void)arg;
	for (uint32_t i = 0; i < sh->rounds / 8 + 1; i++)
		hs_arena_info(arena, &info);
}

static void objects_come_and_go_under_threads(void **state)
{
	void (*const fn[])(struct hs_task *, void *) = { allocates, allocates, asks_for_info };

	(void)state;
	run(fn, 3);
	assert_int_equal(sh->bad.raw, 0);
}

/* ---- no membarrier ----------------------------------------------------------------------- */

static void forbid_membarrier(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_membarrier, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(code) / sizeof(code[0]), code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		_exit(77);
	if (syscall(SYS_membarrier, MEMBARRIER_CMD_QUERY, 0, 0) != -1)
		_exit(78);
}

static void lives_without_membarrier(void *arg)
{
	void (*const fn[])(struct hs_task *, void *) = { reader, reader, synchronizer };

	(void)arg;
	forbid_membarrier();
	if (up_mode(0, HS_ARENA_HEAP) || !arena->rcu_fence)
		_exit(1);
	sh->rounds = test_scaled(1000);
	run(fn, 3);
	finish(boot);
	if (sh->bad.raw || down(NULL))
		_exit(2);
}

static void without_membarrier_readers_fence_themselves(void **state)
{
	struct death death;

	(void)state;
	death_of(lives_without_membarrier, NULL, &death);
	if (death.status == 77)
		skip();
	if (death.status)
		print_error("%s\n", death.text);
	assert_int_equal(death.signal, 0);
	assert_int_equal(death.status, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, up, down)
#define FENCED(name)                                           \
	{                                                      \
#name " (fenced)", name, up_fenced, down, NULL \
	}
#define IN_REGION(name)                                        \
	{                                                      \
#name " (region)", name, up_region, down, NULL \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_membarrier_readers_fence_themselves),
		TEST(grace_period_waits_for_reader),
		FENCED(grace_period_waits_for_reader),
		TEST(callbacks_wait_for_readers),
		FENCED(callbacks_wait_for_readers),
		IN_REGION(callbacks_wait_for_readers),
		TEST(synchronize_lasts_as_long_as_the_section),
		FENCED(synchronize_lasts_as_long_as_the_section),
		TEST(barrier_waits_for_a_callback_that_another_task_runs),
		TEST(counts_survive_their_tasks),
		FENCED(counts_survive_their_tasks),
		TEST(counters_come_and_go_under_threads),
		TEST(objects_come_and_go_under_threads),
		IN_REGION(objects_come_and_go_under_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
