/* SPDX-License-Identifier: MIT */
/*
 * page_refs.c - the last put of a page
 *
 * same: put_page(); __put_devmap_managed_page() (v5.3, mm/memremap.c), free_zone_device_page()
 * (since v5.18). The table of eras is in <hmmsim/pgmap.h>.
 *
 * A page that is not in use has the idle count. Where that is 1, the first reference is the core's.
 * Only PUT_PAGES of 5.3 drops it, by an ordinary put: if the page is pinned once, this put makes
 * the count 1, and page_free is called although the pin is still held.
 *
 * The era also decides what a put may touch after it has decremented the count. With the references
 * of 5.3, a put that makes the count 1 holds nothing any more:
 *
 *	put of a pin			removal
 *	count = 1
 *					put pages: count = 0, put the pgmap
 *					drained: memory removed, pgmap freed
 *	page_free
 *
 *	Required outcome: none. That kernel has a use after free here.
 *	(src/text/scenarios/removal.txt: last-put-5.3)
 *
 * GENERIC and P2PDMA pages have no page_free there. The put to 1 touches nothing of them, unless
 * the page goes back to the free list of the model.
 * (src/text/scenarios/removal.txt: last-pin-5.3)
 *
 * Nor does a count of 1 stop a tryget, and the put that follows makes the count 1 again:
 *
 *	put of a pin			another task
 *	count = 1
 *					tryget: count = 2
 *	page_free, to the free list	put: count = 1
 *					page_free, to the free list
 *
 *	Required outcome: none. That kernel frees the page twice. Here the second free fails the
 *	assertion. (tests/model/test_page_model.c: put_to_one_races_with_a_tryget_of_5_3)
 *
 * Since 6.1 an allocated page holds a reference to its pgmap, which the last put drops at the end.
 * An FS_DAX page holds none, whether it is mapped or not: the file system waits for its count.
 *
 *	put of a pin			removal
 *	count = 0			kill
 *	page_free, to the free list	wait
 *	put the pgmap
 *					drained: memory removed, pgmap freed
 *
 *	Required outcome: page_free runs before the memory is removed.
 *	(src/text/scenarios/removal.txt: last-put)
 *
 * Where the owner keeps the free list, page_free may hand the page out again before it returns, or
 * another task may as soon as it is on the list:
 *
 *	put of the last reference	owner
 *	count = 0
 *	flags: not allocated
 *	page_free, to its own list
 *					off its list, hs_zone_device_page_init():
 *					  a reference to the pgmap, allocated, count = 1, locked
 *	put the pgmap
 *
 *	Required outcome: the page is the owner's, allocated, locked, with one reference: the put
 *	touches nothing of it after page_free, and puts the reference of the use that has ended.
 *	(tests/model/test_owner_model.c: a_page_is_handed_out_again_while_its_put_still_runs)
 *
 * Lock order: locks of the caller, up to the page table lock < free pages lock, memory lock.
 */
#include "pgmap/pgmap.h"

/* ---- the last put ------------------------------------------------------------------------ */

static void page_refs_call_page_free(struct hs_task *self, struct hs_pgmap *p, struct hs_page *page)
{
	if (p->ops && p->ops->page_free)
		p->ops->page_free(self, p, page);
}

static bool page_refs_is_allocated(struct hs_task *self, const struct hs_page *page)
{
	return hs_page_live(self, page) & HS_PAGE_ALLOCATED;
}

/*
 * What a put knows before the count goes down. A put that is not the last one holds nothing of the
 * page and its pgmap afterwards: another task may put the last reference, and both go.
 */
struct page_refs_kind {
	enum hs_page_refs refs;
	enum hs_pgmap_type type;
	uint32_t idle;	/* hs_page_idle_count() */
	bool own_list;	/* the owner keeps the free list */
	bool allocated; /* the page was handed out */
};

/* v5.3 clears fields of PRIVATE and FS_DAX pages behind the count. Of others it touches nothing. */
static void page_refs_put_to_1(struct hs_task *self, struct hs_pgmap *p, struct hs_page *page,
			       const struct page_refs_kind *kind)
{
	bool allocated = kind->allocated;

	if (kind->type == HS_PGMAP_PRIVATE || kind->type == HS_PGMAP_FS_DAX) {
		page_refs_call_page_free(self, p, page);
		allocated = page_refs_is_allocated(self, page);
	}
	if (allocated)
		hs_pgmap_page_free(self, p, page);
}

static void page_refs_put_5_3(struct hs_task *self, struct hs_pgmap *p, struct hs_page *page,
			      uint32_t left, const struct page_refs_kind *kind)
{
	if (left == 1)
		page_refs_put_to_1(self, p, page, kind);
	if (left)
		return;
	hs_assert_at(self, HS_HERE,
		     hs_u32_load(self, &p->started, HS_ACQUIRE) >> HS_PGMAP_PUT_PAGES & 1,
		     "hs_page_put: the core's reference to pfn 0x%llx is put before \"put-pages\"",
		     (unsigned long long)hs_page_to_pfn(self, page));
	hs_pgmap_put_of_page(self, p);
}

