/* SPDX-License-Identifier: MIT */
/*
 * held.c - which locks a task holds, and what is wrong with how it takes or leaves one
 */
#include "port/port.h"

void hs_lock_fail(struct hs_task *self, uint32_t owner, uint32_t cls, const char *where)
{
	const char *name = hs_lock_class_name((enum hs_lock_class)cls);
	const char *who;

	if (!owner)
		hs_fail(self, where, "unlock of the %s, which nobody holds", name);
	who = hs_arena_task_name(hs_task_arena(self), owner - 1);
	if (!who)
		hs_fail(self, where, "the %s is no lock: its word is %#x", name, owner);
	hs_fail(self, where, "unlock of the %s, which task %s holds", name, who);
}

void hs_held_check(struct hs_task *self, uint32_t cls, const char *where)
{
	for (uint32_t i = 0; i < self->held_count; i++) {
		const struct hs_held *h = &self->held[i];

		if (h->cls >= cls)
			hs_fail(self, where,
				"lock order: takes the %s while it holds the %s from %s",
				hs_lock_class_name((enum hs_lock_class)cls),
				hs_lock_class_name((enum hs_lock_class)h->cls), h->where);
	}
}

void hs_held_push(struct hs_task *self, const void *lock, uint32_t cls, const char *where)
{
	hs_assert(self, self->held_count < HS_HELD_MAX, "%s: more than %d locks held", where,
		  HS_HELD_MAX);
	self->held[self->held_count++] = (struct hs_held){ lock, where, cls };
}

void hs_held_pop(struct hs_task *self, const void *lock, uint32_t cls, const char *where)
{
	uint32_t i = self->held_count;

	while (i && self->held[i - 1].lock != lock)
		i--;
	if (!i)
		hs_fail(self, where, "unlock of the %s, which this task does not hold",
			hs_lock_class_name((enum hs_lock_class)cls));
	self->held_count--;
	for (; i <= self->held_count; i++)
		self->held[i - 1] = self->held[i];
}
