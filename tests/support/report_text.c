/* SPDX-License-Identifier: MIT */
#include "support/report_text.h"

/* ---- what moves --------------------------------------------------------------------------- */

static void shorten_token(char *text)
{
	char *token = strstr(text, "\ntoken: "), *sum, *switches;

	assert_non_null(token);
	sum = strrchr(token, ':');
	*sum = '\0';
	switches = strrchr(token, ':') + 1;
	memmove(token + strlen("\ntoken: "), switches, strlen(switches) + 1);
	strcat(token, "\n");
}

/* Lines fit into a mail, but for the token. Those that were wrapped are whole again. */
static void unwrap(char *text)
{
	const char *token = strstr(text, "\ntoken: ");
	char *at = text;

	assert_non_null(token);
	for (const char *line = text; line < token; line += strcspn(line, "\n") + 1)
		assert_true(strcspn(line, "\n") <= 100);
	while ((at = strstr(at, "\n    ")) != NULL) {
		if (at[5] != ' ')
			memmove(at, at + 4, strlen(at + 4) + 1);
		at++;
	}
}

/* A part of a line that has no room there is below it, as long as places are: it comes back. */
static void unwrap_parts(char *text)
{
	for (char *at = text; (at = strstr(at, "\n        ")) != NULL; at++) {
		char *part = at + 1 + strspn(at + 1, " ");

		if (strncmp(part, "F:L\n", 4) && strncmp(part, "(1 store", 8))
			continue;
		memmove(at + 2, part, strlen(part) + 1);
		at[0] = at[1] = ' ';
	}
}

/* A copy of @text, to be freed with free(), without the lines of places. */
static char *without_lines(const char *file, const char *text)
{
	static const char play[] = "/play.c:";
	char *out = calloc(1, strlen(text) + 1), *to = out, here[128];
	size_t length;

	assert_non_null(out);
	snprintf(here, sizeof(here), "tests/unit/%s:", strrchr(file, '/') + 1);
	length = strlen(here);
	while (*text) {
		bool is_here = !strncmp(text, here, length);

		if (!is_here && strncmp(text, play, sizeof(play) - 1)) {
			*to++ = *text++;
			continue;
		}
		text += is_here ? length : sizeof(play) - 1;
		text += strspn(text, "0123456789");
		to = stpcpy(to, is_here ? "F:L" : "/play.c:N");
	}
	return out;
}

char *report_text_at(struct test_place at, struct hs_explore_result *r)
{
	char *text;

	assert_non_null(r->report);
	unwrap(r->report);
	text = without_lines(at.file, r->report);
	unwrap_parts(text);
	shorten_token(text);
	hs_explore_result_free(r);
	assert_null(r->report);
	return text;
}

/* ---- what is reported --------------------------------------------------------------------- */

static void expect_text(struct test_place at, struct hs_explore_result *r, const char *expected)
{
	char *text = report_text_at(at, r);

	_assert_string_equal(text, expected, at.file, at.line);
	free(text);
}

/* With a schedule, its replay. */
static void run(const struct play *play, enum hs_memory memory, uint32_t max_steps,
		const char *schedule, struct hs_explore_result *r)
{
	struct hs_explore_options options;

	hs_explore_options_init(&options);
	options.memory = memory;
	options.max_steps = max_steps;
	if (schedule) {
		options.search = HS_SEARCH_REPLAY;
		options.schedule = schedule;
	}
	assert_int_equal(hs_explore(&play_scenario, play, &options, r), 0);
}

void report_look(const struct play *play, enum hs_memory memory, uint32_t max_steps,
		 struct hs_explore_result *r)
{
	run(play, memory, max_steps, NULL, r);
}

void report_expect_at(struct test_place at, const struct play *play, enum hs_memory memory,
		      uint32_t max_steps, const char *expected)
{
	struct hs_explore_result r, again;

	report_look(play, memory, max_steps, &r);
	assert_non_null(r.report);
	run(play, memory, max_steps, r.schedule, &again);
	assert_string_equal(again.report, r.report);
	hs_explore_result_free(&again);
	expect_text(at, &r, expected);
}

void report_once_at(struct test_place at, const struct play *play, enum hs_verdict verdict,
		    const char *expected)
{
	struct hs_explore_result r;

	report_look(play, HS_MEMORY_SC, 100, &r);
	assert_int_equal(r.verdict, verdict);
	expect_text(at, &r, expected);
}

void report_replay_at(struct test_place at, const struct play *play, const char *schedule,
		      const char *expected)
{
	struct hs_explore_result r;

	run(play, HS_MEMORY_SC, 10000, schedule, &r);
	expect_text(at, &r, expected);
}
