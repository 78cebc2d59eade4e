/* SPDX-License-Identifier: MIT */
/*
 * create.c - creation of device memory
 *
 * same: memremap_pages() (v6.12, mm/memremap.c): its checks in its order, and its steps in its
 * order. A lookup may find the pgmap before its struct pages exist.
 *
 *	lookup				creation
 *					index: store
 *	tryget_live: true		struct pages
 *					the core's references for the pages
 *
 *	Required outcome: the lookup holds a reference. A creation that fails then waits until it is
 *	put, as a removal does.
 *	(tests/model/test_removal_model.c: failed_creation_waits_for_a_lookup)
 *
 * A registration alone has no drain. Its end must wait for the callback of the kill by itself,
 * because a grace period does not: the callback may run after it.
 *
 *	end of a registration		callback of the kill
 *	kill: call_rcu
 *	erase; a grace period
 *					sum the counters
 *	barrier				put the temporary reference, wake
 *	exit: free the counters
 *	free the pgmap
 *
 *	Required outcome: counters and pgmap are live when the callback touches them.
 *	(tests/model/test_removal_model.c: end_of_a_registration_waits_for_the_kill)
 */
#include <errno.h>
#include <string.h>

#include "memory/hotplug.h"
#include "pgmap/pgmap.h"

void hs_pgmap_config_init(struct hs_pgmap_config *config, enum hs_pgmap_type type, uint64_t start,
			  uint64_t end)
{
	*config = (struct hs_pgmap_config){
		.type = type,
		.start = start,
		.end = end,
		.first = start,
		.page_refs = HS_PAGE_REFS_6_1,
		.removal_order = HS_REMOVAL_ORDER_6_0,
	};
}

/* ---- checks ------------------------------------------------------------------------------ */

static bool pgmap_create_makes_sense(const struct hs_pgmap_config *c)
{
	return (unsigned int)c->type < HS_PGMAP_TYPE_COUNT &&
	       (unsigned int)c->page_refs < HS_PAGE_REFS_COUNT &&
	       (unsigned int)c->removal_order < HS_REMOVAL_ORDER_COUNT && c->start < c->end &&
	       c->end <= HS_PFN_END && c->first >= c->start && c->first < c->end;
}

static bool pgmap_create_suits_type(const struct hs_pgmap_config *c)
{
	bool frees = c->ops && c->ops->page_free, old = c->page_refs == HS_PAGE_REFS_5_3;

	if (c->own_list && c->page_refs < HS_PAGE_REFS_6_1)
		return false;
	if (c->own_list && c->type != HS_PGMAP_PRIVATE && c->type != HS_PGMAP_COHERENT)
		return false;
	switch (c->type) {
	case HS_PGMAP_PRIVATE:
		return frees && c->ops->migrate_to_ram && (c->owner || old);
	case HS_PGMAP_COHERENT:
		return (frees && c->owner) || old;
	case HS_PGMAP_FS_DAX:
		return !c->limited;
	default:
		return true;
	}
}

static bool pgmap_create_is_taken(struct hs_task *self, uint64_t pfn)
{
	struct hs_pgmap *p = hs_pgmap_get(self, pfn, NULL);

	hs_pgmap_put(self, p);
	return p;
}

static int pgmap_create_check_range(struct hs_task *self, const struct hs_pgmap *p)
{
	uint64_t mask = hs_subsection_pages(hs_machine_of(self)) - 1;

	if (pgmap_create_is_taken(self, p->start) || pgmap_create_is_taken(self, p->end - 1))
		return -ENOMEM;
	if (hs_memory_is_ram(self, p->start, p->end) || hs_pgmap_covers(p, HS_ZERO_PFN))
		return -ENXIO;
	return p->start & mask || p->end & mask ? -EINVAL : 0;
}

/* ---- the object ------------------------------------------------------------------------- */

/* A storage may have held another pgmap before. */
static struct hs_pgmap *pgmap_create_place(struct hs_task *self, struct hs_pgmap_storage *storage)
{
	struct hs_pgmap *p = (struct hs_pgmap *)(void *)storage;

	if (!storage)
		return hs_alloc(self, HS_KIND_PGMAP, sizeof(*p));
	memset(p, 0, sizeof(*p));
	p->embedded = true;
	return p;
}

void hs_pgmap_release_object(struct hs_task *self, struct hs_pgmap *pgmap)
{
	if (!pgmap->embedded)
		hs_free(self, pgmap, HS_KIND_PGMAP, sizeof(*pgmap));
}

static int pgmap_create_make(struct hs_task *self, const struct hs_pgmap_config *c,
			     struct hs_pgmap **out)
{
	struct hs_pgmap *p = pgmap_create_place(self, c->storage);

