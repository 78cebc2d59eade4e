/* SPDX-License-Identifier: MIT */
/*
 * Faults against faults and against those who take pages away, under every schedule that matters, in
 * an address space of 64 pages. At the end of each execution every page has the references and the
 * contents that it should have, and what is unmapped then leaves nothing. The tests bear the names of
 * the drawings in src/mm/fault.c and src/mm/fault_file.c.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <hmmsim/explore.h>

#include "mm/mm.h"

#define PAGE HS_PAGE_BYTES
#define RAM_START 16u
#define RAM_END 24u
#define DEVICE_START 32u
#define DEVICE_END 36u
#define RW (HS_VM_READ | HS_VM_WRITE | HS_VM_MAYWRITE)
#define CONTENTS 77u
#define OTHERS 55u /* what is in a frame when somebody else has it */
#define ELSEWHERE (8 * PAGE)
#define TASKS 3

struct model;

struct race {
	int (*setup)(struct hs_task *self, struct model *m);
	void (*task[TASKS])(struct hs_task *self, void *arg);
	void (*check)(struct hs_task *self, struct model *m);
};

struct model {
	const struct race *race;
	struct hs_mm *mm;
	struct hs_pgmap *pgmap;
	struct hs_mapping *mapping;
	struct hs_gate *gate;
	struct hs_page *page;
	struct hs_migration migration;
	struct hs_interval_sub sub;
	struct hs_mutex lock;
	hs_u64 device; /* what the device has mapped at 0 */
	hs_u64 may;    /* what a fault waits for has happened */
	uint64_t pfn[2];
};

#define expect(cond) hs_assert(self, cond, "expected: %s", #cond)

static uint64_t entry_at(struct hs_task *self, struct model *m, uint64_t addr)
{
	return hs_pt_get(self, m->mm, addr, 0);
}

static struct hs_page *page_of(struct hs_task *self, uint64_t entry)
{
	return hs_pfn_to_page(self, hs_entry_pfn(entry));
}

/* ---- tasks ------------------------------------------------------------------------------- */

static void access(struct hs_task *self, struct model *m, int i, uint64_t addr, bool write)
{
	uint32_t ret = hs_cpu_access(self, m->mm, addr, write, &m->pfn[i]);

	hs_assert(self, !ret, "an access ends in a signal: 0x%x", ret);
}

static void load(struct hs_task *self, void *arg)
{
	access(self, arg, 0, 0, false);
}

static void load_too(struct hs_task *self, void *arg)
{
	access(self, arg, 1, 0, false);
}

static void store(struct hs_task *self, void *arg)
{
	access(self, arg, 0, 0, true);
}

static void store_too(struct hs_task *self, void *arg)
{
	access(self, arg, 1, 0, true);
}

static void store_elsewhere(struct hs_task *self, void *arg)
{
	access(self, arg, 1, ELSEWHERE, true);
}

/* After what has to be waited for, not before. */
static void load_in_time(struct hs_task *self, void *arg)
{
	struct model *m = arg;

	access(self, m, 0, 0, false);
	expect(hs_u64_load(self, &m->may, HS_RELAXED));
}

static void zap(struct hs_task *self, struct model *m)
{
	struct hs_invalidation inv = { 0, 2 * PAGE, HS_INVALIDATE_CLEAR, NULL, true };

	expect(!hs_zap(self, m->mm, &inv));
}

/* A frame that is free has other contents, as if somebody had it already. */
static void spoil_frame(struct hs_task *self, struct model *m)
{
	if (!(hs_u32_load(self, &m->page->state, HS_RELAXED) & HS_PAGE_ALLOCATED))
		hs_page_set_private(self, m->page, OTHERS);
}

static void zapper(struct hs_task *self, void *arg)
{
	zap(self, arg);
}

static void zapper_and_spoiler(struct hs_task *self, void *arg)
{
	zap(self, arg);
	spoil_frame(self, arg);
}

