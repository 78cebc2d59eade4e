/* SPDX-License-Identifier: MIT */
/*
 * operations.c - what programs on a device do with its pages: they read and write values
 *
 * invented: a load and a store of the device go through its page table, under the driver lock, and
 * fault where no word allows them: dmirror_read() and dmirror_write() of lib/test_hmm.c (v6.12), as
 * every driver could have them.
 *
 *	store of the device		invalidator
 *	lock
 *	the word allows it		start: seq = odd
 *	store to the page		  lock: waits
 *	unlock				  clear the word, unlock
 *					clear the CPU's entry: what is read from the page now has
 *					the store
 *
 *	Required outcome: a store that has returned is in the page that the CPU maps next, and none
 *	reaches a page that is free.
 *	(src/text/scenarios/mirror.txt: mirror-write-dontneed, mirror-write-swap)
 */
#include <errno.h>

#include "device/device.h"

#include "pgmap/pgmap.h"

/* ---- the page of a word ------------------------------------------------------------------ */

/* The lock is held. NULL: the page is gone or has no struct, and that is not judged. */
static struct hs_page *operations_page(struct hs_task *self, struct hs_device *dev, uint64_t addr,
				       uint64_t word)
{
	uint64_t pfn = word & HS_ENTRY_PFN;

	hs_assert_mutex(self, dev->lock);
	hs_assert_at(self, HS_HERE,
		     !dev->dma || hs_device_is_local(dev, word) ||
			     hs_device_dma(dev, addr) == (HS_PFN_VALID | pfn),
		     "%s reaches for page %#llx, which is not mapped for DMA", dev->ops->name,
		     (unsigned long long)pfn);
	return hs_device_use(dev, word);
}

/* ---- loads and stores -------------------------------------------------------------------- */

struct operations_use {
	uint64_t addr, need; /* bits of a word that allows it */
	/* Uses the page under the lock. */
	void (*use)(struct hs_task *self, struct hs_page *page, uint64_t *value);
	uint64_t *value;
	/* What the device does where no word allows it. */
	int (*miss)(struct hs_task *self, struct hs_device *dev, uint64_t start, uint64_t end);
};

/* Under the lock. -ENOENT: no word allows it. */
static int operations_try(struct hs_task *self, struct hs_device *dev,
			  const struct operations_use *u)
{
	struct hs_page *page;
	uint64_t word;
	int ret = -ENOENT;

	hs_mutex_lock(self, dev->lock);
	word = hs_u64_load(self, &dev->table[hs_device_index(dev, u->addr)], HS_RELAXED);
	if ((word & u->need) == u->need) {
		page = operations_page(self, dev, u->addr, word);
		ret = page ? 0 : -EFAULT;
		if (page)
			u->use(self, page, u->value);
	}
	hs_mutex_unlock(self, dev->lock);
	return ret;
}

/* A word that the fault has written may be gone again before the lock is taken. */
static int operations_use(struct hs_task *self, struct hs_device *dev,
			  const struct operations_use *u)
{
	uint64_t start = u->addr & ~(HS_PAGE_BYTES - 1);
	int ret;

	if (!hs_device_has(dev, u->addr))
		return -EINVAL;
	for (;;) {
		ret = operations_try(self, dev, u);
		if (ret != -ENOENT)
			return ret;
		ret = u->miss(self, dev, start, start + HS_PAGE_BYTES);
		if (!ret)
			ret = operations_try(self, dev, u);
		if (ret != -ENOENT)
			return ret;
		hs_retry_wait(self, "the device misses again");
	}
}

static int operations_fault_read(struct hs_task *self, struct hs_device *dev, uint64_t start,
				 uint64_t end)
{
	return hs_device_populate(self, dev, start, end, false);
}

static int operations_fault_write(struct hs_task *self, struct hs_device *dev, uint64_t start,
				  uint64_t end)
{
	return hs_device_populate(self, dev, start, end, true);
}

