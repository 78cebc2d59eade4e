/* SPDX-License-Identifier: MIT */
/**
 * @file sync_words.h
 * Shared words with memory orders, and the places of calls, for the author of a scenario.
 *
 * *same* as READ_ONCE(), smp_load_acquire(), xchg(), cmpxchg(), atomic_add() and the like, with the
 * orders of C11. Part of sync.h, which says what these words are for.
 *
 * A word is an object that a program declares, in the state of its scenario or in memory of
 * hs_sync_alloc(); zeroed it holds 0 or NULL. It is used through these functions alone: what
 * reads its bytes another way is not seen by the explorer, and is a race on threads.
 *
 * Every name that ends in _at takes the place of the call as its last argument. The macro of the
 * same name without _at passes HS_SYNC_HERE, so that what a search finds names the line.
 *
 * In hmmsim::explore each call is one step, on threads one atomic operation. What the word is in
 * must be live: a call on an object that is freed is a verdict.
 */
#ifndef HMMSIM_SYNC_WORDS_H
#define HMMSIM_SYNC_WORDS_H

#include <stdbool.h>
#include <stdint.h>

#include <hmmsim/export.h>
#include <hmmsim/machine.h>

#ifdef __cplusplus
extern "C" {
#endif

/** The number @p x as a string literal; part of HS_SYNC_HERE. */
#define HS_SYNC_LITERAL(x) HS_SYNC_LITERAL_(x)
/** Part of HS_SYNC_LITERAL. */
#define HS_SYNC_LITERAL_(x) #x
#ifndef HS_SYNC_FILE
/**
 * The file of HS_SYNC_HERE, a string literal. A program may define it before it includes this
 * header. Otherwise it is what the compiler was told: with -fmacro-prefix-map=$PWD/= of gcc and
 * clang it is relative to the source, so that reports are the same bytes wherever it was built.
 */
#define HS_SYNC_FILE __FILE__
#endif
/** The place of a call, "file:line": a literal, which must live as long as the program. */
#define HS_SYNC_HERE HS_SYNC_FILE ":" HS_SYNC_LITERAL(__LINE__)

/** struct hs_sync_u32 - a shared word of 32 bits; only the functions below look inside */
struct hs_sync_u32 {
	uint32_t opaque; /**< the library's */
};

/** struct hs_sync_u64 - a shared word of 64 bits; only the functions below look inside */
struct hs_sync_u64 {
	uint64_t opaque; /**< the library's */
};

/** struct hs_sync_ptr - a shared pointer; only the functions below look inside */
struct hs_sync_ptr {
	void *opaque; /**< the library's */
};

/** enum hs_sync_order - what an access is ordered with, as the memory orders of C11 */
enum hs_sync_order {
	HS_SYNC_RELAXED, /**< nothing: READ_ONCE(), WRITE_ONCE() */
	HS_SYNC_ACQUIRE, /**< what comes later: smp_load_acquire(); not of a store */
	HS_SYNC_RELEASE, /**< what comes before: smp_store_release(); not of a load */
	HS_SYNC_ACQ_REL, /**< both, of what reads and writes; not of a load or store */
	HS_SYNC_SEQ_CST, /**< all accesses of this order have one order: value-returning atomics */
};

/**
 * hs_sync_fence_at() - a fence
 * @param self   the calling task
 * @param order  of the fence: smp_mb() is HS_SYNC_SEQ_CST; asserts that it is not HS_SYNC_RELAXED
 * @param where  HS_SYNC_HERE
 *
 * *same* as atomic_thread_fence() of C11. In hmmsim::explore it is a step if the order is
 * HS_SYNC_SEQ_CST and the memory HS_MEMORY_VIEWS, otherwise none. ThreadSanitizer sees no fence.
 *
 * Context: any.
 */
HMMSIM_API void hs_sync_fence_at(struct hs_task *self, enum hs_sync_order order, const char *where);
/** hs_sync_fence_at(), called here */
#define hs_sync_fence(self, order) hs_sync_fence_at((self), (order), HS_SYNC_HERE)

/* ---- 32 bits ----------------------------------------------------------------------------- */

/**
 * hs_sync_u32_init_at() - give a word its first value
 * @param word   the word, which no other task can reach yet (not checked)
 * @param value  what it holds from now on
 * @param where  HS_SYNC_HERE
 *
 * Not a step, and ordered with nothing.
 *
 * Context: any; no task is needed.
 */
HMMSIM_API void hs_sync_u32_init_at(struct hs_sync_u32 *word, uint32_t value, const char *where);
/** hs_sync_u32_init_at(), called here */
#define hs_sync_u32_init(word, value) hs_sync_u32_init_at((word), (value), HS_SYNC_HERE)

/**
 * hs_sync_u32_load_at() - read a word
 * @param self   the calling task
 * @param word   the word
 * @param order  asserted to be RELAXED, ACQUIRE or SEQ_CST
 * @param where  HS_SYNC_HERE
 *
 * Context: any, predicates of waits included.
 *
 * Return: its value.
 */
HMMSIM_API uint32_t hs_sync_u32_load_at(struct hs_task *self, const struct hs_sync_u32 *word,
					enum hs_sync_order order, const char *where);
/** hs_sync_u32_load_at(), called here */
#define hs_sync_u32_load(self, word, order) \
	hs_sync_u32_load_at((self), (word), (order), HS_SYNC_HERE)

/**
 * hs_sync_u32_store_at() - write a word
 * @param self   the calling task
 * @param word   the word
 * @param value  what it holds from now on
 * @param order  asserted to be RELAXED, RELEASE or SEQ_CST
 * @param where  HS_SYNC_HERE
 *
 * Context: any.
 */
HMMSIM_API void hs_sync_u32_store_at(struct hs_task *self, struct hs_sync_u32 *word, uint32_t value,
				     enum hs_sync_order order, const char *where);
/** hs_sync_u32_store_at(), called here */
#define hs_sync_u32_store(self, word, value, order) \
	hs_sync_u32_store_at((self), (word), (value), (order), HS_SYNC_HERE)

/**
 * hs_sync_u32_xchg_at() - write a word and read what it held before
 * @param self   the calling task
 * @param word   the word
 * @param value  what it holds from now on
 * @param order  any
 * @param where  HS_SYNC_HERE
 *
 * Context: any.
 *
 * Return: the value before.
 */
HMMSIM_API uint32_t hs_sync_u32_xchg_at(struct hs_task *self, struct hs_sync_u32 *word,
					uint32_t value, enum hs_sync_order order,
					const char *where);
/** hs_sync_u32_xchg_at(), called here */
#define hs_sync_u32_xchg(self, word, value, order) \
	hs_sync_u32_xchg_at((self), (word), (value), (order), HS_SYNC_HERE)

/**
 * hs_sync_u32_cmpxchg_at() - write a word if it holds what is expected
 * @param self      the calling task
 * @param word      the word
 * @param expected  what it must hold; receives what it holds, if that is something else
 * @param value     what it holds then
 * @param order     any; where nothing is written, that of a load
 * @param where     HS_SYNC_HERE
 *
 * It does not fail where the values are equal.
 *
 * Context: any.
 *
 * Return: whether it was written.
 */
HMMSIM_API bool hs_sync_u32_cmpxchg_at(struct hs_task *self, struct hs_sync_u32 *word,
				       uint32_t *expected, uint32_t value, enum hs_sync_order order,
				       const char *where);
/** hs_sync_u32_cmpxchg_at(), called here */
#define hs_sync_u32_cmpxchg(self, word, expected, value, order) \
	hs_sync_u32_cmpxchg_at((self), (word), (expected), (value), (order), HS_SYNC_HERE)

/**
 * hs_sync_u32_add_at() - add to a word
 * @param self   the calling task
 * @param word   the word
 * @param n      what is added, modulo 2^32
 * @param order  any
 * @param where  HS_SYNC_HERE
 *
 * Context: any.
 *
 * Return: the value before.
 */
HMMSIM_API uint32_t hs_sync_u32_add_at(struct hs_task *self, struct hs_sync_u32 *word, uint32_t n,
				       enum hs_sync_order order, const char *where);
/** hs_sync_u32_add_at(), called here */
#define hs_sync_u32_add(self, word, n, order) \
	hs_sync_u32_add_at((self), (word), (n), (order), HS_SYNC_HERE)

/**
 * hs_sync_u32_or_at() - set bits of a word
 * @param self   the calling task
 * @param word   the word
 * @param bits   those that are set from now on
 * @param order  any
 * @param where  HS_SYNC_HERE
 *
 * Context: any.
 *
 * Return: the value before.
 */
HMMSIM_API uint32_t hs_sync_u32_or_at(struct hs_task *self, struct hs_sync_u32 *word, uint32_t bits,
				      enum hs_sync_order order, const char *where);
/** hs_sync_u32_or_at(), called here */
#define hs_sync_u32_or(self, word, bits, order) \
	hs_sync_u32_or_at((self), (word), (bits), (order), HS_SYNC_HERE)

/**
 * hs_sync_u32_and_at() - clear bits of a word
 * @param self   the calling task
 * @param word   the word
 * @param bits   those that stay; all others are 0 from now on
 * @param order  any
 * @param where  HS_SYNC_HERE
 *
 * Context: any.
 *
 * Return: the value before.
 */
HMMSIM_API uint32_t hs_sync_u32_and_at(struct hs_task *self, struct hs_sync_u32 *word,
				       uint32_t bits, enum hs_sync_order order, const char *where);
/** hs_sync_u32_and_at(), called here */
#define hs_sync_u32_and(self, word, bits, order) \
	hs_sync_u32_and_at((self), (word), (bits), (order), HS_SYNC_HERE)

/* ---- 64 bits ----------------------------------------------------------------------------- */

/**
 * hs_sync_u64_init_at() - give a word its first value
 * @param word   the word, which no other task can reach yet (not checked)
 * @param value  what it holds from now on
 * @param where  HS_SYNC_HERE
 *
 * Not a step, and ordered with nothing.
 *
 * Context: any; no task is needed.
 */
HMMSIM_API void hs_sync_u64_init_at(struct hs_sync_u64 *word, uint64_t value, const char *where);
/** hs_sync_u64_init_at(), called here */
#define hs_sync_u64_init(word, value) hs_sync_u64_init_at((word), (value), HS_SYNC_HERE)

/**
 * hs_sync_u64_load_at() - read a word
 * @param self   the calling task
 * @param word   the word
 * @param order  asserted to be RELAXED, ACQUIRE or SEQ_CST
 * @param where  HS_SYNC_HERE
 *
 * Context: any, predicates of waits included.
 *
 * Return: its value.
 */
HMMSIM_API uint64_t hs_sync_u64_load_at(struct hs_task *self, const struct hs_sync_u64 *word,
					enum hs_sync_order order, const char *where);
/** hs_sync_u64_load_at(), called here */
#define hs_sync_u64_load(self, word, order) \
	hs_sync_u64_load_at((self), (word), (order), HS_SYNC_HERE)

/**
 * hs_sync_u64_store_at() - write a word
 * @param self   the calling task
 * @param word   the word
 * @param value  what it holds from now on
 * @param order  asserted to be RELAXED, RELEASE or SEQ_CST
 * @param where  HS_SYNC_HERE
 *
 * Context: any.
 */
HMMSIM_API void hs_sync_u64_store_at(struct hs_task *self, struct hs_sync_u64 *word, uint64_t value,
				     enum hs_sync_order order, const char *where);
/** hs_sync_u64_store_at(), called here */
#define hs_sync_u64_store(self, word, value, order) \
	hs_sync_u64_store_at((self), (word), (value), (order), HS_SYNC_HERE)

/**
 * hs_sync_u64_xchg_at() - write a word and read what it held before
 * @param self   the calling task
 * @param word   the word
 * @param value  what it holds from now on
 * @param order  any
 * @param where  HS_SYNC_HERE
 *
 * Context: any.
 *
 * Return: the value before.
 */
HMMSIM_API uint64_t hs_sync_u64_xchg_at(struct hs_task *self, struct hs_sync_u64 *word,
					uint64_t value, enum hs_sync_order order,
					const char *where);
/** hs_sync_u64_xchg_at(), called here */
#define hs_sync_u64_xchg(self, word, value, order) \
	hs_sync_u64_xchg_at((self), (word), (value), (order), HS_SYNC_HERE)

/**
 * hs_sync_u64_cmpxchg_at() - write a word if it holds what is expected
 * @param self      the calling task
 * @param word      the word
 * @param expected  what it must hold; receives what it holds, if that is something else
 * @param value     what it holds then
 * @param order     any; where nothing is written, that of a load
 * @param where     HS_SYNC_HERE
 *
 * It does not fail where the values are equal.
 *
 * Context: any.
 *
 * Return: whether it was written.
 */
HMMSIM_API bool hs_sync_u64_cmpxchg_at(struct hs_task *self, struct hs_sync_u64 *word,
				       uint64_t *expected, uint64_t value, enum hs_sync_order order,
				       const char *where);
/** hs_sync_u64_cmpxchg_at(), called here */
#define hs_sync_u64_cmpxchg(self, word, expected, value, order) \
	hs_sync_u64_cmpxchg_at((self), (word), (expected), (value), (order), HS_SYNC_HERE)

/**
 * hs_sync_u64_add_at() - add to a word
 * @param self   the calling task
 * @param word   the word
 * @param n      what is added, modulo 2^64
 * @param order  any
 * @param where  HS_SYNC_HERE
 *
 * Context: any.
 *
 * Return: the value before.
 */
HMMSIM_API uint64_t hs_sync_u64_add_at(struct hs_task *self, struct hs_sync_u64 *word, uint64_t n,
				       enum hs_sync_order order, const char *where);
/** hs_sync_u64_add_at(), called here */
#define hs_sync_u64_add(self, word, n, order) \
	hs_sync_u64_add_at((self), (word), (n), (order), HS_SYNC_HERE)

/**
 * hs_sync_u64_or_at() - set bits of a word
 * @param self   the calling task
 * @param word   the word
 * @param bits   those that are set from now on
 * @param order  any
 * @param where  HS_SYNC_HERE
 *
 * Context: any.
 *
 * Return: the value before.
 */
HMMSIM_API uint64_t hs_sync_u64_or_at(struct hs_task *self, struct hs_sync_u64 *word, uint64_t bits,
				      enum hs_sync_order order, const char *where);
/** hs_sync_u64_or_at(), called here */
#define hs_sync_u64_or(self, word, bits, order) \
	hs_sync_u64_or_at((self), (word), (bits), (order), HS_SYNC_HERE)

/**
 * hs_sync_u64_and_at() - clear bits of a word
 * @param self   the calling task
 * @param word   the word
 * @param bits   those that stay; all others are 0 from now on
 * @param order  any
 * @param where  HS_SYNC_HERE
 *
 * Context: any.
 *
 * Return: the value before.
 */
HMMSIM_API uint64_t hs_sync_u64_and_at(struct hs_task *self, struct hs_sync_u64 *word,
				       uint64_t bits, enum hs_sync_order order, const char *where);
/** hs_sync_u64_and_at(), called here */
#define hs_sync_u64_and(self, word, bits, order) \
	hs_sync_u64_and_at((self), (word), (bits), (order), HS_SYNC_HERE)

/* ---- pointers ---------------------------------------------------------------------------- */

/**
 * hs_sync_ptr_init_at() - give a word its first value
 * @param word   the word, which no other task can reach yet (not checked)
 * @param value  what it holds from now on
 * @param where  HS_SYNC_HERE
 *
 * Not a step, and ordered with nothing.
 *
 * Context: any; no task is needed.
 */
HMMSIM_API void hs_sync_ptr_init_at(struct hs_sync_ptr *word, void *value, const char *where);
/** hs_sync_ptr_init_at(), called here */
#define hs_sync_ptr_init(word, value) hs_sync_ptr_init_at((word), (value), HS_SYNC_HERE)

/**
 * hs_sync_ptr_load_at() - read a word
 * @param self   the calling task
 * @param word   the word
 * @param order  asserted to be RELAXED, ACQUIRE or SEQ_CST
 * @param where  HS_SYNC_HERE
 *
 * Context: any, predicates of waits included.
 *
 * Return: its value.
 */
HMMSIM_API void *hs_sync_ptr_load_at(struct hs_task *self, const struct hs_sync_ptr *word,
				     enum hs_sync_order order, const char *where);
/** hs_sync_ptr_load_at(), called here */
#define hs_sync_ptr_load(self, word, order) \
	hs_sync_ptr_load_at((self), (word), (order), HS_SYNC_HERE)

/**
 * hs_sync_ptr_store_at() - write a word
 * @param self   the calling task
 * @param word   the word
 * @param value  what it holds from now on
 * @param order  asserted to be RELAXED, RELEASE or SEQ_CST
 * @param where  HS_SYNC_HERE
 *
 * Context: any.
 */
HMMSIM_API void hs_sync_ptr_store_at(struct hs_task *self, struct hs_sync_ptr *word, void *value,
				     enum hs_sync_order order, const char *where);
/** hs_sync_ptr_store_at(), called here */
#define hs_sync_ptr_store(self, word, value, order) \
	hs_sync_ptr_store_at((self), (word), (value), (order), HS_SYNC_HERE)

/**
 * hs_sync_ptr_xchg_at() - write a word and read what it held before
 * @param self   the calling task
 * @param word   the word
 * @param value  what it holds from now on
 * @param order  any
 * @param where  HS_SYNC_HERE
 *
 * Context: any.
 *
 * Return: the value before.
 */
HMMSIM_API void *hs_sync_ptr_xchg_at(struct hs_task *self, struct hs_sync_ptr *word, void *value,
				     enum hs_sync_order order, const char *where);
/** hs_sync_ptr_xchg_at(), called here */
#define hs_sync_ptr_xchg(self, word, value, order) \
	hs_sync_ptr_xchg_at((self), (word), (value), (order), HS_SYNC_HERE)

/**
 * hs_sync_ptr_cmpxchg_at() - write a word if it holds what is expected
 * @param self      the calling task
 * @param word      the word
 * @param expected  what it must hold; receives what it holds, if that is something else
 * @param value     what it holds then
 * @param order     any; where nothing is written, that of a load
 * @param where     HS_SYNC_HERE
 *
 * It does not fail where the values are equal.
 *
 * Context: any.
 *
 * Return: whether it was written.
 */
HMMSIM_API bool hs_sync_ptr_cmpxchg_at(struct hs_task *self, struct hs_sync_ptr *word,
				       void **expected, void *value, enum hs_sync_order order,
				       const char *where);
/** hs_sync_ptr_cmpxchg_at(), called here */
#define hs_sync_ptr_cmpxchg(self, word, expected, value, order) \
	hs_sync_ptr_cmpxchg_at((self), (word), (expected), (value), (order), HS_SYNC_HERE)

#ifdef __cplusplus
}
#endif

#endif
