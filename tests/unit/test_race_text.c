/* SPDX-License-Identifier: MIT */
/*
 * Races: what is parsed, lines that are refused, limits, and that the manual has every operation.
 * data/race/every.race has each keyword, key and operation.
 */
#include "support/race_refusal.h"
#include "text/layout.h"

/* ---- what is parsed ----------------------------------------------------------------------- */

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

	(void)state;
	race_must_parse(&mem, glisse, &race);
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

/* The whole file, terminated; to be freed with free(). */
static char *read_file(const char *path)
{
	const size_t most = 1 << 20;
	char *bytes = malloc(most);
	FILE *file = fopen(path, "r");
	size_t n;

	assert_non_null(bytes);
	if (!file)
		fail_msg("%s: cannot be read", path);
	n = fread(bytes, 1, most - 1, file);
	bytes[n] = '\0';
	fclose(file);
	return bytes;
}

static char *read_every_race(void)
{
	const char *data = getenv("HMMSIM_TEST_DATA");
	char path[1024];

	assert_non_null(data);
	snprintf(path, sizeof(path), "%s/every.race", data);
	return read_file(path);
}

static void mark_steps(const struct hs_race_steps *steps, bool *seen)
{
	for (size_t i = 0; i < steps->count; i++)
		seen[steps->step[i].op] = true;
}

static void every_operation_is_parsed_and_printed(void **state)
{
	struct hs_hostmem mem = { .attempts = 0 };
	bool seen[HS_RACE_OP_COUNT] = { false };
	char *text = read_every_race();
	struct hs_race race;

	(void)state;
	race_must_parse(&mem, text, &race);
	mark_steps(&race.setup, seen);
	mark_steps(&race.check, seen);
	for (unsigned int i = 0; i < race.tasks; i++)
		mark_steps(&race.task[i].steps, seen);
	for (unsigned int i = 0; i < HS_RACE_OP_COUNT; i++)
		if (!seen[i])
			fail_msg("%s is not in every.race", hs_race_op_names[i]);
	race_round_trip(&mem, &race);
	hs_race_free(&mem, &race);
	free(text);
	assert_int_equal(mem.live, 0);
}

static void words_that_are_left_out_have_defaults(void **state)
{
	static const char text[] = "hmmsim 1\nrace a\npgmap A 8 10\nmm M\ndriver D M 0 0x1000\n"
				   "task W\naccess M 0\nbegin D\nwalk D 0 0x1000\n"
				   "invalidate M 0 0x1000\nretry\nrcu-sync\nuntil\n";
	struct hs_hostmem mem = { .attempts = 0 };
	const struct hs_race_driver *driver;
	const struct hs_race_step *step;
	struct hs_race race;

	(void)state;
	race_must_parse(&mem, text, &race);
	assert_int_equal(race.cpus, 2);
	assert_int_equal(race.section_order, 3);
	assert_int_equal(race.subsection_order, 1);
	assert_int_equal(race.geometry, HS_GEOMETRY_MOCK);
	assert_int_equal(race.memory, HS_MEMORY_SC);
	assert_int_equal(race.must, HS_RACE_MUST_ALL);
	assert_int_equal(race.object[0].pgmap.type, HS_PGMAP_FS_DAX);
	assert_int_equal(race.object[0].pgmap.refs, HS_PAGE_REFS_6_1);
	assert_int_equal(race.object[0].pgmap.order, HS_REMOVAL_ORDER_6_0);
	assert_int_equal(race.object[0].pgmap.first, 8);
	driver = &race.object[2].driver;
	assert_int_equal(driver->validity, HS_VALIDITY_SEQ);
	assert_int_equal(driver->era, HS_ERA_6_12);
	assert_int_equal(driver->strategy, HS_STRATEGY_NONE);
	assert_int_equal(driver->protocol, HS_PROTOCOL_SOUND);
	step = race.task[0].steps.step;
	assert_int_equal(step[0].args, 2);
	assert_int_equal(step[0].arg[2], HS_VM_READ);
	assert_int_equal(step[2].arg[3], HS_VM_READ);
	assert_int_equal(step[3].arg[3], HS_INVALIDATE_CLEAR);
	assert_int_equal(step[3].arg[4], 0);
	assert_int_equal(step[4].arg[0], 0);
	hs_race_free(&mem, &race);
}

