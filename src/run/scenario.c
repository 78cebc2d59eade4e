/* SPDX-License-Identifier: MIT */
/*
 * scenario.c - race scenarios as text: <hmmsim/scenario.h>
 *
 * invented. Host code: it parses, and adds to a race what its steps need to run (race_state.h). All
 * of that is constant while the scenario runs.
 */
#include "run/scenario.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "run/moments.h"

struct hs_scenario_text {
	struct hs_hostmem own, *mem; /* .mem: own, or that of a test */
	struct hs_race race;
	struct hs_race_program program;
	struct hs_scenario scenario;
	struct hs_race_line *line; /* as program.line */
	size_t lines;
	struct hs_race_turn *turn;
	struct hs_race_function *function;
	uint64_t *pfn;
	bool *undone; /* as program.undone */
	struct hs_race_moments moments;
	struct hs_race_words *words;
	char *name;
	char error[512];
};

static void scenario_say(char *error, size_t size, const char *sentence)
{
	if (error && size)
		snprintf(error, size, "%s", sentence);
}

/* ---- what steps need --------------------------------------------------------------------- */

/* The words of line @number without blanks around them. */
static const char *scenario_words(const char *at, const char *end, unsigned long number,
				  int *length)
{
	const char *stop;

	while (--number) {
		at = memchr(at, '\n', (size_t)(end - at));
		at = at ? at + 1 : end;
	}
	stop = memchr(at, '\n', (size_t)(end - at));
	stop = stop ? stop : end;
	while (at < stop && strchr(" \t\r", *at))
		at++;
	while (stop > at && strchr(" \t\r", stop[-1]))
		stop--;
	*length = (int)(stop - at);
	return at;
}

static int scenario_add_line(struct hs_scenario_text *t, const struct hs_text *text,
			     const char *bytes, unsigned long number)
{
	struct hs_race_line *line = &t->line[number];
	int length, place;
	const char *words = scenario_words(bytes, text->end, number, &length);
	size_t room;
	char *block;

	if (line->place)
		return 0;
	place = snprintf(NULL, 0, "%s:%lu", text->name, number);
	room = 2 * ((size_t)place + 1) + (size_t)length + 2;
	block = hs_hostmem_realloc(t->mem, NULL, room);
	if (!block)
		return -ENOMEM;
	snprintf(block, room, "%s:%lu", text->name, number);
	line->words = block + place + 1;
	snprintf(block + place + 1, room - (size_t)place - 1, "%.*s  %s:%lu", length, words,
		 text->name, number);
	line->place = block;
	return 0;
}

static int scenario_add_steps(struct hs_scenario_text *t, const struct hs_text *text,
			      const char *bytes, const struct hs_race_steps *steps)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < steps->count; i++)
		ret = scenario_add_line(t, text, bytes, steps->step[i].line);
	return ret;
}

static int scenario_add_lines(struct hs_scenario_text *t, const struct hs_text *text,
			      const char *bytes)
{
	const struct hs_race *race = &t->race;
	int ret;

	t->lines = text->number + 1;
	t->line = hs_hostmem_zalloc(t->mem, t->lines, sizeof(*t->line));
	t->undone = hs_hostmem_zalloc(t->mem, t->lines, sizeof(*t->undone));
	if (!t->line || !t->undone)
		return -ENOMEM;
	ret = scenario_add_line(t, text, bytes, race->line);
	for (unsigned int i = 0; !ret && i < race->objects; i++)
		ret = scenario_add_line(t, text, bytes, race->object[i].line);
	for (unsigned int i = 0; !ret && i < race->vmas; i++)
		ret = scenario_add_line(t, text, bytes, race->vma[i].line);
	if (!ret)
		ret = scenario_add_steps(t, text, bytes, &race->setup);
	if (!ret)
		ret = scenario_add_steps(t, text, bytes, &race->check);
	for (unsigned int i = 0; !ret && i < race->tasks; i++) {
		ret = scenario_add_line(t, text, bytes, race->task[i].line);
		if (!ret)
			ret = scenario_add_steps(t, text, bytes, &race->task[i].steps);
	}
	return ret;
}

