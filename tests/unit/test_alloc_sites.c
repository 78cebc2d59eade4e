/* SPDX-License-Identifier: MIT */
/*
 * Every allocation of the model fails once. The step in which it fails returns an error and changes
 * nothing; then everything that was built is destroyed, and nothing is left. The list of
 * allocations comes from the sources: an allocation that no case reaches fails this test.
 */
#include "mm/zap.h"
#include "unit/stage.h"

#define RW (HS_VM_READ | HS_VM_WRITE | HS_VM_MAYWRITE)
#define SITES_MAX 256

struct site {
	char file[64];
	unsigned int first, last; /* lines of the call */
	bool failed;
};

static struct site site[SITES_MAX];
static unsigned int sites, failures;

static int read_sites(void **state)
{
	const char *script = getenv("HMMSIM_ALLOC_SITES");
	FILE *list;

	(void)state;
	assert_non_null(script);
	list = popen(script, "r");
	assert_non_null(list);
	while (sites < SITES_MAX && fscanf(list, "%63s %u %u", site[sites].file, &site[sites].first,
					   &site[sites].last) == 3)
		sites++;
	assert_int_equal(pclose(list), 0);
	assert_in_range(sites, 1, SITES_MAX - 1);
	return 0;
}

/* Whether @place, FILE:LINE, is in the site's file. A build may put something before FILE. */
static bool is_in_file(const char *place, const struct site *s)
{
	size_t length = (size_t)(strrchr(place, ':') - place), name = strlen(s->file);

	return length >= name && !strncmp(place + length - name, s->file, name) &&
	       (length == name || place[length - name - 1] == '/');
}

static void mark(const char *place)
{
	const char *colon = strrchr(place, ':');
	unsigned long line = strtoul(colon + 1, NULL, 10);

	failures++;
	for (unsigned int i = 0; i < sites; i++) {
		struct site *s = &site[i];

		if (line >= s->first && line <= s->last && is_in_file(place, s)) {
			s->failed = true;
			return;
		}
	}
	fail_msg("%s allocates, and is not in the list", place);
}

/* ---- the machine's own ------------------------------------------------------------------- */

/* A machine that was not created has no .failed_at; but it is the only one to allocate there. */
static void a_machine_that_finds_no_memory_is_none(void **state)
{
	struct hs_machine_config config;
	struct hs_machine *machine = NULL;
	struct hs_machine_info info;
	unsigned int own = 0;

	(void)state;
	hs_machine_config_init(&config);
	assert_int_equal(hs_machine_create(&config, &machine), 0);
	hs_machine_info(machine, &info);
	assert_int_equal(hs_machine_destroy(machine, NULL), 0);
	machine = NULL;
	for (config.fail_at = 1; config.fail_at <= info.allocations; config.fail_at++)
		assert_int_equal(hs_machine_create(&config, &machine), -ENOMEM);
	assert_null(machine);
	for (unsigned int i = 0; i < sites; i++)
		if (!strcmp(site[i].file, "src/memory/machine.c")) {
			site[i].failed = true;
			own++;
		}
	failures += (unsigned int)info.allocations;
	/* One more is the arena, which is not in the model. */
	assert_int_equal(own + 1, info.allocations);
}

/* ---- index, memory, device memory, notifiers ---------------------------------------------- */

static void registered(struct stage *st)
{
	static const uint64_t range[][2] = {
		{ 1, 2 },
		{ 100, 2000 },
		{ 1ull << 20, 3ull << 20 },
		{ (1ull << 40) - 3, 1ull << 40 },
	};

	for (uint32_t i = 0; i < COUNT(range); i++) {
		st->bare[i] = true;
		STEP(st, hs_pgmap_add(st->self, HS_PGMAP_GENERIC, range[i][0], range[i][1], st,
				      &st->pgmap[i]));
	}
	hs_pgmap_kill(st->self, st->pgmap[1]);
}

