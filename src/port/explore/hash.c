/* SPDX-License-Identifier: MIT */
/*
 * hash.c (explore) - the trace hash of an execution: every step, its object and what it read
 *
 * It numbers objects in the order of their first use and takes all addresses in the region for the
 * same value, so that it does not depend on the layout that a compiler chooses.
 */
#include "port/explore/sched.h"

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
