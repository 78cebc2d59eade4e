/* SPDX-License-Identifier: MIT */
/* Claims that are run: cells and their fields, counterexamples, lines claimed, controls, errors. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <hmmsim/scenario.h>

#include "claims/run_claim.h"
#include "support/test.h"

#define HEAD(method) \
	"hmmsim 1\nclaim C8\nby A\ndate 2019-08-15\nsays It holds.\nmethod " method "\n"

static struct hs_hostmem mem;

struct ran {
	struct hs_claim_text text;
	struct hs_claim claim;
	struct hs_claim_found found;
	char error[HS_CLAIM_ERROR];
};

static int run(const char *bytes, struct ran *ran)
{
	struct hs_text text;

	ran->text = (struct hs_claim_text){ "x.in", bytes, strlen(bytes) };
	hs_text_init(&text, &mem, "x.in", bytes, strlen(bytes));
	if (hs_claim_parse(&text, &ran->claim) != 1)
		fail_msg("%s", text.error);
	return hs_claim_run(&mem, &ran->text, &ran->claim, HS_CLAIM_SIMPLEST, &ran->found,
			    ran->error);
}

static void end(struct ran *ran)
{
	hs_claim_found_free(&mem, &ran->found);
	hs_claim_free(&mem, &ran->claim);
	assert_int_equal(mem.live, 0);
}

static void must_run(const char *bytes, struct ran *ran)
{
	mem = (struct hs_hostmem){ .attempts = 0 };
	if (run(bytes, ran))
		fail_msg("%s", ran->error);
}

/* ---- races -------------------------------------------------------------------------------- */

/* T violates S2 behind S1; R waits for ever, or goes, and then the check finds an entry. */
#define WRONG                                                                          \
	"race wrong\naxis last wait go\naxis unused 1 2\nmachine cpus=$unused\n"       \
	"pgmap A 8 10\nmm M\nmmap M 0x0 0x1000 rw\ndriver D M 0x0 0x1000\nflag wait\n" \
	"flag go\nsetup\nentry M 0x0 devrw 8\nbegin D\nwalk D 0x0 0x1000 -\n"          \
	"program D 0x0\nset go\ntask T\nremove-memory A as=t1\ndma D 0x0 as=t2\n"      \
	"task R\nawait $last as=r\nreached t1 t2\nmust S1 S2 S3 live\ncheck\n"         \
	"assert-entry D 0x0 no\n"
#define RIGHT "race right\nflag a\ntask T\nset a as=t\ntask R\nawait a as=r\nreached t r\n"
#define STUCK "race stuck\nflag a\nflag b\ntask T\nset b as=t\ntask R\nawait a as=r\nreached t\n"

#define BOTH                                                                          \
	HEAD("search")                                                                \
	"row right right\ncontrol stuck of=right stuck\nchange another flag is set\n" \
	"claimed right.live = holds\n" RIGHT STUCK

static void expect_words(const struct hs_claim_cell *cell, const char *words)
{
	char found[128] = "";

	for (int f = 0; f < HS_CLAIM_PROPERTIES; f++) {
		assert_int_equal(cell->value[f].kind, HS_CLAIM_WORD);
		strcat(found, hs_claim_word_names[cell->value[f].word]);
		strcat(found, f + 1 < HS_CLAIM_PROPERTIES ? " " : "");
	}
	assert_string_equal(found, words);
}

static void expect_search(const struct hs_claim_cell *cell, int property, const char *extent,
			  uint64_t executions)
{
	assert_string_equal(cell->search[property].extent, extent);
	assert_int_equal(cell->search[property].executions, executions);
}

static void a_race_that_holds_holds_in_all_that_it_must(void **state)
{
	struct ran ran;

	(void)state;
	must_run(BOTH, &ran);
	assert_int_equal(ran.found.cells, 2);
	expect_words(&ran.found.cell[0], "holds holds holds holds holds holds");
	assert_string_equal(ran.found.cell[0].scenario, "right");
	for (int p = 0; p < HS_CLAIM_PROPERTIES; p++)
		expect_search(&ran.found.cell[0], p, "yes", 1);
	assert_string_equal(ran.found.cell[0].settings, "");
	assert_int_equal(ran.found.cell[0].counterexamples, 0);
	assert_int_equal(ran.found.cell[0].value[HS_CLAIM_EXECUTIONS].number, 1);
	assert_int_equal(ran.found.cell[0].value[HS_CLAIM_REACHED].number, 1);
	assert_int_equal(ran.found.cell[0].value[HS_CLAIM_RET].kind, HS_CLAIM_UNSET);
	assert_int_equal(ran.found.verdict, HS_CLAIM_CONFIRMED);
	assert_null(ran.found.unflipped);
	assert_null(ran.found.never_reached);
	assert_null(ran.found.bounded);
	end(&ran);
}

