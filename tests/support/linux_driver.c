/* SPDX-License-Identifier: MIT */
#include "support/linux_driver.h"

#include <errno.h>

#include <hmmsim/linux.h>

static void driver_program(struct driver *d, const uint64_t *pfns, unsigned long n)
{
	for (unsigned long i = 0; i < n; i++) {
		d->table[i] = pfns[i] & HMM_PFN_VALID ? (pfns[i] & ~HMM_PFN_FLAGS) + 1 : 0;
		d->writable[i] = pfns[i] & HMM_PFN_WRITE;
	}
}

int driver_mirror(struct driver *d, unsigned long start, unsigned long end, bool write)
{
	struct mmu_interval_notifier notifier = { .mm = d->mm };
	uint64_t pfns[DRIVER_PAGES] = { 0 };
	struct hmm_range range = {
		.notifier = &notifier,
		.start = start,
		.end = end,
		.hmm_pfns = pfns,
		.default_flags = HMM_PFN_REQ_FAULT | (write ? HMM_PFN_REQ_WRITE : 0),
		.dev_private_owner = d->owner,
	};
	const struct vm_area_struct *vma;
	int ret;

	mmap_read_lock(d->mm);
	vma = find_vma(d->mm, start);
	ret = vma && vma->start <= start ? hmm_range_fault(&range) : -EFAULT;
	mmap_read_unlock(d->mm);
	if (ret)
		return ret;
	driver_program(d, pfns, (end - start) / HS_PAGE_BYTES);
	return 0;
}

bool driver_page_is_backed(const struct driver *d, unsigned int i)
{
	struct dev_pagemap *pgmap = get_dev_pagemap(d->table[i] - 1, NULL);

	put_dev_pagemap(pgmap);
	return pgmap;
}
