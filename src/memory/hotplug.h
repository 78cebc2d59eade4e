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
/* 0 or -EINVAL. Does not look whether pages are in use. */
int hs_memory_remove_device(struct hs_task *self, uint64_t start_pfn, uint64_t end_pfn);
/* Frees ranges, sections and struct pages when the machine ends. */
void hs_memory_destroy(struct hs_task *self, struct hs_machine *machine);

#endif
