/* SPDX-License-Identifier: MIT */
/*
 * claim_names.c - what the language calls methods, fields, words and verdicts of claims; what of a
 * claim has a name
 */
#include "claims/claim.h"

#include <string.h>

const char *const hs_claim_method_names[HS_CLAIM_METHOD_COUNT] = {
	[HS_CLAIM_SEARCH] = "search",
	[HS_CLAIM_SCHEDULE] = "schedule",
	[HS_CLAIM_COUNTS] = "counts",
	[HS_CLAIM_NONE] = "none",
};

const char *const hs_claim_field_names[HS_CLAIM_FIELD_COUNT] = {
	[HS_CLAIM_S1] = "S1",
	[HS_CLAIM_S2] = "S2",
	[HS_CLAIM_S3] = "S3",
	[HS_CLAIM_S4] = "S4",
	[HS_CLAIM_LIVE] = "live",
	[HS_CLAIM_ANSWER] = "answer",
	[HS_CLAIM_EXECUTIONS] = "executions",
	[HS_CLAIM_REACHED] = "reached",
	[HS_CLAIM_RET] = "ret",
	[HS_CLAIM_WALKS] = "walks",
	[HS_CLAIM_FAULTS] = "faults",
	[HS_CLAIM_MWAITS] = "mwaits",
	[HS_CLAIM_LIVELOCK] = "livelock",
	[HS_CLAIM_BADPTE] = "badpte",
	[HS_CLAIM_NULLVMA] = "nullvma",
	[HS_CLAIM_LOOKUPS] = "lookups",
	[HS_CLAIM_GETS] = "gets",
	[HS_CLAIM_FAILURES] = "failures",
	[HS_CLAIM_LEAKED] = "leaked",
	[HS_CLAIM_HELDFAULTS] = "heldfaults",
	[HS_CLAIM_SLOTS] = "slots",
};

const char *const hs_claim_word_names[HS_CLAIM_WORD_COUNT] = {
	[HS_CLAIM_HOLDS] = "holds",
	[HS_CLAIM_VIOLATED] = "violated",
	[HS_CLAIM_NOT_JUDGED] = "not-judged",
};

const char *const hs_claim_op_names[HS_CLAIM_OP_COUNT] = {
	[HS_CLAIM_EQUAL] = "=",	   [HS_CLAIM_UNEQUAL] = "!=", [HS_CLAIM_BELOW] = "<",
	[HS_CLAIM_AT_MOST] = "<=", [HS_CLAIM_ABOVE] = ">",    [HS_CLAIM_AT_LEAST] = ">=",
};

const char *const hs_claim_verdict_names[HS_CLAIM_VERDICT_COUNT] = {
	[HS_CLAIM_CONFIRMED] = "confirmed",
	[HS_CLAIM_REFUTED] = "refuted",
	[HS_CLAIM_IN_PART] = "in part",
	[HS_CLAIM_UNSETTLED] = "none",
};

unsigned int hs_claim_number(const struct hs_word *id)
{
	struct hs_word digits = { id->at + 1, id->length - 1 };
	uint64_t number;

	if (id->length < 2 || id->at[0] != 'C' || digits.at[0] == '0' ||
	    !hs_word_number(&digits, &number) || number > HS_CLAIM_NUMBER_MAX)
		return 0;
	return (unsigned int)number;
}

void hs_claim_id_print(const struct hs_claim *claim, struct hs_out *out)
{
	hs_out_char(out, 'C');
	hs_out_decimal(out, claim->number);
}

enum hs_claim_kind hs_claim_field_kind(enum hs_claim_field field)
{
	if (field < HS_CLAIM_PROPERTIES)
		return HS_CLAIM_WORD;
	return field == HS_CLAIM_SLOTS ? HS_CLAIM_TEXT : HS_CLAIM_NUMBER;
}

bool hs_claim_has_field(const struct hs_claim_row *row, enum hs_claim_field field)
{
	return row->walk == (field >= HS_CLAIM_RET);
}

