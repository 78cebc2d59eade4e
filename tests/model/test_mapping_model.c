/* SPDX-License-Identifier: MIT */
/*
 * The drawings of src/mm/mapping.c, and tasks that change the tables of one address space at once,
 * under every schedule.
 */
#include <hmmsim/fault.h>
#include <hmmsim/pgmap.h>

#include "mm/mapping.h"
#include "mm/mm.h"
#include "mm/table.h"
#include "mm/vma.h"
#include "support/broken.h"
#include "support/machine.h"

#define TASKS 3
#define RAM 0x40ull
#define DEVICE 0x80ull
#define PRESENT (HS_ENTRY_VALID | HS_ENTRY_WRITE)
#define DEVMAP (PRESENT | HS_ENTRY_DEVMAP)
#define FLAGS (HS_VM_READ | HS_VM_WRITE | HS_VM_MAYWRITE)

struct state {
	const struct param *param;
	struct hs_mm *mm;
	struct hs_pgmap *pgmap;
	struct hs_mapping *file; /* mapped at 0, two pages */
	struct hs_page *page[2]; /* pages of system memory, with a reference of the test's */
	void *memory;		 /* stands for what entries of the file map */
	hs_u32 mapped;		 /* entries made by faults */
};

struct param {
	void (*task[TASKS])(struct hs_task *self, void *state);
	void (*check)(struct hs_task *self, struct state *s);
	bool real; /* the file is on memory with struct pages, and page 0 is a block */
	enum hs_page_refs refs;
	bool pages; /* both pages are mapped, as private copies */
	bool ends;  /* a task is the mm's user; the check holds the struct */
};

static void fill(struct hs_task *self, struct state *s)
{
	for (uint64_t i = 0; i < 2; i++) {
		uint64_t entry;

		hs_assert(self, !hs_page_alloc(self, &s->page[i]), "no page");
		entry = PRESENT | HS_ENTRY_COUNTED | hs_page_to_pfn(self, s->page[i]);
		hs_page_get(self, s->page[i]);
		hs_u32_init(&s->page[i]->mapcount, 1);
		hs_assert(self, !hs_pt_set(self, s->mm, i * PAGE, 0, entry), "no entry");
	}
}

static int memory_make(struct hs_task *self, struct state *s)
{
	struct hs_pgmap_config config;

	if (!s->param->real)
		return hs_pgmap_add(self, HS_PGMAP_FS_DAX, DEVICE, DEVICE + 8, NULL, &s->pgmap);
	hs_pgmap_config_init(&config, HS_PGMAP_FS_DAX, DEVICE, DEVICE + 8);
	config.page_refs = s->param->refs;
	return hs_pgmap_create(self, &config, &s->pgmap);
}

static int setup(struct hs_task *self, struct hs_plan *plan, void *state, const void *param)
{
	struct hs_mapping_config config = { .kind = HS_MAPPING_DAX_FILE,
					    .first = DEVICE,
					    .pages = 4 };
	static const char *const names[TASKS] = { "A", "B", "C" };
	struct state *s = state;
	int ret = hs_memory_add(self, RAM, RAM + 8, true);

	s->param = param;
	ret = ret ? ret : hs_mm_create(self, hs_geometry(HS_GEOMETRY_MOCK), &s->mm);
	ret = ret ? ret : memory_make(self, s);
	config.pgmap = s->pgmap;
	ret = ret ? ret : hs_mapping_create(self, &config, &s->file);
	ret = ret ? ret : hs_mmap(self, s->mm, 0, 2 * PAGE, FLAGS, s->file, 0);
	if (ret)
		return ret;
	s->memory = hs_alloc(self, HS_KIND_OTHER, 16);
	if (s->param->real)
		ret = hs_mapping_allocate(self, s->file, 0);
	if (s->param->pages)
		fill(self, s);
	if (s->param->ends)
		hs_mmgrab(self, s->mm);
	for (uint32_t i = 0; i < TASKS && !ret; i++)
		if (s->param->task[i])
			ret = hs_plan_task(plan, names[i], s->param->task[i], s);
	return ret;
}

