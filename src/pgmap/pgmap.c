/* SPDX-License-Identifier: MIT */
/*
 * pgmap.c - registration and lookup of device memory
 *
 * The index is read inside an RCU section without a lock; machine->pagemap_lock serialises its
 * writers. A lookup may find a dying pgmap, and tryget_live says so. hs_pgmap_remove() erases the
 * pgmap, waits a grace period, and only then frees: no reader then holds a pointer without a
 * reference.
 */
#include "pgmap/pgmap.h"

#include <errno.h>

#define HS_PFN_END ((uint64_t)1 << 40)

static void released(struct hs_task *self, struct hs_percpu_ref *ref)
{
	struct hs_pgmap *p = (struct hs_pgmap *)((char *)ref - offsetof(struct hs_pgmap, ref));

	hs_u32_or(self, &p->done, 1u << HS_PGMAP_WAIT, HS_RELEASE);
	hs_wake_all(self, &hs_task_machine(self)->pagemap_queue);
}

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

int hs_pgmap_add(struct hs_task *self, enum hs_pgmap_type type, uint64_t start, uint64_t end,
		 const void *owner, struct hs_pgmap **out)
{
	struct hs_machine *m = hs_task_machine(self);
	struct hs_pgmap *p;
	int ret;

	if (start >= end || end > HS_PFN_END || (unsigned int)type >= HS_PGMAP_TYPES)
		return -EINVAL;
	p = hs_alloc(self, HS_KIND_PGMAP, sizeof(*p));
	if (!p)
		return -ENOMEM;
	p->start = start;
	p->end = p->first = end;
	p->type = type;
	p->owner = owner;
	hs_spin_init(&p->pages_lock, HS_LOCK_PGMAP_PAGES);
	ret = hs_percpu_ref_init(self, &p->ref, released, 0);
	if (ret)
		goto free;
	hs_spin_lock(self, &m->pagemap_lock);
	ret = enlist(self, m, p);
	hs_spin_unlock(self, &m->pagemap_lock);
	if (ret)
		goto exit;
	*out = p;
	return 0;
exit:
	hs_percpu_ref_exit(self, &p->ref);
free:
	hs_free(self, p, HS_KIND_PGMAP, sizeof(*p));
	return ret;
}

void hs_pgmap_kill(struct hs_task *self, struct hs_pgmap *pgmap)
{
	hs_percpu_ref_kill(self, &pgmap->ref);
}

static void delist(struct hs_task *self, struct hs_machine *m, struct hs_pgmap *p)
{
	struct hs_pgmap **at = &m->pagemap_list;
	int ret = hs_radix_store(self, &m->pagemaps, p->start, p->end - 1, NULL);

	hs_assert(self, !ret, "erasing a pgmap needs memory");
	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
}

void hs_pgmap_remove(struct hs_task *self, struct hs_pgmap *pgmap)
{
	struct hs_machine *m = hs_task_machine(self);

	hs_spin_lock(self, &m->pagemap_lock);
	delist(self, m, pgmap);
	hs_spin_unlock(self, &m->pagemap_lock);
	hs_synchronize_rcu(self);
	hs_rcu_barrier(self); /* a kill's callback may still be on its way */
	hs_percpu_ref_exit(self, &pgmap->ref);
	hs_free(self, pgmap, HS_KIND_PGMAP, sizeof(*pgmap));
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

const void *hs_pgmap_owner(const struct hs_pgmap *pgmap)
{
	return pgmap->owner;
}

int64_t hs_pgmap_refs(struct hs_task *self, struct hs_pgmap *pgmap)
{
	uint64_t sum = hs_percpu_ref_sum(self, &pgmap->ref);

	return (int64_t)sum - (hs_percpu_ref_is_dying(self, &pgmap->ref) ? 0 : 1);
}
