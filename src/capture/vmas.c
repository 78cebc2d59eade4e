/* SPDX-License-Identifier: MIT */
/*
 * vmas.c - parses /proc/PID/smaps and /proc/PID/maps into VMAs
 *
 * The line of a VMA has the same form in both. In smaps, lines "Key: value" follow it. Unknown keys
 * are skipped, because every kernel has others.
 */
#include "capture/proc.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct lines {
	const char *at, *end; /* the rest of the present line */
	unsigned long number;
};

/* ---- words of a line --------------------------------------------------------------------- */

static void proc_vmas_skip_blanks(struct lines *l)
{
	while (l->at < l->end && *l->at == ' ')
		l->at++;
}

static struct hs_word proc_vmas_next_word(struct lines *l)
{
	struct hs_word word;

	proc_vmas_skip_blanks(l);
	word.at = l->at;
	while (l->at < l->end && *l->at != ' ')
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
 * Makes one word of the name. A byte that a word cannot hold becomes \ooo, and so does a backslash,
 * so that different names stay different. (maps itself does not tell a newline from the text \012.)
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

static int proc_vmas_add(struct hs_proc *proc, struct lines *l)
{
	struct hs_proc_vma vma = { .page_kb = 4 }, *vmas;
	struct hs_word word = { NULL, 0 };

	if (!proc_vmas_take_range(l, &vma) || !proc_vmas_take_access(l, &vma.flags))
		return -EINVAL;
	for (int i = 0; i < 3; i++) { /* offset, device, inode */
		word = proc_vmas_next_word(l);
		if (!word.length)
			return -EINVAL;
	}
	vma.anonymous = hs_word_is(&word, "0");
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
	vmas[proc->vma_count++] = vma;
	return 0;
}

/* ---- Key: value -------------------------------------------------------------------------- */

static void proc_vmas_take_vm_flags(struct lines *l, struct hs_proc_vma *vma)
{
	static const struct {
		const char *name;
		uint32_t flag;
	} known[] = { { "io", HS_VM_IO }, { "pf", HS_VM_PFNMAP }, { "mm", HS_VM_MIXEDMAP } };
	struct hs_word word;

	while ((word = proc_vmas_next_word(l)).length) {
		for (unsigned int i = 0; i < sizeof(known) / sizeof(known[0]); i++)
			if (hs_word_is(&word, known[i].name))
				vma->flags |= known[i].flag;
		vma->hugetlb |= hs_word_is(&word, "ht");
	}
}

static int proc_vmas_take_detail(struct lines *l, struct hs_proc_vma *vma)
{
	struct hs_word key = proc_vmas_next_word(l), number;
	uint64_t kb;

	if (!key.length || key.at[key.length - 1] != ':')
		return -EINVAL;
	vma->detailed = true;
	if (hs_word_is(&key, "VmFlags:")) {
		proc_vmas_take_vm_flags(l, vma);
		return 0;
	}
	number = proc_vmas_next_word(l);
	if (!hs_word_number(&number, &kb))
		return 0;
	if (hs_word_is(&key, "KernelPageSize:"))
		vma->page_kb = kb;
	else if (hs_word_is(&key, "Rss:"))
		vma->rss_kb = kb;
	else if (hs_word_is(&key, "Swap:"))
		vma->swap_kb = kb;
	else if (hs_word_is(&key, "AnonHugePages:"))
		vma->anon_huge_kb = kb;
	else if (hs_word_is(&key, "ShmemPmdMapped:") || hs_word_is(&key, "FilePmdMapped:"))
		vma->file_huge_kb += kb;
	return 0;
}

/* ---- the file ---------------------------------------------------------------------------- */

static int proc_vmas_take_line(struct hs_proc *proc, struct lines *l)
{
	if (l->at == l->end)
		return 0;
	if (proc_vmas_is_digit(*l->at))
		return proc_vmas_add(proc, l);
	return proc->vma_count ? proc_vmas_take_detail(l, &proc->vmas[proc->vma_count - 1])
			       : -EINVAL;
}

int hs_proc_parse_vmas(struct hs_proc *proc, const char *name, const char *bytes, size_t length,
		       char error[HS_CAPTURE_ERROR])
{
	const char *at = bytes, *end = bytes + length;
	struct lines l = { .number = 0 };
	int ret = 0;

	while (!ret && at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));

		l.at = at;
		l.end = newline ? newline : end;
		l.number++;
		at = newline ? newline + 1 : end;
		ret = proc_vmas_take_line(proc, &l);
	}
	if (ret == -EINVAL)
		snprintf(error, HS_CAPTURE_ERROR,
			 "%.400s:%lu: expected START-END rwxp OFFSET DEV INODE [NAME]%s", name,
			 l.number, proc->vma_count ? " or KEY: VALUE" : "");
	return ret;
}
