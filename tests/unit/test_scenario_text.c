/* SPDX-License-Identifier: MIT */
/* The walk dialect: errors and their texts, and canonical printing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <errno.h>

#include "support/walk_print.h"
#include "support/walk_scenario.h"

/* ---- refused ----------------------------------------------------------------------------- */

#define HEAD "scenario a\nvma 0x1000 0x9000 rw\n"
#define TAIL "req 0x1000 0x9000 F 0 0\nrun\n"
/* A line in an otherwise good scenario: it is line 3. */
#define IN(line) HEAD line "\n" TAIL

static const struct {
	const char *text, *error;
} refused[] = {
	/* lines and words */
	{ "walk\n", "x.in:1: expected a keyword (scenario, vma, map, ..., run), found \"walk\"" },
	{ "hmmsim 1\nwalk\n", "x.in:2: walk: expected inside a race" },
	{ "race a\n", "x.in:1: race: expected a first line hmmsim 1" },
	{ "hmmsim 1\nrace a\n", "x.in:2: race: expected a scenario; hmmsim explore reads races" },
	{ "hmmsim 1\nclaim C8\nracket\nscenario a\n",
	  "x.in:3: expected a keyword (claim, by, date, ..., note), found \"racket\"" },
	{ "hmmsim 1\nscenario a\nclaim C8\n",
	  "x.in:3: claim: expected run before the next scenario" },
	{ "hmmsim 1\nscenario a\nrace b\n", "x.in:3: race: expected run before the next scenario" },
	{ IN("\tvmas"),
	  "x.in:3: expected a keyword (scenario, vma, map, ..., run), found \"vmas\"" },
	{ IN("\001\177bell"),
	  "x.in:3: expected a keyword (scenario, vma, map, ..., run), found \"??bell\"" },
	{ "scenario a\001\177b\n",
	  "x.in:1: scenario: expected no control characters, found \"a??b\"" },
	{ IN("fault okokokokokokokokokokokokokokokokokokokokokok"),
	  "x.in:3: fault: expected ok, okrw, zero, thp, noop, sigbus, oom, hwpoison, retry, completed "
	  "or inval, found \"okokokokokokokokokokokokokokokokokokokok...\"" },
	{ IN("vma 0xa000 0xb000"), "x.in:3: vma: expected START END FLAGS, found 2 words" },
	{ IN("fault"), "x.in:3: fault: expected ACTION, found 0 words" },
	{ IN("map 0x1000"), "x.in:3: map: expected ADDR 4k|2m|1g KIND PFN, found 1 word" },
	{ IN("pgmap 1 2 dead 4"),
	  "x.in:3: pgmap: expected START_PFN END_PFN [dead], found 4 words" },
	{ HEAD "req 0 0 0 0 0\nrun now\n", "x.in:4: run: expected no word, found 1 word" },
	{ IN("map 0x1000 4k rw 1 cuont=3"),
	  "x.in:3: map: expected count= or owner=, found \"cuont=3\"" },
	{ IN("map 0x1000 4k rw 1 count=3 count=4"),
	  "x.in:3: map: expected count= once, found \"count=4\"" },
	{ IN("map 0x1000 4k rw count=3 1"),
	  "x.in:3: map: expected key=value words last, found \"1\"" },
	{ IN("vma 0xa000 0xb000 rw x=1"), "x.in:3: vma: expected no key=value, found \"x=1\"" },
	/* version and frame */
	{ "hmmsim 2\n" HEAD TAIL, "x.in:1: hmmsim: expected version 1, found \"2\"" },
	{ "hmmsim one\n" HEAD TAIL, "x.in:1: hmmsim: expected version 1, found \"one\"" },
	{ IN("hmmsim 1"), "x.in:3: hmmsim: expected as the first line only" },
	{ "hmmsim 1\nhmmsim 1\n", "x.in:2: hmmsim: expected as the first line only" },
	{ "# text\nvma 0x1000 0x2000 r\n", "x.in:2: vma: expected scenario NAME first" },
	{ "run\n", "x.in:1: run: expected scenario NAME first" },
	{ "scenario\n", "x.in:1: scenario: expected NAME, found 0 words" },
	{ "scenario a\n", "x.in:1: expected run before the end of the text" },
	{ HEAD "\n\n", "x.in:4: expected run before the end of the text" },
	{ IN("scenario b"), "x.in:3: scenario: expected run before the next scenario" },
	{ "scenario a\nrun\n", "x.in:2: run: expected a req line before it" },
	{ IN("fault ok\nfault ok"), "x.in:4: fault: expected once in a scenario, found again" },
	{ IN("mode fault\nmode fault"), "x.in:4: mode: expected once in a scenario, found again" },
	{ IN("req 0 0x1000 0 0 0"), "x.in:4: req: expected once in a scenario, found again" },
	{ IN("profile light"), "x.in:3: profile: expected a first line hmmsim 1" },
	{ "hmmsim 1\n" IN("profile light"), "x.in:4: profile: expected outside a scenario" },
	/* vma */
	{ IN("vma 0x8000 0xa000 r"),
	  "x.in:3: vma: expected START at or above the END of the vma before, found \"0x8000\"" },
	{ IN("vma 0x0 0x1000 r"),
	  "x.in:3: vma: expected START at or above the END of the vma before, found \"0x0\"" },
	{ IN("vma 0xa001 0xb000 r"),
	  "x.in:3: vma: expected START, a multiple of 0x1000 below 0x800000000000, found "
	  "\"0xa001\"" },
	{ IN("vma ten 0xb000 r"),
	  "x.in:3: vma: expected START, a multiple of 0x1000 below 0x800000000000, found \"ten\"" },
	{ IN("vma 0xa000 0xa000 r"),
	  "x.in:3: vma: expected END, a multiple of 0x1000 from 0xb000 to 0x800000000000, found "
	  "\"0xa000\"" },
	{ IN("vma 0xa000 0x800000001000 r"),
	  "x.in:3: vma: expected END, a multiple of 0x1000 from 0xb000 to 0x800000000000, found "
	  "\"0x800000001000\"" },
	{ IN("vma 0xa000 0xb000 rwz"),
	  "x.in:3: vma: expected - or letters of rwxspimhH, each once, not both h and H, "
	  "found \"rwz\"" },
	{ IN("vma 0xa000 0xb000 rr"),
	  "x.in:3: vma: expected - or letters of rwxspimhH, each once, not both h and H, "
	  "found \"rr\"" },
	{ IN("vma 0x40000000 0x80000000 hH"),
	  "x.in:3: vma: expected - or letters of rwxspimhH, each once, not both h and H, "
	  "found \"hH\"" },
	{ IN("vma 0x200000 0x201000 rh"),
	  "x.in:3: vma: expected START and END to be multiples of the huge page size, found \"rh\"" },
	{ IN("vma 0x200000 0x400000 rH"),
	  "x.in:3: vma: expected START and END to be multiples of the huge page size, found \"rH\"" },
	/* map */
	{ IN("map 0x1000 3k rw 1"), "x.in:3: map: expected 4k, 2m or 1g, found \"3k\"" },
	{ IN("map 0x1000 4k bad 1"),
	  "x.in:3: map: expected none, tbl, ro, rw, pn, special, specialrw, zero, devro, devrw, "
	  "swap, migr, migw, dpr, dpw, dxr, dxw, hwp, marker or poison, found \"bad\"" },
	{ IN("map 0x200000 2m swap 0"),
	  "x.in:3: map: expected none, tbl, ro, rw, pn, devro, devrw, migr, migw, hwp or bad, found "
	  "\"swap\"" },
	{ IN("map 0x40000000 1g pn 0"),
	  "x.in:3: map: expected none, tbl, ro, rw, devro, devrw, migw or hwp, found \"pn\"" },
	{ IN("map 0x40000000 1g migw 0"),
	  "x.in:3: map: expected a vma with flag h or H for this entry, found 1g migw" },
	{ IN("vma 0x40000000 0x80000000 r\nmap 0x40000000 1g hwp 0"),
	  "x.in:4: map: expected a vma with flag h or H for this entry, found 1g hwp" },
	{ IN("vma 0x200000 0x400000 rh\nmap 0x1ff000 4k rw 1 count=2"),
	  "x.in:4: map: expected 2m entries only in a vma with flag h, found 4k rw" },
	{ IN("vma 0x200000 0x400000 rh\nmap 0 1g rw 0"),
	  "x.in:4: map: expected 2m entries only in a vma with flag h, found 1g rw" },
	{ IN("vma 0x40000000 0x80000000 rH\nmap 0x40200000 2m tbl 0"),
	  "x.in:4: map: expected 1g entries only in a vma with flag H, found 2m tbl" },
	{ IN("map 0x1800 4k rw 1"),
	  "x.in:3: map: expected ADDR, a multiple of 0x1000 below 0x800000000000, found \"0x1800\"" },
	{ IN("map 0x1000 2m rw 0"),
	  "x.in:3: map: expected ADDR, a multiple of 0x200000 below 0x800000000000, found "
	  "\"0x1000\"" },
	{ IN("map 0x200000 1g rw 0"),
	  "x.in:3: map: expected ADDR, a multiple of 0x40000000 below 0x800000000000, found "
	  "\"0x200000\"" },
	{ IN("map 0x800000000000 4k rw 0"),
	  "x.in:3: map: expected ADDR, a multiple of 0x1000 below 0x800000000000, found "
	  "\"0x800000000000\"" },
	{ IN("map 0x1000 4k rw 0x10000000"),
	  "x.in:3: map: expected PFN, a number from 0x0 to 0xfffffff, found \"0x10000000\"" },
	{ IN("map 0x200000 2m rw 0x100"),
	  "x.in:3: map: expected PFN, a multiple of 0x200 below 0x10000000, found \"0x100\"" },
	{ IN("map 0x1000 4k rw 0x"),
	  "x.in:3: map: expected PFN, a number from 0x0 to 0xfffffff, found \"0x\"" },
	{ IN("map 0x1000 4k rw 18446744073709551616"),
	  "x.in:3: map: expected PFN, a number from 0x0 to 0xfffffff, found "
	  "\"18446744073709551616\"" },
	{ IN("map 0x1000 4k rw -1"),
	  "x.in:3: map: expected PFN, a number from 0x0 to 0xfffffff, found \"-1\"" },
	{ IN("map 0x1000 4k rw 1 count=0"),
	  "x.in:3: map: expected count=N from 1 to 268435455, found \"0\"" },
	{ IN("map 0x1000 4k rw 0xffffffe count=3"),
	  "x.in:3: map: expected count=N from 1 to 2, found \"3\"" },
	{ IN("map 0x7fffffffe000 4k none 0 count=3"),
	  "x.in:3: map: expected count=N from 1 to 2, found \"3\"" },
	{ IN("map 0x1000 4k rw 1 count="),
	  "x.in:3: map: expected count=N from 1 to 268435455, found \"\"" },
	{ IN("map 0x1000 4k dpr 1 owner=me"),
	  "x.in:3: map: expected owner=K, a number, found \"me\"" },
	/* what all map lines have at most */
	{ IN("map 0 4k none 0 count=67108864\nmap 0 4k none 0"),
	  "x.in:4: map: expected at most 8388608 map lines with 67108864 entries, 16777216 of them "
	  "device-private, and 2048 pgmaps" },
	{ IN("map 0 4k dpr 0 count=16777216\nmap 0 4k none 0\nmap 0 4k dpw 0"),
	  "x.in:5: map: expected at most 8388608 map lines with 67108864 entries, 16777216 of them "
	  "device-private, and 2048 pgmaps" },
	/* pgmap */
	{ IN("pgmap 5 5"),
	  "x.in:3: pgmap: expected END_PFN, a number from 0x6 to 0x10000000, found \"5\"" },
	{ IN("pgmap 5 0x10000001"),
	  "x.in:3: pgmap: expected END_PFN, a number from 0x6 to 0x10000000, found \"0x10000001\"" },
	{ IN("pgmap 0x10000000 0x10000001"),
	  "x.in:3: pgmap: expected START_PFN, a number from 0x0 to 0xfffffff, found "
	  "\"0x10000000\"" },
	{ IN("pgmap 5 6 alive"),
	  "x.in:3: pgmap: expected dead, or no third word, found \"alive\"" },
	{ IN("pgmap 16 32\npgmap 0 8\npgmap 31 40"),
	  "x.in:5: pgmap: expected pgmaps that do not overlap, found pfn 0x1f in two" },
	/* fault rules and checks */
	{ IN("faultn 0 ok"), "x.in:3: faultn: expected N, a number from 1, found \"0\"" },
	{ IN("faultat 0x1001 ok"),
	  "x.in:3: faultat: expected ADDR, a multiple of 0x1000 below 0x800000000000, found "
	  "\"0x1001\"" },
	{ IN("migwait soon"), "x.in:3: migwait: expected done or stay, found \"soon\"" },
	{ IN("retry_at 0"), "x.in:3: retry_at: expected K, a number from 1, found \"0\"" },
	{ IN("maxwalks many"),
	  "x.in:3: maxwalks: expected N, a number up to 1048576, found \"many\"" },
	{ IN("mode walk"), "x.in:3: mode: expected fault or snapshot, found \"walk\"" },
	{ IN("maxwalks 1048577"),
	  "x.in:3: maxwalks: expected N, a number up to 1048576, found \"1048577\"" },
	{ HEAD "maxwalks 65\nreq 0 0x4000000000 F 0 0\nrun\n",
	  "x.in:3: maxwalks: expected N up to 64 for a request of 67108864 pages, found 65" },
	/* the request */
	{ HEAD "req 0x2000 0x1000 0 0 0\n",
	  "x.in:3: req: expected END, a multiple of 0x1000 from 0x2000 to 0x4000002000, found "
	  "\"0x1000\"" },
	{ HEAD "req 0 0x4000001000 0 0 0\n",
	  "x.in:3: req: expected END, a multiple of 0x1000 from 0x0 to 0x4000000000, found "
	  "\"0x4000001000\"" },
	{ HEAD "req 0x7ffffffff000 0x800000001000 0 0 0\n",
	  "x.in:3: req: expected END, a multiple of 0x1000 from 0x7ffffffff000 to 0x800000000000, "
	  "found \"0x800000001000\"" },
	{ HEAD "req 0x1000 0x2000 FX 0 0\n",
	  "x.in:3: req: expected 0, all, a number or letters of FWED, each once, found \"FX\"" },
	{ HEAD "req 0x1000 0x2000 0 WW 0\n",
	  "x.in:3: req: expected 0, all, a number or letters of FWED, each once, found \"WW\"" },
	{ HEAD "req 0x1000 0x2000 DD 0 0\n",
	  "x.in:3: req: expected 0, all, a number or letters of FWED, each once, found \"DD\"" },
	{ HEAD "req 0x1000 0x2000 0 0 you\n",
	  "x.in:3: req: expected OWNER, a number, found \"you\"" },
	{ IN("in 8 1 F"),
	  "x.in:3: in: expected IDX + COUNT up to 8, the pages of the request, found 8 + 1" },
	{ IN("in 1 0xffffffffffffffff F"),
	  "x.in:3: in: expected IDX + COUNT up to 8, the pages of the request, found 1 + "
	  "18446744073709551615" },
	{ HEAD "in 0 67108864 F\nin 0 67108864 F\nin 0 1 F\nreq 0 0x4000000000 F 0 0\nrun\n",
	  "x.in:5: in: expected COUNTs up to 134217728 altogether" },
	{ IN("in 1 0 F"), "x.in:3: in: expected COUNT, a number from 1, found \"0\"" },
	{ IN("in x 1 F"), "x.in:3: in: expected IDX, a number, found \"x\"" },
	{ "scenario a\nin 0 1 F\nreq 0 0 0 0 0\nrun\n",
	  "x.in:2: in: expected IDX + COUNT up to 0, the pages of the request, found 0 + 1" },
};

