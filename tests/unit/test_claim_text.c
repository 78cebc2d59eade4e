/* SPDX-License-Identifier: MIT */
/* Claims as text: what is parsed, what is refused, what stands beside them; memory that fails. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "claims/claim.h"
#include "support/test.h"
#include "text/race_builtin.h"

#define WHOSE "by A\ndate 2019-08-15\nsays It holds.\n"
#define HEAD "hmmsim 1\nclaim C8\n" WHOSE "method search\n"
#define ROW "row a r x=* y=1\n"
#define CONTROL "control c of=a r y=2\nchange it is two\n"
#define WALK "row w walk s walker=5.3 strategy=*\n"
#define GOOD HEAD ROW CONTROL "claimed a.S1 = holds\n"
/* A line in place of the last ones of a good claim: line 10. */
#define AT(line) HEAD ROW CONTROL line "\n"
#define RACE "race r\ntask T\nrcu-sync\n"

static struct hs_hostmem mem;

static int parse(const char *string, struct hs_claim *claim, char error[1024])
{
	struct hs_text text;
	int ret;

	hs_text_init(&text, &mem, "x.in", string, strlen(string));
	ret = hs_claim_parse(&text, claim);
	memcpy(error, text.error, sizeof(text.error));
	return ret;
}

/* ---- what is parsed ----------------------------------------------------------------------- */

#define WHOLE                                                                               \
	HEAD ROW WALK CONTROL                                                               \
		"claimed a.S1 = holds\nclaimed  w.lookups\t<  4\n"                          \
		"claimed w.ret >= -14\nclaimed w.slots != 0,VW:8+\nclaimed a.S2 = c.live\n" \
		"note One\t more.\nrow a-5.3 r\nclaimed a-5.3.S1 = a.S1\n"

static void a_claim_has_what_its_lines_say(void **state)
{
	struct hs_claim claim;
	char error[1024];

	(void)state;
	assert_int_equal(parse(WHOLE, &claim, error), 1);
	assert_int_equal(claim.number, 8);
	assert_string_equal(claim.author, "A");
	assert_string_equal(claim.date, "2019-08-15");
	assert_string_equal(claim.says, "It holds.");
	assert_int_equal(claim.method, HS_CLAIM_SEARCH);
	assert_int_equal(claim.line, 2);
	assert_int_equal(claim.rows, 4);
	assert_int_equal(claim.notes, 1);
	assert_string_equal(claim.note[0], "One  more.");
	hs_claim_free(&mem, &claim);
	assert_int_equal(mem.live, 0);
}

static void rows_name_what_is_run_and_with_which_values(void **state)
{
	const struct hs_claim_row *row;
	struct hs_claim claim;
	char error[1024];

	(void)state;
	assert_int_equal(parse(WHOLE, &claim, error), 1);
	row = &claim.row[0];
	assert_string_equal(row->name, "a");
	assert_string_equal(row->runs, "r");
	assert_false(row->walk || hs_claim_is_control(row));
	assert_int_equal(row->settings, 2);
	assert_string_equal(row->setting[0].name, "x");
	assert_null(row->setting[0].value);
	assert_string_equal(row->setting[1].value, "1");
	row = &claim.row[1];
	assert_true(row->walk);
	assert_string_equal(row->runs, "s");
	row = &claim.row[2];
	assert_int_equal(row->of, 0);
	assert_string_equal(row->change, "it is two");
	assert_int_equal(row->line, 9);
	hs_claim_free(&mem, &claim);
}

static void lines_claimed_compare_fields_with_values_and_fields(void **state)
{
	const struct hs_claim_statement *s;
	struct hs_claim claim;
	char error[1024];

	(void)state;
	assert_int_equal(parse(WHOLE, &claim, error), 1);
	assert_int_equal(claim.statements, 6);
	s = claim.statement;
	assert_int_equal(s[0].field, HS_CLAIM_S1);
	assert_int_equal(s[0].other, HS_CLAIM_NO_ROW);
	assert_int_equal(s[0].value.word, HS_CLAIM_HOLDS);
	assert_string_equal(s[1].words, "w.lookups <  4");
	assert_int_equal(s[1].op, HS_CLAIM_BELOW);
	assert_int_equal(s[1].value.number, 4);
	assert_int_equal(s[2].op, HS_CLAIM_AT_LEAST);
	assert_int_equal(s[2].value.number, -14);
	assert_string_equal(s[3].value.text, "0,VW:8+");
	assert_int_equal(s[4].other, 2);
	assert_int_equal(s[4].other_field, HS_CLAIM_LIVE);
	assert_int_equal(s[4].line, 15);
	assert_int_equal(s[5].row, 3);
	assert_int_equal(s[5].other, 0);
	hs_claim_free(&mem, &claim);
}

