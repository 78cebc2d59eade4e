/* SPDX-License-Identifier: MIT */
/**
 * @file linux.h
 * The kernel's own spellings, for drivers that are written in them.
 *
 * *reduced*: include/linux/hmm.h and mmu_notifier.h of v6.12, and those functions of memremap.h,
 * mm.h, sched/mm.h, mmap_lock.h and err.h that the simulator has. The kernel's signatures have no
 * task: a function acts for the task that the calling thread attached last, and asserts that there
 * is one ("a task is attached"). The header takes the kernel's names below and no others of the
 * kernel; include it in driver sources only. The structs that it only renames (mm_struct,
 * vm_area_struct) keep the members of the simulator.
 *
 * A driver embeds struct mmu_interval_notifier and struct dev_pagemap in structs of its own, as in
 * the kernel, and brings its own driver lock and free list. Page structs are the machine's, struct
 * hs_page, and opaque.
 */
#ifndef HMMSIM_LINUX_H
#define HMMSIM_LINUX_H

#include <hmmsim/export.h>
#include <hmmsim/fault.h>
#include <hmmsim/machine.h>
#include <hmmsim/mm.h>
#include <hmmsim/notifier.h>
#include <hmmsim/page.h>
#include <hmmsim/pgmap.h>
#include <hmmsim/walk.h>

