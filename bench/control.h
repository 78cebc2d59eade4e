/* SPDX-License-Identifier: MIT */
/*
 * control.h - whether the CPUs that threads run on share a core
 *
 * Figures of several threads mean little on CPUs that share a core.
 */
#ifndef HS_BENCH_CONTROL_H
#define HS_BENCH_CONTROL_H

/*
 * Prints one line: the topology of the CPUs of the process as /sys says, how much longer a
 * computation takes beside another one, measured now, and the load average. @threads is at least 2.
 * Each thread is tried beside thread 0, on the CPUs to which bench_pin() binds them; no two others
 * are tried beside each other.
 */
void bench_control_print(unsigned int threads);

#endif
