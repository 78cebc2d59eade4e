/* SPDX-License-Identifier: MIT */
/*
 * claims.c - hmmsim claims: runs the claims of the thread, and says what was found
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "claims/claims_html.h"
#include "claims/run_claim.h"
#include "claims/settled.h"
#include "claims/summary.h"
#include "claims/told.h"
#include "text/error_name.h"
#include "tool/options.h"
#include "tool/publish.h"

static const char claims_help[] =
	"Usage: hmmsim claims [OPTION...] [ID...]\n"
	"       hmmsim claims --summary\n"
	"\n"
	"Runs what the claims of the thread of August 2019 on hmm_range_fault() and\n"
	"get_dev_pagemap() are about, and prints for each who made it, what was found\n"
	"and what kernel sources let one expect. ID is C1 to C26; without one all are\n"
	"run. One claim alone is told as a story: what was run, what was found, the\n"
	"simplest execution that shows it, and what turns it round.\n"
	"\n"
	"  -j, --json=FILE  writes all that was found, with an execution for each\n"
	"                   property that is violated (-: instead of the table)\n"
	"      --html=FILE  writes a page that tells them all, and needs no other file\n"
	"                   (-: instead of the table)\n"
	"      --summary    sets the strategies side by side, and does nothing else\n"
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
	{ "json", required_argument, NULL, 'j' }, { "html", required_argument, NULL, 'w' },
	{ "summary", no_argument, NULL, 's' },	  { "check", no_argument, NULL, 'c' },
	{ "help", no_argument, NULL, 'h' },	  { NULL, 0, NULL, 0 },
};

struct claims_tool {
	struct hs_hostmem mem;
	struct hs_publish to;
	bool check, summary, help;
	bool wanted[HS_CLAIM_NUMBER_MAX + 1], any; /* by their number; .any: an ID was given */
	struct hs_claim_expected expected;
	struct hs_claim_settled **settled;
	size_t count;
};

/* ---- options ----------------------------------------------------------------------------- */

/* C8 or c8 */
static int claims_take_id(struct claims_tool *tool, const char *id)
{
	char upper[8]; /* longer ones are no ID in any case */
	struct hs_word word = { upper, 0 };
	unsigned int number;

	snprintf(upper, sizeof(upper), "%s", id);
	if (upper[0] == 'c')
		upper[0] = 'C';
	word.length = strlen(upper);
	number = hs_claim_number(&word);
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
	case 'w':
		return hs_tool_take_output("claims", "html", &tool->to.html);
	case 's':
		tool->summary = true;
		return 0;
	default:
		return hs_tool_take_flag(option, &tool->check, &tool->help);
	}
}

/* It stands alone. */
static int claims_check_summary(const struct claims_tool *tool)
{
	const char *other = tool->check	    ? "--check"
			    : tool->to.json ? "--json"
			    : tool->to.html ? "--html"
			    : tool->any	    ? "an ID"
					    : NULL;

	if (!tool->summary || !other)
		return 0;
	fprintf(stderr, "hmmsim claims: --summary: expected nothing else, found %s\n", other);
	return HS_EXIT_USAGE;
}

static int claims_take_options(struct claims_tool *tool, int argc, char **argv)
{
	int option, code = 0;

	while (!code && (option = getopt_long(argc, argv, "j:h", claims_options, NULL)) != -1)
		code = claims_take_option(tool, option);
	for (int i = optind; !code && i < argc; i++)
		code = claims_take_id(tool, argv[i]);
	if (!code && !tool->help)
		code = claims_check_summary(tool);
	return code == HS_EXIT_USAGE ? hs_tool_usage("claims") : code;
}

/* ---- running ----------------------------------------------------------------------------- */