/* A label names one step of one task. */
static void scenario_find_label(const struct hs_race *race, const char *word, size_t length,
				struct hs_race_turn *turn)
{
	for (uint32_t i = 0; i < race->tasks; i++)
		for (uint32_t n = 0; n < race->task[i].steps.count; n++) {
			const char *label = race->task[i].steps.step[n].label;

			if (label && strlen(label) == length && !memcmp(label, word, length)) {
				turn->task = i;
				turn->step = n;
			}
		}
}

static int scenario_add_order(struct hs_scenario_text *t)
{
	const struct hs_race *race = &t->race;

	for (unsigned int i = 0; i < race->reaches; i++)
		scenario_find_label(race, race->reached[i], strlen(race->reached[i]),
				    &t->program.reached[i]);
	if (!race->order_words)
		return 0;
	t->turn = hs_hostmem_zalloc(t->mem, race->order_words, sizeof(*t->turn));
	if (!t->turn)
		return -ENOMEM;
	for (size_t i = 0; i < race->order_words; i++) {
		size_t length = strlen(race->order[i]);

		t->turn[i].passes_on = length && race->order[i][length - 1] == '~';
		scenario_find_label(race, race->order[i], length - t->turn[i].passes_on,
				    &t->turn[i]);
	}
	return 0;
}

/* The line of the first step that calls function @i. */
static unsigned long scenario_call_line(const struct hs_race *race, size_t i)
{
	const struct hs_race_steps *steps[HS_RACE_TASKS + 2] = { &race->setup, &race->check };

	for (unsigned int k = 0; k < race->tasks; k++)
		steps[k + 2] = &race->task[k].steps;
	for (unsigned int k = 0; k < race->tasks + 2; k++)
		for (size_t n = 0; n < steps[k]->count; n++)
			if (steps[k]->step[n].op == HS_RACE_CALL && steps[k]->step[n].arg[0] == i)
				return steps[k]->step[n].line;
	return race->line;
}

static int scenario_add_functions(struct hs_scenario_text *t, struct hs_text *text,
				  const struct hs_scenario_function *functions, size_t count)
{
	const struct hs_race *race = &t->race;

	if (!race->functions)
		return 0;
	t->function = hs_hostmem_zalloc(t->mem, race->functions, sizeof(*t->function));
	if (!t->function)
		return -ENOMEM;
	for (size_t i = 0; i < race->functions; i++) {
		for (size_t n = 0; n < count; n++)
			if (!strcmp(functions[n].name, race->function[i]))
				t->function[i] = (struct hs_race_function){ functions[n].fn,
									    functions[n].arg };
		if (!t->function[i].fn)
			return hs_text_error(text, scenario_call_line(race, i), "call",
					     "expected a function of the program, found \"%s\"",
					     race->function[i]);
	}
	return 0;
}

static bool scenario_names_page(enum hs_race_op op)
{
	return op == HS_RACE_PAGE_GET || op == HS_RACE_PAGE_TRYGET || op == HS_RACE_PAGE_PUT ||
	       op == HS_RACE_PAGE_TOUCH || op == HS_RACE_ASSERT_REFS || op == HS_RACE_PAGE_LOCK ||
	       op == HS_RACE_PAGE_UNLOCK;
}

static int scenario_add_pfn(struct hs_scenario_text *t, uint64_t pfn)
{
	size_t *count = &t->program.pfns;
	uint64_t *grown;

	for (size_t i = 0; i < *count; i++)
		if (t->pfn[i] == pfn)
			return 0;
	grown = hs_hostmem_grow(t->mem, t->pfn, *count, sizeof(*t->pfn));
	if (!grown)
		return -ENOMEM;
	t->pfn = grown;
	t->pfn[(*count)++] = pfn;
	return 0;
}

static int scenario_add_pfns(struct hs_scenario_text *t)
{
	for (unsigned int i = 0; i < t->race.tasks; i++) {
		const struct hs_race_steps *steps = &t->race.task[i].steps;

		for (size_t n = 0; n < steps->count; n++)
			if (scenario_names_page(steps->step[n].op) &&
			    scenario_add_pfn(t, steps->step[n].arg[0]))
				return -ENOMEM;
	}
	return 0;
}

