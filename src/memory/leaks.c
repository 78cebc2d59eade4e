/* SPDX-License-Identifier: MIT */
/*
 * leaks.c - what users of a machine have left in its memory
 *
 * invented. The machine makes ranges, sections and struct pages for itself, and frees them when it
 * ends. Three things are the users': a system page that hs_page_alloc() handed out and that is not
 * free again, a reference to the zero page, and one that a device page had when its memory was
 * removed. Such a reference cannot be put any more, because the struct page is gone or stale. A put
 * that races with the removal is found as an access to it.
 *
 * Pages are found by their flag and not by their count, because a page whose last put is not
 * complete has the count 0 and is not free.
 */
#include <stdio.h>

#include "memory/hotplug.h"
#include "memory/section.h"

#define LEAKS_NAMED 4 /* pages by pfn */

struct leaks_pages {
	struct hs_machine *machine;
	uint64_t named;
	char text[LEAKS_NAMED * 64];
	size_t used;
};

/* ---- references -------------------------------------------------------------------------- */

/*
 * All references to a page that is allocated are its users', also where a free one has the count 1.
 * No step, because a put that is not ordered before the removal is found without it: in another
 * schedule it touches a page that is gone.
 */
void hs_memory_count_lost(struct hs_machine *m, const struct hs_page *page, uint64_t pfn,
			  uint32_t idle)
{
	uint32_t count = page->refcount.raw, state = page->state.raw;

	if (state & HS_PAGE_ALLOCATED)
		idle = 0;
	if ((state & HS_PAGE_LIFE) != HS_PAGE_LIVE || count <= idle)
		return;
	if (!m->lost_refs)
		m->lost_pfn = pfn;
	m->lost_refs += count - idle;
}

/* ---- pages ------------------------------------------------------------------------------- */

static void leaks_name_page(struct leaks_pages *l, const struct hs_page *page, uint64_t pfn)
{
	size_t room = sizeof(l->text) - l->used;
	int len;

	if (l->named++ >= LEAKS_NAMED)
		return;
	len = snprintf(l->text + l->used, room, "%spfn 0x%llx refcount %u", l->used ? ", " : "",
		       (unsigned long long)pfn, page->refcount.raw);
	l->used += (size_t)len;
	if (page->mapcount.raw)
		l->used += (size_t)snprintf(l->text + l->used, sizeof(l->text) - l->used,
					    " mapcount %u", page->mapcount.raw);
}

static void leaks_visit_section(struct hs_task *self, void *entry, void *arg)
{
	struct leaks_pages *l = arg;
	const struct hs_section *s = entry;

	for (uint32_t sub = 0; sub < hs_subsections(l->machine); sub++) {
		const struct hs_page *map = s->memmap[sub].raw;

		for (uint64_t i = 0; map && i < hs_subsection_pages(l->machine); i++)
			if (map[i].state.raw & HS_PAGE_ALLOCATED && !map[i].pgmap.raw)
				leaks_name_page(l, &map[i], hs_page_to_pfn(self, &map[i]));
	}
}

/* The machine has one reference. */
static void leaks_name_zero_page(const struct hs_machine *m, struct hs_leaks *left)
{
	uint32_t refs = m->zero_page->refcount.raw - 1;

	left->page_refs += refs;
	if (refs)
		hs_leaks_add(left, refs, "%u reference to the zero page", refs);
}

void hs_memory_name_leaks(struct hs_task *self, struct hs_machine *machine, struct hs_leaks *left)
{
	struct leaks_pages l = { .machine = machine };

	*left = (struct hs_leaks){ .pages = machine->pages_allocated,
				   .page_refs = machine->lost_refs };
	if (left->pages) {
		hs_radix_for_each(self, &machine->sections, leaks_visit_section, &l);
		hs_leaks_add(left, left->pages, "%llu system page (%s%s)",
			     (unsigned long long)left->pages, l.text,
			     l.named > LEAKS_NAMED ? ", ..." : "");
	}
	if (left->page_refs)
		hs_leaks_add(left, left->page_refs,
			     "%llu reference to a page of removed device memory (pfn 0x%llx%s)",
			     (unsigned long long)left->page_refs,
			     (unsigned long long)machine->lost_pfn,
			     left->page_refs > 1 ? ", ..." : "");
	leaks_name_zero_page(machine, left);
}
