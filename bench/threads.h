/* SPDX-License-Identifier: MIT */
/*
 * threads.h - threads that start together, and the time that they take
 */
#ifndef HS_BENCH_THREADS_H
#define HS_BENCH_THREADS_H

#define BENCH_THREADS_MAX 17 /* 16 that do the same, and one that disturbs them */

double bench_now_ns(void);

/* Runs @fn on 1..BENCH_THREADS_MAX threads that start together. Returns the mean of their ns. */
double bench_threads(unsigned int threads, void (*fn)(unsigned int thread, void *arg), void *arg);

#endif
