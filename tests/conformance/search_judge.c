/* SPDX-License-Identifier: MIT */
/*
 * search_judge.c - one program under every search
 */
#include "conformance/search_judge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conformance/search_bounds.h"
#include "conformance/search_model.h"
#include "conformance/search_play.h"
#include "port/common/sanitize.h"

#define DFS_LIMIT 3000u
#define MODEL_LIMIT 8192u
#define RANDOM_EXECUTIONS 16u
#define REPLAYS 8u

/* The searches that are complete: each finds every outcome. */
static const struct {
	const char *name;
	enum hs_search search;
	bool commute;
	bool whole; /* it executes every interleaving */
} searches[] = {
	{ "sleep sets", HS_SEARCH_SLEEP, false, false },
	{ "DPOR", HS_SEARCH_DPOR, false, false },
	{ "sleep sets, commuting", HS_SEARCH_SLEEP, true, false },
	{ "DPOR, commuting", HS_SEARCH_DPOR, true, false },
	{ "any number of preemptions", HS_SEARCH_BOUND, false, true },
};
#define ANY UINT32_MAX
#define WHOLE_LIMIT 300u /* interleavings: what executes all costs as much as plain DFS */
#define BOUNDS 3u	 /* 0, 1 and 2: one of them for each program */

static const enum hs_search random_searches[] = { HS_SEARCH_RANDOM, HS_SEARCH_PCT,
						  HS_SEARCH_PORTFOLIO };

/* An exploration and its outcomes. */
struct view {
	struct outcome_set set;
	struct hs_explore_result r;
	int ret;
};

static void look(const struct program *p, const struct play_options *o, struct view *v)
{
	v->ret = program_play(p, o, &v->set, &v->r);
}

static void forget(struct view *v)
{
	outcome_set_free(&v->set);
	hs_explore_result_free(&v->r);
}

const char *judgement_words(enum judgement judgement)
{
	static const char *const words[JUDGEMENT_COUNT] = {
		[JUDGED_EQUAL] = "all searches agree",
		[JUDGED_LARGE] = "too many interleavings",
		[JUDGED_ERROR] = "an exploration failed",
		[JUDGED_OUTCOMES] = "a search misses or invents outcomes",
		[JUDGED_MODEL] = "plain DFS and the model disagree",
		[JUDGED_CLASSES] = "a search misses or invents classes",
		[JUDGED_COUNTS] = "a result does not fit what was seen",
		[JUDGED_REPLAY] = "a schedule leads elsewhere",
		[JUDGED_BOUND] = "a bound on preemptions leaves out too much or too little",
		[JUDGED_RETRIES] = "searches disagree on what is within a bound on retries",
		[JUDGED_RANDOM] = "a random execution is unknown to plain DFS",
		[JUDGED_REPEATED] = "the same exploration differs the second time",
		[JUDGED_VIEWS] = "weak memory does not fit sequential consistency",
	};

	return words[judgement];
}

/* ---- single comparisons ------------------------------------------------------------------ */

static bool same_sets(const struct program *p, const struct outcome_set *dfs,
		      const struct outcome_set *other, const char *name, bool loud)
{
	char title[64];

	if (outcome_set_within(dfs, other) && outcome_set_within(other, dfs))
		return true;
	if (loud) {
		snprintf(title, sizeof(title), "in plain DFS, not in %s:", name);
		outcome_print_missing(p, title, dfs, other);
		snprintf(title, sizeof(title), "in %s, not in plain DFS:", name);
		outcome_print_missing(p, title, other, dfs);
	}
	return false;
}

/* The figures of a finished search. */
static bool counts_fit(const struct view *v, bool loud)
{
	const struct hs_explore_result *r = &v->r;
	uint64_t seen = 0, bad = 0;
	bool fit;

	for (uint32_t i = 0; i < v->set.count; i++) {
		seen += v->set.entry[i].count;
		bad += v->set.entry[i].outcome.verdict ? v->set.entry[i].count : 0;
	}
	fit = r->executions == r->complete + r->blocked && r->complete == seen &&
	      r->violations == bad && !r->first_violation == !bad && !r->verdict == !bad &&
	      r->exhaustive;
	if (!fit && loud)
		fprintf(stderr,
			"%llu executions, %llu complete, %llu blocked, %llu violations; seen %llu, "
			"violations %llu\n",
			(unsigned long long)r->executions, (unsigned long long)r->complete,
			(unsigned long long)r->blocked, (unsigned long long)r->violations,
			(unsigned long long)seen, (unsigned long long)bad);
	return fit;
}

