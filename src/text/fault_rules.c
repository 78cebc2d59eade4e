/* SPDX-License-Identifier: MIT */
/*
 * fault_rules.c - finds the rule that answers a fault; the names of the actions
 */
#include "text/fault_rules.h"

#include <stdlib.h>

const char *const hs_action_names[HS_ACTION_COUNT] = {
	[HS_ACTION_OK] = "ok",	     [HS_ACTION_OKRW] = "okrw",
	[HS_ACTION_ZERO] = "zero",   [HS_ACTION_THP] = "thp",
	[HS_ACTION_NOOP] = "noop",   [HS_ACTION_SIGBUS] = "sigbus",
	[HS_ACTION_OOM] = "oom",     [HS_ACTION_HWPOISON] = "hwpoison",
	[HS_ACTION_RETRY] = "retry", [HS_ACTION_COMPLETED] = "completed",
	[HS_ACTION_INVAL] = "inval",
};

const struct hs_fault_rules hs_no_fault_rules = { .action = HS_ACTION_OK };

static int fault_rules_by_key(const void *a, const void *b)
{
	const struct hs_fault_rule *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return x->line < y->line ? -1 : x->line > y->line;
}

static size_t fault_rules_sort(struct hs_fault_rule *rules, size_t count)
{
	size_t kept = 0;

	if (count)
		qsort(rules, count, sizeof(*rules), fault_rules_by_key);
	for (size_t i = 0; i < count; i++)
		if (i + 1 == count || rules[i + 1].key != rules[i].key)
			rules[kept++] = rules[i];
	return kept;
}

void hs_fault_rules_sort(struct hs_fault_rules *rules)
{
	rules->by_call_count = fault_rules_sort(rules->by_call, rules->by_call_count);
	rules->by_addr_count = fault_rules_sort(rules->by_addr, rules->by_addr_count);
	rules->sorted = true;
}

/* The last one of several rules for the same key counts. */
static const struct hs_fault_rule *fault_rules_last(const struct hs_fault_rule *rules, size_t count,
						    uint64_t key)
{
	while (count--)
		if (rules[count].key == key)
			return &rules[count];
	return NULL;
}

static const struct hs_fault_rule *fault_rules_search(const struct hs_fault_rule *rules,
						      size_t count, uint64_t key, bool sorted)
{
	size_t low = 0, high = count;

	if (!sorted)
		return fault_rules_last(rules, count, key);
	while (low < high) {
		size_t middle = (low + high) / 2;

		if (rules[middle].key < key)
			low = middle + 1;
		else
			high = middle;
	}
	return low < count && rules[low].key == key ? &rules[low] : NULL;
}

enum hs_fault_action hs_fault_rules_find(const struct hs_fault_rules *rules, uint64_t call,
					 uint64_t addr)
{
	const struct hs_fault_rule *rule;

	rule = fault_rules_search(rules->by_call, rules->by_call_count, call, rules->sorted);
	if (!rule)
		rule = fault_rules_search(rules->by_addr, rules->by_addr_count, addr,
					  rules->sorted);
	return rule ? rule->action : rules->action;
}

void hs_fault_rules_free(struct hs_hostmem *mem, struct hs_fault_rules *rules)
{
	hs_hostmem_free(mem, rules->by_call);
	hs_hostmem_free(mem, rules->by_addr);
	*rules = hs_no_fault_rules;
}
