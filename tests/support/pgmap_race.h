/* SPDX-License-Identifier: MIT */
/*
 * pgmap_race.h - races of one page and of its pgmap: who takes part, and what must hold afterwards
 *
 * The machine is the mock one: a subsection is two pages, and the second one has a struct page of
 * its own.
 */
#ifndef HS_TESTS_PGMAP_RACE_H
#define HS_TESTS_PGMAP_RACE_H

#include "pgmap/pgmap.h"
#include "support/exploration.h"

enum role {
	NO_ROLE,
	READER,	 /* looks the pgmap up, touches the page, puts */
	CACHER,	 /* asks twice, and keeps the reference in between */
	PUTTER,	 /* has the page from set-up, and puts it */
	TRYER,	 /* tries to take a reference to the page, and puts it */
	ALLOCER, /* tries to allocate a page, touches and puts it */
	TAKER,	 /* tries to allocate a page, and puts it */
	MAPPER,	 /* maps and unmaps the page, as two page table entries would */
	LOCKER,	 /* adds to the state under the page lock */
	REMOVER, /* removes the pgmap */
	DRAINER, /* kills, puts the pages and waits; the rest comes after all */
	CREATOR, /* creates a pgmap where memory without an owner is in the way */
	MEMORY,	 /* removes the system memory */
	ROLE_COUNT
};

struct param {
	enum hs_pgmap_type type;
	enum hs_page_refs refs;
	enum hs_removal_order removal_order;
	bool atomic;
	bool two; /* both pages have a struct page */
	enum role roles[3];
};

extern const struct hs_scenario pgmap_scenario; /* of a struct param */

/* holds(complete, p): as explore_holds(). */
#define holds(...) holds_at(TEST_PLACE, __VA_ARGS__)
void holds_at(struct test_place at, uint64_t complete, struct param p);
/* fails(p, verdict, text, first): as explore_fails(). */
#define fails(...) fails_at(TEST_PLACE, __VA_ARGS__)
void fails_at(struct test_place at, struct param p, enum hs_verdict verdict, const char *text,
	      uint64_t first);
/* The searches above trust that a lock protects plain fields; this one trusts nothing. */
void holds_at_random(struct param p);
/* Attempts that failed, over all executions of the last search. */
uint32_t misses(void);
/* Attempts of both outcomes were in the last search, unless it was cut. */
void both_were_seen(void);

#endif
