/* SPDX-License-Identifier: MIT */
/*
 * race_source.c - the text that a race comes from, and one exploration of it
 */
#include "tool/race_source.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "claims/claim.h"
#include "text/error_name.h"
#include "text/race_builtin.h"
#include "tool/files.h"
#include "tool/options.h"

#define SOURCE_ERROR 1024

/* ---- texts ------------------------------------------------------------------------------- */

/* A race that is built in, for itself or for a claim. False: there is none of that name. */
static bool race_source_builtin(const char *name, struct hs_race_source *source)
{
	const struct hs_race_builtin *text = hs_race_builtin_find(name);
	const struct hs_claim_text *claim;

	if (text) {
		source->file = text->file;
		source->bytes = text->bytes;
		source->length = text->length;
		return true;
	}
	for (size_t i = 0; (claim = hs_claim_builtin(i)) != NULL; i++) {
		if (!hs_race_text_has(claim->bytes, claim->length, name))
			continue;
		source->file = claim->file;
		source->bytes = claim->bytes;
		source->length = claim->length;
		return true;
	}
	return false;
}

bool hs_race_source_is_builtin(const char *name)
{
	struct hs_race_source source;

	return race_source_builtin(name, &source);
}

int hs_race_source_open(struct hs_hostmem *mem, const char *verb, const char *name,
			const char *race, struct hs_race_source *source)
{
	int code;

	*source = (struct hs_race_source){ .verb = verb, .file = name, .race = race };
	if (race_source_builtin(name, source)) {
		source->race = name;
		return HS_EXIT_DONE;
	}
	if (strcmp(name, "-") && !strpbrk(name, "./") && access(name, F_OK)) {
		fprintf(stderr,
			"hmmsim %s: expected a file or a built-in race (hmmsim list), found '%s'\n",
			verb, name);
		return HS_EXIT_USAGE;
	}
	code = hs_input_read(mem, name, &source->read, &source->length);
	source->file = hs_input_name(name);
	source->bytes = source->read;
	return code;
}

void hs_race_source_close(struct hs_hostmem *mem, struct hs_race_source *source)
{
	hs_hostmem_free(mem, source->read);
	source->read = NULL;
}

int hs_race_source_fail(const struct hs_race_source *source, const char *name, int error)
{
	if (error == -ENOMEM)
		return hs_tool_no_memory(source->verb);
	fprintf(stderr, "hmmsim %s: %s: %s: %s\n", source->verb, source->file, name,
		hs_error_word(error));
	return HS_EXIT_INTERNAL;
}

size_t hs_race_settings_split(char *text, struct hs_scenario_setting settings[HS_RACE_SETTINGS])
{
	size_t n = 0;

	while (text && *text && n < HS_RACE_SETTINGS) {
		char *value = strsep(&text, ","), *name = strsep(&value, "=");

		settings[n++] = (struct hs_scenario_setting){ name, value ? value : "" };
	}
	return n;
}

/* ---- one exploration --------------------------------------------------------------------- */

int hs_race_run_load(const struct hs_race_source *source, const char *race,
		     const struct hs_scenario_setting *settings, size_t count,
		     struct hs_race_run *run)
{
	char error[SOURCE_ERROR] = "";
	int ret;

	*run = (struct hs_race_run){ .text = NULL };
	hs_explore_options_init(&run->options);
	race = race ? race : source->race;
	ret = hs_scenario_load(source->file, source->bytes, source->length, race, settings, count,
			       NULL, 0, &run->text, error, sizeof(error));
	switch (ret) {
	case 0:
		hs_scenario_options(run->text, &run->options);
		return HS_EXIT_DONE;
	case -ENOMEM:
		return hs_tool_no_memory(source->verb);
	case -ENOENT:
		fprintf(stderr, "hmmsim %s: %s: expected a race%s%s, found none\n", source->verb,
			source->file, race ? " " : "", race ? race : "");
		return HS_EXIT_USAGE;
	default:
		fprintf(stderr, "%s\n", error);
		return HS_EXIT_USAGE;
	}
}

int hs_race_run_explore(const struct hs_race_source *source, struct hs_race_run *run)
{
	const struct hs_scenario *scenario = hs_scenario_of(run->text);
	int ret = hs_explore(scenario, hs_scenario_param(run->text), &run->options, &run->result);

	if (!ret)
		return HS_EXIT_DONE;
	if (ret == -EINVAL && *run->result.message) { /* a token of another form */
		fprintf(stderr, "hmmsim %s: %s\n", source->verb, run->result.message);
		return HS_EXIT_USAGE;
	}
	if (!*hs_scenario_error(run->text))
		return hs_race_source_fail(source, scenario->name, ret);
	fprintf(stderr, "%s\n", hs_scenario_error(run->text));
	return HS_EXIT_USAGE;
}

int hs_race_run_record(const struct hs_race_source *source, struct hs_hostmem *mem,
		       const struct hs_race_run *run, struct hs_record *record)
{
	int ret = hs_record_fill(mem, hs_scenario_of(run->text)->name, &run->options, &run->result,
				 record);

	if (!ret)
		ret = hs_record_take_race(mem, run->text, record);
	return ret ? hs_tool_no_memory(source->verb) : HS_EXIT_DONE;
}

void hs_race_run_end(struct hs_race_run *run)
{
	hs_explore_result_free(&run->result);
	hs_scenario_free(run->text);
	run->text = NULL;
}
