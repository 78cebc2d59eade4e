/* SPDX-License-Identifier: MIT */
/*
 * measure.c - the order of repetitions, and their median and percentiles
 */
#include "compare/measure.h"

#include <stdlib.h>

static uint64_t measure_shuffle_next(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return *state >> 33;
}

void hs_measure_order(uint64_t *state, unsigned int *order, unsigned int variants,
		      unsigned int repetitions)
{
	unsigned int total = variants * repetitions;

	for (unsigned int i = 0; i < total; i++)
		order[i] = i % variants;
	for (unsigned int i = total; i > 1; i--) {
		unsigned int j = (unsigned int)(measure_shuffle_next(state) % i), t = order[i - 1];

		order[i - 1] = order[j];
		order[j] = t;
	}
}

static int measure_by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

struct hs_measured hs_measure_summary(double *values, unsigned int count)
{
	qsort(values, count, sizeof(*values), measure_by_value);
	return (struct hs_measured){
		.median = (values[(count - 1) / 2] + values[count / 2]) / 2,
		.low = values[count / 10],
		.high = values[count - 1 - count / 10],
		.min = values[0],
		.max = values[count - 1],
	};
}
