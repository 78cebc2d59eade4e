/* SPDX-License-Identifier: MIT */
/*
 * json.h - benchmarks in the schema of Google Benchmark
 *
 * A benchmark is begun with its name and ended by hs_json_end(); in between come its members, each
 * with the comma before it. Names of members are plain ASCII; texts are escaped, bytes other than
 * ASCII (names of files) as the character of their number.
 */
#ifndef HS_TEXT_JSON_H
#define HS_TEXT_JSON_H

#include "text/out.h"

void hs_json_string(struct hs_out *out, const char *text);
void hs_json_text(struct hs_out *out, const char *name, const char *value);
void hs_json_number(struct hs_out *out, const char *name, uint64_t value);
void hs_json_signed(struct hs_out *out, const char *name, int64_t value);
void hs_json_double(struct hs_out *out, const char *name, double value);
/* Picoseconds as ns. */
void hs_json_ps(struct hs_out *out, const char *name, uint64_t ps);

/*
 * @run_name is what hs_json_string() has written. Only that of the first family, 0, has no comma before
 * it. What failed in @run_name fails in @out.
 */
void hs_json_begin(struct hs_out *out, const struct hs_out *run_name, const char *suffix,
		   uint64_t family);
/* run_type iteration: repetition @index of so many. */
void hs_json_run(struct hs_out *out, uint64_t repetitions, uint64_t index, uint64_t iterations);
void hs_json_end(struct hs_out *out);

#endif
