/* SPDX-License-Identifier: MIT */
/*
 * mmu_notifier_kernel.c - the kernel's mmu notifiers for the glue, compiled as kernel code is
 *
 * The kernel's file is included as a whole, because what it counts is in a struct of its own.
 */
#include "mm/mmu_notifier.c" /* NOLINT(bugprone-suspicious-include): it is the subject */

#include "mmu_notifier_kernel.h"

#define NO_STEPS __attribute__((__no_sanitize__("thread")))

struct kernel_sub {
	struct mmu_interval_notifier sub;
	void *owner;
};

struct kernel_plain {
	struct mmu_notifier plain;
	void *owner;
};

/* ---- address spaces ---------------------------------------------------------------------- */

struct mm_struct *kernel_mm_create(void)
{
	static const struct shim_class mmap_class = { "mmap lock" },
				       all_class = { "all locks", true };
	struct mm_struct *mm = kzalloc(sizeof(*mm), GFP_KERNEL);

	if (!mm)
		return NULL;
	shim_rwsem_init(&mm->mmap_lock, &mmap_class);
	shim_rwsem_init(&mm->all_locks, &all_class);
	atomic_set(&mm->mm_users, 1);
	atomic_set(&mm->mm_count, 1);
	mmu_notifier_subscriptions_init(mm);
	if (mmu_notifier_register(NULL, mm)) {
		kfree(mm);
		return NULL;
	}
	return mm;
}

void kernel_mm_destroy(struct mm_struct *mm)
{
	BUG_ON(atomic_read(&mm->mm_count) != 1);
	mmu_notifier_subscriptions_destroy(mm);
	kfree(mm);
}

void kernel_mm_release(struct mm_struct *mm)
{
	if (atomic_dec_and_test(&mm->mm_users))
		mmu_notifier_release(mm);
}

NO_STEPS unsigned long kernel_mm_seq(const struct mm_struct *mm)
{
	return mm->notifier_subscriptions->invalidate_seq;
}

NO_STEPS unsigned long kernel_mm_active(const struct mm_struct *mm)
{
	return mm->notifier_subscriptions->active_invalidate_ranges;
}

NO_STEPS bool kernel_mm_is_empty(const struct mm_struct *mm)
{
	const struct mmu_notifier_subscriptions *s = mm->notifier_subscriptions;

	return !s->itree.rb_root.rb_node && !s->list.first;
}

NO_STEPS bool kernel_mm_defers(const struct mm_struct *mm)
{
	return mm->notifier_subscriptions->deferred_list.first;
}

/* ---- invalidations ----------------------------------------------------------------------- */

static struct mmu_notifier_range kernel_range_in(struct mm_struct *mm, const struct kernel_range *r)
{
	struct mmu_notifier_range range;

	mmu_notifier_range_init_owner(&range, r->event,
				      r->blockable ? MMU_NOTIFIER_RANGE_BLOCKABLE : 0, mm, r->start,
				      r->end, r->owner);
	return range;
}

static struct kernel_range kernel_range_out(const struct mmu_notifier_range *range)
{
	return (struct kernel_range){ range->start, range->end, range->event, range->owner,
				      mmu_notifier_range_blockable(range) };
}

int kernel_start(struct mm_struct *mm, const struct kernel_range *r)
{
	struct mmu_notifier_range range = kernel_range_in(mm, r);
	int ret = 0;

	shim_down_read(&mm->all_locks, SHIM_HERE);
	if (r->blockable)
		mmu_notifier_invalidate_range_start(&range);
	else
		ret = mmu_notifier_invalidate_range_start_nonblock(&range);
	if (ret)
		shim_up_read(&mm->all_locks, SHIM_HERE);
	return ret;
}

void kernel_end(struct mm_struct *mm, const struct kernel_range *r)
{
	struct mmu_notifier_range range = kernel_range_in(mm, r);

	mmu_notifier_invalidate_range_end(&range);
	shim_up_read(&mm->all_locks, SHIM_HERE);
}

/* ---- interval subscriptions -------------------------------------------------------------- */

static bool kernel_sub_called(struct mmu_interval_notifier *sub,
			      const struct mmu_notifier_range *range, unsigned long seq)
{
	struct kernel_range r = kernel_range_out(range);

	return glue_sub_invalidate(container_of(sub, struct kernel_sub, sub)->owner, &r, seq);
}

static const struct mmu_interval_notifier_ops kernel_sub_ops = { .invalidate = kernel_sub_called };

int kernel_sub_insert(struct mm_struct *mm, struct kernel_sub **out, void *owner,
		      unsigned long start, unsigned long length)
{
	struct kernel_sub *sub = kzalloc(sizeof(*sub), GFP_KERNEL);
	int ret;

	if (!sub)
		return -ENOMEM;
	sub->owner = owner;
	*out = sub;
	ret = mmu_interval_notifier_insert(&sub->sub, mm, start, length, &kernel_sub_ops);
	if (ret)
		kfree(sub);
	return ret;
}

void kernel_sub_remove(struct kernel_sub *sub)
{
	mmu_interval_notifier_remove(&sub->sub);
	kfree(sub);
}

unsigned long kernel_sub_read_begin(struct kernel_sub *sub)
{
	return mmu_interval_read_begin(&sub->sub);
}

bool kernel_sub_read_retry(struct kernel_sub *sub, unsigned long seq)
{
	return mmu_interval_read_retry(&sub->sub, seq);
}

bool kernel_sub_check_retry(struct kernel_sub *sub, unsigned long seq)
{
	return mmu_interval_check_retry(&sub->sub, seq);
}

void kernel_sub_set_seq(struct kernel_sub *sub, unsigned long seq)
{
	mmu_interval_set_seq(&sub->sub, seq);
}

/* ---- plain notifiers --------------------------------------------------------------------- */

static void *kernel_plain_owner(struct mmu_notifier *n)
{
	return container_of(n, struct kernel_plain, plain)->owner;
}

static int kernel_plain_started(struct mmu_notifier *n, const struct mmu_notifier_range *range)
{
	struct kernel_range r = kernel_range_out(range);

	return glue_plain_start(kernel_plain_owner(n), &r);
}

static void kernel_plain_ended(struct mmu_notifier *n, const struct mmu_notifier_range *range)
{
	struct kernel_range r = kernel_range_out(range);

	glue_plain_end(kernel_plain_owner(n), &r);
}

static void kernel_plain_released(struct mmu_notifier *n, struct mm_struct *mm)
{
	glue_plain_release(kernel_plain_owner(n));
}

static const struct mmu_notifier_ops kernel_plain_ops[] = {
	{ .invalidate_range_start = kernel_plain_started, .release = kernel_plain_released },
	{ .invalidate_range_start = kernel_plain_started,
	  .invalidate_range_end = kernel_plain_ended,
	  .release = kernel_plain_released },
};

int kernel_plain_register(struct mm_struct *mm, struct kernel_plain **out, void *owner, bool ends)
{
	struct kernel_plain *plain = kzalloc(sizeof(*plain), GFP_KERNEL);
	int ret;

	if (!plain)
		return -ENOMEM;
	plain->owner = owner;
	plain->plain.ops = &kernel_plain_ops[ends];
	*out = plain;
	ret = mmu_notifier_register(&plain->plain, mm);
	if (ret)
		kfree(plain);
	return ret;
}

void kernel_plain_unregister(struct kernel_plain *plain)
{
	mmu_notifier_unregister(&plain->plain, plain->plain.mm);
	kfree(plain);
}