static const struct hs_claim_cell *must_run_wrong(struct ran *ran)
{
	must_run(HEAD("search") "row a wrong\ncontrol c of=a right\nchange nothing is removed\n"
				"claimed a.S1 = violated\n" WRONG RIGHT,
		 ran);
	return &ran->found.cell[0];
}

static void each_property_has_its_own_counterexample_that_replays(void **state)
{
	static const enum hs_claim_field violated[] = { HS_CLAIM_S1, HS_CLAIM_S2, HS_CLAIM_LIVE };
	const struct hs_claim_cell *cell;
	struct ran ran;

	(void)state;
	cell = must_run_wrong(&ran);
	expect_words(cell, "violated violated holds not-judged violated holds");
	assert_int_equal(cell->counterexamples, COUNT(violated));
	for (size_t i = 0; i < COUNT(violated); i++) {
		const struct hs_claim_counterexample *c = &cell->counterexample[i];
		char judged[32];

		assert_int_equal(c->property, violated[i]);
		snprintf(judged, sizeof(judged), "only%%3D%s:", hs_claim_field_names[violated[i]]);
		assert_non_null(strstr(c->token, judged));
		assert_non_null(strstr(c->report, c->message));
		assert_true(c->trace_hash != 0);
		assert_int_equal(c->tasks >= 2, true);
		assert_string_equal(c->task[0], "T");
		assert_string_equal(c->task[1], "R");
		assert_true(c->moments > 0);
		assert_false(c->more);
	}
	assert_string_equal(cell->counterexample[1].moment[0].words, "remove-memory A as=t1");
	assert_int_equal(cell->counterexample[1].moment[0].task, 0);
	assert_string_equal(cell->counterexample[1].moment[1].words, "dma D 0x0 as=t2");
	end(&ran);
}

/* R waits, or goes and the check fails: in any case all interleavings are few. */
static void each_property_has_the_extent_and_executions_of_its_own_search(void **state)
{
	const struct hs_claim_cell *cell;
	uint64_t sum = 0;
	struct ran ran;

	(void)state;
	cell = must_run_wrong(&ran);
	assert_string_equal(cell->search[HS_CLAIM_S1].extent, "no");
	assert_string_equal(cell->search[HS_CLAIM_S3].extent, "yes");
	assert_string_equal(cell->search[HS_CLAIM_LIVE].extent, "no");
	expect_search(cell, HS_CLAIM_S4, "", 0);
	for (unsigned int i = 0; i < cell->counterexamples; i++)
		assert_int_equal(cell->search[cell->counterexample[i].property].executions,
				 cell->counterexample[i].execution);
	assert_true(cell->search[HS_CLAIM_S3].executions > cell->search[HS_CLAIM_S1].executions);
	for (int p = 0; p < HS_CLAIM_PROPERTIES; p++)
		sum += cell->search[p].executions;
	/* One more was enough to see that something is violated. */
	assert_int_equal(cell->value[HS_CLAIM_EXECUTIONS].number, sum + 1);
	end(&ran);
}