/* A race ends where the next item begins, which is read next. */
static void a_race_ends_before_the_next_item(void **state)
{
	static const char string[] = "hmmsim 1\nrace a\ntask t\nrcu-sync\nrace b\ntask t\n"
				     "rcu-sync\nlayout c\nvma 0x1000 0x2000 r\nrace d\ntask t\n"
				     "rcu-sync\nscenario e\n";
	struct hs_hostmem mem = { .attempts = 0 };
	struct hs_layout layout;
	struct hs_race race;
	struct hs_text text;

	(void)state;
	hs_text_init(&text, &mem, "x.in", string, strlen(string));
	for (const char *name = "ab"; *name; name++) {
		assert_int_equal(hs_race_parse(&text, NULL, 0, &race), 1);
		assert_int_equal(race.name[0], *name);
		hs_race_free(&mem, &race);
	}
	assert_int_equal(hs_layout_parse(&text, &layout), 1);
	assert_int_equal(layout.vma_count, 1);
	hs_layout_free(&mem, &layout);
	assert_int_equal(hs_race_parse(&text, NULL, 0, &race), 1);
	assert_string_equal(race.name, "d");
	hs_race_free(&mem, &race);
	assert_int_equal(hs_race_parse(&text, NULL, 0, &race), -EINVAL);
	assert_string_equal(text.error, "x.in:13: scenario: expected race NAME first");
	assert_int_equal(mem.live, 0);
}

/* ---- refused ------------------------------------------------------------------------------ */

static const struct race_refusal refused[] = {
	/* where a race is */
	{ "race a\n", "x.in:1: race: expected a first line hmmsim 1" },
	{ "hmmsim 1\nmm M\n", "x.in:2: mm: expected inside a race" },
	{ "hmmsim 1\nscenario a\n", "x.in:2: scenario: expected race NAME first" },
	{ "hmmsim 1\nlayout a\n", "x.in:2: layout: expected race NAME first" },
	{ "hmmsim 1\nrace\n", "x.in:2: race: expected NAME, found 0 words" },
	{ "hmmsim 1\nrace a,b\n",
	  "x.in:2: race: expected NAME, a word without comma, found \"a,b\"" },
	{ "hmmsim 1\nrace a\n", "x.in:2: race: expected a task in it" },
	{ "hmmsim 1\nrace a\nrace b\n", "x.in:2: race: expected a task in it" },
	{ RACE_TOP("vma 0 0x1000 r"), "x.in:3: vma: expected outside a race" },
	{ RACE_TOP("map 0 4k rw 1"), "x.in:3: map: expected outside a race" },
	{ RACE_TOP("run"), "x.in:3: run: expected outside a race" },
	{ RACE_TOP("hmmsim 1"), "x.in:3: hmmsim: expected as the first line only" },
	{ RACE_TOP("mutex L"),
	  "x.in:3: expected a keyword (race, axis, pgmap, ..., expect) or an operation, found \"mutex\"" },
	{ RACE_TOP("pgmap\001 A"),
	  "x.in:3: expected a keyword (race, axis, pgmap, ..., expect) or an operation, found \"pgmap?\"" },
	/* order of lines */
	{ RACE_IN("machine cpus=1"),
	  "x.in:11: machine: expected before the first object, which is in line 3" },
	{ RACE_STEP("set L\nmm N"), "x.in:13: mm: expected before setup, tasks and check" },
	{ RACE_STEP("set L\nmmap M 0x2000 0x3000 r"),
	  "x.in:13: mmap: expected before setup, tasks and check" },
	{ RACE_STEP("set L\nsetup"), "x.in:13: setup: expected before the tasks and check" },
	{ RACE_STEP("set L\ncheck\ntask R"), "x.in:14: task: expected before check" },
	{ RACE_STEP("set L\ntask W\nset L"),
	  "x.in:13: task: expected NAME, another than in line 11, found \"W\"" },
	{ RACE_IN("task boot\nset L"),
	  "x.in:11: task: expected NAME, another than that of the set-up, found \"boot\"" },
	{ RACE_IN("task reader-of-pages-1\nset L\ntask reader-of-pages-2\nset L"),
	  "x.in:13: task: expected NAME, in its first 15 bytes another than in line 11, found \"reader-of-pages-2\"" },
	{ RACE_STEP("set L\ncheck\ncheck"),
	  "x.in:14: check: expected once in a race, found again" },
	{ RACE_TOP("about a\nabout b"), "x.in:4: about: expected once in a race, found again" },
	{ RACE_TOP("machine\nmachine"), "x.in:4: machine: expected once in a race, found again" },
	{ RACE_IN("setup\nsetup"), "x.in:12: setup: expected once in a race, found again" },
	{ RACE_IN("order a\norder a"), "x.in:12: order: expected once in a race, found again" },
	{ RACE_IN("must S1\nmust S2"), "x.in:12: must: expected once in a race, found again" },
	{ RACE_IN("set L"), "x.in:11: set: expected setup, task NAME or check before it" },
	{ RACE_STEP("set L\nmust S1\nset L"),
	  "x.in:14: set: expected setup, task NAME or check before it" },
	{ RACE_STEP(""), "x.in:11: task: expected a step after it" },
	{ RACE_HEAD RACE_OBJECTS "task W\ntask R\nset L\n",
	  "x.in:11: task: expected a step after it" },
	/* about */
	{ RACE_TOP("about"), "x.in:3: about: expected a sentence, found 0 words" },
	{ RACE_TOP("about a\001b"),
	  "x.in:3: about: expected no control characters, found \"a?b\"" },
	/* must */
	{ RACE_IN("must"), "x.in:11: must: expected S1, S2, S3, S4 or live, found 0 words" },
	{ RACE_IN("must S5"),
	  "x.in:11: must: expected S1, S2, S3, S4 or live, each once, or - alone, found \"S5\"" },
	{ RACE_IN("must S1 S1"),
	  "x.in:11: must: expected S1, S2, S3, S4 or live, each once, or - alone, found \"S1\"" },
	{ RACE_IN("must - S1"),
	  "x.in:11: must: expected S1, S2, S3, S4 or live, each once, or - alone, found \"S1\"" },
	{ RACE_IN("must S1 -"),
	  "x.in:11: must: expected S1, S2, S3, S4 or live, each once, or - alone, found \"-\"" },
	{ RACE_IN("must - -"),
	  "x.in:11: must: expected S1, S2, S3, S4 or live, each once, or - alone, found \"-\"" },
};

