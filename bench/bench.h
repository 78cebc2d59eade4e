/* SPDX-License-Identifier: MIT */
/*
 * bench.h - variants of one question, measured in one run
 *
 * Repetitions of all variants are interleaved in random order, so that a drift of the machine hits
 * them alike; what counts is the ratio of medians to the group's first variant. Times are ns per
 * operation and thread. The order is another one in each run, lest variants have a place that suits
 * them; the program prints the seed that repeats it.
 */
#ifndef HS_BENCH_BENCH_H
#define HS_BENCH_BENCH_H

#include <stdbool.h>
#include <stdint.h>

#define BENCH_VARIANTS_MAX 40 /* of a group */
#define BENCH_THREADS_MAX 17  /* of a variant: 16 that do the same, and one against them */

struct bench_variant {
	const char *name; /* "counter/threads:2" */
	/* Does @operations of them and returns the nanoseconds that one took. */
	double (*run)(const struct bench_variant *v, uint64_t operations);
	uint64_t operations; /* of a repetition; a tenth of it with --quick */
	unsigned int threads;
	const void *arg;
};

struct bench_options {
	bool quick;
	unsigned int repetitions;
	unsigned long seed; /* of the order, 1.. */
};

/*
 * Exits with 2 and a sentence on arguments that it does not know; @more is what the sentence has to
 * say of options that the caller has taken out. Prints the seed.
 */
void bench_parse(int argc, char **argv, const char *more, struct bench_options *options);
/* The value of an option "--name=N" with N 1..@most; exits in the same way if it is something else. */
unsigned long bench_number(const char *program, const char *option, unsigned long most);
/* How many CPUs thread counts are made for: those of the process, or of the option --cpus. */
unsigned int bench_counted_cpus(void);
/* Measures the variants and prints a table; the first one is the base of the ratios. Where a
   variant has several threads, bench_control_print() follows. */
void bench_group(const struct bench_options *options, const char *title,
		 const struct bench_variant *variants, unsigned int count);
/* Of the last group's variant. */
double bench_median(unsigned int variant);
double bench_now_ns(void);

/* Runs fn on 1..BENCH_THREADS_MAX threads that start together; the mean of their times, in ns. */
double bench_threads(unsigned int threads, void (*fn)(unsigned int thread, void *arg), void *arg);

#endif
