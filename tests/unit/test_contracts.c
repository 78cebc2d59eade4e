/* SPDX-License-Identifier: MIT */
/*
 * Sentences of the public headers that callers break: each is an assertion, natively an abort, in
 * the explorer a verdict, or an error.
 */
#include <hmmsim/hmmsim.h>
#include <hmmsim/linux.h>

#include "mm/mapping.h"
#include "mm/mm.h"
#include "support/contract.h"
#include "support/death.h"

struct state {
	struct hs_mm *mm;
	struct hs_pgmap *pgmap; /* coherent */
	struct hs_page *page;	/* of it */
	struct hs_gate *gate;
	uint64_t slot;
	struct hs_range range;
};

/* ---- the mmap lock ----------------------------------------------------------------------- */

static void walk_without_lock(struct hs_task *self, struct state *s)
{
	hs_range_fault(self, &s->range);
}

static void snapshot_without_lock(struct hs_task *self, struct state *s)
{
	s->range.era = HS_ERA_5_3;
	s->range.body = HS_BODY_REFERENCE;
	hs_range_snapshot(self, &s->range);
}

/* Another lock is not enough. */
static void walk_with_another_lock(struct hs_task *self, struct state *s)
{
	struct hs_mutex mutex;

	hs_mutex_init(&mutex, HS_LOCK_DRIVER);
	hs_mutex_lock(self, &mutex);
	hs_range_fault(self, &s->range);
}

static void walk_in_rcu(struct hs_task *self, struct state *s)
{
	hs_mm_lock_read(self, s->mm);
	hs_rcu_read_lock(self);
	hs_range_fault(self, &s->range);
}

static void fault_without_lock(struct hs_task *self, struct state *s)
{
	hs_handle_mm_fault(self, s->mm, hs_vma_find(s->mm, 0), 0, 0, NULL);
}

static void wait_without_lock(struct hs_task *self, struct state *s)
{
	hs_mm_fault_ops.migration_wait(self, s->mm, 0, 0, NULL);
}

static void to_ram_without_lock(struct hs_task *self, struct state *s)
{
	struct hs_vm_fault vmf = { .mm = s->mm, .vma = hs_vma_find(s->mm, 0), .page = s->page };

	hs_migrate_to_ram(self, &vmf);
}

static void assert_locked(struct hs_task *self, struct state *s)
{
	hs_mm_lock_read(self, s->mm);
	hs_mm_assert_locked(self, s->mm);
	hs_mm_unlock_read(self, s->mm);
	hs_mm_lock_write(self, s->mm);
	hs_mm_assert_locked(self, s->mm);
	hs_mm_assert_write_locked(self, s->mm);
	hs_mm_unlock_write(self, s->mm);
	hs_mm_assert_locked(self, s->mm);
}

static void assert_write_locked(struct hs_task *self, struct state *s)
{
	hs_mm_lock_read(self, s->mm);
	hs_mm_assert_write_locked(self, s->mm);
}

static void find_vma_without_lock(struct hs_task *self, struct state *s)
{
	(void)self;
	(void)find_vma(s->mm, 0);
}

static void add_under_read_lock(struct hs_task *self, struct state *s)
{
	hs_mm_lock_read(self, s->mm);
	hs_vma_add(self, s->mm, 8 * PAGE, 9 * PAGE, RW);
}

static void map_in_rcu(struct hs_task *self, struct state *s)
{
	hs_rcu_read_lock(self);
	hs_mmap(self, s->mm, 8 * PAGE, 9 * PAGE, RW, NULL, 0);
}

static void put_in_rcu(struct hs_task *self, struct state *s)
{
	hs_mmget_not_zero(self, s->mm);
	hs_rcu_read_lock(self);
	hs_mmput(self, s->mm);
}

static void populate_in_rcu(struct hs_task *self, struct state *s)
{
	struct hs_dmirror_config config;
	struct hs_dmirror *dev;

	hs_dmirror_config_init(&config, s->mm, 0, PAGE);
	if (hs_dmirror_create(self, &config, &dev))
		return;
	hs_rcu_read_lock(self);
	hs_dmirror_populate(self, dev, 0, PAGE, false);
}

/* ---- faults and gates -------------------------------------------------------------------- */

static void fault_beside_the_vma(struct hs_task *self, struct state *s)
{
	hs_mm_lock_read(self, s->mm);
	hs_handle_mm_fault(self, s->mm, hs_vma_find(s->mm, 0), 4 * PAGE, 0, NULL);
}

