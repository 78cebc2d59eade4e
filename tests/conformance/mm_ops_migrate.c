/* SPDX-License-Identifier: MIT */
/*
 * Migrations as a driver makes them: setup, copies, pages, finalize, with other operations between
 * them; of ranges, of pages of a device, and by a fault. After each step the slots of src are what
 * the model says, and notifiers were told of the sections that it says.
 *
 * The driver must hold the mmap lock from setup until the step "pages" has returned. The test does
 * not hold it while other operations run, because they take it, too: those that take it for write
 * make the driver take that step first, and the others could have had it beside the driver.
 */
#include <string.h>

#include "conformance/mm_ops.h"
#include "port/native/arena.h"

#define ANY UINT32_MAX

static uint32_t chance(uint64_t *seed, uint32_t n)
{
	return (uint32_t)(hs_random_next(seed) % n);
}

/* ---- what both must agree in ---------------------------------------------------------------- */

static bool same_slots(const struct mm_run *r, const struct mm_move *v, const char *step)
{
	for (uint32_t i = 0; i < v->model.count; i++) {
		const struct model_slot *s = &v->model.slot[i];

		if (!MM_SAME(r->w, v->src[i], model_src_word(r->m, s), "%s: src %u", step, i) ||
		    !MM_SAME(r->w, v->dst[i], model_dst_word(r->m, s), "%s: dst %u", step, i))
			return false;
	}
	return true;
}

static bool same_event(const struct mm_run *r, uint32_t i, const struct model_event *e)
{
	const struct mm_told *t = &r->w->told[i];
	const void *owner = e->owner ? &r->w->pgmap[e->owner] : NULL;

	return MM_SAME(r->w, t->inv.event, e->event, "section %u: event", i) &&
	       MM_SAME(r->w, t->mm, e->first / MODEL_PAGES, "section %u: mm", i) &&
	       MM_SAME(r->w, t->inv.start, mm_addr(r->w, e->first), "section %u: start", i) &&
	       MM_SAME(r->w, t->inv.end, mm_end(r->w, e->end), "section %u: end", i) &&
	       MM_SAME(r->w, (uintptr_t)t->inv.owner, (uintptr_t)owner, "section %u: owner", i) &&
	       MM_SAME(r->w, t->inv.blockable, true, "section %u: blockable", i);
}

static bool same_step(const struct mm_run *r, const struct mm_move *v, const char *step)
{
	if (!MM_SAME(r->w, r->w->tells, v->model.events, "%s: sections", step))
		return false;
	for (uint32_t i = 0; i < v->model.events; i++)
		if (!same_event(r, i, &v->model.event[i]))
			return false;
	return same_slots(r, v, step);
}

/* ---- what a driver does --------------------------------------------------------------------- */

/* Where the driver moves pages to: one kind of memory, or ANY. */
static uint32_t draw_target(uint64_t *seed)
{
	static const uint8_t targets[] = { MODEL_SYSTEM,    MODEL_SYSTEM,    MODEL_PRIVATE_0,
					   MODEL_PRIVATE_0, MODEL_PRIVATE_1, MODEL_COHERENT,
					   MODEL_COHERENT };
	uint32_t i = chance(seed, 10);

	return i < sizeof(targets) ? targets[i] : ANY;
}

/* A page of a device-dax, to which nothing may move; NULL: it is a target already. */
static struct hs_page *dax_page(struct mm_run *r, uint32_t *object)
{
	struct model_mapping *dax = &r->m->mapping[MODEL_DEVICE_DAX];
	uint64_t at = r->w->contents % MODEL_DEVICE_PAGES, pfn = dax->first + at;
	struct hs_page *page = hs_pfn_to_page(r->self, pfn);

	if (dax->taken[at])
		return NULL;
	dax->taken[at] = true;
	*object = model_object_new(r->m, MODEL_DEVICE_DAX, hs_dma_contents(r->self, page));
	r->m->object[*object].pfn = pfn;
	r->m->object[*object].bound = true;
	hs_page_get(r->self, page);
	return page;
}

/* Allocates a page for slot @i, locks it, and copies. */
static void fill_slot(struct mm_run *r, struct mm_move *v, uint32_t i, uint32_t memory)
{
	struct model_slot *s = &v->model.slot[i];
	uint64_t contents = s->src ? r->m->object[s->src].contents : ++r->w->contents;
	struct hs_page *page = memory == MODEL_DEVICE_DAX
				       ? dax_page(r, &s->dst)
				       : mm_new_page(r, memory, contents, &s->dst);

	if (!page)
		return;
	if (!hs_page_trylock(r->self, page))
		mm_differs(r->w, "a new page is locked");
	r->m->object[s->dst].locked = true;
	v->dst[i] = hs_migrate_pfn(hs_page_to_pfn(r->self, page));
}