static void bad_text_is_refused_in_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		struct hs_hostmem mem = { .attempts = 0 };
		struct hs_walk_scenario s;
		char error[1024];

		if (walk_scenario_parse(&mem, refused[i].text, &s, error) != -EINVAL)
			fail_msg("not refused: %s", refused[i].text);
		assert_string_equal(error, refused[i].error);
		assert_null(s.layout.name);
		assert_int_equal(mem.live, 0);
	}
}

/* The error of a scenario of @pgmaps pgmaps and then @owners owners, from line 3 on. */
static void refused_with(unsigned int pgmaps, unsigned int owners, const char *expected)
{
	struct hs_hostmem mem = { .attempts = 0 };
	struct hs_out out = { .mem = &mem };
	struct hs_walk_scenario s;
	char line[96], error[1024];
	int ret;

	hs_out_text(&out, HEAD);
	for (unsigned int i = 0; i < pgmaps; i++) {
		snprintf(line, sizeof(line), "pgmap %u %u\n", i, i + 1);
		hs_out_text(&out, line);
	}
	/* Twice each, and from the highest on: owners count, not lines. */
	for (unsigned int i = 0; i < 2 * owners; i++) {
		snprintf(line, sizeof(line), "map 0x%x000 4k dpr %u owner=%u\n", i, i,
			 owners - i / 2);
		hs_out_text(&out, line);
	}
	hs_out_text(&out, TAIL);
	hs_out_char(&out, '\0');
	ret = walk_scenario_parse(&mem, out.bytes, &s, error);
	assert_int_equal(ret, expected ? -EINVAL : 1);
	if (expected)
		assert_string_equal(error, expected);
	hs_walk_free(&mem, &s);
	hs_out_free(&out);
	assert_int_equal(mem.live, 0);
}

