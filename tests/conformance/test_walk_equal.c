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

#include "support/walk_gen.h"
#include "support/walk_print.h"
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

static bool same_log(const struct hs_walk_answer *a, const struct hs_walk_answer *b)
{
	if (a->log_count != b->log_count)
		return false;
	for (size_t i = 0; i < a->log_count; i++) {
		const struct hs_walk_event *x = &a->log[i], *y = &b->log[i];

		if (x->addr != y->addr || x->count != y->count || x->kind != y->kind ||
		    x->action != y->action || x->write != y->write)
			return false;
	}
	return true;
}

static bool same(const struct hs_walk_answer *a, const struct hs_walk_answer *b)
{
	return a->ret == b->ret && a->livelock == b->livelock && a->null_vmas == b->null_vmas &&
	       !memcmp(&a->counts, &b->counts, sizeof(a->counts)) && a->pages == b->pages &&
	       !memcmp(a->pfns, b->pfns, a->pages * sizeof(a->pfns[0])) && same_log(a, b);
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
		ret = !same(&reference, &plain);
	}
	hs_walk_answer_free(&mem, &reference);
	hs_walk_answer_free(&mem, &plain);
	return ret;
}

/* ---- a difference, made smaller as long as it is one -------------------------------------- */

#define TRIES_MAX 4000

static struct gen best, candidate;
static const struct pair *shrunk_pair;
static int shrunk_what; /* as differ() said it first */
static unsigned int tries, steps;

/* The candidate is the new best one if it shows the same. */
static bool keep(void)
{
	if (tries++ >= TRIES_MAX || differ(&candidate.s, shrunk_pair) != shrunk_what)
		return false;
	gen_copy(&best, &candidate);
	steps++;
	return true;
}

static struct hs_walk_scenario *trial(void)
{
	gen_copy(&candidate, &best);
	return &candidate.s;
}

#define ERASE(array, count, i) \
	memmove(&(array)[i], &(array)[(i) + 1], (--(count) - (i)) * sizeof((array)[0]))

#define ERASE_EACH(array, count)                                 \
	for (size_t i_ = best.s.count; i_-- > 0;) {              \
		trial();                                         \
		ERASE(candidate.s.array, candidate.s.count, i_); \
		keep();                                          \
	}

static void erase_lines(void)
{
	ERASE_EACH(layout.maps, layout.map_count)
	ERASE_EACH(ins, in_count)
	ERASE_EACH(layout.vmas, layout.vma_count)
	ERASE_EACH(layout.pgmaps, layout.pgmap_count)
	ERASE_EACH(rules.by_call, rules.by_call_count)
	ERASE_EACH(rules.by_addr, rules.by_addr_count)
}

#define HALVE_EACH(array, array_count)                         \
	for (size_t i_ = 0; i_ < best.s.array_count; i_++) {   \
		do                                             \
			trial()->array[i_].count /= 2;         \
		while (candidate.s.array[i_].count && keep()); \
	}

static void halve_counts(void)
{
	HALVE_EACH(layout.maps, layout.map_count)
	HALVE_EACH(ins, in_count)
}

/* Slots [first, end) of the range remain. */
static bool crop(uint64_t first, uint64_t end)
{
	struct hs_walk_scenario *s = trial();

	s->req.end = s->req.start + end * HS_PAGE_BYTES;
	s->req.start += first * HS_PAGE_BYTES;
	for (size_t i = s->in_count; i-- > 0;) {
		struct hs_walk_in *in = &s->ins[i];
		uint64_t in_end = in->index + in->count;

		if (in_end <= first || in->index >= end) {
			ERASE(s->ins, s->in_count, i);
			continue;
		}
		if (in->index < first)
			in->index = first;
		in->count = (in_end < end ? in_end : end) - in->index;
		in->index -= first;
	}
	return keep();
}

static void crop_range(void)
{
	for (uint64_t part = 1 << 20; part; part /= 2) {
		uint64_t pages;

		do
			pages = (best.s.req.end - best.s.req.start) / HS_PAGE_BYTES;
		while (pages > part && (crop(0, pages - part) || crop(part, pages)));
	}
}

static void plain_settings(void)
{
#define PLAIN(setting, value) (trial()->setting = (value), keep())
	PLAIN(rules.action, HS_ACTION_OK);
	PLAIN(retry_at, 0);
	PLAIN(rules.migration_stays, false);
	PLAIN(snapshot, false);
	PLAIN(req.owner, 0);
	for (size_t i = 0; i < best.s.layout.map_count; i++)
		PLAIN(layout.maps[i].kind, HS_MAP_RW);
#undef PLAIN
}

static void shrink(void)
{
	unsigned int before;

	do {
		before = steps;
		erase_lines();
		crop_range();
		halve_counts();
		plain_settings();
	} while (steps != before && tries < TRIES_MAX);
}

static void say(const struct hs_walk_scenario *s, const struct pair *pair, enum hs_body body)
{
	struct hs_out out = { .mem = &mem };
	struct hs_walk_answer a;
	int ret = answer(s, pair, body, &a);

	fprintf(stderr, "%s, run %d, calls %d, hits %d, puts %d:\n", hs_body_name(body), ret,
		(int)a.counts.calls, (int)a.counts.hits, (int)a.counts.puts);
	if (a.pfns)
		hs_walk_answer_print(&a, &out);
	fwrite(out.bytes, 1, out.used, stderr);
	hs_out_free(&out);
	hs_walk_answer_free(&mem, &a);
}

static void explain(const struct gen *g, const struct pair *pair, int what)
{
	struct hs_out out = { .mem = &mem };

	gen_copy(&best, g);
	shrunk_pair = pair;
	shrunk_what = what;
	shrink();
	hs_walk_print(&best.s, &out);
	fwrite(out.bytes, 1, out.used, stderr);
	hs_out_free(&out);
	say(&best.s, pair, HS_BODY_REFERENCE);
	say(&best.s, pair, HS_BODY_PLAIN);
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