/* ---- set-up ------------------------------------------------------------------------------ */

static int basics(struct hs_task *self, struct model *m)
{
	int ret = hs_memory_add(self, RAM_START, RAM_END, true);

	hs_mutex_init(&m->lock, HS_LOCK_DRIVER);
	if (!ret)
		ret = hs_mm_create(self, hs_geometry(HS_GEOMETRY_MOCK), &m->mm);
	return ret;
}

static int anonymous(struct hs_task *self, struct model *m)
{
	int ret = hs_mmap(self, m->mm, 0, 4 * PAGE, RW, NULL, 0);

	return ret ? ret : hs_pt_make(self, m->mm, 0, 0);
}

static int written(struct hs_task *self, struct model *m)
{
	int ret = anonymous(self, m);

	if (ret)
		return ret;
	access(self, m, 0, 0, true);
	m->page = hs_pfn_to_page(self, m->pfn[0]);
	hs_page_set_private(self, m->page, CONTENTS);
	return 0;
}

static void make_shared(struct hs_task *self, struct model *m)
{
	uint64_t e = entry_at(self, m, 0) & ~HS_ENTRY_WRITE;

	hs_page_get(self, m->page);
	hs_u32_and(self, &m->page->state, ~HS_PAGE_EXCLUSIVE, HS_RELAXED);
	hs_pt_set(self, m->mm, 0, 0, e);
}

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

static void page_free(struct hs_task *self, struct hs_pgmap *pgmap, struct hs_page *page)
{
	(void)pgmap;
	hs_page_set_private(self, page, OTHERS);
}

static const struct hs_pgmap_ops device_ops = { page_free, hs_migrate_to_system };

static int device_memory(struct hs_task *self, struct model *m, enum hs_pgmap_type type)
{
	struct hs_pgmap_config config;

	hs_pgmap_config_init(&config, type, DEVICE_START, DEVICE_END);
	config.ops = &device_ops;
	config.owner = &device_ops;
	return hs_pgmap_create(self, &config, &m->pgmap);
}

static int device_private(struct hs_task *self, struct model *m)
{
	int ret = device_memory(self, m, HS_PGMAP_PRIVATE);

	if (!ret)
		ret = anonymous(self, m);
	if (!ret)
		ret = hs_pgmap_page_alloc(self, m->pgmap, &m->page);
	if (ret)
		return ret;
	hs_page_set_private(self, m->page, CONTENTS);
	return hs_insert_device(self, m->mm, 0, m->page, true);
}

/* ---- two faults, fault and zap ----------------------------------------------------------- */

static void expect_page(struct hs_task *self, struct model *m, uint64_t contents)
{
	struct hs_page *page = page_of(self, entry_at(self, m, 0));

	expect(page && hs_page_count(self, page) == 1);
	expect(hs_page_mapcount(self, page) == 1);
	expect(hs_page_private(self, page) == contents);
}

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
	{ anonymous, { store, store_too }, check_stored_twice },
	{ anonymous, { store, load_too }, check_stored },
	{ anonymous, { load, load_too }, check_loaded_twice },
};

/* The store comes before the zap, after it, or has to come again. */
static void check_against_zap(struct hs_task *self, struct model *m)
{
	uint64_t e = entry_at(self, m, 0), mapped = e ? 1 : 0, contents;

	expect(hs_pages_allocated(self) == mapped);
	if (!e)
		return;
	contents = hs_page_private(self, page_of(self, e));
	expect(contents == CONTENTS || contents == 0);
	expect_page(self, m, contents);
}

static const struct race fault_and_zap = { shared,
					   { store, zapper_and_spoiler },
					   check_against_zap };

/* ---- copy-on-write and a device ---------------------------------------------------------- */

