/* SPDX-License-Identifier: MIT */
/*
 * threads.c - runs a function on several threads at the same time
 */
#include "threads.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "tool/clock.h"

#include "cpus.h"

double bench_now_ns(void)
{
	return hs_tool_clock.real_ns();
}

/*
 * The time of all threads begins when the last one runs, and none begins before: threads that took
 * turns would not disturb each other, and the figure would not show that they do.
 */
struct start {
	unsigned int threads, running, open;
	double at;
};

struct worker {
	pthread_t thread;
	struct start *start;
	void (*fn)(unsigned int thread, void *arg);
	void *arg;
	unsigned int index;
	double ns;
};

static void bench_threads_wait_for_start(struct start *s)
{
	if (__atomic_add_fetch(&s->running, 1, __ATOMIC_ACQ_REL) == s->threads) {
		s->at = bench_now_ns();
		__atomic_store_n(&s->open, 1, __ATOMIC_RELEASE);
	}
	while (!__atomic_load_n(&s->open, __ATOMIC_ACQUIRE))
		bench_yield();
}

static void *bench_threads_worker_main(void *arg)
{
	struct worker *w = arg;

	bench_pin(w->index);
	bench_threads_wait_for_start(w->start);
	w->fn(w->index, w->arg);
	w->ns = bench_now_ns() - w->start->at;
	return NULL;
}

double bench_threads(unsigned int threads, void (*fn)(unsigned int thread, void *arg), void *arg)
{
	struct worker workers[BENCH_THREADS_MAX];
	struct start start = { 0 };
	double sum = 0;

	if (!threads || threads > BENCH_THREADS_MAX) {
		fprintf(stderr, "bench: expected 1 to %u threads, found %u\n", BENCH_THREADS_MAX,
			threads);
		exit(1);
	}
	start.threads = threads;
	for (unsigned int i = 0; i < threads; i++) {
		workers[i] = (struct worker){ .start = &start, .fn = fn, .arg = arg, .index = i };
		if (pthread_create(&workers[i].thread, NULL, bench_threads_worker_main,
				   &workers[i])) {
			fprintf(stderr, "bench: cannot start %u threads\n", threads);
			exit(1);
		}
	}
	for (unsigned int i = 0; i < threads; i++) {
		pthread_join(workers[i].thread, NULL);
		sum += workers[i].ns;
	}
	return sum / threads;
}
