/* SPDX-License-Identifier: MIT */
/*
 * search_bounds.c - how many preemptions the executions of plain DFS have
 *
 * All executions together say which tasks could move where: those that some execution with the same
 * decisions before takes next. So this needs nothing from the search that it judges.
 */
#include "conformance/search_bounds.h"

#include <stdlib.h>
#include <string.h>

#include "port/explore/sched.h"

struct count {
	const struct play_run *run;
	uint32_t *fewest;
	uint32_t bound, within;
};

static int compare_runs(const void *a, const void *b)
{
	const struct play_run *x = a, *y = b;
	int order = memcmp(x->decision, y->decision, x->count < y->count ? x->count : y->count);

	return order ? order : (x->count > y->count) - (x->count < y->count);
}

/* Runs from @first to before @end agree in the first @at decisions, whose last task is @last. */
static void count_from(struct count *c, uint32_t first, uint32_t end, uint32_t at, uint8_t last,
		       uint32_t used)
{
	bool goes_on = false;

	if (c->run[first].count == at) {
		uint32_t *fewest = &c->fewest[c->run[first].outcome];

		*fewest = used < *fewest ? used : *fewest;
		c->within += used <= c->bound;
		return;
	}
	for (uint32_t i = first; i < end && !goes_on; i++)
		goes_on = c->run[i].decision[at] == last;
	while (first < end) {
		uint8_t next = c->run[first].decision[at];
		uint32_t more = first + 1;

		while (more < end && c->run[more].decision[at] == next)
			more++;
		if (next & HS_CHOICE)
			count_from(c, first, more, at + 1, last, used);
		else
			count_from(c, first, more, at + 1, next, used + (goes_on && next != last));
		first = more;
	}
}

uint32_t bounds_count(struct play_runs *runs, uint32_t bound, uint32_t *fewest, uint32_t outcomes)
{
	struct count c = { runs->run, fewest, bound, 0 };

	for (uint32_t i = 0; i < outcomes; i++)
		fewest[i] = UINT32_MAX;
	qsort(runs->run, runs->count, sizeof(runs->run[0]), compare_runs);
	if (runs->count)
		count_from(&c, 0, runs->count, 0, 0, 0);
	return c.within;
}
