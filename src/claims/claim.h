/* SPDX-License-Identifier: MIT */
/*
 * claim.h - claims of the thread: what one says, and what running it has found
 *
 * invented. README.md has the item `claim` of the text language and the words. A text of this
 * folder has a claim and the races and walk scenarios that it uses. A parsed claim owns its memory
 * and does not need the text any more.
 *
 * What was found (struct hs_claim_found) comes from runs alone: what kernel documents let one
 * expect is compared with it afterwards (expected.h).
 */
#ifndef HS_CLAIMS_CLAIM_H
#define HS_CLAIMS_CLAIM_H

#include <hmmsim/explore.h>

#include "text/race.h"

#define HS_CLAIM_ROWS 48       /* with the controls */
#define HS_CLAIM_SETTINGS 8    /* of a row; as many as a race has axes, or more */
#define HS_CLAIM_STATEMENTS 64 /* lines claimed */
#define HS_CLAIM_NOTES 16
#define HS_CLAIM_CELLS 512 /* of a claim */
#define HS_CLAIM_NUMBER_MAX 99
#define HS_CLAIM_NO_ROW UINT32_MAX

/* ---- what is claimed --------------------------------------------------------------------- */

/* How the claim is settled. */
enum hs_claim_method {
	HS_CLAIM_SEARCH,   /* by every schedule */
	HS_CLAIM_SCHEDULE, /* by one schedule */
	HS_CLAIM_COUNTS,   /* by counts of walks */
	HS_CLAIM_NONE,	   /* by no run: a note says why there is no control */
	HS_CLAIM_METHOD_COUNT
};

/* What is found in a cell. The first six are words, .slots is a text, the rest are numbers. */
enum hs_claim_field {
	/* of a race */
	HS_CLAIM_S1,
	HS_CLAIM_S2,
	HS_CLAIM_S3,
	HS_CLAIM_S4,
	HS_CLAIM_LIVE,
	HS_CLAIM_ANSWER,     /* steps assert-*, and assertions of the model */
	HS_CLAIM_EXECUTIONS, /* of all searches, with those that were cut short */
	HS_CLAIM_REACHED,    /* those that took the steps of its line reached, of the search that
				came there most often */
	/* of a walk */
	HS_CLAIM_RET,
	HS_CLAIM_WALKS,
	HS_CLAIM_FAULTS,
	HS_CLAIM_MWAITS,
	HS_CLAIM_LIVELOCK,
	HS_CLAIM_BADPTE,
	HS_CLAIM_NULLVMA,
	HS_CLAIM_LOOKUPS,
	HS_CLAIM_GETS,
	HS_CLAIM_FAILURES,
	HS_CLAIM_LEAKED,
	HS_CLAIM_HELDFAULTS,
	HS_CLAIM_SLOTS, /* words SLOT of the lines p, joined by commas */
	HS_CLAIM_FIELD_COUNT
};
#define HS_CLAIM_PROPERTIES 6 /* the fields that a race has a verdict on come first */

enum hs_claim_word {
	HS_CLAIM_HOLDS,
	HS_CLAIM_VIOLATED,
	HS_CLAIM_NOT_JUDGED, /* the race does not ask for it, or a bound was met */
	HS_CLAIM_WORD_COUNT
};

enum hs_claim_kind {
	HS_CLAIM_UNSET, /* the cell has no such field */
	HS_CLAIM_WORD,
	HS_CLAIM_NUMBER,
	HS_CLAIM_TEXT
};

struct hs_claim_value {
	enum hs_claim_kind kind;
	enum hs_claim_word word;
	int64_t number;
	char *text;
};

enum hs_claim_op {
	HS_CLAIM_EQUAL,
	HS_CLAIM_UNEQUAL,
	HS_CLAIM_BELOW,
	HS_CLAIM_AT_MOST,
	HS_CLAIM_ABOVE,
	HS_CLAIM_AT_LEAST,
	HS_CLAIM_OP_COUNT
};

struct hs_claim_setting {
	char *name;
	char *value; /* NULL: *, each value of the axis */
};

