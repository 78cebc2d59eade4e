/* SPDX-License-Identifier: MIT */
#include "support/pgmap_race.h"

#include <hmmsim/fault.h>

#include "memory/hotplug.h"

#define START 8u
#define END 10u
#define PFN 9u

struct model {
	struct param param;
	struct hs_pgmap *pgmap;
	struct hs_page *page;
	uint64_t plain; /* under the page lock */
	uint32_t allocs;
	uint32_t frees; /* calls of page_free */
};

static uint32_t seen[2]; /* over all executions: attempts that failed, and the others */

static void page_free(struct hs_task *self, struct hs_pgmap *pgmap, struct hs_page *page)
{
	struct model *m = hs_pgmap_driver_data(pgmap);

	hs_page_count(self, page);
	hs_deref(self, pgmap);
	m->frees++;
}

static const struct hs_pgmap_ops ops = { page_free, hs_migrate_to_ram };

/* ---- tasks ------------------------------------------------------------------------------- */

static void reader_main(struct hs_task *self, void *arg)
{
	struct model *m = arg;
	struct hs_pgmap *p = hs_pgmap_get(self, PFN, NULL);

	seen[p != NULL]++;
	if (!p)
		return;
	hs_deref(self, p);
	if (m->page)
		hs_page_private(self, m->page);
	hs_pgmap_put(self, p);
}

static void cacher_main(struct hs_task *self, void *arg)
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

static void putter_main(struct hs_task *self, void *arg)
{
	hs_page_put(self, ((struct model *)arg)->page);
}

static void tryer_main(struct hs_task *self, void *arg)
{
	struct model *m = arg;
	bool got = hs_page_tryget(self, m->page);

	seen[got]++;
	hs_assert(self, got || m->param.type != HS_PGMAP_GENERIC,
		  "the count is not 0, and tryget fails");
	if (got)
		hs_page_put(self, m->page);
}

static void allocer_main(struct hs_task *self, void *arg)
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

static void taker_main(struct hs_task *self, void *arg)
{
	struct model *m = arg;
	struct hs_page *page;
	int ret = hs_pgmap_page_alloc(self, m->pgmap, &page);

	hs_assert(self, !ret || ret == -ENODEV, "-ENODEV is expected, allocation returned %d", ret);
	seen[!ret]++;
	if (!ret)
		hs_page_put(self, page);
}

static void mapper_main(struct hs_task *self, void *arg)
{
	struct model *m = arg;

	hs_pgmap_page_map(self, m->page);
	hs_page_private(self, m->page);
	hs_pgmap_page_unmap(self, m->page);
}

static void locker_main(struct hs_task *self, void *arg)
{
	struct model *m = arg;
	uint64_t was;

	hs_page_lock(self, m->page);
	was = m->plain;
	hs_page_private(self, m->page);
	m->plain = was + 1;
	hs_page_unlock(self, m->page);
}

static void remover_main(struct hs_task *self, void *arg)
{
	struct model *m = arg;
	hs_pgmap_destroy(self, m->pgmap);
}

static void drainer_main(struct hs_task *self, void *arg)
{
	struct model *m = arg;

	for (int step = HS_PGMAP_KILL; step <= HS_PGMAP_WAIT; step++)
		hs_pgmap_step(self, m->pgmap, (enum hs_pgmap_step)step);
	hs_assert(self,
		  m->param.refs == HS_PAGE_REFS_5_3 || !hs_pgmap_pages_allocated(self, m->pgmap),
		  "drained while a page is allocated");
}

static void configure(struct hs_pgmap_config *c, struct model *m)
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

static void creator_main(struct hs_task *self, void *arg)
{
	struct hs_pgmap_config c;
	struct hs_pgmap *p;
	int ret;

	configure(&c, arg);
	ret = hs_pgmap_create(self, &c, &p);
	hs_assert(self, ret == -EEXIST, "-EEXIST is expected, creation returned %d", ret);
}

static void memory_main(struct hs_task *self, void *arg)
{
	int ret = hs_memory_remove(self, START, END);

	(void)arg;
	seen[!ret]++;
	hs_assert(self, !ret || ret == -EBUSY, "removal of memory returned %d", ret);
}

/* ---- the scenario ------------------------------------------------------------------------ */

