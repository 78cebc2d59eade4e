/* SPDX-License-Identifier: MIT */
/*
 * race_steps.c - the steps of a race, by the letters of race_ops.def
 */
#include "text/race_parser.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "text/error_name.h"

static const char *const race_steps_accesses[] = { "r", "w", "rw", "-" };
static const uint64_t race_steps_access_flags[] = { HS_VM_READ, HS_VM_WRITE,
						    HS_VM_READ | HS_VM_WRITE, 0 };

/* ---- how many words ---------------------------------------------------------------------- */

/* What errors call the word of letter @i, of a line with these letters. */
static const char *race_steps_word_name(const char *letters, size_t i)
{
	static const char *const names[] = {
		['P'] = "PGMAP",    ['F'] = "FILE",   ['M'] = "MM",	['D'] = "DRIVER",
		['X'] = "DEVICE",   ['G'] = "GATE",   ['L'] = "FLAG",	['T'] = "TASK",
		['C'] = "FUNCTION", ['a'] = "ADDR",   ['i'] = "FIRST",	['c'] = "COUNT",
		['p'] = "PFN",	    ['x'] = "PFN",    ['k'] = "KIND",	['f'] = "PROT",
		['v'] = "EVENT",    ['r'] = "ACCESS", ['e'] = "ERROR",	['g'] = "ENTRY",
		['q'] = "REQUEST",  ['n'] = "N",      ['o'] = "OWNER",	['E'] = "DEVICE",
		['m'] = "PFN",	    ['W'] = "WORKER", ['V'] = "DEVICE", ['s'] = "PROT",
	};

	if (letters[i] == 'a' && letters[i + 1] == 'a')
		return "START";
	if (letters[i] == 'a' && i && letters[i - 1] == 'a')
		return "END";
	return names[(unsigned char)letters[i]];
}

/* "DRIVER START END [REQUEST]" */
static void race_steps_usage(const char *letters, char *usage, size_t size)
{
	bool optional = false;
	size_t used = 0;

	snprintf(usage, size, "no word");
	for (size_t i = 0; letters[i] && used < size; i++) {
		if (letters[i] == '?') {
			optional = true;
			continue;
		}
		used += (size_t)snprintf(usage + used, size - used, "%s%s%s%s", used ? " " : "",
					 optional ? "[" : "", race_steps_word_name(letters, i),
					 optional ? "]" : "");
	}
}

static int race_steps_check_count(struct hs_race_parser *p, const char *letters)
{
	const char *optional = strchr(letters, '?');
	size_t most = strlen(letters) - (optional != NULL);
	size_t least = optional ? (size_t)(optional - letters) : most;
	unsigned int words = p->line->words;
	char usage[96];

	if (words >= least && words <= most)
		return 0;
	race_steps_usage(letters, usage, sizeof(usage));
	return hs_text_error(p->text, p->text->number, p->text->keyword,
			     "expected %s, found %u word%s", usage, words, words == 1 ? "" : "s");
}

/* ---- words ------------------------------------------------------------------------------- */

static int race_steps_task(struct hs_race_parser *p, const struct hs_word *word, uint64_t *value)
{
	for (unsigned int i = 0; i < p->race->tasks; i++) {
		if (!hs_word_is(word, p->race->task[i].name))
			continue;
		*value = i;
		return 0;
	}
	return hs_text_expected(p->text, word, "TASK, a task of a line above");
}

/* A worker that queued itself would never end. */
static int race_steps_worker(struct hs_race_parser *p, const struct hs_race_step *step,
			     const struct hs_word *word, uint64_t *value)
{
	const struct hs_race *race = p->race;
	unsigned int above = race->tasks - (step->op == HS_RACE_QUEUE);

	for (unsigned int i = 0; i < above; i++) {
		if (!race->task[i].worker || !hs_word_is(word, race->task[i].name))
			continue;
		*value = i;
		return 0;
	}
	return hs_text_expected(p->text, word,
				above < race->tasks && hs_word_is(word, race->task[above].name)
					? "WORKER, a worker and not the task itself"
					: "WORKER, a worker of a line above");
}

static int race_steps_function(struct hs_race_parser *p, const struct hs_word *word,
			       uint64_t *value)
{
	struct hs_race *race = p->race;
	char **more, *name;

	for (*value = 0; *value < race->functions; (*value)++)
		if (hs_word_is(word, race->function[*value]))
			return 0;
	more = hs_hostmem_grow(p->text->mem, race->function, race->functions, sizeof(*more));
	if (!more)
		return hs_text_no_memory(p->text);
	race->function = more;
	name = hs_text_copy(p->text, word);
	if (!name)
		return -ENOMEM;
	race->function[race->functions++] = name;
	return 0;
}

