/* SPDX-License-Identifier: MIT */
/*
 * swap.h - swap slots: what swap entries name
 *
 * A slot has a number, which fits the pfn field of an entry, and the contents of a page.
 */
#ifndef HS_MEMORY_SWAP_H
#define HS_MEMORY_SWAP_H

#include "memory/memory.h"

struct hs_swap_slot {
	hs_u64 contents;
	hs_u32 used;
	uint64_t number;
	struct hs_swap_slot *next; /* of a free slot: the next free one */
};

/* A slot for one entry, with the contents 0. 0 or -ENOMEM. */
int hs_swap_alloc(struct hs_task *self, uint64_t *slot);
/* No entry names the slot any more. */
void hs_swap_free(struct hs_task *self, uint64_t slot);
/* For a task that keeps the slot, by an entry under the page table lock for instance. */
uint64_t hs_swap_contents(struct hs_task *self, uint64_t slot);
void hs_swap_set_contents(struct hs_task *self, uint64_t slot, uint64_t contents);

/* Names the slots that are left, then frees what the machine has made for them. */
void hs_swap_destroy(struct hs_task *boot, struct hs_machine *machine, struct hs_leaks *left);

#endif
