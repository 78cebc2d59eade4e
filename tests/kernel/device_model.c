/* SPDX-License-Identifier: MIT */
/*
 * device_model.c - device memory of scenarios: the model's
 */
#include <errno.h>

#include <hmmsim/fault.h>

#include "pgmap/pgmap.h"

#include "device.h"

static void device_page_free(struct hs_task *self, struct hs_pgmap *pgmap, struct hs_page *page)
{
	struct device *device = hs_pgmap_driver_data(pgmap);

	(void)page;
	device->idle(self, device);
}

static const struct hs_pgmap_ops device_ops = { device_page_free, hs_migrate_to_ram };

static int device_create(struct hs_task *self, struct device *device, enum hs_pgmap_type type,
			 struct hs_pgmap **out)
{
	struct hs_pgmap_config config;

	hs_pgmap_config_init(&config, type, DEVICE_PFN, DEVICE_END);
	config.ops = &device_ops;
	config.owner = config.driver_data = device;
	config.own_list = type == HS_PGMAP_PRIVATE;
	return hs_pgmap_create(self, &config, out);
}

int device_map(struct hs_task *self, struct device *device, enum device_type type)
{
	static const enum hs_pgmap_type types[] = { HS_PGMAP_PRIVATE, HS_PGMAP_FS_DAX,
						    HS_PGMAP_P2PDMA };
	struct hs_pgmap *p;
	int ret = device_create(self, device, types[type], &p);

	if (!ret)
		device->pgmap = p;
	return ret;
}

void device_unmap(struct hs_task *self, struct device *device)
{
	hs_pgmap_destroy(self, device->pgmap);
}

/* A pgmap that has left the index before its memory has gone. */
int device_block(struct hs_task *self, struct device *device)
{
	struct hs_pgmap *p;
	int ret = device_create(self, device, HS_PGMAP_GENERIC, &p);

	if (ret)
		return ret;
	hs_pgmap_step(self, p, HS_PGMAP_KILL);
	hs_pgmap_step(self, p, HS_PGMAP_PUT_PAGES);
	hs_pgmap_step(self, p, HS_PGMAP_WAIT);
	hs_pgmap_step(self, p, HS_PGMAP_ERASE);
	device->other = p;
	return 0;
}

void device_unblock(struct hs_task *self, struct device *device)
{
	hs_pgmap_step(self, device->other, HS_PGMAP_MEMORY);
	hs_pgmap_step(self, device->other, HS_PGMAP_EXIT);
	hs_pgmap_free(self, device->other);
}

void *device_get(struct hs_task *self, uint64_t pfn, void *cached)
{
	return hs_pgmap_get(self, pfn, cached);
}

void device_put(struct hs_task *self, void *pgmap)
{
	hs_pgmap_put(self, pgmap);
}

void device_look(struct hs_task *self, void *pgmap, void *page)
{
	hs_deref(self, pgmap);
	if (page)
		hs_page_count(self, page);
}

bool device_is_dying(struct hs_task *self, void *pgmap)
{
	struct hs_pgmap *p = pgmap;

	return hs_percpu_ref_is_dying(self, &p->ref);
}

void *device_page(struct hs_task *self, uint64_t pfn)
{
	return hs_pfn_to_page(self, pfn);
}

uint32_t device_page_count(struct hs_task *self, void *page)
{
	return hs_page_count(self, page);
}

void device_page_get(struct hs_task *self, void *page)
{
	hs_page_get(self, page);
}

void device_page_put(struct hs_task *self, void *page)
{
	hs_page_put(self, page);
}

int device_page_hand_out(struct hs_task *self, struct device *device, void *page)
{
	struct hs_page *allocated;
	int ret;

	if (hs_pgmap_type(device->pgmap) == HS_PGMAP_P2PDMA) {
		ret = hs_pgmap_page_alloc(self, device->pgmap, &allocated);
		return ret ? ret : allocated == page ? 0 : -ENOSPC;
	}
	ret = hs_zone_device_page_init(self, page);
	if (!ret)
		hs_page_unlock(self, page);
	return ret;
}
