/* SPDX-License-Identifier: MIT */
/*
 * Sentences of <hmmsim/migrate.h> that callers break: each is an assertion, natively an abort, in
 * the explorer a verdict.
 */
#include <hmmsim/fault.h>
#include <hmmsim/migrate.h>
#include <hmmsim/pte_ops.h>

#include "support/contract.h"

struct state {
	struct hs_mm *mm;
	struct hs_pgmap *pgmap; /* coherent */
	struct hs_page *page;	/* of it */
	struct hs_migrate_vma m;
	uint64_t src[2], dst[2];
};

/* ---- the mmap lock ----------------------------------------------------------------------- */

static void setup_without_lock(struct hs_task *self, struct state *s)
{
	hs_migrate_vma_setup(self, &s->m);
}

static void pages_without_lock(struct hs_task *self, struct state *s)
{
	hs_mm_lock_read(self, s->mm);
	hs_migrate_vma_setup(self, &s->m);
	hs_mm_unlock_read(self, s->mm);
	hs_migrate_vma_pages(self, &s->m);
}

static void finalize_in_rcu(struct hs_task *self, struct state *s)
{
	hs_mm_lock_read(self, s->mm);
	hs_migrate_vma_setup(self, &s->m);
	hs_migrate_vma_pages(self, &s->m);
	hs_mm_unlock_read(self, s->mm);
	hs_rcu_read_lock(self);
	hs_migrate_vma_finalize(self, &s->m);
}

/* An entry that counts has no page that no fault has made. */
static void setup_of_an_entry_by_hand(struct hs_task *self, struct state *s)
{
	struct hs_page *page;

	if (hs_page_alloc(self, &page))
		return;
	hs_pt_set(self, s->mm, 0, 0,
		  HS_ENTRY_VALID | HS_ENTRY_COUNTED | hs_page_to_pfn(self, page));
	hs_mm_lock_read(self, s->mm);
	hs_migrate_vma_setup(self, &s->m);
}

/* ---- pages of a device ------------------------------------------------------------------- */

static void evict_system_memory(struct hs_task *self, struct state *s)
{
	struct hs_page *page;

	if (!hs_page_alloc(self, &page))
		hs_migrate_device_range(self, s->src, hs_page_to_pfn(self, page), 1);
}

static void evict_no_memory(struct hs_task *self, struct state *s)
{
	hs_migrate_device_range(self, s->src, 0x1000, 1);
}

static void evict_a_page(struct hs_task *self, struct state *s)
{
	hs_migrate_device_range(self, s->src, PFN, 1);
}

/* A free page of it has the count 0 since 6.15, too. */
static void evict_memory_that_does_not_migrate(struct hs_task *self, struct state *s)
{
	struct hs_pgmap_config config;
	struct hs_pgmap *pgmap;

	device_memory_config(&config, HS_PGMAP_P2PDMA, HS_PAGE_REFS_6_15, PFN + PAGES, PAGES);
	if (!hs_pgmap_create(self, &config, &pgmap))
		hs_migrate_device_range(self, s->src, PFN + PAGES, 1);
}

/* ---- targets ----------------------------------------------------------------------------- */

/* The whole migration of a page of system memory, with s->page as its target. */
static void migrate(struct hs_task *self, struct state *s)
{
	hs_cpu_access(self, s->mm, 0, true, NULL);
	hs_mm_lock_read(self, s->mm);
	hs_migrate_vma_setup(self, &s->m);
	s->dst[0] = hs_migrate_pfn(hs_page_to_pfn(self, s->page));
	hs_migrate_vma_pages(self, &s->m);
	hs_mm_unlock_read(self, s->mm);
	hs_migrate_vma_finalize(self, &s->m);
}

static void target_is_mapped(struct hs_task *self, struct state *s)
{
	hs_page_get(self, s->page);
	hs_page_lock(self, s->page);
	if (!hs_migrate_insert_page(self, s->mm, PAGE, s->page, true)) {
		s->m.end = PAGE;
		migrate(self, s);
	}
}

static void target_for_nothing_is_mapped(struct hs_task *self, struct state *s)
{
	hs_page_get(self, s->page);
	hs_page_lock(self, s->page);
	if (hs_migrate_insert_page(self, s->mm, PAGE, s->page, true))
		return;
	s->m.end = PAGE;
	hs_mm_lock_read(self, s->mm);
	hs_migrate_vma_setup(self, &s->m);
	s->dst[0] = hs_migrate_pfn(hs_page_to_pfn(self, s->page));
	hs_migrate_vma_pages(self, &s->m);
}

static void target_is_free(struct hs_task *self, struct state *s)
{
	hs_page_put(self, s->page);
	migrate(self, s);
}

/* ---- the table --------------------------------------------------------------------------- */

#define NO_PAGE "is no page of private or coherent memory with the references of 6.1"

static const struct contract rows[] = {
	{ "setup without lock", setup_without_lock, NOT_HELD },
	{ "pages without lock", pages_without_lock, NOT_HELD },
	{ "setup of an entry by hand", setup_of_an_entry_by_hand,
	  "no key leads from pfn 0x0 to address 0x0" },
	{ "finalize in RCU", finalize_in_rcu, IN_RCU },
	{ "evict system memory", evict_system_memory, NO_PAGE },
	{ "evict no memory", evict_no_memory, "pfn 0x1000 is no page" },
	{ "evict P2PDMA memory", evict_memory_that_does_not_migrate, NO_PAGE },
	{ "target is not locked", migrate, "the page is not locked" },
	{ "target is mapped", target_is_mapped, "hs_migrate_vma_finalize: 1 entries map the page" },
	{ "target for nothing is mapped", target_for_nothing_is_mapped,
	  "hs_migrate_vma_pages: 1 entries map the page" },
	{ "target is free", target_is_free, "refcount is 0" },
};

static const struct contract older[] = {
	{ "evict with references of 5.3", evict_a_page, NO_PAGE },
	{ "evict with references of 5.18", evict_a_page, NO_PAGE },
};

static int open_state(struct hs_task *self, struct state *s, enum hs_page_refs refs)
{
	int ret = contract_space(self, refs, &s->mm, &s->pgmap, &s->page);

	s->m = (struct hs_migrate_vma){
		.vma = ret ? NULL : hs_vma_find(s->mm, 0),
		.src = s->src,
		.dst = s->dst,
		.end = 2 * PAGE,
		.flags = HS_MIGRATE_SELECT_SYSTEM,
	};
	return ret;
}

static void expect_rows(enum hs_page_refs refs, const struct contract *row, size_t count)
{
	const struct contracts contracts = { sizeof(struct state), refs, open_state, row, count };

	expect_contracts(&contracts);
}

static void a_broken_contract_is_an_assertion(void **state)
{
	(void)state;
	expect_rows(HS_PAGE_REFS_6_1, rows, COUNT(rows));
	expect_rows(HS_PAGE_REFS_5_3, &older[0], 1);
	expect_rows(HS_PAGE_REFS_5_18, &older[1], 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_broken_contract_is_an_assertion),
	};

	return cmocka_run_group_tests_name("migrate_contracts", tests, NULL, NULL);
}
