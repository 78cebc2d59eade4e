/* SPDX-License-Identifier: MIT */
/*
 * compare_load.c - makes and reads the layouts of hmmsim compare, and puts device memory into them
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run/removal_layout.h"
#include "text/builtin.h"
#include "text/layout_scenario.h"
#include "tool/compare.h"
#include "tool/files.h"

static const char *const compare_load_standard[] = { "full",	    "half",  "every8", "sparse1",
						     "alternating", "dev2m", "holes",  "vmas",
						     "private",	    "anon" };

static int compare_load_add_layout(struct compare_tool *tool, struct compare_layout *layout)
{
	struct compare_layout *layouts =
		hs_hostmem_grow(&tool->mem, tool->layouts, tool->layout_count, sizeof(*layouts));

	if (!layouts) {
		hs_layout_free(&tool->mem, &layout->layout);
		return hs_tool_no_memory("compare");
	}
	tool->layouts = layouts;
	layouts[tool->layout_count++] = *layout;
	return 0;
}

/* ---- built-in ones ----------------------------------------------------------------------- */

static int compare_load_unknown_layout(const char *name, size_t length)
{
	fputs("hmmsim compare: --layout: expected ", stderr);
	for (unsigned int i = 0; i < hs_builtin_count(); i++)
		fprintf(stderr, "%s%s",
			!i			      ? ""
			: i == hs_builtin_count() - 1 ? " or "
						      : ", ",
			hs_builtin_name(i));
	fprintf(stderr, ", found '%.*s'\n", (int)length, name);
	return HS_EXIT_USAGE;
}

/* The text is a number of bytes, or one with a unit K, M, G or T. */
static bool compare_load_parse_size(const char *text, uint64_t *bytes)
{
	static const char units[] = "KMGT";
	size_t length = strlen(text);
	const char *unit = length ? strchr(units, text[length - 1]) : NULL;
	struct hs_word word = { text, length - (unit != NULL) };
	unsigned int shift = unit ? 10 * (unsigned int)(unit - units + 1) : 0;

	if (!length || !hs_word_number(&word, bytes) || !*bytes ||
	    *bytes > HS_BUILTIN_BYTES_MAX >> shift)
		return false;
	*bytes <<= shift;
	return true;
}

/* The layout holes is made to be faulted in. */
static enum hs_compare_request compare_load_default_request(const struct compare_tool *tool,
							    const char *name)
{
	if (tool->request_given)
		return tool->set.request;
	return strcmp(name, "holes") ? HS_REQUEST_NONE : HS_REQUEST_READ;
}

static int compare_load_builtin(struct compare_tool *tool, const char *text)
{
	size_t length = strcspn(text, ":");
	uint64_t bytes = HS_BUILTIN_BYTES;
	struct compare_layout l = { .owner = tool->set.owner };
	char name[64];
	int ret;

	if (text[length] && !compare_load_parse_size(text + length + 1, &bytes)) {
		fprintf(stderr,
			"hmmsim compare: --layout: expected a size up to 1T, a number with or "
			"without K, M, G or T, found '%s'\n",
			text + length + 1);
		return HS_EXIT_USAGE;
	}
	snprintf(name, sizeof(name), "%.*s", (int)length, text);
	ret = length < sizeof(name) ? hs_builtin_make(&tool->mem, name, bytes, &l.layout) : -ENOENT;
	if (ret == -ENOENT)
		return compare_load_unknown_layout(text, length);
	if (ret == -E2BIG) {
		fprintf(stderr, "hmmsim compare: --layout: %s, found '%s'\n", HS_LAYOUT_LIMITS,
			text);
		return HS_EXIT_USAGE;
	}
	l.request = compare_load_default_request(tool, name);
	return ret ? hs_tool_no_memory("compare") : compare_load_add_layout(tool, &l);
}

/* ---- files ------------------------------------------------------------------------------- */

static enum hs_compare_request compare_load_scenario_request(const struct hs_walk_scenario *s)
{
	if (!(s->req.defaults.bits & HS_PFN_VALID))
		return HS_REQUEST_NONE;
	return s->req.defaults.bits & HS_PFN_WRITE ? HS_REQUEST_WRITE : HS_REQUEST_READ;
}

