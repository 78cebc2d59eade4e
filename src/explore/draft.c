/* SPDX-License-Identifier: MIT */
/*
 * draft.c - text that grows while it is written
 */
#include "explore/draft.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "port/explore/touch.h"

void hs_draft_add(struct hs_draft *d, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (n < 0 || !hs_grow(&d->text, &d->room, d->used + (uint32_t)n + 1, 1)) {
		d->failed = true;
		return;
	}
	va_start(args, format);
	vsnprintf(d->text + d->used, d->room - d->used, format, args);
	va_end(args);
	d->used += (uint32_t)n;
}

void hs_draft_wrap(struct hs_draft *d, struct hs_draft *line)
{
	char *text = hs_draft_end(line);
	const char *word = text;
	size_t column = 0;

	d->failed |= !text;
	while (word && *word) {
		size_t blanks = strspn(word, " "), length = strcspn(word + blanks, " ");

		if (column && column + blanks + length > HS_DRAFT_WIDTH) {
			hs_draft_add(d, "\n    ");
			column = 4;
			word += blanks;
			blanks = 0;
		}
		hs_draft_add(d, "%.*s", (int)(blanks + length), word);
		column += blanks + length;
		word += blanks + length;
	}
	hs_draft_add(d, "\n");
	free(text);
}

char *hs_draft_end(struct hs_draft *d)
{
	char *text = d->failed ? NULL : d->text;

	if (d->failed)
		free(d->text);
	*d = (struct hs_draft){ .failed = false };
	return text;
}
