/* SPDX-License-Identifier: MIT */
/*
 * invalidate.c - times a populate while another thread invalidates, and counts its retries
 *
 * A device mirrors a window of PAGES pages of a DAX file. One thread populates the whole window
 * again and again. Another one invalidates a page, then pauses, then invalidates the next. It
 * either runs the notifiers alone and leaves the page ("notified"), or also takes the page away, so
 * that the next populate faults it in again ("zapped"). A second table has the retries and faults
 * of a populate. One missing page means many faults: the walker, like the kernel's, asks for the
 * rest of its page table too.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"
#include "ground.h"
#include "port/port.h"

#define PAGES 512u
#define BASE 0x7f0000000000u
#define END (BASE + PAGES * HS_PAGE_BYTES)
#define RW (HS_VM_READ | HS_VM_WRITE | HS_VM_MAYWRITE)
#define NEVER 0xffffffffu
#define TRIES 100u /* then a populate gives up: without pauses it may never get through */

static struct hs_machine *machine;
static struct hs_task *boot;
static struct hs_mm *mm;

/* Sums over all repetitions of a variant. */
struct tally {
	uint64_t calls, populates, retries, invalidations, faults;
};

struct question {
	enum hs_strategy strategy;
	bool zap;
	uint32_t pause_ns; /* between two invalidations; NEVER: there are none */
	unsigned int populators;
	struct tally *tally;
};

static struct {
	const struct question *question;
	struct hs_dmirror *dev;
	uint64_t operations;
	uint32_t running; /* populators that are not done */
} shared;

/* ---- threads ----------------------------------------------------------------------------- */

static void bench_invalidate_populate(struct hs_task *self)
{
	for (uint64_t i = 0; i < shared.operations; i++) {
		int ret = hs_dmirror_populate(self, shared.dev, BASE, END, true);

		bench_must(ret == -EBUSY ? 0 : ret, "populate");
	}
	__atomic_sub_fetch(&shared.running, 1, __ATOMIC_SEQ_CST);
}

static void bench_invalidate_page(struct hs_task *self, uint64_t page)
{
	const struct hs_invalidation inv = {
		.start = BASE + page * HS_PAGE_BYTES,
		.end = BASE + (page + 1) * HS_PAGE_BYTES,
		.event = HS_INVALIDATE_CLEAR,
		.blockable = true,
	};

	if (shared.question->zap) {
		bench_must(hs_madvise_dontneed(self, mm, inv.start, inv.end), "zap");
		return;
	}
	bench_must(hs_invalidate_start(self, hs_mm_notifiers(mm), &inv), "invalidation");
	hs_invalidate_end(self, hs_mm_notifiers(mm), &inv);
}

static void bench_invalidate_pages(struct hs_task *self)
{
	for (uint64_t i = 0; __atomic_load_n(&shared.running, __ATOMIC_SEQ_CST); i++) {
		double begin = bench_now_ns();

		bench_invalidate_page(self, i * 7 % PAGES);
		while (bench_now_ns() - begin < shared.question->pause_ns &&
		       __atomic_load_n(&shared.running, __ATOMIC_SEQ_CST))
			;
	}
}

static double ends_at[BENCH_THREADS_MAX];

static void bench_invalidate_work(unsigned int thread, void *arg)
{
	struct hs_task *self = bench_attach(machine);
	double begin = bench_now_ns();

	(void)arg;
	if (thread < shared.question->populators)
		bench_invalidate_populate(self);
	else
		bench_invalidate_pages(self);
	ends_at[thread] = bench_now_ns() - begin;
	bench_detach(self);
}

/* ---- a repetition ------------------------------------------------------------------------ */

static void bench_invalidate_add_stats(struct tally *tally, const struct hs_dmirror_stats *before,
				       const struct hs_dmirror_stats *after)
{
	tally->populates += after->populates - before->populates;
	tally->retries += after->retries - before->retries;
	tally->invalidations += after->invalidations - before->invalidations;
	tally->faults += after->walk.faults - before->walk.faults;
}

static double bench_invalidate_repetition(const struct bench_variant *v, uint64_t operations)
{
	const struct question *q = v->arg;
	struct hs_dmirror_config config;
	struct hs_dmirror_stats before, after;
	double ns = 0;

	hs_dmirror_config_init(&config, mm, BASE, END);
	config.range.strategy = q->strategy;
	config.tries = TRIES;
	bench_must(hs_dmirror_create(boot, &config, &shared.dev), "device");
	bench_must(hs_dmirror_populate(boot, shared.dev, BASE, END, true), "populate");
	hs_dmirror_stats(boot, shared.dev, &before);
	shared.question = q;
	shared.operations = operations / q->populators;
	shared.running = q->populators;
	bench_threads(v->threads, bench_invalidate_work, NULL);
	hs_dmirror_stats(boot, shared.dev, &after);
	bench_invalidate_add_stats(q->tally, &before, &after);
	q->tally->calls += shared.operations * q->populators;
	hs_dmirror_destroy(boot, shared.dev);
	for (unsigned int t = 0; t < q->populators; t++)
		ns += ends_at[t] / q->populators;
	return ns / (double)shared.operations;
}

/* ---- groups ------------------------------------------------------------------------------ */

struct row {
	char name[64];
	struct question question;
	struct tally tally;
};

static void bench_invalidate_group(const struct bench_options *options, const char *title,
				   struct row *rows, unsigned int count)
{
	struct bench_variant variants[BENCH_VARIANTS_MAX] = { 0 };

