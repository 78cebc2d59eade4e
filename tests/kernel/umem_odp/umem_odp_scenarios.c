/* SPDX-License-Identifier: MIT */
/*
 * umem_odp_scenarios.c - page faults of an RDMA device through v6.12's umem_odp.c, against what
 * takes pages away
 *
 * The device's page table is the list of DMA addresses of the umem. What must hold: at the end no
 * address in it is that of a free page (S1), and no free page is marked dirty (S2). Each row ends
 * with all executions, or is found: then the caller leaves something out.
 */
#include <rdma/ib_umem_odp.h>

#include <stdio.h>
#include <string.h>

#include <hmmsim/hmmsim.h>

#define PAGES 2 /* at most */
#define DEVICE_PFN 8
#define ACCESS (ODP_READ_ALLOWED_BIT | ODP_WRITE_ALLOWED_BIT)

enum flaw {
	SOUND,
	NO_LOCK,
	NO_SEQ,
	NO_UNMAP
};

typedef void task_fn(struct hs_task *self, void *arg);

struct row {
	const char *name;
	task_fn *device, *other;
	int pages; /* 0: one of device-dax */
	enum flaw flaw;
	enum hs_verdict verdict;
};

struct state {
	struct hs_mm *mm;
	struct hs_pgmap *pgmap; /* of device-dax, that is removed; NULL: system memory */
	struct hs_mapping *mapping;
	struct task_struct task;
	struct ib_device dev;
	struct ib_umem_odp *umem;
	int pages;
};

static enum flaw flaw_now;

/* ---- what umem_odp.c calls --------------------------------------------------------------- */

void set_page_dirty(struct page *page)
{
	hs_sync_assert(hs_races_task(), page && hs_page_count(hs_races_task(), page),
		       "S2: a free page is marked dirty");
}

static bool umem_invalidate(struct mmu_interval_notifier *mni,
			    const struct mmu_notifier_range *range, unsigned long seq)
{
	struct ib_umem_odp *umem = container_of(mni, struct ib_umem_odp, notifier);

	if (!mmu_notifier_range_blockable(range))
		return false;
	if (flaw_now != NO_LOCK)
		mutex_lock(&umem->umem_mutex);
	if (flaw_now != NO_SEQ)
		mmu_interval_set_seq(mni, seq);
	if (flaw_now != NO_UNMAP)
		ib_umem_odp_unmap_dma_pages(umem, range->start, range->end);
	if (flaw_now != NO_LOCK)
		mutex_unlock(&umem->umem_mutex);
	return true;
}

static const struct mmu_interval_notifier_ops umem_ops = { .invalidate = umem_invalidate };

/* ---- tasks ------------------------------------------------------------------------------- */

static void umem_check(struct hs_task *self, const struct state *s)
{
	for (int i = 0; i < s->pages; i++) {
		dma_addr_t dma = s->umem->dma_list[i];
		struct page *page = pfn_to_page(dma >> PAGE_SHIFT);

		hs_sync_assert(self, !dma || (page && hs_page_count(self, page)),
			       "S1: the device maps a page that is free or gone");
	}
}

static void fault(struct hs_task *self, void *arg)
{
	struct state *s = arg;
	int ret = ib_umem_odp_map_dma_and_lock(s->umem, 0, (u64)s->pages * PAGE_SIZE, ACCESS, true);

	hs_sync_assert(self, ret == s->pages || ret == -EFAULT || ret == -EPERM,
		       "the fault returned %d", ret);
	if (ret < 0)
		return;
	umem_check(self, s);
	mutex_unlock(&s->umem->umem_mutex);
}

static void fault_and_release(struct hs_task *self, void *arg)
{
	struct state *s = arg;

	fault(self, s);
	ib_umem_odp_release(s->umem);
	s->umem = NULL;
}

static void snapshot(struct hs_task *self, void *arg)
{
	struct state *s = arg;
	int ret =
		ib_umem_odp_map_dma_and_lock(s->umem, 0, (u64)s->pages * PAGE_SIZE, ACCESS, false);

	hs_sync_assert(self, ret == s->pages, "the snapshot returned %d", ret);
	umem_check(self, s);
	mutex_unlock(&s->umem->umem_mutex);
}

static void zap(struct hs_task *self, void *arg)
{
	hs_madvise_dontneed(self, ((struct state *)arg)->mm, 0, PAGE_SIZE);
}

static void unmap(struct hs_task *self, void *arg)
{
	hs_munmap(self, ((struct state *)arg)->mm, 0, PAGE_SIZE);
}

static void protect(struct hs_task *self, void *arg)
{
	hs_mprotect(self, ((struct state *)arg)->mm, 0, PAGE_SIZE, HS_VM_READ);
}

