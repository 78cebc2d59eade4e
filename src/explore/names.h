/* SPDX-License-Identifier: MIT */
/*
 * names.h - what reports call an address, a word, a value, a task, a lock
 *
 * Names are the same on every run and compiler: an object of the machine has its kind, number and
 * field; what is outside the machine, where addresses differ from run to run, has the number in
 * which the execution met it.
 */
#ifndef HS_EXPLORE_NAMES_H
#define HS_EXPLORE_NAMES_H

#include "port/explore/sched.h"

#define HS_NAME_MAX 96
#define HS_NAMES_FOREIGN 64

struct hs_names {
	const struct hs_sched *sched;
	uint32_t count;
	uintptr_t foreign[HS_NAMES_FOREIGN]; /* outside the machine, as the execution met them */
};

/* Meets what is outside the machine: of the execution that has just ended. */
void hs_names_begin(struct hs_names *names, const struct hs_sched *s);

/* "pgmap 0": the object itself. */
void hs_name_object(const struct hs_names *names, const struct hs_birth *b, char text[HS_NAME_MAX]);
/* "pgmap 0.ref.count": the word, lock or queue at @addr. */
void hs_name_word(const struct hs_names *names, uintptr_t addr, char text[HS_NAME_MAX]);
/* "page 0x8": what a pointer leads to. */
void hs_name_target(const struct hs_names *names, uintptr_t addr, char text[HS_NAME_MAX]);
/* "memmap 1": the object that begins at @addr, also where pages have names of their own. */
void hs_name_whole(const struct hs_names *names, uintptr_t addr, char text[HS_NAME_MAX]);
/* The value of a word at @addr; @pointer: it is an hs_ptr. */
void hs_name_value(const struct hs_names *names, uintptr_t addr, bool pointer, uint64_t value,
		   char text[HS_NAME_MAX]);
/* What an object stands for: ", pfns 0x8..0x9"; empty: its name says it all. */
void hs_name_extent(const struct hs_names *names, const struct hs_birth *b, char text[HS_NAME_MAX]);

/* hs_sched.print_word: for a message, which has no report around it. */
void hs_name_print_word(const struct hs_sched *s, uintptr_t addr, uint64_t value, char *text,
			size_t size);

#endif
