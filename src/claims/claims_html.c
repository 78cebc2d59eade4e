/* SPDX-License-Identifier: MIT */
/*
 * claims_html.c - all claims as one page, which needs no other file and no script
 */
#include "claims/claims_html.h"

#include <errno.h>
#include <string.h>

#include "claims/claims_style.h"
#include "claims/summary.h"

/* ---- parts -------------------------------------------------------------------------------- */

void hs_claims_html_table(struct hs_out *out, const char *class, const char *name)
{
	hs_out_text(out, "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"");
	hs_html_text(out, name);
	hs_out_text(out, "\"><table");
	if (class) {
		hs_out_text(out, " class=\"");
		hs_out_text(out, class);
		hs_out_char(out, '"');
	}
	hs_out_text(out, ">\n");
}

void hs_claims_html_table_end(struct hs_out *out)
{
	hs_out_text(out, "</table></div>\n");
}

void hs_claims_html_line(struct hs_claim_page *page, struct hs_out *line)
{
	if (line->failed)
		page->ret = -ENOMEM;
	hs_html_bytes(page->out, line->bytes, line->used);
	hs_out_free(line);
}

static const char *claims_html_verdict_class(enum hs_claim_verdict verdict)
{
	return verdict == HS_CLAIM_IN_PART ? "in-part" : hs_claim_verdict_names[verdict];
}

static const char *claims_html_verdict_words(enum hs_claim_verdict verdict)
{
	return verdict == HS_CLAIM_UNSETTLED ? "no run settles it"
					     : hs_claim_verdict_names[verdict];
}

static void claims_html_verdict(struct hs_out *out, enum hs_claim_verdict verdict, const char *more)
{
	hs_out_text(out, "<span class=\"");
	hs_out_text(out, more);
	hs_out_text(out, claims_html_verdict_class(verdict));
	hs_out_text(out, "\">");
	hs_out_text(out, claims_html_verdict_words(verdict));
	hs_out_text(out, "</span>");
}

/* ---- who said what ------------------------------------------------------------------------ */

static void claims_html_says(struct hs_claim_page *page)
{
	struct hs_out *out = page->out;

	hs_out_text(out, "<section id=\"");
	hs_claim_id_print(page->claim, out);
	hs_out_text(out, "\">\n<h2><a href=\"#");
	hs_claim_id_print(page->claim, out);
	hs_out_text(out, "\">");
	hs_claim_id_print(page->claim, out);
	hs_out_text(out, "</a>");
	claims_html_verdict(out, page->found->verdict, "verdict ");
	hs_out_text(out, "</h2>\n<blockquote><p>");
	hs_html_text(out, page->claim->says);
	hs_out_text(out, "</p>\n<footer>");
	hs_html_text(out, page->claim->author);
	hs_out_text(out, ", <time datetime=\"");
	hs_html_text(out, page->claim->date);
	hs_out_text(out, "\">");
	hs_html_text(out, page->claim->date);
	hs_out_text(out, "</time></footer></blockquote>\n");
}

static void claims_html_differences(struct hs_claim_page *page,
				    const struct hs_claim_difference *difference, long count)
{
	if (count <= 0)
		return;
	hs_out_text(page->out, "<details open><summary class=\"differs\">Not as expected: ");
	hs_out_decimal(page->out, (uint64_t)count);
	hs_out_text(page->out, "</summary>\n<ul>\n");
	for (long i = 0; i < count; i++) {
		struct hs_out line = { .mem = page->mem };

		hs_out_text(page->out, "<li>");
		hs_told_difference(page->claim, &difference[i], page->found, &line);
		hs_claims_html_line(page, &line);
		hs_out_text(page->out, "</li>\n");
	}
	hs_out_text(page->out, "</ul></details>\n");
}

static void claims_html_judgement(struct hs_claim_page *page)
{
	struct hs_out grounds = { .mem = page->mem };
	struct hs_claim_difference *difference = NULL;
	long count = hs_claim_compare(page->mem, page->found, page->told->expected, &difference);

	if (count < 0)
		page->ret = (int)count;
	hs_out_text(page->out, "<p>Found: ");
	claims_html_verdict(page->out, page->found->verdict, "");
	if (hs_told_is_expected(page->told))
		hs_out_text(page->out, ", as expected");
	else {
		hs_out_text(page->out, "; expected: ");
		hs_out_text(page->out, hs_told_expected(page->told));
	}
	hs_out_char(page->out, '.');
	if (page->claim->method != HS_CLAIM_NONE) {
		hs_out_char(&grounds, ' ');
		hs_told_grounds(page->found, &grounds);
	}
	hs_claims_html_line(page, &grounds);
	hs_out_text(page->out, "</p>\n");
	claims_html_differences(page, difference, count);
	hs_hostmem_free(page->mem, difference);
}

/* ---- what was found ----------------------------------------------------------------------- */

static void claims_html_claimed(struct hs_claim_page *page)
{
	if (!page->claim->statements)
		return;
	hs_out_text(page->out, "<h3>What is claimed</h3>\n<ul>\n");
	for (unsigned int i = 0; i < page->claim->statements; i++) {
		struct hs_out line = { .mem = page->mem };

		hs_out_text(page->out, "<li><code>");
		hs_html_text(page->out, page->claim->statement[i].words);
		hs_out_text(page->out, "</code> ");
		hs_told_judged(page->found, i, &line);
		hs_claims_html_line(page, &line);
		hs_out_text(page->out, "</li>\n");
	}
	hs_out_text(page->out, "</ul>\n");
}

static void claims_html_cells_head(struct hs_claim_page *page, const bool *column)
{
	struct hs_out *out = page->out;

	hs_claims_html_table(out, NULL, "What was found");
	hs_out_text(out, "<thead><tr><th scope=\"col\">row</th>");
	for (int f = 0; f < HS_CLAIM_FIELD_COUNT; f++) {
		if (!column[f])
			continue;
		if (f < HS_CLAIM_PROPERTIES) {
			hs_out_text(out, "<th scope=\"col\"><a href=\"#property-");
			hs_out_text(out, hs_claim_field_names[f]);
			hs_out_text(out, "\">");
		} else
			hs_out_text(out, "<th scope=\"col\" class=\"number\">");
		hs_out_text(out, hs_claim_field_names[f]);
		hs_out_text(out, f < HS_CLAIM_PROPERTIES ? "</a></th>" : "</th>");
	}
	hs_out_text(out, "<th scope=\"col\">with</th></tr></thead>\n<tbody>\n");
}

static void claims_html_value(struct hs_claim_page *page, size_t i, enum hs_claim_field field,
			      bool group)
{
	const struct hs_claim_value *value = &page->found->cell[i].value[field];
	struct hs_out words = { .mem = page->mem };

	hs_out_text(page->out, "<td");
	if (field >= HS_CLAIM_PROPERTIES)
		hs_out_text(page->out, " class=\"number\"");
	else if (value->kind == HS_CLAIM_WORD) {
		hs_out_text(page->out, " class=\"");
		hs_out_text(page->out, hs_claim_word_names[value->word]);
		hs_out_char(page->out, '"');
	}
	hs_out_char(page->out, '>');
	if (group)
		hs_told_value(page->found, i, field, &words);
	else
		hs_claim_value_print(value, &words);
	hs_claims_html_line(page, &words);
	hs_out_text(page->out, "</td>");
}

/* A group of cells, or one cell alone. */
static void claims_html_cell(struct hs_claim_page *page, size_t i, const bool *column, bool group)
{
	const struct hs_claim_cell *cell = &page->found->cell[i];
	const struct hs_claim_row *row = &page->claim->row[cell->row];
	struct hs_out with = { .mem = page->mem };

	hs_out_text(page->out, "<tr><th scope=\"row\">");
	hs_html_text(page->out, row->name);
	if (hs_claim_is_control(row))
		hs_out_text(page->out, " <span class=\"soft\">control</span>");
	hs_out_text(page->out, "</th>");
	for (int f = 0; f < HS_CLAIM_FIELD_COUNT; f++)
		if (column[f])
			claims_html_value(page, i, (enum hs_claim_field)f, group);
	hs_out_text(page->out, "<td class=\"with\">");
	if (group)
		hs_told_settings(page->found, i, &with);
	else
		hs_out_text(&with, cell->settings);
	if (!group && !row->walk) {
		hs_out_text(&with, with.used ? "; exhaustive: " : "exhaustive: ");
		hs_told_searches(cell, &with);
	}
	hs_claims_html_line(page, &with);
	hs_out_text(page->out, "</td></tr>\n");
}

/* Returns whether a cell was left out, because another one stands for it. */
static bool claims_html_cells(struct hs_claim_page *page, bool walk, bool group)
{
	bool column[HS_CLAIM_FIELD_COUNT], left_out = false;

	if (!hs_told_columns(page->found, walk, column))
		return false;
	claims_html_cells_head(page, column);
	for (size_t i = 0; i < page->found->cells; i++) {
		if (page->claim->row[page->found->cell[i].row].walk != walk)
			continue;
		if (group && !hs_told_leads(page->found, i))
			left_out = true;
		else
			claims_html_cell(page, i, column, group);
	}
	hs_out_text(page->out, "</tbody>\n");
	hs_claims_html_table_end(page->out);
	return left_out;
}

static void claims_html_undone(struct hs_claim_page *page)
{
	for (size_t i = 0; i < page->found->cells; i++) {
		const struct hs_claim_cell *cell = &page->found->cell[i];

		for (size_t u = 0; u < cell->undones; u++) {
			struct hs_out name = { .mem = page->mem };

			hs_out_text(page->out, "<p>A step that no execution has done, in ");
			hs_told_cell_name(page->claim, cell, &name);
			hs_claims_html_line(page, &name);
			hs_out_text(page->out, ": <code>");
			hs_html_text(page->out, cell->undone[u]);
			hs_out_text(page->out, "</code></p>\n");
		}
	}
}

static void claims_html_answers(struct hs_claim_page *page)
{
	bool grouped;

	if (!page->found->cells)
		return;
	hs_out_text(page->out, "<h3>What was found</h3>\n");
	grouped = claims_html_cells(page, false, true);
	grouped = claims_html_cells(page, true, true) || grouped;
	if (grouped) {
		hs_out_text(page->out, "<details><summary>Each cell by itself</summary>\n");
		claims_html_cells(page, false, false);
		claims_html_cells(page, true, false);
		hs_out_text(page->out, "</details>\n");
	}
	claims_html_undone(page);
}

/* ---- controls, notes, text ---------------------------------------------------------------- */

static void claims_html_side(struct hs_claim_page *page, const struct hs_claim_flip *flip,
			     const struct hs_claim_cell *cell)
{
	struct hs_out line = { .mem = page->mem };

	hs_told_flip_side(page->claim, flip, cell, &line);
	hs_claims_html_line(page, &line);
}

static void claims_html_controls(struct hs_claim_page *page)
{
	if (page->found->flips)
		hs_out_text(page->out, "<h3>What turns it round</h3>\n<ul>\n");
	for (unsigned int i = 0; i < page->found->flips; i++) {
		const struct hs_claim_flip *flip = &page->found->flip[i];
		const struct hs_claim_row *row = &page->claim->row[flip->control];

		hs_out_text(page->out, "<li><b>");
		hs_html_text(page->out, row->name);
		hs_out_text(page->out, "</b>: ");
		hs_html_text(page->out, row->change);
		hs_out_text(page->out, ".<br>\n");
		if (flip->flips && flip->cell && flip->row_cell) {
			claims_html_side(page, flip, flip->row_cell);
			hs_out_text(page->out, "; ");
			claims_html_side(page, flip, flip->cell);
			hs_out_text(page->out, ". It turns round.</li>\n");
		} else
			hs_out_text(page->out, "<span class=\"differs\">It does not turn round "
					       "what is claimed.</span></li>\n");
	}
	if (page->found->flips)
		hs_out_text(page->out, "</ul>\n");
}

static void claims_html_notes(struct hs_claim_page *page)
{
	if (page->claim->notes)
		hs_out_text(page->out, "<h3>Notes</h3>\n");
	for (unsigned int i = 0; i < page->claim->notes; i++) {
		hs_out_text(page->out, "<p>");
		hs_html_text(page->out, page->claim->note[i]);
		hs_out_text(page->out, "</p>\n");
	}
}

static void claims_html_text(struct hs_claim_page *page)
{
	const struct hs_claim_text *text = page->told->text;

	hs_out_text(page->out, "<details><summary>The text, <code>");
	hs_html_text(page->out, text->file);
	hs_out_text(page->out, "</code></summary>\n<pre class=\"scroll\" tabindex=\"0\">\n");
	hs_html_bytes(page->out, text->bytes, text->length);
	hs_out_text(page->out, "</pre></details>\n");
}

static int claims_html_claim(struct hs_hostmem *mem, const struct hs_claim_told *told,
			     struct hs_out *out)
{
	struct hs_claim_page page = { told, told->found, told->found->claim, mem, out, 0 };

	claims_html_says(&page);
	claims_html_judgement(&page);
	hs_claims_html_runs(&page);
	claims_html_claimed(&page);
	claims_html_answers(&page);
	hs_claims_html_examples(&page);
	claims_html_controls(&page);
	claims_html_notes(&page);
	claims_html_text(&page);
	hs_out_text(out,
		    "<p class=\"back\"><a href=\"#contents\">All claims</a></p>\n</section>\n");
	return page.ret;
}

/* ---- the page ----------------------------------------------------------------------------- */

static const char claims_html_head[] =
	"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	"<title>hmmsim: the claims of the thread</title>\n<style>\n";

static const char claims_html_intro[] =
	"</style>\n</head>\n<body>\n<header>\n<h1>The claims of the thread</h1>\n"
	"<p>In August 2019 a thread on linux-mm argued about <code>hmm_range_fault()</code> and "
	"<code>get_dev_pagemap()</code>: whose reference, if any, keeps device memory alive while "
	"a driver looks at it. Each argument is an experiment here. A race is run under every "
	"schedule that matters, a walk is counted; the control is the smallest change of the model "
	"that turns the result round.</p>\n"
	"<p>An execution is drawn as columns, one a task, from top to bottom, with a row where a "
	"step begins. If the one that is violated began before others, the last row is where it "
	"goes on, and says what it met. A token runs the execution again, step by step: <code>hmmsim replay TOKEN</code>.</p>\n</header>\n<main>\n";

static void claims_html_entry(const struct hs_claim_told *told, struct hs_out *out)
{
	const struct hs_claim *claim = told->found->claim;
	hs_out_text(out, "<tr><th scope=\"row\"><a href=\"#");
	hs_claim_id_print(claim, out);
	hs_out_text(out, "\">");
	hs_claim_id_print(claim, out);
	hs_out_text(out, "</a></th><td>");
	claims_html_verdict(out, told->found->verdict, "");
	if (!hs_told_is_expected(told)) {
		hs_out_text(out, "<br>\n<span class=\"differs\">expected: ");
		hs_out_text(out, hs_told_expected(told));
		hs_out_text(out, "</span>");
	}
	hs_out_text(out, "</td><td class=\"say\">");
	hs_html_text(out, claim->says);
	hs_out_text(out, "<br>\n<span class=\"soft\">");
	hs_html_text(out, claim->author);
	hs_out_text(out, "</span></td></tr>\n");
}

static void claims_html_contents(const struct hs_claim_told *told, size_t count, struct hs_out *out)
{
	hs_out_text(out, "<section id=\"contents\">\n<h2>Claims</h2>\n");
	hs_claims_html_table(out, NULL, "Claims");
	hs_out_text(out, "<thead><tr><th scope=\"col\">claim</th><th scope=\"col\">found</th>"
			 "<th scope=\"col\">what is claimed</th></tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < count; i++)
		claims_html_entry(&told[i], out);
	hs_out_text(out, "</tbody>\n");
	hs_claims_html_table_end(out);
	hs_out_text(out, "</section>\n");
}

static void claims_html_properties(struct hs_out *out)
{
	hs_out_text(out, "<section id=\"properties\">\n<h2>What must hold</h2>\n<dl>\n");
	for (int f = 0; f < HS_CLAIM_PROPERTIES; f++) {
		hs_out_text(out, "<dt id=\"property-");
		hs_out_text(out, hs_claim_field_names[f]);
		hs_out_text(out, "\">");
		hs_out_text(out, hs_claim_field_names[f]);
		hs_out_text(out, "</dt><dd>");
		hs_html_text(out, hs_told_property((enum hs_claim_field)f));
		hs_out_text(out, "</dd>\n");
	}
	hs_out_text(out,
		    "</dl>\n<p>A cell is a race with one value of each axis. <i>executions</i> "
		    "are those of all searches, <i>reached</i> those that came to what the race "
		    "is about.</p>\n</section>\n");
}

static void claims_html_legend(struct hs_out *out)
{
	const char *at = hs_claims_summary_legend;

	hs_out_text(out, "<ul>\n");
	while (*at) {
		size_t length = strcspn(at, "\n");

		hs_out_text(out, *at == ' ' ? "\n" : "<li>");
		hs_html_bytes(out, at, length);
		at += length + 1;
		hs_out_text(out, *at == ' ' ? "" : "</li>\n");
	}
	hs_out_text(out, "</ul>\n");
}

/* The grid's cells: the first row is the head. */
static void claims_html_summary(const struct hs_out *summary, struct hs_out *out)
{
	const char *at = summary->bytes, *end = at + summary->used, *cell = at;
	bool head = true;

	hs_out_text(out, "<section id=\"summary\">\n<h2>The strategies</h2>\n");
	hs_claims_html_table(out, NULL, "The strategies");
	hs_out_text(out, "<thead><tr>");
	for (; at < end; at++) {
		if (*at == '\t') {
			hs_out_text(out, head ? "<th scope=\"col\">" : "<td>");
			hs_html_bytes(out, cell, (size_t)(at - cell));
			hs_out_text(out, head ? "</th>" : "</td>");
			cell = at + 1;
		} else if (*at == '\n') {
			hs_out_text(out, head ? "</tr></thead>\n<tbody>\n" : "</tr>\n");
			hs_out_text(out, at + 1 < end ? "<tr>" : "");
			head = false;
			cell = at + 1;
		}
	}
	hs_out_text(out, "</tbody>\n");
	hs_claims_html_table_end(out);
	claims_html_legend(out);
	hs_out_text(out, "</section>\n");
}

int hs_claims_html_print(struct hs_hostmem *mem, const struct hs_claim_told *told, size_t count,
			 const struct hs_out *summary, struct hs_out *out)
{
	int ret = 0;

	hs_out_text(out, claims_html_head);
	hs_out_text(out, claims_style);
	hs_out_text(out, claims_html_intro);
	if (summary && summary->used)
		claims_html_summary(summary, out);
	claims_html_contents(told, count, out);
	claims_html_properties(out);
	for (size_t i = 0; !ret && i < count; i++)
		ret = claims_html_claim(mem, &told[i], out);
	hs_out_text(out,
		    "</main>\n<footer class=\"page\"><p class=\"soft\">Printed by <code>hmmsim "
		    "claims --html</code>. The same bytes on every run.</p></footer>\n"
		    "</body>\n</html>\n");
	return out->failed ? -ENOMEM : ret;
}
