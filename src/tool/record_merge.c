/* SPDX-License-Identifier: MIT */
/*
 * record_merge.c - makes one record of those of a random search that was split by indices
 *
 * Execution i depends on the seed and i alone. So the executions of the parts are those of one
 * search, which would have stopped at the first violation: what other parts have run after it does
 * not count.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tool/record_members.h"

struct record_merge {
	struct hs_record_part *parts;
	size_t count;
	char *error;
	size_t error_size;
};

static size_t record_merge_member(size_t offset)
{
	size_t i = 0;

	while (hs_record_members[i].offset != offset ||
	       hs_record_members[i].kind == HS_RECORD_OPEN ||
	       hs_record_members[i].kind == HS_RECORD_CLOSE)
		i++;
	return i;
}

/* "FILE:LINE: ..." of a member. */
static int __attribute__((__format__(__printf__, 4, 5)))
record_merge_refuse(const struct record_merge *m, const struct hs_record_part *part, size_t member,
		    const char *format, ...)
{
	va_list args;
	int n = snprintf(m->error, m->error_size, "%s:%lu: %s: ", part->file,
			 part->record.line[member], hs_record_members[member].name);

	va_start(args, format);
	if (n >= 0 && (size_t)n < m->error_size)
		vsnprintf(m->error + n, m->error_size - (size_t)n, format, args);
	va_end(args);
	return -EINVAL;
}

#define REFUSE(merge, part, member, ...)                                                          \
	record_merge_refuse(merge, part, record_merge_member(offsetof(struct hs_record, member)), \
			    __VA_ARGS__)

/* ---- each part --------------------------------------------------------------------------- */

static int record_merge_check_range(const struct record_merge *m, const struct hs_record_part *p)
{
	const struct hs_record *r = &p->record;

	if (!hs_record_is_random(r->search))
		return REFUSE(m, p, search, "expected random, pct or portfolio, found %s",
			      hs_record_search((int)r->search));
	if (!r->count || r->count > UINT64_MAX - r->first)
		return REFUSE(m, p, count,
			      "expected at least 1, and indices below 2^64, found %llu",
			      (unsigned long long)r->count);
	return 0;
}

/* Figures that no search leaves. */
static int record_merge_check_figures(const struct record_merge *m, const struct hs_record_part *p)
{
	const struct hs_record *r = &p->record;

	if (r->executions > r->count)
		return REFUSE(m, p, executions, "expected at most count, found %llu",
			      (unsigned long long)r->executions);
	if (r->complete > r->executions || r->blocked != r->executions - r->complete)
		return REFUSE(m, p, complete, "expected executions without those that are blocked");
	if (r->violations > r->executions || (r->violations && r->verdict == HS_VERDICT_NONE))
		return REFUSE(m, p, violations,
			      "expected some with a verdict, at most executions, found %llu",
			      (unsigned long long)r->violations);
	if (r->first_violation > r->executions ||
	    (r->first_violation && r->verdict == HS_VERDICT_NONE))
		return REFUSE(m, p, first_violation,
			      "expected a violation among the executions, found %llu",
			      (unsigned long long)r->first_violation);
	if (r->uncounted > r->executions - r->violations)
		return REFUSE(m, p, uncounted,
			      "expected at most executions without violations, "
			      "found %llu",
			      (unsigned long long)r->uncounted);
	if (r->reached > (r->has_reached ? r->complete : 0))
		return REFUSE(m, p, reached, "expected at most complete, found %llu",
			      (unsigned long long)r->reached);
	if (*r->undone && r->verdict != HS_VERDICT_NONE)
		return REFUSE(m, p, undone, "expected nothing with a verdict");
	if (r->stop != HS_STOP_VIOLATION &&
	    (r->stop != HS_STOP_EXECUTIONS || r->executions != r->count))
		return REFUSE(m, p, stop,
			      "expected a search that has run all its executions or found a "
			      "violation");
	return 0;
}

/* ---- all parts --------------------------------------------------------------------------- */

static bool record_merge_is_same(const struct hs_record *a, const struct hs_record *b,
				 const struct hs_record_member *member)
{
	const void *x = (const char *)a + member->offset, *y = (const char *)b + member->offset;

	switch (member->kind) {
	case HS_RECORD_TEXT:
		return !strcmp(*(char *const *)x, *(char *const *)y);
	case HS_RECORD_NUMBER:
		return *(const uint64_t *)x == *(const uint64_t *)y;
	case HS_RECORD_BOOL:
		return *(const bool *)x == *(const bool *)y;
	case HS_RECORD_NAME:
		return *(const int *)x == *(const int *)y;
	default:
		return true;
	}
}

