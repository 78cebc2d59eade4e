/* SPDX-License-Identifier: MIT */
/*
 * Bug 14: nouveau called hmm_range_fault() a second time, after -EBUSY or a check that had failed,
 * with the array that the first call had written. Repaired by 0cafc62e4daf (Ralph Campbell, 2020).
 *
 *	   driver				another task
 *	1. writes its request to the slot
 *	2. walks: the slot is the answer now
 *	3.					takes the page away
 *	4. check: again
 *	5. walks: what is in the slot is taken
 *	   for its request
 *
 * To a walker of v5.3 the slot requests nothing: it clears slots before their pages are faulted,
 * and where it fails. Then 5 succeeds without a page, and the device, which has nothing, asks for
 * ever. A walker of v6.12 leaves a request alone until it is answered, but an answer is one that is
 * not the driver's: the page could be written, so that now a write is requested. If the memory may
 * only be read by then, 5 fails with -EPERM.
 *
 * The fix: 1 is a part of the loop. A request for all pages, in default_flags, has no such trouble.
 *
 * The switch: requests=slots-once of the driver.
 *
 * What finds it: the assertion that the device maps what it asked for, and that of the result.
 */
#include "regress/regress.h"

#define DRIVER                                 \
	"axis requests slots slots-once all\n" \
	"axis walker 5.3 6.12\n"               \
	"mm M\n"                               \
	"mmap M 0x0 0x1000 rw\n"               \
	"driver D M 0x0 0x1000 walker=$walker requests=$requests\n"

static const char text[] = "hmmsim 1\n"
			   "race lost\n" DRIVER "task driver\n"
			   "  retry\n"
			   "    begin D\n"
			   "    walk D 0x0 0x1000 rw\n"
			   "    lock D\n"
			   "    check D\n"
			   "    program D 0x0\n"
			   "    assert-entry D 0x0 w\n"
			   "    unlock D\n"
			   "  until\n"
			   "task other\n"
			   "  dontneed M 0x0 0x1000\n"
			   "race gained\n" DRIVER "setup\n"
			   "  store M 0x0 7\n"
			   "task driver\n"
			   "  retry\n"
			   "    begin D\n"
			   "    walk D 0x0 0x1000 r\n"
			   "    lock D\n"
			   "    check D\n"
			   "    program D 0x0\n"
			   "    unlock D\n"
			   "  until\n"
			   "task other\n"
			   "  mprotect M 0x0 0x1000 r\n"
			   "check\n"
			   "  assert-result driver 0\n";

int main(int argc, char **argv)
{
	static const struct regress bug = {
		.number = 14,
		.title = "the array of requests is not written again before the next walk",
		.text = text,
		.run = {
			{ .race = "lost", .settings = "requests=slots-once",
			  REGRESS_FOUND(HS_VERDICT_ASSERT, "D has no entry for 0x0, expected w", 11) },
			{ .race = "gained", .settings = "requests=slots-once,walker=6.12",
			  REGRESS_FOUND(HS_VERDICT_ASSERT, "returned -EPERM, expected 0", 2) },
			{ .race = "lost", .settings = "requests=slots", REGRESS_CLEAN(828) },
			{ .race = "lost", .settings = "requests=all", REGRESS_CLEAN(802) },
			{ .race = "lost", .settings = "requests=slots,walker=6.12", REGRESS_CLEAN(802) },
			{ .race = "lost", .settings = "requests=slots-once,walker=6.12", REGRESS_CLEAN(802) },
			{ .race = "gained", .settings = "requests=slots,walker=6.12", REGRESS_CLEAN(16) },
			{ .race = "gained", .settings = "requests=all,walker=6.12", REGRESS_CLEAN(16) },
		},
	};

	return regress_main(argc, argv, &bug);
}
