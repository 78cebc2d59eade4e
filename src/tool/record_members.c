/* SPDX-License-Identifier: MIT */
/*
 * record_members.c - the members of a record's JSON, in their order
 */
#include "tool/record_members.h"

#include <string.h>

static const char *record_members_verdict(int i)
{
	const char *name = hs_verdict_name((enum hs_verdict)i);

	return strcmp(name, "?") ? name : NULL;
}

static const char *record_members_stop(int i)
{
	const char *name = hs_stop_name((enum hs_stop)i);

	return strcmp(name, "?") ? name : NULL;
}

#define MEMBER(kind, name, word, same)                                                \
	{                                                                             \
		HS_RECORD_##kind, #name, offsetof(struct hs_record, name), word, same \
	}
#define TEXT(name) MEMBER(TEXT, name, NULL, false)
#define NUMBER(name) MEMBER(NUMBER, name, NULL, false)

const struct hs_record_member hs_record_members[] = {
	MEMBER(TEXT, scenario, NULL, true),
	MEMBER(TEXT, settings, NULL, true),
	{ HS_RECORD_OPEN, "options", 0, NULL, false },
	MEMBER(NAME, search, hs_record_search, true),
	MEMBER(NAME, memory, hs_record_memory, true),
	MEMBER(NUMBER, seed, NULL, true),
	NUMBER(first),
	NUMBER(count),
	MEMBER(NUMBER, bound, NULL, true),
	MEMBER(NUMBER, depth, NULL, true),
	MEMBER(NUMBER, retry_bound, NULL, true),
	MEMBER(BOOL, keep_going, NULL, true),
	{ HS_RECORD_CLOSE, NULL, 0, NULL, false },
	MEMBER(NAME, verdict, record_members_verdict, false),
	NUMBER(executions),
	NUMBER(complete),
	NUMBER(blocked),
	NUMBER(violations),
	NUMBER(uncounted),
	NUMBER(first_violation),
	NUMBER(steps),
	NUMBER(longest),
	MEMBER(TEXT, exhaustive, NULL, true),
	MEMBER(NAME, stop, record_members_stop, false),
	MEMBER(BOOL, has_reached, NULL, true),
	NUMBER(reached),
	TEXT(undone),
	TEXT(message),
	TEXT(schedule),
	TEXT(token),
	TEXT(report),
};
