/* SPDX-License-Identifier: MIT */
/*
 * step.c (explore) - what a step of backend.h leaves to a function: steps outside an execution, and
 * the list of what a task has read
 */
#include "port/explore/sched.h"

/* The predicate of a wait is asked at any time, so that it must leave all as it is. */
static void step_check_predicate(struct hs_task *self)
{
	if (hs_likely(self->op.access == HS_READ && self->op.kind < HS_OP_CONDITIONAL))
		return;
	hs_fail(self, self->op.where ? self->op.where : HS_HERE,
		"%s in the predicate of a wait, which may only read",
		hs_op_name((enum hs_op_kind)self->op.kind));
}

void hs_direct_settle(struct hs_sched *s)
{
	struct hs_direct_step *last;

	if (!s->direct.count)
		return;
	last = &s->direct.step[(s->direct.count - 1) % HS_DIRECT_STEPS];
	if (last->known)
		last->note.value = hs_word_value(hs_read_word(last->note.addr, last->note.size));
}

/* The word is read here and when the next step comes, because none runs in between. */
static void step_note_direct(struct hs_task *self)
{
	struct hs_sched *s = self->sched;
	const struct hs_op *op = &self->op;
	struct hs_direct_step *step;

	hs_direct_settle(s);
	step = &s->direct.step[s->direct.count++ % HS_DIRECT_STEPS];
	step->note = (struct hs_repeat_note){ .addr = op->addr,
					      .place = op->where,
					      .size = op->size,
					      .kind = op->kind,
					      .detail = op->detail };
	step->known = (op->size == 4 || op->size == 8) && op->kind <= HS_OP_COUNT_ADD &&
		      (uintptr_t)op->addr - (uintptr_t)s->region < HS_ARENA_BYTES;
	if (step->known)
		step->before = hs_word_value(hs_read_word(op->addr, op->size));
}

void hs_step_direct(struct hs_task *self)
{
	const char *where = self->op.where ? self->op.where : HS_HERE;

	self->sched->direct_steps++;
	if (self->mode == HS_MODE_PEEK) {
		step_check_predicate(self);
		self->watch_dead |= hs_life_of(self->sched, self->op.addr) != HS_LIFE_LIVE;
		if (self->watch_count < HS_WATCH_MAX)
			self->watch[self->watch_count++] =
				hs_read_word(self->op.addr, self->op.size);
		if (HS_ASAN && self->watch_dead && self->sched->peek_guard)
			longjmp(*self->sched->peek_guard, 1);
		return;
	}
	if (self->mode == HS_MODE_LOG) {
		step_check_predicate(self);
		return;
	}
	if (self->sched->direct.on)
		step_note_direct(self);
	if (!self->live)
		hs_fail(self, where, "%s by a detached task",
			hs_op_name((enum hs_op_kind)self->op.kind));
	if (hs_life_of(self->sched, self->op.addr) != HS_LIFE_LIVE) {
		/* In set-up and check of an exploration the verdict is that of a task. */
		if (self->sched->boot_guard)
			hs_report_dead(self->sched, self);
		hs_fail(self, where, "%s of an object that is not live",
			hs_op_name((enum hs_op_kind)self->op.kind));
	}
	if (self->op.kind >= HS_OP_CONDITIONAL && !hs_op_enabled(self->sched, self))
		hs_fail(self, where, "%s would wait for ever: nothing else runs",
			hs_op_name((enum hs_op_kind)self->op.kind));
}

void hs_step_failed(struct hs_task *self)
{
	struct hs_repeat *r = &self->sched->repeat;

	struct hs_direct *d = &self->sched->direct;

	if (self->mode == HS_MODE_STEP)
		r->note[r->step].failed = true;
	else if (self->mode == HS_MODE_DIRECT && d->on && d->count)
		d->step[(d->count - 1) % HS_DIRECT_STEPS].note.failed = true;
}

void hs_step_place(const char *where)
{
	struct hs_sched *s = hs_sched_get();

	if (s && (s->running || s->boot_guard) && !s->asking)
		s->task[s->current].place = where;
}

/* ---- what a task has read ---------------------------------------------------------------- */

typedef uint32_t __attribute__((__may_alias__)) step_word32;
typedef uint64_t __attribute__((__may_alias__)) step_word64;

HS_NO_ASAN uint64_t hs_word_value(uintptr_t word)
{
	return word & 1 ? *(const step_word32 *)(word - 1) : *(const step_word64 *)word;
}

/*
 * A remembered value that is not @before was read before another task's write. What the task does
 * next belongs to neither state, so that it has to look again.
 */
void hs_reads_follow(struct hs_task *self, uintptr_t word, uint64_t before, uint64_t value)
{
	for (uint32_t i = 0; i < self->read_count; i++) {
		if (self->reads[i].word != word)
			continue;
		if (self->reads[i].value != before)
			self->reads_torn = true;
		self->reads[i].value = value;
	}
}

void hs_reads_compact(struct hs_task *self)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < self->read_count; i++) {
		bool later = false;

		for (uint32_t j = i + 1; j < self->read_count && !later; j++)
			later = self->reads[j].word == self->reads[i].word &&
				self->reads[j].value == self->reads[i].value;
		if (!later)
			self->reads[kept++] = self->reads[i];
	}
	self->read_count = kept;
}

void hs_reads_full(struct hs_task *self)
{
	hs_reads_compact(self);
	if (self->read_count < HS_READS_MAX)
		return;
	self->reads_lost = true;
	self->read_count = 0;
}
