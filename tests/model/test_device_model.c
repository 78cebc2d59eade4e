/* SPDX-License-Identifier: MIT */
/*
 * A device populates one page while that page is taken away, under every schedule that matters:
 * first by one invalidation, then by the removal of all the memory behind a mapping. Two tasks with
 * the removal in order, or two neighbours swapped: src/text/scenarios/populate.txt. Judged:
 *
 *	S1	no word of the device is left when the struct pages are gone
 *	S2	no struct page is touched when it is gone
 *	S3	nothing is left at the end
 *
 * Where a violation is expected, S1 and S2 are judged one at a time, because an execution ends at
 * its first violation. The pages are in a section that is not there at boot, so that their memmap
 * goes with them. The tests have the names of the drawings in src/device/dmirror.c.
 */
#include <hmmsim/fault.h>
#include <hmmsim/mapping.h>
#include <hmmsim/pgmap.h>

#include "device/dmirror.h"
#include "memory/hotplug.h"
#include "mm/mm.h"
#include "support/broken.h"
#include "support/exact.h"

#define PFN 8u
#define PFN_END 10u

enum judged {
	S1,
	S2,
	BOTH,
};

static const char *const judged_names[] = { ", S1", ", S2", "" };

static const enum hs_strategy strategies[] = { HS_STRATEGY_NONE, HS_STRATEGY_PER_TABLE,
					       HS_STRATEGY_PER_RANGE };

/* Each word is a step of its own, so that a write to it is known to matter. */
static void no_word_is_left(struct hs_task *self, struct hs_dmirror *dev)
{
	for (uint64_t i = 0; i < dev->pages; i++) {
		uint64_t word = hs_u64_load(self, &dev->table[i], HS_RELAXED);

		hs_assert(self, !(word & HS_PFN_VALID),
			  "S1: the device maps %#llx, and its struct page is gone",
			  (unsigned long long)(word & HS_ENTRY_PFN));
	}
}

/* ---- exploring --------------------------------------------------------------------------- */

/* What a search must find. */
enum finding {
	NOTHING,
	VIOLATION, /* of what is judged */
};

/*
 * How many executions at most; 0: no limit. Weak memory, which takes longer, may miss a violation.
 * Of three tasks slow builds see no more than of other scenarios (explore_holds()); searches of two
 * come to their end there without weak memory.
 */
static uint64_t bound(bool three_tasks)
{
	if (test_is_weak())
		return test_scaled(4000);
	if (test_is_short())
		return three_tasks ? 500 : test_scaled(40000);
	return 0;
}

/* A violation of S2 is a page that is not live, or a memmap that is freed while it is read. */
static bool is_found(const struct hs_explore_result *r, uint64_t most, enum finding want,
		     enum judged judged)
{
	if (want == NOTHING)
		return r->verdict == HS_VERDICT_NONE && (r->exhaustive || r->executions == most);
	if (judged == S1)
		return r->verdict == HS_VERDICT_ASSERT && strstr(r->message, "S1: the device maps");
	return (r->verdict == HS_VERDICT_ASSERT && strstr(r->message, "touches page")) ||
	       (r->verdict == HS_VERDICT_FREED && strstr(r->message, "(task populate)"));
}

/* @number: how many executions complete, or which one finds the violation. */
static void expect_number(const struct hs_explore_result *r, const char *name, enum finding want,
			  uint64_t number)
{
	if (want != NOTHING)
		expect_exact_at(TEST_PLACE, name, "first", r->first_violation, number);
	else if (r->exhaustive)
		expect_exact_at(TEST_PLACE, name, "complete", r->complete, number);
}

/*
 * Explores at most @most executions, and replays the schedule of what was found: it must be found
 * again.
 */
