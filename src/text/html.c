/* SPDX-License-Identifier: MIT */
/*
 * html.c - escapes text for HTML
 */
#include "text/html.h"

#include <string.h>

/* Whether @n more bytes of the form 10xxxxxx follow. */
static bool html_continues(const unsigned char *at, const unsigned char *end, size_t n)
{
	if ((size_t)(end - at) <= n)
		return false;
	for (size_t i = 1; i <= n; i++)
		if ((at[i] & 0xc0) != 0x80)
			return false;
	return true;
}

/* Length of the character in UTF-8 that begins there; 0: it is none, or not allowed in HTML. */
static size_t html_character(const unsigned char *at, const unsigned char *end)
{
	unsigned int c = *at;

	if (c < 0x80)
		return (c >= ' ' && c != 0x7f) || c == '\n' || c == '\t';
	if (c >= 0xc2 && c <= 0xdf && html_continues(at, end, 1))
		return c > 0xc2 || at[1] >= 0xa0 ? 2 : 0;
	if (c >= 0xe0 && c <= 0xef && html_continues(at, end, 2)) {
		unsigned int code = (c & 0xf) << 12 | (at[1] & 0x3fu) << 6 | (at[2] & 0x3fu);
		bool none = code < 0x800 || (code >= 0xd800 && code <= 0xdfff) ||
			    (code >= 0xfdd0 && code <= 0xfdef) || code >= 0xfffe;

		return none ? 0 : 3;
	}
	if (c >= 0xf0 && c <= 0xf4 && html_continues(at, end, 3)) {
		unsigned int code = (c & 7) << 18 | (at[1] & 0x3fu) << 12 | (at[2] & 0x3fu) << 6 |
				    (at[3] & 0x3fu);

		return code < 0x10000 || code > 0x10ffff || (code & 0xfffe) == 0xfffe ? 0 : 4;
	}
	return 0;
}

static const char *html_escape(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

void hs_html_bytes(struct hs_out *out, const char *bytes, size_t n)
{
	const unsigned char *at = (const unsigned char *)bytes;
	const unsigned char *end = n ? at + n : at; /* NULL has no bytes, and nothing behind it */

	while (at < end) {
		const char *escape = html_escape((char)*at);
		size_t length = html_character(at, end);

		if (escape)
			hs_out_text(out, escape);
		else if (length)
			hs_out_bytes(out, (const char *)at, length);
		else
			hs_out_text(out, "\xef\xbf\xbd");
		at += length ? length : 1;
	}
}

void hs_html_text(struct hs_out *out, const char *text)
{
	hs_html_bytes(out, text, strlen(text));
}