static void half_a_handler(struct hs_task *self, struct state *s)
{
	static const struct hs_fault_ops ops = { NULL, NULL };

	(void)self;
	hs_mm_set_fault_ops(s->mm, &ops, NULL);
}

static void unknown_private_fault(struct hs_task *self, struct state *s)
{
	(void)self;
	hs_mm_set_private_fault(s->mm, (enum hs_private_fault)3);
}

static void unknown_migration_wait(struct hs_task *self, struct state *s)
{
	(void)self;
	hs_mm_set_migration_wait(s->mm, (enum hs_migration_wait)2);
}

static void wait_for_nothing(struct hs_task *self, struct state *s)
{
	static const struct hs_fault_ops ops = { hs_handle_mm_fault, NULL };

	hs_mm_set_fault_ops(s->mm, &ops, NULL);
	hs_pt_set(self, s->mm, 0, 0, hs_entry_typed(HS_TYPE_MIGRATION, 0, 0));
	s->range.default_flags = HS_PFN_VALID;
	hs_mm_lock_read(self, s->mm);
	hs_range_fault(self, &s->range);
}

static void exclude_without_lock(struct hs_task *self, struct state *s)
{
	struct hs_page *page;

	hs_make_exclusive_locked(self, s->mm, 0, s, &page);
}

static void migrate_without_lock(struct hs_task *self, struct state *s)
{
	struct hs_migration m;

	hs_migration_start_locked(self, s->mm, 0, NULL, &m);
}

static void zap_without_lock(struct hs_task *self, struct state *s)
{
	struct hs_invalidation inv = { .end = PAGE, .blockable = true };

	hs_zap_range_event_locked(self, s->mm, &inv);
}

static void read_private_memory(struct hs_task *self, struct state *s)
{
	s->pgmap->type = HS_PGMAP_PRIVATE;
	hs_page_contents(self, s->page);
}

static void write_private_memory(struct hs_task *self, struct state *s)
{
	s->pgmap->type = HS_PGMAP_PRIVATE;
	hs_page_set_contents(self, s->page, 1);
}

static void gate_of_a_vma(struct hs_task *self, struct state *s)
{
	if (!hs_vma_set_gate(self, s->mm, PAGE, 2 * PAGE, s->gate))
		hs_gate_destroy(self, s->gate);
}

/* One VMA of three goes, and two are left. */
static void gate_of_a_part(struct hs_task *self, struct state *s)
{
	if (!hs_vma_set_gate(self, s->mm, 0, 4 * PAGE, s->gate) &&
	    !hs_munmap(self, s->mm, PAGE, 2 * PAGE))
		hs_gate_destroy(self, s->gate);
}

static void unknown_step(struct hs_task *self, struct state *s)
{
	(void)self;
	hs_gate_follow(s->gate, s->pgmap, HS_PGMAP_STEP_COUNT);
}

static void follow_nothing(struct hs_task *self, struct state *s)
{
	(void)self;
	hs_gate_follow(s->gate, NULL, HS_PGMAP_WAIT);
}

/* ---- mappings ---------------------------------------------------------------------------- */

static struct hs_mapping *file(struct hs_task *self, struct state *s)
{
	struct hs_mapping_config config = { .kind = HS_MAPPING_DAX_FILE, .first = 32, .pages = 4 };
	struct hs_pgmap_config pgmap;
	struct hs_mapping *mapping = NULL;

	device_memory_config(&pgmap, HS_PGMAP_FS_DAX, HS_PAGE_REFS_6_1, 32, PAGES);
	if (hs_pgmap_create(self, &pgmap, &config.pgmap) ||
	    hs_mapping_create(self, &config, &mapping) ||
	    hs_mmap(self, s->mm, 16 * PAGE, 20 * PAGE, RW | HS_VM_SHARED, mapping, 0))
		hs_assert(self, false, "no file");
	return mapping;
}

static void poll_of_a_live_mapping(struct hs_task *self, struct state *s)
{
	hs_mapping_disable_poll(self, file(self, s));
}

static void mapping_with_a_fault(struct hs_task *self, struct state *s)
{
	struct hs_mapping *mapping = file(self, s);

	hs_munmap(self, s->mm, 16 * PAGE, 20 * PAGE);
	hs_mapping_enter(self, mapping);
	hs_mapping_destroy(self, mapping);
}

