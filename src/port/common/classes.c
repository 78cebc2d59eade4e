/* SPDX-License-Identifier: MIT */
/*
 * classes.c - the order of lock classes, learnt as lockdep learns it
 *
 * reduced, kernel/locking/lockdep.c: no contexts of interrupts, no readers that nest, a class holds
 * no second lock of itself.
 *
 * The table is in the arena. So tasks of all processes that share it learn one order, and the
 * explorer puts it back for each execution, whose verdict then follows from its schedule alone.
 * Nothing is removed from it. Natively tasks use it at the same time, and none waits for another:
 *
 *	key[i]		NULL, then the key of a class for good; changed by cmpxchg
 *	row[i]		NULL, then the places of class i for good; before key[i]
 *	place.held	NULL, then set by the one task that sets .taken and after[] as well
 *	after[a]	bit b: a lock of b was taken under one of a; set when the places are there
 *
 *	task 1 holds a, takes b		task 2 holds b, takes a
 *	after[a] |= b			after[b] |= a
 *	look for a way b..a		look for a way a..b
 *
 *	Required outcome: at least one of the two sees the cycle. Both sides are sequentially
 *	consistent, so that the later one sees both bits.
 *	(tests/unit/test_sync_order.c: two_tasks_that_invert_an_order_at_once_are_refused)
 *
 * Memory is allocated when a class becomes known, never by a lock: of each class the places of its
 * orders with all classes before it.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "port/port.h"

#define CLASSES_BUILT_IN HS_LOCK_CLASS_COUNT
#define CLASSES_NODES (CLASSES_BUILT_IN + HS_USER_CLASSES)

_Static_assert(CLASSES_NODES <= 64, "a mask has a bit for each class");

/* Where a lock of one class was taken, and where the lock of the other was that its task held. */
struct class_place {
	const char *held;
	const char *taken;
};

struct hs_class_table {
	const char *const *key[HS_USER_CLASSES];
	struct class_place *row[HS_USER_CLASSES];
	uint32_t kind[HS_USER_CLASSES]; /* 0: no lock was made of it */
	uint64_t after[CLASSES_NODES];
};

enum class_kind {
	CLASS_SLEEPS = 1,
	CLASS_SPINS = 2,
};

/* ---- numbers ----------------------------------------------------------------------------- */

/* Makes *slot point to zeroed memory that stays. False: none is left. */
static bool classes_make(struct hs_task *self, void **slot, size_t size, const char *where)
{
	void *none = NULL, *made;

	if (__atomic_load_n(slot, __ATOMIC_ACQUIRE))
		return true;
	made = hs_keep_at(self, size, where);
	if (made)
		__atomic_compare_exchange_n(slot, &none, made, false, __ATOMIC_ACQ_REL,
					    __ATOMIC_ACQUIRE);
	return made != NULL;
}

