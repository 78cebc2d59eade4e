/* SPDX-License-Identifier: MIT */
/* Text in HTML: what is escaped, and what no document may contain. */
#include "text/html.h"
#include "support/test.h"

#define WRONG "\xef\xbf\xbd"

static struct hs_hostmem mem;

static void expect(const char *bytes, size_t length, const char *html)
{
	struct hs_out out = { .mem = &mem };

	hs_html_bytes(&out, bytes, length);
	hs_out_char(&out, '\0');
	assert_false(out.failed);
	assert_string_equal(out.bytes, html);
	hs_out_free(&out);
	assert_int_equal(mem.live, 0);
}

#define EXPECT(bytes, html) expect(bytes, sizeof(bytes) - 1, html)

static void what_is_special_is_escaped(void **state)
{
	(void)state;
	EXPECT("a<b>&\"c\"'d'", "a&lt;b&gt;&amp;&quot;c&quot;&#39;d&#39;");
	EXPECT("&amp;", "&amp;amp;");
	EXPECT("", "");
}

static void characters_of_utf_8_stay(void **state)
{
	(void)state;
	EXPECT("J\xc3\xa9r\xc3\xb4me", "J\xc3\xa9r\xc3\xb4me");
	EXPECT("\xe2\x80\x9c \xf0\x9f\x90\xa7", "\xe2\x80\x9c \xf0\x9f\x90\xa7");
	EXPECT("a\n\tb", "a\n\tb");
}

static void what_no_document_may_contain_is_replaced(void **state)
{
	(void)state;
	EXPECT("a\0b\x01\x1f\x7f", "a" WRONG "b" WRONG WRONG WRONG);
	EXPECT("\r", WRONG);
	EXPECT("\x80\xff", WRONG WRONG);
	EXPECT("\xc2\x80", WRONG WRONG);		     /* a control character */
	EXPECT("\xc0\xaf", WRONG WRONG);		     /* longer than need be */
	EXPECT("\xe0\x80\xaf", WRONG WRONG WRONG);	     /* likewise */
	EXPECT("\xed\xa0\x80", WRONG WRONG WRONG);	     /* half a pair */
	EXPECT("\xef\xbf\xbf", WRONG WRONG WRONG);	     /* no character */
	EXPECT("\xf4\x90\x80\x80", WRONG WRONG WRONG WRONG); /* beyond the last */
}

static void a_character_that_is_cut_off_is_replaced(void **state)
{
	(void)state;
	EXPECT("a\xc3", "a" WRONG);
	EXPECT("\xe2\x80", WRONG WRONG);
	EXPECT("\xf0\x9f\x90<", WRONG WRONG WRONG "&lt;");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_special_is_escaped),
		cmocka_unit_test(characters_of_utf_8_stay),
		cmocka_unit_test(what_no_document_may_contain_is_replaced),
		cmocka_unit_test(a_character_that_is_cut_off_is_replaced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
