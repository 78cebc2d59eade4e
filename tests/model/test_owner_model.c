/* SPDX-License-Identifier: MIT */
/*
 * A driver with device memory of its own, under every schedule: its struct embeds the pgmap, and
 * has the list of free pages, which page_free fills.
 */
#include <hmmsim/fault.h>
#include <hmmsim/sync.h>

#include <errno.h>

#include "pgmap/pgmap.h"
#include "support/broken.h"
#include "support/exploration.h"

#define START 8u
#define END 10u

enum role {
	NO_ROLE,
	PUTTER,	 /* has the page from set-up, unlocked, and puts it */
	ALLOCER, /* takes a page off the list, if there is one, uses it, and puts it */
	TRYER,	 /* looks for pages by their pfn, and locks one that is in use */
	READER,	 /* looks the pgmap up, and finds the driver by it */
	REMOVER, /* stops the driver, destroys the pgmap and frees the struct */
	HASTY,	 /* as REMOVER, but does not wait for the grace period of ERASE */
	ROLE_COUNT
};

struct param {
	enum hs_pgmap_type type;
	bool embedded, atomic;
	enum role roles[3];
};

struct driver {
	uint64_t id; /* so that the pgmap is not at its start */
	struct hs_pgmap_storage pgmap;
	struct hs_spinlock lock; /* protects the rest */
	struct hs_page *free;	 /* linked by page->private */
	bool stopped;
	uint32_t frees;
};

struct model {
	struct param param;
	struct driver *driver;
	struct hs_pgmap *pgmap;
	struct hs_page *page;
	uint32_t allocs;
};

static const struct hs_sync_kind driver_kind = { "driver" };
static uint32_t seen[2]; /* over all executions: attempts that failed, and the others */

/* ---- the driver --------------------------------------------------------------------------- */

static struct driver *driver_of(struct hs_task *self, struct hs_pgmap *pgmap)
{
	struct driver *d = hs_pgmap_driver_data(pgmap);

	if (!d)
		d = hs_container_of(pgmap, struct driver, pgmap);
	hs_sync_deref(self, d);
	hs_assert(self, d->id == 7, "this is no driver");
	return d;
}

static void driver_push(struct hs_task *self, struct driver *d, struct hs_page *page)
{
	hs_page_set_private(self, page, (uint64_t)(uintptr_t)d->free);
	d->free = page;
}

static void driver_page_free(struct hs_task *self, struct hs_pgmap *pgmap, struct hs_page *page)
{
	struct driver *d = driver_of(self, pgmap);

	hs_assert(self, !hs_page_count(self, page), "a page is freed while it is in use");
	hs_spin_lock(self, &d->lock);
	driver_push(self, d, page);
	d->frees++;
	hs_spin_unlock(self, &d->lock);
}

/* 0, -ENOSPC: no page is free, or what hs_zone_device_page_init() says. */
static int driver_page_alloc(struct hs_task *self, struct driver *d, struct hs_page **out)
{
	struct hs_page *page;
	int ret;

	hs_spin_lock(self, &d->lock);
	page = d->free;
	if (page)
		d->free = (struct hs_page *)(uintptr_t)hs_page_private(self, page);
	hs_spin_unlock(self, &d->lock);
	if (!page)
		return -ENOSPC;
	ret = hs_zone_device_page_init(self, page);
	*out = page;
	if (!ret)
		return 0;
	hs_spin_lock(self, &d->lock);
	driver_push(self, d, page);
	hs_spin_unlock(self, &d->lock);
	return ret;
}

static const struct hs_pgmap_ops driver_ops = { driver_page_free, hs_migrate_to_ram };

/* ---- tasks ------------------------------------------------------------------------------- */

static void putter_main(struct hs_task *self, void *arg)
{
	hs_page_put(self, ((struct model *)arg)->page);
}

static void allocer_main(struct hs_task *self, void *arg)
{
	struct model *m = arg;
	struct hs_page *page;
	int ret = driver_page_alloc(self, m->driver, &page);

	seen[!ret]++;
	hs_assert(self, !ret || ret == -ENOSPC, "allocation returned %d", ret);
	if (ret)
		return;
	m->allocs++;
	hs_page_set_private(self, page, hs_task_id(self));
	hs_page_unlock(self, page);
	hs_assert(self, hs_page_private(self, page) == hs_task_id(self), "two have one page");
	hs_page_put(self, page);
}

