/* SPDX-License-Identifier: MIT */
/*
 * entries.c - the entries of a captured VMA
 *
 * words.c and figures.c say what a word of pagemap is. It becomes
 *
 *	present			ro, rw		of=file or of=shmem unless it is anonymous
 *	the zero page		zero		a huge zero page too, 4 KiB by 4 KiB
 *	in a VMA with i,	special[rw]	rw if the VMA is writable
 *	or of no page
 *	device memory		dev[ro|rw]	of device-dax and of files (fsdax)
 *				ro, rw		coherent and p2pdma memory, as in the kernel
 *				dp[r|w]		device-private
 *	swap			swap
 *	migration, exclusive	mig[r|w], dx[r|w]
 *	hwpoison		hwp
 *	marker			marker		of userfaultfd
 *				poison		of poison, and a guard: an access kills the
 *						process
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
 * A huge page in a VMA that is not hugetlb needs 2 MiB of pages from an aligned address that say
 * the same. Where frames are shown they must go on from an aligned frame, which kpageflags, if it
 * can be read, calls THP. smaps says how many huge pages there are. If more places qualify, the
 * first ones are taken, and a comment says so.
 *
 * Entries of device-dax have the page size of the VMA. Device memory of a file is a leaf where 2
 * MiB of it are in a row from an aligned frame, because smaps counts no huge page for it.
 *
 * Where frames are not shown (pagemap has 0 without CAP_SYS_ADMIN), pages get pfns from 0x100000
 * on in address order, aligned for leaves, and swap entries get offsets from 1 on. A page that is
 * mapped twice becomes two pages then.
 *
 * Entries that do not fit together, because the process changed meanwhile, are clipped.
 */
#include "capture/capturing.h"

#define LEAF hs_map_pages(1) /* of 2 MiB */

/* ---- entries ----------------------------------------------------------------------------- */

static bool capture_ends_deleted(const char *name)
{
	static const char end[] = "\\040(deleted)";
	size_t length = strlen(name), of_end = sizeof(end) - 1;

	return length >= of_end && !strcmp(name + length - of_end, end);
}

/* Shared memory that is no file of a mounted file system never had a name to be deleted. */
static bool capture_is_shmem_name(const char *name)
{
	static const char *const begin[] = { "/dev/shm/", "[anon_shmem:" };
	static const char *const deleted[] = { "/memfd:", "/SYSV", "/dev/zero\\040(" };

	for (unsigned int i = 0; name && i < sizeof(begin) / sizeof(begin[0]); i++)
		if (!strncmp(name, begin[i], strlen(begin[i])))
			return true;
	for (unsigned int i = 0; name && i < sizeof(deleted) / sizeof(deleted[0]); i++)
		if (!strncmp(name, deleted[i], strlen(deleted[i])) && capture_ends_deleted(name))
			return true;
	return false;
}

/*
 * All pages of a VMA's file are of one kind: kpageflags of the first page, or the name, says
 * which.
 */
static void capture_resolve_file(struct hs_capturing *c)
{
	uint64_t flags;

	c->file_is = capture_is_shmem_name(c->vma->name) ? HS_OF_SHMEM : HS_OF_FILE;
	for (size_t i = 0; i < c->vma->spans; i++) {
		const struct hs_proc_span *span = hs_capture_span_at(c, i);

		if (!span->of_file || !hs_figures_may_be_leaves(span))
			continue;
		flags = c->vma->hugetlb ? 0 : hs_proc_page_flags(&c->proc, span->frame);
		if (flags)
			c->file_is = flags & HS_KPF_SWAPBACKED ? HS_OF_SHMEM : HS_OF_FILE;
		return;
	}
}

static bool capture_is_writable(const struct hs_proc_vma *vma, const struct hs_proc_span *span)
{
	if (!(vma->flags & HS_VM_WRITE) || span->bits & HS_PM_UFFD_WP)
		return false;
	return vma->flags & HS_VM_SHARED || (span->bits & HS_PM_EXCLUSIVE && !span->of_file);
}

static enum hs_map_kind capture_device_kind(const struct hs_capturing *c,
					    const struct hs_proc_span *span)
{
	bool write = capture_is_writable(c->vma, span);

	if (span->device == HS_PGMAP_COHERENT || span->device == HS_PGMAP_P2PDMA)
		return write ? HS_MAP_RW : HS_MAP_RO;
	return write ? HS_MAP_DEVRW : HS_MAP_DEVRO;
}

