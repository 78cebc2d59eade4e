/* SPDX-License-Identifier: MIT */
/*
 * mm_model_migrate.h - migrations of ranges and of device pages: what becomes of each slot
 *
 * The model has no reverse map. A page is mapped where an entry says so, and a migration entry is
 * for a page if it names it.
 */
#ifndef HS_TESTS_MM_MODEL_MIGRATE_H
#define HS_TESTS_MM_MODEL_MIGRATE_H

#include <hmmsim/migrate.h>

#include "conformance/mm_model.h"

#define MODEL_SLOTS 16 /* of a migration */
#define MODEL_EVENTS (MODEL_SLOTS + 2)

enum reached_entry {
	ENTRY_NONE,
	ENTRY_ZERO,
	ENTRY_ZERO_PROTNONE,
	ENTRY_SYSTEM,
	ENTRY_SYSTEM_PROTNONE,
	ENTRY_COHERENT,
	ENTRY_COHERENT_PROTNONE,
	ENTRY_PRIVATE,
	ENTRY_SWAP,
	ENTRY_MIGRATION,
	ENTRY_EXCLUSIVE,
	ENTRY_HWPOISON
};

struct model_slot {
	uint32_t src, dst; /* objects; 0: none */
	bool migrate, write;
};

/* A section that notifiers are told of. */
struct model_event {
	enum hs_invalidate_event event;
	uint32_t owner;	     /* enum model_memory; 0: none */
	uint32_t first, end; /* places */
};

struct model_move {
	bool device;	       /* no address space is known */
	uint32_t first, count; /* places; slots */
	uint32_t flags;	       /* HS_MIGRATE_SELECT_* */
	uint32_t owner;	       /* enum model_memory; 0: none */
	uint32_t fault;	       /* the object of the fault that it is for; 0: none */
	bool fault_locks;      /* its lock is the fault's */
	struct model_slot slot[MODEL_SLOTS];
	struct model_event event[MODEL_EVENTS]; /* of the last step */
	uint32_t events;
};

/* 0 or -EINVAL. The caller has filled in all but slots and events. */
int model_move_setup(struct model *m, struct model_move *v);
/* The slots say which pages; those that are free have no object. */
void model_move_device(struct model *m, struct model_move *v);
/* @fails: the first allocation does. */
void model_move_pages(struct model *m, struct model_move *v, bool fails);
void model_move_finalize(struct model *m, struct model_move *v);
enum reached_entry model_entry_row(const struct model *m, uint32_t at);
/* What a slot of src or dst says, as the implementation spells it. */
uint64_t model_src_word(const struct model *m, const struct model_slot *s);
uint64_t model_dst_word(const struct model *m, const struct model_slot *s);
static inline uint64_t model_cpages(const struct model_move *v)
{
	uint64_t count = 0;

	for (uint32_t i = 0; i < v->count; i++)
		count += v->slot[i].migrate;
	return count;
}

/* ---- mm_reached.c: what was reached -------------------------------------------------------- */

enum model_table {
	REACHED_COLLECT,  /* an entry, as setup finds it */
	REACHED_REFUSE,	  /* setup */
	REACHED_RANGE,	  /* a page of a device */
	REACHED_DECIDE,	  /* a slot that has MIGRATE before the step "pages" */
	REACHED_FINALIZE, /* a slot with a page */
	REACHED_FAULT,	  /* the page of a fault that migrates */
	REACHED_TABLES
};

#define REACHED_ROWS 12
#define REACHED_COLUMNS 9

struct model_reached {
	uint64_t count[REACHED_TABLES][REACHED_ROWS][REACHED_COLUMNS];
};

enum reached_verdict {
	COLLECT_SELECTED,
	COLLECT_TOLERATED, /* the same; another task has a reference to device memory */
	COLLECT_NOT_ASKED, /* no flag for it */
	COLLECT_FOREIGN,
	COLLECT_NEVER,
	COLLECT_LOCKED,
	COLLECT_HELD
};

enum reached_refusal {
	REFUSED_NO_VMA,
	REFUSED_MAPPING,
	REFUSED_PFNMAP,
	REFUSED_MISALIGNED,
	REFUSED_EMPTY,
	REFUSED_BEYOND,
	REFUSED_NO_ARRAY,
	REFUSED_FAULT_PAGE
};

/* Rows: private, coherent. */
enum reached_range {
	RANGE_MAPPED,
	RANGE_TOLERATED,	  /* mapped, and another task has a reference */
	RANGE_UNMAPPED_TOLERATED, /* no entry */
	RANGE_FREE,
	RANGE_LOCKED,
	RANGE_HELD
};

/* Rows: enum reached_source. */
enum reached_decision {
	DECIDED_SYSTEM, /* where to */
	DECIDED_PRIVATE,
	DECIDED_COHERENT,
	DECIDED_NO_DST,
	DECIDED_WRONG_KIND,
	DECIDED_HELD,
	DECIDED_MAPPED, /* meanwhile */
	DECIDED_NO_MEMORY
};

enum reached_source {
	SOURCE_NOTHING,
	SOURCE_SYSTEM,
	SOURCE_PRIVATE,
	SOURCE_COHERENT
};

/* Rows: enum reached_source. */
enum reached_end {
	END_MOVED,
	END_MOVED_READ_ONLY, /* an mprotect() came between */
	END_MOVED_GONE,	     /* the entry is */
	END_STAYS,
	END_STAYS_GONE,
	END_DST_UNUSED,
	END_INSERTED /* where nothing was */
};

enum reached_fault {
	FAULT_MOVED,
	FAULT_MOVED_OTHERS, /* and pages beside it */
	FAULT_LOCKED,
	FAULT_HELD_AT_SETUP,
	FAULT_HELD_LATER,
	FAULT_REFUSED, /* in a VMA of a file */
	FAULT_AGAIN    /* the fault has not got the lock, and asked no driver */
};

static inline void model_reach(const struct model *m, enum model_table table, uint32_t row,
			       uint32_t column)
{
	m->reached->count[table][row][column]++;
}

extern const char *const mm_reached_names[REACHED_TABLES];
const char *mm_reached_row(enum model_table table, uint32_t row);
const char *mm_reached_column(enum model_table table, uint32_t column);
/* It can be reached. */
bool mm_reached_possible(enum model_table table, uint32_t row, uint32_t column);

#endif
