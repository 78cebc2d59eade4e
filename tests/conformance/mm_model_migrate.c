/* SPDX-License-Identifier: MIT */
/* Migrations in the model, slot by slot. */
#include "conformance/mm_model_migrate.h"

#include <errno.h>

static bool is_private(uint32_t memory)
{
	return memory == MODEL_PRIVATE_0 || memory == MODEL_PRIVATE_1;
}

static enum reached_source source(const struct model *m, uint32_t object)
{
	if (!object)
		return SOURCE_NOTHING;
	if (m->object[object].memory == MODEL_SYSTEM)
		return SOURCE_SYSTEM;
	return is_private(m->object[object].memory) ? SOURCE_PRIVATE : SOURCE_COHERENT;
}

uint64_t model_src_word(const struct model *m, const struct model_slot *s)
{
	uint64_t page = s->src ? m->object[s->src].pfn << 6 | 1 : 0;

	return page | (s->migrate ? 2 : 0) | (s->write ? 8 : 0);
}

uint64_t model_dst_word(const struct model *m, const struct model_slot *s)
{
	return s->dst ? m->object[s->dst].pfn << 6 | 1 : 0;
}

static void tell(struct model_move *v, enum hs_invalidate_event event, uint32_t owner,
		 uint32_t first, uint32_t end)
{
	v->event[v->events++] = (struct model_event){ event, owner, first, end };
}

/* ---- setup: an entry ------------------------------------------------------------------------ */

enum reached_entry model_entry_row(const struct model *m, uint32_t at)
{
	const struct model_entry *e = &m->place[at].entry;

	switch (e->what) {
	case MODEL_NONE:
		return ENTRY_NONE;
	case MODEL_ZERO:
		return ENTRY_ZERO + e->protnone;
	case MODEL_SWAP:
		return ENTRY_SWAP;
	case MODEL_MIGRATION:
		return ENTRY_MIGRATION;
	case MODEL_EXCLUSIVE:
		return ENTRY_EXCLUSIVE;
	case MODEL_HWPOISON:
		return ENTRY_HWPOISON;
	case MODEL_PRIVATE:
		return ENTRY_PRIVATE;
	default: /* no block of a file is in anonymous memory */
		return (m->object[e->object].memory == MODEL_SYSTEM ? ENTRY_SYSTEM
								    : ENTRY_COHERENT) +
		       e->protnone;
	}
}

static enum reached_verdict collect_device(const struct model *m, const struct model_move *v,
					   uint32_t object, uint32_t flag)
{
	if (!(v->flags & flag))
		return COLLECT_NOT_ASKED;
	return m->object[object].memory == v->owner ? COLLECT_SELECTED : COLLECT_FOREIGN;
}

static enum reached_verdict collect_verdict(const struct model *m, const struct model_move *v,
					    uint32_t at)
{
	uint32_t object = m->place[at].entry.object;

	switch (model_entry_row(m, at)) {
	case ENTRY_NONE:
		return COLLECT_SELECTED;
	case ENTRY_ZERO:
	case ENTRY_ZERO_PROTNONE:
	case ENTRY_SYSTEM:
	case ENTRY_SYSTEM_PROTNONE:
		return v->flags & HS_MIGRATE_SELECT_SYSTEM ? COLLECT_SELECTED : COLLECT_NOT_ASKED;
	case ENTRY_COHERENT:
	case ENTRY_COHERENT_PROTNONE:
		return collect_device(m, v, object, HS_MIGRATE_SELECT_DEVICE_COHERENT);
	case ENTRY_PRIVATE:
		return collect_device(m, v, object, HS_MIGRATE_SELECT_DEVICE_PRIVATE);
	default:
		return COLLECT_NEVER;
	}
}

/* The entry's reference becomes the migration's. */
static void to_migration(struct model *m, struct model_entry *e)
{
	m->object[e->object].maps--;
	e->what = MODEL_MIGRATION;
	e->protnone = false;
}

/* References that neither an entry nor the migration has, nor the fault. */
static uint32_t others(const struct model *m, const struct model_move *v, uint32_t object)
{
	return m->object[object].refs - 1 - (v->fault == object);
}

/* May be held once unseen: device memory, but not where that reference is the core's own. */
static uint32_t tolerated(const struct model *m, uint32_t object)
{
	return m->object[object].memory != MODEL_SYSTEM && m->refs != HS_PAGE_REFS_5_3;
}

static bool is_locked_by_fault(const struct model_move *v, uint32_t object)
{
	return v->fault_locks && v->fault == object;
}

