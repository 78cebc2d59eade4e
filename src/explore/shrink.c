/* SPDX-License-Identifier: MIT */
/*
 * shrink.c - the simplest execution with the violation that was found
 *
 * A search finds a violation somewhere, and its execution goes to and fro between tasks for no
 * reason. The one to be read has the fewest preemptions, then the fewest switches, the fewest
 * steps, and the fewest answers other than the first (with weak memory: loads of older values).
 * That is its cost. It grows with each decision, so that an execution is cut as soon as it costs as
 * much as the best one.
 *
 * First the best schedule is changed here and there: a block of steps of one task, or half of it, a
 * quarter and so on, moves to the task's next or last block, to the end or to the beginning, and a
 * choice gets its first answer. The execution follows the changed schedule as far as it can: what
 * is not possible is left out, and in the end the task that ran last goes on. What it comes to is
 * judged by its own decisions. This takes most of what is superfluous away, but need not find the
 * fewest.
 *
 * Then all executions with no preemption are run, with one, and so on, until there is none with as
 * many as the best one has that costs less. That is the proof that it is the simplest, if the
 * number of executions that may be run is large enough.
 */
#include "explore/shrink.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "explore/search.h"

/* An execution may have max_steps, so that steps count, too: these and those of the first. */
#define SHRINK_STEPS 256
#define SHRINK_STEPS_MOST 50000000 /* a few seconds */

struct shrink_cost {
	uint32_t preemptions, switches, steps, answers;
};

/* A part of an execution, from its beginning. */
struct shrink_path {
	struct shrink_cost cost;
	uint32_t last; /* the task that ran last; 0: none */
};

struct shrink_node {
	struct shrink_path before;
	uint32_t taken;	  /* the task, or the answer */
	uint32_t enabled; /* mask of tasks; 0: this is a choice */
	uint32_t left;	  /* mask of the tasks that are yet to be taken here */
	uint32_t answers; /* of a choice: how many there are */
};

struct shrink {
	struct hs_shrink *with;
	struct hs_sched *sched;
	struct shrink_path path; /* of the execution that runs */
	uint64_t limit;		 /* of with->executions, in the phase that runs */
	uint64_t steps, steps_most;
	/* Time or steps are used up, there was a crash, or the scenario does not repeat itself. */
	bool over;
	/* The best execution. */
	struct shrink_cost cost;
	uint8_t *best;
	uint32_t count;
	enum hs_verdict verdict;
	char message[HS_SCHED_MESSAGE];
	/* What an execution follows. */
	uint8_t *wanted;
	uint32_t wanted_count, at;
	/* The path of an execution in the tree. */
	struct shrink_node *node;
	uint32_t depth, length, bound;
};

/* ---- cost -------------------------------------------------------------------------------- */

static bool shrink_is_less(const struct shrink_cost *a, const struct shrink_cost *b)
{
	if (a->preemptions != b->preemptions)
		return a->preemptions < b->preemptions;
	if (a->switches != b->switches)
		return a->switches < b->switches;
	if (a->steps != b->steps)
		return a->steps < b->steps;
	return a->answers < b->answers;
}

static void shrink_add_step(struct shrink_path *p, uint32_t enabled, uint32_t task)
{
	p->cost.preemptions += task != p->last && enabled >> p->last & 1;
	p->cost.switches += p->last && task != p->last;
	p->cost.steps++;
	p->last = task;
}

/* Of the execution that has just ended. */
static struct shrink_cost shrink_cost_of(const struct hs_sched *s)
{
	struct shrink_path p = { .last = 0 };

	for (uint32_t i = 0; i < s->decisions; i++) {
		if (s->schedule[i] & HS_CHOICE)
			p.cost.answers += s->schedule[i] != HS_CHOICE;
		else
			shrink_add_step(&p, s->repeat.note[i].enabled, s->schedule[i]);
	}
	return p.cost;
}

/* ---- the same violation ------------------------------------------------------------------ */

