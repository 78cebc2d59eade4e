/* SPDX-License-Identifier: MIT */
#include "support/processes.h"

#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "memory/machine.h"
#include "port/native/arena.h"
#include "support/death.h"
#include "support/scale.h"

struct hs_machine *machine;
struct hs_task *boot;
struct shared_state *sh;

int processes_up(void **state)
{
	struct hs_machine_config config;

	(void)state;
	hs_machine_config_init(&config);
	config.kind = HS_ARENA_REGION;
	config.shared = true;
	config.size = (size_t)4 << 20;
	config.max_tasks = 6;
	assert_int_equal(hs_machine_create(&config, &machine), 0);
	boot = hs_arena_boot(machine->arena);
	sh = hs_alloc(boot, HS_KIND_SCENARIO, sizeof(*sh));
	sh->counter = hs_pcpu_alloc(boot);
	hs_mutex_init(&sh->mutex, HS_LOCK_DRIVER);
	hs_spin_init(&sh->spin, HS_LOCK_PAGE_TABLE);
	hs_rwsem_init(&sh->sem, HS_LOCK_MMAP);
	hs_waitq_init(&sh->queue);
	sh->rounds = test_scaled(2000);
	assert_non_null(sh->counter);
	return 0;
}

int processes_down(void **state)
{
	struct hs_leaks left;
	int ret;

	(void)state;
	hs_pcpu_free(boot, sh->counter);
	hs_free(boot, sh, HS_KIND_SCENARIO, sizeof(*sh));
	ret = hs_machine_destroy(machine, &left);
	assert_string_equal(left.text, "");
	return ret;
}

struct hs_task *join_machine(const char *name)
{
	struct hs_task *self;

	if (hs_task_attach(machine, name, &self))
		_exit(9);
	return self;
}

pid_t spawn(void (*fn)(void *arg), void *arg)
{
	pid_t pid = fork();

	if (!pid) {
		death_prepare_child();
		fn(arg);
		_exit(0);
	}
	assert_true(pid > 0);
	return pid;
}

void assert_ended_well(pid_t pid)
{
	struct death death;

	assert_true(death_wait(pid, &death));
	assert_int_equal(death.signal, 0);
	assert_int_equal(death.status, 0);
}

static bool processes_one_has_ended(void)
{
	siginfo_t info = { .si_pid = 0 };

	return !waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) && info.si_pid;
}

void until(const hs_u32 *flag)
{
	struct timespec nap = { .tv_nsec = 1000000 };

	while (!hs_u32_load(boot, flag, HS_ACQUIRE) && !processes_one_has_ended())
		nanosleep(&nap, NULL);
	assert_true(hs_u32_load(boot, flag, HS_ACQUIRE));
}

void until_it_sleeps(uint32_t id)
{
	struct timespec nap = { .tv_nsec = 1000000 };

	while (!hs_u64_load(boot, &machine->arena->sleeps_on[id], HS_ACQUIRE) &&
	       !processes_one_has_ended())
		nanosleep(&nap, NULL);
	assert_true(hs_u64_load(boot, &machine->arena->sleeps_on[id], HS_ACQUIRE));
}

void kill_holder(pid_t pid)
{
	struct death death;

	kill(pid, SIGKILL);
	assert_true(death_wait(pid, &death));
	assert_int_equal(death.signal, SIGKILL);
}
