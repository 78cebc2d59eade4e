/* SPDX-License-Identifier: MIT */
/*
 * gate.h - what a fault waits for first, for the fault handler
 */
#ifndef HS_MM_GATE_H
#define HS_MM_GATE_H

#include <hmmsim/fault.h>

#include "mm/mm.h"

struct hs_gate {
	hs_u32 open;
	hs_u32 waiters;
	hs_u32 vmas; /* that have it */
	struct hs_waitq queue;
	struct hs_pgmap *pgmap; /* not NULL: open when step of its removal is complete */
	enum hs_pgmap_step step;
};

/* A VMA has the gate now, or has it no more. NULL: nothing. */
void hs_gate_link(struct hs_task *self, struct hs_gate *gate);
void hs_gate_unlink(struct hs_task *self, struct hs_gate *gate);
bool hs_gate_is_open(struct hs_task *self, struct hs_gate *gate);
/* Sleeps until the gate is open. */
void hs_gate_wait(struct hs_task *self, struct hs_gate *gate);

#endif
