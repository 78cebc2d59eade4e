/* SPDX-License-Identifier: MIT */
/*
 * walk.c - times walks by strategy, beside loops that only move the same bytes
 *
 * A space has 64 MiB of 4 KiB pages; with --large up to 1 TiB. Times are ns a page. The groups
 * "alignment" show how much the place of a loop in its cache line changes its time: a smaller
 * difference between strategies means nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "ground.h"
#include "layouts.h"
#include "limits.h"
#include "space.h"
#include "walk/walk.h"

#define PAGES BENCH_LAYOUT_PAGES
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct hs_machine *machine;
static struct hs_task *self;
static struct bench_space spaces[BENCH_LAYOUT_COUNT];
static uint64_t pfns[PAGES] __attribute__((__aligned__(64)));

struct question {
	struct hs_mm *mm;
	enum hs_era era;
	enum hs_strategy strategy;
	bool reference; /* the reference body; otherwise the plain one */
	uint64_t pages; /* in one call */
	uint64_t total; /* in all calls, which walk the space part by part; 0: one call */
	const struct hs_walker *walker; /* NULL: that of the library */
	uint64_t *pfns;
};

/* ---- walks ------------------------------------------------------------------------------- */

static __attribute__((__noinline__)) int
bench_walk_call_walker(struct hs_task *task, const struct question *q, struct hs_range *range)
{
	struct hs_walk w = {
		.self = task, .range = range, .mm = range->mm, .rcu = q->era == HS_ERA_6_12
	};

	return w.rcu ? q->walker->fault_6_12(&w) : q->walker->fault_5_3(&w);
}

static int bench_walk_call(struct hs_task *task, const struct question *q, struct hs_range *range)
{
	return q->walker ? bench_walk_call_walker(task, q, range) : hs_range_fault(task, range);
}

static void bench_walk_init_range(const struct question *q, struct hs_range *range)
{
	hs_range_init(range, q->mm, BENCH_BASE, BENCH_BASE + q->pages * HS_PAGE_BYTES, q->pfns);
	range->era = q->era;
	range->strategy = q->strategy;
	range->body = q->reference ? HS_BODY_REFERENCE : HS_BODY_PLAIN;
}

/* Uses one range for all calls, as a driver does: clearing its counts is not part of a call. */
static void bench_walk_part(struct hs_task *task, const struct question *q, uint64_t first,
			    uint64_t last, uint64_t rounds)
{
	struct hs_range range;
	uint64_t i = first;

	bench_walk_init_range(q, &range);
	range.owner = bench_owner;
	hs_mm_lock_read(task, q->mm);
	while (rounds) {
		uint64_t n = last - i < q->pages ? last - i : q->pages;

		range.start = BENCH_BASE + i * HS_PAGE_BYTES;
		range.end = range.start + n * HS_PAGE_BYTES;
		range.pfns = q->pfns + i;
		bench_must(bench_walk_call(task, q, &range), "walk");
		i += n;
		if (i < last)
			continue;
		i = first;
		rounds--;
	}
	hs_mm_unlock_read(task, q->mm);
}

static double bench_walk_repetition(const struct bench_variant *v, uint64_t rounds)
{
	const struct question *q = v->arg;
	uint64_t total = q->total ? q->total : q->pages;
	double begin = bench_now_ns();

	bench_walk_part(self, q, 0, total, rounds);
	return (bench_now_ns() - begin) / (double)rounds / (double)total;
}

/*
 * Walks the whole space and faults in the holes, then makes them holes again, which is not timed.
 * The faults are for writing, because the walker of 5.3 does not accept the zero page.
 */
static double bench_walk_faulting_repetition(const struct bench_variant *v, uint64_t rounds)
{
	const struct question *q = v->arg;
	double ns = 0;

	for (uint64_t r = 0; r < rounds; r++) {
		struct hs_range range;
		double begin;

		bench_walk_init_range(q, &range);
		range.default_flags = HS_PFN_VALID | HS_PFN_WRITE;
		begin = bench_now_ns();
		hs_mm_lock_read(self, q->mm);
		bench_must(bench_walk_call(self, q, &range), "walk");
		hs_mm_unlock_read(self, q->mm);
		ns += bench_now_ns() - begin;
		bench_holes_punch(self, q->mm);
	}
	return ns / (double)rounds / (double)q->pages;
}

/* Each thread walks its own part. */
struct parts {
	const struct question *question;
	unsigned int threads;
	uint64_t rounds;
};

static void bench_walk_own_part(unsigned int thread, void *arg)
{
	const struct parts *p = arg;
	uint64_t each = p->question->total / p->threads;
	struct hs_task *task = bench_attach(machine);

	bench_walk_part(task, p->question, thread * each, (thread + 1) * each, p->rounds);
	bench_detach(task);
}

