/* SPDX-License-Identifier: MIT */
/*
 * told.c - words in which claims are told, cells that are alike, the execution that is shown
 */
#include "claims/told.h"

#include <string.h>

#define TOLD_FEW 4 /* values of an axis that are listed, even if all of them are meant */

/* ---- words ------------------------------------------------------------------------------- */

const char *hs_told_property(enum hs_claim_field property)
{
	static const char *const sentences[HS_CLAIM_PROPERTIES] = {
		[HS_CLAIM_S1] = "no device has an entry for memory that is gone",
		[HS_CLAIM_S2] = "no struct page or pgmap is accessed when it is gone",
		[HS_CLAIM_S3] = "no reference or object is left at the end",
		[HS_CLAIM_S4] = "no device has an entry for a private page of another owner",
		[HS_CLAIM_LIVE] = "a removal that has begun comes to its end",
		[HS_CLAIM_ANSWER] = "what the race asserts of its answers holds",
	};

	return sentences[property];
}

/* The extent of a search of the cell within a bound; NULL: none has one. */
static const char *told_bound(const struct hs_claim_cell *cell)
{
	for (int p = 0; p < HS_CLAIM_PROPERTIES; p++)
		if (!strncmp(cell->search[p].extent, "within", strlen("within")))
			return cell->search[p].extent;
	return NULL;
}

const char *hs_told_extent(const struct hs_claim_found *found)
{
	static const char *const words[HS_CLAIM_METHOD_COUNT] = {
		[HS_CLAIM_SEARCH] = "every schedule",
		[HS_CLAIM_SCHEDULE] = "one schedule",
		[HS_CLAIM_COUNTS] = "counts",
		[HS_CLAIM_NONE] = "no run",
	};
	enum hs_claim_method method = found->claim->method;

	for (size_t i = 0; method == HS_CLAIM_SEARCH && i < found->cells; i++)
		if (told_bound(&found->cell[i]))
			return told_bound(&found->cell[i]);
	return words[method];
}

void hs_told_cell_name(const struct hs_claim *claim, const struct hs_claim_cell *cell,
		       struct hs_out *out)
{
	hs_out_text(out, claim->row[cell->row].name);
	if (cell->settings && *cell->settings) {
		hs_out_text(out, ", ");
		hs_out_text(out, cell->settings);
	}
}

static void told_caveat(const struct hs_claim_found *found, const char *words,
			const struct hs_claim_cell *cell, struct hs_out *out)
{
	if (!cell)
		return;
	hs_out_text(out, words);
	hs_told_cell_name(found->claim, cell, out);
	hs_out_char(out, '.');
}

void hs_told_grounds(const struct hs_claim_found *found, struct hs_out *out)
{
	hs_out_text(out, "Settled by ");
	hs_out_text(out, hs_told_extent(found));
	if (found->executions) {
		hs_out_text(out, " (");
		hs_out_decimal(out, found->executions);
		hs_out_text(out, found->executions == 1 ? " execution)" : " executions)");
	}
	hs_out_char(out, '.');
	told_caveat(found, " A bound ended the search of ", found->bounded, out);
	told_caveat(found, " No execution came to what is asked of ", found->never_reached, out);
}

void hs_told_flip_side(const struct hs_claim *claim, const struct hs_claim_flip *flip,
		       const struct hs_claim_cell *cell, struct hs_out *out)
{
	hs_told_cell_name(claim, cell, out);
	hs_out_text(out, ": ");
	hs_out_text(out, hs_claim_field_names[flip->field]);
	hs_out_text(out, flip->field < HS_CLAIM_PROPERTIES ? " " : " = ");
	hs_claim_value_print(&cell->value[flip->field], out);
}

void hs_told_difference(const struct hs_claim *claim, const struct hs_claim_difference *difference,
			const struct hs_claim_found *found, struct hs_out *out)
{
	const struct hs_claim_expectation *expected = difference->expectation;

	if (hs_claim_is_lost(difference)) {
		hs_out_text(out, "no cell; expected ");
		hs_out_text(out, expected->row);
		hs_out_text(out, ", line ");
		hs_out_decimal(out, expected->line);
		return;
	}
	if (!difference->cell) {
		hs_out_text(out, "verdict ");
		hs_out_text(out, hs_claim_verdict_names[found->verdict]);
		hs_out_text(out, "; expected ");
		hs_out_text(out, expected ? hs_claim_verdict_names[expected->verdict] : "nothing");
		return;
	}
	hs_told_cell_name(claim, difference->cell, out);
	hs_out_text(out, ": ");
	hs_out_text(out, hs_claim_field_names[difference->field]);
	hs_out_text(out, " = ");
	hs_claim_value_print(&difference->cell->value[difference->field], out);
	hs_out_text(out, "; expected ");
	if (expected)
		hs_claim_value_print(&expected->value, out);
	else
		hs_out_text(out, "nothing");
}

