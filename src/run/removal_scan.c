/* SPDX-License-Identifier: MIT */
/*
 * removal_scan.c - runs a removal from every point of a call, and finds the worst
 */
#include "run/removal_record.h"

#include <errno.h>

#define FEW 64 /* points of one kind that are all kept */

/* ---- points ------------------------------------------------------------------------------ */

/* Keeps the ends and the middle of the run of pages [first, first + count). */
static void scan_keep_run(bool *keep, uint64_t first, uint64_t count)
{
	keep[first] = keep[first + count / 2] = keep[first + count - 1] = true;
}

static uint64_t scan_run_length(const struct hs_removal_record *r, uint64_t first)
{
	uint64_t at = first;

	while (at < r->count && r->at[at] == HS_WALK_PAGE)
		at++;
	return at - first;
}

static uint64_t scan_count_runs(const struct hs_removal_record *r)
{
	uint64_t runs = 0, length;

	for (uint64_t i = 0; i < r->count; i += length ? length : 1) {
		length = scan_run_length(r, i);
		runs += length != 0;
	}
	return runs;
}

static void scan_keep_pages(const struct hs_removal_record *r, bool *keep)
{
	uint64_t runs = scan_count_runs(r), run = 0, length;

	for (uint64_t i = 0; i < r->count; i += length ? length : 1) {
		length = scan_run_length(r, i);
		if (!length)
			continue;
		if (run == 0 || run == runs / 2 || run == runs - 1)
			scan_keep_run(keep, i, length);
		run++;
	}
}

static void scan_keep_others(const struct hs_removal_record *r, bool *keep)
{
	uint64_t all[HS_POINT_COUNT] = { 0 }, passed[HS_POINT_COUNT] = { 0 };

	for (uint64_t i = 0; i < r->count; i++)
		all[r->at[i]]++;
	for (uint64_t i = 0; i < r->count; i++) {
		uint64_t of = all[r->at[i]], n = passed[r->at[i]]++;

		if (r->at[i] != HS_WALK_PAGE && (of <= FEW || n == 0 || n == of / 2 || n == of - 1))
			keep[i] = true;
	}
}

/* Marks the points from which a removal is tried, and returns how many they are. */
static uint64_t scan_keep(const struct hs_removal_case *c, const struct hs_removal_record *r,
			  uint64_t most, bool *keep)
{
	uint64_t kept = 0;

	scan_keep_pages(r, keep);
	scan_keep_others(r, keep);
	for (uint64_t i = 0; i < r->count; i++) {
		keep[i] = (r->count <= most || keep[i]) && hs_removal_may_start(c, r->at[i]);
		kept += keep[i];
	}
	return kept;
}

static int scan_choose(struct hs_hostmem *mem, const struct hs_removal_case *c,
		       const struct hs_removal_record *r, uint64_t most,
		       struct hs_removal_point **points, uint64_t *count)
{
	bool *keep = hs_hostmem_zalloc(mem, r->count, sizeof(*keep));
	uint64_t passed[HS_POINT_COUNT] = { 0 }, kept = 0;
	struct hs_removal_point *chosen = NULL;

	if (keep) {
		kept = scan_keep(c, r, most, keep);
		chosen = hs_hostmem_zalloc(mem, kept ? kept : 1, sizeof(*chosen));
	}
	*count = 0;
	for (uint64_t i = 0; chosen && i < r->count; i++) {
		struct hs_removal_point p = { r->at[i], ++passed[r->at[i]] };

		if (keep[i])
			chosen[(*count)++] = p;
	}
	hs_hostmem_free(mem, keep);
	*points = chosen;
	return chosen ? 0 : -ENOMEM;
}

/* @dry: the result of the call without a removal. */
int hs_removal_points(struct hs_hostmem *mem, const struct hs_removal_case *c, uint64_t most,
		      struct hs_removal_result *without, struct hs_removal_point **points,
		      uint64_t *count)
{
	struct hs_removal_record record = { .mem = mem };
	struct hs_removal_case dry = *c;
	int ret;

	dry.start = (struct hs_removal_point){ HS_POINT_AFTER, 2 }; /* the call has one AFTER */
	*points = NULL;
	ret = hs_removal_run_recorded(mem, &dry, without, &record);
	if (!ret)
		ret = scan_choose(mem, c, &record, most, points, count);
	hs_hostmem_free(mem, record.at);
	return ret;
}

/* ---- the worst --------------------------------------------------------------------------- */

static void scan_raise(uint64_t *most, uint64_t value)
{
	if (value > *most)
		*most = value;
}

static uint64_t scan_held_sum(const struct hs_removal_result *r, bool pages)
{
	uint64_t n = 0;

	for (int i = 0; i < HS_HELD_CAUSE_COUNT; i++)
		n += pages ? r->held[i].pages : r->held[i].faults + r->held[i].waits;
	return n;
}

/* By verdict, then by faults and waits, then by pages. */
static bool scan_is_worse(const struct hs_removal_result *a, const struct hs_removal_result *b)
{
	if (a->verdict != b->verdict)
		return a->verdict > b->verdict;
	if (scan_held_sum(a, false) != scan_held_sum(b, false))
		return scan_held_sum(a, false) > scan_held_sum(b, false);
	return scan_held_sum(a, true) > scan_held_sum(b, true);
}

static void scan_take_worst(struct hs_removal_worst *w, const struct hs_removal_result *r,
			    struct hs_removal_point start)
{
	if (!w->runs++ || scan_is_worse(r, &w->at)) {
		w->at = *r;
		w->start = start;
		w->verdict = r->verdict;
	}
	for (int i = 0; i < HS_HELD_CAUSE_COUNT; i++) {
		scan_raise(&w->held[i].pages, r->held[i].pages);
		scan_raise(&w->held[i].tables, r->held[i].tables);
		scan_raise(&w->held[i].faults, r->held[i].faults);
		scan_raise(&w->held[i].waits, r->held[i].waits);
	}
	scan_raise(&w->grace_periods, r->grace_periods);
	scan_raise(&w->removal_grace, r->removal_grace);
	scan_raise(&w->vain, r->vain);
	scan_raise(&w->leaked, r->leaked);
	w->inside += r->inside;
}

int hs_removal_worst(struct hs_hostmem *mem, const struct hs_removal_case *c, uint64_t most,
		     struct hs_removal_worst *worst)
{
	struct hs_removal_point *points;
	struct hs_removal_case one = *c;
	struct hs_removal_result r;
	uint64_t count = 0;
	int ret = hs_removal_points(mem, c, most, &r, &points, &count);

	*worst = (struct hs_removal_worst){ .ret = r.ret, .walk = r.walk };
	for (uint64_t i = 0; !ret && i < count; i++) {
		one.start = points[i];
		ret = hs_removal_run(mem, &one, &r);
		if (!ret)
			scan_take_worst(worst, &r, points[i]);
	}
	hs_hostmem_free(mem, points);
	return ret;
}
