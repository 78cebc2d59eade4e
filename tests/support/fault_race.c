/* SPDX-License-Identifier: MIT */
#include "support/fault_race.h"

uint64_t entry_at(struct hs_task *self, struct model *m, uint64_t addr)
{
	return hs_pt_get(self, m->mm, addr, 0);
}

struct hs_page *page_of(struct hs_task *self, uint64_t entry)
{
	return hs_pfn_to_page(self, hs_entry_pfn(entry));
}

/* ---- tasks ------------------------------------------------------------------------------- */

void cpu_access(struct hs_task *self, struct model *m, int i, uint64_t addr, bool write)
{
	uint32_t ret = hs_cpu_access(self, m->mm, addr, write, &m->pfn[i]);

	hs_assert(self, !ret, "an access ends in a signal: 0x%x", ret);
}

void load(struct hs_task *self, void *arg)
{
	cpu_access(self, arg, 0, 0, false);
}

void load_too(struct hs_task *self, void *arg)
{
	cpu_access(self, arg, 1, 0, false);
}

void store(struct hs_task *self, void *arg)
{
	cpu_access(self, arg, 0, 0, true);
}

void store_too(struct hs_task *self, void *arg)
{
	cpu_access(self, arg, 1, 0, true);
}

void zap(struct hs_task *self, struct model *m)
{
	expect(!hs_madvise_dontneed(self, m->mm, 0, 2 * PAGE));
}

void zapper(struct hs_task *self, void *arg)
{
	zap(self, arg);
}

/* ---- a device that mirrors the page ------------------------------------------------------ */

static bool mirror_invalidate(struct hs_task *self, struct hs_interval_sub *sub,
			      const struct hs_invalidation *inv, uint64_t cur_seq)
{
	struct model *m = CONTAINER_OF(sub, struct model, sub);

	(void)inv;
	hs_mutex_lock(self, &m->lock);
	hs_interval_set_seq(self, sub, cur_seq);
	hs_u64_store(self, &m->device, 0, HS_RELAXED);
	hs_mutex_unlock(self, &m->lock);
	return true;
}

int mirror_insert(struct hs_task *self, struct model *m)
{
	static const struct hs_interval_ops ops = { mirror_invalidate };

	return hs_interval_insert(self, &m->sub, hs_mm_notifiers(m->mm), 0, PAGE, &ops);
}

static bool mirror_once(struct hs_task *self, struct model *m,
			uint64_t (*look)(struct hs_task *self, struct model *m),
			void (*use)(struct hs_task *self, struct model *m, uint64_t entry))
{
	uint64_t seq = hs_interval_read_begin(self, &m->sub), e;
	bool again;

	hs_mm_lock_read(self, m->mm);
	e = look(self, m);
	hs_mm_unlock_read(self, m->mm);
	hs_mutex_lock(self, &m->lock);
	again = hs_interval_read_retry(self, &m->sub, seq);
	if (!again && e & HS_ENTRY_VALID)
		use(self, m, e);
	hs_mutex_unlock(self, &m->lock);
	return !again;
}

void mirror_turns(struct hs_task *self, struct model *m,
		  uint64_t (*look)(struct hs_task *self, struct model *m),
		  void (*use)(struct hs_task *self, struct model *m, uint64_t entry))
{
	for (int i = 0; i < 2 && !mirror_once(self, m, look, use); i++)
		;
}

/* ---- set-up ------------------------------------------------------------------------------ */

static int basics(struct hs_task *self, struct model *m)
{
	int ret = hs_memory_add(self, RAM_START, RAM_END, true);

	hs_mutex_init(&m->lock, HS_LOCK_DRIVER);
	if (!ret)
		ret = hs_mm_create(self, hs_geometry(HS_GEOMETRY_MOCK), &m->mm);
	return ret;
}

int anonymous(struct hs_task *self, struct model *m)
{
	int ret = hs_mmap(self, m->mm, 0, 4 * PAGE, RW, NULL, 0);

	return ret ? ret : hs_pt_make(self, m->mm, 0, 0);
}

int written(struct hs_task *self, struct model *m)
{
	int ret = anonymous(self, m);

	if (ret)
		return ret;
	cpu_access(self, m, 0, 0, true);
	m->page = hs_pfn_to_page(self, m->pfn[0]);
	hs_dma_set_contents(self, m->page, CONTENTS);
	return 0;
}

