/* SPDX-License-Identifier: MIT */
/*
 * mm_ops.h - operations on two address spaces: made at random, run on machine and model, printed
 *
 * An operation says all about itself, so that it means the same when others before it are dropped.
 * One that has lost its ground (the end of a migration that never began) does nothing.
 */
#ifndef HS_TESTS_MM_OPS_H
#define HS_TESTS_MM_OPS_H

#include <errno.h>
#include <stdio.h>

#include "port/port.h"
#include "conformance/mm_world.h"

/* What the page that an operation begins at is mapped as. */
enum mm_kind {
	MM_KIND_GAP,
	MM_KIND_ANON_RW,
	MM_KIND_ANON_RO,
	MM_KIND_PROT_NONE,
	MM_KIND_PFNMAP,
	MM_KIND_DAX_SHARED,
	MM_KIND_DAX_PRIVATE,
	MM_KIND_DEVICE_DAX,
	MM_KIND_P2PDMA,
	MM_KIND_COUNT
};

/* The kinds on which there can be such an operation. */
#define MM_ALL ((1u << MM_KIND_COUNT) - 1)
#define MM_VMAS (MM_ALL & ~(1u << MM_KIND_GAP)) /* nothing is mapped as a gap */
/* It takes a device page away. */
#define MM_ANON (1u << MM_KIND_ANON_RW | 1u << MM_KIND_ANON_RO | 1u << MM_KIND_PROT_NONE)
/* It needs an anonymous page that was there. */
#define MM_COPIES (MM_ANON | 1u << MM_KIND_DAX_PRIVATE)
/* It is about a mapping. */
#define MM_MAPPED (MM_ALL & ~((1u << MM_KIND_DAX_SHARED) - 1))

/*
 * X(NAME, "words", function, argument, kinds). The end of each hold follows its begin. The groups:
 * ranges of pages; one page, from SWAP_OUT on, but PROTNONE; walks, from WALK_6_12 on; migrations
 * of ranges, from MOVE on; a mapping or a pool, from ALLOCATE on.
 */
#define MM_OPS(X)                                                             \
	X(MMAP, "mmap", mmap, 0, MM_VMAS)                                     \
	X(MUNMAP, "munmap", munmap, 0, MM_ALL)                                \
	X(MPROTECT, "mprotect", mprotect, 0, MM_ALL)                          \
	X(SET_GATE, "set gate", set_gate, 0, MM_ALL)                          \
	X(ZAP, "zap", zap, 0, MM_ALL)                                         \
	X(FAULT_READ, "fault, read", fault, false, MM_ALL)                    \
	X(FAULT_WRITE, "fault, write", fault, true, MM_ALL)                   \
	X(CPU_READ, "load", access, false, MM_ALL)                            \
	X(CPU_WRITE, "store", access, true, MM_ALL)                           \
	X(SWAP_OUT, "swap out", swap_out, 0, MM_ALL)                          \
	X(MIGRATION_START, "migration start", hold, MM_MIGRATION, MM_ALL)     \
	X(MIGRATION_END, "migration end", let_go, MM_MIGRATION, MM_COPIES)    \
	X(EXCLUSIVE, "make exclusive", hold, MM_EXCLUSIVE, MM_ALL)            \
	X(RELEASE, "release exclusive", let_go, MM_EXCLUSIVE, MM_COPIES)      \
	X(PROTNONE, "make protnone", protnone, 0, MM_ALL)                     \
	X(FAILURE, "memory failure", failure, 0, MM_ALL)                      \
	X(INSERT_PRIVATE, "insert private", insert, MODEL_PRIVATE_0, MM_ALL)  \
	X(INSERT_COHERENT, "insert coherent", insert, MODEL_COHERENT, MM_ALL) \
	X(PIN, "pin", pin, MM_PIN, MM_COPIES)                                 \
	X(UNPIN, "unpin", let_go, MM_PIN, MM_COPIES)                          \
	X(LOCK, "lock page", lock, MM_LOCK, MM_COPIES)                        \
	X(UNLOCK, "unlock page", let_go, MM_LOCK, MM_COPIES)                  \
	X(WALK_6_12, "range fault 6.12", walk, HS_ERA_6_12, MM_ALL)           \
	X(WALK_5_3, "range fault 5.3", walk, HS_ERA_5_3, MM_ALL)              \
	X(SNAPSHOT_5_3, "snapshot 5.3", walk, HS_ERA_5_3, MM_ALL)             \
	X(POPULATE_6_12, "populate 6.12", populate, HS_ERA_6_12, MM_ALL)      \
	X(POPULATE_5_3, "populate 5.3", populate, HS_ERA_5_3, MM_ALL)         \
	X(MOVE, "migrate setup", move, 0, MM_ALL)                             \
	X(MOVE_DEVICE, "migrate device range", move_device, 0, MM_ANON)       \
	X(MOVE_PAGES, "migrate pages", move_pages, 0, MM_ANON)                \
	X(MOVE_END, "migrate finalize", move_end, 0, MM_ANON)                 \
	X(MOVE_FAULT, "migrate by a fault", move_fault, false, MM_ALL)        \
	X(ALLOCATE, "allocate block", allocate, 0, MM_MAPPED)                 \
	X(UNMAP_MAPPING, "unmap mapping", unmap, false, MM_MAPPED)            \
	X(UNMAP_COWS, "unmap mapping and cows", unmap, true, MM_MAPPED)       \
	X(KILL_MAPPING, "kill mapping", kill, 0, MM_MAPPED)                   \
	X(RENEW_MAPPING, "renew mapping", renew_mapping, 0, MM_MAPPED)        \
	X(RENEW_POOL, "renew pool", renew_pool, 0, MM_ANON)                   \
	X(RENEW_SPACE, "renew address space", renew_space, 0, MM_ANON)

