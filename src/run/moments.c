/* SPDX-License-Identifier: MIT */
/*
 * moments.c - in which order the steps of a race began, in an execution that has ended, and which
 * of them goes on when it is violated
 *
 * invented. A step of a text begins when its task takes the first access in it. Code between two
 * accesses runs at once with the first, so that a task comes to a step long before it begins it: it
 * notes how many decisions were taken when it came there, and the first decision after those that
 * let it move in that step is where the step began. A step without any access begins with the
 * access before it.
 */
#include "run/moments.h"

#include <errno.h>

#include "explore/execution.h"

int hs_moments_init(struct hs_hostmem *mem, struct hs_race_moments *moments)
{
	moments->log = hs_hostmem_zalloc(mem, HS_RACE_MOMENTS, sizeof(*moments->log));
	moments->order = hs_hostmem_zalloc(mem, HS_RACE_MOMENTS, sizeof(*moments->order));
	moments->key = hs_hostmem_zalloc(mem, HS_RACE_MOMENTS, sizeof(*moments->key));
	return moments->log && moments->order && moments->key ? 0 : -ENOMEM;
}

void hs_moments_free(struct hs_hostmem *mem, struct hs_race_moments *moments)
{
	hs_hostmem_free(mem, moments->log);
	hs_hostmem_free(mem, moments->order);
	hs_hostmem_free(mem, moments->key);
}

static const struct hs_race_step *moments_step(const struct hs_race *race,
					       const struct hs_race_moment *m)
{
	return m->actor ? &race->task[m->actor - 1].steps.step[m->step]
			: &race->check.step[m->step];
}

/* What the moments of an execution are computed from. */
struct moments_end {
	const struct hs_execution *execution;
	const struct hs_race_state *state;
	enum hs_verdict verdict;
};

#define MOMENTS_NEVER UINT32_MAX /* the key of a step that has not begun */

/*
 * The task came to the step, and took no access in it. If it has not left the step, it stands
 * before the first one, unless an assertion of the code before that has ended the execution.
 */
static bool moments_has_begun(const struct moments_end *e, const struct hs_race_moment *m,
			      bool last)
{
	const struct hs_race_actor *a = &e->state->actor[m->actor];

	return !last || !m->actor || a->step != m->step ||
	       (e->verdict == HS_VERDICT_ASSERT && m->at == hs_execution_decisions(e->execution));
}

/* Odd: with a decision. Even: between two of them. @end: the task came to its next step then. */
static uint32_t moments_key(const struct moments_end *e, const struct hs_race_moment *m,
			    uint32_t end, bool last)
{
	const struct hs_race_program *p = e->state->program;
	const char *words = p->line[moments_step(p->race, m)->line].words;

	for (uint32_t i = m->at; i < end; i++)
		if (hs_execution_act(e->execution, i) == words)
			return 2 * i + 1;
	return moments_has_begun(e, m, last) ? 2 * m->at : MOMENTS_NEVER;
}

static void moments_find_keys(const struct moments_end *e, struct hs_race_moments *moments)
{
	uint32_t end[HS_RACE_TASKS + 1], decisions = hs_execution_decisions(e->execution);
	bool last[HS_RACE_TASKS + 1];

	for (unsigned int i = 0; i <= HS_RACE_TASKS; i++) {
		end[i] = decisions;
		last[i] = true;
	}
	for (uint32_t i = moments->count; i-- > 0;) {
		const struct hs_race_moment *m = &moments->log[i];

		moments->key[i] = moments_key(e, m, end[m->actor], last[m->actor]);
		end[m->actor] = m->at;
		last[m->actor] = false;
	}
}

/* Few are out of order. */
static void moments_sort(struct hs_race_moments *moments)
{
	for (uint32_t i = 0; i < moments->count; i++) {
		uint32_t at = i;

		for (; at && moments->key[moments->order[at - 1]] > moments->key[i]; at--)
			moments->order[at] = moments->order[at - 1];
		moments->order[at] = i;
	}
	while (moments->count && moments->key[moments->order[moments->count - 1]] == MOMENTS_NEVER)
		moments->count--;
}

/* The steps of the line reached began one after the other. */
static bool moments_reach(const struct hs_race_program *p)
{
	const struct hs_race_moments *moments = p->moments;
	unsigned int found = 0;

	for (uint32_t i = 0; i < moments->count && found < p->race->reaches; i++) {
		const struct hs_race_moment *m = &moments->log[moments->order[i]];

		found += m->actor == p->reached[found].task + 1 &&
			 m->step == p->reached[found].step;
	}
	return found == p->race->reaches;
}

/* The step in which the violation is, unless it is the last one to begin. */
static void moments_find_failed(const struct moments_end *e, struct hs_race_moments *moments)
{
	const struct hs_race_program *p = e->state->program;
	const char *words = hs_execution_failed_act(e->execution);

	moments->failed = HS_RACE_NO_MOMENT;
	for (uint32_t i = moments->more ? 0 : moments->count; words && i-- > 0;) {
		const struct hs_race_moment *m = &moments->log[moments->order[i]];

		if (p->line[moments_step(p->race, m)->line].words != words)
			continue;
		if (i + 1 < moments->count)
			moments->failed = moments->order[i];
		return;
	}
}

void hs_moments_ended(const struct hs_execution *execution, const void *state, const void *param,
		      enum hs_verdict verdict)
{
	const struct hs_race_program *p = param;
	const struct hs_race_state *s = state;
	const struct moments_end e = { execution, s, verdict };
	struct hs_race_moments *moments = p->moments;

	if (!p->race->reaches && verdict == HS_VERDICT_NONE)
		return;
	moments->more = s->moments > HS_RACE_MOMENTS;
	moments->count = moments->more ? HS_RACE_MOMENTS : s->moments;
	moments_find_keys(&e, moments);
	moments_sort(moments);
	moments_find_failed(&e, moments);
	moments->reached += p->race->reaches && moments_reach(p);
}
