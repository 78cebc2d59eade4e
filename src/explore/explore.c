/* SPDX-License-Identifier: MIT */
/*
 * explore.c - one exploration: the set-up once, then one execution after the other until the
 * searcher is done, a violation ends it or a bound is reached
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explore/execution.h"
#include "explore/exploration.h"
#include "explore/names.h"
#include "explore/report.h"
#include "explore/steps.h"
#include "explore/timeline.h"
#include "memory/machine.h"
#include "port/explore/foreign.h"

#define EXPLORE_STALL_MS_MAX 3600000

_Static_assert(HS_PLAN_DATA + HS_FOREIGN_PIECES <= HS_SCHED_DATA, "room for what a plan names");
_Static_assert(HS_PLAN_NAMES <= HS_SCHED_LABELS, "room for the names of a plan");
_Static_assert(HS_PLAN_PLAINS <= HS_PLAINS, "room for what a plan says of plain accesses");

/* ---- set-up ------------------------------------------------------------------------------ */

static int explore_make_searcher(const struct hs_explore_options *options, struct hs_searcher **out)
{
	switch (options->search) {
	case HS_SEARCH_DFS:
	case HS_SEARCH_SLEEP:
		return hs_search_tree(options, out);
	case HS_SEARCH_DPOR:
		return hs_search_dpor(options, out);
	case HS_SEARCH_RANDOM:
		return hs_search_random(options, out);
	case HS_SEARCH_REPLAY:
		return hs_search_replay(options, out);
	case HS_SEARCH_BOUND:
		return hs_search_bound(options, out);
	case HS_SEARCH_PCT:
		return hs_search_pct(options, out);
	case HS_SEARCH_PORTFOLIO:
		return hs_search_portfolio(options, out);
	}
	return -EINVAL;
}

/* What the set-up has named. */
static void explore_keep_names(struct hs_sched *s, const struct hs_plan *plan)
{
	for (unsigned int i = 0; i < plan->data_count; i++)
		s->data[s->data_count++] =
			(struct hs_part){ plan->data[i].start, plan->data[i].size };
	for (unsigned int i = 0; i < plan->name_count; i++) {
		const struct hs_plan_name *n = &plan->name[i];

		s->label[i] = (struct hs_label){ n->name, (uintptr_t)n->start, n->size, n->first,
						 n->step };
	}
	s->label_count = plan->name_count;
	for (unsigned int i = 0; i < plan->plain_count; i++)
		hs_plains_add(s, (struct hs_plains_rule){ .kind = plan->plain[i].kind,
							  .start = (uintptr_t)plan->plain[i].start,
							  .size = plan->plain[i].size,
							  .mode = (uint8_t)plan->plain[i].mode });
}

/* What plain accesses are taken for is known only after the set-up. */
static void explore_settle_plain(struct hs_sched *s)
{
	if (s->races && !hs_plains_has(s, HS_PLAIN_CHECKED) &&
	    !(hs_races_are_watched() && hs_plains_has(s, HS_PLAIN_STEPS)))
		hs_races_drop(s);
	if (!hs_plains_has(s, HS_PLAIN_CHECKED) && !hs_plains_has(s, HS_PLAIN_STEPS))
		hs_plains_end(s);
}

static void explore_call_setup(void *arg)
{
	struct exploration *e = arg;
	struct hs_task *boot = hs_arena_boot(e->machine->arena);

	e->setup_ret = e->scenario->setup(boot, &e->plan, e->state, e->param);
	e->plan.closed = true;
	if (e->setup_ret)
		return;
	explore_keep_names(e->sched, &e->plan);
	explore_settle_plain(e->sched);
	hs_rcu_poll(boot);
	for (unsigned int i = 0; i < e->plan.count; i++) {
		const struct hs_plan_entry *t = &e->plan.task[i];

		hs_assert_at(boot, HS_HERE, hs_thread_start(boot, t->name, t->fn, t->arg),
			     "task %s cannot start", t->name);
	}
}

