/* SPDX-License-Identifier: MIT */
/*
 * Races: what is parsed, errors and their texts, what axes change, and that the manual has every
 * operation. data/race/every.race has each keyword, key and operation.
 */
#include "support/race_text.h"
#include "support/test.h"
#include "text/layout.h"

/* ---- what is parsed ---------------------------------------------------------------------- */

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

/* ---- refused ----------------------------------------------------------------------------- */

#define HEAD "hmmsim 1\nrace a\n"
#define OBJECTS                                                                             \
	"pgmap A 8 10\nfile F A 8 2\nmm M\nmmap M 0 0x2000 rws of=F\ndriver D M 0 0x4000\n" \
	"dmirror X M 0 0x4000\ngate G\nflag L\n"
/* A line in an otherwise good race: before the objects it is line 3, after them 11. */
#define TOP(line) HEAD line "\ntask W\nrcu-sync\n"
#define IN(line) HEAD OBJECTS line "\ntask W\nset L\n"
/* Steps: from line 12 on, of the check from line 14 on. */
#define STEP(line) HEAD OBJECTS "task W\n" line "\n"
#define SETUP(line) HEAD OBJECTS "setup\n" line "\ntask W\nset L\n"
#define CHECK(line) HEAD OBJECTS "task W\nset L\ncheck\n" line "\n"

