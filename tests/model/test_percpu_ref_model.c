/* SPDX-License-Identifier: MIT */
/*
 * The drawing of src/pgmap/percpu_ref.h, under every schedule: walkers get and put references
 * during one kill; the killer frees the object after its release.
 */
#include "pgmap/percpu_ref.h"
#include "support/broken.h"
#include "support/exact.h"
#include "support/percpu_ref_state.h"

struct object {
	struct hs_percpu_ref ref;
	hs_u32 released;
};

struct param {
	uint32_t walkers;
	bool leak; /* walkers do not put */
	uint32_t flags;
	bool exit_first; /* before the ref is out of reach */
	bool sums;	 /* walkers look how many references there are */
};

struct state {
	struct param param;
	hs_ptr object; /* published for walkers; NULL before the object is freed */
	hs_u32 unseen; /* kill has returned, and no walker has a reference */
};

/* Over all executions. After: kill returned before the reference was counted. */
static struct {
	uint32_t got, after, missed;
} seen;

/* The killer may free the object from here on. So there is no queue in it to wake. */
static void release(struct hs_task *self, struct hs_percpu_ref *ref)
{
	struct object *o = (struct object *)ref;

	hs_assert(self, !hs_u32_xchg(self, &o->released, 1, HS_ACQ_REL), "released twice");
}

/* Until the callback of the kill has run, its own reference may be there beside the first. */
static void walker_sums(struct hs_task *self, struct hs_percpu_ref *ref)
{
	uint64_t sum = hs_percpu_ref_sum(self, ref);

	hs_assert(self, sum <= 2, "there are %llu references", (unsigned long long)sum);
}

static void walker_main(struct hs_task *self, void *arg)
{
	struct state *s = arg;
	struct object *o;
	bool got;

	hs_rcu_read_lock(self);
	o = hs_ptr_load(self, &s->object, HS_ACQUIRE);
	if (o && s->param.sums)
		walker_sums(self, &o->ref);
	got = o && !s->param.sums && hs_percpu_ref_tryget_live(self, &o->ref);
	hs_rcu_read_unlock(self);
	if (!got) {
		seen.missed++;
		return;
	}
	seen.got++;
	seen.after += hs_u32_load(self, &s->unseen, HS_ACQUIRE);
	hs_deref(self, o);
	hs_assert(self, !hs_u32_load(self, &o->released, HS_ACQUIRE), "released while held");
	if (s->param.leak)
		return;
	hs_percpu_ref_put_many(self, &o->ref, 1);
}

static bool is_released(struct hs_task *self, void *arg)
{
	return hs_u32_load(self, &((struct object *)arg)->released, HS_ACQUIRE);
}

/* Before the callback of the kill has run, the only reference is its own. */
static bool is_unreferenced(struct hs_task *self, struct hs_percpu_ref *ref)
{
	uint64_t sum = hs_percpu_ref_sum(self, ref);

	return sum == 1 && percpu_ref_has_bias(self, ref);
}

static void killer_main(struct hs_task *self, void *arg)
{
	struct state *s = arg;
	struct object *o = s->object.raw;

	hs_percpu_ref_kill(self, &o->ref);
	if (s->param.walkers == 1)
		hs_u32_store(self, &s->unseen, is_unreferenced(self, &o->ref), HS_RELEASE);
	hs_spin_until(self, is_released, o);
	if (s->param.exit_first)
		hs_percpu_ref_exit(self, &o->ref);
	hs_ptr_store(self, &s->object, NULL, HS_RELEASE);
	hs_synchronize_rcu(self);
	if (!s->param.exit_first)
		hs_percpu_ref_exit(self, &o->ref);
	hs_free(self, o, HS_KIND_OTHER, sizeof(*o));
}

static int setup(struct hs_task *self, struct hs_plan *plan, void *state, const void *param)
{
	struct state *s = state;
	struct object *o = hs_alloc(self, HS_KIND_OTHER, sizeof(*o));
	int ret;

	s->param = *(const struct param *)param;
	ret = o ? hs_percpu_ref_init(self, &o->ref, release, s->param.flags) : -1;
	if (ret)
		return ret;
	hs_ptr_init(&s->object, o);
	for (uint32_t i = 0; i < s->param.walkers && !ret; i++)
		ret = hs_plan_task(plan, "walker", walker_main, s);
	return ret ? ret : hs_plan_task(plan, "killer", killer_main, s);
}

