/* SPDX-License-Identifier: MIT */
/* Reports of races speak of the objects and steps of the text. */
#include "support/race_play.h"

#define FILE_SPACE       \
	"hmmsim 1\n"     \
	"race r\n"       \
	"pgmap A 8 10\n" \
	"file F A 8 2\n" \
	"mm M\n"         \
	"mmap M 0x0 0x2000 rws of=F\n"

/* Explores the text, which violates something, and returns the report; to be freed. */
static char *report(const char *text, enum hs_verdict verdict)
{
	struct hs_scenario_text *loaded = race_load(text);
	struct hs_explore_result r;
	char *copy;

	race_explore(loaded, &r);
	assert_int_equal(r.verdict, verdict);
	copy = strdup(r.report);
	assert_non_null(copy);
	hs_explore_result_free(&r);
	hs_scenario_free(loaded);
	return copy;
}

/* The lines, or parts of them, are there in this order. */
static void says(const char *text, enum hs_verdict verdict, const char *const *parts, size_t count)
{
	char *whole = report(text, verdict), *at = whole;

	for (size_t i = 0; i < count; i++) {
		at = strstr(at, parts[i]);
		if (!at)
			fail_msg("no \"%s\" in\n%s", parts[i], whole);
	}
	free(whole);
}

static void says_not(const char *text, enum hs_verdict verdict, const char *part)
{
	char *whole = report(text, verdict);

	if (strstr(whole, part))
		fail_msg("\"%s\" in\n%s", part, whole);
	free(whole);
}

/* ---- objects ----------------------------------------------------------------------------- */

static void objects_have_the_names_of_the_text(void **state)
{
	static const char text[] = FILE_SPACE "gate G\n"
					      "mmap M 0x2000 0x3000 rw gate=G\n"
					      "driver D M 0x0 0x2000\n"
					      "setup\n  access M 0x0 w\n  plain-insert D\n"
					      "task T\n  open G\n  disable F\n"
					      "  dontneed M 0x0 0x1000\n  plain-remove D\n"
					      "  get 8\n  mm-exit M\n  mm-exit M\n";
	static const char *const parts[] = {
		"store G.open  0 -> 1  ",
		"xchg F.alive  1 -> 0  ",
		"down_read M.lock  ",
		"add M.notifiers.active  0 -> 1  ",
		"dereference D.subscription  ",
		"store D.seq  1 -> 3  ",
		"lock M.page_table_lock  ",
		"load page 0x8.pgmap  A  ",
		"free D.plain  ",
		"load A.ref.state  ",
		"xchg M.exited  0 -> 1  ",
		"add M.users  1 -> 0  ",
	};

	(void)state;
	says(text, HS_VERDICT_ASSERT, parts, COUNT(parts));
}

static void an_hmm_has_the_name_of_its_space(void **state)
{
	static const char text[] = FILE_SPACE "driver D M 0x0 0x2000 validity=flag\n"
					      "task T\n  dontneed M 0x0 0x1000\n"
					      "check\n  assert-entry D 0x0 yes\n";
	static const char *const parts[] = { "lock M.hmm.ranges_lock  ",
					     "store D.valid  1 -> 0  " };

	(void)state;
	says(text, HS_VERDICT_ASSERT, parts, COUNT(parts));
}

/* As entries of page tables are, and by the address that they are for. */
static void entries_of_devices_are_pages_with_their_rights(void **state)
{
	static const char text[] = FILE_SPACE "dmirror NAME M 0x0 0x2000\n"
					      "driver D M 0x1000 0x2000\n"
					      "setup\n  access M 0x0 w\n  access M 0x1000 w\n"
					      "task T\n  populate NAME 0x0 0x2000 w\n"
					      "  begin D\n  walk D 0x1000 0x2000 r\n  lock D\n"
					      "  program D 0x1000\n  unlock D\n"
					      "check\n  assert-entry D 0x1000 no\n";
	static const char *const parts[] = {
		"lock NAME.lock  ",
		"store NAME.entry[0x0]  0 -> pfn 0x8 valid write  ",
		"store NAME.entry[0x1000]  0 -> pfn 0x9 valid write  ",
		"store D.entry[0x1000]  0 -> pfn 0x9 valid write  ",
	};

	(void)state;
	says(text, HS_VERDICT_ASSERT, parts, COUNT(parts));
}

