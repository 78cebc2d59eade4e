/* SPDX-License-Identifier: MIT */
/*
 * hotplug.h - adding and removing device memory
 *
 * hs_memory_add() and hs_memory_remove() (page.h) do so for system memory. A removal of one sort
 * leaves subsections of the other sort as they are.
 */
#ifndef HS_MEMORY_HOTPLUG_H
#define HS_MEMORY_HOTPLUG_H

#include "memory/memory.h"

/* [start_pfn, end_pfn). 0, -EINVAL (not whole subsections), -EEXIST (overlap) or -ENOMEM. */
int hs_memory_add_device(struct hs_task *self, uint64_t start_pfn, uint64_t end_pfn);
/*
 * 0 or -EINVAL. Does not look whether pages are in use: references of a page beyond @idle, the
 * count of one that is not in use, are lost and counted, because no task can put them any more.
 */
int hs_memory_remove_device(struct hs_task *self, uint64_t start_pfn, uint64_t end_pfn,
			    uint32_t idle);
/* Names the pages that are allocated, and the references that are lost. */
void hs_memory_name_leaks(struct hs_task *self, struct hs_machine *machine, struct hs_leaks *left);
/* Frees ranges, sections and struct pages when the machine ends. */
void hs_memory_destroy(struct hs_task *self, struct hs_machine *machine);

#endif
