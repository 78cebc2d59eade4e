/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "support/walk_world.h"

#define DIGEST_PRIME 0x100000001b3u

static void digest(uint64_t *d, uint64_t value)
{
	*d = (*d ^ value) * DIGEST_PRIME;
	*d ^= *d >> 29;
}

/* ---- faults ------------------------------------------------------------------------------ */

/* The leaf or PTE at @addr; a hugetlb VMA's is a leaf even where there is none yet. */
static uint64_t entry_at(struct walk_world *w, const struct hs_vma *vma, uint64_t addr,
			 uint32_t *level)
{
	uint32_t lowest = 0;
	uint64_t e = 0;

	if (vma->flags & HS_VM_HUGETLB)
		lowest = vma->flags & HS_VM_HUGETLB_1G ? 2 : 1;
	for (*level = w->g->levels - 1;; --*level) {
		e = hs_pt_get(w->self, w->mm, addr, *level);
		if (*level == lowest || (e && !(e & HS_ENTRY_TABLE)))
			return e;
	}
}

static uint64_t new_entry(const struct walk_world *w, uint64_t addr, uint32_t level, uint32_t flags)
{
	uint64_t page = (addr - w->origin) / HS_PAGE_BYTES;
	uint64_t e = HS_ENTRY_VALID | (flags & HS_FAULT_WRITE ? HS_ENTRY_WRITE : 0) |
		     (uint64_t)w->g->order[level] << HS_ENTRY_ORDER_SHIFT;

	page &= ~(((uint64_t)1 << w->g->order[level]) - 1);
	if (w->fill_pgmap < 0)
		return e | (WORLD_NEW_PFN + page);
	return e | HS_ENTRY_DEVMAP | world_device_pfn((unsigned int)w->fill_pgmap, page);
}