/* It has nothing to do with the range. */
static bool record_merge_ends_early(const struct hs_record *r)
{
	return r->verdict != HS_VERDICT_NONE && !r->first_violation;
}

static int record_merge_check_same(const struct record_merge *m, const struct hs_record_part *p)
{
	for (size_t i = 0; i < HS_RECORD_MEMBERS; i++)
		if (hs_record_members[i].same &&
		    !record_merge_is_same(&p->record, &m->parts[0].record, &hs_record_members[i]))
			return record_merge_refuse(m, p, i, "expected the same as in %s",
						   m->parts[0].file);
	if (record_merge_ends_early(&p->record) != record_merge_ends_early(&m->parts[0].record))
		return REFUSE(m, p, verdict,
			      "expected the same as in %s, before the first execution",
			      m->parts[0].file);
	return 0;
}

static int record_merge_check_order(const struct record_merge *m, const struct hs_record_part *p)
{
	const struct hs_record_part *before = p - 1;
	uint64_t next = before->record.first + before->record.count;

	if (p->record.first == next)
		return 0;
	return REFUSE(m, p, first, "expected %llu, the next after those of %s, found %llu: %s",
		      (unsigned long long)next, before->file, (unsigned long long)p->record.first,
		      p->record.first < next ? "some executions are in both"
					     : "some executions are in no file");
}

static int record_merge_compare(const void *a, const void *b)
{
	const struct hs_record_part *x = a, *y = b;

	if (x->record.first != y->record.first)
		return x->record.first < y->record.first ? -1 : 1;
	return strcmp(x->file, y->file);
}

static int record_merge_check(const struct record_merge *m)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < m->count; i++) {
		ret = record_merge_check_range(m, &m->parts[i]);
		if (!ret)
			ret = record_merge_check_figures(m, &m->parts[i]);
		if (!ret)
			ret = record_merge_check_same(m, &m->parts[i]);
	}
	qsort(m->parts, m->count, sizeof(*m->parts), record_merge_compare);
	for (size_t i = 1; !ret && i < m->count; i++)
		ret = record_merge_check_order(m, &m->parts[i]);
	return ret;
}

/* ---- joined ------------------------------------------------------------------------------ */

/* What follows the last colon. */
static size_t record_merge_number(const char *line, size_t length)
{
	size_t n = 0;

	while (n < length && line[length - n - 1] != ':')
		n++;
	return n;
}

/* A step is known by its line's number, because each part may name the file by another path. */
static bool record_merge_has_line(const char *text, const char *line, size_t length)
{
	size_t digits = record_merge_number(line, length);

	for (; *text; text += *text == '\n') {
		size_t end = strcspn(text, "\n");

		if (record_merge_number(text, end) == digits &&
		    !memcmp(text + end - digits, line + length - digits, digits))
			return true;
		text += end;
	}
	return false;
}

/* Of the lines of @sum those stay that are in @part, too. */
static void record_merge_keep_lines(char *sum, const char *part)
{
	char *to = sum;

	while (*sum) {
		size_t length = strcspn(sum, "\n"), line = length + (sum[length] == '\n');

		if (record_merge_has_line(part, sum, length)) {
			memmove(to, sum, line);
			to += line;
		}
		sum += line;
	}
	*to = '\0';
}

static void record_merge_take_violation(struct hs_record *sum, const struct hs_record *r)
{
	sum->verdict = r->verdict;
	sum->first_violation = sum->executions + r->first_violation;
	sum->message = r->message;
	sum->schedule = r->schedule;
	sum->token = r->token;
	sum->report = r->report;
}

static void record_merge_add(struct hs_record *sum, const struct hs_record *r)
{
	if (sum->verdict == HS_VERDICT_NONE && r->verdict != HS_VERDICT_NONE)
		record_merge_take_violation(sum, r);
	sum->executions += r->executions;
	sum->complete += r->complete;
	sum->blocked += r->blocked;
	sum->violations += r->violations;
	sum->uncounted += r->uncounted;
	sum->reached += r->reached;
	sum->steps += r->steps;
	record_merge_keep_lines(sum->undone, r->undone);
	if (r->longest > sum->longest)
		sum->longest = r->longest;
	sum->stop = r->stop;
}

int hs_record_merge(struct hs_record_part *parts, size_t count, struct hs_record *merged,
		    char *error, size_t error_size)
{
	struct record_merge m = { parts, count, error, error_size };
	int ret = record_merge_check(&m);

	if (ret)
		return ret;
	*merged = parts[0].record;
	for (size_t i = 1; i < count; i++) {
		merged->count += parts[i].record.count;
		if (merged->stop != HS_STOP_VIOLATION)
			record_merge_add(merged, &parts[i].record);
	}
	return 0;
}
