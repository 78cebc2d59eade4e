/* SPDX-License-Identifier: MIT */
/*
 * walk.c - what a walked page costs, by strategy, beside the limits of the memory
 *
 * The tables hold 64 MiB of 4 KiB pages; with --large up to 1 TiB. Times are per page, except for
 * the one-page calls. A difference below what the place of the loops in their cache lines makes
 * ("alignment") says nothing about strategies.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "ground.h"
#include "limits.h"
#include "space.h"
#include "walk/walk.h"

#define PAGES 16384u
#define PGMAPS 2u /* interleaved page by page in the last layout but one */
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

enum layout {
	LAYOUT_ANON,
	LAYOUT_DEVMAP,
	LAYOUT_INTERLEAVED,
	LAYOUT_DEVMAP_2M,
	LAYOUTS
};

static struct hs_machine *machine;
static struct hs_task *self;
static struct hs_mm *mms[LAYOUTS];
static struct bench_tables tables[LAYOUTS];
static struct hs_pgmap *pgmaps[PGMAPS];
static uint64_t pfns[PAGES] __attribute__((__aligned__(64)));

struct question {
	struct hs_mm *mm;
	enum hs_era era;
	enum hs_strategy strategy;
	uint64_t pages; /* of one call */
	uint64_t total; /* of all calls, that walk one part of the space after the other; 0: one */
	const struct hs_walker *walker; /* NULL: the library's */
	uint64_t *pfns;
};

/* ---- layouts ----------------------------------------------------------------------------- */

static uint64_t entry_of(enum layout layout, uint64_t i)
{
	uint64_t present = HS_ENTRY_VALID | HS_ENTRY_WRITE;
	uint64_t device = present | HS_ENTRY_DEVMAP | BENCH_DEVICE_PFN;

	switch (layout) {
	case LAYOUT_DEVMAP:
		return device + i;
	case LAYOUT_INTERLEAVED:
		return device + (i % PGMAPS) * PAGES + i / PGMAPS;
	case LAYOUT_DEVMAP_2M:
		return (device | (uint64_t)9 << HS_ENTRY_ORDER_SHIFT) + i;
	default:
		return present | (0x1000 + i);
	}
}

static void build(enum layout layout)
{
	uint32_t level = layout == LAYOUT_DEVMAP_2M;
	uint64_t step = level ? BENCH_TABLE_PAGES : 1;

	mms[layout] = bench_space(self, PAGES);
	for (uint64_t i = 0; i < PAGES; i += step)
		bench_must(hs_pt_set(self, mms[layout], BENCH_BASE + i * HS_PAGE_BYTES, level,
				     entry_of(layout, i)),
			   "entry");
	tables[layout] = (struct bench_tables){
		.tables = level ? NULL : bench_space_tables(mms[layout], PAGES),
		.count = PAGES / BENCH_TABLE_PAGES,
		.out = pfns,
	};
}

/* ---- walks ------------------------------------------------------------------------------- */

static __attribute__((__noinline__)) long
call_walker(struct hs_task *task, const struct hs_walker *walker, struct hs_range *range)
{
	struct hs_walk w = { .self = task, .range = range, .mm = range->mm, .rcu = true };

	return walker->fault_6_12(&w);
}

static long call(struct hs_task *task, const struct question *q, struct hs_range *range)
{
	if (q->walker)
		return call_walker(task, q->walker, range);
	return hs_range_fault(task, q->era, q->strategy, HS_BODY_PLAIN, range);
}

/* One range for all calls, as a driver keeps it: to clear its counts is a part of no call. */
static void walk_part(struct hs_task *task, const struct question *q, uint64_t first, uint64_t last,
		      uint64_t rounds)
{
	struct hs_range range = { .mm = q->mm };
	uint64_t i = first;

	while (rounds) {
		uint64_t n = last - i < q->pages ? last - i : q->pages;

		range.start = BENCH_BASE + i * HS_PAGE_BYTES;
		range.end = range.start + n * HS_PAGE_BYTES;
		range.pfns = q->pfns + i;
		if (call(task, q, &range) < 0) {
			fprintf(stderr, "bench: the walk failed\n");
			exit(1);
		}
		i += n;
		if (i < last)
			continue;
		i = first;
		rounds--;
	}
}

