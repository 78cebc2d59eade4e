/* SPDX-License-Identifier: MIT */
/* Migrations of a range of addresses: what moves, and what each step leaves if it fails. */
#include "mm/rmap.h"
#include "mm/zap.h"
#include "support/migrating.h"

static void release(struct migrating *g, struct hs_page *page)
{
	hs_page_unlock(g->self, page);
	hs_page_put(g->self, page);
}

/* ---- pages that move --------------------------------------------------------------------- */

static void expect_move_there_and_back(enum hs_pgmap_type type, enum hs_page_refs refs)
{
	struct hs_page *page, *back;
	struct migrating g;

	migrating_open(&g, type, refs);
	in_memory(&g, 0, 7);
	collect(&g, SELECT_SYSTEM, OWNER);
	expect_told(&g.s, 1, HS_INVALIDATE_MIGRATE, BASE, BASE + SLOTS * PAGE, OWNER);
	assert_int_equal(g.m.cpages, SLOTS);
	source(&g, 0);
	page = target(&g, 0, true);
	decide(&g);
	finalize(&g);
	expect_untold(&g.s);
	expect_on_device(&g, 0, page, true, 7);
	assert_int_equal(hs_pages_allocated(g.self), 0);

	collect(&g, SELECT_PRIVATE | SELECT_COHERENT, OWNER);
	assert_ptr_equal(source(&g, 0), page);
	back = target(&g, 0, false);
	decide(&g);
	finalize(&g);
	assert_ptr_equal(page_at(&g.s, BASE), back);
	expect_page(&g.s, BASE, true, 7);
	assert_int_equal(hs_page_key(g.self, back), hs_rmap_key(g.s.mm, BASE));
	assert_int_equal(g.freed.calls, type == HS_PGMAP_PRIVATE || refs > HS_PAGE_REFS_5_3);
	assert_ptr_equal(g.freed.page, g.freed.calls ? page : NULL);
	migrating_close(&g);
}

static void a_page_moves_to_the_device_and_back(void **state)
{
	(void)state;
	for (int refs = 0; refs < HS_PAGE_REFS_COUNT; refs++) {
		expect_move_there_and_back(HS_PGMAP_PRIVATE, (enum hs_page_refs)refs);
		expect_move_there_and_back(HS_PGMAP_COHERENT, (enum hs_page_refs)refs);
	}
}

static void a_page_that_was_read_only_stays_read_only(void **state)
{
	struct hs_page *page;
	struct migrating g;

	(void)state;
	migrating_open(&g, HS_PGMAP_PRIVATE, HS_PAGE_REFS_6_1);
	on_device(&g, 0, false, 7);
	collect(&g, SELECT_PRIVATE, OWNER);
	assert_false(g.src[0] & HS_MIGRATE_PFN_WRITE);
	page = target(&g, 0, false);
	decide(&g);
	finalize(&g);
	assert_ptr_equal(page_at(&g.s, BASE), page);
	expect_page(&g.s, BASE, false, 7);
	migrating_close(&g);
}

/* What mprotect() takes while the page moves is gone. */
static void a_page_that_loses_write_on_the_way_is_read_only(void **state)
{
	struct hs_page *page;
	struct migrating g;

	(void)state;
	migrating_open(&g, HS_PGMAP_PRIVATE, HS_PAGE_REFS_6_1);
	in_memory(&g, 0, 7);
	collect(&g, SELECT_SYSTEM, OWNER);
	assert_true(g.src[0] & HS_MIGRATE_PFN_WRITE);
	page = target(&g, 0, true);
	decide(&g);
	assert_int_equal(hs_mprotect(g.self, g.s.mm, BASE, BASE + PAGE, HS_VM_READ), 0);
	finalize(&g);
	expect_on_device(&g, 0, page, false, 7);
	migrating_close(&g);
}

