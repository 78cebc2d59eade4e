/* SPDX-License-Identifier: MIT */
/*
 * shim.h - the shim, for glue and tests
 */
#ifndef HS_SHIM_H
#define HS_SHIM_H

#include <stdbool.h>

/* A WARN_ON() fails an assertion, unless this says that the test counts them. */
extern bool shim_warnings_are_counted;
extern unsigned int shim_warnings;

#endif
