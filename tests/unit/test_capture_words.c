/* SPDX-License-Identifier: MIT */
/*
 * What pagemap words of pages that are not present mean, in each kernel and with what kpageflags
 * says of their frames. test_capture_kernels.sh checks whole captures.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "capture/proc.h"

#define ONLINE (HS_KPF_KNOWN | HS_KPF_MMAP)
#define OFFLINE (HS_KPF_KNOWN | HS_KPF_NOPAGE)
#define FRAME 0x12345

/* An entry that is writable, and one that is the likeliest of several. */
#define W 0x100
#define GUESS 0x200

static struct hs_proc_vma writable = { .flags = HS_VM_READ | HS_VM_WRITE, .anonymous = true };

static unsigned int classify(unsigned int version, struct hs_proc_span *span)
{
	struct hs_proc proc = { .version = version,
				.vmas = &writable,
				.vma_count = 1,
				.spans = span,
				.span_count = 1 };

	writable.spans = 1;
	span->count = 1;
	assert_int_equal(hs_proc_classify(&proc), 0);
	return (unsigned int)span->entry | (span->write ? W : 0) | (span->guessed ? GUESS : 0);
}

static unsigned int type_is(unsigned int version, uint8_t type, uint64_t flags)
{
	struct hs_proc_span span = {
		.bits = HS_PM_SWAP, .frame = FRAME, .flags = flags, .type = type
	};

	return classify(version, &span);
}

