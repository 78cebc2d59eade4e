/* SPDX-License-Identifier: MIT */
/*
 * percpu_ref.c - times one get and one put of a reference, by what holds the count
 *
 * A strategy pays such a pair for each page, table or range. "live" is tryget_live, as in
 * get_dev_pagemap(). "lookup" includes the search for the pgmap. The shared word and the mutex
 * stand for a reference without per-CPU counters.
 */
#include <stdio.h>

#include "bench.h"
#include "ground.h"
#include "pgmap/percpu_ref.h"
#include "port/port.h"

#define PAGES 512u

static struct hs_machine *machine;

/* What all threads of a repetition share, each on a cache line of its own. */
static struct {
	struct hs_percpu_ref percpu;
	struct hs_percpu_ref atomic __attribute__((__aligned__(64)));
	hs_u64 word __attribute__((__aligned__(64)));
	struct hs_mutex mutex __attribute__((__aligned__(64)));
	uint64_t guarded;
	struct hs_pgmap *pgmap __attribute__((__aligned__(64)));
	uint64_t operations;
} shared;

#define LOOP(name, body)                                                                   \
	static void bench_ref_##name##_loop(unsigned int thread, void *arg)                \
	{                                                                                  \
		struct hs_task *self = bench_attach(machine);                              \
                                                                                           \
		(void)thread;                                                              \
		(void)arg;                                                                 \
		for (uint64_t i = 0; i < shared.operations; i++) {                         \
			body;                                                              \
		}                                                                          \
		bench_detach(self);                                                        \
	}                                                                                  \
	static double bench_ref_##name(const struct bench_variant *v, uint64_t operations) \
	{                                                                                  \
		shared.operations = operations;                                            \
		return bench_threads(v->threads, bench_ref_##name##_loop, NULL) /          \
		       (double)operations;                                                 \
	}

LOOP(percpu_live, {
	if (hs_percpu_ref_tryget_live(self, &shared.percpu))
		hs_percpu_ref_put_many(self, &shared.percpu, 1);
})

LOOP(percpu_get, {
	hs_percpu_ref_get_many(self, &shared.percpu, 1);
	hs_percpu_ref_put_many(self, &shared.percpu, 1);
})

LOOP(atomic_live, {
	if (hs_percpu_ref_tryget_live(self, &shared.atomic))
		hs_percpu_ref_put_many(self, &shared.atomic, 1);
})

/* What tryget does: takes the reference unless the count is 0. */
LOOP(word_pair, {
	uint64_t seen = hs_u64_load(self, &shared.word, HS_RELAXED);

	while (seen && !hs_u64_cmpxchg(self, &shared.word, &seen, seen + 1, HS_ACQUIRE))
		;
	hs_u64_add(self, &shared.word, (uint64_t)-1, HS_RELEASE);
})

LOOP(mutex_pair, {
	hs_mutex_lock(self, &shared.mutex);
	shared.guarded++;
	hs_mutex_unlock(self, &shared.mutex);
	hs_mutex_lock(self, &shared.mutex);
	shared.guarded--;
	hs_mutex_unlock(self, &shared.mutex);
})

LOOP(lookup_pair, {
	struct hs_pgmap *pgmap = hs_pgmap_get(self, BENCH_DEVICE_PFN + i % PAGES, NULL);

	hs_pgmap_put(self, pgmap);
})

/* The pgmap of the last page answers, and no reference is taken. */
LOOP(cached_hit, {
	struct hs_pgmap *pgmap = hs_pgmap_get(self, BENCH_DEVICE_PFN + i % PAGES, shared.pgmap);

	__asm__ volatile("" : : "r"(pgmap));
})

static const struct {
	const char *name;
	double (*run)(const struct bench_variant *v, uint64_t operations);
	uint64_t alone, together; /* operations of one thread, of several */
} kinds[] = {
	{ "percpu, live", bench_ref_percpu_live, 5000000, 5000000 },
	{ "percpu, get", bench_ref_percpu_get, 5000000, 5000000 },
	{ "atomic mode, live", bench_ref_atomic_live, 1000000, 300000 },
	{ "one shared word", bench_ref_word_pair, 1000000, 300000 },
	{ "mutex", bench_ref_mutex_pair, 1000000, 100000 },
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static void bench_ref_pairs(const struct bench_options *options)
{
	struct bench_variant variants[KINDS * BENCH_THREAD_COUNTS];
	static char names[KINDS * BENCH_THREAD_COUNTS][48];
	unsigned int counts[BENCH_THREAD_COUNTS], many = bench_thread_counts(options, counts),
						  n = 0;

	for (size_t k = 0; k < KINDS; k++)
		for (unsigned int t = 0; t < many; t++, n++) {
			snprintf(names[n], sizeof(names[n]), "%s/threads:%u", kinds[k].name,
				 counts[t]);
			variants[n] = (struct bench_variant){
				.name = names[n],
				.run = kinds[k].run,
				.operations = counts[t] == 1 ? kinds[k].alone : kinds[k].together,
				.threads = counts[t],
			};
		}
	bench_group(options, "get+put of one reference", variants, n);
}

static void bench_ref_lookups(const struct bench_options *options)
{
	static const struct bench_variant variants[] = {
		{ "cached hit/threads:1", bench_ref_cached_hit, 10000000, 1, NULL },
		{ "lookup, live, put/threads:1", bench_ref_lookup_pair, 2000000, 1, NULL },
		{ "lookup, live, put/threads:2", bench_ref_lookup_pair, 2000000, 2, NULL },
	};

	bench_group(options, "get_dev_pagemap", variants, 3);
}

/* The last reference, that of the owner, is put. */
static void bench_ref_owner_released(struct hs_task *self, struct hs_percpu_ref *ref)
{
	(void)self;
	(void)ref;
}

int main(int argc, char **argv)
{
	struct bench_options options;
	struct hs_task *self;

	bench_parse(argc, argv, "", &options);
	machine = bench_machine(0);
	self = bench_attach(machine);
	bench_must(hs_percpu_ref_init(self, &shared.percpu, bench_ref_owner_released, 0),
		   "percpu ref");
	bench_must(hs_percpu_ref_init(self, &shared.atomic, bench_ref_owner_released,
				      HS_PERCPU_REF_ATOMIC),
		   "atomic ref");
	hs_u64_init(&shared.word, 1);
	hs_mutex_init(&shared.mutex, HS_LOCK_DRIVER);
	bench_must(hs_pgmap_add(self, HS_PGMAP_FS_DAX, BENCH_DEVICE_PFN, BENCH_DEVICE_PFN + PAGES,
				NULL, &shared.pgmap),
		   "pgmap");
	bench_ref_pairs(&options);
	bench_ref_lookups(&options);
	hs_pgmap_remove(self, shared.pgmap);
	hs_percpu_ref_kill(self, &shared.percpu);
	hs_percpu_ref_kill(self, &shared.atomic);
	hs_rcu_barrier(self);
	hs_percpu_ref_exit(self, &shared.percpu);
	hs_percpu_ref_exit(self, &shared.atomic);
	bench_detach(self);
	bench_machine_end(machine);
	return 0;
}
