/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "support/walk_differ.h"
#include "support/walk_print.h"

/* ---- two answers ------------------------------------------------------------------------- */

static bool differ_same_log(const struct hs_walk_answer *a, const struct hs_walk_answer *b)
{
	if (a->log_count != b->log_count)
		return false;
	for (size_t i = 0; i < a->log_count; i++) {
		const struct hs_walk_event *x = &a->log[i], *y = &b->log[i];

		if (x->addr != y->addr || x->count != y->count || x->kind != y->kind ||
		    x->action != y->action || x->write != y->write)
			return false;
	}
	return true;
}

bool walk_answers_equal(const struct hs_walk_answer *a, const struct hs_walk_answer *b)
{
	return a->ret == b->ret && a->livelock == b->livelock && a->null_vmas == b->null_vmas &&
	       !memcmp(&a->counts, &b->counts, sizeof(a->counts)) && a->pages == b->pages &&
	       !memcmp(a->pfns, b->pfns, a->pages * sizeof(a->pfns[0])) && differ_same_log(a, b);
}

/* ---- a difference, made smaller as long as it is one -------------------------------------- */

#define TRIES_MAX 4000

static struct gen best, candidate;
static walk_shows_fn shrunk_shows;
static void *shrunk_arg;
static unsigned int tries, steps;

/* The candidate is the new best one if it shows the same. */
static bool keep(void)
{
	if (tries++ >= TRIES_MAX || !shrunk_shows(&candidate.s, shrunk_arg))
		return false;
	gen_copy(&best, &candidate);
	steps++;
	return true;
}

static struct hs_walk_scenario *trial(void)
{
	gen_copy(&candidate, &best);
	return &candidate.s;
}

#define ERASE(array, count, i) \
	memmove(&(array)[i], &(array)[(i) + 1], (--(count) - (i)) * sizeof((array)[0]))

#define ERASE_EACH(array, count)                                 \
	for (size_t i_ = best.s.count; i_-- > 0;) {              \
		trial();                                         \
		ERASE(candidate.s.array, candidate.s.count, i_); \
		keep();                                          \
	}

static void erase_lines(void)
{
	ERASE_EACH(layout.maps, layout.map_count)
	ERASE_EACH(ins, in_count)
	ERASE_EACH(layout.vmas, layout.vma_count)
	ERASE_EACH(layout.pgmaps, layout.pgmap_count)
	ERASE_EACH(rules.by_call, rules.by_call_count)
	ERASE_EACH(rules.by_addr, rules.by_addr_count)
}

#define HALVE_EACH(array, array_count)                         \
	for (size_t i_ = 0; i_ < best.s.array_count; i_++) {   \
		do                                             \
			trial()->array[i_].count /= 2;         \
		while (candidate.s.array[i_].count && keep()); \
	}

static void halve_counts(void)
{
	HALVE_EACH(layout.maps, layout.map_count)
	HALVE_EACH(ins, in_count)
}

/* Slots [first, end) of the range remain. */
static bool crop(uint64_t first, uint64_t end)
{
	struct hs_walk_scenario *s = trial();

	s->req.end = s->req.start + end * HS_PAGE_BYTES;
	s->req.start += first * HS_PAGE_BYTES;
	for (size_t i = s->in_count; i-- > 0;) {
		struct hs_walk_in *in = &s->ins[i];
		uint64_t in_end = in->index + in->count;

		if (in_end <= first || in->index >= end) {
			ERASE(s->ins, s->in_count, i);
			continue;
		}
		if (in->index < first)
			in->index = first;
		in->count = (in_end < end ? in_end : end) - in->index;
		in->index -= first;
	}
	return keep();
}

static void crop_range(void)
{
	for (uint64_t part = 1 << 20; part; part /= 2) {
		uint64_t pages;

		do
			pages = (best.s.req.end - best.s.req.start) / HS_PAGE_BYTES;
		while (pages > part && (crop(0, pages - part) || crop(part, pages)));
	}
}

static void plain_settings(void)
{
#define PLAIN(setting, value) (trial()->setting = (value), keep())
	PLAIN(rules.action, HS_ACTION_OK);
	PLAIN(retry_at, 0);
	PLAIN(rules.migration_stays, false);
	PLAIN(snapshot, false);
	PLAIN(req.owner, 0);
	for (size_t i = 0; i < best.s.layout.map_count; i++)
		PLAIN(layout.maps[i].kind, HS_MAP_RW);
#undef PLAIN
}

void walk_shrink(struct gen *g, walk_shows_fn shows, void *arg)
{
	unsigned int before;

	gen_copy(&best, g);
	shrunk_shows = shows;
	shrunk_arg = arg;
	tries = steps = 0;
	do {
		before = steps;
		erase_lines();
		crop_range();
		halve_counts();
		plain_settings();
	} while (steps != before && tries < TRIES_MAX);
	gen_copy(g, &best);
}

/* ---- what is printed --------------------------------------------------------------------- */

void walk_tell_scenario(struct hs_hostmem *mem, const struct hs_walk_scenario *s)
{
	struct hs_out out = { .mem = mem };

	hs_walk_print(s, &out);
	fwrite(out.bytes, 1, out.used, stderr);
	hs_out_free(&out);
}

void walk_tell_answer(struct hs_hostmem *mem, const char *walker, int ret,
		      const struct hs_walk_answer *a)
{
	struct hs_out out = { .mem = mem };

	fprintf(stderr, "%s, run %d, calls %d, hits %d, puts %d:\n", walker, ret,
		(int)a->counts.calls, (int)a->counts.hits, (int)a->counts.puts);
	if (a->pfns)
		hs_walk_answer_print(a, &out);
	fwrite(out.bytes, 1, out.used, stderr);
	hs_out_free(&out);
}