/* Tables that are missing, from the root down and in between; pages in the first and third. */
static void a_range_may_span_tables_and_holes(void **state)
{
	enum {
		N = 4 * 512
	};
	uint64_t start = BASE + 8 * LEAF, *slots = test_malloc(2 * N * sizeof(*slots)), with = 0;
	struct hs_migrate_vma m;
	struct migrating g;

	(void)state;
	migrating_open(&g, HS_PGMAP_PRIVATE, HS_PAGE_REFS_6_1);
	map(&g.s, start, N, RW);
	write_fault(&g.s, start + 3 * PAGE);
	write_fault(&g.s, start + 2 * LEAF + 511 * PAGE);
	hs_mm_lock_read(g.self, g.s.mm);
	m = (struct hs_migrate_vma){ .vma = hs_vma_find(g.s.mm, start),
				     .src = slots,
				     .dst = slots + N,
				     .start = start + PAGE,
				     .end = start + 4 * LEAF - PAGE,
				     .flags = SELECT_SYSTEM };
	assert_int_equal(hs_migrate_vma_setup(g.self, &m), 0);
	assert_int_equal(m.npages, N - 2);
	assert_int_equal(m.cpages, N - 2);
	for (uint64_t i = 0; i < m.npages; i++) {
		assert_true(slots[i] & MIGRATE);
		with += slots[i] & HS_MIGRATE_PFN_VALID;
	}
	assert_int_equal(with, 2);
	assert_true(slots[2] & HS_MIGRATE_PFN_VALID);
	assert_true(slots[2 * 512 + 510] & HS_MIGRATE_PFN_VALID);
	hs_migrate_vma_pages(g.self, &m);
	hs_mm_unlock_read(g.self, g.s.mm);
	hs_migrate_vma_finalize(g.self, &m);
	expect_page(&g.s, start + 3 * PAGE, true, 0);
	hs_munmap(g.self, g.s.mm, start, start + 4 * LEAF);
	migrating_close(&g);
	test_free(slots);
}

/* ---- pages where nothing was ------------------------------------------------------------- */

static void expect_filled(enum hs_pgmap_type type, bool device, bool write, bool zero)
{
	struct hs_page *page;
	struct migrating g;

	migrating_open(&g, type, HS_PAGE_REFS_6_1);
	if (zero)
		read_fault(&g.s, BASE + PAGE);
	if (!write)
		hs_mprotect(g.self, g.s.mm, BASE, BASE + SLOTS * PAGE, HS_VM_READ);
	g.s.starts = g.s.ends = 0;
	collect(&g, SELECT_SYSTEM, OWNER);
	expect_told(&g.s, 1, HS_INVALIDATE_MIGRATE, BASE, BASE + SLOTS * PAGE, OWNER);
	page = target(&g, 1, device);
	hs_dma_set_contents(g.self, page, 7);
	target(&g, 3, device);
	decide(&g);
	/* From the first such slot on. */
	expect_told(&g.s, 1, HS_INVALIDATE_MIGRATE, BASE + PAGE, BASE + SLOTS * PAGE, OWNER);
	assert_int_equal(g.src[0], 0);
	assert_int_equal(g.src[1], MIGRATE);
	finalize(&g);
	expect_untold(&g.s);
	if (device) {
		expect_on_device(&g, 1, page, write, 7);
	} else {
		expect_page(&g.s, BASE + PAGE, write, 7);
		assert_int_equal(hs_page_key(g.self, page), hs_rmap_key(g.s.mm, BASE + PAGE));
	}
	assert_int_equal(entry_at(&g.s, BASE + 2 * PAGE), 0);
	assert_int_not_equal(entry_at(&g.s, BASE + 3 * PAGE), 0);
	migrating_close(&g);
}

static void pages_are_mapped_where_nothing_was(void **state)
{
	(void)state;
	for (int i = 0; i < 16; i++)
		expect_filled(i & 1 ? HS_PGMAP_PRIVATE : HS_PGMAP_COHERENT, i & 2, i & 4, i & 8);
}

