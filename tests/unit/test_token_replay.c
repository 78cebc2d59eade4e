/* SPDX-License-Identifier: MIT */
/*
 * Replay by token: it brings its options, and what does not fit is told from what does. Tokens that
 * are kept here lead to the same execution with each compiler and each type of build.
 */
#include <errno.h>

#include <hmmsim/hmmsim.h>
#include <hmmsim/mm.h>

#include "examples/one_page.h"
#include "explore/search.h"
#include "port/common/random.h"
#include "support/pgmap_race.h"
#include "support/play.h"
#include "support/retry_model.h"

#define REPLAYS 20

/* ---- tokens by hand ---------------------------------------------------------------------- */

static uint32_t crc32_of(const char *text, size_t length)
{
	uint32_t crc = 0xffffffffu;

	for (size_t i = 0; i < length; i++) {
		crc ^= (uint8_t)text[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ 0xedb88320u : crc >> 1;
	}
	return crc ^ 0xffffffffu;
}

/* The token with another sum: the one that belongs to it now. */
static void seal(char *token)
{
	char *sum = strrchr(token, ':') + 1;

	sprintf(sum, "%08x", crc32_of(token, (size_t)(sum - token)));
}

/* A kept token, which is one of this version. The caller frees it. */
static char *kept(const char *name, const char *rest)
{
	size_t room = strlen(name) + strlen(rest) + strlen(hs_version()) + 32;
	char *token = malloc(room);

	assert_non_null(token);
	snprintf(token, room, "hmmsim1:%s:%s:%s:%08x", name, hs_version(), rest, 0u);
	seal(token);
	return token;
}

/* @old in @token becomes @new. The caller frees it. */
static char *changed(const char *token, const char *old, const char *new)
{
	const char *at = strstr(token, old);
	char *text = malloc(strlen(token) + strlen(new) + 1);

	assert_non_null(text);
	assert_non_null(at);
	sprintf(text, "%.*s%s%s", (int)(at - token), token, new, at + strlen(old));
	seal(text);
	return text;
}

static int replay(const struct hs_scenario *scenario, const void *param, const char *token,
		  struct hs_explore_result *r)
{
	struct hs_explore_options options;

	hs_explore_options_init(&options);
	options.search = HS_SEARCH_REPLAY;
	options.token = token;
	return hs_explore(scenario, param, &options, r);
}

/* ---- kept tokens ------------------------------------------------------------------------- */

/* For those who have changed what its execution does. */
static void print_found(const struct hs_scenario *scenario, const void *param, const char *token,
			const char *message)
{
	struct hs_explore_result r;

	explore(scenario, param, HS_SEARCH_DPOR, 0, NULL, &r);
	print_error("%s: %s\nthe search finds %s\n", token, message, r.token);
	hs_explore_result_free(&r);
}

static void expect_identical(const struct hs_scenario *scenario, const void *param,
			     const char *token, enum hs_verdict verdict)
{
	int times = getenv("HMMSIM_TOKEN_REPLAYS") ? atoi(getenv("HMMSIM_TOKEN_REPLAYS")) : REPLAYS;
	char *message = NULL, *report = NULL;
	uint64_t hash = 0;

	for (int i = 0; i < times; i++) {
		struct hs_explore_result r;

		assert_int_equal(replay(scenario, param, token, &r), 0);
		if (r.verdict != verdict)
			print_found(scenario, param, token, r.message);
		assert_int_equal(r.verdict, verdict);
		assert_string_equal(r.token, token);
		if (!i) {
			hash = r.trace_hash;
			message = strdup(r.message);
			report = strdup(r.report);
		}
		assert_int_equal(r.trace_hash, hash);
		assert_string_equal(r.message, message);
		assert_string_equal(r.report, report);
		hs_explore_result_free(&r);
	}
	free(message);
	free(report);
}

#define DEFAULTS "r0,c2,s3,u1,n10000,k65536,p0,d1:"

static const bool flag = true;

static const struct row {
	const struct hs_scenario *scenario;
	const void *param;
	enum hs_verdict verdict;
	const char *name, *rest;
} rows[] = {
	{ &retry_scenario, &(struct retry_param){ 1, 1, 1, false, RETRY_NO_CHECK },
	  HS_VERDICT_FREED, "retry", "use-after-free:sc," DEFAULTS "2abc7afb3025db44:1x2,2x7,1x2" },
	{ &retry_scenario, &(struct retry_param){ 2, 1, 1, true, RETRY_CHECK_OUTSIDE },
	  HS_VERDICT_ASSERT, "retry",
	  "assertion:sc," DEFAULTS "2ed59e405c8e7bd2:2x3,3x8,2x4,4x2,1x2" },
	{ &retry_scenario, &(struct retry_param){ 1, 1, 1, false, RETRY_TOUCH_AFTER },
	  HS_VERDICT_FREED, "retry", "use-after-free:sc," DEFAULTS "4c654d11e8cf0c93:1x6,2x7,1" },
	{ &pgmap_scenario,
	  &(struct param){ .type = HS_PGMAP_FS_DAX,
			   .refs = HS_PAGE_REFS_6_15,
			   .removal_order = HS_REMOVAL_ORDER_6_0,
			   .roles = { MAPPER, REMOVER } },
	  HS_VERDICT_FREED, "removal",
	  "use-after-free:sc," DEFAULTS "37396b0b5537e9f5:1x13,2x13,3x8,2x27,4x3,2x10,1" },
	{ &one_page, &flag, HS_VERDICT_FREED, "one%20page",
	  "use-after-free:sc," DEFAULTS "e70323aac0f2ee7a:1x8,2x80,1x6,3x8,2x27,1" },
};

static void each_kept_token_leads_to_its_execution(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct row *row = &rows[i];
		char *token = kept(row->name, row->rest);
		expect_identical(row->scenario, row->param, token, row->verdict);
		free(token);
	}
}

