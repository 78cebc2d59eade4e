/* SPDX-License-Identifier: MIT */
/*
 * What becomes of requests: how many calls, passes and faults the page of another device costs, and
 * what is left of requests in slots, which are the answers, too. All counts are exact.
 */
#include <hmmsim/walk.h>

#include "port/common/breaks.h"
#include "support/space.h"

/* Only the library with faults defines it. */
#pragma weak hs_break_set

#define PAGES 4
#define R HS_PFN_VALID
#define W (HS_PFN_VALID | HS_PFN_WRITE)

struct walks {
	struct space s;
	struct hs_range range; /* of all pages; nothing is requested */
	uint64_t pfn[PAGES];
	uint32_t asked,
		invalid_at; /* the range is invalid when it is asked for so often; 0: never */
	uint64_t gone;	    /* is taken away when the last page has been faulted; 0: none */
};

/* ---- calls ------------------------------------------------------------------------------- */

static uint32_t walks_fault(struct hs_task *self, struct hs_mm *mm, const struct hs_vma *vma,
			    uint64_t addr, uint32_t flags, void *arg)
{
	struct walks *w = arg;
	uint32_t ret = hs_handle_mm_fault(self, mm, vma, addr, flags, NULL);

	if (w->gone && addr == BASE + (PAGES - 1) * PAGE) {
		const struct hs_invalidation inv = { .start = w->gone,
						     .end = w->gone + PAGE,
						     .event = HS_INVALIDATE_CLEAR,
						     .blockable = true };

		assert_int_equal(hs_zap_range_event_locked(self, mm, &inv), 0);
		w->gone = 0;
	}
	return ret;
}

static bool walks_retry(struct hs_task *self, struct hs_range *range, void *arg)
{
	struct walks *w = arg;

	(void)self;
	(void)range;
	return ++w->asked == w->invalid_at;
}

static void walks_open(struct walks *w, enum hs_era era)
{
	static const struct hs_fault_ops ops = { walks_fault, NULL };

	memset(w, 0, sizeof(*w));
	space_open(&w->s);
	map(&w->s, BASE, PAGES, RW);
	hs_range_init(&w->range, w->s.mm, BASE, BASE + PAGES * PAGE, w->pfn);
	w->range.era = era;
	w->range.owner = w;
	w->range.retry = walks_retry;
	w->range.retry_arg = w;
	hs_mm_set_fault_ops(w->s.mm, &ops, w);
}

static void walks_close(struct walks *w)
{
	hs_mm_set_fault_ops(w->s.mm, &hs_mm_fault_ops, NULL);
	space_close(&w->s);
}

/* Each slot requests this, as a driver does that has default_flags of 0. */
static void request(struct walks *w, uint64_t flags)
{
	w->range.pfn_flags_mask = UINT64_MAX;
	for (int i = 0; i < PAGES; i++)
		w->pfn[i] = flags;
}

/* One call, with what it must return and cost. */
static void call(struct walks *w, int expected, uint64_t passes, uint64_t faults)
{
	int ret;

	w->asked = 0;
	hs_mm_lock_read(w->s.self, w->s.mm);
	ret = hs_range_fault(w->s.self, &w->range);
	hs_mm_unlock_read(w->s.self, w->s.mm);
	assert_int_equal(ret, expected);
	assert_int_equal(w->range.counts.passes, passes);
	assert_int_equal(w->range.counts.faults, faults);
}

static void take_away(struct walks *w, uint64_t page)
{
	uint64_t addr = BASE + page * PAGE;

	assert_int_equal(hs_madvise_dontneed(w->s.self, w->s.mm, addr, addr + PAGE), 0);
}

/* ---- the page of another device ---------------------------------------------------------- */

/* Page 0 is on a device whose owner is another one, the next @present ones are in memory. */
static void on_a_foreign_device(struct walks *w, enum hs_era era, int present)
{
	struct hs_page *page;

	walks_open(w, era);
	w->s.pgmap = device_memory(&w->s, HS_PGMAP_PRIVATE, HS_PAGE_REFS_6_1, &device_memory_ops);
	assert_int_equal(hs_pgmap_page_alloc(w->s.self, w->s.pgmap, &page), 0);
	assert_int_equal(hs_migrate_insert_page(w->s.self, w->s.mm, BASE, page, true), 0);
	for (int i = 1; i <= present; i++)
		assert_int_equal(write_fault(&w->s, BASE + i * PAGE), 0);
	w->range.end = BASE + (1 + present) * PAGE;
}

