/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE 1
#include "support/litmus.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SPINS_BEFORE_YIELD 2000
#define YIELDS_BEFORE_LOOK 64
#define LOOKS 3
#define HEAD_START 60  /* turns that the first task may be early */
#define DELAY_MAX 1000 /* turns: a task that does not run falls asleep at no time */

bool litmus_has_two_processors(void)
{
	cpu_set_t all;

	return !sched_getaffinity(0, sizeof(all), &all) && CPU_COUNT(&all) > 1;
}

void litmus_pin(uint32_t me)
{
	cpu_set_t all, one;

	if (sched_getaffinity(0, sizeof(all), &all))
		return;
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &all) || me--)
			continue;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		sched_setaffinity(0, sizeof(one), &one);
		return;
	}
}

void litmus_fill(struct hs_task *self, struct litmus *l)
{
	for (int i = 0; i < LITMUS_LINES; i++)
		hs_u64_store(self, &l->line[i].word, 1, HS_RELAXED);
}

static void litmus_pause(uint32_t spins)
{
	if (spins > SPINS_BEFORE_YIELD)
		sched_yield();
	else
		hs_spin_hint();
}

void litmus_meet(struct hs_task *self, struct litmus *l, uint32_t me, uint32_t round)
{
	hs_u32_store(self, &l->at[me], round, HS_RELEASE);
	for (uint32_t i = 0; hs_u32_load(self, &l->at[!me], HS_ACQUIRE) < round; i++)
		litmus_pause(i);
}

/* ---- a task that waits, and one that wakes ----------------------------------------------- */

static uint32_t litmus_wakeups(struct hs_task *self)
{
	return hs_u32_load(self, &hs_slot_of(self)->wakeups, HS_RELAXED);
}

/* The lines are this task's when the first one stores to them. */
void litmus_begin(struct hs_task *self, struct litmus *l, uint32_t round)
{
	l->wakeups = litmus_wakeups(self);
	if (round == 1)
		l->thread = (pid_t)syscall(SYS_gettid);
	litmus_fill(self, l);
	litmus_meet(self, l, 1, round);
	for (int i = 0; i < HEAD_START; i++)
		hs_spin_hint();
}

void litmus_through(struct hs_task *self, struct litmus *l, uint32_t round)
{
	l->slept = litmus_wakeups(self) != l->wakeups;
	hs_u32_store(self, &l->through, round, HS_RELEASE);
}

void litmus_delay(struct hs_task *self, struct litmus *l)
{
	uint32_t jitter = (uint32_t)hs_random(self) % (l->delay / 4 + 16);

	for (uint32_t i = 0; i < l->delay + jitter; i++)
		hs_spin_hint();
}

/* The letter of the state stands after the name, which ends with the last parenthesis. */
static bool litmus_sleeps_in_the_kernel(pid_t thread)
{
	char path[64], text[512];
	const char *name_end;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", (int)thread);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	name_end = strrchr(text, ')');
	return name_end && name_end[1] == ' ' && name_end[2] == 'S';
}

/* Its state at one look is not enough: it may have been woken and not have come to run. */
void litmus_expect_through(struct hs_task *self, struct litmus *l, uint32_t round)
{
	uint32_t asleep = 0;

	for (uint32_t i = 0; hs_u32_load(self, &l->through, HS_ACQUIRE) != round; i++) {
		litmus_pause(i);
		if (i < SPINS_BEFORE_YIELD || i % YIELDS_BEFORE_LOOK)
			continue;
		asleep = litmus_sleeps_in_the_kernel(l->thread) ? asleep + 1 : 0;
		hs_assert(self, asleep < LOOKS, "a wake-up is lost in round %u, at delay %u", round,
			  l->delay);
	}
	if (l->slept)
		l->delay -= l->delay / 16 + !!l->delay;
	else if (l->delay < DELAY_MAX)
		l->delay += l->delay / 16 + 1;
}
