/* SPDX-License-Identifier: MIT */
/*
 * assert.c (native) - how a failed assertion ends, and how a task leaves a broken machine
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "port/native/arena.h"

void hs_fail(struct hs_task *self, const char *where, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	hs_fail_abort(self ? hs_slot_of(self)->name : NULL, where, text);
}

void hs_oops(struct hs_task *self)
{
	struct hs_slot *slot = hs_slot_of(self);
	struct hs_arena *arena = self->hot.arena;
	uint32_t broken = hs_u32_load(self, &arena->broken, HS_ACQUIRE);
	struct hs_slot *dead = &arena->slot[broken ? broken - 1 : 0];

	if (!slot->guard)
		hs_fail(self, HS_HERE, "the machine is broken: task %s died %s%s", dead->name,
			hs_u32_load(self, &dead->task.hot.nheld, HS_RELAXED) ? "holding the "
									     : "in an RCU callback",
			hs_u32_load(self, &dead->task.hot.nheld, HS_RELAXED)
				? hs_lock_name(self, dead->task.hot.last_cls)
				: "");
	/* A task that waits for what this one holds leaves the same way. */
	hs_u32_store(self, &self->hot.nheld, 0, HS_RELAXED);
	self->hot.in_callback = 0;
	self->held_count = 0;
	if (self->hot.rcu_nest) {
		self->hot.rcu_nest = 1;
		hs_rcu_read_unlock(self);
	}
	longjmp(*slot->guard, 1);
}

int hs_guard(struct hs_task *self, int (*fn)(struct hs_task *self, void *arg), void *arg)
{
	struct hs_slot *slot = hs_slot_of(self);
	jmp_buf *const outer = slot->guard;
	jmp_buf here;
	int ret;

	if (hs_u32_load(self, &self->hot.arena->broken, HS_ACQUIRE))
		return -EOWNERDEAD;
	if (outer)
		return fn(self, arg);
	if (setjmp(here)) {
		slot->guard = NULL;
		return -EOWNERDEAD;
	}
	slot->guard = &here;
	ret = fn(self, arg);
	slot->guard = NULL;
	return ret;
}
