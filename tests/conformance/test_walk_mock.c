/* SPDX-License-Identifier: MIT */
/*
 * Every content of two entries of one table, on each level and in hugetlb VMAs, with every request,
 * in every kind of VMA and with every kind of fault: each walker answers, counts, faults and leaves
 * the tables as the reference does.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/walk_world.h"
#include "support/scale.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define F HS_PFN_VALID
#define W (HS_PFN_VALID | HS_PFN_WRITE)
#define D HS_PFN_DEVICE
#define RW (HS_VM_READ | HS_VM_WRITE)
#define TREE 16u /* pages below one entry of the top table: no case uses more */
#define RETRY_AT 4u

/* ---- entries ----------------------------------------------------------------------------- */

#define TYPE(type, flags) (((uint64_t)(type) << HS_ENTRY_TYPE_SHIFT) | (flags))
#define DEVICE(pgmap) (WORLD_DEVICE_PFN + (pgmap)*WORLD_PGMAP_PAGES)
#define DEVMAP(pgmap, flags) (HS_ENTRY_VALID | HS_ENTRY_DEVMAP | (flags) | (DEVICE(pgmap) + 0x40))

enum {
	LIVE,
	OTHER,
	DEAD,
	PGMAPS
};

struct kind {
	const char *name;
	uint64_t entry;
};

static const struct kind pte_kinds[] = {
	{ "none", 0 },
	{ "ro", HS_ENTRY_VALID | 0x1000 },
	{ "rw", HS_ENTRY_VALID | HS_ENTRY_WRITE | 0x1000 },
	{ "pn", TYPE(HS_TYPE_PROTNONE, 0x1000) },
	{ "special", HS_ENTRY_ERROR | 0x1000 },
	{ "specialrw", HS_ENTRY_ERROR | HS_ENTRY_WRITE | 0x1000 },
	{ "zero", TYPE(HS_TYPE_ZERO, HS_ENTRY_VALID | HS_ZERO_PFN) },
	{ "devro", DEVMAP(LIVE, 0) },
	{ "devrw", DEVMAP(LIVE, HS_ENTRY_WRITE) },
	{ "devrw other", DEVMAP(OTHER, HS_ENTRY_WRITE) },
	{ "devrw dead", DEVMAP(DEAD, HS_ENTRY_WRITE) },
	{ "swap", TYPE(HS_TYPE_SWAP, 0x1000) },
	{ "migr", TYPE(HS_TYPE_MIGRATION, 0x1000) },
	{ "migw", TYPE(HS_TYPE_MIGRATION, HS_ENTRY_WRITE | 0x1000) },
	{ "dpr own", HS_ENTRY_DEVPRIV | DEVICE(LIVE) },
	{ "dpw own", HS_ENTRY_DEVPRIV | HS_ENTRY_WRITE | DEVICE(LIVE) },
	{ "dpr foreign", HS_ENTRY_DEVPRIV | 0x1000 },
	{ "dpw foreign", HS_ENTRY_DEVPRIV | HS_ENTRY_WRITE | 0x1000 },
	{ "dxr", TYPE(HS_TYPE_EXCLUSIVE, 0x1000) },
	{ "dxw", TYPE(HS_TYPE_EXCLUSIVE, HS_ENTRY_WRITE | 0x1000) },
	{ "hwp", TYPE(HS_TYPE_HWPOISON, 0x1000) },
	{ "marker", TYPE(HS_TYPE_MARKER, 0) },
	{ "poison", TYPE(HS_TYPE_POISON, 0) },
};

#define TBL UINT64_MAX /* an empty table of the level below */

static const struct kind pmd_kinds[] = {
	{ "none", 0 },
	{ "tbl", TBL },
	{ "ro", HS_ENTRY_VALID | 0x1000 },
	{ "rw", HS_ENTRY_VALID | HS_ENTRY_WRITE | 0x1000 },
	{ "pn", TYPE(HS_TYPE_PROTNONE, 0x1000) },
	{ "devro", DEVMAP(LIVE, 0) },
	{ "devrw other", DEVMAP(OTHER, HS_ENTRY_WRITE) },
	{ "devrw dead", DEVMAP(DEAD, HS_ENTRY_WRITE) },
	{ "migr", TYPE(HS_TYPE_MIGRATION, 0x1000) },
	{ "migw", TYPE(HS_TYPE_MIGRATION, HS_ENTRY_WRITE | 0x1000) },
	{ "hwp", TYPE(HS_TYPE_HWPOISON, 0x1000) },
	{ "bad", TYPE(HS_TYPE_BAD, 0) },
};

