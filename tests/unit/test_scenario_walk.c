/* SPDX-License-Identifier: MIT */
/*
 * The runner of walk scenarios: answers that the conformance data do not decide, and what happens
 * without memory.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "support/walk_scenario.h"

/* ---- answers ----------------------------------------------------------------------------- */

static const struct {
	enum hs_era era;
	enum hs_strategy strategy;
	const char *text, *answer;
} answers[] = {
	/* A leaf where the VMA covers it; its pfn is that of its first page. */
	{ HS_ERA_6_12, HS_STRATEGY_NONE,
	  "scenario thp\nvma 0x40000000 0x40400000 r\nvma 0x40400000 0x40500000 rw\nfault thp\n"
	  "req 0x40001000 0x40402000 0 all 0\nin 1 1 F\nin 0x3ff 1 FW\nrun\n",
	  "result thp\nret 0\n"
	  "walks 3 faults 1025 mwaits 0 livelock 0 badpte 0 warns 0 nullvma 0\n"
	  "f 40001000 1023 R thp\nf 40400000 2 W thp\n"
	  "p 0 1023 V:8040001/9+\np 1023 2 VW:8040400/0+\nend\n" },
	/* A page has one owner, the last that is named. */
	{ HS_ERA_6_12, HS_STRATEGY_NONE,
	  "scenario owners\nvma 0x1000 0x5000 rw\nmap 0x1000 4k dpw 5 owner=1\n"
	  "map 0x2000 4k dpw 5 owner=2\nmap 0x3000 4k dpr 6\nmap 0x4000 4k dpr 7 owner=2\n"
	  "req 0x1000 0x5000 0 0 2\nrun\n",
	  "result owners\nret 0\n"
	  "walks 1 faults 0 mwaits 0 livelock 0 badpte 0 warns 0 nullvma 0\n"
	  "p 0 2 VW:5/0\np 2 1 0\np 3 1 V:7/0\nend\n" },
	/* D requests a migration back from v5.3; v6.12 ignores it. */
	{ HS_ERA_6_12, HS_STRATEGY_NONE,
	  "scenario device\nvma 0x1000 0x4000 rw\nmap 0x1000 4k dpw 5 owner=1\n"
	  "req 0x1000 0x4000 0 all 1\nin 0 1 FWD\nin 2 1 D\nrun\n",
	  "result device\nret 0\n"
	  "walks 1 faults 0 mwaits 0 livelock 0 badpte 0 warns 0 nullvma 0\n"
	  "p 0 1 VW:5/0\np 1 2 0\nend\n" },
	{ HS_ERA_5_3, HS_STRATEGY_PER_TABLE,
	  "scenario device\nvma 0x1000 0x4000 rw\nmap 0x1000 4k dpw 5 owner=1\n"
	  "req 0x1000 0x4000 0 all 1\nin 0 1 FWD\nin 2 1 D\nrun\n",
	  "result device\nret 3\n"
	  "walks 2 faults 3 mwaits 0 livelock 0 badpte 0 warns 0 nullvma 0\n"
	  "f 1000 3 W ok\n"
	  "pgmap lookups 0 gets 0 failures 0 leaked 0 heldfaults 0\n"
	  "p 0 3 VW:8000001+\nend\n" },
	{ HS_ERA_5_3, HS_STRATEGY_NONE,
	  "scenario gap\nvma 0x2000 0x3000 r\nreq 0x1000 0x3000 F 0 0\nrun\n",
	  "result gap\nret -14\n"
	  "walks 1 faults 1 mwaits 0 livelock 0 badpte 0 warns 0 nullvma 1\n"
	  "f 1000 1 R NULLVMA\n"
	  "pgmap lookups 0 gets 0 failures 0 leaked 0 heldfaults 0\n"
	  "p 0 2 0\nend\n" },
	/* Waits for a PTE are one event each; the wait for a PMD is one without its address. */
	{ HS_ERA_6_12, HS_STRATEGY_NONE,
	  "scenario wait\nvma 0 0x400000 rw\nmap 0x1000 4k migw 5\nmap 0x2000 4k migr 6\n"
	  "map 0x200000 2m migr 0x200\nreq 0 0x400000 0 all 0\nin 1 2 F\nin 1000 1 F\nrun\n",
	  "result wait\nret 0\n"
	  "walks 4 faults 0 mwaits 3 livelock 0 badpte 0 warns 0 nullvma 0\n"
	  "m 1000\nm 2000\nM 0\n"
	  "p 0 1 0\np 1 1 VW:5/0\np 2 1 V:6/0\np 3 509 0\np 512 512 V:200/9+\nend\n" },
	{ HS_ERA_6_12, HS_STRATEGY_PER_CALL,
	  "scenario guard\nvma 0 0x2000 r\nmaxwalks 0\nreq 0x1000 0x2000 F 0 0\nrun\n",
	  "result guard\nret -16\n"
	  "walks 0 faults 0 mwaits 0 livelock 1 badpte 0 warns 0 nullvma 0\n"
	  "pgmap lookups 0 gets 0 failures 0 leaked 0 heldfaults 0\n"
	  "p 0 1 0\nend\n" },
	/* okrw works on a read fault in a hugetlb VMA; of the rules of a key the last works. */
	{ HS_ERA_6_12, HS_STRATEGY_NONE,
	  "scenario huge\nvma 0x40000000 0x80000000 rwH\nfaultn 1 sigbus\nfaultn 1 okrw\n"
	  "faultat 0x40002000 oom\nfaultat 0x40002000 noop\nreq 0x40001000 0x40003000 F 0 0\nrun\n",
	  "result huge\nret 0\n"
	  "walks 2 faults 2 mwaits 0 livelock 0 badpte 0 warns 0 nullvma 0\n"
	  "f 40001000 1 R okrw\nf 40002000 1 R noop\n"
	  "p 0 2 VW:8040001/18+\nend\n" },
	/* An answer has what was leaked; the leaked reference is put when the scenario ends. */
	{ HS_ERA_6_12, HS_STRATEGY_PER_TABLE,
	  "scenario leak\nvma 0x1000 0x5000 r\npgmap 16 32\npgmap 32 48 dead\n"
	  "map 0x1000 4k devro 16 count=2\nmap 0x3000 4k hwp 1\nreq 0x1000 0x5000 F 0 0\nrun\n",
	  "result leak\nret -14\n"
	  "walks 1 faults 0 mwaits 0 livelock 0 badpte 0 warns 0 nullvma 0\n"
	  "pgmap lookups 1 gets 1 failures 0 leaked 1 heldfaults 0\n"
	  "p 0 2 V:10/0+\np 2 2 0\nend\n" },
	/* A run of equal slots goes before one of growing pfns; a slot belongs to one run. */
	{ HS_ERA_6_12, HS_STRATEGY_NONE,
	  "scenario runs\nreq 0x1000 0x9000 0 0 0\nin 0 2 5\nin 2 2 6\nin 4 1 7\nin 5 1 8\n"
	  "in 6 2 9\nretry_at 1\nrun\n",
	  "result runs\nret -16\n"
	  "walks 0 faults 0 mwaits 0 livelock 0 badpte 0 warns 0 nullvma 0\n"
	  "p 0 2 -:5/0\np 2 2 -:6/0\np 4 3 -:7/0+\np 7 1 -:9/0\nend\n" },
};

