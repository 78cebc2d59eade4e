/* SPDX-License-Identifier: MIT */
/*
 * radix.c - an index from numbers to pointers
 *
 * A store grows the tree, allocates all nodes it needs, and only then writes entries: a failed
 * allocation leaves the mapping from keys to entries as it was.
 */
#include "base/radix.h"

#include <errno.h>

/* A slot holds NULL, an entry, or a node with its low bit set. */
static bool radix_is_node(const void *p)
{
	return (uintptr_t)p & 1;
}

static struct hs_radix_node *radix_to_node(void *p)
{
	return (struct hs_radix_node *)((uintptr_t)p - 1);
}

static void *radix_from_node(struct hs_radix_node *n)
{
	return (char *)n + 1;
}

/* The number of keys that @n spans, minus 1. */
static uint64_t radix_span_mask(const struct hs_radix_node *n)
{
	uint32_t bits = n->shift + HS_RADIX_BITS;

	return bits >= 64 ? UINT64_MAX : ((uint64_t)1 << bits) - 1;
}

void *hs_radix_load(struct hs_task *self, const struct hs_radix *r, uint64_t key)
{
	void *p = hs_ptr_load(self, &r->root, HS_ACQUIRE);

	if (p && key & ~radix_span_mask(radix_to_node(p)))
		return NULL;
	while (radix_is_node(p)) {
		struct hs_radix_node *n = radix_to_node(p);
		uint64_t slot = (key >> n->shift) & (HS_RADIX_SLOTS - 1);

		p = hs_ptr_load(self, &n->slot[slot], HS_ACQUIRE);
	}
	return p;
}

static struct hs_radix_node *radix_node_new(struct hs_task *self, uint32_t shift)
{
	struct hs_radix_node *n = hs_alloc(self, HS_KIND_RADIX, sizeof(*n));

	if (n)
		n->shift = shift;
	return n;
}

/* The shift of the smallest top node that spans @last. */
static uint32_t radix_shift_for(uint64_t last)
{
	uint32_t shift = 0;

	while (shift + HS_RADIX_BITS < 64 && last >> (shift + HS_RADIX_BITS))
		shift += HS_RADIX_BITS;
	return shift;
}

/* Adds levels on top until the tree spans @last. */
static int radix_grow(struct hs_task *self, struct hs_radix *r, uint64_t last)
{
	for (;;) {
		void *p = hs_ptr_load(self, &r->root, HS_RELAXED);
		struct hs_radix_node *n;

		if (p && !(last & ~radix_span_mask(radix_to_node(p))))
			return 0;
		n = radix_node_new(self, p ? radix_to_node(p)->shift + HS_RADIX_BITS
					   : radix_shift_for(last));
		if (!n)
			return -ENOMEM;
		hs_ptr_init(&n->slot[0], p);
		hs_ptr_store(self, &r->root, radix_from_node(n), HS_RELEASE);
	}
}

/* The last key of [first, last] that is in the same slot of @n as @first. */
static uint64_t radix_slot_last(const struct hs_radix_node *n, uint64_t first, uint64_t last)
{
	uint64_t end = first | (((uint64_t)1 << n->shift) - 1);

	return end < last ? end : last;
}

static bool radix_whole_slot(const struct hs_radix_node *n, uint64_t first, uint64_t last)
{
	uint64_t mask = ((uint64_t)1 << n->shift) - 1;

	return !(first & mask) && (last & mask) == mask;
}

/* The child in @slot. A slot with an entry becomes a child with that entry in every slot. */
static struct hs_radix_node *radix_child_of(struct hs_task *self, struct hs_radix_node *n,
					    hs_ptr *slot)
{
	void *p = hs_ptr_load(self, slot, HS_RELAXED);
	struct hs_radix_node *child;

	if (radix_is_node(p))
		return radix_to_node(p);
	child = radix_node_new(self, n->shift - HS_RADIX_BITS);
	if (!child)
		return NULL;
	for (uint32_t i = 0; p && i < HS_RADIX_SLOTS; i++)
		hs_ptr_init(&child->slot[i], p);
	hs_ptr_store(self, slot, radix_from_node(child), HS_RELEASE);
	return child;
}

