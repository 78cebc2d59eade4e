/* SPDX-License-Identifier: MIT */
/*
 * pagewalk.h - the generic page walk (v5.3 and v6.12, mm/pagewalk.c), as a template
 *
 * Each era includes it once and defines the callbacks that are declared here. ERA(name) makes
 * their names, and those of the functions below, the era's own. A missing entry of any level is
 * one call of hole(), for the part of the entry's span that is in the range. A callback returns 0
 * to go on; an error ends the walk.
 */

/* A missing entry, of any level. */
static int ERA(hole)(struct hs_walk *w, uint64_t addr, uint64_t end);
/* An entry of level 1: a table, a leaf, none, or something else. */
static int ERA(pmd)(struct hs_walk *w, const struct hs_geometry *g, const hs_u64 *pmd,
		    uint64_t addr, uint64_t end);
/* A devmap leaf of level 2. Other leaves of that level are split before. */
static int ERA(pud_leaf)(struct hs_walk *w, const struct hs_geometry *g, uint64_t addr,
			 uint64_t end, uint64_t entry);
/* A huge page of a hugetlb VMA, present or not. */
static int ERA(hugetlb_entry)(struct hs_walk *w, const struct hs_geometry *g, uint64_t entry,
			      uint32_t level, uint64_t addr, uint64_t end);
/* A part of w->vma, and a part that no VMA covers. */
static int ERA(vma)(struct hs_walk *w, const struct hs_geometry *g, uint64_t addr, uint64_t end);
static int ERA(gap)(struct hs_walk *w, const struct hs_geometry *g, uint64_t addr, uint64_t end);

/* Pages before @addr inside the leaf of @level. */
static inline uint64_t ERA(pagewalk_in_leaf)(const struct hs_geometry *g, uint64_t addr,
					     uint32_t level)
{
	return (addr & (hs_level_bytes(g, level) - 1)) >> HS_PAGE_SHIFT;
}

/*
 * An entry of level 2 or above. The kernel splits a leaf that is no devmap one by taking it away:
 * the entry is empty afterwards, and what it mapped is faulted again.
 */
static inline uint64_t ERA(pagewalk_upper_entry)(struct hs_walk *w, hs_u64 *entry, uint32_t level,
						 uint64_t addr)
{
	uint64_t e = hs_u64_load(w->self, entry, HS_ACQUIRE);

	while (level == 2 && e && !hs_entry_is_table(e) && !(e & HS_ENTRY_DEVMAP))
		e = hs_pt_take_leaf(w->self, w->mm, entry, addr, level, e);
	return e;
}

/* Without a VMA nothing below level 2 is looked at. */
static int ERA(pagewalk_level)(struct hs_walk *w, const struct hs_geometry *g, hs_u64 *table,
			       uint32_t level, uint64_t addr, uint64_t end)
{
	hs_u64 *entry = &table[hs_level_index(g, addr, level)];
	int ret = 0;

	for (uint64_t next; addr < end && !ret; addr = next, entry++) {
		uint64_t e;

		next = hs_level_end(g, addr, end, level);
		if (level == 1) {
			ret = ERA(pmd)(w, g, entry, addr, next);
			continue;
		}
		e = level == 2 && !w->vma ? 0 : ERA(pagewalk_upper_entry)(w, entry, level, addr);
		if (!e)
			ret = ERA(hole)(w, addr, next);
		else if (hs_entry_is_table(e))
			ret = ERA(pagewalk_level)(w, g, hs_entry_table(e), level - 1, addr, next);
		else
			ret = ERA(pud_leaf)(w, g, addr, next, e);
	}
	return ret;
}

static int ERA(pagewalk_hugetlb)(struct hs_walk *w, const struct hs_geometry *g, uint64_t addr,
				 uint64_t end)
{
	uint32_t level = w->vma->flags & HS_VM_HUGETLB_1G ? 2 : 1;
	int ret = 0;

	for (uint64_t next; addr < end && !ret; addr = next) {
		const uint64_t *entry = hs_pt_find(w->mm, addr, level, NULL);

		next = hs_level_end(g, addr, end, level);
		if (!entry)
			ret = ERA(hole)(w, addr, next);
		else
			ret = ERA(hugetlb_entry)(
				w, g, hs_u64_load(w->self, (const hs_u64 *)entry, HS_ACQUIRE),
				level, addr, next);
	}
	return ret;
}

static int ERA(pagewalk_tables)(struct hs_walk *w, const struct hs_geometry *g, uint64_t addr,
				uint64_t end)
{
	if (w->vma && w->vma->flags & HS_VM_HUGETLB)
		return ERA(pagewalk_hugetlb)(w, g, addr, end);
	return ERA(pagewalk_level)(w, g, w->mm->root, g->levels - 1, addr, end);
}

/* walk_page_range(): VMA after VMA, and the gaps between them. */
static int ERA(pagewalk_pass)(struct hs_walk *w, const struct hs_geometry *g, uint64_t addr,
			      uint64_t end)
{
	int ret = 0;

	w->counts.passes++;
	if (addr >= end)
		return -EINVAL;
	for (uint64_t next; addr < end && !ret; addr = next) {
		const struct hs_vma *vma = hs_vma_find(w->mm, addr);

		w->vma = vma && vma->start <= addr ? vma : NULL;
		next = w->vma ? vma->end : vma ? vma->start : end;
		next = next < end ? next : end;
		ret = w->vma ? ERA(vma)(w, g, addr, next) : ERA(gap)(w, g, addr, next);
	}
	return ret;
}
