/* SPDX-License-Identifier: MIT */
/*
 * text.h - the text language: lines, words, numbers and errors
 *
 * invented. README.md has the language. One item a line: a keyword, positional words, then
 * key=value words. Empty lines and lines that begin with # are skipped. A first line `hmmsim N`
 * names the version of the language; a text without it is in the walk dialect. A text with it may
 * hold layouts, races and claims too: the lines from `layout`, `race` or `claim` to the next of
 * them, to `scenario` or to the end. All keywords are in text.c, so a keyword means the same in all
 * dialects.
 *
 * Errors: -EINVAL with "FILE:LINE: KEYWORD: expected ..." in .error, or -ENOMEM.
 */
#ifndef HS_TEXT_TEXT_H
#define HS_TEXT_TEXT_H

#include <stdbool.h>

#include "text/hostmem.h"

#define HS_TEXT_VERSION 1 /* the newest, and the only one */
#define HS_TEXT_WORDS 5	  /* the most positional words of a keyword */
#define HS_TEXT_KEYS 9	  /* the most keys of a keyword */
#define HS_TEXT_ANY 0xfe  /* .max: the parser of the dialect checks the number of words */
#define HS_TEXT_REST 0xff /* .max: the line is not split; see hs_text_word() */
#define HS_TEXT_FIRST_LINE "hmmsim 1\n"

enum hs_keyword_id {
	HS_KEYWORD_HMMSIM,
	HS_KEYWORD_SCENARIO,
	HS_KEYWORD_VMA,
	HS_KEYWORD_MAP,
	HS_KEYWORD_PGMAP,
	HS_KEYWORD_FAULT,
	HS_KEYWORD_FAULTN,
	HS_KEYWORD_FAULTAT,
	HS_KEYWORD_MIGWAIT,
	HS_KEYWORD_RETRY_AT,
	HS_KEYWORD_MAXWALKS,
	HS_KEYWORD_REQ,
	HS_KEYWORD_IN,
	HS_KEYWORD_MODE,
	HS_KEYWORD_RUN,
	HS_KEYWORD_PROFILE,
	HS_KEYWORD_COST,
	HS_KEYWORD_LAYOUT,
	HS_KEYWORD_MIGRATE,
	HS_KEYWORD_EVICT,
	HS_KEYWORD_RACE,
	HS_KEYWORD_CLAIM,
	/* inside a race */
	HS_KEYWORD_ABOUT,
	HS_KEYWORD_AXIS,
	HS_KEYWORD_MACHINE,
	HS_KEYWORD_RACE_PGMAP,
	HS_KEYWORD_FILE,
	HS_KEYWORD_MM,
	HS_KEYWORD_MMAP,
	HS_KEYWORD_DRIVER,
	HS_KEYWORD_DMIRROR,
	HS_KEYWORD_DEVICE,
	HS_KEYWORD_GATE,
	HS_KEYWORD_FLAG,
	HS_KEYWORD_SETUP,
	HS_KEYWORD_TASK,
	HS_KEYWORD_WORKER,
	HS_KEYWORD_ORDER,
	HS_KEYWORD_REACHED,
	HS_KEYWORD_MUST,
	HS_KEYWORD_EXPECT,
	/* inside a claim */
	HS_KEYWORD_BY,
	HS_KEYWORD_DATE,
	HS_KEYWORD_SAYS,
	HS_KEYWORD_METHOD,
	HS_KEYWORD_ROW,
	HS_KEYWORD_CONTROL,
	HS_KEYWORD_CHANGE,
	HS_KEYWORD_CLAIMED,
	HS_KEYWORD_NOTE,
	HS_KEYWORD_COUNT,
	HS_KEYWORD_STEP = HS_KEYWORD_COUNT, /* an operation: hs_line.step */
};

/* Dialects in which a keyword or a key is known, one bit each. */
#define HS_DIALECT_WALK 0x1u   /* the text has no first line hmmsim 1 */
#define HS_DIALECT_FIRST 0x2u  /* the text has it, outside a layout, race or claim */
#define HS_DIALECT_LAYOUT 0x4u /* inside a layout */
#define HS_DIALECT_RACE 0x8u   /* inside a race */
#define HS_DIALECT_CLAIM 0x10u /* inside a claim */
#define HS_DIALECT_SCENARIO (HS_DIALECT_WALK | HS_DIALECT_FIRST)
#define HS_DIALECT_SPACE (HS_DIALECT_SCENARIO | HS_DIALECT_LAYOUT)
#define HS_DIALECT_ALL (HS_DIALECT_SPACE | HS_DIALECT_RACE | HS_DIALECT_CLAIM)

