/* SPDX-License-Identifier: MIT */
/*
 * run_race.c - a cell that is a race: explored as it stands, then for each property by itself
 *
 * A race that holds holds in all that it must. Otherwise each property has a search of its own,
 * which goes on past violations of the others (the setting only of races), and the execution that
 * a search shows is replayed by its token: for its hash, and for its steps.
 */
#include "claims/run_claim.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <hmmsim/scenario.h>

#include "text/error_name.h"

/* ---- the race ---------------------------------------------------------------------------- */

/* Parses the race of the row, with the settings of a cell. */
static int run_race_parse(const struct hs_claim_runner *r, const struct hs_claim_row *row,
			  const struct hs_race_setting *settings, size_t count,
			  struct hs_race *race)
{
	struct hs_text text, before;
	int ret;

	hs_text_init(&text, r->mem, r->text->file, r->text->bytes, r->text->length);
	do {
		before = text;
		ret = hs_race_parse(&text, NULL, 0, race);
		if (ret == 1 && strcmp(race->name, row->runs) != 0) {
			hs_race_free(r->mem, race);
			continue;
		}
		break;
	} while (true);
	if (ret == 0)
		return hs_claim_fail_row(r, row, "expected a race %s in this text", row->runs);
	if (ret == 1 && count) {
		hs_race_free(r->mem, race);
		text = before;
		ret = hs_race_parse(&text, settings, count, race);
	}
	if (ret == 1)
		return 0;
	snprintf(r->error, HS_CLAIM_ERROR, "%s", text.error);
	return ret;
}

int hs_claim_race_axis(const struct hs_claim_runner *r, const struct hs_claim_row *row,
		       const struct hs_claim_setting *setting, char *value[HS_RACE_VALUES],
		       unsigned int *count)
{
	const struct hs_race_axis *axis = NULL;
	struct hs_race race;
	int ret = run_race_parse(r, row, NULL, 0, &race);

	if (ret)
		return ret;
	for (unsigned int i = 0; i < race.axes; i++)
		if (!strcmp(race.axis[i].name, setting->name))
			axis = &race.axis[i];
	if (!axis)
		ret = hs_claim_fail_row(r, row, "expected an axis of race %s, found \"%.80s\"",
					row->runs, setting->name);
	for (unsigned int i = 0; !ret && i < axis->values; i++) {
		value[i] = hs_claim_copy(r->mem, axis->value[i]);
		ret = value[i] ? 0 : -ENOMEM;
		*count += !ret;
	}
	hs_race_free(r->mem, &race);
	return ret;
}

/* ---- a search ---------------------------------------------------------------------------- */

/* A search of the cell: of the race as it stands, or of one property. */
struct race_search {
	const struct hs_claim_runner *runner;
	struct hs_claim_cell *cell;
	struct hs_scenario_text *text;
	struct hs_explore_options options;
	struct hs_explore_result result;
	bool has_reached;
	uint64_t reached;
};

static const struct hs_claim_row *run_race_row(const struct race_search *s)
{
	return &s->runner->claim->row[s->cell->row];
}

static int run_race_load(struct race_search *s, const struct hs_race_setting *settings,
			 size_t count, const char *judged)
{
	const struct hs_claim_runner *r = s->runner;
	struct hs_scenario_setting set[HS_CLAIM_SETTINGS + 1];
	size_t n = 0;
	int ret;

	for (; n < count; n++)
		set[n] = (struct hs_scenario_setting){ settings[n].name, settings[n].value };
	if (judged)
		set[n++] = (struct hs_scenario_setting){ "only", judged };
	ret = hs_scenario_load(r->text->file, r->text->bytes, r->text->length,
			       run_race_row(s)->runs, set, n, NULL, 0, &s->text, r->error,
			       HS_CLAIM_ERROR);
	return ret == -ENOENT ? -EINVAL : ret;
}

/* What is the simulator's own failure, or an end without a verdict on the race. */
static int run_race_check_end(const struct race_search *s)
{
	switch (s->result.verdict) {
	case HS_VERDICT_CRASH:
	case HS_VERDICT_STALL:
	case HS_VERDICT_REFUSED:
	case HS_VERDICT_UNREPEATABLE:
	case HS_VERDICT_DIVERGED:
		return hs_claim_fail_run(s->runner, run_race_row(s), "%s: %s: %.400s",
					 hs_scenario_of(s->text)->name,
					 hs_verdict_name(s->result.verdict), s->result.message);
	default:
		return 0;
	}
}

