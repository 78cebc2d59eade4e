/* SPDX-License-Identifier: MIT */
#include "support/sync_play.h"

#include "support/refusal.h"

const struct hs_sync_kind sync_node = { "node" };
const struct hs_sync_class sync_first = { "first lock", false };
const struct hs_sync_class sync_second = { "second lock", false };
const struct hs_sync_class sync_third = { "third lock", false };
const struct hs_sync_class sync_spins = { "spinning lock", false };
const struct hs_sync_class sync_sems = { "shared lock", false };
const struct hs_sync_class sync_any = { "unordered lock", true };

static int make_locks(struct hs_task *self, struct sync_state *st)
{
	int ret = hs_sync_mutex_init(self, &st->first, &sync_first);

	ret = ret ? ret : hs_sync_mutex_init(self, &st->second, &sync_second);
	ret = ret ? ret : hs_sync_mutex_init(self, &st->third, &sync_third);
	ret = ret ? ret : hs_sync_mutex_init(self, &st->any, &sync_any);
	ret = ret ? ret : hs_sync_mutex_init(self, &st->other, &sync_any);
	ret = ret ? ret : hs_sync_spin_init(self, &st->spin, &sync_spins);
	ret = ret ? ret : hs_sync_rwsem_init(self, &st->sem, &sync_sems);
	return ret;
}

static int setup(struct hs_task *self, struct hs_plan *plan, void *state, const void *param)
{
	static const char *const names[SYNC_TASKS] = { "one", "two", "three" };
	const struct sync_play *play = param;
	struct sync_state *st = state;
	int ret = make_locks(self, st);

	if (!ret)
		ret = hs_mm_create(self, hs_geometry(HS_GEOMETRY_X86_64), &st->mm);
	if (!ret && play->setup)
		play->setup(self, st);
	for (size_t i = 0; i < SYNC_TASKS && play->task[i] && !ret; i++)
		ret = hs_plan_task(plan, names[i], play->task[i], st);
	return ret;
}

static void check(struct hs_task *self, void *state, const void *param)
{
	const struct sync_play *play = param;
	struct sync_state *st = state;

	if (play->check)
		play->check(self, st);
	hs_mm_destroy(self, st->mm);
}

const struct hs_scenario sync_scenario = {
	.name = "sync play",
	.state_size = sizeof(struct sync_state),
	.setup = setup,
	.check = check,
};

void sync_holds(const struct sync_play *play)
{
	expect_no_refusal(&sync_scenario, play);
}

void sync_refused_as(const struct sync_play *play, enum hs_verdict verdict, const char *text)
{
	expect_refusal(&sync_scenario, play, verdict, text);
}

void sync_refused(const struct sync_play *play, const char *text)
{
	sync_refused_as(play, HS_VERDICT_ASSERT, text);
}

char *sync_place(char text[SYNC_TEXT], const char *file, int line, const char *what)
{
	snprintf(text, SYNC_TEXT, "%s:%d: %s", file, line, what);
	return text;
}
