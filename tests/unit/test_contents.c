/* SPDX-License-Identifier: MIT */
/* What a page holds, where the explorer sees it: by name, and in every order. */
#include <string.h>

#include <hmmsim/page.h>

#include "support/play.h"

static void fails_with_a_page(struct hs_task *self, void *state)
{
	struct hs_page *page = NULL;

	(void)state;
	hs_assert(self, !hs_memory_add(self, 64, 1024, true), "no memory");
	hs_assert(self, !hs_page_alloc(self, &page), "no page");
	hs_page_set_contents(self, page, 0x42);
	hs_page_set_private(self, page, 0x43);
	hs_assert(self, false, "over");
}

static void a_report_names_the_contents_of_a_page_by_its_pfn(void **state)
{
	const struct play play = { .task = { fails_with_a_page } };
	struct hs_explore_options options;
	struct hs_explore_result r;

	(void)state;
	hs_explore_options_init(&options);
	assert_int_equal(hs_explore(&play_scenario, &play, &options, &r), 0);
	assert_int_equal(r.verdict, HS_VERDICT_ASSERT);
	assert_non_null(strstr(r.report, "store page 0x40.contents  0 -> 0x42"));
	assert_non_null(strstr(r.report, "store page 0x40.private  0 -> 0x43"));
	hs_explore_result_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_report_names_the_contents_of_a_page_by_its_pfn),
	};

	return cmocka_run_group_tests_name("contents", tests, NULL, NULL);
}
