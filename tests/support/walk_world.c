/* SPDX-License-Identifier: MIT */
#include "support/walk_world.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "port/port.h"

#define DIGEST_PRIME 0x100000001b3u

static void digest(uint64_t *d, uint64_t value)
{
	*d = (*d ^ value) * DIGEST_PRIME;
	*d ^= *d >> 29;
}

/* ---- faults ------------------------------------------------------------------------------ */

/* The leaf or PTE at @addr; a hugetlb VMA's is a leaf even where there is none yet. */
static uint64_t entry_at(struct world *w, const struct hs_vma *vma, uint64_t addr, uint32_t *level)
{
	uint32_t lowest = 0;
	uint64_t e = 0;

	if (vma->flags & HS_VM_HUGETLB)
		lowest = vma->flags & HS_VM_HUGETLB_1G ? 2 : 1;
	for (*level = hs_mm_geometry(w->mm)->levels - 1;; --*level) {
		e = hs_pt_get(w->self, w->mm, addr, *level);
		if (*level == lowest || (e && !(e & HS_ENTRY_TABLE)))
			return e;
	}
}

static uint64_t new_entry(const struct world *w, uint64_t addr, uint32_t level, uint32_t flags)
{
	const struct hs_geometry *g = hs_mm_geometry(w->mm);
	uint64_t page = (addr - w->origin) / HS_PAGE_BYTES;
	uint64_t e = HS_ENTRY_VALID | (flags & HS_FAULT_WRITE ? HS_ENTRY_WRITE : 0) |
		     (uint64_t)g->order[level] << HS_ENTRY_ORDER_SHIFT;

	page &= ~(((uint64_t)1 << g->order[level]) - 1);
	if (w->fill_pgmap < 0)
		return e | (WORLD_NEW_PFN + page);
	return e | HS_ENTRY_DEVMAP | world_device_pfn((unsigned int)w->fill_pgmap, page);
}

static uint64_t resolved(const struct world *w, uint64_t e, uint64_t addr, uint32_t level,
			 uint32_t flags)
{
	uint64_t write = flags & HS_FAULT_WRITE ? HS_ENTRY_WRITE : 0;
	uint64_t keep = HS_ENTRY_ORDER | HS_ENTRY_PFN;

	if (e & (HS_ENTRY_VALID | HS_ENTRY_ERROR)) {
		if (hs_entry_type(e) == HS_TYPE_ZERO && write)
			return new_entry(w, addr, level, flags);
		return e | write;
	}
	switch (hs_entry_type(e)) {
	case HS_TYPE_PROTNONE:
		return HS_ENTRY_VALID | write | (e & keep);
	case HS_TYPE_MIGRATION:
	case HS_TYPE_EXCLUSIVE:
		return HS_ENTRY_VALID | write | (e & (keep | HS_ENTRY_WRITE));
	default:
		return new_entry(w, addr, level, flags);
	}
}

static uint32_t world_fault(struct hs_task *self, struct hs_mm *mm, const struct hs_vma *vma,
			    uint64_t addr, uint32_t flags, void *arg)
{
	struct world *w = arg;
	enum hs_entry_type type;
	uint32_t level;
	uint64_t e;

	digest(&w->log, addr + (flags & HS_FAULT_WRITE));
	digest(&w->log, vma ? vma->start + 1 : 0);
	if (!vma)
		return HS_VM_FAULT_SIGSEGV;
	if (w->action == WORLD_SIGBUS)
		return HS_VM_FAULT_SIGBUS;
	if (w->action == WORLD_RETRY)
		return HS_VM_FAULT_RETRY;
	if (w->action == WORLD_NOOP)
		return 0;
	if (w->action == WORLD_INVAL)
		w->invalid = true;
	e = entry_at(w, vma, addr, &level);
	type = hs_entry_type(e);
	if (type == HS_TYPE_HWPOISON || type == HS_TYPE_POISON)
		return HS_VM_FAULT_HWPOISON;
	addr &= ~((HS_PAGE_BYTES << hs_mm_geometry(mm)->order[level]) - 1);
	assert_int_equal(hs_pt_set(self, mm, addr, level, resolved(w, e, addr, level, flags)), 0);
	return 0;
}

