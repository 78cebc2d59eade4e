/* SPDX-License-Identifier: MIT */
/*
 * Bug 1: devm_memremap_pages() took the struct pages away before it waited for the last reference.
 * Found by Logan Gunthorpe, repaired by 50f44ee7248a (Dan Williams, merged for v5.2).
 *
 *	   user of a page			removal
 *	1. pins the page
 *	2.					kills the reference of the pgmap
 *	3.					puts the references of the core
 *	4.					takes the struct pages away
 *	5. looks at its page, puts it:
 *	   use after free
 *	6.					waits for the last reference
 *
 * The fix: 6 comes before 4. The orders of v5.3 and of v6.0 have it. In the third order there is, 4
 * before 2, the references of the core would be put when the struct pages that count them are gone.
 *
 * The switch: order= of the pgmap; for the third order a race of its own.
 *
 * What finds it: "use after free", of a struct page; the third an assertion of the removal.
 */
#include "regress/regress.h"

static const char text[] = "hmmsim 1\n"
			   "race bug-01\n"
			   "axis order 6.0 5.3 5.2\n"
			   "pgmap A 8 10 first=9 type=generic refs=5.3 order=$order\n"
			   "setup\n"
			   "  pin 9\n"
			   "task user\n"
			   "  page-touch 9\n"
			   "  page-put 9\n"
			   "task removal\n"
			   "  remove-memory A\n"
			   "race memory-first\n"
			   "pgmap A 8 10 first=9 type=generic refs=5.3\n"
			   "setup\n"
			   "  pin 9\n"
			   "task user\n"
			   "  page-touch 9\n"
			   "  page-put 9\n"
			   "task removal\n"
			   "  memory A\n"
			   "  kill A\n"
			   "  put-pages A\n"
			   "  drain A\n"
			   "  erase A\n"
			   "  exit-ref A\n"
			   "  free A\n";

int main(int argc, char **argv)
{
	static const struct regress bug = {
		.number = 1,
		.title = "the memory goes before the wait for its last reference",
		.text = text,
		.run = {
			{ .settings = "order=5.2",
			  REGRESS_FOUND(HS_VERDICT_FREED, "object that is freed (task user)", 12) },
			{ .race = "memory-first",
			  REGRESS_FOUND(HS_VERDICT_ASSERT, "\"put-pages\" comes after \"memory\"", 1) },
			{ .settings = "order=6.0", REGRESS_CLEAN(15) },
			{ .settings = "order=5.3", REGRESS_CLEAN(15) },
		},
	};

	return regress_main(argc, argv, &bug);
}
