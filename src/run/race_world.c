/* SPDX-License-Identifier: MIT */
/*
 * race_world.c - the objects of a race: made by its set-up, freed by its check
 *
 * invented. The check frees what is there and is no leak: subscriptions, devices, address spaces,
 * files, pgmaps that no task has begun to remove, gates. What tasks have taken and not put is left
 * to the leak check at the end, if S3 is judged.
 */
#include <errno.h>

#include <hmmsim/fault.h>

#include "device/device.h"
#include "device/dmirror.h"
#include "explore/plan.h"
#include "memory/machine.h"
#include "mm/gate.h"
#include "mm/mapping.h"
#include "mm/mm.h"
#include "pgmap/pgmap.h"
#include "run/race_state.h"

#define SYSTEM_PFN 0x100u /* of the pages that anonymous memory takes */
#define SYSTEM_PAGES 8u	  /* a section of the mock machine */

/* ---- device memory ----------------------------------------------------------------------- */

/* The owner looks at what it is told of: both must be there. */
static void race_world_page_free(struct hs_task *self, struct hs_pgmap *pgmap, struct hs_page *page)
{
	hs_page_count(self, page);
	hs_deref(self, pgmap);
}

static const struct hs_pgmap_ops race_world_ops[HS_RACE_RAM_COUNT] = {
	[HS_RACE_RAM_COPY] = { race_world_page_free, hs_migrate_to_ram },
	[HS_RACE_RAM_MIGRATE] = { race_world_page_free, hs_race_migrate_to_ram },
	[HS_RACE_RAM_DEVICE] = { race_world_page_free, hs_race_device_to_ram },
};

static int race_world_pgmap(struct hs_task *self, struct hs_race_state *s, unsigned int i)
{
	const struct hs_race_pgmap *p = &s->program->race->object[i].pgmap;
	struct hs_pgmap_config c;

	hs_pgmap_config_init(&c, p->type, p->start, p->end);
	c.first = p->first;
	c.owner = p->owner ? hs_race_owner(p->owner) : race_world_ops;
	c.ops = &race_world_ops[p->ram];
	c.page_refs = p->refs;
	c.removal_order = p->order;
	c.atomic = p->atomic;
	/* hs_race_device_to_ram() reads the one, hs_race_migrate_to_ram() the other. */
	c.driver_data = p->ram == HS_RACE_RAM_DEVICE ? (void *)&s->thing[i].memory
						     : (void *)(uintptr_t)p;
	return hs_pgmap_create(self, &c, &s->thing[i].memory.pgmap);
}

static int race_world_file(struct hs_task *self, struct hs_race_state *s, unsigned int i)
{
	const struct hs_race_file *f = &s->program->race->object[i].file;
	const struct hs_mapping_config c = {
		.kind = f->kind,
		.pgmap = s->thing[f->pgmap].memory.pgmap,
		.first = f->first,
		.pages = f->pages,
	};

	return hs_mapping_create(self, &c, &s->thing[i].file);
}

/* ---- address spaces ---------------------------------------------------------------------- */

static bool race_world_has_flag(const struct hs_race *race, unsigned int mm)
{
	for (unsigned int i = 0; i < race->objects; i++)
		if (race->object[i].kind == HS_RACE_DRIVER && race->object[i].driver.mm == mm &&
		    race->object[i].driver.validity == HS_VALIDITY_FLAG)
			return true;
	return false;
}

/* The struct stays to the end, because the check asks its notifiers. */
static int race_world_mm(struct hs_task *self, struct hs_race_state *s, unsigned int i)
{
	const struct hs_race_space *space = &s->program->race->object[i].space;
	struct hs_race_mm *mm = &s->thing[i].mm;
	int ret = hs_mm_create(self, hs_geometry(s->program->race->geometry), &mm->mm);

	if (ret)
		return ret;
	hs_mmgrab(self, mm->mm);
	hs_mm_set_private_fault(mm->mm, space->private_fault);
	hs_mm_set_migration_wait(mm->mm, space->migration_wait);
	if (!race_world_has_flag(s->program->race, i))
		return 0;
	return hs_hmm_create(self, hs_mm_notifiers(mm->mm), &mm->hmm);
}

static int race_world_vma(struct hs_task *self, struct hs_race_state *s,
			  const struct hs_race_vma *vma)
{
	struct hs_mm *mm = s->thing[vma->mm].mm.mm;
	struct hs_mapping *file = vma->file == HS_RACE_NONE ? NULL : s->thing[vma->file].file;
	int ret = hs_mmap(self, mm, vma->start, vma->end, vma->flags, file, vma->pgoff);

	if (ret || vma->gate == HS_RACE_NONE)
		return ret;
	return hs_vma_set_gate(self, mm, vma->start, vma->end, s->thing[vma->gate].gate);
}