static const struct {
	const char *text, *error;
} refused[] = {
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
	{ TOP("vma 0 0x1000 r"), "x.in:3: vma: expected outside a race" },
	{ TOP("map 0 4k rw 1"), "x.in:3: map: expected outside a race" },
	{ TOP("run"), "x.in:3: run: expected outside a race" },
	{ TOP("hmmsim 1"), "x.in:3: hmmsim: expected as the first line only" },
	{ TOP("mutex L"),
	  "x.in:3: expected a keyword (race, axis, pgmap, ..., expect) or an operation, found \"mutex\"" },
	{ TOP("pgmap\001 A"),
	  "x.in:3: expected a keyword (race, axis, pgmap, ..., expect) or an operation, found \"pgmap?\"" },
	/* order of lines */
	{ IN("machine cpus=1"),
	  "x.in:11: machine: expected before the first object, which is in line 3" },
	{ STEP("set L\nmm N"), "x.in:13: mm: expected before setup, tasks and check" },
	{ STEP("set L\nmmap M 0x2000 0x3000 r"),
	  "x.in:13: mmap: expected before setup, tasks and check" },
	{ STEP("set L\nsetup"), "x.in:13: setup: expected before the tasks and check" },
	{ STEP("set L\ncheck\ntask R"), "x.in:14: task: expected before check" },
	{ STEP("set L\ncheck\ncheck"), "x.in:14: check: expected once in a race, found again" },
	{ TOP("about a\nabout b"), "x.in:4: about: expected once in a race, found again" },
	{ TOP("machine\nmachine"), "x.in:4: machine: expected once in a race, found again" },
	{ IN("setup\nsetup"), "x.in:12: setup: expected once in a race, found again" },
	{ IN("order a\norder a"), "x.in:12: order: expected once in a race, found again" },
	{ IN("must S1\nmust S2"), "x.in:12: must: expected once in a race, found again" },
	{ IN("set L"), "x.in:11: set: expected setup, task NAME or check before it" },
	{ STEP("set L\nmust S1\nset L"),
	  "x.in:14: set: expected setup, task NAME or check before it" },
	{ STEP(""), "x.in:11: task: expected a step after it" },
	{ HEAD OBJECTS "task W\ntask R\nset L\n", "x.in:11: task: expected a step after it" },
	/* about, machine */
	{ TOP("about"), "x.in:3: about: expected a sentence, found 0 words" },
	{ TOP("about a\001b"), "x.in:3: about: expected no control characters, found \"a?b\"" },
	{ TOP("machine 2"), "x.in:3: machine: expected no word, found 1 word" },
	{ TOP("machine cpu=2"),
	  "x.in:3: machine: expected cpus=, geometry=, section=, subsection=, memory= or retries=, found \"cpu=2\"" },
	{ TOP("machine cpus=0"),
	  "x.in:3: machine: expected cpus=N, a number from 1 to 16, found \"0\"" },
	{ TOP("machine cpus=17"),
	  "x.in:3: machine: expected cpus=N, a number from 1 to 16, found \"17\"" },
	{ TOP("machine geometry=x86"),
	  "x.in:3: machine: expected geometry=x86_64, mock or x86_64_5l, found \"x86\"" },
	{ TOP("machine section=31"),
	  "x.in:3: machine: expected section=N, a number from 0 to 30, found \"31\"" },
	{ TOP("machine section=9 subsection=2"),
	  "x.in:3: machine: expected subsection=N, a number from 3 to 9, found \"2\"" },
	{ TOP("machine section=2 subsection=3"),
	  "x.in:3: machine: expected subsection=N, a number from 0 to 2, found \"3\"" },
	{ TOP("machine memory=tso"),
	  "x.in:3: machine: expected memory=sc or views, found \"tso\"" },
	{ TOP("machine retries=many"),
	  "x.in:3: machine: expected retries=N, a number from 0 to 1048576, found \"many\"" },
	/* axes */
	{ TOP("axis"), "x.in:3: axis: expected NAME VALUE..., found 0 words" },
	{ TOP("axis refs"), "x.in:3: axis: expected NAME VALUE..., found 1 word" },
	{ TOP("axis refs 5.3\naxis refs 6.1"),
	  "x.in:4: axis: expected NAME, another than of the axes before, found \"refs\"" },
	{ TOP("axis refs 5.3 5.3"), "x.in:3: axis: expected each VALUE once, found \"5.3\"" },
	{ TOP("axis a=b c"),
	  "x.in:3: axis: expected NAME, a word without =, comma and $, found \"a=b\"" },
	{ TOP("axis a b,c"),
	  "x.in:3: axis: expected VALUE, a word without =, comma and $, found \"b,c\"" },
	{ TOP("axis a $b"),
	  "x.in:3: axis: expected VALUE, a word without =, comma and $, found \"$b\"" },
	{ TOP("axis refs 5.3 6.1"), "x.in:3: axis: expected $refs in a line of the race" },
	{ TOP("pgmap A 8 10 refs=$refs\naxis refs 5.3"),
	  "x.in:3: pgmap: expected $NAME of an axis line above, found \"$refs\"" },
	{ TOP("mm $m"), "x.in:3: mm: expected $NAME of an axis line above, found \"$m\"" },
	{ TOP("axis refs 5.3 7.0\npgmap A 8 10 refs=$refs\npgmap B 10 12 refs=$ref"),
	  "x.in:5: pgmap: expected $NAME of an axis line above, found \"$ref\"" },
	{ TOP("axis refs 7.0\npgmap A 8 10 refs=$refs"),
	  "x.in:4: pgmap: expected refs=5.3, 5.18, 6.1 or 6.15, found \"7.0\"" },
	{ TOP("axis a 1\naxis b 1\naxis c 1\naxis d 1\naxis e 1\naxis f 1\naxis g 1\naxis h 1\naxis i 1"),
	  "x.in:11: axis: expected at most 8 axes, found \"i\"" },
	{ TOP("axis a 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17"),
	  "x.in:3: axis: expected at most 16 values, found \"17\"" },
	/* objects */
	{ TOP("mm"), "x.in:3: mm: expected NAME, found 0 words" },
	{ TOP("mm M N"), "x.in:3: mm: expected NAME, found 2 words" },
	{ TOP("mm M\nmm M"), "x.in:4: mm: expected NAME, another than in line 3, found \"M\"" },
	{ TOP("mm M\ngate M"), "x.in:4: gate: expected NAME, another than in line 3, found \"M\"" },
	{ STEP("set L\ntask W\nset L"),
	  "x.in:13: task: expected NAME, another than in line 11, found \"W\"" },
	{ STEP("set L\ntask L\nset L"),
	  "x.in:13: task: expected NAME, another than in line 10, found \"L\"" },
	{ TOP("pgmap A 8"), "x.in:3: pgmap: expected NAME START_PFN END_PFN, found 2 words" },
	{ TOP("pgmap A 8 10 dead"),
	  "x.in:3: pgmap: expected NAME START_PFN END_PFN, found 4 words" },
	{ TOP("pgmap A 9 10"),
	  "x.in:3: pgmap: expected START_PFN, a multiple of 2 (a subsection) from 0x0 to 0xfffffffffe, found \"9\"" },
	{ TOP("pgmap A 8 9"),
	  "x.in:3: pgmap: expected END_PFN, a multiple of 2 (a subsection) from 0xa to 0x10008, found \"9\"" },
	{ TOP("pgmap A 8 8"),
	  "x.in:3: pgmap: expected END_PFN, a multiple of 2 (a subsection) from 0xa to 0x10008, found \"8\"" },
	{ TOP("pgmap A 8 0x100008"),
	  "x.in:3: pgmap: expected END_PFN, a multiple of 2 (a subsection) from 0xa to 0x10008, found \"0x100008\"" },
	{ TOP("pgmap A 0x10000000000 0x10000000002"),
	  "x.in:3: pgmap: expected START_PFN, a multiple of 2 (a subsection) from 0x0 to 0xfffffffffe, found \"0x10000000000\"" },
	{ TOP("pgmap A 8 10\npgmap B 8 12"),
	  "x.in:4: pgmap: expected pfns that are not of A, line 3" },
	{ TOP("pgmap A 8 10\npgmap B 6 10"),
	  "x.in:4: pgmap: expected pfns that are not of A, line 3" },
	{ TOP("pgmap A 8 10 type=dax"),
	  "x.in:3: pgmap: expected type=fsdax, private, coherent, generic or p2pdma, found \"dax\"" },
	{ TOP("pgmap A 8 10 owner=me"), "x.in:3: pgmap: expected owner=K, a number, found \"me\"" },
	{ TOP("pgmap A 8 10 refs=6.12"),
	  "x.in:3: pgmap: expected refs=5.3, 5.18, 6.1 or 6.15, found \"6.12\"" },
	{ TOP("pgmap A 8 10 order=6.1"),
	  "x.in:3: pgmap: expected order=5.2, 5.3 or 6.0, found \"6.1\"" },
	{ TOP("pgmap A 8 10 first=10"),
	  "x.in:3: pgmap: expected first=N, a number from 8 to 9, found \"10\"" },
	{ TOP("pgmap A 8 10 atomic=maybe"),
	  "x.in:3: pgmap: expected atomic=no or yes, found \"maybe\"" },
	{ TOP("pgmap A 8 10 type=private"),
	  "x.in:3: pgmap: expected owner=K, a number from 1, because of its type" },
	{ TOP("pgmap A 8 10 type=coherent refs=5.3"),
	  "x.in:3: pgmap: expected owner=K, a number from 1, because of its type" },
	{ TOP("pgmap A 8 10 kind=x"),
	  "x.in:3: pgmap: expected type=, owner=, refs=, order=, first= or atomic=, found \"kind=x\"" },
	{ IN("file H A 8"), "x.in:11: file: expected NAME PGMAP FIRST_PFN PAGES, found 3 words" },
	{ IN("file H B 8 1"),
	  "x.in:11: file: expected PGMAP, a pgmap of a line above, found \"B\"" },
	{ IN("file H M 8 1"), "x.in:11: file: expected PGMAP, a pgmap and not an mm, found \"M\"" },
	{ IN("file H A 10 1"),
	  "x.in:11: file: expected FIRST_PFN of the pgmap, from 0x8 to 0x9, found \"10\"" },
	{ IN("file H A 9 2"),
	  "x.in:11: file: expected PAGES from 1 to 1, the end of the pgmap, found \"2\"" },
	{ IN("file H A 8 0"),
	  "x.in:11: file: expected PAGES from 1 to 2, the end of the pgmap, found \"0\"" },
	{ IN("pgmap P 10 12 type=private owner=1\nfile H P 10 1"),
	  "x.in:12: file: expected PGMAP of type fsdax, generic or p2pdma, found \"P\"" },
	{ IN("driver E N 0 0x1000"),
	  "x.in:11: driver: expected MM, an mm of a line above, found \"N\"" },
	{ IN("driver E M 0x1001 0x2000"),
	  "x.in:11: driver: expected START, a multiple of 0x1000 from 0x0 to 0x3f000, found \"0x1001\"" },
	{ IN("driver E M 0 0"),
	  "x.in:11: driver: expected END, a multiple of 0x1000 from 0x1000 to 0x40000, found \"0\"" },
	{ IN("driver E M 0 0x41000"),
	  "x.in:11: driver: expected END, a multiple of 0x1000 from 0x1000 to 0x40000, found \"0x41000\"" },
	{ TOP("machine geometry=x86_64\nmm M\ndriver D M 0x1000 0x10002000"),
	  "x.in:5: driver: expected END, a multiple of 0x1000 from 0x2000 to 0x10001000, found "
	  "\"0x10002000\"" },
	{ IN("driver E M 0 0x1000 validity=yes"),
	  "x.in:11: driver: expected validity=seq or flag, found \"yes\"" },
	{ IN("driver E M 0 0x1000 walker=6.1"),
	  "x.in:11: driver: expected walker=5.3 or 6.12, found \"6.1\"" },
	{ IN("driver E M 0 0x1000 strategy=custom"),
	  "x.in:11: driver: expected strategy=none, per-page, per-table, per-table-local, per-range, per-pass or per-call, found \"custom\"" },
	{ IN("driver E M 0 0x1000 protocol=no-check"),
	  "x.in:11: driver: expected protocol=sound, callback-no-lock or callback-skips, found \"no-check\"" },
	{ IN("driver E M 0 0x1000 owner=x"),
	  "x.in:11: driver: expected owner=K, a number, found \"x\"" },
	{ IN("driver E M 0 0x1000 late=2"),
	  "x.in:11: driver: expected late=no or yes, found \"2\"" },
	{ IN("driver E M 0 0x1000 tries=2"),
	  "x.in:11: driver: expected validity=, walker=, strategy=, owner=, protocol= or late=, found \"tries=2\"" },
	{ IN("dmirror E M 0 0x1000 protocol=none"),
	  "x.in:11: dmirror: expected protocol=sound, no-check, check-outside, touch-outside, callback-no-lock or callback-skips, found \"none\"" },
	{ IN("dmirror E M 0 0x1000 tries=-1"),
	  "x.in:11: dmirror: expected tries=N, a number from 0 to 1048576, found \"-1\"" },
	{ IN("dmirror E M 0 0x1000 late=yes"),
	  "x.in:11: dmirror: expected validity=, walker=, strategy=, owner=, protocol=, touch= or tries=, found \"late=yes\"" },
	{ IN("mmap N 0x2000 0x3000 rw"),
	  "x.in:11: mmap: expected MM, an mm of a line above, found \"N\"" },
	{ IN("mmap A 0x2000 0x3000 rw"),
	  "x.in:11: mmap: expected MM, an mm and not a pgmap, found \"A\"" },
	{ IN("mmap M 0x2000 0x3000"), "x.in:11: mmap: expected MM START END FLAGS, found 3 words" },
	{ IN("mmap M 0x2000 0x41000 rw"),
	  "x.in:11: mmap: expected END, a multiple of 0x1000 from 0x3000 to 0x40000, found \"0x41000\"" },
	{ IN("mmap M 0x2000 0x2000 rw"),
	  "x.in:11: mmap: expected END, a multiple of 0x1000 from 0x3000 to 0x40000, found \"0x2000\"" },
	{ IN("mmap M 0x2000 0x2800 rw"),
	  "x.in:11: mmap: expected END, a multiple of 0x1000 from 0x3000 to 0x40000, found \"0x2800\"" },
	{ IN("mmap M 0x1000 0x3000 rw"),
	  "x.in:11: mmap: expected addresses that line 6 does not map" },
	{ IN("mmap M 0x2000 0x3000 rq"),
	  "x.in:11: mmap: expected - or letters of rwxspimhH, each once, not both h and H, found \"rq\"" },
	{ IN("mmap M 0x2000 0x3000 rwh"),
	  "x.in:11: mmap: expected START and END to be multiples of the huge page size, found \"rwh\"" },
	{ IN("mmap M 0x2000 0x3000 rw of=A"),
	  "x.in:11: mmap: expected of=FILE, a file and not a pgmap, found \"A\"" },
	{ IN("mmap M 0x2000 0x5000 rw of=F"),
	  "x.in:11: mmap: expected of=FILE with the pages of the range, found \"F\"" },
	{ IN("mmap M 0x2000 0x3000 rw of=F pgoff=2"),
	  "x.in:11: mmap: expected pgoff=N, a number from 0 to 1, found \"2\"" },
	{ IN("mmap M 0x2000 0x3000 rw pgoff=2"),
	  "x.in:11: mmap: expected of=FILE with pgoff=, found \"2\"" },
	{ IN("mmap M 0x2000 0x3000 rw gate=L"),
	  "x.in:11: mmap: expected gate=GATE, a gate and not a flag, found \"L\"" },
	{ IN("pgmap B 10 12 type=generic\nfile H B 10 1\nmmap M 0x2000 0x3000 rw of=H"),
	  "x.in:13: mmap: expected FLAGS with s, because a device is mapped shared, found \"rw\"" },
	/* steps: words */
	{ STEP("lock"), "x.in:12: lock: expected DRIVER, found 0 words" },
	{ STEP("lock D E"), "x.in:12: lock: expected DRIVER, found 2 words" },
	{ STEP("walk D 0"), "x.in:12: walk: expected DRIVER START END [REQUEST], found 2 words" },
	{ STEP("walk D 0 0x1000 r r"),
	  "x.in:12: walk: expected DRIVER START END [REQUEST], found 5 words" },
	{ STEP("put A"), "x.in:12: put: expected no word, found 1 word" },
	{ STEP("invalidate M 0 0x1000 clear 1 2 3"),
	  "x.in:12: invalidate: expected MM START END [EVENT] [OWNER], found 7 words" },
	{ STEP("lock E"), "x.in:12: lock: expected DRIVER, a driver of a line above, found \"E\"" },
	{ STEP("lock M"), "x.in:12: lock: expected DRIVER, a driver and not an mm, found \"M\"" },
	{ STEP("lock W"), "x.in:12: lock: expected DRIVER, a driver of a line above, found \"W\"" },
	{ STEP("populate D 0 0x1000"),
	  "x.in:12: populate: expected DMIRROR, a dmirror and not a driver, found \"D\"" },
	{ STEP("call"), "x.in:12: call: expected FUNCTION, found 0 words" },
	{ STEP("set L of=F"), "x.in:12: set: expected as=, found \"of=F\"" },
	{ STEP("begin D\nwalk D 0x4000 0x5000"),
	  "x.in:13: walk: expected START, a multiple of 0x1000 from 0x0 to 0x3000, found \"0x4000\"" },
	{ STEP("begin D\nwalk D 0 0x5000"),
	  "x.in:13: walk: expected END, a multiple of 0x1000 from 0x1000 to 0x4000, found \"0x5000\"" },
	{ STEP("begin D\nwalk D 0x1000 0x1000"),
	  "x.in:13: walk: expected END, a multiple of 0x1000 from 0x2000 to 0x4000, found \"0x1000\"" },
	{ STEP("begin D\nwalk D 0 0x1000 x"),
	  "x.in:13: walk: expected r, w, rw or -, found \"x\"" },
	{ STEP("access M 0x40000"),
	  "x.in:12: access: expected ADDR, a multiple of 0x1000 from 0x0 to 0x3f000, found \"0x40000\"" },
	{ STEP("access M 0x800"),
	  "x.in:12: access: expected ADDR, a multiple of 0x1000 from 0x0 to 0x3f000, found \"0x800\"" },
	{ STEP("access M 0 -"), "x.in:12: access: expected r, w or rw, found \"-\"" },
	{ STEP("zap M 0 0x41000"),
	  "x.in:12: zap: expected END, a multiple of 0x1000 from 0x1000 to 0x40000, found \"0x41000\"" },
	{ STEP("munmap M 0 1"),
	  "x.in:12: munmap: expected END, a multiple of 0x1000 from 0x1000 to 0x40000, found \"1\"" },
	{ STEP("mprotect M 0 0x1000 rs"),
	  "x.in:12: mprotect: expected - or letters of rwx, each once, found \"rs\"" },
	{ STEP("mprotect M 0 0x1000 rr"),
	  "x.in:12: mprotect: expected - or letters of rwx, each once, found \"rr\"" },
	{ STEP("get 7"), "x.in:12: get: expected PFN of a pgmap of the race, found \"7\"" },
	{ STEP("get 10"), "x.in:12: get: expected PFN of a pgmap of the race, found \"10\"" },
	{ STEP("pin A"), "x.in:12: pin: expected PFN of a pgmap of the race, found \"A\"" },
	{ STEP("unmap F 2 1"),
	  "x.in:12: unmap: expected FIRST from 0 to 1, pages of the file, found \"2\"" },
	{ STEP("unmap F 1 2"),
	  "x.in:12: unmap: expected COUNT from 1 to 1, pages of the file, found \"2\"" },
	{ STEP("unmap F 0 0"),
	  "x.in:12: unmap: expected COUNT from 1 to 2, pages of the file, found \"0\"" },
	{ STEP("invalidate M 0 0x1000 move"),
	  "x.in:12: invalidate: expected unmap, clear, protection-vma, protection-page, soft-dirty, release, migrate or exclusive, found \"move\"" },
	{ STEP("invalidate M 0 0x1000 migrate me"),
	  "x.in:12: invalidate: expected OWNER, a number, found \"me\"" },
	{ STEP("assert-entry D 0 maybe"),
	  "x.in:12: assert-entry: expected no or yes, found \"maybe\"" },
	{ STEP("alloc A"),
	  "x.in:12: alloc: expected PGMAP of type private, coherent or p2pdma, found \"A\"" },
	{ SETUP("entry M 0 dev 1"),
	  "x.in:12: entry: expected none, tbl, ro, rw, pn, special, specialrw, zero, devro, devrw, swap, migr, migw, dpr, dpw, dxr, dxw, hwp, marker or poison, found \"dev\"" },
	{ SETUP("entry M 0 bad 1"),
	  "x.in:12: entry: expected none, tbl, ro, rw, pn, special, specialrw, zero, devro, devrw, swap, migr, migw, dpr, dpw, dxr, dxw, hwp, marker or poison, found \"bad\"" },
	{ SETUP("entry M 0 special"),
	  "x.in:12: entry: expected KIND PFN, or none, tbl or zero, found \"special\"" },
	{ SETUP("entry M 0 special 0x10000000000"),
	  "x.in:12: entry: expected PFN, a number up to 0xffffffffff, found \"0x10000000000\"" },
	{ SETUP("entry M 0 devrw 0x10"),
	  "x.in:12: entry: expected PFN of a pgmap that is not of type private, found \"0x10\"" },
	{ SETUP("entry M 0 dpw 8"),
	  "x.in:12: entry: expected PFN of a pgmap of type private, found \"8\"" },
	{ CHECK("assert-result R 0"),
	  "x.in:14: assert-result: expected TASK, a task of a line above, found \"R\"" },
	{ CHECK("assert-result W EFAULT"),
	  "x.in:14: assert-result: expected 0 or an error such as -EFAULT, found \"EFAULT\"" },
	{ CHECK("assert-result W -EOK"),
	  "x.in:14: assert-result: expected 0 or an error such as -EFAULT, found \"-EOK\"" },
	{ CHECK("assert-result W -14"),
	  "x.in:14: assert-result: expected 0 or an error such as -EFAULT, found \"-14\"" },
	{ CHECK("assert-turns W x"), "x.in:14: assert-turns: expected N, a number, found \"x\"" },
	/* steps: where */
	{ STEP("entry M 0 none"), "x.in:12: entry: expected in setup" },
	{ STEP("assert-result W 0"), "x.in:12: assert-result: expected in check" },
	{ STEP("assert-turns W 0"), "x.in:12: assert-turns: expected in check" },
	{ SETUP("retry"), "x.in:12: retry: expected in a task" },
	{ CHECK("retry"), "x.in:14: retry: expected in a task" },
	{ STEP("insert D"), "x.in:12: insert: expected DRIVER with late=yes, found \"D\"" },
	{ STEP("remove D"), "x.in:12: remove: expected DRIVER with late=yes, found \"D\"" },
	{ STEP("walk D 0 0x1000"), "x.in:12: walk: expected begin of D before it" },
	{ STEP("check D"), "x.in:12: check: expected begin of D before it" },
	{ STEP("begin D\ntouch D 0"), "x.in:13: touch: expected walk of D before it" },
	{ STEP("program D 0"), "x.in:12: program: expected walk of D before it" },
	{ STEP("unlock D"), "x.in:12: unlock: expected lock of D before it" },
	{ STEP("put"), "x.in:12: put: expected get or get-cached before it" },
	{ STEP("get 8\npage-put 8"),
	  "x.in:13: page-put: expected page-get, page-tryget or pin of 0x8 before it" },
	{ STEP("page-get 9\npage-put 8"),
	  "x.in:13: page-put: expected page-get, page-tryget or pin of 0x8 before it" },
	{ STEP("page-unlock 8"), "x.in:12: page-unlock: expected page-lock of 0x8 before it" },
	{ STEP("free-page"), "x.in:12: free-page: expected alloc before it" },
	{ STEP("zap M 0 0x1000\ninvalidate-end M"),
	  "x.in:13: invalidate-end: expected invalidate or invalidate-try of M before it" },
	{ STEP("migrate-end M"), "x.in:12: migrate-end: expected migrate of M before it" },
	{ STEP("rcu-unread"), "x.in:12: rcu-unread: expected rcu-read before it" },
	{ STEP("plain-remove D"), "x.in:12: plain-remove: expected plain-insert of D before it" },
	{ SETUP("page-put 8\npage-get 8"),
	  "x.in:12: page-put: expected page-get, page-tryget or pin of 0x8 before it" },
	{ SETUP("page-get 8\ntask R\npage-put 9"),
	  "x.in:14: page-put: expected page-get, page-tryget or pin of 0x9 before it" },
	{ SETUP("unlock D"), "x.in:12: unlock: expected lock of D before it" },
	{ CHECK("unlock D"), "x.in:14: unlock: expected lock of D before it" },
	{ STEP("unlock D\nlock D"), "x.in:12: unlock: expected lock of D before it" },
	/* loops */
	{ STEP("until"), "x.in:12: until: expected retry before it" },
	{ STEP("retry\nset L"), "x.in:12: retry: expected until before the steps end" },
	{ STEP("retry\nset L\ntask R\nset L\nuntil"),
	  "x.in:12: retry: expected until before the steps end" },
	{ STEP("retry 0"),
	  "x.in:12: retry: expected TURNS, a number from 1 to 1048576, found \"0\"" },
	{ STEP("retry 1048577"),
	  "x.in:12: retry: expected TURNS, a number from 1 to 1048576, found \"1048577\"" },
	{ STEP("retry 3 4"), "x.in:12: retry: expected [TURNS], found 2 words" },
	{ STEP("until D"), "x.in:12: until: expected no word, found 1 word" },
	{ STEP("retry\nretry\nretry\nretry\nretry"),
	  "x.in:16: retry: expected at most 4 inside each other" },
	{ STEP("retry as=a"), "x.in:12: retry: expected no key=value, found \"as=a\"" },
	/* order */
	{ IN("order"), "x.in:11: order: expected LABEL..., found 0 words" },
	{ STEP("set L as="),
	  "x.in:12: set: expected as=LABEL, a word without ~ and |, found \"\"" },
	{ STEP("set L as=a~"),
	  "x.in:12: set: expected as=LABEL, a word without ~ and |, found \"a~\"" },
	{ STEP("set L as=a\nset L as=a"),
	  "x.in:13: set: expected as=LABEL, each label once, found \"a\"" },
	{ STEP("set L as=a\ntask R\nset L as=a"),
	  "x.in:14: set: expected as=LABEL, each label once, found \"a\"" },
	{ SETUP("set L as=a"), "x.in:12: set: expected as= in a task only, found \"a\"" },
	{ CHECK("set L as=a"), "x.in:14: set: expected as= in a task only, found \"a\"" },
	{ STEP("set L as=a\norder b"), "x.in:13: order: expected labels of steps, found \"b\"" },
	{ STEP("set L as=a\norder a | ~"),
	  "x.in:13: order: expected labels of steps, found \"~\"" },
	{ STEP("set L as=a\nset L as=b\norder b | a"),
	  "x.in:14: order: expected an order that W can take, found a after b" },
	{ STEP("set L as=a\nset L as=b\norder a a~"),
	  "x.in:14: order: expected an order that W can take, found a~ after a" },
	{ STEP("set L as=a\nretry\nset L as=b\nset L as=c\nuntil\norder a c b a"),
	  "x.in:17: order: expected an order that W can take, found a after b" },
	{ STEP("set L as=a\norder $a"),
	  "x.in:13: order: expected $NAME of an axis line above, found \"$a\"" },
	/* must, expect */
	{ IN("must"), "x.in:11: must: expected S1, S2, S3, S4 or live, found 0 words" },
	{ IN("must S5"),
	  "x.in:11: must: expected S1, S2, S3, S4 or live, each once, or - alone, found \"S5\"" },
	{ IN("must S1 S1"),
	  "x.in:11: must: expected S1, S2, S3, S4 or live, each once, or - alone, found \"S1\"" },
	{ IN("must - S1"),
	  "x.in:11: must: expected S1, S2, S3, S4 or live, each once, or - alone, found \"S1\"" },
	{ IN("must S1 -"),
	  "x.in:11: must: expected S1, S2, S3, S4 or live, each once, or - alone, found \"-\"" },
	{ IN("must - -"),
	  "x.in:11: must: expected S1, S2, S3, S4 or live, each once, or - alone, found \"-\"" },
	{ IN("expect"), "x.in:11: expect: expected VERDICT, found 0 words" },
	{ IN("expect none"),
	  "x.in:11: expect: expected holds, assertion, deadlock or another verdict, found \"none\"" },
	{ IN("expect executions=3"),
	  "x.in:11: expect: expected NAME=VALUE of an axis line above, found \"executions=3\"" },
	{ IN("expect holds 3"),
	  "x.in:11: expect: expected executions=N, or no further word, found \"3\"" },
	{ IN("expect holds executions=0"),
	  "x.in:11: expect: expected executions=N, a number from 1, found \"0\"" },
	{ IN("expect holds executions=1 executions=2"),
	  "x.in:11: expect: expected executions=N, or no further word, found \"executions=2\"" },
	{ IN("expect holds executions"),
	  "x.in:11: expect: expected executions=N, or no further word, found \"executions\"" },
	{ IN("expect holds\nexpect leak"),
	  "x.in:12: expect: expected other settings than in line 11" },
	{ IN("expect refs=1 holds"),
	  "x.in:11: expect: expected NAME=VALUE of an axis line above, found \"refs=1\"" },
	{ IN("axis l L M\nexpect l=N holds"), "x.in:12: expect: expected l=L or M, found \"N\"" },
	{ IN("axis l L M\nexpect l=M l=M holds"),
	  "x.in:12: expect: expected each axis once, found \"l=M\"" },
	{ IN("axis l L M\nexpect l=L holds\nexpect holds\ncheck\nset $l"),
	  "x.in:13: expect: expected other settings than in line 12" },
	{ IN("axis l L M\nexpect l=M"),
	  "x.in:12: expect: expected [NAME=VALUE...] VERDICT [executions=N], found no verdict" },
};