/* @error has a sentence, unless memory ran out. Only what a text says wrong is the user's. */
static int claims_fail(const char *error, int ret)
{
	if (ret == -ENOMEM)
		return hs_tool_no_memory("claims");
	fprintf(stderr, "%s\n", error);
	return ret == -EINVAL ? HS_EXIT_USAGE : HS_EXIT_INTERNAL;
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

static bool claims_is_wanted(const struct claims_tool *tool, const struct hs_claim *claim)
{
	if (tool->summary)
		return hs_claims_summary_needs(claim->number);
	return !tool->any || tool->wanted[claim->number];
}

/* A summary needs some rows of it. */
static void claims_trim(struct claims_tool *tool, struct hs_claim *claim)
{
	struct hs_claim rest;

	hs_claims_summary_trim(claim, &rest);
	hs_claim_free(&tool->mem, &rest);
}

/* The claim of the text, if it is wanted. */
static int claims_take_text(struct claims_tool *tool, const struct hs_claim_text *text)
{
	struct hs_claim_settled *s = claims_add(tool, text);
	struct hs_text lines;
	int ret;

	if (!s)
		return hs_tool_no_memory("claims");
	hs_text_init(&lines, &tool->mem, text->file, text->bytes, text->length);
	ret = hs_claim_parse(&lines, &s->claim);
	if (ret == 0)
		ret = hs_text_error(&lines, lines.number, NULL, "expected a claim, found none");
	if (ret != 1)
		return claims_fail(lines.error, ret);
	if (!claims_is_wanted(tool, &s->claim)) {
		claims_free_settled(&tool->mem, tool->settled[--tool->count]);
		return 0;
	}
	tool->wanted[s->claim.number] = false;
	if (tool->summary)
		claims_trim(tool, &s->claim);
	return 0;
}

/* All that are wanted are there before the first of them runs. */
static int claims_take_all(struct claims_tool *tool)
{
	const struct hs_claim_text *text;
	int code = 0;

	for (size_t i = 0; !code && (text = hs_claim_builtin(i)) != NULL; i++)
		code = claims_take_text(tool, text);
	for (unsigned int n = 0; !code && n <= HS_CLAIM_NUMBER_MAX; n++)
		if (tool->wanted[n]) {
			fprintf(stderr, "hmmsim claims: there is no claim C%u\n", n);
			code = hs_tool_usage("claims");
		}
	return code;
}

static int claims_run_all(struct claims_tool *tool)
{
	char error[HS_CLAIM_ERROR];
	int ret = 0;

	for (size_t i = 0; !ret && i < tool->count; i++) {
		struct hs_claim_settled *s = tool->settled[i];

		ret = hs_claim_run(&tool->mem, s->text, &s->claim, HS_CLAIM_SIMPLEST, &s->found,
				   error);
	}
	return ret ? claims_fail(error, ret) : 0;
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

/* An error after all claims were run: no text is the reason any more. */
static int claims_fail_after(const char *what, int ret)
{
	if (!ret)
		return 0;
	if (ret == -ENOMEM)
		return hs_tool_no_memory("claims");
	fprintf(stderr, "hmmsim claims: %s: %s\n", what, hs_error_word(ret));
	return HS_EXIT_INTERNAL;
}

static int claims_fail_print(int ret)
{
	return claims_fail_after("what was found cannot be told", ret);
}

/* What the claims that were run have found of the strategies. */
static int claims_summarise(struct claims_tool *tool, struct hs_claims_summary *summary)
{
	*summary = (struct hs_claims_summary){ .cost_pages = 0 };
	for (size_t i = 0; i < tool->count; i++)
		hs_claims_summary_take(summary, &tool->settled[i]->found);
	return claims_fail_after("the strategies cannot be measured",
				 hs_claims_summary_measure(&tool->mem, summary));
}

static int claims_print_summary(struct claims_tool *tool, struct hs_out *out)
{
	struct hs_claims_summary summary;
	int code = claims_summarise(tool, &summary);

	return code ? code : claims_fail_print(hs_claims_summary_print(&tool->mem, &summary, out));
}

static struct hs_claim_told claims_told(const struct hs_claim_settled *s)
{
	return (struct hs_claim_told){ &s->found, s->text, s->expected };
}

static int claims_print_story(struct claims_tool *tool, struct hs_out *out)
{
	struct hs_claim_told told = claims_told(tool->settled[0]);

	return claims_fail_print(hs_claim_story_print(&tool->mem, &told, out));
}

/* With the strategies side by side, unless some claims were left out. */
static int claims_print_html(struct claims_tool *tool, struct hs_out *out)
{
	struct hs_claim_told *told = hs_hostmem_zalloc(&tool->mem, tool->count + 1, sizeof(*told));
	struct hs_out cells = { .mem = &tool->mem };
	struct hs_claims_summary summary;
	int code = told ? 0 : hs_tool_no_memory("claims");

	for (size_t i = 0; !code && i < tool->count; i++)
		told[i] = claims_told(tool->settled[i]);
	if (!code && !tool->any) {
		code = claims_summarise(tool, &summary);
		if (!code)
			hs_claims_summary_cells(&summary, &cells);
	}
	if (!code)
		code = claims_fail_print(
			cells.failed
				? -ENOMEM
				: hs_claims_html_print(&tool->mem, told, tool->count, &cells, out));
	hs_out_free(&cells);
	hs_hostmem_free(&tool->mem, told);
	return code;
}

static int claims_print_text(struct claims_tool *tool, struct hs_out *out)
{
	if (tool->summary)
		return claims_print_summary(tool, out);
	if (tool->any && tool->count == 1)
		return claims_print_story(tool, out);
	hs_claims_table_print(&tool->mem, (const struct hs_claim_settled *const *)tool->settled,
			      tool->count, out);
	return 0;
}

static bool claims_is_stdout(const char *file)
{
	return file && hs_tool_is_stdout(file);
}

/* Nothing is written before all is complete. */
static int claims_publish(const struct hs_publish *to, const struct hs_out *text,
			  const struct hs_out *json, const struct hs_out *html)
{
	int code = 0;

	if (text->failed || json->failed || html->failed)
		return hs_tool_no_memory("claims");
	if (!claims_is_stdout(to->json) && !claims_is_stdout(to->html))
		code = hs_publish_print(text->bytes, text->used);
	if (!code && to->json)
		code = hs_publish_write(to->json, json->bytes, json->used);
	if (!code && to->html)
		code = hs_publish_write(to->html, html->bytes, html->used);
	return code;
}

static int claims_print(struct claims_tool *tool)
{
	struct hs_out text = { .mem = &tool->mem }, json = { .mem = &tool->mem };
	struct hs_out html = { .mem = &tool->mem };
	int code = claims_print_text(tool, &text);

	if (!code && tool->to.json)
		hs_claims_json_print((const struct hs_claim_settled *const *)tool->settled,
				     tool->count, &json);
	if (!code && tool->to.html)
		code = claims_print_html(tool, &html);
	if (!code)
		code = claims_publish(&tool->to, &text, &json, &html);
	hs_out_free(&text);
	hs_out_free(&json);
	hs_out_free(&html);
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
		code = claims_take_all(&tool);
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