static void operations_load(struct hs_task *self, struct hs_page *page, uint64_t *value)
{
	*value = hs_dma_contents(self, page);
}

static void operations_store(struct hs_task *self, struct hs_page *page, uint64_t *value)
{
	hs_dma_set_contents(self, page, *value);
}

int hs_device_read(struct hs_task *self, struct hs_device *dev, uint64_t addr, uint64_t *value)
{
	const struct operations_use u = { addr, HS_PFN_VALID, operations_load, value,
					  operations_fault_read };

	return operations_use(self, dev, &u);
}

int hs_device_write(struct hs_task *self, struct hs_device *dev, uint64_t addr, uint64_t value)
{
	const struct operations_use u = { addr, HS_PFN_VALID | HS_PFN_WRITE, operations_store,
					  &value, operations_fault_write };

	return operations_use(self, dev, &u);
}

/* ---- atomics ----------------------------------------------------------------------------- */

int hs_device_exclusive(struct hs_task *self, struct hs_device *dev, uint64_t start, uint64_t end)
{
	const struct hs_device_job what = { .start = start, .end = end, .write = true };

	return hs_device_run(self, dev, &what, dev->ops->exclusive);
}

/* Two steps: what makes them one is that no CPU and no other device reaches the page. */
void hs_device_add_to(struct hs_task *self, struct hs_page *page, uint64_t value)
{
	uint64_t before = hs_dma_contents(self, page);

	hs_dma_set_contents(self, page, before + value);
}

static void operations_add(struct hs_task *self, struct hs_page *page, uint64_t *value)
{
	hs_device_add_to(self, page, *value);
}

/* On a miss the device adds as soon as the page is exclusive. */
int hs_device_add(struct hs_task *self, struct hs_device *dev, uint64_t addr, uint64_t value)
{
	const struct operations_use u = { addr, HS_PFN_VALID | HS_DEVICE_ATOMIC, operations_add,
					  &value, NULL };
	const struct hs_device_job what = { .start = addr & ~(HS_PAGE_BYTES - 1),
					    .end = (addr & ~(HS_PAGE_BYTES - 1)) + HS_PAGE_BYTES,
					    .write = true,
					    .add = &value };
	int ret = -EINVAL;

	if (hs_device_has(dev, addr))
		ret = operations_try(self, dev, &u);
	return ret == -ENOENT ? hs_device_run(self, dev, &what, dev->ops->exclusive) : ret;
}

/* ---- own memory -------------------------------------------------------------------------- */

int hs_device_migrate(struct hs_task *self, struct hs_device *dev, uint64_t start, uint64_t end,
		      bool to_device)
{
	const struct hs_device_job what = { .start = start, .end = end };
	hs_device_work work = to_device ? dev->ops->to_device : dev->ops->to_system;
	int ret = hs_device_run(self, dev, &what, dev->config.memory ? work : NULL);

	return ret || !to_device ? ret : hs_device_run(self, dev, &what, dev->ops->map);
}

void hs_device_evict(struct hs_task *self, struct hs_device *dev)
{
	hs_assert(self, self == hs_linux_task(), "hs_device_evict: self is another task");
	hs_might_sleep(self);
	if (dev->config.memory)
		dev->ops->evict(dev);
}

uint32_t hs_device_to_ram(struct hs_task *self, struct hs_device *dev, struct hs_vm_fault *vmf)
{
	hs_deref(self, dev);
	hs_assert(self, self == hs_linux_task(), "hs_device_to_ram: self is another task");
	return dev->ops->to_ram(dev, vmf);
}

/* ---- snapshots --------------------------------------------------------------------------- */

int hs_device_snapshot(struct hs_task *self, struct hs_device *dev, uint64_t start, uint64_t end,
		       uint32_t *prot)
{
	const struct hs_device_job what = { .start = start, .end = end, .prot = prot };

	return hs_device_run(self, dev, &what, dev->ops->snapshot);
}
