/* SPDX-License-Identifier: MIT */
/*
 * pgmap_race.h - races of one page and of its pgmap: who takes part, and what must hold afterwards
 *
 * The machine is the mock one: a subsection is two pages, and the second one has a struct page of its
 * own.
 */
#ifndef HS_TESTS_PGMAP_RACE_H
#define HS_TESTS_PGMAP_RACE_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <hmmsim/explore.h>

#include "memory/hotplug.h"
#include "pgmap/pgmap.h"
#include "support/scale.h"

#define START 8u
#define END 10u
#define PFN 9u

enum role {
	NOBODY,
	READER,	 /* looks the pgmap up, touches the page, puts */
	CACHER,	 /* asks twice, and keeps the reference in between */
	PUTTER,	 /* has the page from set-up, and puts it */
	TRYER,	 /* tries to take a reference to the page, and puts it */
	ALLOCER, /* tries to have the page, touches and puts it */
	TAKER,	 /* tries to have a page, and puts it */
	MAPPER,	 /* maps and unmaps the page, as two page table entries would */
	LOCKER,	 /* adds to the state under the page lock */
	REMOVER, /* removes the pgmap, in its own order or in that of .steps */
	DRAINER, /* kills, puts the pages and waits; the rest comes after all */
	CREATOR, /* creates a pgmap where memory of nobody's is in the way */
	MEMORY,	 /* removes the system memory */
};

struct param {
	enum hs_pgmap_type type;
	enum hs_page_refs refs;
	enum hs_removal_order removal_order;
	bool atomic;
	bool two; /* both pages have a struct page */
	const enum hs_pgmap_step *steps;
	enum role roles[3];
};

struct model {
	struct param param;
	struct hs_pgmap *pgmap;
	struct hs_page *page;
	uint64_t plain; /* under the page lock */
	uint32_t allocs;
	uint32_t frees; /* calls of page_free */
};

/* Over all executions: each outcome must have been there. */
static struct {
	uint32_t got, missed;
} seen;

static inline void page_free(struct hs_task *self, struct hs_pgmap *pgmap, struct hs_page *page)
{
	struct model *m = hs_pgmap_driver_data(pgmap);

	hs_page_count(self, page);
	hs_deref(self, pgmap);
	m->frees++;
}

static inline uint32_t migrate(struct hs_task *self, struct hs_vm_fault *vmf)
{
	(void)self;
	(void)vmf;
	return 0;
}

static const struct hs_pgmap_ops ops = { page_free, migrate };

/* ---- tasks ------------------------------------------------------------------------------- */

static inline void reader_main(struct hs_task *self, void *arg)
{
	struct model *m = arg;
	struct hs_pgmap *p = hs_pgmap_get(self, PFN, NULL);

	if (p)
		seen.got++;
	else
		seen.missed++;
	if (!p)
		return;
	hs_deref(self, p);
	if (m->page)
		hs_page_private(self, m->page);
	hs_pgmap_put(self, p);
}

static inline void cacher_main(struct hs_task *self, void *arg)
{
	struct model *m = arg;
	struct hs_pgmap *p = hs_pgmap_get(self, PFN, NULL);

	if (!p)
		return;
	hs_assert(self, hs_pgmap_get(self, PFN - 1, p) == p, "the cached pgmap is not found");
	hs_page_private(self, m->page);
	hs_assert(self, !hs_pgmap_step_done(self, p, HS_PGMAP_WAIT), "drained while it is held");
	hs_pgmap_put(self, p);
}

static inline void putter_main(struct hs_task *self, void *arg)
{
	hs_page_put(self, ((struct model *)arg)->page);
}

static inline void tryer_main(struct hs_task *self, void *arg)
{
	struct model *m = arg;

	bool got = hs_page_tryget(self, m->page);

	if (got)
		seen.got++;
	else
		seen.missed++;
	hs_assert(self, got || m->param.type != HS_PGMAP_GENERIC,
		  "the count is not 0, and tryget fails");
	if (got)
		hs_page_put(self, m->page);
}

