/* SPDX-License-Identifier: MIT */
/*
 * hostmem.h - counted host memory
 *
 * invented. The model allocates from the arena of a machine. Parsers, printers and runners allocate
 * here. Allocations are counted, so that a test can let each one fail and check that all is freed.
 */
#ifndef HS_TEXT_HOSTMEM_H
#define HS_TEXT_HOSTMEM_H

#include <stddef.h>
#include <stdint.h>

struct hs_hostmem {
	uint64_t attempts; /* allocations so far, including failed ones */
	uint64_t fail_at;  /* the attempt with this number, from 1, fails; 0: none does */
	uint64_t live;	   /* blocks that are not freed */
};

/* realloc() and free(). @bytes is not 0. On NULL @old is unchanged. */
void *hs_hostmem_realloc(struct hs_hostmem *mem, void *old, size_t bytes);
void hs_hostmem_free(struct hs_hostmem *mem, void *block);
/* calloc(). */
void *hs_hostmem_zalloc(struct hs_hostmem *mem, size_t count, size_t size);
/*
 * Makes room for one more element in an array that holds @count elements and was only ever
 * allocated here. Returns its address, which may have changed, or NULL with @array unchanged.
 */
void *hs_hostmem_grow(struct hs_hostmem *mem, void *array, size_t count, size_t size);

#endif
