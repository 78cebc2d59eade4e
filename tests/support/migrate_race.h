/* SPDX-License-Identifier: MIT */
/*
 * migrate_race.h - races of migrations: what fault_race.h has, and a driver that moves pages
 *
 * Device memory has two pages, DEVICE_START and the next one; what is freed gets other contents.
 * Its reference is atomic, because the RCU callback of a kill has its races elsewhere. No page is
 * used again in an execution. At the end nothing may be left.
 */
#ifndef HS_TESTS_MIGRATE_RACE_H
#define HS_TESTS_MIGRATE_RACE_H

#include <hmmsim/migrate.h>

#include "support/broken.h"
#include "support/fault_race.h"

#define DEVICE_PAGES 2u
#define NEWER 78u /* what a task writes over CONTENTS */
#define SELECT_SYSTEM HS_MIGRATE_SELECT_SYSTEM
#define SELECT_DEVICE (HS_MIGRATE_SELECT_DEVICE_PRIVATE | HS_MIGRATE_SELECT_DEVICE_COHERENT)

/* A migration of the pages from 0 on, on the stack of its task. */
struct move {
	struct hs_migrate_vma m;
	uint64_t src[2], dst[2];
};

extern const struct hs_scenario migrate_scenario; /* of a struct race */

/*
 * explore_holds(), or without @judged what it says of DPOR alone: rows of a table differ in little,
 * and the searches that judge the first one take most of the time. Weak memory has the first alone.
 */
#define hold_moves(races)                            \
	for (size_t i_ = 0; i_ < COUNT(races); i_++) \
	hold_at(TEST_PLACE, &migrate_scenario, &(races)[i_], (races)[i_].complete, !i_)
void hold_at(struct test_place at, const struct hs_scenario *scenario, const void *param,
	     uint64_t complete, bool judged);

/*
 * Parts of migrations of @pages pages, to the device if they come from system memory, and back.
 * The mmap lock is held. begin: the first step and the copies; false: there is no VMA.
 */
bool move_begin(struct hs_task *self, struct model *m, struct move *v, uint32_t flags,
		uint32_t pages);
void move_decide(struct hs_task *self, struct move *v);
/* Without the mmap lock. Returns how many pages have moved. */
uint32_t move_end(struct hs_task *self, struct move *v);

/* Parts of evictions: the first step for the page DEVICE_START, and the others. */
void evict_begin(struct hs_task *self, struct move *v);
uint32_t evict_end(struct hs_task *self, struct move *v);
uint32_t evict(struct hs_task *self);

/* A driver's migrate_to_ram(), as real ones are. */
uint32_t move_to_ram(struct hs_task *self, struct hs_vm_fault *vmf);

/* What get_user_pages() does: the page that is mapped at 0, on the device or not, or NULL. */
struct hs_page *get_mapped(struct hs_task *self, struct model *m, bool device);

/* Tasks. */
void to_device(struct hs_task *self, void *arg);
void from_device(struct hs_task *self, void *arg);
void evictor(struct hs_task *self, void *arg);
void read_contents(struct hs_task *self, void *arg); /* a CPU reads CONTENTS */
void write_newer(struct hs_task *self, void *arg);   /* a CPU writes NEWER */
void fault_once(struct hs_task *self, void *arg);    /* for a store; the page may stay */
void unmap_all(struct hs_task *self, void *arg);
/* What get_user_pages() and I/O do: NEWER is written to the page that is found mapped. */
void write_by_dma(struct hs_task *self, void *arg);
/* A device with a subscription reads CONTENTS and writes NEWER to the page that CPUs map. */
void mirror(struct hs_task *self, void *arg);
void drainer(struct hs_task *self, void *arg); /* a removal as far as the wait */
void remover(struct hs_task *self, void *arg); /* the pgmap is destroyed */

/* Set-ups: what maps address 0. Device memory is private but for on_coherent(). */
int on_nothing(struct hs_task *self, struct model *m);
int on_system(struct hs_task *self, struct model *m);
int on_device(struct hs_task *self, struct model *m);
int on_coherent(struct hs_task *self, struct model *m);
/* As on_device(), with another policy of faults. */
int with_trylock(struct hs_task *self, struct model *m);
int with_wait(struct hs_task *self, struct model *m);
/* The same for mirror(). */
int system_mirrored(struct hs_task *self, struct model *m);
int coherent_mirrored(struct hs_task *self, struct model *m);

/* Checks. One page is left, of any memory, with these contents, and one entry maps it. */
void check_one(struct hs_task *self, struct model *m, uint64_t contents);
void check_contents(struct hs_task *self, struct model *m);
void check_zeroed(struct hs_task *self, struct model *m);
void check_newer(struct hs_task *self, struct model *m);
void check_contents_or_zapped(struct hs_task *self, struct model *m);
void check_nothing(struct hs_task *self, struct model *m);
/* NEWER if write_by_dma(), or mirror(), has written. */
void check_dma(struct hs_task *self, struct model *m);
void check_mirrored(struct hs_task *self, struct model *m);
/* How many pages are left in system and device memory. */
uint64_t pages_left(struct hs_task *self, struct model *m);

#endif
