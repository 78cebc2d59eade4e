/* SPDX-License-Identifier: MIT */
/*
 * The table of <hmmsim/pgmap.h>: what the count of a device page means, by era and type.
 */
#include "support/death.h"
#include "support/machine.h"

#define PAGES 512u
#define NEVER UINT32_MAX

static struct hs_pgmap *created(struct hs_task *self, enum hs_pgmap_type type,
				enum hs_page_refs refs, struct freed *freed)
{
	struct hs_pgmap_config config;
	struct hs_pgmap *p = NULL;

	device_memory_config(&config, type, refs, DEVICE_PFN, PAGES);
	config.driver_data = freed;
	if (freed)
		*freed = (struct freed){ 0 };
	assert_int_equal(hs_pgmap_create(self, &config, &p), 0);
	return p;
}

/* ---- the table --------------------------------------------------------------------------- */

struct cell {
	enum hs_page_refs refs;
	enum hs_pgmap_type type;
	uint32_t idle;	   /* count of a page that is not in use */
	uint32_t bulk;	   /* references to the pgmap that the core holds for its pages */
	uint32_t used;	   /* count of a page with one user */
	uint32_t held;	   /* references to the pgmap that this user causes */
	uint32_t freed_at; /* count when the put of the user calls page_free */
	bool blocks;	   /* the user blocks the drain */
};

static const struct cell table[] = {
	{ HS_PAGE_REFS_5_3, HS_PGMAP_FS_DAX, 1, PAGES, 2, 0, 1, true },
	{ HS_PAGE_REFS_5_3, HS_PGMAP_PRIVATE, 1, PAGES, 2, 0, 1, true },
	{ HS_PAGE_REFS_5_3, HS_PGMAP_COHERENT, 1, PAGES, 2, 0, NEVER, true },
	{ HS_PAGE_REFS_5_3, HS_PGMAP_GENERIC, 1, PAGES, 2, 0, NEVER, true },
	{ HS_PAGE_REFS_5_3, HS_PGMAP_P2PDMA, 1, PAGES, 2, 0, NEVER, true },
	{ HS_PAGE_REFS_5_18, HS_PGMAP_FS_DAX, 1, PAGES, 2, 0, 1, false },
	{ HS_PAGE_REFS_5_18, HS_PGMAP_PRIVATE, 1, PAGES, 1, 0, 0, false },
	{ HS_PAGE_REFS_5_18, HS_PGMAP_COHERENT, 1, PAGES, 1, 0, 0, false },
	{ HS_PAGE_REFS_5_18, HS_PGMAP_GENERIC, 1, PAGES, 2, 0, NEVER, false },
	{ HS_PAGE_REFS_5_18, HS_PGMAP_P2PDMA, 1, PAGES, 1, 0, 0, false },
	{ HS_PAGE_REFS_6_1, HS_PGMAP_FS_DAX, 1, PAGES, 2, 0, 1, false },
	{ HS_PAGE_REFS_6_1, HS_PGMAP_PRIVATE, 0, 0, 1, 1, 0, true },
	{ HS_PAGE_REFS_6_1, HS_PGMAP_COHERENT, 0, 0, 1, 1, 0, true },
	{ HS_PAGE_REFS_6_1, HS_PGMAP_GENERIC, 1, PAGES, 2, 0, NEVER, false },
	{ HS_PAGE_REFS_6_1, HS_PGMAP_P2PDMA, 1, PAGES, 1, 1, 0, true },
	{ HS_PAGE_REFS_6_15, HS_PGMAP_FS_DAX, 0, PAGES, 1, 0, 0, false },
	{ HS_PAGE_REFS_6_15, HS_PGMAP_PRIVATE, 0, 0, 1, 1, 0, true },
	{ HS_PAGE_REFS_6_15, HS_PGMAP_COHERENT, 0, 0, 1, 1, 0, true },
	{ HS_PAGE_REFS_6_15, HS_PGMAP_GENERIC, 1, PAGES, 2, 0, NEVER, false },
	{ HS_PAGE_REFS_6_15, HS_PGMAP_P2PDMA, 0, PAGES, 1, 1, 0, true },
};

#define CELLS (sizeof(table) / sizeof(table[0]))

static bool is_handed_out(enum hs_pgmap_type type)
{
	return type != HS_PGMAP_FS_DAX && type != HS_PGMAP_GENERIC;
}

