/* SPDX-License-Identifier: MIT */
/*
 * seam.c - times the native seam: counters, locks, RCU, loads, objects
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"
#include "memory/machine.h"
#include "port/port.h"

static struct hs_machine *machine;

static struct hs_task *bench_seam_attach(void)
{
	struct hs_task *self;

	if (hs_task_attach(machine, "bench", &self)) {
		fprintf(stderr, "bench: no task\n");
		exit(1);
	}
	return self;
}

/* What all threads of a repetition share, each on a cache line of its own. */
static struct shared {
	hs_u64 *counter;
	hs_u64 state __attribute__((__aligned__(64)));
	hs_u64 word __attribute__((__aligned__(64)));
	struct hs_mutex mutex __attribute__((__aligned__(64)));
	struct hs_spinlock spin __attribute__((__aligned__(64)));
	struct hs_rwsem rwsem __attribute__((__aligned__(64)));
	pthread_mutex_t pthread __attribute__((__aligned__(64)));
	uint64_t operations;
} shared = { .pthread = PTHREAD_MUTEX_INITIALIZER };

#define LOOP(name, body)                                                                    \
	static void bench_seam_##name##_loop(unsigned int thread, void *arg)                \
	{                                                                                   \
		struct hs_task *self = bench_seam_attach();                                 \
		struct shared *s = arg;                                                     \
                                                                                            \
		(void)thread;                                                               \
		for (uint64_t i = 0; i < s->operations; i++) {                              \
			body;                                                               \
		}                                                                           \
		hs_task_detach(self);                                                       \
	}                                                                                   \
	static double bench_seam_##name(const struct bench_variant *v, uint64_t operations) \
	{                                                                                   \
		shared.operations = operations;                                             \
		return bench_threads(v->threads, bench_seam_##name##_loop, &shared) /       \
		       (double)operations;                                                  \
	}

LOOP(counter_pair, {
	hs_pcpu_add(self, s->counter, 1);
	hs_pcpu_add(self, s->counter, (uint64_t)-1);
})

/* What a percpu_ref does: it first reads the word that says whether its counters are in use. */
LOOP(counter_pair_checked, {
	uint64_t state = hs_u64_load(self, &s->state, HS_ACQUIRE);

	if (hs_likely(!(state & 3)))
		hs_pcpu_add(self, (hs_u64 *)(uintptr_t)state, 1);
	state = hs_u64_load(self, &s->state, HS_ACQUIRE);
	if (hs_likely(!(state & 3)))
		hs_pcpu_add(self, (hs_u64 *)(uintptr_t)state, (uint64_t)-1);
})

LOOP(shared_pair, {
	uint64_t seen = hs_u64_load(self, &s->word, HS_RELAXED);

	while (!hs_u64_cmpxchg(self, &s->word, &seen, seen + 1, HS_ACQUIRE))
		;
	hs_u64_add(self, &s->word, (uint64_t)-1, HS_RELEASE);
})

LOOP(rcu_section, {
	hs_rcu_read_lock(self);
	hs_rcu_read_unlock(self);
})

LOOP(mutex_pair, {
	hs_mutex_lock(self, &s->mutex);
	hs_mutex_unlock(self, &s->mutex);
})

LOOP(spin_pair, {
	hs_spin_lock(self, &s->spin);
	hs_spin_unlock(self, &s->spin);
})

LOOP(read_pair, {
	hs_down_read(self, &s->rwsem);
	hs_up_read(self, &s->rwsem);
})

LOOP(pthread_pair, {
	pthread_mutex_lock(&s->pthread);
	pthread_mutex_unlock(&s->pthread);
})

LOOP(grace_period, hs_synchronize_rcu(self))

LOOP(table_object, {
	void *p = hs_alloc(self, HS_KIND_TABLE, 4096);

	hs_free(self, p, HS_KIND_TABLE, 4096);
})

LOOP(page_object, {
	void *p = hs_alloc(self, HS_KIND_PAGE, 32);

	hs_free(self, p, HS_KIND_PAGE, 32);
})

/* ---- loads of table entries -------------------------------------------------------------- */

#define ENTRIES 512
static hs_u64 table[ENTRIES] __attribute__((__aligned__(64)));
static volatile uint64_t sink;

LOOP(entry_loads, {
	uint64_t sum = 0;

	for (unsigned int e = 0; e < ENTRIES; e++)
		sum += hs_u64_load(self, &table[e], HS_RELAXED);
	sink = sum;
})

LOOP(chunk_loads, {
	uint64_t sum = 0;

	for (unsigned int e = 0; e < ENTRIES; e += HS_LANES) {
		struct hs_chunk c = hs_chunk_load(self, &table[e]);

		for (unsigned int lane = 0; lane < HS_LANES; lane++)
			sum += hs_chunk_lane(c, lane);
	}
	sink = sum;
})

/* ---- groups ------------------------------------------------------------------------------ */

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct bench_variant references[] = {
	{ "per-CPU counter get+put/threads:1", bench_seam_counter_pair, 10000000, 1, NULL },
	{ "per-CPU counter get+put/threads:2", bench_seam_counter_pair, 10000000, 2, NULL },
	{ "with state word/threads:1", bench_seam_counter_pair_checked, 10000000, 1, NULL },
	{ "with state word/threads:2", bench_seam_counter_pair_checked, 10000000, 2, NULL },
	{ "one shared atomic get+put/threads:1", bench_seam_shared_pair, 2000000, 1, NULL },
	{ "one shared atomic get+put/threads:2", bench_seam_shared_pair, 1000000, 2, NULL },
};

static const struct bench_variant locks[] = {
	{ "mutex lock+unlock/threads:1", bench_seam_mutex_pair, 2000000, 1, NULL },
	{ "mutex lock+unlock/threads:2", bench_seam_mutex_pair, 500000, 2, NULL },
	{ "spinlock lock+unlock/threads:1", bench_seam_spin_pair, 2000000, 1, NULL },
	{ "spinlock lock+unlock/threads:2", bench_seam_spin_pair, 500000, 2, NULL },
	{ "rwsem down_read+up_read/threads:1", bench_seam_read_pair, 2000000, 1, NULL },
	{ "rwsem down_read+up_read/threads:2", bench_seam_read_pair, 1000000, 2, NULL },
	{ "pthread_mutex lock+unlock/threads:1", bench_seam_pthread_pair, 2000000, 1, NULL },
	{ "pthread_mutex lock+unlock/threads:2", bench_seam_pthread_pair, 500000, 2, NULL },
};

static const struct bench_variant rcu[] = {
	{ "rcu_read_lock+unlock/threads:1", bench_seam_rcu_section, 10000000, 1, NULL },
	{ "rcu_read_lock+unlock/threads:2", bench_seam_rcu_section, 10000000, 2, NULL },
	{ "synchronize_rcu/threads:1", bench_seam_grace_period, 20000, 1, NULL },
	{ "synchronize_rcu/threads:2", bench_seam_grace_period, 20000, 2, NULL },
};

static const struct bench_variant loads[] = {
	{ "512 entries, one by one", bench_seam_entry_loads, 200000, 1, NULL },
	{ "512 entries, in chunks", bench_seam_chunk_loads, 200000, 1, NULL },
};

static const struct bench_variant objects[] = {
	{ "page alloc+free (32 bytes)", bench_seam_page_object, 500000, 1, NULL },
	{ "page table alloc+free (4096 bytes)", bench_seam_table_object, 200000, 1, NULL },
};

static void bench_seam_begin(enum hs_arena_kind kind)
{
	struct hs_machine_config config;
	struct hs_task *boot;

	hs_machine_config_init(&config);
	config.kind = kind;
	if (hs_machine_create(&config, &machine)) {
		fprintf(stderr, "bench: no machine\n");
		exit(1);
	}
	boot = hs_arena_boot(machine->arena);
	shared.counter = hs_pcpu_alloc(boot);
	hs_u64_init(&shared.state, (uintptr_t)shared.counter);
	hs_u64_init(&shared.word, 1);
	hs_mutex_init(&shared.mutex, HS_LOCK_DRIVER);
	hs_spin_init(&shared.spin, HS_LOCK_PAGE_TABLE);
	hs_rwsem_init(&shared.rwsem, HS_LOCK_MMAP);
}

static void bench_seam_end(void)
{
	hs_pcpu_free(hs_arena_boot(machine->arena), shared.counter);
	hs_machine_destroy(machine, NULL);
}

int main(int argc, char **argv)
{
	struct bench_options options;

	bench_parse(argc, argv, "", &options);
	printf("HS_LANES %d, debug %d\n\n", HS_LANES, HS_DEBUG);
	bench_seam_begin(HS_ARENA_HEAP);
	bench_group(&options, "references", references, COUNT(references));
	bench_group(&options, "locks", locks, COUNT(locks));
	bench_group(&options, "RCU", rcu, COUNT(rcu));
	bench_group(&options, "racy loads", loads, COUNT(loads));
	bench_group(&options, "objects, heap arena", objects, COUNT(objects));
	bench_seam_end();
	bench_seam_begin(HS_ARENA_REGION);
	bench_group(&options, "objects, region arena", objects, COUNT(objects));
	bench_seam_end();
	return 0;
}
