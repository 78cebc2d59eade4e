/* SPDX-License-Identifier: MIT */
/*
 * capture.c - turns what /proc shows of a process into a layout
 *
 * VMAs come from smaps: r w x s from the line of the VMA, i p m from io pf mm in VmFlags, h or H
 * from ht in VmFlags with KernelPageSize. Without smaps they come from maps, and a comment says so.
 * A VMA that ends above 0x800000000000 ([vsyscall]) is left out.
 *
 * The pagemap word of a page decides what entry it becomes. The first row that fits counts:
 *
 *	not present, guard		poison		a marker, as the kernel's: an access
 *							kills the process
 *	not present, swap		swap		entries of migration, device-private and
 *							device-exclusive memory look the same
 *	present, VMA with i		special[rw]	rw if the VMA is writable
 *	present, the zero page		zero		a huge zero page too, 4 KiB by 4 KiB
 *	present				ro, rw		of=file or of=shmem unless it is anonymous
 *
 * pagemap shows a VMA with p as holes, whatever is mapped there. A comment says how many such VMAs
 * there are ([vvar] is one). If pagemap showed entries, they would become special, as with i.
 *
 * pagemap does not say which present entries are writable. An entry is taken to be writable if its
 * VMA is writable, the page has no userfaultfd write protection, and
 *
 *	the VMA is shared	the page is the file's. (A clean page may in truth be
 *				write-protected, so that the kernel notices the first write.)
 *	the VMA is private	the page is anonymous and mapped by this process alone. Other pages
 *				are read-only for copy-on-write: those of the file, and anonymous
 *				pages that a fork shares.
 *
 * The huge zero page is recognized: no other 2 MiB page in a VMA without a file is not anonymous.
 * The small zero page belongs to no file and is not exclusive; the same holds for anonymous pages
 * that a fork shares. kpageflags (root) tells them apart. Without it the figures of smaps do, which
 * count what is resident without the zero page. If all pages in doubt are missing from that count,
 * all are the zero page; if none is missing, none is; otherwise all become ro, and a comment says
 * how many are the zero page.
 *
 * A huge page in a VMA that is not hugetlb needs 2 MiB of pages from an aligned address that say
 * the same. Where frames are shown they must go on from an aligned frame, which kpageflags, if it
 * can be read, calls THP. smaps says how many huge pages there are. If more places qualify, the
 * first ones are taken, and a comment says so.
 *
 * Where frames are not shown (pagemap has 0 without CAP_SYS_ADMIN), pages get pfns from 0x100000 on
 * in address order, aligned for leaves, and swap entries get offsets from 1 on. A page that is
 * mapped twice becomes two pages then.
 *
 * The process runs meanwhile: entries that do not fit together are clipped. If the process ends
 * before all is read there is no layout, because it would be only a part of one (files.c).
 */
#include "capture/proc.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LEAF hs_map_pages(1) /* of 2 MiB */
#define PROC_MAX 256	     /* bytes of the directory's name */

struct capture {
	struct hs_proc proc;
	const struct hs_capture *ask;
	struct hs_layout *layout;
	struct hs_out *comments;
	uint64_t next_pfn, next_swap; /* where frames are not shown */
	/* of the present VMA */
	const struct hs_proc_vma *vma;
	uint64_t anon_leaves, file_leaves; /* not placed yet */
	bool zero;			   /* pages that may be the zero page are it */
	enum hs_page_of file_is;	   /* HS_OF_FILE or HS_OF_SHMEM */
	/* counts for the comments */
	uint64_t doubtful_zero, zero_among; /* ro entries; how many of them are the zero page */
	uint64_t maybe_zero;		    /* ro entries of which that number is not known */
	unsigned int doubtful_leaves;	    /* VMAs with more places than huge pages */
	uint64_t clipped;		    /* pages */
	unsigned int hidden;		    /* VMAs that pagemap does not show */
};

static void capture_comment(struct capture *c, const char *format, ...)
	__attribute__((__format__(__printf__, 2, 3)));

static void capture_comment(struct capture *c, const char *format, ...)
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

