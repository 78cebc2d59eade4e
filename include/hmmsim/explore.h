/* SPDX-License-Identifier: MIT */
/**
 * @file explore.h
 * Scenarios, and the verdict on all their interleavings.
 *
 * *invented*. A scenario is a small concurrent program on one machine: a set-up, some tasks, a
 * final check. The same scenario runs
 *
 * - natively, on real threads, once: hs_scenario_run(), in the library hmmsim::hmmsim
 * - in the explorer, under every schedule that matters: hs_explore(), in hmmsim::explore
 *
 * Apart from these two functions both libraries define the same symbols, so a program links one of
 * them.
 *
 * A step is one access to a shared word, or one operation on a lock, wait queue or RCU domain. The
 * code between two steps runs at once with the first. An execution runs until no task can move. It
 * is complete unless the search cuts it short, because an equal one was seen before.
 *
 * A scenario states what must hold by what it calls. hs_page_count() of a page whose memory is gone
 * is a use after free; hs_dmirror_access() asserts that the page is live; what is left at the end
 * is a leak. For a condition of the author's own there is assert(), whose failure is a crash.
 *
 * Errors are negative errno. A violation is not an error: it is the result.
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

/** struct hs_plan - the tasks that a scenario's set-up has asked for, see hs_plan_task() */
struct hs_plan;

/** struct hs_scenario - a small concurrent program */
struct hs_scenario {
	const char *name; /**< a label for the author's own reports; the library does not read it */
	size_t state_size; /**< bytes of the zeroed object that set-up, tasks and check share */
	/**
	 * Builds the state and names the tasks with hs_plan_task(). Runs alone, on the boot task.
	 * The last argument is the one of hs_scenario_run() or hs_explore(). Returns 0, or -errno
	 * to end the run.
	 */
	int (*setup)(struct hs_task *self, struct hs_plan *plan, void *state, const void *param);
	/**
	 * Frees what the set-up allocated, and looks at what must hold at the end. Runs alone, on
	 * the boot task, when all tasks are done. May be NULL.
	 */
	void (*check)(struct hs_task *self, void *state, const void *param);
};

/**
 * hs_plan_task() - add a task to the scenario
 * @param plan  the plan that the set-up was called with; gone when the run ends (not checked)
 * @param name  of the task, for reports; used until the run ends, 15 bytes of it
 * @param fn    what the task runs
 * @param arg   passed to @p fn; the caller's
 *
 * The task starts when the set-up has returned 0.
 *
 * Context: in hs_scenario.setup().
 *
 * Return: 0, or
 * - -EINVAL: @p name or @p fn is NULL, the plan holds 14 tasks already, or the set-up has returned
 */
HMMSIM_API int hs_plan_task(struct hs_plan *plan, const char *name,
			    void (*fn)(struct hs_task *self, void *arg), void *arg);

/**
 * hs_scenario_run() - run a scenario once, on threads (hmmsim::hmmsim)
 * @param scenario  what to run
 * @param param     passed to set-up and check; may be NULL if they allow it
 * @param config    of the machine that is made for the run; NULL: the defaults
 * @param left      receives what was left in the machine, unless no machine could be made; may be
 *                  NULL
 *
 * Makes a machine, runs set-up, tasks and check, and destroys the machine. Either all tasks run or
 * none. A failed assertion aborts the process.
 *
 * Context: any thread; may sleep.
 *
 * Return: 0, or
 * - -EINVAL: the scenario has no set-up or no state, or @p config makes no sense
 * - -ENOMEM: no memory, or a thread could not be started
 * - -EEXIST: the addresses of the machine's region are taken
 * - -ENOTEMPTY: objects were left in the machine
 * - what the set-up returned, if not 0
 */
HMMSIM_API int hs_scenario_run(const struct hs_scenario *scenario, const void *param,
			       const struct hs_machine_config *config, struct hs_leaks *left);

