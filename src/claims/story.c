/* SPDX-License-Identifier: MIT */
/*
 * story.c - one claim as a story for a terminal: who said what, what was run, what was found, the
 * simplest execution that shows it, and what turns it round
 */
#include "claims/story.h"

#include <errno.h>
#include <string.h>

#include "text/grid.h"

#define STORY_SCENARIO 10   /* lines of a walk scenario that are shown */
#define STORY_DIFFERENCES 8 /* that are printed one by one */
#define STORY_CLAIMED 12    /* lines claimed that are all printed */
#define STORY_SETTINGS 40   /* columns without which settings have a line of their own */
#define STORY_VALUE 24	    /* bytes of a value in a table */

static void story_title(struct hs_story *s, const char *title)
{
	hs_out_char(s->out, '\n');
	hs_out_text(s->out, title);
	hs_out_char(s->out, '\n');
}

/* ---- who said what ------------------------------------------------------------------------ */

static void story_differences(struct hs_story *s, const struct hs_claim_difference *difference,
			      long count)
{
	for (long i = 0; i < count && i < STORY_DIFFERENCES; i++) {
		struct hs_out line = { .mem = s->mem };

		hs_out_text(&line, "Not as expected: ");
		hs_told_difference(s->claim, &difference[i], s->found, &line);
		hs_story_paragraph(s, &line);
	}
	if (count > STORY_DIFFERENCES) {
		struct hs_out line = { .mem = s->mem };

		hs_out_text(&line, "and");
		hs_out_space_decimal(&line, (uint64_t)count - STORY_DIFFERENCES);
		hs_out_text(&line, " more");
		hs_story_paragraph(s, &line);
	}
}

static void story_verdict(struct hs_story *s)
{
	struct hs_claim_difference *difference = NULL;
	struct hs_out line = { .mem = s->mem };
	long count = hs_claim_compare(s->mem, s->found, s->told->expected, &difference);

	if (count < 0)
		s->ret = (int)count;
	hs_out_text(&line, "Verdict: ");
	hs_out_text(&line, s->found->verdict == HS_CLAIM_UNSETTLED
				   ? "no run settles it"
				   : hs_claim_verdict_names[s->found->verdict]);
	if (hs_told_is_expected(s->told))
		hs_out_text(&line, ", as expected");
	else {
		hs_out_text(&line, "; expected: ");
		hs_out_text(&line, hs_told_expected(s->told));
	}
	hs_out_char(&line, '.');
	if (s->claim->method != HS_CLAIM_NONE) {
		hs_out_char(&line, ' ');
		hs_told_grounds(s->found, &line);
	}
	hs_out_char(s->out, '\n');
	hs_story_paragraph(s, &line);
	story_differences(s, difference, count);
	hs_hostmem_free(s->mem, difference);
}

static void story_head(struct hs_story *s)
{
	hs_claim_id_print(s->claim, s->out);
	hs_out_text(s->out, "  ");
	hs_out_text(s->out, s->claim->author);
	hs_out_text(s->out, ", ");
	hs_out_text(s->out, s->claim->date);
	hs_out_text(s->out, "\n\n");
	hs_story_wrap(s, s->claim->says);
	story_verdict(s);
}

/* ---- what was run ------------------------------------------------------------------------- */

static void story_about(struct hs_story *s, const char *name, const char *about)
{
	struct hs_out line = { .mem = s->mem };

	hs_out_text(&line, name);
	if (about) {
		hs_out_text(&line, ": ");
		hs_out_text(&line, about);
	}
	hs_story_paragraph(s, &line);
}

static void story_list_steps(struct hs_story *s, const char *title,
			     const struct hs_claim_cell *cell, const struct hs_race *race,
			     const struct hs_race_steps *steps)
{
	struct hs_out line = { .mem = s->mem };

	if (!steps->count)
		return;
	hs_out_text(&line, title);
	for (size_t i = 0; i < steps->count; i++) {
		hs_out_text(&line, i ? "; " : " ");
		hs_told_line_of(s->told, cell, race, steps->step[i].line, &line);
	}
	hs_story_paragraph(s, &line);
}

