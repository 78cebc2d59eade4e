/* SPDX-License-Identifier: MIT */
/*
 * json.h - the figures of a program as a file in the schema of Google Benchmark
 *
 * Its compare.py reads such files: every repetition is an entry of its own. Names are
 * program/group/variant.
 */
#ifndef HS_BENCH_JSON_H
#define HS_BENCH_JSON_H

#include "bench.h"

/* Exits with a sentence if the file cannot be written. The file is complete when the program exits. */
void bench_json_open(const char *path, const char *program, unsigned long seed);
/*
 * The repetitions of a variant, in the order in which they ran; nothing if no file is open.
 * @operations of each: "iterations". "cpu_time" is "real_time" once more, because compare.py wants
 * it: variants choose which part of a repetition they time, on one thread or several, and tell only
 * how long it took.
 */
void bench_json_add(const char *group, const struct bench_variant *variant, uint64_t operations,
		    const double *ns, unsigned int repetitions);

#endif
