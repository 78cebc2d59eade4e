/* SPDX-License-Identifier: MIT */
/* Map lines that replace others, against an array with a number for each page. */
#include <errno.h>
#include <string.h>

#include "support/test.h"
#include "text/pieces.h"

#define PAGES 2048
#define PAGE HS_PAGE_BYTES

/* The entry that begins at each page, as its pfn and one more; 0: none. */
struct model {
	uint64_t pfn[PAGES];
	uint32_t level[PAGES];
};

static uint64_t state_next(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return *state >> 33;
}

static struct hs_space_map random_line(uint64_t *state, uint64_t n)
{
	struct hs_space_map map = { .kind = HS_MAP_RW, .line = n };
	uint64_t pages, room;

	map.level = !(state_next(state) % 4);
	pages = hs_map_pages(map.level);
	map.addr = state_next(state) % (PAGES / pages) * pages * PAGE;
	room = PAGES / pages - map.addr / PAGE / pages;
	map.count = 1 + state_next(state) % (room < 64 ? room : 64);
	map.pfn = n << 12; /* no two lines have a page in common */
	return map;
}

/* Whether the line would replace a part of a leaf. */
static bool model_splits(const struct model *m, const struct hs_space_map *map)
{
	uint64_t first = map->addr / PAGE, end = hs_space_map_end(map) / PAGE, leaf = 512;

	for (uint64_t i = 0; i < PAGES; i += leaf)
		if (m->level[i] && first < i + leaf && end > i && (first > i || end < i + leaf))
			return true;
	return false;
}

static void model_put(struct model *m, const struct hs_space_map *map)
{
	uint64_t first = map->addr / PAGE, pages = hs_space_map_pages(map);

	for (uint64_t i = 0; i < pages; i++) {
		bool begins = !(i % hs_map_pages(map->level));

		m->level[first + i] = begins ? map->level : 0;
		m->pfn[first + i] = begins ? map->pfn + i + 1 : 0;
	}
}

struct seen {
	struct model model;
	uint64_t end;
};

static int see(const struct hs_space_map *map, void *arg)
{
	struct seen *seen = arg;

	assert_true(map->count > 0);
	assert_true(map->addr >= seen->end);
	seen->end = hs_space_map_end(map);
	model_put(&seen->model, map);
	return 0;
}

static void a_later_line_replaces_an_earlier_one_page_by_page(void **unused)
{
	uint64_t state = 1;

	(void)unused;
	for (int round = 0; round < 50; round++) {
		struct hs_hostmem mem = { .attempts = 0 };
		struct hs_pieces pieces = { .mem = &mem };
		struct model model = { .pfn = { 0 } };

		for (uint64_t n = 1; n < 100; n++) {
			struct hs_space_map map = random_line(&state, n);
			struct seen seen = { .end = 0 };
			int ret = hs_pieces_cut(&pieces, &map);

			assert_int_equal(ret, model_splits(&model, &map) ? -EINVAL : 0);
			if (ret)
				break; /* it has cut a part of it */
			assert_int_equal(hs_pieces_add(&pieces, &map), 0);
			model_put(&model, &map);
			assert_int_equal(hs_pieces_for_each(&pieces, see, &seen), 0);
			assert_memory_equal(&seen.model, &model, sizeof(model));
		}
		hs_pieces_free(&pieces);
		assert_int_equal(mem.live, 0);
	}
}

static void a_table_replaces_nothing(void **unused)
{
	struct hs_hostmem mem = { .attempts = 0 };
	struct hs_pieces pieces = { .mem = &mem };
	struct hs_space_map map = { .kind = HS_MAP_TBL, .addr = 8 * PAGE, .count = 2 };

	(void)unused;
	assert_int_equal(hs_pieces_cut(&pieces, &map), 0);
	assert_int_equal(hs_pieces_add(&pieces, &map), 0);
	map.addr = 10 * PAGE;
	assert_int_equal(hs_pieces_cut(&pieces, &map), 0);
	map.addr = 9 * PAGE;
	assert_int_equal(hs_pieces_cut(&pieces, &map), -EINVAL);
	hs_pieces_free(&pieces);
}

/* ---- depth ------------------------------------------------------------------------------- */

#define LINES 100000u

static uint64_t line_in_order(int order, uint64_t i)
{
	switch (order) {
	case 0:
		return i;
	case 1:
		return LINES - 1 - i;
	default:
		return i * 70001 % LINES; /* has no factor in common with LINES */
	}
}

static unsigned int depth_of(const struct hs_pieces *p, uint32_t piece)
{
	unsigned int below, above;

	if (!piece)
		return 0;
	below = depth_of(p, p->at[piece].below);
	above = depth_of(p, p->at[piece].above);
	return 1 + (below > above ? below : above);
}

/* The depth is what a line costs: 100,000 lines in a row would be as many steps for each. */
static void the_tree_stays_flat_in_every_order_of_lines(void **unused)
{
	(void)unused;
	for (int order = 0; order < 3; order++) {
		struct hs_hostmem mem = { .attempts = 0 };
		struct hs_pieces pieces = { .mem = &mem };

		for (uint64_t i = 0; i < LINES; i++) {
			struct hs_space_map map = { .kind = HS_MAP_ZERO, .count = 1 };

			map.addr = 2 * line_in_order(order, i) * PAGE;
			assert_int_equal(hs_pieces_cut(&pieces, &map), 0);
			assert_int_equal(hs_pieces_add(&pieces, &map), 0);
		}
		assert_in_range(depth_of(&pieces, pieces.root), 17, 64);
		hs_pieces_free(&pieces);
		assert_int_equal(mem.live, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_later_line_replaces_an_earlier_one_page_by_page),
		cmocka_unit_test(a_table_replaces_nothing),
		cmocka_unit_test(the_tree_stays_flat_in_every_order_of_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
