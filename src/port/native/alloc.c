/* SPDX-License-Identifier: MIT */
/*
 * alloc.c (native) - objects, per-CPU counters, chance
 */
#include <string.h>

#include "port/native/arena.h"

bool hs_arena_may_alloc(struct hs_arena *arena, const char *where)
{
	if (hs_u64_add(NULL, &arena->allocations, 1, HS_RELAXED) + 1 != arena->config.fail_at)
		return true;
	__atomic_store_n(&arena->failed_at, where, __ATOMIC_RELAXED);
	return false;
}

static void *alloc_bytes(struct hs_task *self, size_t size, size_t align)
{
	struct hs_arena *arena = self->hot.arena;
	void *p;

	if (arena->config.kind != HS_ARENA_REGION)
		return hs_heap_alloc(arena->heap, &arena->heap_list, size, align);
	hs_spin_lock(self, &arena->lock);
	p = hs_region_alloc(&arena->region, size, align);
	hs_spin_unlock(self, &arena->lock);
	return p;
}

void *hs_alloc_at(struct hs_task *self, enum hs_kind kind, size_t size, const char *where)
{
	struct hs_arena *arena = self->hot.arena;
	void *p;

	hs_check_alloc(self, size, where);
	if (!hs_arena_may_alloc(arena, where))
		return NULL;
	p = alloc_bytes(self, size, hs_kind_align(kind, size));
	if (!p)
		return NULL;
	hs_u64_add(self, &arena->live[kind], 1, HS_RELAXED);
	hs_u64_add(self, &arena->bytes, size, HS_RELAXED);
	return p;
}

void *hs_keep_at(struct hs_task *self, size_t size, const char *where)
{
	hs_check_alloc(self, size, where);
	if (!hs_arena_may_alloc(self->hot.arena, where))
		return NULL;
	return alloc_bytes(self, size, HS_CACHE_LINE);
}

struct hs_class_table **hs_arena_classes(const struct hs_task *self)
{
	return &self->hot.arena->classes;
}

static void alloc_give_back(struct hs_task *self, void *object, enum hs_kind kind, size_t size,
			    const char *where)
{
	struct hs_arena *arena = self->hot.arena;
	size_t align = hs_kind_align(kind, size);

	hs_check_free(self, kind, size, hs_u64_load(self, &arena->live[kind], HS_RELAXED),
		      hs_u64_load(self, &arena->bytes, HS_RELAXED), where);
	hs_u64_add(self, &arena->live[kind], -(uint64_t)1, HS_RELAXED);
	hs_u64_add(self, &arena->bytes, -(uint64_t)size, HS_RELAXED);
	if (arena->config.kind == HS_ARENA_REGION) {
		hs_spin_lock(self, &arena->lock);
		hs_region_free(&arena->region, object, size, align);
		hs_spin_unlock(self, &arena->lock);
	} else {
		hs_heap_free(&arena->heap_list, object, size, align);
	}
}

void hs_free_at(struct hs_task *self, void *object, enum hs_kind kind, size_t size,
		const char *where)
{
	if (object)
		alloc_give_back(self, object, kind, size, where);
}

void hs_tracked_release(struct hs_task *self, struct hs_tracked *t, size_t size, const char *where)
{
	struct hs_arena *arena = self->hot.arena;

	hs_tracked_mark_freed(self, t, where);
	hs_spin_lock(self, &arena->lock);
	if (t->next)
		t->next->prev = t->prev;
	if (t->prev)
		t->prev->next = t->next;
	else
		arena->tracked = t->next;
	hs_spin_unlock(self, &arena->lock);
	alloc_give_back(self, t, HS_KIND_TRACKED, size, where);
}

void hs_tracked_link(struct hs_task *self, struct hs_tracked *t)
{
	struct hs_arena *arena = self->hot.arena;

	hs_spin_lock(self, &arena->lock);
	t->next = arena->tracked;
	if (t->next)
		t->next->prev = t;
	arena->tracked = t;
	hs_spin_unlock(self, &arena->lock);
}

void hs_arena_name_tracked(struct hs_arena *arena, struct hs_leaks *left)
{
	hs_tracked_name_leaks(arena->tracked, left);
}

/* ---- counters ---------------------------------------------------------------------------- */

static hs_u64 *alloc_counter_slot(hs_u64 *counter, uint32_t shard)
{
	return (hs_u64 *)((char *)counter + shard * HS_PCPU_STRIDE);
}

hs_u64 *hs_pcpu_alloc_at(struct hs_task *self, const char *where)
{
	struct hs_arena *arena = self->hot.arena;
	hs_u64 *counter = NULL;

	if (!hs_arena_may_alloc(arena, where))
		return NULL;
	hs_spin_lock(self, &arena->lock);
	for (unsigned int i = 0; i < HS_PCPU_COUNTERS / 64 && !counter; i++) {
		unsigned int bit;

		if (!~arena->pcpu_map[i])
			continue;
		bit = (unsigned int)__builtin_ctzll(~arena->pcpu_map[i]);
		arena->pcpu_map[i] |= 1ull << bit;
		counter = (hs_u64 *)arena->pcpu + i * 64 + bit;
	}
	hs_spin_unlock(self, &arena->lock);
	if (!counter)
		return NULL;
	for (uint32_t i = 0; i < arena->slots; i++)
		hs_u64_store(self, alloc_counter_slot(counter, i), 0, HS_RELAXED);
	hs_u64_add(self, &arena->live[HS_KIND_PERCPU], 1, HS_RELAXED);
	return counter;
}

void hs_pcpu_free_at(struct hs_task *self, hs_u64 *counter, const char *where)
{
	struct hs_arena *arena = self->hot.arena;
	size_t i = (size_t)(counter - (hs_u64 *)arena->pcpu);

	bool live;

	hs_spin_lock(self, &arena->lock);
	live = i < HS_PCPU_COUNTERS && (arena->pcpu_map[i / 64] >> (i % 64) & 1);
	if (live)
		arena->pcpu_map[i / 64] &= ~(1ull << (i % 64));
	hs_spin_unlock(self, &arena->lock);
	if (!live)
		hs_fail(self, where, "free of a counter that is not live");
	hs_u64_add(self, &arena->live[HS_KIND_PERCPU], -(uint64_t)1, HS_RELAXED);
}

uint64_t hs_pcpu_sum_at(struct hs_task *self, hs_u64 *counter, const char *where)
{
	struct hs_arena *arena = self->hot.arena;
	uint64_t sum = 0;

	(void)where;
	for (uint32_t i = 0; i < arena->slots; i++)
		sum += hs_u64_load(self, alloc_counter_slot(counter, i), HS_RELAXED);
	return sum;
}

/* ---- chance ------------------------------------------------------------------------------ */

uint64_t hs_random(struct hs_task *self)
{
	return hs_random_next(&self->hot.rng);
}

uint32_t hs_choose(struct hs_task *self, uint32_t n, const char *why)
{
	hs_assert(self, n, "a choice among nothing: %s", why);
	return hs_random_below(&self->hot.rng, n);
}
