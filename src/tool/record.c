/* SPDX-License-Identifier: MIT */
/*
 * record.c - what an exploration was asked and what it found
 */
#include "tool/record.h"

#include <errno.h>
#include <string.h>

#include "tool/tool.h"

/* ---- words ------------------------------------------------------------------------------- */

const char *hs_record_search(int i)
{
	static const char *const names[] = {
		[HS_SEARCH_DFS] = "dfs",       [HS_SEARCH_SLEEP] = "sleep",
		[HS_SEARCH_DPOR] = "dpor",     [HS_SEARCH_RANDOM] = "random",
		[HS_SEARCH_REPLAY] = "replay", [HS_SEARCH_BOUND] = "bound",
		[HS_SEARCH_PCT] = "pct",       [HS_SEARCH_PORTFOLIO] = "portfolio",
	};

	return (size_t)i < sizeof(names) / sizeof(names[0]) ? names[i] : NULL;
}

const char *hs_record_memory(int i)
{
	static const char *const names[HS_MEMORY_COUNT] = {
		[HS_MEMORY_SC] = "sc",
		[HS_MEMORY_VIEWS] = "views",
	};

	return (size_t)i < HS_MEMORY_COUNT ? names[i] : NULL;
}

bool hs_record_is_random(enum hs_search search)
{
	return search == HS_SEARCH_RANDOM || search == HS_SEARCH_PCT ||
	       search == HS_SEARCH_PORTFOLIO;
}

/* ---- made of a result -------------------------------------------------------------------- */

/* NULL is an empty text. */
static char *record_copy(struct hs_hostmem *mem, const char *text, size_t length)
{
	char *copy = hs_hostmem_realloc(mem, NULL, length + 1);

	if (!copy)
		return NULL;
	if (length)
		memcpy(copy, text, length);
	copy[length] = '\0';
	return copy;
}

static char *record_copy_text(struct hs_hostmem *mem, const char *text)
{
	return record_copy(mem, text, text ? strlen(text) : 0);
}

int hs_record_fill(struct hs_hostmem *mem, const char *name,
		   const struct hs_explore_options *options, const struct hs_explore_result *result,
		   struct hs_record *record)
{
	size_t length = strcspn(name, ",");
	char extent[64];

	hs_extent_words(result, extent, sizeof(extent));
	*record = (struct hs_record){
		.scenario = record_copy(mem, name, length),
		.settings = record_copy_text(mem, name[length] ? name + length + 1 : NULL),
		.search = options->search,
		.memory = options->memory,
		.seed = options->seed,
		.first = options->first,
		.count = options->max_executions,
		.bound = options->bound,
		.depth = options->depth,
		.retry_bound = options->retry_bound,
		.keep_going = options->go_on,
		.verdict = result->verdict,
		.executions = result->executions,
		.complete = result->complete,
		.blocked = result->blocked,
		.violations = result->violations,
		.uncounted = result->uncounted,
		.first_violation = result->first_violation,
		.steps = result->steps,
		.longest = result->steps_max,
		.exhaustive = record_copy_text(mem, extent),
		.stop = result->stop,
		.undone = record_copy_text(mem, NULL),
		.message = record_copy_text(mem, result->message),
		.schedule = record_copy_text(mem, result->schedule),
		.token = record_copy_text(mem, result->token),
		.report = record_copy_text(mem, result->report),
	};
	return record->scenario && record->settings && record->exhaustive && record->undone &&
			       record->message && record->schedule && record->token &&
			       record->report
		       ? 0
		       : -ENOMEM;
}

/* A search that a violation ended early, and a single execution, leave steps to others. */
int hs_record_take_race(struct hs_hostmem *mem, const struct hs_scenario_text *race,
			struct hs_record *record)
{
	struct hs_out lines = { .mem = mem };
	const char *words = NULL;

	record->has_reached = hs_scenario_reached(race, &record->reached);
	if (record->verdict != HS_VERDICT_NONE || record->search == HS_SEARCH_REPLAY)
		return 0;
	for (size_t i = 0; (words = hs_scenario_undone(race, i)) != NULL; i++) {
		hs_out_text(&lines, words);
		hs_out_char(&lines, '\n');
	}
	hs_out_char(&lines, '\0');
	if (lines.failed) {
		hs_out_free(&lines);
		return -ENOMEM;
	}
	hs_hostmem_free(mem, record->undone);
	record->undone = lines.bytes;
	return 0;
}

void hs_record_free(struct hs_hostmem *mem, struct hs_record *record)
{
	hs_hostmem_free(mem, record->scenario);
	hs_hostmem_free(mem, record->settings);
	hs_hostmem_free(mem, record->exhaustive);
	hs_hostmem_free(mem, record->undone);
	hs_hostmem_free(mem, record->message);
	hs_hostmem_free(mem, record->schedule);
	hs_hostmem_free(mem, record->token);
	hs_hostmem_free(mem, record->report);
	*record = (struct hs_record){ .scenario = NULL };
}