	for (unsigned int i = 0; i < count; i++) {
		const struct question *q = &rows[i].question;

		rows[i].question.tally = &rows[i].tally;
		variants[i] = (struct bench_variant){
			.name = rows[i].name,
			.run = bench_invalidate_repetition,
			.operations = q->pause_ns ? 2000 : 20,
			.threads = q->populators + (q->pause_ns != NEVER),
			.arg = q,
		};
	}
	bench_group(options, title, variants, count);
	printf("  %-42s %9s %9s %9s %9s\n", "of a populate", "retries", "callbacks", "faults",
	       "gave up");
	for (unsigned int i = 0; i < count; i++) {
		const struct tally *t = &rows[i].tally;
		double n = (double)t->calls;

		printf("  %-42s %9.3f %9.3f %9.3f %9.3f\n", rows[i].name, (double)t->retries / n,
		       (double)t->invalidations / n, (double)t->faults / n,
		       (double)(t->calls - t->populates) / n);
	}
	printf("\n");
}

static void bench_invalidate_add_row(struct row *rows, unsigned int *n, struct question question)
{
	struct row *r = &rows[(*n)++];
	char what[32];

	r->question = question;
	r->tally = (struct tally){ 0 };
	if (question.pause_ns == NEVER)
		snprintf(what, sizeof(what), "no invalidation");
	else if (!question.pause_ns)
		snprintf(what, sizeof(what), "%s without pause",
			 question.zap ? "zapped" : "notified");
	else
		snprintf(what, sizeof(what), "%s every %u us", question.zap ? "zapped" : "notified",
			 question.pause_ns / 1000);
	snprintf(r->name, sizeof(r->name), "%s/%s/threads:%u", hs_strategy_name(question.strategy),
		 what, question.populators + (question.pause_ns != NEVER));
}

static const uint32_t pauses[] = { NEVER, 100000, 20000, 5000, 0 };
#define PAUSES (sizeof(pauses) / sizeof(pauses[0]))

static void bench_invalidate_rates(const struct bench_options *options, bool zap)
{
	static struct row rows[BENCH_VARIANTS_MAX];
	unsigned int n = 0;

	for (size_t p = 0; p < PAUSES; p++)
		bench_invalidate_add_row(
			rows, &n,
			(struct question){ .zap = zap, .pause_ns = pauses[p], .populators = 1 });
	bench_invalidate_group(options,
			       zap ? "populate of 512 pages, a page is zapped"
				   : "populate of 512 pages, notified, pages stay",
			       rows, n);
}

static void bench_invalidate_strategies(const struct bench_options *options)
{
	static const enum hs_strategy order[] = { HS_STRATEGY_NONE, HS_STRATEGY_PER_PAGE,
						  HS_STRATEGY_PER_TABLE, HS_STRATEGY_PER_RANGE };
	static struct row rows[BENCH_VARIANTS_MAX];
	unsigned int n = 0;

	for (int busy = 0; busy < 2; busy++)
		for (size_t s = 0; s < sizeof(order) / sizeof(order[0]); s++)
			bench_invalidate_add_row(rows, &n,
						 (struct question){ .strategy = order[s],
								    .zap = true,
								    .pause_ns = busy ? 20000
										     : NEVER,
								    .populators = 1 });
	bench_invalidate_group(options, "populate of 512 pages, by strategy", rows, n);
}

/* Several threads populate through one device and share its driver lock. */
static void bench_invalidate_contended(const struct bench_options *options)
{
	static struct row rows[BENCH_VARIANTS_MAX];
	unsigned int counts[BENCH_THREAD_COUNTS], many = bench_thread_counts(options, counts),
						  n = 0;

	for (unsigned int t = 0; t < many; t++)
		bench_invalidate_add_row(
			rows, &n, (struct question){ .pause_ns = NEVER, .populators = counts[t] });
	/* One CPU is for the invalidator. */
	for (unsigned int t = 0; t < many && (!t || counts[t] < options->cpus); t++)
		bench_invalidate_add_row(
			rows, &n, (struct question){ .pause_ns = 20000, .populators = counts[t] });
	bench_invalidate_group(options, "populate of 512 pages, one driver lock", rows, n);
}

/* ---- the window -------------------------------------------------------------------------- */

int main(int argc, char **argv)
{
	struct hs_mapping_config config = { .kind = HS_MAPPING_DAX_FILE,
					    .first = BENCH_DEVICE_PFN,
					    .pages = PAGES };
	struct hs_pgmap_config device;
	struct bench_options options;
	struct hs_mapping *file;

	bench_parse(argc, argv, "", &options);
	machine = bench_machine(PAGES);
	boot = bench_attach(machine);
	hs_pgmap_config_init(&device, HS_PGMAP_FS_DAX, BENCH_DEVICE_PFN, BENCH_DEVICE_PFN + PAGES);
	bench_must(hs_pgmap_create(boot, &device, &config.pgmap), "pgmap");
	bench_must(hs_mapping_create(boot, &config, &file), "file");
	bench_must(hs_mm_create(boot, hs_geometry(HS_GEOMETRY_X86_64), &mm), "mm");
	bench_must(hs_mmap(boot, mm, BASE, END, RW | HS_VM_SHARED, file, 0), "mmap");
	bench_invalidate_rates(&options, false);
	bench_invalidate_rates(&options, true);
	bench_invalidate_strategies(&options);
	bench_invalidate_contended(&options);
	hs_mm_destroy(boot, mm);
	hs_mapping_destroy(boot, file);
	hs_pgmap_destroy(boot, config.pgmap);
	bench_detach(boot);
	bench_machine_end(machine);
	return 0;
}