/* Obtains a page in the way that users of the type do. */
static struct hs_page *use(struct hs_task *self, struct hs_pgmap *p, const struct cell *c)
{
	struct hs_page *page = hs_pfn_to_page(self, DEVICE_PFN);

	if (is_handed_out(c->type))
		assert_int_equal(hs_pgmap_page_alloc(self, p, &page), 0);
	else if (c->refs < HS_PAGE_REFS_6_15)
		hs_page_get(self, page);
	else
		hs_pgmap_page_map(self, page);
	return page;
}

static void every_page_begins_idle(void **state)
{
	struct hs_task *self = machine_task(state);

	for (size_t i = 0; i < CELLS; i++) {
		const struct cell *c = &table[i];
		struct hs_pgmap *p = created(self, c->type, c->refs, NULL);

		for (uint64_t pfn = DEVICE_PFN; pfn < DEVICE_PFN + PAGES; pfn++) {
			struct hs_page *page = hs_pfn_to_page(self, pfn);

			assert_int_equal(hs_page_count(self, page), c->idle);
			assert_ptr_equal(hs_page_pgmap(self, page), p);
			assert_int_equal(hs_page_to_pfn(self, page), pfn);
		}
		assert_int_equal(hs_percpu_ref_sum(self, &p->ref), 1 + c->bulk);
		assert_int_equal(hs_pgmap_refs(self, p), 0);
		hs_pgmap_destroy(self, p);
	}
}

static void a_user_comes_and_goes(void **state)
{
	struct hs_task *self = machine_task(state);

	for (size_t i = 0; i < CELLS; i++) {
		const struct cell *c = &table[i];
		struct freed freed;
		struct hs_pgmap *p = created(self, c->type, c->refs, &freed);
		struct hs_page *page = use(self, p, c);

		assert_int_equal(hs_page_count(self, page), c->used);
		assert_int_equal(hs_pgmap_refs(self, p), c->held);
		/* The put of a second reference frees nothing. */
		hs_page_get(self, page);
		hs_page_put(self, page);
		assert_int_equal(freed.calls, 0);
		hs_page_put(self, page);
		assert_int_equal(freed.calls, c->freed_at == NEVER ? 0 : 1);
		if (freed.calls) {
			assert_int_equal(freed.count, c->freed_at);
			assert_ptr_equal(freed.page, page);
		}
		assert_int_equal(hs_page_count(self, page), c->idle);
		assert_int_equal(hs_pgmap_refs(self, p), 0);
		assert_int_equal(hs_pgmap_pages_allocated(self, p), 0);
		hs_pgmap_destroy(self, p);
	}
}

static void who_blocks_the_drain(void **state)
{
	struct hs_task *self = machine_task(state);

	for (size_t i = 0; i < CELLS; i++) {
		const struct cell *c = &table[i];
		struct hs_pgmap *p = created(self, c->type, c->refs, NULL);
		struct hs_page *page = use(self, p, c);

		hs_pgmap_step(self, p, HS_PGMAP_KILL);
		hs_pgmap_step(self, p, HS_PGMAP_PUT_PAGES);
		hs_pgmap_step_start(self, p, HS_PGMAP_WAIT);
		hs_rcu_barrier(self);
		assert_int_equal(hs_pgmap_step_done(self, p, HS_PGMAP_WAIT), !c->blocks);
		assert_int_equal(hs_pgmap_refs(self, p), c->blocks ? 1 : 0);
		hs_page_put(self, page);
		assert_true(hs_pgmap_step_done(self, p, HS_PGMAP_WAIT));
		hs_pgmap_step(self, p, HS_PGMAP_MEMORY);
		hs_pgmap_step(self, p, HS_PGMAP_ERASE);
		hs_pgmap_step(self, p, HS_PGMAP_EXIT);
		hs_pgmap_free(self, p);
	}
}

/* ---- what the table does not say --------------------------------------------------------- */

/* Since 5.18 the user of the page puts the first reference. */
static void the_put_to_zero_of_a_generic_page_sets_one_again(void **state)
{
	struct hs_task *self = machine_task(state);

	for (int refs = HS_PAGE_REFS_5_18; refs < HS_PAGE_REFS_COUNT; refs++) {
		struct freed freed;
		struct hs_pgmap *p =
			created(self, HS_PGMAP_GENERIC, (enum hs_page_refs)refs, &freed);
		struct hs_page *page = hs_pfn_to_page(self, DEVICE_PFN);

		hs_page_put(self, page);
		assert_int_equal(freed.calls, 1);
		assert_int_equal(freed.count, 0);
		assert_int_equal(hs_page_count(self, page), 1);
		assert_int_equal(hs_pgmap_refs(self, p), 0);
		hs_pgmap_destroy(self, p);
	}
}

