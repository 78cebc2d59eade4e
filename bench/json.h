/* SPDX-License-Identifier: MIT */
/*
 * json.h - the figures of a bench program as a file in the schema of Google Benchmark
 *
 * Google Benchmark's compare.py reads such files. Each repetition is a benchmark of its own. Names
 * are program/group/variant.
 */
#ifndef HS_BENCH_JSON_H
#define HS_BENCH_JSON_H

#include <stdint.h>

/*
 * Exits with a message if the file cannot be written. It is written when the program exits, after a
 * failure with what there is; a signal leaves the old file.
 */
void bench_json_open(const char *path, const char *program, unsigned long seed);
/*
 * Adds the repetitions of a variant, in the order in which they ran; does nothing if no file is
 * open. "iterations" is @operations. "cpu_time" repeats "real_time", because compare.py wants it,
 * and a variant tells only how long the part took that it times, on one thread or several.
 */
void bench_json_add(const char *group, const char *variant, unsigned int threads,
		    uint64_t operations, const double *ns, unsigned int repetitions);

#endif