/* Moves over a number, but not over that of a line, which comes behind a colon. */
static bool shrink_skip_number(const char *text, const char **at)
{
	const char *p = *at;

	if (p > text && (p[-1] == ':' || isdigit((unsigned char)p[-1])))
		return false;
	p += *p == '-';
	if (!isdigit((unsigned char)*p))
		return false;
	if (p[0] == '0' && p[1] == 'x')
		for (p += 2; isxdigit((unsigned char)*p); p++)
			;
	else
		while (isdigit((unsigned char)*p))
			p++;
	*at = p;
	return true;
}

/* What follows differs with the number of passes of a loop. */
static size_t shrink_key_length(enum hs_verdict verdict, const char *text)
{
	const char *end = NULL;

	if (verdict == HS_VERDICT_LIVELOCK)
		end = strstr(text, "): ");
	else if (verdict == HS_VERDICT_RETRIES)
		end = strstr(text, ", undone by ");
	return end ? (size_t)(end - text) : strlen(text);
}

bool hs_shrink_same_message(enum hs_verdict verdict, const char *one, const char *other)
{
	const char *a = one, *a_end = one + shrink_key_length(verdict, one);
	const char *b = other, *b_end = other + shrink_key_length(verdict, other);

	while (a < a_end && b < b_end) {
		bool number = shrink_skip_number(one, &a);

		if (number != shrink_skip_number(other, &b))
			return false;
		if (!number && *a++ != *b++)
			return false;
	}
	return a >= a_end && b >= b_end;
}

/* ---- one execution ----------------------------------------------------------------------- */

static int shrink_take(struct shrink *s, uint32_t enabled, uint32_t task)
{
	shrink_add_step(&s->path, enabled, task);
	return shrink_is_less(&s->path.cost, &s->cost) ? (int)task : HS_PICK_CUT;
}

static bool shrink_is_over(struct shrink *s)
{
	s->over |= s->steps >= s->steps_most || s->with->is_late(s->with->ctx);
	return s->over || s->with->executions >= s->limit;
}

/*
 * The first @same decisions are those of the last execution. 1: it is the best execution now, 0: it
 * is not, or -ENOMEM.
 */
static int shrink_execute(struct shrink *s, const struct hs_chooser *chooser, uint32_t same)
{
	struct hs_sched *sched = s->sched;
	int ret;

	s->path = (struct shrink_path){ .last = 0 };
	s->at = s->depth = 0;
	sched->chooser = chooser;
	ret = s->with->run(s->with->ctx, same);
	if (ret)
		return ret;
	s->with->executions++;
	s->steps += sched->step;
	s->over |= sched->crash.kind || sched->verdict == HS_VERDICT_UNREPEATABLE;
	if (sched->verdict != s->verdict || !shrink_is_less(&s->path.cost, &s->cost) ||
	    !hs_shrink_same_message(s->verdict, s->message, sched->message) ||
	    !s->with->counts(s->with->ctx))
		return 0;
	s->cost = s->path.cost;
	s->count = sched->decisions;
	memcpy(s->best, sched->schedule, s->count);
	return 1;
}

/* ---- here and there ---------------------------------------------------------------------- */

static int shrink_follow(void *ctx, struct hs_sched *sched, uint32_t enabled)
{
	struct shrink *s = ctx;

	(void)sched;
	while (s->at < s->wanted_count) {
		uint8_t wanted = s->wanted[s->at++];

		if (!(wanted & HS_CHOICE) && enabled >> wanted & 1)
			return shrink_take(s, enabled, wanted);
	}
	if (s->path.last && enabled >> s->path.last & 1)
		return shrink_take(s, enabled, s->path.last);
	return shrink_take(s, enabled, (uint32_t)__builtin_ctz(enabled));
}

static uint32_t shrink_follow_answer(void *ctx, struct hs_sched *sched, uint32_t count)
{
	struct shrink *s = ctx;
	uint32_t answer = 0;

	(void)sched;
	if (s->at < s->wanted_count && s->wanted[s->at] & HS_CHOICE)
		answer = s->wanted[s->at++] & ~HS_CHOICE;
	if (answer >= count)
		answer = 0;
	s->path.cost.answers += answer != 0;
	return answer;
}

/* Runs what is wanted. */
static int shrink_run_wanted(struct shrink *s)
{
	const struct hs_chooser chooser = { shrink_follow, shrink_follow_answer, s };

	return shrink_is_over(s) ? 0 : shrink_execute(s, &chooser, 0);
}

