/* SPDX-License-Identifier: MIT */
/*
 * death.h - functions that are expected to end their process
 */
#ifndef HS_TESTS_DEATH_H
#define HS_TESTS_DEATH_H

#include <stdbool.h>
#include <sys/types.h>

struct death {
	int signal;	  /* that ended the child; 0: it ended by itself */
	int status;	  /* of exit, if it did */
	char text[16384]; /* what it wrote to stderr, cut to fit */
};

/*
 * Runs fn(arg) in a forked child. A child that hangs is ended by SIGALRM. The parent must have no
 * other thread.
 */
void death_of(void (*fn)(void *arg), void *arg, struct death *death);
/* The child must end by a signal, and @text must be in what it wrote. */
void death_expect(void (*fn)(void *arg), void *arg, const char *text);

/* The same in a child that is traced; each signal is handed on to it. False: not allowed here. */
bool death_of_traced(void (*fn)(void *arg), void *arg, struct death *death);

/* For children of a test's own: signals as in a fresh process, and an end if it hangs. */
void death_prepare_child(void);
/* Waits for the child. False: it hung and was killed. */
bool death_wait(pid_t pid, struct death *death);

#endif