static void expect(const struct hs_scenario *scenario, const void *param, const char *name,
		   uint64_t most, enum judged judged, enum finding want, uint64_t number)
{
	struct hs_explore_result r, again;

	explore(scenario, param, HS_SEARCH_DPOR, most, NULL, &r);
	assert_true(r.image_bytes < 16384);
	if ((test_is_short() || test_is_weak()) && !r.verdict && r.executions == most)
		want = NOTHING;
	if (!is_found(&r, most, want, judged))
		print_error("%s: after %llu executions %s: %s\n", name,
			    (unsigned long long)r.executions, hs_verdict_name(r.verdict),
			    r.message);
	assert_true(is_found(&r, most, want, judged));
	expect_number(&r, name, want, number);
	if (want == NOTHING) {
		print_message("%s: nothing in %s %llu executions\n", name,
			      r.exhaustive ? "all" : "the first", (unsigned long long)r.executions);
	} else {
		explore(scenario, param, HS_SEARCH_REPLAY, 0, r.schedule, &again);
		assert_int_equal(again.verdict, r.verdict);
		assert_string_equal(again.message, r.message);
		hs_explore_result_free(&again);
	}
	hs_explore_result_free(&r);
}

/* ---- one invalidation -------------------------------------------------------------------- */

struct one_param {
	enum hs_era era;
	enum hs_strategy strategy;
	enum hs_validity validity;
	enum hs_protocol protocol;
	enum judged judged;
	bool unmap; /* munmap(), or MADV_DONTNEED */
};

struct one {
	struct one_param param;
	struct hs_mm *mm;
	struct hs_pgmap *pgmap;
	struct hs_dmirror *dev;
	int ret;
};

static uint32_t sigbus(struct hs_task *self, struct hs_mm *mm, const struct hs_vma *vma,
		       uint64_t addr, uint32_t flags, void *arg)
{
	(void)self;
	(void)mm;
	(void)vma;
	(void)addr;
	(void)flags;
	(void)arg;
	return HS_VM_FAULT_SIGBUS;
}

static void no_wait(struct hs_task *self, struct hs_mm *mm, uint64_t addr, uint32_t level,
		    void *arg)
{
	(void)mm;
	(void)addr;
	(void)level;
	(void)arg;
	hs_assert(self, false, "nothing migrates here");
}

static const struct hs_fault_ops no_faults = { sigbus, no_wait };

static void one_populate(struct hs_task *self, void *arg)
{
	struct one *s = arg;

	s->ret = hs_dmirror_populate(self, s->dev, 0, HS_PAGE_BYTES, false);
	hs_assert(self, !s->ret || s->ret == -EFAULT, "populate: %d", s->ret);
}

static void one_invalidate(struct hs_task *self, void *arg)
{
	struct one *s = arg;
	int ret = s->param.unmap ? hs_munmap(self, s->mm, 0, HS_PAGE_BYTES)
				 : hs_madvise_dontneed(self, s->mm, 0, HS_PAGE_BYTES);

	hs_assert(self, !ret, "the page is taken away: %d", ret);
	if (s->param.judged != S2)
		no_word_is_left(self, s->dev);
	ret = hs_memory_remove_device(self, PFN, PFN_END, 0);
	hs_assert(self, !ret, "its memory is removed: %d", ret);
}

static int device_open(struct hs_task *self, struct hs_mm *mm, const struct one_param *p,
		       uint64_t pages, struct hs_dmirror **dev)
{
	struct hs_dmirror_config config;

	hs_dmirror_config_init(&config, mm, 0, pages * HS_PAGE_BYTES);
	config.range.era = p->era;
	config.range.strategy = p->strategy;
	config.validity = p->validity;
	config.protocol = p->protocol;
	config.touch = p->judged != S1;
	return hs_dmirror_create(self, &config, dev);
}