/* Each kind of object uses some of them. */
static void scenario_name_words(const struct hs_race_object *o, struct hs_race_words *words)
{
	bool flag = o->kind == HS_RACE_DRIVER && o->driver.validity == HS_VALIDITY_FLAG;

	snprintf(words->lock, HS_RACE_WORDS, "%s.lock", o->name);
	snprintf(words->changed, HS_RACE_WORDS, "%s.%s", o->name, flag ? "valid" : "seq");
	snprintf(words->sub, HS_RACE_WORDS, "%s.subscription", o->name);
	snprintf(words->plain, HS_RACE_WORDS, "%s.plain", o->name);
	snprintf(words->entry, HS_RACE_WORDS, "%s.entry", o->name);
	snprintf(words->notifiers, HS_RACE_WORDS, "%s.notifiers", o->name);
	snprintf(words->hmm, HS_RACE_WORDS, "%s.hmm", o->name);
	snprintf(words->exited, HS_RACE_WORDS, "%s.exited", o->name);
}

static int scenario_add_drivers(struct hs_scenario_text *t)
{
	struct hs_race_program *p = &t->program;

	t->words = hs_hostmem_zalloc(t->mem, HS_RACE_OBJECTS, sizeof(*t->words));
	if (!t->words)
		return -ENOMEM;
	for (unsigned int i = 0; i < t->race.objects; i++) {
		const struct hs_race_object *o = &t->race.object[i];

		p->views[i] = p->view_words;
		scenario_name_words(o, &t->words[i]);
		if (o->kind == HS_RACE_DRIVER)
			p->view_words += 1 + ((o->driver.end - o->driver.start) >> HS_PAGE_SHIFT);
	}
	return 0;
}

/* ---- loading ----------------------------------------------------------------------------- */

static int scenario_name(struct hs_scenario_text *t)
{
	const struct hs_race *race = &t->race;
	size_t size = strlen(race->name) + strlen(race->settings) + 2;

	t->name = hs_hostmem_realloc(t->mem, NULL, size);
	if (!t->name)
		return -ENOMEM;
	snprintf(t->name, size, "%s%s%s", race->name, race->settings[0] ? "," : "", race->settings);
	return 0;
}

static int scenario_finish(struct hs_scenario_text *t, struct hs_text *text, const char *bytes,
			   const struct hs_scenario_function *functions, size_t count)
{
	struct hs_race_program *p = &t->program;
	int ret = scenario_add_lines(t, text, bytes);

	if (!ret)
		ret = scenario_add_order(t);
	if (!ret)
		ret = scenario_add_functions(t, text, functions, count);
	if (!ret)
		ret = scenario_add_pfns(t);
	if (!ret)
		ret = scenario_add_drivers(t);
	if (!ret)
		ret = hs_moments_init(t->mem, &t->moments);
	if (!ret)
		ret = scenario_name(t);
	if (ret)
		return ret;
	t->moments.failed = HS_RACE_NO_MOMENT;
	p->race = &t->race;
	p->migration_bytes = hs_race_migration_bytes(p->race);
	p->line = t->line;
	p->turn = t->turn;
	p->function = t->function;
	p->pfn = t->pfn;
	p->words = t->words;
	p->undone = t->undone;
	p->moments = &t->moments;
	p->error = t->error;
	p->error_size = sizeof(t->error);
	t->scenario = (struct hs_scenario){ .name = t->name,
					    .state_size = hs_race_state_size(p),
					    .setup = hs_race_play_setup,
					    .check = hs_race_play_check };
	return 0;
}

/* The race of that name, without settings: *before is where it begins. -ENOENT: there is none. */
static int scenario_find(struct hs_text *text, const char *name, struct hs_text *before,
			 struct hs_race *race)
{
	int ret;

	for (;;) {
		*before = *text;
		ret = hs_race_parse(text, NULL, 0, race);
		if (ret != 1)
			return ret ? ret : -ENOENT;
		if (!name || !strcmp(race->name, name))
			return 0;
		hs_race_free(text->mem, race);
	}
}

