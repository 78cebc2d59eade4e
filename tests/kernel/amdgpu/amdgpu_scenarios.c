/* SPDX-License-Identifier: MIT */
/*
 * amdgpu_scenarios.c - command submissions of v6.12's amdgpu_hmm.c, against what takes pages away
 *
 * A submission is what amdgpu_cs.c does with a userptr: it gets the pages under the mmap lock, and
 * under the notifier lock it asks whether they are still right, and adds its fence. The job that it
 * starts touches the pages, and then signals the fence. What must hold: a job touches no page that
 * is free. Each row ends with all executions, or is found: then the caller leaves something out.
 */
#include "amdgpu_amdkfd.h"
#include "drivers/gpu/drm/amd/amdgpu/amdgpu_hmm.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <hmmsim/hmmsim.h>

#define PAGES 2 /* at most */

enum flaw {
	SOUND,
	NO_CHECK,
	CHECK_OUTSIDE,
	NO_FENCE
};

typedef void task_fn(struct hs_task *self, void *arg);

struct row {
	const char *name;
	task_fn *other;
	int pages;
	enum flaw flaw;
	enum hs_verdict verdict;
};

struct state {
	struct hs_mm *mm;
	struct task_struct task;
	struct amdgpu_device adev;
	struct dma_resv resv;
	struct amdgpu_bo bo;
	int pages;
	enum flaw flaw;
};

/* ---- what amdgpu_hmm.c calls ------------------------------------------------------------- */

static bool resv_is_idle(struct hs_task *self, void *arg)
{
	struct dma_resv *resv = arg;

	return !hs_sync_u32_load(self, &resv->jobs, HS_SYNC_ACQUIRE);
}

long dma_resv_wait_timeout(struct dma_resv *resv, enum dma_resv_usage usage, bool intr,
			   unsigned long timeout)
{
	(void)usage;
	(void)intr;
	hs_sync_wait(hs_races_task(), &resv->queue, resv_is_idle, resv);
	return (long)(timeout > 1 ? timeout : 1);
}

int amdgpu_amdkfd_evict_userptr(struct mmu_interval_notifier *mni, unsigned long cur_seq,
				struct kgd_mem *mem)
{
	(void)mni;
	(void)cur_seq;
	(void)mem;
	hs_sync_fail(hs_races_task(), HS_SYNC_HERE, "no compute queue", "a userptr of one");
	return 0;
}

/* ---- tasks ------------------------------------------------------------------------------- */

static int submission_begin(struct hs_task *self, struct state *s, struct page **pages)
{
	struct hmm_range *range;
	bool stale = false;
	int ret;

	hs_mm_lock_read(self, s->mm);
	ret = amdgpu_hmm_range_get_pages(&s->bo.notifier, 0, (uint64_t)s->pages, false, NULL, pages,
					 &range);
	hs_mm_unlock_read(self, s->mm);
	if (ret)
		return ret;
	if (s->flaw == CHECK_OUTSIDE)
		stale = amdgpu_hmm_range_get_pages_done(range);
	mutex_lock(&s->adev.notifier_lock);
	if (s->flaw != CHECK_OUTSIDE)
		stale = amdgpu_hmm_range_get_pages_done(range) && s->flaw != NO_CHECK;
	if (!stale && s->flaw != NO_FENCE)
		hs_sync_u32_add(self, &s->resv.jobs, 1, HS_SYNC_ACQ_REL);
	mutex_unlock(&s->adev.notifier_lock);
	return stale ? -EAGAIN : 0;
}

static void submission_run(struct hs_task *self, struct state *s, struct page **pages)
{
	for (int i = 0; i < s->pages; i++)
		hs_sync_assert(self, hs_page_count(self, pages[i]), "a job touches a free page");
	if (s->flaw == NO_FENCE)
		return;
	hs_sync_u32_add(self, &s->resv.jobs, (uint32_t)-1, HS_SYNC_ACQ_REL);
	hs_sync_wake_all(self, &s->resv.queue);
}

static void submit(struct hs_task *self, void *arg)
{
	struct state *s = arg;
	struct page *pages[PAGES];
	int ret;

	while ((ret = submission_begin(self, s, pages)) == -EAGAIN)
		hs_sync_retry_wait(self, "the submission");
	hs_sync_assert(self, !ret || ret == -EFAULT || ret == -EPERM, "the submission returned %d",
		       ret);
	if (!ret)
		submission_run(self, s, pages);
}

