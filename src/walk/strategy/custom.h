/* SPDX-License-Identifier: MIT */
/*
 * custom.h - the functions of hs_range.ops at every hook
 *
 * Of their counts two are kept here: failures, because a walker that goes round after one has to
 * wait for another task (hs_walk_again()), and what they leak, because only the walker sees it.
 */
#include "pgmap/pgmap.h"

static inline int st_page(struct hs_walk *w, struct hs_pgmap **slot, uint64_t pfn)
{
	const struct hs_strategy_ops *ops = w->range->ops;
	int64_t was = hs_pgmap_tally(w->self);
	int ret = ops->page ? ops->page(w->self, w->range, slot, pfn, w->range->ops_arg) : 0;

	hs_assert_at(w->self, HS_HERE, !ret || ret == -EBUSY,
		     "hs_strategy_ops.page returned %d, expected 0 or -EBUSY", ret);
	w->kept += hs_pgmap_tally(w->self) - was;
	w->counts.failures += ret != 0;
	return ret;
}
#define st_page st_page

#define HS_CUSTOM_HOOK(hook)                                                    \
	static inline void st_##hook(struct hs_walk *w, struct hs_pgmap **slot) \
	{                                                                       \
		const struct hs_strategy_ops *ops = w->range->ops;              \
		int64_t was = hs_pgmap_tally(w->self);                          \
                                                                                \
		if (ops->hook)                                                  \
			ops->hook(w->self, w->range, slot, w->range->ops_arg);  \
		w->kept += hs_pgmap_tally(w->self) - was;                       \
	}

HS_CUSTOM_HOOK(fault_begin)
#define st_fault_begin st_fault_begin
HS_CUSTOM_HOOK(table_end)
#define st_table_end st_table_end
HS_CUSTOM_HOOK(table_error)
#define st_table_error st_table_error
HS_CUSTOM_HOOK(pass_end)
#define st_pass_end st_pass_end
HS_CUSTOM_HOOK(vma_begin)
#define st_vma_begin st_vma_begin
HS_CUSTOM_HOOK(vma_end)
#define st_vma_end st_vma_end
HS_CUSTOM_HOOK(call_end)
#define st_call_end st_call_end
