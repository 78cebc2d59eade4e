/* SPDX-License-Identifier: MIT */
/*
 * report.c - an execution as text that fits in a mail: one column a task, one line a step
 *
 * It is made of the notes that each decision leaves (repeat.h), which is why a crash has one, too.
 */
#include "explore/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explore/fields.h"
#include "explore/search.h"
#include "memory/memory.h"

#define REPORT_COLUMN 24 /* from one task's lines to the next one's */
#define REPORT_ENDS 500	 /* decisions at the beginning, and at the end, if there are more */
#define REPORT_OBJECTS 50
#define REPORT_TEXT 96
#define REPORT_VALUES (2 * REPORT_TEXT + 8)

struct report {
	const struct hs_sched *sched;
	char *text;
	uint32_t used, room;
	bool failed; /* no memory */
};

static void HS_PRINTF(2, 3) report_add(struct report *r, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (n < 0 || !hs_grow(&r->text, &r->room, r->used + (uint32_t)n + 1, 1)) {
		r->failed = true;
		return;
	}
	va_start(args, format);
	vsnprintf(r->text + r->used, r->room - r->used, format, args);
	va_end(args);
	r->used += (uint32_t)n;
}

/* ---- objects ------------------------------------------------------------------------------ */

static bool report_in_region(const struct hs_sched *s, uintptr_t addr)
{
	return addr - (uintptr_t)s->region < HS_ARENA_BYTES;
}

static void report_offset(size_t offset, char *text)
{
	if (offset)
		snprintf(text + strlen(text), REPORT_TEXT - strlen(text), "+0x%zx", offset);
}

/* A page of a memmap is named by its pfn, which its struct keeps after its end, under ASan too. */
HS_NO_ASAN static void report_name_page(const struct hs_birth *b, size_t offset, char *text)
{
	size_t at = offset % sizeof(struct hs_page);
	const struct hs_page *page = (const void *)(b->start + (offset - at));
	const char *field = hs_field_name(HS_KIND_PAGE, at);

	snprintf(text, REPORT_TEXT, "page 0x%x%s%s", page->pfn, field ? "." : "",
		 field ? field : "");
	if (!field)
		report_offset(at, text);
}

/* What its author calls an object; a freed one keeps its header. */
HS_NO_ASAN static const char *report_kind(const struct hs_birth *b)
{
	if (b->kind == HS_KIND_TRACKED)
		return ((const struct hs_tracked *)b->start)->kind;
	return hs_kind_name((enum hs_kind)b->kind);
}

/* "pgmap 0"; there is one machine, and one state. */
static void report_name_object(const struct hs_sched *s, const struct hs_birth *b, char *text)
{
	if (b->kind == HS_KIND_SCENARIO || b->kind == HS_KIND_MACHINE)
		snprintf(text, REPORT_TEXT, "%s", report_kind(b));
	else
		snprintf(text, REPORT_TEXT, "%s %u", report_kind(b),
			 hs_births_number(&s->births, b));
}

static void report_name_word(const struct hs_sched *s, const struct hs_birth *b, size_t offset,
			     char *text)
{
	const char *field = hs_field_name((enum hs_kind)b->kind, offset);

	if (b->kind == HS_KIND_MEMMAP) {
		report_name_page(b, offset, text);
		return;
	}
	report_name_object(s, b, text);
	if (b->kind == HS_KIND_TABLE)
		snprintf(text + strlen(text), REPORT_TEXT - strlen(text), "[%zu]", offset / 8);
	else if (field)
		snprintf(text + strlen(text), REPORT_TEXT - strlen(text), ".%s", field);
	else if (b->kind == HS_KIND_TRACKED)
		report_offset(offset - HS_TRACKED_HEAD, text);
	else
		report_offset(offset, text);
}

/* The author's own name. False: there is none. */
static bool report_name_label(const struct hs_sched *s, uintptr_t addr, char *text)
{
	const struct hs_label *best = hs_label_of(s, addr);

	if (!best)
		return false;
	snprintf(text, REPORT_TEXT, "%.31s", best->name);
	report_offset(addr - best->start, text);
	return true;
}