static void world_migration_wait(struct hs_task *self, struct hs_mm *mm, uint64_t addr,
				 uint32_t level, void *arg)
{
	struct world *w = arg;
	uint64_t e = hs_pt_get(self, mm, addr, level);

	addr &= ~((HS_PAGE_BYTES << hs_mm_geometry(mm)->order[level]) - 1);
	digest(&w->log, ~addr - level);
	if (!w->migrations_stay && hs_entry_type(e) == HS_TYPE_MIGRATION)
		assert_int_equal(hs_pt_set(self, mm, addr, level, resolved(w, e, addr, level, 0)),
				 0);
}

static const struct hs_fault_ops world_fault_ops = { world_fault, world_migration_wait };

/* ---- begin and end ----------------------------------------------------------------------- */

void world_new_mm(struct world *w)
{
	const struct hs_geometry *g = hs_mm_geometry(w->mm);

	hs_mm_destroy(w->self, w->mm);
	assert_int_equal(hs_mm_create(w->self, g, &w->mm), 0);
	hs_mm_set_fault_ops(w->mm, &world_fault_ops, w);
}

void world_begin(struct world *w, enum hs_geometry_id geometry, unsigned int pgmaps,
		 unsigned int dead)
{
	struct hs_machine_config config;

	memset(w, 0, sizeof(*w));
	w->fill_pgmap = -1;
	w->dead = dead;
	hs_machine_config_init(&config);
	assert_int_equal(hs_machine_create(&config, &w->machine), 0);
	assert_int_equal(hs_task_attach(w->machine, "walk", &w->self), 0);
	assert_int_equal(hs_mm_create(w->self, hs_geometry(geometry), &w->mm), 0);
	hs_mm_set_fault_ops(w->mm, &world_fault_ops, w);
	for (unsigned int i = 0; i < pgmaps; i++) {
		uint64_t start = world_device_pfn(i, 0);

		assert_int_equal(hs_pgmap_add(w->self, HS_PGMAP_FS_DAX, start,
					      start + WORLD_PGMAP_PAGES, w, &w->pgmap[i]),
				 0);
		if (dead & 1u << i)
			hs_pgmap_kill(w->self, w->pgmap[i]);
	}
	hs_rcu_barrier(w->self); /* a kill's callback holds a reference of its own */
}

void world_end(struct world *w)
{
	struct hs_leaks left;
	int ret;

	hs_mm_destroy(w->self, w->mm);
	for (unsigned int i = 0; i < WORLD_PGMAPS && w->pgmap[i]; i++) {
		if (!(w->dead & 1u << i))
			hs_pgmap_kill(w->self, w->pgmap[i]);
		hs_pgmap_remove(w->self, w->pgmap[i]);
	}
	assert_int_equal(hs_task_detach(w->self), 0);
	ret = hs_machine_destroy(w->machine, &left);
	assert_string_equal(left.text, "");
	assert_int_equal(ret, 0);
}

/* ---- contents ---------------------------------------------------------------------------- */

uint64_t world_addr(const struct world *w, uint64_t page)
{
	return w->origin + page * HS_PAGE_BYTES;
}

uint64_t world_device_pfn(unsigned int pgmap, uint64_t index)
{
	return WORLD_DEVICE_PFN + pgmap * WORLD_PGMAP_PAGES + index;
}

uint64_t world_devmap(unsigned int pgmap, uint64_t index)
{
	return HS_ENTRY_VALID | HS_ENTRY_WRITE | HS_ENTRY_DEVMAP | world_device_pfn(pgmap, index);
}

void world_vma(struct world *w, uint64_t page, uint64_t pages, uint32_t flags)
{
	uint64_t start = world_addr(w, page);

	assert_int_equal(hs_vma_add(w->self, w->mm, start, start + pages * HS_PAGE_BYTES, flags),
			 0);
}

void world_set(struct world *w, uint64_t page, uint32_t level, uint64_t entry)
{
	uint64_t order = (uint64_t)hs_mm_geometry(w->mm)->order[level] << HS_ENTRY_ORDER_SHIFT;

	assert_int_equal(hs_pt_set(w->self, w->mm, world_addr(w, page), level,
				   entry ? entry | order : 0),
			 0);
}

