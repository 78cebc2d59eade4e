/* SPDX-License-Identifier: MIT */
/*
 * migrate.h - migration of pages by a driver: its protocol, and what the files of this room share
 *
 * reduced: mm/migrate_device.c (v6.12): anonymous pages of one mm, 4 KiB each; no LRU, no memory
 * cgroups, no split of leaves. <hmmsim/migrate.h> says what a caller sees.
 *
 * States of a slot of src, by predicate, after the first step:
 *
 *	0			not selected: nothing of it is the migration's
 *	MIGRATE			no page: nothing, or the zero page, was mapped
 *	VALID, MIGRATE		the page moves: its lock and one reference are the migration's;
 *				where it was mapped is a migration entry, or nothing any more
 *	VALID			the same, but the page goes back
 *
 * and of dst: 0, or VALID: a page with its lock and one reference, both the caller's until the last
 * step releases them.
 *
 * Legal operations: an entry becomes a migration entry only under the page table lock, by the task
 * that has the page lock; and a page again only by the same task, because another one finds the
 * lock taken. Zaps take a migration entry away at any time. (hs_migration_start() takes no page
 * lock. An eviction may select its page, gives it up because of the reference, and maps it again;
 * hs_migration_end() finds that its entry is gone.) MIGRATE is only ever taken from a slot. The
 * caller copies contents between the first step and the second: the subscribers were told by then,
 * no CPU and no device of theirs reaches the page of src, and dst is reached by none before the
 * last step.
 *
 * Lock order: mmap lock (the steps setup and pages need it, the others do not) < page lock, which
 * is only tried < lock of a struct hs_anon < what drivers take in callbacks < page table lock.
 *
 * Who may free what: the task that makes a migration entry puts the reference of the entry that it
 * replaces, and has its own. The last step takes a reference for each entry that it makes and then
 * puts those of the migration, so that a page with no entry is freed there. A task that takes a
 * migration entry away puts nothing.
 *
 * A fault on a page that moves:
 *
 *	fault				migration
 *					setup: page lock, migration entry
 *	sees the migration entry
 *	waits				copy, pages
 *					finalize: the entry is dst, wake
 *	looks again
 *
 *	Required outcome: the access finds the contents from before, by dst or by src.
 *	(tests/model/test_migrate_model.c: a_fault_against_a_migration_to_the_device)
 *
 * Two faults on one device page, with policy REFERENCE:
 *
 *	fault A				fault B
 *	get the page
 *					get the page
 *	setup: 3 references, one more
 *	than its own is tolerated
 *					a migration entry, or the lock is taken:
 *					nothing is selected
 *	pages: 3 are not 2: given up
 *	finalize: src again		put the page, fault again
 *	put the page, fault again
 *
 *	Required outcome: none of the two can be sure to end: with an unlucky scheduler both repeat
 *	this for ever. With TRYLOCK or WAIT one of them moves the page.
 *	(tests/model/test_migrate_model.c: two_faulters_on_one_device_page)
 *
 * A zap of what moves:
 *
 *	migration			madvise, under the mmap lock for read
 *	setup: migration entry
 *	copy, pages: dst
 *					takes the migration entry away, wakes
 *	finalize: no migration entry
 *	put src, put dst: both are free
 *
 *	Required outcome: nothing is mapped, both pages are freed once.
 *	(tests/model/test_migrate_model.c: a_migration_against_a_zap)
 *
 * munmap() waits for the mmap lock until the step pages has returned, and so it frees tables before
 * finalize or after it. finalize finds the tables by the page table lock alone:
 *
 *	migration			munmap
 *	pages; mmap lock released
 *					mmap lock for write, take the entry away,
 *					free its table
 *	finalize: no table
 *
 *	Required outcome: no table is touched that is free; both pages are freed.
 *	(tests/model/test_migrate_model.c: a_migration_against_munmap)
 *
 * A page that is mapped where nothing was:
 *
 *	migration			fault
 *	setup: none, MIGRATE
 *					maps a new page
 *	pages: not none any more:
 *	MIGRATE is taken
 *	finalize: put dst
 *
 *	Required outcome: one page is mapped, the other is free.
 *	(tests/model/test_migrate_model.c: an_insert_against_a_fault)
 *
 * Eviction against a fault on the same page:
 *
 *	eviction			fault
 *					get the page; driver: page lock, setup
 *	get the page
 *	its lock is taken: put, slot 0	pages: a reference too many, or finalize
 *					moves it
 *
 *	Required outcome: each page is moved by one of them or stays; one that stays holds the
 *	pgmap, so that the removal waits for it and nothing touches memory that is gone.
 *	(tests/model/test_migrate_device_model.c: an_eviction_against_a_cpu_fault)
 *
 * Eviction against a migration to the device of the same pgmap:
 *
 *	eviction			migration
 *					dst: allocated, locked, not mapped
 *	get dst, its lock is taken:
 *	put, slot 0
 *					finalize: dst is mapped, unlocked
 *
 *	Required outcome: the page is on the device afterwards: a driver stops faults before it
 *	evicts. (tests/model/test_migrate_device_model.c: an_eviction_against_a_migration)
 *
 * A device that reads the page of src while it moves (src/notifier/notifier.c has the reader):
 *
 *	migration			device
 *					read_begin, look: src
 *	setup: notify; waits for the
 *	driver lock			driver lock, no change: read src, unlock
 *	migration entry, end
 *	copy, finalize, put src
 *
 *	Required outcome: the device reads no page that is free, and its writes are in dst.
 *	(tests/model/test_migrate_model.c: a_device_against_a_migration)
 *
 * The lock of m->fault_page is the fault's with those policies (hs_mm_private_fault_locks()): no
 * step takes or releases it, and the caller needs no lock for it.
 *
 * The migration's owner skips the event of its own migrations (.owner) and must take its mapping of
 * the page away itself, before it copies.
 */
