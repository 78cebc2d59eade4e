/* SPDX-License-Identifier: MIT */
/*
 * text.c - splits a text into lines and words, and words its errors
 */
#include "text/race.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define WALK HS_DIALECT_WALK
#define FIRST HS_DIALECT_FIRST
#define SCENARIO HS_DIALECT_SCENARIO
#define LAYOUT HS_DIALECT_LAYOUT
#define RACE HS_DIALECT_RACE
#define CLAIM HS_DIALECT_CLAIM
#define SPACE HS_DIALECT_SPACE
#define ALL HS_DIALECT_ALL

static const struct hs_key no_keys[HS_TEXT_KEYS];
static const struct hs_key vma_keys[HS_TEXT_KEYS] = { { "name", LAYOUT } };
static const struct hs_key map_keys[HS_TEXT_KEYS] = { { "count", SPACE },
						      { "owner", SPACE },
						      { "of", LAYOUT } };
static const struct hs_key pgmap_keys[HS_TEXT_KEYS] = { { "type", LAYOUT }, { "owner", LAYOUT } };
static const struct hs_key migrate_keys[HS_TEXT_KEYS] = { { "to", LAYOUT } };
static const struct hs_key profile_keys[HS_TEXT_KEYS] = { { "base", FIRST } };
static const struct hs_key machine_keys[HS_TEXT_KEYS] = {
	{ "cpus", RACE },	{ "geometry", RACE }, { "section", RACE },
	{ "subsection", RACE }, { "memory", RACE },   { "retries", RACE },
};
static const struct hs_key race_pgmap_keys[HS_TEXT_KEYS] = {
	{ "type", RACE },  { "owner", RACE },  { "refs", RACE },
	{ "order", RACE }, { "first", RACE },  { "atomic", RACE },
	{ "ram", RACE },   { "copies", RACE }, { "copy-error", RACE },
};
static const struct hs_key mm_keys[HS_TEXT_KEYS] = { { "private-fault", RACE },
						     { "migration-wait", RACE } };
static const struct hs_key task_keys[HS_TEXT_KEYS] = { { "cpu", RACE } };
static const struct hs_key mmap_keys[HS_TEXT_KEYS] = { { "of", RACE },
						       { "pgoff", RACE },
						       { "gate", RACE } };
static const struct hs_key driver_keys[HS_TEXT_KEYS] = {
	{ "validity", RACE }, { "walker", RACE }, { "strategy", RACE }, { "owner", RACE },
	{ "protocol", RACE }, { "late", RACE },	  { "requests", RACE },
};
static const struct hs_key dmirror_keys[HS_TEXT_KEYS] = {
	{ "validity", RACE }, { "walker", RACE }, { "strategy", RACE }, { "owner", RACE },
	{ "protocol", RACE }, { "touch", RACE },  { "tries", RACE },
};
static const struct hs_key device_keys[HS_TEXT_KEYS] = { { "owner", RACE },
							 { "strategy", RACE },
							 { "correction", RACE },
							 { "tries", RACE },
							 { "memory", RACE } };
static const struct hs_key step_keys[HS_TEXT_KEYS] = { { "as", RACE }, { "optional", RACE } };

