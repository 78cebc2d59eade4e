/* SPDX-License-Identifier: MIT */
/*
 * run_claim.c - runs the rows of a claim: a cell for each combination of the axes given as *
 */
#include "claims/run_claim.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <hmmsim/walk.h>

/* ---- errors and texts -------------------------------------------------------------------- */

static void __attribute__((__format__(__printf__, 4, 0)))
run_claim_say(const struct hs_claim_runner *r, unsigned long line, const char *keyword,
	      const char *format, va_list args)
{
	int used = snprintf(r->error, HS_CLAIM_ERROR, "%.200s:%lu: %s: ", r->text->file, line,
			    keyword);

	vsnprintf(r->error + used, HS_CLAIM_ERROR - (size_t)used, format, args);
}

int hs_claim_fail(const struct hs_claim_runner *r, unsigned long line, const char *keyword,
		  const char *format, ...)
{
	va_list args;

	va_start(args, format);
	run_claim_say(r, line, keyword, format, args);
	va_end(args);
	return -EINVAL;
}

static void __attribute__((__format__(__printf__, 3, 0)))
run_claim_say_row(const struct hs_claim_runner *r, const struct hs_claim_row *row,
		  const char *format, va_list args)
{
	run_claim_say(r, row->line, hs_claim_is_control(row) ? "control" : "row", format, args);
}

int hs_claim_fail_row(const struct hs_claim_runner *r, const struct hs_claim_row *row,
		      const char *format, ...)
{
	va_list args;

	va_start(args, format);
	run_claim_say_row(r, row, format, args);
	va_end(args);
	return -EINVAL;
}

int hs_claim_fail_run(const struct hs_claim_runner *r, const struct hs_claim_row *row,
		      const char *format, ...)
{
	va_list args;

	va_start(args, format);
	run_claim_say_row(r, row, format, args);
	va_end(args);
	return -EIO;
}

char *hs_claim_copy(struct hs_hostmem *mem, const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = hs_hostmem_zalloc(mem, 1, size);

	if (copy)
		memcpy(copy, text, size);
	return copy;
}

/* ---- axes given as * --------------------------------------------------------------------- */

struct claim_axis {
	char *value[HS_RACE_VALUES];
	unsigned int count, at;
};

struct claim_axes {
	struct claim_axis axis[HS_CLAIM_SETTINGS]; /* as row->setting; .count 0: not * */
};

static void run_claim_free_axes(struct hs_hostmem *mem, struct claim_axes *axes)
{
	for (unsigned int i = 0; i < HS_CLAIM_SETTINGS; i++)
		for (unsigned int v = 0; v < axes->axis[i].count; v++)
			hs_hostmem_free(mem, axes->axis[i].value[v]);
}

/* The strategies of a walk, all of those that hmmsim list has. */
static int run_claim_strategies(const struct hs_claim_runner *r, struct claim_axis *axis)
{
	for (int i = 0; i < HS_STRATEGY_BUILTIN_COUNT; i++) {
		char *copy = hs_claim_copy(r->mem, hs_strategy_name((enum hs_strategy)i));

		if (!copy)
			return -ENOMEM;
		axis->value[axis->count++] = copy;
	}
	return 0;
}

static int run_claim_find_axes(const struct hs_claim_runner *r, const struct hs_claim_row *row,
			       struct claim_axes *axes)
{
	int ret = 0;

	*axes = (struct claim_axes){ 0 };
	for (unsigned int i = 0; !ret && i < row->settings; i++) {
		struct claim_axis *axis = &axes->axis[i];

		if (row->setting[i].value)
			continue;
		ret = row->walk ? run_claim_strategies(r, axis)
				: hs_claim_race_axis(r, row, &row->setting[i], axis->value,
						     &axis->count);
	}
	return ret;
}

/* The next combination; the last axis changes first. False: it was the last one. */
static bool run_claim_advance(const struct hs_claim_row *row, struct claim_axes *axes)
{
	for (unsigned int i = row->settings; i--;) {
		struct claim_axis *axis = &axes->axis[i];

		if (!axis->count)
			continue;
		if (++axis->at < axis->count)
			return true;
		axis->at = 0;
	}
	return false;
}

/* ---- a cell ------------------------------------------------------------------------------ */

/* "strategy=none,refs=6.1": the axes given as *. */
static char *run_claim_settings(struct hs_hostmem *mem, const struct hs_claim_row *row,
				const struct claim_axes *axes)
{
	struct hs_out out = { .mem = mem };

	for (unsigned int i = 0; i < row->settings; i++) {
		const struct claim_axis *axis = &axes->axis[i];

		if (!axis->count)
			continue;
		if (out.used)
			hs_out_char(&out, ',');
		hs_out_text(&out, row->setting[i].name);
		hs_out_char(&out, '=');
		hs_out_text(&out, axis->value[axis->at]);
	}
	hs_out_char(&out, '\0');
	if (!out.failed)
		return out.bytes;
	hs_out_free(&out);
	return NULL;
}

static int run_claim_cell(const struct hs_claim_runner *r, uint32_t index,
			  const struct claim_axes *axes)
{
	const struct hs_claim_row *row = &r->claim->row[index];
	struct hs_claim_found *found = r->found;
	struct hs_race_setting settings[HS_CLAIM_SETTINGS];
	struct hs_claim_cell *more, *cell;

	if (found->cells == HS_CLAIM_CELLS)
		return hs_claim_fail_row(r, row, "expected at most %d cells of a claim",
					 HS_CLAIM_CELLS);
	more = hs_hostmem_grow(r->mem, found->cell, found->cells, sizeof(*more));
	if (!more)
		return -ENOMEM;
	found->cell = more;
	cell = &more[found->cells++];
	*cell = (struct hs_claim_cell){ .row = index,
					.settings = run_claim_settings(r->mem, row, axes) };
	if (!cell->settings)
		return -ENOMEM;
	for (unsigned int i = 0; i < row->settings; i++) {
		const struct claim_axis *axis = &axes->axis[i];

		settings[i] = (struct hs_race_setting){ row->setting[i].name,
							axis->count ? axis->value[axis->at]
								    : row->setting[i].value };
	}
	return row->walk ? hs_claim_run_walk(r, cell, settings, row->settings)
			 : hs_claim_run_race(r, cell, settings, row->settings);
}

static int run_claim_row(const struct hs_claim_runner *r, uint32_t index)
{
	const struct hs_claim_row *row = &r->claim->row[index];
	struct claim_axes axes;
	int ret = run_claim_find_axes(r, row, &axes);

	if (!ret)
		do
			ret = run_claim_cell(r, index, &axes);
		while (!ret && run_claim_advance(row, &axes));
	run_claim_free_axes(r->mem, &axes);
	return ret;
}

int hs_claim_run(struct hs_hostmem *mem, const struct hs_claim_text *text,
		 const struct hs_claim *claim, enum hs_claim_shown shown,
		 struct hs_claim_found *found, char error[HS_CLAIM_ERROR])
{
	const struct hs_claim_runner r = { mem, text, claim, shown, found, error };
	int ret = 0;

	*found = (struct hs_claim_found){ .claim = claim, .file = text->file };
	error[0] = '\0';
	for (uint32_t i = 0; !ret && i < claim->rows; i++)
		ret = run_claim_row(&r, i);
	if (!ret)
		ret = hs_claim_judge(&r);
	if (ret == -ENOMEM)
		snprintf(error, HS_CLAIM_ERROR, "out of memory");
	return ret;
}
