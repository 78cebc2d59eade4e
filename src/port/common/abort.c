/* SPDX-License-Identifier: MIT */
/*
 * abort.c - ends the process with the message of a failed assertion
 */
#include <stdio.h>
#include <stdlib.h>

#include "port/port.h"

void hs_fail_abort(const char *task, const char *where, const char *text)
{
	fprintf(stderr, "hmmsim: %s: %s (task %s)\n", where, text, task ? task : "none");
	abort();
}
