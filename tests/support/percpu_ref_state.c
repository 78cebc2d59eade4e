/* SPDX-License-Identifier: MIT */
#include "support/percpu_ref_state.h"

bool percpu_ref_has_bias(struct hs_task *self, struct hs_percpu_ref *ref)
{
	return hs_u64_load(self, &ref->count, HS_ACQUIRE) > HS_PERCPU_REF_BIAS / 2;
}