/* Two calls, three passes: the first shows that the page is private, and of which device. */
static void a_foreign_page_takes_two_steps_with_5_3(void **state)
{
	struct walks w;

	(void)state;
	on_a_foreign_device(&w, HS_ERA_5_3, 0);
	w.range.default_flags = R;
	call(&w, 0, 1, 0);
	assert_int_equal(w.pfn[0], HS_PFN_DEVICE | W | DEVICE_START);
	w.range.default_flags = R | HS_PFN_DEVICE;
	call(&w, 0, 2, 1);
	assert_int_equal(w.pfn[0], W | hs_entry_pfn(entry_at(&w.s, BASE)));
	assert_false(entry_at(&w.s, BASE) & HS_ENTRY_DEVPRIV);
	walks_close(&w);
}

static void a_foreign_page_takes_one_step_with_6_12(void **state)
{
	struct walks w;

	(void)state;
	on_a_foreign_device(&w, HS_ERA_6_12, 0);
	w.range.default_flags = R;
	call(&w, 0, 2, 1);
	assert_int_equal(w.pfn[0], W | hs_entry_pfn(entry_at(&w.s, BASE)));
	assert_false(entry_at(&w.s, BASE) & HS_ENTRY_DEVPRIV);
	walks_close(&w);
}

/* One step that leads nowhere, in test_walk_requests_broken: the page stays where it is. */
static void a_foreign_page_is_refused_from_5_7_to_5_18(void **state)
{
	struct walks w;

	(void)state;
	if (!hs_break_set)
		skip();
	hs_break_set(HS_BREAK_WALK_FOREIGN_REFUSED);
	on_a_foreign_device(&w, HS_ERA_6_12, 0);
	w.range.default_flags = R;
	call(&w, -EFAULT, 1, 0);
	call(&w, -EFAULT, 1, 0);
	assert_true(entry_at(&w.s, BASE) & HS_ENTRY_DEVPRIV);
	walks_close(&w);
	hs_break_set(HS_BREAK_NONE);
}

static void an_own_page_takes_one_pass_and_no_fault(void **state)
{
	struct walks w;

	(void)state;
	on_a_foreign_device(&w, HS_ERA_6_12, 0);
	w.range.owner = &device_memory_ops;
	w.range.default_flags = W;
	call(&w, 0, 1, 0);
	assert_int_equal(w.pfn[0], W | DEVICE_START);
	walks_close(&w);
}

/* The fault goes to the end of the span, over pages that are there. */
static void the_step_back_faults_what_follows_too(void **state)
{
	struct walks w;

	(void)state;
	on_a_foreign_device(&w, HS_ERA_5_3, 3);
	request(&w, R);
	w.pfn[0] = R | HS_PFN_DEVICE;
	call(&w, 0, 2, 4);
	walks_close(&w);
	on_a_foreign_device(&w, HS_ERA_6_12, 3);
	request(&w, R);
	call(&w, 0, 2, 4);
	walks_close(&w);
}

/* ---- lost requests ----------------------------------------------------------------------- */

/* Page 1 goes again before the second pass. The walk of v5.3 has overwritten its request. */
static void a_page_that_goes_during_a_call_is_lost_to_5_3(void **state)
{
	struct walks w;

	(void)state;
	walks_open(&w, HS_ERA_5_3);
	request(&w, W);
	w.gone = BASE + PAGE;
	call(&w, 0, 2, 4);
	assert_int_equal(w.range.pages, 4);
	assert_int_equal(w.pfn[1], 0);
	assert_true(w.pfn[0] & HS_PFN_VALID && w.pfn[2] & HS_PFN_VALID && w.pfn[3] & HS_PFN_VALID);
	walks_close(&w);
}

/* It is faulted once more, and with it pages 2 and 3. */
static void a_page_that_goes_during_a_call_is_faulted_again(void **state)
{
	static const struct {
		enum hs_era era;
		bool slots;
	} rows[] = { { HS_ERA_5_3, false }, { HS_ERA_6_12, false }, { HS_ERA_6_12, true } };
	struct walks w;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		walks_open(&w, rows[i].era);
		if (rows[i].slots)
			request(&w, W);
		else
			w.range.default_flags = W;
		w.gone = BASE + PAGE;
		call(&w, 0, 3, 4 + 3);
		for (int page = 0; page < PAGES; page++)
			assert_true(w.pfn[page] & HS_PFN_VALID);
		walks_close(&w);
	}
}

/* A second call with slots as the first has left them, or written again. */
static void call_again(struct walks *w, bool fresh, uint64_t flags, uint64_t passes,
		       uint64_t faults)
{
	w->invalid_at = 0;
	if (fresh)
		request(w, flags);
	call(w, 0, passes, faults);
}