static int race_steps_object(struct hs_race_parser *p, const struct hs_word *word,
			     enum hs_race_kind kind, const char *what, uint64_t *value)
{
	unsigned int index = 0;
	int ret = hs_race_object(p, word, kind, what, &index);

	*value = index;
	return ret;
}

static int race_steps_device(struct hs_race_parser *p, const struct hs_word *word, bool driver,
			     uint64_t *value)
{
	unsigned int index = hs_race_find(p->race, word);
	enum hs_race_kind kind = index == HS_RACE_NONE ? HS_RACE_KIND_COUNT
						       : p->race->object[index].kind;

	*value = index;
	if (kind == HS_RACE_DEVICE || kind == HS_RACE_DMIRROR || (driver && kind == HS_RACE_DRIVER))
		return 0;
	return hs_text_expected(p->text, word,
				driver ? "DEVICE, a driver, dmirror or device of a line above"
				       : "DEVICE, a dmirror or device of a line above");
}

/* A page of the window of the driver, if the step has one, or of the address space. */
static int race_steps_address(struct hs_race_parser *p, const struct hs_race_step *step,
			      const char *letters, size_t i, unsigned int n, uint64_t *value)
{
	uint64_t low = 0, high = hs_race_addr_end(p->race);
	const char *name = race_steps_word_name(letters, i), *of = NULL;

	if (letters[0] && strchr("DEVX", letters[0])) {
		const struct hs_race_driver *driver = &p->race->object[step->arg[0]].driver;

		low = driver->start;
		high = driver->end;
		of = p->race->object[step->arg[0]].name;
	}
	if (name[0] == 'E')
		low = step->arg[n - 1] + HS_PAGE_BYTES;
	else
		high -= HS_PAGE_BYTES;
	return hs_race_address(p, &p->line->word[n], name, of, low, high, value);
}

static int race_steps_pfn(struct hs_race_parser *p, const struct hs_word *word, uint64_t *value)
{
	if (!hs_word_number(word, value) || hs_race_pgmap_of(p->race, *value) == HS_RACE_NONE)
		return hs_text_expected(p->text, word, "PFN of a pgmap of the race");
	return 0;
}

/* FIRST, a page of the file; or COUNT from there. */
static int race_steps_page(struct hs_race_parser *p, const struct hs_race_step *step, bool count,
			   const struct hs_word *word, uint64_t *value)
{
	const struct hs_race_file *file = &p->race->object[step->arg[0]].file;
	uint64_t low = count ? 1 : 0, high = count ? file->pages - step->arg[1] : file->pages - 1;
	char what[96];

	snprintf(what, sizeof(what), "%s from %" PRIu64 " to %" PRIu64 ", pages of the file",
		 count ? "COUNT" : "FIRST", low, high);
	return hs_text_number(p->text, word, low, high, 1, what, value);
}

/* The page of an entry that is there. In the check no task changes the tables that have it. */
static int race_steps_mapped(struct hs_race_parser *p, const struct hs_race_step *step,
			     const struct hs_word *word, uint64_t *value)
{
	if (step->arg[2] == HS_RACE_ENTRY_NO)
		return hs_text_expected(p->text, word, "no PFN of an entry that is not there");
	if (!hs_word_is(word, "mapped"))
		return hs_text_number(p->text, word, 0, HS_PFN_END - 1, 1,
				      "PFN, a number up to 0xffffffffff, or mapped", value);
	*value = HS_RACE_MAPPED;
	if (p->steps != &p->race->check)
		return hs_text_expected(p->text, word, "mapped in check only");
	return 0;
}

static int race_steps_name(struct hs_race_parser *p, const struct hs_word *word,
			   const char *const *names, unsigned int count, uint64_t *value)
{
	unsigned int index = 0;
	char what[256];
	int ret;

	hs_race_list(what, sizeof(what), "", names, count);
	ret = hs_text_name(p->text, word, names, count, what, &index);
	*value = index;
	return ret;
}

static int race_steps_access(struct hs_race_parser *p, const struct hs_word *word,
			     unsigned int count, uint64_t *value)
{
	int ret = race_steps_name(p, word, race_steps_accesses, count, value);

	if (!ret)
		*value = race_steps_access_flags[*value];
	return ret;
}

