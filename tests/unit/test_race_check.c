/* SPDX-License-Identifier: MIT */
/* What is refused when the whole race is known: steps that need another one before them, orders. */
#include "support/race_refusal.h"

/* ---- refused ------------------------------------------------------------------------------ */

static const struct race_refusal refused[] = {
	/* steps that need another one */
	{ RACE_STEP("walk D 0 0x1000"), "x.in:12: walk: expected begin of D before it" },
	{ RACE_STEP("check D"), "x.in:12: check: expected begin of D before it" },
	{ RACE_STEP("begin D\ntouch D 0"), "x.in:13: touch: expected walk of D before it" },
	{ RACE_STEP("program D 0"), "x.in:12: program: expected walk of D before it" },
	{ RACE_STEP("unlock D"), "x.in:12: unlock: expected lock of D before it" },
	{ RACE_STEP("put"), "x.in:12: put: expected get or get-cached before it" },
	{ RACE_STEP("get 8\npage-put 8"),
	  "x.in:13: page-put: expected page-get, page-tryget or pin of 0x8 before it" },
	{ RACE_STEP("page-get 9\npage-put 8"),
	  "x.in:13: page-put: expected page-get, page-tryget or pin of 0x8 before it" },
	{ RACE_STEP("page-unlock 8"),
	  "x.in:12: page-unlock: expected page-lock or page-trylock of 0x8 before it" },
	{ RACE_STEP("free-page"), "x.in:12: free-page: expected alloc before it" },
	{ RACE_STEP("zap M 0 0x1000\ninvalidate-end M"),
	  "x.in:13: invalidate-end: expected invalidate or invalidate-try of M before it" },
	{ RACE_STEP("migrate-end M"), "x.in:12: migrate-end: expected migrate of M before it" },
	{ RACE_STEP("migrate-copy"),
	  "x.in:12: migrate-copy: expected migrate-setup, migrate-back-setup or evict-setup before it" },
	{ RACE_STEP("migrate-pages"),
	  "x.in:12: migrate-pages: expected migrate-setup, migrate-back-setup or evict-setup before it" },
	{ RACE_STEP("migrate-finalize"),
	  "x.in:12: migrate-finalize: expected migrate-pages before it" },
	{ RACE_STEP("rcu-unread"), "x.in:12: rcu-unread: expected rcu-read before it" },
	{ RACE_STEP("plain-remove D"),
	  "x.in:12: plain-remove: expected plain-insert of D before it" },
	{ RACE_SETUP("page-put 8\npage-get 8"),
	  "x.in:12: page-put: expected page-get, page-tryget or pin of 0x8 before it" },
	{ RACE_SETUP("page-get 8\ntask R\npage-put 9"),
	  "x.in:14: page-put: expected page-get, page-tryget or pin of 0x9 before it" },
	{ RACE_SETUP("plain-remove D\nplain-insert D"),
	  "x.in:12: plain-remove: expected plain-insert of D before it" },
	{ RACE_SETUP("set L\ntask R\nplain-insert D\ntask U\nplain-remove D"),
	  "x.in:16: plain-remove: expected plain-insert of D before it" },
	{ RACE_SETUP("unlock D"), "x.in:12: unlock: expected lock of D before it" },
	{ RACE_CHECK("unlock D"), "x.in:14: unlock: expected lock of D before it" },
	{ RACE_STEP("unlock D\nlock D"), "x.in:12: unlock: expected lock of D before it" },
	/* reached */
	{ RACE_IN("reached"), "x.in:11: reached: expected LABEL..., found 0 words" },
	{ RACE_STEP("set L as=a\nreached b"),
	  "x.in:13: reached: expected labels of steps, found \"b\"" },
	{ RACE_STEP("set L as=a\nreached a~"),
	  "x.in:13: reached: expected labels of steps, found \"a~\"" },
	{ RACE_STEP("set L as=a\nreached a a a a a a a a a"),
	  "x.in:13: reached: expected at most 8 labels" },
	{ RACE_STEP("set L as=a\nreached a\nreached a"),
	  "x.in:14: reached: expected once in a race, found again" },
	{ RACE_STEP("set L as=a\nreached $a"),
	  "x.in:13: reached: expected $NAME of an axis line above, found \"$a\"" },
	/* order */
	{ RACE_IN("order"), "x.in:11: order: expected LABEL..., found 0 words" },
	{ RACE_STEP("set L as=a\norder b"),
	  "x.in:13: order: expected labels of steps, found \"b\"" },
	{ RACE_STEP("set L as=a\norder a | ~"),
	  "x.in:13: order: expected labels of steps, found \"~\"" },
	{ RACE_STEP("set L as=a\nset L as=b\norder b | a"),
	  "x.in:14: order: expected an order that W can take, found a after b" },
	{ RACE_STEP("set L as=a\nset L as=b\norder a a~"),
	  "x.in:14: order: expected an order that W can take, found a~ after a" },
	{ RACE_STEP("set L as=a\nretry\nset L as=b\nset L as=c\nuntil\norder a c b a"),
	  "x.in:17: order: expected an order that W can take, found a after b" },
	{ RACE_STEP("set L as=a\norder $a"),
	  "x.in:13: order: expected $NAME of an axis line above, found \"$a\"" },
};

static void what_needs_the_whole_race_is_refused_in_words(void **state)
{
	(void)state;
	race_must_refuse_all(refused, COUNT(refused));
}

/* ---- needed before ------------------------------------------------------------------------ */

/* References of the set-up are those of all tasks, and so is a notifier. */
static void what_the_set_up_took_a_task_may_put(void **state)
{
	static const char *const texts[] = {
		RACE_SETUP("plain-insert D\ntask R\nplain-remove D"),
		RACE_SETUP("page-get 8\ntask R\npage-put 8"),
		RACE_SETUP("pin 8\ntask R\npage-put 8"),
		RACE_HEAD "pgmap P 8 10 type=private owner=1\nsetup\nalloc P\ntask t\npage-put 8\n"
	};

	(void)state;
	race_must_parse_all(texts, COUNT(texts));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_needs_the_whole_race_is_refused_in_words),
		cmocka_unit_test(what_the_set_up_took_a_task_may_put),
	};

	return cmocka_run_group_tests_name("race_check", tests, NULL, NULL);
}
