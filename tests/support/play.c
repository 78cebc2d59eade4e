/* SPDX-License-Identifier: MIT */
#include "support/play.h"

struct play_object *play_object(struct hs_task *self)
{
	return hs_alloc(self, HS_KIND_OTHER, sizeof(struct play_object));
}

void play_object_free(struct hs_task *self, struct play_object *o)
{
	hs_free(self, o, HS_KIND_OTHER, sizeof(*o));
}

void play_with_object(struct hs_task *self, struct play_state *st)
{
	hs_ptr_init(&st->ptr, play_object(self));
	assert_non_null(st->ptr.raw);
}

void play_with_counter(struct hs_task *self, struct play_state *st)
{
	st->counter = hs_pcpu_alloc(self);
	assert_non_null(st->counter);
}

void play_reads_object(struct hs_task *self, void *state)
{
	struct play_state *st = state;
	struct play_object *o;

	hs_rcu_read_lock(self);
	o = hs_ptr_load(self, &st->ptr, HS_ACQUIRE);
	if (o)
		hs_deref(self, o);
	hs_rcu_read_unlock(self);
}

void play_unlinks_and_waits(struct hs_task *self, void *state)
{
	struct play_state *st = state;
	struct play_object *o = hs_ptr_xchg(self, &st->ptr, NULL, HS_ACQ_REL);

	hs_synchronize_rcu(self);
	play_object_free(self, o);
}

void play_wants_the_only_reference(struct hs_task *self, void *state)
{
	hs_u64 *count = &((struct play_state *)state)->word[1];

	hs_u64_add(self, count, 1, HS_ACQ_REL);
	while (hs_u64_load(self, count, HS_ACQUIRE) != 1) {
		hs_u64_add(self, count, (uint64_t)-1, HS_ACQ_REL);
		hs_retry_wait(self, "the only reference");
		hs_u64_add(self, count, 1, HS_ACQ_REL);
	}
	hs_u64_add(self, count, (uint64_t)-1, HS_ACQ_REL);
}

bool play_flag(struct hs_task *self, void *state)
{
	return hs_u32_load(self, &((struct play_state *)state)->flag, HS_ACQUIRE) != 0;
}

static int setup(struct hs_task *self, struct hs_plan *plan, void *state, const void *param)
{
	static const char *const names[PLAY_TASKS] = { "one", "two", "three", "four" };
	const struct play *play = param;
	struct play_state *st = state;

	hs_mutex_init(&st->mutex, HS_LOCK_DRIVER);
	hs_spin_init(&st->spin, HS_LOCK_PAGE_TABLE);
	hs_rwsem_init(&st->sem, HS_LOCK_MMAP);
	hs_waitq_init(&st->queue);
	if (play->setup)
		play->setup(self, st);
	for (int i = 0; i < PLAY_TASKS && play->task[i]; i++)
		if (hs_plan_task(plan, names[i], play->task[i], st))
			return -EINVAL;
	return 0;
}

static void check(struct hs_task *self, void *state, const void *param)
{
	const struct play *play = param;

	if (play->check)
		play->check(self, state);
}

const struct hs_scenario play_scenario = {
	.name = "play",
	.state_size = sizeof(struct play_state),
	.setup = setup,
	.check = check,
};

#ifdef HS_BACKEND_EXPLORE
void play_expect_at(struct test_place at, const struct play *play, enum hs_verdict verdict,
		    uint64_t number, struct hs_explore_result *r)
{
	if (verdict == HS_VERDICT_NONE)
		explore_none_at(at, &play_scenario, play, 0, number, r);
	else
		explore_found_at(at, &play_scenario, play, verdict, "", number, r);
}

void play_all(const struct play *play, struct hs_explore_result *r)
{
	struct hs_explore_options options;

	hs_explore_options_init(&options);
	options.search = HS_SEARCH_DFS;
	options.go_on = true;
	assert_int_equal(hs_explore(&play_scenario, play, &options, r), 0);
	assert_true(r->exhaustive);
}

void play_expect_exhaustive_at(struct test_place at, const struct play *play, uint64_t complete)
{
	play_expect_classes_at(at, play, complete, complete);
}

void play_expect_classes_at(struct test_place at, const struct play *play, uint64_t complete,
			    uint64_t classes)
{
	assert_true(explore_same_classes_at(at, &play_scenario, play, 0, complete, classes));
}
#endif
