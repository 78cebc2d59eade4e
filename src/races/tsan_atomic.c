/* SPDX-License-Identifier: MIT */
/*
 * tsan_atomic.c - atomics of C11 and C++ in code that is compiled with -fsanitize=thread
 *
 * The explorer has words of its own (sync_words.h), which are steps. It sees no other atomics, and
 * would explore none of their orders. So one on declared memory fails an assertion in a task;
 * elsewhere it is done, as strong as there is. There is none of 16 bytes: a program that needs it
 * is not linked.
 */
#include <stdbool.h>
#include <stdint.h>

#include <hmmsim/races.h>

#define TSAN_API __attribute__((__visibility__("default")))

#define TSAN_ATOMIC(T, name, parameters, operation)                                       \
	TSAN_API T __tsan_atomic##name parameters;                                        \
	TSAN_API T __tsan_atomic##name parameters                                         \
	{                                                                                 \
		hs_races_access((const void *)(uintptr_t)a, sizeof(*a), HS_RACES_ATOMIC); \
		operation;                                                                \
	}

#define TSAN_FETCH(T, bits, op)                                                          \
	TSAN_ATOMIC(T, bits##_fetch_##op, (volatile T * a, T v, int order), (void)order; \
		    return __atomic_fetch_##op(a, v, __ATOMIC_SEQ_CST))

#define TSAN_COMPARE(T, bits, strength)                                                       \
	TSAN_ATOMIC(int, bits##_compare_exchange_##strength,                                  \
		    (volatile T * a, T * expected, T v, int order, int failing), (void)order; \
		    (void)failing; return __atomic_compare_exchange_n(                        \
			    a, expected, v, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))

#define TSAN_ATOMICS(T, bits)                                                               \
	TSAN_ATOMIC(T, bits##_load, (const volatile T *a, int order), (void)order;          \
		    return __atomic_load_n(a, __ATOMIC_SEQ_CST))                            \
	TSAN_ATOMIC(void, bits##_store, (volatile T * a, T v, int order), (void)order;      \
		    __atomic_store_n(a, v, __ATOMIC_SEQ_CST))                               \
	TSAN_ATOMIC(T, bits##_exchange, (volatile T * a, T v, int order), (void)order;      \
		    return __atomic_exchange_n(a, v, __ATOMIC_SEQ_CST))                     \
	TSAN_FETCH(T, bits, add)                                                            \
	TSAN_FETCH(T, bits, sub)                                                            \
	TSAN_FETCH(T, bits, and)                                                            \
	TSAN_FETCH(T, bits, or)                                                             \
	TSAN_FETCH(T, bits, xor)                                                            \
	TSAN_FETCH(T, bits, nand)                                                           \
	TSAN_COMPARE(T, bits, strong)                                                       \
	TSAN_COMPARE(T, bits, weak)                                                         \
	TSAN_ATOMIC(T, bits##_compare_exchange_val,                                         \
		    (volatile T * a, T expected, T v, int order, int failing), (void)order; \
		    (void)failing; __atomic_compare_exchange_n(                             \
			    a, &expected, v, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);    \
		    return expected)

TSAN_ATOMICS(uint8_t, 8)
TSAN_ATOMICS(uint16_t, 16)
TSAN_ATOMICS(uint32_t, 32)
TSAN_ATOMICS(uint64_t, 64)

TSAN_API void __tsan_atomic_thread_fence(int order);
TSAN_API void __tsan_atomic_signal_fence(int order);

/* It orders no access that the explorer sees. */
TSAN_API void __tsan_atomic_thread_fence(int order)
{
	(void)order;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

TSAN_API void __tsan_atomic_signal_fence(int order)
{
	(void)order;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
}