/* What the entries of the span are. Size and pfn are not set yet. */
static struct hs_space_map capture_span_entry(const struct hs_capturing *c,
					      const struct hs_proc_span *span)
{
	static const struct {
		enum hs_map_kind ro, rw;
	} kinds[HS_ENTRY_COUNT] = {
		[HS_ENTRY_ZERO] = { HS_MAP_ZERO, HS_MAP_ZERO },
		[HS_ENTRY_SPECIAL] = { HS_MAP_SPECIAL, HS_MAP_SPECIALRW },
		[HS_ENTRY_SWAP] = { HS_MAP_SWAP, HS_MAP_SWAP },
		[HS_ENTRY_BARE] = { HS_MAP_SWAP, HS_MAP_SWAP },
		[HS_ENTRY_PRIVATE] = { HS_MAP_DPR, HS_MAP_DPW },
		[HS_ENTRY_EXCLUSIVE] = { HS_MAP_DXR, HS_MAP_DXW },
		[HS_ENTRY_MIGRATION] = { HS_MAP_MIGR, HS_MAP_MIGW },
		[HS_ENTRY_HWPOISON] = { HS_MAP_HWP, HS_MAP_HWP },
		[HS_ENTRY_MARKER] = { HS_MAP_MARKER, HS_MAP_MARKER },
		[HS_ENTRY_POISON] = { HS_MAP_POISON, HS_MAP_POISON },
	};
	struct hs_space_map map = { .kind = span->write ? kinds[span->entry].rw
							: kinds[span->entry].ro };

	if (hs_figures_may_be_leaves(span))
		map.kind = capture_is_writable(c->vma, span) ? HS_MAP_RW : HS_MAP_RO;
	else if (span->entry == HS_ENTRY_DEVICE)
		map.kind = capture_device_kind(c, span);
	else if (map.kind == HS_MAP_ZERO || map.kind == HS_MAP_SPECIAL ||
		 map.kind == HS_MAP_SPECIALRW || map.kind == HS_MAP_MARKER ||
		 map.kind == HS_MAP_POISON || map.kind == HS_MAP_HWP)
		return map;
	if (span->of_file || (span->entry == HS_ENTRY_MIGRATION && span->bits & HS_PM_FILE))
		map.of = c->file_is;
	else if (!(c->vma->flags & HS_VM_SHARED))
		map.of = HS_OF_ANON;
	return map;
}

/* Markers in a row are one entry: their pfn, which says nothing, goes on. */
static uint64_t capture_marker_pfn(const struct hs_capturing *c, const struct hs_space_map *map)
{
	const struct hs_layout *layout = c->layout;
	const struct hs_space_map *last;

	if (!layout->map_count)
		return 0;
	last = &layout->maps[layout->map_count - 1];
	return last->kind == map->kind && hs_space_map_end(last) == map->addr &&
			       last->addr >= c->vma->start
		       ? last->pfn + last->count
		       : 0;
}

/* Where the pfns come from if @frame is not used; NULL: it is. */
static uint64_t *capture_made_up_pfns(struct hs_capturing *c, const struct hs_space_map *map,
				      const struct hs_proc_span *span)
{
	if (hs_map_is_private(map->kind))
		return &c->next_device[HS_PGMAP_PRIVATE];
	if (c->proc.frames)
		return NULL;
	if (span->entry == HS_ENTRY_DEVICE)
		return &c->next_device[span->device];
	return map->kind == HS_MAP_SWAP ? &c->next_swap : &c->next_pfn;
}

/* Sets the pfn of map->count entries, from @frame if it counts. False: it is not possible. */
static bool capture_find_pfn(struct hs_capturing *c, struct hs_space_map *map,
			     const struct hs_proc_span *span, uint64_t frame)
{
	uint64_t leaf = hs_map_pages(map->level), pages = map->count * leaf, *next;

	map->pfn = 0;
	if (!hs_map_has_pfn(map->kind))
		return true;
	if (map->kind == HS_MAP_POISON || map->kind == HS_MAP_MARKER) {
		map->pfn = capture_marker_pfn(c, map);
		return true;
	}
	next = capture_made_up_pfns(c, map, span);
	map->pfn = next ? (*next + leaf - 1) & ~(leaf - 1) : frame;
	if (map->pfn % leaf || map->pfn >= HS_PFN_END || pages > HS_PFN_END - map->pfn)
		return false;
	if (next)
		*next = map->pfn + pages;
	return true;
}

