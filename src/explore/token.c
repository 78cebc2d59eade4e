/* SPDX-License-Identifier: MIT */
/*
 * token.c - tokens as text; in both libraries
 */
#include "explore/token.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hmmsim/hmmsim.h>

#include "port/port.h"

#define TOKEN_BEGIN "hmmsim1:"
#define TOKEN_NAME_SIGNS "_./+"
#define TOKEN_WORD 32 /* bytes of a verdict's name */

static const char *const token_memory[] = { [HS_MEMORY_SC] = "sc", [HS_MEMORY_VIEWS] = "views" };

uint32_t hs_token_sum(const char *text, size_t length)
{
	uint32_t sum = ~0u;

	for (size_t i = 0; i < length; i++) {
		sum ^= (unsigned char)text[i];
		for (int bit = 0; bit < 8; bit++)
			sum = sum >> 1 ^ (sum & 1 ? 0xedb88320u : 0);
	}
	return ~sum;
}

static void token_verdict_word(enum hs_verdict verdict, char word[TOKEN_WORD])
{
	snprintf(word, TOKEN_WORD, "%s", hs_verdict_name(verdict));
	for (char *p = word; *p; p++)
		if (*p == ' ')
			*p = '-';
}

static bool token_is_plain(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c && strchr(TOKEN_NAME_SIGNS, c));
}

/* ---- printing ---------------------------------------------------------------------------- */

/* Appends the name, which takes at most three characters for each of its own. */
static char *token_print_name(const char *name, char *to)
{
	if (!name)
		return stpcpy(to, "-");
	for (; *name; name++) {
		if (token_is_plain(*name))
			*to++ = *name;
		else
			to += sprintf(to, "%%%02X", (unsigned char)*name);
	}
	*to = '\0';
	return to;
}

/* Appends the schedule with signs that need no quotes. */
static char *token_print_switches(const char *schedule, char *to)
{
	for (; *schedule; schedule++)
		*to++ = *schedule == ' ' ? ',' : *schedule == '*' ? 'x' : *schedule;
	*to = '\0';
	return to;
}

char *hs_token_print(const char *name, const struct hs_explore_options *o, enum hs_verdict verdict,
		     uint64_t trace, const char *schedule)
{
	size_t room = 3 * (name ? strlen(name) : 1) + strlen(hs_version()) + strlen(schedule) + 256;
	char *token = malloc(room), *to = token, word[TOKEN_WORD];

	if (!token)
		return NULL;
	to = token_print_name(name, stpcpy(to, TOKEN_BEGIN));
	token_verdict_word(verdict, word);
	to += sprintf(to, ":%s:%s:%s,r%u,c%u,s%u,u%u,n%u,k%u,p%u,d%llu:%016llx:", hs_version(),
		      word, token_memory[o->memory], o->retry_bound, o->cpus, o->section_order,
		      o->subsection_order, o->max_steps, o->stack_size, (unsigned int)o->plain,
		      (unsigned long long)o->seed, (unsigned long long)trace);
	to = stpcpy(token_print_switches(schedule, to), ":");
	sprintf(to, "%08x", hs_token_sum(token, (size_t)(to - token)));
	return token;
}

/* ---- reading ----------------------------------------------------------------------------- */

struct token_reader {
	const char *text, *at;
	char *message;
	size_t size;
	bool failed;
};

/* At the place where the reader is. Only the first complaint is kept. False, for the caller. */
static bool HS_PRINTF(2, 3) token_refuse(struct token_reader *r, const char *format, ...)
{
	char expected[96], found[32];
	va_list args;

	if (r->failed)
		return false;
	r->failed = true;
	va_start(args, format);
	vsnprintf(expected, sizeof(expected), format, args);
	va_end(args);
	if (!*r->at)
		snprintf(found, sizeof(found), "the end");
	else if (isgraph((unsigned char)*r->at))
		snprintf(found, sizeof(found), "'%c'", *r->at);
	else
		snprintf(found, sizeof(found), "the byte 0x%02x", (unsigned char)*r->at);
	snprintf(r->message, r->size, "character %zu of the token is %s, expected %s",
		 (size_t)(r->at - r->text) + 1, found, expected);
	return false;
}

static bool token_read_sign(struct token_reader *r, char sign)
{
	if (r->failed || *r->at != sign)
		return token_refuse(r, "'%c'", sign);
	r->at++;
	return true;
}

