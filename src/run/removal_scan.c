/* SPDX-License-Identifier: MIT */
/*
 * removal_scan.c - all points of a call, and the worst of them
 */
#include "run/removal_play.h"

#include <errno.h>

#define FEW 64 /* points of one kind, of which none is left out */

/* ---- points ------------------------------------------------------------------------------ */

/* Marks of a run of pages [first, first + count): its ends and its middle. */
static void keep_run(bool *keep, uint64_t first, uint64_t count)
{
	keep[first] = keep[first + count / 2] = keep[first + count - 1] = true;
}

static uint64_t run_length(const struct hs_removal_record *r, uint64_t first)
{
	uint64_t at = first;

	while (at < r->count && r->at[at] == HS_WALK_PAGE)
		at++;
	return at - first;
}

static uint64_t count_runs(const struct hs_removal_record *r)
{
	uint64_t runs = 0, length;

	for (uint64_t i = 0; i < r->count; i += length ? length : 1) {
		length = run_length(r, i);
		runs += length != 0;
	}
	return runs;
}

static void keep_pages(const struct hs_removal_record *r, bool *keep)
{
	uint64_t runs = count_runs(r), run = 0, length;

	for (uint64_t i = 0; i < r->count; i += length ? length : 1) {
		length = run_length(r, i);
		if (!length)
			continue;
		if (run == 0 || run == runs / 2 || run == runs - 1)
			keep_run(keep, i, length);
		run++;
	}
}

static void keep_others(const struct hs_removal_record *r, bool *keep)
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

static int choose(struct hs_hostmem *mem, const struct hs_removal_case *c,
		  const struct hs_removal_record *r, uint64_t most,
		  struct hs_removal_point **points, uint64_t *count)
{
	struct hs_removal_point *chosen = hs_hostmem_zalloc(mem, r->count, sizeof(*chosen));
	bool *keep = hs_hostmem_zalloc(mem, r->count, sizeof(*keep));
	uint64_t passed[HS_POINT_COUNT] = { 0 };

	if (!chosen || !keep) {
		hs_hostmem_free(mem, chosen);
		hs_hostmem_free(mem, keep);
		return -ENOMEM;
	}
	keep_pages(r, keep);
	keep_others(r, keep);
	*count = 0;
	for (uint64_t i = 0; i < r->count; i++) {
		struct hs_removal_point p = { r->at[i], ++passed[r->at[i]] };

		if ((r->count <= most || keep[i]) && hs_removal_may_start(c, p.at))
			chosen[(*count)++] = p;
	}
	hs_hostmem_free(mem, keep);
	*points = chosen;
	return 0;
}

/* @dry: what the call comes to by itself. */
static int find_points(struct hs_hostmem *mem, const struct hs_removal_case *c, uint64_t most,
		       struct hs_removal_result *dry, struct hs_removal_point **points,
		       uint64_t *count)
{
	struct hs_removal_record record = { .mem = mem };
	struct hs_removal_case without = *c;
	int ret;

	without.start = (struct hs_removal_point){ HS_POINT_AFTER, 2 }; /* there is one */
	*points = NULL;
	ret = hs_removal_run_recorded(mem, &without, dry, &record);
	if (!ret)
		ret = choose(mem, c, &record, most, points, count);
	hs_hostmem_free(mem, record.at);
	return ret;
}

int hs_removal_points(struct hs_hostmem *mem, const struct hs_removal_case *c, uint64_t most,
		      struct hs_removal_point **points, uint64_t *count)
{
	struct hs_removal_result dry;

	return find_points(mem, c, most, &dry, points, count);
}

/* ---- the worst --------------------------------------------------------------------------- */

static void raise(uint64_t *most, uint64_t value)
{
	if (value > *most)
		*most = value;
}

static uint64_t sum(const struct hs_removal_result *r, bool pages)
{
	uint64_t n = 0;

	for (int i = 0; i < HS_HELD_CAUSE_COUNT; i++)
		n += pages ? r->held[i].pages : r->held[i].faults + r->held[i].waits;
	return n;
}

/* Verdict, faults and waits, pages. */
static bool is_worse(const struct hs_removal_result *a, const struct hs_removal_result *b)
{
	if (a->verdict != b->verdict)
		return a->verdict > b->verdict;
	if (sum(a, false) != sum(b, false))
		return sum(a, false) > sum(b, false);
	return sum(a, true) > sum(b, true);
}

static void take(struct hs_removal_worst *w, const struct hs_removal_result *r,
		 struct hs_removal_point start)
{
	if (!w->plays++ || is_worse(r, &w->at)) {
		w->at = *r;
		w->start = start;
		w->verdict = r->verdict;
	}
	for (int i = 0; i < HS_HELD_CAUSE_COUNT; i++) {
		raise(&w->held[i].pages, r->held[i].pages);
		raise(&w->held[i].tables, r->held[i].tables);
		raise(&w->held[i].faults, r->held[i].faults);
		raise(&w->held[i].waits, r->held[i].waits);
	}
	raise(&w->grace_periods, r->grace_periods);
	raise(&w->removal_grace, r->removal_grace);
	raise(&w->vain, r->vain);
	raise(&w->leaked, r->leaked);
	w->inside += r->inside;
}

int hs_removal_worst(struct hs_hostmem *mem, const struct hs_removal_case *c, uint64_t most,
		     struct hs_removal_worst *worst)
{
	struct hs_removal_point *points;
	struct hs_removal_case one = *c;
	struct hs_removal_result r;
	uint64_t count = 0;
	int ret = find_points(mem, c, most, &r, &points, &count);

	*worst = (struct hs_removal_worst){ .ret = r.ret, .walk = r.walk };
	for (uint64_t i = 0; !ret && i < count; i++) {
		one.start = points[i];
		ret = hs_removal_run(mem, &one, &r);
		if (!ret)
			take(worst, &r, points[i]);
	}
	hs_hostmem_free(mem, points);
	return ret;
}
