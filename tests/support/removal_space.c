/* SPDX-License-Identifier: MIT */
/*
 * removal_space.c - arrangements: DAX files in an address space, all of it faulted in
 */
#include "support/removal.h"

#include <hmmsim/fault.h>
#include <hmmsim/mapping.h>

#define TABLE_BYTES (TABLE * HS_PAGE_BYTES)
#define FILE_PFN 0x100000u
#define OTHER_PFN 0x200000u
#define MIGRATED_PFN 0x40000u
#define START ((uint64_t)0x40000000)
#define OTHER_START ((uint64_t)0x80000000)
#define SHARED (HS_VM_READ | HS_VM_WRITE | HS_VM_SHARED)

struct file {
	struct hs_pgmap *pgmap;
	struct hs_mapping *mapping;
};

/* Of the play that goes on. */
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

static int touch(struct hs_task *self, struct hs_mm *mm, uint64_t start, uint64_t end)
{
	uint64_t pfn;

	for (; start < end; start += HS_PAGE_BYTES)
		if (hs_cpu_access(self, mm, start, true, &pfn))
			return -ENOMEM; /* nothing else is the matter with these files */
	return 0;
}

/* Tables [first, first + count) of the file at @start, faulted in. */
static int map_file(struct hs_task *self, struct hs_mm *mm, uint64_t start, uint32_t flags,
		    const struct file *file, uint64_t first, uint64_t count)
{
	uint64_t end = start + count * TABLE_BYTES;
	int ret = hs_mmap(self, mm, start, end, flags, file->mapping, first * TABLE);

	return ret ? ret : touch(self, mm, start, end);
}

/* ---- arrangements ------------------------------------------------------------------------ */

static int map_tables(struct hs_task *self, struct hs_removal_space *space)
{
	struct arranged *files = space->arg;

	space->end = START + 3 * TABLE_BYTES;
	return map_file(self, space->mm, START, SHARED, &files->walked, 0, 3);
}

static int map_hole(struct hs_task *self, struct hs_removal_space *space)
{
	struct arranged *files = space->arg;
	uint64_t hole = START + TABLE_BYTES + TABLE_BYTES / 2;
	int ret;

	space->end = START + 3 * TABLE_BYTES;
	ret = hs_mmap(self, space->mm, START, space->end, SHARED, files->walked.mapping, 0);
	if (!ret)
		ret = touch(self, space->mm, START, hole);
	return ret ? ret : touch(self, space->mm, hole + HS_PAGE_BYTES, space->end);
}

/* The block behind it was never mapped: the entry stands for itself. */
static int map_poison(struct hs_task *self, struct hs_removal_space *space)
{
	int ret = map_hole(self, space);

	return ret ? ret
		   : hs_pt_set(self, space->mm, START + TABLE_BYTES + TABLE_BYTES / 2, 0,
			       hs_entry_typed(HS_TYPE_HWPOISON, FILE_PFN, 0));
}

/* The second may be executed: otherwise they would become one. */
static int map_vmas(struct hs_task *self, struct hs_removal_space *space)
{
	struct arranged *files = space->arg;
	int ret = map_file(self, space->mm, START, SHARED, &files->walked, 0, 2);

	space->end = START + 3 * TABLE_BYTES;
	if (!ret)
		ret = map_file(self, space->mm, START + 2 * TABLE_BYTES, SHARED | HS_VM_EXEC,
			       &files->walked, 2, 1);
	return ret;
}

static uint64_t leaf(enum hs_entry_type type, uint64_t flags)
{
	return hs_entry_typed(type, MIGRATED_PFN,
			      flags | HS_ENTRY_WRITE | (uint64_t)9 << HS_ENTRY_ORDER_SHIFT);
}

static int map_busy(struct hs_task *self, struct hs_removal_space *space)
{
	struct arranged *files = space->arg;
	uint64_t middle = START + TABLE_BYTES;
	int ret = map_file(self, space->mm, START, SHARED, &files->walked, 0, 1);

	space->end = START + 3 * TABLE_BYTES;
	if (!ret)
		ret = hs_mmap(self, space->mm, middle, middle + TABLE_BYTES,
			      HS_VM_READ | HS_VM_WRITE, NULL, middle / HS_PAGE_BYTES);
	if (!ret)
		ret = hs_pt_set(self, space->mm, middle, 1, leaf(HS_TYPE_MIGRATION, 0));
	if (!ret)
		ret = map_file(self, space->mm, middle + TABLE_BYTES, SHARED, &files->walked, 1, 1);
	return ret;
}

static int map_other(struct hs_task *self, struct hs_removal_space *space)
{
	struct arranged *files = space->arg;
	int ret = map_tables(self, space);

	return ret ? ret : map_file(self, space->mm, OTHER_START, SHARED, &files->other, 0, 1);
}

static int map_pinned(struct hs_task *self, struct hs_removal_space *space)
{
	struct arranged *files = space->arg;
	int ret = map_tables(self, space);

	for (uint64_t i = 0; !ret && i < 3 * TABLE; i++)
		hs_page_get(self, hs_pfn_to_page(self, FILE_PFN + i));
	files->pinned = !ret;
	return ret;
}

static void unpin(struct hs_task *self, struct arranged *files)
{
	for (uint64_t i = 0; files->pinned && i < 3 * TABLE; i++)
		hs_page_put(self, hs_pfn_to_page(self, FILE_PFN + i));
	files->pinned = false;
}

static const struct {
	uint64_t tables; /* of the file that is walked */
	int (*map)(struct hs_task *self, struct hs_removal_space *space);
} arrangements[ARRANGEMENTS + 1] = {
	[ARRANGE_TABLES] = { 3, map_tables }, [ARRANGE_HOLE] = { 3, map_hole },
	[ARRANGE_VMAS] = { 3, map_vmas },     [ARRANGE_BUSY] = { 2, map_busy },
	[ARRANGE_OTHER] = { 3, map_other },   [ARRANGE_POISON] = { 3, map_poison },
	[ARRANGE_PINNED] = { 3, map_pinned },
};

/* Whoever migrates the leaf ends it while the walk waits. */
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
	space->default_flags = HS_PFN_VALID | HS_PFN_WRITE;
	space->fault = &fault_ops;
	return ret ? ret : arrangements[a].map(self, space);
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
