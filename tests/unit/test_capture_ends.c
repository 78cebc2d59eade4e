/* SPDX-License-Identifier: MIT */
/*
 * A capture of a process that ends meanwhile is never a part of its address space.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "capture/proc.h"
#include "support/live_child.h"
#include "support/scale.h"

#define MANY 3000 /* VMAs, of a page each */
#define KILLS 60

static volatile sig_atomic_t victim; /* 0: it was killed, and another process may have its number */

static void kill_victim(int number)
{
	(void)number;
	kill(victim, SIGKILL);
	victim = 0;
}

static void map_many(int report)
{
	char *at = mmap(NULL, MANY * HS_PAGE_BYTES, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		_exit(3);
	live_touch(at, MANY, true);
	for (unsigned int i = 0; i < MANY; i += 2)
		if (mprotect(at + i * HS_PAGE_BYTES, HS_PAGE_BYTES, PROT_READ))
			_exit(6);
	live_stay(report, '-');
}

static void kill_after(pid_t child, double seconds)
{
	const long us = (long)(seconds * 1e6) + 1;
	struct itimerval timer = { .it_value = { us / 1000000, us % 1000000 } };

	victim = child;
	assert_int_equal(setitimer(ITIMER_REAL, &timer, NULL), 0);
}

static uint64_t pages_of(const struct hs_layout *layout)
{
	uint64_t pages = 0;

	for (size_t i = 0; i < layout->map_count; i++)
		pages += layout->maps[i].count * hs_map_pages(layout->maps[i].level);
	return pages;
}

/* A capture shows all of the child or is an error. Returns true if it is an error. */
static bool capture_all_or_nothing(pid_t child, const struct hs_layout *all)
{
	struct hs_hostmem mem = { .attempts = 0 };
	char name[32], error[512] = "";
	struct hs_capture ask = { .proc = "/proc", .pid = name };
	struct hs_layout layout;
	struct hs_out comments;
	int ret;

	snprintf(name, sizeof(name), "%d", (int)child);
	ret = hs_capture(&mem, &ask, &layout, &comments, error);
	if (!ret) {
		assert_int_equal(layout.vma_count, all->vma_count);
		assert_int_equal(pages_of(&layout), pages_of(all));
		hs_layout_free(&mem, &layout);
		hs_out_free(&comments);
	} else if (!strstr(error, ": it ended meanwhile") && !strstr(error, ": no such process") &&
		   !strstr(error, ": it has no memory: a kernel thread, or it has ended")) {
		fail_msg("%s", error);
	}
	assert_int_equal(mem.live, 0);
	return ret;
}

/*
 * The child is killed between the beginning of a capture and its end. The test reaps it at once or
 * later.
 */
static bool kill_during_capture(double moment, bool reaped)
{
	struct hs_hostmem mem = { .attempts = 0 };
	struct timespec begin, end;
	struct hs_layout all;
	struct hs_out comments;
	bool refused;
	pid_t child;

	signal(SIGCHLD, reaped ? SIG_IGN : SIG_DFL);
	child = live_start(map_many, NULL);
	clock_gettime(CLOCK_MONOTONIC, &begin);
	live_capture(&mem, child, &all, &comments);
	clock_gettime(CLOCK_MONOTONIC, &end);
	assert_true(all.vma_count >= MANY);
	kill_after(child, moment * ((double)(end.tv_sec - begin.tv_sec) +
				    (double)(end.tv_nsec - begin.tv_nsec) / 1e9));
	refused = capture_all_or_nothing(child, &all);
	setitimer(ITIMER_REAL, &(struct itimerval){ .it_value = { .tv_sec = 0 } }, NULL);
	if (victim)
		kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	signal(SIGCHLD, SIG_DFL);
	hs_layout_free(&mem, &all);
	hs_out_free(&comments);
	return refused;
}

/* Reads the files of the child, opened before. True: a file was refused, or was empty. */
static bool reads_nothing(struct hs_proc *proc)
{
	const char *name;
	size_t length;
	char *bytes;
	int ret = hs_proc_read_vmas(proc, &name, &bytes, &length);

	hs_hostmem_free(proc->mem, bytes);
	if (ret)
		assert_int_equal(ret, -ESRCH);
	return !length;
}

static void read_some_vmas(struct hs_proc *proc)
{
	char error[512], *bytes;
	const char *name;
	size_t length;

	assert_int_equal(hs_proc_read_vmas(proc, &name, &bytes, &length), 0);
	assert_string_equal(name, "smaps");
	assert_int_equal(hs_proc_parse_vmas(proc, name, bytes, length, error), 0);
	hs_hostmem_free(proc->mem, bytes);
	assert_true(proc->vma_count > 1);
}

/* Only hs_proc_has_ended() must notice: pagemap just ends, and PAGEMAP_SCAN finds holes. */
static void scan_all(struct hs_proc *proc)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < proc->vma_count; i++)
		ret = hs_proc_scan(proc, &proc->vmas[i]);
	if (ret)
		assert_int_equal(ret, -ESRCH);
	assert_int_equal(proc->span_count, 0);
}

