/* SPDX-License-Identifier: MIT */
/* Records of explorations: verdicts, JSON and back, what is refused there, how parts are joined. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include <errno.h>

#include "tool/record.h"
#include "tool/tool.h"

#define ERROR_SIZE 256

/* ---- records ----------------------------------------------------------------------------- */

static const struct hs_explore_options random_options = {
	.search = HS_SEARCH_RANDOM,
	.memory = HS_MEMORY_VIEWS,
	.seed = UINT64_MAX,
	.first = 1000,
	.max_executions = 500,
	.bound = 2,
	.depth = 3,
	.retry_bound = 8,
};

static struct hs_explore_result found_nothing(void)
{
	return (struct hs_explore_result){
		.executions = 500,
		.complete = 490,
		.blocked = 10,
		.steps = 4321,
		.steps_max = 17,
		.stop = HS_STOP_EXECUTIONS,
		.extent = HS_EXTENT_PART,
	};
}

static struct hs_explore_result found_leak(uint64_t number)
{
	static char schedule[] = "1*3 2", token[] = "hmmsim1:x",
		    report[] = "leak: a\n\n1 W\n\ntoken: hmmsim1:x\n";
	struct hs_explore_result result = {
		.verdict = HS_VERDICT_LEAK,
		.executions = number,
		.complete = number,
		.violations = 1,
		.first_violation = number,
		.steps = 10 * number,
		.steps_max = 12,
		.stop = HS_STOP_VIOLATION,
		.extent = HS_EXTENT_PART,
		.schedule = schedule,
		.token = token,
		.report = report,
	};

	strcpy(result.message, "a \"b\" \\ \t \xff\x7f");
	return result;
}

static void fill(struct hs_hostmem *mem, const struct hs_explore_options *options,
		 const struct hs_explore_result *result, struct hs_record *record)
{
	assert_int_equal(hs_record_fill(mem, "flag,refs=6.1,walker=5.3", options, result, record),
			 0);
}

static void json(struct hs_hostmem *mem, const struct hs_record *record, struct hs_out *out)
{
	*out = (struct hs_out){ .mem = mem };
	hs_record_write_json(record, out);
	assert_false(out->failed);
}

/* As hs_record_take_race() does. */
static void set_undone(struct hs_hostmem *mem, struct hs_record *record, const char *lines)
{
	hs_hostmem_free(mem, record->undone);
	record->undone = hs_hostmem_realloc(mem, NULL, strlen(lines) + 1);
	strcpy(record->undone, lines);
}

/* ---- text -------------------------------------------------------------------------------- */

static void prints(const struct hs_explore_options *options, const struct hs_explore_result *result,
		   bool quiet, const char *expected, int code)
{
	struct hs_hostmem mem = { .attempts = 0 };
	struct hs_out out = { .mem = &mem };
	struct hs_record record;

	fill(&mem, options, result, &record);
	hs_record_print(&record, quiet, &out);
	hs_out_char(&out, '\0');
	assert_string_equal(out.bytes, expected);
	assert_int_equal(hs_record_exit_code(&record), code);
	hs_out_free(&out);
	hs_record_free(&mem, &record);
	assert_int_equal(mem.live, 0);
}