static bool invalidate(struct hs_task *self, struct hs_interval_sub *sub,
		       const struct hs_invalidation *inv, uint64_t cur_seq)
{
	struct model *m = (struct model *)((char *)sub - offsetof(struct model, sub));

	(void)inv;
	hs_mutex_lock(self, &m->lock);
	hs_interval_set_seq(self, sub, cur_seq);
	hs_u64_store(self, &m->device, 0, HS_RELAXED);
	hs_mutex_unlock(self, &m->lock);
	return true;
}

static const struct hs_interval_ops sub_ops = { invalidate };

static bool mirrored(struct hs_task *self, struct model *m)
{
	uint64_t seq = hs_interval_read_begin(self, &m->sub), e;
	bool again;

	hs_mm_lock_read(self, m->mm);
	e = entry_at(self, m, 0);
	hs_mm_unlock_read(self, m->mm);
	hs_mutex_lock(self, &m->lock);
	again = hs_interval_read_retry(self, &m->sub, seq);
	if (!again && e & HS_ENTRY_VALID) {
		expect(hs_page_private(self, page_of(self, e)) == CONTENTS);
		hs_u64_store(self, &m->device, e, HS_RELAXED);
	}
	hs_mutex_unlock(self, &m->lock);
	return !again;
}

static void mirror(struct hs_task *self, void *arg)
{
	for (int i = 0; i < 2 && !mirrored(self, arg); i++)
		;
}

/* The page is the fault's and this task's: when the fault has copied it, it is free. */
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
	return hs_interval_insert(self, &m->sub, hs_mm_notifiers(m->mm), 0, PAGE, &sub_ops);
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
					    check_mirrored };

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
	uint64_t e = entry_at(self, m, 0);

	expect(!hs_pgmap_pages_allocated(self, m->pgmap));
	expect(hs_pages_allocated(self) == (e && e != HS_FAULT_ZERO_ENTRY));
	if (hs_pages_allocated(self))
		expect_page(self, m, CONTENTS);
}

static const struct race migrations[] = {
	{ device_private, { load, load_too }, check_migrated },
	{ device_private, { load, store_too }, check_migrated },
	{ device_private, { load, zapper }, check_migrated_or_zapped },
};

