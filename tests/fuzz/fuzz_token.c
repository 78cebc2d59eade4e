/* SPDX-License-Identifier: MIT */
/*
 * fuzz_token.c - no text crashes the parser of tokens, what is none is refused with a place, and
 * what is one is what would be printed
 */
#include "fuzz/fuzz.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explore/token.h"

#define TOKEN_HEAD "hmmsim1:"

/* Prints what was read: with the version of this library it is the same text. */
static void round_trip(const char *text, const struct hs_token *t)
{
	struct hs_explore_options options = {
		.memory = t->memory,
		.retry_bound = t->retry_bound,
		.cpus = t->cpus,
		.section_order = t->section_order,
		.subsection_order = t->subsection_order,
		.max_steps = t->max_steps,
		.stack_size = t->stack_size,
		.plain = t->plain,
		.seed = t->seed,
	};
	char *name = malloc(strlen(text) + 1), *schedule = hs_token_schedule(t), *again;
	struct hs_token other;
	char message[256];

	fuzz_must(name && schedule, "no memory");
	if (hs_token_name(text, name, strlen(text) + 1)) {
		free(name);
		name = NULL;
	}
	fuzz_must(hs_token_has_name(t, name), "the name changed");
	again = hs_token_print(name, &options, t->verdict, t->trace, schedule);
	fuzz_must(again && !hs_token_parse(again, &other, message, sizeof(message)),
		  "cannot read what it printed");
	fuzz_must(other.verdict == t->verdict && other.trace == t->trace && other.seed == t->seed &&
			  other.switches.length == t->switches.length &&
			  !memcmp(other.switches.start, t->switches.start, t->switches.length),
		  "a token changed on its way through text");
	free(again);
	free(schedule);
	free(name);
}

/* What the fuzzer says, behind the beginning that it need not find, and before a right sum. */
static void try_text(const char *text)
{
	char message[256] = "", name[8];
	struct hs_token token;
	int ret = hs_token_parse(text, &token, message, sizeof(message));

	fuzz_must(ret == 0 || ret == -EINVAL, "another error");
	fuzz_must(!ret || !strncmp(message, "character ", 10), "an error without a place");
	hs_token_name(text, name, sizeof(name));
	if (!ret)
		round_trip(text, &token);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *string = fuzz_string(data, size), *more = malloc(strlen(string) + 32);

	fuzz_must(more, "no memory");
	try_text(string);
	strcpy(stpcpy(more, TOKEN_HEAD), string);
	sprintf(strchr(more, '\0'), "%08x", hs_token_sum(more, strlen(more)));
	try_text(more);
	free(more);
	free(string);
	return 0;
}
