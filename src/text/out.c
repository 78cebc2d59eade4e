/* SPDX-License-Identifier: MIT */
/*
 * out.c - appends bytes and numbers to a text
 */
#include "text/out.h"

#include <string.h>

#define OUT_FIRST 4096

static bool out_reserve(struct hs_out *out, size_t more)
{
	size_t size = out->size ? out->size : OUT_FIRST;
	char *bytes;

	if (out->failed)
		return false;
	if (out->size - out->used >= more)
		return true;
	while (size - out->used < more)
		size *= 2;
	bytes = hs_hostmem_realloc(out->mem, out->bytes, size);
	if (!bytes) {
		out->failed = true;
		return false;
	}
	out->bytes = bytes;
	out->size = size;
	return true;
}

void hs_out_bytes(struct hs_out *out, const char *bytes, size_t n)
{
	if (!n || !out_reserve(out, n))
		return;
	memcpy(out->bytes + out->used, bytes, n);
	out->used += n;
}

void hs_out_char(struct hs_out *out, char c)
{
	hs_out_bytes(out, &c, 1);
}

void hs_out_text(struct hs_out *out, const char *text)
{
	hs_out_bytes(out, text, strlen(text));
}

static void out_in_base(struct hs_out *out, uint64_t value, unsigned int base)
{
	char digits[20], *at = digits + sizeof(digits);

	do {
		*--at = "0123456789abcdef"[value % base];
		value /= base;
	} while (value);
	hs_out_bytes(out, at, (size_t)(digits + sizeof(digits) - at));
}

void hs_out_hex(struct hs_out *out, uint64_t value)
{
	out_in_base(out, value, 16);
}

void hs_out_decimal(struct hs_out *out, uint64_t value)
{
	out_in_base(out, value, 10);
}

void hs_out_signed(struct hs_out *out, int64_t value)
{
	if (value < 0)
		hs_out_char(out, '-');
	hs_out_decimal(out, value < 0 ? -(uint64_t)value : (uint64_t)value);
}

void hs_out_space_hex(struct hs_out *out, uint64_t value)
{
	hs_out_char(out, ' ');
	hs_out_hex(out, value);
}

void hs_out_space_number(struct hs_out *out, uint64_t value)
{
	hs_out_text(out, " 0x");
	hs_out_hex(out, value);
}

void hs_out_space_decimal(struct hs_out *out, uint64_t value)
{
	hs_out_char(out, ' ');
	hs_out_decimal(out, value);
}

void hs_out_reset(struct hs_out *out)
{
	out->used = 0;
	out->failed = false;
}

void hs_out_free(struct hs_out *out)
{
	hs_hostmem_free(out->mem, out->bytes);
	out->bytes = NULL;
	out->used = 0;
	out->size = 0;
}