static int one_setup(struct hs_task *self, struct hs_plan *plan, void *state, const void *param)
{
	struct one *s = state;
	int ret;

	s->param = *(const struct one_param *)param;
	ret = hs_mm_create(self, hs_geometry(HS_GEOMETRY_MOCK), &s->mm);
	if (ret)
		return ret;
	hs_mm_set_fault_ops(s->mm, &no_faults, NULL);
	ret = hs_mmap(self, s->mm, 0, HS_PAGE_BYTES, HS_VM_READ | HS_VM_WRITE, NULL, 0);
	if (!ret)
		ret = hs_pgmap_add(self, HS_PGMAP_FS_DAX, PFN, PFN_END, NULL, &s->pgmap);
	if (!ret)
		ret = hs_page_init_device(self, PFN, s->pgmap);
	if (!ret)
		ret = hs_pt_set(self, s->mm, 0, 0, HS_ENTRY_VALID | HS_ENTRY_DEVMAP | PFN);
	if (!ret)
		ret = device_open(self, s->mm, &s->param, 1, &s->dev);
	if (!ret)
		ret = hs_plan_task(plan, "populate", one_populate, s);
	return ret ? ret : hs_plan_task(plan, "invalidator", one_invalidate, s);
}

/* With the sequence, one invalidation costs at most one retry. */
static void one_check(struct hs_task *self, void *state, const void *param)
{
	struct hs_dmirror_stats stats;
	struct one *s = state;

	(void)param;
	if (s->param.judged != S2)
		no_word_is_left(self, s->dev);
	hs_dmirror_stats(self, s->dev, &stats);
	hs_assert(self, stats.retries <= 1 || s->param.validity == HS_VALIDITY_FLAG,
		  "one invalidation cost %llu retries", (unsigned long long)stats.retries);
	hs_assert(self, stats.populates == !s->ret, "%llu populates",
		  (unsigned long long)stats.populates);
	hs_assert(self, !hs_pgmap_refs(self, s->pgmap), "references are left");
	hs_dmirror_destroy(self, s->dev);
	hs_pgmap_remove(self, s->pgmap);
	hs_mm_destroy(self, s->mm);
}

static const struct hs_scenario one_scenario = {
	.name = "populate against an invalidation",
	.state_size = sizeof(struct one),
	.setup = one_setup,
	.check = one_check,
};

static void one_expect(const struct one_param *p, enum finding want, uint64_t number)
{
	char name[160];

	snprintf(name, sizeof(name), "%s %s %s, %s, protocol %d%s", hs_era_name(p->era),
		 hs_strategy_name(p->strategy), p->validity == HS_VALIDITY_SEQ ? "seq" : "flag",
		 p->unmap ? "munmap" : "zap", p->protocol, judged_names[p->judged]);
	if (want == NOTHING)
		explore_judge(&one_scenario, p);
	expect(&one_scenario, p, name, bound(false), p->judged, want, number);
}

/* Both eras, three strategies, which do not differ. */
static void one_each(struct one_param p, enum finding want, const uint64_t numbers[HS_ERA_COUNT])
{
	for (int era = 0; era < HS_ERA_COUNT; era++)
		for (size_t s = 0; s < COUNT(strategies); s++) {
			p.era = (enum hs_era)era;
			p.strategy = strategies[s];
			one_expect(&p, want, numbers[era]);
		}
}

static void populate_against_invalidation(void **state)
{
	static const uint64_t zap[HS_ERA_COUNT] = { 14, 14 };
	static const uint64_t unmap[HS_ERA_COUNT] = { 10, 10 };

	(void)state;
	one_each((struct one_param){ .judged = BOTH }, NOTHING, zap);
	one_each((struct one_param){ .judged = BOTH, .unmap = true }, NOTHING, unmap);
}

/* What happens to S1 and S2 when a rule is left out. */
static const enum finding wants[HS_PROTOCOL_COUNT][2] = {
	[HS_PROTOCOL_SOUND] = { NOTHING, NOTHING },
	[HS_PROTOCOL_NO_CHECK] = { VIOLATION, VIOLATION },
	[HS_PROTOCOL_CHECK_OUTSIDE] = { VIOLATION, VIOLATION },
	[HS_PROTOCOL_TOUCH_OUTSIDE] = { NOTHING, VIOLATION },
	[HS_PROTOCOL_CALLBACK_NO_LOCK] = { VIOLATION, VIOLATION },
	[HS_PROTOCOL_CALLBACK_SKIPS] = { VIOLATION, VIOLATION },
};