static uint64_t capture_span_end(const struct hs_proc_span *span)
{
	return span->addr + span->count * HS_PAGE_BYTES;
}

static const struct hs_proc_span *capture_span_at(const struct capture *c, size_t i)
{
	return &c->proc.spans[c->vma->first_span + i];
}

/* ---- the pages of one VMA, as a whole ---------------------------------------------------- */

static bool capture_is_special(const struct hs_proc_vma *vma)
{
	return vma->flags & (HS_VM_PFNMAP | HS_VM_IO);
}

/* The page is the zero page, or anonymous and shared. */
static bool capture_is_doubtful(const struct hs_proc_span *span)
{
	return span->bits & HS_PM_PRESENT &&
	       !(span->bits & (HS_PM_FILE | HS_PM_EXCLUSIVE | HS_PM_ZERO | HS_PM_NOT_ZERO));
}

static bool capture_is_huge_zero(const struct capture *c, const struct hs_proc_span *span)
{
	return span->bits & HS_PM_PRESENT && span->bits & HS_PM_FILE && c->vma->anonymous &&
	       !c->vma->hugetlb && !(span->addr / HS_PAGE_BYTES % LEAF) && !(span->count % LEAF);
}

static void capture_resolve_zero(struct capture *c)
{
	uint64_t doubtful = 0, counted = 0, rss = c->vma->rss_kb / 4, zero;

	c->zero = false;
	for (size_t i = 0; i < c->vma->spans; i++) {
		const struct hs_proc_span *span = capture_span_at(c, i);

		if (capture_is_doubtful(span))
			doubtful += span->count;
		else if (span->bits & HS_PM_PRESENT && !(span->bits & HS_PM_ZERO) &&
			 !capture_is_huge_zero(c, span))
			counted += span->count;
	}
	if (!doubtful || capture_is_special(c->vma) || c->vma->hugetlb)
		return;
	zero = counted + doubtful > rss ? counted + doubtful - rss : 0;
	if (zero > doubtful)
		zero = doubtful;
	if (!c->vma->detailed) {
		c->maybe_zero += doubtful;
	} else if (zero && zero < doubtful) {
		c->doubtful_zero += doubtful;
		c->zero_among += zero;
	} else {
		c->zero = zero != 0;
	}
}

/* Finds the first address of the span, from @addr on, where a leaf of 2 MiB may be. */
static bool capture_next_place(struct capture *c, const struct hs_proc_span *span, uint64_t addr,
			       uint64_t *place)
{
	uint64_t bytes = LEAF * HS_PAGE_BYTES, flags;

	addr = (addr + bytes - 1) & ~(bytes - 1);
	for (; addr + bytes <= capture_span_end(span); addr += bytes) {
		uint64_t frame = span->frame + (addr - span->addr) / HS_PAGE_BYTES;

		*place = addr;
		if (!span->frame)
			return true;
		if (frame % LEAF)
			continue;
		if (!hs_proc_page_flags(&c->proc, frame, &flags) || flags & HS_KPF_THP)
			return true;
	}
	return false;
}

static bool capture_may_be_leaves(const struct capture *c, const struct hs_proc_span *span)
{
	return span->bits & HS_PM_PRESENT && !(span->bits & HS_PM_ZERO) &&
	       !capture_is_huge_zero(c, span) && !(capture_is_doubtful(span) && c->zero);
}

/* Sets how many leaves the VMA has, and counts it if it has more places for them. */
static void capture_resolve_leaves(struct capture *c)
{
	uint64_t places[2] = { 0, 0 }, place;

	c->anon_leaves = c->vma->anon_huge_kb / 2048;
	c->file_leaves = c->vma->file_huge_kb / 2048;
	if (c->vma->hugetlb || capture_is_special(c->vma) || (!c->anon_leaves && !c->file_leaves))
		return;
	for (size_t i = 0; i < c->vma->spans; i++) {
		const struct hs_proc_span *span = capture_span_at(c, i);
		uint64_t addr = span->addr;

		for (; capture_may_be_leaves(c, span) && capture_next_place(c, span, addr, &place);
		     addr = place + LEAF * HS_PAGE_BYTES)
			places[(span->bits & HS_PM_FILE) != 0]++;
	}
	c->doubtful_leaves += (c->anon_leaves && places[0] > c->anon_leaves) ||
			      (c->file_leaves && places[1] > c->file_leaves);
}