static double walk_pages(const struct bench_variant *v, uint64_t rounds)
{
	const struct question *q = v->arg;
	uint64_t total = q->total ? q->total : q->pages;
	double begin = bench_now_ns();

	walk_part(self, q, 0, total, rounds);
	return (bench_now_ns() - begin) / (double)rounds / (double)total;
}

/* Each thread walks a part of its own. */
struct parts {
	const struct question *question;
	unsigned int threads;
	uint64_t rounds;
};

static void walk_own(unsigned int thread, void *arg)
{
	const struct parts *p = arg;
	uint64_t each = p->question->total / p->threads;
	struct hs_task *task = bench_attach(machine);

	walk_part(task, p->question, thread * each, (thread + 1) * each, p->rounds);
	bench_detach(task);
}

static double walk_together(const struct bench_variant *v, uint64_t rounds)
{
	const struct question *q = v->arg;
	struct parts parts = { q, v->threads, rounds };

	return bench_threads(v->threads, walk_own, &parts) / (double)rounds /
	       (double)(q->total / v->threads);
}

/* ---- groups ------------------------------------------------------------------------------ */

static const enum hs_strategy order[] = {
	HS_STRATEGY_NONE,      HS_STRATEGY_PER_PAGE,
	HS_STRATEGY_PER_TABLE, HS_STRATEGY_PER_TABLE_LOCAL,
	HS_STRATEGY_PER_RANGE, HS_STRATEGY_PER_PASS,
	HS_STRATEGY_PER_CALL,
};
#define STRATEGIES COUNT(order)

/* All strategies on one layout, beside the limits. */
static void strategies(const struct bench_options *options, const char *title, enum layout layout,
		       enum hs_era era)
{
	struct question questions[STRATEGIES];
	struct bench_variant variants[STRATEGIES + BENCH_LIMITS];
	unsigned int n = 0;

	for (; n < STRATEGIES; n++) {
		questions[n] = (struct question){ .mm = mms[layout],
						  .era = era,
						  .strategy = order[n],
						  .pages = PAGES,
						  .pfns = pfns };
		variants[n] = (struct bench_variant){ hs_strategy_name(order[n]), walk_pages, 40, 1,
						      &questions[n] };
	}
	bench_group(options, title, variants, bench_limits_add(variants, n, &tables[layout], 400));
	bench_limits_print(variants, n, n);
}

static void snapshots(const struct bench_options *options)
{
	const struct question now = {
		.mm = mms[LAYOUT_ANON], .era = HS_ERA_6_12, .pages = PAGES, .pfns = pfns
	};
	struct question old = now, one = now, half = now;
	struct bench_variant variants[4 + BENCH_LIMITS] = {
		{ "6.12", walk_pages, 40, 1, &now },
		{ "5.3", walk_pages, 40, 1, &old },
		{ "6.12, each a half/threads:2", walk_together, 80, 2, &half },
		{ "6.12, a call of one page", walk_pages, 400000, 1, &one },
	};

	old.era = HS_ERA_5_3;
	one.pages = 1;
	half.total = PAGES;
	half.pages = PAGES / 2;
	bench_group(options, "4K pages, nothing requested", variants,
		    bench_limits_add(variants, 4, &tables[LAYOUT_ANON], 400));
	bench_limits_print(variants, 3, 4);
}

/* ---- alignment --------------------------------------------------------------------------- */

