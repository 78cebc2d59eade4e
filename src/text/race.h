/* SPDX-License-Identifier: MIT */
/*
 * race.h - the race dialect: a machine, objects, tasks with their steps, and what must hold
 *
 * invented. README.md has the language. A parsed race owns its memory and does not need the text
 * any more. Names are resolved: a step, a vma, a driver hold indices of objects. What a line leaves
 * out has its default.
 */
#ifndef HS_TEXT_RACE_H
#define HS_TEXT_RACE_H

#include <hmmsim/device.h>
#include <hmmsim/dmirror.h>
#include <hmmsim/explore.h>
#include <hmmsim/fault.h>
#include <hmmsim/mapping.h>
#include <hmmsim/pgmap.h>

#include "text/out.h"
#include "text/text.h"

enum hs_race_op {
#define OP(id, name, words, summary) HS_RACE_##id,
#include "text/race_ops.def"
#undef OP
	HS_RACE_RETRY, /* begins a loop: arg[0] turns at most, 0: no bound */
	HS_RACE_UNTIL, /* ends it: another turn if the turn's status is again; arg[0]: its retry */
	HS_RACE_OP_COUNT
};

enum hs_race_kind {
	HS_RACE_PGMAP,
	HS_RACE_FILE,
	HS_RACE_MM,
	HS_RACE_DRIVER,
	HS_RACE_DMIRROR,
	HS_RACE_DEVICE,
	HS_RACE_GATE,
	HS_RACE_FLAG,
	HS_RACE_KIND_COUNT
};

#define HS_RACE_ARGS HS_TEXT_WORDS
#define HS_RACE_TASKS 8
#define HS_RACE_TASK_NAME 15 /* bytes of it that tell tasks apart */
#define HS_RACE_CPUS 16
#define HS_RACE_OBJECTS 32 /* of all kinds */
#define HS_RACE_VMAS 32
#define HS_RACE_STEPS 256  /* of all tasks, set-up and check */
#define HS_RACE_ORDER 1024 /* words of the order line */
#define HS_RACE_EXPECTS 256
#define HS_RACE_REACHED 8 /* words of the line reached */
#define HS_RACE_NESTING 4 /* retry in retry */
#define HS_RACE_AXES 8
#define HS_RACE_VALUES 16   /* of an axis */
#define HS_RACE_MIGRATED 64 /* pages of a migration */
#define HS_RACE_TURNS ((uint64_t)1 << 20)

#define HS_RACE_NONE UINT32_MAX

/* What entry a device must have, by the word in the text. */
enum hs_race_entry {
	HS_RACE_ENTRY_NO,
	HS_RACE_ENTRY_YES,
	HS_RACE_ENTRY_R, /* through which it may not write */
	HS_RACE_ENTRY_W,
	HS_RACE_ENTRY_COUNT
};
#define HS_RACE_MAPPED UINT64_MAX	  /* the page that the address space maps there */
#define HS_RACE_ANY_PAGE (UINT64_MAX - 1) /* the line names no page */

/* A step. race_ops.def says what its arguments are. */
struct hs_race_step {
	enum hs_race_op op;
	unsigned long line;
	uint64_t arg[HS_RACE_ARGS];
	unsigned int args; /* that were given */
	char *label;	   /* what the order line calls it; NULL: it has none */
	bool optional;	   /* that no execution does it is meant */
};

struct hs_race_steps {
	struct hs_race_step *step;
	size_t count;
};

struct hs_race_task {
	char *name;
	unsigned long line;
	struct hs_race_steps steps; /* at least one */
	unsigned int cpu;	    /* that it is bound to; HS_RACE_NONE: none */
	bool worker;		    /* its steps are run for each time that it is queued */
};

/* How a fault on device-private memory moves the page. */
enum hs_race_ram {
	HS_RACE_RAM_COPY,    /* hs_migrate_to_ram() */
	HS_RACE_RAM_MIGRATE, /* hs_migrate_vma_setup() and what follows */
	HS_RACE_RAM_DEVICE,  /* hs_device_to_ram() of the device whose memory it is */
	HS_RACE_RAM_COUNT
};

