/* SPDX-License-Identifier: MIT */
/*
 * migration.c - migration entries: what pte_ops.c and src/migrate share
 *
 * reduced: try_to_migrate_one(), remove_migration_pte() (v6.12, mm/rmap.c, mm/migrate.c): the
 * encoding of entries, and the rules for them. The rules for locks and references are those of the
 * callers.
 *
 * A migration entry has the pfn of the page that moves, and WRITE if the page was writable; an
 * mprotect() may take WRITE meanwhile. It holds nothing, so zaps take it away and wake the waiters.
 */
#include "mm/migration.h"

#include "mm/zap.h"
#include "pgmap/pgmap.h"

uint64_t hs_entry_for(struct hs_task *self, struct hs_page *page, uint64_t write)
{
	struct hs_pgmap *pgmap = hs_page_pgmap(self, page);
	uint64_t kind = HS_ENTRY_VALID;

	if (pgmap) {
		hs_deref(self, pgmap);
		if (pgmap->type == HS_PGMAP_PRIVATE)
			kind = HS_ENTRY_DEVPRIV;
	}
	return hs_entry_typed(HS_TYPE_NORMAL, hs_page_to_pfn(self, page),
			      kind | HS_ENTRY_COUNTED | (write & HS_ENTRY_WRITE));
}

uint64_t hs_migration_begin(struct hs_fault *f, struct hs_page *page)
{
	uint64_t to =
		hs_entry_typed(HS_TYPE_MIGRATION, hs_entry_pfn(f->seen), f->seen & HS_ENTRY_WRITE);

	hs_fault_store(f, to);
	hs_page_unmap(f->self, page);
	return to;
}

bool hs_migration_find(struct hs_fault *f, uint64_t pfn)
{
	uint64_t wanted = hs_entry_typed(HS_TYPE_MIGRATION, pfn, HS_ENTRY_WRITE);

	hs_assert_spin(f->self, &f->mm->page_table_lock);
	if (!f->mm->root)
		return false;
	hs_fault_look(f);
	if ((f->seen | HS_ENTRY_WRITE) != wanted && !HS_BREAK(MIGRATION_BLIND))
		return false;
	HS_BREAK_SPIN_GAP(MIGRATION_UNLOCKED, f->self, &f->mm->page_table_lock);
	return true;
}

void hs_migration_finish(struct hs_fault *f, struct hs_page *to)
{
	if (HS_BREAK(MIGRATION_NO_RESTORE) && hs_page_to_pfn(f->self, to) == hs_entry_pfn(f->seen))
		return;
	hs_fault_store(f, hs_entry_for(f->self, to, f->seen));
}
