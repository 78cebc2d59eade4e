/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "support/stage.h"

/* ---- what can be seen -------------------------------------------------------------------- */

static void mix(uint64_t *hash, uint64_t value)
{
	*hash = (*hash ^ value) * 0x100000001b3ull;
	*hash ^= *hash >> 29;
}

/* What a page is mapped to, on whatever level. */
static uint64_t entry_of(struct stage *st, uint64_t addr)
{
	const struct hs_geometry *g = hs_mm_geometry(st->mm);

	for (uint32_t level = g->levels; level-- > 0;) {
		uint64_t e = hs_pt_get(st->self, st->mm, addr, level);
		uint64_t part = addr >> HS_PAGE_SHIFT & (((uint64_t)1 << g->order[level]) - 1);

		if (!(e & HS_ENTRY_TABLE))
			return e ? (e & ~HS_ENTRY_ORDER) + part : 0;
	}
	return 0;
}

static void see_mm(struct stage *st, struct stage_seen *seen)
{
	const struct hs_vma *vma;

	for (uint64_t at = 0; (vma = hs_vma_find(st->mm, at)); at = vma->end) {
		mix(&seen->vmas, vma->start);
		mix(&seen->vmas, vma->end);
		mix(&seen->vmas, vma->flags);
		mix(&seen->vmas, vma->mapping ? vma->pgoff : 0);
		mix(&seen->vmas, (uintptr_t)vma->mapping);
		mix(&seen->vmas, (uintptr_t)vma->gate);
	}
	for (uint64_t i = 0; i < STAGE_WINDOW; i++)
		mix(&seen->entries, entry_of(st, i * HS_PAGE_BYTES));
}

static void see_mapping(struct stage *st, struct hs_mapping *mapping, struct stage_seen *seen)
{
	mix(&seen->mapped, hs_mapping_vmas(st->self, mapping));
	for (uint64_t i = 0; i < hs_mapping_pages(mapping); i++) {
		uint64_t pfn = 0;
		int ret = hs_mapping_pfn(st->self, mapping, i, &pfn);

		mix(&seen->blocks, ret ? (uint64_t)ret : pfn);
	}
}

static void see(struct stage *st, struct stage_seen *seen)
{
	memset(seen, 0, sizeof(*seen));
	seen->pages = hs_pages_allocated(st->self);
	if (st->mm)
		see_mm(st, seen);
	for (uint32_t i = 0; i < STAGE_MAPPINGS; i++)
		if (st->mapping[i])
			see_mapping(st, st->mapping[i], seen);
	for (uint32_t i = 0; i < STAGE_PGMAPS; i++) {
		if (!st->pgmap[i])
			continue;
		mix(&seen->refs, (uint64_t)hs_pgmap_refs(st->self, st->pgmap[i]));
		mix(&seen->device_pages, hs_pgmap_pages_allocated(st->self, st->pgmap[i]));
	}
	for (uint64_t i = 0; st->device && i < STAGE_WINDOW; i++)
		mix(&seen->device, hs_dmirror_entry(st->self, st->device, i * HS_PAGE_BYTES));
}

/* ---- steps ------------------------------------------------------------------------------- */

static const char *failed_at(struct stage *st)
{
	struct hs_machine_info info;

	hs_machine_info(st->machine, &info);
	return info.failed_at;
}

#define COMPLAIN(st, ...)                                                              \
	do {                                                                           \
		print_error("%s, allocation %llu at %s, in %s:\n", (st)->play,         \
			    (unsigned long long)(st)->fail_at,                         \
			    (st)->failed_at ? (st)->failed_at : "(none)", (st)->step); \
		fail_msg(__VA_ARGS__);                                                 \
	} while (0)

void stage_step(struct stage *st, const char *step, bool partly)
{
	st->step = step;
	st->partly = partly;
	if (!st->failed_at)
		see(st, &st->before);
}

