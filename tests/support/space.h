/* SPDX-License-Identifier: MIT */
/*
 * space.h - an address space with memory and a file, and a notifier that notes its sections
 */
#ifndef HS_TESTS_SPACE_H
#define HS_TESTS_SPACE_H

#include <hmmsim/fault.h>
#include <hmmsim/pgmap.h>
#include <hmmsim/pte_ops.h>

#include "memory/memory.h"
#include "mm/mapping.h"
#include "mm/mm.h"
#include "mm/vma.h"
#include "support/machine.h"

#define BASE 0x7f0040000000ull
#define LEAF 0x200000ull
#define RAM_START 0x8000u
#define RAM_END 0x8200u
#define DEVICE_START 0x100000u
#define DEVICE_PAGES 0x800u
#define FILE_PAGES 1024
#define RW (HS_VM_READ | HS_VM_WRITE | HS_VM_MAYWRITE)
#define SHARED_RW (RW | HS_VM_SHARED)
#define PRESENT (HS_ENTRY_VALID | HS_ENTRY_COUNTED)
#define DEVMAP (PRESENT | HS_ENTRY_DEVMAP)
#define LEAF_ORDER ((uint64_t)9 << HS_ENTRY_ORDER_SHIFT)
#define ZERO_ENTRY hs_entry_typed(HS_TYPE_ZERO, HS_ZERO_PFN, PRESENT)

#define COUNTED HS_ENTRY_COUNTED
#define DEVICE_END (DEVICE_START + DEVICE_PAGES)

#define SECTIONS 8

struct space {
	struct machine m;
	struct hs_task *self;
	struct hs_mm *mm;
	struct hs_pgmap *pgmap;
	struct hs_mapping *file;
	struct hs_gate *gate; /* closed; made when a test asks for one */
	struct hs_notifier probe;
	uint32_t starts, ends; /* of sections, since the last expect_*() */
	struct hs_invalidation section[SECTIONS];
	uint64_t entry_then; /* the entry at the start of the last section, when it started */
};

/* Allocation @fail fails, 0: none. 0, or the error: the space is closed nevertheless. */
int space_try(struct space *s, enum hs_geometry_id id, uint64_t fail);
void space_open(struct space *s);
/* Asserts that no page of system memory, no reference to the pgmap and no object is left. */
void space_close(struct space *s);
void space_unregister(struct space *s);

int space_setup(void **state);
int space_teardown(void **state);

#define space_unit_test(f) cmocka_unit_test_setup_teardown(f, space_setup, space_teardown)

/* A pgmap of the type that @kind needs, and a file of FILE_PAGES pages on it. */
int space_add_file(struct space *s, enum hs_mapping_kind kind, uint32_t level,
		   enum hs_page_refs refs);
/* The same, which must succeed. */
void add_file(struct space *s, enum hs_mapping_kind kind, uint32_t level, enum hs_page_refs refs);
/* Allocates blocks [from, to) of the file. */
void blocks(struct space *s, uint64_t from, uint64_t to);
struct hs_pgmap *device_memory(struct space *s, enum hs_pgmap_type type, enum hs_page_refs refs,
			       const struct hs_pgmap_ops *ops);

void map(struct space *s, uint64_t start, uint64_t pages, uint32_t flags);
void map_file(struct space *s, uint64_t start, uint64_t pages, uint32_t flags, uint64_t pgoff);
/* Anonymous memory of four pages, of which the first is written and has these contents. */
struct hs_page *written(struct space *s, uint64_t contents);

uint64_t entry_at(struct space *s, uint64_t addr);
struct hs_page *page_at(struct space *s, uint64_t addr);

/* One fault, as a walker makes it. */
uint32_t fault_flags(struct space *s, uint64_t addr, uint32_t flags);
uint32_t read_fault(struct space *s, uint64_t addr);
uint32_t write_fault(struct space *s, uint64_t addr);

/* Since the last time: section @i; so many sections, of which this is the last; none. */
void expect_section(const struct space *s, uint32_t i, enum hs_invalidate_event event,
		    uint64_t start, uint64_t end, const void *owner);
void expect_told(struct space *s, uint32_t sections, enum hs_invalidate_event event, uint64_t start,
		 uint64_t end, const void *owner);
void expect_untold(struct space *s);
/* A page that this entry alone maps, with these contents. */
void expect_page(struct space *s, uint64_t addr, bool write, uint64_t contents);

#endif
