/* SPDX-License-Identifier: MIT */
/*
 * machine.h - a machine with one task, its device memory, and proof that nothing is left of it
 */
#ifndef HS_TESTS_MACHINE_H
#define HS_TESTS_MACHINE_H

#include <hmmsim/machine.h>

#include "pgmap/pgmap.h"
#include "port/port.h"
#include "support/test.h"

#define PAGE 0x1000ull

struct machine {
	struct hs_machine *machine;
	struct hs_task *self;
};

void machine_open(struct machine *m, const struct hs_machine_config *config);
/* The allocation with index @fail fails, 0: none; the first two are the machine's own. */
void machine_open_failing(struct machine *m, uint64_t fail);
/* Asserts that no object is left. */
void machine_close(struct machine *m);
/* The default configuration with sections of 8 pages and subsections of 2. */
void machine_small_config(struct hs_machine_config *config);
/*
 * Runs @fn with memory that fails at its first allocation, its second and so on, each time on a
 * machine that it must leave empty, until no allocation fails. Returns how many failed.
 */
uint64_t machine_run_out(int (*fn)(struct hs_task *self));

int machine_setup(void **state);
int machine_teardown(void **state);
struct hs_task *machine_task(void **state);

#define machine_unit_test(f) cmocka_unit_test_setup_teardown(f, machine_setup, machine_teardown)

/* ---- device memory ----------------------------------------------------------------------- */

/* What page_free of device_memory_ops saw. It is the pgmap's driver_data, or that is NULL. */
struct freed {
	uint32_t calls;
	uint32_t count; /* of the page, at the last call */
	struct hs_page *page;
};

/* note_freed(), and hs_migrate_to_ram() for faults. */
extern const struct hs_pgmap_ops device_memory_ops;
void note_freed(struct hs_task *self, struct hs_pgmap *pgmap, struct hs_page *page);

#define DEVICE_PFN 0x40000ull

/* With device_memory_ops, which are the owner as well. */
void device_memory_config(struct hs_pgmap_config *config, enum hs_pgmap_type type,
			  enum hs_page_refs refs, uint64_t pfn, uint64_t pages);

#endif
