/* SPDX-License-Identifier: MIT */
/*
 * figures.c - what the figures of smaps say about the words of pagemap
 *
 * Rss counts the page of every entry that has one, migration, device-private and device-exclusive
 * entries included. It counts no zero page, no marker, and nothing without a struct page. Swap
 * counts swap entries; of shared memory also what is swapped out where no entry is. So for each
 * VMA
 *
 *	Rss = certain + doubtful that are counted + bare that are counted
 *	Swap = swap + bare that are swap
 *
 * where bare words are those that only say that something is there. What is doubtful and not
 * counted is the zero page in a VMA without a file, and device memory of a file system in one with
 * a file. What is bare and neither swap nor counted is a marker; userfaultfd's has its own bit,
 * and what is left is poison or, before 6.15, a guard. What is bare and counted is a page, most
 * likely device-private, because migration ends soon.
 *
 * If a term is neither none nor all of its words, the words cannot be told apart: they stay what
 * they look like, and a comment says how many are not. A shared mapping has no swap entries.
 *
 * The same figures are the check: a VMA whose words do not fit them says so. The process changed,
 * or the words mean something else than is written here.
 */
#include "capture/capturing.h"

#include <inttypes.h>

#define LEAF hs_map_pages(1) /* of 2 MiB */

/* Pages of the VMA by what their words say. */
struct figures {
	uint64_t of[HS_ENTRY_COUNT];
	uint64_t file_shared; /* of a file, and perhaps mapped elsewhere */
	uint64_t bare_uffd;   /* bare, with the bit of userfaultfd */
	uint64_t certain;     /* counted by Rss */
	uint64_t loose;	      /* that Rss may count or not */
};

static bool figures_say(const struct hs_capturing *c, enum hs_smaps figure)
{
	return c->vma->said & 1u << figure;
}

static uint64_t figures_pages(const struct hs_capturing *c, enum hs_smaps figure)
{
	return c->vma->kb[figure] / 4;
}

static uint64_t figures_at_most(uint64_t value, uint64_t most)
{
	return value < most ? value : most;
}

