/* SPDX-License-Identifier: MIT */
/* What the bench programs share: threads, the order of repetitions, limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "support/death.h"

#include "../bench/bench.h"
#include "../bench/ground.h"
#include "../bench/limits.h"

/* ---- threads ----------------------------------------------------------------------------- */

static void count(unsigned int thread, void *arg)
{
	unsigned int *runs = arg;

	__atomic_add_fetch(&runs[thread], 1, __ATOMIC_RELAXED);
}

static void as_many_threads_run_as_were_asked_for(void **state)
{
	(void)state;
	for (unsigned int threads = 1; threads <= BENCH_THREADS_MAX; threads++) {
		unsigned int runs[BENCH_THREADS_MAX] = { 0 };

		bench_threads(threads, count, runs);
		for (unsigned int t = 0; t < BENCH_THREADS_MAX; t++)
			assert_int_equal(runs[t], t < threads);
	}
}

static void nothing(unsigned int thread, void *arg)
{
	(void)thread;
	(void)arg;
}

static void ask_for_threads(void *arg)
{
	bench_threads(*(unsigned int *)arg, nothing, NULL);
}

static void more_threads_than_there_can_be_are_refused(void **state)
{
	static unsigned int counts[] = { 0, BENCH_THREADS_MAX + 1 };
	static const char *const said[] = { "bench: expected 1 to 17 threads, found 0\n",
					    "bench: expected 1 to 17 threads, found 18\n" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct death death;

		death_of(ask_for_threads, &counts[i], &death);
		assert_int_equal(death.signal, 0);
		assert_int_equal(death.status, 1);
		assert_string_equal(death.text, said[i]);
	}
}

/* "--quick" and another option. */
static struct bench_options with(const char *option)
{
	char program[] = "bench", quick[] = "--quick", argument[32];
	char *argv[] = { program, quick, argument, NULL };
	struct bench_options options;

	strncpy(argument, option, sizeof(argument) - 1);
	argument[sizeof(argument) - 1] = '\0';
	bench_parse(3, argv, "", &options);
	return options;
}

