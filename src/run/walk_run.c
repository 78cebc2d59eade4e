/* SPDX-License-Identifier: MIT */
#include "run/walk_run.h"

#include <errno.h>

#include <hmmsim/page.h>
#include <hmmsim/pgmap.h>

struct run {
	const struct hs_walk_scenario *scenario;
	const struct hs_walk_setting *setting;
	struct hs_walk_answer *answer;
	struct hs_task *self;
	struct hs_mm *mm;
	struct hs_pgmap **pgmaps; /* the scenario's */
	size_t pgmap_count;
	struct owner *owners;
	size_t owner_count;
	struct hs_script script;
	uint64_t checks; /* retry checks so far */
};

/* An owner of device-private pages: the value in the text, and its pgmap. */
struct owner {
	uint64_t value;
	struct hs_pgmap *pgmap;
};

/* Equal values, equal pointers; nobody looks at what is there. */
static const void *owner_pointer(uint64_t value)
{
	return (const void *)(uintptr_t)value;
}

/* ---- device memory ----------------------------------------------------------------------- */

static bool wants_pgmaps(const struct run *run)
{
	return run->setting->era == HS_ERA_5_3 || run->setting->strategy != HS_STRATEGY_NONE;
}

static int add_pgmaps(struct run *run)
{
	const struct hs_walk_scenario *s = run->scenario;
	struct hs_hostmem *mem = run->setting->mem;

	if (!s->pgmap_count || !wants_pgmaps(run))
		return 0;
	run->pgmaps = hs_hostmem_zalloc(mem, s->pgmap_count, sizeof(*run->pgmaps));
	if (!run->pgmaps)
		return -ENOMEM;
	for (size_t i = 0; i < s->pgmap_count; i++) {
		const struct hs_space_pgmap *line = &s->pgmaps[i];
		int ret = hs_pgmap_add(run->self, HS_PGMAP_FS_DAX, line->start, line->end, NULL,
				       &run->pgmaps[i]);

		if (ret)
			return ret;
		run->pgmap_count++;
		if (line->dead)
			hs_pgmap_kill(run->self, run->pgmaps[i]);
	}
	return 0;
}

/* A walk that leaked references says so in its counts; here they come to light, and end. */
static uint64_t put_leaked(struct run *run, struct hs_pgmap *pgmap)
{
	int64_t refs = hs_pgmap_refs(run->self, pgmap);

	for (int64_t i = 0; i < refs; i++)
		hs_pgmap_put(run->self, pgmap);
	return (uint64_t)refs;
}

/* Dead ones were killed before the walk, so that nobody has a reference to them. */
static uint64_t remove_pgmaps(struct run *run)
{
	const struct hs_space_pgmap *lines = run->scenario->pgmaps;
	uint64_t refs = 0;

	while (run->pgmap_count) {
		struct hs_pgmap *pgmap = run->pgmaps[--run->pgmap_count];

		if (!lines[run->pgmap_count].dead)
			refs += put_leaked(run, pgmap);
		hs_pgmap_remove(run->self, pgmap);
	}
	while (run->owner_count)
		hs_pgmap_remove(run->self, run->owners[--run->owner_count].pgmap);
	hs_hostmem_free(run->setting->mem, run->pgmaps);
	hs_hostmem_free(run->setting->mem, run->owners);
	return refs;
}

/* The pgmap of an owner, made when the owner is met first. */
static int find_owner(struct run *run, uint64_t value, struct hs_pgmap **out)
{
	struct owner *owners = run->owners;
	uint64_t pfn = HS_WALK_PFN_END + run->owner_count;
	int ret;

	for (size_t i = 0; i < run->owner_count; i++) {
		if (owners[i].value == value) {
			*out = owners[i].pgmap;
			return 0;
		}
	}
	owners = hs_hostmem_grow(run->setting->mem, owners, run->owner_count, sizeof(*owners));
	if (!owners)
		return -ENOMEM;
	run->owners = owners;
	ret = hs_pgmap_add(run->self, HS_PGMAP_PRIVATE, pfn, pfn + 1, owner_pointer(value), out);
	if (!ret)
		owners[run->owner_count++] = (struct owner){ value, *out };
	return ret;
}

