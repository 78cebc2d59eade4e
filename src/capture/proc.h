/* SPDX-License-Identifier: MIT */
/*
 * proc.h - what a capture reads from /proc
 *
 * invented. smaps (or maps) becomes an array of VMAs. pagemap and kpageflags become spans: pages
 * in a row whose words say the same, with frames in a row where frames are shown. Nothing is kept
 * for a single page.
 */
#ifndef HS_CAPTURE_PROC_H
#define HS_CAPTURE_PROC_H

#include <string.h>

#include "capture/capture.h"

/*
 * Bits of a pagemap word (Documentation/admin-guide/mm/pagemap.rst). words.c says what they mean
 * in kernels before 4.2.
 */
#define HS_PM_PRESENT ((uint64_t)1 << 63)
#define HS_PM_SWAP ((uint64_t)1 << 62)
#define HS_PM_FILE ((uint64_t)1 << 61)
#define HS_PM_GUARD ((uint64_t)1 << 58)
#define HS_PM_UFFD_WP ((uint64_t)1 << 57)
#define HS_PM_EXCLUSIVE ((uint64_t)1 << 56)
#define HS_PM_FRAME (((uint64_t)1 << 55) - 1)
#define HS_PM_TYPE_BITS 5  /* of a page that is not present: the swap type; the offset follows */
#define HS_PM_NO_TYPE 0xff /* neither is shown */
/* Present words have had none of these since 4.2. */
#define HS_PM_UNUSED ((uint64_t)7 << 58)

/* Bits of a kpageflags word. */
#define HS_KPF_MMAP ((uint64_t)1 << 11)
#define HS_KPF_ANON ((uint64_t)1 << 12)
#define HS_KPF_SWAPBACKED ((uint64_t)1 << 14)
#define HS_KPF_HWPOISON ((uint64_t)1 << 19)
#define HS_KPF_NOPAGE ((uint64_t)1 << 20)
#define HS_KPF_THP ((uint64_t)1 << 22)
#define HS_KPF_ZERO_PAGE ((uint64_t)1 << 24)
/* Not the kernel's: the word could be read. */
#define HS_KPF_KNOWN ((uint64_t)1 << 63)

/* The figures of smaps that are used, in kB. */
enum hs_smaps {
	HS_SMAPS_PAGE, /* KernelPageSize */
	HS_SMAPS_RSS,
	HS_SMAPS_SHARED,  /* Shared_Clean and Shared_Dirty: mapped more than once */
	HS_SMAPS_HUGETLB, /* Shared_Hugetlb and Private_Hugetlb */
	HS_SMAPS_SWAP,
	HS_SMAPS_ANON,
	HS_SMAPS_ANON_HUGE,
	HS_SMAPS_FILE_HUGE, /* ShmemPmdMapped and FilePmdMapped */
	HS_SMAPS_COUNT
};

struct hs_proc_vma {
	uint64_t start, end;
	uint32_t flags;		     /* HS_VM_* */
	uint32_t said;		     /* 1 << HS_SMAPS_*: smaps has the figure */
	uint64_t kb[HS_SMAPS_COUNT]; /* 0: not said; but the page size is 4 then */
	bool detailed;		     /* smaps had figures */
	bool has_flags;		     /* smaps had VmFlags */
	bool hugetlb;		     /* of hugetlbfs */
	bool dax;		     /* of device-dax */
	bool anonymous;		     /* maps no file */
	char *name;		     /* NULL: it has none */
	size_t first_span, spans;    /* its spans, in the array */
};

/* What the entries of a span are: words.c decides, and figures.c where words alone do not tell. */
enum hs_entry {
	HS_ENTRY_PAGE,	   /* a present page */
	HS_ENTRY_DOUBTFUL, /* present; not of a file, and not known to be this process's alone */
	HS_ENTRY_ZERO,
	HS_ENTRY_SPECIAL, /* without a struct page */
	HS_ENTRY_DEVICE,  /* present, device memory of span->device */
	HS_ENTRY_SWAP,
	HS_ENTRY_BARE,	    /* not present; what it is does not show */
	HS_ENTRY_PRIVATE,   /* device-private */
	HS_ENTRY_EXCLUSIVE, /* device-exclusive */
	HS_ENTRY_MIGRATION,
	HS_ENTRY_HWPOISON,
	HS_ENTRY_MARKER,
	HS_ENTRY_POISON, /* a marker at which an access kills the process; a guard */
	HS_ENTRY_COUNT
};

struct hs_proc_span {
	uint64_t addr, count;
	uint64_t frame; /* of the first page, or its swap offset; 0: not shown */
	uint64_t bits;	/* HS_PM_* */
	uint64_t flags; /* HS_KPF_*, of all its frames; of interest are the first six bits above */
	enum hs_entry entry;
	enum hs_pgmap_type device;
	uint8_t type; /* swap type */
	bool write;   /* the entry is writable; not of HS_ENTRY_PAGE */
	bool of_file; /* present, of the VMA's file */
	bool guessed; /* the entry is the likeliest of those that look like this */
};

