/* SPDX-License-Identifier: MIT */
/*
 * sched.c (explore) - fibers, image, executions
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "port/explore/arena.h"
#include "port/explore/sched.h"

static struct hs_sched *sched_instance;

/* ---- making and ending ------------------------------------------------------------------- */

static void *sched_map(void *at, size_t size)
{
	void *p = mmap(at, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

void hs_sched_drop(void)
{
	struct hs_sched *s = sched_instance;

	if (!s)
		return;
	for (uint32_t i = 1; i < HS_SCHED_TASKS; i++)
		hs_fiber_release(&s->task[i].fiber);
	if (s->region)
		munmap(s->region, HS_ARENA_BYTES);
	if (s->life)
		munmap(s->life, HS_ARENA_BYTES / HS_GRANULE);
	hs_fiber_stacks_unmap(&s->stacks);
	hs_words_free(&s->scratch);
	hs_repeat_free(&s->repeat);
	hs_births_free(&s->births);
	hs_views_end(s);
	hs_plains_end(s);
	hs_races_end(s);
	free(s->image.bytes);
	free(s->schedule);
	free(s);
	sched_instance = NULL;
}

struct hs_sched *hs_sched_get(void)
{
	struct hs_sched *s = sched_instance;

	if (s)
		return s;
	s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	s->region = sched_map((void *)HS_ARENA_BASE, HS_ARENA_BYTES);
	s->life = sched_map(NULL, HS_ARENA_BYTES / HS_GRANULE);
	sched_instance = s;
	if (!s->region || !s->life) {
		hs_sched_drop();
		return NULL;
	}
	hs_fiber_host(&s->fiber);
	hs_sched_end(s);
	return s;
}

int hs_sched_set_stack_size(struct hs_sched *s, size_t size)
{
	if (s->stacks.start && s->stack_size == size)
		return 0;
	hs_fiber_stacks_unmap(&s->stacks);
	if (!hs_fiber_stacks_map(&s->stacks, HS_SCHED_TASKS, size))
		return -ENOMEM;
	s->stack_size = size;
	for (uint32_t i = 1; i < HS_SCHED_TASKS; i++)
		hs_fiber_set_stack(&s->task[i].fiber, &s->stacks, i);
	return 0;
}

void hs_task_clear(struct hs_sched *s, struct hs_task *t, uint32_t id, const char *name)
{
	memset((char *)t + sizeof(t->fiber), 0, offsetof(struct hs_task, watch) - sizeof(t->fiber));
	t->sched = s;
	t->arena = s->arena;
	t->id = id;
	t->cpu = id % (s->arena ? s->arena->cpus : 1);
	if (name != s->names[id])
		snprintf(s->names[id], sizeof(s->names[id]), "%s", name);
	t->name = s->names[id];
	t->weak = s->views && id;
	t->followed = (s->views || s->clocks) && id;
	t->rng = hs_random_stream(s->arena ? s->arena->config.seed : 1, id);
}

void hs_sched_end(struct hs_sched *s)
{
	s->tasks = 1;
	s->ready = s->conditional = s->fresh = 0;
	s->step = s->decisions = s->debt_count = 0;
	s->current = 0;
	s->running = s->alone = s->begun = s->image.saved = false;
	s->verdict = HS_VERDICT_NONE;
	s->message[0] = '\0';
	hs_task_clear(s, &s->task[0], 0, "boot");
	s->task[0].live = true;
}

/* ---- schedules --------------------------------------------------------------------------- */

uint32_t hs_schedule_item(const uint8_t *decisions, uint32_t count, char text[HS_SCHEDULE_ITEM])
{
	uint32_t run = 1;

	if (decisions[0] & HS_CHOICE) {
		snprintf(text, HS_SCHEDULE_ITEM, "c%u", decisions[0] & ~HS_CHOICE);
		return 1;
	}
	while (run < count && decisions[run] == decisions[0])
		run++;
	if (run == 1)
		snprintf(text, HS_SCHEDULE_ITEM, "%u", decisions[0]);
	else
		snprintf(text, HS_SCHEDULE_ITEM, "%u*%u", decisions[0], run);
	return run;
}

uint32_t hs_sched_choose(struct hs_task *self, uint32_t n, const char *why)
{
	struct hs_sched *s = self->sched;
	uint32_t answer = 0;

	if (hs_repeat_has_choice(&s->repeat, s->decisions, n, self->op.value, why))
		answer = s->chooser->choose(s->chooser->ctx, s, n);
	else
		hs_repeat_report_choice(s, self, n);
	s->schedule[s->decisions++] = (uint8_t)(HS_CHOICE | answer);
	if (s->trace.on)
		hs_trace_choice(s, self, answer);
	return answer;
}

uint32_t hs_moment(const struct hs_task *self)
{
	return self->sched->decisions;
}

/* ---- violations -------------------------------------------------------------------------- */

void hs_sched_violation(struct hs_sched *s, enum hs_verdict verdict, const char *format, ...)
{
	va_list args;

	if (s->verdict != HS_VERDICT_NONE)
		return;
	s->verdict = verdict;
	va_start(args, format);
	vsnprintf(s->message, sizeof(s->message), format, args);
	va_end(args);
}

/* Where what runs on the scheduler's own stack goes when it fails: a predicate, the boot task. */
static jmp_buf *sched_guard(const struct hs_sched *s)
{
	return s->asking && s->run_guard ? s->run_guard : s->boot_guard;
}

void hs_sched_stop(struct hs_task *self)
{
	struct hs_sched *s = self->sched;

	if (s->asking || !self->id)
		longjmp(*sched_guard(s), 1);
	self->mode = HS_MODE_STEP;
	self->op.kind = HS_OP_NONE;
	for (;;)
		hs_fiber_switch(&self->fiber, &s->fiber);
}

void hs_fail(struct hs_task *self, const char *where, const char *format, ...)
{
	struct hs_sched *s = self ? self->sched : NULL;
	char text[384];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (!s || (!s->running && !s->boot_guard) || (s->asking && !sched_guard(s)))
		hs_fail_abort(self ? self->name : NULL, where, text);
	hs_sched_violation(s, HS_VERDICT_ASSERT, "%s: %s (task %s)", where, text, self->name);
	hs_sched_stop(self);
}

bool hs_sched_on_boot(struct hs_sched *s, void (*fn)(void *arg), void *arg)
{
	jmp_buf guard;

	s->task[0].op.kind = HS_OP_NONE;
	s->task[0].place = NULL;
	s->direct.ran = s->direct.on = true;
	s->direct.check = s->begun;
	s->direct.count = 0;
	if (setjmp(guard)) {
		s->direct.on = false;
		hs_direct_settle(s);
		hs_crash_explain(s);
		s->boot_guard = NULL;
		s->asking = NULL;
		hs_task_clear(s, &s->task[0], 0, "boot");
		s->task[0].live = true;
		return false;
	}
	s->boot_guard = &guard;
	s->current = 0;
	fn(arg);
	s->direct.on = false;
	hs_direct_settle(s);
	s->boot_guard = NULL;
	return s->verdict == HS_VERDICT_NONE;
}

/* ---- tasks ------------------------------------------------------------------------------- */

static void sched_task_main(void *arg)
{
	struct hs_task *t = arg;

	hs_fiber_entered(&t->fiber, &t->sched->fiber);
	t->fn(t, t->arg);
	if (t->rcu_nest)
		hs_fail(t, t->rcu_where, "the task ends in an RCU read section");
	if (t->held_count)
		hs_fail(t, t->held[0].where, "the task ends with the %s",
			hs_lock_name(t, t->held[0].cls));
	t->live = false;
	t->op.kind = HS_OP_NONE;
	for (;;)
		hs_fiber_switch(&t->fiber, &t->sched->fiber);
}

struct hs_task *hs_sched_task_new(struct hs_sched *s, const char *name,
				  void (*fn)(struct hs_task *self, void *arg), void *arg)
{
	struct hs_task *t;

	if (s->tasks == HS_SCHED_TASKS)
		return NULL;
	t = &s->task[s->tasks];
	hs_task_clear(s, t, s->tasks, name);
	t->cpu = s->tasks % (s->arena ? s->arena->cpus : 1);
	t->mode = HS_MODE_STEP;
	t->live = true;
	t->fn = fn;
	t->arg = arg;
	t->born = s->decisions;
	t->key = hs_trace_name(s->task[s->current].key, ++s->task[s->current].children);
	if (hs_unlikely(t->followed && s->running))
		hs_order_start(&s->task[s->current], t);
	s->fresh |= 1u << s->tasks++;
	return t;
}

/* Puts the task among those that are ready, or that may have to wait. */
static inline void sched_classify(struct hs_sched *s, struct hs_task *t)
{
	uint32_t bit = 1u << t->id;

	s->ready &= ~bit;
	s->conditional &= ~bit;
	if (t->op.kind >= HS_OP_CONDITIONAL) {
		s->conditional |= bit;
	} else if (t->op.kind != HS_OP_NONE) {
		s->ready |= bit;
	}
}

static inline void sched_switch_to(struct hs_sched *s, struct hs_task *t)
{
	s->current = t->id;
	hs_fiber_switch(&s->fiber, &t->fiber);
	sched_classify(s, t);
}

static void sched_start_fresh(struct hs_sched *s)
{
	while (s->fresh && !s->crash.kind) {
		struct hs_task *t = &s->task[__builtin_ctz(s->fresh)];

		s->fresh &= s->fresh - 1;
		hs_fiber_prepare(&t->fiber, &s->fiber, sched_task_main, t);
		sched_switch_to(s, t);
	}
}

/* ---- begin and reset ---------------------------------------------------------------------- */

/* Without images of their stacks the tasks start again and run to their first step. */
static void sched_restart_tasks(struct hs_sched *s)
{
	uint32_t tasks = s->tasks;

	for (uint32_t i = 1; i < tasks; i++) {
		struct hs_task *t = &s->task[i];
		void (*fn)(struct hs_task * self, void *arg) = t->fn;
		void *arg = t->arg;
		uint64_t key = t->key;

		hs_task_clear(s, t, i, t->name);
		t->fn = fn;
		t->arg = arg;
		t->key = key;
		t->mode = HS_MODE_STEP;
		t->live = true;
		s->fresh |= 1u << i;
	}
	sched_start_fresh(s);
}

int hs_sched_begin(struct hs_sched *s, const struct hs_chooser *chooser, uint32_t max_steps)
{
	if (s->schedule_room < 2 * max_steps) {
		uint8_t *schedule = realloc(s->schedule, 2 * (size_t)max_steps);

		if (!schedule)
			return -ENOMEM;
		s->schedule = schedule;
		s->schedule_room = 2 * max_steps;
	}
	if (hs_repeat_reserve(&s->repeat, 2 * max_steps))
		return -ENOMEM;
	s->repeat.notes = s->repeat.same = 0;
	s->chooser = chooser;
	s->begun = true;
	s->max_steps = max_steps;
	s->decisions = s->step = 0;
	if (HS_FIBER_IMAGE) {
		s->running = true;
		sched_start_fresh(s);
		s->running = false;
		hs_crash_explain(s);
	}
	s->image.verdict = s->verdict;
	memcpy(s->image.message, s->message, sizeof(s->message));
	hs_births_stand(&s->births);
	if (s->races)
		hs_races_stand(s);
	return hs_image_save(s);
}

void hs_sched_reset(struct hs_sched *s)
{
	hs_image_restore(s);
	hs_births_reset(&s->births);
	s->executions++;
	s->fresh = 0;
	s->step = s->decisions = s->debt_count = 0;
	s->alone = s->refused = s->direct.ran = false;
	s->dead.addr = 0;
	s->hash = 0;
	s->object_count = 0;
	hs_retries_reset(&s->retries);
	hs_trace_reset(&s->trace);
	if (hs_unlikely(s->views))
		hs_views_reset(s);
	if (hs_unlikely(s->races))
		hs_races_reset(s);
	s->message[0] = '\0';
	s->verdict = s->image.verdict;
	if (hs_unlikely(s->verdict != HS_VERDICT_NONE))
		memcpy(s->message, s->image.message, sizeof(s->message));
	if (!HS_FIBER_IMAGE) {
		s->running = true;
		sched_restart_tasks(s);
		s->running = false;
	}
	s->current = 0; /* so that searches with and without images of stacks are equal */
}

/* ---- running ----------------------------------------------------------------------------- */

/* What the access of @t, or the predicate that it waits for, finds freed. */
static uintptr_t sched_dead_address(const struct hs_sched *s, const struct hs_task *t)
{
	if (!t->watch_dead || hs_life_of(s, t->op.addr) != HS_LIFE_LIVE)
		return (uintptr_t)t->op.addr;
	for (uint32_t i = 0; i < t->watch_count; i++) {
		uintptr_t word = t->watch[i] & ~(uintptr_t)1;

		if (hs_life_of(s, (const void *)word) != HS_LIFE_LIVE)
			return word;
	}
	return hs_life_of(s, t->queue) != HS_LIFE_LIVE ? (uintptr_t)t->queue : 0;
}

/* ": node from a.c:12, freed at a.c:30 by two"; empty: no object of the scenario's author. */
static void sched_describe_dead(const struct hs_sched *s, char *text, size_t size)
{
	const struct hs_birth *b = hs_births_find(&s->births, s->dead.addr);

	text[0] = '\0';
	if (!b || !b->name)
		return;
	if (b->freed)
		snprintf(text, size, ": %s from %s, freed at %s by %s", b->name, b->allocated,
			 b->freed, s->task[b->freer].name);
	else
		snprintf(text, size, ": %s from %s", b->name, b->allocated);
}

void hs_report_dead(struct hs_sched *s, const struct hs_task *t)
{
	char object[256];
	bool never = !t->watch_dead && hs_life_of(s, t->op.addr) == HS_LIFE_NEVER;
	const char *where = t->op.where;

	s->dead.addr = sched_dead_address(s, t);
	s->dead.task = t->id;
	s->dead.where = where;
	sched_describe_dead(s, object, sizeof(object));
	hs_sched_violation(
		s, HS_VERDICT_FREED, "%s%s%s%s of an object that %s (task %s)%s",
		where && hs_op_follows((enum hs_op_kind)t->op.kind, t->op.detail) ? "after " : "",
		where ? where : "", where ? ": " : "", hs_op_name((enum hs_op_kind)t->op.kind),
		never ? "was never allocated" : "is freed", t->name, object);
}

static inline uint32_t sched_enabled_tasks(struct hs_sched *s)
{
	uint32_t enabled = s->ready;

	for (uint32_t c = s->conditional; c; c &= c - 1) {
		uint32_t i = (uint32_t)__builtin_ctz(c);
		struct hs_task *t = &s->task[i];

		/* The commonest condition is tested here, which saves a sixth of a short step. */
		if ((t->op.kind == HS_OP_LOCK && !((const hs_u32 *)t->op.addr)->raw) ||
		    hs_op_enabled(s, t))
			enabled |= 1u << i;
	}
	return enabled;
}

/* Another pass through the loop, as long as the last one, has room below max_steps. */
static bool sched_has_solo_retry(const struct hs_sched *s, const struct hs_task *t)
{
	uint32_t pass = t->solo ? s->step - t->solo_step : 0;

	return t->op.kind == HS_OP_RETRY && t->solo < HS_SOLO_RETRIES &&
	       s->step + pass < s->max_steps;
}

/*
 * When no task can move, a task in a retry may still get on by itself, because its retries change
 * something: a count of its own, or words that only it writes. Which task goes first is a decision;
 * after that it goes on alone, because what one pass leaves for other tasks wakes them.
 */
static uint32_t sched_solo_tasks(const struct hs_sched *s)
{
	uint32_t begun = 0, others = 0;

	for (uint32_t c = s->conditional & ~s->retries.still; c; c &= c - 1) {
		const struct hs_task *t = &s->task[__builtin_ctz(c)];

		if (!sched_has_solo_retry(s, t))
			continue;
		if (t->solo)
			begun |= 1u << t->id;
		else
			others |= 1u << t->id;
	}
	return begun ? begun : others;
}

static void sched_note_solo(struct hs_sched *s, struct hs_task *t)
{
	t->solo++;
	t->solo_step = s->step;
}

/* What a step means to those who follow the execution. False: there is a verdict now. */
static HS_NOINLINE bool sched_follow(struct hs_sched *s, struct hs_task *t)
{
	if (s->trace.on)
		hs_trace_step(s, t);
	if (s->races && !hs_races_step(t))
		return false;
	if (t->followed)
		hs_order_step(t);
	if (s->retries.bound)
		hs_retries_before_step(s, t);
	return true;
}

/* What it has done, now that the next one is known. */
static HS_NOINLINE void sched_follow_end(struct hs_sched *s, struct hs_task *t)
{
	if (s->plain.steps)
		hs_plains_settle(s, t);
	if (s->retries.bound)
		hs_retries_after_step(s, t);
}

static enum hs_run sched_run_steps(struct hs_sched *s)
{
	const bool followed = s->trace.on || s->views || s->races || s->plain.steps ||
			      s->retries.bound;
	enum hs_run end = HS_RUN_VIOLATION;

	while (s->verdict == HS_VERDICT_NONE) {
		uint32_t enabled = sched_enabled_tasks(s);
		struct hs_task *t;
		int pick;

		if (hs_unlikely(s->retries.bound))
			enabled = hs_retries_allowed(s, enabled);
		s->alone = !enabled;
		if (hs_unlikely(!enabled))
			enabled = sched_solo_tasks(s);
		if (!enabled) {
			end = s->retries.still && s->retries.cut ? HS_RUN_CUT : HS_RUN_QUIET;
			break;
		}
		if (s->step == s->max_steps) {
			hs_sched_violation(s, HS_VERDICT_STEPS, "more than %u steps", s->max_steps);
			break;
		}
		if (hs_unlikely(!hs_repeat_has_tasks(&s->repeat, s->decisions, enabled))) {
			hs_repeat_report_tasks(s, enabled);
			break;
		}
		pick = s->chooser->pick(s->chooser->ctx, s, enabled);
		if (pick < 0) {
			s->repeat.notes = s->decisions; /* it might have gone on */
			end = pick == HS_PICK_QUIET ? HS_RUN_QUIET : HS_RUN_CUT;
			break;
		}
		t = &s->task[pick];
		if (hs_unlikely(!hs_repeat_has_step(&s->repeat, s->decisions, enabled, t))) {
			hs_repeat_report_step(s, t);
			break;
		}
		if (hs_unlikely(s->alone))
			sched_note_solo(s, t);
		s->schedule[s->decisions++] = (uint8_t)pick;
		s->step++;
		if (hs_unlikely(t->watch_dead || hs_life_of(s, t->op.addr) != HS_LIFE_LIVE)) {
			hs_report_dead(s, t);
			s->refused = true;
			break;
		}
		if (s->hashing)
			hs_hash_step(s, t);
		if (hs_unlikely(followed) && !sched_follow(s, t)) {
			s->refused = true;
			break;
		}
		sched_switch_to(s, t);
		if (hs_unlikely(followed))
			sched_follow_end(s, t);
		if (hs_unlikely(!hs_repeat_has_value(&s->repeat, s->decisions, t->op.value)))
			hs_repeat_report_value(s, t, s->repeat.note[s->repeat.step].value);
		if (s->hashing)
			hs_hash_result(s, t);
		if (hs_unlikely(s->fresh))
			sched_start_fresh(s);
	}
	return end;
}

enum hs_run hs_sched_run(struct hs_sched *s)
{
	jmp_buf guard;
	enum hs_run end;

	s->running = true;
	s->run_guard = &guard;
	if (setjmp(guard))
		end = HS_RUN_VIOLATION;
	else
		end = sched_run_steps(s);
	s->run_guard = NULL;
	s->asking = NULL;
	s->running = false;
	hs_crash_explain(s);
	hs_repeat_end(s);
	return s->verdict == HS_VERDICT_NONE ? end : HS_RUN_VIOLATION;
}
