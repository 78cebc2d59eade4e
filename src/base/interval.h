/* SPDX-License-Identifier: MIT */
/*
 * interval.h - a tree of intervals that asks: who overlaps [start, last]?
 *
 * reduced: the interval tree (v6.12, lib/interval_tree.c), which is a red-black tree; this one is
 * height-balanced. Each node knows the largest last of its subtree, so that a search enters no
 * subtree in vain. Intrusive: the node is embedded, the caller sets .start <= .last. Found in order
 * of start, equal starts in order of insertion. The caller serialises writers, and keeps them out
 * while somebody searches.
 */
#ifndef HS_BASE_INTERVAL_H
#define HS_BASE_INTERVAL_H

#include <hmmsim/interval.h>

struct hs_interval_tree {
	struct hs_interval_node *root;
};

void hs_interval_tree_insert(struct hs_interval_tree *t, struct hs_interval_node *n);
void hs_interval_tree_erase(struct hs_interval_tree *t, struct hs_interval_node *n);
/* NULL: nobody overlaps. */
struct hs_interval_node *hs_interval_tree_first(const struct hs_interval_tree *t, uint64_t start,
						uint64_t last);
/* The one after @n that overlaps. */
struct hs_interval_node *hs_interval_tree_next(const struct hs_interval_node *n, uint64_t start,
					       uint64_t last);

#endif
