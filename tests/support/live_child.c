/* SPDX-License-Identifier: MIT */
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/live_child.h"
#include "support/test.h"

pid_t live_start(void (*work)(int report), char *said)
{
	int report[2];
	char byte = 0;
	pid_t child;

	assert_int_equal(pipe(report), 0);
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(report[0]);
		work(report[1]);
		_exit(0);
	}
	close(report[1]);
	assert_int_equal(read(report[0], &byte, 1), 1);
	close(report[0]);
	if (said)
		*said = byte;
	return child;
}

void live_end(pid_t child)
{
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, NULL, 0), child);
}

void live_report(int report, char byte)
{
	if (write(report, &byte, 1) != 1)
		_exit(5);
}

void live_stay(int report, char byte)
{
	live_report(report, byte);
	for (;;)
		pause();
}

void live_touch(char *at, unsigned int pages, bool write)
{
	for (unsigned int i = 0; i < pages; i++) {
		volatile char *byte = at + i * HS_PAGE_BYTES;

		if (write)
			*byte = 1;
		else
			(void)*byte;
	}
}

void live_capture(struct hs_hostmem *mem, pid_t pid, struct hs_layout *layout,
		  struct hs_out *comments)
{
	char name[32], error[512] = "";
	struct hs_capture ask = { .proc = "/proc", .pid = name };

	snprintf(name, sizeof(name), "%d", (int)pid);
	if (hs_capture(mem, &ask, layout, comments, error))
		fail_msg("%s", error);
	hs_out_char(comments, '\0');
}