static const struct kind pud_kinds[] = {
	{ "none", 0 },
	{ "tbl", TBL },
	{ "ro", HS_ENTRY_VALID | 0x1000 },
	{ "rw", HS_ENTRY_VALID | HS_ENTRY_WRITE | 0x1000 },
	{ "devro", DEVMAP(LIVE, 0) },
	{ "devrw", DEVMAP(LIVE, HS_ENTRY_WRITE) },
	{ "devrw other", DEVMAP(OTHER, HS_ENTRY_WRITE) },
	{ "devrw dead", DEVMAP(DEAD, HS_ENTRY_WRITE) },
};

static const struct kind huge_kinds[] = {
	{ "none", 0 },
	{ "ro", HS_ENTRY_VALID | 0x1000 },
	{ "rw", HS_ENTRY_VALID | HS_ENTRY_WRITE | 0x1000 },
	{ "pn", TYPE(HS_TYPE_PROTNONE, 0x1000) },
	{ "migr", TYPE(HS_TYPE_MIGRATION, 0x1000) },
	{ "migw", TYPE(HS_TYPE_MIGRATION, HS_ENTRY_WRITE | 0x1000) },
	{ "hwp", TYPE(HS_TYPE_HWPOISON, 0x1000) },
};

/* ---- requests ---------------------------------------------------------------------------- */

struct request {
	uint64_t defaults, mask;
	uint64_t in[TREE];
	uint32_t first, end; /* pages */
};

#define REQUESTS_MAX 2048

struct requests {
	unsigned int count;
	struct request r[REQUESTS_MAX];
};

static void request_add(struct requests *rs, const struct request *r)
{
	assert_true(rs->count < REQUESTS_MAX);
	rs->r[rs->count++] = *r;
}

/* Each page of [first, end) requests each of @n words, independently of the others. */
static void requests_all(struct requests *rs, const uint64_t *word, unsigned int n, uint32_t first,
			 uint32_t end)
{
	struct request r = { .mask = UINT64_MAX, .first = first, .end = end };
	unsigned int digit[TREE] = { 0 };
	uint32_t i;

	do {
		for (i = first; i < end; i++)
			r.in[i - first] = word[digit[i]];
		request_add(rs, &r);
		for (i = first; i < end && ++digit[i] == n; i++)
			digit[i] = 0;
	} while (i < end);
}

static void requests_default(struct requests *rs, uint32_t first, uint32_t end)
{
	static const uint64_t all[] = { 0, F, W, F | D, W | D };

	for (unsigned int i = 0; i < COUNT(all); i++) {
		struct request r = { .defaults = all[i], .first = first, .end = end };

		memset(r.in, 0xa5, sizeof(r.in));
		request_add(rs, &r);
		r.mask = HS_PFN_WRITE;
		request_add(rs, &r);
		r.in[0] = HS_PFN_WRITE;
		r.in[1] = 0;
		request_add(rs, &r);
	}
}

/* One page of the range requests. */
static void requests_one(struct requests *rs, uint32_t first, uint32_t end)
{
	for (uint32_t i = first; i < end; i++) {
		struct request r = { .mask = UINT64_MAX, .first = first, .end = end };

		r.in[i - first] = F;
		request_add(rs, &r);
		r.in[i - first] = W;
		request_add(rs, &r);
	}
}

/* ---- circumstances ----------------------------------------------------------------------- */

#define GAP UINT32_MAX

/* The first entry is in one VMA, the second in another or the same one. */
struct setting {
	const char *name;
	uint32_t vma[2]; /* flags */
	bool two;	 /* two VMAs, even if they have the same flags */
	enum world_action action;
	bool migrations_stay, fill_device;
};

