/* SPDX-License-Identifier: MIT */
/*
 * Pages of a device that goes: evictions and removals against whatever maps, holds or moves the
 * same pages, and the reverse map that leads an eviction to the entries. The tests bear the names
 * of the drawings in src/migrate/migrate.h, src/mm/rmap.c and src/memory/anon.c.
 */
#include "support/migrate_race.h"

/* ---- a device that goes ------------------------------------------------------------------ */

/* A page that has stayed holds the pgmap. */
static void check_stayed(struct hs_task *self, struct model *m)
{
	uint64_t stayed = hs_pgmap_pages_allocated(self, m->pgmap);

	expect(stayed == (entry_at(self, m, 0) & HS_ENTRY_DEVPRIV ? 1 : 0));
	expect(hs_pgmap_refs(self, m->pgmap) == (int64_t)stayed);
	check_contents(self, m);
}

static const struct race faults_and_evictions[] = {
	{ on_device, { evictor, fault_once }, check_stayed, 9374 },
	{ with_trylock, { evictor, fault_once }, check_stayed, 12188 },
	{ with_wait, { evictor, fault_once }, check_stayed, 12173 },
};

static void an_eviction_against_a_cpu_fault(void **state)
{
	(void)state;
	hold_moves(faults_and_evictions);
}

/* ---- what stays -------------------------------------------------------------------------- */

static void evict_and_remove(struct hs_task *self, void *arg)
{
	evict(self);
	remover(self, arg);
}

/* Looks at the page, and lets it go. */
static void pin(struct hs_task *self, void *arg)
{
	struct hs_page *page = get_mapped(self, arg, true);

	if (!page)
		return;
	expect(hs_dma_contents(self, page) == CONTENTS);
	hs_page_put(self, page);
}

static const struct race stays = { on_device, { evict_and_remove, pin }, NULL, 0 };

static void pin_twice(struct hs_task *self, void *arg)
{
	struct hs_page *page = get_mapped(self, arg, true);

	if (!page)
		return;
	hs_page_get(self, page);
	hs_page_put(self, page);
	hs_page_put(self, page);
}

static const struct race pinned = { on_device, { evictor, pin_twice }, check_contents, 576 };

/* An eviction has got so far that it copies. */
static int evicting(struct hs_task *self, struct model *m)
{
	struct move v;
	int ret = on_device(self, m);

	if (!ret)
		evict_begin(self, &v);
	return ret;
}

static int evicting_with_wait(struct hs_task *self, struct model *m)
{
	hs_mm_set_private_fault(m->mm, HS_PRIVATE_FAULT_WAIT);
	return evicting(self, m);
}

static void eviction_goes_on(struct hs_task *self, void *arg)
{
	struct move v = { .src = { hs_migrate_pfn(DEVICE_START) | HS_MIGRATE_PFN_MIGRATE } };

	evict_end(self, &v);
	remover(self, arg);
}

static const struct race ends[] = {
	{ evicting, { eviction_goes_on, read_contents }, check_contents, 6 },
	{ evicting_with_wait, { eviction_goes_on, write_newer }, check_newer, 6 },
};

static void a_page_that_stays_keeps_the_removal_waiting(void **state)
{
	(void)state;
	explore_fails(&migrate_scenario, &stays, HS_VERDICT_DEADLOCK, "nothing can move: one in",
		      6);
	explore_holds(&migrate_scenario, &pinned, pinned.complete);
	hold_moves(ends);
}

/* A removal whose owner evicts nothing: what faults bring back ends it. */
static void to_device_and_back(struct hs_task *self, void *arg)
{
	to_device(self, arg);
	read_contents(self, arg);
}

static const struct race removals[] = {
	{ on_system, { drainer, to_device_and_back }, check_contents, 7 },
	{ on_device, { remover, from_device }, check_contents, 4 },
	{ on_coherent, { remover, from_device }, check_contents, 4 },
};

static void a_removal_waits_for_a_migration(void **state)
{
	(void)state;
	hold_moves(removals);
}

/* ---- evictions --------------------------------------------------------------------------- */

static const struct race migrations[] = {
	{ on_system, { evictor, to_device }, check_contents, 1274 },
	{ on_device, { evictor, from_device }, check_contents, 2211 },
};

static void an_eviction_against_a_migration(void **state)
{
	(void)state;
	hold_moves(migrations);
}

static const struct race two[] = {
	{ on_device, { evictor, evictor }, check_contents, 4688 },
};

static void two_evictions(void **state)
{
	(void)state;
	hold_moves(two);
}

static const struct race zaps[] = {
	{ on_device, { evictor, zapper }, check_contents_or_zapped, 31 },
	{ on_device, { evictor, unmap_all }, check_nothing, 50 },
};

static void an_eviction_against_a_zap(void **state)
{
	(void)state;
	hold_moves(zaps);
}

static const struct race mirrors[] = {
	{ coherent_mirrored, { evictor, mirror }, check_mirrored, 50 },
};

