/* SPDX-License-Identifier: MIT */
/*
 * json.h - figures in the schema of Google Benchmark, whose compare.py reads them
 *
 * invented. A file is hs_json_head(), benchmarks, hs_json_tail(). A benchmark is hs_json_begin(),
 * its members, hs_json_end(). Each function for a member writes the comma before it. Names of
 * members are plain ASCII. Texts are escaped; a byte that is not ASCII (in the name of a file)
 * becomes the character of that number.
 */
#ifndef HS_TEXT_JSON_H
#define HS_TEXT_JSON_H

#include "text/out.h"

/* A member of the context: a text, or a number if .text is NULL. */
struct hs_json_context {
	const char *name, *text;
	uint64_t number;
};

/* @count is not 0. */
void hs_json_head(struct hs_out *out, const struct hs_json_context *context, size_t count);
void hs_json_tail(struct hs_out *out);

/* The text, escaped, without quotation marks. */
void hs_json_string(struct hs_out *out, const char *text);
void hs_json_text(struct hs_out *out, const char *name, const char *value);
void hs_json_number(struct hs_out *out, const char *name, uint64_t value);
void hs_json_signed(struct hs_out *out, const char *name, int64_t value);
void hs_json_double(struct hs_out *out, const char *name, double value);
/* Picoseconds, written as ns. */
void hs_json_ps(struct hs_out *out, const char *name, uint64_t ps);

#define HS_JSON_NO_FAMILY UINT64_MAX

/*
 * Begins a benchmark; @first: the first of the file. Its name is @run_name, which hs_json_string()
 * has escaped, and @suffix. @family is its family_index, or HS_JSON_NO_FAMILY. If @run_name has
 * failed, so has @out.
 */
void hs_json_begin(struct hs_out *out, bool first, const struct hs_out *run_name,
		   const char *suffix, uint64_t family);
/* The benchmark is one repetition, @index of 0..@repetitions - 1. */
void hs_json_run(struct hs_out *out, uint64_t repetitions, uint64_t index, uint64_t threads,
		 uint64_t iterations);
/* The benchmark is a statistic over all repetitions of one thread: "median". */
void hs_json_aggregate(struct hs_out *out, const char *statistic, uint64_t repetitions);
void hs_json_end(struct hs_out *out);

#endif
