/* SPDX-License-Identifier: MIT */
/*
 * Bug 15: hmm_range_fault() returned errors for what it should have handed out, faulted, or asked
 * again for. Three repairs, of which each has a switch here.
 *
 *	   driver of owner 1			owner 2
 *	1.					moves a page of the process to its device
 *	2. walks, and requests that page
 *	3. entry of another owner: -EFAULT,
 *	   where a CPU would fault the page
 *	   back from owner 2
 *
 * From v5.7 to v5.18 this driver never gets the page, however often it tries: repaired by
 * 8a295dbbaf72 (Ralph Campbell, 2022). The switch: WALK_FOREIGN_REFUSED.
 *
 *	   driver				CPU
 *	1.					maps a block of a DAX file, writable
 *	2. walks, and requests a write
 *	3. devmap entry: taken for one without
 *	   a struct page before what it allows
 *	   is compared with the request: -EFAULT
 *
 * Repaired by "bypass devmap pte when all pfn requested flags are fulfilled". The switch:
 * WALK_DEVMAP_SPECIAL.
 *
 *	   driver				another task
 *	1. registers its range, waits
 *	2.					begins an invalidation
 *	3. walks: -EAGAIN, which says that a
 *	   fault has dropped the mmap lock.
 *	   But none has
 *
 * The driver goes on as if it had not the lock, which is never released. Repaired by 2bcbeaefde2f
 * (v5.3-rc3), after which this is -EBUSY. The switch: WALK_INVALID_EAGAIN.
 *
 * What finds them: assertions of the result, and of the driver that has asked for no such thing.
 */
#include "regress/regress.h"

#define TRY(access)                          \
	"  retry\n"                          \
	"    begin D\n"                      \
	"    walk D 0x0 0x2000 " access "\n" \
	"    lock D\n"                       \
	"    check D\n"                      \
	"    program D 0x0\n"                \
	"    program D 0x1000\n"             \
	"    unlock D\n"                     \
	"  until\n"

static const char text[] =
	"hmmsim 1\n"
	"race foreign-page\n"
	"pgmap P 8 10 type=private owner=1\n"
	"pgmap Q 10 12 type=private owner=2\n"
	"mm M\n"
	"mmap M 0x0 0x2000 rw\n"
	"driver D M 0x0 0x2000 owner=1\n"
	"setup\n"
	"  store M 0x0 7\n"
	"  store M 0x1000 9\n"
	"  migrate-to P M 0x0 0x1000\n"
	"task driver\n" TRY("r") "task owner2\n"
				 "  migrate-to Q M 0x1000 0x2000\n"
				 "check\n"
				 "  assert-result driver 0\n"
				 "  assert-entry D 0x0 yes mapped\n"
				 "  assert-value M 0x1000 9\n"
				 "race dax-page\n"
				 "pgmap A 8 10 refs=6.1\n"
				 "file F A 8 2\n"
				 "mm M\n"
				 "mmap M 0x0 0x2000 rws of=F\n"
				 "driver D M 0x0 0x2000\n"
				 "setup\n"
				 "  access M 0x0 w\n"
				 "task driver\n" TRY(
					 "rw") "task cpu\n"
					       "  access M 0x1000 w\n"
					       "check\n"
					       "  assert-result driver 0\n"
					       "  assert-entry D 0x0 w mapped\n"
					       "race range-not-valid\n"
					       "mm M\n"
					       "mmap M 0x0 0x2000 rw\n"
					       "driver D M 0x0 0x2000 validity=flag walker=5.3\n"
					       "setup\n"
					       "  access M 0x0 w\n"
					       "task driver\n" TRY(
						       "rw") "task other\n"
							     "  invalidate M 0x0 0x1000\n"
							     "  invalidate-end M\n"
							     "check\n"
							     "  assert-result driver 0\n";

int main(int argc, char **argv)
{
	static const struct regress bug = {
		.number = 15,
		.title = "a walk fails where it should fault, hand out or ask again",
		.text = text,
		.run = {
			{ .race = "foreign-page", .fault = HS_BREAK_WALK_FOREIGN_REFUSED,
			  REGRESS_FOUND(HS_VERDICT_ASSERT, "returned -EFAULT, expected 0", 2) },
			{ .race = "dax-page", .fault = HS_BREAK_WALK_DEVMAP_SPECIAL,
			  REGRESS_FOUND(HS_VERDICT_ASSERT, "returned -EFAULT, expected 0", 1) },
			{ .race = "range-not-valid", .fault = HS_BREAK_WALK_INVALID_EAGAIN,
			  REGRESS_FOUND(HS_VERDICT_ASSERT, "dropped the mmap lock without", 17) },
			{ .race = "foreign-page", REGRESS_CLEAN(3237) },
			{ .race = "dax-page", REGRESS_CLEAN(6) },
			{ .race = "range-not-valid", REGRESS_CLEAN(23) },
		},
	};

	return regress_main(argc, argv, &bug);
}
