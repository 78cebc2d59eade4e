/* SPDX-License-Identifier: MIT */
/*
 * layout_text.h - what tests of layouts share
 */
#ifndef HS_TESTS_LAYOUT_TEXT_H
#define HS_TESTS_LAYOUT_TEXT_H

#include "text/layout.h"

/* All but line numbers. */
bool layouts_equal(const struct hs_layout *a, const struct hs_layout *b);
/* Parses the first layout of a string: as hs_layout_parse(), the message into @error. */
int layout_parse(struct hs_hostmem *mem, const char *string, struct hs_layout *out,
		 char error[1024]);
/* With the first line, terminated; to be freed with hs_out_free(). */
void layout_print(struct hs_hostmem *mem, const struct hs_layout *layout, struct hs_out *out);
/* It can be read again, is equal then, and prints the same. */
void layout_round_trip(struct hs_hostmem *mem, const struct hs_layout *layout);
/* 4 KiB pages of entries of the kind. */
uint64_t layout_pages(const struct hs_layout *layout, enum hs_map_kind kind);

/* A built-in layout; the next layout of a text. Both must be there. */
void layout_builtin(struct hs_hostmem *mem, const char *name, uint64_t bytes,
		    struct hs_layout *out);
void layout_must_parse(struct hs_hostmem *mem, const char *string, struct hs_layout *out);

#endif