/* The scenario scripts what a walk of its address space alone does not show. */
static bool compare_load_is_scripted(const struct hs_walk_scenario *s)
{
	bool faults = s->rules.action != HS_ACTION_OK || s->rules.by_call_count ||
		      s->rules.by_addr_count || s->rules.migration_stays || s->snapshot;

	return s->retry_at || (s->in_count && s->req.mask.bits) ||
	       (faults && compare_load_scenario_request(s));
}

/* Returns what hs_layout_parse() returns. */
static int compare_load_parse_scenario(struct compare_tool *tool, struct hs_text *text,
				       struct compare_layout *l)
{
	struct hs_walk_scenario s;
	int ret = hs_walk_parse(text, &s);

	if (ret != 1)
		return ret;
	if (!tool->request_given)
		l->request = compare_load_scenario_request(&s);
	if (!tool->owner_given)
		l->owner = s.req.owner;
	if (!tool->request_given && compare_load_is_scripted(&s))
		ret = hs_text_error(
			text, s.layout.line, "scenario",
			"expected no scripted faults, waits, checks, slots or snapshots, "
			"or the option --request");
	else
		ret = hs_layout_of_scenario(text, &s, &l->layout);
	hs_walk_free(&tool->mem, &s);
	return ret ? ret : 1;
}

static int compare_load_parse_one(struct compare_tool *tool, struct hs_text *text,
				  struct compare_layout *l)
{
	struct hs_line line;
	int ret = hs_text_next(text, &line);

	if (ret != 1)
		return ret;
	hs_text_unread(text);
	return line.id == HS_KEYWORD_SCENARIO ? compare_load_parse_scenario(tool, text, l)
					      : hs_layout_parse(text, &l->layout);
}

static int compare_load_parse_file(struct compare_tool *tool, struct hs_text *text)
{
	size_t before = tool->layout_count;
	int ret, code = 0;

	for (;;) {
		struct compare_layout l = { .request = tool->set.request,
					    .owner = tool->set.owner,
					    .file = text->name };

		ret = compare_load_parse_one(tool, text, &l);
		if (ret == 1)
			code = compare_load_add_layout(tool, &l);
		if (ret != 1 || code)
			break;
	}
	if (ret < 0) {
		fprintf(stderr, "%s\n", text->error);
		return ret == -ENOMEM ? HS_EXIT_INTERNAL : HS_EXIT_USAGE;
	}
	if (code || tool->layout_count > before)
		return code;
	fprintf(stderr, "hmmsim compare: %s: expected a layout or a scenario, found none\n",
		text->name);
	return HS_EXIT_USAGE;
}

static int compare_load_file(struct compare_tool *tool, const char *name)
{
	struct hs_text text;
	size_t length;
	char *bytes;
	int code = hs_input_read(&tool->mem, name, &bytes, &length);

	if (!code) {
		hs_text_init(&text, &tool->mem, hs_input_name(name), bytes, length);
		code = compare_load_parse_file(tool, &text);
	}
	hs_hostmem_free(&tool->mem, bytes);
	return code;
}

/* ---- device memory ----------------------------------------------------------------------- */

static int compare_load_layout_error(const struct hs_layout *layout, const char *option,
				     const char *what)
{
	fprintf(stderr, "hmmsim compare: layout %s: %s%s\n", layout->name, option, what);
	return HS_EXIT_USAGE;
}

static int compare_load_place_all(struct compare_tool *tool, struct hs_layout *layout)
{
	if (hs_layout_lacks_pgmap(layout))
		return compare_load_layout_error(
			layout, "", "expected pgmap lines for its device memory, found none");
	for (size_t i = 0; i < tool->devices.count; i++) {
		struct hs_tool_device *device = &tool->devices.of[i];
		struct hs_placed placed;
		int ret = hs_place(&tool->mem, layout, &device->place, &placed);

		if (ret == -ENOMEM)
			return hs_tool_no_memory("compare");
		if (ret)
			return compare_load_layout_error(layout,
							 "--device: ", hs_place_refusal(ret));
		device->matched += placed.matched;
	}
	return 0;
}

/* ---- limits ------------------------------------------------------------------------------ */

/* @line: of the layout's file, or 0. */
static int compare_load_beyond(const struct compare_layout *l, unsigned long line,
			       const char *keyword, const char *what)
{
	if (!l->file || !line)
		return compare_load_layout_error(&l->layout, "", what);
	fprintf(stderr, "%s:%lu: %s: %s\n", l->file, line, keyword, what);
	return HS_EXIT_USAGE;
}

