/* SPDX-License-Identifier: MIT */
/*
 * removal.h - one removal of device memory while one walk is in flight
 *
 * invented. A run has a machine and one task, which acts for the walker and for the remover. The
 * walk is hs_range_fault() with the reference body; each of its steps is a point at which the
 * removal may begin. Therefore every run gives the same counts, and the cause for which a drain
 * waits is known:
 *
 *	ref	the walk has a reference to the memory in its cache
 *	rcu	it has none, but the grace period after the kill is not over. On v6.12 a PTE table
 *		is scanned inside an RCU section, so that this lasts up to a table with every
 *		strategy
 *	else	neither: pins of pages by other tasks (page references of 5.3), or leaked references
 *
 * The plan of a removal that begins at point k:
 *
 *	correct		at k: disable, invalidate, kill, put pages. These sleep, therefore k is no
 *			page where PTE tables are scanned under RCU
 *	kill-first	at k: kill, put pages. Disable and invalidate follow after `retries` passes
 *			of the walk in vain, or after the call
 *	never		kill-first, and the driver is not notified at all: for the verdict
 *
 * From k on each point polls the drain. After the call the remover polls until nothing can change
 * any more; references that are left then are leaked. The other steps follow in the order of the
 * era. A driver with a complete answer checks its sequence number when the memory is about to go:
 * if the number has not moved and the answer has pfns of that memory, the verdict is unsafe.
 *
 * In both eras an interval notifier's sequence says whether the range is valid, because the flag of
 * v5.3 would be true again after the invalidation.
 *
 * What the walk does between two points counts as held if the drain is not over at the second. Its
 * cause is the one at the second point.
 */
#ifndef HS_RUN_REMOVAL_H
#define HS_RUN_REMOVAL_H

#include <hmmsim/mapping.h>
#include <hmmsim/pgmap.h>
#include <hmmsim/walk.h>

#include "cost/cost.h"
#include "text/hostmem.h"

/* ---- one run ------------------------------------------------------------------------------ */

enum hs_removal_plan {
	HS_REMOVAL_PLAN_CORRECT,
	HS_REMOVAL_PLAN_KILL_FIRST,
	HS_REMOVAL_PLAN_NEVER,
	HS_REMOVAL_PLAN_COUNT
};
/* How many plans remove something: all but NEVER, which is the last. */
#define HS_REMOVAL_PLAN_REMOVES_COUNT HS_REMOVAL_PLAN_NEVER

/* Points: the steps of the walk, enum hs_walk_step, and three more. */
enum {
	HS_POINT_RETRY = HS_WALK_STEP_COUNT, /* the walk asks whether its range is valid */
	HS_POINT_SLEEP,			     /* a fault, or a wait for a migration, sleeps */
	HS_POINT_AFTER, /* the call has returned, the mmap lock is released; once */
	HS_POINT_COUNT
};

struct hs_removal_point {
	uint32_t at;
	uint64_t number; /* the N-th of its kind in the call, from 1 */
};

struct hs_removal_case {
	enum hs_era era;
	enum hs_strategy strategy; /* not custom */
	enum hs_removal_plan plan;
	enum hs_pte_map pte_map;
	struct hs_removal_point start;
	uint32_t retries; /* passes in vain before the invalidation; 0: it follows the call */
	uint32_t sleep;	  /* points that each fault and each wait lasts */
	bool atomic;	  /* the pgmap's reference is atomic from the start */
	enum hs_page_refs page_refs;
	const struct hs_machine_config *machine;  /* NULL: the standard one */
	const struct hs_removal_space_ops *space; /* what is walked */
	void *space_arg;
};

/* Strategy none, plan correct, start AFTER 1, 1 retry, page references of the era, no space. */
void hs_removal_case_init(struct hs_removal_case *c, enum hs_era era);

/* ---- the address space -------------------------------------------------------------------- */

/* What .build makes for one run, on the machine of that run. */
struct hs_removal_space {
	struct hs_mm *mm;
	uint64_t start, end;	/* of the call */
	struct hs_pgmap *pgmap; /* the run removes it and frees it */
	struct hs_pgmap *other; /* or NULL; stays, the run puts what the walk leaked of it */
	uint64_t default_flags; /* of the call; the slots are 0 */
	const void *owner;	/* whose device-private pages the call accepts */
	const struct hs_fault_ops *fault; /* after the points of a sleep; NULL: that of fault.h */
	void *fault_arg;
	const int *fault_error; /* why a fault could not be simulated: 0 or -errno; NULL: it can */
	void *arg;		/* .space_arg of the case */
};

