/* SPDX-License-Identifier: MIT */
/*
 * walk_outcomes.c - what a walk sees of entries that change meanwhile
 *
 * Four anonymous pages below two PMDs: the first and the third are there, the others are missing.
 * A walk requests nothing, reads or writes; the other task changes the entries in one way. The
 * outcome is the walk's return value and its slots, and what the other task's calls returned.
 */
#include <errno.h>
#include <stdio.h>

#include <hmmsim/fault.h>
#include <hmmsim/pte_ops.h>
#include <hmmsim/walk.h>

#include "port/port.h"

#include "outcomes.h"

#define PAGES 4u
#define BYTES (PAGES * HS_PAGE_BYTES)
#define PFN 16u
#define PFN_END 32u
#define RW (HS_VM_READ | HS_VM_WRITE | HS_VM_MAYWRITE)

struct state {
	struct hs_mm *mm;
	uint64_t request, pfns[PAGES];
	int ret, other;
};

struct param {
	uint64_t request;
	void (*change)(struct hs_task *self, void *arg);
};

/* ---- the tasks ---------------------------------------------------------------------------- */

static void walk(struct hs_task *self, void *arg)
{
	struct state *st = arg;
	struct hs_range range;

	hs_range_init(&range, st->mm, 0, BYTES, st->pfns);
	range.default_flags = st->request;
	hs_mm_lock_read(self, st->mm);
	st->ret = hs_range_fault(self, &range);
	hs_mm_unlock_read(self, st->mm);
}

static void zap(struct hs_task *self, void *arg)
{
	struct state *st = arg;

	st->other = hs_madvise_dontneed(self, st->mm, 0, HS_PAGE_BYTES);
	st->other |= hs_madvise_dontneed(self, st->mm, 2 * HS_PAGE_BYTES, BYTES);
}

static void touch(struct hs_task *self, void *arg)
{
	struct state *st = arg;

	st->other = (int)hs_cpu_access(self, st->mm, HS_PAGE_BYTES, true, NULL);
	st->other |= (int)hs_cpu_access(self, st->mm, 3 * HS_PAGE_BYTES, false, NULL) << 4;
}

/* The third page is the first of its table. */
static void populate(struct hs_task *self, void *arg)
{
	struct state *st = arg;

	st->other = (int)hs_cpu_access(self, st->mm, 2 * HS_PAGE_BYTES, true, NULL);
}

static void swap(struct hs_task *self, void *arg)
{
	struct state *st = arg;

	st->other = hs_swap_out(self, st->mm, 2 * HS_PAGE_BYTES);
}

static void migrate(struct hs_task *self, void *arg)
{
	struct state *st = arg;
	struct hs_migration m;

	st->other = hs_migration_start(self, st->mm, 0, NULL, &m);
	if (!st->other)
		hs_migration_end(self, &m, NULL);
}

static void exclude(struct hs_task *self, void *arg)
{
	struct state *st = arg;
	struct hs_page *page;

	st->other = hs_make_exclusive(self, st->mm, 2 * HS_PAGE_BYTES, NULL, &page);
	if (st->other)
		return;
	hs_page_unlock(self, page);
	hs_page_put(self, page);
}

static void hide(struct hs_task *self, void *arg)
{
	struct state *st = arg;

	st->other = hs_make_protnone(self, st->mm, 0, BYTES);
}

/* ---- the scenario ------------------------------------------------------------------------- */

static int present(struct hs_task *self, struct state *st, uint64_t page)
{
	return hs_cpu_access(self, st->mm, page * HS_PAGE_BYTES, true, NULL) ? -EFAULT : 0;
}

static int setup(struct hs_task *self, struct hs_plan *plan, void *state, const void *param)
{
	const struct param *p = param;
	struct state *st = state;
	int ret = hs_memory_add(self, PFN, PFN_END, true);

	st->request = p->request;
	if (!ret)
		ret = hs_mm_create(self, hs_geometry(HS_GEOMETRY_MOCK), &st->mm);
	if (!ret)
		ret = hs_mmap(self, st->mm, 0, BYTES, RW, NULL, 0);
	if (!ret)
		ret = present(self, st, 0);
	if (!ret && p->change != populate)
		ret = present(self, st, 2);
	if (!ret)
		ret = hs_plan_task(plan, "walk", walk, st);
	return ret ? ret : hs_plan_task(plan, "change", p->change, st);
}

static void check(struct hs_task *self, void *state, const void *param)
{
	struct state *st = state;

	(void)param;
	hs_mm_destroy(self, st->mm);
	hs_assert(self, !hs_pages_allocated(self), "a page is left");
}

/* The order of leaves is 0 here, and pfns are small. */
static uint64_t look(const void *state)
{
	const struct state *st = state;
	uint64_t outcome = (uint64_t)(st->other & 0xff) << 8 | (uint64_t)(-st->ret & 0xff);

	for (unsigned int i = 0; i < PAGES; i++)
		outcome = outcome << 8 | (st->pfns[i] >> 56 & 0xe0) | (st->pfns[i] & 0x1f);
	return outcome;
}

int main(void)
{
	static const struct hs_scenario scenario = { "walk", sizeof(struct state), setup, check };
	static const struct {
		const char *name;
		uint64_t request;
	} requests[] = {
		{ "snapshot", 0 },
		{ "read", HS_PFN_VALID },
		{ "write", HS_PFN_VALID | HS_PFN_WRITE },
	};
	static const struct {
		const char *name;
		void (*change)(struct hs_task *self, void *arg);
	} changes[] = {
		{ "zap", zap },		{ "touch", touch },	  { "swap", swap },
		{ "migrate", migrate }, { "exclusive", exclude }, { "protnone", hide },
		{ "table", populate },
	};

	for (unsigned int r = 0; r < sizeof(requests) / sizeof(requests[0]); r++)
		for (unsigned int c = 0; c < sizeof(changes) / sizeof(changes[0]); c++) {
			struct param param = { requests[r].request, changes[c].change };
			char name[32];

			snprintf(name, sizeof(name), "%s, %s", requests[r].name, changes[c].name);
			outcomes_print(name, &scenario, &param, look, false);
		}
	return 0;
}
