/* SPDX-License-Identifier: MIT */
/*
 * Faults against faults and against tasks that take pages away, under every schedule that matters.
 * The tests bear the names of the drawings in src/mm/fault.c and src/mm/fault_dax.c.
 */
#include "support/broken.h"
#include "support/fault_race.h"

/* A free frame gets other contents, as if it were already allocated again. */
static void spoil_frame(struct hs_task *self, struct model *m)
{
	if (!(hs_u32_load(self, &m->page->state, HS_RELAXED) & HS_PAGE_ALLOCATED))
		hs_page_set_contents(self, m->page, OTHERS);
}

static void make_shared(struct hs_task *self, struct model *m)
{
	uint64_t e = entry_at(self, m, 0) & ~HS_ENTRY_WRITE;

	hs_page_get(self, m->page);
	hs_u32_and(self, &m->page->state, ~HS_PAGE_EXCLUSIVE, HS_RELAXED);
	hs_pt_set(self, m->mm, 0, 0, e);
}

/* ---- two faults, fault and zap ----------------------------------------------------------- */

static void check_stored(struct hs_task *self, struct model *m)
{
	uint64_t e = entry_at(self, m, 0);

	expect(e & HS_ENTRY_WRITE);
	expect(hs_pages_allocated(self) == 1);
	expect_page(self, m, 0);
	expect(m->pfn[0] == hs_entry_pfn(e));
	expect(m->pfn[1] == m->pfn[0] || m->pfn[1] == HS_ZERO_PFN);
}

static void check_stored_twice(struct hs_task *self, struct model *m)
{
	check_stored(self, m);
	expect(m->pfn[0] == m->pfn[1]);
}

static void check_loaded_twice(struct hs_task *self, struct model *m)
{
	expect(entry_at(self, m, 0) == HS_FAULT_ZERO_ENTRY);
	expect(!hs_pages_allocated(self));
}

static const struct race two_faults[] = {
	{ anonymous, { store, store_too }, check_stored_twice, 10 },
	{ anonymous, { store, load_too }, check_stored, 16 },
	{ anonymous, { load, load_too }, check_loaded_twice, 8 },
};

/* Without the lowest table: an entry that a fault has seen empty becomes one. */
static int bare(struct hs_task *self, struct model *m)
{
	int ret = hs_mmap(self, m->mm, 0, 4 * PAGE, RW, NULL, 0);

	return ret ? ret : hs_pt_make(self, m->mm, 0, 1);
}

static const struct race bare_faults[] = {
	{ bare, { store, store_too }, check_stored_twice, 86 },
	{ bare, { store, load_too }, check_stored, 124 },
};

/* One page at two addresses, as after a fork. */
static int shared(struct hs_task *self, struct model *m)
{
	int ret = written(self, m);

	if (ret)
		return ret;
	make_shared(self, m);
	hs_page_map(self, m->page);
	return hs_pt_set(self, m->mm, PAGE, 0, entry_at(self, m, 0));
}

static void zapper_and_spoiler(struct hs_task *self, void *arg)
{
	zap(self, arg);
	spoil_frame(self, arg);
}

/* The store comes before the zap, after it, or has to come again. */
static void check_against_zap(struct hs_task *self, struct model *m)
{
	uint64_t e = entry_at(self, m, 0), mapped = e ? 1 : 0, contents;

	expect(hs_pages_allocated(self) == mapped);
	if (!e)
		return;
	contents = hs_page_contents(self, page_of(self, e));
	expect(contents == CONTENTS || contents == 0);
	expect_page(self, m, contents);
}

static const struct race fault_and_zap = { shared,
					   { store, zapper_and_spoiler },
					   check_against_zap,
					   70 };

static void write_value(struct hs_task *self, void *arg)
{
	struct model *m = arg;

	expect(!hs_cpu_write(self, m->mm, 0, CONTENTS + 1));
}

static void check_written(struct hs_task *self, struct model *m)
{
	uint64_t value = 0;

	expect(!hs_cpu_read(self, m->mm, 0, &value));
	expect(value == 0 || value == CONTENTS + 1);
	if (!(hs_u32_load(self, &m->page->state, HS_RELAXED) & HS_PAGE_ALLOCATED))
		expect(hs_page_contents(self, m->page) == OTHERS);
}

static const struct race store_and_zap = { written,
					   { write_value, zapper_and_spoiler },
					   check_written,
					   4 };

