/* SPDX-License-Identifier: MIT */
/*
 * Random trees of tables in every geometry, at the places where upper tables meet: each walker
 * does what the reference does, also with the strategy custom.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/walk_world.h"
#include "support/scale.h"

#define TREES 400u
#define PGMAPS 3u
#define DEAD 2u /* the last one */
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct tree {
	struct walk_world w;
	enum hs_geometry_id geometry;
	const struct hs_geometry *g;
	uint64_t pages; /* from the origin on */
	uint64_t seed, state;
};

static uint64_t draw(struct tree *t, uint64_t n)
{
	t->state = t->state * 6364136223846793005u + 1442695040888963407u;
	return (t->state >> 33) % n;
}

static uint64_t typed(enum hs_entry_type type, uint64_t flags)
{
	return hs_entry_typed(type, 0, flags);
}

/* An entry of level 0, or a leaf above it. */
static uint64_t draw_entry(struct tree *t, bool leaf)
{
	static const uint64_t device = HS_ENTRY_VALID | HS_ENTRY_DEVMAP;
	uint64_t write = draw(t, 2) ? HS_ENTRY_WRITE : 0;

	switch (draw(t, leaf ? 7 : 14)) {
	case 0:
	case 1:
		return device | write | world_device_pfn(draw(t, 9) ? 0 : 1, 0);
	case 2:
		return device | write | world_device_pfn(draw(t, 6) ? 1 : DEAD, 0);
	case 3:
		return typed(HS_TYPE_MIGRATION, write);
	case 4:
		return draw(t, 4) ? 0 : typed(HS_TYPE_HWPOISON, 0);
	case 5:
		return draw(t, 3) ? HS_ENTRY_VALID : typed(HS_TYPE_PROTNONE, 0);
	case 7:
		return typed(HS_TYPE_ZERO, HS_ENTRY_VALID | HS_ZERO_PFN);
	case 8:
		return draw(t, 4) ? 0 : write | HS_ENTRY_ERROR;
	case 9:
		return HS_ENTRY_DEVPRIV | write | (draw(t, 2) ? world_device_pfn(0, 0) : 0x1000);
	case 10:
		return typed(HS_TYPE_SWAP, 0);
	case 11:
		return typed(HS_TYPE_EXCLUSIVE, write);
	case 12:
		return typed(draw(t, 2) ? HS_TYPE_MARKER : HS_TYPE_POISON, 0);
	default:
		return HS_ENTRY_VALID | HS_ENTRY_WRITE;
	}
}

static void set(struct tree *t, uint64_t page, uint32_t level, uint64_t entry)
{
	uint64_t addr = world_addr(&t->w, page) & ~((HS_PAGE_BYTES << t->g->order[level]) - 1);

	if (entry && hs_entry_type(entry) != HS_TYPE_ZERO)
		entry += addr / HS_PAGE_BYTES % 1024; /* another pfn of the pgmap for each page */
	if (entry)
		entry |= (uint64_t)t->g->order[level] << HS_ENTRY_ORDER_SHIFT;
	assert_int_equal(hs_pt_set(t->w.self, t->w.mm, addr, level, entry), 0);
}

static void draw_vmas(struct tree *t)
{
	static const uint32_t flags[] = {
		HS_VM_READ | HS_VM_WRITE,
		HS_VM_READ | HS_VM_WRITE,
		HS_VM_READ,
		HS_VM_READ | HS_VM_WRITE | HS_VM_MIXEDMAP,
		HS_VM_READ,
		0,
		HS_VM_READ | HS_VM_WRITE,
		HS_VM_READ | HS_VM_WRITE | HS_VM_HUGETLB,
	};
	uint64_t huge = (uint64_t)1 << t->g->order[1], page = draw(t, 3);

	while (page < t->pages) {
		uint64_t end = page + 1 + draw(t, t->pages - page);
		uint32_t f = flags[draw(t, COUNT(flags))];

		if (f & HS_VM_HUGETLB) {
			page = (page + huge - 1) & ~(huge - 1);
			end = (end + huge - 1) & ~(huge - 1);
		}
		if (page >= end || end > t->pages)
			break;
		world_vma(&t->w, page, end - page, f);
		page = end + (draw(t, 2) ? 0 : draw(t, 1 + t->pages / 8));
	}
}

static void draw_tables(struct tree *t)
{
	uint64_t huge = (uint64_t)1 << t->g->order[1];

	if (!draw(t, 6))
		set(t, draw(t, t->pages), 2, draw_entry(t, true));
	for (uint64_t page = 0; page < t->pages; page += huge) {
		uint64_t at = page, entry = 0;

		if (!draw(t, 3))
			set(t, page, 1, draw_entry(t, true));
		if (draw(t, 2))
			continue;
		for (; at < page + huge; at++) {
			if (at == page || !draw(t, 6))
				entry = draw_entry(t, false);
			set(t, at, 0, entry);
		}
	}
}