static void a_cell_is_a_combination_of_the_axes_given_as_stars(void **state)
{
	static const char *const settings[] = {
		"last=wait,unused=1", "last=wait,unused=2", "last=go,unused=1",
		"last=go,unused=2",   "unused=1",	    "unused=2",
	};
	struct ran ran;

	(void)state;
	must_run(HEAD("search") "row a wrong last=* unused=*\n"
				"control c of=a wrong last=go unused=*\nchange it goes\n"
				"claimed a.live = violated\n" WRONG,
		 &ran);
	assert_int_equal(ran.found.cells, COUNT(settings));
	for (size_t i = 0; i < COUNT(settings); i++)
		assert_string_equal(ran.found.cell[i].settings, settings[i]);
	assert_string_equal(ran.found.cell[3].scenario, "wrong,last=go,unused=2");
	/* In two of its four cells. */
	assert_int_equal(ran.found.verdict, HS_CLAIM_IN_PART);
	assert_int_equal(ran.found.judged[0].cells, 4);
	assert_int_equal(ran.found.judged[0].held, 2);
	assert_string_equal(ran.found.judged[0].settings, "last=go,unused=1");
	assert_int_equal(ran.found.judged[0].left.word, HS_CLAIM_HOLDS);
	expect_words(&ran.found.cell[2], "violated violated holds not-judged holds violated");
	/* Where the row goes as well, the control is the same. */
	assert_false(ran.found.flip[0].flips);
	end(&ran);
}

static void a_search_that_never_came_there_says_so(void **state)
{
	struct ran ran;

	(void)state;
	must_run(
		HEAD("search") "row right right\ncontrol stuck of=right stuck\nchange b\n"
			       "claimed right.live = holds\n"
			       "race right\nflag a\ntask T\nset a as=t\nset a as=u\nreached u t\n" STUCK,
		&ran);
	assert_ptr_equal(ran.found.never_reached, &ran.found.cell[0]);
	end(&ran);
}

/* Each task changes a count that the other one has read, so that both try again for ever. */
static void what_met_a_bound_is_not_judged(void **state)
{
	struct ran ran;

	(void)state;
	must_run(HEAD("search") "row a long\ncontrol stuck of=a stuck\nchange b\n"
				"claimed a.live = holds\n" STUCK
				"race long\nmm M\ndriver D M 0x0 0x1000\n"
				"task T\nretry\nbegin D as=t\ninvalidate M 0x0 0x1000\n"
				"invalidate-end M\ncheck D\nuntil\n"
				"task R\nretry\nbegin D\ninvalidate M 0x0 0x1000\n"
				"invalidate-end M\ncheck D\nuntil\nreached t\n",
		 &ran);
	expect_words(&ran.found.cell[0],
		     "not-judged not-judged not-judged not-judged not-judged not-judged");
	expect_search(&ran.found.cell[0], HS_CLAIM_LIVE, "no", 1);
	assert_ptr_equal(ran.found.bounded, &ran.found.cell[0]);
	assert_int_equal(ran.found.judged[0].unknown, 1);
	assert_int_equal(ran.found.verdict, HS_CLAIM_UNSETTLED);
	end(&ran);
}

/* ---- walks -------------------------------------------------------------------------------- */

#define LEAK                                                                                   \
	"scenario leak\nvma 0x7f0000000000 0x7f0000200000 rw\npgmap 0x200000 0x300000\n"       \
	"map 0x7f0000000000 4k devrw 0x200000 count=4\nmap 0x7f0000004000 4k special 0x1234\n" \
	"req 0x7f0000000000 0x7f0000008000 F 0 0\nrun\n"
#define ALONE                                                                             \
	"scenario alone\nvma 0x7f0000000000 0x7f0000200000 rw\npgmap 0x200000 0x300000\n" \
	"map 0x7f0000000000 4k devrw 0x200000 count=4\nreq 0x7f0000000000 0x7f0000004000 F 0 0\nrun\n"

#define WALKS                                                                        \
	HEAD("counts")                                                               \
	"row leak walk leak walker=5.3 strategy=*\nrow alone walk alone walker=5.3 " \
	"strategy=*\ncontrol c of=leak walk alone walker=5.3 strategy=*\nchange no special entry\n"

static void a_walk_is_run_with_each_strategy_as_hmmsim_walk_does(void **state)
{
	const struct hs_claim_cell *cell;
	struct ran ran;

	(void)state;
	must_run(WALKS "claimed leak.ret = -14\nclaimed leak.slots = VW:200000+,0\n" LEAK ALONE,
		 &ran);
	assert_int_equal(ran.found.cells, 3 * HS_STRATEGY_BUILTIN_COUNT);
	cell = &ran.found.cell[HS_STRATEGY_PER_TABLE];
	assert_string_equal(cell->settings, "strategy=per-table");
	assert_int_equal(cell->era, HS_ERA_5_3);
	assert_int_equal(cell->strategy, HS_STRATEGY_PER_TABLE);
	assert_int_equal(cell->value[HS_CLAIM_RET].number, -14);
	assert_int_equal(cell->value[HS_CLAIM_LOOKUPS].number, 1);
	assert_int_equal(cell->value[HS_CLAIM_LEAKED].number, 1);
	assert_string_equal(cell->value[HS_CLAIM_SLOTS].text, "VW:200000+,0");
	assert_int_equal(cell->value[HS_CLAIM_S1].kind, HS_CLAIM_UNSET);
	assert_non_null(strstr(cell->output, "result leak\nret -14\n"));
	assert_int_equal(ran.found.verdict, HS_CLAIM_CONFIRMED);
	assert_true(ran.found.flip[0].flips);
	assert_int_equal(ran.found.flip[0].field, HS_CLAIM_RET);
	end(&ran);
}

