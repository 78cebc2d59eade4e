/* SPDX-License-Identifier: MIT */
#include "support/death.h"

#include <signal.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/test.h"

#define PATIENCE 300 /* seconds: a child that hangs, not one that is slow */

void death_prepare_child(void)
{
	static const int caught[] = { SIGABRT, SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGSYS, SIGALRM };
	struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
	for (unsigned int i = 0; i < sizeof(caught) / sizeof(caught[0]); i++)
		signal(caught[i], SIG_DFL);
	alarm(PATIENCE);
}

bool death_wait(pid_t pid, struct death *death)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			abort();
	death->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	death->status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	return death->signal != SIGALRM;
}

bool death_of_traced(void (*fn)(void *arg), void *arg, struct death *death)
{
	pid_t pid = fork();
	int status;

	memset(death, 0, sizeof(*death));
	if (pid < 0)
		abort();
	if (!pid) {
		death_prepare_child();
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL))
			_exit(127);
		fn(arg);
		_exit(0);
	}
	while (waitpid(pid, &status, 0) == pid && WIFSTOPPED(status))
		ptrace(PTRACE_CONT, pid, NULL, (void *)(uintptr_t)WSTOPSIG(status));
	death->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	death->status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	return death->status != 127;
}

static void read_all(int fd, struct death *death)
{
	size_t used = 0;
	char rest[512];

	for (;;) {
		size_t room = sizeof(death->text) - 1 - used;
		ssize_t n = room ? read(fd, death->text + used, room)
				 : read(fd, rest, sizeof(rest));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		if (room)
			used += (size_t)n;
	}
	death->text[used] = '\0';
}

void death_of(void (*fn)(void *arg), void *arg, struct death *death)
{
	int ends[2];
	pid_t pid;

	memset(death, 0, sizeof(*death));
	if (pipe(ends))
		abort();
	pid = fork();
	if (pid < 0)
		abort();
	if (!pid) {
		death_prepare_child();
		dup2(ends[1], STDERR_FILENO);
		close(ends[0]);
		close(ends[1]);
		fn(arg);
		_exit(0);
	}
	close(ends[1]);
	read_all(ends[0], death);
	close(ends[0]);
	death_wait(pid, death);
}

void death_expect(void (*fn)(void *arg), void *arg, const char *text)
{
	static struct death death;

	death_of(fn, arg, &death);
	if (!strstr(death.text, text))
		fail_msg("expected \"%s\", found: %s", text, death.text);
	assert_int_not_equal(death.signal, 0);
}