static int scenario_parse(struct hs_scenario_text *t, struct hs_text *text, const char *name,
			  const struct hs_scenario_setting *settings, size_t count)
{
	struct hs_race_setting set[HS_RACE_SETTINGS];
	struct hs_text before;
	int ret = scenario_find(text, name, &before, &t->race);

	if (ret || !count)
		return ret;
	if (count > HS_RACE_SETTINGS)
		return hs_text_error(text, t->race.line, "race", "expected at most %d settings",
				     HS_RACE_SETTINGS);
	for (size_t i = 0; i < count; i++)
		set[i] = (struct hs_race_setting){ settings[i].name, settings[i].value };
	hs_race_free(t->mem, &t->race);
	*text = before;
	ret = hs_race_parse(text, set, count, &t->race);
	return ret == 1 ? 0 : ret;
}

int hs_scenario_load_from(struct hs_hostmem *mem, const char *file_name, const char *bytes,
			  size_t length, const char *race,
			  const struct hs_scenario_setting *settings, size_t setting_count,
			  const struct hs_scenario_function *functions, size_t function_count,
			  struct hs_scenario_text **out, char *error, size_t error_size)
{
	struct hs_scenario_text *t = hs_hostmem_zalloc(mem, 1, sizeof(*t));
	struct hs_text text;
	int ret;

	if (!t) {
		scenario_say(error, error_size, "no memory");
		return -ENOMEM;
	}
	t->mem = mem;
	hs_text_init(&text, t->mem, file_name, bytes, length);
	ret = scenario_parse(t, &text, race, settings, setting_count);
	if (!ret)
		ret = scenario_finish(t, &text, bytes, functions, function_count);
	if (!ret) {
		*out = t;
		return 0;
	}
	if (ret == -ENOENT)
		hs_text_error(&text, text.number, NULL, "expected race %s, and there is none",
			      race ? race : "NAME");
	scenario_say(error, error_size, text.error[0] ? text.error : "no memory");
	hs_scenario_free(t);
	return ret;
}

int hs_scenario_load(const char *file_name, const char *bytes, size_t length, const char *race,
		     const struct hs_scenario_setting *settings, size_t setting_count,
		     const struct hs_scenario_function *functions, size_t function_count,
		     struct hs_scenario_text **out, char *error, size_t error_size)
{
	struct hs_hostmem mem = { .attempts = 0 };
	int ret = hs_scenario_load_from(&mem, file_name, bytes, length, race, settings,
					setting_count, functions, function_count, out, error,
					error_size);

	if (ret)
		return ret;
	(*out)->own = mem;
	(*out)->mem = &(*out)->own;
	return 0;
}

void hs_scenario_free(struct hs_scenario_text *t)
{
	struct hs_hostmem *mem, own;

	if (!t)
		return;
	mem = t->mem;
	hs_race_free(mem, &t->race);
	for (size_t i = 0; t->line && i < t->lines; i++)
		hs_hostmem_free(mem, (void *)(uintptr_t)t->line[i].place);
	hs_hostmem_free(mem, t->line);
	hs_hostmem_free(mem, t->turn);
	hs_hostmem_free(mem, t->function);
	hs_hostmem_free(mem, t->pfn);
	hs_hostmem_free(mem, t->undone);
	hs_moments_free(mem, &t->moments);
	hs_hostmem_free(mem, t->words);
	hs_hostmem_free(mem, t->name);
	if (mem == &t->own) {
		own = *mem;
		mem = &own;
	}
	hs_hostmem_free(mem, t);
}

/* ---- what it is -------------------------------------------------------------------------- */

const struct hs_scenario *hs_scenario_of(const struct hs_scenario_text *t)
{
	return &t->scenario;
}

const void *hs_scenario_param(const struct hs_scenario_text *t)
{
	return &t->program;
}

void hs_scenario_options(const struct hs_scenario_text *t, struct hs_explore_options *options)
{
	options->memory = t->race.memory;
	options->cpus = t->race.cpus;
	options->retry_bound = t->race.retry_bound;
	options->section_order = t->race.section_order;
	options->subsection_order = t->race.subsection_order;
	options->ended = hs_moments_ended;
	options->counts = t->race.judged == HS_RACE_JUDGED_ALL ? NULL : hs_race_counts;
}