static void story_list_objects(struct hs_story *s, const struct hs_claim_cell *cell,
			       const struct hs_race *race)
{
	struct hs_out line = { .mem = s->mem };

	hs_out_text(&line, "with");
	for (unsigned int i = 0; i < race->objects; i++) {
		hs_out_text(&line, i ? "; " : " ");
		hs_told_line_of(s->told, cell, race, race->object[i].line, &line);
	}
	if (race->objects)
		hs_story_paragraph(s, &line);
	hs_out_free(&line);
}

static void story_race(struct hs_story *s, const struct hs_claim_cell *cell)
{
	struct hs_told_table table;
	struct hs_race race;
	int ret = hs_told_race(s->mem, s->told, cell->row, &race);

	if (ret != 1) {
		s->ret = ret ? ret : s->ret;
		return;
	}
	story_about(s, race.name, race.about);
	story_list_objects(s, cell, &race);
	story_list_steps(s, "set-up:", cell, &race, &race.setup);
	hs_out_char(s->out, '\n');
	ret = hs_told_steps(s->mem, s->told, cell, &race, &table);
	if (ret)
		s->ret = ret;
	else
		hs_story_table(s, &table);
	if (race.check.count)
		hs_out_char(s->out, '\n');
	story_list_steps(s, "check:", cell, &race, &race.check);
	hs_told_table_free(s->mem, &table);
	hs_race_free(s->mem, &race);
}

static void story_scenario(struct hs_story *s, uint32_t row)
{
	unsigned long first, end, shown;

	if (!hs_told_scenario(s->told, row, &first, &end))
		return;
	shown = end - first > STORY_SCENARIO ? STORY_SCENARIO : end - first;
	for (unsigned long i = 0; i < shown; i++) {
		struct hs_word line = hs_told_line(s->told->text, first + i);

		if (!line.length)
			continue;
		hs_story_blanks(s, HS_STORY_INDENT);
		hs_out_bytes(s->out, line.at, line.length);
		hs_out_char(s->out, '\n');
	}
	if (shown == end - first)
		return;
	hs_story_blanks(s, HS_STORY_INDENT);
	hs_out_text(s->out, "and");
	hs_out_space_decimal(s->out, end - first - shown);
	hs_out_text(s->out, " lines more\n");
}

/* Whether an earlier row runs the same, so that it is told already. */
static bool story_is_told(const struct hs_claim *claim, uint32_t row)
{
	for (uint32_t i = 0; i < row; i++)
		if (strcmp(claim->row[i].runs, claim->row[row].runs) == 0)
			return true;
	return false;
}

/* Those that are not shown, by their names. */
static void story_others(struct hs_story *s, uint32_t shown)
{
	struct hs_out line = { .mem = s->mem };
	bool any = false;

	for (uint32_t i = 0; i < s->claim->rows; i++) {
		const char *runs = s->claim->row[i].runs;

		if (story_is_told(s->claim, i) || strcmp(runs, s->claim->row[shown].runs) == 0)
			continue;
		hs_out_text(&line, any ? ", " : "others: ");
		hs_out_text(&line, runs);
		any = true;
	}
	if (any) {
		hs_out_text(&line, " (src/claims/");
		hs_out_text(&line, s->told->text->file);
		hs_out_char(&line, ')');
		hs_out_char(s->out, '\n');
		hs_story_paragraph(s, &line);
	}
	hs_out_free(&line);
}

/* Of several the one whose execution is shown; of that of a control its row. */
static const struct hs_claim_cell *story_cell_to_run(const struct hs_story *s,
						     const struct hs_told_example *example)
{
	uint32_t row = example->cell ? example->cell->row : s->found->cell->row;

	if (example->cell && !hs_claim_is_control(&s->claim->row[row]))
		return example->cell;
	if (hs_claim_is_control(&s->claim->row[row]))
		row = s->claim->row[row].of;
	for (size_t i = 0; i < s->found->cells; i++)
		if (s->found->cell[i].row == row)
			return &s->found->cell[i];
	return s->found->cell;
}

