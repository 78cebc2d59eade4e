/* SPDX-License-Identifier: MIT */
/*
 * place.h - moves a share of a layout's pages to device memory
 *
 * invented. README.md has the language: PATTERN=KIND:SHARE[:PGMAPS][,runs=N][,owner=K]
 *
 * Matching pages are counted in address order, across holes and VMAs, separately for each size of
 * entry. A run of N matching pages is taken if the pages taken, this run included, are at most
 * SHARE of the matching pages up to the end of the run. An entry that is larger than a run is a run
 * of its own.
 *
 * ro and rw entries of ordinary memory can match, outside hugetlb VMAs. The zero page and pages
 * that are on device memory already stay. New pgmaps begin above all pfns of the layout and at or
 * above pfn 0x100000000, each at a multiple of 1 GiB. The result depends on the layout and the text
 * alone.
 */
#ifndef HS_TEXT_PLACE_H
#define HS_TEXT_PLACE_H

#include "text/layout.h"

#define HS_PLACE_PGMAPS_MAX 1024
#define HS_PLACE_ERROR 256 /* bytes of the sentence that says what is wrong with a text */

enum hs_place_pattern {
	HS_PLACE_ALL,
	HS_PLACE_ANON,
	HS_PLACE_FILE,
	HS_PLACE_RANGE,
	HS_PLACE_NAME
};

struct hs_place {
	enum hs_place_pattern pattern;
	uint64_t start, end; /* for HS_PLACE_RANGE */
	char name[256];	     /* for HS_PLACE_NAME: name of a VMA, or a glob */
	enum hs_pgmap_type type;
	uint64_t share, of; /* the fraction share / of */
	uint64_t pgmaps, run, owner;
};

struct hs_placed {
	uint64_t matched, placed; /* pages */
};

/* Returns 0, or -EINVAL with a sentence in @error. */
int hs_place_parse(const char *text, struct hs_place *place, char error[HS_PLACE_ERROR]);
/*
 * Returns 0; -ENOMEM; -ERANGE: the device memory would need pfns above HS_PFN_END; -E2BIG: the new
 * layout would be beyond a limit of space.h; -EINVAL: the layout has device memory but no pgmap
 * line. After an error the layout is unchanged.
 */
int hs_place(struct hs_hostmem *mem, struct hs_layout *layout, const struct hs_place *place,
	     struct hs_placed *placed);

/* What -ERANGE and -E2BIG say. */
const char *hs_place_refusal(int ret);

#endif
