/* SPDX-License-Identifier: MIT */
/*
 * linux.c - what <hmmsim/linux.h> needs beside its inline functions
 *
 * reduced: `current` of the kernel; memremap_pages() and zone_device_page_init() (v6.12,
 * mm/memremap.c) on what pgmap has.
 */
#include <hmmsim/linux.h>

#include <errno.h>
#include <stddef.h>

#include "memory/memory.h"
#include "port/port.h"

struct hs_task *hs_linux_task(void)
{
	struct hs_task *self = hs_task_current();

	hs_assert(self, self, "a function of linux.h: no task is attached");
	return self;
}

_Static_assert(sizeof(struct hs_page) == 32 && offsetof(struct hs_page, pgmap) == 8 &&
		       offsetof(struct hs_page, private) == 16,
	       "struct page of src/module/include/linux/mm.h");

/* ---- device memory ------------------------------------------------------------------------ */

_Static_assert(offsetof(struct dev_pagemap, pgmap) == 0, "a pgmap is at its struct dev_pagemap");

static void linux_page_free(struct hs_task *self, struct hs_pgmap *pgmap, struct hs_page *page)
{
	(void)self;
	((struct dev_pagemap *)pgmap)->ops->page_free(page);
}

static uint32_t linux_migrate_to_ram(struct hs_task *self, struct hs_vm_fault *vmf)
{
	struct dev_pagemap *pgmap = (struct dev_pagemap *)hs_page_pgmap(self, vmf->page);
	struct vm_fault f = {
		.vma = vmf->vma,
		.address = vmf->addr,
		.flags = vmf->flags,
		.page = vmf->page,
		.hs = vmf,
	};

	return pgmap->ops->migrate_to_ram(&f);
}

/* What creation requires of the ops it requires of the driver's. */
static const struct hs_pgmap_ops linux_ops[2][2] = {
	[false] = { [true] = { NULL, linux_migrate_to_ram } },
	[true] = { [false] = { linux_page_free, NULL },
		   [true] = { linux_page_free, linux_migrate_to_ram } },
};

static int linux_config(struct dev_pagemap *pgmap, struct hs_pgmap_config *c)
{
	static const enum hs_pgmap_type types[] = {
		[MEMORY_DEVICE_PRIVATE] = HS_PGMAP_PRIVATE,
		[MEMORY_DEVICE_COHERENT] = HS_PGMAP_COHERENT,
		[MEMORY_DEVICE_FS_DAX] = HS_PGMAP_FS_DAX,
		[MEMORY_DEVICE_GENERIC] = HS_PGMAP_GENERIC,
		[MEMORY_DEVICE_PCI_P2PDMA] = HS_PGMAP_P2PDMA,
	};
	const struct dev_pagemap_ops *ops = pgmap->ops;
	uint64_t start = pgmap->range.start, end = pgmap->range.end + 1;
	unsigned int type = (unsigned int)pgmap->type;

	if (pgmap->nr_range != 1 || !type || type >= sizeof(types) / sizeof(types[0]) ||
	    start & (HS_PAGE_BYTES - 1) || end & (HS_PAGE_BYTES - 1))
		return -EINVAL;
	hs_pgmap_config_init(c, types[type], start >> HS_PAGE_SHIFT, end >> HS_PAGE_SHIFT);
	c->owner = pgmap->owner;
	c->ops = ops ? &linux_ops[ops->page_free != NULL][ops->migrate_to_ram != NULL] : NULL;
	c->own_list = c->type == HS_PGMAP_PRIVATE || c->type == HS_PGMAP_COHERENT;
	c->storage = &pgmap->pgmap;
	return 0;
}

void *hs_linux_memremap(struct dev_pagemap *pgmap)
{
	struct hs_task *self = hs_linux_task();
	struct hs_pgmap_config config;
	struct hs_pgmap *made = NULL;
	int ret = linux_config(pgmap, &config);

	if (!ret)
		ret = hs_pgmap_create(self, &config, &made);
	return ret ? (void *)(intptr_t)ret : made;
}

void hs_linux_page_init(struct hs_page *page)
{
	struct hs_task *self = hs_linux_task();
	int ret = hs_zone_device_page_init(self, page);

	hs_assert_at(self, HS_HERE, !ret,
		     "zone_device_page_init: the pgmap of pfn 0x%llx is killed",
		     (unsigned long long)hs_page_to_pfn(self, page));
}
