/* SPDX-License-Identifier: MIT */
/* Layouts: errors and their texts, canonical printing, where one ends, layouts of scenarios. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include <errno.h>

#include "text/layout_scenario.h"
#include "support/layout_text.h"
#include "support/walk_scenario.h"

/* ---- refused ----------------------------------------------------------------------------- */

#define HEAD "hmmsim 1\nlayout a\nvma 0x1000 0x9000 rw\n"
/* A line in an otherwise good layout: it is line 4. */
#define IN(line) HEAD line "\n"
/* One page of a VMA with a flag moves. */
#define MOVES(flag, start, page_end, end)                                                                         \
	{                                                                                                         \
		IN("vma " start " " end " rw" flag "\nmigrate " start " " page_end " to=system"),                 \
			"x.in:5: migrate: expected a vma without flags h, H, i, m, p and s, found that of " start \
	}
#define PGMAPS "pgmap 0x100 0x200\npgmap 0x200 0x300 type=private owner=7\n"

static const struct {
	const char *text, *error;
} refused[] = {
	/* lines and words */
	{ "layout a\n", "x.in:1: layout: expected a first line hmmsim 1" },
	{ "hmmsim 1\nvma 0 0x1000 r\n", "x.in:2: vma: expected layout NAME first" },
	{ "hmmsim 1\nscenario a\n", "x.in:2: scenario: expected layout NAME first" },
	{ "hmmsim 1\nlayout\n", "x.in:2: layout: expected NAME, found 0 words" },
	{ "hmmsim 1\nrace a\n", "x.in:2: race: expected a layout; hmmsim explore reads races" },
	{ "hmmsim 1\nclaim C8\n",
	  "x.in:2: claim: expected a layout; hmmsim claims has the claims" },
	{ IN("lock D"), "x.in:4: lock: expected inside a race" },
	{ IN("mm M"), "x.in:4: mm: expected inside a race" },
	{ IN("run"), "x.in:4: run: expected outside a layout" },
	{ IN("fault ok"), "x.in:4: fault: expected outside a layout" },
	{ IN("hmmsim 1"), "x.in:4: hmmsim: expected as the first line only" },
	{ IN("maps"), "x.in:4: expected a keyword (layout, vma, map, pgmap, migrate or "
		      "evict), found \"maps\"" },
	{ IN("vma 0xa000 0xb000 r nmae=x"), "x.in:4: vma: expected name=, found \"nmae=x\"" },
	{ IN("vma 0xa000 0xb000 r name=x name=y"),
	  "x.in:4: vma: expected name= once, found \"name=y\"" },
	{ IN("vma 0xa000 0xb000 r name="), "x.in:4: vma: expected name=TEXT, found \"\"" },
	{ IN("map 0x1000 4k rw 1 type=x"),
	  "x.in:4: map: expected count=, owner= or of=, found \"type=x\"" },
	{ IN("map 0x1000 4k rw 1 of=anno"),
	  "x.in:4: map: expected of=anon, of=file or of=shmem, found \"anno\"" },
	{ IN("map 0x1000 4k zero 1 of=x"),
	  "x.in:4: map: expected of=anon, of=file or of=shmem, found \"x\"" },
	{ IN("pgmap 1 2 of=anon"), "x.in:4: pgmap: expected type= or owner=, found \"of=anon\"" },
	{ IN("pgmap 1 2 type=dax"),
	  "x.in:4: pgmap: expected type=fsdax, private, coherent, generic or p2pdma, found "
	  "\"dax\"" },
	{ IN("pgmap 1 2 owner=me"), "x.in:4: pgmap: expected owner=K, a number, found \"me\"" },
	{ IN("pgmap 1 2 undead"),
	  "x.in:4: pgmap: expected dead, or no third word, found \"undead\"" },
	/* numbers: pfns may be larger than in a walk scenario */
	{ IN("map 0x1000 4k rw 0x10000000000"),
	  "x.in:4: map: expected PFN, a number from 0x0 to 0xffffffffff, found "
	  "\"0x10000000000\"" },
	{ IN("map 0x200000 2m rw 0x10000000000"),
	  "x.in:4: map: expected PFN, a multiple of 0x200 below 0x10000000000, found "
	  "\"0x10000000000\"" },
	{ IN("map 0x1000 4k rw 0xfffffffffe count=3"),
	  "x.in:4: map: expected count=N from 1 to 2, found \"3\"" },
	{ IN("pgmap 0 0x10000000001"),
	  "x.in:4: pgmap: expected END_PFN, a number from 0x1 to 0x10000000000, found "
	  "\"0x10000000001\"" },
	/* order and overlap */
	{ IN("vma 0x8000 0xa000 r"),
	  "x.in:4: vma: expected START at or above the END of the vma before, found \"0x8000\"" },
	{ IN("map 0x1000 4k rw 1 count=2\nmap 0x2000 4k ro 9"),
	  "x.in:5: map: expected ADDR at or above the end of the map before, found \"0x2000\"" },
	{ IN("pgmap 16 32\npgmap 31 40"),
	  "x.in:5: pgmap: expected START_PFN at or above the END_PFN of the pgmap before, found "
	  "\"31\"" },
	/* misalignment */
	{ IN("vma 0xa001 0xb000 r"),
	  "x.in:4: vma: expected START, a multiple of 0x1000 below 0x800000000000, found "
	  "\"0xa001\"" },
	{ IN("vma 0x200000 0x201000 rh"),
	  "x.in:4: vma: expected START and END to be multiples of the huge page size, found \"rh\"" },
	{ IN("map 0x1000 2m rw 0"),
	  "x.in:4: map: expected ADDR, a multiple of 0x200000 below 0x800000000000, found "
	  "\"0x1000\"" },
	{ IN("map 0x200000 2m rw 0x100"),
	  "x.in:4: map: expected PFN, a multiple of 0x200 below 0x10000000000, found \"0x100\"" },
	/* maps and VMAs */
	{ "hmmsim 1\nlayout a\nmap 0x1000 4k rw 1\n",
	  "x.in:3: map: expected entries inside one vma, found 0x1000 to 0x2000" },
	{ IN("map 0xa000 4k rw 1"),
	  "x.in:4: map: expected entries inside one vma, found 0xa000 to 0xb000" },
	{ IN("map 0x0 4k rw 1"),
	  "x.in:4: map: expected entries inside one vma, found 0x0 to 0x1000" },
	{ IN("map 0x8000 4k rw 1 count=2"),
	  "x.in:4: map: expected entries inside one vma, found 0x8000 to 0xa000" },
	{ IN("vma 0x9000 0xb000 rw\nmap 0x8000 4k rw 1 count=2"),
	  "x.in:5: map: expected entries inside one vma, found 0x8000 to 0xa000" },
	{ IN("vma 0x200000 0x400000 rh\nmap 0x200000 4k rw 1"),
	  "x.in:5: map: expected 2m entries only in a vma with flag h, found 4k rw" },
	{ IN("vma 0x40000000 0x80000000 rH\nmap 0x40000000 2m rw 0"),
	  "x.in:5: map: expected 1g entries only in a vma with flag H, found 2m rw" },
	{ IN("vma 0x40000000 0x80000000 r\nmap 0x40000000 1g hwp 0"),
	  "x.in:5: map: expected a vma with flag h or H for this entry, found 1g hwp" },
	/* maps and pgmaps */
	{ IN(PGMAPS "map 0x1000 4k devrw 0x1 count=2"),
	  "x.in:6: map: expected devrw inside a pgmap, found pfn 0x1 in none" },
	{ IN(PGMAPS "map 0x1000 4k devro 0xff count=2"),
	  "x.in:6: map: expected devro inside a pgmap, found pfn 0xff in none" },
	{ IN(PGMAPS "map 0x1000 4k dpw 0x2ff count=2 owner=7"),
	  "x.in:6: map: expected dpw inside a pgmap, found pfn 0x300 in none" },
	{ IN(PGMAPS "map 0x1000 4k dpw 0x400 owner=7"),
	  "x.in:6: map: expected dpw inside a pgmap, found pfn 0x400 in none" },
	{ IN("pgmap 0x100 0x101\npgmap 0x102 0x103\nmap 0x1000 4k devrw 0x100 count=3"),
	  "x.in:6: map: expected devrw inside a pgmap, found pfn 0x101 in none" },
	{ IN(PGMAPS "map 0x1000 4k devrw 0x1ff count=2"),
	  "x.in:6: map: expected dpr and dpw, and no other kind, in a private pgmap, "
	  "found devrw in "
	  "type=private at pfn 0x200" },
	{ IN(PGMAPS "map 0x1000 4k dpr 0x1ff owner=7"),
	  "x.in:6: map: expected dpr and dpw, and no other kind, in a private pgmap, "
	  "found dpr in "
	  "type=fsdax at pfn 0x1ff" },
	{ IN(PGMAPS "map 0x1000 4k rw 0x1ff count=2"),
	  "x.in:6: map: expected dpr and dpw, and no other kind, in a private pgmap, "
	  "found rw in "
	  "type=private at pfn 0x200" },
	{ IN("pgmap 0x200 0x300 type=private owner=7\nmap 0x1000 4k rw 0x1fc count=8"),
	  "x.in:5: map: expected dpr and dpw, and no other kind, in a private pgmap, "
	  "found rw in "
	  "type=private at pfn 0x200" },
	{ IN(PGMAPS "map 0x1000 4k dpr 0x200"),
	  "x.in:6: map: expected owner=7, the owner of the pgmap, found 0" },
	/* moves */
	{ IN("migrate 0x1000 0x2000"),
	  "x.in:4: migrate: expected to=START_PFN of a pgmap or to=system, found none" },
	{ IN("migrate 0x1000 to=system"), "x.in:4: migrate: expected START END, found 1 word" },
	{ IN("migrate 0x1000 0x2000 to=swap"),
	  "x.in:4: migrate: expected to=START_PFN of a pgmap or to=system, found \"swap\"" },
	{ IN("migrate 0x1000 0x2000 from=1"), "x.in:4: migrate: expected to=, found \"from=1\"" },
	{ IN("migrate 0x1001 0x2000 to=system"),
	  "x.in:4: migrate: expected START, a multiple of 0x1000 below 0x800000000000, found "
	  "\"0x1001\"" },
	{ IN("migrate 0x1000 0x1000 to=system"),
	  "x.in:4: migrate: expected END, a multiple of 0x1000 from 0x2000 to 0x40001000, found "
	  "\"0x1000\"" },
	{ IN("migrate 0x1000 0x40002000 to=system"),
	  "x.in:4: migrate: expected END, a multiple of 0x1000 from 0x2000 to 0x40001000, found "
	  "\"0x40002000\"" },
	{ IN("migrate 0x8000 0xa000 to=system"),
	  "x.in:4: migrate: expected a range inside one vma, found 0x8000 to 0xa000" },
	{ IN("migrate 0x0 0x2000 to=system"),
	  "x.in:4: migrate: expected a range inside one vma, found 0x0 to 0x2000" },
	{ IN("migrate 0xa000 0xb000 to=system"),
	  "x.in:4: migrate: expected a range inside one vma, found 0xa000 to 0xb000" },
	MOVES("s", "0xa000", "0xb000", "0xb000"),
	MOVES("i", "0xa000", "0xb000", "0xb000"),
	MOVES("m", "0xa000", "0xb000", "0xb000"),
	MOVES("p", "0xa000", "0xb000", "0xb000"),
	MOVES("h", "0x200000", "0x201000", "0x400000"),
	MOVES("H", "0x40000000", "0x40001000", "0x80000000"),
	{ IN(PGMAPS "migrate 0x1000 0x2000 to=0x201"),
	  "x.in:6: migrate: expected the START_PFN of a pgmap, found 0x201" },
	{ IN(PGMAPS "migrate 0x1000 0x2000 to=0x300"),
	  "x.in:6: migrate: expected the START_PFN of a pgmap, found 0x300" },
	{ IN(PGMAPS "migrate 0x1000 0x2000 to=0x100"),
	  "x.in:6: migrate: expected a pgmap of type=private or type=coherent, found type=fsdax" },
	{ IN("migrate 0x1000 0x2000 to=8\npgmap 8 9 dead type=coherent"),
	  "x.in:4: migrate: expected a pgmap that is not dead, found 0x8" },
	{ IN("migrate 0x1000 0x2000 to=8\npgmap 8 9 type=private"),
	  "x.in:4: migrate: expected a pgmap with owner=K, found one without" },
	{ IN("evict"), "x.in:4: evict: expected START_PFN, found 0 words" },
	{ IN("evict all"), "x.in:4: evict: expected START_PFN of a pgmap, found \"all\"" },
	{ IN("evict 0x200"), "x.in:4: evict: expected the START_PFN of a pgmap, found 0x200" },
	{ IN("evict 8\npgmap 8 9 type=p2pdma"),
	  "x.in:4: evict: expected a pgmap of type=private or type=coherent, found type=p2pdma" },
};

