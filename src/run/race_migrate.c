/* SPDX-License-Identifier: MIT */
/*
 * race_migrate.c - pages move between system memory and a device, step by step or at once
 *
 * invented: a driver that migrates as <hmmsim/migrate.h> says. It copies what each page holds to
 * one that it allocates; a page for which there is none, or which cannot be copied, stays where it
 * is. A step that moves nothing has nothing to do. A task has one migration at a time.
 */
#include <errno.h>
#include <string.h>

#include "pgmap/pgmap.h"
#include "run/race_state.h"

/* ---- what a race needs ------------------------------------------------------------------- */

static uint64_t race_migrate_pages(const struct hs_race *race, const struct hs_race_step *step)
{
	const struct hs_race_pgmap *pgmap = &race->object[step->arg[0]].pgmap;

	switch (step->op) {
	case HS_RACE_EVICT:
	case HS_RACE_EVICT_SETUP:
		return pgmap->end - pgmap->first;
	case HS_RACE_MIGRATE_TO:
	case HS_RACE_MIGRATE_BACK:
	case HS_RACE_MIGRATE_SETUP:
	case HS_RACE_BACK_SETUP:
		return (step->arg[3] - step->arg[2]) >> HS_PAGE_SHIFT;
	default:
		return 0;
	}
}

static void race_migrate_most(const struct hs_race *race, const struct hs_race_steps *steps,
			      uint64_t *most)
{
	for (size_t i = 0; i < steps->count; i++) {
		uint64_t pages = race_migrate_pages(race, &steps->step[i]);

		*most = pages > *most ? pages : *most;
	}
}

size_t hs_race_migration_bytes(const struct hs_race *race)
{
	uint64_t most = 0;

	race_migrate_most(race, &race->setup, &most);
	race_migrate_most(race, &race->check, &most);
	for (unsigned int i = 0; i < race->tasks; i++)
		race_migrate_most(race, &race->task[i].steps, &most);
	return most ? sizeof(struct hs_race_migration) + 2 * most * sizeof(uint64_t) : 0;
}

/* ---- pages ------------------------------------------------------------------------------- */

/*
 * The slot of a new page with what @from holds; 0: none is free. @pgmap: of which; NULL: system. If
 * the copy @fails, the device keeps the new page with what that held before, or puts it: 0.
 */
static uint64_t race_migrate_copy(struct hs_task *self, struct hs_page *from,
				  struct hs_pgmap *pgmap, const struct hs_race_pgmap *device,
				  bool fails)
{
	struct hs_page *page;

	if (pgmap ? hs_pgmap_page_alloc(self, pgmap, &page) : hs_page_alloc(self, &page))
		return 0;
	hs_page_lock(self, page);
	if (from && !fails)
		hs_dma_set_contents(self, page, hs_dma_contents(self, from));
	if (!from || !fails || device->copy_error == HS_RACE_COPY_ERROR_KEEP)
		return hs_migrate_pfn(hs_page_to_pfn(self, page));
	hs_page_unlock(self, page);
	hs_page_put(self, page);
	return 0;
}

static uint64_t race_migrate_moving(const struct hs_migrate_vma *m)
{
	uint64_t moving = 0;

	for (uint64_t i = 0; i < m->npages; i++)
		moving += m->src[i] & HS_MIGRATE_PFN_MIGRATE && m->dst[i];
	return moving;
}

uint32_t hs_race_migrate_to_ram(struct hs_task *self, struct hs_vm_fault *vmf)
{
	const struct hs_pgmap *pgmap = hs_page_pgmap(self, vmf->page);
	const struct hs_race_pgmap *device;
	uint64_t src, dst;
	struct hs_migrate_vma m = {
		.vma = vmf->vma,
		.src = &src,
		.dst = &dst,
		.start = vmf->addr,
		.end = vmf->addr + HS_PAGE_BYTES,
		.flags = HS_MIGRATE_SELECT_DEVICE_PRIVATE,
		.fault_page = vmf->page,
	};
	bool selected;

	hs_deref(self, pgmap);
	device = hs_pgmap_driver_data(pgmap);
	m.owner = pgmap->owner;
	if (hs_migrate_vma_setup(self, &m))
		return HS_VM_FAULT_SIGBUS;
	selected = src & HS_MIGRATE_PFN_VALID;
	if (selected)
		dst = race_migrate_copy(self, hs_migrate_pfn_to_page(self, src), NULL, device,
					!device->copies);
	hs_migrate_vma_pages(self, &m);
	hs_migrate_vma_finalize(self, &m);
	if (!selected || dst)
		return 0;
	return device->copies ? HS_VM_FAULT_OOM : HS_VM_FAULT_SIGBUS;
}

/* ---- the steps of a migration ------------------------------------------------------------ */

/* Field by field and cleared at the end, because final states are compared by their bytes. */
static struct hs_race_migration *race_migrate_begin(struct hs_task *self, struct hs_race_actor *a,
						    const struct hs_race_step *step)
{
	struct hs_race_migration *g = a->migration;
	uint64_t pages = race_migrate_pages(hs_race_of(a), step);

	hs_race_assert(self, a, !hs_race_held(a, HS_RACE_BIT(MIGRATE_SETUP), HS_RACE_ANY, 0),
		       "the task has begun a migration already");
	hs_race_take(self, a, HS_RACE_MIGRATE_SETUP, step->arg[0]);
	g->object = step->arg[0];
	g->m.npages = pages;
	g->m.src = g->slot;
	g->m.dst = g->slot + pages;
	return g;
}

