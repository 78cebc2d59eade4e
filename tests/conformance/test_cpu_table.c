/* SPDX-License-Identifier: MIT */
/*
 * What a CPU finds at an entry, and what hmm_range_fault() answers for it: the same entry, made by
 * the same operations of an address space, for an access and for a walk of each era. Nothing else
 * runs meanwhile. That both agree is what "the same behaviour as a CPU access" would mean.
 *
 * The walkers are those of v5.3, with the lookups of its release, and of v6.12, for all from v5.19
 * on. No walker of another version is here. Not modelled, because it differs from both:
 *
 *	v5.4		VMA without WRITE, write: -EPERM; gap: -EFAULT; swapped out: page
 *	v5.6		the same; zero page: page, also in a hole of a DAX file; VMA without
 *			access: -EFAULT
 *	v5.7 to v5.18	as v6.12, but for a page of another device: -EFAULT, which the fault
 *			WALK_FOREIGN_REFUSED puts back (tests/regress/bug_15_errors_of_owners.c)
 *
 * Nor does a task of the model make a migration entry for a leaf: what walkers do with one that is
 * made by hand is in data/walk.
 *
 * "endless" is proved: a walk asks before each pass whether its range is valid. If it begins a pass
 * where it began an earlier one, with the same entries, answers and free memory, it will do so for
 * ever, because nothing else runs. Then the range becomes invalid, and the walk ends.
 */
#include <hmmsim/walk.h>

#include "support/race_play.h"
#include "support/space.h"
#include "text/error_name.h"

#define R HS_PFN_VALID
#define W (HS_PFN_VALID | HS_PFN_WRITE)
#define NOTHING 0
#define PAGES 2
#define PASSES 16 /* none of the walks needs more */

/* What a walk can see, when a pass begins. */
struct sight {
	uint64_t at, entry[PAGES], pfn[PAGES], pages;
};

struct cell {
	struct space s;
	struct hs_range range;
	uint64_t pfn[PAGES];
	int ret;
	uint64_t at; /* where the next pass begins */
	struct sight seen[PASSES];
	uint32_t passes; /* that were asked for */
	uint32_t stop;	 /* the plain body: when the range becomes invalid; 0: never */
	bool endless, no_vma;
};

struct row {
	const char *name;
	void (*make)(struct space *s);
	uint64_t request, page, pages; /* the page in question, and how many are walked */
	bool owned;		       /* the driver owns the device memory */
	const char *cpu, *v5_3, *v6_12;
	uint64_t leaked; /* references, with v5.3 */
};

/* ---- entries ----------------------------------------------------------------------------- */

static void empty(struct space *s)
{
	map(s, BASE, PAGES, RW);
}

static void zero_page(struct space *s)
{
	map(s, BASE, PAGES, RW);
	assert_int_equal(read_fault(s, BASE), 0);
	assert_int_equal(entry_at(s, BASE), ZERO_ENTRY);
}

static void present(struct space *s)
{
	map(s, BASE, PAGES, RW);
	assert_int_equal(write_fault(s, BASE), 0);
}

static void present_in_read_only(struct space *s)
{
	present(s);
	assert_int_equal(hs_mprotect(s->self, s->mm, BASE, BASE + PAGES * PAGE, HS_VM_READ), 0);
}

static void present_without_access(struct space *s)
{
	present(s);
	assert_int_equal(hs_mprotect(s->self, s->mm, BASE, BASE + PAGES * PAGE, 0), 0);
}

static void prot_none(struct space *s)
{
	present(s);
	assert_int_equal(hs_make_protnone(s->self, s->mm, BASE, BASE + PAGE), 0);
}

static void gap(struct space *s)
{
	map(s, BASE + PAGE, 1, RW);
	assert_int_equal(write_fault(s, BASE + PAGE), 0);
}

static void swapped(struct space *s)
{
	present(s);
	assert_int_equal(hs_swap_out(s->self, s->mm, BASE), 0);
}

static void on_device_memory(struct space *s, enum hs_pgmap_type type)
{
	struct hs_page *page;

	map(s, BASE, PAGES, RW);
	s->pgmap = device_memory(s, type, HS_PAGE_REFS_6_1, &device_memory_ops);
	assert_int_equal(hs_pgmap_page_alloc(s->self, s->pgmap, &page), 0);
	assert_int_equal(hs_migrate_insert_page(s->self, s->mm, BASE, page, true), 0);
}

static void on_a_device(struct space *s)
{
	on_device_memory(s, HS_PGMAP_PRIVATE);
}

static void on_a_coherent_device(struct space *s)
{
	on_device_memory(s, HS_PGMAP_COHERENT);
}