/* The most that a search of the cell has seen: of one that a violation ended it says little. */
static void run_race_note_reached(const struct race_search *s)
{
	struct hs_claim_value *value = &s->cell->value[HS_CLAIM_REACHED];

	if (!s->has_reached)
		return;
	value->kind = HS_CLAIM_NUMBER;
	if (value->number < (int64_t)s->reached)
		value->number = (int64_t)s->reached;
}

/* hs_explore(), and what it returned as 0, -ENOMEM, or -EINVAL or -EIO with a sentence. */
static int run_race_call(const struct race_search *s, struct hs_explore_result *result)
{
	int ret = hs_explore(hs_scenario_of(s->text), hs_scenario_param(s->text), &s->options,
			     result);

	if (ret && *hs_scenario_error(s->text)) {
		snprintf(s->runner->error, HS_CLAIM_ERROR, "%s", hs_scenario_error(s->text));
		return -EINVAL;
	}
	if (!ret || ret == -ENOMEM)
		return ret;
	return hs_claim_fail_run(s->runner, run_race_row(s), "%s: the search failed: %.400s",
				 hs_scenario_of(s->text)->name,
				 *result->message ? result->message : hs_error_word(ret));
}

static int run_race_explore(struct race_search *s)
{
	struct hs_claim_value *executions = &s->cell->value[HS_CLAIM_EXECUTIONS];
	int ret = run_race_call(s, &s->result);

	if (ret)
		return ret;
	executions->kind = HS_CLAIM_NUMBER;
	executions->number += (int64_t)s->result.executions;
	s->runner->found->executions += s->result.executions;
	s->has_reached = hs_scenario_reached(s->text, &s->reached);
	run_race_note_reached(s);
	return run_race_check_end(s);
}

static void run_race_end(struct race_search *s)
{
	hs_explore_result_free(&s->result);
	hs_scenario_free(s->text);
	s->text = NULL;
}

/* The word of the property comes from this search. */
static void run_race_note_search(const struct race_search *s, int property)
{
	struct hs_claim_search *search = &s->cell->search[property];

	search->executions = s->result.executions;
	hs_extent_words(&s->result, search->extent, sizeof(search->extent));
}

/* All executions have been seen, within the bounds that the text gives. */
static bool run_race_is_whole(const struct race_search *s)
{
	return s->result.verdict == HS_VERDICT_NONE && s->result.extent != HS_EXTENT_PART;
}

/* ---- a counterexample -------------------------------------------------------------------- */

/* The words of a step without the place behind them: "zap M 0x0 0x1000  c08.txt:9". */
static char *run_race_copy_words(struct hs_hostmem *mem, const char *words)
{
	const char *place = words, *next;
	char *copy;

	while ((next = strstr(place, "  ")) != NULL)
		place = next + 2;
	copy = hs_claim_copy(mem, words);
	if (copy && place > words)
		copy[place - words - 2] = '\0';
	return copy;
}

/* The index of the task in the counterexample, which gets it if it is new. */
static int run_race_take_task(struct hs_hostmem *mem, struct hs_claim_counterexample *c,
			      const char *name, unsigned int *index)
{
	name = name ? name : "check";
	for (*index = 0; *index < c->tasks; ++*index)
		if (!strcmp(c->task[*index], name))
			return 0;
	c->task[*index] = hs_claim_copy(mem, name);
	if (!c->task[*index])
		return -ENOMEM;
	c->tasks++;
	return 0;
}

static int run_race_take_moments(const struct race_search *s, struct hs_claim_counterexample *c)
{
	struct hs_hostmem *mem = s->runner->mem;
	struct hs_scenario_moment moment;

	for (size_t i = 0; hs_scenario_moment(s->text, i, &moment); i++) {
		struct hs_claim_moment *more =
			hs_hostmem_grow(mem, c->moment, c->moments, sizeof(*more));
		struct hs_claim_moment *to;

		if (!more)
			return -ENOMEM;
		c->moment = more;
		to = &more[c->moments];
		*to = (struct hs_claim_moment){ .goes_on = moment.goes_on, .line = moment.line };
		to->words = run_race_copy_words(mem, moment.words);
		if (!to->words)
			return -ENOMEM;
		c->moments++;
		if (run_race_take_task(mem, c, moment.task, &to->task))
			return -ENOMEM;
		c->more |= moment.more;
	}
	return 0;
}

