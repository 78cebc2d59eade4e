/* SPDX-License-Identifier: MIT */
/*
 * script.h - the scripted fault handler
 *
 * invented. It stands in for handle_mm_fault(). The rules say which action answers a fault, and the
 * table in script.c what the action does to the entry at the address. The handler keeps a log, in
 * which consecutive faults of one kind are one event.
 */
#ifndef HS_RUN_SCRIPT_H
#define HS_RUN_SCRIPT_H

#include <hmmsim/fault.h>

#include "text/fault_rules.h"

enum hs_walk_event_kind {
	HS_LOGGED_FAULT,
	HS_LOGGED_NULL_VMA, /* a fault outside all VMAs, where v5.3 would oops */
	HS_LOGGED_WAIT_PTE,
	HS_LOGGED_WAIT_PMD,
};

struct hs_walk_event {
	uint64_t addr, count; /* pages from addr on */
	enum hs_walk_event_kind kind;
	enum hs_fault_action action;
	bool write, may_drop; /* FAULT_FLAG_WRITE, FAULT_FLAG_ALLOW_RETRY */
};

struct hs_script {
	const struct hs_fault_rules *rules;
	struct hs_hostmem *mem;
	uint64_t calls; /* faults in VMAs */
	uint64_t null_vmas;
	uint64_t changes; /* of entries, by faults and waits */
	bool invalidated; /* an inval action moved the sequence */
	int error;	  /* first failure of the simulator, as opposed to the model */
	struct hs_walk_event *log;
	size_t log_count;
};

/* For hs_mm_set_fault_ops(); the argument is the script. */
extern const struct hs_fault_ops hs_script_ops;

#endif
