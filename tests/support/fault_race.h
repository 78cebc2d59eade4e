/* SPDX-License-Identifier: MIT */
/*
 * fault_race.h - races of faults: a set-up, some tasks and a check, in an address space of 64 pages
 *
 * At the end of each execution what is still mapped is unmapped, and no page may be left.
 */
#ifndef HS_TESTS_FAULT_RACE_H
#define HS_TESTS_FAULT_RACE_H

#include <hmmsim/fault.h>
#include <hmmsim/pgmap.h>
#include <hmmsim/pte_ops.h>

#include "memory/memory.h"
#include "mm/fault_entry.h"
#include "mm/mapping.h"
#include "mm/mm.h"
#include "mm/vma.h"
#include "mm/zap.h"
#include "support/exploration.h"
#include "support/machine.h"

#define RAM_START 16u
#define RAM_END 24u
#define DEVICE_START 32u
#define RW (HS_VM_READ | HS_VM_WRITE | HS_VM_MAYWRITE)
#define CONTENTS 77u
#define OTHERS 55u /* the contents of a frame that belongs to another owner */
#define ELSEWHERE (8 * PAGE)
#define TASKS 3

struct model;

struct race {
	int (*setup)(struct hs_task *self, struct model *m);
	void (*task[TASKS])(struct hs_task *self, void *arg);
	void (*check)(struct hs_task *self, struct model *m);
	uint64_t complete; /* executions, for hold() */
};

struct model {
	const struct race *race;
	struct hs_mm *mm;
	struct hs_pgmap *pgmap;
	struct hs_mapping *mapping;
	struct hs_gate *gate;
	struct hs_page *page;
	struct hs_migration migration;
	struct hs_interval_sub sub;
	struct hs_mutex lock;
	hs_u64 device; /* what the device has mapped at 0 */
	hs_u64 may;    /* what a fault waits for has happened */
	uint64_t pfn[2];
};

extern const struct hs_scenario fault_scenario; /* of a struct race */

#define expect(cond) hs_assert(self, cond, "expected: %s", #cond)
#define hold(races)                                  \
	for (size_t i_ = 0; i_ < COUNT(races); i_++) \
	explore_holds(&fault_scenario, &(races)[i_], (races)[i_].complete)
/* Some schedule has two accesses of CPUs undo each other, more than @bound times. */
void undo_each_other(const struct hs_scenario *scenario, const struct race *race, uint32_t bound);

uint64_t entry_at(struct hs_task *self, struct model *m, uint64_t addr);
struct hs_page *page_of(struct hs_task *self, uint64_t entry);

/* Parts of tasks: the pfn goes to m->pfn[i]. */
void cpu_access(struct hs_task *self, struct model *m, int i, uint64_t addr, bool write);
void zap(struct hs_task *self, struct model *m);

/* Tasks, each of a struct model. */
void load(struct hs_task *self, void *arg);
void load_too(struct hs_task *self, void *arg);
void store(struct hs_task *self, void *arg);
void store_too(struct hs_task *self, void *arg);
void zapper(struct hs_task *self, void *arg);

/*
 * A task of a device that mirrors address 0, for two turns: @look finds the entry under the mmap
 * lock; if that is a present page and no invalidation came between, @use has the device's lock.
 */
void mirror_turns(struct hs_task *self, struct model *m,
		  uint64_t (*look)(struct hs_task *self, struct model *m),
		  void (*use)(struct hs_task *self, struct model *m, uint64_t entry));

/* Set-ups. */
int anonymous(struct hs_task *self, struct model *m);
int written(struct hs_task *self, struct model *m);
int device_memory(struct hs_task *self, struct model *m, enum hs_pgmap_type type,
		  enum hs_page_refs refs);
/* An anonymous mapping whose page at 0 is one of m->pgmap, with CONTENTS. */
int on_pgmap(struct hs_task *self, struct model *m);
int device_private(struct hs_task *self, struct model *m);
/* The device of mirror_turns() subscribes: an invalidation sets m->device to 0. */
int mirror_insert(struct hs_task *self, struct model *m);
/* page_free of device memory: gives the page other contents. */
void spoil_freed(struct hs_task *self, struct hs_pgmap *pgmap, struct hs_page *page);

/* Checks. */
void expect_page(struct hs_task *self, struct model *m, uint64_t contents);
void check_page(struct hs_task *self, struct model *m);
void check_page_or_zapped(struct hs_task *self, struct model *m);

/* Parts of scenarios of a struct race; of check, with how a pgmap that is left goes. */
int race_setup(struct hs_task *self, struct hs_plan *plan, void *state, const void *param);
void race_check(struct hs_task *self, struct model *m,
		void (*remove)(struct hs_task *self, struct hs_pgmap *pgmap));

#endif
