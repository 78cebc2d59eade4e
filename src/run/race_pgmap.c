/* SPDX-License-Identifier: MIT */
/*
 * race_pgmap.c - device memory, step by step: references to pgmaps and pages, and its removal
 *
 * invented. A page that a step names by its pfn is the struct page that lay there after the set-up,
 * as pfn_to_page() is arithmetic: a step does not look whether its memory is still there.
 */
#include <errno.h>

#include "device/device.h"
#include "device/dmirror.h"
#include "run/race_state.h"

/* ---- judging ----------------------------------------------------------------------------- */

static void race_pgmap_judge_word(struct hs_task *self, struct hs_race_actor *a,
				  const struct hs_race_object *memory, const char *name,
				  const hs_u64 *entry)
{
	uint64_t word, pfn;

	HS_RACE_WORD(self, a, word = hs_u64_load(self, entry, HS_RELAXED));
	pfn = word & HS_ENTRY_PFN;
	hs_race_judge(self, a, HS_RACE_S1,
		      !(word & HS_PFN_VALID) || pfn < memory->pgmap.start ||
			      pfn >= memory->pgmap.end,
		      "S1: %s maps page %#llx, and its struct page is gone", name,
		      (unsigned long long)pfn);
}

/* The page table of a device of whatever kind; NULL: the object is none. */
static const hs_u64 *race_pgmap_table(const struct hs_race_object *o,
				      const struct hs_race_thing *thing)
{
	switch (o->kind) {
	case HS_RACE_DRIVER:
		return thing->device.entry;
	case HS_RACE_DMIRROR:
		return thing->dmirror->table;
	case HS_RACE_DEVICE:
		return thing->closed ? NULL : thing->hardware->table;
	default:
		return NULL;
	}
}

void hs_race_judge_s1(struct hs_task *self, struct hs_race_actor *a, uint64_t object)
{
	const struct hs_race *race = hs_race_of(a);

	for (unsigned int i = 0; hs_race_must(a->state, HS_RACE_S1) && i < race->objects; i++) {
		const struct hs_race_object *o = &race->object[i];
		const hs_u64 *table = race_pgmap_table(o, &a->state->thing[i]);
		uint64_t pages = table ? (o->driver.end - o->driver.start) >> HS_PAGE_SHIFT : 0;

		for (uint64_t n = 0; n < pages; n++)
			race_pgmap_judge_word(self, a, &race->object[object], o->name, &table[n]);
	}
}

void hs_race_judge_s4(struct hs_task *self, struct hs_race_actor *a, const char *name,
		      uint64_t owner, uint64_t word)
{
	const struct hs_race *race = hs_race_of(a);
	uint64_t pfn = word & HS_ENTRY_PFN;

	if (!(word & HS_PFN_VALID) || !hs_race_must(a->state, HS_RACE_S4))
		return;
	for (unsigned int i = 0; i < race->objects; i++) {
		const struct hs_race_object *o = &race->object[i];

		hs_race_judge(self, a, HS_RACE_S4,
			      o->kind != HS_RACE_PGMAP || o->pgmap.type != HS_PGMAP_PRIVATE ||
				      pfn < o->pgmap.start || pfn >= o->pgmap.end ||
				      (owner && owner == o->pgmap.owner),
			      "S4: %s maps page %#llx of %s, which has another owner", name,
			      (unsigned long long)pfn, o->name);
	}
}

/* The zero page is never removed. */
void hs_race_judge_s2(struct hs_task *self, struct hs_race_actor *a, uint64_t pfn, const char *name)
{
	if (!hs_race_must(a->state, HS_RACE_S2) || pfn == HS_ZERO_PFN)
		return;
	hs_race_judge(self, a, HS_RACE_S2, hs_pfn_life(self, pfn) == HS_PAGE_LIVE,
		      "S2: %s touches page %#llx, which is gone", name, (unsigned long long)pfn);
}

/* ---- references to pgmaps ---------------------------------------------------------------- */

HS_RACE_DO(GET)
{
	struct hs_pgmap *pgmap = hs_pgmap_get(self, step->arg[0], NULL);

	if (!pgmap)
		return HS_RACE_AGAIN;
	hs_race_take(self, a, HS_RACE_GET, 0)->pgmap = pgmap;
	return 0;
}

HS_RACE_DO(GET_CACHED)
{
	struct hs_race_hold *hold = hs_race_held(a, HS_RACE_BIT(GET), HS_RACE_ANY, 0);

	hs_race_assert(self, a, hold, "the task holds no pgmap");
	hold->pgmap = hs_pgmap_get(self, step->arg[0], hold->pgmap);
	if (hold->pgmap)
		return 0;
	hs_race_drop(a, hold);
	return HS_RACE_AGAIN;
}