/* Makes machine and state. The caller destroys the machine, also after an error. */
static int explore_prepare(struct exploration *e)
{
	struct hs_machine_config config;
	uint32_t cpus = e->sched->cpus;
	struct hs_task *boot;
	int ret;

	hs_machine_config_init(&config);
	config.kind = HS_ARENA_REGION;
	config.reuse = HS_REUSE_NEVER;
	config.seed = e->options->seed;
	config.section_order = e->options->section_order;
	config.subsection_order = e->options->subsection_order;
	e->sched->cpus = e->options->cpus;
	hs_births_begin(&e->sched->births, true);
	e->sched->print_word = hs_name_print_word;
	e->sched->label_count = 0; /* of an exploration before */
	e->sched->foreign_count = e->sched->data_count = hs_foreign_begin(e->sched->data);
	e->sched->found.schedule = NULL;
	ret = hs_machine_create(&config, &e->machine);
	if (ret) {
		hs_births_begin(&e->sched->births, false);
		e->sched->cpus = cpus;
		if (ret == -EINVAL)
			snprintf(e->result->message, sizeof(e->result->message),
				 "no machine has sections of that order");
		return ret;
	}
	ret = hs_sched_set_stack_size(e->sched, e->options->stack_size);
	if (ret)
		return ret;
	boot = hs_arena_boot(e->machine->arena);
	e->state = hs_alloc(boot, HS_KIND_SCENARIO, e->scenario->state_size);
	if (!e->state)
		return -ENOMEM;
	if (e->options->memory == HS_MEMORY_VIEWS) {
		ret = hs_views_begin(e->sched);
		if (ret)
			return ret;
	}
	if (hs_races_are_reported()) {
		hs_plains_begin(e->sched, e->options->plain);
		ret = hs_races_begin(e->sched);
		if (ret)
			return ret;
	}
	memcpy(e->standing, hs_arena_live(e->machine->arena), sizeof(e->standing));
	hs_births_set_up(&e->sched->births);
	return 0;
}

/* ---- one execution ----------------------------------------------------------------------- */

/* The machine may be taken apart here, because the next execution begins with the image of it. */
static void explore_name_leaks(struct exploration *e, struct hs_leaks *left)
{
	const uint64_t *live = hs_arena_live(e->machine->arena);
	struct hs_leaks objects;
	hs_u64 more[HS_KIND_COUNT];

	hs_machine_end_memory(e->machine, left);
	for (int k = 0; k < HS_KIND_COUNT; k++)
		more[k].raw = live[k] > e->standing[k] ? live[k] - e->standing[k] : 0;
	more[HS_KIND_TRACKED].raw = 0;
	hs_leaks_name(more, &objects);
	if (live[HS_KIND_TRACKED])
		hs_births_name_leaks(&e->sched->births, &objects);
	hs_leaks_join(left, &objects);
}

void hs_exploration_check(void *arg)
{
	struct exploration *e = arg;
	struct hs_arena *arena = e->machine->arena;
	struct hs_leaks left;

	if (e->scenario->check)
		e->scenario->check(hs_arena_boot(arena), e->state, e->param);
	hs_rcu_poll(hs_arena_boot(arena));
	e->sched->direct.on = false; /* what follows is none of the scenario's */
	explore_name_leaks(e, &left);
	if (left.objects)
		hs_sched_violation(e->sched, HS_VERDICT_LEAK, "%s left at the end", left.text);
}

/* What a dying process says, too. */
static void explore_show_found(struct exploration *e)
{
	const struct hs_explore_result *r = e->result;

	if (r->verdict == HS_VERDICT_NONE)
		return;
	e->sched->found.verdict = hs_verdict_name(r->verdict);
	e->sched->found.message = r->message;
	e->sched->found.schedule = r->schedule;
}

void hs_exploration_forget(struct exploration *e)
{
	e->sched->found.schedule = NULL;
	hs_explore_result_free(e->result);
}

/* The execution that has just ended is the one that the result shows. */
int hs_exploration_keep(struct exploration *e)
{
	struct hs_explore_result *r = e->result;
	bool repeats = r->verdict != HS_VERDICT_DIVERGED && r->verdict != HS_VERDICT_UNREPEATABLE;

	if (r->schedule)
		return 0;
	r->schedule = hs_schedule_print(e->sched->schedule, e->sched->decisions);
	if (!r->schedule)
		return -ENOMEM;
	explore_show_found(e);
	r->token = repeats ? hs_token_of(e) : NULL;
	r->report = hs_report_print(e->sched, r->schedule, r->token);
	if (e->options->timeline)
		r->timeline = hs_timeline_print(e->sched);
	if (!r->report || (repeats && !r->token) || (e->options->timeline && !r->timeline))
		return -ENOMEM;
	return 0;
}