static void bad_text_is_refused_in_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(refused); i++) {
		struct hs_hostmem mem = { .attempts = 0 };
		struct hs_race race;
		char error[1024];

		if (race_parse(&mem, refused[i].text, NULL, 0, &race, error) != -EINVAL)
			fail_msg("not refused: %s", refused[i].text);
		assert_string_equal(error, refused[i].error);
		assert_null(race.name);
		assert_int_equal(mem.live, 0);
	}
}

/* The good race around the lines of the table is good. */
static void what_is_around_bad_lines_is_good(void **state)
{
	static const char *const texts[] = {
		TOP(""),
		IN(""),
		STEP("set L"),
		SETUP(""),
		SETUP("set L"),
		CHECK("set L"),
		SETUP("page-get 8\ntask R\npage-put 8"),
		SETUP("pin 8\ntask R\npage-put 8"),
		HEAD "pgmap P 8 10 type=private owner=1\nsetup\nalloc P\ntask t\npage-put 8\n"
	};
	struct hs_hostmem mem = { .attempts = 0 };
	struct hs_race race;

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		race_must_parse(&mem, texts[i], &race);
		hs_race_free(&mem, &race);
	}
	assert_int_equal(mem.live, 0);
}

/* ---- limits ------------------------------------------------------------------------------ */

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
	to += sprintf(to, HEAD "%s", before);
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

