/* SPDX-License-Identifier: MIT */
/*
 * no_races.c - what the native library does with plain accesses: nothing
 */
#include <hmmsim/races.h>

void hs_races_report(void)
{
}

void hs_races_access(const void *data, size_t size, enum hs_races_access access)
{
	(void)data;
	(void)size;
	(void)access;
}

void hs_races_access_at(const void *data, size_t size, enum hs_races_access access,
			const char *where)
{
	(void)data;
	(void)size;
	(void)access;
	(void)where;
}

int hs_races_foreign(void *data, size_t size)
{
	(void)data;
	(void)size;
	return 0;
}

struct hs_task *hs_races_task(void)
{
	return NULL;
}

bool hs_races_atomic(struct hs_races_atomic *access)
{
	(void)access;
	return false;
}

void hs_races_fence(enum hs_sync_order order, const char *where)
{
	(void)order;
	(void)where;
}

void hs_races_watch(void (*fn)(void *ctx, const struct hs_races_side *first,
			       const struct hs_races_side *second),
		    void *ctx)
{
	(void)fn;
	(void)ctx;
}
