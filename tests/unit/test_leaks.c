/* SPDX-License-Identifier: MIT */
/* What users leave in a machine is named when it is destroyed, and at the end of an execution. */
#include "support/machine.h"

#include <hmmsim/explore.h>
#include <hmmsim/fault.h>
#include <hmmsim/mm.h>

#ifdef HS_BACKEND_EXPLORE
#include "support/exploration.h"
#endif

#define PFN 0x1000u
#define PAGES 512u

static void begin(struct machine *m)
{
	machine_open_failing(m, 0);
	assert_int_equal(hs_memory_add(m->self, PFN, PFN + PAGES, true), 0);
}

static void end(struct machine *m, struct hs_leaks *left)
{
	int ret;

	*left = (struct hs_leaks){ .objects = 77, .pages = 77, .page_refs = 77 };
	assert_int_equal(hs_task_detach(m->self), 0);
	ret = hs_machine_destroy(m->machine, left);
	assert_int_equal(ret, left->objects ? -ENOTEMPTY : 0);
}

static struct hs_page *allocated(struct hs_task *self)
{
	struct hs_page *page;

	assert_int_equal(hs_page_alloc(self, &page), 0);
	return page;
}

/* ---- system memory ----------------------------------------------------------------------- */

static void a_page_that_no_task_puts_is_named(void **state)
{
	struct hs_leaks left;
	struct machine m;

	(void)state;
	begin(&m);
	hs_page_put(m.self, allocated(m.self));
	hs_page_get(m.self, allocated(m.self));
	end(&m, &left);
	assert_int_equal(left.objects, 1);
	assert_int_equal(left.pages, 1);
	assert_int_equal(left.page_refs, 0);
	assert_string_equal(left.text, "1 system page (pfn 0x1000 refcount 2)");
}

static void a_reference_to_the_zero_page_is_named(void **state)
{
	struct hs_page *zero;
	struct hs_leaks left;
	struct machine m;

	(void)state;
	begin(&m);
	zero = hs_pfn_to_page(m.self, HS_ZERO_PFN);
	hs_page_get(m.self, zero);
	hs_page_put(m.self, zero);
	hs_page_get(m.self, zero);
	end(&m, &left);
	assert_int_equal(left.page_refs, 1);
	assert_string_equal(left.text, "1 reference to the zero page");
}

static void pages_are_named_as_far_as_there_is_room(void **state)
{
	struct hs_leaks left;
	struct machine m;

	(void)state;
	begin(&m);
	for (unsigned int i = 0; i < 5; i++)
		allocated(m.self);
	hs_pcpu_alloc(m.self);
	end(&m, &left);
	assert_int_equal(left.objects, 6);
	assert_int_equal(left.pages, 5);
	assert_string_equal(left.text,
			    "5 system page (pfn 0x1000 refcount 1, pfn 0x1001 refcount 1, "
			    "pfn 0x1002 refcount 1, pfn 0x1003 refcount 1, ...), "
			    "1 percpu counter");
}

static void four_pages_are_all_named(void **state)
{
	struct hs_leaks left;
	struct machine m;

	(void)state;
	begin(&m);
	for (unsigned int i = 0; i < 4; i++)
		allocated(m.self);
	end(&m, &left);
	assert_string_equal(left.text,
			    "4 system page (pfn 0x1000 refcount 1, pfn 0x1001 refcount 1, "
			    "pfn 0x1002 refcount 1, pfn 0x1003 refcount 1)");
}

static void memory_itself_is_no_leak(void **state)
{
	struct hs_leaks left;
	struct hs_pgmap *p;
	struct machine m;

	(void)state;
	begin(&m);
	assert_int_equal(hs_page_init_device(m.self, 1 << 20, NULL), 0);
	assert_int_equal(hs_pgmap_add(m.self, HS_PGMAP_FS_DAX, 0, 8, NULL, &p), 0);
	hs_pgmap_remove(m.self, p);
	end(&m, &left);
	assert_int_equal(left.objects, 0);
	assert_string_equal(left.text, "");
}