/* That the scenario cannot be repeated is said in place of what was found before. */
int hs_exploration_note(struct exploration *e)
{
	struct hs_explore_result *r = e->result;

	if (r->violations++ && e->sched->verdict != HS_VERDICT_UNREPEATABLE)
		return 0;
	hs_exploration_forget(e);
	r->verdict = e->sched->verdict;
	r->first_violation = r->executions;
	snprintf(r->message, sizeof(r->message), "%s", e->sched->message);
	return hs_exploration_keep(e);
}

/* Runs the tasks, and the final check where they have come to their end. */
enum hs_run hs_exploration_run(struct exploration *e, const struct hs_observer *observer)
{
	struct hs_sched *s = e->sched;
	enum hs_run end;

	end = hs_sched_run(s);
	if (end == HS_RUN_QUIET && observer && observer->rested)
		observer->rested(observer->ctx, s);
	if (end == HS_RUN_QUIET && e->options->search == HS_SEARCH_REPLAY &&
	    hs_replay_left(e->searcher))
		hs_sched_violation(s, HS_VERDICT_DIVERGED,
				   "the schedule goes on after decision %u, but nothing can move",
				   s->decisions);
	else if (end == HS_RUN_QUIET && hs_sched_finish(s))
		hs_sched_on_boot(s, hs_exploration_check, e);
	return end;
}

bool hs_exploration_lacks_memory(const struct exploration *e)
{
	const struct hs_sched *s = e->sched;

	return e->searcher->failed || s->scratch.failed || s->trace.failed || s->births.failed ||
	       hs_views_failed(s) || hs_races_failed(s);
}

uint32_t hs_execution_decisions(const struct hs_execution *execution)
{
	return ((const struct hs_sched *)(const void *)execution)->decisions;
}

const char *hs_execution_act(const struct hs_execution *execution, uint32_t i)
{
	return ((const struct hs_sched *)(const void *)execution)->repeat.note[i].act;
}

const char *hs_execution_failed_act(const struct hs_execution *execution)
{
	const struct hs_sched *s = (const void *)execution;
	uint32_t task = hs_step_failed_task(s);

	return task ? s->task[task].act : NULL;
}

bool hs_exploration_counts(const struct exploration *e)
{
	enum hs_verdict verdict = e->sched->verdict;

	switch (verdict) {
	case HS_VERDICT_NONE:
		return false;
	case HS_VERDICT_CRASH:
	case HS_VERDICT_STALL:
	case HS_VERDICT_REFUSED:
	case HS_VERDICT_UNREPEATABLE:
	case HS_VERDICT_STEPS:
	case HS_VERDICT_DIVERGED:
		return true;
	default:
		return !e->options->counts || e->options->counts(e->state, e->param, verdict);
	}
}

/* The execution is complete, and in the figures. */
static int explore_judge(struct exploration *e)
{
	struct hs_explore_result *r = e->result;
	const struct hs_sched *s = e->sched;

	if (e->options->ended)
		e->options->ended((const struct hs_execution *)(const void *)s, e->state, e->param,
				  s->verdict);
	if (hs_exploration_counts(e))
		return hs_exploration_note(e);
	r->uncounted += s->verdict != HS_VERDICT_NONE;
	return e->options->search == HS_SEARCH_REPLAY ? hs_exploration_keep(e) : 0;
}

static int explore_execute(struct exploration *e)
{
	struct hs_explore_result *r = e->result;
	struct hs_sched *s = e->sched;
	enum hs_run end;

	hs_sched_reset(s);
	s->repeat.same = e->searcher->shared;
	e->searcher->start(e->searcher);
	end = hs_exploration_run(e, e->observer);
	if (e->token_schedule)
		hs_token_fit_end(e);
	if (e->observer && e->observer->ended)
		e->observer->ended(e->observer->ctx, s, end);
	if (hs_exploration_lacks_memory(e))
		return -ENOMEM;
	r->executions++;
	r->beyond_retries += s->retries.reached;
	r->steps += s->step;
	if (r->steps_max < s->step)
		r->steps_max = s->step;
	if (end == HS_RUN_CUT) {
		r->blocked++;
		return 0;
	}
	r->complete++;
	if (end == HS_RUN_QUIET)
		hs_trace_keep(&s->trace);
	if (s->trace.failed)
		return -ENOMEM;
	r->trace_hash = s->hash;
	return explore_judge(e);
}

/* ---- the search -------------------------------------------------------------------------- */

