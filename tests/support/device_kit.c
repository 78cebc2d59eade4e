/* SPDX-License-Identifier: MIT */
#include "support/device_kit.h"

struct kit *now;

static uint32_t scripted_fault(struct hs_task *self, struct hs_mm *mm, const struct hs_vma *vma,
			       uint64_t addr, uint32_t flags, void *arg)
{
	struct kit *k = arg;

	k->flags = flags;
	k->faults++;
	if (!vma || k->given == k->wanted)
		return HS_VM_FAULT_SIGBUS;
	hs_assert(self, !hs_pt_set(self, mm, addr, 0, k->entry[k->given++]), "no table");
	if (k->during.start == k->during.end)
		return 0;
	hs_assert(self, !hs_invalidate_start(self, hs_mm_notifiers(mm), &k->during), "start");
	hs_invalidate_end(self, hs_mm_notifiers(mm), &k->during);
	return 0;
}

static const struct hs_fault_ops scripted = { scripted_fault, NULL };

int kit_setup(void **state)
{
	now = *state = test_calloc(1, sizeof(*now));
	machine_open_failing(&now->m, 0);
	now->self = now->m.self;
	kit_make_mm();
	return 0;
}

int kit_teardown(void **state)
{
	if (now->dev)
		hs_dmirror_destroy(now->self, now->dev);
	if (now->mm)
		hs_mm_destroy(now->self, now->mm);
	machine_close(&now->m);
	test_free(*state);
	return 0;
}

void kit_make_mm(void)
{
	assert_int_equal(hs_mm_create(now->self, hs_geometry(HS_GEOMETRY_X86_64), &now->mm), 0);
	hs_mm_set_fault_ops(now->mm, &scripted, now);
	assert_int_equal(hs_vma_add(now->self, now->mm, at(0), at(PAGES), HS_VM_READ | HS_VM_WRITE),
			 0);
	for (uint64_t i = 0; i < PAGES; i++)
		map(i, PRESENT | (PFN + i));
	hs_dmirror_config_init(&now->config, now->mm, at(0), at(PAGES));
}

void will_fault(uint64_t entry)
{
	now->entry[now->wanted++] = entry;
}

uint64_t at(uint64_t page)
{
	return BASE + page * PAGE;
}

void map(uint64_t page, uint64_t entry)
{
	assert_int_equal(hs_pt_set(now->self, now->mm, at(page), 0, entry), 0);
}

struct hs_invalidation inv(uint64_t start, uint64_t end)
{
	return (struct hs_invalidation){ start, end, HS_INVALIDATE_UNMAP, NULL, true };
}

void invalidate(struct hs_invalidation i)
{
	assert_int_equal(hs_invalidate_start(now->self, hs_mm_notifiers(now->mm), &i), 0);
	hs_invalidate_end(now->self, hs_mm_notifiers(now->mm), &i);
}