/* The page is put with the mm. Without its mm it is left, and is known by its mapcount. */
static void a_page_of_an_mm_is_left_with_it(void **state)
{
	for (int destroy = 0; destroy < 2; destroy++) {
		struct hs_leaks left;
		struct hs_mm *mm;
		struct machine m;
		uint64_t pfn;

		(void)state;
		begin(&m);
		assert_int_equal(hs_mm_create(m.self, hs_geometry(HS_GEOMETRY_X86_64), &mm), 0);
		assert_int_equal(hs_mmap(m.self, mm, 0, PAGE, HS_VM_READ | HS_VM_WRITE, NULL, 0),
				 0);
		assert_int_equal(hs_cpu_access(m.self, mm, 0, true, &pfn), 0);
		if (destroy)
			hs_mm_destroy(m.self, mm);
		end(&m, &left);
		assert_int_equal(left.pages, !destroy);
		if (!destroy)
			assert_non_null(strstr(left.text, "1 system page (pfn 0x1000 refcount 1 "
							  "mapcount 1), 1 notifiers, 1 mm"));
	}
}

/* ---- device memory ----------------------------------------------------------------------- */

static const struct {
	enum hs_pgmap_type type;
	enum hs_page_refs refs;
} unheld[] = {
	{ HS_PGMAP_FS_DAX, HS_PAGE_REFS_5_18 },	  { HS_PGMAP_PRIVATE, HS_PAGE_REFS_5_18 },
	{ HS_PGMAP_FS_DAX, HS_PAGE_REFS_6_1 },	  { HS_PGMAP_GENERIC, HS_PAGE_REFS_6_1 },
	{ HS_PGMAP_FS_DAX, HS_PAGE_REFS_6_15 },	  { HS_PGMAP_GENERIC, HS_PAGE_REFS_6_15 },
	{ HS_PGMAP_COHERENT, HS_PAGE_REFS_5_18 }, { HS_PGMAP_P2PDMA, HS_PAGE_REFS_5_18 },
};

static struct hs_page *page_in_use(struct hs_task *self, struct hs_pgmap *p)
{
	struct hs_page *page = hs_pfn_to_page(self, DEVICE_PFN + 2);

	if (!hs_pgmap_page_alloc(self, p, &page))
		return page;
	if (hs_page_count(self, page))
		hs_page_get(self, page);
	else
		hs_pgmap_page_map(self, page);
	return page;
}

/* These references do not hold the pgmap, so that the drain does not wait for them. */
static void a_reference_to_a_page_that_is_removed_is_named(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < COUNT(unheld); i++)
		for (int early = 0; early < 2; early++) {
			struct hs_pgmap_config c;
			struct hs_pgmap *p;
			struct hs_leaks left;
			struct machine m;

			machine_open_failing(&m, 0);
			if (early)
				assert_int_equal(hs_memory_add(m.self, DEVICE_PFN + PAGES,
							       DEVICE_PFN + 2 * PAGES, true),
						 0);
			device_memory_config(&c, unheld[i].type, unheld[i].refs, DEVICE_PFN, PAGES);
			assert_int_equal(hs_pgmap_create(m.self, &c, &p), 0);
			hs_page_get(m.self, page_in_use(m.self, p));
			hs_pgmap_destroy(m.self, p);
			/* A pgmap there afterwards has nothing to do with it. */
			assert_int_equal(hs_pgmap_create(m.self, &c, &p), 0);
			hs_pgmap_destroy(m.self, p);
			end(&m, &left);
			assert_int_equal(left.page_refs, 2);
			assert_int_equal(left.objects, 2);
			assert_non_null(strstr(left.text, "reference to a page of removed device "
							  "memory (pfn 0x4000"));
		}
}

