/* SPDX-License-Identifier: MIT */
/*
 * pgmap.c - registration and lookup of device memory
 *
 * Lookups read the index inside an RCU section, without a lock. machine->pagemap_lock serialises
 * its writers. A lookup may find a dying pgmap; then its tryget_live fails. The task that
 * unregisters a pgmap waits a grace period before it frees it, because a lookup may still have a
 * pointer to it without a reference. remove.c draws the whole removal.
 *
 *	lookup				unregister
 *	rcu_read_lock
 *	index: the pgmap
 *					index: nothing, off the list
 *	tryget_live
 *	rcu_read_unlock			grace period; free
 *
 *	Required outcome: the pgmap is not freed before tryget_live.
 *	(src/text/scenarios/removal.txt: lookup)
 */
#include "pgmap/pgmap.h"

#include <errno.h>

static bool pgmap_overlaps(struct hs_task *self, const struct hs_machine *m, uint64_t start,
			   uint64_t end)
{
	hs_assert_spin(self, &m->pagemap_lock);
	for (const struct hs_pgmap *p = m->pagemap_list; p; p = p->next)
		if (start < p->end && p->start < end)
			return true;
	return false;
}

/* A pgmap whose removal has begun may have references that are on their way: all count. */
static void pgmap_name_leaks(struct hs_task *boot, struct hs_machine *m, struct hs_leaks *left)
{
	for (struct hs_pgmap *p = m->pagemap_list; p; p = p->next) {
		int64_t refs = hs_pgmap_refs(boot, p);

		if (refs <= 0)
			continue;
		left->pgmap_refs += (uint64_t)refs;
		hs_leaks_add(left, (uint64_t)refs, "%lld reference to the pgmap of pfn 0x%llx",
			     (long long)refs, (unsigned long long)p->start);
	}
}

static int pgmap_enlist(struct hs_task *self, struct hs_machine *m, struct hs_pgmap *p)
{
	int ret;

	if (pgmap_overlaps(self, m, p->start, p->end))
		return -EEXIST;
	ret = hs_radix_store(self, &m->pagemaps, p->start, p->end - 1, p);
	if (ret)
		return ret;
	m->name_pgmap_leaks = pgmap_name_leaks;
	p->next = m->pagemap_list;
	m->pagemap_list = p;
	return 0;
}

int hs_pgmap_register(struct hs_task *self, struct hs_pgmap *pgmap)
{
	struct hs_machine *m = hs_machine_of(self);
	int ret;

	hs_spin_lock(self, &m->pagemap_lock);
	ret = pgmap_enlist(self, m, pgmap);
	hs_spin_unlock(self, &m->pagemap_lock);
	return ret;
}

void hs_pgmap_unregister(struct hs_task *self, struct hs_pgmap *pgmap)
{
	struct hs_machine *m = hs_machine_of(self);
	struct hs_pgmap **at = &m->pagemap_list;
	int ret;

	hs_spin_lock(self, &m->pagemap_lock);
	hs_assert_spin(self, &m->pagemap_lock);
	ret = hs_radix_store(self, &m->pagemaps, pgmap->start, pgmap->end - 1, NULL);
	hs_assert(self, !ret, "hs_pgmap_unregister: erasing from the index failed");
	while (*at != pgmap)
		at = &(*at)->next;
	*at = pgmap->next;
	hs_spin_unlock(self, &m->pagemap_lock);
}

bool hs_pgmap_covers(const struct hs_pgmap *pgmap, uint64_t pfn)
{
	return pfn - pgmap->start < pgmap->end - pgmap->start;
}

/* Out of line, as in the kernel, because comparisons of strategies include the cost of the call. */
struct hs_pgmap *hs_pgmap_get(struct hs_task *self, uint64_t pfn, struct hs_pgmap *cached)
{
	struct hs_machine *m = hs_machine_of(self);
	struct hs_pgmap *p;

	if (cached) {
		if (hs_pgmap_covers(cached, pfn)) {
			if (HS_BREAK(PGMAP_GET_PUTS_CACHED))
				hs_pgmap_put(self, cached);
			return cached;
		}
		hs_pgmap_put(self, cached);
	}
	hs_rcu_read_lock(self);
	p = hs_radix_load(self, &m->pagemaps, pfn);
	HS_BREAK_RCU_GAP(PGMAP_GET_GAP, self);
	if (p && !hs_percpu_ref_tryget_live(self, &p->ref) && !HS_BREAK(PGMAP_GET_DEAD))
		p = NULL;
	hs_rcu_read_unlock(self);
	*hs_task_tally(self) += p != NULL;
	return p;
}

void hs_pgmap_put(struct hs_task *self, struct hs_pgmap *pgmap)
{
	if (!pgmap)
		return;
	*hs_task_tally(self) -= 1;
	hs_percpu_ref_put_many(self, &pgmap->ref, 1);
}

enum hs_pgmap_type hs_pgmap_type(const struct hs_pgmap *pgmap)
{
	return pgmap->type;
}

uint64_t hs_pgmap_start(const struct hs_pgmap *pgmap)
{
	return pgmap->start;
}

uint64_t hs_pgmap_end(const struct hs_pgmap *pgmap)
{
	return pgmap->end;
}

const void *hs_pgmap_owner(const struct hs_pgmap *pgmap)
{
	return pgmap->owner;
}

void *hs_pgmap_driver_data(const struct hs_pgmap *pgmap)
{
	return pgmap->driver_data;
}