static enum reached_verdict collect(struct model *m, struct model_move *v, uint32_t at,
				    struct model_slot *s)
{
	struct model_entry *e = &m->place[at].entry;
	enum reached_verdict verdict = collect_verdict(m, v, at);
	struct model_object *o = &m->object[e->object];

	*s = (struct model_slot){ 0 };
	if (verdict != COLLECT_SELECTED)
		return verdict;
	if (!e->object) {
		s->migrate = true;
		return verdict;
	}
	if (o->locked && !is_locked_by_fault(v, e->object))
		return COLLECT_LOCKED;
	o->locked = true;
	*s = (struct model_slot){ .src = e->object, .migrate = true, .write = e->write };
	to_migration(m, e);
	if (others(m, v, s->src) > tolerated(m, s->src))
		return COLLECT_HELD;
	return others(m, v, s->src) ? COLLECT_TOLERATED : COLLECT_SELECTED;
}

/* ---- setup ---------------------------------------------------------------------------------- */

/* The migration entries of @from map @to. False: there is none. @write: they may be written. */
static bool remap(struct model *m, uint32_t from, uint32_t to, bool *write)
{
	bool found = false;

	for (uint32_t at = 0; at < MODEL_PLACES; at++) {
		struct model_entry *e = &m->place[at].entry;

		if (e->what != MODEL_MIGRATION || e->object != from)
			continue;
		found = true;
		*write = e->write;
		*e = (struct model_entry){ 0 };
		m->object[to].refs++;
		m->object[to].exclusive = true;
		model_map_object(m, at, to, *write);
	}
	return found;
}

static void release(struct model *m, const struct model_move *v, uint32_t object)
{
	m->object[object].locked = is_locked_by_fault(v, object);
	model_object_put(m, object);
}

static void stay(struct model *m, const struct model_move *v, struct model_slot *s)
{
	bool write;

	remap(m, s->src, s->src, &write);
	release(m, v, s->src);
	*s = (struct model_slot){ 0 };
}

static bool refused(const struct model *m, const struct model_move *v)
{
	const struct model_vma *vma = &m->place[v->first].vma;
	enum reached_refusal why;

	if (!vma->mapped)
		why = REFUSED_NO_VMA;
	else if (vma->mapping != MODEL_ANON)
		why = REFUSED_MAPPING;
	else if (vma->flags & (HS_VM_IO | HS_VM_PFNMAP))
		why = REFUSED_PFNMAP;
	else if (v->first + v->count > model_vma(m, v->first).end)
		why = REFUSED_BEYOND;
	else
		return false;
	model_reach(m, REACHED_REFUSE, 0, why);
	return true;
}

int model_move_setup(struct model *m, struct model_move *v)
{
	bool held[MODEL_SLOTS] = { false };

	v->events = 0;
	if (refused(m, v))
		return -EINVAL;
	tell(v, HS_INVALIDATE_MIGRATE, v->owner, v->first, v->first + v->count);
	for (uint32_t i = 0; i < v->count; i++) {
		enum reached_entry row = model_entry_row(m, v->first + i);
		enum reached_verdict verdict = collect(m, v, v->first + i, &v->slot[i]);

		model_reach(m, REACHED_COLLECT, row, verdict);
		held[i] = verdict == COLLECT_HELD;
	}
	for (uint32_t i = 0; i < v->count; i++)
		if (held[i])
			stay(m, v, &v->slot[i]);
	return 0;
}

/* ---- pages of a device ---------------------------------------------------------------------- */

/* Takes the page out of the address spaces, each with a section of its own. */
static enum reached_range unmap(struct model *m, struct model_move *v, uint32_t object)
{
	bool mapped = false;

	for (uint32_t at = 0; at < MODEL_PLACES; at++) {
		struct model_entry *e = &m->place[at].entry;

		if (e->object != object || (e->what != MODEL_PAGE && e->what != MODEL_PRIVATE))
			continue;
		tell(v, HS_INVALIDATE_CLEAR, 0, at, at + 1);
		to_migration(m, e);
		model_object_put(m, object);
		mapped = true;
	}
	if (others(m, v, object) > tolerated(m, object))
		return RANGE_HELD;
	if (!mapped)
		return RANGE_UNMAPPED_TOLERATED;
	return others(m, v, object) ? RANGE_TOLERATED : RANGE_MAPPED;
}