void hs_told_judged(const struct hs_claim_found *found, unsigned int i, struct hs_out *out)
{
	const struct hs_claim_judged *judged = &found->judged[i];

	hs_out_text(out, "in ");
	hs_out_decimal(out, judged->held);
	hs_out_text(out, " of ");
	hs_out_decimal(out, judged->cells);
	hs_out_text(out, judged->cells == 1 ? " cell" : " cells");
	if (judged->held == judged->cells)
		return;
	hs_out_text(out, "; ");
	if (judged->settings && *judged->settings) {
		hs_out_text(out, "with ");
		hs_out_text(out, judged->settings);
		hs_out_char(out, ' ');
	}
	hs_claim_value_print(&judged->left, out);
	hs_out_text(out, " was found");
	if (found->claim->statement[i].other == HS_CLAIM_NO_ROW)
		return;
	hs_out_text(out, " against ");
	hs_claim_value_print(&judged->right, out);
}

const char *hs_told_expected(const struct hs_claim_told *told)
{
	const struct hs_claim_expectation *expected =
		hs_claim_expected_verdict(told->expected, told->found->claim);

	return expected ? hs_claim_verdict_names[expected->verdict] : "nothing";
}

bool hs_told_is_expected(const struct hs_claim_told *told)
{
	const struct hs_claim_expectation *expected =
		hs_claim_expected_verdict(told->expected, told->found->claim);

	return expected && expected->verdict == told->found->verdict;
}

/* ---- cells that are alike ----------------------------------------------------------------- */

static bool told_counts_executions(enum hs_claim_field field)
{
	return field == HS_CLAIM_EXECUTIONS || field == HS_CLAIM_REACHED;
}

static bool told_alike(const struct hs_claim_found *found, size_t i, size_t j)
{
	const struct hs_claim_cell *a = &found->cell[i], *b = &found->cell[j];

	if (a->row != b->row)
		return false;
	for (int f = 0; f < HS_CLAIM_FIELD_COUNT; f++)
		if (!told_counts_executions((enum hs_claim_field)f) &&
		    !hs_claim_equal(&a->value[f], &b->value[f]))
			return false;
	return true;
}

bool hs_told_leads(const struct hs_claim_found *found, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (told_alike(found, i, j))
			return false;
	return true;
}

/* Whether every cell of the row is in the group of cell @i, and they are many. */
static bool told_is_whole_row(const struct hs_claim_found *found, size_t i)
{
	size_t cells = 0;

	for (size_t j = 0; j < found->cells; j++) {
		if (found->cell[j].row != found->cell[i].row)
			continue;
		if (!told_alike(found, i, j))
			return false;
		cells++;
	}
	return cells > TOLD_FEW;
}

static void told_comma(struct hs_out *out, bool *first, const char *comma)
{
	if (!*first)
		hs_out_text(out, comma);
	*first = false;
}

static void told_list_cells(const struct hs_claim_found *found, size_t i, unsigned int axes,
			    struct hs_out *out, bool *first)
{
	bool named = false;

	for (size_t j = 0; j < found->cells; j++) {
		const char *words = found->cell[j].settings, *value = strchr(words, '=');

		if (!told_alike(found, i, j))
			continue;
		told_comma(out, first, axes > 1 && named ? "; " : ", ");
		hs_out_text(out, axes == 1 && named && value ? value + 1 : words);
		named = true;
	}
}

void hs_told_settings(const struct hs_claim_found *found, size_t i, struct hs_out *out)
{
	const struct hs_claim_row *row = &found->claim->row[found->cell[i].row];
	bool first = true, whole = told_is_whole_row(found, i);
	unsigned int axes = 0;

	for (unsigned int s = 0; s < row->settings; s++) {
		if (!row->setting[s].value) {
			axes++;
			continue;
		}
		told_comma(out, &first, ", ");
		hs_out_text(out, row->setting[s].name);
		hs_out_char(out, '=');
		hs_out_text(out, row->setting[s].value);
	}
	if (!whole && axes) {
		told_list_cells(found, i, axes, out, &first);
		return;
	}
	for (unsigned int s = 0; s < row->settings; s++) {
		if (row->setting[s].value)
			continue;
		told_comma(out, &first, ", ");
		hs_out_text(out, "every ");
		hs_out_text(out, row->setting[s].name);
	}
}

void hs_told_value(const struct hs_claim_found *found, size_t i, enum hs_claim_field field,
		   struct hs_out *out)
{
	const struct hs_claim_value *value = &found->cell[i].value[field];
	uint64_t sum = 0;

	if (value->kind == HS_CLAIM_UNSET ||
	    (value->kind == HS_CLAIM_WORD && value->word == HS_CLAIM_NOT_JUDGED)) {
		hs_out_char(out, '-');
		return;
	}
	if (!told_counts_executions(field)) {
		hs_claim_value_print(value, out);
		return;
	}
	for (size_t j = 0; j < found->cells; j++)
		if (told_alike(found, i, j))
			sum += (uint64_t)found->cell[j].value[field].number;
	hs_out_decimal(out, sum);
}

