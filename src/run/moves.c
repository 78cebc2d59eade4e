/* SPDX-License-Identifier: MIT */
/*
 * moves.c - builds a layout of which pages can move, and moves them as drivers do
 *
 * A driver allocates a page for each that is selected, and copies; a page for which there is none
 * stays. Where nothing is mapped, or the zero page, a page of the device is mapped.
 */
#include "run/moves.h"

#include <errno.h>

#include <hmmsim/page.h>
#include <hmmsim/pte_ops.h>

#define POLLS 16 /* of a drain; without a reference it needs two */

/* ---- pages ------------------------------------------------------------------------------- */

uint64_t hs_moves_lent(struct hs_moves *m, const struct hs_moves_device *device)
{
	return hs_pgmap_pages_allocated(m->self, device->pgmap);
}

static int moves_take_page(struct hs_moves *m, const struct hs_moves_device *device,
			   struct hs_page **out)
{
	if (!device)
		return hs_page_alloc(m->self, out);
	if (hs_moves_lent(m, device) >= device->pages)
		return -ENOSPC;
	return hs_pgmap_page_alloc(m->self, device->pgmap, out);
}

/* The slot of a new page with what @from holds; 0: there is none. */
static uint64_t moves_copy(struct hs_moves *m, const struct hs_moves_device *device,
			   struct hs_page *from)
{
	struct hs_page *page;

	if (moves_take_page(m, device, &page))
		return 0;
	hs_page_lock(m->self, page);
	if (from)
		hs_dma_set_contents(m->self, page, hs_dma_contents(m->self, from));
	return hs_migrate_pfn(hs_page_to_pfn(m->self, page));
}

/* ---- faults ------------------------------------------------------------------------------ */

static uint32_t moves_to_ram(struct hs_task *self, struct hs_vm_fault *vmf)
{
	struct hs_pgmap *pgmap = hs_page_pgmap(self, vmf->page);
	struct hs_moves *m = hs_pgmap_driver_data(pgmap);
	uint64_t src = 0, dst = 0;
	struct hs_migrate_vma v = {
		.vma = vmf->vma,
		.src = &src,
		.dst = &dst,
		.start = vmf->addr,
		.end = vmf->addr + HS_PAGE_BYTES,
		.owner = hs_pgmap_owner(pgmap),
		.flags = HS_MIGRATE_SELECT_DEVICE_PRIVATE,
		.fault_page = vmf->page,
	};
	struct hs_page *from;

	if (hs_migrate_vma_setup(self, &v))
		return HS_VM_FAULT_SIGBUS;
	from = hs_migrate_pfn_to_page(self, src);
	if (from)
		dst = moves_copy(m, NULL, from);
	hs_migrate_vma_pages(self, &v);
	hs_migrate_vma_finalize(self, &v);
	return from && !dst ? HS_VM_FAULT_OOM : 0;
}

static void moves_page_free(struct hs_task *self, struct hs_pgmap *pgmap, struct hs_page *page)
{
	(void)self;
	(void)pgmap;
	(void)page;
}

static const struct hs_pgmap_ops moves_pgmap_ops = {
	.page_free = moves_page_free,
	.migrate_to_ram = moves_to_ram,
};

/* A real page, or one that was faulted in beside one: the mm's own fault knows its references. */
static uint32_t moves_fault(struct hs_task *self, struct hs_mm *mm, const struct hs_vma *vma,
			    uint64_t addr, uint32_t flags, void *arg)
{
	struct hs_moves *m = arg;

	if (!(hs_pt_get(self, mm, addr & ~(HS_PAGE_BYTES - 1), 0) & HS_ENTRY_COUNTED))
		return hs_script_ops.fault(self, mm, vma, addr, flags, m->script);
	m->script->calls++;
	return hs_mm_fault_ops.fault(self, mm, vma, addr, flags, NULL);
}

static void moves_wait(struct hs_task *self, struct hs_mm *mm, uint64_t addr, uint32_t level,
		       void *arg)
{
	struct hs_moves *m = arg;

	hs_script_ops.migration_wait(self, mm, addr, level, m->script);
}