HS_RACE_DO(PUT)
{
	struct hs_race_hold *hold = hs_race_held(a, HS_RACE_BIT(GET), HS_RACE_ANY, 0);
	struct hs_pgmap *pgmap;

	(void)step;
	hs_race_assert(self, a, hold, "the task holds no pgmap");
	pgmap = hold->pgmap;
	hs_race_drop(a, hold);
	hs_pgmap_put(self, pgmap);
	return 0;
}

/* ---- references to pages ----------------------------------------------------------------- */

/* NULL: S2 is not judged, and the page is gone. */
static struct hs_page *race_pgmap_page(struct hs_task *self, struct hs_race_actor *a, uint64_t pfn)
{
	const struct hs_race_program *p = a->state->program;
	struct hs_page *page = NULL;

	if (!hs_race_must(a->state, HS_RACE_S2) && hs_pfn_life(self, pfn) != HS_PAGE_LIVE)
		return NULL;
	for (size_t i = 0; a->index && i < p->pfns; i++)
		if (p->pfn[i] == pfn)
			page = a->state->page[i];
	if (!page)
		page = hs_pfn_to_page(self, pfn);
	hs_race_judge(self, a, HS_RACE_S2, page, "S2: page %#llx is used, and there is none",
		      (unsigned long long)pfn);
	return page;
}

HS_RACE_DO(PAGE_GET)
{
	struct hs_page *page = race_pgmap_page(self, a, step->arg[0]);

	if (!page)
		return HS_RACE_NOTHING;
	hs_page_get(self, page);
	hs_race_take(self, a, HS_RACE_PAGE_GET, step->arg[0])->page = page;
	return 0;
}

HS_RACE_DO(PAGE_TRYGET)
{
	struct hs_page *page = race_pgmap_page(self, a, step->arg[0]);

	if (!page || !hs_page_tryget(self, page))
		return HS_RACE_AGAIN;
	hs_race_take(self, a, HS_RACE_PAGE_GET, step->arg[0])->page = page;
	return 0;
}

HS_RACE_DO(PAGE_PUT)
{
	struct hs_race_hold *hold = hs_race_held(a, HS_RACE_BIT(PAGE_GET), step->arg[0], 0);
	struct hs_page *page = race_pgmap_page(self, a, step->arg[0]);

	if (hold)
		hs_race_drop(a, hold);
	if (!page)
		return HS_RACE_NOTHING;
	hs_page_put(self, page);
	return 0;
}

HS_RACE_DO(PIN)
{
	struct hs_pgmap *pgmap = hs_pgmap_get(self, step->arg[0], NULL);
	struct hs_page *page;

	if (!pgmap)
		return HS_RACE_AGAIN;
	page = hs_pfn_to_page(self, step->arg[0]);
	hs_race_judge(self, a, HS_RACE_S2, page, "S2: page %#llx is pinned, and there is none",
		      (unsigned long long)step->arg[0]);
	hs_page_get(self, page);
	hs_pgmap_put(self, pgmap);
	hs_race_take(self, a, HS_RACE_PAGE_GET, step->arg[0])->page = page;
	return 0;
}

HS_RACE_DO(PAGE_TOUCH)
{
	struct hs_page *page;

	if (!hs_race_must(a->state, HS_RACE_S2))
		return 0;
	page = race_pgmap_page(self, a, step->arg[0]);
	hs_page_private(self, page);
	return 0;
}

HS_RACE_DO(PAGE_LOCK)
{
	struct hs_page *page = race_pgmap_page(self, a, step->arg[0]);

	if (!page)
		return HS_RACE_NOTHING;
	hs_page_lock(self, page);
	hs_race_take(self, a, HS_RACE_PAGE_LOCK, step->arg[0])->page = page;
	return 0;
}

HS_RACE_DO(PAGE_TRYLOCK)
{
	struct hs_page *page = race_pgmap_page(self, a, step->arg[0]);

	if (!page)
		return HS_RACE_NOTHING;
	if (!hs_page_trylock(self, page))
		return HS_RACE_AGAIN;
	hs_race_take(self, a, HS_RACE_PAGE_LOCK, step->arg[0])->page = page;
	return 0;
}

