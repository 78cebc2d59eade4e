/* SPDX-License-Identifier: MIT */
/*
 * ground.h - what several bench programs stand on: a machine, its memory, threads of its own
 */
#ifndef HS_BENCH_GROUND_H
#define HS_BENCH_GROUND_H

#include <stdint.h>

#include <hmmsim/hmmsim.h>

#define BENCH_DEVICE_PFN 0x2000000u /* device memory of the programs; system memory is below */

/* Exits with a sentence unless @ret is 0. */
void bench_must(int ret, const char *what);
/* A heap machine with early system memory of at least @pages, in whole sections (0: none). */
struct hs_machine *bench_machine(uint64_t pages);
/* Exits if something was left behind. */
void bench_machine_end(struct hs_machine *machine);
struct hs_task *bench_attach(struct hs_machine *machine);
void bench_detach(struct hs_task *self);
uint64_t bench_grace_periods(struct hs_machine *machine);

/*
 * 1, 2, 4 .. and as many as there are CPUs (bench_counted_cpus()), but one less than can be: that one
 * may work against them. 2 is there even if there is only one CPU.
 */
#define BENCH_THREAD_COUNTS 5
unsigned int bench_thread_counts(unsigned int counts[BENCH_THREAD_COUNTS]);

#endif
