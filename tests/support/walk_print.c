/* SPDX-License-Identifier: MIT */
/*
 * walk_print.c - prints a walk scenario: lines in a fixed order, defaults left out
 */
#include "support/walk_print.h"

#include <hmmsim/walk.h>

static void walk_print_flags(struct hs_out *out, const struct hs_walk_flags *flags)
{
	uint64_t letters = HS_PFN_VALID | HS_PFN_WRITE | HS_PFN_ERROR;

	hs_out_char(out, ' ');
	if (flags->bits == UINT64_MAX) {
		hs_out_text(out, "all");
		return;
	}
	if (flags->bits & ~letters) {
		hs_out_text(out, "0x");
		hs_out_hex(out, flags->bits);
		return;
	}
	if (!flags->bits && !flags->device)
		hs_out_char(out, '0');
	if (flags->bits & HS_PFN_VALID)
		hs_out_char(out, 'F');
	if (flags->bits & HS_PFN_WRITE)
		hs_out_char(out, 'W');
	if (flags->bits & HS_PFN_ERROR)
		hs_out_char(out, 'E');
	if (flags->device)
		hs_out_char(out, 'D');
}

static void walk_print_space(const struct hs_walk_scenario *s, struct hs_out *out)
{
	for (size_t i = 0; i < s->layout.vma_count; i++)
		hs_space_print_vma(s->layout.vmas[i].start, s->layout.vmas[i].end,
				   s->layout.vmas[i].flags, NULL, out);
	for (size_t i = 0; i < s->layout.pgmap_count; i++)
		hs_space_print_pgmap(&s->layout.pgmaps[i], out);
	for (size_t i = 0; i < s->layout.map_count; i++)
		hs_space_print_map(&s->layout.maps[i], out);
}

static void walk_print_action(enum hs_fault_action action, struct hs_out *out)
{
	hs_out_char(out, ' ');
	hs_out_text(out, hs_action_names[action]);
	hs_out_char(out, '\n');
}

static void walk_print_rules(const struct hs_walk_scenario *s, struct hs_out *out)
{
	if (s->rules.action != HS_ACTION_OK) {
		hs_out_text(out, "fault");
		walk_print_action(s->rules.action, out);
	}
	for (size_t i = 0; i < s->rules.by_call_count; i++) {
		hs_out_text(out, "faultn");
		hs_out_space_decimal(out, s->rules.by_call[i].key);
		walk_print_action(s->rules.by_call[i].action, out);
	}
	for (size_t i = 0; i < s->rules.by_addr_count; i++) {
		hs_out_text(out, "faultat");
		hs_out_space_number(out, s->rules.by_addr[i].key);
		walk_print_action(s->rules.by_addr[i].action, out);
	}
	if (s->rules.migration_stays)
		hs_out_text(out, "migwait stay\n");
	if (s->retry_at) {
		hs_out_text(out, "retry_at");
		hs_out_space_decimal(out, s->retry_at);
		hs_out_char(out, '\n');
	}
	if (s->maxwalks != HS_WALK_MAXWALKS) {
		hs_out_text(out, "maxwalks");
		hs_out_space_decimal(out, s->maxwalks);
		hs_out_char(out, '\n');
	}
}

static void walk_print_request(const struct hs_walk_scenario *s, struct hs_out *out)
{
	hs_out_text(out, "req");
	hs_out_space_number(out, s->req.start);
	hs_out_space_number(out, s->req.end);
	walk_print_flags(out, &s->req.defaults);
	walk_print_flags(out, &s->req.mask);
	hs_out_space_decimal(out, s->req.owner);
	hs_out_char(out, '\n');
	for (size_t i = 0; i < s->in_count; i++) {
		hs_out_text(out, "in");
		hs_out_space_decimal(out, s->ins[i].index);
		hs_out_space_decimal(out, s->ins[i].count);
		walk_print_flags(out, &s->ins[i].flags);
		hs_out_char(out, '\n');
	}
	if (s->snapshot)
		hs_out_text(out, "mode snapshot\n");
}

void hs_walk_print(const struct hs_walk_scenario *s, struct hs_out *out)
{
	hs_out_text(out, "scenario ");
	hs_out_text(out, s->layout.name);
	hs_out_char(out, '\n');
	walk_print_space(s, out);
	walk_print_rules(s, out);
	walk_print_request(s, out);
	hs_out_text(out, "run\n");
}
