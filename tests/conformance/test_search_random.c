/* SPDX-License-Identifier: MIT */
/*
 * On random small programs every search of the explorer finds what plain DFS finds, plain DFS finds
 * what a model finds that has no fibers, schedules replay, and no exploration leaves a trace in the
 * next one. A program that shows a difference is made smaller and printed; with such a text as its
 * argument the test judges that one program and prints its outcomes.
 */
#include "support/test.h"

#include "conformance/search_judge.h"
#include "conformance/search_model.h"
#include "conformance/search_play.h"
#include "port/common/sanitize.h"
#include "support/scale.h"

#define PROGRAMS 3000u
#define SEED 1u

/*
 * What the programs led to, without views and with them, because a generator that avoids something
 * must be noticed.
 */
static struct seen {
	uint32_t programs, compared, large, model, reduced, ordered, retried, strong, weaker;
	uint32_t verdicts[32];
	uint32_t kinds[OP_KIND_COUNT];
	uint64_t executions;
} both_seen[2];

static uint32_t programs(void)
{
	const char *text = getenv("HMMSIM_SEARCH_PROGRAMS");
	unsigned long n = text ? strtoul(text, NULL, 10) : 0;

	return n ? (uint32_t)n : test_scaled(PROGRAMS);
}

static void note(struct seen *seen, const struct program *p, const struct judged *j)
{
	seen->compared++;
	seen->model += j->model;
	seen->reduced += j->fewer < j->executions;
	seen->ordered += j->outcomes > 1;
	seen->strong += j->strong;
	seen->weaker += j->weaker;
	seen->executions += j->executions;
	for (unsigned int v = 0; v < 32; v++)
		seen->verdicts[v] += j->verdicts >> v & 1;
	for (unsigned int k = 0; k < OP_KIND_COUNT; k++)
		seen->kinds[k] += program_has(p, (enum program_op_kind)k);
}

static void explain(struct program *p, uint32_t index, enum judgement judgement)
{
	char text[PROGRAM_TEXT];
	struct judged j;

	program_print(p, text);
	print_error("program %u: %s\n\t%s\n", index, judgement_words(judgement), text);
	program_shrink(p, judgement);
	program_print(p, text);
	print_error("made smaller:\n\t%s\n", text);
	judge(p, &j, true);
}

static void play_text(const char *text, struct outcome_set *set)
{
	struct hs_explore_result r;
	struct program p;

	assert_null(program_parse(text, &p));
	assert_int_equal(
		program_play(&p, &(struct play_options){ .search = HS_SEARCH_DFS }, set, &r), 0);
	hs_explore_result_free(&r);
}

/* The hash of a trace knows objects by when they were used first, whatever was run before. */
static void equal_traces_of_different_objects_have_equal_hashes(void **state)
{
	struct outcome_set ab, ba;

	(void)state;
	play_text("cpus=1 | load a; load b", &ab);
	play_text("cpus=1 | load b; load a", &ba);
	assert_int_equal(ab.count, 1);
	assert_int_equal(ba.count, 1);
	assert_true(ab.entry[0].hash == ba.entry[0].hash);
	outcome_set_free(&ab);
	outcome_set_free(&ba);
}

static void a_search_begins_with_the_first_task(void **state)
{
	struct outcome_set set;

	(void)state;
	play_text("cpus=1 | load a | load b", &set);
	assert_int_equal(set.count, 1);
	assert_string_equal(set.entry[0].schedule, "1 2");
	outcome_set_free(&set);
}

