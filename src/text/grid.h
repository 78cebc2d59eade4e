/* SPDX-License-Identifier: MIT */
/*
 * grid.h - text in columns
 *
 * invented. Cells are written one after the other, each ended by a tab, rows by a newline.
 * Lengths are counted in bytes.
 */
#ifndef HS_TEXT_GRID_H
#define HS_TEXT_GRID_H

#include "text/out.h"

#define HS_GRID_COLUMNS 32 /* at most */

/* Each with its tab. A quotient has two digits after the point, the same everywhere; - if b is 0. */
void hs_cell_text(struct hs_out *cells, const char *text);
void hs_cell_number(struct hs_out *cells, uint64_t value);
void hs_cell_quotient(struct hs_out *cells, uint64_t a, uint64_t b);
void hs_cell_double(struct hs_out *cells, double value);

/* The first @left columns are aligned to the left, the others to the right; two blanks between. */
void hs_grid_print(const struct hs_out *cells, unsigned int left, bool bold, struct hs_out *out);

#endif
