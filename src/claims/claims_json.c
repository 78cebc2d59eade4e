/* SPDX-License-Identifier: MIT */
/*
 * claims_json.c - claims as JSON; README.md has the schema
 */
#include <inttypes.h>
#include <stdio.h>

#include "claims/settled.h"
#include "text/json.h"

#define CLAIMS_SCHEMA "hmmsim claims 2"

/* ---- members ----------------------------------------------------------------------------- */

/* What is being written: members and elements get their comma, line and depth. */
struct claims_json {
	struct hs_out *out;
	unsigned int depth;
	bool begun; /* something stands before, in this object or array */
};

static void claims_json_next(struct claims_json *j, const char *name)
{
	hs_out_text(j->out, j->begun ? ",\n" : "\n");
	for (unsigned int i = 0; i < j->depth; i++)
		hs_out_text(j->out, "  ");
	if (name) {
		hs_out_char(j->out, '"');
		hs_out_text(j->out, name);
		hs_out_text(j->out, "\": ");
	}
	j->begun = true;
}

static void claims_json_open(struct claims_json *j, const char *name, char bracket)
{
	claims_json_next(j, name);
	hs_out_char(j->out, bracket);
	j->depth++;
	j->begun = false;
}

static void claims_json_close(struct claims_json *j, char bracket)
{
	j->depth--;
	if (j->begun) {
		hs_out_char(j->out, '\n');
		for (unsigned int i = 0; i < j->depth; i++)
			hs_out_text(j->out, "  ");
	}
	hs_out_char(j->out, bracket);
	j->begun = true;
}

static void claims_json_text(struct claims_json *j, const char *name, const char *text)
{
	claims_json_next(j, name);
	hs_out_char(j->out, '"');
	hs_json_string(j->out, text);
	hs_out_char(j->out, '"');
}

static void claims_json_number(struct claims_json *j, const char *name, uint64_t number)
{
	claims_json_next(j, name);
	hs_out_decimal(j->out, number);
}

static void claims_json_bool(struct claims_json *j, const char *name, bool value)
{
	claims_json_next(j, name);
	hs_out_text(j->out, value ? "true" : "false");
}

static void claims_json_value(struct claims_json *j, const char *name,
			      const struct hs_claim_value *value)
{
	switch (value->kind) {
	case HS_CLAIM_WORD:
		claims_json_text(j, name, hs_claim_word_names[value->word]);
		break;
	case HS_CLAIM_TEXT:
		claims_json_text(j, name, value->text);
		break;
	case HS_CLAIM_NUMBER:
		claims_json_next(j, name);
		hs_out_signed(j->out, value->number);
		break;
	case HS_CLAIM_UNSET:
		break;
	}
}

/* ---- what is claimed --------------------------------------------------------------------- */

static void claims_json_row(struct claims_json *j, const struct hs_claim *claim,
			    const struct hs_claim_row *row)
{
	claims_json_open(j, NULL, '{');
	claims_json_text(j, "name", row->name);
	claims_json_text(j, "runs", row->runs);
	claims_json_bool(j, "walk", row->walk);
	if (hs_claim_is_control(row)) {
		claims_json_text(j, "control_of", claim->row[row->of].name);
		claims_json_text(j, "change", row->change);
	}
	claims_json_close(j, '}');
}

static void claims_json_claimed(struct claims_json *j, const struct hs_claim *claim,
				const struct hs_claim_found *found)
{
	claims_json_open(j, "claimed", '[');
	for (unsigned int i = 0; i < claim->statements; i++) {
		claims_json_open(j, NULL, '{');
		claims_json_text(j, "line", claim->statement[i].words);
		claims_json_number(j, "cells", found->judged[i].cells);
		claims_json_number(j, "held", found->judged[i].held);
		claims_json_close(j, '}');
	}
	claims_json_close(j, ']');
}

static void claims_json_texts(struct claims_json *j, const char *name, char *const *texts,
			      size_t count)
{
	claims_json_open(j, name, '[');
	for (size_t i = 0; i < count; i++)
		claims_json_text(j, NULL, texts[i]);
	claims_json_close(j, ']');
}

/* ---- what was found ---------------------------------------------------------------------- */

static void claims_json_counterexample(struct claims_json *j,
				       const struct hs_claim_counterexample *c)
{
	char hash[17];

	snprintf(hash, sizeof(hash), "%016" PRIx64, c->trace_hash);
	claims_json_open(j, NULL, '{');
	claims_json_text(j, "property", hs_claim_field_names[c->property]);
	claims_json_text(j, "verdict", hs_verdict_name(c->verdict));
	claims_json_text(j, "message", c->message);
	claims_json_number(j, "execution", c->execution);
	claims_json_text(j, "trace_hash", hash);
	claims_json_text(j, "token", c->token);
	claims_json_open(j, "steps", '[');
	for (size_t i = 0; i < c->moments; i++) {
		claims_json_open(j, NULL, '{');
		claims_json_text(j, "task", c->task[c->moment[i].task]);
		claims_json_text(j, "step", c->moment[i].words);
		claims_json_number(j, "line", c->moment[i].line);
		claims_json_bool(j, "goes_on", c->moment[i].goes_on);
		claims_json_close(j, '}');
	}
	claims_json_close(j, ']');
	claims_json_text(j, "report", c->report);
	claims_json_close(j, '}');
}