static const struct hs_fault_ops moves_fault_ops = { moves_fault, moves_wait };

/* ---- building ---------------------------------------------------------------------------- */

static bool moves_owns(const void *arg, size_t i, struct hs_pgmap **out)
{
	const struct hs_moves *m = arg;

	for (size_t d = 0; d < m->device_count; d++) {
		*out = m->devices[d].pgmap;
		if (m->devices[d].line == i)
			return true;
	}
	return false;
}

static int moves_map_page(struct hs_moves *m, struct hs_mm *mm, const struct hs_space_map *map,
			  uint64_t addr, uint64_t pfn)
{
	struct hs_page *page;
	int ret = moves_take_page(m, hs_moves_lender(m, pfn), &page);

	if (ret)
		return ret;
	hs_dma_set_contents(m->self, page, addr >> HS_PAGE_SHIFT);
	ret = hs_pt_set_page(m->self, mm, addr, page,
			     hs_map_entry(map->kind, 0, hs_page_to_pfn(m->self, page)));
	if (ret)
		hs_page_put(m->self, page);
	return ret;
}

static int moves_entry(void *arg, struct hs_populated *p, const struct hs_space_map *map,
		       uint64_t addr, uint64_t pfn)
{
	struct hs_moves *m = arg;

	if (hs_moves_is_real(m, map, pfn))
		return moves_map_page(m, p->mm, map, addr, pfn);
	if (!hs_map_is_private(map->kind) || !hs_moves_lender(m, pfn))
		return 1;
	return hs_pt_set(p->self, p->mm, addr, 0, hs_map_entry(map->kind, 0, pfn));
}

static const struct hs_populate_ops moves_populate_ops = { moves_owns, moves_entry };

static int moves_create(struct hs_moves *m, struct hs_moves_device *device)
{
	uint64_t end = device->start + device->pages + HS_SPACE_SUBSECTION - 1;
	struct hs_pgmap_config config;

	hs_pgmap_config_init(&config, device->type, device->start & ~(HS_SPACE_SUBSECTION - 1),
			     end & ~(HS_SPACE_SUBSECTION - 1));
	config.first = device->start;
	config.owner = hs_populate_owner(device->owner);
	config.ops = &moves_pgmap_ops;
	config.driver_data = m;
	config.page_refs = HS_PAGE_REFS_6_1;
	return hs_pgmap_create(m->self, &config, &device->pgmap);
}

int hs_moves_build(struct hs_moves *m, struct hs_task *self, struct hs_populated *space,
		   struct hs_script *script)
{
	int ret = 0;

	m->self = self;
	m->space = space;
	m->script = script;
	*space = (struct hs_populated){ .layout = NULL };
	if (!m->has_system)
		ret = hs_memory_add(self, m->system_start, m->system_end, false);
	if (!ret)
		m->has_system = true;
	for (size_t i = 0; !ret && i < m->device_count; i++)
		ret = moves_create(m, &m->devices[i]);
	if (!ret)
		ret = hs_populate_with(self, m->mem, m->layout, &moves_populate_ops, m, space);
	if (!ret)
		hs_mm_set_fault_ops(space->mm, &moves_fault_ops, m);
	return ret;
}

/* ---- the end ----------------------------------------------------------------------------- */

static bool moves_poll_drain(struct hs_moves *m, struct hs_moves_device *device)
{
	bool drained = false;

	for (int i = 0; i < POLLS && !drained; i++)
		drained = hs_pgmap_step_poll(m->self, device->pgmap, HS_PGMAP_WAIT);
	return drained;
}

bool hs_moves_drain(struct hs_moves *m, struct hs_moves_device *device)
{
	device->killed = true;
	hs_pgmap_step_start(m->self, device->pgmap, HS_PGMAP_KILL);
	hs_pgmap_step_start(m->self, device->pgmap, HS_PGMAP_PUT_PAGES);
	hs_pgmap_step_start(m->self, device->pgmap, HS_PGMAP_WAIT);
	return moves_poll_drain(m, device);
}

