/* SPDX-License-Identifier: MIT */
/*
 * mmap, munmap, mprotect: VMAs are cut and joined, entries change with them, notifiers are told.
 */
#include "support/vma_steps.h"

#define LEAF_MAPPED (MAPPED | LEAF_ORDER)

/* ---- what can be one, and what cannot ---------------------------------------------------- */

static const struct {
	struct step step[4];
	const char *layout;
	uint32_t vmas_of_file;
} cases[] = {
	{ { { MAP, 0, 4, W, 0 } }, "0-4rw", 0 },
	/* mmap: the lower neighbour, the upper one, both, none of other flags */
	{ { { MAP, 0, 2, W, 0 }, { MAP, 2, 4, W, 0 } }, "0-4rw", 0 },
	{ { { MAP, 2, 4, W, 0 }, { MAP, 0, 2, W, 0 } }, "0-4rw", 0 },
	{ { { MAP, 0, 2, W, 0 }, { MAP, 4, 6, W, 0 }, { MAP, 2, 4, W, 0 } }, "0-6rw", 0 },
	{ { { MAP, 0, 2, R, 0 }, { MAP, 4, 6, R, 0 }, { MAP, 2, 4, W, 0 } }, "0-2r 2-4rw 4-6r", 0 },
	{ { { MAP, 0, 2, R, 0 }, { MAP, 4, 6, W, 0 }, { MAP, 2, 4, W, 0 } }, "0-2r 2-6rw", 0 },
	{ { { MAP, 0, 2, W, 0 }, { MAP, 3, 4, W, 0 } }, "0-2rw 3-4rw", 0 },
	/* a file: pgoff must go on */
	{ { { FILE_AT, 0, 2, W, 5 }, { FILE_AT, 2, 4, W, 7 } }, "0-4rwF5", 1 },
	{ { { FILE_AT, 2, 4, W, 7 }, { FILE_AT, 0, 2, W, 5 } }, "0-4rwF5", 1 },
	{ { { FILE_AT, 0, 2, W, 5 }, { FILE_AT, 2, 4, W, 8 } }, "0-2rwF5 2-4rwF8", 2 },
	{ { { FILE_AT, 2, 4, W, 5 }, { FILE_AT, 0, 2, W, 5 } }, "0-2rwF5 2-4rwF5", 2 },
	{ { { FILE_AT, 0, 2, W, 5 }, { FILE_AT, 3, 5, W, 7 } }, "0-2rwF5 3-5rwF7", 2 },
	{ { { FILE_AT, 0, 2, W, 5 }, { FILE_AT, 4, 6, W, 9 }, { FILE_AT, 2, 4, W, 7 } },
	  "0-6rwF5",
	  1 },
	{ { { FILE_AT, 0, 2, W, 5 }, { MAP, 2, 4, W | HS_VM_SHARED, 0 } }, "0-2rwF5 2-4rw", 1 },
	/* munmap: middle, head, tail, all, over gaps and borders, nothing */
	{ { { FILE_AT, 0, 6, W, 1 }, { UNMAP, 2, 4, 0, 0 } }, "0-2rwF1 4-6rwF5", 2 },
	{ { { FILE_AT, 0, 6, W, 1 }, { UNMAP, 0, 4, 0, 0 } }, "4-6rwF5", 1 },
	{ { { FILE_AT, 0, 6, W, 1 }, { UNMAP, 4, 6, 0, 0 } }, "0-4rwF1", 1 },
	{ { { FILE_AT, 0, 6, W, 1 }, { UNMAP, 0, 6, 0, 0 } }, "", 0 },
	{ { { FILE_AT, 0, 2, W, 1 }, { MAP, 4, 6, W, 0 }, { UNMAP, 1, 5, 0, 0 } },
	  "0-1rwF1 5-6rw",
	  1 },
	{ { { MAP, 0, 2, W, 0 }, { UNMAP, 2, 6, 0, 0 } }, "0-2rw", 0 },
	/* mprotect: the same, and back again */
	{ { { FILE_AT, 0, 6, W, 1 }, { PROTECT, 2, 4, R, 0 } }, "0-2rwF1 2-4rF3 4-6rwF5", 3 },
	{ { { FILE_AT, 0, 6, W, 1 }, { PROTECT, 2, 4, R, 0 }, { PROTECT, 2, 4, W, 0 } },
	  "0-6rwF1",
	  1 },
	{ { { FILE_AT, 0, 6, W, 1 }, { PROTECT, 0, 2, R, 0 }, { PROTECT, 2, 4, R, 0 } },
	  "0-4rF1 4-6rwF5",
	  2 },
	{ { { MAP, 0, 2, W, 0 }, { MAP, 2, 4, R, 0 }, { PROTECT, 0, 4, R, 0 } }, "0-4r", 0 },
	{ { { MAP, 0, 2, W, 0 }, { MAP, 2, 4, R, 0 }, { PROTECT, 1, 3, 0, 0 } },
	  "0-1rw 1-3 3-4r",
	  0 },
	/* a gate keeps VMAs apart */
	{ { { MAP, 0, 4, W, 0 }, { GATE, 1, 2, 16, 0 } }, "0-1rw 1-2rwG 2-4rw", 0 },
	{ { { MAP, 0, 4, W, 0 }, { GATE, 0, 4, 16, 0 }, { MAP, 4, 5, W, 0 } }, "0-4rwG 4-5rw", 0 },
	{ { { MAP, 0, 4, W, 0 }, { GATE, 1, 2, 16, 0 }, { GATE, 0, 4, 0, 0 } }, "0-4rw", 0 },
	{ { { MAP, 0, 4, W, 0 }, { GATE, 0, 4, 16, 0 }, { UNMAP, 1, 2, 0, 0 } },
	  "0-1rwG 2-4rwG",
	  0 },
};