/* Programs on which searches disagreed once, made small. */
static void searches_agree_where_they_once_did_not(void **state)
{
	static const char *const texts[] = {
		/* Of two timed waits one moves the clock that the other's predicate reads. */
		"cpus=1 | wait_until q1 is a a 1 1 | wait_until q0 now a a 1 0",
		/* Of two writes to two words one order makes a predicate true for a moment. */
		"cpus=1 | add d 1 | or c 1 | wait_until q0 but c d 1 0",
		/* A counter is freed, and another task is given one. */
		"cpus=1 | count 1; sum; count 2; count_new | count_new; count_free; count 1; sum",
		"cpus=1 | count_free; count_free",
		"cpus=1 | count 0; count_new | load a; count_new",
		/* Memory of what a task waits on is freed. */
		"cpus=1 | free o0 | wait o0.q is a a 1",
		"cpus=1 | free o0 | wait q0 is o0.v a 1",
		"cpus=1 | lock o0.m; free o0 | lock o0.m",
		/* The waiter arrives after the store. */
		"cpus=1 | store o0.v 1 | wait q0 is o0.v a 1",
		/* It is completed by two tasks, and its word written once more. */
		"cpus=1 | await a 3 | complete a 1 | complete a 2; store a 0",
		"cpus=1 | await a 1; load a | complete a 1; or a 2",
		"cpus=1 | spin_until but a b 1 | store a 1; store b 1 | store b 0",
		"cpus=1 | free o0 | spin_until is o0.v a 1",
		/* What may sleep is refused under a spinlock and in a read section. */
		"cpus=1 | spin_lock s0; wait q0 is a a 1",
		"cpus=1 | rcu_lock; await a 0",
		"cpus=1 | spin_lock s0; spin_until is a a 0",
		"cpus=1 | spin_lock s0; barrier; spin_unlock s0",
		"cpus=1 | rcu_lock; lock m0; unlock m0; rcu_unlock",
		/* Which CPU a thread is on depends on the order in which two tasks start theirs. */
		("cpus=2 | store a 1; start t2; sum | store b 1; start t3 | "
		 "+ count 1; store c 1 | + add c 1; count 2"),
		("cpus=2 | store a 1; start t3; sum | store b 1; start t2 | "
		 "+ count 1; store c 1 | + add c 2; count 2"),
		/* A violation keeps the other tasks from going on, whatever its step touches. */
		"cpus=1 | load a; fail | load a; fail",
		"cpus=1 | trylock m0; load a | and b 0; lock m0",
		/* A retry that no other task can end now could have been taken earlier. */
		"cpus=1 | store o0.v 1 | xchg o0.v 0 | load o0.v; again 1 1 1",
		/* A task slept when another one wrote, and no more when a third one wakes it. */
		"cpus=1 | add d 1 | wait q0 is d a 1 | wake q0",
		/* A predicate of two words does not read the second one when it is looked at. */
		"cpus=1 | or o1.v 1 | spin_lock s0; store b 1; spin_unlock s0 | wait q0 and b o1.v 0",
		/* A look that waits for its predicate could have been taken before the step that is
		 * independent of what comes before the look. */
		"cpus=1 | store c 1 | choose 1; wait q0 is c a 1",
		"cpus=1 | dec o0.v 1; and o0.v 0 | xchg o0.v 1 | wait q0 is o0.v a 1",
		"cpus=1 d=1 | or o1.v 1 | store a 0 | wait q0 and o1.v d 1",
		"cpus=1 | add c 1 | ticks; start t2 | + wait q0 is c a 1",
		/* When a word was written, the predicate did not read it yet. */
		"cpus=1 | wait o0.q and o1.v b 1 | inc b 1 | or o1.v 1; wake o0.q",
		("cpus=1 | store o1.v 0; load o1.v; again 2 1 1 | cmpxchg o1.v 0 1; store o0.v 0 | "
		 "wait_until q0 and o1.v o0.v 1 0"),
		/* Of two steps that each end a wait the second one might have come first. */
		"cpus=1 | add b 1 | wait q0 or b d 1 | cmpxchg d 0 1",
		/* With weak memory a load lies between what ends a wait and what undoes that. */
		"cpus=1 views=1 | await a 1; store o0.v 0 | dec a 1; and a 0 | load a; load o0.v",
		/* The same, and no single step of the path ends and undoes it. */
		"cpus=1 | await a 1 | complete a 1; store a 0; complete a 1",
		"cpus=1 | wait q0 is o0.v a 0 | store o1.v 1; or o1.v 2 | wait q0 is o1.v a 1; add o0.v 0",
		("cpus=1 | store b 1; store a 1; xchg b 0 | spin_until or a b 1; spin_until and b a 1 | "
		 "xchg a 0"),
		/* A reader could come before an older writer, though not before the newest step. */
		"cpus=1 | down_write w0; up_write w0; down_write w0; try_read w0 | down_read w0",
		/* A wake that comes late meets no sleeper, but would have before a write. */
		"cpus=1 | wake q0; store o1.v 0 | xchg o1.v 1 | wait q0 is o1.v a 1",
		"cpus=1 | wait q0 deep a b 1 | store b 1 | wake q0",
		/* A task that was woken looks again, although its predicate is false again. */
		"cpus=1 b=1 | store b 0 | wait q0 and b o0.v 1 | xchg o0.v 1 | wake q0",
		/* What hides an older race, and what does not. */
		"cpus=1 | spin_until not b a 1 | xchg b 1 | and b 0; store b 1",
		"cpus=1 | down_write w0; store a 0; up_write w0 | and a 0 | down_read w0; up_read w0",
		"cpus=1 | load b | start t2; join t2; xchg b 0 | + load a",
		/* Of two timed steps one may be able to come first, or only after others. */
		"cpus=1 | wait_until q0 and d a 0 0 | add d 1 | chunk; advance 0",
		"cpus=1 | free o0 | wait_until o0.q is a a 1 0",
		/* A wake on another queue does not wake, and a look need not be pending. */
		"cpus=1 | add a 1 | wait q1 is b a 1; wake q0 | store b 1",
		"cpus=1 | xchg b 1 | inc a 0; wait q0 is b a 1",
		/* A task begins after a choice. */
		"cpus=1 views=1 | xchg d 0 | fence sc | load d; start t3 | + store.sc a 0",
		/* A step that waits comes first, and then what its predicate read before. */
		("cpus=1 o0.v=1 | wait q0 and o0.v o1.v 1 | store o1.v 0 | "
		 "wait q0 is o1.v a 0; add o0.v 1"),
		/* A look at a predicate that holds does not sleep. */
		"cpus=1 | wait q0 is d a 0 | inc d 0",
		/* A count of 4 bytes below 0. */
		"cpus=1 | dec b 1; inc b 0 | inc b 1",
		/* A predicate reads more words than a task can note. */
		"cpus=1 | wait q0 deep a a 1 | count 0 | store a 1; and a 0",
		/* One answer of a choice ends the execution, and the others do not. */
		"cpus=1 | choose 2; ?1 fail | load a | load b",
		"cpus=1 views=1 | load b; ?1 fail | complete b 1 | complete a 0",
		/* Through views a load sees what lies between two steps that commute without. */
		"cpus=1 views=1 | complete a 1 | complete a 2 | load a; load a",
		"cpus=1 views=1 | store b 1; inc a 1 | inc a 1 | load.relaxed a; load a; load b",
		"cpus=1 views=1 | add a 1; count 1 | count 1; load a | sum",
		/* A barrier on all tasks, before a step of another one and after it. */
		"cpus=1 views=1 | store a 0 | fence all",
		/* A section that ends before the snapshot, or after it. */
		("cpus=1 views=1 | rcu_lock; store.relaxed a 1; rcu_unlock | synchronize; load.relaxed a | "
		 "rcu_lock; load.relaxed a; rcu_unlock"),
	};

	(void)state;
	for (unsigned int i = 0; i < COUNT(texts); i++) {
		struct program p;
		struct judged j;
		enum judgement judgement;

		assert_null(program_parse(texts[i], &p));
		judgement = judge(&p, &j, true);
		if (judgement != JUDGED_EQUAL && !(HS_ASAN && judgement == JUDGED_LARGE))
			fail_msg("%s: %s", judgement_words(judgement), texts[i]);
	}
}

