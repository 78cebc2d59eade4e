/* SPDX-License-Identifier: MIT */
/* Device memory as drivers have it: their struct embeds the pgmap and lists the free pages. */
#include <hmmsim/fault.h>
#include <hmmsim/sync.h>

#include <errno.h>

#include "support/machine.h"

#define PAGES 4u

struct driver {
	uint64_t before;
	struct hs_pgmap_storage pgmap;
	uint64_t after;
	struct hs_page *free; /* linked by page->private */
	uint32_t frees;
	bool hands_out; /* page_free hands the page out again */
	uint32_t count_in_free;
};

static struct driver *driver_of(struct hs_pgmap *pgmap)
{
	return hs_container_of(pgmap, struct driver, pgmap);
}

static void driver_push(struct hs_task *self, struct driver *d, struct hs_page *page)
{
	hs_page_set_private(self, page, (uint64_t)(uintptr_t)d->free);
	d->free = page;
}

static struct hs_page *driver_pop(struct hs_task *self, struct driver *d)
{
	struct hs_page *page = d->free;

	d->free = (struct hs_page *)(uintptr_t)hs_page_private(self, page);
	return page;
}

static void driver_page_free(struct hs_task *self, struct hs_pgmap *pgmap, struct hs_page *page)
{
	struct driver *d = driver_of(pgmap);

	d->frees++;
	d->count_in_free = hs_page_count(self, page);
	if (!d->hands_out)
		driver_push(self, d, page);
	else
		assert_int_equal(hs_zone_device_page_init(self, page), 0);
}

static const struct hs_pgmap_ops driver_ops = { driver_page_free, hs_migrate_to_ram };

static void driver_config(struct driver *d, enum hs_pgmap_type type, enum hs_page_refs refs,
			  struct hs_pgmap_config *c)
{
	hs_pgmap_config_init(c, type, DEVICE_PFN, DEVICE_PFN + 512);
	c->first = c->end - PAGES;
	c->owner = d;
	c->ops = &driver_ops;
	c->page_refs = refs;
	c->own_list = true;
	c->storage = &d->pgmap;
}

/* Memory of the machine, as a driver's struct should be. */
static struct driver *driver_open(struct hs_task *self, enum hs_pgmap_type type,
				  enum hs_page_refs refs)
{
	static const struct hs_sync_kind kind = { "driver" };
	struct driver *d = hs_sync_alloc(self, &kind, sizeof(*d));
	struct hs_pgmap_config c;
	struct hs_pgmap *p = NULL;

	assert_non_null(d);
	d->before = d->after = 77;
	driver_config(d, type, refs, &c);
	assert_int_equal(hs_pgmap_create(self, &c, &p), 0);
	assert_ptr_equal(p, &d->pgmap);
	for (uint64_t pfn = c.end; pfn-- > c.first;)
		driver_push(self, d, hs_pfn_to_page(self, pfn));
	return d;
}

static struct hs_pgmap *driver_pgmap(struct driver *d)
{
	return (struct hs_pgmap *)&d->pgmap;
}

static void driver_close(struct hs_task *self, struct driver *d)
{
	hs_pgmap_destroy(self, driver_pgmap(d));
	assert_int_equal(d->before, 77);
	assert_int_equal(d->after, 77);
	hs_sync_free(self, d);
}

/* ---- the pgmap ---------------------------------------------------------------------------- */

static void a_page_leads_to_the_struct_that_embeds_its_pgmap(void **state)
{
	struct hs_task *self = machine_task(state);
	struct driver *d = driver_open(self, HS_PGMAP_PRIVATE, HS_PAGE_REFS_6_1);
	struct hs_pgmap *p = hs_pgmap_get(self, DEVICE_PFN, NULL);

	assert_ptr_equal(driver_of(p), d);
	hs_pgmap_put(self, p);
	p = hs_page_pgmap(self, d->free);
	assert_ptr_equal(driver_of(p), d);
	assert_ptr_equal(hs_pgmap_owner(p), d);
	assert_null(hs_pgmap_driver_data(p));
	driver_close(self, d);
	assert_null(hs_pgmap_get(self, DEVICE_PFN, NULL));
}

