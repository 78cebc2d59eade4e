/* SPDX-License-Identifier: MIT */
/*
 * backend.h (explore) - the seam as steps: what is inlined
 *
 * An operation first publishes what it is about to touch (hs_step()), which switches to the
 * scheduler, and acts when the scheduler has chosen it. The scheduler chooses only operations that
 * are enabled, so that an operation never has to wait. Memory is sequentially consistent and orders
 * are ignored, unless the exploration asks for views (views.h).
 */
#ifndef HS_PORT_EXPLORE_BACKEND_H
#define HS_PORT_EXPLORE_BACKEND_H

#include "port/common/checks.h"
#include "port/common/random.h"
#include "port/explore/fiber.h"

#define HS_READS_MAX 1024 /* reads since the last retry that a task remembers */
#define HS_WATCH_MAX 8	  /* words that a predicate may read */

#ifndef HS_LANES
#define HS_LANES 2
#endif

/*
 * Two steps on a common byte are independent if both only READ it, or both COMMUTE on it (readers
 * of an rwsem, adds to a counter). The whole relation: touch.h.
 */
enum hs_access {
	HS_READ,
	HS_WRITE,
	HS_COMMUTE,
	HS_COUNT, /* WRITE, but adds to a count commute while it is large */
};

/*
 * Trace hashes and fingerprints hold these values. So each is written out: a new kind takes a free
 * value of its half, and no value is used again.
 */
enum hs_op_kind {
	HS_OP_NONE = 0, /* the task has ended, or has not begun */
	HS_OP_LOAD = 1,
	HS_OP_STORE = 2,
	HS_OP_RMW = 3,
	HS_OP_COUNT_ADD = 4,
	HS_OP_DEREF = 5,
	HS_OP_FREE = 6,
	HS_OP_TRYLOCK = 7,
	HS_OP_ASK_WRITE = 8,
	HS_OP_UNLOCK = 9,
	HS_OP_RCU_ENTER = 10,
	HS_OP_RCU_LEAVE = 11,
	HS_OP_RCU_SNAPSHOT = 12,
	HS_OP_WAKE = 13,
	HS_OP_FENCE = 14,
	HS_OP_MEMBARRIER = 15,
	HS_OP_PLAIN_READ = 16, /* plains.h */
	HS_OP_PLAIN_WRITE = 17,
	HS_OP_PLAIN_COPY = 18,
	HS_OP_CONDITIONAL = 32, /* from here on: what the task waits for must be looked at */
	HS_OP_LOCK = 32,
	HS_OP_DOWN_READ = 33,
	HS_OP_DOWN_WRITE = 34,
	HS_OP_LOOK = 35,
	HS_OP_WAIT = 36,
	HS_OP_WAIT_UNTIL = 37,
	HS_OP_RETRY = 38,
	HS_OP_RCU_WAIT = 39,
	HS_OP_JOIN = 40,
	HS_OP_SPIN = 41,
	HS_OP_COMPLETION = 42,
	HS_OP_KIND_COUNT
};

/* A fence depends on every step that is SEQ_CST, because they share a view (views.h). */
enum hs_strong {
	HS_STRONG_NOT,
	HS_STRONG_WORD, /* SEQ_CST */
	HS_STRONG_FENCE,
};

/*
 * What reports say of a step besides its kind; nothing depends on it. The lowest bits hold its
 * order and 1, 0 if it has none.
 */
#define HS_DETAIL_ORDER 0x07u
#define HS_DETAIL_WHAT 0x78u
#define HS_DETAIL_POINTER 0x80u /* the word is an hs_ptr */
#define HS_DETAIL(what, order) ((uint8_t)((what) | ((unsigned int)(order) + 1)))
#define HS_DETAIL_hs_u32 0u
#define HS_DETAIL_hs_u64 0u
#define HS_DETAIL_hs_ptr HS_DETAIL_POINTER