/* v5.3 accepts device-private pages from their entries alone. */
static int make_private_pages(struct run *run, const struct hs_space_map *map)
{
	struct hs_pgmap *pgmap;
	int ret;

	if (!hs_map_is_private(map->kind) || run->setting->era == HS_ERA_5_3)
		return 0;
	ret = find_owner(run, map->owner, &pgmap);
	for (uint64_t i = 0; !ret && i < map->count; i++)
		ret = hs_page_init_device(run->self, map->pfn + i, pgmap);
	return ret;
}

/* ---- address space ----------------------------------------------------------------------- */

/* A bad or poisoned huge entry has no parts: what is mapped inside it replaces it. */
static int make_way(struct run *run, uint64_t addr, uint32_t level)
{
	uint64_t e, bytes;
	uint32_t at;

	if (hs_pt_find(run->mm, addr, level, &at))
		return 0;
	e = hs_pt_get(run->self, run->mm, addr, at);
	if (hs_entry_type(e) != HS_TYPE_BAD && hs_entry_type(e) != HS_TYPE_HWPOISON)
		return 0;
	bytes = hs_map_pages(at) * HS_PAGE_BYTES;
	return hs_pt_set(run->self, run->mm, addr & ~(bytes - 1), at, 0);
}

static int map_entry(struct run *run, const struct hs_space_map *map, uint64_t addr, uint64_t pfn)
{
	int ret = make_way(run, addr, map->level);

	if (ret)
		return ret;
	if (map->kind == HS_MAP_TBL)
		return hs_pt_make(run->self, run->mm, addr, map->level);
	return hs_pt_set(run->self, run->mm, addr, map->level,
			 hs_map_entry(map->kind, map->level, pfn));
}

static int map_entries(struct run *run, const struct hs_space_map *map)
{
	uint64_t pages = hs_map_pages(map->level), addr = map->addr, pfn = map->pfn;
	int ret = make_private_pages(run, map);

	for (uint64_t i = 0; !ret && i < map->count; i++) {
		ret = map_entry(run, map, addr, pfn);
		addr += pages * HS_PAGE_BYTES;
		pfn += pages;
	}
	return ret;
}

static int add_vmas(struct run *run)
{
	const struct hs_walk_scenario *s = run->scenario;
	int ret = 0;

	hs_mm_lock_write(run->self, run->mm);
	for (size_t i = 0; !ret && i < s->vma_count; i++)
		ret = hs_vma_add(run->self, run->mm, s->vmas[i].start, s->vmas[i].end,
				 s->vmas[i].flags);
	hs_mm_unlock_write(run->self, run->mm);
	return ret;
}

static int build(struct run *run)
{
	const struct hs_walk_scenario *s = run->scenario;
	int ret = hs_mm_create(run->self, hs_geometry(HS_GEOMETRY_X86_64), &run->mm);

	if (ret)
		return ret;
	hs_mm_set_fault_ops(run->mm, &hs_script_ops, &run->script);
	ret = add_vmas(run);
	if (!ret)
		ret = add_pgmaps(run);
	for (size_t i = 0; !ret && i < s->map_count; i++)
		ret = map_entries(run, &s->maps[i]);
	return ret;
}

/* ---- the request ------------------------------------------------------------------------- */

static uint64_t flag_bits(const struct run *run, const struct hs_walk_flags *flags)
{
	bool device = flags->device && run->setting->era == HS_ERA_5_3;

	return flags->bits | (device ? HS_PFN_DEVICE : 0);
}

/*
 * Both eras ask before every page walk, and a walk follows unless the call ends: the walks done are
 * the checks before this one.
 */
static bool retry_check(struct hs_task *self, struct hs_range *range, void *arg)
{
	struct run *run = arg;
	uint64_t walks = run->checks++;
	uint64_t retry_at = run->scenario->retry_at;

	(void)self;
	(void)range;
	if (walks >= run->scenario->maxwalks) {
		run->answer->livelock = true;
		return true;
	}
	return (retry_at && run->checks >= retry_at) || run->script.invalidated ||
	       run->script.error;
}

