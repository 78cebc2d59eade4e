/* SPDX-License-Identifier: MIT */
/*
 * token.h - an execution in one word that a mail leaves as it is
 *
 *	hmmsim1:NAME:VERSION:VERDICT:OPTIONS:TRACE:SWITCHES:SUM
 *
 *	NAME	of the scenario; what is no letter, digit or one of _ . / + is %XX; "-": it has none
 *	VERSION	of the library
 *	VERDICT	hs_verdict_name() with hyphens for blanks
 *	OPTIONS	sc or views, then r (retry bound), c (CPUs), s and u (orders of sections and
 *		subsections), n (max_steps), k (bytes of a stack), p (plain) and d (seed), each
 *		with its number, separated by commas
 *	TRACE	what hs_hash_notes() says of the execution, 16 digits
 *	SWITCHES	the schedule with commas for blanks and x for *
 *	SUM	CRC-32 of what stands before it, 8 digits, so that no slip goes unnoticed
 *
 * No character of it means something to a shell or ends a line in quoted-printable.
 */
#ifndef HS_EXPLORE_TOKEN_H
#define HS_EXPLORE_TOKEN_H

#include <hmmsim/explore.h>

/* Most steps of an execution, and decisions: it may have as many choices as steps. */
#define HS_TOKEN_STEPS 1000000u
#define HS_TOKEN_DECISIONS (2 * HS_TOKEN_STEPS)
#define HS_TOKEN_TASKS 31
#define HS_TOKEN_ANSWERS 128

/* A part of a token. */
struct hs_token_part {
	const char *start; /* NULL: there is none */
	size_t length;
};

struct hs_token {
	struct hs_token_part name, version, switches;
	enum hs_verdict verdict;
	enum hs_memory memory;
	enum hs_plain plain;
	uint32_t retry_bound, cpus, section_order, subsection_order, max_steps, stack_size;
	uint64_t seed, trace;
};

/* The CRC-32 of zip and Ethernet. */
uint32_t hs_token_sum(const char *text, size_t length);

/*
 * The token of an execution: its scenario's name or NULL, its options, and how it ended. The caller
 * frees it. NULL: no memory.
 */
char *hs_token_print(const char *name, const struct hs_explore_options *options,
		     enum hs_verdict verdict, uint64_t trace, const char *schedule);

/*
 * 0, or -EINVAL: then @message says what was expected at which character. The parts of @token are
 * those of @text.
 */
int hs_token_parse(const char *text, struct hs_token *token, char *message, size_t size);

/* The switches as hs_schedule_parse() reads them. The caller frees the text. NULL: no memory. */
char *hs_token_schedule(const struct hs_token *token);

/* Whether the token names a scenario as @name does, which may be NULL. */
bool hs_token_has_name(const struct hs_token *token, const char *name);

#endif
