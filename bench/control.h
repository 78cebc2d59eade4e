/* SPDX-License-Identifier: MIT */
/*
 * control.h - do the CPUs of this run share a core? What two-thread figures mean depends on it
 */
#ifndef HS_BENCH_CONTROL_H
#define HS_BENCH_CONTROL_H

/* CPUs that the process may use. */
unsigned int bench_cpus(void);
/* The calling thread stays on one of them, for good: the @index-th, modulo their number. */
void bench_pin(unsigned int index);
void bench_yield(void);
/*
 * One line: the topology that /sys claims for these CPUs, how much longer a computation takes if
 * another one runs beside it, measured now, and the load average. Each of @threads, at least 2, as
 * they are pinned, is tried beside thread 0, but none of them beside another.
 */
void bench_control_print(unsigned int threads);

#endif
