/* SPDX-License-Identifier: MIT */
/*
 * Memory that is removed under entries that count on it.
 *
 * With the references of v5.18 a removal does not wait for pages that are allocated. So the entry
 * is still in the page table when its struct page is gone, or stale in an early section. What comes
 * to the page by such an entry must say so: natively by an abort, in the explorer by a verdict. An
 * entry that was made by hand, without COUNTED, names no page that may be touched.
 */
#include <hmmsim/hmmsim.h>

#include "port/port.h"
#include "support/machine.h"
#include "support/refusal.h"

#define EARLY_PFN 4u /* in the section of the boot memory */
#define LATE_PFN 8u

enum kind {
	PRIVATE,
	COHERENT,
	READ_ONLY, /* coherent */
	PROTNONE,
	EXCLUSIVE,
	DEVMAP,
};

struct state;

struct param {
	enum kind kind;
	void (*use)(struct hs_task *self, struct state *s);
	enum hs_era era;
	enum hs_body body;
	bool early;
	bool foreign; /* the walk has another owner */
	bool request;
	bool snapshot;
};

struct state {
	const struct param *param;
	struct hs_mm *mm;
	struct hs_pgmap *pgmap;
	uint64_t slot;
};

static const int other;

static uint64_t pfn_of(const struct param *p)
{
	return p->early ? EARLY_PFN : LATE_PFN;
}

/* ---- ways to come to the page ------------------------------------------------------------ */

static void walk(struct hs_task *self, struct state *s)
{
	const struct param *p = s->param;
	struct hs_range range;

	hs_range_init(&range, s->mm, 0, PAGE, &s->slot);
	range.era = p->era;
	range.body = p->body;
	range.owner = p->foreign ? (const void *)&other : &device_memory_ops;
	range.default_flags = p->request ? HS_PFN_VALID | HS_PFN_WRITE : 0;
	hs_mm_lock_read(self, s->mm);
	if (p->snapshot)
		hs_range_snapshot(self, &range);
	else
		hs_range_fault(self, &range);
	hs_mm_unlock_read(self, s->mm);
}

static void populate(struct hs_task *self, struct state *s)
{
	struct hs_dmirror_config config;
	struct hs_dmirror *dev;

	hs_dmirror_config_init(&config, s->mm, 0, PAGE);
	config.range.era = s->param->era;
	config.range.body = s->param->body;
	config.range.owner = &device_memory_ops;
	if (hs_dmirror_create(self, &config, &dev))
		return;
	hs_dmirror_populate(self, dev, 0, PAGE, true);
	hs_dmirror_destroy(self, dev);
}

static void load(struct hs_task *self, struct state *s)
{
	hs_cpu_access(self, s->mm, 0, false, NULL);
}

static void store(struct hs_task *self, struct state *s)
{
	hs_cpu_access(self, s->mm, 0, true, NULL);
}

static void unmap(struct hs_task *self, struct state *s)
{
	hs_munmap(self, s->mm, 0, PAGE);
}

static void dontneed(struct hs_task *self, struct state *s)
{
	hs_madvise_dontneed(self, s->mm, 0, PAGE);
}

static void swap(struct hs_task *self, struct state *s)
{
	hs_swap_out(self, s->mm, 0);
}

static void migrate(struct hs_task *self, struct state *s)
{
	struct hs_migration m;

	if (!hs_migration_start(self, s->mm, 0, NULL, &m))
		hs_migration_end(self, &m, NULL);
}

static void exclusive(struct hs_task *self, struct state *s)
{
	struct hs_page *page;

	hs_make_exclusive(self, s->mm, 0, NULL, &page);
}

static void protnone(struct hs_task *self, struct state *s)
{
	hs_make_protnone(self, s->mm, 0, PAGE);
}

static void fail_page(struct hs_task *self, struct state *s)
{
	hs_memory_failure(self, s->mm, 0);
}

/* ---- scenarios --------------------------------------------------------------------------- */

