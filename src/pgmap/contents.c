/* SPDX-License-Identifier: MIT */
/*
 * contents.c - what a page holds
 *
 * invented: a number stands for 4 KiB. Reads and writes are steps, so that an order in which data
 * is lost, or old data is read, is one that a search finds. A device reaches all memory; a CPU all
 * but that of a pgmap of type PRIVATE, for which the kernel has no address.
 */
#include "pgmap/pgmap.h"

/* The pgmap of a live page does not change, so that this is no step. */
static void contents_expect_cpu(struct hs_task *self, const struct hs_page *page)
{
	const struct hs_pgmap *p = page->pgmap.raw;

	hs_assert_at(self, HS_HERE, !p || p->type != HS_PGMAP_PRIVATE,
		     "a CPU reaches for the contents of pfn 0x%llx, which is private device memory",
		     (unsigned long long)hs_page_to_pfn(self, page));
}

/* All mms read it. */
static void contents_expect_own(struct hs_task *self, const struct hs_page *page)
{
	hs_assert_at(self, HS_HERE, page != hs_machine_of(self)->zero_page,
		     "the zero page is written to");
}

uint64_t hs_dma_contents(struct hs_task *self, struct hs_page *page)
{
	hs_page_live(self, page);
	return hs_u64_load(self, &hs_page_ext_of(self, page)->contents, HS_RELAXED);
}

void hs_dma_set_contents(struct hs_task *self, struct hs_page *page, uint64_t value)
{
	hs_page_live(self, page);
	contents_expect_own(self, page);
	hs_u64_store(self, &hs_page_ext_of(self, page)->contents, value, HS_RELAXED);
}

uint64_t hs_page_contents(struct hs_task *self, struct hs_page *page)
{
	hs_page_live(self, page);
	contents_expect_cpu(self, page);
	return hs_u64_load(self, &hs_page_ext_of(self, page)->contents, HS_RELAXED);
}

void hs_page_set_contents(struct hs_task *self, struct hs_page *page, uint64_t value)
{
	hs_page_live(self, page);
	contents_expect_cpu(self, page);
	contents_expect_own(self, page);
	hs_u64_store(self, &hs_page_ext_of(self, page)->contents, value, HS_RELAXED);
}
