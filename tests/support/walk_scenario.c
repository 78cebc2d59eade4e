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

static bool rules_equal(const struct hs_fault_rule *a, const struct hs_fault_rule *b, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (a[i].key != b[i].key || a[i].action != b[i].action)
			return false;
	return true;
}

static bool lines_equal(const struct hs_walk_scenario *a, const struct hs_walk_scenario *b)
{
	for (size_t i = 0; i < a->layout.vma_count; i++)
		if (a->layout.vmas[i].start != b->layout.vmas[i].start ||
		    a->layout.vmas[i].end != b->layout.vmas[i].end ||
		    a->layout.vmas[i].flags != b->layout.vmas[i].flags)
			return false;
	for (size_t i = 0; i < a->layout.map_count; i++)
		if (!maps_equal(&a->layout.maps[i], &b->layout.maps[i]))
			return false;
	for (size_t i = 0; i < a->layout.pgmap_count; i++)
		if (a->layout.pgmaps[i].start != b->layout.pgmaps[i].start ||
		    a->layout.pgmaps[i].end != b->layout.pgmaps[i].end ||
		    a->layout.pgmaps[i].dead != b->layout.pgmaps[i].dead)
			return false;
	for (size_t i = 0; i < a->in_count; i++)
		if (a->ins[i].index != b->ins[i].index || a->ins[i].count != b->ins[i].count ||
		    !flags_equal(&a->ins[i].flags, &b->ins[i].flags))
			return false;
	return rules_equal(a->rules.by_call, b->rules.by_call, a->rules.by_call_count) &&
	       rules_equal(a->rules.by_addr, b->rules.by_addr, a->rules.by_addr_count);
}

static bool requests_equal(const struct hs_walk_req *a, const struct hs_walk_req *b)
{
	return a->start == b->start && a->end == b->end &&
	       flags_equal(&a->defaults, &b->defaults) && flags_equal(&a->mask, &b->mask) &&
	       a->owner == b->owner;
}

bool walk_scenarios_equal(const struct hs_walk_scenario *a, const struct hs_walk_scenario *b)
{
	return !strcmp(a->layout.name, b->layout.name) &&
	       a->layout.vma_count == b->layout.vma_count &&
	       a->layout.map_count == b->layout.map_count &&
	       a->layout.pgmap_count == b->layout.pgmap_count &&
	       a->rules.by_call_count == b->rules.by_call_count &&
	       a->rules.by_addr_count == b->rules.by_addr_count && a->in_count == b->in_count &&
	       a->rules.action == b->rules.action &&
	       a->rules.migration_stays == b->rules.migration_stays && a->retry_at == b->retry_at &&
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