/* per-page looks up four pages, none of the others more than one. */
static void rows_are_compared_where_their_axes_have_the_same_values(void **state)
{
	struct ran ran;

	(void)state;
	must_run(WALKS
		 "claimed leak.lookups = alone.lookups\nclaimed leak.leaked <= 1\n" LEAK ALONE,
		 &ran);
	assert_int_equal(ran.found.judged[0].cells, HS_STRATEGY_BUILTIN_COUNT);
	assert_int_equal(ran.found.judged[0].held, HS_STRATEGY_BUILTIN_COUNT);
	assert_int_equal(ran.found.verdict, HS_CLAIM_CONFIRMED);
	end(&ran);
}

static void numbers_are_compared_in_six_ways(void **state)
{
	static const struct {
		const char *line;
		enum hs_claim_verdict verdict;
	} lines[] = {
		{ "claimed a.lookups = 1\n", HS_CLAIM_CONFIRMED },
		{ "claimed a.lookups != 1\n", HS_CLAIM_REFUTED },
		{ "claimed a.lookups < 1\n", HS_CLAIM_REFUTED },
		{ "claimed a.lookups <= 1\n", HS_CLAIM_CONFIRMED },
		{ "claimed a.lookups > 1\n", HS_CLAIM_REFUTED },
		{ "claimed a.lookups >= 1\n", HS_CLAIM_CONFIRMED },
		{ "claimed a.ret < 0\n", HS_CLAIM_CONFIRMED },
		{ "claimed a.slots != 0\n", HS_CLAIM_CONFIRMED },
		{ "claimed a.lookups = 1\nclaimed a.lookups = 2\n", HS_CLAIM_IN_PART },
		{ "claimed a.lookups = 2\nclaimed a.lookups = 3\n", HS_CLAIM_REFUTED },
		{ "claimed a.ret < b.ret\n", HS_CLAIM_CONFIRMED },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++) {
		char text[2048];
		struct ran ran;

		snprintf(text, sizeof(text),
			 HEAD("counts") "row a walk leak walker=5.3\nrow b walk alone walker=5.3\n"
					"control c of=a walk alone walker=5.3\nchange b\n%s" LEAK
						ALONE,
			 lines[i].line);
		must_run(text, &ran);
		if (ran.found.verdict != lines[i].verdict)
			fail_msg("%s: %s", lines[i].line,
				 hs_claim_verdict_names[ran.found.verdict]);
		end(&ran);
	}
}

/* ---- controls ----------------------------------------------------------------------------- */

static void a_control_that_changes_nothing_claimed_does_not_flip(void **state)
{
	struct ran ran;

	(void)state;
	must_run(HEAD("search") "row right right\ncontrol stuck of=right stuck\nchange b\n"
				"claimed right.S1 = holds\n" RIGHT STUCK,
		 &ran);
	assert_int_equal(ran.found.flips, 1);
	assert_false(ran.found.flip[0].flips);
	assert_null(ran.found.flip[0].cell);
	assert_ptr_equal(ran.found.unflipped, &ran.claim.row[1]);
	end(&ran);
}

static void how_many_executions_there_are_flips_nothing(void **state)
{
	struct ran ran;

	(void)state;
	must_run(
		HEAD("search") "row right right\ncontrol other of=right other\nchange b\n"
			       "claimed right.executions = 1\nclaimed right.reached > 0\n" RIGHT
			       "race other\nflag a\ntask T\nset a as=t\ntask R\nset a\nreached t\n",
		&ran);
	assert_int_not_equal(ran.found.cell[1].value[HS_CLAIM_EXECUTIONS].number, 1);
	assert_false(ran.found.flip[0].flips);
	end(&ran);
}

