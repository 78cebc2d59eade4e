/* SPDX-License-Identifier: MIT */
/* Whether a task counts of its migrations what the model says of each of their slots. */
#include <string.h>

#include "conformance/mm_model_migrate.h"
#include "conformance/mm_world.h"

typedef uint64_t rows[REACHED_ROWS][REACHED_COLUMNS];

static const struct {
	enum reached_entry entry;
	enum hs_migrate_kind kind;
} collected[] = {
	{ ENTRY_NONE, HS_MIGRATE_HOLE },
	{ ENTRY_ZERO, HS_MIGRATE_HOLE },
	{ ENTRY_ZERO_PROTNONE, HS_MIGRATE_HOLE },
	{ ENTRY_SYSTEM, HS_MIGRATE_SYSTEM },
	{ ENTRY_SYSTEM_PROTNONE, HS_MIGRATE_SYSTEM },
	{ ENTRY_COHERENT, HS_MIGRATE_COHERENT },
	{ ENTRY_COHERENT_PROTNONE, HS_MIGRATE_COHERENT },
	{ ENTRY_PRIVATE, HS_MIGRATE_PRIVATE },
};

/* Of setups: what is held was selected first. */
static void add_collected(rows at, struct hs_migrate_counts *c)
{
	for (size_t i = 0; i < sizeof(collected) / sizeof(collected[0]); i++) {
		const uint64_t *row = at[collected[i].entry];

		c->selected[collected[i].kind] +=
			row[COLLECT_SELECTED] + row[COLLECT_TOLERATED] + row[COLLECT_HELD];
		c->refused[HS_MIGRATE_LOCKED] += row[COLLECT_LOCKED];
		c->refused[HS_MIGRATE_HELD] += row[COLLECT_HELD];
	}
}

/* Of a device: the first row is private memory, the second coherent. */
static void add_range(rows at, struct hs_migrate_counts *c)
{
	for (int i = 0; i < 2; i++) {
		c->selected[i ? HS_MIGRATE_COHERENT : HS_MIGRATE_PRIVATE] +=
			at[i][RANGE_MAPPED] + at[i][RANGE_TOLERATED] +
			at[i][RANGE_UNMAPPED_TOLERATED] + at[i][RANGE_HELD];
		c->refused[HS_MIGRATE_LOCKED] += at[i][RANGE_LOCKED];
		c->refused[HS_MIGRATE_HELD] += at[i][RANGE_HELD];
	}
}

static void add_decided(rows at, struct hs_migrate_counts *c)
{
	static const enum hs_migrate_kind kinds[] = {
		[SOURCE_NOTHING] = HS_MIGRATE_HOLE,
		[SOURCE_SYSTEM] = HS_MIGRATE_SYSTEM,
		[SOURCE_PRIVATE] = HS_MIGRATE_PRIVATE,
		[SOURCE_COHERENT] = HS_MIGRATE_COHERENT,
	};

	for (int i = 0; i < HS_MIGRATE_KIND_COUNT; i++) {
		c->moved[kinds[i]] +=
			at[i][DECIDED_SYSTEM] + at[i][DECIDED_PRIVATE] + at[i][DECIDED_COHERENT];
		c->refused[HS_MIGRATE_NO_TARGET] += at[i][DECIDED_NO_DST];
		c->refused[HS_MIGRATE_NO_LENDER] += at[i][DECIDED_WRONG_KIND];
		c->refused[HS_MIGRATE_HELD_LATE] += at[i][DECIDED_HELD];
		c->refused[HS_MIGRATE_OCCUPIED] += at[i][DECIDED_MAPPED] + at[i][DECIDED_NO_MEMORY];
	}
}

void mm_migrated_begin(struct mm_world *w)
{
	struct hs_migrate_counts *c = &w->uncounted;

	memset(c, 0, sizeof(*c));
	add_collected(w->model.reached->count[REACHED_COLLECT], c);
	add_range(w->model.reached->count[REACHED_RANGE], c);
	add_decided(w->model.reached->count[REACHED_DECIDE], c);
	memset(&w->migrated, 0, sizeof(w->migrated));
	hs_migrate_count(w->self, &w->migrated);
}

bool mm_migrated_agree(struct mm_world *w)
{
	const struct hs_migrate_counts *was = &w->uncounted, *now = &w->migrated;
	struct hs_migrate_counts c = { .setups = 0 };

	add_collected(w->model.reached->count[REACHED_COLLECT], &c);
	add_range(w->model.reached->count[REACHED_RANGE], &c);
	add_decided(w->model.reached->count[REACHED_DECIDE], &c);
	for (int i = 0; i < HS_MIGRATE_KIND_COUNT; i++)
		if (!MM_SAME(w, now->selected[i], c.selected[i] - was->selected[i],
			     "selected of kind %d", i) ||
		    !MM_SAME(w, now->moved[i], c.moved[i] - was->moved[i], "moved of kind %d", i))
			return false;
	for (int i = 0; i < HS_MIGRATE_REFUSAL_COUNT; i++)
		if (!MM_SAME(w, now->refused[i], c.refused[i] - was->refused[i],
			     "refused for cause %d", i))
			return false;
	return true;
}
