/* SPDX-License-Identifier: MIT */
/*
 * Device memory from creation to removal, in one task: each check, each step, each order.
 */
#include "memory/hotplug.h"
#include "support/death.h"
#include "support/machine.h"

#define SECTION 32768u
#define SUBSECTION 512u

static struct hs_pgmap *created(struct hs_task *self, const struct hs_pgmap_config *config)
{
	struct hs_pgmap *p = NULL;

	assert_int_equal(hs_pgmap_create(self, config, &p), 0);
	return p;
}

static uint64_t grace_periods(struct hs_task *self)
{
	struct hs_machine_info info;

	hs_machine_info(hs_task_machine(self), &info);
	return info.grace_periods;
}

/* ---- creation ---------------------------------------------------------------------------- */

static void a_pgmap_is_what_its_config_says(void **state)
{
	struct hs_task *self = machine_task(state);
	struct hs_pgmap_config c;
	struct hs_pgmap *p;
	int data;

	hs_pgmap_config_init(&c, HS_PGMAP_GENERIC, DEVICE_PFN, DEVICE_PFN + SUBSECTION);
	assert_int_equal(c.first, DEVICE_PFN);
	assert_int_equal(c.page_refs, HS_PAGE_REFS_6_1);
	assert_int_equal(c.removal_order, HS_REMOVAL_ORDER_6_0);
	c.owner = &c;
	c.driver_data = &data;
	c.removal_order = HS_REMOVAL_ORDER_5_3;
	p = created(self, &c);
	assert_int_equal(hs_pgmap_type(p), HS_PGMAP_GENERIC);
	assert_int_equal(hs_pgmap_start(p), DEVICE_PFN);
	assert_int_equal(hs_pgmap_end(p), DEVICE_PFN + SUBSECTION);
	assert_ptr_equal(hs_pgmap_owner(p), &c);
	assert_ptr_equal(hs_pgmap_driver_data(p), &data);
	assert_int_equal(hs_pgmap_removal_order(p), HS_REMOVAL_ORDER_5_3);
	assert_ptr_equal(hs_pgmap_get(self, DEVICE_PFN + SUBSECTION - 1, NULL), p);
	hs_pgmap_put(self, p);
	assert_int_equal(hs_pfn_life(self, DEVICE_PFN), HS_PAGE_LIVE);
	assert_false(hs_pfn_online(self, DEVICE_PFN));
	hs_pgmap_destroy(self, p);
}

/* As with an altmap: the first pages hold the struct pages of the others. */
static void pages_before_the_first_stay_uninitialised(void **state)
{
	struct hs_task *self = machine_task(state);
	struct hs_pgmap_config c;
	struct hs_pgmap *p;

	device_memory_config(&c, HS_PGMAP_P2PDMA, HS_PAGE_REFS_6_1, DEVICE_PFN, 2 * SUBSECTION);
	c.first = DEVICE_PFN + 9;
	p = created(self, &c);
	assert_int_equal(hs_pfn_life(self, DEVICE_PFN), HS_PAGE_UNINITIALISED);
	assert_int_equal(hs_pfn_life(self, DEVICE_PFN + 8), HS_PAGE_UNINITIALISED);
	assert_int_equal(hs_pfn_life(self, DEVICE_PFN + 9), HS_PAGE_LIVE);
	assert_int_equal(hs_percpu_ref_sum(self, &p->ref), 1 + 2 * SUBSECTION - 9);
	assert_ptr_equal(hs_pgmap_get(self, DEVICE_PFN, NULL), p);
	hs_pgmap_put(self, p);
	hs_pgmap_destroy(self, p);
	assert_int_equal(hs_pfn_life(self, DEVICE_PFN), HS_PAGE_GONE);
}

struct change {
	int type; /* enum hs_pgmap_type */
	int refs;
	uint64_t start, end, first; /* offsets */
	bool no_ops, no_page_free, no_migrate, no_owner, limited;
	int ret;
};

