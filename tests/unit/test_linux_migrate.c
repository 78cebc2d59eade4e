/* SPDX-License-Identifier: MIT */
/*
 * Migration by a driver that knows nothing but <hmmsim/linux.h>, and tests of it. The fixtures are
 * included below the driver, because it must not see more than that header.
 */
#include <hmmsim/linux.h>

#include <stddef.h>

#define MOVER_PAGES 4

struct mover {
	struct mm_struct *mm;
	unsigned long start; /* of MOVER_PAGES pages */
	void *owner;
	unsigned long src[MOVER_PAGES], dst[MOVER_PAGES];
	struct migrate_vma m;
	struct hs_page *fresh[MOVER_PAGES]; /* targets on the device; NULL: in memory */
};

/* A target for a slot, with what its page holds. */
static unsigned long mover_target(struct mover *v, unsigned int i)
{
	struct hs_page *from = migrate_pfn_to_page(v->src[i]), *to = v->fresh[i];

	if (!(v->src[i] & MIGRATE_PFN_MIGRATE))
		return 0;
	if (!to)
		to = alloc_page_vma(GFP_HIGHUSER_MOVABLE, v->m.vma, v->start);
	if (!to)
		return 0;
	lock_page(to);
	if (from)
		copy_highpage(to, from);
	else
		clear_highpage(to);
	return migrate_pfn(page_to_pfn(to));
}

static int mover_setup(struct mover *v, unsigned long flags, struct hs_page *fault_page)
{
	v->m = (struct migrate_vma){
		.vma = find_vma(v->mm, v->start),
		.src = v->src,
		.dst = v->dst,
		.start = v->start,
		.end = v->start + MOVER_PAGES * HS_PAGE_BYTES,
		.pgmap_owner = v->owner,
		.flags = flags,
		.fault_page = fault_page,
	};
	return migrate_vma_setup(&v->m);
}

/* 0 or -errno. */
static int mover_move(struct mover *v, unsigned long flags)
{
	int ret;

	mmap_read_lock(v->mm);
	ret = mover_setup(v, flags, NULL);
	if (!ret) {
		for (unsigned int i = 0; i < MOVER_PAGES; i++)
			v->dst[i] = mover_target(v, i);
		migrate_vma_pages(&v->m);
		migrate_vma_finalize(&v->m);
	}
	mmap_read_unlock(v->mm);
	return ret;
}

/* What is on the device, as migrate_device_range() has found it. */
static void mover_evict(struct mover *v)
{
	for (unsigned int i = 0; i < MOVER_PAGES; i++) {
		v->fresh[i] = NULL;
		v->dst[i] = mover_target(v, i);
	}
	migrate_device_pages(v->src, v->dst, MOVER_PAGES);
	migrate_device_finalize(v->src, v->dst, MOVER_PAGES);
}

/* How many are exclusive of @n pages at @addr, which give the CPU its pages back; or -errno. */
static int mover_exclude(struct mover *v, unsigned long addr, unsigned long n)
{
	struct hs_page *pages[MOVER_PAGES];
	int found, exclusive = 0;

	mmap_read_lock(v->mm);
	found = make_device_exclusive_range(v->mm, addr, addr + n * HS_PAGE_BYTES, pages, v->owner);
	mmap_read_unlock(v->mm);
	for (int i = 0; i < found; i++) {
		if (!pages[i])
			continue;
		exclusive++;
		unlock_page(pages[i]);
		put_page(pages[i]);
	}
	return found < 0 ? found : exclusive;
}

/* ---- tests ------------------------------------------------------------------------------- */

#include "support/migrating.h"

_Static_assert(MOVER_PAGES == SLOTS, "a mover moves the pages of struct migrating");
_Static_assert(MIGRATE_PFN_VALID == 1 && MIGRATE_PFN_MIGRATE == 2 && MIGRATE_PFN_WRITE == 8 &&
		       MIGRATE_PFN_SHIFT == 6,
	       "bits are the kernel's");