static void system_memory(struct stage *st)
{
	STEP(st, hs_memory_add(st->self, 0x100, 0x10c, true));
	STEP(st, hs_memory_add(st->self, 0x200, 0x206, false));
	STEP(st, hs_memory_add(st->self, 0x10c, 0x110, true));
	for (uint32_t i = 0; i < STAGE_PAGES; i++)
		STEP(st, hs_page_alloc(st->self, &st->page[i]));
	STEP(st, hs_memory_remove(st->self, 0x202, 0x204));
	STEP(st, hs_page_init_device(st->self, 0x300, NULL));
}

static void device_memory_of(struct stage *st, enum hs_pgmap_type type, enum hs_page_refs refs,
			     uint64_t at)
{
	struct hs_pgmap_config config;
	struct hs_pgmap *pgmap;

	device_memory_config(&config, type, refs, at, 10);
	config.first = at + 1;
	config.removal_order = (enum hs_removal_order)(refs % HS_REMOVAL_ORDER_COUNT);
	config.atomic = refs & 1;
	STEP(st, hs_pgmap_create(st->self, &config, &st->pgmap[0]));
	pgmap = st->pgmap[0];
	if (type == HS_PGMAP_PRIVATE || type == HS_PGMAP_P2PDMA) {
		STEP(st, hs_pgmap_page_alloc(st->self, pgmap, &st->page[0]));
		hs_page_put(st->self, st->page[0]);
		st->page[0] = NULL;
	} else if (type == HS_PGMAP_FS_DAX) {
		struct hs_page *page = hs_pfn_to_page(st->self, at + 2);

		hs_pgmap_page_map(st->self, page);
		hs_pgmap_page_unmap(st->self, page);
	}
	st->pgmap[0] = NULL;
	hs_pgmap_destroy(st->self, pgmap);
}

/* Each type with each meaning of the counts, in each order of removal. */
static void device_memories(struct stage *st)
{
	uint64_t at = 0x1000;

	for (int type = 0; type < HS_PGMAP_TYPE_COUNT; type++)
		for (int refs = 0; refs < HS_PAGE_REFS_COUNT; refs++, at += 0x10)
			PART(st, device_memory_of(st, (enum hs_pgmap_type)type,
						  (enum hs_page_refs)refs, at));
}

/* Memory that was given back is used again, by another pgmap, with system memory around it. */
static void device_memory_again(struct stage *st)
{
	struct hs_pgmap_config config;

	STEP(st, hs_memory_add(st->self, 0x100, 0x104, true));
	device_memory_config(&config, HS_PGMAP_GENERIC, HS_PAGE_REFS_6_1, 0x104, 6);
	STEP(st, hs_pgmap_create(st->self, &config, &st->pgmap[0]));
	hs_pgmap_destroy(st->self, st->pgmap[0]);
	st->pgmap[0] = NULL;
	device_memory_config(&config, HS_PGMAP_FS_DAX, HS_PAGE_REFS_6_1, 0x106, 6);
	STEP(st, hs_pgmap_create(st->self, &config, &st->pgmap[0]));
}

static bool invalidate(struct hs_task *self, struct hs_interval_sub *sub,
		       const struct hs_invalidation *inv, uint64_t cur_seq)
{
	(void)inv;
	hs_interval_set_seq(self, sub, cur_seq);
	return true;
}

static int sync_nothing(struct hs_task *self, struct hs_mirror *mirror,
			const struct hs_invalidation *inv)
{
	(void)self;
	(void)mirror;
	(void)inv;
	return 0;
}

static const struct hs_interval_ops interval_ops = { .invalidate = invalidate };
static const struct hs_notifier_ops plain_ops = { NULL, NULL, NULL };
static const struct hs_mirror_ops mirror_ops = { .sync = sync_nothing };

static void notifiers(struct stage *st)
{
	struct hs_invalidation inv = { 0x1000, 0x2000, HS_INVALIDATE_CLEAR, NULL, true };
	struct hs_notifiers *ns;

	STEP(st, hs_notifiers_create(st->self, &st->notifiers));
	ns = st->notifiers;
	STEP(st, hs_interval_insert(st->self, &st->sub, ns, 0x1000, 0x1000, &interval_ops));
	STEP(st, hs_notifier_register(st->self, &st->plain, ns, &plain_ops));
	STEP(st, hs_hmm_create(st->self, ns, &st->hmm));
	STEP(st, hs_mirror_register(st->self, &st->mirror, st->hmm, &mirror_ops));
	STEP(st, hs_mirror_range_register(st->self, &st->range, &st->mirror, 0x1000, 0x2000,
					  HS_PAGE_SHIFT));
	STEP(st, hs_invalidate_start(st->self, ns, &inv));
	hs_invalidate_end(st->self, ns, &inv);
}

