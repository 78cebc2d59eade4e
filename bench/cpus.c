/* SPDX-License-Identifier: MIT */
/*
 * cpus.c - counts and binds to the CPUs that the process may use
 */
#define _GNU_SOURCE /* affinity masks in sched.h */
#include "cpus.h"

#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The main thread is never pinned, so that its CPUs are those of the process. */
static unsigned int bench_cpus_allowed(cpu_set_t *set)
{
	CPU_ZERO(set);
	if (sched_getaffinity(getpid(), sizeof(*set), set))
		return 0;
	return (unsigned int)CPU_COUNT(set);
}

unsigned int bench_cpus(void)
{
	cpu_set_t set;
	unsigned int n = bench_cpus_allowed(&set);

	return n ? n : 1;
}

void bench_pin(unsigned int index)
{
	cpu_set_t set, one;
	unsigned int n = bench_cpus_allowed(&set), skip = n ? index % n : 0;

	for (int cpu = 0; n && cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &set) || skip--)
			continue;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		/* If this fails the figures are worse, not wrong. */
		sched_setaffinity(0, sizeof(one), &one);
		return;
	}
}

void bench_yield(void)
{
	sched_yield();
}

/* The siblings of a CPU name its core: two CPUs with the same list share one. */
static bool bench_cpus_siblings(int cpu, char *text, int room)
{
	char path[96];
	bool ok;
	FILE *f;

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list",
		 cpu);
	f = fopen(path, "re");
	if (!f)
		return false;
	ok = fgets(text, room, f) != NULL;
	fclose(f);
	return ok;
}

unsigned int bench_cores(void)
{
	static char seen[CPU_SETSIZE][64];
	unsigned int n = 0;
	cpu_set_t set;

	bench_cpus_allowed(&set);
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		unsigned int i = 0;

		if (!CPU_ISSET(cpu, &set))
			continue;
		if (!bench_cpus_siblings(cpu, seen[n], sizeof(seen[n])))
			return 0;
		while (strcmp(seen[i], seen[n]) != 0)
			i++;
		n += i == n;
	}
	return n;
}