/* The memory goes, and the mapping was not disabled before. */
static void file_without_memory(struct hs_task *self, struct state *s)
{
	struct hs_mapping *mapping = file(self, s);

	hs_mapping_allocate(self, mapping, 0);
	for (int step = 0; step <= HS_PGMAP_MEMORY; step++)
		hs_pgmap_step(self, mapping->pgmap, (enum hs_pgmap_step)step);
	hs_cpu_access(self, s->mm, 16 * PAGE, false, NULL);
}

/* The entry maps page 1 of the file where page 0 is. */
static void write_to_another_block(struct hs_task *self, struct state *s)
{
	struct hs_mapping *mapping = file(self, s);

	hs_mapping_allocate(self, mapping, 0);
	hs_mapping_allocate(self, mapping, 1);
	hs_pt_set(self, s->mm, 16 * PAGE, 0,
		  HS_ENTRY_VALID | HS_ENTRY_COUNTED | HS_ENTRY_DEVMAP | 33);
	hs_cpu_access(self, s->mm, 16 * PAGE, true, NULL);
}

/* ---- pages ------------------------------------------------------------------------------- */

static void get_of_no_page(struct hs_task *self, struct state *s)
{
	(void)s;
	hs_page_get(self, hs_pfn_to_page(self, 64));
}

static void put_of_the_zero_page(struct hs_task *self, struct state *s)
{
	(void)s;
	hs_page_put(self, hs_pfn_to_page(self, HS_ZERO_PFN));
}

static void write_to_the_zero_page(struct hs_task *self, struct state *s)
{
	(void)s;
	hs_page_set_contents(self, hs_pfn_to_page(self, HS_ZERO_PFN), 1);
}

static void device_writes_to_the_zero_page(struct hs_task *self, struct state *s)
{
	(void)s;
	hs_dma_set_contents(self, hs_pfn_to_page(self, HS_ZERO_PFN), 1);
}

static struct hs_page *page_of_own_list(struct hs_task *self)
{
	struct hs_pgmap_config config;
	struct hs_pgmap *pgmap;

	device_memory_config(&config, HS_PGMAP_COHERENT, HS_PAGE_REFS_6_1, 32, PAGES);
	config.own_list = true;
	if (hs_pgmap_create(self, &config, &pgmap) ||
	    hs_zone_device_page_init(self, hs_pfn_to_page(self, 32)))
		hs_assert(self, false, "no page");
	return hs_pfn_to_page(self, 32);
}

static void hand_out_twice(struct hs_task *self, struct state *s)
{
	(void)s;
	hs_zone_device_page_init(self, page_of_own_list(self));
}

static void free_a_locked_page(struct hs_task *self, struct state *s)
{
	(void)s;
	hs_page_put(self, page_of_own_list(self));
}

static void hand_out_what_the_pgmap_has(struct hs_task *self, struct state *s)
{
	hs_zone_device_page_init(self, s->page);
}

static void hand_out_after_the_kill(struct hs_task *self, struct state *s)
{
	(void)s;
	hs_pgmap_step(self, hs_page_pgmap(self, page_of_own_list(self)), HS_PGMAP_KILL);
	zone_device_page_init(hs_pfn_to_page(self, 33));
}

static void pfn_of_no_page(struct hs_task *self, struct state *s)
{
	(void)s;
	(void)hs_page_to_pfn(self, hs_pfn_to_page(self, 64));
}

static void pgmap_of_no_page(struct hs_task *self, struct state *s)
{
	(void)s;
	(void)hs_page_pgmap(self, hs_pfn_to_page(self, 64));
}

static void driver_gets_no_page(struct hs_task *self, struct state *s)
{
	(void)self;
	(void)s;
	get_page(hmm_pfn_to_page(HMM_PFN_VALID | 64));
}

static void lock_page_in_rcu(struct hs_task *self, struct state *s)
{
	hs_rcu_read_lock(self);
	hs_page_lock(self, s->page);
}

static void insert_twice(struct hs_task *self, struct state *s)
{
	if (!hs_migrate_insert_page(self, s->mm, 0, s->page, true))
		hs_migrate_insert_page(self, s->mm, PAGE, s->page, true);
}

static void insert_a_free_page(struct hs_task *self, struct state *s)
{
	hs_page_put(self, s->page);
	hs_migrate_insert_page(self, s->mm, 0, s->page, true);
}

