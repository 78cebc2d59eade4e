/* SPDX-License-Identifier: MIT */
/* The trace of an execution for Perfetto: it is JSON, and what is in it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/play.h"

/* ---- JSON --------------------------------------------------------------------------------- */

static const char *json_value(const char *at);

/* What comes after the string at @at. NULL: there is none. */
static const char *json_string(const char *at)
{
	if (*at++ != '"')
		return NULL;
	for (; *at != '"'; at++) {
		if ((unsigned char)*at < ' ' || (unsigned char)*at > '~')
			return NULL;
		if (*at != '\\')
			continue;
		at++;
		if (*at == 'u' && strspn(at + 1, "0123456789abcdef") >= 4)
			at += 4;
		else if (*at != '"' && *at != '\\')
			return NULL;
	}
	return at + 1;
}

/* Of a list, or of an object, whose items have names. */
static const char *json_items(const char *at, char close, bool names)
{
	at++;
	at += strspn(at, "\n");
	while (at && *at != close) {
		if (names) {
			at = json_string(at);
			if (!at || *at++ != ':')
				return NULL;
		}
		at = json_value(at);
		if (!at)
			return NULL;
		at += strspn(at, "\n");
		if (*at == ',')
			at++;
		else if (*at != close)
			return NULL;
		at += strspn(at, "\n");
	}
	return at + 1;
}

static const char *json_value(const char *at)
{
	size_t digits = strspn(at, "0123456789");

	if (*at == '{')
		return json_items(at, '}', true);
	if (*at == '[')
		return json_items(at, ']', false);
	if (*at == '"')
		return json_string(at);
	return digits ? at + digits : NULL;
}

static unsigned int timeline_count(const char *text, const char *what)
{
	unsigned int count = 0;

	for (; (text = strstr(text, what)) != NULL; text += strlen(what))
		count++;
	return count;
}

static void timeline_expect(const char *text, const char *what)
{
	if (!strstr(text, what))
		fail_msg("%s\nhas no %s", text, what);
}

/* The execution that @schedule names, or the first violation of all. */
static void timeline_look(const struct hs_scenario *scenario, const struct play *play,
			  enum hs_memory memory, const char *schedule, struct hs_explore_result *r)
{
	struct hs_explore_options options;
	const char *end;

	hs_explore_options_init(&options);
	assert_false(options.timeline);
	options.memory = memory;
	options.timeline = true;
	if (schedule)
		options.search = HS_SEARCH_REPLAY;
	options.schedule = schedule;
	assert_int_equal(hs_explore(scenario, play, &options, r), 0);
	assert_non_null(r->timeline);
	end = json_value(r->timeline);
	assert_non_null(end);
	assert_string_equal(end, "\n");
}

/* ---- what is in it ------------------------------------------------------------------------ */

static void waits_under_the_rwsem(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_down_read(self, &st->sem);
	hs_wait_event(self, &st->queue, play_flag, st);
	hs_up_read(self, &st->sem);
}

static void sets_the_flag(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_rcu_read_lock(self);
	hs_u32_store(self, &st->flag, 1, HS_RELEASE);
	hs_rcu_read_unlock(self);
	hs_wake_all(self, &st->queue);
}

static void steps_locks_sections_and_wakes_are_events(void **state)
{
	const struct play play = { .task = { waits_under_the_rwsem, sets_the_flag } };
	struct hs_explore_result r;

	(void)state;
	timeline_look(&play_scenario, &play, HS_MEMORY_SC, "1*2 2*4 1*2", &r);
	assert_int_equal(r.verdict, HS_VERDICT_NONE);
	assert_int_equal(timeline_count(r.timeline, "\"ph\":\"X\""), 8);
	timeline_expect(r.timeline,
			"\"tid\":1,\"name\":\"thread_name\",\"args\":{\"name\":\"1 one\"}");
	timeline_expect(r.timeline,
			"\"tid\":2,\"name\":\"store scenario state+0x40\",\"cat\":\"step\","
			"\"ts\":3,\"dur\":1,\"args\":{\"before\":\"0\",\"after\":\"1\","
			"\"place\":\"tests/unit/test_explore_timeline.c:");
	timeline_expect(r.timeline,
			"{\"ph\":\"b\",\"pid\":1,\"tid\":1,\"name\":\"scenario state+0x68 "
			"(mmap lock)\",\"cat\":\"lock\",\"id\":1,\"ts\":0}");
	timeline_expect(r.timeline, "\"cat\":\"lock\",\"id\":1,\"ts\":8}");
	timeline_expect(r.timeline,
			"{\"ph\":\"e\",\"pid\":1,\"tid\":2,\"name\":\"RCU read section\","
			"\"cat\":\"rcu\",\"id\":2,\"ts\":5}");
	timeline_expect(r.timeline,
			"{\"ph\":\"s\",\"pid\":1,\"tid\":2,\"name\":\"wake\",\"cat\":\"flow\","
			"\"id\":1,\"ts\":5}");
	timeline_expect(r.timeline,
			"{\"ph\":\"f\",\"pid\":1,\"tid\":1,\"name\":\"wake\",\"cat\":\"flow\","
			"\"id\":1,\"ts\":6,\"bp\":\"e\"}");
	assert_null(strstr(r.timeline, "violation"));
	hs_explore_result_free(&r);
	assert_null(r.timeline);
}

static void calls_back(struct hs_task *self, struct hs_rcu_head *head)
{
	(void)self;
	(void)head;
}

static void queues_a_callback(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_call_rcu(self, &((struct play_object *)st->ptr.raw)->head, calls_back);
}