static void bad_text_is_refused_in_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		struct hs_hostmem mem = { .attempts = 0 };
		struct hs_layout layout;
		char error[1024];

		if (layout_parse(&mem, refused[i].text, &layout, error) != -EINVAL)
			fail_msg("not refused: %s", refused[i].text);
		assert_string_equal(error, refused[i].error);
		assert_null(layout.name);
		assert_int_equal(mem.live, 0);
	}
}

/* A scenario knows no key of layouts, with and without a first line. */
static void scenarios_have_no_keys_of_layouts(void **state)
{
	static const struct {
		const char *text, *error;
	} cases[] = {
		{ "scenario a\nvma 0 0x1000 r name=x\n",
		  "x.in:2: vma: expected no key=value, found \"name=x\"" },
		{ "hmmsim 1\nlayout b\nscenario a\nmap 0 4k rw 1 of=anon\n",
		  "x.in:2: layout: expected scenario NAME first" },
		{ "hmmsim 1\nscenario a\nmap 0 4k rw 1 of=anon\n",
		  "x.in:3: map: expected count= or owner=, found \"of=anon\"" },
		{ "hmmsim 1\nscenario a\nlayout b\n",
		  "x.in:3: layout: expected run before the next scenario" },
		{ "hmmsim 1\nscenario a\nevict 1\n",
		  "x.in:3: evict: expected inside a layout or race" },
		{ "scenario a\nmigrate 0 0x1000 to=1\n",
		  "x.in:2: migrate: expected a first line hmmsim 1" },
		{ "hmmsim 1\nscenario a\npgmap 1 2 type=private\n",
		  "x.in:3: pgmap: expected no key=value, found \"type=private\"" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct hs_hostmem mem = { .attempts = 0 };
		struct hs_walk_scenario s;
		char error[1024];

		assert_int_equal(walk_scenario_parse(&mem, cases[i].text, &s, error), -EINVAL);
		assert_string_equal(error, cases[i].error);
		assert_int_equal(mem.live, 0);
	}
}

/* ---- canonical --------------------------------------------------------------------------- */

static const struct {
	const char *text, *printed;
} printed[] = {
	{ "hmmsim 1\nlayout a", "hmmsim 1\nlayout a\n" },
	{ "# a comment\n\nhmmsim 1\n \tlayout a.1\nmap 4096 4k zero 99 owner=1 of=anon\n"
	  "pgmap 0x10 32 type=fsdax owner=0\nvma 0x1000 0x3000 -\n",
	  "hmmsim 1\nlayout a.1\npgmap 0x10 0x20\nvma 0x1000 0x3000 -\nmap 0x1000 4k zero 0x0\n" },
	/* lines that continue the line before, and lines that do not */
	{ "hmmsim 1\nlayout b\nvma 0x1000 0x9000 rwx name=[heap]\nvma 0x9000 0x20000 sw name=a\\040=b\n"
	  "map 0x1000 4k rw 5\nmap 0x2000 4k rw 6 count=2\nmap 0x4000 4k rw 8 of=anon\n"
	  "map 0x5000 4k rw 10 of=anon\nmap 0x7000 4k zero 1\nmap 0x8000 4k zero 2\n"
	  "map 0x9000 4k zero 0\nmap 0xb000 4k dpr 1 owner=1\nmap 0xc000 4k dpr 2 owner=2\n"
	  "map 0xd000 4k dpw 3 owner=2 of=shmem\nmap 0xe000 4k ro 4 of=file\n",
	  "hmmsim 1\nlayout b\nvma 0x1000 0x9000 rwx name=[heap]\nmap 0x1000 4k rw 0x5 count=3\n"
	  "map 0x4000 4k rw 0x8 of=anon\nmap 0x5000 4k rw 0xa of=anon\n"
	  "map 0x7000 4k zero 0x0 count=2\nvma 0x9000 0x20000 ws name=a\\040=b\n"
	  "map 0x9000 4k zero 0x0\nmap 0xb000 4k dpr 0x1 owner=1\nmap 0xc000 4k dpr 0x2 owner=2\n"
	  "map 0xd000 4k dpw 0x3 owner=2 of=shmem\nmap 0xe000 4k ro 0x4 of=file\n" },
	/* a name is kept as it is written */
	{ "hmmsim 1\nlayout n\nvma 0x1000 0x2000 r name=a\\134b\nvma 0x2000 0x3000 r name=a\\b\\\n",
	  "hmmsim 1\nlayout n\nvma 0x1000 0x2000 r name=a\\134b\nvma 0x2000 0x3000 r name=a\\b\\\n" },
	/* every type of pgmap; 1g and hugetlb; a run over two pgmaps */
	{ "hmmsim 1\nlayout c\npgmap 1 2 dead\npgmap 0x200 0x400 type=private owner=3\n"
	  "pgmap 0x400 0x600 type=private owner=3\npgmap 0x600 0x800 type=coherent owner=4\n"
	  "pgmap 0x800 0xa00 type=generic\npgmap 0xfffffffffe 0x10000000000 type=p2pdma\n"
	  "vma 0x0 0x40000000 rwH\nvma 0x40000000 0x80000000 rw\nmap 0 1g rw 0x40000\n"
	  "map 0x40000000 2m devrw 0x800\nmap 0x40200000 4k dpw 0x3ff count=2 owner=3\n"
	  "map 0x40202000 4k rw 0x7ff\nmap 0x40203000 4k devro 0xfffffffffe count=2\n"
	  "map 0x40205000 4k migw 0x200\nmap 0x40206000 4k rw 0xb00\n",
	  "hmmsim 1\nlayout c\npgmap 0x1 0x2 dead\npgmap 0x200 0x400 type=private owner=3\n"
	  "pgmap 0x400 0x600 type=private owner=3\npgmap 0x600 0x800 type=coherent owner=4\n"
	  "pgmap 0x800 0xa00 type=generic\npgmap 0xfffffffffe 0x10000000000 type=p2pdma\n"
	  "vma 0x0 0x40000000 rwH\nmap 0x0 1g rw 0x40000\nvma 0x40000000 0x80000000 rw\n"
	  "map 0x40000000 2m devrw 0x800\nmap 0x40200000 4k dpw 0x3ff count=2 owner=3\n"
	  "map 0x40202000 4k rw 0x7ff\nmap 0x40203000 4k devro 0xfffffffffe count=2\n"
	  "map 0x40205000 4k migw 0x200\nmap 0x40206000 4k rw 0xb00\n" },
	/* what moves keeps its order, and comes last */
	{ "hmmsim 1\nlayout m\nevict 16\nmigrate 0x1000 0x2000 to=16\n"
	  "pgmap 16 32 type=private owner=1\nvma 0x1000 0x3000 rw\n"
	  "migrate 4096 0x3000 to=system\nmap 0x1000 4k rw 5 of=anon\n"
	  "migrate 0x1000 0x2000 to=16\n",
	  "hmmsim 1\nlayout m\npgmap 0x10 0x20 type=private owner=1\nvma 0x1000 0x3000 rw\n"
	  "map 0x1000 4k rw 0x5 of=anon\nevict 0x10\nmigrate 0x1000 0x2000 to=0x10\n"
	  "migrate 0x1000 0x3000 to=system\nmigrate 0x1000 0x2000 to=0x10\n" },
};

static void printing_is_canonical(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(printed) / sizeof(printed[0]); i++) {
		struct hs_hostmem mem = { .attempts = 0 };
		struct hs_layout layout;
		struct hs_out out;
		char error[1024];

		if (layout_parse(&mem, printed[i].text, &layout, error) != 1)
			fail_msg("%s", error);
		layout_print(&mem, &layout, &out);
		assert_string_equal(out.bytes, printed[i].printed);
		layout_round_trip(&mem, &layout);
		hs_layout_free(&mem, &layout);
		hs_out_free(&out);
		assert_int_equal(mem.live, 0);
	}
}

