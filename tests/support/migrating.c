/* SPDX-License-Identifier: MIT */
#include "support/migrating.h"

#include "mm/rmap.h"

void migrating_open_for(struct migrating *g, enum hs_pgmap_type type, enum hs_page_refs refs,
			const struct hs_pgmap_ops *ops)
{
	memset(g, 0, sizeof(*g));
	space_open(&g->s);
	g->self = g->s.self;
	g->s.pgmap = device_memory(&g->s, type, refs, ops);
	g->s.pgmap->driver_data = &g->freed;
	map(&g->s, BASE, SLOTS, RW);
}

void migrating_open(struct migrating *g, enum hs_pgmap_type type, enum hs_page_refs refs)
{
	migrating_open_for(g, type, refs, &device_memory_ops);
}

void migrating_close(struct migrating *g)
{
	if (g->s.mm)
		hs_munmap(g->self, g->s.mm, BASE, BASE + SLOTS * PAGE);
	assert_int_equal(hs_pgmap_pages_allocated(g->self, g->s.pgmap), 0);
	space_close(&g->s);
}

struct hs_page *device_page(struct migrating *g)
{
	struct hs_page *page = NULL;

	assert_int_equal(hs_pgmap_page_alloc(g->self, g->s.pgmap, &page), 0);
	return page;
}

struct hs_page *on_device(struct migrating *g, uint32_t i, bool write, uint64_t contents)
{
	struct hs_page *page = device_page(g);

	hs_dma_set_contents(g->self, page, contents);
	assert_int_equal(hs_migrate_insert_page(g->self, g->s.mm, BASE + i * PAGE, page, write), 0);
	g->s.starts = g->s.ends = 0;
	return page;
}

struct hs_page *in_memory(struct migrating *g, uint32_t i, uint64_t contents)
{
	struct hs_page *page;

	assert_int_equal(write_fault(&g->s, BASE + i * PAGE), 0);
	page = page_at(&g->s, BASE + i * PAGE);
	hs_page_set_contents(g->self, page, contents);
	return page;
}

/* ---- the steps --------------------------------------------------------------------------- */

void collect(struct migrating *g, uint32_t flags, const void *owner)
{
	hs_mm_lock_read(g->self, g->s.mm);
	g->m = (struct hs_migrate_vma){
		.vma = hs_vma_find(g->s.mm, BASE),
		.src = g->src,
		.dst = g->dst,
		.start = BASE,
		.end = BASE + SLOTS * PAGE,
		.owner = owner,
		.flags = flags,
	};
	for (uint32_t i = 0; i < SLOTS; i++)
		g->src[i] = g->dst[i] = UINT64_MAX;
	assert_int_equal(hs_migrate_vma_setup(g->self, &g->m), 0);
	hs_mm_unlock_read(g->self, g->s.mm);
	assert_int_equal(g->m.npages, SLOTS);
	for (uint32_t i = 0; i < SLOTS; i++)
		assert_int_equal(g->dst[i], 0);
}

struct hs_page *source(struct migrating *g, uint32_t i)
{
	struct hs_page *page = hs_migrate_pfn_to_page(g->self, g->src[i]);

	assert_non_null(page);
	assert_true(g->src[i] & MIGRATE);
	assert_false(hs_page_trylock(g->self, page));
	return page;
}

struct hs_page *target(struct migrating *g, uint32_t i, bool device)
{
	struct hs_page *from = hs_migrate_pfn_to_page(g->self, g->src[i]), *page = NULL;

	if (device)
		page = device_page(g);
	else
		assert_int_equal(hs_page_alloc(g->self, &page), 0);
	assert_true(hs_page_trylock(g->self, page));
	hs_dma_set_contents(g->self, page, from ? hs_dma_contents(g->self, from) : 0);
	g->dst[i] = hs_migrate_pfn(hs_page_to_pfn(g->self, page));
	return page;
}

void decide(struct migrating *g)
{
	hs_mm_lock_read(g->self, g->s.mm);
	hs_migrate_vma_pages(g->self, &g->m);
	hs_mm_unlock_read(g->self, g->s.mm);
}

void finalize(struct migrating *g)
{
	hs_migrate_vma_finalize(g->self, &g->m);
}

void give_up(struct migrating *g)
{
	decide(g);
	finalize(g);
}

/* ---- what must be so --------------------------------------------------------------------- */

void expect_alone(struct migrating *g, struct hs_page *page)
{
	struct hs_pgmap *pgmap = hs_page_pgmap(g->self, page);

	assert_int_equal(hs_page_count(g->self, page), 1 + (pgmap ? hs_page_core_count(pgmap) : 0));
	assert_int_equal(hs_page_mapcount(g->self, page), 1);
	assert_false(page->state.raw & HS_PAGE_LOCKED);
}

void expect_on_device(struct migrating *g, uint32_t i, struct hs_page *page, bool write,
		      uint64_t contents)
{
	uint64_t addr = BASE + i * PAGE;
	uint64_t kind = hs_pgmap_type(g->s.pgmap) == HS_PGMAP_PRIVATE ? HS_ENTRY_DEVPRIV
								      : HS_ENTRY_VALID;

	assert_int_equal(entry_at(&g->s, addr), kind | COUNTED | (write ? HS_ENTRY_WRITE : 0) |
							hs_page_to_pfn(g->self, page));
	expect_alone(g, page);
	assert_int_equal(hs_page_key(g->self, page), hs_rmap_key(g->s.mm, addr));
	assert_int_equal(hs_dma_contents(g->self, page), contents);
}
