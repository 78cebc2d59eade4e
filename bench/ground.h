/* SPDX-License-Identifier: MIT */
/*
 * ground.h - machines and tasks for the bench programs; thread counts
 */
#ifndef HS_BENCH_GROUND_H
#define HS_BENCH_GROUND_H

#include <stdint.h>

#include <hmmsim/hmmsim.h>

#include "bench.h"

#define BENCH_DEVICE_PFN 0x2000000u /* the first pfn of device memory; system memory is below */

/* Ends the program with a message unless @ret is 0. */
void bench_must(int ret, const char *what);
/* Makes a heap machine with early system memory of at least @pages, in whole sections (0: none). */
struct hs_machine *bench_machine(uint64_t pages);
/* Destroys the machine. Ends the program with a message if objects are left in it. */
void bench_machine_end(struct hs_machine *machine);
struct hs_task *bench_attach(struct hs_machine *machine);
void bench_detach(struct hs_task *self);
uint64_t bench_grace_periods(struct hs_machine *machine);

#define BENCH_THREAD_COUNTS 5
/*
 * Sets 1, 2, 4 .. and the number of CPUs (options->cpus), and returns how many counts there
 * are. The largest is at most BENCH_THREADS_MAX - 1, which leaves one thread to disturb the others.
 * 2 is there even on one CPU.
 */
unsigned int bench_thread_counts(const struct bench_options *options,
				 unsigned int counts[BENCH_THREAD_COUNTS]);

#endif
