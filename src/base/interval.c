/* SPDX-License-Identifier: MIT */
/*
 * interval.c - the interval tree: an AVL tree with parent pointers
 *
 * Invariants of each node: its height is one more than the larger height of its children, and these
 * heights differ by at most one; max_last is the largest .last of its subtree; in order, starts do
 * not descend.
 */
#include "base/interval.h"

#include <stddef.h>

static uint32_t interval_height(const struct hs_interval_node *n)
{
	return n ? n->height : 0;
}

static void interval_update(struct hs_interval_node *n)
{
	n->height = 0;
	n->max_last = n->last;
	for (int side = 0; side < 2; side++) {
		const struct hs_interval_node *c = n->child[side];

		if (!c)
			continue;
		if (c->height > n->height)
			n->height = c->height;
		if (c->max_last > n->max_last)
			n->max_last = c->max_last;
	}
	n->height++;
}

/* Links @now (may be NULL) where @was is linked. */
static void interval_replace(struct hs_interval_tree *t, const struct hs_interval_node *was,
			     struct hs_interval_node *now)
{
	struct hs_interval_node *parent = was->parent;

	if (!parent)
		t->root = now;
	else
		parent->child[parent->child[1] == was] = now;
	if (now)
		now->parent = parent;
}

static void interval_link_child(struct hs_interval_node *parent, int side,
				struct hs_interval_node *n)
{
	parent->child[side] = n;
	if (n)
		n->parent = parent;
}

/*
 * Lifts the child on the other side above @n, which becomes its child on @side. Returns the child.
 */
static struct hs_interval_node *interval_rotate(struct hs_interval_tree *t,
						struct hs_interval_node *n, int side)
{
	struct hs_interval_node *up = n->child[!side];

	interval_replace(t, n, up);
	interval_link_child(n, !side, up->child[side]);
	interval_link_child(up, side, n);
	interval_update(n);
	interval_update(up);
	return up;
}

/* Restores the invariants from @n up to the root. Below @n they hold. */
static void interval_repair(struct hs_interval_tree *t, struct hs_interval_node *n)
{
	for (; n; n = n->parent) {
		uint32_t left = interval_height(n->child[0]), right = interval_height(n->child[1]);
		int heavy = right > left;
		struct hs_interval_node *c = n->child[heavy];

		interval_update(n);
		if (left <= right + 1 && right <= left + 1)
			continue;
		/* A child that leans inwards would only move the surplus to the other side. */
		if (interval_height(c->child[!heavy]) > interval_height(c->child[heavy]))
			interval_rotate(t, c, heavy);
		n = interval_rotate(t, n, !heavy);
	}
}

void hs_interval_tree_insert(struct hs_interval_tree *t, struct hs_interval_node *n)
{
	struct hs_interval_node *parent = NULL, **at = &t->root;

	while (*at) {
		parent = *at;
		at = &parent->child[n->start >= parent->start];
	}
	n->parent = parent;
	n->child[0] = n->child[1] = NULL;
	*at = n;
	interval_repair(t, n);
}

/* Puts the leftmost node of the right subtree in the place of @n. Returns where to repair from. */
static struct hs_interval_node *interval_replace_by_successor(struct hs_interval_tree *t,
							      struct hs_interval_node *n)
{
	struct hs_interval_node *s = n->child[1], *from;

	while (s->child[0])
		s = s->child[0];
	from = s->parent == n ? s : s->parent;
	if (s != n->child[1]) {
		interval_replace(t, s, s->child[1]);
		interval_link_child(s, 1, n->child[1]);
	}
	interval_link_child(s, 0, n->child[0]);
	interval_replace(t, n, s);
	return from;
}

void hs_interval_tree_erase(struct hs_interval_tree *t, struct hs_interval_node *n)
{
	struct hs_interval_node *from = n->parent;

	if (n->child[0] && n->child[1])
		from = interval_replace_by_successor(t, n);
	else
		interval_replace(t, n, n->child[0] ? n->child[0] : n->child[1]);
	interval_repair(t, from);
}

/*
 * The first interval in the subtree of @n that overlaps. If the left subtree has a node whose .last
 * is at least @start, the answer is in the left subtree or does not exist: such a node that does
 * not overlap starts after @last, and so do all nodes to its right.
 */
static struct hs_interval_node *interval_first_below(struct hs_interval_node *n, uint64_t start,
						     uint64_t last)
{
	while (n && n->max_last >= start) {
		struct hs_interval_node *left = n->child[0];

		if (left && left->max_last >= start) {
			n = left;
			continue;
		}
		if (n->start > last)
			return NULL;
		if (n->last >= start)
			return n;
		n = n->child[1];
	}
	return NULL;
}

struct hs_interval_node *hs_interval_tree_first(const struct hs_interval_tree *t, uint64_t start,
						uint64_t last)
{
	return interval_first_below(t->root, start, last);
}

struct hs_interval_node *hs_interval_tree_next(const struct hs_interval_node *n, uint64_t start,
					       uint64_t last)
{
	for (;;) {
		struct hs_interval_node *right = n->child[1], *parent;

		if (right && right->max_last >= start)
			return interval_first_below(right, start, last);
		while ((parent = n->parent) && parent->child[1] == n)
			n = parent;
		if (!parent || parent->start > last)
			return NULL;
		if (parent->last >= start)
			return parent;
		n = parent;
	}
}
