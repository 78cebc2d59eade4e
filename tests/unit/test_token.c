/* SPDX-License-Identifier: MIT */
/* Tokens as text: what is printed is read, and nothing else is. */
#include <errno.h>

#include <hmmsim/hmmsim.h>

#include "explore/token.h"
#include "port/common/random.h"
#include "support/scale.h"
#include "support/test.h"

/* The sum is computed here once more. */
static uint32_t crc32_of(const char *text)
{
	uint32_t crc = 0xffffffffu;

	for (; *text; text++) {
		crc ^= (uint8_t)*text;
		for (int i = 0; i < 8; i++)
			crc = crc & 1 ? crc >> 1 ^ 0xedb88320u : crc >> 1;
	}
	return crc ^ 0xffffffffu;
}

/* With the sum that belongs to it. The caller frees it. */
static char *sealed(const char *body)
{
	char *token = malloc(strlen(body) + 9);

	assert_non_null(token);
	sprintf(token, "%s%08x", body, crc32_of(body));
	return token;
}

static int read_token(const char *text, struct hs_token *token, char message[256])
{
	/* Behind a copy of its own size a sanitizer sees a read past its end. */
	char *copy = strdup(text);
	int ret;

	assert_non_null(copy);
	message[0] = '\0';
	ret = hs_token_parse(copy, token, message, 256);
	free(copy);
	assert_true(ret == 0 || ret == -EINVAL);
	assert_int_equal(ret != 0, message[0] != '\0');
	return ret;
}

static struct hs_explore_options some_options(void)
{
	struct hs_explore_options o;

	hs_explore_options_init(&o);
	o.memory = HS_MEMORY_VIEWS;
	o.retry_bound = 4294967295u;
	o.cpus = 16;
	o.section_order = 9;
	o.subsection_order = 0;
	o.max_steps = 1000000;
	o.stack_size = 16u << 20;
	o.plain = HS_PLAIN_IGNORED;
	o.seed = UINT64_MAX;
	return o;
}

static char *a_token(void)
{
	struct hs_explore_options o = some_options();
	char *token = hs_token_print("a scenario: 1", &o, HS_VERDICT_LOST_WAKE, 0x0123456789abcdef,
				     "1*6 2 c0 c127 31*1000 1");

	assert_non_null(token);
	return token;
}

static void a_token_has_the_form_that_is_documented(void **state)
{
	char *token = a_token(), expected[256];

	(void)state;
	snprintf(
		expected, sizeof(expected),
		"hmmsim1:a%%20scenario%%3A%%201:%s:lost-wake-up:views,r4294967295,c16,s9,u0,"
		"n1000000,k16777216,p1,d18446744073709551615:0123456789abcdef:1x6,2,c0,c127,31x1000,"
		"1:",
		hs_version());
	sprintf(expected + strlen(expected), "%08x", crc32_of(expected));
	assert_string_equal(token, expected);
	free(token);
}

static void what_is_printed_is_read(void **state)
{
	char *text = a_token(), *schedule, message[256];
	struct hs_explore_options o = some_options();
	struct hs_token t;

	(void)state;
	assert_int_equal(hs_token_parse(text, &t, message, sizeof(message)), 0);
	assert_true(hs_token_has_name(&t, "a scenario: 1"));
	assert_int_equal(t.version.length, strlen(hs_version()));
	assert_memory_equal(t.version.start, hs_version(), t.version.length);
	assert_int_equal(t.verdict, HS_VERDICT_LOST_WAKE);
	assert_int_equal(t.memory, o.memory);
	assert_int_equal(t.retry_bound, o.retry_bound);
	assert_int_equal(t.cpus, o.cpus);
	assert_int_equal(t.section_order, o.section_order);
	assert_int_equal(t.subsection_order, o.subsection_order);
	assert_int_equal(t.max_steps, o.max_steps);
	assert_int_equal(t.stack_size, o.stack_size);
	assert_int_equal(t.plain, o.plain);
	assert_int_equal(t.seed, o.seed);
	assert_int_equal(t.trace, 0x0123456789abcdef);
	schedule = hs_token_schedule(&t);
	assert_string_equal(schedule, "1*6 2 c0 c127 31*1000 1");
	free(schedule);
	free(text);
}

