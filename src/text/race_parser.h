/* SPDX-License-Identifier: MIT */
/*
 * race_parser.h - what the files of the parser of races share
 *
 * race_text.c reads the lines, race_axes.c what axes change in them, race_objects.c makes objects,
 * race_steps.c steps, race_words.c both of words, race_check.c checks what needs all lines. All
 * functions return 0 or an error that is in text->error.
 */
#ifndef HS_TEXT_RACE_PARSER_H
#define HS_TEXT_RACE_PARSER_H

#include "text/race.h"
#include "text/space.h"

#define HS_RACE_PAGES_ORDER 16 /* log2 of the pages of a pgmap, of the window of a driver */
#define HS_RACE_PAGES ((uint64_t)1 << HS_RACE_PAGES_ORDER)

struct hs_race_parser {
	struct hs_text *text;
	struct hs_race *race;
	struct hs_line *line;
	const struct hs_race_setting *settings;
	size_t setting_count;
	struct hs_race_steps *steps;   /* of the section that is open; NULL: none is */
	size_t total;		       /* steps of all sections */
	size_t retry[HS_RACE_NESTING]; /* indices of the retry steps that are open */
	unsigned int depth;
	uint32_t seen; /* keywords that may come once, one bit each from HS_KEYWORD_RACE on */
	bool setup_begun, check_begun;
};

/* ---- axes -------------------------------------------------------------------------------- */

int hs_race_axis_line(struct hs_race_parser *p);
/* Puts the values of axes in place of $name in all words and values of the line. */
int hs_race_substitute_line(struct hs_race_parser *p);
/* Takes the next word of the rest of the line, $name substituted; *found is false at its end. */
int hs_race_next_word(struct hs_race_parser *p, struct hs_word *word, bool *found);
int hs_race_expect_line(struct hs_race_parser *p);
/* When all lines are there: settings without an axis, axes that no line uses, race->settings. */
int hs_race_check_axes(struct hs_race_parser *p);

/* ---- names of values -------------------------------------------------------------------- */

extern const char *const hs_race_memory_names[HS_MEMORY_COUNT];
extern const char *const hs_race_refs_names[HS_PAGE_REFS_COUNT];
extern const char *const hs_race_order_names[HS_REMOVAL_ORDER_COUNT];
extern const char *const hs_race_ram_names[HS_RACE_RAM_COUNT];
extern const char *const hs_race_copy_error_names[HS_RACE_COPY_ERROR_COUNT];
extern const char *const hs_race_private_fault_names[HS_PRIVATE_FAULT_WAIT + 1];
extern const char *const hs_race_migration_wait_names[HS_MIGRATION_WAIT_REFERENCE + 1];
extern const char *const hs_race_validity_names[HS_VALIDITY_COUNT];
extern const char *const hs_race_protocol_names[HS_PROTOCOL_COUNT];
extern const char *const hs_race_requests_names[HS_RACE_REQUESTS_COUNT];
extern const char *const hs_race_event_names[HS_INVALIDATE_EVENT_COUNT];
extern const char *const hs_race_must_names[HS_RACE_JUDGED]; /* of must lines HS_RACE_MUSTS */
/* What the language calls a verdict; "?": there is no such. */
void hs_race_verdict_word(enum hs_verdict verdict, char *word, size_t size);

/* ---- words ------------------------------------------------------------------------------- */

/* Index of the object, or HS_RACE_NONE. */
unsigned int hs_race_find(const struct hs_race *race, const struct hs_word *word);
/* The name of an object or task that is to be made: not declared yet. */
int hs_race_new_name(struct hs_race_parser *p, const struct hs_word *word, char **name);
/* An object of the kind, which errors call @what. */
int hs_race_object(struct hs_race_parser *p, const struct hs_word *word, enum hs_race_kind kind,
		   const char *what, unsigned int *index);
/* A page or its end in [low, high], which errors call @what; @window: of that driver, or NULL. */
int hs_race_address(struct hs_race_parser *p, const struct hs_word *word, const char *what,
		    const char *window, uint64_t low, uint64_t high, uint64_t *value);
/* START and END of pages in [low, high]. */
int hs_race_range(struct hs_race_parser *p, const struct hs_word *words, uint64_t low,
		  uint64_t high, uint64_t *start, uint64_t *end);
uint64_t hs_race_addr_end(const struct hs_race *race);
/* The pgmap that has the pfn, or HS_RACE_NONE. */
unsigned int hs_race_pgmap_of(const struct hs_race *race, uint64_t pfn);
/*
 * Value @key of the line is one of @names, of which some may be NULL. Without the value *index
 * stays.
 */
int hs_race_key_name(struct hs_race_parser *p, unsigned int key, const char *const *names,
		     unsigned int count, unsigned int *index);
int hs_race_key_number(struct hs_race_parser *p, unsigned int key, uint64_t low, uint64_t high,
		       uint64_t *value);
int hs_race_key_bool(struct hs_race_parser *p, unsigned int key, bool *value);
int hs_race_key_owner(struct hs_race_parser *p, unsigned int key, uint64_t *owner);
/* Writes names into @what: "a, b or c", after @before. Those that are NULL are left out. */
void hs_race_list(char *what, size_t size, const char *before, const char *const *names,
		  unsigned int count);

/* ---- lines ------------------------------------------------------------------------------- */

int hs_race_machine_line(struct hs_race_parser *p);
int hs_race_object_line(struct hs_race_parser *p);
int hs_race_vma_line(struct hs_race_parser *p);
/* Of a line of an object: words MM START END; all of a device but its name. */
int hs_race_window(struct hs_race_parser *p, const struct hs_word *word,
		   struct hs_race_driver *driver);
int hs_race_device_object(struct hs_race_parser *p, struct hs_race_object *object);
int hs_race_step_line(struct hs_race_parser *p);
/* The section that is open ends: its loops must be closed. */
int hs_race_end_section(struct hs_race_parser *p);
/* What can only be checked when the whole race has been read. */
int hs_race_check(struct hs_race_parser *p);

#endif
