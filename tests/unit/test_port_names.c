/* SPDX-License-Identifier: MIT */
/* Names and random numbers, the same on both backends. */
#include "support/play.h"

#include <hmmsim/explore.h>
#include <string.h>

static struct hs_arena *arena_with(uint64_t seed)
{
	struct hs_machine_config config;
	struct hs_arena *arena;

	hs_machine_config_init(&config);
	config.seed = seed;
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
	assert_string_equal(hs_lock_class_name(HS_LOCK_CLASS_COUNT), "no lock class");
	assert_string_equal(hs_kind_name(HS_KIND_COUNT), "no kind");
#ifdef HS_BACKEND_EXPLORE
	for (int i = 0; i <= HS_VERDICT_REFUSED; i++) {
		seen[i] = hs_verdict_name((enum hs_verdict)i);
		assert_named(seen[i], seen, i);
	}
	assert_string_equal(hs_verdict_name((enum hs_verdict)99), "?");
#endif
}

/* A build may put something before it (-ffile-prefix-map). */
static void a_place_ends_as_the_repository_names_it(void **state)
{
	static const char name[] = "tests/unit/test_port_names.c:";
	const char *found = strstr(HS_HERE, name);

	(void)state;
	assert_non_null(found);
	assert_true(strtoul(found + sizeof(name) - 1, NULL, 10) > 0);
}

static void one_seed_gives_one_stream(void **state)
{
	uint64_t value[3][16];

	(void)state;
	for (int run = 0; run < 3; run++) {
		struct hs_arena *arena = arena_with(run == 2 ? 6 : 5);
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
	struct hs_arena *arena = arena_with(1);
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
	struct hs_arena *arena = arena_with(1);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_has_a_name_of_its_own),
		cmocka_unit_test(a_place_ends_as_the_repository_names_it),
		cmocka_unit_test(one_seed_gives_one_stream),
		cmocka_unit_test(streams_of_tasks_differ),
		cmocka_unit_test(the_generator_is_splitmix64),
		cmocka_unit_test(choices_cover_their_range),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
