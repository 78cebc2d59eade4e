/* SPDX-License-Identifier: MIT */
/*
 * repeat.c (explore) - whether the steps of an earlier execution can be repeated
 */
#include "port/explore/repeat.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "port/explore/sched.h"

int hs_repeat_reserve(struct hs_repeat *repeat, uint32_t decisions)
{
	struct hs_repeat_note *note;

	if (decisions <= repeat->room)
		return 0;
	note = realloc(repeat->note, decisions * sizeof(*note));
	if (!note)
		return -ENOMEM;
	repeat->note = note;
	repeat->room = decisions;
	return 0;
}

void hs_repeat_free(struct hs_repeat *repeat)
{
	free(repeat->note);
	memset(repeat, 0, sizeof(*repeat));
}

static const char *repeat_place(const char *place)
{
	return place ? place : "a place that is not known";
}

void hs_repeat_report_tasks(struct hs_sched *s, uint32_t enabled)
{
	const struct hs_repeat_note *note = &s->repeat.note[s->decisions];
	uint32_t id = (uint32_t)__builtin_ctz(note->enabled ^ enabled);
	bool can = enabled >> id & 1;

	if (!note->enabled)
		hs_sched_violation(s, HS_VERDICT_UNREPEATABLE,
				   "decision %u is a step, and was a choice " HS_REPEAT_EARLIER
				   ": " HS_REPEAT_ADVICE,
				   s->decisions + 1);
	else
		hs_sched_violation(s, HS_VERDICT_UNREPEATABLE,
				   "decision %u: task %s %s, and %s " HS_REPEAT_EARLIER
				   ": " HS_REPEAT_ADVICE,
				   s->decisions + 1, s->task[id].name,
				   can ? "can move" : "cannot move", can ? "could not" : "could");
}

void hs_repeat_report_step(struct hs_sched *s, const struct hs_task *t)
{
	const struct hs_repeat_note *note = &s->repeat.note[s->decisions];

	hs_sched_violation(s, HS_VERDICT_UNREPEATABLE,
			   "decision %u: task %s: %s near %s; " HS_REPEAT_EARLIER
			   ": %s%s near %s: " HS_REPEAT_ADVICE,
			   s->decisions + 1, t->name, hs_op_name((enum hs_op_kind)t->op.kind),
			   repeat_place(t->op.where), hs_op_name((enum hs_op_kind)note->kind),
			   note->kind == t->op.kind ? " of another object" : "",
			   repeat_place(note->place));
}

/* An address, which would differ from run to run, has no digits. */
static const char *repeat_value(const struct hs_sched *s, uint64_t value, char text[24])
{
	if (hs_value_is_address(s, value))
		return "an address";
	snprintf(text, 24, "%llu", (unsigned long long)value);
	return text;
}

void hs_repeat_report_value(struct hs_sched *s, const struct hs_task *t, uint64_t earlier)
{
	const struct hs_repeat_note *note = &s->repeat.note[s->repeat.step];
	char now[24], before[24];

	hs_sched_violation(s, HS_VERDICT_UNREPEATABLE,
			   "decision %u: task %s: %s near %s: value %s; " HS_REPEAT_EARLIER
			   ": %s: " HS_REPEAT_ADVICE,
			   s->repeat.step + 1, t->name, hs_op_name((enum hs_op_kind)note->kind),
			   repeat_place(note->place), repeat_value(s, t->op.value, now),
			   hs_value_is_address(s, t->op.value) && hs_value_is_address(s, earlier)
				   ? "another one"
				   : repeat_value(s, earlier, before));
}

/* Through views a load chooses before it has its value. Else the step's value comes first. */
void hs_repeat_report_choice(struct hs_sched *s, const struct hs_task *t, uint32_t count)
{
	const struct hs_repeat_note *note = &s->repeat.note[s->decisions];
	uint64_t value = note->enabled ? s->repeat.note[s->repeat.step].value : note->value;

	if (!s->views && value != t->op.value)
		hs_repeat_report_value(s, t, value);
	else if (note->enabled)
		hs_sched_violation(s, HS_VERDICT_UNREPEATABLE,
				   "decision %u: task %s chooses among %u near %s, and a step came "
				   "next " HS_REPEAT_EARLIER ": " HS_REPEAT_ADVICE,
				   s->decisions + 1, t->name, count, repeat_place(t->place));
	else
		hs_sched_violation(
			s, HS_VERDICT_UNREPEATABLE,
			"decision %u: task %s chooses among %u near %s; " HS_REPEAT_EARLIER
			": among %u: " HS_REPEAT_ADVICE,
			s->decisions + 1, t->name, count, repeat_place(t->place), note->size);
}

/* ---- the end ----------------------------------------------------------------------------- */

/* A crash is what it is, wherever it comes. */
void hs_repeat_end(struct hs_sched *s)
{
	bool early = hs_repeat_is_due(&s->repeat, s->decisions);
	char text[HS_SCHED_MESSAGE];

	s->repeat.notes = s->decisions;
	if (!early || s->crash.kind || s->verdict == HS_VERDICT_UNREPEATABLE)
		return;
	if (s->verdict == HS_VERDICT_NONE) {
		hs_sched_violation(
			s, HS_VERDICT_UNREPEATABLE,
			"after decision %u no task can move, and one could " HS_REPEAT_EARLIER
			": " HS_REPEAT_ADVICE,
			s->decisions);
		return;
	}
	memcpy(text, s->message, sizeof(text));
	s->verdict = HS_VERDICT_NONE;
	hs_sched_violation(s, HS_VERDICT_UNREPEATABLE,
			   "decision %u: %.300s; it was none " HS_REPEAT_EARLIER
			   ": " HS_REPEAT_ADVICE,
			   s->decisions, text);
}
