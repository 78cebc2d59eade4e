/* SPDX-License-Identifier: MIT */
/*
 * fiber.h (explore) - switching stacks
 *
 * On x86-64 the switch is inlined and the compiler spills what is live: two pushes, two moves of
 * the stack pointer and an indirect jump, about a nanosecond. A call and a return would cost a
 * mispredicted return each time. A stack is plain bytes, so that memcpy puts a fiber back to where
 * it was (HS_FIBER_IMAGE).
 *
 * Elsewhere, and under sanitizers, which must be told of each switch, a fiber is a ucontext and
 * starts anew for each execution.
 *
 * Code that contains a switch is compiled with -mno-red-zone, because the switch pushes.
 */
#ifndef HS_PORT_EXPLORE_FIBER_H
#define HS_PORT_EXPLORE_FIBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "port/common/sanitize.h"

/* Bytes of a stack: the default, and what may be asked for. */
#define HS_FIBER_STACK ((size_t)64 << 10)
#define HS_FIBER_STACK_MIN ((size_t)16 << 10)
#define HS_FIBER_STACK_MAX ((size_t)16 << 20)

#if defined(__x86_64__) && !HS_ASAN && !HS_TSAN && !defined(HS_FIBER_UCONTEXT)
#define HS_FIBER_IMAGE 1

struct hs_fiber {
	void *sp;
	char *stack; /* lowest usable byte; NULL: the host, the thread that the fibers run on */
	size_t size; /* of the stack */
};

static inline __attribute__((__always_inline__)) void hs_fiber_switch(struct hs_fiber *from,
								      struct hs_fiber *to)
{
	__asm__ volatile("pushq %%rbp\n\t"
			 "leaq 1f(%%rip), %%rax\n\t"
			 "pushq %%rax\n\t"
			 "movq %%rsp, (%%rdi)\n\t"
			 "movq (%%rsi), %%rsp\n\t"
			 "popq %%rax\n\t"
			 "jmpq *%%rax\n"
			 "1:\n\t"
			 "popq %%rbp"
			 : "+D"(from), "+S"(to)
			 :
			 : "rax", "rbx", "rcx", "rdx", "r8", "r9", "r10", "r11", "r12", "r13",
			   "r14", "r15", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6",
			   "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14",
			   "xmm15", "cc", "memory");
}
#else
#define HS_FIBER_IMAGE 0

#include <ucontext.h>

struct hs_fiber {
	ucontext_t context;
	char *stack;
	const void *bottom; /* for ASan: lowest byte of the stack, also of the host's */
	size_t size;	    /* of the stack */
	void *tsan;
	unsigned int runs; /* that the TSan fiber has served */
};

void hs_fiber_switch(struct hs_fiber *from, struct hs_fiber *to);
#endif

/* Makes the calling thread the host, the fiber that the others switch back to. */
void hs_fiber_host(struct hs_fiber *host);
/* The next switch to @f begins fn(arg), whatever @f did before. fn() never returns. */
void hs_fiber_prepare(struct hs_fiber *f, struct hs_fiber *host, void (*fn)(void *arg), void *arg);
void hs_fiber_release(struct hs_fiber *f);
/* The fn() of a fiber calls it first. */
void hs_fiber_entered(struct hs_fiber *f, struct hs_fiber *host);

/* Stacks, each with an inaccessible guard below it. */
struct hs_fiber_stacks {
	char *start; /* NULL: none */
	unsigned int count;
	size_t size; /* of one, whole pages */
	size_t guard;
};

/*
 * Maps @count stacks of at least @size bytes, at a fixed address if it is free. False: no memory.
 */
bool hs_fiber_stacks_map(struct hs_fiber_stacks *stacks, unsigned int count, size_t size);
void hs_fiber_stacks_unmap(struct hs_fiber_stacks *stacks);
/* Gives @f, which does not run, stack @i. */
void hs_fiber_set_stack(struct hs_fiber *f, const struct hs_fiber_stacks *stacks, unsigned int i);
/*
 * The stack that @addr is in, or whose guard it is in, and which of the two. -1: neither.
 */
int hs_fiber_stack_of(const struct hs_fiber_stacks *stacks, uintptr_t addr, bool *guard);

#endif