static void a_page_is_not_mapped_where_a_fault_was_first(void **state)
{
	struct hs_page *page;
	struct migrating g;

	(void)state;
	migrating_open(&g, HS_PGMAP_PRIVATE, HS_PAGE_REFS_6_1);
	collect(&g, SELECT_SYSTEM, OWNER);
	target(&g, 0, true);
	page = in_memory(&g, 0, 9);
	decide(&g);
	assert_int_equal(g.src[0], 0);
	finalize(&g);
	assert_ptr_equal(page_at(&g.s, BASE), page);
	expect_page(&g.s, BASE, true, 9);
	assert_int_equal(hs_pgmap_pages_allocated(g.self, g.s.pgmap), 0);
	migrating_close(&g);
}

/* Each table that the first page of a range needs can be the one that there is no memory for. */
static void a_page_may_find_no_memory_for_tables(void **state)
{
	uint32_t failures = 0;
	bool filled = false;

	(void)state;
	for (uint64_t fail = 3; !filled; fail++) {
		struct migrating g = { 0 };
		struct hs_pgmap_config config;

		device_memory_config(&config, HS_PGMAP_PRIVATE, HS_PAGE_REFS_6_1, DEVICE_START,
				     DEVICE_PAGES);
		if (!space_try(&g.s, HS_GEOMETRY_X86_64, fail) &&
		    !hs_mmap(g.s.self, g.s.mm, BASE, BASE + SLOTS * PAGE, RW, NULL, 0) &&
		    !hs_pgmap_create(g.s.self, &config, &g.s.pgmap)) {
			g.self = g.s.self;
			collect(&g, SELECT_SYSTEM, OWNER);
			target(&g, 0, true);
			decide(&g);
			filled = g.src[0] & MIGRATE;
			finalize(&g);
			assert_int_equal(hs_pgmap_pages_allocated(g.self, g.s.pgmap), filled);
			failures += !filled;
			hs_munmap(g.self, g.s.mm, BASE, BASE + SLOTS * PAGE);
		}
		space_close(&g.s);
	}
	assert_int_equal(failures, 3);
}

/* ---- what does not move ------------------------------------------------------------------ */

static void memory_of_other_devices_is_no_target(void **state)
{
	static const enum hs_pgmap_type types[] = { HS_PGMAP_P2PDMA };
	struct hs_page *page;
	struct migrating g;

	(void)state;
	for (size_t i = 0; i < COUNT(types); i++) {
		migrating_open(&g, types[i], HS_PAGE_REFS_6_1);
		page = in_memory(&g, 0, 7);
		collect(&g, SELECT_SYSTEM, OWNER);
		target(&g, 0, true);
		target(&g, 1, true);
		decide(&g);
		assert_false(g.src[0] & MIGRATE);
		assert_false(g.src[1] & MIGRATE);
		finalize(&g);
		assert_ptr_equal(page_at(&g.s, BASE), page);
		expect_page(&g.s, BASE, true, 7);
		assert_int_equal(entry_at(&g.s, BASE + PAGE), 0);
		migrating_close(&g);
	}
}

/* The device's copy of page @k fails: the driver gives that page up. */
static void expect_copy_failed(bool to_device, uint32_t k)
{
	struct hs_page *from[SLOTS], *to[SLOTS];
	struct migrating g;

	migrating_open(&g, HS_PGMAP_PRIVATE, HS_PAGE_REFS_6_1);
	for (uint32_t i = 0; i < SLOTS; i++)
		from[i] = to_device ? in_memory(&g, i, 10 + i) : on_device(&g, i, true, 10 + i);
	collect(&g, SELECT_ALL, OWNER);
	for (uint32_t i = 0; i < SLOTS; i++)
		to[i] = target(&g, i, to_device);
	hs_dma_set_contents(g.self, to[k], 0xbad);
	release(&g, to[k]);
	g.dst[k] = 0;
	decide(&g);
	finalize(&g);
	for (uint32_t i = 0; i < SLOTS; i++) {
		struct hs_page *page = i == k ? from[i] : to[i];

		assert_ptr_equal(page_at(&g.s, BASE + i * PAGE), page);
		expect_alone(&g, page);
		assert_int_equal(hs_dma_contents(g.self, page), 10 + i);
	}
	assert_int_equal(hs_pgmap_pages_allocated(g.self, g.s.pgmap), to_device ? SLOTS - 1 : 1);
	assert_int_equal(hs_pages_allocated(g.self), to_device ? 1 : SLOTS - 1);
	migrating_close(&g);
}

