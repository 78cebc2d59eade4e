/* SPDX-License-Identifier: MIT */
/*
 * memory.c - objects of the author of a scenario: named, and known by where they came and went
 *
 * reduced: kmem_cache_zalloc() and kfree(), without constructors or contexts of allocation.
 */
#include <hmmsim/sync.h>

#include "port/port.h"

void *hs_sync_alloc_at(struct hs_task *self, const struct hs_sync_kind *kind, size_t size,
		       const char *where)
{
	return hs_tracked_alloc_at(self, kind->name ? kind->name : HS_TRACKED_UNNAMED, size, where);
}

void hs_sync_free_at(struct hs_task *self, void *object, const char *where)
{
	hs_tracked_free_at(self, object, where);
}

void hs_sync_deref_at(struct hs_task *self, const void *object, const char *where)
{
	hs_deref_at(self, object, where);
}
