/* SPDX-License-Identifier: MIT */
/* Built-in layouts: exact counts, sizes and names, and that their text can be parsed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <errno.h>

#include "text/builtin.h"
#include "support/layout_text.h"

#define PAGES (HS_BUILTIN_BYTES / HS_PAGE_BYTES) /* 16384 */
#define TABLES (PAGES / 512)
#define GIB_PAGES ((uint64_t)1 << 18)

/* At the default size. */
struct expected {
	const char *name;
	size_t vmas, pgmaps, maps;
	uint64_t dev, ordinary, private, tables; /* pages */
	uint32_t level;				 /* of the first map */
};

static const struct expected all[] = {
	{ "full", 1, 1, 1, PAGES, 0, 0, 0, 0 },
	{ "anon", 1, 0, 1, 0, PAGES, 0, 0, 0 },
	{ "every8", 1, 1, PAGES / 4, PAGES / 8, PAGES / 8 * 7, 0, 0, 0 },
	{ "sparse1", 1, 1, TABLES, TABLES, 0, 0, 0, 0 },
	{ "sparse2", 1, 1, 2 * TABLES, 2 * TABLES, 0, 0, 0, 0 },
	{ "sparse3", 1, 1, 3 * TABLES, 3 * TABLES, 0, 0, 0, 0 },
	{ "sparse4", 1, 1, 4 * TABLES, 4 * TABLES, 0, 0, 0, 0 },
	{ "sparse5", 1, 1, 5 * TABLES, 5 * TABLES, 0, 0, 0, 0 },
	{ "sparse6", 1, 1, 6 * TABLES, 6 * TABLES, 0, 0, 0, 0 },
	{ "sparse7", 1, 1, 7 * TABLES, 7 * TABLES, 0, 0, 0, 0 },
	{ "sparse8", 1, 1, 8 * TABLES, 8 * TABLES, 0, 0, 0, 0 },
	{ "half", 1, 1, 8102, PAGES / 2, PAGES / 2, 0, 0, 0 },
	{ "thp", 1, 0, 1, 0, PAGES, 0, 0, 1 },
	{ "dev2m", 1, 1, 1, PAGES, 0, 0, 0, 1 },
	{ "dev1g", 1, 1, 1, GIB_PAGES, 0, 0, 0, 2 },
	{ "alternating", 1, 2, PAGES, PAGES, 0, 0, 0, 0 },
	{ "holes", 1, 1, PAGES / 8, PAGES / 8 * 7, 0, 0, 0, 0 },
	{ "empty-tables", 1, 0, TABLES, 0, 0, 0, TABLES, 0 },
	{ "vmas", PAGES / 16, 1, PAGES / 16, PAGES, 0, 0, 0, 0 },
	{ "private", 1, 2, PAGES / 4 * 3, 0, PAGES / 2, PAGES / 2, 0, 0 },
};
#define COUNT (sizeof(all) / sizeof(all[0]))

static void check_counts(const struct hs_layout *l, const struct expected *e)
{
	uint64_t dev = layout_pages(l, HS_MAP_DEVRW) + layout_pages(l, HS_MAP_DEVRO);

	if (l->vma_count != e->vmas || l->pgmap_count != e->pgmaps || l->map_count != e->maps)
		fail_msg("%s: %zu vmas, %zu pgmaps, %zu maps", e->name, l->vma_count,
			 l->pgmap_count, l->map_count);
	assert_int_equal(dev, e->dev);
	assert_int_equal(layout_pages(l, HS_MAP_RW), e->ordinary);
	assert_int_equal(layout_pages(l, HS_MAP_DPW), e->private);
	assert_int_equal(layout_pages(l, HS_MAP_TBL), e->tables);
	assert_int_equal(l->maps[0].level, e->level);
	assert_string_equal(l->name, e->name);
	assert_int_equal(l->vmas[0].start, 0x7f0000000000);
	assert_int_equal(l->vmas[e->vmas - 1].end - l->vmas[0].start,
			 !strcmp(e->name, "dev1g") ? (uint64_t)1 << 30 : HS_BUILTIN_BYTES);
}

static void counts_are_exact_and_text_survives(void **state)
{
	(void)state;
	assert_int_equal(hs_builtin_count(), COUNT);
	for (unsigned int i = 0; i < COUNT; i++) {
		struct hs_hostmem mem = { .attempts = 0 };
		struct hs_layout layout;

		assert_string_equal(hs_builtin_name(i), all[i].name);
		assert_true(strlen(hs_builtin_summary(i)) > 0);
		assert_int_equal(hs_builtin_make(&mem, all[i].name, HS_BUILTIN_BYTES, &layout), 0);
		check_counts(&layout, &all[i]);
		layout_round_trip(&mem, &layout);
		hs_layout_free(&mem, &layout);
		assert_int_equal(mem.live, 0);
	}
}

/* The device pages of a table are spread evenly, from its first page on. */
static void sparse_pages_are_spread_over_their_table(void **state)
{
	static const uint64_t places[] = { 0, 170, 341, 512, 682, 853 };
	struct hs_hostmem mem = { .attempts = 0 };
	struct hs_layout layout;

	(void)state;
	assert_int_equal(hs_builtin_make(&mem, "sparse3", HS_BUILTIN_BYTES, &layout), 0);
	for (unsigned int i = 0; i < 6; i++)
		assert_int_equal((layout.maps[i].addr - 0x7f0000000000) / HS_PAGE_BYTES, places[i]);
	hs_layout_free(&mem, &layout);
	assert_int_equal(mem.live, 0);
}