static int hole(struct hs_task *self, struct model *m)
{
	struct hs_mapping_config config = {
		.kind = HS_MAPPING_DAX_FILE,
		.first = DEVICE_START,
		.pages = 2,
	};
	int ret = device_memory(self, m, HS_PGMAP_FS_DAX);

	config.pgmap = m->pgmap;
	if (!ret)
		ret = hs_mapping_create(self, &config, &m->mapping);
	if (!ret)
		ret = hs_mmap(self, m->mm, 0, PAGE, RW | HS_VM_SHARED, m->mapping, 0);
	if (!ret)
		ret = hs_mmap(self, m->mm, ELSEWHERE, ELSEWHERE + PAGE, RW | HS_VM_SHARED,
			      m->mapping, 0);
	if (!ret)
		ret = hs_pt_make(self, m->mm, 0, 0);
	return ret ? ret : hs_pt_make(self, m->mm, ELSEWHERE, 0);
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

static const struct race holes[] = {
	{ hole, { load, store_elsewhere }, check_hole },
	{ hole, { store, store_elsewhere }, check_hole_stored },
};

/* ---- waiting ----------------------------------------------------------------------------- */

static int exclusive(struct hs_task *self, struct model *m)
{
	int ret = written(self, m);

	return ret ? ret : hs_make_exclusive(self, m->mm, 0, m, &m->page);
}

static int unlocked(struct hs_task *self, struct model *m)
{
	int ret = exclusive(self, m);

	if (ret)
		return ret;
	hs_page_unlock(self, m->page);
	hs_page_put(self, m->page);
	return 0;
}

static void let_go(struct hs_task *self, void *arg)
{
	struct model *m = arg;

	expect(hs_entry_type(entry_at(self, m, 0)) == HS_TYPE_EXCLUSIVE);
	hs_u64_store(self, &m->may, 1, HS_RELAXED);
	hs_page_unlock(self, m->page);
	hs_page_put(self, m->page);
}

static void check_page(struct hs_task *self, struct model *m)
{
	expect(hs_pages_allocated(self) == 1);
	expect_page(self, m, CONTENTS);
}

static void let_go_and_zap(struct hs_task *self, void *arg)
{
	struct model *m = arg;

	let_go(self, m);
	zap(self, m);
}

static void check_page_or_zapped(struct hs_task *self, struct model *m)
{
	uint64_t e = entry_at(self, m, 0);

	expect(hs_pages_allocated(self) == (e && e != HS_FAULT_ZERO_ENTRY));
	if (hs_pages_allocated(self))
		expect_page(self, m, CONTENTS);
}

static const struct race exclusives[] = {
	{ exclusive, { load_in_time, let_go }, check_page },
	{ unlocked, { load, load_too }, check_page },
	{ exclusive, { load_in_time, let_go_and_zap }, check_page_or_zapped },
};

static int migrating(struct hs_task *self, struct model *m)
{
	int ret = written(self, m);

	return ret ? ret : hs_migration_start(self, m->mm, 0, NULL, &m->migration);
}

static void migrate_back(struct hs_task *self, void *arg)
{
	struct model *m = arg;

	hs_u64_store(self, &m->may, 1, HS_RELAXED);
	hs_migration_end(self, &m->migration, NULL);
}

static void migrate_on(struct hs_task *self, void *arg)
{
	struct model *m = arg;
	struct hs_page *to;

	expect(!hs_page_alloc(self, &to));
	hs_page_set_private(self, to, CONTENTS);
	hs_u64_store(self, &m->may, 1, HS_RELAXED);
	hs_migration_end(self, &m->migration, to);
}

static void zap_in_time(struct hs_task *self, void *arg)
{
	struct model *m = arg;

	hs_u64_store(self, &m->may, 1, HS_RELAXED);
	zap(self, m);
}

static void check_zapped(struct hs_task *self, struct model *m)
{
	expect(entry_at(self, m, 0) == HS_FAULT_ZERO_ENTRY);
	hs_migration_end(self, &m->migration, NULL);
	expect(!hs_pages_allocated(self));
}

static const struct race migrating_pages[] = {
	{ migrating, { load_in_time, migrate_back }, check_page },
	{ migrating, { load_in_time, migrate_on }, check_page },
	{ migrating, { load_in_time, zap_in_time }, check_zapped },
	{ migrating, { load, zapper, migrate_back }, check_page_or_zapped },
};

/* ---- gates ------------------------------------------------------------------------------- */

static int gated(struct hs_task *self, struct model *m)
{
	int ret = anonymous(self, m);

	if (!ret)
		ret = hs_gate_create(self, &m->gate);
	return ret ? ret : hs_vma_set_gate(self, m->mm, 0, 4 * PAGE, m->gate);
}

static void open_gate(struct hs_task *self, void *arg)
{
	struct model *m = arg;

	expect(!entry_at(self, m, 0));
	hs_u64_store(self, &m->may, 1, HS_RELAXED);
	hs_gate_open(self, m->gate);
}

/* The monitor may need the mmap lock itself. */
static void lock_and_open_gate(struct hs_task *self, void *arg)
{
	struct model *m = arg;

	hs_mm_lock_write(self, m->mm);
	hs_mm_unlock_write(self, m->mm);
	open_gate(self, m);
}

static void fault_as_a_walker(struct hs_task *self, void *arg)
{
	struct model *m = arg;

	hs_mm_lock_read(self, m->mm);
	expect(!hs_handle_mm_fault(self, m->mm, hs_vma_at(m->mm, 0), 0, 0, NULL));
	expect(entry_at(self, m, 0) == HS_FAULT_ZERO_ENTRY);
	expect(hs_u64_load(self, &m->may, HS_RELAXED));
	hs_mm_unlock_read(self, m->mm);
}

/* The gate goes as soon as no VMA has it and nobody stands before it: no wait is left behind. */
static void open_and_destroy_gate(struct hs_task *self, void *arg)
{
	struct model *m = arg;

	open_gate(self, m);
	expect(!hs_vma_set_gate(self, m->mm, 0, 4 * PAGE, NULL));
	while (hs_gate_waiters(self, m->gate))
		hs_retry_wait(self, "a gate that is left");
	hs_gate_destroy(self, m->gate);
	m->gate = NULL;
}

static void check_gate(struct hs_task *self, struct model *m)
{
	expect(!m->gate || !hs_gate_waiters(self, m->gate));
}

static const struct race gates[] = {
	{ gated, { load_in_time, open_gate }, check_gate },
	{ gated, { load_in_time, lock_and_open_gate }, check_gate },
	{ gated, { fault_as_a_walker, open_gate }, check_gate },
	{ gated, { load_in_time, open_and_destroy_gate }, check_gate },
};

static const struct race stuck_gate = { gated, { fault_as_a_walker, lock_and_open_gate }, NULL };

static int gated_by_step(struct hs_task *self, struct model *m)
{
	int ret = gated(self, m);

	if (!ret)
		ret = device_memory(self, m, HS_PGMAP_GENERIC);
	if (!ret)
		hs_gate_follow(m->gate, m->pgmap, HS_PGMAP_PUT_PAGES);
	return ret;
}

static void remover(struct hs_task *self, void *arg)
{
	struct model *m = arg;

	hs_pgmap_step(self, m->pgmap, HS_PGMAP_KILL);
	expect(!entry_at(self, m, 0));
	hs_u64_store(self, &m->may, 1, HS_RELAXED);
	hs_pgmap_step(self, m->pgmap, HS_PGMAP_PUT_PAGES);
}

static void check_removed(struct hs_task *self, struct model *m)
{
	for (int i = 2; i < HS_PGMAP_STEPS; i++)
		hs_pgmap_step(self, m->pgmap, hs_teardown_steps(HS_TEARDOWN_6_0)[i]);
	hs_vma_set_gate(self, m->mm, 0, 4 * PAGE, NULL);
	hs_pgmap_free(self, m->pgmap);
	m->pgmap = NULL;
}

static const struct race gate_by_step = { gated_by_step, { load_in_time, remover }, check_removed };

/* ---- swap -------------------------------------------------------------------------------- */

static void swapper(struct hs_task *self, void *arg)
{
	struct model *m = arg;
	int ret = hs_swap_out(self, m->mm, 0);

	expect(!ret || ret == -EBUSY);
	if (!ret)
		spoil_frame(self, m);
}

/* Who gets the page without its entry, as GUP-fast does, has the page that is mapped. */
static void getter(struct hs_task *self, void *arg)
{
	struct model *m = arg;

	if (!hs_page_tryget(self, m->page))
		return;
	expect(hs_page_private(self, m->page) == CONTENTS);
	expect(hs_entry_pfn(entry_at(self, m, 0)) == hs_page_to_pfn(self, m->page));
	hs_page_put(self, m->page);
}

static void check_swapped(struct hs_task *self, struct model *m)
{
	access(self, m, 0, 0, false);
	check_page(self, m);
}

static const struct race swaps[] = {
	{ written, { store, swapper }, check_swapped },
	{ written, { getter, swapper }, check_swapped },
};

/* ---- the scenario ------------------------------------------------------------------------ */

static int setup(struct hs_task *self, struct hs_plan *plan, void *state, const void *param)
{
	static const char *const names[TASKS] = { "one", "two", "three" };
	struct model *m = state;
	int ret = basics(self, m);

	m->race = param;
	if (!ret)
		ret = m->race->setup(self, m);
	for (int i = 0; !ret && i < TASKS && m->race->task[i]; i++)
		ret = hs_plan_task(plan, names[i], m->race->task[i], m);
	return ret;
}

static void check(struct hs_task *self, void *state, const void *param)
{
	struct model *m = state;

	(void)param;
	if (m->race->check)
		m->race->check(self, m);
	hs_mm_destroy(self, m->mm);
	if (m->gate)
		hs_gate_destroy(self, m->gate);
	if (m->mapping)
		hs_mapping_destroy(self, m->mapping);
	if (m->pgmap)
		hs_pgmap_destroy(self, m->pgmap);
	expect(!hs_pages_allocated(self));
}

static const struct hs_scenario scenario = {
	.name = "faults",
	.state_size = sizeof(struct model),
	.setup = setup,
	.check = check,
};

/* Sanitizer builds do not look at everything. */
static uint64_t limit(void)
{
	const char *scale = getenv("HMMSIM_TEST_SCALE");

	return scale && strtoul(scale, NULL, 10) < 100 ? 500 : 0;
}

static void explored(const struct race *race, enum hs_verdict verdict)
{
	struct hs_explore_options options;
	struct hs_explore_result r;

	hs_explore_options_init(&options);
	options.max_executions = limit();
	assert_int_equal(hs_explore(&scenario, race, &options, &r), 0);
	if (r.verdict != verdict)
		print_error("%s: %s\n%s\n", hs_verdict_name(r.verdict), r.message,
			    r.schedule ? r.schedule : "");
	assert_int_equal(r.verdict, verdict);
	if (getenv("HMMSIM_TEST_VERBOSE"))
		print_message("%llu complete of %llu executions, %u steps at most\n",
			      (unsigned long long)r.complete, (unsigned long long)r.executions,
			      r.steps_max);
	if (verdict == HS_VERDICT_NONE) {
		assert_true(r.exhaustive || options.max_executions);
		assert_true(r.complete > 1);
	}
	hs_explore_result_free(&r);
}

#define hold(races)                                                        \
	for (size_t i_ = 0; i_ < sizeof(races) / sizeof((races)[0]); i_++) \
	explored(&(races)[i_], HS_VERDICT_NONE)

static void two_faults_on_one_entry(void **state)
{
	(void)state;
	hold(two_faults);
}

static void fault_against_zap(void **state)
{
	(void)state;
	explored(&fault_and_zap, HS_VERDICT_NONE);
}

static void copy_on_write_against_a_device(void **state)
{
	(void)state;
	explored(&cow_and_device, HS_VERDICT_NONE);
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

static void fault_waits_for_the_lock_of_an_exclusive_page(void **state)
{
	(void)state;
	hold(exclusives);
}

static void fault_waits_for_a_migration(void **state)
{
	(void)state;
	hold(migrating_pages);
}

static void fault_waits_at_a_gate(void **state)
{
	(void)state;
	hold(gates);
}

static void fault_that_may_not_retry_keeps_the_mmap_lock(void **state)
{
	(void)state;
	explored(&stuck_gate, HS_VERDICT_DEADLOCK);
}

static void fault_waits_for_a_step_of_a_removal(void **state)
{
	(void)state;
	explored(&gate_by_step, HS_VERDICT_NONE);
}

static void swap_out_against_others(void **state)
{
	(void)state;
	hold(swaps);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_faults_on_one_entry),
		cmocka_unit_test(fault_against_zap),
		cmocka_unit_test(copy_on_write_against_a_device),
		cmocka_unit_test(migrate_to_ram_twice),
		cmocka_unit_test(hole_read_against_hole_write),
		cmocka_unit_test(fault_waits_for_the_lock_of_an_exclusive_page),
		cmocka_unit_test(fault_waits_for_a_migration),
		cmocka_unit_test(fault_waits_at_a_gate),
		cmocka_unit_test(fault_that_may_not_retry_keeps_the_mmap_lock),
		cmocka_unit_test(fault_waits_for_a_step_of_a_removal),
		cmocka_unit_test(swap_out_against_others),
	};

	return cmocka_run_group_tests_name("fault model", tests, NULL, NULL);
}
