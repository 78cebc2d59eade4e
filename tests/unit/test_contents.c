/* SPDX-License-Identifier: MIT */
/* What a page holds, where the explorer sees it: by name, and in every order. */
#include <string.h>

#include <hmmsim/fault.h>
#include <hmmsim/page.h>
#include <hmmsim/pte_ops.h>

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

static void expect_reported(void (*task)(struct hs_task *self, void *state),
			    const char *const *lines, size_t count)
{
	const struct play play = { .task = { task } };
	struct hs_explore_options options;
	struct hs_explore_result r;

	hs_explore_options_init(&options);
	assert_int_equal(hs_explore(&play_scenario, &play, &options, &r), 0);
	assert_int_equal(r.verdict, HS_VERDICT_ASSERT);
	for (size_t i = 0; i < count; i++)
		if (!strstr(r.report, lines[i]))
			fail_msg("no \"%s\" in:\n%s", lines[i], r.report);
	hs_explore_result_free(&r);
}

static void a_report_names_the_contents_of_a_page_by_its_pfn(void **state)
{
	static const char *const lines[] = {
		"store page 0x40.contents  0 -> 0x42",
		"store page 0x40.private  0 -> 0x43",
	};

	(void)state;
	expect_reported(fails_with_a_page, lines, COUNT(lines));
}

static void fails_with_pages_elsewhere(struct hs_task *self, void *state)
{
	struct hs_mm *mm = NULL;

	(void)state;
	hs_assert(self, !hs_memory_add(self, 64, 1024, true), "no memory");
	hs_assert(self, !hs_mm_create(self, hs_geometry(HS_GEOMETRY_MOCK), &mm), "no mm");
	hs_assert(self, !hs_mmap(self, mm, 0, 2 * HS_PAGE_BYTES, HS_VM_READ | HS_VM_WRITE, NULL, 0),
		  "no VMA");
	hs_assert(self, !hs_cpu_write(self, mm, 0, 0x42), "no store");
	hs_assert(self, !hs_swap_out(self, mm, 0), "no swap");
	hs_assert(self, !hs_cpu_write(self, mm, HS_PAGE_BYTES, 0x43), "no store");
	hs_assert(self, !hs_make_protnone(self, mm, HS_PAGE_BYTES, 2 * HS_PAGE_BYTES), "no change");
	hs_assert(self, false, "over");
}

static void a_report_names_swap_slots_and_types_of_entries(void **state)
{
	static const char *const lines[] = {
		"lock machine.swap_lock  src/",
		"load machine.swap_slots  NULL",
		"store swap slot 0.used  1",
		"pfn 0x40 valid write counted -> swap slot 0  src/",
		"store swap slot 0.contents  0 -> 0x42",
		" valid write counted -> pfn 0x41 counted prot-none  src/",
	};

	(void)state;
	expect_reported(fails_with_pages_elsewhere, lines, COUNT(lines));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_report_names_the_contents_of_a_page_by_its_pfn),
		cmocka_unit_test(a_report_names_swap_slots_and_types_of_entries),
	};

	return cmocka_run_group_tests_name("contents", tests, NULL, NULL);
}