/*
 * The put of the core makes the count 1: page_free is called although the pin is held, and only
 * then.
 */
static void put_pages_of_5_3_frees_what_is_pinned_once(void **state)
{
	struct hs_task *self = machine_task(state);
	struct freed freed;
	struct hs_pgmap *p = created(self, HS_PGMAP_PRIVATE, HS_PAGE_REFS_5_3, &freed);
	struct hs_page *page, *other;

	assert_int_equal(hs_pgmap_page_alloc(self, p, &page), 0);
	hs_pgmap_step(self, p, HS_PGMAP_KILL);
	hs_pgmap_step(self, p, HS_PGMAP_PUT_PAGES);
	assert_int_equal(freed.calls, 1);
	assert_ptr_equal(freed.page, page);
	assert_int_equal(hs_page_count(self, page), 1);
	/* The page is not handed out again. */
	assert_int_equal(hs_pgmap_page_alloc(self, p, &other), -ENODEV);
	hs_page_put(self, page);
	assert_int_equal(freed.calls, 1);
	hs_pgmap_step(self, p, HS_PGMAP_WAIT);
	hs_pgmap_step(self, p, HS_PGMAP_MEMORY);
	hs_pgmap_step(self, p, HS_PGMAP_ERASE);
	hs_pgmap_step(self, p, HS_PGMAP_EXIT);
	hs_pgmap_free(self, p);
}

static void free_pages_are_handed_out_once_each(void **state)
{
	struct hs_task *self = machine_task(state);

	for (size_t i = 0; i < CELLS; i++) {
		const struct cell *c = &table[i];
		struct hs_pgmap *p = created(self, c->type, c->refs, NULL);
		struct hs_page *page = NULL;

		if (!is_handed_out(c->type)) {
			assert_int_equal(hs_pgmap_page_alloc(self, p, &page), -EINVAL);
			hs_pgmap_destroy(self, p);
			continue;
		}
		for (uint64_t n = 0; n < PAGES; n++) {
			assert_int_equal(hs_pgmap_page_alloc(self, p, &page), 0);
			assert_int_equal(hs_page_to_pfn(self, page), DEVICE_PFN + n);
		}
		assert_int_equal(hs_pgmap_page_alloc(self, p, &page), -ENOSPC);
		assert_int_equal(hs_pgmap_pages_allocated(self, p), PAGES);
		assert_int_equal(hs_pgmap_refs(self, p), c->held * PAGES);
		hs_page_set_private(self, hs_pfn_to_page(self, DEVICE_PFN + 7), 77);
		hs_dma_set_contents(self, hs_pfn_to_page(self, DEVICE_PFN + 7), 78);
		hs_page_put(self, hs_pfn_to_page(self, DEVICE_PFN + 3));
		hs_page_put(self, hs_pfn_to_page(self, DEVICE_PFN + 7));
		assert_int_equal(hs_pgmap_pages_allocated(self, p), PAGES - 2);
		assert_int_equal(hs_pgmap_page_alloc(self, p, &page), 0);
		assert_int_equal(hs_page_to_pfn(self, page), DEVICE_PFN + 7);
		assert_int_equal(hs_page_private(self, page), 0);
		assert_int_equal(hs_dma_contents(self, page), 0);
		assert_int_equal(hs_page_count(self, page), c->used);
		assert_int_equal(hs_pgmap_page_alloc(self, p, &page), 0);
		assert_int_equal(hs_page_to_pfn(self, page), DEVICE_PFN + 3);
		for (uint64_t n = 0; n < PAGES; n++)
			hs_page_put(self, hs_pfn_to_page(self, DEVICE_PFN + n));
		hs_pgmap_destroy(self, p);
	}
}

static void a_killed_pgmap_hands_out_what_needs_no_reference(void **state)
{
	struct hs_task *self = machine_task(state);

	for (size_t i = 0; i < CELLS; i++) {
		const struct cell *c = &table[i];
		struct hs_pgmap *p = created(self, c->type, c->refs, NULL);
		struct hs_page *page;

		hs_pgmap_step(self, p, HS_PGMAP_KILL);
		if (is_handed_out(c->type)) {
			int ret = hs_pgmap_page_alloc(self, p, &page);

			assert_int_equal(ret, c->held ? -ENODEV : 0);
			if (!ret)
				hs_page_put(self, page);
		}
		hs_pgmap_step(self, p, HS_PGMAP_PUT_PAGES);
		hs_pgmap_step(self, p, HS_PGMAP_WAIT);
		hs_pgmap_step(self, p, HS_PGMAP_MEMORY);
		hs_pgmap_step(self, p, HS_PGMAP_ERASE);
		hs_pgmap_step(self, p, HS_PGMAP_EXIT);
		hs_pgmap_free(self, p);
	}
}

