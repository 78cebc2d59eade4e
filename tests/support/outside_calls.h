/* SPDX-License-Identifier: MIT */
/*
 * outside_calls.h - each call of src/port/explore/refuse.def, made so that it returns at once where
 * it is passed on to the C library
 */
#ifndef HS_TESTS_OUTSIDE_CALLS_H
#define HS_TESTS_OUTSIDE_CALLS_H

#include <stdbool.h>
#include <stddef.h>

struct outside_call {
	const char *symbol, *name; /* of the linker, of the programmer */
	/*
	 * Makes the call. True: it did what it does in every program. With outside_first it is the
	 * first call of the list that is made.
	 */
	bool (*make)(void);
};

extern const struct outside_call outside_calls[];
extern const size_t outside_call_count;

/* Make what the call needs before it is another call of the list: not where all are refused. */
extern bool outside_first;

/* Opens what the calls read, wait for and lock. */
void outside_begin(void);
void outside_end(void);
/* A regular file. */
int outside_file(void);

#endif
