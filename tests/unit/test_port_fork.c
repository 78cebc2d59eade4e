/* SPDX-License-Identifier: MIT */
/* Processes that share a machine count, lock and wait together. */
#include "support/processes.h"

#include <pthread.h>
#include <unistd.h>

#include "support/death.h"

/* ---- together ---------------------------------------------------------------------------- */

static bool my_turn(struct hs_task *self, void *arg)
{
	return hs_u32_load(self, &sh->turn, HS_ACQUIRE) % 2 == *(const uint32_t *)arg;
}

static void works(void *arg)
{
	uint32_t me = *(uint32_t *)arg;
	struct hs_task *self = join_machine("worker");
	void *o;

	for (uint32_t i = 0; i < sh->rounds; i++) {
		hs_mutex_lock(self, &sh->mutex);
		sh->plain[0]++;
		hs_mutex_unlock(self, &sh->mutex);
		hs_spin_lock(self, &sh->spin);
		sh->plain[1]++;
		hs_spin_unlock(self, &sh->spin);
		hs_down_write(self, &sh->sem);
		sh->plain[2]++;
		hs_up_write(self, &sh->sem);
		hs_down_read(self, &sh->sem);
		if (sh->plain[2] <= i)
			hs_u32_store(self, &sh->bad, 1, HS_RELAXED);
		hs_up_read(self, &sh->sem);
		o = play_object(self);
		play_object_free(self, o);
		if (i % 8)
			continue;
		hs_wait_event(self, &sh->queue, my_turn, &me);
		hs_u32_add(self, &sh->turn, 1, HS_RELEASE);
		hs_wake_all(self, &sh->queue);
	}
	if (hs_task_detach(self))
		_exit(8);
}

static void locks_and_queues_work_across_processes(void **state)
{
	uint32_t who[2] = { 0, 1 };
	struct hs_machine_info info;
	pid_t pid[2];

	(void)state;
	for (int i = 0; i < 2; i++)
		pid[i] = spawn(works, &who[i]);
	for (int i = 0; i < 2; i++)
		assert_ended_well(pid[i]);
	for (int i = 0; i < 3; i++)
		assert_int_equal(sh->plain[i], 2ull * sh->rounds);
	assert_int_equal(sh->bad.raw, 0);
	hs_machine_info(machine, &info);
	assert_int_equal(info.dead_tasks, 0);
	assert_int_equal(info.tasks, 0);
}

static void takes_references(void *arg)
{
	uint32_t me = *(uint32_t *)arg;
	struct hs_task *self = join_machine("referrer");
	bool killed = false;
	uint64_t n = 0;

	while (!killed) {
		hs_rcu_read_lock(self);
		killed = hs_u32_load(self, &sh->killed, HS_ACQUIRE);
		if (!killed) {
			hs_pcpu_add(self, sh->counter, 3);
			hs_pcpu_add(self, sh->counter, (uint64_t)-1);
			n++;
		}
		hs_rcu_read_unlock(self);
		if (n == 1000)
			hs_u32_add(self, &sh->holding, 1, HS_RELEASE);
	}
	sh->gets[me] = n;
	if (hs_task_detach(self))
		_exit(8);
}

static void drain_is_exact_across_processes(void **state)
{
	uint32_t who[2] = { 0, 1 };
	struct hs_task *self;
	uint64_t drained;
	pid_t pid[2];

	(void)state;
	assert_int_equal(hs_task_attach(machine, "parent", &self), 0);
	for (int i = 0; i < 2; i++)
		pid[i] = spawn(takes_references, &who[i]);
	while (hs_u32_load(self, &sh->holding, HS_ACQUIRE) < 2)
		hs_retry_wait(self, "both under way");
	hs_u32_store(self, &sh->killed, 1, HS_SEQ_CST);
	hs_synchronize_rcu(self);
	drained = hs_pcpu_sum(self, sh->counter);
	for (int i = 0; i < 2; i++)
		assert_ended_well(pid[i]);
	assert_int_equal(drained, 2 * (sh->gets[0] + sh->gets[1]));
	assert_int_equal(hs_pcpu_sum(self, sh->counter), drained);
	assert_int_equal(hs_task_detach(self), 0);
}

