/* SPDX-License-Identifier: MIT */
/*
 * steps.c - what the steps of an execution were, in words, and who held which lock
 *
 * All of it is read from the notes that each decision leaves (port/explore/repeat.h).
 */
#include "explore/steps.h"

#include <stdio.h>
#include <string.h>

/* ---- operations --------------------------------------------------------------------------- */

static const char *steps_order(uint8_t detail)
{
	static const char *const names[] = { [HS_RELAXED + 1] = ".rlx",
					     [HS_ACQUIRE + 1] = ".acq",
					     [HS_RELEASE + 1] = ".rel",
					     [HS_ACQ_REL + 1] = ".acq_rel",
					     [HS_SEQ_CST + 1] = ".sc" };
	uint32_t order = detail & HS_DETAIL_ORDER;

	return order < sizeof(names) / sizeof(names[0]) && names[order] ? names[order] : "";
}

static const char *steps_update(uint8_t detail)
{
	switch (detail & HS_DETAIL_WHAT) {
	case HS_WHAT_XCHG:
		return "xchg";
	case HS_WHAT_CMPXCHG:
		return "cmpxchg";
	case HS_WHAT_OR:
		return "or";
	case HS_WHAT_AND:
		return "and";
	case HS_WHAT_XOR:
		return "xor";
	case HS_WHAT_NAND:
		return "nand";
	case HS_WHAT_PART:
		return "store";
	case HS_WHAT_COMPLETE:
		return "complete";
	default:
		return "add";
	}
}

static bool steps_is_of_rwsem(const struct hs_repeat_note *n)
{
	return n->size == sizeof(struct hs_rwsem);
}

static const char *steps_operation(const struct hs_sched *s, const struct hs_repeat_note *n)
{
	bool callbacks = (n->detail & HS_DETAIL_WHAT) == HS_WHAT_CALLBACKS;

	switch ((enum hs_op_kind)n->kind) {
	case HS_OP_LOAD:
		if (n->addr == s->arena)
			return "begin";
		return callbacks ? "poll RCU callbacks" : "load";
	case HS_OP_STORE:
		return callbacks ? "RCU callback done" : "store";
	case HS_OP_RMW:
		return steps_update(n->detail);
	case HS_OP_COUNT_ADD:
		return "add";
	case HS_OP_TRYLOCK:
		return steps_is_of_rwsem(n) ? "down_read_trylock" : "trylock";
	case HS_OP_RCU_SNAPSHOT:
		return (n->detail & HS_DETAIL_WHAT) == HS_WHAT_CALL_RCU ? "call_rcu"
									: "synchronize_rcu";
	case HS_OP_RCU_WAIT:
		return "grace period ends";
	case HS_OP_JOIN:
		return n->size ? "join" : "rcu_barrier";
	case HS_OP_WAIT:
		return "wake up";
	default:
		return hs_op_name((enum hs_op_kind)n->kind);
	}
}

/* Its object is no more than an address on which such steps depend. */
static bool steps_has_object(const struct hs_sched *s, const struct hs_repeat_note *n)
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
	case HS_OP_WAIT_UNTIL:
		return false;
	case HS_OP_JOIN:
		return n->size != 0;
	default:
		return n->addr != s->arena && (n->detail & HS_DETAIL_WHAT) != HS_WHAT_CALLBACKS;
	}
}

bool hs_step_has_value(const struct hs_repeat_note *n)
{
	if (n->kind == HS_OP_PLAIN_READ || n->kind == HS_OP_PLAIN_WRITE)
		return n->size <= 8 && !(n->size & (n->size - 1));
	return (n->kind == HS_OP_LOAD || n->kind == HS_OP_STORE || n->kind == HS_OP_RMW ||
		n->kind == HS_OP_COUNT_ADD) &&
	       (n->size == 4 || n->size == 8) && (n->detail & HS_DETAIL_WHAT) != HS_WHAT_CALLBACKS;
}

static bool steps_writes(const struct hs_repeat_note *n)
{
	return n->kind == HS_OP_STORE || n->kind == HS_OP_COUNT_ADD ||
	       n->kind == HS_OP_PLAIN_WRITE || (n->kind == HS_OP_RMW && !n->failed);
}

static bool steps_only_reads(const struct hs_repeat_note *n)
{
	return n->kind == HS_OP_LOAD || n->kind == HS_OP_PLAIN_READ;
}

