/* SPDX-License-Identifier: MIT */
/*
 * The cost of each strategy in calls, lookups and puts: eight small address spaces whose figures
 * are known by hand, and formulas that give them for any layout of device pages.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "support/walk_world.h"

#define TABLE 512u /* pages of a PTE table, and of a PMD leaf */
#define ORIGIN 0x7f0000000000u
#define READ HS_PFN_VALID
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- what is walked ---------------------------------------------------------------------- */

static void ptes(struct walk_world *w, unsigned int first, unsigned int count)
{
	for (unsigned int i = first; i < first + count; i++)
		world_set(w, i, 0, world_devmap(0, i));
}

static void s1(struct walk_world *w)
{
	ptes(w, 0, TABLE);
}

static void s2(struct walk_world *w)
{
	ptes(w, 0, 4 * TABLE);
}

static void s3(struct walk_world *w)
{
	for (unsigned int i = 0; i < 4 * TABLE; i += TABLE)
		world_set(w, i, 1, world_devmap(0, i));
}

static void s4(struct walk_world *w)
{
	for (unsigned int i = 0; i < TABLE; i++)
		world_set(w, i, 0, world_devmap(i % 2, i));
}

static void s5(struct walk_world *w)
{
	w->fill_pgmap = 0;
}

static void s6(struct walk_world *w)
{
	w->fill_pgmap = 0;
	ptes(w, 0, TABLE / 2);
	ptes(w, TABLE / 2 + 1, TABLE / 2 - 1);
}

static void s7(struct walk_world *w)
{
	ptes(w, 0, 1);
	world_set(w, 1, 0, hs_entry_typed(HS_TYPE_NORMAL, 0x1234, HS_ENTRY_ERROR));
}

#define S10_CHECKS 8u

static void s10(struct walk_world *w)
{
	for (unsigned int i = 0; i < 4; i++)
		world_set(w, i, 0, world_devmap(7, i));
	w->retry_at = S10_CHECKS;
}

/* ---- what it costs ----------------------------------------------------------------------- */

enum column {
	A,
	B,
	C,
	A56, /* A on v5.6 */
	C20A,
	C20B,
	E,
	D,
	COLUMNS
};

struct cost {
	uint64_t calls, lookups, puts, faults, held, leaked;
};

struct golden {
	const char *name;
	void (*build)(struct walk_world *w);
	unsigned int pages;
	int ret;
	struct cost cost[COLUMNS];
};