static int create_changed(struct hs_task *self, const struct change *ch)
{
	struct hs_pgmap_ops ops = device_memory_ops;
	struct hs_pgmap *p = NULL;
	struct hs_pgmap_config c;
	int ret;

	hs_pgmap_config_init(&c, (enum hs_pgmap_type)ch->type, DEVICE_PFN + ch->start,
			     DEVICE_PFN + ch->end);
	c.first = DEVICE_PFN + ch->first;
	c.page_refs = (enum hs_page_refs)ch->refs;
	if (ch->no_page_free)
		ops.page_free = NULL;
	if (ch->no_migrate)
		ops.migrate_to_ram = NULL;
	c.ops = ch->no_ops ? NULL : &ops;
	c.owner = ch->no_owner ? NULL : &ops;
	c.limited = ch->limited;
	ret = hs_pgmap_create(self, &c, &p);
	if (!ret)
		hs_pgmap_destroy(self, p);
	return ret;
}

#define NEW HS_PAGE_REFS_6_1
#define OLD HS_PAGE_REFS_5_18
#define OLDEST HS_PAGE_REFS_5_3
#define WHOLE .end = SUBSECTION

static void what_a_type_needs(void **state)
{
	static const struct change changes[] = {
		{ HS_PGMAP_GENERIC, NEW, WHOLE, .no_ops = true, .no_owner = true, .ret = 0 },
		{ HS_PGMAP_TYPE_COUNT, NEW, WHOLE, .ret = -EINVAL },
		{ -1, NEW, WHOLE, .ret = -EINVAL },
		{ HS_PGMAP_GENERIC, HS_PAGE_REFS_COUNT, WHOLE, .ret = -EINVAL },
		{ HS_PGMAP_GENERIC, NEW, .start = SUBSECTION, WHOLE, .ret = -EINVAL },
		{ HS_PGMAP_GENERIC, NEW, .end = (1ull << 40) - DEVICE_PFN + SUBSECTION,
		  .ret = -EINVAL },
		{ HS_PGMAP_GENERIC, NEW, WHOLE, .first = (uint64_t)-1, .ret = -EINVAL },
		{ HS_PGMAP_GENERIC, NEW, WHOLE, .first = SUBSECTION, .ret = -EINVAL },
		{ HS_PGMAP_GENERIC, NEW, WHOLE, .first = SUBSECTION - 1, .ret = 0 },
		{ HS_PGMAP_PRIVATE, NEW, WHOLE, .ret = 0 },
		{ HS_PGMAP_PRIVATE, NEW, WHOLE, .no_ops = true, .ret = -EINVAL },
		{ HS_PGMAP_PRIVATE, NEW, WHOLE, .no_migrate = true, .ret = -EINVAL },
		{ HS_PGMAP_PRIVATE, NEW, WHOLE, .no_page_free = true, .ret = -EINVAL },
		{ HS_PGMAP_PRIVATE, NEW, WHOLE, .no_owner = true, .ret = -EINVAL },
		{ HS_PGMAP_PRIVATE, OLD, WHOLE, .no_ops = true, .ret = -EINVAL },
		{ HS_PGMAP_PRIVATE, OLD, WHOLE, .no_migrate = true, .ret = -EINVAL },
		{ HS_PGMAP_PRIVATE, OLD, WHOLE, .no_page_free = true, .ret = -EINVAL },
		{ HS_PGMAP_PRIVATE, OLD, WHOLE, .no_owner = true, .ret = -EINVAL },
		{ HS_PGMAP_PRIVATE, OLDEST, WHOLE, .no_ops = true, .ret = -EINVAL },
		{ HS_PGMAP_PRIVATE, OLDEST, WHOLE, .no_migrate = true, .ret = -EINVAL },
		{ HS_PGMAP_PRIVATE, OLDEST, WHOLE, .no_page_free = true, .ret = -EINVAL },
		{ HS_PGMAP_PRIVATE, OLDEST, WHOLE, .no_owner = true, .ret = 0 },
		{ HS_PGMAP_COHERENT, NEW, WHOLE, .no_migrate = true, .ret = 0 },
		{ HS_PGMAP_COHERENT, NEW, WHOLE, .no_ops = true, .ret = -EINVAL },
		{ HS_PGMAP_COHERENT, NEW, WHOLE, .no_page_free = true, .ret = -EINVAL },
		{ HS_PGMAP_COHERENT, NEW, WHOLE, .no_owner = true, .ret = -EINVAL },
		{ HS_PGMAP_COHERENT, OLD, WHOLE, .no_ops = true, .ret = -EINVAL },
		{ HS_PGMAP_COHERENT, OLD, WHOLE, .no_page_free = true, .ret = -EINVAL },
		{ HS_PGMAP_COHERENT, OLD, WHOLE, .no_owner = true, .ret = -EINVAL },
		{ HS_PGMAP_COHERENT, OLDEST, WHOLE, .no_ops = true, .no_owner = true, .ret = 0 },
		{ HS_PGMAP_FS_DAX, OLDEST, WHOLE, .no_ops = true, .no_owner = true, .ret = 0 },
		{ HS_PGMAP_FS_DAX, NEW, WHOLE, .limited = true, .ret = -EINVAL },
		{ HS_PGMAP_FS_DAX, NEW, WHOLE, .ret = 0 },
		{ HS_PGMAP_PRIVATE, NEW, WHOLE, .limited = true, .ret = 0 },
	};
	struct hs_task *self = machine_task(state);

	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		int ret = create_changed(self, &changes[i]);

		if (ret != changes[i].ret)
			print_error("change %zu\n", i);
		assert_int_equal(ret, changes[i].ret);
		assert_int_equal(hs_pfn_life(self, DEVICE_PFN), HS_PAGE_GONE);
	}
}