static bool capture_is_shmem_name(const char *name)
{
	static const char *const begin[] = { "/dev/shm/", "/memfd:", "/SYSV", "/dev/zero\\040(",
					     "[anon_shmem:" };

	for (unsigned int i = 0; name && i < sizeof(begin) / sizeof(begin[0]); i++)
		if (!strncmp(name, begin[i], strlen(begin[i])))
			return true;
	return false;
}

/*
 * All pages of a VMA's file are of one kind: kpageflags of the first page, or the name, says which.
 */
static void capture_resolve_file(struct capture *c)
{
	uint64_t flags;

	c->file_is = capture_is_shmem_name(c->vma->name) ? HS_OF_SHMEM : HS_OF_FILE;
	for (size_t i = 0; i < c->vma->spans; i++) {
		const struct hs_proc_span *span = capture_span_at(c, i);

		if (!(span->bits & HS_PM_PRESENT) || !(span->bits & HS_PM_FILE))
			continue;
		if (!c->vma->hugetlb && hs_proc_page_flags(&c->proc, span->frame, &flags))
			c->file_is = flags & HS_KPF_SWAPBACKED ? HS_OF_SHMEM : HS_OF_FILE;
		return;
	}
}

/* ---- entries ----------------------------------------------------------------------------- */

static bool capture_is_writable(const struct hs_proc_vma *vma, const struct hs_proc_span *span)
{
	if (!(vma->flags & HS_VM_WRITE) || span->bits & HS_PM_UFFD_WP)
		return false;
	if (vma->flags & HS_VM_SHARED)
		return span->bits & HS_PM_FILE;
	return span->bits & HS_PM_EXCLUSIVE && !(span->bits & HS_PM_FILE);
}

/* What the entries of the span are. Size and pfn are not set yet. */
static struct hs_space_map capture_span_entry(const struct capture *c,
					      const struct hs_proc_span *span)
{
	bool write = c->vma->flags & HS_VM_WRITE;
	struct hs_space_map map = { .kind = HS_MAP_RO };

	if (!(span->bits & HS_PM_PRESENT)) {
		map.kind = span->bits & HS_PM_GUARD ? HS_MAP_POISON : HS_MAP_SWAP;
		if (map.kind == HS_MAP_SWAP)
			map.of = c->vma->flags & HS_VM_SHARED ? HS_OF_UNSAID : HS_OF_ANON;
	} else if (capture_is_special(c->vma)) {
		map.kind = write ? HS_MAP_SPECIALRW : HS_MAP_SPECIAL;
	} else if (span->bits & HS_PM_ZERO || capture_is_huge_zero(c, span) ||
		   (capture_is_doubtful(span) && c->zero)) {
		map.kind = HS_MAP_ZERO;
	} else {
		map.kind = capture_is_writable(c->vma, span) ? HS_MAP_RW : HS_MAP_RO;
		map.of = span->bits & HS_PM_FILE ? c->file_is : HS_OF_ANON;
	}
	return map;
}

/*
 * Sets the pfn of map->count entries, from @frame if frames are shown. False: it is not possible.
 */
static bool capture_find_pfn(struct capture *c, struct hs_space_map *map, uint64_t frame)
{
	uint64_t leaf = hs_map_pages(map->level), pages = map->count * leaf;
	uint64_t *next = map->kind == HS_MAP_SWAP ? &c->next_swap : &c->next_pfn;

	map->pfn = 0;
	if (!hs_map_has_pfn(map->kind) || map->kind == HS_MAP_POISON)
		return true;
	map->pfn = c->proc.frames ? frame : (*next + leaf - 1) & ~(leaf - 1);
	if (!c->proc.frames)
		*next = map->pfn + pages;
	return map->pfn % leaf == 0 && map->pfn < HS_PFN_END && pages <= HS_PFN_END - map->pfn;
}

