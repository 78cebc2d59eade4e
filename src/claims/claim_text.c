/* SPDX-License-Identifier: MIT */
/*
 * claim_text.c - parses claims: who says what, which rows are run, what is claimed of them
 */
#include "claims/claim.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <hmmsim/walk.h>

struct claim_text {
	struct hs_text *text;
	struct hs_claim *claim;
	struct hs_line *line;
	bool method_seen;
};

static int claim_text_error(struct claim_text *p, const char *sentence)
{
	return hs_text_error(p->text, p->text->number, p->text->keyword, "%s", sentence);
}

static int claim_text_copy(struct claim_text *p, const struct hs_word *word, char **out)
{
	*out = hs_text_copy(p->text, word);
	return *out ? 0 : -ENOMEM;
}

/* The rest of the line as a sentence. */
static int claim_text_sentence(struct claim_text *p, char **out)
{
	int ret = claim_text_copy(p, &p->line->rest, out);

	for (char *c = *out; !ret && *c; c++)
		if (*c == '\t' || *c == '\r')
			*c = ' ';
	return ret;
}

/* ---- whose claim it is ------------------------------------------------------------------- */

static int claim_text_begin(struct claim_text *p)
{
	const struct hs_word *word = &p->line->word[0];

	if (p->line->id != HS_KEYWORD_CLAIM)
		return claim_text_error(p, "expected claim ID first");
	p->claim->number = hs_claim_number(word);
	if (!p->claim->number)
		return hs_text_expected(p->text, word, "ID, C1 to C99");
	p->claim->line = p->text->number;
	return 0;
}

/* A sentence that a claim has once. */
static int claim_text_once(struct claim_text *p, char **out)
{
	if (*out)
		return claim_text_error(p, "expected once in a claim, found again");
	return claim_text_sentence(p, out);
}

static int claim_text_date(struct claim_text *p)
{
	static const char form[] = "dddd-dd-dd";
	const struct hs_word *word = &p->line->word[0];
	bool fits = word->length == sizeof(form) - 1;

	if (p->claim->date)
		return claim_text_error(p, "expected once in a claim, found again");
	for (size_t i = 0; fits && i < word->length; i++)
		fits = form[i] == 'd' ? word->at[i] >= '0' && word->at[i] <= '9'
				      : word->at[i] == form[i];
	if (!fits)
		return hs_text_expected(p->text, word, "a date, YYYY-MM-DD");
	return claim_text_copy(p, word, &p->claim->date);
}

static int claim_text_method(struct claim_text *p)
{
	unsigned int index = 0;
	int ret;

	if (p->method_seen)
		return claim_text_error(p, "expected once in a claim, found again");
	p->method_seen = true;
	ret = hs_text_name(p->text, &p->line->word[0], hs_claim_method_names, HS_CLAIM_METHOD_COUNT,
			   "search, schedule, counts or none", &index);
	p->claim->method = (enum hs_claim_method)index;
	return ret;
}

static int claim_text_note(struct claim_text *p)
{
	struct hs_claim *claim = p->claim;

	if (claim->notes == HS_CLAIM_NOTES)
		return claim_text_error(p, "expected at most 16 notes");
	return claim_text_sentence(p, &claim->note[claim->notes++]);
}

/* ---- row and control --------------------------------------------------------------------- */

/* Takes the next word of the line, which errors call @what. */
static int claim_text_word(struct claim_text *p, const char *what, struct hs_word *word)
{
	if (hs_text_word(&p->line->rest, word))
		return 0;
	return hs_text_error(p->text, p->text->number, p->text->keyword,
			     "expected %s, found no such word", what);
}

/* Of a walk: --walker and --strategy. */
static int claim_text_check_walk(struct claim_text *p, const struct hs_word *word,
				 const struct hs_word *name, const struct hs_word *value)
{
	bool every = hs_word_is(value, "*");

	if (hs_word_is(name, "walker")) {
		for (int i = 0; i < HS_ERA_COUNT; i++)
			if (hs_word_is(value, hs_era_name((enum hs_era)i)))
				return 0;
		return hs_text_expected(p->text, word, "walker=5.3 or walker=6.12");
	}
	if (!hs_word_is(name, "strategy"))
		return hs_text_expected(p->text, word, "walker= or strategy= of a walk");
	for (int i = 0; !every && i < HS_STRATEGY_BUILTIN_COUNT; i++)
		every = hs_word_is(value, hs_strategy_name((enum hs_strategy)i));
	return every ? 0 : hs_text_expected(p->text, word, "strategy=*, or one of hmmsim list");
}