/* The device has let go of the page, and the entry is what it was. */
static void exclusive(struct space *s)
{
	struct hs_page *page;

	present(s);
	assert_int_equal(hs_make_exclusive(s->self, s->mm, BASE, NULL, &page), 0);
	hs_page_unlock(s->self, page);
	hs_page_put(s->self, page);
	assert_int_equal(hs_entry_type(entry_at(s, BASE)), HS_TYPE_EXCLUSIVE);
}

static void poisoned(struct space *s)
{
	present(s);
	assert_int_equal(hs_memory_failure(s->self, s->mm, BASE), 0);
}

/* A block, and behind it a hole. */
static void dax(struct space *s)
{
	add_file(s, HS_MAPPING_DAX_FILE, 0, HS_PAGE_REFS_6_1);
	blocks(s, 0, 1);
	map_file(s, BASE, PAGES, SHARED_RW, 0);
	assert_int_equal(read_fault(s, BASE), 0);
}

static void dax_hole_that_was_read(struct space *s)
{
	dax(s);
	assert_int_equal(read_fault(s, BASE + PAGE), 0);
	assert_int_equal(entry_at(s, BASE + PAGE), ZERO_ENTRY);
}

static void dax_killed(struct space *s)
{
	dax(s);
	hs_pgmap_step(s->self, s->pgmap, HS_PGMAP_KILL);
}

static void dax_gone(struct space *s)
{
	dax(s);
	hs_mapping_disable(s->self, s->file);
	hs_unmap_mapping_range(s->self, s->file, 0, PAGES, true);
}

static void device_registers(struct space *s)
{
	map(s, BASE, PAGES, RW | HS_VM_SHARED | HS_VM_PFNMAP | HS_VM_IO);
	assert_int_equal(
		hs_pt_set(s->self, s->mm, BASE, 0, HS_ENTRY_VALID | HS_ENTRY_WRITE | 0x77000), 0);
}

/* ---- a walk ------------------------------------------------------------------------------ */

static uint32_t cell_fault(struct hs_task *self, struct hs_mm *mm, const struct hs_vma *vma,
			   uint64_t addr, uint32_t flags, void *arg)
{
	struct cell *c = arg;

	c->no_vma |= !vma;
	return vma ? hs_handle_mm_fault(self, mm, vma, addr, flags, NULL) : HS_VM_FAULT_SIGSEGV;
}

static const struct hs_fault_ops cell_ops = { cell_fault, NULL };

static void cell_look(struct cell *c, struct sight *sight)
{
	memset(sight, 0, sizeof(*sight));
	sight->at = c->at;
	for (uint64_t i = 0; i < PAGES; i++) {
		sight->entry[i] = entry_at(&c->s, BASE + i * PAGE);
		sight->pfn[i] = c->pfn[i];
	}
	sight->pages = hs_pages_allocated(c->s.self);
}

static void cell_step(struct hs_task *self, struct hs_range *range, enum hs_walk_step step,
		      uint64_t addr, void *arg)
{
	struct cell *c = arg;

	(void)self;
	(void)range;
	if (step == HS_WALK_PASS_END)
		c->at = addr;
}

static bool cell_retry(struct hs_task *self, struct hs_range *range, void *arg)
{
	struct cell *c = arg;
	struct sight *now = &c->seen[c->passes];

	(void)self;
	assert_true(c->passes < PASSES);
	cell_look(c, now);
	for (uint32_t i = 0; range->body == HS_BODY_REFERENCE && i < c->passes; i++)
		c->endless |= !memcmp(&c->seen[i], now, sizeof(*now));
	c->passes++;
	return range->body == HS_BODY_REFERENCE ? c->endless : c->passes == c->stop;
}

static void cell_walk(struct cell *c, const struct row *row, enum hs_era era, enum hs_body body)
{
	space_open(&c->s);
	row->make(&c->s);
	hs_range_init(&c->range, c->s.mm, BASE, BASE + row->pages * PAGE, c->pfn);
	c->range.era = era;
	c->range.strategy = era == HS_ERA_5_3 ? HS_STRATEGY_PER_TABLE : HS_STRATEGY_NONE;
	c->range.body = body;
	c->range.default_flags = row->request;
	c->range.owner = row->owned ? (const void *)&device_memory_ops : c;
	c->range.retry = cell_retry;
	c->range.retry_arg = c;
	c->range.step = cell_step;
	c->range.step_arg = c;
	c->at = BASE;
	hs_mm_set_fault_ops(c->s.mm, &cell_ops, c);
	hs_mm_lock_read(c->s.self, c->s.mm);
	c->ret = hs_range_fault(c->s.self, &c->range);
	hs_mm_unlock_read(c->s.self, c->s.mm);
}

/* ---- what is found ----------------------------------------------------------------------- */