/* ---- copy-on-write and a device ---------------------------------------------------------- */

static uint64_t mirror_look(struct hs_task *self, struct model *m)
{
	return entry_at(self, m, 0);
}

static void mirror_use(struct hs_task *self, struct model *m, uint64_t e)
{
	expect(hs_page_contents(self, page_of(self, e)) == CONTENTS);
	hs_u64_store(self, &m->device, e, HS_RELAXED);
}

static void mirror(struct hs_task *self, void *arg)
{
	mirror_turns(self, arg, mirror_look, mirror_use);
}

/* The fault and this task hold the page: after the fault has copied it, it is free. */
static void store_and_free(struct hs_task *self, void *arg)
{
	struct model *m = arg;

	store(self, m);
	hs_page_put(self, m->page);
	spoil_frame(self, m);
}

static int mirrored_setup(struct hs_task *self, struct model *m)
{
	int ret = written(self, m);

	if (ret)
		return ret;
	make_shared(self, m);
	return mirror_insert(self, m);
}

static void check_mirrored(struct hs_task *self, struct model *m)
{
	uint64_t device = hs_u64_load(self, &m->device, HS_RELAXED);

	expect(!device || hs_entry_pfn(device) == m->pfn[0]);
	expect_page(self, m, CONTENTS);
	expect(hs_pages_allocated(self) == 1 && hs_entry_pfn(entry_at(self, m, 0)) == m->pfn[0]);
	hs_interval_remove(self, &m->sub);
}

static const struct race cow_and_device = { mirrored_setup,
					    { store_and_free, mirror },
					    check_mirrored,
					    12 };

/* ---- device memory ----------------------------------------------------------------------- */

static void check_migrated(struct hs_task *self, struct model *m)
{
	expect(hs_pages_allocated(self) == 1);
	expect(!hs_pgmap_pages_allocated(self, m->pgmap));
	expect_page(self, m, CONTENTS);
	expect(m->pfn[0] == m->pfn[1]);
}

static void check_migrated_or_zapped(struct hs_task *self, struct model *m)
{
	expect(!hs_pgmap_pages_allocated(self, m->pgmap));
	check_page_or_zapped(self, m);
}

static const struct race migrations[] = {
	{ device_private, { load, load_too }, check_migrated, 138 },
	{ device_private, { load, store_too }, check_migrated, 138 },
	{ device_private, { load, zapper }, check_migrated_or_zapped, 21 },
};

static int device_mapping(struct hs_task *self, struct model *m, enum hs_mapping_kind kind)
{
	struct hs_mapping_config config = { .kind = kind, .first = DEVICE_START, .pages = 2 };
	int ret;

	config.pgmap = m->pgmap;
	ret = hs_mapping_create(self, &config, &m->mapping);
	if (!ret)
		ret = hs_mmap(self, m->mm, 0, PAGE, RW | HS_VM_SHARED, m->mapping, 0);
	return ret ? ret : hs_pt_make(self, m->mm, 0, 0);
}

static int hole(struct hs_task *self, struct model *m)
{
	int ret = device_memory(self, m, HS_PGMAP_FS_DAX, HS_PAGE_REFS_6_1);

	if (!ret)
		ret = device_mapping(self, m, HS_MAPPING_DAX_FILE);
	if (!ret)
		ret = hs_mmap(self, m->mm, ELSEWHERE, ELSEWHERE + PAGE, RW | HS_VM_SHARED,
			      m->mapping, 0);
	return ret ? ret : hs_pt_make(self, m->mm, ELSEWHERE, 0);
}

static void store_elsewhere(struct hs_task *self, void *arg)
{
	cpu_access(self, arg, 1, ELSEWHERE, true);
}

static void check_hole(struct hs_task *self, struct model *m)
{
	uint64_t here = entry_at(self, m, 0), there = entry_at(self, m, ELSEWHERE);

	expect(hs_entry_pfn(there) == DEVICE_START && there & HS_ENTRY_WRITE);
	expect(!here || here == there);
}

static void check_hole_stored(struct hs_task *self, struct model *m)
{
	check_hole(self, m);
	expect(m->mapping->next_block == DEVICE_START + 1);
	expect(m->pfn[0] == m->pfn[1]);
}

/* ---- devices ----------------------------------------------------------------------------- */