/*
 * What lies at @addr: an object, or with @word a word of it, a task, memory of the author's own. A
 * page of a memmap is an object.
 */
static void report_name(const struct hs_sched *s, uintptr_t addr, bool word, char text[REPORT_TEXT])
{
	const struct hs_birth *b = hs_births_find(&s->births, addr);

	if (word && report_name_label(s, addr, text))
		return;
	if (b && b->kind == HS_KIND_TRACKED && !word && addr == b->start + HS_TRACKED_HEAD)
		addr = b->start;
	if (b && !word && addr == b->start && b->kind != HS_KIND_MEMMAP) {
		report_name_object(s, b, text);
		return;
	}
	if (b) {
		report_name_word(s, b, addr - b->start, text);
		return;
	}
	snprintf(text, REPORT_TEXT, report_in_region(s, addr) ? "machine" : "own memory");
	if (report_in_region(s, addr))
		report_offset(addr - (uintptr_t)s->region, text);
	for (uint32_t i = 1; i < s->tasks; i++) {
		const struct hs_task *t = &s->task[i];

		if (addr - (uintptr_t)t < sizeof(*t))
			snprintf(text, REPORT_TEXT, "task %s", t->name);
		else if (addr - (uintptr_t)t->fiber.stack < t->fiber.size)
			snprintf(text, REPORT_TEXT, "stack of %s", t->name);
	}
}

/* ---- values ------------------------------------------------------------------------------- */

static bool report_has_value(const struct hs_repeat_note *n)
{
	return n->kind == HS_OP_LOAD || n->kind == HS_OP_STORE || n->kind == HS_OP_RMW ||
	       n->kind == HS_OP_COUNT_ADD;
}

/* What the word of note @i held before its step. False: not known. */
static bool report_value_before(const struct hs_sched *s, uint32_t i, uint64_t *value)
{
	const struct hs_repeat_note *n = &s->repeat.note[i];
	size_t offset = (uintptr_t)n->addr - (uintptr_t)s->region;

	while (i-- > 0) {
		const struct hs_repeat_note *e = &s->repeat.note[i];

		if (e->enabled && e->addr == n->addr && e->size == n->size && report_has_value(e)) {
			*value = e->value;
			return true;
		}
	}
	*value = 0;
	if (offset >= s->image.used || (n->size != 4 && n->size != 8))
		return false;
	memcpy(value, s->image.bytes + offset, n->size);
	return true;
}

static void report_one_value(const struct hs_sched *s, uint64_t value, char text[REPORT_TEXT])
{
	if (value && report_in_region(s, value))
		report_name(s, value, false, text);
	else if (value > 9)
		snprintf(text, REPORT_TEXT, "0x%llx", (unsigned long long)value);
	else
		snprintf(text, REPORT_TEXT, "%llu", (unsigned long long)value);
}

static void report_values(const struct hs_sched *s, uint32_t i, char text[REPORT_VALUES])
{
	const struct hs_repeat_note *n = &s->repeat.note[i];
	char before[REPORT_TEXT], after[REPORT_TEXT];
	uint64_t value;

	text[0] = '\0';
	if (!report_has_value(n))
		return;
	report_one_value(s, n->value, after);
	if (n->kind == HS_OP_LOAD) {
		snprintf(text, REPORT_VALUES, "%s", after);
		return;
	}
	strcpy(before, "?");
	if (report_value_before(s, i, &value))
		report_one_value(s, value, before);
	snprintf(text, REPORT_VALUES, "%s -> %s", before, after);
}

/* ---- steps -------------------------------------------------------------------------------- */

static void report_indent(struct report *r, uint32_t task)
{
	report_add(r, "%*s", (int)((task - 1) * REPORT_COLUMN), "");
}

