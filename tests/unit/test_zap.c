/* SPDX-License-Identifier: MIT */
/*
 * Entries that are taken away: what each kind puts, how far a leaf reaches, and what the notifiers
 * are told.
 */
#include <hmmsim/mapping.h>
#include <hmmsim/pgmap.h>

#include "mm/mm.h"
#include "mm/zap.h"
#include "support/machine.h"

#define BASE 0x7f0000000000ull
#define HUGE (512 * PAGE)
#define RAM 0x1000ull
#define DEVICE 0x200000ull
#define PRESENT (HS_ENTRY_VALID | HS_ENTRY_WRITE)
#define TYPE(type) ((uint64_t)(type) << HS_ENTRY_TYPE_SHIFT)
#define ORDER(n) ((uint64_t)(n) << HS_ENTRY_ORDER_SHIFT)

struct fixture {
	struct machine m;
	struct hs_mm *mm;
	struct hs_interval_sub sub;
	struct hs_notifier end;
	struct hs_invalidation inv;
	uint32_t told, ended;
	bool refuse;
	uint64_t watch, at_start, at_end; /* an address, and its entry then */
};

static bool probe(struct hs_task *self, struct hs_interval_sub *sub,
		  const struct hs_invalidation *inv, uint64_t cur_seq)
{
	struct fixture *f = (struct fixture *)((char *)sub - offsetof(struct fixture, sub));

	if (f->refuse)
		return false;
	hs_interval_set_seq(self, sub, cur_seq);
	f->inv = *inv;
	f->told++;
	f->at_start = hs_pt_get(self, f->mm, f->watch, 0);
	return true;
}

static const struct hs_interval_ops probe_ops = { probe };

static void note_end(struct hs_task *self, struct hs_notifier *n, const struct hs_invalidation *inv)
{
	struct fixture *f = (struct fixture *)((char *)n - offsetof(struct fixture, end));

	(void)inv;
	f->ended++;
	f->at_end = hs_pt_get(self, f->mm, f->watch, 0);
}

static const struct hs_notifier_ops end_ops = { .end = note_end };

static int setup(void **state)
{
	struct fixture *f = test_calloc(1, sizeof(*f));
	struct hs_task *self;

	machine_open_failing(&f->m, 0);
	self = f->m.self;
	assert_int_equal(hs_memory_add(self, RAM, RAM + 0x200, false), 0);
	assert_int_equal(hs_mm_create(self, hs_geometry(HS_GEOMETRY_X86_64), &f->mm), 0);
	assert_int_equal(
		hs_interval_insert(self, &f->sub, f->mm->notifiers, 0, UINT64_MAX, &probe_ops), 0);
	assert_int_equal(hs_notifier_register(self, &f->end, f->mm->notifiers, &end_ops), 0);
	f->watch = BASE;
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	struct hs_task *self = f->m.self;

	hs_interval_remove(self, &f->sub);
	hs_notifier_unregister(self, &f->end);
	hs_mm_destroy(self, f->mm);
	assert_int_equal(hs_pages_allocated(self), 0);
	machine_close(&f->m);
	test_free(f);
	return 0;
}

static void map(struct fixture *f, uint64_t start, uint64_t end)
{
	assert_int_equal(hs_mmap(f->m.self, f->mm, BASE + start, BASE + end,
				 HS_VM_READ | HS_VM_WRITE | HS_VM_MAYWRITE, NULL, 0),
			 0);
}

static void put_entry(struct fixture *f, uint64_t addr, uint32_t level, uint64_t entry)
{
	assert_int_equal(hs_pt_set(f->m.self, f->mm, BASE + addr, level, entry), 0);
}

static int zap(struct fixture *f, uint64_t start, uint64_t end)
{
	return hs_madvise_dontneed(f->m.self, f->mm, BASE + start, BASE + end);
}

/* ---- what entries hold ------------------------------------------------------------------- */

enum holds {
	NOTHING,
	A_REFERENCE,
	A_REFERENCE_AND_A_MAPCOUNT,
	WHAT_A_DEVMAP_HOLDS
};