/* It writes other bytes with some of those of @n. */
static bool steps_blurs(const struct hs_repeat_note *e, const struct hs_repeat_note *n)
{
	uintptr_t a = (uintptr_t)e->addr, b = (uintptr_t)n->addr;

	return (steps_writes(e) || e->kind == HS_OP_PLAIN_COPY) && a < b + n->size &&
	       b < a + e->size;
}

/* ---- places ------------------------------------------------------------------------------- */

/* "a.c:12", or "a.c:12: why": what comes after the place. NULL: @text has no place. */
static const char *steps_after_place(const char *text)
{
	for (const char *at = strchr(text, ':'); at; at = strchr(at + 1, ':')) {
		size_t digits = strspn(at + 1, "0123456789");

		if (digits && (!at[1 + digits] || at[1 + digits] == ':'))
			return at + 1 + digits;
	}
	return NULL;
}

/* Of a retry or choice the words come before the place: "retry: the flag". */
static void steps_add_place(struct hs_step_words *w, const char *text)
{
	const char *after = text ? steps_after_place(text) : NULL;
	const char *why = after ? after + strspn(after, ": ") : text;
	size_t used = strlen(w->operation);

	if (why && *why)
		snprintf(w->operation + used, sizeof(w->operation) - used, ": %s", why);
	w->place = text;
	w->place_length = after ? (int)(after - text) : 0;
}

/* ---- values ------------------------------------------------------------------------------- */

/* What the word of note @i held before its step. False: not known. */
static bool steps_value_before(const struct hs_sched *s, uint32_t i, uint64_t *value)
{
	const struct hs_repeat_note *n = &s->repeat.note[i];
	size_t offset = (uintptr_t)n->addr - (uintptr_t)s->region;

	while (i-- > 0) {
		const struct hs_repeat_note *e = &s->repeat.note[i];

		if (e->enabled && e->addr == n->addr && e->size == n->size &&
		    hs_step_has_value(e) && (!s->views || steps_writes(e))) {
			*value = e->value;
			return true;
		}
		if (e->enabled && steps_blurs(e, n))
			return false;
	}
	*value = 0;
	if (offset >= s->image.used)
		return false;
	memcpy(value, s->image.bytes + offset, n->size);
	return true;
}

/* Through views a load may see an older store: whose it is, and how many came after it. */
static void steps_add_source(const struct hs_names *names, uint32_t i, struct hs_step_words *w)
{
	const struct hs_sched *s = names->sched;
	const struct hs_repeat_note *n = &s->repeat.note[i];
	uint32_t next = i + 1, back, left;

	if (!s->views || n->kind != HS_OP_LOAD || next >= s->decisions ||
	    !(s->schedule[next] & HS_CHOICE) || s->repeat.note[next].place)
		return;
	back = left = s->schedule[next] & ~HS_CHOICE;
	if (!back)
		return;
	while (i-- > 0) {
		const struct hs_repeat_note *e = &s->repeat.note[i];

		if (!e->enabled || e->addr != n->addr || !steps_writes(e) || left--)
			continue;
		snprintf(w->remark, sizeof(w->remark), "(%u store%s behind: of %s, %s)", back,
			 back == 1 ? "" : "s", s->task[s->schedule[i]].name,
			 e->place ? e->place : "?");
		return;
	}
	snprintf(w->remark, sizeof(w->remark), "(%u store%s behind: of the set-up)", back,
		 back == 1 ? "" : "s");
}

static void steps_add_values(const struct hs_names *names, const struct hs_repeat_note *n,
			     const uint64_t *before, struct hs_step_words *w)
{
	bool pointer = n->detail & HS_DETAIL_POINTER;
	uintptr_t addr = (uintptr_t)n->addr;

	if (!hs_step_has_value(n))
		return;
	hs_name_value(names, addr, pointer, n->value, w->after);
	if (!steps_only_reads(n) && !n->failed && before)
		hs_name_value(names, addr, pointer, *before, w->before);
}

/* ---- one step ----------------------------------------------------------------------------- */

static struct hs_op steps_op(const struct hs_repeat_note *n)
{
	return (struct hs_op){ .addr = n->addr, .size = n->size, .kind = n->kind };
}

static void steps_add_object(const struct hs_names *names, const struct hs_repeat_note *n,
			     struct hs_step_words *w)
{
	const struct hs_op op = steps_op(n);
	uint32_t cls;
	size_t used;
	char name[HS_NAME_MAX];