/* One of the words that begins here and ends before a comma or colon, by its number. */
static bool token_read_word(struct token_reader *r, const char *word)
{
	size_t length = strlen(word);

	if (r->failed || strncmp(r->at, word, length) ||
	    (r->at[length] != ':' && r->at[length] != ','))
		return false;
	r->at += length;
	return true;
}

/* Without zeros in front, so that there is one way to write it. */
static uint64_t token_read_number(struct token_reader *r, uint64_t least, uint64_t most)
{
	const char *p = r->at;
	uint64_t value = 0;
	bool fits = isdigit((unsigned char)*p) && (*p != '0' || !isdigit((unsigned char)p[1]));

	for (; fits && isdigit((unsigned char)*p); p++) {
		uint64_t digit = (uint64_t)(*p - '0');

		fits = digit <= most && value <= (most - digit) / 10;
		value = value * 10 + digit;
	}
	if (r->failed || !fits || value < least) {
		token_refuse(r, "a number from %llu to %llu", (unsigned long long)least,
			     (unsigned long long)most);
		return 0;
	}
	r->at = p;
	return value;
}

static uint64_t token_read_hex(struct token_reader *r, unsigned int digits)
{
	uint64_t value = 0;

	for (unsigned int i = 0; i < digits && !r->failed; i++) {
		const char *hex = "0123456789abcdef", *digit = *r->at ? strchr(hex, *r->at) : NULL;

		if (!digit) {
			token_refuse(r, "a digit of a number of %u, 0 to 9 or a to f", digits);
			return 0;
		}
		value = value << 4 | (uint64_t)(digit - hex);
		r->at++;
	}
	return value;
}

static uint64_t token_read_option(struct token_reader *r, char letter, uint64_t most)
{
	token_read_sign(r, ',');
	token_read_sign(r, letter);
	return token_read_number(r, 0, most);
}

static bool token_is_escape(const char *p)
{
	static const char hex[] = "0123456789ABCDEF";

	return p[0] == '%' && p[1] && strchr(hex, p[1]) && p[2] && strchr(hex, p[2]) &&
	       (p[1] != '0' || p[2] != '0');
}

static void token_read_name(struct token_reader *r, struct hs_token_part *name)
{
	*name = (struct hs_token_part){ NULL, 0 };
	if (r->failed)
		return;
	if (*r->at == '-') {
		r->at++;
		return;
	}
	name->start = r->at;
	while (token_is_plain(*r->at) || token_is_escape(r->at))
		r->at += *r->at == '%' ? 3 : 1;
	name->length = (size_t)(r->at - name->start);
	if (*r->at != ':')
		token_refuse(r, "a letter, a digit, one of " TOKEN_NAME_SIGNS
				", %% and two digits, or ':'");
}

static void token_read_version(struct token_reader *r, struct hs_token_part *version)
{
	version->start = r->at;
	while (!r->failed && (token_is_plain(*r->at) || *r->at == '-'))
		r->at++;
	version->length = (size_t)(r->at - version->start);
	if (!version->length)
		token_refuse(r, "the version of the library");
}

static enum hs_verdict token_read_verdict(struct token_reader *r)
{
	for (int v = HS_VERDICT_NONE; v <= HS_VERDICT_RACE; v++) {
		char word[TOKEN_WORD];

		token_verdict_word((enum hs_verdict)v, word);
		if (v != HS_VERDICT_DIVERGED && v != HS_VERDICT_UNREPEATABLE &&
		    token_read_word(r, word))
			return (enum hs_verdict)v;
	}
	token_refuse(r, "a verdict, as in use-after-free");
	return HS_VERDICT_NONE;
}

static enum hs_memory token_read_memory(struct token_reader *r)
{
	for (int m = 0; m < HS_MEMORY_COUNT; m++)
		if (token_read_word(r, token_memory[m]))
			return (enum hs_memory)m;
	token_refuse(r, "'sc' or 'views'");
	return HS_MEMORY_SC;
}

/* Items id, idxcount or c<answer>, with commas between them; there may be none. */
static void token_read_switches(struct token_reader *r, struct hs_token_part *switches)
{
	uint64_t decisions = 0;

	switches->start = r->at;
	while (!r->failed && *r->at != ':') {
		uint64_t run = 1;

		if (*r->at == 'c') {
			r->at++;
			token_read_number(r, 0, HS_TOKEN_ANSWERS - 1);
		} else {
			token_read_number(r, 1, HS_TOKEN_TASKS);
			if (!r->failed && *r->at == 'x') {
				r->at++;
				run = token_read_number(r, 1, HS_TOKEN_DECISIONS - decisions);
			}
		}
		decisions += run;
		if (decisions >= HS_TOKEN_DECISIONS && *r->at != ':')
			token_refuse(r, "':', because a token has %u decisions at most",
				     HS_TOKEN_DECISIONS);
		if (*r->at != ':')
			token_read_sign(r, ',');
		if (!r->failed && *r->at == ':' && r->at[-1] == ',')
			token_refuse(r, "a task or a choice");
	}
	switches->length = (size_t)(r->at - switches->start);
}