/* AXIS=VALUE or AXIS=*. Axes and values of a race are checked when it runs. */
static int claim_text_setting(struct claim_text *p, struct hs_claim_row *row,
			      const struct hs_word *word)
{
	const char *equals = memchr(word->at, '=', word->length);
	struct hs_claim_setting *setting = &row->setting[row->settings];
	struct hs_word name, value;
	int ret = 0;

	if (!equals || equals == word->at || equals + 1 == word->at + word->length)
		return hs_text_expected(p->text, word, "AXIS=VALUE or AXIS=*");
	name = (struct hs_word){ word->at, (size_t)(equals - word->at) };
	value = (struct hs_word){ equals + 1, word->length - name.length - 1 };
	for (unsigned int i = 0; i < row->settings; i++)
		if (hs_word_is(&name, row->setting[i].name))
			return hs_text_expected(p->text, word, "each axis once");
	if (row->settings == HS_CLAIM_SETTINGS)
		return hs_text_expected(p->text, word, "at most 8 axes");
	if (row->walk)
		ret = claim_text_check_walk(p, word, &name, &value);
	if (ret)
		return ret;
	row->settings++;
	ret = claim_text_copy(p, &name, &setting->name);
	if (!ret && !hs_word_is(&value, "*"))
		ret = claim_text_copy(p, &value, &setting->value);
	return ret;
}

/* RACE, or walk SCENARIO, and the settings. */
static int claim_text_runs(struct claim_text *p, struct hs_claim_row *row)
{
	struct hs_word word;
	int ret = claim_text_word(p, "RACE or walk SCENARIO", &word);

	row->walk = !ret && hs_word_is(&word, "walk");
	if (row->walk)
		ret = claim_text_word(p, "SCENARIO", &word);
	if (!ret)
		ret = claim_text_copy(p, &word, &row->runs);
	while (!ret && hs_text_word(&p->line->rest, &word))
		ret = claim_text_setting(p, row, &word);
	return ret;
}

/* Names stand before the last point in lines claimed, and before a bracket in expected.txt. */
static int claim_text_row_name(struct claim_text *p, struct hs_claim_row *row)
{
	struct hs_word word;
	int ret = claim_text_word(p, "NAME", &word);

	if (ret)
		return ret;
	for (size_t i = 0; i < word.length; i++)
		if (strchr("=[],", word.at[i]))
			return hs_text_expected(p->text, &word,
						"NAME, a word without = , and brackets");
	if (hs_claim_find_row(p->claim, &word) != HS_CLAIM_NO_ROW)
		return hs_text_expected(p->text, &word, "NAME, another than of the rows before");
	ret = claim_text_copy(p, &word, &row->name);
	if (!ret)
		p->claim->rows++;
	return ret;
}

/* of=ROW */
static int claim_text_of(struct claim_text *p, struct hs_claim_row *row)
{
	struct hs_word word, name;
	int ret = claim_text_word(p, "of=ROW", &word);

	if (ret)
		return ret;
	if (word.length <= 3 || memcmp(word.at, "of=", 3) != 0)
		return hs_text_expected(p->text, &word, "of=ROW");
	name = (struct hs_word){ word.at + 3, word.length - 3 };
	row->of = hs_claim_find_row(p->claim, &name);
	if (row->of == HS_CLAIM_NO_ROW || &p->claim->row[row->of] == row ||
	    hs_claim_is_control(&p->claim->row[row->of]))
		return hs_text_expected(p->text, &word, "of=ROW of a row line above");
	return 0;
}

static int claim_text_row(struct claim_text *p)
{
	struct hs_claim *claim = p->claim;
	struct hs_claim_row *row = &claim->row[claim->rows];
	int ret;

	if (claim->rows == HS_CLAIM_ROWS)
		return claim_text_error(p, "expected at most 48 rows and controls");
	*row = (struct hs_claim_row){ .of = HS_CLAIM_NO_ROW, .line = p->text->number };
	ret = claim_text_row_name(p, row);
	if (!ret && p->line->id == HS_KEYWORD_CONTROL)
		ret = claim_text_of(p, row);
	return ret ? ret : claim_text_runs(p, row);
}

static int claim_text_change(struct claim_text *p)
{
	struct hs_claim *claim = p->claim;
	struct hs_claim_row *row = claim->rows ? &claim->row[claim->rows - 1] : NULL;

	if (!row || !hs_claim_is_control(row) || row->change)
		return claim_text_error(p, "expected after a control, once");
	return claim_text_sentence(p, &row->change);
}