static void pgmaps_and_owners_have_a_limit_together(void **state)
{
	(void)state;
	refused_with(2048, 0, NULL);
	refused_with(2049, 0, "x.in:2051: pgmap: " HS_LAYOUT_LIMITS);
	refused_with(1, 2047, NULL);
	refused_with(1, 2048,
		     "x.in:4098: map: expected at most 2048 pgmaps and owners of "
		     "device-private pages");
	refused_with(2048, 1,
		     "x.in:2051: map: expected at most 2048 pgmaps and owners of "
		     "device-private pages");
}

/* Sorted, so that a fault finds its rule without reading all. The last of one key counts. */
static void rules_are_found_by_their_keys(void **state)
{
	struct hs_hostmem mem = { .attempts = 0 };
	struct hs_walk_scenario s;
	char error[1024];

	(void)state;
	assert_int_equal(walk_scenario_parse(
				 &mem,
				 HEAD
				 "faultn 7 oom\nfaultn 18446744073709551615 noop\nfaultn 2 zero\n"
				 "faultn 7 retry\nfaultat 0x5000 thp\nfaultat 0x1000 sigbus\n"
				 "faultat 0x5000 okrw\nfault inval\n" TAIL,
				 &s, error),
			 1);
	assert_true(s.rules.sorted);
	assert_int_equal(s.rules.by_call_count, 3);
	assert_int_equal(hs_fault_rules_find(&s.rules, 1, 0x2000), HS_ACTION_INVAL);
	assert_int_equal(hs_fault_rules_find(&s.rules, 2, 0x5000), HS_ACTION_ZERO);
	assert_int_equal(hs_fault_rules_find(&s.rules, 7, 0x5000), HS_ACTION_RETRY);
	assert_int_equal(hs_fault_rules_find(&s.rules, UINT64_MAX, 0x5000), HS_ACTION_NOOP);
	assert_int_equal(hs_fault_rules_find(&s.rules, 3, 0x5000), HS_ACTION_OKRW);
	assert_int_equal(hs_fault_rules_find(&s.rules, 3, 0x1000), HS_ACTION_SIGBUS);
	assert_int_equal(hs_fault_rules_find(&s.rules, 3, 0x6000), HS_ACTION_INVAL);
	hs_walk_free(&mem, &s);
	assert_int_equal(mem.live, 0);
}