/* ---- what a token brings ----------------------------------------------------------------- */

static void writes_two_words(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_u64_store(self, &st->word[0], 1, HS_RELAXED);
	hs_u64_store(self, &st->word[1], 1, HS_RELAXED);
}

static void reads_two_words(struct hs_task *self, void *state)
{
	struct play_state *st = state;
	uint64_t second = hs_u64_load(self, &st->word[1], HS_RELAXED);
	uint64_t first = hs_u64_load(self, &st->word[0], HS_RELAXED);

	hs_assert(self, first || !second, "the second was seen before the first");
}

static void the_options_of_a_token_replace_the_callers(void **state)
{
	const struct play play = { .task = { writes_two_words, reads_two_words } };
	struct hs_explore_options options;
	struct hs_explore_result r, again;

	(void)state;
	hs_explore_options_init(&options);
	options.memory = HS_MEMORY_VIEWS;
	options.retry_bound = 7;
	options.retry_cut = true;
	options.cpus = 3;
	options.section_order = 4;
	options.subsection_order = 2;
	options.max_steps = 99;
	options.stack_size = 32 << 10;
	options.plain = HS_PLAIN_IGNORED;
	options.seed = 12345;
	assert_int_equal(hs_explore(&play_scenario, &play, &options, &r), 0);
	assert_int_equal(r.verdict, HS_VERDICT_ASSERT);
	assert_non_null(strstr(r.token, ":assertion:views,r7,c3,s4,u2,n99,k32768,p1,d12345:"));
	assert_int_equal(replay(&play_scenario, &play, r.token, &again), 0);
	assert_int_equal(again.verdict, HS_VERDICT_ASSERT);
	assert_string_equal(again.message, r.message);
	assert_string_equal(again.schedule, r.schedule);
	assert_string_equal(again.token, r.token);
	assert_string_equal(again.report, r.report);
	assert_int_equal(again.retry_bound, 7);
	hs_explore_result_free(&again);
	hs_explore_result_free(&r);
}

/* The caller wants to cut what the token leads to. */
static void a_bound_on_retries_is_that_of_the_token(void **state)
{
	const struct play play = { .task = { play_wants_the_only_reference,
					     play_wants_the_only_reference } };
	struct hs_explore_options options;
	struct hs_explore_result r, again;

	(void)state;
	hs_explore_options_init(&options);
	options.retry_bound = 2;
	options.max_steps = 200;
	assert_int_equal(hs_explore(&play_scenario, &play, &options, &r), 0);
	assert_int_equal(r.verdict, HS_VERDICT_RETRIES);
	options.search = HS_SEARCH_REPLAY;
	options.token = r.token;
	options.retry_bound = 1;
	options.retry_cut = true;
	assert_int_equal(hs_explore(&play_scenario, &play, &options, &again), 0);
	assert_string_equal(again.message, r.message);
	assert_string_equal(again.token, r.token);
	hs_explore_result_free(&again);
	hs_explore_result_free(&r);
}

