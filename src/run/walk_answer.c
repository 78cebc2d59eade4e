/* SPDX-License-Identifier: MIT */
/*
 * walk_answer.c - prints what a walk answered
 *
 * Slots are printed in runs, from the left: equal slots are one run, otherwise slots that grow by
 * 1.
 */
#include "run/walk_run.h"

static void answer_print_field(struct hs_out *out, const char *name, uint64_t value)
{
	hs_out_text(out, name);
	hs_out_space_decimal(out, value);
}

static void answer_print_counts(const struct hs_walk_answer *a, struct hs_out *out)
{
	const struct hs_walk_counts *c = &a->counts;

	answer_print_field(out, "walks", c->passes);
	answer_print_field(out, " faults", c->faults);
	answer_print_field(out, " mwaits", c->waits);
	answer_print_field(out, " livelock", a->livelock);
	answer_print_field(out, " badpte", c->bad_ptes);
	answer_print_field(out, " warns", 0);
	answer_print_field(out, " nullvma", a->null_vmas);
	hs_out_char(out, '\n');
}

static void answer_print_pgmap_counts(const struct hs_walk_answer *a, struct hs_out *out)
{
	const struct hs_walk_counts *c = &a->counts;

	if (a->era == HS_ERA_6_12 && a->strategy == HS_STRATEGY_NONE)
		return;
	answer_print_field(out, "pgmap lookups", c->lookups);
	answer_print_field(out, " gets", c->refs);
	answer_print_field(out, " failures", c->failures);
	answer_print_field(out, " leaked", c->leaked);
	answer_print_field(out, " heldfaults", c->held_faults);
	hs_out_char(out, '\n');
}

static void answer_print_event(const struct hs_walk_event *event, struct hs_out *out)
{
	const char *action = hs_action_names[event->action];

	switch (event->kind) {
	case HS_LOGGED_WAIT_PTE:
		hs_out_char(out, 'm');
		hs_out_space_hex(out, event->addr);
		break;
	case HS_LOGGED_WAIT_PMD:
		hs_out_text(out, "M 0");
		break;
	case HS_LOGGED_NULL_VMA:
		action = "NULLVMA"; /* fall through */
	case HS_LOGGED_FAULT:
		hs_out_char(out, 'f');
		hs_out_space_hex(out, event->addr);
		hs_out_space_decimal(out, event->count);
		hs_out_text(out, event->write ? " W" : " R");
		hs_out_text(out, event->may_drop ? "a " : " ");
		hs_out_text(out, action);
		break;
	}
	hs_out_char(out, '\n');
}

enum hs_walk_verdict hs_walk_answer_judge(const struct hs_walk_answer *a)
{
	if (a->livelock && !a->ahead)
		return HS_WALK_LIVELOCK;
	if (a->counts.leaked)
		return HS_WALK_LEAK;
	if (a->null_vmas)
		return HS_WALK_NULL_VMA;
	if (a->counts.bad_ptes)
		return HS_WALK_BAD_PTE;
	return a->livelock ? HS_WALK_AHEAD : HS_WALK_OK;
}

/* ---- slots ------------------------------------------------------------------------------- */

static const struct {
	uint64_t bit;
	char letter;
} letters_5_3[] = {
	{ HS_PFN_VALID, 'V' },	{ HS_PFN_WRITE, 'W' },	 { HS_PFN_ERROR, 'E' },
	{ HS_PFN_DEVICE, 'D' }, { HS_PFN_SPECIAL, 'S' },
};

#define LETTERS_6_12 3
#define LETTERS_5_3 (sizeof(letters_5_3) / sizeof(letters_5_3[0]))

static void answer_print_slot(const struct hs_walk_answer *a, uint64_t slot, struct hs_out *out)
{
	bool old = a->era == HS_ERA_5_3;
	unsigned int letters = old ? LETTERS_5_3 : LETTERS_6_12;
	uint64_t flags = 0;

	if (!slot) {
		hs_out_char(out, '0');
		return;
	}
	for (unsigned int i = 0; i < letters; i++) {
		if (!(slot & letters_5_3[i].bit))
			continue;
		flags |= letters_5_3[i].bit;
		hs_out_char(out, letters_5_3[i].letter);
	}
	if (!flags)
		hs_out_char(out, '-');
	hs_out_char(out, ':');
	hs_out_hex(out, slot & ~flags & (old ? UINT64_MAX : ~HS_PFN_ORDER));
	if (old)
		return;
	hs_out_char(out, '/');
	hs_out_decimal(out, (slot & HS_PFN_ORDER) >> HS_PFN_ORDER_SHIFT);
}

/* How many slots from the first on differ by @step (0 or 1) each. */
static uint64_t answer_run_length(const uint64_t *pfns, uint64_t pages, uint64_t step)
{
	uint64_t n = 1;

	while (n < pages && pfns[n] == pfns[n - 1] + step)
		n++;
	return n;
}

/* Slots from slot @i on that are one line. */
static uint64_t answer_line_length(const struct hs_walk_answer *a, uint64_t i, bool *grows)
{
	uint64_t n = answer_run_length(&a->pfns[i], a->pages - i, 0);

	*grows = false;
	if (n > 1)
		return n;
	n = answer_run_length(&a->pfns[i], a->pages - i, 1);
	*grows = n > 1;
	return n;
}

void hs_walk_answer_print_slots(const struct hs_walk_answer *a, struct hs_out *out)
{
	bool grows;

	for (uint64_t i = 0; i < a->pages; i += answer_line_length(a, i, &grows)) {
		if (i)
			hs_out_char(out, ',');
		answer_print_slot(a, a->pfns[i], out);
		answer_line_length(a, i, &grows);
		hs_out_text(out, grows ? "+" : "");
	}
}

static void answer_print_slots(const struct hs_walk_answer *a, struct hs_out *out)
{
	uint64_t n;

	for (uint64_t i = 0; i < a->pages; i += n) {
		bool grows;

		n = answer_line_length(a, i, &grows);
		hs_out_char(out, 'p');
		hs_out_space_decimal(out, i);
		hs_out_space_decimal(out, n);
		hs_out_char(out, ' ');
		answer_print_slot(a, a->pfns[i], out);
		hs_out_text(out, grows ? "+\n" : "\n");
	}
}

void hs_walk_answer_print(const struct hs_walk_answer *answer, struct hs_out *out)
{
	hs_out_text(out, "result ");
	hs_out_text(out, answer->name);
	hs_out_text(out, "\nret ");
	hs_out_signed(out, answer->ret);
	hs_out_char(out, '\n');
	answer_print_counts(answer, out);
	for (size_t i = 0; i < answer->log_count; i++)
		answer_print_event(&answer->log[i], out);
	answer_print_pgmap_counts(answer, out);
	answer_print_slots(answer, out);
	hs_out_text(out, "end\n");
}