/*
 * Each range breaks one rule and all that are checked later. In subsections: a pgmap at [4, 6), one
 * that is killed at [8, 10), system memory at [12, 14), device memory without a pgmap at [16, 17).
 */
static void checks_come_in_the_order_of_the_kernel(void **state)
{
	static const struct change changes[] = {
		{ HS_PGMAP_PRIVATE, NEW, 4 * SUBSECTION + 1, 13 * SUBSECTION, 4 * SUBSECTION + 1,
		  .no_migrate = true, .ret = -EINVAL },
		{ HS_PGMAP_GENERIC, NEW, 5 * SUBSECTION + 1, 13 * SUBSECTION, 6 * SUBSECTION,
		  .ret = -ENOMEM },
		{ HS_PGMAP_GENERIC, NEW, 2 * SUBSECTION, 6 * SUBSECTION - 1, 3 * SUBSECTION,
		  .ret = -ENOMEM },
		{ HS_PGMAP_GENERIC, NEW, 3 * SUBSECTION + 1, 13 * SUBSECTION, 6 * SUBSECTION,
		  .ret = -ENXIO },
		{ HS_PGMAP_GENERIC, NEW, 14 * SUBSECTION - 1, 15 * SUBSECTION, 14 * SUBSECTION,
		  .ret = -ENXIO },
		{ HS_PGMAP_GENERIC, NEW, 11 * SUBSECTION, 12 * SUBSECTION + 1, 11 * SUBSECTION,
		  .ret = -ENXIO },
		{ HS_PGMAP_GENERIC, NEW, 2 * SUBSECTION, 7 * SUBSECTION + 1, 2 * SUBSECTION,
		  .ret = -EINVAL },
		{ HS_PGMAP_GENERIC, NEW, 2 * SUBSECTION + 1, 7 * SUBSECTION, 3 * SUBSECTION,
		  .ret = -EINVAL },
		{ HS_PGMAP_GENERIC, NEW, 2 * SUBSECTION, 7 * SUBSECTION, 2 * SUBSECTION,
		  .ret = -EEXIST },
		{ HS_PGMAP_GENERIC, NEW, 8 * SUBSECTION, 10 * SUBSECTION, 8 * SUBSECTION,
		  .ret = -EEXIST },
		{ HS_PGMAP_GENERIC, NEW, 15 * SUBSECTION, 17 * SUBSECTION, 15 * SUBSECTION,
		  .ret = -EEXIST },
		{ HS_PGMAP_GENERIC, NEW, 6 * SUBSECTION, 8 * SUBSECTION, 6 * SUBSECTION, .ret = 0 },
		{ HS_PGMAP_GENERIC, NEW, 2 * SUBSECTION, 4 * SUBSECTION, 2 * SUBSECTION, .ret = 0 },
	};
	struct hs_task *self = machine_task(state);
	struct hs_pgmap *alive, *dying;
	struct hs_pgmap_config c;

	hs_pgmap_config_init(&c, HS_PGMAP_GENERIC, DEVICE_PFN + 4 * SUBSECTION,
			     DEVICE_PFN + 6 * SUBSECTION);
	alive = created(self, &c);
	hs_pgmap_config_init(&c, HS_PGMAP_GENERIC, DEVICE_PFN + 8 * SUBSECTION,
			     DEVICE_PFN + 10 * SUBSECTION);
	dying = created(self, &c);
	hs_pgmap_step(self, dying, HS_PGMAP_KILL);
	assert_int_equal(hs_memory_add(self, DEVICE_PFN + 12 * SUBSECTION,
				       DEVICE_PFN + 14 * SUBSECTION, false),
			 0);
	assert_int_equal(hs_memory_add_device(self, DEVICE_PFN + 16 * SUBSECTION,
					      DEVICE_PFN + 17 * SUBSECTION),
			 0);
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		int ret = create_changed(self, &changes[i]);

		if (ret != changes[i].ret)
			print_error("change %zu\n", i);
		assert_int_equal(ret, changes[i].ret);
		assert_int_equal(hs_pgmap_refs(self, alive), 0);
		assert_null(hs_pgmap_get(self, DEVICE_PFN + 15 * SUBSECTION, NULL));
		assert_false(hs_pfn_valid(self, DEVICE_PFN + 3 * SUBSECTION));
		assert_false(hs_pfn_valid(self, DEVICE_PFN + 15 * SUBSECTION));
		assert_int_equal(hs_pfn_life(self, DEVICE_PFN + 4 * SUBSECTION), HS_PAGE_LIVE);
		assert_true(hs_pfn_valid(self, DEVICE_PFN + 16 * SUBSECTION));
	}
	hs_pgmap_destroy(self, alive);
	for (int step = HS_PGMAP_PUT_PAGES; step < HS_PGMAP_STEP_COUNT; step++)
		hs_pgmap_step(self, dying, (enum hs_pgmap_step)step);
	hs_pgmap_free(self, dying);
}