static const struct hs_scenario scenario = {
	.name = "percpu ref",
	.state_size = sizeof(struct state),
	.setup = setup,
};

static void reference_obtained_after_kill_is_counted(void **state)
{
	const struct param param = { .walkers = 1 };
	struct hs_explore_result r;

	(void)state;
	memset(&seen, 0, sizeof(seen));
	explore_none(&scenario, &param, 0, 204, &r);
	assert_true(seen.got > seen.after);
	assert_true(seen.after);
	assert_true(seen.missed);
	hs_explore_result_free(&r);
}

/* On two CPUs. With weak memory it takes too long to come to the end. */
static void two_walkers_against_one_kill(void **state)
{
	const struct param param = { .walkers = 2 };
	struct hs_explore_result r;

	(void)state;
	explore_none(&scenario, &param, test_is_weak() ? 2000 : 0, 823, &r);
	assert_true(r.exhaustive || test_is_weak());
	hs_explore_result_free(&r);
}

static void leaked_reference_blocks_the_release_for_ever(void **state)
{
	const struct param param = { .walkers = 1, .leak = true };

	(void)state;
	explore_fails(&scenario, &param, HS_VERDICT_DEADLOCK, "killer in spin", 1);
}

/* The drawing of that name. */
static void atomic_exit_needs_a_grace_period(void **state)
{
	const struct param late = { .walkers = 1, .flags = HS_PERCPU_REF_ATOMIC };
	const struct param first = { .walkers = 1,
				     .flags = HS_PERCPU_REF_ATOMIC,
				     .exit_first = true };
	struct hs_explore_result r;

	(void)state;
	explore_none(&scenario, &late, 0, 19, &r);
	assert_true(r.exhaustive);
	hs_explore_result_free(&r);
	if (!test_counts_are_exact()) { /* of code that frees the count */
		explore_fails(&scenario, &first, HS_VERDICT_FREED, "object that is freed", 1);
		return;
	}
	explore_fails(&scenario, &first, HS_VERDICT_ASSERT,
		      "hs_percpu_ref_tryget_live: the count is used after hs_percpu_ref_exit()",
		      20);
}

static void a_sum_meets_exit(void **state)
{
	const struct param param = {
		.walkers = 1, .flags = HS_PERCPU_REF_ATOMIC, .exit_first = true, .sums = true
	};
	struct hs_explore_result r;

	(void)state;
	if (!test_counts_are_exact()) /* of code that has no such sum */
		skip();
	explore_none(&scenario, &param, 0, 6, &r);
	assert_true(r.exhaustive);
	hs_explore_result_free(&r);
}

/* The callback of the kill comes a grace period after it. */
static void percpu_exit_needs_none(void **state)
{
	const struct param param = { .walkers = 1, .exit_first = true };
	struct hs_explore_result r;

	(void)state;
	explore_none(&scenario, &param, test_is_weak() ? 2000 : 0, 214, &r);
	assert_true(r.exhaustive || test_is_weak());
	hs_explore_result_free(&r);
}

/* ---- faults of the model ------------------------------------------------------------------ */

static const struct param one_walker = { .walkers = 1 };

static const struct broken faults[] = {
	{ HS_BREAK_PERCPU_REF_NO_GRACE, false, &scenario, &one_walker, HS_VERDICT_DEADLOCK,
	  "nothing can move: killer in spin", 2 },
};

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reference_obtained_after_kill_is_counted),
		cmocka_unit_test(two_walkers_against_one_kill),
		cmocka_unit_test(leaked_reference_blocks_the_release_for_ever),
		cmocka_unit_test(atomic_exit_needs_a_grace_period),
		cmocka_unit_test(a_sum_meets_exit),
		cmocka_unit_test(percpu_exit_needs_none),
	};

	return model_main("percpu ref model", tests, faults);
}
