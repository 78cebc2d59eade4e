/* SPDX-License-Identifier: MIT */
/* Reports of the strategies: times, predictions, figures of removals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include <errno.h>

#include "compare/removal_report.h"
#include "support/layout_text.h"
#include "support/steady_clock.h"

#define SIZE ((uint64_t)4 << 20)
#define PAGES (SIZE / HS_PAGE_BYTES) /* 1024 */

/* Three VMAs; the second is not readable. */
static const char unreadable[] = "hmmsim 1\n"
				 "layout unreadable\n"
				 "pgmap 0x100000 0x100200\n"
				 "vma 0x7f0000000000 0x7f0000010000 rw\n"
				 "vma 0x7f0000010000 0x7f0000020000 -\n"
				 "vma 0x7f0000020000 0x7f0000040000 r\n"
				 "map 0x7f0000001000 4k devrw 0x100000 count=3\n"
				 "map 0x7f0000020000 4k ro 0x1000 count=8\n";

static struct hs_report_asked ask_all(unsigned int repetitions)
{
	struct hs_report_asked asked = { .repetitions = repetitions, .repetition_ns = 1e4 };

	memset(asked.eras, true, sizeof(asked.eras));
	memset(asked.strategies, true, HS_STRATEGY_CUSTOM);
	for (int b = 0; b < HS_COST_BUILD_COUNT; b++)
		asked.profiles[asked.profile_count++] = hs_cost_builtin((enum hs_cost_build)b);
	return asked;
}

static void a_row_is_timed_unless_it_failed(void **state)
{
	struct hs_hostmem mem = { .attempts = 0 };
	struct hs_compare_setting set = { .mem = &mem,
					  .body = HS_BODY_PLAIN,
					  .clock = &steady_clock };
	struct hs_report_asked asked = ask_all(5);
	struct hs_report report;
	struct hs_layout layout;

	(void)state;
	layout_must_parse(&mem, unreadable, &layout);
	assert_int_equal(hs_report_make(&report, &asked, &layout, &set), 0);
	assert_int_equal(report.row_count,
			 (size_t)HS_SCOPE_COUNT * HS_ERA_COUNT * HS_STRATEGY_CUSTOM);
	for (size_t i = 0; i < report.row_count; i++) {
		const struct hs_report_row *row = &report.rows[i];

		/* v5.3 refuses a range with a VMA that it cannot read. */
		assert_false(row->done.failed && row->era == HS_ERA_6_12);
		if (row->era == HS_ERA_5_3 && row->scope == HS_SCOPE_WHOLE)
			assert_int_equal(row->done.error, -EPERM);
		assert_int_equal(row->timed, !row->done.failed);
		assert_int_equal(row->predicted, row->era == HS_ERA_6_12);
		if (!row->timed)
			continue;
		/* A repetition is to take 10 us: two walks by a clock that says 5 us. */
		assert_int_equal(row->iterations, 2);
		assert_true(row->cpu_ns[4] == STEADY_CPU_NS / 2);
		assert_true(row->page_ns.min == row->page_ns.max);
		assert_true(row->page_ns.median ==
			    STEADY_REAL_NS / 2 / (double)report.spans[row->scope].pages);
	}
	hs_report_free(&report);
	/* Requests fail at the VMA that is not readable, and a failed walk has no prediction. */
	set.request = HS_REQUEST_READ;
	asked.repetitions = 0;
	assert_int_equal(hs_report_make(&report, &asked, &layout, &set), 0);
	for (size_t i = 0; i < report.row_count; i++)
		if (report.rows[i].scope == HS_SCOPE_WHOLE) {
			assert_int_equal(report.rows[i].done.failed, 1);
			assert_false(report.rows[i].predicted);
			assert_false(report.rows[i].timed);
		}
	hs_report_free(&report);
	hs_layout_free(&mem, &layout);
	assert_int_equal(mem.live, 0);
}

static struct {
	unsigned int steps, of;
	bool in_order;
} progress_seen;

static void see_progress(const char *doing, const char *layout, unsigned int done, unsigned int of)
{
	(void)doing;
	(void)layout;
	progress_seen.in_order &= done == progress_seen.steps && (!done || of == progress_seen.of);
	progress_seen.steps++;
	progress_seen.of = of;
}