static int create_at_last(struct hs_task *self)
{
	struct hs_pgmap *p = NULL;
	struct hs_pgmap_config c;
	int ret;

	device_memory_config(&c, HS_PGMAP_GENERIC, HS_PAGE_REFS_6_1, DEVICE_PFN, 2 * SUBSECTION);
	ret = hs_pgmap_create(self, &c, &p);
	if (ret) {
		assert_null(p);
		assert_null(hs_pgmap_get(self, DEVICE_PFN, NULL));
		assert_false(hs_pfn_valid(self, DEVICE_PFN));
		assert_null(hs_pfn_to_page(self, DEVICE_PFN));
		/* The same creation succeeds now. */
		p = created(self, &c);
	}
	hs_pgmap_destroy(self, p);
	return ret;
}

static void every_allocation_of_a_creation_can_fail(void **state)
{
	(void)state;
	/* pgmap, counter, index nodes, section and its index nodes, two memmaps */
	assert_true(machine_run_out(create_at_last) >= 7);
}

/* ---- removal ----------------------------------------------------------------------------- */

static void orders_are_those_of_the_kernel(void **state)
{
	static const char *const orders[HS_REMOVAL_ORDER_COUNT] = {
		[HS_REMOVAL_ORDER_5_2] = "kill,put-pages,memory,erase,drain,exit-ref,",
		[HS_REMOVAL_ORDER_5_3] = "kill,put-pages,drain,exit-ref,memory,erase,",
		[HS_REMOVAL_ORDER_6_0] = "kill,put-pages,drain,memory,erase,exit-ref,",
	};

	(void)state;
	for (int order = 0; order < HS_REMOVAL_ORDER_COUNT; order++) {
		const enum hs_pgmap_step *steps = hs_removal_steps((enum hs_removal_order)order);
		char text[128] = "";

		for (int i = 0; i < HS_PGMAP_STEP_COUNT; i++) {
			strcat(text, hs_pgmap_step_name(steps[i]));
			strcat(text, ",");
		}
		assert_string_equal(text, orders[order]);
	}
}

