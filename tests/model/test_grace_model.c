/* SPDX-License-Identifier: MIT */
/*
 * The algorithm of native grace periods (src/port/common/grace.h) over words of the explorer, with
 * weak memory: with each of its orders in turn left out, and with all of them.
 */
#include "port/explore/views.h"
#include "port/port.h"
#include "support/exploration.h"

/* What is left out, besides what other forms of the algorithm do not have. */
enum fault {
	SOUND,
	NO_BARRIER,
	NO_READER_FENCE,
	RELAXED_LEAVE,
	RELAXED_LOOK,
};

struct param {
	bool notes;  /* readers leave a note in the object, which the updater must see */
	bool fences; /* no membarrier: both sides have fences */
	enum fault fault;
	uint32_t readers;
};

#define READERS 2

struct model;

struct reader {
	struct model *model;
	hs_u32 word;
};

struct object {
	hs_u64 noted; /* how many readers were here */
};

struct model {
	struct param param;
	hs_ptr pointer;
	struct reader reader[READERS];
	hs_u32 saw; /* how many readers have seen the object */
	uint32_t seen[READERS];
};

static struct param now;

/* Orders that the fault leaves out, for the functions of grace.h. */
static void store_here(struct hs_task *self, hs_u32 *a, uint32_t v, enum hs_order o)
{
	hs_u32_store(self, a, v, now.fault == RELAXED_LEAVE ? HS_RELAXED : o);
}

static uint32_t load_here(struct hs_task *self, const hs_u32 *a, enum hs_order o)
{
	return hs_u32_load(self, a, now.fault == RELAXED_LOOK ? HS_RELAXED : o);
}

#pragma push_macro("hs_u32_store")
#pragma push_macro("hs_u32_load")
#undef hs_u32_store
#undef hs_u32_load
#define hs_u32_store store_here
#define hs_u32_load load_here
#include "port/common/grace.h"
#pragma pop_macro("hs_u32_load")
#pragma pop_macro("hs_u32_store")

void hs_membarrier(struct hs_task *self)
{
	if (now.fault == NO_BARRIER)
		return;
	if (now.fences)
		hs_fence(self, HS_SEQ_CST);
	else
		hs_views_membarrier(self);
}

static void reader_main(struct hs_task *self, void *arg)
{
	struct reader *r = arg;
	struct model *m = r->model;
	struct object *o;

	hs_grace_enter(self, &r->word, m->param.fences && m->param.fault != NO_READER_FENCE);
	o = hs_ptr_load(self, &m->pointer, HS_RELAXED);
	if (o && !m->param.notes) {
		hs_deref(self, o);
	} else if (o) {
		hs_u32_add(self, &m->saw, 1, HS_SEQ_CST);
		hs_u64_add(self, &o->noted, 1, HS_RELAXED);
	}
	hs_grace_leave(self, &r->word);
}

static struct hs_grace_readers readers_of(const struct model *m)
{
	return (struct hs_grace_readers){ &m->reader[0].word, sizeof(m->reader[0]),
					  m->param.readers };
}

static bool is_over(struct hs_task *self, void *arg)
{
	struct model *m = arg;
	struct hs_grace_readers readers = readers_of(m);

	return hs_grace_is_over(self, &readers, m->seen);
}

static void updater_main(struct hs_task *self, void *arg)
{
	struct model *m = arg;
	struct hs_grace_readers readers = readers_of(m);
	struct object *o = hs_ptr_load(self, &m->pointer, HS_RELAXED);

	hs_ptr_store(self, &m->pointer, NULL, HS_RELAXED);
	hs_grace_begin(self, &readers, m->seen);
	hs_spin_until(self, is_over, m);
	if (m->param.notes)
		hs_assert(self,
			  hs_u64_load(self, &o->noted, HS_RELAXED) ==
				  hs_u32_load(self, &m->saw, HS_SEQ_CST),
			  "what a reader did in its section is not seen");
	hs_free(self, o, HS_KIND_OTHER, sizeof(*o));
}

static int setup(struct hs_task *self, struct hs_plan *plan, void *state, const void *param)
{
	struct model *m = state;

	m->param = now = *(const struct param *)param;
	hs_ptr_init(&m->pointer, hs_alloc(self, HS_KIND_OTHER, sizeof(struct object)));
	for (uint32_t i = 0; i < m->param.readers; i++) {
		m->reader[i].model = m;
		hs_plan_task(plan, "reader", reader_main, &m->reader[i]);
	}
	return hs_plan_task(plan, "updater", updater_main, m);
}