static void vmas_are_cut_and_joined(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct space s;

		vma_space_open(&s, HS_GEOMETRY_X86_64);
		for (const struct step *p = cases[i].step; p->op != END; p++)
			assert_int_equal(take_step(&s, p, BASE), 0);
		assert_string_equal(layout(s.mm, BASE), cases[i].layout);
		assert_int_equal(hs_mapping_vmas(s.self, s.file), cases[i].vmas_of_file);
		space_close(&s);
	}
}

/* Equal in all else, even in pgoff: another mapping, and none. */
static void neighbours_of_other_mappings_stay_apart(void **state)
{
	struct space *s = *state;
	struct hs_task *self = s->self;
	struct hs_mapping_config config = { .kind = HS_MAPPING_DAX_FILE,
					    .first = DEVICE_START,
					    .pages = 4 };
	const uint32_t flags = W | HS_VM_SHARED;
	struct hs_mapping *other = NULL;

	config.pgmap = s->pgmap;
	assert_int_equal(hs_mapping_create(self, &config, &other), 0);
	assert_int_equal(hs_mmap(self, s->mm, BASE, BASE + PAGE, flags, s->file, BASE / PAGE), 0);
	assert_int_equal(hs_mmap(self, s->mm, BASE + PAGE, BASE + 2 * PAGE, flags, other,
				 BASE / PAGE + 1),
			 0);
	assert_int_equal(hs_mmap(self, s->mm, BASE + 2 * PAGE, BASE + 3 * PAGE, flags, NULL, 0), 0);
	assert_int_equal(hs_vma_count(s->mm), 3);
	assert_int_equal(hs_munmap(self, s->mm, BASE, BASE + 3 * PAGE), 0);
	hs_mapping_destroy(self, other);
}

/* One VMA becomes three where the array has room for one. */
static void the_array_grows_for_both_cuts_at_once(void **state)
{
	struct space *s = *state;

	for (uint32_t i = 0; i < 7; i++) {
		const struct step p = { MAP, 8 * i, 8 * i + 4, W, 0 };

		assert_int_equal(take_step(s, &p, BASE), 0);
	}
	assert_int_equal(s->mm->vma_room, 8);
	assert_int_equal(hs_mprotect(s->self, s->mm, BASE + PAGE, BASE + 2 * PAGE, R), 0);
	assert_int_equal(hs_vma_count(s->mm), 9);
	assert_true(s->mm->vma_room >= 9);
}

