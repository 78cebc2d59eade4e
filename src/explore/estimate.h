/* SPDX-License-Identifier: MIT */
/*
 * estimate.h - how many executions a systematic search has in all
 *
 * A searcher that walks a tree of decisions tells of the path that it has reached, from the first
 * node to the last (hs_searcher.estimate): how many of a node's alternatives are finished, how many
 * executions were in them, and how many alternatives the node has, as far as is known. A search is
 * asked seldom and pays nothing per step.
 *
 * Each alternative of a node stands for an equal share of what the node stands for, and the first
 * node for all (Knuth). If executions are spread over the shares that are left as over those that
 * are done, there are executions / share done in all: exact at the end. Later alternatives have
 * less to do, above all with sleep sets, so that the estimate is too high at first and falls.
 *
 * The nodes of the path are samples of how dense the executions are. The deviation of the estimate
 * is theirs, over the share that is left; of one sample, and of few, it takes the mean for
 * uncertain.
 */
#ifndef HS_EXPLORE_ESTIMATE_H
#define HS_EXPLORE_ESTIMATE_H

#include <stdint.h>

struct hs_estimate {
	double share; /* that the next node stands for */
	double done, seen, samples;
	double squares; /* of the densities, each weighed with its share */
};

void hs_estimate_begin(struct hs_estimate *e);
void hs_estimate_node(struct hs_estimate *e, uint32_t done, uint64_t seen, uint32_t alternatives);
/* 0: nothing is known. */
double hs_estimate_total(const struct hs_estimate *e, double *deviation);

#endif
