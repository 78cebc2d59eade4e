/* SPDX-License-Identifier: MIT */
/*
 * estimate.c - how many executions a systematic search has in all
 */
#include "explore/estimate.h"

void hs_estimate_begin(struct hs_estimate *e)
{
	*e = (struct hs_estimate){ .share = 1 };
}

void hs_estimate_node(struct hs_estimate *e, uint32_t done, uint64_t seen, uint32_t alternatives)
{
	double each = e->share / alternatives;

	e->share = each;
	if (!done || !(each > 0))
		return;
	e->done += done * each;
	e->seen += (double)seen;
	e->samples++;
	e->squares += (double)seen * ((double)seen / (done * each));
}

/* By Newton's method from above, because the library is linked without libm. */
static double estimate_root(double value)
{
	double root = value > 1 ? value : 1;

	if (!(value > 0))
		return 0;
	for (;;) {
		double next = (root + value / root) / 2;

		if (!(next < root))
			return root;
		root = next;
	}
}

/* The variance is taken relative to the mean, whose square may be no double. */
double hs_estimate_total(const struct hs_estimate *e, double *deviation)
{
	double mean, variance;

	*deviation = 0;
	if (!(e->done > 0))
		return 0;
	mean = e->seen / e->done;
	variance = e->squares * e->done / (e->seen * e->seen) - 1;
	if (variance < 0)
		variance = 0; /* by rounding */
	*deviation = (1 - e->done) * mean * estimate_root(variance + 1 / e->samples);
	return mean;
}
