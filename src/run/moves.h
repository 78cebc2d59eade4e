/* SPDX-License-Identifier: MIT */
/*
 * moves.h - the anonymous memory of a layout moves to device memory and back
 *
 * invented. A layout is built as populate.h does, but that pages which can move are real: those of
 * ordinary entries of 4 KiB with of=anon, and of device-private ones, in VMAs that a migration
 * takes pages from. They have struct pages, references and keys of the reverse map, so that
 * src/migrate moves them; pfns are others than the layout's, and a page holds the number of its
 * page of the address space. A private pgmap, and a coherent one that no devmap entry maps, is
 * created and lends its pages, if it is alive and has an owner. All else is made by hand, and
 * stays: leaves, too (reduced: a migration splits none).
 *
 * What moves is what the layout says (hs_layout_move), or without a word of it all anonymous
 * system memory, to a private pgmap that is added. There is one task, so that no page is locked or
 * held by another.
 *
 * Faults on real pages are those of the mm; all others are scripted (script.h, action ok).
 */
#ifndef HS_RUN_MOVES_H
#define HS_RUN_MOVES_H

#include <hmmsim/migrate.h>

#include "run/populate.h"
#include "run/script.h"

/* Why nothing of a layout is migrated. */
enum hs_moves_none {
	HS_MOVES_TRIED,
	HS_MOVES_NO_MEMORY, /* it has no such pages */
	HS_MOVES_MANY,	    /* more than HS_MOVES_PAGES of them, or in what it migrates; or
				 * more than HS_MOVES_ENTRIES entries */
	HS_MOVES_DEVICE,    /* pgmaps that lend pages are larger than HS_MOVES_DEVICE_PAGES */
	HS_MOVES_FULL,	    /* more pages of a pgmap are mapped than it has */
	HS_MOVES_NEAR,	    /* it goes in subsections, in which something else is */
	HS_MOVES_DEVMAP,    /* a pgmap in a move is coherent, and devmap entries map it */
	HS_MOVES_NO_PFNS,   /* none are left for system memory and another pgmap */
	HS_MOVES_NONE_COUNT
};

#define HS_MOVES_PAGES ((uint64_t)1 << 18)
#define HS_MOVES_ENTRIES ((uint64_t)1 << 22)
#define HS_MOVES_DEVICE_PAGES ((uint64_t)1 << 20)
#define HS_MOVES_AT_ONCE 512 /* pages of one setup, the most */

/* A pgmap that lends pages. */
struct hs_moves_device {
	uint64_t start, pages;	 /* of its line; as many are lent */
	uint64_t mapped;	 /* pages that the layout maps */
	uint64_t owner;		 /* not 0 */
	enum hs_pgmap_type type; /* private or coherent */
	size_t line;		 /* index of the pgmap of the layout; its count: the added one */
	struct hs_pgmap *pgmap;	 /* NULL: not created */
	bool killed;		 /* the removal has begun */
};

/* Addresses that move without a line that says so. */
struct hs_moves_run {
	uint64_t start, end;
};

struct hs_moves {
	struct hs_hostmem *mem;
	const struct hs_layout *layout;
	enum hs_moves_none none;
	struct hs_moves_device *devices; /* ascending by .start */
	size_t device_count;
	struct hs_moves_run *runs;
	size_t run_count;
	uint64_t pages;			   /* real ones of the layout */
	uint64_t system_start, system_end; /* system memory, pfns */
	/* of what is built */
	struct hs_task *self;
	struct hs_populated *space; /* NULL: nothing is built */
	struct hs_script *script;
	bool has_system; /* the machine has the memory */
	uint64_t src[HS_MOVES_AT_ONCE], dst[HS_MOVES_AT_ONCE];
};

/*
 * moves_plan.c: what a run needs, or why there is none (.none). @owner: of the pgmap that is
 * added; not 0. The layout outlives it. Returns 0 or -ENOMEM; freed in both cases.
 */
int hs_moves_plan(struct hs_moves *m, struct hs_hostmem *mem, const struct hs_layout *layout,
		  uint64_t owner);
void hs_moves_free(struct hs_moves *m);
/* The device that lends the page; NULL: none does. */
struct hs_moves_device *hs_moves_lender(const struct hs_moves *m, uint64_t pfn);
/* Whether the entries of a map line are real. */
bool hs_moves_is_real(const struct hs_moves *m, const struct hs_space_map *map, uint64_t pfn);

/*
 * Builds the layout on the machine of @self. @space and @script are the caller's and outlive what
 * is built. Returns 0 or an error of the simulator (-ENOMEM); ended in both cases.
 */
int hs_moves_build(struct hs_moves *m, struct hs_task *self, struct hs_populated *space,
		   struct hs_script *script);
/* Ends removals that have begun, and all that is built but system memory. */
void hs_moves_end(struct hs_moves *m);

/* How many moves there are: lines, or the one of all runs. */
size_t hs_moves_count(const struct hs_moves *m);
void hs_moves_do(struct hs_moves *m, size_t i);
/*
 * All real pages of devices come back. By faults: a CPU touches each device-private page; the
 * number of pages that none may touch. By range: as migrate lines with to=system.
 */
uint64_t hs_moves_fault_back(struct hs_moves *m);
void hs_moves_range_back(struct hs_moves *m);
/* All pages of the device, once. */
void hs_moves_evict(struct hs_moves *m, struct hs_moves_device *device);
/* How many pages the device has lent. */
uint64_t hs_moves_lent(struct hs_moves *m, const struct hs_moves_device *device);
/* Kills the pgmap. Whether its drain comes to an end. */
bool hs_moves_drain(struct hs_moves *m, struct hs_moves_device *device);

#endif