static void text_beyond_the_first_scenario_is_read_later(void **state)
{
	static const char string[] = HEAD TAIL "vma 0x1000 0x2000 r\n";
	struct hs_hostmem mem = { .attempts = 0 };
	struct hs_walk_scenario s;
	struct hs_text text;

	(void)state;
	hs_text_init(&text, &mem, "dir/file.in", string, sizeof(string) - 1);
	assert_int_equal(hs_walk_parse(&text, &s), 1);
	assert_int_equal(s.layout.line, 1);
	hs_walk_free(&mem, &s);
	assert_int_equal(hs_walk_parse(&text, &s), -EINVAL);
	assert_string_equal(text.error, "dir/file.in:5: vma: expected scenario NAME first");
	assert_int_equal(mem.live, 0);
}

/* ---- canonical --------------------------------------------------------------------------- */

/* Prints a scenario, with a terminator. */
static void print_of(struct hs_hostmem *mem, const struct hs_walk_scenario *s, struct hs_out *out)
{
	*out = (struct hs_out){ .mem = mem };
	hs_walk_print(s, out);
	hs_out_char(out, '\0');
	assert_false(out->failed);
}

static const struct {
	const char *text, *printed;
} printed[] = {
	{ "# a comment\n\n  scenario \t a.1 \r\n"
	  "map 4096 4k zero 99 owner=1\nreq 0x1000 8192 FE all 07\nvma 0x1000 0x3000 -\n"
	  "fault ok\nmaxwalks 64\nmigwait done\nmode fault\nrun",
	  "scenario a.1\nvma 0x1000 0x3000 -\nmap 0x1000 4k zero 0x0\nreq 0x1000 0x2000 FE all 7\n"
	  "run\n" },
	{ "hmmsim 1\nscenario b\nreq 0 0x40000000 0xDEAD D 0\nvma 0 0x40000000 Hmipsxwr\n"
	  "vma 0x40000000 0x40200000 hr\npgmap 16 0x20 dead\npgmap 0 1\nmode snapshot\n"
	  "map 0 1g hwp 0x40000 count=1\nmap 0x80001000 4k dpw 1 owner=2 count=2\nretry_at 3\n"
	  "map 0x80001000 4k tbl 1 count=2\nmap 0x80200000 2m none 0x1\nfault zero\n"
	  "faultat 0x1000 thp\nfaultn 5 ok\nfaultn 5 inval\nfaultn 4 noop\nmaxwalks 0\nmigwait stay\n"
	  "in 1 2 EDWF\nin 0 1 0xc000000000000000\nin 0 1 18446744073709551615\nin 0 1 0x0\nrun\n",
	  "scenario b\nvma 0x0 0x40000000 rwxspimH\nvma 0x40000000 0x40200000 rh\n"
	  "pgmap 0x10 0x20 dead\npgmap 0x0 0x1\nmap 0x0 1g hwp 0x40000\n"
	  "map 0x80001000 4k dpw 0x1 count=2 owner=2\nmap 0x80001000 4k tbl 0x0 count=2\n"
	  "map 0x80200000 2m none 0x0\nfault zero\nfaultn 4 noop\nfaultn 5 inval\n"
	  "faultat 0x1000 thp\nmigwait stay\nretry_at 3\nmaxwalks 0\n"
	  "req 0x0 0x40000000 0xdead D 0\nin 1 2 FWED\nin 0 1 FW\nin 0 1 all\nin 0 1 0\n"
	  "mode snapshot\nrun\n" },
};

