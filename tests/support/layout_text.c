/* SPDX-License-Identifier: MIT */
#include "text/builtin.h"
#include "support/layout_text.h"
#include "support/test.h"

static bool names_equal(const char *a, const char *b)
{
	return !a == !b && (!a || !strcmp(a, b));
}

static bool maps_equal(const struct hs_space_map *a, const struct hs_space_map *b)
{
	return a->addr == b->addr && a->pfn == b->pfn && a->count == b->count &&
	       a->owner == b->owner && a->kind == b->kind && a->level == b->level && a->of == b->of;
}

static bool pgmaps_equal(const struct hs_space_pgmap *a, const struct hs_space_pgmap *b)
{
	return a->start == b->start && a->end == b->end && a->type == b->type &&
	       a->owner == b->owner && a->dead == b->dead;
}

static bool moves_equal(const struct hs_layout_move *a, const struct hs_layout_move *b)
{
	return a->kind == b->kind && a->start == b->start && a->end == b->end &&
	       a->pgmap == b->pgmap;
}

bool layouts_equal(const struct hs_layout *a, const struct hs_layout *b)
{
	if (strcmp(a->name, b->name) || a->vma_count != b->vma_count ||
	    a->map_count != b->map_count || a->pgmap_count != b->pgmap_count ||
	    a->move_count != b->move_count)
		return false;
	for (size_t i = 0; i < a->vma_count; i++)
		if (a->vmas[i].start != b->vmas[i].start || a->vmas[i].end != b->vmas[i].end ||
		    a->vmas[i].flags != b->vmas[i].flags ||
		    !names_equal(a->vmas[i].name, b->vmas[i].name))
			return false;
	for (size_t i = 0; i < a->map_count; i++)
		if (!maps_equal(&a->maps[i], &b->maps[i]))
			return false;
	for (size_t i = 0; i < a->pgmap_count; i++)
		if (!pgmaps_equal(&a->pgmaps[i], &b->pgmaps[i]))
			return false;
	for (size_t i = 0; i < a->move_count; i++)
		if (!moves_equal(&a->moves[i], &b->moves[i]))
			return false;
	return true;
}

int layout_parse(struct hs_hostmem *mem, const char *string, struct hs_layout *out,
		 char error[1024])
{
	struct hs_text text;
	int ret;

	hs_text_init(&text, mem, "x.in", string, strlen(string));
	ret = hs_layout_parse(&text, out);
	memcpy(error, text.error, sizeof(text.error));
	return ret;
}

void layout_print(struct hs_hostmem *mem, const struct hs_layout *layout, struct hs_out *out)
{
	*out = (struct hs_out){ .mem = mem };
	hs_out_text(out, HS_TEXT_FIRST_LINE);
	hs_layout_print(layout, out);
	hs_out_char(out, '\0');
	assert_false(out->failed);
}

void layout_round_trip(struct hs_hostmem *mem, const struct hs_layout *layout)
{
	struct hs_out first, second;
	struct hs_layout again;
	char error[1024];

	layout_print(mem, layout, &first);
	if (layout_parse(mem, first.bytes, &again, error) != 1)
		fail_msg("%s: %s", layout->name, error);
	assert_true(layouts_equal(layout, &again));
	layout_print(mem, &again, &second);
	assert_string_equal(first.bytes, second.bytes);
	hs_out_free(&first);
	hs_out_free(&second);
	hs_layout_free(mem, &again);
}

uint64_t layout_pages(const struct hs_layout *layout, enum hs_map_kind kind)
{
	uint64_t pages = 0;

	for (size_t i = 0; i < layout->map_count; i++)
		if (layout->maps[i].kind == kind)
			pages += layout->maps[i].count * hs_map_pages(layout->maps[i].level);
	return pages;
}

void layout_builtin(struct hs_hostmem *mem, const char *name, uint64_t bytes, struct hs_layout *out)
{
	assert_int_equal(hs_builtin_make(mem, name, bytes, out), 0);
}

void layout_must_parse(struct hs_hostmem *mem, const char *string, struct hs_layout *out)
{
	char error[1024];

	if (layout_parse(mem, string, out, error) != 1)
		fail_msg("%s", error);
}