/* Its columns are in the order of the text, whichever task moves first. */
static int run_race_take_tasks(const struct race_search *s, struct hs_claim_counterexample *c,
			       const struct hs_race *race)
{
	unsigned int index;
	int ret = 0;

	for (unsigned int i = 0; !ret && i < race->tasks; i++)
		ret = run_race_take_task(s->runner->mem, c, race->task[i].name, &index);
	return ret;
}

/* Replays what the search shows: it must be the same. */
static int run_race_replay(struct race_search *s, struct hs_claim_counterexample *c)
{
	struct hs_explore_result again;
	int ret;

	s->options.search = HS_SEARCH_REPLAY;
	s->options.token = c->token;
	ret = run_race_call(s, &again);
	if (!ret && (again.verdict != c->verdict || strcmp(again.message, c->message) != 0))
		ret = hs_claim_fail_run(s->runner, run_race_row(s),
					"%s: the replay of its token ends otherwise: %s: %.300s",
					hs_scenario_of(s->text)->name,
					hs_verdict_name(again.verdict), again.message);
	c->trace_hash = again.trace_hash;
	hs_explore_result_free(&again);
	return ret;
}

static int run_race_take_counterexample(struct race_search *s, enum hs_claim_field property,
					const struct hs_race *race)
{
	struct hs_hostmem *mem = s->runner->mem;
	struct hs_claim_counterexample *c = &s->cell->counterexample[s->cell->counterexamples++];
	const struct hs_explore_result *result = &s->result;
	int ret;

	*c = (struct hs_claim_counterexample){ .property = property,
					       .verdict = result->verdict,
					       .execution = result->first_violation };
	if (!result->token || !result->report)
		return hs_claim_fail_row(s->runner, run_race_row(s),
					 "%s: the violation is in the set-up: %.400s",
					 hs_scenario_of(s->text)->name, result->message);
	c->message = hs_claim_copy(mem, result->message);
	c->token = hs_claim_copy(mem, result->token);
	c->report = hs_claim_copy(mem, result->report);
	if (!c->message || !c->token || !c->report)
		return -ENOMEM;
	ret = run_race_take_tasks(s, c, race);
	if (!ret)
		ret = run_race_replay(s, c);
	return ret ? ret : run_race_take_moments(s, c);
}

/* ---- the properties ---------------------------------------------------------------------- */

static void run_race_set_word(struct hs_claim_cell *cell, enum hs_claim_field field,
			      enum hs_claim_word word)
{
	cell->value[field] = (struct hs_claim_value){ .kind = HS_CLAIM_WORD, .word = word };
}

static bool run_race_must(const struct hs_race *race, int property)
{
	return property == HS_CLAIM_ANSWER || race->must >> property & 1;
}

_Static_assert(HS_RACE_S1 == 1u << HS_CLAIM_S1 && HS_RACE_LIVE == 1u << HS_CLAIM_LIVE &&
		       HS_RACE_ANSWER == 1u << HS_CLAIM_ANSWER,
	       "properties are the bits of what a race must");

static int run_race_judge_property(const struct hs_claim_runner *r, struct hs_claim_cell *cell,
				   const struct hs_race *race, enum hs_claim_field property,
				   const struct hs_race_setting *settings, size_t count)
{
	struct race_search s = { .runner = r, .cell = cell };
	int ret = run_race_load(&s, settings, count, hs_claim_field_names[property]);

	hs_explore_options_init(&s.options);
	if (!ret) {
		hs_scenario_options(s.text, &s.options);
		if (r->shown == HS_CLAIM_FIRST)
			s.options.shrink = 0;
		ret = run_race_explore(&s);
	}
	if (!ret)
		run_race_note_search(&s, property);
	if (!ret && run_race_is_whole(&s)) {
		if (run_race_must(race, property))
			run_race_set_word(cell, property, HS_CLAIM_HOLDS);
		cell->unreached |= run_race_must(race, property) && s.has_reached && !s.reached;
	} else if (!ret &&
		   (s.result.verdict == HS_VERDICT_NONE || s.result.verdict == HS_VERDICT_STEPS)) {
		cell->bounded = true;
	} else if (!ret) {
		run_race_set_word(cell, property, HS_CLAIM_VIOLATED);
		ret = run_race_take_counterexample(&s, property, race);
	}
	run_race_end(&s);
	return ret;
}

