/* SPDX-License-Identifier: MIT */
/*
 * walk_world.h - one small address space to walk, and everything that a walk did to it
 *
 * Include it after cmocka.h.
 */
#ifndef HS_TESTS_WALK_WORLD_H
#define HS_TESTS_WALK_WORLD_H

#include <hmmsim/mm.h>
#include <hmmsim/page.h>
#include <hmmsim/pgmap.h>
#include <hmmsim/walk.h>

#include "support/machine.h"

#define WORLD_PAGES 4096
#define WORLD_PGMAPS 8
/* Each pgmap has this many pfns, the first from here on. */
#define WORLD_DEVICE_PFN 0x200000u
#define WORLD_PGMAP_PAGES 0x2000u
#define WORLD_NEW_PFN 0x100000u

enum world_action {
	WORLD_OK,
	WORLD_NOOP,
	WORLD_SIGBUS,
	WORLD_RETRY,
	WORLD_INVAL, /* like ok, and the range is invalid from then on */
	WORLD_ACTIONS
};

struct walk_world {
	struct machine machine;
	struct hs_task *self;
	const struct hs_geometry *g;
	struct hs_mm *mm;
	struct hs_pgmap *pgmap[WORLD_PGMAPS];
	unsigned int dead; /* bits of the pgmaps that are killed */
	uint64_t origin;   /* of the addresses that tests count pages from */
	/* what faults do */
	enum world_action action;
	bool migrations_stay;
	int fill_pgmap; /* new pages come from it; -1: ordinary memory */
	/* when the range is invalid */
	uint32_t checks, retry_at;
	bool invalid;
	uint32_t walks;
	/* of the last walk */
	uint64_t log; /* digest of faults, waits and custom hooks in their order */
	uint64_t pfns[WORLD_PAGES];
	struct hs_range range;
	struct hs_walk_counts custom; /* what the user's strategy counted */
	long ret;
};

/*
 * A walk of pages [first, first + count), all with this default request, and with the requests in
 * the world's .pfns if .mask says so. HS_STRATEGY_CUSTOM is per-table as a user would write it, and
 * its figures are put where the built-in one has them.
 */
struct world_walk {
	enum hs_era era;
	enum hs_strategy strategy;
	enum hs_body body;
	bool snapshot; /* v5.3's */
	uint64_t first, count, request, mask;
};

/* @dead: bits of the pgmaps that are killed at once. Fails the test if it cannot. */
void world_begin(struct walk_world *w, enum hs_geometry_id geometry, unsigned int pgmaps,
		 unsigned int dead);
void world_end(struct walk_world *w);
/* Another, empty address space. */
void world_new_mm(struct walk_world *w);

static inline uint64_t world_addr(const struct walk_world *w, uint64_t page)
{
	return w->origin + page * HS_PAGE_BYTES;
}

static inline uint64_t world_device_pfn(unsigned int pgmap, uint64_t index)
{
	return WORLD_DEVICE_PFN + pgmap * WORLD_PGMAP_PAGES + index;
}

/* A present devmap page, writable, of the pgmap. */
static inline uint64_t world_devmap(unsigned int pgmap, uint64_t index)
{
	return HS_ENTRY_VALID | HS_ENTRY_WRITE | HS_ENTRY_DEVMAP | world_device_pfn(pgmap, index);
}

void world_vma(struct walk_world *w, uint64_t page, uint64_t pages, uint32_t flags);
void world_set(struct walk_world *w, uint64_t page, uint32_t level, uint64_t entry);

/*
 * w->ret, w->range.counts, w->pfns, w->log have the outcome. What a leaking strategy left behind is
 * put, so that the next walk begins in order.
 */
void world_walk(struct walk_world *w, const struct world_walk *walk);

/* Makes what is walked anew, and may change what the walk is. */
typedef void (*world_build)(struct walk_world *w, struct world_walk *walk, void *arg);
/*
 * True: the reference and the plain walker agree in return value, counts, slots, order of faults
 * and hooks, and entries of pages [0, pages). Otherwise prints what each did.
 */
bool world_walkers_agree(struct walk_world *w, struct world_walk walk, uint64_t pages,
			 world_build build, void *arg);

#endif