HS_RACE_DO(PAGE_UNLOCK)
{
	struct hs_race_hold *hold = hs_race_held(a, HS_RACE_BIT(PAGE_LOCK), step->arg[0], 0);
	struct hs_page *page = race_pgmap_page(self, a, step->arg[0]);

	if (hold)
		hs_race_drop(a, hold);
	if (!page)
		return HS_RACE_NOTHING;
	hs_page_unlock(self, page);
	return 0;
}

HS_RACE_DO(ALLOC)
{
	struct hs_page *page;
	int ret = hs_pgmap_page_alloc(self, a->state->thing[step->arg[0]].memory.pgmap, &page);

	if (ret)
		return ret == -EINVAL ? ret : HS_RACE_AGAIN;
	hs_race_take(self, a, HS_RACE_ALLOC, step->arg[0])->page = page;
	return 0;
}

HS_RACE_DO(FREE_PAGE)
{
	struct hs_race_hold *hold = hs_race_held(a, HS_RACE_BIT(ALLOC), HS_RACE_ANY, 0);
	struct hs_page *page;

	(void)step;
	hs_race_assert(self, a, hold, "the task has allocated no page");
	page = hold->page;
	hs_race_drop(a, hold);
	hs_page_put(self, page);
	return 0;
}

/* ---- removal ----------------------------------------------------------------------------- */

HS_RACE_DO(DISABLE)
{
	hs_mapping_disable(self, a->state->thing[step->arg[0]].file);
	return 0;
}

HS_RACE_DO(UNMAP)
{
	hs_unmap_mapping_range(self, a->state->thing[step->arg[0]].file, step->arg[1], step->arg[2],
			       true);
	return 0;
}

static struct hs_race_memory *race_pgmap_of(struct hs_race_actor *a,
					    const struct hs_race_step *step)
{
	return &a->state->thing[step->arg[0]].memory;
}

/* What was taken is plain data, because one task removes a pgmap, and the check comes after it. */
static void race_pgmap_step(struct hs_task *self, struct hs_race_actor *a,
			    const struct hs_race_step *step, enum hs_pgmap_step what)
{
	struct hs_race_memory *m = race_pgmap_of(a, step);

	hs_race_assert(self, a, !m->freed, "%s is freed already",
		       hs_race_name(a->state, step->arg[0]));
	m->taken |= 1u << what;
	hs_pgmap_step(self, m->pgmap, what);
	if (what != HS_PGMAP_MEMORY)
		return;
	m->gone = true;
	hs_race_judge_s1(self, a, step->arg[0]);
}

HS_RACE_DO(KILL)
{
	race_pgmap_step(self, a, step, HS_PGMAP_KILL);
	return 0;
}

HS_RACE_DO(PUT_PAGES)
{
	race_pgmap_step(self, a, step, HS_PGMAP_PUT_PAGES);
	return 0;
}

HS_RACE_DO(DRAIN)
{
	race_pgmap_step(self, a, step, HS_PGMAP_WAIT);
	return 0;
}

HS_RACE_DO(MEMORY)
{
	race_pgmap_step(self, a, step, HS_PGMAP_MEMORY);
	return 0;
}

HS_RACE_DO(ERASE)
{
	race_pgmap_step(self, a, step, HS_PGMAP_ERASE);
	return 0;
}

HS_RACE_DO(EXIT)
{
	race_pgmap_step(self, a, step, HS_PGMAP_EXIT);
	return 0;
}

HS_RACE_DO(FREE)
{
	struct hs_race_memory *m = race_pgmap_of(a, step);

	hs_race_assert(self, a, !m->freed, "%s is freed already",
		       hs_race_name(a->state, step->arg[0]));
	m->freed = true;
	hs_pgmap_free(self, m->pgmap);
	return 0;
}

HS_RACE_DO(REMOVE)
{
	struct hs_race_memory *m = race_pgmap_of(a, step);
	const enum hs_pgmap_step *steps;

	hs_race_assert(self, a, !m->freed, "%s is freed already",
		       hs_race_name(a->state, step->arg[0]));
	steps = hs_removal_steps(hs_pgmap_removal_order(m->pgmap));
	for (int i = 0; i < HS_PGMAP_STEP_COUNT; i++)
		race_pgmap_step(self, a, step, steps[i]);
	return hs_race_do_FREE(self, a, step);
}

/* Pages that a task holds are allocated, with those that entries map. */
HS_RACE_DO(ASSERT_REFS)
{
	struct hs_page *page = race_pgmap_page(self, a, step->arg[0]);
	uint64_t refs;

	if (!page)
		return HS_RACE_NOTHING;
	refs = hs_page_count(self, page);
	hs_race_answer(self, a, refs == step->arg[1],
		       "there are %llu references to page %#llx, expected %llu",
		       (unsigned long long)refs, (unsigned long long)step->arg[0],
		       (unsigned long long)step->arg[1]);
	return 0;
}

