/* SPDX-License-Identifier: MIT */
/*
 * Races in which pages move to a device and back, step by step and at once, on both backends. What
 * is judged natively is on one task, so that it does not depend on the schedule.
 */
#include "support/race_play.h"

#define SPACE_OF(keys)                                 \
	"hmmsim 1\n"                                   \
	"race r\n"                                     \
	"pgmap P 8 10 type=private owner=1 " keys "\n" \
	"mm M\n"                                       \
	"mmap M 0x0 0x4000 rw\n"
#define SPACE SPACE_OF("")
/* On the device: page 0x8 for 0x0, 0x9 for 0x1000. */
#define ON_DEVICE                                      \
	"setup\n  store M 0x0 7\n  store M 0x1000 8\n" \
	"  migrate-to P M 0x0 0x2000\n"

/* Holds, and each step is done. */
static void does_all(const char *text)
{
	leaves(text, "");
}

/* ---- contents ---------------------------------------------------------------------------- */

static void a_store_leaves_its_value(void **state)
{
	(void)state;
	does_all(SPACE
		 "task T\n  store M 0x0 7\n  assert-value M 0x0 7\n  assert-value M 0x1000 0\n");
	ends(SPACE "task T\n  store M 0x0 7\n  assert-value M 0x0 8\n", HS_VERDICT_ASSERT,
	     "r.txt:8: a load from 0 of M found 7, expected 8");
	leaves(SPACE "task T\n  store M 0x5000 7\ntask U\n  assert-value M 0x5000 7\n",
	       "store M 0x5000 7  r.txt:7\nassert-value M 0x5000 7  r.txt:9\n");
}

/* ---- all of it --------------------------------------------------------------------------- */

static void pages_move_to_the_device_and_back(void **state)
{
	(void)state;
	does_all(SPACE ON_DEVICE "task T\n  rcu-sync\ncheck\n  assert-pages P 2\n"
				 "  assert-value M 0x0 7\n  assert-value M 0x1000 8\n"
				 "  assert-pages P 0\n");
	does_all(SPACE ON_DEVICE
		 "task T\n  migrate-back P M 0x0 0x1000\ncheck\n"
		 "  assert-pages P 1\n  assert-value M 0x0 7\n  assert-pages P 1\n");
	ends(SPACE ON_DEVICE "task T\n  rcu-sync\ncheck\n  assert-pages P 1\n", HS_VERDICT_ASSERT,
	     "r.txt:13: 2 pages of P are allocated, expected 1");
}

/* The CPU reaches it there, so that only the migration takes it back. */
static void coherent_memory_moves_as_well(void **state)
{
	(void)state;
	does_all(
		"hmmsim 1\nrace r\npgmap P 8 10 type=coherent owner=1\nmm M\nmmap M 0x0 0x2000 rw\n"
		"setup\n  store M 0x0 7\n  migrate-to P M 0x0 0x1000\ntask T\n"
		"  assert-value M 0x0 7\n  store M 0x0 9\n"
		"check\n  assert-pages P 1\n  migrate-back P M 0x0 0x1000\n  assert-pages P 0\n"
		"  assert-value M 0x0 9\n");
}

static void nothing_is_mapped_by_a_page_of_the_device(void **state)
{
	(void)state;
	does_all(SPACE "task T\n  migrate-to P M 0x2000 0x4000\ncheck\n  assert-pages P 2\n"
		       "  assert-value M 0x2000 0\n  assert-pages P 1\n");
	leaves(SPACE "task T\n  migrate-back P M 0x2000 0x4000\ncheck\n  assert-pages P 0\n",
	       "migrate-back P M 0x2000 0x4000  r.txt:7\n");
}

static void a_device_that_is_full_takes_what_fits(void **state)
{
	(void)state;
	does_all(SPACE "setup\n  store M 0x0 7\n  store M 0x1000 8\n  store M 0x2000 9\ntask T\n"
		       "  migrate-to P M 0x0 0x3000\ncheck\n  assert-pages P 2\n"
		       "  assert-value M 0x2000 9\n  assert-pages P 2\n  assert-value M 0x1000 8\n"
		       "  assert-pages P 1\n");
	leaves(SPACE ON_DEVICE "task T\n  migrate-to P M 0x2000 0x4000\n",
	       "migrate-to P M 0x2000 0x4000  r.txt:11\n");
}