static void each_verdict_that_can_come_again_has_a_word(void **state)
{
	struct hs_explore_options o = some_options();

	(void)state;
	for (int v = HS_VERDICT_NONE; v <= HS_VERDICT_RACE; v++) {
		char *text = hs_token_print(NULL, &o, (enum hs_verdict)v, 0, ""), message[256];
		bool comes_again = v != HS_VERDICT_DIVERGED && v != HS_VERDICT_UNREPEATABLE;
		struct hs_token t;

		assert_non_null(text);
		assert_int_equal(read_token(text, &t, message), comes_again ? 0 : -EINVAL);
		if (comes_again)
			assert_int_equal(t.verdict, v);
		free(text);
	}
}

/* ---- names ------------------------------------------------------------------------------- */

static void any_name_comes_back(void **state)
{
	static const char *const names[] = { "",  "-",	 "a-b",	  "plain_1./+",	       "with blank",
					     "%", "%41", ":*\"'", "\xc3\xa4\n\x7f\x01" };
	struct hs_explore_options o = some_options();

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		char *text = hs_token_print(names[i], &o, HS_VERDICT_NONE, 0, "1"), buffer[64];
		size_t room = strlen(names[i]) + 1;

		assert_non_null(text);
		assert_int_equal(strspn(text, "0123456789abcdefghijklmnopqrstuvwxyz"
					      "ABCDEFGHIJKLMNOPQRSTUVWXYZ_./+%:,-"),
				 strlen(text));
		assert_int_equal(hs_token_name(text, buffer, sizeof(buffer)), 0);
		assert_string_equal(buffer, names[i]);
		memset(buffer, 'x', sizeof(buffer));
		assert_int_equal(hs_token_name(text, buffer, room), 0);
		assert_int_equal(buffer[room], 'x');
		assert_int_equal(hs_token_name(text, buffer, room - 1), -EINVAL);
		free(text);
	}
}

static void without_a_name_there_is_none(void **state)
{
	struct hs_explore_options o = some_options();
	char *text = hs_token_print(NULL, &o, HS_VERDICT_NONE, 0, "1"), buffer[64], message[256];
	struct hs_token t;

	(void)state;
	assert_int_equal(strncmp(text, "hmmsim1:-:", 10), 0);
	assert_int_equal(hs_token_name(text, buffer, sizeof(buffer)), -EINVAL);
	assert_int_equal(hs_token_parse(text, &t, message, sizeof(message)), 0);
	assert_true(hs_token_has_name(&t, NULL));
	assert_false(hs_token_has_name(&t, "-"));
	assert_false(hs_token_has_name(&t, ""));
	free(text);
	assert_int_equal(hs_token_name("hmmsim1:a:", buffer, sizeof(buffer)), -EINVAL);
}

static void a_check_says_which_character_is_wrong(void **state)
{
	char *text = a_token(), message[256] = "old", cut[8];

	(void)state;
	assert_int_equal(hs_token_check(text, message, sizeof(message)), 0);
	assert_string_equal(message, "");
	text[7] = '!';
	assert_int_equal(hs_token_check(text, message, sizeof(message)), -EINVAL);
	assert_string_equal(message, "character 8 of the token is '!', expected ':'");
	assert_int_equal(hs_token_check(text, cut, sizeof(cut)), -EINVAL);
	assert_string_equal(cut, "charact");
	free(text);
}

static void a_part_of_a_name_is_another_name(void **state)
{
	char *text = a_token(), message[256];
	struct hs_token t;

	(void)state;
	assert_int_equal(hs_token_parse(text, &t, message, sizeof(message)), 0);
	assert_false(hs_token_has_name(&t, "a scenario: 12"));
	assert_false(hs_token_has_name(&t, "a scenario: "));
	assert_false(hs_token_has_name(&t, "a scenario: 2"));
	assert_false(hs_token_has_name(&t, ""));
	assert_false(hs_token_has_name(&t, NULL));
	free(text);
}

/* ---- what is refused --------------------------------------------------------------------- */

static void each_change_of_a_character_is_refused(void **state)
{
	char *text = a_token(), message[256];
	size_t length = strlen(text);
	struct hs_token t;

	(void)state;
	for (size_t i = 0; i < length; i++) {
		char right = text[i];

		for (int c = 0; c < 256; c++) {
			text[i] = (char)c;
			if (text[i] != right)
				assert_int_equal(read_token(text, &t, message), -EINVAL);
		}
		text[i] = right;
	}
	assert_int_equal(read_token(text, &t, message), 0);
	free(text);
}

