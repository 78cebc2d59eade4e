/* SPDX-License-Identifier: MIT */
#include "unit/stage.h"

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

static void see_mm(struct stage *st, uint64_t *seen)
{
	const struct hs_vma *vma;

	for (uint64_t at = 0; (vma = hs_vma_find(st->mm, at)); at = vma->end) {
		mix(&seen[VMAS], vma->start);
		mix(&seen[VMAS], vma->end);
		mix(&seen[VMAS], vma->flags);
		mix(&seen[VMAS], vma->mapping ? vma->pgoff : 0);
		mix(&seen[VMAS], (uintptr_t)vma->mapping);
		mix(&seen[VMAS], (uintptr_t)vma->gate);
	}
	for (uint64_t i = 0; i < STAGE_WINDOW; i++)
		mix(&seen[ENTRIES], entry_of(st, i * HS_PAGE_BYTES));
}

static void see_mapping(struct stage *st, struct hs_mapping *mapping, uint64_t *seen)
{
	mix(&seen[MAPPED], hs_mapping_vmas(st->self, mapping));
	for (uint64_t i = 0; i < hs_mapping_pages(mapping); i++) {
		uint64_t pfn = 0;
		int ret = hs_mapping_pfn(st->self, mapping, i, &pfn);

		mix(&seen[BLOCKS], ret ? (uint64_t)ret : pfn);
	}
}

static void see(struct stage *st, uint64_t *seen)
{
	memset(seen, 0, SEEN_COUNT * sizeof(*seen));
	seen[RAM] = hs_pages_allocated(st->self);
	if (st->mm)
		see_mm(st, seen);
	for (uint32_t i = 0; i < STAGE_MAPPINGS; i++)
		if (st->mapping[i])
			see_mapping(st, st->mapping[i], seen);
	for (uint32_t i = 0; i < STAGE_PGMAPS; i++) {
		if (!st->pgmap[i])
			continue;
		mix(&seen[REFS], (uint64_t)hs_pgmap_refs(st->self, st->pgmap[i]));
		mix(&seen[DEVICE_PAGES], hs_pgmap_pages_allocated(st->self, st->pgmap[i]));
	}
	for (uint64_t i = 0; st->device && i < STAGE_WINDOW; i++)
		mix(&seen[DEVICE], hs_dmirror_entry(st->self, st->device, i * HS_PAGE_BYTES));
}

/* ---- steps ------------------------------------------------------------------------------- */

static const char *failed_at(struct stage *st)
{
	struct hs_machine_info info;

	hs_machine_info(st->m.machine, &info);
	return info.failed_at;
}

#define COMPLAIN(st, ...)                                                              \
	do {                                                                           \
		print_error("%s, allocation %llu at %s, in %s:\n", (st)->name,         \
			    (unsigned long long)(st)->fail_at,                         \
			    (st)->failed_at ? (st)->failed_at : "(none)", (st)->step); \
		fail_msg(__VA_ARGS__);                                                 \
	} while (0)

void stage_step(struct stage *st, const char *step, bool partly)
{
	st->step = step;
	st->partly = partly;
	if (!st->failed_at)
		see(st, st->before);
}

static void expect_unchanged(struct stage *st)
{
	static const char *const names[SEEN_COUNT] = {
		[VMAS] = "vmas",       [MAPPED] = "mapped", [DEVICE] = "device",
		[ENTRIES] = "entries", [RAM] = "pages",	    [DEVICE_PAGES] = "device pages",
		[REFS] = "refs",       [BLOCKS] = "blocks",
	};
	uint64_t now[SEEN_COUNT];

	see(st, now);
	for (int i = 0; i < (st->partly ? ENTRIES : SEEN_COUNT); i++)
		if (now[i] != st->before[i])
			COMPLAIN(st, "a step without success has changed: %s", names[i]);
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
		error = strstr(place, "src/device/") ? -ENOMEM : -EFAULT;
	if (ret != error)
		COMPLAIN(st, "expected %ld, got %ld", error, ret);
	expect_unchanged(st);
	return true;
}

/* ---- calls and parts --------------------------------------------------------------------- */