/* The owner may hand the page out again as soon as page_free is called: it is not touched then. */
static void page_refs_put_to_owner(struct hs_task *self, struct hs_pgmap *p, struct hs_page *page)
{
	if (HS_BREAK(OWN_LIST_PGMAP_FIRST))
		hs_pgmap_put_of_page(self, p);
	if (!HS_BREAK(OWN_LIST_FLAG_LATE))
		hs_pgmap_page_leave(self, page);
	page_refs_call_page_free(self, p, page);
	if (HS_BREAK(OWN_LIST_FLAG_LATE))
		hs_pgmap_page_leave(self, page);
	if (!HS_BREAK(OWN_LIST_PGMAP_FIRST))
		hs_pgmap_put_of_page(self, p);
}

/* Where the idle count is 1, it is restored before the page can be handed out again. */
static void page_refs_put_5_18(struct hs_task *self, struct hs_pgmap *p, struct hs_page *page,
			       uint32_t left, const struct page_refs_kind *kind)
{
	uint32_t idle = kind->idle;
	bool allocated;

	if (idle && kind->type == HS_PGMAP_FS_DAX) {
		hs_assert(self, left, "hs_page_put: the core's reference to an FS_DAX page is put");
		if (left == 1)
			page_refs_call_page_free(self, p, page);
		return;
	}
	if (left)
		return;
	if (kind->own_list) {
		page_refs_put_to_owner(self, p, page);
		return;
	}
	allocated = page_refs_is_allocated(self, page);
	if (HS_BREAK(PAGE_PUT_PGMAP_FIRST) && allocated && hs_pgmap_pages_hold_it(p))
		hs_pgmap_put_of_page(self, p);
	page_refs_call_page_free(self, p, page);
	if (idle && !HS_BREAK(PAGE_PUT_IDLE_LATE))
		hs_u32_store(self, &page->refcount, idle, HS_RELEASE);
	if (!allocated)
		return;
	hs_pgmap_page_free(self, p, page);
	if (idle && HS_BREAK(PAGE_PUT_IDLE_LATE))
		hs_u32_store(self, &page->refcount, idle, HS_RELEASE);
	if (hs_pgmap_pages_hold_it(p) && !HS_BREAK(PAGE_PUT_PGMAP_FIRST) &&
	    !HS_BREAK(PAGE_PUT_KEEPS_PGMAP))
		hs_pgmap_put_of_page(self, p);
}

void hs_page_put(struct hs_task *self, struct hs_page *page)
{
	uint32_t state = hs_page_live(self, page), was;
	struct hs_pgmap *p = hs_page_pgmap(self, page);
	struct page_refs_kind kind = { .allocated = state & HS_PAGE_ALLOCATED };

	if (p) {
		kind.refs = p->page_refs;
		kind.type = p->type;
		kind.idle = hs_page_idle_count(p);
		kind.own_list = p->own_list;
	}
	if (HS_BREAK(PAGE_PUT_TORN)) {
		was = hs_u32_load(self, &page->refcount, HS_ACQUIRE);
		hs_u32_store(self, &page->refcount, was - 1, HS_RELEASE);
	} else {
		was = hs_u32_count(self, &page->refcount, -1u, 1, HS_ACQ_REL);
	}
	hs_assert(self, was, "hs_page_put: refcount is already 0");
	if (!p) {
		if (was == 1)
			hs_page_free(self, page);
	} else if (kind.refs == HS_PAGE_REFS_5_3) {
		page_refs_put_5_3(self, p, page, was - 1, &kind);
	} else {
		page_refs_put_5_18(self, p, page, was - 1, &kind);
	}
}

/* ---- page table entries ------------------------------------------------------------------- */

static bool page_refs_are_mapped(const struct hs_pgmap *p)
{
	return p && (p->type == HS_PGMAP_FS_DAX || p->type == HS_PGMAP_GENERIC);
}

void hs_pgmap_page_map(struct hs_task *self, struct hs_page *page)
{
	struct hs_pgmap *p;

	hs_page_live(self, page);
	p = hs_page_pgmap(self, page);
	hs_assert_at(self, HS_HERE, page_refs_are_mapped(p),
		     "hs_pgmap_page_map: an FS_DAX or GENERIC page is expected");
	if (p->page_refs >= HS_PAGE_REFS_6_15)
		hs_u32_count(self, &page->refcount, 1, 0, HS_ACQUIRE);
}

void hs_pgmap_page_unmap(struct hs_task *self, struct hs_page *page)
{
	struct hs_pgmap *p;

	hs_page_live(self, page);
	p = hs_page_pgmap(self, page);
	hs_assert_at(self, HS_HERE, page_refs_are_mapped(p),
		     "hs_pgmap_page_unmap: an FS_DAX or GENERIC page is expected");
	if (p->page_refs >= HS_PAGE_REFS_6_15 && !HS_BREAK(PAGE_UNMAP_KEEPS))
		hs_page_put(self, page);
}
