/* SPDX-License-Identifier: MIT */
/*
 * linux/slab.h - memory whose use after free and leak are found
 */
#ifndef HMMSIM_MODULE_SLAB_H
#define HMMSIM_MODULE_SLAB_H

#include <linux/kernel.h>

#define GFP_KERNEL ((gfp_t)0)
#define GFP_ATOMIC ((gfp_t)0)
#define __GFP_NOWARN ((gfp_t)0)
#define __GFP_NOFAIL ((gfp_t)0)
#define __GFP_ZERO ((gfp_t)0)

static inline void *module_zalloc(size_t size, const char *where)
{
	static const struct hs_sync_kind kind = { "driver object" };

	return hs_sync_alloc_at(hs_races_task(), &kind, size, where);
}

static inline void module_free(const void *object, const char *where)
{
	if (object)
		hs_sync_free_at(hs_races_task(), (void *)(uintptr_t)object, where);
}

#define kzalloc(size, flags) ((void)(flags), module_zalloc((size), HS_SYNC_HERE))
#define kmalloc(size, flags) kzalloc(size, flags)
#define kcalloc(n, size, flags) kzalloc((size_t)(n) * (size), flags)
#define kmalloc_array(n, size, flags) kcalloc(n, size, flags)
#define kfree(object) module_free((object), HS_SYNC_HERE)
#define kvcalloc(n, size, flags) kcalloc(n, size, flags)
#define kvmalloc_array(n, size, flags) kcalloc(n, size, flags)
#define kvfree(object) kfree(object)

#endif
