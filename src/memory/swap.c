/* SPDX-License-Identifier: MIT */
/*
 * swap.c - swap slots
 *
 * reduced: get_swap_pages(), swap_free() (v6.12, mm/swapfile.c): no device, no limit, no swap
 * cache, and no count, because without fork one entry names a slot. A slot is, by predicate:
 *
 *	in use		used != 0: an entry names it, or its task is about to make one
 *	free		used == 0, and on the list of free slots
 *
 * machine->swap_lock protects the list, and new slots. Slots live until the machine ends, so that a
 * lookup takes no lock. A number is used again, last in first out, so a swap entry may be what it
 * was before although its slot was freed in between:
 *
 *	read fault			another task
 *	sees swap entry 0
 *					fault: maps a page, frees slot 0
 *					writes the page
 *					swaps it out: slot 0 again
 *	page table lock
 *	  still swap entry 0
 *	  copy what the slot holds
 *	unlock
 *
 *	Required outcome: the new contents. So they are read under the page table lock.
 *	(tests/model/test_fault_model.c: swap_in_against_a_slot_that_is_used_again)
 */
#include "memory/swap.h"

#include <errno.h>

static struct hs_swap_slot *swap_slot_of(struct hs_task *self, uint64_t number)
{
	struct hs_swap_slot *s = hs_radix_load(self, &hs_machine_of(self)->swap_slots, number);

	hs_assert(self, s, "there is no swap slot %llu", (unsigned long long)number);
	return s;
}

static struct hs_swap_slot *swap_slot_make(struct hs_task *self, struct hs_machine *m)
{
	struct hs_swap_slot *s = hs_alloc(self, HS_KIND_SWAP_SLOT, sizeof(*s));

	hs_assert_spin(self, &m->swap_lock);
	if (!s)
		return NULL;
	s->number = m->swap_next;
	if (hs_radix_store(self, &m->swap_slots, s->number, s->number, s)) {
		hs_free(self, s, HS_KIND_SWAP_SLOT, sizeof(*s));
		return NULL;
	}
	m->swap_next++;
	return s;
}

int hs_swap_alloc(struct hs_task *self, uint64_t *slot)
{
	struct hs_machine *m = hs_machine_of(self);
	struct hs_swap_slot *s;

	hs_spin_lock(self, &m->swap_lock);
	hs_assert_spin(self, &m->swap_lock);
	s = m->free_slots;
	if (s)
		m->free_slots = s->next;
	else
		s = swap_slot_make(self, m);
	hs_spin_unlock(self, &m->swap_lock);
	if (!s)
		return -ENOMEM;
	hs_u64_store(self, &s->contents, 0, HS_RELAXED);
	hs_u32_store(self, &s->used, 1, HS_RELEASE);
	*slot = s->number;
	return 0;
}

void hs_swap_free(struct hs_task *self, uint64_t slot)
{
	struct hs_machine *m = hs_machine_of(self);
	struct hs_swap_slot *s = swap_slot_of(self, slot);
	uint32_t was = hs_u32_xchg(self, &s->used, 0, HS_ACQ_REL);

	hs_assert(self, was, "hs_swap_free: swap slot %llu is free", (unsigned long long)slot);
	hs_spin_lock(self, &m->swap_lock);
	hs_assert_spin(self, &m->swap_lock);
	s->next = m->free_slots;
	m->free_slots = s;
	hs_spin_unlock(self, &m->swap_lock);
}

uint64_t hs_swap_contents(struct hs_task *self, uint64_t slot)
{
	struct hs_swap_slot *s = swap_slot_of(self, slot);
	uint32_t used = hs_u32_load(self, &s->used, HS_ACQUIRE);

	hs_assert_at(self, HS_HERE, used, "hs_swap_contents: swap slot %llu is free",
		     (unsigned long long)slot);
	return hs_u64_load(self, &s->contents, HS_RELAXED);
}

void hs_swap_set_contents(struct hs_task *self, uint64_t slot, uint64_t contents)
{
	hs_u64_store(self, &swap_slot_of(self, slot)->contents, contents, HS_RELAXED);
}

/* ---- the end ----------------------------------------------------------------------------- */

struct swap_left {
	uint64_t count, first;
};

static void swap_free_slot(struct hs_task *boot, void *entry, void *arg)
{
	struct swap_left *left = arg;
	struct hs_swap_slot *s = entry;

	if (s->used.raw && !left->count++)
		left->first = s->number;
	hs_free(boot, s, HS_KIND_SWAP_SLOT, sizeof(*s));
}

void hs_swap_destroy(struct hs_task *boot, struct hs_machine *machine, struct hs_leaks *left)
{
	struct swap_left l = { 0 };

	hs_radix_for_each(boot, &machine->swap_slots, swap_free_slot, &l);
	hs_radix_destroy(boot, &machine->swap_slots);
	if (l.count)
		hs_leaks_add(left, l.count, "%llu swap slot (%llu%s)", (unsigned long long)l.count,
			     (unsigned long long)l.first, l.count > 1 ? ", ..." : "");
}