/* Layouts and scenarios in one file: each parser stops where the other's item begins. */
static void a_layout_ends_where_the_next_begins(void **state)
{
	static const char string[] = "hmmsim 1\nscenario s\nreq 0 0 0 0 0\nrun\nlayout a\n"
				     "vma 0 0x1000 r name=x\n# between\n\nlayout b\n"
				     "scenario t\nreq 0 0 0 0 0\nmode snapshot\nrun\n";
	struct hs_hostmem mem = { .attempts = 0 };
	struct hs_walk_scenario s;
	struct hs_layout layout;
	struct hs_text text;

	(void)state;
	hs_text_init(&text, &mem, "x.in", string, sizeof(string) - 1);
	assert_int_equal(hs_walk_parse(&text, &s), 1);
	hs_walk_free(&mem, &s);
	assert_int_equal(hs_layout_parse(&text, &layout), 1);
	assert_string_equal(layout.name, "a");
	assert_int_equal(layout.line, 5);
	assert_int_equal(layout.vma_count, 1);
	assert_string_equal(layout.vmas[0].name, "x");
	assert_int_equal(layout.vmas[0].line, 6);
	hs_layout_free(&mem, &layout);
	assert_int_equal(hs_layout_parse(&text, &layout), 1);
	assert_string_equal(layout.name, "b");
	assert_int_equal(layout.line, 9);
	assert_int_equal(layout.vma_count, 0);
	hs_layout_free(&mem, &layout);
	assert_int_equal(hs_walk_parse(&text, &s), 1);
	assert_string_equal(s.layout.name, "t");
	assert_int_equal(s.layout.line, 10);
	hs_walk_free(&mem, &s);
	assert_int_equal(hs_layout_parse(&text, &layout), 0);
	assert_int_equal(mem.live, 0);
}