/* References and locks of all pages come first. */
void model_move_device(struct model *m, struct model_move *v)
{
	bool held[MODEL_SLOTS] = { false };

	v->events = 0;
	for (uint32_t i = 0; i < v->count; i++) {
		struct model_slot *s = &v->slot[i];
		struct model_object *o = &m->object[s->src];

		*s = (struct model_slot){ .src = s->src && !o->locked ? s->src : 0 };
		s->migrate = s->src;
		if (!s->src)
			model_reach(m, REACHED_RANGE, o->used && !is_private(o->memory),
				    o->used ? RANGE_LOCKED : RANGE_FREE);
		if (!s->src)
			continue;
		o->refs++;
		o->locked = true;
	}
	for (uint32_t i = 0; i < v->count; i++) {
		uint32_t src = v->slot[i].src;
		enum reached_range verdict;

		if (!src)
			continue;
		verdict = unmap(m, v, src);
		held[i] = verdict == RANGE_HELD;
		model_reach(m, REACHED_RANGE, !is_private(m->object[src].memory), verdict);
	}
	for (uint32_t i = 0; i < v->count; i++)
		if (held[i])
			stay(m, v, &v->slot[i]);
}

/* ---- pages ---------------------------------------------------------------------------------- */

static enum reached_decision where_to(const struct model *m, uint32_t dst)
{
	switch (m->object[dst].memory) {
	case MODEL_SYSTEM:
		return DECIDED_SYSTEM;
	case MODEL_PRIVATE_0:
	case MODEL_PRIVATE_1:
		return DECIDED_PRIVATE;
	case MODEL_COHERENT:
		return DECIDED_COHERENT;
	default:
		return DECIDED_WRONG_KIND;
	}
}

static enum reached_decision insert(struct model *m, uint32_t at, uint32_t dst, bool *fails)
{
	const struct model_place *p = &m->place[at];

	if (where_to(m, dst) == DECIDED_WRONG_KIND)
		return DECIDED_WRONG_KIND;
	if (p->depth && *fails) {
		*fails = false;
		return DECIDED_NO_MEMORY;
	}
	if (p->entry.what != MODEL_NONE && p->entry.what != MODEL_ZERO)
		return DECIDED_MAPPED;
	m->object[dst].refs++;
	m->object[dst].exclusive = true;
	model_map_object(m, at, dst, p->vma.flags & HS_VM_WRITE);
	return where_to(m, dst);
}

static enum reached_decision decide(struct model *m, struct model_move *v, uint32_t i, bool *told,
				    bool *fails)
{
	const struct model_slot *s = &v->slot[i];

	if (!s->dst)
		return DECIDED_NO_DST;
	if (!s->src && !*told)
		tell(v, HS_INVALIDATE_MIGRATE, v->owner, v->first + i, v->first + v->count);
	*told |= !s->src;
	if (!s->src)
		return insert(m, v->first + i, s->dst, fails);
	if (where_to(m, s->dst) == DECIDED_WRONG_KIND)
		return DECIDED_WRONG_KIND;
	return others(m, v, s->src) ? DECIDED_HELD : where_to(m, s->dst);
}

void model_move_pages(struct model *m, struct model_move *v, bool fails)
{
	bool told = false;

	v->events = 0;
	for (uint32_t i = 0; i < v->count; i++) {
		enum reached_decision verdict;

		if (!v->slot[i].migrate)
			continue;
		verdict = decide(m, v, i, &told, &fails);
		v->slot[i].migrate = verdict <= DECIDED_COHERENT;
		model_reach(m, REACHED_DECIDE, source(m, v->slot[i].src), verdict);
	}
}

/* ---- finalize ------------------------------------------------------------------------------- */

static enum reached_end end_slot(struct model *m, const struct model_move *v,
				 const struct model_slot *s)
{
	bool moves = s->migrate && s->dst, write = s->write, found;

	if (!s->src)
		return s->migrate ? END_INSERTED : END_DST_UNUSED;
	found = remap(m, s->src, moves ? s->dst : s->src, &write);
	release(m, v, s->src);
	if (!found)
		return moves ? END_MOVED_GONE : END_STAYS_GONE;
	if (!moves)
		return END_STAYS;
	return write == s->write ? END_MOVED : END_MOVED_READ_ONLY;
}

void model_move_finalize(struct model *m, struct model_move *v)
{
	for (uint32_t i = 0; i < v->count; i++) {
		struct model_slot *s = &v->slot[i];
		enum reached_source row = source(m, s->src);

		if (!s->src && !s->dst)
			continue;
		if (s->src && s->dst && !s->migrate)
			model_reach(m, REACHED_FINALIZE, row, END_DST_UNUSED);
		model_reach(m, REACHED_FINALIZE, row, end_slot(m, v, s));
		if (s->dst)
			release(m, v, s->dst);
	}
}