static void see_last_progress(const char *doing, const char *layout, unsigned int done,
			      unsigned int of)
{
	(void)layout;
	(void)done;
	if (!strcmp(doing, "calibrating"))
		progress_seen.of = of;
}

static void progress_counts_the_rows_that_were_asked_for(void **state)
{
	struct hs_hostmem mem = { .attempts = 0 };
	struct hs_compare_setting set = { .mem = &mem, .body = HS_BODY_PLAIN };
	struct hs_report_asked asked = {
		.eras = { [HS_ERA_6_12] = true },
		.strategies = { [HS_STRATEGY_NONE] = true, [HS_STRATEGY_PER_RANGE] = true },
		.progress = see_progress
	};
	struct hs_removal_report removals;
	struct hs_report report;
	struct hs_layout layout;

	(void)state;
	layout_must_parse(&mem, unreadable, &layout);
	memset(&progress_seen, 0, sizeof(progress_seen));
	progress_seen.in_order = true;
	assert_int_equal(hs_report_make(&report, &asked, &layout, &set), 0);
	hs_report_free(&report);
	assert_true(progress_seen.in_order);
	assert_int_equal(progress_seen.steps, 2 * HS_SCOPE_COUNT);
	assert_int_equal(progress_seen.of, 2 * HS_SCOPE_COUNT);
	progress_seen.steps = 0;
	assert_int_equal(hs_removal_report_make(&removals, &asked, &layout, &set), 0);
	hs_removal_report_free(&removals);
	assert_true(progress_seen.in_order);
	assert_int_equal(progress_seen.steps, 2 * HS_REMOVAL_PLAN_REMOVES_COUNT);
	assert_int_equal(progress_seen.of, 2 * HS_REMOVAL_PLAN_REMOVES_COUNT);
	/* Rows that failed are not timed: of v5.3, which refuses the whole range, two are left. */
	asked.eras[HS_ERA_6_12] = false;
	asked.eras[HS_ERA_5_3] = true;
	asked.repetitions = 1;
	set.clock = &steady_clock;
	progress_seen.of = 0;
	asked.progress = see_last_progress;
	assert_int_equal(hs_report_make(&report, &asked, &layout, &set), 0);
	assert_int_equal(progress_seen.of, 4);
	hs_report_free(&report);
	hs_layout_free(&mem, &layout);
	assert_int_equal(mem.live, 0);
}

static double slower_now, slower_step;
static bool slower_began;

/* The first walk takes 1 us by this clock, the second 2 us, and so on. */
static double slower_real_ns(void)
{
	slower_began = !slower_began;
	if (!slower_began)
		slower_now += 1000 * ++slower_step;
	return slower_now;
}

static const struct hs_clock slower_clock = { slower_real_ns, steady_cpu_ns };

/* Four times as many walks each time, until they take a quarter of a repetition. */
static void walks_are_added_until_they_fill_a_repetition(void **state)
{
	struct hs_hostmem mem = { .attempts = 0 };
	struct hs_compare_setting set = { .mem = &mem,
					  .body = HS_BODY_PLAIN,
					  .clock = &slower_clock };
	struct hs_report_asked asked = ask_all(1);
	struct hs_report report;
	struct hs_layout layout;

	(void)state;
	asked.repetition_ns = 16000;
	layout_must_parse(&mem, unreadable, &layout);
	assert_int_equal(hs_report_make(&report, &asked, &layout, &set), 0);
	/* The fifth time is 5 us, of 256 walks: 820 walks take about 16 us. */
	assert_int_equal(report.rows[0].iterations, 820);
	hs_report_free(&report);
	hs_layout_free(&mem, &layout);
	assert_int_equal(mem.live, 0);
}

