/* SPDX-License-Identifier: MIT */
#include "support/walk_scenario.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool flags_equal(const struct hs_walk_flags *a, const struct hs_walk_flags *b)
{
	return a->bits == b->bits && a->device == b->device;
}

static bool maps_equal(const struct hs_space_map *a, const struct hs_space_map *b)
{
	return a->addr == b->addr && a->pfn == b->pfn && a->count == b->count &&
	       a->owner == b->owner && a->kind == b->kind && a->level == b->level;
}

static bool rules_equal(const struct hs_walk_rule *a, const struct hs_walk_rule *b, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (a[i].key != b[i].key || a[i].action != b[i].action)
			return false;
	return true;
}

static bool lines_equal(const struct hs_walk_scenario *a, const struct hs_walk_scenario *b)
{
	for (size_t i = 0; i < a->vma_count; i++)
		if (a->vmas[i].start != b->vmas[i].start || a->vmas[i].end != b->vmas[i].end ||
		    a->vmas[i].flags != b->vmas[i].flags)
			return false;
	for (size_t i = 0; i < a->map_count; i++)
		if (!maps_equal(&a->maps[i], &b->maps[i]))
			return false;
	for (size_t i = 0; i < a->pgmap_count; i++)
		if (a->pgmaps[i].start != b->pgmaps[i].start ||
		    a->pgmaps[i].end != b->pgmaps[i].end || a->pgmaps[i].dead != b->pgmaps[i].dead)
			return false;
	for (size_t i = 0; i < a->in_count; i++)
		if (a->ins[i].index != b->ins[i].index || a->ins[i].count != b->ins[i].count ||
		    !flags_equal(&a->ins[i].flags, &b->ins[i].flags))
			return false;
	return rules_equal(a->by_call, b->by_call, a->by_call_count) &&
	       rules_equal(a->by_addr, b->by_addr, a->by_addr_count);
}

static bool requests_equal(const struct hs_walk_req *a, const struct hs_walk_req *b)
{
	return a->start == b->start && a->end == b->end &&
	       flags_equal(&a->defaults, &b->defaults) && flags_equal(&a->mask, &b->mask) &&
	       a->owner == b->owner;
}

bool walk_scenarios_equal(const struct hs_walk_scenario *a, const struct hs_walk_scenario *b)
{
	return !strcmp(a->name, b->name) && a->vma_count == b->vma_count &&
	       a->map_count == b->map_count && a->pgmap_count == b->pgmap_count &&
	       a->by_call_count == b->by_call_count && a->by_addr_count == b->by_addr_count &&
	       a->in_count == b->in_count && a->action == b->action &&
	       a->migration_stays == b->migration_stays && a->retry_at == b->retry_at &&
	       a->maxwalks == b->maxwalks && a->snapshot == b->snapshot &&
	       requests_equal(&a->req, &b->req) && lines_equal(a, b);
}

int walk_scenario_parse(struct hs_hostmem *mem, const char *string, struct hs_walk_scenario *out,
			char error[1024])
{
	struct hs_text text;
	int ret;

	hs_text_init(&text, mem, "x.in", string, strlen(string));
	ret = hs_walk_parse(&text, out);
	if (error)
		memcpy(error, text.error, sizeof(text.error));
	return ret;
}

char *walk_file_read(const char *path, size_t *length)
{
	FILE *file = fopen(path, "rb");
	char *bytes = NULL;
	long size;

	if (!file)
		return NULL;
	if (!fseek(file, 0, SEEK_END) && (size = ftell(file)) >= 0 && !fseek(file, 0, SEEK_SET))
		bytes = malloc((size_t)size + 1);
	if (bytes)
		*length = fread(bytes, 1, (size_t)size, file);
	fclose(file);
	return bytes;
}
