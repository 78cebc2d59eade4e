/* SPDX-License-Identifier: MIT */
/*
 * Bug 7: CPUs that touch one page of a device keep each other from getting it back. Repaired by
 * 1afaeb8293c9 (Matthew Brost, v6.15).
 *
 *	   CPU one				CPU two
 *	1. fault: takes a reference to the page
 *	2.					fault: takes a reference to the page
 *	3. migrates: counts the references,
 *	   finds one too many, gives up
 *	4.					migrates: gives up, because of CPU one
 *	5. puts its reference, faults again
 *	6.					puts its reference, faults again
 *
 * The page never moves, and both go on for ever, as long as 1 and 2 come before 3 and 4 each time.
 *
 * The fix: a fault takes the page lock together with the reference, and if it does not get the lock
 * it takes neither: then one of them always has the page for itself. Bug 8 is what came of it.
 *
 * The switch: private-fault=reference of the mm, what a fault takes of the page.
 *
 * What finds it: "retry without bound", which names who undoes whom.
 */
#include "regress/regress.h"

static const char text[] = "hmmsim 1\n"
			   "race bug-07\n"
			   "axis fault trylock reference wait\n"
			   "machine retries=3\n"
			   "pgmap P 8 10 type=private owner=1 ram=migrate\n"
			   "mm M private-fault=$fault\n"
			   "mmap M 0x0 0x1000 rw\n"
			   "setup\n"
			   "  store M 0x0 7\n"
			   "  migrate-to P M 0x0 0x1000\n"
			   "task one\n"
			   "  access M 0x0\n"
			   "task two\n"
			   "  access M 0x0\n"
			   "check\n"
			   "  assert-pages P 0\n"
			   "  assert-value M 0x0 7\n"
			   "race three\n"
			   "axis fault trylock reference wait\n"
			   "machine retries=1\n"
			   "pgmap P 8 10 type=private owner=1 ram=migrate\n"
			   "mm M private-fault=$fault\n"
			   "mmap M 0x0 0x1000 rw\n"
			   "setup\n"
			   "  store M 0x0 7\n"
			   "  migrate-to P M 0x0 0x1000\n"
			   "task one\n"
			   "  access M 0x0\n"
			   "task two\n"
			   "  access M 0x0\n"
			   "task three\n"
			   "  access M 0x0\n"
			   "check\n"
			   "  assert-pages P 0\n"
			   "  assert-value M 0x0 7\n";

int main(int argc, char **argv)
{
	static const struct regress bug = {
		.number = 7,
		.title = "CPUs that touch a page of a device undo each other's migration",
		.text = text,
		.run = {
			{ .settings = "fault=reference",
			  REGRESS_FOUND(HS_VERDICT_RETRIES, "undone by two", 282) },
			{ .race = "three", .settings = "fault=reference",
			  REGRESS_FOUND(HS_VERDICT_RETRIES, "undone by two (task 2) and three", 4096) },
			{ .settings = "fault=trylock", REGRESS_CLEAN(36) },
			{ .settings = "fault=wait", REGRESS_CLEAN(24) },
			{ .race = "three", .settings = "fault=trylock", REGRESS_CLEAN(1197) },
			{ .race = "three", .settings = "fault=wait", REGRESS_CLEAN(513) },
		},
	};

	return regress_main(argc, argv, &bug);
}
