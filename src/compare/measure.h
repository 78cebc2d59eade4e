/* SPDX-License-Identifier: MIT */
/*
 * measure.h - repetitions of several variants in a mixed order, and their summary
 *
 * invented. Repetitions of all variants are mixed in random order, so that a drift of the machine
 * affects all variants alike. The result is the median with the 10th and the 90th percentile.
 */
#ifndef HS_COMPARE_MEASURE_H
#define HS_COMPARE_MEASURE_H

#include <stdint.h>

struct hs_measured {
	double median, low, high; /* low, high: the 10th and the 90th percentile */
	double min, max;
};

/* Clocks, which the program provides (tool/clock.h). */
struct hs_clock {
	double (*real_ns)(void); /* monotonic */
	double (*cpu_ns)(void);	 /* CPU time of this thread */
};

/*
 * Fills @order with @variants times @repetitions indices, each variant equally often. The same
 * *state gives the same order; *state changes.
 */
void hs_measure_order(uint64_t *state, unsigned int *order, unsigned int variants,
		      unsigned int repetitions);
/* Sorts @values; @count is not 0. The median of an even count is the mean of the middle two. */
struct hs_measured hs_measure_summary(double *values, unsigned int count);

#endif