static void a_page_whose_copy_fails_stays_and_the_others_move(void **state)
{
	(void)state;
	for (uint32_t k = 0; k < SLOTS; k++) {
		expect_copy_failed(true, k);
		expect_copy_failed(false, k);
	}
}

static void nothing_of_a_shared_vma_is_selected(void **state)
{
	struct migrating g;

	(void)state;
	migrating_open(&g, HS_PGMAP_PRIVATE, HS_PAGE_REFS_6_1);
	hs_munmap(g.self, g.s.mm, BASE, BASE + SLOTS * PAGE);
	map(&g.s, BASE, SLOTS, SHARED_RW);
	in_memory(&g, 0, 7);
	g.s.starts = g.s.ends = 0;
	collect(&g, SELECT_ALL, OWNER);
	g.m.cpages = 77; /* as what the driver has left there */
	hs_mm_lock_read(g.self, g.s.mm);
	assert_int_equal(hs_migrate_vma_setup(g.self, &g.m), 0);
	hs_mm_unlock_read(g.self, g.s.mm);
	assert_int_equal(g.m.cpages, 0);
	for (uint32_t i = 0; i < SLOTS; i++)
		assert_int_equal(g.src[i], 0);
	expect_page(&g.s, BASE, true, 7);
	expect_untold(&g.s);
	give_up(&g);
	migrating_close(&g);
}

/* ---- meanwhile --------------------------------------------------------------------------- */

enum meanwhile {
	ZAPPED,
	UNMAPPED,
	MAPPED_AGAIN,
	ENDED,
	MEANWHILE_COUNT
};

static void happen(struct migrating *g, enum meanwhile what)
{
	if (what == ZAPPED)
		hs_madvise_dontneed(g->self, g->s.mm, BASE, BASE + PAGE);
	else if (what < ENDED)
		hs_munmap(g->self, g->s.mm, BASE, BASE + SLOTS * PAGE);
	if (what == MAPPED_AGAIN) {
		map(&g->s, BASE, SLOTS, RW);
		in_memory(g, 0, 9);
	}
	if (what != ENDED)
		return;
	space_unregister(&g->s);
	hs_mm_destroy(g->self, g->s.mm);
	g->s.mm = NULL;
}

/* Of the migration nothing is mapped any more, whether the page moves or not. */
static void expect_gone(enum meanwhile what, bool device, bool moves)
{
	struct migrating g;

	migrating_open(&g, HS_PGMAP_PRIVATE, HS_PAGE_REFS_6_1);
	if (device)
		on_device(&g, 0, true, 7);
	else
		in_memory(&g, 0, 7);
	collect(&g, SELECT_ALL, OWNER);
	if (moves)
		target(&g, 0, !device);
	decide(&g);
	happen(&g, what);
	finalize(&g);
	assert_int_equal(hs_pages_allocated(g.self), what == MAPPED_AGAIN);
	assert_int_equal(hs_pgmap_pages_allocated(g.self, g.s.pgmap), 0);
	if (what == MAPPED_AGAIN)
		expect_page(&g.s, BASE, true, 9);
	else if (what != ENDED)
		assert_int_equal(entry_at(&g.s, BASE), 0);
	migrating_close(&g);
}

static void a_page_that_is_unmapped_on_the_way_is_freed(void **state)
{
	(void)state;
	for (int what = 0; what < MEANWHILE_COUNT; what++)
		for (int i = 0; i < 4; i++)
			expect_gone((enum meanwhile)what, i & 1, i & 2);
}

/* ---- a fault ----------------------------------------------------------------------------- */