/* The geometry says which addresses there are, the machine how large a subsection is. */
static void the_machine_says_what_fits(void **state)
{
	static const char big[] = "hmmsim 1\nrace a\nmachine geometry=x86_64 section=15 "
				  "subsection=9\npgmap A 0x200 0x400\nmm M\n"
				  "mmap M 0x7ffffffff000 0x800000000000 r\ntask t\nrcu-sync\n";
	static const char small[] =
		"hmmsim 1\nrace a\nmachine subsection=2\npgmap A 2 4\ntask t\nrcu-sync\n";
	struct hs_hostmem mem = { .attempts = 0 };
	struct hs_race race;
	char error[1024];

	(void)state;
	race_must_parse(&mem, big, &race);
	race_round_trip(&mem, &race);
	hs_race_free(&mem, &race);
	race_must_parse(&mem, TOP("machine section=0"), &race);
	assert_int_equal(race.subsection_order, 0);
	hs_race_free(&mem, &race);
	race_must_parse(&mem, TOP("machine section=15"), &race);
	assert_int_equal(race.subsection_order, 9);
	hs_race_free(&mem, &race);
	assert_int_equal(race_parse(&mem, small, NULL, 0, &race, error), -EINVAL);
	assert_string_equal(error, "x.in:4: pgmap: expected START_PFN, a multiple of 4 (a "
				   "subsection) from 0x0 to 0xfffffffffc, found \"2\"");
	assert_int_equal(mem.live, 0);
}

