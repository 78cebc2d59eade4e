/* SPDX-License-Identifier: MIT */
/*
 * claims.c - hmmsim claims: runs the claims of the thread, and says what was found
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "claims/run_claim.h"
#include "claims/settled.h"
#include "tool/options.h"
#include "tool/publish.h"

static const char claims_help[] =
	"Usage: hmmsim claims [OPTION...] [ID...]\n"
	"\n"
	"Runs what the claims of the thread of August 2019 on hmm_range_fault() and\n"
	"get_dev_pagemap() are about, and prints for each who made it, what was found\n"
	"and what kernel sources let one expect. ID is C1 to C26; without one all are\n"
	"run.\n"
	"\n"
	"  -j, --json=FILE  writes all that was found, with an execution for each\n"
	"                   property that is violated (-: instead of the table)\n"
	"      --check      what was found must be what is expected\n"
	"  -h, --help       prints this text\n"
	"\n"
	"Claims about schedules are settled by every schedule, others by one, or by\n"
	"counts of walks; two cannot be run. Each of the others has a control, the\n"
	"smallest change of the model that turns round what is claimed.\n"
	"src/claims/README.md of the sources says more.\n"
	"\n"
	"Exit status:\n"
	"  0  done\n"
	"  1  a control changes nothing of what is claimed; with --check: something was\n"
	"     found that is not expected\n"
	"  2  wrong usage, or an error in the text of a claim\n"
	"  3  a bound was met, or no execution came to what a search is about: a part has\n"
	"     no verdict\n"
	"  4  internal error, or an output cannot be written\n";

static const struct option claims_options[] = {
	{ "json", required_argument, NULL, 'j' },
	{ "check", no_argument, NULL, 'c' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

struct claims_tool {
	struct hs_hostmem mem;
	struct hs_publish to;
	bool check, help;
	bool wanted[HS_CLAIM_NUMBER_MAX + 1], any; /* by their number; .any: an ID was given */
	struct hs_claim_expected expected;
	struct hs_claim_settled **settled;
	size_t count;
};

/* ---- options ----------------------------------------------------------------------------- */

/* C8 or c8. 0: it is no ID. */
static unsigned long claims_number(const char *id)
{
	char *end;
	unsigned long number;

	if ((id[0] != 'C' && id[0] != 'c') || id[1] < '1' || id[1] > '9')
		return 0;
	number = strtoul(id + 1, &end, 10);
	return *end || number > HS_CLAIM_NUMBER_MAX ? 0 : number;
}

static int claims_take_id(struct claims_tool *tool, const char *id)
{
	unsigned long number = claims_number(id);

	if (!number) {
		fprintf(stderr, "hmmsim claims: expected an ID such as C8, found '%s'\n", id);
		return HS_EXIT_USAGE;
	}
	tool->wanted[number] = tool->any = true;
	return 0;
}

static int claims_take_option(struct claims_tool *tool, int option)
{
	switch (option) {
	case 'j':
		return hs_tool_take_output("claims", "json", &tool->to.json);
	case 'c':
		tool->check = true;
		return 0;
	case 'h':
		tool->help = true;
		return 0;
	default:
		return HS_EXIT_USAGE; /* getopt_long() has printed why */
	}
}

static int claims_take_options(struct claims_tool *tool, int argc, char **argv)
{
	int option, code = 0;

	while (!code && (option = getopt_long(argc, argv, "j:h", claims_options, NULL)) != -1)
		code = claims_take_option(tool, option);
	for (int i = optind; !code && i < argc; i++)
		code = claims_take_id(tool, argv[i]);
	return code == HS_EXIT_USAGE ? hs_tool_usage("claims") : code;
}

/* ---- running ----------------------------------------------------------------------------- */

static int claims_fail(const char *error, int ret)
{
	if (ret == -ENOMEM)
		return hs_tool_no_memory("claims");
	fprintf(stderr, "%s\n", error);
	return HS_EXIT_USAGE;
}

/* The claim has been parsed into @s, and is one that is wanted. */
static int claims_settle(struct claims_tool *tool, struct hs_claim_settled *s)
{
	char error[HS_CLAIM_ERROR];
	int ret = hs_claim_run(&tool->mem, s->text, &s->claim, &s->found, error);

	return ret ? claims_fail(error, ret) : 0;
}

/* Room for another claim, which the tool frees. */
static struct hs_claim_settled *claims_add(struct claims_tool *tool,
					   const struct hs_claim_text *text)
{
	struct hs_claim_settled **more = hs_hostmem_grow(&tool->mem, tool->settled, tool->count,
							 sizeof(struct hs_claim_settled *));
	struct hs_claim_settled *s = NULL;

	if (more) {
		tool->settled = more;
		s = hs_hostmem_zalloc(&tool->mem, 1, sizeof(*s));
	}
	if (!s)
		return NULL;
	s->text = text;
	s->expected = &tool->expected;
	more[tool->count++] = s;
	return s;
}

