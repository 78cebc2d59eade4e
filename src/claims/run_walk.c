/* SPDX-License-Identifier: MIT */
/*
 * run_walk.c - a cell that is a walk scenario, run as hmmsim walk does
 *
 * It needs no scheduler: one task walks on a machine of its own, outside any exploration.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "claims/run_claim.h"
#include "run/walk_run.h"

static int run_walk_find(const struct hs_claim_runner *r, const struct hs_claim_row *row,
			 struct hs_walk_scenario *scenario)
{
	struct hs_text text;
	int ret;

	hs_text_init(&text, r->mem, r->text->file, r->text->bytes, r->text->length);
	while ((ret = hs_walk_parse(&text, scenario)) == 1) {
		if (!strcmp(scenario->layout.name, row->runs))
			return 0;
		hs_walk_free(r->mem, scenario);
	}
	if (!ret)
		return hs_claim_fail_row(r, row, "expected a scenario %s in this text", row->runs);
	snprintf(r->error, HS_CLAIM_ERROR, "%s", text.error);
	return ret;
}

/* As --walker and --strategy of hmmsim walk, with the same defaults. */
static void run_walk_take_settings(const struct hs_race_setting *settings, size_t count,
				   struct hs_walk_setting *set)
{
	bool strategy = false;

	for (size_t i = 0; i < count; i++)
		for (int n = 0; !strcmp(settings[i].name, "walker") && n < HS_ERA_COUNT; n++)
			if (!strcmp(settings[i].value, hs_era_name((enum hs_era)n)))
				set->era = (enum hs_era)n;
	for (size_t i = 0; i < count; i++)
		for (int n = 0;
		     !strcmp(settings[i].name, "strategy") && n < HS_STRATEGY_BUILTIN_COUNT; n++)
			if (!strcmp(settings[i].value, hs_strategy_name((enum hs_strategy)n))) {
				set->strategy = (enum hs_strategy)n;
				strategy = true;
			}
	if (!strategy)
		set->strategy = set->era == HS_ERA_5_3 ? HS_STRATEGY_PER_TABLE : HS_STRATEGY_NONE;
}

static void run_walk_set_number(struct hs_claim_cell *cell, enum hs_claim_field field,
				int64_t number)
{
	cell->value[field] = (struct hs_claim_value){ .kind = HS_CLAIM_NUMBER, .number = number };
}

/* The text of an output, for the caller to free; NULL: no memory. */
static char *run_walk_text(struct hs_out *out)
{
	hs_out_char(out, '\0');
	if (!out->failed)
		return out->bytes;
	hs_out_free(out);
	return NULL;
}

static int run_walk_take_answer(const struct hs_claim_runner *r, struct hs_claim_cell *cell,
				const struct hs_walk_answer *a)
{
	const struct hs_walk_counts *c = &a->counts;
	struct hs_out slots = { .mem = r->mem }, output = { .mem = r->mem };

	run_walk_set_number(cell, HS_CLAIM_RET, a->ret);
	run_walk_set_number(cell, HS_CLAIM_WALKS, (int64_t)c->passes);
	run_walk_set_number(cell, HS_CLAIM_FAULTS, (int64_t)c->faults);
	run_walk_set_number(cell, HS_CLAIM_MWAITS, (int64_t)c->waits);
	run_walk_set_number(cell, HS_CLAIM_LIVELOCK, a->livelock);
	run_walk_set_number(cell, HS_CLAIM_BADPTE, (int64_t)c->bad_ptes);
	run_walk_set_number(cell, HS_CLAIM_NULLVMA, (int64_t)a->null_vmas);
	run_walk_set_number(cell, HS_CLAIM_LOOKUPS, (int64_t)c->lookups);
	run_walk_set_number(cell, HS_CLAIM_GETS, (int64_t)c->refs);
	run_walk_set_number(cell, HS_CLAIM_FAILURES, (int64_t)c->failures);
	run_walk_set_number(cell, HS_CLAIM_LEAKED, (int64_t)c->leaked);
	run_walk_set_number(cell, HS_CLAIM_HELDFAULTS, (int64_t)c->held_faults);
	hs_walk_answer_print_slots(a, &slots);
	hs_walk_answer_print(a, &output);
	cell->value[HS_CLAIM_SLOTS] =
		(struct hs_claim_value){ .kind = HS_CLAIM_TEXT, .text = run_walk_text(&slots) };
	cell->output = run_walk_text(&output);
	return cell->value[HS_CLAIM_SLOTS].text && cell->output ? 0 : -ENOMEM;
}

static int run_walk_fail(const struct hs_claim_runner *r, const struct hs_claim_row *row, int error,
			 const struct hs_walk_answer *answer)
{
	char why[sizeof(answer->left.text) + 32];

	hs_walk_failure(error, answer, why, sizeof(why));
	return hs_claim_fail_run(r, row, "walk %s: %s", row->runs, why);
}

int hs_claim_run_walk(const struct hs_claim_runner *r, struct hs_claim_cell *cell,
		      const struct hs_race_setting *settings, size_t count)
{
	const struct hs_claim_row *row = &r->claim->row[cell->row];
	struct hs_walk_setting set = { .era = HS_ERA_6_12, .mem = r->mem };
	struct hs_walk_scenario scenario;
	struct hs_walk_answer answer;
	int ret;

	cell->scenario = hs_claim_copy(r->mem, row->runs);
	if (!cell->scenario)
		return -ENOMEM;
	ret = run_walk_find(r, row, &scenario);
	if (ret)
		return ret;
	run_walk_take_settings(settings, count, &set);
	cell->era = set.era;
	cell->strategy = set.strategy;
	ret = hs_walk_run(&scenario, &set, &answer);
	if (!ret)
		ret = run_walk_take_answer(r, cell, &answer);
	else if (ret != -ENOMEM)
		ret = run_walk_fail(r, row, ret, &answer);
	hs_walk_answer_free(r->mem, &answer);
	hs_walk_free(r->mem, &scenario);
	return ret;
}