static inline void allocer_main(struct hs_task *self, void *arg)
{
	struct model *m = arg;
	struct hs_page *page;

	if (m->pgmap ? hs_pgmap_page_alloc(self, m->pgmap, &page) : hs_page_alloc(self, &page))
		return;
	m->allocs++;
	hs_page_set_private(self, page, hs_task_id(self));
	hs_page_get(self, page);
	hs_assert(self, hs_page_private(self, page) == hs_task_id(self), "two have one page");
	hs_page_put(self, page);
	hs_page_put(self, page);
}

static inline void taker_main(struct hs_task *self, void *arg)
{
	struct model *m = arg;
	struct hs_page *page;
	int ret = hs_pgmap_page_alloc(self, m->pgmap, &page);

	hs_assert(self, !ret || ret == -ENODEV, "-ENODEV is expected, allocation returned %d", ret);
	if (ret)
		seen.missed++;
	else
		seen.got++;
	if (!ret)
		hs_page_put(self, page);
}

static inline void mapper_main(struct hs_task *self, void *arg)
{
	struct model *m = arg;

	hs_pgmap_page_map(self, m->page);
	hs_page_private(self, m->page);
	hs_pgmap_page_unmap(self, m->page);
}

static inline void locker_main(struct hs_task *self, void *arg)
{
	struct model *m = arg;
	uint64_t was;

	hs_page_lock(self, m->page);
	was = m->plain;
	hs_page_private(self, m->page);
	m->plain = was + 1;
	hs_page_unlock(self, m->page);
}

static inline void remover_main(struct hs_task *self, void *arg)
{
	struct model *m = arg;
	const enum hs_pgmap_step *steps = m->param.steps;

	if (!steps)
		steps = hs_removal_steps(hs_pgmap_removal_order(m->pgmap));
	for (int i = 0; i < HS_PGMAP_STEP_COUNT; i++)
		hs_pgmap_step(self, m->pgmap, steps[i]);
	hs_pgmap_free(self, m->pgmap);
}

static inline void drainer_main(struct hs_task *self, void *arg)
{
	struct model *m = arg;

	for (int step = HS_PGMAP_KILL; step <= HS_PGMAP_WAIT; step++)
		hs_pgmap_step(self, m->pgmap, (enum hs_pgmap_step)step);
	hs_assert(self,
		  m->param.refs == HS_PAGE_REFS_5_3 || !hs_pgmap_pages_allocated(self, m->pgmap),
		  "drained while a page is allocated");
}

static inline void configure(struct hs_pgmap_config *c, struct model *m)
{
	hs_pgmap_config_init(c, m->param.type, START, END);
	c->first = m->param.two ? START : PFN;
	c->owner = &ops;
	c->ops = &ops;
	c->driver_data = m;
	c->page_refs = m->param.refs;
	c->removal_order = m->param.removal_order;
	c->atomic = m->param.atomic;
}

static inline void creator_main(struct hs_task *self, void *arg)
{
	struct hs_pgmap_config c;
	struct hs_pgmap *p;
	int ret;

	configure(&c, arg);
	ret = hs_pgmap_create(self, &c, &p);
	hs_assert(self, ret == -EEXIST, "-EEXIST is expected, creation returned %d", ret);
}

static inline void memory_main(struct hs_task *self, void *arg)
{
	int ret = hs_memory_remove(self, START, END);

	(void)arg;
	if (ret)
		seen.missed++;
	else
		seen.got++;
	hs_assert(self, !ret || ret == -EBUSY, "removal of memory returned %d", ret);
}

/* ---- the scenario ------------------------------------------------------------------------ */

static void (*const mains[])(struct hs_task *self, void *arg) = {
	[READER] = reader_main,	  [CACHER] = cacher_main,   [PUTTER] = putter_main,
	[TRYER] = tryer_main,	  [ALLOCER] = allocer_main, [TAKER] = taker_main,
	[MAPPER] = mapper_main,	  [LOCKER] = locker_main,   [REMOVER] = remover_main,
	[DRAINER] = drainer_main, [CREATOR] = creator_main, [MEMORY] = memory_main,
};

