/* SPDX-License-Identifier: MIT */
#include "support/crashes.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#undef NDEBUG
#include <assert.h>

/* ---- what crashes ------------------------------------------------------------------------ */

static void *volatile nothing; /* NULL */

void writes_to_null(void)
{
	*(volatile int *)((char *)nothing + 8) = 1;
}

static void calls_null(void)
{
	void (*volatile fn)(void) = NULL;

	fn();
}

static void reads_wildly(void)
{
	(void)*(volatile int *)(uintptr_t)0x4141414141414140;
}

/* A page of memory behind the end of its file. */
static void reads_behind_a_file(void)
{
	FILE *file = tmpfile();
	char *p = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fileno(file), 0);

	fclose(file);
	(void)*(volatile char *)p;
}

void reads_behind_a_block(void)
{
	volatile size_t size = 16;
	char *block = calloc(1, size);

	size += (size_t) * (volatile char *)(block + size);
	free(block);
}

static void divides_by_zero(void)
{
#if defined(__x86_64__)
	__asm__ volatile("xorl %%edx, %%edx\n\txorl %%ecx, %%ecx\n\tidivl %%ecx" ::
				 : "eax", "ecx", "edx", "cc");
#else
	raise(SIGFPE);
#endif
}

static void traps(void)
{
#if defined(__x86_64__)
	__asm__ volatile("ud2");
#else
	raise(SIGILL);
#endif
}

static void fails_assert(void)
{
	assert(nothing);
}

void raises(void)
{
	raise(SIGSEGV);
}

static int (*volatile deeper)(int depth) = recurses; /* or a compiler makes a loop of it */

int recurses(int depth)
{
	volatile char frame[1024];

	frame[depth & 1023] = (char)depth;
	return depth ? deeper(depth - 1) + frame[depth & 1023] : 0;
}

void recurses_deeply(void)
{
	recurses(1000000);
}

/* Its lowest byte is far below the page that follows the stack. */
static void has_a_large_frame(void)
{
	char frame[900000];

	__asm__ volatile("" ::"r"(frame) : "memory"); /* it is needed whole */
	*(volatile char *)frame = 1;
}

/* Data is not executed: a fault in the stack, and no overflow. */
static void runs_its_stack(void)
{
	char code[64];
	void *at = memset(code, 0x90, sizeof(code));
	void (*volatile fn)(void);

	memcpy((void *)(uintptr_t)&fn, &at, sizeof(at));
	fn();
}

const struct crash crashes[] = {
	{ writes_to_null, "SIGSEGV (address 0x8) in " },
	{ abort, "SIGABRT in " },
	{ recurses_deeply, "SIGSEGV (stack overflow) in " },
	{ calls_null, "SIGSEGV (address 0) in " },
	{ divides_by_zero, "SIGFPE in " },
	{ fails_assert, "SIGABRT in " },
	{ has_a_large_frame, "SIGSEGV (stack overflow) in " },
	{ traps, "SIGILL in " },
	{ reads_behind_a_file, "SIGBUS in " },
	{ reads_wildly, "SIGSEGV in " },
	{ raises, "SIGSEGV in " },
	{ runs_its_stack, "SIGSEGV in " },
};

_Static_assert(COUNT(crashes) == CRASHES, "");

void (*crash)(void);

/* ---- explorations that crash -------------------------------------------------------------- */

void increments_badly(struct hs_task *self, void *state)
{
	struct play_state *st = state;
	uint64_t v;

	hs_mutex_lock(self, &st->mutex);
	hs_mutex_unlock(self, &st->mutex);
	v = hs_u64_load(self, &st->word[0], HS_RELAXED);
	hs_u64_store(self, &st->word[0], v + 1, HS_RELAXED);
	if (hs_u64_add(self, &st->word[1], 1, HS_RELAXED) && st->word[0].raw == 1)
		crash();
}

void touches_a_word(struct hs_task *self, void *state)
{
	hs_u64_add(self, &((struct play_state *)state)->word[3], 1, HS_RELAXED);
}

const struct play lost_update = { .task = { increments_badly, increments_badly } };

void explore_plainly(const struct hs_scenario *scenario, const struct play *play, int ret)
{
	struct hs_explore_options options;
	struct hs_explore_result r;

	hs_explore_options_init(&options);
	assert_int_equal(hs_explore(scenario, play, &options, &r), ret);
	hs_explore_result_free(&r);
}

/* A sanitizer ends the process itself. */
void needs_handlers(void)
{
	if (SANITIZED)
		skip();
}
