/* SPDX-License-Identifier: MIT */
/*
 * region.c - lists of free blocks and the bump pointer behind them
 */
#include "port/common/region.h"

#include <string.h>

#include "port/common/sanitize.h"

#define HS_REGION_BIG_MIN 1024u

/* What a free block holds; fits the smallest block. */
struct free_block {
	uintptr_t next;
	size_t size;
};

/* Rounds *size up and returns the list of free blocks of that size. NULL: no block is reused. */
static uintptr_t *region_list(struct hs_region *r, size_t *size, size_t align)
{
	size_t block;
	unsigned int i;

	if (r->reuse == HS_REUSE_NEVER) {
		*size = (*size + 15) & ~(size_t)15;
		return NULL;
	}
	if (*size < align)
		*size = align;
	if (*size <= 16 * HS_REGION_SMALL) {
		size_t step = align < 16 ? 16 : align;

		*size = (*size + step - 1) & ~(step - 1);
		return &r->small[*size / 16 - 1];
	}
	for (i = 0, block = HS_REGION_BIG_MIN; i < HS_REGION_BIG; i++, block <<= 1) {
		if (*size > block)
			continue;
		*size = block;
		return &r->big[i];
	}
	*size = (*size + HS_REGION_PAGE - 1) & ~(size_t)(HS_REGION_PAGE - 1);
	return &r->huge;
}

void hs_region_init(struct hs_region *r, void *base, size_t size, size_t used, enum hs_reuse reuse,
		    bool poison)
{
	memset(r, 0, sizeof(*r));
	r->base = (uintptr_t)base;
	r->size = size;
	r->used = used;
	r->high = used;
	r->reuse = reuse;
	r->poison = poison;
	if (poison)
		hs_poison((char *)base + used, size - used);
}

/* Takes a fitting block off the list; only the huge list holds blocks of more than one size. */
static void *region_take_free(struct hs_region *r, uintptr_t *list, size_t size, size_t align)
{
	while (list && *list) {
		struct free_block *b = (struct free_block *)*list;

		if (r->poison)
			hs_unpoison(b, sizeof(*b));
		if (b->size == size && !(*list & (align - 1))) {
			*list = b->next;
			if (r->poison)
				hs_unpoison(b, size);
			return memset(b, 0, size);
		}
		list = &b->next;
	}
	return NULL;
}

/*
 * If blocks are reused, each is aligned to the largest power of two that divides its size, up to a
 * page. So every block of a list has every alignment that a caller may ask for.
 */
static void *region_take_fresh(struct hs_region *r, size_t size, size_t align)
{
	size_t step = 16, start, dirty;
	char *p;

	if (r->reuse == HS_REUSE_LIFO) {
		step = size & -size;
		if (step > HS_REGION_PAGE)
			step = HS_REGION_PAGE;
	}
	if (step < align)
		step = align;
	start = (r->used + step - 1) & ~(step - 1);
	if (start > r->size || size > r->size - start)
		return NULL;
	p = (char *)r->base + start;
	if (r->poison)
		hs_unpoison(p, size);
	dirty = r->high > start ? r->high - start : 0;
	memset(p, 0, dirty < size ? dirty : size);
	/* hs_arena_info() reads it without the lock. */
	__atomic_store_n(&r->used, start + size, __ATOMIC_RELAXED);
	if (r->high < r->used)
		r->high = r->used;
	return p;
}

void *hs_region_alloc(struct hs_region *r, size_t size, size_t align)
{
	uintptr_t *list;
	void *p;

	if (size > r->size)
		return NULL;
	list = region_list(r, &size, align);
	p = region_take_free(r, list, size, align);
	return p ? p : region_take_fresh(r, size, align);
}

void hs_region_free(struct hs_region *r, void *object, size_t size, size_t align)
{
	uintptr_t *list = region_list(r, &size, align);
	struct free_block *b = object;

	if (list) {
		b->next = *list;
		b->size = size;
		*list = (uintptr_t)b;
	}
	if (r->poison)
		hs_poison(object, size);
}