static struct hs_race_migration *race_migrate_of(struct hs_task *self, struct hs_race_actor *a)
{
	hs_race_assert(self, a, hs_race_held(a, HS_RACE_BIT(MIGRATE_SETUP), HS_RACE_ANY, 0),
		       "the task has begun no migration");
	return a->migration;
}

static void race_migrate_forget(struct hs_race_actor *a)
{
	memset(a->migration, 0, a->state->program->migration_bytes);
	hs_race_drop(a, hs_race_held(a, HS_RACE_BIT(MIGRATE_SETUP), HS_RACE_ANY, 0));
}

static int race_migrate_setup(struct hs_task *self, struct hs_race_actor *a,
			      const struct hs_race_step *step, bool to_device)
{
	struct hs_race_migration *g = race_migrate_begin(self, a, step);
	const struct hs_pgmap *pgmap = a->state->thing[g->object].memory.pgmap;
	struct hs_migrate_vma *m = &g->m;
	int ret;

	hs_deref(self, pgmap);
	g->to_device = to_device;
	g->mm = a->state->thing[step->arg[1]].mm.mm;
	m->start = step->arg[2];
	m->end = step->arg[3];
	m->owner = pgmap->owner;
	m->flags = to_device			     ? HS_MIGRATE_SELECT_SYSTEM
		   : pgmap->type == HS_PGMAP_PRIVATE ? HS_MIGRATE_SELECT_DEVICE_PRIVATE
						     : HS_MIGRATE_SELECT_DEVICE_COHERENT;
	hs_mm_lock_read(self, g->mm);
	m->vma = hs_vma_find(g->mm, m->start);
	ret = hs_migrate_vma_setup(self, m);
	if (!ret)
		return m->cpages ? 0 : HS_RACE_NOTHING;
	hs_mm_unlock_read(self, g->mm);
	race_migrate_forget(a);
	return ret;
}

HS_RACE_DO(MIGRATE_SETUP)
{
	return race_migrate_setup(self, a, step, true);
}

HS_RACE_DO(BACK_SETUP)
{
	return race_migrate_setup(self, a, step, false);
}

HS_RACE_DO(EVICT_SETUP)
{
	struct hs_race_migration *g = race_migrate_begin(self, a, step);
	uint64_t selected = 0;

	hs_migrate_device_range(self, g->m.src, hs_race_of(a)->object[g->object].pgmap.first,
				g->m.npages);
	for (uint64_t i = 0; i < g->m.npages; i++)
		selected += (g->m.src[i] & HS_MIGRATE_PFN_MIGRATE) != 0;
	return selected ? 0 : HS_RACE_NOTHING;
}

/* Where nothing was, a page of the device comes, and none of system memory. */
HS_RACE_DO(MIGRATE_COPY)
{
	struct hs_race_migration *g = race_migrate_of(self, a);
	struct hs_pgmap *pgmap = g->to_device ? a->state->thing[g->object].memory.pgmap : NULL;
	const struct hs_race_pgmap *device = &hs_race_of(a)->object[g->object].pgmap;
	uint64_t copied = 0;

	(void)step;
	hs_race_assert(self, a, !g->copied, "the task has copied already");
	hs_race_assert(self, a, !g->decided, "the task has decided already what moves");
	g->copied = true;
	for (uint64_t i = 0; i < g->m.npages; i++) {
		struct hs_page *from = hs_migrate_pfn_to_page(self, g->m.src[i]);

		if (g->m.src[i] & HS_MIGRATE_PFN_MIGRATE && (from || pgmap))
			g->m.dst[i] = race_migrate_copy(self, from, pgmap, device,
							copied >= device->copies);
		copied += g->m.src[i] & HS_MIGRATE_PFN_MIGRATE && from;
	}
	return race_migrate_moving(&g->m) ? 0 : HS_RACE_NOTHING;
}

HS_RACE_DO(MIGRATE_PAGES)
{
	struct hs_race_migration *g = race_migrate_of(self, a);

	(void)step;
	hs_race_assert(self, a, !g->decided, "the task has decided already what moves");
	g->decided = true;
	if (g->mm) {
		hs_migrate_vma_pages(self, &g->m);
		hs_mm_unlock_read(self, g->mm);
	} else {
		hs_migrate_device_pages(self, g->m.src, g->m.dst, g->m.npages);
	}
	return race_migrate_moving(&g->m) ? 0 : HS_RACE_NOTHING;
}

HS_RACE_DO(MIGRATE_FINALIZE)
{
	struct hs_race_migration *g = race_migrate_of(self, a);

	(void)step;
	hs_race_assert(self, a, g->decided, "the task has not decided what moves");
	if (g->mm)
		hs_migrate_vma_finalize(self, &g->m);
	else
		hs_migrate_device_finalize(self, g->m.src, g->m.dst, g->m.npages);
	race_migrate_forget(a);
	return 0;
}

/* ---- all of them ------------------------------------------------------------------------- */

/* @ret: of the setup. */
static int race_migrate_finish(struct hs_task *self, struct hs_race_actor *a,
			       const struct hs_race_step *step, int ret)
{
	if (ret < 0)
		return ret;
	hs_race_do_MIGRATE_COPY(self, a, step);
	ret = hs_race_do_MIGRATE_PAGES(self, a, step);
	hs_race_do_MIGRATE_FINALIZE(self, a, step);
	return ret;
}

HS_RACE_DO(MIGRATE_TO)
{
	return race_migrate_finish(self, a, step, race_migrate_setup(self, a, step, true));
}

HS_RACE_DO(MIGRATE_BACK)
{
	return race_migrate_finish(self, a, step, race_migrate_setup(self, a, step, false));
}

HS_RACE_DO(EVICT)
{
	return race_migrate_finish(self, a, step, hs_race_do_EVICT_SETUP(self, a, step));
}