static const struct stage_case low_cases[] = {
	{ "registered device memory", registered },
	{ "system memory", system_memory },
	{ "device memory of each type", device_memories },
	{ "device memory again", device_memory_again },
	{ "notifiers of three kinds", notifiers },
};

/* ---- tables and VMAs --------------------------------------------------------------------- */

static void tables_of(struct stage *st, enum hs_geometry_id id)
{
	const struct hs_geometry *g = hs_geometry(id);
	uint64_t flags = HS_ENTRY_VALID | (uint64_t)g->order[2] << HS_ENTRY_ORDER_SHIFT;
	uint64_t leaf = hs_geometry_end(g) / 2;
	struct hs_mm *mm;

	STEP(st, hs_mm_create(st->self, g, &st->mm));
	for (uint32_t level = g->levels; level-- > 0;)
		STEP(st, hs_pt_make(st->self, st->mm, 0, level));
	STEP(st, hs_pt_set(st->self, st->mm, leaf, 2, hs_entry_typed(HS_TYPE_NORMAL, 0, flags)));
	STEP(st, hs_pt_make(st->self, st->mm, leaf, 0));
	STEP(st, hs_pt_set(st->self, st->mm, leaf, 1, 0));
	mm = st->mm;
	st->mm = NULL;
	hs_mm_destroy(st->self, mm);
}

static void tables(struct stage *st)
{
	for (int id = 0; id < HS_GEOMETRY_COUNT; id++)
		PART(st, tables_of(st, (enum hs_geometry_id)id));
}

/* Nine VMAs and more: the array grows. */
static void vmas(struct stage *st)
{
	PART(st, space(st));
	for (uint32_t i = 0; i < 20; i++)
		STEP(st, hs_vma_add(st->self, st->mm, PAGES(2 * i), PAGES(2 * i + 1), HS_VM_READ));
}

/* Each change of a VMA's middle makes three of it. */
static void cut_vmas(struct stage *st)
{
	PART(st, space(st));
	STEP(st, hs_gate_create(st->self, &st->gate));
	hs_gate_open(st->self, st->gate);
	for (uint32_t i = 0; i < 6; i++)
		STEP(st, map(st, 8 * i, 8 * i + 7, RW));
	PART(st, faults(st, 3, "w0 w8 w16 w24 w32 w40"));
	STEP(st, unmap(st, 3, 4));
	STEP(st, protect(st, 11, 12, HS_VM_READ));
	STEP(st, hs_vma_set_gate(st->self, st->mm, PAGES(19), PAGES(20), st->gate));
	STEP(st, unmap(st, 27, 36));
	STEP(st, protect(st, 42, 43, HS_VM_READ));
	STEP(st, protect(st, 44, 45, HS_VM_READ));
	STEP(st, protect(st, 42, 43, RW & HS_VM_ACCESS));
	FAULT(st, 19, false);
	STEP(st, hs_vma_set_gate(st->self, st->mm, PAGES(16), PAGES(23), NULL));
	STEP(st, map(st, 3, 4, RW));
	STEP(st, unmap(st, 0, STAGE_WINDOW));
}

/* ---- anonymous memory -------------------------------------------------------------------- */

/*
 * Two pages that another owner holds as well, by hand, because a page that a fault makes is never
 * shared. One of the two copies is the first page of its memmap.
 */
static void copied_on_write(struct stage *st)
{
	for (uint32_t i = 0; i < 2; i++) {
		uint64_t flags = HS_ENTRY_VALID | HS_ENTRY_COUNTED, entry;

		STEP(st, hs_page_alloc(st->self, &st->page[i]));
		entry = hs_entry_typed(HS_TYPE_NORMAL, hs_page_to_pfn(st->self, st->page[i]),
				       flags);
		STEP(st, hs_pt_set(st->self, st->mm, PAGES(10 + i), 0, entry));
		hs_page_get(st->self, st->page[i]);
		hs_page_map(st->self, st->page[i]);
	}
	PART(st, faults(st, 10, "w0 w1"));
	assert_int_equal(hs_page_count(st->self, st->page[0]), 1);
}

