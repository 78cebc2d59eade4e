/* SPDX-License-Identifier: MIT */
/*
 * What weak memory shows of small programs, exactly: the outcomes of every execution, by plain DFS.
 * An outcome is what each task observed, tasks apart by a stroke, or if none observes anything, the
 * final values of a and b. search_judge.c holds the other searches against DFS.
 */
#include "support/test.h"

#include "conformance/search_judge.h"
#include "conformance/search_play.h"

#define TEXT 512

static void add_text(char *text, const char *piece)
{
	size_t used = strlen(text);

	snprintf(text + used, TEXT - used, "%s", piece);
}

static void outcome_text(const struct program *p, const struct outcome *o, char text[32])
{
	size_t n = 0;

	for (unsigned int t = 0; t < p->tasks; t++) {
		if (n && o->log[t].count)
			text[n++] = '/';
		for (unsigned int i = 0; i < o->log[t].count && n < 30; i++)
			text[n++] = (char)('0' + o->log[t].value[i]);
	}
	if (!n)
		n = (size_t)sprintf(text, "%u%u", o->final[WORD_A], o->final[WORD_B]);
	text[n] = '\0';
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* Sorted, with blanks between them. Something that is found instead of an outcome is one, too. */
static void outcomes_text(const struct program *p, const struct outcome_set *set, char text[TEXT])
{
	char outcome[64][32];
	uint32_t n = 0;

	assert_true(set->count <= COUNT(outcome));
	for (uint32_t i = 0; i < set->count; i++)
		if (set->entry[i].outcome.verdict)
			strcpy(outcome[n++],
			       hs_verdict_name((enum hs_verdict)set->entry[i].outcome.verdict));
		else
			outcome_text(p, &set->entry[i].outcome, outcome[n++]);
	qsort(outcome, n, sizeof(outcome[0]), compare_texts);
	text[0] = '\0';
	for (uint32_t i = 0; i < n; i++) {
		if (i && !strcmp(outcome[i], outcome[i - 1]))
			continue;
		add_text(text, i ? " " : "");
		add_text(text, outcome[i]);
	}
}

static void shows_with(const char *head, const char *tasks, const char *expected)
{
	struct outcome_set set;
	struct hs_explore_result r;
	struct program p;
	struct judged j;
	char text[TEXT], found[TEXT];
	enum judgement judgement;
	const char *wrong;

	snprintf(text, sizeof(text), "%s %s", head, tasks);
	wrong = program_parse(text, &p);
	if (wrong)
		fail_msg("%s: %s", text, wrong);
	assert_int_equal(
		program_play(&p, &(struct play_options){ .search = HS_SEARCH_DFS }, &set, &r), 0);
	assert_true(r.exhaustive);
	outcomes_text(&p, &set, found);
	if (strcmp(found, expected) != 0)
		fail_msg("%s\n\tshows %s\n\texpected %s", text, found, expected);
	outcome_set_free(&set);
	hs_explore_result_free(&r);
	judgement = judge(&p, &j, true);
	if (judgement != JUDGED_EQUAL && judgement != JUDGED_LARGE)
		fail_msg("%s: %s", text, judgement_words(judgement));
}

/* With views. */
static void shows(const char *tasks, const char *expected)
{
	shows_with("views=1", tasks, expected);
}

/* Without them: memory is sequentially consistent, whatever the orders are. */
static void is_shown(const char *tasks, const char *expected)
{
	shows_with("", tasks, expected);
}

static void store_buffering(void **state)
{
	const char *all = "0/0 0/1 1/0 1/1", *strong = "0/1 1/0 1/1";

	(void)state;
	is_shown("| store.relaxed a 1; load.relaxed b | store.relaxed b 1; load.relaxed a", strong);
	shows("| store.relaxed a 1; load.relaxed b | store.relaxed b 1; load.relaxed a", all);
	shows("| store a 1; load b | store b 1; load a", all);
	shows("| store.sc a 1; load.sc b | store.sc b 1; load.sc a", strong);
	shows("| store.sc a 1; load.sc b | store.sc b 1; load.relaxed a", all);
	shows("| store.sc a 1; load.relaxed b | store.sc b 1; load.relaxed a", all);
	shows("| store.relaxed a 1; load.sc b | store.relaxed b 1; load.sc a", all);
	shows("| store.relaxed a 1; fence sc; load.relaxed b |"
	      "  store.relaxed b 1; fence sc; load.relaxed a",
	      strong);
	shows("| store.relaxed a 1; fence sc; load.relaxed b | store.sc b 1; load.sc a", strong);
	shows("| store.relaxed a 1; fence sc; load.relaxed b | store.relaxed b 1; load.sc a", all);
	shows("| store.relaxed a 1; fence acq_rel; load.relaxed b |"
	      "  store.relaxed b 1; fence acq_rel; load.relaxed a",
	      all);
	shows("| xchg.sc a 1; load.sc b | xchg.sc b 1; load.sc a", "00/01 01/00 01/01");
}

static void message_passing(void **state)
{
	const char *all = "00 01 10 11", *ordered = "00 01 11";

	(void)state;
	is_shown("| store.relaxed a 1; store.relaxed b 1 | load.relaxed b; load.relaxed a",
		 ordered);
	shows("| store.relaxed a 1; store.relaxed b 1 | load.relaxed b; load.relaxed a", all);
	shows("| store.relaxed a 1; store.relaxed b 1 | load b; load.relaxed a", all);
	shows("| store.relaxed a 1; store b 1 | load.relaxed b; load.relaxed a", all);
	shows("| store.relaxed a 1; store b 1 | load b; load.relaxed a", ordered);
	shows("| store.relaxed a 1; fence release; store.relaxed b 1 |"
	      "  load.relaxed b; fence acquire; load.relaxed a",
	      ordered);
	shows("| store.relaxed a 1; fence release; store.relaxed b 1 |"
	      "  load.relaxed b; load.relaxed a",
	      all);
	shows("| store.relaxed a 1; store b 1 | load.relaxed b; fence acquire; load.relaxed a",
	      ordered);
	shows("| store.relaxed a 1; fence release; store.relaxed b 1 | load b; load.relaxed a",
	      ordered);
	/* What a task has read it passes on, too. */
	shows("| store.relaxed a 1 | load.relaxed a; store b 1 | load b; load.relaxed a",
	      "0/00 0/01 0/10 0/11 1/00 1/01 1/11");
	shows("| store.relaxed a 1 | load.relaxed a; store.relaxed b 1 | load b; load.relaxed a",
	      "0/00 0/01 0/10 0/11 1/00 1/01 1/10 1/11");
}

static void a_word_has_one_order_of_stores(void **state)
{
	(void)state;
	shows("| store.relaxed a 1 | load.relaxed a; load.relaxed a", "00 01 11");
	shows("| store.relaxed a 1; store.relaxed a 2", "20");
	shows("| store.relaxed a 1; load.relaxed a | store.relaxed a 2", "1 2");
	shows("| load.relaxed a; store.relaxed a 1; load.relaxed a", "01");
	shows("| store.relaxed a 1; store.relaxed a 2 | load.relaxed a; load.relaxed a",
	      "00 01 02 11 12 22");
	shows("| add.relaxed a 1 | add.relaxed a 1", "0/1 1/0");
	shows("| store.relaxed a 1 | cmpxchg.relaxed a 0 2; load.relaxed a", "011 012 101");
}

static void readers_of_independent_writes(void **state)
{
	const char *strong = "00/00 00/01 00/10 00/11 01/00 01/01 01/10 01/11 10/00 10/01 10/11 "
			     "11/00 11/01 11/10 11/11";
	const char *all = "00/00 00/01 00/10 00/11 01/00 01/01 01/10 01/11 10/00 10/01 10/10 10/11 "
			  "11/00 11/01 11/10 11/11";
	const char *usual = "| store a 1 | store b 1 | load a; load b | load b; load a";

	(void)state;
	is_shown(usual, strong);
	shows(usual, all);
	shows("| store.sc a 1 | store.sc b 1 | load.sc a; load.sc b | load.sc b; load.sc a",
	      strong);
	shows("| store.relaxed a 1 | store.relaxed b 1 | load.sc a; load.sc b |"
	      "  load.sc b; load.sc a",
	      all);
	shows("| store a 1 | store b 1 | load a; fence sc; load b | load b; fence sc; load a",
	      strong);
}

/* What views never show: their order of stores is the order of steps. */
static void order_of_steps_bounds_what_is_shown(void **state)
{
	(void)state;
	/* C11 allows a == b == 1. */
	shows("| store.relaxed a 1; store.relaxed b 2 | store.relaxed b 1; store.relaxed a 2",
	      "12 21 22");
	/* Load buffering: C11 allows 1/1. */
	shows("| load.relaxed a; store.relaxed b 1 | load.relaxed b; store.relaxed a 1",
	      "0/0 0/1 1/0");
}

static void release_sequence(void **state)
{
	(void)state;
	shows("| store.relaxed a 1; store b 1 | add.relaxed b 2 | load b; load.relaxed a",
	      "0/00 0/01 0/11 0/20 0/21 1/00 1/01 1/11 1/31");
	/* So do a count, which sees whether the word was 0, and a completion, which releases. */
	shows("| store.relaxed a 1; store b 1 | inc.relaxed b 2 | load b; load.relaxed a",
	      "0/00 0/01 0/11 0/31 1/00 1/01 1/11 1/20 1/21");
	shows("| store.relaxed a 1; complete b 1 | complete b 2 | load b; load.relaxed a",
	      "00 01 11 20 21 31");
	/* A store of another task ends it. */
	shows("| store.relaxed a 1; store b 1 | store.relaxed b 3 | load b; load.relaxed a",
	      "00 01 11 30 31");
}

static void locks_hand_over(void **state)
{
	(void)state;
	shows("| lock m0; store.relaxed a 1; store.relaxed b 1; unlock m0 |"
	      "  lock m0; load.relaxed b; load.relaxed a; unlock m0",
	      "00 11");
	shows("| lock m0; store.relaxed a 1; store.relaxed b 1; unlock m0 |"
	      "  trylock m0; ?1 load.relaxed b; ?1 unlock m0; ?1 load.relaxed a",
	      "0 111 assertion");
	shows("| down_write w0; store.relaxed a 1; store.relaxed b 1; up_write w0 |"
	      "  down_read w0; load.relaxed b; load.relaxed a; up_read w0",
	      "00 11");
	shows("| down_read w0; store.relaxed a 1; store.relaxed b 1; up_read w0 |"
	      "  down_write w0; load.relaxed b; load.relaxed a; up_write w0",
	      "00 11");
	/* Readers order nothing between them. */
	shows("| down_read w0; store.relaxed a 1; store.relaxed b 1; up_read w0 |"
	      "  down_read w0; load.relaxed b; load.relaxed a; up_read w0",
	      "00 01 10 11");
}

static void grace_periods_hand_over(void **state)
{
	(void)state;
	/* A section that begins after the grace period sees what was before it. */
	shows("| store.relaxed a 1; synchronize; store.relaxed b 1 |"
	      "  rcu_lock; load.relaxed b; load.relaxed a; rcu_unlock",
	      "00 01 11");
	/* The grace period waits for a section that began before it, and sees what that did. */
	shows("| store.relaxed a 1; synchronize; load.relaxed b |"
	      "  rcu_lock; load.relaxed a; store.relaxed b 1; rcu_unlock",
	      "0/1 1/0 1/1");
	shows("| store.relaxed a 1; load.relaxed b |"
	      "  rcu_lock; load.relaxed a; store.relaxed b 1; rcu_unlock",
	      "0/0 0/1 1/0 1/1");
	/* A callback comes after both, and is waited for. */
	shows("| store.relaxed a 1; call_wake b q0 | load b; load.relaxed a", "00 01 11");
	shows("| call_wake a q0; barrier; load.relaxed a", "1");
	shows("| call_wake a q0; poll; ?0 load.relaxed a", "01 1");
	shows("| rcu_lock; store.relaxed a 1; load.relaxed c; rcu_unlock |"
	      "  store.relaxed c 1; call_wake b q0 | load b; load.relaxed a",
	      "0/00 0/01 0/11 1/00 1/01 1/10 1/11");
}

static void threads_hand_over(void **state)
{
	(void)state;
	shows("| store.relaxed a 1; start t1 | + load.relaxed a", "1");
	shows("| start t1; join t1; load.relaxed a | + store.relaxed a 1", "1");
	shows("| start t1; load.relaxed a | + store.relaxed a 1", "0 1");
}

/* What was read in vain is read anew, and a wait sees what it waits for. */
static void waits_end(void **state)
{
	(void)state;
	shows("| store.relaxed a 1 | load.relaxed a; again 1 1 ever", "01 1");
	shows("| store.relaxed a 1; store.relaxed b 1 |"
	      "  load b; again 1 1 ever; load.relaxed a",
	      "010 011 10 11");
	shows("| store.relaxed a 1; store b 1 | load b; again 1 1 ever; load.relaxed a", "011 11");
	shows("| store.relaxed a 1; store.relaxed b 1; wake q0 | wait q0 is b b 1; load.relaxed a",
	      "0 1");
	shows("| store.relaxed a 1; store b 1; wake q0 | wait q0 is b b 1; load.relaxed a", "1");
}

static void counters_are_words(void **state)
{
	(void)state;
	shows_with("cpus=1 views=1", "| count 1; store b 1 | load b; sum", "00 01 11");
	shows_with("cpus=1 views=1", "| count 1; store.relaxed b 1 | load b; sum", "00 01 10 11");
	shows_with("cpus=1 views=1", "| count 1 | count 2 | sum", "0 1 2 3");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(store_buffering),
		cmocka_unit_test(message_passing),
		cmocka_unit_test(a_word_has_one_order_of_stores),
		cmocka_unit_test(readers_of_independent_writes),
		cmocka_unit_test(order_of_steps_bounds_what_is_shown),
		cmocka_unit_test(release_sequence),
		cmocka_unit_test(locks_hand_over),
		cmocka_unit_test(grace_periods_hand_over),
		cmocka_unit_test(threads_hand_over),
		cmocka_unit_test(waits_end),
		cmocka_unit_test(counters_are_words),
	};

	return cmocka_run_group_tests_name("views litmus", tests, NULL, NULL);
}
