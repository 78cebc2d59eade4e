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
	(HS_PM_PRESENT | HS_PM_SWAP | HS_PM_FILE | HS_PM_GUARD | HS_PM_UFFD_WP | HS_PM_EXCLUSIVE)

bool hs_proc_page_flags(struct hs_proc *proc, uint64_t frame, uint64_t *flags)
{
	if (proc->kpageflags < 0 || !frame)
		return false;
	if (proc->flags_frame != frame) {
		ssize_t n = pread(proc->kpageflags, flags, sizeof(*flags),
				  (off_t)(frame * sizeof(*flags)));

		if (n != (ssize_t)sizeof(*flags))
			return false;
		proc->flags_frame = frame;
		proc->flags_of_it = *flags;
	}
	*flags = proc->flags_of_it;
	return true;
}

/* The span of one page whose pagemap word is @word. */
static struct hs_proc_span proc_pages_make_span(struct hs_proc *proc, uint64_t addr, uint64_t word)
{
	struct hs_proc_span span = { .addr = addr, .count = 1, .bits = word & KEPT_BITS };
	uint64_t flags;

	span.frame = word & HS_PM_FRAME;
	if (!(word & HS_PM_PRESENT)) {
		span.frame >>= HS_PM_SWAP_OFFSET_SHIFT;
		return span;
	}
	proc->frames |= span.frame != 0;
	if (word & (HS_PM_FILE | HS_PM_EXCLUSIVE))
		return span;
	if (!hs_proc_page_flags(proc, span.frame, &flags))
		return span;
	span.bits |= flags & HS_KPF_ZERO_PAGE ? HS_PM_ZERO : HS_PM_NOT_ZERO;
	if (flags & HS_KPF_ZERO_PAGE)
		span.frame = 0;
	return span;
}

static bool proc_pages_continue_span(const struct hs_proc_span *a, const struct hs_proc_span *b)
{
	return a->bits == b->bits && a->addr + a->count * HS_PAGE_BYTES == b->addr &&
	       b->frame == (a->frame ? a->frame + a->count : 0);
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
		return span->bits & HS_PM_SWAP;
	return span->bits & (HS_PM_FILE | HS_PM_EXCLUSIVE | HS_PM_NOT_ZERO);
}

static int proc_pages_scan_block(struct hs_proc *proc, struct hs_proc_vma *vma, uint64_t addr,
				 uint64_t words, uint64_t *found)
{
	int ret = 0;

	for (uint64_t i = 0; !ret && i < words; i++) {
		uint64_t word = proc->words[i];
		struct hs_proc_span span;

		if (!(word & (HS_PM_PRESENT | HS_PM_SWAP | HS_PM_GUARD)))
			continue;
		span = proc_pages_make_span(proc, addr + i * HS_PAGE_BYTES, word);
		*found += proc_pages_is_counted(&span);
		ret = proc_pages_add_span(proc, vma, &span);
	}
	return ret;
}

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
	bool counted = vma->detailed && !vma->hugetlb && !(vma->flags & (HS_VM_PFNMAP | HS_VM_IO));

	return counted && found >= (vma->rss_kb + vma->swap_kb) / 4;
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
