/* SPDX-License-Identifier: MIT */
#include "support/html_page.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define DEPTH 64
#define NAMES 4096

struct name {
	const char *at;
	size_t length;
};

struct page {
	const char *begin, *at, *end;
	struct name open[DEPTH];
	unsigned int depth;
	struct name id[NAMES], link[NAMES];
	size_t ids, links;
	char *error;
};

__attribute__((__format__(__printf__, 2, 3))) static bool fail(struct page *page,
							       const char *format, ...)
{
	unsigned int line = 1;
	va_list args;
	int used;

	for (const char *at = page->begin; at < page->at && at < page->end; at++)
		line += *at == '\n';
	used = snprintf(page->error, 256, "line %u: ", line);
	va_start(args, format);
	vsnprintf(page->error + used, 256 - (size_t)used, format, args);
	va_end(args);
	return false;
}

static bool same(const struct name *a, const struct name *b)
{
	return a->length == b->length && memcmp(a->at, b->at, a->length) == 0;
}

static bool is(const struct name *name, const char *word)
{
	return name->length == strlen(word) && memcmp(name->at, word, name->length) == 0;
}

static bool skip(struct page *page, char c)
{
	if (page->at == page->end || *page->at != c)
		return false;
	page->at++;
	return true;
}

static struct name take_name(struct page *page)
{
	struct name name = { page->at, 0 };

	while (page->at < page->end && ((*page->at >= 'a' && *page->at <= 'z') ||
					(*page->at >= '0' && *page->at <= '9') || *page->at == '-'))
		page->at++;
	name.length = (size_t)(page->at - name.at);
	return name;
}

/* &amp; and the like, or &#39; */
static bool entity(struct page *page)
{
	static const char *const names[] = { "&amp;", "&lt;", "&gt;", "&quot;", "&#39;" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		size_t length = strlen(names[i]);

		if ((size_t)(page->end - page->at) >= length &&
		    memcmp(page->at, names[i], length) == 0) {
			page->at += length;
			return true;
		}
	}
	return fail(page, "& is not escaped");
}

/* Characters up to @stop. */
static bool characters(struct page *page, char stop)
{
	while (page->at < page->end && *page->at != stop) {
		unsigned char c = (unsigned char)*page->at;

		if (c < ' ' && c != '\n' && c != '\t')
			return fail(page, "control character %u", c);
		if (c == '<' || c == '>')
			return fail(page, "%c is not escaped", c);
		if (c != '&')
			page->at++;
		else if (!entity(page))
			return false;
	}
	return true;
}

static bool keep(struct page *page, struct name *names, size_t *count, struct name name)
{
	if (*count == NAMES)
		return fail(page, "too many names");
	names[(*count)++] = name;
	return true;
}

static bool id(struct page *page, struct name value)
{
	for (size_t i = 0; i < page->ids; i++)
		if (same(&page->id[i], &value))
			return fail(page, "id %.*s twice", (int)value.length, value.at);
	for (size_t i = 0; i < value.length; i++)
		if (value.at[i] == ' ')
			return fail(page, "blank in an id");
	return keep(page, page->id, &page->ids, value);
}

static bool attribute(struct page *page, struct name *seen, unsigned int *count)
{
	struct name name = take_name(page), value;

	if (!name.length)
		return fail(page, "no attribute");
	for (unsigned int i = 0; i < *count; i++)
		if (same(&seen[i], &name))
			return fail(page, "%.*s twice", (int)name.length, name.at);
	if (*count < 8)
		seen[(*count)++] = name;
	if (!skip(page, '='))
		return is(&name, "open") || fail(page, "%.*s alone", (int)name.length, name.at);
	if (!skip(page, '"'))
		return fail(page, "no quotation mark");
	value.at = page->at;
	if (!characters(page, '"'))
		return false;
	value.length = (size_t)(page->at - value.at);
	if (!skip(page, '"'))
		return fail(page, "no quotation mark at the end");
	if (is(&name, "id"))
		return id(page, value);
	if (is(&name, "src") || name.at[0] == 'o')
		return fail(page, "attribute %.*s", (int)name.length, name.at);
	if (!is(&name, "href"))
		return true;
	if (value.at[0] != '#')
		return fail(page, "a link that leads out of the page");
	return keep(page, page->link, &page->links,
		    (struct name){ value.at + 1, value.length - 1 });
}

static bool is_void(const struct name *name)
{
	return is(name, "meta") || is(name, "br");
}

static bool is_refused(const struct name *name)
{
	return is(name, "script") || is(name, "link") || is(name, "img") || is(name, "iframe") ||
	       is(name, "object");
}

static bool skip_style(struct page *page)
{
	const char *stop = strstr(page->at, "</style>");

	if (!stop || strcspn(page->at, "<") != (size_t)(stop - page->at))
		return fail(page, "style without its end");
	for (const char *at = page->at; at < stop; at++)
		if (!strncmp(at, "url(", 4) || !strncmp(at, "@import", 7))
			return fail(page, "style that asks for another file");
	page->at = stop;
	return true;
}

static bool begin_tag(struct page *page)
{
	struct name seen[8], name = take_name(page);
	unsigned int count = 0;

	if (!name.length || is_refused(&name))
		return fail(page, "tag %.*s", (int)name.length, name.at);
	while (skip(page, ' '))
		if (!attribute(page, seen, &count))
			return false;
	if (!skip(page, '>'))
		return fail(page, "no > behind %.*s", (int)name.length, name.at);
	if (is_void(&name))
		return true;
	if (page->depth == DEPTH)
		return fail(page, "too deep");
	page->open[page->depth++] = name;
	return !is(&name, "style") || skip_style(page);
}

static bool end_tag(struct page *page)
{
	struct name name = take_name(page);

	if (!page->depth || !same(&page->open[page->depth - 1], &name))
		return fail(page, "</%.*s> of what is not open", (int)name.length, name.at);
	page->depth--;
	return skip(page, '>') || fail(page, "no >");
}

static bool links_resolve(struct page *page)
{
	for (size_t l = 0; l < page->links; l++) {
		size_t i = 0;

		while (i < page->ids && !same(&page->id[i], &page->link[l]))
			i++;
		if (i == page->ids)
			return fail(page, "no id %.*s", (int)page->link[l].length,
				    page->link[l].at);
	}
	return true;
}

bool html_page_is_sound(const char *bytes, size_t length, char error[256])
{
	static const char type[] = "<!DOCTYPE html>\n";
	static struct page page;

	page = (struct page){ .begin = bytes, .at = bytes, .end = bytes + length, .error = error };
	if (length < sizeof(type) || memcmp(bytes, type, sizeof(type) - 1) != 0)
		return fail(&page, "no document type");
	page.at += sizeof(type) - 1;
	while (page.at < page.end) {
		if (!characters(&page, '<'))
			return false;
		if (skip(&page, '<') && !(skip(&page, '/') ? end_tag(&page) : begin_tag(&page)))
			return false;
	}
	if (page.depth)
		return fail(&page, "%.*s is open", (int)page.open[page.depth - 1].length,
			    page.open[page.depth - 1].at);
	return links_resolve(&page);
}