static void story_run(struct hs_story *s, const struct hs_told_example *example)
{
	const struct hs_claim_cell *cell;

	if (!s->found->cells)
		return;
	cell = story_cell_to_run(s, example);
	story_title(s, "What was run");
	if (s->claim->row[cell->row].walk)
		story_scenario(s, cell->row);
	else
		story_race(s, cell);
	story_others(s, cell->row);
}

/* ---- what was found ----------------------------------------------------------------------- */

static void story_claimed_line(struct hs_story *s, unsigned int i)
{
	struct hs_out line = { .mem = s->mem };

	hs_out_text(&line, s->claim->statement[i].words);
	hs_out_text(&line, ": ");
	hs_told_judged(s->found, i, &line);
	hs_story_paragraph(s, &line);
}

/* Of many lines those that hold are counted. */
static void story_claimed(struct hs_story *s)
{
	bool many = s->claim->statements > STORY_CLAIMED;
	unsigned int counted = 0;

	if (s->claim->statements)
		story_title(s, "What is claimed");
	for (unsigned int i = 0; i < s->claim->statements; i++)
		if (many && s->found->judged[i].held == s->found->judged[i].cells)
			counted++;
		else
			story_claimed_line(s, i);
	if (counted) {
		hs_story_blanks(s, HS_STORY_INDENT);
		hs_out_text(s->out, "lines more that hold in each cell:");
		hs_out_space_decimal(s->out, counted);
		hs_out_char(s->out, '\n');
	}
}

static void story_grid_head(const bool *column, struct hs_out *cells)
{
	hs_cell_text(cells, "row");
	for (int f = 0; f < HS_CLAIM_FIELD_COUNT; f++)
		if (column[f])
			hs_cell_text(cells, hs_claim_field_names[f]);
	hs_out_char(cells, '\n');
}

static void story_grid_row(struct hs_story *s, size_t i, const bool *column, struct hs_out *cells)
{
	hs_cell_text(cells, s->claim->row[s->found->cell[i].row].name);
	for (int f = 0; f < HS_CLAIM_FIELD_COUNT; f++) {
		size_t begin = cells->used;

		if (!column[f])
			continue;
		hs_told_value(s->found, i, (enum hs_claim_field)f, cells);
		if (!cells->failed && cells->used - begin > STORY_VALUE) {
			cells->used = begin + STORY_VALUE - 3;
			hs_out_text(cells, "...");
		}
		hs_out_char(cells, '\t');
	}
	hs_out_char(cells, '\n');
}

static bool story_has_row(const struct hs_story *s, size_t i, bool walk)
{
	return s->claim->row[s->found->cell[i].row].walk == walk && hs_told_leads(s->found, i);
}

/* The next cell that leads a group, from @i on. */
static size_t story_next(const struct hs_story *s, size_t i, bool walk)
{
	while (i < s->found->cells && !story_has_row(s, i, walk))
		i++;
	return i;
}

static void story_grid_settings(struct hs_story *s, size_t i, size_t at)
{
	struct hs_out words = { .mem = s->mem };

	hs_told_settings(s->found, i, &words);
	if (hs_claim_is_control(&s->claim->row[s->found->cell[i].row]))
		hs_out_text(&words, words.used ? " (control)" : "(control)");
	if (words.failed)
		s->ret = -ENOMEM;
	if (words.used && at + 2 + words.used > HS_STORY_WIDTH &&
	    at + STORY_SETTINGS > HS_STORY_WIDTH) {
		hs_out_char(s->out, '\n');
		hs_story_blanks(s, 2 * HS_STORY_INDENT);
		at = 2 * HS_STORY_INDENT - 2;
	} else if (words.used)
		hs_out_text(s->out, "  ");
	else
		hs_out_char(s->out, '\n');
	hs_story_wrap_at(s, at + 2, at + 4, (struct hs_word){ words.bytes, words.used });
	hs_out_free(&words);
}