/* The address space has ended, so that no reference is left and the drain ends. */
static void moves_remove(struct hs_moves *m, struct hs_moves_device *device)
{
	const enum hs_pgmap_step *steps;

	if (!device->pgmap)
		return;
	if (!device->killed) {
		hs_pgmap_destroy(m->self, device->pgmap);
	} else {
		steps = hs_removal_steps(hs_pgmap_removal_order(device->pgmap));
		moves_poll_drain(m, device);
		for (int i = 0; i < HS_PGMAP_STEP_COUNT; i++)
			if (steps[i] != HS_PGMAP_KILL && steps[i] != HS_PGMAP_PUT_PAGES &&
			    steps[i] != HS_PGMAP_WAIT)
				hs_pgmap_step(m->self, device->pgmap, steps[i]);
		hs_pgmap_free(m->self, device->pgmap);
	}
	device->pgmap = NULL;
	device->killed = false;
}

void hs_moves_end(struct hs_moves *m)
{
	if (!m->space)
		return;
	if (m->space->layout)
		hs_populate_end(m->space);
	for (size_t i = 0; i < m->device_count; i++)
		moves_remove(m, &m->devices[i]);
	m->space = NULL;
}

/* ---- ranges ------------------------------------------------------------------------------ */

/*
 * The pages that setup has selected get targets: of @device, also where there is none yet, or
 * @device NULL, of system memory.
 */
static void moves_copy_all(struct hs_moves *m, const struct hs_moves_device *device, uint64_t n)
{
	for (uint64_t i = 0; i < n; i++) {
		struct hs_page *from = hs_migrate_pfn_to_page(m->self, m->src[i]);

		if (m->src[i] & HS_MIGRATE_PFN_MIGRATE && (from || device))
			m->dst[i] = moves_copy(m, device, from);
	}
}

/* At most HS_MOVES_AT_ONCE pages of one VMA. */
static void moves_move_some(struct hs_moves *m, const struct hs_moves_device *to,
			    struct hs_migrate_vma *v)
{
	struct hs_mm *mm = m->space->mm;

	v->src = m->src;
	v->dst = m->dst;
	hs_mm_lock_read(m->self, mm);
	v->vma = hs_vma_find(mm, v->start);
	if (hs_migrate_vma_setup(m->self, v)) {
		hs_mm_unlock_read(m->self, mm);
		return;
	}
	moves_copy_all(m, to, v->npages);
	hs_migrate_vma_pages(m->self, v);
	hs_mm_unlock_read(m->self, mm);
	hs_migrate_vma_finalize(m->self, v);
}

/* @like: has owner and flags. */
static void moves_move_range(struct hs_moves *m, const struct hs_moves_device *to, uint64_t start,
			     uint64_t end, const struct hs_migrate_vma *like)
{
	const uint64_t most = HS_MOVES_AT_ONCE * HS_PAGE_BYTES;

	while (start < end) {
		struct hs_migrate_vma v = *like;

		v.start = start;
		v.end = end - start > most ? start + most : end;
		moves_move_some(m, to, &v);
		start = v.end;
	}
}

static void moves_to_device(struct hs_moves *m, const struct hs_moves_device *to, uint64_t start,
			    uint64_t end)
{
	const struct hs_migrate_vma like = { .owner = hs_populate_owner(to->owner),
					     .flags = HS_MIGRATE_SELECT_SYSTEM };

	moves_move_range(m, to, start, end, &like);
}

static bool moves_is_owner_first(const struct hs_moves *m, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (m->devices[j].owner == m->devices[i].owner)
			return false;
	return true;
}

/* Each owner takes its own pages away. */
static void moves_to_system(struct hs_moves *m, uint64_t start, uint64_t end)
{
	for (size_t i = 0; i < m->device_count; i++) {
		const struct hs_migrate_vma like = {
			.owner = hs_populate_owner(m->devices[i].owner),
			.flags = HS_MIGRATE_SELECT_DEVICE_PRIVATE |
				 HS_MIGRATE_SELECT_DEVICE_COHERENT,
		};

		if (moves_is_owner_first(m, i))
			moves_move_range(m, NULL, start, end, &like);
	}
}

