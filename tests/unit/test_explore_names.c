/* SPDX-License-Identifier: MIT */
/* What a report calls an address that has no name of the model. */
#include "support/report_text.h"

/* ---- outside the machine ------------------------------------------------------------------ */

static char outside[16];

static void keeps_addresses(struct hs_task *self, void *state)
{
	struct play_state *st = state;
	char local;

	hs_ptr_store(self, &st->ptr, outside, HS_RELAXED);
	hs_ptr_store(self, &st->ptr, &local, HS_RELAXED);
	hs_u64_store(self, &st->word[0], (uintptr_t)(outside + 8), HS_RELAXED);
	REPORT_NEVER;
}

static void addresses_of_the_program_have_no_digits(void **state)
{
	(void)state;
	if ((uintptr_t)outside < 1ull << 44) /* a program at an address of its own */
		return;
	report_never(keeps_addresses,
		     "store scenario state+0x48  NULL -> own memory #1  F:L\n"
		     "store scenario state+0x48  own memory #1 -> stack of one #2  F:L\n"
		     "store scenario state  0 -> own memory #3  F:L\n",
		     "1x3");
}

static void reads_an_address_for_ever(struct hs_task *self, void *state)
{
	struct play_state *st = state;

	hs_ptr_store(self, &st->ptr, outside, HS_RELAXED);
	while (hs_ptr_load(self, &st->ptr, HS_RELAXED))
		hs_retry_wait(self, "NULL");
}

static void a_message_has_no_digits_of_an_address_either(void **state)
{
	const struct play play = { .task = { reads_an_address_for_ever } };
	struct hs_explore_result r;

	(void)state;
	report_look(&play, HS_MEMORY_SC, 1000, &r);
	assert_non_null(strstr(r.message, "alone: scenario state+0x48 is own memory #1"));
	hs_explore_result_free(&r);
}

/* ---- objects of the author ---------------------------------------------------------------- */

/* As code does that is not built with ASan. */
HS_NO_ASAN static void writes_beyond(volatile char *object, size_t size)
{
	for (size_t i = 0; i < size; i++)
		object[i] = 'x';
}

static void writes_over_the_next_object(struct hs_task *self, void *state)
{
	char *first = hs_tracked_alloc_at(self, "request", 64, HS_HERE);
	hs_u64 *next = hs_tracked_alloc_at(self, "reply", 64, HS_HERE);

	(void)state;
	hs_u64_add(self, next, 1, HS_RELAXED);
	writes_beyond(first, (size_t)((char *)next - first));
	hs_tracked_free_at(self, next, HS_HERE);
}

static void what_is_written_over_keeps_its_name(void **state)
{
	const struct play play = { .task = { writes_over_the_next_object } };
	struct hs_explore_result r;

	(void)state;
	report_look(&play, HS_MEMORY_SC, 100, &r);
	assert_int_equal(r.verdict, HS_VERDICT_ASSERT);
	assert_non_null(strstr(r.message, "free of what hs_sync_alloc() did not return"));
	assert_non_null(strstr(r.report, "\nadd reply 1  "));
	hs_explore_result_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_of_the_program_have_no_digits),
		cmocka_unit_test(a_message_has_no_digits_of_an_address_either),
		cmocka_unit_test(what_is_written_over_keeps_its_name),
	};

	return cmocka_run_group_tests_name("explore names", tests, NULL, NULL);
}