static const struct setting settings[] = {
	{ "rw ok", { RW, RW }, false, WORLD_OK, false, false },
	{ "r ok", { HS_VM_READ, HS_VM_READ }, false, WORLD_OK, false, false },
	{ "rw device", { RW, RW }, false, WORLD_OK, false, true },
	{ "rw noop", { RW, RW }, false, WORLD_NOOP, true, false },
	{ "rw sigbus", { RW, RW }, false, WORLD_SIGBUS, false, false },
	{ "rw retry", { RW, RW }, false, WORLD_RETRY, false, false },
	{ "rw inval", { RW, RW }, false, WORLD_INVAL, false, true },
	{ "rwm ok", { RW | HS_VM_MIXEDMAP, RW | HS_VM_MIXEDMAP }, false, WORLD_OK, true, true },
	{ "rw, r ok", { RW, HS_VM_READ }, true, WORLD_OK, false, true },
	{ "rw, rw ok", { RW, RW }, true, WORLD_OK, false, true },
	{ "rw, - ok", { RW, 0 }, true, WORLD_OK, false, false },
	{ "rwp, rw ok", { RW | HS_VM_PFNMAP, RW }, true, WORLD_OK, false, false },
	{ "rw, rwi ok", { RW, RW | HS_VM_IO }, true, WORLD_OK, false, false },
	{ "rw, gap ok", { RW, GAP }, true, WORLD_OK, false, true },
	{ "gap, rw ok", { GAP, RW }, true, WORLD_OK, false, true },
};

/* The two entries of a case: their level and what can be in them. */
struct shape {
	const char *name;
	const struct kind *kind;
	unsigned int kinds;
	uint32_t level, pages; /* of one entry */
	uint32_t vma;	       /* flags on top of the setting's */
};

static const struct shape shapes[] = {
	{ "pte", pte_kinds, COUNT(pte_kinds), 0, 1, 0 },
	{ "pmd", pmd_kinds, COUNT(pmd_kinds), 1, 2, 0 },
	{ "pud", pud_kinds, COUNT(pud_kinds), 2, 4, 0 },
	{ "huge pmd", huge_kinds, COUNT(huge_kinds), 1, 2, HS_VM_HUGETLB },
	{ "huge pud", huge_kinds, COUNT(huge_kinds), 2, 4, HS_VM_HUGETLB | HS_VM_HUGETLB_1G },
};

static void requests_make(struct requests *rs, const struct shape *shape)
{
	static const uint64_t words[] = { 0, F, W, F | D, W | D };
	uint32_t end = 2 * shape->pages;

	rs->count = 0;
	requests_default(rs, 0, end);
	if (shape->level < 2)
		requests_all(rs, words, shape->level ? 3 : COUNT(words), 0, end);
	else
		requests_one(rs, 0, end);
	if (shape->level) { /* parts of the entries, and pages around them */
		requests_one(rs, 1, end);
		requests_one(rs, 0, end - 1);
		requests_one(rs, 1, end - 1);
		requests_one(rs, 0, end + 2);
		requests_default(rs, 1, end - 1);
	}
	requests_default(rs, 0, 0);
	requests_default(rs, 0, TREE);
}

/* ---- a case ------------------------------------------------------------------------------ */

struct cases {
	struct walk_world w;
	const struct shape *shape;
	const struct setting *setting;
	const struct kind *kind[2];
	const struct request *request;
	uint64_t done;
};

static void build_entry(struct cases *c, unsigned int which)
{
	const struct shape *shape = c->shape;
	uint64_t page = which * shape->pages, entry = c->kind[which]->entry;

	if (entry == TBL) {
		world_set(&c->w, page, shape->level, 0);
		assert_int_equal(hs_pt_make(c->w.self, c->w.mm, world_addr(&c->w, page),
					    shape->level - 1),
				 0);
		return;
	}
	if (hs_entry_pfn(entry) && hs_entry_type(entry) != HS_TYPE_ZERO)
		entry += page;
	world_set(&c->w, page, shape->level, entry);
}

static void build_case(struct walk_world *w, struct world_walk *walk, void *arg)
{
	struct cases *c = arg;

	(void)walk;
	world_set(w, 0, 3, 0);
	build_entry(c, 0);
	build_entry(c, 1);
	memcpy(w->pfns, c->request->in, sizeof(c->request->in));
}