static void end_twice(struct hs_task *self, struct state *s)
{
	struct hs_migration m;

	if (hs_migrate_insert_page(self, s->mm, 0, s->page, true) ||
	    hs_migration_start(self, s->mm, 0, NULL, &m))
		return;
	hs_migration_end(self, &m, NULL);
	hs_migration_end(self, &m, NULL);
}

static void end_with_a_mapped_page(struct hs_task *self, struct state *s)
{
	struct hs_migration m;
	struct hs_page *to;

	if (hs_pgmap_page_alloc(self, s->pgmap, &to) ||
	    hs_migrate_insert_page(self, s->mm, 0, s->page, true) ||
	    hs_migrate_insert_page(self, s->mm, PAGE, to, true) ||
	    hs_migration_start(self, s->mm, 0, NULL, &m))
		return;
	hs_migration_end(self, &m, to);
}

/* ---- strategies -------------------------------------------------------------------------- */

static int says_again(struct hs_task *self, struct hs_range *range, struct hs_pgmap **slot,
		      uint64_t pfn, void *arg)
{
	(void)self;
	(void)range;
	(void)slot;
	(void)pfn;
	(void)arg;
	return -EAGAIN;
}

static void strategy_says(struct hs_task *self, struct state *s, enum hs_body body)
{
	static const struct hs_strategy_ops ops = { .page = says_again };

	s->range.strategy = HS_STRATEGY_CUSTOM;
	s->range.ops = &ops;
	s->range.body = body;
	hs_pt_set(self, s->mm, 0, 0, HS_ENTRY_VALID | HS_ENTRY_DEVMAP | PFN);
	hs_mm_lock_read(self, s->mm);
	hs_range_fault(self, &s->range);
}

static void strategy_says_again(struct hs_task *self, struct state *s)
{
	strategy_says(self, s, HS_BODY_PLAIN);
}

static void strategy_of_the_reference_says_again(struct hs_task *self, struct state *s)
{
	strategy_says(self, s, HS_BODY_REFERENCE);
}

/* ---- the table --------------------------------------------------------------------------- */

static const struct contract rows[] = {
	{ "walk without lock", walk_without_lock, NOT_HELD },
	{ "snapshot without lock", snapshot_without_lock, NOT_HELD },
	{ "walk with another lock", walk_with_another_lock, NOT_HELD },
	{ "walk in RCU", walk_in_rcu, IN_RCU },
	{ "fault without lock", fault_without_lock, NOT_HELD },
	{ "wait without lock", wait_without_lock, NOT_HELD },
	{ "to RAM without lock", to_ram_without_lock, NOT_HELD },
	{ "assert locked", assert_locked, NOT_HELD },
	{ "assert write locked", assert_write_locked, "the mmap lock is not held for write" },
	{ "exclude without lock", exclude_without_lock, NOT_HELD },
	{ "migrate without lock", migrate_without_lock, NOT_HELD },
	{ "zap without lock", zap_without_lock, NOT_HELD },
	{ "read private memory", read_private_memory, "pfn 0x8, which is private device memory" },
	{ "write private memory", write_private_memory, "pfn 0x8, which is private device memory" },
	{ "find_vma without lock", find_vma_without_lock, NOT_HELD },
	{ "add under the read lock", add_under_read_lock, "this one not for write" },
	{ "map in RCU", map_in_rcu, IN_RCU },
	{ "mmput in RCU", put_in_rcu, IN_RCU },
	{ "populate in RCU", populate_in_rcu, IN_RCU },
	{ "fault beside the VMA", fault_beside_the_vma, "does not contain address 0x4000" },
	{ "half a handler", half_a_handler, "the function for faults is missing" },
	{ "wait for nothing", wait_for_nothing, "migration_wait is missing" },
	{ "unknown private fault", unknown_private_fault,
	  "hs_mm_set_private_fault: no such value: 3" },
	{ "unknown migration wait", unknown_migration_wait,
	  "hs_mm_set_migration_wait: no such value: 2" },
	{ "gate of a VMA", gate_of_a_vma, "1 VMAs have the gate" },
	{ "gate of a part", gate_of_a_part, "2 VMAs have the gate" },
	{ "unknown step", unknown_step, "there is no such step" },
	{ "follow nothing", follow_nothing, "there is no pgmap" },
	{ "poll of a live mapping", poll_of_a_live_mapping, "is not disabled" },
	{ "mapping with a fault", mapping_with_a_fault, "1 faults are in the mapping" },
	{ "file without memory", file_without_memory, "pfn 0x20, whose struct page is gone" },
	{ "write to another block", write_to_another_block,
	  "makes pfn 0x21 writable, where the mapping has pfn 0x20" },
	{ "get of no page", get_of_no_page, "there is no struct page" },
	{ "put of the zero page", put_of_the_zero_page, "pfn 0x77 is not allocated" },
	{ "write to the zero page", write_to_the_zero_page, "the zero page is written to" },
	{ "a device writes to the zero page", device_writes_to_the_zero_page,
	  "the zero page is written to" },
	{ "hand out twice", hand_out_twice, "pfn 0x20 is handed out already" },
	{ "free a locked page", free_a_locked_page, "pfn 0x20 is freed while it is locked" },
	{ "hand out what the pgmap has", hand_out_what_the_pgmap_has,
	  "the pgmap of pfn 0x8 keeps its free list itself" },
	{ "hand out after the kill", hand_out_after_the_kill, "the pgmap of pfn 0x21 is killed" },
	{ "pfn of no page", pfn_of_no_page, "there is no struct page" },
	{ "pgmap of no page", pgmap_of_no_page, "there is no struct page" },
	{ "a driver gets no page", driver_gets_no_page, "there is no struct page" },
	{ "page lock in RCU", lock_page_in_rcu, IN_RCU },
	{ "insert twice", insert_twice, "hs_migrate_insert_page: 1 entries map the page" },
	{ "insert a free page", insert_a_free_page, "hs_migrate_insert_page: the page is not" },
	{ "end twice", end_twice, "the migration has ended already" },
	{ "end with a mapped page", end_with_a_mapped_page, "hs_migration_end: 1 entries map" },
	{ "a strategy says again", strategy_says_again, "page returned -11" },
	{ "a strategy of the reference says again", strategy_of_the_reference_says_again,
	  "page returned -11" },
};

