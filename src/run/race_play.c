/* SPDX-License-Identifier: MIT */
/*
 * race_play.c - a race as tasks: its steps in their order, retry and until, what tasks hold
 *
 * invented: race_state.h has the rules.
 */
#include "run/race_state.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "memory/machine.h"
#include "text/error_name.h"

typedef int (*race_play_fn)(struct hs_task *self, struct hs_race_actor *a,
			    const struct hs_race_step *step);

static const race_play_fn race_play_fns[HS_RACE_OP_COUNT] = {
#define OP(id, name, words, summary) [HS_RACE_##id] = hs_race_do_##id,
#include "text/race_ops.def"
#undef OP
};

/* ---- what a task holds ------------------------------------------------------------------- */

struct hs_race_hold *hs_race_take(struct hs_task *self, struct hs_race_actor *a, enum hs_race_op op,
				  uint64_t key)
{
	struct hs_race_hold *hold = &a->hold[a->holds];

	hs_race_assert(self, a, a->holds < HS_RACE_HOLDS, "the task holds %d things already",
		       HS_RACE_HOLDS);
	a->holds++;
	hold->op = op;
	hold->step = a->step;
	hold->line = a->script->step[a->step].line;
	hold->key = key;
	return hold;
}

struct hs_race_hold *hs_race_held(struct hs_race_actor *a, uint64_t ops, uint64_t key,
				  uint32_t since)
{
	for (uint32_t i = a->holds; i-- > 0;) {
		struct hs_race_hold *hold = &a->hold[i];

		if ((ops >> hold->op & 1) && (key == HS_RACE_ANY || hold->key == key) &&
		    hold->step >= since)
			return hold;
	}
	return NULL;
}

struct hs_race_hold *hs_race_left(const struct hs_race_state *s, uint64_t ops)
{
	struct hs_race_hold *hold = NULL;

	for (unsigned int i = 0; !hold && i <= s->program->race->tasks; i++)
		hold = hs_race_held(&s->actor[i], ops, HS_RACE_ANY, 0);
	return hold;
}

/* Cleared, because final states are compared by their bytes. */
void hs_race_drop(struct hs_race_actor *a, struct hs_race_hold *hold)
{
	struct hs_race_hold *last = &a->hold[--a->holds];

	for (; hold < last; hold++)
		*hold = hold[1];
	memset(last, 0, sizeof(*last));
}

/* What a step releases: it was taken by one of these. 0: it is no release. */
static uint64_t race_play_releases(enum hs_race_op op)
{
	switch (op) {
	case HS_RACE_UNLOCK:
		return HS_RACE_BIT(LOCK);
	case HS_RACE_PUT:
		return HS_RACE_BIT(GET);
	case HS_RACE_PAGE_PUT:
		return HS_RACE_BIT(PAGE_GET);
	case HS_RACE_PAGE_UNLOCK:
		return HS_RACE_BIT(PAGE_LOCK);
	case HS_RACE_FREE_PAGE:
		return HS_RACE_BIT(ALLOC);
	case HS_RACE_INV_END:
		return HS_RACE_BIT(INV_START);
	case HS_RACE_MIGRATE_END:
		return HS_RACE_BIT(MIGRATE_START);
	case HS_RACE_RCU_UNREAD:
		return HS_RACE_BIT(RCU_READ);
	case HS_RACE_MIGRATE_PAGES:
	case HS_RACE_MIGRATE_FINALIZE:
		return HS_RACE_BIT(MIGRATE_SETUP);
	default:
		return 0;
	}
}

/* ---- steps ------------------------------------------------------------------------------- */

/* A step that is skipped, unless it releases what was taken since the innermost retry. */
static bool race_play_skips(struct hs_race_actor *a, const struct hs_race_step *step)
{
	uint32_t since = a->depth ? a->block[a->depth - 1].begin : 0;
	uint64_t taken = race_play_releases(step->op);

	return a->status &&
	       !(taken && hs_race_held(a, taken, step->args ? step->arg[0] : HS_RACE_ANY, since));
}

