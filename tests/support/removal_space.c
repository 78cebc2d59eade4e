/* SPDX-License-Identifier: MIT */
/*
 * removal_space.c - arrangements: DAX files in an address space, all of it faulted in
 */
#include "support/removal_space.h"

#include <hmmsim/fault.h>
#include <hmmsim/mapping.h>

#define TABLE_BYTES (TABLE * HS_PAGE_BYTES)
#define FILE_PFN 0x100000u
#define OTHER_PFN 0x200000u
#define MIGRATED_PFN 0x40000u
#define START ((uint64_t)0x40000000)
#define OTHER_START ((uint64_t)0x80000000)
#define HOLE (START + TABLE_BYTES + TABLE_BYTES / 2)
#define SHARED (HS_VM_READ | HS_VM_WRITE | HS_VM_SHARED)

struct file {
	struct hs_pgmap *pgmap;
	struct hs_mapping *mapping;
};

/* Of the run that goes on. */
struct arranged {
	struct file walked, other;
	bool pinned;
};

static struct arranged arranged[ARRANGEMENTS + 1];

static struct file *removed_file(const struct hs_removal_space *space)
{
	struct arranged *files = space->arg;

	return files->other.mapping ? &files->other : &files->walked;
}

/* ---- files ------------------------------------------------------------------------------- */

static int make_file(struct hs_task *self, const struct hs_removal_case *c, uint64_t pfn,
		     uint64_t tables, struct file *file)
{
	struct hs_mapping_config config = {
		.kind = HS_MAPPING_DAX_FILE,
		.first = pfn,
		.pages = tables * TABLE,
	};
	struct hs_pgmap_config device;
	int ret;

	hs_pgmap_config_init(&device, HS_PGMAP_FS_DAX, pfn, pfn + config.pages);
	device.page_refs = c->page_refs;
	device.atomic = c->atomic;
	device.removal_order = c->era == HS_ERA_5_3 ? HS_REMOVAL_ORDER_5_3 : HS_REMOVAL_ORDER_6_0;
	ret = hs_pgmap_create(self, &device, &file->pgmap);
	if (ret)
		return ret;
	config.pgmap = file->pgmap;
	ret = hs_mapping_create(self, &config, &file->mapping);
	for (uint64_t i = 0; !ret && i < config.pages; i++)
		ret = hs_mapping_allocate(self, file->mapping, i);
	return ret;
}

/* Tables [first, first + count) of the file at @start, faulted in but for the page at @hole. */
static int map_file(struct hs_task *self, struct hs_mm *mm, uint64_t start, uint32_t flags,
		    const struct file *file, uint64_t first, uint64_t count, uint64_t hole)
{
	uint64_t end = start + count * TABLE_BYTES, pfn;
	int ret = hs_mmap(self, mm, start, end, flags, file->mapping, first * TABLE);

	for (; !ret && start < end; start += HS_PAGE_BYTES)
		if (start != hole && hs_cpu_access(self, mm, start, true, &pfn))
			ret = -ENOMEM; /* nothing else is the matter with these files */
	return ret;
}

/* ---- arrangements ------------------------------------------------------------------------ */

static uint64_t leaf(enum hs_entry_type type, uint64_t flags)
{
	return hs_entry_typed(type, MIGRATED_PFN,
			      flags | HS_ENTRY_WRITE | (uint64_t)9 << HS_ENTRY_ORDER_SHIFT);
}

/* The block behind it was never mapped: the entry stands for itself. */
static int poison(struct hs_task *self, struct hs_removal_space *space)
{
	return hs_pt_set(self, space->mm, HOLE, 0, hs_entry_typed(HS_TYPE_HWPOISON, FILE_PFN, 0));
}

static int map_leaf(struct hs_task *self, struct hs_removal_space *space)
{
	uint64_t middle = START + TABLE_BYTES;
	int ret = hs_mmap(self, space->mm, middle, middle + TABLE_BYTES, HS_VM_READ | HS_VM_WRITE,
			  NULL, middle / HS_PAGE_BYTES);

	return ret ? ret : hs_pt_set(self, space->mm, middle, 1, leaf(HS_TYPE_MIGRATION, 0));
}

static int map_other(struct hs_task *self, struct hs_removal_space *space)
{
	struct arranged *files = space->arg;

	return map_file(self, space->mm, OTHER_START, SHARED, &files->other, 0, 1, 0);
}

static int pin(struct hs_task *self, struct hs_removal_space *space)
{
	for (uint64_t i = 0; i < 3 * TABLE; i++)
		hs_page_get(self, hs_pfn_to_page(self, FILE_PFN + i));
	((struct arranged *)space->arg)->pinned = true;
	return 0;
}

static void unpin(struct hs_task *self, struct arranged *files)
{
	for (uint64_t i = 0; files->pinned && i < 3 * TABLE; i++)
		hs_page_put(self, hs_pfn_to_page(self, FILE_PFN + i));
	files->pinned = false;
}

/* A second VMA that may be executed stays one of its own. */
static const struct {
	uint64_t tables; /* of the file that is walked */
	struct {
		uint64_t at, first, count; /* tables: in the range, and of the file */
		uint32_t flags;
	} vma[2];
	bool hole;
	int (*more)(struct hs_task *self, struct hs_removal_space *space);
} arrangements[ARRANGEMENTS + 1] = {
	[ARRANGE_TABLES] = { 3, { { 0, 0, 3, SHARED } }, false, NULL },
	[ARRANGE_HOLE] = { 3, { { 0, 0, 3, SHARED } }, true, NULL },
	[ARRANGE_VMAS] = { 3,
			   { { 0, 0, 2, SHARED }, { 2, 2, 1, SHARED | HS_VM_EXEC } },
			   false,
			   NULL },
	[ARRANGE_BUSY] = { 2, { { 0, 0, 1, SHARED }, { 2, 1, 1, SHARED } }, false, map_leaf },
	[ARRANGE_OTHER] = { 3, { { 0, 0, 3, SHARED } }, false, map_other },
	[ARRANGE_POISON] = { 3, { { 0, 0, 3, SHARED } }, true, poison },
	[ARRANGE_PINNED] = { 3, { { 0, 0, 3, SHARED } }, false, pin },
};