/* Now and then a page is missing, of a kind that cannot be, or there is one more than needed. */
static void fill(struct mm_run *r, struct mm_move *v, uint32_t target, uint64_t *seed)
{
	for (uint32_t i = 0; i < v->model.count; i++) {
		bool wanted = v->model.slot[i].migrate;
		uint32_t memory = target != ANY
					  ? target
					  : MODEL_PRIVATE_0 + chance(seed, MODEL_SYSTEM + 1 -
										   MODEL_PRIVATE_0);

		if (!chance(seed, 16))
			memory = chance(seed, 2) ? MODEL_P2P : MODEL_DEVICE_DAX;
		if (!chance(seed, wanted ? 10 : 16))
			wanted = !wanted;
		if (wanted)
			fill_slot(r, v, i, memory);
	}
}

/* The copy of page @i fails. */
static void give_up(struct mm_run *r, struct mm_move *v, uint32_t i)
{
	struct model_slot *s = &v->model.slot[i];
	struct hs_page *page = hs_migrate_pfn_to_page(r->self, v->dst[i]);

	if (!s->dst)
		return;
	hs_page_unlock(r->self, page);
	hs_page_put(r->self, page);
	r->m->object[s->dst].locked = false;
	model_object_put(r->m, s->dst);
	v->dst[i] = s->dst = 0;
}

/* The device's copy fails at one page; a driver goes on with the next, or gives up the rest. */
static void fail_copies(struct mm_run *r, struct mm_move *v, uint32_t how)
{
	uint32_t k = how % v->model.count, end = how & 0x100 ? v->model.count : k + 1;

	for (; k < end; k++)
		give_up(r, v, k);
}

static bool pages(struct mm_run *r, struct mm_move *v, bool fails)
{
	struct hs_arena *arena = hs_task_arena(r->self);

	mm_learn_depth(r->w);
	r->w->tells = 0;
	model_move_pages(r->m, &v->model, fails);
	if (fails)
		arena->config.fail_at = hs_u64_load(NULL, &arena->allocations, HS_RELAXED) + 1;
	if (v->model.device) {
		hs_migrate_device_pages(r->self, v->src, v->dst, v->model.count);
	} else {
		struct hs_mm *mm = mm_of(r->w, v->model.first);

		hs_mm_lock_read(r->self, mm);
		hs_migrate_vma_pages(r->self, &v->real);
		hs_mm_unlock_read(r->self, mm);
	}
	arena->config.fail_at = 0;
	v->stage = MM_DECIDED;
	return same_step(r, v, "migrate pages");
}

bool mm_moves_decide(struct mm_run *r, const struct hs_mm *mm)
{
	for (uint32_t i = 0; i < MM_MOVES; i++) {
		struct mm_move *v = &r->w->move[i];

		if (v->stage == MM_SET_UP && !v->model.device &&
		    mm_of(r->w, v->model.first) == mm && !pages(r, v, false))
			return false;
	}
	return true;
}

static bool finalize(struct mm_run *r, struct mm_move *v)
{
	r->w->tells = 0;
	if (v->model.device)
		hs_migrate_device_finalize(r->self, v->src, v->dst, v->model.count);
	else
		hs_migrate_vma_finalize(r->self, &v->real);
	v->stage = MM_FREE;
	v->model.events = 0; /* and the slots stay as they are */
	if (!same_step(r, v, "migrate finalize"))
		return false;
	model_move_finalize(r->m, &v->model);
	return true;
}

/* ---- the first step ------------------------------------------------------------------------- */

/* The slot of the operation; idle if it is not at this stage. */
static struct mm_move *move_at(struct mm_run *r, enum mm_stage stage)
{
	struct mm_move *v = &r->w->move[r->op->slot % MM_MOVES];

	r->idle = v->stage != stage;
	return v;
}

