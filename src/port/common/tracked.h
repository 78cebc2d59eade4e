/* SPDX-License-Identifier: MIT */
/*
 * tracked.h - objects of the author of a scenario, which know where they were allocated and freed
 *
 * A header of HS_TRACKED_HEAD bytes lies before each. The arena lists them: natively those that are
 * live, in the explorer all of them outside explorations. These have births.h, because code under
 * test may write over headers. Part of port/port.h.
 */
#ifndef HS_PORT_TRACKED_H
#define HS_PORT_TRACKED_H

#define HS_TRACKED_HEAD sizeof(struct hs_tracked)
#define HS_TRACKED_UNNAMED "object" /* a kind without a name */

struct hs_tracked {
	struct hs_tracked *next, *prev; /* prev: natively */
	const char *kind;		/* in the words of its author */
	const char *allocated;		/* place */
	const char *freed;		/* place; NULL: it is live */
	size_t size;			/* without the header */
	uint64_t state;			/* live, freed: tracked.c */
	uint64_t unused;		/* to the end of the cache line */
};

/* A zeroed object of @size bytes, aligned to 64. NULL: as hs_alloc_at(). */
void *hs_tracked_alloc_at(struct hs_task *self, const char *kind, size_t size, const char *where);
/* NULL is allowed. Asserts that @object is one that hs_tracked_alloc_at() returned. One step. */
void hs_tracked_free_at(struct hs_task *self, void *object, const char *where);

/* The backends define how the arena lists an object, and how one of @size bytes is freed. */
void hs_tracked_link(struct hs_task *self, struct hs_tracked *t);
void hs_tracked_release(struct hs_task *self, struct hs_tracked *t, size_t size, const char *where);
/* For hs_tracked_release(): notes where. Asserts that it is live. */
void hs_tracked_mark_freed(struct hs_task *self, struct hs_tracked *t, const char *where);

/* Adds those of @list that are live, by kind and place. Each is named once. */
void hs_tracked_name_leaks(struct hs_tracked *list, struct hs_leaks *left);

#endif
