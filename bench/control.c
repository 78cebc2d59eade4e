/* SPDX-License-Identifier: MIT */
/*
 * control.c - measures how much longer a computation takes beside another one
 */
#define _DEFAULT_SOURCE /* getloadavg() */
#include "control.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "cpus.h"
#include "threads.h"

#define TURNS 1000000u
#define TRIES 5
#define SHARED_FROM 1.25

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
	unsigned int cores = bench_cores();
	double load = 0;

	printf("  control: %u CPUs", bench_cpus());
	if (cores)
		printf(" on %u cores (/sys)", cores);
	else
		printf(", cores unknown (no /sys)");
	bench_control_print_pairs(threads);
	if (getloadavg(&load, 1) == 1)
		printf("; load average %.1f", load);
	printf("\n");
}
