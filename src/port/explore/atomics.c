/* SPDX-License-Identifier: MIT */
/*
 * atomics.c (explore) - atomic accesses of foreign code, as words of the seam
 *
 * One of 4 or 8 bytes is a word. A smaller one is some bits of the word of 4 bytes around it, so
 * that two of them in a word depend on each other, and views (views.h) have one history of it.
 */
#include <hmmsim/races.h>

#include "port/explore/sched.h"

/* The word of an access, and where in it the bits are. */
struct atomic_word {
	void *addr;
	size_t size;
	uint64_t mask;
	unsigned int shift;
};

static struct atomic_word atomics_find(const struct hs_races_atomic *a)
{
	uintptr_t addr = (uintptr_t)a->data, word = addr & ~(uintptr_t)(sizeof(uint32_t) - 1);
	struct atomic_word w = { .addr = a->data, .size = a->size, .mask = UINT64_MAX };

	if (a->size < sizeof(uint64_t))
		w.mask = ((uint64_t)1 << (8 * a->size)) - 1;
	if (a->size < sizeof(uint32_t)) {
		w.addr = (void *)word;
		w.size = sizeof(uint32_t);
		w.shift = 8 * (unsigned int)(addr - word);
	}
	return w;
}

static uint64_t atomics_get(const struct atomic_word *w)
{
	return w->size == sizeof(hs_u32) ? ((const hs_u32 *)w->addr)->raw
					 : ((const hs_u64 *)w->addr)->raw;
}

static void atomics_set(const struct atomic_word *w, uint64_t value)
{
	if (w->size == sizeof(hs_u32))
		((hs_u32 *)w->addr)->raw = (uint32_t)value;
	else
		((hs_u64 *)w->addr)->raw = value;
}

/* What the bits become. */
static uint64_t atomics_made(const struct hs_races_atomic *a, uint64_t old)
{
	switch (a->op) {
	case HS_RACES_ADD:
		return old + a->operand;
	case HS_RACES_AND:
		return old & a->operand;
	case HS_RACES_OR:
		return old | a->operand;
	case HS_RACES_XOR:
		return old ^ a->operand;
	case HS_RACES_NAND:
		return ~(old & a->operand);
	default:
		return a->operand;
	}
}

static uint8_t atomics_what(const struct hs_races_atomic *a)
{
	static const uint8_t what[] = {
		[HS_RACES_STORE] = HS_WHAT_PART,      [HS_RACES_XCHG] = HS_WHAT_XCHG,
		[HS_RACES_CMPXCHG] = HS_WHAT_CMPXCHG, [HS_RACES_ADD] = HS_WHAT_ADD,
		[HS_RACES_AND] = HS_WHAT_AND,	      [HS_RACES_OR] = HS_WHAT_OR,
		[HS_RACES_XOR] = HS_WHAT_XOR,	      [HS_RACES_NAND] = HS_WHAT_NAND,
	};

	return what[a->op];
}

static enum hs_order atomics_order(enum hs_sync_order order)
{
	switch (order) {
	case HS_SYNC_RELAXED:
		return HS_RELAXED;
	case HS_SYNC_ACQUIRE:
		return HS_ACQUIRE;
	case HS_SYNC_RELEASE:
		return HS_RELEASE;
	case HS_SYNC_ACQ_REL:
		return HS_ACQ_REL;
	default:
		return HS_SEQ_CST;
	}
}

static uint64_t atomics_load(struct hs_task *self, const struct hs_races_atomic *a,
			     const struct atomic_word *w, enum hs_order o)
{
	uint64_t v = w->size == sizeof(hs_u32) ? hs_u32_load_at(self, w->addr, o, a->where)
					       : hs_u64_load_at(self, w->addr, o, a->where);

	return v >> w->shift & w->mask;
}

/* What may write the word, and reads it unless @stores. The bits that it held. */
static uint64_t atomics_update(struct hs_task *self, const struct hs_races_atomic *a,
			       const struct atomic_word *w, enum hs_order o, bool stores)
{
	uint64_t before, old, made;

	hs_step_strong(self, stores ? HS_OP_STORE : HS_OP_RMW, HS_WRITE, w->addr, w->size,
		       hs_word_place(self, a->where),
		       o == HS_SEQ_CST ? HS_STRONG_WORD : HS_STRONG_NOT,
		       HS_DETAIL(stores ? 0 : atomics_what(a), o));
	before = atomics_get(w);
	old = before >> w->shift & w->mask;
	if (!stores)
		hs_saw(self, w->addr, w->size, before);
	if (a->op == HS_RACES_CMPXCHG && old != (a->expected & w->mask)) {
		if (hs_unlikely(self->followed))
			hs_order_see(self, w->addr, before, atomics_order(a->failing));
		hs_step_failed(self);
		return old;
	}
	made = (before & ~(w->mask << w->shift)) | (atomics_made(a, old) & w->mask) << w->shift;
	if (hs_unlikely(self->followed) && stores)
		hs_order_store(self, w->addr, before, made, o);
	else if (hs_unlikely(self->followed))
		hs_order_rmw(self, w->addr, before, made, o);
	hs_plains_before_write(self, (uintptr_t)w->addr, w->size);
	atomics_set(w, made);
	self->op.value = made;
	hs_plains_after_write(self, (uintptr_t)w->addr, w->size);
	return old;
}

bool hs_races_atomic(struct hs_races_atomic *a)
{
	struct hs_task *self = hs_plains_task();
	const struct atomic_word w = atomics_find(a);
	enum hs_order o = atomics_order(a->order);

	if (!self || !hs_plains_are_steps(self, (uintptr_t)a->data))
		return false;
	if (a->op == HS_RACES_LOAD)
		a->before = atomics_load(self, a, &w, o);
	else
		a->before = atomics_update(self, a, &w, o,
					   a->op == HS_RACES_STORE && w.size == a->size);
	return true;
}

void hs_races_fence(enum hs_sync_order order, const char *where)
{
	struct hs_task *self = hs_plains_task();

	if (!self || self->sched->plain.mode != HS_PLAIN_STEPS)
		return;
	hs_site(self, where);
	hs_fence(self, atomics_order(order));
	hs_site(self, NULL);
}
