/* SPDX-License-Identifier: MIT */
/*
 * arena.c (native) - creating and destroying an arena
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "port/native/arena.h"

static size_t native_arena_bytes(uint32_t slots)
{
	size_t bytes = sizeof(struct hs_arena) + slots * sizeof(struct hs_slot);

	return (bytes + HS_REGION_PAGE - 1) & ~(size_t)(HS_REGION_PAGE - 1);
}

static size_t native_arena_counter_bytes(uint32_t slots)
{
	return (slots * HS_PCPU_STRIDE + HS_REGION_PAGE - 1) & ~(size_t)(HS_REGION_PAGE - 1);
}

static int native_arena_check_config(const struct hs_machine_config *c)
{
	bool region = c->kind == HS_ARENA_REGION;

	if (c->kind != HS_ARENA_HEAP && !region)
		return -EINVAL;
	if (c->max_tasks < 1 || c->max_tasks > HS_TASKS_MAX - 2)
		return -EINVAL;
	if (c->reuse != HS_REUSE_LIFO && c->reuse != HS_REUSE_NEVER)
		return -EINVAL;
	if (!region)
		return c->shared || c->reuse == HS_REUSE_NEVER ? -EINVAL : 0;
	if (c->base & (HS_REGION_PAGE - 1) || c->size & (HS_REGION_PAGE - 1))
		return -EINVAL;
	if (!c->base || c->base > UINTPTR_MAX - c->size)
		return -EINVAL;
	if (c->size <
	    native_arena_bytes(c->max_tasks + 1) + native_arena_counter_bytes(c->max_tasks + 1))
		return -EINVAL;
	return 0;
}

static int native_arena_map_region(const struct hs_machine_config *c, void **out)
{
	int flags = MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE |
		    (c->shared ? MAP_SHARED : MAP_PRIVATE);
	void *want = (void *)(uintptr_t)c->base;
	void *p = mmap(want, c->size, PROT_READ | PROT_WRITE, flags, -1, 0);

	if (p == MAP_FAILED)
		return errno == EEXIST ? -EEXIST : -ENOMEM;
	if (p != want) { /* a kernel without MAP_FIXED_NOREPLACE takes the address as a hint */
		munmap(p, c->size);
		return -EEXIST;
	}
	*out = p;
	return 0;
}

/* Allocates the arena with its slots, then the counters, both zeroed. */
static int native_arena_make(const struct hs_machine_config *c, struct hs_arena **out)
{
	uint32_t slots = c->max_tasks + 1, heap;
	size_t head = native_arena_bytes(slots), shards = native_arena_counter_bytes(slots);
	void *list = NULL, *p;
	int ret;

	if (c->kind == HS_ARENA_REGION) {
		ret = native_arena_map_region(c, &p);
		if (ret)
			return ret;
		*out = p;
		hs_region_init(&(*out)->region, p, c->size, head + shards, c->reuse, !c->shared);
		(*out)->pcpu = (char *)p + head;
		return 0;
	}
	ret = hs_heap_take(&heap);
	if (ret)
		return ret;
	p = hs_heap_alloc(heap, &list, head + shards, HS_REGION_PAGE);
	if (!p) {
		hs_heap_give(heap);
		return -ENOMEM;
	}
	*out = p;
	(*out)->heap = heap;
	(*out)->heap_list = list;
	(*out)->pcpu = (char *)p + head;
	return 0;
}

static void native_arena_release(struct hs_arena *arena)
{
	if (arena->config.kind == HS_ARENA_REGION) {
		hs_unpoison(arena, arena->config.size);
		munmap(arena, arena->config.size);
		return;
	}
	/*
	 * The arena itself is the list's last object: keep the head elsewhere while the list
	 * shrinks.
	 */
	void *list = arena->heap_list;
	uint32_t heap = arena->heap;

	hs_heap_drop_all(&list);
	hs_heap_give(heap);
}