int map(struct stage *st, uint64_t start, uint64_t end, uint32_t flags)
{
	return hs_mmap(st->self, st->mm, PAGES(start), PAGES(end), flags, NULL, 0);
}

int map_file(struct stage *st, uint32_t i, uint64_t start, uint64_t end, uint32_t flags)
{
	return hs_mmap(st->self, st->mm, PAGES(start), PAGES(end), flags, st->mapping[i], 0);
}

int unmap(struct stage *st, uint64_t start, uint64_t end)
{
	return hs_munmap(st->self, st->mm, PAGES(start), PAGES(end));
}

int protect(struct stage *st, uint64_t start, uint64_t end, uint32_t flags)
{
	return hs_mprotect(st->self, st->mm, PAGES(start), PAGES(end), flags);
}

int zap(struct stage *st, uint64_t start, uint64_t end)
{
	return hs_madvise_dontneed(st->self, st->mm, PAGES(start), PAGES(end));
}

uint32_t cpu_access(struct stage *st, uint64_t page, bool write)
{
	uint64_t pfn;

	return hs_cpu_access(st->self, st->mm, PAGES(page), write, &pfn);
}

void space(struct stage *st)
{
	STEP(st, hs_mm_create(st->self, hs_geometry(HS_GEOMETRY_MOCK), &st->mm));
	STEP(st, hs_memory_add(st->self, 0x100, 0x140, true));
}

void device_memory(struct stage *st, uint32_t i, enum hs_pgmap_type type, enum hs_page_refs refs)
{
	struct hs_pgmap_config config;

	device_memory_config(&config, type, refs, 0x1000 + 0x20 * i, 8);
	STEP(st, hs_pgmap_create(st->self, &config, &st->pgmap[i]));
}

void mapping(struct stage *st, uint32_t i, enum hs_mapping_kind kind, uint32_t level)
{
	struct hs_mapping_config config = {
		.kind = kind,
		.pgmap = st->pgmap[i],
		.first = hs_pgmap_start(st->pgmap[i]),
		.pages = 8,
		.level = level,
		.leaf_order = hs_geometry(HS_GEOMETRY_MOCK)->order[level],
	};

	STEP(st, hs_mapping_create(st->self, &config, &st->mapping[i]));
}

void faults(struct stage *st, uint64_t at, const char *text)
{
	for (; *text; text += strspn(text, " ")) {
		bool write = *text == 'w';
		char *rest;
		uint64_t page = at + strtoul(text + 1, &rest, 10);

		FAULT(st, page, write);
		text = rest;
	}
}

/* ---- taking it down ---------------------------------------------------------------------- */

static void leave_notifiers(struct stage *st)
{
	if (st->range.hmm)
		hs_mirror_range_unregister(st->self, &st->range);
	if (st->mirror.hmm)
		hs_mirror_unregister(st->self, &st->mirror);
	if (st->hmm)
		hs_hmm_destroy(st->self, st->hmm);
	if (st->plain.notifiers)
		hs_notifier_unregister(st->self, &st->plain);
	if (st->sub.notifiers)
		hs_interval_remove(st->self, &st->sub);
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
	if (st->hardware)
		hs_device_destroy(st->self, st->hardware);
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

bool stage_run(const struct stage_case *c, uint64_t fail_at, bool again, const char **place)
{
	struct stage st = { .name = c->name, .fail_at = fail_at, .again = again };
	struct hs_machine_config config;
	struct hs_leaks left;

	machine_small_config(&config);
	config.fail_at = fail_at;
	config.max_tasks = 2;
	machine_open(&st.m, &config);
	st.self = st.m.self;
	c->run(&st);
	take_down(&st);
	if (!st.failed_at && failed_at(&st))
		COMPLAIN(&st, "taking it down needed memory: %s", failed_at(&st));
	assert_int_equal(hs_task_detach(st.self), 0);
	if (hs_machine_destroy(st.m.machine, &left))
		COMPLAIN(&st, "left behind: %s", left.text);
	*place = st.failed_at;
	return st.failed_at != NULL;
}
