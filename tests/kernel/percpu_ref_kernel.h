/* SPDX-License-Identifier: MIT */
/*
 * percpu_ref_kernel.h - the kernel's percpu_ref for the glue: its functions, the inline ones too
 */
#ifndef HS_KERNEL_PERCPU_REF_H
#define HS_KERNEL_PERCPU_REF_H

#include <stdbool.h>

struct percpu_ref;

/* @reinit: as PERCPU_REF_ALLOW_REINIT. Without it the callback of a kill frees the counters. */
int kernel_ref_init(struct percpu_ref *ref, void (*release)(struct percpu_ref *ref), bool atomic,
		    bool reinit);
void kernel_ref_exit(struct percpu_ref *ref);
void kernel_ref_kill(struct percpu_ref *ref);
/* Waits for the switch. The reference has been made with @reinit. */
void kernel_ref_switch_to_atomic(struct percpu_ref *ref);
void kernel_ref_get_many(struct percpu_ref *ref, unsigned long n);
void kernel_ref_put_many(struct percpu_ref *ref, unsigned long n);
bool kernel_ref_tryget_live(struct percpu_ref *ref);
bool kernel_ref_is_dying(struct percpu_ref *ref);
/* What ref->data counts, and the counters; NULL: there are none. */
unsigned long kernel_ref_count(struct percpu_ref *ref);
void *kernel_ref_counters(struct percpu_ref *ref);

#endif