_Static_assert(MIGRATE_VMA_SELECT_SYSTEM == 1 && MIGRATE_VMA_SELECT_DEVICE_PRIVATE == 2 &&
		       MIGRATE_VMA_SELECT_DEVICE_COHERENT == 4,
	       "flags are the kernel's");

static void mover_open(struct mover *v, struct migrating *g, enum hs_pgmap_type type)
{
	migrating_open(g, type, HS_PAGE_REFS_6_1);
	memset(v, 0, sizeof(*v));
	v->mm = g->s.mm;
	v->start = BASE;
	v->owner = (void *)(uintptr_t)OWNER;
}

static void expect_round_trip(enum hs_pgmap_type type)
{
	struct migrating g;
	struct mover v;

	mover_open(&v, &g, type);
	in_memory(&g, 0, 7);
	v.fresh[0] = device_page(&g);
	v.fresh[2] = device_page(&g);
	hs_dma_set_contents(g.self, v.fresh[2], 99);
	assert_int_equal(mover_move(&v, MIGRATE_VMA_SELECT_SYSTEM), 0);
	expect_section(&g.s, 0, HS_INVALIDATE_MIGRATE, BASE, BASE + SLOTS * PAGE, OWNER);
	assert_int_equal(v.m.cpages, SLOTS);
	assert_int_equal(v.m.npages, SLOTS);
	assert_true(v.src[0] & MIGRATE_PFN_VALID);
	assert_true(v.src[0] & MIGRATE_PFN_WRITE);
	assert_int_equal(v.src[1], MIGRATE_PFN_MIGRATE);
	expect_on_device(&g, 0, v.fresh[0], true, 7);
	expect_page(&g.s, BASE + PAGE, true, 0);
	expect_on_device(&g, 2, v.fresh[2], true, 0);

	v.fresh[0] = v.fresh[2] = NULL;
	assert_int_equal(mover_move(&v, MIGRATE_VMA_SELECT_DEVICE_PRIVATE |
						MIGRATE_VMA_SELECT_DEVICE_COHERENT),
			 0);
	assert_int_equal(v.m.cpages, 2);
	assert_int_equal(v.src[1], 0);
	expect_page(&g.s, BASE, true, 7);
	expect_page(&g.s, BASE + 2 * PAGE, true, 0);
	migrating_close(&g);
}

static void a_range_moves_to_the_device_and_back(void **state)
{
	(void)state;
	expect_round_trip(HS_PGMAP_PRIVATE);
	expect_round_trip(HS_PGMAP_COHERENT);
}

static void what_is_not_selected_stays(void **state)
{
	struct hs_page *page;
	struct migrating g;
	struct mover v;

	(void)state;
	mover_open(&v, &g, HS_PGMAP_PRIVATE);
	page = on_device(&g, 0, true, 7);
	assert_int_equal(mover_move(&v, MIGRATE_VMA_SELECT_DEVICE_COHERENT), 0);
	expect_on_device(&g, 0, page, true, 7);
	assert_int_equal(v.src[0], 0);
	v.owner = &v;
	assert_int_equal(mover_move(&v, MIGRATE_VMA_SELECT_DEVICE_PRIVATE), 0);
	assert_int_equal(v.src[0], 0);
	expect_on_device(&g, 0, page, true, 7);
	migrating_close(&g);
}

static void setup_refuses_what_the_simulator_refuses(void **state)
{
	struct hs_page *page;
	struct migrating g;
	struct mover v;

	(void)state;
	mover_open(&v, &g, HS_PGMAP_PRIVATE);
	page = in_memory(&g, 0, 7);
	v.start++;
	assert_int_equal(mover_move(&v, MIGRATE_VMA_SELECT_SYSTEM), -EINVAL);
	v.start = BASE + PAGE;
	assert_int_equal(mover_move(&v, MIGRATE_VMA_SELECT_SYSTEM), -EINVAL);
	v.start = BASE;
	mmap_read_lock(v.mm);
	assert_int_equal(mover_setup(&v, MIGRATE_VMA_SELECT_SYSTEM, page), -EINVAL);
	mmap_read_unlock(v.mm);
	migrating_close(&g);
}