static int takes_mutex(struct hs_task *self, void *arg)
{
	(void)arg;
	hs_mutex_lock(self, &sh->mutex);
	return -7;
}

static int guards_another(struct hs_task *self, void *arg)
{
	return hs_guard(self, takes_mutex, arg);
}

static void guard_returns_what_the_function_returns(void **state)
{
	struct hs_task *self;

	(void)state;
	assert_int_equal(hs_task_attach(machine, "guarded", &self), 0);
	assert_int_equal(hs_guard(self, guards_another, NULL), -7);
	assert_true(hs_mutex_held(self, &sh->mutex));
	hs_mutex_unlock(self, &sh->mutex);
	assert_int_equal(hs_task_detach(self), 0);
}

/* Beside the machine of other tests. Allocation number @fail_at fails; 0: none. */
static struct hs_machine *shared_machine(uint64_t fail_at)
{
	struct hs_machine_config config;
	struct hs_machine *own;

	hs_machine_config_init(&config);
	config.kind = HS_ARENA_REGION;
	config.shared = true;
	config.base += (uint64_t)1 << 32;
	config.fail_at = fail_at;
	assert_int_equal(hs_machine_create(&config, &own), 0);
	return own;
}

static void allocates_in_vain(void *arg)
{
	struct hs_task *self;

	if (hs_task_attach(arg, "child", &self) || hs_alloc(self, HS_KIND_OTHER, 64))
		_exit(7);
	if (hs_task_detach(self))
		_exit(8);
}

/* A process that did not allocate knows the place too: a child has its parent's program. */
static void the_place_that_failed_in_a_child_is_known(void **state)
{
	struct hs_machine *own = shared_machine(3);
	struct hs_machine_info info;

	(void)state;
	assert_ended_well(spawn(allocates_in_vain, own));
	hs_machine_info(own, &info);
	assert_non_null(info.failed_at);
	assert_memory_equal(info.failed_at, __FILE__ ":", sizeof(__FILE__));
	assert_int_equal(hs_machine_destroy(own, NULL), 0);
}

static void destroys(void *arg)
{
	hs_machine_destroy(arg, NULL);
}

static void only_its_creator_destroys_a_shared_machine(void **state)
{
	struct hs_machine *own = shared_machine(0);

	(void)state;
	death_expect(destroys, own, "hs_machine_destroy: another process than the creator");
	assert_int_equal(hs_machine_destroy(own, NULL), 0);
}

static void detaches(void *arg)
{
	hs_task_detach(arg);
}

static void *detaches_on_a_thread(void *arg)
{
	detaches(arg);
	return NULL;
}

static void attaches_for_a_thread(void *arg)
{
	struct hs_task *self;
	pthread_t thread;

	if (!hs_task_attach(arg, "mine", &self) &&
	    !pthread_create(&thread, NULL, detaches_on_a_thread, self))
		pthread_join(thread, NULL);
}

static void only_its_own_thread_detaches_a_task(void **state)
{
	const char *text = "hs_task_detach: another thread than the task's own";
	struct hs_machine_config config;
	struct hs_machine *own;
	struct hs_task *self;

	(void)state;
	hs_machine_config_init(&config);
	assert_int_equal(hs_machine_create(&config, &own), 0);
	death_expect(attaches_for_a_thread, own, text);
	assert_int_equal(hs_task_attach(own, "parent", &self), 0);
	death_expect(detaches, self, text); /* in a forked child */
	assert_int_equal(hs_task_detach(self), 0);
	assert_int_equal(hs_machine_destroy(own, NULL), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, processes_up, processes_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(locks_and_queues_work_across_processes),
		TEST(drain_is_exact_across_processes),
		TEST(guard_returns_what_the_function_returns),
		TEST(the_place_that_failed_in_a_child_is_known),
		cmocka_unit_test(only_its_creator_destroys_a_shared_machine),
		cmocka_unit_test(only_its_own_thread_detaches_a_task),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