/* ---- scenarios --------------------------------------------------------------------------- */

#define SPACE "scenario s\nvma 0x1000 0x5000 rw\nvma 0x5000 0x9000 r\n"
#define RUN(start, end) "req " start " " end " 0 0 0\nrun\n"

static int of_scenario(struct hs_hostmem *mem, const char *string, struct hs_layout *layout,
		       char error[1024])
{
	struct hs_walk_scenario s;
	struct hs_text text;
	int ret;

	hs_text_init(&text, mem, "x.in", string, strlen(string));
	ret = hs_walk_parse(&text, &s);
	if (ret == 1) {
		ret = hs_layout_of_scenario(&text, &s, layout);
		hs_walk_free(mem, &s);
	}
	memcpy(error, text.error, sizeof(text.error));
	return ret;
}

static const struct {
	const char *text, *printed;
} scenarios[] = {
	/* only what is inside the request, cut at VMAs */
	{ SPACE "map 0x2000 4k rw 5 count=6\n" RUN("0x3000", "0x7000"),
	  "vma 0x3000 0x5000 rw\nmap 0x3000 4k rw 0x6 count=2\n"
	  "vma 0x5000 0x7000 r\nmap 0x5000 4k rw 0x8 count=2\n" },
	/* lines in any order; a later line replaces the middle or an end of an earlier one */
	{ SPACE "map 0x6000 4k ro 9\nmap 0x1000 4k rw 5 count=4\nmap 0x2000 4k ro 1\n"
		"map 0x4000 4k zero 0\nmap 0x1000 4k none 0\n" RUN("0x1000", "0x9000"),
	  "vma 0x1000 0x5000 rw\nmap 0x1000 4k none 0x0\nmap 0x2000 4k ro 0x1\n"
	  "map 0x3000 4k rw 0x7\nmap 0x4000 4k zero 0x0\n"
	  "vma 0x5000 0x9000 r\nmap 0x6000 4k ro 0x9\n" },
	/* a leaf replaces a table, none replaces a leaf */
	{ "scenario s\nvma 0x200000 0x800000 rw\nmap 0x201000 4k rw 1 count=2\n"
	  "map 0x200000 2m rw 0 count=3\nmap 0x400000 2m none 0\n" RUN("0x200000", "0x800000"),
	  "vma 0x200000 0x800000 rw\nmap 0x200000 2m rw 0x0\nmap 0x600000 2m rw 0x400\n" },
	/* private pages get a pgmap for each owner; one pfn with two owners is two pages */
	{ SPACE "pgmap 0x20 0x30\npgmap 0x10 0x20 dead\nmap 0x1000 4k dpw 0x20 count=2 owner=7\n"
		"map 0x3000 4k dpr 0x20\nmap 0x4000 4k dpw 0x30 owner=7\n"
		"map 0x5000 4k devro 0x20\n" RUN("0x1000", "0x9000"),
	  "pgmap 0x10 0x20 dead\npgmap 0x20 0x30\npgmap 0x10000000 0x10000003 type=private owner=7\n"
	  "pgmap 0x10000003 0x10000004 type=private\nvma 0x1000 0x5000 rw\n"
	  "map 0x1000 4k dpw 0x10000000 count=2 owner=7\nmap 0x3000 4k dpr 0x10000003\n"
	  "map 0x4000 4k dpw 0x10000002 owner=7\nvma 0x5000 0x9000 r\n"
	  "map 0x5000 4k devro 0x20\n" },
	/* private pages with pfns far apart get consecutive pfns, and their maps join */
	{ SPACE "map 0x1000 4k dpr 5 owner=1\nmap 0x2000 4k dpr 9 owner=1\n"
		"map 0x3000 4k dpr 2 owner=1\n" RUN("0x1000", "0x5000"),
	  "pgmap 0x10000000 0x10000003 type=private owner=1\nvma 0x1000 0x5000 rw\n"
	  "map 0x1000 4k dpr 0x10000000 count=3 owner=1\n" },
};

