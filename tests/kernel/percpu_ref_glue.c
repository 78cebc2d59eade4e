/* SPDX-License-Identifier: MIT */
/*
 * percpu_ref_glue.c - the model's percpu references over lib/percpu-refcount.c
 *
 * It is linked before the library, in place of src/pgmap/percpu_ref.c, so that tests of the model
 * are tests of the kernel's code. The kernel's struct percpu_ref lies in the first two words.
 */
#include <hmmsim/races.h>

#include "pgmap/percpu_ref.h"
#include "support/percpu_ref_state.h"

#include "percpu_ref_kernel.h"

#define BIAS ((uint64_t)1 << 63) /* the kernel's, and the model's */

/*
 * The model's counters are there until exit, and may be summed. So references are made with
 * PERCPU_REF_ALLOW_REINIT, unless a program that sums none asks for those of a dev_pagemap, whose
 * counters the callback of a kill frees.
 */
#ifndef PERCPU_REF_GLUE_SUMS
#define PERCPU_REF_GLUE_SUMS true
#endif

_Static_assert(offsetof(struct hs_percpu_ref, release) == 2 * sizeof(void *),
	       "room for the kernel's struct percpu_ref");

static struct percpu_ref *glue_ref(struct hs_percpu_ref *ref)
{
	return (struct percpu_ref *)(void *)ref;
}

static void glue_release(struct percpu_ref *kernel)
{
	struct hs_percpu_ref *ref = (struct hs_percpu_ref *)(void *)kernel;

	ref->release(hs_races_task(), ref);
}

int hs_percpu_ref_init(struct hs_task *self, struct hs_percpu_ref *ref,
		       void (*release)(struct hs_task *self, struct hs_percpu_ref *ref),
		       uint32_t flags)
{
	(void)self;
	ref->release = release;
	return kernel_ref_init(glue_ref(ref), glue_release, flags & HS_PERCPU_REF_ATOMIC,
			       PERCPU_REF_GLUE_SUMS);
}

void hs_percpu_ref_exit(struct hs_task *self, struct hs_percpu_ref *ref)
{
	(void)self;
	kernel_ref_exit(glue_ref(ref));
}

void hs_percpu_ref_get_many(struct hs_task *self, struct hs_percpu_ref *ref, uint64_t n)
{
	(void)self;
	kernel_ref_get_many(glue_ref(ref), n);
}

void hs_percpu_ref_put_many(struct hs_task *self, struct hs_percpu_ref *ref, uint64_t n)
{
	(void)self;
	kernel_ref_put_many(glue_ref(ref), n);
}

bool hs_percpu_ref_tryget_live(struct hs_task *self, struct hs_percpu_ref *ref)
{
	(void)self;
	return kernel_ref_tryget_live(glue_ref(ref));
}

bool hs_percpu_ref_is_dying(struct hs_task *self, struct hs_percpu_ref *ref)
{
	(void)self;
	return kernel_ref_is_dying(glue_ref(ref));
}

void hs_percpu_ref_kill(struct hs_task *self, struct hs_percpu_ref *ref)
{
	(void)self;
	kernel_ref_kill(glue_ref(ref));
}

uint64_t hs_percpu_ref_sum(struct hs_task *self, struct hs_percpu_ref *ref)
{
	uint64_t count = kernel_ref_count(glue_ref(ref));
	hs_u64 *counters;

	if (count < BIAS / 2)
		return count;
	counters = kernel_ref_counters(glue_ref(ref));
	return counters ? count - BIAS + hs_pcpu_sum(self, counters)
			: kernel_ref_count(glue_ref(ref));
}

bool percpu_ref_has_bias(struct hs_task *self, struct hs_percpu_ref *ref)
{
	(void)self;
	return kernel_ref_count(glue_ref(ref)) > BIAS / 2;
}