/* Swap types from here on are none of swap areas, in every kernel since 2.6.32. */
#define HS_PROC_SPECIAL_TYPES 22

/* A pte marker of any kernel. Its offset is bits: 1 says userfaultfd, the others poison. */
static inline bool hs_proc_is_marker(const struct hs_proc_span *span)
{
	return !(span->bits & HS_PM_PRESENT) && span->type != HS_PM_NO_TYPE && span->type >= 30 &&
	       span->frame < 16;
}

/* The entries hold the frame of a page, though they are not present. */
static inline bool hs_proc_has_page(const struct hs_proc_span *span)
{
	return !(span->bits & HS_PM_PRESENT) && span->type != HS_PM_NO_TYPE &&
	       span->type >= HS_PROC_SPECIAL_TYPES && !hs_proc_is_marker(span);
}

static inline uint64_t hs_proc_span_end(const struct hs_proc_span *span)
{
	return span->addr + span->count * HS_PAGE_BYTES;
}

/* The name of the VMA begins so. */
static inline bool hs_proc_is_named(const struct hs_proc_vma *vma, const char *begin)
{
	return vma->name && !strncmp(vma->name, begin, strlen(begin));
}

static inline bool hs_proc_is_special(const struct hs_proc_vma *vma)
{
	return vma->flags & (HS_VM_PFNMAP | HS_VM_IO);
}

#define HS_PROC_VERSION(major, minor) ((unsigned int)(major) << 8 | (minor))
#define HS_PROC_FLAGS 64 /* words of kpageflags that are read at once */

struct hs_proc {
	struct hs_hostmem *mem;
	struct hs_proc_vma *vmas;
	struct hs_proc_span *spans;
	size_t vma_count, span_count;
	int smaps, maps, pagemap, kpageflags; /* descriptors, or -errno */
	const char *failed;		      /* the file that hs_proc_open() failed at */
	unsigned int version;		      /* HS_PROC_VERSION(); 0: not known */
	/* of smaps or maps */
	unsigned long skipped_lines, first_skipped; /* lines that are not understood */
	bool cut;				    /* the last line has no end */
	/* of kpageflags */
	uint64_t flags_frame, flags_count; /* frames whose words are below */
	uint64_t page_flags[HS_PROC_FLAGS];
	int flags_error; /* the first errno of reading it, or 0 */
	/* of pagemap */
	uint64_t *words;	   /* a block of it */
	uint64_t read_until;	   /* 0, or the address where reading ended early */
	int read_error;		   /* its errno; 0: the file ended */
	unsigned int skipped_vmas; /* not read to their end, see HS_PROC_SPARSE */
	bool frames;		   /* frames are shown */
	bool page_shift;	   /* bits 55 to 60 are the page shift, as before 4.2 */
	bool no_exclusive;	   /* HS_PM_EXCLUSIVE is never set, as before 4.2 */
	uint64_t unknown_pages;	   /* pages whose words have bits that are not understood */
};

/*
 * Where the kernel cannot skip holes, a VMA of more pages is read until all resident ones are
 * found.
 */
#define HS_PROC_SPARSE ((uint64_t)1 << 20)

void hs_proc_init(struct hs_proc *proc, struct hs_hostmem *mem);
/*
 * Opens the files of the process that exist and are allowed. 0, or an errno: of its directory, or
 * of proc->failed.
 */
int hs_proc_open(struct hs_proc *proc, const char *path, const char *pid);
/*
 * Reads the whole of smaps, or of maps if smaps cannot be read (proc->smaps says why). The caller
 * frees *bytes. Returns 0; -ENOMEM; -ESRCH: the process has ended; if both cannot be read, the
 * error of smaps.
 */
int hs_proc_read_vmas(struct hs_proc *proc, const char **name, char **bytes, size_t *length);
/*
 * Parses smaps or maps. Lines that are not understood are skipped and counted. 0; -EINVAL, with a
 * sentence in @error that begins with @name:LINE: no line was understood; -ENOMEM.
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
/* The kpageflags word of the frame, with HS_KPF_KNOWN; 0: it is not known. */
uint64_t hs_proc_page_flags(struct hs_proc *proc, uint64_t frame);
/*
 * Sets what each span is, after all VMAs were read. Returns 0, or the size of pages in bits: only
 * pages of 4 KiB are understood.
 */
unsigned int hs_proc_classify(struct hs_proc *proc);
/* Closes the files and frees what was read. */
void hs_proc_free(struct hs_proc *proc);

#endif
