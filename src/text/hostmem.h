/* SPDX-License-Identifier: MIT */
/*
 * hostmem.h - host memory of parsers and runners
 *
 * invented. The model allocates from a machine's arena; what the text language needs outside it
 * comes from here, counted, so that a test can let each allocation fail and see that nothing stays.
 */
#ifndef HS_TEXT_HOSTMEM_H
#define HS_TEXT_HOSTMEM_H

#include <stddef.h>
#include <stdint.h>

struct hs_hostmem {
	uint64_t attempts; /* allocations so far, failed ones included */
	uint64_t fail_at;  /* the attempt with this index (from 1) fails; 0: none does */
	uint64_t live;	   /* blocks */
};

/* As realloc() and free(); new memory is not zeroed. @bytes is not 0. NULL: @old is untouched. */
void *hs_hostmem_realloc(struct hs_hostmem *mem, void *old, size_t bytes);
void hs_hostmem_free(struct hs_hostmem *mem, void *block);
/* Zeroed. */
void *hs_hostmem_zalloc(struct hs_hostmem *mem, size_t count, size_t size);
/*
 * Room for one element more in an array of @count elements that only this function has grown: its
 * address, which may be new, or NULL.
 */
void *hs_hostmem_grow(struct hs_hostmem *mem, void *array, size_t count, size_t size);

#endif