/*
 * Something is violated. A violation of what need not hold is one in any case, but is looked for
 * only if it must be what was found.
 */
static int run_race_judge_properties(const struct hs_claim_runner *r, struct hs_claim_cell *cell,
				     const struct hs_race *race,
				     const struct hs_race_setting *settings, size_t count)
{
	int ret = 0;

	for (int p = 0; !ret && p < HS_CLAIM_PROPERTIES; p++)
		if (run_race_must(race, p))
			ret = run_race_judge_property(r, cell, race, (enum hs_claim_field)p,
						      settings, count);
	for (int p = 0; !ret && !cell->counterexamples && p < HS_CLAIM_PROPERTIES; p++)
		if (!run_race_must(race, p) && p != HS_CLAIM_S1 && p != HS_CLAIM_S4)
			ret = run_race_judge_property(r, cell, race, (enum hs_claim_field)p,
						      settings, count);
	return ret;
}

static int run_race_take_undone(const struct race_search *s)
{
	struct hs_claim_cell *cell = s->cell;
	const char *words;

	for (size_t i = 0; (words = hs_scenario_undone(s->text, i)) != NULL; i++) {
		char **more =
			hs_hostmem_grow(s->runner->mem, cell->undone, cell->undones, sizeof(*more));

		if (!more)
			return -ENOMEM;
		cell->undone = more;
		more[cell->undones] = hs_claim_copy(s->runner->mem, words);
		if (!more[cell->undones])
			return -ENOMEM;
		cell->undones++;
	}
	return 0;
}

/* The race as it stands. *violated: each property has to be looked at by itself. */
static int run_race_whole(const struct hs_claim_runner *r, struct hs_claim_cell *cell,
			  const struct hs_race *race, const struct hs_race_setting *settings,
			  size_t count, bool *violated)
{
	struct race_search s = { .runner = r, .cell = cell };
	int ret = run_race_load(&s, settings, count, NULL);

	hs_explore_options_init(&s.options);
	s.options.shrink = 0;
	if (!ret) {
		hs_scenario_options(s.text, &s.options);
		cell->scenario = hs_claim_copy(r->mem, hs_scenario_of(s.text)->name);
		ret = cell->scenario ? run_race_explore(&s) : -ENOMEM;
	}
	if (!ret) {
		cell->counts_reached = s.has_reached;
		*violated = s.result.verdict != HS_VERDICT_NONE &&
			    s.result.verdict != HS_VERDICT_STEPS;
	}
	for (int p = 0; !ret && !*violated && p < HS_CLAIM_PROPERTIES; p++)
		if (run_race_must(race, p))
			run_race_note_search(&s, p);
	if (!ret && run_race_is_whole(&s)) {
		cell->unreached = s.has_reached && !s.reached;
		ret = run_race_take_undone(&s);
	} else if (!ret && !*violated) {
		cell->bounded = true;
	}
	run_race_end(&s);
	return ret;
}

int hs_claim_run_race(const struct hs_claim_runner *r, struct hs_claim_cell *cell,
		      const struct hs_race_setting *settings, size_t count)
{
	const struct hs_claim_row *row = &r->claim->row[cell->row];
	bool violated = false, holds;
	struct hs_race race;
	int ret = run_race_parse(r, row, settings, count, &race);

	if (ret)
		return ret;
	if (r->claim->method == HS_CLAIM_SEARCH && !race.reaches)
		ret = hs_claim_fail_row(
			r, row, "expected a line reached in race %s, because it is searched",
			row->runs);
	if (!ret)
		ret = run_race_whole(r, cell, &race, settings, count, &violated);
	holds = !ret && !violated && !cell->bounded;
	for (int p = 0; p < HS_CLAIM_PROPERTIES; p++)
		run_race_set_word(cell, (enum hs_claim_field)p,
				  holds && run_race_must(&race, p) ? HS_CLAIM_HOLDS
								   : HS_CLAIM_NOT_JUDGED);
	if (!ret && violated)
		ret = run_race_judge_properties(r, cell, &race, settings, count);
	hs_race_free(r->mem, &race);
	return ret;
}
