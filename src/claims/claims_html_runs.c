/* SPDX-License-Identifier: MIT */
/*
 * claims_html_runs.c - the page of the claims: what tasks do, and what they did, as columns
 */
#include <errno.h>
#include <string.h>

#include "claims/claims_html.h"

static void claims_html_runs_word(struct hs_out *out, const struct hs_word *word)
{
	if (word->at)
		hs_html_bytes(out, word->at, word->length);
}

static void claims_html_runs_table(struct hs_claim_page *page, const struct hs_told_table *table,
				   const char *name)
{
	struct hs_out *out = page->out;

	if (!table->rows || !table->columns)
		return;
	hs_claims_html_table(out, "columns", name);
	hs_out_text(out, "<thead><tr>");
	for (unsigned int c = 0; c < table->columns; c++) {
		hs_out_text(out, "<th scope=\"col\">");
		claims_html_runs_word(out, &table->name[c]);
		hs_out_text(out, "</th>");
	}
	hs_out_text(out, "</tr></thead>\n<tbody>\n");
	for (size_t r = 0; r < table->rows; r++) {
		hs_out_text(out, "<tr>");
		for (unsigned int c = 0; c < table->columns; c++) {
			const struct hs_told_cell *cell = &table->cell[r * table->columns + c];

			hs_out_text(out, "<td class=\"step\">");
			for (unsigned int d = 0; cell->words.at && d < cell->depth; d++)
				hs_out_text(out, "  ");
			claims_html_runs_word(out, &cell->words);
			hs_out_text(out, "</td>");
		}
		hs_out_text(out, "</tr>\n");
	}
	hs_out_text(out, "</tbody>\n");
	hs_claims_html_table_end(out);
}

/* ---- what was run ------------------------------------------------------------------------- */

static void claims_html_runs_line(struct hs_claim_page *page, const struct hs_claim_cell *cell,
				  const struct hs_race *race, unsigned long line)
{
	struct hs_out words = { .mem = page->mem };

	hs_told_line_of(page->told, cell, race, line, &words);
	hs_claims_html_line(page, &words);
}

static void claims_html_runs_steps(struct hs_claim_page *page, const char *title,
				   const struct hs_claim_cell *cell, const struct hs_race *race,
				   const struct hs_race_steps *steps)
{
	if (!steps->count)
		return;
	hs_out_text(page->out, "<p>");
	hs_out_text(page->out, title);
	for (size_t i = 0; i < steps->count; i++) {
		hs_out_text(page->out, i ? "; <code>" : " <code>");
		claims_html_runs_line(page, cell, race, steps->step[i].line);
		hs_out_text(page->out, "</code>");
	}
	hs_out_text(page->out, "</p>\n");
}

static void claims_html_runs_objects(struct hs_claim_page *page, const struct hs_claim_cell *cell,
				     const struct hs_race *race)
{
	if (!race->objects)
		return;
	hs_out_text(page->out, "<p>With");
	for (unsigned int i = 0; i < race->objects; i++) {
		hs_out_text(page->out, i ? "; <code>" : " <code>");
		claims_html_runs_line(page, cell, race, race->object[i].line);
		hs_out_text(page->out, "</code>");
	}
	hs_out_text(page->out, ".</p>\n");
}

static void claims_html_runs_race(struct hs_claim_page *page, const struct hs_claim_cell *cell)
{
	struct hs_told_table table;
	struct hs_race race;
	int ret = hs_told_race(page->mem, page->told, cell->row, &race);

	if (ret != 1) {
		page->ret = ret ? ret : page->ret;
		return;
	}
	if (race.about) {
		hs_out_text(page->out, "<p>");
		hs_html_text(page->out, race.about);
		hs_out_text(page->out, ".</p>\n");
	}
	claims_html_runs_objects(page, cell, &race);
	claims_html_runs_steps(page, "Set-up:", cell, &race, &race.setup);
	ret = hs_told_steps(page->mem, page->told, cell, &race, &table);
	if (ret)
		page->ret = ret;
	else
		claims_html_runs_table(page, &table, "Steps of each task");
	claims_html_runs_steps(page, "Check:", cell, &race, &race.check);
	hs_told_table_free(page->mem, &table);
	hs_race_free(page->mem, &race);
}

static void claims_html_runs_scenario(struct hs_claim_page *page, uint32_t row)
{
	unsigned long first, end;

	if (!hs_told_scenario(page->told, row, &first, &end))
		return;
	hs_out_text(page->out, "<pre class=\"scroll\" tabindex=\"0\">");
	for (unsigned long i = first; i < end; i++) {
		struct hs_word line = hs_told_line(page->told->text, i);

		claims_html_runs_word(page->out, &line);
		hs_out_char(page->out, '\n');
	}
	hs_out_text(page->out, "</pre>\n");
}

