/* SPDX-License-Identifier: MIT */
/*
 * one_page.c - makes the scenario of one_page.h, and takes it down after every execution
 */
#include "one_page.h"

#define PFN 8 /* in the explorer a section has 8 pages, a subsection 2 */

/* ---- subscribing ------------------------------------------------------------------------- */

static int gpu_open(struct hs_task *self, struct gpu *gpu)
{
	static const struct hs_mirror_ops mirror_ops = { .sync = sync_mirror };
	static const struct hs_interval_ops interval_ops = { .invalidate = invalidate };
	struct hs_notifiers *notifiers = hs_mm_notifiers(gpu->mm);
	int ret;

	if (!gpu->flag)
		return hs_interval_insert(self, &gpu->sub, notifiers, 0, HS_PAGE_BYTES,
					  &interval_ops);
	ret = hs_hmm_create(self, notifiers, &gpu->hmm);
	if (!ret)
		ret = hs_mirror_register(self, &gpu->mirror, gpu->hmm, &mirror_ops);
	return ret ? ret
		   : hs_mirror_range_register(self, &gpu->range, &gpu->mirror, 0, HS_PAGE_BYTES,
					      HS_PAGE_SHIFT);
}

static void gpu_close(struct hs_task *self, struct gpu *gpu)
{
	if (!gpu->flag) {
		hs_interval_remove(self, &gpu->sub);
		return;
	}
	hs_mirror_range_unregister(self, &gpu->range);
	hs_mirror_unregister(self, &gpu->mirror);
	hs_hmm_destroy(self, gpu->hmm);
}

/* ---- the scenario ------------------------------------------------------------------------ */

/* The process unmaps the page, then the owner of the memory removes it: in good order. */
static void remove_memory(struct hs_task *self, void *arg)
{
	struct gpu *gpu = arg;

	hs_munmap(self, gpu->mm, 0, HS_PAGE_BYTES);
	hs_pgmap_destroy(self, gpu->pgmap);
}

static int add_memory(struct hs_task *self, struct gpu *gpu)
{
	struct hs_pgmap_config config;
	int ret = hs_memory_add(self, 0, 2, true);

	hs_pgmap_config_init(&config, HS_PGMAP_FS_DAX, PFN, PFN + 2);
	if (!ret)
		ret = hs_page_alloc(self, &gpu->table);
	return ret ? ret : hs_pgmap_create(self, &config, &gpu->pgmap);
}

static int setup(struct hs_task *self, struct hs_plan *plan, void *state, const void *param)
{
	struct gpu *gpu = state;
	int ret = add_memory(self, gpu);

	gpu->flag = *(const bool *)param;
	if (!ret)
		ret = hs_mm_create(self, hs_geometry(HS_GEOMETRY_MOCK), &gpu->mm);
	if (!ret)
		ret = hs_vma_add(self, gpu->mm, 0, HS_PAGE_BYTES, HS_VM_READ);
	if (!ret)
		ret = hs_pt_set(self, gpu->mm, 0, 0, HS_ENTRY_VALID | HS_ENTRY_DEVMAP | PFN);
	if (!ret)
		ret = gpu_open(self, gpu);
	if (!ret)
		ret = hs_plan_task(plan, "driver", mirror_page, gpu);
	return ret ? ret : hs_plan_task(plan, "remover", remove_memory, gpu);
}

/* At the end of every execution. What is left after it is a leak, and a violation. */
static void check(struct hs_task *self, void *state, const void *param)
{
	struct gpu *gpu = state;

	(void)param;
	gpu_close(self, gpu);
	hs_mm_destroy(self, gpu->mm);
	hs_page_put(self, gpu->table);
}

const struct hs_scenario one_page = {
	.name = "one page",
	.state_size = sizeof(struct gpu),
	.setup = setup,
	.check = check,
};
