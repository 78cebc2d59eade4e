/* SPDX-License-Identifier: MIT */
/* The strategies on layouts: counts against formulas, classes of cost against the space itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include <errno.h>

#include "text/builtin.h"
#include "compare/compare.h"
#include "support/layout_text.h"
#include "support/steady_clock.h"

#define SIZE ((uint64_t)4 << 20)
#define PAGES (SIZE / HS_PAGE_BYTES) /* 1024 */
#define TABLES (PAGES / 512)

/* Walks once, on a machine of its own. */
static void run_layout(struct hs_hostmem *mem, const struct hs_layout *layout,
		       enum hs_compare_request request, enum hs_compare_scope scope,
		       enum hs_era era, enum hs_strategy strategy, struct hs_compared *out)
{
	struct hs_compare_setting set = {
		.mem = mem, .request = request, .body = HS_BODY_PLAIN, .owner = 1
	};
	struct hs_compare_span span;
	struct hs_compare c;

	assert_int_equal(hs_compare_make_span(mem, layout, scope, &span), 0);
	assert_int_equal(hs_compare_begin(&c, layout, &set), 0);
	assert_int_equal(hs_compare_run(&c, era, strategy, &span, out), 0);
	assert_int_equal(hs_compare_end(&c), 0);
	hs_compare_span_free(mem, &span);
}

/* Lookups by strategy; references and puts are as many, everything else hits. */
struct formula {
	const char *name;
	enum hs_compare_scope scope;
	uint64_t device;		      /* pages */
	uint64_t lookups[HS_STRATEGY_CUSTOM]; /* none, page, table, local, range, pass, call */
	uint64_t passes;
};

static const struct formula formulas[] = {
	{ "full", HS_SCOPE_WHOLE, PAGES, { 0, PAGES, TABLES, TABLES, 1, 1, 1 }, 1 },
	{ "full", HS_SCOPE_PAGE, 1, { 0, 1, 1, 1, 1, 1, 1 }, 1 },
	{ "anon", HS_SCOPE_WHOLE, 0, { 0 }, 1 },
	{ "every8", HS_SCOPE_WHOLE, PAGES / 8, { 0, PAGES / 8, TABLES, TABLES, 1, 1, 1 }, 1 },
	{ "half", HS_SCOPE_WHOLE, PAGES / 2, { 0, PAGES / 2, TABLES, TABLES, 1, 1, 1 }, 1 },
	{ "sparse1", HS_SCOPE_WHOLE, TABLES, { 0, TABLES, TABLES, TABLES, 1, 1, 1 }, 1 },
	{ "sparse8", HS_SCOPE_WHOLE, 8 * TABLES, { 0, 8 * TABLES, TABLES, TABLES, 1, 1, 1 }, 1 },
	{ "dev2m", HS_SCOPE_WHOLE, PAGES, { 0, PAGES, TABLES, TABLES, 1, 1, 1 }, 1 },
	{ "alternating",
	  HS_SCOPE_WHOLE,
	  PAGES,
	  { 0, PAGES, PAGES, PAGES, PAGES, PAGES, PAGES },
	  1 },
	{ "empty-tables", HS_SCOPE_WHOLE, 0, { 0 }, 1 },
	{ "private", HS_SCOPE_WHOLE, 0, { 0 }, 1 },
	{ "vmas",
	  HS_SCOPE_WHOLE,
	  PAGES,
	  { 0, PAGES, PAGES / 16, PAGES / 16, PAGES / 16, 1, 1 },
	  1 },
	{ "vmas",
	  HS_SCOPE_VMAS,
	  PAGES,
	  { 0, PAGES, PAGES / 16, PAGES / 16, PAGES / 16, PAGES / 16, PAGES / 16 },
	  PAGES / 16 },
};

/* v5.3 begins a page walk for each VMA, and its cache for a pass ends there. */
static uint64_t expected_lookups(const struct formula *f, enum hs_era era, enum hs_strategy s)
{
	if (era == HS_ERA_5_3 && s == HS_STRATEGY_PER_PASS && !strcmp(f->name, "vmas"))
		return PAGES / 16;
	return f->lookups[s];
}