/* A driver's migrate_to_ram(), as it is in the kernel. */
static uint32_t to_ram(struct hs_task *self, struct hs_vm_fault *vmf)
{
	uint64_t src = 0, dst = 0;
	struct hs_migrate_vma m = {
		.vma = vmf->vma,
		.src = &src,
		.dst = &dst,
		.start = vmf->addr,
		.end = vmf->addr + PAGE,
		.owner = OWNER,
		.flags = SELECT_PRIVATE,
		.fault_page = vmf->page,
	};
	struct hs_page *page = NULL;
	uint32_t ret = 0;

	assert_int_equal(hs_migrate_vma_setup(self, &m), 0);
	if (!m.cpages)
		return 0;
	if (!hs_page_alloc(self, &page)) {
		hs_page_lock(self, page);
		hs_page_set_contents(self, page, hs_dma_contents(self, vmf->page));
		dst = hs_migrate_pfn(hs_page_to_pfn(self, page));
	} else {
		ret = HS_VM_FAULT_OOM;
	}
	hs_migrate_vma_pages(self, &m);
	hs_migrate_vma_finalize(self, &m);
	return ret;
}

static const struct hs_pgmap_ops driver_ops = { note_freed, to_ram };

static void expect_brought_back(enum hs_page_refs refs, enum hs_private_fault fault)
{
	struct hs_page *page;
	struct migrating g;
	uint64_t value = 0;

	migrating_open_for(&g, HS_PGMAP_PRIVATE, refs, &driver_ops);
	hs_mm_set_private_fault(g.s.mm, fault);
	page = on_device(&g, 0, true, 7);
	assert_int_equal(read_fault(&g.s, BASE), 0);
	expect_told(&g.s, 1, HS_INVALIDATE_MIGRATE, BASE, BASE + PAGE, OWNER);
	expect_page(&g.s, BASE, true, 7);
	assert_ptr_equal(g.freed.page, page);
	assert_int_equal(hs_cpu_read(g.self, g.s.mm, BASE, &value), 0);
	assert_int_equal(value, 7);
	migrating_close(&g);
}

static void a_fault_brings_its_page_back(void **state)
{
	(void)state;
	for (int refs = 0; refs < HS_PAGE_REFS_COUNT; refs++)
		for (int fault = HS_PRIVATE_FAULT_REFERENCE; fault <= HS_PRIVATE_FAULT_WAIT;
		     fault++)
			expect_brought_back((enum hs_page_refs)refs, (enum hs_private_fault)fault);
}

/* Another task has a reference, too: the page stays, in the first or in the second step. */
static void a_fault_leaves_a_page_that_others_hold(void **state)
{
	struct hs_page *page;
	struct migrating g;

	(void)state;
	for (uint32_t i = 0; i < 6; i++) {
		uint32_t held = 1 + i % 2;

		migrating_open_for(&g, HS_PGMAP_PRIVATE, HS_PAGE_REFS_6_1, &driver_ops);
		hs_mm_set_private_fault(g.s.mm, (enum hs_private_fault)(i / 2));
		page = on_device(&g, 0, true, 7);
		for (uint32_t j = 0; j < held; j++)
			hs_page_get(g.self, page);
		assert_int_equal(read_fault(&g.s, BASE), 0);
		for (uint32_t j = 0; j < held; j++)
			hs_page_put(g.self, page);
		expect_on_device(&g, 0, page, true, 7);
		assert_int_equal(read_fault(&g.s, BASE), 0);
		expect_page(&g.s, BASE, true, 7);
		migrating_close(&g);
	}
}

/* ---- errors ------------------------------------------------------------------------------ */

static void refuse(struct migrating *g, const struct hs_migrate_vma *m)
{
	struct hs_migrate_vma copy = *m;

	g->src[0] = g->dst[0] = 5;
	hs_mm_lock_read(g->self, g->s.mm);
	assert_int_equal(hs_migrate_vma_setup(g->self, &copy), -EINVAL);
	hs_mm_unlock_read(g->self, g->s.mm);
	assert_memory_equal(&copy, m, sizeof(copy));
	assert_int_equal(g->src[0], 5);
	assert_int_equal(g->dst[0], 5);
	expect_untold(&g->s);
}