static void compare(struct cases *c, enum hs_era era, bool snapshot, enum hs_strategy strategy)
{
	const struct request *r = c->request;
	const struct world_walk walk = { .era = era,
					 .strategy = strategy,
					 .snapshot = snapshot,
					 .first = r->first,
					 .count = r->end - r->first,
					 .request = snapshot ? 0 : r->defaults,
					 .mask = snapshot ? 0 : r->mask };

	c->done++;
	if (world_walkers_agree(&c->w, walk, TREE, build_case, c))
		return;
	print_message("%s %s, %s: %s and %s, %s; pages %u-%u, default %llx mask %llx\n",
		      hs_era_name(era), hs_strategy_name(strategy), c->setting->name,
		      c->kind[0]->name, c->kind[1]->name, snapshot ? "snapshot" : c->shape->name,
		      r->first, r->end, (unsigned long long)r->defaults,
		      (unsigned long long)r->mask);
	for (unsigned int i = 0; i < r->end - r->first; i++)
		print_message(" %llx", (unsigned long long)r->in[i]);
	print_message("\n");
	fail_msg("the walkers differ");
}

static void compare_all(struct cases *c, bool first_setting)
{
	for (int s = 0; s < HS_STRATEGY_COUNT; s++) {
		compare(c, HS_ERA_5_3, false, (enum hs_strategy)s);
		compare(c, HS_ERA_6_12, false, (enum hs_strategy)s);
		if (first_setting || c->setting->two) /* in the others nothing is faulted */
			compare(c, HS_ERA_5_3, true, (enum hs_strategy)s);
	}
}

/* ---- all cases --------------------------------------------------------------------------- */

static void setting_begin(struct cases *c, const struct setting *s)
{
	uint32_t pages = c->shape->pages, more = c->shape->vma;
	uint32_t rest = TREE - (s->two ? pages : 0);

	c->setting = s;
	world_new_mm(&c->w);
	if (s->two && s->vma[0] != GAP)
		world_vma(&c->w, 0, pages, s->vma[0] | more);
	if (!s->two || s->vma[1] != GAP)
		world_vma(&c->w, TREE - rest, rest, s->vma[1] | more);
	c->w.action = s->action;
	c->w.migrations_stay = s->migrations_stay;
	c->w.fill_pgmap = s->fill_device ? OTHER : -1;
	c->w.retry_at = RETRY_AT;
}

/* Every case, or, with a scale below 100 %, every n-th, so that all kinds still meet. */
static unsigned int case_step(void)
{
	unsigned long percent = test_percent();

	return percent < 100 ? (unsigned int)(100 / percent) * 2 + 1 : 1;
}

static void contents(struct cases *c, const struct requests *rs, bool first_setting)
{
	unsigned int step = case_step(), n = 0;

	for (unsigned int i = 0; i < c->shape->kinds * c->shape->kinds; i++) {
		c->kind[0] = &c->shape->kind[i / c->shape->kinds];
		c->kind[1] = &c->shape->kind[i % c->shape->kinds];
		for (unsigned int j = 0; j < rs->count; j++) {
			c->request = &rs->r[j];
			if (n++ % step == 0)
				compare_all(c, first_setting);
		}
	}
}

static void check_shape(const struct shape *shape)
{
	static struct requests rs;
	static struct cases c;

	world_begin(&c.w, HS_GEOMETRY_MOCK, PGMAPS, 1u << DEAD);
	for (uint64_t pfn = DEVICE(LIVE); pfn < DEVICE(LIVE) + TREE; pfn++)
		assert_int_equal(hs_page_init_device(c.w.self, pfn, c.w.pgmap[LIVE]), 0);
	c.shape = shape;
	c.done = 0;
	requests_make(&rs, shape);
	for (unsigned int i = 0; i < COUNT(settings); i++) {
		setting_begin(&c, &settings[i]);
		contents(&c, &rs, i == 0);
	}
	print_message("%s: %llu cases\n", shape->name, (unsigned long long)c.done);
	world_end(&c.w);
}

static void two_ptes(void **state)
{
	(void)state;
	check_shape(&shapes[0]);
}

static void two_pmds(void **state)
{
	(void)state;
	check_shape(&shapes[1]);
}

static void two_puds(void **state)
{
	(void)state;
	check_shape(&shapes[2]);
}

static void two_huge_pages(void **state)
{
	(void)state;
	check_shape(&shapes[3]);
}

static void two_gigantic_pages(void **state)
{
	(void)state;
	check_shape(&shapes[4]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_ptes),	      cmocka_unit_test(two_pmds),
		cmocka_unit_test(two_puds),	      cmocka_unit_test(two_huge_pages),
		cmocka_unit_test(two_gigantic_pages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
