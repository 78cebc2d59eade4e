/* SPDX-License-Identifier: MIT */
/*
 * migration_tasks.c - a process that writes and reads its page, while the driver takes the page and
 * the device goes
 */
#include <hmmsim/fault.h>

#include "migration.h"

static void process(struct hs_task *self, void *arg)
{
	struct state *s = arg;
	uint64_t value = 0;
	uint32_t fault = hs_cpu_write(self, s->mm, 0, 7);

	if (!fault)
		fault = hs_cpu_read(self, s->mm, 0, &value);
	hs_sync_assert(self, !fault && value == 7, "fault %#x, and %d was read", fault, (int)value);
}

static void driver(struct hs_task *self, void *arg)
{
	struct state *s = arg;
	int ret = gpu_populate(&s->gpu);

	if (!ret)
		ret = gpu_take(&s->gpu);
	hs_sync_assert(self, !ret, "the driver got %d", ret);
	if (!s->hasty)
		gpu_evict();
	gpu_close(&s->gpu);
}

int state_open(struct hs_task *self, struct state *s)
{
	int ret = hs_memory_add(self, 0, GPU_PFN, true);

	if (!ret)
		ret = hs_mm_create(self, hs_geometry(HS_GEOMETRY_MOCK), &s->mm);
	if (!ret)
		ret = hs_vma_add(self, s->mm, 0, HS_PAGE_BYTES, HS_VM_READ | HS_VM_WRITE);
	return ret ? ret : gpu_open(&s->gpu, s->mm);
}

static int setup(struct hs_task *self, struct hs_plan *plan, void *state, const void *param)
{
	struct state *s = state;
	int ret = state_open(self, s);

	s->hasty = *(const bool *)param;
	if (!ret)
		ret = hs_plan_name(plan, "gpu", &s->gpu, sizeof(s->gpu));
	if (!ret)
		ret = hs_plan_task(plan, "process", process, s);
	return ret ? ret : hs_plan_task(plan, "driver", driver, s);
}

/* When both tasks are done. What is left after it is a leak, and a violation. */
static void check(struct hs_task *self, void *state, const void *param)
{
	struct state *s = state;

	(void)param;
	hs_mm_destroy(self, s->mm);
}

const struct hs_scenario migration = { "migration", sizeof(struct state), setup, check };
