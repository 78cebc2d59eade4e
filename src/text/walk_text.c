/* SPDX-License-Identifier: MIT */
/*
 * walk_text.c - parses the walk dialect
 *
 * Each keyword has a function that checks its line alone. What can only be checked when the whole
 * scenario has been read is in walk_check.c.
 */
#include "text/walk_text.h"

#include <errno.h>

#include <hmmsim/walk.h>

struct parser {
	struct hs_text *text;
	struct hs_walk_scenario *s;
	const struct hs_line *line;
	uint32_t seen; /* keywords met so far, one bit each */
};

static const struct hs_word *walk_text_word(const struct parser *p, unsigned int i)
{
	return &p->line->word[i];
}

static int walk_text_error(struct parser *p, const char *sentence)
{
	return hs_text_error(p->text, p->text->number, p->text->keyword, "%s", sentence);
}

/* @array with room for one more element; it may have moved. NULL: no memory. */
static void *walk_text_grow(struct parser *p, void *array, size_t count, size_t size)
{
	void *more = hs_hostmem_grow(p->text->mem, array, count, size);

	if (!more)
		hs_text_no_memory(p->text);
	return more;
}

/* ---- words ------------------------------------------------------------------------------- */

static int walk_text_take_action(struct parser *p, unsigned int i, enum hs_fault_action *action)
{
	unsigned int index = 0;
	int ret = hs_text_name(p->text, walk_text_word(p, i), hs_action_names, HS_ACTION_COUNT,
			       "ok, okrw, zero, thp, noop, sigbus, oom, hwpoison, retry, completed "
			       "or inval",
			       &index);

	*action = (enum hs_fault_action)index;
	return ret;
}

static uint64_t walk_text_flag(char letter)
{
	switch (letter) {
	case 'F':
		return HS_PFN_VALID;
	case 'W':
		return HS_PFN_WRITE;
	case 'E':
		return HS_PFN_ERROR;
	default:
		return 0;
	}
}

/* Word @i is all, a number, or letters. */
static int walk_text_take_flags(struct parser *p, unsigned int i, struct hs_walk_flags *flags)
{
	const struct hs_word *w = walk_text_word(p, i);

	*flags = (struct hs_walk_flags){ 0, false };
	if (hs_word_is(w, "all")) {
		flags->bits = UINT64_MAX;
		return 0;
	}
	if (hs_word_number(w, &flags->bits))
		return 0;
	for (size_t c = 0; c < w->length; c++) {
		uint64_t flag = walk_text_flag(w->at[c]);
		bool device = w->at[c] == 'D';

		if ((!flag && !device) || flags->bits & flag || (device && flags->device))
			return hs_text_expected(p->text, w,
						"0, all, a number or letters of FWED, each once");
		flags->bits |= flag;
		flags->device |= device;
	}
	return 0;
}

/* ---- address space ----------------------------------------------------------------------- */

static int walk_text_vma(struct parser *p)
{
	struct hs_layout *l = &p->s->layout;
	uint64_t low = l->vma_count ? l->vmas[l->vma_count - 1].end : 0, start, end;
	uint32_t flags;
	int ret = hs_space_vma(p->text, p->line, low, &start, &end, &flags);

	if (ret)
		return ret;
	return hs_text_result(p->text, hs_layout_add_vma(p->text->mem, l, start, end, flags, NULL));
}

static int walk_text_map(struct parser *p)
{
	struct hs_space_map map;
	int ret = hs_space_map(p->text, p->line, HS_WALK_PFN_END, &map);

	if (ret)
		return ret;
	ret = hs_layout_append_map(p->text->mem, &p->s->layout, &map);
	return hs_layout_result(p->text, p->text->number, "map", ret);
}

static int walk_text_pgmap(struct parser *p)
{
	struct hs_space_pgmap pgmap;
	int ret = hs_space_pgmap(p->text, p->line, HS_WALK_PFN_END, &pgmap);

	if (ret)
		return ret;
	ret = hs_layout_add_pgmap(p->text->mem, &p->s->layout, &pgmap);
	return hs_layout_result(p->text, p->text->number, "pgmap", ret);
}

/* ---- fault rules and checks -------------------------------------------------------------- */

static int walk_text_fault(struct parser *p)
{
	return walk_text_take_action(p, 0, &p->s->rules.action);
}

