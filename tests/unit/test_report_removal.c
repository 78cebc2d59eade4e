/* SPDX-License-Identifier: MIT */
/* Removals while a layout is walked, at the worst point: what they wait for, what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include <errno.h>

#include "compare/removal_report.h"
#include "support/layout_text.h"
#include "support/steady_clock.h"

#define SIZE ((uint64_t)4 << 20)
#define PAGES (SIZE / HS_PAGE_BYTES) /* 1024 */

static int removal_init(struct hs_removal_layout *removal, const struct hs_layout *layout,
			const struct hs_compare_setting *set)
{
	return hs_removal_layout_init(removal, set->mem, layout, hs_request_flags(set->request),
				      set->owner);
}

/* Kill first, at the worst point of the call. */
static void worst_with(const struct hs_compare_setting *set, const struct hs_layout *layout,
		       enum hs_strategy strategy, struct hs_removal_worst *worst)
{
	struct hs_removal_layout removal;
	struct hs_removal_case c;

	assert_int_equal(removal_init(&removal, layout, set), 0);
	hs_removal_case_init(&c, HS_ERA_6_12);
	c.plan = HS_REMOVAL_PLAN_KILL_FIRST;
	c.strategy = strategy;
	c.space = &hs_removal_layout_ops;
	c.space_arg = &removal;
	assert_int_equal(hs_removal_worst(set->mem, &c, 0, worst), 0);
}

static void worst_of(struct hs_hostmem *mem, const struct hs_layout *layout,
		     enum hs_compare_request request, enum hs_strategy strategy,
		     struct hs_removal_worst *worst)
{
	const struct hs_compare_setting set = { .mem = mem, .request = request };

	worst_with(&set, layout, strategy, worst);
}

static void a_removal_waits_as_long_as_the_strategy_holds(void **state)
{
	static const uint64_t pages[HS_STRATEGY_CUSTOM] = { 0,	       0,	  511,	    511,
							    PAGES - 1, PAGES - 1, PAGES - 1 };
	struct hs_hostmem mem = { .attempts = 0 };
	struct hs_layout layout;

	(void)state;
	for (int s = 0; s < HS_STRATEGY_CUSTOM; s++) {
		struct hs_removal_worst worst;

		layout_builtin(&mem, "full", SIZE, &layout);
		worst_of(&mem, &layout, HS_REQUEST_NONE, (enum hs_strategy)s, &worst);
		assert_int_equal(worst.held[HS_HELD_REF].pages, pages[s]);
		assert_int_equal(worst.held[HS_HELD_RCU].pages, s ? 0 : 511);
		assert_int_equal(worst.vain, s != HS_STRATEGY_NONE);
		assert_int_equal(worst.leaked, 0);
		assert_int_equal(worst.verdict, HS_REMOVAL_OK);
		hs_layout_free(&mem, &layout);
		layout_builtin(&mem, "holes", SIZE, &layout);
		worst_of(&mem, &layout, HS_REQUEST_READ, (enum hs_strategy)s, &worst);
		assert_int_equal(worst.held[HS_HELD_REF].faults != 0, s >= HS_STRATEGY_PER_RANGE);
		hs_layout_free(&mem, &layout);
	}
	assert_int_equal(mem.live, 0);
}

/* With two pgmaps in turns the walk goes on in the other; with two VMAs it begins anew. */
static void a_removal_is_of_the_first_pgmap(void **state)
{
	struct hs_hostmem mem = { .attempts = 0 };
	struct hs_removal_worst worst;
	struct hs_layout layout;

	(void)state;
	layout_builtin(&mem, "alternating", SIZE, &layout);
	worst_of(&mem, &layout, HS_REQUEST_NONE, HS_STRATEGY_PER_CALL, &worst);
	assert_int_equal(worst.held[HS_HELD_REF].pages, 0);
	assert_int_equal(worst.at.refs <= 1, true);
	hs_layout_free(&mem, &layout);
	layout_builtin(&mem, "vmas", SIZE, &layout);
	worst_of(&mem, &layout, HS_REQUEST_NONE, HS_STRATEGY_PER_RANGE, &worst);
	assert_int_equal(worst.held[HS_HELD_REF].pages, 15);
	hs_layout_free(&mem, &layout);
	assert_int_equal(mem.live, 0);
}

/*
 * One page of the memory that goes, and as many of device-private memory as a table has: accepted,
 * if they are of the owner who asks, otherwise brought back by faults, or passed over.
 */