static uint64_t table_digest(const struct world *w, uint64_t addr, uint64_t end, uint32_t level)
{
	uint64_t step = HS_PAGE_BYTES << hs_mm_geometry(w->mm)->order[level];
	uint64_t d = level + 1;

	while (addr < end) {
		uint64_t next = (addr | (step - 1)) + 1;
		uint64_t e = hs_pt_get(w->self, w->mm, addr, level);

		if (next > end)
			next = end;
		digest(&d, e & HS_ENTRY_TABLE ? table_digest(w, addr, next, level - 1) : e);
		addr = next;
	}
	return d;
}

uint64_t world_tables(struct world *w, uint64_t first, uint64_t count)
{
	return table_digest(w, world_addr(w, first), world_addr(w, first + count),
			    hs_mm_geometry(w->mm)->levels - 1);
}

/* ---- a strategy of the user's ------------------------------------------------------------ */

enum point {
	PAGE = 0x100,
	FAULT_BEGIN,
	TABLE_END,
	TABLE_ERROR,
	PASS_END,
	VMA_BEGIN,
	VMA_END,
	CALL_END
};

static int custom_page(struct hs_task *self, struct hs_range *range, struct hs_pgmap **slot,
		       uint64_t pfn, void *arg)
{
	struct world *w = arg;
	struct hs_walk_counts *c = &w->custom;

	(void)range;
	digest(&w->log, PAGE + pfn);
	c->calls++;
	if (*slot && hs_pgmap_covers(*slot, pfn)) {
		c->hits++;
		return 0;
	}
	c->puts += *slot != NULL;
	c->lookups++;
	*slot = hs_pgmap_get(self, pfn, *slot);
	c->refs += *slot != NULL;
	c->failures += *slot == NULL;
	return *slot ? 0 : -EBUSY;
}

static void custom_put(struct hs_task *self, struct hs_pgmap **slot, struct world *w)
{
	w->custom.puts += *slot != NULL;
	hs_pgmap_put(self, *slot);
	*slot = NULL;
}

#define CUSTOM_POINT(name, point, act)                                          \
	static void custom_##name(struct hs_task *self, struct hs_range *range, \
				  struct hs_pgmap **slot, void *arg)            \
	{                                                                       \
		struct world *w = arg;                                          \
                                                                                \
		(void)self;                                                     \
		(void)range;                                                    \
		digest(&w->log, point + (*slot ? 0x1000u : 0));                 \
		act;                                                            \
	}

CUSTOM_POINT(fault_begin, FAULT_BEGIN, custom_put(self, slot, w))
CUSTOM_POINT(table_end, TABLE_END, custom_put(self, slot, w))
CUSTOM_POINT(table_error, TABLE_ERROR, (void)0)
CUSTOM_POINT(pass_end, PASS_END, (void)0)
CUSTOM_POINT(vma_begin, VMA_BEGIN, *slot = NULL)
CUSTOM_POINT(vma_end, VMA_END, (void)0)
CUSTOM_POINT(call_end, CALL_END, (void)0)

static const struct hs_strategy_ops custom_ops = {
	.page = custom_page,
	.fault_begin = custom_fault_begin,
	.table_end = custom_table_end,
	.table_error = custom_table_error,
	.pass_end = custom_pass_end,
	.vma_begin = custom_vma_begin,
	.vma_end = custom_vma_end,
	.call_end = custom_call_end,
};

static void custom_counts(const struct hs_walk_counts *from, struct hs_walk_counts *to)
{
	to->calls = from->calls;
	to->hits = from->hits;
	to->lookups = from->lookups;
	to->refs = from->refs;
	to->failures = from->failures;
	to->puts = from->puts;
	to->leaked = from->refs - from->puts;
}

/* ---- walks ------------------------------------------------------------------------------- */

static bool world_retry(struct hs_task *self, struct hs_range *range, void *arg)
{
	struct world *w = arg;

	(void)self;
	(void)range;
	w->checks++;
	return w->invalid || (w->retry_at && w->checks >= w->retry_at);
}

