/* SPDX-License-Identifier: MIT */
/*
 * table.c - claims as a table for a terminal: a line each, then what is wrong
 */
#include "claims/settled.h"
#include "claims/told.h"
#include "text/grid.h"

const char *hs_claim_extent(const struct hs_claim_settled *settled)
{
	return settled->found.bounded ? "a bound was met" : hs_told_extent(&settled->found);
}

static const char *table_expected(const struct hs_claim_settled *s)
{
	const struct hs_claim_expectation *e = hs_claim_expected_verdict(s->expected, &s->claim);

	return e ? hs_claim_verdict_names[e->verdict] : "-";
}

static void table_row(const struct hs_claim_settled *s, struct hs_out *cells)
{
	hs_claim_id_print(&s->claim, cells);
	hs_out_char(cells, '\t');
	hs_cell_text(cells, s->claim.author);
	hs_cell_text(cells, s->claim.date);
	hs_cell_text(cells, hs_claim_verdict_names[s->found.verdict]);
	hs_cell_text(cells, table_expected(s));
	hs_cell_text(cells, hs_claim_extent(s));
	hs_cell_number(cells, s->found.executions);
	hs_out_char(cells, '\n');
}

/* ---- what is wrong ----------------------------------------------------------------------- */

/* "C8: flag[strategy=none]" */
static void table_cell(const struct hs_claim_settled *s, const struct hs_claim_cell *cell,
		       struct hs_out *out)
{
	hs_claim_id_print(&s->claim, out);
	hs_out_text(out, ": ");
	hs_out_text(out, s->claim.row[cell->row].name);
	if (!*cell->settings)
		return;
	hs_out_char(out, '[');
	hs_out_text(out, cell->settings);
	hs_out_char(out, ']');
}

static void table_difference(const struct hs_claim_settled *s, const struct hs_claim_difference *d,
			     struct hs_out *out)
{
	if (hs_claim_is_lost(d)) {
		hs_claim_id_print(&s->claim, out);
		hs_out_text(out, ": no cell fits line ");
		hs_out_decimal(out, d->expectation->line);
		hs_out_text(out, " of expected.txt: ");
		hs_out_text(out, d->expectation->row);
	} else if (!d->cell) {
		hs_claim_id_print(&s->claim, out);
		hs_out_text(out, ": ");
		hs_out_text(out, hs_claim_verdict_names[s->found.verdict]);
		hs_out_text(out, ", expected ");
		hs_out_text(out, d->expectation ? hs_claim_verdict_names[d->expectation->verdict]
						: "nothing");
	} else {
		table_cell(s, d->cell, out);
		hs_out_char(out, ' ');
		hs_out_text(out, hs_claim_field_names[d->field]);
		hs_out_char(out, '=');
		hs_claim_value_print(&d->cell->value[d->field], out);
		hs_out_text(out, ", expected ");
		if (d->expectation)
			hs_claim_value_print(&d->expectation->value, out);
		else
			hs_out_text(out, "nothing");
	}
	hs_out_char(out, '\n');
}

static void table_wrong(const struct hs_claim_settled *s, struct hs_out *out)
{
	const struct hs_claim_found *f = &s->found;

	for (size_t i = 0; i < s->differences; i++)
		table_difference(s, &s->difference[i], out);
	for (unsigned int i = 0; i < f->flips; i++) {
		if (f->flip[i].flips)
			continue;
		hs_claim_id_print(&s->claim, out);
		hs_out_text(out, ": control ");
		hs_out_text(out, s->claim.row[f->flip[i].control].name);
		hs_out_text(out, " does not flip ");
		hs_out_text(out, s->claim.row[f->flip[i].of].name);
		hs_out_char(out, '\n');
	}
	for (size_t i = 0; i < f->cells; i++) {
		if (f->cell[i].unreached) {
			table_cell(s, &f->cell[i], out);
			hs_out_text(out, " never reached\n");
		}
		if (f->cell[i].bounded) {
			table_cell(s, &f->cell[i], out);
			hs_out_text(out, " met a bound\n");
		}
	}
}

void hs_claims_table_print(struct hs_hostmem *mem, const struct hs_claim_settled *const *settled,
			   size_t count, struct hs_out *out)
{
	static const char *const head[] = { "claim",	"by",	      "date",	   "found",
					    "expected", "settled by", "executions" };
	struct hs_out cells = { .mem = mem };

	for (size_t i = 0; i < sizeof(head) / sizeof(head[0]); i++)
		hs_cell_text(&cells, head[i]);
	hs_out_char(&cells, '\n');
	for (size_t i = 0; i < count; i++)
		table_row(settled[i], &cells);
	hs_grid_print(&cells, 6, false, out);
	out->failed |= cells.failed;
	hs_out_free(&cells);
	for (size_t i = 0; i < count; i++)
		table_wrong(settled[i], out);
}
