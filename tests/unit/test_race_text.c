/* SPDX-License-Identifier: MIT */
/* Races: what is parsed, errors and their texts, what axes change. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include <errno.h>

#include "text/race.h"

static int parse(struct hs_hostmem *mem, const char *string, struct hs_race *out, char error[1024])
{
	struct hs_text text;
	int ret;

	hs_text_init(&text, mem, "x.in", string, strlen(string));
	ret = hs_race_parse(&text, NULL, 0, out);
	memcpy(error, text.error, sizeof(text.error));
	return ret;
}

static const char glisse[] = "hmmsim 1\n"
			     "# The flag of v5.3 does not see an invalidation that came and went.\n"
			     "race glisse-flag\n"
			     "about the flag of v5.3 hides an invalidation that is over\n"
			     "machine cpus=2 geometry=mock\n"
			     "axis refs 5.3 6.1\n"
			     "pgmap A 8 10 type=fsdax refs=$refs order=5.3\n"
			     "file F A 8 2\n"
			     "mm M\n"
			     "mmap M 0x0 0x2000 rws of=F\n"
			     "driver D M 0x0 0x4000 validity=flag walker=5.3 strategy=none\n"
			     "setup\n"
			     "  access M 0x0 w\n"
			     "task W\n"
			     "  retry 3\n"
			     "    begin D\n"
			     "    walk D 0x0 0x1000 rw\n"
			     "    lock D\n"
			     "    check D\n"
			     "    touch D 0x0\n"
			     "    program D 0x0\n"
			     "    unlock D\n"
			     "  until\n"
			     "task R\n"
			     "  disable F\n"
			     "  invalidate M 0x0 0x2000\n"
			     "  zap M 0x0 0x2000\n"
			     "  invalidate-end M\n"
			     "  remove-memory A\n"
			     "must S1 S2 S3 live\n"
			     "check\n"
			     "  assert-idle M\n"
			     "expect assertion executions=9\n"
			     "expect refs=6.1 holds executions=14\n";

static void the_example_is_parsed(void **state)
{
	struct hs_hostmem mem = { .attempts = 0 };
	struct hs_race race;
	char error[1024];

	(void)state;
	if (parse(&mem, glisse, &race, error) != 1)
		fail_msg("%s", error);
	assert_string_equal(race.name, "glisse-flag");
	assert_string_equal(race.about, "the flag of v5.3 hides an invalidation that is over");
	assert_string_equal(race.settings, "");
	assert_int_equal(race.objects, 4);
	assert_int_equal(race.object[0].pgmap.refs, HS_PAGE_REFS_5_3);
	assert_int_equal(race.vmas, 1);
	assert_int_equal(race.vma[0].flags,
			 HS_VM_READ | HS_VM_WRITE | HS_VM_SHARED | HS_VM_MAYWRITE);
	assert_int_equal(race.vma[0].file, 1);
	assert_int_equal(race.setup.count, 1);
	assert_int_equal(race.tasks, 2);
	assert_int_equal(race.task[0].steps.count, 9);
	assert_int_equal(race.task[0].steps.step[0].arg[0], 3);
	assert_int_equal(race.task[0].steps.step[0].arg[1], 8);
	assert_int_equal(race.task[0].steps.step[8].op, HS_RACE_UNTIL);
	assert_int_equal(race.must, HS_RACE_MUST_ALL & ~HS_RACE_S4);
	assert_int_equal(race.expects, 2);
	assert_int_equal(race.expect[0].verdict, HS_VERDICT_ASSERT);
	assert_int_equal(race.expect[0].executions, 9);
	assert_string_equal(race.expect[1].settings, "refs=6.1");
	assert_int_equal(race.expect[1].verdict, HS_VERDICT_NONE);
	hs_race_free(&mem, &race);
	assert_int_equal(mem.live, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_example_is_parsed),
	};

	return cmocka_run_group_tests_name("race_text", tests, NULL, NULL);
}
