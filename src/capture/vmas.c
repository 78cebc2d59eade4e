/* SPDX-License-Identifier: MIT */
/*
 * vmas.c - parses /proc/PID/smaps and /proc/PID/maps into VMAs
 *
 * The line of a VMA has the same form in both. In smaps, lines "Key: value" follow it. A key ends
 * at the first colon, and blanks and tabs are the same. Unknown keys are skipped, because every
 * kernel has others. Lines of no form, and values of known keys that are no number, are skipped
 * and counted; so is what follows the line of a VMA that is not understood.
 *
 * A VMA maps a file if it has an inode, is shared, or has a path: a SysV segment with the id 0 has
 * no inode but the rest, and a private mapping of /dev/zero has an inode but maps nothing.
 */
#include "capture/proc.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct lines {
	const char *at, *end; /* the rest of the present line */
	unsigned long number;
	bool lost; /* the line of the VMA that the present keys are of was not understood */
};

/* ---- words of a line --------------------------------------------------------------------- */

static bool proc_vmas_is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static void proc_vmas_skip_blanks(struct lines *l)
{
	while (l->at < l->end && proc_vmas_is_blank(*l->at))
		l->at++;
}

static struct hs_word proc_vmas_next_word(struct lines *l)
{
	struct hs_word word;

	proc_vmas_skip_blanks(l);
	word.at = l->at;
	while (l->at < l->end && !proc_vmas_is_blank(*l->at))
		l->at++;
	word.length = (size_t)(l->at - word.at);
	return word;
}