static void answers_are_as_documented(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2 * sizeof(answers) / sizeof(answers[0]); i++) {
		struct hs_hostmem mem = { .attempts = 0 };
		struct hs_walk_setting set = {
			.era = answers[i / 2].era,
			.strategy = answers[i / 2].strategy,
			.body = i % 2 ? HS_BODY_PLAIN : HS_BODY_REFERENCE,
			.mem = &mem,
		};
		struct hs_out out = { .mem = &mem };
		struct hs_walk_answer answer;
		struct hs_walk_scenario s;
		char error[1024];

		if (walk_scenario_parse(&mem, answers[i / 2].text, &s, error) != 1)
			fail_msg("%s", error);
		assert_int_equal(hs_walk_run(&s, &set, &answer), 0);
		hs_walk_answer_print(&answer, &out);
		hs_out_char(&out, '\0');
		assert_string_equal(out.bytes, answers[i / 2].answer);
		hs_walk_answer_free(&mem, &answer);
		hs_walk_free(&mem, &s);
		hs_out_free(&out);
		assert_int_equal(mem.live, 0);
	}
}

/* ---- no memory --------------------------------------------------------------------------- */

/* One of each thing that takes memory, in the set-up and in faults. */
static const char everything[] =
	"scenario everything\n"
	"vma 0x1000 0x9000 rw\nvma 0x40000000 0x40400000 rwh\nvma 0x40400000 0x40600000 rw\n"
	"pgmap 0x1000 0x1100\npgmap 0x1200 0x1300 dead\n"
	"map 0x1000 4k devrw 0x1000 count=2\nmap 0x3000 4k rw 1\nmap 0x4000 4k swap 1\n"
	"map 0x5000 4k dpr 0x20 owner=1\nmap 0x6000 4k dpw 0x9000 owner=2\n"
	"map 0x40000000 2m tbl 0\nmap 0x40200000 2m migw 0x200\n"
	"map 0x40400000 2m migr 0x400\nmap 0x80000000 1g none 0\nmap 0x7f0000000000 4k tbl 0\n"
	"faultat 0x8000 zero\nfaultn 3 okrw\n"
	"req 0x1000 0x40600000 0 all 1\n"
	"in 3 5 F\nin 0x3ffff 0x400 F\nin 0x403ff 1 F\nrun\n";

