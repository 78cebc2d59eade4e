/* SPDX-License-Identifier: MIT */
/*
 * mmu_notifier_kernel.h - the kernel's mmu notifiers for the glue
 *
 * Objects that the kernel's code links into its lists and trees are its own: they are allocated
 * when one of the model's is inserted or registered, and freed when that is over.
 */
#ifndef HS_KERNEL_MMU_NOTIFIER_H
#define HS_KERNEL_MMU_NOTIFIER_H

#include <stdbool.h>

struct mm_struct;
struct kernel_sub;
struct kernel_plain;

/* An invalidation, without types of either side. */
struct kernel_range {
	unsigned long start, end;
	int event;
	void *owner;
	bool blockable;
};

/* With subscriptions of its own, as after the first one that was inserted. NULL: no memory. */
struct mm_struct *kernel_mm_create(void);
void kernel_mm_destroy(struct mm_struct *mm);
/* The last user goes. */
void kernel_mm_release(struct mm_struct *mm);
/* What the kernel's code counts. No steps. */
unsigned long kernel_mm_seq(const struct mm_struct *mm);
unsigned long kernel_mm_active(const struct mm_struct *mm);
bool kernel_mm_is_empty(const struct mm_struct *mm);
bool kernel_mm_defers(const struct mm_struct *mm);

int kernel_start(struct mm_struct *mm, const struct kernel_range *range);
void kernel_end(struct mm_struct *mm, const struct kernel_range *range);

/* @owner: the model's object, for the callbacks. *out is set before the kernel knows it. */
int kernel_sub_insert(struct mm_struct *mm, struct kernel_sub **out, void *owner,
		      unsigned long start, unsigned long length);
void kernel_sub_remove(struct kernel_sub *sub);
unsigned long kernel_sub_read_begin(struct kernel_sub *sub);
bool kernel_sub_read_retry(struct kernel_sub *sub, unsigned long seq);
bool kernel_sub_check_retry(struct kernel_sub *sub, unsigned long seq);
void kernel_sub_set_seq(struct kernel_sub *sub, unsigned long seq);

/* @ends: it has a callback for the end. */
int kernel_plain_register(struct mm_struct *mm, struct kernel_plain **out, void *owner, bool ends);
void kernel_plain_unregister(struct kernel_plain *plain);

/* The glue's: callbacks. */
bool glue_sub_invalidate(void *owner, const struct kernel_range *range, unsigned long seq);
int glue_plain_start(void *owner, const struct kernel_range *range);
void glue_plain_end(void *owner, const struct kernel_range *range);
void glue_plain_release(void *owner);

#endif