static void without_a_method_a_claim_needs_a_note_and_no_control(void **state)
{
	struct hs_claim claim;
	char error[1024];

	(void)state;
	assert_int_equal(
		parse("hmmsim 1\nclaim C25\n" WHOSE "method none\nnote Why.\n", &claim, error), 1);
	assert_int_equal(claim.method, HS_CLAIM_NONE);
	assert_int_equal(claim.rows, 0);
	hs_claim_free(&mem, &claim);
}

/* ---- refused ------------------------------------------------------------------------------ */

static const struct {
	const char *text, *error;
} refused[] = {
	{ "claim C8\n", "x.in:1: claim: expected a first line hmmsim 1" },
	{ "hmmsim 1\nvma 0 0x1000 r\n", "x.in:2: vma: expected claim ID first" },
	{ "hmmsim 1\nrun\n", "x.in:2: run: expected claim ID first" },
	{ "hmmsim 1\nby A\n", "x.in:2: by: expected inside a claim" },
	{ "hmmsim 1\nclaim 8\n", "x.in:2: claim: expected ID, C1 to C99, found \"8\"" },
	{ "hmmsim 1\nclaim C08\n", "x.in:2: claim: expected ID, C1 to C99, found \"C08\"" },
	{ "hmmsim 1\nclaim C100\n", "x.in:2: claim: expected ID, C1 to C99, found \"C100\"" },
	{ "hmmsim 1\nclaim C\n", "x.in:2: claim: expected ID, C1 to C99, found \"C\"" },
	{ HEAD "vma 0 0x1000 r\n", "x.in:7: vma: expected outside a claim" },
	{ HEAD "mm M\n", "x.in:7: mm: expected inside a race" },
	{ HEAD "walk D 0 0x1000\n", "x.in:7: walk: expected inside a race" },
	{ HEAD "x\n", "x.in:7: expected a keyword (claim, by, date, ..., note), found \"x\"" },
	{ HEAD "by B\n", "x.in:7: by: expected once in a claim, found again" },
	{ HEAD "says B\n", "x.in:7: says: expected once in a claim, found again" },
	{ HEAD "date 2019-08-16\n", "x.in:7: date: expected once in a claim, found again" },
	{ HEAD "method none\n", "x.in:7: method: expected once in a claim, found again" },
	{ "hmmsim 1\nclaim C8\ndate 15 Aug\n", "x.in:3: date: expected YYYY-MM-DD, found 2 words" },
	{ "hmmsim 1\nclaim C8\ndate 2019-8-15\n",
	  "x.in:3: date: expected a date, YYYY-MM-DD, found \"2019-8-15\"" },
	{ "hmmsim 1\nclaim C8\nmethod luck\n",
	  "x.in:3: method: expected search, schedule, counts or none, found \"luck\"" },
	{ "hmmsim 1\nclaim C8\nby\n", "x.in:3: by: expected a name, found 0 words" },
	/* what is missing */
	{ "hmmsim 1\nclaim C8\nsays B\n", "x.in:2: claim: expected a line by" },
	{ "hmmsim 1\nclaim C8\nby A\nsays B\n", "x.in:2: claim: expected a line date" },
	{ "hmmsim 1\nclaim C8\nby A\ndate 2019-08-15\n", "x.in:2: claim: expected a line says" },
	{ "hmmsim 1\nclaim C8\n" WHOSE, "x.in:2: claim: expected a line method" },
	{ HEAD ROW CONTROL, "x.in:2: claim: expected a line claimed" },
	{ HEAD ROW "claimed a.S1 = holds\n", "x.in:2: claim: expected a control" },
	{ HEAD ROW "control c of=a r\n", "x.in:8: control: expected a line change after it" },
	{ "hmmsim 1\nclaim C8\n" WHOSE "method none\n",
	  "x.in:2: claim: expected a note that says why there is no control" },
	{ "hmmsim 1\nclaim C8\n" WHOSE "method none\n" ROW CONTROL "note B\n",
	  "x.in:2: claim: expected no control with method none" },
	/* rows */
	{ HEAD "row\n", "x.in:7: row: expected NAME RACE [AXIS=VALUE|AXIS=*]..., found 0 words" },
	{ HEAD "row a\n", "x.in:7: row: expected RACE or walk SCENARIO, found no such word" },
	{ HEAD "row a walk\n", "x.in:7: row: expected SCENARIO, found no such word" },
	{ HEAD "row a=b r\n",
	  "x.in:7: row: expected NAME, a word without = , and brackets, found \"a=b\"" },
	{ HEAD "row a[ r\n",
	  "x.in:7: row: expected NAME, a word without = , and brackets, found \"a[\"" },
	{ HEAD ROW "row a r\n",
	  "x.in:8: row: expected NAME, another than of the rows before, found \"a\"" },
	{ HEAD "row a r x\n", "x.in:7: row: expected AXIS=VALUE or AXIS=*, found \"x\"" },
	{ HEAD "row a r x=\n", "x.in:7: row: expected AXIS=VALUE or AXIS=*, found \"x=\"" },
	{ HEAD "row a r =x\n", "x.in:7: row: expected AXIS=VALUE or AXIS=*, found \"=x\"" },
	{ HEAD "row a r x=1 x=2\n", "x.in:7: row: expected each axis once, found \"x=2\"" },
	{ HEAD "row a r a=* b=* c=* d=* e=* f=* g=* h=* i=*\n",
	  "x.in:7: row: expected at most 8 axes, found \"i=*\"" },
	{ HEAD "row a walk s walker=5.4\n",
	  "x.in:7: row: expected walker=5.3 or walker=6.12, found \"walker=5.4\"" },
	{ HEAD "row a walk s walker=*\n",
	  "x.in:7: row: expected walker=5.3 or walker=6.12, found \"walker=*\"" },
	{ HEAD "row a walk s strategy=best\n",
	  "x.in:7: row: expected strategy=*, or one of hmmsim list, found \"strategy=best\"" },
	{ HEAD "row a walk s x=1\n",
	  "x.in:7: row: expected walker= or strategy= of a walk, found \"x=1\"" },
	/* controls */
	{ HEAD ROW "control c\n", "x.in:8: control: expected of=ROW, found no such word" },
	{ HEAD ROW "control c r of=a\n", "x.in:8: control: expected of=ROW, found \"r\"" },
	{ HEAD ROW "control c of=b r\n",
	  "x.in:8: control: expected of=ROW of a row line above, found \"of=b\"" },
	{ HEAD ROW "control c of=c r\n",
	  "x.in:8: control: expected of=ROW of a row line above, found \"of=c\"" },
	{ HEAD ROW CONTROL "control d of=c r\n",
	  "x.in:10: control: expected of=ROW of a row line above, found \"of=c\"" },
	{ HEAD "change B\n", "x.in:7: change: expected after a control, once" },
	{ HEAD ROW "change B\n", "x.in:8: change: expected after a control, once" },
	{ HEAD ROW CONTROL "change B\n", "x.in:10: change: expected after a control, once" },
	/* what is claimed */
	{ AT("claimed"), "x.in:10: claimed: expected ROW.FIELD = VALUE, found 0 words" },
	{ AT("claimed a.S1"), "x.in:10: claimed: expected = != < <= > or >=, found no such word" },
	{ AT("claimed a.S1 ="),
	  "x.in:10: claimed: expected ROW.FIELD or a value, found no such word" },
	{ AT("claimed a.S1 = holds now"),
	  "x.in:10: claimed: expected no further word, found \"now\"" },
	{ AT("claimed a = holds"),
	  "x.in:10: claimed: expected ROW.FIELD of a row line above, found \"a\"" },
	{ AT("claimed b.S1 = holds"),
	  "x.in:10: claimed: expected ROW.FIELD of a row line above, found \"b.S1\"" },
	{ AT("claimed a.S5 = holds"), "x.in:10: claimed: expected a field of a race: S1, S2, S3, "
				      "S4, live, answer, executions or reached, found \"a.S5\"" },
	{ AT("claimed a.ret = 0"), "x.in:10: claimed: expected a field of a race: S1, S2, S3, S4, "
				   "live, answer, executions or reached, found \"a.ret\"" },
	{ HEAD WALK "claimed w.S1 = holds\n",
	  "x.in:8: claimed: expected a field of a walk: ret, walks, ..., slots, found \"w.S1\"" },
	{ AT("claimed a.S1 == holds"),
	  "x.in:10: claimed: expected = != < <= > or >=, found \"==\"" },
	{ AT("claimed a.S1 < holds"),
	  "x.in:10: claimed: expected = or !=, because it is no number, found \"<\"" },
	{ AT("claimed a.S1 = 1"),
	  "x.in:10: claimed: expected holds, violated or not-judged, found \"1\"" },
	{ AT("claimed a.reached > holds"), "x.in:10: claimed: expected a number, found \"holds\"" },
	{ AT("claimed a.reached > 0x8000000000000000"),
	  "x.in:10: claimed: expected a number, found \"0x8000000000000000\"" },
	{ AT("claimed a.reached > -"), "x.in:10: claimed: expected a number, found \"-\"" },
	{ AT("claimed a.reached = a.S1"),
	  "x.in:10: claimed: expected a field of the same kind, found \"a.S1\"" },
};

