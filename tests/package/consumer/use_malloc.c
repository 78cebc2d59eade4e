/* SPDX-License-Identifier: MIT */
/*
 * The program's malloc is the C library's, and the machine does not allocate from it.
 */
#define _GNU_SOURCE
#include "use.h"

#include <malloc.h>

enum {
	MACHINES = 16,
	HOST_BYTES = 64 << 10,
	/* A machine may take this from the host, for threads and stdio; no simulated state. */
	TOLERATED_BYTES = 16 << 10,
};

static size_t host_bytes_in_use(void)
{
	return mallinfo2().uordblks;
}

static void host_allocates(void)
{
	size_t before = host_bytes_in_use();
	/* volatile, because a compiler may leave out a block that is never read */
	char *volatile block = malloc(HOST_BYTES);

	CHECK(block != NULL);
	block[0] = 1;
	CHECK(host_bytes_in_use() >= before + HOST_BYTES);
	free(block);
	CHECK(host_bytes_in_use() < before + HOST_BYTES);
}

static void machines_allocate(void)
{
	struct hs_machine *machines[MACHINES];
	struct hs_task *tasks[MACHINES];
	size_t before = host_bytes_in_use();
	int i;

	for (i = 0; i < MACHINES; i++)
		machines[i] = start_machine(&tasks[i]);
	CHECK(host_bytes_in_use() <= before + TOLERATED_BYTES);
	for (i = 0; i < MACHINES; i++)
		stop_machine(machines[i], tasks[i]);
}

int main(void)
{
	CHECK(comes_from("malloc", "libc.so"));
	CHECK(comes_from("free", "libc.so"));
	CHECK(comes_from("pthread_create", "libc.so"));
	host_allocates();
	if (getenv("HMMSIM_HOST_MALLOC") == NULL)
		machines_allocate();
	host_allocates();
	return 0;
}