/* Lines of the grid, each with the settings of its group behind it. */
static void story_grid_lines(struct hs_story *s, const struct hs_out *grid, bool walk)
{
	const char *at = grid->bytes, *end = at + grid->used;
	size_t i = story_next(s, 0, walk), width = 0;
	bool head = true;

	while (at < end) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		size_t length = (size_t)((stop ? stop : end) - at);

		hs_story_blanks(s, HS_STORY_INDENT);
		hs_out_bytes(s->out, at, length);
		if (head)
			hs_out_text(s->out, "  with\n");
		else {
			width = HS_STORY_INDENT + length;
			story_grid_settings(s, i, width);
			i = story_next(s, i + 1, walk);
		}
		head = false;
		at = stop ? stop + 1 : end;
	}
}

/* What holds wherever it was asked for, and is not claimed, takes a line and not a column. */
static void story_leave_out(struct hs_story *s, bool column[HS_CLAIM_FIELD_COUNT],
			    bool left_out[HS_CLAIM_PROPERTIES])
{
	for (int f = 0; f < HS_CLAIM_PROPERTIES; f++) {
		left_out[f] = column[f] && !hs_told_matters(s->found, (enum hs_claim_field)f);
		column[f] = column[f] && !left_out[f];
	}
}

static void story_legend(struct hs_story *s, const bool *column, const bool *left_out)
{
	struct hs_out others = { .mem = s->mem };

	for (int f = 0; f < HS_CLAIM_PROPERTIES; f++) {
		struct hs_out line = { .mem = s->mem };

		if (left_out[f]) {
			hs_out_text(&others, others.used ? ", " : "Not violated in any row: ");
			hs_out_text(&others, hs_claim_field_names[f]);
		}
		if (!column[f])
			continue;
		hs_out_text(&line, hs_claim_field_names[f]);
		hs_out_text(&line, ": ");
		hs_out_text(&line, hs_told_property((enum hs_claim_field)f));
		hs_story_paragraph(s, &line);
	}
	if (others.used || others.failed)
		hs_story_paragraph(s, &others);
}

static void story_grid(struct hs_story *s, bool walk)
{
	struct hs_out cells = { .mem = s->mem }, grid = { .mem = s->mem };
	bool column[HS_CLAIM_FIELD_COUNT], left_out[HS_CLAIM_PROPERTIES];

	if (!hs_told_columns(s->found, walk, column))
		return;
	story_leave_out(s, column, left_out);
	story_grid_head(column, &cells);
	for (size_t i = story_next(s, 0, walk); i < s->found->cells; i = story_next(s, i + 1, walk))
		story_grid_row(s, i, column, &cells);
	hs_grid_print(&cells, 1, false, &grid);
	if (cells.failed || grid.failed)
		s->ret = -ENOMEM;
	else
		story_grid_lines(s, &grid, walk);
	story_legend(s, column, left_out);
	hs_out_free(&cells);
	hs_out_free(&grid);
}

/* What such a step would have shown was not tried. */
static void story_undone(struct hs_story *s, const struct hs_claim_cell *cell)
{
	for (size_t i = 0; i < cell->undones; i++) {
		struct hs_out line = { .mem = s->mem };

		hs_out_text(&line, "A step that no execution has done, in ");
		hs_told_cell_name(s->claim, cell, &line);
		hs_out_text(&line, ": ");
		hs_out_text(&line, cell->undone[i]);
		hs_story_paragraph(s, &line);
	}
}

static void story_answers(struct hs_story *s)
{
	if (!s->found->cells)
		return;
	story_title(s, "What was found");
	story_grid(s, false);
	story_grid(s, true);
	for (size_t i = 0; i < s->found->cells; i++)
		story_undone(s, &s->found->cell[i]);
}

/* ---- an execution ------------------------------------------------------------------------- */