static void bad_claims_are_refused_in_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(refused); i++) {
		struct hs_claim claim;
		char error[1024];

		if (parse(refused[i].text, &claim, error) != -EINVAL)
			fail_msg("not refused: %s", refused[i].text);
		assert_string_equal(error, refused[i].error);
		assert_int_equal(claim.number, 0);
		assert_int_equal(mem.live, 0);
	}
}

/* A line "@before@i@after" @count times, after a good row. */
static void refuse_repeated(const char *before, const char *after, unsigned int count,
			    const char *expected)
{
	static char string[16384];
	struct hs_claim claim;
	char error[1024];
	size_t used = (size_t)snprintf(string, sizeof(string), HEAD ROW);

	for (unsigned int i = 0; i < count; i++)
		used += (size_t)snprintf(string + used, sizeof(string) - used, "%s%u%s\n", before,
					 i, after);
	assert_int_equal(parse(string, &claim, error), -EINVAL);
	assert_string_equal(error, expected);
	assert_int_equal(mem.live, 0);
}

static void a_claim_has_no_more_lines_than_there_is_room_for(void **state)
{
	(void)state;
	refuse_repeated("row r", " r", HS_CLAIM_ROWS,
			"x.in:55: row: expected at most 48 rows and controls");
	refuse_repeated("claimed a.reached > ", "", HS_CLAIM_STATEMENTS + 1,
			"x.in:72: claimed: expected at most 64 lines");
	refuse_repeated("note ", "", HS_CLAIM_NOTES + 1,
			"x.in:24: note: expected at most 16 notes");
}