static const struct {
	const char *name;
	uint64_t bits; /* beside pfn and COUNTED */
	enum holds holds;
} kinds[] = {
	{ "present", PRESENT, A_REFERENCE_AND_A_MAPCOUNT },
	{ "read-only", HS_ENTRY_VALID, A_REFERENCE_AND_A_MAPCOUNT },
	{ "prot-none", TYPE(HS_TYPE_PROTNONE), A_REFERENCE_AND_A_MAPCOUNT },
	{ "devmap", PRESENT | HS_ENTRY_DEVMAP, WHAT_A_DEVMAP_HOLDS },
	{ "prot-none devmap", TYPE(HS_TYPE_PROTNONE) | HS_ENTRY_DEVMAP, WHAT_A_DEVMAP_HOLDS },
	{ "device-private", HS_ENTRY_DEVPRIV | HS_ENTRY_WRITE, A_REFERENCE_AND_A_MAPCOUNT },
	{ "device-exclusive", TYPE(HS_TYPE_EXCLUSIVE), A_REFERENCE },
	{ "migration", TYPE(HS_TYPE_MIGRATION) | HS_ENTRY_WRITE, NOTHING },
	{ "hwpoison", TYPE(HS_TYPE_HWPOISON), NOTHING },
	{ "zero", TYPE(HS_TYPE_ZERO) | HS_ENTRY_VALID, NOTHING },
	{ "marker", TYPE(HS_TYPE_MARKER), NOTHING },
	{ "poison", TYPE(HS_TYPE_POISON), NOTHING },
	{ "special", HS_ENTRY_ERROR, NOTHING },
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static const struct {
	enum hs_pgmap_type type;
	enum hs_page_refs refs;
} memories[] = {
	{ HS_PGMAP_TYPE_COUNT, HS_PAGE_REFS_6_1 }, /* system memory */
	{ HS_PGMAP_FS_DAX, HS_PAGE_REFS_5_3 },	   { HS_PGMAP_FS_DAX, HS_PAGE_REFS_6_1 },
	{ HS_PGMAP_FS_DAX, HS_PAGE_REFS_6_15 },	   { HS_PGMAP_GENERIC, HS_PAGE_REFS_6_1 },
	{ HS_PGMAP_PRIVATE, HS_PAGE_REFS_5_3 },	   { HS_PGMAP_PRIVATE, HS_PAGE_REFS_5_18 },
	{ HS_PGMAP_PRIVATE, HS_PAGE_REFS_6_1 },	   { HS_PGMAP_COHERENT, HS_PAGE_REFS_6_1 },
	{ HS_PGMAP_P2PDMA, HS_PAGE_REFS_5_18 },	   { HS_PGMAP_P2PDMA, HS_PAGE_REFS_6_1 },
	{ HS_PGMAP_P2PDMA, HS_PAGE_REFS_6_15 },
};

#define MEMORIES (sizeof(memories) / sizeof(memories[0]))

static bool is_dax(enum hs_pgmap_type type)
{
	return type == HS_PGMAP_FS_DAX || type == HS_PGMAP_GENERIC;
}

static void note_free(struct hs_task *self, struct hs_pgmap *pgmap, struct hs_page *page)
{
	(void)self;
	(void)pgmap;
	(void)page;
}

static uint32_t no_migration(struct hs_task *self, struct hs_vm_fault *vmf)
{
	(void)self;
	(void)vmf;
	return HS_VM_FAULT_SIGBUS;
}

static const struct hs_pgmap_ops pgmap_ops = { note_free, no_migration };

static struct hs_pgmap *memory_make(struct hs_task *self, size_t i)
{
	struct hs_pgmap_config config;
	struct hs_pgmap *pgmap = NULL;

	if (memories[i].type == HS_PGMAP_TYPE_COUNT)
		return NULL;
	hs_pgmap_config_init(&config, memories[i].type, DEVICE, DEVICE + 0x200);
	config.page_refs = memories[i].refs;
	config.owner = &pgmap_ops;
	config.ops = &pgmap_ops;
	assert_int_equal(hs_pgmap_create(self, &config, &pgmap), 0);
	return pgmap;
}

/* A page of that memory with the reference of an allocation (DAX: without one). */
static struct hs_page *page_make(struct hs_task *self, struct hs_pgmap *pgmap)
{
	struct hs_page *page = NULL;

	if (!pgmap)
		assert_int_equal(hs_page_alloc(self, &page), 0);
	else if (is_dax(hs_pgmap_type(pgmap)))
		page = hs_pfn_to_page(self, DEVICE + 7);
	else
		assert_int_equal(hs_pgmap_page_alloc(self, pgmap, &page), 0);
	return page;
}

/* Makes an entry of the kind, and takes what it holds as a fault does. */
static uint64_t entry_make(struct hs_task *self, struct hs_page *page, size_t kind)
{
	uint64_t entry = kinds[kind].bits | HS_ENTRY_COUNTED | hs_page_to_pfn(self, page);

	if (kinds[kind].holds == WHAT_A_DEVMAP_HOLDS) {
		hs_pgmap_page_map(self, page);
		return entry;
	}
	if (kinds[kind].holds != NOTHING)
		hs_page_get(self, page);
	if (kinds[kind].holds == A_REFERENCE_AND_A_MAPCOUNT)
		hs_u32_add(self, &page->mapcount, 1, HS_RELAXED);
	return entry;
}

enum way {
	MUNMAP,
	ZAP,
	END_OF_MM,
	ENTRIES,
	WAYS
};

static void take_away(struct fixture *f, enum way way)
{
	struct hs_task *self = f->m.self;

	if (way == MUNMAP) {
		assert_int_equal(hs_munmap(self, f->mm, BASE, BASE + PAGE), 0);
	} else if (way == ZAP) {
		assert_int_equal(zap(f, 0, PAGE), 0);
	} else if (way == ENTRIES) {
		hs_zap_entries(self, f->mm, BASE, BASE + PAGE, NULL);
	} else {
		hs_mmgrab(self, f->mm);
		hs_mmput(self, f->mm);
	}
}

static void check_kind(struct fixture *f, size_t kind, size_t memory, enum way way,
		       uint64_t counted)
{
	struct hs_task *self = f->m.self;
	struct hs_pgmap *pgmap = memory_make(self, memory);
	struct hs_page *page = page_make(self, pgmap);
	uint32_t count = hs_page_count(self, page), held;
	uint64_t entry;

	entry = entry_make(self, page, kind);
	held = hs_page_count(self, page);
	map(f, 0, PAGE);
	put_entry(f, 0, 0, entry & (counted | ~HS_ENTRY_COUNTED));
	take_away(f, way);
	if (way != END_OF_MM)
		assert_int_equal(hs_pt_get(self, f->mm, BASE, 0), 0);
	if (hs_page_count(self, page) != (counted ? count : held) ||
	    hs_page_mapcount(self, page) !=
		    (!counted && kinds[kind].holds == A_REFERENCE_AND_A_MAPCOUNT))
		fail_msg("%s of memory %zu: count %u, mapcount %u", kinds[kind].name, memory,
			 hs_page_count(self, page), hs_page_mapcount(self, page));
	if (!counted)
		hs_entry_put(self, entry);
	assert_int_equal(hs_page_count(self, page), count);
	if (!pgmap || !is_dax(hs_pgmap_type(pgmap)))
		hs_page_put(self, page);
	if (pgmap)
		assert_int_equal(hs_pgmap_pages_allocated(self, pgmap), 0);
	assert_int_equal(hs_pages_allocated(self), 0);
	if (pgmap)
		hs_pgmap_destroy(self, pgmap);
}

static void mm_again(struct fixture *f)
{
	struct hs_task *self = f->m.self;

	hs_interval_remove(self, &f->sub);
	hs_notifier_unregister(self, &f->end);
	hs_mmdrop(self, f->mm);
	assert_int_equal(hs_mm_create(self, hs_geometry(HS_GEOMETRY_X86_64), &f->mm), 0);
	assert_int_equal(
		hs_interval_insert(self, &f->sub, f->mm->notifiers, 0, UINT64_MAX, &probe_ops), 0);
	assert_int_equal(hs_notifier_register(self, &f->end, f->mm->notifiers, &end_ops), 0);
}

static void check_ways(struct fixture *f, size_t kind, size_t memory)
{
	for (int way = 0; way < WAYS; way++) {
		check_kind(f, kind, memory, (enum way)way, HS_ENTRY_COUNTED);
		if (way == END_OF_MM)
			mm_again(f);
		else
			hs_munmap(f->m.self, f->mm, BASE, BASE + PAGE);
	}
	check_kind(f, kind, memory, MUNMAP, 0);
}

/*
 * Every kind of entry of every kind of memory, in every way to take it away; and one that is not
 * COUNTED.
 */
static void references_are_exact_after_every_kind_of_entry(void **state)
{
	struct fixture *f = *state;

	for (size_t kind = 0; kind < KINDS; kind++)
		for (size_t memory = 0; memory < MEMORIES; memory++)
			if (is_dax(memories[memory].type) ==
			    (kinds[kind].holds == WHAT_A_DEVMAP_HOLDS))
				check_ways(f, kind, memory);
}

/* No entry holds the zero page, also not after mprotect has changed its type. */
static void the_zero_page_is_never_put(void **state)
{
	struct fixture *f = *state;
	const uint64_t zero = HS_ENTRY_COUNTED | HS_ZERO_PFN;

	map(f, 0, 2 * PAGE);
	put_entry(f, 0, 0, TYPE(HS_TYPE_ZERO) | HS_ENTRY_VALID | zero);
	assert_int_equal(hs_mprotect(f->m.self, f->mm, BASE, BASE + PAGE, 0), 0);
	assert_int_equal(hs_pt_get(f->m.self, f->mm, BASE, 0), TYPE(HS_TYPE_PROTNONE) | zero);
	assert_int_equal(hs_munmap(f->m.self, f->mm, BASE, BASE + PAGE), 0);
	assert_int_equal(hs_pt_get(f->m.self, f->mm, BASE, 0), 0);
}

/* A leaf holds what hs_pgmap_page_map() took of its first page, once. */
static void a_devmap_leaf_is_put_once_at_its_first_page(void **state)
{
	struct fixture *f = *state;
	struct hs_task *self = f->m.self;
	struct hs_pgmap *pgmap = memory_make(self, 3);
	struct hs_page *first = hs_pfn_to_page(self, DEVICE), *next = NULL;

	next = hs_pfn_to_page(self, DEVICE + 1);
	hs_pgmap_page_map(self, first);
	hs_pgmap_page_map(self, next);
	map(f, 0, HUGE);
	put_entry(f, 0, 1, PRESENT | HS_ENTRY_DEVMAP | HS_ENTRY_COUNTED | ORDER(9) | DEVICE);
	assert_int_equal(zap(f, 5 * PAGE, 6 * PAGE), 0);
	assert_int_equal(f->inv.start, BASE);
	assert_int_equal(f->inv.end, BASE + HUGE);
	assert_int_equal(f->inv.event, HS_INVALIDATE_CLEAR);
	assert_true(f->inv.blockable);
	assert_int_equal(hs_pt_get(self, f->mm, BASE, 1), 0);
	assert_int_equal(hs_page_count(self, first), 0);
	assert_int_equal(hs_page_count(self, next), 1);
	hs_pgmap_page_unmap(self, next);
	hs_pgmap_destroy(self, pgmap);
}

/* ---- the whole call ---------------------------------------------------------------------- */

static void entries_go_between_start_and_end(void **state)
{
	struct fixture *f = *state;
	const struct hs_invalidation inv = { BASE, BASE + 2 * PAGE, HS_INVALIDATE_MIGRATE, f,
					     false };

	map(f, 0, 2 * PAGE);
	put_entry(f, 0, 0, PRESENT | 5);
	assert_int_equal(hs_zap_range_event(f->m.self, f->mm, &inv), 0);
	assert_int_equal(f->told, 1);
	assert_int_equal(f->ended, 1);
	assert_int_equal(f->at_start, PRESENT | 5);
	assert_int_equal(f->at_end, 0);
	assert_memory_equal(&f->inv, &inv, offsetof(struct hs_invalidation, blockable));
	assert_false(f->inv.blockable);
	assert_int_equal(hs_vma_count(f->mm), 1);
	put_entry(f, 0, 0, PRESENT | 5);
	assert_int_equal(hs_munmap(f->m.self, f->mm, BASE, BASE + PAGE), 0);
	assert_int_equal(f->at_start, PRESENT | 5);
	assert_int_equal(f->at_end, 0);
	put_entry(f, PAGE, 0, PRESENT | 6);
	f->watch = BASE + PAGE;
	assert_int_equal(hs_mprotect(f->m.self, f->mm, BASE + PAGE, BASE + 2 * PAGE, HS_VM_READ),
			 0);
	assert_int_equal(f->at_start, PRESENT | 6);
	assert_int_equal(f->at_end, HS_ENTRY_VALID | 6);
	assert_int_equal(f->ended, 3);
}

static void a_refused_zap_does_nothing(void **state)
{
	struct fixture *f = *state;
	const struct hs_invalidation inv = { BASE, BASE + PAGE, HS_INVALIDATE_CLEAR, NULL, false };

	map(f, 0, PAGE);
	put_entry(f, 0, 0, PRESENT | 5);
	f->refuse = true;
	assert_int_equal(hs_zap_range_event(f->m.self, f->mm, &inv), -EAGAIN);
	assert_int_equal(hs_pt_get(f->m.self, f->mm, BASE, 0), PRESENT | 5);
	assert_int_equal(f->ended, 0);
	f->refuse = false;
	/* The mmap lock is free again. */
	hs_mm_lock_write(f->m.self, f->mm);
	hs_mm_unlock_write(f->m.self, f->mm);
	assert_int_equal(hs_zap_range_event(f->m.self, f->mm, &inv), 0);
	assert_int_equal(hs_pt_get(f->m.self, f->mm, BASE, 0), 0);
}

/* Pages 1 and 3 to 5 are mapped; all of 0 to 6 have entries. */
static void a_gap_is_reported_when_the_rest_is_done(void **state)
{
	static const struct {
		uint32_t start, end;
		int ret;
	} table[] = { { 1, 2, 0 },	 { 3, 6, 0 },	    { 4, 5, 0 },       { 0, 1, -ENOMEM },
		      { 0, 2, -ENOMEM }, { 1, 3, -ENOMEM }, { 1, 6, -ENOMEM }, { 2, 3, -ENOMEM },
		      { 2, 4, -ENOMEM }, { 5, 7, -ENOMEM }, { 0, 7, -ENOMEM } };
	struct fixture *f = *state;

	map(f, PAGE, 2 * PAGE);
	map(f, 3 * PAGE, 6 * PAGE);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		for (uint64_t k = 0; k < 7; k++)
			put_entry(f, k * PAGE, 0, PRESENT | k);
		f->told = 0;
		assert_int_equal(zap(f, table[i].start * PAGE, table[i].end * PAGE), table[i].ret);
		for (uint64_t k = 0; k < 7; k++) {
			bool mapped = k == 1 || (k >= 3 && k < 6);
			bool hit = k >= table[i].start && k < table[i].end;

			assert_int_equal(!hs_pt_get(f->m.self, f->mm, BASE + k * PAGE, 0),
					 mapped && hit);
		}
		assert_int_equal(f->told, 1);
		assert_int_equal(f->inv.start, BASE + table[i].start * PAGE);
		assert_int_equal(f->inv.end, BASE + table[i].end * PAGE);
	}
}

