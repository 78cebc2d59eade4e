/* SPDX-License-Identifier: MIT */
/*
 * percpu_ref_state.h - what tests ask of a percpu reference that no other caller may know
 *
 * In a file of its own, so that a test on other code than the model's may bring its own.
 */
#ifndef HS_TESTS_PERCPU_REF_STATE_H
#define HS_TESTS_PERCPU_REF_STATE_H

#include "pgmap/percpu_ref.h"

/* The count includes the bias: the callback of a kill has not run. */
bool percpu_ref_has_bias(struct hs_task *self, struct hs_percpu_ref *ref);

#endif