static void describe(struct mm_run *r, struct mm_move *v, uint64_t *seed)
{
	static const uint8_t owners[] = { MODEL_PRIVATE_0, MODEL_PRIVATE_0,
					  MODEL_PRIVATE_0, MODEL_PRIVATE_1,
					  MODEL_PRIVATE_1, MODEL_COHERENT,
					  MODEL_COHERENT,  0 };
	const struct model_object *o = &r->m->object[r->m->place[r->at].entry.object];
	struct model_move *m = &v->model;

	*v = (struct mm_move){ .kind = r->column };
	m->first = r->at;
	m->count = r->last - r->at < MODEL_SLOTS ? r->last - r->at : MODEL_SLOTS;
	m->flags = chance(seed, 2) ? 7 : chance(seed, 8);
	m->owner = owners[chance(seed, 8)];
	if (o->used && o->memory >= MODEL_PRIVATE_0 && o->memory < MODEL_PGMAPS && chance(seed, 2))
		m->owner = o->memory;
	v->real = (struct hs_migrate_vma){
		.src = v->src,
		.dst = v->dst,
		.start = r->start,
		.end = r->op->wrong == 2 ? r->start : mm_end(r->w, m->first + m->count),
		.owner = m->owner ? &r->w->pgmap[m->owner] : NULL,
		.flags = m->flags,
	};
	/* Setup must write all slots. */
	for (uint32_t i = 0; i < MODEL_SLOTS; i++)
		v->src[i] = v->dst[i] = UINT64_MAX;
}

/* Whether the driver makes a mistake, one of which is enough; for those that are refused. */
static bool spoil(struct mm_run *r, struct mm_move *v, uint64_t *seed)
{
	const struct model_vma *vma = &r->m->place[r->at].vma;
	uint32_t what = chance(seed, 24), refusal;
	uint64_t i = chance(seed, MODEL_OBJECTS);

	if (vma->mapped && (vma->mapping != MODEL_ANON || vma->flags & (HS_VM_IO | HS_VM_PFNMAP)))
		return r->op->wrong;
	while (what == 2 && i && (!r->m->object[i].used || r->m->object[i].memory < MODEL_COHERENT))
		i--;
	if (r->op->wrong) {
		refusal = r->op->wrong == 1 ? REFUSED_MISALIGNED : REFUSED_EMPTY;
	} else if (what < 2) {
		*(what ? &v->real.src : &v->real.dst) = NULL;
		refusal = REFUSED_NO_ARRAY;
	} else if (what == 2 && i) {
		v->real.fault_page = hs_pfn_to_page(r->self, r->m->object[i].pfn);
		refusal = REFUSED_FAULT_PAGE;
	} else {
		return false;
	}
	if (vma->mapped && model_vma(r->m, r->at).end >= v->model.first + v->model.count)
		model_reach(r->m, REACHED_REFUSE, 0, refusal);
	return true;
}

static int setup(struct mm_run *r, struct mm_move *v)
{
	const struct hs_vma *vma;
	int ret;

	r->w->tells = 0;
	hs_mm_lock_read(r->self, r->mm);
	vma = hs_vma_find(r->mm, r->start);
	v->real.vma = vma && vma->start <= r->start ? vma : NULL;
	ret = hs_migrate_vma_setup(r->self, &v->real);
	hs_mm_unlock_read(r->self, r->mm);
	return ret;
}

bool mm_run_move(struct mm_run *r)
{
	uint64_t seed = r->op->seed;
	struct mm_move *v = move_at(r, MM_FREE);
	uint32_t target = draw_target(&seed);
	bool spoilt;

	if (r->idle)
		return true;
	describe(r, v, &seed);
	spoilt = spoil(r, v, &seed);
	r->wanted = spoilt ? -EINVAL : model_move_setup(r->m, &v->model);
	if (!mm_equal(r, setup(r, v)) || r->wanted)
		return r->wanted && MM_SAME(r->w, r->w->tells, 0, "setup refused: sections");
	if (!same_step(r, v, "migrate setup") ||
	    !MM_SAME(r->w, v->real.npages, v->model.count, "npages") ||
	    !MM_SAME(r->w, v->real.cpages, model_cpages(&v->model), "cpages"))
		return false;
	v->stage = MM_SET_UP;
	if (!v->real.cpages && chance(&seed, 2))
		v->stage = MM_FREE; /* most drivers go no further */
	else
		fill(r, v, target, &seed);
	return true;
}

/* ---- pages of a device ---------------------------------------------------------------------- */

static uint32_t object_at(const struct model *m, uint64_t pfn)
{
	uint32_t i = MODEL_OBJECTS - 1;

	while (i && !(m->object[i].used && m->object[i].pfn == pfn))
		i--;
	return i;
}

