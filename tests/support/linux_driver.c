/* SPDX-License-Identifier: MIT */
#include "support/linux_driver.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include <hmmsim/linux.h>

#define container_of(ptr, type, member) ((type *)((char *)(ptr)-offsetof(type, member)))

struct driver {
	struct mmu_interval_notifier notifier;
	pthread_mutex_t update; /* what hmm.rst calls driver->update */
	unsigned long start, seq;
	void *owner;
	unsigned int retries, invalidations;
	uint64_t table[DRIVER_PAGES];
	bool writable[DRIVER_PAGES];
};

/* ---- the notifier ------------------------------------------------------------------------ */

static void driver_unmap(struct driver *d, unsigned long start, unsigned long end)
{
	for (unsigned long i = 0; i < DRIVER_PAGES; i++) {
		unsigned long addr = d->start + i * HS_PAGE_BYTES;

		if (addr >= start && addr < end)
			d->table[i] = 0;
	}
}

static bool driver_invalidate(struct mmu_interval_notifier *mni,
			      const struct mmu_notifier_range *range, unsigned long cur_seq)
{
	struct driver *d = container_of(mni, struct driver, notifier);

	if (range->event == MMU_NOTIFY_MIGRATE && range->owner == d->owner)
		return true;
	if (mmu_notifier_range_blockable(range))
		pthread_mutex_lock(&d->update);
	else if (pthread_mutex_trylock(&d->update))
		return false;
	mmu_interval_set_seq(mni, cur_seq);
	driver_unmap(d, range->start, range->end);
	d->invalidations++;
	pthread_mutex_unlock(&d->update);
	return true;
}

static const struct mmu_interval_notifier_ops driver_ops = {
	.invalidate = driver_invalidate,
};

struct driver *driver_open(struct hs_mm *mm, unsigned long start, void *owner)
{
	struct driver *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	pthread_mutex_init(&d->update, NULL);
	d->start = start;
	d->owner = owner;
	if (mmu_interval_notifier_insert(&d->notifier, mm, start, DRIVER_PAGES * HS_PAGE_BYTES,
					 &driver_ops)) {
		free(d);
		return NULL;
	}
	return d;
}

void driver_close(struct driver *d)
{
	mmu_interval_notifier_remove(&d->notifier);
	pthread_mutex_destroy(&d->update);
	free(d);
}

/* ---- mirroring --------------------------------------------------------------------------- */

static void driver_program(struct driver *d, const struct hmm_range *range)
{
	unsigned long first = (range->start - d->start) / HS_PAGE_BYTES;
	unsigned long n = (range->end - range->start) / HS_PAGE_BYTES;

	for (unsigned long i = 0; i < n; i++) {
		uint64_t pfn = range->hmm_pfns[i];

		d->table[first + i] = pfn & HMM_PFN_VALID ? (pfn & ~HMM_PFN_FLAGS) + 1 : 0;
		d->writable[first + i] = pfn & HMM_PFN_WRITE;
	}
}

static int driver_fault(struct driver *d, struct hmm_range *range)
{
	struct mm_struct *mm = d->notifier.mm;
	int ret;

again:
	range->notifier_seq = mmu_interval_read_begin(range->notifier);
	mmap_read_lock(mm);
	ret = hmm_range_fault(range);
	mmap_read_unlock(mm);
	if (ret == -EBUSY) {
		d->retries++;
		goto again;
	}
	if (ret)
		return ret;
	pthread_mutex_lock(&d->update);
	if (mmu_interval_read_retry(range->notifier, range->notifier_seq)) {
		pthread_mutex_unlock(&d->update);
		d->retries++;
		goto again;
	}
	driver_program(d, range);
	d->seq = range->notifier_seq;
	pthread_mutex_unlock(&d->update);
	return 0;
}

int driver_walk_late(struct driver *d, unsigned long start, unsigned long end)
{
	uint64_t pfns[DRIVER_PAGES] = { 0 };
	struct hmm_range range = {
		.notifier = &d->notifier,
		.notifier_seq = d->seq,
		.start = start,
		.end = end,
		.hmm_pfns = pfns,
	};
	int ret;

	mmap_read_lock(d->notifier.mm);
	ret = hmm_range_fault(&range);
	mmap_read_unlock(d->notifier.mm);
	return ret;
}

int driver_mirror(struct driver *d, unsigned long start, unsigned long end, bool write)
{
	uint64_t pfns[DRIVER_PAGES] = { 0 };
	struct hmm_range range = {
		.notifier = &d->notifier,
		.start = start,
		.end = end,
		.hmm_pfns = pfns,
		.default_flags = HMM_PFN_REQ_FAULT | (write ? HMM_PFN_REQ_WRITE : 0),
		.dev_private_owner = d->owner,
	};
	int ret;

	if (start < d->start || start >= end || end > d->start + DRIVER_PAGES * HS_PAGE_BYTES)
		return -EINVAL;
	if (!mmget_not_zero(d->notifier.mm))
		return -EFAULT;
	ret = driver_fault(d, &range);
	mmput(d->notifier.mm);
	return ret;
}

unsigned int driver_retries(const struct driver *d)
{
	return d->retries;
}

unsigned int driver_invalidations(const struct driver *d)
{
	return d->invalidations;
}

void driver_stop(struct driver *d)
{
	pthread_mutex_lock(&d->update);
}

void driver_go(struct driver *d)
{
	pthread_mutex_unlock(&d->update);
}

/* ---- its pages --------------------------------------------------------------------------- */

uint64_t driver_page(const struct driver *d, unsigned int i)
{
	return d->table[i];
}

bool driver_page_is_writable(const struct driver *d, unsigned int i)
{
	return d->writable[i];
}

bool driver_page_is_backed(const struct driver *d, unsigned int i)
{
	struct dev_pagemap *pgmap = get_dev_pagemap(d->table[i] - 1, NULL);

	put_dev_pagemap(pgmap);
	return pgmap;
}

int driver_page_pin(const struct driver *d, unsigned int i)
{
	struct hs_page *page = pfn_to_page(d->table[i] - 1);
	int count;

	get_page(page);
	count = page_count(page);
	put_page(page);
	return count;
}
