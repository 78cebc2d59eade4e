/* SPDX-License-Identifier: MIT */
/*
 * migration.h - a device with memory of its own, and a process whose page it uses
 *
 * The driver is in migration_memory.c and migration_driver.c, the tasks are in migration_tasks.c.
 * They are linked twice, as they are: with migration.c for threads, with migration_explored.c for
 * every schedule.
 */
#ifndef MIGRATION_H
#define MIGRATION_H

#include <hmmsim/explore.h>
#include <hmmsim/linux.h>
#include <hmmsim/sync.h>

#define GPU_PFN 16 /* in the scenario a section has 8 pages, a subsection 2 */
#define GPU_PAGES 2

struct gpu {
	struct dev_pagemap pagemap;
	struct hs_sync_spinlock lock; /* protects the list: */
	struct hs_page *free;	      /* linked by zone_device_data */
	struct mmu_interval_notifier notifier;
	struct hs_sync_mutex update; /* protects the page table of the device: */
	unsigned long table;	     /* pfn + 1 of the page at 0; 0: none */
};

/* The driver. All return 0 or -errno. */
int gpu_open(struct gpu *gpu, struct mm_struct *mm);
int gpu_populate(struct gpu *gpu); /* maps the page of the process, where it is */
int gpu_take(struct gpu *gpu);	   /* moves it to the device */
void gpu_evict(void);		   /* moves all pages of the device back */
void gpu_close(struct gpu *gpu);   /* removes the device; evicted before */

/* Its memory. */
int gpu_memory_open(struct gpu *gpu);
struct hs_page *gpu_page_alloc(struct gpu *gpu); /* locked, with a reference; NULL: none is free */
struct hs_page *ram_page_alloc(void);		 /* likewise */
/* Copies what src holds; the slot of dst. */
unsigned long gpu_copy(struct hs_page *to, unsigned long src);

struct state {
	struct gpu gpu;
	struct mm_struct *mm;
	bool hasty; /* the planted mistake: the device is removed without eviction */
};

int state_open(struct hs_task *self, struct state *s);
extern const struct hs_scenario migration; /* its parameter: a bool, state.hasty */

#endif
