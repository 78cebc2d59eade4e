/* SPDX-License-Identifier: MIT */
/*
 * removal_layout.c - chooses the pgmap that is removed, builds a run around it, unmaps it
 */
#include "run/removal_layout.h"

#include <errno.h>

/* ---- which ------------------------------------------------------------------------------- */

static bool removal_layout_map_hits(const struct hs_space_map *map,
				    const struct hs_space_pgmap *pgmap)
{
	bool devmap = map->kind == HS_MAP_DEVRO || map->kind == HS_MAP_DEVRW;
	uint64_t end = map->pfn + map->count * hs_map_pages(map->level);

	return devmap && map->pfn < pgmap->end && end > pgmap->start;
}

static bool removal_layout_is_mapped(const struct hs_layout *layout,
				     const struct hs_space_pgmap *pgmap)
{
	for (size_t i = 0; i < layout->map_count; i++)
		if (removal_layout_map_hits(&layout->maps[i], pgmap))
			return true;
	return false;
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

int hs_removal_layout_init(struct hs_removal_layout *removal, struct hs_hostmem *mem,
			   const struct hs_layout *layout, uint64_t default_flags, uint64_t owner)
{
	size_t last = layout->vma_count - 1, found = layout->pgmap_count;

	*removal = (struct hs_removal_layout){
		.mem = mem,
		.layout = layout,
		.default_flags = default_flags,
		.owner = owner,
	};
	for (size_t i = layout->pgmap_count; i--;) {
		const struct hs_space_pgmap *pgmap = &layout->pgmaps[i];

		if (!removal_layout_is_mapped(layout, pgmap))
			continue;
		if (pgmap->dead)
			return -ENODEV;
		if (pgmap->type == HS_PGMAP_FS_DAX || pgmap->type == HS_PGMAP_GENERIC)
			found = i;
	}
	if (found == layout->pgmap_count)
		return -ENOENT;
	removal->index = found;
	if (!removal_layout_is_alone(layout, found))
		return -EEXIST;
	if ((layout->vmas[last].end - layout->vmas[0].start) / HS_PAGE_BYTES >
	    HS_REMOVAL_LAYOUT_PAGES)
		return -ERANGE;
	return 0;
}

/* ---- the space of a run ------------------------------------------------------------------ */

static int removal_layout_make_pgmap(struct hs_task *self, const struct hs_removal_case *c,
				     const struct hs_space_pgmap *line, struct hs_pgmap **out)
{
	struct hs_pgmap_config config;

	hs_pgmap_config_init(&config, line->type, removal_layout_first_pfn(line),
			     removal_layout_end_pfn(line));
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
	int ret = removal_layout_make_pgmap(self, c, &layout->pgmaps[r->index], &space->pgmap);

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
