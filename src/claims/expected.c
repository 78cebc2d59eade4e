/* SPDX-License-Identifier: MIT */
/*
 * expected.c - reads expected.txt, and compares what was found with it
 */
#include "claims/expected.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "claim_expected_texts.h" /* made by src/cmake/scenarios.cmake */

const struct hs_claim_text *hs_claim_expected_text(void)
{
	return &claim_expected_texts[0];
}

/* ---- a line ------------------------------------------------------------------------------ */

/* The words ID.ROW[NAME=VALUE,...] or ID before what is expected. */
struct expected_line {
	struct hs_text *text;
	struct hs_claim_expectation head; /* copied for each word FIELD=VALUE */
	struct hs_word row, settings;	  /* .at NULL: none */
};

static const char expected_form[] = "ID.ROW[NAME=VALUE,...] or ID";

/* Splits the first word of the line. */
static int expected_take_head(struct expected_line *l, const struct hs_word *word)
{
	const char *end = word->at + word->length, *at = end;
	const char *point = memchr(word->at, '.', word->length), *bracket;
	struct hs_word id = { word->at, point ? (size_t)(point - word->at) : word->length };

	if (point) {
		bracket = memchr(point, '[', (size_t)(end - point));
		if (bracket && (end[-1] != ']' || end - bracket < 3))
			return hs_text_expected(l->text, word, expected_form);
		if (bracket) {
			l->settings = (struct hs_word){ bracket + 1, (size_t)(end - bracket) - 2 };
			at = bracket;
		}
		l->row = (struct hs_word){ point + 1, (size_t)(at - point) - 1 };
		if (!l->row.length)
			return hs_text_expected(l->text, word, expected_form);
	}
	l->head.claim = hs_claim_number(&id);
	return l->head.claim ? 0 : hs_text_expected(l->text, word, expected_form);
}

/* NAME=VALUE; the name ends at the first =. */
static bool expected_split(const struct hs_word *word, struct hs_word *name, struct hs_word *value)
{
	const char *equals = memchr(word->at, '=', word->length);

	if (!equals || equals == word->at || equals + 1 == word->at + word->length)
		return false;
	*name = (struct hs_word){ word->at, (size_t)(equals - word->at) };
	*value = (struct hs_word){ equals + 1, word->length - name->length - 1 };
	return true;
}

static int expected_copy_settings(struct expected_line *l, struct hs_claim_expectation *e)
{
	const char *at = l->settings.at, *end = at ? at + l->settings.length : at, *comma;

	for (; at < end; at = comma + 1) {
		struct hs_claim_setting *setting = &e->setting[e->settings];
		struct hs_word word, name, value;

		comma = memchr(at, ',', (size_t)(end - at));
		comma = comma ? comma : end;
		word = (struct hs_word){ at, (size_t)(comma - at) };
		if (e->settings == HS_CLAIM_SETTINGS || !expected_split(&word, &name, &value))
			return hs_text_expected(l->text, &word, "NAME=VALUE, at most 8");
		e->settings++;
		setting->name = hs_text_copy(l->text, &name);
		setting->value = setting->name ? hs_text_copy(l->text, &value) : NULL;
		if (!setting->value)
			return -ENOMEM;
	}
	return 0;
}

static int expected_take_verdict(struct expected_line *l, const struct hs_word *word,
				 const struct hs_word *value, struct hs_claim_expectation *e)
{
	/* One word each. */
	static const char *const names[HS_CLAIM_VERDICT_COUNT] = {
		[HS_CLAIM_CONFIRMED] = "confirmed",
		[HS_CLAIM_REFUTED] = "refuted",
		[HS_CLAIM_IN_PART] = "in-part",
		[HS_CLAIM_UNSETTLED] = "none",
	};
	int index = hs_word_among(value, names, HS_CLAIM_VERDICT_COUNT);

	if (index < 0)
		return hs_text_expected(
			l->text, word,
			"verdict=confirmed, verdict=refuted, verdict=in-part or verdict=none");
	e->verdict = (enum hs_claim_verdict)index;
	return 0;
}

/* FIELD=VALUE, or verdict=WORD of a line that names no row. */
static int expected_take_word(struct expected_line *l, const struct hs_word *word,
			      struct hs_claim_expectation *e)
{
	const char *what = l->row.at ? "FIELD=VALUE" : "verdict=WORD";
	struct hs_word name, value;
	int index, ret;