static void check(struct hs_task *self, void *state, const void *param)
{
	struct state *s = state;

	(void)param;
	if (s->param->check)
		s->param->check(self, s);
	if (s->param->ends)
		hs_mmdrop(self, s->mm);
	else
		hs_mm_destroy(self, s->mm);
	for (int i = 0; i < 2 && s->page[i]; i++) {
		hs_assert(self, hs_page_count(self, s->page[i]) == 1, "page %d: count is %u", i,
			  hs_page_count(self, s->page[i]));
		hs_assert(self, !hs_page_mapcount(self, s->page[i]), "page %d: mapcount", i);
		hs_page_put(self, s->page[i]);
	}
	hs_free(self, s->memory, HS_KIND_OTHER, 16);
	hs_mapping_destroy(self, s->file);
	if (s->param->real)
		hs_pgmap_free(self, s->pgmap);
	else
		hs_pgmap_remove(self, s->pgmap);
}

static const struct hs_scenario scenario = {
	.name = "mapping",
	.state_size = sizeof(struct state),
	.setup = setup,
	.check = check,
};

/* To the end in plain builds, some thousand executions in the others. */
#define expect_none(...) expect_none_at(TEST_PLACE, __VA_ARGS__)

static void expect_none_at(struct test_place at, const struct param *param, uint64_t complete)
{
	struct hs_explore_result r;

	explore_none_at(at, &scenario, param, test_is_short() ? 3000 : 0, complete, &r);
	hs_explore_result_free(&r);
}

/* ---- disable, invalidate, drain ---------------------------------------------------------- */

/* What a fault on page 0 of the file comes to. */
static void fault_main(struct hs_task *self, void *state)
{
	struct state *s = state;
	uint32_t level = 0;
	hs_u64 *e;

	hs_mm_lock_read(self, s->mm);
	if (hs_vma_at(s->mm, 0) && hs_mapping_enter(self, s->file)) {
		e = hs_pt_populate(self, s->mm, 0, &level);
		hs_spin_lock(self, &s->mm->page_table_lock);
		hs_deref(self, s->memory);
		hs_u64_store(self, e, DEVMAP | DEVICE, HS_RELEASE);
		hs_spin_unlock(self, &s->mm->page_table_lock);
		hs_mapping_leave(self, s->file);
		hs_u32_add(self, &s->mapped, 1, HS_RELAXED);
	}
	hs_mm_unlock_read(self, s->mm);
}

static void remove_memory(struct hs_task *self, struct state *s)
{
	uint64_t entry = hs_pt_get(self, s->mm, 0, 0);

	hs_assert(self, !entry, "an entry maps memory that is removed");
	hs_free(self, s->memory, HS_KIND_OTHER, 16);
	s->memory = NULL;
}

static void remove_sound(struct hs_task *self, void *state)
{
	struct state *s = state;

	hs_mapping_disable(self, s->file);
	hs_unmap_mapping_range(self, s->file, 0, 4, false);
	remove_memory(self, s);
}

static void remove_polling(struct hs_task *self, void *state)
{
	struct state *s = state;

	hs_mapping_disable_start(self, s->file);
	while (!hs_mapping_disable_poll(self, s->file))
		hs_retry_wait(self, "fault in flight");
	hs_unmap_mapping_range(self, s->file, 0, 4, false);
	remove_memory(self, s);
}

static void remove_without_waiting(struct hs_task *self, void *state)
{
	struct state *s = state;

	hs_mapping_disable_start(self, s->file);
	hs_unmap_mapping_range(self, s->file, 0, 4, false);
	remove_memory(self, s);
}

static void remove_unmapping_first(struct hs_task *self, void *state)
{
	struct state *s = state;

	hs_unmap_mapping_range(self, s->file, 0, 4, false);
	hs_mapping_disable(self, s->file);
	remove_memory(self, s);
}

static void nothing_is_mapped(struct hs_task *self, struct state *s)
{
	hs_assert(self, !hs_pt_get(self, s->mm, 0, 0), "an entry is left");
}

static void a_fault_in_flight_maps_before_the_unmap_begins_or_sees_a_dead_mapping(void **state)
{
	const struct param kill = { .task = { fault_main, remove_sound },
				    .check = nothing_is_mapped };
	const struct param poll = { .task = { fault_main, remove_polling },
				    .check = nothing_is_mapped };
	const struct param two = { .task = { fault_main, remove_sound, fault_main },
				   .check = nothing_is_mapped };

	(void)state;
	expect_none(&kill, 3);
	expect_none(&poll, 5);
	expect_none(&two, 428);
}

/* The handler itself, on a page with a struct page, against the whole removal. */
static void access_main(struct hs_task *self, void *state)
{
	struct state *s = state;
	uint64_t pfn = 0;
	uint32_t ret = hs_cpu_access(self, s->mm, 0, false, &pfn);

	hs_assert(self, ret == HS_VM_FAULT_SIGBUS || (!ret && pfn == DEVICE),
		  "the access came to %x, pfn %llx", ret, (unsigned long long)pfn);
}