/** enum hs_search - which executions hs_explore() runs */
enum hs_search {
	HS_SEARCH_DFS,	  /**< every interleaving */
	HS_SEARCH_SLEEP,  /**< one complete execution for each class of equal ones (sleep sets) */
	HS_SEARCH_DPOR,	  /**< the same classes, found without executions that are cut (but few) */
	HS_SEARCH_RANDOM, /**< each step uniform among what can move; execution i from (seed, i) */
	HS_SEARCH_REPLAY, /**< the one that hs_explore_options.schedule names */
};

/** enum hs_verdict - what a search has found */
enum hs_verdict {
	HS_VERDICT_NONE,      /**< no violation in what was searched */
	HS_VERDICT_ASSERT,    /**< an assertion failed */
	HS_VERDICT_FREED,     /**< access to an object that is freed or was never allocated */
	HS_VERDICT_DEADLOCK,  /**< tasks wait, and no task can move */
	HS_VERDICT_LIVELOCK,  /**< tasks try again, no other task can change what they read, and
				   they do not get on alone within 128 retries */
	HS_VERDICT_LOST_WAKE, /**< a predicate became true, its queue was not woken afterwards */
	HS_VERDICT_LEAK,      /**< objects, pages or references were left at the end */
	HS_VERDICT_STEPS,     /**< an execution exceeded max_steps: no verdict on it */
	HS_VERDICT_DIVERGED,  /**< replay: the schedule does not fit the scenario */
	HS_VERDICT_CRASH, /**< SIGSEGV, SIGBUS, SIGFPE, SIGILL or SIGABRT in the scenario's code */
	HS_VERDICT_STALL, /**< code of the scenario runs or sleeps for long without a step */
};

/** struct hs_explore_options - how to search; initialise it with hs_explore_options_init() */
struct hs_explore_options {
	enum hs_search search;	   /**< default HS_SEARCH_DPOR */
	uint64_t max_executions;   /**< 0 (default): no bound; HS_SEARCH_RANDOM needs one */
	uint32_t max_steps;	   /**< of one execution, 1..1000000; default 10000 */
	uint64_t seed;		   /**< of HS_SEARCH_RANDOM and of the machine; default 1 */
	uint64_t first;		   /**< HS_SEARCH_RANDOM: index of the first execution */
	uint32_t cpus;		   /**< simulated CPUs, 1..16; default 2 */
	uint32_t section_order;	   /**< of the machine, log2 of pages; default 3: 8 pages */
	uint32_t subsection_order; /**< of the machine, log2 of pages; default 1: 2 pages */
	bool go_on;		   /**< count violations instead of stopping at the first */
	const char *schedule;	   /**< HS_SEARCH_REPLAY: as in hs_explore_result; the caller's */
	/**
	 * Default true: HS_SEARCH_SLEEP and HS_SEARCH_DPOR do not try adds to a reference count in
	 * every order, as long as none of them comes near zero, and with HS_SEARCH_DPOR a task that
	 * is about to wait looks at its predicate when that holds, or when no other task can move.
	 * They find the same verdicts and final states then, by fewer executions. Without effect
	 * together with .fingerprint.
	 */
	bool commute;
	bool fingerprint; /**< also find hs_explore_result.classes; takes longer */
	/**
	 * Bytes of a task's stack, 16 KiB..16 MiB; default 64 KiB. What overflows it is a crash.
	 */
	uint32_t stack_size;
	/**
	 * How long code of the scenario may go on without a step, in ms, 0..3600000; 0: for ever;
	 * default 5000. Measured is the processor's time that it uses, and apart from that the time
	 * for which it sleeps. Time for which it waits for a processor counts as neither.
	 */
	uint32_t stall_ms;
};

