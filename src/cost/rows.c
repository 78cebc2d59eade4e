/* SPDX-License-Identifier: MIT */
/*
 * rows.c - what was measured in the kernel, and the counts that belong to it
 *
 * A row is a walk of 64 MiB in one call unless its name says otherwise. Two kinds of rows hold no
 * figure of their own:
 * - "interleaved pgmaps" (two pgmaps in turns, page by page): both caching strategies were measured
 *   to cost the same as per-page, within 5 %, so the rows have the figure of per-page;
 * - "in walked pages": a fault was reported to cost 130 to 400 walked pages, without saying which
 *   fault and which pages. 130 is compared with a zero-page fault, 400 with a first touch, both in
 *   ordinary pages.
 */
#include "cost/cost.h"

#include <math.h>
#include <stdio.h>

#define PAGES 16384
#define TABLES 32
#define GIB_PAGES (16 * PAGES)
#define GIB_TABLES (16 * TABLES)
#define MS 1e6

/* A walk over PTE tables, and a walk that does not reach PTE tables. */
#define PTES(class) [class] = PAGES, [HS_COST_CALL] = 1, [HS_COST_TABLE] = TABLES - 1
#define LEAVES(class) [class] = PAGES, [HS_COST_CALL] = 1
/* What a strategy adds that takes @n references. */
#define REFS(n) [HS_COST_HIT] = PAGES - (n), [HS_COST_MISS] = (n), [HS_COST_PUT] = (n)
#define DEVMAP PTES(HS_COST_DEVMAP_PAGE)
#define DEVMAP_LEAVES LEAVES(HS_COST_DEVMAP_LEAF_PAGE)

#define COUNTS(...)                 \
	{                           \
		{                   \
			__VA_ARGS__ \
		}                   \
	}
#define ROW(name, unit, low, high, used, per, ...)                               \
	{                                                                        \
		name, unit, low, high, used, per, COUNTS(__VA_ARGS__), COUNTS(0) \
	}
#define RATIO_LEAVES(name, low, high, used, n)                                          \
	{                                                                               \
		name, "times none", low, high, used, 0, COUNTS(DEVMAP_LEAVES, REFS(n)), \
			COUNTS(DEVMAP_LEAVES)                                           \
	}
#define FAULTS(name, pages, class)                                              \
	{                                                                       \
		name, "times", pages, pages, false, 0, COUNTS([class] = PAGES), \
			COUNTS(PTES(HS_COST_PAGE))                              \
	}