static const struct hs_keyword text_keywords[HS_KEYWORD_COUNT] = {
	[HS_KEYWORD_HMMSIM] = { "hmmsim", "VERSION", 1, 1, ALL, no_keys },
	[HS_KEYWORD_SCENARIO] = { "scenario", "NAME", 1, 1, ALL, no_keys },
	[HS_KEYWORD_VMA] = { "vma", "START END FLAGS", 3, 3, SPACE, vma_keys },
	[HS_KEYWORD_MAP] = { "map", "ADDR 4k|2m|1g KIND PFN", 4, 4, SPACE, map_keys },
	[HS_KEYWORD_PGMAP] = { "pgmap", "START_PFN END_PFN [dead]", 2, 3, SPACE, pgmap_keys },
	[HS_KEYWORD_FAULT] = { "fault", "ACTION", 1, 1, SCENARIO, no_keys },
	[HS_KEYWORD_FAULTN] = { "faultn", "N ACTION", 2, 2, SCENARIO, no_keys },
	[HS_KEYWORD_FAULTAT] = { "faultat", "ADDR ACTION", 2, 2, SCENARIO, no_keys },
	[HS_KEYWORD_MIGWAIT] = { "migwait", "done|stay", 1, 1, SCENARIO, no_keys },
	[HS_KEYWORD_RETRY_AT] = { "retry_at", "K", 1, 1, SCENARIO, no_keys },
	[HS_KEYWORD_MAXWALKS] = { "maxwalks", "N", 1, 1, SCENARIO, no_keys },
	[HS_KEYWORD_REQ] = { "req", "START END DEFAULT MASK OWNER", 5, 5, SCENARIO, no_keys },
	[HS_KEYWORD_IN] = { "in", "IDX COUNT FLAGS", 3, 3, SCENARIO, no_keys },
	[HS_KEYWORD_MODE] = { "mode", "fault|snapshot", 1, 1, SCENARIO, no_keys },
	[HS_KEYWORD_RUN] = { "run", "no word", 0, 0, SCENARIO, no_keys },
	[HS_KEYWORD_PROFILE] = { "profile", "NAME", 1, 1, FIRST, profile_keys },
	[HS_KEYWORD_COST] = { "cost", "CLASS NS [estimated]", 2, 3, FIRST, no_keys },
	[HS_KEYWORD_LAYOUT] = { "layout", "NAME", 1, 1, FIRST | LAYOUT | RACE | CLAIM, no_keys },
	[HS_KEYWORD_MIGRATE] = { "migrate", "START END", 2, 2, LAYOUT, migrate_keys },
	[HS_KEYWORD_EVICT] = { "evict", "START_PFN", 1, 1, LAYOUT, no_keys },
	[HS_KEYWORD_RACE] = { "race", "NAME", 1, 1, FIRST | LAYOUT | RACE | CLAIM, no_keys },
	[HS_KEYWORD_CLAIM] = { "claim", "ID", 1, 1, FIRST | LAYOUT | RACE | CLAIM, no_keys },
	[HS_KEYWORD_ABOUT] = { "about", "a sentence", 0, HS_TEXT_REST, RACE, no_keys },
	[HS_KEYWORD_AXIS] = { "axis", "NAME VALUE...", 0, HS_TEXT_REST, RACE, no_keys },
	[HS_KEYWORD_MACHINE] = { "machine", "no word", 0, 0, RACE, machine_keys },
	[HS_KEYWORD_RACE_PGMAP] = { "pgmap", "NAME START_PFN END_PFN", 3, 3, RACE,
				    race_pgmap_keys },
	[HS_KEYWORD_FILE] = { "file", "NAME PGMAP FIRST_PFN PAGES", 4, 4, RACE, no_keys },
	[HS_KEYWORD_MM] = { "mm", "NAME", 1, 1, RACE, mm_keys },
	[HS_KEYWORD_MMAP] = { "mmap", "MM START END FLAGS", 4, 4, RACE, mmap_keys },
	[HS_KEYWORD_DRIVER] = { "driver", "NAME MM START END", 4, 4, RACE, driver_keys },
	[HS_KEYWORD_DMIRROR] = { "dmirror", "NAME MM START END", 4, 4, RACE, dmirror_keys },
	[HS_KEYWORD_DEVICE] = { "device", "NAME MODEL MM START END", 5, 5, RACE, device_keys },
	[HS_KEYWORD_GATE] = { "gate", "NAME", 1, 1, RACE, no_keys },
	[HS_KEYWORD_FLAG] = { "flag", "NAME", 1, 1, RACE, no_keys },
	[HS_KEYWORD_SETUP] = { "setup", "no word", 0, 0, RACE, no_keys },
	[HS_KEYWORD_TASK] = { "task", "NAME", 1, 1, RACE, task_keys },
	[HS_KEYWORD_WORKER] = { "worker", "NAME", 1, 1, RACE, task_keys },
	[HS_KEYWORD_ORDER] = { "order", "LABEL...", 0, HS_TEXT_REST, RACE, no_keys },
	[HS_KEYWORD_REACHED] = { "reached", "LABEL...", 0, HS_TEXT_REST, RACE, no_keys },
	[HS_KEYWORD_MUST] = { "must", "S1, S2, S3, S4 or live", 0, HS_TEXT_REST, RACE, no_keys },
	[HS_KEYWORD_EXPECT] = { "expect", "VERDICT", 0, HS_TEXT_REST, RACE, no_keys },
	[HS_KEYWORD_BY] = { "by", "a name", 0, HS_TEXT_REST, CLAIM, no_keys },
	[HS_KEYWORD_DATE] = { "date", "YYYY-MM-DD", 1, 1, CLAIM, no_keys },
	[HS_KEYWORD_SAYS] = { "says", "a sentence", 0, HS_TEXT_REST, CLAIM, no_keys },
	[HS_KEYWORD_METHOD] = { "method", "search|schedule|counts|none", 1, 1, CLAIM, no_keys },
	[HS_KEYWORD_ROW] = { "row", "NAME RACE [AXIS=VALUE|AXIS=*]...", 0, HS_TEXT_REST, CLAIM,
			     no_keys },
	[HS_KEYWORD_CONTROL] = { "control", "NAME of=ROW RACE [AXIS=VALUE|AXIS=*]...", 0,
				 HS_TEXT_REST, CLAIM, no_keys },
	[HS_KEYWORD_CHANGE] = { "change", "a sentence", 0, HS_TEXT_REST, CLAIM, no_keys },
	[HS_KEYWORD_CLAIMED] = { "claimed", "ROW.FIELD = VALUE", 0, HS_TEXT_REST, CLAIM, no_keys },
	[HS_KEYWORD_NOTE] = { "note", "a sentence", 0, HS_TEXT_REST, CLAIM, no_keys },
};

