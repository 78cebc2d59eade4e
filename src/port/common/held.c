/* SPDX-License-Identifier: MIT */
/*
 * held.c - the locks that a task holds, and the order in which it may take them
 */
#include "port/port.h"

void hs_held_check_order(struct hs_task *self, uint32_t cls, const char *where)
{
	for (uint32_t i = 0; i < self->held_count; i++) {
		const struct hs_held *h = &self->held[i];

		if (h->cls >= HS_LOCK_CLASS_COUNT || cls >= HS_LOCK_CLASS_COUNT)
			hs_class_check_order(self, h, cls, where);
		else if (h->cls == cls)
			hs_fail(self, where, "lock order: takes the %s while it holds one from %s",
				hs_lock_name(self, cls), h->where);
		else if (h->cls > cls)
			hs_fail(self, where,
				"lock order: takes the %s while it holds the %s from %s",
				hs_lock_name(self, cls), hs_lock_name(self, h->cls), h->where);
	}
}

void hs_held_push(struct hs_task *self, const void *lock, uint32_t cls, const char *where)
{
	if (self->held_count == HS_HELD_MAX)
		hs_fail(self, where, "more than %d locks held", HS_HELD_MAX);
	self->held[self->held_count++] = (struct hs_held){ lock, where, cls };
}

/* Of the seam's classes those from HS_LOCK_SUBSCRIPTIONS on are of spinlocks. */
static bool held_is_spinlock(uint32_t cls)
{
	if (cls >= HS_LOCK_CLASS_COUNT)
		return cls & HS_CLASS_SPIN;
	return cls >= HS_LOCK_SUBSCRIPTIONS;
}

static void held_check_sleep(struct hs_task *self, const struct hs_held *h, const char *where)
{
	if (held_is_spinlock(h->cls))
		hs_fail(self, where, "the task may sleep here, with the %s from %s held",
			hs_lock_name(self, h->cls), h->where);
}

void hs_held_check_sleep(struct hs_task *self, const char *where)
{
	for (uint32_t i = 0; i < self->held_count; i++)
		held_check_sleep(self, &self->held[i], where);
}

/* In the order of the seam's own classes those of spinlocks come last. */
void hs_held_check_lock_sleeps(struct hs_task *self, uint32_t cls, const char *where)
{
	for (uint32_t i = 0; i < self->held_count; i++)
		if (cls >= HS_LOCK_CLASS_COUNT || self->held[i].cls >= HS_LOCK_CLASS_COUNT)
			held_check_sleep(self, &self->held[i], where);
}

bool hs_held_has(const struct hs_task *self, const void *lock)
{
	for (uint32_t i = 0; i < self->held_count; i++)
		if (self->held[i].lock == lock)
			return true;
	return false;
}

void hs_held_pop(struct hs_task *self, const void *lock, uint32_t cls, const char *where)
{
	uint32_t i = self->held_count;

	while (i && self->held[i - 1].lock != lock)
		i--;
	if (!i)
		hs_fail(self, where, "unlock of the %s, which this task does not hold",
			hs_lock_name(self, cls));
	self->held_count--;
	for (; i <= self->held_count; i++)
		self->held[i - 1] = self->held[i];
}