/* ---- errors ------------------------------------------------------------------------------ */

static void ranges_must_make_sense(void **state)
{
	struct space *s = *state;
	const uint64_t end = 1ull << 47;
	const struct {
		uint64_t start, end;
	} bad[] = { { BASE, BASE },
		    { BASE + PAGE, BASE },
		    { BASE + 1, BASE + PAGE },
		    { BASE, BASE + PAGE + 1 },
		    { end, end + PAGE },
		    { end - PAGE, end + PAGE } };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct hs_task *self = s->self;

		assert_int_equal(hs_mmap(self, s->mm, bad[i].start, bad[i].end, W, NULL, 0),
				 -EINVAL);
		assert_int_equal(hs_munmap(self, s->mm, bad[i].start, bad[i].end), -EINVAL);
		assert_int_equal(hs_mprotect(self, s->mm, bad[i].start, bad[i].end, R), -EINVAL);
		assert_int_equal(hs_madvise_dontneed(self, s->mm, bad[i].start, bad[i].end),
				 -EINVAL);
		assert_int_equal(hs_vma_set_gate(self, s->mm, bad[i].start, bad[i].end, NULL),
				 -EINVAL);
		assert_int_equal(hs_make_protnone(self, s->mm, bad[i].start, bad[i].end), -EINVAL);
	}
	assert_int_equal(hs_mmap(s->self, s->mm, end - PAGE, end, W, NULL, 0), 0);
	assert_int_equal(hs_munmap(s->self, s->mm, end - PAGE, end), 0);
}

static void mprotect_asks_before_it_changes(void **state)
{
	struct space *s = *state;
	struct hs_task *self = s->self;

	assert_int_equal(hs_mmap(self, s->mm, BASE, BASE + 2 * PAGE, W | MAY, NULL, 0), 0);
	assert_int_equal(hs_mmap(self, s->mm, BASE + 2 * PAGE, BASE + 4 * PAGE, R, NULL, 0), 0);
	assert_int_equal(hs_mmap(self, s->mm, BASE + 5 * PAGE, BASE + 6 * PAGE, R | MAY, NULL, 0),
			 0);
	assert_int_equal(hs_mprotect(self, s->mm, BASE, BASE + 4 * PAGE, HS_VM_SHARED), -EINVAL);
	assert_int_equal(hs_mprotect(self, s->mm, BASE, BASE + 4 * PAGE, W), -EACCES);
	assert_int_equal(hs_mprotect(self, s->mm, BASE, BASE + 6 * PAGE, W), -EACCES);
	assert_int_equal(hs_mprotect(self, s->mm, BASE, BASE + 6 * PAGE, R), -ENOMEM);
	assert_int_equal(hs_mprotect(self, s->mm, BASE + 4 * PAGE, BASE + 6 * PAGE, W), -ENOMEM);
	/* The gap comes first, so the VMA behind it is not checked. */
	assert_int_equal(hs_mprotect(self, s->mm, BASE - PAGE, BASE + 4 * PAGE, W), -ENOMEM);
	assert_int_equal(hs_mprotect(self, s->mm, BASE + 5 * PAGE, BASE + 7 * PAGE, R), -ENOMEM);
	assert_string_equal(layout(s->mm, BASE), "0-2rw 2-4r 5-6r");
	expect_untold(s);
	assert_int_equal(hs_mprotect(self, s->mm, BASE + 5 * PAGE, BASE + 6 * PAGE, W), 0);
}

/* ---- notifier sections ------------------------------------------------------------------- */

