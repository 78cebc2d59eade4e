/* SPDX-License-Identifier: MIT */
/*
 * compare.h - the strategies side by side on one layout
 *
 * invented. Counts are exact and depend only on the layout and the setting. A walk is a span of
 * calls: one call from the first VMA to the end of the last, or one call for each VMA that a driver
 * may read (no IO, no PFNMAP), with the counts summed.
 *
 * A fault brings in a new page (run/script.h, action ok). If a call has changed the address space,
 * it is built anew before the next call.
 *
 * The pages of a span by class of cost are counted from the layout. An entry that is not present
 * (swap, migration and the like) counts as private-foreign, because the walker decodes it and gets
 * nothing. A PTE table counts once for every VMA that the walk enters in it. A page that was
 * faulted in counts as a page; a pass that begins anew costs nothing.
 */
#ifndef HS_COMPARE_COMPARE_H
#define HS_COMPARE_COMPARE_H

#include <hmmsim/walk.h>

#include "cost/cost.h"
#include "compare/measure.h"
#include "run/populate.h"
#include "run/script.h"

#define HS_COMPARE_CALL_PAGES ((uint64_t)1 << 22) /* longest call */
/* Most pages that all VMAs have together: a terabyte, less if a request may fault them in. */
#define HS_COMPARE_PAGES ((uint64_t)1 << 28)
#define HS_COMPARE_FAULTS HS_SPACE_ENTRIES_MAX
/* Passes without progress, beyond one for each VMA, after which the range is invalid. */
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

/* The default_flags of a call with this request. */
uint64_t hs_request_flags(enum hs_compare_request request);

struct hs_compare_call {
	uint64_t start, end;
};

struct hs_compare_span {
	struct hs_compare_call *calls;
	size_t count;
	uint64_t pages, most_pages; /* of all; of one call */
};

struct hs_compare;

/* What is walked in place of the layout as it is. */
struct hs_compare_space {
	/* Builds c->space on the machine, and sets what resolves faults. 0 or -ENOMEM. */
	int (*build)(struct hs_compare *c, void *arg);
	/* Ends it, also after an error of build. */
	void (*end)(struct hs_compare *c, void *arg);
	void *arg;
};

struct hs_compare_setting {
	struct hs_hostmem *mem;
	enum hs_compare_request request;
	enum hs_body body;
	uint64_t owner;				 /* whose device-private pages are accepted */
	const struct hs_machine_config *machine; /* NULL: the standard one */
	const struct hs_clock *clock;		 /* may be NULL if nothing is timed */
	const struct hs_compare_space *space;	 /* NULL: the layout (populate.h) */
};

struct hs_compare {
	const struct hs_layout *layout;
	struct hs_compare_setting set;
	struct hs_machine *machine;
	struct hs_task *self;
	struct hs_populated space;
	struct hs_script script;
	uint64_t *pfns, slots;
	bool dirty; /* the space differs from the layout */
	uint64_t checks,
		progress; /* checks since the last fault or wait; faults and waits so far */
	bool livelock;	  /* of the last call */
};

struct hs_compared {
	struct hs_walk_counts counts; /* of all calls */
	uint64_t failed;	      /* calls */
	long error;		      /* of the first call that failed */
	uint64_t livelocks;	      /* calls that HS_COMPARE_CHECKS ended */
	uint64_t valid; /* pages in the answers of calls that did not fail; with .space */
	bool changed;	/* the space; it is built anew before the next walk */
	struct hs_cost_counts cost; /* valid if no call failed */
};

/* ---- spans (pages.c) ------------------------------------------------------------- */

/* Returns 0; -ENOMEM; -ERANGE: longer than a call may be; -ENOENT: there is nothing to walk. */
int hs_compare_make_span(struct hs_hostmem *mem, const struct hs_layout *layout,
			 enum hs_compare_scope scope, struct hs_compare_span *out);
void hs_compare_span_free(struct hs_hostmem *mem, struct hs_compare_span *span);
/* The VMA with which all calls have more than @most pages; the count: there is none. */
size_t hs_compare_find_excess(const struct hs_layout *layout, uint64_t most);
/* Counts pages and tables by class, without calls, lookups and faults. */
void hs_compare_pages(const struct hs_layout *layout, const struct hs_compare_span *span,
		      uint64_t owner, struct hs_cost_counts *out);

/* ---- walks ------------------------------------------------------------------------------- */

/* Returns 0, -ENOMEM, or -EINVAL: hs_layout_lacks_pgmap(). Ended in every case. */
int hs_compare_begin(struct hs_compare *c, const struct hs_layout *layout,
		     const struct hs_compare_setting *setting);
/*
 * Walks the span. Returns 0, with errors of calls in @out; -ENOMEM; -EIO: references are left that
 * the walk did not count.
 */
int hs_compare_run(struct hs_compare *c, enum hs_era era, enum hs_strategy strategy,
		   const struct hs_compare_span *span, struct hs_compared *out);
/*
 * Walks the span @times times and measures how long that takes. The answers are ignored, therefore
 * hs_compare_run() has walked the span without failures before; a walk that changes the space is
 * done once. Returns 0 or -ENOMEM.
 */
int hs_compare_time(struct hs_compare *c, enum hs_era era, enum hs_strategy strategy,
		    const struct hs_compare_span *span, uint64_t times, double *real_ns,
		    double *cpu_ns);
/* Builds the space anew. Returns 0 or -ENOMEM. */
int hs_compare_rebuild(struct hs_compare *c);
/* Returns 0, or -ENOTEMPTY: objects are left in the machine. */
int hs_compare_end(struct hs_compare *c);

#endif