/* Decisions @from to @to come before decision @before, which is none of them. */
static int shrink_move(struct shrink *s, uint32_t from, uint32_t to, uint32_t before)
{
	uint32_t n = 0;

	if (from == to || (before >= from && before <= to))
		return 0;
	for (uint32_t i = 0; i <= s->count; i++) {
		if (i == before)
			for (uint32_t j = from; j < to; j++)
				s->wanted[n++] = s->best[j];
		if (i < s->count && (i < from || i >= to))
			s->wanted[n++] = s->best[i];
	}
	s->wanted_count = n;
	return shrink_run_wanted(s);
}

/* The end of the block that begins at @start: steps of one task, and their choices. */
static uint32_t shrink_block_end(const struct shrink *s, uint32_t start)
{
	uint32_t end = start + 1;

	while (end < s->count && (s->best[end] & HS_CHOICE || s->best[end] == s->best[start]))
		end++;
	return end;
}

/* Where a block begins that has decision @at, or one before it. */
static uint32_t shrink_block_start(const struct shrink *s, uint32_t at)
{
	if (at >= s->count)
		return 0;
	while (at &&
	       ((s->best[at] | s->best[at - 1]) & HS_CHOICE || s->best[at] == s->best[at - 1]))
		at--;
	return at;
}

/* Where the task of the block goes on, and where it stopped before. No such place: the block's. */
static uint32_t shrink_next_block(const struct shrink *s, uint32_t start, uint32_t end)
{
	for (uint32_t i = end; i < s->count; i++)
		if (s->best[i] == s->best[start])
			return i;
	return start;
}

static uint32_t shrink_last_block_end(const struct shrink *s, uint32_t start)
{
	for (uint32_t i = start; i > 0; i--)
		if (s->best[i - 1] == s->best[start])
			return shrink_block_end(s, i - 1);
	return start;
}

/* 1: a change was for the better, 0: none was, or -ENOMEM. */
static int shrink_change_block(struct shrink *s, uint32_t start, uint32_t end)
{
	uint32_t next = shrink_next_block(s, start, end), last = shrink_last_block_end(s, start);
	int ret = shrink_move(s, start, end, next);

	if (!ret)
		ret = shrink_move(s, start, end, last);
	if (!ret)
		ret = shrink_move(s, start, end, s->count);
	if (!ret)
		ret = shrink_move(s, start, end, 0);
	for (uint32_t part = (end - start) / 2; !ret && part; part /= 2) {
		if (next != start)
			ret = shrink_move(s, end - part, end, next);
		if (!ret && last != start)
			ret = shrink_move(s, start, start + part, last);
	}
	for (uint32_t i = start; !ret && i < end; i++) {
		if (s->best[i] <= HS_CHOICE)
			continue;
		memcpy(s->wanted, s->best, s->count);
		s->wanted_count = s->count;
		s->wanted[i] = HS_CHOICE;
		ret = shrink_run_wanted(s);
	}
	return ret;
}

/* Changes blocks until no change is for the better. 0 or -ENOMEM. */
static int shrink_here_and_there(struct shrink *s)
{
	uint32_t start = 0, unchanged = 0;

	/* Once round since the last change. */
	while (s->count && unchanged <= s->count && !shrink_is_over(s)) {
		uint32_t end;
		int ret;

		if (start >= s->count)
			start = 0;
		end = shrink_block_end(s, start);
		ret = shrink_change_block(s, start, end);
		if (ret < 0)
			return ret;
		unchanged = ret ? 0 : unchanged + end - start;
		start = ret ? shrink_block_start(s, start) : end;
	}
	return 0;
}

/* ---- all of them ------------------------------------------------------------------------- */

static int shrink_descend(void *ctx, struct hs_sched *sched, uint32_t enabled)
{
	struct shrink *s = ctx;
	struct shrink_node *n = &s->node[s->depth];

	(void)sched;
	if (s->depth == s->length) {
		uint32_t goes_on = enabled & 1u << s->path.last, allowed = enabled;

		if (goes_on && s->path.cost.preemptions == s->bound)
			allowed = goes_on;
		*n = (struct shrink_node){ .before = s->path, .enabled = enabled };
		n->taken = goes_on ? s->path.last : (uint32_t)__builtin_ctz(allowed);
		n->left = allowed & ~(1u << n->taken);
		s->length++;
	}
	s->depth++;
	return shrink_take(s, enabled, n->taken);
}

