/* SPDX-License-Identifier: MIT */
/* Shared words and chunks: what each operation returns and leaves. */
#include "support/play.h"

struct ground {
	struct hs_arena *arena;
	struct hs_task *self;
};

static int ground_up(void **state)
{
	static struct ground g;
	struct hs_machine_config config;

	hs_machine_config_init(&config);
	if (hs_arena_create(&config, &g.arena) || hs_arena_attach(g.arena, "words", &g.self))
		return -1;
	*state = &g;
	return 0;
}

static int ground_down(void **state)
{
	struct ground *g = *state;

	return hs_arena_detach(g->self) || hs_arena_destroy(g->arena, NULL) ? -1 : 0;
}

static const enum hs_order orders[] = { HS_RELAXED, HS_ACQUIRE, HS_RELEASE, HS_ACQ_REL,
					HS_SEQ_CST };

#define WORD_TEST(T, V, big)                                                                       \
	static void T##_operations_answer_the_old_value(void **state)                              \
	{                                                                                          \
		struct hs_task *self = ((struct ground *)*state)->self;                            \
		const V all = (V) ~(V)0;                                                           \
                                                                                                   \
		for (unsigned int i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {            \
			enum hs_order o = orders[i];                                               \
			enum hs_order load = o == HS_RELEASE || o == HS_ACQ_REL ? HS_ACQUIRE : o;  \
			enum hs_order store = o == HS_ACQUIRE || o == HS_ACQ_REL ? HS_RELEASE : o; \
			V expected = 1;                                                            \
			T w;                                                                       \
                                                                                                   \
			T##_init(&w, big);                                                         \
			assert_true(T##_load(self, &w, load) == (big));                            \
			T##_store(self, &w, 7, store);                                             \
			assert_true(T##_xchg(self, &w, 9, o) == 7);                                \
			assert_false(T##_cmpxchg(self, &w, &expected, 3, o));                      \
			assert_true(expected == 9 && w.raw == 9);                                  \
			assert_true(T##_cmpxchg(self, &w, &expected, 3, o));                       \
			assert_true(expected == 9 && w.raw == 3);                                  \
			assert_true(T##_add(self, &w, 5, o) == 3 && w.raw == 8);                   \
			assert_true(T##_add(self, &w, (V)-9, o) == 8 && w.raw == all);             \
			assert_true(T##_and(self, &w, (V)(big), o) == all && w.raw == (big));      \
			assert_true(T##_or(self, &w, 1, o) == (big) && w.raw == ((big) | 1));      \
			hs_fence(self, o == HS_RELAXED ? HS_SEQ_CST : o);                          \
		}                                                                                  \
	}

WORD_TEST(hs_u32, uint32_t, 0xf0000002u)
WORD_TEST(hs_u64, uint64_t, 0xf000000000000002u)

static void hs_ptr_operations_answer_the_old_value(void **state)
{
	struct hs_task *self = ((struct ground *)*state)->self;
	int a, b;
	void *expected = &b;
	hs_ptr p;

	hs_ptr_init(&p, &a);
	assert_ptr_equal(hs_ptr_load(self, &p, HS_ACQUIRE), &a);
	assert_ptr_equal(hs_ptr_xchg(self, &p, NULL, HS_ACQ_REL), &a);
	assert_false(hs_ptr_cmpxchg(self, &p, &expected, &a, HS_RELEASE));
	assert_null(expected);
	assert_true(hs_ptr_cmpxchg(self, &p, &expected, &a, HS_RELEASE));
	hs_ptr_store(self, &p, &b, HS_RELEASE);
	assert_ptr_equal(hs_ptr_load(self, &p, HS_RELAXED), &b);
}

static void a_word_leaves_its_neighbours_alone(void **state)
{
	struct hs_task *self = ((struct ground *)*state)->self;
	hs_u32 w[3] = { { 1 }, { 2 }, { 3 } };

	hs_u32_xchg(self, &w[1], UINT32_MAX, HS_SEQ_CST);
	hs_u32_add(self, &w[1], 1, HS_SEQ_CST);
	assert_int_equal(w[0].raw, 1);
	assert_int_equal(w[1].raw, 0);
	assert_int_equal(w[2].raw, 3);
}

static void chunk_lanes_equal_single_loads(void **state)
{
	struct hs_task *self = ((struct ground *)*state)->self;
	_Alignas(64) hs_u64 words[64];

	for (unsigned int i = 0; i < 64; i++)
		hs_u64_init(&words[i], 0x0101010101010101u * i + 1);
	for (unsigned int i = 0; i < 64; i += HS_LANES) {
		struct hs_chunk c = hs_chunk_load(self, &words[i]);

		for (unsigned int lane = 0; lane < HS_LANES; lane++)
			assert_true(hs_chunk_lane(c, lane) ==
				    hs_u64_load(self, &words[i + lane], HS_RELAXED));
	}
}

static void a_chunk_is_loaded_anew_each_time(void **state)
{
	struct hs_task *self = ((struct ground *)*state)->self;
	_Alignas(64) hs_u64 words[HS_LANES] = { { 0 } };
	uint64_t sum = 0;

	for (uint64_t i = 1; i <= 100; i++) {
		hs_u64_store(self, &words[HS_LANES - 1], i, HS_RELAXED);
		sum += hs_chunk_lane(hs_chunk_load(self, words), HS_LANES - 1);
	}
	assert_int_equal(sum, 5050);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hs_u32_operations_answer_the_old_value),
		cmocka_unit_test(hs_u64_operations_answer_the_old_value),
		cmocka_unit_test(hs_ptr_operations_answer_the_old_value),
		cmocka_unit_test(a_word_leaves_its_neighbours_alone),
		cmocka_unit_test(chunk_lanes_equal_single_loads),
		cmocka_unit_test(a_chunk_is_loaded_anew_each_time),
	};

	return cmocka_run_group_tests(tests, ground_up, ground_down);
}