/* Anonymous memory, private copies and migrations to RAM take system pages. */
static bool race_world_need_pages(const struct hs_race *race)
{
	for (unsigned int i = 0; i < race->vmas; i++)
		if (race->vma[i].file == HS_RACE_NONE || !(race->vma[i].flags & HS_VM_SHARED))
			return true;
	return false;
}

static int race_world_vmas(struct hs_task *self, struct hs_race_state *s)
{
	const struct hs_race_program *p = s->program;
	uint64_t pages = (uint64_t)1 << p->race->section_order;
	int ret = 0;

	if (race_world_need_pages(p->race))
		ret = hs_memory_add(
			self, SYSTEM_PFN * pages,
			SYSTEM_PFN * pages + (pages > SYSTEM_PAGES ? pages : SYSTEM_PAGES), false);
	for (unsigned int i = 0; i < p->race->vmas; i++) {
		if (!ret)
			ret = race_world_vma(self, s, &p->race->vma[i]);
		if (ret)
			return hs_race_failed(p, p->race->vma[i].line, ret);
	}
	return 0;
}

/* ---- devices ----------------------------------------------------------------------------- */

static int race_world_driver(struct hs_task *self, struct hs_race_state *s, unsigned int i)
{
	const struct hs_race_object *o = &s->program->race->object[i];
	struct hs_race_device *d = &s->thing[i].device;
	int ret = 0;

	hs_mutex_init(&d->lock, HS_LOCK_DRIVER);
	d->config = &o->driver;
	d->name = o->name;
	d->place = hs_race_place(s, o->line);
	d->mm = s->thing[o->driver.mm].mm.mm;
	if (o->driver.validity == HS_VALIDITY_FLAG)
		ret = hs_mirror_register(self, &d->mirror, s->thing[o->driver.mm].mm.hmm,
					 &hs_race_mirror_ops);
	if (ret || o->driver.late)
		return ret;
	return hs_race_subscribe(self, d, d->place);
}

static int race_world_dmirror(struct hs_task *self, struct hs_race_state *s, unsigned int i)
{
	const struct hs_race_driver *d = &s->program->race->object[i].driver;
	struct hs_dmirror_config c;

	hs_dmirror_config_init(&c, s->thing[d->mm].mm.mm, d->start, d->end);
	c.range.era = d->era;
	c.range.strategy = d->strategy;
	c.range.owner = hs_race_owner(d->owner);
	c.validity = d->validity;
	c.protocol = d->protocol;
	c.touch = d->touch && hs_race_must(s, HS_RACE_S2);
	c.tries = d->tries;
	return hs_dmirror_create(self, &c, &s->thing[i].dmirror);
}

static int race_world_device(struct hs_task *self, struct hs_race_state *s, unsigned int i)
{
	const struct hs_race_driver *d = &s->program->race->object[i].driver;
	struct hs_race_memory *memory = d->memory == HS_RACE_NONE ? NULL
								  : &s->thing[d->memory].memory;
	struct hs_device_config c;
	int ret;

	hs_device_config_init(&c, d->model, s->thing[d->mm].mm.mm, d->start, d->end);
	c.owner = hs_race_owner(d->owner);
	c.strategy = d->strategy;
	c.corrections = d->corrections;
	c.tries = d->tries;
	c.touch = hs_race_must(s, HS_RACE_S2);
	c.memory = memory ? memory->pgmap : NULL;
	ret = hs_device_create(self, &c, &s->thing[i].hardware);
	if (!ret && memory)
		memory->device = s->thing[i].hardware;
	return ret;
}

/* ---- all of them ------------------------------------------------------------------------- */

static int race_world_gate(struct hs_task *self, struct hs_race_state *s, unsigned int i)
{
	return hs_gate_create(self, &s->thing[i].gate);
}

static int race_world_make_kind(struct hs_task *self, struct hs_race_state *s,
				enum hs_race_kind kind)
{
	static int (*const make[HS_RACE_KIND_COUNT])(struct hs_task * self,
						     struct hs_race_state * s, unsigned int i) = {
		[HS_RACE_PGMAP] = race_world_pgmap,	[HS_RACE_FILE] = race_world_file,
		[HS_RACE_MM] = race_world_mm,		[HS_RACE_DRIVER] = race_world_driver,
		[HS_RACE_DMIRROR] = race_world_dmirror, [HS_RACE_GATE] = race_world_gate,
		[HS_RACE_DEVICE] = race_world_device,
	};
	const struct hs_race_program *p = s->program;

	for (unsigned int i = 0; i < p->race->objects; i++) {
		int ret;

		if (p->race->object[i].kind != kind || !make[kind])
			continue;
		ret = make[kind](self, s, i);
		if (ret)
			return hs_race_failed(p, p->race->object[i].line, ret);
	}
	return 0;
}

