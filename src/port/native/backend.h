/* SPDX-License-Identifier: MIT */
/*
 * backend.h (native) - the seam on real threads: what is inlined
 *
 * The memory model is C11's, through the compiler's atomics, so that TSan sees every edge. All
 * locks are futex words that name their owner; arena.h says how a dead owner is noticed.
 */
#ifndef HS_PORT_NATIVE_BACKEND_H
#define HS_PORT_NATIVE_BACKEND_H

#include "port/common/checks.h"
#include "port/common/random.h"
#include "port/common/sanitize.h"

struct hs_task_hot {
	struct hs_arena *arena;
	uint64_t pcpu_off; /* from a counter's first slot to this task's */
	hs_u32 rcu;	   /* odd: in a read section; written by its task only */
	uint32_t rcu_nest;
	uint32_t rcu_fence; /* no membarrier(2): the read side orders itself */
	uint32_t id;
	hs_u32 state;
	hs_u32 nheld; /* locks held; other tasks read it only when this one is dead */
	uint32_t in_callback;
	uint32_t last_cls; /* class of the lock asked for last: names the lock of a dead task */
	hs_u64 retry_spins;
	uint64_t rng;
};

/* The rest of a task is private to the backend. */
struct hs_task {
	struct hs_task_hot hot;
	int64_t tally;
	void *counts;
	void *data;
	struct hs_processor *processor; /* that it has; NULL: none */
	uint32_t held_count;		/* kept under HS_DEBUG */
	struct hs_held held[HS_HELD_MAX];
};

enum hs_task_state {
	HS_TASK_FREE,
	HS_TASK_STARTING,
	HS_TASK_LIVE,
};

static inline uint32_t hs_task_id(const struct hs_task *self)
{
	return self->hot.id;
}

static inline int64_t *hs_task_tally(struct hs_task *self)
{
	return &self->tally;
}

static inline void **hs_task_counts(struct hs_task *self)
{
	return &self->counts;
}

static inline void **hs_task_data(struct hs_task *self)
{
	return &self->data;
}

static inline struct hs_arena *hs_task_arena(const struct hs_task *self)
{
	return self->hot.arena;
}

static inline bool hs_task_is_live(const struct hs_task *self)
{
	return __atomic_load_n(&self->hot.state.raw, __ATOMIC_RELAXED) == HS_TASK_LIVE;
}

static inline bool hs_task_in_callback(const struct hs_task *self)
{
	return self->hot.in_callback;
}

static inline void hs_task_set_callback(struct hs_task *self, bool in_callback)
{
	self->hot.in_callback = in_callback;
}

/* ---- shared words ------------------------------------------------------------------------ */

#define HS_WORD_OPS(T, V)                                                                       \
	HS_ALWAYS_INLINE V T##_load(const struct hs_task *self, const T *a, enum hs_order o)    \
	{                                                                                       \
		(void)self;                                                                     \
		return __atomic_load_n(&a->raw, o);                                             \
	}                                                                                       \
	HS_ALWAYS_INLINE void T##_store(const struct hs_task *self, T *a, V v, enum hs_order o) \
	{                                                                                       \
		(void)self;                                                                     \
		__atomic_store_n(&a->raw, v, o);                                                \
	}                                                                                       \
	HS_ALWAYS_INLINE V T##_xchg(const struct hs_task *self, T *a, V v, enum hs_order o)     \
	{                                                                                       \
		(void)self;                                                                     \
		return __atomic_exchange_n(&a->raw, v, o);                                      \
	}                                                                                       \
	HS_ALWAYS_INLINE bool T##_cmpxchg(const struct hs_task *self, T *a, V *expected, V v,   \
					  enum hs_order o)                                      \
	{                                                                                       \
		(void)self;                                                                     \
		return __atomic_compare_exchange_n(&a->raw, expected, v, false, o,              \
						   o == HS_RELEASE   ? HS_RELAXED               \
						   : o == HS_ACQ_REL ? HS_ACQUIRE               \
								     : o);                      \
	}

#define HS_WORD_MATH(T, V, op, builtin)                                                     \
	HS_ALWAYS_INLINE V T##_##op(const struct hs_task *self, T *a, V v, enum hs_order o) \
	{                                                                                   \
		(void)self;                                                                 \
		return builtin(&a->raw, v, o);                                              \
	}

#define HS_WORD_COUNT(T, V)                                                           \
	HS_ALWAYS_INLINE V T##_count(const struct hs_task *self, T *a, V n, int near, \
				     enum hs_order o)                                 \
	{                                                                             \
		(void)self;                                                           \
		(void)near;                                                           \
		return __atomic_fetch_add(&a->raw, n, o);                             \
	}