static void munmap_is_one_section_over_the_whole_range(void **state)
{
	struct space *s = *state;
	struct hs_task *self = s->self;

	assert_int_equal(hs_mmap(self, s->mm, BASE, BASE + 2 * PAGE, W, NULL, 0), 0);
	assert_int_equal(hs_mmap(self, s->mm, BASE + 3 * PAGE, BASE + 6 * PAGE, R, NULL, 0), 0);
	expect_untold(s);
	assert_int_equal(hs_munmap(self, s->mm, BASE + 8 * PAGE, BASE + 9 * PAGE), 0);
	assert_int_equal(hs_munmap(self, s->mm, BASE + 2 * PAGE, BASE + 3 * PAGE), 0);
	expect_untold(s);
	assert_int_equal(hs_munmap(self, s->mm, BASE + PAGE, BASE + 5 * PAGE), 0);
	expect_told(s, 1, HS_INVALIDATE_UNMAP, BASE + PAGE, BASE + 5 * PAGE, NULL);
}

static void mprotect_is_a_section_for_each_vma_that_changes(void **state)
{
	struct space *s = *state;
	struct hs_task *self = s->self;

	for (uint64_t i = 0; i < 3; i++)
		assert_int_equal(hs_mmap(self, s->mm, BASE + 2 * i * PAGE,
					 BASE + 2 * (i + 1) * PAGE, (i == 1 ? R : W) | MAY, NULL,
					 0),
				 0);
	assert_int_equal(hs_mprotect(self, s->mm, BASE + PAGE, BASE + 5 * PAGE, R), 0);
	expect_section(s, 0, HS_INVALIDATE_PROTECTION_VMA, BASE + PAGE, BASE + 2 * PAGE, NULL);
	expect_told(s, 2, HS_INVALIDATE_PROTECTION_VMA, BASE + 4 * PAGE, BASE + 5 * PAGE, NULL);
	assert_string_equal(layout(s->mm, BASE), "0-1rw 1-5r 5-6rw");
	assert_int_equal(hs_mprotect(self, s->mm, BASE + PAGE, BASE + 5 * PAGE, R), 0);
	expect_untold(s);
}

/* A leaf that is hit in part goes as a whole, and the invalidation covers its whole span. */
static void a_leaf_that_is_hit_in_part_is_told_and_goes_as_a_whole(void **state)
{
	struct space *s = *state;
	struct hs_task *self = s->self;
	const uint64_t huge = LEAF, from = BASE + huge - 4 * PAGE, to = from + 8 * PAGE;

	for (int i = 0; i < 2; i++) {
		assert_int_equal(hs_mmap(self, s->mm, BASE, BASE + 4 * huge, W | MAY, NULL, 0), 0);
		for (uint64_t k = 0; k < 3; k++)
			assert_int_equal(hs_pt_set(self, s->mm, BASE + k * huge, 1,
						   LEAF_MAPPED | (k + 1) << 9),
					 0);
		assert_int_equal(i ? hs_mprotect(self, s->mm, from, to, R)
				   : hs_munmap(self, s->mm, from, to),
				 0);
		expect_told(s, 1, i ? HS_INVALIDATE_PROTECTION_VMA : HS_INVALIDATE_UNMAP, BASE,
			    BASE + 2 * huge, NULL);
		for (uint64_t k = 0; k < 3; k++)
			assert_int_equal(hs_pt_get(self, s->mm, BASE + k * huge, 1),
					 k < 2 ? 0 : LEAF_MAPPED | 3 << 9);
		assert_int_equal(hs_munmap(self, s->mm, BASE, BASE + 4 * huge), 0);
		s->starts = s->ends = 0;
	}
	/* A leaf that is hit as a whole stays, and only its access changes. */
	assert_int_equal(hs_mmap(self, s->mm, BASE, BASE + 2 * huge, W | MAY, NULL, 0), 0);
	assert_int_equal(hs_pt_set(self, s->mm, BASE, 1, LEAF_MAPPED | 1 << 9), 0);
	assert_int_equal(hs_mprotect(self, s->mm, BASE, BASE + huge, R), 0);
	assert_int_equal(hs_pt_get(self, s->mm, BASE, 1), (LEAF_MAPPED | 1 << 9) & ~HS_ENTRY_WRITE);
}

