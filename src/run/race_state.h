/* SPDX-License-Identifier: MIT */
/*
 * race_state.h - a race scenario that runs: what is constant, and the state that executions change
 *
 * invented. A race (text/race.h) becomes a scenario (<hmmsim/explore.h>): its set-up makes the
 * objects, each task interprets its steps, the check judges what is left and frees it. Everything
 * that an execution changes is in the state of the scenario or in the machine. The race itself, and
 * what struct hs_race_program adds to it, is constant, but for notes that no step reads: which
 * steps were done, which began when, and why the set-up failed.
 *
 * Part of the model, as far as compilation goes: race*.c reaches shared words, locks and waits
 * through port/port.h, and is compiled for each backend.
 *
 * A step returns 0: done; HS_RACE_NOTHING: there was nothing for it to do; HS_RACE_AGAIN: it could
 * not; or a negative errno: it failed. After the last two the steps that follow in the innermost
 * retry, or in the task, are skipped, but those that release what was taken there since its retry.
 */
#ifndef HS_RUN_RACE_STATE_H
#define HS_RUN_RACE_STATE_H

#include <hmmsim/explore.h>
#include <hmmsim/migrate.h>
#include <hmmsim/pte_ops.h>

#include "notifier/notifier.h"
#include "port/port.h"
#include "text/race.h"

#define HS_RACE_AGAIN 1
#define HS_RACE_NOTHING 2
#define HS_RACE_HOLDS 8	 /* that a task holds at a time */
#define HS_RACE_WORDS 32 /* bytes of a name in reports */

/* ---- what is constant -------------------------------------------------------------------- */

/* A line of the text, for reports: "FILE:LINE", and "WORDS  FILE:LINE". */
struct hs_race_line {
	const char *place, *words;
};

/* A word of the order line: a step of a task. */
struct hs_race_turn {
	uint32_t task, step;
	bool passes_on; /* as soon as the step has begun */
};

/* What reports call what belongs to an object: a driver or dmirror; an mm. */
struct hs_race_words {
	char lock[HS_RACE_WORDS], changed[HS_RACE_WORDS], sub[HS_RACE_WORDS], plain[HS_RACE_WORDS];
	char entry[HS_RACE_WORDS];
	char notifiers[HS_RACE_WORDS], hmm[HS_RACE_WORDS], exited[HS_RACE_WORDS];
};

struct hs_race_function {
	void (*fn)(struct hs_task *self, void *arg);
	void *arg;
};

/* A step of a task or of the check that has begun. */
struct hs_race_moment {
	uint32_t actor, step;
	uint32_t at; /* decisions that were taken before */
};

#define HS_RACE_MOMENTS 4096		  /* of an execution; later ones are not kept */
#define HS_RACE_NO_MOMENT HS_RACE_MOMENTS /* index of none */

/* Notes of the execution that runs, and what the last one leaves (moments.c). */
struct hs_race_moments {
	struct hs_race_moment *log; /* in the order in which tasks came to the steps */
	uint32_t *order;	    /* of .log, in the order in which the steps began */
	uint32_t *key;		    /* of each of .log, ascending in .order */
	uint32_t count;		    /* of .order */
	uint32_t failed;	    /* in .log: violated, but not the last to begin; or none */
	bool more;		    /* there were more steps than are kept */
	uint64_t reached;	    /* executions that took the steps of the line reached */
};

struct hs_race_program {
	const struct hs_race *race;
	const struct hs_race_line *line; /* by its number: those that have a step or an object */
	const struct hs_race_turn *turn; /* race->order_words */
	struct hs_race_turn reached[HS_RACE_REACHED]; /* race->reaches */
	const struct hs_race_function *function;
	const uint64_t *pfn; /* of steps that name a page, each once */
	size_t pfns;
	size_t views[HS_RACE_OBJECTS];	   /* of a driver: where its words in a view begin */
	size_t view_words;		   /* of one actor */
	size_t migration_bytes;		   /* of one actor; 0: no step migrates */
	const struct hs_race_words *words; /* of each object */
	bool *undone; /* by line: a step that is to be done, and no execution has done it yet */
	struct hs_race_moments *moments;
	char *error; /* of the set-up that failed last: a sentence */
	size_t error_size;
};