static void a_range_without_memory_does_not_move(void **state)
{
	(void)state;
	leaves(SPACE "task T\n  migrate-to P M 0x3000 0x5000\n  rcu-sync\n"
		     "task U\n  migrate-back P M 0x5000 0x6000\n",
	       "migrate-to P M 0x3000 0x5000  r.txt:7\nrcu-sync  r.txt:8\n"
	       "migrate-back P M 0x5000 0x6000  r.txt:10\n");
}

static void a_setup_that_selects_nothing_has_not_been_done(void **state)
{
	(void)state;
	leaves(SPACE ON_DEVICE "task T\n  migrate-setup P M 0x0 0x1000\n"
			       "  migrate-pages optional=yes\n  migrate-finalize\n",
	       "migrate-setup P M 0x0 0x1000  r.txt:11\n");
}

/* ---- eviction ---------------------------------------------------------------------------- */

static void an_eviction_takes_each_page_off_the_device(void **state)
{
	(void)state;
	does_all(SPACE ON_DEVICE "task T\n  evict P\n  remove-memory P\ncheck\n  assert-pages P 0\n"
				 "  assert-value M 0x0 7\n  assert-value M 0x1000 8\n");
	leaves(SPACE "task T\n  evict P\n", "evict P  r.txt:7\n");
	does_all(SPACE_OF("first=9") "setup\n  store M 0x0 7\n  migrate-to P M 0x0 0x1000\n"
				     "task T\n  evict P\ncheck\n  assert-pages P 0\n");
}

static void a_page_that_another_task_holds_stays(void **state)
{
	(void)state;
	does_all(SPACE ON_DEVICE "  page-get 8\ntask T\n  evict P\n  page-put 8\ncheck\n"
				 "  assert-pages P 1\n  assert-value M 0x0 7\n"
				 "  assert-value M 0x1000 8\n");
	leaves(SPACE ON_DEVICE "task T\n  page-lock 8\n  page-lock 9\n  evict P\n"
			       "  page-unlock 8\n  page-unlock 9\ncheck\n  assert-pages P 2\n",
	       "evict P  r.txt:13\n");
}

/* ---- step by step ------------------------------------------------------------------------ */

#define STEPS "  migrate-copy\n  migrate-pages\n  migrate-finalize\n"

static void the_steps_do_what_all_of_it_does(void **state)
{
	(void)state;
	does_all(SPACE "setup\n  store M 0x0 7\ntask T\n  migrate-setup P M 0x0 0x1000\n" STEPS
		       "check\n  assert-pages P 1\n  assert-value M 0x0 7\n");
	does_all(SPACE ON_DEVICE "task T\n  migrate-back-setup P M 0x0 0x1000\n" STEPS
				 "check\n  assert-pages P 1\n  assert-value M 0x0 7\n");
	does_all(SPACE ON_DEVICE "task T\n  evict-setup P\n" STEPS
				 "check\n  assert-pages P 0\n  assert-value M 0x0 7\n");
}

static void what_is_not_copied_stays(void **state)
{
	(void)state;
	leaves(SPACE ON_DEVICE "task T\n  evict-setup P\n  migrate-pages\n  migrate-finalize\n"
			       "check\n  assert-pages P 2\n  assert-value M 0x0 7\n",
	       "migrate-pages  r.txt:12\n");
	leaves(SPACE "task T\n  migrate-setup P M 0x0 0x1000\n  migrate-pages\n"
		     "  migrate-finalize\ncheck\n  assert-pages P 0\n",
	       "migrate-pages  r.txt:8\n");
}

/* The steps are released by their task when it says again, as locks are. */
static void a_turn_that_ends_early_ends_its_migration(void **state)
{
	(void)state;
	leaves(SPACE "setup\n  store M 0x0 7\ntask T\n  migrate-setup P M 0x0 0x1000\n"
		     "  page-tryget 9\n" STEPS
		     "check\n  assert-pages P 0\n  assert-value M 0x0 7\n",
	       "page-tryget 9  r.txt:10\nmigrate-copy  r.txt:11\nmigrate-pages  r.txt:12\n");
}

