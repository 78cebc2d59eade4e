/* SPDX-License-Identifier: MIT */
/*
 * crash.c (explore) - signals that the code under test raises, and where it is left for good
 */
#define _GNU_SOURCE /* names of registers */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "port/explore/crash.h"
#include "port/explore/sched.h"

/*
 * A sanitizer handles faults itself, but neither SIGABRT nor SIGILL. It cannot follow a jump out of
 * a handler.
 */
#define CRASH_SANITIZED (HS_ASAN || HS_TSAN)

#if CRASH_SANITIZED
#include <sanitizer/common_interface_defs.h>
#endif

static const struct {
	int signal;
	const char *name;
} crash_signals[] = {
	{ SIGABRT, "SIGABRT" }, { SIGILL, "SIGILL" },
#if !CRASH_SANITIZED
	{ SIGSEGV, "SIGSEGV" }, { SIGBUS, "SIGBUS" }, { SIGFPE, "SIGFPE" },
#endif
};

#define CRASH_SIGNALS (sizeof(crash_signals) / sizeof(crash_signals[0]))

/* What hs_crash_begin() found. */
static struct {
	struct hs_sched *sched; /* NULL: no handler is installed */
	pid_t thread;
	struct sigaction action[CRASH_SIGNALS];
	sigset_t blocked;
	stack_t stack;
} crash_before;

/* On the thread that explores, while it does. */
static _Thread_local struct hs_sched *crash_explores;

/*
 * <pthread.h> needs <sched.h>, which is another header here. A mask of signals is the thread's
 * whichever function sets it.
 */
static pid_t crash_thread(void)
{
	return (pid_t)syscall(SYS_gettid);
}

/* Of the handlers. In no memory of the scheduler, which is given back while they are installed. */
static char crash_stack[65536];

/* Where a task was that does not run again. */
static struct hs_fiber crash_left;

static const char *crash_signal_name(int signal)
{
	for (size_t i = 0; i < CRASH_SIGNALS; i++)
		if (crash_signals[i].signal == signal)
			return crash_signals[i].name;
	return "a signal";
}

/* ---- words ------------------------------------------------------------------------------- */

/* "0.25", in every locale */
static void crash_print_seconds(uint32_t ms, char text[16])
{
	size_t end = (size_t)snprintf(text, 16, "%u.%03u", ms / 1000, ms % 1000);

	while (text[end - 1] == '0')
		end--;
	text[text[end - 1] == '.' ? end - 1 : end] = '\0';
}

/* "SIGSEGV (stack overflow) in task one, after load, at a.c:12" */
static void crash_describe(const struct hs_sched *s, const struct hs_crash *c, char *text,
			   size_t room)
{
	const struct hs_task *t = &s->task[c->task];
	const char *where = c->predicate ? "the predicate of " : "";
	char detail[32] = "", what[160], seconds[16];
	bool known;

	crash_print_seconds(s->stall_ms, seconds);
	if (c->overflow)
		snprintf(detail, sizeof(detail), " (stack overflow)");
	else if (c->has_addr && c->addr < 65536) /* of others each process has its own */
		snprintf(detail, sizeof(detail), " (address %#llx)", (unsigned long long)c->addr);
	if (c->kind == HS_CRASH_SIGNAL)
		snprintf(what, sizeof(what), "%s%s in %stask %s", crash_signal_name(c->signal),
			 detail, where, t->name);
	else if (c->kind == HS_CRASH_CALLS)
		snprintf(what, sizeof(what), "%s in %stask %s", c->call, where, t->name);
	else
		snprintf(what, sizeof(what), "%stask %s %s %s s without a step", where, t->name,
			 c->kind == HS_CRASH_RUNS ? "runs" : "sleeps", seconds);
	/* Of what is no step, as the first value of a word. */
	known = t->place && t->place != t->op.where;
	if (!t->op.kind && !t->place)
		snprintf(text, room, "%s, before its first step%s%s", what, c->why ? ": " : "",
			 c->why ? c->why : "");
	else
		snprintf(text, room, "%s, after %s%s%s%s%s%s%s", what,
			 hs_op_name((enum hs_op_kind)t->op.kind), t->op.where ? " at " : "",
			 t->op.where ? t->op.where : "", known ? ", the last place known is " : "",
			 known ? t->place : "", c->why ? ": " : "", c->why ? c->why : "");
}

void hs_crash_explain(struct hs_sched *s)
{
	if (!s->message[0] && (s->verdict == HS_VERDICT_CRASH || s->verdict == HS_VERDICT_STALL ||
			       s->verdict == HS_VERDICT_REFUSED))
		crash_describe(s, &s->crash, s->message, sizeof(s->message));
}