/*
 * Of these a search completes so many executions, and so many with those that it cuts; without what
 * commutes, and with it. Another number need not be wrong, but is meant.
 */
static void searches_do_not_execute_more_than_they_did(void **state)
{
	static const struct {
		const char *text;
		enum hs_search search;
		struct {
			uint32_t complete, all;
		} number[2];
	} rows[] = {
		/* What only orders two steps is no race. */
		{ "cpus=1 | try_read w0; up_read w0 | down_write w0; store a 0 | dec a 0; down_read w0",
		  HS_SEARCH_DPOR,
		  { { 13, 13 }, { 13, 13 } } },
		{ "cpus=1 | lock o0.m; unlock o0.m | spin_lock o0.s; spin_unlock o0.s; lock o0.m",
		  HS_SEARCH_DPOR,
		  { { 2, 2 }, { 2, 2 } } },
		{ "cpus=1 | call_free o0 | rcu_lock; rcu_unlock",
		  HS_SEARCH_DPOR,
		  { { 2, 2 }, { 2, 2 } } },
		{ "cpus=1 | load b; again 1 1 1 | lock m0; unlock m0 | store a 0",
		  HS_SEARCH_DPOR,
		  { { 1, 1 }, { 1, 1 } } },
		{ "cpus=1 | inc a 1; cmpxchg a 0 0; start t1; again 1 1 2; or a 0 | "
		  "+ lock m1; dec a 1; unlock m1; load a",
		  HS_SEARCH_DPOR,
		  { { 1, 1 }, { 1, 1 } } },
		/* A step that waits is not tried where nothing enables it; else it comes first. */
		{ "cpus=1 b=1 | inc b 0 | advance 0 | spin_until not b a 1",
		  HS_SEARCH_DPOR,
		  { { 1, 1 }, { 1, 1 } } },
		{ "cpus=1 | lock m0 | or a 0; and o0.v 0 | wait q0 is o0.v a 0",
		  HS_SEARCH_DPOR,
		  { { 6, 6 }, { 6, 6 } } },
		/* Tasks sleep on after a choice. */
		{ "cpus=1 | store a 0 | choose 1; store a 0",
		  HS_SEARCH_DPOR,
		  { { 2, 2 }, { 2, 2 } } },
		/* What commutes. */
		{ "cpus=1 | complete a 1 | complete a 2", HS_SEARCH_DPOR, { { 1, 1 }, { 1, 1 } } },
		{ "cpus=1 | down_read w0; up_read w0 | down_read w0; up_read w0",
		  HS_SEARCH_DPOR,
		  { { 1, 1 }, { 1, 1 } } },
		{ "cpus=1 | store b 1; inc b 1 | inc b 1",
		  HS_SEARCH_SLEEP,
		  { { 3, 3 }, { 2, 3 } } },
		/* A look is left until its predicate holds. One with a deadline is not. */
		{ "cpus=1 | and c 1; wait q0 is c a 1 | inc c 1",
		  HS_SEARCH_DPOR,
		  { { 3, 3 }, { 3, 3 } } },
		{ "cpus=1 | or o1.v 1 | wait q0 is a a 0; wait_until q0 is o1.v a 1 0",
		  HS_SEARCH_DPOR,
		  { { 3, 3 }, { 3, 3 } } },
		{ "cpus=1 | wake q0; add a 0 | add a 0; or c 1 | wait q0 or a c 1",
		  HS_SEARCH_DPOR,
		  { { 17, 19 }, { 12, 14 } } },
		{ "cpus=1 | wait q0 is o0.v a 1; await a 1 | complete a 0 | inc o0.v 1",
		  HS_SEARCH_DPOR,
		  { { 2, 3 }, { 2, 3 } } },
		{ "cpus=1 | add a 0 | wake q0; wait q0 but o0.v a 1 | wake q0; store o0.v 1",
		  HS_SEARCH_DPOR,
		  { { 4, 5 }, { 17, 17 } } },
		{ "cpus=1 | store o0.v 0; wait q0 not b a 1 | or b 0; wait q0 not o0.v a 1",
		  HS_SEARCH_DPOR,
		  { { 3, 3 }, { 6, 6 } } },
		{ "cpus=1 a=1 | store a 0 | wait q0 not a a 1 | wait q0 is a a 1",
		  HS_SEARCH_DPOR,
		  { { 4, 4 }, { 5, 5 } } },
		{ "cpus=1 | wait q0 not b a 1 | or b 1 | wait q0 is b a 1",
		  HS_SEARCH_DPOR,
		  { { 4, 4 }, { 5, 5 } } },
		/* What a predicate read in the past counts, for a sleeper and for a wake. */
		{ "cpus=1 | or o0.v 1; or a 0 | wait q0 pick o0.v b 1",
		  HS_SEARCH_DPOR,
		  { { 3, 3 }, { 1, 1 } } },
		{ "cpus=1 | wait q0 or a b 1 | add a 1; wake q0 | or b 0",
		  HS_SEARCH_DPOR,
		  { { 6, 8 }, { 2, 3 } } },
		/* A predicate may read other words. */
		{ "cpus=1 | wait q0 and c a 0 | store c 1 | and b 0",
		  HS_SEARCH_DPOR,
		  { { 2, 2 }, { 2, 3 } } },
		{ "cpus=1 | store d 0 | wait q0 or c d 1 | wake q0; store c 0 | store d 0",
		  HS_SEARCH_DPOR,
		  { { 18, 26 }, { 2, 4 } } },
		{ "cpus=1 b=1 | store a 1 | spin_until not a a 1 | add b 1; load b | spin_until but b a 1",
		  HS_SEARCH_DPOR,
		  { { 4, 5 }, { 4, 5 } } },
		{ "cpus=1 | add c 0; xchg a 0 | spin_until is c a 1; add a 0 | "
		  "store c 1; spin_until or a c 1",
		  HS_SEARCH_DPOR,
		  { { 23, 23 }, { 23, 23 } } },
		{ "cpus=1 | wait q0 and c a 0 | store c 1 | and a 0 | and b 0",
		  HS_SEARCH_DPOR,
		  { { 4, 5 }, { 3, 5 } } },
	};

	(void)state;
	for (unsigned int i = 0; i < 2 * COUNT(rows); i++) {
		uint32_t complete = rows[i / 2].number[i & 1].complete;
		uint32_t all = rows[i / 2].number[i & 1].all;
		const struct play_options options = { .search = rows[i / 2].search,
						      .commute = i & 1,
						      .limit = 100 };
		struct hs_explore_result r;
		struct outcome_set set;
		struct program p;

		assert_null(program_parse(rows[i / 2].text, &p));
		assert_int_equal(program_play(&p, &options, &set, &r), 0);
		if (r.complete != complete || r.executions != all)
			fail_msg("%llu of %llu executions are complete, not %u of %u%s: %s",
				 (unsigned long long)r.complete, (unsigned long long)r.executions,
				 complete, all, i & 1 ? ", commuting" : "", rows[i / 2].text);
		outcome_set_free(&set);
		hs_explore_result_free(&r);
	}
}