/* The operations of a race; how many words each takes is checked in race_steps.c. */
static const struct hs_keyword text_steps[HS_RACE_OP_COUNT] = {
#define OP(id, name, words, summary) [HS_RACE_##id] = { name, "", 0, HS_TEXT_ANY, RACE, step_keys },
#include "text/race_ops.def"
#undef OP
	[HS_RACE_RETRY] = { "retry", "[TURNS]", 0, 1, RACE, no_keys },
	[HS_RACE_UNTIL] = { "until", "no word", 0, 0, RACE, no_keys },
};

void hs_text_init(struct hs_text *text, struct hs_hostmem *mem, const char *name, const char *bytes,
		  size_t length)
{
	*text = (struct hs_text){
		.name = name,
		.at = bytes,
		.end = bytes + length,
		.mem = mem,
		.dialect = WALK,
		.last_at = bytes,
	};
}

/* ---- errors ------------------------------------------------------------------------------ */

int hs_text_error(struct hs_text *text, unsigned long line, const char *keyword, const char *format,
		  ...)
{
	size_t size = sizeof(text->error);
	va_list args;
	int used;

	used = snprintf(text->error, size, "%.800s:%lu: %s%s", text->name, line,
			keyword ? keyword : "", keyword ? ": " : "");
	va_start(args, format);
	if (used >= 0 && (size_t)used < size)
		vsnprintf(text->error + used, size - (size_t)used, format, args);
	va_end(args);
	return -EINVAL;
}

int hs_text_expected(struct hs_text *text, const struct hs_word *found, const char *what)
{
	size_t length = found->length > 40 ? 40 : found->length;
	char shown[48];

	for (size_t i = 0; i < length; i++)
		shown[i] = found->at[i] >= ' ' && found->at[i] <= '~' ? found->at[i] : '?';
	strcpy(shown + length, found->length > length ? "..." : "");
	return hs_text_error(text, text->number, text->keyword, "expected %s, found \"%s\"", what,
			     shown);
}

int hs_text_no_memory(struct hs_text *text)
{
	hs_text_error(text, text->number, NULL, "out of memory");
	return -ENOMEM;
}

int hs_text_result(struct hs_text *text, int ret)
{
	return ret == -ENOMEM ? hs_text_no_memory(text) : ret;
}