/*
 * Sleep sets and DPOR complete one execution of each class. More only where tasks wait or retry: a
 * wait depends on what its predicate reads just then, a class on what it has read; and in a search
 * a wake depends on what those read that sleep on its queue. And with DPOR where one answer of a
 * choice ends the execution: then its task does not sleep, whatever it would be answered.
 */
static bool classes_fit(const struct program *p, const struct view *dfs, const struct view *v,
			unsigned int which, bool loud)
{
	bool waits = program_has(p, OP_WAIT) || program_has(p, OP_WAIT_UNTIL) ||
		     program_has(p, OP_SPIN_UNTIL) || program_has(p, OP_AWAIT) ||
		     program_has(p, OP_DRAIN) || program_has(p, OP_AGAIN);
	bool chooses = searches[which].search == HS_SEARCH_DPOR && dfs->r.violations &&
		       (p->views || program_has(p, OP_CHOOSE));
	uint64_t rested = 0;

	for (uint32_t i = 0; i < v->set.count; i++)
		if (v->set.entry[i].outcome.who == OUTCOME_REST)
			rested += v->set.entry[i].count;
	if (v->r.classes == dfs->r.classes && v->r.fingerprint == dfs->r.fingerprint &&
	    (rested == v->r.classes ||
	     ((searches[which].whole || waits || chooses) && rested > v->r.classes)))
		return true;
	if (loud)
		fprintf(stderr, "%llu executions came to rest; %llu classes, in plain DFS %llu\n",
			(unsigned long long)rested, (unsigned long long)v->r.classes,
			(unsigned long long)dfs->r.classes);
	return false;
}

static bool replays_within(const struct program *p, const struct outcome_entry *e, uint32_t retries,
			   bool loud)
{
	const struct play_options options = { .search = HS_SEARCH_REPLAY,
					      .schedule = e->schedule,
					      .retry_bound = retries };
	struct view v;
	bool same;

	look(p, &options, &v);
	same = !v.ret && v.set.count == 1 &&
	       !memcmp(&v.set.entry[0].outcome, &e->outcome, sizeof(e->outcome)) &&
	       v.set.entry[0].hash == e->hash && v.r.trace_hash == e->hash &&
	       v.r.verdict == e->outcome.verdict && v.r.schedule &&
	       !strcmp(v.r.schedule, e->schedule) && !strcmp(v.r.message, e->text);
	if (!same && loud) {
		fprintf(stderr, "schedule %s\n", e->schedule);
		fprintf(stderr, "trace %llx, replayed %llx, ret %d\n", (unsigned long long)e->hash,
			(unsigned long long)v.r.trace_hash, v.ret);
		outcome_print_missing(p, "the replay:", &v.set, NULL);
	}
	forget(&v);
	return same;
}

static bool replays(const struct program *p, const struct outcome_entry *e, bool loud)
{
	return replays_within(p, e, 0, loud);
}

static bool all_replay(const struct program *p, const struct outcome_set *set, bool loud)
{
	/* From the end: what a search leaves behind is there. */
	for (uint32_t i = 0; i < set->count && i < REPLAYS; i++)
		if (!replays(p, &set->entry[set->count - 1 - i], loud))
			return false;
	return true;
}

static bool random_is_within(const struct program *p, enum hs_search search,
			     const struct outcome_set *dfs, bool loud)
{
	struct view v;
	bool within;

	look(p,
	     &(struct play_options){
		     .search = search, .limit = RANDOM_EXECUTIONS, .seed = dfs->count },
	     &v);
	within = !v.ret && v.r.executions == RANDOM_EXECUTIONS && !v.r.blocked && !v.r.exhaustive &&
		 outcome_set_within(&v.set, dfs) &&
		 (!v.set.count || replays(p, &v.set.entry[v.set.count - 1], loud));
	if (!within && loud)
		outcome_print_missing(p, "in a random search, not in plain DFS:", &v.set, dfs);
	forget(&v);
	return within;
}

