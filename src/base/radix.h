/* SPDX-License-Identifier: MIT */
/*
 * radix.h - an index from numbers to pointers
 *
 * reduced: the xarray (v6.12, lib/xarray.c) as device memory uses it: nodes of 64 slots, a height
 * that grows with the largest key, aligned blocks of keys in one slot. Left out: marks, error
 * entries. Nodes live until the index is destroyed.
 *
 * Readers take no lock, but stay in an RCU section as long as they use the entry. The caller
 * serialises writers.
 */
#ifndef HS_BASE_RADIX_H
#define HS_BASE_RADIX_H

#include "port/port.h"

#define HS_RADIX_BITS 6
#define HS_RADIX_SLOTS (1u << HS_RADIX_BITS)

struct hs_radix_node {
	uint32_t shift; /* a slot spans 1 << shift keys */
	hs_ptr slot[HS_RADIX_SLOTS];
};

struct hs_radix {
	hs_ptr root; /* the top node, or NULL */
};

/* The entry of @key; NULL: none. Entries are pointers to objects aligned to at least 4 bytes. */
void *hs_radix_load(struct hs_task *self, const struct hs_radix *r, uint64_t key);
/*
 * Stores @entry for every key of [first, last]; NULL erases. 0 or -ENOMEM, and then nothing is
 * stored. Erasing a range that was stored by one call needs no memory.
 */
int hs_radix_store(struct hs_task *self, struct hs_radix *r, uint64_t first, uint64_t last,
		   void *entry);
/* Frees all nodes, not the entries. */
void hs_radix_destroy(struct hs_task *self, struct hs_radix *r);
/* Calls fn once for each slot that holds an entry, in ascending order. */
void hs_radix_for_each(struct hs_task *self, struct hs_radix *r,
		       void (*fn)(struct hs_task *self, void *entry, void *arg), void *arg);

#endif