/* Tasks that change what another waits for, and change it back. */
static void searches_agree_within_a_bound_on_retries(void **state)
{
	static const char *const texts[] = {
		"cpus=1 | load a; again 1 2 ever | add a 1; store a 0; add a 1; store a 2",
		"cpus=1 | store a 1; load a; again 2 2 ever | store a 2; load a; again 2 1 ever",
		"cpus=1 | add a 1; load b; again 2 0 ever | add b 1; load a; again 2 0 ever",
		"cpus=1 | load a; again 1 2 ever; lock m0 | lock m0; add a 1; store a 0; store a 1; "
		"unlock m0",
		"cpus=1 | load a; again 1 2 ever; store b 2 | add a 1; store a 0; add a 1; load b | "
		"load b; again 1 2 2",
		/* What the task could have done is undone, and in the end nothing has changed. */
		"cpus=1 | load b; load a; again 2 1 ever | store b 2; store b 3; store b 2; store b 3",
		"cpus=1 | load b; load a; again 2 1 2 | store b 2; store b 0; store b 2; store b 0",
	};

	(void)state;
	for (unsigned int i = 0; i < COUNT(texts); i++) {
		struct judged j = { .retried = false };
		struct program p;

		assert_null(program_parse(texts[i], &p));
		if (!judge_retries(&p, &j, true))
			fail_msg("the searches disagree: %s", texts[i]);
		if (!j.retried)
			fail_msg("no task comes to the bound: %s", texts[i]);
	}
}

