/* SPDX-License-Identifier: MIT */
/*
 * several.c - hmmsim explore --every and --expect: several searches, a table of verdicts
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "text/grid.h"
#include "tool/explore.h"
#include "tool/options.h"

struct several {
	struct explore_tool *tool;
	const struct hs_race_source *source;
	struct hs_out cells;
	bool found, searched; /* a race, something to search */
	int worst;	      /* exit code */
};

/* Of two exit codes the one that counts. */
static int several_worse(int a, int b)
{
	static const int order[] = { HS_EXIT_INTERNAL, HS_EXIT_USAGE, HS_EXIT_VIOLATION,
				     HS_EXIT_BOUND };

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		if (a == order[i] || b == order[i])
			return order[i];
	return HS_EXIT_DONE;
}

/* ---- a row ------------------------------------------------------------------------------- */

static uint64_t several_executions(const struct hs_record *r)
{
	return r->verdict == HS_VERDICT_NONE ? r->complete : r->first_violation;
}

static void several_print(struct several *s, const char *name, const struct hs_record *r)
{
	hs_cell_text(&s->cells, name);
	hs_out_text(&s->cells, hs_record_verdict(r));
	if (*r->undone)
		hs_out_text(&s->cells, ", steps never done");
	if (hs_record_never_reached(r))
		hs_out_text(&s->cells, ", never reached");
	hs_out_char(&s->cells, '\t');
	hs_cell_text(&s->cells, r->exhaustive);
}

/* A bound that the text gives may leave out executions. */
static bool several_is_expected(const struct hs_record *r, const struct hs_race_expect *e)
{
	if (r->verdict != e->verdict || (e->executions && e->executions != several_executions(r)))
		return false;
	return r->verdict != HS_VERDICT_NONE || strcmp(r->exhaustive, "no");
}

/* "line 30: holds, executions=14" */
static void several_print_expected(struct several *s, const struct hs_race_expect *e)
{
	hs_out_text(&s->cells, "line ");
	hs_out_decimal(&s->cells, e->line);
	hs_out_text(&s->cells, ": ");
	hs_out_text(&s->cells,
		    e->verdict == HS_VERDICT_NONE ? "holds" : hs_verdict_name(e->verdict));
	if (e->executions) {
		hs_out_text(&s->cells, ", executions=");
		hs_out_decimal(&s->cells, e->executions);
	}
	hs_out_char(&s->cells, '\t');
}

static void several_judge(struct several *s, const struct hs_record *r,
			  const struct hs_race_expect *e)
{
	int code = hs_record_exit_code(r);

	if (e && several_is_expected(r, e)) {
		hs_cell_text(&s->cells, "as expected");
		if (*r->undone || hs_record_never_reached(r))
			s->worst = several_worse(s->worst, HS_EXIT_BOUND);
		return;
	}
	if (e) {
		several_print_expected(s, e);
		code = code == HS_EXIT_INTERNAL ? code : HS_EXIT_VIOLATION;
	}
	s->worst = several_worse(s->worst, code);
}

static int several_search(struct several *s, const char *race,
			  const struct hs_scenario_setting *settings, size_t count,
			  const struct hs_race_expect *e)
{
	struct hs_hostmem *mem = &s->tool->mem;
	struct hs_record record = { .scenario = NULL };
	struct hs_race_run run;
	int code = hs_race_run_load(s->source, race, settings, count, &run);

	if (!code) {
		hs_explore_set_options(s->tool, &run.options);
		run.options.shrink = 0; /* no execution is printed */
		code = hs_race_run_explore(s->source, &run);
	}
	if (!code)
		code = hs_race_run_record(s->source, mem, &run, &record);
	if (!code) {
		several_print(s, hs_scenario_of(run.text)->name, &record);
		several_judge(s, &record, e);
		hs_cell_number(&s->cells, several_executions(&record));
		hs_out_char(&s->cells, '\n');
		s->searched = true;
	}
	hs_record_free(mem, &record);
	hs_race_run_end(&run);
	return code;
}

/* ---- --every ----------------------------------------------------------------------------- */

static bool several_is_set(const struct explore_tool *tool, const char *axis)
{
	for (size_t i = 0; i < tool->setting_count; i++)
		if (!strcmp(tool->settings[i].name, axis))
			return true;
	return false;
}

/* The next combination; the last axis changes first. False: it was the last one. */
static bool several_advance(const struct hs_race *race, const struct explore_tool *tool,
			    unsigned int value[HS_RACE_AXES])
{
	for (unsigned int a = race->axes; a--;) {
		if (several_is_set(tool, race->axis[a].name))
			continue;
		if (++value[a] < race->axis[a].values)
			return true;
		value[a] = 0;
	}
	return false;
}

/* Settings of the command line that are of no axis. How many they are. */
static size_t several_take_others(const struct hs_race *race, const struct explore_tool *tool,
				  struct hs_scenario_setting *others)
{
	size_t n = 0;

	for (size_t i = 0; i < tool->setting_count; i++) {
		bool axis = false;

		for (unsigned int a = 0; a < race->axes; a++)
			axis |= !strcmp(tool->settings[i].name, race->axis[a].name);
		if (!axis)
			others[n++] = tool->settings[i];
	}
	return n;
}

