/* SPDX-License-Identifier: MIT */
/*
 * bench.c - the options of a bench program; measures groups and prints them
 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare/measure.h"

#include "control.h"
#include "cpus.h"
#include "json.h"

#define REPETITIONS_MAX 64
#define CPUS_MAX 1024u
#define SEED_MAX 4294967295ul

/* ---- options ----------------------------------------------------------------------------- */

/* The groups of a run draw their orders from it, one after the other. */
static uint64_t bench_order_state;

static unsigned long bench_any_seed(void)
{
	return (unsigned long)bench_now_ns() % 1000000 + 1;
}

unsigned long bench_number(const char *program, const char *option, unsigned long most)
{
	const char *digits = strchr(option, '=') + 1;
	unsigned long n = 0;

	for (const char *c = digits; *c; c++) {
		if (*c < '0' || *c > '9' || n > most) {
			n = 0;
			break;
		}
		n = n * 10 + (unsigned long)(*c - '0');
	}
	if (n && n <= most)
		return n;
	fprintf(stderr, "%s: %.*s: expected a number from 1 to %lu, found '%s'\n", program,
		(int)(digits - option - 1), option, most, digits);
	exit(2);
}

static void bench_print_usage(FILE *to, const char *program, const char *more)
{
	fprintf(to, "%s [--quick | --smoke]%s [--cpus=N] [--seed=N] [--json=FILE]\n", program,
		more);
}

static void bench_help(const char *program, const char *more)
{
	fputs("Usage: ", stdout);
	bench_print_usage(stdout, program, more);
	printf("\n"
	       "Measures groups of variants and prints a table of each, in ns an operation.\n"
	       "bench/README.md of the sources explains the tables.\n"
	       "\n"
	       "  --quick        5 repetitions instead of 15, each with a tenth of the operations\n"
	       "  --smoke        2 repetitions, each with a thousandth of the operations: shows\n"
	       "                 that the program runs, and its figures mean nothing\n"
	       "%s"
	       "  --cpus=N       makes thread counts for N CPUs (1..%u) instead of those of the\n"
	       "                 process\n"
	       "  --seed=N       the order of the repetitions (1..%lu)\n"
	       "  --json=FILE    writes all repetitions in the schema of Google Benchmark\n"
	       "  -h, --help     prints this text\n"
	       "\n"
	       "Exit status: 0 all ran, 1 something failed, 2 wrong usage.\n",
	       *more ? "  --large[=GIB]  instead builds and walks address spaces of GIB (1..1024, "
		       "default\n"
		       "                 1024); smaller ones if less memory is free\n"
		     : "",
	       CPUS_MAX, SEED_MAX);
}

void bench_parse(int argc, char **argv, const char *more, struct bench_options *options)
{
	const char *json = NULL;

	*options = (struct bench_options){
		.divisor = 1,
		.repetitions = 15,
		.cpus = bench_cpus(),
		.seed = bench_any_seed(),
	};
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) {
			bench_help(argv[0], more);
			exit(0);
		} else if (!strcmp(argv[i], "--quick")) {
			options->divisor = 10;
			options->repetitions = 5;
		} else if (!strcmp(argv[i], "--smoke")) {
			options->divisor = 1000;
			options->repetitions = 2;
		} else if (!strncmp(argv[i], "--json=", 7)) {
			json = argv[i] + 7;
		} else if (!strncmp(argv[i], "--cpus=", 7)) {
			options->cpus = (unsigned int)bench_number(argv[0], argv[i], CPUS_MAX);
		} else if (!strncmp(argv[i], "--seed=", 7)) {
			options->seed = bench_number(argv[0], argv[i], SEED_MAX);
		} else {
			fprintf(stderr, "%s: unknown argument '%s'; usage: ", argv[0], argv[i]);
			bench_print_usage(stderr, argv[0], more);
			exit(2);
		}
	}
	bench_order_state = options->seed;
	if (json)
		bench_json_open(json, argv[0], options->seed);
	printf("repetitions in the order of --seed=%lu\n\n", options->seed);
}

/* ---- groups ------------------------------------------------------------------------------ */

/* The medians of the last group. */
static double bench_medians[BENCH_VARIANTS_MAX];

static uint64_t bench_operations(const struct bench_options *options, const struct bench_variant *v)
{
	uint64_t operations = v->operations / options->divisor + (options->divisor > 1);

	return operations < v->threads ? v->threads : operations;
}

void bench_group(const struct bench_options *options, const char *title,
		 const struct bench_variant *variants, unsigned int count)
{
	static double ns[BENCH_VARIANTS_MAX][REPETITIONS_MAX];
	unsigned int order[BENCH_VARIANTS_MAX * REPETITIONS_MAX],
		total = count * options->repetitions;
	unsigned int done[BENCH_VARIANTS_MAX] = { 0 }, threads = 1;
	double base = 0;

	hs_measure_order(&bench_order_state, order, count, options->repetitions);
	for (unsigned int i = 0; i < total; i++) {
		const struct bench_variant *v = &variants[order[i]];
		double *at = &ns[order[i]][done[order[i]]++];

		*at = v->run(v, bench_operations(options, v));
	}
	printf("%-44s %9s %9s %9s %7s\n", title, "median ns", "min", "max", "ratio");
	for (unsigned int v = 0; v < count; v++) {
		struct hs_measured m;

		bench_json_add(title, variants[v].name, variants[v].threads,
			       bench_operations(options, &variants[v]), ns[v], done[v]);
		m = hs_measure_summary(ns[v], done[v]); /* sorts them */
		bench_medians[v] = m.median;
		if (variants[v].threads > threads)
			threads = variants[v].threads;
		if (!v)
			base = m.median;
		printf("  %-42s %9.2f %9.2f %9.2f %7.2f\n", variants[v].name, m.median, m.min,
		       m.max, m.median / base);
	}
	if (threads > 1)
		bench_control_print(threads);
	printf("\n");
}

double bench_median(unsigned int variant)
{
	return bench_medians[variant];
}