/* The output changes when a cost that the walk counts is a little higher. */
static void each_cost_changes_what_counts_it(void **state)
{
	static const bool met[HS_COST_CLASS_COUNT] = {
		[HS_COST_PAGE] = true, [HS_COST_UNREADABLE] = true,  [HS_COST_EMPTY_PTE] = true,
		[HS_COST_CALL] = true, [HS_COST_DEVMAP_PAGE] = true, [HS_COST_TABLE] = true,
		[HS_COST_HIT] = true,  [HS_COST_MISS] = true,	     [HS_COST_PUT] = true,
	};
	struct hs_hostmem mem = { .attempts = 0 };
	struct hs_compare_setting set = { .mem = &mem, .body = HS_BODY_PLAIN };
	struct hs_cost_profile higher;
	struct hs_report_asked asked = ask_all(0);
	struct hs_report report;
	struct hs_layout layout;

	(void)state;
	layout_must_parse(&mem, unreadable, &layout);
	asked.profiles[1] = &higher;
	for (unsigned int c = 0; c < HS_COST_CLASS_COUNT; c++) {
		uint64_t more = 0;

		higher = *hs_cost_builtin(HS_COST_LIGHT);
		higher.ns[c] += 0.123;
		assert_int_equal(hs_report_make(&report, &asked, &layout, &set), 0);
		for (size_t i = 0; i < report.row_count; i++) {
			const struct hs_report_row *row = &report.rows[i];

			if (!row->predicted)
				continue;
			assert_int_equal(row->ps[1] - row->ps[0], 123 * row->done.cost.of[c]);
			more += row->ps[1] - row->ps[0];
		}
		assert_int_equal(more != 0, met[c]);
		hs_report_free(&report);
	}
	hs_layout_free(&mem, &layout);
	assert_int_equal(mem.live, 0);
}

/* A row of which no two figures are equal. */
static void make_up(struct hs_report_row *row, double real[3], double cpu[3])
{
	*row = (struct hs_report_row){ .era = HS_ERA_6_12, .predicted = true, .timed = true };
	row->done.counts = (struct hs_walk_counts){
		.calls = 11,
		.hits = 12,
		.lookups = 13,
		.refs = 14,
		.failures = 15,
		.puts = 16,
		.leaked = 17,
		.faults = 18,
		.held_faults = 19,
		.waits = 20,
		.passes = 21,
	};
	row->done.failed = 22;
	row->ps[0] = 1234567;
	row->ps[1] = 7654321;
	row->iterations = 99;
	for (int i = 0; i < 3; i++) {
		real[i] = 100 + (i * 2 + 1) % 3;
		cpu[i] = 50 + (i + 1) % 3;
	}
	row->real_ns = real;
	row->cpu_ns = cpu;
	row->page_ns = (struct hs_measured){ .low = 20, .median = 25, .high = 27 };
}

/* Asserts that @json has each of the texts, in this order. */
static void assert_in_order(const char *json, const char *const *texts, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *found = strstr(json, texts[i]);

		if (!found)
			fail_msg("not here: %s in: %s", texts[i], json);
		json = found + strlen(texts[i]);
	}
}

static void json_has_each_figure_under_its_name(void **state)
{
#define COUNTS                                                                                    \
	"\"range_calls\": 3", "\"pages\": 4", "\"calls\": 11", "\"hits\": 12", "\"lookups\": 13", \
		"\"refs\": 14", "\"failures\": 15", "\"puts\": 16", "\"leaked\": 17",             \
		"\"faults\": 18", "\"held_faults\": 19", "\"waits\": 20", "\"passes\": 21",       \
		"\"failed_calls\": 22"
	static const char *const texts[] = {
		"\"name\": \"count/layout:x/request:read/walker:6.12/strategy:none\"",
		"\"real_time\": 0",
		"\"cpu_time\": 0",
		COUNTS,
		"cost/layout:x/request:read/walker:6.12/strategy:none/profile:light",
		"\"real_time\": 1234.567",
		"\"cpu_time\": 1234.567",
		COUNTS,
		"cost/layout:x/request:read/walker:6.12/strategy:none/profile:distro",
		"\"real_time\": 7654.321",
		"\"cpu_time\": 7654.321",
		COUNTS,
		"\"repetition_index\": 0",
		"\"iterations\": 99",
		"\"real_time\": 1.010000e+02",
		"\"cpu_time\": 5.100000e+01",
		COUNTS,
		"\"repetition_index\": 1",
		"\"iterations\": 99",
		"\"real_time\": 1.000000e+02",
		"\"cpu_time\": 5.200000e+01",
		COUNTS,
		"\"repetition_index\": 2",
		"\"iterations\": 99",
		"\"real_time\": 1.020000e+02",
		"\"cpu_time\": 5.000000e+01",
		COUNTS,
		"strategy:none_median",
		"\"aggregate_name\": \"median\"",
		"\"real_time\": 1.000000e+02",
		"\"cpu_time\": 5.100000e+01",
		"\"real_time_p10\": 8.000000e+01",
		"\"real_time_p90\": 1.080000e+02",
		COUNTS,
	};
	struct hs_hostmem mem = { .attempts = 0 };
	struct hs_report_asked asked = ask_all(3);
	struct hs_layout layout = { .name = (char[]){ "x" } };
	double real[3], cpu[3];
	struct hs_report_row row;
	struct hs_report report = { .asked = &asked,
				    .layout = &layout,
				    .set = { .mem = &mem, .request = HS_REQUEST_READ },
				    .spans = { { .count = 3, .pages = 4 } },
				    .rows = &row,
				    .row_count = 1 };
	struct hs_out out = { .mem = &mem };
	uint64_t count = 0;

	(void)state;
	make_up(&row, real, cpu);
	hs_report_json(&report, &count, &out);
	hs_out_char(&out, '\0');
	assert_false(out.failed);
	assert_int_equal(count, 4);
	assert_in_order(out.bytes, texts, sizeof(texts) / sizeof(texts[0]));
	hs_out_free(&out);
	assert_int_equal(mem.live, 0);
}