/* ---- how far ----------------------------------------------------------------------------- */

/* Leaves of 2 MiB at 0 and 1, of 1 GiB at the second gigabyte, pages in between. */
static void a_span_is_widened_to_the_leaves_at_its_ends(void **state)
{
	const uint64_t giga = 512 * HUGE;
	const struct {
		uint64_t start, end, wide_start, wide_end;
	} table[] = {
		{ PAGE, 2 * PAGE, 0, HUGE },
		{ 0, HUGE, 0, HUGE },
		{ PAGE, HUGE + PAGE, 0, 2 * HUGE },
		{ HUGE - PAGE, HUGE, 0, HUGE },
		{ HUGE, 3 * HUGE + PAGE, HUGE, 3 * HUGE + PAGE },
		{ 2 * HUGE + PAGE, 2 * HUGE + 2 * PAGE, 2 * HUGE + PAGE, 2 * HUGE + 2 * PAGE },
		{ 5 * HUGE + PAGE, 6 * HUGE - PAGE, 5 * HUGE + PAGE, 6 * HUGE - PAGE },
		{ PAGE, giga + PAGE, 0, 2 * giga },
		{ giga + HUGE, giga + HUGE + PAGE, giga, 2 * giga },
	};
	struct fixture *f = *state;
	const uint64_t base = BASE & ~(giga - 1);

	f->watch = base;
	assert_int_equal(base, BASE);
	put_entry(f, 0, 1, PRESENT | ORDER(9) | 0x200);
	put_entry(f, HUGE, 1, PRESENT | ORDER(9) | 0x400);
	put_entry(f, 2 * HUGE, 0, PRESENT | 1);
	put_entry(f, giga, 2, PRESENT | ORDER(18) | 0x40000);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		uint64_t start = BASE + table[i].start, end = BASE + table[i].end;

		hs_zap_span(f->m.self, f->mm, &start, &end);
		assert_int_equal(start - BASE, table[i].wide_start);
		assert_int_equal(end - BASE, table[i].wide_end);
	}
	/* The zap takes exactly those. */
	hs_zap_entries(f->m.self, f->mm, BASE + HUGE + PAGE, BASE + giga + PAGE, NULL);
	assert_true(hs_pt_get(f->m.self, f->mm, BASE, 1));
	assert_int_equal(hs_pt_get(f->m.self, f->mm, BASE + HUGE, 1), 0);
	assert_int_equal(hs_pt_get(f->m.self, f->mm, BASE + 2 * HUGE, 0), 0);
	assert_int_equal(hs_pt_get(f->m.self, f->mm, BASE + giga, 2), 0);
}

