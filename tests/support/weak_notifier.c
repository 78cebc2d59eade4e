/* SPDX-License-Identifier: MIT */
/*
 * The sequence numbers of src/notifier/notifier.c, stored without release if weak_notifier says so.
 * The linker takes this file for the one in the library.
 */
#include "support/weak_notifier.h"

#include "notifier/notifier.h"

enum weak_notifier weak_notifier;

static void store_weakly(struct hs_task *self, hs_u64 *a, uint64_t v, enum hs_order o)
{
	if (weak_notifier == (v & 1 ? WEAK_ODD : WEAK_EVEN))
		o = HS_RELAXED;
	hs_u64_store(self, a, v, o);
}

#undef hs_u64_store
#define hs_u64_store store_weakly
#include "notifier/notifier.c" /* NOLINT(bugprone-suspicious-include) */
