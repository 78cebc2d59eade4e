/* SPDX-License-Identifier: MIT */
/* What the bench programs share: threads and how many of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "support/death.h"

#include "../bench/bench.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_many_threads_run_as_were_asked_for),
		cmocka_unit_test(more_threads_than_there_can_be_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
