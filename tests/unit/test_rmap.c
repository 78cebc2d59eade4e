/* SPDX-License-Identifier: MIT */
/* Keys of the reverse map: which pages have one, and where a walk leads to. */
#include "mm/fault_entry.h"
#include "mm/rmap.h"
#include "support/space.h"

struct visits {
	uint32_t calls;
	struct hs_mm *mm; /* of the last call */
	uint64_t addr;
};

static void visit(struct hs_task *self, struct hs_mm *mm, uint64_t addr, void *arg)
{
	struct visits *v = arg;

	assert_true(hs_rwsem_held(self, &mm->anon->lock));
	v->calls++;
	v->mm = mm;
	v->addr = addr;
}

static void expect_walk(struct hs_task *self, struct hs_page *page, struct hs_mm *mm, uint64_t addr)
{
	struct visits v = { 0 };

	hs_rmap_walk(self, page, visit, &v);
	assert_int_equal(v.calls, mm ? 1 : 0);
	assert_ptr_equal(v.mm, mm);
	assert_int_equal(v.addr, addr);
}

static void expect_found(struct space *s, uint64_t addr)
{
	expect_walk(s->self, page_at(s, addr), s->mm, addr);
}

/* ---- keys -------------------------------------------------------------------------------- */

static void a_page_of_a_fault_leads_to_its_entry(void **state)
{
	struct space *s = *state;

	map(s, BASE, 4, RW);
	write_fault(s, BASE);
	read_fault(s, BASE + PAGE);
	write_fault(s, BASE + PAGE);
	write_fault(s, BASE + 2 * PAGE);
	assert_int_equal(hs_swap_out(s->self, s->mm, BASE + 2 * PAGE), 0);
	read_fault(s, BASE + 2 * PAGE);
	for (uint64_t i = 0; i < 3; i++)
		expect_found(s, BASE + i * PAGE);
}

/* The frame had another address before. */
static void a_copy_leads_to_its_entry(void **state)
{
	struct space *s = *state;
	struct hs_page *page, *shared;

	page = written(s, 1);
	hs_madvise_dontneed(s->self, s->mm, BASE, BASE + PAGE);
	shared = NULL;
	write_fault(s, BASE + PAGE);
	assert_ptr_equal(page_at(s, BASE + PAGE), page);
	expect_found(s, BASE + PAGE);
	shared = page_at(s, BASE + PAGE);
	hs_mprotect(s->self, s->mm, BASE, BASE + 4 * PAGE, HS_VM_READ);
	hs_mprotect(s->self, s->mm, BASE, BASE + 4 * PAGE, HS_VM_READ | HS_VM_WRITE);
	hs_page_get(s->self, shared);
	shared->state.raw &= ~HS_PAGE_EXCLUSIVE;
	write_fault(s, BASE + PAGE);
	assert_ptr_not_equal(page_at(s, BASE + PAGE), shared);
	expect_found(s, BASE + PAGE);
	hs_page_put(s->self, shared);
}

static void a_page_that_was_moved_by_hand_leads_to_its_entry(void **state)
{
	struct space *s = *state;
	struct hs_page *page = NULL;
	struct hs_migration m;

	s->pgmap = device_memory(s, HS_PGMAP_PRIVATE, HS_PAGE_REFS_6_1, &device_memory_ops);
	map(s, BASE, 4, RW);
	assert_int_equal(hs_pgmap_page_alloc(s->self, s->pgmap, &page), 0);
	assert_int_equal(hs_migrate_insert_page(s->self, s->mm, BASE, page, true), 0);
	expect_found(s, BASE);
	write_fault(s, BASE + PAGE);
	assert_int_equal(hs_migration_start(s->self, s->mm, BASE + PAGE, NULL, &m), 0);
	assert_int_equal(hs_pgmap_page_alloc(s->self, s->pgmap, &page), 0);
	hs_migration_end(s->self, &m, page);
	expect_found(s, BASE + PAGE);
	/* hs_migrate_to_ram() */
	assert_int_equal(read_fault(s, BASE), 0);
	expect_found(s, BASE);
	assert_int_equal(hs_migration_start(s->self, s->mm, BASE, NULL, &m), 0);
	hs_migration_end(s->self, &m, NULL);
	expect_found(s, BASE);
}

static void a_page_that_no_entry_has_mapped_leads_nowhere(void **state)
{
	struct space *s = *state;
	struct hs_page *page;

	assert_int_equal(hs_page_alloc(s->self, &page), 0);
	assert_int_equal(hs_page_key(s->self, page), 0);
	expect_walk(s->self, page, NULL, 0);
	hs_page_put(s->self, page);
}

