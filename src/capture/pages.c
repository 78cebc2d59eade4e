/* SPDX-License-Identifier: MIT */
/*
 * pages.c - reads /proc/PID/pagemap and /proc/kpageflags into spans
 */
#include "capture/proc.h"

#include <errno.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define BLOCK_WORDS ((uint64_t)1 << 13) /* 64 KiB of pagemap, 32 MiB of addresses */
#define KEPT_BITS \
	(HS_PM_PRESENT | HS_PM_SWAP | HS_PM_FILE | HS_PM_UNUSED | HS_PM_UFFD_WP | HS_PM_EXCLUSIVE)
#define KEPT_FLAGS                                                                         \
	(HS_KPF_KNOWN | HS_KPF_ZERO_PAGE | HS_KPF_NOPAGE | HS_KPF_HWPOISON | HS_KPF_ANON | \
	 HS_KPF_MMAP)

/* ---- kpageflags -------------------------------------------------------------------------- */

/*
 * Reads the word of the frame. If frames are asked for in a row, twice as many words as the last
 * time are read: a call costs as much as three words.
 */
static void proc_pages_read_flags(struct hs_proc *proc, uint64_t frame)
{
	bool goes_on = proc->flags_count && frame == proc->flags_frame + proc->flags_count;
	uint64_t twice = 2 * proc->flags_count < HS_PROC_FLAGS ? 2 * proc->flags_count
							       : HS_PROC_FLAGS;
	size_t bytes = (goes_on ? twice : 1) * sizeof(proc->page_flags[0]);
	ssize_t n;

	do {
		n = pread(proc->kpageflags, proc->page_flags, bytes,
			  (off_t)(frame * sizeof(proc->page_flags[0])));
	} while (n < 0 && errno == EINTR);
	if (n < 0 && !proc->flags_error)
		proc->flags_error = errno;
	proc->flags_frame = frame;
	proc->flags_count = n < 0 ? 0 : (uint64_t)n / sizeof(proc->page_flags[0]);
}

uint64_t hs_proc_page_flags(struct hs_proc *proc, uint64_t frame)
{
	if (proc->kpageflags < 0 || proc->flags_error || !frame)
		return 0;
	if (frame - proc->flags_frame >= proc->flags_count)
		proc_pages_read_flags(proc, frame);
	if (frame - proc->flags_frame >= proc->flags_count)
		return 0;
	return proc->page_flags[frame - proc->flags_frame] | HS_KPF_KNOWN;
}

/* ---- spans ------------------------------------------------------------------------------- */

/* The span of one page whose pagemap word is @word. */
static struct hs_proc_span proc_pages_make_span(struct hs_proc *proc, const struct hs_proc_vma *vma,
						uint64_t addr, uint64_t word)
{
	struct hs_proc_span span = { .addr = addr,
				     .count = 1,
				     .frame = word & HS_PM_FRAME,
				     .bits = word & KEPT_BITS,
				     .type = HS_PM_NO_TYPE };

	if (!(word & HS_PM_PRESENT) && span.frame) {
		span.type = span.frame & ((1u << HS_PM_TYPE_BITS) - 1);
		span.frame >>= HS_PM_TYPE_BITS;
	}
	if (word & HS_PM_PRESENT)
		proc->frames |= span.frame != 0;
	if (vma->hugetlb || hs_proc_is_special(vma))
		return span;
	if (word & HS_PM_PRESENT || hs_proc_has_page(&span))
		span.flags = hs_proc_page_flags(proc, span.frame) & KEPT_FLAGS;
	if (word & HS_PM_PRESENT && span.flags & HS_KPF_ZERO_PAGE)
		span.frame = 0;
	return span;
}

/* A marker has the same offset on each page; a page has another frame. */
static bool proc_pages_continue_span(const struct hs_proc_span *a, const struct hs_proc_span *b)
{
	bool same = !a->frame || hs_proc_is_marker(a);

	return a->bits == b->bits && a->flags == b->flags && a->type == b->type &&
	       a->addr + a->count * HS_PAGE_BYTES == b->addr &&
	       b->frame == (same ? a->frame : a->frame + a->count);
}

static int proc_pages_add_span(struct hs_proc *proc, struct hs_proc_vma *vma,
			       const struct hs_proc_span *span)
{
	struct hs_proc_span *spans = proc->spans;
	size_t n = proc->span_count;

	if (vma->spans && proc_pages_continue_span(&spans[n - 1], span)) {
		spans[n - 1].count++;
		return 0;
	}
	spans = hs_hostmem_grow(proc->mem, spans, n, sizeof(*spans));
	if (!spans)
		return -ENOMEM;
	proc->spans = spans;
	spans[proc->span_count++] = *span;
	vma->spans++;
	return 0;
}

/*
 * Reads *words of pagemap from @addr on. At the end of the file or after an error *words becomes
 * smaller, and read_until says from where on. Returns 0, or -ESRCH: the address space is gone.
 */