static int insert(struct hs_task *self, struct state *s)
{
	enum kind kind = s->param->kind;
	struct hs_page *page;
	uint64_t entry;
	int ret;

	if (kind == DEVMAP)
		return hs_pt_set(self, s->mm, 0, 0,
				 HS_ENTRY_VALID | HS_ENTRY_COUNTED | HS_ENTRY_DEVMAP |
					 pfn_of(s->param));
	ret = hs_pgmap_page_alloc(self, s->pgmap, &page);
	if (!ret)
		ret = hs_migrate_insert_page(self, s->mm, 0, page, kind != READ_ONLY);
	if (ret || (kind != PROTNONE && kind != EXCLUSIVE))
		return ret;
	entry = HS_ENTRY_COUNTED | hs_page_to_pfn(self, page);
	return hs_pt_set(self, s->mm, 0, 0,
			 hs_entry_typed(kind == PROTNONE ? HS_TYPE_PROTNONE : HS_TYPE_EXCLUSIVE, 0,
					entry));
}

static int space(struct hs_task *self, struct state *s, const struct param *p)
{
	int ret = hs_memory_add(self, 0, 4, true);

	s->param = p;
	if (!ret)
		ret = hs_mm_create(self, hs_geometry(HS_GEOMETRY_MOCK), &s->mm);
	if (!ret)
		ret = hs_mmap(self, s->mm, 0, PAGE, HS_VM_READ | HS_VM_WRITE | HS_VM_MAYWRITE, NULL,
			      0);
	return ret;
}

static void use_what_is_gone(struct hs_task *self, void *arg)
{
	struct state *s = arg;

	hs_pgmap_destroy(self, s->pgmap);
	s->param->use(self, s);
}

static int setup(struct hs_task *self, struct hs_plan *plan, void *state, const void *param)
{
	const struct param *p = param;
	enum hs_pgmap_type type = p->kind == PRIVATE  ? HS_PGMAP_PRIVATE
				  : p->kind == DEVMAP ? HS_PGMAP_GENERIC
						      : HS_PGMAP_COHERENT;
	struct hs_pgmap_config config;
	struct state *s = state;
	int ret = space(self, s, p);

	device_memory_config(&config, type, HS_PAGE_REFS_5_18, pfn_of(p), 2);
	if (!ret)
		ret = hs_pgmap_create(self, &config, &s->pgmap);
	if (!ret)
		ret = insert(self, s);
	return ret ? ret : hs_plan_task(plan, "user", use_what_is_gone, s);
}

static const struct hs_scenario gone = {
	.name = "memory that is gone",
	.state_size = sizeof(struct state),
	.setup = setup,
};

static void use_by_hand(struct hs_task *self, void *arg)
{
	struct state *s = arg;

	s->param->use(self, s);
}

/* No memory was ever there. */
static int setup_by_hand(struct hs_task *self, struct hs_plan *plan, void *state, const void *param)
{
	static const uint64_t flags[] = {
		[PRIVATE] = HS_ENTRY_DEVPRIV | HS_ENTRY_WRITE,
		[COHERENT] = HS_ENTRY_VALID | HS_ENTRY_WRITE,
		[READ_ONLY] = HS_ENTRY_VALID,
		[PROTNONE] = (uint64_t)HS_TYPE_PROTNONE << HS_ENTRY_TYPE_SHIFT,
		[EXCLUSIVE] = (uint64_t)HS_TYPE_EXCLUSIVE << HS_ENTRY_TYPE_SHIFT,
		[DEVMAP] = HS_ENTRY_VALID | HS_ENTRY_DEVMAP,
	};
	const struct param *p = param;
	struct state *s = state;
	int ret = space(self, s, p);

	if (!ret)
		ret = hs_pt_set(self, s->mm, 0, 0, flags[p->kind] | LATE_PFN);
	return ret ? ret : hs_plan_task(plan, "user", use_by_hand, s);
}

static void check_by_hand(struct hs_task *self, void *state, const void *param)
{
	struct state *s = state;

	(void)param;
	hs_mm_destroy(self, s->mm);
}

static const struct hs_scenario by_hand = {
	.name = "an entry made by hand",
	.state_size = sizeof(struct state),
	.setup = setup_by_hand,
	.check = check_by_hand,
};

/* ---- tests ------------------------------------------------------------------------------- */

static void each_body(struct param p, void (*judge)(const struct param *p))
{
	for (int body = 0; body < HS_BODY_COUNT; body++)
		for (int foreign = 0; foreign < 2; foreign++)
			for (int request = 0; request < 2; request++)
				for (int snapshot = 0; snapshot < 2; snapshot++) {
					p.body = (enum hs_body)body;
					p.foreign = foreign;
					p.request = request;
					p.snapshot = snapshot;
					judge(&p);
				}
}

static void is_refused(const struct param *p)
{
	expect_refusal(&gone, p, HS_VERDICT_ASSERT, "gone");
}

