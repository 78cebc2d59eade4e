/* SPDX-License-Identifier: MIT */
/*
 * grid.c - writes cells, and prints them as a table
 */
#include "text/grid.h"

#include <stdio.h>
#include <string.h>

#define BOLD "\033[1m"
#define PLAIN "\033[0m"

__extension__ typedef unsigned __int128 wide;

/* ---- cells ------------------------------------------------------------------------------- */

void hs_cell_text(struct hs_out *cells, const char *text)
{
	hs_out_text(cells, text);
	hs_out_char(cells, '\t');
}

void hs_cell_number(struct hs_out *cells, uint64_t value)
{
	hs_out_decimal(cells, value);
	hs_out_char(cells, '\t');
}

void hs_cell_quotient(struct hs_out *cells, uint64_t a, uint64_t b)
{
	wide hundredths = b ? ((wide)a * 100 + b / 2) / b : 0;

	if (!b) {
		hs_cell_text(cells, "-");
		return;
	}
	hs_out_decimal(cells, (uint64_t)(hundredths / 100));
	hs_out_char(cells, '.');
	hs_out_decimal(cells, (uint64_t)(hundredths / 10 % 10));
	hs_out_decimal(cells, (uint64_t)(hundredths % 10));
	hs_out_char(cells, '\t');
}

void hs_cell_double(struct hs_out *cells, double value)
{
	char text[64];

	snprintf(text, sizeof(text), "%.2f", value);
	hs_cell_text(cells, text);
}

/* ---- columns ----------------------------------------------------------------------------- */

/* Returns the length of the cell at *at, and moves *at behind it and its tab. */
static size_t grid_next_cell(const char **at, const char *end)
{
	const char *tab = memchr(*at, '\t', (size_t)(end - *at));
	size_t length = (size_t)((tab ? tab : end) - *at);

	*at = tab ? tab + 1 : end;
	return length;
}

static void grid_measure(const struct hs_out *cells, size_t width[HS_GRID_COLUMNS])
{
	const char *at = cells->bytes, *end = cells->bytes + cells->used;

	for (unsigned int column = 0; at < end;) {
		size_t length;

		if (*at == '\n') {
			column = 0;
			at++;
			continue;
		}
		length = grid_next_cell(&at, end);
		if (column < HS_GRID_COLUMNS && length > width[column])
			width[column] = length;
		column++;
	}
}

static void grid_pad(struct hs_out *out, size_t blanks)
{
	while (blanks--)
		hs_out_char(out, ' ');
}

/* The blanks after a cell on the left are printed only when another cell follows. */
static void grid_print_row(const char *at, const char *end, const size_t width[HS_GRID_COLUMNS],
			   unsigned int left, struct hs_out *out)
{
	size_t owed = 0;

	for (unsigned int column = 0; at < end && column < HS_GRID_COLUMNS; column++) {
		const char *cell = at;
		size_t length = grid_next_cell(&at, end), blanks = width[column] - length;

		grid_pad(out, owed + (column ? 2 : 0) + (column < left ? 0 : blanks));
		for (size_t i = 0; i < length; i++)
			hs_out_char(out, cell[i]);
		owed = column < left ? blanks : 0;
	}
}

void hs_grid_print(const struct hs_out *cells, unsigned int left, bool bold, struct hs_out *out)
{
	size_t width[HS_GRID_COLUMNS] = { 0 };
	const char *at, *end;

	out->failed |= cells->failed;
	if (cells->failed || !cells->used)
		return;
	at = cells->bytes;
	end = at + cells->used;
	grid_measure(cells, width);
	for (bool first = true; at < end; first = false) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));

		if (first && bold)
			hs_out_text(out, BOLD);
		grid_print_row(at, newline, width, left, out);
		if (first && bold)
			hs_out_text(out, PLAIN);
		hs_out_char(out, '\n');
		at = newline + 1;
	}
}
