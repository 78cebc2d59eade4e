/* SPDX-License-Identifier: MIT */
/*
 * moves_print.c - prints what migrations did: as tables, and as benchmarks in JSON
 */
#include "compare/moves_report.h"

#include "compare/alike.h"
#include "text/grid.h"
#include "text/json.h"

static const char *const moves_print_refusals[HS_MIGRATE_REFUSAL_COUNT] = {
	[HS_MIGRATE_LOCKED] = "locked",	      [HS_MIGRATE_HELD] = "held",
	[HS_MIGRATE_HELD_LATE] = "held late", [HS_MIGRATE_NO_TARGET] = "no target",
	[HS_MIGRATE_WITHDRAWN] = "withdrawn", [HS_MIGRATE_NO_LENDER] = "no lender",
	[HS_MIGRATE_OCCUPIED] = "occupied",
};

static uint64_t moves_print_refused(const struct hs_migrate_counts *c)
{
	uint64_t refused = 0;

	for (int i = 0; i < HS_MIGRATE_REFUSAL_COUNT; i++)
		refused += c->refused[i];
	return refused;
}

/* Pages; holes that were filled have a column of their own. */
static uint64_t moves_print_moved(const struct hs_migrate_counts *c)
{
	return c->moved[HS_MIGRATE_SYSTEM] + c->moved[HS_MIGRATE_PRIVATE] +
	       c->moved[HS_MIGRATE_COHERENT];
}

static const char *moves_print_verdict(const struct hs_moves_step *step)
{
	if (step->kind != HS_MOVES_STEP_EVICT)
		return "-";
	return step->stuck ? "stuck" : "ok";
}

/* As the line of the layout, or in words. */
static void moves_print_name(const struct hs_moves_report *r, const struct hs_moves_step *step,
			     struct hs_out *out)
{
	const struct hs_moves_device *devices = r->moves.devices;

	if (step->kind == HS_MOVES_STEP_BACK) {
		hs_out_text(out, "back by ");
		hs_out_text(out, hs_moves_back_names[r->back]);
	} else if (step->kind == HS_MOVES_STEP_EVICT) {
		hs_out_text(out, "removal of");
		hs_out_space_number(out, devices[step->index].start);
	} else if (r->layout->move_count) {
		hs_layout_print_move(&r->layout->moves[step->index], out);
	} else {
		hs_out_text(out, "all to=0x");
		hs_out_hex(out, devices[r->moves.device_count - 1].start);
	}
}

/* ---- the tables -------------------------------------------------------------------------- */

static void moves_print_head(const char *const *names, struct hs_out *cells)
{
	for (; *names; names++)
		hs_cell_text(cells, *names);
	hs_out_char(cells, '\n');
}

static void moves_print_step(const struct hs_moves_report *r, const struct hs_moves_step *step,
			     struct hs_out *cells)
{
	const struct hs_migrate_counts *c = &step->counts;

	moves_print_name(r, step, cells);
	hs_out_char(cells, '\t');
	hs_cell_number(cells, c->setups + c->passes);
	hs_cell_number(cells, c->faults);
	for (int i = 0; i < HS_MIGRATE_KIND_COUNT; i++)
		hs_cell_number(cells, c->selected[i]);
	hs_cell_number(cells, moves_print_moved(c));
	hs_cell_number(cells, c->moved[HS_MIGRATE_HOLE]);
	hs_cell_number(cells, moves_print_refused(c));
	hs_cell_number(cells, c->rmap_walks);
	hs_cell_number(cells, c->rmap_entries);
	hs_cell_number(cells, c->sections);
	hs_cell_number(cells, step->lent);
	hs_cell_text(cells, moves_print_verdict(step));
	hs_out_char(cells, '\n');
}

static void moves_print_why_refused(const struct hs_moves_report *r,
				    const struct hs_moves_step *step, struct hs_out *out)
{
	const char *before = ": ";

	if (!moves_print_refused(&step->counts) && !step->closed)
		return;
	hs_out_text(out, "refused in ");
	moves_print_name(r, step, out);
	for (int i = 0; i < HS_MIGRATE_REFUSAL_COUNT; i++) {
		if (!step->counts.refused[i])
			continue;
		hs_out_text(out, before);
		hs_out_decimal(out, step->counts.refused[i]);
		hs_out_char(out, ' ');
		hs_out_text(out, moves_print_refusals[i]);
		before = ", ";
	}
	if (step->closed) {
		hs_out_text(out, before);
		hs_out_decimal(out, step->closed);
		hs_out_text(out, " closed");
	}
	hs_out_char(out, '\n');
}