/* ---- words ------------------------------------------------------------------------------- */

bool hs_word_is(const struct hs_word *word, const char *name)
{
	return word->length == strlen(name) && !memcmp(word->at, name, word->length);
}

int hs_word_among(const struct hs_word *word, const char *const *names, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		if (names[i] && hs_word_is(word, names[i]))
			return (int)i;
	return -1;
}

static unsigned int text_digit(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned int)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (unsigned int)(c - 'a') + 10;
	if (c >= 'A' && c <= 'F')
		return (unsigned int)(c - 'A') + 10;
	return 16;
}

bool hs_word_number(const struct hs_word *word, uint64_t *value)
{
	bool hex = word->length > 2 && !memcmp(word->at, "0x", 2);
	unsigned int base = hex ? 16 : 10;
	uint64_t sum = 0;

	for (size_t i = hex ? 2 : 0; i < word->length; i++) {
		unsigned int d = text_digit(word->at[i]);

		if (d >= base || sum > (UINT64_MAX - d) / base)
			return false;
		sum = sum * base + d;
	}
	*value = sum;
	return word->length != 0;
}

int hs_text_number(struct hs_text *text, const struct hs_word *word, uint64_t low, uint64_t high,
		   uint64_t step, const char *what, uint64_t *value)
{
	if (!hs_word_number(word, value) || *value < low || *value > high || *value % step)
		return hs_text_expected(text, word, what);
	return 0;
}

int hs_text_name(struct hs_text *text, const struct hs_word *word, const char *const *names,
		 unsigned int count, const char *what, unsigned int *index)
{
	int found = hs_word_among(word, names, count);

	if (found < 0)
		return hs_text_expected(text, word, what);
	*index = (unsigned int)found;
	return 0;
}

char *hs_text_copy(struct hs_text *text, const struct hs_word *word)
{
	char *copy = hs_hostmem_zalloc(text->mem, 1, word->length + 1);

	if (copy)
		memcpy(copy, word->at, word->length);
	else
		hs_text_no_memory(text);
	return copy;
}

/* ---- lines ------------------------------------------------------------------------------- */

static bool text_is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* The next word of the line [*at, end); false: there are no more. */
static bool text_next_word(const char **at, const char *end, struct hs_word *word)
{
	const char *p = *at;

	while (p < end && text_is_blank(*p))
		p++;
	word->at = p;
	while (p < end && !text_is_blank(*p))
		p++;
	word->length = (size_t)(p - word->at);
	*at = p;
	return word->length != 0;
}

bool hs_text_word(struct hs_word *rest, struct hs_word *word)
{
	const char *end = rest->at + rest->length;
	bool found = text_next_word(&rest->at, end, word);

	rest->length = (size_t)(end - rest->at);
	return found;
}

/* Finds the next line that has words. Its first word is @word, the rest is [*at, *end). */
static bool text_next_line(struct hs_text *text, const char **at, const char **end,
			   struct hs_word *word)
{
	while (text->at < text->end) {
		const char *newline = memchr(text->at, '\n', (size_t)(text->end - text->at));

		*at = text->at;
		*end = newline ? newline : text->end;
		text->at = newline ? newline + 1 : text->end;
		text->number++;
		if (text_next_word(at, *end, word) && word->at[0] != '#')
			return true;
	}
	return false;
}

/* Answers and messages repeat words, so control characters are refused. */
static int text_check_printable(struct hs_text *text, const struct hs_word *word)
{
	for (size_t i = 0; i < word->length; i++)
		if ((unsigned char)word->at[i] < ' ' || word->at[i] == '\177')
			return hs_text_expected(text, word, "no control characters");
	return 0;
}

/* A keyword that is not known in this dialect. */
static int text_wrong_dialect(struct hs_text *text, const struct hs_keyword *keyword)
{
	const char *where = "expected outside a layout";

	if (text->dialect == WALK)
		where = "expected a first line hmmsim 1";
	else if (keyword->dialects == LAYOUT) /* they are operations of races, too */
		where = "expected inside a layout or race";
	else if (keyword->dialects == RACE)
		where = "expected inside a race";
	else if (keyword->dialects == CLAIM)
		where = "expected inside a claim";
	else if (text->dialect == RACE)
		where = "expected outside a race";
	else if (text->dialect == CLAIM)
		where = "expected outside a claim";
	return hs_text_error(text, text->number, keyword->name, "%s", where);
}

