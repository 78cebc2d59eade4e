/* SPDX-License-Identifier: MIT */
/*
 * story_lines.c - lines, paragraphs and columns of a story
 */
#include "claims/story.h"

#include <errno.h>
#include <string.h>

#define STORY_LINES_GAP 2 /* between columns */

/* ---- lines -------------------------------------------------------------------------------- */

void hs_story_blanks(struct hs_story *s, size_t n)
{
	while (n--)
		hs_out_char(s->out, ' ');
}

/* Bytes of @words that fit @width: up to a blank if there is one. */
static size_t story_lines_fit(const struct hs_word *words, size_t width)
{
	size_t fit = width;

	if (words->length <= width)
		return words->length;
	while (fit && words->at[fit] != ' ')
		fit--;
	if (fit)
		return fit;
	for (fit = width; fit < words->length && words->at[fit] != ' '; fit++)
		;
	return fit;
}

static void story_lines_skip(struct hs_word *words, size_t n)
{
	while (n < words->length && words->at[n] == ' ')
		n++;
	words->at += n;
	words->length -= n;
}

void hs_story_wrap_at(struct hs_story *s, size_t at, size_t indent, struct hs_word words)
{
	size_t left = at;

	while (words.length) {
		size_t fit =
			story_lines_fit(&words, left < HS_STORY_WIDTH ? HS_STORY_WIDTH - left : 1);

		hs_out_bytes(s->out, words.at, fit);
		story_lines_skip(&words, fit);
		hs_out_char(s->out, '\n');
		if (words.length)
			hs_story_blanks(s, indent);
		left = indent;
	}
}

void hs_story_wrap(struct hs_story *s, const char *text)
{
	hs_story_blanks(s, HS_STORY_INDENT);
	hs_story_wrap_at(s, HS_STORY_INDENT, HS_STORY_INDENT,
			 (struct hs_word){ text, strlen(text) });
}

void hs_story_paragraph(struct hs_story *s, struct hs_out *line)
{
	if (line->failed)
		s->ret = -ENOMEM;
	hs_story_blanks(s, HS_STORY_INDENT);
	hs_story_wrap_at(s, HS_STORY_INDENT, (size_t)2 * HS_STORY_INDENT,
			 (struct hs_word){ line->bytes, line->used });
	hs_out_free(line);
}

/* ---- columns ------------------------------------------------------------------------------ */

static size_t story_lines_cell_length(const struct hs_told_cell *cell)
{
	return cell->words.at ? (size_t)2 * cell->depth + cell->words.length : 0;
}

/* Widths as the columns need them; the same for all if that is too much for a line. */
static void story_lines_widths(const struct hs_told_table *table, size_t width[HS_RACE_TASKS + 1])
{
	size_t sum = HS_STORY_INDENT, share;

	for (unsigned int c = 0; c < table->columns; c++) {
		width[c] = table->name[c].length;
		for (size_t r = 0; r < table->rows; r++) {
			size_t need = story_lines_cell_length(&table->cell[r * table->columns + c]);

			width[c] = need > width[c] ? need : width[c];
		}
		sum += width[c] + STORY_LINES_GAP;
	}
	if (sum - STORY_LINES_GAP <= HS_STORY_WIDTH)
		return;
	share = (HS_STORY_WIDTH - HS_STORY_INDENT) / table->columns - STORY_LINES_GAP;
	for (unsigned int c = 0; c < table->columns; c++)
		width[c] = share;
}

/* Prints what fits of each cell, and takes it off. Returns whether something is left. */
static bool story_lines_row_line(struct hs_story *s, struct hs_told_cell *cell,
				 unsigned int columns, const size_t *width)
{
	size_t missing = HS_STORY_INDENT;
	bool more = false;

	for (unsigned int c = 0; c < columns; c++) {
		struct hs_word *words = &cell[c].words;
		size_t depth = (size_t)2 * cell[c].depth;
		size_t room = depth < width[c] ? width[c] - depth : 1, fit;

		if (words->at && words->length) {
			hs_story_blanks(s, missing + depth);
			fit = story_lines_fit(words, room);
			hs_out_bytes(s->out, words->at, fit);
			story_lines_skip(words, fit);
			missing = depth + fit < width[c] ? width[c] - depth - fit : 0;
		} else
			missing += width[c];
		missing += STORY_LINES_GAP;
		more = more || (words->at && words->length);
	}
	hs_out_char(s->out, '\n');
	return more;
}

static void story_lines_row(struct hs_story *s, const struct hs_told_cell *cell,
			    unsigned int columns, const size_t *width)
{
	struct hs_told_cell left[HS_RACE_TASKS + 1];
	bool first = true;

	memcpy(left, cell, columns * sizeof(*cell));
	while (story_lines_row_line(s, left, columns, width)) {
		for (unsigned int c = 0; first && c < columns; c++)
			left[c].depth++;
		first = false;
	}
}

void hs_story_table(struct hs_story *s, const struct hs_told_table *table)
{
	static const char dashes[] = "----------------------------------------------------------"
				     "------------------------------------------";
	struct hs_told_cell head[HS_RACE_TASKS + 1] = { 0 }, line[HS_RACE_TASKS + 1] = { 0 };
	size_t width[HS_RACE_TASKS + 1];

	story_lines_widths(table, width);
	for (unsigned int c = 0; c < table->columns; c++) {
		head[c].words = table->name[c];
		line[c].words =
			(struct hs_word){ dashes, width[c] < HS_STORY_WIDTH ? width[c] : 0 };
	}
	story_lines_row(s, head, table->columns, width);
	story_lines_row(s, line, table->columns, width);
	for (size_t r = 0; r < table->rows; r++)
		story_lines_row(s, &table->cell[r * table->columns], table->columns, width);
}
