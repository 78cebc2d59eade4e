/* SPDX-License-Identifier: MIT */
/*
 * fiber.c (explore) - stacks, and how a fiber begins
 */
#include "port/explore/fiber.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#if HS_TSAN
#include <sanitizer/tsan_interface.h>
#endif
#if HS_ASAN
#include <sanitizer/common_interface_defs.h>
#endif

#define FIBER_STACKS_BASE ((void *)0x7e8800000000)
/*
 * Large, because a frame with a big array steps over a page. Not a power of two, so that the ends
 * of stacks fall into different sets of a cache.
 */
#define FIBER_GUARD (((size_t)1 << 20) + 4096)

static size_t fiber_pages(size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return (size + page - 1) & ~(page - 1);
}

bool hs_fiber_stacks_map(struct hs_fiber_stacks *stacks, unsigned int count, size_t size)
{
	size_t used = fiber_pages(size), guard = fiber_pages(FIBER_GUARD);
	char *p = mmap(FIBER_STACKS_BASE, count * (used + guard), PROT_NONE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		return false;
	*stacks = (struct hs_fiber_stacks){ p, count, used, guard };
	for (unsigned int i = 0; i < count; i++) {
		if (!mprotect(p + i * (used + guard) + guard, used, PROT_READ | PROT_WRITE))
			continue;
		hs_fiber_stacks_unmap(stacks);
		return false;
	}
	return true;
}

void hs_fiber_stacks_unmap(struct hs_fiber_stacks *stacks)
{
	if (stacks->start)
		munmap(stacks->start, stacks->count * (stacks->size + stacks->guard));
	memset(stacks, 0, sizeof(*stacks));
}

void hs_fiber_set_stack(struct hs_fiber *f, const struct hs_fiber_stacks *stacks, unsigned int i)
{
	f->stack = stacks->start + i * (stacks->size + stacks->guard) + stacks->guard;
	f->size = stacks->size;
}

int hs_fiber_stack_of(const struct hs_fiber_stacks *stacks, uintptr_t addr, bool *guard)
{
	size_t each = stacks->size + stacks->guard, offset = addr - (uintptr_t)stacks->start;

	if (!stacks->start || offset >= stacks->count * each)
		return -1;
	*guard = offset % each < stacks->guard;
	return (int)(offset / each);
}

#if HS_FIBER_IMAGE

/* Where a new fiber begins: pops argument and function and calls it. */
void hs_fiber_start(void);
__asm__(".text\n"
	".type hs_fiber_start, @function\n"
	"hs_fiber_start:\n"
	"	popq %rdi\n"
	"	popq %rax\n"
	"	xorl %ebp, %ebp\n"
	"	callq *%rax\n"
	"	ud2\n"
	".size hs_fiber_start, .-hs_fiber_start\n");

void hs_fiber_host(struct hs_fiber *host)
{
	host->stack = NULL;
	host->size = 0;
}

void hs_fiber_prepare(struct hs_fiber *f, struct hs_fiber *host, void (*fn)(void *arg), void *arg)
{
	/* Three words are popped before the call, which wants the stack aligned to 16 bytes. */
	void **sp = (void **)(f->stack + f->size - 64) - 3;

	(void)host;
	sp[0] = (void *)(uintptr_t)hs_fiber_start;
	sp[1] = arg;
	sp[2] = (void *)(uintptr_t)fn;
	f->sp = sp;
}

void hs_fiber_release(struct hs_fiber *f)
{
	(void)f;
}

void hs_fiber_entered(struct hs_fiber *f, struct hs_fiber *host)
{
	(void)f;
	(void)host;
}

#else

void hs_fiber_host(struct hs_fiber *host)
{
	memset(host, 0, sizeof(*host));
#if HS_TSAN
	host->tsan = __tsan_get_current_fiber();
#endif
}

/*
 * TSan keeps a call stack for each of its fibers, and every run that was abandoned leaves its
 * frames there. A new TSan fiber costs tens of microseconds, so one serves for many runs.
 */
#define FIBER_TSAN_RUNS 1000

static void fiber_renew_tsan(struct hs_fiber *f)
{
#if HS_TSAN
	if (f->tsan && ++f->runs < FIBER_TSAN_RUNS)
		return;
	hs_fiber_release(f);
	f->tsan = __tsan_create_fiber(0);
#endif
	f->runs = 0;
}

/* makecontext() passes ints, so that each pointer comes in two. */
static void fiber_start(unsigned int fn_hi, unsigned int fn_lo, unsigned int arg_hi,
			unsigned int arg_lo)
{
	uintptr_t fn = ((uintptr_t)fn_hi << 32) | fn_lo, arg = ((uintptr_t)arg_hi << 32) | arg_lo;

	((void (*)(void *))fn)((void *)arg);
}

void hs_fiber_prepare(struct hs_fiber *f, struct hs_fiber *host, void (*fn)(void *arg), void *arg)
{
	uintptr_t a = (uintptr_t)arg, p = (uintptr_t)fn;

	/* The last run on this stack may have been abandoned, with the red zones of its frames. */
	hs_unpoison(f->stack, f->size);
	getcontext(&f->context);
	f->context.uc_stack.ss_sp = f->stack;
	f->context.uc_stack.ss_size = f->size;
	f->context.uc_link = &host->context;
	f->bottom = f->stack;
	fiber_renew_tsan(f);
	makecontext(&f->context, (void (*)(void))fiber_start, 4, (unsigned int)((uint64_t)p >> 32),
		    (unsigned int)p, (unsigned int)((uint64_t)a >> 32), (unsigned int)a);
}

void hs_fiber_release(struct hs_fiber *f)
{
#if HS_TSAN
	if (f->tsan && f->stack)
		__tsan_destroy_fiber(f->tsan);
#endif
	f->tsan = NULL;
}

void hs_fiber_switch(struct hs_fiber *from, struct hs_fiber *to)
{
#if HS_ASAN
	void *fake = NULL;

	__sanitizer_start_switch_fiber(&fake, to->bottom, to->size);
#endif
#if HS_TSAN
	__tsan_switch_to_fiber(to->tsan, 0);
#endif
	swapcontext(&from->context, &to->context);
#if HS_ASAN
	__sanitizer_finish_switch_fiber(fake, NULL, NULL);
#endif
}

void hs_fiber_entered(struct hs_fiber *f, struct hs_fiber *host)
{
	(void)f;
	(void)host;
#if HS_ASAN
	__sanitizer_finish_switch_fiber(NULL, &host->bottom, &host->size);
#endif
}

#endif