static void the_first_line_is_the_verdict_and_the_last_one_the_token(void **state)
{
	struct hs_explore_options options = random_options;
	struct hs_explore_result result = found_nothing();

	(void)state;
	prints(&options, &result, false, "no violation: 490 executions, exhaustive: no\n",
	       HS_EXIT_BOUND);
	options.search = HS_SEARCH_DPOR;
	result.extent = HS_EXTENT_ALL;
	result.complete = 1;
	prints(&options, &result, false, "holds: 1 execution, exhaustive: yes\n", HS_EXIT_DONE);
	result.extent = HS_EXTENT_BOUND;
	result.retry_bound = 1;
	result.beyond_retries = 1;
	prints(&options, &result, false, "no violation: 1 execution, exhaustive: within 1 retry\n",
	       HS_EXIT_BOUND);
	result = found_leak(7);
	prints(&options, &result, false,
	       "leak: in execution 7 of 7, exhaustive: no\n\nleak: a\n\n1 W\n\nhmmsim1:x\n",
	       HS_EXIT_VIOLATION);
	prints(&options, &result, true, "leak: in execution 7 of 7, exhaustive: no\nhmmsim1:x\n",
	       HS_EXIT_VIOLATION);
	result.token[0] = 'H'; /* of another execution than the report */
	prints(&options, &result, false,
	       "leak: in execution 7 of 7, exhaustive: no\n\nleak: a\n\n1 W\n\n"
	       "token: hmmsim1:x\nHmmsim1:x\n",
	       HS_EXIT_VIOLATION);
	result.token[0] = 'h';
	options.go_on = true;
	result.executions = 20;
	result.violations = 3;
	prints(&options, &result, true,
	       "leak: in execution 7 of 20, 3 violations, exhaustive: no\nhmmsim1:x\n",
	       HS_EXIT_VIOLATION);
	options.search = HS_SEARCH_REPLAY;
	prints(&options, &result, false, "leak: replayed\n\nleak: a\n\n1 W\n\nhmmsim1:x\n",
	       HS_EXIT_VIOLATION);
	result.verdict = HS_VERDICT_NONE;
	prints(&options, &result, true, "no violation: replayed\nhmmsim1:x\n", HS_EXIT_DONE);
	options.search = HS_SEARCH_DPOR;
	result = found_leak(0);
	result.schedule = result.token = result.report = NULL;
	prints(&options, &result, false, "leak: before the first execution, exhaustive: no\n",
	       HS_EXIT_VIOLATION);
}

/* Outside all VMAs: the step and what follows. */
static const char failing[] = "hmmsim 1\nrace r\nmm M\ntask T\n  access M 0x0\n  rcu-sync\n";

static void steps_that_were_never_done_are_named_and_leave_no_verdict(void **state)
{
	struct hs_hostmem mem = { .attempts = 0 };
	struct hs_explore_result result = found_nothing();
	struct hs_explore_options options;
	struct hs_scenario_text *race;
	struct hs_out out = { .mem = &mem };
	struct hs_record record;
	char error[ERROR_SIZE];

	(void)state;
	assert_int_equal(hs_scenario_load("a.txt", failing, strlen(failing), NULL, NULL, 0, NULL, 0,
					  &race, error, sizeof(error)),
			 0);
	hs_explore_options_init(&options);
	hs_scenario_options(race, &options);
	assert_int_equal(
		hs_explore(hs_scenario_of(race), hs_scenario_param(race), &options, &result), 0);
	fill(&mem, &options, &result, &record);
	assert_int_equal(hs_record_exit_code(&record), HS_EXIT_DONE);
	mem.fail_at = mem.attempts + 1;
	assert_int_equal(hs_record_take_race(&mem, race, &record), -ENOMEM);
	assert_int_equal(hs_record_take_race(&mem, race, &record), 0);
	assert_int_equal(hs_record_exit_code(&record), HS_EXIT_BOUND);
	hs_record_print(&record, true, &out);
	hs_out_char(&out, '\0');
	assert_string_equal(out.bytes, "holds: 1 execution, exhaustive: yes\n"
				       "never done: access M 0x0  a.txt:5\n"
				       "never done: rcu-sync  a.txt:6\n");
	hs_record_free(&mem, &record);

	/* One execution leaves steps to others, and so does what a violation ended. */
	options.search = HS_SEARCH_REPLAY;
	fill(&mem, &options, &result, &record);
	assert_int_equal(hs_record_take_race(&mem, race, &record), 0);
	assert_string_equal(record.undone, "");
	record.search = HS_SEARCH_DPOR;
	record.verdict = HS_VERDICT_LEAK;
	assert_int_equal(hs_record_take_race(&mem, race, &record), 0);
	assert_string_equal(record.undone, "");
	hs_record_free(&mem, &record);
	hs_out_free(&out);
	hs_explore_result_free(&result);
	hs_scenario_free(race);
	assert_int_equal(mem.live, 0);
}

