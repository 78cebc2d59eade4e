/* SPDX-License-Identifier: MIT */
/*
 * ground.c - makes and ends machines and tasks; the thread counts that are tried
 */
#include "ground.h"

#include <stdio.h>
#include <stdlib.h>

#include "text/error_name.h"

static const char *bench_error(int ret)
{
	const char *name = hs_error_name(ret);

	return name ? name : "an error without a name";
}

void bench_must(int ret, const char *what)
{
	if (!ret)
		return;
	fprintf(stderr, "bench: %s: %s\n", what, bench_error(ret));
	exit(1);
}

struct hs_machine *bench_machine(uint64_t pages)
{
	struct hs_machine_config config;
	struct hs_machine *machine;
	uint64_t section;

	hs_machine_config_init(&config);
	section = (uint64_t)1 << config.section_order;
	bench_must(hs_machine_create(&config, &machine), "machine");
	if (pages) {
		struct hs_task *self = bench_attach(machine);
		uint64_t end = (256 + pages + section - 1) / section * section;

		bench_must(hs_memory_add(self, 0, end, true), "memory");
		bench_detach(self);
	}
	return machine;
}

void bench_machine_end(struct hs_machine *machine)
{
	struct hs_leaks left;
	int ret = hs_machine_destroy(machine, &left);

	if (!ret)
		return;
	fprintf(stderr, "bench: the machine ended with %s (%s)\n", bench_error(ret), left.text);
	exit(1);
}

struct hs_task *bench_attach(struct hs_machine *machine)
{
	struct hs_task *self;

	bench_must(hs_task_attach(machine, "bench", &self), "task");
	return self;
}

void bench_detach(struct hs_task *self)
{
	bench_must(hs_task_detach(self), "detach");
}

uint64_t bench_grace_periods(struct hs_machine *machine)
{
	struct hs_machine_info info;

	hs_machine_info(machine, &info);
	return info.grace_periods;
}

unsigned int bench_thread_counts(const struct bench_options *options,
				 unsigned int counts[BENCH_THREAD_COUNTS])
{
	unsigned int most = options->cpus < 2 ? 2 : options->cpus, n = 0;

	if (most > BENCH_THREADS_MAX - 1)
		most = BENCH_THREADS_MAX - 1;
	for (unsigned int t = 1; t < most; t *= 2)
		counts[n++] = t;
	counts[n++] = most;
	return n;
}