static void story_token(struct hs_story *s, const char *token)
{
	hs_story_blanks(s, HS_STORY_INDENT);
	hs_out_text(s->out, "hmmsim replay ");
	hs_out_text(s->out, token);
	hs_out_char(s->out, '\n');
}

static void story_example_title(struct hs_story *s, const struct hs_told_example *shown)
{
	struct hs_out title = { .mem = s->mem };

	hs_out_text(&title, hs_claim_is_control(&s->claim->row[shown->cell->row])
				    ? "The simplest execution of a control: "
				    : "The simplest execution: ");
	hs_told_cell_name(s->claim, shown->cell, &title);
	hs_out_text(&title, ", where ");
	hs_out_text(&title, hs_claim_field_names[shown->example->property]);
	hs_out_text(&title, " is violated");
	hs_out_char(s->out, '\n');
	hs_story_wrap_at(s, 0, HS_STORY_INDENT, (struct hs_word){ title.bytes, title.used });
	if (title.failed)
		s->ret = -ENOMEM;
	hs_out_free(&title);
}

static void story_example(struct hs_story *s, const struct hs_told_example *shown)
{
	const struct hs_claim_counterexample *example = shown->example;
	struct hs_told_table table;
	int ret;

	if (!example)
		return;
	story_example_title(s, shown);
	hs_story_wrap(s, example->message);
	ret = hs_told_moments(s->mem, example, &table);
	if (ret)
		s->ret = ret;
	else if (table.rows) {
		hs_out_char(s->out, '\n');
		hs_story_table(s, &table);
		if (example->more)
			hs_story_wrap(s, "...");
		hs_out_char(s->out, '\n');
	}
	hs_told_table_free(s->mem, &table);
	story_token(s, example->token);
}

/* ---- controls ----------------------------------------------------------------------------- */

static void story_control(struct hs_story *s, const struct hs_claim_flip *flip)
{
	const struct hs_claim_row *row = &s->claim->row[flip->control];
	struct hs_out line = { .mem = s->mem };

	story_about(s, row->name, row->change);
	if (flip->flips && flip->cell && flip->row_cell) {
		hs_told_flip_side(s->claim, flip, flip->row_cell, &line);
		hs_out_text(&line, "; ");
		hs_told_flip_side(s->claim, flip, flip->cell, &line);
		hs_out_text(&line, ". It turns round.");
	} else
		hs_out_text(&line, "It does not turn round what is claimed.");
	hs_story_paragraph(s, &line);
}

static void story_controls(struct hs_story *s, const struct hs_told_example *shown)
{
	struct hs_told_example other = hs_told_simplest(s->found, true);
	struct hs_out line = { .mem = s->mem };

	if (s->found->flips)
		story_title(s, "What turns it round");
	for (unsigned int i = 0; i < s->found->flips; i++)
		story_control(s, &s->found->flip[i]);
	if (!other.example || strcmp(other.example->token, shown->example->token) == 0)
		return;
	hs_told_cell_name(s->claim, other.cell, &line);
	hs_out_text(&line, ": an execution where ");
	hs_out_text(&line, hs_claim_field_names[other.example->property]);
	hs_out_text(&line, " is violated:");
	hs_story_paragraph(s, &line);
	story_token(s, other.example->token);
}

static void story_notes(struct hs_story *s)
{
	if (s->claim->notes)
		story_title(s, "Notes");
	for (unsigned int i = 0; i < s->claim->notes; i++)
		hs_story_wrap(s, s->claim->note[i]);
}

/* ---- the story ---------------------------------------------------------------------------- */

int hs_claim_story_print(struct hs_hostmem *mem, const struct hs_claim_told *told,
			 struct hs_out *out)
{
	struct hs_story s = { told, told->found, told->found->claim, mem, out, 0 };
	struct hs_told_example shown = hs_told_shown(told->found);

	story_head(&s);
	story_run(&s, &shown);
	story_claimed(&s);
	story_answers(&s);
	story_example(&s, &shown);
	story_controls(&s, &shown);
	story_notes(&s);
	return out->failed ? -ENOMEM : s.ret;
}