/* Adds @count entries of @level for the part of the span from @addr on. */
static int capture_add_entries(struct hs_capturing *c, const struct hs_proc_span *span,
			       uint64_t addr, uint64_t count, uint32_t level)
{
	struct hs_space_map map = capture_span_entry(c, span);
	uint64_t frame = span->frame + (addr - span->addr) / HS_PAGE_BYTES;
	int ret = 0;

	if (!count)
		return 0;
	map.addr = addr;
	map.count = count;
	map.level = level;
	if (!capture_find_pfn(c, &map, span, span->frame ? frame : 0)) {
		c->clipped += count * hs_map_pages(level);
		return 0;
	}
	if (hs_map_is_private(map.kind)) {
		map.owner = HS_DEVICES_OWNER;
		ret = hs_devices_add(c, HS_PGMAP_PRIVATE, map.pfn, hs_space_map_pages(&map));
	} else if (span->entry == HS_ENTRY_DEVICE) {
		ret = hs_devices_add(c, span->device, map.pfn, hs_space_map_pages(&map));
	}
	return ret ? ret : hs_layout_add_map(c->proc.mem, c->layout, &map);
}

/* Adds leaves of @level where addresses and frames are aligned for them, and the rest. */
static int capture_add_device_span(struct hs_capturing *c, const struct hs_proc_span *span,
				   uint32_t level)
{
	uint64_t pages = hs_map_pages(level), bytes = hs_map_bytes(level);
	uint64_t addr = (span->addr + bytes - 1) & ~(bytes - 1), end = hs_proc_span_end(span);
	uint64_t first = span->frame ? span->frame + (addr - span->addr) / HS_PAGE_BYTES : 0;
	uint64_t leaves = end > addr ? (end - addr) / bytes : 0;
	int ret;

	if (!level || !leaves || first % pages)
		return capture_add_entries(c, span, span->addr, span->count, 0);
	c->leaves_by_frame += c->vma->dax ? 0 : leaves;
	ret = capture_add_entries(c, span, span->addr, (addr - span->addr) / HS_PAGE_BYTES, 0);
	if (!ret)
		ret = capture_add_entries(c, span, addr, leaves, level);
	addr += leaves * bytes;
	if (!ret)
		ret = capture_add_entries(c, span, addr, (end - addr) / HS_PAGE_BYTES, 0);
	return ret;
}

static uint32_t capture_device_level(const struct hs_capturing *c, const struct hs_proc_span *span)
{
	uint64_t kb = c->vma->kb[HS_SMAPS_PAGE];

	if (c->vma->dax)
		return kb == 1048576 ? 2 : kb == 2048 ? 1 : 0;
	return span->device == HS_PGMAP_FS_DAX ? 1 : 0;
}

/* Adds leaves where they may be until none is left, and the rest as 4 KiB entries. */
static int capture_add_span(struct hs_capturing *c, const struct hs_proc_span *span)
{
	uint64_t *leaves = span->of_file ? &c->file_leaves : &c->anon_leaves;
	uint64_t addr = span->addr, place;
	int ret = 0;

	c->guessed += span->guessed ? span->count : 0;
	if (span->entry == HS_ENTRY_DEVICE)
		return capture_add_device_span(c, span, capture_device_level(c, span));
	while (!ret && *leaves && hs_figures_may_be_leaves(span) &&
	       hs_figures_next_place(c, span, addr, &place)) {
		ret = capture_add_entries(c, span, addr, (place - addr) / HS_PAGE_BYTES, 0);
		if (!ret)
			ret = capture_add_entries(c, span, place, 1, 1);
		addr = place + LEAF * HS_PAGE_BYTES;
		--*leaves;
	}
	if (!ret)
		ret = capture_add_entries(c, span, addr,
					  (hs_proc_span_end(span) - addr) / HS_PAGE_BYTES, 0);
	return ret;
}

/* A hugetlb page that does not show as present and whole was changing: it is clipped. */
static int capture_add_hugetlb_span(struct hs_capturing *c, const struct hs_proc_span *span)
{
	uint32_t level = hs_space_huge_level(c->vma->flags);
	uint64_t pages = hs_map_pages(level), bytes = pages * HS_PAGE_BYTES;
	uint64_t addr = (span->addr + bytes - 1) & ~(bytes - 1);
	uint64_t count = hs_proc_span_end(span) > addr ? (hs_proc_span_end(span) - addr) / bytes
						       : 0;

	if (!(span->bits & HS_PM_PRESENT))
		count = 0;
	c->clipped += span->count - count * pages;
	return capture_add_entries(c, span, addr, count, level);
}

int hs_capture_add_pages(struct hs_capturing *c)
{
	int ret = 0;

	c->hidden += c->vma->flags & HS_VM_PFNMAP && !c->vma->spans && c->proc.pagemap >= 0;
	hs_figures_resolve(c);
	capture_resolve_file(c);
	for (size_t i = 0; !ret && i < c->vma->spans; i++)
		ret = c->vma->hugetlb ? capture_add_hugetlb_span(c, hs_capture_span_at(c, i))
				      : capture_add_span(c, hs_capture_span_at(c, i));
	return ret;
}