static double bench_walk_parallel_repetition(const struct bench_variant *v, uint64_t rounds)
{
	const struct question *q = v->arg;
	struct parts parts = { q, v->threads, rounds };

	return bench_threads(v->threads, bench_walk_own_part, &parts) / (double)rounds /
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

static void bench_walk_strategies(const struct bench_options *options, const char *what,
				  enum bench_layout layout, enum hs_era era)
{
	struct bench_tables *tables = &spaces[layout].tables;
	struct question questions[STRATEGIES];
	struct bench_variant variants[STRATEGIES + BENCH_LIMITS];
	unsigned int n = 0;
	char title[48];

	for (; n < STRATEGIES; n++) {
		questions[n] = (struct question){ .mm = spaces[layout].mm,
						  .era = era,
						  .strategy = order[n],
						  .pages = PAGES,
						  .pfns = pfns };
		variants[n] = (struct bench_variant){ hs_strategy_name(order[n]),
						      bench_walk_repetition, 40, 1, &questions[n] };
	}
	snprintf(title, sizeof(title), "%s, %s", hs_era_name(era), what);
	bench_group(options, title, variants, bench_limits_add(variants, n, tables, 400));
	bench_limits_print(variants, n, n);
}

/* Without limits, because they do not fault. */
static void bench_walk_faulting(const struct bench_options *options, enum hs_era era)
{
	struct question questions[STRATEGIES];
	struct bench_variant variants[STRATEGIES];
	char title[48];

	for (unsigned int n = 0; n < STRATEGIES; n++) {
		questions[n] = (struct question){ .mm = spaces[BENCH_HOLES].mm,
						  .era = era,
						  .strategy = order[n],
						  .pages = PAGES,
						  .pfns = pfns };
		variants[n] = (struct bench_variant){ hs_strategy_name(order[n]),
						      bench_walk_faulting_repetition, 3, 1,
						      &questions[n] };
	}
	snprintf(title, sizeof(title), "%s, devmap 4K, holes faulted in", hs_era_name(era));
	bench_group(options, title, variants, STRATEGIES);
}

/* All threads walk pages of one pgmap, and share its counter and the index. */
static void bench_walk_together(const struct bench_options *options, enum hs_era era)
{
	static char names[BENCH_VARIANTS_MAX][48];
	struct question questions[STRATEGIES];
	struct bench_variant variants[BENCH_VARIANTS_MAX];
	unsigned int counts[BENCH_THREAD_COUNTS], many = bench_thread_counts(options, counts),
						  n = 0;
	char title[48];

	for (unsigned int s = 0; s < STRATEGIES; s++) {
		questions[s] = (struct question){ .mm = spaces[BENCH_DEVMAP].mm,
						  .era = era,
						  .strategy = order[s],
						  .pages = PAGES,
						  .total = PAGES,
						  .pfns = pfns };
		for (unsigned int t = 0; t < many; t++, n++) {
			snprintf(names[n], sizeof(names[n]), "%s/threads:%u",
				 hs_strategy_name(order[s]), counts[t]);
			variants[n] =
				(struct bench_variant){ names[n], bench_walk_parallel_repetition,
							40u * counts[t], counts[t], &questions[s] };
		}
	}
	snprintf(title, sizeof(title), "%s, devmap 4K, by threads", hs_era_name(era));
	bench_group(options, title, variants,
		    bench_limits_add(variants, n, &spaces[BENCH_DEVMAP].tables, 400));
	bench_limits_print(variants, n, n);
}

/* The reference body beside the plain one. */
static void bench_walk_bodies(const struct bench_options *options, enum hs_era era)
{
	static char names[2 * STRATEGIES][48];
	struct question questions[2 * STRATEGIES];
	struct bench_variant variants[2 * STRATEGIES];
	char title[48];

	for (unsigned int n = 0; n < 2 * STRATEGIES; n++) {
		questions[n] = (struct question){ .mm = spaces[BENCH_DEVMAP].mm,
						  .era = era,
						  .strategy = order[n / 2],
						  .reference = n % 2,
						  .pages = PAGES,
						  .pfns = pfns };
		snprintf(names[n], sizeof(names[n]), "%s, %s", hs_strategy_name(order[n / 2]),
			 hs_body_name(n % 2 ? HS_BODY_REFERENCE : HS_BODY_PLAIN));
		variants[n] = (struct bench_variant){ names[n], bench_walk_repetition, 20, 1,
						      &questions[n] };
	}
	snprintf(title, sizeof(title), "%s, devmap 4K, bodies", hs_era_name(era));
	bench_group(options, title, variants, 2 * STRATEGIES);
}

static void bench_walk_snapshots(const struct bench_options *options)
{
	const struct question now = {
		.mm = spaces[BENCH_ANON].mm, .era = HS_ERA_6_12, .pages = PAGES, .pfns = pfns
	};
	struct question old = now, one = now, half = now;
	struct bench_variant variants[4 + BENCH_LIMITS] = {
		{ "6.12", bench_walk_repetition, 40, 1, &now },
		{ "5.3", bench_walk_repetition, 40, 1, &old },
		{ "6.12, each a half/threads:2", bench_walk_parallel_repetition, 80, 2, &half },
		{ "6.12, a call of one page", bench_walk_repetition, 400000, 1, &one },
	};

	old.era = HS_ERA_5_3;
	one.pages = 1;
	half.total = PAGES;
	half.pages = PAGES / 2;
	bench_group(options, "4K pages, nothing requested", variants,
		    bench_limits_add(variants, 4, &spaces[BENCH_ANON].tables, 400));
	bench_limits_print(variants, 3, 4);
}

/* ---- alignment --------------------------------------------------------------------------- */

#define OFFSETS BENCH_WALK_PLACES
#if OFFSETS == 1
#define DECLARE(strategy)                                   \
	extern const struct hs_walker bench_##strategy##_0; \
	static const struct hs_walker *const strategy##_at[OFFSETS] = { &bench_##strategy##_0 };
#else
#define DECLARE(strategy)                                                                       \
	extern const struct hs_walker bench_##strategy##_0, bench_##strategy##_16,              \
		bench_##strategy##_32, bench_##strategy##_48;                                   \
	static const struct hs_walker *const strategy##_at[OFFSETS] = { &bench_##strategy##_0,  \
									&bench_##strategy##_16, \
									&bench_##strategy##_32, \
									&bench_##strategy##_48 };
#endif

DECLARE(none)
DECLARE(unaligned)
DECLARE(per_page)
DECLARE(per_table)
DECLARE(per_range)

/* The last row is compiled without the options that keep the loops of the library in place. */
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

/* The range of the medians of one strategy over its offsets. */
static struct spread bench_walk_spread(unsigned int s)
{
	struct spread r = { bench_median(s * OFFSETS), bench_median(s * OFFSETS) };

	for (unsigned int o = 1; o < OFFSETS; o++) {
		double m = bench_median(s * OFFSETS + o);

		r.low = m < r.low ? m : r.low;
		r.high = m > r.high ? m : r.high;
	}
	return r;
}

static void bench_walk_print_spreads(void)
{
	struct spread none = bench_walk_spread(0);

	printf("  %-42s %9s %9s %9s %17s\n", "medians over the places", "lowest", "highest",
	       "spread", "ratio to none");
	for (unsigned int s = 0; s < PLACED; s++) {
		struct spread r = bench_walk_spread(s);

		printf("  %-42s %9.2f %9.2f %9.2f %8.2f to %5.2f\n", placed[s].name, r.low, r.high,
		       r.high / r.low, r.low / none.high, r.high / none.low);
	}
	printf("  strategies whose intervals overlap cannot be told apart\n\n");
}

static void bench_walk_alignment(const struct bench_options *options, const char *title,
				 enum bench_layout layout, enum hs_era era)
{
	struct question questions[PLACED * OFFSETS];
	struct bench_variant variants[PLACED * OFFSETS];
	char names[PLACED * OFFSETS][40];

	for (unsigned int i = 0; i < PLACED * OFFSETS; i++) {
		unsigned int s = i / OFFSETS, o = i % OFFSETS;

		questions[i] = (struct question){ .mm = spaces[layout].mm,
						  .era = era,
						  .pages = PAGES,
						  .walker = placed[s].at[o],
						  .pfns = pfns };
		snprintf(names[i], sizeof(names[i]), "%s, 64n + %u", placed[s].name, o * 16);
		variants[i] = (struct bench_variant){ names[i], bench_walk_repetition, 40, 1,
						      &questions[i] };
	}
	bench_group(options, title, variants, PLACED * OFFSETS);
	bench_walk_print_spreads();
}

/* ---- large ------------------------------------------------------------------------------- */

/* A repetition is one pass over the whole space. */
static void bench_walk_measure_large(const struct bench_options *options, struct hs_mm *mm,
				     const struct bench_tables *t, uint64_t pages)
{
	const struct question none = {
		.mm = mm, .era = HS_ERA_6_12, .pages = pages, .total = pages, .pfns = t->out
	};
	struct question page = none, table = none, range = none, gib = none, mib = none, part;
	unsigned int counts[BENCH_THREAD_COUNTS],
		threads = counts[bench_thread_counts(options, counts) - 1];
	char all[48];
	struct bench_variant variants[7 + BENCH_LIMITS] = {
		{ "none, one call", bench_walk_repetition, 1, 1, &none },
		{ "per-page, one call", bench_walk_repetition, 1, 1, &page },
		{ "per-table, one call", bench_walk_repetition, 1, 1, &table },
		{ "per-range, one call", bench_walk_repetition, 1, 1, &range },
		{ "none, calls of 1 GiB", bench_walk_repetition, 1, 1, &gib },
		{ "none, calls of 2 MiB", bench_walk_repetition, 1, 1, &mib },
		{ all, bench_walk_parallel_repetition, 1, threads, &part },
	};

	snprintf(all, sizeof(all), "none, calls of 1 GiB/threads:%u", threads);
	page.strategy = HS_STRATEGY_PER_PAGE;
	table.strategy = HS_STRATEGY_PER_TABLE;
	range.strategy = HS_STRATEGY_PER_RANGE;
	gib.pages = BENCH_GIB / HS_PAGE_BYTES;
	mib.pages = BENCH_TABLE_PAGES;
	part = gib;
	bench_group(options, "devmap 4K, one pgmap", variants, bench_limits_add(variants, 7, t, 1));
	bench_limits_print(variants, 7, 7);
}

static void bench_walk_large(struct bench_options options, uint64_t pages)
{
	struct bench_tables t = { .count = pages / BENCH_TABLE_PAGES };
	struct hs_pgmap *pgmap;
	struct hs_mm *mm = bench_space(self, pages);
	double begin = bench_now_ns();

	bench_must(hs_pgmap_add(self, HS_PGMAP_FS_DAX, BENCH_DEVICE_PFN, BENCH_DEVICE_PFN + pages,
				NULL, &pgmap),
		   "pgmap");
	bench_space_fill(self, mm, pages, bench_devmap_entry(0));
	printf("built by filled tables in %.2f s, %.2f ns a page\n\n",
	       (bench_now_ns() - begin) / 1e9, (bench_now_ns() - begin) / (double)pages);
	t.tables = bench_space_tables(mm, pages);
	t.out = aligned_alloc(64, pages * sizeof(uint64_t));
	if (!t.out)
		bench_must(-1, "answers");
	memset(t.out, 0,
	       pages * sizeof(uint64_t)); /* so that the walk does not pay for the first touch */
	options.repetitions = options.divisor > 1 ? 1 : 5;
	bench_walk_measure_large(&options, mm, &t, pages);
	free(t.out);
	free(t.tables);
	hs_mm_destroy(self, mm);
	hs_pgmap_remove(self, pgmap);
}

/* ------------------------------------------------------------------------------------------ */

static void bench_walk_usual(const struct bench_options *options)
{
	static const struct {
		enum bench_layout layout;
		const char *what;
	} rows[] = {
		{ BENCH_ANON, "anonymous 4K" },
		{ BENCH_DEVMAP, "devmap 4K, one pgmap" },
		{ BENCH_INTERLEAVED, "devmap 4K, two pgmaps interleaved" },
		{ BENCH_DEVMAP_2M, "devmap 2M, one pgmap" },
		{ BENCH_PRIVATE, "device-private 4K, own" },
	};

	bench_layouts_open(self, spaces, pfns);
	bench_walk_snapshots(options);
	for (size_t i = 0; i < COUNT(rows); i++) {
		bench_walk_strategies(options, rows[i].what, rows[i].layout, HS_ERA_6_12);
		bench_walk_strategies(options, rows[i].what, rows[i].layout, HS_ERA_5_3);
	}
	for (int era = HS_ERA_COUNT - 1; era >= 0; era--)
		bench_walk_faulting(options, (enum hs_era)era);
	for (int era = HS_ERA_COUNT - 1; era >= 0; era--)
		bench_walk_together(options, (enum hs_era)era);
	for (int era = HS_ERA_COUNT - 1; era >= 0; era--)
		bench_walk_bodies(options, (enum hs_era)era);
	bench_walk_alignment(options, "alignment: 6.12, devmap 4K", BENCH_DEVMAP, HS_ERA_6_12);
	bench_walk_alignment(options, "alignment: 5.3, devmap 4K", BENCH_DEVMAP, HS_ERA_5_3);
	bench_walk_alignment(options, "alignment: 6.12, devmap 2M", BENCH_DEVMAP_2M, HS_ERA_6_12);
	bench_layouts_close(self, spaces);
}

int main(int argc, char **argv)
{
	struct bench_options options;
	uint64_t gib = bench_parse_large(argc, argv, &options);

	machine = bench_machine(gib ? 0 : PAGES); /* the memory is for the holes */
	self = bench_attach(machine);
	if (gib)
		bench_walk_large(options, bench_large_pages(gib, 16));
	else
		bench_walk_usual(&options);
	bench_detach(self);
	bench_machine_end(machine);
	return 0;
}