static const struct hs_scenario scenario = {
	.name = "grace period",
	.state_size = sizeof(struct model),
	.setup = setup,
};

static void search(struct param p, enum hs_memory memory, enum hs_search search,
		   const char *schedule, struct hs_explore_result *r)
{
	struct hs_explore_options o;

	hs_explore_options_init(&o);
	o.memory = memory;
	o.search = search;
	o.schedule = schedule;
	o.shrink = 0; /* the schedule is that of the execution whose number is asserted */
	assert_int_equal(hs_explore(&scenario, &p, &o, r), 0);
}

#define views_hold(...) views_hold_at(TEST_PLACE, __VA_ARGS__)

static void views_hold_at(struct test_place at, struct param p, uint64_t complete)
{
	struct hs_explore_result r;

	search(p, HS_MEMORY_VIEWS, HS_SEARCH_SLEEP, NULL, &r);
	if (r.verdict)
		print_error("%s\n%s\n", r.message, r.schedule);
	assert_int_equal(r.verdict, HS_VERDICT_NONE);
	assert_true(r.exhaustive);
	expect_count_at(at, scenario.name, "complete", r.complete, complete);
	hs_explore_result_free(&r);
}

#define only_views_find(...) only_views_find_at(TEST_PLACE, __VA_ARGS__)

/* Without views nothing is found. */
static void only_views_find_at(struct test_place at, struct param p, enum hs_verdict verdict,
			       const char *schedule, uint64_t first)
{
	struct hs_explore_result r, again;

	search(p, HS_MEMORY_SC, HS_SEARCH_SLEEP, NULL, &r);
	assert_int_equal(r.verdict, HS_VERDICT_NONE);
	assert_true(r.exhaustive);
	search(p, HS_MEMORY_VIEWS, HS_SEARCH_SLEEP, NULL, &r);
	assert_int_equal(r.verdict, verdict);
	expect_count_at(at, scenario.name, "first", r.first_violation, first);
	assert_string_equal(r.schedule, schedule);
	hs_explore_result_free(&r);
	search(p, HS_MEMORY_VIEWS, HS_SEARCH_REPLAY, schedule, &again);
	assert_int_equal(again.verdict, verdict);
	assert_string_equal(again.schedule, schedule);
	hs_explore_result_free(&again);
}

static void grace_period_waits_for_who_saw_the_pointer(void **state)
{
	(void)state;
	views_hold((struct param){ .readers = 1 }, 27);
	views_hold((struct param){ .readers = 2 }, 729);
	views_hold((struct param){ .fences = true, .readers = 1 }, 15);
	views_hold((struct param){ .fences = true, .readers = 2 }, 337);
}

static void readers_are_missed_without_a_barrier(void **state)
{
	(void)state;
	only_views_find((struct param){ .fault = NO_BARRIER, .readers = 1 }, HS_VERDICT_FREED,
			"1*2 2*3 c1 2*2 1", 9);
	only_views_find((struct param){ .fences = true, .fault = NO_BARRIER, .readers = 1 },
			HS_VERDICT_FREED, "1*3 2*3 c1 2*2 1", 9);
	only_views_find((struct param){ .fences = true, .fault = NO_READER_FENCE, .readers = 1 },
			HS_VERDICT_FREED, "1*2 2*4 c1 2*2 1", 9);
}

static void what_a_reader_did_is_seen_afterwards(void **state)
{
	(void)state;
	views_hold((struct param){ .notes = true, .readers = 1 }, 33);
	views_hold((struct param){ .notes = true, .readers = 2 }, 1665);
	views_hold((struct param){ .notes = true, .fences = true, .readers = 1 }, 23);
	only_views_find((struct param){ .fault = RELAXED_LEAVE, .notes = true, .readers = 1 },
			HS_VERDICT_ASSERT, "1*3 2*4 1*2 2*2 c1 2", 6);
	only_views_find((struct param){ .fault = RELAXED_LOOK, .notes = true, .readers = 1 },
			HS_VERDICT_ASSERT, "1*3 2*4 1*2 2*2 c1 2", 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(grace_period_waits_for_who_saw_the_pointer),
		cmocka_unit_test(readers_are_missed_without_a_barrier),
		cmocka_unit_test(what_a_reader_did_is_seen_afterwards),
	};

	return cmocka_run_group_tests_name("grace model", tests, NULL, NULL);
}