int hs_race_make_objects(struct hs_task *self, struct hs_race_state *s)
{
	static const enum hs_race_kind below[] = { HS_RACE_PGMAP, HS_RACE_FILE, HS_RACE_MM,
						   HS_RACE_GATE };
	int ret = 0;

	for (size_t i = 0; !ret && i < sizeof(below) / sizeof(below[0]); i++)
		ret = race_world_make_kind(self, s, below[i]);
	if (!ret)
		ret = race_world_vmas(self, s);
	if (!ret)
		ret = race_world_make_kind(self, s, HS_RACE_DMIRROR);
	if (!ret)
		ret = race_world_make_kind(self, s, HS_RACE_DEVICE);
	if (!ret)
		ret = race_world_make_kind(self, s, HS_RACE_DRIVER);
	return ret;
}

/* ---- names ------------------------------------------------------------------------------- */

/* A name that does not fit into the plan is left out. */
static void race_world_name_driver(struct hs_plan *plan, const struct hs_race_device *d,
				   const struct hs_race_words *words)
{
	uint64_t pages = (d->config->end - d->config->start) >> HS_PAGE_SHIFT;

	hs_plan_name(plan, words->lock, &d->lock, sizeof(d->lock));
	hs_plan_name_entries(plan, words->entry, d->entry, pages, d->config->start);
	if (d->plain)
		hs_plan_name(plan, words->plain, d->plain, sizeof(*d->plain));
	if (!d->sub)
		return;
	hs_plan_name(plan, words->sub, d->sub, sizeof(*d->sub));
	if (d->config->validity == HS_VALIDITY_FLAG)
		hs_plan_name(plan, words->changed, &d->sub->range.valid,
			     sizeof(d->sub->range.valid));
	else
		hs_plan_name(plan, words->changed, &d->sub->interval.seq,
			     sizeof(d->sub->interval.seq));
}

static void race_world_name_dmirror(struct hs_plan *plan, const struct hs_dmirror *d,
				    const char *name, const struct hs_race_words *words)
{
	size_t bytes = d->pages * sizeof(d->table[0]);

	hs_plan_name(plan, name, d, sizeof(*d) + bytes);
	hs_plan_name_entries(plan, words->entry, d->table, d->pages, d->config.range.start);
}

static void race_world_name_device(struct hs_plan *plan, const struct hs_device *d,
				   const char *name, const struct hs_race_words *words)
{
	hs_plan_name(plan, words->lock, d->lock, sizeof(*d->lock));
	hs_plan_name(plan, name, d, d->ops->bytes);
	hs_plan_name_entries(plan, words->entry, d->table, d->pages, d->config.start);
}

static void race_world_name_mm(struct hs_plan *plan, const struct hs_race_mm *mm, const char *name,
			       const struct hs_race_words *words)
{
	struct hs_notifiers *notifiers = hs_mm_notifiers(mm->mm);

	hs_plan_name(plan, name, mm->mm, sizeof(*mm->mm));
	hs_plan_name(plan, words->notifiers, notifiers, sizeof(*notifiers));
	hs_plan_name(plan, words->exited, &mm->exited, sizeof(mm->exited));
	if (mm->hmm)
		hs_plan_name(plan, words->hmm, mm->hmm, sizeof(*mm->hmm));
}

static void race_world_name_object(struct hs_plan *plan, const struct hs_race_state *s,
				   unsigned int i)
{
	const struct hs_race_object *o = &s->program->race->object[i];
	const struct hs_race_words *words = &s->program->words[i];
	const struct hs_race_thing *thing = &s->thing[i];

	switch (o->kind) {
	case HS_RACE_PGMAP:
		hs_plan_name(plan, o->name, thing->memory.pgmap, sizeof(*thing->memory.pgmap));
		break;
	case HS_RACE_FILE:
		hs_plan_name(plan, o->name, thing->file, sizeof(*thing->file));
		break;
	case HS_RACE_MM:
		race_world_name_mm(plan, &thing->mm, o->name, words);
		break;
	case HS_RACE_DRIVER:
		race_world_name_driver(plan, &thing->device, words);
		break;
	case HS_RACE_DMIRROR:
		race_world_name_dmirror(plan, thing->dmirror, o->name, words);
		break;
	case HS_RACE_DEVICE:
		race_world_name_device(plan, thing->hardware, o->name, words);
		break;
	case HS_RACE_GATE:
		hs_plan_name(plan, o->name, thing->gate, sizeof(*thing->gate));
		break;
	default:
		hs_plan_name(plan, o->name, &thing->flag, sizeof(thing->flag));
		break;
	}
}

void hs_race_name_words(struct hs_plan *plan, const struct hs_race_state *s)
{
	hs_plan_name(plan, "order", &s->at, sizeof(s->at));
	hs_race_cpu_name(plan, s);
	for (unsigned int i = 0; i < s->program->race->objects; i++)
		race_world_name_object(plan, s, i);
}