/* The pfn of a page of the memory that is in use, if there is one; otherwise of any. */
static uint64_t draw_pfn(const struct mm_run *r, uint32_t memory, uint64_t *seed)
{
	uint32_t from = chance(seed, MODEL_OBJECTS);

	for (uint32_t n = 0; n < MODEL_OBJECTS; n++) {
		const struct model_object *o = &r->m->object[(from + n) % MODEL_OBJECTS];

		if (o->used && o->memory == memory)
			return o->pfn;
	}
	return mm_memory_start(memory) + chance(seed, MODEL_DEVICE_PAGES);
}

static void draw_range(const struct mm_run *r, struct mm_move *v, uint64_t *seed)
{
	uint32_t memory = MODEL_PRIVATE_0 + chance(seed, MODEL_PGMAPS - MODEL_PRIVATE_0);
	uint64_t start = mm_memory_start(memory), first = draw_pfn(r, memory, seed) - start;
	uint32_t back = chance(seed, v->model.count), size = mm_memory_pages(r->w);

	first = first > back ? first - back : 0;
	if (first + v->model.count > size)
		first = size - v->model.count;
	for (uint32_t i = 0; i < v->model.count; i++)
		v->src[i] = start + first + i;
}

static void draw_pfns(const struct mm_run *r, struct mm_move *v, uint64_t *seed)
{
	for (uint32_t i = 0; i < v->model.count; i++) {
		uint32_t memory = MODEL_PRIVATE_0 + chance(seed, MODEL_PGMAPS - MODEL_PRIVATE_0);

		v->src[i] = draw_pfn(r, memory, seed);
	}
}

bool mm_run_move_device(struct mm_run *r)
{
	uint64_t seed = r->op->seed, first;
	struct mm_move *v = move_at(r, MM_FREE);
	uint32_t target = chance(&seed, 2) ? (uint32_t)MODEL_SYSTEM : draw_target(&seed);
	bool range = chance(&seed, 2);
	int ret;

	r->idle |= r->m->refs < HS_PAGE_REFS_6_1;
	if (r->idle)
		return true;
	*v = (struct mm_move){ .stage = MM_SET_UP, .kind = r->column };
	v->model.device = true;
	v->model.count = r->op->count < MODEL_SLOTS ? r->op->count : MODEL_SLOTS;
	(range ? draw_range : draw_pfns)(r, v, &seed);
	first = v->src[0];
	for (uint32_t i = 0; i < v->model.count; i++)
		v->model.slot[i].src = object_at(r->m, v->src[i]);
	model_move_device(r->m, &v->model);
	r->w->tells = 0;
	if (range) {
		memset(v->src, 0xff, sizeof(v->src));
		ret = hs_migrate_device_range(r->self, v->src, first, v->model.count);
	} else {
		ret = hs_migrate_device_pfns(r->self, v->src, v->model.count);
	}
	if (!mm_equal(r, ret) || !same_step(r, v, "migrate device range"))
		return false;
	fill(r, v, target, &seed);
	return true;
}

/* ---- the second and third step -------------------------------------------------------------- */

bool mm_run_move_pages(struct mm_run *r)
{
	struct mm_move *v = move_at(r, MM_SET_UP);
	uint32_t how = r->op->number;

	if (r->idle)
		return true;
	r->column = v->kind;
	r->done = true;
	if (!(how >> 12 & 7))
		fail_copies(r, v, how);
	return pages(r, v, !(how >> 16 & 3));
}

bool mm_run_move_end(struct mm_run *r)
{
	struct mm_move *v = move_at(r, MM_DECIDED);

	if (r->idle)
		return true;
	r->column = v->kind;
	r->done = true;
	return finalize(r, v);
}

/* ---- by a fault ------------------------------------------------------------------------------ */

/* The operation that faults; what its driver found. */
static struct mm_run *faulting;
static bool driver_agrees;

static void reach_fault(const struct mm_run *r, const struct mm_move *v, uint32_t at,
			enum reached_fault early)
{
	const struct model_slot *s = &v->model.slot[at - v->model.first];
	uint32_t others = 0;

	for (uint32_t i = 0; i < v->model.count; i++)
		others += v->model.slot[i].migrate && v->model.slot[i].src;
	if (!s->src)
		model_reach(r->m, REACHED_FAULT, 0, early);
	else if (s->migrate)
		model_reach(r->m, REACHED_FAULT, 0, others > 1 ? FAULT_MOVED_OTHERS : FAULT_MOVED);
	else if (s->dst && r->m->object[s->dst].memory == MODEL_SYSTEM)
		model_reach(r->m, REACHED_FAULT, 0, FAULT_HELD_LATER);
}

