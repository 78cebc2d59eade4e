/* SPDX-License-Identifier: MIT */
/*
 * The drawings of src/pgmap and of src/memory/page_alloc.c, under every schedule that matters. The
 * tests bear their names. The machine is the mock one: a subsection is two pages, and the second one
 * has a struct page of its own.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <hmmsim/explore.h>

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
	enum hs_teardown teardown;
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

static void page_free(struct hs_task *self, struct hs_pgmap *pgmap, struct hs_page *page)
{
	struct model *m = hs_pgmap_driver_data(pgmap);

	hs_page_count(self, page);
	hs_deref(self, pgmap);
	m->frees++;
}

static uint32_t migrate(struct hs_task *self, struct hs_vm_fault *vmf)
{
	(void)self;
	(void)vmf;
	return 0;
}

static const struct hs_pgmap_ops ops = { page_free, migrate };

/* ---- tasks ------------------------------------------------------------------------------- */

static void reader_main(struct hs_task *self, void *arg)
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

	if (got)
		seen.got++;
	else
		seen.missed++;
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
	if (ret)
		seen.missed++;
	else
		seen.got++;
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
	const enum hs_pgmap_step *steps = m->param.steps;

	if (!steps)
		steps = hs_teardown_steps(hs_pgmap_teardown(m->pgmap));
	for (int i = 0; i < HS_PGMAP_STEPS; i++)
		hs_pgmap_step(self, m->pgmap, steps[i]);
	hs_pgmap_free(self, m->pgmap);
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
	c->teardown = m->param.teardown;
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
	for (int i = 0; i < 3 && !ret; i++)
		if (m->param.roles[i])
			ret = hs_plan_task(plan, names[m->param.roles[i]], mains[m->param.roles[i]],
					   m);
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

/* What is left of device memory that was not removed: nobody uses it. */
static void check_pgmap(struct hs_task *self, struct model *m)
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

/* Sanitizer builds do not look at everything, but for what is to be found. */
static uint64_t limit(void)
{
	return test_is_short() ? 500 : 0;
}

