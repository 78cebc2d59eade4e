/* SPDX-License-Identifier: MIT */
/*
 * json.c - opens, fills and completes the file of --json
 */
#include "json.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "text/json.h"

#include "cpus.h"

#ifdef NDEBUG
#define BUILD_TYPE "release"
#else
#define BUILD_TYPE "debug"
#endif

/* The file of this program; .file is NULL without --json. */
static struct {
	FILE *file;
	const char *path, *program;
	struct hs_hostmem mem;
	struct hs_out out, name;
	bool some; /* a benchmark has been written */
} bench_json;

static void bench_json_fail(const char *why)
{
	fprintf(stderr, "bench: %s: %s\n", bench_json.path, why);
	fflush(stdout);
	_Exit(1);
}

/* Moves what is ready to the file. A failure of the file shows at the end. */
static void bench_json_flush(void)
{
	if (bench_json.out.failed)
		bench_json_fail(strerror(ENOMEM));
	fwrite(bench_json.out.bytes, 1, bench_json.out.used, bench_json.file);
	hs_out_reset(&bench_json.out);
}

static void bench_json_finish(void)
{
	hs_json_tail(&bench_json.out);
	bench_json_flush();
	hs_out_free(&bench_json.out);
	hs_out_free(&bench_json.name);
	if (ferror(bench_json.file) || fclose(bench_json.file))
		bench_json_fail(strerror(errno));
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
	bench_json.file = fopen(path, "we");
	if (!bench_json.file) {
		fprintf(stderr, "%s: %s: %s\n", program, path, strerror(errno));
		exit(2);
	}
	if (gmtime_r(&now, &tm))
		strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S+00:00", &tm);
	hs_json_head(&bench_json.out, context, sizeof(context) / sizeof(context[0]));
	bench_json_flush();
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

	if (!bench_json.file)
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
	bench_json_flush();
}
