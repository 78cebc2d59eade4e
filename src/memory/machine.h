/* SPDX-License-Identifier: MIT */
/*
 * machine.h - struct hs_machine, the root of all state that a task can reach
 */
#ifndef HS_MEMORY_MACHINE_H
#define HS_MEMORY_MACHINE_H

#include <hmmsim/machine.h>

#include "base/radix.h"
#include "port/port.h"

struct hs_anon;
struct hs_page;
struct hs_pgmap;
struct hs_ram;
struct hs_swap_slot;

struct hs_machine {
	struct hs_arena *arena;
	uint32_t section_order, subsection_order;
	struct hs_page *zero_page;	/* in no memmap (struct hs_boot) */
	struct hs_spinlock memory_lock; /* protects the next seven fields and memmaps */
	struct hs_radix sections;	/* section number -> struct hs_section */
	struct hs_ram *ram;		/* system memory, ascending */
	struct hs_page *free_pages; /* handed out first, last in first out; linked by .private */
	uint64_t pages_allocated;
	bool reuse_pages;
	/* References to pages whose memory was removed; the first such pfn. Under memory_lock. */
	uint64_t lost_refs, lost_pfn;
	struct hs_waitq page_queue;   /* a page was unlocked */
	hs_u64 page_unlocks;	      /* of pages with HS_PAGE_WAITERS */
	struct hs_spinlock swap_lock; /* protects the next three fields, but for lookups */
	struct hs_radix swap_slots;   /* number -> struct hs_swap_slot */
	struct hs_swap_slot *free_slots;
	uint64_t swap_next;	      /* the lowest number that was never handed out */
	struct hs_spinlock anon_lock; /* protects the next three fields, but for lookups */
	struct hs_radix anons;	      /* number -> struct hs_anon */
	struct hs_anon *free_anons;
	uint64_t anon_last; /* the highest number that was handed out */
	struct hs_spinlock pagemap_lock;
	struct hs_radix pagemaps;      /* pfn -> struct hs_pgmap */
	struct hs_pgmap *pagemap_list; /* all that are registered */
	/* Names the references to those that are left; NULL: there never was one. */
	void (*name_pgmap_leaks)(struct hs_task *boot, struct hs_machine *machine,
				 struct hs_leaks *left);
	/*
	 * Woken when a step of a removal is complete. It is not in the pgmap, because the task that
	 * completes the last step must not touch the pgmap afterwards, not even to wake its owner.
	 */
	struct hs_waitq pagemap_queue;
	bool gone_used; /* hs_note_gone_use(); plain, because the execution ends */
};

/* hs_task_machine(), inlined for the model. */
static inline struct hs_machine *hs_machine_of(struct hs_task *self)
{
	return hs_arena_root(hs_task_arena(self));
}

/*
 * For what judges kinds of violations apart: an assertion is about to fail because the memory of a
 * page that is used is gone.
 */
static inline void hs_note_gone_use(struct hs_task *self)
{
	hs_machine_of(self)->gone_used = true;
}

static inline uint64_t hs_subsection_pages(const struct hs_machine *m)
{
	return (uint64_t)1 << m->subsection_order;
}

/*
 * Names the pages and references that users have left, then frees what the machine has made for
 * itself: indexes, ranges, sections, struct pages. Objects that are live afterwards are the machine
 * and leaks. Context: the boot task, no other task runs.
 */
void hs_machine_end_memory(struct hs_machine *machine, struct hs_leaks *left);

#endif