static void mapping_counts_from_6_15_on(void **state)
{
	static const enum hs_pgmap_type types[] = { HS_PGMAP_FS_DAX, HS_PGMAP_GENERIC };
	struct hs_task *self = machine_task(state);

	for (int refs = 0; refs < HS_PAGE_REFS_COUNT; refs++) {
		for (size_t i = 0; i < 2; i++) {
			struct hs_pgmap *p = created(self, types[i], (enum hs_page_refs)refs, NULL);
			struct hs_page *page = hs_pfn_to_page(self, DEVICE_PFN);
			uint32_t idle = hs_page_count(self, page);
			uint32_t each = refs == HS_PAGE_REFS_6_15;

			hs_pgmap_page_map(self, page);
			hs_pgmap_page_map(self, page);
			assert_int_equal(hs_page_count(self, page), idle + 2 * each);
			/* The entries hold no reference to the pgmap. */
			assert_int_equal(hs_pgmap_refs(self, p), 0);
			hs_pgmap_page_unmap(self, page);
			hs_pgmap_page_unmap(self, page);
			assert_int_equal(hs_page_count(self, page), idle);
			assert_int_equal(hs_pgmap_refs(self, p), 0);
			hs_pgmap_destroy(self, p);
		}
	}
}

/* The drain ends earlier; page_free then tells the file system that the page is idle. */
static void a_killed_pgmap_does_not_ask_who_maps_it(void **state)
{
	struct hs_task *self = machine_task(state);
	struct freed freed;
	struct hs_pgmap *p = created(self, HS_PGMAP_FS_DAX, HS_PAGE_REFS_6_15, &freed);
	struct hs_page *page = hs_pfn_to_page(self, DEVICE_PFN);

	hs_pgmap_page_map(self, page);
	hs_pgmap_step(self, p, HS_PGMAP_KILL);
	hs_pgmap_page_map(self, page);
	hs_pgmap_page_map(self, page + 1);
	assert_int_equal(hs_page_count(self, page), 2);
	assert_int_equal(hs_page_count(self, page + 1), 1);
	hs_pgmap_step(self, p, HS_PGMAP_PUT_PAGES);
	hs_pgmap_step(self, p, HS_PGMAP_WAIT);
	hs_pgmap_page_unmap(self, page + 1);
	hs_pgmap_page_unmap(self, page);
	assert_int_equal(freed.calls, 1);
	hs_pgmap_page_unmap(self, page);
	assert_int_equal(freed.calls, 2);
	assert_ptr_equal(freed.page, page);
	assert_int_equal(hs_page_count(self, page), 0);
	hs_pgmap_step(self, p, HS_PGMAP_MEMORY);
	hs_pgmap_step(self, p, HS_PGMAP_ERASE);
	hs_pgmap_step(self, p, HS_PGMAP_EXIT);
	hs_pgmap_free(self, p);
}

/* ---- programmer errors ------------------------------------------------------------------- */

#ifdef HS_BACKEND_NATIVE
struct wrong {
	void (*what)(struct hs_task *self, struct hs_pgmap *p);
	enum hs_pgmap_type type;
	enum hs_page_refs refs;
	const char *text;
};

static void put_below_zero(struct hs_task *self, struct hs_pgmap *p)
{
	(void)p;
	hs_page_put(self, hs_pfn_to_page(self, DEVICE_PFN));
}

static void get_from_zero(struct hs_task *self, struct hs_pgmap *p)
{
	(void)p;
	hs_page_get(self, hs_pfn_to_page(self, DEVICE_PFN));
}

static void unlock_unlocked(struct hs_task *self, struct hs_pgmap *p)
{
	(void)p;
	hs_page_unlock(self, hs_pfn_to_page(self, DEVICE_PFN));
}

/* In an early section the struct page still exists. */
static void touch_stale(struct hs_task *self, struct hs_pgmap *p)
{
	hs_pgmap_step(self, p, HS_PGMAP_MEMORY);
	hs_page_private(self, hs_pfn_to_page(self, DEVICE_PFN));
}

