/* SPDX-License-Identifier: MIT */
/* Names, chance and the event trace: equal on both backends. */
#include "support/play.h"

#include <hmmsim/explore.h>
#include <string.h>

static struct hs_arena *arena_with(uint64_t seed, uint32_t records)
{
	struct hs_machine_config config;
	struct hs_arena *arena;

	hs_machine_config_init(&config);
	config.seed = seed;
	config.trace_records = records;
	assert_int_equal(hs_arena_create(&config, &arena), 0);
	return arena;
}

static void assert_named(const char *name, const char *const *seen, int n)
{
	assert_non_null(name);
	assert_true(strlen(name) > 0);
	for (int i = 0; i < n; i++)
		assert_string_not_equal(name, seen[i]);
}

static void everything_has_a_name_of_its_own(void **state)
{
	const char *seen[64];

	(void)state;
	for (int i = 0; i < HS_LOCK_CLASS_COUNT; i++) {
		seen[i] = hs_lock_class_name((enum hs_lock_class)i);
		assert_named(seen[i], seen, i);
	}
	for (int i = 0; i < HS_KIND_COUNT; i++) {
		seen[i] = hs_kind_name((enum hs_kind)i);
		assert_named(seen[i], seen, i);
	}
	for (int i = 0; i < HS_EVENT_COUNT; i++) {
		seen[i] = hs_event_name((enum hs_event)i);
		assert_named(seen[i], seen, i);
	}
	assert_string_equal(hs_lock_class_name(HS_LOCK_CLASS_COUNT), "no lock class");
	assert_string_equal(hs_kind_name(HS_KIND_COUNT), "no kind");
	assert_string_equal(hs_event_name(HS_EVENT_COUNT), "no event");
#ifdef HS_BACKEND_EXPLORE
	for (int i = 0; i <= HS_VERDICT_DIVERGED; i++) {
		seen[i] = hs_verdict_name((enum hs_verdict)i);
		assert_named(seen[i], seen, i);
	}
	assert_string_equal(hs_verdict_name((enum hs_verdict)99), "?");
#endif
}

static void one_seed_gives_one_stream(void **state)
{
	uint64_t value[3][16];

	(void)state;
	for (int run = 0; run < 3; run++) {
		struct hs_arena *arena = arena_with(run == 2 ? 6 : 5, 0);
		struct hs_task *t;

		assert_int_equal(hs_arena_attach(arena, "dice", &t), 0);
		for (int i = 0; i < 16; i++)
			value[run][i] = hs_random(t);
		assert_int_equal(hs_arena_detach(t), 0);
		assert_int_equal(hs_arena_destroy(arena, NULL), 0);
	}
	assert_memory_equal(value[0], value[1], sizeof(value[0]));
	for (int i = 0; i < 16; i++)
		assert_true(value[0][i] != value[2][i]);
}

static void streams_of_tasks_differ(void **state)
{
	struct hs_arena *arena = arena_with(1, 0);
	struct hs_task *t[3];
	uint64_t first[3];

	(void)state;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(hs_arena_attach(arena, "dice", &t[i]), 0);
		first[i] = hs_random(t[i]);
	}
	assert_true(first[0] != first[1] && first[1] != first[2] && first[0] != first[2]);
	for (int i = 0; i < 3; i++)
		assert_int_equal(hs_arena_detach(t[i]), 0);
	assert_int_equal(hs_arena_destroy(arena, NULL), 0);
}

/* The published first outputs of SplitMix64 from state 0 and 1234567. */
static void the_generator_is_splitmix64(void **state)
{
	static const uint64_t known[] = { 6457827717110365317u, 3203168211198807973u,
					  9817491932198370423u, 4593380528125082431u,
					  16408922859458223821u };
	uint64_t zero = 0, s = 1234567;

	(void)state;
	assert_true(hs_random_next(&zero) == 0xe220a8397b1dcdafu);
	for (unsigned int i = 0; i < 5; i++)
		assert_true(hs_random_next(&s) == known[i]);
}

static void choices_cover_their_range(void **state)
{
	struct hs_arena *arena = arena_with(1, 0);
	struct hs_task *t;
	uint32_t count[7] = { 0 };

	(void)state;
	assert_int_equal(hs_arena_attach(arena, "dice", &t), 0);
	for (int i = 0; i < 7000; i++) {
		uint32_t c = hs_choose(t, 7, "die");

		assert_true(c < 7);
		count[c]++;
	}
	for (int i = 0; i < 7; i++)
		assert_in_range(count[i], 800, 1200);
	assert_int_equal(hs_choose(t, 1, "no choice"), 0);
	assert_int_equal(hs_arena_detach(t), 0);
	assert_int_equal(hs_arena_destroy(arena, NULL), 0);
}

