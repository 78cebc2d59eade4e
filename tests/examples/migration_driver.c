/* SPDX-License-Identifier: MIT */
/*
 * migration_driver.c - a driver in the kernel's spellings: mirrors a page, moves it, evicts, ends
 */
#include <errno.h>

#include "migration.h"

static bool gpu_invalidate(struct mmu_interval_notifier *sub,
			   const struct mmu_notifier_range *range, unsigned long cur_seq)
{
	struct gpu *gpu = (struct gpu *)((char *)sub - offsetof(struct gpu, notifier));

	(void)range; /* the device has one page */
	hs_sync_mutex_lock(hs_linux_task(), &gpu->update);
	mmu_interval_set_seq(sub, cur_seq);
	gpu->table = 0;
	hs_sync_mutex_unlock(hs_linux_task(), &gpu->update);
	return true;
}

int gpu_open(struct gpu *gpu, struct mm_struct *mm)
{
	static const struct hs_sync_class update = { .name = "update" };
	static const struct hs_sync_class list = { .name = "free pages" };
	static const struct mmu_interval_notifier_ops ops = { gpu_invalidate };
	int ret = hs_sync_mutex_init(hs_linux_task(), &gpu->update, &update);

	if (!ret)
		ret = hs_sync_spin_init(hs_linux_task(), &gpu->lock, &list);
	if (!ret)
		ret = gpu_memory_open(gpu);
	return ret ? ret : mmu_interval_notifier_insert(&gpu->notifier, mm, 0, HS_PAGE_BYTES, &ops);
}

int gpu_populate(struct gpu *gpu)
{
	uint64_t pfn = 0;
	struct hmm_range range = { .notifier = &gpu->notifier,
				   .end = HS_PAGE_BYTES,
				   .hmm_pfns = &pfn,
				   .default_flags = HMM_PFN_REQ_FAULT,
				   .dev_private_owner = gpu };
	bool done = false;
	int ret = 0;

	while (!done && (!ret || ret == -EBUSY)) {
		range.notifier_seq = mmu_interval_read_begin(range.notifier);
		mmap_read_lock(gpu->notifier.mm);
		ret = hmm_range_fault(&range);
		mmap_read_unlock(gpu->notifier.mm);
		hs_sync_mutex_lock(hs_linux_task(), &gpu->update);
		done = !ret && !mmu_interval_read_retry(range.notifier, range.notifier_seq);
		if (done)
			gpu->table = (pfn & ~HMM_PFN_FLAGS) + 1;
		hs_sync_mutex_unlock(hs_linux_task(), &gpu->update);
	}
	return ret;
}

int gpu_take(struct gpu *gpu)
{
	unsigned long src = 0, dst = 0;
	struct migrate_vma m = { .src = &src,
				 .dst = &dst,
				 .end = HS_PAGE_BYTES,
				 .pgmap_owner = gpu,
				 .flags = MIGRATE_VMA_SELECT_SYSTEM };
	int ret;

	mmap_read_lock(gpu->notifier.mm);
	m.vma = find_vma(gpu->notifier.mm, 0);
	ret = migrate_vma_setup(&m);
	if (!ret && m.cpages) {
		dst = gpu_copy(gpu_page_alloc(gpu), src);
		migrate_vma_pages(&m);
		migrate_vma_finalize(&m);
	}
	mmap_read_unlock(gpu->notifier.mm);
	return ret;
}

void gpu_evict(void)
{
	unsigned long src[GPU_PAGES], dst[GPU_PAGES] = { 0 };

	migrate_device_range(src, GPU_PFN, GPU_PAGES);
	for (int i = 0; i < GPU_PAGES; i++)
		if (src[i] & MIGRATE_PFN_MIGRATE)
			dst[i] = gpu_copy(ram_page_alloc(), src[i]);
	migrate_device_pages(src, dst, GPU_PAGES);
	migrate_device_finalize(src, dst, GPU_PAGES);
}

void gpu_close(struct gpu *gpu)
{
	memunmap_pages(&gpu->pagemap);
	mmu_interval_notifier_remove(&gpu->notifier);
}
