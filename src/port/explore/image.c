/* SPDX-License-Identifier: MIT */
/*
 * image.c (explore) - saves and puts back where every execution begins
 *
 * The image is the used part of the region, the life map of its granules, what the tasks use of
 * their state and stacks, and what the scenario has named of its own data.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "port/explore/arena.h"
#include "port/explore/sched.h"

#define IMAGE_MACHINE 2u /* the first parts: the region, and its life map */

static size_t image_used_bytes(const struct hs_sched *s)
{
	return s->arena ? s->arena->region.used : 0;
}

#if HS_FIBER_IMAGE
static size_t image_task_bytes(const struct hs_task *t)
{
	if (t->read_count)
		return offsetof(struct hs_task, reads) + t->read_count * sizeof(t->reads[0]);
	return t->held_count || t->watch_count ? offsetof(struct hs_task, reads)
					       : offsetof(struct hs_task, watch);
}

static size_t image_stack_bytes(const struct hs_task *t)
{
	return (size_t)(t->fiber.stack + t->fiber.size - (char *)t->fiber.sp);
}
#endif

/* Machine, life map, the scenario's data, tasks and the used parts of their stacks. */
static void image_list_parts(struct hs_sched *s)
{
	struct hs_image *image = &s->image;
	size_t used = image_used_bytes(s), granules = (used + HS_GRANULE - 1) / HS_GRANULE;

	image->used = used;
	image->parts = 0;
	image->part[image->parts++] = (struct hs_part){ s->region, used };
	image->part[image->parts++] = (struct hs_part){ s->life, granules };
	for (uint32_t i = 0; i < s->data_count; i++)
		image->part[image->parts++] = s->data[i];
#if HS_FIBER_IMAGE
	for (uint32_t i = 1; i < s->tasks; i++) {
		struct hs_task *t = &s->task[i];

		image->part[image->parts++] = (struct hs_part){ t, image_task_bytes(t) };
		if (s->fresh >> i & 1)
			continue; /* it has no stack yet, because another task crashed first */
		image->part[image->parts++] = (struct hs_part){ t->fiber.sp, image_stack_bytes(t) };
	}
#endif
}

int hs_image_save(struct hs_sched *s)
{
	struct hs_image *image = &s->image;
	size_t need = 0;
	char *at;

	image_list_parts(s);
	for (uint32_t i = 0; i < image->parts; i++)
		need += image->part[i].size;
	at = realloc(image->bytes, need);
	if (!at)
		return -ENOMEM;
	image->bytes = at;
	hs_unpoison(s->region, image->used); /* hs_image_restore() poisons it again */
	for (uint32_t i = 0; i < image->parts; i++) {
		memcpy(at, image->part[i].start, image->part[i].size);
		at += image->part[i].size;
	}
	image->tasks = s->tasks;
	image->ready = s->ready;
	image->conditional = s->conditional;
	image->saved = true;
	return 0;
}

/* What the last execution allocated beyond the image was never allocated. */
static void image_reset_life(struct hs_sched *s, size_t used_now)
{
	size_t first = (s->image.used + HS_GRANULE - 1) / HS_GRANULE;
	size_t end = (used_now + HS_GRANULE - 1) / HS_GRANULE;

	hs_unpoison(s->region, used_now);
	if (end > first)
		memset(s->life + first, HS_LIFE_NEVER, end - first);
}

#if HS_ASAN
static void image_poison_dead(struct hs_sched *s, size_t used_now)
{
	for (size_t g = 0; g < s->image.used / HS_GRANULE; g++)
		if (s->life[g] != HS_LIFE_LIVE)
			hs_poison(s->region + g * HS_GRANULE, HS_GRANULE);
	if (used_now > s->image.used)
		hs_poison(s->region + s->image.used, used_now - s->image.used);
}
#else
static void image_poison_dead(struct hs_sched *s, size_t used_now)
{
	(void)s;
	(void)used_now;
}
#endif

static void image_restore_parts(struct hs_sched *s, uint32_t parts)
{
	const struct hs_image *image = &s->image;
	const char *at = image->bytes;
	size_t high = s->arena->region.high, used_now = image_used_bytes(s);

	image_reset_life(s, used_now);
	for (uint32_t i = 0; i < parts; i++) {
		memcpy(image->part[i].start, at, image->part[i].size);
		at += image->part[i].size;
	}
	if (s->arena->region.high < high)
		s->arena->region.high = high; /* stale bytes beyond the image are cleared on use */
	image_poison_dead(s, used_now);
	s->tasks = image->tasks;
	s->ready = image->ready;
	s->conditional = image->conditional;
}

void hs_image_restore(struct hs_sched *s)
{
	image_restore_parts(s, s->image.parts);
}

void hs_image_restore_machine(struct hs_sched *s)
{
	if (s->image.saved)
		image_restore_parts(s, IMAGE_MACHINE);
}