static void check_ended(bool reaped, bool read_before)
{
	struct hs_hostmem mem = { .attempts = 0 };
	pid_t child = live_start(map_many, NULL);
	struct hs_proc proc;
	char pid[32];

	snprintf(pid, sizeof(pid), "%d", (int)child);
	hs_proc_init(&proc, &mem);
	assert_int_equal(hs_proc_open(&proc, "/proc", pid), 0);
	if (read_before)
		read_some_vmas(&proc);
	assert_false(hs_proc_has_ended(&proc));
	kill(child, SIGKILL);
	assert_int_equal(waitid(P_PID, (id_t)child, &(siginfo_t){ .si_pid = 0 },
				WEXITED | (reaped ? 0 : WNOWAIT)),
			 0);
	if (read_before)
		scan_all(&proc);
	else
		assert_true(reads_nothing(&proc));
	assert_true(hs_proc_has_ended(&proc));
	hs_proc_free(&proc);
	assert_int_equal(mem.live, 0);
	if (!reaped)
		assert_int_equal(waitpid(child, NULL, 0), child);
}

static void files_of_a_process_that_has_ended_say_so(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 4; i++)
		check_ended(i & 1, i & 2);
}

static int start_another[2]; /* the parent writes, the child reads */

static void become_another(int report)
{
	char byte;

	live_report(report, '-');
	if (read(start_another[0], &byte, 1) != 1)
		_exit(5);
	execl("/bin/sh", "sh", "-c", "kill -STOP $$", (char *)NULL);
	_exit(7);
}

/*
 * After execve() the number is the same but the memory is not: the old VMAs say nothing about it.
 */
static void a_process_that_calls_execve_has_ended(void **state)
{
	struct hs_hostmem mem = { .attempts = 0 };
	siginfo_t info = { .si_pid = 0 };
	struct hs_proc proc;
	pid_t child;
	char pid[32];

	(void)state;
	assert_int_equal(pipe(start_another), 0);
	child = live_start(become_another, NULL);
	snprintf(pid, sizeof(pid), "%d", (int)child);
	hs_proc_init(&proc, &mem);
	assert_int_equal(hs_proc_open(&proc, "/proc", pid), 0);
	read_some_vmas(&proc);
	assert_false(hs_proc_has_ended(&proc));
	assert_int_equal(write(start_another[1], "-", 1), 1);
	assert_int_equal(waitid(P_PID, (id_t)child, &info, WSTOPPED | WEXITED | WNOWAIT), 0);
	assert_int_equal(info.si_code, CLD_STOPPED);
	scan_all(&proc);
	assert_true(hs_proc_has_ended(&proc));
	hs_proc_free(&proc);
	live_end(child);
	close(start_another[0]);
	close(start_another[1]);
	assert_int_equal(mem.live, 0);
}

static void a_process_that_ends_meanwhile_is_no_part_of_one(void **state)
{
	unsigned int refused = 0;
	double moment = 0;

	(void)state;
	signal(SIGALRM, kill_victim);
	for (unsigned int i = 0; i < test_scaled(KILLS) || !refused; i++) {
		refused += kill_during_capture(moment, i % 2);
		moment += 0.618; /* spreads evenly, wherever the loop stops */
		moment -= moment >= 1;
	}
	signal(SIGALRM, SIG_DFL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_of_a_process_that_has_ended_say_so),
		cmocka_unit_test(a_process_that_calls_execve_has_ended),
		cmocka_unit_test(a_process_that_ends_meanwhile_is_no_part_of_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
