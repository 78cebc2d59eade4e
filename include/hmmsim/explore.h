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
 * Both libraries define the same symbols, so that one source may be linked with either, and a
 * program links one of them. The function of the other one returns -EOPNOTSUPP.
 *
 * A step is one access to a shared word, or one operation on a lock, wait queue or RCU domain; with
 * HS_PLAIN_STEPS one plain access, too. The code between two steps runs at once with the first. An
 * execution runs until no task can move. It is complete unless the search cuts it short, because an
 * equal one was seen before.
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
#include <hmmsim/token.h>

#ifdef __cplusplus
extern "C" {
#endif

struct hs_sync_kind;

/**
 * struct hs_plan - what a set-up asks for: hs_plan_task(), hs_plan_data(), hs_plan_name(),
 * hs_plan_plain(), hs_plan_plain_kind()
 */
struct hs_plan;

/** struct hs_execution - an execution that has ended, see hs_explore_options.ended; opaque */
struct hs_execution;

/** enum hs_plain - what the plain accesses are taken for that a program tells, see races.h */
enum hs_plain {
	HS_PLAIN_CHECKED, /**< no steps, but checked: HS_VERDICT_RACE, HS_VERDICT_FREED */
	HS_PLAIN_IGNORED, /**< nothing */
	/**
	 * Each is a step, as a load or store with relaxed order of what is in memory now. A race is
	 * no finding: its outcomes are explored instead. One to what is freed is HS_VERDICT_FREED.
	 */
	HS_PLAIN_STEPS,
	HS_PLAIN_COUNT
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
	HS_VERDICT_STEPS, /**< an execution exceeded max_steps, or with HS_MEMORY_VIEWS a load may
				   see more than 127 values: no verdict on it */
	HS_VERDICT_DIVERGED, /**< replay: the schedule, or the token, does not fit the scenario */
	HS_VERDICT_CRASH, /**< SIGSEGV, SIGBUS, SIGFPE, SIGILL or SIGABRT in the scenario's code */
	HS_VERDICT_STALL, /**< code of the scenario runs or sleeps for long without a step */
	HS_VERDICT_RETRIES, /**< a task tried again more than hs_explore_options.retry_bound times,
				 because other tasks changed what it had read */
	/**
	 * The same decisions led to another step, object or value than before, or ended otherwise,
	 * because the scenario depends on data that is not in its machine: see hs_plan_data(). It
	 * ends the search, also with hs_explore_options.go_on, and stands in place of what was
	 * found before, because that may not come again. Nor may it: a replay of its schedule may
	 * end otherwise.
	 */
	HS_VERDICT_UNREPEATABLE,
	/**
	 * Code of the scenario makes a call that waits, or lets others go on, where the explorer
	 * does not see it: see hs_explore(). It ends the search, also with
	 * hs_explore_options.go_on.
	 */
	HS_VERDICT_REFUSED,
	/**
	 * Two tasks access a byte, one of them writes, one of them does so by plain code, and
	 * nothing orders the two: no lock, no release and acquire, no other synchronisation. The
	 * accesses need not be next to each other in the execution: hs_explore_options.plain.
	 */
	HS_VERDICT_RACE,
};

/** struct hs_scenario - a small concurrent program */
struct hs_scenario {
	const char *name;  /**< by which a token finds it again; may be NULL */
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
 * hs_plan_data() - name data of the author's own that an execution changes
 * @param plan  the plan that the set-up was called with; gone when the run ends (not checked)
 * @param data  any memory outside the machine: static, or allocated before the set-up returns; the
 *              caller's, and there until the run ends
 * @param size  bytes of it
 *
 * hs_explore() puts back what it held when the set-up returned, before each execution, as it does
 * with state and machine. Data that tasks or check change and that is not named makes executions
 * depend on those before them (HS_VERDICT_UNREPEATABLE). Memory that a task allocates with malloc()
 * cannot be named: such a task uses the state, or an array that is. After hs_explore() the data
 * holds what the last execution left. hs_scenario_run() does nothing with it.
 *
 * Code of a task before its first step runs once, after the set-up, and what it has changed is what
 * each execution begins with.
 *
 * Context: in hs_scenario.setup().
 *
 * Return: 0, or
 * - -EINVAL: @p data is NULL, @p size is 0, the plan names 16 pieces already, or the set-up has
 *   returned
 */
HMMSIM_API int hs_plan_data(struct hs_plan *plan, void *data, size_t size);

/**
 * hs_plan_name() - name a word, a lock, or another part of an object, for reports
 * @param plan   the plan that the set-up was called with; gone when the run ends (not checked)
 * @param name   used until the run ends, 31 bytes of it
 * @param start  any memory that tasks share, such as a field of the state
 * @param size   bytes of it
 *
 * hs_explore_result.report says "ring lock" then, in place of "scenario state+0x10"; and "ring
 * lock+0x8" of what lies eight bytes behind its start. Of several names that cover an address the
 * one of the smallest piece is used, and of several equal ones the first. hs_scenario_run() does
 * nothing with it.
 *
 * Context: in hs_scenario.setup().
 *
 * Return: 0, or
 * - -EINVAL: @p name or @p start is NULL, @p size is 0, the plan has 64 names already, or the
 *   set-up has returned
 */
HMMSIM_API int hs_plan_name(struct hs_plan *plan, const char *name, const void *start, size_t size);

/**
 * hs_plan_plain() - say what plain accesses to some memory are taken for
 * @param plan   the plan that the set-up was called with; gone when the run ends (not checked)
 * @param plain  for hs_explore_options.plain, there
 * @param start  memory whose accesses are looked at (hs_races_access()): a field of the state, an
 *               object of the set-up, a piece of what hs_plan_data() names
 * @param size   bytes of it
 *
 * Of several pieces that have an address the smallest one counts, and of several equal ones the
 * first. An access to bytes of several pieces is taken apart. Accesses of the set-up itself are
 * no steps, and only looked at for HS_VERDICT_FREED. hs_scenario_run() does nothing with it, and
 * so does hs_explore() in a program that tells no accesses.
 *
 * Context: in hs_scenario.setup().
 *
 * Return: 0, or
 * - -EINVAL: @p plain is none of enum hs_plain, @p start is NULL, @p size is 0, the plan has 32 of
 *   this call and of hs_plan_plain_kind() already, or the set-up has returned
 */
HMMSIM_API int hs_plan_plain(struct hs_plan *plan, enum hs_plain plain, const volatile void *start,
			     size_t size);

/**
 * hs_plan_plain_kind() - say what plain accesses to objects of a kind are taken for
 * @param plan   the plan that the set-up was called with; gone when the run ends (not checked)
 * @param plain  for hs_explore_options.plain, in each object that hs_sync_alloc() returns for a
 *               kind of that name, before and after this call
 * @param kind   of the objects; its name is used until the run ends
 *
 * Memory that hs_plan_plain() names has what is said there. Of several calls for a kind the first
 * one counts. hs_scenario_run() does nothing with it.
 *
 * Context: in hs_scenario.setup().
 *
 * Return: 0, or
 * - -EINVAL: @p plain is none of enum hs_plain, @p kind is NULL, the plan has 32 of this call and
 *   of hs_plan_plain() already, or the set-up has returned
 */
HMMSIM_API int hs_plan_plain_kind(struct hs_plan *plan, enum hs_plain plain,
				  const struct hs_sync_kind *kind);

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
 * - -EOPNOTSUPP: hmmsim::explore, where it does nothing else
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
	HS_SEARCH_REPLAY, /**< the one that hs_explore_options.schedule or .token names */
	HS_SEARCH_BOUND,  /**< every interleaving with few preemptions: hs_explore_options.bound */
	HS_SEARCH_PCT,	  /**< random priorities of tasks, which change hs_explore_options.depth - 1
			       times; execution i from (seed, i) */
	HS_SEARCH_PORTFOLIO, /**< uniform steps, priorities of tasks (depths 1 to 5) and of steps in
				  turn, because none is best; execution i from (seed, i) */
};

/** enum hs_extent - which of all executions a search has seen */
enum hs_extent {
	HS_EXTENT_PART,	 /**< some: it was stopped, or chose at random */
	HS_EXTENT_BOUND, /**< all within a bound that left out others */
	HS_EXTENT_ALL,	 /**< all: hs_explore_result.exhaustive */
};

/** enum hs_stop - why a search ran no further execution */
enum hs_stop {
	HS_STOP_END,	    /**< it came to its end */
	HS_STOP_VIOLATION,  /**< at a violation, without hs_explore_options.go_on or by a crash */
	HS_STOP_EXECUTIONS, /**< hs_explore_options.max_executions have run */
	HS_STOP_TIME,	    /**< hs_explore_options.time_limit_ms is over */
	HS_STOP_CALLER,	    /**< hs_explore_options.progress wanted it */
};

/** enum hs_memory - what a load of a shared word may see */
enum hs_memory {
	HS_MEMORY_SC, /**< the newest value: every order of steps, no reordering within a task */
	/**
	 * What C11 allows with the memory orders that the code has, in an order of steps: any store
	 * that neither the task nor what it is ordered after has seen overwritten. Which one is a
	 * choice, written c<number> in schedules: c0 is the newest, c1 the store before it. A
	 * schedule is replayed with the value that it was found with. Never shown: a load that sees
	 * a store which comes later (load buffering), a store that is older than one before it.
	 * Plain data, the clock and what a predicate of a wait reads are as in HS_MEMORY_SC.
	 */
	HS_MEMORY_VIEWS,
	HS_MEMORY_COUNT
};

/** struct hs_explore_progress - how far a search is, see hs_explore_options.progress */
struct hs_explore_progress {
	uint64_t executions; /**< so far: complete + blocked */
	uint64_t complete;   /**< as in hs_explore_result */
	uint64_t blocked;    /**< as in hs_explore_result */
	uint64_t violations; /**< as in hs_explore_result */
	uint64_t steps;	     /**< as in hs_explore_result */
	uint64_t classes;    /**< with hs_explore_options.fingerprint; else 0 */
	double estimate;     /**< of all executions, as in hs_explore_result */
	double deviation;    /**< of that, as in hs_explore_result */
	uint64_t elapsed_ms; /**< since the search began */
};

/** struct hs_explore_options - how to search; initialise it with hs_explore_options_init() */
struct hs_explore_options {
	enum hs_search search;	   /**< default HS_SEARCH_DPOR */
	uint64_t max_executions;   /**< 0 (default): no bound; RANDOM, PCT, PORTFOLIO need one */
	enum hs_memory memory;	   /**< default HS_MEMORY_SC */
	uint32_t max_steps;	   /**< of one execution, 1..1000000; default 10000 */
	uint64_t seed;		   /**< of RANDOM, PCT, PORTFOLIO, the machine; default 1 */
	uint64_t first;		   /**< RANDOM, PCT, PORTFOLIO: index of the first execution */
	uint32_t cpus;		   /**< simulated CPUs, 1..16; default 2 */
	uint32_t section_order;	   /**< of the machine, log2 of pages; default 3: 8 pages */
	uint32_t subsection_order; /**< of the machine, log2 of pages; default 1: 2 pages */
	bool go_on;		   /**< count violations instead of stopping at the first */
	/**
	 * HS_SEARCH_REPLAY: as in hs_explore_result; the caller's. It leads to the same execution
	 * with the same scenario and parameter, and the same values of all that a token carries:
	 * see .token.
	 */
	const char *schedule;
	/**
	 * HS_SEARCH_REPLAY, instead of .schedule: as in hs_explore_result; the caller's. .memory,
	 * .retry_bound, .cpus, .section_order, .subsection_order, .max_steps, .stack_size, .plain
	 * and .seed are then those of the token. What is no token is refused with -EINVAL, and
	 * hs_explore_result.message says what was expected at which character. If the token names
	 * another version of the library or another scenario, if a decision is not possible, or
	 * if the execution ends earlier, with another verdict, or did something else on its way,
	 * then the verdict is HS_VERDICT_DIVERGED, and the message says which of these it is. Lines
	 * of the sources do not matter. The parameter is the caller's.
	 */
	const char *token;
	/**
	 * Default true: HS_SEARCH_SLEEP and HS_SEARCH_DPOR do not try adds to a reference count in
	 * every order, as long as none of them comes near zero, and with HS_SEARCH_DPOR a task that
	 * is about to wait looks at its predicate when that holds, or when no other task can move.
	 * They find the same verdicts and final states then, by fewer executions. Without effect
	 * together with .fingerprint, HS_MEMORY_VIEWS, or plain accesses that are checked.
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
	 * for which it sleeps. Time for which it waits for a processor counts as neither. Calls
	 * that sleep are refused by name at once (HS_VERDICT_REFUSED). A sleep of a shared
	 * library's own that a signal ends early, as nanosleep(), lasts an eighth of this time at
	 * most.
	 */
	uint32_t stall_ms;
	/**
	 * How long the search may take, in ms; 0 (default): no limit. Measured is the time that
	 * passes, not the processor's, because the limit is for those who wait. It is looked at
	 * between executions, so that the first one runs in any case.
	 */
	uint32_t time_limit_ms;
	/**
	 * Called between executions, on the thread that explores; NULL (default): not. Another
	 * value than 0 ends the search. It must not call the library.
	 */
	int (*progress)(void *ctx, const struct hs_explore_progress *progress);
	void *progress_ctx;	 /**< first argument of hs_explore_options.progress */
	uint64_t progress_every; /**< how many executions between two calls; 0 (default): 1 s */
	/**
	 * HS_SEARCH_BOUND: how many preemptions an execution may have; default 2. A preemption is a
	 * switch away from a task that could go on. It does not matter how many other switches
	 * there are.
	 */
	uint32_t bound;
	/**
	 * HS_SEARCH_PCT: how many steps must come in a certain order for what is looked for, 1..32;
	 * default 3.
	 */
	uint32_t depth;
	/**
	 * How often a task may try again (hs_retry_wait()) at one place in an execution because
	 * another task changed what it had read; 0 (default): as often as it does. A task that
	 * would do so once more stands still. If it does when no other can move, the execution
	 * ends with HS_VERDICT_RETRIES, which names the tasks that undo each other's progress.
	 * Without a bound such tasks go on until HS_VERDICT_STEPS. A replay needs the same bound.
	 */
	uint32_t retry_bound;
	/**
	 * With retry_bound: cut such an execution instead, as none that the search is about, so
	 * that the search comes to an end within the bound.
	 */
	bool retry_cut;
	/**
	 * Plain accesses that the program tells (races.h), where neither hs_plan_plain() nor
	 * hs_plan_plain_kind() says another one; default HS_PLAIN_CHECKED. Without effect in a
	 * program that tells none.
	 */
	enum hs_plain plain;
	/**
	 * Of how many executions, at most, hs_explore_result.schedule is chosen once there is a
	 * violation; default 10000, 0: it is the one that was found. The search looks for one that
	 * ends in the same verdict with the same message, but for numbers, so that it counts
	 * (.counts), and has the fewest preemptions (as in .bound); if there are as many, the
	 * fewest switches between tasks, then steps, then choices with another answer than the
	 * first. Without effect on HS_SEARCH_REPLAY, a crash, a stall, a refused call,
	 * HS_VERDICT_STEPS and HS_VERDICT_UNREPEATABLE. .time_limit_ms holds for it as well, and it
	 * takes 50 million steps at most. If one of these executions crashes, the search ends with
	 * the execution that was found, and with a sanitizer the process ends.
	 */
	uint32_t shrink;
	/** Also make hs_explore_result.timeline of the execution that is shown; default false. */
	bool timeline;
	/**
	 * Whether the violation counts in which an execution has ended; NULL (default): each does.
	 * One that does not is no finding: hs_explore_result.uncounted has it, and the search goes
	 * on, as with .go_on. It gets the state as the execution has left it and the parameter of
	 * hs_explore(), and changes nothing. Not asked of a violation in the set-up, nor of what
	 * ends a search or is no verdict on the scenario: HS_VERDICT_CRASH, _STALL, _REFUSED,
	 * _UNREPEATABLE, _STEPS and _DIVERGED count.
	 *
	 * HS_SEARCH_SLEEP and HS_SEARCH_DPOR ask it of one execution of each class (.fingerprint).
	 * So it must not look at what a step has changed that the steps of the violation do not
	 * depend on: whether that step came before the end is the same class.
	 */
	bool (*counts)(const void *state, const void *param, enum hs_verdict verdict);
	/**
	 * Called after each execution that hs_explore_result.complete counts, with its verdict;
	 * NULL (default): not.
	 */
	void (*ended)(const struct hs_execution *execution, const void *state, const void *param,
		      enum hs_verdict verdict);
};

/** struct hs_explore_result - what hs_explore() found; release it with hs_explore_result_free() */
struct hs_explore_result {
	enum hs_verdict verdict; /**< on the first violation */
	uint64_t executions;	 /**< complete + blocked */
	uint64_t complete;	 /**< executions not cut short, violations included */
	uint64_t blocked;	 /**< executions that the search or retry_cut ended early */
	uint64_t violations;	 /**< executions that ended in a violation that counts */
	uint64_t uncounted;	 /**< those that ended in one that does not count:
				      hs_explore_options.counts */
	/**
	 * Number of the first of them, from 1. 0: none, or in set-up, or in one of the two
	 * executions with which HS_SEARCH_PCT and HS_SEARCH_PORTFOLIO measure how many steps there
	 * are; these are in no other figure. Of a random search, it is the execution with the index
	 * first + first_violation - 1.
	 */
	uint64_t first_violation;
	uint64_t steps;		 /**< of all executions */
	uint32_t steps_max;	 /**< of the longest execution */
	bool exhaustive;	 /**< the search came to its end: there is no other execution */
	enum hs_stop stop;	 /**< why it ran no further execution */
	enum hs_extent extent;	 /**< what was seen; hs_extent_words() says it in words */
	uint32_t bound;		 /**< as in hs_explore_options */
	uint64_t beyond_bound;	 /**< HS_SEARCH_BOUND: preemptions that the bound left out */
	uint32_t retry_bound;	 /**< as in hs_explore_options */
	uint64_t beyond_retries; /**< executions in which a task came to it */
	uint64_t trace_hash;	 /**< HS_SEARCH_REPLAY: of every step, object and value */
	size_t image_bytes;	 /**< of the machine at the start of an execution */
	/**
	 * What was expected and what was found, in the execution of .schedule; empty: no violation.
	 * With -EINVAL: which option is wrong, or which character of a token; may be empty.
	 */
	char message[512];
	/**
	 * Of the first violation, or of the replayed execution; may be NULL. With
	 * hs_explore_options.shrink it names the simplest execution that ends as the first one with
	 * a violation did, which .first_violation counts.
	 */
	char *schedule;
	uint64_t shrink_executions; /**< that were run for this; they are in no other figure */
	bool minimal;		    /**< it was seen that there is none simpler */
	/**
	 * That execution in one word for hs_explore_options.token: the names of scenario, version
	 * and verdict, the options that it depends on, a hash of all that it does, and the
	 * schedule. The hash is the same for every compiler and build type, unless the scenario
	 * computes with addresses. NULL: there is no schedule, or it does not lead here again
	 * (HS_VERDICT_DIVERGED, HS_VERDICT_UNREPEATABLE).
	 */
	char *token;
	/**
	 * That execution as text, to be read or mailed: the verdict, where objects were allocated
	 * and freed (the newest 50), one column for each task with a line for each step (the first
	 * and the last 500 decisions), the locks that are held at its end, and the token. May be
	 * NULL.
	 */
	char *report;
	/**
	 * With hs_explore_options.timeline: that execution as a trace in JSON, which Perfetto
	 * (ui.perfetto.dev) and chrome://tracing open. Each task is a thread, with a slice for each
	 * step, which begins at the number of its decision and says in its arguments what the word
	 * held before and after it, its place, and in a scenario from a text the line of that;
	 * locks that are held, RCU read sections, wakes, starts of tasks and the violation are
	 * events as well. Of more than 20000 decisions it has the first and the last 1000. May be
	 * NULL.
	 */
	char *timeline;
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
	/**
	 * How many executions the search runs in all: an estimate, exact if it came to its end. If
	 * executions are independent of each other, max_executions. 0: nothing is known. With
	 * HS_SEARCH_DPOR it starts too low, because what has to be explored is found on the way.
	 */
	double estimate;
	double deviation; /**< of the estimate: how far off it is by its own measure; 0: exact */
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
 * Runs the set-up once. Every execution begins with the state that it left, and with the data that
 * it named (hs_plan_data()). What the scenario does must follow from these and from the decisions,
 * because a search repeats the first decisions of an execution to take another one after them: that
 * they do the same is checked. The first execution, and the first one that ends in a violation, run
 * twice for it, the second time without the check unless it belongs to the violation.
 *
 * A scenario without tasks has one execution, which is its check.
 *
 * The tasks and the RCU callbacks of one execution are at most 31 together; one more fails an
 * assertion.
 *
 * A crash of set-up, tasks, RCU callbacks, predicates or check is a violation with its schedule: by
 * SIGSEGV, also where a task's stack overflows, SIGBUS, SIGFPE, SIGILL, or SIGABRT and so a failed
 * assert(). The same holds for code of theirs that takes no step for too long
 * (hs_explore_options.stall_ms): an endless loop, a lock that is not the machine's. Either ends the
 * search, also with hs_explore_options.go_on, because what the code held is still held: locks of
 * the C library, its heap. Memory and locks of that code are lost.
 *
 * A call that waits, or lets others go on, where the explorer does not see it is a violation as
 * well (HS_VERDICT_REFUSED): pthread_mutex_lock() has the same answer in every schedule, or never
 * returns. The message names the call, the task, its last step and what to use instead. It ends the
 * search, too. Refused are, in set-up, tasks, RCU callbacks, predicates and check:
 *
 * - locks, condition variables, semaphores, barriers, once and threads of POSIX and C11, flock()
 *   and file locks, futexes by syscall(); <hmmsim/sync.h> has others
 * - sleep(), nanosleep() and the like, waiting for signals, sched_yield()
 * - select(), poll(), epoll_wait(), accept(), connect(), recv(), msgrcv(), and read() of what is no
 *   regular file
 * - fork(), posix_spawn(), system(), popen(), waiting for a child, exec
 * - exit(), _exit(), quick_exit(), pthread_exit(), which would end the search without a word
 *
 * Not refused: output (printf(), write(), send()), because it is how a scenario is debugged;
 * regular files; what makes and destroys a lock. Nor is what waits for nothing and answers
 * otherwise each time, as the clock, rand() and getrandom(): HS_VERDICT_UNREPEATABLE finds a
 * scenario that depends on it. Other threads of the program, the program outside hs_explore() and
 * hs_explore_options.progress may call all of these.
 *
 * The link interface of hmmsim::explore does this, in CMake and in pkg-config, by the linker's
 * --wrap: for what is linked into the program, not for what functions of a shared library call in
 * turn, as fgets() or a C++ library. These block, and are found by the watch on steps (stall_ms),
 * or sleep for less than they should. What is linked statically is wrapped as well: a malloc() of
 * the program's own with POSIX locks in it cannot be called in a scenario. A program that wraps a
 * symbol itself, as tests with cmocka do, keeps its own.
 *
 * For crashes and the watch the calling thread has handlers for these signals and SIGVTALRM, and a
 * stack for them, until the function returns. Then all is as it was before. A signal from another
 * process, or a fault of another thread, has the effect that it has without them. A fault in the
 * explorer itself says that it is an internal error, and the process dies of it. While a debugger
 * traces the process a crash is left to it, and nothing takes too long: replay a schedule there to
 * see the crash where it is. ASan and TSan end the process as well; then its schedule is on stderr,
 * below it the violation that was found before, and under TSan nothing takes too long. Only on
 * x86-64 and arm64 the explorer can tell whose code crashed.
 *
 * Context: one exploration at a time in a process, and no other machine; of one thread, which is
 * not checked.
 *
 * Return: 0, with a violation or without, or
 * - -EINVAL: the scenario has no set-up or no state, an option is out of range, a random
 *   search has no max_executions, HS_SEARCH_REPLAY no schedule or token, both, or one of another
 *   form
 * - -EBUSY: a machine exists
 * - -ENOMEM: no memory, or no timer for hs_explore_options.stall_ms
 * - -EOPNOTSUPP: hmmsim::hmmsim, where it does nothing else
 * - what the set-up returned, if not 0
 */
HMMSIM_API int hs_explore(const struct hs_scenario *scenario, const void *param,
			  const struct hs_explore_options *options,
			  struct hs_explore_result *result);

/**
 * hs_explore_result_free() - release schedule, report, token and timeline of a result
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

/**
 * hs_extent_words() - say whether a search was exhaustive
 * @param result  what hs_explore() has filled in
 * @param text    receives "yes", "no", or the bound: "within 2 preemptions and 8 retries"
 * @param size    bytes of @p text; what does not fit is cut off
 *
 * Context: any.
 */
HMMSIM_API void hs_extent_words(const struct hs_explore_result *result, char *text, size_t size);

/**
 * hs_stop_name() - words for the end of a search
 * @param stop  any value
 *
 * Context: any.
 *
 * Return: a literal such as "stopped by time"; "?" for a value that is no reason to stop.
 */
HMMSIM_API const char *hs_stop_name(enum hs_stop stop);

#ifdef __cplusplus
}
#endif

#endif