static void crash_write(const char *text)
{
	size_t length = strlen(text);

	while (length) {
		ssize_t n = write(STDERR_FILENO, text, length);

		if (n < 0 && errno != EINTR)
			return;
		text += n > 0 ? n : 0;
		length -= n > 0 ? (size_t)n : 0;
	}
}

/* An execution of this exploration that is over. */
static void crash_print_found(const struct hs_sched *s)
{
	if (!s->found.schedule || !strcmp(s->found.message, s->message))
		return;
	crash_write("hmmsim: found before: ");
	crash_write(s->found.verdict);
	crash_write(": ");
	crash_write(s->found.message);
	crash_write("; schedule: ");
	crash_write(s->found.schedule);
	crash_write("\n");
}

/* For a process that is about to die. Takes no memory, because the heap may be what is broken. */
static void crash_print(const struct hs_sched *s, const char *text)
{
	char item[HS_SCHEDULE_ITEM];

	crash_write("hmmsim: ");
	crash_write(text);
	if (s->verdict != HS_VERDICT_NONE && s->message[0]) {
		crash_write("; found before: ");
		crash_write(s->message);
	}
	crash_write("; schedule:");
	for (uint32_t i = 0; i < s->decisions;) {
		i += hs_schedule_item(s->schedule + i, s->decisions - i, item);
		crash_write(" ");
		crash_write(item);
	}
	crash_write("\n");
	crash_print_found(s);
}

/* ---- handlers ---------------------------------------------------------------------------- */

bool hs_crash_is_traced(void)
{
	char text[2048];
	const char *at;
	ssize_t n;
	int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return false;
	/* A program that is linked with the explorer has another read(), which may refuse. */
	n = syscall(SYS_read, fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0)
		return false;
	text[n] = '\0';
	at = strstr(text, "TracerPid:");
	return at && strtol(at + strlen("TracerPid:"), NULL, 10) != 0;
}

static uintptr_t crash_stack_pointer(const void *context)
{
#if defined(__x86_64__)
	return (uintptr_t)((const ucontext_t *)context)->uc_mcontext.gregs[REG_RSP];
#elif defined(__aarch64__)
	return (uintptr_t)((const ucontext_t *)context)->uc_mcontext.sp;
#else
	(void)context;
	return 0;
#endif
}

/* Whose code runs at @sp. False: none of the code under test. */
static bool crash_find_code(struct hs_sched *s, uintptr_t sp, struct hs_crash *crash)
{
	bool guard;
	int i = hs_fiber_stack_of(&s->stacks, sp, &guard);

	if (i >= 0) {
		crash->task = (uint32_t)i;
		return s->running;
	}
	crash->predicate = s->asking != NULL;
	crash->task = s->asking ? s->asking->id : 0;
	return s->boot_guard || (s->asking && s->run_guard);
}

bool hs_crash_locate(struct hs_sched *s, const void *context, struct hs_crash *crash)
{
	return crash_find_code(s, crash_stack_pointer(context), crash);
}

static enum hs_verdict crash_verdict(const struct hs_crash *crash)
{
	if (crash->kind == HS_CRASH_SIGNAL)
		return HS_VERDICT_CRASH;
	return crash->kind == HS_CRASH_CALLS ? HS_VERDICT_REFUSED : HS_VERDICT_STALL;
}

/* Does not return: leaves the code for good. */
static void crash_abandon(struct hs_sched *s, const struct hs_crash *crash)
{
	s->crash = *crash;
	if (s->verdict == HS_VERDICT_NONE)
		s->verdict = crash_verdict(crash);
	while (crash->task && !crash->predicate)
		hs_fiber_switch(&crash_left, &s->fiber);
	longjmp(s->run_guard ? *s->run_guard : *s->boot_guard, 1);
}

bool hs_crash_is_under_test(void)
{
	struct hs_sched *s = crash_explores;
	struct hs_crash crash = { .kind = HS_CRASH_NONE };

	return s && crash_find_code(s, (uintptr_t)__builtin_frame_address(0), &crash);
}

void hs_crash_refuse(const char *call, const char *why)
{
	struct hs_sched *s = crash_explores;
	struct hs_crash crash = { .kind = HS_CRASH_CALLS, .call = call, .why = why };

	if (s && crash_find_code(s, (uintptr_t)__builtin_frame_address(0), &crash))
		crash_abandon(s, &crash);
}

/* From here on the process is as it was before hs_explore(). */
static void crash_restore_actions(void)
{
	for (size_t i = 0; i < CRASH_SIGNALS; i++)
		sigaction(crash_signals[i].signal, &crash_before.action[i], NULL);
}