/* @runs: the executions of plain DFS. */
static bool bound_fits(const struct program *p, const struct view *dfs, struct play_runs *runs,
		       bool loud)
{
	uint32_t bound = runs->count % BOUNDS, expected = 0, most;
	uint32_t *fewest = calloc(dfs->set.count + 1, sizeof(*fewest));
	struct view v;
	bool fits;

	if (!fewest)
		return false;
	most = bounds_count(runs, bound, fewest, dfs->set.count);
	look(p, &(struct play_options){ .search = HS_SEARCH_BOUND, .bound = bound }, &v);
	fits = !v.ret && v.r.complete == most && !v.r.blocked &&
	       v.r.extent == (most == runs->count ? HS_EXTENT_ALL : HS_EXTENT_BOUND) &&
	       v.r.exhaustive == (most == runs->count) && outcome_set_within(&v.set, &dfs->set);
	for (uint32_t i = 0; i < dfs->set.count; i++) {
		expected += fewest[i] <= bound;
		fits &= fewest[i] > bound ||
			outcome_set_find(&v.set, &dfs->set.entry[i].outcome) != NULL;
	}
	fits = fits && v.set.count == expected;
	if (!fits && loud)
		fprintf(stderr,
			"%u preemptions: %llu executions, %u outcomes; of plain DFS %u, %u\n",
			bound, (unsigned long long)v.r.complete, v.set.count, most, expected);
	forget(&v);
	free(fewest);
	return fits;
}

/* One search against plain DFS, with the same bound on retries. */
static bool same_within(const struct program *p, const struct view *dfs, unsigned int which,
			const struct play_options *options, bool loud)
{
	struct play_options o = *options;
	struct view v;
	bool same;

	o.search = searches[which].search;
	o.commute = searches[which].commute;
	o.limit = 0;
	look(p, &o, &v);
	same = !v.ret && v.r.extent == dfs->r.extent &&
	       !v.r.beyond_retries == !dfs->r.beyond_retries &&
	       (o.commute ||
		(v.r.classes == dfs->r.classes && v.r.fingerprint == dfs->r.fingerprint)) &&
	       same_sets(p, &dfs->set, &v.set, searches[which].name, loud);
	forget(&v);
	return same;
}

bool judge_retries(const struct program *p, struct judged *j, bool loud)
{
	struct view dfs[2];
	uint32_t within = 0;
	bool fit = true;

	if (!program_has(p, OP_AGAIN))
		return true;
	for (int cut = 0; cut < 2; cut++) {
		const struct play_options o = { .search = HS_SEARCH_DFS,
						.limit = DFS_LIMIT,
						.bound = ANY,
						.retry_bound = 1,
						.retry_cut = cut };

		look(p, &o, &dfs[cut]);
		j->retried |= dfs[cut].r.beyond_retries != 0;
		for (unsigned int i = 0; fit && i < sizeof(searches) / sizeof(searches[0]); i++)
			fit = dfs[cut].r.extent == HS_EXTENT_PART ||
			      same_within(p, &dfs[cut], i, &o, loud);
	}
	for (uint32_t i = 0; i < dfs[0].set.count; i++) {
		const struct outcome_entry *e = &dfs[0].set.entry[i];

		within += e->outcome.verdict != HS_VERDICT_RETRIES;
		fit = fit && (i >= REPLAYS || replays_within(p, e, 1, loud));
	}
	if (dfs[0].r.extent != HS_EXTENT_PART)
		fit = fit && within == dfs[1].set.count &&
		      outcome_set_within(&dfs[1].set, &dfs[0].set);
	forget(&dfs[0]);
	forget(&dfs[1]);
	return fit;
}

static bool same_results(const struct view *a, const struct view *b)
{
	const struct hs_explore_result *x = &a->r, *y = &b->r;

	if (a->ret != b->ret || x->executions != y->executions || x->complete != y->complete ||
	    x->violations != y->violations || x->first_violation != y->first_violation ||
	    x->steps != y->steps || x->steps_max != y->steps_max ||
	    x->trace_hash != y->trace_hash || x->image_bytes != y->image_bytes ||
	    x->verdict != y->verdict || strcmp(x->message, y->message) != 0 ||
	    !x->schedule != !y->schedule || a->set.count != b->set.count)
		return false;
	if (x->schedule && strcmp(x->schedule, y->schedule) != 0)
		return false;
	for (uint32_t i = 0; i < a->set.count; i++) {
		const struct outcome_entry *e = &a->set.entry[i], *f = &b->set.entry[i];

		if (memcmp(&e->outcome, &f->outcome, sizeof(e->outcome)) != 0 ||
		    e->count != f->count || e->hash != f->hash ||
		    strcmp(e->schedule, f->schedule) != 0)
			return false;
	}
	return true;
}

