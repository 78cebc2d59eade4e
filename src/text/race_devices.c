/* SPDX-License-Identifier: MIT */
/*
 * race_devices.c - the objects device of a race
 */
#include "text/race_parser.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Indices of the keys in text.c. */
enum {
	DEVICE_OWNER,
	DEVICE_STRATEGY,
	DEVICE_CORRECTION,
	DEVICE_TRIES,
	DEVICE_MEMORY
};

/* "none, all, or a+b with + between them": those of the model. */
static int race_devices_correction_error(struct hs_race_parser *p, uint32_t known)
{
	char what[192];
	size_t used = (size_t)snprintf(what, sizeof(what), "correction=none");

	if (known)
		used += (size_t)snprintf(what + used, sizeof(what) - used,
					 ", all, or with + between them:");
	for (unsigned int i = 0; i < HS_CORRECTION_COUNT; i++)
		if (known >> i & 1)
			used += (size_t)snprintf(what + used, sizeof(what) - used, " %s",
						 hs_correction_name(1u << i));
	return hs_text_expected(p->text, &p->line->value[DEVICE_CORRECTION], what);
}

static uint32_t race_devices_correction(const struct hs_word *name, uint32_t known)
{
	for (unsigned int i = 0; i < HS_CORRECTION_COUNT; i++)
		if (known >> i & 1 && hs_word_is(name, hs_correction_name(1u << i)))
			return 1u << i;
	return 0;
}

static int race_devices_corrections(struct hs_race_parser *p, struct hs_race_driver *device)
{
	struct hs_word rest = p->line->value[DEVICE_CORRECTION], name;
	uint32_t known = hs_device_corrections(device->model);
	const char *plus;

	if (!rest.at || hs_word_is(&rest, "none"))
		return 0;
	if (known && hs_word_is(&rest, "all")) {
		device->corrections = known;
		return 0;
	}
	do {
		uint32_t bit;

		plus = memchr(rest.at, '+', rest.length);
		name = (struct hs_word){ rest.at, plus ? (size_t)(plus - rest.at) : rest.length };
		bit = race_devices_correction(&name, known);
		if (!bit || device->corrections & bit)
			return race_devices_correction_error(p, known);
		device->corrections |= bit;
		if (plus)
			rest = (struct hs_word){ plus + 1, rest.length - name.length - 1 };
	} while (plus);
	return 0;
}

static int race_devices_device_walker(struct hs_race_parser *p, struct hs_race_driver *device)
{
	const char *strategies[HS_STRATEGY_BUILTIN_COUNT];
	struct hs_device_config config;
	unsigned int strategy;

	hs_device_config_init(&config, device->model, NULL, 0, 0);
	strategy = config.strategy;
	for (unsigned int i = 0; i < HS_STRATEGY_BUILTIN_COUNT; i++)
		strategies[i] = config.strategy == HS_STRATEGY_NONE && i != HS_STRATEGY_NONE
					? NULL
					: hs_strategy_name((enum hs_strategy)i);
	device->strategy = config.strategy;
	if (hs_race_key_name(p, DEVICE_STRATEGY, strategies, HS_STRATEGY_BUILTIN_COUNT, &strategy))
		return -EINVAL;
	device->strategy = (enum hs_strategy)strategy;
	return 0;
}

/* A model that has no memory of its own cannot say so by its ops: only the mirrors have. */
static bool race_devices_is_mirror(const struct hs_race_driver *device)
{
	return device->model == HS_DEVICE_DMIRROR || device->model == HS_DEVICE_TEST_HMM;
}

/* The pgmap is given to the device: what hs_device_create() refuses is the error of this line. */
static int race_devices_memory(struct hs_race_parser *p, struct hs_race_driver *device)
{
	const struct hs_word *word = &p->line->value[DEVICE_MEMORY];
	const struct hs_race_pgmap *pgmap;
	int ret;

	device->memory = HS_RACE_NONE;
	if (!word->at)
		return 0;
	if (!race_devices_is_mirror(device))
		return hs_text_expected(p->text, word, "memory= of a dmirror or test-hmm");
	ret = hs_race_object(p, word, HS_RACE_PGMAP, "memory=PGMAP", &device->memory);
	if (ret)
		return ret;
	pgmap = &p->race->object[device->memory].pgmap;
	if (pgmap->type != HS_PGMAP_COHERENT &&
	    (pgmap->type != HS_PGMAP_PRIVATE || pgmap->ram != HS_RACE_RAM_DEVICE))
		return hs_text_expected(
			p->text, word, "memory=PGMAP of type coherent, or private with ram=device");
	if (pgmap->refs != HS_PAGE_REFS_6_1 && pgmap->refs != HS_PAGE_REFS_6_15)
		return hs_text_expected(p->text, word, "memory=PGMAP with refs=6.1 or 6.15");
	if (pgmap->owner != device->owner)
		return hs_text_expected(p->text, word, "memory=PGMAP with the owner of the device");
	for (unsigned int i = 0; i < p->race->objects; i++) {
		const struct hs_race_object *other = &p->race->object[i];

		if (other->kind == HS_RACE_DEVICE && other->driver.memory == device->memory)
			return hs_text_expected(p->text, word,
						"memory=PGMAP that no other device has");
	}
	return 0;
}

int hs_race_device_object(struct hs_race_parser *p, struct hs_race_object *object)
{
	const char *models[HS_DEVICE_MODEL_COUNT];
	struct hs_race_driver *device = &object->driver;
	unsigned int model = 0;
	uint64_t tries = 0;
	char what[160];
	int ret;

	for (unsigned int i = 0; i < HS_DEVICE_MODEL_COUNT; i++)
		models[i] = hs_device_model_name((enum hs_device_model)i);
	hs_race_list(what, sizeof(what), "MODEL, ", models, HS_DEVICE_MODEL_COUNT);
	ret = hs_text_name(p->text, &p->line->word[1], models, HS_DEVICE_MODEL_COUNT, what, &model);
	device->model = (enum hs_device_model)model;
	if (!ret)
		ret = hs_race_window(p, &p->line->word[2], device);
	if (!ret)
		ret = hs_race_key_owner(p, DEVICE_OWNER, &device->owner);
	if (!ret)
		ret = race_devices_device_walker(p, device);
	if (!ret)
		ret = race_devices_corrections(p, device);
	if (!ret)
		ret = race_devices_memory(p, device);
	if (!ret)
		ret = hs_race_key_number(p, DEVICE_TRIES, 0, HS_RACE_TURNS, &tries);
	device->tries = (uint32_t)tries;
	return ret;
}