/* As migrate_device_range() does. */
static void tryer_main(struct hs_task *self, void *arg)
{
	struct model *m = arg;
	struct hs_page *page = hs_pfn_to_page(self, END - 1);

	(void)m;
	if (!hs_page_tryget(self, page))
		return;
	if (hs_page_trylock(self, page))
		hs_page_unlock(self, page);
	hs_page_put(self, page);
}

static void reader_main(struct hs_task *self, void *arg)
{
	struct hs_pgmap *p = hs_pgmap_get(self, START, NULL);

	(void)arg;
	seen[p != NULL]++;
	if (!p)
		return;
	driver_of(self, p);
	hs_pgmap_put(self, p);
}

static void remover_main(struct hs_task *self, void *arg)
{
	struct model *m = arg;

	hs_pgmap_destroy(self, m->pgmap);
	hs_sync_free(self, m->driver);
	m->driver = NULL;
}

static void hasty_main(struct hs_task *self, void *arg)
{
	struct model *m = arg;

	for (int step = HS_PGMAP_KILL; step < HS_PGMAP_ERASE; step++)
		hs_pgmap_step(self, m->pgmap, (enum hs_pgmap_step)step);
	hs_pgmap_step_start(self, m->pgmap, HS_PGMAP_ERASE);
	hs_pgmap_step(self, m->pgmap, HS_PGMAP_EXIT);
	hs_sync_free(self, m->driver);
	m->driver = NULL;
}

/* ---- the scenario ------------------------------------------------------------------------ */

static const struct {
	const char *name;
	void (*main)(struct hs_task *self, void *arg);
} roles[ROLE_COUNT] = {
	[PUTTER] = { "putter", putter_main },	 [ALLOCER] = { "allocer", allocer_main },
	[TRYER] = { "tryer", tryer_main },	 [READER] = { "reader", reader_main },
	[REMOVER] = { "remover", remover_main }, [HASTY] = { "hasty", hasty_main },
};

static bool has(const struct param *p, enum role role)
{
	return p->roles[0] == role || p->roles[1] == role || p->roles[2] == role;
}

static int make_driver(struct hs_task *self, struct model *m)
{
	struct driver *d = hs_sync_alloc(self, &driver_kind, sizeof(*d));
	struct hs_pgmap_config c;
	int ret;

	if (!d)
		return -ENOMEM;
	d->id = 7;
	hs_spin_init(&d->lock, HS_LOCK_DRIVER);
	m->driver = d;
	hs_pgmap_config_init(&c, m->param.type, START, END);
	c.first = END - 1;
	c.owner = d;
	c.ops = &driver_ops;
	c.own_list = true;
	c.atomic = m->param.atomic;
	if (m->param.embedded)
		c.storage = &d->pgmap;
	else
		c.driver_data = d;
	ret = hs_pgmap_create(self, &c, &m->pgmap);
	if (!ret)
		driver_push(self, d, hs_pfn_to_page(self, END - 1));
	return ret;
}

static int setup(struct hs_task *self, struct hs_plan *plan, void *state, const void *param)
{
	struct model *m = state;
	int ret;

	m->param = *(const struct param *)param;
	ret = make_driver(self, m);
	if (!ret && has(&m->param, PUTTER)) {
		ret = driver_page_alloc(self, m->driver, &m->page);
		if (!ret)
			hs_page_unlock(self, m->page);
	}
	for (const enum role *r = m->param.roles; !ret && r < m->param.roles + 3; r++)
		if (*r)
			ret = hs_plan_task(plan, roles[*r].name, roles[*r].main, m);
	return ret;
}

/* The page is on the list, and in no other state than one that can be handed out. */
static void check(struct hs_task *self, void *state, const void *param)
{
	struct model *m = state;
	struct driver *d = m->driver;
	struct hs_page *page;

	(void)param;
	if (!d)
		return;
	hs_assert(self, d->frees == m->allocs + (m->page != NULL), "%u pages came back", d->frees);
	hs_assert(self, !hs_pgmap_refs(self, m->pgmap), "%lld references are left",
		  (long long)hs_pgmap_refs(self, m->pgmap));
	hs_assert(self, !hs_pgmap_pages_allocated(self, m->pgmap), "a device page is left");
	hs_assert(self, !driver_page_alloc(self, d, &page), "the page cannot be handed out again");
	hs_assert(self, hs_page_count(self, page) == 1, "its count is %u",
		  hs_page_count(self, page));
	hs_page_unlock(self, page);
	hs_page_put(self, page);
	remover_main(self, m);
}