static void withdraw(struct hs_task *self, struct state *s)
{
	hs_mapping_disable(self, s->mapping);
	hs_unmap_mapping_range(self, s->mapping, 0, 1, true);
}

static void remove_memory(struct hs_task *self, void *arg)
{
	struct state *s = arg;

	withdraw(self, s);
	hs_pgmap_destroy(self, s->pgmap);
}

/* The wrong order: what waits for references does not wait for a device that holds none. */
static void drain_first(struct hs_task *self, void *arg)
{
	struct state *s = arg;

	hs_pgmap_destroy(self, s->pgmap);
	withdraw(self, s);
}

/* ---- scenarios --------------------------------------------------------------------------- */

/* A page of device-dax at address 0, in the CPU's table. */
static int map_device(struct hs_task *self, struct state *s)
{
	struct hs_pgmap_config config;
	struct hs_mapping_config map = { .kind = HS_MAPPING_DEVICE_DAX,
					 .first = DEVICE_PFN,
					 .pages = 2 };
	uint64_t pfn;
	int ret;

	hs_pgmap_config_init(&config, HS_PGMAP_GENERIC, DEVICE_PFN, DEVICE_PFN + 2);
	ret = hs_pgmap_create(self, &config, &s->pgmap);
	map.pgmap = s->pgmap;
	if (!ret)
		ret = hs_mapping_create(self, &map, &s->mapping);
	if (!ret)
		ret = hs_mmap(self, s->mm, 0, PAGE_SIZE, HS_VM_READ | HS_VM_WRITE | HS_VM_SHARED,
			      s->mapping, 0);
	return ret ? ret : (int)hs_cpu_access(self, s->mm, 0, true, &pfn);
}

static int set_up(struct hs_task *self, struct hs_plan *plan, void *state, const void *param)
{
	const struct row *row = param;
	struct state *s = state;
	int ret = hs_memory_add(self, 0, DEVICE_PFN, true);

	if (!ret)
		ret = hs_mm_create(self, hs_geometry(HS_GEOMETRY_MOCK), &s->mm);
	if (!ret && row->pages)
		ret = hs_vma_add(self, s->mm, 0, PAGES * PAGE_SIZE, HS_VM_READ | HS_VM_WRITE);
	else if (!ret)
		ret = map_device(self, s);
	if (ret)
		return ret;
	flaw_now = row->flaw;
	s->pages = row->pages ? row->pages : 1;
	s->task.mm = s->mm;
	hs_sync_task_set_data(self, &s->task);
	s->umem = ib_umem_odp_get(&s->dev, 0, (size_t)s->pages * PAGE_SIZE,
				  IB_ACCESS_ON_DEMAND | IB_ACCESS_LOCAL_WRITE, &umem_ops);
	ret = IS_ERR(s->umem) ? -1 : hs_plan_task(plan, "device", row->device, s);
	return ret ? ret : hs_plan_task(plan, "other", row->other, s);
}

static void check(struct hs_task *self, void *state, const void *param)
{
	struct state *s = state;

	(void)param;
	if (s->umem) {
		umem_check(self, s);
		ib_umem_odp_release(s->umem);
	}
	hs_mm_destroy(self, s->mm);
	if (s->mapping)
		hs_mapping_destroy(self, s->mapping);
}

static const struct hs_scenario scenario = { "umem_odp", sizeof(struct state), set_up, check };

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
		{ "zap", fault, zap, 2, SOUND, HS_VERDICT_NONE },
		{ "zap, release", fault_and_release, zap, 2, SOUND, HS_VERDICT_NONE },
		{ "munmap", fault, unmap, 2, SOUND, HS_VERDICT_NONE },
		{ "mprotect", fault, protect, 2, SOUND, HS_VERDICT_NONE },
		{ "second fault", fault, fault, 1, SOUND, HS_VERDICT_NONE },
		{ "snapshot and zap", snapshot, zap, 2, SOUND, HS_VERDICT_NONE },
		{ "removal", fault, remove_memory, 0, SOUND, HS_VERDICT_NONE },
		{ "removal, drain first", fault, drain_first, 0, SOUND, HS_VERDICT_ASSERT },
		{ "zap, no lock", fault, zap, 2, NO_LOCK, HS_VERDICT_ASSERT },
		{ "zap, no sequence", fault, zap, 2, NO_SEQ, HS_VERDICT_ASSERT },
		{ "zap, no unmap", fault, zap, 2, NO_UNMAP, HS_VERDICT_ASSERT },
	};
	int status = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (!explore_row(&rows[i]))
			status = 1;
	return status;
}
