/* SPDX-License-Identifier: MIT */
/*
 * tracked.c - objects that know where they were allocated and freed, and the leaks among them
 */
#include "port/port.h"

/* .state: numbers that other memory hardly holds. */
#define TRACKED_LIVE 0x6c697665206f6e65ull
#define TRACKED_FREED 0x6672656564206f6eull
#define TRACKED_NAMED 0x6e616d6564206f6eull /* as a leak */

_Static_assert(sizeof(struct hs_tracked) == 64, "an object keeps the alignment of its header");

void *hs_tracked_alloc_at(struct hs_task *self, const char *kind, size_t size, const char *where)
{
	struct hs_tracked *t;

	if (size > SIZE_MAX - HS_TRACKED_HEAD)
		return NULL;
	if (!size)
		hs_fail(self, where, "allocation of a %s of 0 bytes", kind);
	t = hs_alloc_at(self, HS_KIND_TRACKED, HS_TRACKED_HEAD + size, where);
	if (!t)
		return NULL;
	t->kind = kind;
	t->allocated = where;
	t->size = size;
	t->state = TRACKED_LIVE;
	hs_tracked_link(self, t);
	return t + 1;
}

/* Also of an object that is freed, where ASan would stop: the caller decides what that means. */
HS_NO_ASAN static size_t tracked_size(struct hs_task *self, const struct hs_tracked *t,
				      const char *where)
{
	uint64_t state = ((const volatile struct hs_tracked *)t)->state;

	if (state != TRACKED_LIVE && state != TRACKED_FREED)
		hs_fail(self, where, "free of what hs_sync_alloc() did not return");
	return t->size;
}

void hs_tracked_free_at(struct hs_task *self, void *object, const char *where)
{
	struct hs_tracked *t;

	if (!object)
		return;
	t = (struct hs_tracked *)object - 1;
	hs_tracked_release(self, t, HS_TRACKED_HEAD + tracked_size(self, t, where), where);
}

HS_NO_ASAN void hs_tracked_mark_freed(struct hs_task *self, struct hs_tracked *t, const char *where)
{
	uint64_t state = __atomic_exchange_n(&t->state, TRACKED_FREED, __ATOMIC_RELAXED);

	if (state != TRACKED_LIVE)
		hs_fail(self, where, "free of a %s from %s that was freed at %s", t->kind,
			t->allocated, t->freed);
	t->freed = where;
}

/* ---- leaks -------------------------------------------------------------------------------- */

/* How many of @list are live and as @t. */
HS_NO_ASAN static uint64_t tracked_count(struct hs_tracked *t)
{
	const char *kind = t->kind, *allocated = t->allocated;
	uint64_t count = 0;

	for (; t; t = t->next) {
		if (t->state != TRACKED_LIVE || t->kind != kind || t->allocated != allocated)
			continue;
		t->state = TRACKED_NAMED;
		count++;
	}
	return count;
}

HS_NO_ASAN void hs_tracked_name_leaks(struct hs_tracked *list, struct hs_leaks *left)
{
	for (struct hs_tracked *t = list; t; t = t->next) {
		uint64_t count = t->state == TRACKED_LIVE ? tracked_count(t) : 0;

		if (count)
			hs_leaks_add(left, count, "%llu %s from %s", (unsigned long long)count,
				     t->kind, t->allocated);
	}
}