static const struct hs_scenario scenario = {
	.name = "owner",
	.state_size = sizeof(struct model),
	.setup = setup,
	.check = check,
};

static void holds_at(struct test_place at, uint64_t complete, struct param p)
{
	memset(seen, 0, sizeof(seen));
	explore_holds_at(at, &scenario, &p, complete);
}

#define holds(...) holds_at(TEST_PLACE, __VA_ARGS__)

static void both_were_seen(void)
{
	assert_true(test_is_short() || (seen[false] && seen[true]));
}

/* ---- the tests ---------------------------------------------------------------------------- */

static void a_page_is_handed_out_again_while_its_put_still_runs(void **state)
{
	(void)state;
	for (int type = HS_PGMAP_PRIVATE; type <= HS_PGMAP_COHERENT; type++)
		for (int embedded = 0; embedded < 2; embedded++) {
			holds(2, (struct param){ .type = (enum hs_pgmap_type)type,
						 .embedded = embedded,
						 .roles = { PUTTER, ALLOCER } });
			both_were_seen();
		}
	holds(8, (struct param){ .type = HS_PGMAP_PRIVATE,
				 .embedded = true,
				 .roles = { PUTTER, ALLOCER, ALLOCER } });
}

static void a_page_is_found_by_its_pfn_while_it_is_handed_out(void **state)
{
	(void)state;
	holds(267, (struct param){ .type = HS_PGMAP_PRIVATE,
				   .embedded = true,
				   .roles = { ALLOCER, TRYER } });
}

static void the_driver_stays_until_the_last_put_has_called_page_free(void **state)
{
	static const uint64_t complete[] = { 19, 4 };

	(void)state;
	for (int atomic = 0; atomic < 2; atomic++)
		for (int embedded = 0; embedded < 2; embedded++)
			holds(complete[atomic], (struct param){ .type = HS_PGMAP_PRIVATE,
								.embedded = embedded,
								.atomic = atomic,
								.roles = { PUTTER, REMOVER } });
}

/* As many executions as with a pgmap in an object of its own. */
static void a_lookup_finds_the_driver_that_embeds_the_pgmap(void **state)
{
	(void)state;
	for (int embedded = 0; embedded < 2; embedded++) {
		holds(31, (struct param){ .type = HS_PGMAP_PRIVATE,
					  .embedded = embedded,
					  .roles = { READER, REMOVER } });
		both_were_seen();
	}
}

static void a_driver_that_is_freed_before_the_end_of_the_removal_is_found(void **state)
{
	const struct param p = { .type = HS_PGMAP_PRIVATE,
				 .embedded = true,
				 .roles = { READER, HASTY } };

	(void)state;
	explore_fails(&scenario, &p, HS_VERDICT_FREED,
		      "an object that is freed (task rcu callback)", 2);
}

/* ---- faults ------------------------------------------------------------------------------- */

static const struct param again = { .type = HS_PGMAP_PRIVATE,
				    .embedded = true,
				    .roles = { PUTTER, ALLOCER } };
static const struct param removed = { .type = HS_PGMAP_PRIVATE,
				      .embedded = true,
				      .roles = { PUTTER, REMOVER } };

static const struct broken faults[] = {
	{ HS_BREAK_OWN_LIST_FLAG_LATE, false, &scenario, &again, HS_VERDICT_ASSERT,
	  "hs_zone_device_page_init: pfn 0x9 is handed out already (task allocer)", 2 },
	{ HS_BREAK_OWN_LIST_PGMAP_FIRST, false, &scenario, &removed, HS_VERDICT_FREED,
	  "of an object that is freed", 4 },
};

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_page_is_handed_out_again_while_its_put_still_runs),
		cmocka_unit_test(a_page_is_found_by_its_pfn_while_it_is_handed_out),
		cmocka_unit_test(the_driver_stays_until_the_last_put_has_called_page_free),
		cmocka_unit_test(a_lookup_finds_the_driver_that_embeds_the_pgmap),
		cmocka_unit_test(a_driver_that_is_freed_before_the_end_of_the_removal_is_found),
	};

	return model_main("owner model", tests, faults);
}
