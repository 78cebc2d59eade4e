/* SPDX-License-Identifier: MIT */
/* Plays of the lower floors: index, memory, device memory, notifiers. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "support/stage.h"

static void registered(struct stage *st)
{
	static const uint64_t range[][2] = {
		{ 1, 2 },
		{ 100, 2000 },
		{ 1ull << 20, 3ull << 20 },
		{ (1ull << 40) - 3, 1ull << 40 },
	};

	for (uint32_t i = 0; i < sizeof(range) / sizeof(range[0]); i++) {
		st->bare[i] = true;
		TRY(st, -ENOMEM,
		    hs_pgmap_add(st->self, HS_PGMAP_GENERIC, range[i][0], range[i][1], st,
				 &st->pgmap[i]));
	}
	hs_pgmap_kill(st->self, st->pgmap[1]);
}

static void system_memory(struct stage *st)
{
	TRY(st, -ENOMEM, hs_memory_add(st->self, 0x100, 0x10c, true));
	TRY(st, -ENOMEM, hs_memory_add(st->self, 0x200, 0x206, false));
	TRY(st, -ENOMEM, hs_memory_add(st->self, 0x10c, 0x110, true));
	for (uint32_t i = 0; i < STAGE_PAGES; i++)
		TRY(st, -ENOMEM, hs_page_alloc(st->self, &st->page[i]));
	TRY(st, -ENOMEM, hs_memory_remove(st->self, 0x202, 0x204));
	TRY(st, -ENOMEM, hs_page_init_device(st->self, 0x300, NULL));
}

static void device_memory_of(struct stage *st, enum hs_pgmap_type type, enum hs_page_refs refs,
			     uint64_t at)
{
	struct hs_pgmap_config config;
	struct hs_pgmap *pgmap;

	stage_pgmap_config(&config, type, at, at + 10);
	config.first = at + 1;
	config.page_refs = refs;
	config.removal_order = (enum hs_removal_order)(refs % HS_REMOVAL_ORDER_COUNT);
	config.atomic = refs & 1;
	TRY(st, -ENOMEM, hs_pgmap_create(st->self, &config, &st->pgmap[0]));
	pgmap = st->pgmap[0];
	if (type == HS_PGMAP_PRIVATE || type == HS_PGMAP_P2PDMA) {
		TRY(st, -ENOMEM, hs_pgmap_page_alloc(st->self, pgmap, &st->page[0]));
		hs_page_put(st->self, st->page[0]);
		st->page[0] = NULL;
	} else if (type == HS_PGMAP_FS_DAX) {
		struct hs_page *page = hs_pfn_to_page(st->self, at + 2);

		hs_pgmap_page_map(st->self, page);
		hs_pgmap_page_unmap(st->self, page);
	}
	st->pgmap[0] = NULL;
	hs_pgmap_destroy(st->self, pgmap);
}

/* Each type with each meaning of the counts, in each order of removal. */
static void device_memory(struct stage *st)
{
	uint64_t at = 0x1000;

	for (int type = 0; type < HS_PGMAP_TYPE_COUNT; type++)
		for (int refs = 0; refs < HS_PAGE_REFS_COUNT; refs++, at += 0x10)
			SCENE(st, device_memory_of(st, (enum hs_pgmap_type)type,
						   (enum hs_page_refs)refs, at));
}

/* What was given back is had again, by another pgmap, with system memory around it. */
static void device_memory_again(struct stage *st)
{
	struct hs_pgmap_config config;

	TRY(st, -ENOMEM, hs_memory_add(st->self, 0x100, 0x104, true));
	stage_pgmap_config(&config, HS_PGMAP_GENERIC, 0x104, 0x10a);
	TRY(st, -ENOMEM, hs_pgmap_create(st->self, &config, &st->pgmap[0]));
	hs_pgmap_destroy(st->self, st->pgmap[0]);
	st->pgmap[0] = NULL;
	stage_pgmap_config(&config, HS_PGMAP_FS_DAX, 0x106, 0x10c);
	TRY(st, -ENOMEM, hs_pgmap_create(st->self, &config, &st->pgmap[0]));
}

static bool invalidate(struct hs_task *self, struct hs_interval_sub *sub,
		       const struct hs_invalidation *inv, uint64_t cur_seq)
{
	(void)inv;
	hs_interval_set_seq(self, sub, cur_seq);
	return true;
}

static int sync_nothing(struct hs_task *self, struct hs_mirror *mirror,
			const struct hs_invalidation *inv)
{
	(void)self;
	(void)mirror;
	(void)inv;
	return 0;
}

static const struct hs_interval_ops interval_ops = { .invalidate = invalidate };
static const struct hs_notifier_ops plain_ops = { NULL, NULL, NULL };
static const struct hs_mirror_ops mirror_ops = { .sync = sync_nothing };

static void subscribed(struct stage *st, struct hs_notifiers *ns)
{
	struct hs_invalidation inv = { 0x1000, 0x2000, HS_INVALIDATE_CLEAR, NULL, true };

	TRY(st, -ENOMEM,
	    hs_interval_insert(st->self, &st->sub.sub, ns, 0x1000, 0x1000, &interval_ops));
	st->sub.in = true;
	TRY(st, -ENOMEM, hs_notifier_register(st->self, &st->plain.notifier, ns, &plain_ops));
	st->plain.in = true;
	TRY(st, -ENOMEM, hs_hmm_create(st->self, ns, &st->hmm));
	TRY(st, -ENOMEM, hs_mirror_register(st->self, &st->mirror.mirror, st->hmm, &mirror_ops));
	st->mirror.in = true;
	TRY(st, -ENOMEM,
	    hs_mirror_range_register(st->self, &st->mirror.range, &st->mirror.mirror, 0x1000,
				     0x2000, HS_PAGE_SHIFT));
	st->mirror.range_in = true;
	TRY(st, -ENOMEM, hs_invalidate_start(st->self, ns, &inv));
	hs_invalidate_end(st->self, ns, &inv);
}

static void notifiers(struct stage *st)
{
	TRY(st, -ENOMEM, hs_notifiers_create(st->self, &st->notifiers));
	subscribed(st, st->notifiers);
}

const struct stage_play stage_low[] = {
	{ "registered device memory", registered },
	{ "system memory", system_memory },
	{ "device memory of each type", device_memory },
	{ "device memory again", device_memory_again },
	{ "notifiers of three kinds", notifiers },
	{ NULL, NULL },
};
