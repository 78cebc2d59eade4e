/* SPDX-License-Identifier: MIT */
/*
 * place.h - puts a share of a layout's pages on device memory
 *
 * invented. PATTERN=KIND:SHARE[:PGMAPS][,runs=N][,owner=K]
 *
 *	PATTERN	all; anon or file: entries that say of=anon, or of=file or of=shmem; 0xA-0xB: entries
 *		inside the addresses; anything else is a VMA's name, or a glob (fnmatch) of it
 *	KIND	fsdax: ro and rw become devro and devrw; private: dpr and dpw, leaves in 4 KiB entries;
 *		coherent, p2pdma: they stay what they are, as in the kernel, the pages are others
 *	SHARE	of the pages that match: 50 or 50% is a percentage, 1/3 a fraction
 *	PGMAPS	so many pgmaps take turns, run by run (default 1)
 *	runs=N	pages are taken N at a time (default 1: page by page)
 *	owner=K	of the pgmaps (default 1 for private, otherwise none)
 *
 * Pages that match are counted in address order, holes left out, whatever VMA they are in, entries of
 * each size apart; each run of N of them is taken if afterwards no more than the share is. A leaf that
 * is larger than a run is a run. What can match: ro and rw entries of ordinary memory outside hugetlb VMAs; the zero page and
 * what is on device memory already stay. The pgmaps come after all pfns of the layout, each from a
 * multiple of 1 GiB on, not below pfn 0x100000000. Nothing but layout and text decides.
 */
#ifndef HS_TEXT_PLACE_H
#define HS_TEXT_PLACE_H

#include "text/layout.h"

#define HS_PLACE_FIRST_PFN ((uint64_t)1 << 32)
#define HS_PLACE_PGMAPS_MAX 1024

enum hs_place_pattern {
	HS_PLACE_ALL,
	HS_PLACE_ANON,
	HS_PLACE_FILE,
	HS_PLACE_RANGE,
	HS_PLACE_NAME
};

struct hs_place {
	enum hs_place_pattern pattern;
	uint64_t start, end; /* of a range */
	char name[256];	     /* a VMA's, or a glob */
	enum hs_pgmap_type type;
	uint64_t share, of; /* share / of */
	uint64_t pgmaps, run, owner;
};

struct hs_placed {
	uint64_t matched, placed; /* pages */
};

/* 0, or -EINVAL with a sentence in @error. */
int hs_place_parse(const char *text, struct hs_place *place, char error[256]);
/*
 * 0; -ENOMEM; -ERANGE: pfns end before the device memory does; -EINVAL: the layout has device memory
 * already and does not say its pgmaps. After an error the layout is what it was.
 */
int hs_place(struct hs_hostmem *mem, struct hs_layout *layout, const struct hs_place *place,
	     struct hs_placed *placed);

#endif
