/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* strsep() */
/*
 * The races of src/text/scenarios: each line expect is explored, and must end with the verdict and
 * the number of executions that it says. What holds in every execution must hold on threads. Where
 * a race holds, each step is done in some execution, unless the text calls it optional.
 */
#include <dirent.h>

#include <hmmsim/scenario.h>

#include "support/machine.h"
#include "support/scale.h"
#include "support/test.h"

#define FILES 16
#define SETTINGS 8

struct text {
	char path[512];
	char *bytes;
	size_t length;
};

static struct text texts[FILES];
static size_t text_count;

/* ---- files ------------------------------------------------------------------------------- */

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct text *)a)->path, ((const struct text *)b)->path);
}

static void read_text(struct text *t)
{
	FILE *f = fopen(t->path, "r");
	size_t room = 1 << 20;

	assert_non_null(f);
	t->bytes = test_malloc(room);
	t->length = fread(t->bytes, 1, room, f);
	assert_true(t->length && t->length < room);
	t->bytes[t->length] = '\0';
	fclose(f);
}

static int read_texts(void **state)
{
	const char *folder = getenv("HMMSIM_SCENARIOS");
	DIR *dir = opendir(folder ? folder : "");
	const struct dirent *entry;

	(void)state;
	if (!dir)
		return -1;
	while ((entry = readdir(dir))) {
		if (!strstr(entry->d_name, ".txt"))
			continue;
		assert_true(text_count < FILES);
		snprintf(texts[text_count++].path, sizeof(texts[0].path), "%s/%s", folder,
			 entry->d_name);
	}
	closedir(dir);
	qsort(texts, text_count, sizeof(texts[0]), by_name);
	for (size_t i = 0; i < text_count; i++)
		read_text(&texts[i]);
	return 0;
}

static int free_texts(void **state)
{
	(void)state;
	for (size_t i = 0; i < text_count; i++)
		test_free(texts[i].bytes);
	return 0;
}

/* ---- a run ------------------------------------------------------------------------------- */

/* "refs=6.1,walker=5.3". */
static size_t take_settings(char *text, struct hs_scenario_setting settings[SETTINGS])
{
	size_t count = 0;

	for (char *word = strtok(text, ","); word; word = strtok(NULL, ",")) {
		char *value = strchr(word, '=');

		assert_non_null(value);
		assert_true(count < SETTINGS);
		*value = '\0';
		settings[count++] = (struct hs_scenario_setting){ word, value + 1 };
	}
	return count;
}

static struct hs_scenario_text *load(const struct text *t, const struct hs_scenario_race *race,
				     const struct hs_scenario_expect *expect)
{
	struct hs_scenario_setting settings[SETTINGS];
	struct hs_scenario_text *loaded;
	char words[256], error[512] = "";

	snprintf(words, sizeof(words), "%s", expect->settings);
	if (hs_scenario_load(strrchr(t->path, '/') + 1, t->bytes, t->length, race->name, settings,
			     take_settings(words, settings), NULL, 0, &loaded, error,
			     sizeof(error)))
		fail_msg("%s", error);
	return loaded;
}

#ifdef HS_BACKEND_EXPLORE
#include "support/exploration.h"

/* A race whose order is pinned is no matter for a judge of searches. */
static bool has_order(const struct text *t, const struct hs_scenario_race *race)
{
	char *copy = strndup(t->bytes, t->length), *rest = copy, *line;
	unsigned long number = 0;
	bool found = false;

	assert_non_null(copy);
	while ((line = strsep(&rest, "\n"))) {
		number++;
		line += strspn(line, " \t");
		if (number > race->line && !strncmp(line, "race ", 5))
			break;
		found |= number > race->line && !strncmp(line, "order ", 6);
	}
	free(copy);
	return found;
}