	if (!steps_has_object(names->sched, n))
		return;
	if (n->kind == HS_OP_FREE)
		hs_name_whole(names, (uintptr_t)n->addr, name);
	else if (n->kind == HS_OP_DEREF)
		hs_name_target(names, (uintptr_t)n->addr, name);
	else
		hs_name_word(names, (uintptr_t)n->addr, name);
	snprintf(w->object, sizeof(w->object), "%s", name);
	cls = hs_op_lock_class(&op);
	used = strlen(w->object);
	/* A field of the model says which lock it is. */
	if (cls != HS_LOCK_CLASS_NONE && !strchr(w->object, '.'))
		snprintf(w->object + used, sizeof(w->object) - used, " (%s)",
			 hs_lock_name(&names->sched->task[0], cls));
}

static void steps_begin(const struct hs_names *names, const struct hs_repeat_note *n,
			struct hs_step_words *w)
{
	memset(w, 0, sizeof(*w));
	snprintf(w->operation, sizeof(w->operation), "%s%s", steps_operation(names->sched, n),
		 names->sched->views ? steps_order(n->detail) : "");
	steps_add_place(w, n->place);
	w->follows = w->place_length && hs_op_follows((enum hs_op_kind)n->kind, n->detail);
	steps_add_object(names, n, w);
	if (n->failed)
		snprintf(w->remark, sizeof(w->remark), "failed");
}

static void steps_describe_choice(const struct hs_sched *s, uint32_t i, struct hs_step_words *w)
{
	memset(w, 0, sizeof(*w));
	snprintf(w->operation, sizeof(w->operation), "choice %u of %u", s->schedule[i] & ~HS_CHOICE,
		 s->repeat.note[i].size);
	steps_add_place(w, s->repeat.note[i].place);
}

/* A crash at the address that the step was about to touch. */
static bool steps_crashed(const struct hs_sched *s, uint32_t i)
{
	const struct hs_repeat_note *n = &s->repeat.note[i];

	return s->verdict == HS_VERDICT_CRASH && s->crash.has_addr &&
	       s->crash.task == s->schedule[i] && s->crash.addr - (uintptr_t)n->addr < n->size;
}

bool hs_step_was_refused(const struct hs_sched *s, uint32_t i)
{
	if (i + 1 != s->decisions || s->direct.ran || s->schedule[i] & HS_CHOICE)
		return false;
	return s->refused || steps_crashed(s, i);
}

uint32_t hs_step_failed_task(const struct hs_sched *s)
{
	if (s->direct.ran)
		return 0;
	if (s->verdict == HS_VERDICT_ASSERT || s->verdict == HS_VERDICT_RACE ||
	    s->verdict == HS_VERDICT_FREED)
		return s->refused ? s->schedule[s->decisions - 1] : s->current;
	return s->crash.kind ? s->crash.task : 0;
}

void hs_step_describe(const struct hs_names *names, uint32_t i, struct hs_step_words *w)
{
	const struct hs_sched *s = names->sched;
	const struct hs_repeat_note *n = &s->repeat.note[i];
	uint64_t before;
	bool known;

	if (s->schedule[i] & HS_CHOICE) {
		steps_describe_choice(s, i, w);
		return;
	}
	steps_begin(names, n, w);
	if (hs_step_was_refused(s, i)) {
		snprintf(w->remark, sizeof(w->remark), "<-- %s", hs_verdict_name(s->verdict));
		return;
	}
	known = hs_step_has_value(n) && steps_value_before(s, i, &before);
	steps_add_values(names, n, known ? &before : NULL, w);
	steps_add_source(names, i, w);
}

void hs_step_describe_direct(const struct hs_names *names, uint32_t i, struct hs_step_words *w)
{
	const struct hs_direct *d = &names->sched->direct;
	const struct hs_direct_step *step = &d->step[i % HS_DIRECT_STEPS];
	bool refused = i + 1 == d->count && names->sched->verdict == HS_VERDICT_FREED;

	steps_begin(names, &step->note, w);
	if (refused)
		snprintf(w->remark, sizeof(w->remark), "<-- %s", hs_verdict_name(HS_VERDICT_FREED));
	else if (step->known)
		steps_add_values(names, &step->note, &step->before, w);
}

static struct hs_repeat_note steps_pending(const struct hs_task *t)
{
	return (struct hs_repeat_note){ .addr = t->op.addr,
					.place = t->op.where,
					.size = t->op.size,
					.kind = t->op.kind,
					.detail = t->op.detail };
}