/* What is skipped because of an optional step is as optional. */
static void race_play_skip(struct hs_race_actor *a, const struct hs_race_step *step)
{
	if (a->script->step[a->failed].optional)
		a->state->program->undone[step->line] = false;
}

/* The step begins when the task takes its first access in it: moments.c */
static void race_play_note(struct hs_task *self, struct hs_race_actor *a)
{
	const struct hs_race_program *p = a->state->program;
	uint32_t at = hs_moment(self), n;

	if (at == HS_NO_MOMENT || a->script == &p->race->setup)
		return;
	n = a->state->moments++;
	if (n < HS_RACE_MOMENTS)
		p->moments->log[n] = (struct hs_race_moment){ a->index, a->step, at };
}

static void race_play_step(struct hs_task *self, struct hs_race_actor *a,
			   const struct hs_race_step *step)
{
	int ret;

	a->place = hs_race_place(a->state, step->line);
	hs_act(self, a->state->program->line[step->line].words);
	hs_race_order_begin(self, a);
	hs_race_cpu_enter(self, a);
	race_play_note(self, a);
	ret = race_play_fns[step->op](self, a, step);
	if (!ret)
		a->state->program->undone[step->line] = false;
	if (a->status || !ret || ret == HS_RACE_NOTHING)
		return;
	a->status = ret;
	a->failed = a->step;
}

static void race_play_retry(struct hs_race_actor *a)
{
	struct hs_race_block *block = &a->block[a->depth++];

	*block = (struct hs_race_block){ .begin = a->step, .skipped = a->status != 0 };
}

/*
 * A turn that could not go on begins again. Nothing is lost by the wait: it ends at once if what
 * the turn has read changed meanwhile, and otherwise another turn would do the same.
 */
static void race_play_until(struct hs_task *self, struct hs_race_actor *a)
{
	struct hs_race_block *block = &a->block[a->depth - 1];
	const struct hs_race_step *retry = &a->script->step[block->begin];
	uint64_t most = retry->arg[0];

	if (block->skipped) {
		a->depth--;
		return;
	}
	hs_race_order_end(self, a);
	if (a->status == HS_RACE_AGAIN && (!most || block->turns + 1 < most)) {
		a->turns++;
		block->turns++;
		a->status = 0;
		a->step = block->begin;
		hs_retry_wait_at(self, "another turn", hs_race_place(a->state, retry->line));
		return;
	}
	if (a->status == HS_RACE_AGAIN)
		a->result = -EBUSY;
	a->status = 0;
	a->depth--;
}

/* A page stays locked when its task is gone, and no leak check looks for that. */
static void race_play_judge_locks(struct hs_task *self, struct hs_race_actor *a)
{
	const struct hs_race_hold *hold =
		hs_race_held(a, HS_RACE_BIT(MIGRATE_SETUP), HS_RACE_ANY, 0);

	if (hold)
		hs_fail(self, hs_race_place(a->state, hold->line),
			"the migration has not ended at the end");
	hold = hs_race_held(a, HS_RACE_BIT(PAGE_LOCK), HS_RACE_ANY, 0);
	if (hold)
		hs_fail(self, hs_race_place(a->state, hold->line),
			"page %#llx stays locked at the end", (unsigned long long)hold->key);
}

static void race_play_run(struct hs_task *self, struct hs_race_actor *a)
{
	const struct hs_race_steps *steps = a->script;

	for (a->step = 0; a->step < steps->count; a->step++) {
		const struct hs_race_step *step = &steps->step[a->step];

		if (step->op == HS_RACE_RETRY)
			race_play_retry(a);
		else if (step->op == HS_RACE_UNTIL)
			race_play_until(self, a);
		else if (race_play_skips(a, step))
			race_play_skip(a, step);
		else
			race_play_step(self, a, step);
	}
	hs_race_order_end(self, a);
	hs_race_cpu_leave(self, a);
	if (a->index || !a->status) /* a set-up or check that fails is said first */
		race_play_judge_locks(self, a);
	hs_act(self, NULL);
}

