/* SPDX-License-Identifier: MIT */
/* Migrations of a layout's memory: what is left, what stays, and layouts that are not tried. */
#include "support/machine.h"
#include "support/moved.h"

/* ---- what is left ------------------------------------------------------------------------ */

/* A layout that is built on a machine, for its parts. */
struct built {
	struct hs_hostmem mem;
	struct hs_script script;
	struct hs_populated space;
	struct hs_layout layout;
	struct hs_moves m;
	struct machine k;
};

static void built_open(struct built *b, const char *text)
{
	memset(b, 0, sizeof(*b));
	b->script = (struct hs_script){ .rules = &hs_no_fault_rules, .mem = &b->mem };
	layout_must_parse(&b->mem, text, &b->layout);
	machine_open_failing(&b->k, 0);
	assert_int_equal(hs_moves_plan(&b->m, &b->mem, &b->layout, 1), 0);
	assert_int_equal(b->m.none, HS_MOVES_TRIED);
	assert_int_equal(hs_moves_build(&b->m, b->k.self, &b->space, &b->script), 0);
}

static void built_close(struct built *b)
{
	hs_moves_end(&b->m);
	hs_moves_free(&b->m);
	machine_close(&b->k);
	hs_layout_free(&b->mem, &b->layout);
	assert_int_equal(b->mem.live, 0);
}

static uint64_t built_pfn(struct built *b, uint64_t addr)
{
	return hs_entry_pfn(hs_pt_get(b->k.self, b->space.mm, addr, 0));
}

static const char two_pages[] = "hmmsim 1\nlayout a\nvma 0x1000 0x3000 rw\n"
				"pgmap 0x203 0x205 type=private owner=1\n"
				"map 0x1000 4k rw 5 count=2 of=anon\n"
				"migrate 0x1000 0x3000 to=0x203\n";

/* Another task holds a page: the eviction leaves it, and the drain does not end. */
static void a_page_that_is_held_keeps_the_drain(void **state)
{
	struct hs_page *page;
	struct built b;

	(void)state;
	built_open(&b, two_pages);
	hs_moves_do(&b.m, 0);
	page = hs_pfn_to_page(b.k.self, built_pfn(&b, 0x2000));
	hs_page_get(b.k.self, page);
	hs_moves_evict(&b.m, &b.m.devices[0]);
	assert_int_equal(hs_moves_lent(&b.m, &b.m.devices[0]), 1);
	assert_false(hs_moves_drain(&b.m, &b.m.devices[0]));
	hs_page_put(b.k.self, page);
	built_close(&b);
}

enum way {
	BY_FAULT,
	BY_RANGE,
	BY_EVICTION,
	WAY_COUNT
};

/* The pgmap lends its own pages, though it begins inside a subsection. */
static void what_a_page_holds_moves_with_it(void **state)
{
	struct built b;

	(void)state;
	for (int way = 0; way < WAY_COUNT; way++) {
		built_open(&b, two_pages);
		hs_moves_do(&b.m, 0);
		assert_int_equal(built_pfn(&b, 0x1000), 0x203);
		assert_int_equal(built_pfn(&b, 0x2000), 0x204);
		if (way == BY_FAULT)
			assert_int_equal(hs_moves_fault_back(&b.m), 0);
		else if (way == BY_RANGE)
			hs_moves_range_back(&b.m);
		else
			hs_moves_evict(&b.m, &b.m.devices[0]);
		for (uint64_t i = 1; i < 3; i++) {
			uint64_t value = 0;

			assert_true(built_pfn(&b, i * 0x1000) >= b.m.system_start);
			assert_int_equal(hs_cpu_read(b.k.self, b.space.mm, i * 0x1000, &value), 0);
			assert_int_equal(value, i);
		}
		built_close(&b);
	}
}