static void a_removal_accepts_the_pages_of_the_owner_who_asks(void **state)
{
	static const char text[] = "hmmsim 1\n"
				   "layout owners\n"
				   "pgmap 0x200000 0x200200\n"
				   "pgmap 0x201000 0x201200 type=private owner=1\n"
				   "vma 0x7f0000000000 0x7f0000200000 rw\n"
				   "map 0x7f0000000000 4k devrw 0x200000\n"
				   "map 0x7f0000001000 4k dpw 0x201000 count=511 owner=1\n";
	struct hs_hostmem mem = { .attempts = 0 };
	struct hs_compare_setting set = { .mem = &mem };
	struct hs_layout layout;

	(void)state;
	layout_must_parse(&mem, text, &layout);
	for (int i = 0; i < 4; i++) {
		struct hs_removal_worst worst;
		const uint64_t *of = worst.at.cost.of;
		bool own = i & 1, read = i & 2;

		set.owner = own ? 1 : 2;
		set.request = read ? HS_REQUEST_READ : HS_REQUEST_NONE;
		worst_with(&set, &layout, HS_STRATEGY_PER_CALL, &worst);
		assert_int_equal(worst.held[HS_HELD_REF].pages, 511);
		assert_int_equal(worst.held[HS_HELD_REF].faults, read && !own ? 511 : 0);
		assert_int_equal(of[HS_COST_PRIVATE_OWN], own ? 511 : 0);
		assert_int_equal(of[HS_COST_PRIVATE_FOREIGN], read || own ? 0 : 511);
		assert_int_equal(of[HS_COST_PAGE], read && !own ? 511 : 0);
	}
	hs_layout_free(&mem, &layout);
	assert_int_equal(mem.live, 0);
}

/* A removal from the first page on is charged with all others, each as the comparison counts it. */
static void pages_are_of_the_same_class_as_in_the_comparison(void **state)
{
	static const char text[] = "hmmsim 1\n"
				   "layout kinds\n"
				   "pgmap 0x200000 0x200600\n"
				   "pgmap 0x201000 0x201200 type=private owner=1\n"
				   "pgmap 0x202000 0x202200 type=private owner=2\n"
				   "vma 0x7f0000000000 0x7f0000600000 rw\n"
				   "map 0x7f0000000000 4k devrw 0x200000 count=2\n"
				   "map 0x7f0000002000 4k ro 0x5000 count=3\n"
				   "map 0x7f0000005000 4k pn 0x5100 count=5\n"
				   "map 0x7f000000a000 4k zero 0 count=7\n"
				   "map 0x7f0000011000 4k swap 0x9 count=11\n"
				   "map 0x7f000001c000 4k migw 0x5200 count=13\n"
				   "map 0x7f0000029000 4k dpw 0x201000 count=17 owner=1\n"
				   "map 0x7f000003a000 4k dpr 0x202000 count=19 owner=2\n"
				   "map 0x7f000004d000 4k dxr 0x5300 count=23\n"
				   "map 0x7f0000200000 2m devrw 0x200200\n"
				   "map 0x7f0000400000 2m rw 0x6000\n";
	struct hs_hostmem mem = { .attempts = 0 };
	const struct hs_compare_setting set = { .mem = &mem, .owner = 1 };
	struct hs_compare_span span;
	struct hs_cost_counts counts;
	struct hs_removal_worst worst;
	struct hs_layout layout;

	(void)state;
	layout_must_parse(&mem, text, &layout);
	assert_int_equal(hs_compare_make_span(&mem, &layout, HS_SCOPE_WHOLE, &span), 0);
	hs_compare_pages(&layout, &span, 1, &counts);
	worst_with(&set, &layout, HS_STRATEGY_PER_CALL, &worst);
	assert_int_equal(worst.start.at, HS_WALK_PAGE);
	assert_int_equal(worst.start.number, 1);
	counts.of[HS_COST_DEVMAP_PAGE]--;
	assert_int_equal(counts.of[HS_COST_PRIVATE_FOREIGN], 11 + 13 + 19 + 23);
	for (unsigned int c = 0; c < HS_COST_CALL; c++)
		assert_int_equal(worst.at.cost.of[c], counts.of[c]);
	hs_compare_span_free(&mem, &span);
	hs_layout_free(&mem, &layout);
	assert_int_equal(mem.live, 0);
}

/* What hs_removal_layout_init() says of the pgmaps, which a VMA maps by these lines. */
static int init_of(const char *pgmaps, const char *maps, size_t *index)
{
	struct hs_hostmem mem = { .attempts = 0 };
	const struct hs_compare_setting set = { .mem = &mem };
	struct hs_removal_layout removal;
	struct hs_layout layout;
	char text[512];
	int ret;

	snprintf(text, sizeof(text),
		 "hmmsim 1\nlayout x\n%svma 0x7f0000000000 0x7f0000400000 rw\n%s", pgmaps, maps);
	layout_must_parse(&mem, text, &layout);
	ret = removal_init(&removal, &layout, &set);
	*index = removal.index;
	hs_layout_free(&mem, &layout);
	assert_int_equal(mem.live, 0);
	return ret;
}

#define FIRST "map 0x7f0000000000 4k devrw 0x200000\n"
#define SECOND "map 0x7f0000200000 4k devrw 0x200200\n"

