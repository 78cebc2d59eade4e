/* SPDX-License-Identifier: MIT */
/*
 * A program whose malloc is jemalloc: it keeps that one, and the library its private copy.
 */
#define _GNU_SOURCE
#include "use.h"

#include <jemalloc/jemalloc.h>

/* Configures the program's jemalloc; it must not reach the library's. */
const char *malloc_conf = "narenas:3";

static unsigned host_arenas(void)
{
	unsigned count = 0;
	size_t size = sizeof(count);

	CHECK(mallctl("opt.narenas", &count, &size, NULL, 0) == 0);
	return count;
}

static size_t host_bytes_allocated(void)
{
	size_t bytes = 0;
	size_t size = sizeof(bytes);
	uint64_t epoch = 1;

	CHECK(mallctl("thread.tcache.flush", NULL, NULL, NULL, 0) == 0);
	CHECK(mallctl("epoch", NULL, NULL, &epoch, sizeof(epoch)) == 0);
	CHECK(mallctl("stats.allocated", &bytes, &size, NULL, 0) == 0);
	return bytes;
}

int main(void)
{
	struct hs_task *tasks[8];
	struct hs_machine *machines[8];
	size_t before;
	char *block;
	int i;

	CHECK(comes_from("malloc", "libjemalloc.so"));
	CHECK(comes_from("mallocx", "libjemalloc.so"));
	CHECK(host_arenas() == 3);

	block = malloc(100000);
	CHECK(block != NULL);
	before = host_bytes_allocated();
	for (i = 0; i < 8; i++)
		machines[i] = start_machine(&tasks[i]);
	CHECK(host_bytes_allocated() <= before + 16384);
	for (i = 0; i < 8; i++)
		stop_machine(machines[i], tasks[i]);
	free(block);
	return 0;
}