/* The search walks a tree of executions, so that it has an end. */
static bool explore_is_systematic(const struct hs_explore_options *o)
{
	return o->search != HS_SEARCH_RANDOM && o->search != HS_SEARCH_PCT &&
	       o->search != HS_SEARCH_PORTFOLIO && o->search != HS_SEARCH_REPLAY;
}

/* @more: the searcher has another execution. */
static void explore_estimate(struct exploration *e, bool more)
{
	struct hs_explore_result *r = e->result;
	struct hs_estimate estimate;

	r->estimate = (double)(more ? e->options->max_executions : r->executions);
	r->deviation = 0;
	if (!more || !explore_is_systematic(e->options))
		return;
	r->estimate = 0;
	if (!e->searcher->estimate)
		return;
	hs_estimate_begin(&estimate);
	e->searcher->estimate(e->searcher, &estimate);
	r->estimate = hs_estimate_total(&estimate, &r->deviation);
}

/* Whether the search is over, and why. */
static bool explore_is_over(struct exploration *e, bool more)
{
	const struct hs_explore_options *o = e->options;
	struct hs_explore_result *r = e->result;
	bool whole = explore_is_systematic(o) || o->search == HS_SEARCH_REPLAY;

	r->classes = e->sched->trace.set_count;
	if (r->violations &&
	    (!o->go_on || e->sched->crash.kind || r->verdict == HS_VERDICT_UNREPEATABLE))
		r->stop = HS_STOP_VIOLATION;
	else if (!more)
		r->stop = whole ? HS_STOP_END : HS_STOP_EXECUTIONS;
	else if (o->max_executions && r->executions == o->max_executions)
		r->stop = HS_STOP_EXECUTIONS;
	else if (hs_likely(!e->limits.on))
		return false;
	else if (hs_limits_time_is_over(&e->limits))
		r->stop = HS_STOP_TIME;
	else if (!hs_limits_progress_is_due(&e->limits, r->executions))
		return false;
	else {
		explore_estimate(e, more);
		if (!hs_limits_report(&e->limits, r))
			return false;
		r->stop = HS_STOP_CALLER;
	}
	return true;
}

static void explore_note_extent(struct exploration *e, bool more)
{
	struct hs_explore_result *r = e->result;

	if (e->options->search == HS_SEARCH_BOUND)
		r->beyond_bound = hs_bound_left_out(e->searcher);
	if (!more && explore_is_systematic(e->options))
		r->extent = r->beyond_bound || r->beyond_retries ? HS_EXTENT_BOUND : HS_EXTENT_ALL;
	r->exhaustive = r->extent == HS_EXTENT_ALL;
}

/* What an execution shows that measures is not dropped, unless violations are counted. */
static int explore_measure(struct exploration *e)
{
	struct hs_searcher *searcher = e->searcher;
	struct hs_sched *s = NULL;

	while (searcher->measure && searcher->measure(searcher, s)) {
		s = e->sched;
		hs_sched_reset(s);
		s->repeat.same = 0;
		hs_exploration_run(e, NULL);
		if (hs_exploration_lacks_memory(e))
			return -ENOMEM;
		if (s->crash.kind || (!e->options->go_on && hs_exploration_counts(e))) {
			e->result->stop = HS_STOP_VIOLATION;
			return hs_exploration_note(e);
		}
	}
	return 0;
}

static int explore_search(struct exploration *e)
{
	const struct hs_explore_options *o = e->options;
	struct hs_explore_result *r = e->result;
	bool more;
	int ret;

	e->sched->retries.bound = o->retry_bound;
	e->sched->retries.cut = o->retry_cut;
	ret = hs_sched_begin(e->sched, &e->searcher->chooser, o->max_steps);
	if (ret)
		return ret;
	e->sched->scratch.failed = false;
	e->sched->scratch.past = o->search == HS_SEARCH_DPOR;
	e->sched->scratch.counts = hs_search_commutes(o) && !e->sched->clocks;
	r->image_bytes = e->sched->image.used;
	hs_limits_begin(&e->limits, o);
	ret = explore_measure(e);
	if (ret || r->violations)
		return ret ? ret : hs_again_shrink(e);
	e->sched->hashing = o->search == HS_SEARCH_REPLAY || e->observer;
	hs_trace_begin(&e->sched->trace, o->fingerprint);
	do {
		uint64_t violations = r->violations;
		bool found;

		ret = explore_execute(e);
		if (ret)
			return ret;
		more = e->searcher->next(e->searcher);
		if (e->searcher->failed)
			return -ENOMEM;
		found = !violations && r->violations;
		ret = hs_again_if_due(e, found);
		if (!ret && found)
			ret = hs_again_shrink(e);
		if (ret)
			return ret;
	} while (!explore_is_over(e, more));
	/* What such a search has seen is not all of anything. */
	more |= r->verdict == HS_VERDICT_UNREPEATABLE;
	explore_estimate(e, more);
	explore_note_extent(e, more);
	r->fingerprint = e->sched->trace.set_hash;
	return 0;
}

