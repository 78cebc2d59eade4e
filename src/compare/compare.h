/* SPDX-License-Identifier: MIT */
/*
 * compare.h - the strategies side by side on one layout
 *
 * invented. What is counted is exact and depends on nothing but the layout and the setting. A walk is
 * a span of calls: one for everything from the first VMA to the end of the last, or one for each VMA
 * that a driver may read (no IO, no PFNMAP), its counts summed.
 *
 * What a fault brings in is a new page (run/script.h, action ok). After a call that changed the
 * address space the next one finds it as the layout says again.
 *
 * The pages of a span by class of cost are counted from the layout: a swap, migration or other entry
 * that is not present is decoded and yields nothing, as private-foreign; a PTE table is counted for
 * every VMA that is entered in it. What was faulted in is a page; passes that begin anew cost nothing.
 */
#ifndef HS_COMPARE_COMPARE_H
#define HS_COMPARE_COMPARE_H

#include <hmmsim/walk.h>

#include "cost/cost.h"
#include "compare/measure.h"
#include "run/populate.h"
#include "run/script.h"

#define HS_COMPARE_CALL_PAGES ((uint64_t)1 << 22) /* no call has more */
/* So many passes without progress beyond one a VMA, then the range is invalid. */
#define HS_COMPARE_CHECKS 64

enum hs_compare_scope {
	HS_SCOPE_WHOLE,
	HS_SCOPE_VMAS,
	HS_SCOPE_PAGE, /* one page, the first that is mapped */
	HS_SCOPE_COUNT
};

enum hs_compare_request {
	HS_REQUEST_NONE, /* a snapshot */
	HS_REQUEST_READ, /* everything is faulted in */
	HS_REQUEST_WRITE,
	HS_REQUEST_COUNT
};

extern const char *const hs_scope_names[HS_SCOPE_COUNT];
extern const char *const hs_request_names[HS_REQUEST_COUNT];

/* The default_flags of its calls. */
uint64_t hs_request_flags(enum hs_compare_request request);

struct hs_compare_call {
	uint64_t start, end;
};

struct hs_compare_span {
	struct hs_compare_call *calls;
	size_t count;
	uint64_t pages, most_pages; /* of all; of one call */
};

struct hs_compare_setting {
	struct hs_hostmem *mem;
	enum hs_compare_request request;
	enum hs_body body;
	uint64_t owner;				 /* whose device-private pages are accepted */
	const struct hs_machine_config *machine; /* NULL: the standard one */
	const struct hs_clock *clock;		 /* may be NULL if nothing is timed */
};

struct hs_compare {
	const struct hs_layout *layout;
	struct hs_compare_setting set;
	struct hs_machine *machine;
	struct hs_task *self;
	struct hs_populated space;
	struct hs_script script;
	uint64_t *pfns, slots;
	bool dirty;		   /* the space is not the layout's any more */
	uint64_t checks, progress; /* since the last fault or wait, and how many there were */
};

struct hs_compared {
	struct hs_walk_counts counts; /* of all calls */
	uint64_t failed;	      /* calls */
	long error;		      /* of the first that failed */
	bool changed;		      /* the space: it must be built anew before the next time */
	struct hs_cost_counts cost;   /* where no call failed */
};

/* ---- spans (pages.c) ------------------------------------------------------------- */

/* 0; -ENOMEM; -ERANGE: more than a call can have; -ENOENT: there is nothing to walk. */
int hs_compare_make_span(struct hs_hostmem *mem, const struct hs_layout *layout,
			 enum hs_compare_scope scope, struct hs_compare_span *out);
void hs_compare_span_free(struct hs_hostmem *mem, struct hs_compare_span *span);
/* Pages and tables by class; calls, lookups and faults are not in it. */
void hs_compare_pages(const struct hs_layout *layout, const struct hs_compare_span *span,
		      uint64_t owner, struct hs_cost_counts *out);

/* ---- walks ------------------------------------------------------------------------------- */

/* 0, -ENOMEM, -EINVAL: hs_layout_lacks_pgmap(). To be ended in every case. */
int hs_compare_begin(struct hs_compare *c, const struct hs_layout *layout,
		     const struct hs_compare_setting *setting);
/*
 * Walks the span. 0, with the errors of calls in @out; -ENOMEM; -EIO: references are left that the
 * walk did not count.
 */
int hs_compare_run(struct hs_compare *c, enum hs_era era, enum hs_strategy strategy,
		   const struct hs_compare_span *span, struct hs_compared *out);
/*
 * Walks the span @times times, without looking at what comes out, and says how long that took. Only
 * for what hs_compare_run() did without failures; what changes the space is walked once. 0, -ENOMEM.
 */
int hs_compare_time(struct hs_compare *c, enum hs_era era, enum hs_strategy strategy,
		    const struct hs_compare_span *span, uint64_t times, double *real_ns,
		    double *cpu_ns);
/* 0; -ENOTEMPTY: something was left in the machine. */
int hs_compare_end(struct hs_compare *c);

#endif