	if (!expected_split(word, &name, &value))
		return hs_text_expected(l->text, word, what);
	if (!l->row.at)
		return hs_word_is(&name, "verdict") ? expected_take_verdict(l, word, &value, e)
						    : hs_text_expected(l->text, word, what);
	index = hs_word_among(&name, hs_claim_field_names, HS_CLAIM_FIELD_COUNT);
	if (index < 0)
		return hs_text_expected(l->text, word, what);
	e->field = (enum hs_claim_field)index;
	ret = hs_claim_take_value(l->text, &value, e->field, &e->value);
	if (!ret)
		ret = expected_copy_settings(l, e);
	if (ret)
		return ret;
	e->row = hs_text_copy(l->text, &l->row);
	return e->row ? 0 : -ENOMEM;
}

/* ---- the text ---------------------------------------------------------------------------- */

static bool expected_is_same(const struct hs_claim_expectation *a,
			     const struct hs_claim_expectation *b)
{
	if (a->claim != b->claim || !a->row != !b->row || a->settings != b->settings)
		return false;
	if (a->row && (strcmp(a->row, b->row) != 0 || a->field != b->field))
		return false;
	for (unsigned int i = 0; i < a->settings; i++)
		if (strcmp(a->setting[i].name, b->setting[i].name) != 0 ||
		    strcmp(a->setting[i].value, b->setting[i].value) != 0)
			return false;
	return true;
}

/* Of one thing one value is expected. */
static int expected_check_once(const struct expected_line *l, const struct hs_word *word,
			       const struct hs_claim_expected *out)
{
	const struct hs_claim_expectation *e = &out->expectation[out->count - 1];
	char what[64];

	for (size_t i = 0; i + 1 < out->count; i++) {
		if (!expected_is_same(&out->expectation[i], e))
			continue;
		snprintf(what, sizeof(what), "another field than in line %lu",
			 out->expectation[i].line);
		return hs_text_expected(l->text, word, what);
	}
	return 0;
}

static int expected_take_line(struct expected_line *l, struct hs_word *rest,
			      struct hs_claim_expected *out)
{
	struct hs_hostmem *mem = l->text->mem;
	struct hs_word word;
	bool any = false;
	int ret;

	hs_text_word(rest, &word);
	ret = expected_take_head(l, &word);
	while (!ret && hs_text_word(rest, &word)) {
		struct hs_claim_expectation *more =
			hs_hostmem_grow(mem, out->expectation, out->count, sizeof(*more));

		if (!more)
			return -ENOMEM;
		out->expectation = more;
		more[out->count] = l->head;
		ret = expected_take_word(l, &word, &more[out->count++]);
		if (!ret)
			ret = expected_check_once(l, &word, out);
		any = true;
	}
	if (!ret && !any)
		return hs_text_error(l->text, l->text->number, NULL, "expected %s, found no word",
				     l->row.at ? "FIELD=VALUE" : "verdict=WORD");
	return ret;
}

int hs_claim_expected_parse(struct hs_hostmem *mem, const struct hs_claim_text *text,
			    struct hs_claim_expected *out, char *error, size_t error_size)
{
	const char *end = text->bytes + text->length, *stop;
	struct hs_text lines;
	int ret = 0;

	*out = (struct hs_claim_expected){ .count = 0 };
	hs_text_init(&lines, mem, text->file, text->bytes, text->length);
	for (const char *at = text->bytes; !ret && at < end; at = stop + 1) {
		struct expected_line l = { .text = &lines };
		struct hs_word rest, word;

		stop = memchr(at, '\n', (size_t)(end - at));
		stop = stop ? stop : end;
		l.head.line = ++lines.number;
		rest = (struct hs_word){ at, (size_t)(stop - at) };
		if (hs_text_word(&rest, &word) && word.at[0] != '#') {
			rest = (struct hs_word){ at, (size_t)(stop - at) };
			ret = expected_take_line(&l, &rest, out);
		}
	}
	if (ret && error_size)
		snprintf(error, error_size, "%s", ret == -ENOMEM ? "out of memory" : lines.error);
	return ret;
}

void hs_claim_expected_free(struct hs_hostmem *mem, struct hs_claim_expected *expected)
{
	for (size_t i = 0; i < expected->count; i++) {
		struct hs_claim_expectation *e = &expected->expectation[i];

		for (unsigned int k = 0; k < e->settings; k++) {
			hs_hostmem_free(mem, e->setting[k].name);
			hs_hostmem_free(mem, e->setting[k].value);
		}
		hs_hostmem_free(mem, e->row);
		hs_hostmem_free(mem, e->value.text);
	}
	hs_hostmem_free(mem, expected->expectation);
	*expected = (struct hs_claim_expected){ .count = 0 };
}

/* ---- what is expected of what ------------------------------------------------------------ */

static bool expected_has_setting(const char *settings, const struct hs_claim_setting *s)
{
	struct hs_word value = hs_claim_setting_of(settings, s->name, strlen(s->name));

	return value.at && hs_word_is(&value, s->value);
}

