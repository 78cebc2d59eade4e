/* SPDX-License-Identifier: MIT */
/*
 * Operations of races that no text of src/text/scenarios uses: what each does on both backends, and
 * that it does so: without the step, or with another one, the race ends otherwise.
 */
#include "support/race_play.h"

#define FILE_SPACE       \
	"hmmsim 1\n"     \
	"race r\n"       \
	"pgmap A 8 10\n" \
	"file F A 8 2\n" \
	"mm M\n"         \
	"mmap M 0x0 0x2000 rws of=F\n"
#define ANON_SPACE   \
	"hmmsim 1\n" \
	"race r\n"   \
	"mm M\n"     \
	"mmap M 0x0 0x2000 rw\n"
#define MIRROR FILE_SPACE "dmirror X M 0x0 0x2000 touch=yes\n"
#define DRIVER FILE_SPACE "driver D M 0x0 0x2000\n"
/* D has an entry for page 0x8 of 0x0. */
#define PROGRAMMED                 \
	"  begin D\n"              \
	"  walk D 0x0 0x1000 rw\n" \
	"  lock D\n"               \
	"  check D\n"              \
	"  program D 0x0\n"        \
	"  unlock D\n"

/* Each of @steps between the two texts. */
static void holds_each(const char *before, const char *const *steps, size_t count,
		       const char *after)
{
	for (size_t i = 0; i < count; i++) {
		char text[1024];

		snprintf(text, sizeof(text), "%s%s%s", before, steps[i], after);
		holds(text);
	}
}

/* ---- drivers ----------------------------------------------------------------------------- */

static void dma_touches_what_the_device_maps(void **state)
{
	(void)state;
	holds(DRIVER "setup\n  access M 0x0 w\ntask T\n" PROGRAMMED
		     "  dma D 0x0\n  dma D 0x1000\n");
	holds(DRIVER "setup\n  access M 0x0 w\ntask T\n" PROGRAMMED
		     "  lock D\n  dma D 0x0\n  unlock D\n");
	ends(DRIVER "setup\n  access M 0x0 w\ntask T\n" PROGRAMMED
		    "  kill A\n  put-pages A\n  drain A\n  memory A\n  dma D 0x0\n"
		    "must S2\n",
	     HS_VERDICT_ASSERT, "S2: D touches page 0x8, which is gone");
}

/* Its subscription is gone, so that nothing else clears them. */
static void a_plain_notifier_clears_the_entries_of_its_driver(void **state)
{
	static const char *const steps[] = {
		"  plain-insert D\n  dontneed M 0x0 0x1000\n  assert-entry D 0x0 no\n"
		"  plain-remove D\n",
		"  plain-insert D\n  plain-remove D\n  dontneed M 0x0 0x1000\n"
		"  assert-entry D 0x0 yes\n",
	};

	(void)state;
	holds_each(FILE_SPACE "driver D M 0x0 0x2000 late=yes\nsetup\n  access M 0x0 w\ntask T\n"
			      "  insert D\n" PROGRAMMED "  remove D\n",
		   steps, COUNT(steps), "");
}

/* D is told of each change by it alone, once its subscription is gone. */
static void a_plain_notifier_of_the_set_up_is_there_from_the_start(void **state)
{
	static const char *const ends_of_it[] = { "", "  plain-remove D\n" };

	(void)state;
	holds_each(FILE_SPACE "driver D M 0x0 0x2000 late=yes\nsetup\n  access M 0x0 w\n"
			      "  insert D\n  plain-insert D\ntask T\n" PROGRAMMED
			      "  remove D\n  dontneed M 0x0 0x1000\n  assert-entry D 0x0 no\n",
		   ends_of_it, COUNT(ends_of_it), "");
	ends(DRIVER "setup\n  plain-insert D\ntask T\n  plain-insert D\n", HS_VERDICT_ASSERT,
	     "r.txt:11: D has a plain notifier already");
}