/* The first call has faulted four pages when its range becomes invalid; then page 1 goes. */
static void the_array_of_a_call_that_failed_requests_nothing_with_5_3(void **state)
{
	struct walks w;

	(void)state;
	for (int fresh = 0; fresh < 2; fresh++) {
		walks_open(&w, HS_ERA_5_3);
		request(&w, W);
		w.invalid_at = 2;
		call(&w, -EBUSY, 1, 4);
		for (int page = 0; page < PAGES; page++)
			assert_int_equal(w.pfn[page], 0);
		take_away(&w, 1);
		call_again(&w, fresh, W, fresh ? 2 : 1, fresh ? 3 : 0);
		assert_int_equal(w.range.pages, 4);
		assert_int_equal((w.pfn[1] & HS_PFN_VALID) != 0, fresh);
		assert_true(w.pfn[0] & HS_PFN_VALID && w.pfn[2] & HS_PFN_VALID);
		walks_close(&w);
	}
}

/* A range that is invalid before the first pass leaves the slots alone in both eras. */
static void the_array_of_a_call_that_failed_keeps_what_was_not_answered(void **state)
{
	static const struct {
		enum hs_era era;
		uint32_t invalid_at;
		uint64_t passes, faults, more;
	} rows[] = { { HS_ERA_5_3, 1, 0, 0, 4 },
		     { HS_ERA_6_12, 1, 0, 0, 4 },
		     { HS_ERA_6_12, 2, 1, 4, 3 } };
	struct walks w;

	(void)state;
	for (size_t i = 0; i < 2 * COUNT(rows); i++) {
		walks_open(&w, rows[i / 2].era);
		request(&w, W);
		w.invalid_at = rows[i / 2].invalid_at;
		call(&w, -EBUSY, rows[i / 2].passes, rows[i / 2].faults);
		for (int page = 0; page < PAGES; page++)
			assert_int_equal(w.pfn[page], W);
		take_away(&w, 1);
		call_again(&w, i % 2, W, 2, rows[i / 2].more);
		walks_close(&w);
	}
}

/* ---- requests that no driver made -------------------------------------------------------- */

/* The answer of a page that could be written requests a write. */
static void an_answer_of_6_12_requests_more_than_the_driver_did(void **state)
{
	struct walks w;

	(void)state;
	for (int fresh = 0; fresh < 2; fresh++) {
		walks_open(&w, HS_ERA_6_12);
		for (int i = 0; i < PAGES; i++)
			assert_int_equal(write_fault(&w.s, BASE + i * PAGE), 0);
		request(&w, R);
		call(&w, 0, 1, 0);
		assert_true(w.pfn[0] & HS_PFN_WRITE);
		assert_int_equal(
			hs_mprotect(w.s.self, w.s.mm, BASE, BASE + PAGES * PAGE, HS_VM_READ), 0);
		if (fresh)
			request(&w, R);
		call(&w, fresh ? 0 : -EPERM, 1, 0);
		walks_close(&w);
	}
}

/* That of a page of a device requests that it comes back. */
static void an_answer_of_5_3_sends_a_page_of_the_device_home(void **state)
{
	struct walks w;

	(void)state;
	for (int fresh = 0; fresh < 2; fresh++) {
		on_a_foreign_device(&w, HS_ERA_5_3, 0);
		request(&w, R);
		call(&w, 0, 1, 0);
		call_again(&w, fresh, R, fresh ? 1 : 2, fresh ? 0 : 1);
		assert_int_equal((entry_at(&w.s, BASE) & HS_ENTRY_DEVPRIV) != 0, fresh);
		walks_close(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_foreign_page_takes_two_steps_with_5_3),
		cmocka_unit_test(a_foreign_page_takes_one_step_with_6_12),
		cmocka_unit_test(a_foreign_page_is_refused_from_5_7_to_5_18),
		cmocka_unit_test(an_own_page_takes_one_pass_and_no_fault),
		cmocka_unit_test(the_step_back_faults_what_follows_too),
		cmocka_unit_test(a_page_that_goes_during_a_call_is_lost_to_5_3),
		cmocka_unit_test(a_page_that_goes_during_a_call_is_faulted_again),
		cmocka_unit_test(the_array_of_a_call_that_failed_requests_nothing_with_5_3),
		cmocka_unit_test(the_array_of_a_call_that_failed_keeps_what_was_not_answered),
		cmocka_unit_test(an_answer_of_6_12_requests_more_than_the_driver_did),
		cmocka_unit_test(an_answer_of_5_3_sends_a_page_of_the_device_home),
	};

	return cmocka_run_group_tests_name("walk requests", tests, NULL, NULL);
}
