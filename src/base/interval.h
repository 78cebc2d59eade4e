/* SPDX-License-Identifier: MIT */
/*
 * interval.h - a tree of intervals; it finds those that overlap [start, last]
 *
 * reduced: the interval tree (v6.12, lib/interval_tree.c), which is a red-black tree; this one is
 * height-balanced. Each node knows the largest .last of its subtree, so that a search skips
 * subtrees that cannot overlap. The caller embeds the node and sets .start <= .last. Nodes are
 * found in order of start, and in order of insertion where starts are equal. The caller serialises
 * writers, and no writer may run during a search.
 */
#ifndef HS_BASE_INTERVAL_H
#define HS_BASE_INTERVAL_H

#include <hmmsim/interval.h>

struct hs_interval_tree {
	struct hs_interval_node *root;
};

void hs_interval_tree_insert(struct hs_interval_tree *t, struct hs_interval_node *n);
void hs_interval_tree_erase(struct hs_interval_tree *t, struct hs_interval_node *n);
/* The first node that overlaps [start, last]; NULL: none does. */
struct hs_interval_node *hs_interval_tree_first(const struct hs_interval_tree *t, uint64_t start,
						uint64_t last);
/* The first node after @n that overlaps; NULL: none does. */
struct hs_interval_node *hs_interval_tree_next(const struct hs_interval_node *n, uint64_t start,
					       uint64_t last);

#endif