static bool claims_html_runs_told(const struct hs_claim_page *page, size_t i)
{
	const struct hs_claim *claim = page->claim;

	for (size_t j = 0; j < i; j++)
		if (strcmp(claim->row[page->found->cell[j].row].runs,
			   claim->row[page->found->cell[i].row].runs) == 0)
			return true;
	return false;
}

/* The first is open; each is told once, however many rows run it. */
void hs_claims_html_runs(struct hs_claim_page *page)
{
	if (!page->found->cells)
		return;
	hs_out_text(page->out, "<h3>What was run</h3>\n");
	for (size_t i = 0; i < page->found->cells; i++) {
		const struct hs_claim_cell *cell = &page->found->cell[i];
		const struct hs_claim_row *row = &page->claim->row[cell->row];

		if (claims_html_runs_told(page, i))
			continue;
		hs_out_text(page->out, i ? "<details><summary>" : "<details open><summary>");
		hs_out_text(page->out, row->walk ? "Walk scenario <code>" : "Race <code>");
		hs_html_text(page->out, row->runs);
		hs_out_text(page->out, "</code></summary>\n");
		if (row->walk)
			claims_html_runs_scenario(page, cell->row);
		else
			claims_html_runs_race(page, cell);
		hs_out_text(page->out, "</details>\n");
	}
}

/* ---- executions --------------------------------------------------------------------------- */

/* Whether the steps were told for an earlier cell. */
static bool claims_html_runs_repeats(const struct hs_claim_found *found, size_t i,
				     const struct hs_told_example *shown)
{
	for (size_t j = 0; j < i; j++) {
		struct hs_told_example other = { &found->cell[j], NULL };

		for (unsigned int c = 0; c < other.cell->counterexamples; c++) {
			other.example = &other.cell->counterexample[c];
			if (hs_told_same_example(&other, shown))
				return true;
		}
	}
	return false;
}

static void claims_html_runs_token(struct hs_claim_page *page, const struct hs_told_example *shown)
{
	struct hs_out name = { .mem = page->mem };

	hs_told_cell_name(page->claim, shown->cell, &name);
	hs_out_text(page->out, "<li>");
	hs_claims_html_line(page, &name);
	hs_out_text(page->out, ", trace ");
	hs_out_hex(page->out, shown->example->trace_hash);
	hs_out_text(page->out, ":<br>\n<code>hmmsim replay ");
	hs_html_text(page->out, shown->example->token);
	hs_out_text(page->out, "</code></li>\n");
}

static void claims_html_runs_tokens(struct hs_claim_page *page, const struct hs_told_example *shown)
{
	hs_out_text(page->out, "<ul class=\"token\">\n");
	for (size_t i = 0; i < page->found->cells; i++) {
		struct hs_told_example other = { &page->found->cell[i], NULL };

		for (unsigned int c = 0; c < other.cell->counterexamples; c++) {
			other.example = &other.cell->counterexample[c];
			if (hs_told_same_example(shown, &other))
				claims_html_runs_token(page, &other);
		}
	}
	hs_out_text(page->out, "</ul>\n");
}

static void claims_html_runs_moments(struct hs_claim_page *page,
				     const struct hs_told_example *shown)
{
	struct hs_told_table table;
	int ret = hs_told_moments(page->mem, shown->example, &table);

	if (ret)
		page->ret = ret;
	else
		claims_html_runs_table(page, &table, "An execution, a row a step");
	if (shown->example->more)
		hs_out_text(page->out, "<p>More steps follow.</p>\n");
	hs_told_table_free(page->mem, &table);
}

static void claims_html_runs_example(struct hs_claim_page *page,
				     const struct hs_told_example *shown, bool open)
{
	const struct hs_claim_row *row = &page->claim->row[shown->cell->row];

	hs_out_text(page->out, open ? "<details open><summary>" : "<details><summary>");
	hs_html_text(page->out, row->name);
	hs_out_text(page->out, hs_claim_is_control(row) ? " (control): " : ": ");
	hs_out_text(page->out, hs_claim_field_names[shown->example->property]);
	hs_out_text(page->out, " is violated</summary>\n<p>");
	hs_html_text(page->out, shown->example->message);
	hs_out_text(page->out, "</p>\n");
	claims_html_runs_moments(page, shown);
	claims_html_runs_tokens(page, shown);
	hs_out_text(page->out, "</details>\n");
}

void hs_claims_html_examples(struct hs_claim_page *page)
{
	struct hs_told_example simplest = hs_told_shown(page->found);

	if (!simplest.example)
		return;
	hs_out_text(page->out, "<h3>Executions that show it</h3>\n");
	claims_html_runs_example(page, &simplest, true);
	for (size_t i = 0; i < page->found->cells; i++) {
		struct hs_told_example shown = { &page->found->cell[i], NULL };

		for (unsigned int c = 0; c < shown.cell->counterexamples; c++) {
			shown.example = &shown.cell->counterexample[c];
			if (!hs_told_same_example(&simplest, &shown) &&
			    !claims_html_runs_repeats(page->found, i, &shown))
				claims_html_runs_example(page, &shown, false);
		}
	}
}