static void submit_and_free(struct hs_task *self, void *arg)
{
	struct state *s = arg;

	submit(self, s);
	amdgpu_hmm_unregister(&s->bo);
}

static void zap(struct hs_task *self, void *arg)
{
	struct state *s = arg;

	hs_madvise_dontneed(self, s->mm, 0, PAGE_SIZE);
}

static void unmap(struct hs_task *self, void *arg)
{
	struct state *s = arg;

	hs_munmap(self, s->mm, 0, PAGE_SIZE);
}

static void protect(struct hs_task *self, void *arg)
{
	struct state *s = arg;

	hs_mprotect(self, s->mm, 0, PAGE_SIZE, HS_VM_READ);
}

static void write_page(struct hs_task *self, void *arg)
{
	struct state *s = arg;

	hs_cpu_write(self, s->mm, 0, 7);
}

/* ---- scenarios --------------------------------------------------------------------------- */

static int set_up(struct hs_task *self, struct hs_plan *plan, void *state, const void *param)
{
	const struct row *row = param;
	struct state *s = state;
	int ret = hs_memory_add(self, 0, 8, true);

	if (!ret)
		ret = hs_mm_create(self, hs_geometry(HS_GEOMETRY_MOCK), &s->mm);
	if (!ret)
		ret = hs_vma_add(self, s->mm, 0, PAGES * PAGE_SIZE, HS_VM_READ | HS_VM_WRITE);
	if (ret)
		return ret;
	s->flaw = row->flaw;
	s->pages = row->pages;
	s->task.mm = s->mm;
	hs_sync_task_set_data(self, &s->task);
	mutex_init(&s->adev.notifier_lock);
	hs_sync_waitq_init(&s->resv.queue);
	s->bo.tbo.bdev = &s->adev.ttm;
	s->bo.tbo.base.resv = &s->resv;
	s->bo.size = (unsigned long)row->pages * PAGE_SIZE;
	ret = amdgpu_hmm_register(&s->bo, 0);
	if (!ret)
		ret = hs_plan_task(
			plan, "submission",
			row->flaw == SOUND && row->other == zap ? submit_and_free : submit, s);
	return ret ? ret : hs_plan_task(plan, "other", row->other, s);
}

static void check(struct hs_task *self, void *state, const void *param)
{
	struct state *s = state;

	(void)param;
	amdgpu_hmm_unregister(&s->bo);
	hs_mm_destroy(self, s->mm);
}

static const struct hs_scenario scenario = { "amdgpu", sizeof(struct state), set_up, check };

/* Whether what was found is what is expected. */
static bool explore_row(const struct row *row)
{
	struct hs_explore_options options;
	struct hs_explore_result r;
	bool expected;

	hs_explore_options_init(&options);
	if (hs_explore(&scenario, row, &options, &r)) {
		printf("%s: no memory\n", row->name);
		return false;
	}
	expected = r.verdict == row->verdict && (r.violations || r.exhaustive);
	printf("%s: %s, %llu executions%s%s\n", row->name, hs_verdict_name(r.verdict),
	       (unsigned long long)r.executions,
	       expected ? "" : ", not expected: ", expected ? "" : r.message);
	if (!expected && r.report)
		fputs(r.report, stderr);
	hs_explore_result_free(&r);
	return expected;
}

int main(void)
{
	static const struct row rows[] = {
		{ "zap, free", zap, 2, SOUND, HS_VERDICT_NONE },
		{ "munmap", unmap, 2, SOUND, HS_VERDICT_NONE },
		{ "mprotect", protect, 2, SOUND, HS_VERDICT_NONE },
		{ "CPU write", write_page, 2, SOUND, HS_VERDICT_NONE },
		{ "second submission", submit, 1, SOUND, HS_VERDICT_NONE },
		{ "zap, no check", zap, 2, NO_CHECK, HS_VERDICT_ASSERT },
		{ "zap, check outside", zap, 2, CHECK_OUTSIDE, HS_VERDICT_ASSERT },
		{ "zap, no fence", zap, 2, NO_FENCE, HS_VERDICT_ASSERT },
	};
	int status = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (!explore_row(&rows[i]))
			status = 1;
	return status;
}
