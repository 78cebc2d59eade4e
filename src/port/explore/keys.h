/* SPDX-License-Identifier: MIT */
/*
 * keys.h (explore) - a number for each of some addresses, forgotten with the execution
 *
 * To forget all of them costs nothing: a slot says which execution it belongs to.
 */
#ifndef HS_PORT_EXPLORE_KEYS_H
#define HS_PORT_EXPLORE_KEYS_H

#include <stdbool.h>
#include <stdint.h>

struct hs_keys_slot {
	uintptr_t key;
	uint32_t age, number;
};

struct hs_keys {
	struct hs_keys_slot *slot;
	uint32_t slots; /* a power of two; 0: none yet */
	uint32_t count, age;
};

void hs_keys_reset(struct hs_keys *keys);
void hs_keys_free(struct hs_keys *keys);
/* The number of @key, which the caller may change. NULL: it has none. */
uint32_t *hs_keys_find(const struct hs_keys *keys, uintptr_t key);
/* The same, but a key that has none gets 0. NULL: no memory. Valid until another key is added. */
uint32_t *hs_keys_add(struct hs_keys *keys, uintptr_t key);

#endif
