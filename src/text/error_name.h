/* SPDX-License-Identifier: MIT */
/*
 * error_name.h - errors of the model by their names: -EFAULT, not -14 and not "Bad address"
 *
 * invented. What goes wrong with a file of this machine is said in the words of strerror() instead.
 */
#ifndef HS_TEXT_ERROR_NAME_H
#define HS_TEXT_ERROR_NAME_H

#include "text/out.h"

/* "-EFAULT" of -EFAULT; NULL: the model has no such error. */
const char *hs_error_name(long error);
/* The name, or "?" if there is none: for messages, which are never empty. */
const char *hs_error_word(long error);
/* The name, or the number if there is none. */
void hs_out_error(struct hs_out *out, long value);

#endif
