/* SPDX-License-Identifier: MIT */
/*
 * filed.h - a file or a device on device memory, for faulted.h
 */
#ifndef HS_TESTS_FILED_H
#define HS_TESTS_FILED_H

#include "mm/mapping.h"
#include "support/faulted.h"

#define SHARED_RW (RW | HS_VM_SHARED)
#define DEVMAP (PRESENT | HS_ENTRY_DEVMAP)
#define LEAF_ORDER ((uint64_t)9 << HS_ENTRY_ORDER_SHIFT)
#define FILE_PAGES 1024

struct file {
	struct faulted t;
	struct hs_pgmap *pgmap;
	struct hs_mapping *mapping;
};

static const enum hs_pgmap_type types[HS_MAPPING_KIND_COUNT] = {
	[HS_MAPPING_DAX_FILE] = HS_PGMAP_FS_DAX,
	[HS_MAPPING_DEVICE_DAX] = HS_PGMAP_GENERIC,
	[HS_MAPPING_P2PDMA] = HS_PGMAP_P2PDMA,
};

static inline struct hs_mapping_config mapping_config(enum hs_mapping_kind kind, uint32_t level)
{
	return (struct hs_mapping_config){
		.kind = kind,
		.first = DEVICE_START,
		.pages = FILE_PAGES,
		.level = level,
		.leaf_order = 9 * level,
	};
}

static inline void file_open_refs(struct file *f, enum hs_mapping_kind kind, uint32_t level,
				  enum hs_page_refs refs)
{
	struct hs_mapping_config config = mapping_config(kind, level);

	faulted_open(&f->t);
	f->pgmap = device_memory(&f->t, types[kind], refs, NULL);
	config.pgmap = f->pgmap;
	assert_int_equal(hs_mapping_create(f->t.self, &config, &f->mapping), 0);
}

static inline void file_open(struct file *f, enum hs_mapping_kind kind, uint32_t level)
{
	file_open_refs(f, kind, level, HS_PAGE_REFS_6_1);
}

/* Everything is unmapped first, as its owner has to. */
static inline void file_close(struct file *f)
{
	struct faulted *t = &f->t;

	hs_mapping_disable(t->self, f->mapping);
	hs_unmap_mapping_range(t->self, f->mapping, 0, FILE_PAGES, true);
	hs_notifier_unregister(t->self, &t->probe);
	t->probe.notifiers = NULL;
	hs_mm_destroy(t->self, t->mm);
	t->mm = NULL;
	assert_int_equal(hs_pgmap_refs(t->self, f->pgmap), 0);
	hs_mapping_destroy(t->self, f->mapping);
	hs_pgmap_destroy(t->self, f->pgmap);
	faulted_close(t);
}

static inline void map_file(struct file *f, uint64_t start, uint64_t pages, uint32_t flags,
			    uint64_t pgoff)
{
	assert_int_equal(hs_mmap(f->t.self, f->t.mm, start, start + pages * PAGE, flags, f->mapping,
				 pgoff),
			 0);
}

static inline void blocks(struct file *f, uint64_t from, uint64_t to)
{
	for (; from < to; from++)
		assert_int_equal(hs_mapping_allocate(f->t.self, f->mapping, from), 0);
}

static inline struct hs_page *device_page(struct file *f, uint64_t pfn)
{
	return hs_pfn_to_page(f->t.self, pfn);
}

#endif