#define OFFSETS 4u
#define DECLARE(strategy)                                                                       \
	extern const struct hs_walker bench_##strategy##_0, bench_##strategy##_16,              \
		bench_##strategy##_32, bench_##strategy##_48;                                   \
	static const struct hs_walker *const strategy##_at[OFFSETS] = { &bench_##strategy##_0,  \
									&bench_##strategy##_16, \
									&bench_##strategy##_32, \
									&bench_##strategy##_48 };

DECLARE(none)
DECLARE(unaligned)
DECLARE(per_page)
DECLARE(per_table)
DECLARE(per_range)

/* The library's walkers have options that keep their loops in place; the last does without. */
static const struct {
	const char *name;
	const struct hs_walker *const *at;
} placed[] = {
	{ "none", none_at },
	{ "per-page", per_page_at },
	{ "per-table", per_table_at },
	{ "per-range", per_range_at },
	{ "none, compiler's choice", unaligned_at },
};
#define PLACED COUNT(placed)

struct spread {
	double low, high;
};

/* Of the medians of one strategy, over its places. */
static struct spread spread_of(unsigned int s)
{
	struct spread r = { bench_median(s * OFFSETS), bench_median(s * OFFSETS) };

	for (unsigned int o = 1; o < OFFSETS; o++) {
		double m = bench_median(s * OFFSETS + o);

		r.low = m < r.low ? m : r.low;
		r.high = m > r.high ? m : r.high;
	}
	return r;
}

static void print_spreads(void)
{
	struct spread none = spread_of(0);

	printf("  %-42s %9s %9s %9s %17s\n", "medians over the places", "lowest", "highest",
	       "spread", "ratio to none");
	for (unsigned int s = 0; s < PLACED; s++) {
		struct spread r = spread_of(s);

		printf("  %-42s %9.2f %9.2f %9.2f %8.2f to %5.2f\n", placed[s].name, r.low, r.high,
		       r.high / r.low, r.low / none.high, r.high / none.low);
	}
	printf("  strategies whose intervals overlap cannot be told apart\n\n");
}

static void alignment(const struct bench_options *options, const char *title, enum layout layout)
{
	struct question questions[PLACED * OFFSETS];
	struct bench_variant variants[PLACED * OFFSETS];
	char names[PLACED * OFFSETS][40];

	for (unsigned int i = 0; i < PLACED * OFFSETS; i++) {
		unsigned int s = i / OFFSETS, o = i % OFFSETS;

		questions[i] = (struct question){
			.mm = mms[layout], .pages = PAGES, .walker = placed[s].at[o], .pfns = pfns
		};
		snprintf(names[i], sizeof(names[i]), "%s, 64n + %u", placed[s].name, o * 16);
		variants[i] = (struct bench_variant){ names[i], walk_pages, 40, 1, &questions[i] };
	}
	bench_group(options, title, variants, PLACED * OFFSETS);
	print_spreads();
}

/* ---- large ------------------------------------------------------------------------------- */

/* One pass over everything is a repetition. */
static void measure_large(const struct bench_options *options, struct hs_mm *mm,
			  const struct bench_tables *t, uint64_t pages)
{
	const struct question none = {
		.mm = mm, .era = HS_ERA_6_12, .pages = pages, .total = pages, .pfns = t->out
	};
	struct question page = none, table = none, range = none, gib = none, mib = none, part;
	unsigned int counts[BENCH_THREAD_COUNTS], threads = counts[bench_thread_counts(counts) - 1];
	char all[48];
	struct bench_variant variants[7 + BENCH_LIMITS] = {
		{ "none, one call", walk_pages, 1, 1, &none },
		{ "per-page, one call", walk_pages, 1, 1, &page },
		{ "per-table, one call", walk_pages, 1, 1, &table },
		{ "per-range, one call", walk_pages, 1, 1, &range },
		{ "none, calls of 1 GiB", walk_pages, 1, 1, &gib },
		{ "none, calls of 2 MiB", walk_pages, 1, 1, &mib },
		{ all, walk_together, 1, threads, &part },
	};

	snprintf(all, sizeof(all), "none, calls of 1 GiB/threads:%u", threads);
	page.strategy = HS_STRATEGY_PER_PAGE;
	table.strategy = HS_STRATEGY_PER_TABLE;
	range.strategy = HS_STRATEGY_PER_RANGE;
	gib.pages = 1 << 18;
	mib.pages = BENCH_TABLE_PAGES;
	part = gib;
	bench_group(options, "devmap 4K, one pgmap", variants, bench_limits_add(variants, 7, t, 1));
	bench_limits_print(variants, 7, 7);
}

