/* SPDX-License-Identifier: MIT */
/*
 * atomic.h - atomic_t and atomic_long_t
 *
 * What returns a value is ordered as SEQ_CST, what returns none is relaxed, and what changes
 * nothing is relaxed, too.
 */
#ifndef HS_SHIM_ATOMIC_H
#define HS_SHIM_ATOMIC_H

#include "shim/explored.h"

typedef struct {
	int counter;
} atomic_t;

typedef struct {
	long counter;
} atomic_long_t;

#define atomic_read(a) READ_ONCE((a)->counter)
#define atomic_long_read(a) READ_ONCE((a)->counter)
#define ATOMIC_INIT(value) \
	{                  \
		(value)    \
	}
#define atomic_set(a, value) WRITE_ONCE((a)->counter, (value))
#define atomic_long_set(a, value) WRITE_ONCE((a)->counter, (value))

static inline void atomic_inc(atomic_t *a)
{
	__atomic_fetch_add(&a->counter, 1, __ATOMIC_RELAXED);
}

static inline int atomic_inc_return(atomic_t *a)
{
	return __atomic_add_fetch(&a->counter, 1, __ATOMIC_SEQ_CST);
}

static inline bool atomic_dec_and_test(atomic_t *a)
{
	return __atomic_sub_fetch(&a->counter, 1, __ATOMIC_SEQ_CST) == 0;
}

static inline void atomic_long_add(long n, atomic_long_t *a)
{
	__atomic_fetch_add(&a->counter, n, __ATOMIC_RELAXED);
}

static inline bool atomic_long_sub_and_test(long n, atomic_long_t *a)
{
	return __atomic_sub_fetch(&a->counter, n, __ATOMIC_SEQ_CST) == 0;
}

static inline bool atomic_long_add_unless(atomic_long_t *a, long n, long unless)
{
	long seen = atomic_long_read(a);

	while (seen != unless)
		if (__atomic_compare_exchange_n(&a->counter, &seen, seen + n, false,
						__ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
			return true;
	return false;
}

static inline bool atomic_long_inc_not_zero(atomic_long_t *a)
{
	return atomic_long_add_unless(a, 1, 0);
}

#endif
