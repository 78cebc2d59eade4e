/* SPDX-License-Identifier: MIT */
/*
 * device.h - device memory as scenarios use it: the model's (device_model.c) or the kernel's
 * (memremap_glue.c)
 */
#ifndef HS_KERNEL_DEVICE_H
#define HS_KERNEL_DEVICE_H

#include "port/port.h"

#define DEVICE_PFN 8u
#define DEVICE_END 10u

enum device_type {
	DEVICE_PRIVATE, /* its owner keeps the free list */
	DEVICE_FS_DAX,
	DEVICE_P2PDMA,
};

/* In the state of a scenario. */
struct device {
	void *pgmap;
	void *other; /* in the way */
	/* page_free, of FS_DAX the wake-up of the file system. Takes no lock and does not sleep. */
	void (*idle)(struct hs_task *self, struct device *device);
};

/* 0, -EEXIST where other memory is in the way, or -ENOMEM. */
int device_map(struct hs_task *self, struct device *device, enum device_type type);
/* Removes the memory, waits for all references, frees the pgmap. */
void device_unmap(struct hs_task *self, struct device *device);
/* Puts other memory in the way, and takes it away. */
int device_block(struct hs_task *self, struct device *device);
void device_unblock(struct hs_task *self, struct device *device);

/* get_dev_pagemap() and put_dev_pagemap(). */
void *device_get(struct hs_task *self, uint64_t pfn, void *cached);
void device_put(struct hs_task *self, void *pgmap);
/* Touches the pgmap, and the page if it is not NULL: what is freed is a finding. */
void device_look(struct hs_task *self, void *pgmap, void *page);
/* The removal has killed its reference. */
bool device_is_dying(struct hs_task *self, void *pgmap);

void *device_page(struct hs_task *self, uint64_t pfn);
uint32_t device_page_count(struct hs_task *self, void *page);
void device_page_get(struct hs_task *self, void *page);
void device_page_put(struct hs_task *self, void *page);
/* PRIVATE and P2PDMA, by a task that holds the pgmap; its reference is the caller's. 0, -errno. */
int device_page_hand_out(struct hs_task *self, struct device *device, void *page);

#endif
