/* SPDX-License-Identifier: MIT */
/*
 * race_axes.c - axes of a race: their lines, $name, settings of a run, expect lines
 */
#include "text/race_parser.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* The setting that each race has. */
static const char race_axes_only[] = "only";

/* The axis with that name, or NULL. */
static struct hs_race_axis *race_axes_find(struct hs_race *race, const struct hs_word *name)
{
	for (unsigned int i = 0; i < race->axes; i++)
		if (hs_word_is(name, race->axis[i].name))
			return &race->axis[i];
	return NULL;
}

/* ---- axis NAME VALUE... ------------------------------------------------------------------ */

/* Names and values are joined by = and , in the names of runs. */
static int race_axes_take_word(struct hs_race_parser *p, const struct hs_word *word,
			       const char *what, char **out)
{
	if (memchr(word->at, '=', word->length) || memchr(word->at, ',', word->length) ||
	    word->at[0] == '$')
		return hs_text_expected(p->text, word, what);
	*out = hs_text_copy(p->text, word);
	return *out ? 0 : -ENOMEM;
}

static int race_axes_take_value(struct hs_race_parser *p, struct hs_race_axis *axis,
				const struct hs_word *word)
{
	if (hs_word_among(word, (const char *const *)axis->value, axis->values) >= 0)
		return hs_text_expected(p->text, word, "each VALUE once");
	if (axis->values == HS_RACE_VALUES)
		return hs_text_expected(p->text, word, "at most 16 values");
	return race_axes_take_word(p, word, "VALUE, a word without =, comma and $",
				   &axis->value[axis->values++]);
}

/* The value that the run sets. */
static int race_axes_choose(struct hs_race_parser *p, struct hs_race_axis *axis)
{
	char before[64], what[256];

	for (size_t i = 0; i < p->setting_count; i++) {
		struct hs_word word = { p->settings[i].value, strlen(p->settings[i].value) };
		int ret;

		if (strcmp(p->settings[i].name, axis->name) != 0)
			continue;
		snprintf(before, sizeof(before), "%.60s=", axis->name);
		hs_race_list(what, sizeof(what), before, (const char *const *)axis->value,
			     axis->values);
		ret = hs_text_name(p->text, &word, (const char *const *)axis->value, axis->values,
				   what, &axis->chosen);
		if (ret)
			return ret;
	}
	return 0;
}

int hs_race_axis_line(struct hs_race_parser *p)
{
	struct hs_word rest = p->line->rest, word;
	struct hs_race *race = p->race;
	struct hs_race_axis *axis;
	int ret = 0;

	hs_text_word(&rest, &word);
	if (hs_word_is(&word, race_axes_only))
		return hs_text_expected(p->text, &word, "NAME, another than only");
	if (race_axes_find(race, &word))
		return hs_text_expected(p->text, &word, "NAME, another than of the axes before");
	if (race->axes == HS_RACE_AXES)
		return hs_text_expected(p->text, &word, "at most 8 axes");
	axis = &race->axis[race->axes];
	axis->line = p->text->number;
	ret = race_axes_take_word(p, &word, "NAME, a word without =, comma and $", &axis->name);
	if (ret)
		return ret;
	race->axes++;
	while (!ret && hs_text_word(&rest, &word))
		ret = race_axes_take_value(p, axis, &word);
	if (!ret && !axis->values)
		return hs_text_error(p->text, p->text->number, p->text->keyword,
				     "expected NAME VALUE..., found 1 word");
	return ret ? ret : race_axes_choose(p, axis);
}

/* ---- $name ------------------------------------------------------------------------------- */

static int race_axes_substitute(struct hs_race_parser *p, struct hs_word *word)
{
	struct hs_race_axis *axis;
	struct hs_word name;

	if (!word->length || word->at[0] != '$')
		return 0;
	name = (struct hs_word){ word->at + 1, word->length - 1 };
	axis = race_axes_find(p->race, &name);
	if (!axis)
		return hs_text_expected(p->text, word, "$NAME of an axis line above");
	axis->used = true;
	word->at = axis->value[axis->chosen];
	word->length = strlen(word->at);
	return 0;
}

int hs_race_substitute_line(struct hs_race_parser *p)
{
	struct hs_line *line = p->line;
	int ret = 0;

	for (unsigned int i = 0; !ret && i < line->words && i < HS_TEXT_WORDS; i++)
		ret = race_axes_substitute(p, &line->word[i]);
	for (unsigned int i = 0; !ret && i < HS_TEXT_KEYS; i++)
		ret = race_axes_substitute(p, &line->value[i]);
	return ret;
}

