/* SPDX-License-Identifier: MIT */
/*
 * output.h - files that a program leaves behind
 *
 * An output replaces the old file only when it is complete: it is written beside the old file,
 * through the descriptor that made it, and takes the old name at the end. Meanwhile signals wait,
 * so that none leaves a part behind. Behind links it is the file that they lead to. Written
 * directly are what is no regular file, descriptors (/dev/stdout, /dev/fd/N, /proc/...), and a file
 * that cannot be replaced, because its folder takes no other file or another user owns it there.
 *
 * @who begins messages: "hmmsim". A function that returns an exit code has printed a message on
 * stderr unless it returns HS_EXIT_DONE.
 */
#ifndef HS_TOOL_OUTPUT_H
#define HS_TOOL_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "tool/tool.h"

/* Refuses a name that is empty or has control characters. @option is "--json". */
int hs_output_check_name(const char *who, const char *option, const char *name);
/* Fails if the file cannot be written now. Changes nothing. */
int hs_output_check(const char *who, const char *name);
/* A pipe whose reader has gone is no failure. */
int hs_output_write(const char *who, const char *name, const char *bytes, size_t length);

/* Two names lead to one file, which may not be there yet. Character devices are never the same. */
bool hs_output_is_file(const char *name, const char *other);
/* The name leads to the file behind a descriptor. */
bool hs_output_is_descriptor(const char *name, int fd);

#endif