struct hs_key {
	const char *name;
	uint8_t dialects;
};

struct hs_keyword {
	const char *name;
	const char *usage; /* names of the positional words */
	uint8_t min, max;  /* number of positional words; or HS_TEXT_ANY, HS_TEXT_REST */
	uint8_t dialects;
	const struct hs_key
		*keys; /* HS_TEXT_KEYS of them; unused ones come last and have no name */
};

struct hs_word {
	const char *at; /* NULL: not given */
	size_t length;
};

struct hs_line {
	enum hs_keyword_id id;
	unsigned int step; /* HS_KEYWORD_STEP: enum hs_race_op */
	const struct hs_keyword *keyword;
	unsigned int words; /* HS_TEXT_ANY: may be more than HS_TEXT_WORDS */
	struct hs_word word[HS_TEXT_WORDS];
	struct hs_word rest; /* HS_TEXT_REST: all that follows the keyword, without outer blanks */
	struct hs_word value[HS_TEXT_KEYS]; /* in the order of keyword->keys */
};

struct hs_text {
	const char *name; /* of the file */
	const char *at, *end;
	struct hs_hostmem *mem;
	unsigned long number; /* of the line read last, counted from 1 */
	unsigned int version; /* 0: the walk dialect */
	unsigned int dialect; /* one of HS_DIALECT_* */
	bool begun;	      /* a line with words was read */
	bool claims;	      /* a claim was read: its races and scenarios stand beside it */
	const char *last_at;  /* begin of the line read last */
	unsigned long last_number;
	const char *keyword; /* of the line read last; NULL: unknown */
	char error[1024];    /* empty: no error */
};

/* @name and @bytes are not copied. They must live as long as the text is read. */
void hs_text_init(struct hs_text *text, struct hs_hostmem *mem, const char *name, const char *bytes,
		  size_t length);
/* Reads the next line that has words. Returns 1; 0: end of the text; or an error. */
int hs_text_next(struct hs_text *text, struct hs_line *line);
/* The line read last will be read again by the next hs_text_next(). */
void hs_text_unread(struct hs_text *text);

/* Whether the keyword begins an item, and ends one that has no last line. */
static inline bool hs_keyword_begins(enum hs_keyword_id id)
{
	return id == HS_KEYWORD_SCENARIO || id == HS_KEYWORD_LAYOUT || id == HS_KEYWORD_RACE ||
	       id == HS_KEYWORD_CLAIM;
}
/*
 * A text with a claim has items of several kinds: skips those before the next one that begins with
 * @kind. In a text without claims, or before the first of them, nothing is skipped. Returns 1: a
 * line follows; 0: end of the text; or an error.
 */
int hs_text_seek(struct hs_text *text, enum hs_keyword_id kind);

/* Both write text->error and return -EINVAL. The first writes "expected @what, found "@found"". */
int hs_text_expected(struct hs_text *text, const struct hs_word *found, const char *what);
int hs_text_error(struct hs_text *text, unsigned long line, const char *keyword, const char *format,
		  ...) __attribute__((__format__(__printf__, 4, 5)));
int hs_text_no_memory(struct hs_text *text);
/* Returns @ret; with -ENOMEM text->error says that memory ran out. */
int hs_text_result(struct hs_text *text, int ret);

/* Takes the first word off @rest; false: there are no more. */
bool hs_text_word(struct hs_word *rest, struct hs_word *word);
bool hs_word_is(const struct hs_word *word, const char *name);
/* Index of the word among names, or -1. */
int hs_word_among(const struct hs_word *word, const char *const *names, unsigned int count);
/* Decimal or 0x...; false: it is not a number, or needs more than 64 bits. */
bool hs_word_number(const struct hs_word *word, uint64_t *value);
/* A number in [low, high], both inclusive, that is a multiple of @step; @what describes it. */
int hs_text_number(struct hs_text *text, const struct hs_word *word, uint64_t low, uint64_t high,
		   uint64_t step, const char *what, uint64_t *value);
/* One of @names, as an index; @what describes them. */
int hs_text_name(struct hs_text *text, const struct hs_word *word, const char *const *names,
		 unsigned int count, const char *what, unsigned int *index);
/* The word as a string of text->mem, for the caller to free; NULL: no memory, as in text->error. */
char *hs_text_copy(struct hs_text *text, const struct hs_word *word);

#endif