/* ---- moves ------------------------------------------------------------------------------- */

void hs_moves_evict(struct hs_moves *m, struct hs_moves_device *device)
{
	for (uint64_t done = 0; done < device->pages; done += HS_MOVES_AT_ONCE) {
		uint64_t left = device->pages - done;
		uint64_t n = left < HS_MOVES_AT_ONCE ? left : HS_MOVES_AT_ONCE;

		for (uint64_t i = 0; i < n; i++)
			m->dst[i] = 0;
		hs_migrate_device_range(m->self, m->src, device->start + done, n);
		moves_copy_all(m, NULL, n);
		hs_migrate_device_pages(m->self, m->src, m->dst, n);
		hs_migrate_device_finalize(m->self, m->src, m->dst, n);
	}
}

size_t hs_moves_count(const struct hs_moves *m)
{
	return m->layout->move_count ? m->layout->move_count : m->run_count != 0;
}

void hs_moves_do(struct hs_moves *m, size_t i)
{
	const struct hs_layout_move *move;

	if (!m->layout->move_count) {
		for (size_t r = 0; r < m->run_count; r++)
			moves_to_device(m, &m->devices[m->device_count - 1], m->runs[r].start,
					m->runs[r].end);
		return;
	}
	move = &m->layout->moves[i];
	if (move->kind == HS_MOVE_TO_SYSTEM)
		moves_to_system(m, move->start, move->end);
	else if (move->kind == HS_MOVE_EVICT)
		hs_moves_evict(m, hs_moves_lender(m, move->pgmap));
	else
		moves_to_device(m, hs_moves_lender(m, move->pgmap), move->start, move->end);
}

/* ---- back -------------------------------------------------------------------------------- */

/* Calls @fn for each page of a table of level 0; it may change the entry. */
static void moves_each_page(struct hs_moves *m, const struct hs_layout_vma *vma,
			    void (*fn)(struct hs_moves *m, const struct hs_layout_vma *vma,
				       uint64_t addr, uint64_t entry, void *arg),
			    void *arg)
{
	uint64_t addr = vma->start;

	while (addr < vma->end) {
		uint32_t level = 0;
		const uint64_t *e = hs_pt_find(m->space->mm, addr, 0, &level);

		if (e)
			fn(m, vma, addr, *e, arg);
		addr = (addr & ~(hs_map_bytes(level) - 1)) + hs_map_bytes(level);
	}
}

static void moves_touch(struct hs_moves *m, const struct hs_layout_vma *vma, uint64_t addr,
			uint64_t entry, void *arg)
{
	uint64_t *closed = arg;

	if (!(entry & HS_ENTRY_DEVPRIV) || !(entry & HS_ENTRY_COUNTED))
		return;
	(void)vma;
	if (hs_cpu_access(m->self, m->space->mm, addr, false, NULL))
		++*closed;
}

uint64_t hs_moves_fault_back(struct hs_moves *m)
{
	uint64_t closed = 0;

	for (size_t i = 0; i < m->layout->vma_count; i++)
		if (hs_layout_vma_migrates(&m->layout->vmas[i]))
			moves_each_page(m, &m->layout->vmas[i], moves_touch, &closed);
	return closed;
}

/* A setup for each table that has a page of a device, so that holes cost nothing. */
static void moves_take_back(struct hs_moves *m, const struct hs_layout_vma *vma, uint64_t addr,
			    uint64_t entry, void *arg)
{
	uint64_t table = hs_map_bytes(1), end = (addr & ~(table - 1)) + table;

	(void)arg;
	if (!(entry & HS_ENTRY_COUNTED) || !hs_moves_lender(m, hs_entry_pfn(entry)))
		return;
	moves_to_system(m, addr, end < vma->end ? end : vma->end);
}

void hs_moves_range_back(struct hs_moves *m)
{
	for (size_t i = 0; i < m->layout->vma_count; i++)
		if (hs_layout_vma_migrates(&m->layout->vmas[i]))
			moves_each_page(m, &m->layout->vmas[i], moves_take_back, NULL);
}