static void device_dax_is_cut_at_leaves_only(void **state)
{
	struct space *s = *state;
	struct hs_task *self = s->self;
	struct hs_mapping_config config = { .kind = HS_MAPPING_DEVICE_DAX,
					    .first = 0x400000,
					    .pages = 2048,
					    .level = 1,
					    .leaf_order = 9 };
	struct hs_mapping *dax = NULL;
	const uint64_t huge = LEAF;

	assert_int_equal(
		hs_pgmap_add(self, HS_PGMAP_GENERIC, 0x400000, 0x400800, NULL, &config.pgmap), 0);
	assert_int_equal(hs_mapping_create(self, &config, &dax), 0);
	assert_int_equal(hs_mmap(self, s->mm, BASE, BASE + 4 * huge, W | HS_VM_SHARED, dax, 0), 0);
	assert_int_equal(hs_munmap(self, s->mm, BASE + PAGE, BASE + 2 * huge), -EINVAL);
	assert_int_equal(hs_munmap(self, s->mm, BASE + huge, BASE + 2 * huge + PAGE), -EINVAL);
	assert_int_equal(hs_mprotect(self, s->mm, BASE, BASE + PAGE, R), -EINVAL);
	assert_string_equal(layout(s->mm, BASE), "0-2048rwF0");
	assert_int_equal(hs_munmap(self, s->mm, BASE + huge, BASE + 2 * huge), 0);
	assert_string_equal(layout(s->mm, BASE), "0-512rwF0 1024-2048rwF1024");
	assert_int_equal(hs_munmap(self, s->mm, BASE, BASE + 4 * huge), 0);
	hs_mapping_destroy(self, dax);
	hs_pgmap_remove(self, config.pgmap);
}

/* ---- tables ------------------------------------------------------------------------------ */

static uint64_t objects(struct hs_task *self)
{
	struct hs_machine_info info;

	hs_machine_info(hs_task_machine(self), &info);
	return info.objects;
}

/* In the mock geometry a PTE table spans 2 pages, the next one 4, the next one 16. */
static void munmap_frees_tables_that_no_neighbour_needs(void **state)
{
	static const struct {
		uint32_t start, end; /* unmapped of pages 0 to 16 */
		uint64_t freed;	     /* tables */
	} of[] = { { 0, 1, 0 }, { 0, 2, 1 }, { 1, 3, 0 }, { 1, 4, 1 }, { 0, 3, 1 },  { 0, 4, 3 },
		   { 2, 6, 2 }, { 4, 8, 3 }, { 3, 9, 3 }, { 2, 8, 4 }, { 0, 16, 13 } };

	(void)state;
	for (size_t i = 0; i < sizeof(of) / sizeof(of[0]); i++) {
		uint64_t before;
		struct space s;

		vma_space_open(&s, HS_GEOMETRY_MOCK);
		/* A VMA beyond keeps the root's other half in use. */
		assert_int_equal(hs_mmap(s.self, s.mm, 32 * PAGE, 33 * PAGE, W, NULL, 0), 0);
		assert_int_equal(hs_mmap(s.self, s.mm, 0, 16 * PAGE, W, NULL, 0), 0);
		for (uint64_t k = 0; k < 16; k++)
			assert_int_equal(hs_pt_set(s.self, s.mm, k * PAGE, 0, MAPPED | k), 0);
		/* A cut makes one object more; a VMA that goes is one less. */
		before = objects(s.self) - s.mm->vma_count;
		assert_int_equal(hs_munmap(s.self, s.mm, of[i].start * PAGE, of[i].end * PAGE), 0);
		assert_int_equal(before - (objects(s.self) - s.mm->vma_count), of[i].freed);
		for (uint64_t k = 0; k < 16; k++)
			assert_int_equal(hs_pt_get(s.self, s.mm, k * PAGE, 0),
					 k < of[i].start || k >= of[i].end ? MAPPED | k : 0);
		space_close(&s);
	}
}