static void each_allocation_may_fail_and_nothing_is_left(void **state)
{
	struct hs_hostmem before = mem;
	struct hs_claim claim;
	char error[1024];
	uint64_t n = 0;
	int ret;

	(void)state;
	do {
		mem = (struct hs_hostmem){ .fail_at = ++n };
		ret = parse(WHOLE, &claim, error);
		if (ret != 1) {
			assert_int_equal(ret, -ENOMEM);
			assert_non_null(strstr(error, "out of memory"));
			assert_int_equal(mem.live, 0);
		}
	} while (ret != 1);
	assert_true(n > 20);
	hs_claim_free(&mem, &claim);
	assert_int_equal(mem.live, 0);
	mem = before;
}

/* ---- what stands beside it ---------------------------------------------------------------- */

#define SCENARIO "scenario s\nreq 0 0x1000 0 0 0\nrun\n"

static void a_claim_ends_where_the_next_item_begins(void **state)
{
	static const char *const items[] = { RACE, SCENARIO, "layout l\n",
					     "claim C9\n" WHOSE "method none\nnote B\n" };

	(void)state;
	for (size_t i = 0; i < COUNT(items); i++) {
		char string[1024];
		struct hs_claim claim;
		struct hs_text text;
		int length = snprintf(string, sizeof(string), GOOD "%s", items[i]);

		hs_text_init(&text, &mem, "x.in", string, (size_t)length);
		assert_int_equal(hs_claim_parse(&text, &claim), 1);
		assert_int_equal(claim.number, 8);
		hs_claim_free(&mem, &claim);
		assert_int_equal(hs_claim_parse(&text, &claim), i == 3);
		hs_claim_free(&mem, &claim);
		assert_string_equal(text.error, "");
	}
	assert_int_equal(mem.live, 0);
}

