/* SPDX-License-Identifier: MIT */
/*
 * publish.h - where what verbs that explore have found goes
 *
 * All functions return an exit code and have printed a message on stderr unless it is
 * HS_EXIT_DONE, or the verdict.
 */
#ifndef HS_TOOL_PUBLISH_H
#define HS_TOOL_PUBLISH_H

#include "tool/record.h"

struct hs_publish {
	const char *verb;
	const char *json, *trace, *html; /* files, or NULL; "-": standard output, without text */
	bool quiet;			 /* no report */
};

/*
 * Comes first, because a file that cannot be written must not cost a long search. @inputs are the
 * @count files that are read.
 */
int hs_publish_check(const struct hs_publish *to, const char *const *inputs, size_t count);
/* Both return HS_EXIT_DONE, or HS_EXIT_INTERNAL; @output may be "-". */
int hs_publish_print(const char *bytes, size_t length);
int hs_publish_write(const char *output, const char *bytes, size_t length);
/* Returns the verdict. @timeline is what the trace is: NULL if none was asked for. */
int hs_publish(const struct hs_publish *to, struct hs_hostmem *mem, const struct hs_record *record,
	       const char *timeline);

#endif
