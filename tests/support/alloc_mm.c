/* SPDX-License-Identifier: MIT */
/* Plays of address spaces: tables, VMAs, faults, mappings. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <hmmsim/fault.h>
#include <hmmsim/mapping.h>
#include <hmmsim/pgmap.h>
#include <hmmsim/pte_ops.h>

#include "mm/mm.h"
#include "mm/zap.h"
#include "support/stage.h"

#define PAGES(n) ((uint64_t)(n)*HS_PAGE_BYTES)
#define RW (HS_VM_READ | HS_VM_WRITE | HS_VM_MAYWRITE)

/* ---- tables and VMAs --------------------------------------------------------------------- */

static void tables_of(struct stage *st, enum hs_geometry_id id)
{
	const struct hs_geometry *g = hs_geometry(id);
	uint64_t flags = HS_ENTRY_VALID | (uint64_t)g->order[2] << HS_ENTRY_ORDER_SHIFT;
	uint64_t leaf = hs_geometry_end(g) / 2;
	struct hs_mm *mm;

	TRY(st, -ENOMEM, hs_mm_create(st->self, g, &st->mm));
	for (uint32_t level = g->levels; level-- > 0;)
		TRY(st, -ENOMEM, hs_pt_make(st->self, st->mm, 0, level));
	TRY(st, -ENOMEM,
	    hs_pt_set(st->self, st->mm, leaf, 2, hs_entry_typed(HS_TYPE_NORMAL, 0, flags)));
	TRY(st, -ENOMEM, hs_pt_make(st->self, st->mm, leaf, 0));
	TRY(st, -ENOMEM, hs_pt_set(st->self, st->mm, leaf, 1, 0));
	mm = st->mm;
	st->mm = NULL;
	hs_mm_destroy(st->self, mm);
}

static void tables(struct stage *st)
{
	for (int id = 0; id < HS_GEOMETRY_COUNT; id++)
		SCENE(st, tables_of(st, (enum hs_geometry_id)id));
}

/* Nine VMAs and more: the array grows. */
static void vmas(struct stage *st)
{
	SCENE(st, stage_space(st));
	for (uint32_t i = 0; i < 20; i++)
		TRY(st, -ENOMEM,
		    hs_vma_add(st->self, st->mm, PAGES(2 * i), PAGES(2 * i + 1), HS_VM_READ));
}

/* Each change of a VMA's middle makes three of it. */
static void cut_vmas(struct stage *st)
{
	SCENE(st, stage_space(st));
	SCENE(st, stage_ram(st));
	TRY(st, -ENOMEM, hs_gate_create(st->self, &st->gate));
	hs_gate_open(st->self, st->gate);
	for (uint32_t i = 0; i < 6; i++)
		TRY(st, -ENOMEM,
		    hs_mmap(st->self, st->mm, PAGES(8 * i), PAGES(8 * i + 7), RW, NULL, 0));
	for (uint32_t i = 0; i < 6; i++)
		TRY(st, HS_VM_FAULT_OOM, stage_access(st, 8 * i + 3, true));
	TRY(st, -ENOMEM, hs_munmap(st->self, st->mm, PAGES(3), PAGES(4)));
	TRY(st, -ENOMEM, hs_mprotect(st->self, st->mm, PAGES(11), PAGES(12), HS_VM_READ));
	TRY(st, -ENOMEM, hs_vma_set_gate(st->self, st->mm, PAGES(19), PAGES(20), st->gate));
	TRY(st, -ENOMEM, hs_munmap(st->self, st->mm, PAGES(27), PAGES(36)));
	TRY(st, -ENOMEM, hs_mprotect(st->self, st->mm, PAGES(42), PAGES(43), HS_VM_READ));
	TRY(st, -ENOMEM, hs_mprotect(st->self, st->mm, PAGES(44), PAGES(45), HS_VM_READ));
	TRY(st, -ENOMEM, hs_mprotect(st->self, st->mm, PAGES(42), PAGES(43), RW & HS_VM_ACCESS));
	TRY(st, HS_VM_FAULT_OOM, stage_access(st, 19, false));
	TRY(st, -ENOMEM, hs_vma_set_gate(st->self, st->mm, PAGES(16), PAGES(23), NULL));
	TRY(st, -ENOMEM, hs_mmap(st->self, st->mm, PAGES(3), PAGES(4), RW, NULL, 3));
	TRY(st, -ENOMEM, hs_munmap(st->self, st->mm, 0, PAGES(STAGE_WINDOW)));
}

/* ---- anonymous memory -------------------------------------------------------------------- */

/*
 * Two pages that somebody else holds as well. What a fault makes is never shared, so this is done by
 * hand. One of the two copies is the first page of its memmap.
 */
