/* SPDX-License-Identifier: MIT */
/*
 * script.h - one interleaving, written down: "w1 w2 | r1 r2~ | w5"
 *
 * A task that comes to a step which the rest of the text names waits for its turn. A turn lasts
 * until the task comes to its next step or ends; with ~ it passes on as soon as the step has begun,
 * for steps that block. Steps that the rest of the text does not name are free. Bars are for the
 * reader.
 */
#ifndef HS_TESTS_SCRIPT_H
#define HS_TESTS_SCRIPT_H

#include "port/port.h"

struct script {
	const char *text;
	hs_u32 at; /* words that are over */
};

/* One per task. */
struct script_actor {
	struct script *script;
	uint32_t next; /* words up to here are none of its steps, or are over */
	bool turn;     /* its step is the one that the script is at */
};

void script_init(struct script *script, const char *text);
void script_step(struct hs_task *self, struct script_actor *actor, const char *name);
/* The task has no more steps. */
void script_end(struct hs_task *self, struct script_actor *actor);
/* Every word is over. */
bool script_over(const struct script *script);

#endif