static void a_range_that_cannot_be_is_refused(void **state)
{
	struct hs_migrate_vma good, m;
	struct migrating g;

	(void)state;
	migrating_open(&g, HS_PGMAP_PRIVATE, HS_PAGE_REFS_6_1);
	collect(&g, SELECT_ALL, OWNER);
	give_up(&g);
	g.s.starts = g.s.ends = 0;
	good = g.m;
	good.cpages = 77;
#define REFUSE(change)          \
	do {                    \
		m = good;       \
		m.change;       \
		refuse(&g, &m); \
	} while (0)
	REFUSE(vma = NULL);
	REFUSE(src = NULL);
	REFUSE(dst = NULL);
	REFUSE(start = BASE + 1);
	REFUSE(end = BASE + PAGE - 1);
	REFUSE(end = BASE);
	REFUSE(end = BASE - PAGE);
	REFUSE(start = BASE - PAGE);
	REFUSE(end = BASE + (SLOTS + 1) * PAGE);
	REFUSE(fault_page = in_memory(&g, 1, 7));
#undef REFUSE
	migrating_close(&g);
}

static void a_vma_that_has_no_anonymous_memory_is_refused(void **state)
{
	static const uint32_t flags[] = { HS_VM_HUGETLB, HS_VM_IO, HS_VM_PFNMAP, HS_VM_MIXEDMAP };
	struct hs_vma *vma;
	struct migrating g;

	(void)state;
	migrating_open(&g, HS_PGMAP_PRIVATE, HS_PAGE_REFS_6_1);
	collect(&g, SELECT_ALL, OWNER);
	give_up(&g);
	g.s.starts = g.s.ends = 0;
	vma = hs_vma_at(g.s.mm, BASE);
	for (size_t i = 0; i < COUNT(flags); i++) {
		vma->flags |= flags[i];
		refuse(&g, &g.m);
		vma->flags &= ~flags[i];
	}
	vma->mapping = (struct hs_mapping *)&g;
	refuse(&g, &g.m);
	vma->mapping = NULL;
	migrating_close(&g);
}

/* A page of coherent memory is no page that a CPU fault is about. */
static void the_page_of_a_fault_is_private(void **state)
{
	struct migrating g;

	(void)state;
	migrating_open(&g, HS_PGMAP_COHERENT, HS_PAGE_REFS_6_1);
	collect(&g, SELECT_ALL, OWNER);
	give_up(&g);
	g.s.starts = g.s.ends = 0;
	g.m.fault_page = on_device(&g, 0, true, 7);
	refuse(&g, &g.m);
	migrating_close(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_page_moves_to_the_device_and_back),
		cmocka_unit_test(a_page_that_was_read_only_stays_read_only),
		cmocka_unit_test(a_page_that_loses_write_on_the_way_is_read_only),
		cmocka_unit_test(a_range_may_span_tables_and_holes),
		cmocka_unit_test(pages_are_mapped_where_nothing_was),
		cmocka_unit_test(a_page_is_not_mapped_where_a_fault_was_first),
		cmocka_unit_test(a_page_may_find_no_memory_for_tables),
		cmocka_unit_test(memory_of_other_devices_is_no_target),
		cmocka_unit_test(a_page_whose_copy_fails_stays_and_the_others_move),
		cmocka_unit_test(nothing_of_a_shared_vma_is_selected),
		cmocka_unit_test(a_page_that_is_unmapped_on_the_way_is_freed),
		cmocka_unit_test(a_fault_brings_its_page_back),
		cmocka_unit_test(a_fault_leaves_a_page_that_others_hold),
		cmocka_unit_test(a_range_that_cannot_be_is_refused),
		cmocka_unit_test(a_vma_that_has_no_anonymous_memory_is_refused),
		cmocka_unit_test(the_page_of_a_fault_is_private),
	};

	return cmocka_run_group_tests_name("migrate", tests, NULL, NULL);
}
