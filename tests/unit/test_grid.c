/* SPDX-License-Identifier: MIT */
/* Columns: width, alignment, the bold row, and lack of memory; names of errors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <errno.h>

#include "text/error_name.h"
#include "text/grid.h"

struct grid {
	struct hs_hostmem mem;
	struct hs_out cells, out;
};

static void grid_begin(struct grid *g)
{
	*g = (struct grid){ .mem = { .attempts = 0 } };
	g->cells.mem = g->out.mem = &g->mem;
}

static void grid_is(struct grid *g, unsigned int left, bool bold, const char *expected)
{
	hs_grid_print(&g->cells, left, bold, &g->out);
	assert_false(g->out.failed);
	assert_int_equal(g->out.used, strlen(expected));
	if (*expected)
		assert_memory_equal(g->out.bytes, expected, g->out.used);
	hs_out_free(&g->cells);
	hs_out_free(&g->out);
	assert_int_equal(g->mem.live, 0);
}

static void columns_are_as_wide_as_their_widest_cell(void **state)
{
	struct grid g;

	(void)state;
	grid_begin(&g);
	hs_cell_text(&g.cells, "strategy");
	hs_cell_text(&g.cells, "hits");
	hs_cell_text(&g.cells, "note");
	hs_out_char(&g.cells, '\n');
	hs_cell_text(&g.cells, "none");
	hs_cell_number(&g.cells, 262144);
	hs_out_char(&g.cells, '\n');
	grid_is(&g, 1, false, "strategy    hits  note\nnone      262144\n");
}

static void blanks_never_end_a_line(void **state)
{
	struct grid g;

	(void)state;
	grid_begin(&g);
	hs_cell_text(&g.cells, "a long cell");
	hs_out_char(&g.cells, '\n');
	hs_cell_text(&g.cells, "a");
	hs_out_char(&g.cells, '\n');
	grid_is(&g, 1, false, "a long cell\na\n");
}

static void only_the_first_row_is_bold(void **state)
{
	struct grid g;

	(void)state;
	grid_begin(&g);
	hs_cell_text(&g.cells, "head");
	hs_out_char(&g.cells, '\n');
	hs_cell_text(&g.cells, "row");
	hs_out_char(&g.cells, '\n');
	grid_is(&g, 1, true, "\033[1mhead\033[0m\nrow\n");
}

static void quotients_are_rounded_to_hundredths(void **state)
{
	struct grid g;

	(void)state;
	grid_begin(&g);
	hs_cell_quotient(&g.cells, 1, 3);
	hs_cell_quotient(&g.cells, 2, 3);
	hs_cell_quotient(&g.cells, 1, 200);
	hs_cell_quotient(&g.cells, UINT64_MAX, 1);
	hs_cell_quotient(&g.cells, 1, 0);
	hs_out_char(&g.cells, '\n');
	grid_is(&g, 5, false, "0.33  0.67  0.01  18446744073709551615.00  -\n");
}

static void a_grid_without_cells_prints_nothing(void **state)
{
	struct grid g;

	(void)state;
	grid_begin(&g);
	grid_is(&g, 1, true, "");
	grid_begin(&g);
	hs_out_text(&g.cells, "");
	grid_is(&g, 1, true, "");
}

static void cells_without_memory_fail_the_printed_text(void **state)
{
	struct grid g;

	(void)state;
	grid_begin(&g);
	g.mem.fail_at = 1;
	hs_cell_text(&g.cells, "lost");
	assert_true(g.cells.failed);
	hs_grid_print(&g.cells, 1, false, &g.out);
	assert_true(g.out.failed);
	assert_int_equal(g.out.used, 0);
	hs_out_free(&g.cells);
	hs_out_free(&g.out);
	assert_int_equal(g.mem.live, 0);
}

static void an_error_has_its_name_and_other_numbers_stay(void **state)
{
	struct grid g;

	(void)state;
	grid_begin(&g);
	assert_string_equal(hs_error_name(-EFAULT), "-EFAULT");
	assert_string_equal(hs_error_name(-EHWPOISON), "-EHWPOISON");
	assert_null(hs_error_name(0));
	assert_null(hs_error_name(EFAULT));
	assert_null(hs_error_name(-EHWPOISON - 1));
	assert_null(hs_error_name(INT64_MIN));
	hs_out_error(&g.out, -EBUSY);
	hs_out_error(&g.out, 1024);
	hs_out_error(&g.out, -9999);
	assert_int_equal(g.out.used, strlen("-EBUSY1024-9999"));
	assert_memory_equal(g.out.bytes, "-EBUSY1024-9999", g.out.used);
	hs_out_free(&g.out);
	assert_int_equal(g.mem.live, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_are_as_wide_as_their_widest_cell),
		cmocka_unit_test(blanks_never_end_a_line),
		cmocka_unit_test(only_the_first_row_is_bold),
		cmocka_unit_test(quotients_are_rounded_to_hundredths),
		cmocka_unit_test(a_grid_without_cells_prints_nothing),
		cmocka_unit_test(an_error_has_its_name_and_other_numbers_stay),
		cmocka_unit_test(cells_without_memory_fail_the_printed_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