static void check_formula(const struct formula *f, enum hs_era era, enum hs_strategy strategy)
{
	struct hs_hostmem mem = { .attempts = 0 };
	struct hs_layout layout;
	struct hs_compared done;
	uint64_t lookups = expected_lookups(f, era, strategy);
	bool several = !strcmp(f->name, "vmas");

	layout_builtin(&mem, f->name, SIZE, &layout);
	run_layout(&mem, &layout, HS_REQUEST_NONE, f->scope, era, strategy, &done);
	if (done.counts.lookups != lookups)
		fail_msg("%s: %s %s: %llu lookups, expected %llu", f->name, hs_era_name(era),
			 hs_strategy_name(strategy), (unsigned long long)done.counts.lookups,
			 (unsigned long long)lookups);
	assert_int_equal(done.failed, 0);
	assert_int_equal(done.counts.calls, strategy == HS_STRATEGY_NONE ? 0 : f->device);
	assert_int_equal(done.counts.hits, done.counts.calls - lookups);
	assert_int_equal(done.counts.refs, lookups);
	assert_int_equal(done.counts.puts, lookups);
	assert_int_equal(done.counts.leaked, 0);
	assert_int_equal(done.counts.faults, 0);
	assert_int_equal(done.counts.passes, era == HS_ERA_5_3 && several ? PAGES / 16 : f->passes);
	hs_layout_free(&mem, &layout);
	assert_int_equal(mem.live, 0);
}

static void counts_are_the_formulas(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(formulas) / sizeof(formulas[0]); i++)
		for (int era = 0; era < HS_ERA_COUNT; era++)
			for (int s = 0; s < HS_STRATEGY_CUSTOM; s++)
				check_formula(&formulas[i], (enum hs_era)era, (enum hs_strategy)s);
}

/* ---- faults, leaks, dead pgmaps ---------------------------------------------------------- */

/*
 * Every hole asks for a fault for itself and for the rest of its table. A strategy that keeps its
 * reference when a fault begins holds it over all of them.
 */
static void faults_are_counted_as_held_by_who_holds(void **state)
{
	struct hs_hostmem mem = { .attempts = 0 };
	struct hs_layout layout;
	uint64_t faults = 0;

	(void)state;
	layout_builtin(&mem, "holes", SIZE, &layout);
	for (int s = 0; s < HS_STRATEGY_CUSTOM; s++) {
		bool holds = s == HS_STRATEGY_PER_RANGE || s == HS_STRATEGY_PER_PASS ||
			     s == HS_STRATEGY_PER_CALL;
		struct hs_compared done;

		run_layout(&mem, &layout, HS_REQUEST_READ, HS_SCOPE_WHOLE, HS_ERA_6_12,
			   (enum hs_strategy)s, &done);
		faults = s ? faults : done.counts.faults;
		assert_int_equal(done.failed, 0);
		assert_true(faults >= PAGES / 8);
		assert_int_equal(done.counts.faults, faults);
		assert_int_equal(done.counts.held_faults, holds ? faults : 0);
		assert_true(done.changed);
		assert_int_equal(done.cost.of[HS_COST_FAULT], faults);
		assert_int_equal(done.cost.of[HS_COST_PAGE], PAGES / 8);
		assert_int_equal(done.cost.of[HS_COST_EMPTY_PTE], 0);
	}
	hs_layout_free(&mem, &layout);
	assert_int_equal(mem.live, 0);
}

static void a_changed_space_is_built_anew(void **state)
{
	struct hs_hostmem mem = { .attempts = 0 };
	struct hs_compare_setting set = { .mem = &mem,
					  .request = HS_REQUEST_READ,
					  .body = HS_BODY_PLAIN,
					  .clock = &steady_clock };
	struct hs_compared first, second;
	struct hs_compare_span span;
	struct hs_layout layout;
	struct hs_compare c;
	double real, cpu;

	(void)state;
	layout_builtin(&mem, "holes", SIZE, &layout);
	assert_int_equal(hs_compare_make_span(&mem, &layout, HS_SCOPE_WHOLE, &span), 0);
	assert_int_equal(hs_compare_begin(&c, &layout, &set), 0);
	assert_int_equal(hs_compare_run(&c, HS_ERA_6_12, HS_STRATEGY_PER_TABLE, &span, &first), 0);
	assert_int_equal(hs_compare_run(&c, HS_ERA_6_12, HS_STRATEGY_PER_TABLE, &span, &second), 0);
	assert_memory_equal(&first, &second, sizeof(first));
	assert_int_equal(
		hs_compare_time(&c, HS_ERA_6_12, HS_STRATEGY_PER_TABLE, &span, 1, &real, &cpu), 0);
	assert_true(real == STEADY_REAL_NS && cpu == STEADY_CPU_NS);
	assert_int_equal(hs_compare_run(&c, HS_ERA_6_12, HS_STRATEGY_PER_TABLE, &span, &second), 0);
	assert_memory_equal(&first, &second, sizeof(first));
	assert_int_equal(hs_compare_end(&c), 0);
	hs_compare_span_free(&mem, &span);
	hs_layout_free(&mem, &layout);
	assert_int_equal(mem.live, 0);
}

