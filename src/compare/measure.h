/* SPDX-License-Identifier: MIT */
/*
 * measure.h - repetitions of several variants, interleaved, and what they say together
 *
 * invented. Repetitions of all variants are mixed in random order, so that a drift of the machine
 * hits them alike. Medians count, and the tenth part at either end is left out of the interval.
 */
#ifndef HS_COMPARE_MEASURE_H
#define HS_COMPARE_MEASURE_H

#include <stdint.h>

struct hs_measured {
	double median, low, high; /* low, high: the 10th and the 90th percentile */
	double min, max;
};

/* What times are read from. There is none here: programs bring theirs (tool/clock.h). */
struct hs_clock {
	double (*real_ns)(void); /* monotonic */
	double (*cpu_ns)(void);	 /* what this thread had of a CPU */
};

/*
 * Which variant is to be run when: @variants times @repetitions indices, each variant as often. The
 * same *state, which goes on, gives the same order.
 */
void hs_measure_order(uint64_t *state, unsigned int *order, unsigned int variants,
		      unsigned int repetitions);
/* Sorts them; @count is not 0. The median of an even count is between the two in the middle. */
struct hs_measured hs_measure_summary(double *values, unsigned int count);

#endif
