/* SPDX-License-Identifier: MIT */
#include "support/migrate_race.h"

#include "mm/rmap.h"

/* ---- a driver ---------------------------------------------------------------------------- */

/* A page of the other memory, with its lock and what @from holds. 0: there is none. */
static uint64_t move_target(struct hs_task *self, struct hs_pgmap *device, struct hs_page *from)
{
	struct hs_page *to = NULL;

	if (device ? hs_pgmap_page_alloc(self, device, &to) : hs_page_alloc(self, &to))
		return 0;
	hs_page_lock(self, to);
	hs_dma_set_contents(self, to, from ? hs_dma_contents(self, from) : 0);
	return hs_migrate_pfn(hs_page_to_pfn(self, to));
}

static void move_copy(struct hs_task *self, struct hs_pgmap *device, struct move *v, uint64_t n)
{
	for (uint64_t i = 0; i < n; i++)
		if (v->src[i] & HS_MIGRATE_PFN_MIGRATE)
			v->dst[i] =
				move_target(self, device, hs_migrate_pfn_to_page(self, v->src[i]));
}

static uint32_t move_count(const struct move *v, uint64_t n)
{
	uint32_t moved = 0;

	for (uint64_t i = 0; i < n; i++)
		moved += v->src[i] & HS_MIGRATE_PFN_MIGRATE ? 1 : 0;
	return moved;
}

bool move_begin(struct hs_task *self, struct model *m, struct move *v, uint32_t flags,
		uint32_t pages)
{
	const struct hs_vma *vma = hs_vma_at(m->mm, 0);
	const void *owner = flags & SELECT_SYSTEM ? NULL : &device_memory_ops;

	*v = (struct move){ .m = { .vma = vma,
				   .src = v->src,
				   .dst = v->dst,
				   .end = pages * PAGE,
				   .owner = owner,
				   .flags = flags } };
	if (!vma)
		return false;
	expect(!hs_migrate_vma_setup(self, &v->m));
	move_copy(self, flags & SELECT_SYSTEM ? m->pgmap : NULL, v, v->m.npages);
	return true;
}

void move_decide(struct hs_task *self, struct move *v)
{
	hs_migrate_vma_pages(self, &v->m);
}

uint32_t move_end(struct hs_task *self, struct move *v)
{
	uint32_t moved = move_count(v, v->m.npages);

	hs_migrate_vma_finalize(self, &v->m);
	return moved;
}

uint32_t move_to_ram(struct hs_task *self, struct hs_vm_fault *vmf)
{
	struct move v = { .m = { .vma = vmf->vma,
				 .src = v.src,
				 .dst = v.dst,
				 .start = vmf->addr,
				 .end = vmf->addr + PAGE,
				 .owner = &device_memory_ops,
				 .flags = SELECT_DEVICE,
				 .fault_page = vmf->page } };

	if (hs_migrate_vma_setup(self, &v.m))
		return HS_VM_FAULT_SIGBUS;
	if (!v.m.cpages)
		return 0;
	move_copy(self, NULL, &v, 1);
	hs_migrate_vma_pages(self, &v.m);
	hs_migrate_vma_finalize(self, &v.m);
	return v.dst[0] ? 0 : HS_VM_FAULT_OOM;
}

void evict_begin(struct hs_task *self, struct move *v)
{
	*v = (struct move){ .src = { 0 } };
	hs_migrate_device_range(self, v->src, DEVICE_START, 1);
}

uint32_t evict_end(struct hs_task *self, struct move *v)
{
	uint32_t moved;

	move_copy(self, NULL, v, 1);
	hs_migrate_device_pages(self, v->src, v->dst, 1);
	moved = move_count(v, 1);
	hs_migrate_device_finalize(self, v->src, v->dst, 1);
	return moved;
}

uint32_t evict(struct hs_task *self)
{
	struct move v;

	evict_begin(self, &v);
	return evict_end(self, &v);
}

/* ---- tasks ------------------------------------------------------------------------------- */

static void move_page(struct hs_task *self, struct model *m, uint32_t flags)
{
	struct move v;
	bool begun;

	hs_mm_lock_read(self, m->mm);
	begun = move_begin(self, m, &v, flags, 1);
	if (begun)
		move_decide(self, &v);
	hs_mm_unlock_read(self, m->mm);
	if (begun)
		move_end(self, &v);
}

void to_device(struct hs_task *self, void *arg)
{
	move_page(self, arg, SELECT_SYSTEM);
}

