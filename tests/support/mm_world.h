/* SPDX-License-Identifier: MIT */
/*
 * mm_world.h - a machine with two address spaces, and a model that it must agree with
 *
 * Two files on FS_DAX memory, a device-dax, a P2PDMA device, two kinds of device-private memory of
 * different owners and a coherent one; pages counted as in any version. Each address space has a
 * notifier that remembers what a device could have mapped, so that an entry that goes without a word is
 * seen, and two mirror devices.
 *
 * Nothing here asserts: a difference is a message, so that whoever runs operations can make the list
 * smaller.
 */
#ifndef HS_TESTS_MM_WORLD_H
#define HS_TESTS_MM_WORLD_H

#include "support/mm_model.h"

#define MM_SLOTS 6 /* of migrations, exclusive pages and pins each */

struct mm_world;

struct mm_listener {
	struct hs_notifier notifier;
	struct mm_world *world;
	struct hs_mm *mm;
	uint32_t index;
	uint64_t shadow[MODEL_PAGES]; /* what a device may have mapped; 0: nothing */
};

/* What mirrors an address space. */
enum mm_mirror {
	MM_MIRROR_6_12, /* by sequence */
	MM_MIRROR_5_3,	/* by flag */
	MM_MIRRORS
};

struct mm_held {
	bool used;
	uint32_t mm, page, object, kind;
	struct hs_page *real;
	struct hs_migration migration;
};

struct mm_world {
	struct hs_machine *machine;
	struct hs_task *self;
	const struct hs_geometry *g;
	struct hs_mm *mm[MODEL_MMS];
	struct mm_listener listener[MODEL_MMS];
	struct hs_dmirror *device[MODEL_MMS][MM_MIRRORS];
	struct hs_pgmap *pgmap[MODEL_MAPPINGS], *pool[MODEL_POOLS];
	struct hs_mapping *mapping[MODEL_MAPPINGS];
	struct hs_gate *gate; /* an open one */
	struct mm_held migration[MM_SLOTS], exclusive[MM_SLOTS], pin[MM_SLOTS];
	bool refuse;		/* listeners refuse what may not block */
	bool poisoned[1 << 15]; /* system pages that are never used again */
	uint64_t contents;	/* the last one that was written */
	struct model model;
	char message[400];
};

/* False, with a message: something could not be made, or was left. */
bool mm_world_open(struct mm_world *w, enum hs_geometry_id geometry, enum hs_page_refs refs);
bool mm_world_close(struct mm_world *w);

/* A file begins with so many @blocks. */
bool mm_mapping_make(struct mm_world *w, uint32_t mapping, uint32_t blocks);
void mm_mapping_end(struct mm_world *w, uint32_t mapping);
bool mm_pool_make(struct mm_world *w, uint32_t pool);

/* Always false. */
bool mm_differs(struct mm_world *w, const char *format, ...) __attribute__((format(printf, 2, 3)));

uint64_t mm_addr(const struct mm_world *w, uint32_t page);
/* What is at @page, its leaf's pfn moved on to the page; @level (may be NULL): where. */
uint64_t mm_real_entry(struct mm_world *w, uint32_t mm, uint32_t page, uint32_t *level);
/* Tells the model how deep the tables are. */
void mm_learn_depth(struct mm_world *w);

/*
 * Every entry that is less than it was has been told of, and from now on. No device has what the CPU
 * does not have.
 */
bool mm_listeners_agree(struct mm_world *w);

/* mm_compare.c: binds objects that are new; the first does nothing else. @all: also what takes longer. */
bool mm_bind(struct mm_world *w);
bool mm_compare(struct mm_world *w, bool all);

#endif
