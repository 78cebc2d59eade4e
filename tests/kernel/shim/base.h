/* SPDX-License-Identifier: MIT */
/*
 * base.h - the words of kernel code that have no subject: types, macros, what must never be called
 *
 * Shim headers have no model header in them, because kernel files and ours use the same names for
 * different things. They declare; the glue beside them, which sees both sides, defines.
 */
#ifndef HS_SHIM_BASE_H
#define HS_SHIM_BASE_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint64_t u64;
typedef uint32_t u32;
typedef unsigned long pgoff_t;

#define BITS_PER_LONG 64
#define PAGE_SHIFT 12
#define PAGE_SIZE (1UL << PAGE_SHIFT)
#define PAGE_MASK (~(PAGE_SIZE - 1))
#define BIT(nr) (1UL << (nr))

#define __bitwise
#define __force
#define __always_unused __attribute__((__unused__))
#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

/* Of marked accesses only those that are atomics have views of weak memory. */
#ifdef SHIM_EXPLORED
#define READ_ONCE(x) __atomic_load_n(&(x), __ATOMIC_RELAXED)
#define WRITE_ONCE(x, value) __atomic_store_n(&(x), (value), __ATOMIC_RELAXED)
#else
#define READ_ONCE(x) (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, value) (*(volatile __typeof__(x) *)&(x) = (value))
#endif

/* Both arguments have one type, and no effects: that is all that the files here need. */
#define min(a, b) ((a) < (b) ? (a) : (b))
#define max(a, b) ((a) > (b) ? (a) : (b))

#define EXPORT_SYMBOL(name) extern int shim_exported_##name
#define EXPORT_SYMBOL_GPL(name) EXPORT_SYMBOL(name)
/* Every option that is asked for in this way is on. */
#define IS_ENABLED(option) 1

/* A kernel that warns has met what its authors excluded: fails an assertion of the model. */
bool shim_warn(bool is_true, const char *condition, const char *where);
#define SHIM_STRING_(x) #x
#define SHIM_STRING(x) SHIM_STRING_(x)
#define SHIM_HERE __FILE__ ":" SHIM_STRING(__LINE__)
#define WARN_ON_ONCE(x) shim_warn((x), #x, SHIM_HERE)
#define VM_WARN_ON_ONCE(x) ((void)WARN_ON_ONCE(x))

/*
 * What a file mentions and the code under test never reaches: fails an assertion. The result has
 * every pointer type.
 */
void *shim_absent(const char *name);
#define SHIM_ABSENT(type, name) ((type)(uintptr_t)shim_absent(name))

#endif