static void lock_as_fence(void **state)
{
	static const uint64_t numbers[HS_PROTOCOL_COUNT][2][HS_ERA_COUNT] = {
		[HS_PROTOCOL_SOUND] = { { 14, 14 }, { 14, 14 } },
		[HS_PROTOCOL_NO_CHECK] = { { 2, 2 }, { 2, 2 } },
		[HS_PROTOCOL_CHECK_OUTSIDE] = { { 2, 2 }, { 2, 2 } },
		[HS_PROTOCOL_TOUCH_OUTSIDE] = { { 14, 14 }, { 4, 4 } },
		[HS_PROTOCOL_CALLBACK_NO_LOCK] = { { 2, 2 }, { 3, 3 } },
		[HS_PROTOCOL_CALLBACK_SKIPS] = { { 1, 1 }, { 2, 2 } },
	};

	(void)state;
	for (int protocol = 0; protocol < HS_PROTOCOL_COUNT; protocol++)
		for (int judged = S1; judged <= S2; judged++)
			one_each((struct one_param){ .protocol = (enum hs_protocol)protocol,
						     .judged = (enum judged)judged },
				 wants[protocol][judged], numbers[protocol][judged]);
}

/* The sound protocol asks a flag that is true again. */
static void flag_does_not_see_what_came_and_went(void **state)
{
	static const uint64_t numbers[2][HS_ERA_COUNT] = { { 19, 19 }, { 19, 19 } };

	(void)state;
	for (int judged = S1; judged <= S2; judged++)
		one_each((struct one_param){ .validity = HS_VALIDITY_FLAG,
					     .judged = (enum judged)judged },
			 VIOLATION, numbers[judged]);
}

/* ---- the removal of all the memory ------------------------------------------------------- */

/* The acts of the owner, in the right order. Afterwards it frees the pgmap. */
enum act {
	DISABLE,
	INVALIDATE,
	KILL,
	PUT_PAGES,
	WAIT,
	MEMORY,
	ERASE,
	EXIT,
	ACTS
};

#define IN_ORDER                                                                \
	{                                                                       \
		DISABLE, INVALIDATE, KILL, PUT_PAGES, WAIT, MEMORY, ERASE, EXIT \
	}

struct all_param {
	struct one_param device;
	enum hs_mapping_kind kind;
	enum hs_page_refs page_refs;
	enum act order[ACTS];
	bool unmap;   /* a third task unmaps the page */
	bool another; /* a third task populates a second device */
};

struct all {
	struct all_param param;
	struct hs_mm *mm;
	struct hs_pgmap *pgmap;
	struct hs_mapping *mapping;
	struct hs_dmirror *dev, *other;
	bool gone; /* the struct pages */
};

static void all_populate_device(struct hs_task *self, struct hs_dmirror *dev)
{
	int ret = hs_dmirror_populate(self, dev, 0, HS_PAGE_BYTES, false);

	hs_assert(self, !ret || ret == -EFAULT, "populate: %d", ret);
}

static void all_populate(struct hs_task *self, void *arg)
{
	struct all *s = arg;

	all_populate_device(self, s->dev);
}

static void all_populate_other(struct hs_task *self, void *arg)
{
	struct all *s = arg;

	all_populate_device(self, s->other);
}

static void all_unmap(struct hs_task *self, void *arg)
{
	struct all *s = arg;
	int ret = hs_munmap(self, s->mm, 0, HS_PAGE_BYTES);

	hs_assert(self, !ret, "munmap: %d", ret);
}

/*
 * In a wrong order the CPU still maps a page that is gone, and to unmap it is a violation as well.
 * S2 is about the device, so where it is judged the entry is taken away by hand.
 */
static void forget_stale_entry(struct hs_task *self, struct all *s)
{
	uint64_t *entry = hs_pt_find(s->mm, 0, 0, NULL);

	if (s->gone && s->param.device.judged == S2 && entry)
		hs_u64_store(self, (hs_u64 *)entry, 0, HS_RELEASE);
}