static int race_steps_protection(struct hs_race_parser *p, const struct hs_word *word,
				 uint64_t *value)
{
	uint32_t flags = 0;
	int ret = hs_space_vma_flags(p->text, word, &flags);

	*value = flags;
	if (ret || flags & ~HS_VM_ACCESS)
		return hs_text_expected(p->text, word, "- or letters of rwx, each once");
	return 0;
}

static int race_steps_kind(struct hs_race_parser *p, const struct hs_word *word, uint64_t *value)
{
	char what[256];
	int index = hs_word_among(word, hs_map_kind_names, HS_MAP_KIND_COUNT);

	hs_map_describe(0, what, sizeof(what));
	if (index < 0 || !hs_map_allowed((enum hs_map_kind)index, 0))
		return hs_text_expected(p->text, word, what);
	*value = (uint64_t)index;
	return 0;
}

static int race_steps_error(struct hs_race_parser *p, const struct hs_word *word, uint64_t *value)
{
	*value = 0;
	if (hs_word_is(word, "0"))
		return 0;
	for (*value = 1; *value < 256; (*value)++) {
		const char *name = hs_error_name(-(long)*value);

		if (name && hs_word_is(word, name))
			return 0;
	}
	return hs_text_expected(p->text, word, "0 or an error such as -EFAULT");
}

/* ---- a step ------------------------------------------------------------------------------ */

static int race_steps_object_word(struct hs_race_parser *p, const struct hs_race_step *step,
				  const char *letters, size_t i, const struct hs_word *word,
				  uint64_t *value)
{
	static const char kinds[] = {
		[HS_RACE_PGMAP] = 'P',	[HS_RACE_FILE] = 'F',	[HS_RACE_MM] = 'M',
		[HS_RACE_DRIVER] = 'D', [HS_RACE_DEVICE] = 'V', [HS_RACE_GATE] = 'G',
		[HS_RACE_FLAG] = 'L',
	};
	const char *kind = memchr(kinds, letters[i], sizeof(kinds));

	if (letters[i] == 'W')
		return race_steps_worker(p, step, word, value);
	if (!kind)
		return letters[i] == 'T' ? race_steps_task(p, word, value)
					 : race_steps_function(p, word, value);
	return race_steps_object(p, word, (enum hs_race_kind)(kind - kinds),
				 race_steps_word_name(letters, i), value);
}

/* Word @n of the line, whose letter is @i. */
static int race_steps_word(struct hs_race_parser *p, const struct hs_race_step *step,
			   const char *letters, size_t i, unsigned int n, uint64_t *value)
{
	const struct hs_word *word = &p->line->word[n];

	switch (letters[i]) {
	case 'a':
		return race_steps_address(p, step, letters, i, n, value);
	case 'i':
	case 'c':
		return race_steps_page(p, step, letters[i] == 'c', word, value);
	case 'p':
		return race_steps_pfn(p, word, value);
	case 'x':
		return hs_text_number(p->text, word, 0, HS_PFN_END - 1, 1,
				      "PFN, a number up to 0xffffffffff", value);
	case 'k':
		return race_steps_kind(p, word, value);
	case 'f':
		return race_steps_protection(p, word, value);
	case 'v':
		return race_steps_name(p, word, hs_race_event_names, HS_INVALIDATE_EVENT_COUNT,
				       value);
	case 'r':
		return race_steps_access(p, word, 3, value);
	case 'q':
		return race_steps_access(p, word, 4, value);
	case 'e':
		return race_steps_error(p, word, value);
	case 'g':
		return race_steps_name(p, word, hs_race_entry_names, HS_RACE_ENTRY_COUNT, value);
	case 's':
		return race_steps_name(p, word, hs_race_prot_names, HS_RACE_PROTS, value);
	case 'm':
		return race_steps_mapped(p, step, word, value);
	case 'E':
	case 'X':
		return race_steps_device(p, word, letters[i] == 'E', value);
	case 'n':
	case 'o':
		return hs_text_number(p->text, word, 0, UINT64_MAX, 1,
				      letters[i] == 'n' ? "N, a number" : "OWNER, a number", value);
	default:
		return race_steps_object_word(p, step, letters, i, word, value);
	}
}

static uint64_t race_steps_default(char letter)
{
	switch (letter) {
	case 'r':
	case 'q':
		return HS_VM_READ;
	case 'v':
		return HS_INVALIDATE_CLEAR;
	case 'm':
		return HS_RACE_ANY_PAGE;
	default:
		return 0;
	}
}