/* Each task has a column, under its number in schedules. */
static void report_name_columns(struct report *r)
{
	const struct hs_sched *s = r->sched;
	char name[REPORT_COLUMN];

	for (uint32_t i = 1; i < s->tasks; i++) {
		snprintf(name, sizeof(name), "%u %s", i, s->task[i].name);
		report_add(r, i + 1 < s->tasks ? "%-*s" : "%.*s", REPORT_COLUMN, name);
	}
	report_add(r, "\n");
}

/* Why the task that moved last does not move at decision @i. */
static void report_switch(struct report *r, uint32_t i, uint32_t last)
{
	const struct hs_sched *s = r->sched;
	bool ends = s->task[last].op.kind == HS_OP_NONE;

	report_indent(r, last);
	if (s->repeat.note[i].enabled >> last & 1) {
		report_add(r, "~ preempted\n");
		return;
	}
	for (uint32_t j = i; ends && j < s->decisions; j++)
		ends = s->schedule[j] != last;
	report_add(r, ends ? "~ ends\n" : "~ waits\n");
}

/* Its object is no more than an address on which such steps depend. */
static bool report_has_no_object(const struct hs_repeat_note *n)
{
	switch ((enum hs_op_kind)n->kind) {
	case HS_OP_RCU_ENTER:
	case HS_OP_RCU_LEAVE:
	case HS_OP_RCU_SNAPSHOT:
	case HS_OP_RCU_WAIT:
	case HS_OP_FENCE:
	case HS_OP_MEMBARRIER:
	case HS_OP_RETRY:
	case HS_OP_SPIN:
	case HS_OP_COMPLETION:
		return true;
	default:
		return false;
	}
}

static void report_step(struct report *r, uint32_t i)
{
	const struct hs_sched *s = r->sched;
	const struct hs_repeat_note *n = &s->repeat.note[i];
	char object[REPORT_TEXT], values[REPORT_VALUES];

	object[0] = '\0';
	if (!report_has_no_object(n))
		report_name(s, (uintptr_t)n->addr, n->kind != HS_OP_FREE && n->kind != HS_OP_DEREF,
			    object);
	values[0] = '\0';
	/* A step on what is freed, or that races, was not taken. */
	if (i + 1 < s->decisions ||
	    (s->verdict != HS_VERDICT_FREED && s->verdict != HS_VERDICT_RACE))
		report_values(s, i, values);
	report_indent(r, s->schedule[i]);
	report_add(r, "%s%s%s%s%s%s%s\n",
		   n->kind == HS_OP_RMW ? "rmw" : hs_op_name((enum hs_op_kind)n->kind),
		   object[0] ? " " : "", object, values[0] ? "  " : "", values,
		   n->place ? "  " : "", n->place ? n->place : "");
}

/* What the task of decision @i does from here on, in the words of its author. */
static void report_act(struct report *r, uint32_t i)
{
	const struct hs_sched *s = r->sched;
	uint8_t task = s->schedule[i];
	const char *act = s->repeat.note[i].act, *before = NULL;

	for (uint32_t j = i; j-- > 0;)
		if (s->schedule[j] == task) {
			before = s->repeat.note[j].act;
			break;
		}
	if (!act || act == before)
		return;
	report_indent(r, task);
	report_add(r, "> %s\n", act);
}

/* Decision @i, after a step of task @last. */
static void report_decision(struct report *r, uint32_t i, uint32_t last)
{
	const struct hs_sched *s = r->sched;
	uint8_t decision = s->schedule[i];

	if (decision & HS_CHOICE) {
		report_indent(r, last);
		report_add(r, "choice %u of %u\n", decision & ~HS_CHOICE, s->repeat.note[i].size);
		return;
	}
	if (last && last != decision)
		report_switch(r, i, last);
	report_act(r, i);
	report_step(r, i);
}

/* The task that moved last was stopped in its code, and not the check after its end. */
static bool report_is_cut(const struct hs_sched *s)
{
	return s->verdict == HS_VERDICT_ASSERT || s->verdict == HS_VERDICT_CRASH ||
	       s->verdict == HS_VERDICT_RACE || (s->verdict == HS_VERDICT_FREED && s->current);
}