static void all_no_word_is_left(struct hs_task *self, struct all *s)
{
	no_word_is_left(self, s->dev);
	if (s->other)
		no_word_is_left(self, s->other);
}

static void act(struct hs_task *self, struct all *s, enum act what)
{
	static const enum hs_pgmap_step steps[ACTS] = {
		[KILL] = HS_PGMAP_KILL,	  [PUT_PAGES] = HS_PGMAP_PUT_PAGES,
		[WAIT] = HS_PGMAP_WAIT,	  [MEMORY] = HS_PGMAP_MEMORY,
		[ERASE] = HS_PGMAP_ERASE, [EXIT] = HS_PGMAP_EXIT,
	};

	if (what == INVALIDATE)
		forget_stale_entry(self, s);
	if (what == DISABLE)
		hs_mapping_disable(self, s->mapping);
	else if (what == INVALIDATE)
		hs_unmap_mapping_range(self, s->mapping, 0, hs_mapping_pages(s->mapping), true);
	else
		hs_pgmap_step(self, s->pgmap, steps[what]);
	s->gone |= what == MEMORY;
	if (what == MEMORY && s->param.device.judged != S2)
		all_no_word_is_left(self, s);
}

static void all_remove(struct hs_task *self, void *arg)
{
	struct all *s = arg;

	for (int i = 0; i < ACTS; i++)
		act(self, s, s->param.order[i]);
	hs_pgmap_free(self, s->pgmap);
	s->pgmap = NULL;
}

static int mapping_open(struct hs_task *self, struct all *s)
{
	static const enum hs_pgmap_type types[] = { HS_PGMAP_FS_DAX, HS_PGMAP_GENERIC };
	struct hs_pgmap_config config;
	struct hs_mapping_config map = { .kind = s->param.kind, .first = PFN, .pages = 1 };
	int ret;

	hs_pgmap_config_init(&config, types[map.kind], PFN, PFN_END);
	config.page_refs = s->param.page_refs;
	ret = hs_pgmap_create(self, &config, &s->pgmap);
	if (ret)
		return ret;
	map.pgmap = s->pgmap;
	ret = hs_mapping_create(self, &map, &s->mapping);
	if (!ret && map.kind == HS_MAPPING_DAX_FILE)
		ret = hs_mapping_allocate(self, s->mapping, 0);
	return ret;
}

static int all_setup(struct hs_task *self, struct hs_plan *plan, void *state, const void *param)
{
	struct all *s = state;
	uint64_t pfn = 0;
	int ret;

	s->param = *(const struct all_param *)param;
	ret = hs_mm_create(self, hs_geometry(HS_GEOMETRY_MOCK), &s->mm);
	if (!ret)
		ret = mapping_open(self, s);
	if (!ret)
		ret = hs_mmap(self, s->mm, 0, HS_PAGE_BYTES,
			      HS_VM_READ | HS_VM_WRITE | HS_VM_SHARED, s->mapping, 0);
	if (!ret && (hs_cpu_access(self, s->mm, 0, false, &pfn) || pfn != PFN))
		ret = -EFAULT;
	if (!ret)
		ret = device_open(self, s->mm, &s->param.device, 1, &s->dev);
	if (!ret && s->param.another)
		ret = device_open(self, s->mm, &s->param.device, 1, &s->other);
	if (!ret)
		ret = hs_plan_task(plan, "populate", all_populate, s);
	if (!ret && s->param.another)
		ret = hs_plan_task(plan, "other populate", all_populate_other, s);
	if (!ret && s->param.unmap)
		ret = hs_plan_task(plan, "munmap", all_unmap, s);
	return ret ? ret : hs_plan_task(plan, "owner", all_remove, s);
}

static void all_check(struct hs_task *self, void *state, const void *param)
{
	struct all *s = state;

	(void)param;
	if (s->param.device.judged != S2)
		all_no_word_is_left(self, s);
	forget_stale_entry(self, s);
	if (s->other)
		hs_dmirror_destroy(self, s->other);
	hs_dmirror_destroy(self, s->dev);
	hs_mm_destroy(self, s->mm);
	hs_mapping_destroy(self, s->mapping);
}

