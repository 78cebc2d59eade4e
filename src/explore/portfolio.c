/* SPDX-License-Identifier: MIT */
/*
 * portfolio.c - independent executions by several strategies in turn, because none is best
 *
 * Of four executions in a row one is uniform, one is POS and two are PCT, whose depth goes round
 * from 1 to 5. Which strategy execution i has follows from i alone.
 */
#include <errno.h>
#include <stdlib.h>

#include "explore/chance.h"

#define PORTFOLIO_DEPTHS 5

enum portfolio_strategy {
	PORTFOLIO_RANDOM,
	PORTFOLIO_PCT,
	PORTFOLIO_POS,
	PORTFOLIO_STRATEGY_COUNT,
};

struct portfolio {
	struct hs_chance chance;
	struct hs_searcher *strategy[PORTFOLIO_STRATEGY_COUNT];
	struct hs_searcher *now;
};

static int portfolio_pick(void *ctx, struct hs_sched *s, uint32_t enabled)
{
	const struct hs_chooser *now = &((struct portfolio *)ctx)->now->chooser;

	return now->pick(now->ctx, s, enabled);
}

static uint32_t portfolio_choose(void *ctx, struct hs_sched *s, uint32_t n)
{
	const struct hs_chooser *now = &((struct portfolio *)ctx)->now->chooser;

	return now->choose(now->ctx, s, n);
}

static void portfolio_start(struct hs_searcher *me)
{
	struct portfolio *p = (struct portfolio *)me;
	uint64_t i = p->chance.index;

	if (i % 4 == 0) {
		p->now = p->strategy[PORTFOLIO_RANDOM];
	} else if (i % 4 == 2) {
		p->now = p->strategy[PORTFOLIO_POS];
	} else {
		p->now = p->strategy[PORTFOLIO_PCT];
		hs_pct_set_depth(p->now, 1 + (uint32_t)(i / 2 % PORTFOLIO_DEPTHS));
	}
	((struct hs_chance *)p->now)->index = i;
	p->now->start(p->now);
}

static bool portfolio_measure(struct hs_searcher *me, const struct hs_sched *s)
{
	struct portfolio *p = (struct portfolio *)me;

	p->now = p->strategy[PORTFOLIO_PCT];
	return p->now->measure(p->now, s);
}

static void portfolio_release(struct hs_searcher *me)
{
	struct portfolio *p = (struct portfolio *)me;

	for (int i = 0; i < PORTFOLIO_STRATEGY_COUNT; i++)
		if (p->strategy[i])
			p->strategy[i]->release(p->strategy[i]);
	free(p);
}

static int portfolio_make_strategies(struct portfolio *p, const struct hs_explore_options *options)
{
	struct hs_explore_options any_depth = *options;
	int ret;

	any_depth.depth = 1;
	ret = hs_search_random(options, &p->strategy[PORTFOLIO_RANDOM]);
	if (!ret)
		ret = hs_search_pct(&any_depth, &p->strategy[PORTFOLIO_PCT]);
	if (!ret)
		ret = hs_search_pos(options, &p->strategy[PORTFOLIO_POS]);
	return ret;
}

int hs_search_portfolio(const struct hs_explore_options *options, struct hs_searcher **out)
{
	struct portfolio *p = calloc(1, sizeof(*p));
	int ret;

	if (!p)
		return -ENOMEM;
	ret = hs_chance_init(&p->chance, options);
	if (!ret)
		ret = portfolio_make_strategies(p, options);
	if (ret) {
		portfolio_release(&p->chance.searcher);
		return ret;
	}
	p->chance.searcher.chooser = (struct hs_chooser){ portfolio_pick, portfolio_choose, p };
	p->chance.searcher.start = portfolio_start;
	p->chance.searcher.measure = portfolio_measure;
	p->chance.searcher.release = portfolio_release;
	*out = &p->chance.searcher;
	return 0;
}
