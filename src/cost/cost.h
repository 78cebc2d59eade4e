/* SPDX-License-Identifier: MIT */
/*
 * cost.h - what the kernel would need for what was counted
 *
 * invented. One linear form: counts times nanoseconds, summed, and nothing else. The nanoseconds
 * are a profile. There are two built-in ones, for two builds of Linux v6.12: `light` has no
 * preemption and no mitigations, `distro` has preemptible RCU and return thunks. Their origin: the
 * kernel's own objects in a user process, with real page tables and per-CPU counters, on a 2-core
 * x86-64 VM (AMD Zen 4). Of a range that was measured the middle is taken (link order alone moves a
 * 4K loop by 15 % and the fill of a 2M leaf from 0.38 to 0.57 ns a page: no smaller difference
 * means anything). Grace periods are ticks of a booted kernel with HZ=250 and belong to no build.
 *
 * That nothing is counted twice (cost.c has the numbers, the test derives them again). All walks are
 * 64 MiB in one call: P = 16384 pages, 32 PTE tables.
 *
 *	table		45 ns (40-50) a PTE table beyond the first of a call
 *	call		a call for one page takes 56 ns: two lookups of a VMA, four levels, the first
 *			table, the page. call = 56 - page
 *	4K classes	measured = (P class + 31 table + call) / P; class follows
 *	2M, holes	measured = (P class + call) / P
 *	hit, put	as measured alone
 *	miss		a miss and its put were measured as a pair; miss = pair - put. The miss alone
 *			was measured too: the error table shows what that choice costs
 *	fault		first touch of a page; zero-fault: a read fault that maps the zero page
 *
 * For distro a class without a figure of its own is light's times 9.83 / 4.36 (the ratio of a walk
 * over devmap PTEs) and marked estimated. Not so, with reasons:
 *
 *	devmap-leaf-page  only ratios were measured. It follows from per-page on PMDs (120-155): it is
 *			  1 / 136.5 of a miss and a put. By 9.83 / 4.36 that ratio would be 75: a fill
 *			  returns from no function on its way, so that thunks do not slow it down
 *	leaf-page, hole,  the same kind of fill: light's times the ratio of the two
 *	unreadable	  devmap-leaf-pages (1.22)
 *	grace-period	  the same: it does not depend on the build
 *
 * What the form cannot say, because no counter stands for it: cache misses on struct pages
 * (device-private memory at 1 GiB), the depth of the index (512 pgmaps), and that a miss measured
 * alone costs more than one among a page's other work (per-page). The table of errors has a row for
 * each.
 */
#ifndef HS_COST_COST_H
#define HS_COST_COST_H

#include <hmmsim/walk.h>

#include "text/out.h"
#include "text/text.h"

enum hs_cost_class {
	/* pages of the range, each in one class */
	HS_COST_PAGE,		 /* ordinary memory, a PTE */
	HS_COST_LEAF_PAGE,	 /* ordinary memory, a 4K page of a 2M leaf */
	HS_COST_HOLE,		 /* no PTE table */
	HS_COST_UNREADABLE,	 /* of a VMA without read access */
	HS_COST_EMPTY_PTE,	 /* nothing in a PTE table */
	HS_COST_PRIVATE_OWN,	 /* device-private, accepted */
	HS_COST_PRIVATE_FOREIGN, /* device-private of another owner */
	HS_COST_DEVMAP_PAGE,	 /* a devmap PTE, without what a strategy does */
	HS_COST_DEVMAP_LEAF_PAGE,
	/* what was done */
	HS_COST_CALL,  /* of hmm_range_fault() */
	HS_COST_TABLE, /* PTE tables entered, but for the first of each call */
	HS_COST_HIT,   /* get_dev_pagemap() answered by the cached argument */
	HS_COST_MISS,  /* ... by the index, with a reference or without */
	HS_COST_PUT,   /* put_dev_pagemap() */
	HS_COST_FAULT, /* a new page */
	HS_COST_ZERO_FAULT,
	HS_COST_READ,  /* read_begin, mmap lock, driver's lock, read_retry: once round */
	HS_COST_GRACE, /* grace periods waited for */
	HS_COST_CLASS_COUNT
};

extern const char *const hs_cost_class_names[HS_COST_CLASS_COUNT];

struct hs_cost_counts {
	uint64_t of[HS_COST_CLASS_COUNT];
};

enum hs_cost_build {
	HS_COST_LIGHT,
	HS_COST_DISTRO,
	HS_COST_BUILD_COUNT /* as a base: none */
};

#define HS_COST_NAME 32

struct hs_cost_profile {
	char name[HS_COST_NAME];
	enum hs_cost_build base;	/* whose measurements it is held against */
	double ns[HS_COST_CLASS_COUNT]; /* whole picoseconds */
	bool estimated[HS_COST_CLASS_COUNT];
};

/* The form, in picoseconds: exact, the same on every machine. UINT64_MAX: more than that. */
uint64_t hs_cost_ps(const struct hs_cost_counts *counts, const struct hs_cost_profile *profile);
/* Adds a call, its lookups, puts and faults; pages, tables and zero-faults are the caller's. */
void hs_cost_count_call(struct hs_cost_counts *counts, const struct hs_walk_counts *walk);
const struct hs_cost_profile *hs_cost_builtin(enum hs_cost_build build);

/* ---- text -------------------------------------------------------------------------------- */

/*
 * A text of one profile, after a first line `hmmsim 1`:
 *
 *	profile NAME [base=light|distro]
 *	cost CLASS NS [estimated]
 *
 * NS is decimal, below 10^12, with at most three digits after the point. A class that has no line
 * is that of the base; without a base each must have one. 0, or -EINVAL with text->error, and then
 * @out is untouched.
 */
int hs_cost_parse(struct hs_text *text, struct hs_cost_profile *out);
/* Canonical: all classes; parse(print(p)) equals p. */
void hs_cost_print(const struct hs_cost_profile *profile, struct hs_out *out);

/* ---- measured and predicted -------------------------------------------------------------- */

struct hs_cost_row {
	const char *name, *unit;
	double low, high; /* measured; the same: one figure */
	bool used;	  /* a class of the built-in profile was derived from it */
	double per;	  /* the unit in ns, times pages; 0: the unit is the cost of @over */
	struct hs_cost_counts counts, over;
};

const struct hs_cost_row *hs_cost_rows(enum hs_cost_build build, unsigned int *count);
double hs_cost_row_measured(const struct hs_cost_row *row); /* the middle */
/* NAN: the unit costs nothing, or a sum is more than hs_cost_ps() can say. */
double hs_cost_row_predicted(const struct hs_cost_row *row, const struct hs_cost_profile *profile);
/* Of the prediction, in percent of what was measured. */
double hs_cost_row_error(const struct hs_cost_row *row, const struct hs_cost_profile *profile);
/* The rows of the profile's base as comment lines; nothing without a base. */
void hs_cost_error_table(const struct hs_cost_profile *profile, struct hs_out *out);

#endif
