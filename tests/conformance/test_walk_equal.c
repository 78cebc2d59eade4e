/* SPDX-License-Identifier: MIT */
/*
 * On random scenarios each walker answers, counts and faults as the reference does. A scenario that
 * shows a difference is made smaller and printed, so that `hmmsim walk` can run it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/walk_differ.h"
#include "support/scale.h"

#define SCENARIOS 5000u

/* What the scenarios led to, because a generator that avoids something must be noticed. */
struct seen {
	uint64_t success, fault, perm, busy, again, inval;
	uint64_t waits, leaks, failures, held, null_vmas, bad_ptes, livelocks;
	uint64_t kinds[HS_MAP_KIND_COUNT];
};

static struct seen seen;
static struct hs_hostmem mem;

struct pair {
	enum hs_era era;
	enum hs_strategy strategy;
};

/* ---- two answers ------------------------------------------------------------------------- */

static int answer(const struct hs_walk_scenario *s, const struct pair *pair, enum hs_body body,
		  struct hs_walk_answer *a)
{
	const struct hs_walk_setting setting = {
		.era = pair->era,
		.strategy = pair->strategy,
		.body = body,
		.mem = &mem,
	};

	return hs_walk_run(s, &setting, a);
}

static void note(const struct hs_walk_scenario *s, const struct hs_walk_answer *a)
{
	seen.success += a->ret >= 0;
	seen.fault += a->ret == -EFAULT;
	seen.perm += a->ret == -EPERM;
	seen.busy += a->ret == -EBUSY;
	seen.again += a->ret == -EAGAIN;
	seen.inval += a->ret == -EINVAL;
	seen.waits += a->counts.waits;
	seen.leaks += a->counts.leaked;
	seen.failures += a->counts.failures;
	seen.held += a->counts.held_faults;
	seen.null_vmas += a->null_vmas;
	seen.bad_ptes += a->counts.bad_ptes;
	seen.livelocks += a->livelock;
	for (size_t i = 0; i < s->layout.map_count; i++)
		seen.kinds[s->layout.maps[i].kind]++;
}

/* 0: the answers are equal; 1: they differ; other: an error of the run itself. */
static int differ(const struct hs_walk_scenario *s, const struct pair *pair)
{
	struct hs_walk_answer reference, plain;
	int ret = answer(s, pair, HS_BODY_REFERENCE, &reference);
	int second = answer(s, pair, HS_BODY_PLAIN, &plain);

	ret = ret ? ret : second;
	if (!ret) {
		note(s, &reference);
		ret = !walk_answers_equal(&reference, &plain);
	}
	hs_walk_answer_free(&mem, &reference);
	hs_walk_answer_free(&mem, &plain);
	return ret;
}

/* ---- a difference, made smaller ---------------------------------------------------------- */

struct difference {
	const struct pair *pair;
	int what; /* as differ() said it first */
};

static bool shows(const struct hs_walk_scenario *s, void *arg)
{
	const struct difference *difference = arg;

	return differ(s, difference->pair) == difference->what;
}

static void say(const struct hs_walk_scenario *s, const struct pair *pair, enum hs_body body)
{
	struct hs_walk_answer a;
	int ret = answer(s, pair, body, &a);

	walk_tell_answer(&mem, hs_body_name(body), ret, &a);
	hs_walk_answer_free(&mem, &a);
}

static void explain(struct gen *g, const struct pair *pair, int what)
{
	struct difference difference = { pair, what };

	walk_shrink(g, shows, &difference);
	walk_tell_scenario(&mem, &g->s);
	say(&g->s, pair, HS_BODY_REFERENCE);
	say(&g->s, pair, HS_BODY_PLAIN);
	fail_msg("%s %s: the walkers differ (%d)", hs_era_name(pair->era),
		 hs_strategy_name(pair->strategy), what);
}

/* ---- all of them ------------------------------------------------------------------------- */

static uint32_t scenarios(void)
{
	const char *number = getenv("HMMSIM_WALK_SCENARIOS");

	return number ? (uint32_t)strtoul(number, NULL, 10) : test_scaled(SCENARIOS);
}

static void walkers_are_equal(void **state)
{
	const struct pair *pair = *state;
	static struct gen g;

	for (uint64_t i = 0; i < scenarios(); i++) {
		int ret;

		gen_scenario(&g, i * HS_ERA_COUNT * HS_STRATEGY_COUNT +
					 (uint64_t)pair->era * HS_STRATEGY_COUNT + pair->strategy);
		ret = differ(&g.s, pair);
		if (ret)
			explain(&g, pair, ret);
	}
	assert_int_equal(mem.live, 0);
}

static void the_scenarios_lead_everywhere(void **state)
{
	(void)state;
	assert_true(seen.success && seen.fault && seen.perm && seen.busy && seen.again &&
		    seen.inval);
	assert_true(seen.waits && seen.leaks && seen.failures && seen.held && seen.null_vmas);
	assert_true(seen.bad_ptes && seen.livelocks);
	for (unsigned int i = 0; i < HS_MAP_KIND_COUNT; i++)
		assert_true(seen.kinds[i]);
}

#define TEST(era, strategy)                                                       \
	{                                                                         \
#era " " #strategy, walkers_are_equal, NULL, NULL, &(struct pair) \
		{                                                                 \
			HS_ERA_##era, HS_STRATEGY_##strategy                      \
		}                                                                 \
	}
#define TESTS(era)                                                                              \
	TEST(era, NONE), TEST(era, PER_PAGE), TEST(era, PER_TABLE), TEST(era, PER_TABLE_LOCAL), \
		TEST(era, PER_RANGE), TEST(era, PER_PASS), TEST(era, PER_CALL)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TESTS(5_3),
		TESTS(6_12),
		cmocka_unit_test(the_scenarios_lead_everywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
