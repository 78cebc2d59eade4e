/* SPDX-License-Identifier: MIT */
/*
 * record_members.h - the members of a record's JSON, in their order
 */
#ifndef HS_TOOL_RECORD_MEMBERS_H
#define HS_TOOL_RECORD_MEMBERS_H

#include <stddef.h>

#include "tool/record.h"

enum hs_record_kind {
	HS_RECORD_TEXT,
	HS_RECORD_NUMBER,
	HS_RECORD_BOOL,
	HS_RECORD_NAME,
	HS_RECORD_OPEN, /* the members up to CLOSE are those of an object */
	HS_RECORD_CLOSE
};

struct hs_record_member {
	enum hs_record_kind kind;
	const char *name;
	size_t offset;		    /* in struct hs_record */
	const char *(*word)(int i); /* NAME: of the values 0, 1, ...; NULL beyond the last */
	bool same;		    /* in all parts of one search */
};

extern const struct hs_record_member hs_record_members[HS_RECORD_MEMBERS];

#endif