/* Walks that meet a dead pgmap fail. */
static void only_a_dead_pgmap_that_is_mapped_is_in_the_way(void **state)
{
	static const char first[] = "pgmap 0x200000 0x200200 dead\npgmap 0x200200 0x200400\n";
	static const char second[] = "pgmap 0x200000 0x200200\npgmap 0x200200 0x200400 dead\n";
	size_t index;

	(void)state;
	assert_int_equal(init_of(first, SECOND, &index), 0);
	assert_int_equal(index, 1);
	assert_int_equal(init_of(second, FIRST, &index), 0);
	assert_int_equal(index, 0);
	assert_int_equal(init_of(first, FIRST SECOND, &index), -ENODEV);
	assert_int_equal(init_of(second, FIRST SECOND, &index), -ENODEV);
	assert_int_equal(init_of(first, FIRST, &index), -ENODEV);
	assert_int_equal(init_of(first, "", &index), -ENOENT);
}

/* Whole subsections of 512 pages are removed, so that no other pgmap may have pages in them. */
static void a_pgmap_is_removed_if_its_subsections_are_its_own(void **state)
{
	static const char line[] = "pgmap 0x%x 0x%x\npgmap 0x%x 0x%x%s\n";
	static const struct {
		unsigned int start, end, next, last;
		const char *map;
		int ret;
	} cases[] = {
		{ 0x200000, 0x200010, 0x200010, 0x200020, FIRST, -EEXIST },
		{ 0x200000, 0x200010, 0x2001ff, 0x200400, FIRST, -EEXIST },
		{ 0x200000, 0x200010, 0x200200, 0x200210, FIRST, 0 },
		{ 0x200000, 0x200001, 0x2001ff, 0x200201, SECOND, -EEXIST },
		{ 0x1ffe00, 0x200001, 0x2001ff, 0x200400, SECOND, -EEXIST },
		{ 0x1ffe00, 0x200000, 0x2001ff, 0x200400, SECOND, 0 },
	};
	char pgmaps[128];
	size_t index;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(pgmaps, sizeof(pgmaps), line, cases[i].start, cases[i].end, cases[i].next,
			 cases[i].last, i % 2 ? "" : " type=generic");
		assert_int_equal(init_of(pgmaps, cases[i].map, &index), cases[i].ret);
	}
}

/* Each run makes struct pages from the first page that is mapped to the last, and no others. */
static void what_is_mapped_is_made(void **state)
{
	static const char text[] = "hmmsim 1\nlayout x\npgmap 0x200000 0x100000000\n"
				   "vma 0x7f0000000000 0x7f0000400000 rw\n"
				   "map 0x7f0000000000 4k devrw 0x200a10 count=2\n"
				   "map 0x7f0000002000 4k devrw 0x200e00\n"
				   "map 0x7f0000003000 4k rw 0x2007ff\n"
				   "map 0x7f0000004000 4k zero 0\n";
	struct hs_hostmem mem = { .attempts = 0 };
	const struct hs_compare_setting set = { .mem = &mem };
	struct hs_removal_layout removal;
	struct hs_layout layout;

	(void)state;
	layout_must_parse(&mem, text, &layout);
	assert_int_equal(removal_init(&removal, &layout, &set), 0);
	assert_int_equal(removal.first, 0x200600);
	assert_int_equal(removal.end, 0x201000);
	hs_layout_free(&mem, &layout);
	assert_int_equal(mem.live, 0);
}

static void what_cannot_be_removed_is_refused(void **state)
{
	struct hs_hostmem mem = { .attempts = 0 };
	const struct hs_compare_setting set = { .mem = &mem };
	struct hs_removal_layout removal;
	struct hs_layout layout;

	(void)state;
	layout_must_parse(&mem, "hmmsim 1\nlayout nothing\n", &layout);
	assert_int_equal(removal_init(&removal, &layout, &set), -ENOENT);
	hs_layout_free(&mem, &layout);
	layout_builtin(&mem, "private", SIZE, &layout);
	assert_int_equal(removal_init(&removal, &layout, &set), -ENOENT);
	hs_layout_free(&mem, &layout);
	layout_builtin(&mem, "full", (HS_REMOVAL_LAYOUT_PAGES + 512) * HS_PAGE_BYTES, &layout);
	assert_int_equal(removal_init(&removal, &layout, &set), -ERANGE);
	hs_layout_free(&mem, &layout);
	assert_int_equal(mem.live, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_removal_waits_as_long_as_the_strategy_holds),
		cmocka_unit_test(a_removal_is_of_the_first_pgmap),
		cmocka_unit_test(a_removal_accepts_the_pages_of_the_owner_who_asks),
		cmocka_unit_test(pages_are_of_the_same_class_as_in_the_comparison),
		cmocka_unit_test(only_a_dead_pgmap_that_is_mapped_is_in_the_way),
		cmocka_unit_test(a_pgmap_is_removed_if_its_subsections_are_its_own),
		cmocka_unit_test(what_is_mapped_is_made),
		cmocka_unit_test(what_cannot_be_removed_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
