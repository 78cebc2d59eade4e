/* SPDX-License-Identifier: MIT */
/*
 * refuse.c (explore) - what programs call instead of the calls of refuse.def
 *
 * invented. The link interface of hmmsim::explore wraps these symbols: the linker makes a program's
 * sleep() a reference to __wrap_sleep(), which is here, and __real_sleep() one to sleep(). A call
 * of the code under test is refused there, as a finding; every other one is passed on. A definition
 * of sleep() itself would take the place of the C library's for libraries, too, and for sanitizers,
 * which define some of these in turn: to those it is passed on.
 *
 * What is linked statically is wrapped, calls from one function of a shared library to another are
 * not. A program may wrap a symbol itself: its __wrap_sleep() is taken then, because these are
 * weak.
 *
 * Nothing of the library refers to this file, so that a link without the options does without it.
 * The library itself calls none of these (tests/lint/refused.sh), but syscall() where that passes.
 */
#define _GNU_SOURCE /* F_OFD_SETLKW */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>

#include "port/explore/crash.h"

#define REFUSE_LOCK                                        \
	"the explorer does not see this lock; use one of " \
	"<hmmsim/sync.h>, as hs_sync_mutex_lock()"
#define REFUSE_ONCE \
	"the explorer does not see this lock, and sees one call; make it before hs_explore()"
#define REFUSE_WAIT                                                              \
	"the explorer does not see who waits and who wakes; use hs_sync_wait() " \
	"or hs_sync_wait_for_completion() of <hmmsim/sync.h>"
#define REFUSE_THREAD "the explorer does not see this thread; name tasks with hs_plan_task()"
#define REFUSE_SLEEP                                                                \
	"the explorer does not see this sleep; wait with hs_sync_wait_until(), or " \
	"advance the clock with hs_sync_ticks_advance() of <hmmsim/sync.h>"
#define REFUSE_SIGNAL "what it waits for is no part of the scenario; no task can bring the signal"
#define REFUSE_SPIN                                                                        \
	"the explorer does not see what this loop waits for; use hs_sync_retry_wait() of " \
	"<hmmsim/sync.h>"
#define REFUSE_INPUT                                                                     \
	"it may wait for what is no part of the scenario; read it before hs_explore(), " \
	"and pass it as the parameter"
#define REFUSE_PROCESS "another process is no part of the scenario"
#define REFUSE_END                                                                        \
	"it ends the program or its thread in the middle of the search; return, or fail " \
	"hs_sync_assert()"

#define REFUSE_DECLARE(symbol, returns, parameters) \
	returns __real_##symbol parameters;         \
	__attribute__((__weak__, __visibility__("default"))) returns __wrap_##symbol parameters;

#define HS_REFUSE_AS(symbol, name, returns, parameters, arguments, why) \
	REFUSE_DECLARE(symbol, returns, parameters)                     \
	returns __wrap_##symbol parameters                              \
	{                                                               \
		hs_crash_refuse(name "()", why);                        \
		return __real_##symbol arguments;                       \
	}
