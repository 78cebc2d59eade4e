/* SPDX-License-Identifier: MIT */
/*
 * record_json.c - a record as JSON, written and read
 *
 * A text is bytes: those below blank and above ~ are written as \u00HH.
 */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "text/json.h"
#include "tool/record_members.h"

#define RECORD_SCHEMA "hmmsim explore 3"

/* ---- written ----------------------------------------------------------------------------- */

static void record_json_put_text(struct hs_out *out, const char *text)
{
	hs_out_char(out, '"');
	hs_json_string(out, text);
	hs_out_char(out, '"');
}

static void record_json_put_value(const struct hs_record *r, const struct hs_record_member *m,
				  struct hs_out *out)
{
	const void *field = (const char *)r + m->offset;

	switch (m->kind) {
	case HS_RECORD_TEXT:
		record_json_put_text(out, *(char *const *)field);
		break;
	case HS_RECORD_NUMBER:
		hs_out_decimal(out, *(const uint64_t *)field);
		break;
	case HS_RECORD_BOOL:
		hs_out_text(out, *(const bool *)field ? "true" : "false");
		break;
	case HS_RECORD_NAME:
		record_json_put_text(out, m->word(*(const int *)field));
		break;
	case HS_RECORD_OPEN:
		hs_out_char(out, '{');
		break;
	case HS_RECORD_CLOSE:
		break;
	}
}

void hs_record_write_json(const struct hs_record *r, struct hs_out *out)
{
	bool inside = false, begins = false;

	hs_out_text(out, "{\n  \"schema\": \"" RECORD_SCHEMA "\"");
	for (size_t i = 0; i < HS_RECORD_MEMBERS; i++) {
		const struct hs_record_member *m = &hs_record_members[i];

		if (m->kind == HS_RECORD_CLOSE) {
			hs_out_text(out, "\n  }");
			inside = false;
			continue;
		}
		hs_out_text(out, begins ? "\n  " : ",\n  ");
		hs_out_text(out, inside ? "  " : "");
		record_json_put_text(out, m->name);
		hs_out_text(out, ": ");
		record_json_put_value(r, m, out);
		begins = m->kind == HS_RECORD_OPEN;
		inside |= begins;
	}
	hs_out_text(out, "\n}\n");
}

/* ---- read -------------------------------------------------------------------------------- */

#define RECORD_SHOWN 32 /* of what is found, in an error */

struct record_reader {
	struct hs_hostmem *mem;
	const char *file, *begin, *at, *end;
	char *error;
	size_t error_size;
};

static unsigned long record_json_line(const struct record_reader *in)
{
	unsigned long line = 1;

	for (const char *c = in->begin; c < in->at; c++)
		line += *c == '\n';
	return line;
}

static int record_json_expected(const struct record_reader *in, const char *what)
{
	char found[RECORD_SHOWN + 1];
	size_t n = 0;

	for (; n < RECORD_SHOWN && in->at + n < in->end && in->at[n] != '\n'; n++)
		found[n] = in->at[n] < ' ' || in->at[n] >= 0x7f ? '?' : in->at[n];
	found[n] = '\0';
	snprintf(in->error, in->error_size, "%s:%lu: expected %s, found \"%s\"", in->file,
		 record_json_line(in), what, found);
	return -EINVAL;
}

static void record_json_skip_blanks(struct record_reader *in)
{
	while (in->at < in->end && strchr(" \n\t\r", *in->at) && *in->at)
		in->at++;
}

/* Takes a word or sign, after blanks. */
static bool record_json_take(struct record_reader *in, const char *word)
{
	size_t length = strlen(word);

	record_json_skip_blanks(in);
	if ((size_t)(in->end - in->at) < length || memcmp(in->at, word, length))
		return false;
	in->at += length;
	return true;
}

static int record_json_need(struct record_reader *in, const char *word)
{
	return record_json_take(in, word) ? 0 : record_json_expected(in, word);
}

/* The byte that \uHHHH means, whose digits are at in->at; 0: none. */
static unsigned char record_json_unicode(struct record_reader *in)
{
	unsigned int value = 0;

	if (in->end - in->at < 4)
		return 0;
	for (int i = 0; i < 4; i++) {
		static const char digits[] = "0123456789abcdef";
		char c = (char)(in->at[i] >= 'A' && in->at[i] <= 'F' ? in->at[i] + 32 : in->at[i]);
		const char *digit = c ? strchr(digits, c) : NULL;

		if (!digit)
			return 0;
		value = 16 * value + (unsigned int)(digit - digits);
	}
	in->at += 4;
	return value <= 0xff ? (unsigned char)value : 0;
}

/* What follows a \; 0: it is no escape of a text. */
static char record_json_escape(struct record_reader *in)
{
	static const char letters[] = "\"\\/bfnrt", bytes[] = "\"\\/\b\f\n\r\t";
	char c = in->at < in->end ? *in->at++ : '\0';
	const char *letter = c ? strchr(letters, c) : NULL;

	if (letter)
		return bytes[letter - letters];
	return c == 'u' ? (char)record_json_unicode(in) : '\0';
}

