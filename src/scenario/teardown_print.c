/* SPDX-License-Identifier: MIT */
/*
 * teardown_print.c - names, and results as a table
 */
#include "scenario/teardown.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *hs_removal_order_name(enum hs_removal_order order)
{
	static const char *const names[] = { "correct", "kill-first", "never" };

	return (unsigned int)order < HS_REMOVAL_ORDERS ? names[order] : "?";
}

const char *hs_teardown_verdict_name(enum hs_teardown_verdict verdict)
{
	static const char *const names[] = { "ok", "stuck", "livelock", "unsafe" };

	return (unsigned int)verdict < HS_TEARDOWN_VERDICTS ? names[verdict] : "?";
}

const char *hs_teardown_point_name(uint32_t at)
{
	switch (at) {
	case HS_POINT_RETRY:
		return "retry";
	case HS_POINT_SLEEP:
		return "sleep";
	case HS_POINT_AFTER:
		return "after";
	default:
		return hs_walk_step_name((enum hs_walk_step)at);
	}
}

int hs_teardown_point_parse(const char *text, struct hs_teardown_point *point)
{
	const char *colon = strchr(text, ':');
	char *end;

	if (!colon || colon[1] < '1' || colon[1] > '9')
		return -EINVAL;
	for (uint32_t at = 0; at < HS_POINTS; at++) {
		const char *name = hs_teardown_point_name(at);

		if (strlen(name) != (size_t)(colon - text) ||
		    memcmp(name, text, (size_t)(colon - text)) != 0)
			continue;
		errno = 0;
		*point = (struct hs_teardown_point){ at, strtoull(colon + 1, &end, 10) };
		return errno || *end ? -EINVAL : 0;
	}
	return -EINVAL;
}

/* ---- the table --------------------------------------------------------------------------- */

/* One line of it. */
struct row {
	const struct hs_walk_counts *walk;
	const struct hs_teardown_held *held;
	uint64_t grace, vain, leaked;
	enum hs_teardown_verdict verdict;
	const char *inside;
	struct hs_teardown_point start;
	long ret;
};

static void print_head(const struct hs_teardown_case *c, struct hs_out *out)
{
	char line[256];

	snprintf(line, sizeof(line), "# %s, v%s, removal %s",
		 c->space ? "given" : hs_arrangement_name(c->arrangement), hs_era_name(c->era),
		 hs_removal_order_name(c->order));
	hs_out_text(out, line);
	if (c->order == HS_REMOVAL_KILL_FIRST) {
		snprintf(line, sizeof(line), ", retries %" PRIu32, c->retries);
		hs_out_text(out, line);
	}
	hs_out_text(out, c->atomic ? ", atomic reference\n" : "\n");
	snprintf(line, sizeof(line), "%-15s %-14s %-20s %-8s %-9s %5s %5s %6s %-9s %6s %-8s %s\n",
		 "# strategy", "look/hit/put", "ref page/tab/flt/wt", "rcu p/t", "else p/t",
		 "grace", "vain", "leaked", "inside", "ret", "verdict", "at");
	hs_out_text(out, line);
}

static void print_row(const char *name, const struct row *r, struct hs_out *out)
{
	const struct hs_teardown_held *h = r->held;
	char counts[64], ref[96], rcu[48], other[48], line[512];

	snprintf(counts, sizeof(counts), "%" PRIu64 "/%" PRIu64 "/%" PRIu64, r->walk->lookups,
		 r->walk->hits, r->walk->puts);
	snprintf(ref, sizeof(ref), "%" PRIu64 "/%" PRIu64 "/%" PRIu64 "/%" PRIu64,
		 h[HS_HELD_REF].pages, h[HS_HELD_REF].tables, h[HS_HELD_REF].faults,
		 h[HS_HELD_REF].waits);
	snprintf(rcu, sizeof(rcu), "%" PRIu64 "/%" PRIu64, h[HS_HELD_RCU].pages,
		 h[HS_HELD_RCU].tables);
	snprintf(other, sizeof(other), "%" PRIu64 "/%" PRIu64, h[HS_HELD_ELSE].pages,
		 h[HS_HELD_ELSE].tables);
	snprintf(line, sizeof(line),
		 "%-15s %-14s %-20s %-8s %-9s %5" PRIu64 " %5" PRIu64 " %6" PRIu64
		 " %-9s %6ld %-8s %s:%" PRIu64 "\n",
		 name, counts, ref, rcu, other, r->grace, r->vain, r->leaked, r->inside, r->ret,
		 hs_teardown_verdict_name(r->verdict), hs_teardown_point_name(r->start.at),
		 r->start.number);
	hs_out_text(out, line);
}

void hs_teardown_print(const struct hs_teardown_case *c, const struct hs_teardown_result *result,
		       struct hs_out *out)
{
	struct row r = {
		&result->walk,	result->held,	 result->grace_periods,		result->vain,
		result->leaked, result->verdict, result->inside ? "yes" : "no", c->start,
		result->ret
	};

	print_head(c, out);
	print_row(hs_strategy_name(c->strategy), &r, out);
}

int hs_teardown_table(struct hs_hostmem *mem, const struct hs_teardown_case *c, uint64_t most,
		      struct hs_out *out)
{
	struct hs_teardown_case one = *c;

	print_head(c, out);
	for (int s = 0; s < HS_STRATEGY_CUSTOM; s++) {
		struct hs_teardown_worst w;
		char inside[48];
		int ret;

		one.strategy = (enum hs_strategy)s;
		ret = hs_teardown_worst(mem, &one, most, &w);
		if (ret)
			return ret;
		snprintf(inside, sizeof(inside), "%" PRIu64 "/%" PRIu64, w.inside, w.plays);
		print_row(hs_strategy_name(one.strategy),
			  &(struct row){ &w.walk, w.held, w.grace_periods, w.vain, w.leaked,
					 w.verdict, inside, w.start, w.at.ret },
			  out);
	}
	return out->failed ? -ENOMEM : 0;
}