/* A range around the page of the fault, which has the fault's reference. */
static void describe_around(struct mm_run *r, struct mm_move *v, const struct hs_vm_fault *vmf,
			    uint64_t *seed)
{
	struct model_span vma = model_vma(r->m, r->at);
	uint32_t before = chance(seed, 5), object = r->m->place[r->at].entry.object;
	struct mm_run around = *r;

	around.at = r->at - vma.first < before ? vma.first : r->at - before;
	around.last = r->at + 1 + chance(seed, 5);
	around.last = around.last < vma.end ? around.last : vma.end;
	around.start = mm_addr(r->w, around.at);
	describe(&around, v, seed);
	v->model.flags = chance(seed, 4) ? HS_MIGRATE_SELECT_DEVICE_PRIVATE : 7;
	v->model.owner = r->m->object[object].memory;
	v->model.fault = object;
	v->model.fault_locks = r->m->private_fault != HS_PRIVATE_FAULT_REFERENCE;
	v->real.end = mm_end(r->w, around.last);
	v->real.flags = v->model.flags;
	v->real.owner = &r->w->pgmap[v->model.owner];
	v->real.fault_page = vmf->page;
	v->real.vma = vmf->vma;
}

/* All three steps. The mmap lock is held. */
static bool migrate_by_fault(struct mm_run *r, struct mm_move *v, uint64_t *seed)
{
	bool locked = r->m->object[v->model.fault].locked && !v->model.fault_locks;

	r->w->tells = 0;
	r->wanted = model_move_setup(r->m, &v->model);
	if (!MM_SAME(r->w, hs_migrate_vma_setup(r->self, &v->real), r->wanted, "setup of a fault"))
		return false;
	if (r->wanted) {
		model_reach(r->m, REACHED_FAULT, 0, FAULT_REFUSED);
		return true;
	}
	if (!same_step(r, v, "setup of a fault"))
		return false;
	fill(r, v, MODEL_SYSTEM, seed);
	mm_learn_depth(r->w);
	r->w->tells = 0;
	model_move_pages(r->m, &v->model, false);
	hs_migrate_vma_pages(r->self, &v->real);
	reach_fault(r, v, r->at, locked ? FAULT_LOCKED : FAULT_HELD_AT_SETUP);
	return same_step(r, v, "pages of a fault") && finalize(r, v);
}

static uint32_t driver_faults(struct mm_run *r, const struct hs_vm_fault *vmf)
{
	static struct mm_move move;
	uint64_t seed = r->op->seed;

	describe_around(r, &move, vmf, &seed);
	r->m->object[move.model.fault].refs++;
	r->m->object[move.model.fault].locked |= move.model.fault_locks;
	driver_agrees = migrate_by_fault(r, &move, &seed);
	r->m->object[move.model.fault].locked &= !move.model.fault_locks;
	model_object_put(r->m, move.model.fault); /* as the fault will */
	r->done = true;
	r->wanted = r->wanted ? HS_VM_FAULT_SIGBUS : 0;
	return (uint32_t)r->wanted;
}

uint32_t mm_migrate_to_ram(struct hs_task *self, struct hs_vm_fault *vmf)
{
	return faulting ? driver_faults(faulting, vmf) : hs_migrate_to_ram(self, vmf);
}

/* Of all but private pages, an ordinary fault. */
bool mm_run_move_fault(struct mm_run *r)
{
	const struct model_place *p = &r->m->place[r->at];
	uint32_t ret;

	if (p->entry.what != MODEL_PRIVATE || !(p->vma.flags & HS_VM_READ))
		return mm_run_fault(r);
	if (r->m->object[p->entry.object].locked &&
	    r->m->private_fault != HS_PRIVATE_FAULT_REFERENCE)
		return mm_run_fault(r); /* which asks no driver */
	faulting = r;
	hs_mm_lock_read(r->self, r->mm);
	ret = hs_handle_mm_fault(r->self, r->mm, hs_vma_find(r->mm, r->start), r->start, 0, NULL);
	hs_mm_unlock_read(r->self, r->mm);
	faulting = NULL;
	if (!r->done)
		return mm_differs(r->w, "no driver was asked");
	return driver_agrees && MM_SAME(r->w, ret, r->wanted, "migration by a fault");
}
