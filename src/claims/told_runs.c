/* SPDX-License-Identifier: MIT */
/*
 * told_runs.c - what was run, as its text has it, and what happened: lines, and a column a task
 */
#include "claims/told.h"

#include <errno.h>
#include <string.h>

int hs_told_race(struct hs_hostmem *mem, const struct hs_claim_told *told, uint32_t row,
		 struct hs_race *race)
{
	const char *name = told->found->claim->row[row].runs;
	struct hs_text text;
	int ret;

	hs_text_init(&text, mem, told->text->file, told->text->bytes, told->text->length);
	while ((ret = hs_race_parse(&text, NULL, 0, race)) == 1) {
		if (strcmp(race->name, name) == 0)
			return 1;
		hs_race_free(mem, race);
	}
	return ret;
}

/* ---- lines of the text --------------------------------------------------------------------- */

static struct hs_word told_runs_word(const char *words)
{
	return (struct hs_word){ words, strlen(words) };
}

static bool told_runs_is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static struct hs_word told_runs_trim(const char *at, const char *end)
{
	while (at < end && told_runs_is_blank(*at))
		at++;
	while (end > at && told_runs_is_blank(end[-1]))
		end--;
	return (struct hs_word){ at, (size_t)(end - at) };
}

/* The line that begins at *@at, of which the next one begins there afterwards. */
static struct hs_word told_runs_next_line(const char **at, const char *end)
{
	const char *begin = *at, *stop = memchr(begin, '\n', (size_t)(end - begin));

	*at = stop ? stop + 1 : end;
	return told_runs_trim(begin, stop ? stop : end);
}

/* as= and optional= are for the explorer; what stands before them is what a step does. */
static bool told_runs_is_for_machines(const struct hs_word *word)
{
	return (word->length > 3 && memcmp(word->at, "as=", 3) == 0) ||
	       (word->length > 9 && memcmp(word->at, "optional=", 9) == 0);
}

static struct hs_word told_runs_plain_words(struct hs_word line)
{
	struct hs_word rest = line, word;

	while (hs_text_word(&rest, &word))
		if (told_runs_is_for_machines(&word))
			return told_runs_trim(line.at, word.at);
	return line;
}

struct hs_word hs_told_line(const struct hs_claim_text *text, unsigned long number)
{
	const char *at = text->bytes, *end = at + text->length;
	struct hs_word line = { at, 0 };

	for (unsigned long i = 0; i < number && at < end; i++)
		line = told_runs_next_line(&at, end);
	return told_runs_plain_words(line);
}

/* Its value in the cell: of the cell's settings, of its row, or the default. */
static struct hs_word told_runs_axis(const struct hs_claim_row *row,
				     const struct hs_claim_cell *cell, const struct hs_race *race,
				     const struct hs_word *axis)
{
	struct hs_word value = hs_claim_setting_of(cell->settings, axis->at, axis->length);

	for (unsigned int i = 0; !value.at && i < row->settings; i++)
		if (row->setting[i].value && hs_word_is(axis, row->setting[i].name))
			value = told_runs_word(row->setting[i].value);
	for (unsigned int i = 0; !value.at && i < race->axes; i++)
		if (hs_word_is(axis, race->axis[i].name))
			value = told_runs_word(race->axis[i].value[0]);
	return value;
}

static bool told_runs_is_name(char c)
{
	return c && !told_runs_is_blank(c) && c != '=' && c != '$';
}

void hs_told_line_of(const struct hs_claim_told *told, const struct hs_claim_cell *cell,
		     const struct hs_race *race, unsigned long number, struct hs_out *out)
{
	const struct hs_claim_row *row = &told->found->claim->row[cell->row];
	struct hs_word line = hs_told_line(told->text, number);

	for (size_t i = 0; i < line.length; i++) {
		struct hs_word axis = { line.at + i + 1, 0 }, value = { NULL, 0 };

		if (line.at[i] == '$') {
			while (i + 1 + axis.length < line.length &&
			       told_runs_is_name(axis.at[axis.length]))
				axis.length++;
			value = told_runs_axis(row, cell, race, &axis);
		}
		if (value.at) {
			hs_out_bytes(out, value.at, value.length);
			i += axis.length;
		} else
			hs_out_char(out, line.at[i]);
	}
}

bool hs_told_scenario(const struct hs_claim_told *told, uint32_t row, unsigned long *first,
		      unsigned long *end)
{
	const char *at = told->text->bytes, *stop = at + told->text->length;
	unsigned long number = 0;

	*first = 0;
	while (at < stop) {
		struct hs_word rest = told_runs_next_line(&at, stop), word = { NULL, 0 }, name;

		number++;
		hs_text_word(&rest, &word);
		if (*first && word.at && hs_word_is(&word, "run")) {
			*end = number + 1;
			return true;
		}
		if (word.at && hs_word_is(&word, "scenario") && hs_text_word(&rest, &name) &&
		    hs_word_is(&name, told->found->claim->row[row].runs))
			*first = number;
	}
	return false;
}

