/* SPDX-License-Identifier: MIT */
/*
 * json.c - collects the figures of --json, and writes them at the end
 */
#include "json.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <unistd.h>

#include "text/json.h"
#include "tool/output.h"

#include "cpus.h"

#ifdef NDEBUG
#define BUILD_TYPE "release"
#else
#define BUILD_TYPE "debug"
#endif

/* The file of this program; .path is NULL without --json. */
static struct {
	const char *path, *program;
	struct hs_hostmem mem;
	struct hs_out out, name;
	bool some; /* a benchmark has been written */
} bench_json;

static void bench_json_fail(void)
{
	fflush(stdout);
	_Exit(1);
}

/* Standard output comes first, because the file may be the same. */
static void bench_json_finish(void)
{
	hs_json_tail(&bench_json.out);
	if (bench_json.out.failed) {
		fprintf(stderr, "bench: %s: %s\n", bench_json.path, strerror(ENOMEM));
		bench_json_fail();
	}
	fflush(stdout);
	if (hs_output_write("bench", bench_json.path, bench_json.out.bytes, bench_json.out.used))
		bench_json_fail();
	hs_out_free(&bench_json.out);
	hs_out_free(&bench_json.name);
}

/* The table is on standard output. */
static int bench_json_check(const char *path, const char *program)
{
	if (hs_output_check_name(program, "--json", path))
		return 2;
	if (strcmp(path, "-") && !hs_output_is_descriptor(path, STDOUT_FILENO))
		return hs_output_check(program, path);
	fprintf(stderr, "%s: --json: expected another file than standard output, found '%s'\n",
		program, path);
	return 2;
}

void bench_json_open(const char *path, const char *program, unsigned long seed)
{
	const char *slash = strrchr(program, '/');
	char date[64] = "";
	const struct hs_json_context context[] = {
		{ "date", date, 0 },
		{ "executable", slash ? slash + 1 : program, 0 },
		{ "num_cpus", NULL, bench_cpus() },
		{ "seed", NULL, seed },
		{ "library_build_type", BUILD_TYPE, 0 },
	};
	time_t now = time(NULL);
	struct tm tm;

	bench_json.out.mem = bench_json.name.mem = &bench_json.mem;
	bench_json.path = path;
	bench_json.program = context[1].text;
	if (bench_json_check(path, program))
		exit(2);
	if (gmtime_r(&now, &tm))
		strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S+00:00", &tm);
	hs_json_head(&bench_json.out, context, sizeof(context) / sizeof(context[0]));
	atexit(bench_json_finish);
}

static void bench_json_set_name(const char *group, const char *variant)
{
	hs_out_reset(&bench_json.name);
	hs_json_string(&bench_json.name, bench_json.program);
	hs_out_char(&bench_json.name, '/');
	hs_json_string(&bench_json.name, group);
	hs_out_char(&bench_json.name, '/');
	hs_json_string(&bench_json.name, variant);
}

void bench_json_add(const char *group, const char *variant, unsigned int threads,
		    uint64_t operations, const double *ns, unsigned int repetitions)
{
	struct hs_out *out = &bench_json.out;

	if (!bench_json.path)
		return;
	bench_json_set_name(group, variant);
	for (unsigned int r = 0; r < repetitions; r++) {
		hs_json_begin(out, !bench_json.some, &bench_json.name, "", HS_JSON_NO_FAMILY);
		hs_json_run(out, repetitions, r, threads, operations);
		hs_json_double(out, "real_time", ns[r]);
		hs_json_double(out, "cpu_time", ns[r]);
		hs_json_text(out, "time_unit", "ns");
		hs_json_end(out);
		bench_json.some = true;
	}
}
