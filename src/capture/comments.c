/* SPDX-License-Identifier: MIT */
/*
 * comments.c - what a captured layout says of itself: what could not be read, understood or decided
 */
#include "capture/capturing.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void hs_capture_comment(struct hs_capturing *c, const char *format, ...)
{
	char line[512];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	hs_out_text(c->comments, "# ");
	hs_out_text(c->comments, line);
	hs_out_char(c->comments, '\n');
}

void hs_capture_comment_on_lines(struct hs_capturing *c, const char *name)
{
	const struct hs_proc *proc = &c->proc;
	size_t without = 0;

	if (proc->skipped_lines)
		hs_capture_comment(
			c, "lines of %s that are not understood: %lu, the first is line %lu", name,
			proc->skipped_lines, proc->first_skipped);
	if (proc->cut)
		hs_capture_comment(c, "%s ends in the middle of a line", name);
	for (size_t i = 0; i < proc->vma_count; i++)
		without += !proc->vmas[i].has_flags;
	if (without && proc->smaps >= 0)
		hs_capture_comment(c, "vmas without VmFlags, so without flags i p m: %zu", without);
}

static void comments_on_frames(struct hs_capturing *c)
{
	int flags = c->proc.kpageflags < 0 ? -c->proc.kpageflags : c->proc.flags_error;

	if (c->proc.pagemap < 0) {
		hs_capture_comment(c, "no entries: pagemap: %s", strerror(-c->proc.pagemap));
	} else if (!c->proc.frames) {
		hs_capture_comment(c,
				   "frames are not shown to this user: pfns go up from 0x%" PRIx64
				   ", a page mapped twice is two",
				   HS_SPACE_FIRST_PFN);
	} else if (flags) {
		hs_capture_comment(c, "no page flags: kpageflags: %s", strerror(flags));
	}
	if (c->proc.page_shift)
		hs_capture_comment(c, "pagemap is that of a kernel before 4.2: bits 55 to 60 are "
				      "the page shift");
}

/* What was not read. */
static void comments_on_gaps(struct hs_capturing *c)
{
	if (c->proc.read_until)
		hs_capture_comment(
			c, "no entries from 0x%" PRIx64 " on: pagemap: %s", c->proc.read_until,
			c->proc.read_error ? strerror(c->proc.read_error) : "it ends there");
	if (c->hidden)
		hs_capture_comment(c,
				   "vmas with p (PFNMAP), whose entries pagemap does not show: %u",
				   c->hidden);
	if (c->proc.skipped_vmas)
		hs_capture_comment(
			c, "vmas of more than 4 GiB that were not searched for the zero page: %u",
			c->proc.skipped_vmas);
}

static void comments_on_part(struct hs_capturing *c, const char *what, uint64_t part, uint64_t all)
{
	if (all)
		hs_capture_comment(c, "%s, not known which: %" PRIu64 " of %" PRIu64, what, part,
				   all);
}

static void comments_on_count(struct hs_capturing *c, const char *what, uint64_t count)
{
	if (count)
		hs_capture_comment(c, "%s: %" PRIu64, what, count);
}

/* What words and figures leave open. */
static void comments_on_doubts(struct hs_capturing *c)
{
	comments_on_count(c, "pages whose words have bits that are not understood",
			  c->proc.unknown_pages);
	comments_on_part(c, "ro entries that are the zero page", c->zero_among, c->doubtful_zero);
	comments_on_count(c, "ro entries that may be the zero page", c->maybe_zero);
	comments_on_part(c, "swap entries that are something else", c->not_swap, c->doubtful_swap);
	comments_on_count(c, "swap entries that may be something else", c->maybe_swap);
	comments_on_count(c,
			  "entries with a page that are not present and not swap, taken for "
			  "device-private memory",
			  c->unseen_pages);
	comments_on_part(c, "dp entries without a page", c->unseen_uncounted,
			 c->unseen_uncounted ? c->unseen_pages : 0);
	comments_on_count(c, "entries without a page that are not swap, taken for poison or guards",
			  c->unseen_poison);
	comments_on_count(
		c,
		"entries with a page that are not present and not swap, taken for what is "
		"likeliest",
		c->guessed);
	comments_on_count(c, "pages of files that Rss does not count, taken for device memory",
			  c->uncounted);
	comments_on_count(c, "device entries of 2 MiB that only their place tells",
			  c->leaves_by_frame);
	comments_on_count(c, "anonymous pages that may be shared with other processes",
			  c->maybe_own);
}

void hs_capture_comment_on_all(struct hs_capturing *c)
{
	comments_on_frames(c);
	comments_on_gaps(c);
	comments_on_doubts(c);
	comments_on_count(c, "vmas where huge pages are in the first places where they may be",
			  c->doubtful_leaves);
	comments_on_count(c, "pages left out, because they were changing", c->clipped);
}