static void a_removal_has_each_figure_under_its_name(void **state)
{
	static const char *const texts[] = {
		"\"name\": \"held/layout:x/sleep:5/atomic/removal:kill-first/walker:6.12/strategy:none\"",
		"\"plays\": 11",
		"\"inside\": 12",
		"\"held_pages\": 13",
		"\"held_tables\": 14",
		"\"held_faults\": 15",
		"\"held_waits\": 16",
		"\"rcu_pages\": 17",
		"\"grace_periods\": 18",
		"\"vain_passes\": 20",
		"\"leaked\": 21",
		"\"answer\": -14",
		"\"verdict\": \"livelock\"",
		"\"start\": \"retry:3\"",
	};
	struct hs_hostmem mem = { .attempts = 0 };
	struct hs_report_asked asked = { .sleep = 5, .atomic = true };
	struct hs_layout layout = { .name = (char[]){ "x" } };
	struct hs_removal_row row = {
		.era = HS_ERA_6_12,
		.plan = HS_REMOVAL_PLAN_KILL_FIRST,
		.worst = { .runs = 11,
			   .inside = 12,
			   .grace_periods = 18,
			   .removal_grace = 19,
			   .vain = 20,
			   .leaked = 21,
			   .verdict = HS_REMOVAL_LIVELOCK,
			   .start = { HS_POINT_RETRY, 3 },
			   .at = { .ret = -14 },
			   .ret = -7 },
	};
	struct hs_removal_report report = { &asked, &layout, HS_REQUEST_NONE, &mem, 0, &row, 1 };
	struct hs_out out = { .mem = &mem };
	uint64_t count = 0;

	(void)state;
	row.worst.held[HS_HELD_REF] = (struct hs_removal_held){ 13, 14, 15, 16 };
	row.worst.held[HS_HELD_RCU] = (struct hs_removal_held){ 17, 31, 32, 33 };
	hs_removal_report_json(&report, &count, &out);
	hs_out_char(&out, '\0');
	assert_false(out.failed);
	assert_int_equal(count, 1);
	assert_in_order(out.bytes, texts, sizeof(texts) / sizeof(texts[0]));
	hs_out_free(&out);
	assert_int_equal(mem.live, 0);
}

static void order_is_mixed_and_even(void **state)
{
	unsigned int order[7 * 9], again[7 * 9], count[7] = { 0 }, in_turn = 0;
	uint64_t seed = 1;

	(void)state;
	hs_measure_order(&seed, order, 7, 9);
	for (unsigned int i = 0; i < 7 * 9; i++) {
		assert_true(order[i] < 7);
		count[order[i]]++;
		in_turn += order[i] == i % 7;
	}
	for (unsigned int v = 0; v < 7; v++)
		assert_int_equal(count[v], 9);
	assert_true(in_turn < 30);
	hs_measure_order(&seed, again, 7, 9);
	assert_memory_not_equal(again, order, sizeof(order));
	seed = 1;
	hs_measure_order(&seed, again, 7, 9);
	assert_memory_equal(again, order, sizeof(order));
}

static void summary_is_of_percentiles(void **state)
{
	double values[20];
	struct hs_measured m;

	(void)state;
	for (unsigned int i = 0; i < 20; i++)
		values[i] = (i * 7 + 3) % 20;
	m = hs_measure_summary(values, 20);
	assert_true(m.min == 0 && m.low == 2 && m.median == 9.5 && m.high == 17 && m.max == 19);
	m = hs_measure_summary(values, 19);
	assert_true(m.median == 9);
	m = hs_measure_summary(values, 1);
	assert_true(m.min == 0 && m.low == 0 && m.median == 0 && m.high == 0 && m.max == 0);
}