static const char *const names[] = {
	[READER] = "reader",   [CACHER] = "cacher",   [PUTTER] = "putter",   [TRYER] = "tryer",
	[ALLOCER] = "allocer", [TAKER] = "taker",     [MAPPER] = "mapper",   [LOCKER] = "locker",
	[REMOVER] = "remover", [DRAINER] = "drainer", [CREATOR] = "creator", [MEMORY] = "memory",
};

static inline bool has(const struct param *p, enum role role)
{
	return p->roles[0] == role || p->roles[1] == role || p->roles[2] == role;
}

static inline int make_pgmap(struct hs_task *self, struct model *m)
{
	struct hs_pgmap_config c;
	int ret;

	configure(&c, m);
	ret = hs_pgmap_create(self, &c, &m->pgmap);
	if (ret)
		return ret;
	m->page = hs_pfn_to_page(self, PFN);
	if (!has(&m->param, PUTTER))
		return 0;
	if (m->param.type == HS_PGMAP_PRIVATE || m->param.type == HS_PGMAP_P2PDMA)
		return hs_pgmap_page_alloc(self, m->pgmap, &m->page);
	hs_page_get(self, m->page);
	return 0;
}

static inline int make_memory(struct hs_task *self, struct model *m)
{
	int ret = hs_memory_add(self, START, END, false);

	if (!ret && has(&m->param, PUTTER))
		ret = hs_page_alloc(self, &m->page);
	return ret;
}

static inline int setup(struct hs_task *self, struct hs_plan *plan, void *state, const void *param)
{
	struct model *m = state;
	int ret;

	m->param = *(const struct param *)param;
	if (has(&m->param, CREATOR))
		ret = hs_memory_add_device(self, START, END);
	else if (has(&m->param, MEMORY))
		ret = make_memory(self, m);
	else
		ret = make_pgmap(self, m);
	for (int i = 0; i < 3 && !ret; i++)
		if (m->param.roles[i])
			ret = hs_plan_task(plan, names[m->param.roles[i]], mains[m->param.roles[i]],
					   m);
	return ret;
}

/* Every page is free, and is free once. */
static inline void check_free_list(struct hs_task *self, struct model *m)
{
	uint32_t pages = m->param.two ? 2 : 1;
	struct hs_page *page[3];

	for (uint32_t i = 0; i <= pages; i++) {
		int ret = hs_pgmap_page_alloc(self, m->pgmap, &page[i]);

		hs_assert(self, ret == (i < pages ? 0 : -ENOSPC), "allocation %u returned %d", i,
			  ret);
	}
	for (uint32_t i = 0; i < pages; i++)
		hs_page_put(self, page[i]);
}

/* What is left of device memory that was not removed: nobody uses it. */
static inline void check_pgmap(struct hs_task *self, struct model *m)
{
	const struct param *p = &m->param;
	bool told = p->type == HS_PGMAP_PRIVATE || p->refs != HS_PAGE_REFS_5_3;

	hs_assert(self, !hs_pgmap_refs(self, m->pgmap), "%lld references are left",
		  (long long)hs_pgmap_refs(self, m->pgmap));
	hs_assert(self, !hs_pgmap_pages_allocated(self, m->pgmap), "a device page is left");
	hs_assert(self, hs_page_count(self, m->page) == hs_page_idle_count(m->pgmap),
		  "the count of a page that nobody uses is %u", hs_page_count(self, m->page));
	if (has(p, ALLOCER))
		hs_assert(self, m->frees == (told ? m->allocs : 0),
			  "of %u allocations %u were freed", m->allocs, m->frees);
	if (has(p, ALLOCER))
		check_free_list(self, m);
	if (has(p, MAPPER) && m->frees == 1)
		seen.got++;
	else if (has(p, MAPPER))
		seen.missed++;
	hs_pgmap_destroy(self, m->pgmap);
}

