/* SPDX-License-Identifier: MIT */
/*
 * mirror_module.c - the scenario with which a driver (mirror_driver.c) is explored
 *
 * The device faults its pages and touches them, while the process gives one back. The driver is
 * compiled as it is, by hmmsim_explore_module() of the CMake package; this file is an ordinary user
 * of hmmsim. With an argument it also prints the executions: one column a task, one line a step.
 * Prints:
 *
 *	sound: none
 *	no retry: assertion in mirror_driver.c
 *	no lock: assertion in mirror_driver.c
 *	frees first: use after free in mirror_driver.c
 */
#include <stdio.h>
#include <string.h>

#include <hmmsim/hmmsim.h>

#include "mirror_driver.h"

struct state {
	struct hs_mm *mm;
	struct mirror *mirror;
};

static void device(struct hs_task *self, void *arg)
{
	struct state *s = arg;
	int ret = mirror_fault(s->mirror);

	hs_sync_assert(self, !ret, "the fault returned %d", ret);
	mirror_touch(s->mirror);
	mirror_close(s->mirror);
}

static void process(struct hs_task *self, void *arg)
{
	struct state *s = arg;

	int ret = hs_madvise_dontneed(self, s->mm, 0, HS_PAGE_BYTES);

	hs_sync_assert(self, !ret, "madvise() returned %d", ret);
}

static int setup(struct hs_task *self, struct hs_plan *plan, void *state, const void *param)
{
	struct state *s = state;
	int ret = hs_memory_add(self, 0, 8, true);

	if (!ret)
		ret = hs_mm_create(self, hs_geometry(HS_GEOMETRY_MOCK), &s->mm);
	if (!ret)
		ret = hs_vma_add(self, s->mm, 0, MIRROR_PAGES * HS_PAGE_BYTES,
				 HS_VM_READ | HS_VM_WRITE);
	if (ret)
		return ret;
	s->mirror = mirror_open(s->mm, *(const enum mirror_bug *)param);
	if (!s->mirror)
		return -1;
	ret = hs_plan_task(plan, "device", device, s);
	return ret ? ret : hs_plan_task(plan, "process", process, s);
}

static void check(struct hs_task *self, void *state, const void *param)
{
	(void)param;
	hs_mm_destroy(self, ((struct state *)state)->mm);
}

int main(int argc, __attribute__((__unused__)) char **argv)
{
	static const struct hs_scenario scenario = { "mirror", sizeof(struct state), setup, check };
	static const char *const names[] = { "sound", "no retry", "no lock", "frees first" };

	for (int bug = 0; bug < MIRROR_BUGS; bug++) {
		struct hs_explore_options options;
		struct hs_explore_result r;

		hs_explore_options_init(&options);
		if (hs_explore(&scenario, &(enum mirror_bug){ (enum mirror_bug)bug }, &options, &r))
			return 1;
		printf("%s: %s%s%.*s\n", names[bug], hs_verdict_name(r.verdict),
		       r.violations ? " in " : "", r.violations ? (int)strcspn(r.message, ":") : 0,
		       r.message);
		if (argc > 1 && r.report)
			puts(r.report);
		hs_explore_result_free(&r);
	}
	return 0;
}
