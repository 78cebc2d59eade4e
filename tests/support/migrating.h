/* SPDX-License-Identifier: MIT */
/*
 * migrating.h - migrations of four pages of an address space, as a driver makes them
 */
#ifndef HS_TESTS_MIGRATING_H
#define HS_TESTS_MIGRATING_H

#include <hmmsim/migrate.h>

#include "support/space.h"

#define SLOTS 4
#define MIGRATE HS_MIGRATE_PFN_MIGRATE
#define SELECT_SYSTEM HS_MIGRATE_SELECT_SYSTEM
#define SELECT_PRIVATE HS_MIGRATE_SELECT_DEVICE_PRIVATE
#define SELECT_COHERENT HS_MIGRATE_SELECT_DEVICE_COHERENT
#define SELECT_ALL (SELECT_SYSTEM | SELECT_PRIVATE | SELECT_COHERENT)

/* The owner of the device memory (device_memory_config()). */
#define OWNER (&device_memory_ops)

struct migrating {
	struct space s; /* s.pgmap: device memory */
	struct hs_task *self;
	struct hs_migrate_vma m;
	uint64_t src[SLOTS], dst[SLOTS];
	struct hs_migration other; /* a migration of another kind, in progress */
	struct hs_page *page;	   /* with a reference, locked; NULL: none */
	struct freed freed;
};

/* With four pages of anonymous memory at BASE, in which nothing is mapped. */
void migrating_open(struct migrating *g, enum hs_pgmap_type type, enum hs_page_refs refs);
/* The same with a driver of its own. */
void migrating_open_for(struct migrating *g, enum hs_pgmap_type type, enum hs_page_refs refs,
			const struct hs_pgmap_ops *ops);
/* Unmaps all. Asserts that nothing is left. */
void migrating_close(struct migrating *g);

/* A page of the device that is mapped nowhere. */
struct hs_page *device_page(struct migrating *g);
/* A page of the device with these contents, at page @i. */
struct hs_page *on_device(struct migrating *g, uint32_t i, bool write, uint64_t contents);
/* A page of system memory with these contents, at page @i. */
struct hs_page *in_memory(struct migrating *g, uint32_t i, uint64_t contents);

/* The first step, for all four pages, under the mmap lock; it must succeed. */
void collect(struct migrating *g, uint32_t flags, const void *owner);
/* The page of a slot; it must be locked. */
struct hs_page *source(struct migrating *g, uint32_t i);
/* A target for slot @i, of the device or not, with what the page of src holds. */
struct hs_page *target(struct migrating *g, uint32_t i, bool device);
/* The second step, under the mmap lock. */
void decide(struct migrating *g);
void finalize(struct migrating *g);
/* The last two, without targets. */
void give_up(struct migrating *g);

/* One entry maps it, and holds the only reference beside the pgmap's; it is unlocked. */
void expect_alone(struct migrating *g, struct hs_page *page);
/* The entry of page @i is that of @page, on the device, with these contents. */
void expect_on_device(struct migrating *g, uint32_t i, struct hs_page *page, bool write,
		      uint64_t contents);

#endif
