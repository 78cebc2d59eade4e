/* SPDX-License-Identifier: MIT */
/*
 * Which entries the first step of a migration selects, and that each of them is what it was when
 * the migration is given up, in whichever way.
 */
#include "mm/zap.h"
#include "support/migrating.h"

#define AT BASE

/* When an entry is selected. */
enum selected {
	NEVER,
	ALWAYS,	  /* without a page */
	ZERO,	  /* with SELECT_SYSTEM, without a page */
	SYSTEM,	  /* with SELECT_SYSTEM */
	PRIVATE,  /* with SELECT_DEVICE_PRIVATE, by its owner */
	COHERENT, /* with SELECT_DEVICE_COHERENT, by its owner */
};

struct entry {
	const char *name;
	enum hs_pgmap_type type; /* of the device memory */
	enum selected selected;
	void (*make)(struct migrating *g);
};

/* ---- entries ----------------------------------------------------------------------------- */

static void set(struct migrating *g, uint32_t level, uint64_t entry)
{
	assert_int_equal(hs_pt_set(g->self, g->s.mm, AT, level, entry), 0);
}

static void make_no_table(struct migrating *g)
{
	(void)g;
}

/* All tables but the last. */
static void make_no_last_table(struct migrating *g)
{
	assert_int_equal(hs_pt_make(g->self, g->s.mm, AT, 1), 0);
}

static void make_none(struct migrating *g)
{
	assert_int_equal(hs_pt_make(g->self, g->s.mm, AT, 0), 0);
}

static void make_zero(struct migrating *g)
{
	read_fault(&g->s, AT);
	assert_int_equal(entry_at(&g->s, AT), ZERO_ENTRY);
}

static void make_zero_without_access(struct migrating *g)
{
	make_zero(g);
	assert_int_equal(hs_mprotect(g->self, g->s.mm, AT, AT + SLOTS * PAGE, 0), 0);
	assert_int_equal(hs_entry_type(entry_at(&g->s, AT)), HS_TYPE_PROTNONE);
}

static void make_zero_by_hand(struct migrating *g)
{
	set(g, 0, hs_entry_typed(HS_TYPE_NORMAL, HS_ZERO_PFN, HS_ENTRY_VALID));
}

static void make_writable(struct migrating *g)
{
	in_memory(g, 0, 7);
}

static void make_read_only(struct migrating *g)
{
	in_memory(g, 0, 7);
	hs_mprotect(g->self, g->s.mm, AT, AT + SLOTS * PAGE, HS_VM_READ);
	hs_mprotect(g->self, g->s.mm, AT, AT + SLOTS * PAGE, HS_VM_READ | HS_VM_WRITE);
	assert_false(entry_at(&g->s, AT) & HS_ENTRY_WRITE);
}

static void make_device_writable(struct migrating *g)
{
	on_device(g, 0, true, 7);
}

static void make_device_read_only(struct migrating *g)
{
	on_device(g, 0, false, 7);
}

static void make_swap(struct migrating *g)
{
	in_memory(g, 0, 7);
	assert_int_equal(hs_swap_out(g->self, g->s.mm, AT), 0);
}

static void make_migration(struct migrating *g)
{
	in_memory(g, 0, 7);
	assert_int_equal(hs_migration_start(g->self, g->s.mm, AT, NULL, &g->other), 0);
}

static void make_exclusive(struct migrating *g)
{
	in_memory(g, 0, 7);
	assert_int_equal(hs_make_exclusive(g->self, g->s.mm, AT, NULL, &g->page), 0);
}

static void make_hwpoison(struct migrating *g)
{
	in_memory(g, 0, 7);
	assert_int_equal(hs_memory_failure(g->self, g->s.mm, AT), 0);
}

static void make_marker(struct migrating *g)
{
	set(g, 0, hs_entry_typed(HS_TYPE_MARKER, 0, 0));
}

static void make_poison(struct migrating *g)
{
	set(g, 0, hs_entry_typed(HS_TYPE_POISON, 0, 0));
}

static void make_special(struct migrating *g)
{
	set(g, 0, hs_entry_typed(HS_TYPE_NORMAL, 5, HS_ENTRY_ERROR));
}

static void make_devmap(struct migrating *g)
{
	set(g, 0, hs_entry_typed(HS_TYPE_NORMAL, DEVICE_START, HS_ENTRY_VALID | HS_ENTRY_DEVMAP));
}

static void make_by_hand(struct migrating *g)
{
	set(g, 0, hs_entry_typed(HS_TYPE_NORMAL, 5, HS_ENTRY_VALID | HS_ENTRY_WRITE));
}

