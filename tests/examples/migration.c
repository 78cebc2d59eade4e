/* SPDX-License-Identifier: MIT */
/*
 * migration.c - a page goes to the memory of a device and comes back: step by step, then on threads
 *
 * The driver is written in the kernel's spellings (<hmmsim/linux.h>). On threads a process writes
 * and reads the page while the driver takes it, evicts its memory and removes it.
 * Prints:
 *
 *	mirrored: pfn 0
 *	taken: pfn 0x11
 *	a CPU reads 7: forgotten
 *	mirrored: pfn 0
 *	taken: pfn 0x11
 *	evicted: forgotten
 *	mirrored: pfn 0
 *	removed
 *	100 times on threads: nothing is left
 */
#include <hmmsim/fault.h>

#include "example.h"
#include "migration.h"

/* What the device has mapped. */
static void show(const char *what, const struct gpu *gpu)
{
	if (gpu->table)
		printf("%s: pfn %#lx\n", what, gpu->table - 1);
	else
		printf("%s: forgotten\n", what);
}

static void mirror(const char *what, struct gpu *gpu)
{
	must(gpu_populate(gpu));
	show(what, gpu);
}

static void steps(struct hs_task *self, struct state *s)
{
	uint64_t value = 0;

	must(state_open(self, s));
	must(-(long)hs_cpu_write(self, s->mm, 0, 7));
	mirror("mirrored", &s->gpu);
	must(gpu_take(&s->gpu));
	mirror("taken", &s->gpu);
	must(-(long)hs_cpu_read(self, s->mm, 0, &value));
	printf("a CPU reads %d", (int)value);
	show("", &s->gpu);
	mirror("mirrored", &s->gpu);
	must(gpu_take(&s->gpu));
	mirror("taken", &s->gpu);
	gpu_evict();
	show("evicted", &s->gpu);
	mirror("mirrored", &s->gpu);
	gpu_close(&s->gpu);
	hs_mm_destroy(self, s->mm);
	printf("removed\n");
}

int main(void)
{
	struct hs_machine_config config;
	struct hs_machine *machine;
	struct state s = { .hasty = false };
	struct hs_task *self;

	hs_machine_config_init(&config);
	config.section_order = 3;
	config.subsection_order = 1;
	must(hs_machine_create(&config, &machine));
	must(hs_task_attach(machine, "example", &self));
	steps(self, &s);
	stop(self);
	for (int i = 0; i < 100; i++)
		must(hs_scenario_run(&migration, &s.hasty, &config, NULL));
	printf("100 times on threads: nothing is left\n");
	return 0;
}