static bool explore_options_valid(const struct hs_explore_options *o)
{
	return o->max_steps && o->max_steps <= HS_TOKEN_STEPS && o->cpus &&
	       o->cpus <= HS_CPUS_MAX && o->stack_size >= HS_FIBER_STACK_MIN &&
	       o->stack_size <= HS_FIBER_STACK_MAX && o->stall_ms <= EXPLORE_STALL_MS_MAX &&
	       (unsigned int)o->memory < HS_MEMORY_COUNT && (unsigned int)o->plain < HS_PLAIN_COUNT;
}

/* Set-up and search. What they find is in the result. */
static int explore_run(struct exploration *e)
{
	int ret;

	ret = hs_watchdog_begin(e->sched, e->options->stall_ms);
	if (!ret && !hs_sched_on_boot(e->sched, explore_call_setup, e)) {
		e->result->stop = HS_STOP_VIOLATION;
		if (e->token_schedule)
			hs_token_fit_end(e);
		ret = hs_exploration_note(e);
	} else if (!ret) {
		ret = e->setup_ret ? e->setup_ret : explore_search(e);
	}
	hs_watchdog_end();
	return ret;
}

/* Without a machine of its own the scheduler may be running the caller's. */
static void explore_end(struct exploration *e)
{
	e->searcher->release(e->searcher);
	if (e->machine) {
		hs_births_begin(&e->sched->births, false);
		hs_trace_end(&e->sched->trace);
		hs_views_end(e->sched);
		hs_plains_end(e->sched);
		hs_races_end(e->sched);
	}
	if (e->machine && e->sched->crash.kind) {
		hs_sched_drop();
	} else if (e->machine) {
		if (e->result->violations)
			hs_image_restore_machine(e->sched);
		hs_sched_end(e->sched);
		hs_machine_destroy(e->machine, NULL);
	}
}

int hs_explore(const struct hs_scenario *scenario, const void *param,
	       const struct hs_explore_options *options, struct hs_explore_result *result)
{
	return hs_explore_observed(scenario, param, options, NULL, result);
}

static int explore_all(struct exploration *e)
{
	int ret = explore_make_searcher(e->options, &e->searcher);

	if (ret)
		return ret;
	e->sched = hs_sched_get();
	ret = e->sched ? explore_prepare(e) : -ENOMEM;
	if (ret) {
		explore_end(e);
		return ret;
	}
	hs_crash_begin(e->sched);
	ret = explore_run(e);
	/* A damaged heap may break here: then the finding is printed. */
	explore_end(e);
	hs_crash_end();
	return ret;
}

int hs_explore_observed(const struct hs_scenario *scenario, const void *param,
			const struct hs_explore_options *options,
			const struct hs_observer *observer, struct hs_explore_result *result)
{
	struct hs_explore_options own = *options;
	struct exploration e = { .scenario = scenario,
				 .param = param,
				 .options = &own,
				 .observer = observer,
				 .result = result };
	int ret = 0;

	memset(result, 0, sizeof(*result));
	if (own.search == HS_SEARCH_REPLAY && own.token)
		ret = hs_token_fit_options(&e, &own);
	result->bound = own.bound;
	result->retry_bound = own.retry_bound;
	if (!ret && (!scenario->setup || !scenario->state_size))
		ret = -EINVAL;
	if (!ret && !explore_options_valid(&own)) {
		snprintf(result->message, sizeof(result->message), "an option%s is out of range",
			 e.token_schedule ? " of the token" : "");
		ret = -EINVAL;
	}
	if (!ret && (!e.token_schedule || hs_token_fit_scenario(&e)))
		ret = explore_all(&e);
	free(e.token_schedule);
	if (ret)
		hs_explore_result_free(result);
	return ret;
}