/* a - b, but not below 0. */
static uint64_t figures_rest(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

static struct figures figures_count(const struct hs_capturing *c)
{
	struct figures f = { .certain = 0 };

	for (size_t i = 0; i < c->vma->spans; i++) {
		const struct hs_proc_span *span = hs_capture_span_at(c, i);

		f.of[span->entry] += span->count;
		if (span->bits & HS_PM_FILE && !(span->bits & HS_PM_EXCLUSIVE))
			f.file_shared += span->count;
		if (span->entry == HS_ENTRY_BARE && span->bits & HS_PM_UFFD_WP)
			f.bare_uffd += span->count;
	}
	f.certain = f.of[HS_ENTRY_PAGE] + f.of[HS_ENTRY_PRIVATE] + f.of[HS_ENTRY_EXCLUSIVE] +
		    f.of[HS_ENTRY_MIGRATION];
	f.loose = f.of[HS_ENTRY_DEVICE] + f.of[HS_ENTRY_SPECIAL] + f.of[HS_ENTRY_HWPOISON];
	return f;
}

/* ---- what does not fit ------------------------------------------------------------------- */

static void figures_disagree(struct hs_capturing *c, const char *what, uint64_t words,
			     const char *figure, uint64_t pages)
{
	hs_capture_comment(c,
			   "0x%" PRIx64 "-0x%" PRIx64 ": pagemap and smaps disagree: %" PRIu64
			   " %s, but %s says %" PRIu64,
			   c->vma->start, c->vma->end, words, what, figure, pages);
}

/* All words of the VMA were read. */
static bool figures_are_complete(const struct hs_capturing *c)
{
	return c->proc.pagemap >= 0 && !(c->proc.read_until && c->vma->end > c->proc.read_until);
}

static void figures_check(struct hs_capturing *c, const struct figures *f)
{
	uint64_t rss = figures_pages(c, HS_SMAPS_RSS), swap = figures_pages(c, HS_SMAPS_SWAP);
	uint64_t bare = f->of[HS_ENTRY_BARE];
	uint64_t most = f->certain + f->of[HS_ENTRY_DOUBTFUL] + bare + f->loose;

	if (!figures_are_complete(c))
		return;
	if (figures_say(c, HS_SMAPS_RSS) && (rss < f->certain || rss > most))
		figures_disagree(c, "resident pages", rss < f->certain ? f->certain : most, "Rss",
				 rss);
	if (figures_say(c, HS_SMAPS_SWAP) &&
	    (swap < f->of[HS_ENTRY_SWAP] ||
	     (c->vma->anonymous && swap > f->of[HS_ENTRY_SWAP] + bare)))
		figures_disagree(c, "swapped pages", f->of[HS_ENTRY_SWAP] + bare, "Swap", swap);
}

static void figures_check_hugetlb(struct hs_capturing *c, const struct figures *f)
{
	uint64_t pages = figures_pages(c, HS_SMAPS_HUGETLB);

	if (figures_say(c, HS_SMAPS_HUGETLB) && f->of[HS_ENTRY_PAGE] != pages &&
	    figures_are_complete(c))
		figures_disagree(c, "resident pages", f->of[HS_ENTRY_PAGE],
				 "Shared_Hugetlb and Private_Hugetlb", pages);
}

/* ---- words that may be several things ---------------------------------------------------- */

static void figures_set(struct hs_capturing *c, enum hs_entry from, enum hs_entry to)
{
	for (size_t i = 0; i < c->vma->spans; i++) {
		struct hs_proc_span *span = hs_capture_span_at(c, i);

		if (span->entry == from)
			span->entry = to;
	}
}

/* Bare words that are neither swap nor all markers. */
static void figures_set_bare(struct hs_capturing *c, enum hs_entry without_uffd)
{
	for (size_t i = 0; i < c->vma->spans; i++) {
		struct hs_proc_span *span = hs_capture_span_at(c, i);

		if (span->entry != HS_ENTRY_BARE)
			continue;
		span->entry = span->bits & HS_PM_UFFD_WP ? HS_ENTRY_MARKER : without_uffd;
		span->write = c->vma->flags & HS_VM_WRITE;
	}
}

/* How many bare words are swap. */
static uint64_t figures_swapped(const struct hs_capturing *c, const struct figures *f)
{
	if (c->vma->flags & HS_VM_SHARED)
		return 0;
	if (!figures_say(c, HS_SMAPS_SWAP))
		return f->of[HS_ENTRY_BARE];
	return figures_at_most(f->of[HS_ENTRY_BARE],
			       figures_rest(figures_pages(c, HS_SMAPS_SWAP), f->of[HS_ENTRY_SWAP]));
}

/* @pages of the bare words are counted by Rss. */
static void figures_resolve_bare(struct hs_capturing *c, const struct figures *f, uint64_t pages)
{
	uint64_t bare = f->of[HS_ENTRY_BARE], swap = figures_swapped(c, f);
	uint64_t plain = bare - f->bare_uffd;

	if (!bare)
		return;
	if (swap && swap == plain && swap < bare) {
		figures_set_bare(c, HS_ENTRY_SWAP);
	} else if (swap) {
		if (!figures_say(c, HS_SMAPS_SWAP))
			c->maybe_swap += bare;
		c->doubtful_swap += swap < bare ? bare : 0;
		c->not_swap += bare - swap;
		figures_set(c, HS_ENTRY_BARE, HS_ENTRY_SWAP);
	} else if (pages) {
		c->unseen_pages += plain;
		c->unseen_uncounted += figures_rest(plain, pages);
		figures_set_bare(c, HS_ENTRY_PRIVATE);
	} else {
		c->unseen_poison += plain;
		figures_set_bare(c, HS_ENTRY_POISON);
	}
}

/* @counted of the doubtful pages are counted by Rss. */
static void figures_resolve_doubtful(struct hs_capturing *c, uint64_t doubtful, uint64_t counted)
{
	uint64_t rss = figures_pages(c, HS_SMAPS_RSS);
	enum hs_entry other = HS_ENTRY_ZERO;

	if (counted && counted < doubtful) {
		if (!c->vma->anonymous) {
			figures_disagree(c, "resident pages", rss + doubtful - counted, "Rss", rss);
			return;
		}
		c->doubtful_zero += doubtful;
		c->zero_among += doubtful - counted;
	}
	if (counted || !doubtful)
		return;
	if (!c->vma->anonymous) {
		if (!c->vma->has_flags)
			return;
		c->uncounted += doubtful;
		other = c->vma->flags & HS_VM_MIXEDMAP && hs_proc_is_named(c->vma, "/dev/")
				? HS_ENTRY_SPECIAL
				: HS_ENTRY_DEVICE;
	}
	for (size_t i = 0; i < c->vma->spans; i++) {
		struct hs_proc_span *span = hs_capture_span_at(c, i);

		if (span->entry == HS_ENTRY_DOUBTFUL)
			span->device = HS_PGMAP_FS_DAX;
	}
	figures_set(c, HS_ENTRY_DOUBTFUL, other);
}

/* Splits what Rss counts beyond the certain pages among doubtful and bare words. */
static void figures_resolve_words(struct hs_capturing *c, const struct figures *f)
{
	uint64_t rss = figures_pages(c, HS_SMAPS_RSS), more = figures_rest(rss, f->certain);
	uint64_t plain = f->of[HS_ENTRY_BARE] - f->bare_uffd;
	uint64_t doubtful = f->of[HS_ENTRY_DOUBTFUL], unswapped, counted, pages;

	unswapped = figures_at_most(plain, f->of[HS_ENTRY_BARE] - figures_swapped(c, f));
	if (!figures_say(c, HS_SMAPS_RSS) || rss < f->certain) {
		c->maybe_zero += c->vma->anonymous ? doubtful : 0;
		figures_resolve_bare(c, f, 0);
		return;
	}
	/* What is not present counts as mapped once. */
	if (figures_say(c, HS_SMAPS_SHARED) && !c->proc.no_exclusive)
		counted = figures_rest(figures_pages(c, HS_SMAPS_SHARED), f->file_shared);
	else
		counted = figures_rest(more, unswapped);
	if (counted > figures_at_most(more, doubtful))
		counted = figures_at_most(more, doubtful);
	if (more - counted > unswapped) /* more than the other term can be */
		counted = figures_at_most(more - unswapped, doubtful);
	pages = figures_at_most(more - counted, unswapped);
	figures_resolve_bare(c, f, pages);
	figures_resolve_doubtful(c, doubtful, counted);
}

/*
 * Before 4.2 pagemap does not say which pages are mapped once. smaps says how many are not, of all
 * pages of the VMA.
 */
static void figures_resolve_own(struct hs_capturing *c)
{
	uint64_t shared = figures_pages(c, HS_SMAPS_SHARED), rss = figures_pages(c, HS_SMAPS_RSS);
	bool said = figures_say(c, HS_SMAPS_SHARED);

	if (!c->proc.no_exclusive || c->vma->flags & HS_VM_SHARED ||
	    (said && c->vma->anonymous && shared && shared >= rss))
		return;
	for (size_t i = 0; i < c->vma->spans; i++) {
		struct hs_proc_span *span = hs_capture_span_at(c, i);

		if (!(span->bits & HS_PM_PRESENT) || span->of_file)
			continue;
		if (span->entry != HS_ENTRY_PAGE && span->entry != HS_ENTRY_DOUBTFUL)
			continue;
		span->bits |= HS_PM_EXCLUSIVE;
		c->maybe_own += said && !shared && !c->vma->hugetlb ? 0 : span->count;
	}
}

/* ---- huge pages -------------------------------------------------------------------------- */

bool hs_figures_next_place(struct hs_capturing *c, const struct hs_proc_span *span, uint64_t addr,
			   uint64_t *place)
{
	uint64_t bytes = LEAF * HS_PAGE_BYTES, flags;

	addr = (addr + bytes - 1) & ~(bytes - 1);
	for (; addr + bytes <= hs_proc_span_end(span); addr += bytes) {
		uint64_t frame = span->frame + (addr - span->addr) / HS_PAGE_BYTES;

		*place = addr;
		if (!span->frame)
			return true;
		if (frame % LEAF)
			continue;
		flags = hs_proc_page_flags(&c->proc, frame);
		if (!flags || flags & HS_KPF_THP)
			return true;
	}
	return false;
}

bool hs_figures_may_be_leaves(const struct hs_proc_span *span)
{
	return span->entry == HS_ENTRY_PAGE || span->entry == HS_ENTRY_DOUBTFUL;
}

static uint64_t figures_count_places(struct hs_capturing *c, bool of_file)
{
	uint64_t places = 0, place;

	for (size_t i = 0; i < c->vma->spans; i++) {
		const struct hs_proc_span *span = hs_capture_span_at(c, i);
		uint64_t addr = span->addr;

		if (span->of_file != of_file || !hs_figures_may_be_leaves(span))
			continue;
		for (; hs_figures_next_place(c, span, addr, &place); places++)
			addr = place + LEAF * HS_PAGE_BYTES;
	}
	return places;
}

/*
 * Before 6.11 bit 61 is not set for the huge pages of a file. In a private mapping the page flags
 * tell whose they are, or smaps if it counts no anonymous page.
 */
static void figures_find_file_leaves(struct hs_capturing *c)
{
	bool none = figures_say(c, HS_SMAPS_ANON) && !c->vma->kb[HS_SMAPS_ANON];

	if (!c->file_leaves || c->vma->anonymous)
		return;
	for (size_t i = 0; i < c->vma->spans; i++) {
		struct hs_proc_span *span = hs_capture_span_at(c, i);

		if (hs_figures_may_be_leaves(span) &&
		    (none || (span->flags & HS_KPF_MMAP && !(span->flags & HS_KPF_ANON))))
			span->of_file = true;
	}
}

/* Sets how many leaves the VMA has, and counts it if it has more places for them. */
static void figures_resolve_leaves(struct hs_capturing *c)
{
	uint64_t anon, file;

	c->anon_leaves = figures_pages(c, HS_SMAPS_ANON_HUGE) / LEAF;
	c->file_leaves = figures_pages(c, HS_SMAPS_FILE_HUGE) / LEAF;
	if (!c->anon_leaves && !c->file_leaves)
		return;
	figures_find_file_leaves(c);
	anon = figures_count_places(c, false);
	file = figures_count_places(c, true);
	c->doubtful_leaves += (c->anon_leaves && anon > c->anon_leaves) ||
			      (c->file_leaves && file > c->file_leaves);
	if (!figures_are_complete(c))
		return;
	if (anon < c->anon_leaves)
		figures_disagree(c, "places for huge pages", anon, "AnonHugePages", c->anon_leaves);
	if (file < c->file_leaves)
		figures_disagree(c, "places for huge pages", file,
				 "ShmemPmdMapped and FilePmdMapped", c->file_leaves);
}

void hs_figures_resolve(struct hs_capturing *c)
{
	struct figures f = figures_count(c);

	c->anon_leaves = 0;
	c->file_leaves = 0;
	if (hs_proc_is_special(c->vma))
		return;
	if (c->vma->hugetlb) {
		figures_check_hugetlb(c, &f);
		figures_resolve_own(c);
		return;
	}
	figures_check(c, &f);
	figures_resolve_words(c, &f);
	figures_resolve_own(c);
	figures_resolve_leaves(c);
}
