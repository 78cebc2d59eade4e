/* SPDX-License-Identifier: MIT */
/*
 * pgmap.h - device memory and who may look it up
 *
 * reduced: dev_pagemap (v6.12, include/linux/memremap.h; mm/memremap.c): one range, an embedded
 * percpu_ref. Its creation checks and its removal come later; what is here is registration, lookup
 * by pfn and the reference that a walker takes.
 *
 * Errors: -EINVAL (empty, beyond 2^40 pages), -EEXIST (overlaps another pgmap), -ENOMEM.
 */
#ifndef HMMSIM_PGMAP_H
#define HMMSIM_PGMAP_H

#include <stdbool.h>
#include <stdint.h>

#include <hmmsim/export.h>
#include <hmmsim/machine.h>

#ifdef __cplusplus
extern "C" {
#endif

struct hs_pgmap;

enum hs_pgmap_type {
	HS_PGMAP_FS_DAX,
	HS_PGMAP_PRIVATE,
	HS_PGMAP_COHERENT,
	HS_PGMAP_GENERIC,
	HS_PGMAP_P2PDMA,
	HS_PGMAP_TYPES
};

/* Registers the pfns [start, end). The caller owns it until hs_pgmap_remove(). */
HMMSIM_API int hs_pgmap_add(struct hs_task *self, enum hs_pgmap_type type, uint64_t start,
			    uint64_t end, const void *owner, struct hs_pgmap **out);
/* From now on no lookup obtains a reference. */
HMMSIM_API void hs_pgmap_kill(struct hs_task *self, struct hs_pgmap *pgmap);
/* Unregisters and frees it. Nobody may hold a reference or look it up any more. */
HMMSIM_API void hs_pgmap_remove(struct hs_task *self, struct hs_pgmap *pgmap);

/*
 * get_dev_pagemap(): @cached (may be NULL) is returned as it is if it covers @pfn; otherwise its
 * reference is put and the pgmap of @pfn looked up. NULL: there is none, or it is dead.
 * put_dev_pagemap(): NULL is allowed.
 */
HMMSIM_API struct hs_pgmap *hs_pgmap_get(struct hs_task *self, uint64_t pfn,
					 struct hs_pgmap *cached);
HMMSIM_API void hs_pgmap_put(struct hs_task *self, struct hs_pgmap *pgmap);

HMMSIM_API bool hs_pgmap_covers(const struct hs_pgmap *pgmap, uint64_t pfn);
HMMSIM_API const void *hs_pgmap_owner(const struct hs_pgmap *pgmap);
/* References beyond the initial one; exact at a quiet moment, a grace period after a kill. */
HMMSIM_API int64_t hs_pgmap_refs(struct hs_task *self, struct hs_pgmap *pgmap);

#ifdef __cplusplus
}
#endif

#endif
