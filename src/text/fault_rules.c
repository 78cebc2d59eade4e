/* SPDX-License-Identifier: MIT */
/*
 * fault_rules.c - finds the rule that answers a fault; the names of the actions
 */
#include "text/fault_rules.h"

const char *const hs_action_names[HS_ACTION_COUNT] = {
	[HS_ACTION_OK] = "ok",	     [HS_ACTION_OKRW] = "okrw",
	[HS_ACTION_ZERO] = "zero",   [HS_ACTION_THP] = "thp",
	[HS_ACTION_NOOP] = "noop",   [HS_ACTION_SIGBUS] = "sigbus",
	[HS_ACTION_OOM] = "oom",     [HS_ACTION_HWPOISON] = "hwpoison",
	[HS_ACTION_RETRY] = "retry", [HS_ACTION_COMPLETED] = "completed",
	[HS_ACTION_INVAL] = "inval",
};

const struct hs_fault_rules hs_no_fault_rules = { .action = HS_ACTION_OK };

/* The last one of several rules for the same key counts. */
static const struct hs_fault_rule *fault_rules_last(const struct hs_fault_rule *rules, size_t count,
						    uint64_t key)
{
	while (count--)
		if (rules[count].key == key)
			return &rules[count];
	return NULL;
}

enum hs_fault_action hs_fault_rules_find(const struct hs_fault_rules *rules, uint64_t call,
					 uint64_t addr)
{
	const struct hs_fault_rule *rule;

	rule = fault_rules_last(rules->by_call, rules->by_call_count, call);
	if (!rule)
		rule = fault_rules_last(rules->by_addr, rules->by_addr_count, addr);
	return rule ? rule->action : rules->action;
}

void hs_fault_rules_free(struct hs_hostmem *mem, struct hs_fault_rules *rules)
{
	hs_hostmem_free(mem, rules->by_call);
	hs_hostmem_free(mem, rules->by_addr);
	*rules = hs_no_fault_rules;
}