static void token_read_sum(struct token_reader *r)
{
	const char *start = r->at;
	uint32_t sum = hs_token_sum(r->text, (size_t)(start - r->text));
	uint32_t found = (uint32_t)token_read_hex(r, 8);

	if (!r->failed && *r->at)
		token_refuse(r, "the end");
	if (r->failed || found == sum)
		return;
	r->failed = true;
	snprintf(r->message, r->size,
		 "character %zu of the token: what stands before has the sum %08x, expected %08x: "
		 "a character is not what it was",
		 (size_t)(start - r->text) + 1, sum, found);
}

int hs_token_parse(const char *text, struct hs_token *token, char *message, size_t size)
{
	struct token_reader r = { .text = text, .at = text, .message = message, .size = size };

	for (const char *p = TOKEN_BEGIN; *p && token_read_sign(&r, *p); p++)
		;
	token_read_name(&r, &token->name);
	token_read_sign(&r, ':');
	token_read_version(&r, &token->version);
	token_read_sign(&r, ':');
	token->verdict = token_read_verdict(&r);
	token_read_sign(&r, ':');
	token->memory = token_read_memory(&r);
	token->retry_bound = (uint32_t)token_read_option(&r, 'r', UINT32_MAX);
	token->cpus = (uint32_t)token_read_option(&r, 'c', UINT32_MAX);
	token->section_order = (uint32_t)token_read_option(&r, 's', UINT32_MAX);
	token->subsection_order = (uint32_t)token_read_option(&r, 'u', UINT32_MAX);
	token->max_steps = (uint32_t)token_read_option(&r, 'n', UINT32_MAX);
	token->stack_size = (uint32_t)token_read_option(&r, 'k', UINT32_MAX);
	token->plain = (enum hs_plain)token_read_option(&r, 'p', HS_PLAIN_COUNT - 1);
	token->seed = token_read_option(&r, 'd', UINT64_MAX);
	token_read_sign(&r, ':');
	token->trace = token_read_hex(&r, 16);
	token_read_sign(&r, ':');
	token_read_switches(&r, &token->switches);
	token_read_sign(&r, ':');
	token_read_sum(&r);
	return r.failed ? -EINVAL : 0;
}

char *hs_token_schedule(const struct hs_token *token)
{
	size_t length = token->switches.length;
	char *schedule = malloc(length + 1);

	if (!schedule)
		return NULL;
	for (size_t i = 0; i < length; i++) {
		char c = token->switches.start[i];

		schedule[i] = c == ',' ? ' ' : c == 'x' ? '*' : c;
	}
	schedule[length] = '\0';
	return schedule;
}

/* ---- names ------------------------------------------------------------------------------- */

/* Reads a character of a name and moves *at behind it. */
static char token_next_character(const char **at)
{
	char hex[3] = { 0 };

	if (**at != '%')
		return *(*at)++;
	memcpy(hex, *at + 1, 2);
	*at += 3;
	return (char)strtoul(hex, NULL, 16);
}

bool hs_token_has_name(const struct hs_token *token, const char *name)
{
	const char *at = token->name.start, *end = at ? at + token->name.length : NULL;

	if (!at || !name)
		return !at && !name;
	while (at < end)
		if (token_next_character(&at) != *name++)
			return false;
	return !*name;
}

int hs_token_check(const char *token, char *message, size_t size)
{
	struct hs_token t;

	message[0] = '\0';
	return hs_token_parse(token, &t, message, size);
}

int hs_token_name(const char *token, char *buffer, size_t size)
{
	struct hs_token t;
	char message[1];
	size_t used = 0;

	if (hs_token_parse(token, &t, message, sizeof(message)) || !t.name.start)
		return -EINVAL;
	for (const char *at = t.name.start; at < t.name.start + t.name.length;) {
		char c = token_next_character(&at);

		if (used + 1 < size)
			buffer[used] = c;
		used++;
	}
	if (used >= size)
		return -EINVAL;
	buffer[used] = '\0';
	return 0;
}
