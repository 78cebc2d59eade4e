/* SPDX-License-Identifier: MIT */
/*
 * births.h (explore) - the objects of an execution: where each was allocated, and freed
 *
 * No address is used twice in an execution, so that an address belongs to one object at most, also
 * after its end.
 */
#ifndef HS_PORT_EXPLORE_BIRTHS_H
#define HS_PORT_EXPLORE_BIRTHS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hs_leaks;
struct hs_sched;
struct hs_task;

struct hs_birth {
	uintptr_t start;
	size_t size;
	const char *name; /* of what tracked.h allocates, else NULL: its header may break */
	const char *allocated, *freed; /* places; .freed is NULL: it lives */
	uint32_t freed_at;	       /* decisions before it was freed */
	uint32_t part;		       /* of its maker, in which it was allocated (clocks.h) */
	uint8_t kind;		       /* enum hs_kind */
	uint8_t maker, freer;	       /* tasks */
	bool comes_back;	       /* it was freed in an execution, and the next one has it */
	bool named;		       /* as a leak */
};

struct hs_births {
	struct hs_birth *list;
	uint32_t count, room;
	uint32_t scenario;  /* those before it are the machine's, and the state */
	uint32_t standing;  /* those of the set-up, with which an execution begins */
	bool standing_died; /* some of them were freed in this execution */
	bool on;	    /* an exploration */
	bool failed;	    /* no memory */
};

/* Before the machine is made, and after its end: @on or not. */
void hs_births_begin(struct hs_births *births, bool on);
void hs_births_add(struct hs_task *self, const void *object, size_t size, uint32_t kind,
		   const char *where);
/* What its author calls the object that was added last. */
void hs_births_name(struct hs_births *births, const char *name);
void hs_births_end(struct hs_task *self, const void *object, const char *where);
/* The set-up begins. */
void hs_births_set_up(struct hs_births *births);
/* Takes note of where executions begin, and goes back there. */
void hs_births_stand(struct hs_births *births);
void hs_births_reset(struct hs_births *births);
void hs_births_free(struct hs_births *births);
/* The object that has, or had, the address. NULL: none. */
const struct hs_birth *hs_births_find(const struct hs_births *births, uintptr_t addr);
/* How many objects of its kind there were before it. */
uint32_t hs_births_number(const struct hs_births *births, const struct hs_birth *birth);
/* Adds what tracked.h allocated and what lives, by name and place, the newest first. */
void hs_births_name_leaks(struct hs_births *births, struct hs_leaks *left);

#endif