void from_device(struct hs_task *self, void *arg)
{
	move_page(self, arg, SELECT_DEVICE);
}

void evictor(struct hs_task *self, void *arg)
{
	(void)arg;
	evict(self);
}

void read_contents(struct hs_task *self, void *arg)
{
	struct model *m = arg;
	uint64_t value = 0;

	expect(!hs_cpu_read(self, m->mm, 0, &value));
	expect(value == CONTENTS);
}

void write_newer(struct hs_task *self, void *arg)
{
	struct model *m = arg;

	expect(!hs_cpu_write(self, m->mm, 0, NEWER));
}

void drainer(struct hs_task *self, void *arg)
{
	struct model *m = arg;

	hs_pgmap_step(self, m->pgmap, HS_PGMAP_KILL);
	hs_pgmap_step(self, m->pgmap, HS_PGMAP_PUT_PAGES);
	hs_pgmap_step(self, m->pgmap, HS_PGMAP_WAIT);
}

void remover(struct hs_task *self, void *arg)
{
	struct model *m = arg;

	hs_pgmap_destroy(self, m->pgmap);
	m->pgmap = NULL;
}

void fault_once(struct hs_task *self, void *arg)
{
	struct model *m = arg;

	hs_mm_lock_read(self, m->mm);
	expect(!hs_handle_mm_fault(self, m->mm, hs_vma_at(m->mm, 0), 0, HS_FAULT_WRITE, NULL));
	hs_mm_unlock_read(self, m->mm);
}

void unmap_all(struct hs_task *self, void *arg)
{
	struct model *m = arg;

	expect(!hs_munmap(self, m->mm, 0, 4 * PAGE));
}

struct hs_page *get_mapped(struct hs_task *self, struct model *m, bool device)
{
	struct hs_fault f = { .self = self, .mm = m->mm };

	hs_fault_look(&f);
	if (device ? !(f.seen & HS_ENTRY_DEVPRIV) : !hs_fault_is_present(f.seen))
		return NULL;
	return hs_fault_get_page(&f);
}

/* What get_user_pages() and an I/O do. */
void write_by_dma(struct hs_task *self, void *arg)
{
	struct model *m = arg;
	struct hs_page *page = get_mapped(self, m, false);

	if (!page)
		return;
	hs_u64_store(self, &m->may, 1, HS_RELAXED);
	hs_dma_set_contents(self, page, NEWER);
	hs_page_put(self, page);
}

/* ---- a device that mirrors the page ------------------------------------------------------ */

static uint64_t mirror_look(struct hs_task *self, struct model *m)
{
	struct hs_fault f = { .self = self, .mm = m->mm };

	hs_fault_look(&f);
	return f.seen;
}

static void mirror_use(struct hs_task *self, struct model *m, uint64_t e)
{
	expect(hs_dma_contents(self, page_of(self, e)) == CONTENTS);
	hs_dma_set_contents(self, page_of(self, e), NEWER);
	hs_u64_store(self, &m->device, e, HS_RELAXED);
	hs_u64_store(self, &m->may, 1, HS_RELAXED);
}

void mirror(struct hs_task *self, void *arg)
{
	mirror_turns(self, arg, mirror_look, mirror_use);
}

/* ---- set-ups ----------------------------------------------------------------------------- */

static const struct hs_pgmap_ops driver_ops = { spoil_freed, move_to_ram };

static int device(struct hs_task *self, struct model *m, enum hs_pgmap_type type)
{
	struct hs_pgmap_config config;

	device_memory_config(&config, type, HS_PAGE_REFS_6_1, DEVICE_START, DEVICE_PAGES);
	config.ops = &driver_ops;
	config.atomic = true;
	return hs_pgmap_create(self, &config, &m->pgmap);
}

int on_nothing(struct hs_task *self, struct model *m)
{
	int ret = device(self, m, HS_PGMAP_PRIVATE);

	return ret ? ret : anonymous(self, m);
}

int on_system(struct hs_task *self, struct model *m)
{
	int ret = device(self, m, HS_PGMAP_PRIVATE);

	return ret ? ret : written(self, m);
}

static int on_device_of(struct hs_task *self, struct model *m, enum hs_pgmap_type type)
{
	int ret = device(self, m, type);

	return ret ? ret : on_pgmap(self, m);
}

int on_device(struct hs_task *self, struct model *m)
{
	return on_device_of(self, m, HS_PGMAP_PRIVATE);
}

