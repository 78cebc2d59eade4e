/* SPDX-License-Identifier: MIT */
/*
 * summary.c - what claims have found of each strategy, and the table
 */
#include "claims/summary.h"

#include <errno.h>
#include <string.h>

#include "text/grid.h"

#define BIT(field) (1u << (field))
#define SAFE (BIT(HS_CLAIM_S1) | BIT(HS_CLAIM_S2) | BIT(HS_CLAIM_S3))

static const struct {
	unsigned int claim;
	const char *row;
	enum hs_summary_answer answer;
	unsigned int properties;
} summary_sources[] = {
	{ 8, "sequence", HS_SUMMARY_SAFE, SAFE },
	{ 8, "sequence", HS_SUMMARY_LIVE, BIT(HS_CLAIM_LIVE) },
	{ 18, "confined", HS_SUMMARY_SAFE, SAFE },
	{ 18, "confined", HS_SUMMARY_LIVE, BIT(HS_CLAIM_LIVE) },
	{ 18, "unchecked", HS_SUMMARY_UNCHECKED, BIT(HS_CLAIM_S1) | BIT(HS_CLAIM_S2) },
	{ 6, "waits", HS_SUMMARY_WAITING, BIT(HS_CLAIM_LIVE) },
	{ 6, "waits-uncached", HS_SUMMARY_WAITING, BIT(HS_CLAIM_LIVE) },
};
#define SOURCES (sizeof(summary_sources) / sizeof(summary_sources[0]))

/* ---- what was found ----------------------------------------------------------------------- */

bool hs_claims_summary_needs(unsigned int number)
{
	for (size_t i = 0; i < SOURCES; i++)
		if (summary_sources[i].claim == number)
			return true;
	return false;
}

static bool summary_is_source(size_t i, const struct hs_claim *claim, uint32_t row)
{
	return summary_sources[i].claim == claim->number &&
	       strcmp(summary_sources[i].row, claim->row[row].name) == 0;
}

void hs_claims_summary_trim(struct hs_claim *claim, struct hs_claim *rest)
{
	unsigned int kept = 0;

	*rest = (struct hs_claim){ .statements = claim->statements };
	memcpy(rest->statement, claim->statement, sizeof(rest->statement));
	claim->statements = 0;
	for (uint32_t row = 0; row < claim->rows; row++) {
		bool needed = false;

		for (size_t i = 0; i < SOURCES; i++)
			needed = needed || summary_is_source(i, claim, row);
		if (needed) {
			claim->row[kept] = claim->row[row];
			claim->row[kept++].of = HS_CLAIM_NO_ROW;
		} else
			rest->row[rest->rows++] = claim->row[row];
	}
	claim->rows = kept;
}

static bool summary_has_strategy(const struct hs_claim_cell *cell, int strategy)
{
	static const char axis[] = "strategy";
	struct hs_word value = hs_claim_setting_of(cell->settings, axis, sizeof(axis) - 1);

	return value.at && hs_word_is(&value, hs_strategy_name((enum hs_strategy)strategy));
}

/* The worst is kept: violated, then not judged. */
static void summary_join(struct hs_claim_value *answer, const struct hs_claim_value *value)
{
	if (value->kind != HS_CLAIM_WORD)
		return;
	if (answer->kind == HS_CLAIM_UNSET)
		*answer = *value;
	else if (value->word == HS_CLAIM_VIOLATED || answer->word == HS_CLAIM_HOLDS)
		answer->word = value->word;
}

static void summary_take_cell(struct hs_summary_row *row, const struct hs_claim_cell *cell,
			      size_t source)
{
	for (int f = 0; f < HS_CLAIM_PROPERTIES; f++)
		if (summary_sources[source].properties >> f & 1)
			summary_join(&row->answer[summary_sources[source].answer], &cell->value[f]);
}