/* How large the state of a program is. */
size_t hs_race_state_size(const struct hs_race_program *program);

/* Set-up and check of struct hs_scenario; @param is a struct hs_race_program. */
/* hs_explore_options.counts of a race of which one property is judged. */
bool hs_race_counts(const void *state, const void *param, enum hs_verdict verdict);
int hs_race_play_setup(struct hs_task *self, struct hs_plan *plan, void *state, const void *param);
void hs_race_play_check(struct hs_task *self, void *state, const void *param);

/* ---- what executions change -------------------------------------------------------------- */

struct hs_race_state;

/* What a task has taken and not released: by which step, and what. */
struct hs_race_hold {
	enum hs_race_op op;
	uint32_t step;
	unsigned long line; /* of the step */
	uint64_t key;	    /* index of the object, or pfn */
	union {
		struct hs_pgmap *pgmap;
		struct hs_page *page;
		struct hs_invalidation inv;
		struct hs_migration migration;
	};
};

struct hs_race_block {
	uint32_t begin; /* the step retry */
	uint32_t turns;
	bool skipped; /* as a whole */
};

/* One for set-up and check, one a task. */
struct hs_race_actor {
	struct hs_race_state *state;
	const struct hs_race_steps *script;
	const char *place; /* of the step that it is in */
	uint32_t index;	   /* in state->actor: 0 for set-up and check, a task's from 1 on */
	uint32_t step;
	int status;	 /* of the steps since the innermost retry */
	uint32_t failed; /* the step that it is from */
	int result;	 /* of its last walk or populate */
	uint64_t turns;	 /* that it began again, over all of its loops */
	uint32_t next;	 /* words of the order line up to here are none of its steps, or are over */
	bool turn;	 /* its step is the one that the order is at */
	uint32_t depth, holds;
	struct hs_race_block block[HS_RACE_NESTING];
	struct hs_race_hold hold[HS_RACE_HOLDS];
	struct hs_processor *processor; /* that it is bound to; NULL: none */
	bool running;			/* there; of a worker: its work */
	uint8_t begun;			/* of a task that is no worker */
	hs_u32 work;			/* of a worker (race_cpu.c) */
	hs_u32 queuers;			/* tasks that are not over and queue it */
	uint64_t *view; /* for each driver: the number of begin, and the answers of walk */
	struct hs_race_migration *migration; /* program->migration_bytes; NULL: no step migrates */
};

/* The migration that a task has begun (race_migrate.c). */
struct hs_race_migration {
	struct hs_migrate_vma m; /* .src, .dst and .npages also of pages of a device */
	struct hs_mm *mm;	 /* whose mmap lock the setup takes; NULL: pages of a device */
	uint64_t object;	 /* the pgmap */
	bool to_device, copied, decided;
	uint64_t slot[]; /* of .src, then of .dst */
};

struct hs_race_device;

/* A subscription of a driver, in an object of its own: remove frees it. */
struct hs_race_sub {
	struct hs_interval_sub interval; /* one of these three */
	struct hs_mirror_range range;
	struct hs_notifier plain;
	struct hs_race_device *device;
};

/* A driver. */
struct hs_race_device {
	struct hs_mutex lock;
	const struct hs_race_driver *config;
	const char *name, *place; /* of the line that declares it */
	struct hs_mm *mm;
	struct hs_race_sub *sub, *plain; /* the last ones; they stay when they are freed */
	bool subscribed, plugged;	 /* of these two; for the check */
	struct hs_mirror mirror;
	hs_u64 *entry; /* a page each */
};

struct hs_race_mm {
	struct hs_mm *mm;
	struct hs_hmm *hmm; /* of drivers with the flag; NULL: there is none */
	hs_u32 exited;
};