static uint64_t resolved(const struct walk_world *w, uint64_t e, uint64_t addr, uint32_t level,
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

static void resolve(struct walk_world *w, uint64_t e, uint64_t addr, uint32_t level, uint32_t flags)
{
	addr &= ~((HS_PAGE_BYTES << w->g->order[level]) - 1);
	assert_int_equal(hs_pt_set(w->self, w->mm, addr, level, resolved(w, e, addr, level, flags)),
			 0);
}

static uint32_t world_fault(struct hs_task *self, struct hs_mm *mm, const struct hs_vma *vma,
			    uint64_t addr, uint32_t flags, void *arg)
{
	struct walk_world *w = arg;
	uint32_t level;
	uint64_t e;

	(void)self;
	(void)mm;
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
	if (hs_entry_type(e) == HS_TYPE_HWPOISON || hs_entry_type(e) == HS_TYPE_POISON)
		return HS_VM_FAULT_HWPOISON;
	resolve(w, e, addr, level, flags);
	return 0;
}

static void world_migration_wait(struct hs_task *self, struct hs_mm *mm, uint64_t addr,
				 uint32_t level, void *arg)
{
	struct walk_world *w = arg;
	uint64_t e = hs_pt_get(self, mm, addr, level);

	addr &= ~((HS_PAGE_BYTES << w->g->order[level]) - 1);
	digest(&w->log, ~addr - level);
	if (!w->migrations_stay && hs_entry_type(e) == HS_TYPE_MIGRATION)
		resolve(w, e, addr, level, 0);
}

static const struct hs_fault_ops world_fault_ops = { world_fault, world_migration_wait };

/* ---- begin and end ----------------------------------------------------------------------- */

void world_new_mm(struct walk_world *w)
{
	if (w->mm)
		hs_mm_destroy(w->self, w->mm);
	assert_int_equal(hs_mm_create(w->self, w->g, &w->mm), 0);
	hs_mm_set_fault_ops(w->mm, &world_fault_ops, w);
}

void world_begin(struct walk_world *w, enum hs_geometry_id geometry, unsigned int pgmaps,
		 unsigned int dead)
{
	memset(w, 0, sizeof(*w));
	w->fill_pgmap = -1;
	w->dead = dead;
	w->g = hs_geometry(geometry);
	machine_open_failing(&w->machine, 0);
	w->self = w->machine.self;
	world_new_mm(w);
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

void world_end(struct walk_world *w)
{
	hs_mm_destroy(w->self, w->mm);
	for (unsigned int i = 0; i < WORLD_PGMAPS && w->pgmap[i]; i++) {
		if (!(w->dead & 1u << i))
			hs_pgmap_kill(w->self, w->pgmap[i]);
		hs_pgmap_remove(w->self, w->pgmap[i]);
	}
	machine_close(&w->machine);
}

/* ---- contents ---------------------------------------------------------------------------- */

void world_vma(struct walk_world *w, uint64_t page, uint64_t pages, uint32_t flags)
{
	uint64_t start = world_addr(w, page);

	assert_int_equal(hs_vma_add(w->self, w->mm, start, start + pages * HS_PAGE_BYTES, flags),
			 0);
}

void world_set(struct walk_world *w, uint64_t page, uint32_t level, uint64_t entry)
{
	uint64_t order = (uint64_t)w->g->order[level] << HS_ENTRY_ORDER_SHIFT;

	assert_int_equal(hs_pt_set(w->self, w->mm, world_addr(w, page), level,
				   entry ? entry | order : 0),
			 0);
}

static uint64_t table_digest(const struct walk_world *w, uint64_t addr, uint64_t end,
			     uint32_t level)
{
	uint64_t step = HS_PAGE_BYTES << w->g->order[level];
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

/* ---- a strategy of the user's ------------------------------------------------------------ */

static int custom_page(struct hs_task *self, struct hs_range *range, struct hs_pgmap **slot,
		       uint64_t pfn, void *arg)
{
	struct walk_world *w = arg;
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
	return *slot ? 0 : -EBUSY; /* the walker counts the failure */
}

static void custom_put(struct walk_world *w, struct hs_pgmap **slot)
{
	w->custom.puts += *slot != NULL;
	hs_pgmap_put(w->self, *slot);
	*slot = NULL;
}

/* X(name, what it does to the slot) */
#define CUSTOM_POINTS(X)                    \
	X(fault_begin, custom_put(w, slot)) \
	X(table_end, custom_put(w, slot))   \
	X(table_error, (void)0)             \
	X(pass_end, (void)0)                \
	X(vma_begin, *slot = NULL)          \
	X(vma_end, (void)0)                 \
	X(call_end, (void)0)

enum point {
	POINT_BASE = PAGE,
#define X(name, act) POINT_##name,
	CUSTOM_POINTS(X)
#undef X
};

#define X(name, act)                                                            \
	static void custom_##name(struct hs_task *self, struct hs_range *range, \
				  struct hs_pgmap **slot, void *arg)            \
	{                                                                       \
		struct walk_world *w = arg;                                     \
                                                                                \
		(void)self;                                                     \
		(void)range;                                                    \
		digest(&w->log, POINT_##name + (*slot ? 0x1000u : 0));          \
		act;                                                            \
	}
CUSTOM_POINTS(X)
#undef X

static const struct hs_strategy_ops custom_ops = {
#define X(name, act) .name = custom_##name,
	CUSTOM_POINTS(X)
#undef X
		.page = custom_page,
};

/* ---- walks ------------------------------------------------------------------------------- */

static bool world_retry(struct hs_task *self, struct hs_range *range, void *arg)
{
	struct walk_world *w = arg;

	(void)self;
	(void)range;
	w->checks++;
	return w->invalid || (w->retry_at && w->checks >= w->retry_at);
}

static int64_t put_leaks(struct walk_world *w)
{
	int64_t total = 0;

	for (unsigned int i = 0; i < WORLD_PGMAPS && w->pgmap[i]; i++) {
		int64_t refs = hs_pgmap_refs(w->self, w->pgmap[i]);

		total += refs;
		while (refs-- > 0)
			hs_pgmap_put(w->self, w->pgmap[i]);
	}
	return total;
}

void world_walk(struct walk_world *w, const struct world_walk *walk)
{
	struct hs_range *r = &w->range;
	struct hs_walk_counts *c = &r->counts;
	int ret;

	assert_true(walk->count <= WORLD_PAGES);
	hs_range_init(r, w->mm, world_addr(w, walk->first),
		      world_addr(w, walk->first + walk->count), w->pfns);
	r->owner = w;
	r->retry = world_retry;
	r->retry_arg = w;
	r->default_flags = walk->request;
	r->pfn_flags_mask = walk->mask;
	r->era = walk->era;
	r->strategy = walk->strategy;
	r->body = walk->body;
	r->ops = &custom_ops;
	r->ops_arg = w;
	/* PTE tables are held in each way in turn: nothing else may differ. */
	r->pte_map = (enum hs_pte_map)(w->walks++ % HS_PTE_MAP_COUNT);
	w->log = 0;
	w->checks = 0;
	w->invalid = false;
	w->custom = (struct hs_walk_counts){ 0 };
	hs_mm_lock_read(w->self, w->mm);
	ret = walk->snapshot ? hs_range_snapshot(w->self, r) : hs_range_fault(w->self, r);
	hs_mm_unlock_read(w->self, w->mm);
	w->ret = hs_range_kernel_ret(r, ret);
	assert_false(hs_rcu_held(w->self));
	hs_walk_counts_add(c, &w->custom);
	assert_int_equal(c->calls, c->hits + c->lookups);
	assert_int_equal(c->lookups, c->refs + c->failures);
	assert_int_equal(c->leaked, c->refs - c->puts);
	assert_int_equal(put_leaks(w), c->leaked);
}

/* ---- two walkers ------------------------------------------------------------------------- */

/* All that one walk did. */
struct outcome {
	long ret;
	struct hs_walk_counts counts;
	uint64_t log, tables;
	uint64_t pfns[WORLD_PAGES];
};

static void say(enum hs_body body, const struct outcome *o, uint64_t pages)
{
	const struct hs_walk_counts *c = &o->counts;

	print_message("%s: %ld, calls %d hits %d lookups %d refs %d failures %d puts %d leaked %d "
		      "faults %d held %d waits %d passes %d bad %d, log %llx, tables %llx\n",
		      hs_body_name(body), o->ret, (int)c->calls, (int)c->hits, (int)c->lookups,
		      (int)c->refs, (int)c->failures, (int)c->puts, (int)c->leaked, (int)c->faults,
		      (int)c->held_faults, (int)c->waits, (int)c->passes, (int)c->bad_ptes,
		      (unsigned long long)o->log, (unsigned long long)o->tables);
	for (uint64_t i = 0; i < pages && i < 64; i++)
		print_message(" %llx", (unsigned long long)o->pfns[i]);
	print_message("\n");
}

bool world_walkers_agree(struct walk_world *w, struct world_walk walk, uint64_t pages,
			 world_build build, void *arg)
{
	static struct outcome both[HS_BODY_COUNT];
	size_t size = offsetof(struct outcome, pfns) + pages * sizeof(both->pfns[0]);

	for (int body = 0; body < HS_BODY_COUNT; body++) {
		struct outcome *o = &both[body];

		walk.body = (enum hs_body)body;
		build(w, &walk, arg);
		world_walk(w, &walk);
		o->ret = w->ret;
		o->counts = w->range.counts;
		o->log = w->log;
		o->tables =
			table_digest(w, world_addr(w, 0), world_addr(w, pages), w->g->levels - 1);
		memcpy(o->pfns, w->pfns, pages * sizeof(o->pfns[0]));
	}
	if (!memcmp(&both[0], &both[1], size))
		return true;
	say(HS_BODY_REFERENCE, &both[HS_BODY_REFERENCE], pages);
	say(HS_BODY_PLAIN, &both[HS_BODY_PLAIN], pages);
	return false;
}