static int native_arena_init_lives(struct hs_arena *arena)
{
	pthread_mutexattr_t attr;
	int ret;

	ret = pthread_mutexattr_init(&attr);
	if (ret)
		return -ret;
	pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
	pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	for (uint32_t i = 0; i < arena->slots && !ret; i++)
		ret = pthread_mutex_init(&arena->slot[i].life, &attr);
	pthread_mutexattr_destroy(&attr);
	return -ret;
}

int hs_arena_create(const struct hs_machine_config *config, struct hs_arena **out)
{
	struct hs_arena *arena;
	int ret = native_arena_check_config(config);

	if (ret)
		return ret;
	if (config->fail_at == 1)
		return -ENOMEM;
	ret = native_arena_make(config, &arena);
	if (ret)
		return ret;
	arena->config = *config;
	arena->slots = config->max_tasks + 1;
	arena->creator = getpid();
	hs_u64_init(&arena->allocations, 1);
	hs_spin_init(&arena->lock, HS_LOCK_ARENA);
	hs_rcu_init(arena);
	hs_arena_boot(arena);
	ret = native_arena_init_lives(arena);
	if (ret) {
		native_arena_release(arena);
		return ret;
	}
	*out = arena;
	return 0;
}

int hs_arena_destroy(struct hs_arena *arena, struct hs_leaks *left)
{
	struct hs_task *boot = hs_arena_boot(arena);
	struct hs_leaks mine;

	hs_arena_reap(arena);
	if (hs_arena_attached(arena))
		return -EBUSY;
	hs_rcu_flush(boot);
	hs_u64_init(&arena->live[HS_KIND_TRACKED], 0);
	hs_leaks_name(arena->live, &mine);
	hs_arena_name_tracked(arena, &mine);
	if (left)
		*left = mine;
	for (uint32_t i = 0; i < arena->slots; i++)
		pthread_mutex_destroy(&arena->slot[i].life);
	native_arena_release(arena);
	return mine.objects ? -ENOTEMPTY : 0;
}

void hs_arena_check_destroyer(struct hs_arena *arena)
{
	hs_assert_at(hs_arena_boot(arena), HS_HERE,
		     !arena->config.shared || arena->creator == getpid(),
		     "hs_machine_destroy: another process than the creator of a shared machine");
}

void hs_arena_info(struct hs_arena *arena, struct hs_machine_info *info)
{
	memset(info, 0, sizeof(*info));
	hs_arena_reap(arena);
	info->allocations = hs_u64_load(NULL, &arena->allocations, HS_RELAXED);
	info->failed_at = __atomic_load_n(&arena->failed_at, __ATOMIC_RELAXED);
	for (int k = 0; k < HS_KIND_COUNT; k++)
		info->objects += hs_u64_load(NULL, &arena->live[k], HS_RELAXED);
	info->bytes = hs_u64_load(NULL, &arena->bytes, HS_RELAXED);
	info->image_bytes = __atomic_load_n(&arena->region.used, __ATOMIC_RELAXED);
	info->grace_periods = hs_u64_load(NULL, &arena->rcu.completed, HS_RELAXED);
	info->retry_spins = hs_u64_load(NULL, &arena->retired_spins, HS_RELAXED);
	for (uint32_t i = 0; i < arena->slots; i++)
		info->retry_spins +=
			hs_u64_load(NULL, &arena->slot[i].task.hot.retry_spins, HS_RELAXED);
	info->ticks = hs_u64_load(NULL, &arena->ticks, HS_RELAXED);
	info->tasks = hs_arena_attached(arena);
	info->dead_tasks = hs_u32_load(NULL, &arena->dead_tasks, HS_RELAXED);
}

void hs_arena_set_root(struct hs_arena *arena, void *root)
{
	arena->root = root;
}

void *hs_arena_root(struct hs_arena *arena)
{
	return arena->root;
}
