/* SPDX-License-Identifier: MIT */
/*
 * watchdog.c (explore) - a task that takes no step
 *
 * The explorer chooses between steps, so that a task that computes for ever, or waits for a lock
 * that is not the seam's, would stop it. A timer interrupts the thread several times within the
 * limit and asks what it did since a step was last seen:
 *
 *   it used the processor as long as the limit: the task runs without a step
 *   it slept in as many ticks as the limit has: the task sleeps without a step
 *
 * Most calls that would sleep are refused before that (refuse.c). What is left are those inside
 * shared libraries: they begin again after a tick, and count, or end at it, as nanosleep() does,
 * which then lasts for a tick. Such a task goes on, and is no stall.
 *
 * It slept in a tick if it gave the processor up. A thread that is ready and waits for the
 * processor does neither, so that the load of the machine changes no verdict.
 */
#define _GNU_SOURCE /* RUSAGE_THREAD, SIGEV_THREAD_ID */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "port/explore/crash.h"
#include "port/explore/sched.h"

#define WATCHDOG_TICKS 8 /* within the limit */
#define WATCHDOG_NS_MS INT64_C(1000000)

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

static struct {
	struct hs_sched *sched; /* NULL: no timer runs */
	int timer;		/* the kernel's number */
	int64_t limit_ns, tick_ns;
	struct sigaction action; /* of before */
	bool blocked;		 /* the signal was */
	/* At the tick that first saw these steps. */
	uint64_t executions, direct_steps;
	uint32_t step;
	int64_t cpu_begin_ns;
	uint32_t sleeps; /* ticks since then in which the thread slept */
	/* At the last tick. */
	int64_t cpu_ns;
	long switches;
} watchdog;

static int64_t watchdog_cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

/* How often the thread gave the processor up. */
static long watchdog_switches(void)
{
	struct rusage usage;

	return getrusage(RUSAGE_THREAD, &usage) ? 0 : usage.ru_nvcsw;
}

static bool watchdog_sees_steps(const struct hs_sched *s)
{
	return watchdog.executions != s->executions || watchdog.step != s->step ||
	       watchdog.direct_steps != s->direct_steps;
}

static void watchdog_start_again(const struct hs_sched *s)
{
	watchdog.executions = s->executions;
	watchdog.direct_steps = s->direct_steps;
	watchdog.step = s->step;
	watchdog.cpu_begin_ns = watchdog.cpu_ns;
	watchdog.sleeps = 0;
}

static enum hs_crash_kind watchdog_judge(void)
{
	int64_t cpu_ns = watchdog_cpu_ns();
	long switches = watchdog_switches();

	if (switches != watchdog.switches)
		watchdog.sleeps++;
	watchdog.switches = switches;
	watchdog.cpu_ns = cpu_ns;
	if (cpu_ns - watchdog.cpu_begin_ns >= watchdog.limit_ns)
		return HS_CRASH_RUNS;
	return watchdog.sleeps > WATCHDOG_TICKS ? HS_CRASH_SLEEPS : HS_CRASH_NONE;
}

static void watchdog_on_tick(int signal, siginfo_t *info, void *context)
{
	struct hs_sched *s = watchdog.sched;
	struct hs_crash crash = { .kind = HS_CRASH_NONE };
	int saved = errno;

	(void)signal;
	(void)info;
	if (!s)
		return;
	crash.kind = watchdog_judge();
	if (watchdog_sees_steps(s) || !hs_crash_locate(s, context, &crash))
		watchdog_start_again(s);
	else if (crash.kind != HS_CRASH_NONE && hs_crash_is_traced())
		watchdog_start_again(s);
	else if (crash.kind != HS_CRASH_NONE)
		hs_crash_leave(s, &crash, context);
	errno = saved;
}

/* By system call, because older C libraries have timers in a library of their own. */
static bool watchdog_make_timer(void)
{
	struct sigevent event;

	memset(&event, 0, sizeof(event));
	event.sigev_notify = SIGEV_THREAD_ID;
	event.sigev_signo = HS_WATCHDOG_SIGNAL;
	event.sigev_notify_thread_id = (pid_t)syscall(SYS_gettid);
	return !syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &watchdog.timer);
}

static void watchdog_set_timer(int64_t ns)
{
	struct itimerspec every;

	every.it_interval.tv_sec = ns / INT64_C(1000000000);
	every.it_interval.tv_nsec = ns % INT64_C(1000000000);
	every.it_value = every.it_interval;
	syscall(SYS_timer_settime, watchdog.timer, 0, &every, NULL);
}

int hs_watchdog_begin(struct hs_sched *s, uint32_t limit_ms)
{
	struct sigaction action = { .sa_sigaction = watchdog_on_tick,
				    .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART };
	sigset_t ours, before;

	s->stall_ms = limit_ms;
	if (!limit_ms || HS_TSAN) /* which does not follow a handler between two fibers */
		return 0;
	watchdog.limit_ns = limit_ms * WATCHDOG_NS_MS;
	watchdog.tick_ns = watchdog.limit_ns / WATCHDOG_TICKS;
	watchdog.cpu_ns = watchdog_cpu_ns();
	watchdog.switches = watchdog_switches();
	watchdog_start_again(s);
	if (!watchdog_make_timer())
		return -ENOMEM;
	sigfillset(&action.sa_mask);
	sigaction(HS_WATCHDOG_SIGNAL, &action, &watchdog.action);
	watchdog.sched = s;
	sigemptyset(&ours);
	sigaddset(&ours, HS_WATCHDOG_SIGNAL);
	sigprocmask(SIG_UNBLOCK, &ours, &before);
	watchdog.blocked = sigismember(&before, HS_WATCHDOG_SIGNAL);
	watchdog_set_timer(watchdog.tick_ns);
	return 0;
}

void hs_watchdog_end(void)
{
	sigset_t ours;

	if (!watchdog.sched)
		return;
	/* A tick that is pending comes when the call returns, to our handler. */
	syscall(SYS_timer_delete, watchdog.timer);
	watchdog.sched = NULL;
	sigemptyset(&ours);
	sigaddset(&ours, HS_WATCHDOG_SIGNAL);
	if (watchdog.blocked)
		sigprocmask(SIG_BLOCK, &ours, NULL);
	sigaction(HS_WATCHDOG_SIGNAL, &watchdog.action, NULL);
}
