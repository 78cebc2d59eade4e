/* SPDX-License-Identifier: MIT */
/*
 * fuzz_layout.c - layouts survive a round trip
 */
#include "fuzz/fuzz.h"
#include "support/layout_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hs_hostmem mem = { .attempts = 0 };
	struct hs_layout layout;
	struct hs_text text;
	int ret;

	hs_text_init(&text, &mem, FUZZ_NAME, (const char *)data, size);
	while ((ret = hs_layout_parse(&text, &layout)) == 1) {
		layout_round_trip(&mem, &layout);
		hs_layout_free(&mem, &layout);
	}
	fuzz_must_say_where(ret < 0, text.error);
	fuzz_must(!mem.live, "host memory is left");
	return 0;
}
