/* SPDX-License-Identifier: MIT */
/*
 * race_rows.h - small scenarios whose plain accesses are told to the explorer, and what is found
 */
#ifndef HS_TESTS_RACE_ROWS_H
#define HS_TESTS_RACE_ROWS_H

#include "support/sync_play.h"

struct row {
	struct sync_play play;
	enum hs_verdict verdict;
	bool always; /* in each execution */
	const char *text;
};

#define NONE HS_VERDICT_NONE, false, NULL
#define RACE HS_VERDICT_RACE, false, "nothing orders them"
#define RACE_EACH HS_VERDICT_RACE, true, "nothing orders them"

/* Searches once, from a row. */
void search(const struct row *row, enum hs_search how, enum hs_memory memory, bool go_on,
	    struct hs_explore_result *r);
/* Each row by DFS and by DPOR, with both kinds of memory; what is found is replayed. */
void search_rows(const struct row *rows, size_t count);

static inline uint32_t read_plain(const uint32_t *word)
{
	hs_races_access(word, sizeof(*word), HS_RACES_READ);
	return *word;
}

static inline void write_plain(uint32_t *word, uint32_t value)
{
	hs_races_access(word, sizeof(*word), HS_RACES_WRITE);
	*word = value;
}

/* A task: what it does with st, the state. */
#define TASK(name, ...)                                     \
	static void name(struct hs_task *self, void *state) \
	{                                                   \
		struct sync_state *st = state;              \
                                                            \
		(void)self;                                 \
		(void)st;                                   \
		__VA_ARGS__                                 \
	}

#define STORE(word, value, order) hs_sync_u32_store(self, &st->word, value, HS_SYNC_##order)
#define LOAD(word, order) hs_sync_u32_load(self, &st->word, HS_SYNC_##order)
#define ADD(word, n, order) hs_sync_u32_add(self, &st->word, n, HS_SYNC_##order)
#define FENCE(order) hs_sync_fence(self, HS_SYNC_##order)
#define WRITE write_plain(&st->plain, 1)
#define READ read_plain(&st->plain)
#define STEP LOAD(words[7], RELAXED)

#endif
