/* SPDX-License-Identifier: MIT */
#include "support/contract.h"

#include "memory/memory.h"
#include "mm/mm.h"
#include "support/refusal.h"

struct contract_case {
	const struct contracts *of;
	const struct contract *row;
};

static const struct contract *contract_now;

static void contract_breach(struct hs_task *self, void *arg)
{
	contract_now->breach(self, arg);
}

static int contract_setup(struct hs_task *self, struct hs_plan *plan, void *state,
			  const void *param)
{
	const struct contract_case *c = param;
	int ret = c->of->open(self, state, c->of->refs);

	contract_now = c->row;
	return ret ? ret : hs_plan_task(plan, "caller", contract_breach, state);
}

int contract_space(struct hs_task *self, enum hs_page_refs refs, struct hs_mm **mm,
		   struct hs_pgmap **pgmap, struct hs_page **page)
{
	struct hs_pgmap_config config;
	int ret = hs_memory_add(self, 0, 4, true);

	device_memory_config(&config, HS_PGMAP_COHERENT, refs, PFN, PAGES);
	if (!ret)
		ret = hs_mm_create(self, hs_geometry(HS_GEOMETRY_MOCK), mm);
	if (!ret)
		ret = hs_mmap(self, *mm, 0, 4 * PAGE, RW, NULL, 0);
	if (!ret)
		ret = hs_pgmap_create(self, &config, pgmap);
	if (!ret)
		ret = hs_pgmap_page_alloc(self, *pgmap, page);
	return ret;
}

void expect_contracts(const struct contracts *contracts)
{
	struct hs_scenario scenario = { .state_size = contracts->state_size,
					.setup = contract_setup };

	for (size_t i = 0; i < contracts->count; i++) {
		struct contract_case c = { contracts, &contracts->row[i] };

		scenario.name = c.row->name;
		expect_refusal(&scenario, &c, HS_VERDICT_ASSERT, c.row->text);
	}
}