enum hs_what {
	HS_WHAT_XCHG = 0x08,
	HS_WHAT_CMPXCHG = 0x10,
	HS_WHAT_ADD = 0x18,
	HS_WHAT_OR = 0x20,
	HS_WHAT_AND = 0x28,
	HS_WHAT_COMPLETE = 0x30,
	HS_WHAT_CALL_RCU = 0x38,  /* of a snapshot: the task does not wait for it */
	HS_WHAT_CALLBACKS = 0x40, /* of a load, store: what callbacks of RCU there are */
	HS_WHAT_PLACED = 0x48,	  /* of a plain access: its place is its own (plains.h) */
	HS_WHAT_VOLATILE = 0x50,  /* of a load, store: it is made by the code that comes next */
	HS_WHAT_XOR = 0x58,
	HS_WHAT_NAND = 0x60,
	HS_WHAT_PART = 0x68, /* of a read-modify-write: a store to some bytes of the word */
};

struct hs_op {
	const void *addr;
	const char *where;
	uint32_t size;
	uint8_t kind;	/* enum hs_op_kind */
	uint8_t access; /* enum hs_access */
	uint8_t strong; /* enum hs_strong */
	uint8_t detail; /* HS_DETAIL() */
	uint64_t delta; /* of HS_COUNT */
	int near;
	uint64_t value; /* of the word that the task has read or written last */
};

/* What the task's operations do. */
enum hs_mode {
	HS_MODE_DIRECT, /* act at once: set-up, final check, unit tests */
	HS_MODE_PEEK,	/* note the address in .watch: a predicate that the scheduler asks */
	HS_MODE_LOG,	/* act at once, remember reads: the predicate when its wait ends */
	HS_MODE_STEP,	/* publish and switch to the scheduler: a task in an execution */
};

/* A word that a task read, as address | 1 if it has 4 bytes, and the value seen. */
struct hs_read {
	uintptr_t word;
	uint64_t value;
};

struct hs_sched;

/*
 * Part of the image. The arrays that are rarely used come last, saved only as far as they are used.
 */
struct hs_task {
	struct hs_fiber fiber;
	struct hs_op op;
	struct hs_sched *sched;
	struct hs_arena *arena;
	uint32_t id, cpu;
	uint8_t mode; /* enum hs_mode */
	bool live;
	bool in_callback;
	bool timed;	   /* its wait has a deadline */
	bool pred_held;	   /* what the predicate of its wait said last */
	bool woken;	   /* since it sleeps its queue was woken while the predicate held */
	bool watch_varies; /* since it waits, the predicate has read other words than at first */
	bool watch_dead;   /* its queue, or a word of the predicate, is not live */
	bool reads_lost;   /* more reads than fit: any write may end the retry */
	bool reads_torn;   /* another task wrote a word between two of the task's own accesses */
	uint16_t rcu_nest;
	bool weak;     /* it sees memory through views: .sched->views is there */
	bool followed; /* what orders its steps is followed: it is weak, or races are looked for */
	uint16_t watch_count, past_count, held_count;
	uint32_t watch_sum; /* of the words that the predicate read last; 0: not asked yet */
	uint32_t read_count;
	uint32_t solo;	    /* how often it retried in this execution because no task could move */
	uint32_t solo_step; /* where it did so last */
	uint32_t born;	    /* decisions before it was made */
	uint32_t rcu_entered, rcu_snapped; /* steps: its last section, and its last snapshot */
	uint64_t rcu_wait;		   /* mask of the readers that its grace period waits for */
	uint64_t join;			   /* mask of the tasks that it waits for */
	uint64_t rng;
	uint64_t key;	   /* its name in fingerprints, the same in each execution of a class */
	uint32_t children; /* tasks that it has made */
	uint32_t threads;  /* those of them that are no callbacks */
	int64_t tally;
	void *counts;
	void *data;
	struct hs_processor *processor; /* that it has; NULL: none */
	void (*fn)(struct hs_task *self, void *arg);
	void *arg;
	const char *name;
	hs_pred pred;
	void *pred_arg;
	struct hs_waitq *queue;
	const char *retry_why;
	const char *rcu_where; /* it entered the section that it is in */
	const char *place;     /* of its last operation that names one */
	const char *site;      /* of the operation on a word that it is in; NULL: not known */
	const char *act;       /* what it does in the words of its author; NULL: not said */
	uintptr_t watch[HS_WATCH_MAX]; /* words that its predicate read last */
	uintptr_t past[HS_WATCH_MAX];  /* words that it has read since the task waits */
	struct hs_held held[HS_HELD_MAX];
	struct hs_read reads[HS_READS_MAX];
};