static const struct {
	const char *name;
	void (*main)(struct hs_task *self, void *arg);
} roles[ROLE_COUNT] = {
	[READER] = { "reader", reader_main },	 [CACHER] = { "cacher", cacher_main },
	[PUTTER] = { "putter", putter_main },	 [TRYER] = { "tryer", tryer_main },
	[ALLOCER] = { "allocer", allocer_main }, [TAKER] = { "taker", taker_main },
	[MAPPER] = { "mapper", mapper_main },	 [LOCKER] = { "locker", locker_main },
	[REMOVER] = { "remover", remover_main }, [DRAINER] = { "drainer", drainer_main },
	[CREATOR] = { "creator", creator_main }, [MEMORY] = { "memory", memory_main },
};

static bool has(const struct param *p, enum role role)
{
	return p->roles[0] == role || p->roles[1] == role || p->roles[2] == role;
}

static int make_pgmap(struct hs_task *self, struct model *m)
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

static int make_memory(struct hs_task *self, struct model *m)
{
	int ret = hs_memory_add(self, START, END, false);

	if (!ret && has(&m->param, PUTTER))
		ret = hs_page_alloc(self, &m->page);
	return ret;
}

static int setup(struct hs_task *self, struct hs_plan *plan, void *state, const void *param)
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
	for (const enum role *r = m->param.roles; !ret && r < m->param.roles + 3; r++)
		if (*r)
			ret = hs_plan_task(plan, roles[*r].name, roles[*r].main, m);
	return ret;
}

/* Every page is free, and is free once. */
static void check_free_list(struct hs_task *self, struct model *m)
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

/* What is left of device memory that was not removed: no task uses it. */
static void check_pgmap(struct hs_task *self, struct model *m)
{
	const struct param *p = &m->param;
	bool told = p->type == HS_PGMAP_PRIVATE || p->refs != HS_PAGE_REFS_5_3;

	hs_assert(self, !hs_pgmap_refs(self, m->pgmap), "%lld references are left",
		  (long long)hs_pgmap_refs(self, m->pgmap));
	hs_assert(self, !hs_pgmap_pages_allocated(self, m->pgmap), "a device page is left");
	hs_assert(self, hs_page_count(self, m->page) == hs_page_idle_count(m->pgmap),
		  "the count of an unused page is %u", hs_page_count(self, m->page));
	if (has(p, ALLOCER))
		hs_assert(self, m->frees == (told ? m->allocs : 0),
			  "of %u allocations %u were freed", m->allocs, m->frees);
	if (has(p, ALLOCER))
		check_free_list(self, m);
	if (has(p, MAPPER))
		seen[m->frees == 1]++;
	hs_pgmap_destroy(self, m->pgmap);
}

static void finish(struct hs_task *self, struct model *m)
{
	hs_assert(self, !hs_pgmap_pages_allocated(self, m->pgmap), "a device page is left");
	hs_pgmap_step(self, m->pgmap, HS_PGMAP_MEMORY);
	hs_pgmap_step(self, m->pgmap, HS_PGMAP_ERASE);
	hs_pgmap_step(self, m->pgmap, HS_PGMAP_EXIT);
	hs_pgmap_free(self, m->pgmap);
}

static void check(struct hs_task *self, void *state, const void *param)
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
	/* With the references of 5.3 a task that tries and puts causes a call of its own. */
	if (has(&m->param, PUTTER) && !(has(&m->param, TRYER) && m->param.refs == HS_PAGE_REFS_5_3))
		hs_assert(self, m->frees == 1, "page_free was called %u times", m->frees);
	if (has(&m->param, DRAINER))
		finish(self, m);
	else if (!has(&m->param, REMOVER))
		check_pgmap(self, m);
}

const struct hs_scenario pgmap_scenario = {
	.name = "removal",
	.state_size = sizeof(struct model),
	.setup = setup,
	.check = check,
};

void holds_at(struct test_place at, uint64_t complete, struct param p)
{
	memset(seen, 0, sizeof(seen));
	explore_holds_at(at, &pgmap_scenario, &p, complete);
}

void fails_at(struct test_place at, struct param p, enum hs_verdict verdict, const char *text,
	      uint64_t first)
{
	explore_fails_at(at, &pgmap_scenario, &p, verdict, text, first);
}

void holds_at_random(struct param p)
{
	struct hs_explore_result r;

	explore(&pgmap_scenario, &p, HS_SEARCH_RANDOM, 2000, NULL, &r);
	assert_string_equal(r.message, "");
	assert_int_equal(r.complete, 2000);
	hs_explore_result_free(&r);
}

uint32_t misses(void)
{
	return seen[false];
}

void both_were_seen(void)
{
	assert_true(test_is_short() || (seen[false] && seen[true]));
}