/* ---- errors ------------------------------------------------------------------------------- */

#define ERROR(row, rest) \
	HEAD("search") row "\ncontrol c of=a right\nchange b\nclaimed a.live = holds\n" RIGHT rest

static const struct {
	const char *text, *error;
} refused[] = {
	{ ERROR("row a left", ""), "x.in:7: row: expected a race left in this text" },
	{ ERROR("row a walk s", "race s\ntask T\nrcu-sync\n"),
	  "x.in:10: claimed: expected a field of a walk: ret, walks, ..., slots, found \"a.live\"" },
	{ ERROR("row a right x=*", ""),
	  "x.in:7: row: expected an axis of race right, found \"x\"" },
	{ ERROR("row a right x=1", ""),
	  "x.in:11: race: expected no setting, because it has no axis, found \"x\"" },
	{ ERROR("row a bare", "race bare\ntask T\nrcu-sync\n"),
	  "x.in:7: row: expected a line reached in race bare, because it is searched" },
	{ ERROR("row a bad",
		"race bad\nmm M\nsetup\naccess M 0x0 w\ntask T\nrcu-sync as=t\nreached t\n"),
	  "x.in:21: access M 0x0 w: the set-up failed: -EFAULT" },
	{ ERROR("row a bad", "race bad\nnonsense\n"),
	  "x.in:19: expected a keyword (race, axis, pgmap, ..., expect) or an operation, found "
	  "\"nonsense\"" },
	{ HEAD("schedule") "row a bare\ncontrol c of=a bare\nchange b\nclaimed a.reached > 0\n"
			   "race bare\ntask T\nrcu-sync\n",
	  "x.in:10: claimed: expected a race with a line reached" },
	{ HEAD("counts") "row a walk t\ncontrol c of=a walk leak\nchange b\nclaimed a.ret = 0\n" LEAK,
	  "x.in:7: row: expected a scenario t in this text" },
	{ HEAD("counts") "row a walk leak strategy=none\nrow b walk leak strategy=*\n"
			 "control c of=a walk t\nchange b\nclaimed a.ret = 0\n" LEAK,
	  "x.in:9: control: expected a scenario t in this text" },
	{ HEAD("search") "row a wrong last=*\nrow b other last=*\ncontrol c of=a right\nchange b\n"
			 "claimed a.live = b.live\n" RIGHT WRONG
			 "race other\naxis last x\nflag x\ntask T\nset $last as=t\nreached t\n",
	  "x.in:11: claimed: expected cells of both rows with the same values" },
};

static void what_the_text_does_not_have_is_an_error_in_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(refused); i++) {
		const char *bytes = refused[i].text;
		struct hs_text text;
		struct ran ran = { .error = "" };

		mem = (struct hs_hostmem){ .attempts = 0 };
		ran.text = (struct hs_claim_text){ "x.in", bytes, strlen(bytes) };
		hs_text_init(&text, &mem, "x.in", bytes, strlen(bytes));
		if (hs_claim_parse(&text, &ran.claim) != 1) {
			assert_string_equal(text.error, refused[i].error);
			continue;
		}
		assert_int_equal(hs_claim_run(&mem, &ran.text, &ran.claim, HS_CLAIM_SIMPLEST,
					      &ran.found, ran.error),
				 -EINVAL);
		assert_string_equal(ran.error, refused[i].error);
		end(&ran);
	}
}

/* The ninth step of its only execution, after an array of them has grown, is that of the check. */
#define NINE                                                                    \
	"race nine\nmust -\nflag a\nflag b\npgmap A 8 10\nmm M\n"               \
	"mmap M 0x0 0x1000 rw\ndriver D M 0x0 0x1000\nsetup\n"                  \
	"entry M 0x0 devrw 8\nbegin D\nwalk D 0x0 0x1000 -\nprogram D 0x0\n"    \
	"task T\nset a as=t\nset b\nset a\nset b\nset a\nset b\nset a\nset b\n" \
	"check\nassert-entry D 0x0 no\nreached t\n"
