/* SPDX-License-Identifier: MIT */
/*
 * Bug 3: mapping P2PDMA memory into a process failed after a page was allocated, and the error path
 * gave back the page and not the reference to the pgmap. Introduced by 7e9c7ef83d78, repaired by
 * 6220694c52a5.
 *
 *	   process				remover
 *	1. mmap: takes a reference to the
 *	   pgmap for its page
 *	2. a later step fails: gives back what
 *	   it has, but for that reference
 *	3.					unmaps all processes, kills, puts the pages
 *	4.					waits for the last reference, for ever
 *
 * Here the step that fails is the allocation: another process has the only page. The fix: each
 * error path puts what the steps before it have taken.
 *
 * The switch: PAGES_FULL_KEEPS_REF.
 *
 * What finds it: "deadlock", because the wait of the removal has no end.
 */
#include "regress/regress.h"

static const char text[] = "hmmsim 1\n"
			   "race bug-03\n"
			   "pgmap A 8 10 first=9 type=p2pdma refs=6.1\n"
			   "file F A 9 1\n"
			   "mm M\n"
			   "mmap M 0x0 0x1000 rws of=F\n"
			   "mm N\n"
			   "mmap N 0x0 0x1000 rws of=F\n"
			   "setup\n"
			   "  access M 0x0 w\n"
			   "task process\n"
			   "  access N 0x0 w optional=yes\n"
			   "task remover\n"
			   "  disable F\n"
			   "  unmap F 0 1\n"
			   "  remove-memory A\n";

int main(int argc, char **argv)
{
	static const struct regress bug = {
		.number = 3,
		.title = "an error path keeps its reference, and the removal waits for ever",
		.text = text,
		.run = {
			{ .fault = HS_BREAK_PAGES_FULL_KEEPS_REF,
			  REGRESS_FOUND(HS_VERDICT_DEADLOCK, "remover in wait for completion", 1) },
			{ REGRESS_CLEAN(15) },
		},
	};

	return regress_main(argc, argv, &bug);
}