/* All of the removal; the pgmap itself outlives the mapping. */
static void drain_and_remove(struct hs_task *self, struct state *s)
{
	const enum hs_pgmap_step *steps = hs_removal_steps(hs_pgmap_removal_order(s->pgmap));

	for (int i = 0; i < HS_PGMAP_STEP_COUNT; i++)
		hs_pgmap_step(self, s->pgmap, steps[i]);
	hs_assert(self, !hs_pt_get(self, s->mm, 0, 0), "an entry maps memory that is removed");
}

static void remove_all(struct hs_task *self, void *state)
{
	struct state *s = state;

	hs_mapping_disable(self, s->file);
	hs_unmap_mapping_range(self, s->file, 0, 4, false);
	drain_and_remove(self, s);
}

static void remove_all_unmapping_first(struct hs_task *self, void *state)
{
	struct state *s = state;

	hs_unmap_mapping_range(self, s->file, 0, 4, false);
	hs_mapping_disable(self, s->file);
	drain_and_remove(self, s);
}

static void an_access_against_the_whole_removal(void **state)
{
	const struct param old = { .task = { access_main, remove_all },
				   .check = nothing_is_mapped,
				   .real = true,
				   .refs = HS_PAGE_REFS_6_1 };
	const struct param counted = { .task = { access_main, remove_all },
				       .check = nothing_is_mapped,
				       .real = true,
				       .refs = HS_PAGE_REFS_6_15 };
	struct param late = old, counted_late = counted;

	(void)state;
	expect_none(&old, 55);
	expect_none(&counted, 60);
	/*
	 * The drain does not wait for the entry, whether the entry holds a reference to the page or
	 * not.
	 */
	late.task[1] = counted_late.task[1] = remove_all_unmapping_first;
	explore_fails(&scenario, &late, HS_VERDICT_ASSERT, "an entry maps memory that is removed",
		      36);
	explore_fails(&scenario, &counted_late, HS_VERDICT_ASSERT,
		      "an entry maps memory that is removed", 36);
}

static void each_step_of_the_order_is_needed(void **state)
{
	const struct param early = { .task = { fault_main, remove_without_waiting } };
	const struct param late = { .task = { fault_main, remove_unmapping_first } };

	(void)state;
	explore_fails(&scenario, &early, HS_VERDICT_ASSERT, "an entry maps memory that is removed",
		      3);
	explore_fails(&scenario, &late, HS_VERDICT_ASSERT, "an entry maps memory that is removed",
		      3);
}

/* ---- the list of VMAs -------------------------------------------------------------------- */

static void unmap_all(struct hs_task *self, void *state)
{
	struct state *s = state;

	hs_unmap_mapping_range(self, s->file, 0, 4, true);
	for (int i = 0; i < 2; i++)
		hs_assert(self, hs_page_count(self, s->page[i]) == 1,
			  "page %d is mapped when its mapping has been unmapped", i);
}

static void munmap_all(struct hs_task *self, void *state)
{
	hs_assert(self, !hs_munmap(self, ((struct state *)state)->mm, 0, 2 * PAGE), "munmap");
}

static void munmap_first(struct hs_task *self, void *state)
{
	hs_assert(self, !hs_munmap(self, ((struct state *)state)->mm, 0, PAGE), "munmap");
}

static void munmap_last(struct hs_task *self, void *state)
{
	hs_assert(self, !hs_munmap(self, ((struct state *)state)->mm, PAGE, 2 * PAGE), "munmap");
}

static void protect_and_back(struct hs_task *self, void *state)
{
	struct state *s = state;

	hs_assert(self, !hs_mprotect(self, s->mm, 0, PAGE, HS_VM_READ), "mprotect");
	hs_assert(self, !hs_mprotect(self, s->mm, 0, PAGE, HS_VM_READ | HS_VM_WRITE), "mprotect");
}

static void exit_mm(struct hs_task *self, void *state)
{
	hs_mmput(self, ((struct state *)state)->mm);
}

static void munmap_against_unmap_mapping_range(void **state)
{
	const struct param all = { .task = { munmap_all, unmap_all }, .pages = true };
	const struct param first = { .task = { munmap_first, unmap_all }, .pages = true };
	const struct param last = { .task = { munmap_last, unmap_all }, .pages = true };
	const struct param end = { .task = { exit_mm, unmap_all }, .pages = true, .ends = true };

	(void)state;
	expect_none(&all, 21);
	expect_none(&first, 67);
	expect_none(&last, 67);
	expect_none(&end, 81);
}

