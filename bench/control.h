/* SPDX-License-Identifier: MIT */
/*
 * control.h - CPUs of the process, and whether they share a core
 *
 * Figures of several threads mean little on CPUs that share a core.
 */
#ifndef HS_BENCH_CONTROL_H
#define HS_BENCH_CONTROL_H

/* The number of CPUs that the process may use; at least 1. */
unsigned int bench_cpus(void);
/* Binds the calling thread to the CPU with this index among them, modulo their number. */
void bench_pin(unsigned int index);
void bench_yield(void);
/*
 * Prints one line: the topology of these CPUs as /sys says, how much longer a computation takes
 * beside another one, measured now, and the load average. @threads is at least 2. Each thread is
 * tried beside thread 0, on the CPUs to which bench_pin() binds them; no two others are tried
 * beside each other.
 */
void bench_control_print(unsigned int threads);

#endif