	if (!p)
		return -ENOMEM;
	p->start = c->start;
	p->end = c->end;
	p->first = p->next_page = c->first;
	p->type = c->type;
	p->page_refs = c->page_refs;
	p->removal_order = c->removal_order;
	p->own_list = c->own_list;
	p->owner = c->owner;
	p->ops = c->ops;
	p->driver_data = c->driver_data;
	hs_spin_init(&p->pages_lock, HS_LOCK_PGMAP_PAGES);
	if (hs_percpu_ref_init(self, &p->ref, hs_pgmap_released,
			       c->atomic ? HS_PERCPU_REF_ATOMIC : 0)) {
		hs_pgmap_release_object(self, p);
		return -ENOMEM;
	}
	*out = p;
	return 0;
}

static void pgmap_create_unmake(struct hs_task *self, struct hs_pgmap *p)
{
	hs_percpu_ref_exit(self, &p->ref);
	hs_pgmap_release_object(self, p);
}

/* ---- steps ------------------------------------------------------------------------------- */

/* The pgmap is registered. 0, -EEXIST or -ENOMEM. */
static int pgmap_create_add_memory(struct hs_task *self, struct hs_pgmap *p)
{
	int ret = hs_memory_add_device(self, p->start, p->end);

	if (ret)
		return ret;
	ret = hs_memory_init_device(self, p->first, p->end, p, hs_page_idle_count(p));
	if (ret)
		hs_memory_remove_device(self, p->start, p->end, hs_page_idle_count(p));
	return ret;
}

/* A lookup may hold a reference: it is waited for. */
static void pgmap_create_unregister(struct hs_task *self, struct hs_pgmap *p)
{
	hs_pgmap_step(self, p, HS_PGMAP_KILL);
	if (!HS_BREAK(CREATE_FAILED_NO_WAIT))
		hs_pgmap_step(self, p, HS_PGMAP_WAIT);
	hs_pgmap_step(self, p, HS_PGMAP_ERASE);
}

int hs_pgmap_create(struct hs_task *self, const struct hs_pgmap_config *config,
		    struct hs_pgmap **out)
{
	struct hs_pgmap *p;
	int ret;

	hs_might_sleep(self);
	if (!pgmap_create_makes_sense(config) || !pgmap_create_suits_type(config))
		return -EINVAL;
	ret = pgmap_create_make(self, config, &p);
	if (ret)
		return ret;
	ret = pgmap_create_check_range(self, p);
	if (ret)
		goto unmake;
	ret = hs_pgmap_register(self, p);
	if (ret)
		goto unmake;
	ret = pgmap_create_add_memory(self, p);
	if (ret)
		goto unregister;
	if (hs_pgmap_bulk(p))
		hs_percpu_ref_get_many(self, &p->ref, hs_pgmap_bulk(p));
	*out = p;
	return 0;
unregister:
	pgmap_create_unregister(self, p);
unmake:
	pgmap_create_unmake(self, p);
	return ret;
}

/* ---- registration alone ------------------------------------------------------------------ */

int hs_pgmap_add(struct hs_task *self, enum hs_pgmap_type type, uint64_t start, uint64_t end,
		 const void *owner, struct hs_pgmap **out)
{
	/* .first = .end: no page belongs to it. */
	struct hs_pgmap_config config = {
		.type = type, .start = start, .end = end, .first = end, .owner = owner
	};
	struct hs_pgmap *p;
	int ret;

	if (start >= end || end > HS_PFN_END || (unsigned int)type >= HS_PGMAP_TYPE_COUNT)
		return -EINVAL;
	ret = pgmap_create_make(self, &config, &p);
	if (ret)
		return ret;
	ret = hs_pgmap_register(self, p);
	if (ret)
		pgmap_create_unmake(self, p);
	else
		*out = p;
	return ret;
}

void hs_pgmap_kill(struct hs_task *self, struct hs_pgmap *pgmap)
{
	hs_assert_at(self, HS_HERE, pgmap->first == pgmap->end,
		     "hs_pgmap_kill: the pgmap has memory; use hs_pgmap_step()");
	hs_percpu_ref_kill(self, &pgmap->ref);
}

void hs_pgmap_remove(struct hs_task *self, struct hs_pgmap *pgmap)
{
	int64_t refs;

	hs_assert_at(self, HS_HERE, pgmap->first == pgmap->end,
		     "hs_pgmap_remove: the pgmap has memory; use hs_pgmap_destroy()");
	hs_might_sleep(self);
	hs_pgmap_unregister(self, pgmap);
	if (!HS_BREAK(PGMAP_REMOVE_NO_GRACE))
		hs_synchronize_rcu(self);
	if (!HS_BREAK(PGMAP_REMOVE_NO_BARRIER))
		hs_rcu_barrier(self);
	refs = hs_pgmap_refs(self, pgmap);
	hs_assert_at(self, HS_HERE, !refs,
		     "hs_pgmap_remove: %lld references to the pgmap of pfn 0x%llx are held",
		     (long long)refs, (unsigned long long)pgmap->start);
	pgmap_create_unmake(self, pgmap);
}
