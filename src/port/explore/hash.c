/* SPDX-License-Identifier: MIT */
/*
 * hash.c (explore) - the hash of an execution: every step, its object and what it read
 *
 * It numbers objects in the order of their first use and takes all addresses in the region for the
 * same value, so that it does not depend on the layout that a compiler chooses.
 */
#include "port/explore/sched.h"

/* What lies on a stack has no number, because where it lies, and what lay there before, varies. */
#define HASH_STACK (HS_HASH_OBJECTS + 1)
/* Pointers of a process lie between these, if it is none to what is in the region. */
#define HASH_POINTER_LEAST (UINT64_C(1) << 40)
#define HASH_POINTER_MOST (UINT64_C(1) << 48)

static uint64_t hash_object_number(struct hs_sched *s, const void *addr)
{
	for (uint32_t i = 0; i < s->object_count; i++)
		if (s->objects[i] == addr)
			return i;
	if (s->object_count == HS_HASH_OBJECTS)
		return HS_HASH_OBJECTS;
	s->objects[s->object_count] = addr;
	return s->object_count++;
}

static void hash_add(struct hs_sched *s, uint64_t value)
{
	s->hash = hs_mix64(s->hash ^ value) + 1;
}

void hs_hash_step(struct hs_sched *s, const struct hs_task *t)
{
	hash_add(s, hash_object_number(s, t->op.addr) | (uint64_t)t->op.kind << 32 |
			    (uint64_t)t->id << 40);
}

void hs_hash_result(struct hs_sched *s, const struct hs_task *t)
{
	uint64_t value = t->read_count ? t->reads[t->read_count - 1].value : 0;

	hash_add(s, value - (uintptr_t)s->region < HS_ARENA_BYTES ? 1 : value);
}

/* ---- of an execution that has ended ------------------------------------------------------- */

/*
 * Where a pointer leads depends on the process, unless it leads nowhere. One into the region may
 * have bits above the address, as an entry of a page table has.
 */
static uint64_t hash_value(const struct hs_sched *s, uint64_t value)
{
	uint64_t addr = value & (HASH_POINTER_MOST - 1);

	if (addr - (uintptr_t)s->region < HS_ARENA_BYTES)
		return (value - addr) + 1;
	return value >= HASH_POINTER_LEAST && value < HASH_POINTER_MOST ? 2 : value;
}

static uint64_t hash_place(struct hs_sched *s, const void *addr)
{
	bool guard;

	if (hs_fiber_stack_of(&s->stacks, (uintptr_t)addr, &guard) >= 0)
		return HASH_STACK;
	return hash_object_number(s, addr);
}

uint64_t hs_hash_notes(struct hs_sched *s)
{
	uint64_t running = s->hash, hash;

	s->hash = s->object_count = 0;
	for (uint32_t i = 0; i < s->decisions; i++) {
		const struct hs_repeat_note *n = &s->repeat.note[i];

		hash_add(s, s->schedule[i]);
		if (s->schedule[i] & HS_CHOICE) {
			hash_add(s, n->size);
			continue;
		}
		hash_add(s, hash_place(s, n->addr) | (uint64_t)n->kind << 32);
		hash_add(s, hash_value(s, n->value));
	}
	hash = s->hash;
	s->hash = running;
	return hash;
}