static void claims_json_searches(struct claims_json *j, const struct hs_claim_cell *cell)
{
	claims_json_open(j, "searches", '[');
	for (int p = 0; p < HS_CLAIM_PROPERTIES; p++) {
		if (!*cell->search[p].extent)
			continue;
		claims_json_open(j, NULL, '{');
		claims_json_text(j, "property", hs_claim_field_names[p]);
		claims_json_text(j, "exhaustive", cell->search[p].extent);
		claims_json_number(j, "executions", cell->search[p].executions);
		claims_json_close(j, '}');
	}
	claims_json_close(j, ']');
}

static void claims_json_cell(struct claims_json *j, const struct hs_claim *claim,
			     const struct hs_claim_cell *cell)
{
	const struct hs_claim_row *row = &claim->row[cell->row];

	claims_json_open(j, NULL, '{');
	claims_json_text(j, "row", row->name);
	claims_json_text(j, "settings", cell->settings);
	claims_json_text(j, "scenario", cell->scenario);
	claims_json_open(j, "fields", '{');
	for (int f = 0; f < HS_CLAIM_FIELD_COUNT; f++)
		claims_json_value(j, hs_claim_field_names[f], &cell->value[f]);
	claims_json_close(j, '}');
	if (!row->walk) {
		claims_json_searches(j, cell);
		claims_json_bool(j, "bounded", cell->bounded);
		claims_json_bool(j, "never_reached", cell->unreached);
		claims_json_texts(j, "undone", cell->undone, cell->undones);
		claims_json_open(j, "counterexamples", '[');
		for (unsigned int i = 0; i < cell->counterexamples; i++)
			claims_json_counterexample(j, &cell->counterexample[i]);
		claims_json_close(j, ']');
	}
	claims_json_close(j, '}');
}

static void claims_json_controls(struct claims_json *j, const struct hs_claim *claim,
				 const struct hs_claim_found *found)
{
	claims_json_open(j, "controls", '[');
	for (unsigned int i = 0; i < found->flips; i++) {
		const struct hs_claim_flip *flip = &found->flip[i];

		claims_json_open(j, NULL, '{');
		claims_json_text(j, "control", claim->row[flip->control].name);
		claims_json_text(j, "of", claim->row[flip->of].name);
		claims_json_bool(j, "flips", flip->flips);
		if (flip->cell)
			claims_json_text(j, "field", hs_claim_field_names[flip->field]);
		claims_json_close(j, '}');
	}
	claims_json_close(j, ']');
}

/* ---- what is expected -------------------------------------------------------------------- */

static void claims_json_difference(struct claims_json *j, const struct hs_claim_settled *s,
				   const struct hs_claim_difference *d)
{
	claims_json_open(j, NULL, '{');
	if (d->cell) {
		claims_json_text(j, "row", s->claim.row[d->cell->row].name);
		claims_json_text(j, "settings", d->cell->settings);
		claims_json_text(j, "field", hs_claim_field_names[d->field]);
		claims_json_value(j, "found", &d->cell->value[d->field]);
		if (d->expectation)
			claims_json_value(j, "expected", &d->expectation->value);
	} else if (hs_claim_is_lost(d)) {
		claims_json_text(j, "row", d->expectation->row);
		claims_json_text(j, "field", hs_claim_field_names[d->field]);
		claims_json_value(j, "expected", &d->expectation->value);
	} else {
		claims_json_text(j, "field", "verdict");
		claims_json_text(j, "found", hs_claim_verdict_names[s->found.verdict]);
		if (d->expectation)
			claims_json_text(j, "expected",
					 hs_claim_verdict_names[d->expectation->verdict]);
	}
	claims_json_close(j, '}');
}

static void claims_json_claim(struct claims_json *j, const struct hs_claim_settled *s)
{
	const struct hs_claim *claim = &s->claim;
	const struct hs_claim_expectation *e = hs_claim_expected_verdict(s->expected, claim);
	char id[16];

	snprintf(id, sizeof(id), "C%u", claim->number);
	claims_json_open(j, NULL, '{');
	claims_json_text(j, "id", id);
	claims_json_text(j, "by", claim->author);
	claims_json_text(j, "date", claim->date);
	claims_json_text(j, "says", claim->says);
	claims_json_text(j, "method", hs_claim_method_names[claim->method]);
	claims_json_text(j, "found", hs_claim_verdict_names[s->found.verdict]);
	claims_json_text(j, "expected", e ? hs_claim_verdict_names[e->verdict] : "");
	claims_json_number(j, "executions", s->found.executions);
	claims_json_text(j, "settled_by", hs_claim_extent(s));
	claims_json_texts(j, "notes", claim->note, claim->notes);
	claims_json_open(j, "rows", '[');
	for (unsigned int i = 0; i < claim->rows; i++)
		claims_json_row(j, claim, &claim->row[i]);
	claims_json_close(j, ']');
	claims_json_claimed(j, claim, &s->found);
	claims_json_controls(j, claim, &s->found);
	claims_json_open(j, "cells", '[');
	for (size_t i = 0; i < s->found.cells; i++)
		claims_json_cell(j, claim, &s->found.cell[i]);
	claims_json_close(j, ']');
	claims_json_open(j, "differences", '[');
	for (size_t i = 0; i < s->differences; i++)
		claims_json_difference(j, s, &s->difference[i]);
	claims_json_close(j, ']');
	claims_json_close(j, '}');
}

void hs_claims_json_print(const struct hs_claim_settled *const *settled, size_t count,
			  struct hs_out *out)
{
	struct claims_json j = { .out = out, .depth = 1 };

	hs_out_char(out, '{');
	claims_json_text(&j, "schema", CLAIMS_SCHEMA);
	claims_json_open(&j, "claims", '[');
	for (size_t i = 0; i < count; i++)
		claims_json_claim(&j, settled[i]);
	claims_json_close(&j, ']');
	hs_out_text(out, "\n}\n");
}
