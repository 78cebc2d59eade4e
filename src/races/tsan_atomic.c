/* SPDX-License-Identifier: MIT */
/*
 * tsan_atomic.c - atomics of C11 and C++ in code that is compiled with -fsanitize=thread
 *
 * Where plain accesses are steps an atomic one is a step, too, with its order (hs_races_atomic()).
 * Elsewhere the explorer has words of its own (sync_words.h). It sees no other atomics, and would
 * explore none of their orders. So one on declared memory fails an assertion in a task; on other
 * memory it is done, as strong as there is. There is none of 16 bytes: a program that needs it is
 * not linked.
 */
#include <stdbool.h>
#include <stdint.h>

#include <hmmsim/races.h>

#include "races/places.h"

#define TSAN_API __attribute__((__visibility__("default")))

/* The numbers of the compilers are those of __ATOMIC_RELAXED and the like. */
static enum hs_sync_order tsan_atomic_order(int order)
{
	switch (order & 0xff) {
	case __ATOMIC_RELAXED:
		return HS_SYNC_RELAXED;
	case __ATOMIC_CONSUME:
	case __ATOMIC_ACQUIRE:
		return HS_SYNC_ACQUIRE;
	case __ATOMIC_RELEASE:
		return HS_SYNC_RELEASE;
	case __ATOMIC_ACQ_REL:
		return HS_SYNC_ACQ_REL;
	default:
		return HS_SYNC_SEQ_CST;
	}
}

/* True: @a has been a step. */
static bool tsan_atomic_is_step(struct hs_races_atomic *a)
{
	if (hs_races_atomic(a))
		return true;
	hs_races_access_at(a->data, a->size, HS_RACES_ATOMIC, a->where);
	return false;
}

#define TSAN_ATOMIC(T, name, parameters, what, v, e, otherwise, host)                      \
	TSAN_API T __tsan_atomic##name parameters;                                         \
	TSAN_API T __tsan_atomic##name parameters                                          \
	{                                                                                  \
		struct hs_races_atomic access = { .data = (void *)(uintptr_t)a,            \
						  .size = sizeof(*a),                      \
						  .op = HS_RACES_##what,                   \
						  .order = tsan_atomic_order(order),       \
						  .operand = (v),                          \
						  .expected = (e),                         \
						  .failing = tsan_atomic_order(otherwise), \
						  .where = HS_RACES_CALLER };              \
		bool step = tsan_atomic_is_step(&access);                                  \
                                                                                           \
		host                                                                       \
	}

#define TSAN_FETCH(T, bits, op, what, v_of)                                                   \
	TSAN_ATOMIC(T, bits##_fetch_##op, (volatile T * a, T v, int order), what, v_of, 0, 0, \
		    return step ? (T)access.before : __atomic_fetch_##op(a, v, __ATOMIC_SEQ_CST);)

/* Whether the value was expected; *expected receives the one that was not. */
#define TSAN_COMPARE(T, bits, strength)                                                           \
	TSAN_ATOMIC(int, bits##_compare_exchange_##strength,                                      \
		    (volatile T * a, T * expected, T v, int order, int failing), CMPXCHG, v,      \
		    *expected, failing,                                                           \
		    if (!step) return __atomic_compare_exchange_n(                                \
			    a, expected, v, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);           \
		    if ((T)access.before == *expected) return true; *expected = (T)access.before; \
		    return false;)

#define TSAN_ATOMICS(T, bits)                                                                      \
	TSAN_ATOMIC(T, bits##_load, (const volatile T *a, int order), LOAD, 0, 0, 0,               \
		    return step ? (T)access.before : __atomic_load_n(a, __ATOMIC_SEQ_CST);)        \
	TSAN_ATOMIC(void, bits##_store, (volatile T * a, T v, int order), STORE, v, 0, 0,          \
		    if (!step) __atomic_store_n(a, v, __ATOMIC_SEQ_CST);)                          \
	TSAN_ATOMIC(T, bits##_exchange, (volatile T * a, T v, int order), XCHG, v, 0, 0,           \
		    return step ? (T)access.before : __atomic_exchange_n(a, v, __ATOMIC_SEQ_CST);) \
	TSAN_FETCH(T, bits, add, ADD, v)                                                           \
	TSAN_FETCH(T, bits, sub, ADD, 0 - (uint64_t)v)                                             \
	TSAN_FETCH(T, bits, and, AND, v)                                                           \
	TSAN_FETCH(T, bits, or, OR, v)                                                             \
	TSAN_FETCH(T, bits, xor, XOR, v)                                                           \
	TSAN_FETCH(T, bits, nand, NAND, v)                                                         \
	TSAN_COMPARE(T, bits, strong)                                                              \
	TSAN_COMPARE(T, bits, weak)                                                                \
	TSAN_ATOMIC(T, bits##_compare_exchange_val,                                                \
		    (volatile T * a, T expected, T v, int order, int failing), CMPXCHG, v,         \
		    expected, failing, if (step) return (T)access.before;                          \
		    __atomic_compare_exchange_n(a, &expected, v, false, __ATOMIC_SEQ_CST,          \
						__ATOMIC_SEQ_CST);                                 \
		    return expected;)

TSAN_ATOMICS(uint8_t, 8)
TSAN_ATOMICS(uint16_t, 16)
TSAN_ATOMICS(uint32_t, 32)
TSAN_ATOMICS(uint64_t, 64)

TSAN_API void __tsan_atomic_thread_fence(int order);
TSAN_API void __tsan_atomic_signal_fence(int order);

/* It orders accesses that the explorer sees where those of foreign code are steps. */
TSAN_API void __tsan_atomic_thread_fence(int order)
{
	if (tsan_atomic_order(order) != HS_SYNC_RELAXED)
		hs_races_fence(tsan_atomic_order(order), HS_RACES_CALLER);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

TSAN_API void __tsan_atomic_signal_fence(int order)
{
	(void)order;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
}
