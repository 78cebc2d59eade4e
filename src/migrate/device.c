/* SPDX-License-Identifier: MIT */
/*
 * device.c - the first step for pages of a device that goes: no address space is known
 *
 * reduced: migrate_device_range(), migrate_device_pfns() (v6.12, mm/migrate_device.c; since v6.1).
 */
#include "migrate/migrate.h"

#include "pgmap/pgmap.h"

/* The count of a free page must be 0: before 6.1 a free page of a device would be taken. */
static void device_expect(struct hs_task *self, uint64_t pfn, struct hs_page *page)
{
	struct hs_pgmap *pgmap = page ? hs_page_pgmap(self, page) : NULL;

	if (pgmap)
		hs_deref(self, pgmap);
	hs_assert_at(self, HS_HERE,
		     pgmap && hs_pgmap_is_private_or_coherent(pgmap) && !hs_page_idle_count(pgmap),
		     "hs_migrate_device_range: pfn 0x%llx is no page of private or coherent memory "
		     "with the references of 6.1 or later",
		     (unsigned long long)pfn);
}

static uint64_t device_select(struct hs_task *self, uint64_t pfn)
{
	struct hs_page *page = hs_pfn_to_page(self, pfn);

	device_expect(self, pfn, page);
	if (HS_BREAK(EVICT_GET_BLIND) && hs_page_count(self, page))
		hs_page_get(self, page);
	else if (!hs_page_tryget(self, page))
		return 0;
	if (hs_page_trylock(self, page)) {
		HS_MIGRATE_COUNT(self, selected[hs_migrate_kind(page)]);
		return hs_migrate_pfn(pfn) | HS_MIGRATE_PFN_MIGRATE;
	}
	HS_MIGRATE_COUNT(self, refused[HS_MIGRATE_LOCKED]);
	if (!HS_BREAK(EVICT_BUSY_KEEPS))
		hs_page_put(self, page);
	return 0;
}

int hs_migrate_device_pfns(struct hs_task *self, uint64_t *src, uint64_t n)
{
	hs_might_sleep(self);
	HS_MIGRATE_COUNT(self, passes);
	for (uint64_t i = 0; i < n; i++)
		src[i] = device_select(self, src[i]);
	hs_migrate_unmap(self, src, n, NULL);
	return 0;
}

int hs_migrate_device_range(struct hs_task *self, uint64_t *src, uint64_t first, uint64_t n)
{
	for (uint64_t i = 0; i < n; i++)
		src[i] = first + i;
	return hs_migrate_device_pfns(self, src, n);
}
