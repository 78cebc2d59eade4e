/* SPDX-License-Identifier: MIT */
#include "support/moved.h"

struct hs_report_asked moved_asked(void)
{
	return (struct hs_report_asked){
		.eras = { true, true },
		.strategies = { [HS_STRATEGY_NONE] = true, [HS_STRATEGY_PER_PAGE] = true },
	};
}

void moved_make(struct moved *d, enum hs_compare_request request, uint64_t owner,
		enum hs_moves_back back)
{
	const struct hs_compare_setting set = {
		.mem = &d->mem, .request = request, .body = HS_BODY_PLAIN, .owner = owner
	};

	d->asked = moved_asked();
	assert_int_equal(hs_moves_report_make(&d->report, &d->asked, &d->layout, &set, back), 0);
}

void moved_builtin(struct moved *d, const char *name, uint64_t bytes,
		   enum hs_compare_request request, enum hs_moves_back back)
{
	*d = (struct moved){ .asked = moved_asked() };
	layout_builtin(&d->mem, name, bytes, &d->layout);
	moved_make(d, request, 1, back);
}

void moved_text(struct moved *d, const char *text, enum hs_compare_request request,
		enum hs_moves_back back)
{
	*d = (struct moved){ .asked = moved_asked() };
	layout_must_parse(&d->mem, text, &d->layout);
	moved_make(d, request, 1, back);
}

void moved_end(struct moved *d)
{
	hs_moves_report_free(&d->report);
	hs_layout_free(&d->mem, &d->layout);
	assert_int_equal(d->mem.live, 0);
}

void expect_step(const struct moved *d, size_t i, enum hs_moves_step_kind kind, uint64_t lent,
		 const struct hs_migrate_counts *counts)
{
	const struct hs_moves_step *step = &d->report.steps[i];

	assert_true(i < d->report.step_count);
	assert_int_equal(step->kind, kind);
	assert_int_equal(step->closed, 0);
	assert_false(step->stuck);
	assert_int_equal(step->lent, lent);
	assert_memory_equal(&step->counts, counts, sizeof(*counts));
}

void expect_walk(const struct moved *d, enum hs_moves_state state, enum hs_era era, uint64_t valid,
		 uint64_t faults, uint64_t back)
{
	unsigned int found = 0;

	for (size_t i = 0; i < d->report.walk_count; i++) {
		const struct hs_moves_walk *walk = &d->report.walks[i];

		if (walk->state != state || walk->era != era)
			continue;
		assert_int_equal(walk->done.failed, 0);
		assert_int_equal(walk->done.valid, valid);
		assert_int_equal(walk->done.counts.faults, faults);
		assert_int_equal(walk->back, back);
		found++;
	}
	assert_int_equal(found, 2);
}