static int race_steps_words(struct hs_race_parser *p, struct hs_race_step *step)
{
	const char *letters = hs_race_op_words[step->op];
	unsigned int n = 0;
	int ret = race_steps_check_count(p, letters);

	for (size_t i = 0; !ret && letters[i]; i++) {
		if (letters[i] == '?')
			continue;
		if (n < p->line->words)
			ret = race_steps_word(p, step, letters, i, n, &step->arg[n]);
		else
			step->arg[n] = race_steps_default(letters[i]);
		n++;
	}
	step->args = p->line->words;
	return ret;
}

/* ---- what an operation asks of its words and of where it is ------------------------------ */

static int race_steps_check_entry(struct hs_race_parser *p, const struct hs_race_step *step)
{
	enum hs_map_kind kind = (enum hs_map_kind)step->arg[2];
	unsigned int pgmap = hs_race_pgmap_of(p->race, step->arg[3]);
	bool is_private;

	if (step->args < 4) {
		if (!hs_map_has_pfn(kind))
			return 0;
		return hs_text_expected(p->text, &p->line->word[2],
					"KIND PFN, or none, tbl or zero");
	}
	if (!hs_map_is_device(kind))
		return 0;
	is_private = pgmap != HS_RACE_NONE && p->race->object[pgmap].pgmap.type == HS_PGMAP_PRIVATE;
	if (pgmap == HS_RACE_NONE || is_private != hs_map_is_private(kind))
		return hs_text_expected(p->text, &p->line->word[3],
					hs_map_is_private(kind)
						? "PFN of a pgmap of type private"
						: "PFN of a pgmap that is not of type private");
	return 0;
}

static int race_steps_check_alloc(struct hs_race_parser *p, const struct hs_race_step *step)
{
	enum hs_pgmap_type type = p->race->object[step->arg[0]].pgmap.type;

	if (type == HS_PGMAP_PRIVATE || type == HS_PGMAP_COHERENT || type == HS_PGMAP_P2PDMA)
		return 0;
	return hs_text_expected(p->text, &p->line->word[0],
				"PGMAP of type private, coherent or p2pdma");
}

/* The pgmap, and how many pages at a time. */
static int race_steps_check_migration(struct hs_race_parser *p, const struct hs_race_step *step)
{
	const struct hs_race_pgmap *pgmap = &p->race->object[step->arg[0]].pgmap;
	bool range = step->op != HS_RACE_EVICT && step->op != HS_RACE_EVICT_SETUP;

	if (pgmap->type != HS_PGMAP_PRIVATE && pgmap->type != HS_PGMAP_COHERENT)
		return hs_text_expected(p->text, &p->line->word[0],
					"PGMAP of type private or coherent");
	if (range && step->arg[3] - step->arg[2] > HS_RACE_MIGRATED * HS_PAGE_BYTES)
		return hs_text_expected(p->text, &p->line->word[3],
					"END at most 64 pages behind START");
	if (range)
		return 0;
	if (pgmap->refs != HS_PAGE_REFS_6_1 && pgmap->refs != HS_PAGE_REFS_6_15)
		return hs_text_expected(p->text, &p->line->word[0], "PGMAP with refs=6.1 or 6.15");
	if (pgmap->end - pgmap->first > HS_RACE_MIGRATED)
		return hs_text_expected(p->text, &p->line->word[0], "PGMAP of at most 64 pages");
	return 0;
}

/* Where the step is: in the set-up, in the check, or in a task. */
static int race_steps_check_section(struct hs_race_parser *p, const struct hs_race_step *step)
{
	const char *where = NULL;

	if (step->op == HS_RACE_ENTRY && p->steps != &p->race->setup)
		where = "expected in setup";
	if ((hs_race_op_words[step->op][0] == 'T' || step->op == HS_RACE_ASSERT_PAGES) &&
	    p->steps != &p->race->check)
		where = "expected in check";
	if ((step->op == HS_RACE_RETRY || hs_race_op_words[step->op][0] == 'W') &&
	    (p->steps == &p->race->setup || p->steps == &p->race->check))
		where = "expected in a task";
	return where ? hs_text_error(p->text, p->text->number, p->text->keyword, "%s", where) : 0;
}

static int race_steps_check(struct hs_race_parser *p, const struct hs_race_step *step)
{
	switch (step->op) {
	case HS_RACE_ENTRY:
		return race_steps_check_entry(p, step);
	case HS_RACE_ALLOC:
		return race_steps_check_alloc(p, step);
	case HS_RACE_MIGRATE_SETUP:
	case HS_RACE_BACK_SETUP:
	case HS_RACE_EVICT_SETUP:
	case HS_RACE_MIGRATE_TO:
	case HS_RACE_MIGRATE_BACK:
	case HS_RACE_EVICT:
		return race_steps_check_migration(p, step);
	case HS_RACE_INSERT:
	case HS_RACE_REMOVE_SUB:
		if (!p->race->object[step->arg[0]].driver.late)
			return hs_text_expected(p->text, &p->line->word[0], "DRIVER with late=yes");
		return 0;
	default:
		return 0;
	}
}