static const struct hs_cost_row rows_light[] = {
	ROW("ordinary PTEs", "ns/page", 3.28, 3.28, true, PAGES, PTES(HS_COST_PAGE)),
	ROW("ordinary 2M leaves", "ns/page", 0.38, 0.57, true, PAGES, LEAVES(HS_COST_LEAF_PAGE)),
	ROW("hole without tables", "ns/page", 0.28, 0.55, true, PAGES, LEAVES(HS_COST_HOLE)),
	ROW("VMA without read access", "ns/page", 0.28, 0.55, true, PAGES,
	    LEAVES(HS_COST_UNREADABLE)),
	ROW("empty PTE tables", "ns/page", 1.38, 1.38, true, PAGES, PTES(HS_COST_EMPTY_PTE)),
	ROW("every other PTE present", "ns/page", 2.2, 2.2, false,
	    PAGES, [HS_COST_PAGE] = PAGES / 2, [HS_COST_EMPTY_PTE] = PAGES / 2, [HS_COST_CALL] = 1,
	    [HS_COST_TABLE] = TABLES - 1),
	ROW("device-private, own", "ns/page", 2.8, 2.8, true, PAGES, PTES(HS_COST_PRIVATE_OWN)),
	ROW("device-private, own, 1 GiB", "ns/page", 3.8, 4.6, false,
	    GIB_PAGES, [HS_COST_PRIVATE_OWN] = GIB_PAGES, [HS_COST_CALL] = 1,
	    [HS_COST_TABLE] = GIB_TABLES - 1),
	ROW("device-private, foreign", "ns/page", 3.06, 3.06, true, PAGES,
	    PTES(HS_COST_PRIVATE_FOREIGN)),
	ROW("devmap PTEs, none", "ns/page", 4.36, 4.36, true, PAGES, DEVMAP),
	ROW("devmap PTEs, per-page", "ns/page", 11.1, 11.1, false, PAGES, DEVMAP, REFS(PAGES)),
	ROW("devmap PTEs, per-table", "ns/page", 5.73, 5.73, false, PAGES, DEVMAP, REFS(TABLES)),
	ROW("devmap PTEs, per-range", "ns/page", 6.26, 6.26, false, PAGES, DEVMAP, REFS(1)),
	ROW("interleaved pgmaps, per-table", "ns/page", 11.1, 11.1, false, PAGES, DEVMAP,
	    REFS(PAGES)),
	ROW("interleaved pgmaps, per-range", "ns/page", 11.1, 11.1, false, PAGES, DEVMAP,
	    REFS(PAGES)),
	ROW("devmap 2M leaves, none", "ns/page", 0.38, 0.38, true, PAGES, DEVMAP_LEAVES),
	RATIO_LEAVES("devmap 2M leaves, per-page", 20, 20, false, PAGES),
	RATIO_LEAVES("devmap 2M leaves, per-table", 4, 6, false, TABLES),
	RATIO_LEAVES("devmap 2M leaves, per-range", 4, 6, false, 1),
	ROW("a call for one ordinary page", "ns", 56, 56, true,
	    1, [HS_COST_PAGE] = 1, [HS_COST_CALL] = 1),
	ROW("a further PTE table", "ns", 40, 50, true, 1, [HS_COST_TABLE] = 1),
	ROW("hit", "ns", 1.63, 1.63, true, 1, [HS_COST_HIT] = 1),
	ROW("put", "ns", 0.31, 0.31, true, 1, [HS_COST_PUT] = 1),
	ROW("miss and put", "ns", 7.85, 7.85, true, 1, [HS_COST_MISS] = 1, [HS_COST_PUT] = 1),
	ROW("miss", "ns", 7.85, 7.85, false, 1, [HS_COST_MISS] = 1),
	ROW("miss, 2 pgmaps", "ns", 8.9, 8.9, false, 1, [HS_COST_MISS] = 1),
	ROW("miss, 512 pgmaps", "ns", 10.8, 10.8, false, 1, [HS_COST_MISS] = 1),
	ROW("once round the reader's protocol", "ns", 10.8, 10.8, true, 1, [HS_COST_READ] = 1),
	ROW("first touch of a page", "ns", 1600, 2100, true, 1, [HS_COST_FAULT] = 1),
	ROW("read fault, zero page", "ns", 440, 560, true, 1, [HS_COST_ZERO_FAULT] = 1),
	FAULTS("first touch, in walked pages", 400, HS_COST_FAULT),
	FAULTS("zero page, in walked pages", 130, HS_COST_ZERO_FAULT),
	ROW("kill to release, no holder", "ms", 12, 16, true, MS, [HS_COST_GRACE] = 1),
	ROW("memunmap_pages(), idle", "ms", 41, 53, false, MS, [HS_COST_GRACE] = 3),
};