static uint32_t shrink_descend_answer(void *ctx, struct hs_sched *sched, uint32_t count)
{
	struct shrink *s = ctx;
	struct shrink_node *n = &s->node[s->depth];

	(void)sched;
	if (s->depth == s->length) {
		*n = (struct shrink_node){ .before = s->path, .answers = count };
		s->length++;
	}
	s->depth++;
	s->path.cost.answers += n->taken != 0;
	return n->taken;
}

/* Takes another alternative of a node, one that does not cost too much by itself. */
static bool shrink_next_alternative(const struct shrink *s, struct shrink_node *n)
{
	struct shrink_path path = n->before;

	if (n->answers) {
		path.cost.answers++;
		return ++n->taken < n->answers && shrink_is_less(&path.cost, &s->cost);
	}
	for (; n->left; path = n->before) {
		n->taken = (uint32_t)__builtin_ctz(n->left);
		n->left &= n->left - 1;
		shrink_add_step(&path, n->enabled, n->taken);
		if (shrink_is_less(&path.cost, &s->cost))
			return true;
	}
	return false;
}

static bool shrink_next_path(struct shrink *s)
{
	for (; s->length; s->length--)
		if (shrink_next_alternative(s, &s->node[s->length - 1]))
			return true;
	return false;
}

/*
 * All executions with at most that many preemptions that cost less. 0 or -ENOMEM. Each shares with
 * the last one what comes before the node with the new alternative. A node where the last one was
 * cut has none, because its first alternative is the cheapest.
 */
static int shrink_within(struct shrink *s, uint32_t bound)
{
	const struct hs_chooser chooser = { shrink_descend, shrink_descend_answer, s };

	s->bound = bound;
	s->length = 0;
	do {
		int ret;

		if (shrink_is_over(s))
			return 0;
		ret = shrink_execute(s, &chooser, s->length ? s->length - 1 : 0);
		if (ret < 0)
			return ret;
	} while (shrink_next_path(s));
	s->with->minimal = bound == s->cost.preemptions && !s->over;
	return 0;
}

/* ---- the whole --------------------------------------------------------------------------- */

static int shrink_begin(struct shrink *s)
{
	struct hs_sched *sched = s->sched;
	uint32_t room = sched->schedule_room;

	s->best = malloc(room);
	s->wanted = malloc(room);
	s->node = malloc(room * sizeof(s->node[0]));
	if (!s->best || !s->wanted || !s->node)
		return -ENOMEM;
	s->count = sched->decisions;
	memcpy(s->best, sched->schedule, s->count);
	s->cost = shrink_cost_of(sched);
	s->steps_most = s->with->most * ((uint64_t)sched->step + SHRINK_STEPS);
	if (s->steps_most > SHRINK_STEPS_MOST)
		s->steps_most = SHRINK_STEPS_MOST;
	s->verdict = sched->verdict;
	memcpy(s->message, sched->message, sizeof(s->message));
	return 0;
}

/* A half of the executions for changes, most of the rest for the proof, and what that leaves. */
static int shrink_phases(struct shrink *s)
{
	uint64_t most = s->with->most;
	int ret;

	s->limit = most - most / 2;
	ret = shrink_here_and_there(s);
	s->limit = most - most / 8;
	for (uint32_t bound = 0; !ret && bound <= s->cost.preemptions && !shrink_is_over(s);
	     bound++)
		ret = shrink_within(s, bound);
	s->limit = most;
	return ret || s->with->minimal ? ret : shrink_here_and_there(s);
}

int hs_shrink(struct hs_shrink *with)
{
	const struct hs_chooser *chooser = with->sched->chooser;
	struct shrink s = { .with = with, .sched = with->sched };
	int ret = shrink_begin(&s);

	if (!ret)
		ret = shrink_phases(&s);
	if (!ret) {
		with->schedule = hs_schedule_print(s.best, s.count);
		ret = with->schedule ? 0 : -ENOMEM;
	}
	with->sched->chooser = chooser;
	free(s.node);
	free(s.wanted);
	free(s.best);
	return ret;
}