static void make_private_by_hand(struct migrating *g)
{
	set(g, 0, hs_entry_typed(HS_TYPE_NORMAL, DEVICE_START, HS_ENTRY_DEVPRIV));
}

static void make_leaf(struct migrating *g)
{
	set(g, 1, hs_entry_typed(HS_TYPE_NORMAL, 0x200, HS_ENTRY_VALID | LEAF_ORDER));
}

static void make_bad(struct migrating *g)
{
	set(g, 1, hs_entry_typed(HS_TYPE_BAD, 0, LEAF_ORDER));
}

/* A page of the device that is neither private nor coherent, in anonymous memory. */
static void make_other_device(struct migrating *g)
{
	struct hs_page *page = device_page(g);

	set(g, 0, hs_entry_typed(HS_TYPE_NORMAL, hs_page_to_pfn(g->self, page), PRESENT));
	hs_page_map(g->self, page);
}

static void make_protnone(struct migrating *g)
{
	in_memory(g, 0, 7);
	assert_int_equal(hs_make_protnone(g->self, g->s.mm, AT, AT + PAGE), 0);
}

static const struct entry entries[] = {
	{ "no table", HS_PGMAP_PRIVATE, ALWAYS, make_no_table },
	{ "no table of level 0", HS_PGMAP_PRIVATE, ALWAYS, make_no_last_table },
	{ "none", HS_PGMAP_PRIVATE, ALWAYS, make_none },
	{ "zero page", HS_PGMAP_PRIVATE, ZERO, make_zero },
	{ "zero page, prot-none", HS_PGMAP_PRIVATE, ZERO, make_zero_without_access },
	{ "zero page, by hand", HS_PGMAP_PRIVATE, ZERO, make_zero_by_hand },
	{ "writable", HS_PGMAP_PRIVATE, SYSTEM, make_writable },
	{ "read-only", HS_PGMAP_PRIVATE, SYSTEM, make_read_only },
	{ "prot-none", HS_PGMAP_PRIVATE, SYSTEM, make_protnone },
	{ "private, writable", HS_PGMAP_PRIVATE, PRIVATE, make_device_writable },
	{ "private, read-only", HS_PGMAP_PRIVATE, PRIVATE, make_device_read_only },
	{ "coherent, writable", HS_PGMAP_COHERENT, COHERENT, make_device_writable },
	{ "coherent, read-only", HS_PGMAP_COHERENT, COHERENT, make_device_read_only },
	{ "swap", HS_PGMAP_PRIVATE, NEVER, make_swap },
	{ "migration", HS_PGMAP_PRIVATE, NEVER, make_migration },
	{ "exclusive", HS_PGMAP_PRIVATE, NEVER, make_exclusive },
	{ "hwpoison", HS_PGMAP_PRIVATE, NEVER, make_hwpoison },
	{ "marker", HS_PGMAP_PRIVATE, NEVER, make_marker },
	{ "poison", HS_PGMAP_PRIVATE, NEVER, make_poison },
	{ "special", HS_PGMAP_PRIVATE, NEVER, make_special },
	{ "devmap", HS_PGMAP_PRIVATE, NEVER, make_devmap },
	{ "by hand", HS_PGMAP_PRIVATE, NEVER, make_by_hand },
	{ "private, by hand", HS_PGMAP_PRIVATE, NEVER, make_private_by_hand },
	{ "leaf", HS_PGMAP_PRIVATE, NEVER, make_leaf },
	{ "bad", HS_PGMAP_PRIVATE, NEVER, make_bad },
	{ "other device memory", HS_PGMAP_P2PDMA, NEVER, make_other_device },
};

static void open_with(struct migrating *g, const struct entry *e)
{
	migrating_open(g, e->type, HS_PAGE_REFS_6_1);
	e->make(g);
	g->s.starts = g->s.ends = 0;
}

static void close_with(struct migrating *g)
{
	if (g->other.mm)
		hs_migration_end(g->self, &g->other, NULL);
	if (g->page) {
		hs_page_unlock(g->self, g->page);
		hs_page_put(g->self, g->page);
	}
	migrating_close(g);
}

/* Of the entry, as it is: a page if one may be touched. */
static struct hs_page *page_of_entry(struct migrating *g, const struct entry *e)
{
	return e->selected >= SYSTEM ? page_at(&g->s, AT) : NULL;
}

/* ---- what is selected -------------------------------------------------------------------- */

