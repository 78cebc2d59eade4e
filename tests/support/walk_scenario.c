/* SPDX-License-Identifier: MIT */
#include "support/walk_scenario.h"

#include <string.h>

#define SAME(field) (x->field == y->field)
#define SAME_FLAGS(field) (SAME(field.bits) && SAME(field.device))
/* Each element of a->list is the same as that of b->list. */
#define SAME_LISTS(type, list, count, same)                           \
	if (a->count != b->count)                                     \
		return false;                                         \
	for (size_t i = 0; i < a->count; i++) {                       \
		const struct type *x = &a->list[i], *y = &b->list[i]; \
                                                                      \
		if (!(same))                                          \
			return false;                                 \
	}

static bool lists_equal(const struct hs_walk_scenario *a, const struct hs_walk_scenario *b)
{
	SAME_LISTS(hs_layout_vma, layout.vmas, layout.vma_count,
		   SAME(start) && SAME(end) && SAME(flags))
	SAME_LISTS(hs_space_map, layout.maps, layout.map_count,
		   SAME(addr) && SAME(pfn) && SAME(count) && SAME(owner) && SAME(kind) &&
			   SAME(level) && SAME(of))
	SAME_LISTS(hs_space_pgmap, layout.pgmaps, layout.pgmap_count,
		   SAME(start) && SAME(end) && SAME(type) && SAME(owner) && SAME(dead))
	SAME_LISTS(hs_walk_in, ins, in_count, SAME(index) && SAME(count) && SAME_FLAGS(flags))
	SAME_LISTS(hs_fault_rule, rules.by_call, rules.by_call_count, SAME(key) && SAME(action))
	SAME_LISTS(hs_fault_rule, rules.by_addr, rules.by_addr_count, SAME(key) && SAME(action))
	return true;
}

bool walk_scenarios_equal(const struct hs_walk_scenario *x, const struct hs_walk_scenario *y)
{
	return !strcmp(x->layout.name, y->layout.name) && SAME(rules.action) &&
	       SAME(rules.migration_stays) && SAME(retry_at) && SAME(maxwalks) && SAME(snapshot) &&
	       SAME(req.start) && SAME(req.end) && SAME_FLAGS(req.defaults) &&
	       SAME_FLAGS(req.mask) && SAME(req.owner) && lists_equal(x, y);
}

int walk_scenario_parse(struct hs_hostmem *mem, const char *string, struct hs_walk_scenario *out,
			char error[1024])
{
	struct hs_text text;
	int ret;

	hs_text_init(&text, mem, "x.in", string, strlen(string));
	ret = hs_walk_parse(&text, out);
	if (error)
		memcpy(error, text.error, sizeof(text.error));
	return ret;
}
