/* SPDX-License-Identifier: MIT */
/*
 * output.c - writes output files: beside the old one, which they replace when they are complete
 */
#define _GNU_SOURCE /* O_PATH */
#include "tool/output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINKS_MAX 40
#define NAMES_MAX 1000 /* random names beside the file that are tried */

struct output {
	char path[PATH_MAX]; /* behind all links */
	struct stat st;	     /* if it is there */
	bool there;
	int descriptor; /* that .path means, or -1 */
	int folder;	/* of the file that is replaced, or -1: it is written directly */
	const char *base;
	char made[32]; /* name of the file beside it */
};

/* ---- names ------------------------------------------------------------------------------- */

int hs_output_check_name(const char *who, const char *option, const char *name)
{
	bool control = false;

	for (const char *c = name; *c; c++)
		control |= (unsigned char)*c < ' ' || *c == 0x7f;
	if (*name && !control)
		return HS_EXIT_DONE;
	fprintf(stderr, "%s: %s: expected the name of a file%s, found '", who, option,
		control ? " without control characters" : "");
	for (const char *c = name; *c; c++)
		fputc((unsigned char)*c < ' ' || *c == 0x7f ? '?' : *c, stderr);
	fputs("'\n", stderr);
	return HS_EXIT_USAGE;
}

/* ---- which file -------------------------------------------------------------------------- */

/* A descriptor of this process; INT_MAX: of another one; -1: the path means none. */
static int output_descriptor(const char *path)
{
	static const char *const folders[] = { "/dev/fd/", "/proc/self/fd/" };

	if (!strcmp(path, "/dev/stdout"))
		return STDOUT_FILENO;
	if (!strcmp(path, "/dev/stderr"))
		return STDERR_FILENO;
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		const char *digits = path + strlen(folders[i]);

		if (!strncmp(path, folders[i], strlen(folders[i])) && *digits &&
		    strlen(digits) < 9 && !digits[strspn(digits, "0123456789")])
			return atoi(digits);
	}
	return strncmp(path, "/proc/", 6) ? -1 : INT_MAX;
}

static char *output_base(char *path)
{
	char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Goes on from the link .path, which leads to @to. */
static int output_follow_link(struct output *o, const char *to)
{
	size_t keep = *to == '/' ? 0 : (size_t)(output_base(o->path) - o->path);

	if (keep + strlen(to) >= sizeof(o->path))
		return -ENAMETOOLONG;
	strcpy(o->path + keep, to);
	return 0;
}

static int output_follow(struct output *o, const char *name)
{
	char link[PATH_MAX];

	if (strlen(name) >= sizeof(o->path))
		return -ENAMETOOLONG;
	strcpy(o->path, name);
	for (int i = 0; i < LINKS_MAX; i++) {
		ssize_t n;
		int ret;

		o->descriptor = output_descriptor(o->path);
		if (o->descriptor >= 0)
			return 0;
		n = readlink(o->path, link, sizeof(link) - 1);
		if (n < 0) /* stat() says what is wrong, if anything is */
			return 0;
		link[n] = '\0';
		ret = output_follow_link(o, link);
		if (ret)
			return ret;
	}
	return -ELOOP;
}

static int output_open_folder(struct output *o)
{
	char folder[PATH_MAX] = ".";
	size_t length = (size_t)(o->base - o->path);

	if (!*o->base)
		return -EISDIR;
	if (length) {
		memcpy(folder, o->path, length);
		folder[length] = '\0';
	}
	o->folder = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return o->folder < 0 ? -errno : 0;
}

/* Unless this fails, output_close() follows. */
static int output_find(struct output *o, const char *name)
{
	int ret;

	*o = (struct output){ .folder = -1 };
	ret = output_follow(o, name);
	if (ret)
		return ret;
	if (o->descriptor >= 0 && o->descriptor < INT_MAX)
		return fstat(o->descriptor, &o->st) ? -errno : 0;
	o->base = output_base(o->path);
	o->there = !stat(o->path, &o->st);
	if (!o->there && (errno != ENOENT || o->descriptor >= 0))
		return -errno;
	if (o->there && S_ISDIR(o->st.st_mode))
		return -EISDIR;
	if (o->there && access(o->path, W_OK))
		return -errno;
	return o->descriptor >= 0 || (o->there && !S_ISREG(o->st.st_mode)) ? 0
									   : output_open_folder(o);
}

static void output_close(struct output *o)
{
	if (o->folder >= 0)
		close(o->folder);
	o->folder = -1;
}

/* ---- one file twice ---------------------------------------------------------------------- */

static bool output_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && !S_ISCHR(a->st_mode);
}

static bool output_same_absent(const struct output *a, const struct output *b)
{
	struct stat x, y;

	return a->folder >= 0 && b->folder >= 0 && !strcmp(a->base, b->base) &&
	       !fstat(a->folder, &x) && !fstat(b->folder, &y) && output_same(&x, &y);
}

bool hs_output_is_file(const char *name, const char *other)
{
	struct output a, b;
	struct stat st;
	bool same = false;

	if (output_find(&a, name))
		return false;
	if (a.there)
		same = !stat(other, &st) && output_same(&a.st, &st);
	else if (a.folder >= 0 && !output_find(&b, other)) {
		same = !b.there && output_same_absent(&a, &b);
		output_close(&b);
	}
	output_close(&a);
	return same;
}

bool hs_output_is_descriptor(const char *name, int fd)
{
	struct output o;
	struct stat st;
	bool same;

	if (output_find(&o, name))
		return false;
	same = o.there && o.descriptor < 0 && !fstat(fd, &st) && output_same(&o.st, &st);
	output_close(&o);
	return same;
}

