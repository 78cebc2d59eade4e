/* SPDX-License-Identifier: MIT */
/*
 * races.h (explore) - plain accesses: races, and use of what is freed
 *
 * It is about those that are checked (plains.h).
 *
 * Two accesses to a byte race if they are of two tasks, one of them writes, one of them is plain,
 * and nothing orders them (clocks.h). Plain accesses are no steps, so that an execution has them in
 * one order only. What the other order would show is said of this one:
 *
 *	a write, an access	HS_VERDICT_RACE, whichever comes first
 *	an access, a word's step  the same: a word is for the calls of a word alone
 *	allocation, an access	HS_VERDICT_RACE: the memory may not be zeroed yet
 *	an access, free		HS_VERDICT_FREED; if nothing orders them, whichever comes first
 *
 * For each 8 bytes there are notes: of each task its last read, write, and steps of words that read
 * and wrote, byte by byte. An older one of the same kind and task tells nothing more, because what
 * comes after the last one comes after all. So a pair is found however far it lies apart.
 *
 * One execution of each class is enough. Take one in which nothing is found, and two steps that are
 * next to each other in it and independent (touch.h), each with the part after it. Nothing that
 * could order the two parts lies between them, so that all plain accesses that meet in them only
 * read. If they are swapped, both tasks see what they saw, and happens-before is the same
 * (clocks.h). So nothing is found then, either, and by and by in no execution of the class. Where
 * something is found in one of the class, something is found in all of them. Which of several
 * findings comes first, and ends the execution, depends on the order.
 *
 * Where accesses are steps the same notes show races, which are told to the program and end nothing
 * (hs_races_watch()).
 *
 * What comes before the first step of each task is noted once, as it is done once (image.c).
 *
 * Memory: a word of the table and 48 bytes for each note, of memory that the scenario has declared.
 */
#ifndef HS_PORT_EXPLORE_RACES_H
#define HS_PORT_EXPLORE_RACES_H

#include <hmmsim/explore.h>
#include <hmmsim/races.h>

#include "port/port.h"

struct hs_birth;
struct hs_sched;

/* What is accessed: an object, or data that the scenario has named. */
struct hs_races_object {
	const struct hs_birth *birth; /* NULL: data */
	uintptr_t start, end;	      /* what is declared of it */
	uint32_t data;
};

/* hs_races_report() was called. */
bool hs_races_are_reported(void);

/* Makes s->races and s->clocks, for the calling thread. 0 or -ENOMEM. */
int hs_races_begin(struct hs_sched *s);
void hs_races_end(struct hs_sched *s);
/* After the set-up: the exploration turns out to need none. */
void hs_races_drop(struct hs_sched *s);
/* Takes note of where executions begin, and goes back there. */
void hs_races_stand(struct hs_sched *s);
void hs_races_reset(struct hs_sched *s);
/* There was no memory: what was explored since says nothing. */
bool hs_races_failed(const struct hs_sched *s);

/* @t is about to take its next step. False: there is a verdict now. */
bool hs_races_step(struct hs_task *t);
/* @t reads or writes a word in its step. False: there is a verdict now. */
bool hs_races_word(struct hs_task *t, const void *addr, size_t size, bool writes);

/* What has @addr, also after its end. False: it is not declared. */
bool hs_races_find_object(const struct hs_sched *s, uintptr_t addr, struct hs_races_object *o);
/* hs_races_watch() was called: races between steps are told. */
bool hs_races_are_watched(void);
/*
 * A plain access of @t to @o that is checked, or a step whose races are told (enum hs_plain).
 * @where: its place, NULL if that is not known. False: there is a verdict now.
 */
bool hs_races_plain(struct hs_task *t, const struct hs_races_object *o, const void *data,
		    size_t size, bool writes, enum hs_plain mode, const char *where);
/* As verdicts: an access to what is not live, to no object; an atomic one that is no word. */
void hs_races_report_dead(struct hs_task *t, const void *data, size_t size,
			  enum hs_races_access access, const char *where);
void hs_races_report_wild(struct hs_task *t, uintptr_t addr, size_t size,
			  enum hs_races_access access, const char *where);
void hs_races_refuse_atomic(struct hs_task *t, const struct hs_races_object *o, uintptr_t addr);

#endif
