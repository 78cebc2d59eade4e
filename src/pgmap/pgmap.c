/* SPDX-License-Identifier: MIT */
/*
 * pgmap.c - registration and lookup of device memory
 *
 * The index is read inside an RCU section without a lock; machine->pagemap_lock serialises its
 * writers. A lookup may find a dying pgmap, and tryget_live says so. Who unregisters a pgmap waits a
 * grace period before he frees it: no reader then holds a pointer without a reference. How a
 * removal goes about it is drawn in remove.c.
 *
 *	lookup				unregister
 *	rcu_read_lock
 *	index: the pgmap
 *					index: nothing, off the list
 *	tryget_live
 *	rcu_read_unlock			grace period; free
 *
 *	Required outcome: the pgmap is live at tryget_live.
 *	(tests/model/test_removal_model.c: lookup_against_removal_6_0)
 */
#include "pgmap/pgmap.h"

#include <errno.h>

static bool overlaps(const struct hs_machine *m, uint64_t start, uint64_t end)
{
	for (const struct hs_pgmap *p = m->pagemap_list; p; p = p->next)
		if (start < p->end && p->start < end)
			return true;
	return false;
}

static int enlist(struct hs_task *self, struct hs_machine *m, struct hs_pgmap *p)
{
	int ret;

	if (overlaps(m, p->start, p->end))
		return -EEXIST;
	ret = hs_radix_store(self, &m->pagemaps, p->start, p->end - 1, p);
	if (ret)
		return ret;
	p->next = m->pagemap_list;
	m->pagemap_list = p;
	return 0;
}

int hs_pgmap_register(struct hs_task *self, struct hs_pgmap *pgmap)
{
	struct hs_machine *m = hs_task_machine(self);
	int ret;

	hs_spin_lock(self, &m->pagemap_lock);
	ret = enlist(self, m, pgmap);
	hs_spin_unlock(self, &m->pagemap_lock);
	return ret;
}

void hs_pgmap_unregister(struct hs_task *self, struct hs_pgmap *pgmap)
{
	struct hs_machine *m = hs_task_machine(self);
	struct hs_pgmap **at = &m->pagemap_list;
	int ret;

	hs_spin_lock(self, &m->pagemap_lock);
	ret = hs_radix_store(self, &m->pagemaps, pgmap->start, pgmap->end - 1, NULL);
	hs_assert(self, !ret, "erasing a pgmap needs memory");
	while (*at != pgmap)
		at = &(*at)->next;
	*at = pgmap->next;
	hs_spin_unlock(self, &m->pagemap_lock);
}

void hs_pgmap_unmake(struct hs_task *self, struct hs_pgmap *p)
{
	hs_percpu_ref_exit(self, &p->ref);
	hs_free(self, p, HS_KIND_PGMAP, sizeof(*p));
}

int hs_pgmap_make(struct hs_task *self, const struct hs_pgmap_config *c, struct hs_pgmap **out)
{
	struct hs_pgmap *p = hs_alloc(self, HS_KIND_PGMAP, sizeof(*p));

	if (!p)
		return -ENOMEM;
	p->start = c->start;
	p->end = c->end;
	p->first = p->next_page = c->first;
	p->type = c->type;
	p->page_refs = c->page_refs;
	p->removal_order = c->removal_order;
	p->owner = c->owner;
	p->ops = c->ops;
	p->driver_data = c->driver_data;
	hs_spin_init(&p->pages_lock, HS_LOCK_PGMAP_PAGES);
	if (hs_percpu_ref_init(self, &p->ref, hs_pgmap_released,
			       c->atomic ? HS_PERCPU_REF_ATOMIC : 0)) {
		hs_free(self, p, HS_KIND_PGMAP, sizeof(*p));
		return -ENOMEM;
	}
	*out = p;
	return 0;
}

int hs_pgmap_add(struct hs_task *self, enum hs_pgmap_type type, uint64_t start, uint64_t end,
		 const void *owner, struct hs_pgmap **out)
{
	/* No page is its own. */
	struct hs_pgmap_config config = {
		.type = type, .start = start, .end = end, .first = end, .owner = owner
	};
	struct hs_pgmap *p;
	int ret;

	if (start >= end || end > HS_PFN_END || (unsigned int)type >= HS_PGMAP_TYPE_COUNT)
		return -EINVAL;
	ret = hs_pgmap_make(self, &config, &p);
	if (ret)
		return ret;
	ret = hs_pgmap_register(self, p);
	if (ret)
		hs_pgmap_unmake(self, p);
	else
		*out = p;
	return ret;
}

void hs_pgmap_kill(struct hs_task *self, struct hs_pgmap *pgmap)
{
	hs_percpu_ref_kill(self, &pgmap->ref);
}

void hs_pgmap_remove(struct hs_task *self, struct hs_pgmap *pgmap)
{
	hs_assert(self, pgmap->first == pgmap->end, "a pgmap with memory is removed step by step");
	hs_pgmap_unregister(self, pgmap);
	hs_synchronize_rcu(self);
	hs_rcu_barrier(self); /* a kill's callback may still be on its way */
	hs_pgmap_unmake(self, pgmap);
}

bool hs_pgmap_covers(const struct hs_pgmap *pgmap, uint64_t pfn)
{
	return pfn - pgmap->start < pgmap->end - pgmap->start;
}

/* Out of line, as the kernel's: what a call costs is part of what strategies are compared by. */
struct hs_pgmap *hs_pgmap_get(struct hs_task *self, uint64_t pfn, struct hs_pgmap *cached)
{
	struct hs_machine *m = hs_task_machine(self);
	struct hs_pgmap *p;

	if (cached) {
		if (hs_pgmap_covers(cached, pfn))
			return cached;
		hs_pgmap_put(self, cached);
	}
	hs_rcu_read_lock(self);
	p = hs_radix_load(self, &m->pagemaps, pfn);
	if (p && !hs_percpu_ref_tryget_live(self, &p->ref))
		p = NULL;
	hs_rcu_read_unlock(self);
	return p;
}

void hs_pgmap_put(struct hs_task *self, struct hs_pgmap *pgmap)
{
	if (pgmap)
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

int64_t hs_pgmap_refs(struct hs_task *self, struct hs_pgmap *pgmap)
{
	uint64_t sum = hs_percpu_ref_sum(self, &pgmap->ref);
	uint64_t own = hs_percpu_ref_is_dying(self, &pgmap->ref) ? 0 : 1;

	if (!hs_pgmap_step_done(self, pgmap, HS_PGMAP_PUT_PAGES))
		own += hs_pgmap_bulk(pgmap);
	return (int64_t)(sum - own);
}
