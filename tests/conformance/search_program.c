/* SPDX-License-Identifier: MIT */
/*
 * search_program.c - the text of programs
 */
#include "conformance/search_program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *word, *operands;
} kinds[OP_KIND_COUNT] = {
#define X(name, word, operands) { word, operands },
	PROGRAM_OP_KINDS(X)
#undef X
};

/* The names of the values of an operand, by its letter. */
static const struct {
	char letter;
	const char *names[8];
} operands[] = {
	{ 'w', { "a", "b", "c", "d", "o0.v", "o1.v", "h.v" } },
	{ 'x', { "a", "b", "c", "d", "o0.v", "o1.v" } },
	{ 'u', { "a", "b" } },
	{ 'v', { "0", "1", "2", "3" } },
	{ 'm', { "m0", "m1", "o0.m" } },
	{ 's', { "s0", "o0.s" } },
	{ 'r', { "w0", "o0.w" } },
	{ 'q', { "q0", "q1", "o0.q" } },
	{ 'o', { "o0", "o1", "h" } },
	{ 't', { "t0", "t1", "t2", "t3" } },
	{ 'n', { "1", "2", "3" } },
	{ 'k', { "1", "2", "3", "ever" } },
	{ 'f', { "acquire", "release", "acq_rel", "sc", "all" } },
	{ 'p', { "is", "not", "and", "but", "or", "deep", "now", "pick" } },
};

static const char *const orders[ORDER_COUNT] = { "", ".relaxed", ".sc" };

static const char *const *names_of(char letter)
{
	for (size_t i = 0; i < sizeof(operands) / sizeof(operands[0]); i++)
		if (operands[i].letter == letter)
			return operands[i].names;
	return NULL;
}

const char *program_op_word(enum program_op_kind kind)
{
	return kinds[kind].word;
}

const char *program_op_operands(enum program_op_kind kind)
{
	return kinds[kind].operands;
}

unsigned int program_operand_values(char letter)
{
	const char *const *names = names_of(letter);
	unsigned int n = 0;

	while (n < 8 && names[n])
		n++;
	return n;
}

char program_arg_letter(enum program_op_kind kind, unsigned int i)
{
	const char *at = kinds[kind].operands;

	for (; *at; at++) {
		if (*at == 'P') {
			if (i < 4)
				return "pxxv"[i];
			i -= 4;
		} else if (!i--) {
			return *at;
		}
	}
	return '\0';
}

bool program_has(const struct program *p, enum program_op_kind kind)
{
	for (unsigned int t = 0; t < p->tasks; t++)
		for (unsigned int i = 0; i < p->task[t].count; i++)
			if (p->task[t].op[i].kind == kind)
				return true;
	return false;
}

bool program_op_has_order(const struct program_op *op)
{
	return op->kind <= OP_AND || (op->kind >= OP_LOOK && op->kind <= OP_STEAL);
}

/* ---- printing ---------------------------------------------------------------------------- */

static void add(char *text, const char *piece)
{
	size_t used = strlen(text);

	snprintf(text + used, PROGRAM_TEXT - used, "%s", piece);
}

static void add_number(char *text, const char *before, unsigned int number)
{
	char piece[32];

	snprintf(piece, sizeof(piece), "%s%u", before, number);
	add(text, piece);
}

static void print_op(const struct program_op *op, char *text)
{
	char letter;

	if (op->cond != COND_NONE)
		add_number(text, op->cond == COND_IS ? " ?" : " !", op->cond_value);
	add(text, " ");
	add(text, kinds[op->kind].word);
	add(text, orders[op->order]);
	for (unsigned int i = 0; (letter = program_arg_letter(op->kind, i)); i++) {
		add(text, " ");
		add(text, names_of(letter)[op->arg[i]]);
	}
}

void program_print(const struct program *p, char *text)
{
	text[0] = '\0';
	add_number(text, "cpus=", p->cpus);
	for (unsigned int i = 0; i < WORD_FIXED; i++)
		if (p->init[i]) {
			add(text, " ");
			add(text, names_of('w')[i]);
			add_number(text, "=", p->init[i]);
		}
	if (p->first)
		add_number(text, " p=o", p->first - 1u);
	if (p->atomic)
		add(text, " atomic=1");
	if (p->views)
		add(text, " views=1");
	if (p->expect) {
		add(text, " expect=");
		add(text, names_of('w')[p->expect - 1]);
	}
	for (unsigned int t = 0; t < p->tasks; t++) {
		add(text, p->task[t].started ? " | +" : " |");
		for (unsigned int i = 0; i < p->task[t].count; i++) {
			if (i)
				add(text, ";");
			print_op(&p->task[t].op[i], text);
		}
	}
}

/* ---- reading ----------------------------------------------------------------------------- */

static bool find_name(char letter, const char *name, uint8_t *value)
{
	const char *const *names = names_of(letter);

	for (unsigned int i = 0; i < program_operand_values(letter); i++)
		if (!strcmp(names[i], name)) {
			*value = (uint8_t)i;
			return true;
		}
	return false;
}