/* ---- axes -------------------------------------------------------------------------------- */

#define AXES                                                                                     \
	HEAD "axis refs 5.3 6.1\naxis end 0x1000 0x2000 0x3000\npgmap A 8 10 refs=$refs\nmm M\n" \
	     "task W\nzap M 0 $end as=$refs\norder $refs\nexpect end=0x3000 refs=6.1 leak\n"     \
	     "expect refs=5.3 holds executions=3\n"

static void a_setting_takes_another_value_of_an_axis(void **state)
{
	static const struct hs_race_setting settings[] = { { "end", "0x3000" }, { "refs", "6.1" } };
	static const char *const names[] = { "", "end=0x3000", "refs=6.1,end=0x3000" };
	struct hs_hostmem mem = { .attempts = 0 };

	(void)state;
	for (size_t count = 0; count <= 2; count++) {
		struct hs_race race;
		char error[1024];

		if (race_parse(&mem, AXES, settings, count, &race, error) != 1)
			fail_msg("%s", error);
		assert_string_equal(race.settings, names[count]);
		assert_int_equal(race.axis[1].chosen, count ? 2 : 0);
		assert_int_equal(race.object[0].pgmap.refs,
				 count == 2 ? HS_PAGE_REFS_6_1 : HS_PAGE_REFS_5_3);
		assert_int_equal(race.task[0].steps.step[0].arg[2], count ? 0x3000 : 0x1000);
		assert_string_equal(race.order[0], count == 2 ? "6.1" : "5.3");
		assert_string_equal(race.expect[0].settings, names[2]);
		assert_string_equal(race.expect[1].settings, names[0]);
		race_round_trip(&mem, &race);
		hs_race_free(&mem, &race);
	}
	assert_int_equal(mem.live, 0);
}

