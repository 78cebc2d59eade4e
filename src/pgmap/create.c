/* SPDX-License-Identifier: MIT */
/*
 * create.c - device memory comes into being
 *
 * same: memremap_pages() (v6.12, mm/memremap.c): its checks in its order, and the order of its steps:
 * the index names the pgmap before its struct pages are there.
 *
 *	lookup				creation
 *					index: store
 *	tryget_live: true		struct pages
 *					the core's references for the pages
 *
 *	Required outcome: who looked it up holds a reference; a creation that fails then waits for it,
 *	as a removal does. (tests/model/test_removal_model.c: failed_creation_waits_for_a_lookup)
 */
#include <errno.h>

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

static bool makes_sense(const struct hs_pgmap_config *c)
{
	return (unsigned int)c->type < HS_PGMAP_TYPE_COUNT &&
	       (unsigned int)c->page_refs < HS_PAGE_REFS_COUNT &&
	       (unsigned int)c->removal_order < HS_REMOVAL_ORDER_COUNT && c->start < c->end &&
	       c->end <= HS_PFN_END && c->first >= c->start && c->first < c->end;
}

static bool type_has_what_it_needs(const struct hs_pgmap_config *c)
{
	bool frees = c->ops && c->ops->page_free, old = c->page_refs == HS_PAGE_REFS_5_3;

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

static bool belongs_to_a_pgmap(struct hs_task *self, uint64_t pfn)
{
	struct hs_pgmap *p = hs_pgmap_get(self, pfn, NULL);

	hs_pgmap_put(self, p);
	return p;
}

static int check_range(struct hs_task *self, const struct hs_pgmap *p)
{
	uint64_t mask = hs_subsection_pages(hs_task_machine(self)) - 1;

	if (belongs_to_a_pgmap(self, p->start) || belongs_to_a_pgmap(self, p->end - 1))
		return -ENOMEM;
	if (hs_memory_is_ram(self, p->start, p->end))
		return -ENXIO;
	return p->start & mask || p->end & mask ? -EINVAL : 0;
}

/* ---- steps ------------------------------------------------------------------------------- */

/* -EEXIST, -ENOMEM. The pgmap is registered. */
static int add_memory(struct hs_task *self, struct hs_pgmap *p)
{
	int ret = hs_memory_add_device(self, p->start, p->end);

	if (ret)
		return ret;
	ret = hs_memory_init_device(self, p->first, p->end, p, hs_page_idle_count(p));
	if (ret)
		hs_memory_remove_device(self, p->start, p->end);
	return ret;
}

/* Somebody may have looked it up: the reference is killed and waited for. */
static void unregister(struct hs_task *self, struct hs_pgmap *p)
{
	hs_pgmap_step(self, p, HS_PGMAP_KILL);
	hs_pgmap_step(self, p, HS_PGMAP_WAIT);
	hs_pgmap_step(self, p, HS_PGMAP_ERASE);
}

int hs_pgmap_create(struct hs_task *self, const struct hs_pgmap_config *config,
		    struct hs_pgmap **out)
{
	struct hs_pgmap *p;
	int ret;

	if (!makes_sense(config) || !type_has_what_it_needs(config))
		return -EINVAL;
	ret = hs_pgmap_make(self, config, &p);
	if (ret)
		return ret;
	ret = check_range(self, p);
	if (ret)
		goto unmake;
	ret = hs_pgmap_register(self, p);
	if (ret)
		goto unmake;
	ret = add_memory(self, p);
	if (ret)
		goto unregister;
	if (hs_pgmap_bulk(p))
		hs_percpu_ref_get_many(self, &p->ref, hs_pgmap_bulk(p));
	*out = p;
	return 0;
unregister:
	unregister(self, p);
unmake:
	hs_pgmap_unmake(self, p);
	return ret;
}
