/* SPDX-License-Identifier: MIT */
/*
 * race_check.c - checks that need the whole race
 *
 * Steps that need another one before them in the same section, and the words of the order line. The
 * error names the line that is wrong.
 */
#include "text/race_parser.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- steps that need another one --------------------------------------------------------- */

/* Of what @op needs one must come before it in its section, with the same first argument. */
static const struct race_check_need {
	enum hs_race_op op, needs[3];
	unsigned int count;
} race_check_needs[] = {
	{ HS_RACE_WALK, { HS_RACE_BEGIN }, 1 },
	{ HS_RACE_CHECK, { HS_RACE_BEGIN }, 1 },
	{ HS_RACE_TOUCH, { HS_RACE_WALK }, 1 },
	{ HS_RACE_PROGRAM, { HS_RACE_WALK }, 1 },
	{ HS_RACE_UNLOCK, { HS_RACE_LOCK }, 1 },
	{ HS_RACE_PLAIN_REMOVE, { HS_RACE_PLAIN_INSERT }, 1 },
	{ HS_RACE_PUT, { HS_RACE_GET, HS_RACE_GET_CACHED }, 2 },
	{ HS_RACE_PAGE_PUT, { HS_RACE_PAGE_GET, HS_RACE_PAGE_TRYGET, HS_RACE_PIN }, 3 },
	{ HS_RACE_PAGE_UNLOCK, { HS_RACE_PAGE_LOCK, HS_RACE_PAGE_TRYLOCK }, 2 },
	{ HS_RACE_FREE_PAGE, { HS_RACE_ALLOC }, 1 },
	{ HS_RACE_INV_END, { HS_RACE_INV_START, HS_RACE_INV_TRY }, 2 },
	{ HS_RACE_MIGRATE_END, { HS_RACE_MIGRATE_START }, 1 },
	{ HS_RACE_RCU_UNREAD, { HS_RACE_RCU_READ }, 1 },
	{ HS_RACE_MIGRATE_COPY,
	  { HS_RACE_MIGRATE_SETUP, HS_RACE_BACK_SETUP, HS_RACE_EVICT_SETUP },
	  3 },
	{ HS_RACE_MIGRATE_PAGES,
	  { HS_RACE_MIGRATE_SETUP, HS_RACE_BACK_SETUP, HS_RACE_EVICT_SETUP },
	  3 },
	{ HS_RACE_MIGRATE_FINALIZE, { HS_RACE_MIGRATE_PAGES }, 1 },
};

static bool race_check_is_there(const struct hs_race_steps *steps, size_t before,
				const struct race_check_need *need)
{
	const struct hs_race_step *step = &steps->step[before];

	for (size_t i = 0; i < before; i++)
		for (unsigned int n = 0; n < need->count; n++)
			if (steps->step[i].op == need->needs[n] &&
			    (!step->args || steps->step[i].arg[0] == step->arg[0]))
				return true;
	return false;
}

/* The first argument as the text has it: " of D", " of 0x8"; nothing if there is none. */
static void race_check_describe(const struct hs_race *race, const struct hs_race_step *step,
				char *what, size_t size)
{
	*what = '\0';
	if (step->args && hs_race_op_words[step->op][0] == 'p')
		snprintf(what, size, " of 0x%" PRIx64, step->arg[0]);
	else if (step->args)
		snprintf(what, size, " of %.80s", race->object[step->arg[0]].name);
}

/*
 * The set-up may take the page that a task puts, by its pfn, or from a pgmap that gives any; and
 * register the notifier that a task unregisters.
 */
static bool race_check_is_set_up(const struct hs_race *race, const struct hs_race_step *last,
				 const struct race_check_need *need)
{
	if (last->op != HS_RACE_PAGE_PUT && last->op != HS_RACE_PLAIN_REMOVE)
		return false;
	for (size_t i = 0; i < race->setup.count; i++) {
		const struct hs_race_step *step = &race->setup.step[i];

		if (step->op == HS_RACE_ALLOC && last->op == HS_RACE_PAGE_PUT)
			return true;
		for (unsigned int n = 0; n < need->count; n++)
			if (step->op == need->needs[n] && step->arg[0] == last->arg[0])
				return true;
	}
	return false;
}