static inline uint32_t hs_task_id(const struct hs_task *self)
{
	return self->id;
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
	return self->arena;
}

static inline bool hs_task_is_live(const struct hs_task *self)
{
	return self->live;
}

static inline bool hs_task_in_callback(const struct hs_task *self)
{
	return self->in_callback;
}

static inline void hs_task_set_callback(struct hs_task *self, bool in_callback)
{
	self->in_callback = in_callback;
}

/* ---- steps ------------------------------------------------------------------------------- */

/* An operation in a mode other than STEP: checks that it need not wait. */
void hs_step_direct(struct hs_task *self);
/* The fiber that the scheduler runs on. */
static inline struct hs_fiber *hs_sched_fiber(struct hs_sched *sched)
{
	return (struct hs_fiber *)sched;
}

HS_ALWAYS_INLINE void hs_step_strong(struct hs_task *self, enum hs_op_kind kind,
				     enum hs_access access, const void *addr, size_t size,
				     const char *where, enum hs_strong strong, uint8_t detail)
{
	self->op.addr = addr;
	self->op.where = where;
	self->op.size = (uint32_t)size;
	self->op.kind = (uint8_t)kind;
	self->op.access = (uint8_t)access;
	self->op.strong = (uint8_t)strong;
	self->op.detail = detail;
	if (where)
		self->place = where;
	if (hs_likely(self->mode == HS_MODE_STEP))
		hs_fiber_switch(&self->fiber, hs_sched_fiber(self->sched));
	else
		hs_step_direct(self);
}

HS_ALWAYS_INLINE void hs_step(struct hs_task *self, enum hs_op_kind kind, enum hs_access access,
			      const void *addr, size_t size, const char *where)
{
	hs_step_strong(self, kind, access, addr, size, where, HS_STRONG_NOT, 0);
}

/* As hs_step(), with the HS_DETAIL() of reports. */
HS_ALWAYS_INLINE void hs_step_detail(struct hs_task *self, enum hs_op_kind kind,
				     enum hs_access access, const void *addr, size_t size,
				     const char *where, uint8_t detail)
{
	hs_step_strong(self, kind, access, addr, size, where, HS_STRONG_NOT, detail);
}

/* The step that was taken changed nothing: a trylock, a compare-exchange. For reports. */
void hs_step_failed(struct hs_task *self);

void hs_step_place(const char *where);

static inline void hs_note_place(const char *where)
{
	hs_step_place(where);
}

/* A predicate is asked in any task's turn, and leaves the place of the wait. */
HS_ALWAYS_INLINE void hs_site(struct hs_task *self, const char *where)
{
	if (self->mode == HS_MODE_PEEK)
		return;
	self->site = where;
	if (where)
		self->place = where;
}

HS_ALWAYS_INLINE void hs_act(struct hs_task *self, const char *words)
{
	self->act = words;
}

uint32_t hs_moment(const struct hs_task *self);

/* The place of an operation on a word: the one that hs_site() has named, or the call's. */
HS_ALWAYS_INLINE const char *hs_word_place(const struct hs_task *self, const char *where)
{
	return hs_unlikely(self->site) ? self->site : where;
}

/*
 * The reads that a task remembers, for hs_retry_wait() and the trace hash: hs_saw() adds what an
 * operation read, hs_made() lets what is remembered follow what it wrote.
 */
void hs_reads_follow(struct hs_task *self, uintptr_t word, uint64_t before, uint64_t value);
void hs_reads_full(struct hs_task *self);
/* Drops repetitions of what the task read. */
void hs_reads_compact(struct hs_task *self);

