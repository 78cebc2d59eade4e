/* SPDX-License-Identifier: MIT */
/*
 * words.c - shared words for the author of a scenario, out of line
 *
 * same: the seam's words. An order that is not known when this is compiled becomes one that is,
 * because a compiler takes any other for SEQ_CST. The place of the call goes to the seam, which has
 * none of a word's operations otherwise.
 */
#include <hmmsim/sync_words.h>

#include "port/port.h"

#define WORDS_SAME(mine, seam)                                                           \
	_Static_assert(sizeof(mine) == sizeof(seam) && _Alignof(mine) == _Alignof(seam), \
		       "a public word is a word of the seam")

WORDS_SAME(struct hs_sync_u32, hs_u32);
WORDS_SAME(struct hs_sync_u64, hs_u64);
WORDS_SAME(struct hs_sync_ptr, hs_ptr);

HS_NORETURN static void words_refuse(struct hs_task *self, enum hs_sync_order order,
				     const char *operation, const char *where)
{
	static const char *const names[] = {
		[HS_SYNC_RELAXED] = "RELAXED", [HS_SYNC_ACQUIRE] = "ACQUIRE",
		[HS_SYNC_RELEASE] = "RELEASE", [HS_SYNC_ACQ_REL] = "ACQ_REL",
		[HS_SYNC_SEQ_CST] = "SEQ_CST",
	};
	bool known = (unsigned int)order < sizeof(names) / sizeof(names[0]);

	hs_fail(self, where, "a %s cannot have the order %s (%d)", operation,
		known ? names[order] : "?", (int)order);
}

#define WORDS_CASE(name, operation)                \
	case HS_SYNC_##name: {                     \
		const enum hs_order o = HS_##name; \
                                                   \
		operation;                         \
		break;                             \
	}

#define WORDS_LOADS(operation)         \
	WORDS_CASE(RELAXED, operation) \
	WORDS_CASE(ACQUIRE, operation) \
	WORDS_CASE(SEQ_CST, operation)

#define WORDS_STORES(operation)        \
	WORDS_CASE(RELAXED, operation) \
	WORDS_CASE(RELEASE, operation) \
	WORDS_CASE(SEQ_CST, operation)

#define WORDS_BOTH(operation)          \
	WORDS_CASE(RELAXED, operation) \
	WORDS_CASE(ACQUIRE, operation) \
	WORDS_CASE(RELEASE, operation) \
	WORDS_CASE(ACQ_REL, operation) \
	WORDS_CASE(SEQ_CST, operation)

/* The operation, with one of the orders that @cases has; o is the seam's. */
#define WORDS_DO(cases, name, operation)                                           \
	hs_site(self, where);                                                      \
	switch (order) {                                                           \
		cases(operation) default : words_refuse(self, order, name, where); \
	}                                                                          \
	hs_site(self, NULL)

#define WORDS_OPS(T, W, V)                                                                         \
	void hs_sync_##T##_init_at(struct hs_sync_##T *word, V value, const char *where)           \
	{                                                                                          \
		hs_note_place(where);                                                              \
		W##_init((W *)word, value);                                                        \
	}                                                                                          \
                                                                                                   \
	V hs_sync_##T##_load_at(struct hs_task *self, const struct hs_sync_##T *word,              \
				enum hs_sync_order order, const char *where)                       \
	{                                                                                          \
		const W *w = (const W *)word;                                                      \
		V v;                                                                               \
                                                                                                   \
		WORDS_DO(WORDS_LOADS, "load", v = W##_load(self, w, o));                           \
		return v;                                                                          \
	}                                                                                          \
                                                                                                   \
	void hs_sync_##T##_store_at(struct hs_task *self, struct hs_sync_##T *word, V value,       \
				    enum hs_sync_order order, const char *where)                   \
	{                                                                                          \
		WORDS_DO(WORDS_STORES, "store", W##_store(self, (W *)word, value, o));             \
	}                                                                                          \
                                                                                                   \
	V hs_sync_##T##_xchg_at(struct hs_task *self, struct hs_sync_##T *word, V value,           \
				enum hs_sync_order order, const char *where)                       \
	{                                                                                          \
		V v;                                                                               \
                                                                                                   \
		WORDS_DO(WORDS_BOTH, "xchg", v = W##_xchg(self, (W *)word, value, o));             \
		return v;                                                                          \
	}                                                                                          \
                                                                                                   \
	bool hs_sync_##T##_cmpxchg_at(struct hs_task *self, struct hs_sync_##T *word, V *expected, \
				      V value, enum hs_sync_order order, const char *where)        \
	{                                                                                          \
		bool done;                                                                         \
                                                                                                   \
		WORDS_DO(WORDS_BOTH, "cmpxchg",                                                    \
			 done = W##_cmpxchg(self, (W *)word, expected, value, o));                 \
		return done;                                                                       \
	}

#define WORDS_MATH(T, W, V, op)                                                        \
	V hs_sync_##T##_##op##_at(struct hs_task *self, struct hs_sync_##T *word, V n, \
				  enum hs_sync_order order, const char *where)         \
	{                                                                              \
		V v;                                                                   \
                                                                                       \
		WORDS_DO(WORDS_BOTH, #op, v = W##_##op(self, (W *)word, n, o));        \
		return v;                                                              \
	}

WORDS_OPS(u32, hs_u32, uint32_t)
WORDS_OPS(u64, hs_u64, uint64_t)
WORDS_OPS(ptr, hs_ptr, void *)
WORDS_MATH(u32, hs_u32, uint32_t, add)
WORDS_MATH(u32, hs_u32, uint32_t, or)
WORDS_MATH(u32, hs_u32, uint32_t, and)
WORDS_MATH(u64, hs_u64, uint64_t, add)
WORDS_MATH(u64, hs_u64, uint64_t, or)
WORDS_MATH(u64, hs_u64, uint64_t, and)

#define WORDS_FENCES(operation)        \
	WORDS_CASE(ACQUIRE, operation) \
	WORDS_CASE(RELEASE, operation) \
	WORDS_CASE(ACQ_REL, operation) \
	WORDS_CASE(SEQ_CST, operation)

void hs_sync_fence_at(struct hs_task *self, enum hs_sync_order order, const char *where)
{
	WORDS_DO(WORDS_FENCES, "fence", hs_fence(self, o));
}