void spoil_freed(struct hs_task *self, struct hs_pgmap *pgmap, struct hs_page *page)
{
	(void)pgmap;
	hs_dma_set_contents(self, page, OTHERS);
}

int device_memory(struct hs_task *self, struct model *m, enum hs_pgmap_type type,
		  enum hs_page_refs refs)
{
	static const struct hs_pgmap_ops ops = { spoil_freed, hs_migrate_to_ram };
	struct hs_pgmap_config config;

	device_memory_config(&config, type, refs, DEVICE_START, 4);
	config.ops = &ops;
	return hs_pgmap_create(self, &config, &m->pgmap);
}

int on_pgmap(struct hs_task *self, struct model *m)
{
	int ret = anonymous(self, m);

	if (!ret)
		ret = hs_pgmap_page_alloc(self, m->pgmap, &m->page);
	if (ret)
		return ret;
	hs_dma_set_contents(self, m->page, CONTENTS);
	return hs_migrate_insert_page(self, m->mm, 0, m->page, true);
}

int device_private(struct hs_task *self, struct model *m)
{
	int ret = device_memory(self, m, HS_PGMAP_PRIVATE, HS_PAGE_REFS_6_1);

	return ret ? ret : on_pgmap(self, m);
}

/* ---- checks ------------------------------------------------------------------------------ */

void expect_page(struct hs_task *self, struct model *m, uint64_t contents)
{
	struct hs_page *page = page_of(self, entry_at(self, m, 0));

	expect(page && hs_page_count(self, page) == 1);
	expect(hs_page_mapcount(self, page) == 1);
	expect(hs_dma_contents(self, page) == contents);
}

void check_page(struct hs_task *self, struct model *m)
{
	expect(hs_pages_allocated(self) == 1);
	expect_page(self, m, CONTENTS);
}

void check_page_or_zapped(struct hs_task *self, struct model *m)
{
	uint64_t e = entry_at(self, m, 0);

	expect(hs_pages_allocated(self) == (e && e != HS_FAULT_ZERO_ENTRY));
	if (hs_pages_allocated(self))
		expect_page(self, m, CONTENTS);
}

/* ---- the scenario ------------------------------------------------------------------------ */

int race_setup(struct hs_task *self, struct hs_plan *plan, void *state, const void *param)
{
	static const char *const names[TASKS] = { "one", "two", "three" };
	struct model *m = state;
	int ret = basics(self, m);

	m->race = param;
	if (!ret)
		ret = m->race->setup(self, m);
	for (int i = 0; !ret && i < TASKS && m->race->task[i]; i++)
		ret = hs_plan_task(plan, names[i], m->race->task[i], m);
	return ret;
}

void race_check(struct hs_task *self, struct model *m,
		void (*remove)(struct hs_task *self, struct hs_pgmap *pgmap))
{
	if (m->race->check)
		m->race->check(self, m);
	if (m->mm)
		hs_mm_destroy(self, m->mm);
	if (m->gate)
		hs_gate_destroy(self, m->gate);
	if (m->mapping)
		hs_mapping_destroy(self, m->mapping);
	if (m->pgmap)
		remove(self, m->pgmap);
	expect(!hs_pages_allocated(self));
}

static void fault_check(struct hs_task *self, void *state, const void *param)
{
	(void)param;
	race_check(self, state, hs_pgmap_destroy);
}

const struct hs_scenario fault_scenario = {
	.name = "faults",
	.state_size = sizeof(struct model),
	.setup = race_setup,
	.check = fault_check,
};

void undo_each_other(const struct hs_scenario *scenario, const struct race *race, uint32_t bound)
{
	struct hs_explore_options options;
	struct hs_explore_result r;

	hs_explore_options_init(&options);
	options.retry_bound = bound;
	assert_int_equal(hs_explore(scenario, race, &options, &r), 0);
	assert_int_equal(r.verdict, HS_VERDICT_RETRIES);
	assert_non_null(strstr(r.message, "access by a CPU"));
	assert_non_null(strstr(r.message, "undone by two"));
	hs_explore_result_free(&r);
}
