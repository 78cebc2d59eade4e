/* SPDX-License-Identifier: MIT */
/*
 * search_program.h - small concurrent programs as data: what the searches of the explorer are held
 * against each other on
 *
 * A program is up to four tasks of a few operations over a fixed set of objects, among them every
 * primitive of the seam. As text:
 *
 *	cpus=2 a=1 | store b 1; wake q0 | wait q0 b==1; ?1 free o0 | + lock m0
 *
 * Head, then the tasks; "+" marks one that another task starts. "?1 op" happens if the task's last
 * observation is 1, "!1 op" if it is something else. Names of operands are in search_program.c.
 * With "views=1" memory is weak: then the order of an operation on a word matters, which is acquire
 * or release without a suffix, else "load.relaxed a", "store.sc a 1".
 */
#ifndef HS_TESTS_SEARCH_PROGRAM_H
#define HS_TESTS_SEARCH_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PROGRAM_TASKS 4
#define PROGRAM_OPS 8
#define PROGRAM_ARGS 6
#define PROGRAM_TEXT 2048
/* Objects that an operation "new" of one task makes. */
#define PROGRAM_NEWS 2
#define PROGRAM_OBJECTS (2 + PROGRAM_TASKS * PROGRAM_NEWS)

/*
 * X(NAME, "word", "operands"). Operands: w a word, x a word other than h.v, u a word of 32 bits, v
 * a value, m a mutex, s a spinlock, r an rwsem, q a queue, o an object, t a task, n a count from 1,
 * P a predicate (its kind, two words, a value), f the order of a fence.
 */
#define PROGRAM_OP_KINDS(X)                  \
	X(LOAD, "load", "w")                 \
	X(STORE, "store", "wv")              \
	X(XCHG, "xchg", "wv")                \
	X(CMPXCHG, "cmpxchg", "wvv")         \
	X(ADD, "add", "wv")                  \
	X(OR, "or", "wv")                    \
	X(INC, "inc", "wv")                  \
	X(DEC, "dec", "wv")                  \
	X(AND, "and", "wv")                  \
	X(CHUNK, "chunk", "")                \
	X(FENCE, "fence", "f")               \
	X(LOOK, "look", "")                  \
	X(GIVE, "give", "")                  \
	X(TAKE, "take", "")                  \
	X(STEAL, "steal", "")                \
	X(NEW, "new", "v")                   \
	X(DEREF, "deref", "o")               \
	X(FREE, "free", "o")                 \
	X(CALL_FREE, "call_free", "o")       \
	X(CALL_WAKE, "call_wake", "xq")      \
	X(LOCK, "lock", "m")                 \
	X(TRYLOCK, "trylock", "m")           \
	X(UNLOCK, "unlock", "m")             \
	X(SPIN_LOCK, "spin_lock", "s")       \
	X(SPIN_TRYLOCK, "spin_trylock", "s") \
	X(SPIN_UNLOCK, "spin_unlock", "s")   \
	X(DOWN_READ, "down_read", "r")       \
	X(TRY_READ, "try_read", "r")         \
	X(UP_READ, "up_read", "r")           \
	X(DOWN_WRITE, "down_write", "r")     \
	X(UP_WRITE, "up_write", "r")         \
	X(WAIT, "wait", "qP")                \
	X(WAIT_UNTIL, "wait_until", "qPv")   \
	X(WAKE, "wake", "q")                 \
	X(SPIN_UNTIL, "spin_until", "P")     \
	X(AWAIT, "await", "uv")              \
	X(COMPLETE, "complete", "uv")        \
	X(TICKS, "ticks", "")                \
	X(ADVANCE, "advance", "v")           \
	X(RCU_LOCK, "rcu_lock", "")          \
	X(RCU_UNLOCK, "rcu_unlock", "")      \
	X(SYNCHRONIZE, "synchronize", "")    \
	X(POLL, "poll", "")                  \
	X(BARRIER, "barrier", "")            \
	X(COUNT, "count", "v")               \
	X(SUM, "sum", "")                    \
	X(COUNT_FREE, "count_free", "")      \
	X(COUNT_NEW, "count_new", "")        \
	X(GET, "get", "")                    \
	X(TRYGET, "tryget", "")              \
	X(PUT, "put", "")                    \
	X(KILL, "kill", "")                  \
	X(DYING, "dying", "")                \
	X(REFS, "refs", "")                  \
	X(DRAIN, "drain", "")                \
	X(EXIT, "exit", "")                  \
	X(CHOOSE, "choose", "n")             \
	X(START, "start", "t")               \
	X(JOIN, "join", "t")                 \
	X(AGAIN, "again", "nvk")             \
	X(FAIL, "fail", "")

