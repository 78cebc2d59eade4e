/* SPDX-License-Identifier: MIT */
/*
 * heap.c (native) - the memory of heap arenas
 *
 * With jemalloc each machine has an arena of the library's private copy. These arenas are pooled
 * for the life of the process, because creating and destroying one costs far more than a reset.
 * Decay is off, because a benchmark must not pay for memory that goes back to the system in
 * between. What an arena has freed it uses again for any size (port/native/private_jemalloc.c).
 *
 * Without jemalloc (a sanitizer sees nothing inside it) objects come from malloc and are chained,
 * so that what was left behind can be freed.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "port/native/arena.h"

#ifndef HS_NO_JEMALLOC

extern void *hs_je_mallocx(size_t size, int flags);
extern void hs_je_sdallocx(void *p, size_t size, int flags);
extern int hs_je_mallctl(const char *name, void *old, size_t *old_len, void *new, size_t new_len);

#define HEAP_POOL_MAX 64
/* Flags of jemalloc's mallocx(): log2 of the alignment, zero, no thread cache, arena index. */
#define HEAP_ZERO 0x40
#define HEAP_LARGE ((size_t)16 << 10)
#define HEAP_NO_TCACHE 0x100
#define HEAP_FLAGS(heap, align) (__builtin_ctzl(align) | HEAP_NO_TCACHE | (int)(((heap) + 1) << 20))

static pthread_mutex_t heap_pool_lock = PTHREAD_MUTEX_INITIALIZER;
static uint32_t heap_pool[HEAP_POOL_MAX];
static unsigned int heap_pool_count;

static int heap_create(uint32_t *heap)
{
	size_t len = sizeof(*heap), never = (size_t)-1;
	char name[48];

	if (hs_je_mallctl("arenas.create", heap, &len, NULL, 0))
		return -ENOMEM;
	for (int i = 0; i < 2; i++) {
		static const char *const decay[] = { "dirty", "muzzy" };

		snprintf(name, sizeof(name), "arena.%u.%s_decay_ms", *heap, decay[i]);
		hs_je_mallctl(name, NULL, NULL, &never, sizeof(never));
	}
	return 0;
}

int hs_heap_take(uint32_t *heap)
{
	bool found = false;

	pthread_mutex_lock(&heap_pool_lock);
	if (heap_pool_count) {
		*heap = heap_pool[--heap_pool_count];
		found = true;
	}
	pthread_mutex_unlock(&heap_pool_lock);
	return found ? 0 : heap_create(heap);
}

void hs_heap_give(uint32_t heap)
{
	char name[48];
	bool kept;

	snprintf(name, sizeof(name), "arena.%u.reset", heap);
	hs_je_mallctl(name, NULL, NULL, NULL, 0);
	pthread_mutex_lock(&heap_pool_lock);
	kept = heap_pool_count < HEAP_POOL_MAX;
	if (kept)
		heap_pool[heap_pool_count++] = heap;
	pthread_mutex_unlock(&heap_pool_lock);
	if (kept)
		return;
	snprintf(name, sizeof(name), "arena.%u.destroy", heap);
	hs_je_mallctl(name, NULL, NULL, NULL, 0);
}

/*
 * jemalloc gives the pages of an object of HEAP_LARGE bytes or more back to the system to have them
 * zeroed, which costs more than writing zeroes, up to the size of several pages.
 */
static bool heap_zeroes_itself(size_t size)
{
	return size >= HEAP_LARGE && size <= 4 * HEAP_LARGE;
}

void *hs_heap_alloc(uint32_t heap, void **list, size_t size, size_t align)
{
	bool zero = heap_zeroes_itself(size);
	void *p = hs_je_mallocx(size, HEAP_FLAGS(heap, align) | (zero ? 0 : HEAP_ZERO));

	(void)list;
	return p && zero ? memset(p, 0, size) : p;
}

void hs_heap_free(void **list, void *object, size_t size, size_t align)
{
	(void)list;
	hs_je_sdallocx(object, size, __builtin_ctzl(align) | HEAP_NO_TCACHE);
}

void hs_heap_drop_all(void **list)
{
	(void)list; /* hs_heap_give() resets the arena */
}

#else

static pthread_mutex_t heap_chain_lock = PTHREAD_MUTEX_INITIALIZER;

/* The header before each object. The block starts one header or one alignment before the object. */
struct chain {
	struct chain *next, *prev;
	void *block;
	void *unused; /* keeps what follows on 16 bytes */
};

int hs_heap_take(uint32_t *heap)
{
	*heap = 0;
	return 0;
}

void hs_heap_give(uint32_t heap)
{
	(void)heap;
}

void *hs_heap_alloc(uint32_t heap, void **list, size_t size, size_t align)
{
	size_t lead = align > sizeof(struct chain) ? align : sizeof(struct chain);
	struct chain *c;
	void *block;

	(void)heap;
	if (size > SIZE_MAX - lead || posix_memalign(&block, align < 16 ? 16 : align, lead + size))
		return NULL;
	memset(block, 0, lead + size);
	c = (struct chain *)((char *)block + lead) - 1;
	pthread_mutex_lock(&heap_chain_lock);
	*c = (struct chain){ .next = *list, .block = block };
	if (c->next)
		c->next->prev = c;
	*list = c;
	pthread_mutex_unlock(&heap_chain_lock);
	return c + 1;
}

void hs_heap_free(void **list, void *object, size_t size, size_t align)
{
	struct chain *c = (struct chain *)object - 1;

	(void)size;
	(void)align;
	pthread_mutex_lock(&heap_chain_lock);
	if (c->next)
		c->next->prev = c->prev;
	if (c->prev)
		c->prev->next = c->next;
	else
		*list = c->next;
	pthread_mutex_unlock(&heap_chain_lock);
	free(c->block);
}

void hs_heap_drop_all(void **list)
{
	while (*list)
		hs_heap_free(list, (struct chain *)*list + 1, 0, 0);
}

#endif