static void moves_print_steps(const struct hs_moves_report *r, struct hs_out *out)
{
	static const char *const names[] = { "step",	 "calls",     "faults",	 "system",
					     "private",	 "coherent",  "holes",	 "moved",
					     "filled",	 "refused",   "rmap",	 "entries",
					     "sections", "on device", "verdict", NULL };
	struct hs_out cells = { .mem = r->mem };

	moves_print_head(names, &cells);
	for (size_t i = 0; i < r->step_count; i++)
		moves_print_step(r, &r->steps[i], &cells);
	hs_out_text(out,
		    "\nits anonymous memory migrates; nothing is timed or predicted, because no "
		    "kernel's migration was measured\n");
	hs_grid_print(&cells, 1, r->asked->bold, out);
	for (size_t i = 0; i < r->step_count; i++)
		moves_print_why_refused(r, &r->steps[i], out);
	hs_out_free(&cells);
}

static void moves_print_walks(const struct hs_moves_report *r, struct hs_out *out)
{
	static const char *const names[] = { "state",  "walker",  "strategy", "calls",
					     "hits",   "lookups", "refs",     "puts",
					     "leaked", "faults",  "held",     "passes",
					     "valid",  "back",	  "answer",   NULL };
	struct hs_out cells = { .mem = r->mem }, row = cells;
	struct hs_alike alike;

	if (!r->walk_count)
		return;
	moves_print_head(names, &cells);
	hs_alike_begin(&alike, &cells);
	for (size_t i = 0; i < r->walk_count; i++) {
		const struct hs_moves_walk *w = &r->walks[i];

		hs_out_reset(&row);
		hs_report_cell_counts(&w->done.counts, &row);
		hs_cell_number(&row, w->done.valid);
		hs_cell_number(&row, w->back);
		hs_report_cell_answer(&w->done, r->span.count, &row);
		hs_out_char(&row, '\n');
		hs_alike_add(&alike, hs_moves_state_names[w->state], w->era, w->strategy, &row);
	}
	hs_alike_end(&alike);
	hs_out_text(out, "\nwalks before and after it, and after it without an owner\n");
	hs_grid_print(&cells, 3, r->asked->bold, out);
	hs_out_free(&row);
	hs_out_free(&cells);
}

static const char *moves_print_why_none(enum hs_moves_none none)
{
	switch (none) {
	case HS_MOVES_NO_MEMORY:
		return "no anonymous memory is mapped in small pages, in a vma that migrates";
	case HS_MOVES_MANY:
		return "more than 262144 pages would move, or there are more than 4194304 entries";
	case HS_MOVES_DEVICE:
		return "the pgmaps that lend pages have more than 1048576";
	case HS_MOVES_FULL:
		return "more pages of a pgmap are mapped than it has";
	case HS_MOVES_NEAR:
		return "a pgmap goes in subsections of 512 pages, and something else is in them";
	case HS_MOVES_DEVMAP:
		return "devmap entries map a pgmap of type coherent that pages move to or leave";
	default:
		return "no pfns are left for system memory and another pgmap";
	}
}

void hs_moves_report_print(const struct hs_moves_report *report, struct hs_out *out)
{
	if (report->moves.none) {
		hs_out_text(out, "\nno migration: ");
		hs_out_text(out, moves_print_why_none(report->moves.none));
		hs_out_char(out, '\n');
		return;
	}
	moves_print_steps(report, out);
	moves_print_walks(report, out);
}

/* ---- benchmarks -------------------------------------------------------------------------- */

static void moves_print_json_head(const struct hs_out *name, uint64_t family, struct hs_out *out)
{
	hs_json_begin(out, !family, name, "", family);
	hs_json_run(out, 1, 0, 1, 1);
	hs_json_number(out, "real_time", 0);
	hs_json_number(out, "cpu_time", 0);
	hs_json_text(out, "time_unit", "ns");
}