/* Two halves of a table are unmapped one after the other: the second munmap frees the table. */
static void a_table_goes_with_the_last_vma_in_it(void **state)
{
	struct space *s = *state;
	struct hs_task *self = s->self;
	uint64_t before;

	assert_int_equal(hs_mmap(self, s->mm, BASE, BASE + PAGE, W, NULL, 0), 0);
	assert_int_equal(hs_mmap(self, s->mm, BASE + 2 * PAGE, BASE + 3 * PAGE, W, NULL, 0), 0);
	before = objects(self);
	assert_int_equal(hs_pt_set(self, s->mm, BASE, 0, MAPPED | 1), 0);
	assert_int_equal(hs_munmap(self, s->mm, BASE, BASE + PAGE), 0);
	assert_int_equal(objects(self), before - 1 + 3);
	assert_int_equal(hs_munmap(self, s->mm, BASE + 2 * PAGE, BASE + 3 * PAGE), 0);
	assert_int_equal(objects(self), before - 2);
}

/* ---- no memory --------------------------------------------------------------------------- */

static const struct step memory_steps[] = {
	{ MAP, 0, 6, W, 0 },	   { FILE_AT, 8, 14, W, 0 },  { PROTECT, 2, 4, R, 0 },
	{ UNMAP, 9, 11, 0, 0 },	   { GATE, 0, 1, 16, 0 },     { UNMAP, 1, 3, 0, 0 },
	{ PROTECT, 11, 12, 0, 0 }, { FILE_AT, 20, 21, W, 3 }, { MAP, 22, 23, W, 0 },
	{ MAP, 24, 25, W, 0 },	   { END, 0, 0, 0, 0 },
};

/* Runs the steps. A step that fails has changed nothing, and succeeds when it is repeated. */
static uint32_t run_out_of_memory(struct space *s)
{
	uint32_t failures = 0;
	char before[256];

	for (const struct step *p = memory_steps; p->op != END; p++) {
		uint64_t count = objects(s->self);
		uint32_t file = s->file->vma_count, told = s->starts;
		int ret;

		strcpy(before, layout(s->mm, BASE));
		ret = take_step(s, p, BASE);
		if (!ret)
			continue;
		assert_int_equal(ret, -ENOMEM);
		failures++;
		assert_string_equal(layout(s->mm, BASE), before);
		assert_int_equal(objects(s->self), count);
		assert_int_equal(s->file->vma_count, file);
		assert_int_equal(s->starts, told);
		assert_int_equal(s->ends, told);
		assert_int_equal(take_step(s, p, BASE), 0);
	}
	return failures;
}

static void every_allocation_can_fail_and_changes_nothing(void **state)
{
	uint64_t fail, failed = 0;
	uint32_t failures = 1;
	int ret = -1;

	(void)state;
	for (fail = 3; ret || failures; fail++) {
		struct space s;

		ret = vma_space_try(&s, HS_GEOMETRY_X86_64, fail);
		assert_true(!ret || ret == -ENOMEM);
		failures = ret ? 0 : run_out_of_memory(&s);
		failed += failures;
		if (!ret)
			assert_string_equal(layout(s.mm, BASE),
					    "0-1rwG 3-4r 4-6rw 8-9rwF0 11-12F3 "
					    "12-14rwF4 20-21rwF3 22-23rw 24-25rw");
		space_close(&s);
	}
	assert_true(failed > 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vmas_are_cut_and_joined),
		vma_unit_test(neighbours_of_other_mappings_stay_apart),
		vma_unit_test(the_array_grows_for_both_cuts_at_once),
		vma_unit_test(ranges_must_make_sense),
		vma_unit_test(mprotect_asks_before_it_changes),
		vma_unit_test(munmap_is_one_section_over_the_whole_range),
		vma_unit_test(mprotect_is_a_section_for_each_vma_that_changes),
		vma_unit_test(a_leaf_that_is_hit_in_part_is_told_and_goes_as_a_whole),
		vma_unit_test(device_dax_is_cut_at_leaves_only),
		cmocka_unit_test(munmap_frees_tables_that_no_neighbour_needs),
		vma_unit_test(a_table_goes_with_the_last_vma_in_it),
		cmocka_unit_test(every_allocation_can_fail_and_changes_nothing),
	};

	return cmocka_run_group_tests_name("vma", tests, NULL, NULL);
}