static void expect_unchanged(struct stage *st)
{
	struct stage_seen now;

	see(st, &now);
	if (st->partly)
		memcpy(&now.entries, &st->before.entries,
		       sizeof(now) - offsetof(struct stage_seen, entries));
#define SAME(field)                                                                  \
	do {                                                                         \
		if (now.field != st->before.field)                                   \
			COMPLAIN(st, "a step without success has changed: " #field); \
	} while (0)
	SAME(vmas);
	SAME(mapped);
	SAME(device);
	SAME(entries);
	SAME(pages);
	SAME(device_pages);
	SAME(refs);
	SAME(blocks);
#undef SAME
}

bool stage_failed(struct stage *st, long error, long ret)
{
	const char *place = st->failed_at ? NULL : failed_at(st);

	if (!place) {
		if (ret)
			COMPLAIN(st, "%ld where nothing failed", ret);
		return false;
	}
	st->failed_at = place;
	if (error == STAGE_POPULATE)
		error = strncmp(place, "src/device/", 11) ? -EFAULT : -ENOMEM;
	if (ret != error)
		COMPLAIN(st, "expected %ld, got %ld", error, ret);
	expect_unchanged(st);
	return true;
}

/* ---- parts that plays share -------------------------------------------------------------- */

void stage_ram(struct stage *st)
{
	TRY(st, -ENOMEM, hs_memory_add(st->self, 0x100, 0x140, true));
}

void stage_space(struct stage *st)
{
	TRY(st, -ENOMEM, hs_mm_create(st->self, hs_geometry(HS_GEOMETRY_MOCK), &st->mm));
}

static void page_free(struct hs_task *self, struct hs_pgmap *pgmap, struct hs_page *page)
{
	(void)self;
	(void)pgmap;
	(void)page;
}

static const struct hs_pgmap_ops driver = {
	.page_free = page_free,
	.migrate_to_ram = hs_migrate_to_ram,
};

void stage_pgmap_config(struct hs_pgmap_config *config, enum hs_pgmap_type type, uint64_t start,
			uint64_t end)
{
	hs_pgmap_config_init(config, type, start, end);
	config->owner = &driver;
	config->ops = &driver;
}

void stage_device_memory(struct stage *st, uint32_t i, enum hs_pgmap_type type,
			 enum hs_page_refs refs)
{
	struct hs_pgmap_config config;

	stage_pgmap_config(&config, type, 0x1000 + 0x20 * i, 0x1008 + 0x20 * i);
	config.page_refs = refs;
	TRY(st, -ENOMEM, hs_pgmap_create(st->self, &config, &st->pgmap[i]));
}

void stage_mapping(struct stage *st, uint32_t i, enum hs_mapping_kind kind, uint32_t level)
{
	struct hs_mapping_config config = {
		.kind = kind,
		.pgmap = st->pgmap[i],
		.first = hs_pgmap_start(st->pgmap[i]),
		.pages = 8,
		.level = level,
		.leaf_order = hs_geometry(HS_GEOMETRY_MOCK)->order[level],
	};

	TRY(st, -ENOMEM, hs_mapping_create(st->self, &config, &st->mapping[i]));
}

uint32_t stage_access(struct stage *st, uint64_t page, bool write)
{
	uint64_t pfn;

	return hs_cpu_access(st->self, st->mm, page * HS_PAGE_BYTES, write, &pfn);
}

/* ---- taking it down ---------------------------------------------------------------------- */

static void leave_notifiers(struct stage *st)
{
	if (st->mirror.range_in)
		hs_mirror_range_unregister(st->self, &st->mirror.range);
	if (st->mirror.in)
		hs_mirror_unregister(st->self, &st->mirror.mirror);
	if (st->hmm)
		hs_hmm_destroy(st->self, st->hmm);
	if (st->plain.in)
		hs_notifier_unregister(st->self, &st->plain.notifier);
	if (st->sub.in)
		hs_interval_remove(st->self, &st->sub.sub);
	if (st->notifiers)
		hs_notifiers_destroy(st->self, st->notifiers);
}

/* A reference that is left would make the removal wait for ever. */
static void leave_pgmap(struct stage *st, uint32_t i)
{
	struct hs_pgmap *pgmap = st->pgmap[i];
	int64_t refs = hs_pgmap_refs(st->self, pgmap);
	uint64_t pages = hs_pgmap_pages_allocated(st->self, pgmap);

	if (refs || pages)
		COMPLAIN(st, "pgmap %u: %lld references, %llu pages are left", i, (long long)refs,
			 (unsigned long long)pages);
	if (st->bare[i])
		hs_pgmap_remove(st->self, pgmap);
	else
		hs_pgmap_destroy(st->self, pgmap);
}

static void leave_memory(struct stage *st)
{
	uint64_t pages;

	for (uint32_t i = 0; i < STAGE_PAGES; i++)
		if (st->page[i])
			hs_page_put(st->self, st->page[i]);
	for (uint32_t i = 0; i < STAGE_PGMAPS; i++)
		if (st->pgmap[i])
			leave_pgmap(st, i);
	pages = hs_pages_allocated(st->self);
	if (pages)
		COMPLAIN(st, "%llu system pages are left", (unsigned long long)pages);
}

static void take_down(struct stage *st)
{
	st->step = "the end";
	if (st->device)
		hs_dmirror_destroy(st->self, st->device);
	leave_notifiers(st);
	if (st->mm)
		hs_mm_destroy(st->self, st->mm);
	for (uint32_t i = 0; i < STAGE_MAPPINGS; i++)
		if (st->mapping[i])
			hs_mapping_destroy(st->self, st->mapping[i]);
	if (st->gate)
		hs_gate_destroy(st->self, st->gate);
	leave_memory(st);
}

/* ---- runs -------------------------------------------------------------------------------- */

static void small_machine(struct hs_machine_config *config, uint64_t fail_at)
{
	hs_machine_config_init(config);
	config->fail_at = fail_at;
	config->max_tasks = 2;
	config->section_order = 3;
	config->subsection_order = 1;
}

bool stage_run(const struct stage_play *play, uint64_t fail_at, bool again, const char **place)
{
	struct stage st = { .play = play->name, .fail_at = fail_at, .again = again };
	struct hs_machine_config config;
	struct hs_leaks left;

	small_machine(&config, fail_at);
	assert_int_equal(hs_machine_create(&config, &st.machine), 0);
	assert_int_equal(hs_task_attach(st.machine, "stage", &st.self), 0);
	play->act(&st);
	take_down(&st);
	if (!st.failed_at && failed_at(&st))
		COMPLAIN(&st, "taking it down needed memory: %s", failed_at(&st));
	assert_int_equal(hs_task_detach(st.self), 0);
	if (hs_machine_destroy(st.machine, &left))
		COMPLAIN(&st, "left behind: %s", left.text);
	*place = st.failed_at;
	return st.failed_at != NULL;
}
