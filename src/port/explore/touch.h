/* SPDX-License-Identifier: MIT */
/*
 * touch.h (explore) - what a step touches, and which steps depend on each other
 *
 * Two steps are independent if swapping them, where they are adjacent, changes neither what they
 * do nor the state after them. The relation is that of sleep sets, of DPOR and of fingerprints.
 * These depend:
 *
 * - the steps of one task
 * - two on a common byte, unless both only READ it, or both COMMUTE on it
 * - one that may wait, and one that changes a word which its predicate, or its retry, reads
 * - a reader that enters an RCU section, and a snapshot; a grace period, and the ends of those
 *   sections that were entered before its snapshot, which come first in every order; nothing else
 *   of RCU
 * - a retry that is taken because no task can move, and every step: it comes neither before one
 *   that was taken, nor after one that it brings about
 * - a SEQ_CST fence, and a SEQ_CST step; a membarrier, and every step (views.h). Which store a load
 *   sees is a choice of its task
 *
 * Adds to a count (hs_u32_count()) commute while no order brings the count near zero, because
 * their callers look at nothing else. That is known only of the values that the steps meet, so it
 * can be switched off (hs_words.counts), and fingerprints know nothing of it. Through views a task
 * may see a value between two adds, so there it is off.
 *
 * A wake settles the debts of its queue and wakes who sleeps there, so its order matters against a
 * write to a word that the predicate of a sleeper reads. That depends on who sleeps when the two
 * steps are adjacent; fingerprints leave it out (hs_touch_meets_sleepers()).
 */
#ifndef HS_PORT_EXPLORE_TOUCH_H
#define HS_PORT_EXPLORE_TOUCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hs_sched;
struct hs_task;

struct hs_touch {
	uintptr_t addr;
	uint32_t size;
	uint32_t first_word, words; /* of hs_words: what the step reads besides its object */
	uint64_t before, delta;	    /* of HS_COUNT: what it meets, and adds */
	int near;		    /* of HS_COUNT: the largest value that its caller looks at */
	uintptr_t queue;	    /* of what sleeps */
	uint32_t since; /* of the end of a section: its entry; of a grace period: its snapshot */
	uint8_t access; /* enum hs_access */
	uint8_t kind;	/* enum hs_op_kind */
	uint8_t task;
	uint8_t strong; /* enum hs_strong */
	bool alone;
	bool plain;	/* it depends on nothing but what touches a byte of its object */
	bool patient;	/* a look that may wait for its predicate to hold: see dpor.c */
	bool passes;	/* the predicate holds */
	bool varies;	/* in other states its predicate reads other words */
	bool reads_all; /* more words than the task could note */
};

/* What touches name besides their object. */
struct hs_words {
	uintptr_t *word;
	uint32_t count, room;
	bool counts; /* adds to counts may commute */
	bool past;   /* steps that wait depend on what they read before: for DPOR */
	bool failed; /* no memory: what was noted since is wrong */
};

/* Makes room for @need items of @size bytes in the array *@list of *@room. False: no memory. */
bool hs_grow(void *list, uint32_t *room, uint32_t need, size_t size);
void hs_words_free(struct hs_words *words);

/* What the next step of @t touches. Adds to @words. */
struct hs_touch hs_touch_of(const struct hs_sched *s, const struct hs_task *t,
			    struct hs_words *words);

/* They are independent, which is plain to see. */
static inline bool hs_touches_are_apart(const struct hs_touch *a, const struct hs_touch *b)
{
	return a->plain && b->plain &&
	       (a->addr + a->size <= b->addr || b->addr + b->size <= a->addr);
}

/* Whether the order of the two matters; @a comes first. */
bool hs_touches_depend(const struct hs_words *words, const struct hs_touch *a,
		       const struct hs_touch *b);

/* @writer changes a word that @reader reads besides its object. */
bool hs_touch_changes_word(const struct hs_words *words, const struct hs_touch *writer,
			   const struct hs_touch *reader);

/* The same, or one that the predicate of @reader read in a state before it went on. */
bool hs_touch_changed_past(const struct hs_words *words, const struct hs_touch *writer,
			   const struct hs_touch *reader);

/* The step changes a word that the predicate of @t reads now. */
bool hs_touch_meets_watch(const struct hs_touch *touch, const struct hs_task *t);

/* One is a wake, and the other writes a word that a sleeper on its queue reads. */
bool hs_touch_meets_sleepers(const struct hs_words *words, const struct hs_touch *a,
			     const struct hs_touch *b);

/* Those tasks of the mask whose next step is independent of the next step of @t. */
uint32_t hs_independent_tasks(struct hs_sched *s, uint32_t mask, const struct hs_task *t);

#endif
