/* SPDX-License-Identifier: MIT */
/*
 * walk_print.c - a walk scenario as text, in one order and with the defaults left out
 */
#include "text/walk_text.h"

#include <hmmsim/walk.h>

static void print_flags(struct hs_out *out, const struct hs_walk_flags *flags)
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

static void print_space(const struct hs_walk_scenario *s, struct hs_out *out)
{
	for (size_t i = 0; i < s->vma_count; i++)
		hs_space_print_vma(s->vmas[i].start, s->vmas[i].end, s->vmas[i].flags, NULL, out);
	for (size_t i = 0; i < s->pgmap_count; i++)
		hs_space_print_pgmap(&s->pgmaps[i], out);
	for (size_t i = 0; i < s->map_count; i++)
		hs_space_print_map(&s->maps[i], out);
}

static void print_action(enum hs_fault_action action, struct hs_out *out)
{
	hs_out_char(out, ' ');
	hs_out_text(out, hs_action_names[action]);
	hs_out_char(out, '\n');
}

static void print_policies(const struct hs_walk_scenario *s, struct hs_out *out)
{
	if (s->action != HS_ACTION_OK) {
		hs_out_text(out, "fault");
		print_action(s->action, out);
	}
	for (size_t i = 0; i < s->by_call_count; i++) {
		hs_out_text(out, "faultn");
		hs_out_space_decimal(out, s->by_call[i].key);
		print_action(s->by_call[i].action, out);
	}
	for (size_t i = 0; i < s->by_addr_count; i++) {
		hs_out_text(out, "faultat");
		hs_out_space_number(out, s->by_addr[i].key);
		print_action(s->by_addr[i].action, out);
	}
	if (s->migration_stays)
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

static void print_request(const struct hs_walk_scenario *s, struct hs_out *out)
{
	hs_out_text(out, "req");
	hs_out_space_number(out, s->req.start);
	hs_out_space_number(out, s->req.end);
	print_flags(out, &s->req.defaults);
	print_flags(out, &s->req.mask);
	hs_out_space_decimal(out, s->req.owner);
	hs_out_char(out, '\n');
	for (size_t i = 0; i < s->in_count; i++) {
		hs_out_text(out, "in");
		hs_out_space_decimal(out, s->ins[i].index);
		hs_out_space_decimal(out, s->ins[i].count);
		print_flags(out, &s->ins[i].flags);
		hs_out_char(out, '\n');
	}
	if (s->snapshot)
		hs_out_text(out, "mode snapshot\n");
}

void hs_walk_print(const struct hs_walk_scenario *s, struct hs_out *out)
{
	hs_out_text(out, "scenario ");
	hs_out_text(out, s->name);
	hs_out_char(out, '\n');
	print_space(s, out);
	print_policies(s, out);
	print_request(s, out);
	hs_out_text(out, "run\n");
}