/* Before 50f44ee7248a memory went before the drain: the pin holds the pgmap for ever. */
static void a_pin_of_5_3_is_lost_if_memory_goes_first(void **state)
{
	struct hs_pgmap_config c;
	struct hs_pgmap *p;
	struct hs_leaks left;
	struct machine m;

	(void)state;
	machine_open_failing(&m, 0);
	device_memory_config(&c, HS_PGMAP_FS_DAX, HS_PAGE_REFS_5_3, DEVICE_PFN, PAGES);
	assert_int_equal(hs_pgmap_create(m.self, &c, &p), 0);
	hs_page_get(m.self, hs_pfn_to_page(m.self, DEVICE_PFN));
	hs_pgmap_step(m.self, p, HS_PGMAP_KILL);
	hs_pgmap_step(m.self, p, HS_PGMAP_PUT_PAGES);
	hs_pgmap_step(m.self, p, HS_PGMAP_MEMORY);
	end(&m, &left);
	assert_int_equal(left.page_refs, 1);
	assert_non_null(strstr(left.text, "1 reference to a page of removed device memory (pfn "
					  "0x40000), 1 reference to the pgmap of pfn 0x40000"));
	assert_non_null(strstr(left.text, "1 pgmap"));
}

static void references_to_a_pgmap_are_named_with_it(void **state)
{
	for (int kill = 0; kill < 2; kill++) {
		struct hs_leaks left;
		struct hs_pgmap *p;
		struct machine m;

		(void)state;
		machine_open_failing(&m, 0);
		assert_int_equal(hs_pgmap_add(m.self, HS_PGMAP_FS_DAX, 8, 16, NULL, &p), 0);
		assert_int_equal(hs_pgmap_add(m.self, HS_PGMAP_FS_DAX, 16, 24, NULL, &p), 0);
		hs_pgmap_get(m.self, 17, NULL);
		hs_pgmap_get(m.self, 18, NULL);
		if (kill)
			hs_pgmap_kill(m.self, p);
		end(&m, &left);
		assert_int_equal(left.pgmap_refs, 2);
		assert_int_equal(left.objects, 6);
		assert_string_equal(left.text, "2 reference to the pgmap of pfn 0x10, "
					       "2 percpu counter, 2 pgmap");
	}
}

/* Its pages are part of it. A reference that one of them holds is named. */
static void a_pgmap_is_left_with_its_pages(void **state)
{
	struct hs_pgmap_config c;
	struct hs_page *page;
	struct hs_pgmap *p;
	struct hs_leaks left;
	struct machine m;

	(void)state;
	begin(&m);
	device_memory_config(&c, HS_PGMAP_PRIVATE, HS_PAGE_REFS_6_1, DEVICE_PFN, PAGES);
	assert_int_equal(hs_pgmap_create(m.self, &c, &p), 0);
	assert_int_equal(hs_pgmap_page_alloc(m.self, p, &page), 0);
	allocated(m.self);
	end(&m, &left);
	assert_int_equal(left.pages, 1);
	assert_int_equal(left.pgmap_refs, 1); /* that of its page */
	assert_string_equal(left.text, "1 system page (pfn 0x1000 refcount 1), "
				       "1 reference to the pgmap of pfn 0x40000, "
				       "1 percpu counter, 1 pgmap");
}

static void device_memory_that_is_idle_leaves_nothing(void **state)
{
	(void)state;
	for (int refs = 0; refs < HS_PAGE_REFS_COUNT; refs++)
		for (int type = 0; type < HS_PGMAP_TYPE_COUNT; type++)
			for (int order = 0; order < HS_REMOVAL_ORDER_COUNT; order++) {
				struct hs_pgmap_config c;
				struct hs_pgmap *p;
				struct machine m;

				machine_open_failing(&m, 0);
				device_memory_config(&c, (enum hs_pgmap_type)type,
						     (enum hs_page_refs)refs, DEVICE_PFN, PAGES);
				c.first = c.start + 2;
				c.removal_order = (enum hs_removal_order)order;
				assert_int_equal(hs_pgmap_create(m.self, &c, &p), 0);
				hs_page_put(m.self, page_in_use(m.self, p));
				hs_pgmap_destroy(m.self, p);
				machine_close(&m);
			}
}

/* ---- at the end of an execution ---------------------------------------------------------- */

struct shared {
	struct hs_page *users, *data;
	bool locked;
	enum hs_kind kind;
};