static void race_play_task(struct hs_task *self, void *arg)
{
	struct hs_race_actor *a = arg;

	while (hs_race_cpu_next(self, a)) {
		a->status = 0;
		race_play_run(self, a);
	}
	hs_race_cpu_end(self, a);
}

/* ---- the scenario ------------------------------------------------------------------------ */

/* The arrays lie behind the state. All of their elements are aligned as words. */
size_t hs_race_state_size(const struct hs_race_program *p)
{
	size_t actors = p->race->tasks + 1, entries = 0;

	for (unsigned int i = 0; i < p->race->objects; i++)
		if (p->race->object[i].kind == HS_RACE_DRIVER)
			entries +=
				(p->race->object[i].driver.end - p->race->object[i].driver.start) >>
				HS_PAGE_SHIFT;
	return sizeof(struct hs_race_state) +
	       actors * (sizeof(struct hs_race_actor) + p->migration_bytes) +
	       p->race->objects * sizeof(struct hs_race_thing) +
	       p->pfns * sizeof(struct hs_page *) +
	       (actors * p->view_words + entries) * sizeof(uint64_t);
}

static void race_play_divide_state(struct hs_race_state *s, const struct hs_race_program *p)
{
	uint32_t actors = p->race->tasks + 1;
	hs_u64 *entry;
	uint64_t *view;

	s->program = p;
	s->actor = (void *)(s + 1);
	s->thing = (void *)(s->actor + actors);
	s->page = (void *)(s->thing + p->race->objects);
	view = (void *)(s->page + p->pfns);
	for (uint32_t i = 0; i < actors; i++, view += p->view_words) {
		struct hs_race_actor *a = &s->actor[i];

		a->state = s;
		a->index = i;
		a->script = i ? &p->race->task[i - 1].steps : &p->race->setup;
		a->view = view;
	}
	entry = (hs_u64 *)view;
	for (unsigned int i = 0; i < p->race->objects; i++) {
		const struct hs_race_object *o = &p->race->object[i];

		if (o->kind != HS_RACE_DRIVER)
			continue;
		s->thing[i].device.entry = entry;
		entry += (o->driver.end - o->driver.start) >> HS_PAGE_SHIFT;
	}
	for (uint32_t i = 0; p->migration_bytes && i < actors; i++)
		s->actor[i].migration = (void *)((char *)entry + i * p->migration_bytes);
}

static void race_play_say(const struct hs_race_program *p, unsigned long line, const char *why)
{
	const char *words = p->line[line].words, *place = p->line[line].place;

	/* The place is also behind the words, with two blanks between them. */
	snprintf(p->error, p->error_size, "%s: %.*s: the set-up failed: %s", place,
		 (int)(strlen(words) - strlen(place) - 2), words, why);
}

int hs_race_failed(const struct hs_race_program *p, unsigned long line, int ret)
{
	const char *name = ret == HS_RACE_AGAIN ? "it would have to try again" : hs_error_name(ret);

	race_play_say(p, line, name ? name : "unknown");
	return ret == HS_RACE_AGAIN ? -EAGAIN : ret;
}

/* No task can release what only the set-up can: a driver lock, an RCU section. */
static int race_play_end_setup(struct hs_race_state *s)
{
	const struct hs_race_hold *hold = hs_race_held(
		&s->actor[0], HS_RACE_BIT(LOCK) | HS_RACE_BIT(RCU_READ), HS_RACE_ANY, 0);

	if (!hold)
		return 0;
	race_play_say(s->program, hold->line,
		      hold->op == HS_RACE_LOCK ? "it ends with the driver lock"
					       : "it ends in an RCU read section");
	return -EINVAL;
}

