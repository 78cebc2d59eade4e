/* SPDX-License-Identifier: MIT */
/*
 * proc.h - what a capture reads from /proc, before it is made sense of
 *
 * invented. smaps (or maps) become an array of VMAs; pagemap and kpageflags become spans: pages in a
 * row whose words say the same, with frames in a row where frames are shown. Nothing is kept per
 * page.
 */
#ifndef HS_CAPTURE_PROC_H
#define HS_CAPTURE_PROC_H

#include "capture/capture.h"

/* Bits of a pagemap word (Documentation/admin-guide/mm/pagemap.rst). */
#define HS_PM_PRESENT ((uint64_t)1 << 63)
#define HS_PM_SWAP ((uint64_t)1 << 62)
#define HS_PM_FILE ((uint64_t)1 << 61)
#define HS_PM_GUARD ((uint64_t)1 << 58)
#define HS_PM_UFFD_WP ((uint64_t)1 << 57)
#define HS_PM_EXCLUSIVE ((uint64_t)1 << 56)
#define HS_PM_FRAME (((uint64_t)1 << 55) - 1)
#define HS_PM_SWAP_OFFSET_SHIFT 5
/* Ours: kpageflags told whether it is the zero page. */
#define HS_PM_ZERO ((uint64_t)1 << 0)
#define HS_PM_NOT_ZERO ((uint64_t)1 << 1)

/* Bits of a kpageflags word. */
#define HS_KPF_SWAPBACKED ((uint64_t)1 << 14)
#define HS_KPF_THP ((uint64_t)1 << 22)
#define HS_KPF_ZERO_PAGE ((uint64_t)1 << 24)

struct hs_proc_vma {
	uint64_t start, end;
	uint32_t flags; /* HS_VM_* */
	bool detailed;	/* the figures below were there */
	bool hugetlb;
	bool anonymous; /* of no file */
	uint64_t page_kb, rss_kb, swap_kb, anon_huge_kb, file_huge_kb;
	char *name;		  /* or NULL */
	size_t first_span, spans; /* in the array of spans */
};

struct hs_proc_span {
	uint64_t addr, count;
	uint64_t frame; /* of the first page, or the swap offset; 0: not shown */
	uint64_t bits;	/* HS_PM_* */
};

struct hs_proc {
	struct hs_hostmem *mem;
	struct hs_proc_vma *vmas;
	struct hs_proc_span *spans;
	size_t vma_count, span_count;
	int smaps, maps, pagemap, kpageflags; /* descriptors, or -errno */
	uint64_t flags_frame, flags_of_it;    /* the kpageflags word read last; frame 0: none */
	uint64_t *words;		      /* a block of pagemap */
	uint64_t read_until;		      /* 0, or the address where reading ended early */
	int read_error;			      /* and its errno; 0: the file ended */
	unsigned int skipped_vmas; /* not read, or not to their end: see HS_PROC_SPARSE */
	bool frames;		   /* are shown */
};

/* Where the kernel cannot skip holes, VMAs of more pages are read until nothing more is resident. */
#define HS_PROC_SPARSE ((uint64_t)1 << 20)

void hs_proc_init(struct hs_proc *proc, struct hs_hostmem *mem);
/* Opens the directory, or says why not, and all files of it that can be. */
int hs_proc_open(struct hs_proc *proc, const char *path, const char *pid);
/*
 * The whole of smaps, or of maps if smaps cannot be had (proc->smaps says why); to be freed. -ENOMEM,
 * -ESRCH: there is no such process any more; why smaps cannot be had, if maps cannot either.
 */
int hs_proc_read_vmas(struct hs_proc *proc, const char **name, char **bytes, size_t *length);
/* smaps or maps. -EINVAL with a sentence that begins with @name:LINE, -ENOMEM. */
int hs_proc_parse_vmas(struct hs_proc *proc, const char *name, const char *bytes, size_t length,
		       char error[512]);
/* Adds the VMA's spans. 0, -ENOMEM or -ESRCH: what else cannot be read is not there, see read_until. */
int hs_proc_scan(struct hs_proc *proc, struct hs_proc_vma *vma);
/*
 * The address space that the files were opened on is gone: what was read may be a part of it. If not,
 * what was read was all there.
 */
bool hs_proc_has_ended(const struct hs_proc *proc);
/* The kpageflags word of a frame; false: not known. */
bool hs_proc_page_flags(struct hs_proc *proc, uint64_t frame, uint64_t *flags);
/* The files, and what was read of them. */
void hs_proc_free(struct hs_proc *proc);

#endif