static bool expected_is_of(const struct hs_claim_expectation *e, const struct hs_claim *claim,
			   const struct hs_claim_cell *cell)
{
	if (e->claim != claim->number || !e->row || strcmp(e->row, claim->row[cell->row].name) != 0)
		return false;
	for (unsigned int i = 0; i < e->settings; i++)
		if (!expected_has_setting(cell->settings, &e->setting[i]))
			return false;
	return true;
}

const struct hs_claim_expectation *hs_claim_expected_field(const struct hs_claim_expected *expected,
							   const struct hs_claim *claim,
							   const struct hs_claim_cell *cell,
							   enum hs_claim_field field)
{
	const struct hs_claim_expectation *best = NULL;

	for (size_t i = 0; i < expected->count; i++) {
		const struct hs_claim_expectation *e = &expected->expectation[i];

		if (e->field == field && expected_is_of(e, claim, cell) &&
		    (!best || e->settings > best->settings))
			best = e;
	}
	return best;
}

const struct hs_claim_expectation *
hs_claim_expected_verdict(const struct hs_claim_expected *expected, const struct hs_claim *claim)
{
	for (size_t i = 0; i < expected->count; i++)
		if (expected->expectation[i].claim == claim->number &&
		    !expected->expectation[i].row)
			return &expected->expectation[i];
	return NULL;
}

/* ---- differences ------------------------------------------------------------------------- */

struct expected_differences {
	struct hs_hostmem *mem;
	struct hs_claim_difference *difference;
	size_t count;
};

static int expected_differ(struct expected_differences *d, const struct hs_claim_cell *cell,
			   enum hs_claim_field field, const struct hs_claim_expectation *e)
{
	struct hs_claim_difference *more =
		hs_hostmem_grow(d->mem, d->difference, d->count, sizeof(*more));

	if (!more)
		return -ENOMEM;
	d->difference = more;
	more[d->count++] = (struct hs_claim_difference){ cell, field, e };
	return 0;
}

/*
 * Something must be expected of the field. Of a control one field that is claimed of its row is
 * enough: the change need not turn round all of them.
 */
static bool expected_is_due(const struct hs_claim *claim, const struct hs_claim_cell *cell,
			    const struct hs_claim_expected *expected, enum hs_claim_field field)
{
	const struct hs_claim_row *row = &claim->row[cell->row];

	if (!hs_claim_names(claim, cell->row, field) || !hs_claim_has_field(row, field))
		return false;
	for (int i = 0; hs_claim_is_control(row) && i < HS_CLAIM_FIELD_COUNT; i++)
		if (hs_claim_names(claim, cell->row, (enum hs_claim_field)i) &&
		    hs_claim_expected_field(expected, claim, cell, (enum hs_claim_field)i))
			return false;
	return true;
}

static int expected_compare_cell(struct expected_differences *d, const struct hs_claim *claim,
				 const struct hs_claim_cell *cell,
				 const struct hs_claim_expected *expected)
{
	int ret = 0;

	for (int i = 0; !ret && i < HS_CLAIM_FIELD_COUNT; i++) {
		enum hs_claim_field field = (enum hs_claim_field)i;
		const struct hs_claim_expectation *e =
			hs_claim_expected_field(expected, claim, cell, field);

		if (e ? !hs_claim_equal(&e->value, &cell->value[field])
		      : expected_is_due(claim, cell, expected, field))
			ret = expected_differ(d, cell, field, e);
	}
	return ret;
}

/* A row or setting that is expected and that the claim does not have. */
static bool expected_is_lost(const struct hs_claim_found *found,
			     const struct hs_claim_expectation *e)
{
	if (e->claim != found->claim->number || !e->row)
		return false;
	for (size_t i = 0; i < found->cells; i++)
		if (expected_is_of(e, found->claim, &found->cell[i]))
			return false;
	return true;
}

long hs_claim_compare(struct hs_hostmem *mem, const struct hs_claim_found *found,
		      const struct hs_claim_expected *expected, struct hs_claim_difference **out)
{
	const struct hs_claim_expectation *verdict =
		hs_claim_expected_verdict(expected, found->claim);
	struct expected_differences d = { .mem = mem };
	int ret = 0;

	if (!verdict || verdict->verdict != found->verdict)
		ret = expected_differ(&d, NULL, HS_CLAIM_FIELD_COUNT, verdict);
	for (size_t i = 0; !ret && i < found->cells; i++)
		ret = expected_compare_cell(&d, found->claim, &found->cell[i], expected);
	for (size_t i = 0; !ret && i < expected->count; i++)
		if (expected_is_lost(found, &expected->expectation[i]))
			ret = expected_differ(&d, NULL, expected->expectation[i].field,
					      &expected->expectation[i]);
	*out = d.difference;
	return ret ? ret : (long)d.count;
}