static void holds(struct test_place at, const struct hs_scenario *scenario, const void *param,
		  uint64_t complete)
{
	struct hs_explore_result r;

	explore(scenario, param, HS_SEARCH_DPOR, test_is_short() || test_is_weak() ? 500 : 0, NULL,
		&r);
	assert_string_equal(r.message, "");
	if (r.exhaustive)
		expect_count_at(at, scenario->name, "complete", r.complete, complete);
	hs_explore_result_free(&r);
}

/* Within the bound of the race, without which its tasks try again for ever. */
static void retries(struct test_place at, const struct hs_scenario_text *loaded, uint64_t first)
{
	const struct hs_scenario *scenario = hs_scenario_of(loaded);
	struct hs_explore_options options;
	struct hs_explore_result r;

	if (test_is_weak())
		return;
	hs_explore_options_init(&options);
	hs_scenario_options(loaded, &options);
	assert_true(options.retry_bound);
	assert_int_equal(hs_explore(scenario, hs_scenario_param(loaded), &options, &r), 0);
	assert_int_equal(r.verdict, HS_VERDICT_RETRIES);
	expect_count_at(at, scenario->name, "first", r.first_violation, first);
	hs_explore_result_free(&r);
}

/* Those of searches that were cut short may have been done later. */
static void is_done(const struct hs_scenario_text *loaded)
{
	const char *undone = hs_scenario_undone(loaded, 0);

	if (undone && !test_is_short() && !test_is_weak())
		fail_msg("%s: never done: %s", hs_scenario_of(loaded)->name, undone);
}

static void run(const struct text *t, const struct hs_scenario_race *race,
		const struct hs_scenario_expect *expect)
{
	struct hs_scenario_text *loaded = load(t, race, expect);
	struct test_place at = { t->path, (int)expect->line };
	const struct hs_scenario *scenario = hs_scenario_of(loaded);
	const void *param = hs_scenario_param(loaded);

	if (expect->verdict == HS_VERDICT_NONE && has_order(t, race))
		holds(at, scenario, param, expect->executions);
	else if (expect->verdict == HS_VERDICT_NONE)
		explore_holds_at(at, scenario, param, expect->executions);
	else if (expect->verdict == HS_VERDICT_RETRIES)
		retries(at, loaded, expect->executions);
	else
		explore_fails_at(at, scenario, param, expect->verdict, "", expect->executions);
	if (expect->verdict == HS_VERDICT_NONE)
		is_done(loaded);
	hs_scenario_free(loaded);
}
#else
static void run(const struct text *t, const struct hs_scenario_race *race,
		const struct hs_scenario_expect *expect)
{
	struct hs_scenario_text *loaded;
	struct hs_machine_config config;
	struct hs_leaks left;

	if (expect->verdict != HS_VERDICT_NONE)
		return;
	loaded = load(t, race, expect);
	hs_machine_config_init(&config);
	hs_scenario_config(loaded, &config);
	if (hs_scenario_run(hs_scenario_of(loaded), hs_scenario_param(loaded), &config, &left))
		fail_msg("%s: %s%s", hs_scenario_of(loaded)->name, hs_scenario_error(loaded),
			 left.text);
	hs_scenario_free(loaded);
}
#endif

static int run_race(void *ctx, const struct hs_scenario_race *race)
{
	const struct text *t = ctx;

	if (!race->expects)
		fail_msg("%s:%lu: race %s expects nothing", t->path, race->line, race->name);
	for (size_t i = 0; i < race->expects; i++) {
		if (!race->expect[i].executions)
			print_error("%s:%lu: no executions=N\n", t->path, race->expect[i].line);
		run(t, race, &race->expect[i]);
	}
	return 0;
}

static void each_race_ends_as_it_says(void **state)
{
	char error[512] = "";

	(void)state;
	assert_true(text_count > 0);
	for (size_t i = 0; i < text_count; i++)
		if (hs_scenario_races(texts[i].path, texts[i].bytes, texts[i].length, run_race,
				      &texts[i], error, sizeof(error)))
			fail_msg("%s", error);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_race_ends_as_it_says),
	};

	return cmocka_run_group_tests_name("race texts", tests, read_texts, free_texts);
}