static int text_unknown_keyword(struct hs_text *text, const struct hs_word *word)
{
	const char *what = "a keyword (scenario, vma, map, ..., run)";

	if (text->dialect == LAYOUT)
		what = "a keyword (layout, vma, map, pgmap, migrate or evict)";
	if (text->dialect == RACE)
		what = "a keyword (race, axis, pgmap, ..., expect) or an operation";
	if (text->dialect == CLAIM)
		what = "a keyword (claim, by, date, ..., note)";
	text->keyword = NULL;
	return hs_text_expected(text, word, what);
}

/*
 * The keyword @word of this dialect among @count, as an index, or -1. If only other dialects have
 * it, *other is the first of them.
 */
static int text_keyword_among(const struct hs_text *text, const struct hs_keyword *keywords,
			      unsigned int count, const struct hs_word *word,
			      const struct hs_keyword **other)
{
	for (unsigned int i = 0; i < count; i++) {
		if (!hs_word_is(word, keywords[i].name))
			continue;
		if (keywords[i].dialects & text->dialect)
			return (int)i;
		if (!*other)
			*other = &keywords[i];
	}
	return -1;
}

static int text_find_keyword(struct hs_text *text, const struct hs_word *word, struct hs_line *line)
{
	const struct hs_keyword *other = NULL;
	int i = text_keyword_among(text, text_keywords, HS_KEYWORD_COUNT, word, &other);

	if (i >= 0) {
		line->id = (enum hs_keyword_id)i;
		line->keyword = &text_keywords[i];
	} else {
		/* Without a first line, a word such as walk is none that the text can know. */
		if (text->dialect != WALK)
			i = text_keyword_among(text, text_steps, HS_RACE_OP_COUNT, word, &other);
		if (i < 0)
			return other ? text_wrong_dialect(text, other)
				     : text_unknown_keyword(text, word);
		line->id = HS_KEYWORD_STEP;
		line->step = (unsigned int)i;
		line->keyword = &text_steps[i];
	}
	text->keyword = line->keyword->name;
	return 0;
}

/* Writes the keys of the keyword in this dialect into @what, as "a= or b="; false: it has none. */
static bool text_describe_keys(const struct hs_text *text, const struct hs_keyword *keyword,
			       char *what, size_t size)
{
	const char *names[HS_TEXT_KEYS];
	unsigned int count = 0;
	size_t used = 0;

	for (unsigned int i = 0; i < HS_TEXT_KEYS; i++)
		if (keyword->keys[i].dialects & text->dialect)
			names[count++] = keyword->keys[i].name;
	for (unsigned int i = 0; i < count && used < size; i++)
		used += (size_t)snprintf(what + used, size - used, "%s%s=",
					 !i		  ? ""
					 : i == count - 1 ? " or "
							  : ", ",
					 names[i]);
	return count != 0;
}

/* A word that contains =. */
static int text_take_value(struct hs_text *text, const struct hs_word *word, size_t key_length,
			   struct hs_line *line)
{
	struct hs_word key = { word->at, key_length };
	char what[128];

	for (unsigned int i = 0; i < HS_TEXT_KEYS; i++) {
		const struct hs_key *known = &line->keyword->keys[i];

		if (!(known->dialects & text->dialect) || !hs_word_is(&key, known->name))
			continue;
		if (line->value[i].at) {
			snprintf(what, sizeof(what), "%s= once", known->name);
			return hs_text_expected(text, word, what);
		}
		line->value[i] = (struct hs_word){ word->at + key_length + 1,
						   word->length - key_length - 1 };
		return 0;
	}
	if (!text_describe_keys(text, line->keyword, what, sizeof(what)))
		return hs_text_expected(text, word, "no key=value");
	return hs_text_expected(text, word, what);
}

