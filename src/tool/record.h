/* SPDX-License-Identifier: MIT */
/*
 * record.h - what an exploration was asked and what it found, as text and as JSON
 *
 * README.md has the schema. The same search leads to the same bytes: no time is in them, and no
 * address.
 */
#ifndef HS_TOOL_RECORD_H
#define HS_TOOL_RECORD_H

#include <hmmsim/explore.h>
#include <hmmsim/scenario.h>

#include "text/out.h"

#define HS_RECORD_MEMBERS 31 /* of its JSON */

/* The texts belong to the hostmem that the record was made with; in a whole record none is NULL. */
struct hs_record {
	char *scenario, *settings; /* "glisse-flag", "refs=6.1" */
	enum hs_search search;
	enum hs_memory memory;
	uint64_t seed, first, count; /* .count: of executions at most; 0: no bound */
	uint64_t bound, depth, retry_bound;
	bool keep_going;

	enum hs_verdict verdict;
	uint64_t executions, complete, blocked, violations, uncounted, first_violation, steps;
	uint64_t longest;
	char *exhaustive; /* hs_extent_words() */
	enum hs_stop stop;
	bool has_reached; /* the race has a line reached */
	uint64_t reached; /* executions that came there */
	char *undone; /* steps that no execution has done, a line each; empty after a violation */
	char *message, *schedule, *token, *report; /* empty: none */

	unsigned long line[HS_RECORD_MEMBERS]; /* of the file that it was read from */
};

/* Words of the command line and of JSON, by the values of the enums; NULL beyond the last. */
const char *hs_record_search(int i);
const char *hs_record_memory(int i);

/* A random search: its executions have indices. */
bool hs_record_is_random(enum hs_search search);

/*
 * Copies what was asked and found. @name is that of the scenario, with the settings after the first
 * comma. Returns 0 or -ENOMEM. The caller frees the record in either case.
 */
int hs_record_fill(struct hs_hostmem *mem, const char *name,
		   const struct hs_explore_options *options, const struct hs_explore_result *result,
		   struct hs_record *record);
void hs_record_free(struct hs_hostmem *mem, struct hs_record *record);
/*
 * Takes from the race the steps that no execution has done, and how many executions came to what it
 * is about. Returns 0 or -ENOMEM.
 */
int hs_record_take_race(struct hs_hostmem *mem, const struct hs_scenario_text *race,
			struct hs_record *record);

/* Nothing is violated, but no execution came to what the race is about. */
bool hs_record_never_reached(const struct hs_record *record);
/* "holds", "no violation", or what is violated. */
const char *hs_record_verdict(const struct hs_record *record);
/*
 * A line with the verdict: "holds: 14 executions, exhaustive: yes", and one for each step that was
 * never done. Of a violation and of a replay the report, unless @quiet, and a line with the token.
 */
void hs_record_print(const struct hs_record *record, bool quiet, struct hs_out *out);
int hs_record_exit_code(const struct hs_record *record);

void hs_record_write_json(const struct hs_record *record, struct hs_out *out);
/*
 * Reads what hs_record_write_json() has written, also after a formatter has moved its lines.
 * Returns 0, -ENOMEM, or -EINVAL with "FILE:LINE: expected ..., found ..." in @error. The caller
 * frees the record in each case.
 */
int hs_record_read_json(struct hs_hostmem *mem, const char *file, const char *bytes, size_t length,
			struct hs_record *record, char *error, size_t error_size);

/* A record that was read from a file. */
struct hs_record_part {
	const char *file;
	struct hs_record record;
};

/*
 * Makes the record of the one search whose executions are those of all parts, which it sorts.
 * *merged takes its texts from them: it is freed with the parts, not by itself. Returns 0, or
 * -EINVAL with a text in @error.
 */
int hs_record_merge(struct hs_record_part *parts, size_t count, struct hs_record *merged,
		    char *error, size_t error_size);

#endif
