/* SPDX-License-Identifier: MIT */
/*
 * percpu_ref_kernel.c - calls of the kernel's inline functions, compiled as kernel code is
 */
#include <linux/percpu-refcount.h>

#include "percpu_ref_kernel.h"

int kernel_ref_init(struct percpu_ref *ref, void (*release)(struct percpu_ref *ref), bool atomic,
		    bool reinit)
{
	unsigned int flags = atomic ? PERCPU_REF_INIT_ATOMIC : 0;

	return percpu_ref_init(ref, release, flags | (reinit ? PERCPU_REF_ALLOW_REINIT : 0),
			       GFP_KERNEL);
}

void kernel_ref_exit(struct percpu_ref *ref)
{
	percpu_ref_exit(ref);
}

void kernel_ref_kill(struct percpu_ref *ref)
{
	percpu_ref_kill(ref);
}

void kernel_ref_switch_to_atomic(struct percpu_ref *ref)
{
	percpu_ref_switch_to_atomic_sync(ref);
}

void kernel_ref_get_many(struct percpu_ref *ref, unsigned long n)
{
	percpu_ref_get_many(ref, n);
}

void kernel_ref_put_many(struct percpu_ref *ref, unsigned long n)
{
	percpu_ref_put_many(ref, n);
}

bool kernel_ref_tryget_live(struct percpu_ref *ref)
{
	return percpu_ref_tryget_live(ref);
}

bool kernel_ref_is_dying(struct percpu_ref *ref)
{
	return percpu_ref_is_dying(ref);
}

unsigned long kernel_ref_count(struct percpu_ref *ref)
{
	return (unsigned long)atomic_long_read(&ref->data->count);
}

void *kernel_ref_counters(struct percpu_ref *ref)
{
	unsigned long counters = READ_ONCE(ref->percpu_count_ptr);

	return (void *)(counters & ~(unsigned long)__PERCPU_REF_ATOMIC_DEAD);
}