/* Neighbours have different pgmaps, or different owners. */
static void neighbours_differ(void **state)
{
	struct hs_hostmem mem = { .attempts = 0 };
	struct hs_layout layout;

	(void)state;
	assert_int_equal(hs_builtin_make(&mem, "alternating", HS_BUILTIN_BYTES, &layout), 0);
	for (size_t i = 0; i < layout.map_count; i++)
		assert_int_equal(hs_layout_find_pgmap(&layout, layout.maps[i].pfn), i % 2);
	hs_layout_free(&mem, &layout);
	assert_int_equal(hs_builtin_make(&mem, "private", HS_BUILTIN_BYTES, &layout), 0);
	for (size_t i = 0; i < layout.map_count; i++)
		assert_int_equal(layout.maps[i].owner, i % 3);
	hs_layout_free(&mem, &layout);
	assert_int_equal(mem.live, 0);
}

static void sizes_are_rounded_up_and_bounded(void **state)
{
	struct hs_hostmem mem = { .attempts = 0 };
	struct hs_layout layout;

	(void)state;
	for (unsigned int i = 0; i < COUNT; i++) {
		bool large = !strcmp(all[i].name, "dev1g");
		uint64_t unit = large ? (uint64_t)1 << 30 : 2 << 20;

		assert_int_equal(hs_builtin_make(&mem, all[i].name, 1, &layout), 0);
		assert_int_equal(layout.vmas[layout.vma_count - 1].end - layout.vmas[0].start,
				 unit);
		layout_round_trip(&mem, &layout);
		hs_layout_free(&mem, &layout);
		assert_int_equal(hs_builtin_make(&mem, all[i].name, unit + 1, &layout), 0);
		assert_int_equal(layout.vmas[layout.vma_count - 1].end - layout.vmas[0].start,
				 2 * unit);
		hs_layout_free(&mem, &layout);
	}
	assert_int_equal(hs_builtin_make(&mem, "dev2m", HS_BUILTIN_BYTES_MAX, &layout), 0);
	layout_round_trip(&mem, &layout);
	hs_layout_free(&mem, &layout);
	assert_int_equal(hs_builtin_make(&mem, "full", HS_BUILTIN_BYTES_MAX + 1, &layout), -EINVAL);
	assert_int_equal(hs_builtin_make(&mem, "full", 0, &layout), -EINVAL);
	assert_int_equal(hs_builtin_make(&mem, "ful", 1, &layout), -ENOENT);
	/* the entries of all map lines */
	assert_int_equal(hs_builtin_make(&mem, "full", HS_SPACE_ENTRIES_MAX * 4096, &layout), 0);
	layout_round_trip(&mem, &layout);
	hs_layout_free(&mem, &layout);
	assert_int_equal(hs_builtin_make(&mem, "full", HS_SPACE_ENTRIES_MAX * 4096 + 1, &layout),
			 -E2BIG);
	assert_int_equal(mem.live, 0);
}

/* Layouts of two sizes have two names; sizes that are rounded to the same size have one. */
static void a_size_is_in_the_name(void **state)
{
	static const struct {
		const char *name, *called;
		uint64_t bytes;
	} cases[] = {
		{ "full", "full", HS_BUILTIN_BYTES },
		{ "full", "full", HS_BUILTIN_BYTES - 1 },
		{ "full", "full:2M", 1 },
		{ "full", "full:66M", HS_BUILTIN_BYTES + 1 },
		{ "full", "full:1026M", ((uint64_t)1 << 30) + 1 },
		{ "dev2m", "dev2m:1T", HS_BUILTIN_BYTES_MAX },
		{ "thp", "thp:8G", (uint64_t)8 << 30 },
		{ "dev1g", "dev1g", 1 },
		{ "dev1g", "dev1g:2G", ((uint64_t)1 << 30) + 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct hs_hostmem mem = { .attempts = 0 };
		struct hs_layout layout;

		layout_builtin(&mem, cases[i].name, cases[i].bytes, &layout);
		assert_string_equal(layout.name, cases[i].called);
		hs_layout_free(&mem, &layout);
		assert_int_equal(mem.live, 0);
	}
}

static void without_memory_nothing_stays(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < COUNT; i++) {
		uint64_t index = 0;
		int ret;

		do {
			struct hs_hostmem mem = { .fail_at = ++index };
			struct hs_layout layout;

			ret = hs_builtin_make(&mem, all[i].name, 2 << 20, &layout);
			assert_true(!ret || ret == -ENOMEM);
			if (!ret)
				hs_layout_free(&mem, &layout);
			assert_null(layout.name);
			assert_int_equal(mem.live, 0);
		} while (ret);
		/* The name, the VMAs, the maps, and for most layouts pgmaps; then one too many. */
		assert_true(index >= 1 + 1 + 1 + (all[i].pgmaps != 0) + 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_are_exact_and_text_survives),
		cmocka_unit_test(sparse_pages_are_spread_over_their_table),
		cmocka_unit_test(neighbours_differ),
		cmocka_unit_test(sizes_are_rounded_up_and_bounded),
		cmocka_unit_test(a_size_is_in_the_name),
		cmocka_unit_test(without_memory_nothing_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