static void check_fails(struct hs_task *self, struct play_state *st)
{
	hs_u64_add(self, &st->word[0], 3, HS_RELAXED);
	hs_assert(self, !st, "a \"quoted\" \\ text");
}

static void a_violation_in_the_check_comes_after_all_steps(void **state)
{
	const struct play play = { .setup = play_with_object,
				   .task = { queues_a_callback },
				   .check = check_fails };
	struct hs_explore_result r;

	(void)state;
	timeline_look(&play_scenario, &play, HS_MEMORY_SC, NULL, &r);
	assert_int_equal(r.verdict, HS_VERDICT_ASSERT);
	timeline_expect(r.timeline,
			"\"tid\":2,\"name\":\"start\",\"cat\":\"flow\",\"id\":1,\"ts\":1,");
	timeline_expect(r.timeline,
			"\"tid\":0,\"name\":\"add scenario state\",\"cat\":\"step\",\"ts\":3,"
			"\"dur\":1,\"args\":{\"before\":\"0\",\"after\":\"3\",");
	timeline_expect(r.timeline,
			"\"name\":\"assertion\",\"cat\":\"violation\",\"ts\":4,\"s\":\"g\",");
	timeline_expect(r.timeline, ": a \\\"quoted\\\" \\\\ text (task boot)\"");
	hs_explore_result_free(&r);
}

static int setup_with_odd_names(struct hs_task *self, struct hs_plan *plan, void *state,
				const void *param)
{
	(void)self;
	(void)param;
	hs_plan_name(plan, "tab\t\303\244", state, 8);
	return hs_plan_task(plan, "\"\\\n", sets_the_flag, state);
}

static void names_are_escaped(void **state)
{
	const struct hs_scenario odd = { "odd", sizeof(struct play_state), setup_with_odd_names,
					 NULL };
	struct hs_explore_result r;

	(void)state;
	timeline_look(&odd, NULL, HS_MEMORY_SC, "1*4", &r);
	timeline_expect(r.timeline, "{\"name\":\"1 \\\"\\\\\\u000a\"}");
	hs_explore_result_free(&r);
}

static void chooses(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_u64_store(self, &st->word[0], 1, HS_RELAXED);
	hs_u64_store(self, &st->word[1], hs_choose(self, 2, "a value"), HS_RELAXED);
}

static void choices_and_orders_are_there(void **state)
{
	const struct play play = { .task = { chooses } };
	struct hs_explore_result r;

	(void)state;
	timeline_look(&play_scenario, &play, HS_MEMORY_VIEWS, "1 c1 1", &r);
	timeline_expect(r.timeline,
			"\"name\":\"choice 1 of 2: a value\",\"cat\":\"choice\",\"ts\":1,");
	timeline_expect(r.timeline, "\"name\":\"store.rlx scenario state+0x8\"");
	hs_explore_result_free(&r);
}

static void says_what_it_does(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_u64_store(self, &st->word[0], 1, HS_RELAXED);
	hs_act(self, "open \"D\"  a.txt:3");
	hs_u64_store(self, &st->word[0], 2, HS_RELAXED);
	hs_u64_store(self, &st->word[0], 3, HS_RELAXED);
	hs_act(self, NULL);
	hs_u64_store(self, &st->word[0], 4, HS_RELAXED);
}

static void steps_have_the_words_of_their_author(void **state)
{
	const struct play play = { .task = { says_what_it_does } };
	struct hs_explore_result r;

	(void)state;
	timeline_look(&play_scenario, &play, HS_MEMORY_SC, "1*4", &r);
	assert_int_equal(timeline_count(r.timeline, ",\"text\":\"open \\\"D\\\"  a.txt:3\"}}"), 2);
	assert_int_equal(timeline_count(r.timeline, "\"text\":"), 2);
	hs_explore_result_free(&r);
}

static void goes_on_for_ever(struct hs_task *self, void *state)
{
	for (;;)
		hs_u64_load(self, &((struct play_state *)state)->word[0], HS_RELAXED);
}

static void of_a_long_execution_both_ends_are_shown(void **state)
{
	const struct play play = { .task = { goes_on_for_ever } };
	struct hs_explore_options options;
	struct hs_explore_result r;

	(void)state;
	hs_explore_options_init(&options);
	options.timeline = true;
	options.max_steps = 20001;
	assert_int_equal(hs_explore(&play_scenario, &play, &options, &r), 0);
	assert_int_equal(timeline_count(r.timeline, "\"ph\":\"X\""), 2000);
	timeline_expect(r.timeline,
			"\"name\":\"decisions are left out\",\"cat\":\"gap\",\"ts\":1000,");
	timeline_expect(r.timeline, "\"ts\":20000,\"dur\":1,");
	hs_explore_result_free(&r);
}

static void it_is_made_on_demand(void **state)
{
	const struct play play = { .task = { sets_the_flag }, .check = check_fails };
	struct hs_explore_options options;
	struct hs_explore_result r;

	(void)state;
	hs_explore_options_init(&options);
	assert_int_equal(hs_explore(&play_scenario, &play, &options, &r), 0);
	assert_int_equal(r.verdict, HS_VERDICT_ASSERT);
	assert_null(r.timeline);
	hs_explore_result_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(steps_locks_sections_and_wakes_are_events),
		cmocka_unit_test(a_violation_in_the_check_comes_after_all_steps),
		cmocka_unit_test(names_are_escaped),
		cmocka_unit_test(choices_and_orders_are_there),
		cmocka_unit_test(steps_have_the_words_of_their_author),
		cmocka_unit_test(of_a_long_execution_both_ends_are_shown),
		cmocka_unit_test(it_is_made_on_demand),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
