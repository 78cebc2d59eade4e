/* SPDX-License-Identifier: MIT */
/* References, lock and allocation of device pages and system pages, under every schedule. */
#include "support/broken.h"
#include "support/pgmap_race.h"

/* With one page, two tasks use it in turn or one finds none; with two, each gets one. */
static void device_pages_are_handed_out_to_one(void **state)
{
	(void)state;
	for (int refs = 0; refs < HS_PAGE_REFS_COUNT; refs++) {
		struct param one = { .type = HS_PGMAP_PRIVATE,
				     .refs = (enum hs_page_refs)refs,
				     .roles = { ALLOCER, ALLOCER } };
		struct param two = { .type = HS_PGMAP_P2PDMA,
				     .refs = (enum hs_page_refs)refs,
				     .two = true,
				     .roles = { ALLOCER, ALLOCER } };

		holds(4, one);
		holds(6, two);
		holds_at_random(two);
	}
}

/* A free page has a count of 1, so a tryget succeeds. The last put of both tasks frees it, once. */
static void a_free_page_that_is_tried_is_handed_out_as_it_is(void **state)
{
	static const uint64_t complete[HS_PAGE_REFS_COUNT][HS_PGMAP_TYPE_COUNT] = {
		[HS_PAGE_REFS_5_18] = { [HS_PGMAP_PRIVATE] = 95,
					[HS_PGMAP_COHERENT] = 95,
					[HS_PGMAP_P2PDMA] = 95 },
		[HS_PAGE_REFS_6_1] = { [HS_PGMAP_PRIVATE] = 65,
				       [HS_PGMAP_COHERENT] = 65,
				       [HS_PGMAP_P2PDMA] = 95 },
	};

	(void)state;
	for (int refs = HS_PAGE_REFS_5_18; refs < HS_PAGE_REFS_6_15; refs++)
		for (int type = 0; type < HS_PGMAP_TYPE_COUNT; type++) {
			if (type == HS_PGMAP_FS_DAX || type == HS_PGMAP_GENERIC)
				continue;
			holds(complete[refs][type],
			      (struct param){ .type = (enum hs_pgmap_type)type,
					      .refs = (enum hs_page_refs)refs,
					      .roles = { ALLOCER, TRYER } });
			both_were_seen();
		}
}

static void put_to_one_races_with_a_tryget_of_5_3(void **state)
{
	const struct param p = { .type = HS_PGMAP_PRIVATE,
				 .refs = HS_PAGE_REFS_5_3,
				 .roles = { PUTTER, TRYER } };

	(void)state;
	fails(p, HS_VERDICT_ASSERT, "hs_page_put: the device page is already free", 2);
}

static void tryget_fails_at_zero_only(void **state)
{
	(void)state;
	holds(2184, (struct param){ .type = HS_PGMAP_GENERIC,
				    .refs = HS_PAGE_REFS_6_1,
				    .roles = { TRYER, TRYER, TRYER } });
	assert_int_equal(misses(), 0);
	holds(136, (struct param){ .type = HS_PGMAP_PRIVATE,
				   .refs = HS_PAGE_REFS_6_1,
				   .roles = { PUTTER, TRYER, TRYER } });
	both_were_seen();
}

/* The file system is told once if both entries exist at a time, and otherwise twice. */
static void the_last_unmap_of_6_15_tells_the_file_system(void **state)
{
	(void)state;
	holds(10, (struct param){ .type = HS_PGMAP_FS_DAX,
				  .refs = HS_PAGE_REFS_6_15,
				  .roles = { MAPPER, MAPPER } });
	both_were_seen();
}

static void page_lock_excludes(void **state)
{
	(void)state;
	holds(6822, (struct param){ .type = HS_PGMAP_GENERIC,
				    .refs = HS_PAGE_REFS_6_1,
				    .roles = { LOCKER, LOCKER, LOCKER } });
}

static void last_put_meets_memory_remove(void **state)
{
	(void)state;
	holds(2, (struct param){ .roles = { PUTTER, MEMORY } });
	both_were_seen();
}

static void system_pages_are_handed_out_to_one(void **state)
{
	(void)state;
	holds(26, (struct param){ .roles = { ALLOCER, ALLOCER, MEMORY } });
	holds_at_random((struct param){ .roles = { ALLOCER, ALLOCER, MEMORY } });
}

/* ---- faults of the model ------------------------------------------------------------------ */

static const struct param one_page = { .type = HS_PGMAP_PRIVATE,
				       .refs = HS_PAGE_REFS_5_18,
				       .roles = { ALLOCER, ALLOCER } };