static int open_state(struct hs_task *self, struct state *s, enum hs_page_refs refs)
{
	int ret = contract_space(self, refs, &s->mm, &s->pgmap, &s->page);

	if (!ret)
		ret = hs_gate_create(self, &s->gate);
	hs_range_init(&s->range, s->mm, 0, PAGE, &s->slot);
	return ret;
}

static void a_broken_contract_is_an_assertion(void **state)
{
	static const struct contracts contracts = {
		.state_size = sizeof(struct state),
		.refs = HS_PAGE_REFS_6_1,
		.open = open_state,
		.row = rows,
		.count = COUNT(rows),
	};

	(void)state;
	expect_contracts(&contracts);
}

/* ---- errors ------------------------------------------------------------------------------ */

static struct hs_mm *space(struct hs_task *self)
{
	struct hs_mm *mm = NULL;

	assert_int_equal(hs_mm_create(self, hs_geometry(HS_GEOMETRY_MOCK), &mm), 0);
	assert_int_equal(hs_mmap(self, mm, 0, 4 * PAGE, RW, NULL, 0), 0);
	return mm;
}

static void an_ended_address_space_takes_nothing_more(void **state)
{
	struct hs_task *self = machine_task(state);
	struct hs_mm *mm = space(self);
	struct hs_gate *gate = NULL;
	uint32_t missing = 0;

	hs_mmgrab(self, mm);
	hs_mmput(self, mm);
	assert_int_equal(hs_mmap(self, mm, 0, PAGE, RW, NULL, 0), -EINVAL);
	assert_int_equal(hs_vma_add(self, mm, 0, PAGE, RW), -EINVAL);
	assert_int_equal(hs_munmap(self, mm, 0, PAGE), 0);
	assert_int_equal(hs_mprotect(self, mm, 0, PAGE, HS_VM_READ), -ENOMEM);
	assert_int_equal(hs_madvise_dontneed(self, mm, 0, PAGE), -ENOMEM);
	assert_int_equal(hs_make_protnone(self, mm, 0, PAGE), -EINVAL);
	assert_int_equal(hs_swap_out(self, mm, 0), -EINVAL);
	assert_int_equal(hs_cpu_access(self, mm, 0, false, NULL), HS_VM_FAULT_SIGSEGV);
	assert_int_equal(hs_gate_create(self, &gate), 0);
	assert_int_equal(hs_vma_set_gate(self, mm, 0, PAGE, gate), -ENOMEM);
	hs_gate_destroy(self, gate);
	assert_int_equal(hs_pt_make(self, mm, 0, 0), -EINVAL);
	assert_int_equal(hs_pt_set(self, mm, 0, 0, 0), -EINVAL);
	assert_int_equal(hs_pt_get(self, mm, 0, 0), 0);
	assert_null(hs_pt_find(mm, 0, 0, &missing));
	assert_int_equal(missing, 3);
	hs_mmdrop(self, mm);
}