/* The pgmap, which the stale page still names, is freed. */
static void reads_what_is_freed(const struct param *p)
{
	expect_refusal(&gone, p, HS_VERDICT_FREED,
		       HS_ASAN || HS_TSAN ? "heap-use-after-free" : "is stale");
}

static void is_allowed(const struct param *p)
{
	expect_no_refusal(&by_hand, p);
}

static void a_walk_finds_a_device_private_page_gone(void **state)
{
	struct param p = { .kind = PRIVATE, .use = walk, .era = HS_ERA_6_12 };

	(void)state;
	each_body(p, is_refused);
	p.early = true;
	each_body(p, reads_what_is_freed);
	p.era = HS_ERA_5_3;
	each_body(p, is_refused);
	p.early = false;
	each_body(p, is_refused);
}

static void a_device_that_populates_finds_a_device_private_page_gone(void **state)
{
	struct param p = { .kind = PRIVATE, .use = populate };

	(void)state;
	for (int era = 0; era < HS_ERA_COUNT; era++)
		for (int body = 0; body < HS_BODY_COUNT; body++) {
			p.era = (enum hs_era)era;
			p.body = (enum hs_body)body;
			is_refused(&p);
		}
}

static const struct use {
	enum kind kind;
	void (*use)(struct hs_task *self, struct state *s);
	bool by_presence; /* the memory is asked for, not the struct page */
} uses[] = {
	{ PRIVATE, load, false },      { PRIVATE, store, false },
	{ PRIVATE, unmap, false },     { PRIVATE, dontneed, false },
	{ COHERENT, load, true },      { COHERENT, store, true },
	{ COHERENT, unmap, false },    { COHERENT, dontneed, false },
	{ COHERENT, swap, true },      { COHERENT, exclusive, false },
	{ COHERENT, protnone, false }, { COHERENT, fail_page, false },
	{ READ_ONLY, store, false },   { READ_ONLY, unmap, false },
	{ PROTNONE, load, false },     { PROTNONE, unmap, false },
	{ EXCLUSIVE, load, false },    { EXCLUSIVE, unmap, false },
	{ DEVMAP, load, true },	       { DEVMAP, unmap, false },
	{ DEVMAP, fail_page, false },
};

static void whatever_comes_to_the_page_finds_it_gone(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(uses); i++) {
		struct param p = { .kind = uses[i].kind, .use = uses[i].use };

		is_refused(&p);
		p.early = true;
		expect_refusal(&gone, &p, HS_VERDICT_ASSERT,
			       uses[i].by_presence ? "gone" : "is stale");
	}
}

static void a_migration_finds_the_page_gone(void **state)
{
	struct param p = { .kind = PRIVATE, .use = migrate };

	(void)state;
	is_refused(&p);
	p.kind = COHERENT;
	is_refused(&p);
	p.early = true;
	reads_what_is_freed(&p);
}

static void an_entry_made_by_hand_names_no_page(void **state)
{
	struct param p = { .use = walk };

	(void)state;
	for (int era = 0; era < HS_ERA_COUNT; era++)
		for (int kind = 0; kind <= DEVMAP; kind++) {
			p.era = (enum hs_era)era;
			p.kind = (enum kind)kind;
			each_body(p, is_allowed);
		}
	for (size_t i = 0; i < COUNT(uses); i++) {
		p = (struct param){ .kind = uses[i].kind, .use = uses[i].use };
		is_allowed(&p);
	}
	p = (struct param){ .kind = COHERENT, .use = migrate };
	is_allowed(&p);
}

/* It compares owners, for which it needs the struct page. */
static void a_device_of_5_3_needs_the_struct_page_of_a_private_entry(void **state)
{
	struct param p = { .kind = PRIVATE, .use = populate, .era = HS_ERA_5_3 };

	(void)state;
	expect_refusal(&by_hand, &p, HS_VERDICT_ASSERT, "there is no struct page");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_walk_finds_a_device_private_page_gone),
		cmocka_unit_test(a_device_that_populates_finds_a_device_private_page_gone),
		cmocka_unit_test(whatever_comes_to_the_page_finds_it_gone),
		cmocka_unit_test(a_migration_finds_the_page_gone),
		cmocka_unit_test(an_entry_made_by_hand_names_no_page),
		cmocka_unit_test(a_device_of_5_3_needs_the_struct_page_of_a_private_entry),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