/* With references of 6.15: what the loser of the race took is given back. */
static int device_dax(struct hs_task *self, struct model *m)
{
	int ret = device_memory(self, m, HS_PGMAP_GENERIC, HS_PAGE_REFS_6_15);

	return ret ? ret : device_mapping(self, m, HS_MAPPING_DEVICE_DAX);
}

static int p2pdma(struct hs_task *self, struct model *m)
{
	int ret = device_memory(self, m, HS_PGMAP_P2PDMA, HS_PAGE_REFS_6_1);

	return ret ? ret : device_mapping(self, m, HS_MAPPING_P2PDMA);
}

static void check_device_dax(struct hs_task *self, struct model *m)
{
	uint64_t e = entry_at(self, m, 0);
	uint32_t idle = hs_page_count(self, hs_pfn_to_page(self, hs_entry_pfn(e) + 1));

	expect(m->pfn[0] == DEVICE_START && m->pfn[1] == DEVICE_START);
	expect(hs_page_count(self, page_of(self, e)) == idle + 1);
}

static void check_p2pdma(struct hs_task *self, struct model *m)
{
	expect(hs_pgmap_pages_allocated(self, m->pgmap) == 1);
	expect(m->pfn[0] == m->pfn[1]);
	expect_page(self, m, 0);
}

static const struct race devices[] = {
	{ device_dax, { load, store_too }, check_device_dax, 8 },
	{ p2pdma, { load, store_too }, check_p2pdma, 10 },
};

static const struct race holes[] = {
	{ hole, { load, store_elsewhere }, check_hole, 4 },
	{ hole, { store, store_elsewhere }, check_hole_stored, 2 },
};

/* ---- swap -------------------------------------------------------------------------------- */

static void swapper(struct hs_task *self, void *arg)
{
	struct model *m = arg;
	int ret = hs_swap_out(self, m->mm, 0);

	expect(!ret || ret == -EBUSY);
	if (!ret)
		spoil_frame(self, m);
}

/* A task that gets the page by hs_page_tryget() alone, as GUP-fast does, finds it mapped. */
static void getter(struct hs_task *self, void *arg)
{
	struct model *m = arg;

	if (!hs_page_tryget(self, m->page))
		return;
	expect(hs_page_contents(self, m->page) == CONTENTS);
	expect(hs_entry_pfn(entry_at(self, m, 0)) == hs_page_to_pfn(self, m->page));
	hs_page_put(self, m->page);
}

static void failer(struct hs_task *self, void *arg)
{
	int ret = hs_memory_failure(self, ((struct model *)arg)->mm, 0);

	expect(!ret || ret == -ENOENT);
}

static void check_failed(struct hs_task *self, struct model *m)
{
	expect(!entry_at(self, m, 0));
	expect(!hs_pages_allocated(self));
}

static const struct race failure = { written, { failer, zapper }, check_failed, 11 };

static void check_swapped(struct hs_task *self, struct model *m)
{
	cpu_access(self, m, 0, 0, false);
	check_page(self, m);
}

static int swapped(struct hs_task *self, struct model *m)
{
	int ret = written(self, m);

	return ret ? ret : hs_swap_out(self, m->mm, 0);
}

/* Swaps in, writes, and swaps out again: to the same slot. */
static void rewriter(struct hs_task *self, void *arg)
{
	struct model *m = arg;

	store_too(self, m);
	hs_page_set_contents(self, hs_pfn_to_page(self, m->pfn[1]), OTHERS);
	expect(!hs_swap_out(self, m->mm, 0));
}

static void check_rewritten(struct hs_task *self, struct model *m)
{
	cpu_access(self, m, 0, 0, false);
	expect_page(self, m, OTHERS);
}

static const struct race slot_again = { swapped, { load, rewriter }, check_rewritten, 101 };

static const struct race swaps[] = {
	{ written, { store, swapper }, check_swapped, 3 },
	{ written, { getter, swapper }, check_swapped, 5 },
};

static void two_faults_on_one_entry(void **state)
{
	(void)state;
	hold(two_faults);
}

static void a_table_appears_under_the_look_of_a_fault(void **state)
{
	(void)state;
	hold(bare_faults);
}

static void fault_against_zap(void **state)
{
	(void)state;
	explore_holds(&fault_scenario, &fault_and_zap, fault_and_zap.complete);
}

static void a_store_never_reaches_a_page_that_is_free(void **state)
{
	(void)state;
	explore_holds(&fault_scenario, &store_and_zap, store_and_zap.complete);
}