static void judge_programs(bool views, uint32_t n)
{
	struct seen *seen = &both_seen[views];

	for (uint32_t i = 0; i < n; i++) {
		struct program p;
		struct judged j;
		enum judgement judgement;

		if (views)
			program_generate_weak(SEED, i, &p);
		else
			program_generate(SEED, i, &p);
		judgement = judge(&p, &j, false);
		seen->programs++;
		seen->retried += j.retried;
		if (judgement == JUDGED_LARGE) {
			seen->large++;
		} else if (judgement != JUDGED_EQUAL) {
			explain(&p, i, judgement);
			fail();
		} else {
			note(seen, &p, &j);
		}
	}
}

static void searches_agree_on_random_programs(void **state)
{
	(void)state;
	judge_programs(false, programs());
}

/*
 * With weak memory as well; they show every outcome that there is without it, and to programs that
 * use SEQ_CST alone no other.
 */
static void searches_agree_on_random_programs_through_views(void **state)
{
	(void)state;
	judge_programs(true, programs() / 3);
}

/* How many of the compared programs have something, and how many in a thousand must. */
static void assert_often(const struct seen *seen, const char *what, uint32_t count,
			 uint32_t permille)
{
	if (getenv("HMMSIM_TEST_VERBOSE"))
		print_message("%s: %u of %u programs\n", what, count, seen->compared);
	if (count * 1000ull < seen->compared * (uint64_t)permille)
		fail_msg("%s: only %u of %u programs", what, count, seen->compared);
}