static const struct hs_cost_row rows_distro[] = {
	ROW("devmap PTEs, none", "ns/page", 9.83, 9.83, true, PAGES, DEVMAP),
	ROW("devmap PTEs, per-page", "ns/page", 73.5, 73.5, false, PAGES, DEVMAP, REFS(PAGES)),
	ROW("devmap PTEs, per-table", "ns/page", 16.3, 16.3, false, PAGES, DEVMAP, REFS(TABLES)),
	ROW("devmap PTEs, per-range", "ns/page", 16.3, 16.3, false, PAGES, DEVMAP, REFS(1)),
	ROW("interleaved pgmaps, per-table", "ns/page", 73.5, 73.5, false, PAGES, DEVMAP,
	    REFS(PAGES)),
	ROW("interleaved pgmaps, per-range", "ns/page", 73.5, 73.5, false, PAGES, DEVMAP,
	    REFS(PAGES)),
	RATIO_LEAVES("devmap 2M leaves, per-page", 120, 155, true, PAGES),
	RATIO_LEAVES("devmap 2M leaves, per-table", 14, 17, false, TABLES),
	RATIO_LEAVES("devmap 2M leaves, per-range", 14, 17, false, 1),
	ROW("hit", "ns", 6.5, 6.5, true, 1, [HS_COST_HIT] = 1),
	ROW("put", "ns", 11.4, 11.4, true, 1, [HS_COST_PUT] = 1),
	ROW("miss and put", "ns", 63.6, 63.6, true, 1, [HS_COST_MISS] = 1, [HS_COST_PUT] = 1),
	ROW("miss", "ns", 52, 52, false, 1, [HS_COST_MISS] = 1),
	ROW("once round the reader's protocol", "ns", 47, 49, true, 1, [HS_COST_READ] = 1),
	ROW("kill to release, no holder", "ms", 12, 16, true, MS, [HS_COST_GRACE] = 1),
	ROW("memunmap_pages(), idle", "ms", 41, 53, false, MS, [HS_COST_GRACE] = 3),
};

static const struct {
	const struct hs_cost_row *rows;
	unsigned int count;
} rows_measured[HS_COST_BUILD_COUNT] = {
	[HS_COST_LIGHT] = { rows_light, sizeof(rows_light) / sizeof(rows_light[0]) },
	[HS_COST_DISTRO] = { rows_distro, sizeof(rows_distro) / sizeof(rows_distro[0]) },
};

const struct hs_cost_row *hs_cost_rows(enum hs_cost_build build, unsigned int *count)
{
	*count = build < HS_COST_BUILD_COUNT ? rows_measured[build].count : 0;
	return *count ? rows_measured[build].rows : NULL;
}

double hs_cost_row_measured(const struct hs_cost_row *row)
{
	return (row->low + row->high) / 2;
}

double hs_cost_row_predicted(const struct hs_cost_row *row, const struct hs_cost_profile *profile)
{
	uint64_t ps = hs_cost_ps(&row->counts, profile), over = hs_cost_ps(&row->over, profile);
	double unit = row->per > 0 ? row->per * 1000 : (double)over;

	if (ps == UINT64_MAX || over == UINT64_MAX || !(unit > 0))
		return NAN;
	return (double)ps / unit;
}

double hs_cost_row_error(const struct hs_cost_row *row, const struct hs_cost_profile *profile)
{
	double middle = hs_cost_row_measured(row);

	return 100 * (hs_cost_row_predicted(row, profile) - middle) / middle;
}

static void rows_print_row(const struct hs_cost_row *row, const struct hs_cost_profile *profile,
			   struct hs_out *out)
{
	double says = hs_cost_row_predicted(row, profile);
	char range[32], predicted[32] = "-", error[32] = "-", line[160];

	if (row->low < row->high)
		snprintf(range, sizeof(range), "%g-%g", row->low, row->high);
	else
		snprintf(range, sizeof(range), "%g", row->low);
	if (!isnan(says)) {
		snprintf(predicted, sizeof(predicted), "%.2f", says);
		snprintf(error, sizeof(error), "%+.1f", hs_cost_row_error(row, profile));
	}
	snprintf(line, sizeof(line), "# %-33s %-10s %9s %10s %7s%s\n", row->name, row->unit, range,
		 predicted, error, row->used ? "  used" : "");
	hs_out_text(out, line);
}

void hs_cost_error_table(const struct hs_cost_profile *profile, struct hs_out *out)
{
	unsigned int count;
	const struct hs_cost_row *rows = hs_cost_rows(profile->base, &count);
	char head[160];

	if (!count)
		return;
	snprintf(head, sizeof(head), "# %-33s %-10s %9s %10s %7s\n", "the kernel, built as",
		 hs_cost_builtin(profile->base)->name, "measured", "predicted", "error %");
	hs_out_text(out, head);
	for (unsigned int i = 0; i < count; i++)
		rows_print_row(&rows[i], profile, out);
}
