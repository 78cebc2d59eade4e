/* SPDX-License-Identifier: MIT */
#include "support/shrunk.h"

#include "explore/search.h"
#include "explore/shrink.h"

const enum hs_search shrunk_searches[SHRUNK_SEARCHES] = {
	HS_SEARCH_DFS,	  HS_SEARCH_SLEEP, HS_SEARCH_DPOR,	HS_SEARCH_BOUND,
	HS_SEARCH_RANDOM, HS_SEARCH_PCT,   HS_SEARCH_PORTFOLIO,
};

void shrunk_options(struct hs_explore_options *options, enum hs_search search)
{
	hs_explore_options_init(options);
	options->search = search;
	options->max_executions = 10000;
	options->max_steps = 200;
	options->shrink = SHRUNK_ENOUGH;
}

static struct shrunk_cost cost_of(const struct hs_sched *s)
{
	struct shrunk_cost c = { { 0 } };
	uint8_t last = 0;

	for (uint32_t i = 0; i < s->decisions; i++) {
		uint8_t d = s->schedule[i];

		if (d & HS_CHOICE) {
			c.figure[3] += (d & ~HS_CHOICE) > 0;
			continue;
		}
		c.figure[2]++;
		if (last && d != last) {
			c.figure[1]++;
			c.figure[0] += s->repeat.note[i].enabled >> last & 1;
		}
		last = d;
	}
	return c;
}

bool shrunk_is_less(const struct shrunk_cost *a, const struct shrunk_cost *b)
{
	for (size_t i = 0; i < COUNT(a->figure); i++)
		if (a->figure[i] != b->figure[i])
			return a->figure[i] < b->figure[i];
	return false;
}

static void judge_ended(void *ctx, const struct hs_sched *s, enum hs_run end)
{
	struct shrunk_judge *j = ctx;
	struct shrunk_cost c;

	if (end == HS_RUN_CUT ||
	    (j->verdict && (s->verdict != j->verdict ||
			    !hs_shrink_same_message(j->verdict, s->message, j->message))))
		return;
	c = cost_of(s);
	if (!j->found++ || shrunk_is_less(&c, &j->least))
		j->least = c;
}

void shrunk_observe(const struct hs_scenario *scenario, const void *param,
		    const struct hs_explore_options *options, bool shrinks, struct shrunk_judge *j,
		    struct hs_explore_result *r)
{
	const struct hs_observer observer = { .ended = judge_ended, .ctx = j, .shrinks = shrinks };

	assert_int_equal(hs_explore_observed(scenario, param, options, &observer, r), 0);
}

struct shrunk_cost shrunk_replay(const struct hs_scenario *scenario, const void *param,
				 const struct hs_explore_options *options,
				 const struct hs_explore_result *r, bool shrinks)
{
	struct hs_explore_options o = *options;
	struct hs_explore_result again;
	struct shrunk_judge j = { .verdict = HS_VERDICT_NONE };

	o.search = HS_SEARCH_REPLAY;
	o.schedule = r->schedule;
	shrunk_observe(scenario, param, &o, shrinks, &j, &again);
	assert_int_equal(again.verdict, r->verdict);
	assert_string_equal(again.message, r->message);
	assert_string_equal(again.schedule, r->schedule);
	assert_string_equal(again.report, r->report);
	if (shrinks) {
		assert_true(again.shrink_executions);
		assert_true(again.minimal);
	} else {
		assert_int_equal(again.shrink_executions, 0);
	}
	hs_explore_result_free(&again);
	return j.least;
}
