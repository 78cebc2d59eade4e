/* SPDX-License-Identifier: MIT */
/* Claims as a table and as JSON: what is wrong stands below the table, each in a line. */
#include <string.h>

#include "claims/run_claim.h"
#include "claims/settled.h"
#include "support/test.h"

static struct hs_hostmem mem;

/* Each row of it is wrong in another way: no line reached, a control that is the same. */
static const char claim_text[] =
	"hmmsim 1\nclaim C8\nby A \"B\"\ndate 2019-08-15\nsays It holds.\nmethod search\n"
	"row never never\nrow long long x=*\nrow walk walk w\ncontrol same of=never never\n"
	"change nothing\nclaimed never.live = holds\nclaimed long.S1 = holds\nnote Why.\n"
	"race never\nflag a\ntask T\nset a as=t\nset a as=u\nreached u t\n"
	"race long\naxis x M\nmm M\ndriver D M 0x0 0x1000\n"
	"task T\nretry\nbegin D as=t\ninvalidate $x 0x0 0x1000\ninvalidate-end M\ncheck D\nuntil\n"
	"task R\nretry\nbegin D\ninvalidate M 0x0 0x1000\ninvalidate-end M\ncheck D\nuntil\n"
	"reached t\nmust S1\n"
	"scenario w\nreq 0x0 0x1000 0 0 0\nrun\n";
static const char expected_text[] = "C8 verdict=confirmed\nC8.never live=violated\n"
				    "C8.same live=holds\nC8.walk ret=-5\nC8.lost S1=holds\n";

static const struct hs_claim_text text = { "c08.txt", claim_text, sizeof(claim_text) - 1 };
static const struct hs_claim_text expecting = { "x.in", expected_text, sizeof(expected_text) - 1 };

static void settle(struct hs_claim_settled *s, struct hs_claim_expected *expected)
{
	char error[HS_CLAIM_ERROR];
	struct hs_text lines;
	long count;

	*s = (struct hs_claim_settled){ .text = &text, .expected = expected };
	hs_text_init(&lines, &mem, text.file, text.bytes, text.length);
	if (hs_claim_parse(&lines, &s->claim) != 1)
		fail_msg("%s", lines.error);
	if (hs_claim_run(&mem, &text, &s->claim, HS_CLAIM_SIMPLEST, &s->found, error) ||
	    hs_claim_expected_parse(&mem, &expecting, expected, error, sizeof(error)))
		fail_msg("%s", error);
	count = hs_claim_compare(&mem, &s->found, expected, &s->difference);
	assert_true(count >= 0);
	s->differences = (size_t)count;
}

static void end(struct hs_claim_settled *s, struct hs_claim_expected *expected)
{
	hs_hostmem_free(&mem, s->difference);
	hs_claim_expected_free(&mem, expected);
	hs_claim_found_free(&mem, &s->found);
	hs_claim_free(&mem, &s->claim);
	assert_int_equal(mem.live, 0);
}

static void print_table(const struct hs_claim_settled *s, struct hs_out *out)
{
	*out = (struct hs_out){ .mem = &mem };
	hs_claims_table_print(&mem, &s, 1, out);
	hs_out_char(out, '\0');
}

static void what_is_wrong_stands_below_the_table(void **state)
{
	static const char table[] =
		"claim  by     date        found    expected   settled by       executions\n"
		"C8     A \"B\"  2019-08-15  in part  confirmed  a bound was met           3\n"
		"C8: in part, expected confirmed\n"
		"C8: never live=holds, expected violated\n"
		"C8: long[x=M] S1=not-judged, expected nothing\n"
		"C8: walk ret=0, expected -5\n"
		"C8: no cell fits line 5 of expected.txt: lost\n"
		"C8: control same does not flip never\n"
		"C8: never never reached\n"
		"C8: long[x=M] met a bound\n"
		"C8: same never reached\n";
	struct hs_claim_expected expected;
	struct hs_claim_settled s;
	struct hs_out out;

	(void)state;
	settle(&s, &expected);
	print_table(&s, &out);
	assert_string_equal(out.bytes, table);
	hs_out_free(&out);
	end(&s, &expected);
}

static void a_cell_may_be_wrong_in_two_ways(void **state)
{
	struct hs_claim_expected expected;
	struct hs_claim_settled s;
	struct hs_out out;

	(void)state;
	settle(&s, &expected);
	s.found.cell[0].bounded = true;
	print_table(&s, &out);
	assert_non_null(strstr(out.bytes, "\nC8: never never reached\nC8: never met a bound\n"));
	hs_out_free(&out);
	end(&s, &expected);
}

static void json_has_rows_cells_and_differences(void **state)
{
	static const char *const parts[] = {
		"\"by\": \"A \\u0022B\\u0022\"",
		"\"settled_by\": \"a bound was met\"",
		"\"notes\": [\n        \"Why.\"\n      ]",
		"\"control_of\": \"never\",\n          \"change\": \"nothing\"",
		"\"line\": \"never.live = holds\",\n          \"cells\": 1,\n          \"held\": 1",
		"\"of\": \"never\",\n          \"flips\": false\n",
		("\"searches\": [\n            {\n              \"property\": \"S1\",\n"
		 "              \"exhaustive\": \"no\",\n              \"executions\": 1\n"
		 "            },\n"),
		"\"bounded\": true",
		"\"never_reached\": true",
		"\"counterexamples\": []",
		("\"row\": \"walk\",\n          \"settings\": \"\",\n          \"field\": \"ret\",\n"
		 "          \"found\": 0,\n          \"expected\": -5\n"),
		("\"field\": \"verdict\",\n          \"found\": \"in part\",\n"
		 "          \"expected\": \"confirmed\"\n"),
	};
	struct hs_claim_expected expected;
	struct hs_claim_settled s;
	const struct hs_claim_settled *one = &s;
	struct hs_out out = { .mem = &mem };

	(void)state;
	settle(&s, &expected);
	hs_claims_json_print(&one, 1, &out);
	hs_out_char(&out, '\0');
	for (size_t i = 0; i < COUNT(parts); i++)
		if (!strstr(out.bytes, parts[i]))
			fail_msg("%s is not in %s", parts[i], out.bytes);
	hs_out_free(&out);
	end(&s, &expected);
}

static void without_memory_nothing_is_printed_as_whole(void **state)
{
	struct hs_claim_expected expected;
	struct hs_claim_settled s;
	const struct hs_claim_settled *one = &s;
	bool failed = true;

	(void)state;
	settle(&s, &expected);
	for (uint64_t n = 1; failed; n++) {
		struct hs_out table = { .mem = &mem }, json = { .mem = &mem };

		mem.fail_at = mem.attempts + n;
		hs_claims_table_print(&mem, &one, 1, &table);
		hs_claims_json_print(&one, 1, &json);
		failed = table.failed || json.failed;
		assert_true(failed || n > 2);
		hs_out_free(&table);
		hs_out_free(&json);
	}
	mem.fail_at = 0;
	end(&s, &expected);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_wrong_stands_below_the_table),
		cmocka_unit_test(a_cell_may_be_wrong_in_two_ways),
		cmocka_unit_test(json_has_rows_cells_and_differences),
		cmocka_unit_test(without_memory_nothing_is_printed_as_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
