/* SPDX-License-Identifier: MIT */
/*
 * removal_layout.c - chooses the pgmap that is removed, builds a run around it, unmaps it
 */
#include "run/removal_layout.h"

#include <errno.h>

/* ---- which ------------------------------------------------------------------------------- */

static bool removal_layout_is_devmap(const struct hs_space_map *map)
{
	return map->kind == HS_MAP_DEVRO || map->kind == HS_MAP_DEVRW;
}

static bool removal_layout_has_pages_of(const struct hs_space_map *map,
					const struct hs_space_pgmap *pgmap)
{
	return hs_map_has_pfn(map->kind) && map->pfn < pgmap->end &&
	       map->pfn + hs_space_map_pages(map) > pgmap->start;
}

static bool removal_layout_map_hits(const struct hs_space_map *map,
				    const struct hs_space_pgmap *pgmap)
{
	return removal_layout_is_devmap(map) && removal_layout_has_pages_of(map, pgmap);
}

/* Whether the pgmap is looked up at all, and then whether it is one that can be removed. */
static int removal_layout_judge(const struct hs_layout *layout, size_t i, size_t *found)
{
	const struct hs_space_pgmap *pgmap = &layout->pgmaps[i];

	if (pgmap->dead)
		return -ENODEV;
	if (i < *found && (pgmap->type == HS_PGMAP_FS_DAX || pgmap->type == HS_PGMAP_GENERIC))
		*found = i;
	return 0;
}

/* Finds the first pgmap that is mapped and can be removed; the count: none. */
static int removal_layout_find(const struct hs_layout *layout, size_t *found)
{
	int ret = 0;

	*found = layout->pgmap_count;
	for (size_t m = 0; !ret && m < layout->map_count; m++) {
		const struct hs_space_map *map = &layout->maps[m];

		if (!removal_layout_is_devmap(map))
			continue;
		for (size_t i = hs_layout_find_pgmap(layout, map->pfn);
		     !ret && i < layout->pgmap_count &&
		     removal_layout_has_pages_of(map, &layout->pgmaps[i]);
		     i++)
			ret = removal_layout_judge(layout, i, found);
	}
	return ret;
}

static uint64_t removal_layout_first_pfn(const struct hs_space_pgmap *pgmap)
{
	return pgmap->start & ~(HS_SPACE_SUBSECTION - 1);
}

static uint64_t removal_layout_end_pfn(const struct hs_space_pgmap *pgmap)
{
	return (pgmap->end + HS_SPACE_SUBSECTION - 1) & ~(HS_SPACE_SUBSECTION - 1);
}

/* pgmaps ascend. */
static bool removal_layout_is_alone(const struct hs_layout *layout, size_t i)
{
	const struct hs_space_pgmap *pgmap = &layout->pgmaps[i];

	return (!i || pgmap[-1].end <= removal_layout_first_pfn(pgmap)) &&
	       (i + 1 == layout->pgmap_count || pgmap[1].start >= removal_layout_end_pfn(pgmap));
}

/* The subsections from the first to the last of which an entry maps a page. */
static void removal_layout_find_memory(struct hs_removal_layout *r)
{
	const struct hs_space_pgmap *pgmap = &r->layout->pgmaps[r->index];
	uint64_t first = pgmap->end, end = pgmap->start;

	for (size_t m = 0; m < r->layout->map_count; m++) {
		const struct hs_space_map *map = &r->layout->maps[m];
		uint64_t high = map->pfn + hs_space_map_pages(map);

		if (!removal_layout_has_pages_of(map, pgmap))
			continue;
		first = map->pfn < first ? map->pfn : first;
		end = high > end ? high : end;
	}
	r->first = (first > pgmap->start ? first : pgmap->start) & ~(HS_SPACE_SUBSECTION - 1);
	r->end = ((end < pgmap->end ? end : pgmap->end) + HS_SPACE_SUBSECTION - 1) &
		 ~(HS_SPACE_SUBSECTION - 1);
}

