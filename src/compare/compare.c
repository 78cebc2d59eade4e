/* SPDX-License-Identifier: MIT */
/*
 * compare.c - walks a layout with one strategy: builds the space, counts and times the calls
 */
#include "compare/compare.h"

#include <errno.h>

/* ---- the space --------------------------------------------------------------------------- */

/* A walk splits such a leaf, which changes the space. */
static bool compare_has_ordinary_1g(const struct hs_layout *layout)
{
	for (size_t i = 0; i < layout->map_count; i++) {
		const struct hs_space_map *map = &layout->maps[i];
		size_t vma = hs_layout_find_vma(layout, map->addr);

		if (map->level == 2 && hs_map_has_pfn(map->kind) && !hs_map_is_device(map->kind) &&
		    !(layout->vmas[vma].flags & HS_VM_HUGETLB))
			return true;
	}
	return false;
}

static int compare_populate(struct hs_compare *c)
{
	const struct hs_compare_space *space = c->set.space;
	int ret = space ? space->build(c, space->arg)
			: hs_populate(c->self, c->set.mem, c->layout, &c->space);

	if (ret)
		return ret;
	if (!space)
		hs_mm_set_fault_ops(c->space.mm, &hs_script_ops, &c->script);
	c->dirty = false;
	return 0;
}

static void compare_end_space(struct hs_compare *c)
{
	if (c->set.space)
		c->set.space->end(c, c->set.space->arg);
	else
		hs_populate_end(&c->space);
}

int hs_compare_rebuild(struct hs_compare *c)
{
	compare_end_space(c);
	hs_hostmem_free(c->set.mem, c->script.log);
	c->script.log = NULL;
	c->script.log_count = 0;
	return compare_populate(c);
}

int hs_compare_begin(struct hs_compare *c, const struct hs_layout *layout,
		     const struct hs_compare_setting *setting)
{
	struct hs_machine_config standard;
	int ret;

	*c = (struct hs_compare){ .layout = layout, .set = *setting };
	c->script = (struct hs_script){ .rules = &hs_no_fault_rules, .mem = setting->mem };
	if (hs_layout_lacks_pgmap(layout))
		return -EINVAL;
	hs_machine_config_init(&standard);
	ret = hs_machine_create(setting->machine ? setting->machine : &standard, &c->machine);
	if (!ret)
		ret = hs_task_attach(c->machine, "compare", &c->self);
	return ret ? ret : compare_populate(c);
}

int hs_compare_end(struct hs_compare *c)
{
	int ret = 0;

	compare_end_space(c);
	if (c->self)
		hs_task_detach(c->self);
	if (c->machine)
		ret = hs_machine_destroy(c->machine, NULL);
	hs_hostmem_free(c->set.mem, c->script.log);
	hs_hostmem_free(c->set.mem, c->pfns);
	*c = (struct hs_compare){ .layout = NULL };
	return ret;
}

/* ---- calls ------------------------------------------------------------------------------- */

/*
 * Ends a walk that a dead pgmap would keep in passes for ever. A fault or a wait is progress; v5.3
 * asks in every VMA.
 */
static bool compare_no_progress(struct hs_task *self, struct hs_range *range, void *arg)
{
	struct hs_compare *c = arg;
	uint64_t progress = c->script.calls + c->script.log_count;

	(void)self;
	(void)range;
	if (progress != c->progress) {
		c->progress = progress;
		c->checks = 0;
	}
	c->livelock = ++c->checks > HS_COMPARE_CHECKS + c->layout->vma_count;
	return c->livelock;
}

static int compare_make_slots(struct hs_compare *c, uint64_t pages)
{
	if (c->slots >= pages)
		return 0;
	hs_hostmem_free(c->set.mem, c->pfns);
	c->slots = 0;
	c->pfns = hs_hostmem_zalloc(c->set.mem, pages, sizeof(*c->pfns));
	if (!c->pfns)
		return -ENOMEM;
	c->slots = pages;
	return 0;
}

/* Makes the space and the slots ready for a walk of @span. */
static int compare_prepare(struct hs_compare *c, const struct hs_compare_span *span)
{
	int ret = c->dirty ? hs_compare_rebuild(c) : 0;

	return ret ? ret : compare_make_slots(c, span->most_pages);
}