HS_ALWAYS_INLINE uintptr_t hs_read_word(const void *addr, size_t size)
{
	return (uintptr_t)addr | (size == sizeof(uint32_t));
}

HS_ALWAYS_INLINE void hs_saw(struct hs_task *self, const void *addr, size_t size, uint64_t value)
{
	if (self->mode < HS_MODE_LOG)
		return;
	self->op.value = value;
	if (hs_unlikely(self->read_count == HS_READS_MAX))
		hs_reads_full(self);
	self->reads[self->read_count++] = (struct hs_read){ hs_read_word(addr, size), value };
}

/*
 * The task wrote @value over @before. It does not wake from a retry by its own write, so the value
 * that it remembers follows, unless another task wrote the word since the task's last access.
 */
HS_ALWAYS_INLINE void hs_made(struct hs_task *self, const void *addr, size_t size, uint64_t before,
			      uint64_t value)
{
	self->op.value = value;
	if (self->read_count)
		hs_reads_follow(self, hs_read_word(addr, size), before, value);
}

/*
 * What a load sees, and what a store, a read-modify-write that takes place, and one that does not
 * bring about, for a task that is followed (order.h). @newest and @before is what the word holds.
 */
uint64_t hs_order_load(struct hs_task *self, const void *addr, uint64_t newest, enum hs_order o);
void hs_order_store(struct hs_task *self, const void *addr, uint64_t before, uint64_t value,
		    enum hs_order o);
void hs_order_rmw(struct hs_task *self, const void *addr, uint64_t before, uint64_t value,
		  enum hs_order o);
void hs_order_see(struct hs_task *self, const void *addr, uint64_t newest, enum hs_order o);
/* Of a task that is weak (views.h). */
void hs_views_rmw(struct hs_task *self, const void *addr, uint64_t before, uint64_t value,
		  enum hs_order o);
/* Through views a step if it is SEQ_CST. */
void hs_order_fence(struct hs_task *self, enum hs_order o);