static void claims_free_settled(struct hs_hostmem *mem, struct hs_claim_settled *s)
{
	hs_hostmem_free(mem, s->difference);
	hs_claim_found_free(mem, &s->found);
	hs_claim_free(mem, &s->claim);
	hs_hostmem_free(mem, s);
}

static int claims_run_text(struct claims_tool *tool, const struct hs_claim_text *text)
{
	struct hs_claim_settled *s = claims_add(tool, text);
	struct hs_text lines;
	int ret;

	if (!s)
		return hs_tool_no_memory("claims");
	hs_text_init(&lines, &tool->mem, text->file, text->bytes, text->length);
	ret = hs_claim_parse(&lines, &s->claim);
	if (ret != 1)
		return claims_fail(ret ? lines.error : "a text without a claim", ret);
	if (!tool->any || tool->wanted[s->claim.number]) {
		tool->wanted[s->claim.number] = false;
		return claims_settle(tool, s);
	}
	claims_free_settled(&tool->mem, tool->settled[--tool->count]);
	return 0;
}

static int claims_run_all(struct claims_tool *tool)
{
	const struct hs_claim_text *text;
	int code = 0;

	for (size_t i = 0; !code && (text = hs_claim_builtin(i)) != NULL; i++)
		code = claims_run_text(tool, text);
	for (unsigned int n = 0; !code && n <= HS_CLAIM_NUMBER_MAX; n++)
		if (tool->wanted[n]) {
			fprintf(stderr, "hmmsim claims: there is no claim C%u\n", n);
			code = hs_tool_usage("claims");
		}
	return code;
}

/* What was found is complete before it is known what is expected. */
static int claims_compare(struct claims_tool *tool)
{
	char error[HS_CLAIM_ERROR];
	int ret = hs_claim_expected_parse(&tool->mem, hs_claim_expected_text(), &tool->expected,
					  error, sizeof(error));

	if (ret)
		return claims_fail(error, ret);
	for (size_t i = 0; i < tool->count; i++) {
		struct hs_claim_settled *s = tool->settled[i];
		long count =
			hs_claim_compare(&tool->mem, &s->found, &tool->expected, &s->difference);

		if (count < 0)
			return hs_tool_no_memory("claims");
		s->differences = (size_t)count;
	}
	return 0;
}

/* ---- output ------------------------------------------------------------------------------ */

static int claims_verdict(const struct claims_tool *tool)
{
	bool wrong = false, bound = false;

	for (size_t i = 0; i < tool->count; i++) {
		const struct hs_claim_settled *s = tool->settled[i];

		wrong |= s->found.unflipped || (tool->check && s->differences);
		bound |= s->found.bounded || s->found.never_reached;
	}
	return wrong ? HS_EXIT_VIOLATION : bound ? HS_EXIT_BOUND : HS_EXIT_DONE;
}

static int claims_print(struct claims_tool *tool)
{
	const struct hs_claim_settled *const *settled =
		(const struct hs_claim_settled *const *)tool->settled;
	struct hs_out table = { .mem = &tool->mem }, json = { .mem = &tool->mem };
	int code = 0;

	hs_claims_table_print(&tool->mem, settled, tool->count, &table);
	if (tool->to.json)
		hs_claims_json_print(settled, tool->count, &json);
	if (table.failed || json.failed)
		code = hs_tool_no_memory("claims");
	if (!code && !(tool->to.json && hs_tool_is_stdout(tool->to.json)))
		code = hs_publish_print(table.bytes, table.used);
	if (!code && tool->to.json)
		code = hs_publish_write(tool->to.json, json.bytes, json.used);
	hs_out_free(&table);
	hs_out_free(&json);
	return code;
}

/* ---- the verb ---------------------------------------------------------------------------- */

static void claims_free(struct claims_tool *tool)
{
	for (size_t i = 0; i < tool->count; i++)
		claims_free_settled(&tool->mem, tool->settled[i]);
	hs_hostmem_free(&tool->mem, tool->settled);
	hs_claim_expected_free(&tool->mem, &tool->expected);
}

int hs_tool_claims(int argc, char **argv)
{
	struct claims_tool tool = { .to = { .verb = "claims" } };
	int code = claims_take_options(&tool, argc, argv);

	if (!code && tool.help)
		return hs_tool_help(claims_help);
	if (!code)
		code = hs_publish_check(&tool.to, NULL, 0);
	if (!code)
		code = claims_run_all(&tool);
	if (!code)
		code = claims_compare(&tool);
	if (!code)
		code = claims_print(&tool);
	if (!code)
		code = claims_verdict(&tool);
	claims_free(&tool);
	return code;
}