/* After each step: the result of a lookup, and the state of the memory. */
static void each_step_does_its_own(void **state)
{
	struct hs_task *self = machine_task(state);

	for (int order = 0; order < HS_REMOVAL_ORDER_COUNT; order++) {
		const enum hs_pgmap_step *steps = hs_removal_steps((enum hs_removal_order)order);
		bool gone = false, erased = false;
		struct hs_pgmap_config c;
		struct hs_pgmap *p;

		device_memory_config(&c, HS_PGMAP_GENERIC, HS_PAGE_REFS_5_3, DEVICE_PFN,
				     SUBSECTION);
		p = created(self, &c);
		for (int i = 0; i < HS_PGMAP_STEP_COUNT; i++) {
			/* Only WAIT may be complete before it is started. */
			if (steps[i] != HS_PGMAP_WAIT)
				assert_false(hs_pgmap_step_done(self, p, steps[i]));
			hs_pgmap_step(self, p, steps[i]);
			assert_true(hs_pgmap_step_done(self, p, steps[i]));
			hs_pgmap_step_wait(self, p, steps[i]);
			gone |= steps[i] == HS_PGMAP_MEMORY;
			erased |= steps[i] == HS_PGMAP_ERASE;
			assert_null(hs_pgmap_get(self, DEVICE_PFN, NULL));
			assert_int_equal(hs_pfn_valid(self, DEVICE_PFN), !gone);
			assert_int_equal(hs_pfn_to_page(self, DEVICE_PFN) == NULL, gone);
			assert_int_equal(hs_radix_load(self, &hs_task_machine(self)->pagemaps,
						       DEVICE_PFN) == NULL,
					 erased);
		}
		hs_pgmap_free(self, p);
		/* The range can be created again. */
		p = created(self, &c);
		hs_pgmap_destroy(self, p);
	}
}

static void memory_is_gone_or_stale_afterwards(void **state)
{
	struct hs_task *self = machine_task(state);
	struct hs_pgmap_config c;
	struct hs_page *page;
	struct hs_pgmap *p;

	device_memory_config(&c, HS_PGMAP_GENERIC, HS_PAGE_REFS_6_1, DEVICE_PFN, SUBSECTION);
	hs_pgmap_destroy(self, created(self, &c));
	assert_int_equal(hs_pfn_life(self, DEVICE_PFN), HS_PAGE_GONE);
	assert_int_equal(hs_memory_add(self, DEVICE_PFN + SUBSECTION, DEVICE_PFN + 2 * SUBSECTION,
				       false),
			 0);
	hs_pgmap_destroy(self, created(self, &c));
	assert_int_equal(hs_pfn_life(self, DEVICE_PFN), HS_PAGE_GONE);
	/* In an early section it is stale. */
	c.start = c.first = DEVICE_PFN + SECTION;
	c.end = c.start + SUBSECTION;
	assert_int_equal(hs_memory_add(self, c.end, c.end + SUBSECTION, true), 0);
	p = created(self, &c);
	page = hs_pfn_to_page(self, c.start);
	hs_page_set_private(self, page, 5);
	hs_page_set_contents(self, page, 6);
	hs_pgmap_destroy(self, p);
	assert_int_equal(hs_pfn_life(self, c.start), HS_PAGE_STALE);
	assert_ptr_equal(hs_pfn_to_page(self, c.start), page);
	assert_int_equal(hs_page_to_pfn(self, page), c.start);
	/* A new pgmap there has the same struct pages, initialised again. */
	p = created(self, &c);
	assert_ptr_equal(hs_pfn_to_page(self, c.start), page);
	assert_int_equal(hs_page_count(self, page), 1);
	assert_int_equal(hs_page_private(self, page), 0);
	assert_int_equal(hs_page_contents(self, page), 0);
	hs_pgmap_destroy(self, p);
	/* So does system memory. */
	assert_int_equal(hs_memory_add(self, c.start, c.end, true), 0);
	assert_int_equal(hs_page_count(self, page), 0);
	assert_null(hs_page_pgmap(self, page));
}