/* A driver migrates memory to its device: it knows of that, and keeps its entries. */
static void a_driver_keeps_its_entries_when_it_migrates_itself(void **state)
{
	static const struct {
		const char *by;
		bool stays;
	} invalidations[] = {
		{ "migrate 7", true },	  { "exclusive 7", true }, { "migrate 8", false },
		{ "exclusive 0", false }, { "clear 7", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(invalidations); i++) {
		char text[1024];

		snprintf(
			text, sizeof(text),
			"%sdriver D M 0x0 0x2000 owner=7\nsetup\n  access M 0x0 w\ntask T\n%s"
			"  invalidate M 0x0 0x1000 %s\n  invalidate-end M\n  assert-entry D 0x0 %s\n",
			FILE_SPACE, PROGRAMMED, invalidations[i].by,
			invalidations[i].stays ? "yes" : "no");
		holds(text);
	}
}

static void a_plain_notifier_that_is_left_is_no_leak(void **state)
{
	(void)state;
	holds(DRIVER "task T\n  plain-insert D\n");
}

#define AGAIN "    invalidate M 0x1000 0x2000\n    invalidate-end M\n    check D optional=yes\n"
#define LOST                                                                                  \
	"setup\n  store M 0x0 7\n  swap-out M 0x0\ntask T\n  retry 2\n    begin D\n"          \
	"    walk D 0x0 0x1000 w\n    lock D\n    program D 0x0 optional=yes\n    unlock D\n" \
	"    zap M 0x0 0x1000\n" AGAIN "  until\ncheck\n  assert-result T -EBUSY\n"           \
	"  assert-entry D 0x0 w\n"
#define GAINED                                                                              \
	"setup\n  store M 0x0 7\ntask T\n  retry 2\n    begin D\n    walk D 0x0 0x1000 r\n" \
	"    mprotect M 0x0 0x1000 r\n" AGAIN "  until\ncheck\n  assert-result T "

/* Where they are written once, the second turn asks for what the first one has left. */
static void requests_in_slots_are_written_before_each_walk_or_once(void **state)
{
	static const char *const sound[] = { "requests=all\n", "requests=slots\n" };

	(void)state;
	holds_each(ANON_SPACE "driver D M 0x0 0x2000 walker=5.3 ", sound, COUNT(sound), LOST);
	ends(ANON_SPACE "driver D M 0x0 0x2000 walker=5.3 requests=slots-once\n" LOST,
	     HS_VERDICT_ASSERT, "D has no entry for 0x0, expected w");
	holds_each(ANON_SPACE "driver D M 0x0 0x2000 ", sound, COUNT(sound), GAINED "-EBUSY\n");
	holds(ANON_SPACE "driver D M 0x0 0x2000 requests=slots-once\n" GAINED "-EPERM\n");
}

static void a_device_accesses_what_it_has_populated(void **state)
{
	(void)state;
	holds(MIRROR "setup\n  access M 0x0 w\ntask T\n"
		     "  populate X 0x0 0x1000 rw\n  device-access X 0x0 w\n"
		     "  device-access X 0x1000\n"
		     "check\n  assert-result T 0\n");
	ends(MIRROR "setup\n  access M 0x0 w\ntask T\n"
		    "  populate X 0x0 0x1000 rw\n"
		    "  kill A\n  put-pages A\n  drain A\n  memory A\n  device-access X 0x0 w\n"
		    "must S2\n",
	     HS_VERDICT_ASSERT, "page 0x8, which is gone");
}

/* ---- pages ------------------------------------------------------------------------------- */

#define PRIVATE      \
	"hmmsim 1\n" \
	"race r\n"   \
	"pgmap A 8 10 first=9 type=private owner=1\n"

static void references_to_pages_are_taken_and_put(void **state)
{
	(void)state;
	holds(PRIVATE "setup\n  alloc A\ntask T\n"
		      "  page-get 9\n  page-put 9\n  page-tryget 9\n  page-put 9\n  page-put 9\n");
	ends(PRIVATE "setup\n  alloc A\ntask T\n  page-get 9\n  page-put 9\n", HS_VERDICT_LEAK, "");
}

/* The count of a free page is 0: what follows is skipped. */
static void a_tryget_of_a_free_page_says_again(void **state)
{
	(void)state;
	holds(PRIVATE "flag tried\ntask T\n  page-tryget 9\n  set tried\n  page-put 9\n"
		      "task U\n  kill A\n  put-pages A\n  drain A\nmust S1\n");
	ends(PRIVATE "flag tried\ntask T\n  page-tryget 9\n  set tried\n  page-put 9\n"
		     "task U\n  await tried\n",
	     HS_VERDICT_DEADLOCK, "U in spin at r.txt:");
}

static void a_page_lock_keeps_others_out(void **state)
{
	(void)state;
	holds(PRIVATE "setup\n  alloc A\ntask T\n"
		      "  page-lock 9\n  page-unlock 9\n"
		      "task U\n  page-lock 9\n  page-unlock 9\n"
		      "check\n  page-put 9\n");
	ends(PRIVATE "setup\n  alloc A\ntask T\n  page-lock 9 as=t\n  page-unlock 9 as=free\n"
		     "task U\n  page-lock 9 as=u\n  page-unlock 9\n"
		     "order t u | free\n"
		     "check\n  page-put 9\n",
	     HS_VERDICT_DEADLOCK, "");
}

static void a_page_that_stays_locked_is_found(void **state)
{
	(void)state;
	ends(PRIVATE "setup\n  alloc A\ntask T\n  page-lock 9\n  page-touch 9\n"
		     "check\n  page-put 9\n",
	     HS_VERDICT_ASSERT, "r.txt:7: page 0x9 stays locked at the end (task T)");
	ends(PRIVATE "setup\n  alloc A\ntask T\n  page-touch 9\n"
		     "check\n  page-put 9\n  page-lock 9\n",
	     HS_VERDICT_ASSERT, "r.txt:10: page 0x9 stays locked at the end");
	holds(PRIVATE "setup\n  alloc A\ntask T\n  page-lock 9\n  page-tryget 9\n"
		      "  page-unlock 9\n  page-put 9\ncheck\n  page-put 9\n");
}

/* The pages of 5.3 hold their pgmap: the check would wait for ever. */
static void a_page_that_is_not_put_is_named_by_its_step(void **state)
{
	(void)state;
	ends(FILE_SPACE "pgmap B 10 12 refs=5.3\ntask T\n  page-get 8\n  pin 10\n",
	     HS_VERDICT_ASSERT,
	     "r.txt:10: a drain of B would never end, because of 1 of its pages");
	ends("hmmsim 1\nrace r\npgmap B 10 12 refs=5.3 type=private owner=1\ntask T\n  alloc B\n",
	     HS_VERDICT_ASSERT, "r.txt:5: a drain of B would never end, because of 1 of its pages");
}

/* ---- the address space ------------------------------------------------------------------- */

static void an_unmapped_page_cannot_be_accessed(void **state)
{
	(void)state;
	holds(DRIVER "setup\n  access M 0x0 w\ntask T\n"
		     "  retry 1\n" PROGRAMMED "  until\n"
		     "  munmap M 0x0 0x1000\n"
		     "  assert-entry D 0x0 no\n"
		     "  begin D\n  walk D 0x0 0x1000 r\n"
		     "check\n  assert-result T -EFAULT\n");
}

static void a_protected_page_cannot_be_written(void **state)
{
	(void)state;
	holds(DRIVER "setup\n  access M 0x0 w\ntask T\n"
		     "  mprotect M 0x0 0x1000 r\n"
		     "  begin D\n  walk D 0x0 0x1000 rw\n"
		     "check\n  assert-result T -EPERM\n");
}

static void what_does_not_hold_is_named_with_what_was_expected(void **state)
{
	(void)state;
	ends(DRIVER "setup\n  access M 0x0 w\ntask T\n" PROGRAMMED
		    "check\n  assert-entry D 0x0 no\n",
	     HS_VERDICT_ASSERT, "r.txt:18: D has pfn 0x8 w for 0x0, expected none");
	ends(DRIVER "task T\n  begin D\ncheck\n  assert-entry D 0x1000 yes\n", HS_VERDICT_ASSERT,
	     "r.txt:11: D has no entry for 0x1000, expected one");
	ends(DRIVER "task T\n  begin D\n  walk D 0x0 0x1000 r\ncheck\n  assert-result T -EFAULT\n",
	     HS_VERDICT_ASSERT,
	     "r.txt:12: the last walk or populate of T returned 0, expected -EFAULT");
	ends(PRIVATE
	     "task T\n  kill A\n  retry 3\n    get 8\n  until\nmust S1\ncheck\n  assert-turns T 1\n",
	     HS_VERDICT_ASSERT, "r.txt:11: T tried again 2 times, expected at most 1");
}

/* Of D, which asks for reading, and of X, which asks for writing. */
#define TWO_DEVICES                                                              \
	ANON_SPACE "driver D M 0x0 0x2000\ndmirror X M 0x0 0x2000\nsetup\n"      \
		   "  access M 0x1000 w\ntask T\n"                               \
		   "  begin D\n  walk D 0x0 0x1000 r\n  lock D\n  check D\n"     \
		   "  program D 0x0\n  unlock D\n  populate X 0x1000 0x2000 w\n" \
		   "check\n"

static void what_a_device_has_is_asserted_with_its_page_and_rights(void **state)
{
	static const char *const right[] = {
		"  assert-entry D 0x0 yes\n",	     "  assert-entry D 0x0 r\n",
		"  assert-entry D 0x0 r mapped\n",   "  assert-entry D 0x1000 no\n",
		"  assert-entry X 0x0 no\n",	     "  assert-entry X 0x1000 yes\n",
		"  assert-entry X 0x1000 w\n",	     "  assert-entry X 0x1000 yes mapped\n",
		"  assert-entry X 0x1000 w 0x800\n",
	};
	static const struct {
		const char *step, *message;
	} wrong[] = {
		{ "  assert-entry D 0x0 w\n", "D has pfn 0x77 r for 0x0, expected w" },
		{ "  assert-entry D 0x1000 r\n", "D has no entry for 0x1000, expected r" },
		{ "  assert-entry X 0x1000 no\n", "X has pfn 0x800 w for 0x1000, expected none" },
		{ "  assert-entry X 0x1000 r\n", "X has pfn 0x800 w for 0x1000, expected r" },
		{ "  assert-entry X 0x1000 yes 0x801\n",
		  "X has pfn 0x800 w for 0x1000, expected pfn 0x801" },
		{ "  assert-entry X 0x1000 w 0x801\n",
		  "X has pfn 0x800 w for 0x1000, expected pfn 0x801 w" },
		{ "  assert-entry D 0x1000 r mapped\n", "D has no entry for 0x1000, expected pfn" },
		{ "  munmap M 0x0 0x2000\n  assert-entry D 0x0 yes mapped\n",
		  "M maps no page at 0x0, expected one, which D maps, too" },
		{ "  mm-exit M\n  assert-entry D 0x0 yes mapped\n",
		  "M maps no page at 0x0, expected one, which D maps, too" },
	};

	(void)state;
	holds_each(TWO_DEVICES, right, COUNT(right), "");
	for (size_t i = 0; i < COUNT(wrong); i++) {
		char text[1024];

		snprintf(text, sizeof(text), TWO_DEVICES "%s", wrong[i].step);
		ends(text, HS_VERDICT_ASSERT, wrong[i].message);
	}
}

static void entries_go_and_come_back(void **state)
{
	static const char *const steps[] = { "  swap-out M 0x0\n", "  dontneed M 0x0 0x1000\n",
					     "  migrate M 0x0\n  migrate-end M\n" };

	(void)state;
	holds_each(ANON_SPACE "driver D M 0x0 0x2000\nsetup\n  access M 0x0 w\ntask T\n" PROGRAMMED,
		   steps, COUNT(steps), "  assert-entry D 0x0 no\n  access M 0x0 w\n");
}

static void an_invalidation_without_an_end_is_named_by_its_step(void **state)
{
	(void)state;
	ends(FILE_SPACE "task T\n  invalidate M 0x0 0x1000\n", HS_VERDICT_ASSERT,
	     "r.txt:8: the invalidation of M has not ended");
}

/* The access waits for the end of the migration. */
static void a_migration_that_never_ends_keeps_accesses_waiting(void **state)
{
	(void)state;
	holds(ANON_SPACE "setup\n  access M 0x0 w\ntask T\n  migrate M 0x0\n  migrate-end M\n"
			 "task U\n  access M 0x0 w\n");
	ends(ANON_SPACE "flag never\nsetup\n  access M 0x0 w\n"
			"task T\n  migrate M 0x0\n  await never\n  migrate-end M\n"
			"task U\n  access M 0x0 w\n",
	     HS_VERDICT_DEADLOCK, "");
}

static void an_address_space_that_has_ended_is_walked_no_more(void **state)
{
	(void)state;
	holds(DRIVER "setup\n  access M 0x0 w\ntask T\n" PROGRAMMED "  mm-exit M\n"
		     "  assert-entry D 0x0 no\n  begin D\n  walk D 0x0 0x1000 r\n"
		     "check\n  assert-result T -EFAULT\n");
	ends(FILE_SPACE "task T\n  mm-exit M\n  mm-exit M\n", HS_VERDICT_ASSERT,
	     "M has ended already");
}

/* ---- tasks ------------------------------------------------------------------------------- */

static void a_grace_period_waits_for_readers(void **state)
{
	(void)state;
	holds("hmmsim 1\nrace r\n"
	      "task T\n  rcu-read\n  rcu-unread\n"
	      "task U\n  rcu-sync\n");
	ends("hmmsim 1\nrace r\n"
	     "task T\n  rcu-read as=read\n  rcu-unread as=unread\n"
	     "task U\n  rcu-sync as=sync\n"
	     "order read sync | unread\n",
	     HS_VERDICT_DEADLOCK, "U in grace period at r.txt:7");
}

/* ---- what is judged ---------------------------------------------------------------------- */

static void what_must_does_not_name_is_not_judged(void **state)
{
	(void)state;
	ends(PRIVATE "task T\n  alloc A\n", HS_VERDICT_LEAK, "");
	holds(PRIVATE "task T\n  alloc A\nmust S1 S2 S4 live\n");
	ends(PRIVATE "task T\n  get 9\n", HS_VERDICT_LEAK, "1 reference to the pgmap of pfn 0x8");
	holds(PRIVATE "task T\n  get 9\nmust S1 S2 S4 live\n");
	ends(PRIVATE "task T\n  kill A\n", HS_VERDICT_ASSERT,
	     "r.txt:3: the removal of A has not come to its end");
	holds(PRIVATE "task T\n  kill A\nmust S1 S2 S3 S4\n");
	ends(FILE_SPACE "task T\n  page-get 8\n", HS_VERDICT_LEAK, "reference to a page");
	holds(FILE_SPACE "task T\n  page-get 8\nmust S1 S2 S4 live\n");
	holds(FILE_SPACE "task T\n  page-get 8\n  remove-memory A\nmust S1\n");
}

/* What a walk of v5.3 takes and never puts. */
#define LEAKS                                                                            \
	FILE_SPACE "driver D M 0x0 0x2000 validity=flag walker=5.3 strategy=per-table\n" \
		   "setup\n  access M 0x0 w\n  entry M 0x1000 special 8\n"               \
		   "task T\n  begin D\n  walk D 0x0 0x2000 r\n"

static void references_that_no_step_holds_are_judged_the_same(void **state)
{
	(void)state;
	ends(LEAKS, HS_VERDICT_LEAK, "1 reference to the pgmap of pfn 0x8");
	holds(LEAKS "must S1 S2 S4 live\n");
}

/* The objects of a text that a task uses too late are found as any others are. */
static void late_uses_are_found(void **state)
{
	(void)state;
	ends(PRIVATE "task T\n  remove-memory A\ntask U\n  alloc A\n  free-page\n",
	     HS_VERDICT_FREED, "(task U)");
	ends(FILE_SPACE "driver D M 0x0 0x2000 late=yes\nsetup\n  insert D\ntask T\n  remove D\n"
			"task U\n  begin D\n",
	     HS_VERDICT_FREED, "(task U)");
}

/* The lock that a turn has taken is released, though its release is skipped. */
static void a_turn_that_ends_early_releases_what_it_took(void **state)
{
	(void)state;
	holds(DRIVER "setup\n  access M 0x0 w\ntask T\n"
		     "  retry\n" PROGRAMMED "  until\n"
		     "task U\n  dontneed M 0x0 0x1000\n");
	holds(PRIVATE "task T\n  get 9\n  page-tryget 9\n  page-put 9\n  put\n");
}

/* ---- what was not tried ------------------------------------------------------------------ */

static void steps_that_fail_in_each_execution_are_told(void **state)
{
	(void)state;
	leaves(ANON_SPACE "task T\n  access M 0x0\n  access M 0x4000\n  access M 0x1000\n"
			  "task U\n  access M 0x0 w\n",
	       "access M 0x4000  r.txt:7\naccess M 0x1000  r.txt:8\n");
	leaves(ANON_SPACE "setup\n  access M 0x0\ntask T\n  migrate M 0x0\n  migrate-end M\n",
	       "migrate M 0x0  r.txt:8\nmigrate-end M  r.txt:9\n");
	leaves(ANON_SPACE
	       "task T\n  retry\n    access M 0x4000\n    retry\n      rcu-sync\n    until\n"
	       "  until\n  access M 0x0\n",
	       "access M 0x4000  r.txt:7\nrcu-sync  r.txt:9\n");
	leaves(FILE_SPACE "pgmap B 10 12\ntask T\n  get 8\n  kill B\n  put-pages B\n"
			  "  get-cached 10\n  put\nmust S3\n",
	       "get-cached 10  r.txt:12\nput  r.txt:13\n");
	leaves(PRIVATE "task T\n  retry 2\n    page-tryget 9\n    page-put 9\n  until\n",
	       "page-tryget 9  r.txt:6\npage-put 9  r.txt:7\n");
}

static void steps_that_find_nothing_to_do_are_told(void **state)
{
	(void)state;
	leaves(DRIVER "setup\n  access M 0x0 w\ntask T\n" PROGRAMMED
		      "  touch D 0x1000\n  touch D 0x0\n  program D 0x1000\n"
		      "  dma D 0x1000\n  dma D 0x0\n",
	       "touch D 0x1000  r.txt:17\nprogram D 0x1000  r.txt:19\ndma D 0x1000  r.txt:20\n");
	leaves(PRIVATE "task T\n  remove-memory A\n"
		       "  page-touch 9\n  page-lock 9\n  page-unlock 9\n  page-get 9\n"
		       "  page-put 9\nmust S1\n",
	       "page-lock 9  r.txt:7\npage-unlock 9  r.txt:8\npage-get 9  r.txt:9\n"
	       "page-put 9  r.txt:10\n");
}

/* Nor what is skipped because of it; but what another step lets be skipped. */
static void an_optional_step_is_not_told(void **state)
{
	(void)state;
	leaves(ANON_SPACE "task T\n  access M 0x4000 optional=yes\n  access M 0x0\n"
			  "task U\n  access M 0x5000\n  access M 0x0 optional=yes\n"
			  "  access M 0x1000\n",
	       "access M 0x5000  r.txt:9\naccess M 0x1000  r.txt:11\n");
	leaves(ANON_SPACE "task T\n  retry\n    access M 0x4000 optional=yes\n    rcu-sync\n"
			  "  until\n  access M 0x5000\n",
	       "access M 0x5000  r.txt:10\n");
}

/* Of an execution that goes another way. */
#ifdef HS_BACKEND_EXPLORE
static void one_execution_is_enough(void **state)
{
	(void)state;
	leaves(PRIVATE "task T\n  get 9\n  put\ntask U\n  kill A\nmust S1\n", "");
}
#endif

/* As v5.3 counts: one for the pgmap; the walk leaves none, in any strategy; a pin is one. */
static void references_to_a_page_are_counted(void **state)
{
#define COUNTED                                                         \
	"hmmsim 1\nrace r\npgmap A 8 10 refs=5.3\nfile F A 8 2\nmm M\n" \
	"mmap M 0x0 0x2000 rws of=F\ndriver D M 0x0 0x2000 walker=5.3 strategy=per-table\n"

	(void)state;
	holds(COUNTED "task T\nassert-refs 8 1\nbegin D\nwalk D 0x0 0x2000\nassert-refs 8 1\n"
		      "pin 8\nassert-refs 8 2\npage-put 8\ncheck\nassert-refs 8 1\n");
	ends(COUNTED "task T\nassert-refs 8 2\n", HS_VERDICT_ASSERT,
	     "there are 1 references to page 0x8, expected 2");
	ends(COUNTED "task T\nremove-memory A\nassert-refs 8 1\n", HS_VERDICT_FREED, "task T");
	holds(COUNTED "task T\nremove-memory A\nassert-refs 8 1 optional=yes\nmust S1\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dma_touches_what_the_device_maps),
		cmocka_unit_test(a_plain_notifier_clears_the_entries_of_its_driver),
		cmocka_unit_test(a_plain_notifier_of_the_set_up_is_there_from_the_start),
		cmocka_unit_test(a_driver_keeps_its_entries_when_it_migrates_itself),
		cmocka_unit_test(a_plain_notifier_that_is_left_is_no_leak),
		cmocka_unit_test(requests_in_slots_are_written_before_each_walk_or_once),
		cmocka_unit_test(a_device_accesses_what_it_has_populated),
		cmocka_unit_test(references_to_pages_are_taken_and_put),
		cmocka_unit_test(a_tryget_of_a_free_page_says_again),
		cmocka_unit_test(a_page_lock_keeps_others_out),
		cmocka_unit_test(a_page_that_stays_locked_is_found),
		cmocka_unit_test(a_page_that_is_not_put_is_named_by_its_step),
		cmocka_unit_test(an_unmapped_page_cannot_be_accessed),
		cmocka_unit_test(a_protected_page_cannot_be_written),
		cmocka_unit_test(what_a_device_has_is_asserted_with_its_page_and_rights),
		cmocka_unit_test(entries_go_and_come_back),
		cmocka_unit_test(what_does_not_hold_is_named_with_what_was_expected),
		cmocka_unit_test(an_invalidation_without_an_end_is_named_by_its_step),
		cmocka_unit_test(a_migration_that_never_ends_keeps_accesses_waiting),
		cmocka_unit_test(an_address_space_that_has_ended_is_walked_no_more),
		cmocka_unit_test(a_grace_period_waits_for_readers),
		cmocka_unit_test(what_must_does_not_name_is_not_judged),
		cmocka_unit_test(references_that_no_step_holds_are_judged_the_same),
		cmocka_unit_test(late_uses_are_found),
		cmocka_unit_test(a_turn_that_ends_early_releases_what_it_took),
		cmocka_unit_test(steps_that_fail_in_each_execution_are_told),
		cmocka_unit_test(steps_that_find_nothing_to_do_are_told),
		cmocka_unit_test(an_optional_step_is_not_told),
#ifdef HS_BACKEND_EXPLORE
		cmocka_unit_test(one_execution_is_enough),
#endif
		cmocka_unit_test(references_to_a_page_are_counted),
	};

	return cmocka_run_group_tests_name("race run", tests, NULL, NULL);
}