static const struct hs_scenario all_scenario = {
	.name = "populate against a whole removal",
	.state_size = sizeof(struct all),
	.setup = all_setup,
	.check = all_check,
};

static const struct all_param right = {
	.kind = HS_MAPPING_DEVICE_DAX,
	.page_refs = HS_PAGE_REFS_6_1,
	.order = IN_ORDER,
	.device = { .judged = BOTH },
};

static void all_expect(const struct all_param *p, const char *row, enum finding want,
		       uint64_t number)
{
	const struct one_param *d = &p->device;
	char name[160];

	if (want == NOTHING && p->unmap)
		explore_judge_ends(&all_scenario, p, 100000);
	else if (want == NOTHING && !p->another)
		explore_judge(&all_scenario, p);
	snprintf(name, sizeof(name), "%s, walker %s, %s%s", row, hs_era_name(d->era),
		 hs_strategy_name(d->strategy), judged_names[d->judged]);
	expect(&all_scenario, p, name, bound(p->unmap || p->another), d->judged, want, number);
}

/*
 * A row whose search is long, or has as many executions as that of the strategy before it. With
 * kernel code beneath there are up to nine times as many.
 */
static bool all_leaves_out(const uint64_t numbers[HS_STRATEGY_BUILTIN_COUNT], int s)
{
	const uint64_t most = test_counts_are_exact() ? 100000 : 50000;

	return test_is_sample() && (numbers[s] > most || (s && numbers[s] == numbers[s - 1]));
}

/* Every strategy of the library with both walkers; of long searches a sample. */
static void all_strategies(struct all_param p, const char *name,
			   const uint64_t numbers[HS_ERA_COUNT][HS_STRATEGY_BUILTIN_COUNT])
{
	for (int era = 0; era < HS_ERA_COUNT; era++)
		for (int s = 0; s < HS_STRATEGY_BUILTIN_COUNT; s++) {
			p.device.era = (enum hs_era)era;
			p.device.strategy = (enum hs_strategy)s;
			if (!all_leaves_out(numbers[era], s))
				all_expect(&p, name, NOTHING, numbers[era][s]);
		}
}

static void populate_against_munmap_and_whole_removal(void **state)
{
	static const uint64_t numbers[HS_ERA_COUNT][HS_STRATEGY_BUILTIN_COUNT] = {
		{ 9160, 11800, 11800, 11800, 11800, 11800, 11800 },
		{ 9880, 11808, 11808, 11808, 12960, 12960, 12960 },
	};
	struct all_param p = right;

	(void)state;
	p.unmap = true;
	all_strategies(p, "with munmap", numbers);
}

static void two_populates_against_whole_removal(void **state)
{
	static const uint64_t numbers[HS_ERA_COUNT][HS_STRATEGY_BUILTIN_COUNT] = {
		{ 8720, 57800, 57800, 57800, 57800, 57800, 57800 },
		{ 61320, 241856, 241856, 241856, 336384, 336384, 336384 },
	};
	struct all_param p = right;

	(void)state;
	p.another = true;
	all_strategies(p, "two devices", numbers);
}

/* S1 and S2, one at a time; @judged: what each must find, and with which number. */
static void row(struct all_param p, const char *name, const enum finding judged[2],
		const uint64_t numbers[2])
{
	for (int j = S1; j <= S2; j++) {
		p.device.judged = (enum judged)j;
		all_expect(&p, name, judged[j], numbers[j]);
	}
}

static const enum finding both[2] = { VIOLATION, VIOLATION };

