/* SPDX-License-Identifier: MIT */
/*
 * streams.c - prints on standard output, and knows when its reader has gone
 */
#include "tool/streams.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool streams_reader_gone;

/* A closed stream stays one that cannot be used: what stands in for it goes the other way. */
void hs_tool_streams_init(void)
{
	static const int modes[] = { O_WRONLY, O_RDONLY, O_RDONLY };

	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", modes[fd]) < 0)
			_exit(HS_EXIT_INTERNAL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
}

bool hs_tool_reader_gone(void)
{
	return streams_reader_gone;
}

static int streams_fail(int error)
{
	if (error == EPIPE)
		streams_reader_gone = true;
	if (streams_reader_gone)
		return HS_EXIT_DONE;
	fprintf(stderr, "hmmsim: standard output: %s\n", strerror(error));
	return HS_EXIT_INTERNAL;
}

int hs_tool_print(const char *bytes, size_t length)
{
	if (streams_reader_gone || !length || fwrite(bytes, 1, length, stdout) == length)
		return HS_EXIT_DONE;
	return streams_fail(errno);
}

int hs_tool_flush(void)
{
	errno = 0;
	if (!fflush(stdout) && !ferror(stdout))
		return HS_EXIT_DONE;
	return streams_fail(errno ? errno : EIO);
}