#ifdef __cplusplus
extern "C" {
#endif

/** The address space. */
#define mm_struct hs_mm
/** A VMA. */
#define vm_area_struct hs_vma
/** Answer: a page that may be read. */
#define HMM_PFN_VALID HS_PFN_VALID
/** Answer: a page that may be written. */
#define HMM_PFN_WRITE HS_PFN_WRITE
/** Answer: a page that the walk cannot hand out. */
#define HMM_PFN_ERROR HS_PFN_ERROR
/** Answer: the lowest of the five bits of the order; see hmm_pfn_to_map_order(). */
#define HMM_PFN_ORDER_SHIFT HS_PFN_ORDER_SHIFT
/** Request: fault the page in if it is missing. */
#define HMM_PFN_REQ_FAULT HMM_PFN_VALID
/** Request, together with #HMM_PFN_REQ_FAULT: the page must be writable. */
#define HMM_PFN_REQ_WRITE HMM_PFN_WRITE
/** All bits that are no pfn: flags and order. */
#define HMM_PFN_FLAGS ((uint64_t)0xff << HMM_PFN_ORDER_SHIFT)

/** VMA flag: may be read. */
#define VM_READ HS_VM_READ
/** VMA flag: may be written. */
#define VM_WRITE HS_VM_WRITE

/**
 * hs_linux_task() - not the kernel's: the task for which the functions of this header act
 *
 * Asserts that the calling thread has attached a task.
 *
 * Context: a task is attached.
 *
 * Return: the task that the thread attached last.
 */
HMMSIM_API struct hs_task *hs_linux_task(void);

/* ---- notifiers --------------------------------------------------------------------------- */

/** enum mmu_notifier_event - why a range is invalidated */
enum mmu_notifier_event {
	MMU_NOTIFY_UNMAP = HS_INVALIDATE_UNMAP,			    /**< munmap() */
	MMU_NOTIFY_CLEAR = HS_INVALIDATE_CLEAR,			    /**< entries are taken away */
	MMU_NOTIFY_PROTECTION_VMA = HS_INVALIDATE_PROTECTION_VMA,   /**< mprotect() */
	MMU_NOTIFY_PROTECTION_PAGE = HS_INVALIDATE_PROTECTION_PAGE, /**< of single pages */
	MMU_NOTIFY_SOFT_DIRTY = HS_INVALIDATE_SOFT_DIRTY,	    /**< soft-dirty tracking */
	MMU_NOTIFY_RELEASE = HS_INVALIDATE_RELEASE,		    /**< the address space ends */
	MMU_NOTIFY_MIGRATE = HS_INVALIDATE_MIGRATE, /**< migration; its owner may skip its part */
	MMU_NOTIFY_EXCLUSIVE = HS_INVALIDATE_EXCLUSIVE /**< device-exclusive access, likewise */
};

/** In mmu_notifier_range::flags: callbacks may sleep. */
#define MMU_NOTIFIER_RANGE_BLOCKABLE 1u

/** struct mmu_notifier_range - one invalidation, as a callback sees it */
struct mmu_notifier_range {
	struct mm_struct *mm;	       /**< the address space */
	unsigned long start;	       /**< first byte */
	unsigned long end;	       /**< end, exclusive */
	unsigned int flags;	       /**< #MMU_NOTIFIER_RANGE_BLOCKABLE or 0 */
	enum mmu_notifier_event event; /**< why */
	void *owner; /**< MIGRATE, EXCLUSIVE: the device that asked for it; else NULL */
};

struct mmu_interval_notifier;

/** struct mmu_interval_notifier_ops - the driver's callback */
struct mmu_interval_notifier_ops {
	/**
	 * Takes the driver lock (if the range is not blockable: tries to, and returns false if it
	 * cannot), calls mmu_interval_set_seq() with cur_seq, removes what the device maps of the
	 * range, releases the lock and returns true.
	 */
	bool (*invalidate)(struct mmu_interval_notifier *interval_sub,
			   const struct mmu_notifier_range *range, unsigned long cur_seq);
};

/** struct mmu_interval_notifier - a subscription to a range of an address space */
struct mmu_interval_notifier {
	struct hs_interval_sub sub;		     /**< what the simulator knows; first */
	const struct mmu_interval_notifier_ops *ops; /**< the driver's */
	struct mm_struct *mm;			     /**< its struct is held while subscribed */
};

/**
 * mmu_notifier_range_blockable() - whether the callback may sleep
 * @param range  the invalidation
 *
 * Context: any.
 *
 * Return: true if it may; otherwise it refuses where it would have to.
 */
static inline bool mmu_notifier_range_blockable(const struct mmu_notifier_range *range)
{
	return (range->flags & MMU_NOTIFIER_RANGE_BLOCKABLE) != 0;
}

/**
 * hs_linux_invalidate() - not the kernel's: hand the simulator's callback to the driver's
 * @param self     the task that invalidates; the driver's callback finds it by itself
 * @param sub      the member of the driver's struct mmu_interval_notifier
 * @param inv      the invalidation
 * @param cur_seq  its sequence number, for mmu_interval_set_seq()
 *
 * The callback of every subscription that mmu_interval_notifier_insert() makes. Drivers do not
 * call it.
 *
 * Context: as hs_interval_ops::invalidate.
 *
 * Return: what the driver's callback returned; false: it would have had to sleep.
 */
static inline bool hs_linux_invalidate(struct hs_task *self, struct hs_interval_sub *sub,
				       const struct hs_invalidation *inv, uint64_t cur_seq)
{
	struct mmu_interval_notifier *interval_sub = (struct mmu_interval_notifier *)sub;
	struct mmu_notifier_range range;

	(void)self;
	range.mm = interval_sub->mm;
	range.start = inv->start;
	range.end = inv->end;
	range.flags = inv->blockable ? MMU_NOTIFIER_RANGE_BLOCKABLE : 0;
	range.event = (enum mmu_notifier_event)inv->event;
	range.owner = (void *)(uintptr_t)inv->owner;
	return interval_sub->ops->invalidate(interval_sub, &range, cur_seq);
}

/**
 * mmu_interval_notifier_insert() - subscribe to a range of an address space
 * @param interval_sub  the driver's, not subscribed; set here
 * @param mm            the address space; its struct is held until the subscription is removed
 * @param start         first byte
 * @param length        bytes, not 0
 * @param ops           the driver's callback; outlives the subscription
 *
 * Does not wait. The first mmu_interval_read_begin() waits if invalidations are in progress.
 *
 * Context: a task is attached. Does not sleep.
 *
 * Return: 0, or
 * - -EOVERFLOW: the range is empty, or ends beyond 2^64
 * - -EINVAL: the address space has ended
 */
static inline int mmu_interval_notifier_insert(struct mmu_interval_notifier *interval_sub,
					       struct mm_struct *mm, unsigned long start,
					       unsigned long length,
					       const struct mmu_interval_notifier_ops *ops)
{
	static const struct hs_interval_ops hs_linux_ops = { hs_linux_invalidate };
	struct hs_task *self = hs_linux_task();
	int ret;

	interval_sub->ops = ops;
	interval_sub->mm = mm;
	ret = hs_interval_insert(self, &interval_sub->sub, hs_mm_notifiers(mm), start, length,
				 &hs_linux_ops);
	if (!ret)
		hs_mmgrab(self, mm);
	return ret;
}

/**
 * mmu_interval_notifier_remove() - end a subscription
 * @param interval_sub  subscribed; the driver's to free when this returns
 *
 * When it returns no callback runs or will run. It stops holding the struct of the address space.
 *
 * Context: a task is attached; no lock that a callback takes may be held. May sleep.
 */
static inline void mmu_interval_notifier_remove(struct mmu_interval_notifier *interval_sub)
{
	struct hs_task *self = hs_linux_task();

	hs_interval_remove(self, &interval_sub->sub);
	hs_mmdrop(self, interval_sub->mm);
}

/**
 * mmu_interval_read_begin() - begin to copy from the CPU's page table
 * @param interval_sub  subscribed
 *
 * Waits while an invalidation that hits the subscription is in progress.
 *
 * Context: a task is attached; no lock that a callback takes may be held. May sleep.
 *
 * Return: the sequence number for hmm_range::notifier_seq and mmu_interval_read_retry().
 */
static inline unsigned long mmu_interval_read_begin(struct mmu_interval_notifier *interval_sub)
{
	return hs_interval_read_begin(hs_linux_task(), &interval_sub->sub);
}

/**
 * mmu_interval_read_retry() - whether an invalidation has hit the subscription since the begin
 * @param interval_sub  subscribed
 * @param seq           of mmu_interval_read_begin()
 *
 * Context: a task is attached; the driver lock, which the callback takes, is held.
 *
 * Return: true if what was read since then may be stale: release the lock and begin again.
 */
static inline bool mmu_interval_read_retry(struct mmu_interval_notifier *interval_sub,
					   unsigned long seq)
{
	return hs_interval_read_retry(hs_linux_task(), &interval_sub->sub, seq);
}

/**
 * mmu_interval_check_retry() - mmu_interval_read_retry() without the lock, to give up early
 * @param interval_sub  subscribed
 * @param seq           of mmu_interval_read_begin()
 *
 * Context: a task is attached.
 *
 * Return: true is reliable; false is a guess.
 */
static inline bool mmu_interval_check_retry(struct mmu_interval_notifier *interval_sub,
					    unsigned long seq)
{
	return hs_interval_check_retry(hs_linux_task(), &interval_sub->sub, seq);
}

/**
 * mmu_interval_set_seq() - let readers see that an invalidation has hit the subscription
 * @param interval_sub  that of the callback
 * @param cur_seq       what the callback was given
 *
 * Context: inside the callback, under the driver lock.
 */
static inline void mmu_interval_set_seq(struct mmu_interval_notifier *interval_sub,
					unsigned long cur_seq)
{
	hs_interval_set_seq(hs_linux_task(), &interval_sub->sub, cur_seq);
}

/* ---- hmm_range_fault() ------------------------------------------------------------------- */

/** struct hmm_range - arguments of hmm_range_fault(); the driver sets every field */
struct hmm_range {
	/** subscribed to all of [start, end) (not checked, as in the kernel) */
	struct mmu_interval_notifier *notifier;
	unsigned long notifier_seq; /**< of mmu_interval_read_begin() */
	unsigned long start;	    /**< first byte, page aligned */
	unsigned long end;	    /**< end, exclusive, page aligned */
	uint64_t *hmm_pfns;	    /**< one slot a page: request in, answer out */
	uint64_t default_flags;	    /**< requested for every page, in addition to its slot */
	uint64_t pfn_flags_mask;    /**< the bits of each slot that are its request */
	void *dev_private_owner;    /**< whose device-private pages are handed out */
};

/**
 * hs_linux_retry() - not the kernel's: ask what hmm_range_fault() asks before each pass
 * @param self  the task that walks
 * @param r     the simulator's range; not used
 * @param arg   the driver's struct hmm_range
 *
 * The hs_range::retry of every walk that hmm_range_fault() begins. Drivers do not call it.
 *
 * Context: as hs_retry_fn.
 *
 * Return: true if the driver's subscription was hit since notifier_seq.
 */
static inline bool hs_linux_retry(struct hs_task *self, struct hs_range *r, void *arg)
{
	struct hmm_range *range = (struct hmm_range *)arg;

	(void)r;
	return hs_interval_check_retry(self, &range->notifier->sub, range->notifier_seq);
}

/**
 * hmm_range_fault() - walk a range and fault in what is requested
 * @param range  the driver's; its slots are set
 *
 * v6.12's, with its strategy: none. See hs_range_fault().
 *
 * Context: a task is attached and holds the mmap lock (asserted). May sleep.
 *
 * Return: 0, or
 * - -EBUSY: the subscription was hit since notifier_seq: begin again with mmu_interval_read_begin()
 * - -EINVAL: start or end misaligned, the range empty or beyond the address space
 * - -EFAULT: a fault failed, or a requested page cannot be handed out
 * - -EPERM: a page was requested for writing and its VMA may not be written
 */
static inline int hmm_range_fault(struct hmm_range *range)
{
	struct hs_range r;

	hs_range_init(&r, range->notifier->mm, range->start, range->end, range->hmm_pfns);
	r.default_flags = range->default_flags;
	r.pfn_flags_mask = range->pfn_flags_mask;
	r.owner = range->dev_private_owner;
	r.retry = hs_linux_retry;
	r.retry_arg = range;
	return hs_range_fault(hs_linux_task(), &r);
}

/**
 * hmm_pfn_to_map_order() - how large the mapping is that a page is a part of
 * @param hmm_pfn  an answer
 *
 * Context: any.
 *
 * Return: log2 of its pages; 0: one page.
 */
static inline unsigned int hmm_pfn_to_map_order(uint64_t hmm_pfn)
{
	return (unsigned int)(hmm_pfn >> HMM_PFN_ORDER_SHIFT) & 0x1f;
}

/**
 * hmm_pfn_to_page() - the struct page of an answer
 * @param hmm_pfn  an answer with #HMM_PFN_VALID
 *
 * Context: a task is attached. The page is kept by the driver lock and its check of the sequence.
 *
 * Return: the page; NULL if there is no struct page. The kernel's is then no pointer that may be
 * followed: the functions that take a page assert that there is one.
 */
static inline struct hs_page *hmm_pfn_to_page(uint64_t hmm_pfn)
{
	return hs_pfn_to_page(hs_linux_task(), hmm_pfn & ~HMM_PFN_FLAGS);
}

/* ---- address spaces ---------------------------------------------------------------------- */

/**
 * mmget_not_zero() - become a user of an address space
 * @param mm  the caller holds its struct (mmgrab()) or is a user
 *
 * Context: a task is attached.
 *
 * Return: false if the last user is gone already.
 */
static inline bool mmget_not_zero(struct mm_struct *mm)
{
	return hs_mmget_not_zero(hs_linux_task(), mm);
}

/**
 * mmput() - stop being a user of an address space
 * @param mm  the last user ends it: release of the notifiers, every VMA unmapped, tables freed
 *
 * Context: a task is attached and holds no lock. May sleep.
 */
static inline void mmput(struct mm_struct *mm)
{
	hs_mmput(hs_linux_task(), mm);
}

/**
 * mmgrab() - hold the struct of an address space
 * @param mm  may end meanwhile; the struct stays until mmdrop()
 *
 * Context: a task is attached.
 */
static inline void mmgrab(struct mm_struct *mm)
{
	hs_mmgrab(hs_linux_task(), mm);
}

/**
 * mmdrop() - stop holding the struct of an address space
 * @param mm  freed by the last holder
 *
 * Context: a task is attached.
 */
static inline void mmdrop(struct mm_struct *mm)
{
	hs_mmdrop(hs_linux_task(), mm);
}

/**
 * mmap_read_lock() - take the mmap lock for read
 * @param mm  the address space
 *
 * Context: a task is attached and does not hold it. May sleep.
 */
static inline void mmap_read_lock(struct mm_struct *mm)
{
	hs_mm_lock_read(hs_linux_task(), mm);
}

/**
 * mmap_read_unlock() - release the mmap lock
 * @param mm  the address space
 *
 * Context: the attached task holds it for read.
 */
static inline void mmap_read_unlock(struct mm_struct *mm)
{
	hs_mm_unlock_read(hs_linux_task(), mm);
}

/**
 * mmap_write_lock() - take the mmap lock for write
 * @param mm  the address space
 *
 * Context: a task is attached and does not hold it. May sleep.
 */
static inline void mmap_write_lock(struct mm_struct *mm)
{
	hs_mm_lock_write(hs_linux_task(), mm);
}

/**
 * mmap_write_unlock() - release the mmap lock
 * @param mm  the address space
 *
 * Context: the attached task holds it for write.
 */
static inline void mmap_write_unlock(struct mm_struct *mm)
{
	hs_mm_unlock_write(hs_linux_task(), mm);
}

/**
 * mmap_assert_locked() - assert that the mmap lock is held, for read or for write
 * @param mm  the address space
 *
 * Context: a task is attached.
 */
static inline void mmap_assert_locked(struct mm_struct *mm)
{
	hs_mm_assert_locked(hs_linux_task(), mm);
}

/**
 * mmap_assert_write_locked() - assert that the mmap lock is held for write
 * @param mm  the address space
 *
 * Context: a task is attached.
 */
static inline void mmap_assert_write_locked(struct mm_struct *mm)
{
	hs_mm_assert_write_locked(hs_linux_task(), mm);
}

/**
 * find_vma() - the first VMA that ends after an address
 * @param mm    the address space
 * @param addr  in bytes
 *
 * Context: a task is attached and holds the mmap lock (asserted).
 *
 * Return: the VMA, which may begin after the address; NULL: none. Valid until the lock is released.
 */
static inline const struct vm_area_struct *find_vma(struct mm_struct *mm, unsigned long addr)
{
	hs_mm_assert_locked(hs_linux_task(), mm);
	return hs_vma_find(mm, addr);
}

/* ---- pages and device memory ------------------------------------------------------------- */

/**
 * pfn_valid() - whether there is memory at a pfn
 * @param pfn  a page frame number
 *
 * Context: a task is attached. Without a reference the answer may be stale.
 *
 * Return: true in subsections with memory, and in all of an early section.
 */
static inline bool pfn_valid(unsigned long pfn)
{
	return hs_pfn_valid(hs_linux_task(), pfn);
}

/**
 * pfn_to_page() - the struct page of a pfn
 * @param pfn  a page frame number
 *
 * Context: a task is attached. The memory is kept by a reference, or what stands for one.
 *
 * Return: the page; NULL if there is no struct page.
 */
static inline struct hs_page *pfn_to_page(unsigned long pfn)
{
	return hs_pfn_to_page(hs_linux_task(), pfn);
}

/**
 * page_to_pfn() - the pfn of a struct page
 * @param page  the page
 *
 * Context: a task is attached.
 *
 * Return: the page frame number.
 */
static inline unsigned long page_to_pfn(const struct hs_page *page)
{
	return hs_page_to_pfn(hs_linux_task(), page);
}

/**
 * page_count() - the refcount of a page
 * @param page  the page
 *
 * Context: a task is attached.
 *
 * Return: the references; stale at once without a lock that keeps them.
 */
static inline int page_count(struct hs_page *page)
{
	return (int)hs_page_count(hs_linux_task(), page);
}

/**
 * page_mapcount() - how many entries map a page
 * @param page  the page
 *
 * Context: a task is attached.
 *
 * Return: the entries; stale at once without a lock that keeps them.
 */
static inline int page_mapcount(struct hs_page *page)
{
	return (int)hs_page_mapcount(hs_linux_task(), page);
}

/**
 * get_page() - take a reference to a page
 * @param page  the caller has one already, or what stands for one
 *
 * Context: a task is attached.
 */
static inline void get_page(struct hs_page *page)
{
	hs_page_get(hs_linux_task(), page);
}

/**
 * try_get_page() - take a reference to a page unless the refcount is 0
 * @param page  the page
 *
 * Context: a task is attached.
 *
 * Return: false if the refcount is 0.
 */
static inline bool try_get_page(struct hs_page *page)
{
	return hs_page_tryget(hs_linux_task(), page);
}

/**
 * put_page() - put a reference to a page
 * @param page  the last reference frees it
 *
 * Context: a task is attached; otherwise as hs_page_put().
 */
static inline void put_page(struct hs_page *page)
{
	hs_page_put(hs_linux_task(), page);
}

/**
 * lock_page() - take the lock of a page
 * @param page  the caller has a reference
 *
 * Context: a task is attached and does not hold it. May sleep.
 */
static inline void lock_page(struct hs_page *page)
{
	hs_page_lock(hs_linux_task(), page);
}

/**
 * trylock_page() - take the lock of a page if it is free
 * @param page  the caller has a reference
 *
 * Context: a task is attached. Does not sleep.
 *
 * Return: true if it is taken.
 */
static inline bool trylock_page(struct hs_page *page)
{
	return hs_page_trylock(hs_linux_task(), page);
}

/**
 * unlock_page() - release the lock of a page
 * @param page  locked
 *
 * Context: a task is attached.
 */
static inline void unlock_page(struct hs_page *page)
{
	hs_page_unlock(hs_linux_task(), page);
}

/**
 * page_private() - page->private, or zone_device_data of a device page
 * @param page  the page, which the caller may use
 *
 * Context: a task is attached.
 *
 * Return: the value.
 */
static inline unsigned long page_private(struct hs_page *page)
{
	return hs_page_private(hs_linux_task(), page);
}

/**
 * set_page_private() - write page->private, or zone_device_data of a device page
 * @param page   the page, which the caller may use
 * @param value  the new value
 *
 * Context: a task is attached.
 */
static inline void set_page_private(struct hs_page *page, unsigned long value)
{
	hs_page_set_private(hs_linux_task(), page, value);
}

/** The highest errno that a pointer can be; see IS_ERR(). */
#define MAX_ERRNO 4095

/**
 * IS_ERR() - whether a pointer is an error
 * @param ptr  what a function returned that says so of itself
 *
 * Context: any.
 *
 * Return: true if it is; PTR_ERR() says which.
 */
static inline bool IS_ERR(const void *ptr)
{
	return (uintptr_t)ptr >= (uintptr_t)-MAX_ERRNO;
}

/**
 * PTR_ERR() - the error that a pointer is
 * @param ptr  IS_ERR() is true of it
 *
 * Context: any.
 *
 * Return: a negative errno.
 */
static inline long PTR_ERR(const void *ptr)
{
	return (long)(intptr_t)ptr;
}

/* ---- device memory ------------------------------------------------------------------------ */

/** enum memory_type - the kind of device memory */
enum memory_type {
	MEMORY_DEVICE_PRIVATE = 1, /**< the CPU cannot access it */
	MEMORY_DEVICE_COHERENT,	   /**< it can */
	MEMORY_DEVICE_FS_DAX,	   /**< persistent memory under a file system */
	MEMORY_DEVICE_GENERIC,	   /**< device-dax */
	MEMORY_DEVICE_PCI_P2PDMA   /**< memory on the PCI bus that other devices access */
};

/** struct range - physical addresses */
struct range {
	uint64_t start; /**< first byte */
	uint64_t end;	/**< last byte */
};

/** What a fault handler of a driver returns: HS_VM_FAULT_* bits. */
typedef unsigned int vm_fault_t;

/** struct vm_fault - a fault, as migrate_to_ram() sees it */
struct vm_fault {
	const struct vm_area_struct *vma; /**< the VMA of the fault */
	unsigned long address;		  /**< its address, page aligned */
	unsigned int flags;		  /**< HS_FAULT_* */
	struct hs_page *page;		  /**< its page; the fault handler holds a reference */
	struct hs_vm_fault *hs;		  /**< not the kernel's: for hs_migrate_to_ram() */
};

/** struct dev_pagemap_ops - the driver's functions; as struct hs_pgmap_ops */
struct dev_pagemap_ops {
	/** The page is free: it goes to the driver's list. Context: takes spinlocks only. */
	void (*page_free)(struct hs_page *page);
	/** A CPU fault touched a private page. Context: the mmap lock is held; may sleep. */
	vm_fault_t (*migrate_to_ram)(struct vm_fault *vmf);
};

/**
 * struct dev_pagemap - device memory, embedded in a struct of the driver's
 *
 * The driver sets the members below .pgmap before memremap_pages(). A pgmap that was made otherwise
 * and comes from get_dev_pagemap() has none of them.
 */
struct dev_pagemap {
	struct hs_pgmap_storage pgmap;	   /**< what the simulator knows; first */
	enum memory_type type;		   /**< kind of memory */
	const struct dev_pagemap_ops *ops; /**< the driver's; may be NULL where not required */
	void *owner;			   /**< a walker compares it with its own */
	int nr_range;			   /**< 1 */
	struct range range;		   /**< whole subsections */
};

/**
 * memremap_pages() - register device memory and make its struct pages
 * @param pgmap  the driver's, kept until memunmap_pages(); see struct dev_pagemap
 * @param nid    the node; not used
 *
 * hs_pgmap_create() with the references and the order of v6.12. Of PRIVATE and COHERENT memory the
 * driver keeps the free list: zone_device_page_init() hands out, page_free() of its ops takes back.
 *
 * Context: a task is attached and holds no lock. May sleep.
 *
 * Return: a pointer that is not to be followed, or one of which IS_ERR() is true:
 * - -EINVAL: not one range, not whole subsections, no such type, or the type lacks an owner or ops
 * - -ENXIO: some of it is system memory
 * - -EEXIST: it overlaps other device memory
 * - -ENOMEM: no memory, or its first or last page belongs to a pgmap that is not killed
 */
HMMSIM_API void *memremap_pages(struct dev_pagemap *pgmap, int nid);

/**
 * zone_device_page_init() - hand out a page of the driver's free list
 * @param page  PRIVATE or COHERENT memory, off the list; gets one reference, and is locked
 *
 * hs_zone_device_page_init(), but void: asserts that the pgmap is not killed. The kernel warns up
 * to about v6.18, because the page would hold no reference to it. A driver stops handing out
 * pages before it removes their memory.
 *
 * Context: a task is attached and holds no lock. May sleep.
 */
HMMSIM_API void zone_device_page_init(struct hs_page *page);

/**
 * page_pgmap() - the pgmap of a device page, v6.14's name for page->pgmap
 * @param page  the page
 *
 * Context: a task is attached. It takes no reference.
 *
 * Return: the pgmap, for container_of(); NULL: a page of system memory.
 */
static inline struct dev_pagemap *page_pgmap(struct hs_page *page)
{
	return (struct dev_pagemap *)hs_page_pgmap(hs_linux_task(), page);
}

/**
 * memunmap_pages() - remove device memory, all steps of it
 * @param pgmap  the driver's; afterwards it may free its struct
 *
 * Context: a task is attached and holds no lock. May sleep: it waits for the last reference.
 */
static inline void memunmap_pages(struct dev_pagemap *pgmap)
{
	hs_pgmap_destroy(hs_linux_task(), (struct hs_pgmap *)pgmap);
}

/**
 * get_dev_pagemap() - take a reference to the device memory of a pfn
 * @param pfn    a page frame number
 * @param pgmap  a reference that the caller has, or NULL; used up
 *
 * If the pgmap covers the pfn it is the answer as it is. Otherwise its reference is put and the
 * pfn is looked up.
 *
 * Context: a task is attached.
 *
 * Return: the pgmap, with a reference; NULL: there is none, or it is killed.
 */
static inline struct dev_pagemap *get_dev_pagemap(unsigned long pfn, struct dev_pagemap *pgmap)
{
	struct hs_pgmap *cached = (struct hs_pgmap *)pgmap;

	return (struct dev_pagemap *)hs_pgmap_get(hs_linux_task(), pfn, cached);
}

/**
 * put_dev_pagemap() - put a reference to device memory
 * @param pgmap  may be NULL
 *
 * Context: a task is attached.
 */
static inline void put_dev_pagemap(struct dev_pagemap *pgmap)
{
	hs_pgmap_put(hs_linux_task(), (struct hs_pgmap *)pgmap);
}

#ifdef __cplusplus
}
#endif

#endif