static void grace_periods_of_a_removal_do_not_depend_on_pages(void **state)
{
	static const uint64_t pages[] = { 1, 512, 65536 };
	struct hs_machine_config mock;

	(void)state;
	hs_machine_config_init(&mock);
	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
		mock.subsection_order = pages[i] == 1 ? 0 : 9;
		mock.section_order = pages[i] == 1 ? 3 : 15;
		for (int order = HS_REMOVAL_ORDER_5_3; order < HS_REMOVAL_ORDER_COUNT; order++) {
			for (int refs = 0; refs < HS_PAGE_REFS_COUNT * 2; refs++) {
				struct hs_pgmap_config c;
				struct hs_pgmap *p;
				struct machine m;
				uint64_t before;

				machine_open(&m, &mock);
				device_memory_config(&c, HS_PGMAP_FS_DAX,
						     (enum hs_page_refs)(refs / 2), DEVICE_PFN,
						     pages[i]);
				c.removal_order = (enum hs_removal_order)order;
				c.atomic = refs % 2;
				p = created(m.self, &c);
				before = grace_periods(m.self);
				hs_pgmap_destroy(m.self, p);
				assert_int_equal(grace_periods(m.self) - before, c.atomic ? 1 : 2);
				machine_close(&m);
			}
		}
	}
}

/* One task alternates between two removals: polling runs the callbacks that are due. */
static void split_phase_needs_no_more_grace_periods(void **state)
{
	struct hs_task *self = machine_task(state);
	const enum hs_pgmap_step *steps = hs_removal_steps(HS_REMOVAL_ORDER_6_0);
	struct hs_pgmap_config c;
	struct hs_pgmap *p[2];
	uint64_t before;

	device_memory_config(&c, HS_PGMAP_GENERIC, HS_PAGE_REFS_6_1, DEVICE_PFN, SUBSECTION);
	p[0] = created(self, &c);
	c.start = c.first = c.end;
	c.end += SUBSECTION;
	p[1] = created(self, &c);
	before = grace_periods(self);
	for (int i = 0; i < HS_PGMAP_STEP_COUNT; i++) {
		hs_pgmap_step_start(self, p[0], steps[i]);
		hs_pgmap_step_start(self, p[1], steps[i]);
		for (int turns = 0; turns < 4 && !(hs_pgmap_step_poll(self, p[0], steps[i]) &&
						   hs_pgmap_step_poll(self, p[1], steps[i]));
		     turns++)
			;
		assert_true(hs_pgmap_step_done(self, p[0], steps[i]));
		assert_true(hs_pgmap_step_done(self, p[1], steps[i]));
	}
	assert_int_equal(grace_periods(self) - before, 2);
	hs_pgmap_free(self, p[0]);
	hs_pgmap_free(self, p[1]);
}

static void drain_waits_for_cached_ref(void **state)
{
	struct hs_task *self = machine_task(state);

	for (int atomic = 0; atomic < 2; atomic++) {
		struct hs_pgmap *p, *cached;
		struct hs_pgmap_config c;

		device_memory_config(&c, HS_PGMAP_GENERIC, HS_PAGE_REFS_6_1, DEVICE_PFN,
				     SUBSECTION);
		c.atomic = atomic;
		p = created(self, &c);
		cached = hs_pgmap_get(self, DEVICE_PFN, NULL);
		hs_pgmap_step(self, p, HS_PGMAP_KILL);
		hs_pgmap_step(self, p, HS_PGMAP_PUT_PAGES);
		hs_pgmap_step_start(self, p, HS_PGMAP_WAIT);
		hs_rcu_barrier(self);
		assert_false(hs_pgmap_step_poll(self, p, HS_PGMAP_WAIT));
		assert_ptr_equal(hs_pgmap_get(self, DEVICE_PFN + 1, cached), p);
		assert_int_equal(hs_pgmap_refs(self, p), 1);
		hs_pgmap_put(self, cached);
		assert_true(hs_pgmap_step_done(self, p, HS_PGMAP_WAIT));
		for (int step = HS_PGMAP_MEMORY; step < HS_PGMAP_STEP_COUNT; step++)
			hs_pgmap_step(self, p, (enum hs_pgmap_step)step);
		hs_pgmap_free(self, p);
	}
}