static int map_all(struct hs_task *self, struct hs_removal_space *space, size_t a)
{
	struct arranged *files = space->arg;
	int ret = 0;

	for (int i = 0; !ret && i < 2 && arrangements[a].vma[i].count; i++)
		ret = map_file(self, space->mm, START + arrangements[a].vma[i].at * TABLE_BYTES,
			       arrangements[a].vma[i].flags, &files->walked,
			       arrangements[a].vma[i].first, arrangements[a].vma[i].count,
			       arrangements[a].hole ? HOLE : 0);
	return ret || !arrangements[a].more ? ret : arrangements[a].more(self, space);
}

/* The migration of the leaf ends while the walk waits. */
static void end_migration(struct hs_task *self, struct hs_mm *mm, uint64_t addr, uint32_t level,
			  void *arg)
{
	(void)arg;
	hs_pt_set(self, mm, addr & ~(TABLE_BYTES - 1), level, leaf(HS_TYPE_NORMAL, HS_ENTRY_VALID));
}

static const struct hs_fault_ops fault_ops = { hs_handle_mm_fault, end_migration };

/* ---- the space --------------------------------------------------------------------------- */

static int build(struct hs_task *self, const struct hs_removal_case *c,
		 struct hs_removal_space *space)
{
	struct arranged *files = space->arg;
	size_t a = (size_t)(files - arranged);
	int ret;

	*files = (struct arranged){ .other.pgmap = NULL };
	ret = make_file(self, c, FILE_PFN, arrangements[a].tables, &files->walked);
	if (!ret && a == ARRANGE_OTHER)
		ret = make_file(self, c, OTHER_PFN, 1, &files->other);
	space->pgmap = files->walked.pgmap;
	if (files->other.pgmap) {
		space->pgmap = files->other.pgmap;
		space->other = files->walked.pgmap;
	}
	if (!ret)
		ret = hs_mm_create(self, hs_geometry(HS_GEOMETRY_X86_64), &space->mm);
	space->start = START;
	space->end = START + 3 * TABLE_BYTES;
	space->default_flags = HS_PFN_VALID | HS_PFN_WRITE;
	space->fault = &fault_ops;
	return ret ? ret : map_all(self, space, a);
}

static void disable(struct hs_task *self, struct hs_removal_space *space)
{
	hs_mapping_disable(self, removed_file(space)->mapping);
}

static void invalidate(struct hs_task *self, struct hs_removal_space *space)
{
	struct hs_mapping *mapping = removed_file(space)->mapping;

	hs_unmap_mapping_range(self, mapping, 0, hs_mapping_pages(mapping), true);
	unpin(self, space->arg);
}

static void unmap(struct hs_task *self, struct hs_removal_space *space)
{
	struct arranged *files = space->arg;

	unpin(self, files);
	if (space->mm)
		hs_mm_destroy(self, space->mm);
	if (files->walked.mapping)
		hs_mapping_destroy(self, files->walked.mapping);
	if (files->other.mapping)
		hs_mapping_destroy(self, files->other.mapping);
}

static void destroy(struct hs_task *self, struct hs_removal_space *space)
{
	if (space->other)
		hs_pgmap_destroy(self, space->other);
}

void arrange(struct hs_removal_case *c, enum arrangement a)
{
	static const struct hs_removal_space_ops ops = { build, disable, invalidate, unmap,
							 destroy };

	c->space = &ops;
	c->space_arg = &arranged[a];
}

/* ---- runs -------------------------------------------------------------------------------- */

struct hs_removal_case make_case(enum hs_era era, enum arrangement a, enum hs_strategy strategy,
				 enum hs_removal_plan plan)
{
	struct hs_removal_case c;

	hs_removal_case_init(&c, era);
	arrange(&c, a);
	c.strategy = strategy;
	c.plan = plan;
	return c;
}

struct hs_removal_result run_case(const struct hs_removal_case *c)
{
	struct hs_hostmem mem = { 0, 0, 0 };
	struct hs_removal_result r;

	assert_int_equal(hs_removal_run(&mem, c, &r), 0);
	assert_int_equal(mem.live, 0);
	return r;
}

struct hs_removal_result run_at(struct hs_removal_case c, uint32_t at, uint64_t number)
{
	c.start = (struct hs_removal_point){ at, number };
	return run_case(&c);
}

struct hs_removal_worst worst(const struct hs_removal_case *c, uint64_t most)
{
	struct hs_hostmem mem = { 0, 0, 0 };
	struct hs_removal_worst w;

	assert_int_equal(hs_removal_worst(&mem, c, most, &w), 0);
	assert_int_equal(mem.live, 0);
	return w;
}

void assert_held(const struct hs_removal_held *held, uint64_t pages, uint64_t tables,
		 uint64_t faults, uint64_t waits)
{
	assert_int_equal(held->pages, pages);
	assert_int_equal(held->tables, tables);
	assert_int_equal(held->faults, faults);
	assert_int_equal(held->waits, waits);
}