/* Each kernel that gave the types another order. */
static void swap_types_are_those_of_the_kernel(void **state)
{
	static const struct {
		unsigned int version;
		uint8_t type;
		uint64_t flags;
		unsigned int expected;
	} cases[] = {
		{ HS_PROC_VERSION(3, 10), 28, 0, HS_ENTRY_SWAP },
		{ HS_PROC_VERSION(3, 10), 29, 0, HS_ENTRY_HWPOISON | GUESS },
		{ HS_PROC_VERSION(3, 10), 30, ONLINE, HS_ENTRY_MIGRATION },
		{ HS_PROC_VERSION(3, 10), 31, ONLINE, HS_ENTRY_MIGRATION | W },
		{ HS_PROC_VERSION(5, 4), 26, 0, HS_ENTRY_SWAP },
		{ HS_PROC_VERSION(5, 4), 28, ONLINE, HS_ENTRY_MIGRATION },
		{ HS_PROC_VERSION(5, 4), 29, ONLINE, HS_ENTRY_MIGRATION | W },
		{ HS_PROC_VERSION(5, 4), 30, OFFLINE, HS_ENTRY_PRIVATE | W },
		{ HS_PROC_VERSION(5, 4), 31, OFFLINE, HS_ENTRY_PRIVATE },
		{ HS_PROC_VERSION(5, 15), 28, OFFLINE, HS_ENTRY_PRIVATE | W },
		{ HS_PROC_VERSION(5, 15), 31, ONLINE, HS_ENTRY_EXCLUSIVE },
		{ HS_PROC_VERSION(6, 1), 22, ONLINE | HS_KPF_HWPOISON, HS_ENTRY_HWPOISON },
		{ HS_PROC_VERSION(6, 1), 25, ONLINE, HS_ENTRY_MIGRATION | W },
		{ HS_PROC_VERSION(6, 1), 26, OFFLINE, HS_ENTRY_PRIVATE | W },
		{ HS_PROC_VERSION(6, 1), 31, 0, HS_ENTRY_POISON },
		{ HS_PROC_VERSION(6, 12), 22, ONLINE, HS_ENTRY_SWAP },
		{ HS_PROC_VERSION(6, 12), 25, ONLINE, HS_ENTRY_MIGRATION },
		{ HS_PROC_VERSION(6, 12), 26, ONLINE, HS_ENTRY_MIGRATION | W },
		{ HS_PROC_VERSION(6, 12), 27, OFFLINE, HS_ENTRY_PRIVATE | W },
		{ HS_PROC_VERSION(6, 12), 28, OFFLINE, HS_ENTRY_PRIVATE },
		{ HS_PROC_VERSION(6, 12), 29, ONLINE, HS_ENTRY_EXCLUSIVE | W },
		{ HS_PROC_VERSION(6, 12), 30, ONLINE, HS_ENTRY_EXCLUSIVE },
		{ HS_PROC_VERSION(6, 18), 27, ONLINE, HS_ENTRY_MIGRATION | W },
		{ HS_PROC_VERSION(6, 18), 28, OFFLINE, HS_ENTRY_PRIVATE | W },
		{ HS_PROC_VERSION(6, 18), 30, ONLINE, HS_ENTRY_EXCLUSIVE | W },
		/* the last version of one order, and the first of the next */
		{ HS_PROC_VERSION(4, 13), 30, ONLINE, HS_ENTRY_MIGRATION },
		{ HS_PROC_VERSION(4, 13), 31, ONLINE, HS_ENTRY_MIGRATION | W },
		{ HS_PROC_VERSION(4, 14), 29, ONLINE, HS_ENTRY_MIGRATION | W },
		{ HS_PROC_VERSION(4, 14), 30, OFFLINE, HS_ENTRY_PRIVATE | W },
		{ HS_PROC_VERSION(5, 13), 29, ONLINE, HS_ENTRY_MIGRATION | W },
		{ HS_PROC_VERSION(5, 13), 30, OFFLINE, HS_ENTRY_PRIVATE | W },
		{ HS_PROC_VERSION(5, 14), 27, ONLINE, HS_ENTRY_MIGRATION | W },
		{ HS_PROC_VERSION(5, 14), 28, OFFLINE, HS_ENTRY_PRIVATE | W },
		{ HS_PROC_VERSION(5, 18), 27, ONLINE, HS_ENTRY_MIGRATION | W },
		{ HS_PROC_VERSION(5, 18), 31, ONLINE, HS_ENTRY_EXCLUSIVE },
		{ HS_PROC_VERSION(5, 19), 25, ONLINE, HS_ENTRY_MIGRATION | W },
		{ HS_PROC_VERSION(5, 19), 29, ONLINE, HS_ENTRY_EXCLUSIVE },
		{ HS_PROC_VERSION(5, 19), 31, 0, HS_ENTRY_POISON },
		{ HS_PROC_VERSION(6, 1), 29, ONLINE, HS_ENTRY_EXCLUSIVE },
		{ HS_PROC_VERSION(6, 2), 26, ONLINE, HS_ENTRY_MIGRATION | W },
		{ HS_PROC_VERSION(6, 2), 27, OFFLINE, HS_ENTRY_PRIVATE | W },
		{ HS_PROC_VERSION(6, 2), 30, ONLINE, HS_ENTRY_EXCLUSIVE },
		{ HS_PROC_VERSION(6, 14), 27, OFFLINE, HS_ENTRY_PRIVATE | W },
		{ HS_PROC_VERSION(6, 14), 30, ONLINE, HS_ENTRY_EXCLUSIVE },
		{ HS_PROC_VERSION(6, 15), 27, ONLINE, HS_ENTRY_MIGRATION | W },
		{ HS_PROC_VERSION(6, 15), 30, ONLINE, HS_ENTRY_EXCLUSIVE | W },
		/* built without device-private memory: the page is online */
		{ HS_PROC_VERSION(6, 12), 28, ONLINE, HS_ENTRY_MIGRATION },
		{ HS_PROC_VERSION(6, 18), 29, ONLINE, HS_ENTRY_MIGRATION },
		/* without page flags the version tells, without a version device-private */
		{ HS_PROC_VERSION(6, 12), 27, 0, HS_ENTRY_PRIVATE | W | GUESS },
		{ HS_PROC_VERSION(6, 12), 24, 0, HS_ENTRY_MIGRATION | GUESS },
		{ 0, 24, 0, HS_ENTRY_PRIVATE | W | GUESS },
		{ 0, 31, 0, HS_ENTRY_PRIVATE | W | GUESS },
		{ 0, 24, ONLINE, HS_ENTRY_MIGRATION },
		{ 0, 22, ONLINE, HS_ENTRY_MIGRATION },
		{ 0, 23, ONLINE | HS_KPF_HWPOISON, HS_ENTRY_HWPOISON },
		{ 0, 21, ONLINE, HS_ENTRY_SWAP },
		{ 0, 0, 0, HS_ENTRY_SWAP },
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		unsigned int found = type_is(cases[i].version, cases[i].type, cases[i].flags);

		if (found != cases[i].expected)
			fail_msg("version 0x%x, type %u: expected 0x%x, found 0x%x",
				 cases[i].version, cases[i].type, cases[i].expected, found);
	}
}