static const char *page_words(uint64_t pfn, bool private, bool write)
{
	if (pfn == HS_ZERO_PFN)
		return "zero page";
	if (private)
		return write ? "private page w" : "private page";
	return write ? "page w" : "page";
}

/* An answer is the page that the entry has now, and allows no more than it does. */
static const char *walk_words(struct cell *c, const struct row *row)
{
	uint64_t pfn = c->pfn[row->page], entry = entry_at(&c->s, BASE + row->page * PAGE);

	if (c->endless || c->no_vma)
		return c->endless ? "endless" : "NULL dereference";
	if (c->ret)
		return hs_error_name(c->ret);
	if (!(pfn & HS_PFN_VALID))
		return pfn ? "error" : "none";
	assert_int_equal(pfn & HS_ENTRY_PFN, hs_entry_pfn(entry));
	assert_int_equal(pfn & HS_PFN_WRITE, entry & HS_ENTRY_WRITE);
	return page_words(pfn & HS_ENTRY_PFN, entry & HS_ENTRY_DEVPRIV, pfn & HS_PFN_WRITE);
}

static const char *cpu_words(struct space *s, const struct row *row)
{
	uint64_t addr = BASE + row->page * PAGE, pfn = 0, entry;
	uint32_t error = hs_cpu_access(s->self, s->mm, addr, row->request & HS_PFN_WRITE, &pfn);

	if (error)
		return error == HS_VM_FAULT_SIGSEGV  ? "SIGSEGV"
		       : error == HS_VM_FAULT_SIGBUS ? "SIGBUS"
						     : "SIGBUS, hwpoison";
	entry = entry_at(s, addr);
	assert_int_equal(pfn, hs_entry_pfn(entry));
	return page_words(pfn, entry & HS_ENTRY_DEVPRIV, entry & HS_ENTRY_WRITE);
}

/* ---- the table --------------------------------------------------------------------------- */

/* What dax_killed() has begun. */
static void cell_close(struct space *s, const struct row *row)
{
	hs_mm_set_fault_ops(s->mm, &hs_mm_fault_ops, NULL);
	if (row->make == dax_killed) {
		hs_unmap_mapping_range(s->self, s->file, 0, PAGES, true);
		assert_int_equal(hs_munmap(s->self, s->mm, BASE, BASE + PAGES * PAGE), 0);
		hs_mapping_destroy(s->self, s->file);
		for (int i = 1; i < HS_PGMAP_STEP_COUNT; i++)
			hs_pgmap_step(s->self, s->pgmap, hs_removal_steps(HS_REMOVAL_ORDER_6_0)[i]);
		hs_pgmap_free(s->self, s->pgmap);
		s->file = NULL;
		s->pgmap = NULL;
	}
	space_close(s);
}

static void expect_words(const struct row *row, const char *what, const char *found,
			 const char *expected)
{
	if (strcmp(found, expected))
		fail_msg("%s: %s: found %s, expected %s", row->name, what, found, expected);
}

static void expect_cpu(const struct row *row)
{
	struct space s;

	space_open(&s);
	row->make(&s);
	expect_words(row, "a CPU", cpu_words(&s, row), row->cpu);
	cell_close(&s, row);
}

static void expect_body(const struct row *row, enum hs_era era, enum hs_body body,
			const char *expected, struct cell *c)
{
	uint64_t leaked = era == HS_ERA_5_3 ? row->leaked : 0;

	cell_walk(c, row, era, body);
	expect_words(row, hs_era_name(era), walk_words(c, row), expected);
	assert_int_equal(c->range.counts.leaked, leaked);
	for (uint64_t i = 0; i < leaked; i++)
		hs_pgmap_put(c->s.self, c->s.pgmap);
	cell_close(&c->s, row);
}

/* The plain body has no steps by which to prove anything: it does as many passes as the other. */
static void expect_walk(const struct row *row, enum hs_era era, const char *expected)
{
	struct cell reference = { 0 }, plain = { 0 };

	expect_body(row, era, HS_BODY_REFERENCE, expected, &reference);
	plain.endless = reference.endless;
	plain.stop = reference.endless ? reference.passes : 0;
	expect_body(row, era, HS_BODY_PLAIN, expected, &plain);
	assert_int_equal(plain.ret, reference.ret);
	assert_int_equal(plain.passes, reference.passes);
	assert_memory_equal(&plain.range.counts, &reference.range.counts,
			    sizeof(plain.range.counts));
}

