/* SPDX-License-Identifier: MIT */
/*
 * populate.c - makes VMAs, pgmaps and page table entries of a layout, and takes them down
 */
#include "run/populate.h"

#include <errno.h>

#include <hmmsim/page.h>

#include "text/walk_text.h"

static int populate_vmas(struct hs_populated *p)
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

/* ---- device memory ----------------------------------------------------------------------- */

/* Whether pgmap @i is the caller's. */
static bool populate_is_theirs(const struct hs_populated *p, size_t i)
{
	struct hs_pgmap *pgmap;

	return i == p->given || (p->ops && p->ops->owns(p->ops_arg, i, &pgmap));
}

static int populate_pgmaps(struct hs_populated *p, struct hs_pgmap *given)
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
		else if (!p->ops || !p->ops->owns(p->ops_arg, i, &p->pgmaps[i]))
			ret = hs_pgmap_add(p->self, line->type, line->start, line->end,
					   hs_populate_owner(line->owner), &p->pgmaps[i]);
		if (ret)
			return ret;
		p->pgmap_count++;
		if (line->dead && !populate_is_theirs(p, i))
			hs_pgmap_kill(p->self, p->pgmaps[i]);
	}
	return 0;
}

/* The pgmap of an owner whom only map lines name; it is made when the owner is met first. */
static int populate_find_owner(struct hs_populated *p, uint64_t value, struct hs_pgmap **out)
{
	struct hs_populate_owner *owners = p->owners;
	uint64_t pfn = HS_WALK_PFN_END + p->owner_count;
	int ret;

	for (size_t i = 0; i < p->owner_count; i++) {
		if (owners[i].value == value) {
			*out = owners[i].pgmap;
			return 0;
		}
	}
	owners = hs_hostmem_grow(p->mem, owners, p->owner_count, sizeof(*owners));
	if (!owners)
		return -ENOMEM;
	p->owners = owners;
	ret = hs_pgmap_add(p->self, HS_PGMAP_PRIVATE, pfn, pfn + 1, hs_populate_owner(value), out);
	if (!ret)
		owners[p->owner_count++] = (struct hs_populate_owner){ value, *out };
	return ret;
}

/* The walker of v6.12 asks the struct page of a device-private page for its owner. */
static int populate_private_page(struct hs_populated *p, struct hs_pgmap *owned, uint64_t pfn)
{
	struct hs_pgmap *pgmap = owned;

	if (!pgmap)
		pgmap = p->pgmaps[hs_layout_find_pgmap(p->layout, pfn)];
	return hs_page_init_device(p->self, pfn, pgmap);
}

/* ---- entries ----------------------------------------------------------------------------- */

/* A bad or poisoned huge entry has no parts, so that an entry mapped inside it replaces it. */
static int populate_make_way(struct hs_populated *p, uint64_t addr, uint32_t level)
{
	uint32_t at;
	uint64_t e;

	if (hs_pt_find(p->mm, addr, level, &at))
		return 0;
	e = hs_pt_get(p->self, p->mm, addr, at);
	if (hs_entry_type(e) != HS_TYPE_BAD && hs_entry_type(e) != HS_TYPE_HWPOISON)
		return 0;
	return hs_pt_set(p->self, p->mm, addr & ~(hs_map_bytes(at) - 1), at, 0);
}

/* @owned: the pgmap of the owner; NULL: a pgmap line has it. */
static int populate_entry(struct hs_populated *p, const struct hs_space_map *map,
			  struct hs_pgmap *owned, uint64_t addr, uint64_t pfn)
{
	int ret = p->ops ? p->ops->entry(p->ops_arg, p, map, addr, pfn) : 1;

	if (ret <= 0)
		return ret;
	ret = 0;
	if (hs_map_is_private(map->kind))
		ret = populate_private_page(p, owned, pfn);
	if (!ret && p->layout->overlaps)
		ret = populate_make_way(p, addr, map->level);
	if (ret)
		return ret;
	if (map->kind == HS_MAP_TBL)
		return hs_pt_make(p->self, p->mm, addr, map->level);
	return hs_pt_set(p->self, p->mm, addr, map->level,
			 hs_map_entry(map->kind, map->level, pfn));
}

static int populate_map(struct hs_populated *p, const struct hs_space_map *map)
{
	uint64_t pages = hs_map_pages(map->level), addr = map->addr, pfn = map->pfn;
	struct hs_pgmap *owned = NULL;
	int ret = 0;

	if (p->layout->overlaps && hs_map_is_private(map->kind))
		ret = populate_find_owner(p, map->owner, &owned);
	for (uint64_t i = 0; !ret && i < map->count; i++) {
		ret = populate_entry(p, map, owned, addr, pfn);
		addr += pages * HS_PAGE_BYTES;
		pfn += pages;
	}
	return ret;
}

/* ---- from layout to machine and back ------------------------------------------------------ */

int hs_populate(struct hs_task *self, struct hs_hostmem *mem, const struct hs_layout *layout,
		struct hs_populated *out)
{
	return hs_populate_around(self, mem, layout, SIZE_MAX, NULL, out);
}

static int populate_all(struct hs_populated *p, struct hs_pgmap *given)
{
	int ret = hs_mm_create(p->self, hs_geometry(HS_GEOMETRY_X86_64), &p->mm);

	if (!ret)
		ret = populate_vmas(p);
	if (!ret)
		ret = populate_pgmaps(p, given);
	for (size_t i = 0; !ret && i < p->layout->map_count; i++)
		ret = populate_map(p, &p->layout->maps[i]);
	return ret;
}

int hs_populate_around(struct hs_task *self, struct hs_hostmem *mem, const struct hs_layout *layout,
		       size_t given, struct hs_pgmap *pgmap, struct hs_populated *out)
{
	*out = (struct hs_populated){ .layout = layout, .mem = mem, .self = self, .given = given };
	return populate_all(out, pgmap);
}

int hs_populate_with(struct hs_task *self, struct hs_hostmem *mem, const struct hs_layout *layout,
		     const struct hs_populate_ops *ops, void *arg, struct hs_populated *out)
{
	*out = (struct hs_populated){ .layout = layout,
				      .mem = mem,
				      .self = self,
				      .given = SIZE_MAX,
				      .ops = ops,
				      .ops_arg = arg };
	return populate_all(out, NULL);
}

/* Beside those of pages that are the caller's, which each hold one. */
static int64_t populate_refs(const struct hs_populated *p, size_t i)
{
	struct hs_pgmap *pgmap = p->pgmaps[i];
	int64_t refs = hs_pgmap_refs(p->self, pgmap);

	if (p->ops && populate_is_theirs(p, i))
		refs -= (int64_t)hs_pgmap_pages_allocated(p->self, pgmap);
	return refs;
}

uint64_t hs_populate_put_left(struct hs_populated *p)
{
	uint64_t left = 0;

	for (size_t i = 0; i < p->pgmap_count; i++) {
		int64_t refs = p->layout->pgmaps[i].dead ? 0 : populate_refs(p, i);

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
		if (!populate_is_theirs(p, p->pgmap_count))
			hs_pgmap_remove(p->self, p->pgmaps[p->pgmap_count]);
	while (p->owner_count)
		hs_pgmap_remove(p->self, p->owners[--p->owner_count].pgmap);
	hs_hostmem_free(p->mem, p->pgmaps);
	hs_hostmem_free(p->mem, p->owners);
	*p = (struct hs_populated){ .layout = NULL };
}