static int walk_text_add_rule(struct parser *p, struct hs_fault_rule **rules, size_t *count,
			      uint64_t key)
{
	struct hs_fault_rule rule = { .key = key, .line = p->text->number }, *more;
	int ret = walk_text_take_action(p, 1, &rule.action);

	if (ret)
		return ret;
	more = walk_text_grow(p, *rules, *count, sizeof(*more));
	if (!more)
		return -ENOMEM;
	*rules = more;
	more[(*count)++] = rule;
	return 0;
}

static int walk_text_faultn(struct parser *p)
{
	uint64_t n;
	int ret = hs_text_number(p->text, walk_text_word(p, 0), 1, UINT64_MAX, 1,
				 "N, a number from 1", &n);

	return ret ? ret
		   : walk_text_add_rule(p, &p->s->rules.by_call, &p->s->rules.by_call_count, n);
}

static int walk_text_faultat(struct parser *p)
{
	uint64_t addr;
	int ret = hs_space_address(p->text, walk_text_word(p, 0), "ADDR", HS_PAGE_BYTES, &addr);

	return ret ? ret
		   : walk_text_add_rule(p, &p->s->rules.by_addr, &p->s->rules.by_addr_count, addr);
}

static int walk_text_migwait(struct parser *p)
{
	static const char *const names[] = { "done", "stay" };
	unsigned int index = 0;
	int ret = hs_text_name(p->text, walk_text_word(p, 0), names, 2, "done or stay", &index);

	p->s->rules.migration_stays = index == 1;
	return ret;
}

static int walk_text_retry_at(struct parser *p)
{
	return hs_text_number(p->text, walk_text_word(p, 0), 1, UINT64_MAX, 1, "K, a number from 1",
			      &p->s->retry_at);
}

static int walk_text_maxwalks(struct parser *p)
{
	p->s->maxwalks_line = p->text->number;
	return hs_text_number(p->text, walk_text_word(p, 0), 0, HS_WALK_MAXWALKS_MAX, 1,
			      "N, a number up to 1048576", &p->s->maxwalks);
}

/* ---- the request ------------------------------------------------------------------------- */

static int walk_text_req(struct parser *p)
{
	struct hs_walk_req *req = &p->s->req;
	uint64_t high = HS_WALK_PAGES_MAX * HS_PAGE_BYTES;
	int ret = hs_space_address(p->text, walk_text_word(p, 0), "START", HS_PAGE_BYTES,
				   &req->start);

	if (high > HS_SPACE_ADDR_END - req->start)
		high = HS_SPACE_ADDR_END - req->start;
	if (!ret)
		ret = hs_space_end(p->text, walk_text_word(p, 1), req->start, req->start + high,
				   &req->end);
	if (!ret)
		ret = walk_text_take_flags(p, 2, &req->defaults);
	if (!ret)
		ret = walk_text_take_flags(p, 3, &req->mask);
	if (!ret)
		ret = hs_text_number(p->text, walk_text_word(p, 4), 0, UINT64_MAX, 1,
				     "OWNER, a number", &req->owner);
	return ret;
}

static int walk_text_in(struct parser *p)
{
	struct hs_walk_in in = { .line = p->text->number }, *ins;
	struct hs_walk_scenario *s = p->s;
	int ret = hs_text_number(p->text, walk_text_word(p, 0), 0, UINT64_MAX, 1, "IDX, a number",
				 &in.index);

	if (!ret)
		ret = hs_text_number(p->text, walk_text_word(p, 1), 1, UINT64_MAX, 1,
				     "COUNT, a number from 1", &in.count);
	if (!ret)
		ret = walk_text_take_flags(p, 2, &in.flags);
	if (ret)
		return ret;
	ins = walk_text_grow(p, s->ins, s->in_count, sizeof(*ins));
	if (!ins)
		return -ENOMEM;
	s->ins = ins;
	s->ins[s->in_count++] = in;
	return 0;
}

static int walk_text_mode(struct parser *p)
{
	static const char *const names[] = { "fault", "snapshot" };
	unsigned int index = 0;
	int ret =
		hs_text_name(p->text, walk_text_word(p, 0), names, 2, "fault or snapshot", &index);

	p->s->snapshot = index == 1;
	return ret;
}

