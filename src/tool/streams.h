/* SPDX-License-Identifier: MIT */
/*
 * streams.h - standard output, whose reader may go before the end
 *
 * When the reader of a pipe has gone (hmmsim list | head -n 1), the rest is not printed, without a
 * message, and the exit status is that of a run whose output has arrived. A verb that prints much
 * asks hs_tool_reader_gone() and ends early if it has nothing else to do.
 */
#ifndef HS_TOOL_STREAMS_H
#define HS_TOOL_STREAMS_H

#include <stdbool.h>
#include <stddef.h>

#include "tool/tool.h"

/* To be called first: no signal ends a write, and no file gets the number of a standard stream. */
void hs_tool_streams_init(void);
/* Both return HS_EXIT_DONE, or HS_EXIT_INTERNAL after a message on stderr. */
int hs_tool_print(const char *bytes, size_t length);
/* Everything printed on stdout has arrived. */
int hs_tool_flush(void);
bool hs_tool_reader_gone(void);

#endif
