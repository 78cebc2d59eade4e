/* SPDX-License-Identifier: MIT */
/*
 * race_source.h - the text that a race comes from: a file, or one of the built-in ones
 *
 * A function that returns an exit code has printed a message on stderr unless it returns
 * HS_EXIT_DONE.
 */
#ifndef HS_TOOL_RACE_SOURCE_H
#define HS_TOOL_RACE_SOURCE_H

#include <hmmsim/explore.h>
#include <hmmsim/scenario.h>

#include "text/race.h"
#include "tool/record.h"

struct hs_race_source {
	const char *verb;
	const char *file; /* what messages call it */
	const char *race; /* the one that is asked for; NULL: the first, or all */
	const char *bytes;
	size_t length;
	char *read; /* the file, or NULL */
};

/* Whether there is a built-in race of that name: for itself, or for a claim. */
bool hs_race_source_is_builtin(const char *name);
/*
 * @name is a built-in race, or else a file, of which @race is asked for. The caller closes the
 * source in any case.
 */
int hs_race_source_open(struct hs_hostmem *mem, const char *verb, const char *name,
			const char *race, struct hs_race_source *source);
void hs_race_source_close(struct hs_hostmem *mem, struct hs_race_source *source);

/* What is wrong with the race @name, or with the machine: prints it and returns an exit code. */
int hs_race_source_fail(const struct hs_race_source *source, const char *name, int error);

/*
 * Splits "refs=6.1,walker=5.3" in place. Returns how many settings there are, HS_RACE_SETTINGS at
 * most; one without a value has an empty one.
 */
size_t hs_race_settings_split(char *text, struct hs_scenario_setting settings[HS_RACE_SETTINGS]);

/* A race with its settings, ready to be explored. */
struct hs_race_run {
	struct hs_scenario_text *text;
	struct hs_explore_options options; /* as the text says, else the defaults */
	struct hs_explore_result result;
};

/* @race: as in the source if NULL. The caller ends the run in any case. */
int hs_race_run_load(const struct hs_race_source *source, const char *race,
		     const struct hs_scenario_setting *settings, size_t count,
		     struct hs_race_run *run);
int hs_race_run_explore(const struct hs_race_source *source, struct hs_race_run *run);
/* What was asked and found. The caller frees the record in any case. */
int hs_race_run_record(const struct hs_race_source *source, struct hs_hostmem *mem,
		       const struct hs_race_run *run, struct hs_record *record);
void hs_race_run_end(struct hs_race_run *run);

#endif