static void explored(const struct param *param, enum hs_verdict verdict, const char *text)
{
	struct hs_explore_options options;
	struct hs_explore_result r, again;

	memset(&seen, 0, sizeof(seen));
	hs_explore_options_init(&options);
	options.max_executions = verdict == HS_VERDICT_NONE ? limit() : 0;
	assert_int_equal(hs_explore(&scenario, param, &options, &r), 0);
	if (r.verdict != verdict)
		print_error("%s: %s\n", hs_verdict_name(r.verdict), r.message);
	assert_int_equal(r.verdict, verdict);
	if (verdict == HS_VERDICT_NONE) {
		assert_true(r.exhaustive || options.max_executions);
		assert_true(r.complete > 1);
		print_message("nothing in %s %llu executions\n", r.exhaustive ? "all" : "the first",
			      (unsigned long long)r.executions);
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

static void holds(struct param p)
{
	explored(&p, HS_VERDICT_NONE, "");
}

/* The searches above take plain fields for what their lock makes of them; this one believes nothing. */
static void holds_at_random(struct param p)
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
static void both_were_seen(void)
{
	if (limit())
		return;
	assert_true(seen.got);
	assert_true(seen.missed);
}

/* ---- lookups ----------------------------------------------------------------------------- */

static void lookup_against_removal_6_0(void **state)
{
	static const enum hs_page_refs refs[] = { HS_PAGE_REFS_5_3, HS_PAGE_REFS_6_1 };

	(void)state;
	for (int i = 0; i < 4; i++) {
		holds((struct param){ .type = HS_PGMAP_GENERIC,
				      .refs = refs[i % 2],
				      .teardown = HS_TEARDOWN_6_0,
				      .atomic = i / 2,
				      .roles = { READER, REMOVER } });
		both_were_seen();
	}
}

static void lookup_against_removal_5_3(void **state)
{
	(void)state;
	for (int atomic = 0; atomic < 2; atomic++) {
		holds((struct param){ .type = HS_PGMAP_GENERIC,
				      .refs = HS_PAGE_REFS_5_3,
				      .teardown = HS_TEARDOWN_5_3,
				      .atomic = atomic,
				      .roles = { READER, REMOVER } });
		both_were_seen();
	}
}

static void lookup_against_removal_5_2(void **state)
{
	const struct param p = { .type = HS_PGMAP_GENERIC,
				 .refs = HS_PAGE_REFS_5_3,
				 .teardown = HS_TEARDOWN_5_2,
				 .roles = { READER, REMOVER } };

	(void)state;
	explored(&p, HS_VERDICT_FREED, "is freed (task reader)");
}

static void drain_waits_for_cached_reference(void **state)
{
	(void)state;
	for (int order = HS_TEARDOWN_5_3; order < HS_TEARDOWN_COUNT; order++)
		holds((struct param){ .type = HS_PGMAP_GENERIC,
				      .refs = HS_PAGE_REFS_6_1,
				      .teardown = (enum hs_teardown)order,
				      .roles = { CACHER, REMOVER } });
}

/* Were the counters freed before the drain, the reader would add to them. */
static void exit_before_the_drain_is_found_out(void **state)
{
	static const enum hs_pgmap_step early[] = { HS_PGMAP_KILL,  HS_PGMAP_EXIT,
						    HS_PGMAP_ERASE, HS_PGMAP_PUT_PAGES,
						    HS_PGMAP_WAIT,  HS_PGMAP_MEMORY };
	const struct param p = { .type = HS_PGMAP_GENERIC,
				 .refs = HS_PAGE_REFS_6_1,
				 .steps = early,
				 .roles = { READER, REMOVER } };

	(void)state;
	explored(&p, HS_VERDICT_FREED, "");
}

static void failed_creation_waits_for_a_lookup(void **state)
{
	(void)state;
	holds((struct param){
		.type = HS_PGMAP_GENERIC, .refs = HS_PAGE_REFS_6_1, .roles = { READER, CREATOR } });
	both_were_seen();
}

/* ---- pages ------------------------------------------------------------------------------- */

static void last_put_ends_before_the_drain(void **state)
{
	(void)state;
	for (int refs = HS_PAGE_REFS_6_1; refs < HS_PAGE_REFS_COUNT; refs++)
		for (int p2pdma = 0; p2pdma < 2; p2pdma++)
			holds((struct param){ .type = p2pdma ? HS_PGMAP_P2PDMA : HS_PGMAP_PRIVATE,
					      .refs = (enum hs_page_refs)refs,
					      .teardown = HS_TEARDOWN_6_0,
					      .roles = { PUTTER, REMOVER } });
}

static void put_to_one_races_with_the_removal_of_5_3(void **state)
{
	const struct param p = { .type = HS_PGMAP_PRIVATE,
				 .refs = HS_PAGE_REFS_5_3,
				 .teardown = HS_TEARDOWN_5_3,
				 .roles = { PUTTER, REMOVER } };

	(void)state;
	explored(&p, HS_VERDICT_FREED, "is freed (task putter)");
}

static void put_to_one_races_with_a_tryget_of_5_3(void **state)
{
	const struct param p = { .type = HS_PGMAP_PRIVATE,
				 .refs = HS_PAGE_REFS_5_3,
				 .roles = { PUTTER, TRYER } };

	(void)state;
	explored(&p, HS_VERDICT_ASSERT, "a device page is freed twice");
}

/* Nothing of the drain waits for a pin: the reason for the references of 6.1. */
static void pin_of_5_18_does_not_hold_the_memory(void **state)
{
	const struct param p = { .type = HS_PGMAP_PRIVATE,
				 .refs = HS_PAGE_REFS_5_18,
				 .teardown = HS_TEARDOWN_6_0,
				 .roles = { PUTTER, REMOVER } };

	(void)state;
	explored(&p, HS_VERDICT_FREED, "is freed (task putter)");
}

static void handing_out_against_put_pages_of_5_3(void **state)
{
	(void)state;
	holds((struct param){
		.type = HS_PGMAP_PRIVATE, .refs = HS_PAGE_REFS_5_3, .roles = { TAKER, DRAINER } });
	both_were_seen();
}

/* From 6.1 on an allocated page holds the pgmap, or it is not handed out. */
static void handing_out_against_the_drain(void **state)
{
	(void)state;
	for (int refs = HS_PAGE_REFS_6_1; refs < HS_PAGE_REFS_COUNT; refs++) {
		holds((struct param){ .type = HS_PGMAP_PRIVATE,
				      .refs = (enum hs_page_refs)refs,
				      .roles = { TAKER, DRAINER } });
		both_were_seen();
	}
}

/* With one page two tasks have it in turn, or one of them finds none; with two, each has one. */
static void device_pages_are_handed_out_to_one(void **state)
{
	(void)state;
	for (int refs = 0; refs < HS_PAGE_REFS_COUNT; refs++) {
		struct param one = { .type = HS_PGMAP_PRIVATE,
				     .refs = (enum hs_page_refs)refs,
				     .roles = { ALLOCER, ALLOCER } };
		struct param two = { .type = HS_PGMAP_P2PDMA,
				     .refs = (enum hs_page_refs)refs,
				     .two = true,
				     .roles = { ALLOCER, ALLOCER } };

		holds(one);
		holds(two);
		holds_at_random(two);
	}
}

/* A free page has a count of 1: who tries has it too, and the last of both frees it, once. */
static void a_free_page_that_is_tried_is_handed_out_as_it_is(void **state)
{
	(void)state;
	for (int refs = HS_PAGE_REFS_5_18; refs < HS_PAGE_REFS_6_15; refs++)
		for (int type = 0; type < HS_PGMAP_TYPES; type++) {
			if (type == HS_PGMAP_FS_DAX || type == HS_PGMAP_GENERIC)
				continue;
			holds((struct param){ .type = (enum hs_pgmap_type)type,
					      .refs = (enum hs_page_refs)refs,
					      .roles = { ALLOCER, TRYER } });
			both_were_seen();
		}
}

static void tryget_fails_at_zero_only(void **state)
{
	(void)state;
	holds((struct param){ .type = HS_PGMAP_GENERIC,
			      .refs = HS_PAGE_REFS_6_1,
			      .roles = { TRYER, TRYER, TRYER } });
	assert_int_equal(seen.missed, 0);
	holds((struct param){ .type = HS_PGMAP_PRIVATE,
			      .refs = HS_PAGE_REFS_6_1,
			      .roles = { PUTTER, TRYER, TRYER } });
	both_were_seen();
}

/* The file system is told once if the two entries overlap, and otherwise twice. */
static void the_last_unmap_of_6_15_tells_the_file_system(void **state)
{
	(void)state;
	holds((struct param){
		.type = HS_PGMAP_FS_DAX, .refs = HS_PAGE_REFS_6_15, .roles = { MAPPER, MAPPER } });
	both_were_seen();
}

/* Nothing of the drain waits for an entry: that is the file system's business, before it. */
static void entry_of_6_15_does_not_hold_the_memory(void **state)
{
	const struct param p = { .type = HS_PGMAP_FS_DAX,
				 .refs = HS_PAGE_REFS_6_15,
				 .teardown = HS_TEARDOWN_6_0,
				 .roles = { MAPPER, REMOVER } };

	(void)state;
	explored(&p, HS_VERDICT_FREED, "is freed (task mapper)");
}

static void page_lock_excludes(void **state)
{
	(void)state;
	holds((struct param){ .type = HS_PGMAP_GENERIC,
			      .refs = HS_PAGE_REFS_6_1,
			      .roles = { LOCKER, LOCKER, LOCKER } });
}

static void last_put_meets_memory_remove(void **state)
{
	(void)state;
	holds((struct param){ .roles = { PUTTER, MEMORY } });
	both_were_seen();
}

static void system_pages_are_handed_out_to_one(void **state)
{
	(void)state;
	holds((struct param){ .roles = { ALLOCER, ALLOCER, MEMORY } });
	holds_at_random((struct param){ .roles = { ALLOCER, ALLOCER, MEMORY } });
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lookup_against_removal_6_0),
		cmocka_unit_test(lookup_against_removal_5_3),
		cmocka_unit_test(lookup_against_removal_5_2),
		cmocka_unit_test(drain_waits_for_cached_reference),
		cmocka_unit_test(exit_before_the_drain_is_found_out),
		cmocka_unit_test(failed_creation_waits_for_a_lookup),
		cmocka_unit_test(last_put_ends_before_the_drain),
		cmocka_unit_test(put_to_one_races_with_the_removal_of_5_3),
		cmocka_unit_test(put_to_one_races_with_a_tryget_of_5_3),
		cmocka_unit_test(pin_of_5_18_does_not_hold_the_memory),
		cmocka_unit_test(handing_out_against_put_pages_of_5_3),
		cmocka_unit_test(handing_out_against_the_drain),
		cmocka_unit_test(device_pages_are_handed_out_to_one),
		cmocka_unit_test(a_free_page_that_is_tried_is_handed_out_as_it_is),
		cmocka_unit_test(tryget_fails_at_zero_only),
		cmocka_unit_test(the_last_unmap_of_6_15_tells_the_file_system),
		cmocka_unit_test(entry_of_6_15_does_not_hold_the_memory),
		cmocka_unit_test(page_lock_excludes),
		cmocka_unit_test(last_put_meets_memory_remove),
		cmocka_unit_test(system_pages_are_handed_out_to_one),
	};

	return cmocka_run_group_tests_name("removal model", tests, NULL, NULL);
}