static void bad_lines_are_refused_in_words(void **state)
{
	(void)state;
	race_must_refuse_all(refused, COUNT(refused));
}

/* The good race around the lines of the table is good. */
static void what_is_around_bad_lines_is_good(void **state)
{
	static const char *const texts[] = {
		RACE_TOP(""),	RACE_IN(""),	     RACE_STEP("set L"),
		RACE_SETUP(""), RACE_SETUP("set L"), RACE_CHECK("set L"),
	};

	(void)state;
	race_must_parse_all(texts, COUNT(texts));
}

/* ---- limits ------------------------------------------------------------------------------- */

/* Appends @line, with its number in place of @ and the next one in place of ^. */
static char *append_line(char *to, const char *line, unsigned int number)
{
	for (; *line; line++)
		if (*line == '@' || *line == '^')
			to += sprintf(to, "%x", number + (*line == '^'));
		else
			*to++ = *line;
	*to = '\0';
	return to;
}

/* A race: @before, @line so many times, @after. */
static int parse_many(const char *before, const char *line, unsigned int count, const char *after,
		      char error[1024])
{
	struct hs_hostmem mem = { .attempts = 0 };
	char *text = malloc(1 << 16), *to = text;
	struct hs_race race;
	int ret;

	assert_non_null(text);
	to += sprintf(to, RACE_HEAD "%s", before);
	for (unsigned int i = 0; i < count; i++)
		to = append_line(to, line, i);
	strcpy(to, after);
	ret = race_parse(&mem, text, NULL, 0, &race, error);
	if (ret == 1)
		hs_race_free(&mem, &race);
	free(text);
	assert_int_equal(mem.live, 0);
	return ret;
}

#define SIXTEEN(axis) "axis " axis " 0 1 2 3 4 5 6 7 8 9 a b c d e f\n"