static int64_t put_leaks(struct world *w)
{
	int64_t total = 0;

	for (unsigned int i = 0; i < WORLD_PGMAPS && w->pgmap[i]; i++) {
		int64_t refs = hs_pgmap_refs(w->self, w->pgmap[i]);

		for (int64_t n = 0; n < refs; n++)
			hs_pgmap_put(w->self, w->pgmap[i]);
		total += refs;
	}
	return total;
}

static void walk(struct world *w, enum hs_era era, enum hs_strategy strategy, enum hs_body body,
		 bool snapshot)
{
	const struct hs_walk_counts *c = &w->range.counts;
	int ret;

	w->range.era = era;
	w->range.strategy = strategy;
	w->range.body = body;
	w->log = 0;
	w->checks = 0;
	w->invalid = false;
	w->custom = (struct hs_walk_counts){ 0 };
	w->range.ops = &custom_ops;
	w->range.ops_arg = w;
	/* PTE tables are held in turns as ever it can be: nothing else may differ. */
	w->range.pte_map = (enum hs_pte_map)(w->walks++ % HS_PTE_MAP_COUNT);
	hs_mm_lock_read(w->self, w->mm);
	ret = snapshot ? hs_range_snapshot(w->self, &w->range) : hs_range_fault(w->self, &w->range);
	hs_mm_unlock_read(w->self, w->mm);
	w->ret = hs_range_kernel_ret(&w->range, ret);
	assert_false(hs_rcu_held(w->self));
	if (strategy == HS_STRATEGY_CUSTOM)
		custom_counts(&w->custom, &w->range.counts);
	assert_int_equal(c->calls, c->hits + c->lookups);
	assert_int_equal(c->lookups, c->refs + c->failures);
	assert_int_equal(c->leaked, c->refs - c->puts);
	assert_int_equal(put_leaks(w), c->leaked);
}

static void aim(struct world *w, uint64_t first, uint64_t count)
{
	assert_true(count <= WORLD_PAGES);
	hs_range_init(&w->range, w->mm, world_addr(w, first), world_addr(w, first + count),
		      w->pfns);
	w->range.owner = w;
	w->range.retry = world_retry;
	w->range.retry_arg = w;
}

void world_walk(struct world *w, enum hs_era era, enum hs_strategy strategy, enum hs_body body,
		uint64_t first, uint64_t count, uint64_t request, uint64_t mask)
{
	aim(w, first, count);
	w->range.default_flags = request;
	w->range.pfn_flags_mask = mask;
	walk(w, era, strategy, body, false);
}

void world_snapshot(struct world *w, enum hs_strategy strategy, enum hs_body body, uint64_t first,
		    uint64_t count)
{
	aim(w, first, count);
	walk(w, HS_ERA_5_3, strategy, body, true);
}

/* ---- outcomes ---------------------------------------------------------------------------- */

void world_outcome(struct world *w, uint64_t pages, struct world_outcome *o)
{
	o->ret = w->ret;
	o->counts = w->range.counts;
	o->log = w->log;
	o->tables = world_tables(w, 0, pages);
	o->pages = pages;
	memcpy(o->pfns, w->pfns, pages * sizeof(o->pfns[0]));
}

bool world_same(const struct world_outcome *a, const struct world_outcome *b)
{
	return a->ret == b->ret && !memcmp(&a->counts, &b->counts, sizeof(a->counts)) &&
	       a->log == b->log && a->tables == b->tables && a->pages == b->pages &&
	       !memcmp(a->pfns, b->pfns, a->pages * sizeof(a->pfns[0]));
}

void world_say(const char *who, const struct world_outcome *o)
{
	const struct hs_walk_counts *c = &o->counts;

	print_message("%s: %ld, calls %d hits %d lookups %d refs %d failures %d puts %d leaked %d "
		      "faults %d held %d waits %d passes %d bad %d, log %llx, tables %llx\n",
		      who, o->ret, (int)c->calls, (int)c->hits, (int)c->lookups, (int)c->refs,
		      (int)c->failures, (int)c->puts, (int)c->leaked, (int)c->faults,
		      (int)c->held_faults, (int)c->waits, (int)c->passes, (int)c->bad_ptes,
		      (unsigned long long)o->log, (unsigned long long)o->tables);
	for (uint64_t i = 0; i < o->pages && i < 64; i++)
		print_message(" %llx", (unsigned long long)o->pfns[i]);
	print_message("\n");
}
