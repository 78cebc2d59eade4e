/* SPDX-License-Identifier: MIT */
/**
 * @file interval.h
 * The node of an interval tree.
 *
 * It is public because struct hs_interval_sub (notifier.h) embeds it and users allocate those. The
 * tree itself is internal. That users do not write to a node that is in a tree is not checked.
 *
 * *reduced*: struct interval_tree_node (v6.12, include/linux/interval_tree.h); the tree is
 * height-balanced instead of red-black.
 */
#ifndef HMMSIM_INTERVAL_H
#define HMMSIM_INTERVAL_H

#include <stdint.h>

/** struct hs_interval_node - an interval in a tree; embedded, never allocated by the tree */
struct hs_interval_node {
	struct hs_interval_node *parent;   /**< NULL: this is the root */
	struct hs_interval_node *child[2]; /**< left: starts not larger; right: not smaller */
	uint64_t start;			   /**< first value, inclusive; read only for users */
	uint64_t last;			   /**< last value, inclusive; read only for users */
	uint64_t max_last;		   /**< largest .last of the subtree */
	uint32_t height;		   /**< of the subtree; 1: no children */
};

#endif