static void no_entry_is_found_beyond_the_geometry(void **state)
{
	struct hs_task *self = machine_task(state);
	struct hs_mm *mm = space(self);
	uint64_t end = hs_geometry_end(hs_mm_geometry(mm));
	uint32_t missing = 0;

	assert_non_null(hs_pt_find(mm, end - PAGE, 3, NULL));
	assert_null(hs_pt_find(mm, end, 3, &missing));
	assert_int_equal(missing, 3);
	assert_null(hs_pt_find(mm, 0, 4, NULL));
	assert_int_equal(hs_pt_get(self, mm, 0, 4), 0);
	assert_int_equal(hs_pt_get(self, mm, end, 0), 0);
	hs_mm_destroy(self, mm);
}

static void unknown_values_are_errors(void **state)
{
	struct hs_task *self = machine_task(state);
	struct hs_mm *mm = space(self);
	struct hs_invalidation inv = { .start = 0, .end = PAGE, .blockable = true };
	struct hs_dmirror_config config;
	struct hs_dmirror *dev;
	struct hs_range range;

	inv.event = HS_INVALIDATE_EVENT_COUNT;
	assert_int_equal(hs_zap_range_event(self, mm, &inv), -EINVAL);
	inv.event = (enum hs_invalidate_event) - 1;
	assert_int_equal(hs_zap_range_event(self, mm, &inv), -EINVAL);
	inv.event = HS_INVALIDATE_SOFT_DIRTY;
	assert_int_equal(hs_zap_range_event(self, mm, &inv), 0);
	hs_dmirror_config_init(&config, mm, 0, PAGE);
	config.range.pfn_flags_mask = HS_PFN_VALID;
	assert_int_equal(hs_dmirror_create(self, &config, &dev), -EINVAL);
	hs_range_init(&range, mm, 0, PAGE, NULL);
	for (int body = 0; body < HS_BODY_COUNT; body++) {
		range.body = (enum hs_body)body;
		assert_int_equal(hs_range_fault(self, &range), -EINVAL);
		assert_int_equal(hs_range_snapshot(self, &range), -EINVAL);
	}
	hs_mm_destroy(self, mm);
}

/* Cut, joined, replaced, unmapped: in the end no VMA has it. */
static void a_gate_counts_the_vmas_that_have_it(void **state)
{
	struct hs_task *self = machine_task(state);
	struct hs_mm *mm = space(self);
	struct hs_gate *gate, *second;

	assert_int_equal(hs_gate_create(self, &gate), 0);
	assert_int_equal(hs_gate_create(self, &second), 0);
	assert_int_equal(hs_vma_set_gate(self, mm, 0, 4 * PAGE, gate), 0);
	assert_int_equal(hs_mprotect(self, mm, PAGE, 2 * PAGE, HS_VM_READ), 0);
	assert_int_equal(hs_mprotect(self, mm, PAGE, 2 * PAGE, HS_VM_READ | HS_VM_WRITE), 0);
	assert_int_equal(hs_munmap(self, mm, 0, PAGE), 0);
	assert_int_equal(hs_vma_set_gate(self, mm, PAGE, 3 * PAGE, second), 0);
	assert_int_equal(hs_vma_set_gate(self, mm, 3 * PAGE, 4 * PAGE, NULL), 0);
	hs_gate_destroy(self, gate);
	hs_mm_destroy(self, mm);
	hs_gate_destroy(self, second);
}

#ifdef HS_BACKEND_NATIVE
static void act_without_task(void *arg)
{
	(void)pfn_valid(*(unsigned long *)arg);
}

static void a_driver_needs_a_task(void **state)
{
	unsigned long pfn = 0;

	(void)state;
	death_expect(act_without_task, &pfn, "no task is attached");
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
#ifdef HS_BACKEND_NATIVE
		cmocka_unit_test(a_driver_needs_a_task),
#endif
		cmocka_unit_test(a_broken_contract_is_an_assertion),
		machine_unit_test(an_ended_address_space_takes_nothing_more),
		machine_unit_test(no_entry_is_found_beyond_the_geometry),
		machine_unit_test(unknown_values_are_errors),
		machine_unit_test(a_gate_counts_the_vmas_that_have_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