static const struct golden table[] = {
	{ "S1",
	  s1,
	  TABLE,
	  0,
	  { [A] = { 512, 1, 1, 0, 0, 0 },
	    [B] = { 512, 1, 1, 0, 0, 0 },
	    [C] = { 512, 1, 1, 0, 0, 0 },
	    [A56] = { 512, 1, 1, 0, 0, 0 },
	    [C20A] = { 512, 1, 1, 0, 0, 0 },
	    [C20B] = { 512, 1, 1, 0, 0, 0 },
	    [E] = { 512, 512, 512, 0, 0, 0 } } },
	{ "S2",
	  s2,
	  4 * TABLE,
	  0,
	  { [A] = { 2048, 4, 4, 0, 0, 0 },
	    [B] = { 2048, 4, 4, 0, 0, 0 },
	    [C] = { 2048, 1, 1, 0, 0, 0 },
	    [A56] = { 2048, 4, 4, 0, 0, 0 },
	    [C20A] = { 2048, 1, 1, 0, 0, 0 },
	    [C20B] = { 2048, 1, 1, 0, 0, 0 },
	    [E] = { 2048, 2048, 2048, 0, 0, 0 } } },
	{ "S3",
	  s3,
	  4 * TABLE,
	  0,
	  { [A] = { 2048, 4, 4, 0, 0, 0 },
	    [B] = { 2048, 4, 4, 0, 0, 0 },
	    [C] = { 2048, 1, 1, 0, 0, 0 },
	    [A56] = { 2048, 4, 4, 0, 0, 0 },
	    [C20A] = { 2048, 1, 1, 0, 0, 0 },
	    [C20B] = { 2048, 1, 1, 0, 0, 0 },
	    [E] = { 2048, 2048, 2048, 0, 0, 0 } } },
	{ "S4",
	  s4,
	  TABLE,
	  0,
	  { [A] = { 512, 512, 512, 0, 0, 0 },
	    [B] = { 512, 512, 512, 0, 0, 0 },
	    [C] = { 512, 512, 512, 0, 0, 0 },
	    [A56] = { 512, 512, 512, 0, 0, 0 },
	    [C20A] = { 512, 512, 512, 0, 0, 0 },
	    [C20B] = { 512, 512, 512, 0, 0, 0 },
	    [E] = { 512, 512, 512, 0, 0, 0 } } },
	{ "S5",
	  s5,
	  TABLE,
	  0,
	  { [A] = { 512, 1, 1, 512, 0, 0 },
	    [B] = { 512, 1, 1, 512, 0, 0 },
	    [C] = { 512, 1, 1, 512, 0, 0 },
	    [A56] = { 512, 1, 1, 512, 0, 0 },
	    [C20A] = { 512, 1, 1, 512, 0, 0 },
	    [C20B] = { 512, 1, 1, 512, 0, 0 },
	    [E] = { 512, 512, 512, 512, 0, 0 },
	    [D] = { 0, 0, 0, 512, 0, 0 } } },
	{ "S6",
	  s6,
	  TABLE,
	  0,
	  { [A] = { 512, 2, 2, 256, 0, 0 },
	    [B] = { 512, 2, 2, 256, 0, 0 },
	    [C] = { 512, 1, 1, 256, 256, 0 },
	    [A56] = { 512, 2, 2, 256, 0, 0 },
	    [C20A] = { 512, 2, 2, 256, 256, 0 },
	    [C20B] = { 512, 1, 1, 256, 256, 0 },
	    [E] = { 512, 512, 512, 256, 0, 0 },
	    [D] = { 0, 0, 0, 256, 0, 0 } } },
	{ "S7",
	  s7,
	  2,
	  -EFAULT,
	  { [A] = { 1, 1, 0, 0, 0, 1 },
	    [B] = { 1, 1, 0, 0, 0, 1 },
	    [C] = { 1, 1, 1, 0, 0, 0 },
	    [A56] = { 1, 1, 0, 0, 0, 1 },
	    [C20A] = { 1, 1, 1, 0, 0, 0 },
	    [C20B] = { 1, 1, 1, 0, 0, 0 },
	    [E] = { 1, 1, 1, 0, 0, 0 } } },
};

static const struct {
	enum column column;
	enum hs_era era;
	enum hs_strategy strategy;
} walkers[] = {
	{ A, HS_ERA_5_3, HS_STRATEGY_PER_TABLE },
	{ A, HS_ERA_5_3, HS_STRATEGY_CUSTOM }, /* per-table again, by functions of the test */
	{ B, HS_ERA_5_3, HS_STRATEGY_PER_TABLE_LOCAL },
	{ C, HS_ERA_5_3, HS_STRATEGY_PER_RANGE },
	{ A56, HS_ERA_6_12, HS_STRATEGY_PER_TABLE },
	{ A56, HS_ERA_6_12, HS_STRATEGY_CUSTOM },
	{ C20A, HS_ERA_6_12, HS_STRATEGY_PER_PASS },
	{ C20B, HS_ERA_6_12, HS_STRATEGY_PER_CALL },
	{ D, HS_ERA_5_3, HS_STRATEGY_NONE },
	{ D, HS_ERA_6_12, HS_STRATEGY_NONE },
	{ E, HS_ERA_5_3, HS_STRATEGY_PER_PAGE },
	{ E, HS_ERA_6_12, HS_STRATEGY_PER_PAGE },
};

static long success(enum hs_era era, unsigned int pages)
{
	return era == HS_ERA_5_3 ? (long)pages : 0;
}

static void check_golden(const struct golden *g, unsigned int walker, enum hs_body body)
{
	enum hs_era era = walkers[walker].era;
	const struct cost *want = &g->cost[walkers[walker].column];
	const struct world_walk walk = { .era = era,
					 .strategy = walkers[walker].strategy,
					 .body = body,
					 .count = g->pages,
					 .request = READ };
	const struct hs_walk_counts *c;
	static struct walk_world w;

	world_begin(&w, HS_GEOMETRY_X86_64, 8, 0);
	w.origin = ORIGIN;
	world_vma(&w, 0, g->pages, HS_VM_READ | HS_VM_WRITE);
	g->build(&w);
	world_walk(&w, &walk);
	c = &w.range.counts;
	if (c->calls != want->calls || c->lookups != want->lookups || c->puts != want->puts)
		print_message("%s %s %s %s\n", g->name, hs_era_name(era),
			      hs_strategy_name(walkers[walker].strategy), hs_body_name(body));
	assert_int_equal(w.ret, g->ret ? g->ret : success(era, g->pages));
	assert_int_equal(c->calls, want->calls);
	assert_int_equal(c->lookups, want->lookups);
	assert_int_equal(c->puts, want->puts);
	assert_int_equal(c->faults, want->faults);
	assert_int_equal(c->held_faults, want->held);
	assert_int_equal(c->leaked, want->leaked);
	assert_int_equal(c->failures, 0);
	world_end(&w);
}

