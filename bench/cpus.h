/* SPDX-License-Identifier: MIT */
/*
 * cpus.h - the CPUs that the process may use, and the cores that they lie on
 */
#ifndef HS_BENCH_CPUS_H
#define HS_BENCH_CPUS_H

/* The number of CPUs that the process may use; at least 1. */
unsigned int bench_cpus(void);
/* The number of cores that these CPUs lie on, as /sys says; 0: not known. */
unsigned int bench_cores(void);
/* Binds the calling thread to the CPU with this index among them, modulo their number. */
void bench_pin(unsigned int index);
void bench_yield(void);

#endif