uint32_t hs_claim_find_row(const struct hs_claim *claim, const struct hs_word *name)
{
	for (uint32_t i = 0; i < claim->rows; i++)
		if (hs_word_is(name, claim->row[i].name))
			return i;
	return HS_CLAIM_NO_ROW;
}

bool hs_claim_equal(const struct hs_claim_value *a, const struct hs_claim_value *b)
{
	if (a->kind != b->kind)
		return false;
	switch (a->kind) {
	case HS_CLAIM_WORD:
		return a->word == b->word;
	case HS_CLAIM_NUMBER:
		return a->number == b->number;
	case HS_CLAIM_TEXT:
		return !strcmp(a->text, b->text);
	case HS_CLAIM_UNSET:
		break;
	}
	return true;
}

bool hs_claim_names(const struct hs_claim *claim, uint32_t row, enum hs_claim_field field)
{
	uint32_t of = hs_claim_is_control(&claim->row[row]) ? claim->row[row].of : row;

	for (unsigned int i = 0; i < claim->statements; i++) {
		const struct hs_claim_statement *s = &claim->statement[i];

		if ((s->row == row || s->row == of) && s->field == field)
			return true;
		if ((s->other == row || s->other == of) && s->other_field == field)
			return true;
	}
	return false;
}

struct hs_word hs_claim_setting_of(const char *settings, const char *axis, size_t length)
{
	while (*settings) {
		size_t end = strcspn(settings, ",");

		if (end > length && settings[length] == '=' && !memcmp(settings, axis, length))
			return (struct hs_word){ settings + length + 1, end - length - 1 };
		settings += end + (settings[end] == ',');
	}
	return (struct hs_word){ NULL, 0 };
}

void hs_claim_value_print(const struct hs_claim_value *value, struct hs_out *out)
{
	switch (value->kind) {
	case HS_CLAIM_WORD:
		hs_out_text(out, hs_claim_word_names[value->word]);
		break;
	case HS_CLAIM_NUMBER:
		hs_out_signed(out, value->number);
		break;
	case HS_CLAIM_TEXT:
		hs_out_text(out, value->text);
		break;
	case HS_CLAIM_UNSET:
		break;
	}
}

/* ---- what was found ---------------------------------------------------------------------- */

static void claim_names_free_counterexample(struct hs_hostmem *mem,
					    struct hs_claim_counterexample *c)
{
	for (unsigned int i = 0; i < c->tasks; i++)
		hs_hostmem_free(mem, c->task[i]);
	for (size_t i = 0; i < c->moments; i++)
		hs_hostmem_free(mem, c->moment[i].words);
	hs_hostmem_free(mem, c->moment);
	hs_hostmem_free(mem, c->message);
	hs_hostmem_free(mem, c->token);
	hs_hostmem_free(mem, c->report);
}

static void claim_names_free_cell(struct hs_hostmem *mem, struct hs_claim_cell *cell)
{
	for (int f = 0; f < HS_CLAIM_FIELD_COUNT; f++)
		hs_hostmem_free(mem, cell->value[f].text);
	for (unsigned int i = 0; i < cell->counterexamples; i++)
		claim_names_free_counterexample(mem, &cell->counterexample[i]);
	for (size_t i = 0; i < cell->undones; i++)
		hs_hostmem_free(mem, cell->undone[i]);
	hs_hostmem_free(mem, cell->undone);
	hs_hostmem_free(mem, cell->settings);
	hs_hostmem_free(mem, cell->scenario);
	hs_hostmem_free(mem, cell->output);
}

void hs_claim_found_free(struct hs_hostmem *mem, struct hs_claim_found *found)
{
	for (size_t i = 0; i < found->cells; i++)
		claim_names_free_cell(mem, &found->cell[i]);
	hs_hostmem_free(mem, found->cell);
	*found = (struct hs_claim_found){ .claim = NULL };
}