struct hs_removal_space_ops {
	/*
	 * The space is zeroed but for .arg. The pgmap is made with .page_refs and .atomic. 0 or
	 * -errno.
	 */
	int (*build)(struct hs_task *self, const struct hs_removal_case *c,
		     struct hs_removal_space *space);
	/* No fault makes a new entry of the memory from now on. Called once. NULL: none would. */
	void (*disable)(struct hs_task *self, struct hs_removal_space *space);
	/* Clears every entry of the memory and notifies; may be called during the walk. */
	void (*invalidate)(struct hs_task *self, struct hs_removal_space *space);
	/* Frees the mm, before the pgmap is freed. After a failed build: what has been built. */
	void (*unmap)(struct hs_task *self, struct hs_removal_space *space);
	/* Frees the rest, last. .pgmap is NULL if the run has freed it. May be NULL. */
	void (*destroy)(struct hs_task *self, struct hs_removal_space *space);
};

/* ---- its result --------------------------------------------------------------------------- */

enum hs_removal_cause {
	HS_HELD_REF,
	HS_HELD_RCU,
	HS_HELD_ELSE,
	HS_HELD_CAUSE_COUNT
};

struct hs_removal_held {
	uint64_t pages, tables, faults, waits;
};

/* The worst last. */
enum hs_removal_verdict {
	HS_REMOVAL_OK,
	HS_REMOVAL_STUCK,    /* it does not drain: references are left that no task will put */
	HS_REMOVAL_LIVELOCK, /* the walk made passes in vain, or got no further, and was ended */
	HS_REMOVAL_UNSAFE,   /* the driver would use memory that is gone */
	HS_REMOVAL_VERDICT_COUNT
};

struct hs_removal_result {
	long ret; /* of the call */
	struct hs_walk_counts walk;
	int64_t refs;					  /* to the pgmap at the kill */
	struct hs_removal_held held[HS_HELD_CAUSE_COUNT]; /* from the kill until it is drained */
	struct hs_cost_counts cost; /* of what the walk did meanwhile, whatever the cause */
	uint64_t grace_periods;	    /* from the kill until it is drained */
	uint64_t removal_grace;	    /* ... until the pgmap is freed */
	uint64_t vain;		    /* passes that failed at the dead pgmap */
	bool inside;		    /* drained before the call returned */
	uint64_t leaked;	    /* references that had to be put by hand; both pgmaps' */
	enum hs_removal_verdict verdict;
};

#define HS_REMOVAL_VAIN_MAX 64 /* passes in vain after which a run ends the walk */

/*
 * One run. Returns 0, or -EINVAL: a field is out of range, or the start cannot be (plan correct at
 * a point that may not sleep); -ENOENT: the call has no such point; -ENOMEM; -ENOTEMPTY: objects
 * were left.
 */
int hs_removal_run(struct hs_hostmem *mem, const struct hs_removal_case *c,
		   struct hs_removal_result *result);

/*
 * The points at which a removal of this plan can begin, in the order of a call without a removal.
 * If there are more than @most, some are left out: of the first, middle and last run of pages the
 * first, middle and last page are kept, and likewise of every other kind that has more than 64
 * points. *without is the call without a removal. Returns 0 or as above; the caller frees *points
 * (hs_hostmem_free()).
 */
int hs_removal_points(struct hs_hostmem *mem, const struct hs_removal_case *c, uint64_t most,
		      struct hs_removal_result *without, struct hs_removal_point **points,
		      uint64_t *count);

/* The maximum of each count over all these points, one run each. */
struct hs_removal_worst {
	uint64_t runs, inside; /* inside: drained before the call returned */
	struct hs_removal_held held[HS_HELD_CAUSE_COUNT];
	uint64_t grace_periods, removal_grace, vain, leaked;
	enum hs_removal_verdict verdict;
	/*
	 * Of the runs with the worst verdict, the first that holds most faults and waits, then
	 * pages.
	 */
	struct hs_removal_point start;
	struct hs_removal_result at;
	/* The call without a removal. */
	long ret;
	struct hs_walk_counts walk;
};

int hs_removal_worst(struct hs_hostmem *mem, const struct hs_removal_case *c, uint64_t most,
		     struct hs_removal_worst *worst);

/* ---- names ------------------------------------------------------------------------------- */

const char *hs_removal_plan_name(enum hs_removal_plan plan);
const char *hs_removal_point_name(uint32_t at);
const char *hs_removal_verdict_name(enum hs_removal_verdict verdict);

#endif