void hs_told_searches(const struct hs_claim_cell *cell, struct hs_out *out)
{
	const struct hs_claim_search *first = NULL;
	bool same = true, begun = false;

	for (int p = 0; p < HS_CLAIM_PROPERTIES; p++) {
		const struct hs_claim_search *search = &cell->search[p];

		first = first || !*search->extent ? first : search;
		same = same && (!*search->extent || !strcmp(search->extent, first->extent));
	}
	if (first && same)
		hs_out_text(out, first->extent);
	for (int p = 0; !same && p < HS_CLAIM_PROPERTIES; p++) {
		if (!*cell->search[p].extent)
			continue;
		hs_out_text(out, begun ? ", " : "");
		hs_out_text(out, hs_claim_field_names[p]);
		hs_out_char(out, ' ');
		hs_out_text(out, cell->search[p].extent);
		hs_out_text(out, " (");
		hs_out_decimal(out, cell->search[p].executions);
		hs_out_char(out, ')');
		begun = true;
	}
}

static void told_claimed_columns(const struct hs_claim *claim, bool walk,
				 bool column[HS_CLAIM_FIELD_COUNT])
{
	for (unsigned int i = 0; i < claim->statements; i++) {
		const struct hs_claim_statement *s = &claim->statement[i];

		if (claim->row[s->row].walk == walk)
			column[s->field] = true;
		if (s->other != HS_CLAIM_NO_ROW && claim->row[s->other].walk == walk)
			column[s->other_field] = true;
	}
}

bool hs_told_matters(const struct hs_claim_found *found, enum hs_claim_field property)
{
	bool column[HS_CLAIM_FIELD_COUNT] = { false };

	told_claimed_columns(found->claim, false, column);
	for (size_t i = 0; i < found->cells; i++)
		if (found->cell[i].value[property].kind == HS_CLAIM_WORD &&
		    found->cell[i].value[property].word == HS_CLAIM_VIOLATED)
			return true;
	return column[property];
}

bool hs_told_columns(const struct hs_claim_found *found, bool walk,
		     bool column[HS_CLAIM_FIELD_COUNT])
{
	bool any = false;

	memset(column, 0, HS_CLAIM_FIELD_COUNT * sizeof(*column));
	told_claimed_columns(found->claim, walk, column);
	for (size_t i = 0; i < found->cells; i++) {
		const struct hs_claim_cell *cell = &found->cell[i];

		if (found->claim->row[cell->row].walk != walk)
			continue;
		any = true;
		for (int f = 0; f < HS_CLAIM_PROPERTIES; f++)
			column[f] = column[f] || (cell->value[f].kind == HS_CLAIM_WORD &&
						  cell->value[f].word != HS_CLAIM_NOT_JUDGED);
		column[HS_CLAIM_EXECUTIONS] = !walk;
		column[HS_CLAIM_REACHED] = column[HS_CLAIM_REACHED] || cell->counts_reached;
	}
	return any;
}

/* ---- executions --------------------------------------------------------------------------- */

/*
 * Whether the counterexample is to be shown rather than the best one so far. Of rows the first,
 * because a claim begins with what shows most of it: the later ones run a driver as one step.
 */
static bool told_is_simpler(const struct hs_claim *claim, const struct hs_told_example *best,
			    const struct hs_claim_cell *cell,
			    const struct hs_claim_counterexample *example)
{
	bool claimed = hs_claim_names(claim, cell->row, example->property);
	bool best_claimed;

	if (!best->example)
		return true;
	best_claimed = hs_claim_names(claim, best->cell->row, best->example->property);
	if (claimed != best_claimed)
		return claimed;
	if (!example->moments || !best->example->moments)
		return example->moments > best->example->moments;
	if (cell->row != best->cell->row && !hs_claim_is_control(&claim->row[cell->row]))
		return false;
	return example->moments < best->example->moments;
}

struct hs_told_example hs_told_simplest(const struct hs_claim_found *found, bool controls)
{
	struct hs_told_example best = { .cell = NULL };

	for (size_t i = 0; i < found->cells; i++) {
		const struct hs_claim_cell *cell = &found->cell[i];

		if (hs_claim_is_control(&found->claim->row[cell->row]) != controls)
			continue;
		for (unsigned int c = 0; c < cell->counterexamples; c++)
			if (told_is_simpler(found->claim, &best, cell, &cell->counterexample[c]))
				best = (struct hs_told_example){ cell, &cell->counterexample[c] };
	}
	return best;
}

struct hs_told_example hs_told_shown(const struct hs_claim_found *found)
{
	struct hs_told_example shown = hs_told_simplest(found, false);

	return shown.example ? shown : hs_told_simplest(found, true);
}

bool hs_told_same_example(const struct hs_told_example *a, const struct hs_told_example *b)
{
	const struct hs_claim_counterexample *x = a->example, *y = b->example;

	if (a->cell->row != b->cell->row || x->property != y->property || x->moments != y->moments)
		return false;
	for (size_t i = 0; i < x->moments; i++)
		if (x->moment[i].task != y->moment[i].task ||
		    x->moment[i].goes_on != y->moment[i].goes_on ||
		    strcmp(x->moment[i].words, y->moment[i].words) != 0)
			return false;
	return x->moments || strcmp(x->message, y->message) == 0;
}