static bool proc_vmas_is_digit(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

/* Takes all hexadecimal digits that follow; there must be 1 to 16. */
static bool proc_vmas_take_hex(struct lines *l, uint64_t *value)
{
	unsigned int digits = 0;

	for (*value = 0; l->at < l->end && proc_vmas_is_digit(*l->at); l->at++, digits++)
		*value = *value << 4 | (uint64_t)(*l->at <= '9' ? *l->at - '0' : *l->at - 'a' + 10);
	return digits >= 1 && digits <= 16;
}

/* ---- a VMA's own line -------------------------------------------------------------------- */

static bool proc_vmas_take_range(struct lines *l, struct hs_proc_vma *vma)
{
	if (!proc_vmas_take_hex(l, &vma->start) || l->at == l->end || *l->at != '-')
		return false;
	l->at++;
	return proc_vmas_take_hex(l, &vma->end) && vma->start < vma->end &&
	       !((vma->start | vma->end) % HS_PAGE_BYTES);
}

static bool proc_vmas_take_access(struct lines *l, uint32_t *flags)
{
	static const char letters[] = "rwxs";
	struct hs_word word = proc_vmas_next_word(l);

	if (word.length != 4 || (word.at[3] != 's' && word.at[3] != 'p'))
		return false;
	for (unsigned int i = 0; i < 4; i++) {
		if (word.at[i] == letters[i])
			*flags |= 1u << i;
		else if (i < 3 && word.at[i] != '-')
			return false;
	}
	return true;
}

/*
 * Makes one word of the name. A byte that a word cannot hold becomes \ooo, and so does a
 * backslash, so that different names stay different. (maps itself does not tell a newline from the
 * text \012.)
 */
static char *proc_vmas_copy_name(struct hs_hostmem *mem, const char *at, const char *end)
{
	char *name = hs_hostmem_zalloc(mem, 4, (size_t)(end - at) + 1), *to = name;

	for (; name && at < end; at++) {
		unsigned char c = (unsigned char)*at;

		if (c > ' ' && c != '\177' && c != '\\')
			*to++ = *at;
		else
			to += snprintf(to, 5, "\\%03o", c);
	}
	return name;
}

/* Offset, device and inode. */
static bool proc_vmas_take_place(struct lines *l, uint64_t *inode)
{
	struct hs_word word = proc_vmas_next_word(l);

	if (!word.length || !proc_vmas_next_word(l).length)
		return false;
	word = proc_vmas_next_word(l);
	return hs_word_number(&word, inode);
}

static bool proc_vmas_maps_nothing(const struct hs_proc_vma *vma, uint64_t inode)
{
	if (vma->flags & HS_VM_SHARED)
		return false;
	if (vma->name && !strcmp(vma->name, "/dev/zero"))
		return true;
	return !inode && !hs_proc_is_named(vma, "/");
}

static int proc_vmas_add(struct hs_proc *proc, struct lines *l)
{
	struct hs_proc_vma vma = { .kb[HS_SMAPS_PAGE] = 4 }, *vmas;
	uint64_t inode;

	if (!proc_vmas_take_range(l, &vma) || !proc_vmas_take_access(l, &vma.flags) ||
	    !proc_vmas_take_place(l, &inode))
		return -EINVAL;
	proc_vmas_skip_blanks(l);
	vmas = hs_hostmem_grow(proc->mem, proc->vmas, proc->vma_count, sizeof(*vmas));
	if (!vmas)
		return -ENOMEM;
	proc->vmas = vmas;
	if (l->at < l->end) {
		vma.name = proc_vmas_copy_name(proc->mem, l->at, l->end);
		if (!vma.name)
			return -ENOMEM;
	}
	vma.anonymous = proc_vmas_maps_nothing(&vma, inode);
	vmas[proc->vma_count++] = vma;
	return 0;
}

/* ---- Key: value -------------------------------------------------------------------------- */

#define FIGURE_MAX ((uint64_t)1 << 54) /* kB */

static void proc_vmas_take_vm_flags(struct lines *l, struct hs_proc_vma *vma)
{
	static const struct {
		const char *name;
		uint32_t flag;
	} known[] = { { "io", HS_VM_IO }, { "pf", HS_VM_PFNMAP }, { "mm", HS_VM_MIXEDMAP } };
	struct hs_word word;

	vma->has_flags = true;
	while ((word = proc_vmas_next_word(l)).length) {
		for (unsigned int i = 0; i < sizeof(known) / sizeof(known[0]); i++)
			if (hs_word_is(&word, known[i].name))
				vma->flags |= known[i].flag;
		vma->hugetlb |= hs_word_is(&word, "ht");
	}
}

static int proc_vmas_take_figure(struct lines *l, struct hs_proc_vma *vma, enum hs_smaps figure)
{
	struct hs_word number = proc_vmas_next_word(l), unit = proc_vmas_next_word(l);
	uint64_t kb;

	if (!hs_word_number(&number, &kb) || kb > FIGURE_MAX)
		return -EINVAL;
	if (unit.length && !hs_word_is(&unit, "kB"))
		return -EINVAL;
	if (figure == HS_SMAPS_PAGE)
		vma->kb[figure] = 0;
	vma->kb[figure] += kb;
	vma->said |= 1u << figure;
	return 0;
}

static int proc_vmas_take_detail(struct lines *l, struct hs_proc_vma *vma)
{
	static const struct {
		const char *key;
		enum hs_smaps figure;
	} figures[] = {
		{ "KernelPageSize", HS_SMAPS_PAGE },
		{ "Rss", HS_SMAPS_RSS },
		{ "Shared_Clean", HS_SMAPS_SHARED },
		{ "Shared_Dirty", HS_SMAPS_SHARED },
		{ "Shared_Hugetlb", HS_SMAPS_HUGETLB },
		{ "Private_Hugetlb", HS_SMAPS_HUGETLB },
		{ "Swap", HS_SMAPS_SWAP },
		{ "Anonymous", HS_SMAPS_ANON },
		{ "AnonHugePages", HS_SMAPS_ANON_HUGE },
		{ "ShmemPmdMapped", HS_SMAPS_FILE_HUGE },
		{ "FilePmdMapped", HS_SMAPS_FILE_HUGE },
	};
	const char *colon = memchr(l->at, ':', (size_t)(l->end - l->at));
	struct hs_word key = { .at = l->at };

	if (!colon || colon == l->at)
		return -EINVAL;
	key.length = (size_t)(colon - l->at);
	l->at = colon + 1;
	vma->detailed = true;
	if (hs_word_is(&key, "VmFlags")) {
		proc_vmas_take_vm_flags(l, vma);
		return 0;
	}
	for (unsigned int i = 0; i < sizeof(figures) / sizeof(figures[0]); i++)
		if (hs_word_is(&key, figures[i].key))
			return proc_vmas_take_figure(l, vma, figures[i].figure);
	return 0;
}

/* ---- the file ---------------------------------------------------------------------------- */

/* The line begins as that of a VMA: hexadecimal digits and a hyphen. */
static bool proc_vmas_is_vma(const struct lines *l)
{
	const char *at = l->at;

	while (at < l->end && proc_vmas_is_digit(*at))
		at++;
	return at > l->at && at < l->end && *at == '-';
}

static int proc_vmas_take_line(struct hs_proc *proc, struct lines *l)
{
	int ret;

	if (l->at == l->end)
		return 0;
	if (proc_vmas_is_vma(l)) {
		ret = proc_vmas_add(proc, l);
		l->lost = ret != 0;
		return ret;
	}
	if (l->lost)
		return 0;
	return proc->vma_count ? proc_vmas_take_detail(l, &proc->vmas[proc->vma_count - 1])
			       : -EINVAL;
}

static bool proc_vmas_is_dax_name(const char *name)
{
	static const char begin[] = "/dev/dax";
	size_t length = sizeof(begin) - 1;

	return name && !strncmp(name, begin, length) && name[length] >= '0' && name[length] <= '9';
}

/*
 * Huge pages that are not hugetlb are those of device-dax, which says its page size since 4.18;
 * but before 3.8 there was no VmFlags to say what is hugetlb.
 */
static void proc_vmas_settle(struct hs_proc_vma *vma)
{
	uint64_t kb = vma->kb[HS_SMAPS_PAGE];
	bool huge = kb == 2048 || kb == 1048576;

	if (vma->hugetlb || vma->anonymous)
		return;
	vma->dax = proc_vmas_is_dax_name(vma->name) || (huge && vma->has_flags);
	vma->hugetlb = huge && !vma->dax;
}

int hs_proc_parse_vmas(struct hs_proc *proc, const char *name, const char *bytes, size_t length,
		       char error[HS_CAPTURE_ERROR])
{
	const char *at = bytes, *end = bytes + length;
	struct lines l = { .number = 0 };
	int ret = 0;

	while (ret != -ENOMEM && at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));

		l.at = at;
		l.end = newline ? newline : end;
		l.number++;
		at = newline ? newline + 1 : end;
		proc->cut = !newline;
		ret = proc_vmas_take_line(proc, &l);
		if (ret == -EINVAL && !proc->skipped_lines++)
			proc->first_skipped = l.number;
	}
	for (size_t i = 0; i < proc->vma_count; i++)
		proc_vmas_settle(&proc->vmas[i]);
	if (ret == -ENOMEM)
		return ret;
	if (proc->vma_count || !proc->skipped_lines)
		return 0;
	snprintf(error, HS_CAPTURE_ERROR,
		 "%.400s:%lu: expected START-END rwxp OFFSET DEV INODE [NAME]", name,
		 proc->first_skipped);
	return -EINVAL;
}
