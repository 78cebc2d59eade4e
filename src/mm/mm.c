/* SPDX-License-Identifier: MIT */
/*
 * mm.c - address spaces: their users, and their end
 *
 * States, by predicate:
 *
 *	users != 0		alive: VMAs and tables change under the mmap lock
 *	users == 0, count != 0	ended or ending: no VMA, no table; the struct and its notifiers stay
 *	count == 0		freed
 *
 * All users together hold one count. Who may free what: the task that puts the last user ends the
 * address space; the task that drops the last count frees the struct.
 */
#include "mm/mm.h"

#include <hmmsim/fault.h>

#include "memory/anon.h"
#include "mm/table.h"
#include "mm/vma.h"

#include <errno.h>

int hs_mm_create(struct hs_task *self, const struct hs_geometry *g, struct hs_mm **out)
{
	struct hs_mm *mm;

	if (!g)
		return -EINVAL;
	mm = hs_alloc(self, HS_KIND_MM, sizeof(*mm));
	if (!mm)
		return -ENOMEM;
	mm->root = hs_alloc(self, HS_KIND_TABLE, hs_table_bytes(g, g->levels - 1));
	if (!mm->root || hs_notifiers_create(self, &mm->notifiers))
		goto free;
	if (hs_anon_create(self, mm, &mm->anon)) {
		hs_notifiers_destroy(self, mm->notifiers);
		goto free;
	}
	mm->geometry = g;
	mm->ops = &hs_mm_fault_ops;
	hs_rwsem_init(&mm->lock, HS_LOCK_MMAP);
	hs_spin_init(&mm->page_table_lock, HS_LOCK_PAGE_TABLE);
	hs_waitq_init(&mm->migrations);
	hs_u32_init(&mm->users, 1);
	hs_u32_init(&mm->count, 1);
	*out = mm;
	return 0;
free:
	hs_free(self, mm->root, HS_KIND_TABLE, hs_table_bytes(g, g->levels - 1));
	hs_free(self, mm, HS_KIND_MM, sizeof(*mm));
	return -ENOMEM;
}

/* ---- users and the struct ---------------------------------------------------------------- */

bool hs_mmget_not_zero(struct hs_task *self, struct hs_mm *mm)
{
	uint32_t users = hs_u32_load(self, &mm->users, HS_RELAXED);

	/* A failed exchange means that another task's succeeded. */
	while (users)
		if (HS_BREAK(MM_GET_BLIND)
			    ? hs_u32_add(self, &mm->users, 1, HS_ACQUIRE) + 1
			    : hs_u32_cmpxchg(self, &mm->users, &users, users + 1, HS_ACQUIRE))
			return true;
	return false;
}

/*
 * The last user is gone: no other task takes the mmap lock any more. A mapping may be unmapping its
 * pages meanwhile, as during munmap, and a walk of the reverse map may look for entries.
 */
static void mm_end(struct hs_task *self, struct hs_mm *mm)
{
	hs_notifiers_release(self, mm->notifiers);
	hs_down_write(self, &mm->lock);
	hs_vmas_destroy(self, mm);
	hs_pt_destroy(self, mm);
	hs_up_write(self, &mm->lock);
	hs_anon_end(self, mm->anon);
}

void hs_mmput(struct hs_task *self, struct hs_mm *mm)
{
	uint32_t was;

	hs_might_sleep(self);
	was = hs_u32_count(self, &mm->users, (uint32_t)-1, 0, HS_ACQ_REL);
	hs_assert(self, was, "hs_mmput: users is already 0");
	if (was != 1)
		return;
	mm_end(self, mm);
	hs_mmdrop(self, mm);
}

void hs_mmgrab(struct hs_task *self, struct hs_mm *mm)
{
	uint32_t was = hs_u32_count(self, &mm->count, 1, 0, HS_RELAXED);

	hs_assert(self, was, "hs_mmgrab: count is 0, the mm is free");
}

void hs_mmdrop(struct hs_task *self, struct hs_mm *mm)
{
	uint32_t was = hs_u32_count(self, &mm->count, (uint32_t)-1, 0, HS_ACQ_REL);

	hs_assert(self, was, "hs_mmdrop: count is already 0");
	if (was != 1)
		return;
	hs_notifiers_destroy(self, mm->notifiers);
	hs_free(self, mm, HS_KIND_MM, sizeof(*mm));
}

void hs_mm_destroy(struct hs_task *self, struct hs_mm *mm)
{
	uint32_t users = hs_u32_load(self, &mm->users, HS_ACQUIRE);
	uint32_t count = hs_u32_load(self, &mm->count, HS_ACQUIRE);

	hs_assert_at(self, HS_HERE, users == 1 && count == 1,
		     "hs_mm_destroy: expected users 1 and count 1, found %u and %u", users, count);
	hs_mmput(self, mm);
}

void hs_mm_set_fault_ops(struct hs_mm *mm, const struct hs_fault_ops *ops, void *arg)
{
	hs_assert_at(hs_task_current(), HS_HERE, !ops || ops->fault,
		     "hs_mm_set_fault_ops: the function for faults is missing");
	mm->ops = ops;
	mm->ops_arg = arg;
}

void hs_mm_set_private_fault(struct hs_mm *mm, enum hs_private_fault kind)
{
	hs_assert_at(hs_task_current(), HS_HERE, (unsigned)kind <= HS_PRIVATE_FAULT_WAIT,
		     "hs_mm_set_private_fault: no such value: %d", (int)kind);
	mm->private_fault = (uint8_t)kind;
}

bool hs_mm_private_fault_locks(const struct hs_mm *mm)
{
	return mm->private_fault != HS_PRIVATE_FAULT_REFERENCE;
}

void hs_mm_set_migration_wait(struct hs_mm *mm, enum hs_migration_wait kind)
{
	hs_assert_at(hs_task_current(), HS_HERE, (unsigned)kind <= HS_MIGRATION_WAIT_REFERENCE,
		     "hs_mm_set_migration_wait: no such value: %d", (int)kind);
	mm->migration_wait = (uint8_t)kind;
}

const struct hs_geometry *hs_mm_geometry(const struct hs_mm *mm)
{
	return mm->geometry;
}

void hs_mm_lock_read(struct hs_task *self, struct hs_mm *mm)
{
	hs_down_read(self, &mm->lock);
}

void hs_mm_unlock_read(struct hs_task *self, struct hs_mm *mm)
{
	hs_up_read(self, &mm->lock);
}

void hs_mm_lock_write(struct hs_task *self, struct hs_mm *mm)
{
	hs_down_write(self, &mm->lock);
}

void hs_mm_unlock_write(struct hs_task *self, struct hs_mm *mm)
{
	hs_up_write(self, &mm->lock);
}

void hs_mm_assert_locked(struct hs_task *self, const struct hs_mm *mm)
{
	hs_mm_expect_locked(self, mm, "hs_mm_assert_locked");
}

void hs_mm_assert_write_locked(struct hs_task *self, const struct hs_mm *mm)
{
	hs_mm_expect_write_locked(self, mm, "hs_mm_assert_write_locked");
}

struct hs_notifiers *hs_mm_notifiers(const struct hs_mm *mm)
{
	return mm->notifiers;
}