enum mm_op_code {
#define X(name, ...) MM_OP_##name,
	MM_OPS(X)
#undef X
	MM_OP_CODES
};

struct mm_op {
	uint8_t code, at, count;
	uint8_t slot;	 /* which hold, page, mapping, pool */
	uint8_t kind;	 /* mmap: of what kind; all: what was aimed at */
	uint8_t wrong;	 /* 1: misaligned, 2: empty */
	uint32_t number; /* whatever else it needs */
	uint64_t seed;
};

/* An operation on its way. */
struct mm_run {
	struct mm_world *w;
	struct hs_task *self;
	struct model *m;
	const struct mm_op *op;
	uint32_t with; /* the argument of its row */
	struct hs_mm *mm;
	uint64_t start, end; /* as the implementation is told */
	uint32_t at, last;   /* as the model is: places [at, last) */
	long long wanted;    /* what the model says */
	bool done;	     /* it succeeded */
	bool idle;	     /* it had no ground: nothing happened */
	uint32_t column;     /* enum mm_kind that it counts for */
};

struct mm_row {
	const char *words;
	bool (*run)(struct mm_run *r); /* on model and machine; false: they differ */
	uint32_t with, kinds;
};

extern const struct mm_row mm_rows[MM_OP_CODES];
extern const char *const mm_kind_names[MM_KIND_COUNT];

/* Per operation and kind: how often called, and how often with success. */
struct mm_counts {
	uint64_t calls[MM_OP_CODES][MM_KIND_COUNT];
	uint64_t done[MM_OP_CODES][MM_KIND_COUNT];
	/* On a page that migrates: after setup, after the step "pages"; the same of a device. */
	uint64_t between[MM_OP_CODES][4];
	struct model_reached reached;
};

void mm_op_print(FILE *to, const struct mm_op *op);
enum mm_kind mm_kind_of(const struct mm_world *w, uint32_t at);
/* mm_gen.c: draws one that makes sense in this state. */
void mm_op_draw(const struct mm_world *w, uint64_t *seed, struct mm_op *op);
/* Runs it on both and compares; false: w->message says what differs. */
bool mm_op_run(struct mm_world *w, const struct mm_op *op, struct mm_counts *counts, bool all);

/* ---- for operations ------------------------------------------------------------------------ */

/* Notes success; false, with a message, if the machine says something else than was wanted. */
bool mm_equal(struct mm_run *r, long long real);
/* The model first, if the address is not wrong. */
#define MM_BOTH(r, predicted, real) \
	((r)->wanted = (r)->op->wrong ? -EINVAL : (predicted), mm_equal(r, real))
/* The prediction would wait for ever: the model is as it was before, and the operation idle. */
bool mm_waits(struct mm_run *r);
/* A device or a CPU writes the page at r->at, which is @pfn. */
void mm_write(struct mm_run *r, uint64_t pfn);

/* A fresh page with these contents; NULL: none is left. */
struct hs_page *mm_new_page(struct mm_run *r, uint32_t memory, uint64_t contents, uint32_t *object);

/* mm_ops_migrate.c */
bool mm_run_move(struct mm_run *r);
bool mm_run_move_device(struct mm_run *r);
bool mm_run_move_pages(struct mm_run *r);
bool mm_run_move_end(struct mm_run *r);
bool mm_run_move_fault(struct mm_run *r);
/* mm_ops.c */
bool mm_run_fault(struct mm_run *r);
/*
 * A task that takes the mmap lock for write waits until the migrations of the address space have
 * done the step "pages": they do it now.
 */
bool mm_moves_decide(struct mm_run *r, const struct hs_mm *mm);

/* mm_ops_walk.c */
bool mm_run_walk(struct mm_run *r);
bool mm_run_populate(struct mm_run *r);

#endif