static void a_race_has_limits(void **state)
{
	static const struct {
		const char *before, *line, *after;
		unsigned int most;
		const char *error;
	} limits[] = {
		{ "", "flag f@\n", "task t\nrcu-sync\n", 32,
		  "x.in:35: flag: expected at most 32 objects" },
		{ "mm M\n", "mmap M 0x@000 0x^000 r\n", "task t\nrcu-sync\n", 32,
		  "x.in:36: mmap: expected at most 32 lines" },
		{ "", "task t@\nrcu-sync\n", "", 8, "x.in:19: task: expected at most 8 tasks" },
		{ "task t\n", "rcu-sync\n", "", 256,
		  "x.in:260: rcu-sync: expected at most 256 steps in a race" },
		{ "setup\nrcu-sync\ntask t\n", "rcu-sync\n", "", 255,
		  "x.in:261: rcu-sync: expected at most 256 steps in a race" },
		{ "task t\nretry\nrcu-sync as=a\nuntil\norder ", "a ", "\n", 1024,
		  "x.in:7: order: expected at most 1024 labels" },
		{ SIXTEEN("a") SIXTEEN("b") SIXTEEN("c") "task $a\nrcu-sync as=$b\ncall $c\n",
		  "expect a=@ leak\nexpect a=@ b=1 leak\nexpect a=@ b=2 leak\n"
		  "expect a=@ b=3 leak\nexpect a=@ b=4 leak\nexpect a=@ b=5 leak\n"
		  "expect a=@ b=6 leak\nexpect a=@ b=7 leak\nexpect a=@ b=8 leak\n"
		  "expect a=@ b=9 leak\nexpect a=@ b=a leak\nexpect a=@ b=b leak\n"
		  "expect a=@ b=c leak\nexpect a=@ b=d leak\nexpect a=@ b=e leak\n"
		  "expect a=@ b=f leak\n",
		  "", 16, "x.in:265: expect: expected at most 256 lines" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(limits); i++) {
		char error[1024];

		if (parse_many(limits[i].before, limits[i].line, limits[i].most, limits[i].after,
			       error) != 1)
			fail_msg("%s", error);
		assert_int_equal(parse_many(limits[i].before, limits[i].line, limits[i].most + 1,
					    limits[i].after, error),
				 -EINVAL);
		assert_string_equal(error, limits[i].error);
	}
}

/* ---- memory ------------------------------------------------------------------------------- */

static void every_allocation_can_fail(void **state)
{
	char *text = read_every_race();
	uint64_t index = 0;
	int ret;

	(void)state;
	do {
		struct hs_hostmem mem = { .fail_at = ++index };
		struct hs_race race;
		char error[1024];

		ret = race_parse(&mem, text, NULL, 0, &race, error);
		if (ret == 1) {
			hs_race_free(&mem, &race);
		} else {
			assert_int_equal(ret, -ENOMEM);
			assert_null(race.name);
			assert_non_null(strstr(error, ": out of memory"));
		}
		assert_int_equal(mem.live, 0);
	} while (ret != 1);
	assert_true(index > 60);
	free(text);
}

/* ---- the manual --------------------------------------------------------------------------- */

static char *read_manual(void)
{
	const char *path = getenv("HMMSIM_TEXT_MANUAL");

	assert_non_null(path);
	return read_file(path);
}

/* What the parser asks for when an operation has too many words: "DRIVER START END [REQUEST]". */
static void read_usage(unsigned int op, char usage[128])
{
	bool in_setup = op == HS_RACE_ENTRY,
	     in_check = hs_race_op_words[op][0] == 'T' || op == HS_RACE_ASSERT_PAGES;
	struct hs_hostmem mem = { .attempts = 0 };
	struct hs_race race;
	char text[256], error[1024];

	snprintf(text, sizeof(text), RACE_HEAD "%s\n%s 1 2 3 4 5 6\n",
		 in_setup   ? "setup"
		 : in_check ? "check"
			    : "task t",
		 hs_race_op_names[op]);
	assert_int_equal(race_parse(&mem, text, NULL, 0, &race, error), -EINVAL);
	if (sscanf(error, "x.in:4: %*[^:]: expected %127[^,], found 6 words", usage) != 1)
		fail_msg("%s", error);
	if (!strcmp(usage, "no word"))
		usage[0] = '\0';
}

/* | `walk DRIVER START END [REQUEST]` | summary | */
static void the_manual_has_every_operation(void **state)
{
	static const char *const summaries[] = {
#define OP(id, name, words, summary) summary,
#include "text/race_ops.def"
#undef OP
	};
	char *manual = read_manual();

	(void)state;
	for (unsigned int op = 0; op < COUNT(summaries); op++) {
		char usage[128], row[512];

		read_usage(op, usage);
		snprintf(row, sizeof(row), "\n| `%s%s%s` | %s |\n", hs_race_op_names[op],
			 usage[0] ? " " : "", usage, summaries[op]);
		if (!strstr(manual, row))
			fail_msg("src/text/README.md has no row%s", row);
	}
	free(manual);
}

/* The race that it shows, with four blanks before each line. */
static void the_example_of_the_manual_is_parsed(void **state)
{
	struct hs_hostmem mem = { .attempts = 0 };
	char *manual = read_manual(), *from = strstr(manual, "    hmmsim 1\n    race "), *to;
	struct hs_race race;

	(void)state;
	assert_non_null(from);
	to = strstr(from, "\n\n");
	assert_non_null(to);
	to[1] = '\0';
	race_must_parse(&mem, from, &race);
	assert_string_equal(race.name, "glisse-flag");
	hs_race_free(&mem, &race);
	free(manual);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_example_is_parsed),
		cmocka_unit_test(every_operation_is_parsed_and_printed),
		cmocka_unit_test(words_that_are_left_out_have_defaults),
		cmocka_unit_test(a_race_ends_before_the_next_item),
		cmocka_unit_test(bad_lines_are_refused_in_words),
		cmocka_unit_test(what_is_around_bad_lines_is_good),
		cmocka_unit_test(a_race_has_limits),
		cmocka_unit_test(every_allocation_can_fail),
		cmocka_unit_test(the_manual_has_every_operation),
		cmocka_unit_test(the_example_of_the_manual_is_parsed),
	};

	return cmocka_run_group_tests_name("race_text", tests, NULL, NULL);
}
