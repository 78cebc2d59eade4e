/* SPDX-License-Identifier: MIT */
/*
 * capturing.h - a capture while it is made
 *
 * invented.
 */
#ifndef HS_CAPTURE_CAPTURING_H
#define HS_CAPTURE_CAPTURING_H

#include "capture/proc.h"

/* Pages of device memory in a row. */
struct hs_device_run {
	uint64_t pfn, count;
	enum hs_pgmap_type type;
};

struct hs_capturing {
	struct hs_proc proc;
	const struct hs_capture *ask;
	struct hs_layout *layout;
	struct hs_out *comments;
	uint64_t next_pfn, next_swap;		   /* where frames are not shown */
	uint64_t next_device[HS_PGMAP_TYPE_COUNT]; /* and of device memory */
	struct hs_device_run *devices;
	size_t device_count;
	/* of the present VMA */
	const struct hs_proc_vma *vma;
	uint64_t anon_leaves, file_leaves; /* not placed yet */
	enum hs_page_of file_is;	   /* HS_OF_FILE or HS_OF_SHMEM */
	/* counts for the comments; of pages, unless said */
	uint64_t doubtful_zero, zero_among; /* ro entries; how many of them are the zero page */
	uint64_t maybe_zero;		    /* ro entries of which that number is not known */
	uint64_t doubtful_swap, not_swap;   /* swap entries; how many of them are something else */
	uint64_t maybe_swap;		    /* swap entries of which that number is not known */
	uint64_t unseen_pages;	      /* entries without a page in pagemap that smaps counts */
	uint64_t unseen_uncounted;    /* so many of them are not counted */
	uint64_t unseen_poison;	      /* entries that smaps does not count, nor says pagemap what */
	uint64_t guessed;	      /* entries with a page that others look like */
	uint64_t uncounted;	      /* present pages of a file that smaps does not count */
	uint64_t maybe_own;	      /* anonymous pages that may be shared */
	uint64_t leaves_by_frame;     /* device leaves that only their frames show; not pages */
	unsigned int doubtful_leaves; /* VMAs with more places than huge pages */
	uint64_t clipped;
	unsigned int hidden; /* VMAs that pagemap does not show */
};

/* Appends a line to the comments. */
void hs_capture_comment(struct hs_capturing *c, const char *format, ...)
	__attribute__((__format__(__printf__, 2, 3)));
/* Appends what could not be understood of smaps or maps, which @name says. */
void hs_capture_comment_on_lines(struct hs_capturing *c, const char *name);
/* Appends what the counts say. */
void hs_capture_comment_on_all(struct hs_capturing *c);

/* Adds the entries of c->vma to the layout. 0 or -ENOMEM. */
int hs_capture_add_pages(struct hs_capturing *c);

static inline struct hs_proc_span *hs_capture_span_at(const struct hs_capturing *c, size_t i)
{
	return &c->proc.spans[c->vma->first_span + i];
}

/*
 * Decides, by the figures of smaps, what the words of the VMA leave open, and how many huge pages
 * it has. Where words and figures disagree a comment says so.
 */
void hs_figures_resolve(struct hs_capturing *c);
/* Finds the first address of the span, from @addr on, where a leaf of 2 MiB may be. */
bool hs_figures_next_place(struct hs_capturing *c, const struct hs_proc_span *span, uint64_t addr,
			   uint64_t *place);
/* Whether leaves may be in the span at all. */
bool hs_figures_may_be_leaves(const struct hs_proc_span *span);

/* Sets where the pfns of device memory begin that are made up: above all frames. */
void hs_devices_begin(struct hs_capturing *c);
#define HS_DEVICES_OWNER 1 /* of pgmaps of device-private memory */
/* Notes that the pages are device memory. 0 or -ENOMEM. */
int hs_devices_add(struct hs_capturing *c, enum hs_pgmap_type type, uint64_t pfn, uint64_t count);
/* Adds pgmaps for all device memory to the layout. 0 or -ENOMEM. */
int hs_devices_finish(struct hs_capturing *c);

#endif