/** struct hs_explore_result - what hs_explore() found; release it with hs_explore_result_free() */
struct hs_explore_result {
	enum hs_verdict verdict;  /**< on the first violation */
	uint64_t executions;	  /**< complete + blocked */
	uint64_t complete;	  /**< executions not cut short, violations included */
	uint64_t blocked;	  /**< executions that the sleep set ended early */
	uint64_t violations;	  /**< executions that ended in a violation */
	uint64_t first_violation; /**< number of the first of them, from 1; 0: none, or in set-up */
	uint64_t steps;		  /**< of all executions */
	uint32_t steps_max;	  /**< of the longest execution */
	bool exhaustive;	  /**< the search came to its end: there is no other execution */
	uint64_t trace_hash;	  /**< HS_SEARCH_REPLAY: of every step, object and value */
	size_t image_bytes;	  /**< of the machine at the start of an execution */
	char message[512];	  /**< what was expected and what was found; empty: no violation */
	char *schedule; /**< of the first violation, or of the replayed execution; may be NULL */
	/**
	 * With hs_explore_options.fingerprint: how many classes the executions belong to in which
	 * the tasks came to their end or wait for ever; else 0. Two executions are of one class if
	 * they differ in nothing but the order of steps that touch no common word, or only read it.
	 */
	uint64_t classes;
	/**
	 * A hash of the set of these classes: equal for two searches of one process that met the
	 * same ones.
	 */
	uint64_t fingerprint;
};

/**
 * hs_explore_options_init() - fill in the defaults
 * @param options  all fields are set; change them afterwards
 *
 * Context: any.
 */
HMMSIM_API void hs_explore_options_init(struct hs_explore_options *options);

/**
 * hs_explore() - run a scenario under many schedules (hmmsim::explore)
 * @param scenario  what to run
 * @param param     passed to set-up and check; may be NULL if they allow it
 * @param options   how to search
 * @param result    what was found; overwritten, also on error
 *
 * Runs the set-up once. Every execution begins with the state that it left. The tasks and the RCU
 * callbacks of one execution are at most 31 together; one more fails an assertion.
 *
 * A crash of set-up, tasks, RCU callbacks, predicates or check is a violation with its schedule: by
 * SIGSEGV, also where a task's stack overflows, SIGBUS, SIGFPE, SIGILL, or SIGABRT and so a failed
 * assert(). The same holds for code of theirs that takes no step for too long
 * (hs_explore_options.stall_ms): an endless loop, a lock that is not the machine's. Either ends the
 * search, also with hs_explore_options.go_on, because what the code held is still held: locks of
 * the C library, its heap. Memory and locks of that code are lost.
 *
 * For this the calling thread has handlers for these signals and SIGVTALRM, and a stack for them,
 * until the function returns. Then all is as it was before. A signal from another process, or a
 * fault of another thread, has the effect that it has without them. A fault in the explorer itself
 * says that it is an internal error, and the process dies of it. While a debugger traces the
 * process a crash is left to it, and nothing takes too long: replay a schedule there to see the
 * crash where it is. ASan and TSan end the process as well; then its schedule is on stderr, and
 * under TSan nothing takes too long. Only on x86-64 and arm64 the explorer can tell whose code
 * crashed.
 *
 * Context: one exploration at a time in a process, and no other machine; of one thread, which is
 * not checked.
 *
 * Return: 0, with a violation or without, or
 * - -EINVAL: the scenario has no set-up or no state, an option is out of range, HS_SEARCH_RANDOM
 *   has no max_executions, HS_SEARCH_REPLAY no schedule or one of another form
 * - -EBUSY: a machine exists
 * - -ENOMEM: no memory, or no timer for hs_explore_options.stall_ms
 * - what the set-up returned, if not 0
 */
HMMSIM_API int hs_explore(const struct hs_scenario *scenario, const void *param,
			  const struct hs_explore_options *options,
			  struct hs_explore_result *result);

/**
 * hs_explore_result_free() - release the schedule of a result
 * @param result  a result that hs_explore() has filled in; may be released more than once
 *
 * Context: any.
 */
HMMSIM_API void hs_explore_result_free(struct hs_explore_result *result);

/**
 * hs_verdict_name() - words for a verdict
 * @param verdict  any value
 *
 * Context: any.
 *
 * Return: a literal such as "use after free"; "?" for a value that is no verdict.
 */
HMMSIM_API const char *hs_verdict_name(enum hs_verdict verdict);

#ifdef __cplusplus
}
#endif

#endif
