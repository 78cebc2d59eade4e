/* SPDX-License-Identifier: MIT */
/*
 * profile.c - reads and prints cost profiles
 */
#include "cost/cost.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define NS_DIGITS 3 /* after the point: picoseconds */
#define PS_PER_NS 1000u

struct parser {
	struct hs_text *text;
	const struct hs_line *line;
	struct hs_cost_profile profile;
	bool begun, seen[HS_COST_CLASS_COUNT];
};

static int profile_error(struct parser *p, const char *sentence)
{
	return hs_text_error(p->text, p->text->number, p->text->keyword, "%s", sentence);
}

/* ---- lines ------------------------------------------------------------------------------- */

static int profile_take_base(struct parser *p)
{
	const struct hs_word *base = &p->line->value[0];

	p->profile.base = HS_COST_BUILD_COUNT;
	if (!base->at)
		return 0;
	for (unsigned int b = 0; b < HS_COST_BUILD_COUNT; b++) {
		const struct hs_cost_profile *builtin = hs_cost_builtin((enum hs_cost_build)b);

		if (!hs_word_is(base, builtin->name))
			continue;
		p->profile = *builtin;
		return 0;
	}
	return hs_text_expected(p->text, base, "base=light or base=distro");
}

static int profile_begin(struct parser *p)
{
	const struct hs_word *name = &p->line->word[0];
	int ret;

	if (p->begun)
		return profile_error(p, "expected once in a text, found again");
	if (name->length >= HS_COST_NAME)
		return hs_text_expected(p->text, name, "NAME of at most 31 bytes");
	ret = profile_take_base(p);
	if (ret)
		return ret;
	memcpy(p->profile.name, name->at, name->length);
	p->profile.name[name->length] = '\0';
	p->begun = true;
	return 0;
}

static int profile_expected_class(struct parser *p)
{
	size_t used = 0;
	char what[256];

	for (unsigned int i = 0; i < HS_COST_CLASS_COUNT; i++)
		used += (size_t)snprintf(what + used, sizeof(what) - used, "%s%s",
					 !i				? ""
					 : i == HS_COST_CLASS_COUNT - 1 ? " or "
									: ", ",
					 hs_cost_class_names[i]);
	return hs_text_expected(p->text, &p->line->word[0], what);
}

/* Decimal nanoseconds, with up to three digits after a point, as picoseconds. */
static bool profile_take_ps(const struct hs_word *word, uint64_t *ps)
{
	const char *point = memchr(word->at, '.', word->length);
	size_t whole = point ? (size_t)(point - word->at) : word->length;
	size_t decimals = point ? word->length - whole - 1 : 0;

	*ps = 0;
	if (!whole || whole > 12 || (point && !decimals) || decimals > NS_DIGITS)
		return false;
	for (size_t i = 0; i < whole + 1 + NS_DIGITS; i++) {
		char c = i < word->length ? word->at[i] : '0';

		if (i == whole)
			continue;
		if (c < '0' || c > '9')
			return false;
		*ps = *ps * 10 + (uint64_t)(c - '0');
	}
	return true;
}

static int profile_cost(struct parser *p)
{
	const struct hs_word *word = p->line->word;
	int class = hs_word_among(&word[0], hs_cost_class_names, HS_COST_CLASS_COUNT);
	uint64_t ps;

	if (!p->begun)
		return profile_error(p, "expected profile NAME first");
	if (class < 0)
		return profile_expected_class(p);
	if (p->seen[class])
		return hs_text_expected(p->text, &word[0], "each class once");
	if (!profile_take_ps(&word[1], &ps))
		return hs_text_expected(
			p->text, &word[1],
			"NS, decimal, below 10^12, at most 3 digits after the point");
	if (p->line->words == 3 && !hs_word_is(&word[2], "estimated"))
		return hs_text_expected(p->text, &word[2], "estimated, or no third word");
	p->seen[class] = true;
	p->profile.ns[class] = (double)ps / PS_PER_NS;
	p->profile.estimated[class] = p->line->words == 3;
	return 0;
}

/* ---- the whole --------------------------------------------------------------------------- */

static int profile_finish(struct parser *p)
{
	if (!p->begun)
		return hs_text_error(p->text, p->text->number, NULL,
				     "expected profile NAME before the end of the text");
	if (p->profile.base != HS_COST_BUILD_COUNT)
		return 0;
	for (unsigned int i = 0; i < HS_COST_CLASS_COUNT; i++)
		if (!p->seen[i])
			return hs_text_error(p->text, p->text->number, NULL,
					     "expected cost %s before the end of the text, or a "
					     "profile with base=light or base=distro",
					     hs_cost_class_names[i]);
	return 0;
}

static int profile_line(struct parser *p)
{
	switch (p->line->id) {
	case HS_KEYWORD_PROFILE:
		return profile_begin(p);
	case HS_KEYWORD_COST:
		return profile_cost(p);
	default:
		return profile_error(p, "expected profile and cost lines only");
	}
}

int hs_cost_parse(struct hs_text *text, struct hs_cost_profile *out)
{
	struct hs_line line = { .words = 0 };
	struct parser p = { .text = text, .line = &line };
	int ret;

	while ((ret = hs_text_next(text, &line)) == 1) {
		ret = profile_line(&p);
		if (ret)
			return ret;
	}
	if (!ret)
		ret = profile_finish(&p);
	if (!ret)
		*out = p.profile;
	return ret;
}

void hs_cost_print(const struct hs_cost_profile *profile, struct hs_out *out)
{
	hs_out_text(out, "hmmsim 1\nprofile ");
	hs_out_text(out, profile->name);
	if (profile->base != HS_COST_BUILD_COUNT) {
		hs_out_text(out, " base=");
		hs_out_text(out, hs_cost_builtin(profile->base)->name);
	}
	hs_out_char(out, '\n');
	for (unsigned int i = 0; i < HS_COST_CLASS_COUNT; i++) {
		uint64_t ps = (uint64_t)(profile->ns[i] * PS_PER_NS + 0.5);
		char line[96];

		snprintf(line, sizeof(line), "cost %s %" PRIu64 ".%03u%s\n", hs_cost_class_names[i],
			 ps / PS_PER_NS, (unsigned int)(ps % PS_PER_NS),
			 profile->estimated[i] ? " estimated" : "");
		hs_out_text(out, line);
	}
}