static void steps_out_of_turn_are_found(void **state)
{
	(void)state;
	ends(SPACE "task T\n  evict-setup P\n  evict P\n  migrate-pages\n  migrate-finalize\n",
	     HS_VERDICT_ASSERT, "r.txt:8: the task has begun a migration already");
	ends(SPACE "task T\n  evict-setup P\n  migrate-pages\n  migrate-pages\n", HS_VERDICT_ASSERT,
	     "r.txt:9: the task has decided already what moves");
	ends(SPACE "task T\n  evict-setup P\n  migrate-copy\n  migrate-copy\n", HS_VERDICT_ASSERT,
	     "r.txt:9: the task has copied already");
	ends(SPACE "task T\n  evict-setup P\n  migrate-pages\n  migrate-copy\n", HS_VERDICT_ASSERT,
	     "r.txt:9: the task has decided already what moves");
	ends(SPACE "task T\n  evict-setup P\n  migrate-pages\n  migrate-finalize\n"
		   "  migrate-finalize\n",
	     HS_VERDICT_ASSERT, "r.txt:10: the task has begun no migration");
	ends(SPACE "task T\n  evict-setup P\n  migrate-pages\n  migrate-finalize\n"
		   "  evict-setup P\n  migrate-finalize\n",
	     HS_VERDICT_ASSERT, "r.txt:11: the task has not decided what moves");
}

static void a_migration_that_has_not_ended_is_named_by_its_step(void **state)
{
	(void)state;
	ends(SPACE "task T\n  migrate-setup P M 0x0 0x1000\n  migrate-pages\n", HS_VERDICT_ASSERT,
	     "r.txt:7: the migration has not ended at the end");
	ends(SPACE "task T\n  migrate-setup P M 0x0 0x1000\n", HS_VERDICT_ASSERT,
	     "r.txt:7: the migration has not ended at the end");
}

/* ---- faults ------------------------------------------------------------------------------ */

static void a_fault_migrates_a_page_that_it_alone_holds(void **state)
{
	static const char *const policies[] = { "reference", "trylock", "wait" };

	(void)state;
	for (size_t i = 0; i < COUNT(policies); i++) {
		char text[1024];

		snprintf(text, sizeof(text),
			 "hmmsim 1\nrace r\npgmap P 8 10 type=private owner=1 ram=migrate\n"
			 "mm M private-fault=%s\nmmap M 0x0 0x4000 rw\n" ON_DEVICE
			 "task T\n  store M 0x1000 9\ncheck\n  assert-pages P 1\n"
			 "  assert-value M 0x1000 9\n  assert-value M 0x0 7\n  assert-pages P 0\n",
			 policies[i]);
		does_all(text);
	}
	does_all(SPACE ON_DEVICE "  page-get 8\ntask T\n  assert-value M 0x0 7\n  page-put 8\n");
	/* The fault ends when each page of system memory was handed out once. */
	ends(SPACE_OF("ram=migrate") ON_DEVICE
	     "  page-get 8\ntask T\n  access M 0x0\ncheck\n  page-put 8\n  assert-pages P 1\n",
	     HS_VERDICT_ASSERT, "r.txt:15: 2 pages of P are allocated, expected 1");
}

/* All 8 pages of system memory are in use: what the fault cannot copy stays. */
static void a_fault_without_memory_fails(void **state)
{
	(void)state;
	leaves("hmmsim 1\nrace r\npgmap P 8 10 type=private owner=1 ram=migrate\nmm M\n"
	       "mmap M 0x0 0x9000 rw\nsetup\n  migrate-to P M 0x0 0x1000\n"
	       "  store M 0x1000 1\n  store M 0x2000 2\n  store M 0x3000 3\n  store M 0x4000 4\n"
	       "  store M 0x5000 5\n  store M 0x6000 6\n  store M 0x7000 7\n  store M 0x8000 8\n"
	       "task T\n  access M 0x0\ncheck\n  assert-pages P 1\n",
	       "access M 0x0  r.txt:17\n");
}

#define WRITTEN "setup\n  store M 0x0 7\n  store M 0x1000 8\n  store M 0x2000 9\n"
#define VALUES "  assert-value M 0x0 7\n  assert-value M 0x1000 8\n  assert-value M 0x2000 9\n"

