/* SPDX-License-Identifier: MIT */
/*
 * fuzz_walk_text.c - no text crashes the parser, and what it accepts survives a round trip; small
 * scenarios are walked, by both bodies, which must agree
 */
#include "fuzz/fuzz.h"

#include <stdio.h>
#include <string.h>

#include "support/walk_print.h"
#include "support/walk_scenario.h"

/* A walk is worth its time only if it is short. */
#define PAGES_MAX 2048
#define WALKS_MAX 64

static void round_trip(struct hs_hostmem *mem, const struct hs_walk_scenario *s)
{
	struct hs_out first = { .mem = mem }, second = { .mem = mem };
	struct hs_walk_scenario again;

	hs_walk_print(s, &first);
	hs_out_char(&first, '\0');
	fuzz_must(walk_scenario_parse(mem, first.bytes, &again, NULL) == 1,
		  "cannot read what it printed");
	fuzz_must(walk_scenarios_equal(s, &again), "a scenario changed on its way through text");
	hs_walk_print(&again, &second);
	hs_out_char(&second, '\0');
	fuzz_must(!strcmp(first.bytes, second.bytes), "printing is not canonical");
	hs_walk_free(mem, &again);
	hs_out_free(&first);
	hs_out_free(&second);
}

static bool is_small(const struct hs_walk_scenario *s)
{
	uint64_t entries = 0;

	for (size_t i = 0; i < s->layout.map_count; i++)
		entries += s->layout.maps[i].count;
	return entries <= PAGES_MAX && s->maxwalks <= WALKS_MAX &&
	       (s->req.end - s->req.start) / HS_PAGE_BYTES <= PAGES_MAX;
}

static void answer(struct hs_hostmem *mem, const struct hs_walk_scenario *s, uint32_t choice,
		   enum hs_body body, struct hs_out *out)
{
	struct hs_walk_setting set = {
		.era = choice & 1 ? HS_ERA_5_3 : HS_ERA_6_12,
		.strategy = (enum hs_strategy)((choice >> 1) % HS_STRATEGY_CUSTOM),
		.body = body,
		.mem = mem,
	};
	struct hs_walk_answer answer;

	fuzz_must(!hs_walk_run(s, &set, &answer), "the walk failed");
	hs_walk_answer_print(&answer, out);
	hs_out_char(out, '\0');
	hs_walk_answer_free(mem, &answer);
}

/* The walker depends on the input, so that a failing input fails again. */
static void walk(struct hs_hostmem *mem, const struct hs_walk_scenario *s, uint32_t choice)
{
	struct hs_out reference = { .mem = mem }, plain = { .mem = mem };

	answer(mem, s, choice, HS_BODY_REFERENCE, &reference);
	answer(mem, s, choice, HS_BODY_PLAIN, &plain);
	if (strcmp(reference.bytes, plain.bytes)) {
		fprintf(stderr, "%s %s\n%s---\n%s", choice & 1 ? "5.3" : "6.12",
			hs_strategy_name((enum hs_strategy)((choice >> 1) % HS_STRATEGY_CUSTOM)),
			reference.bytes, plain.bytes);
		fuzz_must(false, "reference and plain disagree");
	}
	hs_out_free(&reference);
	hs_out_free(&plain);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hs_hostmem mem = { .attempts = 0 };
	struct hs_walk_scenario s;
	struct hs_text text;
	uint32_t choice = 0;
	int ret;

	for (size_t i = 0; i < size; i++)
		choice = choice * 31 + data[i];
	hs_text_init(&text, &mem, FUZZ_NAME, (const char *)data, size);
	while ((ret = hs_walk_parse(&text, &s)) == 1) {
		round_trip(&mem, &s);
		if (is_small(&s))
			walk(&mem, &s, choice);
		hs_walk_free(&mem, &s);
	}
	fuzz_must_say_where(ret < 0, text.error);
	fuzz_must(!mem.live, "host memory is left");
	return 0;
}
