/* SPDX-License-Identifier: MIT */
/*
 * migration_explored.c - the tasks of migration_tasks.c, under all schedules with one preemption
 *
 * A driver that evicts its memory before it removes it is right. One that does not waits for ever,
 * if the process does not touch its page any more, because nothing else brings it back. (Without a
 * bound the search takes long, because a fault and an eviction may both give up, again and again.)
 *
 * With an argument it also prints that execution: one column a task, one line a step.
 * Prints:
 *
 *	evicts: none, all within the bound
 *	does not: deadlock, in columns:
 *	1 process       2 driver        3 rcu callback
 */
#include <stdio.h>
#include <string.h>

#include "migration.h"

/* The heading of the columns, or all of the report. */
static void print(const char *report, bool all)
{
	const char *heading = strstr(report, "\n1 ");

	if (all)
		fputs(report, stdout);
	else if (heading)
		printf("%.*s\n", (int)strcspn(heading + 1, "\n"), heading + 1);
}

int main(int argc, __attribute__((__unused__)) char **argv)
{
	for (int hasty = 0; hasty < 2; hasty++) {
		struct hs_explore_options options;
		struct hs_explore_result r;

		hs_explore_options_init(&options);
		options.search = HS_SEARCH_BOUND;
		options.bound = 1;
		if (hs_explore(&migration, &(bool){ hasty }, &options, &r))
			return 1;
		printf("%s: %s, %s\n", hasty ? "does not" : "evicts", hs_verdict_name(r.verdict),
		       r.extent == HS_EXTENT_BOUND ? "all within the bound" : "in columns:");
		if (r.report)
			print(r.report, argc > 1);
		hs_explore_result_free(&r);
	}
	return 0;
}
