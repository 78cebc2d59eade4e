/* SPDX-License-Identifier: MIT */
/*
 * fields.h - what reports call the words of the model's objects
 */
#ifndef HS_EXPLORE_FIELDS_H
#define HS_EXPLORE_FIELDS_H

#include <stddef.h>

#include "port/port.h"

/*
 * The field of an object of @kind that byte @offset lies in: ".ref.count", "[3]". False: it has no
 * name.
 */
bool hs_field_print(enum hs_kind kind, size_t offset, char *text, size_t size);

#endif
