/* SPDX-License-Identifier: MIT */
/*
 * judge.c - what was found of a claim: whether its lines hold, and its controls change that
 *
 * Cells of two rows belong together if the axes that both are given as * have the same values.
 */
#include <errno.h>
#include <string.h>

#include "claims/run_claim.h"

/* ---- cells that belong together ---------------------------------------------------------- */

static bool judge_belong(const struct hs_claim *claim, const struct hs_claim_cell *a,
			 const struct hs_claim_cell *b)
{
	const struct hs_claim_row *row = &claim->row[a->row];

	for (unsigned int i = 0; i < row->settings; i++) {
		const char *axis = row->setting[i].name;
		struct hs_word x = hs_claim_setting_of(a->settings, axis, strlen(axis));
		struct hs_word y = hs_claim_setting_of(b->settings, axis, strlen(axis));

		if (x.at && y.at && (x.length != y.length || memcmp(x.at, y.at, x.length) != 0))
			return false;
	}
	return true;
}

/* ---- lines claimed ----------------------------------------------------------------------- */

static int judge_order(const struct hs_claim_value *a, const struct hs_claim_value *b)
{
	switch (a->kind) {
	case HS_CLAIM_WORD:
		return a->word != b->word;
	case HS_CLAIM_TEXT:
		return strcmp(a->text, b->text);
	default:
		return (a->number > b->number) - (a->number < b->number);
	}
}

static bool judge_holds(enum hs_claim_op op, int order)
{
	switch (op) {
	case HS_CLAIM_EQUAL:
		return order == 0;
	case HS_CLAIM_UNEQUAL:
		return order != 0;
	case HS_CLAIM_BELOW:
		return order < 0;
	case HS_CLAIM_AT_MOST:
		return order <= 0;
	case HS_CLAIM_ABOVE:
		return order > 0;
	default:
		return order >= 0;
	}
}

/* A verdict that was not obtained is equal to none, not even to another one. */
static bool judge_is_known(const struct hs_claim_value *value)
{
	return value->kind != HS_CLAIM_UNSET &&
	       (value->kind != HS_CLAIM_WORD || value->word != HS_CLAIM_NOT_JUDGED);
}

static void judge_pair(const struct hs_claim_statement *s, const struct hs_claim_cell *cell,
		       const struct hs_claim_value *right, struct hs_claim_judged *judged)
{
	const struct hs_claim_value *left = &cell->value[s->field];
	bool known = judge_is_known(left) && judge_is_known(right);
	bool holds = known && judge_holds(s->op, judge_order(left, right));

	judged->cells++;
	judged->unknown += !known;
	judged->held += holds;
	if (holds || judged->settings)
		return;
	judged->settings = cell->settings;
	judged->left = *left;
	judged->right = *right;
}

/* Only a race with a line reached has the field. */
static int judge_check_set(const struct hs_claim_runner *r, const struct hs_claim_statement *s,
			   const struct hs_claim_value *value)
{
	return value->kind == HS_CLAIM_UNSET
		       ? hs_claim_fail(r, s->line, "claimed", "expected a race with a line reached")
		       : 0;
}

static int judge_statement(const struct hs_claim_runner *r, const struct hs_claim_statement *s,
			   struct hs_claim_judged *judged)
{
	const struct hs_claim_found *f = r->found;
	int ret = 0;

	for (size_t i = 0; !ret && i < f->cells; i++) {
		const struct hs_claim_cell *cell = &f->cell[i];

		if (cell->row != s->row)
			continue;
		ret = judge_check_set(r, s, &cell->value[s->field]);
		if (!ret && s->other == HS_CLAIM_NO_ROW)
			judge_pair(s, cell, &s->value, judged);
		for (size_t k = 0; !ret && s->other != HS_CLAIM_NO_ROW && k < f->cells; k++) {
			const struct hs_claim_cell *other = &f->cell[k];

			if (other->row != s->other || !judge_belong(f->claim, cell, other))
				continue;
			ret = judge_check_set(r, s, &other->value[s->other_field]);
			if (!ret)
				judge_pair(s, cell, &other->value[s->other_field], judged);
		}
	}
	if (!ret && !judged->cells)
		return hs_claim_fail(r, s->line, "claimed",
				     "expected cells of both rows with the same values");
	return ret;
}