static void what_never_came_up_is_said_and_leaves_no_verdict(void **state)
{
	static const char *const lines[] = {
		"holds: 490 executions, exhaustive: yes, never reached\n",
		"holds: 490 executions, exhaustive: yes, reached: 3\n",
	};

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		struct hs_hostmem mem = { .attempts = 0 };
		struct hs_explore_result result = found_nothing();
		struct hs_explore_options options;
		struct hs_out out = { .mem = &mem };
		struct hs_record record;

		hs_explore_options_init(&options);
		result.extent = HS_EXTENT_ALL;
		fill(&mem, &options, &result, &record);
		record.has_reached = true;
		record.reached = 3 * i;
		assert_int_equal(hs_record_never_reached(&record), !i);
		assert_int_equal(hs_record_exit_code(&record), i ? HS_EXIT_DONE : HS_EXIT_BOUND);
		hs_record_print(&record, true, &out);
		hs_out_char(&out, '\0');
		assert_string_equal(out.bytes, lines[i]);
		record.verdict = HS_VERDICT_LEAK;
		assert_false(hs_record_never_reached(&record));
		hs_record_free(&mem, &record);
		hs_out_free(&out);
	}
}

static void each_verdict_has_its_exit_status(void **state)
{
	static const int codes[] = {
		[HS_VERDICT_ASSERT] = HS_EXIT_VIOLATION,
		[HS_VERDICT_FREED] = HS_EXIT_VIOLATION,
		[HS_VERDICT_DEADLOCK] = HS_EXIT_VIOLATION,
		[HS_VERDICT_LIVELOCK] = HS_EXIT_VIOLATION,
		[HS_VERDICT_LOST_WAKE] = HS_EXIT_VIOLATION,
		[HS_VERDICT_LEAK] = HS_EXIT_VIOLATION,
		[HS_VERDICT_STEPS] = HS_EXIT_BOUND,
		[HS_VERDICT_DIVERGED] = HS_EXIT_USAGE,
		[HS_VERDICT_CRASH] = HS_EXIT_INTERNAL,
		[HS_VERDICT_STALL] = HS_EXIT_INTERNAL,
		[HS_VERDICT_RETRIES] = HS_EXIT_VIOLATION,
		[HS_VERDICT_UNREPEATABLE] = HS_EXIT_INTERNAL,
	};

	(void)state;
	for (int v = HS_VERDICT_ASSERT; v <= HS_VERDICT_UNREPEATABLE; v++) {
		struct hs_record record = { .verdict = (enum hs_verdict)v };

		assert_int_equal(hs_record_exit_code(&record), codes[v]);
	}
}

/* ---- JSON -------------------------------------------------------------------------------- */

static int read_back(struct hs_hostmem *mem, const char *text, size_t length,
		     struct hs_record *record, char error[ERROR_SIZE])
{
	error[0] = '\0';
	return hs_record_read_json(mem, "a.json", text, length, record, error, ERROR_SIZE);
}

static void json_is_read_back_as_it_was_written(void **state)
{
	struct hs_hostmem mem = { .attempts = 0 };
	struct hs_explore_result result = found_leak(7);
	struct hs_record record, back;
	struct hs_out before, after;
	char error[ERROR_SIZE];

	(void)state;
	fill(&mem, &random_options, &result, &record);
	set_undone(&mem, &record, "put  \"a\":1\nput  a:2\n");
	json(&mem, &record, &before);
	assert_int_equal(read_back(&mem, before.bytes, before.used, &back, error), 0);
	assert_string_equal(back.scenario, "flag");
	assert_string_equal(back.settings, "refs=6.1,walker=5.3");
	assert_string_equal(back.message, result.message);
	assert_string_equal(back.undone, "put  \"a\":1\nput  a:2\n");
	assert_true(back.seed == UINT64_MAX);
	json(&mem, &back, &after);
	assert_int_equal(before.used, after.used);
	assert_memory_equal(before.bytes, after.bytes, before.used);
	hs_record_free(&mem, &back);

	/* A formatter may take all blanks between members away, or add some. */
	for (size_t i = 0; i < before.used; i++)
		if (before.bytes[i] == '\n')
			before.bytes[i] = i % 2 ? '\t' : '\r';
	assert_int_equal(read_back(&mem, before.bytes, before.used, &back, error), 0);
	hs_record_free(&mem, &back);
	hs_out_free(&before);
	hs_out_free(&after);
	hs_record_free(&mem, &record);
	assert_int_equal(mem.live, 0);
}

