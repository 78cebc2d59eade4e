/* SPDX-License-Identifier: MIT */
/*
 * foreign_code.c - code that knows nothing of the explorer, as kernel code does not
 */
#include "foreign_code.h"

#include <stddef.h>

#define ONCE(x) (*(volatile __typeof__(x) *)&(x))
#define RELAXED __ATOMIC_RELAXED
#define barrier() __asm__ volatile("" ::: "memory")

const uint32_t foreign_initial = 40;

static uint32_t counter = 40;
static uint32_t lock; /* in .bss */

void foreign_increment(struct foreign_state *st)
{
	st->plain++;
}

void foreign_increment_marked(struct foreign_state *st)
{
	ONCE(st->marked) = ONCE(st->marked) + 1;
}

void foreign_increment_static(struct foreign_state *st)
{
	(void)st;
	counter++;
}

uint32_t foreign_static(void)
{
	return counter;
}

/* Never given back. */
void foreign_take_static_lock(struct foreign_state *st)
{
	if (__atomic_exchange_n(&lock, 1, __ATOMIC_ACQUIRE))
		*(volatile uint32_t *)(uintptr_t)16 = 1;
	st->plain = 1;
}

/* ---- atomics ------------------------------------------------------------------------------ */

void foreign_add_each_size(struct foreign_state *st)
{
	__atomic_fetch_add(&st->bytes[1], 1, RELAXED);
	__atomic_fetch_add(&st->halves[1], 1, RELAXED);
	__atomic_fetch_add(&st->flag, 1, RELAXED);
	__atomic_fetch_sub(&st->wide, 1, RELAXED);
}

void foreign_store_first(struct foreign_state *st)
{
	__atomic_store_n(&st->bytes[0], 1, RELAXED);
	__atomic_store_n(&st->halves[0], 1, RELAXED);
}

void foreign_store_second(struct foreign_state *st)
{
	__atomic_store_n(&st->bytes[3], 2, RELAXED);
	__atomic_store_n(&st->halves[1], 2, RELAXED);
}

void foreign_replace_each_size(struct foreign_state *st)
{
	uint8_t byte = 0;
	uint64_t wide = 0;

	if (__atomic_compare_exchange_n(&st->bytes[2], &byte, 7, 0, RELAXED, RELAXED))
		st->seen[0]++;
	else
		st->seen[1] += byte;
	if (!__atomic_compare_exchange_n(&st->wide, &wide, 1, 0, RELAXED, RELAXED))
		st->plain = (uint32_t)wide;
}

void foreign_update_bits(struct foreign_state *st)
{
	__atomic_fetch_or(&st->wide, 0xff, RELAXED);
	__atomic_fetch_and(&st->wide, 0x3c, RELAXED);
	__atomic_fetch_xor(&st->wide, 0x0f, RELAXED);
	__atomic_fetch_nand(&st->halves[0], 0x0f, RELAXED);
	__atomic_exchange_n(&st->bytes[0], 9, RELAXED);
}

void foreign_publish_relaxed(struct foreign_state *st)
{
	__atomic_store_n(&st->wide, 1, RELAXED);
	__atomic_store_n(&st->flag, 1, RELAXED);
}

void foreign_publish_release(struct foreign_state *st)
{
	__atomic_store_n(&st->wide, 1, RELAXED);
	__atomic_store_n(&st->flag, 1, __ATOMIC_RELEASE);
}

