/* SPDX-License-Identifier: MIT */
/*
 * files.h - files that programs leave behind
 *
 * What was there stays until the new content is complete: that is written beside it and takes its
 * name at the end. Directly written are what is no regular file, names in /dev/, and a file beside
 * which nothing can be made.
 */
#ifndef HS_TOOL_FILES_H
#define HS_TOOL_FILES_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

struct hs_output {
	const char *name;
	char path[PATH_MAX];   /* to be written */
	char target[PATH_MAX]; /* which it replaces at the end; empty: it is written directly */
	bool append;
};

/* All return an exit code, with a message on stderr. */

/* It could be written now. Nothing is changed. */
int hs_output_check(const char *name);
/* The old content is kept. To be ended unless it fails. */
int hs_output_begin(struct hs_output *output, const char *name);
/* @complete: .path has become the file. Otherwise it is removed if it was made here. */
int hs_output_end(struct hs_output *output, bool complete);
/* All of it at once. */
int hs_output_write(const char *name, const char *bytes, size_t length);

#endif