int hs_race_next_word(struct hs_race_parser *p, struct hs_word *word, bool *found)
{
	*found = hs_text_word(&p->line->rest, word);
	return *found ? race_axes_substitute(p, word) : 0;
}

/* ---- settings of a run ------------------------------------------------------------------- */

/*
 * "refs=6.1,walker=5.3": the values that are not the default. @chosen is by axis, @judged a bit or
 * all.
 */
static char *race_axes_settings(struct hs_race_parser *p, const unsigned int *chosen,
				uint32_t judged)
{
	const struct hs_race *race = p->race;
	size_t size = sizeof("only=answer,"), used = 0;
	char *settings;

	for (unsigned int i = 0; i < race->axes; i++)
		size += strlen(race->axis[i].name) + strlen(race->axis[i].value[chosen[i]]) + 2;
	settings = hs_hostmem_zalloc(p->text->mem, 1, size);
	if (!settings) {
		hs_text_no_memory(p->text);
		return NULL;
	}
	for (unsigned int i = 0; i < race->axes; i++)
		if (chosen[i])
			used += (size_t)snprintf(settings + used, size - used, "%s%s=%s",
						 used ? "," : "", race->axis[i].name,
						 race->axis[i].value[chosen[i]]);
	if (judged != HS_RACE_JUDGED_ALL)
		snprintf(settings + used, size - used, "%s%s=%s", used ? "," : "", race_axes_only,
			 hs_race_must_names[__builtin_ctz(judged)]);
	return settings;
}

/* What a run, or an expect line, says is judged. */
static int race_axes_take_judged(struct hs_race_parser *p, const struct hs_word *word,
				 uint32_t *judged)
{
	unsigned int index = 0;
	int ret = hs_text_name(p->text, word, hs_race_must_names, HS_RACE_JUDGED,
			       "only=S1, S2, S3, S4, live or answer", &index);

	*judged = 1u << index;
	return ret;
}

/* A setting of the race itself. */
static int race_axes_judge(struct hs_race_parser *p, const struct hs_race_setting *setting)
{
	struct hs_word word = { setting->value, strlen(setting->value) };
	struct hs_race *race = p->race;
	unsigned long number = p->text->number;
	int ret;

	p->text->number = race->line;
	p->text->keyword = "race";
	ret = race_axes_take_judged(p, &word, &race->judged);
	if (!ret && race->judged & ~race->must & (HS_RACE_S1 | HS_RACE_S4))
		ret = hs_text_expected(p->text, &word, "only= of something that must hold");
	p->text->number = number;
	return ret;
}

/* A setting that no axis has, or that is there twice. */
static int race_axes_check_setting(struct hs_race_parser *p, size_t i)
{
	const struct hs_race_setting *setting = &p->settings[i];
	struct hs_word name = { setting->name, strlen(setting->name) };
	const char *names[HS_RACE_AXES];
	char what[256];

	for (size_t j = 0; j < i; j++)
		if (!strcmp(p->settings[j].name, setting->name))
			return hs_text_error(p->text, p->race->line, "race",
					     "expected a value of %.80s once", setting->name);
	if (hs_word_is(&name, race_axes_only))
		return race_axes_judge(p, setting);
	if (race_axes_find(p->race, &name))
		return 0;
	for (unsigned int j = 0; j < p->race->axes; j++)
		names[j] = p->race->axis[j].name;
	hs_race_list(what, sizeof(what), "", names, p->race->axes);
	if (!p->race->axes)
		return hs_text_error(p->text, p->race->line, "race",
				     "expected no setting, because it has no axis, found \"%.80s\"",
				     setting->name);
	return hs_text_error(p->text, p->race->line, "race",
			     "expected a setting of its axes (%s), found \"%.80s\"", what,
			     setting->name);
}

int hs_race_check_axes(struct hs_race_parser *p)
{
	struct hs_race *race = p->race;
	unsigned int chosen[HS_RACE_AXES];

	for (size_t i = 0; i < p->setting_count; i++) {
		int ret = race_axes_check_setting(p, i);

		if (ret)
			return ret;
	}
	for (unsigned int i = 0; i < race->axes; i++) {
		chosen[i] = race->axis[i].chosen;
		if (!race->axis[i].used)
			return hs_text_error(p->text, race->axis[i].line, "axis",
					     "expected $%.80s in a line of the race",
					     race->axis[i].name);
	}
	race->settings = race_axes_settings(p, chosen, race->judged);
	return race->settings ? 0 : -ENOMEM;
}

/* ---- expect [NAME=VALUE...] VERDICT [executions=N] --------------------------------------- */