static void a_scenario_becomes_the_layout_of_its_request(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); i++) {
		struct hs_hostmem mem = { .attempts = 0 };
		char error[1024], expected[1024];
		struct hs_layout layout;
		struct hs_out out;

		if (of_scenario(&mem, scenarios[i].text, &layout, error))
			fail_msg("%s", error);
		layout_print(&mem, &layout, &out);
		snprintf(expected, sizeof(expected), "hmmsim 1\nlayout s\n%s",
			 scenarios[i].printed);
		assert_string_equal(out.bytes, expected);
		layout_round_trip(&mem, &layout);
		hs_layout_free(&mem, &layout);
		hs_out_free(&out);
		assert_int_equal(mem.live, 0);
	}
}

static void a_scenario_that_no_layout_can_say_is_refused(void **state)
{
	static const struct {
		const char *text, *error;
	} cases[] = {
		{ SPACE RUN("0x0", "0x3000"),
		  "x.in:1: scenario: expected a req that begins and ends "
		  "in a vma, found 0x0 to 0x3000" },
		{ SPACE RUN("0x1000", "0xa000"), "x.in:1: scenario: expected a req that begins and "
						 "ends in a vma, found 0x1000 to 0xa000" },
		{ SPACE RUN("0x1000", "0x1000"), "x.in:1: scenario: expected a req that begins and "
						 "ends in a vma, found 0x1000 to 0x1000" },
		{ "scenario s\n" RUN("0x1000", "0x2000"),
		  "x.in:1: scenario: expected a req that begins and ends in a vma, found 0x1000 to "
		  "0x2000" },
		{ "scenario s\nvma 0x200000 0x600000 rh\n" RUN("0x200000", "0x401000"),
		  "x.in:1: scenario: expected a req of whole huge pages in a hugetlb vma" },
		{ "scenario s\nvma 0x200000 0x600000 r\nmap 0x400000 2m rw 0\n" RUN("0x200000",
										    "0x401000"),
		  "x.in:3: map: expected whole entries inside a vma and the req" },
		{ "scenario s\nvma 0x200000 0x600000 r\nmap 0x400000 2m rw 0\n"
		  "map 0x401000 4k rw 1\n" RUN("0x200000", "0x600000"),
		  "x.in:4: map: expected no entry that replaces a part of a larger one, and no "
		  "tbl over an entry: a layout cannot say it" },
		{ SPACE "map 0x1000 4k rw 1\nmap 0x1000 4k tbl 0\n" RUN("0x1000", "0x2000"),
		  "x.in:5: map: expected no entry that replaces a part of a larger one, and no "
		  "tbl over an entry: a layout cannot say it" },
		{ SPACE "pgmap 1 2\nmap 0x1000 4k devrw 2\n" RUN("0x1000", "0x2000"),
		  "x.in:5: map: expected devrw inside a pgmap, found pfn 0x2 in none" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct hs_hostmem mem = { .attempts = 0 };
		struct hs_layout layout;
		char error[1024];

		assert_int_equal(of_scenario(&mem, cases[i].text, &layout, error), -EINVAL);
		assert_string_equal(error, cases[i].error);
		assert_int_equal(mem.live, 0);
	}
}

static void a_scenario_without_memory_leaves_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); i++) {
		uint64_t index = 0;
		int ret;

		do {
			struct hs_hostmem mem = { .fail_at = ++index };
			struct hs_layout layout;
			char error[1024];

			ret = of_scenario(&mem, scenarios[i].text, &layout, error);
			if (!ret) {
				hs_layout_free(&mem, &layout);
			} else {
				assert_int_equal(ret, -ENOMEM);
				assert_non_null(strstr(error, ": out of memory"));
			}
			assert_int_equal(mem.live, 0);
		} while (ret);
		assert_true(index > 6);
	}
}

