/* SPDX-License-Identifier: MIT */
/*
 * report.h - an execution as text that fits in a mail: one column a task, one line a step
 */
#ifndef HS_EXPLORE_REPORT_H
#define HS_EXPLORE_REPORT_H

#include "port/explore/sched.h"

/*
 * The execution that has just ended: its verdict, the objects of it that were freed, its steps and
 * switches, what each task held and waited for, and @token, or if that is NULL @schedule. The
 * caller frees the text. NULL: no memory.
 */
char *hs_report_print(const struct hs_sched *s, const char *schedule, const char *token);

#endif
