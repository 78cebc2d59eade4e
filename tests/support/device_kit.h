/* SPDX-License-Identifier: MIT */
/*
 * device_kit.h - an address space of eight pages made by hand, scripted faults, and a device on it
 */
#ifndef HS_TESTS_DEVICE_KIT_H
#define HS_TESTS_DEVICE_KIT_H

#include <hmmsim/fault.h>
#include <hmmsim/pgmap.h>

#include "device/dmirror.h"
#include "mm/mm.h"
#include "support/machine.h"

#define BASE 0x7f0000000000u
#define PFN 0x1000u
#define PAGES 8u
#define PRESENT (HS_ENTRY_VALID | HS_ENTRY_WRITE)

struct kit {
	struct machine m;
	struct hs_task *self;
	struct hs_mm *mm;
	struct hs_dmirror_config config;
	struct hs_dmirror *dev;
	/* what the next faults do, first to last; then SIGBUS */
	uint64_t entry[4];
	uint32_t given, wanted, faults;
	uint32_t flags;		       /* of the last fault */
	struct hs_invalidation during; /* start == end: no invalidation during a fault */
};

/* That of the test that runs. */
extern struct kit *now;

int kit_setup(void **state);
int kit_teardown(void **state);

#define device_unit_test(f) cmocka_unit_test_setup_teardown(f, kit_setup, kit_teardown)

/* Makes now->mm: page i is mapped to PFN + i, and faults do what the script says. */
void kit_make_mm(void);
/* The next fault but those asked for before puts this entry. */
void will_fault(uint64_t entry);
uint64_t at(uint64_t page);
void map(uint64_t page, uint64_t entry);
/* An unmap that may block. */
struct hs_invalidation inv(uint64_t start, uint64_t end);
void invalidate(struct hs_invalidation i);

#endif