int hs_removal_layout_init(struct hs_removal_layout *removal, struct hs_hostmem *mem,
			   const struct hs_layout *layout, uint64_t default_flags, uint64_t owner)
{
	size_t last = layout->vma_count - 1, found;
	int ret;

	*removal = (struct hs_removal_layout){
		.mem = mem,
		.layout = layout,
		.default_flags = default_flags,
		.owner = owner,
	};
	ret = removal_layout_find(layout, &found);
	if (ret)
		return ret;
	if (found == layout->pgmap_count)
		return -ENOENT;
	removal->index = found;
	if (!removal_layout_is_alone(layout, found))
		return -EEXIST;
	if ((layout->vmas[last].end - layout->vmas[0].start) / HS_PAGE_BYTES >
	    HS_REMOVAL_LAYOUT_PAGES)
		return -ERANGE;
	removal_layout_find_memory(removal);
	return removal->end - removal->first > HS_REMOVAL_LAYOUT_MEMORY ? -E2BIG : 0;
}

/* ---- the space of a run ------------------------------------------------------------------ */

static int removal_layout_make_pgmap(struct hs_task *self, const struct hs_removal_case *c,
				     const struct hs_removal_layout *r, struct hs_pgmap **out)
{
	const struct hs_space_pgmap *line = &r->layout->pgmaps[r->index];
	struct hs_pgmap_config config;

	hs_pgmap_config_init(&config, line->type, r->first, r->end);
	config.owner = hs_populate_owner(line->owner);
	config.page_refs = c->page_refs;
	config.atomic = c->atomic;
	config.removal_order = c->era == HS_ERA_5_3 ? HS_REMOVAL_ORDER_5_3 : HS_REMOVAL_ORDER_6_0;
	return hs_pgmap_create(self, &config, out);
}

static int removal_layout_build(struct hs_task *self, const struct hs_removal_case *c,
				struct hs_removal_space *space)
{
	struct hs_removal_layout *r = space->arg;
	const struct hs_layout *layout = r->layout;
	int ret = removal_layout_make_pgmap(self, c, r, &space->pgmap);

	if (!ret)
		ret = hs_populate_around(self, r->mem, layout, r->index, space->pgmap, &r->space);
	space->mm = r->space.mm;
	space->start = layout->vmas[0].start;
	space->end = layout->vmas[layout->vma_count - 1].end;
	space->default_flags = r->default_flags;
	space->owner = hs_populate_owner(r->owner);
	r->script = (struct hs_script){ .rules = &hs_no_fault_rules, .mem = r->mem };
	space->fault = &hs_script_ops;
	space->fault_arg = &r->script;
	space->fault_error = &r->script.error;
	return ret;
}

/* Clears entries of the pgmap only: a fault may have put another page there meanwhile. */
static void removal_layout_clear_map(struct hs_task *self, const struct hs_removal_layout *r,
				     const struct hs_space_map *map)
{
	const struct hs_space_pgmap *pgmap = &r->layout->pgmaps[r->index];
	uint64_t bytes = hs_map_pages(map->level) * HS_PAGE_BYTES;

	for (uint64_t i = 0; i < map->count; i++) {
		uint64_t addr = map->addr + i * bytes;
		uint64_t e = hs_pt_get(self, r->space.mm, addr, map->level);

		if (e & HS_ENTRY_DEVMAP && hs_entry_pfn(e) >= pgmap->start &&
		    hs_entry_pfn(e) < pgmap->end)
			hs_pt_set(self, r->space.mm, addr, map->level, 0);
	}
}

static void removal_layout_invalidate(struct hs_task *self, struct hs_removal_space *space)
{
	struct hs_removal_layout *r = space->arg;
	const struct hs_layout *layout = r->layout;
	struct hs_invalidation inv = {
		.start = space->start,
		.end = space->end,
		.event = HS_INVALIDATE_UNMAP,
		.blockable = true,
	};

	hs_invalidate_start(self, hs_mm_notifiers(space->mm), &inv);
	for (size_t i = 0; i < layout->map_count; i++)
		if (removal_layout_map_hits(&layout->maps[i], &layout->pgmaps[r->index]))
			removal_layout_clear_map(self, r, &layout->maps[i]);
	hs_invalidate_end(self, hs_mm_notifiers(space->mm), &inv);
}

static void removal_layout_unmap(struct hs_task *self, struct hs_removal_space *space)
{
	struct hs_removal_layout *r = space->arg;

	(void)self;
	if (r->space.layout) {
		hs_populate_put_left(&r->space);
		hs_populate_end(&r->space);
	}
	hs_hostmem_free(r->mem, r->script.log);
	r->script.log = NULL;
	r->script.log_count = 0;
}

const struct hs_removal_space_ops hs_removal_layout_ops = {
	.build = removal_layout_build,
	.invalidate = removal_layout_invalidate,
	.unmap = removal_layout_unmap,
};
