/* SPDX-License-Identifier: MIT */
/*
 * glisse.c - a pattern of August 2019, under every schedule
 *
 * "Register. Again: fault; lock; valid? populate; otherwise unlock, again." A driver that does so,
 * it was said, needs no reference to device memory. With the flag of v5.3 the explorer finds a
 * schedule that is wrong: the flag is true again when an invalidation has come and gone. With the
 * sequence number of v5.5 it runs all schedules, and none is wrong. The scenario is in one_page.h.
 *
 * With an argument it also prints that execution: one column a task, one line a step.
 * Prints:
 *
 *	flag: use after free, stopped there
 *	schedule 1*8 2*80 1*6 3*8 2*27 1
 *	sequence: none, exhaustive
 */
#include <stdio.h>

#include "one_page.h"

/* The callback: the driver forgets the page. */
static void forget(struct hs_task *self, struct gpu *gpu, uint64_t cur_seq)
{
	hs_page_lock(self, gpu->table);
	if (!gpu->flag)
		hs_interval_set_seq(self, &gpu->sub, cur_seq);
	hs_page_set_private(self, gpu->table, 0);
	hs_page_unlock(self, gpu->table);
}

int sync_mirror(struct hs_task *self, struct hs_mirror *mirror, const struct hs_invalidation *inv)
{
	(void)inv;
	forget(self, (struct gpu *)((char *)mirror - offsetof(struct gpu, mirror)), 0);
	return 0;
}

bool invalidate(struct hs_task *self, struct hs_interval_sub *sub,
		const struct hs_invalidation *inv, uint64_t cur_seq)
{
	(void)inv;
	forget(self, (struct gpu *)((char *)sub - offsetof(struct gpu, sub)), cur_seq);
	return true;
}

static bool begin(struct hs_task *self, struct gpu *gpu)
{
	if (gpu->flag)
		return hs_mirror_range_wait_until_valid(self, &gpu->range, HS_RANGE_DEFAULT_TICKS);
	gpu->seq = hs_interval_read_begin(self, &gpu->sub);
	return true;
}

static bool valid(struct hs_task *self, struct gpu *gpu)
{
	if (gpu->flag)
		return hs_mirror_range_valid(self, &gpu->range);
	return !hs_interval_read_retry(self, &gpu->sub, gpu->seq);
}

/* dma_map_page() looks at the struct page. */
static void populate(struct hs_task *self, struct gpu *gpu, uint64_t pfn)
{
	(void)hs_page_count(self, hs_pfn_to_page(self, pfn & HS_ENTRY_PFN));
	hs_page_set_private(self, gpu->table, pfn);
}

void mirror_page(struct hs_task *self, void *arg)
{
	struct gpu *gpu = arg;
	uint64_t pfn = 0;
	bool done = false;

	while (!done && begin(self, gpu) && fault(self, gpu, &pfn)) {
		hs_page_lock(self, gpu->table);
		done = valid(self, gpu);
		if (done)
			populate(self, gpu, pfn);
		hs_page_unlock(self, gpu->table);
	}
}

int main(int argc, __attribute__((__unused__)) char **argv)
{
	for (int flag = 1; flag >= 0; flag--) {
		struct hs_explore_options options;
		struct hs_explore_result r;

		hs_explore_options_init(&options);
		if (hs_explore(&one_page, &(bool){ flag }, &options, &r))
			return 1;
		printf("%s: %s, %s\n", flag ? "flag" : "sequence", hs_verdict_name(r.verdict),
		       r.exhaustive ? "exhaustive" : "stopped there");
		if (r.schedule)
			printf("schedule %s\n%s", r.schedule, argc > 1 ? r.report : "");
		hs_explore_result_free(&r);
	}
	return 0;
}
