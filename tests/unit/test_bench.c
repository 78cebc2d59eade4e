/* SPDX-License-Identifier: MIT */
/* What the bench programs share: threads and how many of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "support/death.h"

#include "../bench/bench.h"
#include "../bench/ground.h"

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

static void as_if_there_were(const char *option)
{
	char program[] = "bench", argument[16];
	char *argv[] = { program, argument, NULL };
	struct bench_options options;

	strncpy(argument, option, sizeof(argument) - 1);
	argument[sizeof(argument) - 1] = '\0';
	bench_parse(2, argv, &options);
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
		unsigned int counts[BENCH_THREAD_COUNTS];

		as_if_there_were(rows[i].option);
		assert_int_equal(bench_thread_counts(counts), rows[i].many);
		assert_memory_equal(counts, rows[i].counts, rows[i].many * sizeof(counts[0]));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_many_threads_run_as_were_asked_for),
		cmocka_unit_test(thread_counts_end_with_the_cpus),
		cmocka_unit_test(more_threads_than_there_can_be_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
