/* SPDX-License-Identifier: MIT */
/* What sched.h needs for affinity masks. */
#define _GNU_SOURCE
#include "control.h"

#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

#define CPUS_MAX 1024
#define TURNS 1000000u
#define TRIES 5
#define SHARED_FROM 1.25

/* ---- what /sys says ---------------------------------------------------------------------- */

static unsigned int allowed(cpu_set_t *set)
{
	CPU_ZERO(set);
	if (sched_getaffinity(0, sizeof(*set), set))
		return 0;
	return (unsigned int)CPU_COUNT(set);
}

unsigned int bench_cpus(void)
{
	cpu_set_t set;
	unsigned int n = allowed(&set);

	return n ? n : 1;
}

void bench_pin(unsigned int index)
{
	cpu_set_t set, one;
	unsigned int n = allowed(&set), skip = n ? index % n : 0;

	for (int cpu = 0; n && cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &set) || skip--)
			continue;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		sched_setaffinity(0, sizeof(one),
				  &one); /* without it the figures are worse, not wrong */
		return;
	}
}

void bench_yield(void)
{
	sched_yield();
}

/* The siblings of a CPU name its core: two CPUs with the same list share one. */
static bool siblings(int cpu, char *text, int room)
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

/* Cores that the allowed CPUs lie on; 0: not known. */
static unsigned int cores(const cpu_set_t *set)
{
	static char seen[CPUS_MAX][64];
	unsigned int n = 0;

	for (int cpu = 0; cpu < CPU_SETSIZE && n < CPUS_MAX; cpu++) {
		unsigned int i = 0;

		if (!CPU_ISSET(cpu, set))
			continue;
		if (!siblings(cpu, seen[n], sizeof(seen[n])))
			return 0;
		while (strcmp(seen[i], seen[n]) != 0)
			i++;
		n += i == n;
	}
	return n;
}

/* ---- what two threads do to each other --------------------------------------------------- */

/* Four chains of multiplications: one thread keeps the multiplier of a core busy. */
static void spin(unsigned int thread, void *arg)
{
	uint64_t a = thread, b = 1, c = 2, d = 3;

	(void)arg;
	for (unsigned int i = 0; i < TURNS; i++) {
		a = a * 6364136223846793005u + 1;
		b = b * 6364136223846793005u + 1;
		c = c * 6364136223846793005u + 1;
		d = d * 6364136223846793005u + 1;
	}
	__asm__ volatile("" : : "r"(a + b + c + d));
}

static double fastest(unsigned int threads)
{
	double best = 0;

	for (int i = 0; i < TRIES; i++) {
		double ns = bench_threads(threads, spin, NULL);

		best = !i || ns < best ? ns : best;
	}
	return best;
}

void bench_control_print(void)
{
	double one = fastest(1), ratio = fastest(2) / one, load = 0;
	unsigned int cpus, on;
	cpu_set_t set;

	cpus = allowed(&set);
	on = cores(&set);
	printf("  control: %u CPUs", cpus);
	if (on)
		printf(" on %u cores (/sys)", on);
	else
		printf(", cores unknown (no /sys)");
	printf("; two spinning threads take x%.2f: %s", ratio,
	       ratio < SHARED_FROM ? "they do not share a core"
				   : "they share a core, or others use the CPUs");
	if (getloadavg(&load, 1) == 1)
		printf("; load average %.1f", load);
	printf("\n");
}