static void scenarios_are_read_past_claims_and_races_beside_them(void **state)
{
	static const char string[] =
		"hmmsim 1\nclaim C1\nby A\nrace r\ntask T\nrcu-sync\n"
		"scenario a\nreq 0 0x1000 0 0 0\nrun\nrace q\ntask T\nrcu-sync\n";
	struct hs_hostmem mem = { .attempts = 0 };
	struct hs_walk_scenario s;
	struct hs_text text;

	(void)state;
	hs_text_init(&text, &mem, "x.in", string, sizeof(string) - 1);
	assert_int_equal(hs_walk_parse(&text, &s), 1);
	assert_string_equal(s.layout.name, "a");
	assert_int_equal(s.layout.line, 7);
	hs_walk_free(&mem, &s);
	assert_int_equal(hs_walk_parse(&text, &s), 0);
	assert_string_equal(text.error, "");
	assert_int_equal(mem.live, 0);
}

static void printing_is_canonical(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(printed) / sizeof(printed[0]); i++) {
		struct hs_hostmem mem = { .attempts = 0 };
		struct hs_walk_scenario s;
		struct hs_out out;
		char error[1024];

		if (walk_scenario_parse(&mem, printed[i].text, &s, error) != 1)
			fail_msg("%s", error);
		print_of(&mem, &s, &out);
		assert_string_equal(out.bytes, printed[i].printed);
		hs_walk_free(&mem, &s);
		hs_out_free(&out);
		assert_int_equal(mem.live, 0);
	}
}

