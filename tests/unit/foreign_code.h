/* SPDX-License-Identifier: MIT */
/*
 * foreign_code.h - code that knows nothing of the explorer, as kernel code does not
 */
#ifndef HS_TESTS_FOREIGN_CODE_H
#define HS_TESTS_FOREIGN_CODE_H

#include <stdint.h>

struct foreign_node {
	struct foreign_node *next, **pprev;
	uint64_t value;
};

/* What foreign functions work on. */
struct foreign_state {
	uint32_t plain, marked, flag, seen[2];
	uint64_t wide;
	union {
		uint64_t whole;
		uint32_t half[2];
	} both;
	uint8_t bytes[4];
	uint16_t halves[2];
	struct foreign_node *head;
	struct foreign_node one, two;
};

extern const uint32_t foreign_initial;

void foreign_increment(struct foreign_state *st);
void foreign_increment_marked(struct foreign_state *st);
void foreign_increment_static(struct foreign_state *st);
uint32_t foreign_static(void);
void foreign_take_static_lock(struct foreign_state *st);
void foreign_add_each_size(struct foreign_state *st);
void foreign_store_first(struct foreign_state *st);
void foreign_store_second(struct foreign_state *st);
void foreign_replace_each_size(struct foreign_state *st);
void foreign_update_bits(struct foreign_state *st);
void foreign_publish_relaxed(struct foreign_state *st);
void foreign_publish_release(struct foreign_state *st);
void foreign_publish_fence(struct foreign_state *st);
void foreign_consume_relaxed(struct foreign_state *st);
void foreign_consume_acquire(struct foreign_state *st);
void foreign_exchange_acquire(struct foreign_state *st);
void foreign_exchange_relaxed(struct foreign_state *st);
void foreign_take_each_step(struct foreign_state *st);
void foreign_write_plain(struct foreign_state *st);
void foreign_read_plain(struct foreign_state *st);
void foreign_write_marked(struct foreign_state *st);
void foreign_read_marked(struct foreign_state *st);
int foreign_is_written(struct foreign_state *st);
void foreign_write_both(struct foreign_state *st);
void foreign_publish_marked(struct foreign_state *st);
void foreign_publish_marked_fence(struct foreign_state *st);
void foreign_consume_marked(struct foreign_state *st);
void foreign_consume_marked_fence(struct foreign_state *st);
void foreign_wait_for_flag(struct foreign_state *st);
void foreign_wait_in_other_sizes(struct foreign_state *st);
void foreign_set_flag(struct foreign_state *st);
void foreign_copy_node(struct foreign_state *st);
void foreign_change_node(struct foreign_state *st);
void foreign_read_null(struct foreign_state *st);
void foreign_read_null_marked(struct foreign_state *st);
void foreign_write_null_marked(struct foreign_state *st);
void foreign_add_null(struct foreign_state *st);
void foreign_write_poison(struct foreign_state *st);

/* The test's: cpu_relax() of the code. */
void foreign_relax(void);

#endif