static void anonymous(struct stage *st)
{
	PART(st, space(st));
	STEP(st, map(st, 0, 16, RW));
	PART(st, faults(st, 0, "r0 w4 r8 w8"));
	STEP(st, protect(st, 0, 9, HS_VM_READ));
	STEP(st, protect(st, 0, 9, HS_VM_READ | HS_VM_WRITE));
	FAULT(st, 4, true);
	PART(st, copied_on_write(st));
	STEP(st, zap(st, 0, 16));
	FAULT(st, 12, true);
	STEP(st, unmap(st, 12, 13));
}

static void swapped_and_migrated(struct stage *st)
{
	struct hs_migration m;

	STEP(st, hs_swap_out(st->self, st->mm, 0));
	/* The frame is taken by the time that the page comes back. */
	STEP(st, hs_page_alloc(st->self, &st->page[0]));
	FAULT(st, 0, true);
	STEP(st, hs_make_protnone(st->self, st->mm, PAGES(2), PAGES(3)));
	FAULT(st, 2, false);
	STEP(st, hs_migration_start(st->self, st->mm, PAGES(1), NULL, &m));
	hs_migration_end(st->self, &m, NULL);
	STEP(st, hs_page_alloc(st->self, &st->page[1]));
	STEP(st, hs_migration_start(st->self, st->mm, PAGES(1), st, &m));
	hs_migration_end(st->self, &m, st->page[1]);
	st->page[1] = NULL;
}

static void made_exclusive(struct stage *st)
{
	STEP(st, hs_make_exclusive(st->self, st->mm, PAGES(2), st, &st->page[2]));
	hs_page_unlock(st->self, st->page[2]);
	FAULT(st, 2, true);
	STEP(st, hs_memory_failure(st->self, st->mm, PAGES(3)));
	assert_int_equal(cpu_access(st, 3, false), HS_VM_FAULT_HWPOISON);
}

static void special(struct stage *st)
{
	PART(st, space(st));
	STEP(st, map(st, 0, 16, RW));
	PART(st, faults(st, 0, "w0 w1 w2 w3"));
	PART(st, swapped_and_migrated(st));
	PART(st, made_exclusive(st));
}

/* Memory of a device in an anonymous VMA: the CPU's touch brings it back. */
static void inserted(struct stage *st, uint32_t i, enum hs_pgmap_type type, uint64_t addr)
{
	PART(st, device_memory(st, i, type, HS_PAGE_REFS_6_1));
	STEP(st, hs_pgmap_page_alloc(st->self, st->pgmap[i], &st->page[0]));
	STEP(st, hs_migrate_insert_page(st->self, st->mm, addr, st->page[0], true));
	st->page[0] = NULL;
	FAULT(st, addr / HS_PAGE_BYTES, true);
}

static int end_migration(struct stage *st, struct hs_migrate_vma *m)
{
	bool moved;

	hs_migrate_vma_pages(st->self, m);
	moved = m->src[0] & HS_MIGRATE_PFN_MIGRATE;
	hs_migrate_vma_finalize(st->self, m);
	return moved ? 0 : -ENOMEM;
}

/* A page of the device where nothing is mapped; with @back, system memory in its place. */
static int migrate(struct stage *st, uint64_t addr, bool back)
{
	uint64_t src = 0, dst = 0;
	struct hs_migrate_vma m = {
		.src = &src,
		.dst = &dst,
		.start = addr,
		.end = addr + HS_PAGE_BYTES,
		.owner = hs_pgmap_owner(st->pgmap[0]),
		.flags = HS_MIGRATE_SELECT_DEVICE_PRIVATE,
	};
	struct hs_page *page = NULL;
	int ret;

	hs_mm_lock_read(st->self, st->mm);
	m.vma = hs_vma_find(st->mm, addr);
	assert_int_equal(hs_migrate_vma_setup(st->self, &m), 0);
	ret = back ? hs_page_alloc(st->self, &page)
		   : hs_pgmap_page_alloc(st->self, st->pgmap[0], &page);
	if (!ret) {
		hs_page_lock(st->self, page);
		dst = hs_migrate_pfn(hs_page_to_pfn(st->self, page));
	}
	ret = end_migration(st, &m);
	hs_mm_unlock_read(st->self, st->mm);
	return ret;
}