/* Replaces @old by @new in the JSON of a record: reading must fail there. */
static void json_refuses(const char *old, const char *new, const char *expected)
{
	struct hs_hostmem mem = { .attempts = 0 };
	struct hs_explore_result result = found_leak(7);
	struct hs_record record, back;
	struct hs_out out, edited = { .mem = &mem };
	char error[ERROR_SIZE], *at;

	fill(&mem, &random_options, &result, &record);
	json(&mem, &record, &out);
	hs_out_char(&out, '\0');
	at = strstr(out.bytes, old);
	assert_non_null(at);
	hs_out_bytes(&edited, out.bytes, (size_t)(at - out.bytes));
	hs_out_text(&edited, new);
	hs_out_text(&edited, at + strlen(old));
	assert_int_equal(read_back(&mem, edited.bytes, edited.used, &back, error), -EINVAL);
	assert_string_equal(error, expected);
	hs_record_free(&mem, &back);
	hs_out_free(&out);
	hs_out_free(&edited);
	hs_record_free(&mem, &record);
	assert_int_equal(mem.live, 0);
}

static void bad_json_is_refused_where_it_is(void **state)
{
	(void)state;
	json_refuses("{", "[", "a.json:1: expected {, found \"[\"");
	json_refuses("explore 3", "explore 1",
		     "a.json:2: expected \"hmmsim explore 3\", found \"\"hmmsim explore 1\",\"");
	json_refuses("\"scenario\"", "\"scenery\"",
		     "a.json:3: expected \"scenario\", found \"\"scenery\": \"flag\",\"");
	json_refuses("\"random\"", "\"chaos\"", "a.json:6: expected search, found \"\"chaos\",\"");
	json_refuses("\"random\"", "\"random \"",
		     "a.json:6: expected search, found \"\"random \",\"");
	json_refuses("1000", "-1", "a.json:9: expected a number, found \"-1,\"");
	json_refuses("1000", "18446744073709551616",
		     "a.json:9: expected a number below 2^64, found \"18446744073709551616,\"");
	json_refuses("1000,", "1000", "a.json:10: expected ,, found \"\"count\": 500,\"");
	json_refuses("false", "0", "a.json:14: expected true or false, found \"0\"");
	json_refuses("\\u0022b", "\\u0122b",
		     "a.json:30: expected a character or an escape of one byte, found "
		     "\"\\u0122b\\u0022 \\u005c \\u0009 \\u00\"");
	json_refuses("\\u0022b", "\\qb",
		     "a.json:30: expected a character or an escape of one byte, found "
		     "\"\\qb\\u0022 \\u005c \\u0009 \\u00ff\\u\"");
	json_refuses("\"1*3 2\"", "\"1*3 2",
		     "a.json:31: expected a character or an escape of one "
		     "byte, found \"\"");
	json_refuses("\"1*3 2\"", "12", "a.json:31: expected a text, found \"12,\"");
	json_refuses("\n}\n", "\n", "a.json:34: expected }, found \"\"");
	json_refuses("\n}\n", "\n}\n{", "a.json:35: expected the end of the file, found \"{\"");
}

static void without_memory_no_record_is_made(void **state)
{
	struct hs_explore_result result = found_leak(7);
	struct hs_hostmem mem = { .attempts = 0 };
	struct hs_record record;
	struct hs_out out;
	char error[ERROR_SIZE];
	uint64_t i;
	int ret = -ENOMEM;

	(void)state;
	for (i = 1; ret; i++) {
		struct hs_hostmem short_mem = { .fail_at = i };

		ret = hs_record_fill(&short_mem, "flag", &random_options, &result, &record);
		assert_true(!ret || ret == -ENOMEM);
		hs_record_free(&short_mem, &record);
		assert_int_equal(short_mem.live, 0);
	}
	assert_int_equal(i, 10);
	fill(&mem, &random_options, &result, &record);
	json(&mem, &record, &out);
	hs_record_free(&mem, &record);
	for (ret = -ENOMEM, i = 1; ret; i++) {
		struct hs_hostmem short_mem = { .fail_at = i };

		ret = read_back(&short_mem, out.bytes, out.used, &record, error);
		assert_true(!ret || ret == -ENOMEM);
		hs_record_free(&short_mem, &record);
		assert_int_equal(short_mem.live, 0);
	}
	assert_int_equal(i, 10);
	hs_out_free(&out);
	assert_int_equal(mem.live, 0);
}

/* ---- parts ------------------------------------------------------------------------------- */

#define PARTS 3

struct parts {
	struct hs_hostmem mem;
	struct hs_record_part part[PARTS];
	struct hs_record merged;
	char error[ERROR_SIZE];
};