static void copied_on_write(struct stage *st)
{
	for (uint32_t i = 0; i < 2; i++) {
		uint64_t flags = HS_ENTRY_VALID | HS_ENTRY_COUNTED, entry;

		TRY(st, -ENOMEM, hs_page_alloc(st->self, &st->page[i]));
		entry = hs_entry_typed(HS_TYPE_NORMAL, hs_page_to_pfn(st->self, st->page[i]),
				       flags);
		TRY(st, -ENOMEM, hs_pt_set(st->self, st->mm, PAGES(10 + i), 0, entry));
		hs_page_get(st->self, st->page[i]);
		hs_page_map(st->self, st->page[i]);
	}
	for (uint32_t i = 0; i < 2; i++)
		TRY(st, HS_VM_FAULT_OOM, stage_access(st, 10 + i, true));
	assert_int_equal(hs_page_count(st->self, st->page[0]), 1);
}

static void anonymous(struct stage *st)
{
	SCENE(st, stage_space(st));
	SCENE(st, stage_ram(st));
	TRY(st, -ENOMEM, hs_mmap(st->self, st->mm, 0, PAGES(16), RW, NULL, 0));
	TRY(st, HS_VM_FAULT_OOM, stage_access(st, 0, false));
	TRY(st, HS_VM_FAULT_OOM, stage_access(st, 4, true));
	TRY(st, HS_VM_FAULT_OOM, stage_access(st, 8, false));
	TRY(st, HS_VM_FAULT_OOM, stage_access(st, 8, true));
	TRY(st, -ENOMEM, hs_mprotect(st->self, st->mm, 0, PAGES(9), HS_VM_READ));
	TRY(st, -ENOMEM, hs_mprotect(st->self, st->mm, 0, PAGES(9), HS_VM_READ | HS_VM_WRITE));
	TRY(st, HS_VM_FAULT_OOM, stage_access(st, 4, true));
	SCENE(st, copied_on_write(st));
	TRY(st, -ENOMEM, hs_madvise_dontneed(st->self, st->mm, 0, PAGES(16)));
	TRY(st, HS_VM_FAULT_OOM, stage_access(st, 12, true));
	TRY(st, -ENOMEM, hs_munmap(st->self, st->mm, PAGES(12), PAGES(13)));
}

static void swapped_and_migrated(struct stage *st)
{
	struct hs_migration m;

	TRY(st, -ENOMEM, hs_swap_out(st->self, st->mm, 0));
	/* Somebody has the frame by the time that the page comes back. */
	TRY(st, -ENOMEM, hs_page_alloc(st->self, &st->page[0]));
	TRY(st, HS_VM_FAULT_OOM, stage_access(st, 0, true));
	TRY(st, -ENOMEM, hs_make_protnone(st->self, st->mm, PAGES(2), PAGES(3)));
	TRY(st, HS_VM_FAULT_OOM, stage_access(st, 2, false));
	TRY(st, -ENOMEM, hs_migration_start(st->self, st->mm, PAGES(1), NULL, &m));
	hs_migration_end(st->self, &m, NULL);
	TRY(st, -ENOMEM, hs_page_alloc(st->self, &st->page[1]));
	TRY(st, -ENOMEM, hs_migration_start(st->self, st->mm, PAGES(1), st, &m));
	hs_migration_end(st->self, &m, st->page[1]);
	st->page[1] = NULL;
}

static void made_exclusive(struct stage *st)
{
	TRY(st, -ENOMEM, hs_make_exclusive(st->self, st->mm, PAGES(2), st, &st->page[2]));
	hs_page_unlock(st->self, st->page[2]);
	TRY(st, HS_VM_FAULT_OOM, stage_access(st, 2, true));
	TRY(st, -ENOMEM, hs_memory_failure(st->self, st->mm, PAGES(3)));
	assert_int_equal(stage_access(st, 3, false), HS_VM_FAULT_HWPOISON);
}

static void special(struct stage *st)
{
	SCENE(st, stage_space(st));
	SCENE(st, stage_ram(st));
	TRY(st, -ENOMEM, hs_mmap(st->self, st->mm, 0, PAGES(16), RW, NULL, 0));
	for (uint32_t i = 0; i < 4; i++)
		TRY(st, HS_VM_FAULT_OOM, stage_access(st, i, true));
	SCENE(st, swapped_and_migrated(st));
	SCENE(st, made_exclusive(st));
}

/* Memory of a device in an anonymous VMA: the CPU's touch brings it back. */
static void inserted(struct stage *st, uint32_t i, enum hs_pgmap_type type, uint64_t addr)
{
	SCENE(st, stage_device_memory(st, i, type, HS_PAGE_REFS_6_1));
	TRY(st, -ENOMEM, hs_pgmap_page_alloc(st->self, st->pgmap[i], &st->page[0]));
	TRY(st, -ENOMEM, hs_migrate_insert_page(st->self, st->mm, addr, st->page[0], true));
	st->page[0] = NULL;
	TRY(st, HS_VM_FAULT_OOM, stage_access(st, addr / HS_PAGE_BYTES, true));
}