static void a_storage_is_used_again_after_its_pgmap(void **state)
{
	struct hs_task *self = machine_task(state);
	struct driver *d = driver_open(self, HS_PGMAP_COHERENT, HS_PAGE_REFS_6_15);
	struct hs_pgmap_config c;
	struct hs_pgmap *p;

	for (int order = 0; order < HS_REMOVAL_ORDER_COUNT; order++) {
		const enum hs_pgmap_step *steps = hs_removal_steps((enum hs_removal_order)order);

		for (int i = 0; i < HS_PGMAP_STEP_COUNT; i++)
			hs_pgmap_step(self, driver_pgmap(d), steps[i]);
		hs_pgmap_free(self, driver_pgmap(d));
		driver_config(d, HS_PGMAP_PRIVATE, HS_PAGE_REFS_6_1, &c);
		c.atomic = order & 1;
		assert_int_equal(hs_pgmap_create(self, &c, &p), 0);
		assert_ptr_equal(p, &d->pgmap);
		assert_int_equal(hs_pgmap_refs(self, p), 0);
	}
	driver_close(self, d);
}

static int create_at(struct hs_task *self, bool embedded)
{
	struct driver d = { 77, .after = 77 };
	struct hs_pgmap_config c;
	struct hs_pgmap *p;
	int ret;

	driver_config(&d, HS_PGMAP_PRIVATE, HS_PAGE_REFS_6_1, &c);
	if (!embedded)
		c.storage = NULL;
	ret = hs_pgmap_create(self, &c, &p);
	if (!ret)
		hs_pgmap_destroy(self, p);
	assert_int_equal(d.before + d.after, 154);
	return ret;
}

static int create_in_storage(struct hs_task *self)
{
	return create_at(self, true);
}

static int create_apart(struct hs_task *self)
{
	return create_at(self, false);
}

static void every_allocation_can_fail_and_one_less_is_made(void **state)
{
	uint64_t apart = machine_run_out(create_apart);

	(void)state;
	assert_int_equal(machine_run_out(create_in_storage), apart - 1);
}

/* ---- the free list ------------------------------------------------------------------------ */

static void a_page_is_handed_out_locked_with_one_reference(void **state)
{
	struct hs_task *self = machine_task(state);

	for (int type = HS_PGMAP_PRIVATE; type <= HS_PGMAP_COHERENT; type++)
		for (int refs = HS_PAGE_REFS_6_1; refs < HS_PAGE_REFS_COUNT; refs++) {
			struct driver *d = driver_open(self, (enum hs_pgmap_type)type,
						       (enum hs_page_refs)refs);
			struct hs_page *page = driver_pop(self, d);

			hs_page_set_private(self, page, 55);
			hs_dma_set_contents(self, page, 66);
			assert_int_equal(hs_page_count(self, page), 0);
			assert_int_equal(hs_zone_device_page_init(self, page), 0);
			assert_int_equal(hs_page_count(self, page), 1);
			assert_false(hs_page_trylock(self, page));
			assert_int_equal(hs_pgmap_refs(self, driver_pgmap(d)), 1);
			assert_int_equal(hs_pgmap_pages_allocated(self, driver_pgmap(d)), 1);
			/* What is the driver's, it keeps. */
			assert_int_equal(hs_page_private(self, page), 55);
			assert_int_equal(hs_dma_contents(self, page), 66);
			hs_page_unlock(self, page);
			hs_page_get(self, page);
			hs_page_put(self, page);
			assert_int_equal(d->frees, 0);
			hs_page_put(self, page);
			assert_int_equal(d->frees, 1);
			assert_int_equal(d->count_in_free, 0);
			assert_ptr_equal(d->free, page);
			assert_int_equal(hs_pgmap_refs(self, driver_pgmap(d)), 0);
			assert_int_equal(hs_pgmap_pages_allocated(self, driver_pgmap(d)), 0);
			driver_close(self, d);
		}
}

/* The put that has called page_free goes on afterwards, and must leave the page alone. */
static void page_free_may_hand_the_page_out_again(void **state)
{
	struct hs_task *self = machine_task(state);
	struct driver *d = driver_open(self, HS_PGMAP_PRIVATE, HS_PAGE_REFS_6_1);
	struct hs_page *page = driver_pop(self, d);

	assert_int_equal(hs_zone_device_page_init(self, page), 0);
	hs_page_unlock(self, page);
	d->hands_out = true;
	hs_page_put(self, page);
	assert_int_equal(d->frees, 1);
	assert_int_equal(hs_page_count(self, page), 1);
	assert_false(hs_page_trylock(self, page));
	assert_int_equal(hs_pgmap_pages_allocated(self, driver_pgmap(d)), 1);
	assert_int_equal(hs_pgmap_refs(self, driver_pgmap(d)), 1);
	d->hands_out = false;
	hs_page_unlock(self, page);
	hs_page_put(self, page);
	driver_close(self, d);
}

