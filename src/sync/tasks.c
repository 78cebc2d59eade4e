/* SPDX-License-Identifier: MIT */
/*
 * tasks.c - what the author of a scenario asserts and chooses, and what a task is called and keeps
 *
 * invented.
 */
#include <stdarg.h>
#include <stdio.h>

#include <hmmsim/sync.h>

#include "port/port.h"

void hs_sync_fail(struct hs_task *self, const char *where, const char *expression,
		  const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	hs_fail(self, where, "%s: %s", expression, text);
}

uint32_t hs_sync_task_id(const struct hs_task *self)
{
	return hs_task_id(self);
}

const char *hs_sync_task_name(const struct hs_task *self)
{
	return hs_arena_task_name(hs_task_arena(self), hs_task_id(self));
}

void hs_sync_task_set_data(struct hs_task *self, void *data)
{
	*hs_task_data(self) = data;
}

void *hs_sync_task_data(const struct hs_task *self)
{
	return *hs_task_data((struct hs_task *)(uintptr_t)self);
}

#define TASKS_CHOICES 127 /* an answer is seven bits of a schedule */

uint32_t hs_sync_choose_at(struct hs_task *self, uint32_t n, const char *why)
{
	if (!n || n > TASKS_CHOICES)
		hs_fail(self, why, "a choice among %u ways; 1 to %d are possible", n,
			TASKS_CHOICES);
	return hs_choose(self, n, why);
}
