/* SPDX-License-Identifier: MIT */
/*
 * removal.c - times the removal of a pgmap, and counts its grace periods
 *
 * drained:  from the start of KILL to the end of WAIT destroy:  the whole of hs_pgmap_destroy()
 * holder:   another thread holds a reference, sees the kill, and puts the reference HELD_NS later.
 * The
 *	     time begins with that put.
 */
#include <stdio.h>

#include "bench.h"
#include "cpus.h"
#include "ground.h"
#include "pgmap/pgmap.h"
#include "port/port.h"

#define HELD_NS 200000.0

static struct hs_machine *machine;
static struct hs_task *self;

/* Sums over all repetitions of a variant. */
struct tally {
	uint64_t ends, grace_periods;
};

struct question {
	uint64_t mib;
	bool whole; /* times all of the destroy; otherwise until drained */
	bool holder;
	enum hs_page_refs page_refs;
	struct tally *tally;
};

static struct hs_pgmap *bench_removal_create(const struct question *q)
{
	struct hs_pgmap_config config;
	struct hs_pgmap *pgmap;

	hs_pgmap_config_init(&config, HS_PGMAP_FS_DAX, BENCH_DEVICE_PFN,
			     BENCH_DEVICE_PFN + q->mib * 256);
	config.page_refs = q->page_refs;
	bench_must(hs_pgmap_create(self, &config, &pgmap), "pgmap");
	return pgmap;
}

/* ---- the holder -------------------------------------------------------------------------- */

struct holder {
	hs_u32 holds;
	struct hs_pgmap *pgmap;
	double put_at; /* valid when the thread has ended */
};

static void bench_removal_hold(struct hs_task *task, void *arg)
{
	struct holder *h = arg;
	struct hs_pgmap *pgmap = hs_pgmap_get(task, BENCH_DEVICE_PFN, NULL);
	double since;

	hs_u32_store(task, &h->holds, 1, HS_RELEASE);
	while (!hs_percpu_ref_is_dying(task, &h->pgmap->ref))
		bench_yield();
	since = bench_now_ns();
	while (bench_now_ns() - since < HELD_NS)
		bench_yield();
	h->put_at = bench_now_ns();
	hs_pgmap_put(task, pgmap);
}

static struct hs_thread *bench_removal_start_holder(struct holder *h, struct hs_pgmap *pgmap)
{
	struct hs_thread *thread;

	hs_u32_init(&h->holds, 0);
	h->pgmap = pgmap;
	thread = hs_thread_start(self, "holder", bench_removal_hold, h);
	if (!thread)
		bench_must(-1, "thread");
	while (!hs_u32_load(self, &h->holds, HS_ACQUIRE))
		bench_yield();
	return thread;
}

/* ---- the end ----------------------------------------------------------------------------- */

/* The first steps in the order of 6.0. */
static void bench_removal_drain(struct hs_pgmap *pgmap)
{
	hs_pgmap_step(self, pgmap, HS_PGMAP_KILL);
	hs_pgmap_step(self, pgmap, HS_PGMAP_PUT_PAGES);
	hs_pgmap_step(self, pgmap, HS_PGMAP_WAIT);
}

static void bench_removal_finish(struct hs_pgmap *pgmap)
{
	hs_pgmap_step(self, pgmap, HS_PGMAP_MEMORY);
	hs_pgmap_step(self, pgmap, HS_PGMAP_ERASE);
	hs_pgmap_step(self, pgmap, HS_PGMAP_EXIT);
	hs_pgmap_free(self, pgmap);
}

static double bench_removal_once(const struct question *q)
{
	struct hs_pgmap *pgmap = bench_removal_create(q);
	struct hs_thread *thread = NULL;
	struct holder holder;
	uint64_t before;
	double begin, end;

	if (q->holder)
		thread = bench_removal_start_holder(&holder, pgmap);
	before = bench_grace_periods(machine);
	begin = bench_now_ns();
	if (q->whole)
		hs_pgmap_destroy(self, pgmap);
	else
		bench_removal_drain(pgmap);
	end = bench_now_ns();
	q->tally->grace_periods += bench_grace_periods(machine) - before;
	q->tally->ends++;
	if (!q->whole)
		bench_removal_finish(pgmap);
	if (!thread)
		return end - begin;
	hs_thread_join(self, thread);
	return end - holder.put_at;
}

static double bench_removal_repetition(const struct bench_variant *v, uint64_t operations)
{
	double ns = 0;

	for (uint64_t i = 0; i < operations; i++)
		ns += bench_removal_once(v->arg);
	return ns / (double)operations;
}

/* ---- groups ------------------------------------------------------------------------------ */

static const uint64_t bench_removal_sizes[] = { 2, 32, 256, 1024 }; /* MiB */
#define SIZES (sizeof(bench_removal_sizes) / sizeof(bench_removal_sizes[0]))

static void bench_removal_group(const struct bench_options *options, const char *title,
				const char *what, struct question question)
{
	struct bench_variant variants[SIZES];
	struct question questions[SIZES];
	struct tally tallies[SIZES] = { 0 };
	char names[SIZES][64];

	for (size_t i = 0; i < SIZES; i++) {
		questions[i] = question;
		questions[i].mib = bench_removal_sizes[i];
		questions[i].tally = &tallies[i];
		snprintf(names[i], sizeof(names[i]), "%s/%u MiB/threads:%u", what,
			 (unsigned int)bench_removal_sizes[i], question.holder ? 2 : 1);
		variants[i] = (struct bench_variant){
			.name = names[i],
			.run = bench_removal_repetition,
			.operations = 2048 / bench_removal_sizes[i] < 50
					      ? 2048 / bench_removal_sizes[i]
					      : 50,
			.threads = question.holder ? 2 : 1,
			.arg = &questions[i],
		};
	}
	bench_group(options, title, variants, SIZES);
	for (size_t i = 0; i < SIZES; i++)
		printf("  %-42s %9.2f grace periods\n", names[i],
		       (double)tallies[i].grace_periods / (double)tallies[i].ends);
	printf("\n");
}

int main(int argc, char **argv)
{
	struct bench_options options;

	bench_parse(argc, argv, "", &options);
	machine = bench_machine(0);
	self = bench_attach(machine);
	bench_removal_group(&options, "kill to drained, idle", "drained",
			    (struct question){ .page_refs = HS_PAGE_REFS_6_1 });
	bench_removal_group(&options, "destroy, idle", "destroy",
			    (struct question){ .whole = true, .page_refs = HS_PAGE_REFS_6_1 });
	bench_removal_group(&options, "destroy, idle, a reference per page", "destroy 5.3",
			    (struct question){ .whole = true, .page_refs = HS_PAGE_REFS_5_3 });
	bench_removal_group(&options, "last put to drained, with a holder", "drained",
			    (struct question){ .holder = true, .page_refs = HS_PAGE_REFS_6_1 });
	bench_removal_group(
		&options, "last put to the end of destroy", "destroy",
		(struct question){ .whole = true, .holder = true, .page_refs = HS_PAGE_REFS_6_1 });
	bench_detach(self);
	bench_machine_end(machine);
	return 0;
}
