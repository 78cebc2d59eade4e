/* SPDX-License-Identifier: MIT */
/*
 * fail.c - what a failed check says: the words that both backends share
 */
#include "port/port.h"

void hs_fail_lock_twice(struct hs_task *self, uint32_t cls, const char *where)
{
	hs_fail(self, where, "the %s is taken twice", hs_lock_name(self, cls));
}

void hs_fail_unlock(struct hs_task *self, uint32_t owner, uint32_t cls, const char *where)
{
	const char *lock = hs_lock_name(self, cls);
	const char *task;

	if (!owner)
		hs_fail(self, where, "unlock of the %s, which is not held", lock);
	task = hs_arena_task_name(hs_task_arena(self), owner - 1);
	if (!task)
		hs_fail(self, where, "the %s is not a lock: its word is %#x", lock, owner);
	hs_fail(self, where, "unlock of the %s, which task %s holds", lock, task);
}

void hs_fail_up_write(struct hs_task *self, uint32_t word, uint32_t cls, const char *where)
{
	if (!word)
		hs_fail_unlock(self, 0, cls, where);
	hs_fail(self, where, "up_write of the %s, which is held %s", hs_lock_name(self, cls),
		word & HS_RW_WRITER ? "by another writer" : "for reading");
}