/* ---- columns ------------------------------------------------------------------------------ */

static int told_runs_table_begin(struct hs_hostmem *mem, struct hs_told_table *table)
{
	if (!table->rows || !table->columns)
		return 0;
	table->cell = hs_hostmem_zalloc(mem, table->rows * table->columns, sizeof(*table->cell));
	return table->cell ? 0 : -ENOMEM;
}

static void told_runs_task(const struct hs_claim_told *told, const struct hs_claim_cell *cell,
			   const struct hs_race *race, unsigned int task,
			   struct hs_told_table *table)
{
	const struct hs_race_steps *steps = &race->task[task].steps;
	unsigned int depth = 0;

	for (size_t i = 0; i < steps->count; i++) {
		struct hs_told_cell *to = &table->cell[i * table->columns + task];
		size_t begin = table->words.used;

		hs_told_line_of(told, cell, race, steps->step[i].line, &table->words);
		depth -= steps->step[i].op == HS_RACE_UNTIL;
		to->depth = depth;
		if (!table->words.failed)
			to->words = (struct hs_word){ table->words.bytes + begin,
						      table->words.used - begin };
		depth += steps->step[i].op == HS_RACE_RETRY;
	}
}

/* Twice: where the words are is known when there is room for all of them. */
int hs_told_steps(struct hs_hostmem *mem, const struct hs_claim_told *told,
		  const struct hs_claim_cell *cell, const struct hs_race *race,
		  struct hs_told_table *table)
{
	int ret;

	*table = (struct hs_told_table){ .columns = race->tasks, .words = { .mem = mem } };
	for (unsigned int t = 0; t < race->tasks; t++) {
		table->name[t] = told_runs_word(race->task[t].name);
		if (race->task[t].steps.count > table->rows)
			table->rows = race->task[t].steps.count;
	}
	ret = told_runs_table_begin(mem, table);
	for (int times = 0; !ret && times < 2; times++) {
		hs_out_reset(&table->words);
		for (unsigned int t = 0; t < race->tasks; t++)
			told_runs_task(told, cell, race, t, table);
		ret = table->words.failed ? -ENOMEM : 0;
	}
	return ret;
}

/* What the message says was met, without the place before it and the task behind it. */
static struct hs_word told_runs_met(const char *message)
{
	const char *end = strstr(message, " (task "), *colon = strstr(message, ": ");
	const char *digit = colon;

	while (digit && digit > message && digit[-1] >= '0' && digit[-1] <= '9')
		digit--;
	if (digit && digit < colon && digit > message && digit[-1] == ':')
		message = colon + 2;
	if (!end || end < message)
		return told_runs_word(message);
	return (struct hs_word){ message, (size_t)(end - message) };
}

static int told_runs_goes_on(const struct hs_claim_counterexample *example, struct hs_word *words,
			     struct hs_out *last)
{
	struct hs_word met = told_runs_met(example->message);

	hs_out_bytes(last, words->at, words->length);
	hs_out_text(last, " goes on: ");
	hs_out_bytes(last, met.at, met.length);
	*words = (struct hs_word){ last->bytes, last->used };
	return last->failed ? -ENOMEM : 0;
}

int hs_told_moments(struct hs_hostmem *mem, const struct hs_claim_counterexample *example,
		    struct hs_told_table *table)
{
	unsigned int column[HS_RACE_TASKS + 1] = { 0 };
	int ret;

	*table = (struct hs_told_table){ .rows = example->moments, .words = { .mem = mem } };
	for (unsigned int t = 0; t < example->tasks; t++) {
		column[t] = table->columns;
		table->name[table->columns++] = told_runs_word(example->task[t]);
	}
	ret = told_runs_table_begin(mem, table);
	for (size_t i = 0; !ret && i < example->moments; i++) {
		const struct hs_claim_moment *moment = &example->moment[i];
		struct hs_told_cell *row = &table->cell[i * table->columns];
		struct hs_word *words = &row[column[moment->task]].words;

		*words = told_runs_plain_words(told_runs_word(moment->words));
		if (moment->goes_on)
			ret = told_runs_goes_on(example, words, &table->words);
	}
	return ret;
}

void hs_told_table_free(struct hs_hostmem *mem, struct hs_told_table *table)
{
	hs_hostmem_free(mem, table->cell);
	hs_out_free(&table->words);
	*table = (struct hs_told_table){ .rows = 0 };
}