void foreign_publish_fence(struct foreign_state *st)
{
	__atomic_store_n(&st->wide, 1, RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	__atomic_store_n(&st->flag, 1, RELAXED);
}

void foreign_consume_relaxed(struct foreign_state *st)
{
	st->seen[0] = __atomic_load_n(&st->flag, RELAXED);
	st->seen[1] = (uint32_t)__atomic_load_n(&st->wide, RELAXED);
}

void foreign_consume_acquire(struct foreign_state *st)
{
	st->seen[0] = __atomic_load_n(&st->flag, __ATOMIC_ACQUIRE);
	st->seen[1] = (uint32_t)__atomic_load_n(&st->wide, RELAXED);
}

/* The exchange fails, and reads. */
void foreign_exchange_acquire(struct foreign_state *st)
{
	uint32_t expected = 5;

	__atomic_compare_exchange_n(&st->flag, &expected, 5, 0, __ATOMIC_ACQUIRE, __ATOMIC_ACQUIRE);
	st->seen[0] = expected;
	st->seen[1] = (uint32_t)__atomic_load_n(&st->wide, RELAXED);
}

void foreign_exchange_relaxed(struct foreign_state *st)
{
	uint32_t expected = 5;

	__atomic_compare_exchange_n(&st->flag, &expected, 5, 0, __ATOMIC_ACQUIRE, RELAXED);
	st->seen[0] = expected;
	st->seen[1] = (uint32_t)__atomic_load_n(&st->wide, RELAXED);
}

/* One of each kind. Unused results are read all the same. */
void foreign_take_each_step(struct foreign_state *st)
{
	uint32_t expected = 5;

	__atomic_store_n(&st->flag, 1, __ATOMIC_RELEASE);
	__atomic_store_n(&st->wide, 2, RELAXED);
	__atomic_store_n(&st->bytes[1], 3, RELAXED);
	st->seen[0] = __atomic_load_n(&st->flag, __ATOMIC_ACQUIRE);
	st->seen[1] = (uint32_t)__atomic_load_n(&st->wide, RELAXED);
	__atomic_fetch_add(&st->marked, 4, __ATOMIC_ACQ_REL);
	__atomic_fetch_xor(&st->marked, 1, RELAXED);
	__atomic_fetch_nand(&st->marked, 5, RELAXED);
	__atomic_compare_exchange_n(&st->plain, &expected, 6, 0, RELAXED, RELAXED);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	st->one = st->two;
}

/* ---- races -------------------------------------------------------------------------------- */

void foreign_write_plain(struct foreign_state *st)
{
	st->plain = 1;
}

void foreign_read_plain(struct foreign_state *st)
{
	st->seen[0] = st->plain;
}

void foreign_write_marked(struct foreign_state *st)
{
	ONCE(st->plain) = 1;
}

void foreign_read_marked(struct foreign_state *st)
{
	st->seen[0] = ONCE(st->plain);
}

int foreign_is_written(struct foreign_state *st)
{
	return ONCE(st->plain) != 0;
}

void foreign_write_both(struct foreign_state *st)
{
	ONCE(st->plain) = 1;
	barrier();
	st->plain = 2;
}

void foreign_publish_marked(struct foreign_state *st)
{
	st->plain = 1;
	ONCE(st->flag) = 1;
}

void foreign_publish_marked_fence(struct foreign_state *st)
{
	st->plain = 1;
	__atomic_thread_fence(__ATOMIC_RELEASE);
	ONCE(st->flag) = 1;
}

void foreign_consume_marked(struct foreign_state *st)
{
	if (ONCE(st->flag))
		st->seen[0] = st->plain;
}

void foreign_consume_marked_fence(struct foreign_state *st)
{
	if (!ONCE(st->flag))
		return;
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	st->seen[0] = st->plain;
}

/* ---- loops -------------------------------------------------------------------------------- */

/* Each round writes what the task itself reads. */
void foreign_wait_for_flag(struct foreign_state *st)
{
	while (!ONCE(st->flag)) {
		ONCE(st->wide) = ONCE(st->wide) + 1;
		st->plain++;
		__atomic_fetch_add(&st->halves[0], 1, RELAXED);
		foreign_relax();
	}
}

/* Each round reads as words of 4 bytes what it writes as one of 8, and the other way round. */
void foreign_wait_in_other_sizes(struct foreign_state *st)
{
	while (!ONCE(st->flag)) {
		st->one = st->two;
		__atomic_fetch_add(&st->two.value, 1, RELAXED);
		st->wide += st->both.whole;
		__atomic_store_n(&st->both.half[1], (uint32_t)st->wide + 1, RELAXED);
		foreign_relax();
	}
}

void foreign_set_flag(struct foreign_state *st)
{
	ONCE(st->flag) = 1;
}

/* ---- objects ------------------------------------------------------------------------------ */

void foreign_copy_node(struct foreign_state *st)
{
	st->one = st->two;
}

void foreign_change_node(struct foreign_state *st)
{
	st->two.value = 5;
}

void foreign_read_null(struct foreign_state *st)
{
	if (!st->head->value)
		st->plain = 1;
}

void foreign_read_null_marked(struct foreign_state *st)
{
	if (!ONCE(st->head->value))
		st->plain = 1;
}

void foreign_write_null_marked(struct foreign_state *st)
{
	ONCE(st->head->value) = 1;
}

void foreign_add_null(struct foreign_state *st)
{
	__atomic_fetch_add(&st->head->value, 1, RELAXED);
}

void foreign_write_poison(struct foreign_state *st)
{
	struct foreign_node *dead = (struct foreign_node *)(uintptr_t)0xdead000000000100;

	st->plain = 1;
	dead->value = 1;
}