/* Each function takes the place of the call, which the macros below it add. */
#define HS_WORD_STEP(T, kind, access, what)                                           \
	hs_step_strong(self, kind, access, a, sizeof(*a), hs_word_place(self, where), \
		       (o) == HS_SEQ_CST ? HS_STRONG_WORD : HS_STRONG_NOT,            \
		       HS_DETAIL((what) | HS_DETAIL_##T, o))
#define HS_WORD_BITS(v) ((uint64_t)(uintptr_t)(v))

#define HS_WORD_OPS(T, V)                                                                    \
	HS_ALWAYS_INLINE V T##_load_at(struct hs_task *self, const T *a, enum hs_order o,    \
				       const char *where)                                    \
	{                                                                                    \
		V v;                                                                         \
                                                                                             \
		HS_WORD_STEP(T, HS_OP_LOAD, HS_READ, 0);                                     \
		v = a->raw;                                                                  \
		if (hs_unlikely(self->followed))                                             \
			v = (V)(uintptr_t)hs_order_load(self, a, HS_WORD_BITS(v), o);        \
		hs_saw(self, a, sizeof(*a), HS_WORD_BITS(v));                                \
		return v;                                                                    \
	}                                                                                    \
	HS_ALWAYS_INLINE void T##_store_at(struct hs_task *self, T *a, V v, enum hs_order o, \
					   const char *where)                                \
	{                                                                                    \
		V before;                                                                    \
                                                                                             \
		HS_WORD_STEP(T, HS_OP_STORE, HS_WRITE, 0);                                   \
		before = a->raw;                                                             \
		if (hs_unlikely(self->followed))                                             \
			hs_order_store(self, a, HS_WORD_BITS(before), HS_WORD_BITS(v), o);   \
		a->raw = v;                                                                  \
		hs_made(self, a, sizeof(*a), HS_WORD_BITS(before), HS_WORD_BITS(v));         \
	}                                                                                    \
	HS_ALWAYS_INLINE V T##_xchg_at(struct hs_task *self, T *a, V v, enum hs_order o,     \
				       const char *where)                                    \
	{                                                                                    \
		V old;                                                                       \
                                                                                             \
		HS_WORD_STEP(T, HS_OP_RMW, HS_WRITE, HS_WHAT_XCHG);                          \
		old = a->raw;                                                                \
		if (hs_unlikely(self->followed))                                             \
			hs_order_rmw(self, a, HS_WORD_BITS(old), HS_WORD_BITS(v), o);        \
		a->raw = v;                                                                  \
		hs_saw(self, a, sizeof(*a), HS_WORD_BITS(old));                              \
		hs_made(self, a, sizeof(*a), HS_WORD_BITS(old), HS_WORD_BITS(v));            \
		return old;                                                                  \
	}                                                                                    \
	HS_ALWAYS_INLINE bool T##_cmpxchg_at(struct hs_task *self, T *a, V *expected, V v,   \
					     enum hs_order o, const char *where)             \
	{                                                                                    \
		V seen;                                                                      \
                                                                                             \
		HS_WORD_STEP(T, HS_OP_RMW, HS_WRITE, HS_WHAT_CMPXCHG);                       \
		seen = a->raw;                                                               \
		hs_saw(self, a, sizeof(*a), HS_WORD_BITS(seen));                             \
		if (seen != *expected) {                                                     \
			if (hs_unlikely(self->followed))                                     \
				hs_order_see(self, a, HS_WORD_BITS(seen), o);                \
			hs_step_failed(self);                                                \
			*expected = seen;                                                    \
			return false;                                                        \
		}                                                                            \
		if (hs_unlikely(self->followed))                                             \
			hs_order_rmw(self, a, HS_WORD_BITS(seen), HS_WORD_BITS(v), o);       \
		a->raw = v;                                                                  \
		hs_made(self, a, sizeof(*a), HS_WORD_BITS(seen), HS_WORD_BITS(v));           \
		return true;                                                                 \
	}

#define HS_WORD_MATH(T, V, op, expr, what)                                                 \
	HS_ALWAYS_INLINE V T##_##op##_at(struct hs_task *self, T *a, V v, enum hs_order o, \
					 const char *where)                                \
	{                                                                                  \
		V old, made;                                                               \
                                                                                           \
		HS_WORD_STEP(T, HS_OP_RMW, HS_WRITE, what);                                \
		old = a->raw;                                                              \
		made = (V)(old expr v);                                                    \
		if (hs_unlikely(self->followed))                                           \
			hs_order_rmw(self, a, HS_WORD_BITS(old), HS_WORD_BITS(made), o);   \
		a->raw = made;                                                             \
		hs_saw(self, a, sizeof(*a), HS_WORD_BITS(old));                            \
		hs_made(self, a, sizeof(*a), HS_WORD_BITS(old), HS_WORD_BITS(made));       \
		return old;                                                                \
	}

/* What is not near the caller does not look at, so that the task did not see it. */
#define HS_WORD_COUNT(T, V)                                                              \
	HS_ALWAYS_INLINE V T##_count_at(struct hs_task *self, T *a, V n, int near,       \
					enum hs_order o, const char *where)              \
	{                                                                                \
		V old, made;                                                             \
                                                                                         \
		self->op.delta = (uint64_t)n;                                            \
		self->op.near = near;                                                    \
		HS_WORD_STEP(T, HS_OP_RMW, HS_COUNT, HS_WHAT_ADD);                       \
		old = a->raw;                                                            \
		made = (V)(old + n);                                                     \
		if (hs_unlikely(self->followed))                                         \
			hs_order_rmw(self, a, HS_WORD_BITS(old), HS_WORD_BITS(made), o); \
		a->raw = made;                                                           \
		if (near >= 0 && (old <= (V)near || made <= (V)near))                    \
			hs_saw(self, a, sizeof(*a), HS_WORD_BITS(old));                  \
		hs_made(self, a, sizeof(*a), HS_WORD_BITS(old), HS_WORD_BITS(made));     \
		return old;                                                              \
	}

