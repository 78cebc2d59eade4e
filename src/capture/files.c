/* SPDX-License-Identifier: MIT */
/*
 * files.c - opens and reads the files of a process, and tells whether it has ended
 *
 * All files are opened before any is read, from one descriptor of the directory, so that another
 * process that gets the same number later is not mistaken for this one. smaps, maps and pagemap
 * stay bound to the address space that the process had when they were opened. When the process
 * ends, or calls execve(), they do not fail but read as if there were nothing more. smaps and maps
 * are empty from then on. So one look at them after everything else tells whether everything was
 * there.
 */
#include "capture/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define READ_FIRST 65536

void hs_proc_init(struct hs_proc *proc, struct hs_hostmem *mem)
{
	*proc = (struct hs_proc){ .mem = mem,
				  .smaps = -ENOENT,
				  .maps = -ENOENT,
				  .pagemap = -ENOENT,
				  .kpageflags = -ENOENT };
}

static int proc_file_open_at(int dir, const char *name, int flags)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | flags);

	return fd < 0 ? -errno : fd;
}

/*
 * A file that does not exist or is not allowed is left out, and so is one of a process without
 * memory. Anything else, such as too many open files, says nothing about the process.
 */
static bool proc_file_may_lack(int fd)
{
	return fd >= 0 || fd == -ENOENT || fd == -ESRCH || fd == -EACCES || fd == -EPERM;
}

/* 0x60c of "Linux version 6.12.3 (...". 0: there is no such file, or it says something else. */
static int proc_file_read_version(struct hs_proc *proc, const char *name)
{
	int fd = proc_file_open_at(AT_FDCWD, name, 0);
	unsigned int major, minor;
	char text[128];
	ssize_t n;

	if (fd < 0)
		return proc_file_may_lack(fd) ? 0 : fd;
	do {
		n = read(fd, text, sizeof(text) - 1);
	} while (n < 0 && errno == EINTR);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	if (sscanf(text, "Linux version %3u.%3u", &major, &minor) == 2 && minor < 256)
		proc->version = HS_PROC_VERSION(major, minor);
	return 0;
}

static int proc_file_check_open(struct hs_proc *proc)
{
	const struct {
		const char *name;
		int fd;
	} files[] = {
		{ "smaps", proc->smaps },
		{ "maps", proc->maps },
		{ "pagemap", proc->pagemap },
		{ "kpageflags", proc->kpageflags },
	};

	for (unsigned int i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		if (proc_file_may_lack(files[i].fd))
			continue;
		proc->failed = files[i].name;
		return files[i].fd;
	}
	return 0;
}

/* smaps comes first: if its address space is there at the end, so were those of the others. */
int hs_proc_open(struct hs_proc *proc, const char *path, const char *pid)
{
	char name[512];
	int dir, ret;

	snprintf(name, sizeof(name), "%.256s/%.20s", path, pid);
	dir = proc_file_open_at(AT_FDCWD, name, O_DIRECTORY);
	if (dir < 0)
		return dir;
	proc->smaps = proc_file_open_at(dir, "smaps", 0);
	proc->maps = proc_file_open_at(dir, "maps", 0);
	proc->pagemap = proc_file_open_at(dir, "pagemap", 0);
	close(dir);
	snprintf(name, sizeof(name), "%.256s/kpageflags", path);
	proc->kpageflags = proc_file_open_at(AT_FDCWD, name, 0);
	ret = proc_file_check_open(proc);
	if (ret)
		return ret;
	snprintf(name, sizeof(name), "%.256s/version", path);
	ret = proc_file_read_version(proc, name);
	if (ret)
		proc->failed = "version";
	return ret;
}

static int proc_file_read_fd(struct hs_hostmem *mem, int fd, char **bytes, size_t *length)
{
	size_t size = 0;
	ssize_t n = 1;

	while (n) {
		if (*length == size) {
			char *more = hs_hostmem_realloc(mem, *bytes, size ? 2 * size : READ_FIRST);

			if (!more)
				return -ENOMEM;
			*bytes = more;
			size = size ? 2 * size : READ_FIRST;
		}
		n = read(fd, *bytes + *length, size - *length);
		if (n < 0 && errno != EINTR)
			return -errno;
		*length += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

/* Reads the file. If it cannot be read, closes it and sets *fd to the error. */
static int proc_file_read_whole(struct hs_hostmem *mem, int *fd, char **bytes, size_t *length)
{
	int ret;

	*bytes = NULL;
	*length = 0;
	if (*fd < 0)
		return *fd;
	ret = proc_file_read_fd(mem, *fd, bytes, length);
	if (!ret)
		return 0;
	hs_hostmem_free(mem, *bytes);
	*bytes = NULL;
	close(*fd);
	*fd = ret;
	return ret;
}

int hs_proc_read_vmas(struct hs_proc *proc, const char **name, char **bytes, size_t *length)
{
	int first = proc_file_read_whole(proc->mem, &proc->smaps, bytes, length), ret;

	*name = "smaps";
	if (!first || first == -ENOMEM || first == -ESRCH)
		return first;
	ret = proc_file_read_whole(proc->mem, &proc->maps, bytes, length);
	if (ret && ret != -ENOMEM && ret != -ESRCH)
		return first;
	*name = "maps";
	return ret;
}

static bool proc_file_is_empty(int fd)
{
	char byte;
	ssize_t n;

	do {
		n = pread(fd, &byte, 1, 0);
	} while (n < 0 && errno == EINTR);
	return n != 1;
}

bool hs_proc_has_ended(const struct hs_proc *proc)
{
	return (proc->smaps >= 0 && proc_file_is_empty(proc->smaps)) ||
	       (proc->maps >= 0 && proc_file_is_empty(proc->maps));
}

void hs_proc_free(struct hs_proc *proc)
{
	const int files[] = { proc->smaps, proc->maps, proc->pagemap, proc->kpageflags };

	for (unsigned int i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (files[i] >= 0)
			close(files[i]);
	for (size_t i = 0; i < proc->vma_count; i++)
		hs_hostmem_free(proc->mem, proc->vmas[i].name);
	hs_hostmem_free(proc->mem, proc->vmas);
	hs_hostmem_free(proc->mem, proc->spans);
	hs_hostmem_free(proc->mem, proc->words);
}