/* Its execution violates nothing. */
static void each_replay_has_a_token(void **state)
{
	const struct play play = { .task = { writes_two_words } };
	struct hs_explore_options options;
	struct hs_explore_result r, again;

	(void)state;
	hs_explore_options_init(&options);
	options.search = HS_SEARCH_REPLAY;
	options.schedule = "1*2";
	assert_int_equal(hs_explore(&play_scenario, &play, &options, &r), 0);
	assert_non_null(strstr(r.token, ":none:sc,"));
	assert_int_equal(replay(&play_scenario, &play, r.token, &again), 0);
	assert_int_equal(again.verdict, HS_VERDICT_NONE);
	assert_string_equal(again.token, r.token);
	hs_explore_result_free(&again);
	hs_explore_result_free(&r);
}

static void fails_at_once(struct hs_task *self, struct play_state *st)
{
	(void)st;
	hs_assert(self, false, "the set-up fails");
}

static void a_set_up_that_fails_has_a_token(void **state)
{
	const struct play play = { .setup = fails_at_once, .task = { writes_two_words } };
	const struct play other = { .task = { writes_two_words } };
	struct hs_explore_result r, again;

	(void)state;
	explore(&play_scenario, &play, HS_SEARCH_DPOR, 0, NULL, &r);
	assert_int_equal(r.verdict, HS_VERDICT_ASSERT);
	assert_int_equal(replay(&play_scenario, &play, r.token, &again), 0);
	assert_string_equal(again.message, r.message);
	assert_string_equal(again.token, r.token);
	hs_explore_result_free(&again);
	assert_int_equal(replay(&play_scenario, &other, r.token, &again), 0);
	assert_int_equal(again.verdict, HS_VERDICT_DIVERGED);
	assert_string_equal(again.message,
			    "the schedule ends at decision 1, but tasks can still move");
	hs_explore_result_free(&again);
	hs_explore_result_free(&r);
}

/* ---- what a trace does not hold ----------------------------------------------------------- */

static uint64_t here[2], there[2];
static const uint64_t *target;
static size_t padding;

static __attribute__((__noinline__)) void uses_its_stack(struct hs_task *self)
{
	hs_u64 word;

	hs_u64_init(&word, 0);
	hs_u64_add(self, &word, 1, HS_RELAXED);
}

static __attribute__((__noinline__)) void uses_more_stack(struct hs_task *self, size_t pad)
{
	volatile char *below = __builtin_alloca(16 + pad);

	below[0] = 1;
	uses_its_stack(self);
}

static void uses_memory_of_its_own(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	uses_more_stack(self, 0);
	uses_more_stack(self, padding);
	hs_ptr_store(self, &st->ptr, (void *)(uintptr_t)target, HS_RELAXED);
	hs_assert(self, !hs_ptr_load(self, &st->ptr, HS_RELAXED), "there is a pointer");
}

/* Compilers lay stacks out as they like, and the loader puts static data where it likes. */
static void where_stacks_and_static_data_lie_does_not_matter(void **state)
{
	const struct play play = { .task = { uses_memory_of_its_own } };
	struct hs_explore_result r, again;

	(void)state;
	target = here;
	padding = 0;
	explore(&play_scenario, &play, HS_SEARCH_DPOR, 0, NULL, &r);
	assert_int_equal(r.verdict, HS_VERDICT_ASSERT);
	for (int i = 0; i < 4; i++) {
		target = i & 1 ? here : there;
		padding = i & 2 ? 512 : 0;
		assert_int_equal(replay(&play_scenario, &play, r.token, &again), 0);
		assert_string_equal(again.message, r.message);
		assert_string_equal(again.token, r.token);
		hs_explore_result_free(&again);
	}
	target = NULL;
	assert_int_equal(replay(&play_scenario, &play, r.token, &again), 0);
	assert_int_equal(again.verdict, HS_VERDICT_DIVERGED);
	hs_explore_result_free(&again);
	hs_explore_result_free(&r);
}

static void with_padding_before_an_object(struct hs_task *self, struct play_state *st)
{
	for (size_t i = 0; i < padding; i++)
		st->tasks[i] = play_object(self);
	play_with_object(self, st);
}