static void assert_record(const struct hs_trace_record *r, uint32_t task, enum hs_event event,
			  uint64_t a, uint64_t b)
{
	assert_int_equal(r->task, task);
	assert_int_equal(r->event, event);
	assert_int_equal(r->a, a);
	assert_int_equal(r->b, b);
}

static void trace_tells_what_happened_in_order(void **state)
{
	struct hs_arena *arena = arena_with(1, 32);
	struct hs_trace_record r[32];
	struct hs_task *t;
	uint64_t before, n;
	void *p;

	(void)state;
	before = hs_trace_read(arena, r, 0);
	p = hs_alloc(hs_arena_boot(arena), HS_KIND_PAGE, 32);
	assert_int_equal(hs_arena_attach(arena, "traced", &t), 0);
	hs_free(t, p, HS_KIND_PAGE, 32);
	hs_synchronize_rcu(t);
	hs_trace(t, HS_EVENT_WAKE, 11, 12);
	assert_int_equal(hs_arena_detach(t), 0);
	n = hs_trace_read(arena, r, 32);
	assert_int_equal(n - before, 6);
	for (uint64_t i = 0; i < n; i++)
		assert_int_equal(r[i].seq, i + 1);
	assert_record(&r[before], 0, HS_EVENT_ALLOC, HS_KIND_PAGE, 32);
	assert_record(&r[before + 1], 1, HS_EVENT_ATTACH, 1, hs_task_cpu(t));
	assert_record(&r[before + 2], 1, HS_EVENT_FREE, HS_KIND_PAGE, 32);
	assert_record(&r[before + 3], 1, HS_EVENT_GRACE, 1, 0);
	assert_record(&r[before + 4], 1, HS_EVENT_WAKE, 11, 12);
	assert_record(&r[before + 5], 1, HS_EVENT_DETACH, 1, hs_task_cpu(t));
	assert_int_equal(hs_arena_destroy(arena, NULL), 0);
}

static void trace_loses_records_at_the_end_only(void **state)
{
	struct hs_arena *arena = arena_with(1, 8);
	struct hs_trace_record r[16];
	uint64_t before;

	(void)state;
	memset(r, 0x5a, sizeof(r));
	before = hs_trace_read(arena, r, 0);
	assert_int_equal(r[0].seq, 0x5a5a5a5a5a5a5a5au);
	for (uint64_t i = 0; i < 20; i++)
		hs_trace(hs_arena_boot(arena), HS_EVENT_WAKE, i, 0);
	assert_int_equal(hs_trace_read(arena, r, 16), before + 20);
	for (uint64_t i = 0; i < 8; i++)
		assert_int_equal(r[i].seq, i + 1);
	assert_int_equal(r[7].a, 7 - before);
	assert_int_equal(r[8].seq, 0x5a5a5a5a5a5a5a5au);
	memset(r, 0x5a, sizeof(r));
	hs_trace_read(arena, r, 3);
	assert_int_equal(r[2].seq, 3);
	assert_int_equal(r[3].seq, 0x5a5a5a5a5a5a5a5au);
	assert_int_equal(hs_arena_destroy(arena, NULL), 0);
}

static void without_a_buffer_there_is_no_trace(void **state)
{
	struct hs_arena *arena = arena_with(1, 0);
	struct hs_trace_record r;

	(void)state;
	hs_trace(hs_arena_boot(arena), HS_EVENT_WAKE, 1, 2);
	assert_int_equal(hs_trace_read(arena, &r, 1), 0);
	assert_int_equal(hs_arena_destroy(arena, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_has_a_name_of_its_own),
		cmocka_unit_test(one_seed_gives_one_stream),
		cmocka_unit_test(streams_of_tasks_differ),
		cmocka_unit_test(the_generator_is_splitmix64),
		cmocka_unit_test(choices_cover_their_range),
		cmocka_unit_test(trace_tells_what_happened_in_order),
		cmocka_unit_test(trace_loses_records_at_the_end_only),
		cmocka_unit_test(without_a_buffer_there_is_no_trace),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
