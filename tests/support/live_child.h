/* SPDX-License-Identifier: MIT */
/*
 * live_child.h - children whose address space is captured
 */
#ifndef HS_TESTS_LIVE_CHILD_H
#define HS_TESTS_LIVE_CHILD_H

#include <sys/types.h>

#include "capture/capture.h"

/*
 * Starts a child that runs @work, and waits until it reports a byte. The byte goes into *said,
 * unless that is NULL. The child ends with the test.
 */
pid_t live_start(void (*work)(int report), char *said);
void live_end(pid_t child);
/* For the child: reports the byte; reports the byte and stays until it is killed. */
void live_report(int report, char byte);
void live_stay(int report, char byte);
/* Reads or writes a byte of each page. */
void live_touch(char *at, unsigned int pages, bool write);
/* Captures the process, or fails the test. */
void live_capture(struct hs_hostmem *mem, pid_t pid, struct hs_layout *layout,
		  struct hs_out *comments);

#endif