static int race_check_need(struct hs_race_parser *p, const struct hs_race_steps *steps, size_t i,
			   const struct race_check_need *need)
{
	const struct hs_race_step *step = &steps->step[i];
	char what[96], argument[96];
	const char *names[3];

	if (step->op != need->op || race_check_is_there(steps, i, need) ||
	    (steps != &p->race->setup && race_check_is_set_up(p->race, step, need)))
		return 0;
	for (unsigned int n = 0; n < need->count; n++)
		names[n] = hs_race_op_names[need->needs[n]];
	hs_race_list(what, sizeof(what), "", names, need->count);
	race_check_describe(p->race, step, argument, sizeof(argument));
	return hs_text_error(p->text, step->line, hs_race_op_names[step->op],
			     "expected %s%s before it", what, argument);
}

static int race_check_steps(struct hs_race_parser *p, const struct hs_race_steps *steps)
{
	const size_t needs = sizeof(race_check_needs) / sizeof(race_check_needs[0]);
	int ret = 0;

	for (size_t i = 0; !ret && i < steps->count; i++)
		for (size_t n = 0; !ret && n < needs; n++)
			ret = race_check_need(p, steps, i, &race_check_needs[n]);
	return ret;
}

/* ---- order ------------------------------------------------------------------------------- */

/* The task that has the label, and which of its steps; HS_RACE_NONE: none has it. */
static unsigned int race_check_find_label(const struct hs_race *race, const char *word,
					  size_t *index)
{
	size_t length = strlen(word);
	struct hs_word label = { word, length - (length && word[length - 1] == '~') };

	for (unsigned int t = 0; t < race->tasks; t++) {
		const struct hs_race_steps *steps = &race->task[t].steps;

		for (size_t i = 0; i < steps->count; i++) {
			*index = i;
			if (steps->step[i].label && hs_word_is(&label, steps->step[i].label))
				return t;
		}
	}
	return HS_RACE_NONE;
}

/* Whether a loop has both steps, so that the later one can come before the other one. */
static bool race_check_same_loop(const struct hs_race_steps *steps, size_t a, size_t b)
{
	size_t low = a < b ? a : b, high = a < b ? b : a;

	for (size_t i = 0; i < low; i++)
		if (steps->step[i].op == HS_RACE_RETRY && steps->step[i].arg[1] > high)
			return true;
	return false;
}

static int race_check_order(struct hs_race_parser *p)
{
	const struct hs_race *race = p->race;
	size_t last[HS_RACE_TASKS], index = 0;
	bool begun[HS_RACE_TASKS] = { false };

	for (size_t i = 0; i < race->order_words; i++) {
		const char *word = race->order[i];
		unsigned int t = race_check_find_label(race, word, &index);

		if (t == HS_RACE_NONE)
			return hs_text_error(p->text, race->order_line, "order",
					     "expected labels of steps, found \"%.40s\"", word);
		if (begun[t] && index <= last[t] &&
		    !race_check_same_loop(&race->task[t].steps, last[t], index))
			return hs_text_error(
				p->text, race->order_line, "order",
				"expected an order that %.40s can take, found %.40s after %.40s",
				race->task[t].name, word, race->task[t].steps.step[last[t]].label);
		begun[t] = true;
		last[t] = index;
	}
	return 0;
}

static int race_check_reached(struct hs_race_parser *p)
{
	const struct hs_race *race = p->race;
	size_t index;

	for (unsigned int i = 0; i < race->reaches; i++)
		if (race_check_find_label(race, race->reached[i], &index) == HS_RACE_NONE ||
		    strchr(race->reached[i], '~'))
			return hs_text_error(p->text, race->reached_line, "reached",
					     "expected labels of steps, found \"%.40s\"",
					     race->reached[i]);
	return 0;
}

/* ---- all --------------------------------------------------------------------------------- */

int hs_race_check(struct hs_race_parser *p)
{
	const struct hs_race *race = p->race;
	int ret = hs_race_end_section(p);

	if (!ret)
		ret = hs_race_check_axes(p);
	if (!ret && !race->tasks)
		ret = hs_text_error(p->text, race->line, "race", "expected a task in it");
	if (!ret)
		ret = race_check_steps(p, &race->setup);
	for (unsigned int i = 0; !ret && i < race->tasks; i++)
		ret = race_check_steps(p, &race->task[i].steps);
	if (!ret)
		ret = race_check_steps(p, &race->check);
	if (!ret)
		ret = race_check_order(p);
	return ret ? ret : race_check_reached(p);
}
