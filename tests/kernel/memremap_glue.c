/* SPDX-License-Identifier: MIT */
/*
 * memremap_glue.c - device memory of scenarios: that of mm/memremap.c, over lib/percpu-refcount.c
 */
#include <hmmsim/races.h>
#include <hmmsim/sync.h>

#include "device.h"
#include "memremap_kernel.h"

/* ---- completions ------------------------------------------------------------------------- */

struct completion {
	struct hs_sync_completion done;
};

void shim_init_completion(struct completion *done, const char *where);
void shim_complete(struct completion *done, const char *where);
void shim_wait_for_completion(struct completion *done, const char *where);

_Static_assert(sizeof(struct completion) == sizeof(uint32_t), "its place in shim/memremap.h");

void shim_init_completion(struct completion *done, const char *where)
{
	hs_sync_completion_init_at(&done->done, where);
}

void shim_complete(struct completion *done, const char *where)
{
	hs_sync_complete_at(hs_races_task(), &done->done, where);
}

void shim_wait_for_completion(struct completion *done, const char *where)
{
	hs_sync_wait_for_completion_at(hs_races_task(), &done->done, where);
}

/* ---- device memory ----------------------------------------------------------------------- */

void glue_idle(void *owner)
{
	struct device *device = owner;

	device->idle(hs_races_task(), device);
}

int device_map(struct hs_task *self, struct device *device, enum device_type type)
{
	static const enum kernel_type types[] = { KERNEL_PRIVATE, KERNEL_FS_DAX, KERNEL_P2PDMA };
	struct dev_pagemap *pgmap;
	int ret;

	(void)self;
	ret = kernel_map(&pgmap, types[type], DEVICE_PFN, DEVICE_END, device);
	if (!ret)
		device->pgmap = pgmap;
	return ret;
}

void device_unmap(struct hs_task *self, struct device *device)
{
	(void)self;
	kernel_unmap(device->pgmap);
}

int device_block(struct hs_task *self, struct device *device)
{
	(void)self;
	(void)device;
	return kernel_block(DEVICE_PFN, DEVICE_END);
}

void device_unblock(struct hs_task *self, struct device *device)
{
	(void)self;
	(void)device;
	kernel_unblock(DEVICE_PFN, DEVICE_END);
}

void *device_get(struct hs_task *self, uint64_t pfn, void *cached)
{
	(void)self;
	return kernel_get(pfn, cached);
}

void device_put(struct hs_task *self, void *pgmap)
{
	(void)self;
	kernel_put(pgmap);
}

void device_look(struct hs_task *self, void *pgmap, void *page)
{
	(void)self;
	kernel_look(pgmap);
	if (page)
		kernel_page_count(page);
}

bool device_is_dying(struct hs_task *self, void *pgmap)
{
	(void)self;
	return kernel_is_dying(pgmap);
}

void *device_page(struct hs_task *self, uint64_t pfn)
{
	(void)self;
	return kernel_page(pfn);
}

uint32_t device_page_count(struct hs_task *self, void *page)
{
	(void)self;
	return kernel_page_count(page);
}

void device_page_get(struct hs_task *self, void *page)
{
	(void)self;
	kernel_page_get(page);
}

void device_page_put(struct hs_task *self, void *page)
{
	(void)self;
	kernel_page_put(page);
}

int device_page_hand_out(struct hs_task *self, struct device *device, void *page)
{
	(void)self;
	(void)device;
	kernel_page_hand_out(page);
	return 0;
}