/*
 * Explorations that end in the middle, with all that an execution can leave behind: clock, choices,
 * sleepers, a debt, sections, callbacks, counters, locks, freed and new objects.
 */
static bool disturb(void)
{
	static const char *const texts[] = {
		"cpus=3 | free o0; advance 2; count 1; new 1; rcu_lock; lock m0; choose 2; "
		"fail | wait q0 is a b 1; down_read w0 | call_wake a q0; store a 1",
		"cpus=1 | add a 1; choose 3; wait q0 is b b 1; get; fail | down_write w0; store b 1; "
		"count_new; kill; spin_lock s0; load a; again 1 0 2; fail",
	};
	struct program p;
	struct view v;
	bool fine = true;

	for (unsigned int i = 0; fine && i < sizeof(texts) / sizeof(texts[0]); i++) {
		fine = !program_parse(texts[i], &p);
		look(&p, &(struct play_options){ .search = HS_SEARCH_SLEEP, .stop = true }, &v);
		fine = fine && !v.ret && v.r.violations == 1;
		forget(&v);
		look(&p, &(struct play_options){ .search = HS_SEARCH_DFS, .limit = 2 }, &v);
		fine = fine && !v.ret && v.r.executions == 2;
		forget(&v);
	}
	return fine;
}

/* @first was seen before other explorations, some of which ended in the middle. */
static bool repeats(const struct program *p, const struct play_options *options,
		    const struct view *first)
{
	struct play_options o = *options;
	struct view v;
	bool same;

	/* The same again, ended by a bound in the middle and by the first violation. */
	o.limit = 2;
	look(p, &o, &v);
	forget(&v);
	o.limit = 0;
	o.stop = true;
	look(p, &o, &v);
	same = v.r.verdict == first->r.verdict && v.r.violations <= 1 &&
	       v.r.first_violation == first->r.first_violation;
	forget(&v);
	same = same && disturb();
	look(p, options, &v);
	same = same && same_results(first, &v);
	forget(&v);
	return same;
}

/* ---- all of them ------------------------------------------------------------------------- */

static enum judgement judge_search(const struct program *p, unsigned int which,
				   const struct view *dfs, struct judged *j, bool loud)
{
	enum judgement judgement = JUDGED_EQUAL;
	struct play_options options;
	struct view v;

	if (searches[which].whole && dfs->r.executions > WHOLE_LIMIT)
		return JUDGED_EQUAL;
	options = (struct play_options){ .search = searches[which].search,
					 .bound = ANY,
					 .commute = searches[which].commute };
	look(p, &options, &v);
	if (!which)
		j->fewer = v.r.complete;
	if (v.ret)
		judgement = JUDGED_ERROR;
	else if (!same_sets(p, &dfs->set, &v.set, searches[which].name, loud))
		judgement = JUDGED_OUTCOMES;
	else if (!counts_fit(&v, loud) ||
		 /* A wake that might be lost is looked for in what was explored with patience. */
		 ((p->views || !options.commute) && v.r.complete > dfs->r.complete) ||
		 (searches[which].whole && v.r.complete != dfs->r.complete))
		judgement = JUDGED_COUNTS;
	else if (!options.commute && !classes_fit(p, dfs, &v, which, loud))
		judgement = JUDGED_CLASSES;
	else if (!all_replay(p, &v.set, loud))
		judgement = JUDGED_REPLAY;
	else if (!repeats(p, &options, &v))
		judgement = JUDGED_REPEATED;
	forget(&v);
	return judgement;
}

static enum judgement judge_model(const struct program *p, struct outcome_set *dfs,
				  struct judged *j, bool loud)
{
	struct outcome_set model;
	enum judgement judgement = JUDGED_EQUAL;

	if (!model_knows(p))
		return JUDGED_EQUAL;
	j->model = model_outcomes(p, MODEL_LIMIT, &model);
	if (j->model) {
		outcome_set_forget_messages(dfs);
		if (!same_sets(p, dfs, &model, "the model", loud))
			judgement = JUDGED_MODEL;
	}
	outcome_set_free(&model);
	return judgement;
}

/* Memory is as strong as can be: nothing but SEQ_CST words, and what orders more than words do. */
static bool is_strong(const struct program *p)
{
	for (unsigned int t = 0; t < p->tasks; t++)
		for (unsigned int i = 0; i < p->task[t].count; i++) {
			const struct program_op *op = &p->task[t].op[i];

			if ((program_op_has_order(op) && op->order != ORDER_SC) ||
			    op->kind == OP_CHUNK || op->kind == OP_CALL_WAKE ||
			    op->kind == OP_COMPLETE ||
			    (op->kind >= OP_COUNT && op->kind <= OP_EXIT))
				return false;
		}
	return true;
}