/* ---- the end ----------------------------------------------------------------------------- */

static void race_world_end_driver(struct hs_task *self, struct hs_race_actor *a, unsigned int i)
{
	struct hs_race_device *d = &a->state->thing[i].device;

	if (d->plugged)
		hs_race_unplug(self, d, a->place);
	if (d->subscribed)
		hs_race_unsubscribe(self, d, a->place);
	if (d->config->validity == HS_VALIDITY_FLAG)
		hs_mirror_unregister(self, &d->mirror);
}

static void race_world_end_mm(struct hs_task *self, struct hs_race_actor *a, unsigned int i)
{
	struct hs_race_mm *mm = &a->state->thing[i].mm;

	if (mm->hmm)
		hs_hmm_destroy(self, mm->hmm);
	if (!mm->exited.raw)
		hs_mmput(self, mm->mm);
	hs_mmdrop(self, mm->mm);
}

static void race_world_end_dmirror(struct hs_task *self, struct hs_race_actor *a, unsigned int i)
{
	hs_dmirror_destroy(self, a->state->thing[i].dmirror);
}

static void race_world_end_device(struct hs_task *self, struct hs_race_actor *a, unsigned int i)
{
	if (!a->state->thing[i].closed)
		hs_device_destroy(self, a->state->thing[i].hardware);
}

static void race_world_end_file(struct hs_task *self, struct hs_race_actor *a, unsigned int i)
{
	hs_mapping_destroy(self, a->state->thing[i].file);
}

static void race_world_end_gate(struct hs_task *self, struct hs_race_actor *a, unsigned int i)
{
	hs_gate_destroy(self, a->state->thing[i].gate);
}

static void race_world_end_pgmap(struct hs_task *self, struct hs_race_actor *a, unsigned int i)
{
	hs_race_end_memory(self, a, i);
}

/* What a device has mapped is looked at when all tasks are over: its driver writes words itself. */
static void race_world_judge_s4(struct hs_task *self, struct hs_race_actor *a, unsigned int i)
{
	const struct hs_race_object *o = &hs_race_of(a)->object[i];
	const struct hs_device *d = a->state->thing[i].hardware;

	for (uint64_t n = 0; n < d->pages; n++)
		hs_race_judge_s4(self, a, o->name, o->driver.owner, d->table[n].raw);
}

/* S1 of memory that is gone is judged first, as long as the devices are there. */
static void race_world_judge(struct hs_task *self, struct hs_race_actor *a)
{
	const struct hs_race *race = hs_race_of(a);
	const struct hs_race_hold *inv = hs_race_left(a->state, HS_RACE_BIT(INV_START));

	if (inv)
		hs_fail(self, hs_race_place(a->state, inv->line),
			"the invalidation of %s has not ended", hs_race_name(a->state, inv->key));
	for (unsigned int i = 0; i < race->objects; i++)
		if (race->object[i].kind == HS_RACE_PGMAP && a->state->thing[i].memory.gone)
			hs_race_judge_s1(self, a, i);
	for (unsigned int i = 0; i < race->objects; i++)
		if (race->object[i].kind == HS_RACE_DEVICE && !a->state->thing[i].closed)
			race_world_judge_s4(self, a, i);
}

void hs_race_free_objects(struct hs_task *self, struct hs_race_state *s)
{
	static const struct {
		enum hs_race_kind kind;
		void (*end)(struct hs_task *self, struct hs_race_actor *a, unsigned int i);
	} ends[] = {
		{ HS_RACE_DRIVER, race_world_end_driver },
		{ HS_RACE_DMIRROR, race_world_end_dmirror },
		{ HS_RACE_DEVICE, race_world_end_device },
		{ HS_RACE_MM, race_world_end_mm },
		{ HS_RACE_FILE, race_world_end_file },
		{ HS_RACE_PGMAP, race_world_end_pgmap },
		{ HS_RACE_GATE, race_world_end_gate },
	};
	const struct hs_race *race = s->program->race;
	struct hs_race_actor *a = &s->actor[0];

	a->place = hs_race_place(s, race->line);
	race_world_judge(self, a);
	if (!hs_race_must(s, HS_RACE_S3))
		hs_race_put_holds(self, s);
	for (size_t e = 0; e < sizeof(ends) / sizeof(ends[0]); e++)
		for (unsigned int i = 0; i < race->objects; i++) {
			if (race->object[i].kind != ends[e].kind)
				continue;
			a->place = hs_race_place(s, race->object[i].line);
			ends[e].end(self, a, i);
		}
	if (!hs_race_must(s, HS_RACE_S3)) /* references to pages that went with their memory */
		hs_machine_of(self)->lost_refs = 0;
}
