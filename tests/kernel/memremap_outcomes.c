/* SPDX-License-Identifier: MIT */
/*
 * memremap_outcomes.c - what lookups and puts of pages see of device memory that goes
 *
 * A task removes the memory; in one scenario it fails to add it. Of each call of the other tasks:
 * whether that task had returned before, and what the call returned. What a task holds it touches.
 */
#include <string.h>

#include "device.h"
#include "outcomes.h"

#define WALKERS 2

struct state;

struct walker {
	struct state *st;
	uint32_t number;
};

struct param {
	enum device_type type;
	uint32_t walkers;
	void (*walk)(struct hs_task *self, void *arg);
	bool puts_page, fails;
};

struct state {
	struct device device; /* first: the callback finds the state by it */
	const struct param *param;
	struct walker walker[WALKERS];
	void *page; /* is handed out, or pinned */
	hs_u32 gone, idle;
	struct hs_waitq queue;
	uint64_t saw[WALKERS + 1]; /* of the last: who puts the page */
	uint32_t idle_after, ret;
};

static uint32_t load(struct hs_task *self, const hs_u32 *word)
{
	return hs_u32_load(self, word, HS_ACQUIRE);
}

/* Notes begin with a 1, so that each sequence of them is another number. */
static void note(uint64_t *saw, uint32_t bits, uint32_t value)
{
	*saw = *saw << bits | value;
}

/* ---- walkers ----------------------------------------------------------------------------- */

static void look(struct hs_task *self, struct state *st, void *pgmap, uint64_t pfn)
{
	device_look(self, pgmap, st->param->fails ? NULL : device_page(self, pfn));
}

static void put(struct hs_task *self, struct state *st, void *pgmap, uint64_t *saw)
{
	device_put(self, pgmap);
	note(saw, 1, load(self, &st->gone));
}

static void *get(struct hs_task *self, struct state *st, uint64_t pfn, void *cached, uint64_t *saw)
{
	void *pgmap;

	note(saw, 1, load(self, &st->gone));
	pgmap = device_get(self, pfn, cached);
	note(saw, 1, pgmap != NULL);
	return pgmap;
}

static void walk_once(struct hs_task *self, void *arg)
{
	const struct walker *w = arg;
	uint64_t *saw = &w->st->saw[w->number];
	void *pgmap = get(self, w->st, DEVICE_PFN, NULL, saw);

	if (!pgmap)
		return;
	look(self, w->st, pgmap, DEVICE_PFN);
	put(self, w->st, pgmap, saw);
}

static void walk_twice(struct hs_task *self, void *arg)
{
	walk_once(self, arg);
	walk_once(self, arg);
}

/* A walker that holds a reference gets no second one of a pgmap that dies. */
static void walk_dying(struct hs_task *self, void *arg)
{
	const struct walker *w = arg;
	uint64_t *saw = &w->st->saw[w->number];
	void *held = get(self, w->st, DEVICE_PFN, NULL, saw), *pgmap;
	bool dies;

	if (!held)
		return;
	dies = device_is_dying(self, held);
	note(saw, 1, dies);
	pgmap = get(self, w->st, DEVICE_PFN, NULL, saw);
	hs_assert(self, !dies || !pgmap, "a reference to what dies");
	device_put(self, held);
	if (pgmap)
		put(self, w->st, pgmap, saw);
}

/* A second page of the memory, then a pfn that is no memory. */
static void walk_cached(struct hs_task *self, void *arg)
{
	const struct walker *w = arg;
	uint64_t *saw = &w->st->saw[w->number];
	void *pgmap = get(self, w->st, DEVICE_PFN, NULL, saw);

	if (!pgmap)
		return;
	look(self, w->st, pgmap, DEVICE_PFN);
	pgmap = get(self, w->st, DEVICE_END - 1, pgmap, saw);
	if (!pgmap)
		return;
	look(self, w->st, pgmap, DEVICE_END - 1);
	pgmap = get(self, w->st, DEVICE_END, pgmap, saw);
	hs_assert(self, !pgmap, "a pgmap for a pfn without memory");
	note(saw, 1, load(self, &w->st->gone));
}

/* ---- the page ---------------------------------------------------------------------------- */

static void page_is_idle(struct hs_task *self, struct device *device)
{
	struct state *st = (struct state *)device;

	hs_assert(self, !hs_u32_xchg(self, &st->idle, 1, HS_ACQ_REL), "idle twice");
	st->idle_after = load(self, &st->gone);
	hs_wake_all(self, &st->queue);
}

