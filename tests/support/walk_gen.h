/* SPDX-License-Identifier: MIT */
/*
 * walk_gen.h - random walk scenarios
 *
 * Everything follows from the seed. Scenarios are small, so that many can be run: a few VMAs,
 * entries of every kind in runs and alternation, several pgmaps, and rules, requests and retry
 * points that meet them. A third is dense in device memory.
 */
#ifndef HS_TESTS_WALK_GEN_H
#define HS_TESTS_WALK_GEN_H

#include "run/walk_run.h"

#define GEN_VMAS 6
#define GEN_MAPS 64
#define GEN_PGMAPS 6
#define GEN_RULES 3
#define GEN_INS 6

/* The scenario's arrays are here: it needs no freeing, and is copied with gen_copy(). */
struct gen {
	struct hs_walk_scenario s;
	char name[32];
	struct hs_layout_vma vmas[GEN_VMAS];
	struct hs_space_map maps[GEN_MAPS];
	struct hs_space_pgmap pgmaps[GEN_PGMAPS];
	struct hs_fault_rule by_call[GEN_RULES], by_addr[GEN_RULES];
	struct hs_walk_in ins[GEN_INS];
	uint64_t seed; /* state of the generator */
};

void gen_scenario(struct gen *g, uint64_t seed);
void gen_copy(struct gen *to, const struct gen *from);

#endif