/* After the first quotation mark. *text has room for what is left. */
static int record_json_unescape(struct record_reader *in, char *text)
{
	while (in->at < in->end && *in->at != '"') {
		const char *before = in->at;
		char c = *in->at++;

		if (c == '\\')
			c = record_json_escape(in);
		if ((unsigned char)*before < ' ' || !c) {
			in->at = before;
			return record_json_expected(in, "a character or an escape of one byte");
		}
		*text++ = c;
	}
	*text = '\0';
	return in->at < in->end ? (in->at++, 0) : record_json_expected(in, "\"");
}

/* A text has no more bytes than its line. The caller frees *text. */
static int record_json_read_text(struct record_reader *in, char **text)
{
	const char *end;

	if (!record_json_take(in, "\""))
		return record_json_expected(in, "a text");
	end = memchr(in->at, '\n', (size_t)(in->end - in->at));
	*text = hs_hostmem_realloc(in->mem, NULL, (size_t)((end ? end : in->end) - in->at) + 1);
	return *text ? record_json_unescape(in, *text) : -ENOMEM;
}

static int record_json_read_number(struct record_reader *in, uint64_t *value)
{
	const char *begin;

	record_json_skip_blanks(in);
	begin = in->at;
	for (*value = 0; in->at < in->end && *in->at >= '0' && *in->at <= '9'; in->at++) {
		uint64_t digit = (uint64_t)(*in->at - '0');

		if (*value > (UINT64_MAX - digit) / 10) {
			in->at = begin;
			return record_json_expected(in, "a number below 2^64");
		}
		*value = 10 * *value + digit;
	}
	return in->at > begin ? 0 : record_json_expected(in, "a number");
}

/* A word of the enum, in quotation marks. */
static int record_json_read_name(struct record_reader *in, const struct hs_record_member *m,
				 int *value)
{
	const char *word;

	for (*value = 0; (word = m->word(*value)) != NULL; ++*value) {
		char quoted[64];

		snprintf(quoted, sizeof(quoted), "\"%s\"", word);
		if (record_json_take(in, quoted))
			return 0;
	}
	return record_json_expected(in, m->name);
}

static int record_json_read_bool(struct record_reader *in, bool *value)
{
	*value = record_json_take(in, "true");
	return *value || record_json_take(in, "false") ? 0
						       : record_json_expected(in, "true or false");
}

static int record_json_read_value(struct record_reader *in, const struct hs_record_member *m,
				  struct hs_record *r)
{
	void *field = (char *)r + m->offset;

	switch (m->kind) {
	case HS_RECORD_TEXT:
		return record_json_read_text(in, field);
	case HS_RECORD_NUMBER:
		return record_json_read_number(in, field);
	case HS_RECORD_BOOL:
		return record_json_read_bool(in, field);
	case HS_RECORD_NAME:
		return record_json_read_name(in, m, field);
	default:
		return record_json_need(in, "{");
	}
}

static int record_json_read_key(struct record_reader *in, const char *name)
{
	char key[64];
	int ret;

	snprintf(key, sizeof(key), "\"%s\"", name);
	ret = record_json_need(in, key);
	return ret ? ret : record_json_need(in, ":");
}

static int record_json_read_members(struct record_reader *in, struct hs_record *r)
{
	int ret = record_json_need(in, "{");
	bool first = false;

	if (!ret)
		ret = record_json_read_key(in, "schema");
	if (!ret)
		ret = record_json_need(in, "\"" RECORD_SCHEMA "\"");
	for (size_t i = 0; !ret && i < HS_RECORD_MEMBERS; i++) {
		const struct hs_record_member *m = &hs_record_members[i];

		if (m->kind == HS_RECORD_CLOSE) {
			ret = record_json_need(in, "}");
			continue;
		}
		ret = first ? 0 : record_json_need(in, ",");
		if (!ret)
			ret = record_json_read_key(in, m->name);
		r->line[i] = record_json_line(in);
		if (!ret)
			ret = record_json_read_value(in, m, r);
		first = m->kind == HS_RECORD_OPEN;
	}
	if (!ret)
		ret = record_json_need(in, "}");
	record_json_skip_blanks(in);
	return ret || in->at == in->end ? ret : record_json_expected(in, "the end of the file");
}

int hs_record_read_json(struct hs_hostmem *mem, const char *file, const char *bytes, size_t length,
			struct hs_record *record, char *error, size_t error_size)
{
	struct record_reader in = {
		.mem = mem,
		.file = file,
		.begin = bytes,
		.at = bytes,
		.end = bytes + length,
		.error = error,
		.error_size = error_size,
	};

	*record = (struct hs_record){ .scenario = NULL };
	return record_json_read_members(&in, record);
}