static void page_main(struct hs_task *self, void *arg)
{
	struct state *st = arg;

	device_page_put(self, st->page);
	note(&st->saw[WALKERS], 1, load(self, &st->gone));
}

static bool page_count_is_1(struct hs_task *self, void *arg)
{
	return device_page_count(self, arg) == 1;
}

/* ---- removal ----------------------------------------------------------------------------- */

/* A file system waits for its pages. Of other memory the removal itself does. */
static void remover_main(struct hs_task *self, void *arg)
{
	struct state *st = arg;

	if (st->page && st->param->type == DEVICE_FS_DAX)
		hs_wait_event_at(self, &st->queue, page_count_is_1, st->page, HS_HERE);
	device_unmap(self, &st->device);
	if (st->page && st->param->type != DEVICE_FS_DAX)
		hs_assert(self, load(self, &st->idle), "removed while a page is in use");
	hs_u32_store(self, &st->gone, 1, HS_RELEASE);
}

static void failing_main(struct hs_task *self, void *arg)
{
	struct state *st = arg;

	st->ret = (uint32_t)-device_map(self, &st->device, st->param->type);
	hs_u32_store(self, &st->gone, 1, HS_RELEASE);
}

/* ---- the scenario ------------------------------------------------------------------------ */

static int setup_page(struct hs_task *self, struct hs_plan *plan, struct state *st)
{
	int ret = 0;

	st->page = device_page(self, DEVICE_PFN);
	if (st->param->type == DEVICE_FS_DAX)
		device_page_get(self, st->page);
	else
		ret = device_page_hand_out(self, &st->device, st->page);
	return ret ? ret : hs_plan_task(plan, "page", page_main, st);
}

static int setup(struct hs_task *self, struct hs_plan *plan, void *state, const void *param)
{
	const struct param *p = param;
	struct state *st = state;
	int ret;

	st->param = p;
	st->device.idle = page_is_idle;
	hs_waitq_init(&st->queue);
	for (uint32_t i = 0; i <= WALKERS; i++)
		st->saw[i] = 1;
	ret = p->fails ? device_block(self, &st->device) : device_map(self, &st->device, p->type);
	if (!ret && p->puts_page)
		ret = setup_page(self, plan, st);
	for (uint32_t i = 0; i < p->walkers && !ret; i++) {
		st->walker[i] = (struct walker){ st, i };
		ret = hs_plan_task(plan, "walker", p->walk, &st->walker[i]);
	}
	return ret ? ret
		   : hs_plan_task(plan, "remover", p->fails ? failing_main : remover_main, st);
}

static void check(struct hs_task *self, void *state, const void *param)
{
	struct state *st = state;

	(void)param;
	hs_rcu_barrier(self);
	if (st->param->fails)
		device_unblock(self, &st->device);
	hs_assert(self, !device_get(self, DEVICE_PFN, NULL), "a pgmap of memory that is not there");
	hs_assert(self, !st->param->puts_page || load(self, &st->idle), "the page was never idle");
}

static uint64_t outcome(const void *state)
{
	const struct state *st = state;
	uint64_t all = st->ret << 1 | st->idle_after;

	for (uint32_t i = 0; i <= WALKERS; i++)
		all = all << 8 | st->saw[i];
	return all;
}

int main(int argc, char **argv)
{
	static const struct hs_scenario scenario = { "memremap", sizeof(struct state), setup,
						     check };
	static const struct param dying = { DEVICE_FS_DAX, 1, walk_dying, false, false },
				  cached = { DEVICE_FS_DAX, 1, walk_cached, false, false },
				  two = { DEVICE_FS_DAX, 2, walk_once, false, false },
				  allocated = { DEVICE_PRIVATE, 1, walk_once, true, false },
				  pinned = { DEVICE_FS_DAX, 1, walk_once, true, false },
				  fails = { DEVICE_PRIVATE, 1, walk_twice, false, true },
				  p2pdma = { DEVICE_P2PDMA, 0, NULL, true, false };

	if (argc > 1 && !strcmp(argv[1], "p2pdma")) {
		outcomes_print("p2pdma page", &scenario, &p2pdma, outcome, true);
		return 0;
	}
	outcomes_print("one walker, dying", &scenario, &dying, outcome, false);
	outcomes_print("one walker, cached", &scenario, &cached, outcome, false);
	outcomes_print("two walkers", &scenario, &two, outcome, false);
	outcomes_print("allocated page", &scenario, &allocated, outcome, false);
	outcomes_print("pinned page", &scenario, &pinned, outcome, false);
	outcomes_print("failing addition", &scenario, &fails, outcome, true);
	outcomes_print_races();
	return 0;
}
