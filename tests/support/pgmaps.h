/* SPDX-License-Identifier: MIT */
/*
 * pgmaps.h - device memory for tests, and what happens to its pages
 *
 * Include it after cmocka.h.
 */
#ifndef HS_TESTS_PGMAPS_H
#define HS_TESTS_PGMAPS_H

#include "pgmap/pgmap.h"

#define DEVICE_PFN 0x40000ull

/* What the page_free of pgmaps_ops saw. It is the pgmap's driver_data, or that is NULL. */
struct pgmaps_freed {
	uint32_t calls;
	uint32_t count; /* of the page, at the last call */
	struct hs_page *page;
};

static inline void pgmaps_page_free(struct hs_task *self, struct hs_pgmap *pgmap,
				    struct hs_page *page)
{
	struct pgmaps_freed *freed = hs_pgmap_driver_data(pgmap);

	if (!freed)
		return;
	freed->calls++;
	freed->count = hs_page_count(self, page);
	freed->page = page;
}

static inline uint32_t pgmaps_migrate(struct hs_task *self, struct hs_vm_fault *vmf)
{
	(void)self;
	(void)vmf;
	return 0;
}

static const struct hs_pgmap_ops pgmaps_ops = { pgmaps_page_free, pgmaps_migrate };

/* One that can be created, at DEVICE_PFN. */
static inline void pgmaps_config(struct hs_pgmap_config *config, enum hs_pgmap_type type,
				 enum hs_page_refs refs, uint64_t pages)
{
	hs_pgmap_config_init(config, type, DEVICE_PFN, DEVICE_PFN + pages);
	config->page_refs = refs;
	config->ops = &pgmaps_ops;
	config->owner = &pgmaps_ops;
}

#endif
