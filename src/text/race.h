/* SPDX-License-Identifier: MIT */
/*
 * race.h - the race dialect: a machine, objects, tasks with their steps, and what must hold
 *
 * invented. README.md has the language. A parsed race owns its memory and does not need the text
 * any more. Names of objects and tasks are resolved to indices.
 */
#ifndef HS_TEXT_RACE_H
#define HS_TEXT_RACE_H

#include <hmmsim/dmirror.h>
#include <hmmsim/explore.h>
#include <hmmsim/mapping.h>
#include <hmmsim/pgmap.h>

#include "text/text.h"

enum hs_race_op {
#define OP(id, name, words, summary) HS_RACE_##id,
#include "text/race_ops.def"
#undef OP
	HS_RACE_RETRY, /* begins a loop: number[0] turns at most, 0: no bound */
	HS_RACE_UNTIL, /* ends it: another turn if the turn's status is again */
	HS_RACE_OP_COUNT
};

enum hs_race_kind {
	HS_RACE_PGMAP,
	HS_RACE_FILE,
	HS_RACE_MM,
	HS_RACE_DRIVER,
	HS_RACE_DMIRROR,
	HS_RACE_GATE,
	HS_RACE_FLAG,
	HS_RACE_KIND_COUNT
};

#define HS_RACE_ARGS 4
#define HS_RACE_TASKS 8
#define HS_RACE_OBJECTS 32 /* of all kinds */
#define HS_RACE_STEPS 256  /* of all tasks, set-up and check */

/* A step. An argument is the index of an object, task or function, a number, or a set of bits. */
struct hs_race_step {
	enum hs_race_op op;
	unsigned long line;
	uint64_t arg[HS_RACE_ARGS]; /* left out: 0 */
	unsigned int args;	    /* that were given */
	char *label;		    /* what the order line calls it; NULL: it has none */
};

struct hs_race_steps {
	struct hs_race_step *step;
	size_t count;
};

struct hs_race_task {
	char *name;
	unsigned long line;
	struct hs_race_steps steps;
};

struct hs_race_pgmap { /* pgmap NAME START_PFN END_PFN [type=] [owner=] [refs=] [order=] [first=] */
	uint64_t start, end, first;
	enum hs_pgmap_type type; /* default fsdax */
	uint64_t owner;		 /* 0: none */
	enum hs_page_refs refs;
	enum hs_removal_order order;
	bool atomic;
};

struct hs_race_file { /* file NAME PGMAP FIRST_PFN PAGES [kind=file|device|p2pdma] */
	unsigned int pgmap;
	uint64_t first, pages;
	enum hs_mapping_kind kind;
};

struct hs_race_vma { /* mmap MM START END FLAGS [of=FILE] [pgoff=] [gate=GATE] */
	unsigned int mm, file, gate; /* HS_RACE_NONE: anonymous; no gate */
	uint64_t start, end, pgoff;
	uint32_t flags;
	unsigned long line;
};

/* driver NAME MM START END [validity=seq|flag] [walker=] [strategy=] [owner=] [skips=] [late=] */
struct hs_race_driver {
	unsigned int mm;
	uint64_t start, end, owner;
	enum hs_validity validity;
	enum hs_era era;
	enum hs_strategy strategy;
	enum hs_protocol protocol; /* dmirror, and which rule the callback of a driver breaks */
	uint32_t tries;		   /* dmirror */
	bool touch;		   /* dmirror */
	bool late;		   /* driver: a task subscribes it, not the set-up */
};

#define HS_RACE_NONE UINT32_MAX

struct hs_race_object {
	enum hs_race_kind kind;
	char *name;
	unsigned long line;
	union {
		struct hs_race_pgmap pgmap;
		struct hs_race_file file;
		struct hs_race_driver driver; /* driver and dmirror */
	};
};

/* What must hold: bits of struct hs_race.must. */
#define HS_RACE_S1 0x1u	  /* no device entry for memory that is gone */
#define HS_RACE_S2 0x2u	  /* no access to a struct page or pgmap that is gone */
#define HS_RACE_S3 0x4u	  /* no reference or object is left at the end */
#define HS_RACE_S4 0x8u	  /* no device entry for a device-private page of another owner */
#define HS_RACE_LIVE 0x10u /* every task comes to its end */
#define HS_RACE_MUST_ALL 0x1fu

/* expect RUN VERDICT [executions=N]: what the race says of itself, for --check and tests */
struct hs_race_expect {
	char *settings; /* "walker=5.3,refs=6.1", "" as the text stands */
	char *verdict;	/* "holds", or the name of a verdict with - for blanks */
	uint64_t executions; /* 0: not said. Complete ones, or the number of the first violation */
	unsigned long line;
};

struct hs_race {
	char *name, *about; /* about: a line for lists; NULL: none */
	unsigned long line;
	uint32_t cpus, section_order, subsection_order; /* 0: default */
	enum hs_geometry_id geometry;
	enum hs_memory memory;
	uint32_t retry_bound;
	struct hs_race_object object[HS_RACE_OBJECTS];
	unsigned int objects;
	struct hs_race_vma vma[HS_RACE_OBJECTS];
	unsigned int vmas;
	struct hs_race_steps setup, check;
	struct hs_race_task task[HS_RACE_TASKS];
	unsigned int tasks;
	char **order; /* words of the order line, ~ kept, bars left out; NULL ends it, or no order */
	uint32_t must;
	struct hs_race_expect *expect;
	size_t expects;
	char **function; /* names after call, each once, NULL ends it */
};

/* Settings of a run that replace values of axis lines: "refs" = "5.3". */
struct hs_race_setting {
	const char *name, *value;
};

/*
 * Reads the next race. Returns 1; 0: end of the text; -EINVAL or -ENOMEM with text->error. A
 * setting of an axis that the race does not have is an error at the line of `race`.
 */
int hs_race_parse(struct hs_text *text, const struct hs_race_setting *settings, size_t count,
		  struct hs_race *out);
void hs_race_free(struct hs_hostmem *mem, struct hs_race *race);

#endif
