/* SPDX-License-Identifier: MIT */
/*
 * hostmem.c - allocates and frees counted host memory
 */
#include "text/hostmem.h"

#include <stdbool.h>
#include <stdlib.h>

#define GROW_FIRST 8

static bool hostmem_attempt_fails(struct hs_hostmem *mem)
{
	return ++mem->attempts == mem->fail_at;
}

void *hs_hostmem_realloc(struct hs_hostmem *mem, void *old, size_t bytes)
{
	void *block = hostmem_attempt_fails(mem) ? NULL : realloc(old, bytes);

	if (block && !old)
		mem->live++;
	return block;
}

void hs_hostmem_free(struct hs_hostmem *mem, void *block)
{
	if (block)
		mem->live--;
	free(block);
}

void *hs_hostmem_zalloc(struct hs_hostmem *mem, size_t count, size_t size)
{
	void *block = hostmem_attempt_fails(mem) ? NULL : calloc(count, size);

	if (block)
		mem->live++;
	return block;
}

/* The capacity follows from @count: 8, then the next power of two. */
void *hs_hostmem_grow(struct hs_hostmem *mem, void *array, size_t count, size_t size)
{
	size_t room = count ? 2 * count : GROW_FIRST;

	if (count && (count < GROW_FIRST || count & (count - 1)))
		return array;
	if (room > SIZE_MAX / size)
		return NULL;
	return hs_hostmem_realloc(mem, array, room * size);
}
