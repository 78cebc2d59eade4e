/* SPDX-License-Identifier: MIT */
/*
 * claims_broken.c [FAULT[=CLAIM,CLAIM...]...] - which cells of the claims change under which fault
 * of the model
 *
 * Linked with the library that has the faults of src/port/common/breaks.def. Runs the claims that
 * are settled by schedules without a fault, and with each that is named, or with all; where a fault
 * comes with claims, those alone. Prints the faults under which something that was found changes,
 * with what changes. Each claim that is settled by every schedule must change under at least one.
 *
 * Of the strategies one stands for all, but in C6 and C18, which are about them.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "claims/run_claim.h"
#include "port/port.h"

#define CLAIMS_MAX 40

static const char *const faults[HS_BREAK_COUNT] = {
#define HS_BREAK_DEF(name, file, what) [HS_BREAK_##name] = #name,
#include "port/common/breaks.def"
#undef HS_BREAK_DEF
};

#define ALL "axis strategy none per-page per-table per-table-local per-range per-pass per-call"

/* The same text with fewer values of axes: what is left has the length of the line. */
static const char *const narrowed[][2] = {
	{ ALL, "axis strategy none per-range" },
	{ "axis strategy none per-page per-table per-table-local", "axis strategy none" },
	{ "axis strategy per-range per-pass per-call", "axis strategy per-range" },
};

struct claim_run {
	struct hs_claim_text text;
	char *bytes;
	struct hs_claim claim;
	struct hs_claim_found sound; /* without a fault */
	unsigned int changes;	     /* faults under which it changes */
};

static struct hs_hostmem mem;
static struct claim_run runs[CLAIMS_MAX];
static size_t run_count;
static enum hs_break fault_now;
static bool named; /* it has been printed */

static void stop(const char *file, const char *message)
{
	fprintf(stderr, "%s: %s\n", file, message);
	exit(EXIT_FAILURE);
}

static void narrow(char *bytes)
{
	bool both = strstr(bytes, "\nclaim C18\n") || strstr(bytes, "\nclaim C6\n");

	for (size_t i = 0; i < sizeof(narrowed) / sizeof(narrowed[0]); i++) {
		size_t old = strlen(narrowed[i][0]), new = strlen(narrowed[i][1]);

		for (char *at = bytes; (at = strstr(at, narrowed[i][0])) != NULL; at += old) {
			memset(at, ' ', old);
			memcpy(at, narrowed[i][1], i || both ? new : strlen("axis strategy none"));
		}
	}
}

static void load(const struct hs_claim_text *t, struct claim_run *run)
{
	struct hs_text text;

	run->bytes = calloc(t->length + 1, 1);
	if (!run->bytes)
		stop(t->file, "out of memory");
	memcpy(run->bytes, t->bytes, t->length);
	narrow(run->bytes);
	run->text = (struct hs_claim_text){ t->file, run->bytes, t->length };
	hs_text_init(&text, &mem, t->file, run->bytes, t->length);
	if (hs_claim_parse(&text, &run->claim) != 1)
		stop(t->file, text.error);
}

static bool is_of_schedules(const struct claim_run *run)
{
	return run->claim.method == HS_CLAIM_SEARCH || run->claim.method == HS_CLAIM_SCHEDULE;
}

/* ---- what changes ------------------------------------------------------------------------ */

static const char *word(const struct hs_claim_value *v)
{
	return v->kind == HS_CLAIM_WORD ? hs_claim_word_names[v->word] : "-";
}

static bool differ(const struct hs_claim_value *a, const struct hs_claim_value *b)
{
	return a->kind != b->kind || (a->kind == HS_CLAIM_WORD && a->word != b->word);
}

/* Prints what differs of the cell. */
static void name_fault(void)
{
	if (named)
		return;
	printf("%s\n", faults[fault_now]);
	named = true;
}

static bool compare_cell(const struct claim_run *run, const struct hs_claim_cell *was,
			 const struct hs_claim_cell *is)
{
	const struct hs_claim_row *row = &run->claim.row[was->row];
	bool changed = false;

	for (unsigned int f = 0; f < HS_CLAIM_PROPERTIES; f++) {
		if (!differ(&was->value[f], &is->value[f]))
			continue;
		name_fault();
		printf("    C%u.%s%s%s%s %s: %s, was %s\n", run->claim.number, row->name,
		       *was->settings ? "[" : "", was->settings, *was->settings ? "]" : "",
		       hs_claim_field_names[f], word(&is->value[f]), word(&was->value[f]));
		changed = true;
	}
	return changed;
}