/* All words of the line as one. */
static int text_take_rest(struct hs_text *text, const char *at, const char *end,
			  struct hs_line *line)
{
	struct hs_word word;
	int ret;

	while (text_next_word(&at, end, &word)) {
		ret = text_check_printable(text, &word);
		if (ret)
			return ret;
		if (!line->rest.at)
			line->rest.at = word.at;
		line->rest.length = (size_t)(at - line->rest.at);
	}
	if (!line->rest.at)
		return hs_text_error(text, text->number, line->keyword->name,
				     "expected %s, found 0 words", line->keyword->usage);
	return 0;
}

static int text_take_words(struct hs_text *text, const char *at, const char *end,
			   struct hs_line *line)
{
	const struct hs_keyword *k = line->keyword;
	bool keyed = false;
	struct hs_word word;

	while (text_next_word(&at, end, &word)) {
		const char *equals = memchr(word.at, '=', word.length);
		int ret = text_check_printable(text, &word);

		if (!ret && equals)
			ret = text_take_value(text, &word, (size_t)(equals - word.at), line);
		if (ret)
			return ret;
		if (equals) {
			keyed = true;
			continue;
		}
		if (keyed)
			return hs_text_expected(text, &word, "key=value words last");
		if (line->words < HS_TEXT_WORDS)
			line->word[line->words] = word;
		line->words++;
	}
	if (line->words < k->min || line->words > k->max)
		return hs_text_error(text, text->number, k->name, "expected %s, found %u word%s",
				     k->usage, line->words, line->words == 1 ? "" : "s");
	return 0;
}

static int text_take_version(struct hs_text *text, const struct hs_line *line)
{
	uint64_t version;
	int ret;

	if (text->begun)
		return hs_text_error(text, text->number, text->keyword,
				     "expected as the first line only");
	ret = hs_text_number(text, &line->word[0], 1, HS_TEXT_VERSION, 1, "version 1", &version);
	if (ret)
		return ret;
	text->version = (unsigned int)version;
	text->dialect = FIRST;
	return 0;
}

void hs_text_unread(struct hs_text *text)
{
	text->at = text->last_at;
	text->number = text->last_number;
}

/* Keywords that begin a layout, a race, a claim or a scenario switch the dialect. */
static void text_enter_dialect(struct hs_text *text, enum hs_keyword_id id)
{
	if (id == HS_KEYWORD_LAYOUT)
		text->dialect = LAYOUT;
	if (id == HS_KEYWORD_RACE)
		text->dialect = RACE;
	if (id == HS_KEYWORD_CLAIM) {
		text->dialect = CLAIM;
		text->claims = true;
	}
	if (id == HS_KEYWORD_SCENARIO && text->version)
		text->dialect = FIRST;
}

int hs_text_next(struct hs_text *text, struct hs_line *line)
{
	const char *at, *end;
	struct hs_word word;
	int ret;

	text->last_at = text->at;
	text->last_number = text->number;
	while (text_next_line(text, &at, &end, &word)) {
		*line = (struct hs_line){ .words = 0 };
		ret = text_find_keyword(text, &word, line);
		if (!ret && line->keyword->max == HS_TEXT_REST)
			ret = text_take_rest(text, at, end, line);
		else if (!ret)
			ret = text_take_words(text, at, end, line);
		if (!ret && line->id == HS_KEYWORD_HMMSIM)
			ret = text_take_version(text, line);
		if (ret)
			return ret;
		text->begun = true;
		text_enter_dialect(text, line->id);
		if (line->id != HS_KEYWORD_HMMSIM)
			return 1;
		/* hs_text_unread() does not go back before hmmsim 1. */
		text->last_at = text->at;
		text->last_number = text->number;
	}
	return 0;
}

int hs_text_seek(struct hs_text *text, enum hs_keyword_id kind)
{
	struct hs_line line;
	int ret;

	while ((ret = hs_text_next(text, &line)) == 1) {
		if (text->claims && line.id != kind)
			continue;
		hs_text_unread(text);
		return 1;
	}
	return ret;
}