static void private_memory(struct stage *st)
{
	PART(st, space(st));
	STEP(st, map(st, 0, 16, RW));
	PART(st, inserted(st, 0, HS_PGMAP_PRIVATE, PAGES(1)));
	PART(st, inserted(st, 1, HS_PGMAP_COHERENT, PAGES(9)));
	STEP(st, migrate(st, PAGES(5), false));
	STEP(st, migrate(st, PAGES(5), true));
}

/* ---- files and devices ------------------------------------------------------------------- */

static void dax_file_of(struct stage *st, uint32_t i, enum hs_page_refs refs)
{
	uint64_t at = 32 * i;

	PART(st, device_memory(st, i, HS_PGMAP_FS_DAX, refs));
	PART(st, mapping(st, i, HS_MAPPING_DAX_FILE, 1));
	STEP(st, hs_mapping_allocate(st->self, st->mapping[i], 0));
	STEP(st, hs_mapping_allocate(st->self, st->mapping[i], 1));
	STEP(st, hs_mapping_allocate(st->self, st->mapping[i], 4));
	STEP(st, map_file(st, i, at, at + 8, RW | HS_VM_SHARED));
	STEP(st, map_file(st, i, at + 16, at + 24, RW));
	PART(st, faults(st, at, "w0 r4 r6 w6 w2 r16"));
	/* The leaf goes before the copy is made, and stays away. */
	TRY_PART(st, HS_VM_FAULT_OOM, cpu_access(st, at + 16, true));
	PART(st, faults(st, at, "r18 w19"));
	STEP(st, unmap(st, at + 2, at + 5));
	STEP(st, unmap(st, at + 1, at + 2));
	hs_mapping_disable(st->self, st->mapping[i]);
	hs_unmap_mapping_range(st->self, st->mapping[i], 0, 8, i);
}

static void dax_file(struct stage *st)
{
	PART(st, space(st));
	PART(st, dax_file_of(st, 0, HS_PAGE_REFS_6_1));
	PART(st, dax_file_of(st, 1, HS_PAGE_REFS_6_15));
}

static void device_of(struct stage *st, uint32_t i, enum hs_mapping_kind kind,
		      enum hs_pgmap_type type, uint32_t level)
{
	uint64_t at = 16 * i;

	PART(st, device_memory(st, i, type, HS_PAGE_REFS_6_1));
	PART(st, mapping(st, i, kind, level));
	STEP(st, map_file(st, i, at, at + 8, RW | HS_VM_SHARED));
	PART(st, faults(st, at, "r0 w4"));
	STEP(st, unmap(st, at + 2, at + 4));
	FAULT(st, at + 1, true);
}

static void devices(struct stage *st)
{
	PART(st, space(st));
	PART(st, device_of(st, 0, HS_MAPPING_DEVICE_DAX, HS_PGMAP_GENERIC, 0));
	PART(st, device_of(st, 1, HS_MAPPING_DEVICE_DAX, HS_PGMAP_GENERIC, 1));
	PART(st, device_of(st, 2, HS_MAPPING_P2PDMA, HS_PGMAP_P2PDMA, 0));
}

static const struct stage_case mm_cases[] = {
	{ "page tables of each geometry", tables },
	{ "an array of VMAs", vmas },
	{ "VMAs cut in three", cut_vmas },
	{ "anonymous memory", anonymous },
	{ "special entries", special },
	{ "private and coherent memory", private_memory },
	{ "a DAX file", dax_file },
	{ "devices", devices },
};

/* ---- walkers, and a device that mirrors -------------------------------------------------- */

#define WALKED 12

