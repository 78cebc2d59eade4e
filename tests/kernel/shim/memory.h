/* SPDX-License-Identifier: MIT */
/*
 * memory.h - allocation, and counters of each CPU
 */
#ifndef HS_SHIM_MEMORY_H
#define HS_SHIM_MEMORY_H

#include "shim/explored.h"

#define GFP_KERNEL 0u

void *shim_zalloc(size_t size, const char *where);
void shim_free(const void *object, const char *where);

#define kzalloc(size, gfp) ((void)(gfp), shim_zalloc((size), SHIM_HERE))
#define kfree(object) shim_free((object), SHIM_HERE)

#define mem_dump_obj(object) ((void)(object))

/* A counter is an unsigned long for each CPU, zeroed. */
void *shim_percpu_alloc(size_t size, size_t align, const char *where);
void shim_percpu_free(void *counter, const char *where);
unsigned long *shim_percpu_of(unsigned long *counter, int cpu);
void shim_percpu_add(unsigned long *counter, unsigned long n, const char *where);
int shim_cpus(void);

#define __alloc_percpu_gfp(size, align, gfp) \
	((void)(gfp), shim_percpu_alloc((size), (align), SHIM_HERE))
#define free_percpu(counter) shim_percpu_free((counter), SHIM_HERE)
#define per_cpu_ptr(counter, cpu) shim_percpu_of((counter), (cpu))
#define this_cpu_add(counter, n) shim_percpu_add(&(counter), (unsigned long)(n), SHIM_HERE)
#define this_cpu_sub(counter, n) this_cpu_add(counter, 0 - (unsigned long)(n))
#define this_cpu_inc(counter) this_cpu_add(counter, 1)
#define for_each_possible_cpu(cpu) for ((cpu) = 0; (cpu) < shim_cpus(); (cpu)++)

#endif