static void the_offset_of_a_marker_says_what_it_is(void **state)
{
	(void)state;
	for (uint64_t offset = 1; offset < 8; offset++) {
		struct hs_proc_span span = { .bits = HS_PM_SWAP, .frame = offset, .type = 31 };

		assert_int_equal(classify(HS_PROC_VERSION(6, 18), &span),
				 offset == 1 ? HS_ENTRY_MARKER : HS_ENTRY_POISON);
		assert_int_equal(span.frame, 0);
	}
}

/* Without a type, bits 56 and 61 are of a page. Bit 58 is a guard. */
static void bits_without_a_type_say_something_of_a_page(void **state)
{
	static const struct {
		uint64_t bits;
		unsigned int expected;
	} cases[] = {
		{ HS_PM_SWAP, HS_ENTRY_BARE },
		{ HS_PM_SWAP | HS_PM_UFFD_WP, HS_ENTRY_BARE },
		{ HS_PM_SWAP | HS_PM_GUARD, HS_ENTRY_POISON },
		{ HS_PM_SWAP | HS_PM_FILE, HS_ENTRY_MIGRATION | W },
		{ HS_PM_SWAP | HS_PM_EXCLUSIVE, HS_ENTRY_PRIVATE | W | GUESS },
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct hs_proc_span span = { .bits = cases[i].bits,
					     .frame = FRAME,
					     .type = HS_PM_NO_TYPE };

		assert_int_equal(classify(0, &span), cases[i].expected);
		/* All guards are the same entry. */
		if (cases[i].expected == HS_ENTRY_POISON)
			assert_int_equal(span.frame, 0);
	}
}

/* Bits 55 to 60 are the page shift only if every word says so, and a page is present. */
static void the_page_shift_is_in_all_words(void **state)
{
	const uint64_t shift = (uint64_t)12 << 55, present = HS_PM_PRESENT | shift;
	struct hs_proc_span spans[2] = {
		{ .count = 1, .bits = present, .type = HS_PM_NO_TYPE },
		{ .count = 1, .bits = HS_PM_SWAP | shift, .frame = 7 },
	};
	struct hs_proc proc = {
		.vmas = &writable, .vma_count = 1, .spans = spans, .span_count = 2
	};

	(void)state;
	writable.spans = 2;
	assert_int_equal(hs_proc_classify(&proc), 0);
	assert_true(proc.page_shift && proc.no_exclusive);
	assert_int_equal(spans[1].entry, HS_ENTRY_SWAP);
	spans[0].bits = HS_PM_PRESENT | HS_PM_EXCLUSIVE;
	spans[1].bits = HS_PM_SWAP | shift;
	proc.page_shift = false;
	assert_int_equal(hs_proc_classify(&proc), 0);
	assert_false(proc.page_shift);
	assert_int_equal(spans[1].entry, HS_ENTRY_POISON);
	proc.span_count = writable.spans = 1;
	spans[0] = (struct hs_proc_span){ .count = 1, .bits = HS_PM_SWAP | shift };
	assert_int_equal(hs_proc_classify(&proc), 0);
	assert_false(proc.page_shift);
	spans[0].bits = HS_PM_PRESENT | (uint64_t)14 << 55;
	assert_int_equal(hs_proc_classify(&proc), 14);
}

/* Without a page shift in the words the version tells whether bit 56 means something. */
static void kernels_know_exclusive_pages_from_4_2_on(void **state)
{
	static const struct {
		unsigned int version;
		uint64_t bits;
		bool no_exclusive;
	} cases[] = {
		{ HS_PROC_VERSION(4, 1), 0, true },
		{ HS_PROC_VERSION(4, 1), HS_PM_EXCLUSIVE, false },
		{ HS_PROC_VERSION(4, 2), 0, false },
		{ 0, 0, false },
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct hs_proc_span span = { .count = 1,
					     .bits = HS_PM_PRESENT | cases[i].bits,
					     .type = HS_PM_NO_TYPE };
		struct hs_proc proc = { .version = cases[i].version,
					.vmas = &writable,
					.vma_count = 1,
					.spans = &span,
					.span_count = 1 };

		writable.spans = 1;
		assert_int_equal(hs_proc_classify(&proc), 0);
		assert_int_equal(proc.no_exclusive, cases[i].no_exclusive);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(swap_types_are_those_of_the_kernel),
		cmocka_unit_test(the_offset_of_a_marker_says_what_it_is),
		cmocka_unit_test(bits_without_a_type_say_something_of_a_page),
		cmocka_unit_test(the_page_shift_is_in_all_words),
		cmocka_unit_test(kernels_know_exclusive_pages_from_4_2_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