HS_WORD_OPS(hs_u32, uint32_t)
HS_WORD_OPS(hs_u64, uint64_t)
HS_WORD_OPS(hs_ptr, void *)
HS_WORD_MATH(hs_u32, uint32_t, add, +, HS_WHAT_ADD)
HS_WORD_MATH(hs_u32, uint32_t, or, |, HS_WHAT_OR)
HS_WORD_MATH(hs_u32, uint32_t, and, &, HS_WHAT_AND)
HS_WORD_MATH(hs_u64, uint64_t, add, +, HS_WHAT_ADD)
HS_WORD_MATH(hs_u64, uint64_t, or, |, HS_WHAT_OR)
HS_WORD_MATH(hs_u64, uint64_t, and, &, HS_WHAT_AND)
HS_WORD_COUNT(hs_u32, uint32_t)
HS_WORD_COUNT(hs_u64, uint64_t)

#define hs_u32_load(self, a, o) hs_u32_load_at(self, a, o, HS_HERE)
#define hs_u32_store(self, a, v, o) hs_u32_store_at(self, a, v, o, HS_HERE)
#define hs_u32_xchg(self, a, v, o) hs_u32_xchg_at(self, a, v, o, HS_HERE)
#define hs_u32_cmpxchg(self, a, e, v, o) hs_u32_cmpxchg_at(self, a, e, v, o, HS_HERE)
#define hs_u64_load(self, a, o) hs_u64_load_at(self, a, o, HS_HERE)
#define hs_u64_store(self, a, v, o) hs_u64_store_at(self, a, v, o, HS_HERE)
#define hs_u64_xchg(self, a, v, o) hs_u64_xchg_at(self, a, v, o, HS_HERE)
#define hs_u64_cmpxchg(self, a, e, v, o) hs_u64_cmpxchg_at(self, a, e, v, o, HS_HERE)
#define hs_ptr_load(self, a, o) hs_ptr_load_at(self, a, o, HS_HERE)
#define hs_ptr_store(self, a, v, o) hs_ptr_store_at(self, a, v, o, HS_HERE)
#define hs_ptr_xchg(self, a, v, o) hs_ptr_xchg_at(self, a, v, o, HS_HERE)
#define hs_ptr_cmpxchg(self, a, e, v, o) hs_ptr_cmpxchg_at(self, a, e, v, o, HS_HERE)
#define hs_u32_add(self, a, v, o) hs_u32_add_at(self, a, v, o, HS_HERE)
#define hs_u32_or(self, a, v, o) hs_u32_or_at(self, a, v, o, HS_HERE)
#define hs_u32_and(self, a, v, o) hs_u32_and_at(self, a, v, o, HS_HERE)
#define hs_u32_count(self, a, n, near, o) hs_u32_count_at(self, a, n, near, o, HS_HERE)
#define hs_u64_add(self, a, v, o) hs_u64_add_at(self, a, v, o, HS_HERE)
#define hs_u64_or(self, a, v, o) hs_u64_or_at(self, a, v, o, HS_HERE)
#define hs_u64_and(self, a, v, o) hs_u64_and_at(self, a, v, o, HS_HERE)
#define hs_u64_count(self, a, n, near, o) hs_u64_count_at(self, a, n, near, o, HS_HERE)

HS_ALWAYS_INLINE void hs_fence(struct hs_task *self, enum hs_order o)
{
	if (hs_unlikely(self->followed))
		hs_order_fence(self, o);
}

#include "port/common/chunk.h"

/* ---- locks ------------------------------------------------------------------------------- */

/* @self has taken the lock @object, and sees what it guards. */
void hs_order_acquire(struct hs_task *self, const void *object);

/*
 * The word of a mutex or spinlock: 0, or the owner's id + 1. It is looked at in the step, not
 * before it: what other tasks do to it depends on that step, and the lock is known to live. Of a
 * task that is followed, lock and unlock hand over in the step, too (hs_order_step()), which keeps
 * them short.
 */

