/* SPDX-License-Identifier: MIT */
/*
 * test_hmm_names.h - what lib/test_hmm.c needs beside the headers of src/module
 *
 * reduced: a chunk of device memory is two pages; the device's page table has a slot for each page
 * of a small address space, whose accesses are steps; contents of a page are one word. Own text, of
 * the names that test_hmm.c has.
 */
#ifndef HS_KERNEL_TEST_HMM_NAMES_H
#define HS_KERNEL_TEST_HMM_NAMES_H

#include <errno.h>
#include <limits.h>
#include <string.h>

#include <linux/hmm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#define __user
#define PMD_SHIFT 21
#define PUD_SHIFT 30
#define IS_ERR_OR_NULL(ptr) (!(ptr) || IS_ERR(ptr))
#define numa_node_id() 0
#define range_len(range) ((range)->end - (range)->start + 1)
#define is_zero_pfn(pfn) ((pfn) == HS_ZERO_PFN)

/* ---- the device's page table ------------------------------------------------------------- */

#define XA_SLOTS 8

struct xarray {
	void *slot[XA_SLOTS];
};

static inline void **xa_slot(struct xarray *xa, unsigned long index)
{
	hs_sync_assert(hs_races_task(), index < XA_SLOTS, "no slot for page %lu", index);
	return &xa->slot[index];
}

static inline void *xa_store(struct xarray *xa, unsigned long index, void *entry, gfp_t gfp)
{
	(void)gfp;
	*xa_slot(xa, index) = entry;
	return NULL;
}

#define xa_init(xa) ((void)(xa))
#define xa_destroy(xa) ((void)(xa))
#define xa_load(xa, index) (*xa_slot((xa), (index)))
#define xa_erase(xa, index) xa_store((xa), (index), NULL, 0)
#define xa_is_err(entry) IS_ERR(entry)
#define xa_err(entry) ((int)PTR_ERR(entry))
#define xa_tag_pointer(entry, tag) ((void *)((unsigned long)(entry) | (tag)))
#define xa_untag_pointer(entry) ((void *)((unsigned long)(entry) & ~3UL))
#define xa_pointer_tag(entry) ((unsigned long)(entry)&3UL)
#define xa_for_each_range(xa, index, entry, first, last)                            \
	for ((index) = (first); (index) <= (last) && (index) < XA_SLOTS; (index)++) \
		if (((entry) = xa_load((xa), (index))))

/* ---- memory ------------------------------------------------------------------------------ */

#define vmalloc(size) kzalloc((size), GFP_KERNEL)
#define vfree(memory) kfree(memory)

static inline void *krealloc(void *old, size_t size, gfp_t gfp)
{
	WARN_ON(old);
	return kzalloc(size, gfp);
}

/* The scenario's: between two steps, because bounce buffers and user memory belong to one task. */
void test_hmm_copy(void *to, const void *from, size_t size);
#define copy_to_user(to, from, size) (test_hmm_copy((to), (from), (size)), 0)
#define copy_from_user(to, from, size) (test_hmm_copy((to), (from), (size)), 0)
#define u64_to_user_ptr(number) ((void *)(uintptr_t)(number))

void test_hmm_from_page(void *to, struct page *page);
void test_hmm_to_page(struct page *page, const void *from);
#define memcpy_from_page(to, page, offset, size) test_hmm_from_page((to), (page))
#define memcpy_to_page(page, offset, from, size) test_hmm_to_page((page), (from))
#define vm_insert_page(vma, addr, page) ((void)(vma), (void)(addr), (void)(page), -EINVAL)

struct resource {
	unsigned long start, end;
};

extern struct resource iomem_resource;
struct resource *request_free_mem_region(struct resource *base, unsigned long size,
					 const char *name);
void release_mem_region(unsigned long start, unsigned long size);

/* ---- files and devices ------------------------------------------------------------------- */

typedef unsigned int test_hmm_dev_t;
#define dev_t test_hmm_dev_t
#define MKDEV(major, minor) ((major) << 20 | (unsigned int)(minor))
#define MAJOR(dev) ((dev) >> 20)
#define MINOR(dev) ((dev)&0xfffffu)

struct cdev {
	const struct file_operations *ops;
	void *owner;
	dev_t dev;
};

struct inode {
	struct cdev *i_cdev;
};

struct file {
	void *private_data;
};

struct file_operations {
	int (*open)(struct inode *inode, struct file *file);
	int (*release)(struct inode *inode, struct file *file);
	int (*mmap)(struct file *file, struct vm_area_struct *vma);
	long (*unlocked_ioctl)(struct file *file, unsigned int command, unsigned long arg);
	long (*llseek)(struct file *file, long offset, int whence);
	void *owner;
};

struct device {
	dev_t devt;
};

#define default_llseek NULL
#define alloc_chrdev_region(dev, first, count, name) (*(dev) = MKDEV(1u, first), 0)
#define unregister_chrdev_region(dev, count) ((void)(dev))
#define cdev_init(cdev, operations) ((cdev)->ops = (operations))
#define device_initialize(device) ((void)(device))
#define dev_set_name(device, format, id) ((void)(device), 0)
int cdev_device_add(struct cdev *cdev, struct device *device);
#define cdev_device_del(cdev, device) ((void)(cdev))

#endif
