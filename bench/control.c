/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* affinity masks in sched.h */
#include "control.h"

#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"

#define CPUS_MAX 1024
#define TURNS 1000000u
#define TRIES 5
#define SHARED_FROM 1.25

/* ---- what /sys says ---------------------------------------------------------------------- */

/* The main thread is never pinned, so that its CPUs are those of the process. */
static unsigned int bench_control_allowed_cpus(cpu_set_t *set)
{
	CPU_ZERO(set);
	if (sched_getaffinity(getpid(), sizeof(*set), set))
		return 0;
	return (unsigned int)CPU_COUNT(set);
}

unsigned int bench_cpus(void)
{
	cpu_set_t set;
	unsigned int n = bench_control_allowed_cpus(&set);

	return n ? n : 1;
}

void bench_pin(unsigned int index)
{
	cpu_set_t set, one;
	unsigned int n = bench_control_allowed_cpus(&set), skip = n ? index % n : 0;

	for (int cpu = 0; n && cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &set) || skip--)
			continue;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		sched_setaffinity(0, sizeof(one),
				  &one); /* if this fails the figures are worse, not wrong */
		return;
	}
}

void bench_yield(void)
{
	sched_yield();
}

/* The siblings of a CPU name its core: two CPUs with the same list share one. */
static bool bench_control_siblings(int cpu, char *text, int room)
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

/* The number of cores that the allowed CPUs lie on; 0: not known. */
static unsigned int bench_control_cores(const cpu_set_t *set)
{
	static char seen[CPUS_MAX][64];
	unsigned int n = 0;

	for (int cpu = 0; cpu < CPU_SETSIZE && n < CPUS_MAX; cpu++) {
		unsigned int i = 0;

		if (!CPU_ISSET(cpu, set))
			continue;
		if (!bench_control_siblings(cpu, seen[n], sizeof(seen[n])))
			return 0;
		while (strcmp(seen[i], seen[n]) != 0)
			i++;
		n += i == n;
	}
	return n;
}

/* ---- what two threads do to each other --------------------------------------------------- */

/* Four chains of multiplications: one thread keeps the multiplier of a core busy. */
static void bench_control_spin(unsigned int thread, void *arg)
{
	uint64_t a = thread, b = 1, c = 2, d = 3;

	if (thread)
		bench_pin(*(const unsigned int *)arg);
	for (unsigned int i = 0; i < TURNS; i++) {
		a = a * 6364136223846793005u + 1;
		b = b * 6364136223846793005u + 1;
		c = c * 6364136223846793005u + 1;
		d = d * 6364136223846793005u + 1;
	}
	__asm__ volatile("" : : "r"(a + b + c + d));
}

/* The shortest time of thread 0 alone, or beside thread @other. */
static double bench_control_fastest(unsigned int threads, unsigned int other)
{
	double best = 0;

	for (int i = 0; i < TRIES; i++) {
		double ns = bench_threads(threads, bench_control_spin, &other);

		best = !i || ns < best ? ns : best;
	}
	return best;
}

static void bench_control_print_pairs(unsigned int threads)
{
	double one = bench_control_fastest(1, 0), worst = 0;
	unsigned int at = 1;

	for (unsigned int other = 1; other < threads; other++) {
		double ratio = bench_control_fastest(2, other) / one;

		at = ratio > worst ? other : at;
		worst = ratio > worst ? ratio : worst;
	}
	if (threads == 2)
		printf("; spinning threads 0 and 1 take x%.2f: %s", worst,
		       worst < SHARED_FROM ? "they do not share a core"
					   : "they share a core, or others use the CPUs");
	else
		printf("; spinning thread 0 and one of 1..%u take x%.2f at most (%u): %s",
		       threads - 1, worst, at,
		       worst < SHARED_FROM ? "none shares the core of 0"
					   : "they share a core, or others use the CPUs");
}

void bench_control_print(unsigned int threads)
{
	unsigned int cpus, on;
	double load = 0;
	cpu_set_t set;

	cpus = bench_control_allowed_cpus(&set);
	on = bench_control_cores(&set);
	printf("  control: %u CPUs", cpus);
	if (on)
		printf(" on %u cores (/sys)", on);
	else
		printf(", cores unknown (no /sys)");
	bench_control_print_pairs(threads);
	if (getloadavg(&load, 1) == 1)
		printf("; load average %.1f", load);
	printf("\n");
}
