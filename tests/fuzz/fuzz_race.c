/* SPDX-License-Identifier: MIT */
/*
 * fuzz_race.c - races survive a round trip
 */
#include "fuzz/fuzz.h"
#include "support/race_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hs_hostmem mem = { .attempts = 0 };
	struct hs_race race;
	struct hs_text text;
	int ret;

	hs_text_init(&text, &mem, FUZZ_NAME, (const char *)data, size);
	while ((ret = hs_race_parse(&text, NULL, 0, &race)) == 1) {
		race_round_trip(&mem, &race);
		hs_race_free(&mem, &race);
	}
	fuzz_must_say_where(ret < 0, text.error);
	fuzz_must(!mem.live, "host memory is left");
	return 0;
}