/* Adds @count entries of @level for the part of the span from @addr on. */
static int capture_add_entries(struct capture *c, const struct hs_proc_span *span, uint64_t addr,
			       uint64_t count, uint32_t level)
{
	struct hs_space_map map = capture_span_entry(c, span);
	uint64_t frame = span->frame + (addr - span->addr) / HS_PAGE_BYTES;

	if (!count)
		return 0;
	map.addr = addr;
	map.count = count;
	map.level = level;
	if (!capture_find_pfn(c, &map, span->frame ? frame : 0)) {
		c->clipped += count * hs_map_pages(level);
		return 0;
	}
	return hs_layout_add_map(c->proc.mem, c->layout, &map);
}

/* Adds leaves where they may be until none is left, and the rest as 4 KiB entries. */
static int capture_add_span(struct capture *c, const struct hs_proc_span *span)
{
	uint64_t *leaves = span->bits & HS_PM_FILE ? &c->file_leaves : &c->anon_leaves;
	uint64_t addr = span->addr, place;
	int ret = 0;

	while (!ret && *leaves && !capture_is_special(c->vma) && capture_may_be_leaves(c, span) &&
	       capture_next_place(c, span, addr, &place)) {
		ret = capture_add_entries(c, span, addr, (place - addr) / HS_PAGE_BYTES, 0);
		if (!ret)
			ret = capture_add_entries(c, span, place, 1, 1);
		addr = place + LEAF * HS_PAGE_BYTES;
		--*leaves;
	}
	if (!ret)
		ret = capture_add_entries(c, span, addr,
					  (capture_span_end(span) - addr) / HS_PAGE_BYTES, 0);
	return ret;
}

/* A hugetlb page that does not show as present and whole was changing: it is clipped. */
static int capture_add_hugetlb_span(struct capture *c, const struct hs_proc_span *span)
{
	uint32_t level = hs_space_huge_level(c->vma->flags);
	uint64_t pages = hs_map_pages(level), bytes = pages * HS_PAGE_BYTES;
	uint64_t addr = (span->addr + bytes - 1) & ~(bytes - 1);
	uint64_t count = capture_span_end(span) > addr ? (capture_span_end(span) - addr) / bytes
						       : 0;

	if (!(span->bits & HS_PM_PRESENT))
		count = 0;
	c->clipped += span->count - count * pages;
	return capture_add_entries(c, span, addr, count, level);
}

static int capture_add_pages(struct capture *c)
{
	int ret = 0;

	c->hidden += c->vma->flags & HS_VM_PFNMAP && !c->vma->spans && c->proc.pagemap >= 0;
	capture_resolve_zero(c);
	capture_resolve_leaves(c);
	capture_resolve_file(c);
	for (size_t i = 0; !ret && i < c->vma->spans; i++)
		ret = c->vma->hugetlb ? capture_add_hugetlb_span(c, capture_span_at(c, i))
				      : capture_add_span(c, capture_span_at(c, i));
	return ret;
}

/* ---- VMAs -------------------------------------------------------------------------------- */

/* Why a layout cannot hold the VMA, or NULL. Sets the flags of a hugetlb VMA. */
static const char *capture_vma_refusal(struct hs_proc_vma *vma, uint64_t low)
{
	uint64_t huge = HS_PAGE_BYTES;

	if (vma->end > HS_SPACE_ADDR_END)
		return "above 0x800000000000";
	if (vma->start < low)
		return "overlaps the vma before, the process is changing";
	if (vma->hugetlb) {
		if (vma->page_kb != 2048 && vma->page_kb != 1048576)
			return "its pages have another size than 2 MiB and 1 GiB";
		vma->flags |= HS_VM_HUGETLB | (vma->page_kb == 2048 ? 0 : HS_VM_HUGETLB_1G);
		huge = vma->page_kb << 10;
	} else if (vma->page_kb != 4) {
		return "its pages have another size than 4 KiB";
	}
	return (vma->start | vma->end) & (huge - 1) ? "not aligned to its huge pages" : NULL;
}