/* Powers of two, and all CPUs as far as there is room. */
static void thread_counts_end_with_the_cpus(void **state)
{
	static const struct {
		const char *option;
		unsigned int many, counts[BENCH_THREAD_COUNTS];
	} rows[] = {
		{ "--cpus=1", 2, { 1, 2 } },
		{ "--cpus=2", 2, { 1, 2 } },
		{ "--cpus=3", 3, { 1, 2, 3 } },
		{ "--cpus=4", 3, { 1, 2, 4 } },
		{ "--cpus=6", 4, { 1, 2, 4, 6 } },
		{ "--cpus=12", 5, { 1, 2, 4, 8, 12 } },
		{ "--cpus=15", 5, { 1, 2, 4, 8, 15 } },
		{ "--cpus=16", 5, { 1, 2, 4, 8, 16 } },
		{ "--cpus=17", 5, { 1, 2, 4, 8, 16 } },
		{ "--cpus=1024", 5, { 1, 2, 4, 8, 16 } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bench_options options = with(rows[i].option);
		unsigned int counts[BENCH_THREAD_COUNTS];

		assert_int_equal(bench_thread_counts(&options, counts), rows[i].many);
		assert_memory_equal(counts, rows[i].counts, rows[i].many * sizeof(counts[0]));
	}
}

/* ---- groups ------------------------------------------------------------------------------ */

#define VARIANTS 5u
#define REPETITIONS 5u /* with --quick */
#define RUNS (VARIANTS * REPETITIONS)

struct order {
	unsigned int runs, of[RUNS];
};

static struct order ran;

static double record(const struct bench_variant *v, uint64_t operations)
{
	(void)operations;
	assert_true(ran.runs < RUNS);
	ran.of[ran.runs++] = *(const unsigned int *)v->arg;
	return 1;
}

static struct order order_of(const struct bench_options *options)
{
	static const unsigned int numbers[VARIANTS] = { 0, 1, 2, 3, 4 };
	struct bench_variant variants[VARIANTS];

	for (unsigned int v = 0; v < VARIANTS; v++)
		variants[v] = (struct bench_variant){ "one", record, 100, 1, &numbers[v] };
	ran = (struct order){ 0 };
	bench_group(options, "order", variants, VARIANTS);
	return ran;
}

static uint64_t asked_for;

static double note_operations(const struct bench_variant *v, uint64_t operations)
{
	(void)v;
	asked_for = operations;
	return 1;
}

/* Quick runs have a part of them, of which each thread has one. */
static void each_thread_has_an_operation(void **state)
{
	static const struct {
		const char *option;
		uint64_t all, part;
		unsigned int threads;
	} rows[] = {
		{ "--seed=1", 2000000, 200001, 2 },
		{ "--seed=1", 20, 17, 17 },
		{ "--smoke", 2000000, 2001, 1 },
		{ "--smoke", 20, 1, 1 },
		{ "--smoke", 20, 3, 3 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bench_options options = with(rows[i].option);
		const struct bench_variant variant = { "one", note_operations, rows[i].all,
						       rows[i].threads, NULL };

		bench_group(&options, "operations", &variant, 1);
		assert_int_equal(asked_for, rows[i].part);
	}
}

static void each_variant_runs_as_often(void **state)
{
	struct bench_options options = with("--seed=1");
	unsigned int times[VARIANTS] = { 0 };
	struct order order = order_of(&options);

	(void)state;
	assert_int_equal(order.runs, RUNS);
	for (unsigned int i = 0; i < RUNS; i++)
		times[order.of[i]]++;
	for (unsigned int v = 0; v < VARIANTS; v++)
		assert_int_equal(times[v], REPETITIONS);
}

/* And groups of one run have different ones. */
static void a_seed_repeats_the_order(void **state)
{
	struct bench_options options = with("--seed=77");
	struct order first = order_of(&options), second = order_of(&options), again;

	(void)state;
	assert_memory_not_equal(first.of, second.of, sizeof(first.of));
	options = with("--seed=77");
	again = order_of(&options);
	assert_memory_equal(first.of, again.of, sizeof(first.of));
	again = order_of(&options);
	assert_memory_equal(second.of, again.of, sizeof(second.of));
	options = with("--seed=4294967295");
	again = order_of(&options);
	assert_memory_not_equal(first.of, again.of, sizeof(first.of));
}

static void the_order_is_another_one_in_each_run(void **state)
{
	struct bench_options options = with("--quick");
	struct order first = order_of(&options), second;

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		options = with("--quick");
		second = order_of(&options);
		if (memcmp(first.of, second.of, sizeof(first.of)) != 0)
			return;
	}
	fail_msg("the same order in four runs");
}

/* ---- limits ------------------------------------------------------------------------------ */

static void a_limit_has_four_fifths_of_memcpy(void **state)
{
	(void)state;
	assert_true(bench_limits_reached(0.21, 0.22));
	assert_true(bench_limits_reached(1.0, 1.0));
	assert_true(bench_limits_reached(1.0, 0.81));
	assert_false(bench_limits_reached(1.0, 0.79));
	assert_false(bench_limits_reached(0.5, 0.2));
}

static void table_fill(struct bench_tables *t)
{
	static uint64_t table[512] __attribute__((__aligned__(64)));
	static uint64_t out[512] __attribute__((__aligned__(64)));
	static const uint64_t *tables[1] = { table };

	for (uint64_t i = 0; i < 512; i++)
		table[i] = HS_ENTRY_VALID | HS_ENTRY_DEVMAP | (i + 7);
	*t = (struct bench_tables){ .tables = tables, .count = 1, .out = out };
}

/* What the loops of one limit leave in the answers; @last: of entry 511. */
static void leaves(const struct bench_tables *t, const struct bench_variant *v, uint64_t first,
		   uint64_t last)
{
	memset(t->out, 0, 512 * sizeof(uint64_t));
	assert_true(v->run(v, 1) > 0);
	assert_int_equal(t->out[0], first);
	assert_int_equal(t->out[511], last);
}

static void limits_move_what_the_walkers_move(void **state)
{
	struct bench_variant v[BENCH_LIMITS];
	struct bench_tables t;

	(void)state;
	table_fill(&t);
	assert_int_equal(bench_limits_add(v, 0, &t, 1), 4);
	leaves(&t, &v[0], HS_ENTRY_VALID | 7, HS_ENTRY_VALID | 518);
	leaves(&t, &v[1], HS_ENTRY_VALID | 7, HS_ENTRY_VALID | 518);
	leaves(&t, &v[2], t.tables[0][0], t.tables[0][511]);
	t.tables = NULL;
	assert_int_equal(bench_limits_add(v, 0, &t, 1), 3);
	leaves(&t, &v[0], HS_ENTRY_VALID | HS_ENTRY_WRITE, (HS_ENTRY_VALID | HS_ENTRY_WRITE) + 511);
	leaves(&t, &v[1], HS_ENTRY_VALID | HS_ENTRY_WRITE, (HS_ENTRY_VALID | HS_ENTRY_WRITE) + 511);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_many_threads_run_as_were_asked_for),
		cmocka_unit_test(thread_counts_end_with_the_cpus),
		cmocka_unit_test(more_threads_than_there_can_be_are_refused),
		cmocka_unit_test(a_limit_has_four_fifths_of_memcpy),
		cmocka_unit_test(limits_move_what_the_walkers_move),
		cmocka_unit_test(each_thread_has_an_operation),
		cmocka_unit_test(each_variant_runs_as_often),
		cmocka_unit_test(a_seed_repeats_the_order),
		cmocka_unit_test(the_order_is_another_one_in_each_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
