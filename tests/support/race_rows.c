/* SPDX-License-Identifier: MIT */
#include "support/race_rows.h"

#define TIMES_SEARCHED 4

void search(const struct row *row, enum hs_search how, enum hs_memory memory, bool go_on,
	    struct hs_explore_result *r)
{
	struct hs_explore_options options;

	hs_explore_options_init(&options);
	options.search = how;
	options.memory = memory;
	options.go_on = go_on;
	assert_int_equal(hs_explore(&sync_scenario, &row->play, &options, r), 0);
}

static void expect_row(const struct row *row, const struct hs_explore_result *r)
{
	bool fine = r->verdict == row->verdict && strstr(r->message, row->text ? row->text : "");

	fine &= row->verdict == HS_VERDICT_NONE ? r->exhaustive
						: !row->always || r->violations == r->complete;
	if (!fine)
		fail_msg("%s: %s in %llu of %llu executions, expected %s%s: %s", row->play.name,
			 hs_verdict_name(r->verdict), (unsigned long long)r->violations,
			 (unsigned long long)r->complete, hs_verdict_name(row->verdict),
			 row->always ? " in each" : "", r->message);
}

static void expect_replay(const struct row *row, enum hs_memory memory,
			  const struct hs_explore_result *found)
{
	struct hs_explore_options options;
	struct hs_explore_result again;

	hs_explore_options_init(&options);
	options.search = HS_SEARCH_REPLAY;
	options.memory = memory;
	options.schedule = found->schedule;
	assert_int_equal(hs_explore(&sync_scenario, &row->play, &options, &again), 0);
	assert_int_equal(again.verdict, found->verdict);
	assert_string_equal(again.message, found->message);
	hs_explore_result_free(&again);
}

void search_rows(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count * TIMES_SEARCHED; i++) {
		const struct row *row = &rows[i / TIMES_SEARCHED];
		enum hs_memory memory = i & 1 ? HS_MEMORY_VIEWS : HS_MEMORY_SC;
		struct hs_explore_result r;

		search(row, i & 2 ? HS_SEARCH_DFS : HS_SEARCH_DPOR, memory, row->always, &r);
		expect_row(row, &r);
		if (r.verdict != HS_VERDICT_NONE && !row->always)
			expect_replay(row, memory, &r);
		hs_explore_result_free(&r);
	}
}