static void a_key_holds_every_address(void **state)
{
	struct space s;

	(void)state;
	for (int id = 0; id < HS_GEOMETRY_COUNT; id++) {
		uint64_t last;

		assert_int_equal(space_try(&s, (enum hs_geometry_id)id, 0), 0);
		last = hs_geometry_end(hs_mm_geometry(s.mm)) - PAGE;
		map(&s, 0, 1, RW);
		map(&s, last, 1, RW);
		write_fault(&s, 0);
		write_fault(&s, last);
		expect_found(&s, 0);
		expect_found(&s, last);
		space_close(&s);
	}
}

/* ---- address spaces that end -------------------------------------------------------------- */

static void a_page_that_outlives_its_address_space_leads_nowhere(void **state)
{
	struct space *s = *state;
	struct hs_page *page = written(s, 1);

	hs_page_get(s->self, page);
	space_unregister(s);
	hs_mmgrab(s->self, s->mm);
	hs_mmput(s->self, s->mm);
	expect_walk(s->self, page, NULL, 0);
	hs_mmdrop(s->self, s->mm);
	s->mm = NULL;
	expect_walk(s->self, page, NULL, 0);
	hs_page_put(s->self, page);
}

/* What a walk may meet that has come before the end. */
static void an_address_space_that_ends_has_no_entry(void **state)
{
	struct space *s = *state;
	struct hs_fault f = { .self = s->self, .mm = s->mm, .addr = BASE };

	written(s, 1);
	hs_spin_lock(s->self, &s->mm->page_table_lock);
	assert_true(hs_rmap_look(&f));
	hs_spin_unlock(s->self, &s->mm->page_table_lock);
	assert_int_equal(f.seen, entry_at(s, BASE));
	space_unregister(s);
	hs_mmgrab(s->self, s->mm);
	hs_mmput(s->self, s->mm);
	hs_spin_lock(s->self, &s->mm->page_table_lock);
	assert_false(hs_rmap_look(&f));
	hs_spin_unlock(s->self, &s->mm->page_table_lock);
	hs_mmdrop(s->self, s->mm);
	s->mm = NULL;
}

static void the_number_of_an_address_space_is_used_again(void **state)
{
	struct space *s = *state;
	struct hs_page *page = written(s, 1);
	uint64_t number = s->mm->anon->number;

	hs_page_get(s->self, page);
	space_unregister(s);
	hs_mm_destroy(s->self, s->mm);
	assert_int_equal(hs_mm_create(s->self, hs_geometry(HS_GEOMETRY_X86_64), &s->mm), 0);
	assert_int_equal(s->mm->anon->number, number);
	expect_walk(s->self, page, s->mm, BASE);
	hs_page_put(s->self, page);
}

static void address_spaces_have_different_numbers(void **state)
{
	struct space *s = *state;
	struct hs_mm *mm[3];

	for (int i = 0; i < 3; i++) {
		assert_int_equal(hs_mm_create(s->self, hs_geometry(HS_GEOMETRY_MOCK), &mm[i]), 0);
		assert_int_equal(mm[i]->anon->number, s->mm->anon->number + 1 + i);
	}
	for (int i = 0; i < 3; i++)
		hs_mm_destroy(s->self, mm[i]);
}

/* A key has 20 bits for the number. */
static void numbers_can_run_out(void **state)
{
	struct space *s = *state;
	struct hs_machine *m = hs_task_machine(s->self);
	uint64_t last = m->anon_last;
	struct hs_mm *mm[2] = { NULL, NULL };

	m->anon_last = ((uint64_t)1 << 20) - 2;
	assert_int_equal(hs_mm_create(s->self, hs_geometry(HS_GEOMETRY_MOCK), &mm[0]), 0);
	assert_int_equal(mm[0]->anon->number, ((uint64_t)1 << 20) - 1);
	assert_int_equal(hs_mm_create(s->self, hs_geometry(HS_GEOMETRY_MOCK), &mm[1]), -ENOMEM);
	hs_mm_destroy(s->self, mm[0]);
	m->anon_last = last;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		space_unit_test(a_page_of_a_fault_leads_to_its_entry),
		space_unit_test(a_copy_leads_to_its_entry),
		space_unit_test(a_page_that_was_moved_by_hand_leads_to_its_entry),
		space_unit_test(a_page_that_no_entry_has_mapped_leads_nowhere),
		cmocka_unit_test(a_key_holds_every_address),
		space_unit_test(a_page_that_outlives_its_address_space_leads_nowhere),
		space_unit_test(an_address_space_that_ends_has_no_entry),
		space_unit_test(the_number_of_an_address_space_is_used_again),
		space_unit_test(address_spaces_have_different_numbers),
		space_unit_test(numbers_can_run_out),
	};

	return cmocka_run_group_tests_name("rmap", tests, NULL, NULL);
}
