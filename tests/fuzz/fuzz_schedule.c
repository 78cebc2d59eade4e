/* SPDX-License-Identifier: MIT */
/*
 * fuzz_schedule.c - schedules survive a round trip, and replaying any of them ends in a verdict
 */
#include "fuzz/fuzz.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "explore/search.h"
#include "support/retry_model.h"

/* A replay is worth its time only if it is short. */
#define REPLAY_MAX 256

/* The same decisions when they are printed and read again. */
static void round_trip(const uint8_t *decisions, uint32_t count)
{
	char *text = hs_schedule_print(decisions, count), *more;
	uint8_t *again;
	uint32_t found;

	fuzz_must(text, "no memory");
	fuzz_must(!hs_schedule_parse(text, &again, &found), "cannot read what it printed");
	fuzz_must(found == count && (!count || !memcmp(decisions, again, count)),
		  "a schedule changed on its way through text");
	more = hs_schedule_print(again, found);
	fuzz_must(more && !strcmp(text, more), "printing is not canonical");
	free(more);
	free(again);
	free(text);
}

/* Every schedule that there can be: each byte is a decision. */
static void round_trip_of_bytes(const uint8_t *data, size_t size)
{
	uint8_t *decisions = malloc(size + 1);

	fuzz_must(decisions, "no memory");
	for (size_t i = 0; i < size; i++)
		decisions[i] = data[i] & HS_CHOICE ? data[i] : data[i] % (HS_SCHED_TASKS - 1) + 1;
	round_trip(decisions, (uint32_t)size);
	free(decisions);
}

static void replay(const char *schedule, bool is_one)
{
	static const struct retry_param param = { .drivers = 1, .attempts = 1, .pages = 1 };
	struct hs_explore_options options;
	struct hs_explore_result result;
	int ret;

	hs_explore_options_init(&options);
	options.search = HS_SEARCH_REPLAY;
	options.schedule = schedule;
	ret = hs_explore(&retry_scenario, &param, &options, &result);
	fuzz_must(ret == (is_one ? 0 : -EINVAL), "hs_explore() took what is no schedule, or not");
	if (ret)
		return;
	fuzz_must(result.verdict == HS_VERDICT_NONE || result.verdict == HS_VERDICT_DIVERGED,
		  "a violation of what is correct");
	hs_explore_result_free(&result);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *string = fuzz_string(data, size);
	uint8_t *decisions = NULL;
	uint32_t count = 0;
	int ret = hs_schedule_parse(string, &decisions, &count);

	fuzz_must(!ret || ret == -EINVAL, "no memory");
	if (!ret)
		round_trip(decisions, count);
	if (count <= REPLAY_MAX)
		replay(string, !ret);
	if (!ret)
		free(decisions);
	round_trip_of_bytes(data, size);
	free(string);
	return 0;
}