/* The reference of the fault is allowed for, and for none but its page. */
static void the_page_of_a_fault_moves_in_spite_of_its_reference(void **state)
{
	struct hs_page *page;
	struct migrating g;
	struct mover v;

	(void)state;
	mover_open(&v, &g, HS_PGMAP_PRIVATE);
	page = on_device(&g, 0, true, 7);
	for (int told = 0; told < 2; told++) {
		get_page(page);
		mmap_read_lock(v.mm);
		assert_int_equal(
			mover_setup(&v, MIGRATE_VMA_SELECT_DEVICE_PRIVATE, told ? page : NULL), 0);
		v.dst[0] = mover_target(&v, 0);
		migrate_vma_pages(&v.m);
		assert_int_equal(!(v.src[0] & MIGRATE_PFN_MIGRATE), !told);
		migrate_vma_finalize(&v.m);
		mmap_read_unlock(v.mm);
		put_page(page);
	}
	expect_page(&g.s, BASE, true, 7);
	assert_ptr_equal(g.freed.page, page);
	migrating_close(&g);
}

/* ---- pages of a device ------------------------------------------------------------------- */

static void a_device_is_evicted_but_for_what_is_locked(void **state)
{
	struct hs_page *page[2];
	struct migrating g;
	struct mover v;

	(void)state;
	mover_open(&v, &g, HS_PGMAP_PRIVATE);
	for (uint32_t i = 0; i < 2; i++)
		page[i] = on_device(&g, i, true, 7 + i);
	lock_page(page[1]);
	assert_int_equal(migrate_device_range(v.src, page_to_pfn(page[0]), MOVER_PAGES), 0);
	expect_told(&g.s, 1, HS_INVALIDATE_CLEAR, BASE, BASE + PAGE, NULL);
	assert_ptr_equal(migrate_pfn_to_page(v.src[0]), page[0]);
	for (int i = 1; i < MOVER_PAGES; i++)
		assert_int_equal(v.src[i], 0);
	mover_evict(&v);
	expect_page(&g.s, BASE, true, 7);
	unlock_page(page[1]);
	expect_on_device(&g, 1, page[1], true, 8);

	for (int i = 0; i < MOVER_PAGES; i++)
		v.src[i] = page_to_pfn(page[0]);
	v.src[2] = page_to_pfn(page[1]);
	assert_int_equal(migrate_device_pfns(v.src, MOVER_PAGES), 0);
	assert_int_equal(v.src[0], 0);
	assert_int_equal(v.src[2], migrate_pfn(page_to_pfn(page[1])) | MIGRATE_PFN_MIGRATE);
	mover_evict(&v);
	expect_page(&g.s, BASE + PAGE, true, 8);
	migrating_close(&g);
}

/* ---- device-exclusive access ------------------------------------------------------------- */

static void pages_become_exclusive_and_a_fault_takes_them_back(void **state)
{
	uint64_t value = 0;
	struct hs_page *page;
	struct migrating g;
	struct mover v;

	(void)state;
	mover_open(&v, &g, HS_PGMAP_PRIVATE);
	page = in_memory(&g, 0, 7);
	assert_int_equal(mover_exclude(&v, BASE, 2), 2);
	expect_section(&g.s, 0, HS_INVALIDATE_EXCLUSIVE, BASE, BASE + PAGE, OWNER);
	assert_int_equal(hs_entry_type(entry_at(&g.s, BASE)), HS_TYPE_EXCLUSIVE);
	assert_int_equal(hs_entry_type(entry_at(&g.s, BASE + PAGE)), HS_TYPE_EXCLUSIVE);
	assert_int_equal(hs_cpu_read(g.self, v.mm, BASE, &value), 0);
	assert_int_equal(value, 7);
	assert_ptr_equal(page_at(&g.s, BASE), page);
	lock_page(page);
	assert_int_equal(mover_exclude(&v, BASE, 1), 0);
	unlock_page(page);
	assert_int_equal(mover_exclude(&v, BASE + (SLOTS - 1) * PAGE, 2), 1);
	migrating_close(&g);
}