void hs_claims_summary_take(struct hs_claims_summary *summary, const struct hs_claim_found *found)
{
	for (size_t c = 0; c < found->cells; c++)
		for (size_t i = 0; i < SOURCES; i++) {
			const struct hs_claim_cell *cell = &found->cell[c];

			if (!summary_is_source(i, found->claim, cell->row))
				continue;
			for (int s = 0; s < HS_STRATEGY_BUILTIN_COUNT; s++)
				if (summary_has_strategy(cell, s))
					summary_take_cell(&summary->row[s], cell, i);
		}
}

/* ---- the table ---------------------------------------------------------------------------- */

static void summary_amount(struct hs_out *cells, bool *any, uint64_t amount, const char *what)
{
	if (!amount)
		return;
	if (*any)
		hs_out_text(cells, "; ");
	hs_out_decimal(cells, amount);
	hs_out_text(cells, what);
	*any = true;
}

static void summary_waits(const struct hs_summary_row *row, struct hs_out *cells)
{
	bool any = false;

	summary_amount(cells, &any, row->pages, " pages");
	if (!row->pages)
		summary_amount(cells, &any, row->rcu_pages, " pages, by RCU");
	summary_amount(cells, &any, row->faults, " faults");
	hs_cell_text(cells, any ? "" : "nothing");
}

static void summary_row(const struct hs_claims_summary *summary, int strategy, struct hs_out *cells)
{
	const struct hs_summary_row *row = &summary->row[strategy];

	hs_cell_text(cells, hs_strategy_name((enum hs_strategy)strategy));
	summary_waits(row, cells);
	for (int a = 0; a < HS_SUMMARY_ANSWER_COUNT; a++) {
		if (row->answer[a].kind == HS_CLAIM_UNSET)
			hs_out_char(cells, '-');
		hs_claim_value_print(&row->answer[a], cells);
		hs_out_char(cells, '\t');
	}
	hs_cell_number(cells, row->leaked);
	for (int b = 0; b < HS_COST_BUILD_COUNT; b++)
		hs_cell_quotient(cells, row->ps[b], summary->cost_pages * 1000);
	hs_out_char(cells, '\n');
}

void hs_claims_summary_cells(const struct hs_claims_summary *summary, struct hs_out *cells)
{
	static const char *const head[] = {
		"strategy", "a removal waits for", "safe", "unchecked", "live", "waiting", "leaked"
	};

	for (size_t i = 0; i < sizeof(head) / sizeof(head[0]); i++)
		hs_cell_text(cells, head[i]);
	for (int b = 0; b < HS_COST_BUILD_COUNT; b++)
		hs_cell_text(cells, hs_cost_builtin((enum hs_cost_build)b)->name);
	hs_out_char(cells, '\n');
	for (int s = 0; s < HS_STRATEGY_BUILTIN_COUNT; s++)
		summary_row(summary, s, cells);
}

const char hs_claims_summary_legend[] =
	"a removal waits for: what a walk still does between the kill and the end of the drain, at\n"
	"  worst: pages of 8 MiB of full tables, faults of 8 MiB where each 8th page is missing\n"
	"safe: S1, S2 and S3 of a driver that checks the sequence under its lock (claims C8, C18);\n"
	"  unchecked: S1 and S2 of one that does not check (C18)\n"
	"live: a removal of that first driver's memory ends (C8, C18); waiting: where a fault waits\n"
	"  for the removal (C6)\n"
	"leaked: references that are never put, if a call has an error behind a device page\n"
	"light, distro: ns a page that the profiles predict, 64 MiB of full tables in one call\n";

int hs_claims_summary_print(struct hs_hostmem *mem, const struct hs_claims_summary *summary,
			    struct hs_out *out)
{
	struct hs_out cells = { .mem = mem };

	hs_claims_summary_cells(summary, &cells);
	if (cells.failed)
		out->failed = true;
	else
		hs_grid_print(&cells, 2, false, out);
	hs_out_char(out, '\n');
	hs_out_text(out, hs_claims_summary_legend);
	hs_out_free(&cells);
	return out->failed ? -ENOMEM : 0;
}
