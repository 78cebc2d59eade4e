/* SPDX-License-Identifier: MIT */
/*
 * hooks.h - empty bodies for the hooks that a strategy does not bind; see walk.h
 */
#ifndef st_page
static inline int st_page(struct hs_walk *w, struct hs_pgmap **slot, uint64_t pfn)
{
	(void)w;
	(void)slot;
	(void)pfn;
	return 0;
}
#endif

#define HS_EMPTY_HOOK(name)                                                \
	static inline void name(struct hs_walk *w, struct hs_pgmap **slot) \
	{                                                                  \
		(void)w;                                                   \
		(void)slot;                                                \
	}

#ifndef st_fault_begin
HS_EMPTY_HOOK(st_fault_begin)
#endif
#ifndef st_table_end
HS_EMPTY_HOOK(st_table_end)
#endif
#ifndef st_table_error
HS_EMPTY_HOOK(st_table_error)
#endif
#ifndef st_pass_end
HS_EMPTY_HOOK(st_pass_end)
#endif
#ifndef st_vma_begin
HS_EMPTY_HOOK(st_vma_begin)
#endif
#ifndef st_vma_end
HS_EMPTY_HOOK(st_vma_end)
#endif
#ifndef st_call_end
HS_EMPTY_HOOK(st_call_end)
#endif
#ifndef ST_LOCAL_SLOT
#define ST_LOCAL_SLOT 0
#endif