/* v5.2-v5.6: a special page behind a device page leaves the table with an error. */
static const char leaking_layout[] = "hmmsim 1\n"
				     "layout leak\n"
				     "pgmap 0x200000 0x300000\n"
				     "vma 0x7f0000000000 0x7f0000200000 rw\n"
				     "map 0x7f0000000000 4k devrw 0x200000 count=4\n"
				     "map 0x7f0000004000 4k special 0x1234\n";

static void leaks_of_timed_calls_are_undone(void **state)
{
	struct hs_hostmem mem = { .attempts = 0 };
	struct hs_compare_setting set = { .mem = &mem,
					  .request = HS_REQUEST_READ,
					  .body = HS_BODY_PLAIN,
					  .clock = &steady_clock };
	struct hs_compare_span span;
	struct hs_compared done;
	struct hs_layout layout;
	struct hs_compare c;
	double real, cpu;

	(void)state;
	layout_must_parse(&mem, leaking_layout, &layout);
	assert_int_equal(hs_compare_make_span(&mem, &layout, HS_SCOPE_WHOLE, &span), 0);
	assert_int_equal(hs_compare_begin(&c, &layout, &set), 0);
	assert_int_equal(
		hs_compare_time(&c, HS_ERA_5_3, HS_STRATEGY_PER_TABLE, &span, 3, &real, &cpu), 0);
	assert_int_equal(hs_compare_run(&c, HS_ERA_5_3, HS_STRATEGY_PER_TABLE, &span, &done), 0);
	assert_int_equal(done.counts.leaked, 1);
	assert_int_equal(
		hs_compare_time(&c, HS_ERA_5_3, HS_STRATEGY_PER_TABLE, &span, 3, &real, &cpu), 0);
	assert_int_equal(hs_compare_end(&c), 0);
	hs_compare_span_free(&mem, &span);
	hs_layout_free(&mem, &layout);
	assert_int_equal(mem.live, 0);
}

static void leaks_are_counted_and_undone(void **state)
{
	struct hs_hostmem mem = { .attempts = 0 };
	struct hs_layout layout;

	(void)state;
	layout_must_parse(&mem, leaking_layout, &layout);
	for (int s = 0; s < HS_STRATEGY_CUSTOM; s++) {
		bool leaks = s == HS_STRATEGY_PER_TABLE || s == HS_STRATEGY_PER_TABLE_LOCAL;
		struct hs_compared done;

		run_layout(&mem, &layout, HS_REQUEST_READ, HS_SCOPE_WHOLE, HS_ERA_5_3,
			   (enum hs_strategy)s, &done);
		assert_int_equal(done.failed, 1);
		assert_int_equal(done.error, -EFAULT);
		assert_int_equal(done.counts.leaked, leaks);
	}
	hs_layout_free(&mem, &layout);
	assert_int_equal(mem.live, 0);
}