static int compare_load_check_vmas(const struct compare_layout *l)
{
	uint64_t most = l->request ? HS_COMPARE_FAULTS : HS_COMPARE_PAGES;
	size_t i = hs_compare_find_excess(&l->layout, most);
	char what[96];

	if (i == l->layout.vma_count)
		return 0;
	snprintf(what, sizeof(what), "expected readable vmas of at most %llu pages altogether",
		 (unsigned long long)most);
	return compare_load_beyond(l, l->layout.vmas[i].line, "vma", what);
}

static int compare_load_check_removal(struct compare_tool *tool, const struct compare_layout *l)
{
	struct hs_removal_layout removal;
	uint64_t most = HS_REMOVAL_LAYOUT_POINTS / (tool->asked.sleep + 1), pages;
	char what[96];
	int ret = hs_removal_layout_init(&removal, &tool->mem, &l->layout, 0, 0);

	if (ret == -E2BIG) {
		snprintf(what, sizeof(what),
			 "--removal: expected it to be mapped in at most %llu pages in a row",
			 (unsigned long long)HS_REMOVAL_LAYOUT_MEMORY);
		return compare_load_beyond(l, l->layout.pgmaps[removal.index].line, "pgmap", what);
	}
	if (ret)
		return 0; /* the report says why there is no removal */
	pages = (l->layout.vmas[l->layout.vma_count - 1].end - l->layout.vmas[0].start) /
		HS_PAGE_BYTES;
	if (pages <= most)
		return 0;
	snprintf(what, sizeof(what), "--sleep=%u: expected at most %llu pages, found %llu",
		 tool->asked.sleep, (unsigned long long)most, (unsigned long long)pages);
	return compare_load_beyond(l, l->layout.line, "layout", what);
}

static int compare_load_check(struct compare_tool *tool, const struct compare_layout *l)
{
	int code = compare_load_check_vmas(l);

	return code || !tool->removal ? code : compare_load_check_removal(tool, l);
}

/* ---- all --------------------------------------------------------------------------------- */

static int compare_load_by_name(const void *a, const void *b)
{
	const struct compare_layout *const *x = a, *const *y = b;

	return strcmp((*x)->layout.name, (*y)->layout.name);
}

/* Names must differ, because figures are found by the names of their layouts. */
static int compare_load_check_names(struct compare_tool *tool)
{
	size_t count = tool->layout_count;
	const struct compare_layout **sorted;
	int code = 0;

	if (count < 2)
		return 0;
	sorted = hs_hostmem_zalloc(&tool->mem, count, sizeof(*sorted));
	if (!sorted)
		return hs_tool_no_memory("compare");
	for (size_t i = 0; i < count; i++)
		sorted[i] = &tool->layouts[i];
	qsort(sorted, count, sizeof(*sorted), compare_load_by_name);
	for (size_t i = 1; !code && i < count; i++)
		if (!compare_load_by_name(&sorted[i - 1], &sorted[i]))
			code = compare_load_layout_error(
				&sorted[i]->layout, "", "expected a name that no other layout has");
	hs_hostmem_free(&tool->mem, sorted);
	return code;
}

int hs_compare_load(struct compare_tool *tool)
{
	int code = 0;

	for (size_t i = 0; !code && i < tool->source_count; i++)
		code = tool->sources[i].builtin ? compare_load_builtin(tool, tool->sources[i].name)
						: compare_load_file(tool, tool->sources[i].name);
	if (!tool->source_count)
		for (size_t i = 0;
		     !code && i < sizeof(compare_load_standard) / sizeof(compare_load_standard[0]);
		     i++)
			code = compare_load_builtin(tool, compare_load_standard[i]);
	if (!code)
		code = compare_load_check_names(tool);
	for (size_t i = 0; !code && i < tool->layout_count; i++)
		code = compare_load_place_all(tool, &tool->layouts[i].layout);
	for (size_t i = 0; !code && i < tool->layout_count; i++)
		code = compare_load_check(tool, &tool->layouts[i]);
	return code ? code : hs_tool_check_devices("compare", &tool->devices);
}

void hs_compare_unload(struct compare_tool *tool)
{
	for (size_t i = 0; i < tool->layout_count; i++)
		hs_layout_free(&tool->mem, &tool->layouts[i].layout);
	hs_hostmem_free(&tool->mem, tool->layouts);
	hs_hostmem_free(&tool->mem, tool->sources);
	hs_hostmem_free(&tool->mem, tool->devices.of);
}
