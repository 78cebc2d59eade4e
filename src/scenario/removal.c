/* SPDX-License-Identifier: MIT */
#include "scenario/removal.h"

#include <errno.h>
#include <stdio.h>

#include "scenario/grid.h"

#define SUBSECTION ((uint64_t)512)

/* ---- which ------------------------------------------------------------------------------- */

static bool is_of(const struct hs_space_map *map, const struct hs_space_pgmap *pgmap)
{
	bool devmap = map->kind == HS_MAP_DEVRO || map->kind == HS_MAP_DEVRW;
	uint64_t end = map->pfn + map->count * hs_map_pages(map->level);

	return devmap && map->pfn < pgmap->end && end > pgmap->start;
}

static bool is_mapped(const struct hs_layout *layout, const struct hs_space_pgmap *pgmap)
{
	for (size_t i = 0; i < layout->map_count; i++)
		if (is_of(&layout->maps[i], pgmap))
			return true;
	return false;
}

int hs_removal_init(struct hs_removal *removal, struct hs_hostmem *mem,
		    const struct hs_layout *layout, enum hs_compare_request request)
{
	size_t last = layout->vma_count - 1;
	bool found = false;

	*removal = (struct hs_removal){ .mem = mem, .layout = layout, .request = request };
	for (size_t i = layout->pgmap_count; layout->vma_count && i--;) {
		const struct hs_space_pgmap *pgmap = &layout->pgmaps[i];

		if (pgmap->dead)
			return -ENOENT;
		if ((pgmap->type != HS_PGMAP_FS_DAX && pgmap->type != HS_PGMAP_GENERIC) ||
		    !is_mapped(layout, pgmap))
			continue;
		removal->index = i;
		found = true;
	}
	if (!found)
		return -ENOENT;
	if ((layout->vmas[last].end - layout->vmas[0].start) / HS_PAGE_BYTES > HS_REMOVAL_PAGES)
		return -ERANGE;
	return 0;
}

/* ---- the space of a play ----------------------------------------------------------------- */

static int make_pgmap(struct hs_task *self, const struct hs_teardown_case *c,
		      const struct hs_space_pgmap *line, struct hs_pgmap **out)
{
	struct hs_pgmap_config config;

	hs_pgmap_config_init(&config, line->type, line->start & ~(SUBSECTION - 1),
			     (line->end + SUBSECTION - 1) & ~(SUBSECTION - 1));
	config.owner = hs_populate_owner(line->owner);
	config.page_refs = c->page_refs;
	config.atomic = c->atomic;
	config.teardown = c->era == HS_ERA_5_3 ? HS_TEARDOWN_5_3 : HS_TEARDOWN_6_0;
	return hs_pgmap_create(self, &config, out);
}

static int build(struct hs_task *self, const struct hs_teardown_case *c,
		 struct hs_teardown_space *space)
{
	static const uint64_t flags[HS_REQUEST_COUNT] = {
		[HS_REQUEST_READ] = HS_PFN_VALID,
		[HS_REQUEST_WRITE] = HS_PFN_VALID | HS_PFN_WRITE,
	};
	struct hs_removal *r = space->arg;
	const struct hs_layout *layout = r->layout;
	int ret = make_pgmap(self, c, &layout->pgmaps[r->index], &space->pgmap);

	if (!ret)
		ret = hs_populate_around(self, r->mem, layout, r->index, space->pgmap, &r->space);
	space->mm = r->space.mm;
	space->start = layout->vmas[0].start;
	space->end = layout->vmas[layout->vma_count - 1].end;
	space->default_flags = flags[r->request];
	r->script = (struct hs_script){ .scenario = &r->rules, .mem = r->mem };
	space->fault = &hs_script_ops;
	space->fault_arg = &r->script;
	return ret;
}

