/* SPDX-License-Identifier: MIT */
/*
 * mm_ops.h - operations on two address spaces: made at random, run on machine and model, printed
 *
 * An operation says all about itself, so that it means the same when others before it are dropped; one
 * that has lost its ground (the end of a migration that never began) does nothing.
 */
#ifndef HS_TESTS_MM_OPS_H
#define HS_TESTS_MM_OPS_H

#include <stdio.h>

#include "support/mm_world.h"

/* X(NAME, "words") */
#define MM_OPS(X)                               \
	X(MMAP, "mmap")                         \
	X(MUNMAP, "munmap")                     \
	X(MPROTECT, "mprotect")                 \
	X(SET_GATE, "set gate")                 \
	X(ZAP, "zap")                           \
	X(FAULT_READ, "fault, read")            \
	X(FAULT_WRITE, "fault, write")          \
	X(CPU_READ, "load")                     \
	X(CPU_WRITE, "store")                   \
	X(SWAP_OUT, "swap out")                 \
	X(MIGRATION_START, "migration start")   \
	X(MIGRATION_END, "migration end")       \
	X(EXCLUSIVE, "make exclusive")          \
	X(RELEASE, "release exclusive")         \
	X(PROTNONE, "make protnone")            \
	X(FAILURE, "memory failure")            \
	X(INSERT_PRIVATE, "insert private")     \
	X(INSERT_COHERENT, "insert coherent")   \
	X(PIN, "pin")                           \
	X(UNPIN, "unpin")                       \
	X(WALK_6_12, "range fault 6.12")        \
	X(WALK_5_3, "range fault 5.3")          \
	X(SNAPSHOT_5_3, "snapshot 5.3")         \
	X(POPULATE_6_12, "populate 6.12")       \
	X(POPULATE_5_3, "populate 5.3")         \
	X(ALLOCATE, "allocate block")           \
	X(UNMAP_MAPPING, "unmap mapping")       \
	X(UNMAP_COWS, "unmap mapping and cows") \
	X(KILL_MAPPING, "kill mapping")         \
	X(RENEW_MAPPING, "renew mapping")       \
	X(RENEW_POOL, "renew pool")

enum mm_op_code {
#define X(name, words) MM_OP_##name,
	MM_OPS(X)
#undef X
	MM_OP_CODES
};

/* What the page that an operation begins at is mapped as. X(NAME, "words") */
#define MM_KINDS(X)                \
	X(GAP, "gap")              \
	X(ANON_RW, "anon rw")      \
	X(ANON_RO, "anon ro")      \
	X(PROT_NONE, "none")       \
	X(PFNMAP, "pfnmap")        \
	X(DAX_SHARED, "dax shr")   \
	X(DAX_PRIVATE, "dax priv") \
	X(DEVICE_DAX, "dev dax")   \
	X(P2PDMA, "p2pdma")

enum mm_kind {
#define X(name, words) MM_KIND_##name,
	MM_KINDS(X)
#undef X
	MM_KIND_COUNT
};

struct mm_op {
	uint8_t code, mm, page, count;
	uint8_t slot;	 /* which migration, page, pool */
	uint8_t kind;	 /* mmap: of what kind; all: what was aimed at */
	uint8_t wrong;	 /* 1: misaligned, 2: empty */
	uint32_t number; /* whatever else it needs */
	uint64_t seed;
};

/* Per operation and kind: how often called, and how often with success. */
struct mm_counts {
	uint64_t calls[MM_OP_CODES][MM_KIND_COUNT];
	uint64_t done[MM_OP_CODES][MM_KIND_COUNT];
};

const char *mm_op_name(enum mm_op_code code);
const char *mm_kind_name(enum mm_kind kind);
void mm_op_print(FILE *to, const struct mm_op *op);
/* NULL: it can be; otherwise why no such operation can be on such a VMA. */
const char *mm_op_impossible(enum mm_op_code code, enum mm_kind kind);

enum mm_kind mm_kind_of(const struct mm_world *w, uint32_t mm, uint32_t page);
/* mm_gen.c: draws one that makes sense in this state. */
void mm_op_draw(const struct mm_world *w, uint64_t *seed, struct mm_op *op);
/* Runs it on both and compares; false: w->message says what differs. */
bool mm_op_run(struct mm_world *w, const struct mm_op *op, struct mm_counts *counts, bool all);

/* mm_ops_walk.c: a range fault; false: a slot or the result differs. *idle: it would have waited. */
bool mm_walk_run(struct mm_world *w, const struct mm_op *op, bool *done, bool *idle);
/* A predicted slot: pages that had no pfn when it was predicted have one now. */
uint64_t mm_slot_with_pfn(const struct mm_world *w, uint64_t slot);

static inline uint64_t mm_random(uint64_t *seed)
{
	uint64_t z = *seed += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

#endif