#ifndef HS_MIGRATE_MIGRATE_H
#define HS_MIGRATE_MIGRATE_H

#include <hmmsim/fault.h>
#include <hmmsim/migrate.h>

#include "mm/mm.h"
#include "pgmap/pgmap.h"

/* Adds one to a field of what the task counts in, if it counts. No step, and no lock. */
#define HS_MIGRATE_COUNT(self, field)                                      \
	do {                                                               \
		struct hs_migrate_counts *counts_ = *hs_task_counts(self); \
                                                                           \
		if (counts_)                                               \
			counts_->field++;                                  \
	} while (0)

/* What a slot of src with @page, which is held, stands for; NULL: it has none. No step. */
static inline enum hs_migrate_kind hs_migrate_kind(const struct hs_page *page)
{
	const struct hs_pgmap *pgmap = page ? (const void *)page->pgmap.raw : NULL;

	if (!pgmap)
		return page ? HS_MIGRATE_SYSTEM : HS_MIGRATE_HOLE;
	return pgmap->type == HS_PGMAP_PRIVATE ? HS_MIGRATE_PRIVATE : HS_MIGRATE_COHERENT;
}

/* The page whose lock is the fault's: a migration takes it not and leaves it. NULL: none. */
static inline const struct hs_page *hs_migrate_locked_page(const struct hs_migrate_vma *m)
{
	if (!m || !m->fault_page || !hs_mm_private_fault_locks(m->vma->mm))
		return NULL;
	return m->fault_page;
}

/*
 * unmap.c: the pages of src are locked and held. Takes away what still maps them. Those that stay
 * are mapped again, unlocked and put, and their slot is 0. Returns how many slots have MIGRATE.
 * @m: NULL: of a device.
 */
uint64_t hs_migrate_unmap(struct hs_task *self, uint64_t *src, uint64_t n,
			  const struct hs_migrate_vma *m);
/* finalize.c: where migration entries of @from are, @to is mapped, with a reference for each. */
void hs_migrate_remap(struct hs_task *self, struct hs_page *from, struct hs_page *to);

#endif
