/* SPDX-License-Identifier: MIT */
/*
 * mm_world.h - a machine with two address spaces, and a model that it must agree with
 *
 * Two files on FS_DAX memory, a device-dax, a P2PDMA device, two device-private memories of
 * different owners and a coherent one; pages counted as in any version. Each address space has two
 * mirror devices and a notifier. The notifier remembers what a device could have mapped, so that an
 * entry that changes without a notification is seen. A copy of its tables is made of what
 * hs_entry_ops tells.
 *
 * Nothing here asserts: a difference is a message, so that the test can make its list of operations
 * smaller.
 */
#ifndef HS_TESTS_MM_WORLD_H
#define HS_TESTS_MM_WORLD_H

#include "conformance/mm_model_migrate.h"
#include "support/entry_mirror.h"

#define MM_SLOTS 6	 /* of each kind of hold */
#define MM_MOVES 4	 /* migrations that go on */
#define MM_MIRRORED 1024 /* entries and tables of an mm */

struct mm_world;

struct mm_listener {
	struct hs_notifier notifier;
	struct mm_world *world;
};

/* What the test holds of pages. */
enum mm_hold {
	MM_MIGRATION,
	MM_EXCLUSIVE,
	MM_PIN,
	MM_LOCK,
	MM_HOLDS
};

struct mm_held {
	bool used;
	uint32_t at, object, kind;
	uint32_t refs; /* of a pin */
	struct hs_page *real;
	struct hs_migration migration;
};

/* How far a migration is. */
enum mm_stage {
	MM_FREE,
	MM_SET_UP,
	MM_DECIDED
};

struct mm_move {
	enum mm_stage stage;
	uint32_t kind;
	struct model_move model;
	struct hs_migrate_vma real;
	uint64_t src[MODEL_SLOTS], dst[MODEL_SLOTS];
};

/* A section that a listener was told of. */
struct mm_told {
	uint32_t mm;
	struct hs_invalidation inv;
};

struct mm_world {
	struct hs_machine *machine;
	struct hs_task *self;
	struct hs_mm *mm[MODEL_MMS];
	struct mm_listener listener[MODEL_MMS];
	struct entry_mirror mirror[MODEL_MMS];
	struct mirrored mirrored[MODEL_MMS][MM_MIRRORED];
	uint64_t shadow[MODEL_PLACES]; /* what a device may have mapped; 0: nothing */
	struct hs_dmirror *device[MODEL_MMS][HS_ERA_COUNT]; /* v6.12: by sequence; v5.3: by flag */
	struct hs_pgmap *pgmap[MODEL_PGMAPS];
	struct hs_mapping *mapping[MODEL_MAPPINGS + 1]; /* that of MODEL_ANON is NULL */
	struct hs_gate *gate;				/* an open one */
	struct mm_held held[MM_HOLDS][MM_SLOTS];
	struct mm_move move[MM_MOVES];
	struct hs_migrate_counts migrated;  /* what the task has counted */
	struct hs_migrate_counts uncounted; /* what the model had reached before */
	struct mm_told told[MODEL_EVENTS];  /* the first sections since .tells was made 0 */
	uint32_t tells;
	bool refuse;		/* listeners refuse what may not block */
	bool poisoned[1 << 15]; /* system pages that are never used again */
	uint64_t contents;	/* the last one that was written */
	struct model model;
	char message[400];
};

struct mm_world_config {
	enum hs_geometry_id geometry;
	enum hs_page_refs refs;
	enum hs_private_fault private_fault;
	struct model_reached *reached;
};

/* False, with a message: something could not be made, or was left. */
bool mm_world_open(struct mm_world *w, const struct mm_world_config *config);
bool mm_world_close(struct mm_world *w);

/* A pgmap, and its mapping if it has one. A file begins with so many @blocks. */
bool mm_memory_make(struct mm_world *w, uint32_t memory, uint32_t blocks);
bool mm_memory_end(struct mm_world *w, uint32_t memory);
/* An address space with its notifier and devices; all that is in it goes with it. */
bool mm_space_make(struct mm_world *w, uint32_t mm);
void mm_space_end(struct mm_world *w, uint32_t mm);
/* The second and third step of a migration, as far as they are to come. */
void mm_move_close(struct mm_world *w, struct mm_move *v);
/* The migrate_to_ram() of private memory: a migration of a range, while an operation wants that. */
uint32_t mm_migrate_to_ram(struct hs_task *self, struct hs_vm_fault *vmf);
/* @to: where a migration puts the page; NULL: back. */
void mm_let_go(struct mm_world *w, enum mm_hold hold, struct mm_held *h, struct hs_page *to);

/* Whether a hold or a migration has a page of this memory. */
bool mm_memory_is_held(const struct mm_world *w, uint32_t memory);

/* Always false; they make w->message. */
bool mm_differs(struct mm_world *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool mm_unequal(struct mm_world *w, uint64_t real, uint64_t wanted, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* False, with a message, if the two differ. The rest says what they are, as for printf(). */
#define MM_SAME(w, real, wanted, ...)              \
	((uint64_t)(real) == (uint64_t)(wanted) || \
	 mm_unequal(w, (uint64_t)(real), (uint64_t)(wanted), __VA_ARGS__))
/* Of messages about a place. */
#define MM_AT "mm %u page %u: "
#define MM_PLACE(at) (at) / MODEL_PAGES, (at) % MODEL_PAGES

static inline struct hs_mm *mm_of(const struct mm_world *w, uint32_t at)
{
	return w->mm[at / MODEL_PAGES];
}

static inline uint64_t mm_addr(const struct mm_world *w, uint32_t at)
{
	return model_vpn(&w->model, at) * HS_PAGE_BYTES;
}

/* Of a range that ends before @end. */
static inline uint64_t mm_end(const struct mm_world *w, uint32_t end)
{
	return mm_addr(w, end - 1) + HS_PAGE_BYTES;
}

/* Where the pages of a memory with a pgmap are, each in a section of its own, and how many. */
static inline uint64_t mm_memory_start(uint32_t memory)
{
	return (uint64_t)(memory + 4) << 15;
}

static inline uint32_t mm_memory_pages(const struct mm_world *w)
{
	return w->model.base ? 512 : MODEL_DEVICE_PAGES;
}

/* What is at @at, its leaf's pfn moved on to the page; @level (may be NULL): where. */
uint64_t mm_real_entry(struct mm_world *w, uint32_t at, uint32_t *level);
/* Tells the model how deep the tables are. */
void mm_learn_depth(struct mm_world *w);

/*
 * The notifiers were told of every entry that allows less than at the last call. No device has what
 * the CPU does not have.
 */
bool mm_listeners_agree(struct mm_world *w);

/*
 * mm_migrated.c: the task counts its migrations from now on; slots that it has selected, moved and
 * refused are those that the model has reached since.
 */
void mm_migrated_begin(struct mm_world *w);
bool mm_migrated_agree(struct mm_world *w);

/* mm_compare.c: both bind objects that are new. @all: also what takes longer. */
bool mm_bind(struct mm_world *w);
bool mm_compare(struct mm_world *w, bool all);

#endif