void hs_crash_leave(struct hs_sched *s, const struct hs_crash *crash, const void *context)
{
	if (CRASH_SANITIZED) {
		char text[384];

		crash_describe(s, crash, text, sizeof(text));
		crash_print(s, text);
		if (crash->kind == HS_CRASH_SIGNAL)
			return;
		crash_restore_actions();
		abort();
	}
	/* The handler does not return, which would do this. */
	sigprocmask(SIG_SETMASK, &((const ucontext_t *)context)->uc_sigmask, NULL);
	crash_abandon(s, crash);
}

/* The signal comes from this thread: a fault, abort() or raise(). */
static bool crash_is_own(const siginfo_t *info)
{
	return crash_thread() == crash_before.thread &&
	       (info->si_code > 0 || info->si_pid == getpid());
}

static void crash_note_address(const struct hs_sched *s, const siginfo_t *info,
			       struct hs_crash *crash)
{
	bool guard;

	if (crash->signal != SIGSEGV && crash->signal != SIGBUS)
		return;
	if (info->si_code <= 0 || info->si_code == SI_KERNEL)
		return;
	crash->has_addr = true;
	crash->addr = (uintptr_t)info->si_addr;
	crash->overflow = hs_fiber_stack_of(&s->stacks, crash->addr, &guard) >= 0 && guard;
}

static void crash_on_signal(int signal, siginfo_t *info, void *context)
{
	struct hs_sched *s = crash_before.sched;
	struct hs_crash crash = { .kind = HS_CRASH_SIGNAL, .signal = signal };

	if (s && crash_is_own(info) && !hs_crash_is_traced()) {
		if (hs_crash_locate(s, context, &crash)) {
			crash_note_address(s, info, &crash);
			hs_crash_leave(s, &crash, context);
		} else {
			char text[96];

			snprintf(text, sizeof(text),
				 "internal error: %s outside tasks, set-up and check",
				 crash_signal_name(signal));
			crash_print(s, text);
		}
	}
	/* What faulted faults again. What was sent is sent again, and comes when this returns. */
	crash_restore_actions();
	if (info->si_code <= 0)
		raise(signal);
}

#if CRASH_SANITIZED
static void crash_on_death(void)
{
	const struct hs_sched *s = crash_before.sched;
	char text[64];

	if (!s || (!s->running && !s->boot_guard))
		return;
	snprintf(text, sizeof(text), "the process dies in task %s", s->task[s->current].name);
	crash_print(s, text);
}

static void crash_set_death(bool on)
{
	__sanitizer_set_death_callback(on ? crash_on_death : NULL);
}
#else
static void crash_set_death(bool on)
{
	(void)on;
}
#endif

/* ---- begin and end ----------------------------------------------------------------------- */

void hs_crash_begin(struct hs_sched *s)
{
	struct sigaction action = { .sa_sigaction = crash_on_signal,
				    .sa_flags = SA_SIGINFO | SA_ONSTACK };
	stack_t stack = { .ss_sp = crash_stack, .ss_size = sizeof(crash_stack) };
	sigset_t ours;

	crash_set_death(true);
	crash_before.thread = crash_thread();
	/* Fails only for a caller that runs on such a stack itself. Then that one serves. */
	crash_before.stack.ss_flags = SS_ONSTACK;
	if (!CRASH_SANITIZED && sigaltstack(&stack, &crash_before.stack))
		crash_before.stack.ss_flags = SS_ONSTACK;
	sigemptyset(&ours);
	for (size_t i = 0; i < CRASH_SIGNALS; i++)
		sigaddset(&ours, crash_signals[i].signal);
	action.sa_mask = ours;
	sigaddset(&action.sa_mask, HS_WATCHDOG_SIGNAL);
	for (size_t i = 0; i < CRASH_SIGNALS; i++)
		sigaction(crash_signals[i].signal, &action, &crash_before.action[i]);
	crash_before.sched = s;
	crash_explores = s;
	sigprocmask(SIG_UNBLOCK, &ours, &crash_before.blocked);
}

void hs_crash_end(void)
{
	sigset_t block;

	sigemptyset(&block);
	for (size_t i = 0; i < CRASH_SIGNALS; i++)
		if (sigismember(&crash_before.blocked, crash_signals[i].signal))
			sigaddset(&block, crash_signals[i].signal);
	sigprocmask(SIG_BLOCK, &block, NULL);
	crash_before.sched = NULL;
	crash_explores = NULL;
	crash_restore_actions();
	if (!(crash_before.stack.ss_flags & SS_ONSTACK))
		sigaltstack(&crash_before.stack, NULL);
	crash_set_death(false);
}