static void map_private(struct hs_task *self, struct hs_pgmap *p)
{
	(void)p;
	hs_pgmap_page_map(self, hs_pfn_to_page(self, DEVICE_PFN));
}

static void alloc_removed(struct hs_task *self, struct hs_pgmap *p)
{
	struct hs_page *page;

	hs_pgmap_step(self, p, HS_PGMAP_MEMORY);
	hs_pgmap_page_alloc(self, p, &page);
}

static void free_mapped(struct hs_task *self, struct hs_pgmap *p)
{
	struct hs_page *page;

	(void)p;
	if (hs_page_alloc(self, &page))
		return;
	hs_u32_add(self, &page->mapcount, 1, HS_RELAXED);
	hs_page_put(self, page);
}

static void free_locked(struct hs_task *self, struct hs_pgmap *p)
{
	struct hs_page *page;

	(void)p;
	if (hs_page_alloc(self, &page) || !hs_page_trylock(self, page))
		return;
	hs_page_put(self, page);
}

static void unmap_private(struct hs_task *self, struct hs_pgmap *p)
{
	struct hs_page *page;

	if (!hs_pgmap_page_alloc(self, p, &page))
		hs_pgmap_page_unmap(self, page);
}

static void do_wrong(void *arg)
{
	const struct wrong *wrong = arg;
	struct hs_pgmap_config config;
	struct hs_pgmap *p;
	struct machine m;

	machine_open_failing(&m, 0);
	device_memory_config(&config, wrong->type, wrong->refs, DEVICE_PFN, PAGES);
	if (hs_memory_add(m.self, DEVICE_PFN + PAGES, DEVICE_PFN + 2 * PAGES, true) ||
	    hs_pgmap_create(m.self, &config, &p))
		return;
	wrong->what(m.self, p);
}

static void wrong_use_fails_the_assertion(void **state)
{
	static const struct wrong wrongs[] = {
		{ put_below_zero, HS_PGMAP_PRIVATE, HS_PAGE_REFS_6_1,
		  "hs_page_put: refcount is already 0" },
		{ put_below_zero, HS_PGMAP_PRIVATE, HS_PAGE_REFS_5_3,
		  "is put before \"put-pages\"" },
		{ put_below_zero, HS_PGMAP_FS_DAX, HS_PAGE_REFS_6_1, "to an FS_DAX page is put" },
		{ get_from_zero, HS_PGMAP_PRIVATE, HS_PAGE_REFS_6_1, "refcount is 0" },
		{ unlock_unlocked, HS_PGMAP_GENERIC, HS_PAGE_REFS_6_1, "the page is not locked" },
		{ touch_stale, HS_PGMAP_GENERIC, HS_PAGE_REFS_6_1, "pfn 0x40000 is stale" },
		{ alloc_removed, HS_PGMAP_P2PDMA, HS_PAGE_REFS_6_1, "pfn 0x40000 is stale" },
		{ map_private, HS_PGMAP_PRIVATE, HS_PAGE_REFS_6_15, "is expected" },
		{ unmap_private, HS_PGMAP_PRIVATE, HS_PAGE_REFS_6_1, "is expected" },
		{ free_mapped, HS_PGMAP_GENERIC, HS_PAGE_REFS_6_1, "page tables still map pfn" },
		{ free_locked, HS_PGMAP_GENERIC, HS_PAGE_REFS_6_1, "or it is locked" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(wrongs); i++) {
		struct wrong wrong = wrongs[i];

		death_expect(do_wrong, &wrong, wrong.text);
	}
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		machine_unit_test(every_page_begins_idle),
		machine_unit_test(a_user_comes_and_goes),
		machine_unit_test(who_blocks_the_drain),
		machine_unit_test(the_put_to_zero_of_a_generic_page_sets_one_again),
		machine_unit_test(put_pages_of_5_3_frees_what_is_pinned_once),
		machine_unit_test(free_pages_are_handed_out_once_each),
		machine_unit_test(a_killed_pgmap_hands_out_what_needs_no_reference),
		machine_unit_test(mapping_counts_from_6_15_on),
		machine_unit_test(a_killed_pgmap_does_not_ask_who_maps_it),
#ifdef HS_BACKEND_NATIVE
		cmocka_unit_test(wrong_use_fails_the_assertion),
#endif
	};

	return cmocka_run_group_tests_name("page references", tests, NULL, NULL);
}