static uint64_t expected_slot(struct migrating *g, const struct entry *e, uint32_t flags, bool own)
{
	static const uint32_t wanted[] = {
		[ZERO] = SELECT_SYSTEM,
		[SYSTEM] = SELECT_SYSTEM,
		[PRIVATE] = SELECT_PRIVATE,
		[COHERENT] = SELECT_COHERENT,
	};
	uint64_t entry = entry_at(&g->s, AT);

	if (e->selected == ALWAYS)
		return MIGRATE;
	if (e->selected == NEVER || !(flags & wanted[e->selected]))
		return 0;
	if (e->selected == ZERO)
		return MIGRATE;
	if (e->selected != SYSTEM && !own)
		return 0;
	return hs_migrate_pfn(hs_entry_pfn(entry)) | MIGRATE |
	       (entry & HS_ENTRY_WRITE ? HS_MIGRATE_PFN_WRITE : 0);
}

static void expect_selected(const struct entry *e, uint32_t flags, bool own)
{
	const void *owner = own ? (const void *)OWNER : NULL;
	struct migrating g;
	struct hs_page *page;
	uint64_t before, slot;

	open_with(&g, e);
	page = page_of_entry(&g, e);
	before = entry_at(&g.s, AT);
	slot = expected_slot(&g, e, flags, own);
	collect(&g, flags, owner);
	expect_told(&g.s, 1, HS_INVALIDATE_MIGRATE, BASE, BASE + SLOTS * PAGE, owner);
	if (g.src[0] != slot)
		fail_msg("%s, flags %u, owner %d: slot %#llx, expected %#llx", e->name, flags, own,
			 (unsigned long long)g.src[0], (unsigned long long)slot);
	if (slot & HS_MIGRATE_PFN_VALID) {
		assert_int_equal(entry_at(&g.s, AT),
				 hs_entry_typed(HS_TYPE_MIGRATION, hs_entry_pfn(before),
						before & HS_ENTRY_WRITE));
		assert_ptr_equal(source(&g, 0), page);
		assert_int_equal(hs_page_count(g.self, page), 1);
		assert_int_equal(hs_page_mapcount(g.self, page), 0);
	} else {
		assert_int_equal(entry_at(&g.s, AT), before);
		if (page)
			expect_alone(&g, page);
	}
	give_up(&g);
	close_with(&g);
}

static void each_entry_is_selected_by_its_flag_and_owner(void **state)
{
	(void)state;
	for (const struct entry *e = entries; e < entries + COUNT(entries); e++)
		for (uint32_t flags = 0; flags <= SELECT_ALL; flags++)
			for (int own = 0; own < 2; own++)
				expect_selected(e, flags, own);
}

/* ---- given up ---------------------------------------------------------------------------- */

/* Nothing but finalize; no target; another task has a reference; the driver changes its mind. */
enum given_up {
	AT_ONCE,
	WITHOUT_TARGET,
	HELD,
	LATE,
	GIVEN_UP_COUNT
};

static void give_up_at(struct migrating *g, enum given_up how)
{
	struct hs_page *from = hs_migrate_pfn_to_page(g->self, g->src[0]);

	if (how >= HELD)
		target(g, 0, !from || !hs_page_is_device(g->self, from));
	if (how == HELD && from)
		hs_page_get(g->self, from);
	/* Where there is no page, another task maps one first. */
	if (how == HELD && !from)
		hs_pt_set(g->self, g->s.mm, AT, 0, hs_entry_typed(HS_TYPE_MARKER, 0, 0));
	if (how == LATE && !from) {
		hs_page_unlock(g->self, hs_migrate_pfn_to_page(g->self, g->dst[0]));
		hs_page_put(g->self, hs_migrate_pfn_to_page(g->self, g->dst[0]));
		g->dst[0] = 0;
	}
	if (how != AT_ONCE)
		decide(g);
	if (how == LATE)
		g->src[0] &= ~MIGRATE;
	assert_false(how && g->src[0] & MIGRATE);
	finalize(g);
	if (how == HELD && from)
		hs_page_put(g->self, from);
}

static void expect_as_before(const struct entry *e, enum given_up how)
{
	struct hs_page *page;
	struct migrating g;
	uint64_t before;

	open_with(&g, e);
	page = page_of_entry(&g, e);
	before = entry_at(&g.s, AT);
	collect(&g, SELECT_ALL, OWNER);
	if (g.src[0] & MIGRATE)
		give_up_at(&g, how);
	else
		give_up(&g);
	if (how == HELD && e->selected == ALWAYS)
		before = hs_entry_typed(HS_TYPE_MARKER, 0, 0);
	else if (how == HELD && e->selected == ZERO)
		before = entry_at(&g.s, AT);
	else if (e->selected == SYSTEM && hs_entry_type(before) == HS_TYPE_PROTNONE)
		before = PRESENT | hs_entry_pfn(before);
	if (entry_at(&g.s, AT) != before)
		fail_msg("%s, given up in way %d: %#llx, expected %#llx", e->name, how,
			 (unsigned long long)entry_at(&g.s, AT), (unsigned long long)before);
	if (page) {
		expect_alone(&g, page);
		assert_int_equal(hs_dma_contents(g.self, page), 7);
	}
	close_with(&g);
}

