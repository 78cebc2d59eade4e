/* SPDX-License-Identifier: MIT */
/*
 * explore.h - scenarios, and the verdict on all their interleavings
 *
 * invented. A scenario is a small concurrent program on one machine: a set-up, some tasks, a final
 * check. The same scenario runs
 *
 *   natively      on real threads, once:                    hs_scenario_run(), in hmmsim::hmmsim
 *   in the explorer, under every schedule that matters:     hs_explore(), in hmmsim::explore
 *
 * The two libraries define the same symbols otherwise and never meet in one program.
 *
 * A step is one access to a shared word or one operation on a lock, wait queue or RCU domain; the
 * code between two steps runs at once with the first. An execution runs until no task can move. It
 * is complete if the search did not cut it short because an equal one was seen before.
 *
 * Errors are negative errno: -EINVAL (options or schedule make no sense), -ENOMEM, what the
 * scenario's set-up returned. A violation is not an error, it is the answer.
 */
#ifndef HMMSIM_EXPLORE_H
#define HMMSIM_EXPLORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hmmsim/export.h>
#include <hmmsim/machine.h>

#ifdef __cplusplus
extern "C" {
#endif

struct hs_plan;

struct hs_scenario {
	const char *name;
	size_t state_size; /* of the zeroed object that set-up, tasks and check share */
	/* Builds the state and names the tasks. Runs alone. 0 or -errno. */
	int (*setup)(struct hs_task *self, struct hs_plan *plan, void *state, const void *param);
	/* Runs alone when all tasks are done: asserts, and frees what set-up allocated. May be NULL. */
	void (*check)(struct hs_task *self, void *state, const void *param);
};

/* A task of the scenario, to start when set-up is through. At most 14; more: -EINVAL. */
HMMSIM_API int hs_plan_task(struct hs_plan *plan, const char *name,
			    void (*fn)(struct hs_task *self, void *arg), void *arg);

/*
 * Runs it once on threads. @config may be NULL; -ENOTEMPTY with @left filled in if objects were
 * left behind. A failed assertion aborts.
 */
HMMSIM_API int hs_scenario_run(const struct hs_scenario *scenario, const void *param,
			       const struct hs_machine_config *config, struct hs_leaks *left);

enum hs_search {
	HS_SEARCH_DFS,	  /* every interleaving */
	HS_SEARCH_SLEEP,  /* one complete execution for each class of equal ones */
	HS_SEARCH_RANDOM, /* uniform among what can move, execution i from (seed, i) */
	HS_SEARCH_REPLAY, /* the one that .schedule names */
};

enum hs_verdict {
	HS_VERDICT_NONE,      /* no violation in what was searched */
	HS_VERDICT_ASSERT,    /* an assertion failed */
	HS_VERDICT_FREED,     /* access to an object that is freed, or never was */
	HS_VERDICT_DEADLOCK,  /* tasks wait, nothing can move */
	HS_VERDICT_LIVELOCK,  /* tasks try again, and what they read cannot change any more */
	HS_VERDICT_LOST_WAKE, /* a predicate came true and nobody woke the queue */
	HS_VERDICT_LEAK,      /* objects were left at the end */
	HS_VERDICT_STEPS,     /* an execution exceeded max_steps: no verdict on it */
	HS_VERDICT_DIVERGED,  /* replay: the schedule does not fit the scenario */
};

/* Fill it with hs_explore_options_init(), then change fields. */
struct hs_explore_options {
	enum hs_search search;	   /* default HS_SEARCH_SLEEP */
	uint64_t max_executions;   /* 0 (default): until done; RANDOM needs one */
	uint32_t max_steps;	   /* of one execution; default 10000 */
	uint64_t seed;		   /* RANDOM; default 1 */
	uint64_t first;		   /* RANDOM: index of the first execution */
	uint32_t cpus;		   /* simulated CPUs, 1..16; default 2 */
	uint32_t section_order;	   /* of the machine; default 3: 8 pages */
	uint32_t subsection_order; /* default 1: 2 pages */
	bool go_on;		   /* count violations instead of stopping at the first */
	const char *schedule;	   /* REPLAY: as in hs_explore_result */
};

struct hs_explore_result {
	enum hs_verdict verdict; /* of the first violation */
	uint64_t executions;	 /* complete + blocked, violations and cut ones included */
	uint64_t complete;
	uint64_t blocked;	  /* ended early by the sleep set */
	uint64_t violations;	  /* executions that ended in one */
	uint64_t first_violation; /* its execution, from 1 */
	uint64_t steps;		  /* of all executions */
	uint32_t steps_max;	  /* of the longest one */
	bool exhaustive;	  /* the search came to its end */
	uint64_t trace_hash; /* of the last execution: every step, object and value; REPLAY only */
	size_t image_bytes;  /* of the machine at the start of an execution */
	char message[512];   /* what was expected and what was found */
	char *schedule;	     /* of the first violation, or of the replayed execution; else NULL */
};

HMMSIM_API void hs_explore_options_init(struct hs_explore_options *options);
/* One exploration at a time in a process. hs_explore_result_free() releases the schedule. */
HMMSIM_API int hs_explore(const struct hs_scenario *scenario, const void *param,
			  const struct hs_explore_options *options,
			  struct hs_explore_result *result);
HMMSIM_API void hs_explore_result_free(struct hs_explore_result *result);
HMMSIM_API const char *hs_verdict_name(enum hs_verdict verdict);

#ifdef __cplusplus
}
#endif

#endif