static int several_combinations(struct several *s, const struct hs_race *race)
{
	const struct explore_tool *tool = s->tool;
	unsigned int value[HS_RACE_AXES] = { 0 };
	int code;

	do {
		struct hs_scenario_setting settings[HS_RACE_SETTINGS];
		size_t n = 0;

		for (unsigned int a = 0; a < race->axes; a++) {
			const struct hs_race_axis *axis = &race->axis[a];
			unsigned int chosen = several_is_set(tool, axis->name) ? axis->chosen
									       : value[a];

			settings[n++] =
				(struct hs_scenario_setting){ axis->name, axis->value[chosen] };
		}
		n += several_take_others(race, tool, settings + n);
		code = several_search(s, race->name, settings, n, NULL);
	} while (!code && several_advance(race, tool, value));
	return code;
}

/* ---- --expect ---------------------------------------------------------------------------- */

static int several_expectations(struct several *s, const struct hs_race *race)
{
	int code = 0;

	for (size_t i = 0; !code && i < race->expects; i++) {
		const struct hs_race_expect *e = &race->expect[i];
		struct hs_scenario_setting settings[HS_RACE_SETTINGS];
		char *copy;

		if (s->tool->setting_count && strcmp(e->settings, race->settings))
			continue;
		copy = hs_hostmem_zalloc(&s->tool->mem, strlen(e->settings) + 1, 1);
		if (!copy)
			return hs_tool_no_memory("explore");
		strcpy(copy, e->settings);
		code = several_search(s, race->name, settings,
				      hs_race_settings_split(copy, settings), e);
		hs_hostmem_free(&s->tool->mem, copy);
	}
	return code;
}

/* ---- all races of the text --------------------------------------------------------------- */

static int several_parse_error(const struct hs_text *text, int error)
{
	fprintf(stderr, "%s\n", text->error);
	return error == -ENOMEM ? HS_EXIT_INTERNAL : HS_EXIT_USAGE;
}

/* Parses the race once more, with the settings of the command line. @text is where it begins. */
static int several_set(const struct explore_tool *tool, struct hs_text text, struct hs_race *race)
{
	struct hs_race_setting settings[HS_RACE_SETTINGS];
	int ret;

	for (size_t i = 0; i < tool->setting_count; i++)
		settings[i] =
			(struct hs_race_setting){ tool->settings[i].name, tool->settings[i].value };
	hs_race_free(text.mem, race);
	ret = hs_race_parse(&text, settings, tool->setting_count, race);
	return ret == 1 ? HS_EXIT_DONE : several_parse_error(&text, ret);
}

static int several_race(struct several *s, const struct hs_text *before, struct hs_race *race)
{
	int code = s->tool->setting_count ? several_set(s->tool, *before, race) : 0;

	s->found = true;
	if (code)
		return code;
	return s->tool->every ? several_combinations(s, race) : several_expectations(s, race);
}

static int several_races(struct several *s)
{
	const struct hs_race_source *source = s->source;
	struct hs_text text, before;
	struct hs_race race;
	int code = 0, ret;

	hs_text_init(&text, &s->tool->mem, source->file, source->bytes, source->length);
	do {
		before = text;
		ret = hs_race_parse(&text, NULL, 0, &race);
		if (ret == 1 && (!source->race || !strcmp(race.name, source->race)))
			code = several_race(s, &before, &race);
		if (ret == 1)
			hs_race_free(&s->tool->mem, &race);
	} while (ret == 1 && !code && !(source->race && s->found));
	return code || ret >= 0 ? code : several_parse_error(&text, ret);
}

/* ---- the table --------------------------------------------------------------------------- */

static int several_print_table(struct several *s)
{
	struct hs_out table = { .mem = s->cells.mem };
	int code;

	hs_grid_print(&s->cells, s->tool->expect ? 4 : 3, false, &table);
	code = table.failed ? hs_tool_no_memory("explore") : hs_tool_print(table.bytes, table.used);
	hs_out_free(&table);
	return code ? code : hs_tool_flush();
}

static int several_nothing(const struct several *s)
{
	const char *race = s->source->race;

	if (!s->found)
		fprintf(stderr, "hmmsim explore: %s: expected a race%s%s, found none\n",
			s->source->file, race ? " " : "", race ? race : "");
	else
		fprintf(stderr,
			"hmmsim explore: %s: expected an expect line%s%s for these settings, found none\n",
			s->source->file, race ? " of " : "", race ? race : "");
	return HS_EXIT_USAGE;
}

int hs_explore_several(struct explore_tool *tool, const struct hs_race_source *source)
{
	struct several s = { .tool = tool, .source = source, .cells = { .mem = &tool->mem } };
	int code;

	hs_cell_text(&s.cells, "race");
	hs_cell_text(&s.cells, "verdict");
	hs_cell_text(&s.cells, "exhaustive");
	if (tool->expect)
		hs_cell_text(&s.cells, "expected");
	hs_cell_text(&s.cells, "execution");
	hs_out_char(&s.cells, '\n');
	code = several_races(&s);
	if (!code && !s.searched)
		code = several_nothing(&s);
	if (s.searched) {
		int printed = several_print_table(&s);

		code = code ? code : printed;
	}
	hs_out_free(&s.cells);
	return code ? code : s.worst;
}
