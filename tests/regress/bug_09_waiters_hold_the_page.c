/* SPDX-License-Identifier: MIT */
/*
 * Bug 9: a fault that waited for the end of a migration held a reference to the page that moved,
 * and the migration failed because of it. migration_entry_wait() takes none any more: a series of
 * Alistair Popple, December 2021.
 *
 *	   driver				CPU
 *	1. setup: the entry becomes a
 *	   migration entry
 *	2.					fault: takes a reference to the page,
 *						and waits until it is unlocked
 *	3. counts the references: one too many,
 *	   the page does not move
 *	4.					goes on, with the page where it was
 *
 * Nothing is unsafe, and nothing waits for ever: the more a page is used, the less it can be moved.
 *
 * The fix: a waiter looks at the entry, and has no reference.
 *
 * The switch: migration-wait=reference of the mm.
 *
 * What finds it: an assertion of the pages that are on the device. They are coherent, so that the
 * CPU needs no migration back.
 */
#include "regress/regress.h"

static const char text[] = "hmmsim 1\n"
			   "race bug-09\n"
			   "axis wait entry reference\n"
			   "pgmap P 8 10 type=coherent owner=1\n"
			   "mm M migration-wait=$wait\n"
			   "mmap M 0x0 0x1000 rw\n"
			   "setup\n"
			   "  store M 0x0 7\n"
			   "task driver\n"
			   "  migrate-to P M 0x0 0x1000\n"
			   "task cpu\n"
			   "  access M 0x0 w\n"
			   "check\n"
			   "  assert-pages P 1\n"
			   "  assert-value M 0x0 7\n";

int main(int argc, char **argv)
{
	static const struct regress bug = {
		.number = 9,
		.title = "a fault that waits for a migration makes it fail",
		.text = text,
		.run = {
			{ .settings = "wait=reference",
			  REGRESS_FOUND(HS_VERDICT_ASSERT, "0 pages of P are allocated, expected 1", 8) },
			{ .settings = "wait=entry", REGRESS_CLEAN(4) },
		},
	};

	return regress_main(argc, argv, &bug);
}
