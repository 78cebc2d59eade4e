/* SPDX-License-Identifier: MIT */
#include "support/race_play.h"

struct hs_scenario_text *race_load(const char *text)
{
	struct hs_scenario_text *out = NULL;
	char error[512] = "";

	if (hs_scenario_load("r.txt", text, strlen(text), NULL, NULL, 0, NULL, 0, &out, error,
			     sizeof(error)))
		fail_msg("%s", error);
	return out;
}

#ifdef HS_BACKEND_EXPLORE
void race_explore(const struct hs_scenario_text *loaded, struct hs_explore_result *r)
{
	struct hs_explore_options options;

	hs_explore_options_init(&options);
	hs_scenario_options(loaded, &options);
	assert_int_equal(hs_explore(hs_scenario_of(loaded), hs_scenario_param(loaded), &options, r),
			 0);
}

static void race_play_ends(const struct hs_scenario_text *loaded, const char *text,
			   enum hs_verdict verdict, const char *message)
{
	struct hs_explore_result r;

	race_explore(loaded, &r);
	if (r.verdict != verdict || !strstr(r.message, message))
		fail_msg("%s: %s\n%s", hs_verdict_name(r.verdict), r.message,
			 r.report ? r.report : text);
	assert_true(verdict != HS_VERDICT_NONE || r.exhaustive);
	hs_explore_result_free(&r);
}

void ends(const char *text, enum hs_verdict verdict, const char *message)
{
	struct hs_scenario_text *loaded = race_load(text);

	race_play_ends(loaded, text, verdict, message);
	hs_scenario_free(loaded);
}

static void race_play_holds(const struct hs_scenario_text *loaded, const char *text)
{
	race_play_ends(loaded, text, HS_VERDICT_NONE, "");
}
#else
void ends(const char *text, enum hs_verdict verdict, const char *message)
{
	(void)verdict;
	(void)message;
	hs_scenario_free(race_load(text));
}

static void race_play_holds(const struct hs_scenario_text *loaded, const char *text)
{
	struct hs_machine_config config;
	struct hs_leaks left;
	int ret;

	hs_machine_config_init(&config);
	hs_scenario_config(loaded, &config);
	ret = hs_scenario_run(hs_scenario_of(loaded), hs_scenario_param(loaded), &config, &left);
	if (ret)
		fail_msg("%d: %s%s\n%s", ret, hs_scenario_error(loaded), left.text, text);
}
#endif

void holds(const char *text)
{
	struct hs_scenario_text *loaded = race_load(text);

	race_play_holds(loaded, text);
	hs_scenario_free(loaded);
}

void leaves(const char *text, const char *undone)
{
	struct hs_scenario_text *loaded = race_load(text);
	char left[1024] = "";
	const char *words;

	assert_null(hs_scenario_undone(loaded, 0)); /* of no run yet */
	race_play_holds(loaded, text);
	race_play_holds(loaded, text);
	for (size_t i = 0; (words = hs_scenario_undone(loaded, i)) != NULL; i++)
		snprintf(left + strlen(left), sizeof(left) - strlen(left), "%s\n", words);
	assert_string_equal(left, undone);
	hs_scenario_free(loaded);
}