/* Where a driver says what its walks request. */
enum hs_race_requests {
	HS_RACE_REQUESTS_ALL,	     /* once, for all pages */
	HS_RACE_REQUESTS_SLOTS,	     /* in the slot of each page, before each walk */
	HS_RACE_REQUESTS_SLOTS_ONCE, /* likewise, but only before the first walk of a loop */
	HS_RACE_REQUESTS_COUNT
};

/* What becomes of a page that the device could not copy. */
enum hs_race_copy_error {
	HS_RACE_COPY_ERROR_UNDO, /* its target is freed, and the page stays */
	HS_RACE_COPY_ERROR_KEEP, /* it moves all the same */
	HS_RACE_COPY_ERROR_COUNT
};

struct hs_race_pgmap {
	uint64_t start, end, first, owner; /* owner 0: none */
	enum hs_pgmap_type type;	   /* default fsdax */
	enum hs_page_refs refs;		   /* default 6.1 */
	enum hs_removal_order order;	   /* default 6.0 */
	enum hs_race_ram ram;		   /* default copy */
	uint64_t copies; /* of each migration that succeed; default HS_RACE_MIGRATED: all */
	enum hs_race_copy_error copy_error; /* default undo */
	bool atomic;
};

/* Its kind follows from the type of the pgmap. */
struct hs_race_file {
	unsigned int pgmap;
	uint64_t first, pages;
	enum hs_mapping_kind kind;
};

struct hs_race_vma {
	unsigned int mm, file, gate; /* HS_RACE_NONE: anonymous; no gate */
	uint64_t start, end, pgoff;
	uint32_t flags; /* HS_VM_*, always with HS_VM_MAYWRITE */
	unsigned long line;
};

/* An mm. */
struct hs_race_space {
	enum hs_private_fault private_fault;   /* default reference */
	enum hs_migration_wait migration_wait; /* default entry */
};

/* A driver, a dmirror or a device. */
struct hs_race_driver {
	unsigned int mm;
	uint64_t start, end, owner;	/* owner 0: none */
	enum hs_validity validity;	/* default seq */
	enum hs_era era;		/* default 6.12 */
	enum hs_strategy strategy;	/* default none */
	enum hs_protocol protocol;	/* of a driver: sound, callback-no-lock or callback-skips */
	uint32_t tries;			/* dmirror, device; 0: no bound */
	bool touch;			/* dmirror */
	bool late;			/* driver: a step subscribes it, not the set-up */
	enum hs_race_requests requests; /* driver; default all */
	enum hs_device_model model;	/* device */
	uint32_t corrections;		/* device: HS_CORRECT_* bits */
	unsigned int memory;		/* device: its own, a pgmap; HS_RACE_NONE: none */
};

struct hs_race_object {
	enum hs_race_kind kind;
	char *name;
	unsigned long line;
	union {
		struct hs_race_pgmap pgmap;
		struct hs_race_file file;
		struct hs_race_space space;
		struct hs_race_driver driver; /* driver, dmirror and device */
	};
};

struct hs_race_axis {
	char *name;
	char *value[HS_RACE_VALUES];
	unsigned int values, chosen; /* chosen 0: the default */
	unsigned long line;
	bool used; /* a line says $name */
};

/* What must hold: bits of struct hs_race.must. */
#define HS_RACE_S1 0x1u	   /* no device entry for memory that is gone */
#define HS_RACE_S2 0x2u	   /* no access to a struct page or pgmap that is gone */
#define HS_RACE_S3 0x4u	   /* no reference or object is left at the end */
#define HS_RACE_S4 0x8u	   /* no device entry for a device-private page of another owner */
#define HS_RACE_LIVE 0x10u /* a removal that a task has begun comes to its end */
#define HS_RACE_MUSTS 5
#define HS_RACE_MUST_ALL 0x1fu
#define HS_RACE_ANSWER 0x20u /* of struct hs_race.judged alone: steps assert-*, the model */
#define HS_RACE_JUDGED 6
#define HS_RACE_JUDGED_ALL 0x3fu
/* Settings of a run: of each axis one, and only=. */
#define HS_RACE_SETTINGS (HS_RACE_AXES + 1)