/* A DAX file with a page of a block, then anonymous memory: references are held at faults. */
static void walkable(struct stage *st)
{
	PART(st, space(st));
	PART(st, device_memory(st, 0, HS_PGMAP_FS_DAX, HS_PAGE_REFS_6_1));
	PART(st, mapping(st, 0, HS_MAPPING_DAX_FILE, 0));
	STEP(st, hs_mapping_allocate(st->self, st->mapping[0], 0));
	STEP(st, map_file(st, 0, 0, 8, RW | HS_VM_SHARED));
	STEP(st, map(st, 8, 32, RW));
	FAULT(st, 0, true);
}

static int no_reference(struct hs_task *self, struct hs_range *range, struct hs_pgmap **slot,
			uint64_t pfn, void *arg)
{
	(void)self;
	(void)range;
	(void)slot;
	(void)pfn;
	(void)arg;
	return 0;
}

static const struct hs_strategy_ops custom = { .page = no_reference };

static int walk(struct stage *st, enum hs_era era, enum hs_strategy strategy, enum hs_body body)
{
	uint64_t pfns[WALKED] = { 0 };
	struct hs_range range;
	int ret;

	hs_range_init(&range, st->mm, 0, PAGES(WALKED), pfns);
	range.default_flags = HS_PFN_VALID | HS_PFN_WRITE;
	range.era = era;
	range.strategy = strategy;
	range.body = body;
	range.ops = &custom;
	hs_mm_lock_read(st->self, st->mm);
	ret = hs_range_fault(st->self, &range);
	hs_mm_unlock_read(st->self, st->mm);
	/* Some strategies leak when a fault fails, as the kernel did. */
	for (uint64_t i = 0; i < range.counts.leaked; i++)
		hs_pgmap_put(st->self, st->pgmap[0]);
	return ret;
}

static void walks_of(struct stage *st, enum hs_era era, enum hs_body body)
{
	for (int s = 0; s < HS_STRATEGY_COUNT; s++) {
		TRY_PART(st, -EFAULT, walk(st, era, (enum hs_strategy)s, body));
		STEP(st, zap(st, 0, 32));
		STEP(st, unmap(st, 8, 32));
		STEP(st, map(st, 8, 32, RW));
	}
}

static void walks(struct stage *st)
{
	PART(st, walkable(st));
	for (int era = 0; era < HS_ERA_COUNT; era++)
		for (int body = 0; body < HS_BODY_COUNT; body++)
			PART(st, walks_of(st, (enum hs_era)era, (enum hs_body)body));
}

/* ---- the device -------------------------------------------------------------------------- */

static void mirrored(struct stage *st, enum hs_validity validity, enum hs_era era)
{
	struct hs_dmirror_config config;
	struct hs_dmirror *device;

	hs_dmirror_config_init(&config, st->mm, 0, PAGES(16));
	config.validity = validity;
	config.range.era = era;
	config.range.strategy = HS_STRATEGY_PER_PAGE;
	config.touch = true;
	config.range.owner = st;
	STEP(st, hs_dmirror_create(st->self, &config, &st->device));
	TRY_PART(st, STAGE_POPULATE,
		 hs_dmirror_populate(st->self, st->device, 0, PAGES(WALKED), true));
	STEP(st, zap(st, 4, 12));
	/* A read maps the zero page, which the walker of v5.3 refuses. */
	TRY_PART(st, STAGE_POPULATE,
		 hs_dmirror_populate(st->self, st->device, PAGES(8), PAGES(16), era == HS_ERA_5_3));
	assert_true(hs_dmirror_access(st->self, st->device, PAGES(8), false));
	STEP(st, unmap(st, 8, 32));
	STEP(st, map(st, 8, 32, RW));
	device = st->device;
	st->device = NULL;
	hs_dmirror_destroy(st->self, device);
}

static void mirroring(struct stage *st)
{
	PART(st, walkable(st));
	for (int validity = 0; validity < HS_VALIDITY_COUNT; validity++)
		for (int era = 0; era < HS_ERA_COUNT; era++)
			PART(st, mirrored(st, (enum hs_validity)validity, (enum hs_era)era));
}