/* ---- beside the file --------------------------------------------------------------------- */

/*
 * A short name, so that it fits wherever that of the file does. No other user can open it before it
 * has the rights of the file that it replaces. Returns a descriptor.
 */
static int output_make(struct output *o)
{
	mode_t mode = o->there ? 0600 : 0666;
	uint64_t number;

	for (int i = 0; i < NAMES_MAX; i++) {
		int fd;

		if (getrandom(&number, sizeof(number), 0) != sizeof(number))
			number = (uint64_t)getpid() * NAMES_MAX + (uint64_t)i;
		snprintf(o->made, sizeof(o->made), ".hmmsim-%016llx", (unsigned long long)number);
		fd = openat(o->folder, o->made, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
		if (fd >= 0 || errno != EEXIST)
			return fd >= 0 ? fd : -errno;
	}
	return -EEXIST;
}

/* A file that replaces another gets its owner and mode. */
static void output_copy_rights(int fd, const struct stat *old)
{
	if (fchown(fd, old->st_uid, old->st_gid))
		errno = 0; /* a file of another user that we may write becomes ours */
	fchmod(fd, old->st_mode & 0777);
}

/* Why a file that is there cannot be replaced, though it can be written. */
static bool output_must_stay(const struct output *o, int error)
{
	return o->there &&
	       (error == -EACCES || error == -EPERM || error == -EROFS || error == -EBUSY);
}

static int output_write_all(int fd, const char *bytes, size_t length)
{
	while (length) {
		ssize_t n = write(fd, bytes, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		bytes += n;
		length -= (size_t)n;
	}
	return 0;
}

/* Ends with what close() says: some file systems tell then that the disk is full. */
static int output_fill(int fd, const char *bytes, size_t length)
{
	int ret = output_write_all(fd, bytes, length);

	return close(fd) && !ret ? -errno : ret;
}

static int output_fill_directly(const struct output *o, const char *bytes, size_t length)
{
	bool regular = o->there && S_ISREG(o->st.st_mode) && o->descriptor < 0;
	int fd;

	if (o->descriptor >= 0 && o->descriptor < INT_MAX)
		fd = dup(o->descriptor);
	else
		fd = open(o->path,
			  O_WRONLY | O_NOCTTY | O_CLOEXEC | (regular ? O_TRUNC : O_APPEND));
	return fd < 0 ? -errno : output_fill(fd, bytes, length);
}

static int output_replace(struct output *o, const char *bytes, size_t length)
{
	int fd = output_make(o), ret;

	if (fd < 0)
		return output_must_stay(o, fd) ? output_fill_directly(o, bytes, length) : fd;
	if (o->there)
		output_copy_rights(fd, &o->st);
	ret = output_fill(fd, bytes, length);
	if (!ret && renameat(o->folder, o->made, o->folder, o->base))
		ret = -errno;
	if (!ret)
		return 0;
	unlinkat(o->folder, o->made, 0);
	return output_must_stay(o, ret) ? output_fill_directly(o, bytes, length) : ret;
}

/* ---- signals ----------------------------------------------------------------------------- */

struct output_signals {
	sigset_t mask;
	struct sigaction too_large;
};

/*
 * All wait but those of faults, and SIGXFSZ: a file beyond the limit is an error here. If that
 * signal waited as well, it would come afterwards, although it is ignored.
 */
static void output_hold_signals(struct output_signals *old)
{
	static const int others[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGXFSZ };
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	sigset_t all;

	sigfillset(&all);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		sigdelset(&all, others[i]);
	sigaction(SIGXFSZ, &ignore, &old->too_large);
	pthread_sigmask(SIG_SETMASK, &all, &old->mask);
}

static void output_release_signals(const struct output_signals *old)
{
	sigaction(SIGXFSZ, &old->too_large, NULL);
	pthread_sigmask(SIG_SETMASK, &old->mask, NULL);
}

/* ---- outputs ----------------------------------------------------------------------------- */

static int output_error(const char *who, const char *name, int error, int code)
{
	fprintf(stderr, "%s: %s: %s\n", who, name, strerror(-error));
	return code;
}

/* Makes a file beside it and removes that again. */
static int output_try(struct output *o)
{
	struct output_signals signals;
	int fd;

	if (o->folder < 0)
		return 0;
	output_hold_signals(&signals);
	fd = output_make(o);
	if (fd >= 0) {
		close(fd);
		unlinkat(o->folder, o->made, 0);
	}
	output_release_signals(&signals);
	return fd >= 0 || output_must_stay(o, fd) ? 0 : fd;
}

int hs_output_check(const char *who, const char *name)
{
	struct output o;
	int ret = output_find(&o, name);

	if (!ret) {
		ret = output_try(&o);
		output_close(&o);
	}
	return ret ? output_error(who, name, ret, HS_EXIT_USAGE) : HS_EXIT_DONE;
}

int hs_output_write(const char *who, const char *name, const char *bytes, size_t length)
{
	struct output_signals signals;
	struct output o;
	int ret = output_find(&o, name);

	if (ret)
		return output_error(who, name, ret, HS_EXIT_USAGE);
	if (o.folder >= 0) {
		output_hold_signals(&signals);
		ret = output_replace(&o, bytes, length);
		output_release_signals(&signals);
	} else {
		ret = output_fill_directly(&o, bytes, length);
	}
	output_close(&o);
	return ret && ret != -EPIPE ? output_error(who, name, ret, HS_EXIT_INTERNAL) : HS_EXIT_DONE;
}
