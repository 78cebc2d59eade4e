/* SPDX-License-Identifier: MIT */
/*
 * grid.h - text in columns
 *
 * invented. The caller writes cell after cell, each followed by a tab, and a newline after each
 * row. A column is as wide as its longest cell, in bytes.
 */
#ifndef HS_TEXT_GRID_H
#define HS_TEXT_GRID_H

#include "text/out.h"

#define HS_GRID_COLUMNS 32 /* the most */

/*
 * Each writes one cell and its tab. A quotient is a / b with two digits after the point, in
 * integers and so the same on every machine; it is "-" if b is 0.
 */
void hs_cell_text(struct hs_out *cells, const char *text);
void hs_cell_number(struct hs_out *cells, uint64_t value);
void hs_cell_quotient(struct hs_out *cells, uint64_t a, uint64_t b);
void hs_cell_double(struct hs_out *cells, double value);

/*
 * Prints the cells in columns, two blanks apart. The first @left columns are aligned to the left,
 * the others to the right. @bold: the first row is bold, by escape codes.
 */
void hs_grid_print(const struct hs_out *cells, unsigned int left, bool bold, struct hs_out *out);

#endif