static bool compare(const struct claim_run *run, const struct hs_claim_found *is)
{
	bool changed = false;

	for (size_t i = 0; i < run->sound.cells && i < is->cells; i++)
		changed |= compare_cell(run, &run->sound.cell[i], &is->cell[i]);
	return changed;
}

static bool play(struct claim_run *run)
{
	struct hs_claim_found found;
	char error[HS_CLAIM_ERROR];
	bool changed;
	int ret = hs_claim_run(&mem, &run->text, &run->claim, HS_CLAIM_FIRST, &found, error);

	if (ret == -ENOMEM)
		stop(run->text.file, "out of memory");
	if (ret) {
		name_fault();
		printf("    C%u cannot be run\n", run->claim.number);
		fprintf(stderr, "C%u: %s\n", run->claim.number, error);
	}
	changed = !ret && compare(run, &found);
	hs_claim_found_free(&mem, &found);
	return changed;
}

/* ---- all faults -------------------------------------------------------------------------- */

/* @claims: "C6,C13"; NULL: all. */
static bool is_among(const char *claims, unsigned int number)
{
	char word[16];
	size_t length = (size_t)snprintf(word, sizeof(word), "C%u", number);

	for (const char *at = claims; at; at = strchr(at, ',')) {
		at += *at == ',';
		if (!strncmp(at, word, length) && (at[length] == ',' || !at[length]))
			return true;
	}
	return !claims;
}

static void run_fault(enum hs_break fault, const char *claims)
{
	named = false;
	fault_now = fault;
	hs_break_set(fault);
	for (size_t i = 0; i < run_count; i++)
		if (is_among(claims, runs[i].claim.number))
			runs[i].changes += play(&runs[i]);
	hs_break_set(HS_BREAK_NONE);
	fflush(stdout);
}

/* Whether FAULT or FAULT=CLAIM,CLAIM is a word of the command line. */
static bool is_wanted(const char *fault, int count, char **words, const char **claims)
{
	size_t length = strlen(fault);

	*claims = NULL;
	for (int i = 0; i < count; i++) {
		if (strncmp(words[i], fault, length) != 0 ||
		    (words[i][length] && words[i][length] != '='))
			continue;
		if (words[i][length])
			*claims = words[i] + length + 1;
		return true;
	}
	return !count;
}

static int judge(void)
{
	int code = EXIT_SUCCESS;

	for (size_t i = 0; i < run_count; i++) {
		const struct claim_run *run = &runs[i];

		printf("C%u changes under %u\n", run->claim.number, run->changes);
		if (run->claim.method == HS_CLAIM_SEARCH && !run->changes)
			code = EXIT_FAILURE;
	}
	return code;
}

static void start(void)
{
	const struct hs_claim_text *t;

	for (size_t i = 0; (t = hs_claim_builtin(i)) != NULL; i++) {
		struct claim_run *run = &runs[run_count];
		char error[HS_CLAIM_ERROR];

		if (run_count == CLAIMS_MAX)
			stop(t->file, "more claims than there is room for");
		load(t, run);
		if (is_of_schedules(run)) {
			if (hs_claim_run(&mem, &run->text, &run->claim, HS_CLAIM_FIRST, &run->sound,
					 error))
				stop(t->file, error);
			run_count++;
			continue;
		}
		hs_claim_free(&mem, &run->claim);
		free(run->bytes);
	}
}

static void end(void)
{
	for (size_t i = 0; i < run_count; i++) {
		hs_claim_found_free(&mem, &runs[i].sound);
		hs_claim_free(&mem, &runs[i].claim);
		free(runs[i].bytes);
	}
}

int main(int argc, char **argv)
{
	const char *claims;
	int code;

	start();
	for (int fault = HS_BREAK_NONE + 1; fault < HS_BREAK_COUNT; fault++)
		if (is_wanted(faults[fault], argc - 1, argv + 1, &claims))
			run_fault((enum hs_break)fault, claims);
	code = judge();
	end();
	return code;
}