static void round_trip(struct hs_hostmem *mem, const struct hs_walk_scenario *s)
{
	struct hs_walk_scenario again;
	struct hs_out first, second;
	char error[1024];

	print_of(mem, s, &first);
	if (walk_scenario_parse(mem, first.bytes, &again, error) != 1)
		fail_msg("%s: %s", s->layout.name, error);
	assert_true(walk_scenarios_equal(s, &again));
	print_of(mem, &again, &second);
	assert_string_equal(first.bytes, second.bytes);
	hs_out_free(&first);
	hs_out_free(&second);
	hs_walk_free(mem, &again);
}

/* A whole file, to be freed with free(). */
static char *file_read(const char *path, size_t *length)
{
	FILE *file = fopen(path, "rb");
	char *bytes;

	assert_non_null(file);
	assert_int_equal(fseek(file, 0, SEEK_END), 0);
	*length = (size_t)ftell(file);
	rewind(file);
	bytes = malloc(*length + 1);
	assert_non_null(bytes);
	assert_int_equal(fread(bytes, 1, *length, file), *length);
	fclose(file);
	return bytes;
}

static void all_data_survives_a_round_trip(void **state)
{
	static const struct {
		const char *file;
		unsigned int scenarios;
	} files[] = { { "random.in", 1500 }, { "devmap.in", 1000 }, { "quirks.in", 38 } };
	const char *dir = getenv("HMMSIM_TEST_DATA");

	(void)state;
	assert_non_null(dir);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct hs_hostmem mem = { .attempts = 0 };
		unsigned int scenarios = 0;
		struct hs_walk_scenario s;
		struct hs_text text;
		size_t length = 0;
		char path[512];
		char *bytes;

		snprintf(path, sizeof(path), "%s/%s", dir, files[i].file);
		bytes = file_read(path, &length);
		hs_text_init(&text, &mem, path, bytes, length);
		for (; hs_walk_parse(&text, &s) == 1; scenarios++) {
			round_trip(&mem, &s);
			hs_walk_free(&mem, &s);
		}
		assert_string_equal(text.error, "");
		assert_int_equal(scenarios, files[i].scenarios);
		assert_int_equal(mem.live, 0);
		free(bytes);
	}
}