static void settings_must_fit_the_axes(void **state)
{
	static const struct {
		const char *text;
		struct hs_race_setting settings[2];
		size_t count;
		const char *error;
	} cases[] = {
		{ AXES,
		  { { "ref", "5.3" } },
		  1,
		  "x.in:2: race: expected a setting of its axes (refs or end), found \"ref\"" },
		{ AXES,
		  { { "refs", "6.2" } },
		  1,
		  "x.in:3: axis: expected refs=5.3 or 6.1, found \"6.2\"" },
		{ AXES,
		  { { "refs", "" } },
		  1,
		  "x.in:3: axis: expected refs=5.3 or 6.1, found \"\"" },
		{ AXES,
		  { { "refs", "6.1" }, { "refs", "6.1" } },
		  2,
		  "x.in:2: race: expected a value of refs once" },
		{ TOP(""),
		  { { "refs", "6.1" } },
		  1,
		  "x.in:2: race: expected no setting, because it has no axis, found \"refs\"" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct hs_hostmem mem = { .attempts = 0 };
		struct hs_race race;
		char error[1024];

		assert_int_equal(race_parse(&mem, cases[i].text, cases[i].settings, cases[i].count,
					    &race, error),
				 -EINVAL);
		assert_string_equal(error, cases[i].error);
		assert_int_equal(mem.live, 0);
	}
}

static void every_verdict_has_a_word(void **state)
{
	enum hs_verdict verdict;

	(void)state;
	assert_true(hs_race_verdict("holds", &verdict) && verdict == HS_VERDICT_NONE);
	assert_true(hs_race_verdict("use-after-free", &verdict) && verdict == HS_VERDICT_FREED);
	assert_true(hs_race_verdict("lost-wake-up", &verdict) && verdict == HS_VERDICT_LOST_WAKE);
	assert_true(hs_race_verdict("not-repeatable", &verdict) &&
		    verdict == HS_VERDICT_UNREPEATABLE);
	assert_false(hs_race_verdict("none", &verdict));
	assert_false(hs_race_verdict("?", &verdict));
}

/* ---- memory ------------------------------------------------------------------------------ */

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

/* ---- the manual -------------------------------------------------------------------------- */

static char *read_manual(void)
{
	const char *path = getenv("HMMSIM_TEXT_MANUAL");

	assert_non_null(path);
	return read_file(path);
}

/* What the parser asks for when an operation has too many words: "DRIVER START END [REQUEST]". */
static void read_usage(unsigned int op, char usage[128])
{
	bool in_setup = op == HS_RACE_ENTRY, in_check = hs_race_op_words[op][0] == 'T';
	struct hs_hostmem mem = { .attempts = 0 };
	struct hs_race race;
	char text[256], error[1024];

	snprintf(text, sizeof(text), HEAD "%s\n%s 1 2 3 4 5 6\n",
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
		char *bar;

		read_usage(op, usage);
		bar = strchr(usage, '|');
		snprintf(row, sizeof(row), "\n| `%s%s%.*s%s%s` | %s |\n", hs_race_op_names[op],
			 usage[0] ? " " : "", bar ? (int)(bar - usage) : (int)strlen(usage), usage,
			 bar ? "\\" : "", bar ? bar : "", summaries[op]);
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
		cmocka_unit_test(bad_text_is_refused_in_words),
		cmocka_unit_test(what_is_around_bad_lines_is_good),
		cmocka_unit_test(a_race_has_limits),
		cmocka_unit_test(the_machine_says_what_fits),
		cmocka_unit_test(a_setting_takes_another_value_of_an_axis),
		cmocka_unit_test(settings_must_fit_the_axes),
		cmocka_unit_test(every_verdict_has_a_word),
		cmocka_unit_test(every_allocation_can_fail),
		cmocka_unit_test(the_manual_has_every_operation),
		cmocka_unit_test(the_example_of_the_manual_is_parsed),
	};

	return cmocka_run_group_tests_name("race_text", tests, NULL, NULL);
}