uint64_t hs_request_flags(enum hs_compare_request request)
{
	static const uint64_t flags[HS_REQUEST_COUNT] = {
		[HS_REQUEST_READ] = HS_PFN_VALID,
		[HS_REQUEST_WRITE] = HS_PFN_VALID | HS_PFN_WRITE,
	};

	return flags[request];
}

static int compare_call(struct hs_compare *c, enum hs_era era, enum hs_strategy strategy,
			const struct hs_compare_call *at, struct hs_range *range)
{
	int ret;

	hs_range_init(range, c->space.mm, at->start, at->end, c->pfns);
	range->default_flags = hs_request_flags(c->set.request);
	range->owner = hs_populate_owner(c->set.owner);
	range->era = era;
	range->strategy = strategy;
	range->body = c->set.body;
	range->retry = compare_no_progress;
	range->retry_arg = c;
	c->checks = 0;
	c->livelock = false;
	hs_mm_lock_read(c->self, c->space.mm);
	ret = hs_range_fault(c->self, range);
	hs_mm_unlock_read(c->self, c->space.mm);
	return ret;
}

/* Pages that were faulted in counted as holes and the like before. */
static void compare_count_faulted(struct hs_cost_counts *cost, uint64_t faults)
{
	static const enum hs_cost_class absent[] = { HS_COST_EMPTY_PTE, HS_COST_HOLE,
						     HS_COST_PRIVATE_FOREIGN };

	for (unsigned int i = 0; i < sizeof(absent) / sizeof(absent[0]); i++) {
		uint64_t *was = &cost->of[absent[i]], n = *was < faults ? *was : faults;

		*was -= n;
		faults -= n;
		cost->of[HS_COST_PAGE] += n;
	}
}

static uint64_t compare_count_valid(const struct hs_compare *c, const struct hs_compare_call *at)
{
	uint64_t valid = 0, pages = (at->end - at->start) / HS_PAGE_BYTES;

	for (uint64_t i = 0; i < pages; i++)
		valid += (c->pfns[i] & HS_PFN_VALID) != 0;
	return valid;
}

int hs_compare_run(struct hs_compare *c, enum hs_era era, enum hs_strategy strategy,
		   const struct hs_compare_span *span, struct hs_compared *out)
{
	int ret = compare_prepare(c, span);

	*out = (struct hs_compared){ .error = 0 };
	if (ret)
		return ret;
	hs_compare_pages(c->layout, span, c->set.owner, &out->cost);
	for (size_t i = 0; i < span->count; i++) {
		struct hs_range range;
		int answer = compare_call(c, era, strategy, &span->calls[i], &range);

		if (answer == -ENOMEM || c->script.error)
			return -ENOMEM;
		if (answer && !out->failed++)
			out->error = answer;
		out->livelocks += c->livelock;
		if (!answer && c->set.space)
			out->valid += compare_count_valid(c, &span->calls[i]);
		hs_walk_counts_add(&out->counts, &range.counts);
		hs_cost_count_call(&out->cost, &range.counts);
	}
	compare_count_faulted(&out->cost, out->counts.faults);
	out->changed = out->counts.faults || out->counts.waits ||
		       compare_has_ordinary_1g(c->layout);
	c->dirty = out->changed;
	return hs_populate_put_left(&c->space) == out->counts.leaked ? 0 : -EIO;
}

int hs_compare_time(struct hs_compare *c, enum hs_era era, enum hs_strategy strategy,
		    const struct hs_compare_span *span, uint64_t times, double *real_ns,
		    double *cpu_ns)
{
	const struct hs_clock *clock = c->set.clock;
	size_t logged;
	int ret = compare_prepare(c, span);

	if (ret)
		return ret;
	logged = c->script.log_count;
	*cpu_ns = clock->cpu_ns();
	*real_ns = clock->real_ns();
	for (uint64_t n = 0; n < times; n++)
		for (size_t i = 0; i < span->count; i++) {
			struct hs_range range;

			compare_call(c, era, strategy, &span->calls[i], &range);
		}
	*real_ns = clock->real_ns() - *real_ns;
	*cpu_ns = clock->cpu_ns() - *cpu_ns;
	c->dirty = c->script.log_count != logged || compare_has_ordinary_1g(c->layout);
	hs_populate_put_left(&c->space); /* of a call that ends with an error, times times */
	return c->script.error;
}
