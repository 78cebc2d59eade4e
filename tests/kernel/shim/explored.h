/* SPDX-License-Identifier: MIT */
/*
 * explored.h - what kernel code whose steps are explored needs besides base.h
 *
 * A function of the kernel that waits, allocates, or belongs to one CPU is one of explored.c, which
 * sees both sides. What a compiler makes of the rest is steps as it is.
 */
#ifndef HS_SHIM_EXPLORED_H
#define HS_SHIM_EXPLORED_H

#include <limits.h>

#include "shim/base.h"

typedef unsigned int gfp_t;

#define SMP_CACHE_BYTES 64
#define ____cacheline_aligned_in_smp
#define __percpu
#define __rcu
#define __must_check
#define __maybe_unused __attribute__((__unused__))
#define container_of(ptr, type, member) ((type *)((char *)(ptr)-offsetof(type, member)))
#define check_add_overflow(a, b, sum) __builtin_add_overflow((a), (b), (sum))
#define max_t(type, a, b) ((type)(a) > (type)(b) ? (type)(a) : (type)(b))
/* Where nothing was put: no address of any process, as on x86-64. */
#define CONFIG_ILLEGAL_POINTER_VALUE 0xdead000000000000
#define SHIM_PASTE_(x, suffix) x##suffix
#define _AC(x, suffix) SHIM_PASTE_(x, suffix)

struct list_head {
	struct list_head *next, *prev;
};
struct hlist_node {
	struct hlist_node *next, **pprev;
};
struct hlist_head {
	struct hlist_node *first;
};

/* ---- errors as pointers ------------------------------------------------------------------ */

#define ERR_PTR(error) ((void *)(long)(error))
#define PTR_ERR(ptr) ((long)(ptr))
#define IS_ERR(ptr) ((unsigned long)(ptr) >= (unsigned long)-4095)

/* ---- barriers ----------------------------------------------------------------------------- */

#define smp_load_acquire(p) __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define smp_store_release(p, value) __atomic_store_n((p), (value), __ATOMIC_RELEASE)
#define smp_mb() __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define smp_wmb() __atomic_thread_fence(__ATOMIC_RELEASE)
#define data_race(expression) (expression)
#define barrier() __asm__ volatile("" ::: "memory")

/* ---- what must not happen ---------------------------------------------------------------- */

void shim_bug(const char *condition, const char *where);

#define WARN_ON(x) shim_warn(!!(x), #x, SHIM_HERE)
#define WARN(x, ...) WARN_ON(x)
#define WARN_ONCE(x, ...) WARN_ON(x)
#define BUG_ON(x)                                \
	do {                                     \
		if (x)                           \
			shim_bug(#x, SHIM_HERE); \
	} while (0)
#define BUILD_BUG_ON(x) _Static_assert(!(x), #x)
#define pr_info(...) ((void)0)
#define pr_err(...) ((void)0)
#define pr_debug(...) ((void)0)

#endif