/* Neither before nor after the kill does it count the initial one and those of the core. */
static void refs_are_those_of_others(void **state)
{
	struct hs_task *self = machine_task(state);

	for (int refs = 0; refs < HS_PAGE_REFS_COUNT; refs++) {
		struct hs_pgmap_config c;
		struct hs_pgmap *p;

		device_memory_config(&c, HS_PGMAP_GENERIC, (enum hs_page_refs)refs, DEVICE_PFN,
				     SUBSECTION);
		p = created(self, &c);
		assert_int_equal(hs_pgmap_refs(self, p), 0);
		assert_ptr_equal(hs_pgmap_get(self, DEVICE_PFN, NULL), p);
		assert_int_equal(hs_pgmap_refs(self, p), 1);
		hs_pgmap_step(self, p, HS_PGMAP_KILL);
		hs_rcu_barrier(self);
		assert_int_equal(hs_pgmap_refs(self, p), 1);
		hs_pgmap_step(self, p, HS_PGMAP_PUT_PAGES);
		assert_int_equal(hs_pgmap_refs(self, p), 1);
		hs_pgmap_put(self, p);
		assert_int_equal(hs_pgmap_refs(self, p), 0);
		for (int step = HS_PGMAP_WAIT; step < HS_PGMAP_STEP_COUNT; step++)
			hs_pgmap_step(self, p, (enum hs_pgmap_step)step);
		hs_pgmap_free(self, p);
	}
}

static void orders_and_steps_that_are_none_have_no_words(void **state)
{
	(void)state;
	assert_null(hs_removal_steps(HS_REMOVAL_ORDER_COUNT));
	assert_null(hs_removal_steps((enum hs_removal_order) - 1));
	assert_string_equal(hs_pgmap_step_name(HS_PGMAP_STEP_COUNT), "?");
	assert_string_equal(hs_pgmap_step_name((enum hs_pgmap_step) - 1), "?");
	assert_string_equal(hs_pgmap_step_name(HS_PGMAP_EXIT), "exit-ref");
}

/* ---- programmer errors ------------------------------------------------------------------- */

#ifdef HS_BACKEND_NATIVE
struct wrong {
	void (*what)(struct hs_task *self, struct hs_pgmap *p);
	const char *text;
};

static void kill_twice(struct hs_task *self, struct hs_pgmap *p)
{
	hs_pgmap_step(self, p, HS_PGMAP_KILL);
	hs_pgmap_step(self, p, HS_PGMAP_KILL);
}

static void wait_without_kill(struct hs_task *self, struct hs_pgmap *p)
{
	hs_pgmap_step_start(self, p, HS_PGMAP_WAIT);
}

static void exit_without_kill(struct hs_task *self, struct hs_pgmap *p)
{
	hs_pgmap_step(self, p, HS_PGMAP_EXIT);
}

static void free_too_early(struct hs_task *self, struct hs_pgmap *p)
{
	for (int step = 0; step < HS_PGMAP_EXIT; step++)
		hs_pgmap_step(self, p, (enum hs_pgmap_step)step);
	hs_pgmap_free(self, p);
}

static void free_before_the_grace_period(struct hs_task *self, struct hs_pgmap *p)
{
	for (int step = 0; step < HS_PGMAP_ERASE; step++)
		hs_pgmap_step(self, p, (enum hs_pgmap_step)step);
	hs_pgmap_step_start(self, p, HS_PGMAP_ERASE);
	hs_pgmap_step(self, p, HS_PGMAP_EXIT);
	hs_pgmap_free(self, p);
}

static void put_pages_after_memory(struct hs_task *self, struct hs_pgmap *p)
{
	hs_pgmap_step(self, p, HS_PGMAP_MEMORY);
	hs_pgmap_step(self, p, HS_PGMAP_PUT_PAGES);
}

static void start_unknown(struct hs_task *self, struct hs_pgmap *p)
{
	hs_pgmap_step_start(self, p, HS_PGMAP_STEP_COUNT);
}

static void ask_unknown(struct hs_task *self, struct hs_pgmap *p)
{
	hs_pgmap_step_done(self, p, (enum hs_pgmap_step) - 1);
}

static void await_unknown(struct hs_task *self, struct hs_pgmap *p)
{
	hs_pgmap_step_wait(self, p, HS_PGMAP_STEP_COUNT);
}

