/* SPDX-License-Identifier: MIT */
/*
 * stage.h - a machine with some of everything, built in steps of which one runs out of memory
 *
 * A case is a function that takes steps: TRY(st, error, call). The step in which allocation
 * .fail_at fails must return @error and leave everything as it was. Then the case either ends, or
 * takes the step once more, successfully, and goes on. What it has built by then is destroyed in
 * order, which must not need memory, and the machine must be left empty.
 */
#ifndef HS_TESTS_STAGE_H
#define HS_TESTS_STAGE_H

#include <hmmsim/hmmsim.h>

#include "support/machine.h"

#define PAGES(n) ((uint64_t)(n)*HS_PAGE_BYTES)

#define STAGE_PAGES 8
#define STAGE_PGMAPS 6
#define STAGE_MAPPINGS 4
#define STAGE_WINDOW 64 /* pages of the address space that are compared */

/* What a step that failed must have left as it was. From ENTRIES on a part of it may be done. */
enum stage_seen {
	VMAS,
	MAPPED,
	DEVICE,
	ENTRIES,
	RAM,
	DEVICE_PAGES,
	REFS,
	BLOCKS,
	SEEN_COUNT
};

struct stage {
	struct machine m;
	struct hs_task *self;
	bool again;  /* the step that failed is taken once more */
	bool partly; /* of a step that fails, a part may be done */
	uint64_t fail_at;
	const char *name, *step;
	const char *failed_at; /* NULL: nothing has failed yet */
	uint64_t before[SEEN_COUNT];

	struct hs_page *page[STAGE_PAGES]; /* with a reference each */
	struct hs_pgmap *pgmap[STAGE_PGMAPS];
	bool bare[STAGE_PGMAPS]; /* made by hs_pgmap_add() */
	struct hs_notifiers *notifiers;
	struct hs_hmm *hmm;
	struct hs_interval_sub sub;
	struct hs_notifier plain;
	struct hs_mirror mirror;
	struct hs_mirror_range range;
	struct hs_mm *mm;
	struct hs_mapping *mapping[STAGE_MAPPINGS];
	struct hs_gate *gate;
	struct hs_dmirror *device;
	struct hs_device *hardware; /* what it has mapped is not compared */
};

struct stage_case {
	const char *name;
	void (*run)(struct stage *st);
};

void stage_step(struct stage *st, const char *step, bool partly);
/* True: the allocation failed in this step, which said so. */
bool stage_failed(struct stage *st, long error, long ret);

#define TRY_STEP(st, error, call, partly)                                  \
	do {                                                               \
		stage_step((st), #call, (partly));                         \
		if (stage_failed((st), (error), (call)) &&                 \
		    (!(st)->again || stage_failed((st), (error), (call)))) \
			return;                                            \
	} while (0)

/* A function of steps, as part of a case. */
#define PART(st, part)                               \
	do {                                         \
		(part);                              \
		if ((st)->failed_at && !(st)->again) \
			return;                      \
	} while (0)

#define TRY(st, error, call) TRY_STEP(st, error, call, false)
/* Of a range of pages some may be done. */
#define TRY_PART(st, error, call) TRY_STEP(st, error, call, true)
#define STEP(st, call) TRY(st, -ENOMEM, call)
#define FAULT(st, page, write) TRY(st, HS_VM_FAULT_OOM, cpu_access(st, page, write))

/* What populate says: -ENOMEM where the device itself allocates, -EFAULT where a fault does. */
#define STAGE_POPULATE (1L << 30)

/* A run of the case in which allocation @fail_at fails. False: it has fewer. */
bool stage_run(const struct stage_case *c, uint64_t fail_at, bool again, const char **place);

/* ---- calls, on pages of the address space -------------------------------------------------- */

int map(struct stage *st, uint64_t start, uint64_t end, uint32_t flags);
int map_file(struct stage *st, uint32_t i, uint64_t start, uint64_t end, uint32_t flags);
int unmap(struct stage *st, uint64_t start, uint64_t end);
int protect(struct stage *st, uint64_t start, uint64_t end, uint32_t flags);
int zap(struct stage *st, uint64_t start, uint64_t end);
uint32_t cpu_access(struct stage *st, uint64_t page, bool write);

/* ---- parts ----------------------------------------------------------------------------------- */

/* A mock address space, and 64 pages of system memory. */
void space(struct stage *st);
/* 8 pages as st->pgmap[i]; 8 pages of it as st->mapping[i]. */
void device_memory(struct stage *st, uint32_t i, enum hs_pgmap_type type, enum hs_page_refs refs);
void mapping(struct stage *st, uint32_t i, enum hs_mapping_kind kind, uint32_t level);
/* Loads and stores from page @at on: "r0 w4" reads page @at and writes page @at + 4. */
void faults(struct stage *st, uint64_t at, const char *text);

#endif