/* What DFS sees without views it sees with them, and of a strong program nothing else. */
static enum judgement judge_views(const struct program *p, const struct outcome_set *dfs,
				  struct judged *j, bool loud)
{
	enum judgement judgement = JUDGED_EQUAL;
	struct program q = *p;
	struct view v;

	q.views = false;
	look(&q, &(struct play_options){ .search = HS_SEARCH_DFS }, &v);
	j->strong = is_strong(p);
	j->weaker = v.set.count < dfs->count;
	if (v.ret)
		judgement = JUDGED_ERROR;
	else if (!outcome_set_within(&v.set, dfs) || (j->strong && j->weaker))
		judgement = JUDGED_VIEWS;
	if (judgement && loud) {
		outcome_print_missing(p, "without views, not with them:", &v.set, dfs);
		outcome_print_missing(p, "with views, not without them:", dfs, &v.set);
	}
	forget(&v);
	return judgement;
}

/*
 * A lock's class is no shared word: under ASan a lock in freed memory ends the process before the
 * explorer has a verdict.
 */
static bool asan_objects(const struct program *p)
{
	bool lock = false;

	for (unsigned int t = 0; t < p->tasks; t++)
		for (unsigned int i = 0; i < p->task[t].count; i++) {
			const struct program_op *op = &p->task[t].op[i];

			lock |= (op->kind >= OP_LOCK && op->kind <= OP_UNLOCK &&
				 op->arg[0] == MUTEX_O0) ||
				(op->kind >= OP_SPIN_LOCK && op->kind <= OP_SPIN_UNLOCK &&
				 op->arg[0] == SPIN_O0) ||
				(op->kind >= OP_DOWN_READ && op->kind <= OP_UP_WRITE &&
				 op->arg[0] == SEM_O0);
		}
	return lock && (program_has(p, OP_FREE) || program_has(p, OP_CALL_FREE));
}

enum judgement judge(const struct program *p, struct judged *j, bool loud)
{
	enum judgement judgement = JUDGED_EQUAL;
	struct play_runs runs = { .run = NULL };
	struct view dfs;

	memset(j, 0, sizeof(*j));
	if (HS_ASAN && asan_objects(p))
		return JUDGED_LARGE;
	look(p,
	     &(struct play_options){ .search = HS_SEARCH_DFS, .limit = DFS_LIMIT, .runs = &runs },
	     &dfs);
	j->executions = dfs.r.executions;
	j->outcomes = dfs.set.count;
	for (uint32_t i = 0; i < dfs.set.count; i++)
		j->verdicts |= 1u << dfs.set.entry[i].outcome.verdict;
	if (dfs.ret)
		judgement = JUDGED_ERROR;
	else if (!judge_retries(p, j, loud))
		judgement = JUDGED_RETRIES;
	else if (!dfs.r.exhaustive)
		judgement = JUDGED_LARGE;
	else if (!counts_fit(&dfs, loud))
		judgement = JUDGED_COUNTS;
	else if (!all_replay(p, &dfs.set, loud))
		judgement = JUDGED_REPLAY;
	else if (!bound_fits(p, &dfs, &runs, loud))
		judgement = JUDGED_BOUND;
	for (unsigned int i = 0;
	     !judgement && i < sizeof(random_searches) / sizeof(random_searches[0]); i++)
		if (!random_is_within(p, random_searches[i], &dfs.set, loud))
			judgement = JUDGED_RANDOM;
	for (unsigned int i = 0; !judgement && i < sizeof(searches) / sizeof(searches[0]); i++)
		judgement = judge_search(p, i, &dfs, j, loud);
	if (!judgement && p->views)
		judgement = judge_views(p, &dfs.set, j, loud);
	if (!judgement)
		judgement = judge_model(p, &dfs.set, j, loud);
	play_runs_free(&runs);
	forget(&dfs);
	return judgement;
}

void judge_print_outcomes(const struct program *p)
{
	struct view dfs;

	look(p, &(struct play_options){ .search = HS_SEARCH_DFS, .limit = DFS_LIMIT }, &dfs);
	outcome_print_missing(p, "outcomes:", &dfs.set, NULL);
	forget(&dfs);
}
