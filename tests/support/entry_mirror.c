/* SPDX-License-Identifier: MIT */
#include "support/entry_mirror.h"

#include <string.h>

#include "mm/table.h"

/* ---- the copy ---------------------------------------------------------------------------- */

static struct mirrored *place(struct entry_mirror *m, uint64_t addr, uint32_t level)
{
	uint64_t hash = ((addr >> HS_PAGE_SHIFT) + level) * 0x9e3779b97f4a7c15u >> 32;

	for (uint32_t i = 0; i < m->room; i++) {
		struct mirrored *at = &m->at[(hash + i) & (m->room - 1)];

		if (at->used && (at->addr != addr || at->level != level))
			continue;
		*at = at->used ? *at
			       : (struct mirrored){ .used = true, .level = level, .addr = addr };
		return at;
	}
	m->wrong = "the copy is too small";
	return &m->at[0];
}

/* With a table goes what is below it. */
static void forget_below(struct entry_mirror *m, uint64_t addr, uint32_t level)
{
	uint64_t bytes = hs_level_bytes(m->mm->geometry, level);

	for (uint32_t i = 0; i < m->room; i++)
		if (m->at[i].used && m->at[i].level < level && m->at[i].addr - addr < bytes)
			m->at[i].entry = 0;
}

static void changed(struct hs_task *self, struct hs_mm *mm, uint64_t addr, uint32_t level,
		    uint64_t was, uint64_t now, void *arg)
{
	struct entry_mirror *m = arg;
	struct mirrored *at = place(m, addr, level);

	(void)self;
	m->calls++;
	if (m->wrong)
		return;
	if (mm != m->mm)
		m->wrong = "told of another mm";
	else if (addr & (hs_level_bytes(mm->geometry, level) - 1))
		m->wrong = "the address is not where the span begins";
	else if (at->entry != was)
		m->wrong = "told that an entry was what the copy does not have";
	if (hs_entry_is_table(was))
		forget_below(m, addr, level);
	at->entry = now;
}

static const struct hs_entry_ops ops = { changed };

/* ---- the tables -------------------------------------------------------------------------- */

typedef void (*visit_fn)(struct entry_mirror *m, uint64_t addr, uint32_t level, uint64_t entry);

/* Each entry that is not empty. Recurses at most once a level. */
static void visit(struct entry_mirror *m, const hs_u64 *table, uint32_t level, uint64_t addr,
		  visit_fn fn)
{
	const struct hs_geometry *g = m->mm->geometry;

	for (uint32_t i = 0; i < 1u << g->bits[level]; i++, addr += hs_level_bytes(g, level)) {
		uint64_t entry = table[i].raw;

		if (entry)
			fn(m, addr, level, entry);
		if (level && hs_entry_is_table(entry))
			visit(m, hs_entry_table(entry), level - 1, addr, fn);
	}
}

static void visit_all(struct entry_mirror *m, visit_fn fn)
{
	if (m->mm->root)
		visit(m, m->mm->root, m->mm->geometry->levels - 1, 0, fn);
}

static void copy(struct entry_mirror *m, uint64_t addr, uint32_t level, uint64_t entry)
{
	place(m, addr, level)->entry = entry;
}

static void compare(struct entry_mirror *m, uint64_t addr, uint32_t level, uint64_t entry)
{
	struct mirrored *at = place(m, addr, level);

	if (at->entry != entry)
		m->wrong = "an entry is not what the copy has";
	m->found += at->entry == entry;
}

void entry_mirror_begin(struct entry_mirror *m, struct hs_mm *mm, struct mirrored *at,
			uint32_t room)
{
	memset(at, 0, room * sizeof(*at));
	*m = (struct entry_mirror){ .mm = mm, .at = at, .room = room };
	visit_all(m, copy);
	hs_mm_set_entry_ops(mm, &ops, m);
}

const char *entry_mirror_differs(struct entry_mirror *m)
{
	uint32_t have = 0;

	if (m->wrong)
		return m->wrong;
	m->found = 0;
	visit_all(m, compare);
	for (uint32_t i = 0; i < m->room; i++)
		have += m->at[i].used && m->at[i].entry;
	if (!m->wrong && have != m->found)
		m->wrong = "the copy has an entry that is gone";
	return m->wrong;
}
