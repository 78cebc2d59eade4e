/* SPDX-License-Identifier: MIT */
/*
 * timeline.h - an execution as a trace that Perfetto and chrome://tracing draw
 */
#ifndef HS_EXPLORE_TIMELINE_H
#define HS_EXPLORE_TIMELINE_H

#include "port/explore/sched.h"

/* The execution that has just ended, in JSON. The caller frees the text. NULL: no memory. */
char *hs_timeline_print(const struct hs_sched *s);

#endif
