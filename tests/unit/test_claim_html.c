/* SPDX-License-Identifier: MIT */
/* The page of the claims: its bytes, that it is well formed, and what it must have. */
#include "claims/claims_html.h"
#include "support/claim_told.h"
#include "support/html_page.h"
#include "support/test.h"

static int print_page(struct told_kit *kit, struct hs_out *out)
{
	static char cells[] = "strategy\tsafe\t\nnone\ta < b\t\n";
	const struct hs_out summary = { .bytes = cells, .used = sizeof(cells) - 1 };

	return hs_claims_html_print(&kit->mem, kit->told, TOLD_CLAIMS, &summary, out);
}

/* The page in *out, with a 0 behind it; the caller ends both. */
static void page_begin(struct told_kit *kit, struct hs_out *out)
{
	told_kit_begin(kit);
	*out = (struct hs_out){ .mem = &kit->mem };
	assert_int_equal(print_page(kit, out), 0);
	hs_out_char(out, '\0');
	assert_false(out->failed);
}

static void page_end(struct told_kit *kit, struct hs_out *out)
{
	hs_out_free(out);
	told_kit_end(kit);
}

static void expect_sound(const char *page, const char *error)
{
	char found[256] = "";

	html_page_is_sound(page, strlen(page), found);
	assert_string_equal(found, error);
}

#define TYPE "<!DOCTYPE html>\n"

static void the_check_finds_what_is_wrong_with_a_page(void **state)
{
	(void)state;
	expect_sound(TYPE "<p id=\"a\"><a href=\"#a\">b</a><br></p>", "");
	expect_sound("<p></p>", "line 1: no document type");
	expect_sound(TYPE "<p>", "line 2: p is open");
	expect_sound(TYPE "<p><b></p></b>", "line 2: </p> of what is not open");
	expect_sound(TYPE "a & b", "line 2: & is not escaped");
	expect_sound(TYPE "a > b", "line 2: > is not escaped");
	expect_sound(TYPE "<p id=\"a\"></p>\n<p id=\"a\"></p>", "line 3: id a twice");
	expect_sound(TYPE "<p><a href=\"#a\">b</a></p>", "line 2: no id a");
	expect_sound(TYPE "<p class=a></p>", "line 2: no quotation mark");
	expect_sound(TYPE "<p><a href=\"http://a\">b</a></p>",
		     "line 2: a link that leads out of the page");
	expect_sound(TYPE "<script>", "line 2: tag script");
	expect_sound(TYPE "<style>a{b:url(c)}</style>", "line 2: style that asks for another file");
}

static void the_page_is_well_formed(void **state)
{
	char error[256] = "";
	struct told_kit kit;
	struct hs_out out;

	(void)state;
	page_begin(&kit, &out);
	if (!html_page_is_sound(out.bytes, out.used - 1, error))
		fail_msg("%s", error);
	page_end(&kit, &out);
}

static void without_claims_or_summary_it_is_well_formed_too(void **state)
{
	char error[256] = "";
	struct told_kit kit;
	struct hs_out out;

	(void)state;
	told_kit_begin(&kit);
	out = (struct hs_out){ .mem = &kit.mem };
	assert_int_equal(hs_claims_html_print(&kit.mem, NULL, 0, NULL, &out), 0);
	hs_out_char(&out, '\0');
	if (!html_page_is_sound(out.bytes, out.used - 1, error))
		fail_msg("%s", error);
	page_end(&kit, &out);
}

static void the_page_has_these_bytes(void **state)
{
	struct told_kit kit;
	struct hs_out out;

	(void)state;
	told_kit_begin(&kit);
	out = (struct hs_out){ .mem = &kit.mem };
	assert_int_equal(print_page(&kit, &out), 0);
	told_kit_golden(&out, "page.html");
	page_end(&kit, &out);
}

static void words_of_a_claim_are_text_and_no_tags(void **state)
{
	struct told_kit kit;
	struct hs_out out;

	(void)state;
	page_begin(&kit, &out);
	assert_non_null(strstr(out.bytes, "<footer>A. Author &amp; &quot;Co&quot;, "));
	assert_non_null(strstr(out.bytes, "a page &lt;outside&gt; the lock"));
	assert_null(strstr(out.bytes, "<outside>"));
	assert_null(strstr(out.bytes, "<gone>"));
	assert_non_null(strstr(out.bytes, "<td>a &lt; b</td>"));
	page_end(&kit, &out);
}

static size_t occurrences(const char *text, const char *words)
{
	size_t count = 0;

	while ((text = strstr(text, words)) != NULL) {
		count++;
		text++;
	}
	return count;
}

/* Of six two and two have the same steps in the same row, and one has no steps. */
static void each_execution_is_drawn_once_and_each_token_is_there(void **state)
{
	static const char *const tokens[] = { "a:none:3",     "a:none:1", "a:per-page:1",
					      "a:per-page:3", "flag",	  "same" };
	struct told_kit kit;
	struct hs_out out;
	char words[64];

	(void)state;
	told_kit_begin(&kit);
	told_kit_repeat(&kit, &kit.found[0].cell[0], &kit.found[0].cell[1].counterexample[1],
			"hmmsim1:a:none:3");
	out = (struct hs_out){ .mem = &kit.mem };
	assert_int_equal(print_page(&kit, &out), 0);
	hs_out_char(&out, '\0');
	assert_int_equal(occurrences(out.bytes, "An execution, a row a step"), 3);
	for (size_t i = 0; i < COUNT(tokens); i++) {
		snprintf(words, sizeof(words), "hmmsim replay hmmsim1:%s</code>", tokens[i]);
		assert_int_equal(occurrences(out.bytes, words), 1);
	}
	page_end(&kit, &out);
}

static void each_claim_has_a_section_and_an_entry(void **state)
{
	struct told_kit kit;
	struct hs_out out;

	(void)state;
	page_begin(&kit, &out);
	for (unsigned int i = 0; i < TOLD_CLAIMS; i++) {
		char words[64];

		snprintf(words, sizeof(words), "<section id=\"C%u\">", kit.claim[i].number);
		assert_int_equal(occurrences(out.bytes, words), 1);
		snprintf(words, sizeof(words), "<th scope=\"row\"><a href=\"#C%u\">",
			 kit.claim[i].number);
		assert_int_equal(occurrences(out.bytes, words), 1);
	}
	page_end(&kit, &out);
}

static void each_allocation_of_a_page_may_fail(void **state)
{
	struct told_kit kit;

	(void)state;
	told_kit_begin(&kit);
	told_kit_fail_each(&kit, print_page);
	told_kit_end(&kit);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_check_finds_what_is_wrong_with_a_page),
		cmocka_unit_test(the_page_is_well_formed),
		cmocka_unit_test(without_claims_or_summary_it_is_well_formed_too),
		cmocka_unit_test(the_page_has_these_bytes),
		cmocka_unit_test(words_of_a_claim_are_text_and_no_tags),
		cmocka_unit_test(each_execution_is_drawn_once_and_each_token_is_there),
		cmocka_unit_test(each_claim_has_a_section_and_an_entry),
		cmocka_unit_test(each_allocation_of_a_page_may_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
