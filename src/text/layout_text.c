/* SPDX-License-Identifier: MIT */
/*
 * layout_text.c - parses and prints layouts
 *
 * Each keyword has a function that checks its line, and that it ascends. What can only be checked
 * when the whole layout has been read is in layout_check.c.
 */
#include "text/layout.h"

#include <errno.h>
#include <inttypes.h>

static int layout_text_vma(struct hs_text *text, const struct hs_line *line,
			   struct hs_layout *layout)
{
	uint64_t low = layout->vma_count ? layout->vmas[layout->vma_count - 1].end : 0;
	const struct hs_word *name = &line->value[0];
	uint64_t start, end;
	uint32_t flags;
	int ret = hs_space_vma(text, line, low, &start, &end, &flags);

	if (ret)
		return ret;
	if (name->at && !name->length)
		return hs_text_expected(text, name, "name=TEXT");
	ret = hs_text_result(text, hs_layout_add_vma(text->mem, layout, start, end, flags, NULL));
	if (ret)
		return ret;
	layout->vmas[layout->vma_count - 1].line = text->number;
	if (!name->at)
		return 0;
	layout->vmas[layout->vma_count - 1].name = hs_text_copy(text, name);
	return layout->vmas[layout->vma_count - 1].name ? 0 : -ENOMEM;
}

/* Maps are joined after the check, because the check reports lines. */
static int layout_text_map(struct hs_text *text, const struct hs_line *line,
			   struct hs_layout *layout)
{
	size_t n = layout->map_count;
	struct hs_space_map map;
	int ret = hs_space_map(text, line, HS_PFN_END, &map);

	if (ret)
		return ret;
	if (n && map.addr < hs_space_map_end(&layout->maps[n - 1]))
		return hs_text_expected(text, &line->word[0],
					"ADDR at or above the end of the map before");
	ret = hs_layout_append_map(text->mem, layout, &map);
	return hs_layout_result(text, text->number, "map", ret);
}

static int layout_text_pgmap(struct hs_text *text, const struct hs_line *line,
			     struct hs_layout *layout)
{
	size_t n = layout->pgmap_count;
	struct hs_space_pgmap pgmap;
	int ret = hs_space_pgmap(text, line, HS_PFN_END, &pgmap);

	if (ret)
		return ret;
	if (n && pgmap.start < layout->pgmaps[n - 1].end)
		return hs_text_expected(text, &line->word[0],
					"START_PFN at or above the END_PFN of the pgmap before");
	ret = hs_layout_add_pgmap(text->mem, layout, &pgmap);
	return hs_layout_result(text, text->number, "pgmap", ret);
}

static int layout_text_begin(struct hs_text *text, const struct hs_line *line,
			     struct hs_layout *layout)
{
	if (line->id == HS_KEYWORD_RACE)
		return hs_text_error(text, text->number, text->keyword,
				     "expected a layout; hmmsim explore reads races");
	if (line->id == HS_KEYWORD_CLAIM)
		return hs_text_error(text, text->number, text->keyword,
				     "expected a layout; hmmsim claims has the claims");
	if (line->id != HS_KEYWORD_LAYOUT)
		return hs_text_error(text, text->number, text->keyword,
				     "expected layout NAME first");
	layout->line = text->number;
	layout->name = hs_text_copy(text, &line->word[0]);
	return layout->name ? 0 : -ENOMEM;
}

static int layout_text_line(struct hs_text *text, const struct hs_line *line,
			    struct hs_layout *layout)
{
	if (!layout->name)
		return layout_text_begin(text, line, layout);
	switch (line->id) {
	case HS_KEYWORD_VMA:
		return layout_text_vma(text, line, layout);
	case HS_KEYWORD_MAP:
		return layout_text_map(text, line, layout);
	case HS_KEYWORD_MIGRATE:
		return hs_layout_parse_migrate(text, line, layout);
	case HS_KEYWORD_EVICT:
		return hs_layout_parse_evict(text, line, layout);
	default:
		return layout_text_pgmap(text, line, layout);
	}
}

static int layout_text_lines(struct hs_text *text, struct hs_layout *layout)
{
	struct hs_line line;
	int ret;

	while ((ret = hs_text_next(text, &line)) == 1) {
		if (layout->name && hs_keyword_begins(line.id)) {
			hs_text_unread(text);
			return 0;
		}
		ret = layout_text_line(text, &line, layout);
		if (ret)
			return ret;
	}
	return ret;
}

int hs_layout_parse(struct hs_text *text, struct hs_layout *out)
{
	int ret;

	*out = (struct hs_layout){ .name = NULL };
	ret = layout_text_lines(text, out);
	if (!ret && !out->name)
		return 0;
	if (!ret)
		ret = hs_layout_check(text, out);
	if (ret) {
		hs_layout_free(text->mem, out);
		return ret;
	}
	hs_layout_merge(out);
	return 1;
}

/* pgmaps, then each VMA with its maps, then what moves. */
void hs_layout_print(const struct hs_layout *layout, struct hs_out *out)
{
	size_t m = 0;

	hs_out_text(out, "layout ");
	hs_out_text(out, layout->name);
	hs_out_char(out, '\n');
	for (size_t i = 0; i < layout->pgmap_count; i++)
		hs_space_print_pgmap(&layout->pgmaps[i], out);
	for (size_t i = 0; i < layout->vma_count; i++) {
		const struct hs_layout_vma *vma = &layout->vmas[i];

		hs_space_print_vma(vma->start, vma->end, vma->flags, vma->name, out);
		while (m < layout->map_count && layout->maps[m].addr < vma->end)
			hs_space_print_map(&layout->maps[m++], out);
	}
	for (size_t i = 0; i < layout->move_count; i++) {
		hs_layout_print_move(&layout->moves[i], out);
		hs_out_char(out, '\n');
	}
}
