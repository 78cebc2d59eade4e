/* SPDX-License-Identifier: MIT */
/* --device: what its text means, and exactly which pages go to device memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include <errno.h>

#include "text/place.h"
#include "support/layout_text.h"

/* ---- words ------------------------------------------------------------------------------- */

static void the_words_mean_what_the_help_says(void **state)
{
	struct hs_place p;
	char error[256];

	(void)state;
	assert_int_equal(hs_place_parse("all=fsdax:50", &p, error), 0);
	assert_int_equal(p.pattern, HS_PLACE_ALL);
	assert_int_equal(p.type, HS_PGMAP_FS_DAX);
	assert_int_equal(p.share, 50);
	assert_int_equal(p.of, 100);
	assert_int_equal(p.pgmaps, 1);
	assert_int_equal(p.run, 1);
	assert_int_equal(p.owner, 0);
	assert_int_equal(hs_place_parse("anon=private:1/3:2,owner=9,runs=0x10", &p, error), 0);
	assert_int_equal(p.pattern, HS_PLACE_ANON);
	assert_int_equal(p.type, HS_PGMAP_PRIVATE);
	assert_int_equal(p.share, 1);
	assert_int_equal(p.of, 3);
	assert_int_equal(p.pgmaps, 2);
	assert_int_equal(p.run, 16);
	assert_int_equal(p.owner, 9);
	assert_int_equal(hs_place_parse("file=private:100%", &p, error), 0);
	assert_int_equal(p.pattern, HS_PLACE_FILE);
	assert_int_equal(p.owner, 1);
	assert_int_equal(hs_place_parse("0x1000-0x3000=coherent:0%", &p, error), 0);
	assert_int_equal(p.pattern, HS_PLACE_RANGE);
	assert_int_equal(p.start, 0x1000);
	assert_int_equal(p.end, 0x3000);
	assert_int_equal(p.type, HS_PGMAP_COHERENT);
	assert_int_equal(hs_place_parse("/a=fsdax:b,c:1=x*=p2pdma:7,runs=2", &p, error), 0);
	assert_int_equal(p.pattern, HS_PLACE_NAME);
	assert_string_equal(p.name, "/a=fsdax:b,c:1=x*");
	assert_int_equal(p.type, HS_PGMAP_P2PDMA);
	assert_int_equal(p.share, 7);
	assert_int_equal(p.run, 2);
}

#define USAGE "expected PATTERN=KIND:SHARE with KIND fsdax, private, coherent or p2pdma, found "
#define SHARE "expected a share from 0 to 100, with or without %, or a fraction such as 1/3, found "

