/* SPDX-License-Identifier: MIT */
/*
 * Bug 13: mmu_interval_notifier_remove() returned while its subscription was still on the list of
 * what the end of an invalidation changes. Repaired by Alistair Popple in 2022.
 *
 *	   invalidation				remover
 *	1. start: the sequence is odd
 *	2.					the tree may not change now: puts the
 *						subscription on the deferred list
 *	3. end: the sequence is even
 *	4.					sees that it is even: does not wait, and
 *						frees the subscription
 *	5. takes the deferred list: touches
 *	   the freed subscription
 *
 * The fix: the remover reads the sequence under the lock, behind the whole end. Here the end has
 * the other order, 5 before 3 (src/notifier/notifier.c), with the same effect.
 *
 * The switch: the fault END_DEFERRED_LATE has 3 before 5 again. REMOVE_SUB_NO_WAIT is the coarser
 * form: the remover does not wait at all.
 *
 * What finds it: "use after free", of the subscription.
 */
#include "regress/regress.h"

static const char text[] = "hmmsim 1\n"
			   "race bug-13\n"
			   "mm M\n"
			   "mmap M 0x0 0x1000 rw\n"
			   "driver D M 0x0 0x1000 late=yes\n"
			   "setup\n"
			   "  insert D\n"
			   "task invalidation\n"
			   "  invalidate M 0x0 0x1000\n"
			   "  invalidate-end M\n"
			   "task remover\n"
			   "  remove D\n"
			   "check\n"
			   "  assert-idle M\n";

int main(int argc, char **argv)
{
	static const struct regress bug = {
		.number = 13,
		.title = "a subscription is freed before the invalidation is done with it",
		.text = text,
		.run = {
			{ .fault = HS_BREAK_END_DEFERRED_LATE,
			  REGRESS_FOUND(HS_VERDICT_FREED, "(task invalidation)", 3) },
			{ .fault = HS_BREAK_REMOVE_SUB_NO_WAIT,
			  REGRESS_FOUND(HS_VERDICT_FREED, "(task invalidation)", 2) },
			{ REGRESS_CLEAN(3) },
		},
	};

	return regress_main(argc, argv, &bug);
}
