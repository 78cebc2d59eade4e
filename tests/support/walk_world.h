/* SPDX-License-Identifier: MIT */
/*
 * walk_world.h - one small address space to walk, and everything that a walk did to it
 */
#ifndef HS_TESTS_WALK_WORLD_H
#define HS_TESTS_WALK_WORLD_H

#include <hmmsim/machine.h>
#include <hmmsim/mm.h>
#include <hmmsim/page.h>
#include <hmmsim/pgmap.h>
#include <hmmsim/walk.h>

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

struct world {
	struct hs_machine *machine;
	struct hs_task *self;
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

/* @dead: bits of the pgmaps that are killed at once. Fails the test if it cannot. */
void world_begin(struct world *w, enum hs_geometry_id geometry, unsigned int pgmaps,
		 unsigned int dead);
void world_end(struct world *w);
/* Another, empty address space. */
void world_new_mm(struct world *w);

uint64_t world_addr(const struct world *w, uint64_t page);
uint64_t world_device_pfn(unsigned int pgmap, uint64_t index);
/* A present devmap page, writable, of the pgmap. */
uint64_t world_devmap(unsigned int pgmap, uint64_t index);
void world_vma(struct world *w, uint64_t page, uint64_t pages, uint32_t flags);
void world_set(struct world *w, uint64_t page, uint32_t level, uint64_t entry);

/*
 * HS_STRATEGY_CUSTOM is per-table as a user would write it, and its figures are put where the
 * built-in one has them.
 *
 * Walks pages [first, first + count), all with this default request and the requests that are in
 * w->pfns if @mask says so. w->ret, w->range.counts, w->pfns, w->log have the outcome; what a
 * leaking strategy left behind is put, so that the next walk begins in order.
 */
void world_walk(struct world *w, enum hs_era era, enum hs_strategy strategy, enum hs_body body,
		uint64_t first, uint64_t count, uint64_t request, uint64_t mask);
/* v5.3's snapshot. */
void world_snapshot(struct world *w, enum hs_strategy strategy, enum hs_body body, uint64_t first,
		    uint64_t count);
/* All that one walk did: two walkers are equal if these are. */
struct world_outcome {
	long ret;
	struct hs_walk_counts counts;
	uint64_t log, tables;
	uint64_t pages; /* of the pfns */
	uint64_t pfns[WORLD_PAGES];
};

/* After a walk: what it did to pages [0, pages). */
void world_outcome(struct world *w, uint64_t pages, struct world_outcome *o);
bool world_same(const struct world_outcome *a, const struct world_outcome *b);
void world_say(const char *who, const struct world_outcome *o);

/* Digest of all entries, down to the PTEs, of pages [first, first + count). */
uint64_t world_tables(struct world *w, uint64_t first, uint64_t count);

#endif