HS_RACE_DO(ASSERT_PAGES)
{
	const struct hs_race_memory *m = race_pgmap_of(a, step);
	uint64_t pages = m->freed ? 0 : hs_pgmap_pages_allocated(self, m->pgmap);

	hs_race_answer(self, a, pages == step->arg[1],
		       "%llu pages of %s are allocated, expected %llu", (unsigned long long)pages,
		       hs_race_name(a->state, step->arg[0]), (unsigned long long)step->arg[1]);
	return 0;
}

/* ---- the end ----------------------------------------------------------------------------- */

void hs_race_put_holds(struct hs_task *self, struct hs_race_state *s)
{
	for (unsigned int i = 1; i <= s->program->race->tasks; i++) {
		struct hs_race_actor *a = &s->actor[i];

		while (a->holds) {
			struct hs_race_hold *hold = &a->hold[a->holds - 1];

			if (hold->op == HS_RACE_GET)
				hs_pgmap_put(self, hold->pgmap);
			else if (hold->op == HS_RACE_ALLOC ||
				 (hold->op == HS_RACE_PAGE_GET &&
				  hs_pfn_life(self, hold->key) == HS_PAGE_LIVE))
				hs_page_put(self, hold->page);
			hs_race_drop(a, hold);
		}
	}
}

/* Where a page of the pgmap was taken that is not put; @place: not by a step. */
static const char *race_pgmap_left(const struct hs_race_state *s, uint64_t object,
				   const char *place)
{
	const struct hs_race_pgmap *p = &s->program->race->object[object].pgmap;

	for (unsigned int i = 0; i <= s->program->race->tasks; i++)
		for (unsigned int n = 0; n < s->actor[i].holds; n++) {
			const struct hs_race_hold *hold = &s->actor[i].hold[n];

			if ((hold->op == HS_RACE_ALLOC && hold->key == object) ||
			    (hold->op == HS_RACE_PAGE_GET && hold->key >= p->start &&
			     hold->key < p->end))
				return hs_race_place(s, hold->line);
		}
	return place;
}

/* Each page of refs=5.3 has a reference to its pgmap until it is put. */
static void race_pgmap_judge_drain(struct hs_task *self, struct hs_race_actor *a,
				   struct hs_race_memory *m, uint64_t object)
{
	int64_t refs;

	hs_rcu_barrier(self); /* as in hs_race_end_memory() */
	refs = hs_pgmap_refs(self, m->pgmap);
	if (refs <= 0)
		return;
	a->state->violated = HS_RACE_S3;
	hs_fail(self, race_pgmap_left(a->state, object, a->place),
		"a drain of %s would never end, because of %lld of its pages",
		hs_race_name(a->state, object), (long long)refs);
}

/* Takes the steps that no task has taken. */
static void race_pgmap_finish(struct hs_task *self, struct hs_race_actor *a,
			      struct hs_race_memory *m, uint64_t object)
{
	const enum hs_pgmap_step *steps = hs_removal_steps(hs_pgmap_removal_order(m->pgmap));

	for (int i = 0; i < HS_PGMAP_STEP_COUNT; i++)
		if (!(m->taken >> steps[i] & 1)) {
			if (steps[i] == HS_PGMAP_WAIT)
				race_pgmap_judge_drain(self, a, m, object);
			hs_pgmap_step(self, m->pgmap, steps[i]);
		}
	hs_pgmap_free(self, m->pgmap);
}

/* A pgmap to which a reference is left stays, so that the leak check at the end names both. */
void hs_race_end_memory(struct hs_task *self, struct hs_race_actor *a, uint64_t object)
{
	struct hs_race_memory *m = &a->state->thing[object].memory;
	int64_t refs;

	if (m->freed)
		return;
	hs_race_judge(self, a, HS_RACE_LIVE, !m->taken || !hs_race_must(a->state, HS_RACE_LIVE),
		      "the removal of %s has not come to its end", hs_race_name(a->state, object));
	hs_rcu_barrier(self); /* after a kill the count is exact when its callback has run */
	refs = hs_pgmap_refs(self, m->pgmap);
	if (refs > 0 && hs_race_must(a->state, HS_RACE_S3))
		return;
	for (; refs > 0; refs--)
		hs_pgmap_put(self, m->pgmap);
	race_pgmap_finish(self, a, m, object);
}