static void mprotect_against_unmap_mapping_range(void **state)
{
	const struct param param = { .task = { protect_and_back, unmap_all }, .pages = true };

	(void)state;
	expect_none(&param, 419);
}

static void two_unmaps_take_each_entry_once(void **state)
{
	const struct param param = { .task = { unmap_all, unmap_all }, .pages = true };

	(void)state;
	expect_none(&param, 10);
}

/* ---- tables ------------------------------------------------------------------------------ */

static void put(struct hs_task *self, struct state *s, uint64_t addr, uint32_t level,
		uint64_t entry)
{
	hs_u64 *e;

	hs_mm_lock_read(self, s->mm);
	e = hs_pt_populate(self, s->mm, addr, &level);
	hs_assert(self, e, "no memory");
	hs_spin_lock(self, &s->mm->page_table_lock);
	if (!hs_u64_load(self, e, HS_RELAXED)) {
		hs_u64_store(self, e, entry, HS_RELEASE);
		hs_u32_add(self, &s->mapped, 1, HS_RELAXED);
	}
	hs_spin_unlock(self, &s->mm->page_table_lock);
	hs_mm_unlock_read(self, s->mm);
}

static void put_page_0(struct hs_task *self, void *state)
{
	put(self, state, 0, 0, PRESENT | 1);
}

static void put_page_1(struct hs_task *self, void *state)
{
	put(self, state, PAGE, 0, PRESENT | 2);
}

static void put_leaf(struct hs_task *self, void *state)
{
	put(self, state, 0, 1, PRESENT | (uint64_t)1 << HS_ENTRY_ORDER_SHIFT | 4);
}

static void both_are_there(struct hs_task *self, struct state *s)
{
	hs_assert(self, hs_pt_get(self, s->mm, 0, 0) == (PRESENT | 1), "page 0 is lost");
	hs_assert(self, hs_pt_get(self, s->mm, PAGE, 0) == (PRESENT | 2), "page 1 is lost");
}

static void leaf_or_page(struct hs_task *self, struct state *s)
{
	uint64_t e = hs_pt_get(self, s->mm, 0, 1);
	bool leaf = e == (PRESENT | (uint64_t)1 << HS_ENTRY_ORDER_SHIFT | 4);

	hs_assert(self, hs_u32_load(self, &s->mapped, HS_RELAXED) == 1, "%u entries were made",
		  hs_u32_load(self, &s->mapped, HS_RELAXED));
	hs_assert(self, leaf || hs_pt_get(self, s->mm, 0, 0) == (PRESENT | 1), "nothing is there");
}

static void faults_that_make_the_same_tables(void **state)
{
	const struct param param = { .task = { put_page_0, put_page_1 }, .check = both_are_there };

	(void)state;
	expect_none(&param, 210);
}

/* The table comes first, or the leaf: neither is lost. */
static void a_fault_that_makes_a_table_against_one_that_makes_a_leaf(void **state)
{
	const struct param param = { .task = { put_page_0, put_leaf }, .check = leaf_or_page };

	(void)state;
	expect_none(&param, 92);
}

/* ---- migrations and users ---------------------------------------------------------------- */

#define MIGRATION ((uint64_t)HS_TYPE_MIGRATION << HS_ENTRY_TYPE_SHIFT | 9)

static bool migration_gone(struct hs_task *self, void *arg)
{
	return hs_u64_load(self, arg, HS_ACQUIRE) != MIGRATION;
}

static void wait_for_migration(struct hs_task *self, void *state)
{
	struct state *s = state;
	uint32_t level = 0;
	hs_u64 *e;

	hs_mm_lock_read(self, s->mm);
	e = hs_pt_populate(self, s->mm, 0, &level);
	hs_u64_store(self, e, MIGRATION, HS_RELEASE);
	hs_u32_store(self, &s->mapped, 1, HS_RELEASE);
	hs_wait_event(self, &s->mm->migrations, migration_gone, e);
	hs_mm_unlock_read(self, s->mm);
}

static void zap_migration(struct hs_task *self, void *state)
{
	struct state *s = state;

	while (!hs_u32_load(self, &s->mapped, HS_ACQUIRE))
		hs_retry_wait(self, "no migration yet");
	hs_assert(self, !hs_madvise_dontneed(self, s->mm, 0, 2 * PAGE), "zap");
}

static void a_zapped_migration_entry_wakes_who_waits_for_it(void **state)
{
	const struct param param = { .task = { wait_for_migration, zap_migration } };

	(void)state;
	expect_none(&param, 2);
}