static void a_dead_pgmap_ends_the_walk(void **state)
{
	static const char text[] = "hmmsim 1\n"
				   "layout dead\n"
				   "pgmap 0x200000 0x200200 dead\n"
				   "vma 0x7f0000000000 0x7f0000200000 rw\n"
				   "map 0x7f0000000000 4k devrw 0x200000 count=512\n";
	struct hs_hostmem mem = { .attempts = 0 };
	struct hs_layout layout;
	struct hs_compared done;

	(void)state;
	layout_must_parse(&mem, text, &layout);
	for (int era = 0; era < HS_ERA_COUNT; era++)
		for (int s = 0; s < HS_STRATEGY_CUSTOM; s++) {
			run_layout(&mem, &layout, HS_REQUEST_NONE, HS_SCOPE_WHOLE, (enum hs_era)era,
				   (enum hs_strategy)s, &done);
			assert_int_equal(done.error, s == HS_STRATEGY_NONE ? 0 : -EBUSY);
			assert_int_equal(done.counts.refs, 0);
			assert_int_equal(done.counts.failures != 0, s != HS_STRATEGY_NONE);
		}
	hs_layout_free(&mem, &layout);
	assert_int_equal(mem.live, 0);
}

/* Each of 80 tables ends a pass, and that is not going round in vain. */
static void a_walk_that_faults_goes_on(void **state)
{
	struct hs_hostmem mem = { .attempts = 0 };
	struct hs_layout layout;
	struct hs_compared done;

	(void)state;
	layout_builtin(&mem, "empty-tables", (uint64_t)160 << 20, &layout);
	for (int era = 0; era < HS_ERA_COUNT; era++) {
		run_layout(&mem, &layout, HS_REQUEST_WRITE, HS_SCOPE_WHOLE, (enum hs_era)era,
			   HS_STRATEGY_NONE, &done);
		assert_int_equal(done.failed, 0);
		assert_int_equal(done.counts.faults, 80 * 512);
		assert_int_equal(done.counts.passes, 81);
	}
	hs_layout_free(&mem, &layout);
	assert_int_equal(mem.live, 0);
}

/* A reference that the walk does not count is found. */
static void references_that_nobody_counted_are_found(void **state)
{
	struct hs_hostmem mem = { .attempts = 0 };
	struct hs_compare_setting set = { .mem = &mem, .body = HS_BODY_PLAIN };
	struct hs_compare_span span;
	struct hs_layout layout;
	struct hs_compared done;
	struct hs_compare c;

	(void)state;
	layout_builtin(&mem, "full", SIZE, &layout);
	assert_int_equal(hs_compare_make_span(&mem, &layout, HS_SCOPE_WHOLE, &span), 0);
	assert_int_equal(hs_compare_begin(&c, &layout, &set), 0);
	for (int i = 0; i < 3; i++)
		assert_non_null(hs_pgmap_get(c.self, layout.pgmaps[0].start, NULL));
	assert_int_equal(hs_populate_put_left(&c.space), 3);
	assert_non_null(hs_pgmap_get(c.self, layout.pgmaps[0].start, NULL));
	assert_int_equal(hs_compare_run(&c, HS_ERA_6_12, HS_STRATEGY_PER_CALL, &span, &done), -EIO);
	assert_int_equal(hs_compare_run(&c, HS_ERA_6_12, HS_STRATEGY_PER_CALL, &span, &done), 0);
	assert_int_equal(hs_compare_end(&c), 0);
	hs_compare_span_free(&mem, &span);
	hs_layout_free(&mem, &layout);
	assert_int_equal(mem.live, 0);
}

static void device_memory_needs_a_pgmap(void **state)
{
	static const char text[] = "hmmsim 1\n"
				   "layout unsaid\n"
				   "vma 0x7f0000000000 0x7f0000200000 rw\n"
				   "map 0x7f0000000000 4k devrw 0x200000\n";
	struct hs_hostmem mem = { .attempts = 0 };
	struct hs_compare_setting set = { .mem = &mem };
	struct hs_layout layout;
	struct hs_compare c;

	(void)state;
	layout_must_parse(&mem, text, &layout);
	assert_int_equal(hs_compare_begin(&c, &layout, &set), -EINVAL);
	hs_compare_end(&c);
	hs_layout_free(&mem, &layout);
	assert_int_equal(mem.live, 0);
}

/* ---- spans and classes ------------------------------------------------------------------- */