/*
 * Runs it while allocation @index of machine or host fails; true: there is no such allocation, and
 * the answer is that of a run with enough memory.
 */
static bool run_failing(const struct hs_walk_scenario *s, struct hs_walk_setting set, bool host,
			uint64_t index, const struct hs_walk_answer *full)
{
	struct hs_hostmem mem = { .fail_at = host ? index : 0 };
	struct hs_machine_config config;
	struct hs_walk_answer answer;
	int ret;

	hs_machine_config_init(&config);
	config.fail_at = host ? 0 : index;
	set.machine = &config;
	set.mem = &mem;
	ret = hs_walk_run(s, &set, &answer);
	if (ret) {
		assert_int_equal(ret, -ENOMEM);
	} else {
		assert_int_equal(answer.ret, full->ret);
		assert_int_equal(answer.pages, full->pages);
		assert_memory_equal(answer.pfns, full->pfns, full->pages * sizeof(full->pfns[0]));
	}
	assert_int_equal(answer.left.objects, 0);
	hs_walk_answer_free(&mem, &answer);
	assert_int_equal(mem.live, 0);
	return !ret;
}

static void fail_every_allocation(const struct hs_walk_scenario *s, struct hs_walk_setting set)
{
	for (int host = 0; host < 2; host++) {
		struct hs_hostmem mem = { .attempts = 0 };
		struct hs_walk_answer full;
		uint64_t index = 1;

		set.mem = &mem;
		assert_int_equal(hs_walk_run(s, &set, &full), 0);
		while (!run_failing(s, set, host, index, &full))
			index++;
		assert_true(index > (host ? 2 : 10));
		hs_walk_answer_free(&mem, &full);
		assert_int_equal(mem.live, 0);
	}
}

static void every_allocation_may_fail(void **state)
{
	/* The second's fault makes tables. */
	static const char *const texts[] = {
		everything,
		"scenario hole\nvma 0x1000 0x3000 rw\nreq 0x1000 0x3000 0 all 1\nin 0 2 F\nrun\n",
	};

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct hs_hostmem mem = { .attempts = 0 };
		struct hs_walk_scenario s;
		char error[1024];

		if (walk_scenario_parse(&mem, texts[i], &s, error) != 1)
			fail_msg("%s", error);
		for (int era = 0; era < HS_ERA_COUNT; era++)
			for (int body = 0; body < HS_BODY_COUNT; body++)
				for (int strategy = 0; strategy < HS_STRATEGY_CUSTOM; strategy++)
					fail_every_allocation(
						&s, (struct hs_walk_setting){
							    .era = (enum hs_era)era,
							    .strategy = (enum hs_strategy)strategy,
							    .body = (enum hs_body)body,
						    });
		hs_walk_free(&mem, &s);
		assert_int_equal(mem.live, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_are_as_documented),
		cmocka_unit_test(every_allocation_may_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