/* Left out, doubled, exchanged with the next one; what is cut off is changed to NUL above. */
static void each_slip_of_the_hand_is_refused(void **state)
{
	char *text = a_token(), slip[512], message[256];
	size_t length = strlen(text);
	struct hs_token t;

	(void)state;
	for (size_t i = 0; i < length; i++) {
		sprintf(slip, "%.*s%s", (int)i, text, text + i + 1);
		assert_int_equal(read_token(slip, &t, message), -EINVAL);
		sprintf(slip, "%.*s%s", (int)i + 1, text, text + i);
		assert_int_equal(read_token(slip, &t, message), -EINVAL);
		strcpy(slip, text);
		slip[i] = text[i + 1];
		slip[i + 1] = text[i];
		if (strcmp(slip, text) != 0)
			assert_int_equal(read_token(slip, &t, message), -EINVAL);
	}
	free(text);
}

static void random_text_with_the_right_sum_is_read_safely(void **state)
{
	static const char *const parts[] = { "hmmsim1:",
					     ":",
					     ",",
					     "1",
					     "x",
					     "c",
					     "sc",
					     "views",
					     ",r0",
					     ",c2",
					     ",s3",
					     ",u1",
					     ",n100",
					     ",k65536",
					     ",d1",
					     "none",
					     "leak",
					     "%20",
					     "-",
					     "0123456789abcdef",
					     "99999999999999999999" };
	uint64_t rng = 1;

	(void)state;
	for (uint32_t i = 0; i < test_scaled(20000); i++) {
		char body[512] = "", *text, message[256];
		struct hs_token t;

		if (hs_random_below(&rng, 2))
			strcpy(body, "hmmsim1:a:0.1:leak:sc,r0,c2,s3,u1,n100,k65536,p0,d1:"
				     "0123456789abcdef:");
		for (uint32_t n = hs_random_below(&rng, 16); n; n--)
			strcat(body, parts[hs_random_below(&rng, COUNT(parts))]);
		text = sealed(body);
		read_token(text, &t, message);
		free(text);
	}
}

#define HEAD "hmmsim1:a:0.1:leak:sc,r0,c2,s3,u1,n100,k65536,p0,d1:0123456789abcdef:"
#define NUMBER(most) "a number from " most
#define IS(n, found, expected) "character " n " of the token is " found ", expected " expected

