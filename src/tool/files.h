/* SPDX-License-Identifier: MIT */
/*
 * files.h - files that the program reads whole
 *
 * A function that returns an exit code has printed a message on stderr unless it returns
 * HS_EXIT_DONE.
 */
#ifndef HS_TOOL_FILES_H
#define HS_TOOL_FILES_H

#include "text/hostmem.h"
#include "tool/tool.h"

/* Reads a whole file, "-" is standard input. The caller frees *bytes, in every case. */
int hs_input_read(struct hs_hostmem *mem, const char *name, char **bytes, size_t *length);
/* What messages call the file. */
const char *hs_input_name(const char *name);

#endif
