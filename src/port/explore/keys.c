/* SPDX-License-Identifier: MIT */
/*
 * keys.c (explore) - open addressing with linear probing, at most half full
 */
#include "port/explore/keys.h"

#include <stdlib.h>
#include <string.h>

#include "port/common/random.h"

#define KEYS_SLOTS 256u

void hs_keys_reset(struct hs_keys *keys)
{
	keys->count = 0;
	if (++keys->age)
		return;
	if (keys->slots)
		memset(keys->slot, 0, keys->slots * sizeof(*keys->slot));
	keys->age = 1;
}

void hs_keys_free(struct hs_keys *keys)
{
	free(keys->slot);
	memset(keys, 0, sizeof(*keys));
}

/* The slot of @key, or the free one where it would be. */
static struct hs_keys_slot *keys_slot(const struct hs_keys *keys, uintptr_t key)
{
	uint64_t i = hs_mix64(key) & (keys->slots - 1);

	while (keys->slot[i].age == keys->age && keys->slot[i].key != key)
		i = (i + 1) & (keys->slots - 1);
	return &keys->slot[i];
}

uint32_t *hs_keys_find(const struct hs_keys *keys, uintptr_t key)
{
	struct hs_keys_slot *slot = keys->count ? keys_slot(keys, key) : NULL;

	return slot && slot->age == keys->age ? &slot->number : NULL;
}

static bool keys_grow(struct hs_keys *keys)
{
	struct hs_keys more = { .slots = keys->slots ? 2 * keys->slots : KEYS_SLOTS,
				.count = keys->count,
				.age = 1 };

	more.slot = calloc(more.slots, sizeof(*more.slot));
	if (!more.slot)
		return false;
	for (uint32_t i = 0; i < keys->slots; i++) {
		const struct hs_keys_slot *old = &keys->slot[i];

		if (old->age == keys->age)
			*keys_slot(&more, old->key) =
				(struct hs_keys_slot){ old->key, more.age, old->number };
	}
	free(keys->slot);
	*keys = more;
	return true;
}

uint32_t *hs_keys_add(struct hs_keys *keys, uintptr_t key)
{
	struct hs_keys_slot *slot;

	if (2 * keys->count >= keys->slots && !keys_grow(keys))
		return NULL;
	slot = keys_slot(keys, key);
	if (slot->age != keys->age) {
		*slot = (struct hs_keys_slot){ key, keys->age, 0 };
		keys->count++;
	}
	return &slot->number;
}