/* A line row or control. */
struct hs_claim_row {
	char *name;
	char *runs; /* name of the race or walk scenario, in the same text */
	bool walk;
	uint32_t of;  /* of a control: index of its row, which is none; else HS_CLAIM_NO_ROW */
	char *change; /* of a control: a sentence, what is other than in the row; else NULL */
	struct hs_claim_setting setting[HS_CLAIM_SETTINGS]; /* of a walk: of walker, strategy */
	unsigned int settings;
	unsigned long line;
};

/* A line claimed: LEFT OP RIGHT. */
struct hs_claim_statement {
	uint32_t row;
	enum hs_claim_field field;
	enum hs_claim_op op;
	uint32_t other; /* the row on the right; HS_CLAIM_NO_ROW: .value is there */
	enum hs_claim_field other_field;
	struct hs_claim_value value;
	char *words; /* the whole of it, as in the text */
	unsigned long line;
};

struct hs_claim {
	unsigned int number; /* 8: C8 */
	char *author, *date, *says;
	enum hs_claim_method method;
	struct hs_claim_row row[HS_CLAIM_ROWS]; /* rows and controls, as in the text */
	unsigned int rows;
	struct hs_claim_statement statement[HS_CLAIM_STATEMENTS];
	unsigned int statements;
	char *note[HS_CLAIM_NOTES]; /* sentences */
	unsigned int notes;
	unsigned long line;
};

extern const char *const hs_claim_method_names[HS_CLAIM_METHOD_COUNT];
extern const char *const hs_claim_field_names[HS_CLAIM_FIELD_COUNT];
extern const char *const hs_claim_word_names[HS_CLAIM_WORD_COUNT];
extern const char *const hs_claim_op_names[HS_CLAIM_OP_COUNT];

static inline bool hs_claim_is_control(const struct hs_claim_row *row)
{
	return row->of != HS_CLAIM_NO_ROW;
}

/*
 * Reads the next claim; other items are skipped. Returns 1; 0: end of the text; -EINVAL or -ENOMEM
 * with text->error. What needs the races and scenarios of the text is checked when it runs.
 */
int hs_claim_parse(struct hs_text *text, struct hs_claim *out);
void hs_claim_free(struct hs_hostmem *mem, struct hs_claim *claim);

/* The number of an ID, 8 of "C8"; 0: it is none. */
unsigned int hs_claim_number(const struct hs_word *id);
/* "C8" */
void hs_claim_id_print(const struct hs_claim *claim, struct hs_out *out);
/* What kind of value a field has. */
enum hs_claim_kind hs_claim_field_kind(enum hs_claim_field field);
/* Whether the row, a race or a walk, has the field. */
bool hs_claim_has_field(const struct hs_claim_row *row, enum hs_claim_field field);
/* Index of the row or control of that name, or HS_CLAIM_NO_ROW. */
uint32_t hs_claim_find_row(const struct hs_claim *claim, const struct hs_word *name);
/* A value of the field as its word says it. 0, or an error in text->error. */
int hs_claim_take_value(struct hs_text *text, const struct hs_word *word, enum hs_claim_field field,
			struct hs_claim_value *value);
/* Whether both are of one kind and the same. */
bool hs_claim_equal(const struct hs_claim_value *a, const struct hs_claim_value *b);
/* Whether a line claimed names the field of the row, or of the row of which this is a control. */
bool hs_claim_names(const struct hs_claim *claim, uint32_t row, enum hs_claim_field field);
/* The value of the axis in settings "a=1,b=2" of a cell; .at NULL: it is not among them. */
struct hs_word hs_claim_setting_of(const char *settings, const char *axis, size_t length);
/* "holds", "4", "VW:200000": what the language calls it; nothing of one that is not set. */
void hs_claim_value_print(const struct hs_claim_value *value, struct hs_out *out);

/* ---- built-in claims --------------------------------------------------------------------- */

/* A text of this folder. */
struct hs_claim_text {
	const char *file; /* its name, without folders */
	const char *bytes;
	size_t length;
};

/* The texts of the claims, by their names. NULL: @i is beyond the last. */
const struct hs_claim_text *hs_claim_builtin(size_t i);

/* ---- what was found ---------------------------------------------------------------------- */

/* Of a counterexample: a step of the text that began, in the order in which they did. */
struct hs_claim_moment {
	bool goes_on;	   /* it began before others, and is violated here: the last moment */
	unsigned int task; /* index in .task of the counterexample */
	char *words;	   /* "zap M 0x0 0x1000" */
	unsigned long line;
};