/* NAME=VALUE before the verdict. */
static int race_axes_expect_setting(struct hs_race_parser *p, const struct hs_word *word,
				    unsigned int *chosen, uint32_t *seen, uint32_t *judged)
{
	const char *equals = memchr(word->at, '=', word->length);
	struct hs_word name = { word->at, (size_t)(equals - word->at) };
	struct hs_word value = { equals + 1, word->length - name.length - 1 };
	struct hs_race_axis *axis = race_axes_find(p->race, &name);
	char before[64], what[256];
	size_t i;

	if (hs_word_is(&name, race_axes_only))
		return *judged == HS_RACE_JUDGED_ALL
			       ? race_axes_take_judged(p, &value, judged)
			       : hs_text_expected(p->text, word, "only= once");
	if (!axis)
		return hs_text_expected(p->text, word, "NAME=VALUE of an axis line above");
	i = (size_t)(axis - p->race->axis);
	if (*seen >> i & 1)
		return hs_text_expected(p->text, word, "each axis once");
	*seen |= 1u << i;
	snprintf(before, sizeof(before), "%.60s=", axis->name);
	hs_race_list(what, sizeof(what), before, (const char *const *)axis->value, axis->values);
	return hs_text_name(p->text, &value, (const char *const *)axis->value, axis->values, what,
			    &chosen[i]);
}

static int race_axes_expect_verdict(struct hs_race_parser *p, const struct hs_word *word,
				    struct hs_race_expect *expect)
{
	char name[64];

	snprintf(name, sizeof(name), "%.*s", (int)(word->length < 63 ? word->length : 63),
		 word->at);
	if (!hs_race_verdict(name, &expect->verdict))
		return hs_text_expected(p->text, word,
					"holds, assertion, deadlock or another verdict");
	return 0;
}

static int race_axes_expect_executions(struct hs_race_parser *p, const struct hs_word *word,
				       struct hs_race_expect *expect)
{
	static const char key[] = "executions=";
	const size_t length = sizeof(key) - 1;
	struct hs_word value = { word->at + length, word->length - length };

	if (word->length < length || memcmp(word->at, key, length) != 0 || expect->executions)
		return hs_text_expected(p->text, word, "executions=N, or no further word");
	return hs_text_number(p->text, &value, 1, UINT64_MAX, 1, "executions=N, a number from 1",
			      &expect->executions);
}

static int race_axes_expect_words(struct hs_race_parser *p, struct hs_race_expect *expect,
				  unsigned int *chosen, uint32_t *judged)
{
	bool found, verdict = false;
	uint32_t seen = 0;
	struct hs_word word;
	int ret;

	for (;;) {
		ret = hs_race_next_word(p, &word, &found);
		if (ret || !found)
			break;
		if (verdict)
			ret = race_axes_expect_executions(p, &word, expect);
		else if (memchr(word.at, '=', word.length))
			ret = race_axes_expect_setting(p, &word, chosen, &seen, judged);
		else
			ret = race_axes_expect_verdict(p, &word, expect), verdict = true;
		if (ret)
			break;
	}
	if (!ret && !verdict)
		return hs_text_error(p->text, p->text->number, p->text->keyword,
				     "expected [NAME=VALUE...] VERDICT [executions=N], found no "
				     "verdict");
	return ret;
}

int hs_race_expect_line(struct hs_race_parser *p)
{
	struct hs_race_expect expect = { .line = p->text->number }, *more;
	unsigned int chosen[HS_RACE_AXES] = { 0 };
	uint32_t judged = HS_RACE_JUDGED_ALL;
	struct hs_race *race = p->race;
	int ret;

	if (race->expects == HS_RACE_EXPECTS)
		return hs_text_error(p->text, p->text->number, p->text->keyword,
				     "expected at most 256 lines");
	ret = race_axes_expect_words(p, &expect, chosen, &judged);
	if (ret)
		return ret;
	more = hs_hostmem_grow(p->text->mem, race->expect, race->expects, sizeof(*more));
	if (!more)
		return hs_text_no_memory(p->text);
	race->expect = more;
	expect.settings = race_axes_settings(p, chosen, judged);
	if (!expect.settings)
		return -ENOMEM;
	for (size_t i = 0; i < race->expects; i++) {
		if (strcmp(more[i].settings, expect.settings) != 0)
			continue;
		hs_hostmem_free(p->text->mem, expect.settings);
		return hs_text_error(p->text, expect.line, p->text->keyword,
				     "expected other settings than in line %lu", more[i].line);
	}
	more[race->expects++] = expect;
	return 0;
}