/* The first page is copied, the others are not; and on the way back. */
static void what_the_device_cannot_copy_stays_or_shows_what_was_there(void **state)
{
	(void)state;
	does_all(SPACE_OF("copies=1") WRITTEN
		 "task T\n  migrate-to P M 0x0 0x3000\n  assert-value M 0x1000 8\n"
		 "  assert-value M 0x2000 9\ncheck\n  assert-pages P 1\n" VALUES);
	ends(SPACE_OF("copies=1 copy-error=keep") WRITTEN
	     "task T\n  migrate-to P M 0x0 0x2000\ncheck\n  assert-pages P 2\n" VALUES,
	     HS_VERDICT_ASSERT, "a load from 0x1000 of M found 0, expected 8");
	does_all(SPACE_OF("copies=1") WRITTEN
		 "  migrate-to P M 0x0 0x1000\n  migrate-to P M 0x1000 0x2000\n"
		 "task T\n  migrate-back P M 0x0 0x2000\ncheck\n  assert-pages P 1\n" VALUES);
}

/* A hole is no copy: the page behind it is the first. */
static void a_hole_is_not_among_the_copies(void **state)
{
	(void)state;
	does_all(SPACE_OF("copies=1") "setup\n  store M 0x1000 8\ntask T\n"
				      "  migrate-to P M 0x0 0x2000\ncheck\n  assert-pages P 2\n"
				      "  assert-value M 0x1000 8\n");
}

/* Without a copy no page moves, neither does one that is held when that is decided. */
static void a_step_after_which_nothing_moves_has_not_been_done(void **state)
{
	(void)state;
	leaves(SPACE_OF(
		       "copies=0") "setup\n  store M 0x0 7\ntask T\n  migrate-setup P M 0x0 0x1000\n"
				   "  migrate-copy\n  migrate-pages\n  migrate-finalize\n",
	       "migrate-copy  r.txt:10\nmigrate-pages  r.txt:11\n");
	leaves(SPACE ON_DEVICE
	       "task T\n  migrate-back-setup P M 0x0 0x1000\n  page-get 8\n"
	       "  migrate-copy\n  migrate-pages\n  migrate-finalize\n  page-put 8\n",
	       "migrate-pages  r.txt:14\n");
	leaves(SPACE "task T\n  evict-setup P\n  migrate-pages optional=yes\n"
		     "  migrate-finalize\n",
	       "evict-setup P  r.txt:7\n");
}

/* The page was mapped where nothing had been, so that it was no copy. */
static void a_fault_that_cannot_copy_fails_and_its_page_stays(void **state)
{
	(void)state;
	leaves(SPACE_OF(
		       "ram=migrate copies=0") "setup\n  migrate-to P M 0x0 0x1000\n"
					       "task T\n  access M 0x0\ncheck\n  assert-pages P 1\n",
	       "access M 0x0  r.txt:9\n");
	does_all(SPACE_OF(
		"ram=migrate copies=0 copy-error=keep") "setup\n  migrate-to P M 0x0 0x1000\n"
							"task T\n  access M 0x0\ncheck\n  assert-pages P 0\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_device_cannot_copy_stays_or_shows_what_was_there),
		cmocka_unit_test(a_hole_is_not_among_the_copies),
		cmocka_unit_test(a_step_after_which_nothing_moves_has_not_been_done),
		cmocka_unit_test(a_fault_that_cannot_copy_fails_and_its_page_stays),
		cmocka_unit_test(a_store_leaves_its_value),
		cmocka_unit_test(pages_move_to_the_device_and_back),
		cmocka_unit_test(coherent_memory_moves_as_well),
		cmocka_unit_test(nothing_is_mapped_by_a_page_of_the_device),
		cmocka_unit_test(a_device_that_is_full_takes_what_fits),
		cmocka_unit_test(a_range_without_memory_does_not_move),
		cmocka_unit_test(a_setup_that_selects_nothing_has_not_been_done),
		cmocka_unit_test(an_eviction_takes_each_page_off_the_device),
		cmocka_unit_test(a_page_that_another_task_holds_stays),
		cmocka_unit_test(the_steps_do_what_all_of_it_does),
		cmocka_unit_test(what_is_not_copied_stays),
		cmocka_unit_test(a_turn_that_ends_early_ends_its_migration),
		cmocka_unit_test(steps_out_of_turn_are_found),
		cmocka_unit_test(a_migration_that_has_not_ended_is_named_by_its_step),
		cmocka_unit_test(a_fault_migrates_a_page_that_it_alone_holds),
		cmocka_unit_test(a_fault_without_memory_fails),
	};

	return cmocka_run_group_tests_name("race migrate", tests, NULL, NULL);
}
