/* SPDX-License-Identifier: MIT */
/*
 * race_text.c - parses races: lines and sections
 *
 * A section is the set-up, a task, or the check: the steps after its line. Any line that is no step
 * ends it. What can only be checked when all lines are there is in race_check.c.
 */
#include "text/race_parser.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int race_text_error(struct hs_race_parser *p, const char *sentence)
{
	return hs_text_error(p->text, p->text->number, p->text->keyword, "%s", sentence);
}

/* ---- lines ------------------------------------------------------------------------------- */

/* The race is named in the names of runs, before a comma. */
static int race_text_begin(struct hs_race_parser *p)
{
	const struct hs_word *name = &p->line->word[0];

	if (p->line->id != HS_KEYWORD_RACE)
		return race_text_error(p, "expected race NAME first");
	if (memchr(name->at, ',', name->length))
		return hs_text_expected(p->text, name, "NAME, a word without comma");
	p->race->line = p->text->number;
	p->race->name = hs_text_copy(p->text, name);
	return p->race->name ? 0 : -ENOMEM;
}

static int race_text_about(struct hs_race_parser *p)
{
	p->race->about = hs_text_copy(p->text, &p->line->rest);
	if (!p->race->about)
		return -ENOMEM;
	for (char *c = p->race->about; *c; c++)
		if (*c == '\t' || *c == '\r')
			*c = ' ';
	return 0;
}

static int race_text_must(struct hs_race_parser *p)
{
	struct hs_race *race = p->race;
	bool none = false;

	race->must = 0;
	for (;;) {
		struct hs_word word;
		bool found;
		int ret = hs_race_next_word(p, &word, &found), i;

		if (ret || !found)
			return ret;
		i = hs_word_among(&word, hs_race_must_names, HS_RACE_MUSTS);
		if (i < 0 ? race->must || none || !hs_word_is(&word, "-")
			  : none || race->must >> i & 1)
			return hs_text_expected(p->text, &word,
						"S1, S2, S3, S4 or live, each once, or - alone");
		none = i < 0;
		race->must |= none ? 0 : 1u << i;
	}
}

/* Bars are for the reader. */
static int race_text_order(struct hs_race_parser *p)
{
	struct hs_race *race = p->race;

	race->order_line = p->text->number;
	for (;;) {
		struct hs_word word;
		char **more;
		bool found;
		int ret = hs_race_next_word(p, &word, &found);

		if (ret)
			return ret;
		if (!found)
			return 0;
		if (hs_word_is(&word, "|"))
			continue;
		if (race->order_words == HS_RACE_ORDER)
			return race_text_error(p, "expected at most 1024 labels");
		more = hs_hostmem_grow(p->text->mem, race->order, race->order_words, sizeof(*more));
		if (!more)
			return hs_text_no_memory(p->text);
		race->order = more;
		more[race->order_words] = hs_text_copy(p->text, &word);
		if (!more[race->order_words])
			return -ENOMEM;
		race->order_words++;
	}
}

static int race_text_reached(struct hs_race_parser *p)
{
	struct hs_race *race = p->race;

	race->reached_line = p->text->number;
	for (;;) {
		struct hs_word word;
		bool found;
		int ret = hs_race_next_word(p, &word, &found);

		if (ret || !found)
			return ret;
		if (race->reaches == HS_RACE_REACHED)
			return race_text_error(p, "expected at most 8 labels");
		race->reached[race->reaches] = hs_text_copy(p->text, &word);
		if (!race->reached[race->reaches])
			return -ENOMEM;
		race->reaches++;
	}
}

/* ---- sections ---------------------------------------------------------------------------- */

static int race_text_setup(struct hs_race_parser *p)
{
	if (p->race->tasks || p->check_begun)
		return race_text_error(p, "expected before the tasks and check");
	p->setup_begun = true;
	p->steps = &p->race->setup;
	return 0;
}

