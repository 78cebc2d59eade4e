/* SPDX-License-Identifier: MIT */
/*
 * names.c - words for lock classes and object kinds, and the report of what was left behind
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "port/port.h"

const char *hs_lock_class_name(enum hs_lock_class cls)
{
	static const char *const names[] = {
#define X(name, words) words,
		HS_LOCK_CLASSES(X)
#undef X
	};

	return (unsigned int)cls < HS_LOCK_CLASS_COUNT ? names[cls] : "no lock class";
}

const char *hs_kind_name(enum hs_kind kind)
{
	static const char *const names[] = {
#define X(name, words, align) words,
		HS_OBJECT_KINDS(X)
#undef X
	};

	return (unsigned int)kind < HS_KIND_COUNT ? names[kind] : "no kind";
}

size_t hs_kind_align(enum hs_kind kind, size_t size)
{
	static const size_t aligns[] = {
#define X(name, words, align) align,
		HS_OBJECT_KINDS(X)
#undef X
	};

	size_t align = 16, full = (unsigned int)kind < HS_KIND_COUNT ? aligns[kind] : 16;

	while (align < size && align < full)
		align <<= 1;
	return align < full ? align : full;
}

/* ---- what was left ----------------------------------------------------------------------- */

static void names_append(struct hs_leaks *left, const char *item)
{
	size_t used = strlen(left->text), room = sizeof(left->text) - used;
	int len = snprintf(left->text + used, room, "%s%s", used ? ", " : "", item);

	if (len < 0 || (size_t)len >= room)
		left->text[used] = '\0'; /* cuts off an item that did not fit whole */
}

void hs_leaks_add(struct hs_leaks *left, uint64_t count, const char *format, ...)
{
	char item[sizeof(left->text)];
	va_list args;

	va_start(args, format);
	vsnprintf(item, sizeof(item), format, args);
	va_end(args);
	left->objects += count;
	names_append(left, item);
}

void hs_leaks_name(const hs_u64 live[HS_KIND_COUNT], struct hs_leaks *left)
{
	memset(left, 0, sizeof(*left));
	for (int k = 0; k < HS_KIND_COUNT; k++)
		if (live[k].raw)
			hs_leaks_add(left, live[k].raw, "%llu %s", (unsigned long long)live[k].raw,
				     hs_kind_name((enum hs_kind)k));
}

void hs_leaks_join(struct hs_leaks *left, const struct hs_leaks *more)
{
	left->objects += more->objects;
	left->pages += more->pages;
	left->page_refs += more->page_refs;
	left->pgmap_refs += more->pgmap_refs;
	if (more->text[0])
		names_append(left, more->text);
}
