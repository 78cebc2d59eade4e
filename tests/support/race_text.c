/* SPDX-License-Identifier: MIT */
#include "support/race_text.h"
#include "support/test.h"

int race_parse(struct hs_hostmem *mem, const char *string, const struct hs_race_setting *settings,
	       size_t count, struct hs_race *out, char error[1024])
{
	struct hs_text text;
	int ret;

	hs_text_init(&text, mem, "x.in", string, strlen(string));
	ret = hs_race_parse(&text, settings, count, out);
	memcpy(error, text.error, sizeof(text.error));
	return ret;
}

void race_must_parse(struct hs_hostmem *mem, const char *string, struct hs_race *out)
{
	char error[1024];

	if (race_parse(mem, string, NULL, 0, out, error) != 1)
		fail_msg("%s", error);
}

void race_print(struct hs_hostmem *mem, const struct hs_race *race, struct hs_out *out)
{
	*out = (struct hs_out){ .mem = mem };
	hs_out_text(out, HS_TEXT_FIRST_LINE);
	hs_race_print(race, out);
	hs_out_char(out, '\0');
	assert_false(out->failed);
}

static void expect_same_steps(const struct hs_race_steps *a, const struct hs_race_steps *b)
{
	assert_int_equal(a->count, b->count);
	for (size_t i = 0; i < a->count; i++) {
		assert_int_equal(a->step[i].op, b->step[i].op);
		assert_int_equal(a->step[i].optional, b->step[i].optional);
	}
}

void race_round_trip(struct hs_hostmem *mem, const struct hs_race *race)
{
	struct hs_out first, second;
	struct hs_race again;

	race_print(mem, race, &first);
	race_must_parse(mem, first.bytes, &again);
	race_print(mem, &again, &second);
	assert_string_equal(first.bytes, second.bytes);
	expect_same_steps(&race->setup, &again.setup);
	expect_same_steps(&race->check, &again.check);
	for (unsigned int i = 0; i < race->tasks; i++)
		expect_same_steps(&race->task[i].steps, &again.task[i].steps);
	hs_out_free(&first);
	hs_out_free(&second);
	hs_race_free(mem, &again);
}