/* Reports tell tasks apart by so many bytes; "boot" is the task of the set-up. */
static int race_text_check_task(struct hs_race_parser *p, const struct hs_word *word)
{
	const struct hs_race *race = p->race;
	char what[96];

	if (hs_word_is(word, "boot"))
		return hs_text_expected(p->text, word, "NAME, another than that of the set-up");
	for (unsigned int i = 0; i < race->tasks; i++) {
		const char *name = race->task[i].name;

		if (strlen(name) < HS_RACE_TASK_NAME || word->length < HS_RACE_TASK_NAME ||
		    memcmp(word->at, name, HS_RACE_TASK_NAME))
			continue;
		snprintf(what, sizeof(what), "NAME, in its first %d bytes another than in line %lu",
			 HS_RACE_TASK_NAME, race->task[i].line);
		return hs_text_expected(p->text, word, what);
	}
	return 0;
}

static int race_text_cpu(struct hs_race_parser *p, unsigned int *cpu)
{
	uint64_t number = HS_RACE_NONE;
	int ret = hs_race_key_number(p, 0, 0, p->race->cpus - 1, &number);

	*cpu = (unsigned int)number;
	return ret;
}

static int race_text_task(struct hs_race_parser *p)
{
	struct hs_race *race = p->race;
	struct hs_race_task *task = &race->task[race->tasks];
	int ret;

	if (p->check_begun)
		return race_text_error(p, "expected before check");
	if (race->tasks == HS_RACE_TASKS)
		return race_text_error(p, "expected at most 8 tasks");
	task->line = p->text->number;
	ret = race_text_check_task(p, &p->line->word[0]);
	if (!ret)
		ret = race_text_cpu(p, &task->cpu);
	task->worker = p->line->id == HS_KEYWORD_WORKER;
	if (!ret)
		ret = hs_race_new_name(p, &p->line->word[0], &task->name);
	if (ret)
		return ret;
	race->tasks++;
	p->steps = &task->steps;
	return 0;
}

static int race_text_check(struct hs_race_parser *p)
{
	if (p->check_begun)
		return race_text_error(p, "expected once in a race, found again");
	p->check_begun = true;
	p->steps = &p->race->check;
	return 0;
}

/* ---- a line ------------------------------------------------------------------------------ */

static int race_text_object(struct hs_race_parser *p)
{
	if (p->setup_begun || p->race->tasks || p->check_begun)
		return race_text_error(p, "expected before setup, tasks and check");
	return p->line->id == HS_KEYWORD_MMAP ? hs_race_vma_line(p) : hs_race_object_line(p);
}

/* Keywords that a race has at most once. */
static const enum hs_keyword_id race_text_once[] = { HS_KEYWORD_ABOUT,	 HS_KEYWORD_MACHINE,
						     HS_KEYWORD_SETUP,	 HS_KEYWORD_ORDER,
						     HS_KEYWORD_REACHED, HS_KEYWORD_MUST };

static int race_text_check_once(struct hs_race_parser *p)
{
	for (size_t i = 0; i < sizeof(race_text_once) / sizeof(race_text_once[0]); i++) {
		if (p->line->id != race_text_once[i])
			continue;
		if (p->seen >> i & 1)
			return race_text_error(p, "expected once in a race, found again");
		p->seen |= 1u << i;
	}
	return 0;
}

static int race_text_keyword(struct hs_race_parser *p)
{
	switch (p->line->id) {
	case HS_KEYWORD_ABOUT:
		return race_text_about(p);
	case HS_KEYWORD_AXIS:
		return hs_race_axis_line(p);
	case HS_KEYWORD_MACHINE:
		return hs_race_machine_line(p);
	case HS_KEYWORD_SETUP:
		return race_text_setup(p);
	case HS_KEYWORD_TASK:
	case HS_KEYWORD_WORKER:
		return race_text_task(p);
	case HS_KEYWORD_STEP:
		return race_text_check(p);
	case HS_KEYWORD_ORDER:
		return race_text_order(p);
	case HS_KEYWORD_REACHED:
		return race_text_reached(p);
	case HS_KEYWORD_MUST:
		return race_text_must(p);
	case HS_KEYWORD_EXPECT:
		return hs_race_expect_line(p);
	default:
		return race_text_object(p);
	}
}