void hs_step_describe_next(const struct hs_names *names, const struct hs_task *t,
			   struct hs_step_words *w)
{
	struct hs_repeat_note note = steps_pending(t);

	steps_begin(names, &note, w);
	if (note.kind == HS_OP_WAIT || note.kind == HS_OP_RCU_WAIT)
		snprintf(w->operation, sizeof(w->operation), "%s",
			 note.kind == HS_OP_WAIT ? "wait" : "grace period");
}

const struct hs_repeat_note *hs_step_next_of(const struct hs_sched *s, uint32_t task, uint32_t i,
					     struct hs_repeat_note *room)
{
	while (++i < s->decisions)
		if (s->schedule[i] == task)
			return &s->repeat.note[i];
	*room = steps_pending(&s->task[task]);
	return room;
}

bool hs_step_reader(const struct hs_sched *s, uint32_t task, uint32_t end, uint32_t *reader)
{
	uint32_t seen = 1u << task; /* mask: tasks of which the last entry or leave is known */

	while (end-- > 0) {
		const struct hs_repeat_note *n = &s->repeat.note[end];
		uint32_t bit = 1u << (s->schedule[end] & 31);

		if (s->schedule[end] & HS_CHOICE || seen & bit ||
		    (n->kind != HS_OP_RCU_ENTER && n->kind != HS_OP_RCU_LEAVE))
			continue;
		seen |= bit;
		if (n->kind == HS_OP_RCU_LEAVE)
			continue;
		*reader = end;
		return true;
	}
	return false;
}

/* ---- locks -------------------------------------------------------------------------------- */

bool hs_step_takes_lock(const struct hs_sched *s, uint32_t i)
{
	const struct hs_repeat_note *n = &s->repeat.note[i], *next;
	struct hs_repeat_note room;

	if (s->schedule[i] & HS_CHOICE || hs_step_was_refused(s, i))
		return false;
	switch ((enum hs_op_kind)n->kind) {
	case HS_OP_LOCK:
	case HS_OP_DOWN_READ:
	case HS_OP_DOWN_WRITE:
		return true;
	case HS_OP_TRYLOCK:
		return !n->failed;
	case HS_OP_ASK_WRITE: /* it waits, or has it at once */
		next = hs_step_next_of(s, s->schedule[i], i, &room);
		return next->kind != HS_OP_DOWN_WRITE || next->addr != n->addr;
	default:
		return false;
	}
}

bool hs_step_drops_lock(const struct hs_sched *s, uint32_t i)
{
	return !(s->schedule[i] & HS_CHOICE) && s->repeat.note[i].kind == HS_OP_UNLOCK &&
	       !hs_step_was_refused(s, i);
}

static struct hs_step_lock steps_lock(const struct hs_sched *s, uint32_t i)
{
	const struct hs_repeat_note *n = &s->repeat.note[i];
	const struct hs_op op = steps_op(n);

	return (struct hs_step_lock){ n->addr, n->place ? n->place : "?", s->schedule[i],
				      hs_op_lock_class(&op) };
}

uint32_t hs_step_locks(const struct hs_sched *s, uint32_t task, uint32_t end,
		       struct hs_step_lock *locks)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < end; i++) {
		if (s->schedule[i] != task)
			continue;
		if (hs_step_takes_lock(s, i) && count < HS_HELD_MAX) {
			locks[count++] = steps_lock(s, i);
		} else if (hs_step_drops_lock(s, i)) {
			uint32_t at = 0;

			while (at < count && locks[at].addr != s->repeat.note[i].addr)
				at++;
			if (at == count)
				continue;
			count--;
			memmove(&locks[at], &locks[at + 1], (count - at) * sizeof(*locks));
		}
	}
	return count;
}

bool hs_step_holder(const struct hs_sched *s, const void *addr, uint32_t end,
		    struct hs_step_lock *lock)
{
	uint32_t dropped = 0; /* mask: the last that the task did with the lock */

	while (end-- > 0) {
		uint32_t bit = 1u << (s->schedule[end] & 31);

		if (s->repeat.note[end].addr != addr || s->schedule[end] & HS_CHOICE)
			continue;
		if (hs_step_drops_lock(s, end)) {
			dropped |= bit;
		} else if (hs_step_takes_lock(s, end) && !(dropped & bit)) {
			*lock = steps_lock(s, end);
			return true;
		}
	}
	return false;
}
