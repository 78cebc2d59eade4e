/* SPDX-License-Identifier: MIT */
/* Makes a scenario smaller as long as it shows what is wanted. */
#include "support/walk_gen.h"

#include <string.h>

#define TRIES_MAX 4000

struct shrink {
	struct gen best, trial;
	gen_wanted wanted;
	void *arg;
	unsigned int tries, steps;
};

/* The trial is the new best one if it is still wanted. */
static bool keep(struct shrink *sh)
{
	if (sh->tries++ >= TRIES_MAX || !sh->wanted(&sh->trial.s, sh->arg))
		return false;
	gen_copy(&sh->best, &sh->trial);
	sh->steps++;
	return true;
}

static struct hs_walk_scenario *trial(struct shrink *sh)
{
	gen_copy(&sh->trial, &sh->best);
	return &sh->trial.s;
}

static void erase(void *array, size_t *count, size_t size, size_t i)
{
	char *at = (char *)array + i * size;

	memmove(at, at + size, (*count - i - 1) * size);
	--*count;
}

#define ERASE_EACH(sh, array, count)                                    \
	for (size_t i_ = (sh)->best.s.count; i_-- > 0;) {               \
		struct hs_walk_scenario *s_ = trial(sh);                \
                                                                        \
		erase(s_->array, &s_->count, sizeof(s_->array[0]), i_); \
		keep(sh);                                               \
	}

static void erase_lines(struct shrink *sh)
{
	ERASE_EACH(sh, layout.maps, layout.map_count)
	ERASE_EACH(sh, ins, in_count)
	ERASE_EACH(sh, layout.vmas, layout.vma_count)
	ERASE_EACH(sh, layout.pgmaps, layout.pgmap_count)
	ERASE_EACH(sh, rules.by_call, rules.by_call_count)
	ERASE_EACH(sh, rules.by_addr, rules.by_addr_count)
}

static void halve_counts(struct shrink *sh)
{
	for (size_t i = 0; i < sh->best.s.layout.map_count; i++) {
		do
			trial(sh)->layout.maps[i].count /= 2;
		while (sh->trial.s.layout.maps[i].count && keep(sh));
	}
	for (size_t i = 0; i < sh->best.s.in_count; i++) {
		do
			trial(sh)->ins[i].count /= 2;
		while (sh->trial.s.ins[i].count && keep(sh));
	}
}

/* Slots [first, end) of the range remain. */
static bool crop(struct shrink *sh, uint64_t first, uint64_t end)
{
	struct hs_walk_scenario *s = trial(sh);

	s->req.end = s->req.start + end * HS_PAGE_BYTES;
	s->req.start += first * HS_PAGE_BYTES;
	for (size_t i = s->in_count; i-- > 0;) {
		struct hs_walk_in *in = &s->ins[i];
		uint64_t in_end = in->index + in->count;

		if (in_end <= first || in->index >= end) {
			erase(s->ins, &s->in_count, sizeof(s->ins[0]), i);
			continue;
		}
		if (in->index < first)
			in->index = first;
		in->count = (in_end < end ? in_end : end) - in->index;
		in->index -= first;
	}
	return keep(sh);
}

static void crop_range(struct shrink *sh)
{
	for (uint64_t part = 1 << 20; part; part /= 2) {
		uint64_t pages;

		do
			pages = (sh->best.s.req.end - sh->best.s.req.start) / HS_PAGE_BYTES;
		while (pages > part && (crop(sh, 0, pages - part) || crop(sh, part, pages)));
	}
}

static void plain_settings(struct shrink *sh)
{
	trial(sh)->rules.action = HS_ACTION_OK;
	keep(sh);
	trial(sh)->retry_at = 0;
	keep(sh);
	trial(sh)->rules.migration_stays = false;
	keep(sh);
	trial(sh)->snapshot = false;
	keep(sh);
	trial(sh)->req.owner = 0;
	keep(sh);
	for (size_t i = 0; i < sh->best.s.layout.map_count; i++) {
		trial(sh)->layout.maps[i].kind = HS_MAP_RW;
		keep(sh);
	}
}

unsigned int gen_shrink(struct gen *g, gen_wanted wanted, void *arg)
{
	static struct shrink sh;
	unsigned int before;

	sh.wanted = wanted;
	sh.arg = arg;
	sh.tries = sh.steps = 0;
	gen_copy(&sh.best, g);
	do {
		before = sh.steps;
		erase_lines(&sh);
		crop_range(&sh);
		halve_counts(&sh);
		plain_settings(&sh);
	} while (sh.steps != before && sh.tries < TRIES_MAX);
	gen_copy(g, &sh.best);
	return sh.steps;
}
