/* SPDX-License-Identifier: MIT */
/*
 * fuzz_place.c - device patterns keep their bounds, mean the same when they are written out, and
 * place no more than their share
 */
#include "fuzz/fuzz.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/layout_text.h"
#include "text/place.h"

static const char layout_string[] = "hmmsim 1\n"
				    "layout small\n"
				    "vma 0x1000 0x9000 rw name=[heap]\n"
				    "vma 0x10000 0x20000 r name=/lib/a.so\n"
				    "vma 0x200000 0x600000 rw\n"
				    "map 0x1000 4k rw 0x10 count=5 of=anon\n"
				    "map 0x8000 4k zero 0\n"
				    "map 0x10000 4k ro 0x20 count=16 of=file\n"
				    "map 0x200000 2m rw 0x400 of=anon\n"
				    "map 0x400000 4k rw 0x30 count=7 of=shmem\n";

/* As place.h describes it, with everything said. */
static void print(const struct hs_place *place, char *out, size_t size)
{
	static const char *const patterns[] = {
		[HS_PLACE_ALL] = "all",
		[HS_PLACE_ANON] = "anon",
		[HS_PLACE_FILE] = "file",
	};
	char range[64];
	const char *pattern = place->name;

	if (place->pattern < HS_PLACE_RANGE)
		pattern = patterns[place->pattern];
	if (place->pattern == HS_PLACE_RANGE) {
		snprintf(range, sizeof(range), "0x%" PRIx64 "-0x%" PRIx64, place->start,
			 place->end);
		pattern = range;
	}
	snprintf(out, size,
		 "%s=%s:%" PRIu64 "/%" PRIu64 ":%" PRIu64 ",runs=%" PRIu64 ",owner=%" PRIu64,
		 pattern, hs_pgmap_type_names[place->type], place->share, place->of, place->pgmaps,
		 place->run, place->owner);
}

static void check(const struct hs_place *p)
{
	fuzz_must(p->of && p->share <= p->of, "a share beyond the whole");
	fuzz_must(p->pgmaps && p->pgmaps <= HS_PLACE_PGMAPS_MAX, "too many pgmaps, or none");
	fuzz_must(p->run, "runs of no page");
	fuzz_must(p->pattern != HS_PLACE_RANGE || p->start < p->end, "an empty range");
	fuzz_must((p->pattern == HS_PLACE_NAME) == (p->name[0] != '\0'), "a name, or none");
}

static void place_small(const struct hs_place *place)
{
	struct hs_hostmem mem = { .attempts = 0 };
	struct hs_layout layout;
	struct hs_placed placed;

	layout_must_parse(&mem, layout_string, &layout);
	if (!hs_place(&mem, &layout, place, &placed)) {
		fuzz_must(placed.placed * place->of <= placed.matched * place->share,
			  "more than the share is placed");
		layout_round_trip(&mem, &layout);
	}
	hs_layout_free(&mem, &layout);
	fuzz_must(!mem.live, "host memory is left");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *string = fuzz_string(data, size), error[256] = "", again[512], said[512];
	struct hs_place place, second;
	int ret = hs_place_parse(string, &place, error);

	fuzz_must(!!ret == (error[0] != '\0'), "an error without a message, or the reverse");
	if (!ret) {
		check(&place);
		print(&place, said, sizeof(said));
		fuzz_must(!hs_place_parse(said, &second, error), "cannot read what it printed");
		print(&second, again, sizeof(again));
		fuzz_must(!strcmp(said, again), "a pattern changed on its way through text");
		place_small(&place);
	}
	free(string);
	return 0;
}
