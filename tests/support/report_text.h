/* SPDX-License-Identifier: MIT */
/*
 * report_text.h - the text of a violation, as tests of it expect it
 *
 * "F:L" stands for a place in the file of the test and "play.c:N" for one in play.c, because lines
 * move. Of the token only the switches are left, because its hash and its version move. What was
 * wrapped is one line again; no line was longer than what fits into a mail.
 */
#ifndef HS_TESTS_REPORT_TEXT_H
#define HS_TESTS_REPORT_TEXT_H

#include "support/play.h"

/* Explores until the first violation, if there is one. */
void report_look(const struct play *play, enum hs_memory memory, uint32_t max_steps,
		 struct hs_explore_result *r);

/* report_text(r): the report of @r, to be freed with free(). Frees @r. */
#define report_text(...) report_text_at(TEST_PLACE, __VA_ARGS__)
char *report_text_at(struct test_place at, struct hs_explore_result *r);

/*
 * report_expect(play, memory, max_steps, expected): what report_look() finds is reported so, and
 * has the same report when its schedule is replayed.
 */
#define report_expect(...) report_expect_at(TEST_PLACE, __VA_ARGS__)
void report_expect_at(struct test_place at, const struct play *play, enum hs_memory memory,
		      uint32_t max_steps, const char *expected);

/* report_once(play, verdict, expected): what is found is reported so. It is not run again. */
#define report_once(...) report_once_at(TEST_PLACE, __VA_ARGS__)
void report_once_at(struct test_place at, const struct play *play, enum hs_verdict verdict,
		    const char *expected);

/* report_replay(play, schedule, expected): the execution with that schedule is reported so. */
#define report_replay(...) report_replay_at(TEST_PLACE, __VA_ARGS__)
void report_replay_at(struct test_place at, const struct play *play, const char *schedule,
		      const char *expected);

/* Where a task ends with this, report_never() expects what it did until then. */
#define REPORT_NEVER hs_assert(self, !self, "never")
/* report_never(task, lines, switches): of a single task, both are literals. */
#define report_never(a_task, lines, switches)                                        \
	report_expect(&(const struct play){ .task = { a_task } }, HS_MEMORY_SC, 100, \
		      "assertion: F:L: never (task one)\n\n1 one\n" lines            \
		      "<-- assertion\n\ntoken: " switches "\n")

#endif