static void try_user(struct hs_task *self, void *state)
{
	struct state *s = state;

	if (!hs_mmget_not_zero(self, s->mm))
		return;
	hs_mm_lock_read(self, s->mm);
	hs_assert(self, hs_vma_at(s->mm, 0), "the space has ended for a user");
	hs_assert(self, hs_pt_get(self, s->mm, 0, 0), "its entries have");
	hs_mm_unlock_read(self, s->mm);
	hs_mmput(self, s->mm);
}

static void it_has_ended(struct hs_task *self, struct state *s)
{
	hs_assert(self, !hs_mmget_not_zero(self, s->mm), "it has a user");
	hs_assert(self, !hs_vma_count(s->mm), "it has a VMA");
}

static void the_space_ends_with_the_last_of_two_users(void **state)
{
	const struct param param = {
		.task = { exit_mm, try_user }, .check = it_has_ended, .pages = true, .ends = true
	};

	(void)state;
	expect_none(&param, 4);
}

/* ---- faults of the model ------------------------------------------------------------------ */

static const struct param in_flight = { .task = { fault_main, remove_sound },
					.check = nothing_is_mapped };
static const struct param accessed = { .task = { access_main, remove_all },
				       .check = nothing_is_mapped,
				       .real = true,
				       .refs = HS_PAGE_REFS_6_1 };
static const struct param munmapped = { .task = { munmap_all, unmap_all }, .pages = true };
static const struct param munmapped_first = { .task = { munmap_first, unmap_all }, .pages = true };
static const struct param unmapped_twice = { .task = { unmap_all, unmap_all }, .pages = true };
static const struct param same_tables = { .task = { put_page_0, put_page_1 },
					  .check = both_are_there };
static const struct param two_users = { .task = { exit_mm, try_user },
					.check = it_has_ended,
					.pages = true,
					.ends = true };

static const struct broken faults[] = {
	{ HS_BREAK_MM_GET_BLIND, false, &scenario, &two_users, HS_VERDICT_ASSERT,
	  "the space has ended for a user (task B)", 4 },
	{ HS_BREAK_DAX_LEAVES_EARLY, true, &scenario, &accessed, HS_VERDICT_ASSERT,
	  "an entry maps memory that is removed (task B)", 46 },
	{ HS_BREAK_ZAP_GAP, false, &scenario, &unmapped_twice, HS_VERDICT_ASSERT,
	  "hs_page_unmap: mapcount is already 0 (task A)", 4 },
	{ HS_BREAK_MAPPING_ENTER_LATE, true, &scenario, &accessed, HS_VERDICT_ASSERT,
	  "an entry maps memory that is removed (task B)", 47 },
	{ HS_BREAK_MAPPING_LEAVE_NO_WAKE, false, &scenario, &in_flight, HS_VERDICT_LOST_WAKE,
	  "the predicate of B became true", 2 },
	{ HS_BREAK_MAPPING_DISABLE_NO_WAIT, false, &scenario, &in_flight, HS_VERDICT_ASSERT,
	  "an entry is left (task boot)", 2 },
	{ HS_BREAK_MUNMAP_UNLINKS_FIRST, false, &scenario, &munmapped, HS_VERDICT_ASSERT,
	  "page 0 is mapped when its mapping has been unmapped (task B)", 2 },
	{ HS_BREAK_CUT_SHRINKS_FIRST, false, &scenario, &munmapped_first, HS_VERDICT_ASSERT,
	  "page 1 is mapped when its mapping has been unmapped (task B)", 64 },
	{ HS_BREAK_TABLE_BLIND, false, &scenario, &same_tables, HS_VERDICT_ASSERT,
	  "page 0 is lost (task boot)", 3 },
};

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_fault_in_flight_maps_before_the_unmap_begins_or_sees_a_dead_mapping),
		cmocka_unit_test(an_access_against_the_whole_removal),
		cmocka_unit_test(each_step_of_the_order_is_needed),
		cmocka_unit_test(munmap_against_unmap_mapping_range),
		cmocka_unit_test(mprotect_against_unmap_mapping_range),
		cmocka_unit_test(two_unmaps_take_each_entry_once),
		cmocka_unit_test(faults_that_make_the_same_tables),
		cmocka_unit_test(a_fault_that_makes_a_table_against_one_that_makes_a_leaf),
		cmocka_unit_test(a_zapped_migration_entry_wakes_who_waits_for_it),
		cmocka_unit_test(the_space_ends_with_the_last_of_two_users),
	};

	return model_main("mapping model", tests, faults);
}