struct hs_race_memory {
	struct hs_pgmap *pgmap; /* stays when it is freed, so that a late use is found */
	uint32_t taken;	  /* steps of its removal, a bit each; the remover's, then the check's */
	bool gone, freed; /* its struct pages are gone; it is freed */
	struct hs_device
		*device; /* whose memory it is, also when that is freed; NULL: no device's */
};

struct hs_race_thing {
	union {
		struct hs_race_memory memory;
		struct hs_mapping *file;
		struct hs_race_mm mm;
		struct hs_race_device device;
		struct hs_dmirror *dmirror;
		struct hs_device *hardware; /* of an object device */
		struct hs_gate *gate;
		hs_u32 flag;
	};
	bool closed; /* a device that a step has destroyed */
};

struct hs_race_state {
	const struct hs_race_program *program;
	const struct hs_machine *machine;
	uint32_t violated; /* the property whose judge has ended the execution; 0: none has */
	struct hs_processor cpu[HS_RACE_CPUS];
	hs_u32 at;	  /* words of the order line that are over */
	uint32_t moments; /* of this execution, those that are not kept as well */
	struct hs_race_actor *actor;
	struct hs_race_thing *thing; /* as race->object */
	struct hs_page **page;	     /* as program->pfn */
};

/* ---- for the steps ----------------------------------------------------------------------- */

#define HS_RACE_DO(id)                                                     \
	int hs_race_do_##id(struct hs_task *self, struct hs_race_actor *a, \
			    const struct hs_race_step *step)
#define OP(id, name, words, summary) HS_RACE_DO(id);
#include "text/race_ops.def"
#undef OP

static inline const struct hs_race *hs_race_of(const struct hs_race_actor *a)
{
	return a->state->program->race;
}

/* Owners are numbers; 0 is none. */
static inline void *hs_race_owner(uint64_t owner)
{
	return (void *)(uintptr_t)owner;
}

static inline const char *hs_race_place(const struct hs_race_state *s, unsigned long line)
{
	return s->program->line[line].place;
}

static inline bool hs_race_must(const struct hs_race_state *s, uint32_t property)
{
	return s->program->race->must & s->program->race->judged & property;
}

static inline const char *hs_race_name(const struct hs_race_state *s, uint64_t object)
{
	return s->program->race->object[object].name;
}

/* A word of the executor's own: its place is that of the step. */
#define HS_RACE_WORD(self, a, access)        \
	do {                                 \
		hs_site((self), (a)->place); \
		access;                      \
		hs_site((self), NULL);       \
	} while (0)

/* A failed assertion of the step that @a is in. */
#define hs_race_assert(self, a, cond, ...)                        \
	do {                                                      \
		if (hs_unlikely(!(cond)))                         \
			hs_fail((self), (a)->place, __VA_ARGS__); \
	} while (0)

/* The same, of a property that must hold and is judged. */
#define hs_race_judge(self, a, property, cond, ...)               \
	do {                                                      \
		if (hs_unlikely(!(cond))) {                       \
			(a)->state->violated = (property);        \
			hs_fail((self), (a)->place, __VA_ARGS__); \
		}                                                 \
	} while (0)

/* The same, of what a step assert-* says, if that is judged. */
#define hs_race_answer(self, a, cond, ...)                                               \
	hs_race_assert((self), (a), !(hs_race_of(a)->judged & HS_RACE_ANSWER) || (cond), \
		       __VA_ARGS__)

/* Notes what the step has taken; the caller fills in what. */
struct hs_race_hold *hs_race_take(struct hs_task *self, struct hs_race_actor *a, enum hs_race_op op,
				  uint64_t key);
/* What was taken last by a step of @ops, a mask, with @key, since step @since. NULL: nothing. */
struct hs_race_hold *hs_race_held(struct hs_race_actor *a, uint64_t ops, uint64_t key,
				  uint32_t since);