static const struct param one_page_6_1 = { .type = HS_PGMAP_PRIVATE,
					   .refs = HS_PAGE_REFS_6_1,
					   .roles = { ALLOCER, ALLOCER } };
static const struct param one_page_three = { .type = HS_PGMAP_PRIVATE,
					     .refs = HS_PAGE_REFS_6_1,
					     .roles = { ALLOCER, ALLOCER, ALLOCER } };
static const struct param two_pages = { .type = HS_PGMAP_P2PDMA,
					.refs = HS_PAGE_REFS_6_1,
					.two = true,
					.roles = { ALLOCER, ALLOCER } };
static const struct param tried = { .type = HS_PGMAP_GENERIC,
				    .refs = HS_PAGE_REFS_6_1,
				    .roles = { TRYER, TRYER } };
static const struct param put_and_tried = { .type = HS_PGMAP_PRIVATE,
					    .refs = HS_PAGE_REFS_6_1,
					    .roles = { PUTTER, TRYER } };
static const struct param mapped_twice = { .type = HS_PGMAP_FS_DAX,
					   .refs = HS_PAGE_REFS_6_15,
					   .roles = { MAPPER, MAPPER } };
static const struct param locked = { .type = HS_PGMAP_GENERIC,
				     .refs = HS_PAGE_REFS_6_1,
				     .roles = { LOCKER, LOCKER } };
static const struct param put_and_removed = { .roles = { PUTTER, MEMORY } };
static const struct param allocated_and_removed = { .roles = { ALLOCER, MEMORY } };

static const struct broken faults[] = {
	{ HS_BREAK_PAGE_TRYGET_BLIND, false, &pgmap_scenario, &put_and_tried, HS_VERDICT_ASSERT,
	  "page_free was called 2 times (task boot)", 5 },
	{ HS_BREAK_PAGE_LOCK_ONE_LOOK, false, &pgmap_scenario, &locked, HS_VERDICT_ASSERT,
	  "hs_page_unlock: the page is not locked (task locker)", 2 },
	{ HS_BREAK_PAGE_UNLOCK_NO_WAKE, false, &pgmap_scenario, &locked, HS_VERDICT_LOST_WAKE,
	  "the predicate of locker became true", 3 },
	{ HS_BREAK_PAGE_FREE_FLAG_EARLY, false, &pgmap_scenario, &put_and_removed, HS_VERDICT_FREED,
	  "read-modify-write of an object that is freed (task putter)", 2 },
	{ HS_BREAK_MEMORY_REMOVE_GAP, false, &pgmap_scenario, &allocated_and_removed,
	  HS_VERDICT_FREED, "read-modify-write of an object that is freed (task allocer)", 5 },
	{ HS_BREAK_PAGES_TAKE_GAP, true, &pgmap_scenario, &one_page_three, HS_VERDICT_ASSERT,
	  "hs_page_put: the device page is already free (task allocer)", 5 },
	{ HS_BREAK_PAGES_FREE_GAP, false, &pgmap_scenario, &two_pages, HS_VERDICT_ASSERT,
	  "allocation 1 returned -28 (task boot)", 2 },
	{ HS_BREAK_PAGES_FULL_KEEPS_REF, false, &pgmap_scenario, &one_page_6_1, HS_VERDICT_ASSERT,
	  "wait for completion would wait for ever: nothing else runs", 1 },
	{ HS_BREAK_PAGE_PUT_IDLE_LATE, false, &pgmap_scenario, &one_page, HS_VERDICT_ASSERT,
	  "hs_page_get: refcount is 0 (task allocer)", 2 },
	{ HS_BREAK_PAGE_PUT_TORN, false, &pgmap_scenario, &tried, HS_VERDICT_ASSERT,
	  "the count of an unused page is 2 (task boot)", 3 },
	{ HS_BREAK_PAGE_UNMAP_KEEPS, false, &pgmap_scenario, &mapped_twice, HS_VERDICT_ASSERT,
	  "the count of an unused page is 2 (task boot)", 1 },
};

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(device_pages_are_handed_out_to_one),
		cmocka_unit_test(a_free_page_that_is_tried_is_handed_out_as_it_is),
		cmocka_unit_test(put_to_one_races_with_a_tryget_of_5_3),
		cmocka_unit_test(tryget_fails_at_zero_only),
		cmocka_unit_test(the_last_unmap_of_6_15_tells_the_file_system),
		cmocka_unit_test(page_lock_excludes),
		cmocka_unit_test(last_put_meets_memory_remove),
		cmocka_unit_test(system_pages_are_handed_out_to_one),
	};

	return model_main("page model", tests, faults);
}