static int make_slots(struct run *run)
{
	const struct hs_walk_scenario *s = run->scenario;
	struct hs_walk_answer *a = run->answer;

	a->pages = (s->req.end - s->req.start) / HS_PAGE_BYTES;
	a->pfns = hs_hostmem_zalloc(run->setting->mem, a->pages ? a->pages : 1, sizeof(*a->pfns));
	if (!a->pfns)
		return -ENOMEM;
	for (size_t i = 0; i < s->in_count; i++)
		for (uint64_t slot = 0; slot < s->ins[i].count; slot++)
			a->pfns[s->ins[i].index + slot] = flag_bits(run, &s->ins[i].flags);
	return 0;
}

static int walk(struct run *run)
{
	const struct hs_walk_setting *set = run->setting;
	const struct hs_walk_req *req = &run->scenario->req;
	struct hs_walk_answer *a = run->answer;
	struct hs_range range;
	int ret;

	hs_range_init(&range, run->mm, req->start, req->end, a->pfns);
	range.default_flags = flag_bits(run, &req->defaults);
	range.pfn_flags_mask = flag_bits(run, &req->mask);
	range.owner = owner_pointer(req->owner);
	range.era = set->era;
	range.strategy = set->strategy;
	range.body = set->body;
	range.retry = retry_check;
	range.retry_arg = run;
	hs_mm_lock_read(run->self, run->mm);
	if (run->scenario->snapshot && set->era == HS_ERA_5_3)
		ret = hs_range_snapshot(run->self, &range);
	else
		ret = hs_range_fault(run->self, &range);
	hs_mm_unlock_read(run->self, run->mm);
	a->ret = hs_range_kernel_ret(&range, ret);
	a->counts = range.counts;
	a->null_vmas = run->script.null_vmas;
	/* The kernel's walkers never say -ENOMEM; if one does, the simulator had none. */
	return run->script.error ? run->script.error : ret == -ENOMEM ? -ENOMEM : 0;
}

/* ---- from machine to machine ------------------------------------------------------------- */

static int run_on(struct run *run)
{
	uint64_t refs;
	int ret = build(run);

	if (!ret)
		ret = make_slots(run);
	if (!ret)
		ret = walk(run);
	if (run->mm)
		hs_mm_destroy(run->self, run->mm);
	refs = remove_pgmaps(run);
	return !ret && refs != run->answer->counts.leaked ? -EIO : ret;
}

static int run_as_task(struct run *run, struct hs_machine *machine)
{
	int ret = hs_task_attach(machine, "walk", &run->self);

	if (ret)
		return ret;
	ret = run_on(run);
	hs_task_detach(run->self);
	return ret;
}

int hs_walk_run(const struct hs_walk_scenario *scenario, const struct hs_walk_setting *setting,
		struct hs_walk_answer *answer)
{
	struct run run = {
		.scenario = scenario,
		.setting = setting,
		.answer = answer,
		.script = { .scenario = scenario, .mem = setting->mem },
	};
	struct hs_machine_config standard;
	struct hs_machine *machine;
	int ret, end;

	*answer = (struct hs_walk_answer){
		.name = scenario->name,
		.era = setting->era,
		.strategy = setting->strategy,
	};
	hs_machine_config_init(&standard);
	ret = hs_machine_create(setting->machine ? setting->machine : &standard, &machine);
	if (ret)
		return ret;
	ret = run_as_task(&run, machine);
	answer->log = run.script.log;
	answer->log_count = run.script.log_count;
	end = hs_machine_destroy(machine, &answer->left);
	return ret ? ret : end;
}

void hs_walk_answer_free(struct hs_hostmem *mem, struct hs_walk_answer *answer)
{
	hs_hostmem_free(mem, answer->log);
	hs_hostmem_free(mem, answer->pfns);
	answer->log = NULL;
	answer->pfns = NULL;
}