/* Prints all reports. Allocation @machine of the machine fails, 0: none. */
static int report_with(struct hs_hostmem *mem, const struct hs_layout *layout, uint64_t machine,
		       struct hs_out *text)
{
	struct hs_report_asked asked = ask_all(2);
	struct hs_machine_config config;
	struct hs_compare_setting set = {
		.mem = mem, .body = HS_BODY_PLAIN, .machine = &config, .clock = &steady_clock
	};
	struct hs_removal_report removals;
	struct hs_report report;
	uint64_t count = 0;
	int ret;

	*text = (struct hs_out){ .mem = mem };
	set.request = HS_REQUEST_READ;
	asked.eras[HS_ERA_5_3] = false;
	asked.strategies[HS_STRATEGY_PER_TABLE] = asked.strategies[HS_STRATEGY_PER_CALL] = false;
	asked.strategies[HS_STRATEGY_PER_PAGE] = asked.strategies[HS_STRATEGY_PER_PASS] = false;
	asked.strategies[HS_STRATEGY_PER_TABLE_LOCAL] = false;
	asked.profile_count = 1;
	hs_machine_config_init(&config);
	config.fail_at = machine;
	ret = hs_report_make(&report, &asked, layout, &set);
	if (!ret) {
		hs_report_print(&report, text);
		hs_report_json(&report, &count, text);
		ret = hs_removal_report_make(&removals, &asked, layout, &set);
		hs_removal_report_print(&removals, text);
		hs_removal_report_json(&removals, &count, text);
		hs_removal_report_free(&removals);
		if (!ret && text->failed)
			ret = -ENOMEM;
	}
	hs_report_free(&report);
	return ret;
}

/* Of the host or of the machine. A report that is made says what it says with enough memory. */
static void report_without_memory(const struct hs_layout *layout, bool host, uint64_t least)
{
	struct hs_hostmem enough = { .attempts = 0 };
	struct hs_out full, text;
	uint64_t index = 0;
	int ret;

	assert_int_equal(report_with(&enough, layout, 0, &full), 0);
	do {
		struct hs_hostmem failing = { .fail_at = host ? ++index : 0 };

		ret = report_with(&failing, layout, host ? 0 : ++index, &text);
		if (ret) {
			assert_int_equal(ret, -ENOMEM);
		} else {
			assert_int_equal(text.used, full.used);
			assert_memory_equal(text.bytes, full.bytes, full.used);
		}
		hs_out_free(&text);
		assert_int_equal(failing.live, 0);
	} while (ret);
	assert_true(index > least);
	hs_out_free(&full);
	assert_int_equal(enough.live, 0);
}

/* In the second layout faults make tables. */
static void without_memory_nothing_stays(void **state)
{
	struct hs_hostmem mem = { .attempts = 0 };
	struct hs_layout layout;
	char error[1024];

	(void)state;
	layout_builtin(&mem, "holes", 64 << 10, &layout);
	report_without_memory(&layout, true, 20);
	report_without_memory(&layout, false, 10);
	hs_layout_free(&mem, &layout);
	assert_int_equal(layout_parse(&mem,
				      "hmmsim 1\nlayout a\npgmap 0x1000 0x1200\n"
				      "vma 0x1fe000 0x203000 rw\nmap 0x1fe000 4k devrw 0x1000\n",
				      &layout, error),
			 1);
	report_without_memory(&layout, false, 10);
	hs_layout_free(&mem, &layout);
	assert_int_equal(mem.live, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_row_is_timed_unless_it_failed),
		cmocka_unit_test(progress_counts_the_rows_that_were_asked_for),
		cmocka_unit_test(walks_are_added_until_they_fill_a_repetition),
		cmocka_unit_test(each_cost_changes_what_counts_it),
		cmocka_unit_test(json_has_each_figure_under_its_name),
		cmocka_unit_test(a_removal_has_each_figure_under_its_name),
		cmocka_unit_test(order_is_mixed_and_even),
		cmocka_unit_test(summary_is_of_percentiles),
		cmocka_unit_test(without_memory_nothing_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
