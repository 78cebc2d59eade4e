/* SPDX-License-Identifier: MIT */
/*
 * machine.h - what the floors above find through a task
 */
#ifndef HS_MEMORY_MACHINE_H
#define HS_MEMORY_MACHINE_H

#include <hmmsim/machine.h>

#include "base/radix.h"
#include "port/port.h"

struct hs_page;
struct hs_pgmap;
struct hs_ram;

struct hs_machine {
	struct hs_arena *arena;
	uint32_t section_order, subsection_order;
	struct hs_spinlock memory_lock; /* sections come and go, memmaps get their backing; the next
					   five fields */
	struct hs_radix sections;	/* section number -> struct hs_section */
	struct hs_ram *ram;		/* system memory, ascending */
	struct hs_page *free_pages;	/* put, and to be handed out first; linked by .private */
	uint64_t pages_allocated;
	bool reuse_pages;
	struct hs_waitq page_queue; /* a page was unlocked */
	struct hs_spinlock pagemap_lock;
	struct hs_radix pagemaps;      /* pfn -> struct hs_pgmap, kept by the pgmap floor */
	struct hs_pgmap *pagemap_list; /* all that are registered */
	/*
	 * A step of a removal is complete. Not the pgmap's own: who completes the last step must
	 * not touch the pgmap afterwards, not even to wake the one who will free it.
	 */
	struct hs_waitq pagemap_queue;
};

/* hs_task_machine(), inlined for the model. */
static inline struct hs_machine *hs_machine_of(struct hs_task *self)
{
	return hs_arena_root(hs_task_arena(self));
}

static inline uint64_t hs_subsection_pages(const struct hs_machine *m)
{
	return (uint64_t)1 << m->subsection_order;
}

/* Objects that come and go with the machine: at the end of a scenario they are no leak. */
static inline bool hs_machine_keeps(enum hs_kind kind)
{
	return kind == HS_KIND_RADIX || kind == HS_KIND_SECTION || kind == HS_KIND_MEMMAP ||
	       kind == HS_KIND_RAM;
}

#endif
