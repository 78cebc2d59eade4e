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
	struct hs_waitq queue;
	struct hs_pgmap *pgmap; /* not NULL: open when step of its removal is complete */
	enum hs_pgmap_step step;
};

bool hs_gate_is_open(struct hs_task *self, struct hs_gate *gate);
/* Sleeps until the gate is open. */
void hs_gate_wait(struct hs_task *self, struct hs_gate *gate);

#endif
