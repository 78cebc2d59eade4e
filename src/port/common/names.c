/* SPDX-License-Identifier: MIT */
/*
 * names.c - words for lock classes and object kinds, and the report of what was left behind
 */
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

void hs_leaks_name(const hs_u64 live[HS_KIND_COUNT], struct hs_leaks *left)
{
	size_t used = 0;

	memset(left, 0, sizeof(*left));
	for (int k = 0; k < HS_KIND_COUNT; k++) {
		uint64_t n = live[k].raw;
		int len;

		if (!n)
			continue;
		left->objects += n;
		len = snprintf(left->text + used, sizeof(left->text) - used, "%s%llu %s",
			       used ? ", " : "", (unsigned long long)n,
			       hs_kind_name((enum hs_kind)k));
		if (len > 0 && used + (size_t)len < sizeof(left->text))
			used += (size_t)len;
		left->text[used] = '\0'; /* cuts off an item that did not fit whole */
	}
}