/* An execution in which a property is violated. */
struct hs_claim_counterexample {
	enum hs_claim_field property; /* one of the first six */
	enum hs_verdict verdict;
	char *message;		       /* what was expected and found */
	char *token;		       /* hmmsim replay TOKEN: the same execution again */
	char *report;		       /* of the explorer: a column a task, a line a step */
	uint64_t trace_hash;	       /* of every step, object and value; the same everywhere */
	uint64_t execution;	       /* number of the execution of the search that found it */
	char *task[HS_RACE_TASKS + 1]; /* names, as in the text; last "check", if that takes part */
	unsigned int tasks;
	struct hs_claim_moment *moment; /* of tasks and check, not of the set-up */
	size_t moments;
	bool more; /* the execution has more steps than are kept */
};

/* The search in which the word of a property was found. */
struct hs_claim_search {
	uint64_t executions; /* with those that were cut short */
	char extent[64];     /* hs_extent_words(); "": the property was not searched for */
};

/* One combination of values of the axes given as *. */
struct hs_claim_cell {
	uint32_t row;
	char *settings; /* "strategy=none,refs=6.1": those given as *, as the row has them; "" */
	char *scenario; /* as hmmsim explore names it: "race,strategy=none"; or the walk's name */
	struct hs_claim_value value[HS_CLAIM_FIELD_COUNT];
	struct hs_claim_counterexample counterexample[HS_CLAIM_PROPERTIES];
	unsigned int counterexamples;
	/* of a race */
	/* The same one for all properties, if nothing is violated. */
	struct hs_claim_search search[HS_CLAIM_PROPERTIES];
	bool bounded;	     /* a search met a bound, or an execution without a verdict */
	bool counts_reached; /* the race has a line reached */
	bool unreached;	     /* something holds, and no execution of its search came there */
	char **undone;	     /* steps that no execution of the first search has done */
	size_t undones;
	/* of a walk */
	enum hs_era era;
	enum hs_strategy strategy;
	char *output; /* what hmmsim walk prints */
};

/* How often a line claimed holds. */
struct hs_claim_judged {
	size_t cells, held, unknown;	   /* unknown: a side of it was not judged */
	struct hs_claim_value left, right; /* of the first cell where it does not hold */
	const char *settings;		   /* of that cell; NULL: it holds in all */
};

/* Whether a control changes what is claimed of its row. */
struct hs_claim_flip {
	bool flips;
	uint32_t control, of;			     /* rows */
	enum hs_claim_field field;		     /* that differs first */
	const struct hs_claim_cell *cell, *row_cell; /* where; NULL: it does not flip */
};

enum hs_claim_verdict {
	HS_CLAIM_CONFIRMED, /* all lines hold in all cells */
	HS_CLAIM_REFUTED,   /* no line holds in any, and each was judged in all */
	HS_CLAIM_IN_PART,
	HS_CLAIM_UNSETTLED, /* no run settles it: without lines claimed, or none holds that was
			       judged, and some were not */
	HS_CLAIM_VERDICT_COUNT
};
extern const char *const hs_claim_verdict_names[HS_CLAIM_VERDICT_COUNT];

struct hs_claim_found {
	const struct hs_claim *claim;
	const char *file; /* of its text */
	enum hs_claim_verdict verdict;
	struct hs_claim_cell
		*cell; /* in the order of the rows; of a row the last axis changes first */
	size_t cells;
	struct hs_claim_judged judged[HS_CLAIM_STATEMENTS]; /* as claim->statement */
	struct hs_claim_flip flip[HS_CLAIM_ROWS];	    /* of the controls, in their order */
	unsigned int flips;
	uint64_t executions;			   /* of all searches */
	const struct hs_claim_cell *never_reached; /* holds, but not what it is about; NULL: none */
	const struct hs_claim_cell *bounded;	   /* the first with a bound; NULL: none */
	/* The first control that does not flip; NULL: all do. */
	const struct hs_claim_row *unflipped;
};

void hs_claim_found_free(struct hs_hostmem *mem, struct hs_claim_found *found);

#endif