/* What the race says of itself, for --check and tests. */
struct hs_race_expect {
	char *settings; /* as hs_race.settings: equal strings are the same run */
	enum hs_verdict verdict;
	uint64_t executions; /* 0: not said. Complete ones, or the number of the first violation */
	unsigned long line;
};

struct hs_race {
	char *name, *about; /* about: a sentence for lists; NULL: none */
	/* "refs=6.1,walker=5.3": in the order of the axes, only= last; "": all defaults. */
	char *settings;
	unsigned long line;
	uint32_t cpus, section_order, subsection_order; /* default 2, 3, 1 */
	enum hs_geometry_id geometry;			/* default mock */
	enum hs_memory memory;				/* default sc */
	uint32_t retry_bound;				/* default 0: none */
	struct hs_race_axis axis[HS_RACE_AXES];
	unsigned int axes;
	struct hs_race_object object[HS_RACE_OBJECTS];
	unsigned int objects;
	struct hs_race_vma vma[HS_RACE_VMAS];
	unsigned int vmas;
	struct hs_race_steps setup, check;
	struct hs_race_task task[HS_RACE_TASKS];
	unsigned int tasks;
	char **order;	    /* words of the order line, ~ kept, bars left out */
	size_t order_words; /* 0: no order */
	unsigned long order_line;
	char *reached[HS_RACE_REACHED]; /* labels, in the order in which their steps begin */
	unsigned int reaches;		/* 0: no such line */
	unsigned long reached_line;
	uint32_t must;	 /* HS_RACE_S1 and the like; default all */
	uint32_t judged; /* the setting only: what violations count; default all */
	struct hs_race_expect *expect;
	size_t expects;
	char **function; /* names after call, each once */
	size_t functions;
};

/*
 * Settings of a run that replace values of axis lines: "refs" = "5.3". Each race has the setting
 * "only", which is no axis: "S2" and the like, or "answer".
 */
struct hs_race_setting {
	const char *name, *value;
};

extern const char *const hs_race_op_names[HS_RACE_OP_COUNT];
extern const char *const hs_race_entry_names[HS_RACE_ENTRY_COUNT];
#define HS_RACE_PROTS 9 /* what a snapshot may say: names, and their HS_DEVICE_PROT_* bits */
extern const char *const hs_race_prot_names[HS_RACE_PROTS];
extern const uint32_t hs_race_prots[HS_RACE_PROTS];
extern const char *const hs_race_op_words[HS_RACE_OP_COUNT]; /* of race_ops.def */
extern const char *const hs_race_kind_names[HS_RACE_KIND_COUNT];

/*
 * Reads the next race. Returns 1; 0: end of the text; -EINVAL or -ENOMEM with text->error. A
 * setting that no axis has is an error. A caller that looks for a race by its name parses
 * without settings, and parses again with them from a copy of *text that it took before.
 */
int hs_race_parse(struct hs_text *text, const struct hs_race_setting *settings, size_t count,
		  struct hs_race *out);
/* The verdict of an expect line: "holds", or the name of another one with - for blanks. */
bool hs_race_verdict(const char *word, enum hs_verdict *verdict);
/*
 * Prints the race as the run that its settings make of it: values of axes stand in place of $name,
 * and of the expect lines the one of this run is left. What is printed reads as the same race but
 * for line numbers, axes and what is judged. The caller prints HS_TEXT_FIRST_LINE first.
 */
void hs_race_print(const struct hs_race *race, struct hs_out *out);
void hs_race_free(struct hs_hostmem *mem, struct hs_race *race);

#endif