static void a_layout_has_at_most_64_moves(void **state)
{
	struct hs_hostmem mem = { .attempts = 0 };
	struct hs_out text = { .mem = &mem };
	struct hs_layout layout;
	char error[1024];

	(void)state;
	hs_out_text(&text, "hmmsim 1\nlayout a\nvma 0x1000 0x2000 rw\n");
	for (unsigned int i = 0; i < HS_LAYOUT_MOVES_MAX; i++)
		hs_out_text(&text, "migrate 0x1000 0x2000 to=system\n");
	hs_out_char(&text, '\0');
	assert_int_equal(layout_parse(&mem, text.bytes, &layout, error), 1);
	assert_int_equal(layout.move_count, 64);
	hs_layout_free(&mem, &layout);
	text.used--;
	hs_out_text(&text, "evict 1\n");
	hs_out_char(&text, '\0');
	assert_int_equal(layout_parse(&mem, text.bytes, &layout, error), -EINVAL);
	assert_string_equal(error, "x.in:68: evict: expected at most 64 migrate and evict lines");
	hs_out_free(&text);
	assert_int_equal(mem.live, 0);
}

/* ---- no memory --------------------------------------------------------------------------- */

/* Nine lines of each kind, so that every array grows twice. No two maps join. */
static void write_long_layout(struct hs_out *out)
{
	hs_out_text(out, "hmmsim 1\nlayout long\n");
	for (unsigned int i = 1; i <= 9; i++) {
		char line[512];

		snprintf(line, sizeof(line),
			 "vma 0x%u0000 0x%u1000 r name=n%u\nmap 0x%u0000 4k rw %u\npgmap %u0 %u1\n"
			 "migrate 0x%u0000 0x%u1000 to=system\n",
			 i, i, i, i, i, i, i, i, i);
		hs_out_text(out, line);
	}
	hs_out_char(out, '\0');
}