static int judge_statements(const struct hs_claim_runner *r)
{
	const struct hs_claim *claim = r->claim;
	struct hs_claim_found *f = r->found;
	bool all = true, none = true, known = true;
	int ret = 0;

	for (unsigned int i = 0; !ret && i < claim->statements; i++) {
		ret = judge_statement(r, &claim->statement[i], &f->judged[i]);
		all &= f->judged[i].held == f->judged[i].cells;
		none &= !f->judged[i].held;
		known &= !f->judged[i].unknown;
	}
	if (!claim->statements)
		f->verdict = HS_CLAIM_UNSETTLED;
	else if (all)
		f->verdict = HS_CLAIM_CONFIRMED;
	else if (!none)
		f->verdict = HS_CLAIM_IN_PART;
	else
		f->verdict = known ? HS_CLAIM_REFUTED : HS_CLAIM_UNSETTLED;
	return ret;
}

/* ---- controls ---------------------------------------------------------------------------- */

/* A line claimed is about the field of the row. How many executions there are proves nothing. */
static bool judge_is_about(const struct hs_claim *claim, uint32_t row, enum hs_claim_field field)
{
	return field != HS_CLAIM_EXECUTIONS && field != HS_CLAIM_REACHED &&
	       hs_claim_names(claim, row, field);
}

/* The first field claimed of the row that is another one in the control; or the count of them. */
static enum hs_claim_field judge_difference(const struct hs_claim *claim, uint32_t row,
					    const struct hs_claim_cell *control,
					    const struct hs_claim_cell *cell)
{
	for (int i = 0; i < HS_CLAIM_FIELD_COUNT; i++) {
		enum hs_claim_field field = (enum hs_claim_field)i;
		const struct hs_claim_value *a = &control->value[i], *b = &cell->value[i];

		if (judge_is_about(claim, row, field) && judge_is_known(a) && judge_is_known(b) &&
		    judge_order(a, b) != 0)
			return field;
	}
	return HS_CLAIM_FIELD_COUNT;
}

/* It flips if something that is claimed differs in each pair of cells. */
static void judge_control(struct hs_claim_found *f, uint32_t index)
{
	const struct hs_claim_row *control = &f->claim->row[index];
	struct hs_claim_flip *flip = &f->flip[f->flips++];
	bool all = true;

	*flip = (struct hs_claim_flip){ .control = index, .of = control->of };
	for (size_t i = 0; i < f->cells; i++)
		for (size_t k = 0; f->cell[i].row == index && k < f->cells; k++) {
			enum hs_claim_field field;

			if (f->cell[k].row != control->of ||
			    !judge_belong(f->claim, &f->cell[i], &f->cell[k]))
				continue;
			field = judge_difference(f->claim, control->of, &f->cell[i], &f->cell[k]);
			all &= field != HS_CLAIM_FIELD_COUNT;
			if (flip->cell || field == HS_CLAIM_FIELD_COUNT)
				continue;
			flip->cell = &f->cell[i];
			flip->row_cell = &f->cell[k];
			flip->field = field;
		}
	flip->flips = all && flip->cell;
	if (!flip->flips && !f->unflipped)
		f->unflipped = control;
}

int hs_claim_judge(const struct hs_claim_runner *r)
{
	struct hs_claim_found *f = r->found;
	int ret = judge_statements(r);

	for (size_t i = f->cells; i-- > 0;) {
		if (f->cell[i].unreached)
			f->never_reached = &f->cell[i];
		if (f->cell[i].bounded)
			f->bounded = &f->cell[i];
	}

	for (uint32_t i = 0; !ret && i < r->claim->rows; i++)
		if (hs_claim_is_control(&r->claim->row[i]))
			judge_control(r->found, i);
	return ret;
}
