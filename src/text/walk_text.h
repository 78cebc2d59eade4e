/* SPDX-License-Identifier: MIT */
/*
 * walk_text.h - the walk dialect: an address space, rules for faults, and one request
 *
 * invented. README.md has the language. A parsed scenario owns its memory and does not need the
 * text any more. What a line leaves out has its default. A value without a meaning is stored as 0:
 * the pfn of an entry that has none, the owner of ordinary memory.
 */
#ifndef HS_TEXT_WALK_TEXT_H
#define HS_TEXT_WALK_TEXT_H

#include "text/fault_rules.h"
#include "text/layout.h"

#define HS_WALK_PFN_END ((uint64_t)1 << 28)   /* the runner uses pfns from here on */
#define HS_WALK_PAGES_MAX ((uint64_t)1 << 26) /* longest request: 256 GiB */
#define HS_WALK_MAXWALKS 64
/*
 * No text of a few lines runs for hours: maxwalks alone; times the pages of the request, because a
 * walk may fault each of them; slots that in lines fill, those that fill one again counted again.
 */
#define HS_WALK_MAXWALKS_MAX ((uint64_t)1 << 20)
#define HS_WALK_STEPS_MAX ((uint64_t)1 << 32)
#define HS_WALK_FILLS_MAX ((uint64_t)1 << 27)

/* What a pfn slot holds: HS_PFN_* bits, and the letter D, which is a bit of v5.3 only. */
struct hs_walk_flags {
	uint64_t bits;
	bool device;
};

struct hs_walk_in {
	uint64_t index, count;
	struct hs_walk_flags flags;
	unsigned long line;
};

struct hs_walk_req {
	uint64_t start, end;
	struct hs_walk_flags defaults, mask;
	uint64_t owner; /* 0: none */
};

/* A layout, whose map lines may overlap, with rules for its faults and a request. */
struct hs_walk_scenario {
	struct hs_layout layout; /* .name and .line are those of the keyword scenario */
	struct hs_fault_rules rules;
	uint64_t retry_at; /* number of the first validity check that fails; 0: none does */
	uint64_t maxwalks; /* walks after which every validity check fails */
	unsigned long maxwalks_line;
	struct hs_walk_req req;
	struct hs_walk_in *ins;
	size_t in_count;
	bool snapshot;
};

/* Reads the next scenario. Returns 1; 0: end of the text; -EINVAL or -ENOMEM with text->error. */
int hs_walk_parse(struct hs_text *text, struct hs_walk_scenario *out);
/* The checks that need all lines, for hs_walk_parse(). Returns 0, or an error as above. */
int hs_walk_check(struct hs_text *text, const struct hs_walk_scenario *s);
void hs_walk_free(struct hs_hostmem *mem, struct hs_walk_scenario *s);

#endif