enum program_op_kind {
#define X(name, word, operands) OP_##name,
	PROGRAM_OP_KINDS(X)
#undef X
	OP_KIND_COUNT
};

/* h is the object that the task holds a pointer to; without one the operation is left out. */
enum program_word {
	WORD_A, /* u32 */
	WORD_B, /* u32 */
	WORD_C, /* u64; chunk loads C and D */
	WORD_D, /* u64 */
	WORD_O0,
	WORD_O1,
	WORD_FIXED,
	WORD_H = WORD_FIXED,
	WORD_COUNT
};
enum program_mutex {
	MUTEX_0,
	MUTEX_1,
	MUTEX_O0,
	MUTEX_COUNT
};
enum program_spin {
	SPIN_0,
	SPIN_O0,
	SPIN_COUNT
};
enum program_sem {
	SEM_0,
	SEM_O0,
	SEM_COUNT
};
enum program_queue {
	QUEUE_0,
	QUEUE_1,
	QUEUE_O0,
	QUEUE_COUNT
};
enum program_object {
	OBJECT_0,
	OBJECT_1,
	OBJECT_H,
	OBJECT_COUNT
};
enum program_pred {
	PRED_IS,   /* x == v */
	PRED_NOT,  /* x != v */
	PRED_AND,  /* x == v and y == v */
	PRED_BUT,  /* x == v and y != v */
	PRED_OR,   /* x == v or y == v */
	PRED_DEEP, /* reads x eight times: y == v */
	PRED_NOW,  /* the clock has reached v */
	PRED_PICK, /* x == v ? y == v : its neighbour == v */
	PRED_COUNT
};

enum program_cond {
	COND_NONE,
	COND_IS,
	COND_NOT
};

/* Of an operation on a word or the pointer. */
enum program_order {
	ORDER_USUAL, /* acquire, release or both */
	ORDER_RELAXED,
	ORDER_SC,
	ORDER_COUNT
};

struct program_op {
	uint8_t kind, cond, cond_value;
	uint8_t order; /* enum program_order */
	uint8_t arg[PROGRAM_ARGS];
};

struct program_task {
	uint8_t count;
	bool started; /* by another task */
	struct program_op op[PROGRAM_OPS];
};

struct program {
	uint8_t tasks;
	uint8_t cpus;
	uint8_t first;	/* the pointer's first value: 0 or 1 + enum program_object */
	bool atomic;	/* the percpu_ref begins in atomic mode */
	bool views;	/* HS_MEMORY_VIEWS */
	uint8_t expect; /* 0, or 1 + the word that must be 1 at the end */
	uint8_t init[WORD_FIXED];
	struct program_task task[PROGRAM_TASKS];
};

const char *program_op_word(enum program_op_kind kind);
const char *program_op_operands(enum program_op_kind kind);
/* How many values an operand of this letter can have, at most 16. */
unsigned int program_operand_values(char letter);
/* The letter of arg[@i]: P stands for four. '\0': there is none. */
char program_arg_letter(enum program_op_kind kind, unsigned int i);

/* At most PROGRAM_TEXT bytes. */
void program_print(const struct program *p, char *text);
/* NULL: read; otherwise what is wrong. */
const char *program_parse(const char *text, struct program *p);
/* Each started task is started at most once, by an earlier task, and joined by its starter only. */
bool program_valid(const struct program *p);
bool program_has(const struct program *p, enum program_op_kind kind);
/* The operation reads or writes a word or the pointer with an order of its own. */
bool program_op_has_order(const struct program_op *op);

/* search_gen.c: the program number @index of the stream @seed. */
void program_generate(uint64_t seed, uint64_t index, struct program *p);
/* The same for weak memory: orders of every kind, fences, and what they are for. */
void program_generate_weak(uint64_t seed, uint64_t index, struct program *p);

#endif