static void draw_slots(struct tree *t)
{
	static const uint64_t words[] = { 0, HS_PFN_VALID, HS_PFN_VALID | HS_PFN_WRITE,
					  HS_PFN_VALID | HS_PFN_DEVICE };
	uint64_t word = 0, often = 1 + draw(t, 64);

	for (uint64_t i = 0; i < t->pages; i++) {
		if (!draw(t, often))
			word = words[draw(t, draw(t, 2) ? 2 : COUNT(words))];
		t->w.pfns[i] = word;
	}
}

/* The same tree for every walker, because all of it follows from the seed. */
static void build(struct walk_world *w, struct world_walk *walk, void *arg)
{
	static const uint64_t defaults[] = { 0, 0, HS_PFN_VALID, HS_PFN_VALID | HS_PFN_WRITE };
	struct tree *t = arg;

	t->state = t->seed * 0x9e3779b97f4a7c15u;
	world_new_mm(w);
	draw_vmas(t);
	draw_tables(t);
	draw_slots(t);
	w->action = draw(t, 2) ? WORLD_OK : (enum world_action)draw(t, WORLD_ACTIONS);
	w->migrations_stay = !draw(t, 4);
	w->fill_pgmap = (int)draw(t, 4) - 1 > 0 ? 1 : -1;
	w->retry_at = 2 + (uint32_t)draw(t, 12);
	walk->first = draw(t, 3) ? 0 : draw(t, t->pages);
	walk->count = draw(t, 3) ? t->pages - walk->first : draw(t, t->pages - walk->first);
	if (walk->snapshot)
		return;
	walk->request = defaults[draw(t, COUNT(defaults))];
	walk->mask = draw(t, 3) ? UINT64_MAX : 0;
}

static void compare(struct tree *t, enum hs_era era, bool snapshot, enum hs_strategy strategy)
{
	const struct world_walk walk = { .era = era, .strategy = strategy, .snapshot = snapshot };

	if (world_walkers_agree(&t->w, walk, t->pages, build, t))
		return;
	print_message("%s, origin %llx, seed %llu, %s %s%s\n", t->g->name,
		      (unsigned long long)t->w.origin, (unsigned long long)t->seed,
		      hs_era_name(era), hs_strategy_name(strategy), snapshot ? " snapshot" : "");
	fail_msg("the walkers differ");
}

/* Just before the end of an entry's span, of any level. */
static uint64_t draw_origin(struct tree *t)
{
	uint32_t level = 1 + (uint32_t)draw(t, t->g->levels);
	uint64_t bytes;

	if (t->geometry == HS_GEOMETRY_MOCK || level == t->g->levels)
		return 0;
	bytes = HS_PAGE_BYTES << t->g->order[level];
	if (level < 2)
		return 5 * bytes;
	return 3 * bytes - 2 * (HS_PAGE_BYTES << t->g->order[1]);
}

static void check(enum hs_geometry_id geometry, uint64_t pages)
{
	static struct tree t;

	t.geometry = geometry;
	t.g = hs_geometry(geometry);
	t.pages = pages;
	world_begin(&t.w, geometry, PGMAPS, 1u << DEAD);
	for (uint64_t i = 0; i < 1024; i++)
		assert_int_equal(
			hs_page_init_device(t.w.self, world_device_pfn(0, i), t.w.pgmap[0]), 0);
	for (t.seed = 1; t.seed <= test_scaled(TREES); t.seed++) {
		t.state = t.seed;
		t.w.origin = draw_origin(&t);
		for (int s = 0; s < HS_STRATEGY_COUNT; s++) {
			compare(&t, HS_ERA_5_3, false, (enum hs_strategy)s);
			compare(&t, HS_ERA_5_3, true, (enum hs_strategy)s);
			compare(&t, HS_ERA_6_12, false, (enum hs_strategy)s);
		}
	}
	world_end(&t.w);
}

static void mock_tables(void **state)
{
	(void)state;
	check(HS_GEOMETRY_MOCK, 64);
}

static void four_levels(void **state)
{
	(void)state;
	check(HS_GEOMETRY_X86_64, 2048);
}

static void five_levels(void **state)
{
	(void)state;
	check(HS_GEOMETRY_X86_64_5L, 2048);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mock_tables),
		cmocka_unit_test(four_levels),
		cmocka_unit_test(five_levels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