static void private_memory(struct stage *st)
{
	SCENE(st, stage_space(st));
	SCENE(st, stage_ram(st));
	TRY(st, -ENOMEM, hs_mmap(st->self, st->mm, 0, PAGES(16), RW, NULL, 0));
	SCENE(st, inserted(st, 0, HS_PGMAP_PRIVATE, PAGES(1)));
	SCENE(st, inserted(st, 1, HS_PGMAP_COHERENT, PAGES(9)));
}

/* ---- files and devices ------------------------------------------------------------------- */

static void dax_file_of(struct stage *st, uint32_t i, enum hs_page_refs refs)
{
	uint64_t at = 32 * i;

	SCENE(st, stage_device_memory(st, i, HS_PGMAP_FS_DAX, refs));
	SCENE(st, stage_mapping(st, i, HS_MAPPING_DAX_FILE, 1));
	TRY(st, -ENOMEM, hs_mapping_allocate(st->self, st->mapping[i], 0));
	TRY(st, -ENOMEM, hs_mapping_allocate(st->self, st->mapping[i], 1));
	TRY(st, -ENOMEM, hs_mapping_allocate(st->self, st->mapping[i], 4));
	TRY(st, -ENOMEM,
	    hs_mmap(st->self, st->mm, PAGES(at), PAGES(at + 8), RW | HS_VM_SHARED, st->mapping[i],
		    0));
	TRY(st, -ENOMEM,
	    hs_mmap(st->self, st->mm, PAGES(at + 16), PAGES(at + 24), RW, st->mapping[i], 0));
	TRY(st, HS_VM_FAULT_OOM, stage_access(st, at, true));
	TRY(st, HS_VM_FAULT_OOM, stage_access(st, at + 4, false));
	TRY(st, HS_VM_FAULT_OOM, stage_access(st, at + 6, false));
	TRY(st, HS_VM_FAULT_OOM, stage_access(st, at + 6, true));
	TRY(st, HS_VM_FAULT_OOM, stage_access(st, at + 2, true));
	TRY(st, HS_VM_FAULT_OOM, stage_access(st, at + 16, false));
	/* The leaf goes before the copy is made, and stays away. */
	TRY_PART(st, HS_VM_FAULT_OOM, stage_access(st, at + 16, true));
	TRY(st, HS_VM_FAULT_OOM, stage_access(st, at + 18, false));
	TRY(st, HS_VM_FAULT_OOM, stage_access(st, at + 19, true));
	TRY(st, -ENOMEM, hs_munmap(st->self, st->mm, PAGES(at + 2), PAGES(at + 5)));
	TRY(st, -ENOMEM, hs_munmap(st->self, st->mm, PAGES(at + 1), PAGES(at + 2)));
	hs_mapping_disable(st->self, st->mapping[i]);
	hs_unmap_mapping_range(st->self, st->mapping[i], 0, 8, i);
}

static void dax_file(struct stage *st)
{
	SCENE(st, stage_space(st));
	SCENE(st, stage_ram(st));
	SCENE(st, dax_file_of(st, 0, HS_PAGE_REFS_6_1));
	SCENE(st, dax_file_of(st, 1, HS_PAGE_REFS_6_15));
}

static void device_of(struct stage *st, uint32_t i, enum hs_mapping_kind kind,
		      enum hs_pgmap_type type, uint32_t level)
{
	uint64_t at = 16 * i;

	SCENE(st, stage_device_memory(st, i, type, HS_PAGE_REFS_6_1));
	SCENE(st, stage_mapping(st, i, kind, level));
	TRY(st, -ENOMEM,
	    hs_mmap(st->self, st->mm, PAGES(at), PAGES(at + 8), RW | HS_VM_SHARED, st->mapping[i],
		    0));
	TRY(st, HS_VM_FAULT_OOM, stage_access(st, at, false));
	TRY(st, HS_VM_FAULT_OOM, stage_access(st, at + 4, true));
	TRY(st, -ENOMEM, hs_munmap(st->self, st->mm, PAGES(at + 2), PAGES(at + 4)));
	TRY(st, HS_VM_FAULT_OOM, stage_access(st, at + 1, true));
}

static void devices(struct stage *st)
{
	SCENE(st, stage_space(st));
	SCENE(st, device_of(st, 0, HS_MAPPING_DEVICE_DAX, HS_PGMAP_GENERIC, 0));
	SCENE(st, device_of(st, 1, HS_MAPPING_DEVICE_DAX, HS_PGMAP_GENERIC, 1));
	SCENE(st, device_of(st, 2, HS_MAPPING_P2PDMA, HS_PGMAP_P2PDMA, 0));
}

const struct stage_play stage_mm[] = {
	{ "page tables of each geometry", tables },
	{ "an array of VMAs", vmas },
	{ "VMAs cut in three", cut_vmas },
	{ "anonymous memory", anonymous },
	{ "special entries", special },
	{ "private and coherent memory", private_memory },
	{ "a DAX file", dax_file },
	{ "devices", devices },
	{ NULL, NULL },
};