static const char *const moves_print_selected[HS_MIGRATE_KIND_COUNT] = {
	[HS_MIGRATE_SYSTEM] = "selected_system",
	[HS_MIGRATE_PRIVATE] = "selected_private",
	[HS_MIGRATE_COHERENT] = "selected_coherent",
	[HS_MIGRATE_HOLE] = "selected_holes",
};

static const char *const moves_print_moved_names[HS_MIGRATE_KIND_COUNT] = {
	[HS_MIGRATE_SYSTEM] = "moved_system",
	[HS_MIGRATE_PRIVATE] = "moved_private",
	[HS_MIGRATE_COHERENT] = "moved_coherent",
	[HS_MIGRATE_HOLE] = "moved_holes",
};

static const char *const moves_print_refused_names[HS_MIGRATE_REFUSAL_COUNT] = {
	[HS_MIGRATE_LOCKED] = "refused_locked",	      [HS_MIGRATE_HELD] = "refused_held",
	[HS_MIGRATE_HELD_LATE] = "refused_held_late", [HS_MIGRATE_NO_TARGET] = "refused_no_target",
	[HS_MIGRATE_WITHDRAWN] = "refused_withdrawn", [HS_MIGRATE_NO_LENDER] = "refused_no_lender",
	[HS_MIGRATE_OCCUPIED] = "refused_occupied",
};

static void moves_print_json_numbers(const char *const *names, const uint64_t *values, int count,
				     struct hs_out *out)
{
	for (int i = 0; i < count; i++)
		hs_json_number(out, names[i], values[i]);
}

static void moves_print_json_step(const struct hs_moves_report *r, size_t i, struct hs_out *name,
				  uint64_t family, struct hs_out *out)
{
	const struct hs_moves_step *step = &r->steps[i];
	const struct hs_migrate_counts *c = &step->counts;
	struct hs_out words = { .mem = r->mem };

	hs_out_reset(name);
	hs_report_json_name(name, "migration", r->layout, r->request);
	hs_out_text(name, "/step:");
	hs_out_decimal(name, i + 1);
	moves_print_json_head(name, family, out);
	moves_print_name(r, step, &words);
	hs_out_char(&words, '\0');
	hs_json_text(out, "step", words.failed ? "" : words.bytes);
	hs_json_number(out, "setups", c->setups);
	hs_json_number(out, "passes", c->passes);
	hs_json_number(out, "faults", c->faults);
	moves_print_json_numbers(moves_print_selected, c->selected, HS_MIGRATE_KIND_COUNT, out);
	moves_print_json_numbers(moves_print_moved_names, c->moved, HS_MIGRATE_KIND_COUNT, out);
	moves_print_json_numbers(moves_print_refused_names, c->refused, HS_MIGRATE_REFUSAL_COUNT,
				 out);
	hs_json_number(out, "rmap_walks", c->rmap_walks);
	hs_json_number(out, "rmap_entries", c->rmap_entries);
	hs_json_number(out, "sections", c->sections);
	hs_json_number(out, "closed", step->closed);
	hs_json_number(out, "on_device", step->lent);
	hs_json_text(out, "verdict", moves_print_verdict(step));
	hs_json_end(out);
	out->failed |= words.failed;
	hs_out_free(&words);
}

static void moves_print_json_walk(const struct hs_moves_report *r, const struct hs_moves_walk *w,
				  struct hs_out *name, uint64_t family, struct hs_out *out)
{
	hs_out_reset(name);
	hs_report_json_name(name, "migrated", r->layout, r->request);
	hs_out_text(name, "/state:");
	hs_out_text(name, hs_moves_state_names[w->state]);
	hs_report_json_name_end(name, w->era, w->strategy, NULL);
	moves_print_json_head(name, family, out);
	hs_json_number(out, "range_calls", r->span.count);
	hs_json_number(out, "pages", r->span.pages);
	hs_report_json_counts(&w->done, out);
	hs_json_number(out, "valid", w->done.valid);
	hs_json_number(out, "back", w->back);
	hs_json_end(out);
}

void hs_moves_report_json(const struct hs_moves_report *report, uint64_t *count, struct hs_out *out)
{
	struct hs_out name = { .mem = report->mem };

	for (size_t i = 0; i < report->step_count; i++)
		moves_print_json_step(report, i, &name, (*count)++, out);
	for (size_t i = 0; i < report->walk_count; i++)
		moves_print_json_walk(report, &report->walks[i], &name, (*count)++, out);
	hs_out_free(&name);
}