/* Of one VMA at a time, as a buffer of amdgpu is. */
static void driven(struct stage *st, enum hs_device_model model)
{
	struct hs_device_config config;
	struct hs_device *device;

	hs_device_config_init(&config, model, st->mm, 0, PAGES(16));
	config.owner = st;
	STEP(st, hs_device_create(st->self, &config, &st->hardware));
	TRY_PART(st, STAGE_POPULATE, hs_device_populate(st->self, st->hardware, 0, PAGES(8), true));
	STEP(st, zap(st, 4, 12));
	TRY_PART(st, STAGE_POPULATE,
		 hs_device_populate(st->self, st->hardware, PAGES(8), PAGES(16), true));
	assert_true(hs_device_access(st->self, st->hardware, PAGES(8), false));
	device = st->hardware;
	st->hardware = NULL;
	hs_device_destroy(st->self, device);
	STEP(st, unmap(st, 8, 32));
	STEP(st, map(st, 8, 32, RW));
}

/* What else a mirror does; the second page is not there yet. */
static void operated(struct stage *st)
{
	struct hs_device_config config;
	struct hs_device *device;
	uint32_t prot[2];

	hs_device_config_init(&config, HS_DEVICE_DMIRROR, st->mm, 0, PAGES(16));
	STEP(st, hs_device_create(st->self, &config, &st->hardware));
	TRY_PART(st, STAGE_POPULATE, hs_device_write(st->self, st->hardware, PAGES(9), 5));
	STEP(st, hs_device_snapshot(st->self, st->hardware, PAGES(9), PAGES(11), prot));
	STEP(st, zap(st, 9, 11));
	TRY_PART(st, STAGE_POPULATE,
		 hs_device_exclusive(st->self, st->hardware, PAGES(9), PAGES(11)));
	device = st->hardware;
	st->hardware = NULL;
	hs_device_destroy(st->self, device);
	STEP(st, unmap(st, 8, 32));
	STEP(st, map(st, 8, 32, RW));
}

static void driving(struct stage *st)
{
	PART(st, walkable(st));
	PART(st, operated(st));
	for (int model = 0; model < HS_DEVICE_MODEL_COUNT; model++)
		PART(st, driven(st, (enum hs_device_model)model));
}

static const struct stage_case device_cases[] = {
	{ "walks of both eras with each strategy", walks },
	{ "a device that mirrors", mirroring },
	{ "a device of each driver", driving },
};

/* ---- runs -------------------------------------------------------------------------------- */

static void perform(const struct stage_case *c)
{
	for (int again = 0; again < 2; again++) {
		const char *place;

		/* The first two allocations are those of hs_machine_create(). */
		for (uint64_t fail_at = 3; stage_run(c, fail_at, again, &place); fail_at++)
			mark(place);
	}
}

static void perform_all(const struct stage_case *cases, size_t n)
{
	for (const struct stage_case *c = cases; c < cases + n; c++) {
		unsigned int before = failures;

		perform(c);
		print_message("%-40s %u failures\n", c->name, failures - before);
		assert_true(failures > before);
	}
}

static void memory_device_memory_and_notifiers_bear_it(void **state)
{
	(void)state;
	perform_all(low_cases, COUNT(low_cases));
}

static void address_spaces_and_faults_bear_it(void **state)
{
	(void)state;
	perform_all(mm_cases, COUNT(mm_cases));
}

static void walkers_and_a_device_bear_it(void **state)
{
	(void)state;
	perform_all(device_cases, COUNT(device_cases));
}

static void every_site_has_failed(void **state)
{
	unsigned int failed = 0;

	(void)state;
	for (unsigned int i = 0; i < sites; i++) {
		failed += site[i].failed;
		if (!site[i].failed)
			print_error("never reached: %s:%u\n", site[i].file, site[i].first);
	}
	print_message("%u of %u allocation sites, %u failures injected\n", failed, sites, failures);
	assert_int_equal(failed, sites);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_machine_that_finds_no_memory_is_none),
		cmocka_unit_test(memory_device_memory_and_notifiers_bear_it),
		cmocka_unit_test(address_spaces_and_faults_bear_it),
		cmocka_unit_test(walkers_and_a_device_bear_it),
		cmocka_unit_test(every_site_has_failed),
	};

	return cmocka_run_group_tests_name("alloc_sites", tests, read_sites, NULL);
}
