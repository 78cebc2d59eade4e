/* SPDX-License-Identifier: MIT */
/*
 * device.h - what the drivers of devices share: the page table, the lock, jobs; device.c has it
 *
 * invented: the hardware under the drivers, in the least detail that they need. A driver is a file
 * with a struct that begins with struct hs_device, and struct hs_device_ops.
 */
#ifndef HS_DEVICE_DEVICE_H
#define HS_DEVICE_DEVICE_H

#include <hmmsim/device.h>
#include <hmmsim/linux_pages.h>

#include "pgmap/pgmap.h"
#include "port/port.h"

/*
 * One fault of a device, while its driver handles it. In the arena, because it stands for the stack
 * of the kernel's driver, where other tasks write to ranges. .more: ops->job_bytes for the driver.
 */
struct hs_device_job {
	unsigned long start, end, npages;
	bool write;
	uint32_t turns; /* that were in vain */
	void *more;
	uint32_t *prot;	     /* of a snapshot: the caller's, npages */
	const uint64_t *add; /* of an exclusive page: what the device adds to it; NULL: nothing */
	uint64_t *pfns;	     /* npages */
};

/* Handles a job; -EBUSY and -EAGAIN: the device asks again. */
typedef int (*hs_device_work)(struct hs_device *dev, struct hs_device_job *job);

struct hs_device_ops {
	const char *name;
	size_t bytes, job_bytes; /* of the struct of a device, of what a job has more */
	uint32_t corrections;	 /* HS_CORRECT_* bits */
	bool v5_3;		 /* its walks are of v5.3 */
	bool dma;		 /* it maps pages for DMA, and unmaps them */
	/* Subscribes. An error leaves nothing. */
	int (*open)(struct hs_device *dev);
	void (*close)(struct hs_device *dev);
	hs_device_work fault;
	/* NULL: the driver does not do it. */
	hs_device_work snapshot; /* sets .prot */
	hs_device_work exclusive, to_device, to_system;
	hs_device_work map; /* after to_device: words of what is mapped */
	void (*evict)(struct hs_device *dev);
	uint32_t (*to_ram)(struct hs_device *dev, struct hs_vm_fault *vmf);
	/* Faults are stopped: takes away what no invalidation finds. May be NULL. */
	void (*stop)(struct hs_device *dev);
};

struct hs_device {
	const struct hs_device_ops *ops;
	struct hs_device_config config;
	struct hs_mutex *lock;	   /* the driver lock: the table, .stats */
	struct hs_mutex own;	   /* what .lock is */
	hs_u32 faults;		   /* under way; HS_DEVICE_STOPPED */
	hs_u32 idle;		   /* 1: stopped, and the last is over */
	hs_u64 refusals, timeouts; /* counted without the lock */
	struct hs_device_stats stats;
	uint64_t pages;
	hs_u64 *table; /* a word a page: HS_PFN_VALID, HS_PFN_WRITE and the pfn; 0: nothing */
	/* What the IOMMU maps, a page each, likewise; the lock. NULL: of no account (ops->dma). */
	uint64_t *dma;
};

#define HS_DEVICE_STOPPED 0x80000000u

/* What hs_device_entry() says of a word; of one through which the device may do atomics. */
#define HS_DEVICE_ENTRY (HS_PFN_VALID | HS_PFN_WRITE | HS_ENTRY_PFN)
#define HS_DEVICE_ATOMIC ((uint64_t)1 << 40)

/* Whether a pfn, of a word or an answer, is memory of the device's own. */
static inline bool hs_device_is_local(const struct hs_device *dev, uint64_t pfn)
{
	const struct hs_pgmap *memory = dev->config.memory;

	pfn &= HS_ENTRY_PFN;
	return memory && pfn >= hs_pgmap_start(memory) && pfn < hs_pgmap_end(memory);
}

static inline uint64_t hs_device_index(const struct hs_device *dev, uint64_t addr)
{
	return (addr - dev->config.start) >> HS_PAGE_SHIFT;
}

static inline bool hs_device_has(const struct hs_device *dev, uint64_t addr)
{
	return addr >= dev->config.start && addr < dev->config.end;
}