static const struct row rows[] = {
	{ "present, R", present, R, 0, 1, false, "page w", "page w", "page w", 0 },
	{ "nothing, R", empty, R, 0, 1, false, "zero page", "-EFAULT", "zero page", 0 },
	{ "nothing, W", empty, W, 0, 1, false, "page w", "page w", "page w", 0 },
	{ "nothing, not requested", empty, NOTHING, 0, 1, false, "zero page", "none", "none", 0 },
	{ "zero page, W", zero_page, W, 0, 1, false, "page w", "page w", "page w", 0 },
	{ "VMA without WRITE, W", present_in_read_only, W, 0, 1, false, "SIGSEGV", "endless",
	  "-EPERM", 0 },
	{ "VMA without access", present_without_access, R, 0, 1, false, "SIGSEGV", "-EPERM",
	  "-EFAULT", 0 },
	{ "prot-none of NUMA", prot_none, R, 0, 1, false, "page", "page", "page", 0 },
	{ "gap in the range", gap, R, 0, 2, false, "SIGSEGV", "NULL dereference", "-EFAULT", 0 },
	{ "swapped out, R", swapped, R, 0, 1, false, "page", "none", "page", 0 },
	{ "swapped out, W", swapped, W, 0, 1, false, "page w", "none", "page w", 0 },
	{ "device-private, own", on_a_device, R, 0, 1, true, "page w", "private page w",
	  "private page w", 0 },
	{ "device-private, of another", on_a_device, R, 0, 1, false, "page w", "private page w",
	  "page w", 0 },
	{ "device-coherent, of another", on_a_coherent_device, R, 0, 1, false, "page w", "page w",
	  "page w", 0 },
	{ "device-exclusive", exclusive, R, 0, 1, false, "page w", "-EFAULT", "page w", 0 },
	{ "hwpoison", poisoned, R, 0, 1, false, "SIGBUS, hwpoison", "-EFAULT", "-EFAULT", 0 },
	{ "hwpoison, not requested", poisoned, NOTHING, 0, 1, false, "SIGBUS, hwpoison", "-EFAULT",
	  "none", 0 },
	{ "DAX block", dax, R, 0, 1, false, "page w", "page w", "page w", 0 },
	{ "DAX hole that a CPU has read", dax_hole_that_was_read, R, 1, 2, false, "zero page",
	  "-EFAULT", "zero page", 1 },
	{ "DAX block, pgmap killed", dax_killed, R, 0, 1, false, "page w", "endless", "page w", 0 },
	{ "DAX, disabled and unmapped", dax_gone, R, 0, 1, false, "SIGBUS", "-EFAULT", "-EFAULT",
	  0 },
	{ "device registers", device_registers, R, 0, 1, false, "page w", "-EFAULT", "-EFAULT", 0 },
};

static void a_walk_answers_what_a_cpu_finds_but_where_it_does_not(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		expect_cpu(&rows[i]);
		expect_walk(&rows[i], HS_ERA_5_3, rows[i].v5_3);
		expect_walk(&rows[i], HS_ERA_6_12, rows[i].v6_12);
	}
}

/* ---- migration --------------------------------------------------------------------------- */

/* m: the entry becomes a migration entry; e: it ends. */
#define MIGRATION                                                                         \
	"hmmsim 1\nrace r\nmm M\nmmap M 0x0 0x1000 rw\ndriver D M 0x0 0x1000 walker=%s\n" \
	"setup\n  store M 0x0 7\n"                                                        \
	"task mover\n  migrate M 0x0 as=m\n  migrate-end M as=e\n"
#define CPU "task cpu\n  assert-value M 0x0 7 as=a\n"
#define WALK                                                                                  \
	"task driver\n  begin D as=b\n  walk D 0x0 0x1000 r as=a\n  lock D as=l\n  check D\n" \
	"  program D 0x0 optional=yes\n  unlock D\n"

/* It waits: after its begin the migration ends, and not before. */
static void waits(const char *era, const char *task, const char *order, const char *check)
{
	char text[1024], again[1024];

	snprintf(text, sizeof(text), MIGRATION "%sorder %s a~ e\n%s", era, task, order, check);
	holds(text);
	snprintf(again, sizeof(again), MIGRATION "%sorder %s a e\n%s", era, task, order, check);
	ends(again, HS_VERDICT_DEADLOCK, "");
}

static void a_cpu_and_a_walk_of_6_12_wait_for_a_migration_and_one_of_5_3_does_not(void **state)
{
	char text[1024];

	(void)state;
	waits("6.12", CPU, "m", "");
	waits("6.12", WALK, "m b",
	      "check\n  assert-result driver 0\n  assert-entry D 0x0 w mapped\n");
	snprintf(text, sizeof(text), MIGRATION "%sorder m b a l e\n%s", "5.3", WALK,
		 "check\n  assert-result driver 0\n  assert-entry D 0x0 no\n");
	holds(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_walk_answers_what_a_cpu_finds_but_where_it_does_not),
		cmocka_unit_test(
			a_cpu_and_a_walk_of_6_12_wait_for_a_migration_and_one_of_5_3_does_not),
	};

	return cmocka_run_group_tests_name("cpu table", tests, NULL, NULL);
}