static void parsing_and_printing_fail_cleanly_without_memory(void **state)
{
	struct hs_hostmem own = { .attempts = 0 };
	struct hs_out text = { .mem = &own };
	uint64_t index = 0;
	bool done = false;

	(void)state;
	write_long_layout(&text);
	while (!done) {
		struct hs_hostmem mem = { .fail_at = ++index };
		struct hs_out out = { .mem = &mem };
		struct hs_layout layout;
		char error[1024];
		int ret = layout_parse(&mem, text.bytes, &layout, error);

		if (ret == 1) {
			hs_layout_print(&layout, &out);
			done = !out.failed;
		} else {
			assert_int_equal(ret, -ENOMEM);
			assert_non_null(strstr(error, ": out of memory"));
		}
		hs_layout_free(&mem, &layout);
		hs_out_free(&out);
		assert_int_equal(mem.live, 0);
	}
	/* The name, two for each kind of line, nine names, the printed text; then one too many. */
	assert_int_equal(index, 1 + 2 * 4 + 9 + 1 + 1);
	hs_out_free(&text);
}

/* After an error the layout is unchanged. Extending a map needs no memory. */
static void building_fails_cleanly_without_memory(void **state)
{
	struct hs_space_map map = { .addr = 0x1000, .kind = HS_MAP_RW, .pfn = 1, .count = 1 };
	struct hs_space_pgmap pgmap = { .start = 5, .end = 6 };
	struct hs_hostmem mem = { .attempts = 0 };
	struct hs_layout layout;

	(void)state;
	mem.fail_at = 1;
	assert_int_equal(hs_layout_begin(&mem, &layout, "x"), -ENOMEM);
	assert_int_equal(hs_layout_begin(&mem, &layout, "x"), 0);
	for (unsigned int i = 1; i <= 2; i++) {
		mem.fail_at = mem.attempts + i;
		assert_int_equal(hs_layout_add_vma(&mem, &layout, 0x1000, 0x9000, 0, "n"), -ENOMEM);
		assert_int_equal(layout.vma_count, 0);
	}
	assert_int_equal(hs_layout_add_vma(&mem, &layout, 0x1000, 0x9000, 0, "n"), 0);
	mem.fail_at = mem.attempts + 1;
	assert_int_equal(hs_layout_add_map(&mem, &layout, &map), -ENOMEM);
	assert_int_equal(layout.map_count, 0);
	assert_int_equal(hs_layout_add_map(&mem, &layout, &map), 0);
	map.addr += HS_PAGE_BYTES;
	map.pfn++;
	mem.fail_at = mem.attempts + 1;
	assert_int_equal(hs_layout_add_map(&mem, &layout, &map), 0);
	assert_int_equal(layout.map_count, 1);
	assert_int_equal(layout.maps[0].count, 2);
	assert_int_equal(hs_layout_add_pgmap(&mem, &layout, &pgmap), -ENOMEM);
	assert_int_equal(layout.pgmap_count, 0);
	hs_layout_free(&mem, &layout);
	assert_int_equal(mem.live, 0);
}

