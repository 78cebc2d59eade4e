/* SPDX-License-Identifier: MIT */
/*
 * A driver that knows nothing but <hmmsim/linux.h>, and tests of it. It mirrors a window of an
 * address space in a table of its own, after the pattern of Documentation/mm/hmm.rst. The fixtures
 * are included below the driver, because it must not see more than that header.
 */
#include <hmmsim/linux.h>

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#define container_of(ptr, type, member) ((type *)((char *)(ptr)-offsetof(type, member)))
#define DRIVER_PAGES 16

struct driver {
	struct mmu_interval_notifier notifier;
	pthread_mutex_t update; /* what hmm.rst calls driver->update */
	unsigned long start, seq;
	void *owner;
	unsigned int retries; /* turns of driver_mirror() that had to be taken again */
	unsigned int invalidations;
	uint64_t table[DRIVER_PAGES]; /* pfn + 1; 0: not mapped */
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

/* Of [start, start + DRIVER_PAGES pages). NULL: it cannot subscribe. */
static struct driver *driver_open(struct mm_struct *mm, unsigned long start, void *owner)
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

static void driver_close(struct driver *d)
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

static int driver_walk(struct driver *d, struct hmm_range *range)
{
	int ret;

	mmap_read_lock(d->notifier.mm);
	ret = hmm_range_fault(range);
	mmap_read_unlock(d->notifier.mm);
	return ret;
}

static int driver_fault(struct driver *d, struct hmm_range *range)
{
	int ret;

again:
	range->notifier_seq = mmu_interval_read_begin(range->notifier);
	ret = driver_walk(d, range);
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

/* Walks as driver_mirror() did last, believing that nothing has happened since. 0 or -errno. */
static int driver_walk_late(struct driver *d, unsigned long start, unsigned long end)
{
	uint64_t pfns[DRIVER_PAGES] = { 0 };
	struct hmm_range range = {
		.notifier = &d->notifier,
		.notifier_seq = d->seq,
		.start = start,
		.end = end,
		.hmm_pfns = pfns,
	};

	return driver_walk(d, &range);
}

/* Mirrors [start, end), for writing if told so. 0 or -errno; nothing changes on an error. */
static int driver_mirror(struct driver *d, unsigned long start, unsigned long end, bool write)
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

/* ---- its pages --------------------------------------------------------------------------- */

/* The pgmap of mirrored page @i is alive. */
static bool driver_page_is_backed(const struct driver *d, unsigned int i)
{
	struct dev_pagemap *pgmap = get_dev_pagemap(d->table[i] - 1, NULL);

	put_dev_pagemap(pgmap);
	return pgmap;
}

/* Takes a reference to a mirrored page and puts it; the count it saw in between. */
static int driver_page_pin(const struct driver *d, unsigned int i)
{
	struct hs_page *page = pfn_to_page(d->table[i] - 1);
	int count;

	get_page(page);
	count = page_count(page);
	put_page(page);
	return count;
}

/* ---- tests ------------------------------------------------------------------------------- */

#include "support/device_kit.h"

static const int other;

static void a_driver_in_kernel_spellings_mirrors_pages(void **state)
{
	struct hs_task *self = now->self;
	struct driver *d = driver_open(now->mm, BASE, NULL);
	struct hs_pgmap *pgmap = NULL;

	(void)state;
	assert_non_null(d);
	assert_int_equal(hs_pgmap_add(self, HS_PGMAP_FS_DAX, 0x200000, 0x200200, NULL, &pgmap), 0);
	map(0, PRESENT | HS_ENTRY_DEVMAP | 0x200010);
	map(1, HS_ENTRY_VALID | (PFN + 1));
	assert_int_equal(driver_mirror(d, at(0), at(2), false), 0);
	assert_int_equal(d->table[0], 0x200010 + 1);
	assert_int_equal(d->table[1], PFN + 1 + 1);
	assert_true(d->writable[0]);
	assert_false(d->writable[1]);
	assert_true(driver_page_is_backed(d, 0));
	assert_false(driver_page_is_backed(d, 1));
	assert_int_equal(driver_mirror(d, at(0), at(2), true), -EFAULT);
	assert_int_equal(driver_mirror(d, at(PAGES), at(PAGES + 1), false), -EFAULT);
	assert_int_equal(driver_mirror(d, at(0) - PAGE, at(0), false), -EINVAL);
	assert_int_equal(d->table[0], 0x200010 + 1);
	assert_int_equal(d->retries, 0);
	driver_close(d);
	hs_pgmap_kill(self, pgmap);
	hs_pgmap_remove(self, pgmap);
}

static void a_driver_retries_when_it_was_invalidated(void **state)
{
	struct driver *d = driver_open(now->mm, BASE, NULL);

	(void)state;
	map(0, 0);
	will_fault(PRESENT | (PFN + 1));
	now->during = inv(at(0), at(1));
	assert_int_equal(driver_mirror(d, at(0), at(1), false), 0);
	assert_int_equal(d->table[0], PFN + 1 + 1);
	assert_int_equal(d->retries, 1);
	assert_int_equal(d->invalidations, 1);
	assert_int_equal(driver_walk_late(d, at(0), at(1)), 0);
	invalidate(inv(at(1), at(2)));
	assert_int_equal(d->table[0], PFN + 1 + 1);
	assert_int_equal(driver_walk_late(d, at(0), at(1)), -EBUSY);
	invalidate(inv(at(0), at(1)));
	assert_int_equal(d->table[0], 0);
	driver_close(d);
}

static void a_driver_refuses_and_skips(void **state)
{
	struct hs_notifiers *notifiers = hs_mm_notifiers(now->mm);
	struct hs_invalidation i = inv(at(0), at(1));
	struct driver *d = driver_open(now->mm, BASE, now);

	(void)state;
	assert_int_equal(driver_mirror(d, at(0), at(1), true), 0);
	i.blockable = false;
	pthread_mutex_lock(&d->update);
	assert_int_equal(hs_invalidate_start(now->self, notifiers, &i), -EAGAIN);
	pthread_mutex_unlock(&d->update);
	i.event = HS_INVALIDATE_MIGRATE;
	i.owner = now;
	invalidate(i);
	assert_int_equal(d->table[0], PFN + 1);
	i.owner = &other;
	invalidate(i);
	assert_int_equal(d->table[0], 0);
	driver_close(d);
}

static void a_driver_pins_faulted_memory(void **state)
{
	struct hs_task *self = now->self;
	struct driver *d = driver_open(now->mm, BASE, NULL);

	(void)state;
	assert_int_equal(hs_memory_add(self, 0, 0x8000, true), 0);
	hs_mm_set_fault_ops(now->mm, &hs_mm_fault_ops, NULL);
	map(3, 0);
	assert_int_equal(driver_mirror(d, at(3), at(4), true), 0);
	assert_int_equal(hs_pages_allocated(self), 1);
	assert_int_equal(driver_page_pin(d, 3), 2);
	assert_int_equal(hs_munmap(self, now->mm, at(0), at(PAGES)), 0);
	assert_int_equal(d->table[3], 0);
	assert_int_equal(hs_pages_allocated(self), 0);
	assert_int_equal(driver_mirror(d, at(3), at(4), true), -EFAULT);
	hs_mmput(self, now->mm);
	now->mm = NULL;
	assert_int_equal(driver_mirror(d, at(3), at(4), true), -EFAULT);
	driver_close(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		device_unit_test(a_driver_in_kernel_spellings_mirrors_pages),
		device_unit_test(a_driver_retries_when_it_was_invalidated),
		device_unit_test(a_driver_refuses_and_skips),
		device_unit_test(a_driver_pins_faulted_memory),
	};

	return cmocka_run_group_tests_name("linux driver", tests, NULL, NULL);
}
