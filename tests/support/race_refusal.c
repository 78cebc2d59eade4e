/* SPDX-License-Identifier: MIT */
#include "support/race_refusal.h"

void race_must_refuse(const char *text, const struct hs_race_setting *settings, size_t count,
		      const char *expected)
{
	struct hs_hostmem mem = { .attempts = 0 };
	struct hs_race race;
	char error[1024];

	if (race_parse(&mem, text, settings, count, &race, error) != -EINVAL)
		fail_msg("not refused: %s", text);
	assert_string_equal(error, expected);
	assert_null(race.name);
	assert_int_equal(mem.live, 0);
}

void race_must_refuse_all(const struct race_refusal *refusals, size_t count)
{
	for (size_t i = 0; i < count; i++)
		race_must_refuse(refusals[i].text, NULL, 0, refusals[i].error);
}

void race_must_parse_all(const char *const *texts, size_t count)
{
	struct hs_hostmem mem = { .attempts = 0 };
	struct hs_race race;

	for (size_t i = 0; i < count; i++) {
		race_must_parse(&mem, texts[i], &race);
		hs_race_free(&mem, &race);
	}
	assert_int_equal(mem.live, 0);
}