/* ---- printed ----------------------------------------------------------------------------- */

static bool record_is_whole(const struct hs_record *r)
{
	return !strcmp(r->exhaustive, "yes");
}

static void record_print_count(struct hs_out *out, uint64_t count, const char *noun)
{
	hs_out_decimal(out, count);
	hs_out_char(out, ' ');
	hs_out_text(out, noun);
	if (count != 1)
		hs_out_char(out, 's');
}

static void record_print_violation(const struct hs_record *r, struct hs_out *out)
{
	if (!r->first_violation) {
		hs_out_text(out, ": before the first execution");
		return;
	}
	hs_out_text(out, ": in execution ");
	hs_out_decimal(out, r->first_violation);
	hs_out_text(out, " of ");
	hs_out_decimal(out, r->executions);
	if (r->keep_going) {
		hs_out_text(out, ", ");
		record_print_count(out, r->violations, "violation");
	}
}

const char *hs_record_verdict(const struct hs_record *r)
{
	if (r->verdict != HS_VERDICT_NONE)
		return hs_verdict_name(r->verdict);
	return record_is_whole(r) ? "holds" : "no violation";
}

static void record_print_verdict(const struct hs_record *r, struct hs_out *out)
{
	hs_out_text(out, hs_record_verdict(r));
	if (r->search == HS_SEARCH_REPLAY) {
		hs_out_text(out, ": replayed\n");
		return;
	}
	if (r->verdict != HS_VERDICT_NONE) {
		record_print_violation(r, out);
	} else {
		hs_out_text(out, ": ");
		record_print_count(out, r->complete, "execution");
	}
	hs_out_text(out, ", exhaustive: ");
	hs_out_text(out, r->exhaustive);
	if (r->has_reached && r->verdict == HS_VERDICT_NONE) {
		hs_out_text(out, r->reached ? ", reached: " : ", never reached");
		if (r->reached)
			hs_out_decimal(out, r->reached);
	}
	hs_out_char(out, '\n');
}

bool hs_record_never_reached(const struct hs_record *r)
{
	return r->verdict == HS_VERDICT_NONE && r->has_reached && !r->reached;
}

static void record_print_undone(const struct hs_record *r, struct hs_out *out)
{
	for (const char *line = r->undone; *line;) {
		size_t length = strcspn(line, "\n");

		hs_out_text(out, "never done: ");
		hs_out_bytes(out, line, length);
		hs_out_char(out, '\n');
		line += length + (line[length] == '\n');
	}
}

/* The report ends with a line token: TOKEN, which here is the token alone, to be passed on. */
static void record_print_report(const struct hs_record *r, struct hs_out *out)
{
	static const char label[] = "token: ";
	size_t length = strlen(r->report), last = strlen(label) + strlen(r->token) + 1;
	const char *end = length > last ? r->report + length - last : NULL;

	if (end && !strncmp(end, label, strlen(label)) &&
	    !strncmp(end + strlen(label), r->token, strlen(r->token)))
		length -= last;
	hs_out_char(out, '\n');
	hs_out_bytes(out, r->report, length);
}

void hs_record_print(const struct hs_record *r, bool quiet, struct hs_out *out)
{
	record_print_verdict(r, out);
	record_print_undone(r, out);
	if (r->verdict == HS_VERDICT_NONE && r->search != HS_SEARCH_REPLAY)
		return;
	if (!quiet && *r->report)
		record_print_report(r, out);
	if (*r->token) {
		hs_out_text(out, r->token);
		hs_out_char(out, '\n');
	}
}

/*
 * The code of a text's tasks is the simulator's own: what crashes, hangs or differs from run to run
 * there is a failure of that. What a step that is never done would have shown has no verdict, nor
 * has what no execution came to.
 */
int hs_record_exit_code(const struct hs_record *r)
{
	switch (r->verdict) {
	case HS_VERDICT_NONE:
		if (r->search == HS_SEARCH_REPLAY)
			return HS_EXIT_DONE;
		return record_is_whole(r) && !*r->undone && !hs_record_never_reached(r)
			       ? HS_EXIT_DONE
			       : HS_EXIT_BOUND;
	case HS_VERDICT_STEPS:
		return HS_EXIT_BOUND;
	case HS_VERDICT_DIVERGED:
		return HS_EXIT_USAGE;
	case HS_VERDICT_CRASH:
	case HS_VERDICT_STALL:
	case HS_VERDICT_UNREPEATABLE:
		return HS_EXIT_INTERNAL;
	default:
		return HS_EXIT_VIOLATION;
	}
}