static void destroy_a_killed_one(struct hs_task *self, struct hs_pgmap *p)
{
	hs_pgmap_step(self, p, HS_PGMAP_KILL);
	hs_pgmap_destroy(self, p);
}

static void destroy_in_section(struct hs_task *self, struct hs_pgmap *p)
{
	hs_rcu_read_lock(self);
	hs_pgmap_destroy(self, p);
}

static void erase_in_section(struct hs_task *self, struct hs_pgmap *p)
{
	hs_rcu_read_lock(self);
	hs_pgmap_step(self, p, HS_PGMAP_ERASE);
}

static void create_in_section(struct hs_task *self, struct hs_pgmap *p)
{
	struct hs_pgmap_config c;

	device_memory_config(&c, HS_PGMAP_GENERIC, HS_PAGE_REFS_5_3, 0, SUBSECTION);
	hs_rcu_read_lock(self);
	hs_pgmap_create(self, &c, &p);
}

static void step_without_memory(struct hs_task *self, struct hs_pgmap *p)
{
	if (!hs_pgmap_add(self, HS_PGMAP_GENERIC, 0, 8, NULL, &p))
		hs_pgmap_step(self, p, HS_PGMAP_KILL);
}

static void kill_memory(struct hs_task *self, struct hs_pgmap *p)
{
	hs_pgmap_kill(self, p);
}

static void remove_memory(struct hs_task *self, struct hs_pgmap *p)
{
	hs_pgmap_remove(self, p);
}

static void do_wrong(void *arg)
{
	const struct wrong *wrong = arg;
	struct hs_pgmap_config c;
	struct hs_pgmap *p;
	struct machine m;

	machine_open_failing(&m, 0);
	device_memory_config(&c, HS_PGMAP_GENERIC, HS_PAGE_REFS_5_3, DEVICE_PFN, SUBSECTION);
	if (!hs_pgmap_create(m.self, &c, &p))
		wrong->what(m.self, p);
}

static void wrong_steps_fail_the_assertion(void **state)
{
	static const struct wrong wrongs[] = {
		{ kill_twice, "the removal step \"kill\" is started twice" },
		{ wait_without_kill, "the removal step \"drain\" is started before \"kill\"" },
		{ exit_without_kill, "the removal step \"exit-ref\" is started before \"kill\"" },
		{ free_too_early, "the removal step \"exit-ref\" is not done" },
		{ free_before_the_grace_period, "the removal step \"erase\" is not done" },
		{ put_pages_after_memory, "\"put-pages\" comes after \"memory\"" },
		{ start_unknown, "there is no removal step 6" },
		{ ask_unknown, "there is no removal step -1" },
		{ await_unknown, "there is no removal step 6" },
		{ destroy_a_killed_one, "the removal step \"kill\" is started twice" },
		{ destroy_in_section, "inside an RCU read section" },
		{ erase_in_section, "inside an RCU read section" },
		{ create_in_section, "inside an RCU read section" },
		{ step_without_memory, "a removal step of a pgmap without memory" },
		{ kill_memory, "hs_pgmap_kill: the pgmap has memory" },
		{ remove_memory, "hs_pgmap_remove: the pgmap has memory" },
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
		machine_unit_test(a_pgmap_is_what_its_config_says),
		machine_unit_test(pages_before_the_first_stay_uninitialised),
		machine_unit_test(what_a_type_needs),
		machine_unit_test(checks_come_in_the_order_of_the_kernel),
		cmocka_unit_test(every_allocation_of_a_creation_can_fail),
		cmocka_unit_test(orders_are_those_of_the_kernel),
		machine_unit_test(each_step_does_its_own),
		machine_unit_test(memory_is_gone_or_stale_afterwards),
		cmocka_unit_test(grace_periods_of_a_removal_do_not_depend_on_pages),
		machine_unit_test(split_phase_needs_no_more_grace_periods),
		machine_unit_test(drain_waits_for_cached_ref),
		machine_unit_test(refs_are_those_of_others),
		cmocka_unit_test(orders_and_steps_that_are_none_have_no_words),
#ifdef HS_BACKEND_NATIVE
		cmocka_unit_test(wrong_steps_fail_the_assertion),
#endif
	};

	return cmocka_run_group_tests_name("pgmap removal", tests, NULL, NULL);
}