static void no_page_is_handed_out_after_the_kill(void **state)
{
	struct hs_task *self = machine_task(state);
	struct driver *d = driver_open(self, HS_PGMAP_PRIVATE, HS_PAGE_REFS_6_1);
	const enum hs_pgmap_step *steps = hs_removal_steps(HS_REMOVAL_ORDER_6_0);
	struct hs_page *page = driver_pop(self, d), *late = driver_pop(self, d);

	assert_int_equal(hs_zone_device_page_init(self, page), 0);
	hs_page_unlock(self, page);
	hs_pgmap_step(self, driver_pgmap(d), HS_PGMAP_KILL);
	assert_int_equal(hs_zone_device_page_init(self, late), -ENODEV);
	assert_int_equal(hs_page_count(self, late), 0);
	assert_int_equal(hs_pgmap_pages_allocated(self, driver_pgmap(d)), 1);
	/* The page that is out keeps the memory. */
	hs_pgmap_step(self, driver_pgmap(d), HS_PGMAP_PUT_PAGES);
	hs_pgmap_step_start(self, driver_pgmap(d), HS_PGMAP_WAIT);
	for (int i = 0; i < 3; i++)
		assert_false(hs_pgmap_step_poll(self, driver_pgmap(d), HS_PGMAP_WAIT));
	hs_page_put(self, page);
	assert_int_equal(d->frees, 1);
	hs_pgmap_step_wait(self, driver_pgmap(d), HS_PGMAP_WAIT);
	for (int i = 3; i < HS_PGMAP_STEP_COUNT; i++)
		hs_pgmap_step(self, driver_pgmap(d), steps[i]);
	hs_pgmap_free(self, driver_pgmap(d));
	hs_sync_free(self, d);
}

static void the_pgmap_has_no_list_of_its_own_then(void **state)
{
	struct hs_task *self = machine_task(state);
	struct driver *d = driver_open(self, HS_PGMAP_COHERENT, HS_PAGE_REFS_6_1);
	struct hs_page *page = NULL;

	assert_int_equal(hs_pgmap_page_alloc(self, driver_pgmap(d), &page), -EINVAL);
	assert_null(page);
	driver_close(self, d);
}

/* PRIVATE and COHERENT, since 6.1. */
static void other_memory_has_no_such_list(void **state)
{
	struct hs_task *self = machine_task(state);

	for (int type = 0; type < HS_PGMAP_TYPE_COUNT; type++)
		for (int refs = 0; refs < HS_PAGE_REFS_COUNT; refs++) {
			struct driver d = { 0 };
			struct hs_pgmap_config c;
			struct hs_pgmap *p = NULL;
			bool has = (type == HS_PGMAP_PRIVATE || type == HS_PGMAP_COHERENT) &&
				   refs >= HS_PAGE_REFS_6_1;

			driver_config(&d, (enum hs_pgmap_type)type, (enum hs_page_refs)refs, &c);
			assert_int_equal(hs_pgmap_create(self, &c, &p), has ? 0 : -EINVAL);
			if (p)
				hs_pgmap_destroy(self, p);
		}
}

/* A page that is out when its memory goes: all that is left of it is named. */
static void a_page_that_is_not_given_back_is_named(void **state)
{
	struct hs_leaks left = { 0 };
	struct driver *d;
	struct machine m;

	(void)state;
	machine_open_failing(&m, 0);
	d = driver_open(m.self, HS_PGMAP_PRIVATE, HS_PAGE_REFS_6_1);
	assert_int_equal(hs_zone_device_page_init(m.self, driver_pop(m.self, d)), 0);
	hs_pgmap_step(m.self, driver_pgmap(d), HS_PGMAP_KILL);
	hs_pgmap_step(m.self, driver_pgmap(d), HS_PGMAP_MEMORY);
	assert_int_equal(hs_task_detach(m.self), 0);
	assert_int_equal(hs_machine_destroy(m.machine, &left), -ENOTEMPTY);
	assert_int_equal(left.page_refs, 1);
	assert_int_equal(left.pgmap_refs, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		machine_unit_test(a_page_leads_to_the_struct_that_embeds_its_pgmap),
		machine_unit_test(a_storage_is_used_again_after_its_pgmap),
		cmocka_unit_test(every_allocation_can_fail_and_one_less_is_made),
		machine_unit_test(a_page_is_handed_out_locked_with_one_reference),
		machine_unit_test(page_free_may_hand_the_page_out_again),
		machine_unit_test(no_page_is_handed_out_after_the_kill),
		machine_unit_test(the_pgmap_has_no_list_of_its_own_then),
		machine_unit_test(other_memory_has_no_such_list),
		cmocka_unit_test(a_page_that_is_not_given_back_is_named),
	};

	return cmocka_run_group_tests_name("pgmap owner", tests, NULL, NULL);
}