static void copy_on_write_against_a_device(void **state)
{
	(void)state;
	explore_holds(&fault_scenario, &cow_and_device, cow_and_device.complete);
}

static void two_faults_on_device_memory(void **state)
{
	(void)state;
	hold(devices);
}

static void migrate_to_ram_twice(void **state)
{
	(void)state;
	hold(migrations);
}

static void hole_read_against_hole_write(void **state)
{
	(void)state;
	hold(holes);
}

static void memory_failure_against_zap(void **state)
{
	(void)state;
	explore_holds(&fault_scenario, &failure, failure.complete);
}

static void swap_out_against_others(void **state)
{
	(void)state;
	hold(swaps);
}

static void swap_in_against_a_slot_that_is_used_again(void **state)
{
	(void)state;
	explore_holds(&fault_scenario, &slot_again, slot_again.complete);
}

/* ---- faults of the model ------------------------------------------------------------------ */

static const struct broken faults[] = {
	{ HS_BREAK_FAULT_REPLACE_BLIND, false, &fault_scenario, &two_faults[0], HS_VERDICT_ASSERT,
	  "expected: hs_pages_allocated(self) == 1 (task boot)", 2 },
	{ HS_BREAK_FAULT_NOTIFY_EARLY, true, &fault_scenario, &cow_and_device, HS_VERDICT_ASSERT,
	  "expected: !device || hs_entry_pfn(device) == m->pfn[0]", 2 },
	{ HS_BREAK_FAULT_GET_BLIND, false, &fault_scenario, &migrations[2], HS_VERDICT_ASSERT,
	  "hs_page_get: refcount is 0 (task one)", 19 },
	{ HS_BREAK_FAULT_GET_LATE, false, &fault_scenario, &migrations[2], HS_VERDICT_ASSERT,
	  "hs_page_get: refcount is 0 (task one)", 19 },
	{ HS_BREAK_REUSE_BLIND, false, &fault_scenario, &fault_and_zap, HS_VERDICT_ASSERT,
	  "hs_page_get: refcount is 0 (task one)", 66 },
	{ HS_BREAK_MIGRATE_TO_RAM_KEEPS, false, &fault_scenario, &migrations[0], HS_VERDICT_ASSERT,
	  "expected: hs_pages_allocated(self) == 1 (task boot)", 4 },
	{ HS_BREAK_DAX_LOSER_KEEPS, false, &fault_scenario, &devices[0], HS_VERDICT_ASSERT,
	  "expected: hs_page_count(self, page_of(self, e)) == idle + 1", 2 },
	{ HS_BREAK_DAX_ZERO_GAP, false, &fault_scenario, &holes[0], HS_VERDICT_ASSERT,
	  "expected: !here || here == there (task boot)", 4 },
	{ HS_BREAK_CHANGE_BLIND, false, &fault_scenario, &failure, HS_VERDICT_ASSERT,
	  "hs_page_unmap: mapcount is already 0 (task one)", 4 },
	{ HS_BREAK_CPU_TOUCH_LATE, false, &fault_scenario, &store_and_zap, HS_VERDICT_ASSERT,
	  "expected: hs_page_contents(self, m->page) == OTHERS (task boot)", 2 },
	{ HS_BREAK_SWAP_IN_EARLY, false, &fault_scenario, &slot_again, HS_VERDICT_ASSERT,
	  "expected: hs_dma_contents(self, page) == contents (task boot)", 4 },
	{ HS_BREAK_SWAP_COUNT_TORN, true, &fault_scenario, &swaps[1], HS_VERDICT_ASSERT,
	  "hs_page_put: refcount is already 0 (task one)", 5 },
};

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_faults_on_one_entry),
		cmocka_unit_test(a_table_appears_under_the_look_of_a_fault),
		cmocka_unit_test(fault_against_zap),
		cmocka_unit_test(a_store_never_reaches_a_page_that_is_free),
		cmocka_unit_test(copy_on_write_against_a_device),
		cmocka_unit_test(two_faults_on_device_memory),
		cmocka_unit_test(migrate_to_ram_twice),
		cmocka_unit_test(hole_read_against_hole_write),
		cmocka_unit_test(memory_failure_against_zap),
		cmocka_unit_test(swap_out_against_others),
		cmocka_unit_test(swap_in_against_a_slot_that_is_used_again),
	};

	return model_main("fault model", tests, faults);
}