/* ---- retry, until ------------------------------------------------------------------------ */

static int race_steps_retry(struct hs_race_parser *p, struct hs_race_step *step)
{
	if (p->depth == HS_RACE_NESTING)
		return hs_text_error(p->text, p->text->number, p->text->keyword,
				     "expected at most 4 inside each other");
	p->retry[p->depth++] = p->steps->count;
	if (!p->line->words)
		return 0;
	step->args = 1;
	return hs_text_number(p->text, &p->line->word[0], 1, HS_RACE_TURNS, 1,
			      "TURNS, a number from 1 to 1048576", &step->arg[0]);
}

static int race_steps_until(struct hs_race_parser *p, struct hs_race_step *step)
{
	if (!p->depth)
		return hs_text_error(p->text, p->text->number, p->text->keyword,
				     "expected retry before it");
	step->arg[0] = p->retry[--p->depth];
	p->steps->step[step->arg[0]].arg[1] = p->steps->count;
	return 0;
}

int hs_race_end_section(struct hs_race_parser *p)
{
	const struct hs_race_steps *steps = p->steps;
	const struct hs_race_task *last = p->race->tasks ? &p->race->task[p->race->tasks - 1]
							 : NULL;

	p->steps = NULL;
	if (steps && p->depth)
		return hs_text_error(p->text, steps->step[p->retry[p->depth - 1]].line, "retry",
				     "expected until before the steps end");
	if (last && steps == &last->steps && !steps->count)
		return hs_text_error(p->text, last->line, "task", "expected a step after it");
	return 0;
}

/* ---- a line ------------------------------------------------------------------------------ */

enum {
	STEP_AS,
	STEP_OPTIONAL
};

/* Labels are of tasks, because the order line orders these. */
static int race_steps_label(struct hs_race_parser *p, struct hs_race_step *step)
{
	const struct hs_word *word = &p->line->value[STEP_AS];

	if (!word->at)
		return 0;
	if (p->steps == &p->race->setup || p->steps == &p->race->check)
		return hs_text_expected(p->text, word, "as= in a task only");
	if (!word->length || memchr(word->at, '~', word->length) ||
	    memchr(word->at, '|', word->length))
		return hs_text_expected(p->text, word, "as=LABEL, a word without ~ and |");
	for (unsigned int t = 0; t < p->race->tasks; t++) {
		const struct hs_race_steps *steps = &p->race->task[t].steps;

		for (size_t i = 0; i < steps->count; i++)
			if (steps->step[i].label && hs_word_is(word, steps->step[i].label))
				return hs_text_expected(p->text, word, "as=LABEL, each label once");
	}
	step->label = hs_text_copy(p->text, word);
	return step->label ? 0 : -ENOMEM;
}

int hs_race_step_line(struct hs_race_parser *p)
{
	struct hs_race_step step = { .op = (enum hs_race_op)p->line->step,
				     .line = p->text->number };
	struct hs_race_step *more;
	int ret;

	if (!p->steps)
		return hs_text_error(p->text, p->text->number, p->text->keyword,
				     "expected setup, task NAME or check before it");
	if (p->total++ == HS_RACE_STEPS)
		return hs_text_error(p->text, p->text->number, p->text->keyword,
				     "expected at most 256 steps in a race");
	ret = race_steps_check_section(p, &step);
	if (ret)
		return ret;
	more = hs_hostmem_grow(p->text->mem, p->steps->step, p->steps->count, sizeof(*more));
	if (!more)
		return hs_text_no_memory(p->text);
	p->steps->step = more;
	if (step.op == HS_RACE_RETRY)
		ret = race_steps_retry(p, &step);
	else if (step.op == HS_RACE_UNTIL)
		ret = race_steps_until(p, &step);
	else
		ret = race_steps_words(p, &step);
	if (!ret)
		ret = race_steps_check(p, &step);
	if (!ret)
		ret = hs_race_key_bool(p, STEP_OPTIONAL, &step.optional);
	if (!ret)
		ret = race_steps_label(p, &step);
	if (!ret)
		more[p->steps->count++] = step;
	return ret;
}
