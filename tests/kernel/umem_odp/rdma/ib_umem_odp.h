/* SPDX-License-Identifier: MIT */
/*
 * rdma/ib_umem_odp.h - what umem_odp.c needs of its subsystem
 *
 * reduced: a device has no DMA but the page's address; a process is the task that opened the umem.
 * Own text, of the names that umem_odp.c has.
 */
#ifndef HS_KERNEL_IB_UMEM_ODP_H
#define HS_KERNEL_IB_UMEM_ODP_H

#include <errno.h>

#include <linux/hmm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/slab.h>

#define BIT(n) (1UL << (n))
#define ALIGN_DOWN(x, a) ((x) & ~((__typeof__(x))(a)-1))
#define ALIGN(x, a) ALIGN_DOWN((x) + (__typeof__(x))(a)-1, (a))
#define min_t(type, a, b) ((type)(a) < (type)(b) ? (type)(a) : (type)(b))
#define max_t(type, a, b) ((type)(a) > (type)(b) ? (type)(a) : (type)(b))
#define check_add_overflow(a, b, sum) __builtin_add_overflow((a), (b), (sum))
#define ERR_PTR(error) ((void *)(long)(error))
#define IS_ERR(ptr) ((unsigned long)(ptr) >= (unsigned long)-4095)
#define __acquires(lock)

/* ---- processes --------------------------------------------------------------------------- */

struct pid;
#define PIDTYPE_PID 0
#define group_leader mm /* current->group_leader: of the one task */
#define get_task_pid(leader, type) ((struct pid *)(void *)current)
#define get_pid(pid) (pid)
#define put_pid(pid) ((void)(pid))
#define get_pid_task(pid, type) ((struct task_struct *)(void *)(pid))
#define put_task_struct(task) ((void)(task))
#define mmput_async(mm) mmput(mm)

/* ---- devices ----------------------------------------------------------------------------- */

typedef u64 dma_addr_t;

struct ib_device {
	int unused;
};

enum {
	IB_ACCESS_LOCAL_WRITE = 1,
	IB_ACCESS_ON_DEMAND = 64,
	IB_ACCESS_HUGETLB = 128
};

#define ib_access_writable(access) (!!((access)&IB_ACCESS_LOCAL_WRITE))
#define DMA_BIDIRECTIONAL 0
#define ib_dma_map_page(dev, page, offset, size, direction) \
	((void)(dev), (dma_addr_t)page_to_pfn(page) << PAGE_SHIFT)
#define ib_dma_mapping_error(dev, addr) ((void)(addr), 0)
#define ib_dma_unmap_page(dev, addr, size, direction) ((void)(dev), (void)(addr))
#define ibdev_dbg(dev, ...) ((void)(dev))
#define compound_head(page) (page)

/* The scenario's. */
void set_page_dirty(struct page *page);

/* ---- umems ------------------------------------------------------------------------------- */

struct ib_umem {
	struct ib_device *ibdev;
	struct mm_struct *owning_mm;
	size_t length;
	unsigned long address;
	u32 writable : 1;
	u32 is_odp : 1;
};

struct ib_umem_odp {
	struct ib_umem umem;
	struct mmu_interval_notifier notifier;
	struct pid *tgid;
	unsigned long *pfn_list;
	dma_addr_t *dma_list;
	struct mutex umem_mutex;
	int npages;
	bool is_implicit_odp;
	unsigned int page_shift;
};

#define ODP_READ_ALLOWED_BIT (1 << 0ULL)
#define ODP_WRITE_ALLOWED_BIT (1 << 1ULL)
#define ODP_DMA_ADDR_MASK (~(ODP_READ_ALLOWED_BIT | ODP_WRITE_ALLOWED_BIT))

static inline unsigned long ib_umem_start(struct ib_umem_odp *umem)
{
	return umem->notifier.sub.node.start;
}

static inline unsigned long ib_umem_end(struct ib_umem_odp *umem)
{
	return umem->notifier.sub.node.last + 1;
}

struct ib_umem_odp *ib_umem_odp_get(struct ib_device *device, unsigned long addr, size_t size,
				    int access, const struct mmu_interval_notifier_ops *ops);
struct ib_umem_odp *ib_umem_odp_alloc_implicit(struct ib_device *device, int access);
struct ib_umem_odp *ib_umem_odp_alloc_child(struct ib_umem_odp *root, unsigned long addr,
					    size_t size,
					    const struct mmu_interval_notifier_ops *ops);
void ib_umem_odp_release(struct ib_umem_odp *umem);
int ib_umem_odp_map_dma_and_lock(struct ib_umem_odp *umem, u64 start, u64 bytes, u64 access_mask,
				 bool fault);
void ib_umem_odp_unmap_dma_pages(struct ib_umem_odp *umem, u64 start, u64 end);

#endif
