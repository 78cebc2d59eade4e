/* SPDX-License-Identifier: MIT */
/*
 * walk_run.h - runs a walk scenario and collects the answer
 *
 * invented. Each scenario gets a machine and an address space of its own (populate.h), and the walk
 * is that of the library's users.
 */
#ifndef HS_RUN_WALK_RUN_H
#define HS_RUN_WALK_RUN_H

#include <hmmsim/walk.h>

#include "run/script.h"
#include "text/walk_text.h"

struct hs_walk_setting {
	enum hs_era era;
	enum hs_strategy strategy;
	enum hs_body body;
	const struct hs_machine_config *machine; /* NULL: the default */
	struct hs_hostmem *mem;
};

struct hs_walk_answer {
	const char *name; /* the scenario's */
	enum hs_era era;
	enum hs_strategy strategy;
	long ret;
	bool livelock; /* .maxwalks of the scenario ended it */
	bool ahead;    /* and the walk might have ended by itself: it is no livelock yet */
	uint64_t null_vmas;
	struct hs_walk_counts counts;
	struct hs_walk_event *log;
	size_t log_count;
	uint64_t *pfns;
	uint64_t pages;
	struct hs_leaks left; /* -ENOTEMPTY */
};

/*
 * Returns 0: the answer is complete; -ENOMEM; -ENOTEMPTY: objects are left in the machine, and
 * .left says which; -EIO: the walk counted other leaked references than the pgmaps hold; -EINVAL:
 * the scenario does not come from the parser. The caller frees the answer in every case.
 */
int hs_walk_run(const struct hs_walk_scenario *scenario, const struct hs_walk_setting *setting,
		struct hs_walk_answer *answer);
/* Why it returned @error, which is not 0, in words; objects that are left behind, by name. */
void hs_walk_failure(int error, const struct hs_walk_answer *answer, char *words, size_t size);

/* The worst of an answer; the violations come last. */
enum hs_walk_verdict {
	HS_WALK_OK,
	HS_WALK_AHEAD,	  /* a bound ended the walk before it was over */
	HS_WALK_BAD_PTE,  /* special entries that the kernel reports as a bug */
	HS_WALK_NULL_VMA, /* faults outside all VMAs, where the kernel would oops */
	HS_WALK_LEAK,	  /* references that are never put */
	HS_WALK_LIVELOCK, /* it would go round for ever */
};

enum hs_walk_verdict hs_walk_answer_judge(const struct hs_walk_answer *answer);
void hs_walk_answer_print(const struct hs_walk_answer *answer, struct hs_out *out);
/* The words SLOT of its lines p, joined by commas, each with + as there. */
void hs_walk_answer_print_slots(const struct hs_walk_answer *answer, struct hs_out *out);
void hs_walk_answer_free(struct hs_hostmem *mem, struct hs_walk_answer *answer);

#endif