static void the_character_that_is_wrong_is_named(void **state)
{
	static const struct {
		const char *body, *message; /* NULL: none */
	} rows[] = {
		{ HEAD "1,2x3,c0:", NULL },
		{ HEAD ":", NULL },
		{ HEAD "31x2000000:", NULL },
		{ "", IS("1", "'0'", "'h'") },
		{ "1*6 2*7 1", IS("1", "'1'", "'h'") },
		{ "hmmsim2:a:", IS("7", "'2'", "'1'") },
		{ "hmmsim1 :a:", IS("8", "the byte 0x20", "':'") },
		{ "hmmsim1:a b:", IS("10", "the byte 0x20",
				     "a letter, a digit, one of _./+, % and two digits, or ':'") },
		{ "hmmsim1:%2g:",
		  IS("9", "'%'", "a letter, a digit, one of _./+, % and two digits, or ':'") },
		{ "hmmsim1:%00:",
		  IS("9", "'%'", "a letter, a digit, one of _./+, % and two digits, or ':'") },
		{ "hmmsim1:-a:", IS("10", "'a'", "':'") },
		{ "hmmsim1:a::", IS("11", "':'", "the version of the library") },
		{ "hmmsim1:a:1:lea:", IS("13", "'l'", "a verdict, as in use-after-free") },
		{ "hmmsim1:a:1:diverged:", IS("13", "'d'", "a verdict, as in use-after-free") },
		{ "hmmsim1:a:1:leak:tso,r", IS("18", "'t'", "'sc' or 'views'") },
		{ "hmmsim1:a:1:leak:sc,c", IS("21", "'c'", "'r'") },
		{ "hmmsim1:a:1:leak:sc,r4294967296,", IS("22", "'4'", NUMBER("0 to 4294967295")) },
		{ "hmmsim1:a:1:leak:sc,r00,", IS("22", "'0'", NUMBER("0 to 4294967295")) },
		{ "hmmsim1:a:1:leak:sc,r-1,", IS("22", "'-'", NUMBER("0 to 4294967295")) },
		{ "hmmsim1:a:1:leak:sc,r99999999999999999999999999,",
		  IS("22", "'9'", NUMBER("0 to 4294967295")) },
		{ "hmmsim1:a:1:leak:sc,r0,c2,s3,u1,n1,k1,p0,d18446744073709551616:",
		  IS("43", "'1'", NUMBER("0 to 18446744073709551615")) },
		{ "hmmsim1:a:1:leak:sc,r0,c2,s3,u1,n1,k1,p0,d1:0123456789abcde:",
		  IS("60", "':'", "a digit of a number of 16, 0 to 9 or a to f") },
		{ "hmmsim1:a:1:leak:sc,r0,c2,s3,u1,n1,k1,p3,", IS("40", "'3'", NUMBER("0 to 2")) },
		{ "hmmsim1:a:1:leak:sc,r0,c2,s3,u1,n1,k1,p0,d1:A",
		  IS("45", "'A'", "a digit of a number of 16, 0 to 9 or a to f") },
		{ HEAD "0:", IS("70", "'0'", NUMBER("1 to 31")) },
		{ HEAD "32:", IS("70", "'3'", NUMBER("1 to 31")) },
		{ HEAD "c128:", IS("71", "'1'", NUMBER("0 to 127")) },
		{ HEAD "1x0:", IS("72", "'0'", NUMBER("1 to 2000000")) },
		{ HEAD "1x2000001:", IS("72", "'2'", NUMBER("1 to 2000000")) },
		{ HEAD "1x1999999,2x2:", IS("82", "'2'", NUMBER("1 to 1")) },
		{ HEAD "1x1999999,2,3:",
		  IS("81", "','", "':', because a token has 2000000 decisions at most") },
		{ HEAD "1,:", IS("72", "':'", "a task or a choice") },
		{ HEAD ",1:", IS("70", "','", NUMBER("1 to 31")) },
		{ HEAD "1 2:", IS("71", "the byte 0x20", "','") },
		{ HEAD "1*2:", IS("71", "'*'", "','") },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char *text = sealed(rows[i].body), message[256];
		struct hs_token t;

		read_token(text, &t, message);
		assert_string_equal(message, rows[i].message ? rows[i].message : "");
		free(text);
	}
}

static void an_end_that_is_missing_is_named(void **state)
{
	char *text = sealed(HEAD "1:"), message[256], more[256];
	size_t length = strlen(text);
	struct hs_token t;

	(void)state;
	assert_int_equal(read_token(text, &t, message), 0);
	snprintf(more, sizeof(more), "%s\n", text);
	assert_int_equal(read_token(more, &t, message), -EINVAL);
	assert_string_equal(message, IS("80", "the byte 0x0a", "the end"));
	text[length - 1] = text[length - 1] == '0' ? '1' : '0';
	assert_int_equal(read_token(text, &t, message), -EINVAL);
	assert_non_null(strstr(message, "character 72 of the token: what stands before has the "
					"sum "));
	text[length - 1] = '\0';
	assert_int_equal(read_token(text, &t, message), -EINVAL);
	assert_string_equal(message,
			    IS("79", "the end", "a digit of a number of 8, 0 to 9 or a to f"));
	free(text);
	assert_int_equal(read_token("", &t, message), -EINVAL);
	assert_string_equal(message, IS("1", "the end", "'h'"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_token_has_the_form_that_is_documented),
		cmocka_unit_test(what_is_printed_is_read),
		cmocka_unit_test(each_verdict_that_can_come_again_has_a_word),
		cmocka_unit_test(any_name_comes_back),
		cmocka_unit_test(without_a_name_there_is_none),
		cmocka_unit_test(a_check_says_which_character_is_wrong),
		cmocka_unit_test(a_part_of_a_name_is_another_name),
		cmocka_unit_test(each_change_of_a_character_is_refused),
		cmocka_unit_test(each_slip_of_the_hand_is_refused),
		cmocka_unit_test(random_text_with_the_right_sum_is_read_safely),
		cmocka_unit_test(the_character_that_is_wrong_is_named),
		cmocka_unit_test(an_end_that_is_missing_is_named),
	};

	return cmocka_run_group_tests_name("token", tests, NULL, NULL);
}
