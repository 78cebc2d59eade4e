/* SPDX-License-Identifier: MIT */
/**
 * @file scenario.h
 * Race scenarios: small concurrent programs as text, for hs_explore() and hs_scenario_run().
 *
 * *invented*. A text says which objects there are, what each task does step by step, and what must
 * hold (src/text/README.md has the language). hs_scenario_load() makes a scenario of it, which runs
 * as one that is written in C:
 *
 * @code{.c}
 *	struct hs_explore_options options;
 *	struct hs_explore_result result;
 *	struct hs_scenario_text *text;
 *	char error[512];
 *
 *	if (hs_scenario_load("my.txt", bytes, length, NULL, NULL, 0, NULL, 0, &text, error,
 *			     sizeof(error)))
 *		return fail(error);
 *	hs_explore_options_init(&options);
 *	hs_scenario_options(text, &options);
 *	ret = hs_explore(hs_scenario_of(text), hs_scenario_param(text), &options, &result);
 * @endcode
 *
 * Reports show the steps of a text by their lines.
 */
#ifndef HMMSIM_SCENARIO_H
#define HMMSIM_SCENARIO_H

#include <stddef.h>
#include <stdint.h>

#include <hmmsim/explore.h>
#include <hmmsim/export.h>
#include <hmmsim/machine.h>