/* One owner has two pgmaps: a setup takes the pages of both. */
static void an_owner_takes_the_pages_of_its_pgmaps_at_once(void **state)
{
	static const char text[] = "hmmsim 1\nlayout a\nvma 0x1000 0x3000 rw\n"
				   "pgmap 0x200 0x400 type=private owner=1\n"
				   "pgmap 0x400 0x600 type=coherent owner=1\n"
				   "map 0x1000 4k dpw 0x200 owner=1\n"
				   "map 0x2000 4k rw 0x400 of=anon\n";
	struct moved d;

	(void)state;
	moved_text(&d, text, HS_REQUEST_NONE, HS_MOVES_BACK_RANGE);
	expect_step(&d, 0, HS_MOVES_STEP_BACK, 0,
		    &(struct hs_migrate_counts){
			    .setups = 1,
			    .selected = { [HS_MIGRATE_PRIVATE] = 1, [HS_MIGRATE_COHERENT] = 1 },
			    .moved = { [HS_MIGRATE_PRIVATE] = 1, [HS_MIGRATE_COHERENT] = 1 },
			    .rmap_walks = 2,
			    .rmap_entries = 2,
			    .sections = 1 });
	moved_end(&d);
}

static void a_drain_that_does_not_end_is_a_violation(void **state)
{
	struct hs_out out;
	struct moved d;

	(void)state;
	moved_builtin(&d, "anon", 1 << 20, HS_REQUEST_NONE, HS_MOVES_BACK_FAULT);
	d.report.steps[2].stuck = true;
	assert_int_equal(hs_moves_report_judge(&d.report), HS_REPORT_VIOLATION);
	out = (struct hs_out){ .mem = &d.mem };
	hs_moves_report_print(&d.report, &out);
	hs_out_char(&out, '\0');
	assert_non_null(strstr(out.bytes, "stuck\n"));
	hs_out_free(&out);
	moved_end(&d);
}

/* ---- what is not tried ------------------------------------------------------------------- */

#define LAYOUT "hmmsim 1\nlayout a\n"
#define VMA "vma 0x1000 0x9000 rw\n"

static const struct {
	const char *text;
	enum hs_moves_none none;
} nothing[] = {
	{ LAYOUT VMA, HS_MOVES_NO_MEMORY },
	/* of no kind, of a file, in VMAs that do not migrate, in other device memory, a leaf */
	{ LAYOUT VMA "map 0x1000 4k rw 5\nmap 0x2000 4k rw 6 of=file\n", HS_MOVES_NO_MEMORY },
	{ LAYOUT "vma 0x1000 0x9000 rws\nmap 0x1000 4k rw 5 of=anon\n", HS_MOVES_NO_MEMORY },
	{ LAYOUT "vma 0x1000 0x9000 rwm\nmap 0x1000 4k rw 5 of=anon\n", HS_MOVES_NO_MEMORY },
	{ LAYOUT VMA "pgmap 0x200 0x400 type=p2pdma\nmap 0x1000 4k rw 0x200 of=anon\n",
	  HS_MOVES_NO_MEMORY },
	{ LAYOUT VMA "pgmap 0x200 0x400 type=private\nmap 0x1000 4k dpw 0x200\n",
	  HS_MOVES_NO_MEMORY },
	{ LAYOUT VMA "pgmap 0x200 0x400 dead type=private owner=1\n"
		     "map 0x1000 4k dpw 0x200 owner=1\n",
	  HS_MOVES_NO_MEMORY },
	{ LAYOUT "vma 0x200000 0x400000 rw\nmap 0x200000 2m rw 0x200 of=anon\n",
	  HS_MOVES_NO_MEMORY },
	{ LAYOUT "vma 0x1000 0x40002000 rw\nmap 0x1000 4k rw 0x200 of=anon count=262145\n",
	  HS_MOVES_MANY },
	{ LAYOUT "vma 0x0 0x400001000 rw\nmap 0x0 4k swap 0 count=4194305\n", HS_MOVES_MANY },
	{ LAYOUT VMA "pgmap 0x200 0x100201 type=private owner=1\n", HS_MOVES_DEVICE },
	{ LAYOUT VMA "pgmap 0x200 0x201 type=private owner=1\n"
		     "map 0x1000 4k dpw 0x200 owner=1\nmap 0x2000 4k dpw 0x200 owner=1\n",
	  HS_MOVES_FULL },
	{ LAYOUT VMA "pgmap 0x200 0x201 type=private owner=1\npgmap 0x201 0x202\n", HS_MOVES_NEAR },
	{ LAYOUT VMA "pgmap 0x200 0x201\npgmap 0x201 0x202 type=coherent owner=1\n",
	  HS_MOVES_NEAR },
	{ LAYOUT VMA "pgmap 0x100 0x200 type=private owner=1\n", HS_MOVES_NEAR },
	{ LAYOUT VMA "pgmap 0x1000 0x1200 type=coherent owner=1\n"
		     "map 0x5000 4k devrw 0x1000\nevict 0x1000\n",
	  HS_MOVES_DEVMAP },
	{ LAYOUT VMA "map 0x1000 4k rw 0xffffffffff of=anon\n", HS_MOVES_NO_PFNS },
};