static void costs_are_the_golden_ones(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < COUNT(table); i++)
		for (unsigned int j = 0; j < COUNT(walkers); j++)
			for (int body = 0; body < HS_BODY_COUNT; body++)
				check_golden(&table[i], j, (enum hs_body)body);
}

/* The pgmap is dead, its pages are still mapped: the walk ends only when the range is invalid. */
static void a_dead_pgmap_makes_every_pass_fail(void **state)
{
	static struct walk_world w;
	const struct hs_walk_counts *c = &w.range.counts;

	(void)state;
	for (unsigned int i = 0; i < 2 * COUNT(walkers); i++) {
		enum hs_era era = walkers[i / 2].era;
		const struct world_walk walk = { .era = era,
						 .strategy = walkers[i / 2].strategy,
						 .body = (enum hs_body)(i % 2),
						 .count = 4,
						 .request = READ };
		bool none = walk.strategy == HS_STRATEGY_NONE;

		world_begin(&w, HS_GEOMETRY_X86_64, 8, 0x80);
		w.origin = ORIGIN;
		world_vma(&w, 0, 4, HS_VM_READ);
		s10(&w);
		world_walk(&w, &walk);
		assert_int_equal(w.ret, none ? success(era, 4) : -EBUSY);
		assert_int_equal(c->passes, none ? 1 : S10_CHECKS - 1);
		assert_int_equal(c->calls, none ? 0 : S10_CHECKS - 1);
		assert_int_equal(c->failures, c->calls);
		assert_int_equal(c->puts, 0);
		assert_int_equal(c->faults, 0);
		world_end(&w);
	}
}

/* ---- formulas ---------------------------------------------------------------------------- */

#define LAYOUT_PAGES 2048u

/* The device pages of one range: their pgmaps, and which of them a walk must fault first. */
struct layout {
	int pgmap[LAYOUT_PAGES]; /* of each page when the walk is over */
	bool hole[LAYOUT_PAGES];
	bool leaf[LAYOUT_PAGES / TABLE]; /* one PMD entry */
	unsigned int vma[LAYOUT_PAGES];
	unsigned int vmas, vma_start[8];
};

static uint64_t draw(uint64_t *seed, uint64_t n)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (*seed >> 33) % n;
}

static void layout_vmas(struct layout *l, uint64_t *seed)
{
	l->vmas = 1 + (unsigned int)draw(seed, 4);
	for (unsigned int i = 1; i < l->vmas; i++) {
		unsigned int room = LAYOUT_PAGES - l->vma_start[i - 1] - (l->vmas - i);

		l->vma_start[i] = l->vma_start[i - 1] + 1 + (unsigned int)draw(seed, room);
	}
	for (unsigned int i = 0, v = 0; i < LAYOUT_PAGES; i++) {
		while (v + 1 < l->vmas && l->vma_start[v + 1] <= i)
			v++;
		l->vma[i] = v;
	}
}

static void layout_draw(struct layout *l, uint64_t seed)
{
	unsigned int run = 1 + (unsigned int)draw(&seed, 600),
		     hole_in = (unsigned int)draw(&seed, 3);

	memset(l, 0, sizeof(*l));
	layout_vmas(l, &seed);
	for (unsigned int t = 0; t < LAYOUT_PAGES / TABLE; t++)
		l->leaf[t] = !draw(&seed, 4) && l->vma[t * TABLE] == l->vma[t * TABLE + TABLE - 1];
	for (unsigned int i = 0; i < LAYOUT_PAGES; i++) {
		l->pgmap[i] = i % TABLE && (l->leaf[i / TABLE] || draw(&seed, run))
				      ? l->pgmap[i - 1]
				      : (int)draw(&seed, 4);
		l->hole[i] = !l->leaf[i / TABLE] && hole_in && !draw(&seed, hole_in * 400);
		if (l->hole[i])
			l->pgmap[i] = 5; /* where faults come from */
	}
}