/* VMAs in one table, one not readable, one without entries, leaves, a gap, a far one. */
static const char mixed[] = "hmmsim 1\n"
			    "layout mixed\n"
			    "pgmap 0x100000 0x101000\n"
			    "pgmap 0x110000 0x111000 type=private owner=1\n"
			    "pgmap 0x120000 0x121000 type=private owner=2\n"
			    "vma 0x7f0000000000 0x7f0000010000 rw\n"
			    "vma 0x7f0000010000 0x7f0000020000 r\n"
			    "vma 0x7f0000020000 0x7f0000040000 -\n"
			    "vma 0x7f0000050000 0x7f0000060000 r\n"
			    "vma 0x7f0000200000 0x7f0000a01000 rw\n"
			    "vma 0x7f0001000000 0x7f0001001000 rp\n"
			    "vma 0x7f0001200000 0x7f0001400000 rh\n"
			    "map 0x7f0000001000 4k devrw 0x100000 count=3\n"
			    "map 0x7f0000004000 4k rw 0x1000\n"
			    "map 0x7f0000010000 4k ro 0x2000 count=2\n"
			    "map 0x7f0000012000 4k swap 0x5\n"
			    "map 0x7f0000020000 4k rw 0x3000\n"
			    "map 0x7f0000200000 2m devrw 0x100200\n"
			    "map 0x7f0000400000 2m rw 0x10000\n"
			    "map 0x7f0000600000 4k dpw 0x110000 count=7 owner=1\n"
			    "map 0x7f0000607000 4k dpw 0x120000 count=5 owner=2\n"
			    "map 0x7f0000a00000 4k zero 0\n"
			    "map 0x7f0001200000 2m rw 0x20000\n";

/* The class of one page, from the entries of the built space. */
static enum hs_cost_class class_by_looking(const struct hs_compare *c, uint64_t addr)
{
	const struct hs_vma *vma = hs_vma_find(c->space.mm, addr);
	uint32_t level = 0;
	uint64_t e;

	if (!vma || vma->start > addr)
		return HS_COST_HOLE;
	if (!(vma->flags & HS_VM_READ) || vma->flags & HS_VM_PFNMAP)
		return HS_COST_UNREADABLE;
	if (hs_pt_find(c->space.mm, addr, 0, &level))
		level = 0;
	e = hs_pt_get(c->self, c->space.mm, addr, level);
	if (e & HS_ENTRY_DEVPRIV)
		return hs_entry_pfn(e) < 0x120000 ? HS_COST_PRIVATE_OWN : HS_COST_PRIVATE_FOREIGN;
	if (e & HS_ENTRY_DEVMAP)
		return level ? HS_COST_DEVMAP_LEAF_PAGE : HS_COST_DEVMAP_PAGE;
	if (e & HS_ENTRY_VALID)
		return level ? HS_COST_LEAF_PAGE : HS_COST_PAGE;
	if (e)
		return HS_COST_PRIVATE_FOREIGN;
	return level ? HS_COST_HOLE : HS_COST_EMPTY_PTE;
}

/* A table is entered where the page before is in another table, or in another VMA. */
static void count_by_looking(const struct hs_compare *c, const struct hs_compare_call *call,
			     struct hs_cost_counts *out)
{
	const struct hs_vma *last_vma = NULL;
	const uint64_t *last_table = NULL;
	uint64_t tables = 0;

	for (uint64_t addr = call->start; addr < call->end; addr += HS_PAGE_BYTES) {
		enum hs_cost_class class = class_by_looking(c, addr);
		const struct hs_vma *vma = hs_vma_find(c->space.mm, addr);
		const uint64_t *table =
			hs_pt_find(c->space.mm, addr & ~(uint64_t)0x1fffff, 0, NULL);

		out->of[class]++;
		if (class == HS_COST_UNREADABLE || !vma || vma->start > addr)
			table = NULL;
		tables += table && (table != last_table || vma != last_vma);
		last_table = table;
		last_vma = vma;
	}
	out->of[HS_COST_TABLE] += tables ? tables - 1 : 0;
}

static void check_classes(struct hs_hostmem *mem, const struct hs_layout *layout,
			  enum hs_compare_scope scope)
{
	struct hs_compare_setting set = { .mem = mem };
	struct hs_cost_counts counted, looked = { { 0 } };
	struct hs_compare_span span;
	struct hs_compare c;