static void stores_an_address_and_a_bit(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_u64_store(self, &st->word[0], (uintptr_t)st->ptr.raw | HS_ENTRY_TABLE, HS_RELAXED);
	hs_assert(self, !hs_u64_load(self, &st->word[0], HS_RELAXED), "there is an entry");
}

/* An entry of a page table has the address of the next table, and bits. */
static void where_objects_of_the_machine_lie_does_not_matter(void **state)
{
	const struct play play = { .setup = with_padding_before_an_object,
				   .task = { stores_an_address_and_a_bit } };
	struct hs_explore_result r, again;

	(void)state;
	padding = 0;
	explore(&play_scenario, &play, HS_SEARCH_DPOR, 0, NULL, &r);
	assert_int_equal(r.verdict, HS_VERDICT_ASSERT);
	padding = 3;
	assert_int_equal(replay(&play_scenario, &play, r.token, &again), 0);
	assert_string_equal(again.message, r.message);
	assert_string_equal(again.token, r.token);
	hs_explore_result_free(&again);
	hs_explore_result_free(&r);
}

/* ---- what does not fit ------------------------------------------------------------------- */

static const struct retry_param one_driver = { 1, 1, 1, false, RETRY_TOUCH_AFTER };

static char *found_token(void)
{
	struct hs_explore_result r;
	char *token;

	explore(&retry_scenario, &one_driver, HS_SEARCH_DPOR, 0, NULL, &r);
	assert_string_equal(r.schedule, "1*6 2*7 1");
	token = strdup(r.token);
	assert_non_null(token);
	hs_explore_result_free(&r);
	return token;
}

static void expect_diverged(const char *token, const struct retry_param *param, const char *message)
{
	struct hs_explore_result r;

	assert_int_equal(replay(&retry_scenario, param, token, &r), 0);
	assert_int_equal(r.verdict, HS_VERDICT_DIVERGED);
	if (strncmp(r.message, message, strlen(message)) != 0)
		assert_string_equal(r.message, message);
	assert_null(r.token);
	assert_int_equal(r.violations, 1);
	assert_int_equal(r.stop, HS_STOP_VIOLATION);
	hs_explore_result_free(&r);
}

static void what_does_not_fit_is_said(void **state)
{
	static const struct {
		const char *old, *new, *message;
	} cases[] = {
		{ "hmmsim1:retry:", "hmmsim1:retrial:",
		  "the token names scenario retrial, and this is retry" },
		{ "hmmsim1:retry:", "hmmsim1:-:", "the token names scenario -, and this is retry" },
		{ ":use-after-free:", ":leak:",
		  "the verdict is use after free, and that of the token is leak: tests/" },
		{ ":1x6,2x7,1:", ":1x6,2x7,1,2:",
		  "the execution ends after decision 14 of the token's 15: use after free: tests/" },
		{ ":1x6,2x7,1:", ":1x6,2x7:", "the schedule ends at decision 14" },
		{ ":1x6,2x7,1:", ":1x6,2x8,1:", "decision 14 of the schedule is not a task" },
		{ ":1x6,2x7,1:", ":1x6,c0,2x7,1:", "decision 7 of the schedule is not a task" },
		{ ":1x6,2x7,1:", ":2x7,1x2:",
		  "the verdict is none, and that of the token is use after free: no violation" },
		{ ",n10000,", ",n13,",
		  "the execution ends after decision 13 of the token's 14: "
		  "too many steps: more than 13 steps" },
	};
	char *token = found_token(), *text, old[64], message[128];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		text = changed(token, cases[i].old, cases[i].new);
		expect_diverged(text, &one_driver, cases[i].message);
		free(text);
	}
	snprintf(old, sizeof(old), ":%s:", hs_version());
	snprintf(message, sizeof(message),
		 "the token names version 0.0.1 of the library, and this "
		 "is %s",
		 hs_version());
	text = changed(token, old, ":0.0.1:");
	expect_diverged(text, &one_driver, message);
	free(text);
	free(token);
}

/* The decisions are possible, but the second page makes the driver do something else. */
static void another_step_object_or_value_is_seen(void **state)
{
	char *token = found_token(), *text = strdup(token), *trace = strstr(text, ",d1:") + 4;

	(void)state;
	*trace = *trace == '0' ? '1' : '0';
	seal(text);
	expect_diverged(text, &one_driver,
			"the decisions are those of the token, but the steps, their objects or "
			"values are not: their hash is ");
	free(text);
	free(token);
}

