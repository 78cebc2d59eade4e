/* SPDX-License-Identifier: MIT */
/*
 * script.h - the scripted fault handler
 *
 * invented. It stands in for handle_mm_fault(): which action answers a fault is in the scenario,
 * what the action does to the entry at the address is in one table (script.c). What happened is
 * a log, in which consecutive faults are one event.
 */
#ifndef HS_RUN_SCRIPT_H
#define HS_RUN_SCRIPT_H

#include <hmmsim/fault.h>

#include "text/fault_rules.h"

enum hs_walk_event_kind {
	HS_LOGGED_FAULT,
	HS_LOGGED_NULL_VMA, /* a fault outside all VMAs: the kernel of v5.3 would oops */
	HS_LOGGED_WAIT_PTE,
	HS_LOGGED_WAIT_PMD,
};

struct hs_walk_event {
	uint64_t addr, count; /* of pages, in order of addresses */
	enum hs_walk_event_kind kind;
	enum hs_fault_action action;
	bool write, may_drop; /* FAULT_FLAG_WRITE, FAULT_FLAG_ALLOW_RETRY */
};

struct hs_script {
	const struct hs_fault_rules *rules;
	struct hs_hostmem *mem;
	uint64_t calls; /* faults in VMAs so far */
	uint64_t null_vmas;
	bool invalidated; /* an inval action moved the sequence */
	int error;	  /* first failure of the handler itself, not of what it models */
	struct hs_walk_event *log;
	size_t log_count;
};

/* For hs_mm_set_fault_ops(), with the script as argument. */
extern const struct hs_fault_ops hs_script_ops;

#endif