static void races_are_read_past_claims_and_scenarios_beside_them(void **state)
{
	static const char string[] = GOOD SCENARIO RACE
		"claim C9\n" WHOSE "method none\nnote B\nrace q\ntask T\nrcu-sync\n";
	struct hs_text text;
	struct hs_race race;

	(void)state;
	hs_text_init(&text, &mem, "x.in", string, sizeof(string) - 1);
	assert_int_equal(hs_race_parse(&text, NULL, 0, &race), 1);
	assert_string_equal(race.name, "r");
	hs_race_free(&mem, &race);
	assert_int_equal(hs_race_parse(&text, NULL, 0, &race), 1);
	assert_string_equal(race.name, "q");
	assert_int_equal(race.line, 23);
	hs_race_free(&mem, &race);
	assert_int_equal(hs_race_parse(&text, NULL, 0, &race), 0);
	assert_int_equal(mem.live, 0);
}

/* ---- built in ----------------------------------------------------------------------------- */

static void built_in_claims_have_the_number_of_their_file(void **state)
{
	const struct hs_claim_text *t;
	size_t n = 0;

	(void)state;
	for (; (t = hs_claim_builtin(n)) != NULL; n++) {
		struct hs_claim claim;
		struct hs_text text;
		char file[32];

		hs_text_init(&text, &mem, t->file, t->bytes, t->length);
		if (hs_claim_parse(&text, &claim) != 1)
			fail_msg("%s", text.error);
		snprintf(file, sizeof(file), "c%02u.txt", claim.number);
		assert_string_equal(file, t->file);
		hs_claim_free(&mem, &claim);
		assert_int_equal(hs_claim_parse(&text, &claim), 0);
	}
	assert_true(n > 0);
	assert_int_equal(mem.live, 0);
}

/* So that a token names one. */
static void built_in_races_have_different_names(void **state)
{
	const struct hs_claim_text *t, *other;

	(void)state;
	for (size_t i = 0; (t = hs_claim_builtin(i)) != NULL; i++) {
		struct hs_text text;
		struct hs_race race;

		hs_text_init(&text, &mem, t->file, t->bytes, t->length);
		while (hs_race_parse(&text, NULL, 0, &race) == 1) {
			if (hs_race_builtin_find(race.name))
				fail_msg("%s: race %s is another built-in one", t->file, race.name);
			for (size_t k = 0; k < i && (other = hs_claim_builtin(k)) != NULL; k++)
				if (hs_race_text_has(other->bytes, other->length, race.name))
					fail_msg("%s: race %s is in %s", t->file, race.name,
						 other->file);
			hs_race_free(&mem, &race);
		}
		assert_string_equal(text.error, "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_claim_has_what_its_lines_say),
		cmocka_unit_test(rows_name_what_is_run_and_with_which_values),
		cmocka_unit_test(lines_claimed_compare_fields_with_values_and_fields),
		cmocka_unit_test(without_a_method_a_claim_needs_a_note_and_no_control),
		cmocka_unit_test(bad_claims_are_refused_in_words),
		cmocka_unit_test(a_claim_has_no_more_lines_than_there_is_room_for),
		cmocka_unit_test(each_allocation_may_fail_and_nothing_is_left),
		cmocka_unit_test(a_claim_ends_where_the_next_item_begins),
		cmocka_unit_test(races_are_read_past_claims_and_scenarios_beside_them),
		cmocka_unit_test(built_in_claims_have_the_number_of_their_file),
		cmocka_unit_test(built_in_races_have_different_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
