/* SPDX-License-Identifier: MIT */
/*
 * out.h - text that grows in host memory
 *
 * invented. Numbers are formatted here and not by printf(), because an answer may hold half a
 * million of them.
 */
#ifndef HS_TEXT_OUT_H
#define HS_TEXT_OUT_H

#include <stdbool.h>

#include "text/hostmem.h"

struct hs_out {
	struct hs_hostmem *mem;
	char *bytes; /* not terminated */
	size_t used, size;
	bool failed; /* memory ran out; later text is dropped */
};

void hs_out_bytes(struct hs_out *out, const char *bytes, size_t n);
void hs_out_char(struct hs_out *out, char c);
void hs_out_text(struct hs_out *out, const char *text);
void hs_out_hex(struct hs_out *out, uint64_t value); /* lower case, no 0x */
void hs_out_decimal(struct hs_out *out, uint64_t value);
void hs_out_signed(struct hs_out *out, int64_t value);
/* A space, then the number. */
void hs_out_space_hex(struct hs_out *out, uint64_t value);    /* without 0x */
void hs_out_space_number(struct hs_out *out, uint64_t value); /* with 0x */
void hs_out_space_decimal(struct hs_out *out, uint64_t value);
/* Empties the text and keeps its memory for the next one. */
void hs_out_reset(struct hs_out *out);
void hs_out_free(struct hs_out *out);

#endif