/* Where faults of a file may map a leaf meanwhile, the invalidation covers the whole leaf. */
static void a_zap_in_a_file_tells_whole_leaves(void **state)
{
	struct fixture *f = *state;
	struct hs_mapping_config config = { .kind = HS_MAPPING_DAX_FILE,
					    .first = DEVICE,
					    .pages = 2048,
					    .level = 1,
					    .leaf_order = 9 };
	struct hs_mapping *file = NULL;
	struct hs_task *self = f->m.self;

	config.pgmap = memory_make(self, 2);
	assert_int_equal(hs_mapping_create(self, &config, &file), 0);
	assert_int_equal(hs_mmap(self, f->mm, BASE, BASE + 3 * HUGE, HS_VM_READ, file, 0), 0);
	put_entry(f, 0, 0, PRESENT | 1);
	assert_int_equal(zap(f, HUGE - PAGE, 2 * HUGE + PAGE), 0);
	assert_int_equal(f->inv.start, BASE);
	assert_int_equal(f->inv.end, BASE + 3 * HUGE);
	assert_int_equal(hs_pt_get(self, f->mm, BASE, 0), PRESENT | 1);
	/* Anonymous memory has no such leaves: each end is widened by what its own VMA maps. */
	assert_int_equal(hs_munmap(self, f->mm, BASE + HUGE, BASE + 2 * HUGE), 0);
	map(f, HUGE, 2 * HUGE);
	assert_int_equal(zap(f, PAGE, HUGE + PAGE), 0);
	assert_int_equal(f->inv.start, BASE);
	assert_int_equal(f->inv.end, BASE + HUGE + PAGE);
	assert_int_equal(zap(f, 2 * HUGE - PAGE, 2 * HUGE + PAGE), 0);
	assert_int_equal(f->inv.start, BASE + 2 * HUGE - PAGE);
	assert_int_equal(f->inv.end, BASE + 3 * HUGE);
	assert_int_equal(hs_munmap(self, f->mm, BASE, BASE + 3 * HUGE), 0);
	hs_mapping_destroy(self, file);
	hs_pgmap_destroy(self, config.pgmap);
}

#define zap_test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		zap_test(references_are_exact_after_every_kind_of_entry),
		zap_test(the_zero_page_is_never_put),
		zap_test(a_devmap_leaf_is_put_once_at_its_first_page),
		zap_test(entries_go_between_start_and_end),
		zap_test(a_refused_zap_does_nothing),
		zap_test(a_gap_is_reported_when_the_rest_is_done),
		zap_test(a_span_is_widened_to_the_leaves_at_its_ends),
		zap_test(a_zap_in_a_file_tells_whole_leaves),
	};

	return cmocka_run_group_tests_name("zap", tests, NULL, NULL);
}
