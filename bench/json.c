/* SPDX-License-Identifier: MIT */
#include "json.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "control.h"

static FILE *file;
static const char *program_name, *path_name;
static unsigned int entries;

static void put_string(const char *s)
{
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			fputc('\\', file);
		fputc(*s, file);
	}
}

static void finish(void)
{
	fputs("\n  ]\n}\n", file);
	if (!ferror(file) && !fclose(file))
		return;
	fprintf(stderr, "bench: %s: %s\n", path_name, strerror(errno));
	fflush(stdout);
	_Exit(1);
}

void bench_json_open(const char *path, const char *program, unsigned long seed)
{
	const char *slash = strrchr(program, '/');
	time_t now = time(NULL);
	char date[64] = "";
	struct tm tm;

	program_name = slash ? slash + 1 : program;
	path_name = path;
	file = fopen(path, "we");
	if (!file) {
		fprintf(stderr, "%s: %s: %s\n", program, path, strerror(errno));
		exit(2);
	}
	if (gmtime_r(&now, &tm))
		strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S+00:00", &tm);
	fprintf(file,
		"{\n  \"context\": {\n    \"date\": \"%s\",\n    \"executable\": \"%s\",\n"
		"    \"num_cpus\": %u,\n    \"seed\": %lu,\n"
		"    \"library_build_type\": \"%s\"\n  },\n"
		"  \"benchmarks\": [",
		date, program_name, bench_cpus(), seed,
#ifdef NDEBUG
		"release"
#else
		"debug"
#endif
	);
	atexit(finish);
}

static void put_name(const char *key, const char *group, const struct bench_variant *variant)
{
	fprintf(file, "\"%s\": \"%s/", key, program_name);
	put_string(group);
	fputc('/', file);
	put_string(variant->name);
	fputs("\", ", file);
}

void bench_json_add(const char *group, const struct bench_variant *variant, uint64_t operations,
		    const double *ns, unsigned int repetitions)
{
	if (!file)
		return;
	for (unsigned int r = 0; r < repetitions; r++) {
		fprintf(file, "%s\n    { ", entries++ ? "," : "");
		put_name("name", group, variant);
		put_name("run_name", group, variant);
		fprintf(file,
			"\"run_type\": \"iteration\", \"repetitions\": %u, "
			"\"repetition_index\": %u, \"threads\": %u, \"iterations\": %llu, "
			"\"real_time\": %.6g, \"cpu_time\": %.6g, \"time_unit\": \"ns\" }",
			repetitions, r, variant->threads, (unsigned long long)operations, ns[r],
			ns[r]);
	}
}
