/* SPDX-License-Identifier: MIT */
/*
 * gate.c - what a fault waits for before it looks at anything
 *
 * States, by predicate: open (opened, or the step that it follows is complete) and closed. A gate
 * never closes again. The count of waiters is the number of faults that wait at it, that of VMAs
 * the number of VMAs that have it. A fault that drops the mmap lock is counted before it does, so
 * that a gate without VMAs and without waiters may be destroyed.
 *
 * A gate that follows a pgmap reads it. So the pgmap is freed after the last fault, or after the
 * gate is taken off its VMAs.
 */
#include "mm/gate.h"

#include "mm/vma.h"

#include <errno.h>

int hs_gate_create(struct hs_task *self, struct hs_gate **out)
{
	struct hs_gate *gate = hs_alloc(self, HS_KIND_GATE, sizeof(*gate));

	if (!gate)
		return -ENOMEM;
	hs_waitq_init(&gate->queue);
	*out = gate;
	return 0;
}

void hs_gate_destroy(struct hs_task *self, struct hs_gate *gate)
{
	uint32_t waiters = hs_u32_load(self, &gate->waiters, HS_ACQUIRE);
	uint32_t vmas = hs_u32_load(self, &gate->vmas, HS_ACQUIRE);

	hs_assert(self, !waiters, "hs_gate_destroy: %u faults wait at the gate", waiters);
	hs_assert(self, !vmas, "hs_gate_destroy: %u VMAs have the gate", vmas);
	hs_free(self, gate, HS_KIND_GATE, sizeof(*gate));
}

void hs_gate_open(struct hs_task *self, struct hs_gate *gate)
{
	hs_assert(self, !gate->pgmap, "hs_gate_open: the gate follows a pgmap");
	if (HS_BREAK(GATE_WAKE_EARLY))
		hs_wake_all(self, &gate->queue);
	hs_u32_store(self, &gate->open, 1, HS_RELEASE);
	if (!HS_BREAK(GATE_NO_WAKE) && !HS_BREAK(GATE_WAKE_EARLY))
		hs_wake_all(self, &gate->queue);
}

void hs_gate_follow(struct hs_gate *gate, struct hs_pgmap *pgmap, enum hs_pgmap_step step)
{
	hs_assert_at(hs_task_current(), HS_HERE, pgmap && (unsigned int)step < HS_PGMAP_STEP_COUNT,
		     "hs_gate_follow: %s", pgmap ? "there is no such step" : "there is no pgmap");
	hs_assert(hs_task_current(), !gate->waiters.raw, "hs_gate_follow: faults wait at the gate");
	gate->pgmap = pgmap;
	gate->step = step;
}

uint32_t hs_gate_waiters(struct hs_task *self, struct hs_gate *gate)
{
	return hs_u32_load(self, &gate->waiters, HS_ACQUIRE);
}

bool hs_gate_is_open(struct hs_task *self, struct hs_gate *gate)
{
	if (gate->pgmap)
		return hs_pgmap_step_done(self, gate->pgmap, gate->step);
	return hs_u32_load(self, &gate->open, HS_ACQUIRE);
}

static bool gate_is_opened(struct hs_task *self, void *arg)
{
	return hs_u32_load(self, &((struct hs_gate *)arg)->open, HS_ACQUIRE);
}

void hs_gate_wait(struct hs_task *self, struct hs_gate *gate)
{
	if (gate->pgmap)
		hs_pgmap_step_wait(self, gate->pgmap, gate->step);
	else
		hs_wait_event(self, &gate->queue, gate_is_opened, gate);
}

void hs_gate_link(struct hs_task *self, struct hs_gate *gate)
{
	if (gate)
		hs_u32_count(self, &gate->vmas, 1, 0, HS_RELAXED);
}

void hs_gate_unlink(struct hs_task *self, struct hs_gate *gate)
{
	if (gate)
		hs_u32_count(self, &gate->vmas, (uint32_t)-1, 0, HS_RELEASE);
}

static void gate_set(struct hs_task *self, struct hs_vma *vma, uint64_t value)
{
	hs_gate_unlink(self, vma->gate);
	vma->gate = (struct hs_gate *)(uintptr_t)value;
	hs_gate_link(self, vma->gate);
}

int hs_vma_set_gate(struct hs_task *self, struct hs_mm *mm, uint64_t start, uint64_t end,
		    struct hs_gate *gate)
{
	int ret;

	if (!hs_range_fits(mm, start, end))
		return -EINVAL;
	hs_down_write(self, &mm->lock);
	ret = hs_vma_modify(self, mm, start, end, gate_set, (uintptr_t)gate);
	hs_up_write(self, &mm->lock);
	return ret;
}