/* Of 500 executions each, from 1000 on; @number: of the first violation of each, 0: none. */
static void parts_begin(struct parts *p, bool keep_going, const uint64_t number[PARTS])
{
	static const char *const files[PARTS] = { "a.json", "b.json", "c.json" };

	*p = (struct parts){ .mem = { .attempts = 0 } };
	for (unsigned int i = 0; i < PARTS; i++) {
		struct hs_explore_options options = random_options;
		struct hs_explore_result result = number[i] ? found_leak(number[i])
							    : found_nothing();

		options.first += 500 * i;
		options.go_on = keep_going;
		result.steps_max += i;
		if (number[i] && keep_going) {
			result.executions = result.complete = 500;
			result.stop = HS_STOP_EXECUTIONS;
			result.violations = 2;
		}
		p->part[i].file = files[i];
		fill(&p->mem, &options, &result, &p->part[i].record);
		for (unsigned long line = 0; line < HS_RECORD_MEMBERS; line++)
			p->part[i].record.line[line] = line + 3;
	}
}

static int parts_merge(struct parts *p)
{
	return hs_record_merge(p->part, PARTS, &p->merged, p->error, ERROR_SIZE);
}

static void parts_end(struct parts *p)
{
	for (unsigned int i = 0; i < PARTS; i++)
		hs_record_free(&p->mem, &p->part[i].record);
	assert_int_equal(p->mem.live, 0);
}

static void parts_join_in_any_order_and_their_figures_add(void **state)
{
	struct hs_record_part first;
	struct parts p;

	(void)state;
	parts_begin(&p, false, (const uint64_t[PARTS]){ 0, 0, 0 });
	first = p.part[0];
	p.part[0] = p.part[2];
	p.part[2] = first;
	assert_int_equal(parts_merge(&p), 0);
	assert_true(p.merged.first == 1000 && p.merged.count == 1500);
	assert_true(p.merged.executions == 1500 && p.merged.complete == 1470 &&
		    p.merged.blocked == 30);
	assert_true(p.merged.steps == 3 * 4321 && p.merged.longest == 19);
	assert_int_equal(p.merged.verdict, HS_VERDICT_NONE);
	assert_int_equal(p.merged.stop, HS_STOP_EXECUTIONS);
	parts_end(&p);
}

static void what_one_part_has_done_was_done(void **state)
{
	static const char *const lines[][PARTS] = {
		{ "a:1\nb:2\nb:20\n", "b:2\nb:20\n", "b:20\nc:3" },
		{ "a:1\n", "", "a:1\n" },
		{ "put  a.txt:1\nget  a.txt:2\n", "put  /tmp/b:a.txt:1\n", "put  b:1\n" },
		{ "a:1\nb:2", "a:1\nb:2", "a:1\nb:2\n" }
	};
	static const char *const left[] = { "b:20\n", "", "put  a.txt:1\n", "a:1\nb:2" };

	(void)state;
	for (size_t i = 0; i < sizeof(left) / sizeof(left[0]); i++) {
		struct parts p;

		parts_begin(&p, false, (const uint64_t[PARTS]){ 0, 0, 0 });
		for (unsigned int n = 0; n < PARTS; n++)
			set_undone(&p.mem, &p.part[n].record, lines[i][n]);
		assert_int_equal(parts_merge(&p), 0);
		assert_string_equal(p.merged.undone, left[i]);
		assert_int_equal(hs_record_exit_code(&p.merged), HS_EXIT_BOUND);
		parts_end(&p);
	}
}

static void what_comes_after_the_first_violation_does_not_count(void **state)
{
	struct parts p;

	(void)state;
	parts_begin(&p, false, (const uint64_t[PARTS]){ 0, 7, 3 });
	set_undone(&p.mem, &p.part[0].record, "a:1\n");
	assert_int_equal(parts_merge(&p), 0);
	assert_string_equal(p.merged.undone, "");
	assert_true(p.merged.first == 1000 && p.merged.count == 1500);
	assert_true(p.merged.executions == 507 && p.merged.first_violation == 507 &&
		    p.merged.violations == 1);
	assert_true(p.merged.steps == 4321 + 70 && p.merged.longest == 17);
	assert_int_equal(p.merged.verdict, HS_VERDICT_LEAK);
	assert_int_equal(p.merged.stop, HS_STOP_VIOLATION);
	assert_string_equal(p.merged.token, "hmmsim1:x");
	parts_end(&p);
}