/*
 * Does a job of the device until it is done or fails, unless faults are stopped; what hs_device_*()
 * that take a range return.
 */
int hs_device_run(struct hs_task *self, struct hs_device *dev, const struct hs_device_job *what,
		  hs_device_work work);

extern const struct hs_device_ops hs_device_ops_dmirror, hs_device_ops_test_hmm,
	hs_device_ops_nouveau_2019, hs_device_ops_nouveau, hs_device_ops_amdgpu_2019,
	hs_device_ops_amdgpu, hs_device_ops_odp, hs_device_ops_p2pdma;

static inline bool hs_device_corrects(const struct hs_device *dev, enum hs_correction what)
{
	return dev->config.corrections & what;
}

/* ---- for the drivers, which hold the lock ------------------------------------------------ */

/* Writes the word of a page that a walk has answered: pfn and flags of hmm_range_fault(), v6.12. */
void hs_device_set(struct hs_device *dev, unsigned long addr, uint64_t pfn);
uint64_t hs_device_get(struct hs_device *dev, unsigned long addr);
/* Clears the words of [start, end), as far as they are in the window. */
void hs_device_zap(struct hs_device *dev, unsigned long start, unsigned long end);
/* Clears the word of a page, if the window has it, without the lock: an error of a driver. */
void hs_device_zap_unlocked(struct hs_device *dev, unsigned long addr);
/*
 * Maps the page of an answer or word for DMA at @addr, and undoes that; dma.c has the states. The
 * first dereferences the struct page.
 */
void hs_device_dma_map(struct hs_device *dev, unsigned long addr, uint64_t pfn);
void hs_device_dma_unmap(struct hs_device *dev, unsigned long addr);
/* The pfn that is mapped at @addr, with HS_PFN_VALID; 0: none. */
uint64_t hs_device_dma(const struct hs_device *dev, unsigned long addr);
/* No callback runs any more, and no task uses the device: nothing may be mapped. */
void hs_device_expect_no_dma(const struct hs_device *dev);
/* A callback has taken the lock. */
void hs_device_invalidated(struct hs_device *dev);
/* Whether a device-private page has the owner of the device. Touches the page, as a device does. */
bool hs_device_owns_at(struct hs_device *dev, uint64_t pfn, const char *where);
#define hs_device_owns(dev, pfn) hs_device_owns_at((dev), (pfn), HS_HERE)
/* A device-private page of another owner is turned down. */
void hs_device_turned_down(struct hs_device *dev);

/* ---- without it -------------------------------------------------------------------------- */

/* Whether an invalidation reaches the window. */
bool hs_device_hits(const struct hs_device *dev, unsigned long start, unsigned long end);
/* A callback that may not sleep refuses. */
void hs_device_refused(struct hs_device *dev);
/* A range has not become valid in time. */
void hs_device_timed_out(struct hs_device *dev);
/* A turn was in vain. True: the driver may try again. False: it returns, which is counted. */
bool hs_device_again(struct hs_device *dev, struct hs_device_job *job);

/*
 * Dereferences the struct page of an answer or word, if the device is to: what dma_map_page() and
 * set_page_dirty() of the kernel have in common. Asserts that the page is live. The pointer to a
 * struct page is arithmetic of its pfn, so that drivers here keep the pfn.
 */
void hs_device_touch_at(struct hs_device *dev, uint64_t pfn, const char *where);
#define hs_device_touch(dev, pfn) hs_device_touch_at((dev), (pfn), HS_HERE)
/*
 * The same, for a load or store, or the end of a DMA mapping: asserts that the page is not free,
 * either. NULL: it is gone or has no struct, and that is not judged.
 */
struct hs_page *hs_device_use_at(struct hs_device *dev, uint64_t pfn, const char *where);
#define hs_device_use(dev, pfn) hs_device_use_at((dev), (pfn), HS_HERE)
/* With the lock, of a page that is exclusive. */
void hs_device_add_to(struct hs_task *self, struct hs_page *page, uint64_t value);

#endif