static void what_is_given_up_is_as_it_was(void **state)
{
	(void)state;
	for (const struct entry *e = entries; e < entries + COUNT(entries); e++)
		for (int how = 0; how < GIVEN_UP_COUNT; how++)
			expect_as_before(e, (enum given_up)how);
}

/* ---- pages that stay --------------------------------------------------------------------- */

static void a_locked_page_stays(void **state)
{
	static const enum hs_pgmap_type types[] = { HS_PGMAP_PRIVATE, HS_PGMAP_COHERENT };

	(void)state;
	for (size_t i = 0; i < COUNT(types) + 1; i++) {
		struct hs_page *page;
		struct migrating g;
		uint64_t before;

		migrating_open(&g, types[i % COUNT(types)], HS_PAGE_REFS_6_1);
		page = i < COUNT(types) ? on_device(&g, 0, true, 7) : in_memory(&g, 0, 7);
		before = entry_at(&g.s, AT);
		assert_true(hs_page_trylock(g.self, page));
		collect(&g, SELECT_ALL, OWNER);
		assert_int_equal(g.src[0], 0);
		assert_int_equal(g.m.cpages, SLOTS - 1);
		assert_int_equal(entry_at(&g.s, AT), before);
		hs_page_unlock(g.self, page);
		expect_alone(&g, page);
		give_up(&g);
		migrating_close(&g);
	}
}

/* References beside the entry's that the first step tolerates. */
static uint32_t tolerated(enum hs_page_refs refs, bool device)
{
	return device && refs > HS_PAGE_REFS_5_3 ? 1 : 0;
}

static void expect_held(enum hs_page_refs refs, bool device, uint32_t held)
{
	struct hs_page *page;
	struct migrating g;
	uint64_t before;

	migrating_open(&g, HS_PGMAP_PRIVATE, refs);
	page = device ? on_device(&g, 0, true, 7) : in_memory(&g, 0, 7);
	before = entry_at(&g.s, AT);
	for (uint32_t i = 0; i < held; i++)
		hs_page_get(g.self, page);
	collect(&g, SELECT_ALL, OWNER);
	if (held <= tolerated(refs, device)) {
		assert_true(g.src[0] & MIGRATE);
		assert_int_equal(g.m.cpages, SLOTS);
		target(&g, 0, !device);
	} else {
		assert_int_equal(g.src[0], 0);
		assert_int_equal(g.m.cpages, SLOTS - 1);
		assert_int_equal(entry_at(&g.s, AT), before);
	}
	decide(&g);
	assert_int_equal(g.src[0] & MIGRATE ? 1 : 0, !held);
	finalize(&g);
	for (uint32_t i = 0; i < held; i++)
		hs_page_put(g.self, page);
	if (held) {
		assert_int_equal(entry_at(&g.s, AT), before);
		expect_alone(&g, page);
	}
	migrating_close(&g);
}

/* One more of a device page: after 5.3 nothing else has that reference. */
static void a_page_that_another_task_holds_stays_in_the_first_or_second_step(void **state)
{
	(void)state;
	for (int refs = 0; refs < HS_PAGE_REFS_COUNT; refs++)
		for (int device = 0; device < 2; device++)
			for (uint32_t held = 0; held < 3; held++)
				expect_held((enum hs_page_refs)refs, device, held);
}

static void a_page_that_is_mapped_elsewhere_stays(void **state)
{
	struct hs_page *page;
	struct migrating g;

	(void)state;
	migrating_open(&g, HS_PGMAP_PRIVATE, HS_PAGE_REFS_6_1);
	page = in_memory(&g, 0, 7);
	hs_page_map(g.self, page);
	collect(&g, SELECT_ALL, OWNER);
	assert_int_equal(g.src[0], 0);
	assert_int_equal(hs_page_mapcount(g.self, page), 2);
	hs_page_unmap(g.self, page);
	expect_alone(&g, page);
	migrating_close(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_entry_is_selected_by_its_flag_and_owner),
		cmocka_unit_test(what_is_given_up_is_as_it_was),
		cmocka_unit_test(a_locked_page_stays),
		cmocka_unit_test(a_page_that_another_task_holds_stays_in_the_first_or_second_step),
		cmocka_unit_test(a_page_that_is_mapped_elsewhere_stays),
	};

	return cmocka_run_group_tests_name("migrate_collect", tests, NULL, NULL);
}
