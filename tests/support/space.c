/* SPDX-License-Identifier: MIT */
#include "support/space.h"

/* ---- the space --------------------------------------------------------------------------- */

static int probe_start(struct hs_task *self, struct hs_notifier *n,
		       const struct hs_invalidation *inv)
{
	struct space *s = CONTAINER_OF(n, struct space, probe);

	s->section[s->starts++ % SECTIONS] = *inv;
	s->entry_then = hs_pt_get(self, s->mm, inv->start, 0);
	return 0;
}

static void probe_end(struct hs_task *self, struct hs_notifier *n,
		      const struct hs_invalidation *inv)
{
	struct space *s = CONTAINER_OF(n, struct space, probe);

	(void)self;
	assert_memory_equal(inv, &s->section[s->ends++ % SECTIONS], sizeof(*inv));
}

int space_try(struct space *s, enum hs_geometry_id id, uint64_t fail)
{
	static const struct hs_notifier_ops ops = { probe_start, probe_end, NULL };
	int ret;

	memset(s, 0, sizeof(*s));
	machine_open_failing(&s->m, fail);
	s->self = s->m.self;
	ret = hs_memory_add(s->self, RAM_START, RAM_END, true);
	if (!ret)
		ret = hs_mm_create(s->self, hs_geometry(id), &s->mm);
	if (!ret)
		ret = hs_notifier_register(s->self, &s->probe, hs_mm_notifiers(s->mm), &ops);
	return ret;
}

void space_open(struct space *s)
{
	assert_int_equal(space_try(s, HS_GEOMETRY_X86_64, 0), 0);
}

void space_unregister(struct space *s)
{
	if (s->probe.notifiers)
		hs_notifier_unregister(s->self, &s->probe);
	s->probe.notifiers = NULL;
}

void space_close(struct space *s)
{
	if (s->file) {
		hs_mapping_disable(s->self, s->file);
		hs_unmap_mapping_range(s->self, s->file, 0, FILE_PAGES, true);
	}
	space_unregister(s);
	if (s->mm)
		hs_mm_destroy(s->self, s->mm);
	if (s->gate)
		hs_gate_destroy(s->self, s->gate);
	if (s->pgmap)
		assert_int_equal(hs_pgmap_refs(s->self, s->pgmap), 0);
	if (s->file)
		hs_mapping_destroy(s->self, s->file);
	if (s->pgmap)
		hs_pgmap_destroy(s->self, s->pgmap);
	assert_int_equal(hs_pages_allocated(s->self), 0);
	machine_close(&s->m);
}

int space_setup(void **state)
{
	*state = test_malloc(sizeof(struct space));
	space_open(*state);
	return 0;
}

int space_teardown(void **state)
{
	space_close(*state);
	test_free(*state);
	return 0;
}

/* ---- device memory and files ------------------------------------------------------------- */

static int create_device(struct space *s, enum hs_pgmap_type type, enum hs_page_refs refs,
			 const struct hs_pgmap_ops *ops, struct hs_pgmap **out)
{
	struct hs_pgmap_config config;

	device_memory_config(&config, type, refs, DEVICE_START, DEVICE_PAGES);
	config.ops = ops;
	return hs_pgmap_create(s->self, &config, out);
}

struct hs_pgmap *device_memory(struct space *s, enum hs_pgmap_type type, enum hs_page_refs refs,
			       const struct hs_pgmap_ops *ops)
{
	struct hs_pgmap *pgmap = NULL;

	assert_int_equal(create_device(s, type, refs, ops, &pgmap), 0);
	return pgmap;
}

int space_add_file(struct space *s, enum hs_mapping_kind kind, uint32_t level,
		   enum hs_page_refs refs)
{
	static const enum hs_pgmap_type types[HS_MAPPING_KIND_COUNT] = {
		[HS_MAPPING_DAX_FILE] = HS_PGMAP_FS_DAX,
		[HS_MAPPING_DEVICE_DAX] = HS_PGMAP_GENERIC,
		[HS_MAPPING_P2PDMA] = HS_PGMAP_P2PDMA,
	};
	struct hs_mapping_config config = {
		.kind = kind,
		.first = DEVICE_START,
		.pages = FILE_PAGES,
		.level = level,
		.leaf_order = 9 * level,
	};
	int ret = create_device(s, types[kind], refs, NULL, &s->pgmap);