int on_coherent(struct hs_task *self, struct model *m)
{
	return on_device_of(self, m, HS_PGMAP_COHERENT);
}

int with_trylock(struct hs_task *self, struct model *m)
{
	hs_mm_set_private_fault(m->mm, HS_PRIVATE_FAULT_TRYLOCK);
	return on_device(self, m);
}

int with_wait(struct hs_task *self, struct model *m)
{
	hs_mm_set_private_fault(m->mm, HS_PRIVATE_FAULT_WAIT);
	return on_device(self, m);
}

int system_mirrored(struct hs_task *self, struct model *m)
{
	int ret = on_system(self, m);

	return ret ? ret : mirror_insert(self, m);
}

int coherent_mirrored(struct hs_task *self, struct model *m)
{
	int ret = on_coherent(self, m);

	return ret ? ret : mirror_insert(self, m);
}

/* ---- checks ------------------------------------------------------------------------------ */

uint64_t pages_left(struct hs_task *self, struct model *m)
{
	return hs_pages_allocated(self) + (m->pgmap ? hs_pgmap_pages_allocated(self, m->pgmap) : 0);
}

void check_one(struct hs_task *self, struct model *m, uint64_t contents)
{
	uint64_t value = 0;
	struct hs_page *page;

	expect(pages_left(self, m) == 1);
	expect_page(self, m, contents);
	page = page_of(self, entry_at(self, m, 0));
	expect(hs_page_key(self, page) == hs_rmap_key(m->mm, 0));
	expect(hs_page_trylock(self, page));
	hs_page_unlock(self, page);
	expect(!hs_cpu_read(self, m->mm, 0, &value));
	expect(value == contents);
}

void check_contents(struct hs_task *self, struct model *m)
{
	check_one(self, m, CONTENTS);
}

void check_zeroed(struct hs_task *self, struct model *m)
{
	check_one(self, m, 0);
}

void check_newer(struct hs_task *self, struct model *m)
{
	check_one(self, m, NEWER);
}

void check_contents_or_zapped(struct hs_task *self, struct model *m)
{
	uint64_t e = entry_at(self, m, 0);

	if (e && e != HS_FAULT_ZERO_ENTRY)
		check_contents(self, m);
	else
		expect(!pages_left(self, m));
}

void check_nothing(struct hs_task *self, struct model *m)
{
	expect(!pages_left(self, m));
}

void check_dma(struct hs_task *self, struct model *m)
{
	check_one(self, m, hs_u64_load(self, &m->may, HS_RELAXED) ? NEWER : CONTENTS);
}

void check_mirrored(struct hs_task *self, struct model *m)
{
	uint64_t device = hs_u64_load(self, &m->device, HS_RELAXED);

	expect(!device || device == entry_at(self, m, 0));
	check_dma(self, m);
	hs_interval_remove(self, &m->sub);
}

/* ---- the scenario ------------------------------------------------------------------------ */

/* What drainer() has left of it, or all. */
static void remove_device(struct hs_task *self, struct hs_pgmap *pgmap)
{
	if (!hs_pgmap_step_done(self, pgmap, HS_PGMAP_KILL)) {
		hs_pgmap_destroy(self, pgmap);
		return;
	}
	hs_pgmap_step(self, pgmap, HS_PGMAP_MEMORY);
	hs_pgmap_step(self, pgmap, HS_PGMAP_ERASE);
	hs_pgmap_step(self, pgmap, HS_PGMAP_EXIT);
	hs_pgmap_free(self, pgmap);
}

static void migrate_check(struct hs_task *self, void *state, const void *param)
{
	(void)param;
	race_check(self, state, remove_device);
}

const struct hs_scenario migrate_scenario = {
	.name = "migrations",
	.state_size = sizeof(struct model),
	.setup = race_setup,
	.check = migrate_check,
};

void hold_at(struct test_place at, const struct hs_scenario *scenario, const void *param,
	     uint64_t complete, bool judged)
{
	struct hs_explore_result r;

	if (judged || test_is_short()) {
		explore_holds_at(at, scenario, param, complete);
		return;
	}
	if (test_is_weak())
		return;
	explore(scenario, param, HS_SEARCH_DPOR, 0, NULL, &r);
	assert_string_equal(r.message, "");
	assert_true(r.exhaustive);
	expect_count_at(at, scenario->name, "complete", r.complete, complete);
	hs_explore_result_free(&r);
}