/* The get is never done. */
#define UNDONE                                                     \
	"race undone\naxis to a b\npgmap A 8 10\nflag a\nflag b\n" \
	"must -\nsetup\nkill A\ntask T\nset $to as=t\n"            \
	"get 8\nreached t\n"

#define FEW "race few\nflag a\nflag b\nmust live\ntask T\nset b\ntask R\nawait a as=r\nreached r\n"
#define RACES                                                                                \
	HEAD("search")                                                                       \
	"row right right\nrow nine nine\nrow undone undone to=*\ncontrol few of=right few\n" \
	"change another flag is set\nclaimed right.live = holds\n"                           \
	"claimed nine.answer = violated\n" RIGHT FEW NINE UNDONE

/* Another machine is in the way of each run. */
static void what_the_simulator_cannot_do_is_no_error_in_the_text(void **state)
{
	static const struct {
		const char *text, *error;
	} failing[] = {
		{ BOTH, "x.in:7: row: right: the search failed: -EBUSY" },
		{ WALKS "claimed leak.ret = -14\n" LEAK ALONE, "x.in:7: row: walk leak: -EBUSY" },
	};
	struct hs_machine_config config;
	struct hs_machine *machine;

	(void)state;
	hs_machine_config_init(&config);
	assert_int_equal(hs_machine_create(&config, &machine), 0);
	for (size_t i = 0; i < COUNT(failing); i++) {
		struct ran ran;

		mem = (struct hs_hostmem){ .attempts = 0 };
		assert_int_equal(run(failing[i].text, &ran), -EIO);
		assert_string_equal(ran.error, failing[i].error);
		end(&ran);
	}
	assert_int_equal(hs_machine_destroy(machine, NULL), 0);
}

/* Returns how many there are. */
static uint64_t fail_each(const char *bytes)
{
	struct hs_text text;
	struct ran ran;
	uint64_t n = 0;
	int ret;

	ran.text = (struct hs_claim_text){ "x.in", bytes, strlen(bytes) };
	do {
		mem = (struct hs_hostmem){ .attempts = 0 };
		hs_text_init(&text, &mem, "x.in", bytes, strlen(bytes));
		assert_int_equal(hs_claim_parse(&text, &ran.claim), 1);
		mem.fail_at = mem.attempts + ++n;
		ret = hs_claim_run(&mem, &ran.text, &ran.claim, HS_CLAIM_SIMPLEST, &ran.found,
				   ran.error);
		if (ret) {
			assert_int_equal(ret, -ENOMEM);
			assert_string_equal(ran.error, "out of memory");
		}
		end(&ran);
	} while (ret);
	mem = (struct hs_hostmem){ .attempts = 0 };
	return n;
}

static void each_allocation_may_fail_and_nothing_is_left(void **state)
{
	struct ran ran;

	(void)state;
	must_run(RACES, &ran);
	assert_int_equal(ran.found.verdict, HS_CLAIM_CONFIRMED);
	assert_int_equal(ran.found.cell[1].counterexample[0].moments, 9);
	assert_int_equal(ran.found.cell[2].undones, 1);
	end(&ran);
	assert_true(fail_each(RACES) > 100);
	assert_true(fail_each(WALKS "claimed leak.ret = -14\n" LEAK ALONE) > 200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_race_that_holds_holds_in_all_that_it_must),
		cmocka_unit_test(each_property_has_its_own_counterexample_that_replays),
		cmocka_unit_test(each_property_has_the_extent_and_executions_of_its_own_search),
		cmocka_unit_test(a_cell_is_a_combination_of_the_axes_given_as_stars),
		cmocka_unit_test(a_search_that_never_came_there_says_so),
		cmocka_unit_test(what_met_a_bound_is_not_judged),
		cmocka_unit_test(a_walk_is_run_with_each_strategy_as_hmmsim_walk_does),
		cmocka_unit_test(rows_are_compared_where_their_axes_have_the_same_values),
		cmocka_unit_test(numbers_are_compared_in_six_ways),
		cmocka_unit_test(a_control_that_changes_nothing_claimed_does_not_flip),
		cmocka_unit_test(how_many_executions_there_are_flips_nothing),
		cmocka_unit_test(what_the_text_does_not_have_is_an_error_in_words),
		cmocka_unit_test(what_the_simulator_cannot_do_is_no_error_in_the_text),
		cmocka_unit_test(each_allocation_may_fail_and_nothing_is_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
