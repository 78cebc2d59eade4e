/* SPDX-License-Identifier: MIT */
/*
 * cost.h - predicts the kernel's time from counts
 *
 * invented. The prediction is one linear form: counts times nanoseconds, summed. The nanoseconds
 * are a profile. README.md has the text format of profiles, the table of errors and how to use
 * both.
 *
 * Two profiles are built in, one for each build of Linux v6.12 that was measured: `light` has no
 * preemption and no mitigations, `distro` has preemptible RCU and return thunks. The kernel's own
 * objects ran in a user process, with real page tables and per-CPU counters, on a 2-core x86-64 VM
 * (AMD Zen 4). Where a range was measured, its middle is taken. Link order alone moves a 4K loop by
 * 15 % and the fill of a 2M leaf from 0.38 to 0.57 ns a page, so a smaller difference means
 * nothing. Grace periods were measured on a booted kernel with HZ=250. Both profiles have the same
 * figure.
 *
 * Each class is derived from measurements in such a way that nothing is counted twice
 * (test_cost.c derives them again). Walks are 64 MiB in one call: P = 16384 pages, 32 PTE tables.
 *
 *	table		45 ns (40-50): each PTE table but the first of a call
 *	call		A call for one page takes 56 ns: two VMA lookups, four levels, the first PTE
 *			table, the page. call = 56 - page
 *	4K classes	measured = (P class + 31 table + call) / P, solved for class
 *	2M, holes	measured = (P class + call) / P, solved for class
 *	hit, put	as measured alone
 *	miss		miss = pair - put, because a miss was measured together with its put. A miss
 *			alone was measured too; its row in the table shows what this choice costs
 *	fault		first touch of a page
 *	zero-fault	a read fault that maps the zero page
 *
 * A class of distro without a measurement is light's class times 9.83 / 4.36, and marked estimated.
 * (9.83 and 4.36 ns a page are the walks over devmap PTEs.) The exceptions:
 *
 *	devmap-leaf-page  (miss + put) / 136.5 - call / P, because only ratios were measured:
 *			  per-page on PMDs takes 120 to 155 times none. With 9.83 / 4.36 that ratio
 *			  would be 75. A fill calls no function, so return thunks cost nothing
 *	leaf-page, hole,  light's class times 1.22, the ratio of the two devmap-leaf-pages, because
 *	unreadable	  they are the same kind of fill
 *	grace-period	  light's figure, because it does not depend on the build
 *
 * The form leaves out what no counter stands for: cache misses on struct pages (device-private
 * memory at 1 GiB), the depth of the index (512 pgmaps), and that a miss alone costs more than a
 * miss among a page's other work (per-page). The table of errors has a row for each.
 */
#ifndef HS_COST_COST_H
#define HS_COST_COST_H

#include <hmmsim/walk.h>

#include "text/out.h"
#include "text/text.h"

enum hs_cost_class {
	/* pages of the range, each in exactly one class */
	HS_COST_PAGE,		  /* ordinary memory, mapped by a PTE */
	HS_COST_LEAF_PAGE,	  /* ordinary memory, a 4K page of a huge leaf */
	HS_COST_HOLE,		  /* no PTE table, or no VMA */
	HS_COST_UNREADABLE,	  /* in a VMA without read access */
	HS_COST_EMPTY_PTE,	  /* an empty entry of a PTE table */
	HS_COST_PRIVATE_OWN,	  /* device-private, of the owner that the walk accepts */
	HS_COST_PRIVATE_FOREIGN,  /* device-private, of another owner */
	HS_COST_DEVMAP_PAGE,	  /* a devmap PTE, without the work of a strategy */
	HS_COST_DEVMAP_LEAF_PAGE, /* likewise, a 4K page of a huge devmap leaf */
	/* work */
	HS_COST_CALL,	    /* hmm_range_fault() */
	HS_COST_TABLE,	    /* a PTE table entered, except the first of a call */
	HS_COST_HIT,	    /* get_dev_pagemap() answered from its pgmap argument */
	HS_COST_MISS,	    /* get_dev_pagemap() answered from the index; it may have found none */
	HS_COST_PUT,	    /* put_dev_pagemap() */
	HS_COST_FAULT,	    /* a fault; the cost is that of a first touch */
	HS_COST_ZERO_FAULT, /* a read fault that maps the zero page */
	HS_COST_READ,	    /* one round: read_begin, mmap lock, driver's lock, read_retry */
	HS_COST_GRACE,	    /* a grace period waited for */
	HS_COST_CLASS_COUNT
};

extern const char *const hs_cost_class_names[HS_COST_CLASS_COUNT];

struct hs_cost_counts {
	uint64_t of[HS_COST_CLASS_COUNT];
};

enum hs_cost_build {
	HS_COST_LIGHT,
	HS_COST_DISTRO,
	HS_COST_BUILD_COUNT /* as a base: no base */
};

#define HS_COST_NAME 32

struct hs_cost_profile {
	char name[HS_COST_NAME];
	enum hs_cost_build base;	/* the build whose measurements it is compared with */
	double ns[HS_COST_CLASS_COUNT]; /* multiples of 0.001 */
	bool estimated[HS_COST_CLASS_COUNT];
};

/* The sum in picoseconds, exact and the same on every machine; UINT64_MAX if it is larger. */
uint64_t hs_cost_ps(const struct hs_cost_counts *counts, const struct hs_cost_profile *profile);
/* Adds a call with its hits, misses, puts and faults. The caller adds the classes left over. */
void hs_cost_count_call(struct hs_cost_counts *counts, const struct hs_walk_counts *walk);
const struct hs_cost_profile *hs_cost_builtin(enum hs_cost_build build);

/* ---- text -------------------------------------------------------------------------------- */

/*
 * Parses a text of one profile (README.md has its lines). Returns 0, or -EINVAL with a sentence in
 * text->error; then @out is unchanged.
 */
int hs_cost_parse(struct hs_text *text, struct hs_cost_profile *out);
/* Prints all classes. parse(print(p)) equals p. */
void hs_cost_print(const struct hs_cost_profile *profile, struct hs_out *out);

/* ---- measured and predicted -------------------------------------------------------------- */

struct hs_cost_row {
	const char *name, *unit;
	double low, high; /* measured, from and to; equal for one figure */
	bool used;	  /* a class of the built-in profile is derived from it */
	/* predicted = ns of @counts / @per, or, if @per is 0, ns of @counts / ns of @over */
	double per;
	struct hs_cost_counts counts, over;
};

/* The measurements of a build; NULL with a count of 0 for HS_COST_BUILD_COUNT. */
const struct hs_cost_row *hs_cost_rows(enum hs_cost_build build, unsigned int *count);
/* The middle of low and high. */
double hs_cost_row_measured(const struct hs_cost_row *row);
/* NAN: the divisor is 0, or a sum is too large for hs_cost_ps(). */
double hs_cost_row_predicted(const struct hs_cost_row *row, const struct hs_cost_profile *profile);
/* Predicted minus measured, in percent of measured. */
double hs_cost_row_error(const struct hs_cost_row *row, const struct hs_cost_profile *profile);
/* Prints the rows of the profile's base as comment lines; nothing without a base. */
void hs_cost_error_table(const struct hs_cost_profile *profile, struct hs_out *out);

#endif
