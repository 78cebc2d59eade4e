/* SPDX-License-Identifier: MIT */
/*
 * plains.h (explore) - plain accesses: which of them are looked at, and steps
 *
 * An access has the mode (enum hs_plain) of the smallest piece of memory with one that has its
 * address (hs_plan_plain()), else of the kind of its object (hs_plan_plain_kind()), else of the
 * exploration. Those that are checked go to races.h. Those that are steps are shown to the
 * scheduler before they take place, as steps of words are, and act in the code that comes next. So
 * all that holds of steps holds of them: touch.h says which depend on each other, and a finding
 * there is about an object that is freed. They order nothing, and are not ordered by clocks.
 *
 * A step must have its effect before the next step. That is so where the call of a compiler is
 * directly before the access. Of a copy of a struct gcc calls for what is written, then for what is
 * read, and copies after both:
 *
 *	what the code does		steps
 *	write x = 1; read y		W(x), x is written; R(y)
 *	x = y, two structs		W(x); C(x, y), y is read, x is written
 *
 * The two differ in what x holds when the call for y comes: as long as it is what it was, x may
 * still have to be written. Then the next step is a copy, which writes all from the one to the
 * other, unless the places of the two are known and differ. It depends on more steps than it has
 * to, which costs executions and changes no result.
 *
 * What is volatile is no plain access where accesses are steps, but a relaxed load or store, which
 * the code that comes next makes: fences around it order, for clocks, but views see it as they see
 * plain data. Atomics there are the words of the seam (atomics.c).
 *
 * Values: what a task has read wakes it from a retry when it changes (hs_saw()). What it has
 * written is there only when its next step comes, so that its words are looked at then
 * (hs_plains_settle()).
 */
#ifndef HS_PORT_EXPLORE_PLAINS_H
#define HS_PORT_EXPLORE_PLAINS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hmmsim/explore.h>

#define HS_PLAINS 32

struct hs_birth;
struct hs_sched;
struct hs_task;

struct hs_plains_rule {
	const char *kind; /* objects with this name; NULL: memory */
	uintptr_t start;
	size_t size;
	uint8_t mode; /* enum hs_plain */
};

struct hs_plains {
	bool on;      /* accesses are looked at */
	bool steps;   /* some of them are steps */
	bool foreign; /* they are those of foreign code (foreign.c) */
	uint8_t mode; /* where no rule says another one */
	uint32_t count;
	struct hs_plains_rule rule[HS_PLAINS];
	/* The last write that is a step, and that may still have to take place. */
	struct {
		uintptr_t addr;
		size_t size;
		const char *where;	 /* NULL: not known */
		uint64_t execution, sum; /* sum: of what was there before */
		uint32_t task, decisions;
	} write;
};

/* Looks at the accesses of the calling thread from now on, with this mode and no rule. */
void hs_plains_begin(struct hs_sched *s, enum hs_plain mode);
void hs_plains_end(struct hs_sched *s);
void hs_plains_add(struct hs_sched *s, struct hs_plains_rule rule);
/* Some memory may have this mode. */
bool hs_plains_has(const struct hs_sched *s, enum hs_plain mode);
/* The mode of @addr, in the object @birth or NULL; *end becomes the end of what has it, if less. */
enum hs_plain hs_plains_mode(const struct hs_sched *s, const struct hs_birth *birth, uintptr_t addr,
			     uintptr_t *end);

/* The task whose accesses are looked at on the calling thread now. NULL: none. */
struct hs_task *hs_plains_task(void);
/* The accesses of @t to @addr are steps. */
bool hs_plains_are_steps(const struct hs_task *t, uintptr_t addr);

/*
 * @t is about to write what it may have read in words of any size: another task may have done so
 * before. And @t has written it: what it has read follows.
 */
void hs_plains_before_write(struct hs_task *t, uintptr_t addr, size_t size);
void hs_plains_after_write(struct hs_task *t, uintptr_t addr, size_t size);

/* A step of @t has been taken, and the next one is known: what a plain write has left. */
void hs_plains_settle(struct hs_sched *s, struct hs_task *t);

#endif