void hs_scenario_config(const struct hs_scenario_text *t, struct hs_machine_config *config)
{
	config->section_order = t->race.section_order;
	config->subsection_order = t->race.subsection_order;
}

const char *hs_scenario_error(const struct hs_scenario_text *t)
{
	return t->error;
}

const char *hs_scenario_undone(const struct hs_scenario_text *t, size_t index)
{
	for (size_t i = 0; i < t->lines; i++)
		if (t->undone[i] && !index--)
			return t->line[i].words;
	return NULL;
}

bool hs_scenario_reached(const struct hs_scenario_text *t, uint64_t *executions)
{
	*executions = t->moments.reached;
	return t->race.reaches != 0;
}

bool hs_scenario_moment(const struct hs_scenario_text *t, size_t index,
			struct hs_scenario_moment *moment)
{
	bool goes_on = index == t->moments.count && t->moments.failed != HS_RACE_NO_MOMENT;
	const struct hs_race_moment *m;
	const struct hs_race_step *step;

	if (index >= t->moments.count && !goes_on)
		return false;
	m = &t->moments.log[goes_on ? t->moments.failed : t->moments.order[index]];
	step = m->actor ? &t->race.task[m->actor - 1].steps.step[m->step]
			: &t->race.check.step[m->step];
	*moment = (struct hs_scenario_moment){
		.task = m->actor ? t->race.task[m->actor - 1].name : NULL,
		.words = t->line[step->line].words,
		.line = step->line,
		.goes_on = goes_on,
		.more = t->moments.more && index + 1 == t->moments.count,
	};
	return true;
}

/* ---- the races of a text ----------------------------------------------------------------- */

static int scenario_show(struct hs_hostmem *mem, const struct hs_race *race,
			 int (*each)(void *ctx, const struct hs_scenario_race *race), void *ctx)
{
	struct hs_scenario_race shown = { .name = race->name,
					  .about = race->about,
					  .line = race->line,
					  .expects = race->expects };
	struct hs_scenario_expect *expect = NULL;
	int ret;

	if (race->expects) {
		expect = hs_hostmem_zalloc(mem, race->expects, sizeof(*expect));
		if (!expect)
			return -ENOMEM;
	}
	for (size_t i = 0; i < race->expects; i++) {
		const struct hs_race_expect *e = &race->expect[i];

		expect[i] = (struct hs_scenario_expect){ .settings = e->settings,
							 .verdict = e->verdict,
							 .executions = e->executions,
							 .line = e->line };
	}
	shown.expect = expect;
	ret = each(ctx, &shown);
	hs_hostmem_free(mem, expect);
	return ret;
}

int hs_scenario_races_from(struct hs_hostmem *mem, const char *file_name, const char *bytes,
			   size_t length,
			   int (*each)(void *ctx, const struct hs_scenario_race *race), void *ctx,
			   char *error, size_t error_size)
{
	struct hs_race *race = hs_hostmem_zalloc(mem, 1, sizeof(*race));
	struct hs_text text;
	int ret = race ? 0 : -ENOMEM;

	hs_text_init(&text, mem, file_name, bytes, length);
	while (!ret) {
		ret = hs_race_parse(&text, NULL, 0, race);
		if (ret != 1)
			break;
		ret = scenario_show(mem, race, each, ctx);
		hs_race_free(mem, race);
	}
	if (text.error[0])
		scenario_say(error, error_size, text.error);
	else if (ret == -ENOMEM)
		scenario_say(error, error_size, "no memory");
	hs_hostmem_free(mem, race);
	return ret;
}

int hs_scenario_races(const char *file_name, const char *bytes, size_t length,
		      int (*each)(void *ctx, const struct hs_scenario_race *race), void *ctx,
		      char *error, size_t error_size)
{
	struct hs_hostmem mem = { .attempts = 0 };

	return hs_scenario_races_from(&mem, file_name, bytes, length, each, ctx, error, error_size);
}
