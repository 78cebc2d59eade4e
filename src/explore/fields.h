/* SPDX-License-Identifier: MIT */
/*
 * fields.h - what reports call the words of the model's objects
 */
#ifndef HS_EXPLORE_FIELDS_H
#define HS_EXPLORE_FIELDS_H

#include <stddef.h>

#include "port/port.h"

/* The field of an object of @kind that byte @offset lies in. NULL: it has no name. */
const char *hs_field_name(enum hs_kind kind, size_t offset);

#endif