static inline void finish(struct hs_task *self, struct model *m)
{
	hs_assert(self, !hs_pgmap_pages_allocated(self, m->pgmap), "a device page is left");
	hs_pgmap_step(self, m->pgmap, HS_PGMAP_MEMORY);
	hs_pgmap_step(self, m->pgmap, HS_PGMAP_ERASE);
	hs_pgmap_step(self, m->pgmap, HS_PGMAP_EXIT);
	hs_pgmap_free(self, m->pgmap);
}

static inline void check(struct hs_task *self, void *state, const void *param)
{
	struct model *m = state;
	uint32_t lockers = 0;

	(void)param;
	for (int i = 0; i < 3; i++)
		lockers += m->param.roles[i] == LOCKER;
	hs_assert(self, m->plain == lockers, "%u lockers added %llu", lockers,
		  (unsigned long long)m->plain);
	hs_assert(self, !hs_pages_allocated(self), "a page is left");
	if (!m->pgmap)
		return;
	/* With the references of 5.3 whoever tries and puts causes a call of his own. */
	if (has(&m->param, PUTTER) && !(has(&m->param, TRYER) && m->param.refs == HS_PAGE_REFS_5_3))
		hs_assert(self, m->frees == 1, "page_free was called %u times", m->frees);
	if (has(&m->param, DRAINER))
		finish(self, m);
	else if (!has(&m->param, REMOVER))
		check_pgmap(self, m);
}

static const struct hs_scenario scenario = {
	.name = "removal",
	.state_size = sizeof(struct model),
	.setup = setup,
	.check = check,
};

static inline void explored(const struct param *param, enum hs_verdict verdict, const char *text)
{
	struct hs_explore_options options;
	struct hs_explore_result r, again;

	memset(&seen, 0, sizeof(seen));
	hs_explore_options_init(&options);
	/* Sanitizer builds do not look at everything, but for what is to be found. */
	options.max_executions = verdict == HS_VERDICT_NONE && test_is_short() ? 500 : 0;
	assert_int_equal(hs_explore(&scenario, param, &options, &r), 0);
	if (r.verdict != verdict)
		print_error("%s: %s\n", hs_verdict_name(r.verdict), r.message);
	assert_int_equal(r.verdict, verdict);
	if (verdict == HS_VERDICT_NONE) {
		assert_true(r.exhaustive || options.max_executions);
		assert_true(r.complete > 1);
		print_message("nothing in %s %llu executions\n", r.exhaustive ? "all" : "the first",
			      (unsigned long long)r.executions);
		hs_explore_result_free(&r);
		return;
	}
	assert_non_null(strstr(r.message, text));
	options.search = HS_SEARCH_REPLAY;
	options.schedule = r.schedule;
	assert_int_equal(hs_explore(&scenario, param, &options, &again), 0);
	assert_int_equal(again.verdict, verdict);
	assert_string_equal(again.message, r.message);
	hs_explore_result_free(&again);
	hs_explore_result_free(&r);
}

static inline void holds(struct param p)
{
	explored(&p, HS_VERDICT_NONE, "");
}

/* The searches above take plain fields for what their lock makes of them; this one believes nothing. */
static inline void holds_at_random(struct param p)
{
	struct hs_explore_options options;
	struct hs_explore_result r;

	hs_explore_options_init(&options);
	options.search = HS_SEARCH_RANDOM;
	options.max_executions = 2000;
	assert_int_equal(hs_explore(&scenario, &p, &options, &r), 0);
	assert_string_equal(r.message, "");
	assert_int_equal(r.complete, 2000);
	hs_explore_result_free(&r);
}

/* Both outcomes of a lookup are there, unless the search was cut. */
static inline void both_were_seen(void)
{
	if (test_is_short())
		return;
	assert_true(seen.got);
	assert_true(seen.missed);
}

#endif
