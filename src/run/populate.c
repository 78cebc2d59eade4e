/* SPDX-License-Identifier: MIT */
#include "run/populate.h"

#include <errno.h>

#include <hmmsim/page.h>

static int add_vmas(struct hs_populated *p)
{
	const struct hs_layout *layout = p->layout;
	int ret = 0;

	hs_mm_lock_write(p->self, p->mm);
	for (size_t i = 0; !ret && i < layout->vma_count; i++)
		ret = hs_vma_add(p->self, p->mm, layout->vmas[i].start, layout->vmas[i].end,
				 layout->vmas[i].flags);
	hs_mm_unlock_write(p->self, p->mm);
	return ret;
}

static int add_pgmaps(struct hs_populated *p, struct hs_pgmap *given)
{
	const struct hs_layout *layout = p->layout;

	if (!layout->pgmap_count)
		return 0;
	p->pgmaps = hs_hostmem_zalloc(p->mem, layout->pgmap_count, sizeof(*p->pgmaps));
	if (!p->pgmaps)
		return -ENOMEM;
	for (size_t i = 0; i < layout->pgmap_count; i++) {
		const struct hs_space_pgmap *line = &layout->pgmaps[i];
		int ret = 0;

		if (i == p->given)
			p->pgmaps[i] = given;
		else
			ret = hs_pgmap_add(p->self, line->type, line->start, line->end,
					   hs_populate_owner(line->owner), &p->pgmaps[i]);
		if (ret)
			return ret;
		p->pgmap_count++;
		if (line->dead && i != p->given)
			hs_pgmap_kill(p->self, p->pgmaps[i]);
	}
	return 0;
}

/* The walker of v6.12 asks the struct page of such a page whose it is. */
static int make_page(struct hs_populated *p, uint64_t pfn)
{
	size_t i = hs_layout_find_pgmap(p->layout, pfn);

	return hs_page_init_device(p->self, pfn, p->pgmaps[i]);
}

static int add_map(struct hs_populated *p, const struct hs_space_map *map)
{
	uint64_t pages = hs_map_pages(map->level), addr = map->addr, pfn = map->pfn;
	bool is_private = hs_map_is_private(map->kind);
	int ret = 0;

	for (uint64_t i = 0; !ret && i < map->count; i++) {
		if (is_private)
			ret = make_page(p, pfn);
		if (!ret && map->kind == HS_MAP_TBL)
			ret = hs_pt_make(p->self, p->mm, addr, map->level);
		else if (!ret)
			ret = hs_pt_set(p->self, p->mm, addr, map->level,
					hs_map_entry(map->kind, map->level, pfn));
		addr += pages * HS_PAGE_BYTES;
		pfn += pages;
	}
	return ret;
}

int hs_populate(struct hs_task *self, struct hs_hostmem *mem, const struct hs_layout *layout,
		struct hs_populated *out)
{
	return hs_populate_around(self, mem, layout, SIZE_MAX, NULL, out);
}

int hs_populate_around(struct hs_task *self, struct hs_hostmem *mem, const struct hs_layout *layout,
		       size_t given, struct hs_pgmap *pgmap, struct hs_populated *out)
{
	int ret;

	*out = (struct hs_populated){ .layout = layout, .mem = mem, .self = self, .given = given };
	ret = hs_mm_create(self, hs_geometry(HS_GEOMETRY_X86_64), &out->mm);
	if (!ret)
		ret = add_vmas(out);
	if (!ret)
		ret = add_pgmaps(out, pgmap);
	for (size_t i = 0; !ret && i < layout->map_count; i++)
		ret = add_map(out, &layout->maps[i]);
	return ret;
}

uint64_t hs_populate_put_left(struct hs_populated *p)
{
	uint64_t left = 0;

	for (size_t i = 0; i < p->pgmap_count; i++) {
		int64_t refs = p->layout->pgmaps[i].dead ? 0 : hs_pgmap_refs(p->self, p->pgmaps[i]);

		for (int64_t n = 0; n < refs; n++)
			hs_pgmap_put(p->self, p->pgmaps[i]);
		left += (uint64_t)refs;
	}
	return left;
}

void hs_populate_end(struct hs_populated *p)
{
	if (p->mm)
		hs_mm_destroy(p->self, p->mm);
	while (p->pgmap_count--)
		if (p->pgmap_count != p->given)
			hs_pgmap_remove(p->self, p->pgmaps[p->pgmap_count]);
	hs_hostmem_free(p->mem, p->pgmaps);
	*p = (struct hs_populated){ .layout = NULL };
}