static bool read_digit(const char *text, uint8_t most, uint8_t *value)
{
	if (text[0] < '0' || text[0] > '0' + most || text[1])
		return false;
	*value = (uint8_t)(text[0] - '0');
	return true;
}

static const char *read_head(char *text, struct program *p)
{
	char *rest = NULL;

	for (char *w = strtok_r(text, " ", &rest); w; w = strtok_r(NULL, " ", &rest)) {
		char *value = strchr(w, '=');
		uint8_t n;

		if (!value)
			return "the head is a list of name=value";
		*value++ = '\0';
		if (!strcmp(w, "cpus") && read_digit(value, 4, &n) && n)
			p->cpus = n;
		else if (!strcmp(w, "atomic") && read_digit(value, 1, &n))
			p->atomic = n;
		else if (!strcmp(w, "views") && read_digit(value, 1, &n))
			p->views = n;
		else if (!strcmp(w, "p") && find_name('o', value, &n) && n != OBJECT_H)
			p->first = (uint8_t)(n + 1);
		else if (!strcmp(w, "expect") && find_name('x', value, &n))
			p->expect = (uint8_t)(n + 1);
		else if (!find_name('x', w, &n) || !read_digit(value, 3, &p->init[n]))
			return "unknown name or value in the head";
	}
	return NULL;
}

/* The word of an operation. False: there is no such order, or the operation cannot have one. */
static bool read_kind(char *word, struct program_op *op)
{
	char *suffix = strchr(word, '.');

	while (suffix && op->order < ORDER_COUNT && strcmp(orders[op->order], suffix) != 0)
		op->order++;
	if (suffix)
		*suffix = '\0';
	while (op->kind < OP_KIND_COUNT && strcmp(kinds[op->kind].word, word) != 0)
		op->kind++;
	return op->order < ORDER_COUNT && (!suffix || program_op_has_order(op));
}

static const char *read_op(char *text, struct program_op *op)
{
	char *rest = NULL, *w = strtok_r(text, " ", &rest);
	char letter;

	if (w && (*w == '?' || *w == '!')) {
		op->cond = *w == '?' ? COND_IS : COND_NOT;
		if (!read_digit(w + 1, 9, &op->cond_value))
			return "a condition is ? or ! and a digit";
		w = strtok_r(NULL, " ", &rest);
	}
	if (!w)
		return "an operation is missing";
	if (!read_kind(w, op))
		return "unknown order, or an operation that has none";
	if (op->kind == OP_KIND_COUNT)
		return "unknown operation";
	for (unsigned int i = 0; (letter = program_arg_letter(op->kind, i)); i++) {
		w = strtok_r(NULL, " ", &rest);
		if (!w || !find_name(letter, w, &op->arg[i]))
			return "an operand is missing or unknown";
	}
	return strtok_r(NULL, " ", &rest) ? "too many operands" : NULL;
}

static const char *read_task(char *text, struct program_task *task)
{
	char *rest = NULL;

	while (*text == ' ')
		text++;
	if (*text == '+') {
		task->started = true;
		text++;
	}
	if (!text[strspn(text, " ")])
		return NULL;
	for (char *w = strtok_r(text, ";", &rest); w; w = strtok_r(NULL, ";", &rest)) {
		const char *wrong;

		if (task->count == PROGRAM_OPS)
			return "too many operations in a task";
		wrong = read_op(w, &task->op[task->count++]);
		if (wrong)
			return wrong;
	}
	return NULL;
}

const char *program_parse(const char *text, struct program *p)
{
	char copy[PROGRAM_TEXT], *at = copy, *end;
	const char *wrong;

	memset(p, 0, sizeof(*p));
	p->cpus = 2;
	if (strlen(text) >= sizeof(copy))
		return "the text is too long";
	strcpy(copy, text);
	end = strchr(at, '|');
	if (end)
		*end++ = '\0';
	wrong = read_head(at, p);
	while (!wrong && end) {
		if (p->tasks == PROGRAM_TASKS)
			return "too many tasks";
		at = end;
		end = strchr(at, '|');
		if (end)
			*end++ = '\0';
		wrong = read_task(at, &p->task[p->tasks++]);
	}
	if (wrong)
		return wrong;
	return program_valid(p) ? NULL
				: "a task is started twice, joined by a stranger, or runs nothing";
}

bool program_valid(const struct program *p)
{
	bool started[PROGRAM_TASKS] = { false };

	for (unsigned int t = 0; t < p->tasks; t++) {
		const struct program_task *task = &p->task[t];
		bool mine[PROGRAM_TASKS] = { false };

		for (unsigned int i = 0; i < task->count; i++) {
			unsigned int who = task->op[i].arg[0];

			if (task->op[i].kind == OP_START) {
				if (who <= t || who >= p->tasks || !p->task[who].started ||
				    started[who])
					return false;
				started[who] = mine[who] = true;
			}
			if (task->op[i].kind == OP_JOIN && (who >= p->tasks || !mine[who]))
				return false;
			if (task->op[i].kind == OP_AGAIN && task->op[i].arg[0] + 1u > i)
				return false;
		}
	}
	return p->tasks && !p->task[0].started;
}