/* ---- scenario to run --------------------------------------------------------------------- */

static int walk_text_run(struct parser *p)
{
	if (!(p->seen >> HS_KEYWORD_REQ & 1))
		return walk_text_error(p, "expected a req line before it");
	hs_fault_rules_sort(&p->s->rules);
	return hs_walk_check(p->text, p->s);
}

static int (*const walk_text_handlers[HS_KEYWORD_COUNT])(struct parser *p) = {
	[HS_KEYWORD_VMA] = walk_text_vma,
	[HS_KEYWORD_MAP] = walk_text_map,
	[HS_KEYWORD_PGMAP] = walk_text_pgmap,
	[HS_KEYWORD_FAULT] = walk_text_fault,
	[HS_KEYWORD_FAULTN] = walk_text_faultn,
	[HS_KEYWORD_FAULTAT] = walk_text_faultat,
	[HS_KEYWORD_MIGWAIT] = walk_text_migwait,
	[HS_KEYWORD_RETRY_AT] = walk_text_retry_at,
	[HS_KEYWORD_MAXWALKS] = walk_text_maxwalks,
	[HS_KEYWORD_REQ] = walk_text_req,
	[HS_KEYWORD_IN] = walk_text_in,
	[HS_KEYWORD_MODE] = walk_text_mode,
	[HS_KEYWORD_RUN] = walk_text_run,
};

/* Keywords that a scenario has at most once. */
#define WALK_TEXT_ONCE                                                                   \
	(1u << HS_KEYWORD_FAULT | 1u << HS_KEYWORD_MIGWAIT | 1u << HS_KEYWORD_RETRY_AT | \
	 1u << HS_KEYWORD_MAXWALKS | 1u << HS_KEYWORD_REQ | 1u << HS_KEYWORD_MODE)

static int walk_text_scenario(struct parser *p)
{
	if (p->line->id == HS_KEYWORD_RACE)
		return walk_text_error(p, "expected a scenario; hmmsim explore reads races");
	if (p->line->id != HS_KEYWORD_SCENARIO)
		return walk_text_error(p, "expected scenario NAME first");
	p->s->layout.line = p->text->number;
	p->s->layout.name = hs_text_copy(p->text, walk_text_word(p, 0));
	return p->s->layout.name ? 0 : -ENOMEM;
}

static int walk_text_line(struct parser *p)
{
	uint32_t bit = 1u << p->line->id;

	if (!p->s->layout.name)
		return walk_text_scenario(p);
	if (hs_keyword_begins(p->line->id))
		return walk_text_error(p, "expected run before the next scenario");
	if (!walk_text_handlers[p->line->id])
		return walk_text_error(p, "expected outside a scenario");
	if (p->seen & WALK_TEXT_ONCE & bit)
		return walk_text_error(p, "expected once in a scenario, found again");
	p->seen |= bit;
	return walk_text_handlers[p->line->id](p);
}

static int walk_text_lines(struct parser *p)
{
	struct hs_line line = { .words = 0 };
	int ret;

	p->line = &line;
	while ((ret = hs_text_next(p->text, &line)) == 1) {
		ret = walk_text_line(p);
		if (ret)
			return ret;
		if (line.id == HS_KEYWORD_RUN)
			return 1;
	}
	if (!ret && p->s->layout.name)
		return hs_text_error(p->text, p->text->number, NULL,
				     "expected run before the end of the text");
	return ret;
}

int hs_walk_parse(struct hs_text *text, struct hs_walk_scenario *out)
{
	struct parser p = { .text = text, .s = out };
	int ret;

	*out = (struct hs_walk_scenario){
		.layout.overlaps = true,
		.maxwalks = HS_WALK_MAXWALKS,
	};
	ret = hs_text_seek(text, HS_KEYWORD_SCENARIO);
	if (ret == 1)
		ret = walk_text_lines(&p);
	if (ret != 1)
		hs_walk_free(text->mem, out);
	return ret;
}

void hs_walk_free(struct hs_hostmem *mem, struct hs_walk_scenario *s)
{
	hs_layout_free(mem, &s->layout);
	hs_fault_rules_free(mem, &s->rules);
	hs_hostmem_free(mem, s->ins);
	*s = (struct hs_walk_scenario){ .ins = NULL };
}
