/* SPDX-License-Identifier: MIT */
/*
 * json.h - writes benchmarks in the JSON schema of Google Benchmark
 *
 * invented. hs_json_begin() begins a benchmark, hs_json_end() ends it. The functions between write
 * one member each, with the comma before it. Names of members are plain ASCII. Strings are escaped;
 * a byte that is not ASCII, as in names of files, becomes the character with its number.
 */
#ifndef HS_TEXT_JSON_H
#define HS_TEXT_JSON_H

#include "text/out.h"

/* The characters of a string, without quotes. */
void hs_json_string(struct hs_out *out, const char *text);
void hs_json_text(struct hs_out *out, const char *name, const char *value);
void hs_json_number(struct hs_out *out, const char *name, uint64_t value);
void hs_json_signed(struct hs_out *out, const char *name, int64_t value);
void hs_json_double(struct hs_out *out, const char *name, double value);
/* @ps picoseconds, written as nanoseconds. */
void hs_json_ps(struct hs_out *out, const char *name, uint64_t ps);

/*
 * The name is @run_name and @suffix. @run_name was written by hs_json_string(); if it lacks memory,
 * @out fails as well. All benchmarks but that of family 0 have a comma before them.
 */
void hs_json_begin(struct hs_out *out, const struct hs_out *run_name, const char *suffix,
		   uint64_t family);
/* The members of one repetition: run_type iteration, repetition @index of @repetitions. */
void hs_json_run(struct hs_out *out, uint64_t repetitions, uint64_t index, uint64_t iterations);
void hs_json_end(struct hs_out *out);

#endif
