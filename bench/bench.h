/* SPDX-License-Identifier: MIT */
/*
 * bench.h - measures groups of variants that answer one question
 *
 * The repetitions of all variants are interleaved in random order, so that a drift of the machine
 * hits them alike. Read the ratios, which are those of the medians to the first variant of the
 * group. Times are ns for each operation of a thread. Each run has another order, so that no
 * variant always has a place that suits it. The program prints the seed that repeats the order.
 */
#ifndef HS_BENCH_BENCH_H
#define HS_BENCH_BENCH_H

#include <stdbool.h>
#include <stdint.h>

#include "threads.h"

#define BENCH_VARIANTS_MAX 40 /* in a group */

struct bench_variant {
	const char *name; /* "counter/threads:2" */
	/* Does @operations operations and returns how many ns one took. */
	double (*run)(const struct bench_variant *v, uint64_t operations);
	uint64_t operations;  /* in a repetition: bench_options.divisor */
	unsigned int threads; /* at most BENCH_THREADS_MAX */
	const void *arg;
};

struct bench_options {
	/* Of operations: 1, with --quick 10, with --smoke 1000. Each thread has at least one. */
	unsigned int divisor;
	unsigned int repetitions;
	unsigned int cpus;  /* that thread counts go up to: those of the process, or --cpus */
	unsigned long seed; /* of the order; not 0 */
};

/*
 * Parses the command line and prints the seed. --help prints what options there are and ends the
 * program; an unknown argument ends it with a message and exit status 2. @more goes into the usage:
 * the options that the caller takes itself, which are "" or that of bench_parse_large().
 */
void bench_parse(int argc, char **argv, const char *more, struct bench_options *options);
/* Returns N of "--name=N", 1..@most. Another value ends the program in the same way. */
unsigned long bench_number(const char *program, const char *option, unsigned long most);
/*
 * Measures the variants and prints a table of them. Ratios are to the first variant. If a variant
 * has several threads, the line of bench_control_print() follows.
 */
void bench_group(const struct bench_options *options, const char *title,
		 const struct bench_variant *variants, unsigned int count);
/* The median of a variant of the last group. */
double bench_median(unsigned int variant);

#endif