/* Drops the VMAs that a layout cannot hold. */
static void capture_keep_possible_vmas(struct capture *c)
{
	struct hs_proc *proc = &c->proc;
	uint64_t low = 0;
	size_t kept = 0;

	for (size_t i = 0; i < proc->vma_count; i++) {
		struct hs_proc_vma *vma = &proc->vmas[i];
		const char *why = capture_vma_refusal(vma, low);

		if (why) {
			capture_comment(c, "left out: 0x%" PRIx64 "-0x%" PRIx64 ": %s", vma->start,
					vma->end, why);
			hs_hostmem_free(proc->mem, vma->name);
			continue;
		}
		low = vma->end;
		proc->vmas[kept++] = *vma;
	}
	proc->vma_count = kept;
}

static int capture_add_vmas(struct capture *c)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < c->proc.vma_count; i++) {
		c->vma = &c->proc.vmas[i];
		ret = hs_layout_add_vma(c->proc.mem, c->layout, c->vma->start, c->vma->end,
					c->vma->flags, c->vma->name);
		if (!ret)
			ret = capture_add_pages(c);
	}
	return ret;
}

/* ---- comments ---------------------------------------------------------------------------- */

static void capture_comment_on_frames(struct capture *c)
{
	if (c->proc.pagemap < 0) {
		capture_comment(c, "no entries: pagemap: %s", strerror(-c->proc.pagemap));
	} else if (!c->proc.frames) {
		capture_comment(c,
				"frames are not shown to this user: pfns go up from 0x%" PRIx64
				", a page mapped twice is two",
				HS_SPACE_FIRST_PFN);
	} else if (c->proc.kpageflags < 0) {
		capture_comment(c, "no page flags: kpageflags: %s", strerror(-c->proc.kpageflags));
	}
}

static void capture_comment_on_gaps(struct capture *c)
{
	if (c->proc.read_until)
		capture_comment(
			c, "no entries from 0x%" PRIx64 " on: pagemap: %s", c->proc.read_until,
			c->proc.read_error ? strerror(c->proc.read_error) : "it ends there");
	if (c->hidden)
		capture_comment(c, "vmas with p (PFNMAP), whose entries pagemap does not show: %u",
				c->hidden);
	if (c->proc.skipped_vmas)
		capture_comment(
			c, "vmas of more than 4 GiB that were not searched for the zero page: %u",
			c->proc.skipped_vmas);
	if (c->doubtful_zero)
		capture_comment(c,
				"ro entries that are the zero page, not known which: %" PRIu64
				" of %" PRIu64,
				c->zero_among, c->doubtful_zero);
	if (c->maybe_zero)
		capture_comment(c, "ro entries that may be the zero page: %" PRIu64, c->maybe_zero);
	if (c->doubtful_leaves)
		capture_comment(
			c, "vmas where huge pages are in the first places where they may be: %u",
			c->doubtful_leaves);
	if (c->clipped)
		capture_comment(c, "pages left out, because they were changing: %" PRIu64,
				c->clipped);
}

/* ---- files ------------------------------------------------------------------------------- */

static int capture_refuse(const struct capture *c, const char *what, char error[HS_CAPTURE_ERROR])
{
	snprintf(error, HS_CAPTURE_ERROR, "process %.20s: %.400s", c->ask->pid, what);
	return -EINVAL;
}

static int capture_refuse_ended(const struct capture *c, char error[HS_CAPTURE_ERROR])
{
	return capture_refuse(c, "it ended meanwhile, or called execve()", error);
}

static int capture_open_files(struct capture *c, char error[HS_CAPTURE_ERROR])
{
	int ret = hs_proc_open(&c->proc, c->ask->proc, c->ask->pid);

	if (!ret)
		return 0;
	return capture_refuse(
		c, ret == -ENOENT || ret == -ESRCH ? "no such process" : strerror(-ret), error);
}