/* With the walker of 5.3, because its search is the shortest; the rules do not depend on it. */
static void each_rule_of_the_protocol_is_needed(void **state)
{
	static const uint64_t numbers[HS_PROTOCOL_COUNT][2] = {
		[HS_PROTOCOL_NO_CHECK] = { 6, 7 },
		[HS_PROTOCOL_CHECK_OUTSIDE] = { 6, 7 },
		[HS_PROTOCOL_TOUCH_OUTSIDE] = { 70, 16 },
		[HS_PROTOCOL_CALLBACK_NO_LOCK] = { 6, 11 },
		[HS_PROTOCOL_CALLBACK_SKIPS] = { 1, 6 },
	};
	static const uint64_t of_flag[2] = { 79, 80 };
	struct all_param p = right;

	(void)state;
	for (int protocol = HS_PROTOCOL_NO_CHECK; protocol < HS_PROTOCOL_COUNT; protocol++) {
		p.device.protocol = (enum hs_protocol)protocol;
		row(p, "protocol", wants[protocol], numbers[protocol]);
	}
	p = right;
	p.device.validity = HS_VALIDITY_FLAG;
	row(p, "flag", both, of_flag);
}

static void invalidate_before_disable_lets_the_page_come_back(void **state)
{
	static const uint64_t numbers[2] = { 16, 21 };
	struct all_param p = right;

	(void)state;
	p.order[0] = INVALIDATE;
	p.order[1] = DISABLE;
	row(p, "invalidate < disable < drain", both, numbers);
}

static void drain_before_disable_waits_for_no_device(void **state)
{
	static const struct all_param drain_first = {
		.kind = HS_MAPPING_DEVICE_DAX,
		.page_refs = HS_PAGE_REFS_6_1,
		.order = { KILL, PUT_PAGES, WAIT, MEMORY, ERASE, EXIT, DISABLE, INVALIDATE },
	};

	static const uint64_t numbers[2] = { 1, 6 };

	(void)state;
	row(drain_first, "drain < disable < invalidate", both, numbers);
}

/* ---- faults of the model ------------------------------------------------------------------ */

static const struct one_param zapped = { .era = HS_ERA_6_12, .judged = BOTH };
static const struct one_param zapped_1 = { .era = HS_ERA_6_12, .judged = S1 };
static const struct one_param munmapped = { .era = HS_ERA_6_12, .judged = BOTH, .unmap = true };

static const struct broken faults[] = {
	{ HS_BREAK_DONTNEED_NOTIFY_EARLY, false, &one_scenario, &zapped, HS_VERDICT_ASSERT,
	  "S1: the device maps 0x8, and its struct page is gone", 3 },
	{ HS_BREAK_MUNMAP_NO_NOTIFY, false, &one_scenario, &munmapped, HS_VERDICT_ASSERT,
	  "S1: the device maps 0x8, and its struct page is gone", 1 },
	{ HS_BREAK_DMIRROR_SEQ_LATE, false, &one_scenario, &zapped, HS_VERDICT_ASSERT,
	  "S1: the device maps 0x8, and its struct page is gone", 4 },
	{ HS_BREAK_DMIRROR_CLEAR_EARLY, false, &one_scenario, &zapped_1, HS_VERDICT_ASSERT,
	  "S1: the device maps 0x8, and its struct page is gone", 2 },
	{ HS_BREAK_DMIRROR_BEGIN_LATE, false, &one_scenario, &zapped, HS_VERDICT_ASSERT,
	  "one invalidation cost 2 retries (task boot)", 2 },
	{ HS_BREAK_DMIRROR_CHECK_GAP, false, &one_scenario, &zapped, HS_VERDICT_ASSERT,
	  "the device touches page 0x8,", 2 },
	{ HS_BREAK_UNMAP_NOTIFY_EARLY, false, &all_scenario, &right, HS_VERDICT_ASSERT,
	  "S1: the device maps 0x8, and its struct page is gone", 11 },
};

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(populate_against_invalidation),
		cmocka_unit_test(lock_as_fence),
		cmocka_unit_test(flag_does_not_see_what_came_and_went),
		cmocka_unit_test(populate_against_munmap_and_whole_removal),
		cmocka_unit_test(two_populates_against_whole_removal),
		cmocka_unit_test(each_rule_of_the_protocol_is_needed),
		cmocka_unit_test(invalidate_before_disable_lets_the_page_come_back),
		cmocka_unit_test(drain_before_disable_waits_for_no_device),
	};

	return model_main("device model", tests, faults);
}