	assert_int_equal(hs_compare_begin(&c, layout, &set), 0);
	assert_int_equal(hs_compare_make_span(mem, layout, scope, &span), 0);
	hs_compare_pages(layout, &span, 1, &counted);
	for (size_t i = 0; i < span.count; i++)
		count_by_looking(&c, &span.calls[i], &looked);
	for (unsigned int i = 0; i < HS_COST_CLASS_COUNT; i++)
		if (counted.of[i] != looked.of[i])
			fail_msg("%s, %s: %s: %llu, by looking %llu", layout->name,
				 hs_scope_names[scope], hs_cost_class_names[i],
				 (unsigned long long)counted.of[i],
				 (unsigned long long)looked.of[i]);
	hs_compare_span_free(mem, &span);
	assert_int_equal(hs_compare_end(&c), 0);
}

static void classes_are_what_the_space_holds(void **state)
{
	struct hs_hostmem mem = { .attempts = 0 };
	struct hs_layout layout;

	(void)state;
	layout_must_parse(&mem, mixed, &layout);
	for (int scope = 0; scope < HS_SCOPE_COUNT; scope++)
		check_classes(&mem, &layout, (enum hs_compare_scope)scope);
	hs_layout_free(&mem, &layout);
	for (unsigned int i = 0; i < hs_builtin_count(); i++) {
		if (!strcmp(hs_builtin_name(i), "private"))
			continue; /* its pfns are not those that class_by_looking() knows */
		layout_builtin(&mem, hs_builtin_name(i), SIZE, &layout);
		check_classes(&mem, &layout, HS_SCOPE_WHOLE);
		check_classes(&mem, &layout, HS_SCOPE_VMAS);
		hs_layout_free(&mem, &layout);
	}
	assert_int_equal(mem.live, 0);
}

/* A walk splits an ordinary leaf of 1 GiB, and finds nothing; in a hugetlb VMA it does not. */
static void a_split_leaf_is_a_hole_every_time(void **state)
{
	static const char *const flags[] = { "rw", "rwH" };
	struct hs_hostmem mem = { .attempts = 0 };
	struct hs_compared done;
	struct hs_layout layout;
	char text[256];

	(void)state;
	for (int huge = 0; huge < 2; huge++) {
		snprintf(text, sizeof(text),
			 "hmmsim 1\n"
			 "layout leaf\n"
			 "vma 0x7f0000000000 0x7f0040000000 %s\n"
			 "map 0x7f0000000000 1g rw 0x40000\n",
			 flags[huge]);
		layout_must_parse(&mem, text, &layout);
		run_layout(&mem, &layout, HS_REQUEST_NONE, HS_SCOPE_WHOLE, HS_ERA_6_12,
			   HS_STRATEGY_NONE, &done);
		assert_int_equal(done.changed, !huge);
		assert_int_equal(done.cost.of[HS_COST_HOLE], huge ? 0 : 1 << 18);
		assert_int_equal(done.cost.of[HS_COST_LEAF_PAGE], huge ? 1 << 18 : 0);
		hs_layout_free(&mem, &layout);
	}
	assert_int_equal(mem.live, 0);
}

static void spans_are_the_calls_of_a_driver(void **state)
{
	struct hs_hostmem mem = { .attempts = 0 };
	struct hs_compare_span span;
	struct hs_layout layout;

	(void)state;
	layout_must_parse(&mem, mixed, &layout);
	assert_int_equal(hs_compare_make_span(&mem, &layout, HS_SCOPE_WHOLE, &span), 0);
	assert_int_equal(span.count, 1);
	assert_int_equal(span.pages, 0x1400);
	hs_compare_span_free(&mem, &span);
	assert_int_equal(hs_compare_make_span(&mem, &layout, HS_SCOPE_VMAS, &span), 0);
	assert_int_equal(span.count, 5); /* neither the unreadable one nor PFNMAP */
	assert_int_equal(span.most_pages, 0x801);
	hs_compare_span_free(&mem, &span);
	hs_layout_free(&mem, &layout);
	layout_builtin(&mem, "dev2m", (HS_COMPARE_CALL_PAGES + 512) * HS_PAGE_BYTES, &layout);
	assert_int_equal(hs_compare_make_span(&mem, &layout, HS_SCOPE_WHOLE, &span), -ERANGE);
	assert_int_equal(hs_compare_make_span(&mem, &layout, HS_SCOPE_VMAS, &span), 0);
	assert_int_equal(span.count, 2);
	assert_int_equal(span.most_pages, HS_COMPARE_CALL_PAGES);
	hs_compare_span_free(&mem, &span);
	hs_layout_free(&mem, &layout);
	layout_must_parse(&mem, "hmmsim 1\nlayout nothing\n", &layout);
	for (int scope = 0; scope < HS_SCOPE_COUNT; scope++)
		assert_int_equal(hs_compare_make_span(&mem, &layout, (enum hs_compare_scope)scope,
						      &span),
				 -ENOENT);
	hs_layout_free(&mem, &layout);
	assert_int_equal(mem.live, 0);
}