/* ---- no memory --------------------------------------------------------------------------- */

/* Nine lines of each kind that may be repeated, so that every array grows twice. */
static void write_long_scenario(struct hs_out *out)
{
	hs_out_text(out, "scenario long\n");
	for (unsigned int i = 1; i <= 9; i++) {
		char line[512];

		snprintf(line, sizeof(line),
			 "vma 0x%u0000 0x%u1000 r\nmap 0x%u0000 4k rw %u\npgmap %u0 %u1\n"
			 "faultn %u ok\nfaultat 0x%u000 ok\nin %u 1 F\n",
			 i, i, i, i, i, i, i, i, i);
		hs_out_text(out, line);
	}
	hs_out_text(out, "req 0 0x10000 0 0 0\nrun\n");
	hs_out_char(out, '\0');
}

static void parsing_and_printing_fail_cleanly_without_memory(void **state)
{
	struct hs_hostmem own = { .attempts = 0 };
	struct hs_out text = { .mem = &own };
	uint64_t index = 0;
	bool done = false;

	(void)state;
	write_long_scenario(&text);
	while (!done) {
		struct hs_hostmem mem = { .fail_at = ++index };
		struct hs_out out = { .mem = &mem };
		struct hs_walk_scenario s;
		char error[1024];
		int ret = walk_scenario_parse(&mem, text.bytes, &s, error);

		if (ret == 1) {
			hs_walk_print(&s, &out);
			done = !out.failed;
		} else {
			assert_int_equal(ret, -ENOMEM);
			assert_non_null(strstr(error, ": out of memory"));
		}
		hs_walk_free(&mem, &s);
		hs_out_free(&out);
		assert_int_equal(mem.live, 0);
	}
	/* The name, two for each kind of line, the sorted pgmaps, the text; then one too many. */
	assert_int_equal(index, 1 + 2 * 6 + 1 + 1 + 1);
	hs_out_free(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_text_is_refused_in_words),
		cmocka_unit_test(pgmaps_and_owners_have_a_limit_together),
		cmocka_unit_test(rules_are_found_by_their_keys),
		cmocka_unit_test(text_beyond_the_first_scenario_is_read_later),
		cmocka_unit_test(scenarios_are_read_past_claims_and_races_beside_them),
		cmocka_unit_test(printing_is_canonical),
		cmocka_unit_test(all_data_survives_a_round_trip),
		cmocka_unit_test(parsing_and_printing_fail_cleanly_without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