HS_WORD_OPS(hs_u32, uint32_t)
HS_WORD_OPS(hs_u64, uint64_t)
HS_WORD_OPS(hs_ptr, void *)
HS_WORD_MATH(hs_u32, uint32_t, add, __atomic_fetch_add)
HS_WORD_MATH(hs_u32, uint32_t, or, __atomic_fetch_or)
HS_WORD_MATH(hs_u32, uint32_t, and, __atomic_fetch_and)
HS_WORD_MATH(hs_u64, uint64_t, add, __atomic_fetch_add)
HS_WORD_MATH(hs_u64, uint64_t, or, __atomic_fetch_or)
HS_WORD_MATH(hs_u64, uint64_t, and, __atomic_fetch_and)
HS_WORD_COUNT(hs_u32, uint32_t)
HS_WORD_COUNT(hs_u64, uint64_t)

HS_ALWAYS_INLINE void hs_site(const struct hs_task *self, const char *where)
{
	(void)self;
	(void)where;
}

HS_ALWAYS_INLINE void hs_act(const struct hs_task *self, const char *words)
{
	(void)self;
	(void)words;
}

HS_ALWAYS_INLINE uint32_t hs_moment(const struct hs_task *self)
{
	(void)self;
	return HS_NO_MOMENT;
}

/* TSan does not model fences, and gcc refuses them under it; TSan models a read-modify-write. */
HS_ALWAYS_INLINE void hs_fence(struct hs_task *self, enum hs_order o)
{
#if HS_TSAN
	(void)__atomic_fetch_add(&self->hot.retry_spins.raw, 0, o);
#else
	(void)self;
	__atomic_thread_fence(o);
#endif
}

/* ---- chunks ------------------------------------------------------------------------------ */

#ifndef HS_LANES
#if defined(__AVX512F__)
#define HS_LANES 8
#elif defined(__AVX2__)
#define HS_LANES 4
#else
#define HS_LANES 2
#endif
#endif

/* Chunks wider than the vectors of this machine, and all chunks under sanitizers, load by lane. */
#if HS_TSAN || HS_ASAN || !defined(__SSE2__) || HS_LANES == 1 || \
	(HS_LANES == 4 && !defined(__AVX2__)) || (HS_LANES == 8 && !defined(__AVX512F__))
#include "port/common/chunk.h"
#else
typedef uint64_t hs_lanes __attribute__((__vector_size__(8 * HS_LANES), __may_alias__));

struct hs_chunk {
	hs_lanes v;
};

/* On x86-64 one vector load reads each of its aligned lanes whole. */
HS_ALWAYS_INLINE struct hs_chunk hs_chunk_load(struct hs_task *self, const hs_u64 *first)
{
	struct hs_chunk c = { *(const volatile hs_lanes *)first };

	(void)self;
	return c;
}

HS_ALWAYS_INLINE uint64_t hs_chunk_lane(struct hs_chunk c, unsigned int lane)
{
	return c.v[lane];
}
#endif

/* ---- locks ------------------------------------------------------------------------------- */

/* The word of a mutex or spinlock: 0, or the owner's id + 1; this bit: a task sleeps on it. */
#define HS_LOCK_SLEEPERS 0x80000000u

void hs_lock_slow(struct hs_task *self, hs_u32 *word, uint32_t cls, bool may_sleep,
		  const char *where);
void hs_lock_wake(struct hs_task *self, hs_u32 *word);

/* Before a lock is waited for or tried. */
HS_ALWAYS_INLINE void hs_lock_enter(struct hs_task *self, uint32_t cls, bool blocking,
				    const char *where)
{
	hs_check_lock(self, cls, blocking, where);
	self->hot.last_cls = cls;
	hs_u32_store(self, &self->hot.nheld, self->hot.nheld.raw + 1, HS_RELAXED);
}

HS_ALWAYS_INLINE void hs_lock_entered(struct hs_task *self, const void *lock, uint32_t cls,
				      const char *where)
{
	if (HS_DEBUG)
		hs_held_push(self, lock, cls, where);
}

HS_ALWAYS_INLINE void hs_lock_left(struct hs_task *self, const void *lock, uint32_t cls,
				   const char *where)
{
	hs_u32_store(self, &self->hot.nheld, self->hot.nheld.raw - 1, HS_RELAXED);
	if (HS_DEBUG)
		hs_held_pop(self, lock, cls, where);
}

HS_ALWAYS_INLINE void hs_word_lock(struct hs_task *self, hs_u32 *word, uint32_t cls, bool may_sleep,
				   const char *where)
{
	uint32_t seen = 0;

	hs_lock_enter(self, cls, true, where);
	if (hs_unlikely(!hs_u32_cmpxchg(self, word, &seen, self->hot.id + 1, HS_ACQUIRE)))
		hs_lock_slow(self, word, cls, may_sleep, where);
	hs_lock_entered(self, word, cls, where);
}