void hs_race_drop(struct hs_race_actor *a, struct hs_race_hold *hold);
/* What set-up, check or a task hold of @ops. NULL: nothing. */
struct hs_race_hold *hs_race_left(const struct hs_race_state *s, uint64_t ops);
#define HS_RACE_BIT(id) ((uint64_t)1 << HS_RACE_##id)
_Static_assert(HS_RACE_RCU_READ < 64 && HS_RACE_MIGRATE_SETUP < 64,
	       "a mask has a bit for each operation that takes something");
#define HS_RACE_ANY UINT64_MAX

/* Order (race_order.c): waits for the turn of the step; ends the turn of the step before. */
void hs_race_order_begin(struct hs_task *self, struct hs_race_actor *a);
void hs_race_order_end(struct hs_task *self, struct hs_race_actor *a);
bool hs_race_order_is_over(const struct hs_race_state *s);

/*
 * CPUs and workers (race_cpu.c). A task that is bound to a CPU takes it before its first step, and
 * leaves it when it is over, or sleeps. Of a worker that is for each time that its steps run.
 */
void hs_race_cpu_begin(struct hs_race_state *s);
void hs_race_cpu_enter(struct hs_task *self, struct hs_race_actor *a);
void hs_race_cpu_leave(struct hs_task *self, struct hs_race_actor *a);
/* Whether the steps of the task are run, once more for a worker, which waits for its work. */
bool hs_race_cpu_next(struct hs_task *self, struct hs_race_actor *a);
/* The task is over. */
void hs_race_cpu_end(struct hs_task *self, struct hs_race_actor *a);
void hs_race_cpu_name(struct hs_plan *plan, const struct hs_race_state *s);

/* Objects (race_world.c). A sentence in program->error says what failed. */
int hs_race_make_objects(struct hs_task *self, struct hs_race_state *s);
int hs_race_failed(const struct hs_race_program *program, unsigned long line, int ret);
/* Says what reports call the words of the state. */
void hs_race_name_words(struct hs_plan *plan, const struct hs_race_state *s);
/* Frees what the tasks have left, in the right order. */
void hs_race_free_objects(struct hs_task *self, struct hs_race_state *s);

/* Drivers (race_driver.c). */
int hs_race_subscribe(struct hs_task *self, struct hs_race_device *d, const char *place);
void hs_race_unsubscribe(struct hs_task *self, struct hs_race_device *d, const char *place);
void hs_race_unplug(struct hs_task *self, struct hs_race_device *d, const char *place);
extern const struct hs_mirror_ops hs_race_mirror_ops;

/* Migration (race_migrate.c). The most bytes that a task needs for those of the race. */
size_t hs_race_migration_bytes(const struct hs_race *race);
/* migrate_to_ram() of pgmaps with ram=migrate. */
uint32_t hs_race_migrate_to_ram(struct hs_task *self, struct hs_vm_fault *vmf);

/* Devices (race_device.c). That of an object device, which no step has closed. */
struct hs_device *hs_race_device(struct hs_task *self, struct hs_race_actor *a, uint64_t object);
/* migrate_to_ram() of pgmaps with ram=device. */
uint32_t hs_race_device_to_ram(struct hs_task *self, struct hs_vm_fault *vmf);

/* Device memory (race_pgmap.c). S1: no entry of a device maps a pfn of the pgmap. */
void hs_race_judge_s1(struct hs_task *self, struct hs_race_actor *a, uint64_t object);
/* S4: a word of the device @name maps no device-private page of another owner. */
void hs_race_judge_s4(struct hs_task *self, struct hs_race_actor *a, const char *name,
		      uint64_t owner, uint64_t word);
/* S2: the struct page is live. */
void hs_race_judge_s2(struct hs_task *self, struct hs_race_actor *a, uint64_t pfn,
		      const char *name);
/* What tasks hold of pgmaps and pages is put, if nothing is judged of what is left. */
void hs_race_put_holds(struct hs_task *self, struct hs_race_state *s);
void hs_race_end_memory(struct hs_task *self, struct hs_race_actor *a, uint64_t object);

#endif