/* ---- claimed ----------------------------------------------------------------------------- */

/* The last one of ROW.FIELD, because names of rows may have others. NULL: there is none. */
static const char *claim_text_point(const struct hs_word *word)
{
	for (size_t i = word->length; i-- > 0;)
		if (word->at[i] == '.')
			return &word->at[i];
	return NULL;
}

/* ROW.FIELD */
static int claim_text_side(struct claim_text *p, const struct hs_word *word, uint32_t *row,
			   enum hs_claim_field *field)
{
	const char *point = claim_text_point(word);
	struct hs_word name = { word->at, point ? (size_t)(point - word->at) : 0 };
	struct hs_word of;
	int index;

	*row = point ? hs_claim_find_row(p->claim, &name) : HS_CLAIM_NO_ROW;
	if (*row == HS_CLAIM_NO_ROW)
		return hs_text_expected(p->text, word, "ROW.FIELD of a row line above");
	of = (struct hs_word){ point + 1, word->length - name.length - 1 };
	index = hs_word_among(&of, hs_claim_field_names, HS_CLAIM_FIELD_COUNT);
	if (index < 0 || !hs_claim_has_field(&p->claim->row[*row], (enum hs_claim_field)index))
		return hs_text_expected(p->text, word,
					p->claim->row[*row].walk
						? "a field of a walk: ret, walks, ..., slots"
						: "a field of a race: S1, S2, S3, S4, live, "
						  "answer, executions or reached");
	*field = (enum hs_claim_field)index;
	return 0;
}

int hs_claim_take_value(struct hs_text *text, const struct hs_word *word, enum hs_claim_field field,
			struct hs_claim_value *value)
{
	bool below = word->length && word->at[0] == '-';
	struct hs_word digits = { word->at + below, word->length - below };
	uint64_t number;
	int index;

	value->kind = hs_claim_field_kind(field);
	switch (value->kind) {
	case HS_CLAIM_WORD:
		index = hs_word_among(word, hs_claim_word_names, HS_CLAIM_WORD_COUNT);
		if (index < 0)
			return hs_text_expected(text, word, "holds, violated or not-judged");
		value->word = (enum hs_claim_word)index;
		return 0;
	case HS_CLAIM_NUMBER:
		if (!hs_word_number(&digits, &number) || number > INT64_MAX)
			return hs_text_expected(text, word, "a number");
		value->number = below ? -(int64_t)number : (int64_t)number;
		return 0;
	default:
		value->text = hs_text_copy(text, word);
		return value->text ? 0 : -ENOMEM;
	}
}

/* ROW.FIELD, or a value of the field on the left. */
static int claim_text_right(struct claim_text *p, const struct hs_word *word,
			    struct hs_claim_statement *s)
{
	const char *point = claim_text_point(word);
	int ret;

	if (!point)
		return hs_claim_take_value(p->text, word, s->field, &s->value);
	ret = claim_text_side(p, word, &s->other, &s->other_field);
	if (!ret && hs_claim_field_kind(s->other_field) != hs_claim_field_kind(s->field))
		return hs_text_expected(p->text, word, "a field of the same kind");
	return ret;
}

static int claim_text_claimed(struct claim_text *p)
{
	struct hs_claim *claim = p->claim;
	struct hs_claim_statement *s = &claim->statement[claim->statements];
	struct hs_word left, op, right, more;
	unsigned int index = 0;
	int ret;

	if (claim->statements == HS_CLAIM_STATEMENTS)
		return claim_text_error(p, "expected at most 64 lines");
	*s = (struct hs_claim_statement){ .other = HS_CLAIM_NO_ROW, .line = p->text->number };
	claim->statements++;
	ret = claim_text_sentence(p, &s->words);
	if (!ret)
		ret = claim_text_word(p, "ROW.FIELD", &left);
	if (!ret)
		ret = claim_text_side(p, &left, &s->row, &s->field);
	if (!ret)
		ret = claim_text_word(p, "= != < <= > or >=", &op);
	if (!ret)
		ret = hs_text_name(p->text, &op, hs_claim_op_names, HS_CLAIM_OP_COUNT,
				   "= != < <= > or >=", &index);
	s->op = (enum hs_claim_op)index;
	if (!ret && s->op > HS_CLAIM_UNEQUAL && hs_claim_field_kind(s->field) != HS_CLAIM_NUMBER)
		return hs_text_expected(p->text, &op, "= or !=, because it is no number");
	if (!ret)
		ret = claim_text_word(p, "ROW.FIELD or a value", &right);
	if (!ret)
		ret = claim_text_right(p, &right, s);
	if (!ret && hs_text_word(&p->line->rest, &more))
		return hs_text_expected(p->text, &more, "no further word");
	return ret;
}