/*
 * Allocates the nodes that a store needs. Recursion is at most 11 levels deep, as keys have 64
 * bits.
 */
static int radix_prepare(struct hs_task *self, struct hs_radix_node *n, uint64_t first,
			 uint64_t last)
{
	for (uint64_t from = first, to; from <= last; from = to + 1) {
		hs_ptr *slot = &n->slot[(from >> n->shift) & (HS_RADIX_SLOTS - 1)];
		struct hs_radix_node *child;
		int ret;

		to = radix_slot_last(n, from, last);
		if (radix_whole_slot(n, from, to) &&
		    !radix_is_node(hs_ptr_load(self, slot, HS_RELAXED)))
			goto next;
		child = radix_child_of(self, n, slot);
		if (!child)
			return -ENOMEM;
		ret = radix_prepare(self, child, from, to);
		if (ret)
			return ret;
next:
		if (to == UINT64_MAX)
			break;
	}
	return 0;
}

static void radix_fill(struct hs_task *self, struct hs_radix_node *n, uint64_t first, uint64_t last,
		       void *entry)
{
	for (uint64_t from = first, to; from <= last; from = to + 1) {
		hs_ptr *slot = &n->slot[(from >> n->shift) & (HS_RADIX_SLOTS - 1)];
		void *p = hs_ptr_load(self, slot, HS_RELAXED);

		to = radix_slot_last(n, from, last);
		if (radix_is_node(p))
			radix_fill(self, radix_to_node(p), from, to, entry);
		else
			hs_ptr_store(self, slot, entry, HS_RELEASE);
		if (to == UINT64_MAX)
			break;
	}
}

int hs_radix_store(struct hs_task *self, struct hs_radix *r, uint64_t first, uint64_t last,
		   void *entry)
{
	struct hs_radix_node *top;
	int ret;

	hs_assert(self, first <= last, "hs_radix_store: the range ends before it begins");
	ret = radix_grow(self, r, last);
	if (ret)
		return ret;
	top = radix_to_node(hs_ptr_load(self, &r->root, HS_RELAXED));
	ret = radix_prepare(self, top, first, last);
	if (ret)
		return ret;
	radix_fill(self, top, first, last, entry);
	return 0;
}

static void radix_node_free(struct hs_task *self, struct hs_radix_node *n)
{
	for (uint32_t i = 0; i < HS_RADIX_SLOTS; i++)
		if (radix_is_node(n->slot[i].raw))
			radix_node_free(self, radix_to_node(n->slot[i].raw));
	hs_free(self, n, HS_KIND_RADIX, sizeof(*n));
}

void hs_radix_destroy(struct hs_task *self, struct hs_radix *r)
{
	void *p = r->root.raw;

	hs_ptr_init(&r->root, NULL);
	if (p)
		radix_node_free(self, radix_to_node(p));
}

static void radix_visit(struct hs_task *self, struct hs_radix_node *n,
			void (*fn)(struct hs_task *self, void *entry, void *arg), void *arg)
{
	for (uint32_t i = 0; i < HS_RADIX_SLOTS; i++) {
		void *p = hs_ptr_load(self, &n->slot[i], HS_ACQUIRE);

		if (radix_is_node(p))
			radix_visit(self, radix_to_node(p), fn, arg);
		else if (p)
			fn(self, p, arg);
	}
}

void hs_radix_for_each(struct hs_task *self, struct hs_radix *r,
		       void (*fn)(struct hs_task *self, void *entry, void *arg), void *arg)
{
	void *p = hs_ptr_load(self, &r->root, HS_ACQUIRE);

	if (p)
		radix_visit(self, radix_to_node(p), fn, arg);
}