/* check without a driver begins the check. */
static bool race_text_is_step(const struct hs_line *line)
{
	return line->id == HS_KEYWORD_STEP &&
	       !(line->step == HS_RACE_CHECK && !line->words && !line->value[0].at);
}

static int race_text_line(struct hs_race_parser *p)
{
	int ret;

	if (!p->race->name)
		return race_text_begin(p);
	ret = hs_race_substitute_line(p);
	if (!ret && race_text_is_step(p->line))
		return hs_race_step_line(p);
	if (!ret)
		ret = hs_race_end_section(p);
	if (!ret)
		ret = race_text_check_once(p);
	return ret ? ret : race_text_keyword(p);
}

static int race_text_lines(struct hs_race_parser *p)
{
	struct hs_line line;
	int ret;

	p->line = &line;
	while ((ret = hs_text_next(p->text, &line)) == 1) {
		if (p->race->name && hs_keyword_begins(line.id)) {
			hs_text_unread(p->text);
			return 0;
		}
		ret = race_text_line(p);
		if (ret)
			return ret;
	}
	return ret;
}

int hs_race_parse(struct hs_text *text, const struct hs_race_setting *settings, size_t count,
		  struct hs_race *out)
{
	struct hs_race_parser p = {
		.text = text, .race = out, .settings = settings, .setting_count = count
	};
	int ret;

	*out = (struct hs_race){
		.cpus = 2,
		.section_order = 3,
		.subsection_order = 1,
		.geometry = HS_GEOMETRY_MOCK,
		.must = HS_RACE_MUST_ALL,
		.judged = HS_RACE_JUDGED_ALL,
	};
	ret = hs_text_seek(text, HS_KEYWORD_RACE);
	if (ret == 1)
		ret = race_text_lines(&p);
	if (!ret && !out->name)
		return 0;
	if (!ret)
		ret = hs_race_check(&p);
	if (ret)
		hs_race_free(text->mem, out);
	return ret ? ret : 1;
}

/* ---- the end ----------------------------------------------------------------------------- */

static void race_text_free_steps(struct hs_hostmem *mem, struct hs_race_steps *steps)
{
	for (size_t i = 0; i < steps->count; i++)
		hs_hostmem_free(mem, steps->step[i].label);
	hs_hostmem_free(mem, steps->step);
}

static void race_text_free_strings(struct hs_hostmem *mem, char **strings, size_t count)
{
	for (size_t i = 0; i < count; i++)
		hs_hostmem_free(mem, strings[i]);
}

void hs_race_free(struct hs_hostmem *mem, struct hs_race *race)
{
	for (unsigned int i = 0; i < race->axes; i++) {
		hs_hostmem_free(mem, race->axis[i].name);
		race_text_free_strings(mem, race->axis[i].value, race->axis[i].values);
	}
	for (unsigned int i = 0; i < race->objects; i++)
		hs_hostmem_free(mem, race->object[i].name);
	for (unsigned int i = 0; i < race->tasks; i++) {
		hs_hostmem_free(mem, race->task[i].name);
		race_text_free_steps(mem, &race->task[i].steps);
	}
	race_text_free_steps(mem, &race->setup);
	race_text_free_steps(mem, &race->check);
	for (size_t i = 0; i < race->expects; i++)
		hs_hostmem_free(mem, race->expect[i].settings);
	hs_hostmem_free(mem, race->expect);
	race_text_free_strings(mem, race->order, race->order_words);
	hs_hostmem_free(mem, race->order);
	race_text_free_strings(mem, race->reached, race->reaches);
	race_text_free_strings(mem, race->function, race->functions);
	hs_hostmem_free(mem, race->function);
	hs_hostmem_free(mem, race->name);
	hs_hostmem_free(mem, race->about);
	hs_hostmem_free(mem, race->settings);
	*race = (struct hs_race){ .name = NULL };
}