/* ---- the claim --------------------------------------------------------------------------- */

static int claim_text_line(struct claim_text *p)
{
	struct hs_claim *claim = p->claim;

	if (!claim->number)
		return claim_text_begin(p);
	switch (p->line->id) {
	case HS_KEYWORD_BY:
		return claim_text_once(p, &claim->author);
	case HS_KEYWORD_DATE:
		return claim_text_date(p);
	case HS_KEYWORD_SAYS:
		return claim_text_once(p, &claim->says);
	case HS_KEYWORD_METHOD:
		return claim_text_method(p);
	case HS_KEYWORD_CHANGE:
		return claim_text_change(p);
	case HS_KEYWORD_CLAIMED:
		return claim_text_claimed(p);
	case HS_KEYWORD_NOTE:
		return claim_text_note(p);
	default:
		return claim_text_row(p);
	}
}

/* What is missing, as a sentence; NULL: nothing is. */
static const char *claim_text_missing(const struct claim_text *p, unsigned int controls)
{
	const struct hs_claim *c = p->claim;

	if (!c->author)
		return "expected a line by";
	if (!c->date)
		return "expected a line date";
	if (!c->says)
		return "expected a line says";
	if (!p->method_seen)
		return "expected a line method";
	if (c->method == HS_CLAIM_NONE && controls)
		return "expected no control with method none";
	if (c->method == HS_CLAIM_NONE)
		return c->notes ? NULL : "expected a note that says why there is no control";
	if (!c->statements)
		return "expected a line claimed";
	return controls ? NULL : "expected a control";
}

static int claim_text_check(struct claim_text *p)
{
	const struct hs_claim *claim = p->claim;
	unsigned int controls = 0;
	const char *missing;

	for (unsigned int i = 0; i < claim->rows; i++) {
		const struct hs_claim_row *row = &claim->row[i];

		controls += hs_claim_is_control(row);
		if (hs_claim_is_control(row) && !row->change)
			return hs_text_error(p->text, row->line, "control",
					     "expected a line change after it");
	}
	missing = claim_text_missing(p, controls);
	return missing ? hs_text_error(p->text, claim->line, "claim", "%s", missing) : 0;
}

static int claim_text_lines(struct claim_text *p)
{
	struct hs_line line;
	int ret;

	p->line = &line;
	while ((ret = hs_text_next(p->text, &line)) == 1) {
		if (p->claim->number && hs_keyword_begins(line.id)) {
			hs_text_unread(p->text);
			return 0;
		}
		ret = claim_text_line(p);
		if (ret)
			return ret;
	}
	return ret;
}

int hs_claim_parse(struct hs_text *text, struct hs_claim *out)
{
	struct claim_text p = { .text = text, .claim = out };
	int ret = hs_text_seek(text, HS_KEYWORD_CLAIM);

	*out = (struct hs_claim){ .number = 0 };
	if (ret == 1)
		ret = claim_text_lines(&p);
	if (!ret && !out->number)
		return 0;
	if (!ret)
		ret = claim_text_check(&p);
	if (ret)
		hs_claim_free(text->mem, out);
	return ret ? ret : 1;
}

static void claim_text_free_row(struct hs_hostmem *mem, struct hs_claim_row *row)
{
	for (unsigned int i = 0; i < row->settings; i++) {
		hs_hostmem_free(mem, row->setting[i].name);
		hs_hostmem_free(mem, row->setting[i].value);
	}
	hs_hostmem_free(mem, row->name);
	hs_hostmem_free(mem, row->runs);
	hs_hostmem_free(mem, row->change);
}

void hs_claim_free(struct hs_hostmem *mem, struct hs_claim *claim)
{
	for (unsigned int i = 0; i < claim->rows; i++)
		claim_text_free_row(mem, &claim->row[i]);
	for (unsigned int i = 0; i < claim->statements; i++) {
		hs_hostmem_free(mem, claim->statement[i].words);
		hs_hostmem_free(mem, claim->statement[i].value.text);
	}
	for (unsigned int i = 0; i < claim->notes; i++)
		hs_hostmem_free(mem, claim->note[i]);
	hs_hostmem_free(mem, claim->author);
	hs_hostmem_free(mem, claim->date);
	hs_hostmem_free(mem, claim->says);
	*claim = (struct hs_claim){ .number = 0 };
}
