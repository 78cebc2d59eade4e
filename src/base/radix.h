/* SPDX-License-Identifier: MIT */
/*
 * radix.h - an index from numbers to pointers
 *
 * reduced: the xarray (v6.12, lib/xarray.c) as device memory uses it: nodes of 64 slots, a height
 * that grows with the largest key, aligned blocks of keys stored in one slot. No marks, no errors
 * in entries, and nodes are kept until the index is destroyed.
 *
 * Readers need no lock, only an RCU section as long as they use what they found. Writers are
 * serialised by the caller.
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

/* Entries are pointers to at least 4-aligned objects; NULL is no entry. */
void *hs_radix_load(struct hs_task *self, const struct hs_radix *r, uint64_t key);
/*
 * Makes every key of [first, last] mean @entry. To erase (NULL), give a range that was stored as a
 * whole: that needs no memory. 0 or -ENOMEM, and then nothing is stored.
 */
int hs_radix_store(struct hs_task *self, struct hs_radix *r, uint64_t first, uint64_t last,
		   void *entry);
/* Frees all nodes; entries are the caller's. */
void hs_radix_destroy(struct hs_task *self, struct hs_radix *r);
/* Calls fn for each slot with an entry, in ascending order: a block of keys comes once per slot. */
void hs_radix_for_each(struct hs_task *self, struct hs_radix *r,
		       void (*fn)(struct hs_task *self, void *entry, void *arg), void *arg);

#endif
