/* SPDX-License-Identifier: MIT */
/*
 * repeat.h (explore) - whether the steps of an earlier execution can be repeated
 *
 * A systematic search repeats the first decisions of one execution to take another one after them.
 * That makes sense only if they do the same again: what the scenario does must depend on nothing
 * but decisions, and on memory that the image puts back. Static data of its author, what malloc()
 * returns, a clock or a file may tell executions apart.
 *
 * So each decision leaves a note: which tasks could move, what the task that was taken did, on
 * which object, and with which value. Where a decision is repeated, its note must be the one that
 * is there. A difference is a verdict, HS_VERDICT_UNREPEATABLE.
 */
#ifndef HS_PORT_EXPLORE_REPEAT_H
#define HS_PORT_EXPLORE_REPEAT_H

#include <stdbool.h>
#include <stdint.h>

#include "port/port.h"

#define HS_REPEAT_EARLIER "in an earlier execution with the same decisions"
#define HS_REPEAT_ADVICE "it depends on data outside the machine, see hs_plan_data()"

struct hs_repeat_note {
	const void *addr;
	const char *place; /* of a choice: what is decided; NULL: which store a load sees */
	const char *act;   /* hs_act() */
	uint64_t value;	   /* of a choice: what its step has read or written before it */
	uint32_t enabled;  /* mask of tasks; 0: this is a choice */
	uint32_t size;	   /* of a choice: the answers that there are */
	uint8_t kind;	   /* enum hs_op_kind */
	uint8_t detail;	   /* HS_DETAIL() */
	bool failed;	   /* it changed nothing: a trylock, a compare-exchange */
};

struct hs_repeat {
	struct hs_repeat_note *note;
	uint32_t room;
	uint32_t notes; /* decisions of the last execution */
	/* Decisions that this execution has in common with the last one; it goes on after them. */
	uint32_t same;
	uint32_t step; /* the decision that took the step which is being taken */
};

/* Makes room for the notes of @decisions. 0 or -ENOMEM. */
int hs_repeat_reserve(struct hs_repeat *repeat, uint32_t decisions);
void hs_repeat_free(struct hs_repeat *repeat);

/* What differs, as a verdict: who can move; what the next step of @t does; its value; a choice. */
void hs_repeat_report_tasks(struct hs_sched *s, uint32_t enabled);
void hs_repeat_report_step(struct hs_sched *s, const struct hs_task *t);
void hs_repeat_report_value(struct hs_sched *s, const struct hs_task *t, uint64_t earlier);
void hs_repeat_report_choice(struct hs_sched *s, const struct hs_task *t, uint32_t count);
/* No task moves any more, or a violation has ended the execution. */
void hs_repeat_end(struct hs_sched *s);

/* Decision number @at must leave the note that is there, or at least be of its kind. */
static inline bool hs_repeat_is_due(const struct hs_repeat *r, uint32_t at)
{
	return at <= r->same && at < r->notes;
}

/* These tasks can move where decision @at is to be taken. */
static inline bool hs_repeat_has_tasks(const struct hs_repeat *r, uint32_t at, uint32_t enabled)
{
	return !hs_repeat_is_due(r, at) || r->note[at].enabled == enabled;
}

/* Decision @at takes the next step of @t. */
static inline bool hs_repeat_has_step(struct hs_repeat *r, uint32_t at, uint32_t enabled,
				      const struct hs_task *t)
{
	struct hs_repeat_note *note = &r->note[at];

	r->step = at;
	if (at < r->same)
		return note->addr == t->op.addr && note->size == t->op.size &&
		       note->kind == t->op.kind;
	note->addr = t->op.addr;
	note->place = t->op.where;
	note->act = t->act;
	note->value = 0; /* a step on what is freed is not taken */
	note->enabled = enabled;
	note->size = t->op.size;
	note->kind = t->op.kind;
	note->detail = t->op.detail;
	note->failed = false;
	return true;
}

/*
 * The step has been taken, with @decisions so far. If it made new choices its value may be new, as
 * that of a load which views let see several.
 */
static inline bool hs_repeat_has_value(struct hs_repeat *r, uint32_t decisions, uint64_t value)
{
	if (decisions <= r->same)
		return r->note[r->step].value == value;
	r->note[r->step].value = value;
	return true;
}

/* Decision @at is a choice among @count answers, in a step that has this value so far. */
static inline bool hs_repeat_has_choice(struct hs_repeat *r, uint32_t at, uint32_t count,
					uint64_t value, const char *why)
{
	if (hs_repeat_is_due(r, at))
		return !r->note[at].enabled && r->note[at].size == count &&
		       r->note[at].value == value;
	r->note[at] = (struct hs_repeat_note){ .place = why, .size = count, .value = value };
	return true;
}

#endif