static void large(struct bench_options options, uint64_t pages)
{
	struct bench_tables t = { .count = pages / BENCH_TABLE_PAGES };
	struct hs_pgmap *pgmap;
	struct hs_mm *mm = bench_space(self, pages);
	double begin = bench_now_ns();

	bench_must(hs_pgmap_add(self, HS_PGMAP_FS_DAX, BENCH_DEVICE_PFN, BENCH_DEVICE_PFN + pages,
				NULL, &pgmap),
		   "pgmap");
	bench_space_fill(self, mm, pages, entry_of(LAYOUT_DEVMAP, 0));
	printf("built by filled tables in %.2f s, %.2f ns a page\n\n",
	       (bench_now_ns() - begin) / 1e9, (bench_now_ns() - begin) / (double)pages);
	t.tables = bench_space_tables(mm, pages);
	t.out = aligned_alloc(64, pages * sizeof(uint64_t));
	if (!t.out)
		bench_must(-1, "answers");
	memset(t.out, 0, pages * sizeof(uint64_t)); /* the first touch is not the walk's */
	options.repetitions = options.quick ? 1 : 5;
	measure_large(&options, mm, &t, pages);
	free(t.out);
	free(t.tables);
	hs_mm_destroy(self, mm);
	hs_pgmap_remove(self, pgmap);
}

/* ------------------------------------------------------------------------------------------ */

static void usual(const struct bench_options *options)
{
	for (uint64_t i = 0; i < PGMAPS; i++)
		bench_must(hs_pgmap_add(self, HS_PGMAP_FS_DAX, BENCH_DEVICE_PFN + i * PAGES,
					BENCH_DEVICE_PFN + (i + 1) * PAGES, NULL, &pgmaps[i]),
			   "pgmap");
	for (int l = 0; l < LAYOUTS; l++)
		build((enum layout)l);
	snapshots(options);
	strategies(options, "6.12, devmap 4K, one pgmap", LAYOUT_DEVMAP, HS_ERA_6_12);
	strategies(options, "5.3, devmap 4K, one pgmap", LAYOUT_DEVMAP, HS_ERA_5_3);
	strategies(options, "6.12, devmap 4K, two pgmaps interleaved", LAYOUT_INTERLEAVED,
		   HS_ERA_6_12);
	strategies(options, "6.12, devmap 2M, one pgmap", LAYOUT_DEVMAP_2M, HS_ERA_6_12);
	alignment(options, "alignment: 6.12, devmap 4K", LAYOUT_DEVMAP);
	alignment(options, "alignment: 6.12, devmap 2M", LAYOUT_DEVMAP_2M);
	for (int l = 0; l < LAYOUTS; l++) {
		free(tables[l].tables);
		hs_mm_destroy(self, mms[l]);
	}
	for (uint64_t i = 0; i < PGMAPS; i++)
		hs_pgmap_remove(self, pgmaps[i]);
}

int main(int argc, char **argv)
{
	struct bench_options options;
	uint64_t gib = bench_parse_large(argc, argv, &options);

	machine = bench_machine(0);
	self = bench_attach(machine);
	if (gib)
		large(options, bench_large_pages(gib, 16));
	else
		usual(&options);
	bench_detach(self);
	bench_machine_end(machine);
	return 0;
}