/* 64 MiB of devmap pages in one call is a row of what was measured in the kernel. */
static void predictions_are_those_of_the_measured_rows(void **state)
{
	static const enum hs_strategy of_row[] = { HS_STRATEGY_NONE, HS_STRATEGY_PER_PAGE,
						   HS_STRATEGY_PER_TABLE, HS_STRATEGY_PER_RANGE };
	const struct hs_cost_profile *profile = hs_cost_builtin(HS_COST_DISTRO);
	struct hs_hostmem mem = { .attempts = 0 };
	const struct hs_cost_row *rows;
	struct hs_layout layout;
	unsigned int count;

	(void)state;
	rows = hs_cost_rows(HS_COST_DISTRO, &count);
	layout_builtin(&mem, "full", HS_BUILTIN_BYTES, &layout);
	for (unsigned int i = 0; i < 4; i++) {
		struct hs_compared done;

		run_layout(&mem, &layout, HS_REQUEST_NONE, HS_SCOPE_WHOLE, HS_ERA_6_12, of_row[i],
			   &done);
		assert_memory_equal(&done.cost, &rows[i].counts, sizeof(done.cost));
		assert_true((double)hs_cost_ps(&done.cost, profile) / 1000 / 16384 ==
			    hs_cost_row_predicted(&rows[i], profile));
	}
	hs_layout_free(&mem, &layout);
	assert_int_equal(mem.live, 0);
}

/* The walk ends at the poison, behind the last entry that is empty: the hole is never reached. */
static void as_many_pages_become_present_as_were_faulted(void **state)
{
	struct hs_hostmem mem = { .attempts = 0 };
	struct hs_layout layout;
	struct hs_compared done;
	char error[1024];

	(void)state;
	assert_int_equal(
		layout_parse(&mem,
			     "hmmsim 1\nlayout a\nvma 0x0 0x400000 rw\nmap 0x0 4k rw 0x11\n"
			     "map 0x1ff000 4k poison 0x0\n",
			     &layout, error),
		1);
	for (int era = 0; era < HS_ERA_COUNT; era++) {
		run_layout(&mem, &layout, HS_REQUEST_READ, HS_SCOPE_WHOLE, (enum hs_era)era,
			   HS_STRATEGY_NONE, &done);
		assert_int_equal(done.failed, 1);
		assert_in_range(done.counts.faults, 510, 511);
		assert_int_equal(done.cost.of[HS_COST_EMPTY_PTE], 0);
		assert_int_equal(done.cost.of[HS_COST_PAGE], 1 + done.counts.faults);
		assert_int_equal(done.cost.of[HS_COST_HOLE], 510 + 512 - done.counts.faults);
	}
	hs_layout_free(&mem, &layout);
	assert_int_equal(mem.live, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_are_the_formulas),
		cmocka_unit_test(faults_are_counted_as_held_by_who_holds),
		cmocka_unit_test(a_changed_space_is_built_anew),
		cmocka_unit_test(leaks_are_counted_and_undone),
		cmocka_unit_test(leaks_of_timed_calls_are_undone),
		cmocka_unit_test(a_dead_pgmap_ends_the_walk),
		cmocka_unit_test(a_walk_that_faults_goes_on),
		cmocka_unit_test(references_that_nobody_counted_are_found),
		cmocka_unit_test(device_memory_needs_a_pgmap),
		cmocka_unit_test(classes_are_what_the_space_holds),
		cmocka_unit_test(a_split_leaf_is_a_hole_every_time),
		cmocka_unit_test(spans_are_the_calls_of_a_driver),
		cmocka_unit_test(predictions_are_those_of_the_measured_rows),
		cmocka_unit_test(as_many_pages_become_present_as_were_faulted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