/* The last user puts the page; who is the last is counted in another page. */
static void user_main(struct hs_task *self, void *arg)
{
	struct shared *s = arg;
	uint64_t left;

	if (s->locked)
		hs_page_lock(self, s->users);
	left = hs_page_private(self, s->users) - 1;
	hs_page_set_private(self, s->users, left);
	if (s->locked)
		hs_page_unlock(self, s->users);
	if (!left)
		hs_page_put(self, s->data);
}

static int users_setup(struct hs_task *self, struct hs_plan *plan, void *state, const void *param)
{
	struct shared *s = state;
	int ret = hs_memory_add(self, 0, 512, true);

	s->locked = *(const bool *)param;
	if (!ret)
		ret = hs_page_alloc(self, &s->users);
	if (!ret)
		ret = hs_page_alloc(self, &s->data);
	if (!ret)
		hs_page_set_private(self, s->users, 2);
	if (!ret)
		ret = hs_plan_task(plan, "first", user_main, s);
	return ret ? ret : hs_plan_task(plan, "second", user_main, s);
}

static void users_check(struct hs_task *self, void *state, const void *param)
{
	(void)param;
	hs_page_put(self, ((struct shared *)state)->users);
}

static const struct hs_scenario users = { "users", sizeof(struct shared), users_setup,
					  users_check };

#ifdef HS_BACKEND_EXPLORE
/* If both read the same number, neither is the last. */
static void a_page_without_a_last_user_is_a_leak(void **state)
{
	bool locked = false;

	(void)state;
	explore_fails(&users, &locked, HS_VERDICT_LEAK,
		      "1 system page (pfn 0x1 refcount 1) left at the end", 2);
	locked = true;
	explore_holds(&users, &locked, 22);
}

static void maker_main(struct hs_task *self, void *arg)
{
	hs_alloc(self, *(enum hs_kind *)arg, 64);
}

static int maker_setup(struct hs_task *self, struct hs_plan *plan, void *state, const void *param)
{
	*(enum hs_kind *)state = *(const enum hs_kind *)param;
	hs_memory_add(self, 0, 8, true);
	return hs_plan_task(plan, "maker", maker_main, state);
}

static const struct hs_scenario maker = { "maker", sizeof(enum hs_kind), maker_setup, NULL };

/* The machine has such objects too, and frees its own. */
static void an_object_of_a_kind_that_the_machine_has_is_a_leak(void **state)
{
	static const enum hs_kind kinds[] = { HS_KIND_RADIX, HS_KIND_RAM, HS_KIND_SECTION,
					      HS_KIND_MEMMAP };

	(void)state;
	for (unsigned int i = 0; i < COUNT(kinds); i++) {
		char text[64];

		snprintf(text, sizeof(text), "1 %s left at the end", hs_kind_name(kinds[i]));
		explore_fails(&maker, &kinds[i], HS_VERDICT_LEAK, text, 1);
	}
}
#else
static void a_page_without_a_last_user_is_a_leak(void **state)
{
	struct hs_leaks left;
	bool locked = true;

	(void)state;
	assert_int_equal(hs_scenario_run(&users, &locked, NULL, &left), 0);
	assert_int_equal(left.objects, 0);
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_page_that_no_task_puts_is_named),
		cmocka_unit_test(a_reference_to_the_zero_page_is_named),
		cmocka_unit_test(pages_are_named_as_far_as_there_is_room),
		cmocka_unit_test(four_pages_are_all_named),
		cmocka_unit_test(memory_itself_is_no_leak),
		cmocka_unit_test(a_page_of_an_mm_is_left_with_it),
		cmocka_unit_test(a_reference_to_a_page_that_is_removed_is_named),
		cmocka_unit_test(a_pin_of_5_3_is_lost_if_memory_goes_first),
		cmocka_unit_test(references_to_a_pgmap_are_named_with_it),
		cmocka_unit_test(a_pgmap_is_left_with_its_pages),
		cmocka_unit_test(device_memory_that_is_idle_leaves_nothing),
		cmocka_unit_test(a_page_without_a_last_user_is_a_leak),
#ifdef HS_BACKEND_EXPLORE
		cmocka_unit_test(an_object_of_a_kind_that_the_machine_has_is_a_leak),
#endif
	};

	return cmocka_run_group_tests_name("leaks", tests, NULL, NULL);
}
