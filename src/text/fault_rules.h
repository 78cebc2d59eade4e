/* SPDX-License-Identifier: MIT */
/*
 * fault_rules.h - which action answers which fault of a walk scenario
 *
 * invented. What an action does to the entry at the address is in run/script.c.
 */
#ifndef HS_TEXT_FAULT_RULES_H
#define HS_TEXT_FAULT_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "text/hostmem.h"

enum hs_fault_action {
	HS_ACTION_OK,
	HS_ACTION_OKRW,
	HS_ACTION_ZERO,
	HS_ACTION_THP,
	HS_ACTION_NOOP,
	HS_ACTION_SIGBUS,
	HS_ACTION_OOM,
	HS_ACTION_HWPOISON,
	HS_ACTION_RETRY,
	HS_ACTION_COMPLETED,
	HS_ACTION_INVAL,
	HS_ACTION_COUNT
};

extern const char *const hs_action_names[HS_ACTION_COUNT];

/* The action of fault number @key (faultn), or of the faults at address @key (faultat). */
struct hs_fault_rule {
	uint64_t key;
	enum hs_fault_action action;
	unsigned long line;
};

struct hs_fault_rules {
	struct hs_fault_rule *by_call, *by_addr;
	size_t by_call_count, by_addr_count;
	enum hs_fault_action action; /* of faults without a rule */
	bool migration_stays;	     /* waiting for a migration entry does not remove it */
	bool sorted;		     /* rules ascend by key, and each key is there once */
};

/* Every fault is answered with ok. */
extern const struct hs_fault_rules hs_no_fault_rules;

/* Sorts the rules, and keeps the last one for each key. */
void hs_fault_rules_sort(struct hs_fault_rules *rules);
/* The action of the fault with number @call at @addr: faultn goes before faultat. */
enum hs_fault_action hs_fault_rules_find(const struct hs_fault_rules *rules, uint64_t call,
					 uint64_t addr);
void hs_fault_rules_free(struct hs_hostmem *mem, struct hs_fault_rules *rules);

#endif