HS_ALWAYS_INLINE bool hs_word_trylock(struct hs_task *self, hs_u32 *word, uint32_t cls,
				      const char *where)
{
	uint32_t seen = 0;

	hs_lock_enter(self, cls, false, where);
	if (!hs_u32_cmpxchg(self, word, &seen, self->hot.id + 1, HS_ACQUIRE)) {
		hs_u32_store(self, &self->hot.nheld, self->hot.nheld.raw - 1, HS_RELAXED);
		return false;
	}
	hs_lock_entered(self, word, cls, where);
	return true;
}

HS_ALWAYS_INLINE void hs_word_unlock(struct hs_task *self, hs_u32 *word, uint32_t cls,
				     const char *where)
{
	uint32_t seen = hs_u32_load(self, word, HS_RELAXED);

	if (hs_unlikely((seen & ~HS_LOCK_SLEEPERS) != self->hot.id + 1))
		hs_fail_unlock(self, seen & ~HS_LOCK_SLEEPERS, cls, where);
	seen = hs_u32_xchg(self, word, 0, HS_RELEASE);
	if (hs_unlikely(seen & HS_LOCK_SLEEPERS))
		hs_lock_wake(self, word);
	hs_lock_left(self, word, cls, where);
}

static inline bool hs_mutex_held(const struct hs_task *self, const struct hs_mutex *m)
{
	return (hs_u32_load(self, &m->word, HS_RELAXED) & ~HS_LOCK_SLEEPERS) == self->hot.id + 1;
}

static inline bool hs_rwsem_is_locked(const struct hs_rwsem *s)
{
	return hs_u32_load(NULL, &s->word, HS_RELAXED) != 0;
}

static inline bool hs_spin_held(const struct hs_task *self, const struct hs_spinlock *l)
{
	return hs_u32_load(self, &l->word, HS_RELAXED) == self->hot.id + 1;
}

/* ---- waiting, RCU ------------------------------------------------------------------------ */

void hs_retry_pause(struct hs_task *self, uint64_t spins);

static inline void hs_note_place(const char *where)
{
	(void)where;
}

static inline void hs_retry_wait_at(struct hs_task *self, const char *why, const char *where)
{
	uint64_t spins = self->hot.retry_spins.raw + 1;

	(void)why;
	(void)where;
	hs_u64_store(self, &self->hot.retry_spins, spins, HS_RELAXED);
	hs_retry_pause(self, spins);
}

#include "port/common/grace.h"

HS_ALWAYS_INLINE void hs_rcu_read_lock_at(struct hs_task *self, const char *where)
{
	(void)where;
	if (self->hot.rcu_nest++)
		return;
	hs_grace_enter(self, &self->hot.rcu, self->hot.rcu_fence);
}

HS_ALWAYS_INLINE void hs_rcu_read_unlock_at(struct hs_task *self, const char *where)
{
	if (hs_unlikely(!self->hot.rcu_nest))
		hs_fail(self, where, "RCU read section left more often than entered");
	if (--self->hot.rcu_nest)
		return;
	hs_grace_leave(self, &self->hot.rcu);
}

HS_ALWAYS_INLINE bool hs_rcu_held(const struct hs_task *self)
{
	return self->hot.rcu_nest != 0;
}

/* ---- counters, memory -------------------------------------------------------------------- */

HS_ALWAYS_INLINE void hs_pcpu_add_at(struct hs_task *self, hs_u64 *counter, uint64_t n,
				     const char *where)
{
	hs_u64 *slot = (hs_u64 *)((char *)counter + self->hot.pcpu_off);

	(void)where;
#if defined(__x86_64__) && !HS_TSAN && !HS_ASAN
	/*
	 * One instruction, as this_cpu_add. The address must be one register: with base and index
	 * the processor does not forward the store to the next add, which is four times slower.
	 */
	__asm__("" : "+r"(slot));
	__asm__("addq %1, %0" : "+m"(slot->raw) : "er"(n));
#else
	hs_u64_store(self, slot, hs_u64_load(self, slot, HS_RELAXED) + n, HS_RELAXED);
#endif
}

/* A real read under sanitizers only, so that they find what the explorer finds. */
HS_ALWAYS_INLINE void hs_deref_at(struct hs_task *self, const void *object, const char *where)
{
	(void)self;
	(void)where;
#if HS_ASAN || HS_TSAN
	(void)__atomic_load_n((const char *)object, __ATOMIC_RELAXED);
#else
	(void)object;
#endif
}

#endif