#ifdef __cplusplus
extern "C" {
#endif

/** struct hs_scenario_text - a race that was loaded from a text; opaque */
struct hs_scenario_text;

/** struct hs_scenario_function - what the step call of a text runs */
struct hs_scenario_function {
	const char *name; /**< as the text says it */
	/**
	 * Runs on the task of the step. It depends on nothing but the machine, and on data that
	 * it leaves as it found it: the set-up of a text names none (hs_plan_data()).
	 */
	void (*fn)(struct hs_task *self, void *arg);
	void *arg; /**< passed to fn */
};

/**
 * struct hs_scenario_setting - another value than the default for an axis of a race
 *
 * With "only" one property alone counts, "S1" to "S4" or "live" as in a line must, or "answer",
 * what steps assert-* and assertions of the model say: hs_scenario_options() asks a search to go on
 * past violations of the others, which are not looked for if they need not be. The name of the
 * scenario has the setting, so that a token leads to the same.
 */
struct hs_scenario_setting {
	const char *name;  /**< of the axis; or "only", which each race has */
	const char *value; /**< one of its values */
};

/** struct hs_scenario_expect - what a race says of itself: a line expect */
struct hs_scenario_expect {
	const char *settings;	 /**< "refs=6.1,walker=5.3"; "": as the text stands */
	enum hs_verdict verdict; /**< HS_VERDICT_NONE: it holds */
	uint64_t
		executions; /**< complete ones, or the number of the first violation; 0: not said */
	unsigned long line; /**< of the text */
};

/** struct hs_scenario_race - a race of a text; see hs_scenario_races() */
struct hs_scenario_race {
	const char *name;			 /**< its name */
	const char *about;			 /**< a sentence; NULL: none */
	unsigned long line;			 /**< where it begins */
	size_t expects;				 /**< how many lines expect it has */
	const struct hs_scenario_expect *expect; /**< these lines */
};

/** struct hs_scenario_moment - a step that began, or goes on; see hs_scenario_moment() */
struct hs_scenario_moment {
	const char *task;   /**< the task's name; NULL: the check */
	const char *words;  /**< of the step, with its place: "zap M 0x0 0x1000  my.txt:9" */
	unsigned long line; /**< of the text */
	bool goes_on;	    /**< it has begun before, and is violated here, where it goes on */
	bool more;	    /**< steps followed that are not kept, because there are too many */
};

/**
 * hs_scenario_races() - tell the races of a text
 * @param file_name   for messages
 * @param bytes       the text
 * @param length      bytes of it
 * @param each        called for each race, in their order; what it is shown is gone when it
 *                    returns. Another value than 0 ends it
 * @param ctx         first argument of @p each
 * @param error       receives a sentence if the result is -EINVAL or -ENOMEM; may be NULL
 * @param error_size  bytes of @p error
 *
 * Context: any thread; no task is needed.
 *
 * Return: 0, or
 * - -EINVAL: an error in the text
 * - -ENOMEM: no memory
 * - what @p each returned
 */
HMMSIM_API int hs_scenario_races(const char *file_name, const char *bytes, size_t length,
				 int (*each)(void *ctx, const struct hs_scenario_race *race),
				 void *ctx, char *error, size_t error_size);

/**
 * hs_scenario_load() - make a scenario of a race
 * @param file_name       for messages, reports and their places; copied
 * @param bytes           the text; copied as far as it is needed
 * @param length          bytes of it
 * @param race            name of the race; NULL: the first of the text
 * @param settings        values of axes; may be NULL if there are none
 * @param setting_count   how many
 * @param functions       what the text calls; may be NULL if there are none. Their fn and arg stay
 *                        the caller's, until hs_scenario_free()
 * @param function_count  how many
 * @param out             the scenario, on success; the caller's until hs_scenario_free()
 * @param error           receives a sentence on an error; may be NULL
 * @param error_size      bytes of @p error
 *
 * Context: any thread; no task is needed.
 *
 * Return: 0, or
 * - -EINVAL: an error in the text, a setting of no axis or with no value of it, or a function that
 *   the text calls and that is not there
 * - -ENOENT: the text has no such race
 * - -ENOMEM: no memory
 */
HMMSIM_API int hs_scenario_load(const char *file_name, const char *bytes, size_t length,
				const char *race, const struct hs_scenario_setting *settings,
				size_t setting_count, const struct hs_scenario_function *functions,
				size_t function_count, struct hs_scenario_text **out, char *error,
				size_t error_size);

/**
 * hs_scenario_of() - the scenario of a race that was loaded
 * @param text  the race
 *
 * Context: any.
 *
 * Return: what hs_explore() and hs_scenario_run() take, together with hs_scenario_param(). Its name
 * has the settings that are no defaults: "flag,refs=6.1".
 */
HMMSIM_API const struct hs_scenario *hs_scenario_of(const struct hs_scenario_text *text);

/**
 * hs_scenario_param() - the parameter of the scenario of a race
 * @param text  the race
 *
 * Context: any.
 *
 * Return: the param of hs_explore() and hs_scenario_run().
 */
HMMSIM_API const void *hs_scenario_param(const struct hs_scenario_text *text);

/**
 * hs_scenario_options() - how a race wants to be explored
 * @param text     the race
 * @param options  memory, retry_bound, cpus, the orders of sections and subsections and ended are
 *                 set, and counts if the race was loaded with the setting "only"
 *
 * Context: any.
 */
HMMSIM_API void hs_scenario_options(const struct hs_scenario_text *text,
				    struct hs_explore_options *options);

/**
 * hs_scenario_config() - the machine that a race runs on natively
 * @param text    the race
 * @param config  the orders of sections and subsections are set
 *
 * Context: any.
 */
HMMSIM_API void hs_scenario_config(const struct hs_scenario_text *text,
				   struct hs_machine_config *config);

/**
 * hs_scenario_error() - why the set-up failed in the run before
 * @param text  the race
 *
 * Context: any.
 *
 * Return: a sentence with the line of the text, if hs_explore() or hs_scenario_run() returned what
 * the set-up did; "": the set-up has not failed.
 */
HMMSIM_API const char *hs_scenario_error(const struct hs_scenario_text *text);

/**
 * hs_scenario_undone() - the steps that were done in no execution of the run before
 * @param text   the race
 * @param index  0 for the first of them, in the order of the text
 *
 * A step is not done if it fails, if it has to try again, if there is nothing for it to do, or if
 * it is skipped because of an earlier one. What such a step would have shown was not tried: a race
 * in which each task fails at its first step holds. A text says optional=yes of a step for which
 * that is meant; steps that are skipped because of it are then not counted either. After a run that
 * violates something the answer means little, because it ended early.
 *
 * Context: any, while no run uses the text.
 *
 * Return: the words of the step and its place, "access M 0x4000  my.txt:8", until
 * hs_scenario_free(); NULL: there are not so many.
 */
HMMSIM_API const char *hs_scenario_undone(const struct hs_scenario_text *text, size_t index);

/**
 * hs_scenario_reached() - how many executions of the run before came to what the race is about
 * @param text        the race
 * @param executions  receives how many; 0 without a line reached
 *
 * A line reached of the text names steps. Counted are those of hs_explore_result.complete in which
 * these began in that order, others between them or not. A step begins with its first step in the
 * sense of explore.h, or, if it has none, with the one before it. A replay is a run as well. A race
 * that holds and came there in no execution has not tried what it is about. hs_scenario_run()
 * counts none.
 *
 * Context: any, while no run uses the text.
 *
 * Return: whether the text has such a line.
 */
HMMSIM_API bool hs_scenario_reached(const struct hs_scenario_text *text, uint64_t *executions);

/**
 * hs_scenario_moment() - the steps of the last execution that violated something, as they began
 * @param text    the race
 * @param index   0 for the first of them
 * @param moment  receives the step; its texts are there until hs_scenario_free()
 *
 * A step in which the execution has violated something comes once more at the end, with .goes_on,
 * if others began after it: only there is seen what they have changed.
 *
 * With a line reached it is the last execution of the run. Executions that are run to find the
 * simplest one do not matter: to see the steps of the one of a report, replay its token. The
 * set-up has none.
 *
 * Context: any, while no run uses the text.
 *
 * Return: false: there are not so many.
 */
HMMSIM_API bool hs_scenario_moment(const struct hs_scenario_text *text, size_t index,
				   struct hs_scenario_moment *moment);

/**
 * hs_scenario_free() - free a race that was loaded
 * @param text  the race; no run uses it any more. NULL: nothing happens
 *
 * Context: any.
 */
HMMSIM_API void hs_scenario_free(struct hs_scenario_text *text);

#ifdef __cplusplus
}
#endif

#endif