static void other_words_are_refused_in_a_sentence(void **state)
{
	static const struct {
		const char *text, *error;
	} cases[] = {
		{ "", USAGE "''" },
		{ "all", USAGE "'all'" },
		{ "all=fsdax", USAGE "'all=fsdax'" },
		{ "all=generic:50", USAGE "'all=generic:50'" },
		{ "all=fsdaxx:50", USAGE "'all=fsdaxx:50'" },
		{ "=fsdax:50", "expected a pattern of 1 to 255 bytes before =, found ''" },
		{ "all=fsdax:", SHARE "''" },
		{ "all=fsdax:%", SHARE "'%'" },
		{ "all=fsdax:101", SHARE "'101'" },
		{ "all=fsdax:-1", SHARE "'-1'" },
		{ "all=fsdax:0.5", SHARE "'0.5'" },
		{ "all=fsdax:2/1", SHARE "'2/1'" },
		{ "all=fsdax:0/0", SHARE "'0/0'" },
		{ "all=fsdax:1/", SHARE "'1/'" },
		{ "all=fsdax:1/1000001", SHARE "'1/1000001'" },
		{ "all=fsdax:50:0", "expected a number of pgmaps from 1 to 1024, found '0'" },
		{ "all=fsdax:50:1025", "expected a number of pgmaps from 1 to 1024, found '1025'" },
		{ "all=fsdax:50:1:1", "expected a number of pgmaps from 1 to 1024, found '1:1'" },
		{ "all=fsdax:50,", "expected runs=N or owner=K, found ''" },
		{ "all=fsdax:50,run=1", "expected runs=N or owner=K, found 'run'" },
		{ "all=fsdax:50,runs", "expected runs=N, a number from 1, found ''" },
		{ "all=fsdax:50,runs=0", "expected runs=N, a number from 1, found '0'" },
		{ "all=fsdax:50,owner=me", "expected owner=K, a number, found 'me'" },
		{ "0x1000-0x1000=fsdax:50",
		  "expected 0xA-0xB with A below B, both multiples of 0x1000, found "
		  "'0x1000-0x1000'" },
		{ "0x1000-0x2001=fsdax:50",
		  "expected 0xA-0xB with A below B, both multiples of 0x1000, found "
		  "'0x1000-0x2001'" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct hs_place place;
		char error[256];

		if (hs_place_parse(cases[i].text, &place, error) != -EINVAL)
			fail_msg("not refused: %s", cases[i].text);
		assert_string_equal(error, cases[i].error);
	}
}

static void a_pattern_of_256_bytes_is_too_long(void **state)
{
	char text[300], error[256];
	struct hs_place place;

	(void)state;
	memset(text, 'a', sizeof(text));
	strcpy(text + 255, "=fsdax:1");
	assert_int_equal(hs_place_parse(text, &place, error), 0);
	assert_int_equal(strlen(place.name), 255);
	strcpy(text + 255, "a=fsdax:1");
	assert_int_equal(hs_place_parse(text, &place, error), -EINVAL);
}

/* ---- pages ------------------------------------------------------------------------------- */

/* Places pages and compares the printed result. */
static void check(const char *layout_text, const char *device, const char *expected,
		  uint64_t matched, uint64_t placed)
{
	struct hs_hostmem mem = { .attempts = 0 };
	struct hs_placed counts;
	struct hs_layout layout;
	struct hs_place place;
	struct hs_out out;
	char error[1024];

	if (layout_parse(&mem, layout_text, &layout, error) != 1)
		fail_msg("%s", error);
	assert_int_equal(hs_place_parse(device, &place, error), 0);
	assert_int_equal(hs_place(&mem, &layout, &place, &counts), 0);
	layout_print(&mem, &layout, &out);
	assert_string_equal(out.bytes, expected);
	assert_int_equal(counts.matched, matched);
	assert_int_equal(counts.placed, placed);
	layout_round_trip(&mem, &layout);
	hs_out_free(&out);
	hs_layout_free(&mem, &layout);
	assert_int_equal(mem.live, 0);
}

#define A "hmmsim 1\nlayout a\n"
#define VMA "vma 0x0 0x40000000 rw\n"
/* Eight pages, with a hole in the middle. */
#define EIGHT "map 0x1000 4k rw 0x11 count=4\nmap 0x10000 4k ro 0x20 count=4\n"

static void a_share_is_spread_evenly_and_exactly(void **state)
{
	(void)state;
	check(A VMA EIGHT, "all=fsdax:0", A VMA EIGHT, 8, 0);
	check(A VMA EIGHT, "all=fsdax:100",
	      A
	      "pgmap 0x100000000 0x100000200\n" VMA
	      "map 0x1000 4k devrw 0x100000000 count=4\nmap 0x10000 4k devro 0x100000004 count=4\n",
	      8, 8);
	check(A VMA EIGHT, "all=fsdax:1/4",
	      A "pgmap 0x100000000 0x100000200\n" VMA
		"map 0x1000 4k rw 0x11 count=3\nmap 0x4000 4k devrw 0x100000000\n"
		"map 0x10000 4k ro 0x20 count=3\nmap 0x13000 4k devro 0x100000001\n",
	      8, 2);
	/* 3 of 8, and never more than 40 % of the pages so far. */
	check(A VMA EIGHT, "all=fsdax:40%",
	      A "pgmap 0x100000000 0x100000200\n" VMA
		"map 0x1000 4k rw 0x11 count=2\nmap 0x3000 4k devrw 0x100000000\n"
		"map 0x4000 4k rw 0x14\nmap 0x10000 4k devro 0x100000001\n"
		"map 0x11000 4k ro 0x21 count=2\nmap 0x13000 4k devro 0x100000002\n",
	      8, 3);
}

static void runs_go_on_over_holes_and_vmas(void **state)
{
	(void)state;
	check(A VMA EIGHT, "all=fsdax:50,runs=3",
	      A "pgmap 0x100000000 0x100000200\n" VMA
		"map 0x1000 4k rw 0x11 count=3\nmap 0x4000 4k devrw 0x100000000\n"
		"map 0x10000 4k devro 0x100000001 count=2\nmap 0x12000 4k ro 0x22 count=2\n",
	      8, 3);
	check(A "vma 0x1000 0x2000 rw\nmap 0x1000 4k rw 1\nvma 0x2000 0x3000 rw\n"
		"map 0x2000 4k rw 2\nvma 0x3000 0x5000 rw\nmap 0x3000 4k rw 3 count=2\n",
	      "all=fsdax:1/2,runs=2",
	      A "pgmap 0x100000000 0x100000200\nvma 0x1000 0x2000 rw\nmap 0x1000 4k rw 0x1\n"
		"vma 0x2000 0x3000 rw\nmap 0x2000 4k rw 0x2\nvma 0x3000 0x5000 rw\n"
		"map 0x3000 4k devrw 0x100000000 count=2\n",
	      4, 2);
}

static void pgmaps_take_turns(void **state)
{
	(void)state;
	check(A VMA EIGHT, "all=private:100:3,owner=5",
	      A "pgmap 0x100000000 0x100000200 type=private owner=5\n"
		"pgmap 0x100040000 0x100040200 type=private owner=5\n"
		"pgmap 0x100080000 0x100080200 type=private owner=5\n" VMA
		"map 0x1000 4k dpw 0x100000000 owner=5\nmap 0x2000 4k dpw 0x100040000 owner=5\n"
		"map 0x3000 4k dpw 0x100080000 owner=5\nmap 0x4000 4k dpw 0x100000001 owner=5\n"
		"map 0x10000 4k dpr 0x100040001 owner=5\nmap 0x11000 4k dpr 0x100080001 owner=5\n"
		"map 0x12000 4k dpr 0x100000002 owner=5\nmap 0x13000 4k dpr 0x100040002 owner=5\n",
	      8, 8);
	/* One run, three pgmaps: the two without pages are left out. */
	check(A VMA "map 0x1000 4k rw 1 count=2\n", "all=p2pdma:100:3,runs=2",
	      A "pgmap 0x100000000 0x100000200 type=p2pdma\n" VMA
		"map 0x1000 4k rw 0x100000000 count=2\n",
	      2, 2);
}

static void leaves_are_taken_whole(void **state)
{
	static const char leaves[] = A VMA "map 0x200000 2m rw 0x400 count=4 of=anon\n";

	(void)state;
	check(leaves, "all=coherent:50",
	      A "pgmap 0x100000000 0x100000400 type=coherent\n" VMA
		"map 0x200000 2m rw 0x400 of=anon\nmap 0x400000 2m rw 0x100000000 of=anon\n"
		"map 0x600000 2m rw 0x800 of=anon\nmap 0x800000 2m rw 0x100000200 of=anon\n",
	      2048, 1024);
	/* Device-private memory has no leaves. */
	check(leaves, "all=private:1/4",
	      A "pgmap 0x100000000 0x100000200 type=private owner=1\n" VMA
		"map 0x200000 2m rw 0x400 count=3 of=anon\n"
		"map 0x800000 4k dpw 0x100000000 count=512 owner=1 of=anon\n",
	      2048, 512);
	/* The pfn of a leaf is aligned, also after a single page. */
	check(A VMA "map 0x1ff000 4k rw 1\nmap 0x200000 2m rw 0x400\n", "all=fsdax:100",
	      A "pgmap 0x100000000 0x100000400\n" VMA
		"map 0x1ff000 4k devrw 0x100000000\nmap 0x200000 2m devrw 0x100000200\n",
	      513, 513);
	/* A leaf that stays does not raise the share of the pages behind it. */
	check(A VMA "map 0x200000 2m rw 0x400\nmap 0x400000 4k rw 9 count=4\n", "all=fsdax:50",
	      A "pgmap 0x100000000 0x100000200\n" VMA
		"map 0x200000 2m rw 0x400\nmap 0x400000 4k rw 0x9\n"
		"map 0x401000 4k devrw 0x100000000\nmap 0x402000 4k rw 0xb\n"
		"map 0x403000 4k devrw 0x100000001\n",
	      516, 2);
	/* Leaves and pages are counted apart: every second leaf and every second page is taken. */
	check(A VMA "map 0x1fe000 4k rw 1 count=2\nmap 0x200000 2m rw 0x400 count=2\n"
		    "map 0x600000 4k rw 9 count=2\n",
	      "all=fsdax:50",
	      A "pgmap 0x100000000 0x100000600\n" VMA
		"map 0x1fe000 4k rw 0x1\nmap 0x1ff000 4k devrw 0x100000000\n"
		"map 0x200000 2m rw 0x400\nmap 0x400000 2m devrw 0x100000200\n"
		"map 0x600000 4k rw 0x9\nmap 0x601000 4k devrw 0x100000400\n",
	      1028, 514);
	check(A VMA "map 0x1ff000 4k rw 1\nmap 0x200000 2m rw 0x400\n", "all=fsdax:50",
	      A VMA "map 0x1ff000 4k rw 0x1\nmap 0x200000 2m rw 0x400\n", 513, 0);
}

static void patterns_choose(void **state)
{
	static const char text[] = A "vma 0x1000 0x5000 rw name=[heap]\n"
				     "map 0x1000 4k rw 1 of=anon\nmap 0x2000 4k ro 2 of=file\n"
				     "map 0x3000 4k ro 3 of=shmem\nmap 0x4000 4k ro 4\n"
				     "vma 0x5000 0x7000 rw name=/lib/x.so\n"
				     "map 0x5000 4k ro 5 count=2 of=file\n"
				     "vma 0x7000 0x8000 rw\nmap 0x7000 4k rw 7\n";
	static const struct {
		const char *device;
		uint64_t matched, placed;
	} cases[] = {
		{ "all=fsdax:100", 7, 7 },
		{ "anon=fsdax:100", 1, 1 },
		{ "file=fsdax:100", 4, 4 },
		{ "[heap]=fsdax:100", 4, 4 },
		{ "[heap=fsdax:100", 0, 0 },
		{ "/lib/*=fsdax:100", 2, 2 },
		{ "*=fsdax:100", 6, 6 },
		{ "0x2000-0x6000=fsdax:100", 4, 4 },
		{ "0x0-0x7ffffffff000=fsdax:100", 7, 7 },
		{ "0x100000-0x200000=fsdax:100", 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct hs_hostmem mem = { .attempts = 0 };
		struct hs_placed placed;
		struct hs_layout layout;
		struct hs_place place;
		char error[1024];

		assert_int_equal(layout_parse(&mem, text, &layout, error), 1);
		assert_int_equal(hs_place_parse(cases[i].device, &place, error), 0);
		assert_int_equal(hs_place(&mem, &layout, &place, &placed), 0);
		if (placed.matched != cases[i].matched || placed.placed != cases[i].placed)
			fail_msg("%s: %llu of %llu", cases[i].device,
				 (unsigned long long)placed.placed,
				 (unsigned long long)placed.matched);
		assert_int_equal(layout_pages(&layout, HS_MAP_DEVRW) +
					 layout_pages(&layout, HS_MAP_DEVRO),
				 cases[i].placed);
		layout_round_trip(&mem, &layout);
		hs_layout_free(&mem, &layout);
		assert_int_equal(mem.live, 0);
	}
}

/* Half of the leaf at 0x200000 is outside. */
static void a_range_takes_what_is_inside(void **state)
{
	(void)state;
	check(A VMA "map 0x1fe000 4k rw 1 count=2\nmap 0x200000 2m rw 0x400 count=2\n",
	      "0x1ff000-0x300000=fsdax:100",
	      A "pgmap 0x100000000 0x100000200\n" VMA
		"map 0x1fe000 4k rw 0x1\nmap 0x1ff000 4k devrw 0x100000000\n"
		"map 0x200000 2m rw 0x400 count=2\n",
	      1, 1);
	check(A VMA "map 0x200000 2m rw 0x400 count=3\n", "0x300000-0x700000=fsdax:100",
	      A "pgmap 0x100000000 0x100000200\n" VMA
		"map 0x200000 2m rw 0x400\nmap 0x400000 2m devrw 0x100000000\n"
		"map 0x600000 2m rw 0x800\n",
	      512, 512);
}

static void pgmaps_come_after_all_pfns(void **state)
{
	(void)state;
	check(A VMA "map 0x1000 4k rw 1\nmap 0x2000 4k swap 0x180000001\n", "all=fsdax:100",
	      A "pgmap 0x180040000 0x180040200\n" VMA
		"map 0x1000 4k devrw 0x180040000\nmap 0x2000 4k swap 0x180000001\n",
	      1, 1);
}

/* Pages of other than ordinary memory, and of hugetlb VMAs, are not counted as matching. */
static void what_cannot_move_stays(void **state)
{
	static const char text[] = A
		"pgmap 0x100 0x200\npgmap 0x300 0x400 type=coherent\n"
		"pgmap 0x200000000 0x200000001\nvma 0x1000 0x20000 rw\n"
		"map 0x1000 4k zero 0x0\nmap 0x2000 4k swap 0x1\nmap 0x3000 4k devrw 0x100\n"
		"map 0x4000 4k special 0x1\nmap 0x5000 4k rw 0x3ff\nmap 0x6000 4k none 0x0\n"
		"map 0x7000 4k rw 0x400\nvma 0x200000 0x400000 rwh\nmap 0x200000 2m rw 0x600\n";
	static const char moved[] = A
		"pgmap 0x100 0x200\npgmap 0x300 0x400 type=coherent\n"
		"pgmap 0x200000000 0x200000001\n"
		"pgmap 0x200040000 0x200040200 type=private owner=1\nvma 0x1000 0x20000 rw\n"
		"map 0x1000 4k zero 0x0\nmap 0x2000 4k swap 0x1\nmap 0x3000 4k devrw 0x100\n"
		"map 0x4000 4k special 0x1\nmap 0x5000 4k rw 0x3ff\nmap 0x6000 4k none 0x0\n"
		"map 0x7000 4k dpw 0x200040000 owner=1\nvma 0x200000 0x400000 rwh\n"
		"map 0x200000 2m rw 0x600\n";

	(void)state;
	check(text, "all=private:100", moved, 1, 1);
	check(moved, "all=fsdax:100", moved, 0, 0);
}

/* A pgmap has neither the page below its start nor the one at its end. */
static void pages_up_to_a_pgmap_are_ordinary_to_the_last(void **state)
{
	const char text[] = A "pgmap 0x100 0x200\n" VMA "map 0x1000 4k rw 0xfc count=4\n"
			      "map 0x10000 4k rw 0x200 count=2\n";
	const char moved[] = A "pgmap 0x100 0x200\npgmap 0x100000000 0x100000200\n" VMA
			       "map 0x1000 4k devrw 0x100000000 count=4\n"
			       "map 0x10000 4k devrw 0x100000004 count=2\n";
	const char inside[] = A "pgmap 0x100 0x200 type=coherent\n" VMA
				"map 0x1000 4k rw 0xfc count=5\n"
				"map 0x10000 4k rw 0x1ff count=2\n";

	(void)state;
	check(text, "all=fsdax:100", moved, 6, 6);
	check(inside, "all=fsdax:100", inside, 0, 0);
}

/* ---- errors ------------------------------------------------------------------------------ */

static void check_refused(const char *text, int error_expected)
{
	struct hs_hostmem mem = { .attempts = 0 };
	struct hs_layout layout, before;
	struct hs_placed placed;
	struct hs_place place;
	char error[1024];

	assert_int_equal(layout_parse(&mem, text, &layout, error), 1);
	assert_int_equal(layout_parse(&mem, text, &before, error), 1);
	assert_int_equal(hs_place_parse("all=fsdax:100", &place, error), 0);
	assert_int_equal(hs_place(&mem, &layout, &place, &placed), error_expected);
	assert_true(layouts_equal(&layout, &before));
	hs_layout_free(&mem, &layout);
	hs_layout_free(&mem, &before);
	assert_int_equal(mem.live, 0);
}

static void what_does_not_fit_is_refused(void **state)
{
	(void)state;
	check_refused(A "pgmap 0xfffffffe00 0x10000000000\nvma 0x1000 0x3000 rw\n"
			"map 0x1000 4k rw 0x1\n",
		      -ERANGE);
	check_refused(A "vma 0x1000 0x3000 rw\nmap 0x1000 4k devrw 0x1\nmap 0x2000 4k rw 0x9\n",
		      -EINVAL);
}

static void without_memory_nothing_has_changed(void **state)
{
	struct hs_layout layout, before;
	struct hs_hostmem mem = { .attempts = 0 };
	struct hs_place place;
	char error[1024];
	unsigned int failures = 0;
	int ret = -ENOMEM;

	(void)state;
	assert_int_equal(layout_parse(&mem, A VMA EIGHT "pgmap 0x100 0x200\n", &layout, error), 1);
	assert_int_equal(layout_parse(&mem, A VMA EIGHT "pgmap 0x100 0x200\n", &before, error), 1);
	assert_int_equal(hs_place_parse("all=private:100:8", &place, error), 0);
	for (uint64_t index = 1; ret; index++) {
		uint64_t live = mem.live;
		struct hs_placed placed;

		mem.fail_at = mem.attempts + index;
		ret = hs_place(&mem, &layout, &place, &placed);
		if (!ret)
			break;
		failures++;
		assert_int_equal(ret, -ENOMEM);
		assert_int_equal(mem.live, live);
		assert_true(layouts_equal(&layout, &before));
	}
	/* Allocations: the pfns of the pgmaps; nine pgmaps grow twice, eight maps once. */
	assert_int_equal(failures, 1 + 2 + 1);
	hs_layout_free(&mem, &layout);
	hs_layout_free(&mem, &before);
	assert_int_equal(mem.live, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_words_mean_what_the_help_says),
		cmocka_unit_test(other_words_are_refused_in_a_sentence),
		cmocka_unit_test(a_pattern_of_256_bytes_is_too_long),
		cmocka_unit_test(a_share_is_spread_evenly_and_exactly),
		cmocka_unit_test(runs_go_on_over_holes_and_vmas),
		cmocka_unit_test(pgmaps_take_turns),
		cmocka_unit_test(leaves_are_taken_whole),
		cmocka_unit_test(patterns_choose),
		cmocka_unit_test(a_range_takes_what_is_inside),
		cmocka_unit_test(pgmaps_come_after_all_pfns),
		cmocka_unit_test(what_cannot_move_stays),
		cmocka_unit_test(what_does_not_fit_is_refused),
		cmocka_unit_test(without_memory_nothing_has_changed),
		cmocka_unit_test(pages_up_to_a_pgmap_are_ordinary_to_the_last),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