static void report_steps(struct report *r)
{
	const struct hs_sched *s = r->sched;
	uint32_t last = 0, end = s->decisions;

	for (uint32_t i = 0; i < end; i++) {
		if (i < REPORT_ENDS || end - i <= REPORT_ENDS)
			report_decision(r, i, last);
		else if (i == REPORT_ENDS)
			report_add(r, "... %u decisions ...\n", end - 2 * REPORT_ENDS);
		if (!(s->schedule[i] & HS_CHOICE))
			last = s->schedule[i];
	}
	if (last && s->task[last].op.kind == HS_OP_NONE && !report_is_cut(s)) {
		report_indent(r, last);
		report_add(r, "~ ends\n");
	}
}

/* ---- the whole ---------------------------------------------------------------------------- */

static const char *report_task(const struct hs_sched *s, uint32_t task)
{
	return s->task[task].name;
}

static void report_object(struct report *r, const struct hs_birth *b)
{
	const struct hs_sched *s = r->sched;
	char name[REPORT_TEXT];

	report_name_object(s, b, name);
	report_add(r, "%s (%zu bytes): allocated at %s by %s", name,
		   b->size - (b->kind == HS_KIND_TRACKED ? HS_TRACKED_HEAD : 0), b->allocated,
		   report_task(s, b->maker));
	if (b->freed)
		report_add(r, ", freed at %s by %s\n", b->freed, report_task(s, b->freer));
	else
		report_add(r, ", never freed\n");
}

/* The objects that were freed, or are leaks, the newest of them. False: none. */
static bool report_objects(struct report *r)
{
	const struct hs_sched *s = r->sched;
	const struct hs_birth *list = s->births.list;
	uint32_t count = 0;

	for (uint32_t i = s->births.scenario; i < s->births.count; i++)
		count += list[i].freed || s->verdict == HS_VERDICT_LEAK;
	if (count > REPORT_OBJECTS)
		report_add(r, "... %u objects ...\n", count - REPORT_OBJECTS);
	for (uint32_t i = s->births.scenario, left = count; i < s->births.count; i++)
		if ((list[i].freed || s->verdict == HS_VERDICT_LEAK) && left-- <= REPORT_OBJECTS)
			report_object(r, &list[i]);
	return count != 0;
}

/* What each task waits for, and holds, if no task could move or one failed. */
static void report_ends(struct report *r)
{
	const struct hs_sched *s = r->sched;
	char object[REPORT_TEXT];

	for (uint32_t i = 1; i < s->tasks; i++) {
		const struct hs_task *t = &s->task[i];

		if (t->op.kind >= HS_OP_CONDITIONAL && s->verdict != HS_VERDICT_NONE) {
			report_name(s, (uintptr_t)t->op.addr, true, object);
			report_add(r, "%s is before: %s %s  %s\n", t->name,
				   hs_op_name((enum hs_op_kind)t->op.kind), object,
				   t->op.where ? t->op.where : "");
		}
		for (uint32_t h = 0; h < t->held_count; h++) {
			report_name(s, (uintptr_t)t->held[h].lock, true, object);
			report_add(r, "%s holds: %s %s  %s\n", t->name,
				   hs_lock_name(t, t->held[h].cls), object,
				   t->held[h].where ? t->held[h].where : "");
		}
	}
}

char *hs_report_print(const struct hs_sched *s, const char *token)
{
	struct report r = { .sched = s };
	char *schedule = hs_schedule_print(s->schedule, s->decisions);

	if (s->verdict != HS_VERDICT_NONE)
		report_add(&r, "%s: %s\n\n", hs_verdict_name(s->verdict), s->message);
	if (report_objects(&r))
		report_add(&r, "\n");
	report_name_columns(&r);
	report_steps(&r);
	report_ends(&r);
	if (token)
		report_add(&r, "\ntoken: %s\n", token);
	else
		report_add(&r, "\nschedule: %s\n", schedule ? schedule : "");
	if (r.failed || !schedule) {
		free(r.text);
		r.text = NULL;
	}
	free(schedule);
	return r.text;
}
