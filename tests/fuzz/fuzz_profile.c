/* SPDX-License-Identifier: MIT */
/*
 * fuzz_profile.c - cost profiles survive a round trip
 */
#include "fuzz/fuzz.h"

#include <string.h>

#include "cost/cost.h"

static bool profiles_equal(const struct hs_cost_profile *a, const struct hs_cost_profile *b)
{
	for (unsigned int i = 0; i < HS_COST_CLASS_COUNT; i++)
		if (a->ns[i] < b->ns[i] || a->ns[i] > b->ns[i] ||
		    a->estimated[i] != b->estimated[i])
			return false;
	return !strcmp(a->name, b->name) && a->base == b->base;
}

static void print(struct hs_hostmem *mem, const struct hs_cost_profile *profile, struct hs_out *out)
{
	*out = (struct hs_out){ .mem = mem };
	hs_cost_print(profile, out);
	hs_out_char(out, '\0');
	fuzz_must(!out->failed, "no memory");
}

static void round_trip(struct hs_hostmem *mem, const struct hs_cost_profile *profile)
{
	struct hs_out first, second;
	struct hs_cost_profile again;
	struct hs_text text;

	print(mem, profile, &first);
	hs_text_init(&text, mem, FUZZ_NAME, first.bytes, first.used - 1);
	fuzz_must(!hs_cost_parse(&text, &again), "cannot read what it printed");
	fuzz_must(profiles_equal(profile, &again), "a profile changed on its way through text");
	print(mem, &again, &second);
	fuzz_must(!strcmp(first.bytes, second.bytes), "printing is not canonical");
	hs_out_free(&first);
	hs_out_free(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hs_hostmem mem = { .attempts = 0 };
	struct hs_cost_profile profile;
	struct hs_text text;
	int ret;

	hs_text_init(&text, &mem, FUZZ_NAME, (const char *)data, size);
	ret = hs_cost_parse(&text, &profile);
	if (!ret)
		round_trip(&mem, &profile);
	fuzz_must_say_where(ret < 0, text.error);
	fuzz_must(!mem.live, "host memory is left");
	return 0;
}