/* 22 address spaces, of three names each, are more than a plan has names for. */
static void a_device_without_a_name_has_entries_too(void **state)
{
	static const char *const parts[] = {
		"lock device 0.lock  ",
		"store device 0.entry[1]  0 -> pfn 0x800 valid write  ",
	};
	char text[1024] = "hmmsim 1\nrace r\n";

	(void)state;
	for (int i = 0; i < 22; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "mm M%d\n", i);
	snprintf(text + strlen(text), sizeof(text) - strlen(text),
		 "mmap M21 0x0 0x2000 rw\ndmirror X M21 0x0 0x2000\n"
		 "task T\n  populate X 0x1000 0x2000 w\ncheck\n  assert-entry X 0x1000 no\n");
	says(text, HS_VERDICT_ASSERT, parts, COUNT(parts));
}

/* ---- steps ------------------------------------------------------------------------------- */

static void a_task_that_waits_is_in_a_step_of_the_text(void **state)
{
	static const char text[] = FILE_SPACE "driver D M 0x0 0x2000\nflag L\n"
					      "task T\n  invalidate M 0x0 0x1000\n"
					      "task U\n  begin D\n"
					      "task V\n  await L\n";
	static const char *const parts[] = {
		": wait M.notifiers.queue, in \"begin D  r.txt:12\"\n",
		"\nV waits at r.txt:14: spin, in \"await L\"\n",
	};

	(void)state;
	says(text, HS_VERDICT_DEADLOCK, parts, COUNT(parts));
}

/* A task that is about to enter a read section is in none. */
static void a_reader_that_has_not_begun_holds_nothing(void **state)
{
	static const char text[] = "hmmsim 1\nrace r\npgmap A 8 10\nmm M\nsetup\n  kill A\n"
				   "task T\n  mm-exit M\n  mm-exit M\n"
				   "task U\n  rcu-read\n  rcu-unread\n";

	(void)state;
	says_not(text, HS_VERDICT_ASSERT, "RCU read section");
}

static void steps_of_a_removal_have_the_names_of_the_text(void **state)
{
	static const char early[] = "hmmsim 1\nrace r\npgmap A 8 10\ntask T\n  drain A\n  kill A\n";
	static const char left[] = "hmmsim 1\nrace r\npgmap A 8 10\ntask T\n"
				   "  kill A\n  put-pages A\n  drain A\n  memory A\n  erase A\n"
				   "  free A\n";
	static const char *const of_early[] = { "step \"drain\" is started before \"kill\"",
						"> drain A  r.txt:5\n" };
	static const char *const of_left[] = { "the removal step \"exit-ref\" is not done",
					       "> free A  r.txt:10\n" };

	(void)state;
	says(early, HS_VERDICT_ASSERT, of_early, COUNT(of_early));
	says(left, HS_VERDICT_ASSERT, of_left, COUNT(of_left));
}

/* ---- leaks ------------------------------------------------------------------------------- */

static void a_leak_names_the_step_that_took_what_is_left(void **state)
{
	static const char pinned[] = FILE_SPACE "task T\n  page-get 9\n  page-put 9\n  pin 8\n";
	static const char allocated[] = "hmmsim 1\nrace r\npgmap P 8 10 type=private owner=1\n"
					"setup\n  alloc P\ntask T\n  rcu-sync\n";
	static const char *const of_pinned[] = { "> pin 8  r.txt:10\n",
						 "\nleft by \"pin 8  r.txt:10\"\n" };
	static const char *const of_allocated[] = { "\nP (", ", never freed\n",
						    "\nleft by \"alloc P  r.txt:5\"\n" };

	(void)state;
	says(pinned, HS_VERDICT_LEAK, of_pinned, COUNT(of_pinned));
	says(allocated, HS_VERDICT_LEAK, of_allocated, COUNT(of_allocated));
}

static void a_leak_names_no_object_that_the_check_freed(void **state)
{
	static const char text[] = FILE_SPACE "task T\n  pin 8\n";

	(void)state;
	says_not(text, HS_VERDICT_LEAK, "freed at ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(objects_have_the_names_of_the_text),
		cmocka_unit_test(an_hmm_has_the_name_of_its_space),
		cmocka_unit_test(entries_of_devices_are_pages_with_their_rights),
		cmocka_unit_test(a_device_without_a_name_has_entries_too),
		cmocka_unit_test(a_task_that_waits_is_in_a_step_of_the_text),
		cmocka_unit_test(a_reader_that_has_not_begun_holds_nothing),
		cmocka_unit_test(steps_of_a_removal_have_the_names_of_the_text),
		cmocka_unit_test(a_leak_names_the_step_that_took_what_is_left),
		cmocka_unit_test(a_leak_names_no_object_that_the_check_freed),
	};

	return cmocka_run_group_tests_name("race_reports", tests, NULL, NULL);
}