static void what_cannot_be_faulted_in_is_not_exclusive(void **state)
{
	struct migrating g;
	struct mover v;

	(void)state;
	mover_open(&v, &g, HS_PGMAP_PRIVATE);
	assert_int_equal(mover_exclude(&v, BASE + SLOTS * PAGE, 1), -EFAULT);
	assert_int_equal(mover_exclude(&v, BASE + 1, 1), -EINVAL);
	assert_int_equal(mover_exclude(&v, BASE, 0), -EINVAL);
	assert_int_equal(hs_mprotect(g.self, v.mm, BASE, BASE + PAGE, HS_VM_READ), 0);
	assert_int_equal(mover_exclude(&v, BASE, 1), -EFAULT);
	assert_int_equal(mover_exclude(&v, BASE + PAGE, 1), 1);
	migrating_close(&g);
}

/* ---- pages ------------------------------------------------------------------------------- */

static void a_page_says_what_memory_it_is(void **state)
{
	struct hs_page *system, *device;
	struct migrating g;
	struct mover v;

	(void)state;
	for (int type = HS_PGMAP_PRIVATE; type <= HS_PGMAP_COHERENT; type++) {
		mover_open(&v, &g, (enum hs_pgmap_type)type);
		system = alloc_page(GFP_KERNEL);
		device = device_page(&g);
		assert_false(is_zone_device_page(system));
		assert_false(is_device_private_page(system));
		assert_false(is_device_coherent_page(system));
		assert_true(is_zone_device_page(device));
		assert_int_equal(is_device_private_page(device), type == HS_PGMAP_PRIVATE);
		assert_int_equal(is_device_coherent_page(device), type == HS_PGMAP_COHERENT);
		hs_page_set_contents(g.self, system, 7);
		copy_highpage(device, system);
		assert_int_equal(hs_dma_contents(g.self, device), 7);
		clear_highpage(device);
		assert_int_equal(hs_dma_contents(g.self, device), 0);
		put_page(device);
		__free_page(system);
		assert_int_equal(hs_pages_allocated(g.self), 0);
		migrating_close(&g);
	}
}

/* Each page of system memory, and then none. */
static void pages_are_allocated_until_none_is_left(void **state)
{
	struct hs_page *page, *pages = NULL;
	struct migrating g;
	struct mover v;
	unsigned int n = 0;

	(void)state;
	mover_open(&v, &g, HS_PGMAP_PRIVATE);
	while ((page = n & 1 ? alloc_page(GFP_HIGHUSER)
			     : alloc_page_vma(GFP_HIGHUSER_MOVABLE, NULL, 0))) {
		assert_int_equal(page_count(page), 1);
		set_page_private(page, (unsigned long)pages);
		pages = page;
		n++;
	}
	assert_int_equal(n, RAM_END - RAM_START);
	while ((page = pages)) {
		pages = (struct hs_page *)page_private(page);
		__free_page(page);
	}
	assert_int_equal(hs_pages_allocated(g.self), 0);
	migrating_close(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_range_moves_to_the_device_and_back),
		cmocka_unit_test(what_is_not_selected_stays),
		cmocka_unit_test(setup_refuses_what_the_simulator_refuses),
		cmocka_unit_test(the_page_of_a_fault_moves_in_spite_of_its_reference),
		cmocka_unit_test(a_device_is_evicted_but_for_what_is_locked),
		cmocka_unit_test(pages_become_exclusive_and_a_fault_takes_them_back),
		cmocka_unit_test(what_cannot_be_faulted_in_is_not_exclusive),
		cmocka_unit_test(a_page_says_what_memory_it_is),
		cmocka_unit_test(pages_are_allocated_until_none_is_left),
	};

	return cmocka_run_group_tests_name("linux migrate", tests, NULL, NULL);
}