/* -ENOENT means that the process has ended only if its directory is gone too. */
static int capture_refuse_vmas(const struct capture *c, int why, char error[HS_CAPTURE_ERROR])
{
	char path[512];

	snprintf(path, sizeof(path), "%.256s/%.20s", c->ask->proc, c->ask->pid);
	if (why == -ESRCH || (why == -ENOENT && access(path, F_OK)))
		return capture_refuse_ended(c, error);
	snprintf(path, sizeof(path), "smaps: %s", strerror(-why));
	return capture_refuse(c, path, error);
}

static int capture_read_vmas(struct capture *c, char error[HS_CAPTURE_ERROR])
{
	const char *name;
	char path[512], *bytes;
	size_t length;
	int ret = hs_proc_read_vmas(&c->proc, &name, &bytes, &length);

	if (ret)
		return ret == -ENOMEM ? ret : capture_refuse_vmas(c, ret, error);
	if (c->proc.smaps < 0)
		capture_comment(c, "no huge pages, no flags i p m: smaps: %s",
				strerror(-c->proc.smaps));
	snprintf(path, sizeof(path), "%.256s/%.20s/%s", c->ask->proc, c->ask->pid, name);
	ret = hs_proc_parse_vmas(&c->proc, path, bytes, length, error);
	hs_hostmem_free(c->proc.mem, bytes);
	return ret;
}

static int capture_read_process(struct capture *c, char error[HS_CAPTURE_ERROR])
{
	int ret = capture_open_files(c, error);

	if (ret)
		return ret;
	capture_comment(c, "process %s, while it ran: vmas and entries may be of different moments",
			c->ask->pid);
	if (c->proc.smaps != -ESRCH) /* no memory; older kernels open an empty file instead */
		ret = capture_read_vmas(c, error);
	if (ret)
		return ret;
	if (!c->proc.vma_count)
		return capture_refuse(c, "it has no memory: a kernel thread, or it has ended",
				      error);
	if (c->proc.pagemap == -ESRCH)
		return capture_refuse_ended(c, error);
	capture_keep_possible_vmas(c);
	for (size_t i = 0; !ret && i < c->proc.vma_count; i++)
		ret = hs_proc_scan(&c->proc, &c->proc.vmas[i]);
	if (ret == -ESRCH || (!ret && hs_proc_has_ended(&c->proc)))
		return capture_refuse_ended(c, error);
	return ret;
}

int hs_capture(struct hs_hostmem *mem, const struct hs_capture *ask, struct hs_layout *layout,
	       struct hs_out *comments, char error[HS_CAPTURE_ERROR])
{
	struct capture c = {
		.ask = ask,
		.layout = layout,
		.comments = comments,
		.next_pfn = HS_SPACE_FIRST_PFN,
		.next_swap = 1,
	};
	char name[32];
	int ret;

	hs_proc_init(&c.proc, mem);
	*comments = (struct hs_out){ .mem = mem };
	snprintf(name, sizeof(name), "process-%.20s", ask->pid);
	ret = hs_layout_begin(mem, layout, name);
	if (!ret && strlen(ask->proc) > PROC_MAX) {
		snprintf(error, HS_CAPTURE_ERROR, "expected a directory of at most %d bytes",
			 PROC_MAX);
		ret = -EINVAL;
	}
	if (!ret)
		ret = capture_read_process(&c, error);
	if (!ret)
		ret = capture_add_vmas(&c);
	if (!ret) {
		capture_comment_on_frames(&c);
		capture_comment_on_gaps(&c);
	}
	hs_proc_free(&c.proc);
	if (!ret && comments->failed)
		ret = -ENOMEM;
	if (ret) {
		hs_layout_free(mem, layout);
		hs_out_free(comments);
	}
	return ret;
}

void hs_capture_drop_names(struct hs_hostmem *mem, struct hs_layout *layout)
{
	for (size_t i = 0; i < layout->vma_count; i++) {
		hs_hostmem_free(mem, layout->vmas[i].name);
		layout->vmas[i].name = NULL;
	}
}