	config.pgmap = s->pgmap;
	return ret ? ret : hs_mapping_create(s->self, &config, &s->file);
}

void add_file(struct space *s, enum hs_mapping_kind kind, uint32_t level, enum hs_page_refs refs)
{
	assert_int_equal(space_add_file(s, kind, level, refs), 0);
}

void blocks(struct space *s, uint64_t from, uint64_t to)
{
	for (; from < to; from++)
		assert_int_equal(hs_mapping_allocate(s->self, s->file, from), 0);
}

/* ---- maps and faults --------------------------------------------------------------------- */

void map(struct space *s, uint64_t start, uint64_t pages, uint32_t flags)
{
	assert_int_equal(
		hs_mmap(s->self, s->mm, start, start + pages * PAGE, flags, NULL, start / PAGE), 0);
}

void map_file(struct space *s, uint64_t start, uint64_t pages, uint32_t flags, uint64_t pgoff)
{
	assert_int_equal(
		hs_mmap(s->self, s->mm, start, start + pages * PAGE, flags, s->file, pgoff), 0);
}

struct hs_page *written(struct space *s, uint64_t contents)
{
	map(s, BASE, 4, RW);
	assert_int_equal(write_fault(s, BASE), 0);
	hs_page_set_contents(s->self, page_at(s, BASE), contents);
	return page_at(s, BASE);
}

uint64_t entry_at(struct space *s, uint64_t addr)
{
	return hs_pt_get(s->self, s->mm, addr, 0);
}

struct hs_page *page_at(struct space *s, uint64_t addr)
{
	struct hs_page *page = hs_pfn_to_page(s->self, hs_entry_pfn(entry_at(s, addr)));

	assert_non_null(page);
	return page;
}

uint32_t fault_flags(struct space *s, uint64_t addr, uint32_t flags)
{
	uint32_t ret;

	hs_mm_lock_read(s->self, s->mm);
	ret = hs_handle_mm_fault(s->self, s->mm, hs_vma_at(s->mm, addr), addr, flags, NULL);
	if (!(ret & HS_VM_FAULT_RETRY))
		hs_mm_unlock_read(s->self, s->mm);
	return ret;
}

uint32_t read_fault(struct space *s, uint64_t addr)
{
	return fault_flags(s, addr, 0);
}

uint32_t write_fault(struct space *s, uint64_t addr)
{
	return fault_flags(s, addr, HS_FAULT_WRITE);
}

/* ---- what must be so --------------------------------------------------------------------- */

void expect_section(const struct space *s, uint32_t i, enum hs_invalidate_event event,
		    uint64_t start, uint64_t end, const void *owner)
{
	assert_int_equal(s->section[i].event, event);
	assert_int_equal(s->section[i].start, start);
	assert_int_equal(s->section[i].end, end);
	assert_ptr_equal(s->section[i].owner, owner);
	assert_true(s->section[i].blockable);
}

void expect_told(struct space *s, uint32_t sections, enum hs_invalidate_event event, uint64_t start,
		 uint64_t end, const void *owner)
{
	assert_int_equal(s->starts, sections);
	assert_int_equal(s->ends, sections);
	expect_section(s, (sections - 1) % SECTIONS, event, start, end, owner);
	s->starts = s->ends = 0;
}

void expect_untold(struct space *s)
{
	assert_int_equal(s->starts, 0);
	assert_int_equal(s->ends, 0);
}

void expect_page(struct space *s, uint64_t addr, bool write, uint64_t contents)
{
	uint64_t e = entry_at(s, addr);
	struct hs_page *page = page_at(s, addr);

	assert_int_equal(e & ~HS_ENTRY_PFN, PRESENT | (write ? HS_ENTRY_WRITE : 0));
	assert_int_equal(hs_page_count(s->self, page), 1);
	assert_int_equal(hs_page_mapcount(s->self, page), 1);
	assert_int_equal(hs_page_contents(s->self, page), contents);
	assert_true(page->state.raw & HS_PAGE_EXCLUSIVE);
}