/* Of a mutex that is not free the task leaves its processor, and sleeps. */
void hs_word_lock_from_processor(struct hs_task *self, hs_u32 *word, uint32_t cls,
				 const char *where);

HS_ALWAYS_INLINE void hs_word_lock(struct hs_task *self, hs_u32 *word, uint32_t cls, bool may_sleep,
				   const char *where)
{
	hs_check_lock(self, cls, true, where);
	if (may_sleep && hs_unlikely(self->processor != NULL)) {
		hs_word_lock_from_processor(self, word, cls, where);
		return;
	}
	if (hs_unlikely(hs_held_has(self, word)))
		hs_fail_lock_twice(self, cls, where);
	hs_step(self, HS_OP_LOCK, HS_WRITE, word, sizeof(*word), where);
	word->raw = self->id + 1;
	hs_held_push(self, word, cls, where);
}

HS_ALWAYS_INLINE bool hs_word_trylock(struct hs_task *self, hs_u32 *word, uint32_t cls,
				      const char *where)
{
	hs_check_lock(self, cls, false, where);
	hs_step(self, HS_OP_TRYLOCK, HS_WRITE, word, sizeof(*word), where);
	if (word->raw) {
		hs_saw(self, word, sizeof(*word), word->raw);
		hs_step_failed(self);
		return false;
	}
	if (hs_unlikely(self->followed))
		hs_order_acquire(self, word);
	word->raw = self->id + 1;
	hs_held_push(self, word, cls, where);
	return true;
}

HS_ALWAYS_INLINE void hs_word_unlock(struct hs_task *self, hs_u32 *word, uint32_t cls,
				     const char *where)
{
	hs_step(self, HS_OP_UNLOCK, HS_WRITE, word, sizeof(*word), where);
	if (hs_unlikely(word->raw != self->id + 1))
		hs_fail_unlock(self, word->raw, cls, where);
	word->raw = 0;
	hs_held_pop(self, word, cls, where);
}

static inline bool hs_mutex_held(const struct hs_task *self, const struct hs_mutex *m)
{
	return m->word.raw == self->id + 1;
}

static inline bool hs_spin_held(const struct hs_task *self, const struct hs_spinlock *l)
{
	return l->word.raw == self->id + 1;
}

static inline bool hs_rwsem_is_locked(const struct hs_rwsem *s)
{
	return s->word.raw != 0;
}

/* ---- retry, RCU, counters, objects ------------------------------------------------------- */

HS_ALWAYS_INLINE bool hs_rcu_held(const struct hs_task *self)
{
	return self->rcu_nest != 0;
}

void hs_retry_wait_at(struct hs_task *self, const char *why, const char *where);
void hs_rcu_read_lock_at(struct hs_task *self, const char *where);
void hs_rcu_read_unlock_at(struct hs_task *self, const char *where);

#define HS_PCPU_STRIDE 256 /* 16 counters, a granule each */

HS_ALWAYS_INLINE void hs_pcpu_add_at(struct hs_task *self, hs_u64 *counter, uint64_t n,
				     const char *where)
{
	hs_u64 *slot = (hs_u64 *)((char *)counter + self->cpu * HS_PCPU_STRIDE);

	/* Through views a task may see what lies between two adds, so that their order matters. */
	hs_step(self, HS_OP_COUNT_ADD, hs_unlikely(self->weak) ? HS_WRITE : HS_COMMUTE, slot,
		sizeof(*slot), where);
	if (hs_unlikely(self->weak))
		hs_views_rmw(self, slot, slot->raw, slot->raw + n, HS_RELAXED);
	slot->raw += n;
	hs_made(self, slot, sizeof(*slot), slot->raw - n, slot->raw);
}

HS_ALWAYS_INLINE void hs_deref_at(struct hs_task *self, const void *object, const char *where)
{
	hs_step(self, HS_OP_DEREF, HS_READ, object, 1, where);
}

#endif