#define HS_REFUSE(symbol, returns, parameters, arguments, why) \
	HS_REFUSE_AS(symbol, #symbol, returns, parameters, arguments, why)
#define HS_REFUSE_VOID(symbol, parameters, arguments, why) \
	REFUSE_DECLARE(symbol, void, parameters)           \
	void __wrap_##symbol parameters                    \
	{                                                  \
		hs_crash_refuse(#symbol "()", why);        \
		__real_##symbol arguments;                 \
	}
#define HS_REFUSE_OWN(symbol, name)
/* clang-format off */
#include "port/explore/refuse.def"
/* clang-format on */

/* ---- with some arguments only ------------------------------------------------------------ */

/* Of a regular file all is there at once. What is no file at all is an error. */
static bool refuse_may_wait(int fd)
{
	struct stat stat;
	int saved = errno;
	bool waits = !fstat(fd, &stat) && !S_ISREG(stat.st_mode) && !S_ISDIR(stat.st_mode) &&
		     !S_ISBLK(stat.st_mode);

	errno = saved;
	return waits;
}

static void refuse_input(const char *call, int fd)
{
	if (hs_crash_is_under_test() && refuse_may_wait(fd))
		hs_crash_refuse(call, REFUSE_INPUT);
}

REFUSE_DECLARE(read, ssize_t, (int fd, void *to, size_t size))
ssize_t __wrap_read(int fd, void *to, size_t size)
{
	refuse_input("read()", fd);
	return __real_read(fd, to, size);
}

REFUSE_DECLARE(__read_chk, ssize_t, (int fd, void *to, size_t size, size_t room))
ssize_t __wrap___read_chk(int fd, void *to, size_t size, size_t room)
{
	refuse_input("read()", fd);
	return __real___read_chk(fd, to, size, room);
}

REFUSE_DECLARE(readv, ssize_t, (int fd, const void *parts, int count))
ssize_t __wrap_readv(int fd, const void *parts, int count)
{
	refuse_input("readv()", fd);
	return __real_readv(fd, parts, count);
}

static void refuse_file_lock(int command)
{
	if (command == F_SETLK || command == F_SETLKW || command == F_OFD_SETLK ||
	    command == F_OFD_SETLKW)
		hs_crash_refuse("fcntl()", REFUSE_LOCK);
}

/* The C library, too, takes whatever argument there is as a pointer. */
REFUSE_DECLARE(fcntl, int, (int fd, int command, ...))
int __wrap_fcntl(int fd, int command, ...)
{
	va_list args;
	void *arg;

	va_start(args, command);
	arg = va_arg(args, void *);
	va_end(args);
	refuse_file_lock(command);
	return __real_fcntl(fd, command, arg);
}

REFUSE_DECLARE(fcntl64, int, (int fd, int command, ...))
int __wrap_fcntl64(int fd, int command, ...)
{
	va_list args;
	void *arg;

	va_start(args, command);
	arg = va_arg(args, void *);
	va_end(args);
	refuse_file_lock(command);
	return __real_fcntl64(fd, command, arg);
}

#define REFUSE_NUMBER(name, why)                                         \
	case SYS_##name:                                                 \
		hs_crash_refuse("syscall(SYS_" #name ")", REFUSE_##why); \
		break;

static void refuse_system_call(long number)
{
	switch (number) {
		REFUSE_NUMBER(futex, WAIT)
#ifdef SYS_futex_waitv
		REFUSE_NUMBER(futex_waitv, WAIT)
#endif
		REFUSE_NUMBER(nanosleep, SLEEP)
		REFUSE_NUMBER(clock_nanosleep, SLEEP)
		REFUSE_NUMBER(sched_yield, SPIN)
		REFUSE_NUMBER(exit, END)
		REFUSE_NUMBER(exit_group, END)
	}
}

/*
 * Not variadic: as the C library's own, it takes the six places in which arguments may be, also
 * where there are fewer of them.
 */
REFUSE_DECLARE(syscall, long, (long number, long a, long b, long c, long d, long e, long f))
long __wrap_syscall(long number, long a, long b, long c, long d, long e, long f)
{
	refuse_system_call(number);
	return __real_syscall(number, a, b, c, d, e, f);
}

/* ---- processes --------------------------------------------------------------------------- */

/*
 * The child of vfork() must not return from the function that called it, as it would from here. By
 * POSIX a program can expect no more of vfork() than of fork().
 */
__attribute__((__weak__, __visibility__("default"))) int __wrap_vfork(void);
int __wrap_vfork(void)
{
	hs_crash_refuse("vfork()", REFUSE_PROCESS);
	return __real_fork();
}

/* How many strings, @first included, come before the NULL. Leaves @args behind it. */
static size_t refuse_count(const char *first, va_list *args)
{
	size_t count = 0;

	while (first) {
		count++;
		first = va_arg(*args, const char *);
	}
	return count;
}

/* An array of the strings, with the NULL, on the stack, because a child may not use the heap. */
#define REFUSE_ARRAY(array, first)                                          \
	do {                                                                \
		va_list strings;                                            \
		size_t count;                                               \
                                                                            \
		va_start(strings, first);                                   \
		count = refuse_count(first, &strings);                      \
		va_end(strings);                                            \
		(array) = __builtin_alloca((count + 1) * sizeof(*(array))); \
		va_start(strings, first);                                   \
		(array)[0] = (char *)(uintptr_t)(first);                    \
		for (size_t i = 1; i <= count; i++)                         \
			(array)[i] = va_arg(strings, char *);               \
		va_end(strings);                                            \
	} while (0)

REFUSE_DECLARE(execl, int, (const char *path, const char *arg, ...))
int __wrap_execl(const char *path, const char *arg, ...)
{
	char **argv;

	hs_crash_refuse("execl()", REFUSE_END);
	REFUSE_ARRAY(argv, arg);
	return __real_execv(path, argv);
}

REFUSE_DECLARE(execlp, int, (const char *file, const char *arg, ...))
int __wrap_execlp(const char *file, const char *arg, ...)
{
	char **argv;

	hs_crash_refuse("execlp()", REFUSE_END);
	REFUSE_ARRAY(argv, arg);
	return __real_execvp(file, argv);
}

REFUSE_DECLARE(execle, int, (const char *path, const char *arg, ...))
int __wrap_execle(const char *path, const char *arg, ...)
{
	va_list args;
	char **argv, **envp;

	hs_crash_refuse("execle()", REFUSE_END);
	va_start(args, arg);
	refuse_count(arg, &args);
	envp = va_arg(args, char **);
	va_end(args);
	REFUSE_ARRAY(argv, arg);
	return __real_execve(path, argv, envp);
}