static void a_layout_that_cannot_be_is_not_tried(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(nothing) / sizeof(nothing[0]); i++) {
		struct moved d;

		moved_text(&d, nothing[i].text, HS_REQUEST_NONE, HS_MOVES_BACK_FAULT);
		if (d.report.moves.none != nothing[i].none)
			fail_msg("%d: %s", (int)d.report.moves.none, nothing[i].text);
		assert_int_equal(hs_moves_report_judge(&d.report),
				 nothing[i].none == HS_MOVES_NO_MEMORY ? HS_REPORT_OK
								       : HS_REPORT_UNKNOWN);
		moved_end(&d);
	}
}

/*
 * What stays is beside what moves, and nothing of it is looked at as if it could move: the pages of
 * the leaf, a devmap page, and of private memory one that is real elsewhere.
 */
static const char stays_text[] = LAYOUT
	"pgmap 0x200 0x400 dead type=private owner=1\n"
	"pgmap 0x400 0x600 type=private\n"
	"pgmap 0x600 0x800 type=private owner=1\n"
	"pgmap 0x800 0xa00 type=coherent owner=2\n"
	"vma 0x1000 0x9000 rw\nvma 0x9000 0xa000 rws\nvma 0x200000 0x400000 rw\n"
	"map 0x1000 4k dpw 0x200 owner=1\nmap 0x2000 4k dpw 0x400\n"
	"map 0x3000 4k rw 5 of=anon\nmap 0x4000 4k migw 6 of=anon\n"
	"map 0x5000 4k dxw 7 of=anon\nmap 0x6000 4k hwp 8\nmap 0x7000 4k devrw 0x800\n"
	"map 0x8000 4k dpw 0x600 owner=1\nmap 0x9000 4k dpw 0x600 owner=1\n"
	"map 0x200000 2m rw 0x1000 of=anon\n";

static void what_stays_is_made_by_hand(void **state)
{
	struct moved d;

	(void)state;
	for (int r = 0; r < HS_REQUEST_COUNT; r++) {
		moved_text(&d, stays_text, (enum hs_compare_request)r, HS_MOVES_BACK_FAULT);
		assert_int_equal(d.report.moves.device_count, 1 + 1);
		assert_int_equal(d.report.steps[0].counts.selected[HS_MIGRATE_SYSTEM], 1);
		assert_int_equal(d.report.steps[0].lent, 1 + 1);
		assert_int_equal(d.report.steps[1].counts.faults, 1 + 1);
		assert_int_equal(d.report.steps[1].lent, 0);
		assert_int_equal(d.report.step_count, 4);
		for (size_t i = 0; i < d.report.walk_count; i++)
			if (d.report.walks[i].done.failed)
				assert_int_equal(d.report.walks[i].done.valid, 0);
		if (r == HS_REQUEST_NONE)
			expect_walk(&d, HS_MOVES_BEFORE, HS_ERA_6_12, 1 + 1 + 1 + 2 + 512, 0, 0);
		moved_end(&d);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_page_that_is_held_keeps_the_drain),
		cmocka_unit_test(what_a_page_holds_moves_with_it),
		cmocka_unit_test(an_owner_takes_the_pages_of_its_pgmaps_at_once),
		cmocka_unit_test(a_drain_that_does_not_end_is_a_violation),
		cmocka_unit_test(a_layout_that_cannot_be_is_not_tried),
		cmocka_unit_test(what_stays_is_made_by_hand),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