static void programs_lead_everywhere(void **state)
{
	const struct seen *seen = &both_seen[false];

	(void)state;
	if (programs() < 1000)
		skip(); /* too few to say "often" */
	assert_true(seen->compared * 10ull > seen->programs * 8ull);
	assert_often(seen, "known to the model", seen->model, 600);
	assert_often(seen, "a bound on retries", seen->retried, 3);
	assert_often(seen, "more than one outcome", seen->ordered, 500);
	assert_often(seen, "fewer executions", seen->reduced, 500);
	for (int v = HS_VERDICT_NONE; v <= HS_VERDICT_LEAK; v++)
		assert_often(seen, hs_verdict_name((enum hs_verdict)v), seen->verdicts[v], 10);
	for (int k = 0; k < OP_KIND_COUNT; k++) {
		assert_often(seen, program_op_word((enum program_op_kind)k), seen->kinds[k],
			     k == OP_FENCE ? 0 : 5);
		assert_true(k == OP_FENCE || program_executed[k] > seen->kinds[k]);
	}
}

static void programs_lead_everywhere_through_views(void **state)
{
	const struct seen *seen = &both_seen[true];

	(void)state;
	if (programs() < 3000)
		skip();
	assert_true(seen->compared * 10ull > seen->programs * 7ull);
	assert_often(seen, "shown nothing new, nor may", seen->strong, 100);
	assert_often(seen, "shown more by views", seen->weaker, 50);
	assert_often(seen, "fewer executions", seen->reduced, 500);
	for (int v = HS_VERDICT_NONE; v <= HS_VERDICT_LEAK; v++)
		assert_often(seen, hs_verdict_name((enum hs_verdict)v), seen->verdicts[v], 4);
	assert_often(seen, program_op_word(OP_FENCE), seen->kinds[OP_FENCE], 100);
}

static void programs_are_printed_as_they_are_read(void **state)
{
	uint32_t n = test_scaled(PROGRAMS);

	(void)state;
	for (uint32_t i = 0; i < n; i++) {
		char text[PROGRAM_TEXT], again[PROGRAM_TEXT];
		struct program p, q;

		if (i & 1)
			program_generate_weak(SEED + 1, i, &p);
		else
			program_generate(SEED + 1, i, &p);
		program_print(&p, text);
		assert_null(program_parse(text, &q));
		program_print(&q, again);
		assert_string_equal(again, text);
	}
}

static int judge_text(const char *text)
{
	const char *wrong;
	enum judgement judgement;
	struct program p;
	struct judged j;

	wrong = program_parse(text, &p);
	if (wrong) {
		fprintf(stderr, "%s: %s\n", text, wrong);
		return 2;
	}
	judge_print_outcomes(&p);
	judgement = judge(&p, &j, true);
	printf("%s\n", judgement_words(judgement));
	model_release();
	return judgement != JUDGED_EQUAL;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(programs_are_printed_as_they_are_read),
		cmocka_unit_test(equal_traces_of_different_objects_have_equal_hashes),
		cmocka_unit_test(a_search_begins_with_the_first_task),
		cmocka_unit_test(searches_agree_where_they_once_did_not),
		cmocka_unit_test(searches_do_not_execute_more_than_they_did),
		cmocka_unit_test(searches_agree_within_a_bound_on_retries),
		cmocka_unit_test(searches_agree_on_random_programs),
		cmocka_unit_test(programs_lead_everywhere),
		cmocka_unit_test(searches_agree_on_random_programs_through_views),
		cmocka_unit_test(programs_lead_everywhere_through_views),
	};
	int ret;

	if (argc > 1)
		return judge_text(argv[1]);
	ret = cmocka_run_group_tests_name("search_random", tests, NULL, NULL);
	model_release();
	return ret;
}