static void layout_build(const struct layout *l, struct walk_world *w)
{
	w->origin = ORIGIN;
	w->fill_pgmap = 5;
	for (unsigned int v = 0; v < l->vmas; v++) {
		unsigned int end = v + 1 < l->vmas ? l->vma_start[v + 1] : LAYOUT_PAGES;

		world_vma(w, l->vma_start[v], end - l->vma_start[v], HS_VM_READ);
	}
	for (unsigned int i = 0; i < LAYOUT_PAGES; i++) {
		uint64_t e = world_devmap((unsigned int)l->pgmap[i], i);

		if (!l->leaf[i / TABLE])
			world_set(w, i, 0, l->hole[i] ? 0 : e);
		else if (!(i % TABLE))
			world_set(w, i, 1, e);
	}
}

/* A lookup at each change of the pgmap, and wherever the scope of a cached reference begins. */
static uint64_t layout_lookups(const struct layout *l, enum hs_strategy strategy, enum hs_era era)
{
	uint64_t lookups = 0, last_scope = 0, pass = 1;
	bool cut = false; /* this table was faulted to its end already */

	for (unsigned int i = 0; i < LAYOUT_PAGES; i++) {
		bool new_vma = i && l->vma[i] != l->vma[i - 1];
		bool turn = era == HS_ERA_5_3 && new_vma;
		uint64_t scope = 1;

		if (!(i % TABLE) || new_vma)
			cut = false;
		pass += turn || (l->hole[i] && !cut);
		cut |= l->hole[i];
		if (strategy == HS_STRATEGY_NONE)
			return 0;
		if (strategy == HS_STRATEGY_PER_PAGE)
			scope = i + 1;
		if (strategy == HS_STRATEGY_PER_TABLE || strategy == HS_STRATEGY_PER_TABLE_LOCAL ||
		    strategy == HS_STRATEGY_CUSTOM)
			scope = 1 + 4 * (l->vma[i] * LAYOUT_PAGES + i / TABLE) + cut;
		if (strategy == HS_STRATEGY_PER_RANGE)
			scope = 1 + l->vma[i];
		if (strategy == HS_STRATEGY_PER_PASS)
			scope = pass;
		lookups += scope != last_scope || l->pgmap[i] != l->pgmap[i - 1];
		last_scope = scope;
	}
	return lookups;
}

static void check_layout(const struct layout *l, uint64_t seed, enum hs_era era,
			 enum hs_strategy strategy, enum hs_body body)
{
	bool none = strategy == HS_STRATEGY_NONE;
	const struct world_walk walk = { .era = era,
					 .strategy = strategy,
					 .body = body,
					 .count = LAYOUT_PAGES,
					 .request = READ };
	const struct hs_walk_counts *c;
	static struct walk_world w;

	world_begin(&w, HS_GEOMETRY_X86_64, 6, 0);
	layout_build(l, &w);
	world_walk(&w, &walk);
	c = &w.range.counts;
	if (c->lookups != layout_lookups(l, strategy, era))
		print_message("layout %llu %s %s %s\n", (unsigned long long)seed, hs_era_name(era),
			      hs_strategy_name(strategy), hs_body_name(body));
	assert_int_equal(w.ret, success(era, LAYOUT_PAGES));
	assert_int_equal(c->calls, none ? 0 : LAYOUT_PAGES);
	assert_int_equal(c->lookups, layout_lookups(l, strategy, era));
	assert_int_equal(c->puts, c->lookups);
	assert_int_equal(c->leaked, 0);
	world_end(&w);
}

static void costs_follow_the_formulas(void **state)
{
	static struct layout l;

	(void)state;
	for (uint64_t seed = 1; seed <= 12; seed++) {
		layout_draw(&l, seed);
		for (int era = 0; era < HS_ERA_COUNT; era++)
			for (int s = 0; s < HS_STRATEGY_COUNT; s++)
				for (int body = 0; body < HS_BODY_COUNT; body++)
					check_layout(&l, seed, (enum hs_era)era,
						     (enum hs_strategy)s, (enum hs_body)body);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(costs_are_the_golden_ones),
		cmocka_unit_test(a_dead_pgmap_makes_every_pass_fail),
		cmocka_unit_test(costs_follow_the_formulas),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