static int add_one(struct hs_hostmem *mem, struct hs_layout *layout, struct hs_space_map *map,
		   uint64_t count, bool join)
{
	int ret;

	map->count = count;
	ret = join ? hs_layout_add_map(mem, layout, map) : hs_layout_append_map(mem, layout, map);
	if (!ret) {
		map->addr += count * HS_PAGE_BYTES;
		map->pfn += count;
	}
	return ret;
}

/* Of all maps together, also where one continues another. */
static void entries_are_limited(void **state)
{
	(void)state;
	for (int join = 0; join < 2; join++) {
		struct hs_hostmem mem = { .attempts = 0 };
		struct hs_space_map private = { .kind = HS_MAP_DPW },
				    map = { .kind = HS_MAP_RW,
					    .addr = HS_SPACE_PRIVATE_MAX * 2 * HS_PAGE_BYTES };
		struct hs_layout layout = { .maps = NULL };

		assert_int_equal(add_one(&mem, &layout, &private, HS_SPACE_PRIVATE_MAX - 2, join),
				 0);
		assert_int_equal(add_one(&mem, &layout, &private, 3, join), -E2BIG);
		assert_int_equal(add_one(&mem, &layout, &private, 2, join), 0);
		assert_int_equal(add_one(&mem, &layout, &private, 1, join), -E2BIG);
		assert_int_equal(add_one(&mem, &layout, &map,
					 HS_SPACE_ENTRIES_MAX - HS_SPACE_PRIVATE_MAX - 2, join),
				 0);
		assert_int_equal(add_one(&mem, &layout, &map, 3, join), -E2BIG);
		assert_int_equal(add_one(&mem, &layout, &map, 2, join), 0);
		assert_int_equal(add_one(&mem, &layout, &map, 1, join), -E2BIG);
		assert_int_equal(layout.map_count, join ? 2 : 4);
		hs_layout_free(&mem, &layout);
		assert_int_equal(mem.live, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_text_is_refused_in_words),
		cmocka_unit_test(scenarios_have_no_keys_of_layouts),
		cmocka_unit_test(printing_is_canonical),
		cmocka_unit_test(a_layout_ends_where_the_next_begins),
		cmocka_unit_test(a_layout_has_at_most_64_moves),
		cmocka_unit_test(a_scenario_becomes_the_layout_of_its_request),
		cmocka_unit_test(a_scenario_that_no_layout_can_say_is_refused),
		cmocka_unit_test(a_scenario_without_memory_leaves_nothing),
		cmocka_unit_test(parsing_and_printing_fail_cleanly_without_memory),
		cmocka_unit_test(building_fails_cleanly_without_memory),
		cmocka_unit_test(entries_are_limited),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
