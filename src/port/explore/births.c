/* SPDX-License-Identifier: MIT */
/*
 * births.c (explore) - the objects of an execution: where each was allocated, and freed
 */
#include "port/explore/births.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "port/explore/sched.h"

static uint32_t births_part(const struct hs_task *self)
{
	return self->sched->clocks && self->id ? hs_clocks_part(self) : 0;
}

void hs_births_add(struct hs_task *self, const void *object, size_t size, uint32_t kind,
		   const char *where)
{
	struct hs_births *b = &self->sched->births;

	if (!b->on)
		return;
	if (!hs_grow(&b->list, &b->room, b->count + 1, sizeof(*b->list))) {
		b->failed = true;
		return;
	}
	b->list[b->count++] = (struct hs_birth){ .start = (uintptr_t)object,
						 .size = size,
						 .allocated = where,
						 .part = births_part(self),
						 .kind = (uint8_t)kind,
						 .maker = (uint8_t)self->id };
}

void hs_births_name(struct hs_births *b, const char *name)
{
	if (!b->failed)
		b->list[b->count - 1].name = name;
}

/* Addresses only grow. */
static struct hs_birth *births_find(const struct hs_births *b, uintptr_t addr)
{
	uint32_t low = 0, high = b->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (b->list[middle].start <= addr)
			low = middle + 1;
		else
			high = middle;
	}
	return low && addr - b->list[low - 1].start < b->list[low - 1].size ? &b->list[low - 1]
									    : NULL;
}

void hs_births_end(struct hs_task *self, const void *object, const char *where)
{
	struct hs_births *b = &self->sched->births;
	struct hs_birth *birth = births_find(b, (uintptr_t)object);

	if (!birth)
		return;
	birth->freed = where;
	birth->freed_at = self->sched->decisions;
	birth->freer = (uint8_t)self->id;
	birth->comes_back = birth < b->list + b->standing;
	b->standing_died |= birth->comes_back;
}

void hs_births_set_up(struct hs_births *b)
{
	b->scenario = b->count;
}

void hs_births_stand(struct hs_births *b)
{
	b->standing = b->count;
	b->standing_died = false;
}

void hs_births_reset(struct hs_births *b)
{
	b->count = b->standing;
	for (uint32_t i = 0; b->standing_died && i < b->standing; i++)
		if (b->list[i].comes_back)
			b->list[i].freed = NULL;
	b->standing_died = false;
}

void hs_births_free(struct hs_births *b)
{
	free(b->list);
	memset(b, 0, sizeof(*b));
}

void hs_births_begin(struct hs_births *b, bool on)
{
	b->count = b->scenario = b->standing = 0;
	b->standing_died = b->failed = false;
	b->on = on;
}

const struct hs_birth *hs_births_find(const struct hs_births *b, uintptr_t addr)
{
	return births_find(b, addr);
}

uint32_t hs_births_number(const struct hs_births *b, const struct hs_birth *birth)
{
	uint32_t number = 0;

	for (const struct hs_birth *other = b->list; other < birth; other++)
		number += other->kind == birth->kind;
	return number;
}

/* ---- leaks -------------------------------------------------------------------------------- */

static bool births_is_leak(const struct hs_birth *b)
{
	return b->name && !b->freed && !b->named;
}

/* How many leaks there are as number @last, which is the last of them. Each is named now. */
static uint64_t births_name(struct hs_births *b, uint32_t last)
{
	const struct hs_birth *as = &b->list[last];
	uint64_t count = 0;

	for (uint32_t i = 0; i <= last; i++) {
		struct hs_birth *birth = &b->list[i];

		if (!births_is_leak(birth) || birth->name != as->name ||
		    birth->allocated != as->allocated)
			continue;
		birth->named = true;
		count++;
	}
	return count;
}

void hs_births_name_leaks(struct hs_births *b, struct hs_leaks *left)
{
	for (uint32_t i = 0; i < b->count; i++)
		b->list[i].named = false;
	for (uint32_t i = b->count; i-- > 0;) {
		const struct hs_birth *birth = &b->list[i];
		uint64_t count = births_is_leak(birth) ? births_name(b, i) : 0;

		if (count)
			hs_leaks_add(left, count, "%llu %s from %s", (unsigned long long)count,
				     birth->name, birth->allocated);
	}
}

/* ---- names ------------------------------------------------------------------------------- */

void hs_label_print(const struct hs_label *label, uintptr_t addr, char *text, size_t size)
{
	unsigned long long offset = addr - label->start;
	unsigned long long entry = label->first + offset / sizeof(hs_u64) * label->step;

	if (label->step)
		snprintf(text, size, "%.31s[0x%llx]", label->name, entry);
	else
		snprintf(text, size, offset ? "%.31s+0x%llx" : "%.31s", label->name, offset);
}