static void an_eviction_against_a_device_that_mirrors(void **state)
{
	(void)state;
	hold_moves(mirrors);
}

static const struct race mapped = { on_nothing, { evictor, to_device }, check_zeroed, 1274 };

static void eviction_of_a_page_that_is_being_mapped(void **state)
{
	(void)state;
	explore_holds(&migrate_scenario, &mapped, mapped.complete);
}

/* ---- address spaces that end ------------------------------------------------------------- */

static void end_mm(struct hs_task *self, void *arg)
{
	struct model *m = arg;

	hs_mm_destroy(self, m->mm);
	m->mm = NULL;
}

/* The new one gets the number of the old one, and maps another page at the same address. */
static void next_mm(struct hs_task *self, void *arg)
{
	struct model *m = arg;

	end_mm(self, arg);
	expect(!hs_mm_create(self, hs_geometry(HS_GEOMETRY_MOCK), &m->mm));
	expect(!hs_mmap(self, m->mm, 0, PAGE, RW, NULL, 0));
	expect(!hs_cpu_write(self, m->mm, 0, NEWER));
}

static const struct race end = { on_device, { evictor, end_mm }, check_nothing, 541 };
static const struct race next = { on_device, { evictor, next_mm }, check_newer, 2553 };

static void a_walk_against_the_end_of_its_mm(void **state)
{
	(void)state;
	explore_holds(&migrate_scenario, &end, end.complete);
}

static void a_walk_is_led_to_another_mm(void **state)
{
	(void)state;
	explore_holds(&migrate_scenario, &next, next.complete);
}

/* One address space ends while another one begins, whose page is then evicted. */
static void begin_mm(struct hs_task *self, void *arg)
{
	struct model *m = arg;
	struct hs_page *page;
	struct hs_mm *mm;

	expect(!hs_mm_create(self, hs_geometry(HS_GEOMETRY_MOCK), &mm));
	expect(!hs_mmap(self, mm, 0, PAGE, RW, NULL, 0));
	expect(!hs_pgmap_page_alloc(self, m->pgmap, &page));
	hs_dma_set_contents(self, page, CONTENTS);
	expect(!hs_migrate_insert_page(self, mm, 0, page, true));
	expect(evict(self) == 1);
	hs_mm_destroy(self, mm);
}

static const struct race number = { on_nothing, { begin_mm, end_mm }, check_nothing, 3 };

static void a_number_is_free_when_its_mm_has_left_it(void **state)
{
	(void)state;
	explore_holds(&migrate_scenario, &number, number.complete);
}

/* ---- faults of the model ----------------------------------------------------------------- */

static const struct broken faults[] = {
	{ HS_BREAK_EVICT_NOTIFY_EARLY, true, &migrate_scenario, &mirrors[0], HS_VERDICT_ASSERT,
	  "expected: !device || device == entry_at(self, m, 0)", 5 },
	{ HS_BREAK_EVICT_BLIND, false, &migrate_scenario, &next, HS_VERDICT_ASSERT,
	  "hs_page_unmap: mapcount is already 0 (task one)", 2353 },
	{ HS_BREAK_EVICT_NO_RESTORE, false, &migrate_scenario, &pinned, HS_VERDICT_ASSERT,
	  "expected: pages_left(self, m) == 1", 13 },
	{ HS_BREAK_EVICT_GET_BLIND, true, &migrate_scenario, &zaps[0], HS_VERDICT_ASSERT,
	  "hs_page_get: refcount is 0 (task one)", 29 },
	{ HS_BREAK_EVICT_BUSY_KEEPS, false, &migrate_scenario, &migrations[1], HS_VERDICT_ASSERT,
	  "expected: page && hs_page_count(self, page) == 1", 43 },
	{ HS_BREAK_RMAP_MM_EARLY, true, &migrate_scenario, &end, HS_VERDICT_FREED,
	  "lock of an object that is freed (task one)", 12 },
	{ HS_BREAK_ANON_FREE_EARLY, true, &migrate_scenario, &number, HS_VERDICT_ASSERT,
	  "expected: evict(self) == 1 (task one)", 4 },
};

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_eviction_against_a_cpu_fault),
		cmocka_unit_test(a_page_that_stays_keeps_the_removal_waiting),
		cmocka_unit_test(a_removal_waits_for_a_migration),
		cmocka_unit_test(an_eviction_against_a_migration),
		cmocka_unit_test(two_evictions),
		cmocka_unit_test(an_eviction_against_a_zap),
		cmocka_unit_test(an_eviction_against_a_device_that_mirrors),
		cmocka_unit_test(eviction_of_a_page_that_is_being_mapped),
		cmocka_unit_test(a_walk_against_the_end_of_its_mm),
		cmocka_unit_test(a_walk_is_led_to_another_mm),
		cmocka_unit_test(a_number_is_free_when_its_mm_has_left_it),
	};

	return model_main("migrate device model", tests, faults);
}
