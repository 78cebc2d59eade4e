/* SPDX-License-Identifier: MIT */
/*
 * proc.h - what a capture reads from /proc
 *
 * invented. smaps (or maps) becomes an array of VMAs. pagemap and kpageflags become spans: pages in
 * a row whose words say the same, with frames in a row where frames are shown. Nothing is kept for
 * a single page.
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
/* Not the kernel's: kpageflags told whether the page is the zero page. */
#define HS_PM_ZERO ((uint64_t)1 << 0)
#define HS_PM_NOT_ZERO ((uint64_t)1 << 1)

/* Bits of a kpageflags word. */
#define HS_KPF_SWAPBACKED ((uint64_t)1 << 14)
#define HS_KPF_THP ((uint64_t)1 << 22)
#define HS_KPF_ZERO_PAGE ((uint64_t)1 << 24)

struct hs_proc_vma {
	uint64_t start, end;
	uint32_t flags; /* HS_VM_* */
	bool detailed;	/* smaps had the figures below */
	bool hugetlb;
	bool anonymous; /* maps no file */
	uint64_t page_kb, rss_kb, swap_kb, anon_huge_kb, file_huge_kb;
	char *name;		  /* NULL: it has none */
	size_t first_span, spans; /* its spans, in the array */
};

struct hs_proc_span {
	uint64_t addr, count;
	uint64_t frame; /* of the first page, or its swap offset; 0: not shown */
	uint64_t bits;	/* HS_PM_* */
};

struct hs_proc {
	struct hs_hostmem *mem;
	struct hs_proc_vma *vmas;
	struct hs_proc_span *spans;
	size_t vma_count, span_count;
	int smaps, maps, pagemap, kpageflags; /* descriptors, or -errno */
	uint64_t flags_frame, flags_of_it;    /* the last kpageflags word; frame 0: none */
	uint64_t *words;		      /* a block of pagemap */
	uint64_t read_until;		      /* 0, or the address where reading ended early */
	int read_error;			      /* its errno; 0: the file ended */
	unsigned int skipped_vmas;	      /* not read to their end, see HS_PROC_SPARSE */
	bool frames;			      /* frames are shown */
};

/*
 * Where the kernel cannot skip holes, a VMA of more pages is read until all resident ones are
 * found.
 */
#define HS_PROC_SPARSE ((uint64_t)1 << 20)

void hs_proc_init(struct hs_proc *proc, struct hs_hostmem *mem);
/* Opens the files of the process, as far as they can be opened. 0, or why its directory cannot. */
int hs_proc_open(struct hs_proc *proc, const char *path, const char *pid);
/*
 * Reads the whole of smaps, or of maps if smaps cannot be read (proc->smaps says why). The caller
 * frees *bytes. Returns 0; -ENOMEM; -ESRCH: the process has ended; if both cannot be read, the
 * error of smaps.
 */
int hs_proc_read_vmas(struct hs_proc *proc, const char **name, char **bytes, size_t *length);
/*
 * Parses smaps or maps. 0; -EINVAL with a sentence in @error that begins with @name:LINE; -ENOMEM.
 */
int hs_proc_parse_vmas(struct hs_proc *proc, const char *name, const char *bytes, size_t length,
		       char error[HS_CAPTURE_ERROR]);
/*
 * Adds the spans of the VMA. 0, -ENOMEM or -ESRCH. Any other error ends the pages there, see
 * read_until.
 */
int hs_proc_scan(struct hs_proc *proc, struct hs_proc_vma *vma);
/*
 * True if the address space on which the files were opened is gone: then what was read may be only
 * a part of it. False: everything that was read was there.
 */
bool hs_proc_has_ended(const struct hs_proc *proc);
/* Sets *flags to the kpageflags word of the frame. False: it is not known. */
bool hs_proc_page_flags(struct hs_proc *proc, uint64_t frame, uint64_t *flags);
/* Closes the files and frees what was read. */
void hs_proc_free(struct hs_proc *proc);

#endif