static void with_keep_going_all_of_them_count(void **state)
{
	struct parts p;

	(void)state;
	parts_begin(&p, true, (const uint64_t[PARTS]){ 0, 7, 3 });
	assert_int_equal(parts_merge(&p), 0);
	assert_true(p.merged.executions == 1500 && p.merged.first_violation == 507 &&
		    p.merged.violations == 4);
	assert_int_equal(p.merged.stop, HS_STOP_EXECUTIONS);
	parts_end(&p);
}

#define REFUSES(message, change)                                            \
	do {                                                                \
		struct parts p;                                             \
		struct hs_record *a, *b;                                    \
                                                                            \
		parts_begin(&p, false, (const uint64_t[PARTS]){ 0, 7, 0 }); \
		a = &p.part[0].record;                                      \
		b = &p.part[1].record;                                      \
		(void)a, (void)b;                                           \
		change;                                                     \
		assert_int_equal(parts_merge(&p), -EINVAL);                 \
		assert_string_equal(p.error, message);                      \
		parts_end(&p);                                              \
	} while (0)

static void parts_that_are_not_of_one_search_are_refused(void **state)
{
	(void)state;
	REFUSES("b.json:9: first: expected 1500, the next after those of a.json, found 1499: some "
		"executions are in both",
		b->first--);
	REFUSES("b.json:9: first: expected 1500, the next after those of a.json, found 1501: some "
		"executions are in no file",
		b->first++);
	REFUSES("b.json:8: seed: expected the same as in a.json", b->seed--);
	REFUSES("b.json:3: scenario: expected the same as in a.json", b->scenario[0]++);
	REFUSES("b.json:4: settings: expected the same as in a.json", b->settings[0]++);
	REFUSES("b.json:7: memory: expected the same as in a.json", b->memory = HS_MEMORY_SC);
	REFUSES("b.json:14: keep_going: expected the same as in a.json", b->keep_going = true);
	REFUSES("a.json:6: search: expected random, pct or portfolio, found dpor",
		a->search = HS_SEARCH_DPOR);
	REFUSES("a.json:10: count: expected at least 1, and indices below 2^64, found 0",
		a->count = 0);
	REFUSES("a.json:26: stop: expected a search that has run all its executions or found a "
		"violation",
		a->stop = HS_STOP_TIME);
	REFUSES("a.json:17: executions: expected at most count, found 501", a->executions++);
	REFUSES("a.json:18: complete: expected executions without those that are blocked",
		a->blocked++);
	REFUSES("b.json:22: first_violation: expected a violation among the executions, found 8",
		b->first_violation++);
	REFUSES("b.json:20: violations: expected some with a verdict, at most executions, found 8",
		b->violations = 8);
	REFUSES("b.json:21: uncounted: expected at most executions without violations, found 7",
		b->uncounted = b->executions - b->violations + 1);
	REFUSES("b.json:27: has_reached: expected the same as in a.json", b->has_reached = true);
	REFUSES("b.json:28: reached: expected at most complete, found 1", b->reached = 1);
	REFUSES("b.json:29: undone: expected nothing with a verdict",
		set_undone(&p.mem, b, "a:1\n"));
	REFUSES("b.json:16: verdict: expected the same as in a.json, before the first execution",
		b->first_violation = 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_line_is_the_verdict_and_the_last_one_the_token),
		cmocka_unit_test(steps_that_were_never_done_are_named_and_leave_no_verdict),
		cmocka_unit_test(what_never_came_up_is_said_and_leaves_no_verdict),
		cmocka_unit_test(each_verdict_has_its_exit_status),
		cmocka_unit_test(json_is_read_back_as_it_was_written),
		cmocka_unit_test(bad_json_is_refused_where_it_is),
		cmocka_unit_test(without_memory_no_record_is_made),
		cmocka_unit_test(parts_join_in_any_order_and_their_figures_add),
		cmocka_unit_test(what_one_part_has_done_was_done),
		cmocka_unit_test(what_comes_after_the_first_violation_does_not_count),
		cmocka_unit_test(with_keep_going_all_of_them_count),
		cmocka_unit_test(parts_that_are_not_of_one_search_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