static int race_play_set_up(struct hs_task *self, struct hs_race_state *s)
{
	struct hs_race_actor *a = &s->actor[0];
	int ret = 0;

	race_play_run(self, a);
	if (a->status)
		ret = hs_race_failed(s->program, a->script->step[a->failed].line, a->status);
	if (!ret)
		ret = race_play_end_setup(s);
	for (size_t i = 0; !ret && i < s->program->pfns; i++)
		s->page[i] = hs_pfn_to_page(self, s->program->pfn[i]);
	return ret;
}

static void race_play_expect(const struct hs_race_program *p, const struct hs_race_steps *steps)
{
	for (size_t i = 0; i < steps->count; i++) {
		const struct hs_race_step *step = &steps->step[i];

		p->undone[step->line] = !step->optional && step->op != HS_RACE_RETRY &&
					step->op != HS_RACE_UNTIL;
	}
}

/* The set-up is run once, before all executions. */
static void race_play_expect_steps(const struct hs_race_program *p)
{
	race_play_expect(p, &p->race->setup);
	race_play_expect(p, &p->race->check);
	for (unsigned int i = 0; i < p->race->tasks; i++)
		race_play_expect(p, &p->race->task[i].steps);
}

int hs_race_play_setup(struct hs_task *self, struct hs_plan *plan, void *state, const void *param)
{
	const struct hs_race_program *p = param;
	struct hs_race_state *s = state;
	int ret;

	p->error[0] = '\0';
	p->moments->count = 0;
	p->moments->more = false;
	p->moments->failed = HS_RACE_NO_MOMENT;
	p->moments->reached = 0;
	race_play_expect_steps(p);
	race_play_divide_state(s, p);
	s->machine = hs_machine_of(self);
	hs_race_cpu_begin(s);
	ret = hs_race_make_objects(self, s);
	if (!ret)
		ret = race_play_set_up(self, s);
	if (!ret)
		hs_race_name_words(plan, s);
	for (unsigned int i = 0; !ret && i < p->race->tasks; i++)
		ret = hs_plan_task(plan, p->race->task[i].name, race_play_task, &s->actor[i + 1]);
	return ret;
}

/* What was violated in the execution that has ended. */
static uint32_t race_play_violated(const struct hs_race_state *s, enum hs_verdict verdict)
{
	switch (verdict) {
	case HS_VERDICT_FREED:
	case HS_VERDICT_CRASH:
		return HS_RACE_S2;
	case HS_VERDICT_LEAK:
		return HS_RACE_S3;
	case HS_VERDICT_DEADLOCK:
	case HS_VERDICT_LIVELOCK:
	case HS_VERDICT_LOST_WAKE:
	case HS_VERDICT_RETRIES:
		return HS_RACE_LIVE;
	case HS_VERDICT_ASSERT:
		if (s->violated)
			return s->violated;
		return s->machine->gone_used ? HS_RACE_S2 : HS_RACE_ANSWER;
	default:
		return HS_RACE_ANSWER;
	}
}

bool hs_race_counts(const void *state, const void *param, enum hs_verdict verdict)
{
	const struct hs_race_program *p = param;

	return race_play_violated(state, verdict) & p->race->judged;
}

/* For the report of a leak: the step of which something is left. */
static void race_play_name_left(struct hs_task *self, const struct hs_race_state *s)
{
	const struct hs_race_hold *hold = hs_race_left(s, HS_RACE_ANY);

	if (hold)
		hs_act(self, s->program->line[hold->line].words);
}

void hs_race_play_check(struct hs_task *self, void *state, const void *param)
{
	const struct hs_race_program *p = param;
	struct hs_race_state *s = state;
	struct hs_race_actor *a = &s->actor[0];

	a->place = hs_race_place(s, p->race->line);
	hs_race_assert(self, a, hs_race_order_is_over(s),
		       "%u words of the order were run, and %zu are there", s->at.raw,
		       p->race->order_words);
	a->script = &p->race->check;
	a->status = 0;
	race_play_run(self, a);
	hs_race_assert(self, a, !a->status, "the check failed: %s",
		       p->line[a->script->step[a->failed].line].words);
	hs_race_free_objects(self, s);
	race_play_name_left(self, s);
}