/* Entries of the pgmap; what a fault has put there meanwhile stays. */
static void clear_map(struct hs_task *self, const struct hs_removal *r,
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

static void invalidate(struct hs_task *self, struct hs_teardown_space *space)
{
	struct hs_removal *r = space->arg;
	const struct hs_layout *layout = r->layout;
	struct hs_invalidation inv = {
		.start = space->start,
		.end = space->end,
		.event = HS_INVALIDATE_UNMAP,
		.blockable = true,
	};

	hs_invalidate_start(self, hs_mm_notifiers(space->mm), &inv);
	for (size_t i = 0; i < layout->map_count; i++)
		if (is_of(&layout->maps[i], &layout->pgmaps[r->index]))
			clear_map(self, r, &layout->maps[i]);
	hs_invalidate_end(self, hs_mm_notifiers(space->mm), &inv);
}

static void unmap(struct hs_task *self, struct hs_teardown_space *space)
{
	struct hs_removal *r = space->arg;

	(void)self;
	if (r->space.layout) {
		hs_populate_put_left(&r->space);
		hs_populate_end(&r->space);
	}
	hs_hostmem_free(r->mem, r->script.log);
	r->script.log = NULL;
	r->script.log_count = 0;
}

const struct hs_teardown_space_ops hs_removal_ops = {
	.build = build,
	.invalidate = invalidate,
	.unmap = unmap,
};

/* ---- the table --------------------------------------------------------------------------- */

static void print_head(const struct hs_report_asked *asked, struct hs_out *cells)
{
	static const char *const names[] = { "walker", "strategy", "removal", "plays",
					     "inside", "pages",	   "tables",  "faults",
					     "waits",  "rcu",	   "grace",   "vain",
					     "leaked", "answer",   "verdict", "at" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		hs_cell_text(cells, names[i]);
	for (unsigned int i = 0; i < asked->profile_count; i++)
		hs_cell_text(cells, asked->profiles[i]->name);
	hs_out_char(cells, '\n');
}

static void print_row(const struct hs_report_asked *asked, const struct hs_teardown_case *c,
		      const struct hs_teardown_worst *w, struct hs_out *cells)
{
	const struct hs_teardown_held *held = &w->held[HS_HELD_REF];
	char text[64];

	hs_cell_text(cells, hs_era_name(c->era));
	hs_cell_text(cells, hs_strategy_name(c->strategy));
	hs_cell_text(cells, hs_removal_order_name(c->order));
	hs_cell_number(cells, w->plays);
	hs_cell_number(cells, w->inside);
	hs_cell_number(cells, held->pages);
	hs_cell_number(cells, held->tables);
	hs_cell_number(cells, held->faults);
	hs_cell_number(cells, held->waits);
	hs_cell_number(cells, w->held[HS_HELD_RCU].pages);
	hs_cell_number(cells, w->grace_periods);
	hs_cell_number(cells, w->vain);
	hs_cell_number(cells, w->leaked);
	hs_out_signed(cells, w->at.ret);
	hs_out_char(cells, '\t');
	hs_cell_text(cells, hs_teardown_verdict_name(w->verdict));
	snprintf(text, sizeof(text), "%s:%llu", hs_teardown_point_name(w->start.at),
		 (unsigned long long)w->start.number);
	hs_cell_text(cells, text);
	for (unsigned int i = 0; i < asked->profile_count; i++)
		hs_cell_quotient(cells, hs_compare_ps(&w->at.cost, asked->profiles[i]),
				 c->era == HS_ERA_6_12 ? 1000 : 0);
	hs_out_char(cells, '\n');
}

static int print_rows(const struct hs_report_asked *asked, struct hs_removal *r,
		      struct hs_out *cells)
{
	const int rows = HS_ERA_COUNT * HS_REMOVAL_NEVER * HS_STRATEGY_CUSTOM;
	int ret = 0;

	for (int i = 0; !ret && i < rows; i++) {
		struct hs_teardown_case c;
		struct hs_teardown_worst worst;

		hs_teardown_case_init(
			&c, (enum hs_era)(HS_ERA_6_12 - i / HS_STRATEGY_CUSTOM / HS_REMOVAL_NEVER));
		c.order = (enum hs_removal_order)(i / HS_STRATEGY_CUSTOM % HS_REMOVAL_NEVER);
		c.strategy = (enum hs_strategy)(i % HS_STRATEGY_CUSTOM);
		c.space = &hs_removal_ops;
		c.space_arg = r;
		c.sleep = asked->sleep;
		c.atomic = asked->atomic;
		if (!asked->eras[c.era] || !asked->strategies[c.strategy])
			continue;
		ret = hs_teardown_worst(r->mem, &c, 0, &worst);
		if (!ret)
			print_row(asked, &c, &worst, cells);
	}
	return ret;
}

static void print_title(const struct hs_report_asked *asked, struct hs_out *out)
{
	char text[64];

	hs_out_text(out, "\nits device memory is removed meanwhile");
	if (asked->sleep) {
		snprintf(text, sizeof(text), ", faults and waits sleep for %u points",
			 asked->sleep);
		hs_out_text(out, text);
	}
	if (asked->atomic)
		hs_out_text(out, ", its reference is atomic");
	hs_out_text(out, "; the worst start, and how long the drain waits: in ns\n");
}

int hs_removal_print(const struct hs_report_asked *asked, const struct hs_layout *layout,
		     const struct hs_compare_setting *setting, struct hs_out *out)
{
	struct hs_out cells = { .mem = setting->mem };
	struct hs_removal removal;
	int ret = hs_removal_init(&removal, setting->mem, layout, setting->request);

	if (ret) {
		hs_out_text(out, ret == -ENOENT
					 ? "\nno removal: no walk looks up a pgmap that is alive\n"
					 : "\nno removal: the range has more than 65536 pages\n");
		return 0;
	}
	print_head(asked, &cells);
	ret = print_rows(asked, &removal, &cells);
	print_title(asked, out);
	hs_grid_print(&cells, 3, asked->bold, out);
	hs_out_free(&cells);
	return ret;
}
