/* SPDX-License-Identifier: MIT */
/*
 * stage.h - a machine with some of everything, built in steps of which one runs out of memory
 *
 * A play is a function that takes steps: TRY(st, error, call). A step in which the allocation fails
 * that was told to must return @error and leave everything as it was. Then the play either ends, or
 * takes the step once more, successfully, and goes on. Whatever it has built by then is taken down in
 * order, which must not need memory, and the machine must be left empty.
 *
 * Include it after cmocka.h.
 */
#ifndef HS_TESTS_STAGE_H
#define HS_TESTS_STAGE_H

#include <stdbool.h>
#include <stdint.h>

#include <hmmsim/hmmsim.h>

#define STAGE_PAGES 8
#define STAGE_PGMAPS 6
#define STAGE_MAPPINGS 4
#define STAGE_WINDOW 64 /* pages of the address space that are compared */

struct stage_sub {
	struct hs_interval_sub sub;
	bool in;
};

struct stage_plain {
	struct hs_notifier notifier;
	bool in;
};

struct stage_mirror {
	struct hs_mirror mirror;
	struct hs_mirror_range range;
	bool in, range_in;
};

/* What a step that failed must have left as it was. */
struct stage_seen {
	uint64_t vmas, mapped, device;
	uint64_t entries, pages, device_pages, refs, blocks; /* a part of it may be done */
};

struct stage {
	struct hs_machine *machine;
	struct hs_task *self;
	bool again;  /* the step that failed is taken once more */
	bool partly; /* of a step that fails, a part may be done */
	uint64_t fail_at;
	const char *play, *step;
	const char *failed_at; /* NULL: nothing has failed yet */
	struct stage_seen before;

	struct hs_page *page[STAGE_PAGES]; /* with a reference each */
	struct hs_pgmap *pgmap[STAGE_PGMAPS];
	bool bare[STAGE_PGMAPS]; /* made by hs_pgmap_add() */
	struct hs_notifiers *notifiers;
	struct hs_hmm *hmm;
	struct stage_sub sub;
	struct stage_plain plain;
	struct stage_mirror mirror;
	struct hs_mm *mm;
	struct hs_mapping *mapping[STAGE_MAPPINGS];
	struct hs_gate *gate;
	struct hs_dmirror *device;
};

struct stage_play {
	const char *name;
	void (*act)(struct stage *st);
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

/* A function of steps, as part of a play. */
#define SCENE(st, scene)                             \
	do {                                         \
		(scene);                             \
		if ((st)->failed_at && !(st)->again) \
			return;                      \
	} while (0)

#define TRY(st, error, call) TRY_STEP(st, error, call, false)
/* Of a range of pages some may be done. */
#define TRY_PART(st, error, call) TRY_STEP(st, error, call, true)

/* What populate says: -ENOMEM where the device itself allocates, -EFAULT where a fault does. */
#define STAGE_POPULATE (1L << 30)

/* ---- parts that plays share --------------------------------------------------------------- */

/* 64 pages of system memory, and a mock address space. */
void stage_ram(struct stage *st);
void stage_space(struct stage *st);
/* With functions and an owner, which some types need. */
void stage_pgmap_config(struct hs_pgmap_config *config, enum hs_pgmap_type type, uint64_t start,
			uint64_t end);
/* 8 pages as st->pgmap[i]; 8 pages of it as st->mapping[i]. */
void stage_device_memory(struct stage *st, uint32_t i, enum hs_pgmap_type type,
			 enum hs_page_refs refs);
void stage_mapping(struct stage *st, uint32_t i, enum hs_mapping_kind kind, uint32_t level);
/* A load or store by a CPU. */
uint32_t stage_access(struct stage *st, uint64_t page, bool write);

/* A run of @play in which allocation @fail_at fails. False: it has fewer. */
bool stage_run(const struct stage_play *play, uint64_t fail_at, bool again, const char **place);

/* alloc_low.c, alloc_mm.c, alloc_device.c: the plays, ended by one without a name. */
extern const struct stage_play stage_low[], stage_mm[], stage_device[];

#endif
