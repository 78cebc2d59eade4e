/* SPDX-License-Identifier: MIT */
/*
 * capture.h - the address space of a live process as a layout
 *
 * invented. capture.c has the rules by which what /proc shows becomes entries.
 */
#ifndef HS_CAPTURE_CAPTURE_H
#define HS_CAPTURE_CAPTURE_H

#include "text/layout.h"

#define HS_CAPTURE_ERROR 512 /* bytes of the sentence that says why there is no layout */

struct hs_capture {
	const char *proc; /* the directory: /proc */
	const char *pid;  /* a number, or self */
};

/*
 * Makes the layout, with names, and comment lines about what could not be read and why. The caller
 * frees both. After an error there is neither.
 *
 * Returns 0; -EINVAL with a sentence in @error: there is no such process, it ended before all was
 * read, or its files are forbidden or not understood; -ENOMEM.
 */
int hs_capture(struct hs_hostmem *mem, const struct hs_capture *ask, struct hs_layout *layout,
	       struct hs_out *comments, char error[HS_CAPTURE_ERROR]);
/* Removes the names of all VMAs: they can be private. */
void hs_capture_drop_names(struct hs_hostmem *mem, struct hs_layout *layout);

#endif