/* The index of @key, which becomes known. Negative: an error. */
static int classes_find(struct hs_task *self, struct hs_class_table *table, const char *const *key,
			const char *where)
{
	for (int i = 0; i < HS_USER_CLASSES; i++) {
		const char *const *seen = __atomic_load_n(&table->key[i], __ATOMIC_ACQUIRE);
		size_t places = 2 * (size_t)(CLASSES_BUILT_IN + i);

		if (!seen) {
			if (!classes_make(self, (void **)&table->row[i],
					  places * sizeof(struct class_place), where))
				return -ENOMEM;
			if (__atomic_compare_exchange_n(&table->key[i], &seen, key, false,
							__ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
				return i;
		}
		if (seen == key)
			return i;
	}
	return -ENOSPC;
}

static void classes_check_kind(struct hs_task *self, struct hs_class_table *table, int i,
			       bool spins, const char *where)
{
	uint32_t kind = spins ? CLASS_SPINS : CLASS_SLEEPS, seen = 0;

	if (!__atomic_compare_exchange_n(&table->kind[i], &seen, kind, false, __ATOMIC_RELAXED,
					 __ATOMIC_RELAXED) &&
	    seen != kind)
		hs_fail(self, where, "the class %s has %s, but this lock %s", *table->key[i],
			spins ? "locks that sleep" : "spinlocks", spins ? "spins" : "sleeps");
}

int hs_class_number(struct hs_task *self, const char *const *key, uint32_t flags, const char *where,
		    uint32_t *out)
{
	struct hs_class_table **table = hs_arena_classes(self);
	int i;

	*out = 0;
	if (!*key)
		return -EINVAL;
	if (!classes_make(self, (void **)table, sizeof(**table), where))
		return -ENOMEM;
	i = classes_find(self, *table, key, where);
	if (i < 0)
		return i;
	classes_check_kind(self, *table, i, flags & HS_CLASS_SPIN, where);
	*out = (uint32_t)(CLASSES_BUILT_IN + i) | flags;
	return 0;
}

static const char *classes_name(const struct hs_class_table *table, uint32_t node)
{
	const char *const *key = NULL;

	if (node < CLASSES_BUILT_IN)
		return hs_lock_class_name((enum hs_lock_class)node);
	if (table && node < CLASSES_NODES)
		key = __atomic_load_n(&table->key[node - CLASSES_BUILT_IN], __ATOMIC_ACQUIRE);
	return key ? *key : "no lock class";
}

const char *hs_lock_name(const struct hs_task *self, uint32_t cls)
{
	return classes_name(*hs_arena_classes(self), cls & HS_CLASS_NODE);
}

/* ---- order ------------------------------------------------------------------------------- */

/* The places of: @taken was taken under @held. */
static struct class_place *classes_place(struct hs_class_table *table, uint32_t held,
					 uint32_t taken)
{
	uint32_t high = held > taken ? held : taken, low = held > taken ? taken : held;

	return &table->row[high - CLASSES_BUILT_IN][2 * low + (held == high)];
}

/* The nodes that are known to come after @node. The seam's classes have a fixed order. */
static uint64_t classes_after(const struct hs_class_table *table, uint32_t node)
{
	uint64_t after = __atomic_load_n(&table->after[node], __ATOMIC_SEQ_CST);

	if (node < CLASSES_BUILT_IN)
		after |= ((1ull << CLASSES_BUILT_IN) - 1) & ~((2ull << node) - 1);
	return after;
}

/* The shortest way from one node to the other: before[] leads back. False: there is none. */
static bool classes_find_way(const struct hs_class_table *table, uint32_t from, uint32_t to,
			     uint8_t before[CLASSES_NODES])
{
	uint64_t seen = 1ull << from, layer = seen;

	while (layer && !(seen >> to & 1)) {
		uint64_t next = 0;

		for (; layer; layer &= layer - 1) {
			uint32_t node = (uint32_t)__builtin_ctzll(layer);

			for (uint64_t more = classes_after(table, node) & ~seen; more;
			     more &= more - 1) {
				before[__builtin_ctzll(more)] = (uint8_t)node;
				seen |= more & -more;
				next |= more & -more;
			}
		}
		layer = next;
	}
	return seen >> to & 1;
}

static void classes_print_way(struct hs_class_table *table, uint32_t from, uint32_t to,
			      const uint8_t before[CLASSES_NODES], char *text, size_t size)
{
	for (size_t used = 0; to != from && used < size; to = before[to]) {
		uint32_t held = before[to];
		bool fixed = held < CLASSES_BUILT_IN && to < CLASSES_BUILT_IN;
		const struct class_place *place = fixed ? NULL : classes_place(table, held, to);
		int n;

		if (fixed)
			n = snprintf(text + used, size - used, "; the %s comes before the %s",
				     classes_name(table, held), classes_name(table, to));
		else
			n = snprintf(text + used, size - used,
				     "; %s takes the %s, with the %s from %s held", place->taken,
				     classes_name(table, to), classes_name(table, held),
				     place->held);
		used += n > 0 ? (size_t)n : 0;
	}
}

/* True: it was not known. Another task may be about to say so, with places of its own. */
static bool classes_learn(struct hs_class_table *table, uint32_t held, uint32_t taken,
			  const char *held_at, const char *taken_at)
{
	struct class_place *place = classes_place(table, held, taken);
	const char *none = NULL;

	if (__atomic_load_n(&table->after[held], __ATOMIC_SEQ_CST) >> taken & 1 ||
	    !__atomic_compare_exchange_n(&place->held, &none, held_at, false, __ATOMIC_RELAXED,
					 __ATOMIC_RELAXED))
		return false;
	place->taken = taken_at;
	__atomic_fetch_or(&table->after[held], 1ull << taken, __ATOMIC_SEQ_CST);
	return true;
}

void hs_class_check_order(struct hs_task *self, const struct hs_held *held, uint32_t cls,
			  const char *where)
{
	struct hs_class_table *table = *hs_arena_classes(self);
	uint32_t from = held->cls & HS_CLASS_NODE, to = cls & HS_CLASS_NODE;
	uint8_t before[CLASSES_NODES];
	char way[320];

	if ((held->cls | cls) & HS_CLASS_UNORDERED)
		return;
	if (from == to)
		hs_fail(self, where, "lock order: takes a second %s while it holds one from %s",
			classes_name(table, to), held->where);
	if (!classes_learn(table, from, to, held->where, where) ||
	    !classes_find_way(table, to, from, before))
		return;
	classes_print_way(table, to, from, before, way, sizeof(way));
	hs_fail(self, where, "lock order: takes the %s while it holds the %s from %s, but%s",
		classes_name(table, to), classes_name(table, from), held->where, way + 1);
}