static void two_ways_to_name_an_execution_are_one_too_many(void **state)
{
	char *token = found_token();
	struct hs_explore_options options;
	struct hs_explore_result r;

	(void)state;
	hs_explore_options_init(&options);
	options.search = HS_SEARCH_REPLAY;
	options.token = token;
	options.schedule = "1*6 2*7 1";
	assert_int_equal(hs_explore(&retry_scenario, &one_driver, &options, &r), -EINVAL);
	assert_string_equal(r.message, "there are a schedule and a token");
	free(token);
}

static void options_that_make_no_sense_are_refused(void **state)
{
	static const struct {
		const char *old, *new, *message;
	} cases[] = {
		{ ",c2,", ",c17,", "an option of the token is out of range" },
		{ ",c2,", ",c0,", "an option of the token is out of range" },
		{ ",n10000,", ",n1000001,", "an option of the token is out of range" },
		{ ",n10000,", ",n4294967295,", "an option of the token is out of range" },
		{ ",k65536,", ",k1,", "an option of the token is out of range" },
		{ ",s3,", ",s31,", "no machine has sections of that order" },
		{ ",u1,", ",u4,", "no machine has sections of that order" },
	};
	char *token = found_token();

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char *text = changed(token, cases[i].old, cases[i].new);
		struct hs_explore_result r;

		assert_int_equal(replay(&retry_scenario, &one_driver, text, &r), -EINVAL);
		assert_string_equal(r.message, cases[i].message);
		assert_null(r.schedule);
		free(text);
	}
	free(token);
}

static void no_change_of_a_character_goes_unnoticed(void **state)
{
	char *token = found_token();
	uint64_t rng = 1;

	(void)state;
	for (size_t i = 0; token[i]; i++) {
		char right = token[i];

		for (int n = 0; n < 8; n++) {
			struct hs_explore_result r;

			token[i] = (char)hs_random_below(&rng, 256);
			if (token[i] == right)
				continue;
			assert_int_equal(replay(&retry_scenario, &one_driver, token, &r), -EINVAL);
			assert_non_null(strstr(r.message, "character "));
			assert_null(r.schedule);
			assert_null(r.token);
		}
		token[i] = right;
	}
	free(token);
}

/* Of forged ones too only those go through that lead to the same execution. */
static void a_forged_schedule_leads_there_or_diverges(void **state)
{
	static const char signs[] = "0123456789cx,";
	char *token = found_token(), *schedule = strstr(token, "1x6,2x7,1:");
	uint64_t rng = 1;

	(void)state;
	for (uint32_t i = 0; i < test_scaled(2000); i++) {
		char *text = strdup(token), *at = text + (schedule - token);
		struct hs_explore_result r;
		int ret;

		at[hs_random_below(&rng, 9)] = signs[hs_random_below(&rng, sizeof(signs) - 1)];
		if (hs_random_below(&rng, 2))
			at[hs_random_below(&rng, 9)] = signs[hs_random_below(&rng, 10)];
		seal(text);
		ret = replay(&retry_scenario, &one_driver, text, &r);
		assert_true(ret == 0 || ret == -EINVAL);
		if (!ret && r.verdict != HS_VERDICT_DIVERGED)
			assert_string_equal(r.token, token);
		hs_explore_result_free(&r);
		free(text);
	}
	free(token);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kept_token_leads_to_its_execution),
		cmocka_unit_test(the_options_of_a_token_replace_the_callers),
		cmocka_unit_test(a_bound_on_retries_is_that_of_the_token),
		cmocka_unit_test(each_replay_has_a_token),
		cmocka_unit_test(a_set_up_that_fails_has_a_token),
		cmocka_unit_test(where_stacks_and_static_data_lie_does_not_matter),
		cmocka_unit_test(where_objects_of_the_machine_lie_does_not_matter),
		cmocka_unit_test(what_does_not_fit_is_said),
		cmocka_unit_test(another_step_object_or_value_is_seen),
		cmocka_unit_test(two_ways_to_name_an_execution_are_one_too_many),
		cmocka_unit_test(options_that_make_no_sense_are_refused),
		cmocka_unit_test(no_change_of_a_character_goes_unnoticed),
		cmocka_unit_test(a_forged_schedule_leads_there_or_diverges),
	};

	return cmocka_run_group_tests_name("token replay", tests, NULL, NULL);
}
