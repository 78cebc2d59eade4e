/* SPDX-License-Identifier: MIT */
/*
 * Bug 11: the copy between device and memory fails, and the driver migrates nevertheless. Repaired
 * in nouveau (migrate_to_ram() showed stale data) and amdkfd (CVE-2026-89810).
 *
 *	   driver				CPU
 *	1. setup: both pages are selected
 *	2. allocates a page for each, copies
 *	   the first
 *	3. the copy of the second fails
 *	4. pages, finalize: both move
 *	5.					reads the second: what its new page held
 *						before, another process's perhaps
 *
 * The fix: where the copy has failed, the driver frees the new page and clears its slot, so that
 * the page stays where it is. A fault that needs it fails.
 *
 * The switch: copy-error=keep of the pgmap. Both runs have copies=1: the second copy of a migration
 * fails.
 *
 * What finds it: an assertion of what a CPU reads.
 */
#include "regress/regress.h"

static const char text[] = "hmmsim 1\n"
			   "race to-the-device\n"
			   "axis error undo keep\n"
			   "pgmap P 8 10 type=private owner=1 copies=1 copy-error=$error\n"
			   "mm M\n"
			   "mmap M 0x0 0x2000 rw\n"
			   "setup\n"
			   "  store M 0x0 7\n"
			   "  store M 0x1000 8\n"
			   "task driver\n"
			   "  migrate-to P M 0x0 0x2000\n"
			   "task cpu\n"
			   "  assert-value M 0x1000 8\n"
			   "check\n"
			   "  assert-pages P 1\n"
			   "  assert-value M 0x0 7\n"
			   "  assert-value M 0x1000 8\n"
			   "race from-the-device\n"
			   "axis error undo keep\n"
			   "pgmap P 8 10 type=private owner=1 copies=1 copy-error=$error\n"
			   "mm M private-fault=wait\n"
			   "mmap M 0x0 0x2000 rw\n"
			   "setup\n"
			   "  store M 0x0 7\n"
			   "  store M 0x1000 8\n"
			   "  migrate-to P M 0x0 0x1000\n"
			   "  migrate-to P M 0x1000 0x2000\n"
			   "task driver\n"
			   "  migrate-back P M 0x0 0x2000\n"
			   "task cpu\n"
			   "  assert-value M 0x1000 8\n"
			   "check\n"
			   "  assert-value M 0x0 7\n"
			   "  assert-value M 0x1000 8\n"
			   "  assert-pages P 0\n";

int main(int argc, char **argv)
{
	static const struct regress bug = {
		.number = 11,
		.title = "a page moves although its copy has failed",
		.text = text,
		.run = {
			{ .race = "to-the-device", .settings = "error=keep",
			  REGRESS_FOUND(HS_VERDICT_ASSERT, "found 0, expected 8", 1) },
			{ .race = "from-the-device", .settings = "error=keep",
			  REGRESS_FOUND(HS_VERDICT_ASSERT, "found 0, expected 8", 1) },
			{ .race = "to-the-device", REGRESS_CLEAN(21) },
			{ .race = "from-the-device", REGRESS_CLEAN(1434) },
		},
	};

	return regress_main(argc, argv, &bug);
}
