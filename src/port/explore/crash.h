/* SPDX-License-Identifier: MIT */
/*
 * crash.h (explore) - crashes and stalls of the code under test are findings, and calls that the
 * explorer does not see
 *
 * invented. While hs_explore() runs, SIGSEGV, SIGBUS, SIGFPE, SIGILL and SIGABRT have handlers on a
 * stack of their own, and a watchdog looks now and then whether a task takes steps
 * (watchdog.c). What ends a task in the middle of its code leaves that code for good:
 *
 *   in a task		switches to the scheduler's fiber
 *   in a predicate that the scheduler asks	jumps to the guard of the execution
 *   in set-up or check	jumps to the guard of the boot task
 *
 * What the code held is still held, and what it was writing is half written: locks of the C
 * library, its heap, the region. So the search stops, and the scheduler is made anew.
 *
 * A call that waits, or lets others go on, outside the model ends the code that makes it in the
 * same way (refuse.c), because what it waits for would never come, or would come on one schedule
 * and not on another. No signal is needed for it, so that sanitizers leave it alone.
 *
 * A signal that no code under test raised is an error of the explorer. It says so and the process
 * dies by it. The same holds for signals that another process sent, for other threads (which say
 * nothing) and while a debugger traces the process, which wants to see the fault where it is.
 *
 * ASan and TSan report a fault themselves. Their builds print the schedule when the process dies.
 *
 * Where a task was is told from the stack pointer: on x86-64 and arm64.
 */
#ifndef HS_PORT_EXPLORE_CRASH_H
#define HS_PORT_EXPLORE_CRASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HS_WATCHDOG_SIGNAL SIGVTALRM

struct hs_sched;

enum hs_crash_kind {
	HS_CRASH_NONE,
	HS_CRASH_SIGNAL,
	HS_CRASH_RUNS,	 /* uses the processor and takes no step */
	HS_CRASH_SLEEPS, /* uses no processor and takes no step */
	HS_CRASH_CALLS,	 /* makes a call that is refused */
};

struct hs_crash {
	enum hs_crash_kind kind;
	int signal;
	uint32_t task;
	bool predicate; /* the scheduler asked the predicate of the task */
	bool overflow;	/* of the task's stack */
	bool has_addr;
	uintptr_t addr;
	/* Which call is refused, with its bracket, and a sentence about it. */
	const char *call, *why;
};

/* Installs the handlers and keeps those that were there. */
void hs_crash_begin(struct hs_sched *s);
/* Puts back what hs_crash_begin() found. */
void hs_crash_end(void);
/* Writes the message of a crash, stall or refused call, if that is the verdict and has none yet. */
void hs_crash_explain(struct hs_sched *s);

/*
 * For refuse.c. Whether the caller is code under test: not on other threads, outside hs_explore(),
 * in the explorer itself.
 */
bool hs_crash_is_under_test(void);
/* Ends the code under test that calls @call. Returns where no such code runs. */
void hs_crash_refuse(const char *call, const char *why);

/* ---- for handlers ------------------------------------------------------------------------ */

/* Whose code the signal interrupted. False: none of the code under test. */
bool hs_crash_locate(struct hs_sched *s, const void *context, struct hs_crash *crash);
/* Ends that code. Returns only under a sanitizer, for a signal of which the process has to die. */
void hs_crash_leave(struct hs_sched *s, const struct hs_crash *crash, const void *context);
/* A debugger traces the process. */
bool hs_crash_is_traced(void);

/* ---- watchdog.c -------------------------------------------------------------------------- */

/* Watches whether the tasks of @s take steps. @limit_ms 0: never. 0, or -ENOMEM. */
int hs_watchdog_begin(struct hs_sched *s, uint32_t limit_ms);
void hs_watchdog_end(void);

#endif
