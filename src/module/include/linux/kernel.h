/* SPDX-License-Identifier: MIT */
/*
 * linux/kernel.h - small things that kernel code uses everywhere
 *
 * reduced: what the kernel warns of, and what is a bug for it, fails an assertion here, with the
 * line. READ_ONCE() and WRITE_ONCE() are relaxed atomics, also for views of weak memory.
 */
#ifndef HMMSIM_MODULE_KERNEL_H
#define HMMSIM_MODULE_KERNEL_H

#include_next <linux/kernel.h>

#include <hmmsim/races.h>
#include <hmmsim/sync.h>
#include <linux/types.h>

#define container_of(ptr, type, member) ((type *)((char *)(ptr)-offsetof(type, member)))
#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#define min(a, b) ((a) < (b) ? (a) : (b))
#define max(a, b) ((a) > (b) ? (a) : (b))

#define READ_ONCE(x) __atomic_load_n(&(x), __ATOMIC_RELAXED)
#define WRITE_ONCE(x, value) __atomic_store_n(&(x), (value), __ATOMIC_RELAXED)

static inline bool module_warn(bool is_true, const char *condition, const char *where)
{
	if (is_true)
		hs_sync_fail(hs_races_task(), where, condition, "the kernel warns");
	return is_true;
}

#define WARN_ON(x) module_warn((x), #x, HS_SYNC_HERE)
#define WARN_ON_ONCE(x) WARN_ON(x)
#define WARN(x, ...) WARN_ON(x)
#define BUG_ON(x) ((void)WARN_ON(x))

#define pr_err(...) ((void)0)
#define pr_warn(...) ((void)0)
#define pr_info(...) ((void)0)
#define pr_debug(...) ((void)0)

#endif
