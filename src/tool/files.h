/* SPDX-License-Identifier: MIT */
/*
 * files.h - files that the program reads whole, and files that it leaves behind
 *
 * An output replaces the old file only when it is complete: it is written beside the old file and
 * takes its name at the end. Three kinds are written directly: what is no regular file, names in
 * /dev/, and a file beside which no other can be made.
 *
 * A function that returns an exit code has printed a message on stderr unless it returns
 * HS_EXIT_DONE.
 */
#ifndef HS_TOOL_FILES_H
#define HS_TOOL_FILES_H

#include <limits.h>
#include <stdbool.h>

#include "text/hostmem.h"
#include "tool/tool.h"

/* Reads a whole file, "-" is standard input. The caller frees *bytes, in every case. */
int hs_input_read(struct hs_hostmem *mem, const char *name, char **bytes, size_t *length);
/* What messages call the file. */
const char *hs_input_name(const char *name);

struct hs_output {
	const char *name;
	char path[PATH_MAX];   /* where to write now */
	char target[PATH_MAX]; /* what .path replaces at the end; empty: nothing */
	bool append;
};

/* Fails if the file cannot be written now. Changes nothing. */
int hs_output_check(const char *name);
/* Opens an output; the old content stays. Unless this fails, hs_output_end() must follow. */
int hs_output_begin(struct hs_output *output, const char *name);
/* @complete: .path becomes the file. Otherwise a file that hs_output_begin() made is removed. */
int hs_output_end(struct hs_output *output, bool complete);
/* Begins, writes all bytes and ends. */
int hs_output_write(const char *name, const char *bytes, size_t length);

#endif