static int proc_pages_read_block(struct hs_proc *proc, uint64_t addr, uint64_t *words)
{
	size_t wanted = *words * sizeof(*proc->words), got = 0;
	off_t at = (off_t)(addr / HS_PAGE_BYTES * sizeof(*proc->words));
	ssize_t n = 1;

	while (got < wanted && n > 0) {
		n = pread(proc->pagemap, (char *)proc->words + got, wanted - got, at + (off_t)got);
		if (n < 0 && errno == EINTR)
			n = 1;
		else if (n > 0)
			got += (size_t)n;
	}
	*words = got / sizeof(*proc->words);
	if (n < 0 && errno == ESRCH)
		return -ESRCH;
	if (got == wanted || proc->read_until)
		return 0;
	proc->read_until = addr + *words * HS_PAGE_BYTES;
	proc->read_error = n < 0 ? errno : 0;
	return 0;
}

/* smaps counts the page for certain. It counts no zero page and nothing without a struct page. */
static bool proc_pages_is_counted(const struct hs_proc_span *span)
{
	if (!(span->bits & HS_PM_PRESENT))
		return !(span->bits & HS_PM_UNUSED) && !hs_proc_is_marker(span);
	if (span->flags & HS_KPF_NOPAGE)
		return false;
	return span->bits & (HS_PM_FILE | HS_PM_EXCLUSIVE) ||
	       (span->flags & HS_KPF_KNOWN && !(span->flags & HS_KPF_ZERO_PAGE));
}

static int proc_pages_scan_block(struct hs_proc *proc, struct hs_proc_vma *vma, uint64_t addr,
				 uint64_t words, uint64_t *found)
{
	int ret = 0;

	for (uint64_t i = 0; !ret && i < words; i++) {
		uint64_t word = proc->words[i];
		struct hs_proc_span span;

		if (!(word & (HS_PM_PRESENT | HS_PM_SWAP)))
			continue;
		span = proc_pages_make_span(proc, vma, addr + i * HS_PAGE_BYTES, word);
		*found += proc_pages_is_counted(&span);
		ret = proc_pages_add_span(proc, vma, &span);
	}
	return ret;
}

/* ---- pagemap ----------------------------------------------------------------------------- */

/* PAGEMAP_SCAN came with Linux 6.7; older headers do not have it. */
struct scan_arg {
	uint64_t size, flags, start, end, walk_end, regions, region_count, max_pages;
	uint64_t inverted, all_of, any_of, told;
};
struct scan_region {
	uint64_t start, end, categories;
};
#define PAGEMAP_SCAN_REQUEST _IOWR('f', 16, struct scan_arg)
#define SCAN_PRESENT_OR_SWAPPED ((uint64_t)1 << 3 | (uint64_t)1 << 4)

/* Moves *addr to the next page that is not a hole. False: the kernel, or this file, cannot tell. */
static bool proc_pages_skip_hole(const struct hs_proc *proc, uint64_t *addr, uint64_t end)
{
	struct scan_region region = { end, end, 0 };
	struct scan_arg arg = {
		.size = sizeof(arg),
		.start = *addr,
		.end = end,
		.regions = (uintptr_t)&region,
		.region_count = 1,
		.any_of = SCAN_PRESENT_OR_SWAPPED,
		.told = SCAN_PRESENT_OR_SWAPPED,
	};

	if (ioctl(proc->pagemap, PAGEMAP_SCAN_REQUEST, &arg) < 0 || region.start < *addr ||
	    region.start > end)
		return false;
	*addr = region.start;
	return true;
}

/* True if all pages that smaps counts are found. */
static bool proc_pages_is_complete(const struct hs_proc_vma *vma, uint64_t found)
{
	bool counted = vma->said & 1u << HS_SMAPS_RSS && !vma->hugetlb && !hs_proc_is_special(vma);

	return counted && found >= (vma->kb[HS_SMAPS_RSS] + vma->kb[HS_SMAPS_SWAP]) / 4;
}

static int proc_pages_scan_vma(struct hs_proc *proc, struct hs_proc_vma *vma)
{
	uint64_t pages = (vma->end - vma->start) / HS_PAGE_BYTES;
	uint64_t addr = vma->start, found = 0;
	int ret = 0;

	while (!ret && addr < vma->end && !proc->read_until) {
		uint64_t words;

		if (pages > BLOCK_WORDS && !proc_pages_skip_hole(proc, &addr, vma->end) &&
		    pages > HS_PROC_SPARSE && proc_pages_is_complete(vma, found)) {
			proc->skipped_vmas++;
			break;
		}
		words = (vma->end - addr) / HS_PAGE_BYTES;
		if (words > BLOCK_WORDS)
			words = BLOCK_WORDS;
		if (!words) /* only a hole was left */
			break;
		ret = proc_pages_read_block(proc, addr, &words);
		if (!ret)
			ret = proc_pages_scan_block(proc, vma, addr, words, &found);
		addr += words * HS_PAGE_BYTES;
	}
	return ret;
}

int hs_proc_scan(struct hs_proc *proc, struct hs_proc_vma *vma)
{
	vma->first_span = proc->span_count;
	vma->spans = 0;
	if (proc->pagemap < 0)
		return 0;
	if (!proc->words)
		proc->words = hs_hostmem_zalloc(proc->mem, BLOCK_WORDS, sizeof(*proc->words));
	return proc->words ? proc_pages_scan_vma(proc, vma) : -ENOMEM;
}
